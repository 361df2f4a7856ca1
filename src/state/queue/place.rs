//! A place in the queue, explained by comparing it with the next.

use std::cmp::Reverse;

use serde::Serialize;

use super::keys::parted;
use super::order::{Line, Order, Points};
use super::{Lane, Queue};
use crate::post::Segments;
use crate::time::{milliseconds, span};
use crate::triage::Level;

/// A case at its place. Times are milliseconds since the Unix epoch, spans are milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// The weightiest post of the case: the one to open; a very long identifier is as
    /// [`kept_id`](crate::observation::Identities::kept_id) gives it.
    pub post: String,
    /// The posts that wait for this answer, the oldest first.
    pub posts: Vec<String>,
    /// How many posts these are, with those that are only counted.
    pub count: u64,
    /// The channel of `post`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The segments of `post`.
    #[serde(skip_serializing_if = "is_empty")]
    pub segments: Segments,
    /// The largest importance of its posts, 0 to 100.
    pub score: u8,
    /// The level of `score`.
    pub level: Level,
    /// Importance and waiting together, in tenths of points, rounded down.
    pub points_tenths: i64,
    /// How it is treated.
    pub lane: Lane,
    /// Since when it is deferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deferred_since: Option<i64>,
    /// The agent at work on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// When the oldest post was written.
    pub since: i64,
    /// How long the oldest post has waited; 0 if it is written later than now.
    pub waited: i64,
    /// When an answer is due, by the channel that presses most; none where no answer is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// The time to an answer that this channel promises; business time, if it has business hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<i64>,
    /// How long it has been due; 0 before.
    pub overdue_by: i64,
    /// Why it stands before the next, and where it is deferred, why.
    pub reason: String,
}

/// What [`compared`] needs of a case.
struct Side<'q> {
    post: &'q str,
    score: u8,
    points: Points,
    line: Option<&'q Line>,
    suspected: bool,
    first: i64,
}

impl Queue {
    /// What to answer next: at most `count` cases that nobody is at work on, the first to
    /// be answered first, at the time of the last [`Queue::advance`] or, if it is later, of
    /// any post since.
    pub fn next(&self, count: usize) -> Vec<Place> {
        // What needs no answer stands behind all that does. One more, for the last place is
        // compared with it.
        let needed = self.cases.order.walk().map(|(case, _)| case);
        let mut waiting = needed.chain(self.cases.idle());
        let mut suspected = self.cases.suspected();
        // Counted from what was answered, so that whoever takes one case at a time meets
        // the sample too.
        let begun = self.counts.cases_answered;
        let sample = u64::from(self.settings.sample);
        let is_sample = |place: u64| sample > 0 && (begun + place) % sample == sample - 1;
        let walk = (0..).map_while(|place| match is_sample(place) {
            true => suspected.next().or_else(|| waiting.next()),
            false => waiting.next(),
        });
        let walked: Vec<u64> = walk.take(count.saturating_add(1)).collect();
        self.places(&walked, count)
    }

    /// The posts that may be spam and that nobody is at work on: at most `count`, the more
    /// important first. [`Queue::next`] shows one in [`sample`](super::Settings::sample) cases of
    /// them.
    pub fn suspected(&self, count: usize) -> Vec<Place> {
        let walked: Vec<u64> = self.cases.suspected().take(count).collect();
        self.places(&walked, count)
    }

    /// How many cases are overdue at the time of [`Queue::next`], those that an agent is at work on
    /// included.
    pub fn overdue_count(&self) -> usize {
        self.cases.order.overdue() + self.overdue_assigned().count()
    }

    /// What is overdue at the time of [`Queue::next`] and in its order, at most `count` cases;
    /// those that an agent is at work on are among them.
    pub fn overdue(&self, count: usize) -> Vec<Place> {
        // One more, for the last place is compared with it.
        let most = count.saturating_add(1);
        let walked = self.cases.order.walk_overdue().map(|(case, _)| case);
        let mut overdue: Vec<_> = walked
            .take(most)
            .chain(self.overdue_assigned())
            .filter_map(|case| {
                let found = self.cases.get(case)?;
                let points = found.points(&self.cases.order)?.0;
                Some((Reverse(points), &found.ranked))
            })
            .collect();
        overdue.sort_unstable();
        overdue.truncate(most);
        let overdue: Vec<u64> = overdue.into_iter().map(|(_, ranked)| ranked.case).collect();
        self.places(&overdue, count)
    }

    /// The cases that are overdue and that an agent is at work on.
    fn overdue_assigned(&self) -> impl Iterator<Item = u64> {
        let now = self.now();
        let is_due = move |case: &u64| {
            self.cases
                .get(*case)
                .is_some_and(|case| case.is_overdue(now))
        };
        let assigned = self.cases.assigned.iter().map(|(_, case)| *case);
        assigned.filter(is_due)
    }

    /// The first `count` of these cases as places; one more is only compared with.
    pub(super) fn places(&self, cases: &[u64], count: usize) -> Vec<Place> {
        let now = self.now();
        let mut sides = cases.iter().map(|case| Some((*case, self.side(*case)?)));
        let mut places = Vec::with_capacity(cases.len().min(count));
        let mut current = sides.next().flatten();
        while let Some((case, side)) = current.filter(|_| places.len() < count) {
            current = sides.next().flatten();
            places.extend(self.place(case, &side, current.as_ref().map(|(_, next)| next), now));
        }
        places
    }

    fn side(&self, case: u64) -> Option<Side<'_>> {
        let found = self.cases.get(case)?;
        let (points, line) = found.points(&self.cases.order)?;
        let (post, _) = self.lead(case)?;
        Some(Side {
            post: parted(post).0,
            score: found.ranked.score,
            points,
            line,
            suspected: found.suspected,
            first: found.ranked.first,
        })
    }

    fn place(
        &self,
        case: u64,
        side: &Side<'_>,
        next: Option<&Side<'_>>,
        now: i64,
    ) -> Option<Place> {
        let (_, lead) = self.lead(case)?;
        let mut members = self.cases.members(case);
        let (_, first) = members.next()?;
        let lane = self.lane(self.cases.get(case)?, first.deferred);
        let mut reason = compared(side, next, now, &self.cases.order);
        if let Some((since, room)) = first.deferred.zip(self.plan.room) {
            let (since, horizon) = (span(now - since), span(milliseconds(self.settings.horizon)));
            let waiting = self.plan.waiting;
            reason += &format!(
                "; deferred for {since}: {waiting} wait, {room} can be answered in {horizon}"
            );
        }
        let posts: Vec<String> = self
            .cases
            .members(case)
            .map(|(id, _)| parted(id).0.to_owned())
            .collect();
        let folded: u64 = self
            .cases
            .members(case)
            .map(|(_, entry)| u64::from(entry.folded))
            .sum();
        Some(Place {
            post: side.post.to_owned(),
            count: posts.len() as u64 + folded,
            posts,
            channel: lead.fact.channel.as_deref().map(str::to_owned),
            segments: lead.fact.segments.clone(),
            score: side.score,
            level: self.growth.level(side.score),
            points_tenths: side.points.tenths(),
            lane,
            deferred_since: first.deferred,
            agent: self.agent_of(case).map(str::to_owned),
            since: side.first,
            waited: (now - side.first).max(0),
            due_at: side.line.map(|line| line.due),
            target: side.line.map(|line| line.target),
            overdue_by: side.line.map_or(0, |line| (now - line.due).max(0)),
            reason,
        })
    }
}

fn is_empty(segments: &Segments) -> bool {
    segments.is_empty()
}

/// Why a case stands before the next: importance, waiting and their sum, side by side, and where it
/// stands against its target.
fn compared(side: &Side<'_>, next: Option<&Side<'_>>, now: i64, order: &Order) -> String {
    let Some(line) = side.line else {
        return match side.suspected {
            true => format!("may be spam, one of a sample: importance {}", side.score),
            false => format!("needs no answer: importance {}", side.score),
        };
    };
    let against = match next {
        Some(next) if next.line.is_none() => {
            let why = match next.suspected {
                true => "may be spam",
                false => "needs no answer",
            };
            format!("before {}, which {why}: {}", next.post, parts(side))
        }
        None => format!("last: {}", parts(side)),
        Some(next) if next.points == side.points => {
            format!(
                "before {}: {} for both, and it is older",
                next.post,
                parts(side)
            )
        }
        Some(next) => {
            let close = next.points.tenths() == side.points.tenths();
            let close = if close {
                ", less than a tenth apart"
            } else {
                ""
            };
            format!(
                "before {}: {} against {}{close}",
                next.post,
                parts(side),
                parts(next)
            )
        }
    };
    let business = if line.hours == 0 {
        ""
    } else {
        " of business time"
    };
    let target = format!("{}{business}", span(line.target));
    let standing = match now - line.due {
        over if over >= 0 => format!("{} past its {target}", span(over)),
        _ => format!("{} of its {target} over", span(order.waited(line))),
    };
    format!("{against}; {standing}")
}

/// `131.4 (importance 71 + waiting 60.4)`.
fn parts(side: &Side<'_>) -> String {
    let tenths = side.points.tenths();
    let waiting = tenths - i64::from(side.score) * 10;
    format!(
        "{} (importance {} + waiting {})",
        decimal(tenths),
        side.score,
        decimal(waiting)
    )
}

fn decimal(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.abs() / 10, tenths.abs() % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_written_with_one_decimal() {
        assert_eq!(
            [0, 5, -5, 604, -1234].map(decimal),
            ["0.0", "0.5", "-0.5", "60.4", "-123.4"]
        );
    }
}
