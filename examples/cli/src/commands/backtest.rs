//! `hearken backtest`: what rules of monitored terms would have hit in a dump, and what a change
//! of them changes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hearken::terms::{Monitored, Rules};
use hearken::triage::TermSpan;
use hearken::{Engine, Post, Scratch};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::options::{Shared, read_rules};
use hearken_cli::run::{PostInput, PostRun};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use twox_hash::XxHash64;

use super::backtest_report::{json, shown};

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
    #[command(flatten)]
    input: PostInput,
    /// Say what is gained and lost against these rules
    #[arg(long, value_name = "RULES")]
    against: Option<PathBuf>,
    /// Texts to show of each rule, and of what it gains and loses
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    sample: u16,
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
    let mut backtest = Backtest::default();
    let most = usize::from(arguments.sample);
    let new = side(&mut backtest, read_rules(&arguments.rules)?, most)?;
    let old = match &arguments.against {
        Some(path) => Some(against(&mut backtest, read_rules(path)?, most)?),
        None => None,
    };
    let mut posts = arguments.input.open(|| Ok(new.engine.clone()), shared)?;
    posts.each_post(
        |_, scratch, post| Ok(find(&new, old.as_ref(), post, scratch)),
        |run, line, found| {
            backtest.add(found, || run.inputs.name(line.source), line.number);
            Ok(())
        },
    )?;
    let PostRun { mut run, .. } = posts;
    backtest.rejects = run.rejects.count();
    let old_name = arguments.against.as_ref().map(|path| path.display());
    let old_name = old_name.map(|name| name.to_string());
    let report = match arguments.json {
        true => json(&backtest)?,
        false => shown(&backtest, old_name.as_deref()),
    };
    run.output.put(report.as_bytes())?;
    run.finish(|_| String::new())
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

/// The older rules, which they are compared with.
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

fn find(new: &Side, old: Option<&Side>, post: &Post<'_>, scratch: &mut Scratch) -> Found {
    let mut hits = |side: &Side| side.hits(post, scratch);
    let (new, old) = (hits(new), old.map(hits).unwrap_or_default());
    let is_hit = !new.is_empty() || !old.is_empty();
    Found {
        id: post.id.as_deref().filter(|_| is_hit).map(str::to_owned),
        created_at: post
            .created_at
            .and_then(|at| Timestamp::from_millisecond(at).ok()),
        text: if is_hit {
            post.text.clone().into_owned()
        } else {
            String::new()
        },
        new,
        old,
    }
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
        count(&mut self.days, &mut self.undated, day.as_deref());
        let shown = |spans: &Vec<(u32, u32)>| Shown {
            id: found.id.clone(),
            file: file(),
            line,
            created_at: found.created_at.map(|at| at.to_string()),
            text: found.text.clone(),
            spans: spans.clone(),
        };
        for (index, spans) in &found.new {
            if let Some(entry) = self.entries.get_mut(*index) {
                count(&mut entry.days, &mut entry.undated, day.as_deref());
                entry.add(&found.text, found.old.contains_key(index), || shown(spans));
            }
        }
        let is_lost = |index: &&usize| !found.new.contains_key(*index);
        for (index, spans) in found.old.iter().filter(|(index, _)| is_lost(index)) {
            let entry = self.entries.get_mut(*index);
            if let Some(change) = entry.and_then(|entry| entry.against.as_mut()) {
                change.lost += 1;
                change.lost_sample.add(&found.text, || shown(spans));
            }
        }
    }
}

/// Counts a post by its day, or as one without a time.
fn count(days: &mut BTreeMap<String, u64>, undated: &mut u64, day: Option<&str>) {
    match day {
        Some(day) => *days.entry(day.to_owned()).or_default() += 1,
        None => *undated += 1,
    }
}

impl Entry {
    /// Counts a hit, and whether the older form has it too.
    fn add(&mut self, text: &str, in_old: bool, shown: impl Fn() -> Shown) {
        self.hits += 1;
        self.sample.add(text, &shown);
        match &mut self.against {
            Some(change) if in_old => change.kept += 1,
            Some(change) => {
                change.gained += 1;
                change.gained_sample.add(text, shown);
            }
            None => {}
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
        let key = XxHash64::oneshot(0, text.as_bytes());
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
