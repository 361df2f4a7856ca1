//! `hearken train-language`: the table of the language identifier, from labelled JSONL.

use serde_json::Value;
use std::collections::BTreeSet;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// Trains the table of the language identifier.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// JSONL whose lines have `text` and `label`, a language tag: the trusted lines.
    #[arg(long, required = true, value_name = "LANGID.jsonl")]
    data: Vec<PathBuf>,
    /// JSONL whose lines have `text`, all in one language: lines of a collection, read with a guard.
    #[arg(long, value_name = "FILE:LANGUAGE")]
    extra: Vec<String>,
    /// JSONL whose texts are left out of training, so that they can be measured on.
    #[arg(long, value_name = "VALID.jsonl")]
    leave_out: Vec<PathBuf>,
    /// The most lines taken of each `--extra` file.
    #[arg(long, default_value_t = 3000)]
    extra_lines: usize,
    /// The most characters taken of each `--extra` line.
    #[arg(long, default_value_t = 160)]
    extra_characters: usize,
    /// The table to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Trains, writes beside the output and renames, so that a failure leaves no half a file.
pub(crate) fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let mut left_out = BTreeSet::new();
    for path in &args.leave_out {
        each_line(path, |line| {
            left_out.insert(field(line, "text")?.to_string());
            Ok(())
        })?;
    }
    let mut lines = Vec::new();
    for path in &args.data {
        each_line(path, |line| {
            let text = field(line, "text")?;
            if !left_out.contains(text) {
                lines.push((text.to_string(), field(line, "label")?.to_string()));
            }
            Ok(())
        })?;
    }
    let mut extra = Vec::new();
    for argument in &args.extra {
        let (path, language) =
            argument.rsplit_once(':').ok_or_else(|| format!("--extra {argument}: write it as FILE:LANGUAGE"))?;
        let mut taken = 0;
        each_line(Path::new(path), |line| {
            let text = field(line, "text")?;
            if taken < args.extra_lines && !left_out.contains(text) {
                taken += 1;
                extra.push((text.chars().take(args.extra_characters).collect(), language.to_string()));
            }
            Ok(())
        })?;
    }
    let (trusted, guarded) = (lines.len(), extra.len());
    let table = hearken::train::language::train_with_extra(lines, extra)?;
    let beside = args.output.with_extension("part");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(&table)?;
        file.sync_all()?;
        fs::rename(&beside, &args.output)
    };
    write().map_err(|error| format!("{}: {error}", args.output.display()))?;
    eprintln!("{}: {} bytes from {trusted} lines and {guarded} extra ones", args.output.display(), table.len());
    Ok(())
}

fn each_line(path: &Path, mut take: impl FnMut(&Value) -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let name = path.display();
    let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| format!("{name}, line {}: {error}", number + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        let value: Value =
            serde_json::from_str(&line).map_err(|error| format!("{name}, line {}: {error}", number + 1))?;
        take(&value).map_err(|error| format!("{name}, line {}: {error}", number + 1))?;
    }
    Ok(())
}

fn field<'a>(line: &'a Value, name: &str) -> Result<&'a str, Box<dyn Error>> {
    Ok(line.get(name).and_then(Value::as_str).ok_or_else(|| format!("no `{name}` that is a string"))?)
}
