//! Coverage: what share of a dump's posts gets a topic, and what the others are about.
//!
//! A [`Coverage`] counts exactly and keeps a bounded sample of posts with and without a topic; its
//! [`Report`] groups those without one by the words that distinguish them from those with one, and
//! proposes terms for each group as TOML.
//!
//! ```
//! use hearken::{Engine, Post, coverage::{Coverage, CoverageOptions}};
//!
//! # fn main() -> hearken::Result<()> {
//! let engine = Engine::new()?;
//! let mut scratch = engine.scratch();
//! let mut coverage = Coverage::new(CoverageOptions::default());
//! for text in ["Where is my parcel?", "The choir sang beautifully in the old church."] {
//!     coverage.add(Coverage::read(&engine, &Post::new(text), &mut scratch));
//! }
//! assert_eq!(coverage.report(&engine).posts, 2);
//! # Ok(())
//! # }
//! ```
//!
#![doc = include_str!("../../docs/design/coverage.md")]

mod candidate;
mod group;
mod report;

use std::collections::BTreeMap;

use candidate::{Candidate, candidates};
pub use report::{Group, LIKE, Nearest, ProposedTerm, Report, TopicCount};

use crate::cut;
use crate::stats::hash;
use crate::text::Language;
use crate::triage::Verdict;
use crate::{Engine, Post, Scratch};

/// Bytes of a kept text; the rest is cut off. A bound on memory, by hand: a long post in Chinese.
const KEPT_BYTES: usize = 1000;

/// How much is kept, and what makes a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoverageOptions {
    /// Most posts kept without a topic, and as many with one; of more a sample is kept that depends
    /// on their texts alone. A post takes up to some 6 KB.
    pub most_posts: usize,
    /// Different texts that a group has at least.
    pub fewest: usize,
    /// Most groups.
    pub most_groups: usize,
    /// Most proposed terms of a group.
    pub most_terms: usize,
    /// Most example posts of a group.
    pub most_examples: usize,
}

impl Default for CoverageOptions {
    fn default() -> CoverageOptions {
        CoverageOptions {
            most_posts: 10_000,
            fewest: 4,
            most_groups: 20,
            most_terms: 12,
            most_examples: 3,
        }
    }
}

/// What coverage needs of one post; made by [`Coverage::read`].
#[derive(Clone, Debug, PartialEq)]
pub struct Noted {
    spam: bool,
    topics: Vec<u16>,
    kept: Kept,
}

impl Noted {
    /// Whether it is spam.
    pub fn is_spam(&self) -> bool {
        self.spam
    }

    /// Whether it got a topic.
    pub fn has_topic(&self) -> bool {
        !self.topics.is_empty()
    }
}

/// A post of the sample. The order is that of the sample: by a hash of the text, then by all else,
/// so that it does not depend on the order of the input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    hash: u64,
    text: String,
    id: String,
    language: Language,
    topics: Vec<u16>,
    candidates: Vec<Candidate>,
}

/// Counts of posts by topic and a sample of them; merges, in whatever order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    options: CoverageOptions,
    posts: u64,
    spam: u64,
    topics: BTreeMap<u16, u64>,
    covered: Sample,
    uncovered: Sample,
}

/// The posts of the smallest hashes, and the number of all. By hashes and not by chance, so that
/// shards merge to the same sample in any order.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sample {
    seen: u64,
    kept: Vec<Kept>,
}

impl Sample {
    fn add(&mut self, kept: Kept, most: usize) {
        self.seen += 1;
        self.kept.push(kept);
        // Cut at twice the ceiling, so that the sorting costs little a post.
        if self.kept.len() >= most.saturating_mul(2).max(1) {
            self.cut(most);
        }
    }

    fn cut(&mut self, most: usize) {
        self.kept.sort_unstable();
        self.kept.truncate(most);
    }
}

impl Coverage {
    /// A coverage without posts yet.
    pub fn new(options: CoverageOptions) -> Coverage {
        Coverage {
            options,
            ..Coverage::default()
        }
    }

    /// Reads a post with an engine. A pure function, to be called on any thread.
    pub fn read(engine: &Engine, post: &Post<'_>, scratch: &mut Scratch) -> Noted {
        let triage = engine.triage(post, scratch);
        let (analysis, lexicon) = engine.analysed(scratch);
        let text = analysis.source.text(&post.text);
        let topics: Vec<u16> = triage
            .topics
            .as_slice()
            .iter()
            .map(|found| found.topic)
            .collect();
        let spam = triage.spam.verdict == Verdict::Spam;
        let candidates = if spam {
            Vec::new()
        } else {
            // From the whole text, not from the part that is kept.
            candidates(text, analysis, lexicon)
        };
        Noted {
            spam,
            kept: Kept {
                hash: hash::of_text(text),
                text: cut::at_most(text, KEPT_BYTES).to_owned(),
                id: post.id.as_deref().unwrap_or_default().to_owned(),
                language: triage.language,
                topics: topics.clone(),
                candidates,
            },
            topics,
        }
    }

    /// Counts a post. Of spam only the number is kept.
    pub fn add(&mut self, noted: Noted) {
        self.posts += 1;
        if noted.spam {
            self.spam += 1;
            return;
        }
        for &topic in &noted.topics {
            *self.topics.entry(topic).or_default() += 1;
        }
        let sample = if noted.topics.is_empty() {
            &mut self.uncovered
        } else {
            &mut self.covered
        };
        sample.add(noted.kept, self.options.most_posts);
    }

    /// Adds the counts of another shard that was read with the same engine; the options are
    /// those of `self`.
    pub fn merge(&mut self, other: Coverage) {
        self.posts += other.posts;
        self.spam += other.spam;
        for (topic, count) in other.topics {
            *self.topics.entry(topic).or_default() += count;
        }
        for (into, from) in [
            (&mut self.covered, other.covered),
            (&mut self.uncovered, other.uncovered),
        ] {
            into.seen += from.seen;
            // Cut at once, so that the merge of many shards stays bounded. The smallest hashes of
            // the parts hold the smallest of the whole, so nothing is lost.
            into.kept.extend(from.kept);
            into.cut(self.options.most_posts);
        }
    }

    /// The shares, the groups and the proposed terms. `engine` is the one that read the posts. The
    /// same posts give the same report, in whatever order they were added or merged.
    pub fn report(&self, engine: &Engine) -> Report {
        // Samples grow to twice the ceiling between cuts; the report must not depend on when they
        // were cut last.
        let (mut covered, mut uncovered) = (self.covered.clone(), self.uncovered.clone());
        covered.cut(self.options.most_posts);
        uncovered.cut(self.options.most_posts);
        let count = |topic: usize| {
            self.topics
                .get(&(topic as u16))
                .copied()
                .unwrap_or_default()
        };
        let topics = engine.taxonomy().topics.iter().enumerate();
        let corpus = group::Corpus::from_kept(&covered.kept, &uncovered.kept);
        let groups = group::groups(&corpus, &self.options);
        let grouped = groups.iter().map(|group| group.posts(&corpus)).sum();
        Report {
            posts: self.posts,
            spam: self.spam,
            covered: self.covered.seen,
            uncovered: self.uncovered.seen,
            looked_at: uncovered.kept.len() as u64,
            grouped,
            topics: topics
                .map(|(index, topic)| TopicCount {
                    id: topic.id.clone(),
                    posts: count(index),
                })
                .collect(),
            groups: groups
                .iter()
                .map(|group| report::describe(group, &corpus, engine, &self.options))
                .collect(),
        }
    }
}
