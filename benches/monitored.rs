//! What monitoring costs: scoring with 5,000 monitored terms and 200 rules beside scoring without,
//! on one thread, and memory.

mod support;

use std::fmt::Write;

use hearken::internals::Folder;
use hearken::terms::Rules;
use hearken::{Engine, Post};
use support::{Board, Sample, criterion, samples};

/// Terms in all, over ten lists.
const TERMS: usize = 5000;
/// Rules, each on a list and on terms of its own.
const RULES: usize = 200;
const WITHOUT: &str = "triage, nothing monitored";

fn main() {
    let mut criterion = criterion();
    let samples = samples();
    let without = Engine::new().expect("what is bundled is sound");
    let monitoring = Engine::builder()
        .rules(rules(&samples))
        .build()
        .expect("the rules are sound");
    let agent = Engine::builder()
        .rules(Rules::agent().expect("is sound"))
        .build()
        .expect("the rules are sound");
    let megabytes = |engine: &Engine| engine.memory_usage() as f64 / 1e6;
    println!(
        "memory_usage {:.2} MB; {TERMS} terms and {RULES} rules {:+.2} MB; the bundled rules \
         {:+.2} MB",
        megabytes(&without),
        megabytes(&monitoring) - megabytes(&without),
        megabytes(&agent) - megabytes(&without),
    );
    let mut board = Board::default();
    for sample in &samples {
        let posts: Vec<Post<'_>> = sample
            .texts
            .iter()
            .map(|text| Post::new(text.as_str()))
            .collect();
        let size = (sample.posts(), sample.text_bytes());
        let mut group = criterion.benchmark_group("monitored");
        for (stage, engine) in [
            (WITHOUT, &without),
            ("triage, 5,000 terms", &monitoring),
            ("triage, bundled rules", &agent),
        ] {
            let mut scratch = engine.scratch();
            board.time(&mut group, stage, sample.language, true, size, || {
                posts
                    .iter()
                    .map(|post| 1 + engine.triage(post, &mut scratch).rules.len())
                    .sum()
            });
        }
        let mut scratch = monitoring.scratch();
        board.time(
            &mut group,
            "monitor, 5,000 terms",
            sample.language,
            true,
            size,
            || {
                posts
                    .iter()
                    .map(|post| 1 + monitoring.monitor(post, &mut scratch).rules.len())
                    .sum()
            },
        );
        let hits: usize = posts
            .iter()
            .map(|post| monitoring.monitor(post, &mut scratch).terms.len())
            .sum();
        println!(
            "{}: {:.2} monitored terms a post",
            sample.language,
            hits as f64 / posts.len() as f64
        );
    }
    criterion.final_summary();
    println!("{}", board.table(WITHOUT));
}

/// Terms that the posts really hold, words and pairs of them, and rules on them: harder than lists
/// of rare words.
fn rules(samples: &[Sample]) -> Rules {
    let folder = Folder::new();
    let mut terms: Vec<String> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for sample in samples {
        let mut left = TERMS / samples.len() + 1;
        for text in &sample.texts {
            let words: Vec<&str> = match sample.language {
                "Chinese" => text
                    .split(|character: char| !character.is_alphabetic())
                    .collect(),
                _ => text.split_whitespace().collect(),
            };
            // Every third word, and every third pair: some lists would hold them, others not.
            for pair in words.windows(2).step_by(3) {
                let term = match (sample.language, terms.len() % 2) {
                    ("Chinese", _) => pair[0].chars().take(2 + terms.len() % 3).collect(),
                    (_, 0) => pair[0].to_lowercase(),
                    _ => pair.join(" ").to_lowercase(),
                };
                let term: String = folder.fold_term(&term);
                let plain = term
                    .chars()
                    .all(|character| character.is_alphabetic() || character == ' ');
                if left > 0
                    && plain
                    && term.chars().count() > 1 + usize::from(term.is_ascii()) * 2
                    && seen.insert(term.clone())
                {
                    terms.push(term);
                    left -= 1;
                }
            }
        }
    }
    // Where the posts have too few, words of nobody.
    let invented = (0..).map(|number| format!("qx{number}zv"));
    let missing = TERMS.saturating_sub(terms.len());
    terms.extend(invented.take(missing));
    terms.truncate(TERMS);
    let mut lists = String::new();
    for (index, term) in terms.iter().enumerate() {
        let _ = writeln!(lists, "{term}\tlist-{}\t{}", index % 10, 1 + index / 10 % 3);
    }
    let mut toml = "lists = [\"lists.tsv\"]\n".to_owned();
    for rule in 0..RULES {
        let own = |turn: usize| &terms[(rule * 37 + turn * 11) % terms.len()];
        let _ = writeln!(
            toml,
            "[[rule]]\nid = \"rule-{rule}\"\nany = [\"list:list-{}\", {:?}]\nnear = {{ terms = \
             [{:?}, {:?}], within = 5 }}\nnot = [{:?}]",
            rule % 10,
            own(1),
            own(2),
            own(3),
            own(4),
        );
    }
    Rules::from_toml(&toml, &[("lists.tsv", &lists)]).expect("the rules are sound")
}
