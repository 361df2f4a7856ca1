//! What a desk is made with.

use std::time::Duration;

use super::{Outcome, Window};
use crate::state::queue::{self, Queue};
use crate::state::stream;
use crate::state::trend::{self, Trends, Watch, watch};
use crate::time::{Calendar, milliseconds};
use crate::{Engine, Error, Result};

/// What a desk is made with. A part that is `None` is left out: it costs nothing and gives nothing.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How far behind the latest post a post may come and still be taken in its turn. Each answer
    /// waits for it. Zero takes posts as they come; `None` holds all until [`finish`], in memory
    /// that grows with the posts.
    ///
    /// [`finish`]: super::Desk::finish
    pub lateness: Option<Duration>,
    /// How many posts may wait for their turn; of more, the earliest is taken before it.
    /// `None` is as many as come.
    pub most_held: Option<usize>,
    /// The clock and the holidays of the hours of the week that the watch expects, and of business
    /// hours, whatever calendar the service levels of `stream` have.
    pub calendar: Calendar,
    /// Campaigns, context, novelty, and the service levels of waiting and queue.
    pub stream: stream::Settings,
    /// What to answer next; the scores from which a post is medium, high and critical are those
    /// of the engine.
    pub queue: Option<queue::Settings>,
    /// What is counted in panes.
    pub trends: Option<trend::Settings>,
    /// What is reported; needs `trends`.
    pub watch: Option<watch::Settings>,
    /// Windows that are given as they are complete; needs `trends`, which must keep panes as long
    /// as a window.
    pub windows: Option<WindowSettings>,
}

/// Windows of event time, each a sum of panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSettings {
    /// How long a window is; rounded down to whole panes, one at least.
    pub length: Duration,
    /// How far apart windows begin: `length` makes them tumble, less makes them slide.
    pub slide: Duration,
}

impl Settings {
    /// Everything but windows, with the usual settings; posts are taken as they come.
    ///
    /// # Errors
    /// If the bundled service levels can't be used; [`Error::is_settings`] holds.
    pub fn for_engine(engine: &Engine) -> Result<Settings> {
        Ok(Settings {
            lateness: Some(Duration::ZERO),
            most_held: None,
            calendar: Calendar::default(),
            stream: stream::Settings::for_engine(engine)?,
            queue: Some(queue::Settings::default()),
            trends: Some(trend::Settings::default()),
            watch: Some(watch::Settings::default()),
            windows: None,
        })
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.trends.is_none() && (self.watch.is_some() || self.windows.is_some()) {
            return Err(Error::settings(
                "desk.watch and desk.windows read the panes of desk.trends; give it too",
            ));
        }
        Ok(())
    }

    pub(super) fn lateness_ms(&self) -> Option<i64> {
        self.lateness.map(milliseconds)
    }

    /// The settings with their calendar in their service levels.
    pub(super) fn in_calendar(mut self) -> Settings {
        let levels = self.stream.service_levels;
        self.stream.service_levels = levels.in_calendar(self.calendar.clone());
        self
    }

    pub(super) fn new_watch(&self, engine: &Engine) -> Result<Option<Watch>> {
        let watch = self.watch.map(Watch::new).transpose()?;
        Ok(watch.map(|watch| watch.in_calendar(self.calendar.clone()).with_own_of(engine)))
    }

    pub(super) fn new_queue(&self, engine: &Engine) -> Result<Option<Queue>> {
        let queue = |settings| {
            let service_levels = self.stream.service_levels.clone();
            Queue::new(settings, service_levels, engine.importance().levels())?
                .with_identities(self.stream.identities.clone())
        };
        self.queue.clone().map(queue).transpose()
    }
}

impl WindowSettings {
    /// Gives the windows that end with the pane that begins at `start`; `next` is the beginning of
    /// the next one.
    pub(super) fn read(
        &self,
        trends: &Trends,
        start: i64,
        next: &mut Option<i64>,
        outcomes: &mut Vec<Outcome>,
    ) {
        let (pane, length, slide) = self.panes(trends);
        let end = start.saturating_add(pane);
        // The clock may have been put back behind the next window; then windows begin anew.
        let mut from = next
            .filter(|next| *next <= end.saturating_add(slide))
            .unwrap_or_else(|| start.div_euclid(slide) * slide);
        while from.saturating_add(length) <= end {
            let to = from + length;
            if to <= start && !trends.has_posts(from, to) {
                // Panes were passed over, and with them the windows that lie between.
                from += ((start - to) / slide + 1) * slide;
                continue;
            }
            give(trends, from, to, false, outcomes);
            from += slide;
        }
        *next = Some(from);
    }

    /// Gives the windows that hold what no complete window holds: no more posts come.
    pub(super) fn finish(
        &self,
        trends: &Trends,
        next: &mut Option<i64>,
        outcomes: &mut Vec<Outcome>,
    ) {
        let (Some(mut from), Some(end)) = (*next, trends.published()) else {
            return;
        };
        let (_, length, slide) = self.panes(trends);
        // Where the complete windows end: up to there each post is in one of them, or between two.
        let mut covered = from.saturating_sub(slide).saturating_add(length);
        while from < end && covered < end {
            covered = from.saturating_add(length);
            give(trends, from, covered, true, outcomes);
            from = from.saturating_add(slide);
        }
        *next = Some(from);
    }

    /// The milliseconds of a pane, and of the length and the slide in whole panes.
    fn panes(&self, trends: &Trends) -> (i64, i64, i64) {
        let pane = milliseconds(trends.settings().pane).max(1);
        let panes = |span: Duration| (milliseconds(span) / pane).max(1).saturating_mul(pane);
        (pane, panes(self.length), panes(self.slide))
    }
}

fn give(trends: &Trends, from: i64, to: i64, partial: bool, outcomes: &mut Vec<Outcome>) {
    let cells = trends.window(from, to);
    outcomes.push(Outcome::Window(Box::new(Window {
        from,
        to,
        cells,
        partial,
    })));
}
