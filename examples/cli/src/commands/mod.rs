//! The commands, a file each.

mod accept;
mod backtest;
mod backtest_report;
mod complete;
mod coverage;
mod evaluate;
mod explain;
mod forget;
mod judge;
mod learn;
mod mask;
mod queue;
mod queue_files;
mod queue_rows;
mod queue_texts;
mod report;
mod series;
mod share;
mod stateful;
mod suggest;
mod topics;
mod train;
mod trends;
mod triage;
mod unlearn;
mod words;

use clap::Subcommand;
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::options::Shared;

#[derive(Subcommand)]
pub(crate) enum Command {
    Triage(triage::Arguments),
    Explain(explain::Arguments),
    Train(train::Arguments),
    Evaluate(evaluate::Arguments),
    Learn(learn::Arguments),
    Unlearn(unlearn::Arguments),
    Accept(accept::Arguments),
    Judge(judge::Arguments),
    Coverage(coverage::Arguments),
    Backtest(backtest::Arguments),
    Share(share::Arguments),
    Series(series::Arguments),
    Trends(trends::Arguments),
    Queue(queue::Arguments),
    Report(report::Arguments),
    Suggest(suggest::Arguments),
    Mask(mask::Arguments),
    Words(words::Arguments),
    Forget(forget::Arguments),
    Completions(complete::Completions),
    #[command(name = "man")]
    Manual(complete::Manual),
}

impl Command {
    /// Does what was asked for; `program` is the command line as a whole.
    pub(crate) fn run(
        &self,
        program: fn() -> clap::Command,
        shared: &Shared,
    ) -> Result<Outcome, Failure> {
        match self {
            Command::Triage(arguments) => triage::run(arguments, shared),
            Command::Explain(arguments) => explain::run(arguments, shared),
            Command::Train(arguments) => train::run(arguments, shared),
            Command::Evaluate(arguments) => evaluate::run(arguments, shared),
            Command::Learn(arguments) => learn::run(arguments, shared),
            Command::Unlearn(arguments) => unlearn::run(arguments, shared),
            Command::Accept(arguments) => accept::run(arguments, shared),
            Command::Judge(arguments) => judge::run(arguments, shared),
            Command::Coverage(arguments) => coverage::run(arguments, shared),
            Command::Backtest(arguments) => backtest::run(arguments, shared),
            Command::Share(arguments) => share::run(arguments, shared),
            Command::Series(arguments) => series::run(arguments, shared),
            Command::Trends(arguments) => trends::run(arguments, shared),
            Command::Queue(arguments) => queue::run(arguments, shared),
            Command::Report(arguments) => report::run(arguments, shared),
            Command::Suggest(arguments) => suggest::run(arguments, shared),
            Command::Mask(arguments) => mask::run(arguments, shared),
            Command::Words(arguments) => words::run(arguments, shared),
            Command::Forget(arguments) => forget::run(arguments, shared),
            Command::Completions(asked) => complete::completions(asked, program(), shared),
            Command::Manual(asked) => complete::manual(asked, program(), shared),
        }
    }
}
