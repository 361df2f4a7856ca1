//! Taxonomies: what is wrong in one is named by line and field, and the shipped one holds
//! what it promises.

use std::collections::BTreeMap;

use hearken::internals::{Folder, LexiconBuilder, List};
use hearken::taxonomy::{MAX_TOPICS, Taxonomy};
use hearken::text::Language;

const CARE: [&str; 15] = [
    "delivery", "refund", "payment", "price", "quality", "safety", "account", "app", "outage",
    "staff", "waiting", "booking", "privacy", "praise", "howto",
];

#[test]
fn a_small_taxonomy_is_read() {
    let taxonomy = Taxonomy::from_toml(
        r#"
[[topic]]
id = "late_train"
name = { en = "Late train", zh-Hans = "晚点" }
strong.en = ["train is late"]
terms = { en = ["train*"], cs = ["vlak*"] }
weak.zh-Hant = ["火車"]
not.en = ["train of thought"]
examples.en = ["The 8:15 is late again."]

[[topic]]
id = "b"
examples.cs = ["Vlak zase nejel."]
"#,
    )
    .unwrap();
    assert_eq!(taxonomy.index_of("b"), Some(1));
    assert_eq!(taxonomy.index_of("c"), None);
    let topic = &taxonomy.topics[0];
    assert_eq!(topic.name(Language::En), "Late train");
    assert_eq!(topic.name(Language::ZhHant), "晚点");
    assert_eq!(topic.name(Language::Cs), "Late train");
    assert_eq!(taxonomy.topics[1].name(Language::Cs), "b");
    assert_eq!(
        topic.terms,
        [
            (Language::En, "train is late".to_owned(), 3),
            (Language::Cs, "vlak*".to_owned(), 2),
            (Language::En, "train*".to_owned(), 2),
            (Language::ZhHant, "火車".to_owned(), 1),
        ]
    );
    assert_eq!(topic.masks, [(Language::En, "train of thought".to_owned())]);
    assert_eq!(
        topic.examples,
        [(Language::En, "The 8:15 is late again.".to_owned())]
    );
    let terms: Vec<_> = taxonomy.to_terms().collect();
    assert_eq!(terms.len(), 5);
    assert!(terms.iter().all(|term| term.list == List::Topic(0)));
    assert_eq!(terms.iter().filter(|term| term.strength == 0).count(), 1);
}

#[test]
fn faults_are_named_by_line_and_field() {
    for (text, line, word) in [
        ("", 1, "no topic"),
        ("[[topic]]\nid = \"a\"\nterms.en = [\"x\"]\nid =", 4, ""),
        ("[[topic]]\nid = \"a\"\ntrems.en = [\"x\"]", 3, "trems"),
        ("[[topics]]\nid = \"a\"", 1, "topics"),
        ("\n[[topic]]\nterms.en = [\"x\"]", 2, "id"),
        ("[[topic]]\nid = 7\nterms.en = [\"x\"]", 2, "string"),
        ("[[topic]]\nid = \"a\"\nterms.en = \"x\"", 3, "sequence"),
        (
            "[[topic]]\nid = \"a\"\nterms.en = [\"x\",\n 3]",
            4,
            "string",
        ),
        (
            "[[topic]]\nid = \"Late Trains\"\nterms.en = [\"x\"]",
            2,
            "a-z",
        ),
        ("[[topic]]\nid = \"\"\nterms.en = [\"x\"]", 2, "a-z"),
        (
            "[[topic]]\nid = \"a\"\nterms.en = [\"x\"]\n[[topic]]\nid = \"a\"\nterms.en = [\"x\"]",
            5,
            "line 2",
        ),
        (
            "[[topic]]\nid = \"a\"\nterms.english = [\"x\"]",
            3,
            "english",
        ),
        ("[[topic]]\nid = \"a\"\nterms.und = [\"x\"]", 3, "und"),
        (
            "[[topic]]\nid = \"a\"\nname.xx = \"x\"\nterms.en = [\"x\"]",
            3,
            "name",
        ),
        (
            "[[topic]]\nid = \"a\"\nterms.en = [\"x\",\n\" \"]",
            4,
            "terms.en",
        ),
        ("[[topic]]\nid = \"a\"\nweak.en = [\"*\"]", 3, "weak.en"),
        (
            "[[topic]]\nid = \"a\"\nstrong.en = [\"x\"]\nweak.en = [\"X\"]",
            4,
            "twice",
        ),
        (
            "[[topic]]\nid = \"a\"\nexamples.en = [\"\"]",
            3,
            "examples.en",
        ),
        (
            "[[topic]]\nid = \"a\"\nname.en = \"A\"",
            2,
            "neither terms nor examples",
        ),
        (
            "[[topic]]\nid = \"a\"\nthreshold = 1.5\nterms.en = [\"x\"]",
            3,
            "from 0 to 1",
        ),
        (
            "[[topic]]\nid = \"a\"\nthreshold = -0.1\nterms.en = [\"x\"]",
            3,
            "threshold",
        ),
        (
            "[[topic]]\nid = \"a\"\nthreshold = nan\nterms.en = [\"x\"]",
            3,
            "probability",
        ),
        (
            "[[topic]]\nid = \"a\"\nthreshold = \"high\"\nterms.en = [\"x\"]",
            3,
            "f64",
        ),
    ] {
        let error = Taxonomy::from_toml(text).unwrap_err();
        assert!(error.is_taxonomy());
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("taxonomy line {line}")),
            "{text:?} → {message}"
        );
        assert!(message.contains(word), "{text:?} → {message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn there_is_a_most_of_topics() {
    let topics = |count: usize| {
        (0..count)
            .map(|index| format!("[[topic]]\nid = \"t{index}\"\nterms.en = [\"x\"]\n"))
            .collect::<String>()
    };
    assert_eq!(
        Taxonomy::from_toml(&topics(MAX_TOPICS))
            .unwrap()
            .topics
            .len(),
        MAX_TOPICS
    );
    let message = Taxonomy::from_toml(&topics(MAX_TOPICS + 1))
        .unwrap_err()
        .to_string();
    assert!(message.contains("more than 200 topics"), "{message}");
}

#[test]
fn care_holds_the_contact_reasons_in_every_language() {
    let care = Taxonomy::care().unwrap();
    assert_eq!(
        care.topics
            .iter()
            .map(|topic| topic.id.as_str())
            .collect::<Vec<_>>(),
        CARE
    );
    for topic in &care.topics {
        for (languages, least) in [
            (&[Language::En][..], 35),
            (&[Language::Cs][..], 35),
            (&[Language::ZhHans][..], 40),
            (&[Language::ZhHant][..], 10),
        ] {
            let terms = topic
                .terms
                .iter()
                .filter(|(language, ..)| languages.contains(language))
                .count();
            assert!(
                terms >= least,
                "{} has {terms} terms in {languages:?}",
                topic.id
            );
            let examples = topic
                .examples
                .iter()
                .filter(|(language, _)| languages.contains(language))
                .count();
            assert!(
                (3..=6).contains(&examples),
                "{} has {examples} examples in {languages:?}",
                topic.id
            );
            assert!(
                topic
                    .names
                    .iter()
                    .any(|(language, _)| languages.contains(language)),
                "{}",
                topic.id
            );
        }
    }
}

#[test]
fn no_term_proves_two_topics_of_care() {
    let care = Taxonomy::care().unwrap();
    let folder = Folder::new();
    let mut proving: BTreeMap<String, &str> = BTreeMap::new();
    let mut twice = Vec::new();
    for topic in &care.topics {
        for (_, text, _) in topic.terms.iter().filter(|(.., strength)| *strength == 3) {
            match proving.insert(folder.fold_term(text), &topic.id) {
                Some(first) if first != topic.id => {
                    twice.push(format!("{text:?} proves {first} and {}", topic.id))
                }
                _ => {}
            }
        }
    }
    assert!(twice.is_empty(), "{}", twice.join("\n"));
}

#[test]
fn care_compiles_into_a_lexicon() {
    let care = Taxonomy::care().unwrap();
    let lexicon = LexiconBuilder::new()
        .terms(&Folder::new(), care.to_terms())
        .build()
        .unwrap();
    assert_eq!(lexicon.len(), care.to_terms().count());
}

#[test]
fn labels_of_other_sets_map_onto_care() {
    let care = Taxonomy::care().unwrap();
    for (text, labels) in [
        (include_str!("../data/taxonomies/banking77.tsv"), 77),
        (include_str!("../data/taxonomies/clinc150.tsv"), 151),
    ] {
        let mut seen = std::collections::BTreeSet::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [label, topic, urgent] = fields[..] else {
                panic!("{line:?} has not three fields")
            };
            assert!(seen.insert(label), "{label} stands twice");
            let known = |topic: &str| care.index_of(topic).is_some();
            assert!(topic == "-" || topic.split(',').all(known), "{line:?}");
            assert!(matches!(urgent, "0" | "1"), "{line:?}");
        }
        assert_eq!(seen.len(), labels);
    }
}

#[test]
fn a_topic_is_called_by_its_id_or_a_name() {
    let text = "[[topic]]\nid = \"late\"\nname = { en = \"Late Flight\", cs = \"Zpoždění\" }\nthreshold = 0.35\nterms.en = [\"late\"]\n\
                [[topic]]\nid = \"bag\"\nterms.en = [\"bag\"]";
    let taxonomy = Taxonomy::from_toml(text).unwrap();
    for (label, topic) in [
        ("late", Some(0)),
        ("Late Flight", Some(0)),
        ("Zpoždění", Some(0)),
        ("bag", Some(1)),
        ("Bag", None),
    ] {
        assert_eq!(taxonomy.index_of_label(label), topic, "{label}");
    }
    assert_eq!(
        (
            taxonomy.topics[0].threshold(),
            taxonomy.topics[1].threshold()
        ),
        (0.35, 0.5)
    );
}

#[test]
fn the_taxonomies_of_public_sets_are_read_and_name_every_label() {
    for (text, topics, label) in [
        (
            include_str!("../data/taxonomies/airline_reason.toml"),
            10,
            "Customer Service Issue",
        ),
        (
            include_str!("../data/taxonomies/banking77.toml"),
            77,
            "Refund_not_showing_up",
        ),
        (
            include_str!("../data/taxonomies/toutiao_subset.toml"),
            15,
            "news_world",
        ),
    ] {
        let taxonomy = Taxonomy::from_toml(text).unwrap();
        assert_eq!(taxonomy.topics.len(), topics);
        assert!(taxonomy.index_of_label(label).is_some(), "{label}");
        assert!(
            taxonomy
                .topics
                .iter()
                .all(|topic| topic.names.len() == 1 && topic.examples.is_empty()),
            "{label}"
        );
        LexiconBuilder::new()
            .terms(&Folder::new(), taxonomy.to_terms())
            .build()
            .unwrap();
    }
}

/// A name that sounds bad is neither feeling nor harm, whatever lists and heads know of its words.
#[cfg(all(feature = "bundled-models", feature = "chinese"))]
#[test]
fn names_that_only_sound_bad_are_silent() {
    use hearken::triage::Polarity;
    use hearken::{Engine, Post};
    let toml = include_str!("../data/taxonomies/care.toml");
    let names = "[names]\nen = [\"Terror Crash\", \"War Zone\"]\ncs = [\"Hrůza a děs\"]\nzh-Hans = [\"爆炸之王\"]\n";
    let taxonomy = Taxonomy::from_toml(&format!("{names}\n{toml}")).unwrap();
    assert_eq!(taxonomy.names.len(), 4);
    let (plain, named) = (
        Engine::new().unwrap(),
        Engine::builder().taxonomy(taxonomy).build().unwrap(),
    );
    let (mut one, mut other) = (plain.scratch(), named.scratch());
    for text in [
        "Does Terror Crash run on older phones?",
        "Kdy vyjde Hrůza a děs?",
        "请问爆炸之王支持手柄吗",
    ] {
        let (before, after) = (
            plain.triage(&Post::new(text), &mut one),
            named.triage(&Post::new(text), &mut other),
        );
        assert!(
            after.sentiment.negative < before.sentiment.negative,
            "{text}: {before:?} {after:?}"
        );
        assert_eq!(
            after.sentiment.label,
            Polarity::Neutral,
            "{text}: {after:?}"
        );
        assert!(after.terms.is_empty(), "{text}: {after:?}");
        assert!(after.importance.score <= before.importance.score, "{text}");
        // Reasons still sum to the scores.
        for head in named.explain(&Post::new(text)).heads {
            assert_eq!(
                head.evidence.iter().map(|part| part.weight).sum::<i64>(),
                head.margin,
                "{text}"
            );
        }
    }
    // What is said of it counts as ever.
    let angry = named.triage(
        &Post::new("War Zone is terrible, I want my money back"),
        &mut other,
    );
    assert_eq!(angry.sentiment.label, Polarity::Negative);
    let wrong = Taxonomy::from_toml(&format!("[names]\nxx = [\"a\"]\n{toml}"))
        .unwrap_err()
        .to_string();
    assert!(
        wrong.starts_with("taxonomy line 2") && wrong.contains("is not a supported language"),
        "{wrong}"
    );
}
