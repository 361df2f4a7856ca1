//! A pane of event time: what each key had in it, in numbers that add up.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::key::Key;
use crate::heap::Heap;
use crate::stats::distinct::Distinct;

/// Posts that are kept of a key in a pane: the most important ones as evidence, and a sample from
/// which drivers are found. Bounds on memory, chosen by hand; not tuned.
const MAX_EVIDENCE: usize = 3;
const MAX_SAMPLE: usize = 6;
/// Characters of a text that are kept: what fits on a line or two. A bound on memory.
const MAX_TEXT: usize = 140;
/// The largest score of importance.
const MAX_SCORE: u8 = 100;

/// A post that is kept as evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// Its importance, 0 to 100.
    pub score: u8,
    /// Its identifier, or its time and text's hash if it has none.
    pub id: Box<str>,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// The beginning of its text, with personal data masked.
    pub text: Box<str>,
    /// Its words, pairs of words and unknown Chinese strings, folded.
    pub words: Arc<[Box<str>]>,
    /// Who wrote it.
    pub(crate) author: u64,
    /// The hash by which it is drawn into samples.
    pub(crate) draw: u64,
}

impl Note {
    pub(crate) fn text(text: &str) -> Box<str> {
        let end = text
            .char_indices()
            .nth(MAX_TEXT)
            .map_or(text.len(), |(end, _)| end);
        text.get(..end).unwrap_or_default().into()
    }
}

impl Heap for Note {
    fn heap(&self) -> usize {
        self.id.heap() + self.text.heap() + self.words.heap()
    }
}

/// What a key had in a pane, or in a window of panes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Posts, without spam.
    pub posts: u64,
    /// Of these the ones that only repeat another.
    pub reposts: u64,
    /// Spam, left out of everything else.
    pub spam: u64,
    /// Different authors of posts that are not reposts.
    pub authors: Distinct,
    /// Posts that want an answer.
    pub complaints: u64,
    /// The sum of the probabilities of negative sentiment, in thousandths.
    pub negative: u64,
    /// The sum of the scores of importance.
    pub importance: u64,
    /// The most important posts.
    pub(crate) evidence: Vec<Arc<Note>>,
    /// Posts drawn by the hash of their identifiers, the smallest first.
    pub(crate) sample: Vec<Arc<Note>>,
}

/// What a series counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Different authors, net of spam and reposts.
    #[default]
    Authors,
    /// Posts, net of spam and reposts.
    Posts,
    /// Posts with reposts and spam.
    All,
}

/// What a post adds to each of its cells.
pub(crate) struct Counted {
    pub(crate) spam: bool,
    pub(crate) repost: bool,
    pub(crate) needs_answer: bool,
    pub(crate) author: u64,
    pub(crate) negative: u64,
    pub(crate) note: Arc<Note>,
}

impl Cell {
    /// What a measure counts.
    pub fn count(&self, measure: Measure) -> u64 {
        match measure {
            Measure::Authors => self.authors.count(),
            // A damaged snapshot may hold more reposts than posts.
            Measure::Posts => self.posts - self.reposts.min(self.posts),
            Measure::All => self.posts.saturating_add(self.spam),
        }
    }

    /// The share of its posts that want an answer.
    pub fn share_that_needs_answer(&self) -> f64 {
        self.complaints as f64 / self.posts.max(1) as f64
    }

    /// Its most important posts, the first is the most important.
    pub fn evidence(&self) -> &[Arc<Note>] {
        &self.evidence
    }

    pub(crate) fn add(&mut self, post: &Counted, unbounded: bool) {
        // Spam is counted here and nowhere else, so that a campaign of it raises no alert.
        if post.spam {
            self.spam += 1;
            return;
        }
        self.posts += 1;
        self.complaints += u64::from(post.needs_answer);
        // Whole numbers, as all sums here: those of floating-point numbers depend on the
        // order of merging.
        self.negative += post.negative;
        self.importance += u64::from(post.note.score);
        // A repost is one more reader, not one more witness: it is neither an author
        // nor an example.
        if post.repost {
            self.reposts += 1;
            return;
        }
        self.authors.insert(post.author);
        keep(&mut self.sample, &post.note, sampled(unbounded), drawn);
        if !unbounded {
            keep(&mut self.evidence, &post.note, MAX_EVIDENCE, ranked);
        }
    }

    pub(crate) fn merge(&mut self, other: &Cell, unbounded: bool) {
        add_fields!(self += other; posts, reposts, spam, complaints, negative, importance);
        self.authors.merge(&other.authors);
        for note in &other.sample {
            keep(&mut self.sample, note, sampled(unbounded), drawn);
        }
        for note in &other.evidence {
            keep(&mut self.evidence, note, MAX_EVIDENCE, ranked);
        }
    }

    /// Checks the invariants; a damaged snapshot can break them.
    pub(crate) fn is_sound(&self) -> bool {
        self.authors.is_sound()
            && self.sample.len() <= MAX_SAMPLE
            && self.evidence.len() <= MAX_EVIDENCE
    }
}

impl Heap for Cell {
    fn heap(&self) -> usize {
        self.authors.heap() + self.evidence.heap() + self.sample.heap()
    }
}

/// How many posts are drawn. Keys that anybody may invent are nearly all keys of a pane, so they
/// keep a smaller sample, and no evidence beside it.
fn sampled(unbounded: bool) -> usize {
    if unbounded { MAX_EVIDENCE } else { MAX_SAMPLE }
}

/// The most important first, then the earlier, then the smaller identifier.
fn ranked(note: &Note) -> (u8, i64, &str) {
    (MAX_SCORE - note.score.min(MAX_SCORE), note.at, &note.id)
}

/// By the hash of the identifier: a sample that does not depend on what posts say, nor on the shard
/// that read them.
fn drawn(note: &Note) -> (u8, i64, &str) {
    (0, note.draw as i64, &note.id)
}

/// Keeps the first of all notes by `order`; of the versions of a post the first one, so that it
/// makes no difference in which order they came.
fn keep(
    notes: &mut Vec<Arc<Note>>,
    note: &Arc<Note>,
    max: usize,
    order: fn(&Note) -> (u8, i64, &str),
) {
    let before = |kept: &Note| (order(kept), kept) < (order(note), note);
    if let Some(version) = notes.iter().position(|kept| kept.id == note.id) {
        if before(&notes[version]) || notes[version] == *note {
            return;
        }
        notes.remove(version);
    }
    let at = notes.partition_point(|kept| before(kept));
    if at < max {
        notes.insert(at, note.clone());
        notes.truncate(max);
    }
}

impl Heap for Pane {
    fn heap(&self) -> usize {
        self.cells.heap()
    }
}

/// The cells of a span of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pane {
    pub(crate) cells: BTreeMap<Key, Cell>,
    /// How many of the cells have keys that anybody may invent.
    pub(crate) unbounded: usize,
}

impl Pane {
    /// The keys with what each had, in the order of the keys.
    pub fn cells(&self) -> impl Iterator<Item = (&Key, &Cell)> {
        self.cells.iter()
    }

    /// What a key had.
    pub fn cell(&self, key: &Key) -> Option<&Cell> {
        self.cells.get(key)
    }

    /// Posts in it, spam included.
    pub(crate) fn posts(&self) -> u64 {
        let all = self.cells.get(&Key::All);
        all.map_or(0, |cell| cell.count(Measure::All))
    }

    pub(crate) fn add(&mut self, key: &Key, post: &Counted) {
        // Most keys of a post are there already; only a new one is cloned.
        if let Some(cell) = self.cells.get_mut(key) {
            return cell.add(post, key.is_unbounded());
        }
        let mut cell = Cell::default();
        cell.add(post, key.is_unbounded());
        self.unbounded += usize::from(key.is_unbounded());
        self.cells.insert(key.clone(), cell);
    }

    pub(crate) fn merge(&mut self, other: &Pane) {
        for (key, cell) in &other.cells {
            match self.cells.get_mut(key) {
                Some(own) => own.merge(cell, key.is_unbounded()),
                None => {
                    self.unbounded += usize::from(key.is_unbounded());
                    self.cells.insert(key.clone(), cell.clone());
                }
            }
        }
    }

    /// Drops unbounded keys, those with the fewest authors, then posts first, ties by name, until
    /// `max` are left; gives how many. Authors come first, for one person can write many posts.
    pub(crate) fn prune(&mut self, max: usize) -> u64 {
        if self.unbounded <= max {
            return 0;
        }
        let unbounded = self.cells.iter().filter(|(key, _)| key.is_unbounded());
        let mut ranked: Vec<(u64, u64, &Key)> = unbounded
            .map(|(key, cell)| (cell.authors.count(), cell.posts, key))
            .collect();
        ranked
            .sort_unstable_by(|one, other| (other.0, other.1, one.2).cmp(&(one.0, one.1, other.2)));
        // By name at last, so that what stays does not depend on the order of the posts.
        let dropped: Vec<Key> = ranked
            .into_iter()
            .skip(max)
            .map(|(_, _, key)| key.clone())
            .collect();
        for key in &dropped {
            self.cells.remove(key);
        }
        self.unbounded -= dropped.len();
        dropped.len() as u64
    }
}
