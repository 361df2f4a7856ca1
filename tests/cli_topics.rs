//! The command line's topics, end to end: training with a taxonomy, figures, thresholds, curves and coverage.
#![cfg(feature = "train")]

use std::fs;
use std::process::Command;

use serde_json::Value;

const TAXONOMY: &str = "[[topic]]\nid = \"late\"\nname.en = \"Late Train\"\nterms.en = [\"late\", \"delayed\"]\n\
                        [[topic]]\nid = \"bag\"\nterms.en = [\"suitcase*\", \"luggage\"]\n";

/// Runs the program in a folder with `taxonomy.toml`, `train.jsonl` and `several.jsonl`; gives standard output.
fn run(folder: &std::path::Path, arguments: &str) -> String {
    let test = std::env::current_exe().unwrap();
    let program =
        test.ancestors().nth(2).unwrap().join("examples").join(format!("hearken{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(program).current_dir(folder).args(arguments.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

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
    let json = |arguments: &str| serde_json::from_str::<Value>(&run(place.path(), arguments)).unwrap();
    run(place.path(), "train --taxonomy taxonomy.toml train.jsonl -o topic.model -q");
    let found = json("evaluate --taxonomy taxonomy.toml --model topic.model train.jsonl --json -q");
    assert_eq!(found["best"]["accuracy"], 1.0, "{found}");
    let alone = json("evaluate --taxonomy taxonomy.toml train.jsonl --json -q");
    assert_eq!(alone["best"]["accuracy"], 0.5, "{alone}");
    let several = json("evaluate --taxonomy taxonomy.toml several.jsonl --json -q");
    assert_eq!((&several["micro_f1"], &several["exact"]), (&1.0.into(), &1.0.into()), "{several}");
    let table = run(place.path(), "evaluate --taxonomy taxonomy.toml several.jsonl -q");
    assert!(table.contains("threshold") && table.contains("micro F1"), "{table}");
    let toml =
        run(place.path(), "evaluate --taxonomy taxonomy.toml --model topic.model --fit-thresholds train.jsonl -q");
    assert_eq!(toml.matches("threshold = 0.").count(), 2, "{toml}");
    let curve = json("evaluate --taxonomy taxonomy.toml --curve train.jsonl --sizes 0,5 train.jsonl --json -q");
    assert_eq!(curve["rows"][1]["texts"], 10, "{curve}");
}

#[test]
fn coverage_is_a_table_or_json_and_names_what_was_rejected() {
    let place = place();
    let table = run(place.path(), "coverage --taxonomy taxonomy.toml train.jsonl -q");
    assert!(table.contains("without a topic") && table.contains("[[topic]]"), "{table}");
    let report: Value =
        serde_json::from_str(&run(place.path(), "coverage --taxonomy taxonomy.toml train.jsonl --json -q")).unwrap();
    assert_eq!((report["posts"].as_u64(), report["topics"][1]["posts"].as_u64()), (Some(24), Some(12)), "{report}");
    let one = run(place.path(), "coverage --taxonomy taxonomy.toml train.jsonl --json --threads 1");
    assert_eq!(one, run(place.path(), "coverage --taxonomy taxonomy.toml train.jsonl --json --threads 3"));
}
