//! A masked text is scored as the text that it stands for.

use hearken::internals::Random;
use hearken::mask::{Masker, Thread};
use hearken::{Engine, Post, Triage};

#[path = "support/personal.rs"]
mod personal;

use personal::{SPELLINGS, planted};

/// Points of importance that masking may move a post by.
const TOLERANCE: u8 = 3;

fn sample() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample/posts.jsonl");
    std::fs::read_to_string(path).expect("the sample")
}

/// The answers before and after masking; none where nothing is masked.
fn both(engine: &Engine, post: &Post<'_>) -> Option<(Triage, Triage, String)> {
    let mut scratch = engine.scratch();
    let masked = Masker::new()
        .mask_post(post, &mut Thread::default())
        .into_text();
    if masked == post.text {
        return None;
    }
    let mut after = post.clone();
    after.text = masked.clone();
    let (before, after) = (
        engine.triage(post, &mut scratch),
        engine.triage(&after, &mut scratch),
    );
    Some((before, after, masked.into_owned()))
}

#[test]
fn the_sample_is_scored_alike() {
    let engine = Engine::new().expect("an engine");
    let (mut posts, mut masked, mut moved, mut verdicts) = (0, 0, 0, 0);
    let (mut most, mut far) = (0, 0);
    for line in sample().lines() {
        let post = Post::from_json(line).expect("a post");
        posts += 1;
        let Some((before, after, text)) = both(&engine, &post) else {
            continue;
        };
        masked += 1;
        let move_by = before.importance.score.abs_diff(after.importance.score);
        moved += u32::from(move_by > 0);
        verdicts += u32::from(before.spam.verdict != after.spam.verdict);
        most = most.max(move_by);
        far += u32::from(move_by > TOLERANCE);
        if move_by > TOLERANCE || before.spam.verdict != after.spam.verdict {
            println!(
                "{} -> {} {:?} -> {:?}: {} -> {text}",
                before.importance.score,
                after.importance.score,
                before.spam.verdict,
                after.spam.verdict,
                post.text
            );
        }
    }
    println!(
        "{posts} posts, {masked} masked, {moved} moved, by {most} at most, {verdicts} with another verdict"
    );
    // Two names are made of words that weigh (`someone_else`, `rich_mimi88`).
    assert!(masked > 20 && far <= 2 && most <= 8 && verdicts <= 1);
}

#[test]
fn planted_values_are_scored_alike() {
    let engine = Engine::new().expect("an engine");
    let mut random = Random::new(31);
    let (mut texts, mut far) = (0, 0);
    for line in include_str!("cases/mask.tsv")
        .lines()
        .filter(|line| !line.starts_with(['#', 'k']))
    {
        let fields: Vec<&str> = line.splitn(4, '\t').collect();
        let [_, script, kind, carrier] = fields[..] else {
            panic!("four fields: {line}")
        };
        for spelling in &SPELLINGS[..2] {
            let (value, author) = planted(&mut random, kind, script, carrier, spelling);
            let mut post = Post::new(carrier.replace("{}", &value));
            post.author.name = author.map(Into::into);
            let Some((before, after, text)) = both(&engine, &post) else {
                continue;
            };
            texts += 1;
            if before.importance.score.abs_diff(after.importance.score) > TOLERANCE {
                far += 1;
                println!(
                    "{} -> {}: {} -> {text}",
                    before.importance.score, after.importance.score, post.text
                );
            }
        }
    }
    println!("{texts} texts, {far} moved by more than {TOLERANCE}");
    // A bare number that only masking takes for a telephone was a long number before.
    assert!(far * 5 <= texts, "{far} of {texts}");
}
