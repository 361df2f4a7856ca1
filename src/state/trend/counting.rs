//! How a post enters its pane: its keys, and what it adds to each.

use std::sync::Arc;

use serde::Serialize;

use super::key::Key;
use super::pane::{Counted, Note, Pane};
use super::panes::{MAX_TIME, Trends};
use crate::observation::identity;
use crate::post::Role;
use crate::stats::hash;
use crate::time::{HOUR, milliseconds};
use crate::triage::{Part, Polarity, Verdict};
use crate::{Engine, Observation, Post, Triage};

/// Probabilities are summed in thousandths: whole numbers, so that sums merge in any order.
const THOUSANDTHS: f32 = 1000.0;

/// What a late post changed about a pane that was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaneRevision {
    /// When the pane begins, in milliseconds since the Unix epoch.
    pub start: i64,
    /// The key.
    pub key: Key,
    /// What the key's series had in it.
    pub old: u64,
    /// What it has.
    pub new: u64,
}

/// What became of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostOutcome {
    /// It is in its pane.
    Counted,
    /// It is in its pane, which was published before.
    Revised(Vec<PaneRevision>),
    /// It is in no pane: its pane was published too long ago.
    TooLate,
    /// It is in no pane: it has no time.
    Undated,
    /// It is in no pane: an agent wrote it.
    OfAgent,
}

impl Trends {
    /// Takes a post, in any order within the bound. Posts of agents are not counted.
    pub fn observe(
        &mut self,
        engine: &Engine,
        post: &Post<'_>,
        triage: &Triage,
        observation: &Observation,
    ) -> PostOutcome {
        if post.role == Role::Agent {
            // What agents write answers a rise and is not part of it.
            return PostOutcome::OfAgent;
        }
        // A wrong date must not overflow what is reckoned with it.
        let Some(at) = post.created_at.map(|at| at.clamp(-MAX_TIME, MAX_TIME)) else {
            self.counts.undated += 1;
            return PostOutcome::Undated;
        };
        let pane_length = self.settings.pane_length();
        let start = at.div_euclid(pane_length) * pane_length;
        let lateness = milliseconds(self.settings.lateness);
        // Whatever becomes of it, it shows that time has passed, spam too.
        self.clock.note(at, observation.identity.voice(&post.text));
        let published = self.standing();
        if published.is_some_and(|published| start < published - lateness) {
            self.counts.too_late += 1;
            return PostOutcome::TooLate;
        }
        let late = published.is_some_and(|published| start < published);
        self.key.note(&observation.identity);
        self.first = Some(self.first.map_or(start, |first| first.min(start)));
        let counted = counted(post, at, triage, observation);
        self.counts.posts += 1;
        self.counts.spam += u64::from(counted.spam);
        self.counts.late += u64::from(late);
        let keys = keys(engine, post, triage, observation);
        let revisions = self.add(start, &keys, &counted, late);
        if self.clock.is_ahead(at) {
            self.bound_set_aside();
        }
        match late {
            true => PostOutcome::Revised(revisions),
            false => PostOutcome::Counted,
        }
    }

    /// Adds a post to each of its cells; gives what changed where the pane was `published`.
    fn add(
        &mut self,
        start: i64,
        keys: &[Key],
        counted: &Counted,
        published: bool,
    ) -> Vec<PaneRevision> {
        let measure = self.settings.measure;
        let count = |pane: &Pane, key: &Key| pane.cell(key).map_or(0, |cell| cell.count(measure));
        let pane = self.panes.entry(start).or_default();
        let mut revisions = Vec::new();
        for key in keys {
            // To count authors may mean to estimate them: only the few late posts pay for it.
            let old = published.then(|| count(pane, key));
            pane.add(key, counted);
            if let Some(old) = old
                && let new = count(pane, key)
                && new != old
            {
                if key.is_unbounded() {
                    let in_hour = self.published.is_some_and(|end| start >= end - HOUR);
                    self.recent.revise(key, new.saturating_sub(old), in_hour);
                }
                revisions.push(PaneRevision {
                    start,
                    key: key.clone(),
                    old,
                    new,
                });
            }
        }
        let dropped = prune_if_full(pane, self.settings.max_unbounded);
        self.counts.dropped += dropped;
        if published && dropped > 0 {
            self.sum_recent();
        }
        revisions
    }
}

/// Prunes a pane that has twice as many unbounded keys as it may keep. Twice, so that keys are
/// sorted once for each `max` new ones, and a key that is about to rise has time to.
pub(super) fn prune_if_full(pane: &mut Pane, max: usize) -> u64 {
    match pane.unbounded > 2 * max {
        true => pane.prune(max),
        false => 0,
    }
}

/// The keys of a post.
pub(super) fn keys(
    engine: &Engine,
    post: &Post<'_>,
    triage: &Triage,
    observation: &Observation,
) -> Vec<Key> {
    let mut keys = vec![Key::All, Key::language(triage.language)];
    keys.extend(
        post.channel
            .as_deref()
            .filter(|channel| !channel.trim().is_empty())
            .map(Key::channel),
    );
    if triage.needs_answer() {
        keys.push(Key::WantsAnswer);
    }
    if triage.sentiment.label == Polarity::Negative {
        keys.push(Key::AllNegative);
    }
    if triage.importance.parts[Part::Harm as usize] > 0 {
        // By the words of the text alone: shards that know different pasts must count alike.
        let strengths = observation.elements.iter().map(|element| element.strength);
        keys.push(Key::harm(strengths.max().unwrap_or(1)));
    }
    // By identifier, as indices change with the taxonomy and a snapshot outlives it.
    let topics = &engine.taxonomy().topics;
    for found in triage.topics.as_slice() {
        let Some(topic) = topics.get(usize::from(found.topic)) else {
            continue;
        };
        keys.push(Key::topic(&topic.id));
        match triage.sentiment.label {
            Polarity::Negative => keys.push(Key::negative(&topic.id)),
            Polarity::Positive => keys.push(Key::praise(&topic.id)),
            Polarity::Neutral => {}
        }
    }
    // Terms of other lists are signals for the score; nobody asked for a series of them.
    let monitored = triage
        .terms
        .iter()
        .filter_map(|span| engine.term(span.term))
        .filter(|term| term.list.is_monitored());
    keys.extend(monitored.map(|term| Key::term(&term.kind, &term.text)));
    let terms = &observation.terms;
    keys.extend(terms.hashtags.iter().map(|name| Key::hashtag(name)));
    keys.extend(terms.words.iter().map(|word| Key::emerging(word)));
    for segment in post.segments.iter() {
        let whole = keys.iter().filter(|key| key.is_segmented());
        let within: Vec<Key> = whole.map(|key| key.within(segment)).collect();
        keys.extend(within);
    }
    // A post counts once a key, however often it names it.
    keys.sort_unstable();
    keys.dedup();
    keys
}

pub(super) fn counted(
    post: &Post<'_>,
    at: i64,
    triage: &Triage,
    observation: &Observation,
) -> Counted {
    let identity = &observation.identity;
    let text = observation.fingerprint.text;
    let id: Box<str> = match identity::given(post.id.as_deref()) {
        Some(id) => identity::kept(id, || identity.post).into(),
        // The same post has the same identifier in each shard and after each restart.
        None => format!("{at}-{text:016x}").into(),
    };
    // Of what stands beside it, so no secret has to hide it.
    let draw = hash::of_text(&id);
    // Without an author each post is somebody's.
    let post_hash = Some(identity.post).filter(|hash| *hash != identity::NONE);
    let author = identity.account().or(post_hash).unwrap_or(draw);
    Counted {
        spam: triage.spam.verdict == Verdict::Spam,
        repost: observation.fingerprint.is_repost(),
        needs_answer: triage.needs_answer(),
        author,
        negative: (triage.sentiment.negative.clamp(0.0, 1.0) * THOUSANDTHS).round() as u64,
        note: Arc::new(Note {
            score: triage.importance.score,
            id,
            at,
            text: Note::text(observation.text(post)),
            words: observation.terms.words.clone(),
            author,
            // Samples are ordered by it as a signed number.
            draw: draw >> 1,
        }),
    }
}
