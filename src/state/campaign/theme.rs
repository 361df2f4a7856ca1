//! The words of campaigns: which posts join by them, and which campaigns are one.
//!
//! Some campaigns write each post anew, with other handles. Their vocabulary finds what
//! no link does.

use super::Settings;
use super::entry::Entry;
use super::window::Window;
use crate::triage::Verdict;

/// How much of a post's words must be in campaigns.
struct Vocabulary {
    /// The share of its words, in percent.
    share: usize,
    /// In how many posts of campaigns each of them must stand.
    posts: u32,
}

/// For a post that is spam by its text alone. Chosen by hand on the sample and on generated
/// streams; with a share of 50 percent, 4, 3 and 2 posts were tried.
const OTHERS: Vocabulary = Vocabulary {
    share: 50,
    posts: 2,
};
/// The same for a post of a throwaway account: who makes accounts for a day rarely has another
/// subject. Chosen on the sample (`docs/measured/campaign.md`); no other share was tried.
const THROWAWAY: Vocabulary = Vocabulary {
    share: 15,
    posts: 1,
};
/// Fewest words of such a post (chosen by hand; not tuned): two words in common are chance.
const MIN_WORDS: usize = 3;
/// The share of the vocabulary that two campaigns have in common, in percent, from which on they
/// are one. Chosen by hand on generated streams; 45 and 33 were tried.
const SAME_THEME: u32 = 33;
/// Most posts that are looked at again when a campaign has grown: the latest that are spam by their
/// text alone (a bound on time).
const MAX_REVIEWED: usize = 256;
/// Most campaigns that a post is compared with by its words: the latest (a bound on time).
const MAX_THEMES: usize = 64;

impl Window {
    /// The campaign whose words a post that is spam by its own text has, if enough of its words are
    /// in the vocabulary of all campaigns together.
    pub(super) fn theme(&self, entry: &Entry) -> Option<u32> {
        if entry.verdict != Verdict::Spam || entry.text.words.len() < MIN_WORDS {
            return None;
        }
        let latest = || self.campaigns.iter().rev().take(MAX_THEMES).copied();
        let posts = |slot: u32, word: u32| {
            self.clusters
                .get(slot)
                .map_or(0, |cluster| cluster.with_word(word))
        };
        let vocabulary = if entry.throwaway == Some(true) {
            THROWAWAY
        } else {
            OTHERS
        };
        let known = entry.text.words.iter().filter(|word| {
            latest().map(|slot| posts(slot, **word)).sum::<u32>() >= vocabulary.posts
        });
        if known.count() * 100 < entry.text.words.len() * vocabulary.share {
            return None;
        }
        // The campaign that has most of its words; of equals the one that began first.
        latest().rev().max_by_key(|slot| {
            let known = entry
                .text
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

    /// Looks again at what was left out when the campaign in `slot` was smaller: other campaigns of
    /// the same vocabulary, and posts that are spam by their own text.
    pub(super) fn review(&mut self, slot: u32, settings: &Settings) {
        let others: Vec<u32> = self
            .campaigns
            .iter()
            .rev()
            .take(MAX_THEMES)
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
            .take(MAX_REVIEWED)
            .map(|(_, slot)| *slot)
            .collect();
        for apart in spam.into_iter().rev() {
            let Some(placed) = self.entries.get(apart) else {
                continue;
            };
            let own = placed.cluster;
            // A cluster comes along if one contact holds it together and it was not weighed yet:
            // one that was weighed and found no campaign stays as it is.
            let comes = |own: u32| {
                let cluster = self
                    .clusters
                    .get(own)
                    .filter(|c| c.campaign.is_none() && !c.reach && c.is_suspect());
                cluster.is_some_and(|c| c.tally.recurrences > 0 && c.is_unweighed(settings))
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

    pub(super) fn join_by_theme(&mut self, slot: u32, campaign: u32) {
        if let Some(placed) = self.entries.get_mut(slot) {
            placed.entry.by_theme = true;
        }
        self.join(slot, campaign);
    }
}
