//! What the benches share: how they measure, the posts of the sample by language, and a board of
//! what each stage costs.
//!
//! The board counts this thread's time on a processor where the system tells it (Linux), so that
//! other work on the machine disturbs less; criterion's own report is of the clock on the wall.
#![allow(dead_code, reason = "each bench takes what it needs")]

pub(crate) mod rounds;

use std::borrow::Cow;
use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use hearken::Post;
use rounds::Spread;
use serde::Deserialize;

/// The stage that the others are multiples of.
pub(crate) const FLOOR: &str = "floor: serde_json";

/// How all benches measure: 20 samples in about two seconds after half a second of warm-up, and
/// what the command line says of it.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args()
}

/// The least that a reader of posts must take from a line.
#[derive(Deserialize)]
pub(crate) struct Line<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) text: Cow<'a, str>,
}

/// The posts of one language.
pub(crate) struct Sample {
    /// The language's name.
    pub(crate) language: &'static str,
    /// The lines of JSON.
    pub(crate) lines: Vec<&'static str>,
    /// The texts in them.
    pub(crate) texts: Vec<String>,
}

impl Sample {
    /// How many posts.
    pub(crate) fn posts(&self) -> usize {
        self.lines.len()
    }

    /// The lines, one after another.
    pub(crate) fn joined(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Bytes of the lines.
    pub(crate) fn line_bytes(&self) -> usize {
        self.lines.iter().map(|line| line.len()).sum()
    }

    /// Bytes of the texts alone.
    pub(crate) fn text_bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }
}

/// Seconds that this thread was on a processor.
pub(crate) fn processor_seconds() -> Option<f64> {
    #[cfg(target_os = "linux")]
    return Some(seconds(rustix::time::ClockId::ThreadCPUTime));
    #[cfg(not(target_os = "linux"))]
    None
}

/// Seconds that all threads of this process were on a processor.
#[allow(dead_code, reason = "only the page of benchmarks needs it")]
pub(crate) fn process_seconds() -> Option<f64> {
    #[cfg(target_os = "linux")]
    return Some(seconds(rustix::time::ClockId::ProcessCPUTime));
    #[cfg(not(target_os = "linux"))]
    None
}

/// What a clock shows. (What `/proc` tells is older by up to a tick of 4 ms.)
#[cfg(target_os = "linux")]
fn seconds(clock: rustix::time::ClockId) -> f64 {
    let time = rustix::time::clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The posts of `data/sample` in English, Chinese of both scripts, and Czech.
pub(crate) fn samples() -> [Sample; 3] {
    let lines: Vec<&'static str> = include_str!("../../data/sample/posts.jsonl")
        .lines()
        .collect();
    [("English", "en"), ("Chinese", "zh"), ("Czech", "cs")].map(|(language, code)| {
        let mut sample = Sample {
            language,
            lines: Vec::new(),
            texts: Vec::new(),
        };
        for line in &lines {
            let post = Post::from_json(line).expect("the sample holds posts");
            if post
                .lang
                .as_deref()
                .is_some_and(|lang| lang.starts_with(code))
            {
                sample.lines.push(line);
                sample.texts.push(post.text.into_owned());
            }
        }
        assert!(sample.posts() > 300, "{language} is too small a sample");
        sample
    })
}

/// The cost of each stage: the median of its passes, the least and the most.
#[derive(Default)]
pub(crate) struct Board {
    rows: Vec<Row>,
}

struct Row {
    stage: String,
    language: String,
    posts: usize,
    bytes: usize,
    seconds: Spread,
}

impl Board {
    /// Times `work` over all posts of a sample; it returns what it counted, which must be the same
    /// every time and at least one a post.
    pub(crate) fn time(
        &mut self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        stage: &str,
        language: &str,
        one_thread: bool,
        (posts, bytes): (usize, usize),
        mut work: impl FnMut() -> usize,
    ) {
        let expected = work();
        assert!(
            expected >= posts,
            "{stage}, {language}: {expected} results of {posts} posts"
        );
        group.throughput(Throughput::Elements(posts as u64));
        let mut passes = Vec::new();
        group.bench_function(BenchmarkId::new(stage, language), |bencher| {
            bencher.iter_custom(|times| {
                let (start, before) = (Instant::now(), processor_seconds());
                for _ in 0..times {
                    assert_eq!(black_box(work()), expected, "{stage}, {language}");
                }
                let elapsed = start.elapsed();
                let processor = before
                    .zip(processor_seconds())
                    .map(|(before, after)| after - before);
                let spent = processor
                    .filter(|_| one_thread)
                    .unwrap_or(elapsed.as_secs_f64());
                passes.push(spent / times as f64);
                elapsed
            });
        });
        // None where a filter of the command line left it out.
        if !passes.is_empty() {
            self.rows.push(Row {
                stage: stage.into(),
                language: language.into(),
                posts,
                bytes,
                seconds: Spread::of(passes),
            });
        }
    }

    /// The board as a table; times as multiples of the stage `floor` of the same language.
    pub(crate) fn table(&self, floor: &str) -> String {
        let mut table = format!(
            "\n| stage | language | µs a post | posts/s | MB/s | × {floor} \
             |\n|---|---|---:|---:|---:|---:|\n"
        );
        for row in &self.rows {
            let a_post = row.seconds.times(1e6 / row.posts as f64);
            let seconds = row.seconds.median;
            let floor = self
                .rows
                .iter()
                .find(|other| other.stage == floor && other.language == row.language);
            let multiple = floor.map_or("–".to_string(), |floor| {
                format!("{:.1}", seconds / floor.seconds.median)
            });
            let _ = writeln!(
                table,
                "| {} | {} | {a_post} | {:.0} | {:.1} | {multiple} |",
                row.stage,
                row.language,
                row.posts as f64 / seconds,
                row.bytes as f64 / seconds / 1e6,
            );
        }
        table
    }
}
