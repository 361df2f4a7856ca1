//! `hearken triage`: posts in, answers out.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use hearken::revision::Revision;
use hearken::stream::Observed;
use hearken::{Engine, Scratch};
use serde::Serialize;

use super::stateful::{self, StreamOptions};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::input::{Block, Inputs, Line};
use hearken_cli::options::{EngineOptions, PostOptions, PostReader, RejectOptions, Shared};
use hearken_cli::output::Output;
use hearken_cli::progress::Progress;
use hearken_cli::summary::{Counted, Summary, grouped, say, speed};

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
    let count = rejects.count();
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
