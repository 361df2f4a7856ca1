//! Which keys become series under watch.

use super::rises::Rise;
use super::{Step, Watch, Watched};
use crate::series::burst::Series;
use crate::state::trend::key::Key;
use crate::time::{HOUR, milliseconds};

/// Words are followed apart, by what they had before, for there are too many to have baselines. A
/// rise of praise needs nobody, and where it rose in the sample it was irony.
fn is_watched(key: &Key) -> bool {
    !matches!(key, Key::Emerging(_) | Key::Praise(_))
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
        for (key, _) in pane.cells().filter(|(key, _)| is_watched(key)) {
            if self.series.contains_key(key) {
                continue;
            }
            // What anybody may invent needs several people before it takes room.
            if key.is_unbounded()
                && step.cell(key, step.hour()).authors.count() < settings.min_series_authors
            {
                continue;
            }
            if !self.make_room(step.start) {
                self.counts.refused += 1;
                continue;
            }
            let (pane, least) = (step.pane_length, settings.min_authors);
            let mut series = Series::new(&self.calendar, step.start, pane, hours, least);
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

    /// Whether there is room for another series, if need be after those are dropped that had no
    /// post for long. Only unbounded keys: topics and terms are few, and come back.
    fn make_room(&mut self, now: i64) -> bool {
        let max = self.settings.max_series;
        if self.series.len() >= max {
            let before = self.series.len();
            let forget_after = milliseconds(self.settings.forget_after);
            self.series
                .retain(|key, watched| !key.is_unbounded() || now - watched.seen < forget_after);
            self.counts.dropped += (before - self.series.len()) as u64;
        }
        self.series.len() < max
    }
}
