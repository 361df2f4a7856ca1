//! `hearken trends`: what is rising, since when, why, and how sure that is.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hearken::Engine;
use hearken::snapshot::Snapshot;
use hearken::text::Language;
use hearken::trend::{
    Alert, Cell, Key, Measure, PaneRevision, PostOutcome, Settings, State, Trends, Watch, watch,
};
use serde::Serialize;

use super::stateful::{Answered, StreamOptions, span};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::input::Inputs;
use hearken_cli::options::{EngineOptions, PostOptions, RejectOptions, Shared};
use hearken_cli::output::Output;
use hearken_cli::progress::Progress;
use hearken_cli::summary::{grouped, moment, say, table};

/// Says what is rising: topics, complaints, hashtags, channels, languages, monitored terms, and
/// words that nobody listed
///
/// Posts are counted in panes of five minutes by different authors, net of spam and reposts, and
/// compared with what is expected at this hour of the week. With --state what is remembered goes on
/// from run to run. What is told stays within --budget false alerts a day. Nothing is told in the
/// first --warm-up hours. What is told begins, is updated and ends; each with its words, its posts
/// and a sentence.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken trends data/sample/posts.jsonl
  hearken trends dump.jsonl.zst --json -o alerts.jsonl
  hearken trends dump.jsonl --window 1h --slide 1h --keys topic,complaint
  tail -f posts.jsonl | hearken trends --follow --language cs
  hearken trends today.jsonl --state memory --key secret --json")]
pub(crate) struct Arguments {
    /// Files of posts, plain, .gz or .zst; - or none is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    posts: PostOptions,
    #[command(flatten)]
    engine: EngineOptions,
    /// False alerts a day that are allowed, over all series
    #[arg(long, value_name = "NUMBER", default_value_t = 2.0)]
    budget: f64,
    /// Hours that must be seen before anything is told
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    warm_up: u32,
    /// Authors below which nothing is told
    #[arg(long, value_name = "N", default_value_t = 4)]
    least: u64,
    /// Count authors, posts (net of spam and reposts), or all
    #[arg(long, value_name = "WHAT", default_value = "authors", value_parser = measure)]
    measure: Measure,
    /// The language of the sentences: en, cs, zh-Hans or zh-Hant
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = language)]
    language: Language,
    /// Give windows of this length instead of alerts (as 1h, 1d): what each key had in it
    #[arg(long, value_name = "SPAN", value_parser = span)]
    window: Option<i64>,
    /// Begin a window so often [default: as long as a window]
    #[arg(long, value_name = "SPAN", value_parser = span, requires = "window")]
    slide: Option<i64>,
    /// Kinds of keys of the windows: all, complaints, topic, complaint, praise, term, hashtag,
    /// language, channel, emerging
    #[arg(
        long,
        value_name = "KINDS",
        value_delimiter = ',',
        default_value = "all,complaints,topic,complaint,hashtag,term"
    )]
    keys: Vec<String>,
    /// Tell on what is published as lines come in on standard input; posts up to --late behind the
    /// newest enter their pane
    #[arg(long, conflicts_with = "files")]
    follow: bool,
    /// How far behind the newest post a pane is published, with --follow or --state
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "5m")]
    late: i64,
    #[command(flatten)]
    rejects: RejectOptions,
    /// Print a line of JSON for each alert, window or revision instead of text;
    /// times are milliseconds
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    stream: StreamOptions,
}

/// How times are shown to people, in UTC.
const MINUTES: &str = "%Y-%m-%d %H:%M";

/// A line of JSON for an alert.
#[derive(Serialize)]
struct AlertLine<'a> {
    #[serde(flatten)]
    alert: &'a Alert,
    sentence: String,
}

/// A line of JSON for what a key had in a window.
#[derive(Serialize)]
struct WindowLine<'a> {
    from: i64,
    to: i64,
    key: &'a str,
    authors: u64,
    posts: u64,
    reposts: u64,
    spam: u64,
    complaints: u64,
    /// The means over its posts.
    negative: f64,
    importance: f64,
}

#[derive(Serialize)]
struct RevisionLine<'a> {
    pane_revision: &'a PaneRevision,
}

/// The panes, who watches them, and where what they say goes.
struct Told<'a> {
    engine: &'a Engine,
    trends: Trends,
    watch: Watch,
    arguments: &'a Arguments,
    output: Output,
    /// The beginning of the next window.
    next: Option<i64>,
}

/// A span that [`span`] read, in milliseconds, none of which is below 0.
fn milliseconds(span: i64) -> Duration {
    Duration::from_millis(span.unsigned_abs())
}

fn measure(text: &str) -> Result<Measure, String> {
    match text {
        "authors" => Ok(Measure::Authors),
        "posts" => Ok(Measure::Posts),
        "all" => Ok(Measure::All),
        _ => Err("authors, posts or all".to_owned()),
    }
}

fn language(text: &str) -> Result<Language, String> {
    Language::from_code(text).ok_or_else(|| "write en, cs, zh-Hans or zh-Hant".to_owned())
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let reader = arguments.posts.reader()?;
    let inputs = Inputs::check(&arguments.files)?;
    let mut rejects = arguments.rejects.open(shared)?;
    let output = Output::open(shared.output.as_deref())?;
    let engine = arguments.engine.engine()?;
    let window = milliseconds(arguments.window.unwrap_or(0));
    let defaults = Settings::default();
    // Where more is to come, panes stay open for a while.
    let goes_on = arguments.follow || arguments.stream.state_of("trends").is_some();
    let (bound, lateness) = match goes_on {
        true => (milliseconds(arguments.late), defaults.lateness),
        false => (Duration::ZERO, Duration::ZERO),
    };
    let settings = Settings {
        measure: arguments.measure,
        bound,
        lateness,
        keep: defaults.keep.max(
            window
                .saturating_add(lateness)
                .saturating_add(defaults.pane),
        ),
        ..defaults
    };
    let watch = watch::Settings {
        budget: arguments.budget,
        min_authors: arguments.least,
        warm_up: Duration::from_secs(u64::from(arguments.warm_up) * 3600),
        ..watch::Settings::default()
    };
    let mut told = Told {
        engine: &engine,
        trends: resumed(
            arguments,
            "trends",
            || Trends::new(settings),
            |trends| trends.settings() == &settings,
        )?,
        watch: resumed(
            arguments,
            "watch",
            || Watch::new(watch),
            |kept| kept.settings() == &watch,
        )?,
        arguments,
        output,
        next: None,
    };
    // What is followed is told as it comes.
    let mut stateful = arguments
        .stream
        .stateful(&engine, arguments.follow.then_some(0))?
        .named();
    let progress = Progress::bytes(!shared.quiet && !arguments.follow, inputs.total_bytes);
    let bytes_read = Arc::new(AtomicU64::new(0));
    let mut taken = 0;
    inputs.each_block(&bytes_read, |block| {
        stateful.take(
            &engine,
            &reader,
            &inputs,
            &block,
            &mut rejects,
            |answered, _| {
                taken += 1;
                told.take(&answered)
            },
        )?;
        told.output.flush()?;
        progress.set(
            bytes_read.load(Ordering::Relaxed),
            format!("{} posts", grouped(taken)),
        );
        Ok(())
    })?;
    progress.finish();
    stateful.finish(|answered, _| told.take(&answered))?;
    match (
        arguments.stream.state_of("trends"),
        arguments.stream.state_of("watch"),
    ) {
        (Some(trends), Some(watch)) => {
            told.publish(false)?;
            told.trends.save(&trends)?;
            told.watch.save(&watch)?;
        }
        _ => told.publish(true)?,
    }
    let rejected = rejects.count();
    rejects.finish(shared.quiet)?;
    if !shared.quiet {
        say(&told.summary(rejected));
    }
    told.output.finish()?;
    Ok(arguments.rejects.outcome(rejected))
}

/// A room as it was left, or a new one.
fn resumed<Room: Snapshot>(
    arguments: &Arguments,
    name: &str,
    new: impl Fn() -> hearken::Result<Room>,
    fits: impl Fn(&Room) -> bool,
) -> Result<Room, Failure> {
    let Some(path) = arguments.stream.state_of(name).filter(|path| path.exists()) else {
        return Ok(new()?);
    };
    let room = Room::load(&path).map_err(|error| Failure::about(path.display(), &error))?;
    match fits(&room) {
        true => Ok(room),
        false => {
            let what = "it was left by a run with other options; give the same, or another --state";
            Err(Failure::message(format!("{}: {what}", path.display())))
        }
    }
}

impl Told<'_> {
    /// Takes a post in its turn, and tells what it changes and completes.
    fn take(
        &mut self,
        Answered {
            post,
            triage,
            observation,
        }: &Answered,
    ) -> Result<(), Failure> {
        if let PostOutcome::Revised(revisions) =
            self.trends.observe(self.engine, post, triage, observation)
        {
            for pane_revision in &revisions {
                match self.arguments.json {
                    true => self.output.put_json(&RevisionLine { pane_revision })?,
                    false => {
                        let PaneRevision {
                            start,
                            key,
                            old,
                            new,
                        } = pane_revision;
                        self.output.put(
                            format!(
                                "{} revised {key}: {old} became {new}\n",
                                moment(*start, MINUTES)
                            )
                            .as_bytes(),
                        )?;
                    }
                }
            }
        }
        self.publish(false)
    }

    /// Tells what the panes that are now complete say.
    fn publish(&mut self, last: bool) -> Result<(), Failure> {
        let Some(window) = self.arguments.window else {
            let alerts = match last {
                true => self.watch.observe_rest(&mut self.trends),
                false => self.watch.observe_published(&mut self.trends),
            };
            return alerts.iter().try_for_each(|alert| self.put_alert(alert));
        };
        let Told {
            trends,
            watch,
            arguments,
            output,
            next,
            ..
        } = self;
        let mut put = Ok(());
        let mut take = |trends: &Trends, start: i64| {
            watch.observe(trends, start);
            if put.is_ok() {
                put = put_windows(trends, start, window, arguments, next, output);
            }
        };
        match last {
            true => trends.finish(&mut take),
            false => trends.publish(&mut take),
        }
        put
    }

    fn put_alert(&mut self, alert: &Alert) -> Result<(), Failure> {
        let sentence = alert.sentence(self.arguments.language, self.engine.taxonomy());
        if self.arguments.json {
            return self.output.put_json(&AlertLine { alert, sentence });
        }
        let state = match alert.state {
            State::Opened => "opened",
            State::Updated => "updated",
            State::Closed => "closed",
        };
        let minutes = alert.longevity / 60_000;
        let mut text = format!(
            "{} {state:8} {:2}/10 {} after {}:{:02} h\n  {sentence}\n",
            moment(alert.at, MINUTES),
            alert.severity,
            alert.key,
            minutes / 60,
            minutes % 60
        );
        if alert.state != State::Closed {
            if !alert.with.is_empty() {
                text.push_str(&format!(
                    "  with {}\n",
                    alert
                        .with
                        .iter()
                        .map(Key::to_string)
                        .collect::<Vec<_>>()
                        .join(", ")
                ));
            }
            for note in &alert.evidence {
                let shown: String = note
                    .text
                    .chars()
                    .map(|c| if c.is_control() { ' ' } else { c })
                    .collect();
                text.push_str(&format!("  {:3} {} {shown}\n", note.score, note.id));
            }
        }
        self.output.put(text.as_bytes())
    }

    fn summary(&self, rejected: u64) -> String {
        let (counts, watched) = (self.trends.counts(), self.watch.counts());
        let mut rows = vec![
            ("posts", counts.posts),
            ("spam, left out", counts.spam),
            ("series under watch", self.watch.series() as u64),
            ("alerts", watched.opened),
            ("rises that joined one", watched.joined),
        ];
        let rest = [
            ("rejects", rejected),
            ("posts without a time, in no pane", counts.undated),
            ("posts that revised a pane", counts.late),
            ("posts that came too late, in no pane", counts.too_late),
            ("panes taken for missing", watched.missing),
            ("words and hashtags dropped from full panes", counts.dropped),
            ("keys that became no series", watched.refused),
        ];
        rows.extend(rest.into_iter().filter(|(_, count)| *count > 0));
        table(
            &[],
            rows.into_iter()
                .map(|(name, count)| vec![name.to_owned(), grouped(count)])
                .collect(),
            &[1],
        )
    }
}

/// Gives the windows that end with the pane that begins at `start`.
fn put_windows(
    trends: &Trends,
    start: i64,
    window: i64,
    arguments: &Arguments,
    next_window: &mut Option<i64>,
    output: &mut Output,
) -> Result<(), Failure> {
    let pane = trends.settings().pane.as_millis() as i64;
    let panes = |span: i64| (span / pane).max(1) * pane;
    let (length, slide) = (panes(window), panes(arguments.slide.unwrap_or(window)));
    let end = start + pane;
    let mut next = next_window.unwrap_or_else(|| start.div_euclid(slide) * slide);
    while next.saturating_add(length) <= end {
        let cells = trends.window(next, next + length);
        let wanted = |key: &Key| arguments.keys.iter().any(|kind| kind == key.kind());
        let mut rows: Vec<(&Key, &Cell)> = cells.cells().filter(|(key, _)| wanted(key)).collect();
        rows.sort_by_key(|(key, cell)| {
            (
                std::cmp::Reverse(cell.count(trends.settings().measure)),
                *key,
            )
        });
        if arguments.json {
            for (key, cell) in rows {
                output.put_json(&line(next, next + length, &key.to_string(), cell))?;
            }
        } else {
            let row = |(key, cell): (&Key, &Cell)| {
                let line = line(next, next + length, "", cell);
                let numbers = [
                    line.authors,
                    line.posts,
                    line.reposts,
                    line.spam,
                    line.complaints,
                ]
                .map(grouped);
                let means = [
                    format!("{:.2}", line.negative),
                    format!("{:.0}", line.importance),
                ];
                [key.to_string()]
                    .into_iter()
                    .chain(numbers)
                    .chain(means)
                    .collect()
            };
            let header = [
                "",
                "authors",
                "posts",
                "reposts",
                "spam",
                "complaints",
                "negative",
                "importance",
            ];
            let rows = rows.into_iter().take(20).map(row).collect();
            let text = format!(
                "{} to {}\n{}\n",
                moment(next, MINUTES),
                moment(next + length, MINUTES),
                table(&header, rows, &[1, 2, 3, 4, 5, 6, 7])
            );
            output.put(text.as_bytes())?;
        }
        next += slide;
    }
    *next_window = Some(next);
    Ok(())
}

fn line<'a>(from: i64, to: i64, key: &'a str, cell: &Cell) -> WindowLine<'a> {
    let posts = cell.posts.max(1) as f64;
    let rounded = |number: f64| (number * 1000.0).round() / 1000.0;
    WindowLine {
        from,
        to,
        key,
        authors: cell.authors.count(),
        posts: cell.posts,
        reposts: cell.reposts,
        spam: cell.spam,
        complaints: cell.complaints,
        negative: rounded(cell.negative as f64 / 1000.0 / posts),
        importance: rounded(cell.importance as f64 / posts),
    }
}
