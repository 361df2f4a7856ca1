//! Tests of surprise.

use super::*;

fn scores(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut detector = Detector::new(Settings::default()).unwrap();
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

#[test]
fn settings_out_of_range_are_named() {
    let default = Settings::default;
    for (field, settings) in [
        (
            "level_days",
            Settings {
                level_days: vec![],
                ..default()
            },
        ),
        (
            "level_days",
            Settings {
                level_days: vec![f64::NAN],
                ..default()
            },
        ),
        (
            "record_days",
            Settings {
                record_days: vec![1.0; 9],
                ..default()
            },
        ),
        (
            "record_days",
            Settings {
                record_days: vec![0.0],
                ..default()
            },
        ),
        (
            "smoothing_rows",
            Settings {
                smoothing_rows: vec![-1.0],
                ..default()
            },
        ),
        (
            "rest_days",
            Settings {
                rest_days: 0.0,
                ..default()
            },
        ),
        (
            "grains",
            Settings {
                grains: f64::INFINITY,
                ..default()
            },
        ),
        (
            "level_share",
            Settings {
                level_share: 0.0,
                ..default()
            },
        ),
        (
            "margin",
            Settings {
                margin: f64::NAN,
                ..default()
            },
        ),
    ] {
        let error = Detector::new(settings).unwrap_err();
        assert!(
            error.is_settings() && error.to_string().contains(field),
            "{error}"
        );
    }
}

#[test]
fn a_second_burst_like_the_first_surprises_less() {
    let mut values: Vec<f64> = (0..4000).map(quiet).collect();
    values[2000] = 200.0;
    values[3000] = 200.0;
    let scores = scores(values);
    assert!(scores[2000] > 0.7, "{}", scores[2000]);
    assert!(
        scores[3000] < scores[2000] - 0.2,
        "{} {}",
        scores[2000],
        scores[3000]
    );
    let usual = scores[500..2000].iter().copied().fold(0.0, f64::max);
    assert!(usual < 0.55, "{usual}");
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
fn the_first_event_of_a_silent_series_surprises() {
    let scores = scores((0..500).map(|row| if row == 400 { 1.0 } else { 0.0 }));
    assert!(scores[..400].iter().all(|&score| score == 0.0));
    assert!(scores[400] > 0.9, "{}", scores[400]);
}

#[test]
fn after_one_absurd_value_a_burst_is_still_seen() {
    let mut values: Vec<f64> = (0..4000).map(quiet).collect();
    values[1000] = 1e300;
    values[3000] = 500.0;
    let scores = scores(values);
    assert!(scores[1000] > 0.9, "{}", scores[1000]);
    assert!(scores[1300..3000].iter().all(|&score| score < 0.3));
    assert!(scores[3000] > 0.4, "{}", scores[3000]);
}

/// Rewrites the state of a snapshot and its checksum, as a mistaken writer would.
#[test]
fn snapshots_that_contradict_themselves_are_refused() {
    let mut detector = Detector::new(Settings::default()).unwrap();
    detector.observe(0, 5.0);
    detector.observe(300_000, 6.0);
    let kept = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = serde_json::to_value(snapshot::State::keep(&detector)).unwrap();
        // JSON has no infinity; any half-life will do here.
        value["settings"]["record_days"] = serde_json::json!([4.0, 14.0, 1e9]);
        change(&mut value);
        <Detector as snapshot::State>::restore(serde_json::from_value(value).unwrap())
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
