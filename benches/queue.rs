//! The queue: an overloaded team beside other policies, first checked and printed, then what a post
//! and a query cost.

#[path = "support/overload.rs"]
mod overload;
mod support;

use std::hint::black_box;
use std::time::Instant;

use criterion::{BatchSize, Criterion};
use hearken::queue::{Queue, Settings};
use hearken::service_level::ServiceLevels;
use overload::{
    Arrival, Draws, HOUR, LEVELS, MINUTE, POLICIES, Policy, Take, arrivals, channel, score,
    simulate,
};
use support::criterion;

/// Cases that wait while a post is observed and the queue is asked.
const WAITING: usize = 100_000;
const DAYS: i64 = 5;

fn main() {
    let mut criterion = criterion();
    // Posts for 60 answers an hour (1.3 times as many from 8 to 20 h, 0.8 times else), and a
    // team of fewer.
    for (seed, answers) in [(7, 60), (8, 60), (7, 50), (8, 50)] {
        policies(seed, answers);
    }
    costs(&mut criterion);
    criterion.final_summary();
}

fn policies(seed: u64, answers: i64) {
    let arrivals = arrivals(seed, DAYS, 60);
    println!(
        "\nseed {seed}: {} posts in {DAYS} days, {answers} answers an hour\n{:18} {:>17} {:>13} \
         {:>9} {:>14} {:>11}",
        arrivals.len(),
        "policy",
        "weighted lateness",
        "longest wait",
        "breaches",
        "high, critical",
        "unanswered"
    );
    let figures =
        POLICIES.map(|policy| simulate(&arrivals, DAYS, answers, policy, Settings::default()));
    for (policy, figures) in POLICIES.iter().zip(&figures) {
        println!(
            "{:18} {:>17.0} {:>11.1} h {:>9} {:>14} {:>11}",
            format!("{policy:?}"),
            figures.weighted_lateness,
            figures.longest_wait,
            figures.breaches,
            figures.grave_breaches,
            figures.unanswered
        );
    }
    let of = |wanted: Policy| {
        POLICIES
            .iter()
            .zip(&figures)
            .find(|(policy, _)| **policy == wanted)
            .map(|(_, found)| *found)
    };
    let figures = [
        Policy::Hearken,
        Policy::FirstInFirstOut,
        Policy::PurePriority,
    ]
    .map(of);
    let [Some(ours), Some(first), Some(priority)] = figures else {
        unreachable!("all are simulated")
    };
    assert!(
        ours.weighted_lateness < first.weighted_lateness,
        "later than first in, first out"
    );
    assert!(
        ours.weighted_lateness < priority.weighted_lateness,
        "later than pure priority"
    );
    assert!(
        ours.longest_wait < priority.longest_wait,
        "somebody waits longer than under pure priority"
    );
}

/// A post of nobody who waits.
fn arrival(draws: &mut Draws, number: usize, at: i64) -> Arrival {
    Arrival {
        id: format!("q{number:07}"),
        at,
        channel: channel(draws),
        score: score(draws),
    }
}

fn costs(criterion: &mut Criterion) {
    let mut draws = Draws::new(11);
    let begin = 1_772_409_600_000;
    let mut queue = Queue::new(
        Settings::default(),
        ServiceLevels::bundled().expect("sound"),
        LEVELS,
    )
    .expect("sound");
    let arrivals: Vec<Arrival> = (0..WAITING)
        .map(|number| arrival(&mut draws, number, begin + number as i64 * 1000))
        .collect();
    let triages: Vec<_> = arrivals.iter().map(Arrival::triage).collect();
    let start = Instant::now();
    for (arrival, triage) in arrivals.iter().zip(&triages) {
        let mut post = arrival.post();
        post.author.id = Some(arrival.id.as_str().into());
        assert!(queue.take(&post, triage).shed.is_empty());
    }
    println!(
        "\n{WAITING} posts observed in {:.2} s",
        start.elapsed().as_secs_f64()
    );
    assert_eq!(queue.len(), WAITING);
    let now = begin + WAITING as i64 * 1000;
    let start = Instant::now();
    queue.advance(now);
    let (fast, overdue) = (queue.lanes().fast, queue.overdue().len());
    println!(
        "{fast} fast, {overdue} overdue: {:.0} ms",
        start.elapsed().as_secs_f64() * 1000.0
    );

    let mut group = criterion.benchmark_group("100,000 cases wait");
    let (mut number, mut at) = (WAITING, now);
    group.bench_function("observe a post and answer another", |bencher| {
        bencher.iter_batched(
            || {
                (number, at) = (number + 1, at + 1000);
                let arrival = arrival(&mut draws, number, at);
                (
                    arrival.triage(),
                    arrival,
                    arrivals[number % WAITING].id.as_str(),
                )
            },
            |(triage, arrival, answered)| {
                let observed = queue.take(&arrival.post(), &triage);
                assert!(observed.shed.is_empty());
                black_box(queue.answered(answered, arrival.at));
            },
            BatchSize::SmallInput,
        );
    });
    let mut at = at + MINUTE;
    for count in [1, 20] {
        queue.advance(at);
        group.bench_function(format!("next({count}), at the same time"), |bencher| {
            bencher.iter(|| assert_eq!(black_box(queue.next(count)).len(), count));
        });
        group.bench_function(
            format!("next({count}), a second later each time"),
            |bencher| {
                bencher.iter(|| {
                    at += 1000;
                    queue.advance(at);
                    assert_eq!(black_box(queue.next(count)).len(), count);
                });
            },
        );
    }
    let capacity = Settings {
        capacity: Some(80),
        ..Settings::default()
    };
    let mut limited =
        Queue::new(capacity, ServiceLevels::bundled().expect("sound"), LEVELS).expect("sound");
    for (arrival, triage) in arrivals.iter().zip(&triages) {
        limited.take(&arrival.post(), triage);
    }
    limited.advance(at);
    assert!(limited.lanes().deferred > WAITING / 2);
    group.bench_function("lanes drawn anew", |bencher| {
        bencher.iter(|| {
            at += HOUR / 10;
            limited.advance(at);
            assert_eq!(black_box(limited.next(1)).len(), 1);
        });
    });
    group.finish();
}
