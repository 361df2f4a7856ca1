//! `hearken trends`, end to end.

mod support;

use std::fs;

use hearken::snapshot::Bundle;
use serde_json::Value;
use support::{done, hearken, hearken_on, lines, moment, sample};
use tempfile::TempDir;

/// Two days of thirty posts an hour about parcels, and an hour in which everybody's
/// internet is gone.
fn posts() -> String {
    let mut text = String::new();
    let mut put = |id: usize, minute: usize, what: &str| {
        let (day, hour, minute) = (1 + minute / 1440, minute / 60 % 24, minute % 60);
        text.push_str(&format!(
            "{{\"id\":\"{id}\",\"text\":\"{what}\",\"created_at\":\"2026-03-{day:02}T{hour:02}:{minute:02}:00Z\",\"author\":{{\"id\":\"u{id}\"}}}}\n"
        ));
    };
    for minute in (0..2 * 1440).step_by(2) {
        put(
            minute,
            minute,
            if minute % 4 == 0 {
                "Where is my parcel?"
            } else {
                "Good morning, what a nice shop"
            },
        );
        if (2000..2060).contains(&minute) {
            put(
                10_000 + minute,
                minute,
                "The internet in Brodovice is down again, no signal",
            );
            put(20_000 + minute, minute, "No internet in Brodovice");
        }
    }
    text
}

#[test]
fn alerts_of_the_sample_are_the_same_with_any_number_of_threads() {
    let place = TempDir::new().unwrap();
    let sample = sample();
    let one = done(
        place.path(),
        &format!("trends {sample} --json -q --threads 1"),
    );
    assert_eq!(
        one,
        done(
            place.path(),
            &format!("trends {sample} --json -q --threads 3")
        )
    );
    let alerts = lines(&one);
    for alert in &alerts {
        assert!(
            alert["id"].as_str().unwrap().starts_with("a-")
                && !alert["sentence"].as_str().unwrap().is_empty()
        );
        assert!((1..=10).contains(&alert["severity"].as_u64().unwrap()));
    }
    assert!(
        alerts
            .iter()
            .any(|alert| alert["state"] == "opened" && alert["key"] == "complaint:delivery"),
        "{one}"
    );
    let text = done(place.path(), &format!("trends {sample} -q --language cs"));
    assert!(
        text.contains("opened") && text.contains("čekalo se") && text.contains("čeká na odpověď"),
        "{text}"
    );
    // An alert is a line; what shows it comes where it is asked for.
    assert_eq!(text.lines().count(), alerts.len());
    let verbose = done(
        place.path(),
        &format!("trends {sample} -q --language cs --verbose"),
    );
    assert!(
        verbose.contains("  complaint:delivery, after ") && verbose.contains(" p0"),
        "{verbose}"
    );
    let headlines: Vec<&str> = verbose
        .lines()
        .filter(|line| !line.starts_with("  "))
        .collect();
    assert_eq!(headlines, text.lines().collect::<Vec<_>>());
}

#[test]
fn windows_hold_what_was_in_them() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("posts.jsonl"), posts()).unwrap();
    let rows = lines(&done(
        place.path(),
        "trends posts.jsonl --window 1h --keys all --json -q",
    ));
    assert_eq!(rows.len(), 48);
    let counts: Vec<u64> = rows
        .iter()
        .map(|row| row["authors"].as_u64().unwrap())
        .collect();
    assert_eq!(
        (counts[0], counts[33], counts[34]),
        (30, 30 + 2 * 20, 30 + 2 * 10)
    );
    assert_eq!(
        rows.iter()
            .map(|row| row["posts"].as_u64().unwrap())
            .sum::<u64>(),
        1440 + 60
    );
    let sliding = lines(&done(
        place.path(),
        "trends posts.jsonl --window 1h --slide 30m --keys all --json -q",
    ));
    assert_eq!(sliding.len(), 95);
    assert_eq!(sliding[0], rows[0]);
    assert_eq!(sliding[2], rows[1]);
    let table = done(place.path(), "trends posts.jsonl --window 1d -q");
    assert!(
        table.contains("2026-03-01 00:00 UTC to 2026-03-02 00:00 UTC")
            && table.contains("complaints"),
        "{table}"
    );
}

#[test]
fn the_last_windows_of_a_finished_file_are_given_and_a_partial_one_says_so() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("posts.jsonl"), posts()).unwrap();
    // Two days end on the edge of a window; each post is in exactly one tumbling window.
    for (window, partial) in [("1d", 0), ("36h", 1), ("7h", 1), ("4d", 1), ("1h", 0)] {
        let command = format!("trends posts.jsonl --window {window} --keys all --json -q");
        let rows = lines(&done(place.path(), &command));
        let sum: u64 = rows.iter().map(|row| row["posts"].as_u64().unwrap()).sum();
        assert_eq!(sum, 1440 + 60, "{window}");
        let marked = rows.iter().filter(|row| row["partial"] == true).count();
        assert_eq!(marked, partial, "{window}");
        let last = rows.last().unwrap();
        assert_eq!(last["partial"] == true, partial == 1, "{window}");
        assert!(moment(&last["ends"]) > moment(&last["begins"]));
    }
    // Sliding windows: the last is given only for what the complete ones have not.
    let command = "trends posts.jsonl --window 5h --slide 2h --keys all --json -q";
    let rows = lines(&done(place.path(), command));
    assert_eq!(rows.iter().filter(|row| row["partial"] == true).count(), 1);
    let text = done(place.path(), "trends posts.jsonl --window 36h -q");
    assert_eq!(text.matches(", partial\n").count(), 1, "{text}");
}

#[test]
fn one_post_is_a_window_and_state_keeps_it_open() {
    let place = TempDir::new().unwrap();
    let post = r#"{"id":"1","text":"快递在哪里？","created_at":"2026-03-01T08:15:00+08:00","author":{"id":"u"}}"#;
    fs::write(place.path().join("one.jsonl"), format!("{post}\n")).unwrap();
    fs::write(place.path().join("key"), "sixteen bytes and more").unwrap();
    let command = "trends one.jsonl --window 1d --keys all --json -q";
    let rows = lines(&done(place.path(), command));
    assert_eq!((rows.len(), &rows[0]["posts"]), (1, &1.into()));
    assert_eq!(rows[0]["partial"], true);
    let kept = done(place.path(), &format!("{command} --key key --state state"));
    assert_eq!(kept, "");
}

#[test]
fn what_comes_in_is_told_while_it_comes() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("posts.jsonl"), posts()).unwrap();
    let whole = lines(&done(place.path(), "trends posts.jsonl --json -q"));
    let late = r#"{"id":"late","text":"Where is my parcel?","created_at":"2026-03-02T23:10:00Z","author":{"id":"x"}}"#;
    let too_late = r#"{"id":"old","text":"Where is my parcel?","created_at":"2026-03-01T00:10:00Z","author":{"id":"x"}}"#;
    let input = format!("{}{late}\n{too_late}\nno post\n", posts());
    let follow = "trends --follow --json --late 0s";
    let output = hearken_on(place.path(), follow, input.as_bytes());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let (alerts, revisions): (Vec<Value>, Vec<Value>) =
        lines(&String::from_utf8(output.stdout).unwrap())
            .into_iter()
            .partition(|line| line.get("pane_revision").is_none());
    let told = |alerts: &[Value]| -> Vec<(String, String)> {
        let pair = |alert: &Value| {
            (
                alert["id"].as_str().unwrap().to_owned(),
                alert["state"].as_str().unwrap().to_owned(),
            )
        };
        alerts.iter().map(pair).collect()
    };
    assert_eq!(told(&alerts), told(&whole));
    assert!(
        whole
            .iter()
            .any(|alert| alert["sentence"].as_str().unwrap().contains("brodovice")),
        "{whole:?}"
    );
    let all = revisions
        .iter()
        .find(|line| line["pane_revision"]["key"] == "all")
        .unwrap();
    assert_eq!(
        (&all["pane_revision"]["old"], &all["pane_revision"]["new"]),
        (&3.into(), &4.into())
    );
    for expected in [
        "posts that revised a pane",
        "posts that came too late, in no pane",
        "rejects",
    ] {
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_state_that_is_kept_goes_on_where_it_was_left() {
    let place = TempDir::new().unwrap();
    let text = posts();
    let (first, second) = text.split_at(text.len() / 3 * 2);
    let (first, second) = match second.split_once('\n') {
        Some((rest, second)) => (format!("{first}{rest}\n"), second),
        None => unreachable!(),
    };
    for (name, text) in [
        ("all", &*text),
        ("first", &first),
        ("second", second),
        ("key", "sixteen bytes and more"),
    ] {
        fs::write(place.path().join(name), text).unwrap();
    }
    let whole = done(place.path(), "trends all --json -q --key key --state one");
    let parts = ["first", "second"].map(|name| {
        done(
            place.path(),
            &format!("trends {name} --json -q --key key --state two"),
        )
    });
    assert_eq!(whole, parts.concat());
    assert!(whole.contains("opened"), "{whole}");
    // What is remembered is the same whether it was left once or twice.
    let read = |state: &str| Bundle::load(&place.path().join(state)).unwrap();
    assert!(read("one").bytes("desk").is_some());
    assert_eq!(read("one").bytes("desk"), read("two").bytes("desk"));
    let other = hearken(
        place.path(),
        "trends second --key key --state two --budget 5",
    );
    let said = String::from_utf8_lossy(&other.stderr);
    assert!(
        other.status.code() == Some(2) && said.contains("other options"),
        "{said}"
    );
}

#[test]
fn people_see_times_of_their_zone_and_machines_milliseconds() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("posts.jsonl"), posts()).unwrap();
    let utc = lines(&done(place.path(), "trends posts.jsonl --json -q"));
    let prague = "trends posts.jsonl --time-zone Europe/Prague -q";
    let there = lines(&done(place.path(), &format!("{prague} --json")));
    assert!(!there.is_empty());
    for (there, utc) in there.iter().zip(&utc) {
        assert_eq!(there["at"], utc["at"]);
        let since = there["sentence"].as_str().unwrap();
        assert!(
            since.contains(" +01:00") && !since.contains("UTC"),
            "{since}"
        );
        assert!(utc["sentence"].as_str().unwrap().contains(" UTC"));
    }
    let text = done(place.path(), prague);
    assert!(
        text.starts_with("2026-03-02 ") && text.contains(" +01:00 opened"),
        "{text}"
    );
    let windows = done(place.path(), &format!("{prague} --window 1d"));
    let first = "2026-03-01 01:00 +01:00 to 2026-03-02 01:00 +01:00";
    assert!(windows.contains(first), "{windows}");
}

/// Three weeks from Monday 2 March 2026: two posts an hour on workdays, and twenty on Sundays, on
/// Saturdays and on Wednesday the 18th, which is a holiday; all by the clock of Prague.
fn weeks() -> String {
    let mut text = String::new();
    let start = 1_772_406_000; // 2026-03-01T23:00:00Z
    for hour in 0..17 * 24 {
        let busy = matches!(hour / 24 % 7, 5 | 6) || hour / 24 == 16;
        for post in 0..if busy { 20 } else { 2 } {
            let at = start + hour * 3600 + post * 170;
            text.push_str(&format!(
                "{{\"id\":\"{at}\",\"text\":\"Good morning\",\"created_at\":{at},\"author\":{{\"id\":\"u{at}\"}}}}\n"
            ));
        }
    }
    text
}

#[test]
fn a_holiday_that_is_told_is_no_rise() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("posts.jsonl"), weeks()).unwrap();
    let holidays = "# Czech\n2026-03-18  # invented\n2026-04-06\n";
    fs::write(place.path().join("holidays.txt"), holidays).unwrap();
    let opened = |more: &str| {
        let command = format!("trends posts.jsonl --time-zone Europe/Prague --json -q {more}");
        let alerts = lines(&done(place.path(), &command));
        let begins = 1_773_788_400_000; // 2026-03-17T23:00:00Z
        let of_day = |alert: &&Value| alert["state"] == "opened" && moment(&alert["at"]) >= begins;
        alerts.iter().filter(of_day).count()
    };
    assert!(opened("") > 0);
    assert_eq!(opened("--holidays holidays.txt"), 0);
    fs::write(
        place.path().join("holidays.txt"),
        "2026-03-18\n18. 3. 2026\n",
    )
    .unwrap();
    let output = hearken(place.path(), "trends posts.jsonl --holidays holidays.txt");
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = "holidays.txt: holidays line 2: \"18. 3. 2026\" is no date";
    assert!(
        output.status.code() == Some(2) && said.contains(expected),
        "{said}"
    );
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("posts.jsonl"), posts()).unwrap();
    for (arguments, expected) in [
        (
            "trends posts.jsonl --holidays no.txt",
            "the holidays no.txt can't be read",
        ),
        ("trends posts.jsonl --budget 0", "watch.budget is 0"),
        ("trends posts.jsonl --measure sums", "authors, posts or all"),
        ("trends posts.jsonl --language klingon", "zh-Hans"),
        ("trends posts.jsonl --window soon", "invalid span of time"),
        ("trends missing.jsonl", "missing.jsonl can't be read"),
    ] {
        let output = hearken(place.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(2) && said.contains(expected),
            "{arguments}: {said}"
        );
    }
}

#[test]
fn a_hashtag_is_counted_by_its_name_whatever_the_network_puts_around_it() {
    let place = TempDir::new().unwrap();
    let cases: [(&str, &[&str]); 16] = [
        ("好喝 #奶茶[话题]#", &["奶茶"]),
        ("#护肤[话题]# #测评[话题]#", &["护肤", "测评"]),
        ("#护肤[话题]##测评[话题]#", &["护肤", "测评"]),
        ("#手机测评[超话]# 又出问题了", &["手机测评"]),
        ("#手機測評[超話]#", &["手机测评"]),
        ("＃投诉[话题]＃ 没人理", &["投诉"]),
        ("#客服[地点]#", &["客服"]),
        ("#退款#", &["退款"]),
        ("#重庆[火锅]#", &["重庆[火锅]"]),
        ("#col·laboració amb vosaltres", &["col·laboració"]),
        ("#哈利·波特 好看", &["哈利·波特"]),
        ("Pozor #reklamace, ne #balík", &["reklamace", "balík"]),
        ("#refund #parcel-lost", &["refund", "parcel"]),
        ("a list: #one· #two", &["one", "two"]),
        ("#iphone17[话题]#", &["iphone17"]),
        ("no tag: a·b", &[]),
    ];
    let mut posts = String::new();
    for (hour, (text, _)) in cases.iter().enumerate() {
        for author in 0..4 {
            let text = serde_json::to_string(text).unwrap();
            posts.push_str(&format!(
                "{{\"text\":{text},\"created_at\":\"2026-03-01T{hour:02}:10:00Z\",\"author\":{{\"id\":\"{hour}-{author}\"}}}}\n"
            ));
        }
    }
    fs::write(place.path().join("posts.jsonl"), posts).unwrap();
    let command = "trends posts.jsonl --window 1h --keys all,hashtag --json -q";
    let rows = lines(&done(place.path(), command));
    let start = moment(&rows[0]["begins"]);
    for (hour, (text, tags)) in (0..).zip(cases) {
        let mut expected: Vec<String> = tags.iter().map(|tag| format!("hashtag:{tag}")).collect();
        expected.sort();
        let is_hour = |row: &&Value| moment(&row["begins"]) == start + hour * 3_600_000;
        let keys = rows
            .iter()
            .filter(is_hour)
            .map(|row| row["key"].as_str().unwrap().to_owned());
        let mut found: Vec<String> = keys.filter(|key| key != "all").collect();
        found.sort();
        assert_eq!(found, expected, "{text}");
    }
}

/// Each command says how many posts had a date that nobody else has.
#[test]
fn posts_dated_far_ahead_are_counted() {
    let place = TempDir::new().unwrap();
    let far = r#"{"id":"far","text":"Where is my parcel?","created_at":"2035-01-01T00:00:00Z","author":{"id":"far"}}"#;
    fs::write(place.path().join("far.jsonl"), posts() + far + "\n").unwrap();
    for command in ["trends", "queue", "triage --stateful"] {
        let output = hearken(place.path(), &format!("{command} far.jsonl"));
        let said = String::from_utf8(output.stderr).unwrap();
        let row = said
            .lines()
            .find(|line| line.contains("posts dated far ahead of the others"));
        let row = row.unwrap_or_else(|| panic!("{command}: {said}"));
        assert!(row.trim_end().ends_with(" 1"), "{command}: {row}");
    }
}
