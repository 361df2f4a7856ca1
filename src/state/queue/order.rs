//! The order of cases: exact points of importance and waiting, kept so that no query sorts them,
//! and so that nothing moves when time passes.
//!
//! Until an answer is due a case gains points in proportion to the share of its target that is
//! over; from then on a fixed number a day. So among cases of one importance, one target and one
//! clock of business hours the older stands first at any time: whoever is due earlier is overdue
//! earlier, and what is overdue has more points than what is not. Each such group is a sorted set
//! that stays as it is, and a query merges the heads of some hundreds of sets.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, btree_set};
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

    // Points are score + due_points × waited / target until an answer is due, and score +
    // due_points + day_points × (now − due) / DAY from then on. Times the denominator all is
    // whole, so no rounding ever swaps two cases.

    /// The points of what has waited for so long of its target, in milliseconds of business time.
    fn before_due(self, score: u8, target: i64, waited: i64) -> Points {
        let (score, waited) = (i128::from(score), i128::from(waited));
        Points {
            numerator: score * i128::from(target) + i128::from(self.due_points) * waited,
            denominator: target,
        }
    }

    /// The points of what has been due for so many milliseconds.
    fn overdue(self, score: u8, over: i64) -> Points {
        let due = i128::from(i64::from(score) + self.due_points) * i128::from(DAY);
        Points {
            numerator: due + i128::from(self.day_points) * i128::from(over),
            denominator: DAY,
        }
    }
}

/// Lines of one group: the business hours by their number, the target, the importance.
type Group = (u16, i64, u8);

/// A line in its group: the one that is due first stands first. Business time that stands still
/// gives several the same place; of these the older case is first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    due: i64,
    since: i64,
    ranked: Ranked,
}

impl Slot {
    fn new(line: &Line, ranked: &Ranked) -> Slot {
        Slot {
            due: line.due,
            since: line.since,
            ranked: ranked.clone(),
        }
    }
}

/// The waiting cases in their groups.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) growth: Growth,
    /// The time for which points are computed.
    clock: i64,
    /// The business time at `clock`, by the number of the business hours.
    business: Vec<i64>,
    groups: BTreeMap<Group, BTreeSet<Slot>>,
    /// Cases with more than one line.
    several: BTreeSet<u64>,
    /// When the first of a case's lines is due.
    first_due: BTreeSet<(i64, u64)>,
    /// How many of these are due at `clock`.
    overdue: usize,
}

impl Heap for Order {
    fn heap(&self) -> usize {
        // Identifiers are the posts' own.
        let groups = self
            .groups
            .values()
            .map(|group| nodes::<Slot, ()>(group.len()));
        nodes::<Group, BTreeSet<Slot>>(self.groups.len())
            + groups.sum::<usize>()
            + nodes::<(i64, u64), ()>(self.first_due.len())
            + self.several.heap()
            + self.business.heap()
    }
}

impl Order {
    pub(super) fn new(growth: Growth, levels: &ServiceLevels) -> Order {
        let mut order = Order {
            growth,
            clock: i64::MIN,
            business: Vec::new(),
            groups: BTreeMap::new(),
            several: BTreeSet::new(),
            first_due: BTreeSet::new(),
            overdue: 0,
        };
        order.move_to(time(i64::MIN), levels);
        order
    }

    /// Adds a case, that waits for the reasons `lines`.
    pub(super) fn insert(&mut self, lines: &[Line], ranked: &Ranked) {
        for line in lines {
            let group = (line.hours, line.target, ranked.score);
            let group = self.groups.entry(group).or_default();
            group.insert(Slot::new(line, ranked));
        }
        if lines.len() > 1 {
            self.several.insert(ranked.case);
        }
        if let Some(due) = lines.iter().map(|line| line.due).min() {
            let is_new = self.first_due.insert((due, ranked.case));
            self.overdue += usize::from(is_new && due <= self.clock);
        }
    }

    /// Takes a case out that was added with the same lines.
    pub(super) fn remove(&mut self, lines: &[Line], ranked: &Ranked) {
        for line in lines {
            let key = (line.hours, line.target, ranked.score);
            let Some(group) = self.groups.get_mut(&key) else {
                continue;
            };
            group.remove(&Slot::new(line, ranked));
            // An empty group would cost a look in every walk.
            if group.is_empty() {
                self.groups.remove(&key);
            }
        }
        self.several.remove(&ranked.case);
        if let Some(due) = lines.iter().map(|line| line.due).min() {
            let was_there = self.first_due.remove(&(due, ranked.case));
            self.overdue -= usize::from(was_there && due <= self.clock);
        }
    }

    /// The time for which the order holds, in milliseconds.
    pub(super) fn now(&self) -> i64 {
        self.clock
    }

    /// The points at the clock of a case by one of its lines.
    pub(super) fn points(&self, score: u8, line: &Line) -> Points {
        self.points_of((line.hours, line.target, score), line.since, line.due)
    }

    fn points_of(&self, (hours, target, score): Group, since: i64, due: i64) -> Points {
        match due <= self.clock {
            false => self
                .growth
                .before_due(score, target, self.business(hours) - since),
            true => self.growth.overdue(score, self.clock - due),
        }
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

    /// Whether a line is not due yet, but `percent` of its target are over.
    pub(super) fn is_about_to(&self, line: &Line, percent: i64) -> bool {
        line.due > self.clock && self.waited(line) * 100 >= line.target * percent
    }

    /// How many lines are of an importance that is `grave`, or about to be due as in
    /// [`Order::is_about_to`].
    pub(super) fn pressing(&self, grave: impl Fn(u8) -> bool, percent: i64) -> usize {
        let first = Slot {
            due: self.clock.saturating_add(1),
            since: i64::MIN,
            ranked: Ranked {
                first: i64::MIN,
                id: "".into(),
                case: 0,
                score: 0,
            },
        };
        let of = |((hours, target, score), group): (&Group, &BTreeSet<Slot>)| {
            if grave(*score) {
                return group.len();
            }
            let business = self.business(*hours);
            let waited = |slot: &&Slot| (business - slot.since).max(0) * 100 >= target * percent;
            group.range(&first..).take_while(waited).count()
        };
        self.groups.iter().map(of).sum()
    }

    /// The cases with more than one line.
    pub(super) fn several(&self) -> impl Iterator<Item = u64> {
        self.several.iter().copied()
    }

    /// Moves to `now`, forward or back. Only what becomes due in between is counted, and nothing
    /// changes its place.
    pub(super) fn move_to(&mut self, now: i64, levels: &ServiceLevels) {
        if now == self.clock {
            return;
        }
        let (from, to) = (self.clock.min(now), self.clock.max(now));
        // What is due at `from` itself was overdue already; what is due at `to` becomes so.
        let after = |time: i64| (time.saturating_add(1), 0);
        let crossed = self.first_due.range(after(from)..after(to)).count();
        match now > self.clock {
            true => self.overdue += crossed,
            false => self.overdue -= crossed,
        }
        self.clock = now;
        self.business = levels.times().iter().map(|time| time.at(now)).collect();
    }

    /// The cases with the most points at the clock first, each once, by its best line.
    pub(super) fn walk(&self) -> Walk<'_> {
        self.merge(i64::MAX)
    }

    /// As [`Order::walk`], of the cases that are overdue at the clock.
    pub(super) fn walk_overdue(&self) -> Walk<'_> {
        self.merge(self.clock)
    }

    /// Merges the groups, as far as they are due until `until`.
    fn merge(&self, until: i64) -> Walk<'_> {
        let mut walk = Walk {
            order: self,
            until,
            groups: Vec::with_capacity(self.groups.len()),
            heads: BinaryHeap::with_capacity(self.groups.len()),
            seen: BTreeSet::new(),
        };
        for (key, group) in &self.groups {
            walk.groups.push((*key, group.iter()));
            walk.pull(walk.groups.len() - 1);
        }
        walk
    }

    /// How many cases are overdue at the clock.
    pub(super) fn overdue(&self) -> usize {
        self.overdue
    }

    /// The last case of each group, and the points of the line that stands there: among these the
    /// case with the fewest points is looked for.
    pub(super) fn last(&self) -> impl Iterator<Item = (Points, u64)> {
        self.groups.iter().filter_map(|(key, group)| {
            let last = group.last()?;
            Some((self.points_of(*key, last.since, last.due), last.ranked.case))
        })
    }
}

/// See [`Order::walk`].
pub(super) struct Walk<'o> {
    order: &'o Order,
    /// The time until which a line must be due.
    until: i64,
    groups: Vec<(Group, btree_set::Iter<'o, Slot>)>,
    /// The next of each group: points, then the older, then the smaller identifier; the
    /// case; the group.
    heads: BinaryHeap<(Points, Reverse<&'o Ranked>, usize)>,
    seen: BTreeSet<u64>,
}

impl Walk<'_> {
    fn pull(&mut self, index: usize) {
        let Some((key, slots)) = self.groups.get_mut(index) else {
            return;
        };
        if let Some(slot) = slots.next().filter(|slot| slot.due <= self.until) {
            let points = self.order.points_of(*key, slot.since, slot.due);
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
