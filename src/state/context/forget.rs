//! What the memory has of somebody, and how it forgets them: their posts are taken back one by one,
//! and threads that they began go by the name of the next post.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::{Memory, name_threads, root};
use super::posts::Known;
use super::record::{Reply, Root, Thread};
use crate::observation::identity::NONE;
use crate::state::forget::{Forgotten, Traces};

/// The room, as the report names it.
const ROOM: &str = "context";

impl Memory {
    /// Joins accounts to their customers, as far as one of them is to be forgotten.
    pub(crate) fn trace_persons(&self, traces: &mut Traces) {
        for (account, whose) in self.accounts.entries() {
            match whose.customer {
                NONE => traces.add_shared(*account),
                customer => traces.join(*account, customer),
            }
        }
    }

    /// Adds their posts, and the threads that these are in.
    pub(crate) fn trace_posts(&self, traces: &mut Traces) {
        let thread_of = |known: &Known| root(&self.replies, known.thread);
        let mut threads = BTreeSet::new();
        for (own, known) in self.posts.entries() {
            if traces.is_theirs(self.whose(known.person)) || traces.wrote(*own) {
                traces.add_post(*own, known.at);
                threads.extend([thread_of(known), known.thread]);
            }
        }
        threads.remove(&NONE);
        if threads.is_empty() {
            return;
        }
        // What answers name may be any post of the thread.
        for (own, reply) in self.replies.entries() {
            if threads.contains(&root(&self.replies, reply.thread)) {
                traces.add_thread(*own);
            }
        }
        threads
            .into_iter()
            .for_each(|thread| traces.add_thread(thread));
    }

    /// How a post was recorded, if it is known and was never edited.
    pub(crate) fn unedited(&self, own: u64, text: u64, at: i64) -> bool {
        let known = self.posts.get(own);
        known.is_some_and(|known| (known.text, known.version, known.at) == (text, at, at))
    }

    /// Forgets them: who they are, their posts, and what these added.
    pub(crate) fn forget_persons(&mut self, traces: &Traces, forgotten: &mut Forgotten) {
        self.settle();
        let mut theirs: Vec<(u64, Known)> = Vec::new();
        for (own, known) in self.posts.entries() {
            if traces.wrote(*own) {
                theirs.push((*own, *known));
            }
        }
        // Of each thread that they wrote in the latest time of their posts.
        let mut threads: BTreeMap<u64, i64> = BTreeMap::new();
        for (own, known) in &theirs {
            let thread = root(&self.replies, known.thread);
            let latest = threads.entry(thread).or_insert(known.at);
            *latest = known.at.max(*latest);
            self.take_back(*own, known);
        }
        threads.remove(&NONE);
        self.posts.drop_if(|own, _| traces.wrote(own), |_| ());
        let mut persons = 0;
        self.authors
            .drop_if(|person, _| traces.is_theirs(person), |_| persons += 1);
        let mut accounts = 0;
        self.accounts.drop_if(
            |account, whose| traces.is_theirs(account) || traces.is_theirs(whose.customer),
            |_| accounts += 1,
        );
        let renamed = self.rename_threads(traces, &mut threads);
        self.settle_threads(&threads);
        traces.voices().for_each(|voice| self.clock.forget(voice));
        forgotten.remove(ROOM, "persons", persons);
        forgotten.remove(ROOM, "accounts", accounts);
        forgotten.remove(ROOM, "posts", theirs.len());
        forgotten.remove(ROOM, "threads that they began, renamed", renamed);
        forgotten.stay(
            ROOM,
            "counts of posts, persons and threads that were dropped before; names of channels",
            "they are nobody's",
        );
        forgotten.stay(
            ROOM,
            "messages of theirs in threads, where the posts are no longer known one by one",
            "a thread does not say who wrote in it; they are only counted",
        );
    }

    /// Takes their posts out of the links between replies and threads. A thread that goes by the
    /// name of a post of theirs gets that of the earliest reply; how many. Where no reply is known
    /// it goes.
    fn rename_threads(&mut self, traces: &Traces, threads: &mut BTreeMap<u64, i64>) -> usize {
        // A chain of replies may lead over a post of theirs.
        for key in self.replies.keys() {
            let thread = root(&self.replies, key);
            if let Some(reply) = self.replies.get_mut(key) {
                reply.thread = thread;
            }
        }
        self.replies.drop_if(|own, _| traces.wrote(own), |_| ());
        let mut names: BTreeMap<u64, (i64, u64)> = BTreeMap::new();
        for (own, reply) in self.replies.entries() {
            if traces.wrote(reply.thread) {
                let name = names.entry(reply.thread).or_insert((reply.at, *own));
                *name = (reply.at, *own).min(*name);
            }
        }
        let name_of = |thread: u64| match traces.wrote(thread) {
            true => names.get(&thread).map_or(NONE, |(_, own)| *own),
            false => thread,
        };
        for thread in traces.posts() {
            let Some(part) = self.threads.remove(thread) else {
                continue;
            };
            let name = name_of(thread);
            let latest = threads.remove(&thread);
            if name == NONE {
                continue;
            }
            self.threads.entry(name, Thread::new).merge(&part);
            if let Some(latest) = latest {
                threads.insert(name, latest);
            }
        }
        for (at, name) in names.values() {
            let gist = self.replies.remove(*name).and_then(|reply| reply.gist);
            if let (Some(gist), Some(thread)) = (gist, self.threads.get_mut(*name)) {
                let (at, post) = (*at, *name);
                thread.begin(Root { at, post, gist });
            }
        }
        for reply in self.replies.values_mut() {
            reply.thread = name_of(reply.thread);
        }
        name_threads(&mut self.authors, &mut self.posts, name_of);
        names.len()
    }

    /// Finds out again what the threads begin and end with that they wrote in until the given time.
    fn settle_threads(&mut self, threads: &BTreeMap<u64, i64>) {
        let mut last: BTreeMap<u64, i64> = BTreeMap::new();
        for (_, known) in self.posts.entries() {
            let thread = root(&self.replies, known.thread);
            if threads.contains_key(&thread) {
                let at = last.entry(thread).or_insert(known.at);
                *at = known.at.max(*at);
            }
        }
        let mut roots: BTreeMap<u64, Root> = BTreeMap::new();
        for (own, Reply { thread, at, gist }) in self.replies.entries() {
            if let Some(gist) = gist.filter(|_| threads.contains_key(thread)) {
                let (at, post) = (*at, *own);
                let found = Root { at, post, gist };
                let first = roots.entry(*thread).or_insert(found);
                *first = found.min(*first);
            }
        }
        for (name, latest) in threads {
            let Some(thread) = self.threads.get_mut(*name) else {
                continue;
            };
            if let Some(root) = roots.get(name) {
                thread.begin(*root);
            }
            if thread.last <= *latest {
                let last = last.get(name).copied().unwrap_or(thread.answered);
                thread.last = last.max(thread.answered);
            }
            if thread.is_empty() {
                self.threads.remove(*name);
            }
        }
    }
}
