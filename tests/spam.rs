//! Spam and what is taken for it: posts of fourteen kinds in four scripts, written apart from all
//! that trains a head.
#![cfg(feature = "bundled-models")]

mod support;

use std::collections::BTreeMap;
use std::fs;

use hearken::triage::Verdict;
use hearken::{Engine, Post};

/// For each kind: most ham of a hundred that may be called spam, or least spam that must be found
/// (called spam or unsure, which a person decides).
const KINDS: [(&str, &str, usize); 14] = [
    ("ham", "comments", 8),
    ("ham", "greetings", 5),
    ("ham", "mid_case", 1),
    ("ham", "money_talk", 11),
    ("ham", "notices", 7),
    ("ham", "warnings", 10),
    ("spam", "comment_spam", 73),
    ("spam", "crypto", 76),
    ("spam", "disguised", 70),
    ("spam", "fake_jobs", 85),
    ("spam", "fake_support", 78),
    ("spam", "gambling", 85),
    ("spam", "loans", 85),
    ("spam", "phishing", 82),
];

struct Text {
    label: String,
    language: String,
    text: String,
}

fn texts(kind: &str) -> Vec<Text> {
    let path = support::project(&format!("tests/cases/spam/{kind}.tsv"));
    let read = fs::read_to_string(path).unwrap();
    let texts = read.lines().map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[label, language, text] = columns.as_slice() else {
            panic!("{kind}: {line}");
        };
        Text {
            label: label.to_owned(),
            language: language.to_owned(),
            text: text.replace("\\n", "\n"),
        }
    });
    texts.collect()
}

#[test]
fn kinds_of_spam_are_found_and_what_looks_like_them_is_not() {
    let engine = Engine::new().unwrap();
    let mut scratch = engine.scratch();
    let mut missed = Vec::new();
    for (label, kind, bound) in KINDS {
        let mut verdicts: BTreeMap<(String, Verdict), usize> = BTreeMap::new();
        let texts = texts(kind);
        assert_eq!(texts.len(), 100, "{kind}");
        for text in texts {
            assert_eq!(text.label, label, "{kind}: {}", text.text);
            let triage = engine.triage(&Post::new(text.text.as_str()), &mut scratch);
            *verdicts
                .entry((text.language, triage.spam.verdict))
                .or_default() += 1;
        }
        let count = |verdict: Verdict| -> usize {
            let of = verdicts.iter().filter(|((_, found), _)| *found == verdict);
            of.map(|(_, count)| count).sum()
        };
        let (spam, unsure) = (count(Verdict::Spam), count(Verdict::Unsure));
        println!("{label} {kind}: spam {spam}, unsure {unsure}; {verdicts:?}");
        let holds = match label {
            "ham" => spam <= bound,
            _ => spam + unsure >= bound,
        };
        if !holds {
            missed.push(kind);
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}

/// The same words from nowhere, and in a thread by a customer on record: there more evidence is
/// needed, and the reasons name it and add up.
#[test]
fn a_post_in_a_thread_needs_more_evidence() {
    let engine = Engine::new().unwrap();
    let mut scratch = engine.scratch();
    for kind in ["mid_case", "notices", "phishing"] {
        for text in texts(kind) {
            let alone = Post::new(text.text.as_str());
            let mut within = alone.clone();
            within.in_reply_to = Some("7".into());
            within.customer.id = Some("c1".into());
            let [alone, told] = [&alone, &within].map(|post| {
                let triage = engine.triage(post, &mut scratch);
                triage.spam.probability
            });
            assert!(told <= alone, "{}", text.text);
            let explained = engine.explain(&within);
            let spam = explained
                .heads
                .iter()
                .find(|head| head.head == "spam")
                .unwrap();
            let parts: i64 = spam.evidence.iter().map(|part| part.weight).sum();
            assert_eq!(parts, spam.margin, "{}", text.text);
            let context = |reason: &str| {
                let mut parts = spam.evidence.iter();
                parts.any(|part| part.kind == "context" && part.text == reason && part.weight < 0)
            };
            assert!(context("stands in a thread") && context("by a customer on record"));
        }
    }
}
