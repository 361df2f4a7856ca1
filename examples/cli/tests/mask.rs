//! Personal data in no file of state, and with `--mask` in nothing that any command writes or says.

mod support;

use std::fs;

use hearken::internals::Random;
use serde_json::{Value, json};
use support::{Place, done, hearken, hearken_on, lines, project, refused};

#[path = "../../../tests/support/personal.rs"]
mod personal;

use personal::{SPELLINGS, planted};

/// A place with planted posts, and what must not be found: the value, the text.
fn place() -> (Place, Vec<(String, String)>) {
    let place = Place::new();
    let mut random = Random::new(77);
    let mut needles = Vec::new();
    let (mut posts, mut labelled, mut broken) = (String::new(), String::new(), String::new());
    let mut accepted = String::new();
    let cases = fs::read_to_string(project("tests/cases/mask.tsv")).expect("the cases");
    let mut minute = 0;
    for line in cases.lines().filter(|line| !line.starts_with(['#', 'k'])) {
        let fields: Vec<&str> = line.splitn(4, '\t').collect();
        let [_, script, kind, carrier] = fields[..] else {
            panic!("four fields: {line}")
        };
        let spelling = SPELLINGS[random.below(SPELLINGS.len())];
        let (value, author) = planted(&mut random, kind, script, carrier, spelling);
        let text = carrier.replace("{}", &value);
        // What four people write rises.
        for person in 0..4 {
            minute += 1;
            let name = author.as_deref().unwrap_or("x9");
            posts += &json!({
                "id": format!("p{minute}"), "text": text, "author": {"id": format!("a{person}"), "name": name},
                "created_at": format!("2026-03-02T{:02}:{:02}:00Z", minute / 60, minute % 60),
            })
            .to_string();
            posts.push('\n');
        }
        if kind != "name" {
            let label = ["ham", "spam"][labelled.lines().count() % 2];
            labelled += &(json!({"text": text, "label": label}).to_string() + "\n");
            broken += &(json!({"words": text, "created_at": 7}).to_string() + "\n");
            // Written without --mask: what --check says of its texts is masked all the same.
            let entry = ["send-back", "forgotten-password", "tuihuo"][labelled.lines().count() % 3];
            accepted += &(json!({"post": minute.to_string(), "task": "suggest", "text": text,
                "label": entry, "by": "eva", "at": "2026-03-01T08:15:00Z"})
            .to_string()
                + "\n");
        }
        needles.extend(
            needles_of(&value)
                .into_iter()
                .map(|needle| (needle, text.clone())),
        );
    }
    place.write("posts.jsonl", posts);
    place.write("labelled.jsonl", labelled);
    place.write("broken.jsonl", broken);
    place.write("accepted.jsonl", accepted);
    place.write("key", "sixteen bytes and more");
    (place, needles)
}

/// Pieces of a value that stand nowhere by chance, as in the digits of a probability: itself,
/// and any ten digits in a row, or all if they are fewer.
fn needles_of(value: &str) -> Vec<String> {
    let mut needles = vec![value.to_owned(), value.to_lowercase()];
    let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= 8 {
        needles.extend(
            digits
                .windows(digits.len().min(10))
                .map(|window| window.iter().collect()),
        );
    }
    needles
}

fn assert_clean(place: &str, bytes: &[u8], needles: &[(String, String)]) {
    for (needle, text) in needles {
        let found = bytes
            .windows(needle.len())
            .any(|window| window == needle.as_bytes());
        assert!(!found, "{needle} of {text:?} is in {place}");
    }
}

#[test]
fn no_file_of_state_has_a_personal_value() {
    let (place, needles) = place();
    for (command, state) in [
        ("trends posts.jsonl --json", "trends"),
        ("trends posts.jsonl --json --lateness 2h", "late"),
        ("queue posts.jsonl", "queue"),
        ("triage posts.jsonl --stateful --lateness 3h", "held"),
    ] {
        let arguments = format!("{command} -q --key key --state {state}");
        let output = hearken(place.folder(), &arguments);
        assert!(
            output.status.success(),
            "{arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let bytes = fs::read(place.path(state)).expect("a state");
        assert!(bytes.len() > 100);
        assert_clean(state, &bytes, &needles);
    }
}

#[test]
fn no_command_writes_or_says_a_personal_value() {
    let (place, needles) = place();
    let backtest = project("examples/cli/tests/backtest/watch.toml");
    let backtest = backtest.display();
    let faq = project("data/suggest/faq.toml");
    let faq = faq.display();
    let commands = [
        "triage posts.jsonl --explain".to_owned(),
        "triage posts.jsonl --stateful --explain --lateness 1h --state s1 --key key".to_owned(),
        "triage broken.jsonl".to_owned(),
        "triage broken.jsonl posts.jsonl --rejects rejects".to_owned(),
        "trends posts.jsonl --state s2 --key key".to_owned(),
        "trends posts.jsonl --json".to_owned(),
        "queue posts.jsonl --state s3 --key key".to_owned(),
        "queue posts.jsonl --json".to_owned(),
        "coverage posts.jsonl --fewest 2".to_owned(),
        "coverage posts.jsonl --fewest 2 --json".to_owned(),
        format!("backtest {backtest} posts.jsonl"),
        "evaluate --bundled spam labelled.jsonl".to_owned(),
        "train --task number labelled.jsonl -o number.model".to_owned(),
        "evaluate --model number.model labelled.jsonl --json".to_owned(),
        "judge --task number --running number.model --candidate number.model labelled.jsonl"
            .to_owned(),
        "series broken.jsonl".to_owned(),
        "mask posts.jsonl".to_owned(),
        "mask broken.jsonl".to_owned(),
        format!("suggest --faq {faq} --threshold 0 --answers posts.jsonl"),
        format!("suggest --faq {faq} --corrections accepted.jsonl --check"),
        format!("suggest --faq {faq} --corrections accepted.jsonl --check --json"),
        format!("accept log posts.jsonl --post p1 --entry tuihuo --by eva --faq {faq}"),
    ];
    for command in commands {
        let before = place.names();
        let output = hearken(place.folder(), &format!("{command} --mask"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // A series has numbers, so this input is refused; the others do their work.
        let refuses = command.starts_with("series");
        assert_eq!(
            output.status.code() == Some(2),
            refuses,
            "{command}: {said}"
        );
        assert_clean(
            &format!("{command}, standard output"),
            &output.stdout,
            &needles,
        );
        assert_clean(
            &format!("{command}, standard error: {said}"),
            &output.stderr,
            &needles,
        );
        for name in place.names().iter().filter(|name| !before.contains(name)) {
            let bytes = fs::read(place.path(name)).expect("a file");
            assert_clean(&format!("{command}, file {name}"), &bytes, &needles);
        }
    }
    assert!(place.names().contains(&"rejects".to_owned()));
    for line in (1..=352).step_by(50) {
        for form in ["--all", "--json"] {
            let command = format!("explain posts.jsonl --line {line} {form} --mask");
            let output = hearken(place.folder(), &command);
            assert!(output.status.success());
            assert_clean(&command, &output.stdout, &needles);
        }
    }
    let text = "Call me at +420 777 123 456 please";
    let output = done(
        place.folder(),
        &["explain", "--text", text, "--all", "--mask"],
    );
    assert!(!output.contains("777"), "{output}");
}

#[test]
fn rejected_lines_stay_raw_unless_masked() {
    let place = Place::new();
    place.write(
        "bad.jsonl",
        "{\"words\":\"call\\n+420 777 123 456\"}\n{\"text\":\"x\"}\n",
    );
    done(place.folder(), "triage bad.jsonl -q --rejects raw");
    assert!(place.read("raw").contains("777 123 456"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = fs::metadata(place.path("raw"))
            .expect("a file")
            .permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
    }
    done(
        place.folder(),
        "triage bad.jsonl -q --rejects masked --mask",
    );
    let masked = place.read("masked");
    assert!(
        masked.contains("[phone]") && !masked.contains("777"),
        "{masked}"
    );
}

#[test]
fn lines_are_masked_and_the_rest_of_them_stays() {
    let place = Place::new();
    let post = json!({
        "id": "13800138000", "text": "我是小岚，电话13800138000", "label": 3,
        "author": {"id": "u1", "name": "小岚"}, "thread": "t",
    });
    place.write(
        "posts.jsonl",
        format!(
            "{post}\n{}\n",
            json!({"text": "13800138000 and 13800138001", "thread": "t"})
        ),
    );
    let masked = lines(&done(
        place.folder(),
        "mask posts.jsonl -q --mode numbered --spans",
    ));
    assert_eq!(masked[0]["text"], "我是[name 1]，电话[phone 1]");
    assert_eq!(masked[0]["author"], json!({"id": "u1", "name": "[name 1]"}));
    assert_eq!(
        (&masked[0]["id"], &masked[0]["label"]),
        (&Value::from("13800138000"), &Value::from(3))
    );
    assert_eq!(masked[1]["text"], "[phone 1] and [phone 2]");
    let span = &masked[1]["masked"][0];
    assert_eq!(
        (&span["kind"], &span["start"], &span["end"]),
        (&json!("phone"), &json!(0), &json!(11))
    );
    let plain = hearken_on(
        place.folder(),
        "mask --plain -q --mode last-four",
        b"card 4111 1111 1111 1111\n",
    );
    assert_eq!(
        String::from_utf8_lossy(&plain.stdout),
        "card [card *1111]\n"
    );
    place.write("key", "sixteen bytes and more");
    let keyed = done(
        place.folder(),
        "mask posts.jsonl -q --mode keyed --key key --pattern label=and",
    );
    assert!(
        keyed.contains("[phone:") && keyed.contains("[label:"),
        "{keyed}"
    );
    for (arguments, part) in [
        ("mask posts.jsonl --mode keyed", "--key"),
        ("mask posts.jsonl --pattern label", "NAME=REGEX"),
        ("mask posts.jsonl --pattern phone=x", "taken"),
        ("mask posts.jsonl --pattern x=(", "pattern"),
    ] {
        assert!(
            refused(place.folder(), arguments).contains(part),
            "{arguments}"
        );
    }
}
