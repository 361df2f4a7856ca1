//! `hearken completions` and `hearken man`: what a shell and `man` know of the command line.

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::options::Shared;
use hearken_cli::output::Output;

/// Prints what a shell needs to complete commands and options
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken completions bash -o ~/.local/share/bash-completion/completions/hearken
  hearken completions zsh -o ~/.zfunc/_hearken
  hearken completions fish -o ~/.config/fish/completions/hearken.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the page of the manual: of the program, or of one of its commands
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken man | man -l -
  hearken man queue -o hearken-queue.1")]
pub(crate) struct Manual {
    /// The command
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(crate) fn completions(
    arguments: &Completions,
    mut program: Command,
    shared: &Shared,
) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, "hearken", &mut script);
    put(&script, shared)
}

pub(crate) fn manual(
    arguments: &Manual,
    mut program: Command,
    shared: &Shared,
) -> Result<Outcome, Failure> {
    program.build();
    let command = match &arguments.command {
        None => program,
        Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::message(format!(
                "there is no command `{name}`; `hearken --help` lists them"
            ))
        })?,
    };
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::message(format!("the page can't be made: {error}")))?;
    put(&page, shared)
}

fn put(bytes: &[u8], shared: &Shared) -> Result<Outcome, Failure> {
    let mut output = Output::open(shared.output.as_deref())?;
    output.put(bytes)?;
    output.finish()?;
    Ok(Outcome::Done)
}
