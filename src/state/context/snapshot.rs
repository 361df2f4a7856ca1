//! A memory as it is kept: sorted, without what is answered, so that equal memories
//! are equal bytes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Settings;
use super::evicted::Evicted;
use super::memory::{MAX_CHANNELS, Memory, NO_CHANNEL};
use super::posts::Known;
use super::record::{Account, Author, Reply, Thread, bit};
use super::table::{Table, Worth};
use crate::observation::identity::{MAX_CHANNEL, NONE};
use crate::snapshot::State;
use crate::time::Clock;
use crate::{Error, Result};

/// What is kept of a [`Memory`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    settings: Settings,
    check: u64,
    /// Sorted.
    channels: Vec<String>,
    clock: Clock,
    authors: Vec<(u64, Author)>,
    accounts: Vec<(u64, Account)>,
    threads: Vec<(u64, Thread)>,
    replies: Vec<(u64, Reply)>,
    posts: Vec<(u64, Known)>,
    evicted: Evicted,
}

impl State for Memory {
    const KIND: &'static str = "context";
    /// The version of the format, raised with every change of it.
    /// 5: texts hashed under the key.
    const VERSION: u32 = 5;

    type Kept = Kept;

    fn keep(&self) -> Kept {
        let mut memory = self.clone();
        // Equal knowledge gives equal bytes, whether or not a list was read since an answer.
        memory.settle();
        let mut channels: Vec<String> = self.channels.iter().map(|name| name.to_string()).collect();
        // Channels are numbered in the order in which they came, which shards do not share.
        channels.sort_unstable();
        let number = |name: &Arc<str>| channels.partition_point(|known| **known < **name) as u8;
        let numbers: Vec<u8> = self.channels.iter().map(number).collect();
        memory.renumber(&numbers);
        Kept {
            settings: memory.settings,
            check: memory.check,
            channels,
            clock: memory.clock,
            authors: sorted(&memory.authors),
            accounts: sorted(&memory.accounts),
            threads: sorted(&memory.threads),
            replies: sorted(&memory.replies),
            posts: sorted(&memory.posts),
            evicted: memory.evicted,
        }
    }

    fn restore(kept: Kept) -> Result<Memory> {
        let settings = kept.settings;
        settings.check().map_err(|error| {
            Error::snapshot(format!("the snapshot of context can't be used: {error}"))
                .with_source(error)
        })?;
        let mut memory = Memory::new(settings, kept.check);
        let named = kept.channels.len();
        if named > MAX_CHANNELS
            || !ascending(kept.channels.iter())
            || kept
                .channels
                .iter()
                .any(|name| name.chars().count() > MAX_CHANNEL)
        {
            return Err(unsound("channels"));
        }
        // A bit beyond the named channels can only come from damage.
        let known =
            |channels: u64| channels & !(bit(NO_CHANNEL) | bit(NO_CHANNEL + 1)) < 1 << named;
        let sound = |author: &Author| {
            author.open.is_sound()
                && known(author.channels)
                && author.open.channels() & !author.channels == 0
        };
        memory.authors = table("authors", kept.authors, settings.authors, sound)?;
        memory.accounts = table("accounts", kept.accounts, settings.authors, |_| true)?;
        memory.threads = table("threads", kept.threads, settings.threads, |thread| {
            thread.waiting.is_sound()
        })?;
        memory.replies = table("replies", kept.replies, settings.replies, |_| true)?;
        // A post's channel is one of its author's, who may be forgotten: its number
        // is only checked.
        memory.posts = table("posts", kept.posts, settings.posts, |post| {
            post.adds.is_none_or(|adds| known(bit(adds.channel)))
        })?;
        memory.channels = kept.channels.into_iter().map(Arc::from).collect();
        if !kept.clock.is_sound() {
            return Err(unsound("times"));
        }
        memory.clock = kept.clock;
        memory.evicted = kept.evicted;
        Ok(memory)
    }
}

fn sorted<V: Worth + Clone>(table: &Table<V>) -> Vec<(u64, V)> {
    let mut entries = table.entries().to_vec();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries
}

fn ascending<T: Ord>(mut values: impl Iterator<Item = T>) -> bool {
    let Some(mut last) = values.next() else {
        return true;
    };
    values.all(|value| std::mem::replace(&mut last, value) < last)
}

/// The table of entries that were kept.
fn table<V: Worth>(
    name: &str,
    entries: Vec<(u64, V)>,
    ceiling: usize,
    sound: impl Fn(&V) -> bool,
) -> Result<Table<V>> {
    let fits = entries.len() <= ceiling && ascending(entries.iter().map(|(key, _)| *key));
    if !fits
        || !entries
            .iter()
            .all(|(key, value)| *key != NONE && sound(value))
    {
        return Err(unsound(name));
    }
    let mut table = Table::new(ceiling);
    for (key, value) in entries {
        table.insert(key, value);
    }
    Ok(table)
}

fn unsound(part: &str) -> Error {
    Error::snapshot(format!(
        "the {part} in the snapshot of context contradict each other; take an older snapshot"
    ))
}

#[cfg(test)]
impl Kept {
    /// All but what time it is.
    pub(super) fn without_clock(self) -> Kept {
        let clock = Clock::default();
        Kept { clock, ..self }
    }

    /// The parts that add up and can be taken back.
    pub(super) fn additive(self) -> impl PartialEq + std::fmt::Debug {
        let names = |bits: u64| {
            let named = (0..)
                .zip(&self.channels)
                .filter(|(number, _)| bits & bit(*number) != 0);
            named.map(|(_, name)| name.clone()).collect::<Vec<_>>()
        };
        let part = |author: &Author| {
            (
                author.panes,
                names(author.channels),
                author.last,
                author.answered,
            )
        };
        let authors: Vec<_> = self
            .authors
            .iter()
            .map(|(key, author)| (*key, part(author)))
            .collect();
        (authors, self.accounts)
    }
}
