//! How rises become alerts: what the same people say is one, opened, updated and closed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::naming::{are_apart, names_better};
use super::{Step, Watch};
use crate::series::burst::Excess;
use crate::series::episode::{Episode, Phase};
use crate::state::trend::alert::{Alert, MAX_DRIVERS, MAX_EVIDENCE, State};
use crate::state::trend::key::Key;
use crate::stats::hash;
use crate::time::HOUR;

/// An alert that goes on is reported again after that time, in milliseconds. Convention.
const UPDATE_AFTER: i64 = HOUR;

/// An episode and the alert that reports it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rise {
    pub(super) episode: Episode,
    pub(super) alert: Option<String>,
}

/// An alert that is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct OpenAlert {
    pub(super) alert: Alert,
    /// The keys of the rises that it reports.
    keys: BTreeSet<Key>,
    /// When it was last reported.
    reported: Option<i64>,
}

/// What the rises of all series and words do in a pane.
#[derive(Default)]
pub(super) struct Rises {
    /// To be reported, and since when they rise.
    opened: Vec<(Key, Excess, i64)>,
    closed: Vec<Key>,
    /// Those that were reported and go on, where the pane is notable.
    current: BTreeMap<Key, Excess>,
}

impl Rises {
    pub(super) fn note(
        &mut self,
        key: &Key,
        phase: Phase,
        evidence: Excess,
        since: impl FnOnce() -> i64,
    ) {
        match phase {
            Phase::Opened => self.opened.push((key.clone(), evidence, since())),
            Phase::Open if evidence.ln_p < 0.0 => {
                self.current.insert(key.clone(), evidence);
            }
            Phase::Closed => self.closed.push(key.clone()),
            Phase::Open | Phase::Quiet => {}
        }
    }
}

impl Watch {
    /// Opens, joins, closes and updates alerts by what the rises of a pane do; gives what is to be
    /// reported, the gravest first.
    pub(super) fn settle(&mut self, step: &Step<'_>, rises: Rises) -> Vec<Alert> {
        let Rises {
            mut opened,
            closed,
            current,
        } = rises;
        // The clearest first: what the same people say joins it.
        opened.sort_by(|one, other| {
            one.1
                .ln_p
                .total_cmp(&other.1.ln_p)
                .then_with(|| one.0.cmp(&other.0))
        });
        let mut reported = Vec::new();
        let mut changed: BTreeSet<String> = BTreeSet::new();
        // Openings before closings: an alert goes on if its last rise ends as another one of the
        // same people begins.
        for (key, evidence, since) in opened {
            changed.insert(self.place(step, key, &evidence, since));
        }
        for key in closed {
            reported.extend(self.close(&key, step.end));
        }
        reported.extend(self.update(step, &current, &changed));
        // By identifier at last: the order of a report depends on nothing but the posts.
        reported.sort_by(|one, other| (other.severity, &one.id).cmp(&(one.severity, &other.id)));
        reported
    }

    /// Gives a rise to the open alert of the same people, or opens one; gives its identifier.
    fn place(&mut self, step: &Step<'_>, key: Key, evidence: &Excess, since: i64) -> String {
        let id = match self.alert_of_the_same_people(step, &key, evidence) {
            Some(id) => {
                self.counts.joined += 1;
                id
            }
            None => {
                self.counts.opened += 1;
                // By what it is, not a running number: two runs over the same posts give
                // the same identifiers.
                let id = format!("a-{:016x}", hash::of_text(&format!("{key} {since}")));
                let open = OpenAlert {
                    alert: Alert {
                        id: id.clone(),
                        since,
                        ..Alert::default()
                    },
                    keys: BTreeSet::new(),
                    reported: None,
                };
                self.alerts.insert(id.clone(), open);
                id
            }
        };
        if let Some(rise) = self.rise(&key) {
            rise.alert = Some(id.clone());
        }
        if let Some(open) = self.alerts.get_mut(&id) {
            // The first numbers, or those of the key that now names it.
            if open.keys.is_empty()
                || names_better(&self.series, step, (&key, evidence), &open.alert)
            {
                open.alert.key = key.clone();
                fill(&mut open.alert, step, evidence);
            }
            open.keys.insert(key);
        }
        id
    }

    /// The open alert that has a rise of the authors who make `key` rise.
    fn alert_of_the_same_people(
        &self,
        step: &Step<'_>,
        key: &Key,
        evidence: &Excess,
    ) -> Option<String> {
        let same = self.settings.same_authors;
        // An hour at least: in a pane the same people rarely write twice.
        let span = evidence.horizon.milliseconds(step.pane_length).max(HOUR);
        let from = step.end - span;
        let cell = step.cell(key, from);
        let excess = evidence.count - evidence.expected;
        let is_same = |other: &Key| {
            let theirs = step.cell(other, from);
            // Broad keys share authors with every key, so one must also account for
            // the other's excess.
            let explains = theirs.count(step.measure) as f64 >= same * excess;
            cell.authors.overlap(&theirs.authors) >= same
                && (explains || !(key.is_broad() || other.is_broad()))
        };
        self.alerts
            .iter()
            .find(|(_, open)| !are_apart(key, &open.alert.key) && open.keys.iter().any(is_same))
            .map(|(id, _)| id.clone())
    }

    /// Reports what is new, and what has changed: every hour, or when it is graver or wider.
    fn update(
        &mut self,
        step: &Step<'_>,
        current: &BTreeMap<Key, Excess>,
        changed: &BTreeSet<String>,
    ) -> Vec<Alert> {
        let (bar, word_bar) = (self.budget.bar(), self.word_budget.bar());
        let mut reported = Vec::new();
        for (id, open) in &mut self.alerts {
            let OpenAlert {
                alert,
                keys,
                reported: last,
            } = open;
            let (before, now) = (alert.severity, current.get(&alert.key));
            if let Some(evidence) = now {
                fill(alert, step, evidence);
            }
            // Words have a budget and so a bar of their own; severity is what goes beyond it.
            let is_word = matches!(alert.key, Key::Emerging(_));
            let span = alert.horizon.milliseconds(step.pane_length);
            let cell = step.cell(&alert.key, step.end - span);
            let importance = cell.importance as f64 / cell.posts.max(1) as f64;
            alert.weigh(if is_word { word_bar } else { bar }, importance);
            let with: Vec<Key> = keys
                .iter()
                .filter(|other| **other != alert.key)
                .cloned()
                .collect();
            let is_due = last.is_some_and(|last| step.end - last >= UPDATE_AFTER)
                || alert.severity > before
                || with != alert.with;
            alert.with = with;
            alert.longevity = step.end - alert.since;
            // An alert whose series is calm for a while only waits for its end.
            let is_first = last.is_none();
            if is_first || (is_due && (changed.contains(id) || now.is_some())) {
                *last = Some(step.end);
                alert.at = step.end;
                alert.state = match is_first {
                    true => State::Opened,
                    false => State::Updated,
                };
                reported.push(alert.clone());
            }
        }
        reported
    }

    /// Takes a rise that is over out of its alert, which is closed with its last one.
    fn close(&mut self, key: &Key, end: i64) -> Option<Alert> {
        let id = self.rise(key)?.alert.take()?;
        // A word has no baseline that would have to learn on.
        if matches!(key, Key::Emerging(_)) {
            self.words.remove(key);
        }
        // An alert lives as long as any of its rises; it keeps their names.
        let mut others = self
            .series
            .values()
            .map(|watched| &watched.rise)
            .chain(self.words.values());
        if others.any(|rise| rise.alert.as_deref() == Some(&id)) {
            return None;
        }
        let mut alert = self.alerts.remove(&id)?.alert;
        alert.state = State::Closed;
        alert.at = end;
        alert.longevity = end - alert.since;
        Some(alert)
    }

    /// The rise of a series, or of a word.
    fn rise(&mut self, key: &Key) -> Option<&mut Rise> {
        match self.series.get_mut(key) {
            Some(watched) => Some(&mut watched.rise),
            None => self.words.get_mut(key),
        }
    }
}

/// Writes into an alert what its key has now.
fn fill(alert: &mut Alert, step: &Step<'_>, evidence: &Excess) {
    let from = step.end - evidence.horizon.milliseconds(step.pane_length);
    let cell = step.cell(&alert.key, from);
    let (rate, interval) = evidence.rate();
    alert.horizon = evidence.horizon;
    alert.count = evidence.count.round() as u64;
    alert.expected = evidence.expected;
    (alert.rate, alert.interval) = (rate, interval);
    alert.depth = -evidence.ln_p / std::f64::consts::LN_10;
    alert.complaints = cell.share_that_needs_answer();
    (alert.posts, alert.spam) = (cell.posts, cell.spam);
    // Numbers are of the horizon; words and posts of the whole rise, which began before it.
    let since = alert.since.min(from);
    alert.drivers = step
        .trends
        .drivers(&alert.key, since, step.end, MAX_DRIVERS);
    let wide = step.cell(&alert.key, since);
    // Unbounded keys keep no evidence, but a sample.
    let notes = match wide.evidence.is_empty() {
        true => &wide.sample,
        false => &wide.evidence,
    };
    alert.evidence = notes.iter().take(MAX_EVIDENCE).cloned().collect();
}
