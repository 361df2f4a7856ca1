//! A service around a desk: posts come in as lines of JSON; revisions of earlier answers and alerts
//! go out as they happen, and at the end what to answer next.
//!
//! `cargo run --release --example desk` reads the sample, `… --example desk FILE` another file.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::Duration;

use hearken::desk::{Desk, Outcome, Settings};
use hearken::text::Language;
use hearken::{Engine, Post};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample/posts.jsonl");
    let path = std::env::args().nth(1).unwrap_or(sample.into());
    let posts = BufReader::new(File::open(path)?);
    let mut desk = serve(&Engine::new()?, posts, 5, |line| println!("{line}"))?;

    // An answered case leaves the queue. This is the time of the last post; services have a clock.
    let now = desk.queue().and_then(|queue| queue.watermark());
    if let (Some(now), [first, second, ..]) = (now, &desk.next(2)[..]) {
        assert!(desk.answered(&first.post, now) > 0);
        assert_eq!(desk.next(1)[0].post, second.post);
    }
    Ok(())
}

/// Reads `posts` to their end, gives `say` each line that goes out, the first `count` cases of the
/// queue last, and returns the desk.
pub fn serve(
    engine: &Engine,
    posts: impl BufRead,
    count: usize,
    mut say: impl FnMut(Value),
) -> Result<Desk, Box<dyn Error>> {
    let mut settings = Settings::for_engine(engine)?;
    // Posts may come ten minutes out of order, and each answer waits for that long.
    settings.lateness = Some(Duration::from_secs(600));
    let mut desk = Desk::new(engine, settings)?;
    let mut tell = |outcome| match outcome {
        Outcome::Revision(revision) => say(json!({"revision": revision})),
        Outcome::Alert(alert) => {
            let sentence = alert.sentence(Language::En, engine.taxonomy());
            say(json!({"alert": alert, "sentence": sentence}));
        }
        _ => {} // answers, and what became of a post in the queue
    };
    for line in posts.lines() {
        let outcomes = desk.observe(&Post::from_json(&line?)?);
        outcomes.into_iter().for_each(&mut tell);
    }
    desk.finish().into_iter().for_each(&mut tell);
    for place in desk.next(count) {
        say(json!({"next": place}));
    }
    Ok(desk)
}
