//! Posts in order of event time, with what is known from earlier posts: for `triage
//! --stateful` and `queue`.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use clap::Args;
use hearken::observation::{Accounts, Identities, Secret};
use hearken::service_level::ServiceLevels;
use hearken::snapshot::Snapshot;
use hearken::stream::{Observed, Remembered, Reorder, Settings, Stream};
use hearken::{Engine, Observation, Post, Triage};
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

/// A post with its answer.
pub(crate) struct Answered {
    pub(crate) post: Post<'static>,
    pub(crate) triage: Triage,
    /// What the rooms need of its text.
    pub(crate) observation: Observation,
}

/// The stateful rooms, fed in order of event time.
pub(crate) struct Stateful {
    stream: Stream,
    reorder: Reorder<Box<Answered>>,
    state: Option<PathBuf>,
    named: bool,
    revisions: u64,
}

impl StreamOptions {
    /// Whether any was given.
    pub(crate) fn is_given(&self) -> bool {
        let files = [&self.service_levels, &self.state, &self.key];
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

    /// Where what is remembered is left, of a room that the stream does not hold.
    pub(crate) fn state_of(&self, room: &str) -> Option<PathBuf> {
        self.state.as_ref().map(|path| {
            let mut path = path.clone().into_os_string();
            path.push(".");
            path.push(room);
            path.into()
        })
    }

    /// The rooms, new or as they were left; `lateness` (milliseconds, none to read all first) holds
    /// where none was asked for.
    pub(crate) fn stateful(
        &self,
        engine: &Engine,
        lateness: Option<i64>,
    ) -> Result<Stateful, Failure> {
        let service_levels = self.service_levels()?;
        let settings = Settings {
            service_levels,
            ..Settings::for_engine(engine)?
        };
        let stream = match self.state.as_deref().filter(|path| path.exists()) {
            Some(path) => {
                let resumed =
                    Remembered::load(path).and_then(|state| Stream::resume(state, settings));
                resumed.map_err(|error| Failure::about(path.display(), &error))?
            }
            None => Stream::new(settings)?,
        };
        let reorder = Reorder::new(self.lateness.or(lateness));
        Ok(Stateful {
            stream,
            reorder,
            state: self.state.clone(),
            named: false,
            revisions: 0,
        })
    }
}

impl Stateful {
    /// Names posts without an identifier by their file and line, so that they can be revised.
    pub(crate) fn named(self) -> Stateful {
        Stateful {
            named: true,
            ..self
        }
    }

    /// Answers for the posts of a block, on all threads, and gives those whose turn has
    /// come to `each`.
    pub(crate) fn take(
        &mut self,
        posts: &mut PostRun,
        block: &Block,
        mut each: impl FnMut(&mut PostRun, Answered, Observed) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (reader, inputs) = (&posts.reader, &posts.run.inputs);
        let named = self.named;
        let answers = posts
            .engine
            .map_batch(&block.lines, |engine, scratch, line: &Line| {
                let mut post = reader.post(block, line)?.into_owned();
                if named && post.id.is_none() {
                    post.id = Some(format!("{}:{}", inputs.name(line.source), line.number).into());
                }
                let (triage, observation) = engine.observe(&post, scratch);
                Ok::<_, String>(Box::new(Answered {
                    post,
                    triage,
                    observation,
                }))
            });
        for (line, answered) in block.lines.iter().zip(answers) {
            match answered {
                Ok(answered) => self.reorder.push(answered.post.created_at, answered),
                Err(reason) => posts.run.reject(block, line, &reason)?,
            }
            // After each line: where blocks end depends on how fast a live input comes, and
            // no answer may.
            while let Some((_, answered)) = self.reorder.pop() {
                self.give(posts, *answered, &mut each)?;
            }
        }
        Ok(())
    }

    /// Gives the posts that still wait for their turn, and leaves what is remembered where it
    /// was asked for.
    pub(crate) fn finish(
        &mut self,
        posts: &mut PostRun,
        mut each: impl FnMut(&mut PostRun, Answered, Observed) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        while let Some((_, answered)) = self.reorder.drain() {
            self.give(posts, *answered, &mut each)?;
        }
        match &self.state {
            Some(path) => Ok(self.stream.remembered().save(path)?),
            None => Ok(()),
        }
    }

    fn give(
        &mut self,
        posts: &mut PostRun,
        mut answered: Answered,
        each: &mut impl FnMut(&mut PostRun, Answered, Observed) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let observed =
            self.stream
                .observe(&answered.post, &mut answered.triage, &answered.observation);
        self.revisions += observed.revisions().len() as u64;
        each(posts, answered, observed)
    }

    /// What the rooms found and dropped, for the closing summary.
    pub(crate) fn summary(&self) -> String {
        let campaigns = self.stream.campaigns();
        let context = self.stream.context();
        let (posts, persons) = (campaigns.evicted(), context.evicted());
        let found = campaigns.campaigns();
        let rows = [
            ("campaigns in the last day", found.len() as u64),
            (
                "their posts",
                found.iter().map(|campaign| campaign.posts).sum(),
            ),
            ("revised fields of answers", self.revisions),
            ("posts that came too late", self.reorder.late()),
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

fn read_key(path: &Path) -> Result<Secret, Failure> {
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
