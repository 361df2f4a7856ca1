//! `hearken backtest`: what rules of monitored terms would have hit in a dump, and what a change
//! of them changes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hearken::feature::hash::{Kind, hash};
use hearken::terms::{Monitored, Rules};
use hearken::triage::TermSpan;
use hearken::{Engine, Post, Scratch};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::backtest_report::{json, shown};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::input::{Block, Inputs, Line};
use hearken_cli::options::{PostOptions, PostReader, RejectOptions, Shared, read_rules};
use hearken_cli::output::Output;
use hearken_cli::progress::Progress;

/// Says what rules of monitored terms hit in a dump: how many posts, on which days, and which texts
///
/// With --against, also what each rule gains and loses against older rules of the same id. Days are
/// of the posts' own time, in UTC. Samples are of different texts, the same each time. In what is
/// shown, «» mark the parts of a hit.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken backtest recall.toml data/sample/posts.jsonl
  hearken backtest recall.toml --against recall-before.toml --sample 20 dump.jsonl.zst
  hearken backtest agent --role agent replies.jsonl --json | jq 'select(.kind == \"rule\")'")]
pub(crate) struct Arguments {
    /// The rules (TOML, which names its lists), or agent: the bundled ones for agents' replies
    #[arg(value_name = "RULES")]
    rules: PathBuf,
    /// Files of posts, plain, .gz or .zst; - or none is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Say what is gained and lost against these rules
    #[arg(long, value_name = "RULES")]
    against: Option<PathBuf>,
    /// Texts to show of each rule, and of what it gains and loses
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    sample: u16,
    #[command(flatten)]
    posts: PostOptions,
    #[command(flatten)]
    rejects: RejectOptions,
    /// Print lines of JSON instead of a report: one of the dump, one for each rule and list
    #[arg(long)]
    json: bool,
}

/// What was found in a dump.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Backtest {
    pub(crate) posts: u64,
    /// Posts that a rule hit, or that hold a term of a list.
    pub(crate) hit: u64,
    pub(crate) undated: u64,
    pub(crate) rejects: u64,
    /// Posts by day.
    pub(crate) days: BTreeMap<String, u64>,
    #[serde(skip)]
    pub(crate) entries: Vec<Entry>,
}

/// A rule or a list, and what it hit.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) about: String,
    /// How many posts it hit.
    pub(crate) hits: u64,
    /// How many of them have no time.
    pub(crate) undated: u64,
    pub(crate) days: BTreeMap<String, u64>,
    pub(crate) sample: Sample,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) against: Option<Change>,
}

/// What a rule hits and its older form does not, and the reverse.
#[derive(Debug, Serialize)]
pub(crate) struct Change {
    /// `new`, `removed` or `both`: which of the two sets has it.
    pub(crate) stands_in: &'static str,
    pub(crate) kept: u64,
    pub(crate) gained: u64,
    pub(crate) lost: u64,
    pub(crate) gained_sample: Sample,
    pub(crate) lost_sample: Sample,
}

/// Some different texts: those of the least hash, so that it matters little how a dump is ordered
/// and nothing how many threads read.
#[derive(Debug)]
pub(crate) struct Sample {
    most: usize,
    kept: BTreeMap<u64, Shown>,
}

/// A text that was hit.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    pub(crate) file: String,
    pub(crate) line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<String>,
    pub(crate) text: String,
    /// First byte and one past the last of each part.
    pub(crate) spans: Vec<(u32, u32)>,
}

/// The rules of one side.
struct Side {
    engine: Engine,
    /// The entry of each rule, and of each list.
    rules: Vec<usize>,
    lists: BTreeMap<String, usize>,
}

/// What one post holds, by entry: the parts.
type Hits = BTreeMap<usize, Vec<(u32, u32)>>;

/// What one post is to the report.
struct Found {
    id: Option<String>,
    created_at: Option<Timestamp>,
    text: String,
    new: Hits,
    old: Hits,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let reader = arguments.posts.reader()?;
    let mut rejects = arguments.rejects.open(shared)?;
    let mut backtest = Backtest::default();
    let most = usize::from(arguments.sample);
    let new = side(&mut backtest, read_rules(&arguments.rules)?, most)?;
    let old = match &arguments.against {
        Some(path) => Some(against(&mut backtest, read_rules(path)?, most)?),
        None => None,
    };
    let inputs = Inputs::check(&arguments.files)?;
    let mut output = Output::open(shared.output.as_deref())?;
    let progress = Progress::bytes(!shared.quiet, inputs.total_bytes);
    let bytes_read = Arc::new(AtomicU64::new(0));
    inputs.each_block(&bytes_read, |block| {
        let read = new.engine.map_batch(&block.lines, |_, scratch, line| {
            find(&new, old.as_ref(), &reader, &block, line, scratch)
        });
        for (line, found) in block.lines.iter().zip(read) {
            match found {
                Ok(found) => backtest.add(found, || inputs.name(line.source), line.number),
                Err(reason) => rejects.add(&inputs, &block, line, &reason)?,
            }
        }
        progress.set(bytes_read.load(Ordering::Relaxed), "reading".to_owned());
        Ok(())
    })?;
    progress.finish();
    backtest.rejects = rejects.count();
    let old_name = arguments
        .against
        .as_ref()
        .map(|path| path.display().to_string());
    let report = if arguments.json {
        json(&backtest)?
    } else {
        shown(&backtest, old_name.as_deref())
    };
    output.put(report.as_bytes())?;
    output.finish()?;
    rejects.finish(shared.quiet)?;
    Ok(arguments.rejects.outcome(backtest.rejects))
}

/// The rules that are tried, with an entry for each and for each list.
fn side(backtest: &mut Backtest, rules: Rules, most: usize) -> Result<Side, Failure> {
    let mut side = Side {
        rules: Vec::new(),
        lists: BTreeMap::new(),
        engine: engine(rules)?,
    };
    let rules = side.engine.rules();
    for rule in 0..rules.len() {
        let name = rules.id(rule).unwrap_or_default();
        side.rules
            .push(backtest.entry("rule", name, rules.about(rule).unwrap_or_default(), most));
    }
    for (list, _) in rules.lists() {
        side.lists
            .insert(list.to_owned(), backtest.entry("list", list, "", most));
    }
    Ok(side)
}

/// The rules that they are held against.
fn against(backtest: &mut Backtest, rules: Rules, most: usize) -> Result<Side, Failure> {
    let new = backtest.entries.len();
    let old = side(backtest, rules, most)?;
    for (index, entry) in backtest.entries.iter_mut().enumerate() {
        let in_old = old.rules.contains(&index) || old.lists.values().any(|list| *list == index);
        let stands_in = if index >= new {
            "removed"
        } else if in_old {
            "both"
        } else {
            "new"
        };
        let (gained_sample, lost_sample) = (Sample::new(most), Sample::new(most));
        entry.against = Some(Change {
            stands_in,
            kept: 0,
            gained: 0,
            lost: 0,
            gained_sample,
            lost_sample,
        });
    }
    Ok(old)
}

/// Only the words are looked at, so no head is needed.
fn engine(rules: Rules) -> Result<Engine, Failure> {
    Ok(Engine::builder()
        .without_bundled_models()
        .rules(rules)
        .build()?)
}

fn find(
    new: &Side,
    old: Option<&Side>,
    reader: &PostReader,
    block: &Block,
    line: &Line,
    scratch: &mut Scratch,
) -> Result<Found, String> {
    let post = block
        .text(line)
        .and_then(|text| reader.read(text).map_err(|error| error.to_string()))?;
    let mut hits = |side: &Side| side.hits(&post, scratch);
    let (new, old) = (hits(new), old.map(hits).unwrap_or_default());
    let is_hit = !new.is_empty() || !old.is_empty();
    Ok(Found {
        id: post.id.as_deref().filter(|_| is_hit).map(str::to_owned),
        created_at: post
            .created_at
            .and_then(|at| Timestamp::from_millisecond(at).ok()),
        text: if is_hit {
            post.text.into_owned()
        } else {
            String::new()
        },
        new,
        old,
    })
}

impl Side {
    fn hits(&self, post: &Post<'_>, scratch: &mut Scratch) -> Hits {
        let Monitored { terms, rules } = self.engine.monitor(post, scratch);
        let mut hits = Hits::new();
        for hit in &rules {
            if let Some(&entry) = self.rules.get(usize::from(hit.rule)) {
                hits.insert(entry, hit.parts.iter().map(places).collect());
            }
        }
        for span in &terms {
            let list = self
                .engine
                .term(span.term)
                .and_then(|term| self.lists.get(&term.kind));
            if let Some(&entry) = list {
                hits.entry(entry).or_default().push(places(span));
            }
        }
        hits
    }
}

fn places(span: &TermSpan) -> (u32, u32) {
    (span.start, span.end)
}

impl Backtest {
    /// The index of the entry of this name, which is made if there is none.
    fn entry(&mut self, kind: &'static str, name: &str, about: &str, most: usize) -> usize {
        if let Some(index) = self
            .entries
            .iter()
            .position(|entry| entry.kind == kind && entry.name == name)
        {
            return index;
        }
        self.entries.push(Entry {
            kind,
            name: name.to_owned(),
            about: about.to_owned(),
            hits: 0,
            undated: 0,
            days: BTreeMap::new(),
            sample: Sample::new(most),
            against: None,
        });
        self.entries.len() - 1
    }

    fn add(&mut self, found: Found, file: impl Fn() -> String, line: u64) {
        let day = found
            .created_at
            .map(|at| at.to_zoned(TimeZone::UTC).date().to_string());
        self.posts += 1;
        self.hit += u64::from(!found.new.is_empty());
        match &day {
            Some(day) => *self.days.entry(day.clone()).or_default() += 1,
            None => self.undated += 1,
        }
        let shown = |spans: &Vec<(u32, u32)>| Shown {
            id: found.id.clone(),
            file: file(),
            line,
            created_at: found.created_at.map(|at| at.to_string()),
            text: found.text.clone(),
            spans: spans.clone(),
        };
        for (index, spans) in &found.new {
            let Some(entry) = self.entries.get_mut(*index) else {
                continue;
            };
            entry.hits += 1;
            match &day {
                Some(day) => *entry.days.entry(day.clone()).or_default() += 1,
                None => entry.undated += 1,
            }
            entry.sample.add(&found.text, || shown(spans));
            match &mut entry.against {
                Some(change) if found.old.contains_key(index) => change.kept += 1,
                Some(change) => {
                    change.gained += 1;
                    change.gained_sample.add(&found.text, || shown(spans));
                }
                None => {}
            }
        }
        for (index, spans) in found
            .old
            .iter()
            .filter(|(index, _)| !found.new.contains_key(index))
        {
            if let Some(change) = self
                .entries
                .get_mut(*index)
                .and_then(|entry| entry.against.as_mut())
            {
                change.lost += 1;
                change.lost_sample.add(&found.text, || shown(spans));
            }
        }
    }
}

impl Sample {
    fn new(most: usize) -> Sample {
        Sample {
            most,
            kept: BTreeMap::new(),
        }
    }

    fn add(&mut self, text: &str, shown: impl FnOnce() -> Shown) {
        let key = hash(Kind::Word, text);
        let is_full = self.kept.len() >= self.most;
        let last = self.kept.last_key_value().map(|(key, _)| *key);
        if self.kept.contains_key(&key) || (is_full && last.is_none_or(|last| key > last)) {
            return;
        }
        self.kept.insert(key, shown());
        if self.kept.len() > self.most {
            self.kept.pop_last();
        }
    }

    /// The texts, in order of time, undated ones last.
    pub(crate) fn texts(&self) -> Vec<&Shown> {
        let mut texts: Vec<&Shown> = self.kept.values().collect();
        texts.sort_by_key(|shown| {
            (
                shown.created_at.is_none(),
                &shown.created_at,
                &shown.file,
                shown.line,
            )
        });
        texts
    }
}

impl Serialize for Sample {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.texts())
    }
}
