//! Who wrote a post, and in which thread: hashes under one key and one policy.
//!
//! Each module of state that asks "is this the same person?" takes the answer from here, so all of
//! them give the same one. No identifier leaves this file, only its keyed hash (SipHash-2-4,
//! Aumasson and Bernstein 2012). Displayed names are never used: two people may share one, and one
//! person may change it.
//!
//! | hash | of | the same for |
//! |---|---|---|
//! | [`author`](Identity::author) | the account that wrote | one channel, or all of them ([`Accounts`]) |
//! | [`customer`](Identity::customer) | the record of the customer | all channels |
//! | [`post`](Identity::post), [`parent`](Identity::parent), [`thread`](Identity::thread) | the message, what it answers, and the message that began its thread | one channel |

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::Post;
use crate::cut::at_most;
use crate::post::MAX_IDENTIFIER;
use crate::secret::Secret;

/// The hash that stands for no identifier; no identifier has it.
pub(crate) const NONE: u64 = 0;

/// Most characters of a channel's name that count: longer names are cut (a bound on memory where
/// names are kept; no platform's name comes near it).
pub(crate) const MAX_CHANNEL: usize = 64;

/// Bytes that are kept of an identifier that is too long, so that people recognise it; its hash
/// tells it from others. By hand.
const KEPT_OF_LONG: usize = 200;

/// Whether the same account on two channels is the same person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accounts {
    /// No: each channel gives its own identifiers, and equal ones are chance. A customer
    /// record joins them.
    #[default]
    PerChannel,
    /// Yes: the source gives one identifier a person on all channels.
    Shared,
}

/// How identifiers become hashes: the secret, and who counts as one person.
///
/// The default is a secret of zeros, which protects nothing, and accounts of a channel each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identities {
    secret: Secret,
    accounts: Accounts,
    /// The hash of a constant: every identity has it, so it is made once.
    check: u64,
    /// What the lanes of MinHash and SimHash are mixed with: the same for every post, made once.
    pads: [u64; 2],
}

impl Default for Identities {
    fn default() -> Identities {
        Identities::new(Secret::default(), Accounts::default())
    }
}

/// Who wrote a post, and in which thread; 0 where the post does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The account that wrote it.
    pub author: u64,
    /// The customer whom it is from, or whom an agent answers.
    pub customer: u64,
    /// The post itself.
    pub post: u64,
    /// The post that it answers.
    pub parent: u64,
    /// The post that began its thread, as far as it says so.
    pub thread: u64,
    /// What distinguishes the secret and the policy of these hashes from others; 0 if nothing was
    /// hashed. State keeps it, and refuses to go on under another.
    pub check: u64,
}

impl Identity {
    /// Who wrote it where only one hash can be kept: the account, else the customer.
    pub(crate) fn account(&self) -> Option<u64> {
        [self.author, self.customer]
            .into_iter()
            .find(|hash| *hash != NONE)
    }

    /// Whose word on what time it is a post is: that of who wrote it, else its own.
    pub fn voice(&self, text: &str) -> u64 {
        let known = Some(self.post).filter(|post| *post != NONE);
        let account = self.account().or(known);
        account.unwrap_or_else(|| crate::stats::hash::of_text(text))
    }
}

impl Identities {
    /// Identities under this secret and policy.
    pub fn new(secret: Secret, accounts: Accounts) -> Identities {
        let mut identities = Identities {
            secret,
            accounts,
            check: NONE,
            pads: [NONE; 2],
        };
        let policy = match accounts {
            Accounts::PerChannel => "per_channel",
            Accounts::Shared => "shared",
        };
        identities.check = identities.hash("check", policy, "");
        identities.pads = [1, 2].map(|lane| identities.seal(Sealed::Likeness, lane));
        identities
    }

    /// Who wrote `post`, and in which thread.
    pub fn identify(&self, post: &Post<'_>) -> Identity {
        let channel = post.channel.as_deref();
        let message = |id: Option<&str>| id.map_or(NONE, |id| self.message(channel, id));
        Identity {
            author: given(post.author.id.as_deref())
                .map_or(NONE, |id| self.author(post.channel.as_deref(), id)),
            customer: given(post.customer.id.as_deref()).map_or(NONE, |id| self.customer(id)),
            post: message(given(post.id.as_deref())),
            parent: message(given(post.in_reply_to.as_deref())),
            thread: message(given(post.thread.as_deref())),
            check: self.check,
        }
    }

    /// The hash of an account on a channel.
    pub(crate) fn author(&self, channel: Option<&str>, id: &str) -> u64 {
        let space = match self.accounts {
            Accounts::Shared => "",
            Accounts::PerChannel => given(channel).map_or("", cut),
        };
        self.hash("author", space, id.trim())
    }

    /// The hash of a customer record.
    pub(crate) fn customer(&self, id: &str) -> u64 {
        self.hash("customer", "", id.trim())
    }

    /// The hash of a post or thread on a channel: each channel numbers its posts by itself.
    pub(crate) fn message(&self, channel: Option<&str>, id: &str) -> u64 {
        self.hash("post", given(channel).map_or("", cut), id.trim())
    }

    /// The identifier of a post as state keeps it, and as revisions, places and evidence name it:
    /// itself, or of one longer than [`MAX_IDENTIFIER`](crate::post::MAX_IDENTIFIER) its beginning
    /// with its hash. What is kept already stays as it is.
    pub fn kept_id<'i>(&self, channel: Option<&str>, id: &'i str) -> Cow<'i, str> {
        kept(id.trim(), || self.message(channel, id))
    }

    /// What distinguishes one secret and policy from another without giving the secret away.
    pub(crate) fn check(&self) -> u64 {
        self.check
    }

    /// The pads of MinHash and SimHash, by which a text can't be tried against what is kept.
    pub(crate) fn pads(&self) -> [u64; 2] {
        self.pads
    }

    /// A hash under the secret, of a hash that anybody can make: of a telephone number or a name
    /// all can be tried. [`NONE`] stays so.
    pub(crate) fn seal(&self, kind: Sealed, hash: u64) -> u64 {
        if hash == NONE {
            return NONE;
        }
        match self.secret.seal(kind as u8, hash) {
            NONE => 1,
            hash => hash,
        }
    }

    /// The hash of an identifier of a kind; no space and no kind shares one with another.
    pub(crate) fn hash(&self, kind: &str, space: &str, id: &str) -> u64 {
        match self.secret.hash(&[kind, space, id]) {
            NONE => 1,
            hash => hash,
        }
    }
}

/// See [`Identities::kept_id`]; `hash` is that of the post.
pub(crate) fn kept(id: &str, hash: impl FnOnce() -> u64) -> Cow<'_, str> {
    // What is kept holds no zero byte: the queue has one between an identifier and its channel.
    let clean = id.split('\0').next().unwrap_or_default();
    if id.len() <= MAX_IDENTIFIER && clean.len() == id.len() {
        return id.into();
    }
    format!("{}#{:016x}", at_most(clean, KEPT_OF_LONG), hash()).into()
}

/// What a hash under the secret is of.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Sealed {
    Contact = 1,
    Text = 2,
    Word = 3,
    Likeness = 4,
    /// Posts and threads as the queue knows them; see `state::queue`.
    Queued = 5,
    QueuedThread = 6,
    AnyQueued = 7,
    AnyQueuedThread = 8,
}

/// An identifier that is given and not blank.
pub(crate) fn given(id: Option<&str>) -> Option<&str> {
    id.map(str::trim).filter(|id| !id.is_empty())
}

/// The part of a channel's name that counts.
pub(crate) fn cut(name: &str) -> &str {
    let end = name.char_indices().nth(MAX_CHANNEL);
    end.map_or(name, |(end, _)| name.get(..end).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(line: &str) -> Post<'_> {
        Post::from_json(line).expect("a post")
    }

    #[test]
    fn an_account_is_of_its_channel_unless_the_embedder_says_otherwise() {
        let chat = post(r#"{"text":"a","channel":"chat","author":{"id":"eva"}}"#);
        let mail = post(r#"{"text":"a","channel":" mail ","author":{"id":"eva"}}"#);
        let own = Identities::default();
        assert_ne!(own.identify(&chat).author, own.identify(&mail).author);
        assert_eq!(own.identify(&mail).author, own.author(Some("mail"), "eva"));
        let shared = Identities::new(Secret::default(), Accounts::Shared);
        assert_eq!(shared.identify(&chat).author, shared.identify(&mail).author);
        assert_ne!(own.check(), shared.check());
    }

    #[test]
    fn messages_are_of_their_channel_whatever_the_policy_of_accounts() {
        let on = |channel: &str| {
            let line = format!(
                r#"{{"id":"35","text":"a","channel":"{channel}","thread":"7","in_reply_to":"7"}}"#
            );
            Identities::new(Secret::default(), Accounts::Shared).identify(&post(&line))
        };
        let (mail, chat) = (on("mail"), on("chat"));
        assert!(mail.post != chat.post && mail.thread != chat.thread);
        assert!(mail.parent == mail.thread && mail == on(" mail "));
    }

    #[test]
    fn long_identifiers_are_kept_short_and_stay_two() {
        let identities = Identities::default();
        let kept = |id: &str| identities.kept_id(Some("chat"), id).into_owned();
        let long = "é".repeat(500_000);
        for id in ["77", " 77 ", &"7".repeat(256)] {
            assert_eq!(kept(id), id.trim());
        }
        for id in [&long, &long[2..], "a\0b", &format!("{long}\0")] {
            let short = kept(id);
            assert!(short.len() <= MAX_IDENTIFIER && !short.contains('\0'));
            assert_eq!(kept(&short), short, "it is kept already");
        }
        assert_ne!(kept(&long), kept(&long[2..]));
        assert_ne!(kept("a\0b"), kept("a\0c"));
        let mail = identities.kept_id(Some("mail"), &long);
        assert_ne!(kept(&long), mail, "of its channel");
    }

    #[test]
    fn kinds_and_secrets_never_meet_and_names_are_nobody() {
        let post = post(
            r#"{"id":"x","text":"a","thread":"x","in_reply_to":"x","author":{"id":"x"},"customer":{"id":"x"}}"#,
        );
        let one = Identities::default().identify(&post);
        assert!(one.author != one.customer && one.customer != one.post);
        assert!(one.post == one.parent && one.post == one.thread);
        let other = Identities::new(Secret::from_bytes([1; 16]), Accounts::PerChannel);
        assert_ne!(other.identify(&post).author, one.author);
        let named = self::post(r#"{"text":"a","author":{"id":" ","name":"Eva"}}"#);
        let nobody = Identity {
            check: Identities::default().check(),
            ..Identity::default()
        };
        assert_eq!(Identities::default().identify(&named), nobody);
    }
}
