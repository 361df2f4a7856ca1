//! How far back counts are looked at.

use serde::{Deserialize, Serialize};

use crate::time::HOUR;

/// How far back a count is looked at: a spike shows in five minutes, a slow swell in six hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Horizon {
    /// One pane.
    #[default]
    Pane,
    /// Fifteen minutes.
    Quarter,
    /// An hour.
    Hour,
    /// Three hours.
    ThreeHours,
    /// Six hours.
    SixHours,
}

impl Horizon {
    /// Every horizon, the shortest first.
    pub const ALL: [Horizon; 5] = [
        Horizon::Pane,
        Horizon::Quarter,
        Horizon::Hour,
        Horizon::ThreeHours,
        Horizon::SixHours,
    ];

    /// How long it is, in milliseconds, where a pane has `pane` milliseconds.
    pub fn milliseconds(self, pane: i64) -> i64 {
        let panes = Horizon::panes(pane as f64 / HOUR as f64)[self as usize];
        i64::from(panes) * pane
    }

    /// How many panes each has where a pane is `share` of an hour.
    pub(crate) fn panes(share: f64) -> [u32; Horizon::ALL.len()] {
        // Panes may be as long as an hour; then the three shortest horizons are the same pane.
        let hour = (1.0 / share).round().max(1.0) as u32;
        [1, (hour / 4).max(1), hour, 3 * hour, 6 * hour]
    }
}
