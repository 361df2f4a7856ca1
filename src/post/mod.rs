//! The input: a post of one customer, borrowed from its line of JSONL where it can be.
//!
#![doc = include_str!("../../docs/design/post.md")]

mod civil;
mod count;
mod field_map;
mod json;
mod line;
mod loose;
mod preset;
mod reader;
mod segment;
mod source;
mod taking;
mod timestamp;
mod values;

use std::borrow::Cow;

pub use field_map::FieldMap;
pub use reader::{DateOrder, Reader, Reading, Unread};
pub use segment::{Segment, Segments};
use serde::{Deserialize, Serialize};
pub use values::{Target, Value};

use crate::{Error, Result};

/// Bytes of the longest identifier that state keeps as it is; see
/// [`Identities::kept_id`](crate::observation::Identities::kept_id). A bound on memory, chosen by
/// hand: a UUID has 36, a message's of a mail rarely more than 100.
pub const MAX_IDENTIFIER: usize = 256;

/// A post: only `text` is required.
///
/// It is serialised as the object that [`Post::from_json`] reads, times as RFC 3339 in UTC. It is
/// deserialised by the same rules, but owns what it holds, so that it can be a field of a type that
/// borrows from nothing (the body of a request, say); to borrow from a line, use
/// [`Post::from_json`] or `Post::try_from(line)`.
///
/// ```
/// use hearken::Post;
///
/// let posts: Vec<Post<'static>> = serde_json::from_str(r#"[{"text": "help", "id": 7}]"#)?;
/// assert_eq!(serde_json::to_string(&posts)?, r#"[{"id":"7","text":"help"}]"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Post<'a> {
    /// The identifier at the source; a number in the input becomes its decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// What the customer wrote.
    pub text: Cow<'a, str>,
    /// When it was written, in milliseconds since the Unix epoch.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "timestamp::serialize"
    )]
    pub created_at: Option<i64>,
    /// When its text was changed last, in milliseconds since the Unix epoch; of two versions of one
    /// post the later holds.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "timestamp::serialize"
    )]
    pub edited_at: Option<i64>,
    /// Where it was written (`weibo`, `twitter`, `mail` …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Cow<'a, str>>,
    /// The language that the source states, unverified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<Cow<'a, str>>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "is_default")]
    pub author: Author<'a>,
    /// What others did with it.
    #[serde(skip_serializing_if = "is_default")]
    pub engagement: Engagement,
    /// The post that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<Cow<'a, str>>,
    /// The conversation that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<Cow<'a, str>>,
    /// The customer record that the embedder knows its author by.
    #[serde(skip_serializing_if = "is_default")]
    pub customer: Customer<'a>,
    /// On which side its author stands.
    #[serde(skip_serializing_if = "is_default")]
    pub role: Role,
    /// When `engagement` was counted, in milliseconds since the Unix epoch.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "timestamp::serialize"
    )]
    pub collected_at: Option<i64>,
    /// The brand, shop or country that it is about: figures are kept for each value apart, too.
    #[serde(skip_serializing_if = "is_default")]
    pub segments: Segments,
}

/// On which side the author of a post stands.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A customer, or anybody from outside.
    #[default]
    Customer,
    /// Somebody who answers for the brand.
    Agent,
}

impl Role {
    /// The role of a name, `customer` or `agent`, in any case.
    pub fn from_name(name: &str) -> Option<Role> {
        let name = name.trim();
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        match () {
            () if is("customer") => Some(Role::Customer),
            () if is("agent") => Some(Role::Agent),
            () => None,
        }
    }
}

/// The author of a post; all fields optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Author<'a> {
    /// The identifier at the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The displayed name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// Accounts that follow the author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub followers: Option<u64>,
    /// Accounts that the author follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub following: Option<u64>,
    /// Posts written so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posts: Option<u64>,
    /// Whether the source has verified who the author is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// When the account was made, in milliseconds since the Unix epoch.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "timestamp::serialize"
    )]
    pub created_at: Option<i64>,
}

/// What others did with a post; counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Engagement {
    /// Likes, hearts, upvotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likes: Option<u64>,
    /// Reposts, retweets, shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reposts: Option<u64>,
    /// Replies, comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<u64>,
    /// Views, impressions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub views: Option<u64>,
}

/// The customer record of the embedder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Customer<'a> {
    /// The identifier in the embedder's records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The tier of service (`gold`, `vip` …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<Cow<'a, str>>,
}

impl<'a> Post<'a> {
    /// A post of which only the text is known.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Post<'a> {
        Post {
            text: text.into(),
            ..Post::default()
        }
    }

    /// Reads a post from a line of JSONL: an object with at least a string `text`.
    ///
    /// Strings without escapes are borrowed from `line`. Unknown fields are ignored, `null` is
    /// absent, and of a key that is given twice the last one counts. The text may stand in parts,
    /// a list of strings and of objects with a `text`. Identifiers are strings or numbers; counts
    /// are numbers or their text (`12,000`, `12k`, `1.2万`). `created_at` is RFC 3339 (a space
    /// may stand for the `T`), the form of mails or of Twitter's first interface, or Unix
    /// seconds, milliseconds (from 10¹¹ on) or microseconds (from 10¹⁴ on) as a number or as
    /// text; a blank one is absent. Any other field of a wrong shape is taken as absent, for it
    /// spoils no more than itself. `segments` is an object of up to two fields by which figures
    /// are kept apart, `{"brand":"Acme"}`. To keep a post whose time can't be read, and to hear of
    /// what can't, use a [`Reader`].
    ///
    /// # Errors
    /// If the line is not JSON (the message names the column, in bytes), is not an object, has no
    /// `text`, or if `text` is not a string or `created_at` is not a time.
    /// [`crate::Error::is_post`] holds for each.
    pub fn from_json(line: &'a str) -> Result<Post<'a>> {
        json::read(line)
    }

    /// How old it was when `engagement` was counted, in milliseconds; none where either time is not
    /// known, or the counts would be older than the post.
    pub fn age_at_counts(&self) -> Option<u64> {
        u64::try_from(self.collected_at?.checked_sub(self.created_at?)?).ok()
    }

    /// The same post without times that no calendar has: those outside of the years −9999 to 9999,
    /// which only a program can set. They can't be written, so state that holds the post could not
    /// be kept.
    pub(crate) fn with_writable_times(mut self) -> Post<'a> {
        for time in [
            &mut self.created_at,
            &mut self.edited_at,
            &mut self.collected_at,
            &mut self.author.created_at,
        ] {
            *time = time.and_then(timestamp::writable);
        }
        self
    }

    /// The same post, borrowing from nothing.
    pub fn into_owned(self) -> Post<'static> {
        Post {
            id: own(self.id),
            text: Cow::Owned(self.text.into_owned()),
            created_at: self.created_at,
            edited_at: self.edited_at,
            channel: own(self.channel),
            lang: own(self.lang),
            author: Author {
                id: own(self.author.id),
                name: own(self.author.name),
                ..self.author
            },
            engagement: self.engagement,
            in_reply_to: own(self.in_reply_to),
            thread: own(self.thread),
            customer: Customer {
                id: own(self.customer.id),
                tier: own(self.customer.tier),
            },
            role: self.role,
            collected_at: self.collected_at,
            segments: self.segments,
        }
    }
}

impl<'a> TryFrom<&'a str> for Post<'a> {
    type Error = Error;

    /// Reads a line of JSONL as [`Post::from_json`] does, borrowing from it.
    fn try_from(line: &'a str) -> Result<Post<'a>> {
        Post::from_json(line)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn own(text: Option<Cow<'_, str>>) -> Option<Cow<'static, str>> {
    text.map(|text| Cow::Owned(text.into_owned()))
}
