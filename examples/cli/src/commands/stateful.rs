//! Posts in order of event time, with what is known from earlier posts: for `triage
//! --stateful` and `queue`.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use clap::Args;
use hearken::desk::{Desk, Outcome, Remembered, Settings};
use hearken::observation::{Accounts, Identities, Secret};
use hearken::service_level::ServiceLevels;
use hearken::snapshot::Snapshot;
use hearken::time::{Calendar, TimeZone};
use jiff::SpanRelativeTo;

use hearken_cli::failure::{Failure, plain};
use hearken_cli::input::{Block, Line};
use hearken_cli::options::read_text;
use hearken_cli::run::PostRun;
use hearken_cli::summary::{grouped, table};

/// What the stateful rooms are made with.
#[derive(Args)]
pub(crate) struct StreamOptions {
    /// How long an answer may take on each channel (TOML), instead of the bundled service levels
    #[arg(long, value_name = "FILE")]
    service_levels: Option<PathBuf>,
    /// Days on which people behave as on a Sunday, and which have no business hours: a date a line
    /// (as 2026-12-25), by the clock of --time-zone; what stands behind a # is a comment
    #[arg(long, value_name = "FILE")]
    holidays: Option<PathBuf>,
    /// Wait this long (as 10m, 2h, 1d) for posts that arrive late, in bounded memory; without it
    /// all posts are read and sorted first
    #[arg(long, value_name = "SPAN", value_parser = span)]
    lateness: Option<i64>,
    /// Continue from this snapshot if the file exists, and save the state to it at the
    /// end; needs --key
    #[arg(long, value_name = "FILE", requires = "key")]
    state: Option<PathBuf>,
    /// The file with the secret key that authors and threads are hashed with: at least 16 bytes, of
    /// which the first 16 are used
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Whether one account on two channels is one person: per-channel (no) or shared (yes)
    #[arg(long, value_name = "WHICH", value_parser = accounts, default_value = "per-channel")]
    accounts: Accounts,
}

fn accounts(text: &str) -> Result<Accounts, String> {
    match text {
        "per-channel" => Ok(Accounts::PerChannel),
        "shared" => Ok(Accounts::Shared),
        _ => Err("write per-channel or shared".to_owned()),
    }
}

/// A desk that is fed with the posts of a run.
pub(crate) struct Fed {
    pub(crate) desk: Desk,
    state: Option<PathBuf>,
    named: bool,
    until: Option<i64>,
    /// Posts of a later time than was asked for; they are left out.
    pub(crate) later: u64,
    revisions: u64,
}

impl StreamOptions {
    /// Whether any was given.
    pub(crate) fn is_given(&self) -> bool {
        let files = [&self.service_levels, &self.holidays, &self.state, &self.key];
        self.accounts != Accounts::default()
            || self.lateness.is_some()
            || files.iter().any(|file| file.is_some())
    }

    /// How persons and threads are hashed.
    pub(crate) fn identities(&self) -> Result<Identities, Failure> {
        let secret = match &self.key {
            Some(path) => read_key(path)?,
            // Nothing outlives the process, so the key protects nothing; a fixed one gives the same
            // bytes every time.
            None => Secret::default(),
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

    /// Whether what is remembered is left for another run.
    pub(crate) fn keeps_state(&self) -> bool {
        self.state.is_some()
    }

    /// A desk for a run, new or as it was left, with the parts that `ask` asks for; `lateness`
    /// (none to read all first) holds where none was asked for.
    pub(crate) fn desk(
        &self,
        posts: &PostRun,
        lateness: Option<Duration>,
        ask: impl FnOnce(&mut Settings),
    ) -> Result<Fed, Failure> {
        let (engine, given) = (&posts.engine, self.lateness.map(duration));
        let mut settings = Settings {
            lateness: given.or(lateness),
            calendar: self.calendar(posts.reader.zone())?,
            queue: None,
            trends: None,
            watch: None,
            ..Settings::for_engine(engine)?
        };
        settings.stream.service_levels = self.service_levels()?;
        ask(&mut settings);
        let desk = match self.state.as_deref().filter(|path| path.exists()) {
            Some(path) => Remembered::load(path)
                .and_then(|remembered| Desk::resume(engine, settings, remembered))
                .map_err(|error| Failure::about(path.display(), &error))?,
            None => Desk::new(engine, settings)?,
        };
        Ok(Fed {
            desk,
            state: self.state.clone(),
            named: false,
            until: None,
            later: 0,
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

    /// Leaves posts out that are of a later time.
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
            let is_later = |at: i64| self.until.is_some_and(|until| at > until);
            if post.created_at.is_some_and(is_later) {
                self.later += 1;
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
        let outcomes = match self.state {
            Some(_) => self.desk.flush(),
            None => self.desk.finish(),
        };
        self.give(posts, outcomes, each)
    }

    /// Leaves what is remembered where it was asked for.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        match &self.state {
            Some(path) => Ok(self.desk.remembered()?.save(path)?),
            None => Ok(()),
        }
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
