//! `hearken learn`: an overlay from a log of corrections, judged before it is written.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use hearken::learn::{Compared, DEFAULT_STRENGTH, Gate, Judgement, Learner, Replay};

use hearken::train::Example;
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::labelled::LabelledOptions;
use hearken_cli::options::{EngineOptions, Shared};
use hearken_cli::output::Output;
use hearken_cli::summary::{grouped, say, table};

/// Learns from a log of corrections: replays it, and makes an overlay that changes what a head says
/// of posts like them
///
/// The overlay is a small file beside the head, which stays as it is; `triage`, `explain` and
/// `evaluate` take it with --overlay. With --held-out it is judged first, against the head with the
/// --overlay that runs now, if any: a worse one is refused, with exit code 2 and no file. Without
/// -o nothing is written, and the figures say what it would do.
#[derive(clap::Args)]
#[command(after_help = "\
A line of the log is a label or takes labels back (`hearken unlearn` appends those):
  {\"post\":\"77\",\"task\":\"sentiment\",\"text\":\"…\",\"label\":\"negative\",\"by\":\"eva\",\"at\":\"2026-03-01T08:15:00Z\"}

Examples:
  hearken learn corrections.jsonl --task sentiment -o sentiment.overlay
  hearken learn corrections.jsonl --task sentiment --overlay sentiment.overlay --held-out checked.jsonl -o sentiment.overlay
  hearken learn corrections.jsonl --task sentiment --strength 3 --held-out checked.jsonl")]
pub(crate) struct Arguments {
    /// Logs of corrections; of several, each one's retractions cover its own lines
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,
    /// The head to learn for
    #[arg(long, value_name = "NAME")]
    task: String,
    #[command(flatten)]
    engine: EngineOptions,
    /// Labelled texts that decide whether the overlay is written; those that are also in the log
    /// are left out. Can be given several times
    #[arg(long, value_name = "FILE")]
    held_out: Vec<PathBuf>,
    #[command(flatten)]
    labelled: LabelledOptions,
    /// How strongly corrections count: the variance of the weights that they may give, in log-odds
    #[arg(long, value_name = "X", default_value_t = DEFAULT_STRENGTH)]
    strength: f64,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let output = arguments.output(shared)?;
    let replay = replay(&arguments.logs)?;
    let running = arguments.engine.engine()?;
    let held_out = match arguments.held_out.is_empty() {
        true => None,
        false => Some(arguments.labelled.read(&arguments.held_out, shared.quiet)?),
    };
    let started = Instant::now();
    let mut learner = Learner::new(&running, &arguments.task)?.with_strength(arguments.strength)?;
    let followed = learner.follow(&replay.corrections)?;
    let overlay = learner.overlay()?;
    let seconds = started.elapsed().as_secs_f64();
    let candidate = running.with_overlay(&overlay)?;
    let bytes = overlay.to_bytes();

    let mut rows = vec![
        row("labels in the log", grouped(replay.learnt)),
        row("taken back", grouped(replay.retracted)),
        row("standing", grouped(followed.standing as u64)),
    ];
    let judgement = match &held_out {
        Some(held_out) => {
            let gate = arguments.gate(&replay, &held_out.examples, &mut rows)?;
            let judgement = gate.judge(&running, &candidate)?;
            rows.extend(figures(&judgement));
            Some(judgement)
        }
        None => None,
    };
    rows.push(row("features", grouped(overlay.rows() as u64)));
    rows.push(row("bytes", grouped(bytes.len() as u64)));
    rows.push(row("seconds", format!("{seconds:.2}")));
    if !shared.quiet {
        say(&table(&[], rows, &[1]));
    }
    finish(output, &bytes, judgement.as_ref(), shared.quiet)?;
    let read: Vec<_> = held_out.iter().collect();
    Ok(arguments.labelled.outcome(&read))
}

impl Arguments {
    /// Where the overlay goes; none if it is only to be judged.
    fn output(&self, shared: &Shared) -> Result<Option<Output>, Failure> {
        match (shared.output.as_deref(), self.held_out.as_slice()) {
            (None, []) => Err(Failure::message(
                "there is nowhere to write to; name a file, as in -o NAME.overlay, or --held-out \
                 FILE to see what it would do",
            )),
            (None, _) => Ok(None),
            (path, _) => Output::open_binary(path, "NAME.overlay").map(Some),
        }
    }

    /// What judges the overlay: the held-out texts that are not in the log. Their numbers
    /// go to `rows`.
    fn gate(
        &self,
        replay: &Replay,
        held_out: &[Example],
        rows: &mut Vec<Vec<String>>,
    ) -> Result<Gate, Failure> {
        let standing = replay.corrections.standing(&self.task);
        let known: BTreeSet<String> = standing.map(|correction| correction.text).collect();
        let examples: Vec<Example> = held_out
            .iter()
            .filter(|example| !known.contains(&example.text))
            .cloned()
            .collect();
        let left_out = held_out.len() - examples.len();
        rows.push(row("held-out texts", grouped(examples.len() as u64)));
        rows.push(row("left out, in the log", grouped(left_out as u64)));
        Ok(Gate::new(&self.task, examples)?)
    }
}

/// The logs, replayed; what was cut off in them is said.
pub(super) fn replay(logs: &[PathBuf]) -> Result<Replay, Failure> {
    let mut replay = Replay::default();
    for path in logs {
        replay.merge(Replay::open(path)?);
    }
    for torn in &replay.torn {
        let (log, line) = (&torn.log, torn.line);
        say(&format!(
            "hearken: {log}, line {line}: its writing was cut off; the rest of the log is used\n"
        ));
    }
    Ok(replay)
}

/// Writes the overlay unless it was refused, and says what the judgement was.
fn finish(
    output: Option<Output>,
    bytes: &[u8],
    judgement: Option<&Judgement>,
    quiet: bool,
) -> Result<(), Failure> {
    match judgement {
        Some(refused) if !refused.accepted => {
            let nothing = match output {
                Some(_) => "; nothing was written",
                None => "",
            };
            return Err(Failure::message(format!(
                "refused: {}{nothing}",
                refused.reason
            )));
        }
        Some(accepted) if !quiet => say(&format!("accepted: {}\n", accepted.reason)),
        _ => {}
    }
    match output {
        Some(mut output) => {
            output.put(bytes)?;
            output.finish()
        }
        None => Ok(()),
    }
}

fn row(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

/// Both figures, before and after.
fn figures(judgement: &Judgement) -> Vec<Vec<String>> {
    let shown =
        |compared: &Compared| format!("{:.4} → {:.4}", compared.running, compared.candidate);
    vec![
        row("macro F1", shown(&judgement.macro_f1)),
        row("log loss", shown(&judgement.log_loss)),
    ]
}
