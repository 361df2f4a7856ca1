//! The command line: triage of dumps, reasons for one post, own heads from labelled data, and
//! what they reach.

mod backtest;
mod backtest_report;
mod coverage;
mod evaluate;
mod evaluate_all;
mod explain;
mod failure;
mod input;
mod judge;
mod labelled;
mod learn;
mod options;
mod output;
mod progress;
mod queue;
mod series;
mod share;
mod stateful;
mod summary;
mod topics;
mod train;
mod train_bundled;
mod train_language;
mod trends;
mod triage;
mod unlearn;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use failure::{Failure, Outcome};
use options::Shared;

/// Triage of social-media posts: spam or not, how important, which topic, which sentiment.
///
/// Posts are JSON objects, one a line (JSONL), of which only `text` is required:
///
///   {"id":"77","text":"Where is my parcel?","created_at":"2026-03-01T08:15:00+08:00"}
///
/// Files that end in .gz or .zst are read as they are, and so is a compressed standard input.
#[derive(Parser)]
#[command(
    name = "hearken",
    version,
    after_long_help = "\
Exit code: 0 done; 1 done, but lines were rejected and --strict was given; 2 nothing written, because the command or
an input was wrong (one sentence on standard error says what to mend).

To begin with:
  hearken triage data/sample/posts.jsonl | head
  hearken explain --text 'My parcel is lost and nobody answers!'"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Subcommand)]
enum Command {
    Triage(triage::Arguments),
    Explain(explain::Arguments),
    Train(train::Arguments),
    TrainBundled(train_bundled::Arguments),
    Evaluate(evaluate::Arguments),
    Learn(learn::Arguments),
    Unlearn(unlearn::Arguments),
    Judge(judge::Arguments),
    Coverage(coverage::Arguments),
    Backtest(backtest::Arguments),
    Share(share::Arguments),
    Series(series::Arguments),
    Trends(trends::Arguments),
    Queue(queue::Arguments),
    TrainLanguage(train_language::Arguments),
}

fn main() -> ExitCode {
    match run() {
        Ok(Outcome::Done) | Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Ok(Outcome::Rejected) => ExitCode::from(1),
        Err(Failure::Message(message)) => {
            // Nothing is left to be done if standard error is closed too.
            let _ = writeln!(io::stderr(), "hearken: {message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<Outcome, Failure> {
    let matches = Arguments::command().try_get_matches();
    let arguments = match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => return wrong_usage(&error),
    };
    let shared = &arguments.shared;
    shared.start_threads()?;
    match &arguments.command {
        Command::Triage(arguments) => triage::run(arguments, shared),
        Command::Explain(arguments) => explain::run(arguments, shared),
        Command::Train(arguments) => train::run(arguments, shared),
        Command::TrainBundled(arguments) => train_bundled::run(arguments, shared),
        Command::Evaluate(arguments) => evaluate::run(arguments, shared),
        Command::Learn(arguments) => learn::run(arguments, shared),
        Command::Unlearn(arguments) => unlearn::run(arguments, shared),
        Command::Judge(arguments) => judge::run(arguments, shared),
        Command::Coverage(arguments) => coverage::run(arguments, shared),
        Command::Backtest(arguments) => backtest::run(arguments, shared),
        Command::Share(arguments) => share::run(arguments, shared),
        Command::Series(arguments) => series::run(arguments, shared),
        Command::Trends(arguments) => trends::run(arguments, shared),
        Command::Queue(arguments) => queue::run(arguments, shared),
        Command::TrainLanguage(arguments) => train_language::run(arguments, shared),
    }
}

/// Prints what was asked for (help, version), or makes one sentence of clap's paragraphs.
fn wrong_usage(error: &clap::Error) -> Result<Outcome, Failure> {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let _ = error.print();
        return Ok(Outcome::Done);
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Err(Failure::message(
            "a command is missing; `hearken --help` lists them",
        ));
    }
    let rendered = error.render().to_string();
    let end =
        |line: &&str| !line.starts_with("Usage:") && !line.starts_with("For more information");
    let sentence: Vec<&str> = rendered
        .lines()
        .map(str::trim)
        .take_while(end)
        .filter(|line| !line.is_empty())
        .collect();
    let sentence = sentence.join(" ");
    Err(Failure::message(format!(
        "{}; `--help` tells more",
        sentence.trim_start_matches("error: ")
    )))
}
