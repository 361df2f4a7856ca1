//! The makers' tools: they train what is compiled into hearken, and write EVALUATION.md.

mod evaluate_all;
mod train_bundled;
mod train_language;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use hearken_cli::options::Shared;
use hearken_cli::program;

/// Trains the models that are compiled into hearken, and measures them. For those who work on
/// hearken itself; run it in the project's folder.
#[derive(Parser)]
#[command(name = "workshop", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Subcommand)]
enum Command {
    TrainBundled(train_bundled::Arguments),
    TrainLanguage(train_language::Arguments),
    EvaluateAll(evaluate_all::Arguments),
}

fn main() -> ExitCode {
    program::run("workshop", |arguments: &Arguments| {
        let shared = &arguments.shared;
        shared.start_threads()?;
        match &arguments.command {
            Command::TrainBundled(arguments) => train_bundled::run(arguments, shared),
            Command::TrainLanguage(arguments) => train_language::run(arguments, shared),
            Command::EvaluateAll(arguments) => evaluate_all::run(arguments, shared),
        }
    })
}
