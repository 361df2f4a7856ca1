//! The bundled rules on agents' replies: how many faults of invented replies they find, and what
//! else they take for one.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

use std::collections::{BTreeMap, BTreeSet};

use hearken::post::Role;
use hearken::terms::Rules;
use hearken::{Engine, Post};

/// Least precision and recall of each language: what is reached, so that it can't fall unseen.
const FLOORS: [(&str, f64, f64); 4] = [
    ("cs", 1.0, 0.89),
    ("en", 1.0, 0.92),
    ("zh-Hans", 1.0, 0.89),
    ("zh-Hant", 1.0, 0.86),
];

#[test]
fn faults_are_found_and_little_else() {
    let engine = Engine::builder()
        .without_bundled_models()
        .rules(Rules::agent().unwrap())
        .build()
        .unwrap();
    let mut scratch = engine.scratch();
    let mut figures: BTreeMap<&str, (u32, u32, u32, u32)> = BTreeMap::new();
    let mut wrong = String::new();
    for line in include_str!("cases/agent_replies.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let [language, expected, text] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let expected: BTreeSet<&str> = expected.split(',').filter(|rule| *rule != "-").collect();
        assert!(
            expected
                .iter()
                .all(|id| (0..4).any(|rule| engine.rules().id(rule) == Some(id))),
            "{line}"
        );
        let post = Post {
            role: Role::Agent,
            ..Post::new(text)
        };
        let monitored = engine.monitor(&post, &mut scratch);
        let found: BTreeSet<&str> = monitored
            .rules
            .iter()
            .filter_map(|hit| engine.rules().id(usize::from(hit.rule)))
            .collect();
        let (right, false_hits, missed, replies) = figures.entry(language).or_default();
        *right += found.intersection(&expected).count() as u32;
        *false_hits += found.difference(&expected).count() as u32;
        *missed += expected.difference(&found).count() as u32;
        *replies += 1;
        if found != expected {
            wrong += &format!("{language}: {found:?}, not {expected:?}: {text}\n");
        }
        // A customer may say all of it.
        assert_eq!(
            engine.monitor(&Post::new(text), &mut scratch),
            Default::default(),
            "{text}"
        );
    }
    for (language, precision, recall) in FLOORS {
        let (right, false_hits, missed, replies) = figures[language];
        let share = |other: u32| f64::from(right) / f64::from(right + other);
        let reached = (share(false_hits), share(missed));
        println!(
            "{language}: {replies} replies, precision {:.3}, recall {:.3}",
            reached.0, reached.1
        );
        assert!(
            replies >= 60 && reached.0 >= precision && reached.1 >= recall,
            "{language} {reached:?}\n{wrong}"
        );
    }
    println!("{wrong}");
}

#[test]
fn there_are_enough_terms_in_each_language() {
    let lines = include_str!("../data/terms/agent.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in lines.skip(1) {
        *counts.entry(line.rsplit('\t').next().unwrap()).or_default() += 1;
    }
    assert!(
        counts.len() == 3 && counts.values().all(|count| *count >= 40),
        "{counts:?}"
    );
}
