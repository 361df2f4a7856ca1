//! What a stateful room changes about an answer that was already given.

use serde::Serialize;

use crate::triage::Verdict;

/// A change of one field of an answer that was given before.
///
/// `serde_json::to_string(&revision)` gives one line:
/// `{"post":"77","channel":"mail","field":"spam.verdict","old":"ham","new":"spam","cause":{"campaign":{"id":"…",
/// …}}}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Revision {
    /// The identifier of the post whose answer changes; see [`Post::id`](crate::Post::id). Posts
    /// without one can't be revised. A very long one is as
    /// [`kept_id`](crate::observation::Identities::kept_id) gives it.
    pub post: String,
    /// The channel of the post, if it has one: identifiers are those of their channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The field of the answer, as in its line of JSON.
    pub field: Field,
    /// What was said before.
    pub old: Value,
    /// What holds now.
    pub new: Value,
    /// Why.
    pub cause: Cause,
}

/// A field of an answer that can be revised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Field {
    /// The decision about spam.
    #[serde(rename = "spam.verdict")]
    SpamVerdict,
    /// The campaign that it belongs to.
    #[serde(rename = "spam.campaign")]
    SpamCampaign,
    /// The score of importance.
    #[serde(rename = "importance.score")]
    ImportanceScore,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Of [`Field::SpamVerdict`].
    Verdict(Verdict),
    /// Of [`Field::SpamCampaign`]: none, or its identifier.
    Campaign(Option<String>),
    /// Of [`Field::ImportanceScore`].
    Score(u8),
}

/// Why an answer changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The posts that it is alike have become a campaign.
    Campaign {
        /// The campaign.
        id: String,
        /// How many posts it had then.
        posts: u64,
        /// Of how many accounts.
        accounts: u64,
        /// What made it one, in a sentence.
        reason: String,
    },
}
