//! Words that nobody listed: too many to have series, they are compared hour by hour with what
//! they had before.

use super::budgets::Share;
use super::crowd::needed;
use super::rises::{Rise, Rises};
use super::{Step, Watch};
use crate::series::Horizon;
use crate::series::burst::Excess;
use crate::series::episode::Phase;
use crate::state::trend::key::Key;
use crate::time::{HOUR, milliseconds};

/// The scatter of a word's counts, relative to the square of their mean, assumed as sketches hold
/// no variances. Chosen by hand; not tuned: counted episodes keep the budget all the same.
const DISPERSION: f64 = 0.4;
/// What a word has before anything is known of it: half a post in an hour. Convention (the prior of
/// Jeffreys for a Poisson rate): no word is infinitely new.
const PRIOR_POSTS: f64 = 0.5;
const PRIOR_HOURS: f64 = 1.0;
/// The natural logarithm of the probability from which down a word is followed: 1.8 %. Chosen by
/// hand; a bound on memory and time, as most words of a pane are not news.
const FOLLOWED_LN_P: f64 = -4.0;

impl Watch {
    /// Compares words that have no baseline with what they had before, hour by hour.
    pub(super) fn observe_words(&mut self, step: &Step<'_>, busy: f64, rises: &mut Rises) {
        let needed = self.needed_authors();
        for key in self.words_to_test(step, needed) {
            let followed = self.words.contains_key(&key);
            let Some(evidence) = self.evidence_of_word(step, &key, busy, (followed, needed)) else {
                continue;
            };
            if !followed && evidence.ln_p > FOLLOWED_LN_P {
                continue;
            }
            // A word that is followed stays until its episode is over, or it could never be closed.
            if !followed && self.words.len() >= self.settings.max_series {
                self.counts.refused += 1;
                continue;
            }
            let rise: &mut Rise = self.words.entry(key.clone()).or_default();
            let budget = self.budgets.of(Share::Named);
            let phase = rise.episode.observe(&evidence, budget);
            // It is over without having been reported: its place is free.
            let again = rise.grew(phase, &evidence);
            if phase == Phase::Quiet && rise.episode.depth() == 0.0 {
                self.words.remove(&key);
            }
            rises.note(&key, phase, evidence, again, || first_in_hour(step, &key));
        }
    }

    /// How many times as much as ever is written in the hour, at least once: in a busy hour each
    /// word has more posts, and none of them is news.
    pub(super) fn busyness(&self, step: &Step<'_>) -> f64 {
        let now = step.cell(&Key::All, step.hour()).count(step.measure) as f64;
        let ever = self
            .series
            .get(&Key::All)
            .map_or(0.0, |all| all.series.mean_rate());
        (now / ever.max(1.0)).max(1.0)
    }

    /// How many authors a hashtag or a word needs to be news: the more, the more is usually
    /// written.
    pub(super) fn needed_authors(&self) -> u64 {
        let all = self.series.get(&Key::All);
        let usual = all.map_or(0.0, |all| all.series.mean_rate());
        needed(usual, self.settings.min_authors)
    }

    /// The words of the pane that enough people may have written, and those that are followed.
    fn words_to_test(&mut self, step: &Step<'_>, needed: u64) -> Vec<Key> {
        let in_pane = step
            .pane()
            .into_iter()
            .flat_map(|pane| pane.cells())
            .map(|(key, _)| key);
        let mut tests = 0;
        let mut keys: Vec<Key> = Vec::new();
        for key in in_pane.filter(|key| key.is_word()) {
            tests += 1;
            // Authors of two panes count twice here, so that none is missed; most words stop here.
            if step.trends.of_hour(key.hash()).hour >= needed && !self.series.contains_key(key) {
                keys.push(key.clone());
            }
        }
        // Each word of a pane is a test, also the many that too few wrote to be looked at: without
        // them the bar for words was as low as 10^-2.3 on a young stream.
        self.word_tests += tests;
        keys.extend(self.words.keys().cloned());
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// What the hour says of a word; nothing if there is too little to say it.
    fn evidence_of_word(
        &self,
        step: &Step<'_>,
        key: &Key,
        busy: f64,
        (followed, needed): (bool, u64),
    ) -> Option<Excess> {
        let count = step.cell(key, step.hour()).count(step.measure);
        let enough = count >= needed;
        if !followed && !enough {
            return None;
        }
        // The hour itself is not part of the past that it is compared with.
        let (rate, hours) = step.trends.past(key.hash(), step.hour());
        if hours < milliseconds(self.settings.word_warm_up) as f64 / HOUR as f64 {
            return None;
        }
        if !enough {
            // It has calmed down, which its episode has to see to end.
            return Some(Excess::default());
        }
        let past = rate * hours + PRIOR_POSTS;
        let mean = past / (hours + PRIOR_HOURS) * busy;
        // The mean itself is in doubt, the more the fewer posts it is estimated from.
        let dispersion = DISPERSION + 1.0 / past;
        let evidence = Excess::from_count(Horizon::Hour, count as f64, mean, dispersion);
        Some(self.own.weighed(step, key, evidence))
    }
}

/// The beginning of the first pane of the hour that has the word.
fn first_in_hour(step: &Step<'_>, key: &Key) -> i64 {
    let mut panes = (step.hour()..step.end).step_by(step.pane_length as usize);
    let has_it = |&at: &i64| {
        step.trends
            .pane(at)
            .is_some_and(|pane| pane.cell(key).is_some())
    };
    panes.find(has_it).unwrap_or(step.hour())
}
