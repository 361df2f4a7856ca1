//! The memory behind a context: tables by hash, joined, bounded and merged. It holds no key and no
//! names of persons.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Settings;
use super::evicted::Evicted;
use super::history::{AuthorHistory, History, ThreadHistory};
use super::posts::{Adds, Delivery, Known, NO_VERSION};
use super::record::{Account, Author, Gist, NEVER, Reply, Said, Thread, bit};
use super::table::{Table, Worth};
use super::waits::Waits;
use crate::observation::Identities;
use crate::observation::identity::{MAX_CHANNEL, NONE, cut};
use crate::time::Clock;
use crate::triage::{Polarity, Verdict};
use crate::{Error, Result, Triage};

/// How many channels are distinguished by name; further ones count as one. With the two numbers
/// below they are the 64 bits of a set of channels.
pub(super) const MAX_CHANNELS: usize = 62;
/// The number of a channel that is not given.
pub(super) const NO_CHANNEL: u8 = 62;
/// The number of all channels beyond [`MAX_CHANNELS`], and its name.
const OTHER_CHANNEL: (u8, &str) = (63, "other channels");
/// How many steps from parent to parent are followed: a bound on time. Each known reply knows the
/// first post of its thread, so one step is enough except after merges.
const MAX_STEPS: usize = 64;
/// Within how many milliseconds the same words of one author are one message to several accounts:
/// ten minutes (convention: who writes the same after that has waited).
const COPIED_WITHIN: i64 = 600_000;
/// Fewest headlines of an author who is a feed of them, and the share of headlines among the posts
/// of such an author, in tenths. Chosen by hand; not tuned.
const MIN_HEADLINES: u32 = 3;
const HEADLINES_OF_TEN: u32 = 8;

/// What a [`Context`](super::Context) remembers. It is kept and restored by itself;
/// [`super::Context::with_memory`] then asks for the key.
#[derive(Clone, Debug)]
pub struct Memory {
    pub(super) settings: Settings,
    pub(super) check: u64,
    pub(super) channels: Vec<Arc<str>>,
    /// What time it is by the posts.
    pub(super) clock: Clock,
    pub(super) authors: Table<Author>,
    pub(super) accounts: Table<Account>,
    pub(super) threads: Table<Thread>,
    pub(super) replies: Table<Reply>,
    pub(super) posts: Table<Known>,
    pub(super) evicted: Evicted,
}

/// The hashes of a post's identifiers; [`NONE`] for what is not given.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    pub(super) author: u64,
    pub(super) customer: u64,
    pub(super) own: u64,
    pub(super) parent: u64,
    pub(super) thread: u64,
}

/// A post as the memory sees it.
pub(super) struct Seen<'a> {
    pub(super) marks: Marks,
    pub(super) channel: u8,
    pub(super) at: Option<i64>,
    /// Whose word on what time it is the post is.
    pub(super) voice: u64,
    /// When the text was edited last.
    pub(super) edited_at: Option<i64>,
    pub(super) agent: bool,
    pub(super) echo: bool,
    /// The hash of the text.
    pub(super) text: u64,
    /// The hash of its words without names.
    pub(super) said: u64,
    pub(super) headline: bool,
    pub(super) triage: &'a Triage,
}

/// Most bytes of a memory.
pub(super) fn most_bytes(settings: &Settings) -> usize {
    let waits = (settings.authors + settings.threads) * Waits::MAX_HEAP;
    Table::<Author>::most_bytes(settings.authors)
        + Table::<Account>::most_bytes(settings.authors)
        + Table::<Thread>::most_bytes(settings.threads)
        + Table::<Reply>::most_bytes(settings.replies)
        + Table::<Known>::most_bytes(settings.posts)
        + waits
        + size_of::<super::Context>()
        + 2 * MAX_CHANNELS * (size_of::<Arc<str>>() + 4 * MAX_CHANNEL)
}

/// The first post of the thread that `thread` belongs to, as far as it is known.
pub(super) fn root(replies: &Table<Reply>, mut thread: u64) -> u64 {
    // A damaged snapshot may lead in a circle, so the steps are counted.
    for _ in 0..MAX_STEPS {
        match replies.get(thread) {
            Some(reply) => thread = reply.thread,
            None => break,
        }
    }
    thread
}

/// Gives the threads of complaints and posts the names that `name` has for them.
pub(super) fn name_threads(
    authors: &mut Table<Author>,
    posts: &mut Table<Known>,
    name: impl Fn(u64) -> u64,
) {
    for author in authors.values_mut() {
        author.open.renumber(&[], &name);
    }
    for post in posts.values_mut() {
        post.thread = name(post.thread);
    }
}

/// The person whom an account stands for by now.
fn whose(accounts: &Table<Account>, person: u64) -> u64 {
    let account = accounts.get(person).map(|account| account.customer);
    account
        .filter(|customer| *customer != NONE)
        .unwrap_or(person)
}

/// Takes out the complaints whose thread was answered.
pub(super) fn prune(author: &mut Author, threads: &Table<Thread>, replies: &Table<Reply>) {
    // Threads are asked when the list is read, so an answer to a thread needs no list of its
    // authors, and a shard that saw the answer agrees with one that did not.
    author.open.close(author.answered, |wait| {
        wait.thread != NONE
            && threads
                .get(root(replies, wait.thread))
                .is_some_and(|thread| wait.at <= thread.answered)
    });
}

impl Memory {
    pub(super) fn new(settings: Settings, check: u64) -> Memory {
        Memory {
            settings,
            check,
            channels: Vec::new(),
            clock: Clock::default(),
            authors: Table::new(settings.authors),
            accounts: Table::new(settings.authors),
            threads: Table::new(settings.threads),
            replies: Table::new(settings.replies),
            posts: Table::new(settings.posts),
            evicted: Evicted::default(),
        }
    }

    /// Checks that it goes on under the key that it was made with.
    pub(crate) fn check_key(&self, identities: &Identities) -> Result<()> {
        // Under another key every person would seem new, and no error would show it.
        match self.check == identities.check() {
            true => Ok(()),
            false => Err(Error::snapshot(
                "this memory of authors and threads was made with another key or policy of \
                 accounts; give those that it was made with",
            )),
        }
    }

    /// The number of a channel.
    pub(super) fn channel(&mut self, name: Option<&str>) -> u8 {
        let Some(name) = name else { return NO_CHANNEL };
        let name = cut(name);
        match self.channels.iter().position(|known| **known == *name) {
            Some(number) => number as u8,
            // A source that writes free text into its channels must not make memory grow.
            None if self.channels.len() < MAX_CHANNELS => {
                self.channels.push(Arc::from(name));
                (self.channels.len() - 1) as u8
            }
            None => OTHER_CHANNEL.0,
        }
    }

    /// The names of all channels, and that of posts without one.
    pub(crate) fn spaces(&self) -> BTreeSet<String> {
        let named = self.channels.iter().map(|name| name.to_string());
        named.chain([String::new()]).collect()
    }

    /// Names of channels, sorted.
    fn names(&self, channels: u64) -> Vec<Arc<str>> {
        let set = (0..=OTHER_CHANNEL.0).filter(|channel| channels & bit(*channel) != 0);
        let named = |channel: u8| self.channels.get(usize::from(channel)).cloned();
        let other = |channel: u8| (channel == OTHER_CHANNEL.0).then(|| Arc::from(OTHER_CHANNEL.1));
        let mut names: Vec<Arc<str>> = set
            .filter_map(|channel| named(channel).or_else(|| other(channel)))
            .collect();
        names.sort_unstable();
        names
    }

    /// The thread of a post.
    pub(super) fn thread(&self, marks: &Marks) -> u64 {
        let given = [marks.thread, marks.parent, marks.own]
            .into_iter()
            .find(|mark| *mark != NONE);
        root(&self.replies, given.unwrap_or(NONE))
    }

    /// The person who wrote a post; joins their account to their customer record.
    pub(super) fn person(&mut self, marks: &Marks, at: i64) -> u64 {
        let Marks {
            author, customer, ..
        } = *marks;
        if author == NONE {
            return customer;
        }
        let known = self.accounts.get_mut(author);
        if customer == NONE {
            return known
                .map(|account| account.customer)
                .filter(|customer| *customer != NONE)
                .unwrap_or(author);
        }
        let account = Account { customer, last: at };
        // A second customer makes the account shared: joining both would make one person
        // of two strangers.
        if let Some(known) = known {
            known.merge(&account);
            return customer;
        }
        if self.accounts.is_full() {
            self.settle();
            self.accounts.evict(0, |_| self.evicted.accounts += 1);
        }
        self.accounts.insert(author, account);
        // What the account wrote before it was joined is the customer's.
        if let Some(mut before) = self.authors.remove(author) {
            prune(&mut before, &self.threads, &self.replies);
            self.prune(customer);
            self.author(customer).merge(&before);
        }
        customer
    }

    /// The entry of a person, made if need be.
    pub(super) fn author(&mut self, person: u64) -> &mut Author {
        if self.authors.is_full() && self.authors.get(person).is_none() {
            self.evict_authors();
        }
        self.authors.entry(person, Author::new)
    }

    pub(super) fn evict_authors(&mut self) {
        // Who waits stays longer, so answered complaints have to be removed before
        // authors are ranked.
        self.settle();
        self.authors.evict(self.settings.half_life_ms(), |author| {
            self.evicted.author(author)
        });
    }

    pub(super) fn thread_entry(&mut self, thread: u64) -> &mut Thread {
        if self.threads.is_full() && self.threads.get(thread).is_none() {
            self.settle();
            self.threads.evict(self.settings.half_life_ms(), |thread| {
                self.evicted.thread(thread)
            });
        }
        self.threads.entry(thread, Thread::new)
    }

    /// When a post counts as written: at its time, or the latest so far if it has none.
    ///
    /// An answer that is dated more than a year ahead counts as if it had no time: it would answer
    /// what nobody has read.
    fn now(&self, seen: &Seen<'_>) -> i64 {
        let answers_ahead = |at: &i64| seen.agent && self.clock.is_far(*at);
        let at = seen.at.filter(|at| !answers_ahead(at));
        at.or(self.clock.latest()).unwrap_or(0)
    }

    /// As [`super::Context::observe`].
    pub(super) fn observe(&mut self, seen: &Seen<'_>) -> History {
        let own = seen.marks.own;
        if let Some(at) = seen.at {
            self.clock.note(at, seen.voice);
        }
        let now = self.now(seen);
        let version = seen.edited_at.or(seen.at);
        let before = self.posts.get(own).copied();
        let again = before.map_or(Delivery::New, |before| before.delivery(version, seen.text));
        // A post that comes again counts as of its first time. It is taken out, so that what was
        // known before it is without it, and counted anew.
        let at = before.map_or(now, |before| before.at);
        let newest = before.and_then(|before| self.take_back(own, &before));
        let thread = self.thread(&seen.marks);
        let person = match (self.person(&seen.marks, at), before) {
            (NONE, Some(before)) => self.whose(before.person),
            (person, _) => person,
        };
        let copied = self.copied(seen, before.as_ref(), at, person);
        let mut history = self.history(seen, at, thread, person, copied, before.map(|_| at));
        history.again = again;
        history.first = before.filter(|before| before.dated).map(|before| before.at);
        let mut known = Known {
            version: version.unwrap_or(NO_VERSION),
            text: seen.text,
            at,
            dated: seen.at.is_some() || before.is_some_and(|before| before.dated),
            person,
            thread,
            adds: None,
        };
        // The answer of an agent closes what waits, and is nobody's message.
        if seen.agent {
            self.answer(thread, person, at);
            let gist = None;
            self.link(own, Reply { thread, at, gist });
            self.remember(own, known);
            return history;
        }
        let headline = seen.headline && seen.marks.parent == NONE;
        history.feed = headline && person != NONE && self.is_feed(person, copied.is_none());
        if headline {
            // Headlines are no contact, so there is none to repeat.
            history.author.set_no_wait();
        }
        let spam = seen.triage.spam.verdict == Verdict::Spam;
        // "Same here" wants what its parent wants.
        let needs_answer = !spam
            && !history.feed
            && history
                .inherited
                .map_or(seen.triage.needs_answer(), |gist| gist.needs_answer);
        // A post that only agrees has its parent's feeling: "+1" below a complaint is a complaint.
        let negative = match history.inherited {
            Some(gist) => gist.sentiment == Polarity::Negative,
            None => seen.triage.is_negative(),
        };
        let mut gist = history
            .inherited
            .unwrap_or(Gist::from_triage(seen.triage, needs_answer));
        known.adds = Some(Adds {
            spam,
            negative,
            headline,
            waits: needs_answer && copied.is_none(),
            // Nobody answers spam, so it doesn't wait.
            thread_waits: !spam
                && !history.feed
                && copied.is_none_or(|first| !self.thread_has(thread, first)),
            copy: copied.is_some(),
            channel: seen.channel,
        });
        if let Some(before) = before.filter(|_| again == Delivery::Older) {
            (known, gist) = (before, newest.unwrap_or(gist));
        }
        self.add(own, &known, gist);
        if person != NONE && again == Delivery::New && copied.is_none() && seen.said != NONE {
            let words = seen.said;
            let author = self.author(person);
            author.said = author.said.max(Said { at, words });
        }
        self.remember(own, known);
        history
    }

    /// When the author said the same for the first time, if that is minutes ago: then the post is
    /// no further contact.
    fn copied(&self, seen: &Seen<'_>, before: Option<&Known>, at: i64, person: u64) -> Option<i64> {
        let said = self.authors.get(person)?.said;
        let same = seen.said != NONE && said.words == seen.said;
        let near = said.at.abs_diff(at) <= COPIED_WITHIN.unsigned_abs();
        // A post that comes again is no copy of itself.
        let other = before.is_none_or(|before| before.adds.is_some_and(|adds| adds.copy));
        (same && near && other).then_some(said.at)
    }

    /// Whether an author of one more headline is a feed of them.
    fn is_feed(&self, person: u64, further: bool) -> bool {
        let (posts, headlines) = self
            .authors
            .get(person)
            .map_or((0, 0), |author| author.panes.headlines());
        let (posts, headlines) = (posts + 1, headlines + u32::from(further));
        headlines >= MIN_HEADLINES && headlines * 10 >= posts * HEADLINES_OF_TEN
    }

    fn thread_has(&self, thread: u64, at: i64) -> bool {
        self.threads
            .get(thread)
            .is_some_and(|thread| thread.waiting.has(at))
    }

    /// The person whom an account stands for by now.
    pub(super) fn whose(&self, person: u64) -> u64 {
        whose(&self.accounts, person)
    }

    /// What was known before a post: without the message of the time `copied`, which it only
    /// copies, and of one that comes again, without what waits after `until`. Complaints that were
    /// answered in their threads are removed from the author's list here, on reading.
    fn history(
        &mut self,
        seen: &Seen<'_>,
        at: i64,
        thread: u64,
        person: u64,
        copied: Option<i64>,
        until: Option<i64>,
    ) -> History {
        let mut history = History {
            at,
            ..History::default()
        };
        if let Some(known) = self.threads.get(thread) {
            let root = known.root.map(|root| root.gist);
            // The first post of a thread is not a reply, so a parent that began the thread is found
            // in the thread.
            let first = known
                .root
                .filter(|root| root.post == seen.marks.parent)
                .map(|root| root.gist);
            let waiting = known.waiting.before(copied, until);
            history.thread = ThreadHistory {
                messages: known.messages,
                unanswered: waiting.count(),
                since: waiting.since(),
                parent: self
                    .replies
                    .get(seen.marks.parent)
                    .and_then(|reply| reply.gist)
                    .or(first),
                root,
            };
            history.inherited = history.thread.parent.or(root).filter(|_| seen.echo);
        }
        self.prune(person);
        if let Some(author) = self.authors.get(person) {
            let open = author.open.before(copied, until);
            let [posts, spam, negative, _] = author.panes.decayed(self.settings.pane(at));
            let share = |count: f32| if posts > 0.0 { count / posts } else { 0.0 };
            history.author = AuthorHistory {
                posts,
                spam: share(spam),
                negative: share(negative),
                last: (author.last != NEVER).then_some(author.last),
                unanswered: open.count(),
                since: open.since(),
                channels: self.names(author.channels),
                tried: self.names(open.channels() & !bit(seen.channel)),
            };
        }
        history
    }

    /// Remembers the thread of a post that is not its first; a thread that went by the post's name
    /// goes with it.
    pub(super) fn link(&mut self, own: u64, reply: Reply) {
        if own == NONE || own == reply.thread {
            return;
        }
        if let Some(known) = self.replies.get_mut(own) {
            // The post again: its newest text says what it is about.
            known.gist = reply.gist.or(known.gist);
            return;
        }
        if self.replies.is_full() {
            self.settle();
            self.replies.evict(0, |_| self.evicted.replies += 1);
        }
        self.replies.insert(own, reply);
        // Answers to this post may have come before it, and made a thread of its name.
        if let Some(part) = self.threads.remove(own) {
            self.thread_entry(reply.thread).merge(&part);
        }
    }

    /// Whether a post came.
    pub(super) fn came(&self, post: u64) -> bool {
        self.posts.get(post).is_some()
    }

    /// Whether anything is known of a post or thread.
    pub(super) fn knows(&self, message: u64) -> bool {
        self.posts.get(message).is_some()
            || self.threads.get(message).is_some()
            || self.replies.get(message).is_some()
    }

    /// Notes an answer to a thread and to a person.
    pub(super) fn answer(&mut self, thread: u64, person: u64, at: i64) {
        if thread != NONE {
            self.thread_entry(thread).answer(at);
        }
        if person != NONE {
            let author = self.author(person);
            author.answered = author.answered.max(at);
            author.open.close(author.answered, |_| false);
        }
    }

    /// As [`super::Context::evict_before`].
    pub(super) fn evict_before(&mut self, at: i64) -> Evicted {
        let mut gone = Evicted::default();
        self.settle();
        self.authors.drop_if(
            |_, author| author.heard() < at,
            |author| gone.author(author),
        );
        self.accounts
            .drop_if(|_, account| account.last < at, |_| gone.accounts += 1);
        self.threads
            .drop_if(|_, thread| thread.last < at, |thread| gone.thread(thread));
        self.replies
            .drop_if(|_, reply| reply.at < at, |_| gone.replies += 1);
        self.posts
            .drop_if(|_, post| post.worth(0) < at, |_| gone.posts += 1);
        self.evicted.add(gone);
        gone
    }

    /// Takes what one person wrote and what is answered in its thread off their list.
    pub(super) fn prune(&mut self, person: u64) {
        if let Some(author) = self.authors.get_mut(person) {
            prune(author, &self.threads, &self.replies);
        }
    }

    /// Draws the conclusions that are else drawn on reading: what is answered in its thread, which
    /// thread a message belongs to, whom a post is by. So it is kept, and so it must be before
    /// anything is forgotten from which a conclusion follows: a memory that was read again and one
    /// that went on forget the same.
    pub(super) fn settle(&mut self) {
        for author in self.authors.values_mut() {
            prune(author, &self.threads, &self.replies);
        }
        let name = |thread| root(&self.replies, thread);
        name_threads(&mut self.authors, &mut self.posts, name);
        for post in self.posts.values_mut() {
            post.person = whose(&self.accounts, post.person);
        }
    }

    pub(super) fn evicted(&self) -> Evicted {
        self.evicted
    }

    pub(super) fn authors(&self) -> usize {
        self.authors.len()
    }

    pub(super) fn threads(&self) -> usize {
        self.threads.len()
    }

    pub(super) fn memory_usage(&self) -> usize {
        self.authors.memory_usage(|author| author.open.heap())
            + self.accounts.memory_usage(|_| 0)
            + self.threads.memory_usage(|thread| thread.waiting.heap())
            + self.replies.memory_usage(|_| 0)
            + self.posts.memory_usage(|_| 0)
            + self
                .channels
                .iter()
                .map(|name| size_of::<Arc<str>>() + name.len())
                .sum::<usize>()
    }
}
