//! What is counted: the keys of the series.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Language;

/// Bytes of the longest name of a hashtag, term or channel that is kept.
const LONGEST: usize = 96;

/// A series of posts. Topics are kept by their identifiers, so that shards and later runs
/// name them alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// Every post.
    All,
    /// Every post that wants an answer.
    Complaints,
    /// Of a topic.
    Topic(Box<str>),
    /// Of a topic, and of negative sentiment.
    Complaint(Box<str>),
    /// Of a topic, and of positive sentiment.
    Praise(Box<str>),
    /// With a monitored term: `list:term`.
    Term(Box<str>),
    /// With a hashtag, folded, without its sign.
    Hashtag(Box<str>),
    /// In a language.
    Language(Box<str>),
    /// On a channel.
    Channel(Box<str>),
    /// With a word, pair of words or Chinese string that nobody listed.
    Emerging(Box<str>),
}

impl Key {
    pub(crate) fn topic(id: &str) -> Key {
        Key::Topic(cut(id))
    }

    pub(crate) fn complaint(id: &str) -> Key {
        Key::Complaint(cut(id))
    }

    pub(crate) fn praise(id: &str) -> Key {
        Key::Praise(cut(id))
    }

    pub(crate) fn term(list: &str, term: &str) -> Key {
        Key::Term(cut(&format!("{list}:{term}")))
    }

    pub(crate) fn hashtag(name: &str) -> Key {
        Key::Hashtag(cut(name))
    }

    pub(crate) fn language(language: Language) -> Key {
        Key::Language(cut(language.code()))
    }

    pub(crate) fn channel(name: &str) -> Key {
        Key::Channel(cut(name.trim()))
    }

    pub(crate) fn emerging(term: &str) -> Key {
        Key::Emerging(cut(term))
    }

    /// Whether anybody may invent such keys, so that there is no end of them.
    pub fn is_open(&self) -> bool {
        matches!(self, Key::Hashtag(_) | Key::Channel(_) | Key::Emerging(_))
    }

    /// The kind, as it stands before the name.
    pub fn kind(&self) -> &'static str {
        match self {
            Key::All => "all",
            Key::Complaints => "complaints",
            Key::Topic(_) => "topic",
            Key::Complaint(_) => "complaint",
            Key::Praise(_) => "praise",
            Key::Term(_) => "term",
            Key::Hashtag(_) => "hashtag",
            Key::Language(_) => "language",
            Key::Channel(_) => "channel",
            Key::Emerging(_) => "emerging",
        }
    }

    /// The name without the kind; `all` and `complaints` have none.
    pub fn name(&self) -> &str {
        match self {
            Key::All | Key::Complaints => "",
            Key::Topic(name)
            | Key::Complaint(name)
            | Key::Praise(name)
            | Key::Term(name)
            | Key::Hashtag(name)
            | Key::Language(name)
            | Key::Channel(name)
            | Key::Emerging(name) => name,
        }
    }
}

impl fmt::Display for Key {
    /// `topic:delivery`, `emerging:sorting line`, `all`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            key @ (Key::All | Key::Complaints) => f.write_str(key.kind()),
            key => write!(f, "{}:{}", key.kind(), key.name()),
        }
    }
}

fn cut(name: &str) -> Box<str> {
    let end = (0..=name.len().min(LONGEST))
        .rev()
        .find(|&end| name.is_char_boundary(end));
    name[..end.unwrap_or(0)].into()
}
