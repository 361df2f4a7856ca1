//! The detector of surprising values, and `hearken series`.

use hearken::snapshot::Snapshot;
use hearken::trend::surprise::{Detector, Settings};
use proptest::prelude::*;

const PANE: i64 = 300_000;

fn detector() -> Detector {
    Detector::new(Settings::default()).expect("sound")
}

fn scores(rows: &[(i64, f64)]) -> Vec<f64> {
    let mut detector = detector();
    rows.iter().map(|&(at, value)| detector.observe(at, value)).collect()
}

/// Counts with a daily rhythm and some noise, one each `step` milliseconds.
fn rhythm(rows: i64, step: i64) -> Vec<(i64, f64)> {
    let mut state = 1_u64;
    let noise = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f64 / (1 << 24) as f64
    };
    let mut noise = noise;
    let value = |row: i64| {
        let hour = (row * step) as f64 / 86_400_000.0 * std::f64::consts::TAU;
        (30.0 + 15.0 * hour.sin() + 20.0 * noise()).round()
    };
    (0..rows).map(value).enumerate().map(|(row, value)| (row as i64 * step, value)).collect()
}

#[test]
fn a_burst_is_the_most_surprising_moment_at_any_step() {
    for step in [60_000, PANE, 3_600_000, 86_400_000] {
        let mut rows = rhythm(3000, step);
        let burst = 2000;
        for (_, value) in &mut rows[burst..burst + 6] {
            *value *= 5.0;
        }
        let scores = scores(&rows);
        let (most, _) = scores.iter().enumerate().max_by(|one, other| one.1.total_cmp(other.1)).expect("some");
        assert!((burst..burst + 3).contains(&most), "step {step}: {most}");
        assert!(scores[most] > 0.43, "step {step}: {}", scores[most]);
        // One event is told once: after the record all is quiet.
        assert!(scores[burst + 6..burst + 20].iter().all(|&score| score < 0.3));
        let high = scores.iter().filter(|&&score| score > 0.43).count();
        assert!(high < 10, "step {step}: {high} rows of 3000");
    }
}

#[test]
fn a_gap_a_fall_and_what_is_no_number_are_no_rise() {
    let rows = rhythm(2000, PANE);
    let plain = scores(&rows);
    let mut broken = detector();
    for (row, &(at, value)) in rows.iter().enumerate() {
        for strange in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(broken.observe(at, strange), 0.0);
        }
        assert_eq!(broken.observe(at, value), plain[row]);
    }
    let week = 7 * 86_400_000;
    let after = rows.iter().map(|&(at, value)| (at + week + 2000 * PANE, value));
    let joined: Vec<(i64, f64)> = rows.iter().copied().chain(after).collect();
    assert!(scores(&joined)[2000..2100].iter().all(|&score| score < 0.4));
    let mut detector = detector();
    for &(at, value) in &rows {
        detector.observe(at, value);
    }
    assert_eq!(detector.observe(2001 * PANE, 0.0), 0.0);
}

#[test]
fn a_scale_is_a_number_above_nothing() {
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = Detector::new(Settings { scale }).expect_err("no scale");
        assert!(error.is_settings() && error.to_string().contains("surprise.scale"), "{error}");
    }
}

#[test]
fn a_snapshot_goes_on_as_if_nothing_had_happened() {
    let rows = rhythm(1000, PANE);
    let whole = scores(&rows);
    let mut detector = detector();
    for &(at, value) in &rows[..500] {
        detector.observe(at, value);
    }
    let bytes = detector.to_bytes().expect("kept");
    let mut restored = Detector::from_bytes(&bytes).expect("sound");
    assert_eq!(restored, detector);
    let rest: Vec<f64> = rows[500..].iter().map(|&(at, value)| restored.observe(at, value)).collect();
    assert_eq!(rest, whole[500..]);
    for cut in [0, 10, bytes.len() - 1] {
        assert!(Detector::from_bytes(&bytes[..cut]).expect_err("cut").is_snapshot());
    }
}

proptest! {
    #[test]
    fn a_score_is_of_this_row_and_earlier_ones_and_never_out_of_range(
        rows in prop::collection::vec((any::<i64>(), prop::num::f64::ANY), 1..200), cut in any::<prop::sample::Index>(),
    ) {
        let whole = scores(&rows);
        prop_assert!(whole.iter().all(|score| (0.0..=1.0).contains(score)), "{whole:?}");
        let cut = cut.index(rows.len());
        prop_assert_eq!(&scores(&rows[..cut]), &whole[..cut]);
    }
}

/// The command line.
#[cfg(feature = "train")]
mod cli {
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Output};

    use tempfile::TempDir;

    fn hearken(folder: &Path, arguments: &str) -> Output {
        let test = std::env::current_exe().unwrap();
        let program =
            test.ancestors().nth(2).unwrap().join("examples").join(format!("hearken{}", std::env::consts::EXE_SUFFIX));
        Command::new(program).current_dir(folder).args(arguments.split_whitespace()).output().unwrap()
    }

    #[test]
    fn rows_come_back_as_they_were_with_a_score() {
        let place = TempDir::new().unwrap();
        let rows: Vec<String> = super::rhythm(400, super::PANE)
            .into_iter()
            .enumerate()
            .map(|(row, (at, value))| format!("{},{}", at / 1000, if row == 390 { 900.0 } else { value }))
            .collect();
        fs::write(place.path().join("in.csv"), format!("when,count\n{}\n", rows.join("\n"))).unwrap();
        let output = hearken(place.path(), "series in.csv");
        let (text, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{said}");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines.len()), ("timestamp,value,score", 401));
        for (line, row) in lines[1..].iter().zip(&rows) {
            let (echoed, score) = line.rsplit_once(',').unwrap();
            assert_eq!(echoed, row);
            assert!((0.0..=1.0).contains(&score.parse::<f64>().unwrap()));
        }
        let first = said.lines().find(|line| line.contains("900")).unwrap();
        assert!(said.starts_with("400 rows, 0 rejected") && first.trim_start().starts_with("117000"), "{said}");
        let again = hearken(place.path(), "series in.csv --quiet");
        assert_eq!(again.stdout, text.as_bytes());
        assert!(again.stderr.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_goes_on() {
        let place = TempDir::new().unwrap();
        let text = "2026-03-01 08:00:00,4\n2026-03-01T08:05:00Z,\nyesterday,3\n2026-03-01T08:10:00+00:00,many\n\"2026-03-01 08:15\",7\n2026-03-01 08:20:00\n";
        fs::write(place.path().join("in.csv"), text).unwrap();
        let output = hearken(place.path(), "series in.csv --strict");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        for expected in [
            "in.csv, line 3: \"yesterday\" is no time",
            "in.csv, line 4: the value \"many\" is no number",
            "in.csv, line 6: no value",
            "3 rows, 3 rejected",
        ] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
        assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 4);
        let wrong = hearken(place.path(), "series in.csv --scale 0");
        assert_eq!(wrong.status.code(), Some(2));
        assert!(String::from_utf8(wrong.stderr).unwrap().contains("surprise.scale is 0"));
    }
}
