//! `hearken trends`: what is rising, since when, why, and how sure that is.

use hearken::Engine;
use hearken::snapshot::Snapshot;
use hearken::stream::Observed;
use hearken::text::Language;
use hearken::trend::alert::{Alert, State};
use hearken::trend::key::Key;
use hearken::trend::pane::{Cell, Measure};
use hearken::trend::trends::{Observed as Panes, PaneRevision, Settings, Trends};
use hearken::trend::watch::{Settings as WatchSettings, Watch};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::options::{EngineOptions, Shared};
use hearken_cli::output::Output;
use hearken_cli::run::{PostInput, PostRun};
use hearken_cli::summary::{grouped, moment, table};
use serde::Serialize;

use super::stateful::{Answered, StreamOptions, span};

/// Says what is rising: topics, complaints, hashtags, channels, languages, monitored terms, and
/// words that nobody listed
///
/// Posts are counted in panes of five minutes by different authors, net of spam and reposts, and
/// compared with what is expected at this hour of the week. With --state what is remembered goes
/// on from run to run. At most --budget false alerts a day are expected; the first --warm-up
/// hours give none. An alert is opened, updated and closed; each time with its words, its posts
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
    #[command(flatten)]
    input: PostInput,
    #[command(flatten)]
    engine: EngineOptions,
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
    /// Report while lines come in on standard input; posts up to --late behind the newest still
    /// count in their pane
    #[arg(long, conflicts_with = "files")]
    follow: bool,
    /// How far behind the newest post a pane is published, with --follow or --state
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "5m")]
    late: i64,
    /// Print a line of JSON for each alert, window or revision instead of text;
    /// times are milliseconds
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    stream: StreamOptions,
}

/// How times are shown to people, in UTC.
const MINUTES: &str = "%Y-%m-%d %H:%M";
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

/// The panes, and who watches them.
struct Watched<'a> {
    trends: Trends,
    watch: Watch,
    arguments: &'a Arguments,
    /// The beginning of the next window.
    next: Option<i64>,
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
    let mut posts = arguments.input.open(
        || arguments.engine.engine_with(arguments.stream.identities()?),
        shared,
    )?;
    posts.run.bar &= !arguments.follow;
    let mut watched = Watched::new(arguments)?;
    // What is followed is reported as it comes.
    let mut stateful = arguments
        .stream
        .stateful(&posts.engine, arguments.follow.then_some(0))?
        .named();
    let mut take = |posts: &mut PostRun, answered: Answered, _: Observed| {
        let PostRun { run, engine, .. } = posts;
        watched.take(engine, &answered, &mut run.output)
    };
    posts.each_block(|posts, block| stateful.take(posts, block, &mut take))?;
    stateful.finish(&mut posts, take)?;
    watched.close(&posts.engine, &mut posts.run.output)?;
    posts.run.finish(|rejected| watched.summary(rejected))
}

impl Arguments {
    /// Whether more posts may come: then panes stay open for a while.
    fn goes_on(&self) -> bool {
        self.follow || self.stream.state_of("trends").is_some()
    }

    fn settings(&self) -> Settings {
        let defaults = Settings::default();
        let (bound, lateness) = match self.goes_on() {
            true => (self.late, defaults.lateness),
            false => (0, 0),
        };
        let window = self.window.unwrap_or(0);
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

    fn watch_settings(&self) -> WatchSettings {
        WatchSettings {
            budget: self.budget,
            least: self.least,
            warm_up: self.warm_up,
            ..WatchSettings::default()
        }
    }
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

impl Watched<'_> {
    /// New, or as they were left.
    fn new(arguments: &Arguments) -> Result<Watched<'_>, Failure> {
        let settings = arguments.settings();
        let watch = arguments.watch_settings();
        Ok(Watched {
            trends: resumed(
                arguments,
                "trends",
                || Trends::new(settings),
                |kept| kept.settings() == &settings,
            )?,
            watch: resumed(
                arguments,
                "watch",
                || Watch::new(watch),
                |kept| kept.settings() == &watch,
            )?,
            arguments,
            next: None,
        })
    }

    /// Takes a post in its turn, and reports what it changes and completes.
    fn take(
        &mut self,
        engine: &Engine,
        answered: &Answered,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let Answered {
            post,
            triage,
            observation,
        } = answered;
        if let Panes::Revised(revisions) = self.trends.observe(engine, post, triage, observation) {
            for revision in &revisions {
                self.put_revision(revision, output)?;
            }
        }
        self.publish(false, engine, output)
    }

    /// Reports what is left when the last post has come, and leaves the rooms where it
    /// was asked for.
    fn close(&mut self, engine: &Engine, output: &mut Output) -> Result<(), Failure> {
        let stream = &self.arguments.stream;
        let (Some(trends), Some(watch)) = (stream.state_of("trends"), stream.state_of("watch"))
        else {
            return self.publish(true, engine, output);
        };
        self.publish(false, engine, output)?;
        self.trends.save(&trends)?;
        Ok(self.watch.save(&watch)?)
    }

    /// Reports what the panes that are now complete show.
    fn publish(&mut self, last: bool, engine: &Engine, output: &mut Output) -> Result<(), Failure> {
        let panes = match last {
            true => self.trends.finish(),
            false => self.trends.publish(),
        };
        for start in panes {
            let alerts = self.watch.observe(&self.trends, start);
            match self.arguments.window {
                Some(window) => self.put_windows(start, window, output)?,
                None => alerts
                    .iter()
                    .try_for_each(|alert| self.put_alert(alert, engine, output))?,
            }
            self.trends.evict();
        }
        Ok(())
    }

    fn put_revision(
        &self,
        pane_revision: &PaneRevision,
        output: &mut Output,
    ) -> Result<(), Failure> {
        if self.arguments.json {
            return output.put_json(&RevisionLine { pane_revision });
        }
        let PaneRevision {
            start,
            key,
            old,
            new,
        } = pane_revision;
        let start = moment(*start, MINUTES);
        output.put(format!("{start} revised {key}: {old} became {new}\n").as_bytes())
    }

    fn put_alert(
        &self,
        alert: &Alert,
        engine: &Engine,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let sentence = alert.sentence(self.arguments.language, engine.taxonomy());
        match self.arguments.json {
            true => output.put_json(&AlertLine { alert, sentence }),
            false => output.put(shown(alert, &sentence).as_bytes()),
        }
    }

    /// Gives the windows that end with the pane that begins at `start`.
    fn put_windows(&mut self, start: i64, window: i64, output: &mut Output) -> Result<(), Failure> {
        let pane = self.trends.settings().pane;
        let panes = |span: i64| (span / pane).max(1) * pane;
        let (length, slide) = (panes(window), panes(self.arguments.slide.unwrap_or(window)));
        let end = start + pane;
        let mut next = self.next.unwrap_or_else(|| start.div_euclid(slide) * slide);
        while next.saturating_add(length) <= end {
            self.put_window(next, next + length, output)?;
            next += slide;
        }
        self.next = Some(next);
        Ok(())
    }

    /// Gives what the wanted keys had in a window, the largest first.
    fn put_window(&self, from: i64, to: i64, output: &mut Output) -> Result<(), Failure> {
        let cells = self.trends.window(from, to);
        let measure = self.trends.settings().measure;
        let wanted = |key: &Key| self.arguments.keys.iter().any(|kind| kind == key.kind());
        let mut rows: Vec<(&Key, &Cell)> = cells.cells().filter(|(key, _)| wanted(key)).collect();
        rows.sort_by_key(|(key, cell)| (std::cmp::Reverse(cell.count(measure)), *key));
        if self.arguments.json {
            return rows.iter().try_for_each(|(key, cell)| {
                output.put_json(&line(from, to, &key.to_string(), cell))
            });
        }
        let rows = rows.iter().take(SHOWN_KEYS);
        let rows = rows.map(|(key, cell)| cells_of(&line(from, to, &key.to_string(), cell)));
        let text = format!(
            "{} to {}\n{}\n",
            moment(from, MINUTES),
            moment(to, MINUTES),
            table(&WINDOW_HEADER, rows.collect(), &[1, 2, 3, 4, 5, 6, 7])
        );
        output.put(text.as_bytes())
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

/// An alert for people.
fn shown(alert: &Alert, sentence: &str) -> String {
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
    if alert.state == State::Closed {
        return text;
    }
    if !alert.with.is_empty() {
        text.push_str(&format!("  with {}\n", alert.with.join(", ")));
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
