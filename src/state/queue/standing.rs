//! How the cases of one segment stand: how many wait, are overdue, and are in each lane.

use super::case::Case;
use super::{Lane, Lanes, Queue};
use crate::post::Segments;

/// How cases stand, in numbers that add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// Cases that wait, those that an agent is at work on included.
    pub waiting: usize,
    /// Cases that are overdue.
    pub overdue: usize,
    /// Cases in each lane.
    pub lanes: Lanes,
}

impl Standing {
    /// Adds other cases.
    pub fn merge(&mut self, other: &Standing) {
        self.waiting += other.waiting;
        self.overdue += other.overdue;
        let (own, other) = (&mut self.lanes, &other.lanes);
        own.fast += other.fast;
        own.normal += other.normal;
        own.deferred += other.deferred;
        own.assigned += other.assigned;
        own.idle += other.idle;
        own.suspected += other.suspected;
    }
}

impl Queue {
    /// Each case with the segments of its weightiest post, and how it stands at the time of
    /// [`Queue::next`]; in no order of importance. Summed, they are [`Queue::len`], what is
    /// [overdue](Queue::overdue) and the [lanes](Queue::lanes).
    pub fn standings(&self) -> impl Iterator<Item = (&Segments, Standing)> {
        self.cases.iter().filter_map(|(case, found)| {
            let (_, lead) = self.lead(case)?;
            Some((&lead.fact.segments, self.standing(case, found)))
        })
    }

    fn standing(&self, case: u64, found: &Case) -> Standing {
        let now = self.now();
        let oldest = self.cases.members(case).next();
        let deferred = oldest.and_then(|(_, entry)| entry.deferred);
        let mut lanes = Lanes::default();
        let lane = match (found.assigned, self.lane(found, deferred)) {
            (Some(_), _) => &mut lanes.assigned,
            (None, Lane::Fast) => &mut lanes.fast,
            (None, Lane::Normal) => &mut lanes.normal,
            (None, Lane::Deferred) => &mut lanes.deferred,
            (None, Lane::Idle) => &mut lanes.idle,
            (None, Lane::Suspected) => &mut lanes.suspected,
        };
        *lane = 1;
        Standing {
            waiting: 1 - lanes.suspected,
            overdue: usize::from(found.is_overdue(now)),
            lanes,
        }
    }
}
