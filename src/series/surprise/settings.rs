//! What a detector looks at, and how far back: its settings.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Most sets of widths, widths of a set, and horizons: bounds on memory.
pub(super) const MAX_SETS: usize = 8;
pub(super) const MAX_WIDTHS: usize = 8;
pub(super) const MAX_HORIZONS: usize = 7;
/// Longest width and horizon, in rows: bounds on memory.
const MAX_WIDTH: u32 = 256;
const MAX_HORIZON: u32 = 20_160;

/// Which way a series must go to surprise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Direction {
    /// Rises alone. Right for counts of posts, where a fall is mostly a night or a holiday.
    Up,
    /// Falls alone: the same as rises of the negated series.
    Down,
    /// Rises and falls, and parts that are rougher or flatter than any before.
    #[default]
    Both,
}

/// What a detector looks at, and how far back. The defaults are meant for every series.
///
/// They were chosen so that the neighbours on all sides do as well, not as the best of a grid:
/// `docs/measured/series.md` has the figures of each neighbour and of each part left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Which way a series must go to surprise; both ways.
    pub direction: Direction,
    /// Sets of widths, in rows: 1 to 8 sets of 1 to 8 widths from 1 to 256 each. A width is
    /// a number of rows whose mean is compared with earlier means. Several sets are asked and their
    /// answers averaged, so that no single width decides.
    pub widths: Vec<Vec<u32>>,
    /// How far back records count, in rows, beside the whole past: up to 7 horizons from 1 to
    /// 20,160 rows, rounded up to whole blocks of 144 rows. A record drops out of a horizon as
    /// a whole.
    pub horizons: Vec<u32>,
    /// What roughness counts for beside the level, 0 (not at all) to 1. Roughness is the mean step
    /// between neighbours; it has no direction and counts where both ways do.
    pub roughness: f64,
    /// Rows of history that are half believed, 0 to 100,000: a record of so many rows counts half.
    pub half_believed_rows: f64,
    /// Rows of rest after an alarm, 0 to 20,160. In a rest only what is much higher than the alarm
    /// scores. Never more than a fifth of the rows so far.
    pub rest_rows: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            direction: Direction::Both,
            // Spread evenly in ratios from one row to about as many as a rest, three ways.
            widths: vec![
                vec![1, 3, 6, 16, 39],
                vec![1, 4, 12, 43],
                vec![1, 3, 9, 27, 60],
            ],
            // 4, 8 and 16 days of rows of five minutes.
            horizons: vec![1152, 2304, 4608],
            roughness: 0.7,
            half_believed_rows: 1000.0,
            rest_rows: 100,
        }
    }
}

impl Settings {
    /// Whether every field is in its range.
    ///
    /// # Errors
    /// Names the field and the range; [`Error::is_settings`] holds.
    pub fn check(&self) -> Result<()> {
        let refuse = |field: &str, range: &str| {
            Err(Error::settings(format!(
                "settings of surprise, {field}: write {range}, as in the defaults"
            )))
        };
        let set = |widths: &Vec<u32>| {
            (1..=MAX_WIDTHS).contains(&widths.len())
                && widths.iter().all(|width| (1..=MAX_WIDTH).contains(width))
        };
        if !(1..=MAX_SETS).contains(&self.widths.len()) || !self.widths.iter().all(set) {
            return refuse(
                "widths",
                "1 to 8 sets of 1 to 8 numbers of rows from 1 to 256",
            );
        }
        let horizon = |rows: &u32| (1..=MAX_HORIZON).contains(rows);
        if self.horizons.len() > MAX_HORIZONS || !self.horizons.iter().all(horizon) {
            return refuse("horizons", "up to 7 numbers of rows from 1 to 20,160");
        }
        if !(0.0..=1.0).contains(&self.roughness) {
            return refuse("roughness", "a number from 0 to 1");
        }
        if !(0.0..=100_000.0).contains(&self.half_believed_rows) {
            return refuse("half_believed_rows", "a number of rows from 0 to 100,000");
        }
        if self.rest_rows > MAX_HORIZON {
            return refuse("rest_rows", "a number of rows from 0 to 20,160");
        }
        Ok(())
    }
}
