//! Posts in, answers out: one thread by language, batches on one and two threads, and what an
//! engine costs to build.

mod support;

use std::time::{Duration, Instant};

use criterion::Criterion;
use hearken::{Engine, Post, Scratch};
use support::{Board, FLOOR, Line, Sample, criterion, samples};

/// How often a batch holds the whole sample.
const REPEATS: usize = 4;

fn main() {
    let mut criterion = criterion();
    let before = resident();
    let start = Instant::now();
    let engine = Engine::new().expect("what is bundled is sound");
    let built = start.elapsed();
    let mut scratch = engine.scratch();
    // The first Chinese post reads the dictionary.
    engine.triage(&Post::new("快递三天还没到"), &mut scratch);
    println!(
        "first engine {:.0} ms, with the dictionary {:.0} ms",
        millis(built),
        millis(start.elapsed())
    );
    println!("memory_usage {:.1} MB", engine.memory_usage() as f64 / 1e6);
    if let (Some(before), Some(after)) = (before, resident()) {
        println!(
            "resident memory {:.1} MB more than before",
            (after - before) as f64 / 1e6
        );
    }
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(10);
    group.bench_function("build", |bencher| {
        bencher.iter(|| {
            let engine = Engine::new().expect("what is bundled is sound");
            assert!(engine.memory_usage() > 0);
            engine
        });
    });
    group.finish();

    let mut board = Board::default();
    let samples = samples();
    for sample in &samples {
        let (posts_in, lines, texts) = (sample.posts(), sample.line_bytes(), sample.text_bytes());
        println!(
            "{}: {posts_in} posts, {} bytes a line, {} of text",
            sample.language,
            lines / posts_in,
            texts / posts_in
        );
        posts(&mut criterion, &mut board, &engine, sample);
    }
    batches(&mut criterion, &mut board, &engine, &samples);
    criterion.final_summary();
    println!("{}", board.table(FLOOR));
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Bytes of memory that this process holds, where the system says so as Linux does.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim()
        .trim_end_matches(" kB")
        .parse::<u64>()
        .ok()
        .map(|kilobytes| kilobytes * 1024)
}

fn posts(criterion: &mut Criterion, board: &mut Board, engine: &Engine, sample: &Sample) {
    let mut group = criterion.benchmark_group("post");
    let size = (sample.posts(), sample.line_bytes());
    board.time(&mut group, FLOOR, sample.language, true, size, || {
        let read = sample
            .lines
            .iter()
            .filter_map(|line| serde_json::from_str::<Line<'_>>(line).ok());
        read.filter(|line| line.id.is_some() && !line.text.is_empty())
            .count()
    });
    let posts: Vec<Post<'_>> = sample
        .lines
        .iter()
        .filter_map(|line| Post::from_json(line).ok())
        .collect();
    let mut scratch = engine.scratch();
    board.time(&mut group, "triage", sample.language, true, size, || {
        posts
            .iter()
            .map(|post| engine.triage(post, &mut scratch))
            .filter(|triage| !triage.truncated)
            .count()
    });
    let mut buffer = Vec::new();
    board.time(
        &mut group,
        "line to answer",
        sample.language,
        true,
        size,
        || {
            sample
                .lines
                .iter()
                .filter(|line| answer(engine, &mut scratch, line, &mut buffer))
                .count()
        },
    );
    board.time(&mut group, "explain", sample.language, true, size, || {
        let explained = posts.iter().map(|post| engine.explain(post));
        explained
            .filter(|explanation| explanation.importance.score <= 100)
            .count()
    });
}

fn batches(criterion: &mut Criterion, board: &mut Board, engine: &Engine, samples: &[Sample]) {
    let all: Vec<&str> = samples
        .iter()
        .flat_map(|sample| sample.lines.iter().copied())
        .collect();
    let lines: Vec<&str> = std::iter::repeat_n(all, REPEATS).flatten().collect();
    let size = (lines.len(), lines.iter().map(|line| line.len()).sum());
    let mut group = criterion.benchmark_group("batch");
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads start");
        board.time(
            &mut group,
            &format!("line to answer, threads: {threads}"),
            "all",
            false,
            size,
            || {
                let answers = pool.install(|| {
                    engine.map_batch(&lines, |engine, scratch, line| {
                        let mut buffer = Vec::with_capacity(512);
                        answer(engine, scratch, line, &mut buffer).then_some(buffer)
                    })
                });
                answers
                    .iter()
                    .flatten()
                    .filter(|answer| answer.ends_with(b"}"))
                    .count()
            },
        );
    }
}

/// Reads a line, answers it and writes the answer; whether all went well.
fn answer(engine: &Engine, scratch: &mut Scratch, line: &str, buffer: &mut Vec<u8>) -> bool {
    let Ok(post) = Post::from_json(line) else {
        return false;
    };
    let triage = engine.triage(&post, scratch);
    buffer.clear();
    engine.write_answer(&post, &triage, buffer);
    true
}
