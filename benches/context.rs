//! Memory of authors and threads on a stream with ten million of each: ceilings, what was evicted,
//! and what a post costs.

#[path = "support/draws.rs"]
mod draws;
mod support;
#[path = "support/take.rs"]
mod take;

use std::sync::OnceLock;
use std::time::Instant;

use draws::Draws;
use hearken::context::{Context, Settings};
use hearken::observation::Identities;
use hearken::post::{Author, Customer};
use hearken::snapshot::Snapshot;
use hearken::triage::Polarity;
use hearken::{Post, Triage};
use support::criterion;
use take::Take;

/// Distinct authors, and distinct threads, of the stream.
const DISTINCT: u64 = 10_000_000;
/// Posts that are made at once, outside of what is measured.
const CHUNK: u64 = 100_000;

fn main() {
    let settings = Settings::default();
    let mut flooded = fresh(settings);
    println!(
        "ceilings: {} of each kind, {:.0} MB",
        settings.authors,
        megabytes(settings.most_bytes())
    );
    flood(&mut flooded);
    kinds();

    let mut criterion = criterion();
    let posts: Vec<Post<'_>> = (0..CHUNK)
        .map(|number| post(DISTINCT + number, false))
        .collect();
    let calm = triage(false);
    let mut group = criterion.benchmark_group("context");
    group.throughput(criterion::Throughput::Elements(CHUNK));
    group.bench_function("known authors", |bencher| {
        let mut context = fresh(settings);
        posts
            .iter()
            .for_each(|post| drop(context.take(post, &calm, false)));
        bencher.iter(|| {
            posts
                .iter()
                .map(|post| context.take(post, &calm, false).thread.messages)
                .max()
        });
    });
    group.bench_function("snapshot of the flooded", |bencher| {
        bencher.iter(|| {
            flooded
                .memory()
                .to_bytes()
                .map(|bytes| bytes.len())
                .expect("it can be kept")
        });
    });
    group.finish();
    criterion.final_summary();
}

fn fresh(settings: Settings) -> Context {
    Context::new(settings, Identities::default()).expect("the settings are sound")
}

fn triage(negative: bool) -> Triage {
    let mut triage = Triage::default();
    triage.sentiment.label = if negative {
        Polarity::Negative
    } else {
        Polarity::Neutral
    };
    triage
}

/// A post by an author, and in a thread, of its number; `known` ones come from an author and a
/// thread of a little before.
fn post(number: u64, known: bool) -> Post<'static> {
    let back = if known {
        1 + Draws::new(number).next() % 50_000
    } else {
        0
    };
    let who = number.saturating_sub(back);
    Post {
        id: Some(format!("p{number}{}", if known { "b" } else { "" }).into()),
        thread: Some(format!("t{who}").into()),
        author: Author {
            id: Some(format!("u{who}").into()),
            ..Author::default()
        },
        customer: Customer {
            id: (who % 4 == 0).then(|| format!("c{who}").into()),
            ..Customer::default()
        },
        channel: Some(["twitter", "chat", "weibo"][(who % 3) as usize].into()),
        created_at: Some(1_772_000_000_000 + number as i64 * 50),
        ..Post::default()
    }
}

/// Ten million authors and threads; every fourth post comes from one of the last fifty thousand,
/// every second complains.
fn flood(context: &mut Context) {
    let settings = Settings::default();
    let answers = [triage(false), triage(true)];
    let (mut spent, mut longest, mut count, mut most) = (0.0f64, 0.0f64, 0u64, 0);
    for chunk in 0..DISTINCT / CHUNK {
        let numbers = chunk * CHUNK..(chunk + 1) * CHUNK;
        let posts: Vec<Post<'_>> = numbers
            .flat_map(|number| {
                let again = (number % 3 == 0).then(|| post(number, true));
                std::iter::once(post(number, false)).chain(again)
            })
            .collect();
        for (part, posts) in posts.chunks(100).enumerate() {
            let start = seconds();
            for (place, post) in posts.iter().enumerate() {
                context.take(post, &answers[(part + place) % 2], false);
            }
            let taken = seconds() - start;
            (spent, longest) = (spent + taken, longest.max(taken));
        }
        count += posts.len() as u64;
        most = most.max(context.memory_usage());
        assert!(context.authors() <= settings.authors && context.threads() <= settings.threads);
    }
    let evicted = context.evicted();
    println!(
        "{count} posts: {:.0} ns a post, longest pause {:.0} ms; {} authors and {} threads known; \
         most {:.0} MB",
        spent * 1e9 / count as f64,
        longest * 1e3,
        context.authors(),
        context.threads(),
        megabytes(most)
    );
    println!("{evicted:?}");
    assert!(most <= settings.most_bytes());
    // Who was evicted and came again is counted again.
    assert!(evicted.authors + context.authors() as u64 >= DISTINCT);
    assert!(evicted.threads + context.threads() as u64 >= DISTINCT);
}

/// Bytes of one author, one complaining author and one thread.
fn kinds() {
    let settings = Settings::default();
    let many = settings.authors as u64;
    let bytes = |with: fn(&mut Post<'_>), negative: bool| {
        let mut context = fresh(settings);
        for number in 0..many {
            let mut post = post(number, false);
            post.customer.id = None;
            with(&mut post);
            context.take(&post, &triage(negative), false);
        }
        context.memory_usage() as f64 / many as f64
    };
    let author: fn(&mut Post<'_>) = |post| (post.id, post.thread) = (None, None);
    let thread: fn(&mut Post<'_>) = |post| (post.author.id, post.id) = (None, None);
    println!(
        "bytes: {:.0} an author, {:.0} with a complaint; {:.0} a thread with a message that waits",
        bytes(author, false),
        bytes(author, true),
        bytes(thread, false)
    );
}

/// Seconds that this thread was on a processor, where the system says so as Linux does; else
/// on the clock.
fn seconds() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent =
        statistics.and_then(|text| text.split_ascii_whitespace().next()?.parse::<f64>().ok());
    spent.map_or_else(
        || START.get_or_init(Instant::now).elapsed().as_secs_f64(),
        |nanoseconds| nanoseconds / 1e9,
    )
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
