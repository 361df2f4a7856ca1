//! `train`, end to end: which lines it takes, what it prints, and how the trained head answers.

mod support;

use std::fs;

use serde_json::Value;
use support::{Place, assert_refused, error as standard_error, gzip, out as standard_output};

/// Labelled lines of two kinds that any classifier can tell apart.
fn labelled(range: std::ops::Range<usize>) -> String {
    let line = |number: usize| {
        let (text, label) = match number % 2 {
            0 => (
                "my parcel was lost by the courier, delivery is late",
                "delivery",
            ),
            _ => ("the invoice is wrong, you charged my card twice", "payment"),
        };
        format!(
            "{{\"id\":{number},\"body\":{{\"plain\":\"{text} {number}\"}},\"gold\":\"{label}\"}}\n"
        )
    };
    range.map(line).collect()
}

const FIELDS: &str = "--text-field body.plain --label-field gold";

#[test]
fn training_names_texts_to_label_next() {
    let place = Place::new();
    place.write("train.jsonl", labelled(0..8));
    // A text is named once; lines without a text are rejected and named.
    place.write("mails.jsonl", format!("{0}{0}{{}}\n", labelled(20..40)));
    let assert = place
        .run(&format!(
            "train --task reason {FIELDS} train.jsonl -o reason.model --rows-alone --suggest 6 \
             --unlabelled mails.jsonl"
        ))
        .success();
    assert!(standard_error(&assert).contains("mails.jsonl, line 41"));
    let lines: Vec<Value> = standard_output(&assert)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut texts: Vec<&str> = lines.iter().filter_map(|of| of["text"].as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!((lines.len(), texts.len()), (6, 6), "{lines:?}");
    // Both labels are named: three texts that are taken for each.
    let payments = lines.iter().filter(|of| of["given"] == "payment").count();
    assert_eq!(payments, 3, "{lines:?}");
}

#[test]
fn a_head_is_trained_evaluated_and_answers() {
    let place = Place::new();
    place.write("train.jsonl", labelled(0..200));
    place.write("test.jsonl.gz", gzip(labelled(200..260).as_bytes()));
    let assert = place
        .run(&format!(
            "train --task reason {FIELDS} --valid test.jsonl.gz -o reason.model \
            train.jsonl --seed 7 --languages EN,zh,en"
        ))
        .success();
    assert!(standard_output(&assert).contains("macro F1"));
    let summary = standard_error(&assert);
    for part in [
        "posts",
        "200",
        "classes",
        "delivery",
        "payment",
        "100",
        "cost",
        "held-out macro F1",
        "seconds",
    ] {
        assert!(summary.contains(part), "{part} is missing in {summary}");
    }
    let model =
        hearken::model::Model::from_bytes(&fs::read(place.path("reason.model")).unwrap()).unwrap();
    assert_eq!(model.heads()[0].languages, ["en", "zh"]);
    place
        .run(&format!(
            "train -q --task reason {FIELDS} -o again.model train.jsonl --seed 7 --languages en,zh"
        ))
        .success();
    assert!(
        fs::read(place.path("reason.model")).unwrap()
            == fs::read(place.path("again.model")).unwrap()
    );

    let assert = place
        .run(&format!(
            "evaluate --model reason.model {FIELDS} --json test.jsonl.gz"
        ))
        .success();
    let figures: Value = serde_json::from_str(&standard_output(&assert)).unwrap();
    assert_eq!(
        (&figures["task"], &figures["posts"]),
        (&Value::from("reason"), &Value::from(60))
    );
    assert!(figures["macro_f1"].as_f64().unwrap() > 0.95, "{figures}");
    let table = standard_output(
        &place
            .run(&format!(
                "evaluate --model reason.model {FIELDS} test.jsonl.gz"
            ))
            .success(),
    );
    assert!(
        table.contains("is \\ given") && table.contains("payment"),
        "{table}"
    );

    let assert = place
        .run_with(
            "triage --model reason.model",
            b"{\"id\":1,\"text\":\"the courier lost my parcel\"}\n",
        )
        .success();
    let answer: Value = serde_json::from_str(&standard_output(&assert)).unwrap();
    assert!(
        answer["heads"]["reason"]["probability"].is_number(),
        "{answer}"
    );
}

#[test]
fn labels_are_strings_numbers_or_booleans_and_lines_without_one_are_rejected() {
    let place = Place::new();
    let mut lines = String::new();
    for number in 0..60 {
        let label = ["1", "1.0", "\"0\"", "0"][number % 4];
        let text = [
            "good and nice",
            "nice and fine",
            "bad and broken",
            "broken and awful",
        ][number % 4];
        lines.push_str(&format!(
            "{{\"text\":\"{text} {number}\",\"label\":{label}}}\n"
        ));
    }
    lines.push_str(
        "{\"text\":\"a\"}\n{\"label\":\"1\"}\n{\"text\":\"a\",\"label\":null}\n{\"text\":5,\"label\":1}\nno\n",
    );
    place.write("train.jsonl", lines);
    let assert = place
        .run("train --task good -o good.model train.jsonl --strict")
        .code(1);
    let error = standard_error(&assert);
    for part in [
        "line 61: no label",
        "line 62: no `text`",
        "line 63: no label",
        "line 64: `text` is not a string",
        "line 65",
    ] {
        assert!(
            error.contains(&format!("hearken: train.jsonl, {part}")),
            "{part} is missing in {error}"
        );
    }
    assert!(
        error
            .lines()
            .any(|line| line.split_whitespace().eq(["classes", "2"])),
        "{error}"
    );
    assert!(place.path("good.model").exists());
}

#[test]
fn a_label_that_training_never_saw_is_said_before_the_work() {
    let place = Place::new();
    place.write("train.jsonl", labelled(0..20));
    place.write(
        "test.jsonl",
        "{\"body\":{\"plain\":\"a\"},\"gold\":\"outage\"}\n",
    );
    let assert = place.run(&format!(
        "train -q --task reason {FIELDS} --valid test.jsonl -o r.model train.jsonl"
    ));
    assert_refused(assert, &["`outage`", "--valid"]);
    assert!(!place.path("r.model").exists());
}
