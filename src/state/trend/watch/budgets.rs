//! The budget of false alerts, shared out so that a flood of one kind of rise hides no other.

use serde::{Deserialize, Serialize};

use super::Settings;
use crate::series::budget::Budget;
use crate::state::trend::key::Key;

/// The share of the budget for what is always watched. Convention: a half, so that neither a
/// thousand hashtags nor a bad week of complaints takes all.
const STANDING: f64 = 0.5;

/// What has a part of the budget of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Share {
    /// What is always watched: all posts, all that want an answer, all negative ones, harm, topics
    /// and the terms that somebody listed.
    Standing,
    /// What posts name: hashtags, channels, languages, words that nobody listed, and what rises
    /// within a segment.
    Named,
}

impl Share {
    pub(super) fn of(key: &Key) -> Share {
        match key {
            Key::Hashtag(_)
            | Key::Channel(_)
            | Key::Language(_)
            | Key::Emerging(_)
            | Key::InSegment(_) => Share::Named,
            _ => Share::Standing,
        }
    }
}

/// A budget a share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Budgets {
    standing: Budget,
    named: Budget,
}

impl Budgets {
    pub(super) fn new(settings: &Settings) -> Budgets {
        let part = |share: f64| Budget::new(settings.budget * share);
        Budgets {
            standing: part(STANDING),
            named: part(1.0 - STANDING),
        }
    }

    pub(super) fn of(&mut self, share: Share) -> &mut Budget {
        match share {
            Share::Standing => &mut self.standing,
            Share::Named => &mut self.named,
        }
    }

    /// The depth (−log10 p) from which on a rise is reported.
    pub(super) fn bar(&self, share: Share) -> f64 {
        match share {
            Share::Standing => self.standing.bar(),
            Share::Named => self.named.bar(),
        }
    }

    /// False alerts a day that are allowed.
    pub(super) fn allowed(&self, share: Share) -> f64 {
        match share {
            Share::Standing => self.standing.allowed(),
            Share::Named => self.named.allowed(),
        }
    }

    /// Checks the invariants; a damaged snapshot can break them.
    pub(super) fn is_sound(&self) -> bool {
        self.standing.is_sound() && self.named.is_sound()
    }
}
