//! The window as a snapshot, and the union of two.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::cluster::Cluster;
use super::entry::{Entry, Order};
use super::window::Window;
use super::{Campaigns, Evicted, Settings};
use crate::observation::KeyCheck;
use crate::observation::contact::MAX_CONTACTS;
use crate::observation::fingerprint::MAX_WORDS;
use crate::snapshot::State;
use crate::time::Clock;
use crate::triage::CampaignId;
use crate::triage::revision::Revision;
use crate::{Error, Result};

/// What is kept of a window: its posts in order of time, and the clusters in the order of
/// their first posts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    settings: Settings,
    key: KeyCheck,
    clock: Clock,
    evicted: Evicted,
    entries: Vec<Entry>,
    clusters: Vec<KeptCluster>,
    /// The clusters that are campaigns, in the order in which they became so.
    campaigns: Vec<u32>,
}

/// A cluster: its members by their place among the entries, and what can't be counted
/// again from them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeptCluster {
    members: Vec<u32>,
    history: History,
}

/// What can't be counted again from the posts of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct History {
    campaign: Option<CampaignId>,
    reach: bool,
    first: Option<Order>,
    last_at: i64,
    past: u64,
}

impl History {
    fn from_cluster(cluster: &Cluster) -> History {
        let &Cluster {
            campaign,
            reach,
            first,
            last_at,
            past,
            ..
        } = cluster;
        History {
            campaign,
            reach,
            first,
            last_at,
            past,
        }
    }

    fn write(self, cluster: &mut Cluster) {
        let History {
            campaign,
            reach,
            first,
            last_at,
            past,
        } = self;
        cluster.first = match (cluster.first, first) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        cluster.last_at = if cluster.members.is_empty() {
            last_at
        } else {
            cluster.last_at.max(last_at)
        };
        (cluster.campaign, cluster.reach, cluster.past) =
            (campaign.or(cluster.campaign), reach, cluster.past + past);
    }
}

impl State for Campaigns {
    const KIND: &'static str = "campaigns";
    /// The version of the format, raised with every change of it.
    /// 6: hashes under the key of the identities, with its check value; the clock.
    const VERSION: u32 = 6;
    type Kept = Kept;

    fn keep(&self) -> Kept {
        let window = &self.window;
        let mut entries = Vec::with_capacity(window.order.len());
        let mut clusters: Vec<KeptCluster> = Vec::new();
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        for placed in window
            .order
            .values()
            .filter_map(|slot| window.entries.get(*slot))
        {
            let place = entries.len() as u32;
            entries.push(placed.entry.clone());
            let Some(slot) = placed.cluster else { continue };
            let Some(cluster) = window.clusters.get(slot) else {
                continue;
            };
            let number = *numbers.entry(slot).or_insert(clusters.len() as u32);
            match clusters.get_mut(number as usize) {
                Some(cluster) => cluster.members.push(place),
                None => clusters.push(KeptCluster {
                    members: vec![place],
                    history: History::from_cluster(cluster),
                }),
            }
        }
        let campaigns = window
            .campaigns
            .iter()
            .filter_map(|slot| numbers.get(slot).copied())
            .collect();
        Kept {
            settings: self.settings.clone(),
            key: self.key,
            clock: window.clock.clone(),
            evicted: window.evicted,
            entries,
            clusters,
            campaigns,
        }
    }

    fn restore(kept: Kept) -> Result<Campaigns> {
        let Kept {
            settings,
            key,
            clock,
            evicted,
            entries,
            clusters,
            campaigns,
        } = kept;
        settings
            .check()
            .map_err(|error| refused(&error.to_string()).with_source(error))?;
        check_entries(&entries, &settings, &clock)?;
        let mut window = Window::until(clock, evicted);
        let mut places: Vec<Option<u32>> = vec![None; entries.len()];
        let mut slots = Vec::with_capacity(clusters.len());
        for KeptCluster { members, history } in &clusters {
            let mut cluster = Cluster::default();
            history.write(&mut cluster);
            let slot = window.clusters.insert(cluster);
            slots.push(slot);
            for &member in members {
                let reposts = entries
                    .get(member as usize)
                    .map(|entry| entry.text.repost_of != 0);
                let place = places
                    .get_mut(member as usize)
                    .filter(|place| place.is_none());
                match (place, reposts == Some(history.reach)) {
                    (Some(place), true) => *place = Some(slot),
                    _ => {
                        return Err(refused(
                            "a post is in two clusters, or in one of another kind",
                        ));
                    }
                }
            }
            if members.is_empty() {
                return Err(refused("a cluster is empty"));
            }
        }
        put_campaigns(&mut window, &campaigns, &slots)?;
        // Links are not looked for again: an entry was linked with what was in the window
        // at its time.
        for (entry, cluster) in entries.into_iter().zip(places) {
            window.put(entry, cluster);
        }
        Ok(Campaigns {
            settings,
            key,
            window,
        })
    }
}

fn refused(what: &str) -> Error {
    Error::snapshot(format!(
        "the snapshot of campaigns can't be used: {what}; take an older one"
    ))
}

/// A checksum only shows damage: what was written by another program must not break the sums.
fn check_entries(entries: &[Entry], settings: &Settings, clock: &Clock) -> Result<()> {
    if entries.len() > settings.capacity {
        return Err(refused("it holds more posts than its capacity"));
    }
    let ordered = entries.is_sorted_by(|one, next| one.order < next.order);
    let timed = clock.latest().is_some() || entries.is_empty();
    if !ordered || !timed || !clock.is_sound() {
        return Err(refused("its posts are out of order"));
    }
    if entries
        .iter()
        .any(|entry| entry.text.words.len() > MAX_WORDS || entry.text.contacts.len() > MAX_CONTACTS)
    {
        return Err(refused("a post has more words or contacts than are kept"));
    }
    Ok(())
}

/// Puts the clusters with these numbers, in `slots`, into the window's list of campaigns.
fn put_campaigns(window: &mut Window, numbers: &[u32], slots: &[u32]) -> Result<()> {
    let wrong = || refused("its list of campaigns is wrong");
    for &number in numbers {
        let slot = slots.get(number as usize).copied();
        match slot.filter(|slot| {
            window
                .clusters
                .get(*slot)
                .is_some_and(|cluster| cluster.campaign.is_some())
        }) {
            Some(slot) if !window.campaigns.contains(&slot) => window.campaigns.push(slot),
            _ => return Err(wrong()),
        }
    }
    // A campaign that the list lacks would never be reviewed again.
    let all = window
        .clusters
        .iter()
        .filter(|cluster| cluster.campaign.is_some());
    match all.count() == numbers.len() {
        true => Ok(()),
        false => Err(wrong()),
    }
}

/// The posts of two windows, each with the index of the history of its cluster if that has one.
struct Union {
    entries: BTreeMap<Order, (Entry, Option<usize>)>,
    histories: Vec<History>,
}

impl Union {
    fn of(windows: [Kept; 2]) -> Union {
        let mut entries: BTreeMap<Order, (Entry, Option<usize>)> = BTreeMap::new();
        let mut histories: Vec<History> = Vec::new();
        // Clusters that have let posts go can't be found again from the posts that are left, so
        // they carry over; all others are clustered anew.
        for kept in windows {
            let mut past: Vec<Option<usize>> = vec![None; kept.entries.len()];
            for KeptCluster { members, history } in kept
                .clusters
                .iter()
                .filter(|cluster| cluster.history.past > 0)
            {
                for member in members {
                    if let Some(past) = past.get_mut(*member as usize) {
                        *past = Some(histories.len());
                    }
                }
                histories.push(*history);
            }
            for (mut entry, past) in kept.entries.into_iter().zip(past) {
                // Both follow from the links, which are found anew.
                (entry.likeness, entry.by_theme) = (0, false);
                let merged = entries.entry(entry.order).or_insert((entry.clone(), past));
                // Both shards may have reported the post. Of two campaigns the smaller identifier
                // is taken, in whichever order shards merge; what differs is revised after merging.
                merged.0.reported = merged.0.reported.into_iter().chain(entry.reported).min();
            }
        }
        Union { entries, histories }
    }

    /// Clusters the posts in order of event time in an empty window.
    fn clustered(self, mut window: Window, settings: &Settings) -> Window {
        let mut anchors: Vec<Option<u32>> = vec![None; self.histories.len()];
        for (entry, past) in self.entries.into_values() {
            let Some(taken) = window.take(entry, settings) else {
                continue;
            };
            if let Some((history, anchor)) =
                past.and_then(|past| Some((self.histories.get(past)?, anchors.get_mut(past)?)))
            {
                window.anchor(taken.slot, anchor, |cluster| history.write(cluster));
            }
        }
        window
    }
}

impl PartialEq for Campaigns {
    fn eq(&self, other: &Campaigns) -> bool {
        self.keep() == other.keep()
    }
}

impl Campaigns {
    /// Takes in what another window holds, and gives what changes about answers that
    /// either has given.
    ///
    /// The result is the union of both windows' posts, clustered anew in order of event time:
    /// commutative, associative, an empty window is the identity, and any split of a stream gives
    /// what the whole gives, as long as nothing was evicted. Clusters that have let posts go keep
    /// their posts together, their name and their counts; the order of merging may then show in
    /// what is linked through a post that one of them has let go.
    ///
    /// # Errors
    /// If the settings or the keys differ; [`Error::is_merge`] holds, and nothing has changed.
    pub fn merge(&mut self, other: Campaigns) -> Result<Vec<Revision>> {
        if self.settings != other.settings {
            return Err(Error::merge(
                "the two windows of campaigns have different settings; give both the same and \
                 replay one",
            ));
        }
        self.key = self.key.joined(other.key, "windows of campaigns")?;
        // An empty window is the identity of merging.
        if other.window.clock.latest().is_none() {
            return Ok(Vec::new());
        }
        if self.window.clock.latest().is_none() {
            (self.window, self.key) = (other.window, other.key);
            return Ok(Vec::new());
        }
        let mut evicted = self.window.evicted;
        evicted += other.window.evicted;
        let Union {
            mut entries,
            mut histories,
        } = Union::of([self.keep(), other.keep()]);
        let mut clock = self.window.clock.clone();
        clock.merge(&other.window.clock);
        let mut empty = Window::until(clock, evicted);
        let oldest = empty.oldest(&self.settings).unwrap_or(i64::MIN);
        // The union may be longer than one window and larger than its capacity.
        while let Some((order, (_, past))) = entries.first_key_value() {
            if order.0 < oldest {
                empty.evicted.expired += 1;
            } else if entries.len() > self.settings.capacity {
                empty.evicted.over_capacity += 1;
            } else {
                break;
            }
            if let Some(history) = past.and_then(|past| histories.get_mut(past)) {
                history.past += 1;
            }
            entries.pop_first();
        }
        let union = Union { entries, histories };
        self.window = union.clustered(empty, &self.settings);
        let mut revisions = Vec::new();
        // Clusters that met only here may have become a campaign, so every answer is
        // looked at again.
        let slots: Vec<u32> = self.window.order.values().copied().collect();
        for slot in slots {
            self.revise(slot, &mut revisions);
        }
        Ok(revisions)
    }
}
