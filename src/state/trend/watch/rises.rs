//! How rises become alerts: what the same people say is one, opened, updated, closed, and the same
//! when it rises again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::budgets::Share;
use super::{Step, Watch};
use crate::heap::Heap;
use crate::series::Horizon;
use crate::series::burst::Excess;
use crate::series::episode::{Episode, Phase};
use crate::state::trend::alert::{Alert, MAX_DRIVERS, MAX_EVIDENCE, State};
use crate::state::trend::key::Key;
use crate::stats::distinct::Distinct;
use crate::stats::hash;
use crate::time::{DAY, HOUR};

/// How long after its end an alert goes on if the same rises again, in milliseconds. Chosen by
/// hand: half a day, so that the evening of what began in the morning is no second alert.
const RESUMES_WITHIN: i64 = 12 * HOUR;
/// How long all rises of an alert must be over before it is closed. Chosen by hand: what comes
/// again within the hour is the same without a word.
const CALM: i64 = HOUR;
/// An alert is reported again where its count is so many times the one last reported, or its
/// severity so much greater: what a reader would act on. Chosen by hand.
const TIMES_MORE: f64 = 2.0;
const GRAVER: u8 = 2;
/// How many times as steeply as all posts a key must rise to be more than a part of them. Chosen by
/// hand.
const STEEPER: f64 = 1.5;

/// An episode and the alert that reports it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rise {
    pub(super) episode: Episode,
    pub(super) alert: Option<String>,
    /// What it counted when it was withheld, for it was no news.
    withheld: Option<f64>,
}

impl Rise {
    /// Whether it was withheld and has grown since, so that it may be news.
    pub(super) fn grew(&self, phase: Phase, evidence: &Excess) -> bool {
        let more = |count: f64| evidence.count > count;
        phase == Phase::Open && self.alert.is_none() && self.withheld.is_some_and(more)
    }
}

/// An alert that is open, or may rise again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct OpenAlert {
    pub(super) alert: Alert,
    /// The keys of the rises that it reports.
    keys: BTreeSet<Key>,
    /// What was last reported.
    reported: Option<Reported>,
    /// Whether it is to be reported as one that rises again.
    resumes: bool,
    /// When the last of its rises was over.
    calm_since: Option<i64>,
    /// The share of the budget that it was opened on, and how improbable its rises were there.
    share: Share,
    depth: f64,
}

impl Heap for Rise {
    fn heap(&self) -> usize {
        self.alert.heap()
    }
}

impl Heap for OpenAlert {
    fn heap(&self) -> usize {
        let reported = self.reported.as_ref().map_or(0, |last| last.key.heap());
        self.alert.heap() + self.keys.heap() + reported
    }
}

/// What was last reported of an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Reported {
    key: Key,
    count: u64,
    severity: u8,
}

impl OpenAlert {
    fn new(id: String, key: &Key, since: i64) -> OpenAlert {
        OpenAlert {
            alert: Alert {
                id,
                since,
                key: key.clone(),
                ..Alert::default()
            },
            keys: BTreeSet::new(),
            reported: None,
            resumes: false,
            calm_since: None,
            share: Share::of(key),
            depth: 0.0,
        }
    }

    /// Takes keys out.
    pub(super) fn drop_keys(&mut self, gone: impl Fn(&Key) -> bool) {
        self.keys.retain(|key| !gone(key));
        if self.reported.as_ref().is_some_and(|last| gone(&last.key)) {
            self.reported = None;
        }
    }

    /// Whether something changed since the last report that a reader would act on.
    fn has_changed(&self) -> bool {
        self.reported.as_ref().is_none_or(|last| {
            self.alert.key != last.key
                || self.alert.count as f64 >= TIMES_MORE * last.count as f64
                || self.alert.severity >= last.severity.saturating_add(GRAVER)
        })
    }
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
        again: bool,
        since: impl FnOnce() -> i64,
    ) {
        match if again { Phase::Opened } else { phase } {
            Phase::Opened => {
                self.opened.push((key.clone(), evidence, since()));
                self.current.insert(key.clone(), evidence);
            }
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
        // Openings before closings: an alert goes on if its last rise ends as another one of the
        // same people begins.
        for (key, evidence, since) in opened {
            self.place(step, key, &evidence, since);
        }
        for key in closed {
            self.calm(&key, step.end);
        }
        reported.extend(self.update(step, &current));
        reported.extend(self.close(step.end));
        // By identifier at last: the order of a report depends on nothing but the posts.
        reported.sort_by(|one, other| (other.severity, &one.id).cmp(&(one.severity, &other.id)));
        reported
    }

    /// Gives a rise to the open alert of the same people or to the one that it was of before, or
    /// opens one.
    fn place(&mut self, step: &Step<'_>, key: Key, evidence: &Excess, since: i64) {
        let from = step.end - evidence.horizon.milliseconds(step.pane_length).max(HOUR);
        let is_of_crowd = Share::of(&key) == Share::Named && key.segment().is_none();
        let authors = is_of_crowd.then(|| step.cell(&key, from).authors);
        // A rise is as improbable as its deepest pane, and what its posts say comes in later.
        let episode = self.rise(&key).map_or(0.0, |rise| rise.episode.depth());
        let deepest = depth(evidence).max(episode);
        let same = self
            .open_alert(&key)
            .or_else(|| self.alert_of_the_same_people(step, &key, evidence));
        let id = if let Some(id) = same {
            self.counts.joined += 1;
            id
        } else if let Some(mut again) = self.resting_alert(&key) {
            self.counts.resumed += 1;
            again.resumes = true;
            again.keys.clear();
            again.alert.key = key.clone();
            let id = again.alert.id.clone();
            self.alerts.insert(id.clone(), again);
            id
        } else if let Some(authors) = authors
            .as_ref()
            .filter(|authors| !self.is_news(&key, evidence, authors))
        {
            self.crowd.rises(&key, authors, step.end);
            self.withhold(&key, evidence);
            return;
        } else if !self.is_of_one_matter(step, &key, evidence, deepest) {
            self.withhold(&key, evidence);
            return;
        } else {
            self.counts.opened += 1;
            if is_of_crowd {
                self.crowd.opens(step.end, depth(evidence));
            }
            // By what it is, not a running number: two runs over the same posts give the same
            // identifiers.
            let id = format!("a-{:016x}", hash::of_text(&format!("{key} {since}")));
            let open = OpenAlert::new(id.clone(), &key, since);
            self.alerts.insert(id.clone(), open);
            id
        };
        if let Some(authors) = authors {
            self.crowd.rises(&key, &authors, step.end);
        }
        if let Some(rise) = self.rise(&key) {
            (rise.alert, rise.withheld) = (Some(id.clone()), None);
        }
        if let Some(open) = self.alerts.get_mut(&id) {
            open.keys.insert(key);
            open.calm_since = None;
        }
    }

    /// Reports no rise until it has grown.
    fn withhold(&mut self, key: &Key, evidence: &Excess) {
        self.counts.withheld += 1;
        if let Some(rise) = self.rise(key) {
            rise.withheld = Some(evidence.count);
        }
    }

    /// Whether what these authors make rise by what they name is worth an alert of its own.
    fn is_news(&self, key: &Key, evidence: &Excess, authors: &Distinct) -> bool {
        let fresh = self.crowd.fresh(key.hash(), authors);
        fresh >= self.needed_authors()
            && self
                .crowd
                .has_room(depth(evidence), self.budgets.allowed(Share::Named))
    }

    /// The open alert that was of this key.
    fn open_alert(&self, key: &Key) -> Option<String> {
        let of_key = |(_, open): &(&String, &OpenAlert)| open.keys.contains(key);
        self.alerts.iter().find(of_key).map(|(id, _)| id.clone())
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
        let (rate, _) = evidence.rate();
        let excess = self.excess(step, key, from);
        let is_same = |other: &Key| {
            let theirs = step.cell(other, from);
            if cell.authors.overlap(&theirs.authors) < same {
                return false;
            }
            // Broad keys share authors with every key: a narrow rise is the broad one where it
            // makes most of it, or is only a part that rises as the whole does. Otherwise a flood
            // would hide everything else that happens in it.
            let of_broad = |narrow: f64, narrow_rate: f64, broad: &Key| {
                let whole = self.excess(step, broad, from);
                let all = step.cell(broad, from).count(step.measure) as f64;
                let times = all / (all - whole).max(1.0);
                narrow >= same * whole || narrow_rate <= STEEPER * times
            };
            match (key.is_broad(), other.is_broad()) {
                (false, false) => true,
                (true, true) => theirs.count(step.measure) as f64 >= same * excess,
                (false, true) => of_broad(excess, rate, other),
                (true, false) => {
                    let narrow = self.excess(step, other, from);
                    let count = theirs.count(step.measure) as f64;
                    of_broad(narrow, count / (count - narrow).max(1.0), key)
                }
            }
        };
        // A broad key joins while it rises only, and on its first day: an alert that goes on for
        // days would take in whatever makes all posts rise later. And what is named by a hashtag or
        // a word takes in nobody else's rise with it. Nor does a topic that shared authors with the
        // title once, and is of other people now.
        let joins = |id: &String, open: &OpenAlert, other: &Key| {
            let title = &open.alert.key;
            let rises = || {
                let rise = self.series.get(other).map(|watched| &watched.rise);
                rise.is_some_and(|rise| rise.alert.as_ref() == Some(id))
            };
            let by_all = key.is_broad() || !title.is_invented();
            let authors = |of: &Key| step.cell(of, from).authors;
            let of_title = || other == title || authors(title).overlap(&authors(other)) >= same;
            let is_young = step.end.saturating_sub(open.alert.since) <= DAY;
            match other.is_broad() {
                true => by_all && is_young && rises(),
                false => (is_young || !title.is_broad()) && of_title(),
            }
        };
        self.alerts
            .iter()
            .find(|(id, open)| {
                let mut same = open.keys.iter().filter(|other| is_same(other));
                !are_apart(key, &open.alert.key) && same.any(|other| joins(id, open, other))
            })
            .map(|(id, _)| id.clone())
    }

    /// Takes the alert that was of this key, if it may rise again.
    fn resting_alert(&mut self, key: &Key) -> Option<OpenAlert> {
        let was = |(_, resting): &(&String, &OpenAlert)| match key.is_broad() {
            true => resting.alert.key == *key,
            false => resting.alert.key == *key || resting.alert.with.contains(key),
        };
        let id = self.resting.iter().find(was).map(|(id, _)| id.clone())?;
        self.resting.remove(&id)
    }

    /// Reports what is new, and what changed so that a reader would act on it.
    fn update(&mut self, step: &Step<'_>, current: &BTreeMap<Key, Excess>) -> Vec<Alert> {
        let mut reported = Vec::new();
        let ids: Vec<String> = self.alerts.keys().cloned().collect();
        for id in ids {
            let Some(mut open) = self.alerts.remove(&id) else {
                continue;
            };
            self.refresh(step, &mut open, current);
            let is_first = open.reported.is_none();
            let rises = current.contains_key(&open.alert.key);
            if is_first || open.resumes || (rises && open.has_changed()) {
                self.portray(step, &mut open);
                open.alert.at = step.end;
                open.alert.state = match (is_first, open.resumes) {
                    (true, _) => State::Opened,
                    (_, true) => State::Resumed,
                    _ => State::Updated,
                };
                open.resumes = false;
                open.reported = Some(Reported {
                    key: open.alert.key.clone(),
                    count: open.alert.count,
                    severity: open.alert.severity,
                });
                reported.push(open.alert.clone());
            }
            self.alerts.insert(id, open);
        }
        reported
    }

    /// Names an alert and gives it the numbers of now.
    fn refresh(&mut self, step: &Step<'_>, open: &mut OpenAlert, current: &BTreeMap<Key, Excess>) {
        let rises: BTreeSet<Key> = open
            .keys
            .iter()
            .filter(|key| current.contains_key(*key))
            .cloned()
            .collect();
        let share = open.share;
        for key in &rises {
            if let Some(evidence) = current.get(key).filter(|_| Share::of(key) == share) {
                open.depth = open.depth.max(depth(evidence));
            }
        }
        let alert = &mut open.alert;
        alert.longevity = step.end - alert.since;
        if rises.is_empty() {
            // An alert whose series are calm for a while only waits for its end.
            return;
        }
        alert.key = self.title(step, &rises, &alert.key, alert.since);
        alert.with = Watch::others(&open.keys, &alert.key);
        let evidence = match (current.get(&alert.key), self.series.get(&alert.key)) {
            (Some(evidence), _) => Some(*evidence),
            (None, Some(watched)) => Some(watched.series.over(Horizon::Hour)),
            (None, None) => None,
        };
        if let Some(evidence) = evidence {
            let (rate, interval) = evidence.rate();
            alert.horizon = evidence.horizon;
            alert.count = evidence.count.round() as u64;
            alert.expected = evidence.expected;
            (alert.rate, alert.interval) = (rate, interval);
        }
        let deepest = rises.iter().filter_map(|key| current.get(key));
        alert.depth = deepest.map(depth).fold(0.0, f64::max);
        let cell = step.cell(
            &alert.key,
            step.end - alert.horizon.milliseconds(step.pane_length),
        );
        alert.complaints = cell.share_that_needs_answer();
        (alert.posts, alert.spam) = (cell.posts, cell.spam);
        let importance = cell.importance as f64 / cell.posts.max(1) as f64;
        alert.weigh(self.budgets.bar(share), importance);
        alert.own = self.own.names(&alert.key) || self.own.holds_most(&cell.sample);
        if alert.own {
            alert.severity = 1;
        }
    }

    /// Gives an alert its words and posts: those of the whole rise, for the words that are new in
    /// it are known by what was before.
    fn portray(&self, step: &Step<'_>, open: &mut OpenAlert) {
        let OpenAlert { alert, keys, .. } = open;
        let from = step.end - alert.horizon.milliseconds(step.pane_length);
        let since = alert.since.min(from);
        let portrait = step.trends.portrait(&alert.key, keys, since, step.end);
        alert.drivers = portrait.drivers(MAX_DRIVERS);
        alert.evidence = portrait.typical(MAX_EVIDENCE);
    }

    /// Takes a rise that is over out of its alert, which is calm after its last one.
    fn calm(&mut self, key: &Key, end: i64) {
        let id = self.rise(key).and_then(|rise| {
            rise.withheld = None;
            rise.alert.take()
        });
        let Some(id) = id else {
            return;
        };
        // Without a baseline there is nothing that would have to learn on.
        self.words.remove(key);
        let mut others = self
            .series
            .values()
            .map(|watched| &watched.rise)
            .chain(self.words.values());
        if !others.any(|rise| rise.alert.as_deref() == Some(&id))
            && let Some(open) = self.alerts.get_mut(&id)
        {
            open.calm_since = Some(end);
        }
    }

    /// Closes the alerts that are calm for long enough.
    fn close(&mut self, end: i64) -> Vec<Alert> {
        let over = |open: &OpenAlert| open.calm_since.is_some_and(|since| end - since >= CALM);
        let ids: Vec<String> = self
            .alerts
            .iter()
            .filter(|(_, open)| over(open))
            .map(|(id, _)| id.clone())
            .collect();
        let mut closed = Vec::new();
        for id in ids {
            let Some(mut open) = self.alerts.remove(&id) else {
                continue;
            };
            // Once in its life: what rises again was counted.
            if open.depth > 0.0 {
                self.budgets.of(open.share).told(open.depth);
                open.depth = 0.0;
            }
            let alert = &mut open.alert;
            alert.state = State::Closed;
            alert.at = end;
            alert.longevity = open.calm_since.unwrap_or(end) - alert.since;
            closed.push(alert.clone());
            self.resting.insert(id, open);
        }
        closed
    }

    /// Drops closed alerts that are over for good.
    pub(super) fn forget_alerts(&mut self, now: i64) {
        self.resting
            .retain(|_, resting| now - resting.alert.at < RESUMES_WITHIN);
    }

    /// The rise of a series, or of a word.
    fn rise(&mut self, key: &Key) -> Option<&mut Rise> {
        match self.series.get_mut(key) {
            Some(watched) => Some(&mut watched.rise),
            None => self.words.get_mut(key),
        }
    }
}

/// Whether two keys are of two values of one field: what rises in one brand is not the rise of
/// another, though the whole rises with both.
fn are_apart(key: &Key, other: &Key) -> bool {
    let segments = key.segment().zip(other.segment());
    segments.is_some_and(|(one, other)| one.field() == other.field() && one != other)
}

fn depth(evidence: &Excess) -> f64 {
    -evidence.ln_p / std::f64::consts::LN_10
}
