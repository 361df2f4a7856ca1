//! A small null stream: false alerts stay near the budget, and plain bursts are found. `cargo bench
//! --bench null_stream` is the large one.

#[path = "../benches/support/null_stream.rs"]
#[allow(dead_code)]
mod null_stream;

use hearken::internals::{Budget, Episode, Phase, Series};
use hearken::series::Horizon;
use hearken::time::Calendar;
use null_stream::{Draws, Injected, PANE, PANES_A_DAY, base, counts, made, ours};

const SERIES: usize = 126;
const DAYS: usize = 21;

fn stream(burst: impl Fn(usize) -> Vec<Injected>) -> Vec<Vec<u64>> {
    let mut draws = Draws::new(11);
    (0..SERIES)
        .map(|series| counts(&made(series, &mut draws), DAYS, &burst(series), &mut draws))
        .collect()
}

#[test]
fn false_alerts_stay_near_the_budget_and_bursts_are_found() {
    let null = stream(|_| Vec::new());
    let utc = Calendar::default();
    for budget in [1.0, 4.0] {
        let alerts: usize = ours(&null, budget, &utc).0.iter().map(Vec::len).sum();
        let a_day = alerts as f64 / (DAYS - 1) as f64;
        println!("budget {budget}: {a_day:.2} false alerts a day");
        assert!(a_day <= 2.0 * budget, "{a_day} at {budget}");
    }
    let burst = Injected {
        pane: 15 * PANES_A_DAY + 150,
        panes: 36,
        times: 4.0,
        swell: false,
    };
    let with = stream(|_| vec![burst]);
    let (alerts, _) = ours(&with, 4.0, &utc);
    let busy: Vec<usize> = (0..SERIES).filter(|&series| base(series) >= 20.0).collect();
    let found = busy.iter().filter(|&&series| {
        alerts[series]
            .iter()
            .any(|pane| (burst.pane..burst.pane + burst.panes + 12).contains(pane))
    });
    let found = found.count();
    println!("{found} of {} bursts of four times the rate", busy.len());
    assert!(found * 10 >= busy.len() * 7, "{found} of {}", busy.len());
}

#[test]
fn a_new_series_needs_many_posts_at_once_and_a_gap_is_no_drop() {
    let (utc, start) = (Calendar::default(), 1_772_539_200_000);
    let mut silent = Series::new(&utc, start, PANE, 48.0, 4);
    assert_eq!(silent.observe(&utc, start, 3).ln_p, 0.0);
    assert!(silent.observe(&utc, start + PANE, 40).ln_p < -30.0);
    // A day at sixty an hour, a gap of six hours, and the same again.
    let mut steady = Series::new(&utc, start, PANE, 0.0, 4);
    let mut budget = Budget::new(2.0);
    let mut episode = Episode::default();
    let mut told = 0;
    for pane in 0..3 * PANES_A_DAY as i64 {
        let at = start + pane * PANE;
        if (300..372).contains(&pane) {
            steady.skip(&utc, at);
            continue;
        }
        let evidence = steady.observe(&utc, at, 5);
        told += usize::from(episode.observe(&evidence, &mut budget) == Phase::Opened && pane > 300);
    }
    assert_eq!(told, 0);
    assert!(
        (steady.expected_rate() - 60.0).abs() < 7.5,
        "{}",
        steady.expected_rate()
    );
    let evidence = steady.observe(&utc, start + 3 * 86_400_000, 60);
    let (rate, [low, high]) = evidence.rate();
    assert!(
        evidence.horizon == Horizon::Pane && low < rate && rate < high && low > 2.0,
        "{evidence:?}"
    );
    assert_eq!(steady.rising_for(rate), PANE);
}

#[test]
fn any_count_and_any_time_is_taken() {
    let utc = Calendar::default();
    let mut series = Series::new(&utc, i64::MIN, 300_000, f64::NAN, 0);
    let mut budget = Budget::new(f64::NAN);
    let mut episode = Episode::default();
    for (at, count) in [
        (i64::MIN, 0),
        (0, u64::MAX),
        (1, u64::MAX),
        (i64::MAX, 7),
        (5, 0),
        (i64::MAX, u64::MAX),
    ] {
        let evidence = series.observe(&utc, at, count);
        assert!(evidence.ln_p <= 0.0, "{evidence:?}");
        episode.observe(&evidence, &mut budget);
        budget.advance(f64::MAX, f64::MAX);
    }
}

/// What is expected an hour at `asked` (hours after `start`), by what went before: ten posts a pane
/// from 8 h to 18 h of workdays by the clock of Prague, one at other times.
#[cfg(feature = "time-zones")]
fn expected(calendar: &Calendar, start: i64, asked: i64) -> f64 {
    let prague = Calendar::new(hearken::time::TimeZone::named("Europe/Prague").unwrap());
    let mut series = Series::new(calendar, start, PANE, 0.0, 4);
    for pane in 0..=asked * 12 {
        let at = start + pane * PANE;
        let hour = prague.hour_of_week(at);
        let office = hour < 5 * 24 && (8..18).contains(&(hour % 24));
        series.observe(calendar, at, if office { 10 } else { 1 });
    }
    series.expected_rate()
}

#[cfg(feature = "time-zones")]
#[test]
fn what_is_expected_follows_the_local_clock_and_its_holidays() {
    let [utc, prague] = ["UTC", "Europe/Prague"]
        .map(|zone| Calendar::new(hearken::time::TimeZone::named(zone).unwrap()));
    // Four weeks from Monday 2 March 2026 at 0 h of Prague; clocks are set on the 29th.
    let start = 1_772_406_000_000;
    let monday = 4 * 7 * 24;
    // Monday 8 h of summer: UTC still waits for the office to open.
    let (informed, not) = (
        expected(&prague, start, monday + 7),
        expected(&utc, start, monday + 7),
    );
    assert!(informed > 90.0 && not < 40.0, "{informed} {not}");
    // Wednesday 25 March at noon, as a workday and as a holiday.
    let noon = 3 * 7 * 24 + 2 * 24 + 12;
    let told = prague.clone().with_holidays("2026-03-25").unwrap();
    let (informed, not) = (expected(&told, start, noon), expected(&prague, start, noon));
    assert!(informed < 40.0 && not > 90.0, "{informed} {not}");
}
