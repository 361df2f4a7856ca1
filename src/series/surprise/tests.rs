//! Tests of surprise.

use super::*;
use crate::snapshot;

fn detector(settings: Settings) -> Detector {
    Detector::new(settings).unwrap()
}

fn scores(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut detector = detector(Settings::default());
    values
        .into_iter()
        .zip(0..)
        .map(|(value, row)| detector.observe(row * 300_000, value).score)
        .collect()
}

/// Values around 20, without a rhythm.
fn quiet(row: u64) -> f64 {
    10.0 + (row.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as f64 / 2f64.powi(32) * 20.0
}

fn most(scores: &[f64]) -> f64 {
    scores.iter().copied().fold(0.0, f64::max)
}

#[test]
fn settings_out_of_range_are_named() {
    type Change = fn(&mut Settings);
    let changes: [(&str, Change); 10] = [
        ("widths", |settings| settings.widths = vec![]),
        ("widths", |settings| settings.widths = vec![vec![]]),
        ("widths", |settings| settings.widths = vec![vec![1, 0]]),
        ("widths", |settings| settings.widths = vec![vec![257]]),
        ("widths", |settings| settings.widths = vec![vec![1]; 9]),
        ("horizons", |settings| settings.horizons = vec![0]),
        ("horizons", |settings| settings.horizons = vec![1152; 8]),
        ("roughness", |settings| settings.roughness = f64::NAN),
        ("half_believed_rows", |settings| {
            settings.half_believed_rows = -1.0
        }),
        ("rest_rows", |settings| settings.rest_rows = 20_161),
    ];
    for (field, change) in changes {
        let mut settings = Settings::default();
        change(&mut settings);
        let error = Detector::new(settings).unwrap_err();
        assert!(
            error.is_settings() && error.to_string().contains(field),
            "{error}"
        );
    }
}

#[test]
fn any_settings_in_range_score() {
    let settings = [
        Settings {
            widths: vec![vec![256, 1, 1, 7]; 8],
            horizons: vec![20_160, 1, 144, 145, 288, 300, 2],
            roughness: 1.0,
            half_believed_rows: 0.0,
            rest_rows: 0,
            direction: Direction::Down,
        },
        Settings {
            widths: vec![vec![5]],
            horizons: vec![],
            roughness: 0.0,
            half_believed_rows: 1e5,
            rest_rows: 20_160,
            direction: Direction::Up,
        },
    ];
    for settings in settings {
        let mut detector = detector(settings);
        for row in 0..1000 {
            let score = detector.observe(row, quiet(row as u64)).score;
            assert!((0.0..=1.0).contains(&score));
        }
    }
}

#[test]
fn a_second_burst_like_the_first_surprises_less() {
    let mut values: Vec<f64> = (0..4000).map(quiet).collect();
    values[2000] = 200.0;
    values[3000] = 200.0;
    let scores = scores(values);
    assert!(scores[2000] > 0.9, "{}", scores[2000]);
    // As one row it is within its record; with its neighbours, it may be a little beyond.
    assert!(
        scores[3000] < scores[2000] - 0.1,
        "{} {}",
        scores[2000],
        scores[3000]
    );
    let usual = most(&scores[500..2000]);
    assert!(usual < 0.8, "{usual}");
}

#[test]
fn a_spike_of_every_day_is_usual_after_days() {
    let day = 288;
    let scores = scores((0..20 * day).map(|row| match row % day {
        100 => 500.0 + quiet(row) * 2.0,
        _ => quiet(row),
    }));
    let later = &scores[5 * day as usize..];
    assert!(most(later) < 0.8, "{}", most(later));
}

#[test]
fn the_unit_of_the_series_does_not_matter() {
    let mut values: Vec<f64> = (0..3000).map(quiet).collect();
    values[2500] = 150.0;
    let plain = scores(values.iter().copied());
    for factor in [1e-9, 0.37, 1e12] {
        let other = scores(values.iter().map(|value| value * factor));
        assert!(
            plain
                .iter()
                .zip(&other)
                .all(|(one, other)| (one - other).abs() < 1e-6),
            "{factor}"
        );
    }
}

#[test]
fn a_constant_series_is_silent() {
    for value in [0.0, 5.0, -3e-200, 1e149, f64::MAX] {
        let scores = scores((0..1000).map(|_| value));
        assert!(most(&scores) < 1e-9, "{value}: {}", most(&scores));
    }
    // And so is its last digit.
    let scores = scores((0..1000).map(|row| 5.0 + (quiet(row) - 20.0) * 1e-12));
    assert!(most(&scores) < 1e-3);
}

#[test]
fn the_first_event_of_a_silent_series_surprises() {
    let scores = scores((0..500).map(|row| if row == 400 { 1.0 } else { 0.0 }));
    assert!(scores[..400].iter().all(|&score| score == 0.0));
    assert!(scores[400] > 0.9, "{}", scores[400]);
}

#[test]
fn falls_level_shifts_and_frozen_parts_surprise() {
    let with = |change: &dyn Fn(u64) -> f64| {
        let scores = scores((0..3000).map(|row| if row < 2800 { quiet(row) } else { change(row) }));
        most(&scores[2800..2900])
    };
    let usual = with(&quiet);
    let fallen = with(&|_| 0.0);
    let shifted = with(&|row| quiet(row) + 8.0);
    // All values were there before; only that nothing moves is new.
    let frozen = with(&|_| 20.0);
    assert!(
        usual < 0.3 && fallen > 0.9 && shifted > 0.8 && frozen > 0.5,
        "{usual} {fallen} {shifted} {frozen}"
    );
}

#[test]
fn in_a_rest_only_what_goes_much_further_scores() {
    let mut values: Vec<f64> = (0..4000).map(quiet).collect();
    values[2000] = 32.0;
    values[2020] = 35.0;
    values[2040] = 3000.0;
    let rested = scores(values.iter().copied());
    let rows = [rested[2000], rested[2020], rested[2040]];
    assert!(rows[0] > 0.5 && rows[1] == 0.0 && rows[2] > 0.9, "{rows:?}");
    let mut detector = detector(Settings {
        rest_rows: 0,
        ..Settings::default()
    });
    let all: Vec<f64> = values
        .iter()
        .zip(0..)
        .map(|(value, row)| detector.observe(row, *value).score)
        .collect();
    assert!(all[2020] > 0.5, "{}", all[2020]);
}

#[test]
fn after_one_absurd_value_a_burst_is_still_seen() {
    let mut values: Vec<f64> = (0..4000).map(quiet).collect();
    values[1000] = 1e300;
    values[3000] = 500.0;
    let scores = scores(values);
    assert!(scores[1000] > 0.9, "{}", scores[1000]);
    assert!(
        most(&scores[1300..3000]) < 0.5,
        "{}",
        most(&scores[1300..3000])
    );
    assert!(scores[3000] > 0.8, "{}", scores[3000]);
}

#[test]
fn a_new_level_far_away_is_learnt() {
    // The scale moves by a factor of a hundred, and the past with it.
    let values = (0..8000).map(|row| {
        if row < 2000 {
            quiet(row)
        } else {
            100.0 * quiet(row)
        }
    });
    let mut detector = detector(Settings::default());
    let scores: Vec<f64> = values
        .zip(0..)
        .map(|(value, row)| detector.observe(row, value).score)
        .collect();
    assert!(most(&scores[2000..2010]) > 0.9);
    assert!(most(&scores[6000..]) < 0.8, "{}", most(&scores[6000..]));
    assert!((1500.0..2500.0).contains(&detector.expected().unwrap()));
}

/// Rewrites the state of a snapshot and its checksum, as a mistaken writer would.
#[test]
fn snapshots_that_contradict_themselves_are_refused() {
    let mut detector = detector(Settings::default());
    for row in 0..400 {
        detector.observe(row, quiet(row as u64));
    }
    let kept = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = serde_json::to_value(snapshot::State::keep(&detector)).unwrap();
        change(&mut value);
        <Detector as snapshot::State>::restore(serde_json::from_value(value).unwrap())
    };
    assert_eq!(kept(&|_| ()).unwrap(), detector);
    type Change = fn(&mut serde_json::Value);
    let changes: [Change; 14] = [
        |kept| kept["settings"]["roughness"] = 2.0.into(),
        |kept| kept["settings"]["widths"] = serde_json::json!([[1]]),
        |kept| kept["settings"]["horizons"] = serde_json::json!([]),
        |kept| kept["state"]["channels"] = serde_json::json!([]),
        |kept| kept["state"]["last"] = serde_json::Value::Null,
        |kept| kept["state"]["recent"][3] = 11.0.into(),
        |kept| kept["state"]["steps"] = serde_json::json!([]),
        |kept| kept["state"]["steps"][3] = (-1.0).into(),
        |kept| kept["state"]["magnitude"] = 1e200.into(),
        |kept| kept["state"]["rest"]["alarm"] = serde_json::json!([400, 0.1]),
        |kept| kept["state"]["channels"][0]["ever"]["most"] = (-5.0).into(),
        |kept| kept["state"]["channels"][0]["ever"] = serde_json::Value::Null,
        |kept| kept["state"]["channels"][0]["in_block"] = 144.into(),
        |kept| kept["state"]["channels"][0]["way"] = serde_json::json!([1.0, 1.0]),
    ];
    for (at, change) in changes.iter().enumerate() {
        let error = kept(change).expect_err(&format!("change {at}"));
        assert!(
            error.is_snapshot() && error.to_string().contains("surprise"),
            "{error}"
        );
    }
}
