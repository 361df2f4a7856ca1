//! Bursts: false alerts a day against the stated budget on series without any, recall and delay on
//! injected ones beside plain detectors at the same rate of false alerts, and what a step costs.

#[path = "support/null_stream.rs"]
mod null_stream;

use std::time::Instant;

use hearken::time::Calendar;

use null_stream::{
    BASES, Draws, Injected, PANES_A_DAY, PLAIN, Plain, base, conversations, counts, informed,
    is_holiday, made, opened, ours, plain, wandering,
};

const SERIES: usize = 500;
const DAYS: usize = 56;
/// Days that only teach.
const WARM: usize = 14;
/// Hours by which people write later on a holiday than on a Sunday.
const LATER: f64 = 2.0;

fn main() {
    let untold = Calendar::default();
    for seed in [1, 2, 3] {
        let null = stream(seed, LATER, |_, _| Vec::new());
        false_alerts(&format!("seed {seed}"), &null, &untold);
        false_alerts(
            &format!("seed {seed}, holidays told"),
            &null,
            &informed(DAYS),
        );
        let null = stream(seed, 0.0, |_, _| Vec::new());
        let name = format!("seed {seed}, holidays like Sundays");
        false_alerts(&name, &null, &untold);
        false_alerts(&format!("{name}, told"), &null, &informed(DAYS));
        let mut draws = Draws::new(seed);
        let talk = |series| conversations(&made(series, &mut draws), DAYS, &mut draws);
        let null: Vec<Vec<u64>> = (0..SERIES).map(talk).collect();
        false_alerts(&format!("seed {seed}, conversations"), &null, &untold);
        let mut draws = Draws::new(seed);
        let roam = |series| wandering(&made(series, &mut draws), DAYS, &mut draws);
        let null: Vec<Vec<u64>> = (0..SERIES).map(roam).collect();
        false_alerts(&format!("seed {seed}, wandering"), &null, &untold);
    }
    recall(4, 2.0);
    recall(5, 10.0);
}

/// False alerts a day of a stream without bursts, and those of holidays among them.
fn false_alerts(name: &str, null: &[Vec<u64>], calendar: &Calendar) {
    for budget in [0.5, 2.0, 10.0] {
        let started = Instant::now();
        let (alerts, settled) = ours(null, budget, calendar);
        let elapsed = started.elapsed();
        let (warm, late) = split(&alerts);
        let on_holiday =
            |pane: &&usize| **pane >= WARM * PANES_A_DAY && is_holiday(**pane / PANES_A_DAY);
        let of_holidays = alerts.iter().flatten().filter(on_holiday).count();
        println!(
            "{name}, budget {budget:4} a day: {:.2} false alerts a day after {WARM} days \
             ({of_holidays} of {late} on holidays; {:.2} a day before), bar 10^-{:.1}, {:.0} ns a \
             step",
            late as f64 / (DAYS - WARM) as f64,
            warm as f64 / WARM as f64,
            settled.bar(),
            elapsed.as_nanos() as f64 / (SERIES * DAYS * PANES_A_DAY) as f64
        );
    }
}

/// Counts of all series; the peak of holidays is `later` by so many hours.
fn stream(
    seed: u64,
    later: f64,
    bursts: impl Fn(usize, &mut Draws) -> Vec<Injected>,
) -> Vec<Vec<u64>> {
    let mut draws = Draws::new(seed);
    (0..SERIES)
        .map(|series| {
            let mut made = made(series, &mut draws);
            made.later = later;
            let bursts = bursts(series, &mut draws);
            counts(&made, DAYS, &bursts, &mut draws)
        })
        .collect()
}

/// Alerts in the days that teach, and after.
fn split(alerts: &[Vec<usize>]) -> (usize, usize) {
    let all = || alerts.iter().flatten();
    let warm = all().filter(|&&pane| pane < WARM * PANES_A_DAY).count();
    (warm, all().count() - warm)
}

/// How many times the usual rate the bursts of a series have.
fn times(series: usize) -> f64 {
    [1.5, 2.0, 4.0][series / (3 * BASES.len()) % 3]
}

/// A burst a series after the days that teach, of 1 to 6 hours; every second one swells.
fn bursts(series: usize, draws: &mut Draws) -> Vec<Injected> {
    let pane = (WARM + 2) * PANES_A_DAY
        + (draws.open_unit() * ((DAYS - WARM - 4) * PANES_A_DAY) as f64) as usize;
    let panes = 12 + (draws.open_unit() * 60.0) as usize;
    vec![Injected {
        pane,
        panes,
        times: times(series),
        swell: draws.open_unit() < 0.5,
    }]
}

fn recall(seed: u64, budget: f64) {
    let null = stream(seed, LATER, |_, _| Vec::new());
    let mut draws = Draws::new(seed + 100);
    let injected: Vec<Vec<Injected>> = (0..SERIES)
        .map(|series| bursts(series, &mut draws))
        .collect();
    let with = stream(seed, LATER, |series, _| injected[series].clone());
    let false_ones = |alerts: &[Vec<usize>]| split(alerts).1 as f64 / (DAYS - WARM) as f64;

    let alerts = ours(&with, budget, &Calendar::default()).0;
    let ours_false = false_ones(&ours(&null, budget, &Calendar::default()).0);
    let outside = |series: usize, pane: usize| {
        let near = |burst: &Injected| (burst.pane..burst.pane + burst.panes + 84).contains(&pane);
        pane >= WARM * PANES_A_DAY && !injected[series].iter().any(near)
    };
    let beside: usize = alerts
        .iter()
        .enumerate()
        .map(|(at, of)| of.iter().filter(|&&pane| outside(at, pane)).count())
        .sum();
    let beside = beside as f64 / (DAYS - WARM) as f64;
    println!(
        "\nseed {seed}, budget {budget} a day: {ours_false:.2} false alerts a day without bursts, \
         {beside:.2} beside {} bursts; of these, of 1 to 6 hours, recall (median delay in \
         minutes):",
        SERIES
    );
    let header = |name: &str| {
        print!("{name:34}");
        for times in [1.5, 2.0, 4.0] {
            for base in BASES {
                print!(" {:>10}", format!("{times}x {base}/h"));
            }
        }
        println!();
    };
    header("");
    row(
        &format!("hearken ({ours_false:.1} false a day)"),
        &alerts,
        &injected,
    );
    for detector in PLAIN {
        let scores: Vec<Vec<f32>> = null.iter().map(|counts| plain(counts, detector)).collect();
        let at = |bar: f32| {
            false_ones(
                &scores
                    .iter()
                    .map(|scores| opened(scores, bar))
                    .collect::<Vec<_>>(),
            )
        };
        // The bar that gives as many false alerts as ours.
        let (mut low, mut high) = (0.0_f32, 200.0_f32);
        for _ in 0..24 {
            let middle = 0.5 * (low + high);
            if at(middle) > ours_false {
                low = middle
            } else {
                high = middle
            }
        }
        for bar in [high, 3.0] {
            let alerts: Vec<Vec<usize>> = with
                .iter()
                .map(|counts| opened(&plain(counts, detector), bar))
                .collect();
            row(
                &format!("{} k={bar:.1} ({:.1} false)", name(detector), at(bar)),
                &alerts,
                &injected,
            );
        }
    }
}

fn name(detector: Plain) -> &'static str {
    match detector {
        Plain::WindowedGaussian => "windowed Gaussian",
        Plain::SevenDays => "7-day mean + k sd",
        Plain::Ewma => "EWMA",
        Plain::Surprise => "surprise of hearken series",
    }
}

/// Recall and median delay by size and base rate.
fn row(name: &str, alerts: &[Vec<usize>], injected: &[Vec<Injected>]) {
    print!("{name:34}");
    for size in [1.5, 2.0, 4.0] {
        for rate in BASES {
            let (mut all, mut delays) = (0, Vec::new());
            let of = |&series: &usize| base(series) == rate && times(series) == size;
            for series in (0..alerts.len()).filter(of) {
                for burst in &injected[series] {
                    all += 1;
                    // Late by an hour still counts: a burst is known by what it has brought.
                    let span = burst.pane..burst.pane + burst.panes + 12;
                    delays.extend(
                        alerts[series]
                            .iter()
                            .find(|pane| span.contains(pane))
                            .map(|pane| pane - burst.pane),
                    );
                }
            }
            delays.sort_unstable();
            let median = delays
                .get(delays.len() / 2)
                .map_or("-".to_owned(), |panes| (5 * (panes + 1)).to_string());
            print!(
                " {:>10}",
                format!("{:.2} ({median})", delays.len() as f64 / f64::from(all))
            );
        }
    }
    println!();
}
