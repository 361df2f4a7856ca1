//! Coverage: shares, groups of what fits nowhere, and terms that can be pasted.

mod support;

use hearken::coverage::{Coverage, CoverageOptions, Report};
#[cfg(feature = "bundled-models")]
use hearken::taxonomy::Taxonomy;
use hearken::{Engine, Post};

#[cfg(feature = "bundled-models")]
fn engine(taxonomy: Taxonomy) -> Engine {
    Engine::builder().taxonomy(taxonomy).build().unwrap()
}

#[cfg(feature = "bundled-models")]
/// The taxonomy of care without some topics.
fn care_without(removed: &[&str]) -> Taxonomy {
    let mut care = Taxonomy::care().unwrap();
    care.topics
        .retain(|topic| !removed.contains(&topic.id.as_str()));
    care
}

fn read(engine: &Engine, lines: &[String], options: CoverageOptions) -> Coverage {
    let mut scratch = engine.scratch();
    let mut coverage = Coverage::new(options);
    for line in lines {
        coverage.add(Coverage::read(
            engine,
            &Post::from_json(line).unwrap(),
            &mut scratch,
        ));
    }
    coverage
}

#[cfg(feature = "bundled-models")]
fn sample() -> Vec<String> {
    let text = std::fs::read_to_string(support::project("data/sample/posts.jsonl")).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[cfg(feature = "bundled-models")]
/// The topic that each post of the sample was meant to have.
fn meant() -> std::collections::BTreeMap<String, String> {
    let text = std::fs::read_to_string(support::project("data/sample/labels.tsv")).unwrap();
    let fields = text
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>());
    fields
        .map(|fields| (fields[0].to_owned(), fields[2].to_owned()))
        .collect()
}

#[cfg(feature = "bundled-models")]
/// The share of a group's posts that were meant to have `topic`.
fn share_of(
    group: &hearken::coverage::Group,
    topic: &str,
    meant: &std::collections::BTreeMap<String, String>,
) -> f64 {
    group.ids.iter().filter(|id| meant[*id] == topic).count() as f64 / group.ids.len() as f64
}

fn texts(lines: &[&str]) -> Vec<String> {
    lines
        .iter()
        .enumerate()
        .map(|(at, text)| serde_json::json!({"id": at, "text": text}).to_string())
        .collect()
}

/// A taxonomy that lost two topics gets them back as groups, and what is pasted covers more.
#[cfg(feature = "bundled-models")]
#[test]
fn removed_topics_come_back_as_groups() {
    let removed = ["delivery", "outage"];
    let (lines, meant) = (sample(), meant());
    let taxonomy = care_without(&removed);
    let engine = engine(taxonomy.clone());
    let report = read(&engine, &lines, CoverageOptions::default()).report(&engine);
    assert_eq!(report.posts, lines.len() as u64);
    assert_eq!(
        report.spam + report.covered + report.uncovered,
        report.posts
    );
    for topic in removed {
        let best = report
            .groups
            .iter()
            .map(|group| share_of(group, topic, &meant))
            .fold(0.0, f64::max);
        assert!(best >= 0.6, "{topic} has no group: {best}");
    }
    // Of the posts in groups, far more are of the two than of the posts without a topic.
    let of_two = |ids: &[&String]| {
        ids.iter()
            .filter(|id| removed.contains(&meant[**id].as_str()))
            .count() as f64
            / ids.len() as f64
    };
    let grouped: Vec<&String> = report.groups.iter().flat_map(|group| &group.ids).collect();
    assert!(of_two(&grouped) > 0.3, "{}", of_two(&grouped));
}

fn weather() -> (Vec<String>, Engine) {
    let mut lines = Vec::new();
    let places = [
        ("Brno", "north"),
        ("Leeds", "south"),
        ("Turin", "coast"),
        ("Gdynia", "valley"),
        ("Malmö", "ridge"),
        ("Cork", "bay"),
    ];
    for (number, (place, way)) in places.into_iter().enumerate() {
        lines.push(format!(
            "The thermometer in {place} and the barometer near the {way} differ."
        ));
        lines.push(format!(
            "Our barometer and thermometer of {place} were inherited."
        ));
        lines.push(format!(
            "The parcel {number} never arrived and the courier is gone."
        ));
    }
    lines.push("Completely unrelated musings on violins.".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    // Without the bundled models, so that no retraining changes what is covered.
    let engine = Engine::builder().without_bundled_models().build().unwrap();
    (texts(&lines), engine)
}

#[cfg(feature = "bundled-models")]
#[test]
fn a_group_names_its_words_and_what_is_pasted_covers_it() {
    let (lines, engine) = weather();
    let report = read(&engine, &lines, CoverageOptions::default()).report(&engine);
    assert!(report.uncovered >= 12, "{report:?}");
    let group = report.groups.first().expect("the instruments are a group");
    let terms: Vec<&str> = group.terms.iter().map(|term| term.term.as_str()).collect();
    assert!(
        terms.contains(&"barometer") && terms.contains(&"thermometer"),
        "{terms:?}"
    );
    assert!(
        !terms
            .iter()
            .any(|term| ["the", "my", "parcel", "courier"].contains(term)),
        "{terms:?}"
    );
    assert!(group.posts >= 12 && group.language == "en", "{group:?}");
    assert!(!group.examples.is_empty() && group.examples.len() <= 3);
    // As a new topic, appended to the taxonomy as it is.
    let toml = std::fs::read_to_string(support::project("data/taxonomies/care.toml")).unwrap();
    let pasted = Taxonomy::from_toml(&format!("{toml}\n{}", group.toml))
        .unwrap_or_else(|error| panic!("{error}\n{}", group.toml));
    assert_eq!(pasted.topics.len(), 16);
    let after = Engine::builder()
        .without_bundled_models()
        .taxonomy(pasted)
        .build()
        .unwrap();
    let again = read(&after, &lines, CoverageOptions::default()).report(&after);
    assert!(
        again.covered >= report.covered + 12,
        "{} is not {} and 12",
        again.covered,
        report.covered
    );
}

#[test]
fn shards_merge_into_what_one_gives_in_any_order() {
    let (lines, engine) = weather();
    for most_posts in [5, 1000] {
        let options = CoverageOptions {
            most_posts,
            ..CoverageOptions::default()
        };
        let whole = read(&engine, &lines, options).report(&engine);
        let parts: Vec<Coverage> = lines
            .chunks(4)
            .map(|lines| read(&engine, lines, options))
            .collect();
        let merge = |order: &mut dyn Iterator<Item = &Coverage>| {
            let mut all = Coverage::new(options);
            order.for_each(|part| all.merge(part.clone()));
            all.report(&engine)
        };
        assert_eq!(merge(&mut parts.iter()), whole);
        assert_eq!(merge(&mut parts.iter().rev()), whole);
        assert!(whole.looked_at <= most_posts as u64);
    }
}

#[test]
fn chinese_words_are_the_segmenters_and_keep_their_script() {
    let lines = [
        "溫度計和氣壓計放在窗邊",
        "窗邊的溫度計旁邊是氣壓計",
        "爺爺收藏溫度計，也收藏氣壓計",
        "氣壓計比溫度計古老",
        "博物館展出溫度計、氣壓計",
        "我畫了溫度計，弟弟畫氣壓計",
        "今天去公園散步",
        "晚餐吃火鍋",
        "小說看完了",
    ];
    let engine = Engine::builder().without_bundled_models().build().unwrap();
    let report = read(&engine, &texts(&lines), CoverageOptions::default()).report(&engine);
    let terms: Vec<&str> = report
        .groups
        .iter()
        .flat_map(|group| &group.terms)
        .map(|term| term.term.as_str())
        .collect();
    #[cfg(feature = "chinese")]
    assert!(terms.contains(&"溫度計"), "{terms:?} {report:?}");
    assert!(
        terms.iter().all(|term| term.chars().count() >= 2),
        "{terms:?}"
    );
}

#[test]
fn nothing_read_is_an_empty_report() {
    let engine = Engine::builder().without_bundled_models().build().unwrap();
    let report = Coverage::new(CoverageOptions::default()).report(&engine);
    let mut expected = Report::default();
    expected.topics = report.topics.clone();
    assert_eq!(report, expected);
    assert!(report.topics.iter().all(|topic| topic.posts == 0));
    // Empty texts and texts of stop words alone are nothing to group by.
    let lines = texts(&[
        "",
        "the",
        "and so on",
        "！！",
        "https://example.com",
        "12 34",
    ]);
    let report = read(&engine, &lines, CoverageOptions::default()).report(&engine);
    assert_eq!(
        (report.uncovered, report.groups.len()),
        (6, 0),
        "{report:?}"
    );
}
