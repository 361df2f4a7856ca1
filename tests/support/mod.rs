//! What several tests share: a tiny engine, the words that it was trained on, the sample, and the
//! laws of an explanation.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use hearken::explain::{Explanation, Span};
use hearken::model::Model;
use hearken::{Engine, Observation, Post, Triage};

/// The model of `tests/fixtures`: five heads over invented words, of the present features.
pub(crate) const TINY: &[u8] = include_bytes!("../fixtures/tiny-v2.model");
/// The same of the first version of the features, which are not made any more.
pub(crate) const TINY_OF_OLD_FEATURES: &[u8] = include_bytes!("../fixtures/tiny-v1.model");

pub(crate) fn tiny_model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| Model::from_bytes(TINY).expect("the fixture is of the present features"))
}

/// An engine with the tiny model alone.
pub(crate) fn tiny() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        Engine::builder()
            .without_bundled_models()
            .model(tiny_model().clone())
            .build()
            .expect("the tiny model fits")
    })
}

/// A file of the crate with the checksum that its bytes should have, as a mistaken
/// writer would make.
pub(crate) fn with_true_checksum(mut file: Vec<u8>) -> Vec<u8> {
    file.truncate(file.len() - 8);
    let sum = hearken::internals::checksum(&file);
    file.extend_from_slice(&sum.to_le_bytes());
    file
}

/// The heads of the tiny model and their labels. The topics are some of the shipped taxonomy's.
pub(crate) const HEADS: [(&str, &[&str]); 5] = [
    ("sentiment", &["negative", "neutral", "positive"]),
    ("shape", &["cone", "cube", "disc", "knot", "ring"]),
    ("spam", &["ham", "spam"]),
    ("topic", &["delivery", "praise", "refund"]),
    ("urgency", &["calm", "urgent"]),
];

/// The invented words that speak for a label: no lexicon has them, so no lexicon changes what a
/// model says of them.
pub(crate) fn words(head: usize, label: usize) -> [String; 6] {
    const FIRST: [&str; 5] = ["zor", "blik", "quv", "wex", "yol"];
    const SECOND: [&str; 5] = ["plaf", "krid", "fmun", "goz", "vash"];
    const THIRD: [&str; 4] = ["em", "ox", "iz", "ub"];
    const HAN: [char; 10] = ['犇', '骉', '麤', '鱻', '羴', '猋', '灥', '龘', '靐', '齉'];
    let stem = format!("{}{}", FIRST[head], SECOND[label]);
    let han = [HAN[head * 2], HAN[label], HAN[(label + head) % 5 + 5]];
    let [a, b, c, d] = THIRD.map(|end| format!("{stem}{end}"));
    [a, b, c, d, han[..2].iter().collect(), han.iter().collect()]
}

/// The posts of `data/sample`, one line each.
pub(crate) fn sample() -> &'static [Post<'static>] {
    static POSTS: OnceLock<Vec<Post<'static>>> = OnceLock::new();
    POSTS.get_or_init(|| {
        let lines = std::fs::read_to_string(project("data/sample/posts.jsonl"))
            .expect("the sample is there");
        lines
            .lines()
            .map(|line| Post::from_json(line).expect("a post").into_owned())
            .collect()
    })
}

/// The engine with the bundled models.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new().expect("the bundled models fit"))
}

/// A post with what the bundled engine says of it.
pub(crate) type Read = (Post<'static>, Triage, Observation);

/// Posts as the bundled engine reads them.
pub(crate) fn read(posts: impl AsRef<[Post<'static>]>) -> Vec<Read> {
    engine().map_batch(posts.as_ref(), |engine, scratch, post| {
        let (triage, observation) = engine.observe(post, scratch);
        (post.clone(), triage, observation)
    })
}

/// The sample in order of events, as the bundled engine reads it.
pub(crate) fn observed() -> &'static [Read] {
    static OBSERVED: OnceLock<Vec<Read>> = OnceLock::new();
    OBSERVED.get_or_init(|| {
        let mut posts = sample().to_vec();
        posts.sort_by_key(|post| post.created_at);
        read(posts)
    })
}

/// A file of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The answers as they are written, a line each.
pub(crate) fn lines(engine: &Engine, posts: &[Post<'_>], answers: &[Triage]) -> String {
    assert_eq!(posts.len(), answers.len(), "as many answers as posts");
    let mut lines = String::new();
    for (post, triage) in posts.iter().zip(answers) {
        lines += &line(engine, post, triage);
        lines.push('\n');
    }
    lines
}

/// The line of an answer: the same whether it is built and written by serde or written at once.
pub(crate) fn line(engine: &Engine, post: &Post<'_>, triage: &Triage) -> String {
    let line = serde_json::to_string(&engine.answer(post, triage)).expect("an answer is JSON");
    let mut written = Vec::new();
    engine.write_answer(post, triage, &mut written);
    assert_eq!(String::from_utf8_lossy(&written), line);
    line
}

/// Asserts that an answer is the same line when it owns its names and when it was read back.
pub(crate) fn survives_its_line(answer: hearken::Answer<'_>) {
    let line = serde_json::to_string(&answer).expect("an answer is JSON");
    let owned: hearken::AnswerOwned = answer.into_owned();
    assert_eq!(serde_json::to_string(&owned).expect("JSON"), line);
    let read: hearken::AnswerOwned = serde_json::from_str(&line).expect("an answer is read back");
    assert_eq!(read, owned);
    assert_eq!(serde_json::to_string(&read).expect("JSON"), line);
}

/// What is wrong with the explanation of `post`; nothing if all laws hold.
pub(crate) fn faults(engine: &Engine, post: &Post<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut wrong = |what: String| faults.push(format!("{:?}: {what}", post.text));
    let triage = engine.triage(post, &mut engine.scratch());
    let Explanation {
        heads, importance, ..
    } = engine.explain(post);

    let mut spans: Vec<Span> = triage
        .terms
        .iter()
        .map(|term| Span {
            start: term.start,
            end: term.end,
        })
        .collect();
    let mut named: BTreeMap<(&str, &str), f32> = BTreeMap::new();
    for head in &heads {
        let sum: i64 = head.evidence.iter().map(|part| part.weight).sum();
        if sum != head.margin {
            wrong(format!(
                "{} {}: the evidence sums to {sum}, the margin is {}",
                head.head, head.label, head.margin
            ));
        }
        if !(0.0..=1.0).contains(&head.probability) {
            wrong(format!(
                "{} {}: probability {}",
                head.head, head.label, head.probability
            ));
        }
        spans.extend(
            head.evidence
                .iter()
                .flat_map(|part| part.spans.iter().copied()),
        );
        named.insert((&head.head, &head.label), head.probability);
    }
    let answer = engine.answer(post, &triage);
    for (head, label, probability) in [
        (
            "spam",
            "spam",
            answer.spam.as_ref().map_or(0.0, |spam| spam.probability),
        ),
        ("urgency", "urgent", answer.urgency.unwrap_or_default()),
    ] {
        if named
            .get(&(head, label))
            .is_some_and(|explained| *explained != probability)
        {
            wrong(format!(
                "{head} is answered with {probability} and explained with {:?}",
                named.get(&(head, label))
            ));
        }
    }
    for topic in &answer.topics {
        if named.get(&("topic", &*topic.id)) != Some(&topic.probability) {
            wrong(format!(
                "topic {} is answered with {} and not explained",
                topic.id, topic.probability
            ));
        }
    }

    let points: i32 = importance
        .parts
        .iter()
        .map(|part| i32::from(part.points))
        .sum();
    if points != i32::from(importance.score) {
        wrong(format!(
            "the parts sum to {points}, the score is {}",
            importance.score
        ));
    }
    let sum: i32 = triage
        .importance
        .parts
        .iter()
        .map(|points| i32::from(*points))
        .sum();
    if sum != i32::from(triage.importance.score) || importance.score != triage.importance.score {
        wrong(format!(
            "the answer's parts sum to {sum}, its score is {}",
            triage.importance.score
        ));
    }
    if importance.score > 100 || importance.level != triage.importance.level {
        wrong(format!(
            "score {}, level {:?}",
            importance.score, importance.level
        ));
    }
    spans.extend(
        importance
            .parts
            .iter()
            .flat_map(|part| part.spans.iter().copied()),
    );

    for Span { start, end } in spans {
        match post.text.get(start as usize..end as usize) {
            Some(place) if !place.is_empty() => {}
            _ => wrong(format!(
                "{start}..{end} is no place of {} bytes",
                post.text.len()
            )),
        }
    }

    let sentiment = triage.sentiment;
    let sum = sentiment.negative + sentiment.neutral + sentiment.positive;
    // A text without a token has no sentiment at all.
    if (sum - 1.0).abs() > 1e-5 && sum != 0.0 {
        wrong(format!("the sentiments' probabilities sum to {sum}"));
    }
    let topics = triage.topics.as_slice();
    let probabilities = [
        triage.spam.probability,
        triage.urgency,
        triage.language_probability,
    ];
    let probabilities = probabilities
        .into_iter()
        .chain(topics.iter().map(|topic| topic.probability));
    for probability in
        probabilities.chain([sentiment.negative, sentiment.neutral, sentiment.positive])
    {
        if !(0.0..=1.0).contains(&probability) {
            wrong(format!("a probability is {probability}"));
        }
    }
    if !topics.is_sorted_by(|a, b| a.probability >= b.probability) {
        wrong(format!("the topics are not in order: {topics:?}"));
    }
    let mut scratch = engine.scratch();
    for task in engine.tasks() {
        let probabilities = engine.probabilities(task, &post.text, &mut scratch);
        let sum: f32 = probabilities.iter().sum();
        if (sum - 1.0).abs() > 1e-4
            || probabilities
                .iter()
                .any(|share| !(0.0..=1.0).contains(share))
        {
            wrong(format!("the probabilities of {task} sum to {sum}"));
        }
    }
    faults
}
