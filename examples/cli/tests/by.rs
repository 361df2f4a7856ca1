//! `--by FIELD` of trends, share, queue and coverage, end to end.

mod support;

use serde_json::Value;
use support::{Place, lines, out, refused};

const LATE: &str = "My parcel has not arrived, terrible delivery, I am furious";

/// Two days of posts of two brands in two countries, and an hour in which parcels of Acme are late.
fn posts() -> String {
    let mut text = String::new();
    let mut put = |id: usize, minute: usize, what: &str, brand: &str| {
        let (day, hour, minute) = (1 + minute / 1440, minute / 60 % 24, minute % 60);
        let country = ["cz", "tw"][id % 2];
        text.push_str(&format!(
            "{{\"id\":\"{id}\",\"text\":\"{what}\",\"created_at\":\"2026-03-{day:02}T{hour:02}:{minute:02}:00Z\",\"author\":{{\"id\":\"u{id}\"}},\"brand\":\"{brand}\",\"meta\":{{\"country\":\"{country}\"}}}}\n"
        ));
    };
    for minute in (0..2 * 1440).step_by(4) {
        let text = if minute % 20 == 0 {
            LATE
        } else {
            "The choir sang in the old church"
        };
        put(minute, minute, text, "Acme");
        put(minute + 1, minute, text, "Beta: @ = \\\"Co\\\" 😡");
        if (2000..2060).contains(&minute) {
            put(10_000 + minute, minute, LATE, "Acme");
            put(10_003 + minute, minute + 1, LATE, "Acme");
        }
    }
    text
}

const BETA: &str = "Beta: @ = \"Co\" 😡";

fn place() -> Place {
    let place = Place::new();
    place.write("posts.jsonl", posts());
    place
}

fn rows(place: &Place, arguments: &str) -> Vec<Value> {
    lines(&out(&place.run(arguments).success()))
}

#[test]
fn an_alert_of_one_brand_names_it() {
    let place = place();
    let asked = "trends posts.jsonl --by brand,country=meta.country --json -q";
    let alerts = rows(&place, asked);
    let keys: Vec<&str> = alerts
        .iter()
        .filter_map(|alert| alert["key"].as_str())
        .collect();
    assert!(!keys.is_empty());
    assert!(
        keys.iter()
            .all(|key| *key == "complaint:delivery @ brand=Acme"),
        "{keys:?}"
    );
    let sentence = alerts[0]["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("Delivery (complaints), brand Acme: "),
        "{sentence}"
    );
    // Without it nothing is of a brand, and a run from a snapshot is as one in whole.
    let whole = rows(&place, "trends posts.jsonl --json -q");
    assert!(!out(&place.run("trends posts.jsonl --json -q").success()).contains("brand="));
    assert!(
        whole
            .iter()
            .any(|alert| alert["key"] == "complaint:delivery")
    );
    assert_eq!(
        asked_in_threads(&place, asked, 1),
        asked_in_threads(&place, asked, 3)
    );
}

fn asked_in_threads(place: &Place, asked: &str, threads: u8) -> String {
    out(&place.run(&format!("{asked} --threads {threads}")).success())
}

#[test]
fn windows_have_the_keys_of_each_value() {
    let place = place();
    let count = |arguments: &str, key: &str| -> u64 {
        let rows = rows(
            &place,
            &format!("trends posts.jsonl --window 1d --json -q {arguments}"),
        );
        let found = rows.iter().filter(|row| row["key"] == key);
        found.map(|row| row["posts"].as_u64().unwrap()).sum()
    };
    assert_eq!(count("--by brand", "all"), 2 * 720 + 30);
    assert_eq!(count("--by brand", "all @ brand=Acme"), 720 + 30);
    assert_eq!(count("--by brand", &format!("all @ brand={BETA}")), 720);
    let delivery = "complaint:delivery @ brand=Acme";
    assert_eq!(
        count("--by brand --keys complaint@brand", delivery),
        144 + 30
    );
    for (arguments, key) in [
        ("--by brand --keys complaint@brand", "complaint:delivery"),
        ("--by brand --keys complaint@country", delivery),
        ("", delivery),
    ] {
        assert_eq!(count(arguments, key), 0, "{arguments}: {key}");
    }
}

#[test]
fn a_table_and_a_preset_are_read_alike() {
    let place = place();
    let mut table = String::from("text;created_at;brand;Shop, full\n");
    for row in 0..6 {
        let brand = ["Acme", "Beta", "", "Acme", " Acme ", "N/A"][row];
        table += &format!("where is my parcel?;2026-03-01T0{row}:00:00Z;{brand};s{row}\n");
    }
    place.write("posts.csv", table);
    let covered = |arguments: &str| -> Value {
        let command = ["coverage", "posts.csv", "--json", "-q", "--by", arguments];
        lines(&out(&place.run(&command).success()))[0]["by"].clone()
    };
    let counts = |by: &Value| -> Vec<(Value, u64)> {
        let rows = by.as_array().unwrap().iter();
        rows.map(|row| (row["value"].clone(), row["posts"].as_u64().unwrap()))
            .collect()
    };
    assert_eq!(
        counts(&covered("brand")),
        [("Acme".into(), 3), ("Beta".into(), 1), (Value::Null, 2)]
    );
    let both = covered("brand=\"Shop, full\",constant='x'");
    assert_eq!(
        (both[0]["value"].as_str(), both[6]["value"].as_str()),
        (Some("s0"), Some("x"))
    );

    place.write(
        "tweets.jsonl",
        r#"{"id":1,"full_text":"where is my parcel?","created_at":"Sun Mar 01 08:15:00 +0000 2026","user":{"id":5,"location":"Brno"}}"#,
    );
    let line = &rows(
        &place,
        "coverage tweets.jsonl --preset twitter-v1 --by user.location,channel --json -q",
    )[0];
    assert_eq!(
        (&line["by"][0]["value"], &line["by"][1]["value"]),
        (&"Brno".into(), &"twitter".into())
    );
}

#[test]
fn coverage_is_given_for_each_value_and_rare_ones_are_summed() {
    let place = place();
    let line = &rows(&place, "coverage posts.jsonl --by brand --json -q")[0];
    let by = line["by"].as_array().unwrap();
    let acme = &by[0];
    assert_eq!(
        (&acme["field"], &acme["value"]),
        (&"brand".into(), &"Acme".into())
    );
    assert_eq!(
        (&acme["posts"], &acme["covered"], &acme["uncovered"]),
        (&750.into(), &174.into(), &576.into())
    );
    for part in ["posts", "spam", "covered", "uncovered"] {
        let sum: u64 = by.iter().filter_map(|row| row[part].as_u64()).sum();
        assert_eq!(line[part], sum);
    }
    let table = place.run("coverage posts.jsonl --by brand").success();
    assert!(
        out(&table).contains(&format!("brand={BETA}")),
        "{}",
        out(&table)
    );

    let many: String = (0..50)
        .map(|number| {
            format!(
                "{{\"text\":\"where is my parcel {number}?\",\"shop\":{}}}\n",
                number.max(4)
            )
        })
        .collect();
    place.write("many.jsonl", many);
    let run = place.run("coverage many.jsonl --by shop --json").success();
    let by = lines(&out(&run))[0]["by"].clone();
    let by = by.as_array().unwrap();
    assert_eq!(
        (by.len(), &by[0]["value"], &by[0]["posts"]),
        (21, &"4".into(), &5.into())
    );
    assert_eq!(
        (&by[20]["others"], &by[20]["posts"]),
        (&26.into(), &26.into())
    );
    assert!(by[20].get("value").is_none());
    let said = support::error(&run);
    assert!(
        said.contains("values of `shop` that are summed as others: 26"),
        "{said}"
    );
}

#[test]
fn the_queue_says_how_each_value_stands() {
    let place = place();
    let run =
        place.run("queue posts.jsonl --by brand,country=meta.country --json --next 5 --capacity 2");
    let run = run.success();
    let rows = lines(&out(&run));
    assert_eq!(rows.len(), 5);
    for row in &rows {
        assert!(
            ["Acme", BETA].contains(&row["segments"]["brand"].as_str().unwrap()),
            "{row}"
        );
        assert!(
            ["cz", "tw"].contains(&row["segments"]["country"].as_str().unwrap()),
            "{row}"
        );
    }
    let said = support::error(&run);
    let number = |row: &str, column: usize| -> u64 {
        let line = said.lines().find(|line| line.trim_start().starts_with(row));
        let line = line.unwrap_or_else(|| panic!("{row}: {said}"));
        let cells = line.trim_start()[row.len()..].split_whitespace();
        let cells: Vec<&str> = cells.collect();
        cells[column].replace(',', "").parse().unwrap()
    };
    let beta = format!("brand={BETA}");
    for (column, total) in [
        (0, "cases that wait"),
        (1, "cases overdue"),
        (2, "fast"),
        (4, "deferred"),
    ] {
        let sum = number("brand=Acme", column) + number(&beta, column);
        assert_eq!(sum, number(total, 0), "{total}: {said}");
    }
    assert!(number("brand=Acme", 0) > number(&beta, 0));
    let table = out(&place.run("queue posts.jsonl --by brand --next 3").success());
    assert!(
        table.contains("brand=Acme") && table.lines().next().unwrap().contains(" by "),
        "{table}"
    );
    assert!(!out(&place.run("queue posts.jsonl --json --next 1").success()).contains("segments"));
}

#[test]
fn shares_are_given_for_each_value() {
    let place = place();
    let mut labelled = String::new();
    for turn in 0..60 {
        let (text, topics) = match turn % 3 {
            0 => ("my parcel is late", r#"["delivery"]"#),
            1 => ("where is my refund", r#"["refund"]"#),
            _ => ("the choir sang in the old church", "[]"),
        };
        labelled += &format!("{{\"text\":\"{text} {turn}\",\"label\":{topics}}}\n");
    }
    place.write("labelled.jsonl", labelled);
    let taxonomy = support::project("data/taxonomies/care.toml");
    let taxonomy = taxonomy.display();
    place
        .run(&format!("evaluate --taxonomy {taxonomy} --bundled topic --confusion topics.json labelled.jsonl -q"))
        .success();
    let share = |arguments: &str| {
        format!("share --confusion topics.json --topic delivery posts.jsonl {arguments}")
    };
    let rows = rows(&place, &share("--by brand --by day --json -q"));
    let of = |value: &str| -> Vec<&Value> {
        rows.iter()
            .filter(|row| row["of"]["value"] == value)
            .collect()
    };
    assert_eq!(rows.len(), 6);
    assert_eq!((of("Acme").len(), of(BETA).len()), (2, 2));
    assert!(rows[0].get("of").is_none() && rows[0]["period"] == "2026-03-01");
    assert_eq!(of("Acme")[0]["posts"], 360);
    assert_eq!(
        (&of("Acme")[1]["posts"], &of("Acme")[1]["given"]),
        (&390.into(), &102.into())
    );
    assert_eq!(
        (&of(BETA)[1]["posts"], &of(BETA)[1]["given"]),
        (&360.into(), &72.into())
    );
    for row in &rows {
        let number = |name: &str| row[name].as_f64().unwrap();
        assert!(
            number("low") <= number("share") && number("share") <= number("high"),
            "{row}"
        );
    }
    // Each value is what a dump of its own would give.
    let acme: String = posts()
        .lines()
        .filter(|line| line.contains("\"Acme\""))
        .map(|line| format!("{line}\n"))
        .collect();
    place.write("acme.jsonl", acme);
    let alone = lines(&out(&place
        .run("share --confusion topics.json --topic delivery acme.jsonl --by day --json -q")
        .success()));
    for (alone, row) in alone.iter().zip(of("Acme")) {
        let mut row = row.clone();
        row.as_object_mut().unwrap().remove("of");
        assert_eq!(*alone, row);
    }
    let table = out(&place.run(&share("--by brand -q")).success());
    assert!(
        table.contains("posts of") && table.contains("brand=Acme"),
        "{table}"
    );
    let error = refused(place.folder(), &share("--by day,hour"));
    assert!(error.contains("two periods"), "{error}");
}

#[test]
fn a_wrong_field_is_refused_and_a_missing_one_is_said() {
    let place = place();
    for command in ["trends", "queue", "coverage"] {
        for (by, part) in [
            ("a,b,c", "at most 2"),
            ("a..b", "`a..b`"),
            ("brand,brand", "twice"),
            ("", "``"),
        ] {
            let arguments = [command, "posts.jsonl", "--by", by];
            let error = refused(place.folder(), &arguments);
            assert!(error.contains("--by") && error.contains(part), "{error}");
        }
        let run = place
            .run(&format!("{command} posts.jsonl --by brnd -q"))
            .success();
        let said = support::error(&run);
        assert!(said.contains("no post has a value of `brnd`"), "{said}");
    }
}
