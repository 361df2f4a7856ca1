//! Outputs that people open: tables, pages and pictures of `triage`, `explain` and `series`, and
//! what shells and `man` know.

mod support;

use serde_json::Value;
use support::{Place, lines, out, refused};

const POSTS: &str = r#"{"id":"1","text":"=HYPERLINK(1) Where is my refund? Nobody answers!","created_at":"2026-03-01T09:00:00+01:00","channel":"mail","author":{"id":"ann","name":"-Ann"}}
{"id":"2","text":"The choir sang, \"beautifully\",\nin the old church","author":{"id":"bob"}}
no post
"#;

fn place() -> Place {
    let place = Place::new();
    place.write("posts.jsonl", POSTS);
    place
}

#[test]
fn a_table_of_answers_has_flat_columns_and_no_formulas() {
    let place = place();
    let asked = "triage posts.jsonl -q --output-format csv --with text,created_at,author,name";
    let table = out(&place.run(asked).success());
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |row: usize, name: &str| {
        let column = header.iter().position(|known| known == name);
        rows[row][column.expect(name)].to_owned()
    };
    assert_eq!(rows.len(), 2);
    assert_eq!(
        cell(0, "text"),
        "'=HYPERLINK(1) Where is my refund? Nobody answers!"
    );
    assert_eq!(cell(0, "created_at"), "2026-03-01T08:00:00Z");
    assert_eq!(
        (cell(0, "author"), cell(0, "name")),
        ("ann".to_owned(), "'-Ann".to_owned())
    );
    assert_eq!(
        cell(1, "text"),
        "The choir sang, \"beautifully\",\nin the old church"
    );
    assert_eq!(cell(1, "created_at"), "");
    // The same answers as in JSON; the parts sum to the score.
    let answers = lines(&out(&place
        .run("triage posts.jsonl -q --with text,author")
        .success()));
    for (row, answer) in answers.iter().enumerate() {
        assert_eq!(
            cell(row, "importance"),
            answer["importance"]["score"].to_string()
        );
        assert_eq!(
            cell(row, "sentiment"),
            answer["sentiment"]["label"].as_str().unwrap()
        );
        let parts = header.iter().filter(|name| name.starts_with("part_"));
        let sum: i64 = parts
            .map(|name| cell(row, name).parse::<i64>().unwrap())
            .sum();
        assert_eq!(sum.to_string(), cell(row, "importance"));
        let texts: Value = serde_json::from_str(POSTS.lines().nth(row).unwrap()).unwrap();
        assert_eq!(
            (&answer["text"], &answer["author"]),
            (&texts["text"], &texts["author"]["id"])
        );
    }
    // Without anything beside, lines are as they were.
    let plain = out(&place.run("triage posts.jsonl -q").success());
    let jsonl = out(&place
        .run("triage posts.jsonl -q --output-format jsonl")
        .success());
    assert_eq!(plain, jsonl);
    let refused = refused(
        place.folder(),
        "triage posts.jsonl --output-format csv --stateful",
    );
    assert!(refused.contains("leave --stateful"), "{refused}");
}

#[test]
fn a_page_of_one_post_marks_what_counted() {
    let place = Place::new();
    let line = r#"{"id":"<b>","text":"My <script>parcel</script> is lost and nobody answers, I am furious!"}"#;
    place.write("posts.jsonl", line);
    let page = out(&place.run("explain posts.jsonl --html").success());
    assert!(page.contains("<mark class=\"p-") && page.contains("&lt;script&gt;"));
    assert!(!page.contains("<script") && !page.contains("<b>"));
    let json = out(&place.run("explain posts.jsonl --json").success());
    let answer: Value = serde_json::from_str(&json).unwrap();
    for part in answer["explanation"]["importance"]["parts"]
        .as_array()
        .unwrap()
    {
        let points = part["points"].as_i64().unwrap();
        assert!(
            page.contains(&format!("<td class=\"n\">{points:+}</td>")),
            "{part}"
        );
    }
    assert!(page.contains(&format!(
        "<td class=\"n\">{}</td>",
        answer["importance"]["score"]
    )));
}

#[test]
fn a_picture_of_a_series_stands_alone() {
    let place = Place::new();
    let row = |at: u32| {
        let value = if at == 400 { 90 } else { 10 + at % 3 };
        format!("{},{value}\n", 1_772_323_200 + at * 300)
    };
    let rows: String = (0..500).map(row).collect();
    place.write("<counts>.csv", format!("timestamp,value\n{rows}"));
    let picture = out(&place.run("series <counts>.csv -q --svg").success());
    assert!(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(picture.contains("<title id=\"t\">&lt;counts&gt;.csv</title>"));
    assert!(picture.contains("500 values") && picture.contains(">90<"));
    // One value stands out, and is marked.
    let strong = picture.split("class=\"strong\" d=\"").nth(1).unwrap();
    assert!(strong.starts_with('M'), "{strong}");
}

#[test]
fn shells_and_the_manual_know_the_commands() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = out(&place.run(&format!("completions {shell}")).success());
        assert!(
            script.contains("triage") && script.contains("output-format"),
            "{shell}"
        );
    }
    let program = out(&place.run("man").success());
    assert!(program.contains(".TH") && program.contains("report"));
    let page = out(&place.run("man queue").success());
    assert!(
        page.contains("answered") && page.contains("hearken"),
        "{page}"
    );
    assert!(refused(place.folder(), "man nothing").contains("no command `nothing`"));
    // Options stand under headings, and the words are told once.
    let help = out(&place.run("queue --help").success());
    for heading in [
        "Reading:",
        "Models and settings:",
        "State and time:",
        "Output:",
        "Every command:",
    ] {
        assert_eq!(
            help.matches(&format!("\n{heading}\n")).count(),
            1,
            "{heading}: {help}"
        );
    }
    assert!(out(&place.run("--help").success()).contains("lane       how a case is treated"));
}
