//! What a post costs as more of them have come: without state, with all of it, in trends, and with
//! cases that wait in the queue.

use std::fmt::Write;
use std::time::Duration;

use hearken::desk::{Desk, Settings};
use hearken::trend::{self, Trends, Watch, watch};
use hearken::{Engine, Observation, Post, Triage};

use crate::support::rounds::{Spread, figure, grouped};
use crate::{Size, flow, growth, queue_growth};

/// Posts that are measured together.
const BLOCK: usize = 500;
const DAY: i64 = 86_400_000;
/// Days of the sample, after which it is repeated.
const SAMPLE_DAYS: i64 = 3;

fn engine() -> Result<Engine, String> {
    Engine::new().map_err(|error| error.to_string())
}

/// A flow of posts, answered alone and by a desk with all state; the last tenth before each size.
pub(crate) fn posts(size: Size) -> Result<String, String> {
    let engine = engine()?;
    let settings = Settings::for_engine(&engine).map_err(|error| error.to_string())?;
    let mut desk = Desk::new(&engine, settings).map_err(|error| error.to_string())?;
    let mut scratch = engine.scratch();
    let sizes = [1000, 10_000, 100_000, 1_000_000];
    let sizes = size.of(&sizes, 2);
    let mut table = String::from(
        "| posts so far | answers alone, µs a post | with state, µs a post | of the first |\n|---:|---:|---:|---:|\n",
    );
    let (mut number, mut first) = (0, None);
    for size in sizes {
        let (mut alone, mut with_state) = (Vec::new(), Vec::new());
        while number < *size {
            let block: Vec<Post<'_>> = (number..number + BLOCK).map(flow::post).collect();
            number += BLOCK;
            let triage = growth::seconds(|| {
                for post in &block {
                    std::hint::black_box(engine.triage(post, &mut scratch));
                }
            });
            let observe = growth::seconds(|| {
                for post in &block {
                    std::hint::black_box(desk.observe(post));
                }
            });
            if number > size - size / 10 - BLOCK {
                alone.push(triage * 1e6 / BLOCK as f64);
                with_state.push(observe * 1e6 / BLOCK as f64);
            }
        }
        let (alone, with_state) = (Spread::of(alone), Spread::of(with_state));
        let first = *first.get_or_insert(with_state);
        let multiple = growth::multiple(with_state, first);
        let _ = writeln!(
            table,
            "| {} | {alone} | {with_state} | {multiple} |",
            grouped(*size)
        );
    }
    Ok(table
        + "\nState: campaigns, context, novelty, queue, trends and watch of one desk. Of each size the \
           last tenth of the posts is measured, in blocks of 500.")
}

/// The sample repeated for 60 days, in trends and a watch: a post of some days.
pub(crate) fn trends(size: Size) -> Result<String, String> {
    let engine = engine()?;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample/posts.jsonl");
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let posts: Result<Vec<Post<'_>>, _> = text.lines().map(Post::from_json).collect();
    let mut posts = posts.map_err(|error| error.to_string())?;
    posts.sort_by_key(|post| post.created_at);
    let mut scratch = engine.scratch();
    let read: Vec<(Triage, Observation)> = posts
        .iter()
        .map(|post| engine.observe(post, &mut scratch))
        .collect();
    let new = |keep: Option<Duration>| -> Result<(Trends, Watch), String> {
        let mut settings = trend::Settings::default();
        settings.keep = keep.unwrap_or(settings.keep);
        let trends = Trends::new(settings).map_err(|error| error.to_string())?;
        let watch = Watch::new(watch::Settings::default()).map_err(|error| error.to_string())?;
        Ok((trends, watch))
    };
    // As they are by default, and with all 60 days kept.
    let mut kept = [new(None)?, new(Some(Duration::from_secs(60 * 86_400)))?];
    let mut costs: Vec<[Spread; 2]> = Vec::new();
    let days = if size.quick { 6 } else { 60 };
    for repeated in 0..days / SAMPLE_DAYS {
        let mut blocks = [Vec::new(), Vec::new()];
        for start in (0..posts.len()).step_by(BLOCK / 10) {
            let end = (start + BLOCK / 10).min(posts.len());
            let block: Vec<(Post<'_>, &(Triage, Observation))> = (start..end)
                .map(|place| {
                    let mut post = posts[place].clone();
                    let later = repeated * SAMPLE_DAYS * DAY;
                    post.created_at = post.created_at.map(|at| at + later);
                    (post, &read[place])
                })
                .collect();
            for ((trends, watch), blocks) in kept.iter_mut().zip(&mut blocks) {
                let took = growth::seconds(|| {
                    for (post, (triage, observation)) in &block {
                        trends.observe(&engine, post, triage, observation);
                        watch.observe_published(trends);
                    }
                });
                blocks.push(took * 1e6 / block.len() as f64);
            }
        }
        costs.push(blocks.map(Spread::of));
    }
    let mut table = String::from(
        "| days | usual `keep`, µs a post | of the first | 60 days kept, µs a post | of the first \
         |\n|---|---:|---:|---:|---:|\n",
    );
    let first = costs.first().copied().unwrap_or_default();
    for (turn, cost) in costs.iter().enumerate() {
        let day = turn as i64 * SAMPLE_DAYS;
        if ![0, 3, 6, 27, days - SAMPLE_DAYS].contains(&day) {
            continue;
        }
        let _ = writeln!(
            table,
            "| {} to {} | {} | {} | {} | {} |",
            day + 1,
            day + SAMPLE_DAYS,
            cost[0],
            growth::multiple(cost[0], first[0]),
            cost[1],
            growth::multiple(cost[1], first[1])
        );
    }
    let count = figure(posts.len() as f64 / SAMPLE_DAYS as f64);
    Ok(table + &format!("\nTrends and watch alone, {count} posts a day, in blocks of 50."))
}

/// Each call of the queue.
pub(crate) fn queue(size: Size) -> Result<String, String> {
    let sizes = [1000, 10_000, 100_000, 1_000_000];
    let table = queue_growth::table(size.of(&sizes, 2));
    Ok(table + "\nTimes of this table are of the clock on the wall, as those who wait see them.")
}
