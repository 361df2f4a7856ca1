//! Own heads from few rows: opinions of the shipped heads, names of labels, and which texts to
//! label next.
#![cfg(all(feature = "train", feature = "bundled-models"))]

use hearken::model::Model;
use hearken::train::{Example, TrainOptions, next_to_label, predict, train};
use hearken::{Engine, Post};

/// Rows of two labels. No word of a complaint stands in the posts of `LATER`.
const ROWS: [(&str, &str); 8] = [
    ("the lamp broke after a day, awful", "angry"),
    ("worst kettle ever, I hate it", "angry"),
    ("the zip is broken and nobody cares", "angry"),
    ("terrible seats, never again", "angry"),
    ("the lamp shines wonderfully, thank you", "glad"),
    ("best kettle ever, I love it", "glad"),
    ("the zip glides perfectly, great work", "glad"),
    ("lovely seats, we will be back", "glad"),
];
const LATER: [(&str, &str); 8] = [
    ("my parcel got lost, what a disgrace", "angry"),
    ("useless support, I am furious", "angry"),
    ("this update ruined everything, disappointed", "angry"),
    ("rude staff and a filthy room", "angry"),
    ("so happy with how friendly your team was", "glad"),
    ("excellent service, highly recommended", "glad"),
    ("amazing, solved within minutes, kudos", "glad"),
    ("beautiful room and delicious breakfast", "glad"),
];

fn examples(rows: &[(&str, &str)]) -> Vec<Example> {
    let example = |&(text, label): &(&str, &str)| Example {
        text: text.to_owned(),
        label: label.to_owned(),
        ..Example::default()
    };
    rows.iter().map(example).collect()
}

fn trained(rows: &[(&str, &str)], task: &str, priors: bool) -> Model {
    let options = TrainOptions {
        task: task.to_owned(),
        priors,
        ..TrainOptions::default()
    };
    train(&examples(rows), &options, &mut |_, _| {}).expect("trains")
}

fn bare(model: Model) -> Engine {
    let builder = Engine::builder().without_bundled_models().model(model);
    builder.build().expect("builds")
}

#[test]
fn a_head_of_few_rows_knows_more_by_what_the_shipped_heads_say() {
    // No list tells these two apart, the later posts have other words, and the labels no names.
    let rows = [
        ("I was charged twice on my card", "1"),
        ("the invoice shows a wrong amount", "1"),
        ("you took the money two times", "1"),
        ("the parcel has not arrived", "2"),
        ("a courier left the box at another door", "2"),
        ("delivery is late again", "2"),
    ];
    let later = examples(&[
        ("an unexpected fee on our bill", "1"),
        ("why was this payment debited again", "1"),
        ("our shipment is still missing", "2"),
        ("where is that package, tracking stands still", "2"),
    ]);
    let sure = |priors| {
        let engine = bare(trained(&rows, "team", priors));
        let said = predict(&engine, "team", &later).expect("has its labels");
        said.iter().map(|of| of.of_truth).sum::<f32>() / said.len() as f32
    };
    let (with, without) = (sure(true), sure(false));
    assert!(with > without + 0.1, "{with}, {without} without");
}

#[test]
fn the_file_is_whole_and_reads_the_same() {
    let model = trained(&ROWS, "mood", true);
    let bytes = model.to_bytes();
    assert_eq!(bytes, trained(&ROWS, "mood", true).to_bytes());
    assert_eq!(Model::from_bytes(&bytes).expect("is a model"), model);
    // An older hearken would take the rows of opinions for its own: it must refuse the file.
    assert_eq!(bytes[8..12], 2u32.to_le_bytes());
    let alone = trained(&ROWS, "mood", false).to_bytes();
    assert_eq!(alone[8..12], 1u32.to_le_bytes());
    assert!(
        alone.len() * 20 < bytes.len(),
        "{} {}",
        alone.len(),
        bytes.len()
    );
    // A head of the opinions' own name stands beside them.
    let named = trained(&ROWS, "sentiment", true);
    let both = Model::combine(vec![named, model.clone()]).expect("have two names");
    assert_eq!(both.tasks().collect::<Vec<_>>(), ["sentiment", "mood"]);
    let mood = both.without(&["sentiment"]);
    assert_eq!(mood.heads(), model.heads());
    // Whatever stands beside it, it says the same.
    let later = examples(&LATER);
    let full = Engine::builder()
        .model(model.clone())
        .build()
        .expect("builds");
    let said = predict(&bare(model), "mood", &later).expect("has its labels");
    for engine in [full, bare(mood)] {
        assert_eq!(
            predict(&engine, "mood", &later).expect("has its labels"),
            said
        );
    }
}

#[test]
fn opinions_are_reasons_and_the_reasons_add_up() {
    let model = trained(&ROWS, "mood", true);
    let engine = Engine::builder().model(model).build().expect("builds");
    for (text, _) in LATER {
        let explained = engine.explain(&Post::new(text));
        let head = explained.heads.iter().find(|head| head.head == "mood");
        let head = head.expect("answers");
        let sum: i64 = head.evidence.iter().map(|part| part.weight).sum();
        assert_eq!(sum, head.margin, "{text}");
        let opinion = |of: &str| {
            let mut parts = head.evidence.iter();
            parts.any(|part| part.kind == "opinion" && part.text.starts_with(of))
        };
        assert!(opinion("sentiment: negative") && opinion("sentiment: positive"));
    }
}

#[test]
fn the_name_of_a_label_is_evidence() {
    // None of the rows has a word of its label's name.
    let rows = [
        ("my suitcase never arrived in the hall", "lost_luggage"),
        ("where are my things, the belt is empty", "lost_luggage"),
        ("we stood at the gate for hours", "late_flight"),
        ("boarding was pushed back once more", "late_flight"),
    ];
    let later = examples(&[
        ("luggage lost", "lost_luggage"),
        ("flight late", "late_flight"),
    ]);
    let of = |priors| {
        let engine = bare(trained(&rows, "reason", priors));
        let said = predict(&engine, "reason", &later).expect("has its labels");
        said.iter().map(|of| of.of_truth).fold(1.0, f32::min)
    };
    let (with, without) = (of(true), of(false));
    assert!(with > 0.5 && with > without, "{with}, {without} without");
}

#[test]
fn what_is_to_be_labelled_next_is_spread_over_the_labels_and_named_once() {
    let engine = bare(trained(&ROWS, "mood", false));
    // Two surely of one label, one between both, and one twice.
    let texts = [
        "awful, worst kettle, I hate it, never again",
        "awful, worst kettle, I hate it, never again",
        "the kettle",
        "best kettle ever, I love it, great work",
        "lovely lamp, thank you, great work",
    ];
    let named = next_to_label(&engine, "mood", &texts, 2).expect("there is a head");
    let mut given: Vec<usize> = named.iter().map(|candidate| candidate.given).collect();
    given.sort_unstable();
    assert_eq!(given, [0, 1], "{named:?}");
    let all = next_to_label(&engine, "mood", &texts, 10).expect("there is a head");
    let mut indices: Vec<usize> = all.iter().map(|candidate| candidate.index).collect();
    indices.sort_unstable();
    assert_eq!(indices, [0, 2, 3, 4]);
    // Of a label's texts the least sure comes first.
    let of_first = |label| all.iter().find(|candidate| candidate.given == label);
    for label in [0, 1] {
        let least = all.iter().filter(|candidate| candidate.given == label);
        let least = least
            .map(|candidate| candidate.probability)
            .fold(1.0, f32::min);
        assert_eq!(of_first(label).map(|first| first.probability), Some(least));
    }
    assert!(next_to_label(&engine, "other", &texts, 1).is_err_and(|error| error.is_training()));
    assert_eq!(next_to_label(&engine, "mood", &[], 3).expect("is fine"), []);
}
