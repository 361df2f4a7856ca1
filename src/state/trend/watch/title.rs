//! Which key names an alert: the most specific one that explains most of the rise.

use std::collections::BTreeSet;

use super::{Step, Watch};
use crate::state::trend::key::Key;
use crate::time::HOUR;

/// The share of the largest excess that a key must have to name the alert: most of it.
const MOST: f64 = 0.5;
/// The share that a narrow key keeps the name with, where a broad one rises beside it. Chosen by
/// hand.
const PART: f64 = 0.25;
/// The share from which on a segment (one brand, say) names a rise: what many brands have together
/// is a rise of none of them. Chosen by hand.
const OF_SEGMENT: f64 = 0.75;
/// How many times the excess of the present name another of the same breadth must have to take its
/// place. Chosen by hand.
const CLEARLY_MORE: f64 = 1.5;
/// How far back an alert's rise is looked at, in milliseconds: the longest horizon.
const LOOK_BACK: i64 = 6 * HOUR;

impl Watch {
    /// The key that names an alert of these keys, which began at `since`; `present` names it now.
    pub(super) fn title(
        &self,
        step: &Step<'_>,
        keys: &BTreeSet<Key>,
        present: &Key,
        since: i64,
    ) -> Key {
        let from = since.clamp(step.end - LOOK_BACK, step.hour());
        let excess = |key: &Key| self.excess(step, key, from);
        let own: Vec<(&Key, f64)> = keys.iter().map(|key| (key, excess(key))).collect();
        let most = own.iter().map(|(_, excess)| *excess).fold(0.0, f64::max);
        let explains = |(key, excess): &&(&Key, f64)| {
            let share = if key.segment().is_some() {
                OF_SEGMENT
            } else {
                MOST
            };
            *excess >= share * most && *excess > 0.0
        };
        let narrowest = |all: &[(&Key, f64)]| {
            all.iter()
                .filter(explains)
                .min_by(|one, other| {
                    let breadth = one.0.breadth().cmp(&other.0.breadth());
                    breadth
                        .then(other.0.segment().is_some().cmp(&one.0.segment().is_some()))
                        .then(other.1.total_cmp(&one.1))
                        .then(one.0.cmp(other.0))
                })
                .map(|(key, _)| (*key).clone())
        };
        let Some(named) = narrowest(&own) else {
            return present.clone();
        };
        if named.is_broad() {
            // What was named narrowly stays so while a good part of the rise is its own.
            if !present.is_broad() && keys.contains(present) && excess(present) >= PART * most {
                return present.clone();
            }
            // No narrow key rose enough to be an episode; one may still make most of the rise.
            let least = self.settings.min_authors as f64;
            let narrow: Vec<(&Key, f64)> = self
                .series
                .keys()
                .filter(|key| !key.is_broad() && !matches!(key, Key::Hashtag(_)))
                .map(|key| (key, excess(key)))
                .filter(|(_, excess)| *excess >= least)
                .collect();
            return narrowest(&narrow).unwrap_or(named);
        }
        // Names don't flap: another of the same breadth must explain clearly more.
        let same = present.breadth() == named.breadth()
            && present.segment().is_some() == named.segment().is_some();
        let kept = excess(present);
        match same && kept >= MOST * most && excess(&named) < CLEARLY_MORE * kept {
            true => present.clone(),
            false => named,
        }
    }

    /// How many more a key had from `from` to the end of the pane than were expected.
    pub(super) fn excess(&self, step: &Step<'_>, key: &Key, from: i64) -> f64 {
        let hours = (step.end - from) as f64 / HOUR as f64;
        let rate = match self.series.get(key) {
            Some(watched) => watched.series.expected_rate(),
            None => step.trends.past(key.hash(), step.hour()).0,
        };
        step.cell(key, from).count(step.measure) as f64 - rate * hours
    }

    /// The keys of an alert but the one that names it, the most specific first.
    pub(super) fn others(keys: &BTreeSet<Key>, title: &Key) -> Vec<Key> {
        let mut others: Vec<Key> = keys.iter().filter(|key| *key != title).cloned().collect();
        others.sort_by_key(|key| key.breadth());
        others
    }
}
