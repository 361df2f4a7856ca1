//! Pictures: stacked bars with bands, a small curve, an interval, a ledger, and a series.
//!
//! Own, and not by a library of plots: colours are classes of the page's style, so that they follow
//! dark and light and paper; each mark has a `<title>` that a pointer shows, without a script. What
//! is scaled stands in an inner picture, so that letters keep their size on a telephone.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use crate::number::rounded;

/// Heights in pixels: of the bars, of a row of bands, and of the marks of time. Chosen by eye.
const BARS: usize = 180;
const BAND: usize = 18;
const TICKS: usize = 20;
/// The width of the scale beside the bars: five digits.
const SCALE: usize = 34;
/// Rows of bands, at most; of more the last row has all.
const MOST_ROWS: usize = 6;
/// Units in which heights of bars are written: whole numbers are shorter than fractions.
const UNITS: u64 = 1000;
/// The least share of the picture that a band is wide: that of its number on a telephone.
const LEAST_BAND: f64 = 0.05;

/// Bars of several series upon each other, over time.
pub(crate) struct Stacked<'a> {
    pub(crate) title: &'a str,
    pub(crate) description: &'a str,
    /// Of each bar its counts, from the bottom to the top.
    pub(crate) bars: &'a [[u64; 5]],
    /// What a pointer shows of each bar.
    pub(crate) titles: &'a [String],
    /// The classes of the counts.
    pub(crate) classes: &'a [&'a str; 5],
    /// Marks of time: place, 0 to 1, and text.
    pub(crate) ticks: &'a [(f64, String)],
    pub(crate) bands: &'a [Band],
}

/// A span of time with a number that leads to what happened.
pub(crate) struct Band {
    pub(crate) number: usize,
    /// Where it begins, 0 to 1.
    pub(crate) from: f64,
    /// Where it ends.
    pub(crate) to: f64,
    pub(crate) title: String,
}

/// Percent of the width.
fn percent(place: f64) -> String {
    format!("{}%", rounded(100.0 * place))
}

/// The bars with their bands above, as wide as there is room.
pub(crate) fn stacked(chart: &Stacked<'_>) -> Markup {
    let most = chart
        .bars
        .iter()
        .map(|bar| bar.iter().sum::<u64>())
        .max()
        .unwrap_or(0)
        .max(1);
    let rows = placed(chart.bands);
    let above = BAND * rows.iter().map(|row| row + 1).max().unwrap_or(0);
    let height = above + BARS + TICKS;
    let paths = paths(chart.bars, most);
    html! {
        div.plot {
        // The scale stands beside, so that no bar is behind a number.
        svg width=(SCALE) height=(height) aria-hidden="true" {
            text.mark x=(SCALE) y=(above + 4) { (most) }
            text.mark x=(SCALE) y=(above + BARS / 2 + 4) { (half(most)) }
            text.mark x=(SCALE) y=(above + BARS) { "0" }
        }
        svg.chart width="100%" height=(height) role="img" aria-labelledby="volume-t volume-d" {
            title id="volume-t" { (chart.title) }
            desc id="volume-d" { (chart.description) }
            @for (band, row) in chart.bands.iter().zip(&rows) {
                @let from = percent(band.from);
                @let width = percent((band.to - band.from).max(0.002));
                rect.span x=(from) y=(BAND * row + BAND / 2) width=(width) height=(above - BAND * row - BAND / 2 + BARS) {}
            }
            line.grid x1="0" x2="100%" y1=(above) y2=(above) {}
            line.grid x1="0" x2="100%" y1=(above + BARS / 2) y2=(above + BARS / 2) {}
            svg x="0" y=(above) width="100%" height=(BARS) preserveAspectRatio="none"
                viewBox={ "0 0 " (chart.bars.len() * 10) " " (UNITS) } {
                @for (class, path) in chart.classes.iter().zip(&paths) {
                    @if !path.is_empty() { path class=(class) d=(path) {} }
                }
                @for (index, title) in chart.titles.iter().enumerate() {
                    rect.hit x=(index * 10) width="10" height=(UNITS) { title { (title) } }
                }
            }
            line.axis x1="0" x2="100%" y1=(above + BARS) y2=(above + BARS) {}
            @for (place, text) in chart.ticks {
                line.tick x1=(percent(*place)) x2=(percent(*place)) y1=(above + BARS) y2=(above + BARS + 4) {}
                text.mark x=(percent(*place)) dx="2" y=(height - 4) { (text) }
            }
            @for (band, row) in chart.bands.iter().zip(&rows) {
                @let width = (band.to - band.from).max(LEAST_BAND.min(1.0 - band.from)).max(0.01);
                a href={ "#rise-" (band.number) } {
                    title { (band.title) }
                    rect.band x=(percent(band.from)) y=(BAND * row) width=(percent(width)) height=(BAND - 3) rx="3" {}
                    text.number x=(percent(band.from)) dx="4" y=(BAND * row + BAND - 6) { (band.number) }
                }
            }
        }
        }
    }
}

/// Half of a count, with a half where it is odd.
fn half(most: u64) -> String {
    match most % 2 {
        0 => (most / 2).to_string(),
        _ => format!("{}.5", most / 2),
    }
}

/// The row of each band: the first in which it is free.
fn placed(bands: &[Band]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..bands.len()).collect();
    let begin = |at: &usize| bands.get(*at).map_or(0.0, |band| band.from);
    order.sort_by(|one, other| begin(one).total_cmp(&begin(other)));
    let mut ends: Vec<f64> = Vec::new();
    let mut rows = vec![0; bands.len()];
    for at in order {
        let Some(band) = bands.get(at) else { continue };
        let free = ends.iter().position(|end| *end <= band.from);
        let row = free.unwrap_or(ends.len().min(MOST_ROWS - 1));
        let end = band.to.max(band.from + LEAST_BAND);
        match ends.get_mut(row) {
            Some(last) => *last = last.max(end),
            None => ends.push(end),
        }
        if let Some(place) = rows.get_mut(at) {
            *place = row;
        }
    }
    rows
}

/// A path of rectangles for each series.
fn paths(bars: &[[u64; 5]], most: u64) -> [String; 5] {
    let mut paths: [String; 5] = Default::default();
    for (index, bar) in bars.iter().enumerate() {
        let mut below = 0;
        for (path, count) in paths.iter_mut().zip(bar) {
            let (bottom, top) = (below * UNITS / most, (below + count) * UNITS / most);
            below += count;
            if top > bottom {
                // Writing to a string does not fail.
                let _ = write!(
                    path,
                    "M{} {}h8V{}h-8z",
                    index * 10 + 1,
                    UNITS - bottom,
                    UNITS - top
                );
            }
        }
    }
    paths
}

/// A small curve.
pub(crate) fn sparkline(title: &str, values: &[u64]) -> Markup {
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let mut path = String::new();
    for (index, value) in values.iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{command}{} {}", index * 10, 30 - value * 28 / most);
    }
    let width = values.len().saturating_sub(1).max(1) * 10;
    html! {
        svg.spark viewBox={ "0 0 " (width) " 32" } preserveAspectRatio="none" role="img" {
            title { (title) ": " (values.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")) }
            path d=(path) {}
        }
    }
}

/// A share with its interval, on a line from 0 to `most`.
pub(crate) fn interval(title: &str, low: f64, share: Option<f64>, high: f64, most: f64) -> Markup {
    let place = |share: f64| percent(if most > 0.0 { share / most } else { 0.0 });
    html! {
        svg.interval width="100%" height="12" role="img" {
            title { (title) }
            line.axis x1="0" x2="100%" y1="6" y2="6" {}
            line.reach x1=(place(low)) x2=(place(high)) y1="6" y2="6" {}
            @if let Some(share) = share { circle cx=(place(share)) cy="6" r="4" {} }
        }
    }
}

/// The parts of a score as a bar: what is added from the left, and what is taken off hatched over
/// its end. Each part has its text, its class and its points.
pub(crate) fn ledger(title: &str, parts: &[(String, &str, i64)]) -> Markup {
    let added: i64 = parts
        .iter()
        .map(|(.., points)| *points)
        .filter(|points| *points > 0)
        .sum();
    let scale = added.max(100) as f64;
    let mut at = 0;
    let mut end = added;
    let placed: Vec<(&str, &str, i64, i64)> = parts
        .iter()
        .map(|(text, class, points)| {
            let from = match *points > 0 {
                true => at,
                false => end + points,
            };
            match *points > 0 {
                true => at += points,
                false => end += points,
            }
            (text.as_str(), *class, from.max(0), *points)
        })
        .collect();
    html! {
        svg.bar width="100%" height="14" role="img" {
            title { (title) }
            rect.back width="100%" height="14" rx="3" {}
            @for (text, class, from, points) in placed {
                @let place = percent(from as f64 / scale);
                @let width = percent(points.unsigned_abs() as f64 / scale);
                rect class={ @if points > 0 { "p-" (class) } @else { "off" } } x=(place) width=(width) height="14" {
                    title { (text) }
                }
            }
        }
    }
}

/// A series of values and how surprising each is, as a picture that stands alone.
pub struct Series<'a> {
    /// What it is of.
    pub title: &'a str,
    /// Values in order of time; none where one is missing.
    pub values: &'a [Option<f64>],
    /// Scores from 0 to 1, one a value.
    pub scores: &'a [f64],
    /// The times of the first and the last value, as they are to be shown.
    pub ends: [&'a str; 2],
}

/// Points of a curve, at most; of more values the highest of a few stands for them. What a screen
/// can show.
const MOST_POINTS: usize = 1000;
/// The score from which on a value is marked, as `hearken series --help` says.
const MARKED: f64 = 0.5;

/// A file of SVG: the values as a curve, and their scores as bars below.
pub fn series(series: &Series<'_>) -> String {
    let together = series.values.len().div_ceil(MOST_POINTS).max(1);
    let values = series.values.chunks(together).map(|chunk| {
        let known = chunk
            .iter()
            .flatten()
            .copied()
            .filter(|value| value.is_finite());
        known.reduce(f64::max)
    });
    let values: Vec<Option<f64>> = values.collect();
    let scores = series
        .scores
        .chunks(together)
        .map(|chunk| chunk.iter().copied().fold(0.0, f64::max));
    let known = || values.iter().flatten().copied();
    let (low, high) = (
        known().fold(f64::MAX, f64::min),
        known().fold(f64::MIN, f64::max),
    );
    let span = if high > low { high - low } else { 1.0 };
    let width = values.len().max(1) as f64;
    let mut curve = String::new();
    let mut is_open = false;
    for (index, value) in values.iter().enumerate() {
        if let Some(value) = value {
            let command = if is_open { 'L' } else { 'M' };
            let place = rounded(960.0 * index as f64 / width);
            let _ = write!(
                curve,
                "{command}{place} {}",
                rounded(230.0 - 200.0 * (value - low) / span)
            );
        }
        is_open = value.is_some();
    }
    let mut marks: [String; 2] = Default::default();
    for (index, score) in scores.enumerate().filter(|(_, score)| *score > 0.0) {
        let [calm, strong] = &mut marks;
        let into = if score >= MARKED { strong } else { calm };
        let (place, step) = (
            rounded(960.0 * index as f64 / width),
            rounded((960.0 / width).max(1.0)),
        );
        let _ = write!(
            into,
            "M{place} 300h{step}v-{}h-{step}z",
            rounded(60.0 * score)
        );
    }
    let [calm, strong] = marks;
    let [first, last] = series.ends;
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 330" role="img" aria-labelledby="t d" {
            title id="t" { (series.title) }
            desc id="d" { (series.values.len()) " values from " (first) " to " (last)
                @if high >= low { ", " (low) " to " (high) }
                "; bars below: how surprising each is, 0 to 1, red from " (MARKED) }
            style { (PreEscaped(SERIES_STYLE)) }
            rect.back width="960" height="330" {}
            path.curve d=(curve) {}
            path.calm d=(calm) {}
            path.strong d=(strong) {}
            line.axis x1="0" x2="960" y1="300" y2="300" {}
            @if high >= low {
                text x="4" y="24" { (high) }
                text x="4" y="236" { (low) }
            }
            text x="4" y="320" { (first) }
            text.end x="956" y="320" { (last) }
        }
    };
    picture.into_string() + "\n"
}

const SERIES_STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#444}.end{text-anchor:end}\
.back{fill:#fff}.curve{fill:none;stroke:#2f6f9f;stroke-width:1.5}.calm{fill:#b9c2cc}\
.strong{fill:#c7442e}.axis{stroke:#999}@media(prefers-color-scheme:dark){text{fill:#bbb}\
.back{fill:#15181c}.curve{stroke:#7fb8de}.calm{fill:#4a525c}.strong{fill:#f07f66}}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_upon_each_other() {
        let paths = paths(&[[1, 0, 3, 0, 0], [0, 0, 0, 0, 2]], 4);
        assert_eq!(paths[0], "M1 1000h8V750h-8z");
        assert_eq!(paths[2], "M1 750h8V0h-8z");
        assert_eq!(paths[4], "M11 1000h8V500h-8z");
        assert_eq!(half(5), "2.5");
    }

    #[test]
    fn bands_at_the_same_time_stand_in_rows_of_their_own() {
        let band = |from, to| Band {
            number: 1,
            from,
            to,
            title: String::new(),
        };
        assert_eq!(
            placed(&[band(0.5, 0.6), band(0.1, 0.7), band(0.8, 0.9)]),
            [1, 0, 0]
        );
        assert_eq!(
            placed(&vec![band(0.0, 1.0); 9]).iter().max(),
            Some(&(MOST_ROWS - 1))
        );
    }

    impl Clone for Band {
        fn clone(&self) -> Band {
            Band {
                title: self.title.clone(),
                ..*self
            }
        }
    }

    #[test]
    fn the_parts_of_a_bar_end_at_the_score() {
        let part = |name: &'static str, points| (name.to_owned(), name, points);
        let bar = ledger(
            "x",
            &[part("harm", 60), part("reach", 20), part("spam", -30)],
        )
        .into_string();
        assert!(
            bar.contains(r#"<rect class="p-reach" x="60%" width="20%""#),
            "{bar}"
        );
        assert!(
            bar.contains(r#"<rect class="off" x="50%" width="30%""#),
            "{bar}"
        );
    }

    #[test]
    fn a_series_of_many_values_stays_small_and_gaps_stay_open() {
        let values: Vec<Option<f64>> = (0..50_000)
            .map(|at| (at % 7 > 0 || at > 9_000).then_some(f64::from(at)))
            .collect();
        let scores = vec![0.7; values.len()];
        let picture = series(&Series {
            title: "<x>",
            values: &values,
            scores: &scores,
            ends: ["a", "b"],
        });
        assert!(picture.len() < 90_000 && picture.contains("&lt;x&gt;"));
        let nothing = series(&Series {
            title: "",
            values: &[None],
            scores: &[0.0],
            ends: ["", ""],
        });
        assert!(nothing.contains(r#"class="curve" d="""#), "{nothing}");
    }
}
