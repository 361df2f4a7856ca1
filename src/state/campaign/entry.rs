//! A post as the window keeps it: what is needed to link it, to weigh it, and to revise its answer.

use serde::{Deserialize, Serialize};

use super::DISCOUNT;
use crate::feature::hash::Kind;
use crate::observation::fingerprint::{LANES, LEAST_TEXT, mixed};
use crate::observation::{Contact, Observation};
use crate::stats::hash::{self, Hasher};
use crate::time::DAY;
use crate::triage::{CampaignId, Verdict};
use crate::triage::{Importance, Part};
use crate::{Post, Triage};

/// From this probability of spam on a post is suspected, in percent.
pub(super) const SUSPECTED: u8 = (crate::triage::SUSPECTED * 100.0) as u8;
/// Listed strength of contact words from which on a post makes an offer: one that hardly
/// ever is honest.
pub(super) const OFFERS: u8 = 3;
/// Oldest account that may be a throwaway one, in days, and most followers of one.
const THROWAWAY: (i64, u64) = (30, 50);
/// Most followers and posts of a throwaway account whose age is unknown.
const EMPTY: (u64, u64) = (5, 5);

/// Where an entry stands in time: the millisecond, and the hash of the post to tell those of
/// one millisecond apart.
pub(super) type Order = (i64, u64);

/// A post in the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) order: Order,
    /// The identifier of the post, for revisions.
    pub(super) id: Option<Box<str>>,
    /// The hash of its author; 0 if unknown.
    pub(super) account: u64,
    pub(super) minhash: [u16; LANES],
    pub(super) simhash: u64,
    pub(super) amount: u16,
    pub(super) repost_of: u64,
    pub(super) contacts: Box<[Contact]>,
    pub(super) words: Box<[u32]>,
    /// Of spam, in percent.
    pub(super) spam: u8,
    pub(super) offers: bool,
    pub(super) disguised: bool,
    /// Whether it complains and is not suspected.
    pub(super) complains: bool,
    /// Whether its account is a throwaway one, as far as can be known.
    pub(super) throwaway: Option<bool>,
    /// What was said of it before any campaign.
    pub(super) verdict: Verdict,
    /// The points of its importance before the discount for spam.
    points: i16,
    score: u8,
    /// The campaign that was last told.
    pub(super) told: Option<CampaignId>,
    /// The resemblance to the most alike post that it was linked with, in percent.
    pub(super) likeness: u8,
    /// Whether nothing but its words led it to its campaign: then it leads no other there.
    pub(super) by_theme: bool,
}

impl Entry {
    pub(super) fn new(
        at: i64,
        post: &Post<'_>,
        triage: &Triage,
        observation: &Observation,
    ) -> Entry {
        let fingerprint = &observation.fingerprint;
        // Displayed names are nobody: campaigns make them up.
        let account = observation.identity.account().unwrap_or(0);
        let key = match post.id.as_deref() {
            Some(id) => hash::of_text(id),
            None => {
                let mut hasher = Hasher::new(Kind::Pair as u64);
                hasher.push(account);
                hasher.push(fingerprint.text);
                hasher.finish()
            }
        };
        let spam = percent(triage.spam.probability);
        let importance = triage.importance;
        let points: i32 = Part::ALL
            .iter()
            .zip(importance.parts)
            .filter(|(part, _)| !matches!(part, Part::Spam | Part::Clamp))
            .map(|(_, points)| i32::from(points))
            .sum();
        let offers = fingerprint.offer >= OFFERS;
        let suspect = spam >= SUSPECTED;
        Entry {
            order: (at, key),
            id: post.id.as_deref().map(Box::from),
            account,
            minhash: fingerprint.minhash,
            simhash: fingerprint.simhash,
            amount: fingerprint.amount,
            repost_of: if suspect { 0 } else { fingerprint.repost_of },
            contacts: fingerprint.contacts.as_slice().into(),
            words: if suspect || offers {
                fingerprint.words.as_slice().into()
            } else {
                Box::default()
            },
            spam,
            offers,
            disguised: fingerprint.disguised,
            complains: triage.feels_bad() && !suspect,
            throwaway: throwaway(at, post),
            verdict: triage.spam.verdict,
            points: points.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16,
            score: importance.score,
            told: None,
            likeness: 0,
            by_theme: false,
        }
    }

    /// Whether it may be one of those who solicit: it sends the reader somewhere, or is suspected.
    pub(super) fn solicits(&self) -> bool {
        self.spam >= SUSPECTED || self.offers || !self.contacts.is_empty()
    }

    /// Whether it is suspected by the head or by its words.
    pub(super) fn is_suspect(&self) -> bool {
        self.spam >= SUSPECTED || self.offers
    }

    /// Whether a campaign that it belongs to is told of it. Who warns of a handle, or complains
    /// about who owns it, shares the handle and not the text.
    pub(super) fn is_part(&self) -> bool {
        let sends = !self.contacts.is_empty();
        let personal = self.contacts.iter().any(|contact| contact.is_personal());
        let least = match (sends, self.complains) {
            (false, _) => 75,
            (true, true) if self.throwaway == Some(true) => 0,
            (true, true) => 30,
            // What it is linked by is the campaign's own.
            (true, false) => 0,
        };
        let suspected = self.spam >= SUSPECTED || (self.offers && !self.complains);
        suspected || self.likeness >= least || (personal && !self.complains)
    }

    /// The verdict and the score, as they are told with `campaign`.
    pub(super) fn answer(&self, campaign: Option<CampaignId>) -> (Verdict, u8) {
        match campaign {
            None => (self.verdict, self.score),
            Some(_) => (
                Verdict::Spam,
                Importance::default()
                    .with(Part::Harm, self.points)
                    .discounted(DISCOUNT)
                    .score,
            ),
        }
    }

    /// The keys under which a near duplicate is found: three lanes of the MinHash each, or a
    /// quarter of the SimHash.
    pub(super) fn bands(&self) -> impl Iterator<Item = u32> + '_ {
        let long = self.simhash != 0;
        let few = self.amount < LEAST_TEXT || self.repost_of != 0;
        let bands = match (few, long) {
            (true, _) => 0,
            (false, true) => 4,
            (false, false) => 8,
        };
        (0..bands).map(move |band: u64| {
            let value = match long {
                true => (self.simhash >> (16 * band) & 0xffff) | 0xff << 56,
                false => self.lanes(band as usize * 3, 3),
            };
            (mixed(value ^ band << 48) >> 32) as u32
        })
    }

    /// The keys under which one who solicits is found by another: two lanes each.
    pub(super) fn pairs(&self) -> impl Iterator<Item = u32> + '_ {
        let pairs = if self.solicits() && self.amount > 0 && self.repost_of == 0 {
            LANES as u64 / 2
        } else {
            0
        };
        (0..pairs).map(move |pair| {
            (mixed(self.lanes(pair as usize * 2, 2) ^ (pair | 0x80) << 48) >> 32) as u32
        })
    }

    fn lanes(&self, from: usize, count: usize) -> u64 {
        self.minhash
            .iter()
            .skip(from)
            .take(count)
            .fold(0, |value, lane| value << 16 | u64::from(*lane))
    }
}

/// Whether the author's account looks made for the day; `None` where nothing is known of it.
fn throwaway(at: i64, post: &Post<'_>) -> Option<bool> {
    let author = &post.author;
    if author.verified == Some(true) {
        return Some(false);
    }
    match (author.created_at, author.followers, author.posts) {
        (Some(made), followers, _) => {
            let young = at.saturating_sub(made) <= THROWAWAY.0 * DAY;
            Some(young && followers.is_none_or(|followers| followers <= THROWAWAY.1))
        }
        (None, Some(followers), Some(posts)) => Some(followers <= EMPTY.0 && posts <= EMPTY.1),
        _ => None,
    }
}

fn percent(share: f32) -> u8 {
    (share * 100.0).round().clamp(0.0, 100.0) as u8
}
