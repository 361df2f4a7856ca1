//! The rest after an alarm: what one event goes on to do is no second alarm.

use serde::{Deserialize, Serialize};

/// From this surprise on a row begins a rest; by measurement, a quarter of the threshold that is
/// recommended, so that a rest is the same for whoever takes a higher one.
const LEAST: f64 = 0.003;
/// How many times the alarm that is fading a row must be to break the rest. By measurement; 4 and 7
/// do as well.
const AGAIN: f64 = 5.0;
/// A rest is never longer than this share of the rows so far; by hand, so that a short series isn't
/// all rest.
const SHARE: f64 = 0.2;

/// The alarm that a series rests from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rest {
    /// Its row and how surprising it was; none before the first.
    alarm: Option<(u64, f64)>,
}

impl Rest {
    /// What remains of the surprise of row number `row`, where a rest has `rest_rows`: all of it or
    /// nothing.
    pub(super) fn after(&mut self, surprise: f64, row: u64, rest_rows: u32) -> f64 {
        let rows = f64::from(rest_rows).min(SHARE * row as f64);
        if let Some((alarm, height)) = self.alarm {
            let since = row.saturating_sub(alarm) as f64;
            if since < rows {
                let fading = height * libm::exp(-since / rows);
                if surprise < LEAST || surprise <= AGAIN * fading {
                    return 0.0;
                }
            }
        }
        if surprise >= LEAST {
            self.alarm = Some((row, surprise));
        }
        surprise
    }

    /// Whether `after` can have left this behind `rows` rows.
    pub(super) fn is_sound(&self, rows: u64, bound: f64) -> bool {
        self.alarm
            .is_none_or(|(row, height)| row < rows && (LEAST..=bound).contains(&height))
    }
}
