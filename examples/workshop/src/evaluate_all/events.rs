//! The section of alerts: streams with events that people found by reading, and what the watch
//! tells of them.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::TAU;
use std::path::Path;

use hearken::Post;
use hearken::desk::{Desk, Outcome, Settings};
use hearken::internals::Random;
use hearken::trend::{self, Alert, State, watch};
use serde::Deserialize;

use super::page::Page;
use super::{Context, wrong};
use crate::train_bundled::text_of;
use hearken_cli::failure::Failure;
use hearken_cli::summary::moment;

const STREAMS: &str = "data/labels/events/streams.toml";
const EVENTS: &str = "data/labels/events/events.tsv";
const POSTS: &str = "data/labels/events/posts.tsv";

/// Budgets of false alerts a day; the first one is shown alert by alert.
const BUDGETS: [f64; 3] = [2.0, 0.5, 10.0];
/// Midnight of Monday 2026-03-02 UTC, in milliseconds.
const MONDAY: i64 = 1_772_409_600_000;
const HOUR_MS: i64 = 3_600_000;
/// An event has begun once this number of authors wrote of it within this time: the least that the
/// watch asks of any alert.
const AUTHORS: usize = 4;
const WITHIN_MS: i64 = 3 * HOUR_MS;
/// An event must be found if this number of authors wrote of it within this time, and it begins
/// after the day that only teaches.
const LARGE: usize = 8;
const LARGE_WITHIN_MS: i64 = 6 * HOUR_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How long after an event's last post an alert may still tell of it.
const AFTER_MS: i64 = HOUR_MS;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Streams {
    stream: Vec<Recipe>,
}

/// How a stream is made; see the head of [`STREAMS`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    name: String,
    posts: Option<String>,
    background: Option<String>,
    #[serde(default)]
    posts_an_hour: f64,
    #[serde(default)]
    days: i64,
    #[serde(default)]
    hour: f64,
    #[serde(default)]
    hours: f64,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    kept: bool,
}

/// What happened, as somebody read it.
struct Event {
    stream: String,
    name: String,
    /// Whether somebody would do something about it, or only like to know.
    act: bool,
    what: String,
    posts: BTreeSet<String>,
}

/// What a line of a set has, as far as it is needed here.
#[derive(Deserialize)]
struct Line {
    id: String,
    text: String,
}

/// An event in its stream.
struct Lived<'e> {
    event: &'e Event,
    /// Whether it is large enough, and late enough, to be found.
    counts: bool,
    /// When it has begun, and when its last post came.
    onset: i64,
    last: i64,
}

/// What became of one alert over its life.
struct Told {
    first: Alert,
    reports: usize,
    /// The events that it tells of, as places among the lived ones, and since when it does.
    events: BTreeMap<usize, i64>,
}

pub(crate) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    let streams: Streams = toml::from_str(&text_of(Path::new(STREAMS))?)
        .map_err(|error| Failure::message(format!("{STREAMS}: {error}")))?;
    let events = read_events()?;
    page.section(
        "Alerts on labelled events",
        "Streams of posts in which people found the events by reading, before the watch that is \
         measured here was first run (`data/labels/events`): a real one, and posts of one event \
         laid over real posts of another set. An event has begun once four authors wrote of it \
         within three hours. It is to be found if eight authors wrote of it within some six \
         hours and it began after the first day, which only teaches; an alert of a smaller or \
         earlier one is no noise. A report tells of an event if at least half of the posts that it shows belong to it, \
         from the event's beginning until an hour after its last post. An alert none of whose \
         reports tells of an event is *noise*. *To act on*: a duty manager would do something; \
         the others are nice to know. Delay: from the beginning of an event to the first report \
         that tells of it, in minutes. Streams marked “kept” were measured once, when all was \
         done.",
    );
    let mut table = Vec::new();
    let mut told = Vec::new();
    for recipe in &streams.stream {
        let files = files_of(recipe, &events);
        if !files.iter().all(|file| context.folder.join(file).exists()) {
            page.paragraph(&format!(
                "Not measured: the posts of `{}` are not there.",
                recipe.name
            ));
            continue;
        }
        context.tell(&format!("alerts: {}", recipe.name));
        let posts = posts_of(context, recipe, &events)?;
        let lived = lived(&posts, recipe, &events);
        for budget in BUDGETS {
            let alerts = watched(context, &posts, budget, &lived)?;
            table.push(figures(recipe, &posts, budget, &lived, &alerts));
            if budget == BUDGETS[0] {
                told.push((
                    recipe,
                    lived_rows(&lived, &alerts),
                    alert_rows(&lived, &alerts),
                ));
            }
        }
    }
    page.table(
        &[
            "stream",
            "posts",
            "budget a day",
            "alerts",
            "reports",
            "noise",
            "to act on",
            "found",
            "median delay",
            "nice to know",
            "found",
        ],
        &table,
    );
    for (recipe, events, alerts) in &told {
        page.part(
            &format!("Events and alerts of {}", named(recipe)),
            "With a budget of 2 false alerts a day.",
        );
        page.table(
            &["event", "what", "begins", "to act on", "delay", "told as"],
            events,
        );
        page.table(
            &["alert", "of", "severity", "reports", "tells of", "words"],
            alerts,
        );
    }
    Ok(())
}

fn named(recipe: &Recipe) -> String {
    match recipe.kept {
        true => format!("{} (kept)", recipe.name),
        false => recipe.name.clone(),
    }
}

fn read_events() -> Result<Vec<Event>, Failure> {
    let mut events = Vec::new();
    for (at, row) in text_of(Path::new(EVENTS))?.lines().enumerate() {
        let [stream, name, grade, what] = fields(EVENTS, at, row)?;
        events.push(Event {
            stream: stream.to_owned(),
            name: name.to_owned(),
            act: grade == "act",
            what: what.to_owned(),
            posts: BTreeSet::new(),
        });
    }
    for (at, row) in text_of(Path::new(POSTS))?.lines().enumerate() {
        let [stream, name, id] = fields(POSTS, at, row)?;
        let event = events
            .iter_mut()
            .find(|event| event.stream == stream && event.name == name)
            .ok_or_else(|| wrong(POSTS, at, &format!("{EVENTS} has no event `{name}`")))?;
        event.posts.insert(id.to_owned());
    }
    Ok(events)
}

fn fields<'r, const N: usize>(
    file: &str,
    at: usize,
    row: &'r str,
) -> Result<[&'r str; N], Failure> {
    let fields: Vec<&str> = row.split('\t').collect();
    <[&str; N]>::try_from(fields)
        .map_err(|_| wrong(file, at, &format!("write {N} fields separated by tabs")))
}

/// The files of sets that a stream is made of.
fn files_of(recipe: &Recipe, events: &[Event]) -> BTreeSet<String> {
    match (&recipe.posts, &recipe.background) {
        (Some(posts), _) => BTreeSet::from([posts.clone()]),
        (None, background) => sets_of(recipe, events)
            .into_iter()
            .map(train_of)
            .chain(background.clone())
            .collect(),
    }
}

/// The posts' identifiers of the events of a stream.
fn ids_of<'e>(recipe: &Recipe, events: &'e [Event]) -> BTreeSet<&'e str> {
    let own = events.iter().filter(|event| event.stream == recipe.name);
    own.flat_map(|event| event.posts.iter().map(String::as_str))
        .collect()
}

/// The sets that the posts of a stream's events are from: their ids begin with its name.
fn sets_of<'e>(recipe: &Recipe, events: &'e [Event]) -> BTreeSet<&'e str> {
    ids_of(recipe, events)
        .into_iter()
        .filter_map(|id| id.rsplit_once("-train-"))
        .map(|(set, _)| set)
        .collect()
}

fn train_of(set: &str) -> String {
    format!("{set}/train.jsonl")
}

/// The posts of a stream, in order of time.
fn posts_of(
    context: &Context<'_>,
    recipe: &Recipe,
    events: &[Event],
) -> Result<Vec<Post<'static>>, Failure> {
    if let Some(file) = &recipe.posts {
        let text = text_of(&context.folder.join(file))?;
        let read = |(at, line): (usize, &str)| {
            Post::from_json(line)
                .map(Post::into_owned)
                .map_err(|error| wrong(file, at, &error.to_string()))
        };
        let mut posts: Vec<Post<'static>> = text
            .lines()
            .enumerate()
            .map(read)
            .collect::<Result<_, _>>()?;
        posts.sort_by_key(|post| post.created_at);
        return Ok(posts);
    }
    composed(context, recipe, events)
}

/// A stream made of a background and the posts of its events.
fn composed(
    context: &Context<'_>,
    recipe: &Recipe,
    events: &[Event],
) -> Result<Vec<Post<'static>>, Failure> {
    let own = ids_of(recipe, events);
    let mut random = Random::new(recipe.seed);
    let file = recipe.background.clone().unwrap_or_default();
    let mut background = lines_of(context, &file)?;
    background.retain(|line| !own.contains(line.id.as_str()));
    random.shuffle(&mut background);
    let mut posts = Vec::new();
    let mut hours = 0.0;
    for line in background {
        // The time to the next post of a Poisson process, at the rate of this hour.
        let rhythm = 1.0 + 0.6 * ((hours % 24.0 - 15.0) / 24.0 * TAU).cos();
        hours += -(1.0 - random.unit()).ln() / (recipe.posts_an_hour * rhythm);
        if hours >= recipe.days as f64 * 24.0 {
            break;
        }
        posts.push(post(line, hours));
    }
    for set in sets_of(recipe, events) {
        for line in lines_of(context, &train_of(set))? {
            if own.contains(line.id.as_str()) {
                let share = 0.5 * (random.unit() + random.unit());
                posts.push(post(line, recipe.hour + share * recipe.hours));
            }
        }
    }
    posts.sort_by(|one, other| {
        (one.created_at, one.id.as_deref()).cmp(&(other.created_at, other.id.as_deref()))
    });
    Ok(posts)
}

fn lines_of(context: &Context<'_>, file: &str) -> Result<Vec<Line>, Failure> {
    let text = text_of(&context.folder.join(file))?;
    let read = |(at, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| wrong(file, at, &error.to_string()))
    };
    text.lines().enumerate().map(read).collect()
}

fn post(line: Line, hours: f64) -> Post<'static> {
    let mut post = Post::new(line.text);
    post.created_at = Some(MONDAY + (hours * HOUR_MS as f64) as i64);
    post.author.id = Some(line.id.clone().into());
    post.id = Some(line.id.into());
    post
}

/// The events of a stream that have begun.
fn lived<'e>(posts: &[Post<'_>], recipe: &Recipe, events: &'e [Event]) -> Vec<Lived<'e>> {
    let first = posts.iter().find_map(|post| post.created_at).unwrap_or(0);
    let lived = |event: &'e Event| {
        let of: Vec<(i64, &str)> = posts
            .iter()
            .filter(|post| {
                post.id
                    .as_deref()
                    .is_some_and(|id| event.posts.contains(id))
            })
            .filter_map(|post| Some((post.created_at?, post.author.id.as_deref()?)))
            .collect();
        let (last, _) = *of.last()?;
        let authors_until = |end: usize, within: i64| {
            let (until, _) = of[end];
            let within = of[..=end].iter().filter(|(at, _)| until - at <= within);
            within
                .map(|(_, author)| *author)
                .collect::<BTreeSet<_>>()
                .len()
        };
        let begun = (0..of.len()).find(|&end| authors_until(end, WITHIN_MS) >= AUTHORS)?;
        let (onset, _) = of[begun];
        let large = (0..of.len()).any(|end| authors_until(end, LARGE_WITHIN_MS) >= LARGE);
        Some(Lived {
            event,
            counts: large && onset > first + DAY_MS,
            onset,
            last,
        })
    };
    let of_stream = events.iter().filter(|event| event.stream == recipe.name);
    of_stream.filter_map(lived).collect()
}

/// What the watch tells of a stream, as the command line does.
fn watched(
    context: &Context<'_>,
    posts: &[Post<'static>],
    budget: f64,
    lived: &[Lived<'_>],
) -> Result<Vec<Told>, Failure> {
    let mut desk = Desk::new(
        &context.engine,
        Settings {
            queue: None,
            trends: Some(trend::Settings::default()),
            watch: Some(watch::Settings {
                budget,
                ..watch::Settings::default()
            }),
            ..Settings::for_engine(&context.engine)?
        },
    )?;
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    let mut order = Vec::new();
    let mut take = |outcomes: Vec<Outcome>| {
        for outcome in outcomes {
            let Outcome::Alert(alert) = outcome else {
                continue;
            };
            let known = told.entry(alert.id.clone()).or_insert_with(|| {
                order.push(alert.id.clone());
                Told {
                    first: *alert.clone(),
                    reports: 0,
                    events: BTreeMap::new(),
                }
            });
            known.reports += 1;
            if alert.state != State::Closed {
                for event in events_of(&alert, lived) {
                    known.events.entry(event).or_insert(alert.at);
                }
            }
        }
    };
    for post in posts {
        take(desk.observe(post));
    }
    take(desk.finish());
    Ok(order.iter().filter_map(|id| told.remove(id)).collect())
}

/// The events that half of the posts of a report belong to: a post may be of a storm and of the
/// telephones that it jams.
fn events_of(alert: &Alert, lived: &[Lived<'_>]) -> Vec<usize> {
    let tells = |lived: &Lived<'_>| {
        let of = alert
            .evidence
            .iter()
            .filter(|note| lived.event.posts.contains(&*note.id));
        let live = (lived.onset..=lived.last + AFTER_MS).contains(&alert.at);
        live && !alert.evidence.is_empty() && 2 * of.count() >= alert.evidence.len()
    };
    let places = lived.iter().enumerate();
    places
        .filter_map(|(at, lived)| tells(lived).then_some(at))
        .collect()
}

/// The alert that tells of an event first, and after how many minutes.
fn found<'t>(at: usize, lived: &Lived<'_>, told: &'t [Told]) -> Option<(&'t Told, i64)> {
    let telling = told
        .iter()
        .filter_map(|told| told.events.get(&at).map(|since| (told, *since)));
    telling
        .min_by_key(|(_, since)| *since)
        .map(|(told, since)| (told, (since - lived.onset) / 60_000))
}

fn figures(
    recipe: &Recipe,
    posts: &[Post<'_>],
    budget: f64,
    lived: &[Lived<'_>],
    told: &[Told],
) -> Vec<String> {
    let mut counts = [(0, 0); 2];
    let mut delays = Vec::new();
    for (at, one) in lived.iter().enumerate().filter(|(_, one)| one.counts) {
        let found = found(at, one, told);
        let (all, told) = &mut counts[usize::from(!one.event.act)];
        *all += 1;
        *told += usize::from(found.is_some());
        delays.extend(found.filter(|_| one.event.act).map(|(_, delay)| delay));
    }
    delays.sort_unstable();
    let delay = delays.get(delays.len() / 2);
    let noise = told.iter().filter(|told| told.events.is_empty()).count();
    vec![
        named(recipe),
        posts.len().to_string(),
        format!("{budget}"),
        told.len().to_string(),
        told.iter()
            .map(|told| told.reports)
            .sum::<usize>()
            .to_string(),
        noise.to_string(),
        counts[0].0.to_string(),
        counts[0].1.to_string(),
        delay.map_or("–".to_owned(), i64::to_string),
        counts[1].0.to_string(),
        counts[1].1.to_string(),
    ]
}

fn lived_rows(lived: &[Lived<'_>], told: &[Told]) -> Vec<Vec<String>> {
    let row = |(at, one): (usize, &Lived<'_>)| {
        let found = found(at, one, told);
        vec![
            one.event.name.clone(),
            one.event.what.clone(),
            moment(one.onset, "%m-%d %H:%M"),
            if one.event.act { "yes" } else { "" }.to_owned(),
            found.map_or("not told".to_owned(), |(_, delay)| delay.to_string()),
            found.map_or(String::new(), |(told, _)| told.first.key.to_string()),
        ]
    };
    let counting = lived.iter().enumerate().filter(|(_, one)| one.counts);
    counting.map(row).collect()
}

fn alert_rows(lived: &[Lived<'_>], told: &[Told]) -> Vec<Vec<String>> {
    let row = |told: &Told| {
        let events: Vec<&str> = told
            .events
            .keys()
            .filter_map(|&at| lived.get(at))
            .map(|lived| lived.event.name.as_str())
            .collect();
        vec![
            moment(told.first.at, "%m-%d %H:%M"),
            told.first.key.to_string(),
            told.first.severity.to_string(),
            told.reports.to_string(),
            match events.is_empty() {
                true => "noise".to_owned(),
                false => events.join(", "),
            },
            told.first.drivers.join(", "),
        ]
    };
    told.iter().map(row).collect()
}
