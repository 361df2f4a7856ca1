//! Alerts: every published pane is compared with what each series is expected to have, and what is
//! beyond the budget of false alerts is reported, from opening to closing.

mod admission;
mod agreement;
mod budgets;
mod crowd;
mod forget;
mod own;
mod rises;
mod settings;
mod snapshot;
mod title;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::alert::Alert;
use super::key::Key;
use super::pane::{Cell, Measure, Pane};
use super::panes::Trends;
use crate::Result;
use crate::heap::Heap;
use crate::series::burst::{Excess, Series};
use crate::time::{Calendar, DAY, HOUR, milliseconds};
use budgets::{Budgets, Share};
use crowd::Crowd;
use own::Own;
use rises::{OpenAlert, Rise, Rises};

pub use settings::Settings;

const HOURS_A_DAY: f64 = (DAY / HOUR) as f64;

/// What happened so far, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Panes that were compared.
    pub panes: u64,
    /// Panes that were taken for missing.
    pub missing: u64,
    /// Alerts that were opened.
    pub opened: u64,
    /// Rises that opened no alert: their posts had too little in common, or, of hashtags, words,
    /// languages and channels, too few of their authors had not just made others rise, or too many
    /// were told that day.
    pub withheld: u64,
    /// Rises that joined an alert.
    pub joined: u64,
    /// Alerts that were closed and rose again.
    pub resumed: u64,
    /// Keys that became no series because there were too many.
    pub refused: u64,
    /// Series of hashtags and channels that had no post for long and were dropped.
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

/// The pane that the watch walks over, among those of its trends. Times in milliseconds.
#[derive(Clone, Copy)]
struct Step<'t> {
    trends: &'t Trends,
    start: i64,
    end: i64,
    /// How long a pane is.
    pane_length: i64,
    measure: Measure,
}

impl<'t> Step<'t> {
    fn of(trends: &'t Trends, start: i64) -> Step<'t> {
        let pane_length = trends.settings().pane_length();
        Step {
            trends,
            start,
            end: start.saturating_add(pane_length),
            pane_length,
            measure: trends.settings().measure,
        }
    }

    fn pane(&self) -> Option<&'t Pane> {
        self.trends.pane(self.start)
    }

    /// The beginning of the hour that ends with the pane.
    fn hour(&self) -> i64 {
        self.end - HOUR
    }

    /// What a key had from `from` to the end of the pane.
    fn cell(&self, key: &Key, from: i64) -> Cell {
        self.trends.cell(key, from, self.end)
    }

    /// Whether it is the first pane of an hour.
    fn begins_hour(&self) -> bool {
        self.start.rem_euclid(HOUR) < self.pane_length
    }
}

/// The series under watch and their alerts. Fed with published panes in order; it looks at one
/// [`Trends`], and does not merge: merge the trends, then watch them.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    settings: Settings,
    calendar: Calendar,
    started: Option<i64>,
    series: BTreeMap<Key, Watched>,
    words: BTreeMap<Key, Rise>,
    budgets: Budgets,
    /// Tests of words in the last hour.
    word_tests: u64,
    /// The alerts that are open, by identifier.
    alerts: BTreeMap<String, OpenAlert>,
    /// Alerts that are closed and may rise again, by identifier.
    resting: BTreeMap<String, OpenAlert>,
    counts: Counts,
    crowd: Crowd,
    /// Of whoever runs the watch; not in snapshots.
    own: Own,
}

impl Watch {
    /// A watch that has seen nothing.
    ///
    /// # Errors
    /// If a setting is out of its range; [`Error::is_settings`](crate::Error::is_settings) holds.
    pub fn new(settings: Settings) -> Result<Watch> {
        settings.check()?;
        Ok(Watch {
            budgets: Budgets::new(&settings),
            settings,
            calendar: Calendar::default(),
            started: None,
            series: BTreeMap::new(),
            words: BTreeMap::new(),
            word_tests: 0,
            alerts: BTreeMap::new(),
            resting: BTreeMap::new(),
            counts: Counts::default(),
            crowd: Crowd::default(),
            own: Own::default(),
        })
    }

    /// Names the words, pairs of words and hashtags (without their sign) of one's own campaigns, as
    /// observations write them. A rise of posts with them, or of give-aways, is marked and of the
    /// least severity; hashtags and words of them open no alert. They are not kept in snapshots.
    pub fn with_own(mut self, words: impl IntoIterator<Item = Box<str>>) -> Watch {
        self.own = Own::new(words);
        self
    }

    /// The same watch, which from now on expects what it learnt of each hour of the week by the
    /// clock and the holidays of this calendar; a new watch has UTC and no holidays.
    pub fn in_calendar(self, calendar: Calendar) -> Watch {
        Watch { calendar, ..self }
    }

    /// What says which hour of the week it is.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Publishes the panes that are complete ([`Trends::publish`]) and compares each with what was
    /// expected; gives what is to be reported, pane by pane, the gravest first.
    pub fn observe_published(&mut self, trends: &mut Trends) -> Vec<Alert> {
        let mut alerts = Vec::new();
        trends.publish(|trends, start| alerts.extend(self.observe(trends, start)));
        alerts
    }

    /// As [`Watch::observe_published`], with all panes that are left: no more posts come.
    pub fn observe_rest(&mut self, trends: &mut Trends) -> Vec<Alert> {
        let mut alerts = Vec::new();
        trends.finish(|trends, start| alerts.extend(self.observe(trends, start)));
        alerts
    }

    /// Compares the pane that begins at `start` with what was expected; what is to be reported, the
    /// gravest first. For who does more with a pane than to watch it: call it within
    /// [`Trends::publish`] for each pane.
    pub fn observe(&mut self, trends: &Trends, start: i64) -> Vec<Alert> {
        let step = Step::of(trends, start);
        let started = self.started.map_or(start, |started| started.min(start));
        self.started = Some(started);
        let warm = start - started >= milliseconds(self.settings.warm_up);
        self.counts.panes += 1;
        // Once an hour is often enough: the bar is an estimate over days.
        if step.begins_hour() && warm {
            self.advance_budgets(&step);
            self.forget(&step);
        }
        // A feed that is down is not calm: taken for zeros, such panes would lower what is
        // expected, and the return of the posts would be an alert.
        if self.is_missing(&step) {
            self.counts.missing += 1;
            self.series
                .values_mut()
                .for_each(|watched| watched.series.skip(&self.calendar, start));
            return Vec::new();
        }
        self.admit(&step, started);
        let busy = if warm { self.busyness(&step) } else { 1.0 };
        let needed = self.needed_authors();
        let mut rises = Rises::default();
        for (key, watched) in &mut self.series {
            let cell = step.pane().and_then(|pane| pane.cell(key));
            let count = cell.map_or(0, |cell| cell.count(step.measure));
            watched.seen = if cell.is_some() { start } else { watched.seen };
            let evidence = watched.series.observe(&self.calendar, start, count);
            // Series learn from the first pane on; what is notable before the rhythm of a day is
            // known is mostly that rhythm.
            if !warm {
                continue;
            }
            let share = Share::of(key);
            let evidence = match share {
                Share::Standing if key.is_broad() => evidence,
                // In a busy hour each word has more posts, and none of them is news.
                Share::Named if key.is_invented() && evidence.count < needed as f64 => {
                    Excess::default()
                }
                Share::Named if key.is_word() => self.own.weighed(&step, key, evidence.among(busy)),
                Share::Standing => own::weighed_by_need(&step, key, evidence),
                Share::Named => self.own.weighed(&step, key, evidence),
            };
            let budget = self.budgets.of(share);
            let phase = watched.rise.episode.observe(&evidence, budget);
            let again = watched.rise.grew(phase, &evidence);
            rises.note(key, phase, evidence, again, || {
                step.end - watched.series.rising_for(evidence.rate().0)
            });
        }
        if warm {
            self.observe_words(&step, busy, &mut rises);
        }
        self.settle(&step, rises)
    }

    /// An hour is over: moves the bars by the number of tests that there were.
    fn advance_budgets(&mut self, step: &Step<'_>) {
        // A series is a test at each pane. Words are only where they are in one, so that their
        // tests are counted: each hour of a day is taken to have as many as the last.
        let (hour, panes_a_day) = (1.0 / HOURS_A_DAY, DAY as f64 / step.pane_length as f64);
        for share in [Share::Standing, Share::Named] {
            let series = self.series.keys().filter(|key| Share::of(key) == share);
            let mut tests = series.count() as f64 * panes_a_day;
            if share == Share::Named {
                tests += HOURS_A_DAY * self.word_tests.max(1) as f64;
            }
            self.budgets.of(share).advance(hour, tests);
        }
        self.word_tests = 0;
    }

    /// Whether a pane without posts is a feed that is down.
    fn is_missing(&self, step: &Step<'_>) -> bool {
        let has_posts = step
            .pane()
            .is_some_and(|pane| pane.cell(&Key::All).is_some());
        let expected = self.series.get(&Key::All).map_or(0.0, |all| {
            all.series.expected_rate() * step.pane_length as f64 / HOUR as f64
        });
        !has_posts && expected >= self.settings.missing_from
    }

    /// The alerts that are open, by identifier.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values().map(|open| &open.alert)
    }

    /// What is reported, and what bounds it.
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

    /// Bytes held on the heap, about.
    pub fn memory_usage(&self) -> usize {
        self.series.heap() + self.words.heap() + self.alerts.heap() + self.resting.heap()
    }
}

impl Heap for Watched {
    fn heap(&self) -> usize {
        self.series.heap() + self.rise.heap()
    }
}
