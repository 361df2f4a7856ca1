//! `hearken series`, end to end.

#[path = "../../../tests/support/counts.rs"]
mod counts;
mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use counts::counts;
use support::hearken_on;
use tempfile::TempDir;

const STEP: i64 = 300_000;
/// Far enough from 1970 for milliseconds to be told from seconds.
const BEGIN: i64 = 1_700_000_000_000;

fn run(folder: &Path, arguments: &str, input: &str) -> Output {
    hearken_on(folder, &format!("series {arguments}"), input.as_bytes())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn times_and_values_come_back_as_they_came() {
    let place = TempDir::new().unwrap();
    let rows = "2026-03-01 08:15:00,1\n2026-03-01T08:20:00Z,2.50\n2026-03-01T09:25:00+01:00, 3\n1772353800,1e1\n\
                1772354100000,\n1772354400,nan\n2026-03-01T08:45,\"4\"\n2026-03-02,7\n";
    let output = run(
        place.path(),
        "-",
        &format!("\u{feff}timestamp,value\n{rows}"),
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(lines[0], "timestamp,value,score");
    assert_eq!(lines.len(), 9);
    for (line, row) in lines[1..].iter().zip(rows.lines()) {
        let (echoed, score) = line.rsplit_once(',').unwrap();
        assert_eq!(echoed, row.replace('"', ""));
        assert!(
            (0.0..=1.0).contains(&score.parse::<f64>().unwrap()),
            "{line}"
        );
    }
    assert!(
        lines[5].ends_with(",0.0000") && lines[6].ends_with(",0.0000"),
        "{lines:?}"
    );
    let said = text(&output.stderr);
    assert!(
        said.contains("missing") && said.contains("most surprising"),
        "{said}"
    );
    // Without names, and with names of one's own in another order and among others.
    assert_eq!(run(place.path(), "-q", rows).stdout, output.stdout);
    let swapped: String = rows
        .lines()
        .map(|row| row.split_once(',').unwrap())
        .map(|(time, value)| format!("{value},x,{time}\n"))
        .collect();
    let swapped = format!("mentions,note,When\n{swapped}");
    let named = run(
        place.path(),
        "-q --timestamp when --value mentions",
        &swapped,
    );
    assert_eq!(named.stdout, output.stdout, "{}", text(&named.stderr));
    assert!(named.stderr.is_empty());
}

#[test]
fn bad_rows_are_rejected_with_file_line_and_mend() {
    let place = TempDir::new().unwrap();
    let rows = "timestamp,value\n2026-03-01T08:15:00Z,1\nsoon,2\n2026-03-01T08:20:00Z,many\n\n2026-03-01T08:25:00Z\n\
                2026-03-01T08:30:00Z,4\n";
    fs::write(place.path().join("counts.csv"), rows).unwrap();
    let output = run(place.path(), "counts.csv", "");
    assert!(output.status.success());
    assert_eq!(text(&output.stdout).lines().count(), 3);
    let said = text(&output.stderr);
    for named in [
        "counts.csv, line 3: invalid time `soon`: write it",
        "counts.csv, line 4: invalid number `many`: write it",
        "counts.csv, line 6: the row has 1 columns, not 2; complete it",
    ] {
        assert!(said.contains(named), "{named}: {said}");
    }
    let strict = run(
        place.path(),
        "counts.csv --strict --rejects rejects.jsonl -o scores.csv -q",
        "",
    );
    assert_eq!(strict.status.code(), Some(1));
    assert!(strict.stderr.is_empty() && strict.stdout.is_empty());
    assert_eq!(
        fs::read(place.path().join("scores.csv")).unwrap(),
        output.stdout
    );
    let kept = fs::read_to_string(place.path().join("rejects.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), 3);
    assert!(
        kept.contains(r#""line":4"#) && kept.contains("many"),
        "{kept}"
    );
}

#[test]
fn what_is_no_series_stops_with_a_sentence() {
    let place = TempDir::new().unwrap();
    for (arguments, input, sentence) in [
        (
            "-",
            "when;count\n2026-03-01;4\n",
            "-, line 1: there is no column `timestamp`",
        ),
        (
            "- --value n",
            "2026-03-01,4\n",
            "name those of times and values with --timestamp and --value",
        ),
        ("none.csv", "", "none.csv can't be read"),
        ("- -o x.csv --rejects x.csv", "", "are the same file"),
    ] {
        let output = run(place.path(), arguments, input);
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert!(
            text(&output.stderr).contains(sentence),
            "{}",
            text(&output.stderr)
        );
    }
    let falling = "2026-03-03,1\n2026-03-02,2\n2026-03-01,3\n";
    let output = run(place.path(), "- -q", falling);
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("oldest first"));
    assert_eq!(
        run(place.path(), "-", "").stdout,
        b"timestamp,value,score\n"
    );
}

#[test]
fn the_summary_names_the_burst_and_runs_are_alike() {
    let place = TempDir::new().unwrap();
    let burst = 15 * 288 + 100;
    let rows: String = counts(STEP, 10.0, 9, burst, 4, 10.0)
        .iter()
        .map(|(at, value)| format!("{},{value}\n", BEGIN + at))
        .collect();
    let output = run(place.path(), "-", &rows);
    let said = text(&output.stderr);
    let first = said
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("time"))
        .nth(1)
        .unwrap();
    let at = |row: usize| {
        text(&output.stdout)
            .lines()
            .nth(row + 1)
            .unwrap()
            .split(',')
            .next()
            .unwrap()
    };
    assert!(
        (burst..burst + 4).any(|row| first.trim_start().starts_with(at(row))),
        "{said}"
    );
    assert_eq!(
        run(place.path(), "- --threads 1", &rows).stdout,
        output.stdout
    );
}

#[test]
fn falls_are_found_and_the_direction_chooses() {
    let place = TempDir::new().unwrap();
    // One rise to three times the usual values, and one fall to nothing.
    let (rise, fall) = (3000, 4000);
    let rows: String = (0..5000_i64)
        .map(|row| {
            let value = match row {
                _ if row == rise => 130,
                _ if row == fall => 0,
                _ => 40 + row * 7 % 13,
            };
            format!("{},{value}\n", BEGIN + row * STEP)
        })
        .collect();
    let scores = |arguments: &str| -> Vec<f64> {
        let output = run(place.path(), arguments, &rows);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let lines = text(&output.stdout).lines().skip(1);
        lines
            .map(|line| line.rsplit_once(',').unwrap().1.parse().unwrap())
            .collect()
    };
    let both = scores("- -q");
    assert_eq!(both, scores("- -q --direction both"));
    for (direction, up, down) in [
        ("both", true, true),
        ("up", true, false),
        ("down", false, true),
    ] {
        let scores = scores(&format!("- -q --direction {direction}"));
        assert_eq!(scores[rise as usize] > 0.5, up, "{direction}");
        assert_eq!(scores[fall as usize] > 0.5, down, "{direction}");
    }
    // A threshold of 0.5 finds these two and nothing else behind the first hundred rows.
    let found: Vec<usize> = (100..5000).filter(|&row| both[row] > 0.5).collect();
    assert_eq!(found, [rise as usize, fall as usize]);
    let wrong = run(place.path(), "- --direction sideways", &rows);
    assert_eq!(wrong.status.code(), Some(2));
    let help = run(place.path(), "--help", "");
    let help = text(&help.stdout);
    assert!(
        help.contains("--direction") && help.contains("Begin with 0.5"),
        "{help}"
    );
}
