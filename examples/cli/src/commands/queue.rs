//! `hearken queue`: what to answer next, and what is overdue.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use hearken::Post;
use hearken::context::Delivery;
use hearken::desk::{Desk, Outcome as DeskOutcome};
use hearken::mask::{Masked, Masker, Thread};
use hearken::post::{Role, Segment};
use hearken::queue::{Outcome as Became, Place, Queue, Settings, Standing};
use hearken::taxonomy::Taxonomy;
use hearken_cli::by::{By, Figures};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::flat::{Beside, FlatOptions, Row as FlatRow, Shape};
use hearken_cli::journal;
use hearken_cli::options::{ByOptions, EngineOptions, Shared, read_text};
use hearken_cli::output::Output;
use hearken_cli::run::{PostInput, PostRun};
use hearken_cli::summary::{AHEAD, grouped, say, table};
use hearken_report::Moment;
use serde::Serialize;

use super::queue_files::{Answer, answered, now, read_agents, read_answered};
use super::stateful::{Fed, StreamOptions};

/// Columns of a text that a table shows.
const SHOWN: usize = 48;
/// Where the segments of a case stand: behind its channel.
const BY_COLUMN: usize = 3;

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
  hearken queue posts.jsonl --output-format csv --with text -o next.csv
  hearken queue posts.jsonl --agents agents.toml --answered answered.jsonl

agents.toml:      [[agent]]
                  id = \"jana\"
                  skills = [\"refund\", \"delivery\"]   # topics; none is all
                  languages = [\"cs\", \"en\"]          # none is all
                  capacity = 5                        # cases at once
answered.jsonl:   {\"post\":\"77\",\"at\":\"2026-03-01T08:20:00Z\"}")]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: PostInput,
    #[command(flatten)]
    by: ByOptions,
    #[command(flatten)]
    engine: EngineOptions,
    /// The time to answer for: RFC 3339, or last for the latest time of a post; later posts
    /// are left out
    #[arg(long, value_name = "TIME", default_value = "last")]
    now: String,
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
    /// Posts that were answered and when (JSON lines); `channel` says which, where several channels
    /// have a post of that id
    #[arg(long, value_name = "FILE")]
    answered: Option<PathBuf>,
    /// Print a line of JSON for each case instead of a table, as --output-format jsonl; times are
    /// RFC 3339, spans are milliseconds
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flat: FlatOptions,
    #[command(flatten)]
    stream: StreamOptions,
}

/// A case as it is written.
#[derive(Serialize)]
struct Row<'a> {
    rank: usize,
    #[serde(flatten)]
    place: &'a Place,
    /// Where it was asked for: the text of its weightiest post.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// Where agents were given: who takes it, and why, or why nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned: Option<Assigned<'a>>,
}

#[derive(Clone, Copy, Serialize)]
struct Assigned<'a> {
    agent: Option<&'a str>,
    reason: &'a str,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    if arguments
        .flat
        .with
        .iter()
        .any(|beside| *beside != Beside::Text)
    {
        return Err(Failure::message(
            "a case has only the text of its post to stand beside it; write --with text",
        ));
    }
    let now = arguments.now()?;
    let settings = arguments.queue_settings()?;
    let answers = arguments.answered()?;
    let stream = &arguments.stream;
    let keep = stream.keep()?.map(|keep| {
        let asked = arguments.asked();
        keep.of_report(asked)
    });
    let mut posts = arguments.input.open_kept(
        arguments.by.fields().as_deref(),
        keep,
        || arguments.engine.engine_with(arguments.stream.identities()?),
        shared,
    )?;
    let fed = stream.desk(&mut posts, None, |asked| asked.queue = Some(settings))?;
    let mut fed = fed.named().until(now);
    if let (Some(path), Some(queue)) = (&arguments.agents, fed.desk.queue_mut()) {
        add_agents(queue, path, posts.engine.taxonomy())?;
    }
    fed.begins(TEXTS, "a queue");
    let mut shown = Shown::resumed(fed.part(TEXTS));
    shown.is_whole = arguments.flat.with.contains(&Beside::Text);
    shown.masker = arguments.stream.keeps_state().then(Masker::new);
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
    put(arguments, &given, &shown.texts, &mut posts.run.output)?;
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
    /// The time to answer for; none is that of the last post.
    fn now(&self) -> Result<Option<i64>, Failure> {
        now(&self.now)
    }

    /// All that the report depends on besides posts, hashed: the arguments and the files of answers
    /// and agents.
    fn asked(&self) -> u64 {
        let arguments = std::env::args_os().skip(1);
        let mut pieces: Vec<Vec<u8>> = arguments
            .map(|argument| argument.into_encoded_bytes())
            .collect();
        let files = [&self.answered, &self.agents, &self.settings].into_iter();
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

    /// The answers that were given.
    fn answered(&self) -> Result<Vec<Answer>, Failure> {
        let answered = self.answered.as_deref().map(read_answered).transpose()?;
        Ok(answered.unwrap_or_default())
    }
}

/// A case, and where agents were given who takes it, or nobody, and why.
type Given = (Place, Option<(Option<String>, String)>);

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
        desk.overdue().into_iter().map(alone).collect()
    } else {
        desk.next(arguments.next).into_iter().map(alone).collect()
    }
}

/// Writes the cases.
fn put(
    arguments: &Arguments,
    given: &[Given],
    texts: &Texts,
    output: &mut Output,
) -> Result<(), Failure> {
    let rows = given
        .iter()
        .enumerate()
        .map(|(rank, (place, assigned))| Row {
            rank: rank + 1,
            place,
            text: texts
                .get(&(place.post.clone(), place.channel.clone()))
                .map(String::as_str)
                .filter(|_| arguments.flat.with.contains(&Beside::Text)),
            assigned: assigned.as_ref().map(|(agent, reason)| Assigned {
                agent: agent.as_deref(),
                reason,
            }),
        });
    let rows: Vec<Row<'_>> = rows.collect();
    match arguments.flat.output_format {
        Some(Shape::Csv) => {
            output.put(&flat_header(arguments).line()?)?;
            return rows
                .iter()
                .try_for_each(|row| output.put(&row.flat(arguments).line()?));
        }
        Some(Shape::Jsonl) => return put_json(&rows, output),
        None if arguments.json => return put_json(&rows, output),
        None => {}
    }
    let columns = Columns {
        agents: arguments.agents.is_some(),
        segments: arguments.by.fields().is_some(),
    };
    output.put(shown(&rows, texts, columns).as_bytes())
}

fn put_json(rows: &[Row<'_>], output: &mut Output) -> Result<(), Failure> {
    rows.iter()
        .try_for_each(|row| output.put_json_with_times(row))
}

/// The header of the table of cases.
fn flat_header(arguments: &Arguments) -> FlatRow {
    let mut header = FlatRow::default();
    for name in [
        "rank",
        "post",
        "channel",
        "lane",
        "level",
        "importance",
        "points",
        "posts",
        "since",
        "waited_minutes",
        "due_at",
        "overdue_minutes",
        "by",
        "agent",
        "reason",
    ] {
        header.put(name);
    }
    arguments.flat.names().for_each(|name| header.put(name));
    header
}

impl Row<'_> {
    /// The case as a row of a table.
    fn flat(&self, arguments: &Arguments) -> FlatRow {
        let (place, minute) = (self.place, 60_000);
        let segments: Vec<String> = place.segments.iter().map(Segment::to_string).collect();
        let agent = self.assigned.and_then(|assigned| assigned.agent);
        let mut row = FlatRow::default();
        row.put(self.rank);
        row.text(&place.post);
        row.text(place.channel.as_deref().unwrap_or_default());
        row.put(format!("{:?}", place.lane).to_lowercase());
        row.put(format!("{:?}", place.level).to_lowercase());
        row.put(place.score);
        row.put(place.points_tenths as f64 / 10.0);
        row.put(place.count);
        row.put(Moment(place.since));
        row.put(place.waited / minute);
        row.maybe(place.due_at.map(Moment));
        row.put(place.overdue_by / minute);
        row.text(&segments.join("|"));
        row.text(agent.or(place.agent.as_deref()).unwrap_or_default());
        row.text(&place.reason);
        for _ in &arguments.flat.with {
            row.text(self.text.unwrap_or_default());
        }
        row
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

/// The part of a state that has the beginnings of the texts of cases.
pub(super) const TEXTS: &str = "texts";
/// What is said where a run would repeat the last one.
const NOTHING_NEW: &str = "hearken: nothing is new since the last run; its list stands\n";

/// A text as it is kept: post, channel, beginning.
type KeptText = (String, Option<String>, String);

/// The texts that a state has, without those of posts that are `gone`.
pub(super) fn without(texts: &[u8], gone: impl Fn(&Post<'_>) -> bool) -> Result<Vec<u8>, Failure> {
    // As where they are resumed: what can't be read is not shown.
    let mut texts: Vec<KeptText> = serde_json::from_slice(texts).unwrap_or_default();
    texts.retain(|(id, channel, _)| {
        let mut post = Post::new("");
        post.id = Some(id.into());
        post.channel = channel.as_deref().map(Into::into);
        !gone(&post)
    });
    serde_json::to_vec(&texts)
        .map_err(|error| Failure::message(format!("the texts of cases can't be kept: {error}")))
}

/// Texts by the identifier and the channel of their posts.
type Texts = BTreeMap<(String, Option<String>), String>;

/// What people see of the posts as the queue fills.
#[derive(Default)]
struct Shown {
    /// The beginnings of the texts of posts that were queued, by identifier and channel.
    texts: Texts,
    /// Posts that had no room.
    dropped: Vec<String>,
    /// Whether texts are asked for as they are; else their beginnings are enough.
    is_whole: bool,
    /// What masks the texts where a state keeps them: then all of them, so that the list does not
    /// tell which run saw a post.
    masker: Option<Masker>,
    /// The post that was answered last: what the queue did with it follows.
    last: Option<(String, Option<String>)>,
}

impl Shown {
    /// As an earlier run left it.
    fn resumed(bytes: &[u8]) -> Shown {
        // They are only shown: without them the cases are the same.
        let texts: Vec<KeptText> = serde_json::from_slice(bytes).unwrap_or_default();
        let texts = texts.into_iter();
        Shown {
            texts: texts
                .map(|(post, channel, text)| ((post, channel), text))
                .collect(),
            ..Shown::default()
        }
    }

    /// The texts of the cases that wait, for the next run.
    fn kept(&self, desk: &Desk) -> Result<Vec<u8>, Failure> {
        let queue = desk.queue().into_iter();
        let suspected = queue.flat_map(|queue| queue.suspected(usize::MAX));
        let places = desk.next(usize::MAX).into_iter().chain(desk.overdue());
        let keys = places.chain(suspected);
        let keys: BTreeSet<_> = keys.map(|place| (place.post, place.channel)).collect();
        let texts: Vec<KeptText> = keys
            .into_iter()
            .filter_map(|key| {
                let text = self.texts.get(&key)?.clone();
                Some((key.0, key.1, text))
            })
            .collect();
        serde_json::to_vec(&texts)
            .map_err(|error| Failure::message(format!("the texts of cases can't be kept: {error}")))
    }

    fn take(&mut self, outcome: DeskOutcome) {
        match outcome {
            DeskOutcome::Answer(answered) => {
                let post = &answered.post;
                let older = answered.observed.history.again == Delivery::Older;
                self.last = None;
                if post.role == Role::Customer && !older {
                    let trimmed = |text: &str| text.trim().to_owned();
                    let channel = post.channel.as_deref().map(trimmed);
                    let channel = channel.filter(|channel| !channel.is_empty());
                    let key = post.id.as_deref().map(|id| (trimmed(id), channel));
                    if let Some(key) = key {
                        let masked = self
                            .masker
                            .as_ref()
                            .map(|masker| masker.mask_post(post, &mut Thread::default()));
                        let text = masked.as_ref().map_or(&*post.text, Masked::text);
                        let text = match self.is_whole {
                            true => text.to_owned(),
                            false => cut(text),
                        };
                        self.texts.insert(key.clone(), text);
                        self.last = Some(key);
                    }
                }
            }
            DeskOutcome::Queued {
                post: Some(id),
                outcome,
            } if !matches!(
                outcome,
                Became::Queued
                    | Became::Joined
                    | Became::Updated
                    | Became::Unchanged
                    | Became::Spam
                    | Became::Idle
            ) =>
            {
                // Its answer stands just before, but for posts that waited for a first time.
                if let Some(key) = self.last.take().filter(|(last, _)| *last == id.trim()) {
                    self.texts.remove(&key);
                }
            }
            DeskOutcome::Shed(id) => self.dropped.push(id),
            _ => {}
        }
    }

    /// Even with --quiet nothing is lost without a report.
    fn say_dropped(&self) {
        if let Some(first) = self.dropped.first() {
            say(&format!(
                "hearken: posts dropped because the queue is full (most_posts): {}, the first \
                 {first}\n",
                self.dropped.len()
            ));
        }
    }
}

/// Columns of the table that not every run has.
#[derive(Clone, Copy)]
struct Columns {
    agents: bool,
    segments: bool,
}

/// The cases for people.
fn shown(rows: &[Row<'_>], texts: &Texts, columns: Columns) -> String {
    let mut header = vec![
        "",
        "post",
        "channel",
        "lane",
        "importance",
        "posts",
        "waits",
        "overdue",
        "text",
        "why here",
    ];
    if columns.segments {
        header.insert(BY_COLUMN, "by");
    }
    if columns.agents {
        header.insert(1, "agent");
    }
    let numbers = ["", "importance", "posts", "waits", "overdue"];
    let right = header.iter().enumerate();
    let right = right.filter(|(_, name)| numbers.contains(name));
    let right: Vec<usize> = right.map(|(column, _)| column).collect();
    let rows = rows.iter().map(|row| cells(row, texts, columns));
    table(&header, rows.collect(), &right)
}

fn cells(row: &Row<'_>, texts: &Texts, columns: Columns) -> Vec<String> {
    let place = row.place;
    let overdue = Some(place.overdue_by).filter(|by| *by > 0);
    let mut cells = vec![
        row.rank.to_string(),
        place.post.clone(),
        place.channel.clone().unwrap_or_default(),
        format!("{:?}", place.lane).to_lowercase(),
        place.score.to_string(),
        grouped(place.count),
        hours(place.waited),
        overdue.map(hours).unwrap_or_default(),
        texts
            .get(&(place.post.clone(), place.channel.clone()))
            .cloned()
            .unwrap_or_default(),
        place.reason.clone(),
    ];
    if columns.segments {
        let segments: Vec<String> = place.segments.iter().map(Segment::to_string).collect();
        cells.insert(BY_COLUMN, segments.join(", "));
    }
    if let Some(Assigned { agent, reason }) = row.assigned {
        let agent = agent.unwrap_or("nobody");
        cells.insert(1, format!("{agent}: {reason}"));
    }
    cells
}

fn hours(milliseconds: i64) -> String {
    let minutes = milliseconds / 60_000;
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// The beginning of a text, in one line; characters of East Asia are two columns wide.
fn cut(text: &str) -> String {
    let mut columns = 0;
    let mut begun = String::new();
    for one in text.chars() {
        columns += if one >= '\u{1100}' { 2 } else { 1 };
        if columns > SHOWN {
            begun.push('…');
            break;
        }
        begun.push(if one.is_control() { ' ' } else { one });
    }
    begun
}

/// What is in the queue.
fn summary(fed: &Fed, rejected: u64) -> String {
    let Some(queue) = fed.desk.queue() else {
        return String::new();
    };
    let (lanes, counts) = (queue.lanes(), queue.counts());
    let overdue = queue.overdue().len();
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
