//! The machine, and what other benches and runs have: the counts that are checked in, the stages,
//! and the table of peers.

use std::fmt::Write;
use std::process::Command;

use criterion::Criterion;

use crate::{Size, counts, stages};

/// A field of `/proc/…`, after its colon.
fn field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

pub(crate) fn machine(_: Size) -> Result<String, String> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let rustc = Command::new("rustc").arg("-V").output();
    let rustc = rustc.map_err(|error| format!("rustc can't be asked for its version: {error}"))?;
    let unknown = || "unknown".to_owned();
    Ok(format!(
        "| | |\n|---|---|\n| processor | {} |\n| cores | {cores} |\n| memory | {} |\n| system | {} {} \
         |\n| compiler | {} |\n| build | release, thin LTO, no `target-cpu` |",
        field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
        field("/proc/meminfo", "MemTotal").unwrap_or_else(unknown),
        std::env::consts::OS,
        std::env::consts::ARCH,
        String::from_utf8_lossy(&rustc.stdout).trim()
    ))
}

pub(crate) fn instructions(_: Size) -> Result<String, String> {
    let (toolchain, table) = counts::kept_table()?;
    Ok(format!(
        "{table}\nThe counts that are checked in (`benches/instructions/counts.tsv`), of {toolchain}; \
         `docs/measured/instructions.md` says what they are. CI counts the answers anew and fails where \
         a language's count has grown by more than 2 % under the same toolchain."
    ))
}

pub(crate) fn stages(size: Size) -> Result<String, String> {
    let criterion = Criterion::default()
        .without_plots()
        .sample_size(10)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(if size.quick {
            50
        } else {
            1000
        }));
    Ok(stages::board(criterion))
}

/// The table that `benches/peers/speed.py` writes, as Markdown.
pub(crate) fn peers(_: Size) -> Result<String, String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/speed.tsv");
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let (mut notes, mut table) = (String::new(), String::new());
    for line in text.lines() {
        match line.strip_prefix("# ") {
            Some(note) => notes += &format!("{note}\n"),
            None => {
                let cells: Vec<&str> = line.split('\t').collect();
                let is_head = table.is_empty();
                let _ = writeln!(table, "| {} |", cells.join(" | "));
                if is_head {
                    let numbers = "---:|".repeat(cells.len().saturating_sub(2));
                    let _ = writeln!(table, "|---|---|{numbers}");
                }
            }
        }
    }
    Ok(format!("{notes}\n{table}"))
}
