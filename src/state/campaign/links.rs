//! Which posts of the window a new one is linked with: by its text, and by its contacts.
//!
//! Single links percolate: with one threshold for all posts, 59 % of a generated background was
//! linked with a campaign. The two layers of [`Window::by_text`] and the fringe stop that.

use super::Settings;
use super::entry::{Entry, Order};
use super::window::Window;

/// Bits by which the SimHashes of two long texts may differ (chosen by hand; not tuned).
const DIFFERENT_BITS: u32 = 6;
/// The share of the posts with a contact that are in a campaign, in percent, from which on the
/// contact is the campaign's own (chosen by hand; not tuned).
const OWNED: u32 = 80;
/// Fewest posts of the campaign with such a contact (chosen by hand; not tuned).
const MIN_OWNED: u32 = 3;

/// A post that another is linked with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) slot: u32,
    /// How alike their texts are, in percent.
    pub(super) alike: u8,
}

/// A link with the time of its post, by which links are ordered.
type Found = (Order, u32, u8);

impl Window {
    /// The posts that `entry` is linked with, in order of time.
    pub(super) fn links(&self, entry: &Entry, settings: &Settings) -> Vec<Link> {
        if entry.text.repost_of != 0 {
            return Vec::new();
        }
        let mut found = self.by_text(entry, settings);
        found.extend(self.by_contact(entry, settings));
        found.sort_unstable();
        found.dedup();
        let link = |(_, slot, alike)| Link { slot, alike };
        found.into_iter().map(link).collect()
    }

    /// The posts whose texts are alike. Those who solicit and the others are two layers: a link
    /// leads from one layer to the other only from a suspected post, so that the many who write
    /// alike never lead from one who solicits to another.
    fn by_text(&self, entry: &Entry, settings: &Settings) -> Vec<Found> {
        let mut candidates = Vec::new();
        self.index.alike(entry, &mut candidates);
        candidates.sort_unstable();
        candidates.dedup();
        let mut found: Vec<Found> = Vec::new();
        for &slot in &candidates {
            let Some(other) = self.entries.get(slot).map(|placed| &placed.entry) else {
                continue;
            };
            let alike = percent(entry, other);
            let enough = is_alike(entry, other, alike, settings);
            if enough && !self.is_fringe(slot) && self.fits_layer(entry, other, slot) {
                found.push((other.order, slot, alike.round() as u8));
            }
        }
        // A copy that is linked with one who solicits follows that one only: it may lead to
        // no other copy.
        if !entry.text.solicits() && found.iter().any(|(_, slot, _)| self.solicits(*slot)) {
            found.retain(|(_, slot, _)| self.solicits(*slot));
        }
        found
    }

    /// Whether a link by text may lead from `entry` to the post in `slot`: the rule of
    /// the two layers.
    fn fits_layer(&self, entry: &Entry, other: &Entry, slot: u32) -> bool {
        match (entry.text.solicits(), other.text.solicits()) {
            (true, false) => false,
            (false, false) => self.is_among_soliciting(slot) != Some(true),
            // The spam head has false positives, so a suspected post pulls others in only if it
            // has a contact.
            _ => {
                let leads =
                    |entry: &Entry| entry.text.is_suspect() && !entry.text.contacts.is_empty();
                (entry.text.is_suspect() && other.text.is_suspect()) || leads(entry) || leads(other)
            }
        }
    }

    /// The posts with the same contact.
    fn by_contact(&self, entry: &Entry, settings: &Settings) -> Vec<Found> {
        let mut candidates = Vec::new();
        let mut found: Vec<Found> = Vec::new();
        for contact in &entry.text.contacts {
            candidates.clear();
            let posts = self.index.with_contact(contact.key, &mut candidates);
            for &slot in &candidates {
                let Some(other) = self.entries.get(slot).map(|placed| &placed.entry) else {
                    continue;
                };
                let alike = percent(entry, other);
                // A hotline or a page of news is shared by all, so those need more. A handle is
                // shared by those who earn by it, and so is a link that hardly stands anywhere but
                // in a campaign.
                let doubtful =
                    |entry: &Entry| entry.text.is_suspect() || entry.throwaway == Some(true);
                let suspected = doubtful(entry) && doubtful(other);
                // Who warns of the campaign's link does not belong to it.
                let warns = entry.complains && entry.throwaway != Some(true);
                let owned = || !warns && self.owns(slot, contact.key, posts);
                if contact.is_personal()
                    || alike >= f32::from(settings.alike_suspected)
                    || suspected
                    || owned()
                {
                    found.push((other.order, slot, alike.round() as u8));
                }
            }
        }
        found
    }

    /// Whether the post in `slot` is in a campaign that has nearly all of the `posts` with
    /// the contact `key`.
    fn owns(&self, slot: u32, key: u64, posts: u32) -> bool {
        let cluster = self
            .entries
            .get(slot)
            .and_then(|placed| self.clusters.get(placed.cluster?));
        cluster.is_some_and(|cluster| {
            let within = cluster.with_contact(key);
            cluster.campaign.is_some() && within >= MIN_OWNED && within * 100 >= posts * OWNED
        })
    }

    /// Whether the post in `slot` is in a campaign but has none of the contacts that hold
    /// it together. It may have come by its words, or by chance, so it links no other post
    /// to the campaign.
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
            let contacts = &placed.entry.text.contacts;
            let shares = contacts
                .iter()
                .any(|contact| campaign.with_contact(contact.key) > 1);
            placed.entry.by_theme || (held && !shares)
        })
    }

    fn solicits(&self, slot: u32) -> bool {
        self.entries
            .get(slot)
            .is_some_and(|placed| placed.entry.text.solicits())
    }

    /// Whether the post in `slot` is in a cluster with posts that solicit; `None` if it is alone.
    fn is_among_soliciting(&self, slot: u32) -> Option<bool> {
        let cluster = self.entries.get(slot)?.cluster?;
        self.clusters
            .get(cluster)
            .map(|cluster| cluster.tally.soliciting > 0)
    }
}

/// How alike two texts are, in percent.
fn percent(entry: &Entry, other: &Entry) -> f32 {
    entry.text.resemblance(&other.text) * 100.0
}

/// Whether two texts that are `alike` percent alike are alike enough for a link.
fn is_alike(entry: &Entry, other: &Entry, alike: f32, settings: &Settings) -> bool {
    let (entry, other) = (&entry.text, &other.text);
    let least = match (
        entry.is_suspect(),
        other.is_suspect(),
        entry.solicits() && other.solicits(),
    ) {
        (true, true, _) => settings.alike_suspected,
        // Both have a contact and neither is suspected: honest offers are alike too, so only a
        // shared contact links them (`Window::by_contact`).
        (false, false, true) => return false,
        _ => settings.alike,
    };
    let near = entry
        .signature
        .different_bits(&other.signature)
        .is_some_and(|bits| bits <= DIFFERENT_BITS);
    alike >= f32::from(least) || near
}
