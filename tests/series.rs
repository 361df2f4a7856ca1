//! Surprise in series of numbers: the detector's laws, and `hearken series`, end to end.

use hearken::internals::Random;
use hearken::snapshot::Snapshot;
use hearken::trend::surprise::{Detector, Row, Score, Settings};
use proptest::collection::vec;
use proptest::prelude::*;

const STEP: i64 = 300_000;

fn detector() -> Detector {
    Detector::new(Settings::default()).unwrap()
}

fn scores(rows: &[(i64, f64)]) -> Vec<Score> {
    let mut detector = detector();
    rows.iter()
        .map(|&(at, value)| detector.observe(at, value))
        .collect()
}

/// Evenly spread numbers from 0 to 1, the same in each run.
fn draws(seed: u64) -> impl Iterator<Item = f64> {
    let mut random = Random::new(seed);
    std::iter::repeat_with(move || random.unit())
}

/// A count by chance with this mean (Knuth's product of draws).
fn count(mean: f64, draws: &mut impl Iterator<Item = f64>) -> f64 {
    let mut product = draws.next().unwrap();
    let mut count = 0.0;
    while product > (-mean).exp() {
        product *= draws.next().unwrap();
        count += 1.0;
    }
    count
}

/// Three weeks of counts with a rhythm of days; `burst` rows from `at` on have `times` as many.
fn counts(step: i64, mean: f64, seed: u64, at: usize, burst: usize, times: f64) -> Vec<(i64, f64)> {
    let mut draws = draws(seed);
    let rows = 21 * 86_400_000 / step;
    (0..rows)
        .map(|row| {
            let day = (row * step) as f64 / 86_400_000.0 * std::f64::consts::TAU;
            let rhythm = 1.0 + 0.5 * day.sin();
            let factor = if (at..at + burst).contains(&(row as usize)) {
                times
            } else {
                1.0
            };
            (row * step, count(mean * rhythm * factor, &mut draws))
        })
        .collect()
}

/// Values that are hard: huge, tiny, none at all.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..100.0,
        2 => any::<f64>(),
        1 => Just(0.0),
        1 => prop::sample::select(vec![
            f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, -0.0, 1e150, 1e-300,
        ]),
    ]
}

fn any_rows() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let time = prop_oneof![4 => 0..10_000_000i64, 1 => any::<i64>()];
    vec((time, any_value()), 0..200)
}

proptest! {
    #[test]
    fn any_numbers_score_from_0_to_1_and_state_survives(rows in any_rows()) {
        let mut detector = detector();
        for &(at, value) in &rows {
            let score = detector.observe(at, value);
            prop_assert!((0.0..=1.0).contains(&score.score), "{score:?}");
            prop_assert!(score.expected.is_none_or(f64::is_finite), "{score:?}");
            prop_assert_eq!(score.row == Row::Missing, !value.is_finite());
        }
        let bytes = detector.to_bytes().unwrap();
        let mut restored = Detector::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&restored, &detector);
        prop_assert_eq!(restored.to_bytes().unwrap(), bytes);
        prop_assert_eq!(restored.observe(7, 50.0), detector.observe(7, 50.0));
    }

    #[test]
    fn a_score_depends_on_earlier_rows_alone(rows in any_rows(), later in any_rows(), cut in 0usize..200) {
        let cut = cut.min(rows.len());
        let mut other = rows[..cut].to_vec();
        other.extend(later);
        prop_assert_eq!(&scores(&rows)[..cut], &scores(&other)[..cut]);
    }

    #[test]
    fn missing_values_change_nothing(rows in any_rows(), at in any::<i64>(), place in 0usize..200) {
        let place = place.min(rows.len());
        let mut with = rows.clone();
        with.insert(place, (at, f64::NAN));
        let mut scored = scores(&with);
        let missing = scored.remove(place);
        prop_assert_eq!((missing.score, missing.row), (0.0, Row::Missing));
        prop_assert_eq!(scored, scores(&rows));
    }

    #[test]
    fn damaged_snapshots_are_refused(place in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut detector = detector();
        for (at, value) in counts(3_600_000, 5.0, 1, 0, 0, 1.0) {
            detector.observe(at, value);
        }
        let bytes = detector.to_bytes().unwrap();
        let mut damaged = bytes.clone();
        let place = place.index(bytes.len());
        damaged[place] ^= 1 << bit;
        prop_assert!(Detector::from_bytes(&damaged).unwrap_err().is_snapshot());
        prop_assert!(Detector::from_bytes(&bytes[..place]).unwrap_err().is_snapshot());
    }
}

/// Rewrites the state of a snapshot and its checksum, as a mistaken writer would.
#[test]
fn snapshots_that_contradict_themselves_are_refused() {
    let mut detector = detector();
    detector.observe(0, 5.0);
    detector.observe(STEP, 6.0);
    let kept = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = serde_json::to_value(detector.keep()).unwrap();
        // JSON has no infinity; any half-life will do here.
        value["settings"]["record_days"] = serde_json::json!([4.0, 14.0, 1e9]);
        change(&mut value);
        Detector::restore(serde_json::from_value(value).unwrap())
    };
    kept(&|_| ()).unwrap();
    type Change = fn(&mut serde_json::Value);
    let changes: [Change; 8] = [
        |kept| kept["settings"]["margin"] = 0.0.into(),
        |kept| kept["settings"]["level_days"] = serde_json::json!([1.0]),
        |kept| kept["state"]["levels"] = serde_json::json!([]),
        |kept| kept["state"]["last"] = serde_json::Value::Null,
        |kept| kept["state"]["levels"][0]["variance"] = (-1.0).into(),
        |kept| kept["state"]["levels"][0]["mean"] = 1e300.into(),
        |kept| kept["state"]["levels"][0]["records"][0]["rest"] = 2.0.into(),
        |kept| kept["state"]["magnitude"] = 1e200.into(),
    ];
    for (at, change) in changes.iter().enumerate() {
        let error = kept(change).expect_err(&format!("change {at}"));
        assert!(
            error.is_snapshot() && error.to_string().contains("surprise"),
            "{error}"
        );
    }
}

#[test]
fn a_burst_stands_above_everything_else_at_any_step() {
    for (step, mean) in [
        (60_000, 2.0),
        (STEP, 1.0),
        (STEP, 8.0),
        (STEP, 60.0),
        (3_600_000, 30.0),
    ] {
        for seed in 0..4 {
            let at = (16 * 86_400_000 / step) as usize + 50;
            let scored = scores(&counts(step, mean, seed, at, 6, 8.0));
            let start = (3 * 86_400_000 / step) as usize;
            let burst = scored[at..at + 6]
                .iter()
                .map(|score| score.score)
                .fold(0.0, f64::max);
            let other = scored[start..at]
                .iter()
                .map(|score| score.score)
                .fold(0.0, f64::max);
            assert!(
                burst > 0.4 && burst > other,
                "step {step}, mean {mean}, seed {seed}: {burst}, {other}"
            );
        }
    }
}

#[test]
fn a_gap_is_no_drop_and_makes_nothing_forgotten() {
    let rows = counts(STEP, 20.0, 3, 0, 0, 1.0);
    let whole = scores(&rows);
    let (before, after) = rows.split_at(4000);
    let month = 30 * 86_400_000;
    let gapped: Vec<(i64, f64)> = before
        .iter()
        .copied()
        .chain(after.iter().map(|&(at, value)| (at + month, value)))
        .collect();
    let gapped = scores(&gapped);
    for (one, other) in whole.iter().zip(&gapped).skip(4000) {
        assert!((one.score - other.score).abs() < 0.02, "{one:?} {other:?}");
        let (one, other) = (one.expected.unwrap(), other.expected.unwrap());
        assert!((one / other - 1.0).abs() < 0.02);
    }
    // And a drop to nothing, with rows, surprises nobody.
    let mut silent = detector();
    for &(at, value) in before {
        silent.observe(at, value);
    }
    assert_eq!(silent.observe(4000 * STEP, 0.0).score, 0.0);
}

#[test]
fn rows_out_of_order_are_told_and_one_far_ahead_does_no_harm() {
    let mut rows = counts(STEP, 20.0, 5, 0, 0, 1.0);
    let plain = scores(&rows);
    rows[2000].0 = i64::MAX;
    let ahead = scores(&rows);
    let late: Vec<usize> = (0..rows.len())
        .filter(|&row| ahead[row].row == Row::Late)
        .collect();
    assert_eq!(late, [2001]);
    assert!(
        plain
            .iter()
            .zip(&ahead)
            .all(|(one, other)| (one.score - other.score).abs() < 0.02)
    );
}

#[cfg(feature = "train")]
mod command {
    use std::fs;
    use std::io::Write;
    use std::path::Path;
    use std::process::{Command, Output, Stdio};

    use tempfile::TempDir;

    use super::{STEP, counts};

    /// Far enough from 1970 for milliseconds to be told from seconds.
    const BEGIN: i64 = 1_700_000_000_000;

    fn command(folder: &Path, arguments: &str) -> Command {
        let test = std::env::current_exe().unwrap();
        let name = format!("hearken{}", std::env::consts::EXE_SUFFIX);
        let mut command =
            Command::new(test.ancestors().nth(2).unwrap().join("examples").join(name));
        command
            .current_dir(folder)
            .arg("series")
            .args(arguments.split_whitespace());
        command
    }

    fn run(folder: &Path, arguments: &str, input: &str) -> Output {
        let mut command = command(folder, arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The command may stop before it has read all.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
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
            "counts.csv, line 3: `soon` is no time; write it",
            "counts.csv, line 4: `many` is no number; write it",
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
            ("- -o x.csv --rejects x.csv", "", "name the same file"),
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
}
