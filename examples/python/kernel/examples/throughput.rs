//! The library alone over many texts, one a line of a file: what `throughput.py` compares with.

use hearken::{Engine, Post};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os()
        .nth(1)
        .ok_or("name a file of texts, one a line")?;
    let text = std::fs::read_to_string(path)?;
    let posts: Vec<Post<'_>> = text.lines().map(Post::new).collect();
    let engine = Engine::new()?;
    let answers = engine.triage_batch(&posts);
    let sum: u64 = answers
        .iter()
        .map(|answer| u64::from(answer.importance.score))
        .sum();
    println!("{sum}");
    Ok(())
}
