//! Training: the same data give the same bytes, 2 to 200 labels, and what was never seen is no
//! reason for certainty.
#![cfg(feature = "train")]

mod support;

use hearken::Engine;
use hearken::internals::{Entry, chi_squared, select};
use hearken::model::Model;
use hearken::train::{
    Evaluation, Example, FeatureCounts, Settings, TrainOptions, documents, evaluate, train,
};
use support::{HEADS, words};

/// Settings that need no search.
const FIXED: Settings = Settings {
    cost: 0.3,
    stretch: 0.5,
    smoothing: 1.0,
    naive_bayes: 0.0,
    balance: 0.0,
    pairs: 1.0,
    negated: 0.0,
    characters: 1.0,
    terms: 0.5,
    signals: 0.0,
    opinions: 0.0,
    fewest: 1,
    features: 400_000,
};

fn example(text: impl Into<String>, label: impl Into<String>) -> Example {
    Example {
        text: text.into(),
        label: label.into(),
        ..Example::default()
    }
}

fn options(task: &str, seed: u64, settings: Option<Settings>) -> TrainOptions {
    TrainOptions {
        task: task.into(),
        data: "invented".into(),
        licence: "MIT".into(),
        seed,
        settings,
        ..TrainOptions::default()
    }
}

fn trained(examples: &[Example], options: &TrainOptions) -> hearken::Result<Model> {
    train(examples, options, &mut |_, _| {})
}

/// Texts of one head of the tiny model: three words of their label, two that say nothing.
fn examples_of(head: usize, each: usize) -> Vec<Example> {
    let (_, labels) = HEADS[head];
    let mut examples = Vec::new();
    for turn in 0..each {
        for (label, name) in labels.iter().enumerate() {
            let words = words(head, label);
            let [a, b, c] = [turn, turn * 2 + 1, turn / 2 + 3].map(|at| &words[at % words.len()]);
            let [d, e] = [turn % 7, turn % 5]
                .map(|at| format!("lum{}", "aeiou".repeat(2).get(at..at + 3).unwrap()));
            // Every third text has a slip: the words of the next label once.
            let slip = support::words(head, (label + 1) % labels.len())[turn % 4].clone();
            let slip = if turn % 3 == 0 { slip } else { d.clone() };
            examples.push(example(format!("{d} {a} {b} {e} {c} {slip}"), *name));
        }
    }
    examples
}

fn tiny_from_scratch() -> Model {
    let heads = HEADS.iter().enumerate().map(|(head, (task, _))| {
        let signals = if *task == "urgency" { 0.1 } else { 0.0 };
        let settings = Settings {
            signals,
            fewest: 2,
            ..FIXED
        };
        let options = TrainOptions {
            most_features: 60,
            ..options(task, 7, Some(settings))
        };
        trained(&examples_of(head, 16), &options).unwrap()
    });
    Model::combine(heads.collect()).unwrap()
}

/// Writes the fixture of the format's present version: only when a person asks for it, for old ones
/// stay for ever.
#[test]
#[ignore = "writes the fixture; `HEARKEN_BLESS=1 cargo test --test train -- --ignored`"]
fn bless() {
    if std::env::var_os("HEARKEN_BLESS").is_some() {
        std::fs::write(
            support::project("tests/fixtures/tiny-v2.model"),
            tiny_from_scratch().to_bytes(),
        )
        .unwrap();
    }
}

#[test]
fn the_same_data_and_seed_give_the_same_bytes() {
    let examples = examples_of(0, 8);
    let first = trained(&examples, &options("a", 3, None))
        .unwrap()
        .to_bytes();
    assert_eq!(
        first,
        trained(&examples, &options("a", 3, None))
            .unwrap()
            .to_bytes()
    );
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let again = pool.install(|| {
            trained(&examples, &options("a", 3, None))
                .unwrap()
                .to_bytes()
        });
        assert!(first == again, "{threads} threads");
    }
    // The seed speaks: it is in the header, and the folds are others.
    assert!(
        first
            != trained(&examples, &options("a", 4, None))
                .unwrap()
                .to_bytes()
    );
}

#[test]
fn what_was_learnt_is_known_again() {
    for (head, (task, labels)) in HEADS.iter().enumerate() {
        let model = trained(&examples_of(head, 12), &options(task, 1, Some(FIXED))).unwrap();
        let engine = Engine::builder()
            .without_bundled_models()
            .model(model)
            .build()
            .unwrap();
        assert_eq!(engine.labels(task).unwrap(), *labels);
        let report = evaluate(&engine, task, &examples_of(head, 5)).unwrap();
        assert!(
            report.accuracy > 0.95 && report.macro_f1 > 0.95,
            "{task}: {report:?}"
        );
        assert_eq!(report.posts, labels.len() * 5);
        assert_eq!(
            report
                .classes
                .iter()
                .map(|class| class.label.as_str())
                .collect::<Vec<_>>(),
            *labels
        );
    }
}

fn many_labels(labels: usize) -> Vec<Example> {
    (0..labels * 2)
        .map(|at| {
            example(
                format!("w{:03}x v{}", at % labels, at / labels),
                format!("l{:03}", at % labels),
            )
        })
        .collect()
}

#[test]
fn two_to_two_hundred_labels() {
    for labels in [2, 200] {
        let examples = many_labels(labels);
        let model = trained(&examples, &options("many", 1, Some(FIXED))).unwrap();
        assert_eq!(model.heads()[0].labels.len(), labels);
        assert_eq!(model.heads()[0].lanes(), if labels == 2 { 1 } else { 200 });
        let read = Model::from_bytes(&model.to_bytes()).unwrap();
        assert!(read == model, "{labels} labels: not read as written");
        let engine = Engine::builder()
            .without_bundled_models()
            .model(model)
            .build()
            .unwrap();
        let report = evaluate(&engine, "many", &examples).unwrap();
        assert!(
            report.accuracy > 0.9,
            "{labels} labels: {}",
            report.accuracy
        );
    }
}

#[test]
fn what_can_not_train_is_said_in_one_sentence() {
    let same = vec![example("a b", "x"), example("c d", "x")];
    let cases: [(&[Example], &str); 3] = [
        (&[], "there is nothing to train on: give labelled lines"),
        (
            &same,
            "all lines have the label \"x\": training takes 2 to 200 labels",
        ),
        (
            &many_labels(201),
            "201 labels are too many: training takes 2 to 200; is it the right field?",
        ),
    ];
    for (examples, message) in cases {
        let error = trained(examples, &options("many", 1, Some(FIXED))).unwrap_err();
        assert!(error.is_training(), "{error:?}");
        assert_eq!(error.to_string(), message);
    }
    let engine = support::tiny();
    let error = evaluate(engine, "weather", &same).unwrap_err();
    assert!(error.is_training());
    assert_eq!(
        error.to_string(),
        "there is no head \"weather\"; there are sentiment, shape, spam, topic, urgency"
    );
    let error = evaluate(engine, "spam", &same).unwrap_err();
    assert!(
        error.is_training()
            && error
                .to_string()
                .contains("\"x\" is not one of the model's (ham, spam)"),
        "{error}"
    );
}

#[test]
fn empty_texts_train_and_are_answered() {
    let mut examples = examples_of(2, 8);
    examples.extend([
        example("", "ham"),
        example("  \n", "spam"),
        example("\u{200b}", "ham"),
    ]);
    for settings in [
        Some(FIXED),
        Some(Settings {
            signals: 0.1,
            ..FIXED
        }),
    ] {
        let model = trained(&examples, &options("spam", 1, settings)).unwrap();
        assert_eq!(Model::from_bytes(&model.to_bytes()).unwrap(), model);
    }
    // Nothing but empty texts: there is nothing to tell the labels by, and no panic.
    let nothing = vec![
        example("", "ham"),
        example("", "spam"),
        example("", "ham"),
        example("", "spam"),
    ];
    let model = trained(&nothing, &options("spam", 1, Some(FIXED))).unwrap();
    let engine = Engine::builder()
        .without_bundled_models()
        .model(model)
        .build()
        .unwrap();
    let found = engine
        .probabilities("spam", "anything at all", &mut engine.scratch())
        .to_vec();
    assert!(
        found.iter().all(|share| (0.2..=0.8).contains(share)),
        "{found:?}"
    );
    // One text of a label that is held out leaves a fold without it.
    let mut rare = examples_of(0, 6);
    rare.push(example("zyx", "solitary"));
    trained(&rare, &options("rare", 1, None)).unwrap();
}

#[test]
fn nothing_known_is_nothing_sure() {
    let unknown = ["ĝŭ ħĵ", "ⵣⴰⵎⴰⵣⵉⵖ", "0", "мш щъ", "ཨོཾ", "cjcj nwnw"];
    for (head, (task, _)) in HEADS.iter().enumerate() {
        let model = trained(&examples_of(head, 12), &options(task, 1, Some(FIXED))).unwrap();
        let engine = Engine::builder()
            .without_bundled_models()
            .model(model)
            .build()
            .unwrap();
        let mut scratch = engine.scratch();
        for text in unknown {
            let found = engine.probabilities(task, text, &mut scratch);
            assert!(
                found.iter().all(|share| *share < 0.9),
                "{task} of {text:?}: {found:?}"
            );
        }
    }
}

/// However rare a label is: of a text that is strange to the last letter nobody knows which it is.
#[test]
fn a_text_of_nothing_known_is_never_sure_whatever_is_usual() {
    let rare = |at: usize| {
        if at.is_multiple_of(25) {
            ("zorplafem zorplafox", "spam")
        } else {
            ("blikkridem yolvash", "ham")
        }
    };
    let examples: Vec<Example> = (0..250)
        .map(|at| example(format!("{} n{}", rare(at).0, at % 7), rare(at).1))
        .collect();
    let model = trained(&examples, &options("spam", 1, Some(FIXED))).unwrap();
    let engine = Engine::builder()
        .without_bundled_models()
        .model(model)
        .build()
        .unwrap();
    let mut scratch = engine.scratch();
    // What is usual is sure; what is strange is not.
    assert!(engine.probabilities("spam", "blikkridem yolvash n3", &mut scratch)[0] > 0.9);
    for text in ["ⵣⴰⵎⴰⵣⵉⵖ", "ཨོཾ", "მშვიდობა", "ĝŭĵ"] {
        let found = engine.probabilities("spam", text, &mut scratch);
        assert!(found.iter().all(|share| *share < 0.9), "{text}: {found:?}");
    }
}

#[test]
fn labels_of_none_of_these_are_found_by_their_name() {
    // Two labels in scope; what is out of scope has words of its own and some of theirs.
    let mut examples = Vec::new();
    for at in 0..240 {
        let (word, label) = [
            ("zorplaf", "order"),
            ("blikkrid", "refund"),
            ("quvfmun", "oos"),
        ][at % 3];
        let other = ["zorplaf", "blikkrid", "wexgoz", "yolvash"][(at / 3) % 4];
        examples.push(example(format!("{word} {other} n{}", at % 11), label));
    }
    let model = trained(&examples, &options("reason", 1, Some(FIXED))).unwrap();
    let calibration = &model.heads()[0].calibration;
    let labels = &model.heads()[0].labels;
    let none = labels.iter().position(|label| label == "oos").unwrap();
    assert_eq!(
        (calibration.decision.len(), calibration.thresholds.len()),
        (3, 3)
    );
    // It outweighs the others, so that doubt goes to it.
    assert!(
        calibration
            .decision
            .iter()
            .enumerate()
            .all(|(label, weight)| label == none || *weight <= calibration.decision[none])
    );
    assert!(
        calibration
            .thresholds
            .iter()
            .all(|threshold| (0.0..=0.5).contains(threshold))
    );
}

#[test]
fn chi_squared_by_hand_over_three_classes() {
    let feature = [
        Entry {
            hash: 1,
            class: 0,
            count: 8,
        },
        Entry {
            hash: 1,
            class: 1,
            count: 1,
        },
        Entry {
            hash: 1,
            class: 2,
            count: 1,
        },
    ];
    // Class 0 of 10 against the 20 others: the cells 8 and 2, 2 and 18.
    let (observed, expected) = (
        [8.0, 2.0, 2.0, 18.0],
        [10.0 / 3.0, 20.0 / 3.0, 20.0 / 3.0, 40.0 / 3.0],
    );
    let wanted: f64 = observed
        .iter()
        .zip(expected)
        .map(|(o, e): (&f64, f64)| (o - e).powi(2) / e)
        .sum();
    let found = chi_squared(&feature, &[10, 10, 10]);
    assert!((found - wanted).abs() < 1e-9, "{found} is not {wanted}");
    // What every text has tells nothing apart.
    let every = [0, 1].map(|class| Entry {
        hash: 1,
        class,
        count: 5,
    });
    assert_eq!(chi_squared(&every, &[5, 5]), 0.0);
}

#[test]
fn selection_keeps_the_telling_features_in_the_order_of_their_hashes() {
    let document = |hashes: &[u64]| documents::Document {
        features: hashes
            .iter()
            .map(|hash| (hash << 16, hearken::internals::hash::FeatureKind::Word, 1))
            .collect(),
        ..documents::Document::default()
    };
    // Hash 1 is everywhere, 2 tells class 0, 3 class 1, 4 is in one text only.
    let texts = [
        document(&[1, 2]),
        document(&[1, 2, 4]),
        document(&[1, 3]),
        document(&[1, 3]),
    ];
    let counts = FeatureCounts::from_documents(2, texts.iter().zip([0, 0, 1, 1]));
    let kept = |fewest, most| {
        select(&counts, fewest, most)
            .iter()
            .map(|found| found.hash >> 16)
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(1, 10), [1, 2, 3, 4]);
    assert_eq!(kept(2, 10), [1, 2, 3]);
    assert_eq!(kept(1, 2), [2, 3]);
    assert_eq!(kept(5, 10), [0; 0]);
    let texts = select(&counts, 1, 10)
        .iter()
        .map(|found| found.texts)
        .collect::<Vec<_>>();
    assert_eq!(texts, [4, 2, 2, 1]);
}

#[test]
fn figures_of_nothing_are_zero_and_no_panic() {
    let labels = ["a".to_string(), "b".to_string()];
    let report = Evaluation::new("t", &labels, &[]);
    assert_eq!(
        (
            report.posts,
            report.accuracy,
            report.macro_f1,
            report.calibration_error
        ),
        (0, 0.0, 0.0, 0.0)
    );
    // Indices beyond the labels are left out, not counted as wrong.
    let report = Evaluation::new("t", &labels, &[(0, 0, 1.0), (7, 0, 0.5), (0, 9, 0.5)]);
    assert_eq!((report.posts, report.accuracy), (1, 1.0));
    // Sure and right half the time: the error of calibration is a half.
    let report = Evaluation::new("t", &labels, &[(0, 0, 1.0), (1, 0, 1.0)]);
    assert!((report.calibration_error - 0.5).abs() < 1e-9);
}
