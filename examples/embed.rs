//! A service's view: one engine for the process, one scratch a worker, answers as values
//! or as JSON.
//!
//! `cargo run --release --example embed`

use hearken::post::Customer;
use hearken::triage::Verdict;
use hearken::{Engine, EngineBuilder, Post};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Built once, when the service starts; clones share everything. User words keep a brand whole
    // for the segmenter.
    let engine: Engine = EngineBuilder::default().add_words(["星云优选"]).build()?;

    // What came in since the last look: lines of JSON, or posts made from your own records.
    let line = r#"{"id":"7","text":"Where is my parcel? Third week, nobody answers!","author":{"followers":5400}}"#;
    let mut posts = vec![Post::from_json(line)?];
    posts.push(Post {
        id: Some("8".into()),
        text: "星云优选的充电宝冒烟着火了，孩子差点受伤！".into(),
        customer: Customer {
            tier: Some("gold".into()),
            ..Customer::default()
        },
        ..Post::default()
    });
    posts.push(Post::new("Děkuji, všechno přišlo včas a v pořádku 👍"));

    // A batch goes over all cores; the answers come in the order of the posts.
    let answers = engine.triage_batch(&posts);
    let mut queue: Vec<_> = posts
        .iter()
        .zip(&answers)
        .filter(|(_, t)| t.spam.verdict != Verdict::Spam)
        .collect();
    queue.sort_by_key(|(_, triage)| std::cmp::Reverse(triage.importance.score));
    for (post, triage) in &queue {
        println!(
            "{:>3} {:?} {}",
            triage.importance.score, triage.importance.level, post.text
        );
        println!(
            "    {}",
            serde_json::to_string(&engine.answer(post, triage))?
        );
    }

    // Why the first is first: the parts sum to the score, and name the words behind them.
    if let Some((post, triage)) = queue.first() {
        let mut score = 0;
        for part in engine.explain(post).importance.parts {
            println!("{:>+4} {}: {}", part.points, part.name, part.reason);
            score += part.points;
        }
        assert_eq!(score, i16::from(triage.importance.score));
        assert_eq!(post.id.as_deref(), Some("8"));
    }
    Ok(())
}
