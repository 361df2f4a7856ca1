//! Writes `BENCHMARKS.md`, all of it or one part:
//! `cargo bench --features train --bench benchmarks -- -o BENCHMARKS.md [--only PART] [--quick]`.
//!
//! What is compared is measured in turn, round after round, in time of this thread on a processor
//! where the system tells it (Linux): load of others then falls on all alike. `--quick` takes small
//! sizes and few rounds, to see that all works.

#[path = "../instructions/counts.rs"]
mod counts;
#[path = "../../tests/support/flow.rs"]
mod flow;
mod growth;
mod kept;
#[path = "../support/overload.rs"]
#[allow(dead_code, reason = "the bench of the queue needs more of it")]
mod overload;
mod page;
mod process;
#[path = "../support/queue_growth.rs"]
mod queue_growth;
#[path = "../support/stages.rs"]
mod stages;
mod state;
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;

use page::Page;

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// Rounds of what is compared.
    pub(crate) rounds: usize,
    /// Only looks whether all works.
    pub(crate) quick: bool,
}

impl Size {
    /// The sizes of a series, without those that take long where it is to be quick.
    pub(crate) fn of<'s>(&self, all: &'s [usize], quick: usize) -> &'s [usize] {
        match self.quick {
            true => all.get(..quick).unwrap_or(all),
            false => all,
        }
    }
}

/// A part of the page: its name for `--only`, its title, and what writes it.
type Part = (
    &'static str,
    &'static str,
    fn(Size) -> Result<String, String>,
);

const PARTS: [Part; 14] = [
    ("machine", "Machine", kept::machine),
    (
        "instructions",
        "Instructions and misses a post",
        kept::instructions,
    ),
    ("floor", "Beside the floor", growth::floor),
    ("stages", "Stages", kept::stages),
    ("length", "Growth: length of a post", growth::length),
    ("topics", "Growth: topics", growth::topics),
    ("terms", "Growth: monitored terms", growth::terms),
    ("heads", "Growth: labels of an own head", growth::heads),
    (
        "posts",
        "Growth: posts, with and without state",
        state::posts,
    ),
    ("trends", "Growth: days of trends", state::trends),
    ("queue", "Growth: cases in the queue", state::queue),
    ("start", "Start, memory, allocations", process::start),
    (
        "command",
        "The command: threads, and a pipe",
        process::command,
    ),
    ("peers", "Peers", kept::peers),
];

const HEAD: &str = "# Benchmarks

Written by a command, all of it or one part (`--only PART`):

```sh
cargo build --release -p hearken-cli     # for the part `command`
cargo bench --features train --bench benchmarks -- -o BENCHMARKS.md
```

Times are of one thread on a processor, unless a table says otherwise: the median, and in brackets
the least and the most of the rounds. What is compared was measured in turn, so ratios hold on a
machine that is loaded; absolute times are longer there. Each part says how loaded it was.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("benchmarks: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), String> {
    // `cargo test --benches` has no `--bench`, and wants no more than to see it built.
    if let ["start", ..] = arguments {
        return process::child();
    }
    if !arguments.contains(&"--bench") {
        return Ok(());
    }
    let after = |name: &str| {
        let place = arguments.iter().position(|argument| *argument == name)?;
        arguments.get(place + 1).copied()
    };
    let (path, only) = (after("-o"), after("--only"));
    let names: Vec<&str> = PARTS.iter().map(|(name, ..)| *name).collect();
    if let Some(unknown) = only.filter(|only| !names.contains(only)) {
        let known = names.join(", ");
        return Err(format!(
            "there is no part {unknown:?}; write one of {known}"
        ));
    }
    let quick = arguments.contains(&"--quick");
    let size = Size {
        rounds: if quick { 2 } else { 7 },
        quick,
    };
    let before = path.and_then(|path| std::fs::read_to_string(path).ok());
    let before = Page::read(&before.unwrap_or_default());
    let mut page = Page::default();
    for (name, title, write) in PARTS {
        let body = match before.section(title) {
            _ if only.is_none_or(|only| only == name) => {
                eprintln!("{name} …");
                measured(write, size).map_err(|error| format!("{name}: {error}"))?
            }
            Some(body) => body.to_owned(),
            None => continue,
        };
        page.push(title, &body);
    }
    let text = page.write(HEAD);
    match path {
        Some(path) => std::fs::write(path, text).map_err(|error| format!("{path}: {error}")),
        None => {
            println!("{text}");
            Ok(())
        }
    }
}

/// What a part writes, and how loaded the machine was before and after it.
fn measured(write: fn(Size) -> Result<String, String>, size: Size) -> Result<String, String> {
    let load = || {
        let text = std::fs::read_to_string("/proc/loadavg").ok()?;
        text.split_whitespace().next().map(str::to_owned)
    };
    let before = load();
    let body = write(size)?;
    let said = before.zip(load()).map_or(String::new(), |(before, after)| {
        format!("\n\nLoad of the machine: {before} before, {after} after.")
    });
    Ok(body.trim().to_owned() + &said)
}
