//! The input: a post of one customer, borrowed from its line of JSONL where it can be.

use std::borrow::Cow;

/// A post: only `text` is required.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Post<'a> {
    /// The identifier at the source; a number in the input becomes its decimal text.
    pub id: Option<Cow<'a, str>>,
    /// What the customer wrote.
    pub text: Cow<'a, str>,
    /// When it was written, in milliseconds since the Unix epoch.
    pub created_at: Option<i64>,
    /// Where it was written (`weibo`, `twitter`, `mail` …).
    pub channel: Option<Cow<'a, str>>,
    /// The language that the source states, unverified.
    pub lang: Option<Cow<'a, str>>,
    /// Who wrote it.
    pub author: Author<'a>,
    /// What others did with it.
    pub engagement: Engagement,
    /// The post that it answers.
    pub in_reply_to: Option<Cow<'a, str>>,
    /// The conversation that it belongs to.
    pub thread: Option<Cow<'a, str>>,
    /// The customer record that the embedder knows its author by.
    pub customer: Customer<'a>,
}

/// The author of a post; all fields optional.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Author<'a> {
    /// The identifier at the source.
    pub id: Option<Cow<'a, str>>,
    /// The displayed name.
    pub name: Option<Cow<'a, str>>,
    /// Accounts that follow the author.
    pub followers: Option<u64>,
    /// Accounts that the author follows.
    pub following: Option<u64>,
    /// Posts written so far.
    pub posts: Option<u64>,
    /// Whether the source has verified who the author is.
    pub verified: Option<bool>,
    /// When the account was made, in milliseconds since the Unix epoch.
    pub created_at: Option<i64>,
}

/// What others did with a post; counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Engagement {
    /// Likes, hearts, upvotes.
    pub likes: Option<u64>,
    /// Reposts, retweets, shares.
    pub reposts: Option<u64>,
    /// Replies, comments.
    pub replies: Option<u64>,
    /// Views, impressions.
    pub views: Option<u64>,
}

/// The customer record of the embedder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customer<'a> {
    /// The identifier in the embedder's records.
    pub id: Option<Cow<'a, str>>,
    /// The tier of service (`gold`, `vip` …).
    pub tier: Option<Cow<'a, str>>,
}

impl<'a> Post<'a> {
    /// A post of which only the text is known.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Post<'a> {
        Post { text: text.into(), ..Post::default() }
    }
}
