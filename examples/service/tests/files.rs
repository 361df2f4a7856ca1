//! What other programs read and write: Label Studio's JSON, Grafana's dashboard, Prometheus' text.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{Backend, Service, a_post, on_both};

on_both!(the_view_says_what_people_ask_about);

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn metrics(service: &Service) -> String {
    let answer = service
        .agent
        .get(format!("{}/metrics", service.address()))
        .call();
    answer
        .expect("metrics")
        .body_mut()
        .read_to_string()
        .expect("text")
}

/// The names of metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    let parts = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    parts
        .filter(|part| part.starts_with("hearken_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_dashboard_names_metrics_that_there_are() {
    let service = Service::new(Backend::Sqlite, "clock = \"posts\"").start();
    service.json(
        "ingest",
        "POST",
        "/v1/posts",
        &json!([a_post("1", "Where is my parcel?", 0)]),
    );
    let there = names(&metrics(&service));
    let dashboard: Value = serde_json::from_str(&file("grafana/hearken.json")).expect("JSON");
    let mut named = BTreeSet::new();
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut places = BTreeSet::new();
    for panel in panels {
        assert!(
            places.insert(panel["gridPos"].to_string()),
            "two panels in one place"
        );
        for target in panel["targets"].as_array().expect("targets") {
            named.extend(names(target["expr"].as_str().expect("an expression")));
        }
    }
    let missing: Vec<&String> = named.difference(&there).collect();
    assert!(
        missing.is_empty() && named.len() > 15,
        "no such metrics: {missing:?}"
    );
    // The other way round: what is counted is shown. Parts of a histogram are one metric.
    let of = |name: &str| {
        ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .map_or(name.to_owned(), str::to_owned)
    };
    let shown: BTreeSet<String> = named.iter().map(|name| of(name)).collect();
    let unseen: Vec<String> = there
        .iter()
        .map(|name| of(name))
        .filter(|name| !shown.contains(name))
        .collect();
    assert!(unseen.is_empty(), "on no panel: {unseen:?}");
}

#[test]
fn metrics_are_the_text_of_prometheus() {
    let service = Service::new(Backend::Sqlite, "clock = \"posts\"").start();
    service.json(
        "ingest",
        "POST",
        "/v1/posts",
        &json!([a_post("1", "Where is my parcel?", 0)]),
    );
    let text = metrics(&service);
    let mut declared = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let name = rest.split(' ').next().expect("a name");
            assert!(declared.insert(name.to_owned()), "{name} is declared twice");
        } else if !line.starts_with('#') {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let name = series.split('{').next().expect("a name");
            assert!(
                declared.iter().any(|of| name.starts_with(of.as_str())),
                "{line}"
            );
        }
    }
    assert!(
        text.contains("\nhearken_posts_accepted_total 1\n"),
        "{text}"
    );
    // A bucket holds all that is shorter, so the last has all.
    let counts: Vec<u64> = text
        .lines()
        .filter(|line| line.starts_with("hearken_ingest_seconds_bucket"))
        .map(|line| {
            line.rsplit(' ')
                .next()
                .and_then(|count| count.parse().ok())
                .expect("a number")
        })
        .collect();
    assert!(
        counts.is_sorted() && counts.last() == Some(&1),
        "{counts:?}"
    );
}

#[test]
fn label_studio_gets_tasks_and_gives_corrections() {
    let service = Service::new(Backend::Sqlite, "clock = \"posts\"").start();
    let annotated: Value =
        serde_json::from_str(&file("tests/label_studio/annotated.json")).expect("JSON");
    let tasks = annotated.as_array().expect("tasks");
    let posts: Vec<Value> = tasks
        .iter()
        .map(|task| {
            a_post(
                task["data"]["post"].as_str().expect("a post"),
                task["data"]["text"].as_str().expect("a text"),
                0,
            )
        })
        .collect();
    service.json("ingest", "POST", "/v1/posts", &json!(posts));
    let exported = service.get("eva", "/v1/label-studio?task=sentiment");
    let model = service.get("eva", "/v1/model")["model"].clone();
    for (task, given) in exported.as_array().expect("tasks").iter().zip(tasks) {
        assert_eq!(task["data"], given["data"]);
        let prediction = &task["predictions"][0];
        assert_eq!(prediction["model_version"], model);
        let choice = &prediction["result"][0];
        // As the labelling configuration names its forms.
        assert_eq!(
            (&choice["from_name"], &choice["to_name"], &choice["type"]),
            (&json!("sentiment"), &json!("text"), &json!("choices"))
        );
        let config = file("tests/label_studio/config.xml");
        let label = choice["value"]["choices"][0].as_str().expect("a label");
        assert!(config.contains(&format!("<Choice value=\"{label}\"")));
    }
    // The last annotation that was not skipped counts; other forms are not ours.
    let answer = service.json("eva", "POST", "/v1/label-studio", &annotated);
    assert_eq!(answer["lines"], 3);
    let (_, log) = service.ask("eva", "GET", "/v1/corrections", "");
    let mut lines: Vec<[String; 3]> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|line| {
            ["post", "task", "label"].map(|field| line[field].as_str().expect("text").to_owned())
        })
        .collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            ["ls-1", "sentiment", "positive"],
            ["ls-1", "spam", "ham"],
            ["ls-2", "sentiment", "negative"]
        ]
    );
    let two = r#"[{"data":{"post":"ls-1","text":"x"},"annotations":[{"result":[{"from_name":"sentiment","to_name":"text","type":"choices","value":{"choices":["neutral","positive"]}}]}]}]"#;
    let (status, answer) = service.ask("eva", "POST", "/v1/label-studio", two);
    assert!(status == 400 && answer.contains("single"), "{answer}");
}

/// What people and their tools read of a database.
fn the_view_says_what_people_ask_about(backend: Backend) {
    let mut service = Service::new(backend, "clock = \"posts\"").start();
    let post = a_post("v1", "My parcel has not arrived, I want my money back", 0);
    service.json("ingest", "POST", "/v1/posts", &json!([post]));
    let answer = service.get("eva", "/v1/posts/v1")["answer"].clone();
    service.stop();
    let sql = "SELECT text, channel, author, language, spam, topic, sentiment, model, created_at, \
               CAST(importance AS TEXT) FROM posts WHERE tenant = 'acme' AND id = 'v1'";
    let row: Vec<String> = match backend {
        Backend::Sqlite => {
            let path = service.folder.path().join("service.db");
            let file = rusqlite::Connection::open(path).expect("a file");
            let columns = |row: &rusqlite::Row<'_>| (0..10).map(|at| row.get(at)).collect();
            file.query_row(sql, [], columns).expect("a row")
        }
        Backend::Postgres => {
            let url = service.database();
            let runtime = tokio::runtime::Runtime::new().expect("threads");
            runtime.block_on(async {
                let connected = tokio_postgres::connect(&url, tokio_postgres::NoTls).await;
                let (client, connection) = connected.expect("a connection");
                tokio::spawn(connection);
                let row = client.query_one(sql, &[]).await.expect("a row");
                (0..10).map(|at| row.get(at)).collect()
            })
        }
    };
    let text = |pointer: &str| {
        answer
            .pointer(pointer)
            .and_then(Value::as_str)
            .expect("text")
            .to_owned()
    };
    let score = answer["importance"]["score"].to_string();
    assert_eq!(
        row,
        [
            post["text"].as_str().expect("text"),
            "chat",
            "author-v1",
            &text("/language/code"),
            &text("/spam/verdict"),
            &text("/topics/0/id"),
            &text("/sentiment/label"),
            &text("/model"),
            "2026-03-01T08:00:00Z",
            &score,
        ]
    );
}
