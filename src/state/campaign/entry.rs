//! A post as the window keeps it: what is needed to link it, to weigh it, and to revise its answer.

use serde::{Deserialize, Serialize};

use super::cluster::{Cluster, Tally};
use super::{DISCOUNT, MIN_COMPARED, Settings};
use crate::feature::hash::FeatureKind;
use crate::heap::Heap;
use crate::observation::fingerprint::{MIN_TEXT, OFFERS, SUSPECTED, Signature, percent};
use crate::observation::{Contact, Fingerprint, Observation, identity};
use crate::stats::hash::Hasher;
use crate::time::milliseconds;
use crate::triage::{CampaignId, Importance, Part, Verdict};
use crate::{Post, Triage};

/// Most followers and posts of a throwaway account whose age is unknown (chosen by
/// hand; not tuned).
const MAX_EMPTY: (u64, u64) = (5, 5);
/// The likeness from which on a post without a contact is labelled as part of its campaign, in
/// percent (chosen by hand; not tuned).
const MIN_PART: u8 = 75;
/// The likeness from which on a post that complains is labelled as part of its campaign, in
/// percent. Chosen by hand (40 and 30 were tried).
const MIN_COMPLAINING_PART: u8 = 30;

/// Where an entry stands in time: the millisecond, then the hash of the post, which orders those
/// of one millisecond.
pub(super) type Order = (i64, u64);

/// What is kept of a post's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Text {
    pub(super) signature: Signature,
    /// The hash of the text that a repost repeats; 0 for another post and for one
    /// that is suspected.
    pub(super) repost_of: u64,
    pub(super) contacts: Box<[Contact]>,
    /// What it is about; empty unless it is suspected.
    pub(super) words: Box<[u32]>,
    pub(super) amount: u16,
    /// The probability of spam, in percent.
    pub(super) spam: u8,
    pub(super) offers: bool,
    pub(super) disguised: bool,
}

/// A post in the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) order: Order,
    /// The identifier of the post, for revisions.
    pub(super) id: Option<Box<str>>,
    /// The channel of the post, if it has an identifier.
    pub(super) channel: Option<Box<str>>,
    /// The hash of its author; 0 if unknown.
    pub(super) account: u64,
    pub(super) text: Text,
    /// Whether it feels bad and is not suspected.
    pub(super) complains: bool,
    /// Whether its account is a throwaway one, as far as can be known.
    pub(super) throwaway: Option<bool>,
    /// Whether its author wrote before, and mostly no spam.
    established: bool,
    /// The verdict of its text alone.
    pub(super) verdict: Verdict,
    /// Its points of harm: what is left of its importance in a campaign.
    harm: i16,
    /// The score of its text alone.
    score: u8,
    /// The campaign of the answer that was reported last.
    pub(super) reported: Option<CampaignId>,
    /// The resemblance to the most alike post that it was linked with, in percent.
    pub(super) likeness: u8,
    /// Whether it joined its campaign by its words alone: then it links no other post to it.
    pub(super) by_theme: bool,
}

impl Text {
    fn from_fingerprint(fingerprint: &Fingerprint, spam: u8) -> Text {
        let offers = fingerprint.offer >= OFFERS;
        let suspect = spam >= SUSPECTED;
        Text {
            signature: fingerprint.signature,
            // Spammers repost too: what is suspected is compared by its text, not counted as reach.
            repost_of: if suspect { 0 } else { fingerprint.repost_of },
            contacts: fingerprint.contacts.as_slice().into(),
            // Only suspected posts make and join a campaign's vocabulary; the others' words would
            // take memory for nothing.
            words: if suspect || offers {
                fingerprint.words.as_slice().into()
            } else {
                Box::default()
            },
            amount: fingerprint.amount,
            spam,
            offers,
            disguised: fingerprint.disguised,
        }
    }

    /// Whether the spam head suspects it.
    pub(super) fn is_suspected(&self) -> bool {
        self.spam >= SUSPECTED
    }

    /// Whether the spam head suspects it, or its words make an offer.
    pub(super) fn is_suspect(&self) -> bool {
        self.is_suspected() || self.offers
    }

    /// Whether it may be one of those who solicit: it sends the reader somewhere, or is suspected.
    pub(super) fn solicits(&self) -> bool {
        self.is_suspect() || !self.contacts.is_empty()
    }

    /// Whether it has a contact that belongs to one person.
    pub(super) fn is_personal(&self) -> bool {
        self.contacts.iter().any(|contact| contact.is_personal())
    }

    /// The resemblance of two texts, 0 to 1; 0 if one is too short to compare.
    pub(super) fn resemblance(&self, other: &Text) -> f32 {
        if self.amount.min(other.amount) < MIN_COMPARED {
            return 0.0;
        }
        self.signature.resemblance(&other.signature)
    }

    /// The keys under which a near duplicate is found.
    pub(super) fn bands(&self) -> impl Iterator<Item = u32> + '_ {
        let has = self.amount >= MIN_TEXT && self.repost_of == 0;
        has.then(|| self.signature.bands()).into_iter().flatten()
    }

    /// The keys under which one who solicits is found by another, which share less of their text.
    pub(super) fn pairs(&self) -> impl Iterator<Item = u32> + '_ {
        let has = self.solicits() && self.amount > 0 && self.repost_of == 0;
        has.then(|| self.signature.pairs()).into_iter().flatten()
    }
}

impl Heap for Entry {
    fn heap(&self) -> usize {
        let Text {
            contacts, words, ..
        } = &self.text;
        self.id.heap() + self.channel.heap() + contacts.heap() + words.heap()
    }
}

impl Entry {
    /// Whose word on what time it is the post is: its author's, else its own.
    pub(super) fn voice(&self) -> u64 {
        match self.account {
            0 => self.order.1,
            account => account,
        }
    }

    pub(super) fn new(
        at: i64,
        post: &Post<'_>,
        triage: &Triage,
        observation: &Observation,
        established: bool,
        settings: &Settings,
    ) -> Entry {
        let fingerprint = &observation.fingerprint;
        // Displayed names are nobody: campaigns make them up.
        let account = observation.identity.account().unwrap_or(0);
        let id = identity::given(post.id.as_deref());
        let channel = identity::given(post.channel.as_deref()).map(identity::cut);
        let key = match observation.identity.post {
            // Without an identifier, the same text of the same author at the same time is
            // the same post.
            identity::NONE => {
                let mut hasher = Hasher::new(FeatureKind::Pair as u64);
                hasher.push(account);
                hasher.push(fingerprint.text);
                hasher.finish()
            }
            post => post,
        };
        let text = Text::from_fingerprint(fingerprint, percent(triage.spam.probability));
        let importance = triage.importance;
        Entry {
            order: (at, key),
            id: id.map(|id| identity::kept(id, || observation.identity.post).into()),
            channel: channel.filter(|_| id.is_some()).map(Box::from),
            account,
            complains: triage.feels_bad() && !text.is_suspected(),
            text,
            throwaway: throwaway(at, post, settings),
            established,
            verdict: triage.spam.verdict,
            harm: importance.parts[Part::Harm as usize],
            score: importance.score,
            reported: None,
            likeness: 0,
            by_theme: false,
        }
    }

    /// Whether the post is labelled as part of its campaign. Who warns of a handle, or complains
    /// about its owner, shares the handle but not the text, and is not.
    pub(super) fn is_part(&self) -> bool {
        let text = &self.text;
        let least = match (text.contacts.is_empty(), self.complains) {
            (true, _) => MIN_PART,
            // A complaint of a throwaway account is not taken for a warning.
            (false, true) if self.throwaway == Some(true) => 0,
            (false, true) => MIN_COMPLAINING_PART,
            // What it is linked by is the campaign's own contact.
            (false, false) => 0,
        };
        let suspected = text.is_suspected() || (text.offers && !self.complains);
        suspected || self.likeness >= least || (text.is_personal() && !self.complains)
    }

    /// Whether the post is a victim of the campaign that its cluster is: copies of a customer's
    /// words make no spam of the customer, who wrote first or writes the same later.
    pub(super) fn is_copied(&self, cluster: &Cluster) -> bool {
        // What is suspected by its own words is nobody's victim.
        if self.text.is_suspect() {
            return false;
        }
        let Tally {
            posts,
            known,
            recurrences,
            ..
        } = cluster.tally;
        let mut contacts = self.text.contacts.iter();
        let shares = contacts.any(|contact| cluster.with_contact(contact.key) > 1);
        let made = self.throwaway == Some(true);
        let harms = self.harm > 0;
        // Who wrote first copied nobody.
        let first = cluster.first == Some(self.order);
        // A contact holds the campaign together, and this post has it not.
        let lacks = recurrences * 2 >= posts && !shares;
        // Where most accounts are known to be made for the campaign, one of which nothing is known
        // is not one of them.
        let other = !made && (self.established || self.throwaway.is_some() || known * 2 >= posts);
        first
            || lacks
            // Harm is not risked, except where an account made for it sends the campaign's contact.
            || (harms && !(made && shares))
            || (other && (!shares || harms || self.complains))
    }

    /// The verdict and the score that are reported with `campaign`.
    pub(super) fn answer(&self, campaign: Option<CampaignId>) -> (Verdict, u8) {
        match campaign {
            None => (self.verdict, self.score),
            Some(_) => (
                Verdict::Spam,
                Importance::default()
                    .with(Part::Harm, self.harm)
                    .discounted(DISCOUNT)
                    .score,
            ),
        }
    }
}

/// Whether the author's account looks made for the day; `None` where nothing is known of it.
fn throwaway(at: i64, post: &Post<'_>, settings: &Settings) -> Option<bool> {
    let author = &post.author;
    // A verified account is not made for a day, however young it is.
    if author.verified == Some(true) {
        return Some(false);
    }
    match (author.created_at, author.followers, author.posts) {
        (Some(made), followers, _) => {
            // Few followers alone are not a sign of a throwaway account; youth must come with them.
            let young = at.saturating_sub(made) <= milliseconds(settings.throwaway_age);
            Some(young && followers.is_none_or(|count| count <= settings.throwaway_followers))
        }
        (None, Some(followers), Some(posts)) => {
            Some(followers <= MAX_EMPTY.0 && posts <= MAX_EMPTY.1)
        }
        _ => None,
    }
}
