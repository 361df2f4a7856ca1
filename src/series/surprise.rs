//! Surprise: how unusual the latest value of a series of numbers is, judged from that value and
//! earlier ones only.
//!
//! Any series will do: counts made elsewhere, of any step, regular or not, in any unit. **Surprise
//! is measured against the record of surprise.** A value far above its level is hardly evidence
//! where values often are; what counts is how far it goes beyond the furthest that the series went
//! before, and after a record the series rests for half a day.
//!
//! For a value *x* behind earlier ones:
//!
//! 1. *Scale.* `y = asinh(x / c)`: differences below *c* count as they are, those above as ratios.
//!    *c* is 5 grains and 0.4 of the mean magnitude. The *grain* is variance over mean, with the
//!    variance taken from differences of neighbours; of counts by chance it is 1, of rates per
//!    second or of money it is what corresponds, so multiplying the series changes nothing.
//! 2. *Level and spread.* Exponentially weighted mean and variance of *y*, one pair for each
//!    half-life (4 and 14 days); a value further away than two standard deviations teaches as if
//!    it were that far, so bursts neither lift the level nor widen the spread much. `z = (y −
//!    mean) / deviation`.
//! 3. *Record.* `s = max(z, 0) / (record + 2.5) · (1 − rest)`: the record is the largest *z*
//!    before, fading with half-lives of 4 days, of 14 days, and never; `rest` is 1 once *s* passes
//!    1, and fades with half a day.
//! 4. The mean *s* over all half-lives, and over the values as they are and smoothed over 2 and 4
//!    rows (swells), becomes `score = s / (1 + s)`: 0.5 where all agree that this equals its record
//!    and 2.5 more.
//!
//! **Time** passes between rows, an hour at most: during a gap nothing is forgotten, and a gap is
//! not a drop, and of daily rows a half-life of 4 days holds 96. Until a half-life is filled, all
//! rows weigh the same.
//!
//! Only rises surprise; for falls give the negated values. The state depends on the order of rows,
//! so it doesn't merge: one series, one detector.
//!
//! ```
//! use hearken::series::surprise::{Detector, Settings};
//!
//! let mut detector = Detector::new(Settings::default())?;
//! let quiet = |row: i64| (20 + row * 7 % 5) as f64;
//! let usual = (0..2000).map(|row| detector.observe(row * 300_000, quiet(row)).score).fold(0.0, f64::max);
//! let burst = detector.observe(2000 * 300_000, 90.0);
//! assert!(burst.score > 0.8 && burst.score > usual + 0.3);
//! assert!((19.0..25.0).contains(&burst.expected.unwrap()));
//! # Ok::<(), hearken::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::snapshot;
use crate::time::{DAY, HOUR};
use crate::{Error, Result};

const DAY_MS: f64 = DAY as f64;
/// The longest time that passes between two rows, by convention: a night without rows does not make
/// the detector forget the day before.
const MAX_STEP_MS: i64 = HOUR;
/// Larger magnitudes count as this one, so that squares stay finite: a bound of `f64`.
const MAX_MAGNITUDE: f64 = 1e150;
/// Deviations below 1 % of the scale are not distinguished; by hand. Without this a constant series
/// would be surprised by its last digit.
const MIN_VARIANCE: f64 = 1e-4;
/// Standard deviations beyond which a row does not move level and spread any further: the usual two
/// of robust estimates, by convention.
const MAX_RESIDUAL: f64 = 2.0;
/// The variance of a new series, and the rows that it counts for; by hand.
const PRIOR_VARIANCE: f64 = 0.25;
const PRIOR_ROWS: f64 = 10.0;
/// How many times the present scale a row may be when the scale is learnt; by hand, so that one
/// absurd row does not make the detector deaf for weeks (a test holds this).
const MAX_SCALE_STEP: f64 = 10.0;
/// How many times the present record, with its margin, a new record may be; by hand, for
/// the same reason.
const MAX_RECORD_STEP: f64 = 3.0;
/// How many times the scale a value can be; more counts as this. A bound for `sinh`.
const MAX_RATIO: f64 = 1e4;
/// Most half-lives or smoothings of a kind: a bound on memory (8 × 8 × 8 records).
const MAX_SCALES: usize = 8;

/// What a detector remembers, and for how long. The defaults are meant for every series.
///
/// On the tweets of the Numenta Anomaly Benchmark `grains`, `level_share` and `margin` matter
/// little: the 27 settings around the defaults score 85.2 to 86.3 (`EVALUATION.md`, *Surprise in
/// series of numbers*). The half-lives were chosen by hand and are averaged over, so that none
/// of them decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Half-lives of level and spread, in days; 1 to 8 of them, each above 0,
    /// `INFINITY` never forgets.
    pub level_days: Vec<f64>,
    /// Half-lives of the record, in days; 1 to 8 of them, each above 0, `INFINITY` never forgets.
    pub record_days: Vec<f64>,
    /// Half-lives of smoothing, in rows; 1 to 8 of them, 0 to 1000, 0 takes values as they are.
    pub smoothing_rows: Vec<f64>,
    /// The half-life of the rest after a record, in days; above 0.
    pub rest_days: f64,
    /// Grains (variance over mean; 1 of counts by chance) below which differences are not taken as
    /// ratios; 0 to 1000.
    pub grains: f64,
    /// The share of the mean magnitude below which differences are not taken as ratios; above
    /// 0 to 1000.
    pub level_share: f64,
    /// Standard deviations by which a record must be passed for *s* = 1; above 0 to 1000.
    pub margin: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            level_days: vec![4.0, 14.0],
            record_days: vec![4.0, 14.0, f64::INFINITY],
            smoothing_rows: vec![0.0, 2.0, 4.0],
            rest_days: 0.5,
            grains: 5.0,
            level_share: 0.4,
            margin: 2.5,
        }
    }
}

impl Settings {
    /// Whether every field is in its range.
    ///
    /// # Errors
    /// Names the field and the range; [`Error::is_settings`] holds.
    pub fn check(&self) -> Result<()> {
        let above = |value: &f64| *value > 0.0;
        let up_to = |value: &f64| (0.0..=1000.0).contains(value);
        let refuse = |field: &str, range: &str| {
            Err(Error::settings(format!(
                "settings of surprise, {field}: write {range}, as in the defaults"
            )))
        };
        let several = |values: &[f64], within: &dyn Fn(&f64) -> bool| {
            (1..=MAX_SCALES).contains(&values.len()) && values.iter().all(within)
        };
        if !several(&self.level_days, &above) {
            return refuse("level_days", "1 to 8 half-lives above 0");
        }
        if !several(&self.record_days, &above) {
            return refuse("record_days", "1 to 8 half-lives above 0");
        }
        if !several(&self.smoothing_rows, &up_to) {
            return refuse("smoothing_rows", "1 to 8 numbers of rows from 0 to 1000");
        }
        if !above(&self.rest_days) {
            return refuse("rest_days", "a half-life above 0");
        }
        if !up_to(&self.grains) {
            return refuse("grains", "a number from 0 to 1000");
        }
        for (field, value) in [("level_share", &self.level_share), ("margin", &self.margin)] {
            if !above(value) || !up_to(value) {
                return refuse(field, "a number above 0, up to 1000");
            }
        }
        Ok(())
    }
}

/// The result for one row.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Score {
    /// How surprising the row is, 0 to 1; 0 for a missing value and for what is below its level.
    pub score: f64,
    /// The level that the rows before it lead to expect, in the series' unit; none for
    /// the first row.
    pub expected: Option<f64>,
    /// How the row was taken.
    pub row: Row,
}

/// How a row was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// Later than the row before it.
    Later,
    /// Not later than the row before it: scored and learnt from, but no time has passed.
    Late,
    /// Its value is not a finite number: nothing is learnt, and its time is not noted either.
    Missing,
}

/// A streaming detector of one series; see [the module](self). It holds some hundred numbers,
/// however long the series is.
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    settings: Settings,
    state: State,
}

/// What a detector has learnt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct State {
    /// Rows with a value.
    rows: u64,
    /// Time and value of the last of them.
    last: Option<(i64, f64)>,
    /// The least magnitude but 0: where the scale begins.
    least: f64,
    /// The mean magnitude.
    magnitude: f64,
    /// The mean absolute difference of neighbours.
    difference: f64,
    /// The smoothed value, by smoothing.
    smoothed: Vec<f64>,
    /// By smoothing, then by half-life of the level.
    levels: Vec<Level>,
}

/// Level and spread of one half-life and smoothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Level {
    mean: f64,
    variance: f64,
    /// By half-life of the record.
    records: Vec<Record>,
}

/// The furthest that a series went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Record {
    height: f64,
    /// 1 at a record, fading to 0.
    rest: f64,
}

/// What remains after `elapsed` of what has this half-life, both in one unit.
fn remains(elapsed: f64, half_life: f64) -> f64 {
    (-elapsed / half_life).exp2()
}

impl Detector {
    /// A detector of a series that has not begun.
    ///
    /// # Errors
    /// If a field of the settings is out of its range; [`Error::is_settings`] holds.
    pub fn new(settings: Settings) -> Result<Detector> {
        settings.check()?;
        let level = Level {
            mean: 0.0,
            variance: PRIOR_VARIANCE,
            records: vec![Record::default(); settings.record_days.len()],
        };
        let smoothings = settings.smoothing_rows.len();
        let state = State {
            least: f64::INFINITY,
            smoothed: vec![0.0; smoothings],
            levels: vec![level; smoothings * settings.level_days.len()],
            ..State::default()
        };
        Ok(Detector { settings, state })
    }

    /// Scores the next row and learns from it. `at_ms` is its time in milliseconds since
    /// the Unix epoch.
    ///
    /// A value that is not a finite number is [`Row::Missing`] and changes nothing; magnitudes
    /// above 1e150 count as 1e150. A row that is not later than the one before it is [`Row::Late`]:
    /// it counts, but fades nothing.
    pub fn observe(&mut self, at_ms: i64, value: f64) -> Score {
        if !value.is_finite() {
            return Score {
                score: 0.0,
                expected: self.expected(),
                row: Row::Missing,
            };
        }
        let value = value.clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE);
        let before = self.state.last.map_or(at_ms, |(time, _)| time);
        let elapsed_ms = at_ms.saturating_sub(before).clamp(0, MAX_STEP_MS);
        let row = if self.state.rows > 0 && elapsed_ms == 0 {
            Row::Late
        } else {
            Row::Later
        };
        let elapsed = elapsed_ms as f64 / DAY_MS;
        // The scale moves before the row is weighed: so the first row of a series has a scale, and
        // so has the first that is not 0.
        let expected = self.expected();
        let scale = self.scale();
        self.learn_scale(value, elapsed);
        if self.state.rows > 0 {
            self.rescale(scale);
        }
        let surprise = self.weigh(value, elapsed);
        self.state.last = Some((at_ms, value));
        self.state.rows = self.state.rows.saturating_add(1);
        Score {
            score: surprise / (1.0 + surprise),
            expected,
            row,
        }
    }

    /// The level that is expected next, in the series' unit; none before the first row.
    pub fn expected(&self) -> Option<f64> {
        let State { rows, levels, .. } = &self.state;
        let mean = levels.iter().map(|level| level.mean).sum::<f64>() / levels.len() as f64;
        (*rows > 0).then(|| (self.scale() * mean.sinh()).clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE))
    }

    /// What divides values: differences below it count as they are, those above as ratios. 0 while
    /// all values are 0.
    fn scale(&self) -> f64 {
        let State {
            magnitude,
            difference,
            ..
        } = self.state;
        // The variance over the mean. Differences of neighbours leave slow swings out of it, and
        // their mean is less moved by one spike than their squares: of independent normal values
        // the mean absolute difference is 2 σ / √π.
        let grain = match magnitude > 0.0 {
            true => std::f64::consts::FRAC_PI_4 * difference * (difference / magnitude),
            false => 0.0,
        };
        self.settings.grains * grain + self.settings.level_share * magnitude
    }

    fn learn_scale(&mut self, value: f64, elapsed: f64) {
        let half_life = self.settings.level_days.iter().copied().fold(0.0, f64::max);
        let state = &mut self.state;
        // Until a half-life is filled all rows weigh the same; a fixed share would give the first
        // row far too much.
        let share = (1.0 - remains(elapsed, half_life)).max(1.0 / (state.rows as f64 + 1.0));
        if value != 0.0 {
            state.least = state.least.min(value.abs());
        }
        let difference = state.last.map_or(0.0, |(_, last)| (value - last).abs());
        for (mean, row) in [
            (&mut state.magnitude, value.abs()),
            (&mut state.difference, difference),
        ] {
            // Capped: one absurd value must not make the detector deaf for weeks.
            let ceiling = MAX_SCALE_STEP * mean.max(state.least);
            *mean += share * (row.min(ceiling) - *mean);
        }
    }

    /// Keeps the levels where they are in the series' unit, though the scale was `before`.
    fn rescale(&mut self, before: f64) {
        let factor = before / self.scale();
        if factor.is_finite() && factor != 1.0 {
            for level in &mut self.state.levels {
                level.mean = (level.mean.sinh() * factor)
                    .clamp(-MAX_RATIO, MAX_RATIO)
                    .asinh();
            }
        }
    }

    /// How far the value goes beyond the records, 0 or more; learns level, spread and
    /// records from it.
    fn weigh(&mut self, value: f64, elapsed: f64) -> f64 {
        let scale = self.scale();
        let value = value.clamp(-MAX_RATIO * scale, MAX_RATIO * scale);
        let Detector { settings, state } = self;
        let first = state.rows == 0;
        let even = 1.0 / (state.rows as f64 + PRIOR_ROWS);
        let rested = remains(elapsed, settings.rest_days);
        let mut sum = 0.0;
        let mut levels = state.levels.iter_mut();
        for (smoothed, rows) in state.smoothed.iter_mut().zip(&settings.smoothing_rows) {
            let share = if first || *rows == 0.0 {
                1.0
            } else {
                1.0 - remains(1.0, *rows)
            };
            // A swell is small in each row and large over several: smoothed values show it.
            *smoothed += share * (value - *smoothed);
            let ratio = if scale > 0.0 { *smoothed / scale } else { 0.0 };
            // asinh: small differences count as they are, large ones as ratios, so one unit or
            // another gives the same score.
            let y = ratio.clamp(-MAX_RATIO, MAX_RATIO).asinh();
            for (days, level) in settings.level_days.iter().zip(&mut levels) {
                if first {
                    level.mean = y;
                }
                let deviation = (level.variance + MIN_VARIANCE).sqrt();
                let z = (y - level.mean) / deviation;
                for (days, record) in settings.record_days.iter().zip(&mut level.records) {
                    let surprise =
                        z.max(0.0) / (record.height + settings.margin) * (1.0 - record.rest);
                    sum += surprise;
                    // After a record the series rests: the rows of one burst are one
                    // alarm, not ten.
                    record.rest = if surprise > 1.0 {
                        1.0
                    } else {
                        record.rest * rested
                    };
                    let ceiling = MAX_RECORD_STEP * (record.height + settings.margin);
                    record.height = (record.height * remains(elapsed, *days)).max(z.min(ceiling));
                }
                let share = (1.0 - remains(elapsed, *days)).max(even);
                // A far value teaches as if it were near: a burst neither lifts the level nor
                // widens the spread enough to hide the next one.
                let residual = z.clamp(-MAX_RESIDUAL, MAX_RESIDUAL) * deviation;
                level.mean += share * residual;
                level.variance += share * (residual * residual - level.variance);
            }
        }
        sum / (state.levels.len() * settings.record_days.len()) as f64
    }
}

/// What is kept of a [`Detector`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    settings: Settings,
    state: State,
}

impl snapshot::State for Detector {
    const KIND: &'static str = "surprise";
    /// The version of the format, raised with every change of it.
    const VERSION: u32 = 1;
    type Kept = Kept;

    fn keep(&self) -> Kept {
        Kept {
            settings: self.settings.clone(),
            state: self.state.clone(),
        }
    }

    fn restore(kept: Kept) -> Result<Detector> {
        let refuse = |what: String| {
            Error::snapshot(format!(
                "the snapshot of surprise {what}; take an older one"
            ))
        };
        let Kept { settings, state } = kept;
        settings.check().map_err(|error| {
            refuse(format!("contains invalid settings: {error}")).with_source(error)
        })?;
        let smoothings = settings.smoothing_rows.len();
        // Loops pair settings and state by position: other lengths would score by half of them.
        let whole = state.smoothed.len() == smoothings
            && state.levels.len() == smoothings * settings.level_days.len()
            && state
                .levels
                .iter()
                .all(|level| level.records.len() == settings.record_days.len())
            && state.last.is_some() == (state.rows > 0);
        if !whole {
            return Err(refuse("contradicts its settings".to_owned()));
        }
        // What `observe` can reach: `asinh` of a ratio is below 10, so are levels, and deviations
        // are at least 0.01.
        let value = |value: f64| value.abs() <= MAX_MAGNITUDE;
        let size = |size: f64| (0.0..=MAX_MAGNITUDE * 2.0).contains(&size);
        let levels = state.levels.iter().all(|level| {
            let records = level.records.iter();
            level.mean.abs() <= 10.0
                && (0.0..=400.0).contains(&level.variance)
                && records
                    .clone()
                    .all(|record| (0.0..=2e3).contains(&record.height))
                && records
                    .clone()
                    .all(|record| (0.0..=1.0).contains(&record.rest))
        });
        let numbers = state.last.is_none_or(|(_, last)| value(last))
            && state.least > 0.0
            && size(state.magnitude)
            && size(state.difference)
            && state.smoothed.iter().all(|smoothed| value(*smoothed));
        if !levels || !numbers {
            return Err(refuse("contains a number out of range".to_owned()));
        }
        Ok(Detector { settings, state })
    }
}

#[cfg(test)]
mod tests;
