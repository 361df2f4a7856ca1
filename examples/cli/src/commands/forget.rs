//! `hearken forget`: a person out of all that is kept.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

use hearken::desk::Remembered;
use hearken::forget::{Forgotten, Found, Person};
use hearken::learn::Log;
use hearken::observation::{Accounts, Identities};
use hearken::{Engine, Post};
use hearken_cli::failure::{Failure, Outcome, plain};
use hearken_cli::files::key_of;
use hearken_cli::keep::Keep;
use hearken_cli::options::{EngineOptions, PostOptions, RejectOptions, Shared, read_text};
use hearken_cli::output::Output;
use hearken_cli::run::PostInput;
use hearken_cli::summary::{grouped, table};
use serde::Serialize;

use super::queue_texts::TEXTS;
use super::stateful::{DESK, accounts, read_key};

/// The first bytes of a file of state.
const STATE: &[u8; 8] = b"HEARKENB";

/// Takes persons out of what is kept: who they are, their posts, texts and examples, and their
/// lines in logs of corrections
///
/// A person is an account (--author) with the customer record that it is joined to, or a record
/// (--customer) with its accounts. Counts stay, for they are nobody's; with --posts those of the
/// persons' posts are taken off, too. What was written before (answers, alerts, lists, rejected
/// lines, overlays of corrections) and the inputs are yours to delete. An input of which lines are
/// taken out is a new one for the state: don't give it to the state again.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken forget --state memory --author u17478
  hearken forget --state memory --author 'ann' --channel mail --customer c9
  hearken forget --state states --authors-from erase.txt --json
  hearken forget --state memory --author u17478 --posts dump.jsonl.zst
  hearken forget --state memory --author u17478 --corrections corrections.jsonl

erase.txt:        u17478   # an account a line")]
pub(crate) struct Arguments {
    /// The state, as a command with --state wrote it, or a folder of such files
    #[arg(long, value_name = "PATH", required_unless_present = "corrections")]
    state: Option<PathBuf>,
    /// An account, on each channel that the state knows; can be given several times
    #[arg(long = "author", value_name = "ID", required_unless_present_any = ["customers", "authors_from"])]
    authors: Vec<String>,
    /// A customer record; can be given several times
    #[arg(long = "customer", value_name = "ID")]
    customers: Vec<String>,
    /// Accounts, a line each; what stands behind a # is a comment
    #[arg(long, value_name = "FILE")]
    authors_from: Option<PathBuf>,
    /// The accounts are those of this channel only
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// A log of corrections: the lines of the persons' posts go, as far as the state knows these or
    /// --posts has them; can be given several times
    #[arg(long, value_name = "LOG")]
    corrections: Vec<PathBuf>,
    /// Posts as the state was given them: those of the persons are taken off counts; the options of
    /// models, taxonomy and fields are to be the same. Can be given several times
    #[arg(long, value_name = "DUMP")]
    posts: Vec<PathBuf>,
    /// The file with the secret key of the state [default: the state's own, FILE.key]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Whether one account on two channels is one person, as in the runs of the state
    #[arg(long, value_name = "WHICH", value_parser = accounts, default_value = "per-channel")]
    accounts: Accounts,
    /// Print a line of JSON for each state and log instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: PostOptions,
    #[command(flatten)]
    engine: EngineOptions,
    #[command(flatten)]
    rejects: RejectOptions,
}

/// What was done to one file.
#[derive(Serialize)]
struct Done {
    file: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Serialize)]
#[serde(untagged)]
enum What {
    State(Forgotten),
    Log { corrections: u64 },
}

/// A state whose persons were found, before anything is changed.
struct Opened {
    keep: Keep,
    path: PathBuf,
    identities: Identities,
    remembered: Remembered,
    found: Found,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let persons = arguments.persons()?;
    if arguments.state.is_none() && arguments.posts.is_empty() {
        return Err(Failure::message(
            "a log of corrections does not say whose posts are; name what does with --state or \
             --posts",
        ));
    }
    let mut output = Output::open(shared.output.as_deref())?;
    let opened: Vec<Opened> = arguments
        .states()?
        .into_iter()
        .map(|path| arguments.open(path, &persons))
        .collect::<Result<_, _>>()?;
    let (posts, outcome) = arguments.posts(&persons, &opened, shared)?;
    let mut done = Vec::new();
    // The logs first: only the state may say which posts are whose.
    for log in &arguments.corrections {
        let ids: BTreeSet<&str> = posts.iter().filter_map(|post| post.id.as_deref()).collect();
        let theirs = |id: &str| {
            ids.contains(id.trim()) || opened.iter().any(|state| state.found.wrote_id(id))
        };
        let corrections = Log::forget(log, theirs)?;
        done.push(Done {
            file: log.display().to_string(),
            what: What::Log { corrections },
        });
    }
    for state in opened {
        let file = state.path.display().to_string();
        let what = What::State(arguments.forget(state, &persons, &posts)?);
        done.push(Done { file, what });
    }
    match arguments.json {
        true => done.iter().try_for_each(|one| output.put_json(one))?,
        false => output.put(shown(&done, shared.quiet).as_bytes())?,
    }
    output.finish()?;
    Ok(outcome)
}

impl Arguments {
    fn persons(&self) -> Result<Vec<Person>, Failure> {
        let list = self.authors_from.as_deref();
        let list = list.map(|path| read_text(path, "the list of authors"));
        let list = list.transpose()?.unwrap_or_default();
        let lines = list
            .lines()
            .map(|line| line.split_once('#').map_or(line, |(id, _)| id).trim());
        let authors = self.authors.iter().map(|id| id.trim()).chain(lines);
        let authors = authors.filter(|id| !id.is_empty());
        let author = |id: &str| match &self.channel {
            Some(channel) => Person::author_on(channel, id),
            None => Person::author(id),
        };
        let customers = self.customers.iter().map(|id| id.trim());
        let customers = customers.filter(|id| !id.is_empty()).map(Person::customer);
        let persons: Vec<Person> = authors.map(author).chain(customers).collect();
        match persons.is_empty() {
            true => Err(Failure::message(
                "no identifier of a person is given; name one with --author or --customer",
            )),
            false => Ok(persons),
        }
    }

    /// The files of state: the one that was named, or those in the folder.
    fn states(&self) -> Result<Vec<PathBuf>, Failure> {
        let Some(path) = &self.state else {
            return Ok(Vec::new());
        };
        if !path.is_dir() {
            return Ok(vec![path.clone()]);
        }
        let unreadable = |error: std::io::Error| {
            Failure::message(format!(
                "{} can't be read: {}",
                path.display(),
                plain(&error)
            ))
        };
        let mut states = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let mut first = [0; STATE.len()];
            let file = File::open(&path).ok().filter(|_| path.is_file());
            let read = file.is_some_and(|mut file| file.read_exact(&mut first).is_ok());
            if read && first == *STATE {
                states.push(path);
            }
        }
        states.sort();
        match states.is_empty() {
            true => Err(Failure::message(format!(
                "no file in {} is a state; name the file that was given to --state",
                path.display()
            ))),
            false => Ok(states),
        }
    }

    fn open(&self, path: PathBuf, persons: &[Person]) -> Result<Opened, Failure> {
        let shown = path.display();
        if !path.exists() {
            return Err(Failure::message(format!(
                "{shown} is not there; name a file that was given to --state"
            )));
        }
        let key = self.key.clone().unwrap_or_else(|| key_of(&path));
        if !key.exists() {
            return Err(Failure::message(format!(
                "{shown} was kept under a key, and there is no {}; name the key with --key",
                key.display()
            )));
        }
        let identities = Identities::new(read_key(&key)?, self.accounts);
        let keep = Keep::open(&path)?;
        let about = |error: hearken::Error| Failure::about(&shown, &error);
        let remembered = keep.peek().and_then(|state| state.get(DESK).transpose());
        let remembered: Remembered = remembered.transpose().map_err(about)?.ok_or_else(|| {
            Failure::message(format!(
                "{shown} has nothing of a desk; name a file that was given to --state"
            ))
        })?;
        let found = remembered.find(&identities, persons).map_err(about)?;
        Ok(Opened {
            keep,
            identities,
            remembered,
            found,
            path,
        })
    }

    /// The posts of the persons in the dumps.
    fn posts(
        &self,
        persons: &[Person],
        opened: &[Opened],
        shared: &Shared,
    ) -> Result<(Vec<Post<'static>>, Outcome), Failure> {
        let mut posts = Vec::new();
        if self.posts.is_empty() {
            return Ok((posts, Outcome::Done));
        }
        let alone = Found::of(persons);
        let mut run = PostInput::read_only(&self.posts, &self.reading, &self.rejects, shared)?;
        run.run.each_block("posts", |lines, block| {
            for line in &block.lines {
                match run.reader.post(block, line) {
                    Ok(post) => {
                        let mut found = opened.iter().map(|state| &state.found).chain([&alone]);
                        if found.any(|found| found.wrote(&post)) {
                            posts.push(post.into_owned());
                        }
                    }
                    Err(reason) => lines.reject(block, line, &reason)?,
                }
            }
            Ok(())
        })?;
        let outcome = run.run.finish(|_| String::new())?;
        Ok((posts, outcome))
    }

    fn forget(
        &self,
        state: Opened,
        persons: &[Person],
        posts: &[Post<'static>],
    ) -> Result<Forgotten, Failure> {
        let Opened {
            mut keep,
            path,
            identities,
            mut remembered,
            found,
        } = state;
        let about = |error: hearken::Error| Failure::about(path.display(), &error);
        let mut bundle = keep.take().unwrap_or_default();
        let forgotten = match posts.is_empty() {
            true => remembered.forget(&identities, persons).map_err(about)?,
            false => {
                let engine: Engine = self.engine.engine_with(identities)?;
                let posts = posts.iter().cloned();
                remembered
                    .forget_with(&engine, persons, posts)
                    .map_err(about)?
            }
        };
        bundle.put(DESK, &remembered)?;
        if let Some(texts) = bundle.bytes(TEXTS) {
            let texts = super::queue_texts::without(texts, |post| found.wrote(post))?;
            bundle.put_bytes(TEXTS, texts);
        }
        keep.replace(bundle)?;
        Ok(forgotten)
    }
}

/// What was removed and what stays, for people.
fn shown(done: &[Done], brief: bool) -> String {
    let mut text = String::new();
    for Done { file, what } in done {
        let forgotten = match what {
            What::Log { corrections } => {
                text += &format!("{file}: {} lines removed\n", grouped(*corrections));
                continue;
            }
            What::State(forgotten) => forgotten,
        };
        if forgotten.is_empty() {
            text += &format!("{file}: nothing was known of them\n");
            continue;
        }
        text += &format!("{file}: removed\n");
        let removed = forgotten.removed.iter();
        let rows = removed.map(|one| vec![one.room.into(), one.what.into(), grouped(one.count)]);
        text += &table(&[], rows.collect(), &[2]);
        if !brief {
            text += "What stays:\n";
            for stays in &forgotten.stays {
                text += &format!("  {}: {}; {}\n", stays.room, stays.what, stays.why);
            }
        }
    }
    if !brief {
        text += "Yours to delete: answers, alerts, lists and rejected lines that were written \
                 before, overlays that were learnt from the log, the inputs, and copies of the \
                 state. Don't give an input to the state again once lines were taken out of it: \
                 the rest would count twice.\n";
    }
    text
}
