//! Campaigns in a generated stream of 200,000 posts: first what is found, asserted and printed,
//! then what it costs.

#[path = "support/stream_generator.rs"]
mod stream_generator;
#[path = "support/stream_report.rs"]
mod stream_report;
#[path = "support/stream_texts.rs"]
mod stream_texts;
mod support;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Throughput};
use hearken::Engine;
use hearken::campaign::{Campaigns, Settings};
use hearken::internals::{Analysis, Analyzer, Fingerprint};
use stream_generator::{Plan, Truth, stream};
use stream_report::{Report, observed};
use support::criterion;

/// Posts that are timed: enough that the window is in its usual state.
const TIMED: usize = 40_000;

fn main() {
    let engine = Engine::new().expect("the bundled models are sound");
    let (campaign_posts, incident_posts) = ((50, 500), (100, 500));
    // No rule was chosen on these seeds.
    for seed in [2001, 2007, 2010] {
        let plan = Plan {
            posts: 200_000,
            campaigns: 20,
            incidents: 10,
            campaign_posts,
            incident_posts,
            hours: 72,
            seed,
        };
        let stream = stream(plan);
        let report = Report::of(&stream, &observed(&engine, &stream));
        let (campaigns, incidents) = (report.campaigns(), report.incidents());
        let background = report.sum(|truth| matches!(truth, Truth::Background | Truth::Copied));
        println!(
            "seed {seed}: of {} posts of campaigns {:.1} % of those after the fifth were marked as \
             they came, {:.1} % in the end; of {} about incidents {:.2} %, of {} others {:.3} %",
            campaigns.posts,
            100.0 * campaigns.recall(),
            100.0 * campaigns.marked(),
            incidents.posts,
            100.0 * incidents.marked(),
            background.posts,
            100.0 * background.marked(),
        );
        let worst = report
            .counts
            .iter()
            .filter(|(truth, _)| matches!(truth, Truth::Campaign(_)));
        let worst = worst.map(|(_, count)| count.recall()).fold(1.0, f64::min);
        println!("the campaign found worst: {:.1} %", 100.0 * worst);
        assert!(
            campaigns.recall() >= 0.95
                && incidents.marked() <= 0.01
                && background.marked() <= 0.0005
        );
    }

    let plan = Plan {
        posts: TIMED,
        campaigns: 4,
        incidents: 2,
        campaign_posts,
        incident_posts,
        hours: 23,
        seed: 1,
    };
    let stream = stream(plan);
    let observed = observed(&engine, &stream);
    let fill = || {
        let mut campaigns = Campaigns::new(Settings::default()).expect("the default is sound");
        for ((post, _), (triage, observation)) in stream.iter().zip(&observed) {
            black_box(campaigns.observe(post, &mut triage.clone(), observation));
        }
        campaigns
    };
    let campaigns = fill();
    println!(
        "{} bytes a post of {} in the window",
        campaigns.memory_usage() / campaigns.len(),
        campaigns.len()
    );

    let mut criterion = criterion();
    let mut group = criterion.benchmark_group("campaign");
    // A pass takes a second or so.
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Elements(TIMED as u64));
    group.bench_function("observe", |bencher| {
        bencher.iter_batched(|| (), |()| fill(), BatchSize::LargeInput)
    });
    let analyzer = Analyzer::bundled().expect("the bundled lexicons are sound");
    let analysed: Vec<Analysis> = stream
        .iter()
        .step_by(10)
        .map(|(post, _)| {
            let mut analysis = Analysis::default();
            analyzer.prepare(&post.text, &mut analysis);
            analysis
        })
        .collect();
    group.throughput(Throughput::Elements(analysed.len() as u64));
    group.bench_function("fingerprint", |bencher| {
        bencher.iter(|| {
            analysed
                .iter()
                .for_each(|analysis| drop(black_box(Fingerprint::from_analysis(analysis))))
        });
    });
    group.finish();
    criterion.final_summary();
}
