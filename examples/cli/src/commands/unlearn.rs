//! `hearken unlearn`: a line in a log of corrections that takes labels back.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use hearken::learn::{Day, Line, Log, Replay, Retraction, Target};

use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::mask;
use hearken_cli::options::Shared;
use hearken_cli::output::Output;
use hearken_cli::summary::{grouped, say};

/// Takes labels back: appends a line to a log of corrections, which covers what stands before it
///
/// Nothing is deleted: the log keeps the labels, and why they were taken back stands beside them.
/// `hearken learn` then makes the overlay as if they had never been given.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken unlearn corrections.jsonl --post 77 --task sentiment --reason 'a slip of the mouse'
  hearken unlearn corrections.jsonl --post 77 --task suggest --reason 'another entry answers it'
  hearken unlearn corrections.jsonl --by eva --reason 'took irony for praise'
  hearken unlearn corrections.jsonl --day 2026-03-01 --reason 'the import was shifted by a row'")]
pub(crate) struct Arguments {
    /// The log
    #[arg(value_name = "LOG")]
    log: PathBuf,
    #[command(flatten)]
    target: Which,
    /// Of --post only the label for this head [default: for all]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["by", "day"])]
    task: Option<String>,
    /// Why, for those who read the log
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The labels of this post
    #[arg(long, value_name = "ID")]
    post: Option<String>,
    /// All labels by this person
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// All labels of this day (UTC), as in 2026-03-01
    #[arg(long, value_name = "DATE")]
    day: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let target = arguments.target()?;
    let reason = arguments.reason.trim().to_owned();
    if reason.is_empty() {
        return Err(Failure::message(
            "--reason is empty; say why the labels are taken back",
        ));
    }
    let mut output = Output::open(shared.output.as_deref())?;
    let log = arguments.log.display();
    let taken = Replay::open(&arguments.log)?.corrections.retract(&target);
    if taken == 0 {
        return Err(Failure::message(format!(
            "no label in {log} matches; nothing was appended"
        )));
    }
    let at = now();
    append(
        &arguments.log,
        Line::Retract(Retraction { target, reason, at }),
    )?;
    let labels = if taken == 1 { "label" } else { "labels" };
    output.put(format!("{} {labels} taken back in {log}\n", grouped(taken)).as_bytes())?;
    output.finish()?;
    Ok(Outcome::Done)
}

impl Arguments {
    /// What to take back.
    fn target(&self) -> Result<Target, Failure> {
        let Which { post, by, day } = &self.target;
        Ok(match (post, by, day) {
            (Some(post), ..) => Target::Post {
                post: post.clone(),
                task: self.task.clone(),
            },
            (_, Some(by), _) => Target::By(by.clone()),
            (_, _, Some(day)) => {
                Target::Day(Day::parse(day).map_err(|error| Failure::about("--day", &error))?)
            }
            _ => {
                return Err(Failure::message(
                    "say what to take back: --post, --by or --day",
                ));
            }
        })
    }
}

/// Appends a line to a log; what was cut off at its end is taken out and said.
pub(super) fn append(log: &Path, line: Line) -> Result<(), Failure> {
    let (mut file, torn) = Log::open(log)?;
    if let Some(torn) = torn {
        say(&format!(
            "hearken: {}, line {}: its writing was cut off, it was taken out: {}\n",
            log.display(),
            torn.line,
            mask::text(&torn.text)
        ));
    }
    Ok(file.append(&[line])?)
}

/// Milliseconds since the Unix epoch.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}
