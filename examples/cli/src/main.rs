//! The command line: triage of dumps, reasons for one post, custom heads from labelled data, and
//! what they reach.

mod commands;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use commands::Command;
use hearken_cli::options::Shared;
use hearken_cli::{mask, program};

/// Triage of social-media posts: spam or not, how important, which topic, which sentiment.
///
/// Posts are JSON objects, one a line (JSONL), of which only `text` is required:
///
///   {"id":"77","text":"Where is my parcel?","created_at":"2026-03-01T08:15:00+08:00"}
///
/// A JSON array, CSV and TSV with a header, mbox and EML are read too, and told by how they begin;
/// --preset and --map read the exports of other programs. Files that end in .gz or .zst are read as
/// they are, and so is a compressed standard input.
#[derive(Parser)]
#[command(
    name = "hearken",
    version,
    after_long_help = "\
Exit code: 0 done; 1 done, but all lines were rejected, or some and --strict was given; 2 nothing written, because the
command or an input was wrong (one sentence on standard error says what to mend). A signal ends a run as usual (130,
143) and leaves no part of a file; trends --follow ends well behind it, with 0.

Words:
  agent      who answers; answered.jsonl and posts with \"role\":\"agent\" say what was answered
  alert      a rise that is reported: opened, updated, closed
  campaign   one offer by many accounts in a short time
  case       posts that wait for one answer
  confusion  what a classifier takes for what, on labelled posts
  head       a classifier in a model: spam, sentiment, topic, urgency, and your own
  lane       how a case is treated: fast, normal, deferred
  level      of importance: low, medium, high, critical
  overlay    what corrections add to a head
  pane       five minutes in which posts are counted; windows are sums of panes
  revision   a change of an earlier answer
  segment    a field of posts with its value, as brand=Acme
  share      of posts about a topic; corrected where the classifier's errors are known
  state      what is remembered from run to run

To begin with:
  hearken triage data/sample/posts.jsonl | head
  hearken report data/sample/posts.jsonl -o report.html
  hearken explain --text 'My parcel is lost and nobody answers!'"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    shared: Shared,
}

fn main() -> ExitCode {
    program::run("hearken", |arguments: &Arguments| {
        if arguments.shared.mask {
            mask::start();
        }
        arguments.shared.start_threads()?;
        arguments.command.run(Arguments::command, &arguments.shared)
    })
}
