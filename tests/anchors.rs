//! Anchors of the scale of importance: pairs of posts of which a care lead would sign that the one
//! comes before the other. `cargo test --test anchors -- --nocapture` prints the shares, and the
//! pairs that stand the other way round.
//!
//! The pairs were written apart from lists and training texts. Those of the part `tune` may be
//! looked at to mend the scale; the figure that counts is that of the part `held`.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

use std::collections::BTreeMap;

use hearken::{Engine, Post};

/// Least share of pairs in the right order, of the parts `tune` and `held`.
const FLOORS: [(&str, f64); 2] = [("tune", 0.78), ("held", 0.86)];

#[test]
fn what_is_graver_stands_before() {
    let engine = Engine::new().expect("the bundled models fit");
    let mut scratch = engine.scratch();
    let mut score = |text: &str| engine.triage(&Post::new(text), &mut scratch).importance;
    let mut shares: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for line in include_str!("cases/anchors.tsv").lines() {
        let &[language, kind, part, first, after] = line.split('\t').collect::<Vec<_>>().as_slice()
        else {
            panic!("{line}");
        };
        let (graver, lighter) = (score(first), score(after));
        let holds = graver.score > lighter.score;
        if !holds {
            println!(
                "{part} {language} {kind}: {} {first} | {} {after}",
                graver.score, lighter.score
            );
        }
        for key in [("all", part), (language, part), (kind, part)] {
            let (held, all) = shares.entry(key).or_default();
            *held += usize::from(holds);
            *all += 1;
        }
    }
    for ((of, part), (held, all)) in &shares {
        println!("{of}, {part}: {held} of {all}");
    }
    for (part, floor) in FLOORS {
        let (held, all) = shares[&("all", part)];
        assert!(held as f64 >= floor * all as f64, "{part}: {held} of {all}");
    }
}
