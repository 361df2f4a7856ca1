//! The command line's topics, end to end: training with a taxonomy, figures, thresholds,
//! curves and coverage.

mod support;

use std::fs;

use serde_json::Value;
use support::{done as run, refused};

const TAXONOMY: &str = "[[topic]]\nid = \"late\"\nname.en = \"Late Train\"\nterms.en = [\"late\", \"delayed\"]\n\
                        [[topic]]\nid = \"bag\"\nterms.en = [\"suitcase*\", \"luggage\"]\n";

/// A folder with `taxonomy.toml`, `train.jsonl` and `several.jsonl`.
fn place() -> tempfile::TempDir {
    let place = tempfile::TempDir::new().unwrap();
    fs::write(place.path().join("taxonomy.toml"), TAXONOMY).unwrap();
    let mut lines = String::new();
    for turn in 0..12 {
        lines += &format!("{{\"text\":\"train {turn} stood outside\",\"label\":\"Late Train\"}}\n");
        lines += &format!("{{\"text\":\"my suitcases {turn} stayed there\",\"label\":\"bag\"}}\n");
    }
    fs::write(place.path().join("train.jsonl"), lines).unwrap();
    let several = "{\"text\":\"delayed, and my luggage is gone\",\"label\":[\"late\",\"bag\"]}\n\
                   {\"text\":\"we were late\",\"label\":[\"Late Train\"]}\n{\"text\":\"what a view\",\"label\":[]}\n";
    fs::write(place.path().join("several.jsonl"), several).unwrap();
    place
}

#[test]
fn topics_are_trained_evaluated_and_drawn_as_a_curve() {
    let place = place();
    let json =
        |arguments: &str| serde_json::from_str::<Value>(&run(place.path(), arguments)).unwrap();
    run(
        place.path(),
        "train --taxonomy taxonomy.toml train.jsonl -o topic.model -q",
    );
    let found = json("evaluate --taxonomy taxonomy.toml --model topic.model train.jsonl --json -q");
    assert_eq!(found["best"]["accuracy"], 1.0, "{found}");
    let alone = json("evaluate --taxonomy taxonomy.toml train.jsonl --json -q");
    assert_eq!(alone["best"]["accuracy"], 0.5, "{alone}");
    let several = json("evaluate --taxonomy taxonomy.toml several.jsonl --json -q");
    assert_eq!(
        (&several["micro_f1"], &several["exact"]),
        (&1.0.into(), &1.0.into()),
        "{several}"
    );
    let table = run(
        place.path(),
        "evaluate --taxonomy taxonomy.toml several.jsonl -q",
    );
    assert!(
        table.contains("threshold") && table.contains("micro F1"),
        "{table}"
    );
    let toml = run(
        place.path(),
        "evaluate --taxonomy taxonomy.toml --model topic.model --fit-thresholds train.jsonl -q",
    );
    assert_eq!(toml.matches("threshold = 0.").count(), 2, "{toml}");
    let curve = json(
        "evaluate --taxonomy taxonomy.toml --curve train.jsonl --sizes 0,5 train.jsonl --json -q",
    );
    assert_eq!(curve["rows"][1]["texts"], 10, "{curve}");
}

#[test]
fn coverage_is_a_table_or_json_and_names_what_was_rejected() {
    let place = place();
    let table = run(
        place.path(),
        "coverage --taxonomy taxonomy.toml train.jsonl -q",
    );
    assert!(
        table.contains("without a topic") && table.contains("[[topic]]"),
        "{table}"
    );
    let report: Value = serde_json::from_str(&run(
        place.path(),
        "coverage --taxonomy taxonomy.toml train.jsonl --json -q",
    ))
    .unwrap();
    assert_eq!(
        (
            report["posts"].as_u64(),
            report["topics"][1]["posts"].as_u64()
        ),
        (Some(24), Some(12)),
        "{report}"
    );
    let one = run(
        place.path(),
        "coverage --taxonomy taxonomy.toml train.jsonl --json --threads 1",
    );
    assert_eq!(
        one,
        run(
            place.path(),
            "coverage --taxonomy taxonomy.toml train.jsonl --json --threads 3"
        )
    );
}

#[test]
fn shares_are_corrected_by_what_evaluate_wrote_for_topics_and_for_heads() {
    let place = place();
    run(
        place.path(),
        "train --taxonomy taxonomy.toml train.jsonl -o topic.model -q",
    );
    let model = "--taxonomy taxonomy.toml --model topic.model";
    run(
        place.path(),
        &format!("evaluate {model} --confusion topics.json train.jsonl -q"),
    );
    let mut posts = String::from("no post\n{\"text\":\"my suitcase is gone\"}\n");
    for turn in 0..40 {
        let (day, text) = if turn < 20 {
            (1, "we were delayed")
        } else {
            (2, "my suitcase is gone")
        };
        let text = if turn % 5 == 0 {
            "where is my luggage?"
        } else {
            text
        };
        posts += &format!("{{\"text\":\"{text}\",\"created_at\":\"2026-03-0{day}T10:00:00Z\"}}\n");
    }
    fs::write(place.path().join("posts.jsonl"), posts).unwrap();
    let share = |arguments: &str| {
        run(
            place.path(),
            &format!("share {model} --confusion topics.json {arguments} -q"),
        )
    };
    let rows: Vec<Value> = share("--by day --topic bag --json posts.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert_eq!(
        (&rows[0]["period"], &rows[1]["period"]),
        (&"2026-03-01".into(), &"2026-03-02".into())
    );
    assert!(
        rows[2].get("period").is_none() && rows[2]["posts"] == 1,
        "{rows:?}"
    );
    assert_eq!(
        (&rows[0]["posts"], &rows[0]["raw"], &rows[1]["raw"]),
        (&20.into(), &0.2.into(), &1.0.into())
    );
    let number = |row: &Value, name: &str| row[name].as_f64().unwrap();
    for row in &rows[..2] {
        assert!(
            number(row, "low") <= number(row, "share")
                && number(row, "share") <= number(row, "high"),
            "{row}"
        );
    }
    assert!(
        rows[0].get("change").is_none() && number(&rows[1]["change"], "low") > 0.0,
        "{rows:?}"
    );
    let width = |arguments: &str| {
        let row: Value = serde_json::from_str(share(arguments).lines().next().unwrap()).unwrap();
        number(&row, "high") - number(&row, "low")
    };
    assert!(
        width("--topic bag --json posts.jsonl")
            < width("--topic bag --sampled 0.1 --json posts.jsonl")
    );
    let table = share("--by hour posts.jsonl");
    assert!(
        table.contains("2026-03-01T10:00Z")
            && table.contains("rising")
            && table.contains("falling"),
        "{table}"
    );

    // A head of one label a post; what its errors are not of is refused.
    run(
        place.path(),
        "train --task reason train.jsonl -o reason.model -q",
    );
    run(
        place.path(),
        "evaluate --model reason.model --confusion reason.json train.jsonl -q",
    );
    let table = run(
        place.path(),
        "share --model reason.model --confusion reason.json posts.jsonl -q",
    );
    assert!(
        table.contains("Late Train") && !table.contains("period"),
        "{table}"
    );
    for (arguments, part) in [
        ("share --confusion reason.json posts.jsonl", "does not have"),
        ("share --confusion topics.json posts.jsonl", "other topics"),
        (
            "share --confusion taxonomy.toml posts.jsonl",
            "not a hearken confusion",
        ),
        (
            "share --model reason.model --confusion reason.json --topic x posts.jsonl",
            "no label `x`",
        ),
        (
            "evaluate --taxonomy taxonomy.toml --confusion x.json train.jsonl",
            "--bundled topic",
        ),
    ] {
        let error = refused(place.path(), arguments);
        assert!(
            error.contains(part) && error.lines().count() == 1,
            "{arguments}: {error}"
        );
    }
}
