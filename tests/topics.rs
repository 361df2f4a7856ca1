//! Topics: what a taxonomy and labelled texts reach together, several topics of a text, and a
//! threshold for each.
#![cfg(feature = "train")]

use hearken::taxonomy::Taxonomy;
use hearken::train::topics::fit_thresholds;
use hearken::train::{
    Example, TopicText, TrainOptions, evaluate_topics, topic_curve, train_topics,
};
use hearken::{Engine, Post};

/// Three topics over invented words; each text has two words of its topic, most of which the
/// taxonomy doesn't list.
const TOPICS: &str = r#"
[[topic]]
id = "late"
name = { en = "Late Train" }
terms.en = ["zorplaf", "blikkrid"]

[[topic]]
id = "bag"
terms.en = ["quvfmun", "wexgoz"]

[[topic]]
id = "seat"
terms.en = ["yolvash", "drimpek"]
"#;
const LABELS: [&str; 3] = ["Late Train", "bag", "seat"];
const WORDS: [[&str; 6]; 3] = [
    [
        "zorplaf", "blikkrid", "krentuv", "olmadis", "pivgorn", "tasquel",
    ],
    [
        "quvfmun", "wexgoz", "harbnil", "jentrop", "vuxolad", "mirzeth",
    ],
    [
        "yolvash", "drimpek", "sunkarv", "eblotin", "gwandus", "fophrel",
    ],
];
const FILLERS: [&str; 5] = ["today", "again", "station", "people", "morning"];

fn taxonomy() -> Taxonomy {
    Taxonomy::from_toml(TOPICS).unwrap()
}

/// The `turn`th text of a topic.
fn text(topic: usize, turn: usize) -> String {
    let words = WORDS[topic];
    format!(
        "{} {} {} {}",
        FILLERS[turn % 5],
        words[turn % 6],
        FILLERS[(turn / 5) % 5],
        words[(turn * 5 + 2 + turn / 6) % 6]
    )
}

fn examples(turns: std::ops::Range<usize>) -> Vec<Example> {
    turns
        .flat_map(|turn| (0..3).map(move |topic| (topic, turn)))
        .map(|(topic, turn)| Example {
            text: text(topic, turn),
            label: LABELS[topic].into(),
            ..Example::default()
        })
        .collect()
}

fn texts(turns: std::ops::Range<usize>) -> Vec<TopicText> {
    examples(turns).iter().map(TopicText::from).collect()
}

/// Texts of one topic, of two, and of none.
fn several(turns: std::ops::Range<usize>) -> Vec<TopicText> {
    let mut texts = texts(turns.clone());
    for turn in turns {
        let (one, other) = (turn % 3, (turn + 1) % 3);
        let labels = vec![LABELS[one].to_owned(), LABELS[other].to_owned()];
        texts.push(TopicText {
            text: format!("{} {}", text(one, turn), text(other, turn + 1)),
            labels,
            ..TopicText::default()
        });
        texts.push(TopicText {
            text: format!("{} {}", FILLERS[turn % 5], FILLERS[turn / 2 % 5]),
            ..TopicText::default()
        });
    }
    texts
}

fn engine(learn: &[TopicText]) -> Engine {
    engine_of(learn, &TrainOptions::default())
}

fn engine_of(learn: &[TopicText], options: &TrainOptions) -> Engine {
    let model = train_topics(&taxonomy(), learn, options, &mut |_, _| {}).unwrap();
    Engine::builder()
        .without_bundled_models()
        .taxonomy(taxonomy())
        .model(model)
        .build()
        .unwrap()
}

#[test]
fn a_taxonomy_answers_without_examples_and_examples_help_it() {
    let examples = examples(0..90);
    let (test, learn) = examples.split_at(120);
    let curve = topic_curve(&taxonomy(), learn, test, &[0, 5, 40], 3).unwrap();
    let [none, five, forty] = &curve.rows[..] else {
        panic!("{curve:?}")
    };
    // Two of six words are listed: some texts have none of them, and are given no topic.
    assert!(
        curve.terms.accuracy > 0.4 && curve.terms.answered < 0.8,
        "{curve:?}"
    );
    assert_eq!((none.texts, five.texts, forty.texts), (0, 15, 120));
    assert!(
        none.accuracy >= curve.terms.accuracy && none.without_accuracy.is_none(),
        "{none:?}"
    );
    assert!(
        five.accuracy > none.accuracy && five.accuracy > five.without_accuracy.unwrap(),
        "{curve:?}"
    );
    assert!(
        forty.accuracy > 0.99 && forty.accuracy >= forty.without_accuracy.unwrap(),
        "{forty:?}"
    );
    assert_eq!(
        topic_curve(&taxonomy(), learn, test, &[0, 5, 40], 3).unwrap(),
        curve,
        "the same seed, other figures"
    );
}

#[test]
fn the_same_texts_give_the_same_model_and_it_is_read_as_written() {
    let train = || {
        train_topics(
            &taxonomy(),
            &several(0..12),
            &TrainOptions::default(),
            &mut |_, _| {},
        )
        .unwrap()
    };
    let model = train();
    assert_eq!(train().to_bytes(), model.to_bytes());
    let head = &model.heads()[0];
    assert_eq!(head.labels, ["bag", "late", "none", "seat"]);
    assert!(
        head.stack
            .is_some_and(|stack| stack.is_sound() && stack.terms > 0.0 && stack.learnt > 0.0)
    );
    assert_eq!(
        hearken::model::Model::from_bytes(&model.to_bytes()).unwrap(),
        model
    );
}

/// The parts of a topic sum to its log-odds, also where a stack weighs them.
#[test]
fn stacked_parts_sum_to_the_log_odds() {
    let engine = engine(&texts(0..30));
    let post = Post::new("the zorplaf and the krentuv again");
    let explanation = engine.explain(&post);
    let topic = explanation
        .heads
        .iter()
        .find(|head| head.head == "topic")
        .expect("a topic is named");
    assert_eq!(topic.label, "late");
    assert!(
        topic.evidence.iter().any(|part| part.kind == "term"),
        "{topic:?}"
    );
    assert!(
        topic.evidence.iter().any(|part| part.kind == "model"),
        "{topic:?}"
    );
    assert_eq!(
        topic.evidence.iter().map(|part| part.weight).sum::<i64>(),
        topic.margin
    );
    // Nothing is read into nothing.
    let mut scratch = engine.scratch();
    assert!(
        engine
            .triage(&Post::new("  "), &mut scratch)
            .topics
            .as_slice()
            .is_empty()
    );
}

#[test]
fn several_topics_of_a_text_are_named_and_counted() {
    let engine = engine(&several(0..60));
    let test = several(60..90);
    let found = evaluate_topics(&engine, &test).unwrap();
    assert_eq!(found.best.posts, 90, "texts of one topic");
    assert!(found.micro_f1 > 0.9 && found.exact > 0.7, "{found:?}");
    let supports: Vec<u64> = found.topics.iter().map(|topic| topic.support).collect();
    assert_eq!(supports, [50, 50, 50]);
    // By hand, for one engine of terms alone: `late` is named where a text has one of
    // its two words.
    let terms = Engine::builder()
        .without_bundled_models()
        .taxonomy(taxonomy())
        .build()
        .unwrap();
    let one = |text: &str, labels: &[&str]| TopicText {
        text: text.into(),
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
        ..TopicText::default()
    };
    let test = [
        one("zorplaf today", &["late"]),
        one("zorplaf and quvfmun", &["late", "bag"]),
        one("wexgoz again", &["seat"]),
        one("people today", &[]),
        one("krentuv", &["Late Train"]),
    ];
    let found = evaluate_topics(&terms, &test).unwrap();
    let late = &found.topics[0];
    assert_eq!((late.precision, late.support), (1.0, 3));
    assert!(
        (late.recall - 2.0 / 3.0).abs() < 1e-12 && (late.f1 - 0.8).abs() < 1e-12,
        "{late:?}"
    );
    assert_eq!(
        (found.topics[1].precision, found.topics[1].recall),
        (0.5, 1.0)
    );
    // Three pairs of four given are right, of five that are so.
    assert!((found.micro_f1 - 6.0 / 9.0).abs() < 1e-12, "{found:?}");
    assert!(
        (found.macro_f1 - (0.8 + 2.0 / 3.0) / 3.0).abs() < 1e-12,
        "{found:?}"
    );
    assert!((found.exact - 0.6).abs() < 1e-12, "{found:?}");
}

/// Each of its topics has the text as a row; none of these rows may speak against the others.
#[test]
fn a_text_of_two_topics_speaks_against_neither() {
    let mut learn = several(0..40);
    learn.extend((0..40).map(|turn| TopicText {
        text: format!("{} mirvolk {}", FILLERS[turn % 5], FILLERS[turn / 5 % 5]),
        labels: vec!["late".to_owned(), "bag".to_owned()],
        ..TopicText::default()
    }));
    let engine = engine(&learn);
    let mut scratch = engine.scratch();
    let found = engine.topic_probabilities("people mirvolk again", &mut scratch);
    assert!(
        found[0] > 0.6 && found[1] > 0.6 && found[2] < 0.3,
        "{found:?}"
    );
}

/// The language of a word or two is never sure: only on a sentence of another language, that the
/// head never saw, it is silent.
#[test]
fn the_head_answers_short_texts_of_any_language() {
    let options = TrainOptions {
        languages: vec!["en".to_owned()],
        ..TrainOptions::default()
    };
    let engine = engine_of(&several(0..60), &options);
    let mut scratch = engine.scratch();
    let mut late = |text: &str| engine.topic_probabilities(text, &mut scratch)[0];
    for text in ["krentuv pivgorn", "krentuv"] {
        assert!(late(text) > 0.5, "{text}: {}", late(text));
    }
    let foreign = "Gestern ist der Zug wieder nicht gekommen, und niemand wusste warum: krentuv";
    assert!(late(foreign) < 0.2, "{}", late(foreign));
}

#[test]
fn a_threshold_is_each_topics_own() {
    let named = |text: &str, threshold: &str| {
        let toml = TOPICS.replacen("terms.en", &format!("{threshold}\nterms.en"), 1);
        let taxonomy = Taxonomy::from_toml(&toml).unwrap();
        let engine = Engine::builder()
            .without_bundled_models()
            .taxonomy(taxonomy)
            .build()
            .unwrap();
        let mut scratch = engine.scratch();
        let topics = engine.triage(&Post::new(text), &mut scratch).topics;
        topics
            .as_slice()
            .iter()
            .map(|found| usize::from(found.topic))
            .collect::<Vec<_>>()
    };
    // One plain term is just at the default threshold; the other topics keep theirs.
    let text = "zorplaf and quvfmun";
    assert_eq!(named(text, ""), [0, 1]);
    assert_eq!(named(text, "threshold = 0.6"), [1]);
    assert_eq!(named("people today", ""), Vec::<usize>::new());
    assert_eq!(named("people today", "threshold = 0.04"), [0]);
}

#[test]
fn fitted_thresholds_are_better_than_the_default_and_hold_on_other_texts() {
    let engine = engine(&several(0..6));
    let thresholds = fit_thresholds(&engine, &several(6..40)).unwrap();
    assert!(thresholds.iter().all(Option::is_some), "{thresholds:?}");
    let mut fitted = taxonomy();
    for (topic, threshold) in fitted.topics.iter_mut().zip(&thresholds) {
        topic.threshold = *threshold;
    }
    let model = train_topics(
        &taxonomy(),
        &several(0..6),
        &TrainOptions::default(),
        &mut |_, _| {},
    )
    .unwrap();
    let other = Engine::builder()
        .without_bundled_models()
        .taxonomy(fitted)
        .model(model)
        .build()
        .unwrap();
    for turns in [6..40, 40..90] {
        let (before, after) = (
            evaluate_topics(&engine, &several(turns.clone())).unwrap(),
            evaluate_topics(&other, &several(turns)).unwrap(),
        );
        assert!(
            after.macro_f1 >= before.macro_f1,
            "{} is below {}",
            after.macro_f1,
            before.macro_f1
        );
    }
    // A topic that hardly any text has keeps what it has.
    assert_eq!(
        fit_thresholds(&engine, &texts(0..1)).unwrap(),
        [None, None, None]
    );
}

#[test]
fn labels_that_are_no_topic_are_said() {
    let wrong = [TopicText {
        text: "zorplaf".into(),
        labels: vec!["luggage".into()],
        ..TopicText::default()
    }];
    let error = train_topics(
        &taxonomy(),
        &wrong,
        &TrainOptions::default(),
        &mut |_, _| {},
    )
    .unwrap_err();
    assert!(error.is_training());
    assert!(
        error
            .to_string()
            .starts_with("label \"luggage\" is not the id or name of a topic (late, bag, seat)"),
        "{error}"
    );
    let one = Taxonomy::from_toml("[[topic]]\nid = \"a\"\nterms.en = [\"x\"]").unwrap();
    let error = train_topics(&one, &[], &TrainOptions::default(), &mut |_, _| {}).unwrap_err();
    assert!(
        error.to_string().starts_with("there is only one topic"),
        "{error}"
    );
}
