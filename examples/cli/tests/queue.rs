//! `hearken queue`, end to end.

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{done, hearken, lines, moment, refused};
use tempfile::TempDir;

/// Later posts first: the command sorts them.
const POSTS: &str = r#"{"id":"3","text":"Kdy otevíráte?","created_at":"2026-03-01T11:00:00Z","channel":"mail","author":{"id":"eva"}}
{"text":"I smell gas in your shop!","created_at":"2026-03-01T10:00:00Z","channel":"twitter","author":{"id":"bob"}}
{"id":"1","text":"Where is my refund? Nobody answers.","created_at":"2026-03-01T08:00:00Z","channel":"twitter","author":{"id":"ann"}}
no post
{"id":"2","text":"Still no refund.","created_at":"2026-03-01T09:00:00Z","channel":"chat","author":{"id":"ann"}}
{"id":"4","text":"We are on it.","created_at":"2026-03-01T11:30:00Z","role":"agent","author":{"id":"jana"},"in_reply_to":"1"}
{"id":"5","text":"Thank you","created_at":"2026-03-01T12:00:00Z","channel":"chat","author":{"id":"ann"}}
"#;

/// One id is one person on all channels: then ann has one case.
const SHARED: &str = "--accounts shared";

fn place() -> TempDir {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("posts.jsonl"), POSTS).unwrap();
    place
}

/// The lines of JSON of a run that went well.
fn rows(folder: &Path, arguments: &str) -> Vec<Value> {
    lines(&done(folder, arguments))
}

fn posts(rows: &[Value]) -> Vec<Vec<&str>> {
    let ids = |row: &Value| -> Vec<Value> { row["posts"].as_array().cloned().unwrap_or_default() };
    assert!(rows.iter().all(|row| !ids(row).is_empty()), "{rows:?}");
    rows.iter()
        .map(|row| {
            row["posts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|id| id.as_str().unwrap())
                .collect()
        })
        .collect()
}

#[test]
fn what_to_answer_next_and_what_is_overdue() {
    let place = place();
    let before = rows(
        place.path(),
        &format!("queue posts.jsonl --now 2026-03-01T11:00:00Z --json -q {SHARED}"),
    );
    let mut cases = posts(&before);
    cases.sort_unstable();
    assert_eq!(cases, [vec!["1", "2"], vec!["3"], vec!["posts.jsonl:2"]]);
    assert_eq!(before[0]["rank"], 1);
    assert!(
        before[0]["reason"].as_str().unwrap().starts_with("before "),
        "{before:?}"
    );
    // The answer of the agent covers both posts of ann, and not the one after it.
    let after = rows(
        place.path(),
        &format!("queue posts.jsonl --json -q {SHARED}"),
    );
    let mut cases = posts(&after);
    cases.sort_unstable();
    assert_eq!(cases, [vec!["3"], vec!["5"], vec!["posts.jsonl:2"]]);
    let overdue = rows(
        place.path(),
        &format!("queue posts.jsonl --overdue --json -q --now 2026-03-01T12:01:30Z {SHARED}"),
    );
    assert_eq!(posts(&overdue), [vec!["posts.jsonl:2"]]);
    assert!(overdue[0]["overdue_by"].as_i64().unwrap() > 0);
    // The same with any number of threads; and for people.
    let table = |arguments: &str| hearken(place.path(), arguments).stdout;
    let shown = table("queue posts.jsonl --threads 1");
    assert_eq!(shown, table("queue posts.jsonl --threads 3"));
    let shown = String::from_utf8(shown).unwrap();
    assert!(
        shown.contains("I smell gas in your shop!") && shown.contains("before "),
        "{shown}"
    );
    let one = rows(place.path(), "queue posts.jsonl --next 1 --json -q");
    assert_eq!(one.len(), 1);
}

#[test]
fn answers_agents_levels_and_capacity_are_read() {
    let place = place();
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    write(
        "answered.jsonl",
        "{\"post\":3,\"at\":\"2026-03-01T11:10:00Z\"}\n\n{\"post\":\"5\",\"at\":1772366460000}\n",
    );
    let rest = rows(
        place.path(),
        "queue posts.jsonl --answered answered.jsonl --now 2026-03-01T12:30:00Z --json -q",
    );
    assert_eq!(posts(&rest), [vec!["posts.jsonl:2"]]);
    write(
        "agents.toml",
        "[[agent]]\nid = \"jana\"\nlanguages = [\"cs\"]\n[[agent]]\nid = \"li\"\nlanguages = \
         [\"zh\"]\n",
    );
    let given = rows(
        place.path(),
        "queue posts.jsonl --agents agents.toml --json -q",
    );
    let agent = |id: &str| &given.iter().find(|row| row["posts"][0] == id).unwrap()["assigned"];
    assert_eq!(agent("3")["agent"], "jana");
    assert_eq!(
        (
            &agent("posts.jsonl:2")["agent"],
            &agent("posts.jsonl:2")["reason"]
        ),
        (&Value::Null, &"no agent writes en".into())
    );
    let table = String::from_utf8(
        hearken(place.path(), "queue posts.jsonl --agents agents.toml -q").stdout,
    )
    .unwrap();
    assert!(table.contains("nobody: no agent writes en"), "{table}");
    write("levels.toml", "[default]\ntarget = \"30 d\"\n");
    assert!(
        rows(
            place.path(),
            "queue posts.jsonl --overdue --service-levels levels.toml --json -q"
        )
        .is_empty()
    );
    write("settings.toml", "horizon = \"1 h\"\nback_percent = 100\n");
    let lanes = rows(
        place.path(),
        "queue posts.jsonl --settings settings.toml --capacity 1 --json -q",
    );
    assert_eq!(
        lanes.iter().filter(|row| row["lane"] == "deferred").count(),
        2,
        "{lanes:?}"
    );
}

#[test]
fn one_id_on_two_channels_is_two_people_unless_it_is_said_otherwise() {
    let place = place();
    let mut cases = rows(
        place.path(),
        "queue posts.jsonl --now 2026-03-01T11:00:00Z --json -q",
    );
    cases.retain(|row| row["channel"] != "mail");
    let mut cases = posts(&cases);
    cases.sort_unstable();
    assert_eq!(cases, [vec!["1"], vec!["2"], vec!["posts.jsonl:2"]]);
}

#[test]
fn the_levels_of_importance_are_those_of_the_queue() {
    let place = place();
    let levels = |arguments: &str| -> Vec<(u64, String, String)> {
        let rows = rows(
            place.path(),
            // A team that can answer all: nothing is deferred.
            &format!("queue posts.jsonl --json -q --capacity 100 {arguments}"),
        );
        let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
        rows.iter()
            .map(|row| {
                (
                    row["score"].as_u64().unwrap(),
                    text(row, "level"),
                    text(row, "lane"),
                )
            })
            .collect()
    };
    let least = levels("").iter().map(|(score, ..)| *score).min().unwrap();
    assert!((3..50).contains(&least), "{least}");
    let importance = format!(
        "[levels]\nmedium = {}\nhigh = {least}\ncritical = 100\n",
        least - 1
    );
    fs::write(place.path().join("importance.toml"), importance).unwrap();
    for (score, level, lane) in levels("--importance importance.toml") {
        assert_eq!((level.as_str(), lane.as_str()), ("high", "fast"), "{score}");
    }
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    let place = place();
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    write(
        "agents.toml",
        "[[agent]]\nid = \"jana\"\nskills = [\"juggling\"]\n",
    );
    write("answered.jsonl", "{\"post\":\"1\"}\n");
    write("levels.toml", "[default]\ntarget = \"soon\"\n");
    write("settings.toml", "load = 0\n");
    write("undated.jsonl", "{\"text\":\"hello\"}\n");
    for (arguments, expected) in [
        ("queue posts.jsonl --now noon", "invalid --now \"noon\""),
        (
            "queue posts.jsonl --agents agents.toml",
            "unknown skill \"juggling\"",
        ),
        (
            "queue posts.jsonl --answered answered.jsonl",
            "answered.jsonl, line 1:",
        ),
        (
            "queue posts.jsonl --service-levels levels.toml",
            "levels.toml: service levels line 2: invalid time \"soon\"",
        ),
        (
            "queue posts.jsonl --settings settings.toml",
            "load: 0 is out of range",
        ),
        ("queue undated.jsonl", "no post has a time"),
        (
            "queue posts.jsonl --service-levels missing.toml",
            "the service levels missing.toml can't be read",
        ),
    ] {
        let output = hearken(place.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(2) && said.contains(expected),
            "{arguments}: {said}"
        );
        assert_eq!(said.trim().lines().count(), 1, "{said}");
    }
    let strict = hearken(
        place.path(),
        "queue posts.jsonl --strict --rejects rejects.jsonl",
    );
    let said = String::from_utf8_lossy(&strict.stderr);
    assert!(
        strict.status.code() == Some(1) && said.contains("cases that wait"),
        "{said}"
    );
    assert!(
        fs::read_to_string(place.path().join("rejects.jsonl"))
            .unwrap()
            .contains("no post")
    );
    let undated = rows(
        place.path(),
        "queue undated.jsonl --now 2026-03-01T12:00:00Z --json -q",
    );
    assert_eq!(posts(&undated), [["undated.jsonl:1"]]);
}

#[test]
fn business_hours_end_on_friday_evening_and_go_on_after_a_holiday() {
    let place = TempDir::new().unwrap();
    let folder = place.path();
    // Friday 3 April 2026, 17 h of Prague; Easter Monday is a holiday.
    let posts = r#"{"id":"1","text":"Where is my refund? Nobody answers.","created_at":"2026-04-03 17:00","channel":"mail","author":{"id":"ann"}}
{"id":"2","text":"Kdy mi to přijde? Čekám už týden.","created_at":"2026-04-03 17:00","channel":"chat","author":{"id":"eva"}}
"#;
    let levels = "hours = \"Mon-Fri 08:00-18:00\"\n[default]\ntarget = \"4 h\"\n\
        [channel.chat]\ntarget = \"4 h\"\nhours = \"always\"\n";
    fs::write(folder.join("posts.jsonl"), posts).unwrap();
    fs::write(folder.join("levels.toml"), levels).unwrap();
    fs::write(folder.join("holidays.txt"), "2026-04-06 # Easter Monday\n").unwrap();
    let command = "queue posts.jsonl --service-levels levels.toml --holidays holidays.txt \
        --time-zone Europe/Prague -q";
    let due = |rows: &[Value], post: &str| {
        let row = rows.iter().find(|row| row["post"] == post).unwrap();
        moment(&row["due_at"])
    };
    let sunday = rows(
        folder,
        &format!("{command} --json --now 2026-04-05T12:00:00Z"),
    );
    assert_eq!(due(&sunday, "1"), 1_775_552_400_000); // Tuesday 11 h there
    assert_eq!(due(&sunday, "2"), 1_775_242_800_000); // Friday 21 h
    let overdue = |now: &str| {
        let rows = rows(folder, &format!("{command} --json --overdue --now {now}"));
        posts_of(&rows)
    };
    assert_eq!(overdue("2026-04-07T08:59:00Z"), ["2"]);
    let mut late = overdue("2026-04-07T09:01:00Z");
    late.sort_unstable();
    assert_eq!(late, ["1", "2"]);
    let text = done(folder, &format!("{command} --now 2026-04-05T12:00:00Z"));
    assert!(
        text.contains("1 hour of its 4 hours of business time over"),
        "{text}"
    );
    // Without the holiday it is due a day earlier.
    let unaware = command.replace("--holidays holidays.txt", "");
    let unaware = rows(
        folder,
        &format!("{unaware} --json --now 2026-04-05T12:00:00Z"),
    );
    assert_eq!(due(&unaware, "1"), 1_775_466_000_000);

    let wrong = levels.replace("08:00-18:00", "8-18");
    fs::write(folder.join("levels.toml"), wrong).unwrap();
    let output = hearken(folder, command);
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = "levels.toml: service levels line 1: invalid business hours \"Mon-Fri 8-18\"";
    assert!(
        output.status.code() == Some(2) && said.contains(expected),
        "{said}"
    );
}

/// The post to open of each row.
fn posts_of(rows: &[Value]) -> Vec<String> {
    let post = |row: &Value| row["post"].as_str().unwrap().to_owned();
    rows.iter().map(post).collect()
}

#[test]
fn a_table_has_a_row_a_case_and_the_text_beside_it() {
    let place = place();
    let command = "queue posts.jsonl -q --now 2026-03-01T12:00:00Z";
    let table = done(
        place.path(),
        &format!("{command} --output-format csv --with text"),
    );
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|known| known == name).unwrap();
    let found: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cases = rows(
        place.path(),
        &format!("{command} --output-format jsonl --with text"),
    );
    assert!(found.len() == cases.len() && !found.is_empty());
    for (row, case) in found.iter().zip(&cases) {
        for name in ["post", "since", "reason", "text"] {
            assert_eq!(&row[column(name)], case[name].as_str().unwrap(), "{name}");
        }
        assert_eq!(row[column("importance")], case["score"].to_string());
        moment(&case["since"]);
    }
    assert!(
        found
            .iter()
            .any(|row| row[column("text")] == *"I smell gas in your shop!")
    );
}

#[test]
fn what_the_post_says_stands_beside_its_case() {
    let place = place();
    let with = "--with text,created_at,author";
    let cases = rows(place.path(), &format!("queue posts.jsonl --json -q {with}"));
    let of = |post: &str| cases.iter().find(|case| case["post"] == post).unwrap();
    assert_eq!(
        (&of("3")["text"], &of("3")["created_at"], &of("3")["author"]),
        (
            &"Kdy otevíráte?".into(),
            &"2026-03-01T11:00:00Z".into(),
            &"eva".into()
        )
    );
    let table = done(
        place.path(),
        &format!("queue posts.jsonl --output-format csv -q {with}"),
    );
    assert!(
        table
            .lines()
            .next()
            .unwrap()
            .ends_with(",text,created_at,author")
    );
    assert!(
        table.contains(",Kdy otevíráte?,2026-03-01T11:00:00Z,eva\n"),
        "{table}"
    );
    // A state keeps the text and the time, and nobody's name.
    let kept = "queue posts.jsonl --state s --json -q --with text,created_at";
    let cases = rows(place.path(), kept);
    fs::write(place.path().join("none"), "").unwrap();
    let later = rows(place.path(), &kept.replace("posts.jsonl", "none --next 9"));
    for (case, again) in cases.iter().zip(&later) {
        for name in ["post", "text", "created_at"] {
            assert_eq!(case[name], again[name], "{name}");
        }
    }
    assert_eq!(cases.len(), later.len());
    for (arguments, part) in [
        ("--state s --with author", "leave --state out"),
        ("--with channel", "leave channel out"),
    ] {
        let said = refused(place.path(), &format!("queue posts.jsonl {arguments}"));
        assert!(said.contains(part), "{said}");
    }
}
