//! `hearken judge`: whether one head may take another's place.

use std::path::PathBuf;

use hearken::Engine;
use hearken::learn::Gate;

use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::labelled::LabelledOptions;
use hearken_cli::options::{Shared, read_model};
use hearken_cli::output::Output;

/// Judges whether a head, or an overlay, may take the place of the one that runs: on labelled lines
/// that it never saw
///
/// Compares macro F1 and log loss on the same texts, each with its interval. Exit code 0 if the
/// candidate is not worse beyond noise, 2 if it is. `hearken learn --held-out` does the same
/// before it writes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken judge --task reason --running reason.model --candidate new.model checked.jsonl
  hearken judge --task sentiment --candidate-overlay sentiment.overlay checked.jsonl --json")]
pub(crate) struct Arguments {
    /// Files of labelled texts, plain, .gz or .zst; - is standard input
    #[arg(value_name = "HELD_OUT", required = true)]
    files: Vec<PathBuf>,
    /// The head
    #[arg(long, value_name = "NAME")]
    task: String,
    /// The model that runs [default: the bundled one]
    #[arg(long, value_name = "FILE")]
    running: Option<PathBuf>,
    /// The overlay that runs
    #[arg(long, value_name = "FILE")]
    running_overlay: Option<PathBuf>,
    /// The model that may take its place [default: the bundled one]
    #[arg(long, value_name = "FILE")]
    candidate: Option<PathBuf>,
    /// The overlay that may take its place
    #[arg(long, value_name = "FILE")]
    candidate_overlay: Option<PathBuf>,
    #[command(flatten)]
    labelled: LabelledOptions,
    /// Print one line of JSON instead of a sentence
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let running = engine(
        arguments.running.as_ref(),
        arguments.running_overlay.as_ref(),
    )?;
    let candidate = engine(
        arguments.candidate.as_ref(),
        arguments.candidate_overlay.as_ref(),
    )?;
    let mut output = Output::open(shared.output.as_deref())?;
    let labelled = arguments.labelled.read(&arguments.files, shared.quiet)?;
    let judgement =
        Gate::new(&arguments.task, labelled.examples.clone())?.judge(&running, &candidate)?;
    match (arguments.json, judgement.accepted) {
        (true, _) => output.put_json(&judgement)?,
        (false, true) => output.put(format!("accepted: {}\n", judgement.reason).as_bytes())?,
        (false, false) => {}
    }
    output.finish()?;
    match judgement.accepted {
        true => Ok(arguments.labelled.outcome(&[&labelled])),
        false => Err(Failure::message(format!("refused: {}", judgement.reason))),
    }
}

/// The bundled engine, with a model in the place of its head of the same name, and with an overlay.
fn engine(model: Option<&PathBuf>, overlay: Option<&PathBuf>) -> Result<Engine, Failure> {
    let builder = match model {
        Some(path) => Engine::builder().model(read_model(path)?),
        None => Engine::builder(),
    };
    let engine = builder.build()?;
    match overlay {
        Some(path) => engine
            .with_overlay(&read_model(path)?)
            .map_err(|error| Failure::about(path.display(), &error)),
        None => Ok(engine),
    }
}
