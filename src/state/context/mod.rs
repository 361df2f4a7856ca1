//! Context: what is remembered of authors and threads, bounded and decaying.
//!
//! [`Context::observe`] takes posts in order of time and gives for each what was known
//! before it ([`History`]).
//!
//! # Who is who
//! A person is a customer record where a post names one, else an account. A post that has both
//! joins them: what the account wrote before is the customer's, and so is what it writes later
//! without naming the record. An account that is seen with a second customer (a kiosk, a widget) is
//! *shared* and stands for nobody from then on. Displayed names are never used.
//!
//! A thread is what a post says it is, else its parent's thread where that is known, else its
//! parent, else the post itself: its first answer will name it. Identifiers of posts and threads
//! are those of their channel: `35` of the mail and `35` of the chat are two posts, and what a post
//! answers is of its own channel.
//!
//! # Posts that come again
//! A post whose identifier came before on its channel is an edit, a duplicate or an older version
//! ([`Delivery`]). It is counted once, as of its first time and with its newest text: that of the
//! later edit or time, else the one that arrived later. The last [`Settings::posts`] are
//! recognised; posts without an identifier never are.
//!
//! The same words of one author within ten minutes, to other names or with other links, are one
//! message to several accounts: the author waits for one answer. An author of at least three posts,
//! of which eight in ten are headlines (a link, no question or request, and nobody addressed or
//! speaking), is a feed, and waits for none.
//!
//! # What is kept
//! Keyed hashes (SipHash-2-4, Aumasson and Bernstein 2012) instead of identifiers, and no text. Of
//! a person: whole-number counts of posts, spam and negative posts in panes of half a half-life,
//! channels, the last contact, complaints without an answer. Of a thread: messages, the first one's
//! topics and sentiment, and the messages without an answer.
//!
//! # What merges
//! | part | merges | exactly |
//! |---|---|---|
//! | counts of an author, messages of a thread | as sums in panes of fixed place | yes |
//! | last contact, last answer | the later one | yes |
//! | first message of a thread | the earlier one, then the smaller hash | yes |
//! | messages and complaints without an answer | the earliest eight, each with its time; what an answer covers goes | up to eight for each person and thread, beyond as counts |
//! | whose an account is | the same customer, else shared | unless it is shared: what was joined before stays joined |
//! | threads of replies | found again from parent to parent | yes |
//! | posts that both saw | counted once, with the newer text and the earlier time | unless it was evicted, or its person or thread was |
//! | the same words to several accounts | no: it is decided when it is seen | |
//! | what an echo means | no: it is decided when it is seen, and where its parent is known | |
//! | what was evicted | no: entries that are gone don't come back | |
//!
//! So shards of one stream, merged in any order, are the same bytes as one context that saw
//! all (a test).
//!
#![doc = include_str!("../../../docs/design/context.md")]

mod evicted;
mod forget;
mod history;
mod memory;
mod merge;
mod posts;
mod record;
mod snapshot;
mod table;
#[cfg(test)]
mod tests;
mod waits;

use std::time::Duration;

pub use evicted::Evicted;
pub(crate) use history::span;
pub use history::{AuthorHistory, History, ThreadHistory};
pub use memory::Memory;
use memory::{Marks, Seen};
pub use posts::Delivery;
pub use record::Gist;
use serde::{Deserialize, Serialize};

use crate::config::within;
use crate::observation::identity::{NONE, given};
use crate::observation::{Identities, Identity};
use crate::post::Role;
use crate::state::forget::{Forgotten, Person, Traces};
use crate::time::{days, milliseconds, span_text};
use crate::{Observation, Post, Result, Triage};

/// How much is remembered, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Most persons, and most accounts that are joined to a customer.
    pub authors: usize,
    /// Most threads.
    pub threads: usize,
    /// Most posts that belong to a thread of another name, kept to find the threads
    /// of their answers.
    pub replies: usize,
    /// Most posts that are recognised when they come again, as an edit or a duplicate.
    /// Beyond, those that were written or edited longest ago are forgotten, and count again
    /// if they come again.
    pub posts: usize,
    /// After how long a post counts half; an hour to ten years. Counts lie in panes of half of it,
    /// of which the newest eight are kept.
    #[serde(with = "span_text")]
    pub half_life: Duration,
}

impl Default for Settings {
    /// 400,000 persons, threads and replies (at most 342 MB; half of it where most persons
    /// and threads have one message that waits), and a half-life of two weeks. Chosen by
    /// hand; not tuned.
    fn default() -> Settings {
        Settings {
            authors: 400_000,
            threads: 400_000,
            replies: 400_000,
            posts: 400_000,
            half_life: days(14),
        }
    }
}

impl Settings {
    /// Most entries of one kind: the index of a table has room for twice as many.
    const MAX: usize = 1 << 28;
    /// Fewest: an eighth of them, at least one entry, is dropped at once.
    const MIN: usize = 8;

    /// Most bytes of a context with these settings, as [`Context::memory_usage`] counts them. While
    /// a table grows or drops entries, up to as much again as that table has.
    pub fn most_bytes(&self) -> usize {
        memory::most_bytes(self)
    }

    /// # Errors
    /// If a number is out of its range; [`Error::is_settings`](crate::Error::is_settings) holds.
    fn check(&self) -> Result<()> {
        for (name, size) in [
            ("context.authors", self.authors),
            ("context.threads", self.threads),
            ("context.replies", self.replies),
            ("context.posts", self.posts),
        ] {
            within(name, size, Settings::MIN..=Settings::MAX, "8 to 268435456")?;
        }
        within(
            "context.half_life",
            self.half_life,
            Duration::from_secs(3600)..=Duration::from_secs(87_660 * 3600),
            "an hour (3600s) to ten years (315576000s)",
        )
    }

    /// The half-life in milliseconds.
    fn half_life_ms(&self) -> i64 {
        milliseconds(self.half_life)
    }

    /// The pane of a time.
    fn pane(&self, at: i64) -> i64 {
        at.div_euclid(self.half_life_ms() / 2)
    }
}

/// A bounded, decaying memory of authors and threads.
///
/// ```
/// use hearken::context::{Context, Settings};
/// use hearken::{Engine, Post};
///
/// # fn main() -> hearken::Result<()> {
/// let engine = Engine::new()?;
/// let mut scratch = engine.scratch();
/// let mut context = Context::new(Settings::default(), engine.identities().clone())?;
/// let lines = [
///     r#"{"id":"1","text":"My refund never arrived!","created_at":"2026-03-02T09:00:00Z","channel":"twitter","customer":{"id":"c1"}}"#,
///     r#"{"id":"2","text":"Still no refund, can anybody help?","created_at":"2026-03-02T12:00:00Z","channel":"chat","customer":{"id":"c1"}}"#,
/// ];
/// let mut repeats = Vec::new();
/// for line in lines {
///     let post = Post::from_json(line)?;
///     let (triage, observation) = engine.observe(&post, &mut scratch);
///     repeats.push(context.observe(&post, &triage, &observation).repeat());
/// }
/// assert_eq!(repeats[1].as_deref(), Some("2nd message in 3 hours without an answer; tried twitter before"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Context {
    identities: Identities,
    memory: Memory,
}

impl Context {
    /// A context that knows nobody.
    ///
    /// # Errors
    /// If a number of the settings is out of its range;
    /// [`Error::is_settings`](crate::Error::is_settings) holds.
    pub fn new(settings: Settings, identities: Identities) -> Result<Context> {
        settings.check()?;
        let memory = Memory::new(settings, identities.check());
        Ok(Context { identities, memory })
    }

    /// A context that goes on from what was remembered under the same key.
    ///
    /// # Errors
    /// If it was remembered under another key: nobody would be known again.
    /// [`Error::is_snapshot`](crate::Error::is_snapshot) holds.
    pub fn with_memory(memory: Memory, identities: Identities) -> Result<Context> {
        memory.check_key(&identities)?;
        Ok(Context { identities, memory })
    }

    /// What is remembered, without the key: it can be kept as a
    /// [`Snapshot`](crate::snapshot::Snapshot).
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    pub(crate) fn memory_mut(&mut self) -> &mut Memory {
        &mut self.memory
    }

    /// Gives what was known before `post`, and remembers it. Posts come in order of time; one that
    /// comes again is recognised ([`History::again`]) and counted once.
    ///
    /// `observation` says who wrote it and whether the text only agrees. A post of an agent is an
    /// answer: to its thread or parent, and to all that the customer wrote whom it names. A post
    /// without a time counts as written at the latest time so far, and so does an answer that is
    /// dated more than a year ahead of most posts.
    pub fn observe(
        &mut self,
        post: &Post<'_>,
        triage: &Triage,
        observation: &Observation,
    ) -> History {
        let (mut marks, channel) = self.marks(post, &observation.identity);
        let agent = post.role == Role::Agent;
        if agent && given(post.channel.as_deref()).is_none() {
            // Agents' posts often come from another export, without a channel.
            for (mark, id) in [
                (&mut marks.thread, &post.thread),
                (&mut marks.parent, &post.in_reply_to),
            ] {
                let found = id.as_deref().and_then(|id| self.somewhere(id));
                *mark = found.unwrap_or(*mark);
            }
        }
        self.memory.observe(&Seen {
            marks,
            channel,
            at: post.created_at,
            voice: observation.identity.voice(&post.text),
            edited_at: post.edited_at,
            agent,
            echo: observation.echo,
            text: observation.fingerprint.text,
            said: observation.fingerprint.said,
            headline: observation.headline,
            triage,
        })
    }

    /// Notes that `post` was answered at `at`: its thread up to then, and all that its author wrote
    /// up to then.
    pub fn answered(&mut self, post: &Post<'_>, at: i64) {
        let identity = self.identities.identify(post);
        let (marks, _) = self.marks(post, &identity);
        let thread = self.memory.thread(&marks);
        let person = self.memory.person(&marks, at);
        self.memory.answer(thread, person, at);
    }

    /// Notes that a thread was answered at `at`: the one that goes by this identifier.
    /// Where several channels have one, it is not known which is meant, and none is
    /// answered; see [`Context::answered_thread_on`].
    pub fn answered_thread(&mut self, thread: &str, at: i64) {
        if let Some(thread) = self.somewhere(thread) {
            self.answer_thread(thread, at);
        }
    }

    /// As [`Context::answered_thread`], of the thread on a channel.
    pub fn answered_thread_on(&mut self, channel: &str, thread: &str, at: i64) {
        self.answer_thread(self.message(Some(channel), thread), at);
    }

    /// The post or thread of an identifier on whichever channel: the only one that is known, or if
    /// none is, the one without a channel.
    fn somewhere(&self, id: &str) -> Option<u64> {
        let bare = self.message(None, id);
        let channels = self.memory.spaces();
        let named = channels.iter().filter(|channel| !channel.is_empty());
        let mut known = named
            .map(|channel| self.message(Some(channel), id))
            .filter(|message| self.memory.knows(*message));
        match (known.next(), known.next()) {
            (None, _) => Some(bare),
            (only, None) if !self.memory.came(bare) => only,
            _ => None,
        }
    }

    fn answer_thread(&mut self, thread: u64, at: i64) {
        let thread = self.memory.thread(&Marks {
            thread,
            ..Marks::default()
        });
        self.memory.answer(thread, NONE, at);
    }

    /// Notes that all that a customer wrote up to `at` is answered.
    pub fn answered_customer(&mut self, customer: &str, at: i64) {
        let person = self.customer(customer);
        self.memory.answer(NONE, person, at);
    }

    /// Forgets a person: an account with the customer record that it is joined to, and that
    /// record's other accounts. An account that is shared with another customer is one by itself.
    ///
    /// Counts, channels, contact, complaints and accounts are then as if the person had never been
    /// seen, and so are threads, as far as the person's posts are still known one by one. A thread
    /// that goes by the identifier of a post of theirs goes by that of its earliest reply. A post
    /// of theirs that comes again is a new one. The report names what stays.
    pub fn forget(&mut self, person: &Person) -> Forgotten {
        let (identities, memory) = (&self.identities, &mut self.memory);
        let persons = std::slice::from_ref(person);
        let mut traces = Traces::of(identities, persons, memory.spaces());
        // Once more: a customer leads to further accounts.
        (0..2).for_each(|_| memory.trace_persons(&mut traces));
        memory.trace_posts(&mut traces);
        let mut forgotten = Forgotten::default();
        memory.forget_persons(&traces, &mut forgotten);
        forgotten
    }

    /// Adds what another context saw of the same stream; the module's page says what of
    /// it is exact.
    ///
    /// # Errors
    /// If it has another key or other settings; [`Error::is_merge`](crate::Error::is_merge) holds,
    /// and this one is as it was.
    pub fn merge(&mut self, other: Context) -> Result<()> {
        self.memory.merge(other.memory)
    }

    /// Drops persons, threads and replies that were last heard of before `at`; gives what was
    /// dropped, which also counts as evicted.
    pub fn evict_before(&mut self, at: i64) -> Evicted {
        self.memory.evict_before(at)
    }

    /// The newest time that several authors agree on, in milliseconds since the Unix epoch; none
    /// before the first post with a time.
    pub(crate) fn latest(&self) -> Option<i64> {
        self.memory.clock.latest()
    }

    /// How many entries were dropped so far, to stay within the ceilings or on demand.
    pub fn evicted(&self) -> Evicted {
        self.memory.evicted()
    }

    /// How many persons are known.
    pub fn authors(&self) -> usize {
        self.memory.authors()
    }

    /// How many threads are known.
    pub fn threads(&self) -> usize {
        self.memory.threads()
    }

    /// Bytes held; looks at every entry.
    pub fn memory_usage(&self) -> usize {
        size_of::<Context>() + self.memory.memory_usage()
    }

    /// The hash of a post or thread on a channel.
    fn message(&self, channel: Option<&str>, id: &str) -> u64 {
        given(Some(id)).map_or(NONE, |id| self.identities.message(channel, id))
    }

    fn customer(&self, id: &str) -> u64 {
        given(Some(id)).map_or(NONE, |id| self.identities.customer(id))
    }

    /// The hashes of a post's identifiers, and the number of its channel.
    fn marks(&mut self, post: &Post<'_>, identity: &Identity) -> (Marks, u8) {
        let channel = self.memory.channel(given(post.channel.as_deref()));
        let marks = Marks {
            // Agents are not stored: their accounts would crowd out customers, and no one
            // waits for them.
            author: match post.role {
                Role::Customer => identity.author,
                Role::Agent => NONE,
            },
            customer: identity.customer,
            own: identity.post,
            parent: identity.parent,
            thread: identity.thread,
        };
        (marks, channel)
    }
}
