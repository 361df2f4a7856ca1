//! Spam that hides: a message in disguise scores as it does in plain writing, and so does ham,
//! whoever writes it oddly. `cargo test --test disguise -- --nocapture` prints the shares by kind,
//! language and degree, and what moved most.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

#[path = "support/disguises.rs"]
mod disguises;
mod support;

use std::collections::BTreeMap;

use disguises::{Degree, Draw, Generator, KINDS, Kind};
use hearken::{Engine, Post, Scratch};
use serde::Deserialize;
use support::project;

/// How far a disguise may move a probability.
const TOLERANCE: f32 = 0.05;
/// How many disguises are made.
const PAIRS: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    /// Label, language, text.
    plain: Vec<[String; 3]>,
    /// A word and its variants.
    contact: Vec<Vec<String>>,
}

fn cases() -> Cases {
    toml::from_str(include_str!("cases/disguise.toml")).expect("the cases are TOML")
}

/// A disguise and what it hides.
struct Pair {
    /// The place of the plain message.
    plain: usize,
    kind: Kind,
    degree: Degree,
    hidden: String,
}

/// The same pairs at every run: each message meets every kind in turn.
fn pairs(cases: &Cases) -> Vec<Pair> {
    let simplified =
        std::fs::read_to_string(project("data/text/simplified.tsv")).expect("the table");
    let generator = Generator::new(cases.contact.clone(), &simplified);
    let mut draw = Draw::new(2026);
    let mut pairs: Vec<Pair> = Vec::new();
    let mut turn = 0;
    while pairs.len() < PAIRS {
        let plain = turn % cases.plain.len();
        let kind = KINDS[(turn / cases.plain.len() + plain) % KINDS.len()];
        turn += 1;
        let [_, language, text] = &cases.plain[plain];
        let degree = *draw.of(&[Degree::Word, Degree::Half, Degree::Whole]);
        // A message without a contact word or a Latin letter is hidden in another way.
        for kind in [
            kind,
            *draw.of(&[Kind::LookAlike, Kind::Spread, Kind::Mixed]),
            Kind::Spread,
        ] {
            if let Some(hidden) = generator.hide(text, language == "en", kind, degree, &mut draw) {
                pairs.push(Pair {
                    plain,
                    kind,
                    degree,
                    hidden,
                });
                break;
            }
        }
    }
    pairs
}

fn share(hits: usize, all: usize) -> f64 {
    hits as f64 / all.max(1) as f64
}

#[test]
fn the_cases_are_many_and_the_pairs_differ() {
    let cases = cases();
    assert!(cases.plain.len() >= 50);
    let ham = cases.plain.iter().filter(|case| case[0] == "ham").count();
    assert!(share(ham, cases.plain.len()) >= 0.3, "{ham} ham");
    let pairs = pairs(&cases);
    assert_eq!(pairs.len(), PAIRS);
    let distinct: std::collections::BTreeSet<&str> =
        pairs.iter().map(|pair| pair.hidden.as_str()).collect();
    assert!(
        distinct.len() >= PAIRS * 95 / 100,
        "{} distinct",
        distinct.len()
    );
    for kind in KINDS {
        assert!(
            pairs.iter().filter(|pair| pair.kind == kind).count() >= 25,
            "{kind:?}"
        );
    }
}

#[test]
fn a_disguise_moves_no_score() {
    let cases = cases();
    let engine = Engine::new().expect("the bundled models fit");
    let mut scratch = Scratch::default();
    let mut score = |text: &str| {
        engine
            .triage(&Post::new(text), &mut scratch)
            .spam
            .probability
    };
    let plain: Vec<f32> = cases.plain.iter().map(|case| score(&case[2])).collect();
    for (case, score) in cases.plain.iter().zip(&plain) {
        let wrong = (case[0] == "spam") != (*score >= 0.5);
        println!(
            "{} {score:.3} {} {}",
            if wrong { "WRONG" } else { "     " },
            case[1],
            case[2]
        );
    }
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut moved: Vec<(f32, String)> = Vec::new();
    for pair in pairs(&cases) {
        let [label, language, text] = &cases.plain[pair.plain];
        let (before, after) = (plain[pair.plain], score(&pair.hidden));
        let near = (after - before).abs() <= TOLERANCE;
        let (kind, degree) = (pair.kind, pair.degree);
        let of = [
            "all".to_string(),
            format!("kind {kind:?}"),
            format!("language {language}"),
            format!("label {label}"),
            format!("degree {degree:?}"),
            format!("{language} {kind:?}"),
        ];
        for group in of {
            let (hits, all) = groups.entry(group).or_default();
            (*hits, *all) = (*hits + usize::from(near), *all + 1);
        }
        if !near {
            let line = format!(
                "{label} {kind:?} {before:.3} to {after:.3}: {}\n      {text}",
                pair.hidden
            );
            moved.push(((after - before).abs(), line));
        }
    }
    moved.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, line) in &moved {
        println!("{line}");
    }
    for (group, (hits, all)) in &groups {
        println!(
            "{group}: {hits} of {all} within {TOLERANCE}, {:.3}",
            share(*hits, *all)
        );
    }
    let of = |group: &str| {
        groups
            .get(group)
            .map_or(0.0, |&(hits, all)| share(hits, all))
    };
    assert!(of("all") >= 0.98, "of all");
    for kind in KINDS {
        assert!(of(&format!("kind {kind:?}")) >= 0.95, "{kind:?}");
    }
    for language in ["en", "cs", "zh-Hans", "zh-Hant"] {
        assert!(of(&format!("language {language}")) >= 0.96, "{language}");
    }
    assert!(of("label ham") >= 0.96, "ham");
}
