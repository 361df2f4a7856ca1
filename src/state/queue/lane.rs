//! Lanes: what goes first, what can be answered, and what is deferred until there is room.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Queue;
use super::case::Case;
use crate::time::{HOUR, milliseconds};
use crate::triage::Level;

/// Most cases that one call defers or brings back, so that it takes some milliseconds however many
/// wait. Measured: `docs/measured/queue.md`.
const MOST_MOVED: usize = 4000;

/// How a case is treated. See the [module](super).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// High or critical, or about to be overdue.
    Fast,
    /// Can be answered in time.
    Normal,
    /// More waits than can be answered, and this has the fewest points.
    Deferred,
    /// None of its posts needs an answer; it stands behind all that do.
    Idle,
    /// It may be spam; a sample of these is shown among the others.
    Suspected,
}

/// How many cases are in each lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lanes {
    /// In the fast lane.
    pub fast: usize,
    /// In the normal lane.
    pub normal: usize,
    /// Deferred.
    pub deferred: usize,
    /// An agent is at work on them.
    pub assigned: usize,
    /// None of their posts needs an answer.
    pub idle: usize,
    /// Suspected to be spam.
    pub suspected: usize,
}

/// What the lanes were drawn by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Plan {
    /// When.
    pub(super) at: Option<i64>,
    /// Cases that waited for somebody.
    pub(super) waiting: u64,
    /// Cases that can be answered within the horizon; none where no capacity is known.
    pub(super) room: Option<u64>,
}

impl Queue {
    /// Cases that can be answered an hour, as [given](super::Settings::capacity) or as measured
    /// over the whole hours before the queue's time; none where none was answered in them.
    pub fn capacity(&self) -> Option<f64> {
        let hours = milliseconds(self.settings.measured) / HOUR;
        let (sum, hours) = match self.settings.capacity {
            Some(capacity) => (u64::from(capacity), 1),
            None => {
                // Whole hours, so that the beginning of one doesn't count as a whole one.
                let hour = self.now().div_euclid(HOUR);
                (
                    self.answered_in
                        .range(hour - hours..hour)
                        .map(|(_, count)| *count)
                        .sum(),
                    hours,
                )
            }
        };
        (sum > 0).then(|| sum as f64 / hours as f64)
    }

    /// How many cases are in each lane at the queue's time, by the lanes that the
    /// last [`Queue::advance`] left.
    pub fn lanes(&self) -> Lanes {
        let mut lanes = Lanes {
            deferred: self.cases.deferred.len(),
            idle: self.cases.idle_count(),
            suspected: self.cases.suspected_count(),
            ..Lanes::default()
        };
        lanes.assigned = self.cases.assigned.len();
        let (open, deferred) = (&self.cases.open, &self.cases.deferred);
        let fast = |cases: &BTreeSet<u64>| {
            let found = cases.iter().filter_map(|case| self.cases.get(*case));
            found.filter(|case| self.is_fast(case)).count()
        };
        // Where little is open it is looked at; where hardly anything is deferred, all is counted.
        lanes.fast = match open.len() <= deferred.len() {
            true => fast(open),
            false => self.all_fast() - fast(deferred),
        };
        lanes.normal = open.len() - lanes.fast;
        lanes
    }

    /// How many cases of the order are fast, deferred or not.
    fn all_fast(&self) -> usize {
        let percent = i64::from(self.settings.breach_percent);
        let grave = |score: u8| self.growth.level(score) >= Level::High;
        let order = &self.cases.order;
        // A case with several lines is counted once a line.
        let again = |case: &Case| match grave(case.ranked.score) {
            true => case.lines.len() - 1,
            false => {
                let lines = case.lines.iter();
                let about_to = lines.filter(|line| order.is_about_to(line, percent));
                about_to.count().saturating_sub(1)
            }
        };
        let several = order.several().filter_map(|case| self.cases.get(case));
        order.pressing(grave, percent) - several.map(again).sum::<usize>()
    }

    /// Whether a case that is not deferred takes the fast lane.
    pub(super) fn is_fast(&self, case: &Case) -> bool {
        if case.idle.is_some() {
            return false;
        }
        let percent = i64::from(self.settings.breach_percent);
        let order = &self.cases.order;
        let mut lines = case.lines.iter();
        self.growth.level(case.ranked.score) >= Level::High
            || lines.any(|line| order.is_about_to(line, percent))
    }

    /// The lane of a case, of which the oldest post is `deferred` since then.
    pub(super) fn lane(&self, case: &Case, deferred: Option<i64>) -> Lane {
        match deferred {
            _ if case.suspected => Lane::Suspected,
            _ if case.idle.is_some() => Lane::Idle,
            Some(_) => Lane::Deferred,
            None if self.is_fast(case) => Lane::Fast,
            None => Lane::Normal,
        }
    }

    /// Draws the lanes again, if those that are drawn don't hold at the queue's time.
    pub(super) fn draw_lanes(&mut self) {
        let now = self.now();
        let holds = milliseconds(self.settings.plan);
        if self
            .plan
            .at
            .is_some_and(|at| (at..at + holds).contains(&now))
        {
            return;
        }
        let waiting = self.cases.open.len() + self.cases.deferred.len();
        // A draw over nothing would keep whatever comes next out of the lanes until it is over.
        if waiting == 0 {
            return;
        }
        let room = self.room();
        let back = room.map(|room| room * self.settings.back_percent as usize / 100);
        // Without a capacity, or where all that waits can be answered, nothing is deferred. The bar
        // is `back`, not `room`: a case at the edge would else go back and forth with each answer.
        let bounded = room.zip(back).filter(|(_, back)| waiting > *back);
        let moves: Vec<(u64, Option<i64>)> = match bounded {
            None => {
                let deferred = self.cases.deferred.iter();
                deferred
                    .map(|case| (*case, None))
                    .take(MOST_MOVED)
                    .collect()
            }
            Some((room, back)) => {
                let top = self.cases.order.walk().take(room).map(|(case, _)| case);
                let top: Vec<u64> = top.collect();
                let returning = top.iter().take(back).copied();
                let returning = returning.filter(|case| self.cases.deferred.contains(case));
                let standing: BTreeSet<u64> = top.iter().copied().collect();
                let leaving = self.cases.open.difference(&standing);
                let leaving = leaving.map(|case| (*case, Some(now)));
                let returning = returning.map(|case| (case, None));
                returning.chain(leaving).take(MOST_MOVED).collect()
            }
        };
        // Where more has to move the next call goes on.
        let is_whole = moves.len() < MOST_MOVED;
        for (case, since) in moves {
            self.cases.defer(case, since);
        }
        self.plan = Plan {
            at: Some(now).filter(|_| is_whole).or(self.plan.at),
            waiting: waiting as u64,
            room: room.map(|room| room as u64),
        };
    }

    /// Cases that can be answered within the horizon; none where no capacity is known.
    fn room(&self) -> Option<usize> {
        let hours = milliseconds(self.settings.horizon) as f64 / HOUR as f64;
        Some((self.capacity()? * hours) as usize)
    }
}
