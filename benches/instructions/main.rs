//! Instructions and cache misses of a post, from its line of JSON to the line of its answer on one
//! thread, as callgrind counts them: figures that another program on the machine does not change.
//!
//! Each count is the difference of two runs of this program under callgrind, of `ROUNDS` and of
//! twice as many passes over the posts of one language. What both runs do once (loading the models,
//! reading the dictionary, filling caches and scratch) is the same in both and drops out. The floor
//! is counted in the same way: serde_json reads the line, unicode-segmentation cuts it into words.
//!
//! `-- --write` keeps the counts in `counts.tsv` beside this file; `-- --check` counts the answers
//! alone and fails where a language's count has grown by more than 2 % under the same toolchain.

mod counts;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::env;
use std::process::{Command, ExitCode};

use counts::Count;
use hearken::mask::{Masker, Thread};
use hearken::{Engine, Post, Scratch};
use support::{Line, Sample, samples};
use unicode_segmentation::UnicodeSegmentation;

/// Passes over the posts of a language in the shorter of the two runs; its first pass warms up.
const ROUNDS: usize = 3;

/// The caches that callgrind simulates: size in bytes, ways, bytes of a line. They are fixed here,
/// so that the figures of two machines can be compared; the last level is the share of one core on
/// a usual server.
const CACHES: [&str; 3] = ["--I1=32768,8,64", "--D1=32768,8,64", "--LL=8388608,16,64"];

/// What is counted.
const WORKS: [&str; 4] = ["hearken", "observed", "masked", "floor"];

/// The word by which this program calls itself under callgrind.
const CHILD: &str = "pass-over-posts";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        [CHILD, work, language, rounds] => rounds
            .parse()
            .map_err(|error| format!("invalid number of rounds: {error}"))
            .map(|rounds| println!("{}", pass(work, language, rounds))),
        _ if arguments.contains(&"--check") => check(),
        // `cargo bench` says so; `cargo test --benches` does not, and only wants to see it work.
        _ if arguments.contains(&"--bench") => report(arguments.contains(&"--write")),
        _ => {
            for (work, sample) in WORKS.iter().zip(&samples()) {
                println!(
                    "{work}, {}: {} bytes",
                    sample.language,
                    pass(work, sample.language, 1)
                );
            }
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("instructions: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Passes over the posts of a language; bytes of the answers, or words, of all passes.
fn pass(work: &str, language: &str, rounds: usize) -> usize {
    let samples = samples();
    let sample = samples
        .iter()
        .find(|sample| sample.language == language)
        .unwrap_or_else(|| panic!("the sample has no posts in {language}"));
    if work == "floor" {
        return (0..rounds).map(|_| words(sample)).sum();
    }
    if work == "masked" {
        let (masker, mut thread) = (Masker::new(), Thread::default());
        return (0..rounds)
            .map(|_| masks(&masker, &mut thread, sample))
            .sum();
    }
    let engine = Engine::new().expect("the bundled models are sound");
    let (mut scratch, mut buffer) = (engine.scratch(), Vec::new());
    if work == "observed" {
        return (0..rounds)
            .map(|_| observations(&engine, &mut scratch, sample))
            .sum();
    }
    (0..rounds)
        .map(|_| answers(&engine, &mut scratch, &mut buffer, sample))
        .sum()
}

/// Takes what state needs of every post, its text masked; terms of all.
#[inline(never)]
fn observations(engine: &Engine, scratch: &mut Scratch, sample: &Sample) -> usize {
    let mut terms = 0;
    for line in &sample.lines {
        let post = Post::from_json(line).expect("the sample holds posts");
        let (_, observation) = engine.observe(&post, scratch);
        terms += observation.terms.words.len();
    }
    terms
}

/// Masks every post by itself, as `hearken mask` does; bytes of the masked texts.
#[inline(never)]
fn masks(masker: &Masker, thread: &mut Thread, sample: &Sample) -> usize {
    let mut bytes = 0;
    for line in &sample.lines {
        let post = Post::from_json(line).expect("the sample holds posts");
        bytes += masker.mask_post(&post, thread).text().len();
    }
    bytes
}

/// Answers every post; bytes of the answers.
#[inline(never)]
fn answers(engine: &Engine, scratch: &mut Scratch, buffer: &mut Vec<u8>, sample: &Sample) -> usize {
    let mut bytes = 0;
    for line in &sample.lines {
        let post = Post::from_json(line).expect("the sample holds posts");
        let triage = engine.triage(&post, scratch);
        buffer.clear();
        engine.write_answer(&post, &triage, buffer);
        bytes += buffer.len();
    }
    bytes
}

/// The least that any reader of posts does: reads the line and cuts its text into words.
#[inline(never)]
fn words(sample: &Sample) -> usize {
    let mut words = 0;
    for line in &sample.lines {
        let line: Line<'_> = serde_json::from_str(line).expect("the sample holds posts");
        words += line.text.unicode_words().count();
    }
    words
}

/// What callgrind counted, by the names of its events (`Ir`, `D1mr` …).
type Events = BTreeMap<String, u64>;

/// The version of valgrind; none where it is not installed.
fn valgrind() -> Option<String> {
    let version = Command::new("valgrind").arg("--version").output().ok();
    if version.is_none() {
        println!("not run: valgrind is not installed");
    }
    Some(String::from_utf8_lossy(&version?.stdout).trim().to_owned())
}

/// Counts all, prints the table, and keeps it where that is asked for.
fn report(write: bool) -> Result<(), String> {
    let Some(version) = valgrind() else {
        return Ok(());
    };
    println!("{version}, callgrind with {}", CACHES.join(" "));
    let mut counted = Vec::new();
    for sample in &samples() {
        for work in WORKS {
            counted.push(count(work, sample, true)?);
        }
    }
    println!("\n{}", counts::table(&counted));
    match write {
        true => counts::keep(&counted),
        false => Ok(()),
    }
}

/// Counts the answers of each language and compares them with what is kept.
fn check() -> Result<(), String> {
    if valgrind().is_none() {
        return Ok(());
    }
    let counted: Result<Vec<Count>, String> = samples()
        .iter()
        .map(|sample| count(WORKS[0], sample, false))
        .collect();
    counts::compare(&counted?)
}

/// What one pass over the posts of a language takes.
fn count(work: &str, sample: &Sample, caches: bool) -> Result<Count, String> {
    eprintln!("counting {work}, {} …", sample.language);
    let [less, more] =
        [ROUNDS, 2 * ROUNDS].map(|rounds| run(work, sample.language, rounds, caches));
    let (less, more) = (less?, more?);
    let a_pass = |(name, count): (&String, &u64)| {
        let before = less.get(name).copied().unwrap_or(0);
        (name.clone(), count.saturating_sub(before) / ROUNDS as u64)
    };
    let events: Events = more.iter().map(a_pass).collect();
    // A program that does nothing for a post would be found out here, and so would an output that
    // is read wrongly.
    match events.get("Ir") {
        Some(&instructions) if instructions >= sample.posts() as u64 => {
            let of = |name: &str| events.get(name).copied().unwrap_or(0);
            Ok(Count {
                language: sample.language.into(),
                work: work.into(),
                posts: sample.posts() as u64,
                bytes: sample.text_bytes() as u64,
                instructions,
                first_misses: of("D1mr") + of("D1mw"),
                last_misses: of("DLmr") + of("DLmw"),
            })
        }
        _ => Err(format!(
            "callgrind counted no instructions for {work}, {}: {events:?}",
            sample.language
        )),
    }
}

/// All events of this program with so many passes; without caches it takes half the time.
fn run(work: &str, language: &str, rounds: usize, caches: bool) -> Result<Events, String> {
    let program = env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(caches.then_some("--cache-sim=yes"))
        .args(CACHES.iter().filter(|_| caches))
        .arg(program)
        .args([CHILD, work, language, &rounds.to_string()])
        .output()
        .map_err(|error| format!("valgrind can't be started: {error}"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("valgrind failed ({}):\n{log}", output.status));
    }
    events(&log).ok_or_else(|| format!("valgrind's report can't be read:\n{log}"))
}

/// Reads `==1== Events : Ir Dr …` and `==1== Collected : 12 3 …`.
fn events(log: &str) -> Option<Events> {
    let after = |head: &str| {
        log.lines()
            .filter_map(|line| line.split_once("== ")?.1.split_once(':'))
            .find(|(name, _)| name.trim() == head)
            .map(|(_, rest)| rest.split_ascii_whitespace())
    };
    let counts = after("Collected")?.map(|count| count.parse().ok());
    after("Events")?
        .zip(counts)
        .map(|(name, count)| Some((name.to_owned(), count?)))
        .collect()
}
