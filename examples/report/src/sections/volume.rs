//! Posts over time by sentiment, with spam on top and the rises as bands.

use std::collections::BTreeMap;

use hearken::time::TimeZone;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::fact::{Fact, Feeling};
use crate::moment::Moment;
use crate::page::Page;
use crate::svg::{self, Band, Stacked};

/// An hour, in milliseconds.
pub(crate) const HOUR: i64 = 3_600_000;
/// Lengths of a bar, in hours; by convention: parts and multiples of a day.
const UNITS: [i64; 9] = [1, 2, 3, 6, 12, 24, 7 * 24, 28 * 24, 364 * 24];
/// Bars of the picture, at most: ten days an hour. What a screen can show, chosen by hand.
const MOST_BARS: i64 = 240;
/// The share of posts at either end that may stand outside of the picture, if it becomes at least
/// twice as short: wrong dates would leave nothing to be seen. Chosen by hand.
const OUTSIDE: f64 = 0.001;
/// Where the last mark of time may stand, 0 to 1; chosen by eye on a telephone.
const LAST_TICK: f64 = 0.93;

/// Posts over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// How long a bar is, in milliseconds.
    pub unit: i64,
    /// The bars, in order of time, without a gap.
    pub bars: Vec<Bar>,
    /// Posts whose times are far from all others; they are in no bar.
    pub outside: u64,
}

/// The posts of an hour, or of a longer span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Its beginning.
    pub at: Moment,
    /// Posts of negative sentiment.
    pub negative: u64,
    /// Neutral posts.
    pub neutral: u64,
    /// Positive posts.
    pub positive: u64,
    /// Posts of languages in which nothing is said of sentiment.
    pub unsaid: u64,
    /// Spam.
    pub spam: u64,
}

impl Bar {
    /// The counts, from the bottom to the top.
    pub(crate) fn counts(&self) -> [u64; 5] {
        [
            self.negative,
            self.neutral,
            self.positive,
            self.unsaid,
            self.spam,
        ]
    }

    fn total(&self) -> u64 {
        self.counts().iter().sum()
    }

    fn add(&mut self, other: &Bar) {
        self.negative += other.negative;
        self.neutral += other.neutral;
        self.positive += other.positive;
        self.unsaid += other.unsaid;
        self.spam += other.spam;
    }
}

/// Names of the counts of a bar, as labels and as classes of the style.
const SERIES: [&str; 5] = ["negative", "neutral", "positive", "unsaid", "spam"];

/// Posts by hour.
#[derive(Debug, Default)]
pub(crate) struct Hours(BTreeMap<i64, Bar>);

/// How time is cut into bars.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Axis {
    pub(crate) start: i64,
    pub(crate) unit: i64,
    pub(crate) bars: i64,
}

impl Axis {
    /// The number of the bar of a moment.
    pub(crate) fn bar(&self, at: i64) -> Option<usize> {
        let bar = at.saturating_sub(self.start).div_euclid(self.unit.max(1));
        usize::try_from(bar).ok().filter(|_| bar < self.bars)
    }

    pub(crate) fn end(&self) -> i64 {
        self.start
            .saturating_add(self.unit.saturating_mul(self.bars))
    }
}

impl Hours {
    pub(crate) fn add(&mut self, fact: &Fact) {
        let Some(at) = fact.at else { return };
        let bar = self.0.entry(at.div_euclid(HOUR)).or_default();
        let count = match fact.feeling {
            _ if fact.spam => &mut bar.spam,
            Feeling::Negative => &mut bar.negative,
            Feeling::Neutral => &mut bar.neutral,
            Feeling::Positive => &mut bar.positive,
            Feeling::Unsaid => &mut bar.unsaid,
        };
        *count += 1;
    }

    /// The first and the last hour of the picture.
    fn ends(&self) -> Option<(i64, i64)> {
        let full = (*self.0.first_key_value()?.0, *self.0.last_key_value()?.0);
        let posts: u64 = self.0.values().map(Bar::total).sum();
        let most = (posts as f64 * OUTSIDE).max(1.0) as u64;
        let first = passed(self.0.iter(), most);
        let last = passed(self.0.iter().rev(), most);
        let short = (first?, last?);
        let twice = |(from, to): (i64, i64)| to.saturating_sub(from).saturating_add(1);
        let is_shorter = twice(short).saturating_mul(2) <= twice(full) && short.0 <= short.1;
        Some(if is_shorter && twice(full) > MOST_BARS {
            short
        } else {
            full
        })
    }

    pub(crate) fn axis(&self, zone: &TimeZone) -> Axis {
        let Some((first, last)) = self.ends() else {
            return Axis::default();
        };
        let offset = Moment(first.saturating_mul(HOUR)).offset(zone);
        let hours = last.saturating_sub(first).saturating_add(1);
        let fits = |unit: &&i64| hours / **unit + 2 <= MOST_BARS;
        let unit = UNITS
            .iter()
            .find(fits)
            .or(UNITS.last())
            .map_or(1, |unit| *unit)
            * HOUR;
        // A day begins at midnight by the clock of the zone.
        let local = first.saturating_mul(HOUR).saturating_add(offset);
        let start = local.div_euclid(unit).saturating_mul(unit) - offset;
        let end = last.saturating_mul(HOUR);
        let bars = end.saturating_sub(start).div_euclid(unit) + 1;
        Axis {
            start,
            unit,
            bars: bars.min(MOST_BARS),
        }
    }

    pub(crate) fn volume(&self, axis: &Axis) -> Volume {
        let beginning = |bar: i64| Bar {
            at: Moment(axis.start + bar * axis.unit),
            ..Bar::default()
        };
        let mut bars: Vec<Bar> = (0..axis.bars).map(beginning).collect();
        let mut outside = 0;
        for (hour, counts) in &self.0 {
            let bar = axis.bar(hour.saturating_mul(HOUR).max(axis.start));
            let is_before = hour.saturating_add(1).saturating_mul(HOUR) <= axis.start;
            match bar.filter(|_| !is_before).and_then(|bar| bars.get_mut(bar)) {
                Some(bar) => bar.add(counts),
                None => outside += counts.total(),
            }
        }
        Volume {
            unit: axis.unit,
            bars,
            outside,
        }
    }
}

/// The first hour with which more than `most` posts are passed.
fn passed<'h>(hours: impl Iterator<Item = (&'h i64, &'h Bar)>, most: u64) -> Option<i64> {
    let mut posts = 0;
    for (hour, bar) in hours {
        posts += bar.total();
        if posts > most {
            return Some(*hour);
        }
    }
    None
}

impl Volume {
    pub(crate) fn show(&self, page: &Page<'_>) -> Markup {
        if self.bars.is_empty() {
            return html! { section { h2 { (page.t("volume")) } p.note { (page.t("volume.none")) } } };
        }
        let unit = page.span(self.unit);
        let end = self.bars.last().map_or(0, |bar| bar.at.0 + self.unit);
        let start = self.bars.first().map_or(0, |bar| bar.at.0);
        let length = end.saturating_sub(start).max(1) as f64;
        let place = |at: i64| (at.clamp(start, end) - start) as f64 / length;
        let bands = page.report.rises.alerts.iter().map(|rise| Band {
            number: rise.number,
            from: place(rise.since.0),
            to: place(rise.ended.map_or(end, |ended| ended.0)),
            title: format!("{} {}", rise.number, rise.sentence),
        });
        let titles = self.bars.iter().map(|bar| {
            let counts = bar.counts();
            let parts = SERIES.iter().zip(counts).filter(|(_, count)| *count > 0);
            let parts: Vec<String> = parts
                .map(|(name, count)| format!("{} {}", page.t(name), page.n(count)))
                .collect();
            format!("{}: {}", page.moment(bar.at), parts.join(", "))
        });
        let ticks = self.ticks(page);
        let title = page.fill("volume.title", &[("unit", &unit)]);
        let most = self
            .bars
            .iter()
            .max_by_key(|bar| (bar.total(), std::cmp::Reverse(bar.at)));
        let described = most.map_or_else(String::new, |most| {
            let values = [
                ("unit", &*unit),
                ("most", &page.n(most.total())),
                ("at", &page.moment(most.at)),
            ];
            page.fill("volume.described", &values)
        });
        let counts: Vec<[u64; 5]> = self.bars.iter().map(Bar::counts).collect();
        let is_there = |series: usize| counts.iter().any(|bar| bar.get(series) > Some(&0));
        let there: Vec<usize> = (0..SERIES.len())
            .filter(|series| is_there(*series))
            .collect();
        html! {
            section {
                h2 id="volume" { (title) }
                p.legend {
                    @for name in there.iter().filter_map(|at| SERIES.get(*at)) {
                        span { i class=(name) {} (page.t(name)) }
                    }
                }
                (svg::stacked(&Stacked {
                    title: &title,
                    description: &described,
                    bars: &counts,
                    titles: &titles.collect::<Vec<_>>(),
                    classes: &SERIES,
                    ticks: &ticks,
                    bands: &bands.collect::<Vec<_>>(),
                }))
                p.note { (described) }
                @if self.outside > 0 {
                    p.note { (page.fill("volume.outside", &[("posts", &page.n(self.outside))])) }
                }
                details {
                    summary { (page.t("numbers")) }
                    div.wide { table {
                        tr {
                            th { (page.t("time")) }
                            @for at in &there { th.n { (page.t(SERIES.get(*at).unwrap_or(&""))) } }
                        }
                        @for bar in self.bars.iter().filter(|bar| bar.total() > 0) {
                            @let counts = bar.counts();
                            tr {
                                td { (page.moment(bar.at)) }
                                @for at in &there {
                                    td.n { (page.n(counts.get(*at).copied().unwrap_or_default())) }
                                }
                            }
                        }
                    } }
                }
            }
        }
    }

    /// Marks of the axis of time: where days begin, or bars, at most eight.
    fn ticks(&self, page: &Page<'_>) -> Vec<(f64, String)> {
        let shown: Vec<String> = self.bars.iter().map(|bar| page.moment(bar.at)).collect();
        let at = |index: usize| index as f64 / self.bars.len().max(1) as f64;
        let day = |text: &str| text.get(..10).unwrap_or_default().to_owned();
        let mut days: Vec<(f64, String)> = Vec::new();
        let mut before = None;
        for (index, text) in shown.iter().enumerate() {
            let this = day(text);
            if before.as_ref() != Some(&this) {
                days.push((at(index), this.clone()));
                before = Some(this);
            }
        }
        let hours = shown.iter().enumerate();
        let mut marks = match days.len() > 1 {
            true => days,
            false => hours
                .map(|(index, text)| (at(index), text.get(11..).unwrap_or_default().to_owned()))
                .collect(),
        };
        let step = marks.len().div_ceil(8).max(1);
        marks = marks.into_iter().step_by(step).collect();
        // What begins at the end has no room for its text.
        marks.retain(|(place, _)| *place < LAST_TICK);
        // The year is said above; month and day are enough where all are of one year.
        let years: Vec<Option<String>> = marks
            .iter()
            .map(|(_, text)| text.get(..4).map(str::to_owned))
            .collect();
        let is_one = years.windows(2).all(|pair| pair.first() == pair.last());
        if is_one {
            for (_, text) in &mut marks {
                *text = text.get(5..10).map_or_else(|| text.clone(), str::to_owned);
            }
        }
        marks
    }
}
