//! `hearken evaluate` of a bundled head, end to end.

mod support;

use serde_json::json;
use support::{Place, done, refused};

#[test]
fn one_head_is_measured_with_coverage_and_calibration() {
    let place = Place::new();
    let text = |label: &str| {
        json!({"text": "Where is my parcel? Please write.", "label": label}).to_string() + "\n"
    };
    place.write("lines.jsonl", text("ham").repeat(3) + &text("spam"));
    let run = |more: &str| {
        done(
            place.folder(),
            &format!("evaluate --bundled spam lines.jsonl {more}"),
        )
    };
    let table = run("");
    for part in ["surest answered", "log loss", "calibration error"] {
        assert!(table.contains(part), "{part} is not in\n{table}");
    }
    // All texts are as sure as each other, so at every coverage three of four are right.
    let found: serde_json::Value = serde_json::from_str(&run("--json")).expect("JSON");
    let coverage = found["coverage"].as_array().expect("points");
    assert_eq!(coverage.len(), 6);
    assert!(
        coverage.iter().all(|point| point["accuracy"] == 0.75),
        "{coverage:?}"
    );
    assert_eq!(found["bins"].as_array().map(Vec::len), Some(15));
    assert!(found["log_loss"].as_f64().is_some_and(|loss| loss > 0.0));
}

#[test]
fn pictures_are_no_option_of_it() {
    let message = refused(
        Place::new().folder(),
        "evaluate --bundled spam --pictures figures lines.jsonl",
    );
    assert!(message.contains("--pictures"), "{message}");
}
