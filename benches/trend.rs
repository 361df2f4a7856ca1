//! What trends cost: a post in its pane, a pane that is published and compared, and bytes.

mod support;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Throughput};
use hearken::trend::{Settings, Trends, Watch, watch};
use hearken::{Engine, Observation, Post, Triage};
use support::criterion;

const DAY: i64 = 86_400_000;
/// Times that the three days of the sample are repeated.
const TIMES: i64 = 10;

fn main() {
    let mut criterion = criterion();
    let engine = Engine::new().expect("the bundled models fit");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample/posts.jsonl");
    let text = std::fs::read_to_string(path).expect("the sample is there");
    let mut posts: Vec<Post<'_>> = text
        .lines()
        .map(|line| Post::from_json(line).expect("a post"))
        .collect();
    posts.sort_by_key(|post| post.created_at);
    let mut scratch = engine.scratch();
    let read: Vec<(Triage, Observation)> = posts
        .iter()
        .map(|post| engine.observe(post, &mut scratch))
        .collect();

    // A month of it, as a service would run.
    let mut trends = Trends::new(Settings::default()).expect("sound");
    let mut watch = Watch::new(watch::Settings::default()).expect("sound");
    let (mut observing, mut watching, mut alerts) = (Duration::ZERO, Duration::ZERO, 0);
    for repeated in 0..TIMES {
        for (post, (triage, observation)) in posts.iter().zip(&read) {
            let mut post = post.clone();
            post.created_at = post.created_at.map(|at| at + repeated * 3 * DAY);
            let started = Instant::now();
            trends.observe(&engine, &post, triage, observation);
            observing += started.elapsed();
            let started = Instant::now();
            alerts += watch.observe_published(&mut trends).len();
            watching += started.elapsed();
        }
    }
    let count = posts.len() as u32 * TIMES as u32;
    let (series, panes) = (watch.series() as u32, watch.counts().panes as u32);
    println!(
        "{count} posts, {panes} panes, {series} series, {alerts} alerts: {:?} a post in its pane, \
         {:?} a pane with all series and words, {} bytes of panes held, {} bytes a series",
        observing / count,
        watching / panes,
        trends.memory_usage(),
        watch.memory_usage() / series as usize
    );

    let mut group = criterion.benchmark_group("trend");
    group.throughput(Throughput::Elements(posts.len() as u64));
    group.bench_function("observe, the sample", |bencher| {
        bencher.iter_batched(
            || {
                Trends::new(Settings {
                    keep: Duration::from_secs(100 * 3600),
                    ..Settings::default()
                })
                .expect("sound")
            },
            |mut trends| {
                for (post, (triage, observation)) in posts.iter().zip(&read) {
                    black_box(trends.observe(&engine, post, triage, observation));
                }
                trends
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
    let latest = trends.published().unwrap_or_default();
    criterion.bench_function("trend/a window of an hour", |bencher| {
        bencher.iter(|| black_box(trends.window(latest - 3_600_000, latest)));
    });
    criterion.final_summary();
}
