//! The window: the posts that are kept, how they are linked, and what leaves.

use std::collections::{BTreeMap, HashMap};

use slab::Slab;

use super::cluster::Cluster;
use super::entry::{Entry, Order};
use super::evidence::Evidence;
use super::index::Index;
use super::{Evicted, Settings};
use crate::observation::Contact;
use crate::observation::fingerprint::{mixed, resemblance};
use crate::triage::{CampaignId, Verdict};

/// Resemblance from which on any two posts are linked.
const ALIKE: f32 = 0.6;
/// Resemblance from which on two suspected posts are linked, and two that share a contact.
const ALIKE_SUSPECTED: f32 = 0.25;
/// Bits by which the SimHashes of long texts may differ.
const DIFFERENT_BITS: u32 = 6;
/// Share of its words, in percent, that a post that is spam by itself has in common with the
/// campaigns that it joins, and in how many of their posts a word must stand.
const THEME: (usize, u32) = (50, 2);
/// The same for a post of a throwaway account: who makes accounts for the day rarely
/// has another matter.
const THEME_THROWAWAY: (usize, u32) = (15, 1);
/// Fewest words that tell it.
const THEME_WORDS: usize = 3;
/// Share of the posts with a contact that stand in a campaign, in percent, from which on it is
/// the campaign's own.
const OWNED: u32 = 80;
/// Share of what two campaigns say that they have in common, in percent, from which on
/// they are one.
const SAME_THEME: u32 = 33;
/// Most posts that are looked at again when a campaign has grown: the latest that are
/// spam by themselves.
const MOST_REVIEWED: usize = 256;
/// Most campaigns that a post is compared with by its words: the latest.
const MOST_THEMES: usize = 64;

/// A slab whose keys take four bytes: they stand in each entry, cluster and index. The slot that
/// was freed last is used first, so that the same posts get the same slots.
#[derive(Clone, Debug)]
pub(super) struct Slots<T>(Slab<T>);

impl<T> Default for Slots<T> {
    fn default() -> Slots<T> {
        Slots(Slab::new())
    }
}

impl<T> Slots<T> {
    pub(super) fn get(&self, slot: u32) -> Option<&T> {
        self.0.get(slot as usize)
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.0.get_mut(slot as usize)
    }

    /// The settings limit a window to far fewer than 2³² items.
    pub(super) fn insert(&mut self, item: T) -> u32 {
        self.0.insert(item) as u32
    }

    fn remove(&mut self, slot: u32) -> Option<T> {
        self.0.try_remove(slot as usize)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, item)| item)
    }

    pub(super) fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

/// An entry and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) entry: Entry,
    /// The slot of its cluster.
    pub(super) cluster: Option<u32>,
    /// Its place among the cluster's members.
    place: u32,
}

/// The posts of the window and their clusters.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    pub(super) entries: Slots<Placed>,
    pub(super) order: BTreeMap<Order, u32>,
    pub(super) clusters: Slots<Cluster>,
    /// The cluster of the reposts of each text.
    origins: HashMap<u64, u32>,
    /// The clusters that are campaigns, in the order in which they became so.
    pub(super) campaigns: Vec<u32>,
    index: Index,
    pub(super) watermark: Option<i64>,
    pub(super) evicted: Evicted,
}

/// What a new post has changed.
pub(super) struct Taken {
    pub(super) slot: u32,
    /// Posts whose answer may have to be told anew.
    pub(super) touched: Vec<u32>,
}

impl Window {
    /// An empty window that ends at `watermark`.
    pub(super) fn until(watermark: Option<i64>, evicted: Evicted) -> Window {
        Window {
            watermark,
            evicted,
            ..Window::default()
        }
    }

    /// Takes a post in; `None` if it is older than the window.
    pub(super) fn take(&mut self, entry: Entry, settings: &Settings) -> Option<Taken> {
        if let Some(&slot) = self.order.get(&entry.order) {
            return Some(Taken {
                slot,
                touched: Vec::new(),
            });
        }
        let at = entry.order.0;
        if self
            .watermark
            .is_some_and(|watermark| at < watermark.saturating_sub(settings.window))
        {
            self.evicted.late += 1;
            return None;
        }
        self.watermark = Some(self.watermark.map_or(at, |watermark| watermark.max(at)));
        let order = entry.order;
        let links = self.links(&entry);
        let placed = Placed {
            entry,
            cluster: None,
            place: 0,
        };
        let slot = self.entries.insert(placed);
        self.order.insert(order, slot);
        let Window { entries, index, .. } = self;
        if let Some(placed) = entries.get(slot) {
            index.insert(slot, &placed.entry, |slot| {
                entries.get(slot).map(|placed| placed.entry.order)
            });
        }
        let touched = self.link(slot, &links, settings);
        self.evict(settings);
        Some(Taken { slot, touched })
    }

    /// Puts a post where it stood in a snapshot: into `cluster`, without looking for links.
    pub(super) fn put(&mut self, entry: Entry, cluster: Option<u32>) {
        let (order, repost_of) = (entry.order, entry.repost_of);
        let slot = self.entries.insert(Placed {
            entry,
            cluster: None,
            place: 0,
        });
        self.order.insert(order, slot);
        let Window { entries, index, .. } = self;
        if let Some(placed) = entries.get(slot) {
            index.insert(slot, &placed.entry, |slot| {
                entries.get(slot).map(|placed| placed.entry.order)
            });
        }
        if let Some(cluster) = cluster {
            self.join(slot, cluster);
            if repost_of != 0 {
                self.origins.insert(repost_of, cluster);
            }
        }
    }

    /// The posts that `entry` is linked with, and how alike they are in percent; in order of time.
    fn links(&self, entry: &Entry) -> Vec<(u32, u8)> {
        if entry.repost_of != 0 {
            return Vec::new();
        }
        let likeness = |other: &Entry| {
            let enough = entry.amount.min(other.amount) >= super::LEAST_SHORT;
            if enough {
                resemblance(&entry.minhash, &other.minhash)
            } else {
                0.0
            }
        };
        let mut links: Vec<(Order, u32, u8)> = Vec::new();
        let mut candidates = Vec::new();
        self.index.alike(entry, &mut candidates);
        candidates.sort_unstable();
        candidates.dedup();
        for &slot in &candidates {
            let Some(other) = self.entries.get(slot).map(|placed| &placed.entry) else {
                continue;
            };
            let alike = likeness(other);
            let long = entry.simhash != 0 && other.simhash != 0;
            let near = long && (entry.simhash ^ other.simhash).count_ones() <= DIFFERENT_BITS;
            let least = match (
                entry.is_suspect(),
                other.is_suspect(),
                entry.solicits() && other.solicits(),
            ) {
                (true, true, _) => ALIKE_SUSPECTED,
                // Those who send their readers to different places must share them to be
                // linked; see below.
                (false, false, true) => continue,
                _ => ALIKE,
            };
            if (alike < least && !near) || self.is_fringe(slot) {
                continue;
            }
            // Two layers, so that the many who write alike never lead from one who
            // solicits to another.
            let among = self.among(slot);
            let fits = match (entry.solicits(), other.solicits()) {
                (true, false) => false,
                (false, false) => among != Some(true),
                // The head suspects an honest post now and then: only one who also sends the reader
                // somewhere draws others in.
                _ => {
                    let leads = |entry: &Entry| entry.is_suspect() && !entry.contacts.is_empty();
                    (entry.is_suspect() && other.is_suspect()) || leads(entry) || leads(other)
                }
            };
            if fits {
                links.push((other.order, slot, (alike * 100.0).round() as u8));
            }
        }
        if !entry.solicits() && links.iter().any(|(_, slot, _)| self.solicits(*slot)) {
            links.retain(|(_, slot, _)| self.solicits(*slot));
        }
        for contact in &entry.contacts {
            candidates.clear();
            let posts = self.index.with_contact(contact.key, &mut candidates);
            for &slot in &candidates {
                let Some(other) = self.entries.get(slot).map(|placed| &placed.entry) else {
                    continue;
                };
                let alike = likeness(other);
                // A hotline or a page of news is shared by all; a handle, or a link that hardly
                // stands anywhere but in a campaign, by those who earn by it.
                let doubtful = |entry: &Entry| entry.is_suspect() || entry.throwaway == Some(true);
                let suspected = doubtful(entry) && doubtful(other);
                let warns = entry.complains && entry.throwaway != Some(true);
                let owned = || !warns && self.owns(slot, contact.key, posts);
                if contact.is_personal() || alike >= ALIKE_SUSPECTED || suspected || owned() {
                    links.push((other.order, slot, (alike * 100.0).round() as u8));
                }
            }
        }
        links.sort_unstable();
        links.dedup();
        links
            .into_iter()
            .map(|(_, slot, alike)| (slot, alike))
            .collect()
    }

    /// Whether the post in `slot` is of a campaign in which nearly all `posts` with the
    /// contact `key` stand.
    fn owns(&self, slot: u32, key: u64, posts: u32) -> bool {
        let cluster = self
            .entries
            .get(slot)
            .and_then(|placed| self.clusters.get(placed.cluster?));
        cluster.is_some_and(|cluster| {
            let within = cluster.with_contact(key);
            cluster.campaign.is_some() && within >= 3 && within * 100 >= posts * OWNED
        })
    }

    /// Whether the post in `slot` is of a campaign, but has none of the contacts that hold it
    /// together: it may have come by its words, or by chance, and leads no other there.
    fn is_fringe(&self, slot: u32) -> bool {
        let Some(placed) = self.entries.get(slot) else {
            return false;
        };
        let campaign = placed
            .cluster
            .and_then(|cluster| self.clusters.get(cluster))
            .filter(|c| c.campaign.is_some());
        campaign.is_some_and(|campaign| {
            let held = campaign.tally.recurrences * 2 >= campaign.tally.posts;
            let shares = placed
                .entry
                .contacts
                .iter()
                .any(|contact| campaign.with_contact(contact.key) > 1);
            placed.entry.by_theme || (held && !shares)
        })
    }

    fn solicits(&self, slot: u32) -> bool {
        self.entries
            .get(slot)
            .is_some_and(|placed| placed.entry.solicits())
    }

    /// Whether the post in `slot` stands among posts that solicit; `None` if it stands alone.
    fn among(&self, slot: u32) -> Option<bool> {
        let cluster = self.entries.get(slot)?.cluster?;
        self.clusters
            .get(cluster)
            .map(|cluster| cluster.tally.soliciting > 0)
    }

    /// Links the post in `slot` and weighs its cluster; gives the posts whose answer may change.
    fn link(&mut self, slot: u32, links: &[(u32, u8)], settings: &Settings) -> Vec<u32> {
        let Some(entry) = self.entries.get(slot).map(|placed| &placed.entry) else {
            return Vec::new();
        };
        if entry.repost_of != 0 {
            let origin = entry.repost_of;
            let cluster = match self.origins.get(&origin) {
                Some(&cluster) => cluster,
                None => self.clusters.insert(Cluster::of_reposts()),
            };
            self.origins.insert(origin, cluster);
            self.join(slot, cluster);
            return Vec::new();
        }
        if links.is_empty() {
            if let Some(campaign) = self.theme(entry) {
                self.join_by_theme(slot, campaign);
            }
            return vec![slot];
        }
        let mut clusters: Vec<u32> = Vec::new();
        let mut touched: Vec<u32> = vec![slot];
        for &(other, alike) in links {
            touched.push(other);
            self.liken(slot, alike);
            self.liken(other, alike);
            let cluster = match self.entries.get(other).and_then(|placed| placed.cluster) {
                Some(cluster) => cluster,
                None => {
                    let cluster = self.clusters.insert(Cluster::default());
                    self.join(other, cluster);
                    cluster
                }
            };
            clusters.push(cluster);
        }
        // In the order in which they began, which no numbering of slots changes.
        clusters.sort_by_key(|slot| {
            (
                self.clusters.get(*slot).and_then(|cluster| cluster.first),
                *slot,
            )
        });
        clusters.dedup();
        // A campaign takes the others in, then the largest; of equals the one that began first.
        let rank = |&slot: &u32| {
            let cluster = self.clusters.get(slot)?;
            Some((
                cluster.campaign.is_some(),
                cluster.members.len(),
                std::cmp::Reverse(cluster.first),
            ))
        };
        let Some(into) = clusters.iter().copied().max_by_key(rank) else {
            return touched;
        };
        let named = |slot: u32, window: &Window| {
            window
                .clusters
                .get(slot)
                .and_then(|cluster| cluster.campaign)
        };
        let name = named(into, self);
        // Posts that nobody suspects are not drawn into a campaign in numbers, nor those that were
        // weighed and found none.
        let fits = |slot: &u32| {
            let cluster = self.clusters.get(*slot);
            name.is_none()
                || cluster.is_some_and(|c| {
                    c.campaign.is_some() || (c.is_suspect() && c.is_open(settings))
                })
        };
        clusters.retain(|cluster| *cluster != into && fits(cluster));
        let united = !clusters.is_empty();
        for other in clusters {
            self.unite(into, other);
        }
        self.join(slot, into);
        self.weigh(into, settings);
        let Some(cluster) = self
            .clusters
            .get(into)
            .filter(|cluster| cluster.campaign.is_some())
        else {
            return touched;
        };
        let grown = cluster.campaign != name || united;
        // Now and then, ever more seldom: when it has grown by a quarter.
        let posts = u64::from(cluster.tally.posts) + cluster.past;
        if grown || posts.is_multiple_of((posts / 4).max(1).next_power_of_two()) {
            self.review(into, settings);
            touched.extend(
                self.campaigns
                    .iter()
                    .filter_map(|slot| self.clusters.get(*slot))
                    .flat_map(|c| &c.members),
            );
        }
        touched
    }

    /// The campaign whose matter a post is about that is spam by itself, if all campaigns together
    /// know enough of its words.
    fn theme(&self, entry: &Entry) -> Option<u32> {
        if entry.verdict != Verdict::Spam || entry.words.len() < THEME_WORDS {
            return None;
        }
        let latest = || self.campaigns.iter().rev().take(MOST_THEMES).copied();
        let posts = |slot: u32, word: u32| {
            self.clusters
                .get(slot)
                .map_or(0, |cluster| cluster.with_word(word))
        };
        let (share, often) = if entry.throwaway == Some(true) {
            THEME_THROWAWAY
        } else {
            THEME
        };
        let known = entry
            .words
            .iter()
            .filter(|word| latest().map(|slot| posts(slot, **word)).sum::<u32>() >= often);
        if known.count() * 100 < entry.words.len() * share {
            return None;
        }
        // The first of those that know most.
        latest().rev().max_by_key(|slot| {
            let known = entry
                .words
                .iter()
                .filter(|word| posts(*slot, **word) > 0)
                .count();
            (
                known,
                std::cmp::Reverse(self.clusters.get(*slot).and_then(|cluster| cluster.first)),
            )
        })
    }

    /// Looks at what stood apart when the campaign in `slot` was smaller: other campaigns with the
    /// same matter, and posts that are spam by themselves.
    fn review(&mut self, slot: u32, settings: &Settings) {
        let others: Vec<u32> = self
            .campaigns
            .iter()
            .rev()
            .take(MOST_THEMES)
            .copied()
            .collect();
        for other in others.into_iter().filter(|other| *other != slot) {
            let same = |one: u32, other: u32| {
                let (Some(one), Some(other)) = (self.clusters.get(one), self.clusters.get(other))
                else {
                    return false;
                };
                one.shares(other) >= SAME_THEME && other.shares(one) >= SAME_THEME
            };
            if same(slot, other) {
                self.unite(slot, other);
            }
        }
        let spam: Vec<u32> = self
            .index
            .spam
            .iter()
            .rev()
            .take(MOST_REVIEWED)
            .map(|(_, slot)| *slot)
            .collect();
        for apart in spam.into_iter().rev() {
            let Some(placed) = self.entries.get(apart) else {
                continue;
            };
            let own = placed.cluster;
            // A cluster comes along if one contact holds it together and nobody has weighed it yet.
            let comes = |own: u32| {
                let cluster = self
                    .clusters
                    .get(own)
                    .filter(|c| c.campaign.is_none() && !c.reach && c.is_suspect());
                cluster.is_some_and(|c| c.tally.recurrences > 0 && c.is_open(settings))
            };
            if own.is_some_and(|own| !comes(own)) {
                continue;
            }
            match (self.theme(&placed.entry), own) {
                (Some(campaign), Some(own)) => self.unite(campaign, own),
                (Some(campaign), None) => self.join_by_theme(apart, campaign),
                (None, _) => {}
            }
        }
    }

    fn join_by_theme(&mut self, slot: u32, campaign: u32) {
        if let Some(placed) = self.entries.get_mut(slot) {
            placed.entry.by_theme = true;
        }
        self.join(slot, campaign);
    }

    /// Keeps the posts of a cluster together that has let some go: joins the post in `slot` with
    /// the one in `anchor`, or makes it the anchor and lets `write` note what the cluster was.
    pub(super) fn anchor(
        &mut self,
        slot: u32,
        anchor: &mut Option<u32>,
        write: impl Fn(&mut Cluster),
    ) {
        let own = match self.entries.get(slot).and_then(|placed| placed.cluster) {
            Some(own) => own,
            None => {
                let own = self.clusters.insert(Cluster::default());
                self.join(slot, own);
                own
            }
        };
        match anchor.and_then(|anchor| self.entries.get(anchor)?.cluster) {
            Some(other) if other != own => self.unite(other, own),
            Some(_) => {}
            None => {
                *anchor = Some(slot);
                let Some(cluster) = self.clusters.get_mut(own) else {
                    return;
                };
                write(cluster);
                if cluster.campaign.is_some() && !self.campaigns.contains(&own) {
                    self.campaigns.push(own);
                }
            }
        }
    }

    /// Notes that a post was linked with one that is `alike` in percent.
    fn liken(&mut self, slot: u32, alike: u8) {
        let Some(placed) = self.entries.get_mut(slot) else {
            return;
        };
        let more = alike.saturating_sub(placed.entry.likeness);
        placed.entry.likeness += more;
        if let Some(cluster) = placed
            .cluster
            .and_then(|cluster| self.clusters.get_mut(cluster))
        {
            cluster.tally.likeness += u64::from(more);
        }
    }

    fn join(&mut self, slot: u32, cluster: u32) {
        let (Some(placed), Some(into)) =
            (self.entries.get_mut(slot), self.clusters.get_mut(cluster))
        else {
            return;
        };
        placed.cluster = Some(cluster);
        placed.place = into.members.len() as u32;
        into.members.push(slot);
        into.add(&placed.entry);
    }

    /// Moves all posts of `from` into `into`. Of two campaigns the name of the one that
    /// began first stays.
    fn unite(&mut self, into: u32, from: u32) {
        let Some(gone) = self.clusters.remove(from) else {
            return;
        };
        for slot in gone.members {
            self.join(slot, into);
        }
        if let Some(cluster) = self.clusters.get_mut(into) {
            let sooner = gone.first < cluster.first || cluster.campaign.is_none();
            if gone.campaign.is_some() && sooner {
                cluster.campaign = gone.campaign;
                self.campaigns
                    .iter_mut()
                    .filter(|slot| **slot == from)
                    .for_each(|slot| *slot = into);
            }
            cluster.first = cluster
                .first
                .min(gone.first)
                .or(cluster.first)
                .or(gone.first);
            cluster.last_at = cluster.last_at.max(gone.last_at);
            cluster.past += gone.past;
        }
        self.campaigns.retain(|slot| *slot != from);
        let mut seen = false;
        self.campaigns
            .retain(|slot| *slot != into || !std::mem::replace(&mut seen, true));
    }

    /// Names the cluster a campaign, if it has become one.
    fn weigh(&mut self, slot: u32, settings: &Settings) {
        let Some(cluster) = self.clusters.get_mut(slot) else {
            return;
        };
        if cluster.reach || cluster.campaign.is_some() || cluster.tally.posts < settings.posts {
            return;
        }
        if Evidence::of(cluster).is_campaign(cluster, settings)
            && let Some((at, key)) = cluster.first
        {
            cluster.campaign = Some(CampaignId(mixed(key ^ at as u64)));
            self.campaigns.push(slot);
        }
    }

    /// Lets go of what is older than the window, and of the oldest beyond its capacity.
    fn evict(&mut self, settings: &Settings) {
        let oldest = self.watermark.map_or(i64::MIN, |watermark| {
            watermark.saturating_sub(settings.window)
        });
        while let Some((&order, &slot)) = self.order.first_key_value() {
            if order.0 < oldest {
                self.evicted.expired += 1;
            } else if self.order.len() > settings.capacity {
                self.evicted.over_capacity += 1;
            } else {
                return;
            }
            self.order.pop_first();
            self.forget(slot);
        }
    }

    fn forget(&mut self, slot: u32) {
        let Some(Placed {
            entry,
            cluster: number,
            place,
        }) = self.entries.remove(slot)
        else {
            return;
        };
        self.index.remove(slot, &entry);
        let Some(number) = number else { return };
        let Some(cluster) = self.clusters.get_mut(number) else {
            return;
        };
        cluster.remove(&entry);
        cluster.past += 1;
        cluster.members.swap_remove(place as usize);
        match cluster.members.get(place as usize) {
            Some(&moved) => {
                if let Some(moved) = self.entries.get_mut(moved) {
                    moved.place = place;
                }
            }
            None if cluster.members.is_empty() => {
                if cluster.campaign.is_some() {
                    self.evicted.campaigns += 1;
                    self.campaigns.retain(|slot| *slot != number);
                }
                self.clusters.remove(number);
                if entry.repost_of != 0 {
                    self.origins.remove(&entry.repost_of);
                }
            }
            None => {}
        }
    }

    /// Bytes held, about.
    pub(super) fn memory_usage(&self) -> usize {
        let heap = |placed: &Placed| {
            let entry = &placed.entry;
            let contact = size_of::<Contact>();
            entry.id.as_ref().map_or(0, |id| id.len())
                + entry.contacts.len() * contact
                + entry.words.len() * 4
        };
        self.entries.capacity() * size_of::<Option<Placed>>()
            + self.entries.iter().map(heap).sum::<usize>()
            + self.order.len() * 30
            + self.clusters.capacity() * size_of::<Option<Cluster>>()
            + self
                .clusters
                .iter()
                .map(Cluster::memory_usage)
                .sum::<usize>()
            + self.origins.capacity() * 13
            + self.index.memory_usage()
    }
}
