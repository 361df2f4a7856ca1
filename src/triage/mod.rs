//! The answer: what a post is, in a small value, and its form as a line of JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub mod explanation;
mod importance;
pub mod revision;

pub use crate::feature::{Accident, Notice};
pub use crate::terms::{RuleHit, TermSpan, TermSpans};
use crate::text::Language;
use crate::{Error, Result};
pub use importance::{Importance, Level, Part};

/// Most topics that one post is given; the most probable ones are kept. A bound, chosen by
/// hand; not tuned.
pub const MAX_TOPICS: usize = 4;

/// The probability of spam from which on a post is suspected: its verdict is
/// no longer [`Verdict::Ham`].
///
/// Chosen by hand; not tuned. `[spam] from` in `data/importance.toml`, from which on points are
/// taken off, has the same value, and an embedder's own weights may set that one apart.
pub(crate) const SUSPECTED: f32 = 0.5;

/// The probability of negative sentiment from which on a post feels bad: more likely than not.
const BAD_FEELING: f32 = 0.5;

/// The probability of negative sentiment from which on a post may be a complaint, so that it needs
/// an answer: complaints in plain words look neutral. Tried on the sample's labels from 0.2 to 0.4:
/// at 0.25, 96 of 257 missed complaints are found for 31 posts that complain of nothing; one that
/// waits unseen costs more than a look.
const MAY_FEEL_BAD: f32 = 0.25;

/// The probability of urgency from which on a post needs an answer: more likely than not.
const URGENT: f32 = 0.5;

/// The points of [`Part::NeedsAnswer`] from which on a post wants an answer: those of a
/// question mark in `data/importance.toml`, so that a question, a request or a mention of the
/// brand is enough.
const ASKS: i16 = 4;

/// The points of [`Part::Harm`] from which on a post wants an answer: those of a topic of the least
/// harm, named with certainty, in `data/importance.toml`.
const HARMS: i16 = 7;

/// A probability as answers have it: three decimals, which is what a reader can use, and the same
/// text on every machine.
pub fn rounded(probability: f32) -> f32 {
    (probability * 1000.0).round() / 1000.0
}

/// What a post is. Labels are indices into the engine that gave the answer;
/// [`crate::Engine::answer`] names them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Triage {
    /// The most probable language.
    pub language: Language,
    /// The probability of `language`, 0 to 1.
    pub language_probability: f32,
    /// Whether it is spam.
    pub spam: Spam,
    /// How important an answer is.
    pub importance: Importance,
    /// The topics, most probable first; empty is "none of these".
    pub topics: Topics,
    /// The sentiment.
    pub sentiment: Sentiment,
    /// The probability that it can't wait, 0 to 1.
    pub urgency: f32,
    /// Terms of harm and of monitored lists found in the text: at most one per term and place, in
    /// order of place.
    pub terms: TermSpans,
    /// The rules of monitored terms that hit, in their order.
    pub rules: Vec<RuleHit>,
    /// What the embedder's own heads say, in their order.
    pub heads: Vec<HeadAnswer>,
    /// What its set phrases say that it is.
    pub notice: Notice,
    /// Whether the text was longer than is read.
    pub truncated: bool,
    /// Whether a quotation, a signature or a disclaimer of a mail was left out.
    pub quoted: bool,
    /// What is not said, for it is in a language that the heads were not trained on.
    pub silent: Silent,
}

/// The heads that say nothing of a post, for they were not trained on its language: their answers
/// are `null`, they add no points, and the post waits like one that needs an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Silent {
    /// Nothing is said of spam.
    pub spam: bool,
    /// Nothing is said of sentiment.
    pub sentiment: bool,
    /// Nothing is said of urgency.
    pub urgency: bool,
}

impl Triage {
    /// Whether nothing is said of spam: no head reads the language, and no campaign was found.
    pub(crate) fn is_spam_unsaid(&self) -> bool {
        self.silent.spam && self.spam.campaign.is_none()
    }
}

impl Silent {
    /// Whether any head is silent.
    pub fn any(self) -> bool {
        self.spam || self.sentiment || self.urgency
    }
}

/// What a post asks of the team.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It needs an answer: see [`Triage::needs_answer`].
    NeedsAnswer,
    /// It thanks, or says that its matter is solved.
    Thanks,
    /// A program wrote it.
    Automatic,
    /// None of these: it can be read, and nobody waits.
    #[default]
    None,
}

impl Triage {
    /// What the post asks of the team.
    pub fn disposition(&self) -> Disposition {
        match self.notice {
            Notice::Automatic => Disposition::Automatic,
            _ if self.needs_answer() => Disposition::NeedsAnswer,
            Notice::Thanks | Notice::Solved => Disposition::Thanks,
            Notice::None => Disposition::None,
        }
    }

    /// Whether the author says that the matter is solved, and asks nothing more.
    pub fn is_solved(&self) -> bool {
        self.notice == Notice::Solved && self.disposition() == Disposition::Thanks
    }

    /// Whether the post needs an answer: a person wrote it, it is not spam, and it asks, its
    /// sentiment may be negative, it can't wait, or harm is done if it does. Whoever says that the
    /// matter is solved may still be cross.
    pub fn needs_answer(&self) -> bool {
        let points = |part: Part| self.importance.parts[part as usize];
        let cross = match self.notice {
            Notice::Automatic => return false,
            Notice::Solved => self.feels_bad(),
            Notice::Thanks => self.is_negative(),
            // Of a language that is not read, nobody can say that it asks for nothing.
            Notice::None if self.silent.sentiment => true,
            Notice::None => self.is_negative() || self.sentiment.negative >= MAY_FEEL_BAD,
        };
        self.spam.verdict != Verdict::Spam
            && (cross
                || self.urgency >= URGENT
                || points(Part::NeedsAnswer) >= ASKS
                || points(Part::Harm) >= HARMS)
    }

    /// Whether negative is the most probable label of its sentiment.
    pub fn is_negative(&self) -> bool {
        self.sentiment.label == Polarity::Negative
    }

    /// Whether negative sentiment is more likely than all else together (from 0.5 on). A post can
    /// be [negative](Triage::is_negative) without: three labels share the probability.
    pub fn feels_bad(&self) -> bool {
        self.sentiment.negative >= BAD_FEELING
    }
}

/// What one of the embedder's own heads says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HeadAnswer {
    /// The index of the head in the engine.
    pub head: u16,
    /// The index of its most probable label.
    pub label: u16,
    /// The label's probability, 0 to 1.
    pub probability: f32,
    /// Whether that is enough to give the label; otherwise the answer is none of these.
    pub enough: bool,
}

/// Whether a post is spam.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Spam {
    /// The probability of spam, 0 to 1.
    pub probability: f32,
    /// The decision.
    pub verdict: Verdict,
    /// The campaign that it belongs to; only
    /// [`Campaigns`](crate::state::campaign::Campaigns) says so.
    pub campaign: Option<CampaignId>,
}

/// The identifier of a campaign: the hash of its first post, so that shards and later runs
/// name it alike.
///
/// It is written as `c-` and sixteen hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CampaignId(pub u64);

impl fmt::Display for CampaignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c-{:016x}", self.0)
    }
}

impl FromStr for CampaignId {
    type Err = Error;

    /// Reads an identifier as it is written.
    ///
    /// # Errors
    /// If it is not one; [`Error::is_field`] holds.
    fn from_str(text: &str) -> Result<CampaignId> {
        let digits = text.strip_prefix("c-").filter(|digits| digits.len() == 16);
        let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number.map(CampaignId).ok_or_else(|| {
            Error::field(format!(
                "{text:?} is not the name of a campaign; write c- and sixteen hexadecimal digits"
            ))
        })
    }
}

impl<'de> Deserialize<'de> for CampaignId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CampaignId, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl Serialize for CampaignId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A decision about spam.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A real post.
    Ham,
    /// Too close to call, or nothing to judge by.
    #[default]
    Unsure,
    /// Spam.
    Spam,
}

/// The topics of a post, inline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Topics {
    pub(crate) found: [TopicScore; MAX_TOPICS],
    pub(crate) count: u8,
}

/// One topic of a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TopicScore {
    /// The index of the topic in the engine's taxonomy.
    pub topic: u16,
    /// Its probability, 0 to 1.
    pub probability: f32,
}

impl Topics {
    /// These topics, known from elsewhere.
    pub(crate) fn certain(topics: &[u16]) -> Topics {
        let mut certain = Topics::default();
        for (found, &topic) in certain.found.iter_mut().zip(topics) {
            *found = TopicScore {
                topic,
                probability: 1.0,
            };
            certain.count += 1;
        }
        certain
    }

    /// The topics, most probable first.
    pub fn as_slice(&self) -> &[TopicScore] {
        &self.found[..usize::from(self.count).min(MAX_TOPICS)]
    }
}

/// The sentiment of a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sentiment {
    /// The most probable label.
    pub label: Polarity,
    /// From −1 (surely negative) to 1 (surely positive): the difference of the two probabilities.
    pub polarity: f32,
    /// The probability of negative, 0 to 1.
    pub negative: f32,
    /// The probability of neutral, 0 to 1.
    pub neutral: f32,
    /// The probability of positive, 0 to 1.
    pub positive: f32,
}

/// A label of sentiment.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    /// Bad feeling.
    Negative,
    /// Neither.
    #[default]
    Neutral,
    /// Good feeling.
    Positive,
}

/// A [`Triage`] with its names, as it is written: `serde_json::to_string(&answer)` gives one line.
///
/// Its names are borrowed from the engine, the post and the triage. [`Answer::into_owned`] gives
/// the same answer borrowing from nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Answer<'a> {
    /// The post's own identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The language.
    pub language: AnswerLanguage,
    /// Whether it is spam; none in a language that the head was not trained on.
    pub spam: Option<AnswerSpam>,
    /// What it asks of the team.
    #[serde(default)]
    pub disposition: Disposition,
    /// How important an answer is.
    pub importance: AnswerImportance,
    /// The topics, most probable first.
    pub topics: Vec<AnswerTopic<'a>>,
    /// The sentiment; none in a language that the head was not trained on.
    pub sentiment: Option<AnswerSentiment>,
    /// The probability that it can't wait; none in a language that the head was not trained on.
    pub urgency: Option<f32>,
    /// False where one of these three is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported: Option<bool>,
    /// Listed terms of harm and monitored terms, in order of place; offsets are bytes of
    /// the original text.
    pub terms: Vec<AnswerTerm<'a>>,
    /// The rules of monitored terms that hit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<AnswerRule<'a>>,
    /// Answers of heads that the embedder added, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub heads: BTreeMap<Cow<'a, str>, AnswerHead<'a>>,
    /// Whether the text was longer than is read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// Whether a quotation, a signature or a disclaimer of a mail was left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quoted: bool,
    /// The reasons, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<crate::triage::explanation::Explanation>,
}

/// An [`Answer`] that borrows from nothing, so that it can leave a handler or be read back from
/// its line: `serde_json::from_str::<AnswerOwned>(line)`.
///
/// ```
/// use hearken::{AnswerOwned, Engine, Post};
///
/// fn handle(engine: &Engine, text: &str) -> AnswerOwned {
///     let post = Post::new(text);
///     let triage = engine.triage(&post, &mut engine.scratch());
///     engine.answer(&post, &triage).into_owned()
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let answer = handle(&Engine::new()?, "where is my parcel?");
/// let line = serde_json::to_string(&answer)?;
/// assert_eq!(serde_json::from_str::<AnswerOwned>(&line)?, answer);
/// # Ok(())
/// # }
/// ```
pub type AnswerOwned = Answer<'static>;

impl Answer<'_> {
    /// The same answer, borrowing from nothing.
    pub fn into_owned(self) -> AnswerOwned {
        Answer {
            id: self.id.map(own),
            topics: all(self.topics, |topic| AnswerTopic {
                id: own(topic.id),
                ..topic
            }),
            terms: all(self.terms, |term| AnswerTerm {
                list: own(term.list),
                term: own(term.term),
                ..term
            }),
            rules: all(self.rules, |rule| AnswerRule {
                rule: own(rule.rule),
                severity: rule.severity,
                parts: all(rule.parts, |part| AnswerPart {
                    term: own(part.term),
                    ..part
                }),
            }),
            heads: all(self.heads, |(name, head)| {
                let label = head.label.map(own);
                (own(name), AnswerHead { label, ..head })
            }),
            ..self
        }
    }
}

fn own(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

fn all<I: IntoIterator, T, J: FromIterator<T>>(items: I, own: impl Fn(I::Item) -> T) -> J {
    items.into_iter().map(own).collect()
}

/// The language part of an [`Answer`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerLanguage {
    /// BCP 47 tag.
    pub code: Cow<'static, str>,
    /// 0 to 1, three decimals.
    pub probability: f32,
}

/// The spam part of an [`Answer`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerSpam {
    /// 0 to 1, three decimals.
    pub probability: f32,
    /// The decision.
    pub verdict: Verdict,
    /// The campaign it belongs to, when a stateful room has said so.
    pub campaign: Option<CampaignId>,
}

/// The importance part of an [`Answer`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerImportance {
    /// 0 to 100: the sum of `parts`.
    pub score: u8,
    /// The level of the score.
    pub level: Level,
    /// The parts that are not zero, by name; they sum to `score`.
    pub parts: BTreeMap<Cow<'static, str>, i16>,
}

/// A topic of an [`Answer`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerTopic<'a> {
    /// The topic's identifier in the taxonomy.
    pub id: Cow<'a, str>,
    /// 0 to 1, three decimals.
    pub probability: f32,
}

/// The sentiment part of an [`Answer`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerSentiment {
    /// The most probable label.
    pub label: Polarity,
    /// −1 to 1, three decimals.
    pub polarity: f32,
    /// Each label's probability, three decimals.
    pub probability: BTreeMap<Cow<'static, str>, f32>,
}

/// A listed term of an [`Answer`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerTerm<'a> {
    /// The monitored list, or the kind of harm (`safety`, `money` …).
    pub list: Cow<'a, str>,
    /// The term as listed, folded.
    pub term: Cow<'a, str>,
    /// First byte in the original text.
    pub start: u32,
    /// One past the last byte in the original text.
    pub end: u32,
    /// How grave it is, 1 to 3; of monitored terms only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<u8>,
}

/// A rule of an [`Answer`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerRule<'a> {
    /// The rule's identifier.
    pub rule: Cow<'a, str>,
    /// How grave it is, 1 to 3.
    pub severity: u8,
    /// What of it stands where, in order of place.
    pub parts: Vec<AnswerPart<'a>>,
}

/// A part of an [`AnswerRule`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerPart<'a> {
    /// The term as listed, folded.
    pub term: Cow<'a, str>,
    /// First byte in the original text.
    pub start: u32,
    /// One past the last byte in the original text.
    pub end: u32,
}

/// The answer of an added head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerHead<'a> {
    /// The label; none where no label is probable enough.
    pub label: Option<Cow<'a, str>>,
    /// 0 to 1, three decimals.
    pub probability: f32,
}
