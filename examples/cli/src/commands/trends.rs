//! `hearken trends`: what is rising, since when, why, and how sure that is.

use std::time::{Duration, Instant};

use hearken::Engine;
use hearken::desk::{Desk, Outcome as DeskOutcome, Window, WindowSettings};
use hearken::snapshot::Bundle;
use hearken::text::Language;
use hearken::time::TimeZone;
use hearken::trend::{Alert, Cell, Key, Measure, PaneRevision, Settings, State, watch};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::options::Shared;
use hearken_cli::output::Output;
use hearken_cli::run::PostRun;
use hearken_cli::signals;
use hearken_cli::summary::{AHEAD, grouped, table};
use hearken_report::Moment;
use serde::Serialize;

use super::stateful::{DumpOptions, Fed, StreamOptions, duration, span};

/// Says what is rising: topics, complaints, hashtags, channels, languages, monitored terms, and
/// words that nobody listed
///
/// Posts are counted in panes of five minutes by different authors, net of spam and reposts, and
/// compared with what is expected at this hour of the week by the clock of --time-zone, on
/// --holidays at this hour of a Sunday. With --state what is remembered goes on from run to run.
/// At most --budget false alerts a day are expected; the first --warm-up hours give none. An alert
/// is opened, updated and closed; each time with its words, its posts and a sentence.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken trends data/sample/posts.jsonl
  hearken trends dump.jsonl.zst --json -o alerts.jsonl
  hearken trends dump.jsonl --window 1h --slide 1h --keys topic,complaint
  hearken trends dump.jsonl --by brand --by country=user.country
  tail -f posts.jsonl | hearken trends --follow --language cs
  hearken trends dump.jsonl --time-zone Europe/Prague --holidays holidays.txt
  hearken trends today.jsonl --state memory --json -o alerts.jsonl
  tail -n +1 -F posts.jsonl | hearken trends --follow --state memory -o alerts.txt

holidays.txt:     2026-12-24   # a date a line
                  2026-12-25")]
pub(crate) struct Arguments {
    #[command(flatten)]
    dump: DumpOptions,
    /// False alerts a day that are allowed, over all series
    #[arg(long, value_name = "NUMBER", default_value_t = 2.0)]
    budget: f64,
    /// Hours that must be seen before the first alert
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    warm_up: u32,
    /// The least number of authors for an alert
    #[arg(long, value_name = "N", default_value_t = 4)]
    least: u64,
    /// Count authors, posts (net of spam and reposts), or all
    #[arg(long, value_name = "WHAT", default_value = "authors", value_parser = measure)]
    measure: Measure,
    /// The language of the sentences: en, cs, zh-Hans or zh-Hant
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = language)]
    language: Language,
    /// Give windows of this length instead of alerts (as 1h, 1d): what each key had in it. The last
    /// one is partial if the posts end before it does
    #[arg(long, value_name = "SPAN", value_parser = span)]
    window: Option<i64>,
    /// Begin a window so often [default: as long as a window]
    #[arg(long, value_name = "SPAN", value_parser = span, requires = "window")]
    slide: Option<i64>,
    /// Kinds of keys of the windows: all, complaints, negative, harm, topic, complaint, praise,
    /// term, hashtag, language, channel, emerging; with --by each value has all, complaints, harm,
    /// topic and complaint as well, and complaint@brand is that of the brands alone
    #[arg(
        long,
        value_name = "KINDS",
        value_delimiter = ',',
        default_value = "all,complaints,topic,complaint,hashtag,term"
    )]
    keys: Vec<String>,
    /// Report while lines come in on standard input; posts up to --late behind the newest still
    /// count in their pane. SIGTERM and SIGINT end it well, with exit code 0: what was read is
    /// reported, or saved to --state
    #[arg(long, conflicts_with = "files")]
    follow: bool,
    /// Save the state so often, with --follow and --state
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "30s")]
    save_every: i64,
    /// Save the state after so many lines too, with --follow and --state
    #[arg(long, value_name = "N")]
    save_after: Option<u64>,
    /// How far behind the newest post a pane is published, with --follow or --state
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "5m")]
    late: i64,
    /// Say of each alert what rises with it, for how long, and which posts show it
    #[arg(short, long)]
    verbose: bool,
    /// Print a line of JSON for each alert, window or revision instead of text; times are RFC 3339,
    /// spans are milliseconds; a window has its bounds as both
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    stream: StreamOptions,
}

/// The part of a state that says that it has panes.
const PANES: &str = "panes";
/// Keys that a window's table shows, those of the largest counts.
const SHOWN_KEYS: usize = 20;
const WINDOW_HEADER: [&str; 8] = [
    "",
    "authors",
    "posts",
    "reposts",
    "spam",
    "complaints",
    "negative",
    "importance",
];

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
    /// In milliseconds, for arithmetic.
    from: i64,
    to: i64,
    /// The same as RFC 3339.
    begins: String,
    ends: String,
    /// Whether the posts end before the window does.
    #[serde(skip_serializing_if = "is_false")]
    partial: bool,
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
    if arguments.follow {
        signals::wait_for_end();
    }
    let stream = &arguments.stream;
    let mut posts = arguments.dump.open(Some(stream), stream.keep()?, shared)?;
    posts.run.bar &= !arguments.follow;
    // What is followed is reported as it comes.
    let lateness = arguments.follow.then_some(Duration::ZERO);
    let mut fed = arguments
        .stream
        .desk(&mut posts, lateness, |asked| {
            asked.trends = Some(arguments.settings());
            asked.watch = Some(arguments.watch_settings());
            asked.windows = arguments.windows();
        })?
        .named();
    let mut put = |posts: &mut PostRun, outcome: DeskOutcome| {
        let zone = posts.reader.zone();
        arguments.put(&posts.engine, zone, outcome, &mut posts.run.output)
    };
    fed.begins(PANES, "trends");
    let is_asked = match arguments.follow {
        true => arguments.follow(&mut posts, &mut fed, &mut put)?,
        false => {
            posts.each_block(|posts, block| fed.take(posts, block, &mut put))?;
            false
        }
    };
    // What is asked to end is gone on with: posts wait for their turn in the state.
    if !(is_asked && arguments.stream.keeps_state()) {
        fed.finish(&mut posts, &mut put)?;
    }
    fed.save(&mut posts, mark)?;
    posts.run.finish(|rejected| summary(&fed.desk, rejected))
}

/// Says in a state that it has panes.
fn mark(_: &Desk, state: &mut Bundle) -> Result<(), Failure> {
    state.put_bytes(PANES, Vec::new());
    Ok(())
}

impl Arguments {
    fn settings(&self) -> Settings {
        let defaults = Settings::default();
        // Where more posts may come, panes stay open for a while.
        let goes_on = self.follow || self.stream.keeps_state();
        let (bound, lateness) = match goes_on {
            true => (duration(self.late), defaults.lateness),
            false => (Duration::ZERO, Duration::ZERO),
        };
        let window = duration(self.window.unwrap_or(0));
        let kept = window
            .saturating_add(lateness)
            .saturating_add(defaults.pane);
        Settings {
            measure: self.measure,
            bound,
            lateness,
            keep: defaults.keep.max(kept),
            ..defaults
        }
    }

    /// Takes posts as they come, and saves the state on the way; whether a signal asks for the end.
    fn follow(
        &self,
        posts: &mut PostRun,
        fed: &mut Fed,
        put: &mut impl FnMut(&mut PostRun, DeskOutcome) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let (every, after) = (duration(self.save_every), self.save_after);
        let (mut saved, mut since) = (Instant::now(), 0);
        posts.follow(|posts, block| {
            if let Some(block) = block {
                since += block.lines.len() as u64;
                return fed.take(posts, block, put);
            }
            // Only when it is saved depends on the clock, never what.
            let is_due = saved.elapsed() >= every || after.is_some_and(|after| since >= after);
            if is_due && posts.run.has_new() {
                fed.save(posts, mark)?;
                (saved, since) = (Instant::now(), 0);
            }
            Ok(())
        })
    }

    fn watch_settings(&self) -> watch::Settings {
        watch::Settings {
            budget: self.budget,
            min_authors: self.least,
            warm_up: Duration::from_secs(u64::from(self.warm_up) * 3600),
            ..watch::Settings::default()
        }
    }

    fn windows(&self) -> Option<WindowSettings> {
        let length = self.window?;
        Some(WindowSettings {
            length: duration(length),
            slide: duration(self.slide.unwrap_or(length)),
        })
    }

    /// Writes what is ready: revisions of panes, and alerts or windows.
    fn put(
        &self,
        engine: &Engine,
        zone: &TimeZone,
        outcome: DeskOutcome,
        output: &mut Output,
    ) -> Result<(), Failure> {
        match outcome {
            DeskOutcome::PaneRevision(revision) => self.put_revision(&revision, zone, output),
            DeskOutcome::Window(window) => self.put_window(&window, zone, output),
            DeskOutcome::Alert(alert) if self.window.is_none() => {
                self.put_alert(&alert, engine, zone, output)
            }
            _ => Ok(()),
        }
    }

    fn put_revision(
        &self,
        pane_revision: &PaneRevision,
        zone: &TimeZone,
        output: &mut Output,
    ) -> Result<(), Failure> {
        if self.json {
            return output.put_json_with_times(&RevisionLine { pane_revision });
        }
        let PaneRevision {
            start,
            key,
            old,
            new,
            ..
        } = pane_revision;
        let start = zone.minute(*start);
        output.put(format!("{start} revised {key}: {old} became {new}\n").as_bytes())
    }

    fn put_alert(
        &self,
        alert: &Alert,
        engine: &Engine,
        zone: &TimeZone,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let sentence = alert.sentence_in(zone, self.language, engine.taxonomy());
        match self.json {
            true => output.put_json_with_times(&AlertLine { alert, sentence }),
            false => output.put(shown(alert, zone, &sentence, self.verbose).as_bytes()),
        }
    }

    /// Gives what the wanted keys had in a window, the largest first.
    fn put_window(
        &self,
        window: &Window,
        zone: &TimeZone,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let Window {
            from, to, cells, ..
        } = window;
        let measure = self.measure;
        let wanted = |key: &Key| self.keys.iter().any(|asked| is_asked(asked, key));
        let mut rows: Vec<(&Key, &Cell)> = cells.cells().filter(|(key, _)| wanted(key)).collect();
        rows.sort_by_key(|(key, cell)| (std::cmp::Reverse(cell.count(measure)), *key));
        if self.json {
            return rows.iter().try_for_each(|(key, cell)| {
                output.put_json(&line(window, &key.to_string(), cell))
            });
        }
        let rows = rows.iter().take(SHOWN_KEYS);
        let rows = rows.map(|(key, cell)| cells_of(&line(window, &key.to_string(), cell)));
        let text = format!(
            "{} to {}{}\n{}\n",
            zone.minute(*from),
            zone.minute(*to),
            if window.partial { ", partial" } else { "" },
            table(&WINDOW_HEADER, rows.collect(), &[1, 2, 3, 4, 5, 6, 7])
        );
        output.put(text.as_bytes())
    }
}

fn summary(desk: &Desk, rejected: u64) -> String {
    let (Some(trends), Some(watch)) = (desk.trends(), desk.watch()) else {
        return String::new();
    };
    let (counts, watched) = (trends.counts(), watch.counts());
    let mut rows = vec![
        ("posts", counts.posts),
        ("spam, left out", counts.spam),
        ("series under watch", watch.series() as u64),
        ("alerts", watched.opened),
        ("rises that joined one", watched.joined),
    ];
    let rest = [
        ("rejects", rejected),
        ("posts without a time, in no pane", counts.undated),
        ("posts that revised a pane", counts.late),
        ("posts that came too late, in no pane", counts.too_late),
        (AHEAD, trends.set_aside()),
        ("posts taken before their turn", desk.early()),
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

/// An alert for people: a line, and more where it is asked for.
fn shown(alert: &Alert, zone: &TimeZone, sentence: &str, verbose: bool) -> String {
    let state = match alert.state {
        State::Opened => "opened",
        State::Updated => "updated",
        State::Resumed => "resumed",
        State::Closed => "closed",
    };
    let minutes = alert.longevity / 60_000;
    let own = if alert.own {
        " (own campaign or give-away)"
    } else {
        ""
    };
    let mut text = format!(
        "{} {state:8} {:2}/10{own} {sentence}\n",
        zone.minute(alert.at),
        alert.severity,
    );
    if !verbose {
        return text;
    }
    text.push_str(&format!(
        "  {}, after {}:{:02} h\n",
        alert.key,
        minutes / 60,
        minutes % 60
    ));
    if alert.state == State::Closed {
        return text;
    }
    if !alert.with.is_empty() {
        let with: Vec<String> = alert.with.iter().map(Key::to_string).collect();
        text.push_str(&format!("  with {}\n", with.join(", ")));
    }
    for note in &alert.evidence {
        let letters = note.text.chars();
        let shown: String = letters
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect();
        text.push_str(&format!("  {:3} {} {shown}\n", note.score, note.id));
    }
    text
}

/// Whether a key is of the kind that was asked for, and of a segment of the field behind `@`.
fn is_asked(asked: &str, key: &Key) -> bool {
    match asked.split_once('@') {
        Some((kind, field)) => {
            kind.trim() == key.kind()
                && key
                    .segment()
                    .is_some_and(|segment| segment.field() == field.trim())
        }
        None => asked == key.kind(),
    }
}

/// A row of a window's table.
fn cells_of(line: &WindowLine<'_>) -> Vec<String> {
    let numbers = [
        line.authors,
        line.posts,
        line.reposts,
        line.spam,
        line.complaints,
    ];
    let mut cells = vec![line.key.to_owned()];
    cells.extend(numbers.map(grouped));
    cells.push(format!("{:.2}", line.negative));
    cells.push(format!("{:.0}", line.importance));
    cells
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn line<'a>(window: &Window, key: &'a str, cell: &Cell) -> WindowLine<'a> {
    let posts = cell.posts.max(1) as f64;
    let rounded = |number: f64| (number * 1000.0).round() / 1000.0;
    WindowLine {
        from: window.from,
        to: window.to,
        begins: Moment(window.from).to_string(),
        ends: Moment(window.to).to_string(),
        partial: window.partial,
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
