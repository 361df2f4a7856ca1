//! Panes of event time with all keys: bounded, mergeable, and kept; windows are made of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::key::Key;
use super::pane::{Cell, Counted, Measure, Note, Pane};
use crate::post::Role;
use crate::snapshot::Snapshot;
use crate::stats::hash;
use crate::stats::likelihood::likelihood_ratio;
use crate::stats::sketch::Sketch;
use crate::time::{HOUR, MINUTE};
use crate::triage::{Polarity, Verdict};
use crate::{Engine, Error, Observation, Post, Result, Triage};

/// Words are remembered in blocks of six hours, over a week.
const BLOCK: i64 = 6 * HOUR;
const BLOCKS: i64 = 28;
/// Most panes without a post that are published one by one.
const MOST_EMPTY: i64 = 100_000;
/// The likelihood ratio from which on a word drives a rise. Chosen by hand, not tuned: χ² with one
/// degree of freedom passes it in one of seventy by chance, and words only explain an alert.
const DRIVER_RATIO: f64 = 6.0;

/// What bounds the panes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Milliseconds of a pane; a part of an hour. Default 5 minutes.
    pub pane: i64,
    /// Milliseconds behind the latest post at which a pane is published. Default 5 minutes.
    pub bound: i64,
    /// Milliseconds behind that during which a post still enters its pane and revises it.
    /// Default an hour.
    pub lateness: i64,
    /// Milliseconds that panes are kept. Default 7 hours.
    pub keep: i64,
    /// Hashtags, channels and words of their own that a pane may have. Default 4,096.
    pub open: usize,
    /// What counts.
    pub measure: Measure,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            pane: 5 * MINUTE,
            bound: 5 * MINUTE,
            lateness: HOUR,
            keep: 7 * HOUR,
            open: 4096,
            measure: Measure::default(),
        }
    }
}

impl Settings {
    fn check(&self) -> Result<()> {
        let wrong = |what: String| Err(Error::settings(what));
        if !(1000..=HOUR).contains(&self.pane) || HOUR % self.pane != 0 {
            return wrong(format!(
                "trend.pane is {} ms; give a part of an hour, such as 300000",
                self.pane
            ));
        }
        for (name, span) in [("bound", self.bound), ("lateness", self.lateness)] {
            if !(0..=30 * 24 * HOUR).contains(&span) {
                return wrong(format!("trend.{name} is {span} ms; give 0 to thirty days"));
            }
        }
        let least = HOUR + self.lateness;
        if !(least..=60 * 24 * HOUR).contains(&self.keep) {
            return wrong(format!(
                "trend.keep is {} ms; give an hour and the lateness ({least}) to sixty days",
                self.keep
            ));
        }
        if !(16..=1 << 20).contains(&self.open) {
            return wrong(format!("trend.open is {}; give 16 to 1048576", self.open));
        }
        Ok(())
    }
}

/// What happened so far, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Posts that entered a pane, spam included.
    pub posts: u64,
    /// Of these spam.
    pub spam: u64,
    /// Of these the ones that revised a pane that was published.
    pub late: u64,
    /// Posts whose pane was published too long ago; they are in no pane.
    pub too_late: u64,
    /// Posts without a time; they are in no pane.
    pub undated: u64,
    /// Hashtags and words that were dropped from panes that had too many.
    pub dropped: u64,
}

/// What a late post changed about a pane that was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PaneRevision {
    /// When the pane begins.
    pub start: i64,
    /// The key.
    pub key: String,
    /// What the key's series had in it.
    pub old: u64,
    /// What it has.
    pub new: u64,
}

/// What became of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// It is in its pane.
    Counted,
    /// It is in its pane, which was published before.
    Revised(Vec<PaneRevision>),
    /// Its pane was published too long ago.
    TooLate,
    /// It has no time.
    Undated,
}

/// Panes of event time over all keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Trends {
    settings: Settings,
    panes: BTreeMap<i64, Pane>,
    /// How often each open key was in panes that are gone, by the beginning of the block.
    blocks: BTreeMap<i64, Sketch>,
    /// The beginning of the first pane.
    first: Option<i64>,
    latest: Option<i64>,
    /// The end of the last pane that was published.
    published: Option<i64>,
    counts: Counts,
}

impl Trends {
    /// No panes.
    ///
    /// # Errors
    /// If a setting is out of its range; [`Error::is_settings`] holds.
    pub fn new(settings: Settings) -> Result<Trends> {
        settings.check()?;
        Ok(Trends {
            settings,
            panes: BTreeMap::new(),
            blocks: BTreeMap::new(),
            first: None,
            latest: None,
            published: None,
            counts: Counts::default(),
        })
    }

    /// Takes a post, in any order within the bound. Posts of agents are not counted.
    pub fn observe(
        &mut self,
        engine: &Engine,
        post: &Post<'_>,
        triage: &Triage,
        observation: &Observation,
    ) -> Observed {
        if post.role == Role::Agent {
            return Observed::Counted;
        }
        let Some(at) = post.created_at.map(|at| at.clamp(-(1 << 52), 1 << 52)) else {
            self.counts.undated += 1;
            return Observed::Undated;
        };
        let start = at.div_euclid(self.settings.pane) * self.settings.pane;
        let late = self.published.is_some_and(|published| start < published);
        if self.published.is_some_and(|published| {
            start < published - self.settings.lateness.min(self.settings.keep)
        }) {
            self.counts.too_late += 1;
            return Observed::TooLate;
        }
        self.latest = self.latest.max(Some(at));
        self.first = Some(self.first.map_or(start, |first| first.min(start)));
        let counted = counted(post, at, triage, observation);
        self.counts.posts += 1;
        self.counts.spam += u64::from(counted.spam);
        self.counts.late += u64::from(late);
        let measure = self.settings.measure;
        let keys = keys(engine, post, triage, observation);
        let pane = self.panes.entry(start).or_default();
        let mut revisions = Vec::new();
        for key in &keys {
            // Counting authors may mean to estimate them: only what was published is told anew.
            let count = |pane: &Pane| pane.cell(key).map_or(0, |cell| cell.count(measure));
            let old = late.then(|| count(pane));
            pane.add(key, &counted);
            if let Some(old) = old
                && let new = count(pane)
                && new != old
            {
                revisions.push(PaneRevision {
                    start,
                    key: key.to_string(),
                    old,
                    new,
                });
            }
        }
        // Twice as many before some go, so that this is rare.
        if pane.open > 2 * self.settings.open {
            self.counts.dropped += pane.prune(self.settings.open);
        }
        if late {
            Observed::Revised(revisions)
        } else {
            Observed::Counted
        }
    }

    /// Publishes the panes that the watermark has passed: their beginnings, in order, also of those
    /// without a post.
    pub fn publish(&mut self) -> Vec<i64> {
        let Some(latest) = self.latest else {
            return Vec::new();
        };
        self.publish_to(latest.saturating_sub(self.settings.bound))
    }

    /// Publishes everything: no more posts come.
    pub fn finish(&mut self) -> Vec<i64> {
        let Some(latest) = self.latest else {
            return Vec::new();
        };
        self.publish_to(latest.saturating_add(self.settings.pane))
    }

    fn publish_to(&mut self, watermark: i64) -> Vec<i64> {
        let pane = self.settings.pane;
        let Some(first) = self.published.or(self.first) else {
            return Vec::new();
        };
        let end = watermark.div_euclid(pane) * pane;
        if end <= first {
            return Vec::new();
        }
        // After a silence of a year nobody wants a hundred thousand empty panes.
        let first = match (end - first) / pane > MOST_EMPTY {
            true => self
                .panes
                .range(first..)
                .next()
                .map_or(end, |(start, _)| *start),
            false => first,
        };
        for (_, pane) in self.panes.range_mut(first..end) {
            self.counts.dropped += pane.prune(self.settings.open);
        }
        self.published = Some(end);
        (0..(end - first) / pane)
            .take(MOST_EMPTY as usize)
            .map(|step| first + step * pane)
            .collect()
    }

    /// Drops what is older than is kept; call it when the panes that were published have been read.
    /// Words and hashtags are remembered by their counts.
    pub fn evict(&mut self) {
        if let Some(published) = self.published {
            self.evict_before(published.saturating_sub(self.settings.keep));
        }
    }

    /// Drops panes that begin before `time`.
    pub fn evict_before(&mut self, time: i64) {
        let kept = self.panes.split_off(&time);
        for (start, pane) in std::mem::replace(&mut self.panes, kept) {
            let block = self
                .blocks
                .entry(start.div_euclid(BLOCK) * BLOCK)
                .or_default();
            for (key, cell) in pane.cells.iter().filter(|(key, _)| key.is_open()) {
                block.add(&key.to_string(), cell.count(self.settings.measure));
            }
        }
        if let Some((&last, _)) = self.blocks.last_key_value() {
            self.blocks = self.blocks.split_off(&(last - BLOCKS * BLOCK));
        }
    }

    /// What each key had from `from` to `to` (milliseconds; panes that begin in it).
    pub fn window(&self, from: i64, to: i64) -> Pane {
        let mut window = Pane::default();
        self.panes
            .range(from..to.max(from))
            .for_each(|(_, pane)| window.merge(pane));
        window
    }

    /// What one key had from `from` to `to`.
    pub fn cell(&self, key: &Key, from: i64, to: i64) -> Cell {
        let mut sum = Cell::default();
        for cell in self
            .panes
            .range(from..to.max(from))
            .filter_map(|(_, pane)| pane.cell(key))
        {
            sum.merge(cell, key.is_open());
        }
        sum
    }

    /// A pane by its beginning.
    pub fn pane(&self, start: i64) -> Option<&Pane> {
        self.panes.get(&start)
    }

    /// How many an hour an open key had before `to`, within a week, and of how many hours that is.
    pub(crate) fn past(&self, key: &Key, to: i64) -> (f64, f64) {
        let Some(first) = self.first.filter(|first| *first < to) else {
            return (0.0, 0.0);
        };
        let from = first.max(to - BLOCKS * BLOCK);
        let name = key.to_string();
        let blocks: u64 = self.blocks.values().map(|block| block.count(&name)).sum();
        let panes = self
            .panes
            .range(..to)
            .filter_map(|(_, pane)| pane.cell(key));
        let count = blocks
            + panes
                .map(|cell| cell.count(self.settings.measure))
                .sum::<u64>();
        let hours = (to - from) as f64 / HOUR as f64;
        (count as f64 / hours, hours)
    }

    /// The words that posts of `key` have from `from` to `to` far more often than all posts before:
    /// at most `count`, the likelihood ratio of each (Dunning 1993) decides. Of a word and a pair
    /// that holds it the pair is given if nearly all have it.
    pub fn drivers(&self, key: &Key, from: i64, to: i64, count: usize) -> Vec<String> {
        let mut notes: BTreeMap<&str, &Note> = BTreeMap::new();
        let mut before = 0;
        for (_, pane) in self.panes.range(..from) {
            before += pane.cell(&Key::All).map_or(0, |cell| cell.posts);
        }
        for cell in self
            .panes
            .range(from..to.max(from))
            .filter_map(|(_, pane)| pane.cell(key))
        {
            notes.extend(cell.sample.iter().map(|note| (&*note.id, &**note)));
        }
        let mut words: BTreeMap<&str, u64> = BTreeMap::new();
        for word in notes.values().flat_map(|note| note.words.iter()) {
            *words.entry(word).or_default() += 1;
        }
        let posts = notes.len() as u64;
        let mut ranked: Vec<(f64, &str, u64)> = Vec::new();
        for (word, with) in words
            .into_iter()
            .filter(|(_, with)| *with >= 2.max(posts / 20))
        {
            let own = Key::emerging(word);
            let earlier = self
                .panes
                .range(..from)
                .filter_map(|(_, pane)| pane.cell(&own))
                .map(|cell| cell.posts)
                .sum();
            // Half a post and one post more before: a word that was never seen is not infinitely new.
            let ratio = likelihood_ratio(
                (with as f64, posts.max(with) as f64),
                (earlier as f64 + 0.5, before.max(earlier) as f64 + 1.0),
            );
            if ratio > DRIVER_RATIO {
                ranked.push((ratio, word, with));
            }
        }
        ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
        let mut drivers: Vec<(&str, u64)> = Vec::new();
        for &(_, word, with) in &ranked {
            let says_the_same = |&(known, other): &(&str, u64)| {
                (known.contains(word) || word.contains(known))
                    && with.min(other) * 10 >= with.max(other) * 6
            };
            if let Some(at) = drivers.iter().position(says_the_same) {
                if let Some(known) = drivers
                    .get_mut(at)
                    .filter(|known| word.len() > known.0.len())
                {
                    *known = (word, with);
                }
            } else if drivers.len() < count {
                drivers.push((word, with));
            } else {
                break;
            }
        }
        drivers
            .into_iter()
            .map(|(word, _)| word.to_owned())
            .collect()
    }

    /// The beginning of the first pane.
    pub fn first(&self) -> Option<i64> {
        self.first
    }

    /// The end of the last pane that was published.
    pub fn published(&self) -> Option<i64> {
        self.published
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What bounds it.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Bytes held, about; looks at every cell.
    pub fn memory_usage(&self) -> usize {
        let cell = |(key, cell): (&Key, &Cell)| {
            size_of::<Key>()
                + size_of::<Cell>()
                + key.name().len()
                + cell.authors.memory_usage()
                + 8 * cell.sample.len()
        };
        let panes: usize = self
            .panes
            .values()
            .map(|pane| pane.cells().map(cell).sum::<usize>())
            .sum();
        panes
            + self
                .blocks
                .values()
                .map(Sketch::memory_usage)
                .sum::<usize>()
    }

    /// Adds the panes of another shard of the same stream. Commutative and associative, and one
    /// without panes changes nothing, as long as no pane has more open keys than are kept; what was
    /// published is what either published.
    ///
    /// # Errors
    /// If the settings differ; [`Error::is_merge`] holds, and this one is as it was.
    pub fn merge(&mut self, other: &Trends) -> Result<()> {
        if self.settings != other.settings {
            return Err(Error::merge(
                "the trends have different settings; give both the same, and fill one of them anew",
            ));
        }
        for (start, pane) in &other.panes {
            let own = self.panes.entry(*start).or_default();
            own.merge(pane);
            if own.open > 2 * self.settings.open {
                self.counts.dropped += own.prune(self.settings.open);
            }
        }
        for (start, block) in &other.blocks {
            self.blocks.entry(*start).or_default().merge(block);
        }
        self.first = match (self.first, other.first) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.latest = self.latest.max(other.latest);
        self.published = self.published.max(other.published);
        let Counts {
            posts,
            spam,
            late,
            too_late,
            undated,
            dropped,
        } = other.counts;
        self.counts.posts += posts;
        self.counts.spam += spam;
        self.counts.late += late;
        self.counts.too_late += too_late;
        self.counts.undated += undated;
        self.counts.dropped += dropped;
        Ok(())
    }
}

/// The keys of a post.
fn keys(engine: &Engine, post: &Post<'_>, triage: &Triage, observation: &Observation) -> Vec<Key> {
    let mut keys = vec![Key::All, Key::language(triage.language)];
    keys.extend(
        post.channel
            .as_deref()
            .filter(|channel| !channel.trim().is_empty())
            .map(Key::channel),
    );
    if triage.wants_answer() {
        keys.push(Key::Complaints);
    }
    let topics = &engine.taxonomy().topics;
    for found in triage.topics.as_slice() {
        let Some(topic) = topics.get(usize::from(found.topic)) else {
            continue;
        };
        keys.push(Key::topic(&topic.id));
        match triage.sentiment.label {
            Polarity::Negative => keys.push(Key::complaint(&topic.id)),
            Polarity::Positive => keys.push(Key::praise(&topic.id)),
            Polarity::Neutral => {}
        }
    }
    let monitored = triage
        .terms
        .iter()
        .filter_map(|span| engine.term(span.term))
        .filter(|term| term.list.is_monitored());
    keys.extend(monitored.map(|term| Key::term(&term.kind, &term.text)));
    keys.extend(
        observation
            .terms
            .hashtags
            .iter()
            .map(|name| Key::hashtag(name)),
    );
    keys.extend(
        observation
            .terms
            .words
            .iter()
            .map(|word| Key::emerging(word)),
    );
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn counted(post: &Post<'_>, at: i64, triage: &Triage, observation: &Observation) -> Counted {
    let text = hash::of_text(&post.text);
    let id: Box<str> = match post.id.as_deref() {
        Some(id) => id.into(),
        None => format!("{at}-{text:016x}").into(),
    };
    let draw = hash::of_text(&id);
    // Without an author each post is somebody's.
    let author = observation.identity.account().unwrap_or(draw);
    Counted {
        spam: triage.spam.verdict == Verdict::Spam,
        repost: observation.fingerprint.is_repost(),
        complaint: triage.wants_answer(),
        author,
        negative: (triage.sentiment.negative.clamp(0.0, 1.0) * 1000.0).round() as u64,
        note: Arc::new(Note {
            score: triage.importance.score,
            id,
            at,
            text: Note::text(&post.text),
            words: observation.terms.words.clone(),
            draw: draw >> 1,
        }),
    }
}

/// What is kept of [`Trends`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    settings: Settings,
    panes: BTreeMap<i64, Pane>,
    blocks: BTreeMap<i64, Sketch>,
    first: Option<i64>,
    latest: Option<i64>,
    published: Option<i64>,
    counts: Counts,
}

impl Snapshot for Trends {
    const KIND: &'static str = "trends";
    const VERSION: u32 = 1;

    type Kept = Kept;

    fn keep(&self) -> Kept {
        let Trends {
            settings,
            panes,
            blocks,
            first,
            latest,
            published,
            counts,
        } = self.clone();
        Kept {
            settings,
            panes,
            blocks,
            first,
            latest,
            published,
            counts,
        }
    }

    fn restore(kept: Kept) -> Result<Trends> {
        let Kept {
            settings,
            panes,
            blocks,
            first,
            latest,
            published,
            counts,
        } = kept;
        settings.check()?;
        let pane_is_sound = |pane: &Pane| {
            let open = pane.cells.keys().filter(|key| key.is_open()).count();
            open == pane.open
                && open <= 2 * settings.open + 64
                && pane.cells.values().all(Cell::is_sound)
        };
        let times = [first, latest, published]
            .iter()
            .flatten()
            .all(|time| time.unsigned_abs() <= 1 << 53);
        let starts = panes
            .keys()
            .chain(blocks.keys())
            .all(|start| start.unsigned_abs() <= 1 << 53);
        let sound = panes.values().all(pane_is_sound) && blocks.values().all(Sketch::is_sound);
        match times && starts && sound && blocks.len() as i64 <= BLOCKS + 1 {
            true => Ok(Trends {
                settings,
                panes,
                blocks,
                first,
                latest,
                published,
                counts,
            }),
            false => Err(Error::snapshot(
                "these trends hold what none can; begin new ones",
            )),
        }
    }
}
