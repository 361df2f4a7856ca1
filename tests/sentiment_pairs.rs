//! Minimal pairs of sentiment: two texts that differ in one phenomenon and so in their label. What
//! the bundled head does with each phenomenon is printed by `cargo test --test sentiment_pairs --
//! --nocapture`, as EVALUATION.md has it.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

#[path = "../examples/workshop/src/evaluate_all/pairs.rs"]
mod pairs;

use std::path::Path;

use hearken::Engine;
use pairs::{SCRIPTS, Score};

/// Of each script's pairs, those that must have both labels right, and those that must be in the
/// right order: what was measured when this was written, less one pair. Raise them when the head is
/// better; never lower them without saying why in the changelog.
const SCRIPT_FLOORS: [(&str, usize, usize); 4] = [
    ("en", 46, 70),
    ("cs", 42, 69),
    ("zh-Hans", 64, 73),
    ("zh-Hant", 61, 73),
];

/// The same of each phenomenon's pairs in all scripts.
const PHENOMENON_FLOORS: [(&str, usize, usize); 13] = [
    ("negation", 19, 25),
    ("double_negation", 9, 14),
    ("contrast", 21, 24),
    ("rhetorical_question", 14, 23),
    ("politeness", 16, 23),
    ("emoji", 20, 23),
    ("emoticon", 18, 21),
    ("intensifier", 15, 22),
    ("resolved_dissatisfied", 15, 19),
    ("brand_words", 17, 23),
    ("elongation_capitals", 16, 20),
    ("sarcasm_light", 12, 19),
    ("comparison", 15, 18),
];

/// The share of all pairs that must be in the right order.
const ORDERED: f64 = 0.94;

fn measured() -> Vec<(&'static str, Vec<Score>)> {
    let engine = Engine::new().expect("the bundled models fit");
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    SCRIPTS
        .map(|script| {
            (
                script,
                pairs::score(&engine, &pairs::read(project, script).expect("pairs")),
            )
        })
        .into()
}

#[test]
fn no_phenomenon_falls_below_its_floor() {
    let measured = measured();
    let (header, rows) = pairs::table(&measured);
    println!("both labels right · in order of all\n{}", header.join("\t"));
    rows.iter().for_each(|row| println!("{}", row.join("\t")));

    let mut faults = Vec::new();
    let mut hold = |name: &str, sum: Score, both: usize, ordered: usize| {
        println!("{name}: {} and {} of {}", sum.both, sum.ordered, sum.pairs);
        if sum.both < both || sum.ordered < ordered {
            faults.push(format!(
                "{name}: {} and {}, not {both} and {ordered}",
                sum.both, sum.ordered
            ));
        }
    };
    for (script, both, ordered) in SCRIPT_FLOORS {
        let (_, scores) = measured
            .iter()
            .find(|(name, _)| *name == script)
            .expect("a script with pairs");
        hold(script, pairs::all(scores), both, ordered);
    }
    for (phenomenon, both, ordered) in PHENOMENON_FLOORS {
        let scores = measured.iter().flat_map(|(_, scores)| scores);
        let of: Vec<Score> = scores
            .filter(|score| score.phenomenon == phenomenon)
            .cloned()
            .collect();
        hold(phenomenon, pairs::all(&of), both, ordered);
    }
    let every: Vec<Score> = measured
        .iter()
        .flat_map(|(_, scores)| scores)
        .cloned()
        .collect();
    let every = pairs::all(&every);
    let (ordered, both) = (
        every.ordered as f64 / every.pairs as f64,
        every.both as f64 / every.pairs as f64,
    );
    println!(
        "in order {ordered:.3}, both labels right {both:.3}, of {}",
        every.pairs
    );
    assert!(ordered >= ORDERED, "{ordered} of the pairs are in order");
    assert!(faults.is_empty(), "{}", faults.join("; "));
}

/// The files hold what the floors are stated for: every phenomenon in every script.
#[test]
fn every_script_has_every_phenomenon() {
    for (script, scores) in measured() {
        assert_eq!(pairs::all(&scores).pairs, 75, "{script}");
        for (phenomenon, ..) in PHENOMENON_FLOORS {
            let score = scores.iter().find(|score| score.phenomenon == phenomenon);
            assert!(
                score.is_some_and(|score| score.pairs >= 5),
                "{script}, {phenomenon}: {score:?}"
            );
        }
        assert_eq!(scores.len(), PHENOMENON_FLOORS.len(), "{script}");
    }
}
