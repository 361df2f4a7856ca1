//! The everyday of care teams is no spam: numbers, links to the brand's own site, telephone numbers
//! left in a complaint. `cargo test --test everyday -- --nocapture` prints what is called so, and
//! what comes near.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

use std::collections::BTreeMap;

use hearken::triage::Verdict;
use hearken::{Engine, Post, Scratch};

fn posts() -> BTreeMap<String, Vec<String>> {
    toml::from_str(include_str!("cases/everyday.toml")).expect("the cases are TOML")
}

#[test]
fn everyday_posts_are_not_called_spam() {
    let engine = Engine::new().expect("the bundled models fit");
    let (posts, mut scratch) = (posts(), Scratch::default());
    let (mut all, mut wrong, mut lost) = (0, 0, Vec::new());
    for (group, texts) in &posts {
        let (mut called, mut unsure) = (0, 0);
        for text in texts {
            let spam = engine.triage(&Post::new(text.as_str()), &mut scratch).spam;
            if spam.verdict != Verdict::Ham {
                println!("{:?} {:.3} {group}: {text}", spam.verdict, spam.probability);
            }
            unsure += usize::from(spam.verdict == Verdict::Unsure);
            if spam.verdict == Verdict::Spam {
                called += 1;
                if group == "critical" {
                    lost.push(text);
                }
            }
        }
        println!(
            "{group}: of {}, {called} are called spam, {unsure} unsure",
            texts.len()
        );
        (all, wrong) = (all + texts.len(), wrong + called);
    }
    assert!(all >= 120, "only {all} posts");
    assert!(lost.is_empty(), "critical posts are called spam: {lost:?}");
    assert!(wrong * 100 <= all * 3, "{wrong} of {all} are called spam");
}
