//! `hearken learn` and `hearken unlearn`, end to end: from a log to an overlay, and back.

mod support;

use std::fs;

use assert_cmd::assert::Assert;
use serde_json::{Value, json};
use support::{Place, error, out};

const LABELS: [&str; 3] = ["cold", "mild", "warm"];

/// A folder with a small head of its own, `heat.model`, and held-out lines, `held.jsonl`.
fn place() -> Place {
    let place = Place::new();
    place.write("train.jsonl", labelled(0..240, false));
    place.write("held.jsonl", labelled(1000..1300, false));
    place
        .run("train --quiet --task heat train.jsonl -o heat.model")
        .success();
    place
}

/// A line of the table on standard error: the number behind `name`.
fn figure(assert: &Assert, name: &str) -> String {
    let table = error(assert);
    let row = table
        .lines()
        .find_map(|line| line.trim_start().strip_prefix(name));
    row.unwrap_or_else(|| panic!("{name} is missing in {table}"))
        .trim()
        .to_owned()
}

/// The label and the text of a number: of its words some are of its label, and some of any.
///
/// Below 240 half of the words don't occur: what a head that was trained on those has to learn.
fn text(at: usize) -> (usize, String) {
    let draw = |place: usize| ((at * 16 + place + 1).wrapping_mul(2_654_435_761) >> 11) % 1000;
    let label = at % 3;
    let word = |place: usize| {
        let of = if draw(place) < 550 {
            label
        } else {
            draw(place + 5) % 3
        };
        format!(
            "{}{}",
            ["zorp", "blik", "quvf"][of],
            ["em", "ox", "izha", "ubru"][draw(place + 2) % if at < 240 { 2 } else { 4 }]
        )
    };
    (
        label,
        format!("{} {} {} item{at}", word(0), word(1), word(2)),
    )
}

fn labelled(range: std::ops::Range<usize>, turned: bool) -> String {
    range
        .map(|at| {
            let (label, text) = text(at);
            json!({"text": text, "label": LABELS[(label + usize::from(turned)) % 3]}).to_string()
                + "\n"
        })
        .collect()
}

/// A log of labels; `turned` ones are wrong.
fn log(range: std::ops::Range<usize>, by: &str, day: &str, turned: bool) -> String {
    range
        .map(|at| {
            let (label, text) = text(at);
            let label = LABELS[(label + usize::from(turned)) % 3];
            let at_time = format!("{day}T10:00:00+02:00");
            json!({"post": at.to_string(), "task": "heat", "text": text, "label": label, "by": by, "at": at_time})
                .to_string()
                + "\n"
        })
        .collect()
}

#[test]
fn what_is_learnt_is_answered_explained_evaluated_and_taken_back() {
    let place = place();
    let good = log(300..420, "eva", "2026-03-01", false);
    place.write("log.jsonl", &good);
    let learn = "learn log.jsonl --task heat --model heat.model --held-out held.jsonl -o";
    let first = place.run(&format!("{learn} first.overlay")).success();
    assert_eq!(
        ["labels in the log", "taken back", "standing"].map(|name| figure(&first, name)),
        ["120", "0", "120"]
    );
    assert!(error(&first).contains(
        "accepted: the candidate is not worse than the running head on 300 held-out texts"
    ));
    assert_eq!(out(&first), "");

    // Somebody labels wrongly on another day: the gate refuses, against the overlay that runs.
    let path = place.path("log.jsonl");
    fs::write(
        &path,
        good.clone() + &log(420..600, "jan", "2026-03-02", true),
    )
    .unwrap();
    let running = format!("{learn} second.overlay --overlay first.overlay");
    let refused = place.run(&running).code(2);
    let last = error(&refused)
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned();
    assert!(last.starts_with(
        "hearken: refused: the candidate is worse than the running head beyond noise on 300"
    ));
    assert!(
        last.ends_with("; nothing was written") && last.contains("macro F1 0."),
        "{last}"
    );
    assert!(!place.path("second.overlay").exists());
    let quiet = place.run(&format!("{running} --quiet")).code(2);
    assert_eq!(error(&quiet).lines().count(), 1, "{}", error(&quiet));

    // The same is said of two overlays, or of two heads.
    place
        .run("learn log.jsonl --task heat --model heat.model -q -o wrong.overlay")
        .success();
    let both = "judge held.jsonl --task heat --running heat.model --candidate heat.model --json";
    let judged = place
        .run(&format!(
            "{both} --running-overlay first.overlay --candidate-overlay wrong.overlay"
        ))
        .code(2);
    let json: Value = serde_json::from_str(&out(&judged)).unwrap();
    assert_eq!(
        (&json["accepted"], &json["posts"]),
        (&json!(false), &json!(300))
    );
    assert!(
        error(&judged).starts_with("hearken: refused: "),
        "{}",
        error(&judged)
    );
    place.write(
        "turned.jsonl",
        &(labelled(0..160, false) + &labelled(160..240, true)),
    );
    place
        .run("train --quiet --task heat turned.jsonl -o turned.model")
        .success();
    place
        .run("judge held.jsonl --task heat --running heat.model --candidate turned.model")
        .code(2);
    let judged = place
        .run("judge held.jsonl --task heat --running turned.model --candidate heat.model")
        .success();
    assert!(out(&judged).starts_with("accepted: "), "{}", out(&judged));

    // Taken back, the overlay is the first one to the last bit, and the log says what happened.
    let nobody = place
        .run("unlearn log.jsonl --by nobody --reason typo")
        .code(2);
    assert!(
        error(&nobody).contains("nothing was appended")
            && place.read("log.jsonl").lines().count() == 300
    );
    let taken = place
        .run("unlearn log.jsonl --by jan --reason mixed-up")
        .success();
    assert_eq!(out(&taken), "180 labels taken back in log.jsonl\n");
    let line: Value =
        serde_json::from_str(place.read("log.jsonl").lines().last().unwrap()).unwrap();
    assert_eq!(
        (&line["retract"], &line["reason"]),
        (&json!({"by": "jan"}), &json!("mixed-up"))
    );
    let again = place.run(&running).success();
    assert_eq!(
        (figure(&again, "taken back"), figure(&again, "standing")),
        ("180".into(), "120".into())
    );
    assert!(
        fs::read(place.path("first.overlay")).unwrap()
            == fs::read(place.path("second.overlay")).unwrap()
    );

    // A post, for one head or another; a day.
    let one = place
        .run("unlearn log.jsonl --post 300 --task heat --reason slip")
        .success();
    assert_eq!(out(&one), "1 label taken back in log.jsonl\n");
    place
        .run("unlearn log.jsonl --post 301 --task other --reason slip")
        .code(2);
    let day = place
        .run("unlearn log.jsonl --day 2026-03-01 --reason shifted")
        .success();
    assert_eq!(out(&day), "119 labels taken back in log.jsonl\n");
    let nothing = place.run(&format!("{learn} third.overlay")).code(2);
    assert!(
        error(&nothing).contains("nothing to learn"),
        "{}",
        error(&nothing)
    );

    // The overlay answers, is explained, and is measured.
    place.write(
        "post.jsonl",
        "{\"id\":1,\"text\":\"item305 is zorpem and blikox\"}\n",
    );
    let of = |more: &str| {
        let line = out(&place
            .run(&format!("triage -q post.jsonl --model heat.model {more}"))
            .success());
        serde_json::from_str::<Value>(&line).unwrap()["heads"]["heat"].clone()
    };
    assert_ne!(of(""), of("--overlay first.overlay"));
    let explained = place
        .run("explain post.jsonl --model heat.model --overlay first.overlay --all")
        .success();
    assert!(
        out(&explained).contains("correction"),
        "{}",
        out(&explained)
    );
    let accuracy = |more: &str| {
        let line = out(&place
            .run(&format!(
                "evaluate --model heat.model held.jsonl -q --json {more}"
            ))
            .success());
        serde_json::from_str::<Value>(&line).unwrap()["macro_f1"]
            .as_f64()
            .unwrap()
    };
    assert_ne!(accuracy(""), accuracy("--overlay first.overlay"));
}

#[test]
fn without_a_file_to_write_it_says_what_would_be() {
    let place = place();
    // A tenth of the held-out texts are in the log too.
    place.write("log.jsonl", log(1000..1030, "eva", "2026-03-01", false));
    let tried = place
        .run("learn log.jsonl --task heat --model heat.model --held-out held.jsonl --strength 5")
        .success();
    let numbers = ["held-out texts", "left out, in the log"].map(|name| figure(&tried, name));
    assert_eq!(numbers, ["270", "30"]);
    assert!(figure(&tried, "macro F1").contains('→'));
    let nowhere = place
        .run("learn log.jsonl --task heat --model heat.model")
        .code(2);
    assert!(
        error(&nowhere).contains("nowhere to write to"),
        "{}",
        error(&nowhere)
    );
}

#[test]
fn torn_and_wrong_logs_and_foreign_overlays_are_told_apart() {
    let place = place();
    let whole = log(300..320, "eva", "2026-03-01", false);
    place.write("torn.jsonl", &whole[..whole.len() - 9]);
    let learn = "learn --task heat --model heat.model -q -o x.overlay";
    let torn = place.run(&format!("{learn} torn.jsonl")).success();
    assert_eq!(
        error(&torn),
        "hearken: torn.jsonl, line 20: its writing was cut off; the rest of the log is used\n"
    );
    let taken = place
        .run("unlearn torn.jsonl --post 300 --reason slip")
        .success();
    assert!(
        error(&taken).contains("line 20: its writing was cut off, it was taken out"),
        "{}",
        error(&taken)
    );
    assert_eq!(place.read("torn.jsonl").lines().count(), 20);

    place.write("wrong.jsonl", whole.replacen("\"label\"", "\"lable\"", 2));
    for (arguments, part) in [
        (
            format!("{learn} wrong.jsonl"),
            "wrong.jsonl, line 1: not a line of a log of corrections",
        ),
        (
            format!("{learn} nowhere.jsonl"),
            "nowhere.jsonl can't be read",
        ),
        (
            learn.replace("heat ", "cheat ") + " torn.jsonl",
            "there is no head \"cheat\"",
        ),
        (
            "triage --overlay x.overlay".into(),
            "x.overlay: the overlay of \"heat\" has no head to add to",
        ),
        (
            "triage --model x.overlay".into(),
            "is an overlay and can't answer by itself",
        ),
        (
            "triage --model heat.model --overlay heat.model".into(),
            "is a head, not an overlay",
        ),
        ("unlearn torn.jsonl --reason x".into(), "--post"),
        (
            "unlearn torn.jsonl --day 1.3.2026 --reason x".into(),
            "--day: \"1.3.2026\" is not a day",
        ),
        (
            "unlearn torn.jsonl --by eva --task heat --reason x".into(),
            "--task",
        ),
    ] {
        let refused = place.run(&arguments).code(2);
        let sentence = error(&refused);
        assert!(
            sentence.lines().count() == 1 && sentence.contains(part),
            "{arguments}: {sentence}"
        );
    }
}
