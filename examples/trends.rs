//! What is rising: posts counted in panes of five minutes, alerts within a budget of false ones.
//!
//! `cargo run --release --example trends`

use hearken::text::Language;
use hearken::trend::{Alert, Settings, State, Trends, Watch, watch};
use hearken::{Engine, Post};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new()?;
    let mut trends = Trends::new(Settings::default())?;
    // At most one false alert a day is expected, over all topics, words and channels together.
    let mut watch = Watch::new(watch::Settings {
        budget: 1.0,
        ..watch::Settings::default()
    })?;

    let mut opened = Vec::new();
    let mut report = |alerts: Vec<Alert>| {
        for alert in alerts
            .into_iter()
            .filter(|alert| alert.state != State::Updated)
        {
            let sentence = alert.sentence(Language::En, engine.taxonomy());
            match alert.state {
                State::Closed => println!("over: {} {}", alert.id, alert.key),
                _ => println!("{}/10 {} {sentence}", alert.severity, alert.id),
            }
            if alert.state == State::Opened {
                // The posts to read first, and the words that tell what it is about.
                for note in &alert.evidence {
                    println!("     {:3} {} {}", note.score, note.id, note.text);
                }
                opened.push(alert);
            }
        }
    };

    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample/posts.jsonl");
    let mut scratch = engine.scratch();
    for line in std::fs::read_to_string(sample)?.lines() {
        let post = Post::from_json(line)?;
        let (triage, observation) = engine.observe(&post, &mut scratch);
        trends.observe(&engine, &post, &triage, &observation);
        report(watch.observe_published(&mut trends));
    }
    // No more posts come: what is still open is published too.
    report(watch.observe_rest(&mut trends));

    // The sample hides an incident and an outage in a town; the words name the town.
    assert!(
        opened
            .iter()
            .any(|alert| alert.drivers.iter().any(|word| word == "brodovice"))
    );
    Ok(())
}
