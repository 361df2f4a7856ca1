//! The command `hearken-service`: runs the service, checks a configuration, makes a token.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use hearken_service::auth::{Role, new_token};
use hearken_service::config::Config;
use hearken_service::failure::{Failure, Result};
use hearken_service::serve;

/// hearken as a service: posts come in by HTTP, agents work on the queue
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    /// The configuration (TOML)
    #[arg(default_value = "service.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Check a configuration, the files that it names included; nothing is started
    Check {
        /// The configuration (TOML)
        config: PathBuf,
    },
    /// Make a token: the token for who uses it, and its hash for the configuration
    Token,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        None => run(&arguments.config),
        Some(Command::Check { config }) => check(&config),
        Some(Command::Token) => token(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&mut std::io::stderr(), &format!("hearken-service: {error}"));
            // As the command line: 2 is wrong usage or an input that can't be read.
            ExitCode::from(2)
        }
    }
}

/// A line of output; whoever closed the pipe does not want it.
fn say(out: &mut impl Write, line: &str) {
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

fn run(path: &std::path::Path) -> Result<()> {
    let config = Config::read(path)?;
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .init();
    serve::run(config, |address| {
        say(
            &mut std::io::stdout(),
            &format!("listening on http://{address}"),
        );
    })
}

fn check(path: &std::path::Path) -> Result<()> {
    let config = Config::read(path)?;
    let engine = hearken_service::serve::bare_engine()?;
    let tenants = serve::tenants(&config, &engine)?;
    for role in [Role::Ingest, Role::Agent, Role::Admin] {
        if !config.has_role(role) {
            let role = format!("{role:?}").to_lowercase();
            say(
                &mut std::io::stdout(),
                &format!("note: no token has the role {role}"),
            );
        }
    }
    let (tenants, tokens) = (tenants.len(), config.tokens.len());
    let line = format!(
        "{}: right; tenants {tenants}, tokens {tokens}",
        path.display()
    );
    say(&mut std::io::stdout(), &line);
    Ok(())
}

fn token() -> Result<()> {
    let (token, hash) = new_token().map_err(|error| Failure::about("no token", error))?;
    let lines = format!("token:  {token}\nsha256 = \"{hash}\"");
    say(&mut std::io::stdout(), &lines);
    Ok(())
}
