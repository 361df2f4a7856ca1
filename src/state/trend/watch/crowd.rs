//! Which rise of a hashtag, a word, a language or a channel is news: anybody may write new ones, so
//! that accounts that do so all day would fill every report.
//!
//! Three things bound them. The more is usually written, the more authors a rise needs. An author
//! who made another hashtag or word rise within a day is not counted: so some accounts open at most
//! one alert for each few of them, however many words they invent. And when more are told in a day
//! than the budget has room for, a further one must be clearly less probable than all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::state::trend::key::Key;
use crate::stats::distinct::Distinct;
use crate::time::DAY;

/// How many authors a rise needs, in roots of the authors of a usual hour. By hand: somewhat less
/// than half of what all posts scatter by, which is 4 up to 120 an hour and 8 at 400.
const ROOTS: f64 = 0.4;
/// How long an author is remembered who made something rise. By hand: a day, for floods
/// have a rhythm of days as all posts have.
const REMEMBERED: i64 = DAY;
/// Most authors that are remembered: a bound on memory, 4 MB; more are not used a second time.
const MOST_AUTHORS: usize = 100_000;
/// How many such alerts a day there is room for, in budgets of theirs, before a further one must be
/// deeper. By hand: the posts to airlines have up to six a day.
const ROOM: f64 = 8.0;
/// How much deeper than all others of the day a further one must be, in decades. By hand: junk by
/// as many accounts each scatters by one.
const DEEPER: f64 = 2.0;

/// Who made what rise in the last day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Crowd {
    /// Authors: the hash of the first key that each made rise, and when the last one rose.
    authors: BTreeMap<u64, (u64, i64)>,
    /// When alerts were opened, and how improbable each was (−log10 p).
    opened: Vec<(i64, f64)>,
}

/// How many authors a rise needs where so many write in a usual hour, at least `least`.
pub(super) fn needed(usual: f64, least: u64) -> u64 {
    least.max((ROOTS * usual.max(0.0).sqrt()).round() as u64)
}

impl Crowd {
    /// How many of the authors of a rise did not make another one rise within a day.
    pub(super) fn fresh(&self, key: u64, authors: &Distinct) -> u64 {
        match authors {
            Distinct::Exact(hashes) => {
                let known = |author: &&u64| self.authors.get(*author);
                let of_other = |author: &&u64| known(author).is_some_and(|(of, _)| *of != key);
                hashes.iter().filter(|author| !of_other(author)).count() as u64
            }
            // So many people are no handful of accounts.
            Distinct::Sketch(_) => authors.count(),
        }
    }

    /// Takes note of who makes a key rise, if anybody may invent it: whoever writes in a language
    /// or on a channel may be anybody.
    pub(super) fn rises(&mut self, key: &Key, authors: &Distinct, now: i64) {
        let Distinct::Exact(hashes) = authors else {
            return;
        };
        for author in hashes {
            let room = key.is_invented() && self.authors.len() < MOST_AUTHORS;
            match self.authors.get_mut(author) {
                Some((_, last)) => *last = now,
                None if room => drop(self.authors.insert(*author, (key.hash(), now))),
                None => {}
            }
        }
    }

    /// Whether there is room for an alert of this depth, where `allowed` false ones a day are.
    pub(super) fn has_room(&self, depth: f64, allowed: f64) -> bool {
        let room = (ROOM * allowed).ceil().max(1.0) as usize;
        let deepest = self.opened.iter().map(|(_, depth)| *depth);
        self.opened.len() < room || depth >= deepest.fold(0.0, f64::max) + DEEPER
    }

    /// Takes note of an alert that is opened.
    pub(super) fn opens(&mut self, now: i64, depth: f64) {
        self.opened.push((now, depth));
    }

    /// Forgets authors; how many of them were known.
    pub(super) fn remove(&mut self, theirs: impl Fn(u64) -> bool) -> usize {
        let before = self.authors.len();
        self.authors.retain(|author, _| !theirs(*author));
        before - self.authors.len()
    }

    /// Forgets what is older than a day.
    pub(super) fn forget(&mut self, now: i64) {
        self.authors.retain(|_, (_, last)| now - *last < REMEMBERED);
        self.opened.retain(|(at, _)| now - *at < REMEMBERED);
    }

    /// Checks the invariants; a damaged snapshot can break them.
    pub(super) fn is_sound(&self) -> bool {
        self.authors.len() <= MOST_AUTHORS && self.opened.iter().all(|(_, depth)| depth.is_finite())
    }
}
