//! Surprise in series of numbers: the detector's laws.

#[path = "support/counts.rs"]
mod counts;

use counts::counts;
use hearken::series::surprise::{Detector, Direction, Row, Score, Settings};
use hearken::snapshot::Snapshot;
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
    fn falls_are_the_rises_of_the_negated_series(rows in any_rows()) {
        let scored = |direction, sign: f64| -> Vec<f64> {
            let settings = Settings { direction, ..Settings::default() };
            let mut detector = Detector::new(settings).unwrap();
            rows.iter().map(|&(at, value)| detector.observe(at, sign * value).score).collect()
        };
        prop_assert_eq!(scored(Direction::Down, 1.0), scored(Direction::Up, -1.0));
        prop_assert_eq!(scored(Direction::Both, 1.0), scored(Direction::Both, -1.0));
    }

    #[test]
    fn powers_of_two_change_nothing_in_any_series(values in vec(-1e6..1e6, 0..300), power in -60..60) {
        let scored = |factor: f64| -> Vec<f64> {
            let mut detector = detector();
            let rows = values.iter().zip(0..);
            rows.map(|(value, row)| detector.observe(row * STEP, value * factor).score).collect()
        };
        prop_assert_eq!(scored(1.0), scored(2.0_f64.powi(power)));
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
    // A drop to nothing, with rows, surprises only those who asked for falls.
    let mut silent = Detector::new(Settings {
        direction: Direction::Up,
        ..Settings::default()
    })
    .unwrap();
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
