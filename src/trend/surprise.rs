//! How surprising each value of a series is, from that value and earlier ones only.
//!
//! For counts made elsewhere: mentions a minute, calls an hour, anything that is counted at steps of time. A series of posts
//! of one's own
//! is better watched by its expectation (see the [module](super)); this detector knows nothing of what it looks at.
//!
//! # How
//! A value is surprising if it surprises more than what surprised before. Values are taken on a scale that is linear up to
//! [`Settings::scale`] and logarithmic beyond; *z* is how many standard deviations a value stands above the decaying mean, both
//! robust: what is added to them is cut at three standard deviations. The score is *z* over the record of *z* so far (which decays as
//! well) plus a constant; so a series that jumps every day must jump higher to be told. After a new record the scores are damped
//! for half a day: one event is told once, when it begins.
//!
//! No memory is right for every series, so 27 detectors score each value: means over 1, 4 and 14 days, records over 3.5 and 14
//! days and without end, values as they are and smoothed over 10 and 20 minutes. Their mean *s* gives the score *s* / (1 +
//! *s*). These numbers
//! are the same for every series; none is fitted to one. Only rises count: a fall scores 0.
//!
//! Where rows are so far apart that a memory would hold fewer than twelve, it holds twelve. The first hundred rows score less, as
//! little is known.
//!
//! ```
//! use hearken::trend::surprise::{Detector, Settings};
//!
//! # fn main() -> hearken::Result<()> {
//! let mut detector = Detector::new(Settings::default())?;
//! let value = |row: i64| if row == 990 { 400.0 } else { 20.0 + (row % 7) as f64 };
//! let scores: Vec<f64> = (0..1000).map(|row| detector.observe(row * 300_000, value(row))).collect();
//! assert!(scores[990] > 0.8 && scores[989] < 0.5);
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use crate::snapshot::Snapshot;
use crate::{Error, Result};

const MINUTE: f64 = 60_000.0;
const DAY: f64 = 86_400_000.0;

/// Half-lives of mean and variance, in milliseconds.
const MEMORIES: [f64; 3] = [DAY, 4.0 * DAY, 14.0 * DAY];
/// Half-lives of the record of surprise.
const RECORDS: [f64; 3] = [3.5 * DAY, 14.0 * DAY, f64::INFINITY];
/// Half-lives of smoothing.
const SMOOTHINGS: [f64; 3] = [0.0, 10.0 * MINUTE, 20.0 * MINUTE];
/// Half-life of the damping after a new record.
const REST: f64 = 0.5 * DAY;

/// Rows that a memory holds at least, as a share of its half-life that one row may take.
const LEAST_ROWS: f64 = 12.0;
/// What is added to a record, in standard deviations.
const BESIDE_RECORD: f64 = 2.0;
/// A residual enters mean and variance up to so many standard deviations.
const CUT: f64 = 3.0;
/// The least variance, on the scale of values: three hundredths squared, about.
const LEAST_VARIANCE: f64 = 1e-3;
/// The variance before anything is known, and for how many rows that counts.
const FIRST_VARIANCE: f64 = 0.25;
const FIRST_ROWS: f64 = 10.0;
/// Rows until a score counts in full.
const WARM_ROWS: f64 = 100.0;

/// What a detector is made with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Up to about this value a difference counts as it is, beyond it as a ratio: from 3 to 6 is little where a count of 10 is
    /// nothing yet, from 300 to 600 is twice as much. 10 suits counts; for shares or prices give what is small for them.
    pub scale: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { scale: 10.0 }
    }
}

impl Settings {
    fn check(&self) -> Result<()> {
        match self.scale.is_finite() && self.scale > 0.0 {
            true => Ok(()),
            false => Err(Error::settings(format!("surprise.scale is {}; give a number above 0", self.scale))),
        }
    }
}

/// A detector for one series. Some 700 bytes, whatever it has seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    settings: Settings,
    rows: u64,
    /// The latest time, in milliseconds since the Unix epoch.
    at: i64,
    smoothed: [f64; SMOOTHINGS.len()],
    /// By smoothing, then by memory.
    levels: [[Level; MEMORIES.len()]; SMOOTHINGS.len()],
}

/// Mean and variance over one memory, and the records above them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Level {
    mean: f64,
    variance: f64,
    records: [Record; RECORDS.len()],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Record {
    /// The largest surprise, decayed.
    top: f64,
    /// How much scores are damped, 0 to 1.
    damping: f64,
}

impl Detector {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// If the scale is not a number above 0; [`Error::is_settings`] holds.
    pub fn new(settings: Settings) -> Result<Detector> {
        settings.check()?;
        Ok(Detector {
            settings,
            rows: 0,
            at: i64::MIN,
            smoothed: [0.0; SMOOTHINGS.len()],
            levels: [[Level::default(); MEMORIES.len()]; SMOOTHINGS.len()],
        })
    }

    /// How surprising `value` at `at` (milliseconds since the Unix epoch) is: 0 not at all, towards 1 more than anything before;
    /// from about 0.43 on it is worth a look (see `EVALUATION.md`).
    ///
    /// Rows come in order of time; one that is earlier than the row before counts as of the same time. A gap is not a drop: it
    /// only ages what is remembered. What is no finite number scores 0 and is not learnt.
    pub fn observe(&mut self, at: i64, value: f64) -> f64 {
        if !value.is_finite() {
            return 0.0;
        }
        let passed = if self.rows == 0 { 0.0 } else { at.saturating_sub(self.at).max(0) as f64 };
        let first = self.rows == 0;
        let warm = (self.rows as f64 / WARM_ROWS).min(1.0);
        let newest = 1.0 / (self.rows as f64 + FIRST_ROWS);
        self.at = self.at.max(at);
        self.rows = self.rows.saturating_add(1);
        let mut sum = 0.0;
        for ((smoothing, smoothed), levels) in SMOOTHINGS.iter().zip(&mut self.smoothed).zip(&mut self.levels) {
            let gain = if *smoothing == 0.0 || first { 1.0 } else { 1.0 - (-passed / smoothing).exp2() };
            *smoothed += gain * (value - *smoothed);
            // Smoothing holds a fall back, never a rise beyond its own share.
            let y = scaled(smoothed.max(value * gain), self.settings.scale);
            for (memory, level) in MEMORIES.iter().zip(levels) {
                if first {
                    (level.mean, level.variance) = (y, FIRST_VARIANCE);
                }
                sum += level.score(y, passed, newest, *memory);
            }
        }
        let mean = warm * sum / (MEMORIES.len() * RECORDS.len() * SMOOTHINGS.len()) as f64;
        mean / (1.0 + mean)
    }

    /// How many rows were learnt.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl Level {
    /// The sum of the scores against each record; learns `y`.
    fn score(&mut self, y: f64, passed: f64, newest: f64, memory: f64) -> f64 {
        let residual = y - self.mean;
        let z = residual / (self.variance + LEAST_VARIANCE).sqrt();
        let mut sum = 0.0;
        for (half_life, record) in RECORDS.iter().zip(&mut self.records) {
            let score = z.max(0.0) / (record.top + BESIDE_RECORD) * (1.0 - record.damping);
            sum += score;
            record.damping *= (-passed / REST).exp2();
            if score > 1.0 {
                record.damping = 1.0;
            }
            record.top = (record.top * aged(passed, *half_life)).max(z);
        }
        let most = CUT * self.variance.sqrt();
        let residual = residual.clamp(-most, most);
        let gain = (1.0 - aged(passed, memory)).max(newest);
        self.mean += gain * residual;
        self.variance += gain * (residual * residual - self.variance);
        sum
    }
}

/// What is left of a memory after `passed` milliseconds.
fn aged(passed: f64, half_life: f64) -> f64 {
    (-(passed / half_life).min(1.0 / LEAST_ROWS)).exp2()
}

/// A value on the scale that is linear around 0 and logarithmic far from it, on both sides alike.
fn scaled(value: f64, scale: f64) -> f64 {
    (value.abs() / scale).ln_1p().copysign(value)
}

/// What is kept of a [`Detector`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    settings: Settings,
    rows: u64,
    at: i64,
    smoothed: [f64; SMOOTHINGS.len()],
    levels: [[Level; MEMORIES.len()]; SMOOTHINGS.len()],
}

impl Snapshot for Detector {
    const KIND: &'static str = "surprise";
    const VERSION: u32 = 1;

    type Kept = Kept;

    fn keep(&self) -> Kept {
        let Detector { settings, rows, at, smoothed, levels } = *self;
        Kept { settings, rows, at, smoothed, levels }
    }

    fn restore(kept: Kept) -> Result<Detector> {
        let Kept { settings, rows, at, smoothed, levels } = kept;
        settings.check()?;
        let sound = |level: &Level| {
            let records = level.records.iter().all(|record| record.top >= 0.0 && (0.0..=1.0).contains(&record.damping));
            records && level.mean.is_finite() && level.variance.is_finite() && level.variance >= 0.0
        };
        match smoothed.iter().all(|value| value.is_finite()) && levels.iter().flatten().all(sound) {
            true => Ok(Detector { settings, rows, at, smoothed, levels }),
            false => Err(Error::snapshot("this detector holds numbers that none can have; begin a new one")),
        }
    }
}
