//! Posts in order of event time, with what is known from earlier posts: for `triage
//! --stateful` and `queue`.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use clap::Args;
use hearken::Post;
use hearken::desk::{Desk, Outcome, Remembered, Settings};
use hearken::observation::{Accounts, Identities, Secret};
use hearken::service_level::ServiceLevels;
use hearken::snapshot::Bundle;
use hearken::time::{Calendar, TimeZone};
use jiff::SpanRelativeTo;

use hearken_cli::failure::{Failure, plain};
use hearken_cli::files::key_of;
use hearken_cli::input::{Block, Line};
use hearken_cli::keep::{Keep, make_key};
use hearken_cli::options::{ByOptions, EngineOptions, Shared, read_text};
use hearken_cli::run::{PostInput, PostRun};
use hearken_cli::summary::{AHEAD, grouped, say, table};

/// A dump whose figures may be kept apart, and what reads it.
#[derive(Args)]
pub(crate) struct DumpOptions {
    #[command(flatten)]
    input: PostInput,
    #[command(flatten)]
    by: ByOptions,
    #[command(flatten)]
    pub(crate) engine: EngineOptions,
}

impl DumpOptions {
    /// Opens inputs and outputs. With `stream` persons are hashed as it says, and the run goes on
    /// from what is kept.
    pub(crate) fn open(
        &self,
        stream: Option<&StreamOptions>,
        keep: Option<Keep>,
        shared: &Shared,
    ) -> Result<PostRun, Failure> {
        let engine = || match stream {
            Some(stream) => self.engine.engine_with(stream.identities()?),
            None => self.engine.engine(),
        };
        let fields = self.by.fields();
        self.input
            .open_kept(fields.as_deref(), keep, engine, shared)
    }

    /// Whether figures are kept apart.
    pub(crate) fn is_by(&self) -> bool {
        self.by.fields().is_some()
    }
}

/// What the stateful rooms are made with.
#[derive(Args)]
#[command(next_help_heading = "State and time")]
pub(crate) struct StreamOptions {
    /// How long an answer may take on each channel (TOML), instead of the bundled service levels
    #[arg(long, value_name = "FILE")]
    service_levels: Option<PathBuf>,
    /// Days on which people behave as on a Sunday, and which have no business hours: a date a line
    /// (as 2026-12-25), by the clock of --time-zone; what stands behind a # is a comment
    #[arg(long, value_name = "FILE")]
    holidays: Option<PathBuf>,
    /// Wait this long (as 10m, 2h, 1d) for posts that arrive late; without it all posts are read
    /// and sorted first
    #[arg(long, value_name = "SPAN", value_parser = span)]
    lateness: Option<i64>,
    /// Hold so many posts at most while they wait for --lateness; of more, the earliest is answered
    /// before its turn, and counted [default: 1000000 with --lateness]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    most_held: Option<u64>,
    /// Go on from this file if it is there, and save to it what is remembered, how far each input
    /// was read, and what the outputs have then. An input that was read, under any name, is not
    /// counted again, and one that grew is gone on with; the file of --output or --rejects is
    /// added to. A run that was killed is simply run again: nothing is lost or counted twice. Only
    /// who reads a pipe may see the last lines twice, never none
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// The file with the secret key that authors and threads are hashed with: at least 16 bytes, of
    /// which the first 16 are used [default with --state: a random one, made as FILE.key]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Whether one account on two channels is one person: per-channel (no) or shared (yes)
    #[arg(long, value_name = "WHICH", value_parser = accounts, default_value = "per-channel")]
    accounts: Accounts,
}

pub(super) fn accounts(text: &str) -> Result<Accounts, String> {
    match text {
        "per-channel" => Ok(Accounts::PerChannel),
        "shared" => Ok(Accounts::Shared),
        _ => Err("write per-channel or shared".to_owned()),
    }
}

/// Posts that may wait for their lateness if nothing else is asked for: with texts of usual length
/// about a gigabyte. Chosen by hand.
const MOST_HELD: u64 = 1_000_000;
/// The part of a state that has what the desk remembers.
pub(super) const DESK: &str = "desk";

/// A desk that is fed with the posts of a run.
pub(crate) struct Fed {
    pub(crate) desk: Desk,
    /// Whether another run goes on from what is remembered.
    goes_on: bool,
    /// What the state had besides, for the parts that a command has of its own; none of it if the
    /// state is new.
    before: Option<Bundle>,
    named: bool,
    until: Option<i64>,
    /// How many posts of a later time than was asked for are left out, where no state is kept.
    left_out: u64,
    revisions: u64,
}

impl StreamOptions {
    /// Whether any was given.
    pub(crate) fn is_given(&self) -> bool {
        let files = [&self.service_levels, &self.holidays, &self.state, &self.key];
        self.accounts != Accounts::default()
            || self.lateness.is_some()
            || self.most_held.is_some()
            || files.iter().any(|file| file.is_some())
    }

    /// How persons and threads are hashed.
    pub(crate) fn identities(&self) -> Result<Identities, Failure> {
        let secret = match (&self.key, &self.state) {
            (Some(path), _) => read_key(path)?,
            (None, Some(state)) => key_beside(state)?,
            // Nothing outlives the process, so the key protects nothing; a fixed one gives the same
            // bytes every time.
            (None, None) => Secret::default(),
        };
        Ok(Identities::new(secret, self.accounts))
    }

    /// The service levels.
    pub(crate) fn service_levels(&self) -> Result<ServiceLevels, Failure> {
        let Some(path) = &self.service_levels else {
            return Ok(ServiceLevels::bundled()?);
        };
        let text = read_text(path, "the service levels")?;
        ServiceLevels::from_toml(&text).map_err(|error| Failure::about(path.display(), &error))
    }

    /// The zone of a run with the holidays.
    fn calendar(&self, zone: &TimeZone) -> Result<Calendar, Failure> {
        let calendar = Calendar::new(zone.clone());
        let Some(path) = &self.holidays else {
            return Ok(calendar);
        };
        let text = read_text(path, "the holidays")?;
        let calendar = calendar.with_holidays(&text);
        calendar.map_err(|error| Failure::about(path.display(), &error))
    }

    /// The state that is kept, if any.
    pub(crate) fn keep(&self) -> Result<Option<Keep>, Failure> {
        self.state.as_deref().map(Keep::open).transpose()
    }

    /// Whether what is remembered is left for another run.
    pub(crate) fn keeps_state(&self) -> bool {
        self.state.is_some()
    }

    /// A desk for a run, new or as it was left, with the parts that `ask` asks for; `lateness`
    /// (none to read all first) holds where none was asked for.
    pub(crate) fn desk(
        &self,
        posts: &mut PostRun,
        lateness: Option<Duration>,
        ask: impl FnOnce(&mut Settings),
    ) -> Result<Fed, Failure> {
        let (engine, given) = (&posts.engine, self.lateness.map(duration));
        let lateness = given.or(lateness);
        let most = self.most_held.or(lateness.map(|_| MOST_HELD));
        let mut settings = Settings {
            lateness,
            most_held: most.map(|most| usize::try_from(most).unwrap_or(usize::MAX)),
            calendar: self.calendar(posts.reader.zone())?,
            queue: None,
            trends: None,
            watch: None,
            ..Settings::for_engine(engine)?
        };
        settings.stream.service_levels = self.service_levels()?;
        ask(&mut settings);
        let keep = posts.run.keep.as_mut();
        let mut before = keep.and_then(Keep::take);
        let about = |error| match &self.state {
            Some(path) => Failure::about(path.display(), &error),
            None => error.into(),
        };
        let remembered = before.as_ref().map(|before| before.get::<Remembered>(DESK));
        let desk = match remembered.transpose().map_err(about)?.flatten() {
            Some(remembered) => Desk::resume(engine, settings, remembered).map_err(about)?,
            None => Desk::new(engine, settings)?,
        };
        // It is large, and written anew.
        before
            .iter_mut()
            .for_each(|before| drop(before.remove(DESK)));
        Ok(Fed {
            desk,
            goes_on: self.state.is_some(),
            before,
            named: false,
            until: None,
            left_out: 0,
            revisions: 0,
        })
    }
}

impl Fed {
    /// Names posts without an identifier by their file and line, so that they can be revised.
    pub(crate) fn named(self) -> Fed {
        Fed {
            named: true,
            ..self
        }
    }

    /// What the state had as the part `name`.
    pub(crate) fn part(&self, name: &str) -> &[u8] {
        let before = self.before.as_ref();
        before
            .and_then(|before| before.bytes(name))
            .unwrap_or_default()
    }

    /// Says it if the state has no part `name` yet, since no such command has used it: `what` that
    /// command counts begins then, for posts that the state has are not read again.
    pub(crate) fn begins(&self, name: &str, what: &str) {
        let lacks = |before: &Bundle| before.bytes(name).is_none();
        if self.before.as_ref().is_some_and(lacks) {
            say(&format!(
                "hearken: the state was begun without {what}; only posts that are new to it \
                 are counted\n"
            ));
        }
    }

    /// Leaves posts out that are of a later time; where state is kept, the next run takes them.
    pub(crate) fn until(self, until: Option<i64>) -> Fed {
        Fed { until, ..self }
    }

    /// Answers for the posts of a block, on all threads, and gives what is ready to `each`.
    pub(crate) fn take(
        &mut self,
        posts: &mut PostRun,
        block: &Block,
        each: &mut impl FnMut(&mut PostRun, Outcome) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.take_again(posts, each)?;
        let (reader, inputs) = (&posts.reader, &posts.run.inputs);
        let named = self.named;
        let answers = posts
            .engine
            .map_batch(&block.lines, |engine, scratch, line: &Line| {
                let mut post = reader.post(block, line)?.into_owned();
                if named && post.id.is_none() {
                    let part = line
                        .part
                        .map_or_else(String::new, |part| format!("#{part}"));
                    let file = inputs.name(line.source);
                    post.id = Some(format!("{file}:{}{part}", line.number).into());
                }
                let (triage, observation) = engine.observe(&post, scratch);
                Ok::<_, String>((post, triage, observation))
            });
        for (line, answered) in block.lines.iter().zip(answers) {
            let (post, triage, observation) = match answered {
                Ok(answered) => answered,
                Err(reason) => {
                    posts.run.reject(block, line, &reason)?;
                    continue;
                }
            };
            if self.is_later(&post) {
                match self.goes_on {
                    true => self.desk.postpone(post, triage, observation),
                    false => self.left_out += 1,
                }
                continue;
            }
            // Line by line: where blocks end depends on how fast a live input comes, and
            // no answer may.
            let outcomes = self.desk.observe_answered(post, triage, observation);
            self.give(posts, outcomes, each)?;
        }
        Ok(())
    }

    /// Gives what is left when the last post has come; where state is kept, panes stay open for the
    /// posts of the next run.
    pub(crate) fn finish(
        &mut self,
        posts: &mut PostRun,
        each: &mut impl FnMut(&mut PostRun, Outcome) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.take_again(posts, each)?;
        let outcomes = match self.goes_on {
            true => self.desk.flush(),
            false => self.desk.finish(),
        };
        self.give(posts, outcomes, each)
    }

    /// Leaves what is remembered where it was asked for, with `more` parts; the outputs, as far as
    /// they are written, appear with it.
    pub(crate) fn save(
        &self,
        posts: &mut PostRun,
        more: impl FnOnce(&Desk, &mut Bundle) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if !self.goes_on {
            return Ok(());
        }
        // The parts of other commands stay.
        let mut state = self.before.clone().unwrap_or_default();
        state.put(DESK, &self.desk.remembered()?)?;
        more(&self.desk, &mut state)?;
        posts.run.save(state)
    }

    /// Whether a post is later than was asked for.
    fn is_later(&self, post: &Post<'_>) -> bool {
        let is_later = |at: i64| self.until.is_some_and(|until| at > until);
        post.created_at.is_some_and(is_later)
    }

    /// How many posts are later than was asked for.
    pub(crate) fn later(&self) -> u64 {
        self.left_out + self.desk.postponed() as u64
    }

    /// Takes what an earlier run postponed.
    fn take_again(
        &mut self,
        posts: &mut PostRun,
        each: &mut impl FnMut(&mut PostRun, Outcome) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let outcomes = self.desk.take_postponed(self.until.unwrap_or(i64::MAX));
        self.give(posts, outcomes, each)
    }

    fn give(
        &mut self,
        posts: &mut PostRun,
        outcomes: Vec<Outcome>,
        each: &mut impl FnMut(&mut PostRun, Outcome) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        for outcome in outcomes {
            self.revisions += u64::from(matches!(outcome, Outcome::Revision(_)));
            each(posts, outcome)?;
        }
        Ok(())
    }

    /// What campaigns and context found and dropped, for the closing summary.
    pub(crate) fn summary(&self) -> String {
        let campaigns = self.desk.stream().campaigns();
        let context = self.desk.stream().context();
        let (posts, persons) = (campaigns.evicted(), context.evicted());
        let found = campaigns.campaigns();
        let rows = [
            ("campaigns in the last day", found.len() as u64),
            (
                "their posts",
                found.iter().map(|campaign| campaign.posts).sum(),
            ),
            ("revised fields of answers", self.revisions),
            ("posts that came too late", self.desk.late()),
            ("posts answered before their turn", self.desk.early()),
            (AHEAD, campaigns.set_aside()),
            ("authors remembered", context.authors() as u64),
            ("threads remembered", context.threads() as u64),
            (
                "authors and threads dropped",
                persons.authors + persons.threads,
            ),
            (
                "posts dropped from the campaigns' window before their time",
                posts.over_capacity,
            ),
        ];
        let rows = rows
            .into_iter()
            .map(|(name, count)| vec![name.to_owned(), grouped(count)]);
        table(&[], rows.collect(), &[1])
    }
}

/// A span that was given in milliseconds.
pub(crate) fn duration(milliseconds: i64) -> Duration {
    Duration::from_millis(milliseconds.unsigned_abs())
}

/// Milliseconds of a span of time, as in `10m`, `2h 30m` or `1d`; no span is negative.
pub(crate) fn span(text: &str) -> Result<i64, String> {
    let span = text
        .parse::<jiff::Span>()
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let span = span.ok().and_then(|span| Duration::try_from(span).ok());
    let milliseconds = span.map(|span| i64::try_from(span.as_millis()).unwrap_or(i64::MAX));
    milliseconds
        .ok_or_else(|| format!("invalid span of time `{text}`: write it as in 10m, 2h or 1d"))
}

/// The key that belongs to a state, made when there is none yet.
fn key_beside(state: &Path) -> Result<Secret, Failure> {
    let path = key_of(state);
    if path.exists() {
        return read_key(&path);
    }
    if state.exists() {
        return Err(Failure::message(format!(
            "{} was kept under a key, and there is no {}; name the key with --key",
            state.display(),
            path.display()
        )));
    }
    Ok(Secret::from_bytes(make_key(&path)?))
}

/// Reads a secret key.
pub(crate) fn read_key(path: &Path) -> Result<Secret, Failure> {
    let bytes: io::Result<Vec<u8>> = fs::read(path);
    let bytes = bytes.map_err(|error| {
        Failure::message(format!(
            "{} can't be read: {}",
            path.display(),
            plain(&error)
        ))
    })?;
    let Some(secret) = bytes.first_chunk::<16>() else {
        let size = bytes.len();
        return Err(Failure::message(format!(
            "{} has {size} bytes; a key needs at least 16",
            path.display()
        )));
    };
    Ok(Secret::from_bytes(*secret))
}
