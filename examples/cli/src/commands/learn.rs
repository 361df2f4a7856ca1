//! `hearken learn`: an overlay from a log of corrections, judged before it is written.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use hearken::learn::{Compared, DEFAULT_STRENGTH, Gate, Judgement, Learner, Replay};

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
    let output = match (&shared.output, arguments.held_out.as_slice()) {
        (None, []) => {
            return Err(Failure::message(
                "there is nowhere to write to; name a file, as in -o NAME.overlay, or --held-out FILE to see what it would do",
            ));
        }
        (None, _) => None,
        (path, _) => Some(Output::open_binary(path.as_deref(), "NAME.overlay")?),
    };
    let mut replay = Replay::default();
    for path in &arguments.logs {
        replay.merge(Replay::open(path)?);
    }
    for torn in &replay.torn {
        let (log, line) = (&torn.log, torn.line);
        say(&format!(
            "hearken: {log}, line {line}: its writing was cut off; the rest of the log is used\n"
        ));
    }
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
    let mut judgement = None;
    if let Some(labelled) = &held_out {
        let known: BTreeSet<String> = replay
            .corrections
            .standing(&arguments.task)
            .map(|correction| correction.text)
            .collect();
        let examples: Vec<_> = labelled
            .examples
            .iter()
            .filter(|example| !known.contains(&example.text))
            .cloned()
            .collect();
        rows.push(row("held-out texts", grouped(examples.len() as u64)));
        rows.push(row(
            "left out, in the log",
            grouped((labelled.examples.len() - examples.len()) as u64),
        ));
        let found = Gate::new(&arguments.task, examples)?.judge(&running, &candidate)?;
        rows.extend(figures(&found));
        judgement = Some(found);
    }
    rows.push(row("features", grouped(overlay.rows() as u64)));
    rows.push(row("bytes", grouped(bytes.len() as u64)));
    rows.push(row("seconds", format!("{seconds:.2}")));
    if !shared.quiet {
        say(&table(&[], rows, &[1]));
    }
    if let Some(refused) = judgement.as_ref().filter(|judgement| !judgement.accepted) {
        let nothing = if output.is_some() {
            "; nothing was written"
        } else {
            ""
        };
        return Err(Failure::message(format!(
            "refused: {}{nothing}",
            refused.reason
        )));
    }
    if let (Some(accepted), false) = (&judgement, shared.quiet) {
        say(&format!("accepted: {}\n", accepted.reason));
    }
    if let Some(mut output) = output {
        output.put(&bytes)?;
        output.finish()?;
    }
    Ok(arguments
        .labelled
        .outcome(&held_out.iter().collect::<Vec<_>>()))
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
