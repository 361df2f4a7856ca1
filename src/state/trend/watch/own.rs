//! What is worth an alert of words and hashtags: posts that want an answer, not one's own campaigns
//! and give-aways.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use super::{Step, Watch};
use crate::config::entries;
use crate::series::burst::Excess;
use crate::state::trend::key::Key;
use crate::state::trend::pane::{Cell, Note};
use crate::{Engine, Post};

const GIVEAWAYS: &str = include_str!("../../../../data/trend/giveaways.txt");

static GIVEAWAY_WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| entries(GIVEAWAYS).collect());

/// What a rise counts for of which no post wants an answer, beside one of which all do: half. By
/// hand; words and hashtags are ranked by it, and the bar follows the rank.
const LEAST_WEIGHT: f64 = 0.5;

/// Words of one's own campaigns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Own(Arc<BTreeSet<Box<str>>>);

impl Own {
    pub(super) fn new(words: impl IntoIterator<Item = Box<str>>) -> Own {
        Own(Arc::new(words.into_iter().collect()))
    }

    /// The evidence of a word or hashtag by how many of its posts want an answer; none where the
    /// rise is one's own.
    pub(super) fn weighed(&self, step: &Step<'_>, key: &Key, evidence: Excess) -> Excess {
        if evidence.ln_p == 0.0 {
            return evidence;
        }
        let from = step.end - evidence.horizon.milliseconds(step.pane_length);
        let cell = step.cell(key, from);
        if self.names(key) || self.holds_most(&cell.sample) {
            return Excess::default();
        }
        by_need(&cell, evidence)
    }

    /// Whether at least half of the posts are of one's own campaigns or of give-aways.
    pub(super) fn holds_most(&self, notes: &[Arc<Note>]) -> bool {
        let own = notes.iter().filter(|note| self.holds(note)).count();
        !notes.is_empty() && 2 * own >= notes.len()
    }

    /// Whether a key is the name of an own campaign.
    pub(super) fn names(&self, key: &Key) -> bool {
        matches!(key, Key::Hashtag(_) | Key::Emerging(_)) && self.is_own(key.name())
    }

    fn holds(&self, note: &Note) -> bool {
        note.words.iter().any(|word| self.is_own(word))
    }

    fn is_own(&self, word: &str) -> bool {
        self.0.contains(word) || GIVEAWAY_WORDS.contains(word)
    }
}

impl Watch {
    /// As [`Watch::with_own`], of the campaigns that the engine's taxonomy lists under `[own]`; a
    /// [desk](crate::desk) does so.
    pub fn with_own_of(self, engine: &Engine) -> Watch {
        let mut scratch = engine.scratch();
        let mut own = Vec::new();
        for (_, text) in &engine.taxonomy().own {
            let (_, observation) = engine.observe(&Post::new(text.as_str()), &mut scratch);
            let terms = observation.terms;
            // Of a pair of words only the pair, which is the longest.
            let longest = terms.words.iter().max_by_key(|word| word.len());
            own.extend(longest.cloned());
            own.extend(terms.hashtags);
        }
        self.with_own(own)
    }
}

/// The evidence of a topic or term by how many of its posts want an answer.
pub(super) fn weighed_by_need(step: &Step<'_>, key: &Key, evidence: Excess) -> Excess {
    if evidence.ln_p == 0.0 {
        return evidence;
    }
    let from = step.end - evidence.horizon.milliseconds(step.pane_length);
    by_need(&step.cell(key, from), evidence)
}

fn by_need(cell: &Cell, evidence: Excess) -> Excess {
    let weight = LEAST_WEIGHT + (1.0 - LEAST_WEIGHT) * cell.share_that_needs_answer();
    Excess {
        ln_p: evidence.ln_p * weight,
        ..evidence
    }
}
