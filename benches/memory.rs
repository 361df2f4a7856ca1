//! What each module of state says it holds, beside what it has allocated and what the process
//! grows by, over a generated flow of posts: `cargo bench --bench memory -- 1000000`; 20,000 posts
//! without a number. Each module is measured in a process of its own, for memory that one has
//! freed serves the next. Linux tells how large a process is; elsewhere that is not measured.
//! Allocated is what its blocks ask for, with a header and half a unit of rounding each; what the
//! process grows by beyond that the allocator keeps of blocks that were freed.

#[path = "../tests/support/flow.rs"]
mod flow;

use std::env;
use std::process::{Command, ExitCode};

use hearken::campaign::{self, Campaigns};
use hearken::context::{self, Context};
use hearken::novelty::Novelty;
use hearken::queue::{self, Queue};
use hearken::service_level::ServiceLevels;
use hearken::trend::{self, Trends, Watch, watch};
use hearken::{Engine, Observation, Post, Triage};

const MODULES: [&str; 5] = [
    "campaigns",
    "context",
    "novelty",
    "queue",
    "trends and watch",
];
/// Bytes of a page of memory, and how far the process grows before the measurement.
const PAGE: usize = 4096;
const FILLED: usize = 8 << 20;
/// Bytes of a block beside what it was asked for: glibc's header, and half of its unit.
const BLOCK: usize = 16;
/// Posts before the first measurement: buffers of the engine and of the allocator are filled then.
const WARM: usize = 2000;

/// Posts, as the engine reads them one by one.
struct Flow {
    engine: Engine,
    posts: usize,
    resident: Option<usize>,
}

impl Flow {
    /// Feeds all posts to what `new` makes, and writes what it says it holds and what the process
    /// grew by.
    fn measure<S>(
        &mut self,
        mut state: S,
        mut take: impl FnMut(&mut S, &Engine, &Post<'_>, Triage, &Observation),
        usage: impl Fn(&S) -> usize,
    ) {
        let mut scratch = self.engine.scratch();
        for number in 0..WARM {
            drop(self.engine.observe(&flow::post(number), &mut scratch));
        }
        fill();
        self.resident = resident();
        let allocated = allocation_counter::measure(|| {
            for number in 0..self.posts {
                let post = flow::post(number);
                let (triage, observation) = self.engine.observe(&post, &mut scratch);
                take(&mut state, &self.engine, &post, triage, &observation);
            }
        });
        let blocks = allocated.count_current.max(0) as usize;
        let held = allocated.bytes_current.max(0) as usize + BLOCK * blocks;
        let grown = resident()
            .zip(self.resident)
            .map(|(now, before)| now.saturating_sub(before));
        let said = usage(&state);
        println!("{said} {held} {}", grown.unwrap_or(0));
    }

    fn run(&mut self, module: &str) {
        let engine = self.engine.clone();
        match module {
            "campaigns" => self.measure(
                Campaigns::new(campaign::Settings::default()).expect("sound"),
                |state, _, post, mut triage, observation| {
                    state.observe(post, &mut triage, observation);
                },
                Campaigns::memory_usage,
            ),
            "context" => self.measure(
                Context::new(context::Settings::default(), engine.identities().clone())
                    .expect("sound"),
                |state, _, post, triage, observation| {
                    state.observe(post, &triage, observation);
                },
                Context::memory_usage,
            ),
            "novelty" => self.measure(
                Novelty::new(engine.importance()),
                |state, _, post, triage, observation| {
                    let at = post.created_at.unwrap_or(0);
                    state.observe(
                        at,
                        observation.identity.voice(&post.text),
                        &triage,
                        &observation.elements,
                    );
                },
                Novelty::memory_usage,
            ),
            "queue" => self.measure(
                Queue::new(
                    queue::Settings::default(),
                    ServiceLevels::bundled().expect("sound"),
                    engine.importance().levels(),
                )
                .expect("sound"),
                |state, _, post, triage, observation| {
                    state.observe(post, &triage, &observation.identity);
                },
                Queue::memory_usage,
            ),
            _ => self.measure(
                (
                    Trends::new(trend::Settings::default()).expect("sound"),
                    Watch::new(watch::Settings::default()).expect("sound"),
                ),
                |(trends, watch), engine, post, triage, observation| {
                    trends.observe(engine, post, &triage, observation);
                    watch.observe_published(trends);
                },
                |(trends, watch)| trends.memory_usage() + watch.memory_usage(),
            ),
        }
    }
}

/// Takes what building the engine has freed, which would else serve the state and hide its growth:
/// blocks of many sizes, never given back, until the process has grown by a few megabytes.
fn fill() {
    let Some(before) = resident() else { return };
    while resident().is_some_and(|now| now < before + FILLED) {
        for size in (16..4000).step_by(48) {
            let mut block: Vec<u8> = Vec::with_capacity(size);
            block.resize(size, 1);
            // A release build would else leave out a block that nobody reads.
            std::mem::forget(std::hint::black_box(block));
        }
    }
}

/// Bytes of this process in memory.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * PAGE)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let count = |text: &String| text.parse::<usize>().ok();
    let posts = arguments.iter().find_map(count).unwrap_or(20_000);
    if let Some(module) = MODULES
        .iter()
        .find(|module| arguments.iter().any(|a| a == *module))
    {
        let engine = Engine::new().expect("the bundled models are sound");
        let mut flow = Flow {
            engine,
            posts,
            resident: None,
        };
        flow.run(module);
        return ExitCode::SUCCESS;
    }
    println!(
        "| {posts} posts | says it holds | allocated | share | process grows by | share |\n|---|---:|---:|---:|---:|---:|"
    );
    for module in MODULES {
        let program = env::current_exe().expect("a program knows itself");
        let output = Command::new(program)
            .args([module, &posts.to_string()])
            .output();
        let output = output.expect("it runs itself").stdout;
        let text = String::from_utf8_lossy(&output);
        let mut numbers = text
            .split_whitespace()
            .map_while(|part| part.parse::<f64>().ok());
        let (Some(said), Some(held), Some(grown)) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            eprintln!("memory: {module} gave no figures");
            return ExitCode::FAILURE;
        };
        let share = |of: f64| if of > 0.0 { said / of } else { 0.0 };
        println!(
            "| {module} | {:.1} MB | {:.1} MB | {:.2} | {:.1} MB | {:.2} |",
            said / 1e6,
            held / 1e6,
            share(held),
            grown / 1e6,
            share(grown)
        );
    }
    ExitCode::SUCCESS
}
