//! Campaigns: one offer by many accounts in a short time, distinguished from incidents
//! and from reach.
//!
//! Posts are taken in order of event time, each with the [`Observation`] that
//! [`Engine::observe`](crate::Engine::observe) made of it. Posts that are alike in text or share a
//! contact are linked into clusters; a cluster whose evidence passes a threshold is a campaign.
//! Then its posts are spam, and those that were answered before are revised.
//!
//! ```
//! use hearken::campaign::{Campaigns, Kind, Settings};
//! use hearken::{Engine, Post};
//!
//! # fn main() -> hearken::Result<()> {
//! let engine = Engine::new()?;
//! let mut scratch = engine.scratch();
//! let mut campaigns = Campaigns::new(Settings::default())?;
//! let post = Post::from_json(r#"{"id":"1","text":"My parcel is late","created_at":"2026-03-01T08:00:00Z"}"#)?;
//! let (mut triage, observation) = engine.observe(&post, &mut scratch);
//! let membership = campaigns.observe(&post, &mut triage, &observation);
//! assert_eq!(membership.kind, Kind::Alone);
//! # Ok(())
//! # }
//! ```
//!
#![doc = include_str!("../../../docs/design/campaign.md")]

mod cluster;
mod entry;
mod evidence;
mod forget;
mod index;
mod links;
mod settings;
mod snapshot;
mod theme;
mod window;

use std::ops::AddAssign;

use cluster::Cluster;
use entry::Entry;
use serde::{Deserialize, Serialize};
pub use settings::Settings;
use window::{Taken, Window};

use crate::heap::Heap;
use crate::observation::{Identities, KeyCheck};
use crate::post::Role;
use crate::triage::revision::{Cause, Field, Revision, Value};
use crate::triage::{CampaignId, Verdict};
use crate::{Observation, Post, Result, Triage};

/// The amount of text below which two texts are not compared: 13 letters or 5 Han characters are
/// alike by chance (chosen by hand; not tuned).
const MIN_COMPARED: u16 = 10;
/// The share of the points of importance that is taken off a post of a campaign: that of a certain
/// spam (`[spam] share` in `data/importance.toml`).
const DISCOUNT: f32 = 1.0;

/// What a post is among others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Linked with no other post.
    #[default]
    Alone,
    /// A repost of one post: reach, not spam.
    Reach,
    /// Linked with others that advertise nothing: a copied complaint, a greeting, news.
    Copies,
    /// Part of a campaign: one offer by many accounts.
    Campaign,
}

/// What a post is among others, and what it changed about earlier answers.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Membership {
    /// The campaign that the post is labelled as part of, if any.
    pub campaign: Option<CampaignId>,
    /// Whether it stands alone, or what kind of group it is in.
    pub kind: Kind,
    /// Posts of the window that it is linked with, itself included; reposts, if it is one.
    pub posts: u64,
    /// The accounts that wrote them, as far as they are known.
    pub accounts: u64,
    /// The evidence of the campaign in a sentence; empty if there is none.
    pub reason: String,
    /// What changes about answers that were given before, in order of their posts' time.
    pub revisions: Vec<Revision>,
}

/// A campaign of which posts are in the window.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Campaign {
    /// Its identifier: a hash of its first post, the same in every shard.
    pub id: CampaignId,
    /// The time of its first post, in milliseconds since the Unix epoch.
    pub first_at: i64,
    /// The time of its last post.
    pub last_at: i64,
    /// Posts in the window.
    pub posts: u64,
    /// Posts that were marked as spam for it, of those in the window.
    pub marked: u64,
    /// Posts that it ever had.
    pub total: u64,
    /// Accounts in the window, as far as they are known.
    pub accounts: u64,
    /// Different handles, numbers and links in the window.
    pub contacts: u64,
    /// The evidence in a sentence: posts, accounts, contacts, likeness, and the points
    /// of each part.
    pub reason: String,
    /// The identifier of its first post in the window that has one.
    pub sample: Option<String>,
}

/// A post that is labelled as part of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Marked<'a> {
    /// Its identifier.
    pub post: &'a str,
    /// Its channel, if it names one.
    pub channel: Option<&'a str>,
    /// The campaign.
    pub campaign: CampaignId,
}

/// How many posts and campaigns have left the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evicted {
    /// Posts that became older than the window.
    pub expired: u64,
    /// Posts that were the oldest beyond the capacity, or the farthest of too many set aside.
    pub over_capacity: u64,
    /// Posts that came when they were already older than the window, and were not looked at.
    pub late: u64,
    /// Campaigns all of whose posts are gone.
    pub campaigns: u64,
}

impl AddAssign for Evicted {
    fn add_assign(&mut self, other: Evicted) {
        // Taken apart by name, so that a new counter can't be forgotten here.
        let Evicted {
            expired,
            over_capacity,
            late,
            campaigns,
        } = other;
        self.expired += expired;
        self.over_capacity += over_capacity;
        self.late += late;
        self.campaigns += campaigns;
    }
}

/// The posts of a window of event time, their clusters, and which of them are campaigns.
#[derive(Clone, Debug)]
pub struct Campaigns {
    settings: Settings,
    /// Under what its hashes were made.
    key: KeyCheck,
    window: Window,
}

impl Campaigns {
    /// An empty window.
    ///
    /// # Errors
    /// If a setting is out of its range; [`Error::is_settings`](crate::Error::is_settings) holds.
    pub fn new(settings: Settings) -> Result<Campaigns> {
        settings.check()?;
        Ok(Campaigns {
            settings,
            key: KeyCheck::default(),
            window: Window::default(),
        })
    }

    /// Checks that posts that were read under `identities` may follow: accounts, posts and contacts
    /// are kept as hashes under the secret of the first post's engine.
    ///
    /// # Errors
    /// If they have another secret or policy; [`Error::is_snapshot`](crate::Error::is_snapshot)
    /// holds.
    pub fn check_key(&self, identities: &Identities) -> Result<()> {
        self.key.allows(identities, "this window of campaigns")
    }

    /// Takes a post, and applies to `triage` what it is among others: the verdict, the campaign
    /// and the discount.
    ///
    /// Posts come in order of event time; one that comes late is linked with what is there. A post
    /// without a time stands at the latest time seen. A wrong date that is far ahead of the other
    /// posts does not move the window ([`Campaigns::set_aside`]). A post with the identifier and
    /// time of one in the window is that one. What agents wrote is not looked at.
    pub fn observe(
        &mut self,
        post: &Post<'_>,
        triage: &mut Triage,
        observation: &Observation,
    ) -> Membership {
        let at = post.created_at.or(self.window.clock.latest()).unwrap_or(0);
        self.observe_at(at, false, post, triage, observation)
    }

    /// As [`Campaigns::observe`], of a post that stands at `at`, whose author is `established`:
    /// wrote before, and mostly no spam.
    pub(crate) fn observe_at(
        &mut self,
        at: i64,
        established: bool,
        post: &Post<'_>,
        triage: &mut Triage,
        observation: &Observation,
    ) -> Membership {
        // Agents answer with the same sentences all day, which is not a campaign.
        if post.role == Role::Agent {
            return Membership {
                posts: 1,
                accounts: 1,
                ..Membership::default()
            };
        }
        self.key.note(&observation.identity);
        let entry = Entry::new(at, post, triage, observation, established, &self.settings);
        let Some(taken) = self.window.take(entry, &self.settings) else {
            return Membership {
                posts: 1,
                accounts: 1,
                ..Membership::default()
            };
        };
        let Taken { slot, touched } = taken;
        let mut revisions = Vec::new();
        for revised in self.due(touched) {
            if revised == slot {
                // The post's own answer has not left yet, so it is set, not revised.
                let campaign = self.campaign_of(slot);
                if let Some(placed) = self.window.entries.get_mut(slot) {
                    placed.entry.reported = campaign;
                }
            } else {
                self.revise(revised, &mut revisions);
            }
        }
        let mut membership = self.membership(slot);
        membership.revisions = revisions;
        if let Some(campaign) = membership.campaign {
            triage.spam.campaign = Some(campaign);
            triage.spam.verdict = Verdict::Spam;
            triage.importance = triage.importance.discounted(DISCOUNT);
        }
        membership
    }

    /// The campaigns of which posts are in the window, by the time of their first post,
    /// then by identifier.
    pub fn campaigns(&self) -> Vec<Campaign> {
        let mut campaigns: Vec<Campaign> = self
            .window
            .campaigns
            .iter()
            .filter_map(|slot| self.window.clusters.get(*slot))
            .filter_map(|cluster| self.describe(cluster))
            .collect();
        campaigns.sort_by_key(|campaign| (campaign.first_at, campaign.id));
        campaigns
    }

    /// The posts of the window that are labelled as part of a campaign, in order of time: as they
    /// were answered or revised last. A post without an identifier can't be named.
    pub fn marked(&self) -> impl Iterator<Item = Marked<'_>> {
        let slots = self.window.order.values();
        slots.filter_map(|slot| {
            let entry = &self.window.entries.get(*slot)?.entry;
            Some(Marked {
                post: entry.id.as_deref()?,
                channel: entry.channel.as_deref(),
                campaign: entry.reported?,
            })
        })
    }

    /// How many posts and campaigns have left the window since the beginning.
    pub fn evicted(&self) -> Evicted {
        self.window.evicted
    }

    /// Posts whose time is so far ahead of most others that the window does not follow them; they
    /// are in it, at most a thousand.
    pub fn set_aside(&self) -> u64 {
        self.window.set_aside().count() as u64
    }

    /// Posts in the window.
    pub fn len(&self) -> usize {
        self.window.order.len()
    }

    /// Whether no post is in the window.
    pub fn is_empty(&self) -> bool {
        self.window.order.is_empty()
    }

    /// The settings that the window was made with; a restored one has those of its snapshot.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Bytes held on the heap, about. Looks at every post.
    pub fn memory_usage(&self) -> usize {
        self.window.heap()
    }

    /// `slots` without repetition, in order of time.
    fn due(&self, slots: Vec<u32>) -> Vec<u32> {
        let order = |slot: u32| Some((self.window.entries.get(slot)?.entry.order, slot));
        let mut slots: Vec<_> = slots.into_iter().filter_map(order).collect();
        // In order of time: slots are reused, so their numbers would give another order of
        // revisions in a shard.
        slots.sort_unstable();
        slots.dedup();
        slots.into_iter().map(|(_, slot)| slot).collect()
    }

    fn cluster(&self, slot: u32) -> Option<&Cluster> {
        self.window
            .clusters
            .get(self.window.entries.get(slot)?.cluster?)
    }

    /// The campaign that the post in `slot` is labelled as part of.
    fn campaign_of(&self, slot: u32) -> Option<CampaignId> {
        let entry = &self.window.entries.get(slot)?.entry;
        let cluster = self.cluster(slot)?;
        let is_part = entry.is_part() && !entry.is_copied(cluster);
        cluster.campaign.filter(|_| is_part)
    }

    /// Reports the post in `slot` again if its campaign has changed.
    fn revise(&mut self, slot: u32, revisions: &mut Vec<Revision>) {
        let new = self.campaign_of(slot);
        let Some(entry) = self.window.entries.get(slot).map(|placed| &placed.entry) else {
            return;
        };
        let old = entry.reported;
        if old == new {
            return;
        }
        // A post without an identifier can't be named in a revision; its label changes
        // all the same.
        if let (Some(post), Some(id)) = (entry.id.as_deref(), new.or(old)) {
            let channel = entry.channel.as_deref().map(str::to_owned);
            let cluster = self.cluster(slot);
            let cause = Cause::Campaign {
                id: id.to_string(),
                posts: cluster.map_or(1, |cluster| u64::from(cluster.tally.posts)),
                accounts: cluster.map_or(1, |cluster| u64::from(cluster.accounts())),
                reason: cluster.map_or(String::new(), evidence::reason),
            };
            let mut revise = |field: Field, old: Value, new: Value| {
                if old != new {
                    revisions.push(Revision {
                        post: post.to_owned(),
                        channel: channel.clone(),
                        field,
                        old,
                        new,
                        cause: cause.clone(),
                    });
                }
            };
            let (before, after) = (entry.answer(old), entry.answer(new));
            let named = |id: Option<CampaignId>| Value::Campaign(id.map(|id| id.to_string()));
            revise(
                Field::SpamVerdict,
                Value::Verdict(before.0),
                Value::Verdict(after.0),
            );
            revise(Field::SpamCampaign, named(old), named(new));
            revise(
                Field::ImportanceScore,
                Value::Score(before.1),
                Value::Score(after.1),
            );
        }
        if let Some(placed) = self.window.entries.get_mut(slot) {
            placed.entry.reported = new;
        }
    }

    fn membership(&self, slot: u32) -> Membership {
        let Some(entry) = self.window.entries.get(slot).map(|placed| &placed.entry) else {
            return Membership {
                posts: 1,
                accounts: 1,
                ..Membership::default()
            };
        };
        let Some(cluster) = self.cluster(slot) else {
            return Membership {
                posts: 1,
                accounts: u64::from(entry.account != 0),
                ..Membership::default()
            };
        };
        let kind = match entry.reported {
            Some(_) => Kind::Campaign,
            None if cluster.reach => Kind::Reach,
            None => Kind::Copies,
        };
        Membership {
            campaign: entry.reported,
            kind,
            posts: u64::from(cluster.tally.posts),
            accounts: u64::from(cluster.accounts()),
            reason: entry
                .reported
                .map_or(String::new(), |_| evidence::reason(cluster)),
            revisions: Vec::new(),
        }
    }

    fn describe(&self, cluster: &Cluster) -> Option<Campaign> {
        let members = || {
            cluster
                .members
                .iter()
                .filter_map(|slot| Some(&self.window.entries.get(*slot)?.entry))
        };
        let sample = members()
            .filter(|entry| entry.id.is_some())
            .min_by_key(|entry| entry.order);
        Some(Campaign {
            id: cluster.campaign?,
            first_at: cluster.first?.0,
            last_at: cluster.last_at,
            posts: u64::from(cluster.tally.posts),
            marked: members().filter(|entry| entry.reported.is_some()).count() as u64,
            total: u64::from(cluster.tally.posts) + cluster.past,
            accounts: u64::from(cluster.accounts()),
            contacts: u64::from(cluster.distinct_contacts()),
            reason: evidence::reason(cluster),
            sample: sample
                .and_then(|entry| entry.id.as_deref())
                .map(str::to_owned),
        })
    }
}
