//! Seeded series of counts with a rhythm, holidays, drift and scatter, with and without bursts, and
//! plain detectors beside ours.

#[path = "draws.rs"]
mod draws;

use std::f64::consts::TAU;

pub(crate) use draws::Draws;
use hearken::internals::{Budget, Episode, Phase, Series};
use hearken::series::surprise::{self, Detector, Direction};
use hearken::time::{Calendar, TimeZone};

pub(crate) const PANE: i64 = 300_000;
pub(crate) const PANES_A_DAY: usize = 288;
const MONDAY: i64 = 1_769_990_400_000; // 2026-02-02, midnight UTC

impl Draws {
    fn normal(&mut self) -> f64 {
        (-2.0 * self.open_unit().ln()).sqrt() * (TAU * self.open_unit()).cos()
    }

    /// Marsaglia and Tsang 2000, of mean 1 and this shape.
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * (shape + 1.0) / shape
                * self.open_unit().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && self.open_unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v / shape;
            }
        }
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        if mean > 40.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u64;
        }
        let (mut left, mut count) = ((-mean).exp(), 0);
        let mut product = self.open_unit();
        while product > left {
            product *= self.open_unit();
            count += 1;
            if count > 1000 {
                left = 1.0;
            }
        }
        count
    }
}

/// What a series is made of.
#[derive(Clone, Copy)]
pub(crate) struct Made {
    /// Posts an hour, in the mean.
    pub(crate) base: f64,
    peak: f64,
    swing: f64,
    weekend: f64,
    /// Relative variance of each hour's own factor; 0 is Poisson.
    scatter: f64,
    /// Standard deviation of a slow factor that lasts some hours.
    slow: f64,
    /// Growth a week.
    drift: f64,
    /// Hours by which the peak of a holiday is later.
    pub(crate) later: f64,
}

/// A burst: from a pane on, for so many panes, times this; rising and falling slowly if it swells.
#[derive(Clone, Copy)]
pub(crate) struct Injected {
    pub(crate) pane: usize,
    pub(crate) panes: usize,
    pub(crate) times: f64,
    pub(crate) swell: bool,
}

pub(crate) const BASES: [f64; 7] = [0.5, 2.0, 5.0, 10.0, 20.0, 60.0, 200.0];

/// The base rate of a series; kinds, base rates and sizes of bursts are crossed.
pub(crate) fn base(series: usize) -> f64 {
    BASES[series / 3 % BASES.len()]
}

pub(crate) fn made(series: usize, draws: &mut Draws) -> Made {
    let kind = series % 3;
    Made {
        base: base(series),
        peak: 12.0 + 6.0 * draws.open_unit(),
        swing: 0.3 + 0.6 * draws.open_unit(),
        weekend: 0.4 + 0.8 * draws.open_unit(),
        scatter: if kind == 0 {
            0.0
        } else {
            0.01 + 0.09 * draws.open_unit()
        },
        slow: if kind == 2 {
            0.05 + 0.1 * draws.open_unit()
        } else {
            0.0
        },
        drift: -0.05 + 0.1 * draws.open_unit(),
        later: 2.0,
    }
}

/// The counts of a series, pane by pane.
pub(crate) fn counts(made: &Made, days: usize, bursts: &[Injected], draws: &mut Draws) -> Vec<u64> {
    let mut slow = 0.0;
    let mut factor = 1.0;
    let mut counts = Vec::with_capacity(days * PANES_A_DAY);
    for pane in 0..days * PANES_A_DAY {
        let (day, hour) = (pane / PANES_A_DAY, (pane % PANES_A_DAY) as f64 / 12.0);
        if pane % 12 == 0 {
            factor = if made.scatter > 0.0 {
                draws.gamma(1.0 / made.scatter)
            } else {
                1.0
            };
            slow = 0.8 * slow + 0.6 * made.slow * draws.normal();
        }
        // A holiday is a weekend's day with a later peak.
        let holiday = is_holiday(day);
        let (weekend, peak) = (
            day % 7 >= 5 || holiday,
            made.peak + if holiday { made.later } else { 0.0 },
        );
        let rhythm = 1.0 + made.swing * ((hour - peak) / 24.0 * TAU).cos();
        let week = if weekend { made.weekend } else { 1.0 };
        let drift = (1.0 + made.drift).powf(day as f64 / 7.0);
        let mut rate = made.base
            * rhythm
            * week
            * drift
            * factor
            * f64::exp(slow - 0.5 * made.slow * made.slow);
        for burst in bursts
            .iter()
            .filter(|burst| (burst.pane..burst.pane + burst.panes).contains(&pane))
        {
            let at = (pane - burst.pane) as f64 / burst.panes as f64;
            let share = if burst.swell {
                (at * TAU / 2.0).sin()
            } else {
                1.0
            };
            rate *= 1.0 + (burst.times - 1.0) * share;
        }
        counts.push(draws.poisson(rate / 12.0));
    }
    counts
}

/// The counts of a series whose posts come in conversations: openings by a rhythm with a peak in
/// the morning and one in the evening and a factor of each day, each with replies over the next
/// hour or two. Nothing of the watch was tuned on it.
pub(crate) fn conversations(made: &Made, days: usize, draws: &mut Draws) -> Vec<u64> {
    let mut counts = vec![0; days * PANES_A_DAY];
    let replies = 0.2 + 0.6 * draws.open_unit();
    let mut day_factor = 1.0;
    for pane in 0..counts.len() {
        let (day, hour) = (pane / PANES_A_DAY, (pane % PANES_A_DAY) as f64 / 12.0);
        if pane % PANES_A_DAY == 0 {
            day_factor = f64::exp(0.12 * draws.normal());
        }
        let near = |peak: f64, width: f64| f64::exp(-0.5 * ((hour - peak) / width).powi(2));
        let rhythm = 0.25 + 1.2 * near(9.5, 2.0) + 1.6 * near(19.5, 2.5);
        let week = if day % 7 >= 5 { made.weekend } else { 1.0 };
        let openings = made.base * rhythm * week * day_factor / (1.0 + replies) / 12.0;
        for _ in 0..draws.poisson(openings) {
            counts[pane] += 1;
            let mut at = pane;
            while draws.open_unit() < replies / (1.0 + replies) {
                at += (-draws.open_unit().ln() * 6.0) as usize;
                if let Some(count) = counts.get_mut(at) {
                    *count += 1;
                }
            }
        }
    }
    counts
}

/// The counts of a series whose rate wanders: its logarithm is drawn back to a mean over two days,
/// each day of the week has a factor of its own, nights are nearly silent, and each quarter of an
/// hour scatters. It was written after all that is measured on it was set.
pub(crate) fn wandering(made: &Made, days: usize, draws: &mut Draws) -> Vec<u64> {
    let weekdays: Vec<f64> = (0..7).map(|_| f64::exp(0.25 * draws.normal())).collect();
    let shift = 4.0 * draws.open_unit();
    let (mut wander, mut quarter) = (0.0, 1.0);
    let mut counts = Vec::with_capacity(days * PANES_A_DAY);
    for pane in 0..days * PANES_A_DAY {
        let (day, hour) = (pane / PANES_A_DAY, (pane % PANES_A_DAY) as f64 / 12.0);
        if pane % 3 == 0 {
            quarter = draws.gamma(20.0);
            // An hour's step of 0.02; a half-life of two days keeps the spread near 0.12.
            wander = wander * 0.9964 + 0.01 * draws.normal();
        }
        let awake = 1.0 / (1.0 + f64::exp(-(hour - 6.0 - shift) * 1.5));
        let asleep = 1.0 / (1.0 + f64::exp((hour - 20.0 - shift / 2.0) * 1.2));
        let rhythm = 0.05 + 1.6 * awake * asleep;
        let rate = made.base * rhythm * weekdays[day % 7] * f64::exp(wander) * quarter;
        counts.push(draws.poisson(rate / 12.0));
    }
    counts
}

/// Every third Wednesday is a holiday.
pub(crate) fn is_holiday(day: usize) -> bool {
    day % 21 == 9
}

/// A calendar that knows the holidays, all of which are told by their dates.
pub(crate) fn informed(days: usize) -> Calendar {
    let holidays = (0..days).filter(|day| is_holiday(*day)).map(|day| {
        let shown = TimeZone::default().minute(MONDAY + day as i64 * 86_400_000);
        shown.split(' ').next().unwrap_or_default().to_owned()
    });
    let holidays: Vec<String> = holidays.collect();
    let calendar = Calendar::default().with_holidays(&holidays.join("\n"));
    calendar.expect("they are dates")
}

/// When each series opened an alert, expecting the hours of this calendar: pane numbers.
pub(crate) fn ours(
    series: &[Vec<u64>],
    budget: f64,
    calendar: &Calendar,
) -> (Vec<Vec<usize>>, Budget) {
    let panes = series.first().map_or(0, Vec::len);
    let mut budget = Budget::new(budget);
    let mut watched: Vec<(Series, Episode)> = series
        .iter()
        .map(|_| {
            (
                Series::new(calendar, MONDAY, PANE, 0.0, 3),
                Episode::default(),
            )
        })
        .collect();
    let mut opened = vec![Vec::new(); series.len()];
    for pane in 0..panes {
        let at = MONDAY + pane as i64 * PANE;
        if pane % 12 == 0 && pane >= PANES_A_DAY {
            budget.advance(1.0 / 24.0, (series.len() * PANES_A_DAY) as f64);
        }
        for (number, (counts, (series, episode))) in series.iter().zip(&mut watched).enumerate() {
            let evidence = series.observe(calendar, at, counts[pane]);
            if pane < PANES_A_DAY {
                continue; // a day must be seen before anything is compared with it
            }
            let depth = episode.depth();
            match episode.observe(&evidence, &mut budget) {
                Phase::Opened => opened[number].push(pane),
                Phase::Closed => budget.told(depth),
                Phase::Open | Phase::Quiet => {}
            }
        }
    }
    (opened, budget)
}

/// The plain detectors: how many standard deviations the last hour stands above what each expects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Plain {
    /// Mean and deviation of the hours that ended in the last day.
    WindowedGaussian,
    /// Of the last seven days.
    SevenDays,
    /// Exponentially weighted, with a half-life of six hours.
    Ewma,
    /// The score of `hearken series` for rises, of each pane: what the watch could use instead.
    Surprise,
}

pub(crate) const PLAIN: [Plain; 4] = [
    Plain::WindowedGaussian,
    Plain::SevenDays,
    Plain::Ewma,
    Plain::Surprise,
];

/// The score of each pane.
pub(crate) fn plain(counts: &[u64], detector: Plain) -> Vec<f32> {
    let mut hours = Vec::with_capacity(counts.len());
    let mut sum = 0.0;
    for (pane, &count) in counts.iter().enumerate() {
        sum += count as f64;
        if pane >= 12 {
            sum -= counts[pane - 12] as f64;
        }
        hours.push(sum);
    }
    let look_back = match detector {
        Plain::WindowedGaussian => PANES_A_DAY,
        Plain::SevenDays => 7 * PANES_A_DAY,
        Plain::Ewma => 0,
        Plain::Surprise => return surprise(counts),
    };
    let (mut total, mut squares) = (0.0, 0.0);
    let (mut mean, mut variance): (f64, f64) = (hours.first().copied().unwrap_or(0.0), 1.0);
    let gain = 1.0 - 0.5_f64.powf(1.0 / 72.0);
    let mut scores = Vec::with_capacity(counts.len());
    for (pane, &hour) in hours.iter().enumerate() {
        if look_back > 0 {
            let held = pane.min(look_back) as f64;
            let mean = total / held.max(1.0);
            let variance = (squares / held.max(1.0) - mean * mean).max(0.0);
            scores.push(((hour - mean) / (variance.sqrt() + 0.5)) as f32);
            total += hour;
            squares += hour * hour;
            if pane >= look_back {
                total -= hours[pane - look_back];
                squares -= hours[pane - look_back] * hours[pane - look_back];
            }
        } else {
            scores.push(((hour - mean) / (variance.sqrt() + 0.5)) as f32);
            let residual = hour - mean;
            mean += gain * residual;
            variance += gain * (residual * residual - variance);
        }
    }
    scores
}

fn surprise(counts: &[u64]) -> Vec<f32> {
    let settings = surprise::Settings {
        direction: Direction::Up,
        ..surprise::Settings::default()
    };
    let mut detector = Detector::new(settings).expect("the defaults are sound");
    let rows = counts.iter().enumerate();
    let score = |(pane, &count): (usize, &u64)| {
        let score = detector
            .observe(MONDAY + pane as i64 * PANE, count as f64)
            .score;
        // On the scale where it is an excess again, so that any bar can be found.
        (score / (1.0 - score).max(1e-6)) as f32
    };
    rows.map(score).collect()
}

/// When a plain detector opens an alert at a bar: each rise above it once, until it was below for
/// half an hour.
pub(crate) fn opened(scores: &[f32], bar: f32) -> Vec<usize> {
    let mut opened = Vec::new();
    let mut calm = 6;
    for (pane, &score) in scores.iter().enumerate().skip(PANES_A_DAY) {
        if score >= bar {
            if calm >= 6 {
                opened.push(pane);
            }
            calm = 0;
        } else {
            calm += 1;
        }
    }
    opened
}
