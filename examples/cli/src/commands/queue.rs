//! `hearken queue`: what to answer next, and what is overdue.

use std::fs;
use std::path::{Path, PathBuf};

use hearken::desk::{Desk, Outcome as DeskOutcome};
use hearken::queue::{Queue, Settings, Standing};
use hearken::taxonomy::Taxonomy;
use hearken_cli::by::{By, Figures};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::flat::{Beside, FlatOptions};
use hearken_cli::journal;
use hearken_cli::options::{Shared, read_text};
use hearken_cli::run::PostRun;
use hearken_cli::summary::{AHEAD, grouped, table};

use super::queue_files::{WhenOptions, answered, read_agents};
use super::queue_rows::{Form, Given, put};
use super::queue_texts::{Shown, TEXTS};
use super::stateful::{DumpOptions, Fed, StreamOptions};

/// Says what to answer next and what is overdue, each place with its reason
///
/// Posts may come in any order; they are taken in order of time, with what is known from earlier
/// posts (triage --stateful). Posts of one person, and those in a thread that this person began,
/// are one case. What an agent wrote ("role":"agent") or --answered names no longer waits, nor does
/// what turns out to be of a campaign.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken queue data/sample/posts.jsonl
  hearken queue posts.jsonl --now 2026-03-03T12:00:00Z --next 50 --capacity 80
  hearken queue posts.jsonl --overdue --json | head
  hearken queue posts.jsonl --by brand
  hearken queue posts.jsonl --output-format csv --with text,created_at,author -o next.csv
  hearken queue posts.jsonl --agents agents.toml --answered answered.jsonl

agents.toml:      [[agent]]
                  id = \"jana\"
                  skills = [\"refund\", \"delivery\"]   # topics; none is all
                  languages = [\"cs\", \"en\"]          # none is all
                  capacity = 5                        # cases at once
answered.jsonl:   {\"post\":\"77\",\"at\":\"2026-03-01T08:20:00Z\"}")]
pub(crate) struct Arguments {
    #[command(flatten)]
    dump: DumpOptions,
    #[command(flatten)]
    when: WhenOptions,
    /// Cases to answer next
    #[arg(long, value_name = "N", default_value_t = 20)]
    next: usize,
    /// List everything that is overdue instead
    #[arg(long)]
    overdue: bool,
    /// List the posts that may be spam instead, the more important first, as many as --next says;
    /// without it they are one in 20 of the cases (`sample` of the settings)
    #[arg(long, conflicts_with = "overdue")]
    suspected: bool,
    /// Give the next cases to these agents (TOML)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["overdue", "suspected"])]
    agents: Option<PathBuf>,
    /// Settings of the queue (TOML)
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Cases that can be answered an hour; what stands behind those of a shift is deferred
    #[arg(long, value_name = "N")]
    capacity: Option<u32>,
    /// Print a line of JSON for each case instead of a table, as --output-format jsonl; times are
    /// RFC 3339, spans are milliseconds
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flat: FlatOptions,
    #[command(flatten)]
    stream: StreamOptions,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    arguments.may_stand_beside()?;
    let now = arguments.when.now()?;
    let settings = arguments.queue_settings()?;
    let answers = arguments.when.answers()?.unwrap_or_default();
    let stream = &arguments.stream;
    let keep = stream.keep()?.map(|keep| {
        let asked = arguments.asked();
        keep.of_report(asked)
    });
    let mut posts = arguments.dump.open(Some(stream), keep, shared)?;
    let fed = stream.desk(&mut posts, None, |asked| asked.queue = Some(settings))?;
    let mut fed = fed.named().until(now);
    if let (Some(path), Some(queue)) = (&arguments.agents, fed.desk.queue_mut()) {
        add_agents(queue, path, posts.engine.taxonomy())?;
    }
    fed.begins(TEXTS, "a queue");
    let is_kept = arguments.stream.keeps_state();
    let mut shown = Shown::resumed(fed.part(TEXTS), &arguments.flat, is_kept);
    let mut take = |_: &mut PostRun, outcome: DeskOutcome| {
        shown.take(outcome);
        Ok(())
    };
    posts.each_block(|posts, block| fed.take(posts, block, &mut take))?;
    fed.finish(&mut posts, &mut take)?;
    let Some(now) = now.or(fed.desk.queue().and_then(Queue::watermark)) else {
        if posts.run.accepted_none() {
            return posts.run.finish(|_| String::new());
        }
        return Err(Failure::message(
            "no post has a time; give the time of the answer with --now",
        ));
    };
    if posts.run.leaves_report() {
        return posts.run.finish(|_| NOTHING_NEW.to_owned());
    }
    answered(&mut fed.desk, &answers, now);
    // After the answers, for lanes are drawn by how many cases were answered an hour.
    fed.desk
        .advance(now)
        .into_iter()
        .for_each(|outcome| shown.take(outcome));
    let given = given(arguments, &mut fed.desk);
    let form = Form {
        flat: &arguments.flat,
        json: arguments.json,
        agents: arguments.agents.is_some(),
        segments: arguments.dump.is_by(),
    };
    put(&form, &given, &shown.texts, &mut posts.run.output)?;
    fed.save(&mut posts, |desk, state| {
        state.put_bytes(TEXTS, shown.kept(desk)?);
        Ok(())
    })?;
    let by = standings(&fed, By::new(posts.reader.segment_fields()));
    let outcome = posts
        .run
        .finish(|rejected| summary(&fed, rejected) + &table_by(&by))?;
    shown.say_dropped();
    Ok(outcome)
}

impl Arguments {
    /// Whether what is asked for beside a case can stand there.
    fn may_stand_beside(&self) -> Result<(), Failure> {
        let with = &self.flat.with;
        if with.contains(&Beside::Channel) {
            return Err(Failure::message(
                "a case has its channel in any case; leave channel out of --with",
            ));
        }
        let is_kept = |beside: &Beside| matches!(beside, Beside::Text | Beside::CreatedAt);
        match self.stream.keeps_state() && !with.iter().all(is_kept) {
            true => Err(Failure::message(
                "a state keeps of a post only its text and its time; write --with \
                 text,created_at, or leave --state out",
            )),
            false => Ok(()),
        }
    }

    /// All that the report depends on besides posts, hashed: the arguments and the files of answers
    /// and agents.
    fn asked(&self) -> u64 {
        let arguments = std::env::args_os().skip(1);
        let mut pieces: Vec<Vec<u8>> = arguments
            .map(|argument| argument.into_encoded_bytes())
            .collect();
        let files = [&self.when.answered, &self.agents, &self.settings].into_iter();
        // What can't be read is refused where it is needed.
        pieces.extend(
            files
                .flatten()
                .map(|path| fs::read(path).unwrap_or_default()),
        );
        journal::asked(pieces.iter().map(Vec::as_slice))
    }

    /// The settings of the queue.
    fn queue_settings(&self) -> Result<Settings, Failure> {
        let mut settings = match &self.settings {
            Some(path) => Settings::from_toml(&read_text(path, "the settings")?)
                .map_err(|error| Failure::about(path.display(), &error))?,
            None => Settings::default(),
        };
        settings.capacity = self.capacity.or(settings.capacity);
        Ok(settings)
    }
}

/// The cases that were asked for, in order.
fn given(arguments: &Arguments, desk: &mut Desk) -> Vec<Given> {
    let alone = |place| (place, None);
    if let (Some(_), Some(queue)) = (&arguments.agents, desk.queue_mut()) {
        let assignments = queue.assign_next(arguments.next).into_iter();
        assignments
            .map(|one| (one.place, Some((one.agent, one.reason))))
            .collect()
    } else if arguments.suspected {
        let queue = desk.queue().into_iter();
        let suspected = queue.flat_map(|queue| queue.suspected(arguments.next));
        suspected.map(alone).collect()
    } else if arguments.overdue {
        desk.overdue(usize::MAX).into_iter().map(alone).collect()
    } else {
        desk.next(arguments.next).into_iter().map(alone).collect()
    }
}

/// Reads the agents from a file.
fn add_agents(queue: &mut Queue, path: &Path, taxonomy: &Taxonomy) -> Result<(), Failure> {
    for agent in read_agents(path, taxonomy)? {
        queue
            .add_agent(agent)
            .map_err(|error| Failure::about(path.display(), &error))?;
    }
    Ok(())
}

/// What is said where a run would repeat the last one.
const NOTHING_NEW: &str = "hearken: nothing is new since the last run; its list stands\n";

/// What is in the queue.
fn summary(fed: &Fed, rejected: u64) -> String {
    let Some(queue) = fed.desk.queue() else {
        return String::new();
    };
    let (lanes, counts) = (queue.lanes(), queue.counts());
    let overdue = queue.overdue_count();
    let row = |name: &str, count: u64| vec![name.to_owned(), grouped(count)];
    let mut rows = vec![
        row("posts queued", counts.queued),
        row("taken for spam", counts.spam),
        row("posts of agents", counts.agent_posts),
        row("cases answered", counts.cases_answered),
        row("cases that wait", queue.len() as u64),
        row("  fast", lanes.fast as u64),
        row("  normal", lanes.normal as u64),
        row("  deferred", lanes.deferred as u64),
        row("  assigned", lanes.assigned as u64),
        row("  need no answer", lanes.idle as u64),
        row("may be spam", lanes.suspected as u64),
        row("cases overdue", overdue as u64),
    ];
    for (name, count) in [
        ("posts after --now, left out", fed.later()),
        ("rejects", rejected),
        ("posts dropped, queue full", counts.shed),
        (AHEAD, queue.set_aside()),
    ] {
        if count > 0 {
            rows.push(row(name, count));
        }
    }
    if let Some(capacity) = queue.capacity() {
        rows.push(vec!["answers an hour".to_owned(), format!("{capacity:.1}")]);
    }
    table(&[], rows, &[1])
}

/// How the cases of each value of the fields of --by stand.
fn standings(fed: &Fed, mut by: By<Stands>) -> By<Stands> {
    if by.is_empty() {
        return by;
    }
    for (segments, standing) in fed.desk.queue().into_iter().flat_map(Queue::standings) {
        by.add(segments, |sum: &mut Stands| sum.0.merge(&standing));
    }
    by.finish();
    by
}

#[derive(Default)]
struct Stands(Standing);

impl Figures for Stands {
    fn weight(&self) -> u64 {
        self.0.waiting as u64
    }

    fn merge(&mut self, other: &Stands) {
        self.0.merge(&other.0);
    }
}

/// How the cases of each value stand, for people; nothing without --by.
fn table_by(by: &By<Stands>) -> String {
    if by.is_empty() {
        return String::new();
    }
    let header = [
        "",
        "wait",
        "overdue",
        "fast",
        "normal",
        "deferred",
        "assigned",
        "need none",
        "may be spam",
    ];
    let rows = by.rows().map(|(of, Stands(standing))| {
        let lanes = &standing.lanes;
        let counts = [
            standing.waiting,
            standing.overdue,
            lanes.fast,
            lanes.normal,
            lanes.deferred,
            lanes.assigned,
            lanes.idle,
            lanes.suspected,
        ];
        let mut cells = vec![of.shown()];
        cells.extend(counts.map(|count| grouped(count as u64)));
        cells
    });
    let right: Vec<usize> = (1..header.len()).collect();
    format!("\n{}", table(&header, rows.collect(), &right)) + &by.summary()
}
