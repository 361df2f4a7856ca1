//! Alerts: every published pane is compared with what each series is expected to have, and what is
//! beyond the budget of false alerts is told, from opening to closing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::alert::{Alert, State, rank};
use super::key::Key;
use super::pane::Cell;
use super::trends::Trends;
use crate::series::budget::Budget;
use crate::series::burst::{Evidence, Horizon, Series};
use crate::series::episode::{Episode, Phase};
use crate::snapshot::Snapshot;
use crate::stats::hash;
use crate::time::{DAY, HOUR};
use crate::{Error, Result};

/// A hashtag needs so many authors in an hour to become a series.
const ADMITTED: u64 = 3;
/// A series of an open key that had nothing for so long is dropped.
const FORGOTTEN: i64 = 7 * DAY;
/// Panes in which so many posts are expected and none is there are missing, not quiet.
const MISSING: f64 = 3.0;
/// Rises whose authors are so far the same are one.
const SAME: f64 = 0.5;
/// The scatter of words, relative to the square of their mean; they have no baselines of their own.
const WORD_DISPERSION: f64 = 0.4;
/// The share of the budget that is for words.
const OF_WORDS: f64 = 0.25;
/// Hours that words need behind them before one can be new.
const WORD_HOURS: f64 = 12.0;

/// What is told, and what bounds it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// False alerts a day over all series; a quarter of it is for words that nobody
    /// listed. Default 2.
    pub budget: f64,
    /// Authors in a span below which nothing is told. Default 4.
    pub least: u64,
    /// Hours that must be seen before anything is told. Default 24: a day has its rhythm.
    pub warm_up: u32,
    /// Most series, and most words that are followed. Default 5,000.
    pub series: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            budget: 2.0,
            least: 4,
            warm_up: 24,
            series: 5000,
        }
    }
}

impl Settings {
    fn check(&self) -> Result<()> {
        let Settings { budget, series, .. } = *self;
        if !(budget.is_finite() && budget > 0.0) {
            return Err(Error::settings(format!(
                "watch.budget is {budget}; give the false alerts a day, above 0"
            )));
        }
        if !(1..=10_000_000).contains(&series) {
            return Err(Error::settings(format!(
                "watch.series is {series}; give 1 to 10000000"
            )));
        }
        Ok(())
    }
}

/// What happened so far, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Panes that were compared.
    pub panes: u64,
    /// Panes that were taken for missing.
    pub missing: u64,
    /// Alerts that were opened.
    pub opened: u64,
    /// Rises that joined an alert.
    pub joined: u64,
    /// Keys that became no series, for there were too many.
    pub refused: u64,
    /// Series of hashtags that had nothing for a week and were dropped.
    pub dropped: u64,
}

/// A series under watch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Watched {
    series: Series,
    rise: Rise,
    /// The beginning of the last pane with a post.
    seen: i64,
}

/// An episode and the alert that tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Rise {
    episode: Episode,
    alert: Option<String>,
}

/// An alert that is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    alert: Alert,
    /// The key that names it.
    key: Key,
    /// The keys of the rises that it tells.
    keys: BTreeSet<Key>,
    /// When it was last told.
    told: Option<i64>,
}

/// What the rises of all series and words do in a pane.
#[derive(Default)]
struct Rises {
    /// To be told, and since when they rise.
    opened: Vec<(Key, Evidence, i64)>,
    closed: Vec<Key>,
    /// Those that were told and go on, where the pane is notable.
    current: BTreeMap<Key, Evidence>,
}

impl Rises {
    fn note(&mut self, key: &Key, phase: Phase, evidence: Evidence, since: impl FnOnce() -> i64) {
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

/// The series under watch and their alerts. Fed with published panes in order; it looks at one
/// [`Trends`], and does not merge: merge the trends, then watch them.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    settings: Settings,
    started: Option<i64>,
    series: BTreeMap<Key, Watched>,
    words: BTreeMap<Key, Rise>,
    budget: Budget,
    word_budget: Budget,
    /// Tests of words in the last hour.
    word_tests: u64,
    open: BTreeMap<String, Open>,
    counts: Counts,
}

impl Watch {
    /// A watch that has seen nothing.
    ///
    /// # Errors
    /// If the budget is no number above 0, or no series may be; [`Error::is_settings`] holds.
    pub fn new(settings: Settings) -> Result<Watch> {
        settings.check()?;
        let budget = settings.budget;
        Ok(Watch {
            settings,
            started: None,
            series: BTreeMap::new(),
            words: BTreeMap::new(),
            budget: Budget::new(budget * (1.0 - OF_WORDS)),
            word_budget: Budget::new(budget * OF_WORDS),
            word_tests: 0,
            open: BTreeMap::new(),
            counts: Counts::default(),
        })
    }

    /// Compares the pane that begins at `start` with what was expected; what is to be told, the
    /// gravest first. Panes come in order, each once, as [`Trends::publish`] gives them.
    pub fn observe(&mut self, trends: &Trends, start: i64) -> Vec<Alert> {
        let pane_length = trends.settings().pane;
        let (measure, end) = (trends.settings().measure, start.saturating_add(pane_length));
        let started = *self.started.get_or_insert(start);
        let warm = start - started >= i64::from(self.settings.warm_up) * HOUR;
        self.counts.panes += 1;
        if start.rem_euclid(HOUR) < pane_length && warm {
            let panes_a_day = DAY as f64 / pane_length as f64;
            self.budget
                .advance(1.0 / 24.0, self.series.len() as f64 * panes_a_day);
            self.word_budget
                .advance(1.0 / 24.0, 24.0 * self.word_tests.max(1) as f64);
            self.word_tests = 0;
        }
        let pane = trends.pane(start);
        let expected_of_all = self.series.get(&Key::All).map_or(0.0, |all| {
            all.series.expected_rate() * pane_length as f64 / HOUR as f64
        });
        let has_posts = pane.is_some_and(|pane| pane.cell(&Key::All).is_some());
        if !has_posts && expected_of_all >= MISSING {
            self.counts.missing += 1;
            self.series
                .values_mut()
                .for_each(|watched| watched.series.skip(start));
            return Vec::new();
        }
        self.admit(trends, start, end, started);

        let mut rises = Rises::default();
        for (key, watched) in &mut self.series {
            let cell = pane.and_then(|pane| pane.cell(key));
            let count = cell.map_or(0, |cell| cell.count(measure));
            watched.seen = if cell.is_some() { start } else { watched.seen };
            let evidence = watched.series.observe(start, count);
            if !warm {
                continue;
            }
            let phase = watched.rise.episode.observe(&evidence, &mut self.budget);
            rises.note(key, phase, evidence, || {
                end - watched.series.rising_for(evidence.rate().0)
            });
        }
        if warm {
            self.observe_words(trends, start, end, &mut rises);
        }
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
        let mut told = Vec::new();
        let mut changed: BTreeSet<String> = BTreeSet::new();
        for (key, evidence, since) in opened {
            let id = self.place(trends, key, &evidence, since, end);
            changed.insert(id);
        }
        for key in closed {
            told.extend(self.close(&key, end));
        }
        told.extend(self.update(trends, &current, &changed, end));
        told.sort_by(|one, other| (other.severity, &one.id).cmp(&(one.severity, &other.id)));
        told
    }

    /// Makes series of the keys that are new in a pane.
    fn admit(&mut self, trends: &Trends, start: i64, end: i64, started: i64) {
        let Some(pane) = trends.pane(start) else {
            return;
        };
        let hours = (start - started) as f64 / HOUR as f64;
        let settings = self.settings;
        // Words have no baselines of their own; a rise of praise needs nobody, and is mostly irony
        // where it does.
        let watched = |key: &Key| !matches!(key, Key::Emerging(_) | Key::Praise(_));
        for (key, _) in pane.cells().filter(|(key, _)| watched(key)) {
            if self.series.contains_key(key) {
                continue;
            }
            let open = key.is_open();
            if open && trends.cell(key, end - HOUR, end).authors.count() < ADMITTED {
                continue;
            }
            if self.series.len() >= settings.series {
                let (counts, before) = (&mut self.counts, self.series.len());
                self.series
                    .retain(|key, watched| !key.is_open() || start - watched.seen < FORGOTTEN);
                counts.dropped += (before - self.series.len()) as u64;
                if self.series.len() >= settings.series {
                    counts.refused += 1;
                    continue;
                }
            }
            let mut series = Series::new(start, trends.settings().pane, hours, settings.least);
            // What it had in the hour before it was admitted.
            for before in (end - HOUR..start).step_by(trends.settings().pane as usize) {
                let count = trends.pane(before).and_then(|pane| pane.cell(key));
                series.recall(count.map_or(0, |cell| cell.count(trends.settings().measure)));
            }
            self.series.insert(
                key.clone(),
                Watched {
                    series,
                    rise: Rise::default(),
                    seen: start,
                },
            );
        }
    }

    /// Compares words that nobody listed with what they had before, hour by hour.
    fn observe_words(&mut self, trends: &Trends, start: i64, end: i64, rises: &mut Rises) {
        let measure = trends.settings().measure;
        let hour = end - HOUR;
        let all_now = trends.cell(&Key::All, hour, end).count(measure) as f64;
        let all_before = self
            .series
            .get(&Key::All)
            .map_or(0.0, |all| all.series.mean_rate());
        let busy = (all_now / all_before.max(1.0)).max(1.0);
        let in_pane = trends
            .pane(start)
            .into_iter()
            .flat_map(|pane| pane.cells())
            .map(|(key, _)| key);
        let mut keys: Vec<Key> = in_pane
            .filter(|key| matches!(key, Key::Emerging(_)))
            .cloned()
            .collect();
        // Each word of a pane is a test, also the many that too few wrote to be looked at.
        self.word_tests += keys.len() as u64;
        keys.extend(self.words.keys().cloned());
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let cell = trends.cell(&key, hour, end);
            let count = cell.count(measure);
            let followed = self.words.contains_key(&key);
            if !followed && count < self.settings.least {
                continue;
            }
            let (rate, hours) = trends.past(&key, hour);
            if hours < WORD_HOURS {
                continue;
            }
            let past = rate * hours + 0.5;
            let mean = past / (hours + 1.0) * busy;
            let evidence = match count >= self.settings.least {
                true => Evidence::from_count(
                    Horizon::Hour,
                    count as f64,
                    mean,
                    WORD_DISPERSION + 1.0 / past,
                ),
                false => Evidence::default(),
            };
            if !followed && evidence.ln_p > -4.0 {
                continue;
            }
            if !followed && self.words.len() >= self.settings.series {
                self.counts.refused += 1;
                continue;
            }
            let rise = self.words.entry(key.clone()).or_default();
            let phase = rise.episode.observe(&evidence, &mut self.word_budget);
            if phase == Phase::Quiet && rise.episode.depth() == 0.0 {
                self.words.remove(&key);
            }
            rises.note(&key, phase, evidence, || {
                let mut panes = (hour..end).step_by(trends.settings().pane as usize);
                let first = panes.find(|&at| {
                    trends
                        .pane(at)
                        .is_some_and(|pane| pane.cell(&key).is_some())
                });
                first.unwrap_or(hour)
            });
        }
    }

    /// Gives a rise to the open alert of the same people, or opens one; gives its identifier.
    fn place(
        &mut self,
        trends: &Trends,
        key: Key,
        evidence: &Evidence,
        since: i64,
        end: i64,
    ) -> String {
        let from = end
            - evidence
                .horizon
                .milliseconds(trends.settings().pane)
                .max(HOUR);
        let cell = trends.cell(&key, from, end);
        let excess = evidence.count - evidence.expected;
        let same = self.open.iter().find(|(_, open)| {
            open.keys.iter().any(|other| {
                let theirs = trends.cell(other, from, end);
                // What holds everything shares its authors with everything: it must also
                // explain the rise.
                let broad =
                    rank(&key) >= rank(&Key::Complaints) || rank(other) >= rank(&Key::Complaints);
                let explains = theirs.count(trends.settings().measure) as f64 >= SAME * excess;
                cell.authors.overlap(&theirs.authors) >= SAME && (!broad || explains)
            })
        });
        let id = match same.map(|(id, _)| id.clone()) {
            Some(id) => {
                self.counts.joined += 1;
                id
            }
            None => {
                self.counts.opened += 1;
                let id = format!("a-{:016x}", hash::of_text(&format!("{key} {since}")));
                let alert = Alert {
                    id: id.clone(),
                    since,
                    ..Alert::default()
                };
                self.open.insert(
                    id.clone(),
                    Open {
                        alert,
                        key: key.clone(),
                        keys: BTreeSet::new(),
                        told: None,
                    },
                );
                id
            }
        };
        if let Some(rise) = self.rise(&key) {
            rise.alert = Some(id.clone());
        }
        if let Some(open) = self.open.get_mut(&id) {
            // The first numbers, or those of the key that now names it.
            if open.keys.is_empty() || rank(&key) < rank(&open.key) {
                open.alert.key = key.to_string();
                open.key = key.clone();
                fill(&mut open.alert, trends, &key, evidence, end);
            }
            open.keys.insert(key);
        }
        id
    }

    /// Tells what is new, and what has changed: every hour, or when the severity does.
    fn update(
        &mut self,
        trends: &Trends,
        current: &BTreeMap<Key, Evidence>,
        changed: &BTreeSet<String>,
        end: i64,
    ) -> Vec<Alert> {
        let (bar, word_bar) = (self.budget.bar(), self.word_budget.bar());
        let mut told = Vec::new();
        for (id, open) in &mut self.open {
            let key = &open.key;
            let before = open.alert.severity;
            if let Some(evidence) = current.get(key) {
                fill(&mut open.alert, trends, key, evidence, end);
            }
            let bar = if matches!(key, Key::Emerging(_)) {
                word_bar
            } else {
                bar
            };
            let cell = trends.cell(
                key,
                end - open.alert.horizon.milliseconds(trends.settings().pane),
                end,
            );
            open.alert
                .weigh(bar, cell.importance as f64 / cell.posts.max(1) as f64);
            let with: Vec<String> = open
                .keys
                .iter()
                .filter(|other| *other != key)
                .map(Key::to_string)
                .collect();
            let first = open.told.is_none();
            let is_due = open.told.is_some_and(|told| end - told >= HOUR)
                || open.alert.severity > before
                || with != open.alert.with;
            open.alert.with = with;
            open.alert.longevity = end - open.alert.since;
            if first || (is_due && (changed.contains(id) || current.contains_key(key))) {
                open.told = Some(end);
                open.alert.at = end;
                open.alert.state = if first { State::Opened } else { State::Updated };
                told.push(open.alert.clone());
            }
        }
        told
    }

    /// Takes a rise that is over out of its alert, which is closed with its last one.
    fn close(&mut self, key: &Key, end: i64) -> Option<Alert> {
        let id = self.rise(key)?.alert.take()?;
        if matches!(key, Key::Emerging(_)) {
            self.words.remove(key);
        }
        // An alert lives as long as any of its rises; it keeps their names.
        let still = self
            .series
            .values()
            .map(|watched| &watched.rise)
            .chain(self.words.values());
        let mut still = still;
        if still.any(|rise| rise.alert.as_deref() == Some(&id)) {
            return None;
        }
        let mut open = self.open.remove(&id)?;
        open.alert.state = State::Closed;
        open.alert.at = end;
        open.alert.longevity = end - open.alert.since;
        Some(open.alert)
    }

    /// The rise of a series, or of a word.
    fn rise(&mut self, key: &Key) -> Option<&mut Rise> {
        match self.series.get_mut(key) {
            Some(watched) => Some(&mut watched.rise),
            None => self.words.get_mut(key),
        }
    }

    /// The alerts that are open, by identifier.
    pub fn open(&self) -> impl Iterator<Item = &Alert> {
        self.open.values().map(|open| &open.alert)
    }

    /// What is told, and what bounds it.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How many series are under watch, words not counted.
    pub fn series(&self) -> usize {
        self.series.len()
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Bytes held by the series, about.
    pub fn memory_usage(&self) -> usize {
        self.series
            .iter()
            .map(|(key, watched)| {
                key.name().len() + size_of::<Key>() + watched.series.memory_usage()
            })
            .sum()
    }
}

/// Writes into an alert what its key has now.
fn fill(alert: &mut Alert, trends: &Trends, key: &Key, evidence: &Evidence, end: i64) {
    let from = end - evidence.horizon.milliseconds(trends.settings().pane);
    let cell: Cell = trends.cell(key, from, end);
    let (rate, interval) = evidence.rate();
    alert.horizon = evidence.horizon;
    alert.count = evidence.count.round() as u64;
    alert.expected = evidence.expected;
    (alert.rate, alert.interval) = (rate, interval);
    alert.depth = -evidence.ln_p / std::f64::consts::LN_10;
    alert.complaints = cell.complaint_share();
    (alert.posts, alert.spam) = (cell.posts, cell.spam);
    alert.drivers = trends.drivers(key, alert.since.min(from), end, Alert::DRIVERS);
    let wide = trends.cell(key, alert.since.min(from), end);
    let notes = if wide.evidence.is_empty() {
        &wide.sample
    } else {
        &wide.evidence
    };
    alert.evidence = notes.iter().take(Alert::EVIDENCE).cloned().collect();
}

/// What is kept of a [`Watch`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    settings: Settings,
    started: Option<i64>,
    series: BTreeMap<Key, Watched>,
    words: BTreeMap<Key, Rise>,
    budget: Budget,
    word_budget: Budget,
    word_tests: u64,
    open: BTreeMap<String, Open>,
    counts: Counts,
}

impl Snapshot for Watch {
    const KIND: &'static str = "watch";
    const VERSION: u32 = 1;

    type Kept = Kept;

    fn keep(&self) -> Kept {
        let Watch {
            settings,
            started,
            series,
            words,
            budget,
            word_budget,
            word_tests,
            open,
            counts,
        } = self.clone();
        Kept {
            settings,
            started,
            series,
            words,
            budget,
            word_budget,
            word_tests,
            open,
            counts,
        }
    }

    fn restore(kept: Kept) -> Result<Watch> {
        let Kept {
            settings,
            started,
            series,
            words,
            budget,
            word_budget,
            word_tests,
            open,
            counts,
        } = kept;
        settings.check()?;
        let sound = series.values().all(|watched| watched.series.is_sound());
        let few = series.len() <= settings.series && words.len() <= settings.series;
        match sound && few && budget.is_sound() && word_budget.is_sound() {
            true => Ok(Watch {
                settings,
                started,
                series,
                words,
                budget,
                word_budget,
                word_tests,
                open,
                counts,
            }),
            false => Err(Error::snapshot(
                "this watch holds what none can; begin a new one",
            )),
        }
    }
}
