//! A custom head: which team should answer? It is trained on labelled posts, judged on later ones,
//! and answers beside the bundled heads.
//!
//! `cargo run --release --features train --example own_head`

use std::fs::read_to_string;
use std::iter::zip;

use hearken::train::{Example, TrainOptions, evaluate, train};
use hearken::{Engine, Post};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Labelled rows. Here: the sample's posts, in order of time, and a team for each topic.
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample");
    let posts = read_to_string(format!("{sample}/posts.jsonl"))?;
    let labels = read_to_string(format!("{sample}/labels.tsv"))?;
    let mut rows = Vec::new();
    for (line, labels) in zip(posts.lines(), labels.lines().skip(1)) {
        let team = match labels.split('\t').nth(2) {
            Some("delivery" | "booking") => "logistics",
            Some("refund" | "payment" | "price") => "money",
            Some("app" | "account" | "outage" | "howto") => "technology",
            Some("quality" | "safety") => "product",
            _ => continue,
        };
        let (text, label) = (Post::from_json(line)?.text.into(), team.into());
        rows.push(Example {
            text,
            label,
            ..Example::default()
        });
    }

    // Earlier posts train, later ones judge: the figure says what to expect of tomorrow's posts.
    let (earlier, later) = rows.split_at(rows.len() * 2 / 3);
    let options = TrainOptions {
        task: "team".into(),
        ..TrainOptions::default()
    };
    let model = train(earlier, &options, &mut |_, _| {})?;
    // `model.to_bytes()` is for a file, `Model::from_bytes` for the service that loads it.
    let engine = Engine::builder().model(model).build()?;
    let found = evaluate(&engine, "team", later)?;
    println!("{} posts: macro F1 {:.2}", found.posts, found.macro_f1);
    for class in &found.classes {
        let (precision, recall) = (class.precision, class.recall);
        println!(
            "  {:10} precision {precision:.2}, recall {recall:.2}",
            class.label
        );
    }
    assert!(found.macro_f1 > 0.5); // four teams at random have a quarter

    let post = Post::new("You charged my card twice and I want the money back");
    let triage = engine.triage(&post, &mut engine.scratch());
    let answer = engine.answer(&post, &triage);
    println!("{} → {}", post.text, serde_json::to_string(&answer.heads)?);
    assert_eq!(answer.heads["team"].label.as_deref(), Some("money"));
    Ok(())
}
