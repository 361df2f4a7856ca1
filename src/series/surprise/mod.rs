//! Surprise: how unusual the latest value of a series of numbers is, judged from that value and
//! earlier ones only.
//!
//! Any series will do: counts, loads, temperatures, prices; of any step, regular or not, in any
//! unit, above and below 0. **A row surprises as far as the series goes beyond everything it did
//! before**, in units of its whole range. A spike that comes every day is soon no record any more,
//! however high it is.
//!
//! | score | about so far beyond its records, of the range so far | what to do |
//! |---|---|---|
//! | 0 | not at all, or it rests | nothing |
//! | 0.2 | 0.3 % | a rest begins |
//! | **0.5** | 1.2 % | the threshold to begin with |
//! | 0.8 | 5 % | |
//! | 0.9 | 11 % | where alarms are too many |
//! | 0.99 | 120 % | |
//!
//! It is no probability. The shares are those of a long history on which all opinions agree; with
//! less history, in wide means only, or beyond the records of some horizons only, the series must
//! go further for the same score. At 0.5 the five series of tweets of the Numenta Anomaly Benchmark
//! have an alarm in 13 days each beside what is labelled (`docs/measured/series.md`).
//!
//! For a value *x*, from earlier values:
//!
//! 1. *Scale.* `y = asinh(x / m)` with the mean magnitude *m*: differences below the mean count as
//!    they are, those above as ratios. A value further than two ranges beyond all before is taken
//!    as if it were that far.
//! 2. *Channels.* The mean *y* of the last 1, 3, 4, 6 … 60 rows, and from 16 rows on the mean step
//!    between neighbours (roughness). Swells show in wide means, spikes in narrow ones, a series
//!    that freezes or begins to shake in roughness.
//! 3. *Records.* A channel of *w* rows is compared with the least and the most it has been until
//!    *w* rows ago, in the whole past and in the last 1152, 2304 and 4608 rows:
//!    `e = w^−0.2 · beyond / range · n / (n + 1000)` where the record is of *n* rows and the range
//!    of the whole past; roughness counts 0.7 of that. A record drops out of a horizon as a whole:
//!    while it fades, each repetition would be a fresh record.
//! 4. *Opinions.* For each of three sets of widths and each horizon, the largest *e* of the set's
//!    channels. The square of their mean square root is the surprise: several sets and horizons
//!    must agree, and none decides alone.
//! 5. *Rest.* For 100 rows after a row with a surprise of 0.003 nothing counts but what is five
//!    times that, which fades. `score = e / (e + 0.012)`.
//!
//! Where the ideas come from: what was seen once is normal for good, silence after an alarm, and
//! amplitude in units of the range are what the better detectors of the Numenta Anomaly Benchmark
//! have in common (ARTime, Numenta HTM and CAD OSE, github.com/numenta/NAB); they know the range of
//! the whole file beforehand, this one the range so far. That a value beyond the range so far is an
//! anomaly by itself is a rule that Numenta HTM has there beside its memory. The distance to the
//! nearest earlier window is the matrix profile's discord (Yeh et al. 2016, ICDM; DAMP, Lu et al.
//! 2022, KDD), here for means in place of shapes.
//!
//! **Rows, not hours**, are what is counted: gaps are no drops, nothing is forgotten during them,
//! and daily rows have horizons of years. The state depends on the order of rows, so it doesn't
//! merge: one series, one detector.
//!
//! ```
//! use hearken::series::surprise::{Detector, Direction, Settings};
//!
//! let mut detector = Detector::new(Settings { direction: Direction::Up, ..Settings::default() })?;
//! let quiet = |row: i64| (20 + row * 7 % 5) as f64;
//! let usual = (0..2000).map(|row| detector.observe(row * 300_000, quiet(row)).score).fold(0.0, f64::max);
//! let burst = detector.observe(2000 * 300_000, 90.0);
//! assert!(burst.score > 0.9 && burst.score > usual);
//! assert!((19.0..25.0).contains(&burst.expected.unwrap()));
//! # Ok::<(), hearken::Error>(())
//! ```

mod channel;
mod kept;
mod rest;
mod settings;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::Result;
use channel::{Channel, Kind, MIN_RANGE, View};
use rest::Rest;
pub use settings::{Direction, Settings};
use settings::{MAX_HORIZONS, MAX_SETS};

/// Larger magnitudes count as this one, so that means stay finite: a bound of `f64`.
const MAX_MAGNITUDE: f64 = 1e150;
/// How many mean magnitudes a value can be; more counts as this. A bound for `sinh`.
const MAX_RATIO: f64 = 1e4;
/// `asinh` of it, rounded up.
const MAX_Y: f64 = 10.0;
/// How many times the present mean magnitude a row may be when that is learnt; by hand, so that one
/// absurd row does not make the detector deaf for weeks (a test holds this).
const MAX_MAGNITUDE_STEP: f64 = 10.0;
/// Rows over which the mean magnitude forgets; by hand. Until then all rows weigh the same.
const MAGNITUDE_ROWS: f64 = 20_000.0;
/// The scale follows the mean magnitude once it is off by this factor; by hand, so that rescaling
/// the past is rare. 1.1 and 1.5 do as well.
const SCALE_STEP: f64 = 1.25;
/// How many ranges a value may go beyond its records before it is cut; for the same reason as
/// `MAX_MAGNITUDE_STEP`. By measurement; 1, 3 and 5 do as well.
const REACH: f64 = 2.0;
/// The same for a series that had no range yet, in units of *y*: about a mean magnitude. By hand.
const FIRST_REACH: f64 = 1.0;
/// The surprise that scores 0.5; by measurement, the middle of where one threshold for all series
/// does well (`docs/measured/series.md`).
const HALF: f64 = 0.012;

/// The result for one row.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Score {
    /// How surprising the row is, 0 to 1, as [the table](self) says; 0 for a missing value, for
    /// what is within its records, and in a rest.
    pub score: f64,
    /// The level of the rows just before it, in the series' unit; none for the first row.
    pub expected: Option<f64>,
    /// How the row was taken.
    pub row: Row,
}

/// How a row was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// Later than the row before it.
    Later,
    /// Not later than the row before it: scored and learnt from in the order it came.
    Late,
    /// Its value is not a finite number: nothing is learnt, and its time is not noted either.
    Missing,
}

/// A streaming detector of one series; see [the module](self).
///
/// With the default settings it holds some 20 KB, however long the series is.
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    settings: Settings,
    plan: Plan,
    state: State,
}

/// What follows from the settings.
#[derive(Clone, Debug, PartialEq)]
struct Plan {
    views: Vec<View>,
    /// How far back each horizon reaches, in blocks.
    horizons: Vec<usize>,
    /// The widest view, in rows.
    widest: usize,
}

impl Plan {
    fn new(settings: &Settings) -> Plan {
        let views = channel::views(settings);
        Plan {
            widest: views
                .iter()
                .map(|view| view.width as usize)
                .fold(1, usize::max),
            horizons: channel::blocks(settings),
            views,
        }
    }
}

/// What a detector has learnt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct State {
    /// Rows with a value.
    rows: u64,
    /// The time of the last of them.
    last: Option<i64>,
    /// The least magnitude but 0: where the scale begins. None while all values are 0.
    least: Option<f64>,
    /// The mean magnitude.
    magnitude: f64,
    /// What values are divided by: the mean magnitude as it was some rows ago. 0 while all
    /// values are 0.
    scale: f64,
    /// The last scaled values, oldest first, and the steps to each from the one before it.
    recent: VecDeque<f64>,
    steps: VecDeque<f64>,
    /// By view.
    channels: Vec<Channel>,
    rest: Rest,
}

impl Detector {
    /// A detector of a series that has not begun.
    ///
    /// # Errors
    /// If a field of the settings is out of its range;
    /// [`Error::is_settings`](crate::Error::is_settings) holds.
    pub fn new(settings: Settings) -> Result<Detector> {
        settings.check()?;
        let plan = Plan::new(&settings);
        let state = State {
            channels: vec![Channel::new(&plan.horizons); plan.views.len()],
            ..State::default()
        };
        Ok(Detector {
            settings,
            plan,
            state,
        })
    }

    /// Scores the next row and learns from it. `at_ms` is its time in milliseconds since
    /// the Unix epoch.
    ///
    /// A value that is not a finite number is [`Row::Missing`] and changes nothing; magnitudes
    /// above 1e150 count as 1e150. Times tell only whether a row is [`Row::Late`].
    pub fn observe(&mut self, at_ms: i64, value: f64) -> Score {
        let expected = self.expected();
        if !value.is_finite() {
            return Score {
                score: 0.0,
                expected,
                row: Row::Missing,
            };
        }
        let value = value.clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE);
        let row = match self.state.last {
            Some(last) if at_ms <= last => Row::Late,
            _ => Row::Later,
        };
        // The scale moves before the row is weighed: so the first row of a series has a scale, and
        // so has the first that is not 0.
        self.learn_scale(value);
        self.remember(value);
        let surprise = self.weigh();
        let Detector {
            settings, state, ..
        } = self;
        let surprise = state.rest.after(surprise, state.rows, settings.rest_rows);
        state.last = Some(at_ms);
        state.rows = state.rows.saturating_add(1);
        Score {
            score: surprise / (surprise + HALF),
            expected,
            row,
        }
    }

    /// The level of the last rows, as many as the widest channel has, in the series' unit; none
    /// before the first row.
    pub fn expected(&self) -> Option<f64> {
        let State { recent, scale, .. } = &self.state;
        let mean = recent.iter().sum::<f64>() / recent.len() as f64;
        (!recent.is_empty())
            .then(|| (scale * libm::sinh(mean)).clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE))
    }

    fn learn_scale(&mut self, value: f64) {
        let state = &mut self.state;
        let size = value.abs();
        if size > 0.0 {
            state.least = Some(state.least.map_or(size, |least| least.min(size)));
        }
        let share = (1.0 / (state.rows as f64 + 1.0)).max(1.0 / MAGNITUDE_ROWS);
        let ceiling = MAX_MAGNITUDE_STEP * state.magnitude.max(state.least.unwrap_or(0.0));
        state.magnitude += share * (size.min(ceiling) - state.magnitude);
        let (before, after) = (state.scale, state.magnitude);
        if after > before * SCALE_STEP || after * SCALE_STEP < before {
            state.scale = after;
            self.rescale(before / after);
        }
    }

    /// Keeps the past where it is in the series' unit, though the scale was `factor` times as
    /// large.
    fn rescale(&mut self, factor: f64) {
        if !factor.is_finite() || factor == 0.0 {
            return;
        }
        let change = |y: f64| scaled(libm::sinh(y) * factor);
        let Detector { plan, state, .. } = self;
        let recent = state.recent.iter_mut().chain(&mut state.steps);
        recent.for_each(|y| *y = change(*y));
        for channel in &mut state.channels {
            channel.rescale(&change, &plan.horizons);
        }
    }

    /// Scales a value, cuts it, and puts it among the recent ones.
    fn remember(&mut self, value: f64) {
        let Detector { plan, state, .. } = self;
        let mut y = if state.scale > 0.0 {
            scaled(value / state.scale)
        } else {
            0.0
        };
        let before = state.recent.back().copied();
        if let Some(before) = before {
            // The narrowest level: of one row by default.
            let ever = state.channels.first().and_then(Channel::ever);
            let (least, most) = ever.map_or((before, before), |ever| {
                (ever.least.min(before), ever.most.max(before))
            });
            let range = ever.map_or(0.0, |ever| ever.range());
            let reach = if range > MIN_RANGE {
                REACH * range
            } else {
                FIRST_REACH
            };
            y = y.clamp(least - reach, most + reach);
        }
        if state.recent.len() >= plan.widest {
            state.recent.pop_front();
            state.steps.pop_front();
        }
        state.recent.push_back(y);
        state
            .steps
            .push_back(before.map_or(0.0, |before| (y - before).abs()));
    }

    /// How far the series goes beyond its records, 0 or more; the records learn.
    fn weigh(&mut self) -> f64 {
        let Detector {
            settings,
            plan,
            state,
        } = self;
        let mut opinions = [[0.0_f64; MAX_HORIZONS + 1]; MAX_SETS];
        let mut known = 1;
        let mut means = [Mean::new(&state.recent), Mean::new(&state.steps)];
        for (view, channel) in plan.views.iter().zip(&mut state.channels) {
            let [level, step] = &mut means;
            let mean = match view.kind {
                Kind::Level => level.of(view.width as usize),
                Kind::Roughness => step.of(view.width as usize),
            };
            let beyond = channel.observe(mean, view, &plan.horizons, settings);
            known = known.max(beyond.known);
            for (set, opinions) in opinions.iter_mut().enumerate() {
                if view.sets & 1 << set != 0 {
                    for (opinion, surprise) in opinions.iter_mut().zip(beyond.by_horizon) {
                        *opinion = opinion.max(surprise);
                    }
                }
            }
        }
        let roots: f64 = opinions
            .iter()
            .flatten()
            .map(|opinion| opinion.sqrt())
            .sum();
        let mean = roots / (settings.widths.len() * known) as f64;
        mean * mean
    }
}

/// `asinh` of a ratio: small differences count as they are, large ones as ratios, so one unit or
/// another gives the same.
fn scaled(ratio: f64) -> f64 {
    libm::asinh(ratio.clamp(-MAX_RATIO, MAX_RATIO))
}

/// Means of the last values, one wider than the other.
struct Mean<'a> {
    left: std::iter::Rev<std::collections::vec_deque::Iter<'a, f64>>,
    sum: f64,
    count: usize,
}

impl<'a> Mean<'a> {
    fn new(values: &'a VecDeque<f64>) -> Mean<'a> {
        Mean {
            left: values.iter().rev(),
            sum: 0.0,
            count: 0,
        }
    }

    /// The mean of the last `width` values, or of as many as there are. Widths must not fall.
    fn of(&mut self, width: usize) -> f64 {
        while self.count < width
            && let Some(value) = self.left.next()
        {
            self.sum += value;
            self.count += 1;
        }
        self.sum / self.count.max(1) as f64
    }
}

#[cfg(test)]
mod tests;
