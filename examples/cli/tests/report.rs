//! `hearken report`, end to end: the page has the numbers of the data, fetches nothing, and hostile
//! posts stay texts.

mod support;

use std::collections::BTreeSet;

use hearken::text::Language;
use hearken_report::number::grouped;
use hearken_report::{MOST_BYTES, Report, html, translated};
use serde_json::Value;
use support::{Place, out, project, refused, sample};

/// Bytes of the page of the sample, at most.
const MOST_OF_SAMPLE: usize = 150_000;

/// The page of the sample as `docs/report.html` has it.
fn page_of_sample() -> String {
    let place = Place::new();
    // By its name in the project: the page says where its posts come from.
    let mut command = place.command("report data/sample/posts.jsonl -q");
    command.current_dir(project(""));
    let output = command.output().expect("it runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn report(json: &str) -> Report {
    serde_json::from_str(json).expect("a report")
}

/// What a reader sees: the page without tags, attributes, style and titles.
fn visible(page: &str) -> String {
    let mut text = String::new();
    let page = page.split_once("</head>").map_or(page, |(_, body)| body);
    for piece in page.split('<').skip(1) {
        text.push_str(piece.split_once('>').map_or("", |(_, text)| text));
        text.push(' ');
    }
    text
}

#[test]
fn the_page_of_the_sample_is_the_one_in_the_documents() {
    let page = page_of_sample();
    assert!(page.len() <= MOST_OF_SAMPLE, "{}", page.len());
    let kept = std::fs::read_to_string(project("docs/report.html")).expect("docs/report.html");
    assert!(
        page == kept,
        "docs/report.html is not what is made today; look at the difference, then: \
         cargo run --release -- report data/sample/posts.jsonl -o docs/report.html"
    );
}

#[test]
fn every_number_of_the_page_is_in_the_data() {
    let place = Place::new();
    let page = out(&place
        .run(&["report", &sample(), "-q", "--threads", "1"])
        .success());
    let json = out(&place
        .run(&["report", &sample(), "-q", "--json", "--threads", "2"])
        .success());
    // The page is made of the data alone, on one thread and two.
    let report = report(&json);
    assert_eq!(html(&report), page);
    let text = visible(&page);
    let tiles = &report.tiles;
    assert!(tiles.posts > 1800 && tiles.spam > 70 && tiles.waiting > 100);
    for (number, name) in [
        (tiles.spam, "spam, in nothing below"),
        (tiles.waiting, "cases wait"),
    ] {
        assert!(
            page.contains(&format!("<b>{}</b><span>{name}</span>", grouped(number))),
            "{name}"
        );
    }
    // Its alerts are those of trends, though its texts are masked.
    let trends = out(&place.run(&["trends", &sample(), "-q"]).success());
    for rise in &report.rises.alerts {
        let reported = trends.lines().any(|line| line.ends_with(&rise.sentence));
        assert!(reported, "{}", rise.sentence);
    }
    // What is counted twice is the same.
    let bars = &report.volume.bars;
    let spam: u64 = bars.iter().map(|bar| bar.spam).sum();
    let all: u64 = bars
        .iter()
        .map(|bar| bar.negative + bar.neutral + bar.positive + bar.unsaid)
        .sum();
    assert_eq!((spam, all), (tiles.spam, tiles.posts - tiles.spam));
    for groups in [&report.languages, &report.channels] {
        let sum = |count: &dyn Fn(&hearken_report::sections::groups::Group) -> u64| {
            groups.iter().map(count).sum::<u64>()
        };
        assert_eq!(sum(&|group| group.counts.posts), tiles.posts);
        assert_eq!(sum(&|group| group.counts.negative), tiles.negative);
    }
    let waiting: u64 = report
        .channels
        .iter()
        .map(|group| group.counts.waiting)
        .sum();
    assert_eq!(waiting, tiles.waiting);
    for topic in &report.topics.topics {
        assert_eq!(topic.curve.iter().sum::<u64>(), topic.posts, "{}", topic.id);
        assert!(topic.low <= topic.share.unwrap() && topic.share.unwrap() <= topic.high);
    }
    assert!(report.first.cases.len() == 10 && report.rises.alerts.len() > 1);
    for case in &report.first.cases {
        let sum: i64 = case.ledger.parts.iter().map(|part| part.points).sum();
        assert_eq!(sum, i64::from(case.ledger.score), "{:?}", case.post);
        assert!(!case.text.is_empty());
        let changed = case.ledger.parts.iter().any(|part| part.name == "since");
        assert!(!changed, "{:?}", case.post);
        let marked = case.text.iter().any(|piece| !piece.parts.is_empty());
        assert!(marked, "{:?}", case.post);
    }
    // Each number that can be read is one of the data, or a part of its times and texts.
    let mut known: BTreeSet<String> = BTreeSet::new();
    note(&serde_json::from_str(&json).unwrap(), &mut known);
    let strange: Vec<&str> = text
        .split_whitespace()
        .filter(|word| {
            word.contains(',')
                && word
                    .trim_matches(',')
                    .replace(',', "")
                    .parse::<u64>()
                    .is_ok()
        })
        .map(|word| word.trim_matches(','))
        .filter(|word| !known.contains(&word.replace(',', "")))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}

/// The whole numbers of a value.
fn note(value: &Value, known: &mut BTreeSet<String>) {
    match value {
        Value::Number(number) => _ = known.insert(number.to_string()),
        Value::Array(values) => values.iter().for_each(|value| note(value, known)),
        Value::Object(values) => values.values().for_each(|value| note(value, known)),
        Value::String(text) => {
            let digits = text.split(|one: char| !one.is_ascii_digit() && one != ',');
            known.extend(digits.map(|word| word.replace(',', "")));
        }
        _ => {}
    }
}

/// Posts that would do harm if they were more than texts.
const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script> where is my refund, I am furious",
    "\"><img src=x onerror=alert(1)> my parcel is lost, answer me",
    "</p></article></main><style>*{display:none}</style> refund now",
    "abc \u{202e}txt.exe\u{202c} my account is empty, help!!",
    "<a href=\"javascript:alert(1)\">refund</a> &lt;b&gt; &#x3c;i&#x3e;",
    "url(http://evil.example/x) @import 'http://evil.example' my order never came",
    "</title></svg><svg onload=alert(1)> nobody answers, terrible",
];

fn hostile() -> String {
    let line = |(at, text): (usize, &&str)| {
        let value = serde_json::json!({
            "id": format!("<b>{at}</b>\" onmouseover=\"x"), "text": text,
            "created_at": format!("2026-03-01T08:{at:02}:00Z"),
            "channel": format!("<i>chat{at}</i>'\"&"), "author": {"id": format!("u{at}")},
            "brand": format!("<script>brand</script>{at}"),
        });
        format!("{value}\n")
    };
    HOSTILE.iter().enumerate().map(line).collect()
}

#[test]
fn hostile_posts_stay_texts() {
    let place = Place::new();
    place.write("<u>posts.jsonl", hostile());
    for more in ["", "--lang zh-Hant --top 50", "--no-mask"] {
        let asked = format!("report <u>posts.jsonl -q --by brand {more}");
        let page = out(&place.run(&asked).success());
        let tags: BTreeSet<&str> = page
            .split('<')
            .skip(1)
            .map(|piece| {
                piece
                    .split([' ', '>', '/'])
                    .find(|name| !name.is_empty())
                    .unwrap_or("")
            })
            .collect();
        for tag in [
            "script", "img", "b>", "i", "u", "iframe", "link", "object", "form", "base",
        ] {
            // A key of a legend is an <i> with a class.
            assert!(tag == "i" || !tags.contains(tag), "<{tag}>");
        }
        assert_eq!(page.matches("<style>").count(), 1);
        assert_eq!(page.matches("</main>").count(), 1);
        assert!(!page.contains("<i>chat") && !page.contains("</b>\""));
        assert!(page.contains("&lt;script&gt;alert(1)"));
        for attribute in attributes(&page) {
            assert!(!attribute.starts_with("on"), "{attribute}");
        }
        // Right-to-left override ends with the element: each text has a direction of its own.
        assert!(page.contains("dir=\"auto\""));
    }
}

/// The names and values of all attributes.
fn attributes(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in page.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap_or_default();
        let mut parts = tag.split('"');
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            let name = name.rsplit(' ').next().unwrap_or_default();
            found.push(format!("{name}{value}"));
        }
    }
    found
}

#[test]
fn nothing_is_fetched_and_no_script_is_run() {
    let page = page_of_sample();
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'"));
    let style = page
        .split("<style>")
        .nth(1)
        .and_then(|rest| rest.split("</style>").next());
    let style = style.expect("a style");
    assert!(!style.contains("url(") && !style.contains("@import"));
    assert!(!page.contains("class=\"key\" class="));
    for attribute in attributes(&page) {
        let Some((name, value)) = attribute.split_once('=') else {
            continue;
        };
        assert!(
            !matches!(
                name,
                "src" | "srcset" | "data" | "action" | "poster" | "style"
            ),
            "{attribute}"
        );
        assert!(
            !name.ends_with("href") || value.starts_with('#'),
            "{attribute}"
        );
    }
    // Each link leads to a place of the page.
    for target in page
        .split("href=\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
    }
}

#[test]
fn every_picture_has_a_title_and_the_numbers_in_a_table() {
    let page = page_of_sample();
    for picture in page.split("<svg class=").skip(1) {
        let until = picture.split("</svg>").next().unwrap_or_default();
        assert!(until.contains("<title"), "{until}");
    }
    assert!(page.contains("<desc id=\"volume-d\">"));
    let report = report(&out(&Place::new()
        .run(&["report", &sample(), "-q", "--json"])
        .success()));
    let shown: usize = report
        .volume
        .bars
        .iter()
        .filter(|bar| bar.negative + bar.neutral + bar.positive + bar.unsaid + bar.spam > 0)
        .count();
    let table = page
        .split("<h2 id=\"volume\">")
        .nth(1)
        .and_then(|rest| rest.split("</section>").next());
    assert_eq!(table.expect("a section").matches("<tr>").count(), shown + 1);
}

#[test]
fn numbers_only_has_nothing_that_a_customer_wrote() {
    let place = Place::new();
    let json = out(&place
        .run(&["report", &sample(), "-q", "--json", "--no-texts"])
        .success());
    let page = out(&place
        .run(&["report", &sample(), "-q", "--no-texts"])
        .success());
    assert_eq!(html(&report(&json)), page);
    // Any four neighbouring words of a post, and its identifier.
    let posts = std::fs::read_to_string(sample()).unwrap();
    for line in posts.lines() {
        let post: Value = serde_json::from_str(line).unwrap();
        let text = post["text"].as_str().unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        for four in words.windows(4) {
            assert!(!page.contains(&four.join(" ")), "{four:?}");
        }
        assert!(!page.contains(post["id"].as_str().unwrap()));
    }
    assert!(page.contains("numbers only"));
    let report = report(&json);
    assert!(
        report
            .first
            .cases
            .iter()
            .all(|case| case.text.is_empty() && case.reason.is_empty())
    );
    assert!(report.tiles.rises > 0 && report.rises.alerts.iter().all(|rise| rise.words.is_empty()));
}

#[test]
fn personal_data_is_masked_unless_it_is_asked_for() {
    let place = Place::new();
    let text = "Nobody answers! Call me: 602 123 456 or jana.novakova@example.com, refund now";
    let line = serde_json::json!({"id": "1", "text": text, "created_at": "2026-03-01T08:00:00Z",
        "channel": "mail", "author": {"id": "a", "name": "Jana Nováková"}});
    place.write("posts.jsonl", format!("{line}\n"));
    let masked = out(&place.run("report posts.jsonl -q").success());
    assert!(!masked.contains("602 123 456") && !masked.contains("novakova"));
    let plain = out(&place.run("report posts.jsonl -q --no-mask").success());
    assert!(plain.contains("602 123 456") && plain.contains("NOT masked"));
}

#[test]
fn any_dump_has_a_page_that_fits() {
    let place = Place::new();
    // Long texts in Chinese of ten thousand channels, wrong dates, and as many brands.
    let mut posts = String::new();
    for at in 0..3000 {
        let year = [2026, 2026, 2026, 1970, 9999][usize::from(at % 100 == 0) * (at / 100 % 5)];
        let value = serde_json::json!({"id": format!("{at}"),
            "text": format!("退款！{at} {}", "太\"生气<了>&，没有人回复我，钱也没有退。".repeat(40)),
            "created_at": format!("{year}-{:02}-{:02}T08:00:00Z", 1 + at % 12, 1 + at % 28),
            "channel": format!("channel {at} with a long name of its own"),
            "author": {"id": format!("u{at}")}, "brand": format!("b{at}")});
        posts.push_str(&format!("{value}\n"));
    }
    place.write("posts.jsonl", posts);
    let page = out(&place
        .run("report posts.jsonl -q --by brand --top 50")
        .success());
    assert!(page.len() <= MOST_BYTES, "{}", page.len());
    assert!(page.contains("Not shown:"));
    // Nothing at all has a page, too.
    place.write("empty.jsonl", "");
    assert!(out(&place.run("report empty.jsonl -q").success()).contains("No post has a time."));
    place.write("timeless.jsonl", "{\"text\":\"Where is my refund?\"}\n");
    assert!(out(&place.run("report timeless.jsonl -q").success()).contains("<b>1</b><span>posts"));
}

#[test]
fn promises_are_counted_where_answers_are_known() {
    let place = Place::new();
    let post = |id: &str, minute: u32| {
        format!(
            "{{\"id\":\"{id}\",\"text\":\"Where is my refund? Nobody answers me!\",\"created_at\":\"2026-03-01T08:{minute:02}:00Z\",\"channel\":\"whatsapp\",\"author\":{{\"id\":\"u{id}\"}}}}\n"
        )
    };
    place.write("posts.jsonl", post("1", 0) + &post("2", 1) + &post("3", 50));
    let without = out(&place.run("report posts.jsonl -q").success());
    assert!(without.contains("No answer is known"));
    place.write(
        "answered.jsonl",
        "{\"post\":\"1\",\"at\":\"2026-03-01T08:05:00Z\"}\n{\"post\":\"2\",\"at\":\"2026-03-01T08:40:00Z\"}\n",
    );
    let asked = "report posts.jsonl -q --answered answered.jsonl";
    let report = report(&out(&place.run(&format!("{asked} --json")).success()));
    let channel = &report.promises.channels[0];
    assert_eq!((channel.first.kept, channel.first.missed), (1, 1));
    assert_eq!(report.tiles.waiting, 1);
    assert!(out(&place.run(asked).success()).contains("1 / 2"));
}

#[test]
fn values_of_a_field_stand_side_by_side_and_the_page_has_four_languages() {
    let place = Place::new();
    place.write(
        "posts.jsonl",
        hostile().replace("<script>brand</script>", "Acme"),
    );
    for (language, word) in [
        ("en", "Side by side: brand"),
        ("cs", "Vedle sebe: brand"),
        ("zh-Hans", "并列比较：brand"),
        ("zh-Hant", "並列比較：brand"),
    ] {
        let page = out(&place
            .run(&format!(
                "report posts.jsonl -q --by brand --lang {language}"
            ))
            .success());
        assert!(page.contains(word) && page.contains(&format!("<html lang=\"{language}\">")));
        assert!(page.contains("Acme3"));
    }
    assert!(refused(place.folder(), "report posts.jsonl --lang de").contains("zh-Hans"));
    assert!(refused(place.folder(), "report posts.jsonl --state s").contains("whole dump"));
}

#[test]
fn shares_of_topics_are_corrected_as_those_of_share_are() {
    let place = Place::new();
    let (mut labelled, mut posts) = (String::new(), String::new());
    for turn in 0..90 {
        // One in three of those that the taxonomy gives the topic are not about it.
        let (text, topics) = match turn % 6 {
            0 | 1 => ("my parcel is late", r#"["delivery"]"#),
            2 => ("my parcel is late", "[]"),
            _ => ("the choir sang in the old church", "[]"),
        };
        labelled += &format!("{{\"text\":\"{text} {turn}\",\"label\":{topics}}}\n");
        let minute = format!("2026-03-01T{:02}:{:02}:00Z", 8 + turn / 60, turn % 60);
        posts += &format!(
            "{{\"id\":\"{turn}\",\"text\":\"{text} {turn}\",\"created_at\":\"{minute}\"}}\n"
        );
    }
    place.write("labelled.jsonl", labelled);
    place.write("posts.jsonl", posts);
    let taxonomy = project("data/taxonomies/care.toml");
    let taxonomy = taxonomy.display();
    place
        .run(&format!("evaluate --taxonomy {taxonomy} --bundled topic --confusion topics.json labelled.jsonl -q"))
        .success();
    let of = |arguments: &str| {
        let json = out(&place
            .run(&format!("report posts.jsonl -q --json {arguments}"))
            .success());
        let topics = report(&json).topics;
        let topic = topics.topics.into_iter().find(|of| of.id == "delivery");
        (topics.corrected, topic.expect("the topic"))
    };
    let ((corrected, topic), (plain, raw)) = (of("--confusion topics.json"), of(""));
    assert!(corrected && !plain);
    let share = "share --confusion topics.json --topic delivery posts.jsonl --sampled 0 --json -q";
    let share: Value = serde_json::from_str(out(&place.run(share).success()).trim()).unwrap();
    for (name, found) in [
        ("share", topic.share.unwrap()),
        ("low", topic.low),
        ("high", topic.high),
    ] {
        let same = (share[name].as_f64().unwrap() - found).abs() < 0.001;
        assert!(same, "{name}: {found}, {share}");
    }
    // A third fewer, and less certain than chance alone would make it.
    assert!((raw.share.unwrap() - 0.5).abs() < 0.001, "{raw:?}");
    assert!((topic.share.unwrap() - 1.0 / 3.0).abs() < 0.05, "{topic:?}");
    assert!(topic.high - topic.low > 1.1 * (raw.high - raw.low));
}

#[test]
fn every_reason_is_said_in_the_language_of_the_page() {
    let place = Place::new();
    let languages = [Language::Cs, Language::ZhHans, Language::ZhHant];
    // The reasons of all posts, by themselves and after those before them.
    let lines = out(&place
        .run(&["triage", &sample(), "-q", "--stateful", "--explain"])
        .success());
    let mut reasons: BTreeSet<String> = BTreeSet::new();
    for line in lines.lines() {
        let answer: Value = serde_json::from_str(line).unwrap();
        let parts = answer["explanation"]["importance"]["parts"].as_array();
        for part in parts.into_iter().flatten() {
            reasons.extend(part["reason"].as_str().map(str::to_owned));
        }
    }
    let json = out(&place
        .run(&["report", &sample(), "-q", "--json", "--top", "50"])
        .success());
    let found = report(&json);
    reasons.extend(found.first.cases.iter().map(|case| case.reason.clone()));
    let campaigns = found.campaigns.campaigns.iter();
    reasons.extend(campaigns.map(|campaign| campaign.reason.clone()));
    assert!(reasons.len() > 1000, "{}", reasons.len());
    for reason in &reasons {
        for language in languages {
            let said = translated(reason, language);
            assert!(said.is_some(), "{language:?}: {reason}");
        }
    }
    let page = out(&place
        .run(&["report", &sample(), "-q", "--lang", "zh-Hant"])
        .success());
    assert!(page.contains("負面的機率為") && !page.contains("negative with"));
}
