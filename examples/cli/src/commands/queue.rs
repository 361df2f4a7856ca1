//! `hearken queue`: what to answer next, and what is overdue.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hearken::observation::Identity;
use hearken::queue::{Agent, Outcome as Became, Place, Queue, Settings};
use hearken::stream::Observed;
use hearken::taxonomy::Taxonomy;
use hearken::text::Language;
use hearken::{Post, Triage};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::stateful::{Answered, StreamOptions};
use hearken_cli::failure::{Failure, Outcome, plain};
use hearken_cli::input::Inputs;
use hearken_cli::options::{EngineOptions, PostOptions, RejectOptions, Shared};
use hearken_cli::output::Output;
use hearken_cli::progress::Progress;
use hearken_cli::summary::{grouped, say, table};

/// Columns of a text that a table shows.
const SHOWN: usize = 48;

/// Says what to answer next and what is overdue, each place with its reason
///
/// Posts may come in any order; they are taken in order of time, with what those before them tell
/// (triage --stateful). Posts of one person, and those in a thread that this person began, are one
/// case. What an agent wrote ("role":"agent") or --answered names waits no longer, nor does what
/// turns out to be of a campaign.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken queue data/sample/posts.jsonl
  hearken queue posts.jsonl --now 2026-03-03T12:00:00Z --next 50 --capacity 80
  hearken queue posts.jsonl --overdue --json | head
  hearken queue posts.jsonl --agents agents.toml --answered answered.jsonl

agents.toml:      [[agent]]
                  id = \"jana\"
                  skills = [\"refund\", \"delivery\"]   # topics; none is all
                  languages = [\"cs\", \"en\"]          # none is all
                  capacity = 5                        # cases at once
answered.jsonl:   {\"post\":\"77\",\"at\":\"2026-03-01T08:20:00Z\"}")]
pub(crate) struct Arguments {
    /// Files of posts, plain, .gz or .zst; - or none is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    posts: PostOptions,
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
    /// Give the next cases to these agents (TOML)
    #[arg(long, value_name = "FILE", conflicts_with = "overdue")]
    agents: Option<PathBuf>,
    /// Settings of the queue (TOML)
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Cases that can be answered an hour; what stands behind those of a shift is deferred
    #[arg(long, value_name = "N")]
    capacity: Option<u32>,
    /// Posts that were answered and when (JSON lines)
    #[arg(long, value_name = "FILE")]
    answered: Option<PathBuf>,
    #[command(flatten)]
    rejects: RejectOptions,
    /// Print a line of JSON for each case instead of a table; times are milliseconds
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    stream: StreamOptions,
}

/// A case as it is written.
#[derive(Serialize)]
struct Row<'a> {
    rank: usize,
    #[serde(flatten)]
    place: &'a Place,
    /// Where agents were given: who takes it, and why, or why nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned: Option<Assigned<'a>>,
}

#[derive(Serialize)]
struct Assigned<'a> {
    agent: Option<&'a str>,
    reason: &'a str,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let reader = arguments.posts.reader()?;
    let inputs = Inputs::check(&arguments.files)?;
    let mut rejects = arguments.rejects.open(shared)?;
    let now = match arguments.now.as_str() {
        "last" => None,
        text => Some(time(text).ok_or_else(|| {
            Failure::message(format!(
                "--now {text:?} is no time; write it as in 2026-03-01T08:20:00Z, or last"
            ))
        })?),
    };
    let levels = arguments.stream.service_levels()?;
    let mut settings = match &arguments.settings {
        Some(path) => read(path, "settings", Settings::from_toml)?,
        None => Settings::default(),
    };
    settings.capacity = arguments.capacity.or(settings.capacity);
    let answered = arguments
        .answered
        .as_deref()
        .map(read_answered)
        .transpose()?
        .unwrap_or_default();
    let mut output = Output::open(shared.output.as_deref())?;
    let engine = arguments
        .engine
        .engine_with(arguments.stream.identities()?)?;
    let mut queue = Queue::new(settings, levels, engine.importance().levels())?;
    if let Some(path) = &arguments.agents {
        for agent in read_agents(path, engine.taxonomy())? {
            queue
                .add_agent(agent)
                .map_err(|error| Failure::about(path.display(), &error))?;
        }
    }

    let mut stateful = arguments.stream.stateful(&engine, None)?.named();
    let mut waiting = Waiting {
        queue,
        now,
        undated: Vec::new(),
        texts: BTreeMap::new(),
        later: 0,
        shed: Vec::new(),
    };
    let progress = Progress::bytes(!shared.quiet, inputs.total_bytes);
    let bytes_read = Arc::new(AtomicU64::new(0));
    inputs.each_block(&bytes_read, |block| {
        stateful.take(
            &engine,
            &reader,
            &inputs,
            &block,
            &mut rejects,
            |answered, observed| {
                waiting.take(answered, &observed);
                Ok(())
            },
        )?;
        progress.set(
            bytes_read.load(Ordering::Relaxed),
            format!("{} posts", grouped(waiting.texts.len() as u64)),
        );
        Ok(())
    })?;
    stateful.finish(|answered, observed| {
        waiting.take(answered, &observed);
        Ok(())
    })?;
    progress.finish();
    let Some(now) = now.or(waiting.queue.watermark()) else {
        return Err(Failure::message(
            "no post has a time; say with --now for which time to answer",
        ));
    };
    waiting.take_undated(now);
    let Waiting {
        mut queue,
        texts,
        later,
        shed,
        ..
    } = waiting;
    for answer in answered.iter().filter(|answer| answer.at <= now) {
        queue.answered(&answer.post, answer.at);
    }
    queue.advance(now);

    let (places, assigned): (Vec<Place>, Vec<_>) = match (&arguments.agents, arguments.overdue) {
        (Some(_), _) => {
            let assignments = queue.assign_next(arguments.next).into_iter();
            assignments
                .map(|one| (one.place, Some((one.agent, one.reason))))
                .unzip()
        }
        (None, true) => queue
            .overdue()
            .into_iter()
            .map(|place| (place, None))
            .unzip(),
        (None, false) => queue
            .next(arguments.next)
            .into_iter()
            .map(|place| (place, None))
            .unzip(),
    };
    let rows = places
        .iter()
        .zip(&assigned)
        .enumerate()
        .map(|(rank, (place, assigned))| Row {
            rank: rank + 1,
            place,
            assigned: assigned.as_ref().map(|(agent, reason)| Assigned {
                agent: agent.as_deref(),
                reason,
            }),
        });
    if arguments.json {
        for row in rows {
            output.put_json(&row)?;
        }
    } else {
        output.put(shown(rows.collect(), &texts, arguments.agents.is_some()).as_bytes())?;
    }
    output.finish()?;
    let rejected = rejects.count();
    rejects.finish(shared.quiet)?;
    if !shared.quiet {
        say(&summary(&queue, later, rejected));
    }
    if !shed.is_empty() {
        // Nothing is lost in silence, however quiet.
        let first = shed.first().map(String::as_str).unwrap_or_default();
        say(&format!(
            "hearken: posts shed, for more wait than most_posts: {}, the first {first}\n",
            shed.len()
        ));
    }
    Ok(arguments.rejects.outcome(rejected))
}

/// The queue as it fills.
struct Waiting {
    queue: Queue,
    now: Option<i64>,
    /// Posts that came before any with a time.
    undated: Vec<(Post<'static>, Triage, Identity)>,
    /// The beginnings of the texts of posts that were queued.
    texts: BTreeMap<String, String>,
    later: u64,
    shed: Vec<String>,
}

impl Waiting {
    /// Takes a post in its turn, and what it changes about those before it.
    fn take(&mut self, answered: Answered, observed: &Observed) {
        let Answered {
            post,
            triage,
            observation,
        } = answered;
        let identity = observation.identity;
        match post.created_at {
            Some(created) if self.now.is_some_and(|now| created > now) => {
                self.later += 1;
                return;
            }
            Some(created) => self.take_undated(created),
            None if self.queue.watermark().is_none() => {
                return self.undated.push((post, triage, identity));
            }
            None => {}
        }
        self.put(&post, &triage, &identity);
        for revision in observed.revisions() {
            self.queue.revise(revision);
        }
    }

    /// Takes the posts that came before any with a time as of `at`.
    fn take_undated(&mut self, at: i64) {
        if !self.undated.is_empty() {
            self.queue.advance(at);
        }
        for (post, triage, identity) in std::mem::take(&mut self.undated) {
            self.put(&post, &triage, &identity);
        }
    }

    fn put(&mut self, post: &Post<'_>, triage: &Triage, identity: &Identity) {
        let observed = self.queue.observe(post, triage, identity);
        debug_assert!(
            observed.outcome != Became::Undated,
            "the queue knows a time"
        );
        if let (Some(id), Became::Queued | Became::Joined | Became::Updated) =
            (post.id.as_deref(), observed.outcome)
        {
            self.texts.insert(id.to_owned(), cut(&post.text));
        }
        for id in observed.shed {
            self.texts.remove(&id);
            self.shed.push(id);
        }
    }
}

/// A time in milliseconds.
fn time(text: &str) -> Option<i64> {
    text.trim()
        .parse::<Timestamp>()
        .ok()
        .map(Timestamp::as_millisecond)
}

fn read<T>(
    path: &Path,
    what: &str,
    read: impl Fn(&str) -> hearken::Result<T>,
) -> Result<T, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::message(format!(
            "the {what} {} can't be read: {}",
            path.display(),
            plain(&error)
        ))
    })?;
    read(&text).map_err(|error| Failure::about(path.display(), &error))
}

/// A line of the file of answers.
struct Answer {
    post: String,
    at: i64,
}

fn read_answered(path: &Path) -> Result<Vec<Answer>, Failure> {
    #[derive(Deserialize)]
    struct Raw {
        post: serde_json::Value,
        at: serde_json::Value,
    }
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::message(format!(
            "the answers {shown} can't be read: {}",
            plain(&error)
        ))
    })?;
    let mut answers = Vec::new();
    for (number, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let raw = serde_json::from_str::<Raw>(line).ok();
        let answer = raw.and_then(|raw| {
            let post = match raw.post {
                serde_json::Value::String(post) => post,
                serde_json::Value::Number(post) => post.to_string(),
                _ => return None,
            };
            let at = raw.at.as_str().map_or_else(|| raw.at.as_i64(), time)?;
            Some(Answer { post, at })
        });
        answers.push(answer.ok_or_else(|| {
            let mend = "write {\"post\":\"77\",\"at\":\"2026-03-01T08:20:00Z\"}";
            Failure::message(format!(
                "{shown}, line {}: no post with the time of its answer; {mend}",
                number + 1
            ))
        })?);
    }
    answers.sort_by_key(|answer| answer.at);
    Ok(answers)
}

fn read_agents(path: &Path, taxonomy: &Taxonomy) -> Result<Vec<Agent>, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Raw {
        agent: Vec<RawAgent>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct RawAgent {
        id: String,
        #[serde(default)]
        skills: Vec<String>,
        #[serde(default)]
        languages: Vec<String>,
        capacity: Option<u32>,
    }
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::message(format!(
            "the agents {shown} can't be read: {}",
            plain(&error)
        ))
    })?;
    let raw: Raw = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text
            .bytes()
            .take(start)
            .filter(|&byte| byte == b'\n')
            .count();
        Failure::message(format!(
            "{shown}, line {line}: {}",
            error.message().replace('\n', " ")
        ))
    })?;
    let agent = |raw: RawAgent| {
        let about = |what: String| Failure::message(format!("{shown}, agent {:?}: {what}", raw.id));
        let skill = |skill: &String| {
            let index = taxonomy
                .index_of_label(skill)
                .and_then(|index| u16::try_from(index).ok());
            index.ok_or_else(|| {
                about(format!(
                    "{skill:?} is no topic of the taxonomy; write the id of one"
                ))
            })
        };
        let language = |code: &String| {
            Language::from_code(code)
                .ok_or_else(|| about(format!("{code:?} is no language; write en, cs, zh-Hans …")))
        };
        Ok(Agent {
            skills: raw
                .skills
                .iter()
                .map(skill)
                .collect::<Result<_, Failure>>()?,
            languages: raw
                .languages
                .iter()
                .map(language)
                .collect::<Result<_, Failure>>()?,
            capacity: raw.capacity,
            id: raw.id.clone(),
        })
    };
    raw.agent.into_iter().map(agent).collect()
}

/// The cases for people.
fn shown(rows: Vec<Row<'_>>, texts: &BTreeMap<String, String>, agents: bool) -> String {
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
    if agents {
        header.insert(1, "agent");
    }
    let cells = rows.iter().map(|row| {
        let place = row.place;
        let text = texts.get(&place.post).cloned().unwrap_or_default();
        let mut cells = vec![
            row.rank.to_string(),
            place.post.clone(),
            place.channel.clone().unwrap_or_default(),
            format!("{:?}", place.lane).to_lowercase(),
            place.score.to_string(),
            grouped(place.count),
            hours(place.waited),
            if place.overdue_by > 0 {
                hours(place.overdue_by)
            } else {
                String::new()
            },
            text,
            place.reason.clone(),
        ];
        if let Some(assigned) = &row.assigned {
            let reason = assigned.reason;
            cells.insert(
                1,
                assigned.agent.map_or(format!("nobody: {reason}"), |agent| {
                    format!("{agent}: {reason}")
                }),
            );
        }
        cells
    });
    let right: &[usize] = if agents {
        &[0, 5, 6, 7, 8]
    } else {
        &[0, 4, 5, 6, 7]
    };
    table(&header, cells.collect(), right)
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
fn summary(queue: &Queue, later: u64, rejected: u64) -> String {
    let (lanes, counts) = (queue.lanes(), queue.counts());
    let overdue = queue.overdue().len();
    let row = |name: &str, count: u64| vec![name.to_owned(), grouped(count)];
    let mut rows = vec![
        row("posts queued", counts.queued),
        row("spam, not queued", counts.spam),
        row("posts of agents", counts.agent_posts),
        row("cases answered", counts.cases_answered),
        row("cases that wait", queue.len() as u64),
        row("  fast", lanes.fast as u64),
        row("  normal", lanes.normal as u64),
        row("  deferred", lanes.deferred as u64),
        row("  assigned", lanes.assigned as u64),
        row("cases overdue", overdue as u64),
    ];
    for (name, count) in [
        ("posts after --now, left out", later),
        ("rejects", rejected),
        ("posts shed", counts.shed),
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
