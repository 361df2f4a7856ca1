//! Topics: the share of each with its interval, how it feels, how it went, and what changed.

use std::collections::BTreeMap;

use hearken::Engine;
use hearken::prevalence::{Confusion, Correction, Tally};
use hearken::text::Language;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::volume::{Axis, HOUR};
use crate::fact::{Fact, Feeling};
use crate::interval::{of_change, of_share};
use crate::moment::Moment;
use crate::number::{rounded, share};
use crate::page::Page;
use crate::svg;

/// Topics that are shown, the most frequent: a bound on the page, chosen by hand.
const MOST_TOPICS: usize = 40;
/// Points of a small curve, at most; by hand: more can't be seen at its size.
const MOST_POINTS: usize = 24;
const DAY: i64 = 24 * HOUR;

/// Shares of the topics among posts that are not spam.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Topics {
    /// Posts that are not spam.
    pub posts: u64,
    /// Those that have a topic.
    pub covered: u64,
    /// Whether shares are corrected for the classifier's errors; if not, intervals are those of
    /// chance alone.
    pub corrected: bool,
    /// Changes are those of the posts from this moment on, against the ones before.
    pub split: Option<Moment>,
    /// Where the points of the small curves begin.
    pub points: Vec<Moment>,
    /// The topics, the most frequent first.
    pub topics: Vec<Topic>,
    /// Topics that are left out.
    pub more: u64,
}

/// A topic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    /// Its identifier.
    pub id: String,
    /// Its name in the language of the page.
    pub name: String,
    /// Posts that were given it.
    pub posts: u64,
    /// Its share; none where the classifier can't tell.
    pub share: Option<f64>,
    /// The interval of 95 % of the share.
    pub low: f64,
    /// See `low`.
    pub high: f64,
    /// Its posts of negative sentiment.
    pub negative: u64,
    /// The share of these.
    pub negative_share: f64,
    /// How its share has changed.
    pub change: Option<Change>,
    /// Its posts at each of the points.
    pub curve: Vec<u64>,
}

/// How a share has changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The difference of the shares, −1 to 1.
    pub change: f64,
    /// The interval of 95 % of it.
    pub low: f64,
    /// See `low`.
    pub high: f64,
}

/// What was counted of the posts of an hour; without a time those of none.
#[derive(Debug, Default)]
struct Hour {
    posts: u64,
    /// By topic.
    given: BTreeMap<usize, u64>,
    tally: Option<Tally>,
}

/// Posts by hour and topic.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    hours: BTreeMap<Option<i64>, Hour>,
    negative: BTreeMap<usize, u64>,
    covered: u64,
    confusion: Option<Confusion>,
}

impl Counting {
    pub(crate) fn new(confusion: Option<Confusion>) -> Counting {
        Counting {
            confusion,
            ..Counting::default()
        }
    }

    pub(crate) fn add(&mut self, fact: &Fact) {
        if fact.spam {
            return;
        }
        let hour = self
            .hours
            .entry(fact.at.map(|at| at.div_euclid(HOUR)))
            .or_default();
        hour.posts += 1;
        self.covered += u64::from(!fact.topics.is_empty());
        for (topic, _) in &fact.topics {
            *hour.given.entry(*topic).or_default() += 1;
            let bad = u64::from(fact.feeling == Feeling::Negative);
            *self.negative.entry(*topic).or_default() += bad;
        }
        if let Some(confusion) = &self.confusion {
            let tally = hour.tally.get_or_insert_with(|| confusion.tally());
            tally.add(fact.topics.iter().copied());
        }
    }

    pub(crate) fn topics(
        &self,
        engine: &Engine,
        language: Language,
        axis: &Axis,
        as_of: Option<i64>,
    ) -> Topics {
        let split = as_of.and_then(|as_of| split(axis, as_of));
        let [mut before, mut after, mut all] = [Hour::default(), Hour::default(), Hour::default()];
        for (at, hour) in &self.hours {
            all.merge(hour);
            let Some((at, split)) = at.map(|at| at.saturating_mul(HOUR)).zip(split) else {
                continue;
            };
            if axis.bar(at.max(axis.start)).is_some() {
                let part = if at < split { &mut before } else { &mut after };
                part.merge(hour);
            }
        }
        let correction = self.confusion.as_ref().map(Correction::new);
        let points = Points::of(axis);
        let given = |hour: &Hour, topic: usize| hour.given.get(&topic).copied().unwrap_or_default();
        let topic = |(index, topic): (usize, &hearken::taxonomy::Topic)| {
            let posts = given(&all, index);
            let shared = (posts, all.posts);
            let tally = correction.as_ref().zip(all.tally.as_ref());
            let (raw, interval) = (share(posts, all.posts), of_share(posts, all.posts));
            let (found, low, high) = match tally {
                Some((correction, tally)) => {
                    let found = correction.share(index, tally, Some(u64::MAX));
                    (found.share, found.low, found.high)
                }
                None => (Some(raw).filter(|_| shared.1 > 0), interval.0, interval.1),
            };
            let tallies = before.tally.as_ref().zip(after.tally.as_ref());
            let change = match correction.as_ref().zip(tallies) {
                Some((correction, (before, after))) => {
                    let endless = Some(u64::MAX);
                    let found = correction.change(index, (before, endless), (after, endless));
                    found.change.map(|change| (change, found.low, found.high))
                }
                None => {
                    let part = |hour: &Hour| (given(hour, index), hour.posts);
                    of_change(part(&before), part(&after))
                }
            };
            let negative = self.negative.get(&index).copied().unwrap_or_default();
            Topic {
                id: topic.id.clone(),
                name: topic.name(language).to_owned(),
                posts,
                share: found.map(rounded),
                low: rounded(low),
                high: rounded(high),
                negative,
                negative_share: rounded(share(negative, posts)),
                change: change.map(|(change, low, high)| Change {
                    change: rounded(change),
                    low: rounded(low),
                    high: rounded(high),
                }),
                curve: points.curve(&self.hours, index),
            }
        };
        let mut topics: Vec<Topic> = engine
            .taxonomy()
            .topics
            .iter()
            .enumerate()
            .map(topic)
            .filter(|topic| topic.posts > 0)
            .collect();
        topics.sort_by_key(|topic| std::cmp::Reverse(topic.posts));
        let more = topics.len().saturating_sub(MOST_TOPICS) as u64;
        topics.truncate(MOST_TOPICS);
        Topics {
            posts: all.posts,
            covered: self.covered,
            corrected: correction.is_some(),
            split: split.map(Moment),
            points: points.beginnings(),
            topics,
            more,
        }
    }
}

impl Hour {
    fn merge(&mut self, other: &Hour) {
        self.posts += other.posts;
        for (topic, posts) in &other.given {
            *self.given.entry(*topic).or_default() += posts;
        }
        if let Some(tally) = &other.tally {
            match &mut self.tally {
                Some(own) => own.merge(tally),
                none => *none = Some(tally.clone()),
            }
        }
    }
}

/// From when on posts are compared with those before: of the days up to now the last quarter, in
/// whole days, as hours of the day differ; of less than two days the last half.
fn split(axis: &Axis, as_of: i64) -> Option<i64> {
    let end = as_of.min(axis.end());
    let length = end.checked_sub(axis.start).filter(|length| *length > 0)?;
    let days = length / DAY;
    let last = match days {
        0 | 1 => length / 2,
        days => (days / 4).max(1) * DAY,
    };
    // Posts are counted by whole hours.
    Some((end - last).div_euclid(HOUR) * HOUR + HOUR)
}

/// The points of small curves: bars of the axis, a few together.
struct Points<'a> {
    axis: &'a Axis,
    together: i64,
}

impl Points<'_> {
    fn of(axis: &Axis) -> Points<'_> {
        let together = (axis.bars.max(0) as usize).div_ceil(MOST_POINTS).max(1) as i64;
        Points { axis, together }
    }

    fn count(&self) -> usize {
        (self.axis.bars.max(0) as usize).div_ceil(self.together as usize)
    }

    fn beginnings(&self) -> Vec<Moment> {
        let step = self.axis.unit * self.together;
        (0..self.count() as i64)
            .map(|point| Moment(self.axis.start + point * step))
            .collect()
    }

    fn curve(&self, hours: &BTreeMap<Option<i64>, Hour>, topic: usize) -> Vec<u64> {
        let mut curve = vec![0; self.count()];
        for (at, hour) in hours {
            let at = at.map(|at| at.saturating_mul(HOUR).max(self.axis.start));
            let bar = at.and_then(|at| self.axis.bar(at));
            let point = bar.map(|bar| bar / self.together as usize);
            if let Some(point) = point.and_then(|point| curve.get_mut(point)) {
                *point += hour.given.get(&topic).copied().unwrap_or_default();
            }
        }
        curve
    }
}

impl Topics {
    pub(crate) fn show(&self, page: &Page<'_>) -> Markup {
        let most = self
            .topics
            .iter()
            .map(|topic| topic.high)
            .fold(0.0, f64::max);
        let how = match self.corrected {
            true => "topics.corrected",
            false => "topics.uncorrected",
        };
        let counts = [
            ("posts", page.n(self.posts)),
            ("covered", page.n(self.covered)),
        ];
        let counts: Vec<(&str, &str)> = counts
            .iter()
            .map(|(name, count)| (*name, &**count))
            .collect();
        html! {
            section {
                h2 id="topics" { (page.t("topics")) }
                p.note { (page.fill("topics.of", &counts)) " " (page.t(how)) " "
                    @if let Some(split) = self.split {
                        (page.fill("topics.split", &[("at", &page.moment(split))]))
                    }
                }
                div.wide { table {
                    tr {
                        th { (page.t("topic")) }
                        th.n { (page.t("posts")) }
                        th.n { (page.t("share")) }
                        th { "95 %" }
                        th.n { (page.t("negative")) }
                        th { (page.t("topics.curve")) }
                        th.n { (page.t("change")) }
                    }
                    @for topic in &self.topics { (topic.show(page, most)) }
                } }
                @if self.more > 0 {
                    p.note { (page.fill("more", &[("count", &page.n(self.more))])) }
                }
                (self.numbers(page))
            }
        }
    }

    /// The numbers of the curves.
    fn numbers(&self, page: &Page<'_>) -> Markup {
        html! {
            details {
                summary { (page.t("numbers")) ": " (page.t("topics.curve")) }
                div.wide { table {
                    tr {
                        th { (page.t("time")) }
                        @for topic in &self.topics { th.n { bdi { (topic.name) } } }
                    }
                    @for (at, moment) in self.points.iter().enumerate() {
                        tr {
                            td { (page.moment(*moment)) }
                            @for topic in &self.topics {
                                td.n { (page.n(topic.curve.get(at).copied().unwrap_or_default())) }
                            }
                        }
                    }
                } }
            }
        }
    }
}

impl Topic {
    fn show(&self, page: &Page<'_>, most: f64) -> Markup {
        let shown = |share: f64| page.percent(share);
        let interval = format!("{} – {}", shown(self.low), shown(self.high));
        html! {
            tr {
                td { bdi { (self.name) } }
                td.n { (page.n(self.posts)) }
                td.n { @match self.share { Some(share) => (shown(share)), None => "–" } }
                td { (svg::interval(&interval, self.low, self.share, self.high, most)) small { (interval) } }
                td.n { (shown(self.negative_share)) }
                td { (svg::sparkline(&self.name, &self.curve)) }
                td.n { @if let Some(change) = &self.change { (change.show(page)) } }
            }
        }
    }
}

impl Change {
    fn show(&self, page: &Page<'_>) -> Markup {
        let points = |share: f64| page.points(share);
        let (class, arrow) = match self {
            Change { low, .. } if *low > 0.0 => ("up", "▲ "),
            Change { high, .. } if *high < 0.0 => ("down", "▼ "),
            _ => ("", ""),
        };
        let interval = format!("95 %: {} – {}", points(self.low), points(self.high));
        html! { span class=[Some(class).filter(|class| !class.is_empty())] title=(interval) {
            (arrow) (points(self.change))
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_are_compared_and_of_less_the_halves() {
        let axis = Axis {
            start: 0,
            unit: HOUR,
            bars: 240,
        };
        assert_eq!(split(&axis, 3 * DAY), Some(2 * DAY + HOUR));
        assert_eq!(split(&axis, 10 * DAY), Some(8 * DAY + HOUR));
        assert_eq!(split(&axis, 10 * HOUR), Some(6 * HOUR));
        assert_eq!(split(&axis, 0), None);
    }
}
