//! The answer for a post, and its reasons.

use std::cell::RefCell;
use std::sync::LazyLock;

use hearken::internals::checksum;
use hearken::{Engine, Post, Scratch};

use crate::frame::Frame;
use crate::script::Script;
use crate::{Outcome, Target, seeds};

/// A text, or a script of which each post is answered.
pub const TRIAGE: Target = Target {
    name: "triage",
    run: triage,
    frame: Frame::Plain,
    seeds: seeds::texts,
    tokens: super::fold::TOKENS,
};

/// An engine as users have it.
pub(super) static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new().expect("the bundled engine is sound"));

thread_local! {
    /// As in a service: what one text leaves in it must not change the answer for the next.
    static SCRATCH: RefCell<Scratch> = RefCell::new(ENGINE.scratch());
}

/// A text as a post by itself, and as one that a script makes of the same bytes.
///
/// Parts sum to the score, evidence to the margin; every span lies on characters of the text; what
/// is written without serde is what serde writes.
fn triage(data: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(data);
    SCRATCH.with_borrow_mut(|scratch| {
        if let Some(post) = Script::new(data).next() {
            check(&ENGINE, &post, scratch);
        }
        check(&ENGINE, &Post::new(&*text), scratch)
    })
}

/// Answers for a post and holds the answer to what is promised.
pub(super) fn check(engine: &Engine, post: &Post<'_>, scratch: &mut Scratch) -> Outcome {
    let (triage, _) = engine.observe(post, scratch);
    assert_eq!(triage, engine.triage(post, scratch), "a second answer");
    let parts: i16 = triage.importance.parts.iter().sum();
    assert_eq!(parts, i16::from(triage.importance.score), "parts don't sum");
    let answer = engine.answer(post, &triage);
    let by_serde = serde_json::to_vec(&answer).expect("an answer can be written");
    let mut written = Vec::new();
    engine.write_answer(post, &triage, &mut written);
    assert_eq!(
        String::from_utf8_lossy(written.trim_ascii_end()),
        String::from_utf8_lossy(&by_serde),
        "two forms of an answer"
    );
    // Reasons take ten times as long as an answer.
    if checksum(post.text.as_bytes()) % 8 == 0 {
        explained(engine, post, parts);
    }
    // What stands out in an answer, so that a text that comes to another one is kept.
    Outcome::Refused(format!(
        "{} {:?} {:?} {}",
        triage.language.code(),
        triage.importance.level,
        triage.sentiment.label,
        triage.topics.as_slice().len()
    ))
}

/// Explains an answer whose parts sum to `score`.
fn explained(engine: &Engine, post: &Post<'_>, score: i16) {
    let explanation = engine.explain(post);
    let points: i16 = explanation
        .importance
        .parts
        .iter()
        .map(|part| part.points)
        .sum();
    assert_eq!(points, score, "the reasons don't sum to the score");
    let spans = explanation
        .importance
        .parts
        .iter()
        .flat_map(|part| &part.spans);
    let spans = spans.chain(
        explanation
            .heads
            .iter()
            .flat_map(|head| &head.evidence)
            .flat_map(|evidence| &evidence.spans),
    );
    for span in spans {
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(
            post.text.get(start..end).is_some(),
            "{start}..{end} is no part of the text"
        );
    }
    for head in &explanation.heads {
        assert!(
            (0.0..=1.0).contains(&head.probability),
            "{}",
            head.probability
        );
        let sum: i64 = head.evidence.iter().map(|evidence| evidence.weight).sum();
        assert_eq!(
            sum, head.margin,
            "the evidence of {} doesn't sum",
            head.head
        );
    }
}
