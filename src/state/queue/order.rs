//! The order of cases: exact points of importance and waiting, kept so that no query sorts them.
//!
//! Until an answer is due a case gains points in proportion to the share of its target that is
//! over; from then on a fixed number a day. Both are linear: the share in business time, which is
//! one clock for all cases of the same hours, and what follows in time. So among cases of one
//! target and one clock that are not yet due, and among all overdue ones, the order doesn't depend
//! on the time: each group is a sorted set, and a query merges the heads of some dozens of sets.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, btree_set};
use std::ops::Bound;
use std::sync::Arc;

use super::entry::time;
use super::settings::Settings;
use crate::heap::{Heap, nodes};
use crate::state::service_level::ServiceLevels;
use crate::time::DAY;
use crate::triage::Level;

/// How points grow with waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    due_points: i64,
    day_points: i64,
    levels: [u8; 3],
}

/// Points as an exact fraction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Points {
    numerator: i128,
    /// Positive.
    denominator: i64,
}

impl Points {
    /// The points of importance alone.
    pub(super) fn from_score(score: u8) -> Points {
        Points {
            numerator: score.into(),
            denominator: 1,
        }
    }

    /// Tenths of points, rounded down: for people; the order is that of the exact fractions.
    pub(super) fn tenths(self) -> i64 {
        (self.numerator * 10).div_euclid(i128::from(self.denominator)) as i64
    }
}

impl Ord for Points {
    fn cmp(&self, other: &Points) -> Ordering {
        let left = self.numerator * i128::from(other.denominator);
        left.cmp(&(other.numerator * i128::from(self.denominator)))
    }
}

impl PartialOrd for Points {
    fn partial_cmp(&self, other: &Points) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Points {
    fn eq(&self, other: &Points) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Points {}

/// One reason for a case to wait: since when, against which target. Times in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    /// Since when it waits, in business time.
    pub(super) since: i64,
    /// The business time to an answer; positive.
    pub(super) target: i64,
    /// The business hours, by their number in the service levels.
    pub(super) hours: u16,
    /// When an answer is due.
    pub(super) due: i64,
}

impl Line {
    /// That of a post of a channel and a level, which was written at `created`.
    pub(super) fn new(
        levels: &ServiceLevels,
        channel: Option<&str>,
        level: Level,
        created: i64,
    ) -> Line {
        let target = levels.targeted(channel, Some(level));
        let time = levels.time(target.hours);
        Line {
            since: time.at(created),
            target: target.time,
            hours: target.hours,
            due: time.after(created, target.time),
        }
    }
}

/// A case as the order knows it: ties go to the older first post, then to the smaller identifier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ranked {
    pub(super) first: i64,
    pub(super) id: Arc<str>,
    pub(super) case: u64,
    pub(super) score: u8,
}

impl Growth {
    /// `levels` are the scores from which on a case is medium, high and critical.
    pub(super) fn from_settings(settings: &Settings, levels: [u8; 3]) -> Growth {
        let Settings {
            due_points,
            day_points,
            ..
        } = *settings;
        Growth {
            due_points: due_points.into(),
            day_points: day_points.into(),
            levels,
        }
    }

    /// The scores from which on a case is medium, high and critical.
    pub(super) fn levels(self) -> [u8; 3] {
        self.levels
    }

    /// The level of a score.
    pub(super) fn level(self, score: u8) -> Level {
        Level::of(score, self.levels)
    }

    /// What of the points doesn't depend on the time, scaled by the target, or by a day for
    /// an overdue line.
    fn constant(self, score: u8, line: &Line, overdue: bool) -> i64 {
        // Points are score + due_points × (business time − since) / target until an answer is due,
        // and score + due_points + day_points × (now − due) / DAY from then on. Times the
        // denominator all is whole, so no rounding ever swaps two cases. The largest product is
        // 1000 points × 10^15 ms, where business time ends: 10^18 fits an i64, whose largest value
        // is 9 × 10^18.
        match overdue {
            false => i64::from(score) * line.target - self.due_points * line.since,
            true => i64::from(score) * DAY - self.day_points * line.due,
        }
    }

    /// The points from that constant, when the clock that counts shows `clock`: business time, or
    /// the time for an overdue line.
    fn of_constant(self, constant: i64, denominator: i64, overdue: bool, clock: i64) -> Points {
        let rest = match overdue {
            false => i128::from(self.due_points) * i128::from(clock),
            true => {
                i128::from(self.due_points * DAY) + i128::from(self.day_points) * i128::from(clock)
            }
        };
        Points {
            numerator: i128::from(constant) + rest,
            denominator,
        }
    }
}

/// A line in its group: the largest constant first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    constant: Reverse<i64>,
    ranked: Ranked,
}

/// What stands after everything that is due at `time`.
fn after(time: i64) -> (i64, Line, Ranked) {
    let last = Ranked {
        first: i64::MAX,
        id: "".into(),
        case: u64::MAX,
        score: u8::MAX,
    };
    (
        time,
        Line {
            since: i64::MAX,
            target: i64::MAX,
            hours: u16::MAX,
            due: i64::MAX,
        },
        last,
    )
}

/// The waiting cases in their groups.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) growth: Growth,
    /// The time for which the groups hold.
    clock: i64,
    /// The business time at `clock`, by the number of the business hours.
    business: Vec<i64>,
    /// Lines that are not due at `clock`, by business hours and target.
    upcoming: BTreeMap<(u16, i64), BTreeSet<Slot>>,
    /// Lines that are due at `clock`.
    overdue: BTreeSet<Slot>,
    /// All lines by the time when they are due.
    due: BTreeSet<(i64, Line, Ranked)>,
}

impl Heap for Order {
    fn heap(&self) -> usize {
        // Identifiers are the posts' own.
        let groups = self
            .upcoming
            .values()
            .map(|group| nodes::<Slot, ()>(group.len()));
        nodes::<(u16, i64), BTreeSet<Slot>>(self.upcoming.len())
            + groups.sum::<usize>()
            + nodes::<Slot, ()>(self.overdue.len())
            + nodes::<(i64, Line, Ranked), ()>(self.due.len())
            + self.business.heap()
    }
}

impl Order {
    pub(super) fn new(growth: Growth, levels: &ServiceLevels) -> Order {
        let (upcoming, overdue, due) = Default::default();
        let mut order = Order {
            growth,
            clock: i64::MIN,
            business: Vec::new(),
            upcoming,
            overdue,
            due,
        };
        order.move_to(time(i64::MIN), levels);
        order
    }

    pub(super) fn insert(&mut self, line: &Line, ranked: &Ranked) {
        self.due.insert((line.due, line.clone(), ranked.clone()));
        self.place(line, ranked, line.due <= self.clock);
    }

    pub(super) fn remove(&mut self, line: &Line, ranked: &Ranked) {
        self.due.remove(&(line.due, line.clone(), ranked.clone()));
        self.displace(line, ranked, line.due <= self.clock);
    }

    fn place(&mut self, line: &Line, ranked: &Ranked, overdue: bool) {
        let slot = self.slot(line, ranked, overdue);
        match overdue {
            true => self.overdue.insert(slot),
            false => {
                let group = (line.hours, line.target);
                self.upcoming.entry(group).or_default().insert(slot)
            }
        };
    }

    fn displace(&mut self, line: &Line, ranked: &Ranked, overdue: bool) {
        let slot = self.slot(line, ranked, overdue);
        if overdue {
            self.overdue.remove(&slot);
        } else if let Some(group) = self.upcoming.get_mut(&(line.hours, line.target)) {
            group.remove(&slot);
            // An empty group would cost a look in every walk.
            if group.is_empty() {
                self.upcoming.remove(&(line.hours, line.target));
            }
        }
    }

    fn slot(&self, line: &Line, ranked: &Ranked, overdue: bool) -> Slot {
        Slot {
            constant: Reverse(self.growth.constant(ranked.score, line, overdue)),
            ranked: ranked.clone(),
        }
    }

    /// The time for which the order holds, in milliseconds.
    pub(super) fn now(&self) -> i64 {
        self.clock
    }

    /// The points at the clock of a case by one of its lines.
    pub(super) fn points(&self, score: u8, line: &Line) -> Points {
        let overdue = line.due <= self.clock;
        let (denominator, clock) = match overdue {
            true => (DAY, self.clock),
            false => (line.target, self.business(line.hours)),
        };
        let constant = self.growth.constant(score, line, overdue);
        self.growth
            .of_constant(constant, denominator, overdue, clock)
    }

    /// The business time at the clock, of the business hours of a number.
    fn business(&self, hours: u16) -> i64 {
        let business = self.business.get(usize::from(hours));
        business.copied().unwrap_or(self.clock)
    }

    /// How much of a line's target is over at the clock, in milliseconds of business time.
    pub(super) fn waited(&self, line: &Line) -> i64 {
        (self.business(line.hours) - line.since).max(0)
    }

    /// Moves to `now`, forward or back: only lines that become due in between change their group.
    pub(super) fn move_to(&mut self, now: i64, levels: &ServiceLevels) {
        if now == self.clock {
            return;
        }
        let (from, to) = (self.clock.min(now), self.clock.max(now));
        let forward = now > self.clock;
        // What is due at `from` itself was overdue already; what is due at `to` becomes so.
        let crossed: Vec<(Line, Ranked)> = self
            .due
            .range((Bound::Excluded(after(from)), Bound::Excluded(after(to))))
            .map(|(_, line, ranked)| (line.clone(), ranked.clone()))
            .collect();
        for (line, ranked) in crossed {
            self.displace(&line, &ranked, !forward);
            self.place(&line, &ranked, forward);
        }
        self.clock = now;
        self.business = levels.times().iter().map(|time| time.at(now)).collect();
    }

    /// The cases with the most points at the clock first, each once, by its best line.
    pub(super) fn walk(&self) -> Walk<'_> {
        let mut walk = Walk {
            order: self,
            groups: Vec::new(),
            heads: BinaryHeap::new(),
            seen: BTreeSet::new(),
        };
        let overdue = (self.overdue.iter(), DAY, true, self.clock);
        let upcoming = self
            .upcoming
            .iter()
            .map(|((hours, target), group)| (group.iter(), *target, false, self.business(*hours)));
        for group in upcoming.chain([overdue]) {
            walk.groups.push(group);
            walk.pull(walk.groups.len() - 1);
        }
        walk
    }

    /// The last case of each group: those among which the one with the fewest points is looked for.
    pub(super) fn last(&self) -> impl Iterator<Item = u64> {
        self.upcoming
            .values()
            .chain([&self.overdue])
            // Within a group the constants order the cases at any time, so the last has the fewest
            // points of it; between groups the time decides.
            .filter_map(|group| Some(group.last()?.ranked.case))
    }

    /// The cases that are overdue at the clock, those with the most points first.
    pub(super) fn overdue(&self) -> impl Iterator<Item = u64> {
        self.overdue.iter().map(|slot| slot.ranked.case)
    }
}

/// Lines in order, their denominator, whether they are overdue, and the clock that counts.
type Group<'o> = (btree_set::Iter<'o, Slot>, i64, bool, i64);

/// See [`Order::walk`].
pub(super) struct Walk<'o> {
    order: &'o Order,
    groups: Vec<Group<'o>>,
    /// The next of each group: points, then the older, then the smaller identifier; the
    /// case; the group.
    heads: BinaryHeap<(Points, Reverse<&'o Ranked>, usize)>,
    seen: BTreeSet<u64>,
}

impl<'o> Walk<'o> {
    fn pull(&mut self, index: usize) {
        let Some((slots, denominator, overdue, clock)) = self.groups.get_mut(index) else {
            return;
        };
        if let Some(slot) = slots.next() {
            let growth = self.order.growth;
            let points = growth.of_constant(slot.constant.0, *denominator, *overdue, *clock);
            self.heads.push((points, Reverse(&slot.ranked), index));
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = (u64, Points);

    fn next(&mut self) -> Option<(u64, Points)> {
        while let Some((points, Reverse(ranked), index)) = self.heads.pop() {
            // A case with several lines comes up once a line. Its best comes first; the others
            // are passed over.
            self.pull(index);
            if self.seen.insert(ranked.case) {
                return Some((ranked.case, points));
            }
        }
        None
    }
}
