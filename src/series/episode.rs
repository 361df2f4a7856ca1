//! The life of a rise: from its first notable pane until the series is calm again.

use serde::{Deserialize, Serialize};

use super::budget::{Budget, FIRST};
use super::burst::Evidence;

/// Panes without anything notable that end an episode.
const CALM: u32 = 6;

/// What a series is in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// The largest −log10 p so far; 0 where nothing is going on.
    depth: f64,
    told: bool,
    calm: u32,
}

/// What a pane makes of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing to tell.
    Quiet,
    /// It is now improbable enough to be told.
    Opened,
    /// It was told, and goes on.
    Open,
    /// It was told, and is over.
    Closed,
}

impl Episode {
    /// Takes the evidence of the next pane; an episode that ends is counted on the budget.
    pub fn observe(&mut self, evidence: &Evidence, budget: &mut Budget) -> Phase {
        let depth = -evidence.ln_p / std::f64::consts::LN_10;
        if depth < FIRST {
            self.calm += 1;
            let ends = self.calm >= CALM;
            let phase = match (self.told, ends) {
                (true, true) => Phase::Closed,
                (true, false) => Phase::Open,
                (false, _) => Phase::Quiet,
            };
            if ends {
                if self.depth > 0.0 {
                    budget.ended(self.depth);
                }
                *self = Episode::default();
            }
            return phase;
        }
        self.calm = 0;
        self.depth = self.depth.max(depth);
        match (self.told, depth >= budget.bar()) {
            (true, _) => Phase::Open,
            (false, true) => {
                self.told = true;
                Phase::Opened
            }
            (false, false) => Phase::Quiet,
        }
    }

    /// The largest −log10 p so far.
    pub fn depth(&self) -> f64 {
        self.depth
    }
}
