//! `hearken triage`: posts in, answers out.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use hearken::revision::Revision;
use hearken::stream::Observed;
use hearken::{Engine, Scratch};
use serde::Serialize;

use crate::failure::{Failure, Outcome};
use crate::input::{Block, Inputs, Line};
use crate::options::{EngineOptions, PostOptions, PostReader, RejectOptions, Shared};
use crate::output::Output;
use crate::progress::Progress;
use crate::stateful::{self, StreamOptions};
use crate::summary::{Counted, Summary, grouped, say, speed};

/// Rejects that are named on standard error when no file keeps them.
const NAMED_REJECTS: u64 = 10;

/// Answers posts: spam, importance, topics, sentiment, language; one line of JSON for each, in
/// the same order
///
/// A line that is no post is rejected: counted, named with file, line and reason, and kept with
/// --rejects; the rest goes on. There are as many answers as accepted posts.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken triage posts.jsonl.gz -o answers.jsonl --rejects rejects.jsonl
  zcat dump.gz | hearken triage --preset twitter-v1 | head
  hearken triage posts.jsonl --rules recall.toml --terms brands.tsv
  hearken triage replies.jsonl --role agent --rules agent
  hearken triage posts.jsonl --stateful | grep revision
  hearken triage mails.jsonl --map \"text=body,created_at=date,channel='mail'\" --model reason.model")]
pub(crate) struct Arguments {
    /// Files of posts, plain, .gz or .zst; - or none is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    posts: PostOptions,
    #[command(flatten)]
    engine: EngineOptions,
    #[command(flatten)]
    rejects: RejectOptions,
    /// Add to each answer its reasons: the parts of every score and where the text spoke
    #[arg(long)]
    explain: bool,
    /// Take posts in order of event time, and add to each answer what the posts before it tell:
    /// campaigns, authors and threads that wait, rare severe words. What changes about earlier
    /// answers follows as lines {"revision":{…}}
    #[arg(long)]
    stateful: bool,
    #[command(flatten)]
    stream: StreamOptions,
}

/// A line that is no post.
#[derive(Serialize)]
pub(crate) struct Reject<'a> {
    pub(crate) file: &'a str,
    pub(crate) line: u64,
    pub(crate) reason: &'a str,
    pub(crate) text: &'a str,
}

/// What became of a line.
enum Answered {
    /// A line of output with its end, and what is counted of it.
    Post(Vec<u8>, Counted),
    /// Why it is no post.
    Reject(String),
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let reader = arguments.posts.reader()?;
    let inputs = Inputs::check(&arguments.files)?;
    let mut rejects = arguments.rejects.open(shared)?;
    let mut output = Output::open(shared.output.as_deref())?;
    let engine = arguments.engine.engine()?;
    if !arguments.stateful && arguments.stream.is_given() {
        return Err(Failure::message(
            "--service-levels, --lateness, --state and --key need --stateful; give it too",
        ));
    }
    let mut stateful = arguments
        .stateful
        .then(|| arguments.stream.stateful(&engine, None))
        .transpose()?;
    if arguments.files.is_empty() && io::stdin().is_terminal() && !shared.quiet {
        say(
            "hearken: reading posts from standard input, one JSON object a line; --help tells more\n",
        );
    }

    let started = Instant::now();
    // Answers on the same terminal would tear the bar.
    let answers_shown = output.is_standard() && io::stdout().is_terminal();
    let progress = Progress::bytes(!shared.quiet && !answers_shown, inputs.total_bytes);
    let bytes_read = Arc::new(AtomicU64::new(0));
    let mut summary = Summary::default();
    let mut posts = 0;
    inputs.each_block(&bytes_read, |block| {
        if let Some(stateful) = &mut stateful {
            stateful.take(
                &engine,
                &reader,
                &inputs,
                &block,
                &mut rejects,
                |answered, observed| {
                    posts += 1;
                    put_observed(
                        &engine,
                        arguments.explain,
                        &answered,
                        &observed,
                        &mut output,
                        &mut summary,
                    )
                },
            )?;
            output.flush()?;
            let speed = speed(posts, started.elapsed());
            let shown = format!("{} posts, {speed} a second", grouped(posts));
            progress.set(bytes_read.load(Ordering::Relaxed), shown);
            return Ok(());
        }
        let answers = engine.map_batch(&block.lines, |engine, scratch, line| {
            answer(engine, scratch, &reader, arguments.explain, &block, line)
        });
        for (line, answered) in block.lines.iter().zip(answers) {
            match answered {
                Answered::Post(json, counted) => {
                    output.put(&json)?;
                    summary.add(&counted);
                    posts += 1;
                }
                Answered::Reject(reason) => rejects.add(&inputs, &block, line, &reason)?,
            }
        }
        output.flush()?;
        let speed = speed(posts, started.elapsed());
        progress.set(
            bytes_read.load(Ordering::Relaxed),
            format!("{} posts, {speed} a second", grouped(posts)),
        );
        Ok(())
    })?;
    if let Some(stateful) = &mut stateful {
        stateful.finish(|answered, observed| {
            put_observed(
                &engine,
                arguments.explain,
                &answered,
                &observed,
                &mut output,
                &mut summary,
            )
        })?;
    }
    let elapsed = started.elapsed();
    progress.finish();

    output.finish()?;
    let count = rejects.count;
    rejects.finish(shared.quiet)?;
    if !shared.quiet {
        say(&summary.table(count, elapsed));
        if let Some(stateful) = &stateful {
            say(&stateful.summary());
        }
    }
    Ok(arguments.rejects.outcome(count))
}

fn answer(
    engine: &Engine,
    scratch: &mut Scratch,
    reader: &PostReader,
    explain: bool,
    block: &Block,
    line: &Line,
) -> Answered {
    let text = match block.text(line) {
        Ok(text) => text,
        Err(reason) => return Answered::Reject(reason),
    };
    let post = match reader.read(text) {
        Ok(post) => post,
        Err(error) => return Answered::Reject(error.to_string()),
    };
    let triage = engine.triage(&post, scratch);
    let mut answer = engine.answer(&post, &triage);
    if explain {
        answer.explanation = Some(engine.explain(&post));
    }
    let mut json = Vec::with_capacity(512);
    match serde_json::to_writer(&mut json, &answer) {
        Ok(()) => {
            json.push(b'\n');
            Answered::Post(json, Counted::of(&triage))
        }
        Err(error) => Answered::Reject(format!("the answer can't be written as JSON: {error}")),
    }
}

/// Writes an answer to which the stateful rooms have added, and what it changes about earlier ones.
fn put_observed(
    engine: &Engine,
    explain: bool,
    answered: &stateful::Answered,
    observed: &Observed,
    output: &mut Output,
    summary: &mut Summary,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct RevisionLine<'a> {
        revision: &'a Revision,
    }
    let stateful::Answered { post, triage, .. } = answered;
    let mut answer = engine.answer(post, triage);
    if explain {
        let mut explanation = engine.explain(post);
        explanation
            .importance
            .complete(&triage.importance, observed.reasons(engine, triage));
        answer.explanation = Some(explanation);
    }
    summary.add(&Counted::of(triage));
    output.put_json(&answer)?;
    observed
        .revisions()
        .iter()
        .try_for_each(|revision| output.put_json(&RevisionLine { revision }))
}

/// Rejected lines: kept in a file, or the first of them named on standard error.
pub(crate) struct Rejects {
    kept: Option<Output>,
    named: String,
    count: u64,
}

impl Rejects {
    /// None so far; kept in `path`, or named on standard error.
    pub(crate) fn open(path: Option<&Path>) -> Result<Rejects, Failure> {
        let kept = path.map(|path| Output::open(Some(path))).transpose()?;
        Ok(Rejects {
            kept,
            named: String::new(),
            count: 0,
        })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn add(
        &mut self,
        inputs: &Inputs,
        block: &Block,
        line: &Line,
        reason: &str,
    ) -> Result<(), Failure> {
        self.count += 1;
        let file = inputs.name(line.source);
        match &mut self.kept {
            Some(output) => {
                let text = String::from_utf8_lossy(block.bytes(line));
                let reject = Reject {
                    file: &file,
                    line: line.number,
                    reason,
                    text: &text,
                };
                let mut json = serde_json::to_vec(&reject).map_err(|error| {
                    Failure::message(format!("a rejected line can't be kept: {error}"))
                })?;
                json.push(b'\n');
                output.put(&json)
            }
            None => {
                if self.count <= NAMED_REJECTS {
                    self.named.push_str(&format!(
                        "hearken: {file}, line {}: {reason}\n",
                        line.number
                    ));
                }
                Ok(())
            }
        }
    }

    pub(crate) fn finish(self, quiet: bool) -> Result<(), Failure> {
        let Some(kept) = self.kept else {
            let more = self.count.saturating_sub(NAMED_REJECTS);
            match (quiet, self.count) {
                (_, 0) => {}
                // Nothing is lost in silence, however quiet.
                (true, count) => say(&format!(
                    "hearken: rejected lines: {count}; --rejects FILE keeps them\n"
                )),
                (false, _) => {
                    say(&self.named);
                    if more > 0 {
                        say(&format!(
                            "hearken: more rejected lines: {more}; --rejects FILE keeps them all\n"
                        ));
                    }
                }
            }
            return Ok(());
        };
        kept.finish()
    }
}
