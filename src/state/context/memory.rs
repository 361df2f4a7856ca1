//! The memory behind a context: tables by hash, joined, bounded and merged. It holds no key and no
//! names of persons.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Settings;
use super::history::{AuthorHistory, History, ThreadHistory};
use super::record::{
    Account, Author, Gist, NEVER, Reply, Root, Thread, Wait, Waits, bit, renumbered_all,
};
use super::table::Table;
use crate::observation::identity::{MAX_CHANNEL, NONE, cut};
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

/// What a [`Context`](super::Context) remembers. It is kept and restored by itself;
/// [`super::Context::with_memory`] then asks for the key.
#[derive(Clone, Debug)]
pub struct Memory {
    pub(super) settings: Settings,
    pub(super) check: u64,
    pub(super) channels: Vec<Arc<str>>,
    /// The latest time so far.
    pub(super) latest: i64,
    pub(super) authors: Table<Author>,
    pub(super) accounts: Table<Account>,
    pub(super) threads: Table<Thread>,
    pub(super) replies: Table<Reply>,
    pub(super) evicted: Evicted,
}

/// Counts of what was dropped to stay within the ceilings, or on demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evicted {
    /// Persons.
    pub authors: u64,
    /// Of these the ones with a complaint without an answer.
    pub authors_open: u64,
    /// Threads.
    pub threads: u64,
    /// Of these the ones with a message without an answer.
    pub threads_open: u64,
    /// Replies, of which only the thread was known.
    pub replies: u64,
    /// Accounts that were joined to a customer.
    pub accounts: u64,
}

impl Evicted {
    fn add(&mut self, other: Evicted) {
        for (sum, count) in [
            (&mut self.authors, other.authors),
            (&mut self.authors_open, other.authors_open),
            (&mut self.threads, other.threads),
            (&mut self.threads_open, other.threads_open),
            (&mut self.replies, other.replies),
            (&mut self.accounts, other.accounts),
        ] {
            *sum = sum.saturating_add(count);
        }
    }

    fn author(&mut self, author: &Author) {
        self.authors += 1;
        self.authors_open += u64::from(!author.open.is_empty());
    }

    fn thread(&mut self, thread: &Thread) {
        self.threads += 1;
        self.threads_open += u64::from(!thread.waiting.is_empty());
    }
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
    pub(super) agent: bool,
    pub(super) echo: bool,
    pub(super) triage: &'a Triage,
}

/// Most bytes of a memory.
pub(super) fn most_bytes(settings: &Settings) -> usize {
    let waits = (settings.authors + settings.threads) * Waits::MAX_HEAP;
    Table::<Author>::most_bytes(settings.authors)
        + Table::<Account>::most_bytes(settings.authors)
        + Table::<Thread>::most_bytes(settings.threads)
        + Table::<Reply>::most_bytes(settings.replies)
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
            latest: NEVER,
            authors: Table::new(settings.authors),
            accounts: Table::new(settings.authors),
            threads: Table::new(settings.threads),
            replies: Table::new(settings.replies),
            evicted: Evicted::default(),
        }
    }

    /// What distinguishes the key from others.
    pub(super) fn check(&self) -> u64 {
        self.check
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
    pub(super) fn spaces(&self) -> BTreeSet<String> {
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
            self.accounts.evict(0, |_| self.evicted.accounts += 1);
        }
        self.accounts.insert(author, account);
        // What the account wrote before it was joined is the customer's.
        if let Some(before) = self.authors.remove(author) {
            self.author(customer).merge(&before);
        }
        customer
    }

    /// The entry of a person, made if need be.
    fn author(&mut self, person: u64) -> &mut Author {
        if self.authors.is_full() && self.authors.get(person).is_none() {
            self.evict_authors();
        }
        self.authors.entry(person, Author::new)
    }

    fn evict_authors(&mut self) {
        // Who waits stays longer, so answered complaints have to be removed before
        // authors are ranked.
        for author in self.authors.values_mut() {
            prune(author, &self.threads, &self.replies);
        }
        self.authors.evict(self.settings.half_life_ms(), |author| {
            self.evicted.author(author)
        });
    }

    fn thread_entry(&mut self, thread: u64) -> &mut Thread {
        if self.threads.is_full() && self.threads.get(thread).is_none() {
            self.threads.evict(self.settings.half_life_ms(), |thread| {
                self.evicted.thread(thread)
            });
        }
        self.threads.entry(thread, Thread::new)
    }

    /// As [`super::Context::observe`].
    pub(super) fn observe(&mut self, seen: &Seen<'_>) -> History {
        let at = seen
            .at
            .unwrap_or(if self.latest == NEVER { 0 } else { self.latest });
        self.latest = self.latest.max(at);
        let thread = self.thread(&seen.marks);
        let person = self.person(&seen.marks, at);
        let history = self.history(seen, at, thread, person);
        let spam = seen.triage.spam.verdict == Verdict::Spam;
        // "Same here" wants what its parent wants.
        let needs_answer = !spam
            && history
                .inherited
                .map_or(seen.triage.needs_answer(), |gist| gist.needs_answer);
        // The answer of an agent closes what waits, and is nobody's message.
        if seen.agent {
            self.answer(thread, person, at);
            self.link(
                seen.marks.own,
                Reply {
                    thread,
                    at,
                    gist: None,
                },
            );
            return history;
        }
        if thread != NONE {
            let gist = history
                .inherited
                .unwrap_or(Gist::from_triage(seen.triage, needs_answer));
            self.add_to_thread(thread, at, seen.marks.own, gist, spam);
        }
        if person != NONE {
            // A post that only agrees has its parent's feeling: "+1" below a complaint
            // is a complaint.
            let negative = match history.inherited {
                Some(gist) => gist.sentiment == Polarity::Negative,
                None => seen.triage.is_negative(),
            };
            let wait = Wait {
                at,
                thread,
                channel: seen.channel,
            };
            let counts = [1, spam.into(), negative.into()];
            self.add_to_author(person, counts, wait, needs_answer);
        }
        history
    }

    /// Adds a customer's post to its thread, where it waits until the thread is answered.
    fn add_to_thread(&mut self, thread: u64, at: i64, post: u64, gist: Gist, spam: bool) {
        let entry = self.thread_entry(thread);
        entry.messages = entry.messages.saturating_add(1);
        entry.last = entry.last.max(at);
        entry.begin(Root { at, post, gist });
        // Nobody answers spam, so it doesn't wait.
        if !spam && at > entry.answered {
            entry.waiting.push(Wait {
                at,
                thread: NONE,
                channel: NO_CHANNEL,
            });
        }
        let gist = Some(gist);
        self.link(post, Reply { thread, at, gist });
    }

    /// Adds a post to what is known of its author; `counts` are of posts, spam and complaints.
    fn add_to_author(&mut self, person: u64, counts: [u16; 3], wait: Wait, needs_answer: bool) {
        let answered = self
            .threads
            .get(wait.thread)
            .map_or(NEVER, |thread| thread.answered);
        let pane = self.settings.pane(wait.at);
        let author = self.author(person);
        author.panes.add(pane, counts);
        author.last = author.last.max(wait.at);
        author.channels |= bit(wait.channel);
        // A post that comes late may already be answered.
        if needs_answer && wait.at > author.answered.max(answered) {
            author.open.push(wait);
        }
    }

    /// What was known before a post. Complaints that were answered in their threads are removed
    /// from the author's list here, on reading.
    fn history(&mut self, seen: &Seen<'_>, at: i64, thread: u64, person: u64) -> History {
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
            history.thread = ThreadHistory {
                messages: known.messages,
                unanswered: known.waiting.count(),
                since: known.waiting.since(),
                parent: self
                    .replies
                    .get(seen.marks.parent)
                    .and_then(|reply| reply.gist)
                    .or(first),
                root,
            };
            history.inherited = history.thread.parent.or(root).filter(|_| seen.echo);
        }
        if let Some(author) = self.authors.get_mut(person) {
            prune(author, &self.threads, &self.replies);
        }
        if let Some(author) = self.authors.get(person) {
            let [posts, spam, negative] = author.panes.decayed(self.settings.pane(at));
            let share = |count: f32| if posts > 0.0 { count / posts } else { 0.0 };
            history.author = AuthorHistory {
                posts,
                spam: share(spam),
                negative: share(negative),
                last: (author.last != NEVER).then_some(author.last),
                unanswered: author.open.count(),
                since: author.open.since(),
                channels: self.names(author.channels),
                tried: self.names(author.open.channels() & !bit(seen.channel)),
            };
        }
        history
    }

    /// Remembers the thread of a post that is not its first; a thread that went by the post's name
    /// goes with it.
    fn link(&mut self, own: u64, reply: Reply) {
        if own == NONE || own == reply.thread || self.replies.get(own).is_some() {
            return;
        }
        if self.replies.is_full() {
            self.replies.evict(0, |_| self.evicted.replies += 1);
        }
        self.replies.insert(own, reply);
        // Answers to this post may have come before it, and made a thread of its name.
        if let Some(part) = self.threads.remove(own) {
            self.thread_entry(reply.thread).merge(&part);
        }
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

    /// Forgets a person and the accounts joined to it.
    pub(super) fn forget(&mut self, person: u64) -> bool {
        let known = self.authors.remove(person).is_some();
        // Accounts are not listed by customer. Forgetting is rare, so it looks at all of them.
        let joined = person != NONE
            && self
                .accounts
                .entries()
                .iter()
                .any(|(_, account)| account.customer == person);
        if joined {
            self.accounts
                .drop_if(|_, account| account.customer == person, |_| ());
        }
        known || joined
    }

    /// Forgets the person behind an account.
    pub(super) fn forget_account(&mut self, account: u64) -> bool {
        match self.accounts.get(account).map(|account| account.customer) {
            Some(NONE) => self.accounts.remove(account).is_some() | self.forget(account),
            Some(customer) => self.forget(customer),
            None => self.forget(account),
        }
    }

    /// As [`super::Context::evict_before`].
    pub(super) fn evict_before(&mut self, at: i64) -> Evicted {
        let mut gone = Evicted::default();
        for author in self.authors.values_mut() {
            prune(author, &self.threads, &self.replies);
        }
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
        self.evicted.add(gone);
        gone
    }

    /// As [`super::Context::merge`].
    pub(super) fn merge(&mut self, mut other: Memory) -> Result<()> {
        if self.check != other.check {
            return Err(Error::merge(
                "the two contexts have different keys; give all shards of a stream one key",
            ));
        }
        if self.settings != other.settings {
            return Err(Error::merge(
                "the two contexts have different settings; give all shards of a stream the same",
            ));
        }
        let names = std::mem::take(&mut other.channels);
        let numbers: Vec<u8> = names.iter().map(|name| self.channel(Some(name))).collect();
        other.renumber(&numbers, |thread| thread);
        self.latest = self.latest.max(other.latest);
        self.evicted.add(other.evicted);
        // Replies first: threads and complaints are filed under the first post that
        // both sides know.
        self.merge_replies(&other.replies);
        for (thread, part) in other.threads.entries() {
            self.threads
                .entry(root(&self.replies, *thread), Thread::new)
                .merge(part);
        }
        for (account, whose) in other.accounts.entries() {
            self.accounts.entry(*account, || *whose).merge(whose);
        }
        for (person, part) in other.authors.entries() {
            self.authors.entry(*person, Author::new).merge(part);
        }
        // One may know a person by an account, the other by a customer record.
        for person in self.authors.keys() {
            let customer = self
                .accounts
                .get(person)
                .map_or(NONE, |account| account.customer);
            if customer != NONE
                && let Some(part) = self.authors.remove(person)
            {
                self.authors.entry(customer, Author::new).merge(&part);
            }
        }
        self.settle();
        Ok(())
    }

    /// Adds replies, then finds the first post of each thread again.
    fn merge_replies(&mut self, other: &Table<Reply>) {
        for key in other.keys() {
            let Some(reply) = other.get(key) else {
                continue;
            };
            let thread = root(&self.replies, reply.thread);
            if thread != key {
                let reply = Reply { thread, ..*reply };
                let known = self.replies.entry(key, || reply);
                *known = reply.min(*known);
            }
        }
        for key in self.replies.keys() {
            let thread = root(&self.replies, key);
            if let Some(reply) = self.replies.get_mut(key) {
                reply.thread = thread;
            }
            if let Some(part) = self.threads.remove(key) {
                self.threads.entry(thread, Thread::new).merge(&part);
            }
        }
    }

    /// Takes out what is answered, and goes back below the ceilings.
    fn settle(&mut self) {
        // A merge adds all of the other side before it drops anything, so that what is dropped does
        // not depend on the order within the tables.
        let over = |len: usize, ceiling: usize| len > ceiling;
        if over(self.replies.len(), self.settings.replies) {
            self.replies.evict(0, |_| self.evicted.replies += 1);
        }
        if over(self.threads.len(), self.settings.threads) {
            self.threads.evict(self.settings.half_life_ms(), |thread| {
                self.evicted.thread(thread)
            });
        }
        if over(self.accounts.len(), self.settings.authors) {
            self.accounts.evict(0, |_| self.evicted.accounts += 1);
        }
        if over(self.authors.len(), self.settings.authors) {
            self.evict_authors();
        }
    }

    /// Gives channels and threads other numbers.
    pub(super) fn renumber(&mut self, channels: &[u8], thread: impl Fn(u64) -> u64) {
        for author in self.authors.values_mut() {
            author.channels = renumbered_all(channels, author.channels);
            author.open.renumber(channels, &thread);
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
            + self
                .channels
                .iter()
                .map(|name| size_of::<Arc<str>>() + name.len())
                .sum::<usize>()
    }
}
