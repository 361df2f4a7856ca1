//! The window: the posts that are kept, the clusters that links make of them, and what leaves.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use slab::Slab;

use super::cluster::Cluster;
use super::entry::{Entry, Order};
use super::evidence::CampaignEvidence;
use super::index::Index;
use super::links::Link;
use super::{Evicted, Settings};
use crate::heap::{Heap, rising_nodes, vector};
use crate::stats::random::mixed;
use crate::time::Clock;
use crate::triage::CampaignId;

/// Most posts that are kept of those whose time is far ahead of the others. A bound on memory, by
/// hand: more than a stream writes until several authors agree.
const MOST_SET_ASIDE: usize = 1000;

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

    /// Makes room for another item; never for more than `most` and one more.
    fn reserve(&mut self, most: usize) {
        let len = self.0.len();
        if len == self.0.capacity() {
            // An eighth more, not twice as much: entries are large, and a window rarely is full.
            let room = most.saturating_add(1).saturating_sub(len);
            self.0.reserve_exact((len / 8).clamp(4, room.max(4)));
        }
    }

    /// The settings limit a window to far fewer than 2³² items.
    pub(super) fn insert(&mut self, item: T) -> u32 {
        self.0.insert(item) as u32
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, item)| item)
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
    pub(super) index: Index,
    /// What time it is by the posts.
    pub(super) clock: Clock,
    pub(super) evicted: Evicted,
}

/// What a new post has changed.
pub(super) struct Taken {
    pub(super) slot: u32,
    /// Posts whose answer may have to be revised.
    pub(super) touched: Vec<u32>,
}

impl Window {
    /// An empty window that ends where the clock stands.
    pub(super) fn until(clock: Clock, evicted: Evicted) -> Window {
        Window {
            clock,
            evicted,
            ..Window::default()
        }
    }

    /// Takes a post in; `None` if it is older than the window.
    pub(super) fn take(&mut self, entry: Entry, settings: &Settings) -> Option<Taken> {
        // The same post again, by a retry or from another shard: it counts once.
        if let Some(&slot) = self.order.get(&entry.order) {
            return Some(Taken {
                slot,
                touched: Vec::new(),
            });
        }
        let order = entry.order;
        if self.oldest(settings).is_some_and(|oldest| order.0 < oldest) {
            self.evicted.late += 1;
            return None;
        }
        self.clock.note(order.0, entry.voice());
        let links = self.links(&entry, settings);
        let placed = Placed {
            entry,
            cluster: None,
            place: 0,
        };
        self.entries.reserve(settings.capacity);
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
        let (order, repost_of) = (entry.order, entry.text.repost_of);
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

    /// Links the post in `slot` and weighs its cluster; gives the posts whose answer may change.
    fn link(&mut self, slot: u32, links: &[Link], settings: &Settings) -> Vec<u32> {
        let Some(entry) = self.entries.get(slot).map(|placed| &placed.entry) else {
            return Vec::new();
        };
        if entry.text.repost_of != 0 {
            self.join_reposts(slot, entry.text.repost_of);
            return Vec::new();
        }
        if links.is_empty() {
            // Words are asked last: they are weaker evidence than any link.
            if let Some(campaign) = self.theme(entry) {
                self.join_by_theme(slot, campaign);
            }
            return vec![slot];
        }
        let mut touched: Vec<u32> = vec![slot];
        touched.extend(links.iter().map(|link| link.slot));
        let clusters = self.linked_clusters(slot, links);
        let Some(into) = self.largest(&clusters) else {
            return touched;
        };
        let name = self.name_of(into);
        let united = self.unite_all(into, clusters, settings);
        self.join(slot, into);
        self.weigh(into, settings);
        let Some(cluster) = self
            .clusters
            .get(into)
            .filter(|cluster| cluster.campaign.is_some())
        else {
            return touched;
        };
        // Reviewing at each post would cost as much as the campaign is large, so beyond news it is
        // done each time that it has grown by about a quarter.
        let news = cluster.campaign != name || united;
        let posts = u64::from(cluster.tally.posts) + cluster.past;
        if news || posts.is_multiple_of((posts / 4).max(1).next_power_of_two()) {
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

    /// Puts the repost in `slot` into the cluster of those that repeat the same text.
    fn join_reposts(&mut self, slot: u32, origin: u64) {
        let cluster = match self.origins.get(&origin) {
            Some(&cluster) => cluster,
            None => self.clusters.insert(Cluster::of_reposts()),
        };
        self.origins.insert(origin, cluster);
        self.join(slot, cluster);
    }

    /// The clusters of the posts that the one in `slot` is linked with, each once; a post that
    /// stood alone gets one of its own.
    fn linked_clusters(&mut self, slot: u32, links: &[Link]) -> Vec<u32> {
        let mut clusters: Vec<u32> = Vec::new();
        for link in links {
            self.liken(slot, link.alike);
            self.liken(link.slot, link.alike);
            let cluster = match self
                .entries
                .get(link.slot)
                .and_then(|placed| placed.cluster)
            {
                Some(cluster) => cluster,
                None => {
                    let cluster = self.clusters.insert(Cluster::default());
                    self.join(link.slot, cluster);
                    cluster
                }
            };
            clusters.push(cluster);
        }
        // In the order in which they began: the numbers of slots depend on what came and left
        // before, and shards number differently.
        clusters.sort_by_key(|slot| {
            (
                self.clusters.get(*slot).and_then(|cluster| cluster.first),
                *slot,
            )
        });
        clusters.dedup();
        clusters
    }

    /// The cluster that takes the others in: a campaign before all others, then the one of most
    /// posts, then the one that began first.
    fn largest(&self, clusters: &[u32]) -> Option<u32> {
        let rank = |&slot: &u32| {
            let cluster = self.clusters.get(slot)?;
            Some((
                cluster.campaign.is_some(),
                cluster.members.len(),
                std::cmp::Reverse(cluster.first),
            ))
        };
        clusters.iter().copied().max_by_key(rank)
    }

    fn name_of(&self, slot: u32) -> Option<CampaignId> {
        self.clusters.get(slot)?.campaign
    }

    /// Unites `clusters` with `into`, as far as they fit; gives whether any did.
    fn unite_all(&mut self, into: u32, mut clusters: Vec<u32>, settings: &Settings) -> bool {
        let campaign = self.name_of(into).is_some();
        // A campaign does not take in whole clusters that nobody suspects, nor those that were
        // weighed and found none: one wrong link would make all their posts spam.
        let fits = |slot: &u32| {
            let cluster = self.clusters.get(*slot);
            !campaign
                || cluster.is_some_and(|c| {
                    c.campaign.is_some() || (c.is_suspect() && c.is_unweighed(settings))
                })
        };
        clusters.retain(|cluster| *cluster != into && fits(cluster));
        let united = !clusters.is_empty();
        for other in clusters {
            self.unite(into, other);
        }
        united
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
        // The cluster's posts are linked by some that left, so links alone would not
        // join them again.
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

    pub(super) fn join(&mut self, slot: u32, cluster: u32) {
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
    pub(super) fn unite(&mut self, into: u32, from: u32) {
        let Some(gone) = self.clusters.remove(from) else {
            return;
        };
        for slot in gone.members {
            self.join(slot, into);
        }
        if let Some(cluster) = self.clusters.get_mut(into) {
            // A campaign is named after its first post, so that shards and later runs
            // name it alike.
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

    /// Names the cluster a campaign if it has become one. A campaign stays one while any of its
    /// posts is in the window, so that answers do not flicker.
    fn weigh(&mut self, slot: u32, settings: &Settings) {
        let Some(cluster) = self.clusters.get_mut(slot) else {
            return;
        };
        // Reposts of one post are reach however many they are.
        if cluster.reach || cluster.campaign.is_some() || cluster.tally.posts < settings.posts {
            return;
        }
        if CampaignEvidence::from_cluster(cluster).is_campaign(cluster, settings)
            && let Some((at, key)) = cluster.first
        {
            cluster.campaign = Some(name(at, key));
            self.campaigns.push(slot);
        }
    }

    /// The time at which the window begins; none before several authors agree on what time it is.
    pub(super) fn oldest(&self, settings: &Settings) -> Option<i64> {
        let newest = self.clock.settled(self.order.len())?;
        Some(newest.saturating_sub(settings.window_ms()))
    }

    /// The posts that the clock does not follow, by time.
    pub(super) fn set_aside(&self) -> impl DoubleEndedIterator<Item = (&Order, &u32)> {
        let limit = self.clock.limit().unwrap_or(i64::MAX);
        let after = (Bound::Excluded((limit, u64::MAX)), Bound::Unbounded);
        self.order.range(after)
    }

    /// Drops the farthest of the posts that the clock does not follow while they are too many: they
    /// must not push out the others.
    fn bound_set_aside(&mut self) {
        let last = self.order.last_key_value();
        if last.is_none_or(|(order, _)| !self.clock.is_ahead(order.0)) {
            return;
        }
        let many = self.set_aside().count().saturating_sub(MOST_SET_ASIDE);
        for _ in 0..many {
            if let Some((_, slot)) = self.order.pop_last() {
                self.evicted.over_capacity += 1;
                self.forget(slot);
            }
        }
    }

    /// Drops posts that are older than the window, and the oldest ones beyond its capacity.
    fn evict(&mut self, settings: &Settings) {
        self.bound_set_aside();
        let oldest = self.oldest(settings).unwrap_or(i64::MIN);
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

    /// Takes a post out before its time is over.
    pub(super) fn take_out(&mut self, order: Order) {
        if let Some(slot) = self.order.remove(&order) {
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
        // Each entry knows its place, so that leaving costs the same in a cluster of any size.
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
                if entry.text.repost_of != 0 {
                    self.origins.remove(&entry.text.repost_of);
                }
            }
            None => {}
        }
    }
}

/// The name of a campaign whose first post is of this time and hash. The hash can't be found from
/// it, as it could from one mixing: the name stays when who wrote the post is forgotten.
fn name(at: i64, key: u64) -> CampaignId {
    CampaignId(mixed(mixed(key ^ at as u64) ^ key))
}

impl Heap for Window {
    fn heap(&self) -> usize {
        let heap = |placed: &Placed| placed.entry.heap();
        vector::<Option<Placed>>(self.entries.capacity())
            + self.entries.iter().map(heap).sum::<usize>()
            + rising_nodes::<Order, u32>(self.order.len())
            + vector::<Option<Cluster>>(self.clusters.capacity())
            + self.clusters.iter().map(Heap::heap).sum::<usize>()
            + self.origins.heap()
            + self.campaigns.heap()
            + self.index.heap()
    }
}
