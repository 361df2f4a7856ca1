//! What the report counts of one post, and the counts that several sections share.

use std::sync::Arc;

use hearken::Post;
use hearken::desk::Answered;
use hearken::post::Segments;
use hearken::text::Language;
use hearken::triage::{Level, Polarity, Verdict};
use serde::{Deserialize, Serialize};

use crate::by::Figures;

/// Bytes of the name of a channel; longer ones are cut. A bound on the page, chosen by hand.
const MAX_CHANNEL: usize = 40;

/// How a post feels, as far as it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feeling {
    Negative,
    Neutral,
    Positive,
    /// Of a language that the head was not trained on.
    Unsaid,
}

/// What is counted of a post of a customer, once no campaign can change it any more.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) at: Option<i64>,
    pub(crate) channel: Option<String>,
    pub(crate) language: Language,
    pub(crate) spam: bool,
    pub(crate) feeling: Feeling,
    pub(crate) needs_answer: bool,
    pub(crate) level: Level,
    /// Indices into the taxonomy, each with its probability.
    pub(crate) topics: Vec<(usize, f32)>,
    pub(crate) segments: Segments,
    pub(crate) post: Arc<Post<'static>>,
}

impl Fact {
    pub(crate) fn of(answered: &Answered, post: &Arc<Post<'static>>) -> Fact {
        let triage = &answered.triage;
        let topics = triage.topics.as_slice().iter();
        Fact {
            at: post.created_at,
            channel: channel_of(post),
            language: triage.language,
            spam: triage.spam.verdict == Verdict::Spam,
            feeling: match triage.sentiment.label {
                _ if triage.silent.sentiment => Feeling::Unsaid,
                Polarity::Negative => Feeling::Negative,
                Polarity::Neutral => Feeling::Neutral,
                Polarity::Positive => Feeling::Positive,
            },
            needs_answer: triage.needs_answer(),
            level: triage.importance.level,
            topics: topics
                .map(|found| (usize::from(found.topic), found.probability))
                .collect(),
            segments: post.segments.clone(),
            post: post.clone(),
        }
    }
}

/// The channel of a post, as it is counted.
pub(crate) fn channel_of(post: &Post<'_>) -> Option<String> {
    let channel = post.channel.as_deref().map(str::trim);
    let cut = channel.map(|name| name.chars().take(MAX_CHANNEL).collect::<String>());
    cut.filter(|name| !name.is_empty())
}

/// What names a post: its identifier and its channel.
pub(crate) type Key = (String, Option<String>);

/// What names a post, if it has an identifier.
pub(crate) fn key_of(post: &Post<'_>) -> Option<Key> {
    let trimmed = |text: &str| text.trim().to_owned();
    let channel = post.channel.as_deref().map(trimmed);
    let id = post.id.as_deref().map(trimmed)?;
    Some((id, channel.filter(|channel| !channel.is_empty())))
}

/// Counts of the posts of a channel, a language, or a value of `--by`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Posts of customers, spam included.
    pub posts: u64,
    /// Those that are spam; all below is of the others.
    pub spam: u64,
    /// Those of negative sentiment.
    pub negative: u64,
    /// Those that need an answer.
    pub needs_answer: u64,
    /// Cases that wait for an answer.
    pub waiting: u64,
    /// Of these the ones that are overdue.
    pub overdue: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, fact: &Fact) {
        self.posts += 1;
        if fact.spam {
            self.spam += 1;
            return;
        }
        self.negative += u64::from(fact.feeling == Feeling::Negative);
        self.needs_answer += u64::from(fact.needs_answer);
    }

    /// Posts that are not spam.
    pub(crate) fn real(&self) -> u64 {
        self.posts.saturating_sub(self.spam)
    }
}

impl Figures for Counts {
    fn weight(&self) -> u64 {
        self.posts
    }

    fn merge(&mut self, other: &Counts) {
        // Taken apart by name, so that a new counter can't be forgotten here.
        let Counts {
            posts,
            spam,
            negative,
            needs_answer,
            waiting,
            overdue,
        } = other;
        self.posts += posts;
        self.spam += spam;
        self.negative += negative;
        self.needs_answer += needs_answer;
        self.waiting += waiting;
        self.overdue += overdue;
    }
}
