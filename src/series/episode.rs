//! The life of a rise: from its first notable pane until the series is calm again.

use serde::{Deserialize, Serialize};

use super::budget::{Budget, FIRST};
use super::burst::Excess;

/// Panes without anything notable that end an episode: half an hour of panes of five minutes.
/// Chosen by hand, not tuned; shorter, one event would be counted as several episodes.
const CALM_PANES: u32 = 6;

/// What a series is in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// The largest −log10 p so far; 0 where nothing is going on.
    depth: f64,
    reported: bool,
    calm: u32,
}

/// What a pane makes of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing to report.
    Quiet,
    /// It has just become improbable enough to be reported.
    Opened,
    /// It was reported, and goes on.
    Open,
    /// It was reported, and is over.
    Closed,
}

impl Episode {
    /// Takes the evidence of the next pane; an episode that ends is counted on the budget.
    pub fn observe(&mut self, evidence: &Excess, budget: &mut Budget) -> Phase {
        let depth = -evidence.ln_p / std::f64::consts::LN_10;
        if depth < FIRST {
            self.calm += 1;
            let ends = self.calm >= CALM_PANES;
            let phase = match (self.reported, ends) {
                (true, true) => Phase::Closed,
                (true, false) => Phase::Open,
                (false, _) => Phase::Quiet,
            };
            if ends {
                // Counted once, at its end, by its deepest pane: neighbouring panes are one event,
                // and counting each would make the budget one of panes, not of alerts.
                if self.depth > 0.0 {
                    budget.ended(self.depth);
                }
                *self = Episode::default();
            }
            return phase;
        }
        self.calm = 0;
        self.depth = self.depth.max(depth);
        match (self.reported, depth >= budget.bar()) {
            // Once reported it stays open below the bar, which moves: alerts would flicker.
            (true, _) => Phase::Open,
            (false, true) => {
                self.reported = true;
                Phase::Opened
            }
            (false, false) => Phase::Quiet,
        }
    }

    /// The largest −log10 p so far; 0 where nothing is going on.
    pub fn depth(&self) -> f64 {
        self.depth
    }
}
