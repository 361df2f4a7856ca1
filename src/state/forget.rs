//! Whom state is to forget, what is theirs in it, and the report of what was removed and stays.
//!
#![doc = include_str!("../../docs/design/forget.md")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::Post;
use crate::observation::Identities;
use crate::observation::identity::{NONE, given};
use crate::post::Role;

/// Somebody who is to be forgotten: an account, or a customer record.
///
/// ```
/// use hearken::desk::{Desk, Settings};
/// use hearken::forget::Person;
/// use hearken::{Engine, Post};
///
/// # fn main() -> hearken::Result<()> {
/// let engine = Engine::new()?;
/// let mut desk = Desk::new(&engine, Settings::for_engine(&engine)?)?;
/// let line = r#"{"id":"1","text":"Where is my refund?","created_at":"2026-03-01T08:00:00Z","author":{"id":"ann"}}"#;
/// desk.observe(&Post::from_json(line)?);
/// let forgotten = desk.forget(&Person::author("ann"));
/// assert!(forgotten.removed.iter().any(|one| one.what == "cases' posts" && one.count == 1));
/// assert!(desk.next(1).is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person(Form);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    /// An account, on one channel or on all that the state knows.
    Author {
        id: String,
        channel: Option<String>,
    },
    Customer {
        id: String,
    },
}

impl Person {
    /// The account of this identifier, on each channel that the state knows.
    pub fn author(id: impl Into<String>) -> Person {
        let (id, channel) = (id.into(), None);
        Person(Form::Author { id, channel })
    }

    /// The account of this identifier on one channel.
    pub fn author_on(channel: impl Into<String>, id: impl Into<String>) -> Person {
        let (id, channel) = (id.into(), Some(channel.into()));
        Person(Form::Author { id, channel })
    }

    /// The customer record of this identifier, and the accounts that are joined to it.
    pub fn customer(id: impl Into<String>) -> Person {
        Person(Form::Customer { id: id.into() })
    }

    /// Whether a post names it.
    fn wrote(&self, post: &Post<'_>) -> bool {
        let is = |named: &Option<Cow<'_, str>>, id: &str| {
            let id = given(Some(id));
            id.is_some() && given(named.as_deref()) == id
        };
        match &self.0 {
            Form::Customer { id } => is(&post.customer.id, id),
            Form::Author { id, channel } => {
                let there = channel
                    .as_ref()
                    .is_none_or(|channel| is(&post.channel, channel));
                there && post.role == Role::Customer && is(&post.author.id, id)
            }
        }
    }

    /// Its hashes on these channels.
    fn hashes(&self, identities: &Identities, channels: &BTreeSet<String>) -> Vec<u64> {
        match &self.0 {
            Form::Customer { id } if given(Some(id)).is_some() => vec![identities.customer(id)],
            Form::Author { id, channel } if given(Some(id)).is_some() => match channel {
                Some(channel) => vec![identities.author(Some(channel), id)],
                None => {
                    let on = channels
                        .iter()
                        .map(|name| identities.author(Some(name), id));
                    on.chain([identities.author(None, id)]).collect()
                }
            },
            _ => Vec::new(),
        }
    }
}

/// What a module no longer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Removed {
    /// The module.
    pub room: &'static str,
    /// What it was, in the plural.
    pub what: &'static str,
    /// How many.
    pub count: u64,
}

/// What a module keeps, for it is nobody's or can't be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stays {
    /// The module.
    pub room: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Why it stays.
    pub why: &'static str,
}

/// What forgetting did: see the [module](self).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Forgotten {
    /// What was removed, module by module; what there was nothing of is left out.
    pub removed: Vec<Removed>,
    /// What stays and why, in each module that there is.
    pub stays: Vec<Stays>,
}

impl Forgotten {
    /// Whether nothing was known of them.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty()
    }

    pub(crate) fn remove(&mut self, room: &'static str, what: &'static str, count: usize) {
        let count = count as u64;
        let mut known = self.removed.iter_mut();
        match known.find(|one| (one.room, one.what) == (room, what)) {
            Some(one) => one.count += count,
            None if count > 0 => self.removed.push(Removed { room, what, count }),
            None => {}
        }
    }

    pub(crate) fn stay(&mut self, room: &'static str, what: &'static str, why: &'static str) {
        let stays = Stays { room, what, why };
        if !self.stays.contains(&stays) {
            self.stays.push(stays);
        }
    }
}

/// The hashes by which modules find what is theirs.
#[derive(Clone, Debug)]
pub(crate) struct Traces {
    identities: Identities,
    /// Accounts and customer records.
    persons: BTreeSet<u64>,
    /// Accounts that several customers share: they are nobody's, and stay.
    shared: BTreeSet<u64>,
    /// Posts, with the time that they count as written at.
    posts: BTreeMap<u64, i64>,
    /// Posts of these whose panes were settled one by one.
    settled: BTreeSet<u64>,
    /// The posts that began the threads that they wrote in, and the other posts there.
    threads: BTreeSet<u64>,
    channels: BTreeSet<String>,
}

impl Traces {
    /// Of these persons on these channels.
    pub(crate) fn of(
        identities: &Identities,
        persons: &[Person],
        channels: BTreeSet<String>,
    ) -> Traces {
        let hashes = |person: &Person| person.hashes(identities, &channels);
        Traces {
            identities: identities.clone(),
            persons: persons.iter().flat_map(hashes).collect(),
            shared: BTreeSet::new(),
            posts: BTreeMap::new(),
            settled: BTreeSet::new(),
            threads: BTreeSet::new(),
            channels,
        }
    }

    /// Whether a hash is of one of them.
    pub(crate) fn is_theirs(&self, person: u64) -> bool {
        person != NONE && self.persons.contains(&person)
    }

    /// Whether they wrote the post of a hash.
    pub(crate) fn wrote(&self, post: u64) -> bool {
        post != NONE && self.posts.contains_key(&post)
    }

    /// Whether an account is one that several customers share.
    pub(crate) fn is_shared(&self, account: u64) -> bool {
        self.shared.contains(&account)
    }

    /// Whether the post of this identifier is theirs, on whichever channel.
    pub(crate) fn wrote_of_id(&self, id: &str) -> bool {
        let on = |channel: &String| self.wrote(self.identities.message(Some(channel), id));
        self.channels.iter().any(on) || self.wrote(self.identities.message(None, id))
    }

    pub(crate) fn persons(&self) -> impl Iterator<Item = u64> + '_ {
        self.persons.iter().copied()
    }

    pub(crate) fn posts(&self) -> impl Iterator<Item = u64> + '_ {
        self.posts.keys().copied()
    }

    /// Under whose names clocks know them.
    pub(crate) fn voices(&self) -> impl Iterator<Item = u64> + '_ {
        self.persons().chain(self.posts())
    }

    /// The threads that they wrote in.
    pub(crate) fn threads(&self) -> impl Iterator<Item = u64> + '_ {
        self.threads.iter().copied()
    }

    /// How many persons are known by now.
    pub(crate) fn len(&self) -> usize {
        self.persons.len()
    }

    /// The times of posts that were not settled one by one.
    pub(crate) fn times(&self) -> impl Iterator<Item = i64> + '_ {
        let open = |(post, _): &(&u64, &i64)| !self.settled.contains(*post);
        self.posts.iter().filter(open).map(|(_, at)| *at)
    }

    pub(crate) fn add_shared(&mut self, account: u64) {
        self.shared.insert(account);
    }

    /// An account and its only customer are one person.
    pub(crate) fn join(&mut self, account: u64, customer: u64) {
        if account == NONE || customer == NONE || self.is_shared(account) {
            return;
        }
        if self.persons.contains(&account) || self.persons.contains(&customer) {
            self.persons.extend([account, customer]);
        }
    }

    pub(crate) fn add_post(&mut self, post: u64, at: i64) {
        if post != NONE {
            self.posts.entry(post).or_insert(at);
        }
    }

    pub(crate) fn add_thread(&mut self, thread: u64) {
        if thread != NONE {
            self.threads.insert(thread);
        }
    }

    /// The panes of a post need not be looked through.
    pub(crate) fn settle(&mut self, post: u64) {
        self.settled.insert(post);
    }
}

/// What is known to be theirs before it is forgotten: by it posts that are kept elsewhere are
/// recognised. See [`Remembered::find`](crate::desk::Remembered::find).
#[derive(Debug)]
pub struct Found {
    asked: Vec<Person>,
    traces: Traces,
}

impl Found {
    /// By their identifiers alone, where no state says which accounts are joined.
    pub fn of(persons: &[Person]) -> Found {
        let traces = Traces::of(&Identities::default(), persons, BTreeSet::new());
        Found::from_traces(persons, traces)
    }

    pub(crate) fn from_traces(persons: &[Person], traces: Traces) -> Found {
        let asked = persons.to_vec();
        Found { asked, traces }
    }

    /// Whether a post is theirs: by its author, its customer record, or its identifier.
    pub fn wrote(&self, post: &Post<'_>) -> bool {
        let identity = self.traces.identities.identify(post);
        let is_customer = post.role == Role::Customer;
        self.asked.iter().any(|person| person.wrote(post))
            || (is_customer && self.traces.is_theirs(identity.author))
            || self.traces.is_theirs(identity.customer)
            || self.traces.wrote(identity.post)
    }

    /// Whether the post of this identifier is known as theirs, on whichever channel.
    pub fn wrote_id(&self, id: &str) -> bool {
        given(Some(id)).is_some_and(|id| self.traces.wrote_of_id(id))
    }
}
