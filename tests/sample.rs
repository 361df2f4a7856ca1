//! The sample, triaged with the bundled models: what a care team must find is found. The floors are
//! what was measured when they were written, less a margin; `cargo test --test sample --
//! --nocapture` prints the figures of today.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use hearken::Triage;
use hearken::importance::Level;
use hearken::triage::Verdict;
use support::{engine, faults, lines, project, sample, survives_its_line};

fn answers() -> &'static [Triage] {
    static ANSWERS: OnceLock<Vec<Triage>> = OnceLock::new();
    ANSWERS.get_or_init(|| engine().triage_batch(sample()))
}

/// What the author was meant to write.
struct Label {
    spam: bool,
    topic: Option<String>,
    sentiment: String,
    urgent: bool,
}

fn labels() -> Vec<Label> {
    let text = std::fs::read_to_string(project("data/sample/labels.tsv")).expect("labels");
    let labels: Vec<Label> = text
        .lines()
        .skip(1)
        .zip(sample())
        .map(|(line, post)| {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(Some(fields[0]), post.id.as_deref());
            Label {
                spam: fields[1] == "1",
                topic: (fields[2] != "-").then(|| fields[2].to_string()),
                sentiment: fields[3].to_string(),
                urgent: fields[4] == "1",
            }
        })
        .collect();
    assert_eq!(labels.len(), sample().len());
    labels
}

/// The places in the sample of the posts with each note.
fn hidden() -> BTreeMap<String, Vec<usize>> {
    let text = std::fs::read_to_string(project("data/sample/hidden.json")).expect("hidden");
    let ids: BTreeMap<String, BTreeSet<String>> = serde_json::from_str(&text).expect("notes");
    let place = |id: &str| {
        sample()
            .iter()
            .position(|post| post.id.as_deref() == Some(id))
            .expect("an id of the sample")
    };
    ids.into_iter()
        .map(|(note, ids)| (note, ids.iter().map(|id| place(id)).collect()))
        .collect()
}

fn share(hits: usize, all: usize) -> f64 {
    hits as f64 / all.max(1) as f64
}

/// The share of the posts with a note for which `holds`, printed.
fn share_of(note: &str, what: &str, holds: impl Fn(&Triage) -> bool) -> f64 {
    let places = &hidden()[note];
    let hits = places
        .iter()
        .filter(|place| holds(&answers()[**place]))
        .count();
    println!("{note}: {hits} of {} {what}", places.len());
    share(hits, places.len())
}

/// The place of a post among all of its day (UTC) by importance; ties count against it.
fn rank_of_day(place: usize) -> (usize, usize) {
    let day = |at: usize| {
        sample()[at]
            .created_at
            .map(|time| time.div_euclid(86_400_000))
    };
    let scores = (0..sample().len())
        .filter(|at| day(*at) == day(place))
        .map(|at| answers()[at].importance.score);
    let scores: Vec<u8> = scores.collect();
    (
        scores
            .iter()
            .filter(|score| **score >= answers()[place].importance.score)
            .count(),
        scores.len(),
    )
}

#[test]
fn the_glass_is_among_the_first_of_its_day() {
    let place = hidden()["glass"][0];
    let (rank, posts) = rank_of_day(place);
    let importance = answers()[place].importance;
    println!(
        "glass: score {}, {:?}, place {rank} of {posts}",
        importance.score, importance.level
    );
    assert!(share(rank, posts) <= 0.04, "place {rank} of {posts}");
    assert!(importance.level >= Level::High);
    assert!(!answers()[place].terms.is_empty());
}

#[test]
fn who_may_harm_themselves_is_seen() {
    for &place in &hidden()["self-harm"] {
        let (rank, posts) = rank_of_day(place);
        let importance = answers()[place].importance;
        println!(
            "self-harm: score {}, {:?}, place {rank} of {posts}",
            importance.score, importance.level
        );
        assert!(importance.level >= Level::High, "{}", sample()[place].text);
    }
}

#[test]
fn customers_are_not_called_spam() {
    let spam = |triage: &Triage| triage.spam.verdict == Verdict::Spam;
    for note in [
        "incident",
        "outage",
        "unanswered",
        "viral",
        "vip",
        "unauthorised",
        "legal",
    ] {
        assert!(
            share_of(note, "not spam", |triage| !spam(triage)) >= 0.95,
            "{note}"
        );
    }
    let labels = labels();
    let ham: Vec<usize> = (0..labels.len()).filter(|at| !labels[*at].spam).collect();
    let wrong = ham.iter().filter(|at| spam(&answers()[**at])).count();
    println!("of {} that are no spam, {wrong} are called so", ham.len());
    assert!(share(wrong, ham.len()) <= 0.01);
}

#[test]
fn spam_is_called_spam() {
    let spam = |triage: &Triage| triage.spam.verdict == Verdict::Spam;
    assert!(share_of("spam", "spam", spam) >= 0.6);
}

/// One offer in ever new words, the contact disguised: most of it is seen without its neighbours.
#[test]
fn most_of_a_disguised_campaign_is_called_spam() {
    assert!(
        share_of("campaign", "spam", |triage| triage.spam.verdict
            == Verdict::Spam)
            >= 0.5
    );
}

/// Who sees another's account, or lost money to a stranger, is not routine.
#[test]
fn lost_money_and_leaked_data_are_at_least_medium() {
    for note in ["unauthorised", "data-leak"] {
        assert!(
            share_of(note, "at least medium", |triage| triage.importance.level
                >= Level::Medium)
                >= 0.5,
            "{note}"
        );
    }
}

#[test]
fn urgent_matters_stand_above_routine() {
    let labels = labels();
    let mean = |urgent: bool| {
        let of = |at: &usize| !labels[*at].spam && labels[*at].urgent == urgent;
        let scores: Vec<f64> = (0..labels.len())
            .filter(of)
            .map(|at| f64::from(answers()[at].importance.score))
            .collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    };
    let (urgent, routine) = (mean(true), mean(false));
    println!("mean importance: urgent {urgent:.1}, routine {routine:.1}");
    assert!(urgent > routine + 12.0);
    for (note, floor) in [("legal", 0.85), ("press", 0.5)] {
        assert!(
            share_of(note, "at least medium", |triage| triage.importance.level
                >= Level::Medium)
                >= floor,
            "{note}"
        );
    }
}

#[test]
fn topics_and_sentiment_agree_with_the_labels() {
    let labels = labels();
    let topics = &engine().taxonomy().topics;
    let (mut with, mut first, mut any, mut without, mut none) = (0, 0, 0, 0, 0);
    let (mut right, mut mood) = (0, 0);
    let mut confusion: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (label, triage) in labels
        .iter()
        .zip(answers())
        .filter(|(label, _)| !label.spam)
    {
        let found: Vec<&str> = triage
            .topics
            .as_slice()
            .iter()
            .map(|found| topics[usize::from(found.topic)].id.as_str())
            .collect();
        match &label.topic {
            Some(topic) => {
                with += 1;
                first += usize::from(found.first() == Some(&topic.as_str()));
                any += usize::from(found.contains(&topic.as_str()));
            }
            None => {
                without += 1;
                none += usize::from(found.is_empty());
            }
        }
        mood += 1;
        let said = format!("{:?}", triage.sentiment.label).to_lowercase();
        right += usize::from(said == label.sentiment);
        *confusion.entry((&label.sentiment, said)).or_default() += 1;
    }
    println!(
        "topics: {first} of {with} first, {any} of {with} among those named; {none} of {without} rightly none"
    );
    println!("sentiment: {right} of {mood}; {confusion:?}");
    assert!(share(first, with) >= 0.45, "first");
    assert!(share(any, with) >= 0.55, "any");
    assert!(share(none, without) >= 0.65, "none");
    assert!(share(right, mood) >= 0.6, "sentiment");
}

#[test]
fn the_stated_language_is_found() {
    let mut right = 0;
    for (post, triage) in sample().iter().zip(answers()) {
        right += usize::from(post.lang.as_deref() == Some(triage.language.code()));
    }
    println!("language: {right} of {}", sample().len());
    assert!(share(right, sample().len()) >= 0.9);
}

#[test]
fn the_bundled_models_explain_every_point() {
    let faults: Vec<String> = sample()
        .iter()
        .step_by(3)
        .flat_map(|post| faults(engine(), post))
        .collect();
    assert!(
        faults.is_empty(),
        "{} faults, such as\n{}",
        faults.len(),
        faults[..faults.len().min(5)].join("\n")
    );
}

#[test]
fn the_bundled_models_give_the_same_bytes_on_three_threads() {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(3)
        .build()
        .expect("a pool");
    let again: Vec<Triage> = pool.install(|| {
        sample()
            .chunks(97)
            .flat_map(|posts| engine().triage_batch(posts))
            .collect()
    });
    assert!(lines(engine(), sample(), &again) == lines(engine(), sample(), answers()));
}

#[test]
fn every_answer_survives_its_line() {
    for (at, (post, triage)) in sample().iter().zip(answers()).enumerate() {
        let mut answer = engine().answer(post, triage);
        // An explanation takes a hundred times as long as the answer.
        if at % 20 == 0 {
            answer.explanation = Some(engine().explain(post));
        }
        survives_its_line(answer);
    }
}

#[test]
fn the_readme_shows_an_answer_of_today() {
    let page = std::fs::read_to_string(project("README.md")).expect("the README");
    let block = page.split("```json\n").nth(1).expect("an answer");
    let block = block.split("```").next().unwrap_or_default();
    let shown: serde_json::Value = serde_json::from_str(block).expect("JSON");
    let is_shown = |post: &&hearken::Post<'_>| post.id.as_deref() == shown["id"].as_str();
    let post = sample()
        .iter()
        .find(is_shown)
        .expect("a post of the sample");
    let mut line = Vec::new();
    engine().write_answer(
        post,
        &engine().triage(post, &mut engine().scratch()),
        &mut line,
    );
    let answer: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
    assert_eq!(shown, answer);
}
