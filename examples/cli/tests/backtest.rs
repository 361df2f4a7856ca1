//! The command line's monitored terms, end to end: `backtest`, and `triage` with `--rules`,
//! `--terms` and `--role`.

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{done, hearken, lines, refused, sample};
use tempfile::TempDir;

fn entry<'a>(lines: &'a [Value], name: &str) -> &'a Value {
    lines
        .iter()
        .find(|line| line["name"] == name)
        .unwrap_or_else(|| panic!("{name} is missing"))
}

/// The rules of `tests/backtest` with a narrower form as `before.toml`, and a few posts.
fn place() -> TempDir {
    let place = TempDir::new().unwrap();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backtest");
    let rules = fs::read_to_string(cases.join("watch.toml")).unwrap();
    fs::copy(cases.join("watch.tsv"), place.path().join("watch.tsv")).unwrap();
    fs::write(place.path().join("watch.toml"), &rules).unwrap();
    let before = rules
        .replace("within = 6", "within = 3")
        .replace("\"记者\", ", "")
        .replace("\"redakc*\"", "\"televiz*\"");
    let before = before.replace("id = \"recall\"", "id = \"recall-old\"");
    fs::write(place.path().join("before.toml"), before).unwrap();
    let posts = "{\"id\":1,\"text\":\"My refund never came\",\"created_at\":\"2026-03-01T23:30:00-02:00\"}\n\
                 {\"id\":2,\"text\":\"退款还没到\",\"created_at\":\"2026-03-02T10:00:00Z\"}\n\
                 {\"text\":\"the washing machine caught fire\"}\n\
                 no post\n\
                 {\"text\":\"it never caught fire\"}\n";
    fs::write(place.path().join("posts.jsonl"), posts).unwrap();
    place
}

#[test]
fn hits_are_counted_by_rule_and_day() {
    let place = place();
    let found = lines(&done(
        place.path(),
        &["backtest", "watch.toml", "posts.jsonl", "--json", "-q"],
    ));
    assert_eq!(found[0]["kind"], "dump");
    assert_eq!(found[0]["posts"], 4);
    assert_eq!(found[0]["hit"], 4);
    assert_eq!(found[0]["undated"], 2);
    assert_eq!(found[0]["rejects"], 1);
    let refund = entry(&found, "refund-not-received");
    // The day is that of the time in UTC.
    assert_eq!(refund["days"], serde_json::json!({"2026-03-02": 2}));
    assert_eq!(
        (&refund["hits"], &refund["undated"]),
        (&Value::from(2), &Value::from(0))
    );
    assert_eq!(
        refund["sample"][0]["spans"],
        serde_json::json!([[3, 9], [10, 15]])
    );
    assert_eq!(refund["sample"][0]["id"], "1");
    assert!(refund.get("against").is_none());
    // Negated: the list has it, the rule not.
    let recall: Vec<&Value> = found
        .iter()
        .filter(|line| line["name"] == "recall")
        .collect();
    assert_eq!(
        (&recall[0]["kind"], &recall[0]["hits"]),
        (&Value::from("rule"), &Value::from(1))
    );
    assert_eq!(
        (&recall[1]["kind"], &recall[1]["hits"]),
        (&Value::from("list"), &Value::from(2))
    );
    assert_eq!(recall[0]["sample"][0]["line"], 3);
}

#[test]
fn a_change_shows_what_it_gains_and_loses() {
    let place = place();
    let sample = &*sample();
    let arguments = [
        "backtest",
        "watch.toml",
        sample,
        "--against",
        "before.toml",
        "--json",
    ];
    let found = lines(&done(place.path(), &arguments));
    let press = &entry(&found, "press-threat")["against"];
    assert_eq!(press["stands_in"], "both");
    // 记者 and redakce came in, televize went out.
    assert_eq!(
        (&press["gained"], &press["lost"]),
        (&Value::from(2), &Value::from(2))
    );
    let texts = |sample: &Value| {
        sample
            .as_array()
            .unwrap()
            .iter()
            .map(|shown| shown["id"].to_string())
            .collect::<String>()
    };
    assert_eq!(texts(&press["gained_sample"]), "\"p0321\"\"p1675\"");
    assert_eq!(texts(&press["lost_sample"]), "\"p1570\"\"p1731\"");
    let refund = entry(&found, "refund-not-received");
    let change = &refund["against"];
    assert!(
        change["gained"].as_u64() > Some(0) && change["lost"] == 0,
        "{change}"
    );
    let kept_and_gained = change["kept"].as_u64().unwrap() + change["gained"].as_u64().unwrap();
    assert_eq!(refund["hits"], kept_and_gained);
    assert_eq!(entry(&found, "recall")["against"]["stands_in"], "new");
    let old = entry(&found, "recall-old");
    assert_eq!(
        (&old["hits"], &old["against"]["stands_in"]),
        (&Value::from(0), &Value::from("removed"))
    );
    assert_eq!(
        old["against"]["lost"],
        entry(&found, "recall")["against"]["gained"]
    );
    // Against itself nothing changes.
    let found = lines(&done(
        place.path(),
        &[
            "backtest",
            "watch.toml",
            sample,
            "--against",
            "watch.toml",
            "--json",
        ],
    ));
    for line in &found[1..] {
        assert_eq!(
            (&line["against"]["gained"], &line["against"]["lost"]),
            (&Value::from(0), &Value::from(0)),
            "{line}"
        );
    }
}

#[test]
fn the_report_marks_what_was_found() {
    let place = place();
    let report = done(
        place.path(),
        &[
            "backtest",
            "watch.toml",
            "posts.jsonl",
            "--against",
            "before.toml",
            "-q",
        ],
    );
    for says in [
        "4 posts from 2026-03-02 to 2026-03-02 (UTC), 2 undated; 4 with a hit, 100.0 %",
        "1 lines were rejected",
        "refund-not-received: A refund was promised and did not come",
        "2026-03-02  2  of 2  ■■",
        "1  2026-03-02 01:30  My «refund» «never» came",
        "2  2026-03-02 10:00  «退款»«还没»到",
        "posts.jsonl:3  undated  the washing machine «caught fire»",
        "nothing gained or lost against before.toml",
        "removed",
    ] {
        assert!(report.contains(says), "{says}\n{report}");
    }
    let without = done(
        place.path(),
        &[
            "backtest",
            "watch.toml",
            "posts.jsonl",
            "--sample",
            "0",
            "-q",
        ],
    );
    assert!(
        without.contains("sample: 2") && !without.contains('«'),
        "{without}"
    );
}

#[test]
fn threads_and_order_of_blocks_change_nothing() {
    let place = place();
    let posts = fs::read_to_string(sample()).unwrap();
    fs::write(place.path().join("many.jsonl"), posts.repeat(6)).unwrap();
    let run = |threads: &str| {
        let arguments = [
            "backtest",
            "watch.toml",
            "many.jsonl",
            "--against",
            "before.toml",
            "--json",
            "--threads",
            threads,
        ];
        done(place.path(), &arguments)
    };
    let one = run("1");
    assert_eq!(one, run("3"));
    // Of different texts only: six times the same dump shows the same texts.
    let once = lines(&done(
        place.path(),
        &["backtest", "watch.toml", &sample(), "--json"],
    ));
    let texts = |found: &[Value]| -> Vec<String> {
        let sample = entry(found, "press-threat")["sample"]
            .as_array()
            .unwrap()
            .clone();
        sample
            .iter()
            .map(|shown| shown["text"].to_string())
            .collect()
    };
    assert_eq!(texts(&once), texts(&lines(&one)));
}

#[test]
fn rejects_are_kept_and_strictness_is_an_exit_code() {
    let place = place();
    let arguments = [
        "backtest",
        "watch.toml",
        "posts.jsonl",
        "--rejects",
        "rejects.jsonl",
        "--strict",
        "-o",
        "report.txt",
    ];
    let output = hearken(place.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let rejects = lines(&fs::read_to_string(place.path().join("rejects.jsonl")).unwrap());
    assert_eq!(
        (&rejects[0]["line"], &rejects[0]["text"]),
        (&Value::from(4), &Value::from("no post"))
    );
    assert!(
        fs::read_to_string(place.path().join("report.txt"))
            .unwrap()
            .contains("4 posts")
    );
}

#[test]
fn what_is_wrong_is_one_sentence() {
    let place = place();
    fs::write(
        place.path().join("bad.toml"),
        "[[rule]]\nid = \"a\"\nall = [\"x\"]\nnear = { terms = [\"y\"], within = 2 }\n",
    )
    .unwrap();
    fs::write(place.path().join("lost.toml"), "lists = [\"lost.tsv\"]\n").unwrap();
    fs::write(place.path().join("bad.tsv"), "fire\trecall\t9\n").unwrap();
    for (arguments, says) in [
        (
            &["backtest", "bad.toml", "posts.jsonl"][..],
            "bad.toml: rules line 2, rule \"a\", near: the rule has no `any`",
        ),
        (
            &["backtest", "none.toml", "posts.jsonl"],
            "none.toml: can't be read",
        ),
        (
            &["backtest", "lost.toml", "posts.jsonl"],
            "lost.toml: rules line 1, lists: \"lost.tsv\" can't be read",
        ),
        (
            &["triage", "--terms", "bad.tsv", "posts.jsonl"],
            "bad.tsv line 1: the severity \"9\" is invalid",
        ),
        (
            &["triage", "--terms", "none.tsv", "posts.jsonl"],
            "the terms none.tsv can't be read",
        ),
        (
            &[
                "triage",
                "--rules",
                "watch.toml",
                "--rules",
                "watch.toml",
                "posts.jsonl",
            ],
            "two files have a rule \"recall\"",
        ),
        (
            &["triage", "--role", "boss", "posts.jsonl"],
            "invalid --role `boss`: expected customer or agent",
        ),
        (
            &[
                "backtest",
                "watch.toml",
                "posts.jsonl",
                "--rejects",
                "x",
                "-o",
                "x",
            ],
            "are the same file",
        ),
    ] {
        let message = refused(place.path(), arguments);
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn triage_reports_terms_and_rules() {
    let place = place();
    let answers = lines(&done(
        place.path(),
        &["triage", "-q", "--rules", "watch.toml", "posts.jsonl"],
    ));
    assert_eq!(answers[0]["rules"][0]["rule"], "refund-not-received");
    assert_eq!(answers[0]["rules"][0]["severity"], 2);
    assert_eq!(
        answers[0]["rules"][0]["parts"],
        serde_json::json!([{"term": "refund*", "start": 3, "end": 9}, {"term": "never", "start": 10, "end": 15}])
    );
    let recall = serde_json::json!({"list": "recall", "term": "caught fire", "start": 20, "end": 31, "severity": 3});
    assert!(
        answers[2]["terms"].as_array().unwrap().contains(&recall),
        "{}",
        answers[2]
    );
    // Without rules the bytes are those of before.
    let plain = done(place.path(), &["triage", "-q", "posts.jsonl"]);
    assert!(!plain.contains("\"rules\"") && !plain.contains("\"severity\""));
    let terms = done(
        place.path(),
        &["triage", "-q", "--terms", "watch.tsv", "posts.jsonl"],
    );
    assert!(!terms.contains("\"rules\"") && terms.contains("\"severity\":3"));
    fs::write(
        place.path().join("empty.toml"),
        "[[rule]]\nid = \"none\"\nany = [\"qqqqq\"]\n",
    )
    .unwrap();
    assert_eq!(
        done(
            place.path(),
            &["triage", "-q", "--rules", "empty.toml", "posts.jsonl"]
        ),
        plain
    );
}

#[test]
fn agents_are_held_to_the_bundled_rules() {
    let place = place();
    let replies = "{\"text\":\"We guarantee it arrives tomorrow.\"}\n{\"text\":\"Uklidněte se, prosím.\",\"role\":\"agent\"}\n\
                   {\"text\":\"We can't guarantee that.\"}\n";
    fs::write(place.path().join("replies.jsonl"), replies).unwrap();
    let rules = |arguments: &[&str]| -> Vec<String> {
        let found = lines(&done(place.path(), arguments));
        found
            .iter()
            .map(|answer| {
                answer["rules"][0]["rule"]
                    .as_str()
                    .unwrap_or("-")
                    .to_owned()
            })
            .collect()
    };
    let all = rules(&[
        "triage",
        "-q",
        "--role",
        "agent",
        "--rules",
        "agent",
        "replies.jsonl",
    ]);
    assert_eq!(all, ["forbidden-promise", "rudeness", "-"]);
    assert_eq!(
        rules(&["triage", "-q", "--rules", "agent", "replies.jsonl"]),
        ["-", "rudeness", "-"]
    );
    let report = done(
        place.path(),
        &[
            "backtest",
            "agent",
            "--role",
            "agent",
            "replies.jsonl",
            "-q",
        ],
    );
    assert!(report.contains("«We guarantee» it arrives"), "{report}");
}
