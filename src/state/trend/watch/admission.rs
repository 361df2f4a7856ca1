//! Which keys become series under watch.

use super::rises::Rise;
use super::{Step, Watch, Watched};
use crate::series::burst::Series;
use crate::state::trend::key::Key;
use crate::time::{DAY, HOUR, milliseconds};

/// Posts that a word has had before it gets a baseline of its own: with fewer its scatter can't be
/// learnt. Chosen by hand.
const KNOWN_WORD: f64 = 20.0;
/// The share of all series that words may take, and how long one may have no post before it is
/// dropped, in milliseconds. By hand: a series is looked at in each pane, and with half of all
/// series the sixtieth day cost half more than the first.
const WORD_SERIES: usize = 10;
const WORD_SILENCE: i64 = DAY;

/// A rise of praise needs nobody, and where it rose in the sample it was irony.
fn is_watched(key: &Key) -> bool {
    !matches!(key, Key::Praise(_))
}

impl Watch {
    /// Makes series of the keys that are new in a pane.
    pub(super) fn admit(&mut self, step: &Step<'_>, started: i64) {
        let Some(pane) = step.pane() else {
            return;
        };
        // A key that is new had nothing in all hours before: that is history, too.
        let hours = (step.start - started) as f64 / HOUR as f64;
        let settings = self.settings;
        let mut words = self.series.keys().filter(|key| key.is_word()).count();
        for (key, _) in pane.cells().filter(|(key, _)| is_watched(key)) {
            if self.series.contains_key(key) {
                continue;
            }
            // What anybody may invent needs several people before it takes room, and was counted
            // before it is watched.
            let mut past = 0.0;
            if key.is_unbounded() {
                let (hash, few) = (key.hash(), settings.min_series_authors);
                if step.trends.of_hour(hash).hour < few {
                    continue;
                }
                let (rate, hours) = step.trends.past(hash, step.hour());
                past = rate * hours;
                // A word without much of a past is followed apart, for there are too many to have
                // baselines.
                let has_room = past >= KNOWN_WORD && words < settings.max_series / WORD_SERIES;
                if (key.is_word() && !has_room) || step.cell(key, step.hour()).authors.count() < few
                {
                    continue;
                }
                words += usize::from(key.is_word());
            }
            if self.series.len() >= settings.max_series {
                self.counts.refused += 1;
                continue;
            }
            let (pane, least) = (step.pane_length, settings.min_authors);
            let series = Series::new(&self.calendar, step.start, pane, hours, least);
            let mut series = series.with_past(&self.calendar, past);
            // What it had in the hour before it was admitted, for the horizons look back.
            for before in (step.hour()..step.start).step_by(step.pane_length as usize) {
                let cell = step.trends.pane(before).and_then(|pane| pane.cell(key));
                series.recall(cell.map_or(0, |cell| cell.count(step.measure)));
            }
            let watched = Watched {
                series,
                rise: Rise::default(),
                seen: step.start,
            };
            self.series.insert(key.clone(), watched);
        }
    }

    /// Drops what is over for good, once an hour: series of unbounded keys that had no post for
    /// long (topics and terms are few, and come back), and alerts.
    pub(super) fn forget(&mut self, step: &Step<'_>) {
        let before = self.series.len();
        let forget_after = milliseconds(self.settings.forget_after);
        self.series.retain(|key, watched| {
            let most = if key.is_word() {
                WORD_SILENCE
            } else {
                forget_after
            };
            !key.is_unbounded() || watched.rise.alert.is_some() || step.start - watched.seen < most
        });
        self.counts.dropped += (before - self.series.len()) as u64;
        self.forget_alerts(step.start);
        self.crowd.forget(step.start);
    }
}
