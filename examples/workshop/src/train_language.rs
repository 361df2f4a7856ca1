//! `workshop train-language`: the table of the language identifier, from labelled JSON lines.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use hearken::internals::train_with_extra;
use serde_json::Value;

use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::input::Inputs;
use hearken_cli::labelled;
use hearken_cli::options::{Shared, language};
use hearken_cli::output::Output;
use hearken_cli::progress::Progress;
use hearken_cli::summary::{grouped, say, table};

/// Trains the table of the language identifier, which is compiled into hearken
///
/// For those who build hearken: data/models/language.md has the command of the table that comes
/// with it. The same lines give the same bytes. A line that can't be read ends the work, so that no
/// table is trained on less than it says.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  workshop train-language --data langid/train.jsonl --leave-out langid/valid.jsonl --extra reviews.jsonl:cs -o language.bin")]
pub(crate) struct Arguments {
    /// Lines with `text` and `label`, a language's code: the labels are trusted; can be
    /// given several times
    #[arg(long, required = true, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Lines with `text`, all of a collection in one language; those are dropped that are surely in
    /// another. Can be given several times
    #[arg(long, value_name = "FILE:LANGUAGE")]
    extra: Vec<String>,
    /// Lines whose `text` is left out of training, so that it can be measured on; can be
    /// given several times
    #[arg(long, value_name = "FILE")]
    leave_out: Vec<PathBuf>,
    /// The most lines taken of each --extra file
    #[arg(long, value_name = "N", default_value_t = 3000)]
    extra_lines: usize,
    /// The most characters taken of each --extra line
    #[arg(long, value_name = "N", default_value_t = 160)]
    extra_characters: usize,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let mut output = Output::open_binary(shared.output.as_deref(), "language.bin")?;
    let extra = arguments
        .extra
        .iter()
        .map(|argument| collection(argument))
        .collect::<Result<Vec<_>, Failure>>()?;
    let started = Instant::now();
    let progress = Progress::bytes(!shared.quiet, arguments.total_bytes(&extra)?);
    let reading = Reading {
        progress: &progress,
        bytes: Arc::default(),
    };
    let left_out = reading.left_out(&arguments.leave_out)?;
    let trusted = reading.trusted(&arguments.data, &left_out)?;
    let guests = reading.extra(&extra, &left_out, arguments)?;
    progress.set(reading.bytes.load(Ordering::Relaxed), "training".to_owned());
    let (lines, extra_lines) = (trusted.len() as u64, guests.len() as u64);
    let bytes = train_with_extra(trusted, guests)?;
    progress.finish();
    output.put(&bytes)?;
    output.finish()?;
    if !shared.quiet {
        let rows = [
            ("trusted lines", grouped(lines)),
            ("extra lines", grouped(extra_lines)),
            ("bytes", grouped(bytes.len() as u64)),
            ("seconds", format!("{:.1}", started.elapsed().as_secs_f64())),
        ];
        let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
        say(&table(&[], rows.to_vec(), &[1]));
    }
    Ok(Outcome::Done)
}

impl Arguments {
    /// The bytes of all inputs; each is looked at before the first is read.
    fn total_bytes(&self, extra: &[Collection]) -> Result<Option<u64>, Failure> {
        let files = self.leave_out.iter().chain(&self.data);
        let extra = extra.iter().map(|(path, _)| path);
        let all: Vec<PathBuf> = files.chain(extra).cloned().collect();
        Ok(Inputs::check(&all)?.total_bytes)
    }
}

/// A file and the language that all its lines are in.
type Collection = (PathBuf, String);
/// A text and its language.
type Labelled = (String, String);

/// The file and the language of an `--extra`.
fn collection(argument: &str) -> Result<Collection, Failure> {
    let (path, code) = argument.rsplit_once(':').ok_or_else(|| {
        Failure::message(format!(
            "--extra `{argument}` names no language; write FILE:LANGUAGE"
        ))
    })?;
    Ok((PathBuf::from(path), language(code, "--extra")?.to_owned()))
}

/// Reads the lines of one file after the other.
struct Reading<'a> {
    progress: &'a Progress,
    bytes: Arc<AtomicU64>,
}

impl Reading<'_> {
    /// The texts that must not be trained on.
    fn left_out(&self, files: &[PathBuf]) -> Result<BTreeSet<String>, Failure> {
        let mut left_out = BTreeSet::new();
        for path in files {
            self.each(path, |value| {
                left_out.insert(labelled::text(value, "text")?.to_owned());
                Ok(true)
            })?;
        }
        Ok(left_out)
    }

    /// The texts with trusted labels.
    fn trusted(
        &self,
        files: &[PathBuf],
        left_out: &BTreeSet<String>,
    ) -> Result<Vec<Labelled>, Failure> {
        let mut trusted = Vec::new();
        for path in files {
            self.each(path, |value| {
                let text = labelled::text(value, "text")?;
                if !left_out.contains(text) {
                    trusted.push((text.to_owned(), labelled::label(value, "label")?));
                }
                Ok(true)
            })?;
        }
        Ok(trusted)
    }

    /// The beginnings of the first texts of each collection.
    fn extra(
        &self,
        collections: &[Collection],
        left_out: &BTreeSet<String>,
        arguments: &Arguments,
    ) -> Result<Vec<Labelled>, Failure> {
        let mut extra = Vec::new();
        for (path, language) in collections {
            let before = extra.len();
            self.each(path, |value| {
                let text = labelled::text(value, "text")?;
                if extra.len() - before < arguments.extra_lines && !left_out.contains(text) {
                    let begun = text.chars().take(arguments.extra_characters).collect();
                    extra.push((begun, language.clone()));
                }
                Ok(extra.len() - before < arguments.extra_lines)
            })?;
        }
        Ok(extra)
    }

    /// Gives each line of `path` to `take` until it has enough.
    fn each(
        &self,
        path: &Path,
        mut take: impl FnMut(&Value) -> Result<bool, String>,
    ) -> Result<(), Failure> {
        let inputs = Inputs::check(&[path.to_owned()])?;
        let mut enough = false;
        inputs.each_block(&self.bytes, |block| {
            for line in &block.lines {
                if enough {
                    break;
                }
                let value = block.text(line).and_then(labelled::value);
                enough = !value.and_then(|value| take(&value)).map_err(|reason| {
                    Failure::message(format!(
                        "{}, line {}: {reason}",
                        inputs.name(line.source),
                        line.number
                    ))
                })?;
            }
            self.progress
                .set(self.bytes.load(Ordering::Relaxed), "reading".to_owned());
            Ok(())
        })
    }
}
