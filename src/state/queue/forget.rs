//! How the queue forgets somebody: their cases, what answers they got, and that others wrote in
//! threads that they began.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Queue;
use super::entry::Fact;
use super::keys::KeyKind;
use crate::state::forget::{Forgotten, Traces};

/// The room, as the report names it.
const ROOM: &str = "queue";

impl Queue {
    /// The channels of the posts that wait.
    pub(crate) fn channels(&self) -> BTreeSet<String> {
        let facts = self.cases.posts.values().map(|entry| &entry.fact);
        let channels = facts.filter_map(|fact| fact.channel.as_deref());
        channels.map(str::to_owned).collect()
    }

    /// Joins accounts to their customers, as far as one of them is to be forgotten. The context is
    /// asked first: it knows for longer which accounts are shared.
    pub(crate) fn trace_persons(&self, traces: &mut Traces) {
        let mut customers: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for entry in self.cases.posts.values() {
            if let (Some(author), Some(customer)) = (entry.fact.author, entry.fact.customer) {
                customers.entry(author).or_default().insert(customer);
            }
        }
        for (author, of) in customers {
            match (of.len(), of.first()) {
                (1, Some(customer)) => traces.join(author, *customer),
                _ => traces.add_shared(author),
            }
        }
    }

    /// Adds their posts, and the threads that these are in.
    pub(crate) fn trace_posts(&self, traces: &mut Traces) {
        for (id, entry) in &self.cases.posts {
            if is_theirs(traces, &entry.fact) {
                traces.add_post(self.cases.keys.message(id), entry.fact.created);
                let thread = entry.fact.thread.as_deref();
                let thread = thread.map(|thread| self.cases.keys.message(thread));
                thread.into_iter().for_each(|one| traces.add_thread(one));
            }
        }
    }

    /// Forgets their posts that wait, and what answers to them are known. Posts of others in
    /// threads that they began stand by themselves.
    pub(crate) fn forget_persons(&mut self, traces: &Traces, forgotten: &mut Forgotten) {
        let keys = self.cases.keys.clone();
        let theirs = |(id, fact): (&Arc<str>, &Fact)| {
            is_theirs(traces, fact) || traces.wrote(keys.message(id))
        };
        let facts = self.cases.posts.iter().map(|(id, one)| (id, &one.fact));
        let ids: Vec<Arc<str>> = facts
            .filter(|one| theirs(*one))
            .map(|(id, _)| id.clone())
            .collect();
        let mut answers: BTreeSet<u64> = traces.persons().collect();
        for id in &ids {
            self.cases.take(id);
            answers.extend(keys.any(id));
        }
        let names_theirs = |fact: &Fact| {
            let thread = fact.thread.as_deref();
            thread.is_some_and(|thread| traces.wrote(keys.message(thread)))
        };
        let cut: Vec<Arc<str>> = self
            .cases
            .posts
            .iter()
            .filter(|(_, entry)| names_theirs(&entry.fact))
            .map(|(id, _)| id.clone())
            .collect();
        for id in &cut {
            if let Some(mut entry) = self.cases.posts.get(id).cloned() {
                entry.fact.thread = None;
                entry.fact.changes = entry.fact.changes.saturating_add(1);
                self.cases.put(id.clone(), entry);
            }
        }
        self.fold_grown();
        for post in traces.posts() {
            answers.extend(KeyKind::ALL.map(|kind| keys.of_message(kind, post)));
        }
        for person in traces.persons() {
            let roots = traces.threads().chain(traces.posts());
            answers.extend(roots.map(|root| keys.of_matter(person, root)));
        }
        let answers = self.answers.forget(&answers);
        traces.voices().for_each(|voice| self.clock.forget(voice));
        forgotten.remove(ROOM, "cases' posts", ids.len());
        forgotten.remove(ROOM, "answers to them", answers);
        forgotten.remove(ROOM, "others' links to threads that they began", cut.len());
        forgotten.stay(
            ROOM,
            "counts of posts, cases and answers, and answers an hour",
            "they are nobody's",
        );
        forgotten.stay(
            ROOM,
            "answers to posts that are not known any more",
            "only a hash of the post is kept of them; they go when newer ones need the room",
        );
    }
}

fn is_theirs(traces: &Traces, fact: &Fact) -> bool {
    let mut persons = [fact.author, fact.customer].into_iter().flatten();
    persons.any(|person| traces.is_theirs(person))
}
