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
    /// The configuration (TOML); without it service.toml, which is made if it is not there
    config: Option<PathBuf>,
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
        None => run(arguments.config),
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

/// The configuration that is read where none is named.
const USUAL: &str = "service.toml";

/// A configuration to begin with; tokens follow.
const STARTER: &str = r#"# Made by hearken-service. Keep it as you keep passwords, and check changes: hearken-service check service.toml
listen = "127.0.0.1:8787"
database = "sqlite:service.db" # or "postgres://USER:PASSWORD@HOST/NAME"
key_file = "service.key"       # hashes identifiers; made at the first start, keep a copy
plain_http = true              # only on one's own machine: take it out behind TLS

[[tenant]]
name = "demo"
"#;

/// Makes a configuration with three tokens, which are shown only now.
fn begin(path: &std::path::Path) -> Result<()> {
    let mut text = STARTER.to_owned();
    let shown = path.display();
    let mut lines = format!("made {shown}; its tokens are shown only now:");
    for (name, role) in [("feed", "ingest"), ("agent", "agent"), ("admin", "admin")] {
        let (token, hash) = new_token()?;
        text += &format!(
            "\n[[token]]\nname = \"{name}\"\ntenant = \"demo\"\nroles = [\"{role}\"]\n\
             sha256 = \"{hash}\"\n"
        );
        lines += &format!("\n{name} {token}");
    }
    std::fs::write(path, text)
        .map_err(|error| Failure::new(format!("{shown} can't be written: {error}")))?;
    say(&mut std::io::stdout(), &lines);
    Ok(())
}

fn run(path: Option<PathBuf>) -> Result<()> {
    let usual = PathBuf::from(USUAL);
    if path.is_none() && !usual.exists() {
        begin(&usual)?;
    }
    let config = Config::read(&path.unwrap_or(usual))?;
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
