//! What needs a process of its own: start and memory of an engine, and the command line with one
//! and two threads and with a pipe.

use std::env;
use std::fmt::Write;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hearken::{Engine, Post};

use crate::support::rounds::{Spread, figure};
use crate::support::{Sample, process_seconds, samples};
use crate::{Size, growth};

/// Ticks of a second in `/proc/PID/stat`: what Linux shows on every usual machine.
const TICKS: f64 = 100.0;

/// A number of a line of `/proc/…/status`, in MB.
fn status(process: &str, name: &str) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}

/// What the child says: milliseconds, those on processors, and memory until the first English
/// answer, then until the first Chinese one, for which the dictionary is read.
pub(crate) fn child() -> Result<(), String> {
    let (start, before) = (Instant::now(), process_seconds().unwrap_or_default());
    let engine = Engine::new().map_err(|error| error.to_string())?;
    let mut scratch = engine.scratch();
    for text in ["Where is my parcel?", "快递三天还没到"] {
        std::hint::black_box(engine.triage(&Post::new(text), &mut scratch));
        let took = start.elapsed().as_secs_f64();
        let busy = process_seconds().unwrap_or_default() - before;
        let resident = status("self", "VmRSS:").unwrap_or_default();
        println!("{} {} {resident}", took * 1e3, busy * 1e3);
    }
    Ok(())
}

/// Start and memory in fresh processes, and allocations of an answer.
pub(crate) fn start(size: Size) -> Result<String, String> {
    let program = env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let mut columns = vec![Vec::new(); 6];
    for _ in 0..size.rounds * 3 {
        let output = Command::new(&program).arg("start").output();
        let output = output
            .map_err(|error| format!("this program: {error}"))?
            .stdout;
        let said = String::from_utf8_lossy(&output);
        let numbers = said.split_whitespace().map_while(|one| one.parse().ok());
        for (column, number) in columns.iter_mut().zip(numbers) {
            column.push(number);
        }
    }
    let spreads: Vec<Spread> = columns.into_iter().map(Spread::of).collect();
    let mut table = String::from(
        "| ready | ms on the wall | bar | ms on processors | resident, MB | bar |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    for (numbers, (name, time, memory)) in spreads
        .chunks(3)
        .zip([("without Chinese", 60, "–"), ("with Chinese", 150, "55")])
    {
        if let [took, busy, held] = numbers {
            let _ = writeln!(
                table,
                "| {name} | {took} | {time} | {busy} | {held} | {memory} |"
            );
        }
    }
    table += "\n| language | allocations a post, line to answer |\n|---|---:|\n";
    let engine = Engine::new().map_err(|error| error.to_string())?;
    let (mut scratch, mut buffer) = (engine.scratch(), Vec::new());
    for sample in &samples() {
        // The first pass fills what is remembered.
        growth::answer(&engine, &mut scratch, &mut buffer, &sample.lines);
        let counted = allocation_counter::measure(|| {
            growth::answer(&engine, &mut scratch, &mut buffer, &sample.lines);
        });
        let a_post = counted.count_total as f64 / sample.posts() as f64;
        let _ = writeln!(table, "| {} | {} |", sample.language, figure(a_post));
    }
    Ok(table)
}

/// What a run of the command took.
#[derive(Clone, Copy, Default)]
struct Run {
    /// Seconds on processors, all threads together.
    processor: f64,
    seconds: f64,
    /// The most that was resident, in MB.
    peak: f64,
}

/// The command line of the same build, if it is there.
fn binary() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    // target/release/deps/benchmarks-…: the command stands above.
    let path = program.parent()?.parent()?.join("hearken");
    path.exists().then_some(path)
}

/// Sends the posts of the sample through `hearken triage`, until `bytes` are written.
fn triage(binary: &PathBuf, threads: usize, bytes: usize) -> Result<Run, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", binary.display());
    let start = Instant::now();
    let mut child = Command::new(binary)
        .args(["triage", "--quiet", "--threads", &threads.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let lines: String = samples().iter().map(Sample::joined).collect();
    let (pipe, id) = (child.stdin.take(), child.id().to_string());
    let writer = std::thread::spawn(move || -> std::io::Result<()> {
        let mut written = 0;
        while let (Some(mut pipe), true) = (pipe.as_ref(), written < bytes) {
            pipe.write_all(lines.as_bytes())?;
            written += lines.len();
        }
        Ok(())
    });
    let mut run = Run::default();
    // Its times can be read until it is waited for, its memory only until it ends.
    loop {
        run.peak = status(&id, "VmHWM:").unwrap_or(run.peak);
        let text = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let fields: Vec<&str> = match text.rsplit_once(')') {
            Some((_, rest)) => rest.split_whitespace().collect(),
            None => break,
        };
        let ticks = |place: usize| fields.get(place).and_then(|one| one.parse::<f64>().ok());
        run.processor = (ticks(11).unwrap_or_default() + ticks(12).unwrap_or_default()) / TICKS;
        if fields.first() == Some(&"Z") {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    run.seconds = start.elapsed().as_secs_f64();
    let ended = child.wait().map_err(failed)?;
    let written = writer.join().map_err(|_| "the posts were not written")?;
    written.map_err(failed)?;
    match ended.success() {
        true => Ok(run),
        false => Err(format!("{} failed", binary.display())),
    }
}

/// Processor time with one and two threads, and memory with a small and a large pipe.
pub(crate) fn command(size: Size) -> Result<String, String> {
    let Some(binary) = binary() else {
        return Ok("not run: build the command first, as the head of this page says".to_owned());
    };
    let (many, large) = if size.quick {
        (2_000_000, 20_000_000)
    } else {
        (30_000_000, 300_000_000)
    };
    let mut runs = [Vec::new(), Vec::new()];
    for _ in 0..size.rounds {
        for (threads, runs) in [1, 2].iter().zip(&mut runs) {
            runs.push(triage(&binary, *threads, many)?);
        }
    }
    let mut table = format!(
        "{} MB of posts of the sample through `hearken triage`:\n\n| threads | seconds on processors | of \
         one thread (bar: × 1.05) | seconds on the wall |\n|---:|---:|---:|---:|\n",
        many / 1_000_000
    );
    let all = |runs: &[Run], of: fn(&Run) -> f64| Spread::of(runs.iter().map(of).collect());
    let first = all(&runs[0], |run| run.processor);
    for (threads, runs) in [1, 2].iter().zip(&runs) {
        let processor = all(runs, |run| run.processor);
        let _ = writeln!(
            table,
            "| {threads} | {processor} | {} | {} |",
            growth::multiple(processor, first),
            all(runs, |run| run.seconds)
        );
    }
    table += "\n| pipe, MB | peak resident, MB |\n|---:|---:|\n";
    for bytes in [10_000_000, large] {
        let peak = triage(&binary, 2, bytes)?.peak;
        let _ = writeln!(table, "| {} | {peak:.1} |", bytes / 1_000_000);
    }
    Ok(table)
}
