//! How a program begins and ends: its arguments, its exit code, and one sentence about a failure.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::failure::{Failure, Outcome};
use crate::{files, mask, signals};

/// Runs `act` on the arguments of the program called `name`. Exit code 0 is done, 1 done but for
/// rejected lines, 2 a failure, which is said in one sentence on standard error.
pub fn run<A: Parser>(name: &str, act: impl FnOnce(&A) -> Result<Outcome, Failure>) -> ExitCode {
    signals::watch();
    let mut command = A::command();
    let parsed = command.try_get_matches_from_mut(std::env::args_os());
    let parsed = parsed.and_then(|matches| Ok((A::from_arg_matches(&matches)?, matches)));
    let outcome = match parsed {
        Ok((arguments, matches)) => files::check(&command, &matches).and_then(|()| act(&arguments)),
        Err(error) => wrong_usage(name, &error),
    };
    match outcome {
        Ok(Outcome::Done) | Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Ok(Outcome::Rejected) => ExitCode::from(1),
        Err(Failure::Message(message)) => {
            // Nothing is left to be done if standard error is closed too.
            let _ = writeln!(io::stderr(), "{name}: {}", mask::text(&message));
            ExitCode::from(2)
        }
    }
}

/// Prints what was asked for (help, version), or makes one sentence of clap's paragraphs.
fn wrong_usage(name: &str, error: &clap::Error) -> Result<Outcome, Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            return Ok(Outcome::Done);
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return Err(Failure::message(format!(
                "a command is missing; `{name} --help` lists them"
            )));
        }
        _ => {}
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
        "{}; see `--help`",
        sentence.trim_start_matches("error: ")
    )))
}
