//! The queue: an overloaded team beside other policies, first checked and printed, then what each
//! call costs: `cargo bench --bench queue -- 1000 1000000` with so many cases waiting.

#[path = "support/overload.rs"]
mod overload;
#[path = "support/queue_growth.rs"]
mod queue_growth;
mod support;

use hearken::queue::Settings;
use overload::{POLICIES, Policy, arrivals, simulate};

/// Cases that wait where the command line names no number; `cargo test --benches` only looks
/// whether all works.
const WAITING: [usize; 3] = [1000, 10_000, 100_000];
const DAYS: i64 = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers = arguments.iter().filter_map(|text| text.parse().ok());
    let sizes: Vec<usize> = numbers.collect();
    let sizes = match arguments.iter().any(|text| text == "--bench") {
        _ if !sizes.is_empty() => &sizes[..],
        true => &WAITING,
        false => &WAITING[..1],
    };
    // Posts for 60 answers an hour (1.3 times as many from 8 to 20 h, 0.8 times else), and a
    // team of fewer.
    for (seed, answers) in [(7, 60), (8, 60), (7, 50), (8, 50)] {
        policies(seed, answers);
    }
    println!("\n{}", queue_growth::table(sizes));
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
