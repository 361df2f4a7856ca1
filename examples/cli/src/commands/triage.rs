//! `hearken triage`: posts in, answers out.

use hearken::desk::Outcome as DeskOutcome;
use hearken::revision::Revision;
use hearken::{Engine, Post, Scratch};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::flat::{self, FlatOptions, WithPost};
use hearken_cli::options::{EngineOptions, Shared};
use hearken_cli::output::Output;
use hearken_cli::run::{PostInput, PostRun};
use hearken_cli::summary::{Counted, Summary};
use serde::Serialize;

use super::stateful::StreamOptions;

/// Answers posts: spam, importance, topics, sentiment, language; one line of JSON for each, in
/// the same order
///
/// A line that is not a post is rejected: counted, named with file, line and reason, and kept with
/// --rejects; the rest goes on. There are as many answers as accepted posts.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken triage posts.jsonl.gz -o answers.jsonl --rejects rejects.jsonl
  zcat dump.gz | hearken triage --preset twitter-v1 | head
  hearken triage posts.jsonl --rules recall.toml --terms brands.tsv
  hearken triage replies.jsonl --role agent --rules agent
  hearken triage posts.jsonl --stateful | grep revision
  hearken triage posts.jsonl --output-format csv --with text,created_at,author -o answers.csv
  hearken triage mails.jsonl --map \"text=body,created_at=date,channel='mail'\" --model reason.model")]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: PostInput,
    #[command(flatten)]
    flat: FlatOptions,
    #[command(flatten)]
    engine: EngineOptions,
    /// Add to each answer its reasons: the parts of every score and their places in the text
    #[arg(long)]
    explain: bool,
    /// Take posts in order of event time, and add to each answer what is known from earlier posts:
    /// campaigns, authors and threads that wait, rare severe words. What changes about earlier
    /// answers follows as lines {"revision":{…}}
    #[arg(long)]
    stateful: bool,
    #[command(flatten)]
    stream: StreamOptions,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    if !arguments.stateful && arguments.stream.is_given() {
        return Err(Failure::message(
            "--service-levels, --lateness, --most-held, --state and --key need --stateful; give it too",
        ));
    }
    if arguments.flat.is_table() && (arguments.stateful || arguments.explain) {
        return Err(Failure::message(
            "a table has no rows for reasons and revisions; leave --stateful and --explain out, or \
             write --output-format jsonl",
        ));
    }
    let mut posts = arguments.input.open_kept(
        None,
        arguments.stream.keep()?,
        || arguments.engine.engine_with(arguments.stream.identities()?),
        shared,
    )?;
    posts
        .run
        .writes_as_it_reads("posts, one JSON object a line,");
    let mut summary = Summary::default();
    let rooms = match arguments.stateful {
        true => observe(arguments, &mut posts, &mut summary)?,
        false => {
            answer(arguments, &mut posts, &mut summary)?;
            String::new()
        }
    };
    let elapsed = posts.run.elapsed();
    posts
        .run
        .finish(|rejected| summary.table(rejected, elapsed) + &rooms)
}

/// Answers each post by itself.
fn answer(
    arguments: &Arguments,
    posts: &mut PostRun,
    summary: &mut Summary,
) -> Result<(), Failure> {
    if arguments.flat.is_table() {
        let header = flat::header(&arguments.flat).line()?;
        posts.run.output.put(&header)?;
    }
    posts.each_post(
        |engine, scratch, post| line(engine, scratch, post, arguments),
        |run, _, (json, counted)| {
            summary.add(&counted);
            run.output.put(&json)
        },
    )
}

/// The line of output for a post, with its end, and what is counted of it.
fn line(
    engine: &Engine,
    scratch: &mut Scratch,
    post: &Post<'_>,
    arguments: &Arguments,
) -> Result<(Vec<u8>, Counted), String> {
    let Arguments { explain, flat, .. } = arguments;
    let triage = engine.triage(post, scratch);
    let mut json = Vec::with_capacity(512);
    if flat.is_table() {
        let row = flat::row(&engine.answer(post, &triage), flat, post).line();
        let row = row.map_err(|_| "the answer can't be written as CSV".to_owned())?;
        return Ok((row, Counted::of(&triage)));
    }
    if *explain || !flat.with.is_empty() {
        let mut answer = engine.answer(post, &triage);
        answer.explanation = explain.then(|| engine.explain(post));
        let line = WithPost {
            answer: &answer,
            post: flat.fields(post),
        };
        serde_json::to_writer(&mut json, &line)
            .map_err(|error| format!("the answer can't be written as JSON: {error}"))?;
    } else {
        engine.write_answer(post, &triage, &mut json);
    }
    json.push(b'\n');
    Ok((json, Counted::of(&triage)))
}

/// Answers the posts in order of time, with what is known from earlier posts; gives the closing
/// summary of the state.
fn observe(
    arguments: &Arguments,
    posts: &mut PostRun,
    summary: &mut Summary,
) -> Result<String, Failure> {
    let mut fed = arguments.stream.desk(posts, None, |_| {})?;
    let mut put = |posts: &mut PostRun, outcome: DeskOutcome| {
        if let DeskOutcome::Answer(answered) = &outcome {
            summary.add(&Counted::of(&answered.triage));
        }
        put_outcome(&posts.engine, arguments, &outcome, &mut posts.run.output)
    };
    posts.each_block(|posts, block| fed.take(posts, block, &mut put))?;
    fed.finish(posts, &mut put)?;
    fed.save(posts, |_, _| Ok(()))?;
    Ok(fed.summary())
}

/// Writes an answer with what earlier posts tell, or what changes about an earlier one.
fn put_outcome(
    engine: &Engine,
    arguments: &Arguments,
    outcome: &DeskOutcome,
    output: &mut Output,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct RevisionLine<'a> {
        revision: &'a Revision,
    }
    match outcome {
        DeskOutcome::Answer(answered) => {
            let mut answer = answered.answer(engine);
            answer.explanation = arguments.explain.then(|| answered.explain(engine));
            output.put_json(&WithPost {
                answer: &answer,
                post: arguments.flat.fields(&answered.post),
            })
        }
        DeskOutcome::Revision(revision) => output.put_json(&RevisionLine { revision }),
        // Queue and trends, where the state has them, are read by their commands.
        _ => Ok(()),
    }
}
