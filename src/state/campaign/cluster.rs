//! A cluster: posts of the window that are linked, and their sums.

use std::collections::HashMap;

use super::Settings;
use super::entry::{Entry, Order};
use crate::heap::Heap;
use crate::triage::CampaignId;

/// Linked posts. All counts are whole numbers, so that what is added can be taken
/// off again exactly.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cluster {
    /// The slots of its posts.
    pub(super) members: Vec<u32>,
    /// Posts of each account.
    accounts: HashMap<u64, u32>,
    /// Posts with each contact, by its key.
    contacts: HashMap<u64, u32>,
    /// Posts about each word, of those that solicit.
    words: HashMap<u32, u32>,
    pub(super) tally: Tally,
    /// The campaign that it has become.
    pub(super) campaign: Option<CampaignId>,
    /// Whether it is made of reposts of one post.
    pub(super) reach: bool,
    /// The first post that it ever had, and the time of the last one.
    pub(super) first: Option<Order>,
    pub(super) last_at: i64,
    /// Posts that left the window.
    pub(super) past: u64,
}

/// Sums over the posts of a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) posts: u32,
    /// Posts of accounts that are not known.
    pub(super) nameless: u32,
    /// Probability of spam and likeness, in percent.
    pub(super) spam: u64,
    pub(super) likeness: u64,
    /// N-grams, at most `Tally::ENOUGH` a post.
    pub(super) text: u64,
    pub(super) suspects: u32,
    pub(super) soliciting: u32,
    pub(super) offers: u32,
    pub(super) disguised: u32,
    pub(super) complaints: u32,
    /// Posts of throwaway accounts, and posts of accounts that something is known of.
    pub(super) throwaway: u32,
    pub(super) known: u32,
    /// Posts with a contact of a person, with any contact.
    pub(super) personal: u32,
    pub(super) contact: u32,
    /// Contacts that stand in two posts or more, and how often they stand there.
    pub(super) recurring: u32,
    pub(super) recurrences: u32,
}

impl Tally {
    /// The amount of text from which on likeness has its full weight: about 63 letters or 30 Han
    /// characters. Chosen by hand; not tuned.
    pub(super) const ENOUGH: u16 = 60;
}

impl Cluster {
    pub(super) fn of_reposts() -> Cluster {
        Cluster {
            reach: true,
            ..Cluster::default()
        }
    }

    pub(super) fn accounts(&self) -> u32 {
        self.accounts.len() as u32
    }

    /// Whether at least half of its posts are suspected. Two posts say too little about the whole,
    /// so they count as suspected.
    pub(super) fn is_suspect(&self) -> bool {
        self.tally.suspects * 2 >= self.tally.posts || self.tally.posts <= 2
    }

    /// Whether it has too few posts to have been weighed.
    pub(super) fn is_unweighed(&self, settings: &Settings) -> bool {
        self.tally.posts < settings.posts
    }

    pub(super) fn distinct_contacts(&self) -> u32 {
        self.contacts.len() as u32
    }

    pub(super) fn add(&mut self, entry: &Entry) {
        self.first = Some(
            self.first
                .map_or(entry.order, |first| first.min(entry.order)),
        );
        // The times of posts that left still count: a campaign does not become faster as
        // its start leaves.
        self.last_at = if self.tally.posts == 0 && self.past == 0 {
            entry.order.0
        } else {
            self.last_at.max(entry.order.0)
        };
        if entry.account != 0 {
            *self.accounts.entry(entry.account).or_default() += 1;
        }
        // Contacts that recur are counted as they come, because evidence is weighed at each post
        // and a sum over all contacts would cost as much as the cluster is large.
        for contact in &entry.text.contacts {
            let posts = self.contacts.entry(contact.key).or_default();
            *posts += 1;
            match *posts {
                1 => {}
                2 => {
                    (self.tally.recurring, self.tally.recurrences) =
                        (self.tally.recurring + 1, self.tally.recurrences + 2)
                }
                _ => self.tally.recurrences += 1,
            }
        }
        for word in vocabulary(entry) {
            *self.words.entry(*word).or_default() += 1;
        }
        self.count(entry, |sum, by| *sum += by, |sum, by| *sum += by);
    }

    /// Takes `entry` off; the slot in `members` is the caller's to remove.
    pub(super) fn remove(&mut self, entry: &Entry) {
        less(&mut self.accounts, entry.account);
        for contact in &entry.text.contacts {
            match less(&mut self.contacts, contact.key) {
                Some(1) => {
                    (self.tally.recurring, self.tally.recurrences) =
                        (self.tally.recurring - 1, self.tally.recurrences - 2)
                }
                Some(left) if left > 1 => self.tally.recurrences -= 1,
                _ => {}
            }
        }
        for word in vocabulary(entry) {
            less(&mut self.words, *word);
        }
        self.count(entry, |sum, by| *sum -= by, |sum, by| *sum -= by);
    }

    fn count(
        &mut self,
        entry: &Entry,
        small: impl Fn(&mut u32, u32),
        large: impl Fn(&mut u64, u64),
    ) {
        // One list for adding and removing, so that the two can't differ.
        let tally = &mut self.tally;
        let contact = !entry.text.contacts.is_empty();
        let personal = entry.text.is_personal();
        small(&mut tally.posts, 1);
        small(&mut tally.nameless, u32::from(entry.account == 0));
        large(&mut tally.spam, u64::from(entry.text.spam));
        large(&mut tally.likeness, u64::from(entry.likeness));
        large(
            &mut tally.text,
            u64::from(entry.text.amount.min(Tally::ENOUGH)),
        );
        small(&mut tally.suspects, u32::from(entry.text.is_suspect()));
        small(&mut tally.soliciting, u32::from(entry.text.solicits()));
        small(&mut tally.offers, u32::from(entry.text.offers));
        small(&mut tally.disguised, u32::from(entry.text.disguised));
        small(&mut tally.complaints, u32::from(entry.complains));
        small(
            &mut tally.throwaway,
            u32::from(entry.throwaway == Some(true)),
        );
        small(&mut tally.known, u32::from(entry.throwaway.is_some()));
        small(&mut tally.personal, u32::from(personal));
        small(&mut tally.contact, u32::from(contact));
    }

    /// In how many of its suspected posts a word stands.
    pub(super) fn with_word(&self, word: u32) -> u32 {
        self.words.get(&word).copied().unwrap_or(0)
    }

    /// In how many of its posts a contact stands.
    pub(super) fn with_contact(&self, key: u64) -> u32 {
        self.contacts.get(&key).copied().unwrap_or(0)
    }

    /// The share of its vocabulary that `other` has too, each word weighted by its
    /// posts, in percent.
    pub(super) fn shares(&self, other: &Cluster) -> u32 {
        let (mut shared, mut all) = (0, 0);
        for (word, posts) in &self.words {
            all += posts;
            shared += if other.words.contains_key(word) {
                *posts
            } else {
                0
            };
        }
        (shared * 100).checked_div(all).unwrap_or(0)
    }
}

impl Heap for Cluster {
    fn heap(&self) -> usize {
        let Cluster {
            members,
            accounts,
            contacts,
            words,
            ..
        } = self;
        members.heap() + accounts.heap() + contacts.heap() + words.heap()
    }
}

/// The words that a post adds to its cluster's vocabulary. One that joined by its words adds none:
/// otherwise each such post would draw in the next, which shares fewer words.
fn vocabulary(entry: &Entry) -> &[u32] {
    if entry.by_theme {
        &[]
    } else {
        &entry.text.words
    }
}

/// One less of `key`; how many are left, if there was any.
fn less<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: K) -> Option<u32> {
    let count = counts.get_mut(&key)?;
    *count -= 1;
    let left = *count;
    if left == 0 {
        counts.remove(&key);
    }
    Some(left)
}
