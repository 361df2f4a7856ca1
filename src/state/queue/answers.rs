//! Who was answered last, and when: facts that merge.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The last answer to a person, in a thread, or to a post.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) at: i64,
    /// Who answered, where it is known.
    pub(super) agent: Option<Box<str>>,
}

/// The last answers, bounded: the oldest is forgotten first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    by_key: BTreeMap<u64, Answered>,
    by_time: BTreeSet<(i64, u64)>,
}

impl Answers {
    /// Notes an answer, if it is the last one; forgets the oldest above `most`, and gives how many.
    pub(super) fn note(&mut self, key: u64, answered: Answered, most: usize) -> u64 {
        match self.by_key.get(&key).map(|known| known.cmp(&answered)) {
            Some(Ordering::Greater | Ordering::Equal) => return 0,
            _ => self.by_time.insert((answered.at, key)),
        };
        if let Some(known) = self
            .by_key
            .insert(key, answered.clone())
            .filter(|known| known.at != answered.at)
        {
            self.by_time.remove(&(known.at, key));
        }
        let mut forgotten = 0;
        while self.by_key.len() > most {
            let Some((_, key)) = self.by_time.pop_first() else {
                break;
            };
            self.by_key.remove(&key);
            forgotten += 1;
        }
        forgotten
    }

    pub(super) fn get(&self, key: u64) -> Option<&Answered> {
        self.by_key.get(&key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Answered)> {
        self.by_key.iter().map(|(key, answered)| (*key, answered))
    }
}
