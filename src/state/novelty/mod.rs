//! Novelty: a rare severe word within a routine topic.
//!
//! “There was glass in my salad” among hundreds of “the food was cold”: no posts are fewer, and
//! none matter more. So posts are counted in a sliding window of event time by topic, kind of
//! harm and term. A severe word is a surprise where it is rare among the posts of each of its
//! topics: where the upper bound of its rate (Wilson 1927, one-sided, 95 %) is small. Its rate is
//! by the larger of two counts: of the term itself, and of all terms of its kind, each counted a
//! few times only. And it is less of one the more often the word came at all. So the first posts
//! of an incident are a surprise and the hundredth is not, and in a topic that is about harm no
//! word of it is.
//!
#![doc = include_str!("../../../docs/design/novelty.md")]

mod counts;

use std::collections::BTreeMap;
use std::collections::btree_map::Range;
use std::ops::Bound;

use counts::{ALL_POSTS, Counts, Group, NO_TOPIC};
use serde::{Deserialize, Serialize};

use crate::heap::Heap;
use crate::importance::Settings;
use crate::importance::settings::NoveltySettings;
use crate::observation::Element;
use crate::snapshot::State;
use crate::state::forget::{Forgotten, Traces};
use crate::stats::scale;
use crate::stats::wilson::{ONE_SIDED_95, wilson};
use crate::text::Language;
use crate::time::{Clock, DAY};
use crate::triage::{Triage, Verdict};
use crate::{Engine, Error, Result};

/// The posts among which a word is rare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// Those of a topic, by its index in the taxonomy.
    Topic(u16),
    /// Those of which no topic was named.
    NoTopic,
    /// All, where the topic had too few.
    All,
}

/// A rare severe word, with the counts that say so; all counts are of the window before the post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surprise {
    /// Points for [`Part::Novelty`](crate::triage::Part::Novelty).
    pub points: i16,
    /// The word.
    pub element: Element,
    /// The posts that it is rare among.
    pub among: Among,
    /// How many they are.
    pub posts: u64,
    /// In how many of them the same word stood.
    pub with_term: u64,
    /// In how many of them any word of its kind stood.
    pub with_kind: u64,
    /// Days of the window.
    pub days: u16,
}

impl Surprise {
    /// Why it has its points, in a sentence: the word, among which posts it is rare, and the
    /// counts. `engine` is the one that read the post.
    pub fn reason(&self, engine: &Engine) -> String {
        let term = engine.term(self.element.listed);
        let topic = match self.among {
            Among::Topic(topic) => engine.taxonomy().topics.get(usize::from(topic)),
            Among::NoTopic | Among::All => None,
        };
        self.sentence(
            term.map_or("", |term| &term.text),
            topic.map(|topic| topic.name(Language::En)),
        )
    }

    /// As above, with the word as it is listed and the name of the topic where there is one.
    fn sentence(&self, term: &str, topic: Option<&str>) -> String {
        let Surprise {
            posts,
            with_term,
            with_kind,
            days,
            ..
        } = self;
        let kind = self.element.kind.name();
        let among = match (self.among, topic) {
            (Among::Topic(_), Some(topic)) => format!("posts about {topic}"),
            (Among::Topic(_), None) => "posts of its topic".into(),
            (Among::NoTopic, _) => "posts without a topic".into(),
            (Among::All, _) => "posts".into(),
        };
        let term = term.trim_end_matches('*');
        format!(
            "“{term}” ({kind}): of the {posts} {among} in the {days} days before, {with_term} have \
             it and {with_kind} any word of {kind}"
        )
    }
}

/// Counts of posts in a sliding window of event time, by which rare severe words are found.
///
/// Bounded: at most [`most_terms`](Settings) counts of (topic, term, pane), and as many of posts
/// that are set aside; when there would be more, the oldest panes go, and the farthest. With the
/// bundled settings each is at most some 10 MB. Topics are counted by their place in the taxonomy:
/// a state belongs to one taxonomy.
///
/// States merge: which posts are held depends on the posts alone, neither on their order nor on how
/// they were spread. Whether a post is a surprise depends on what was seen before it, so a shard
/// that sees a part of the posts finds more of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Novelty {
    settings: NoveltySettings,
    /// The oldest pane that is held or may be.
    first: i64,
    panes: BTreeMap<i64, Counts>,
    /// What time it is by the posts.
    clock: Clock,
    /// The last pane that the clock follows.
    last: i64,
    /// The sum of the panes up to `last`.
    window: Counts,
    forgotten: u64,
}

impl Novelty {
    /// Without any post.
    pub fn new(settings: &Settings) -> Novelty {
        Novelty {
            settings: settings.novelty,
            first: i64::MIN,
            panes: BTreeMap::new(),
            clock: Clock::default(),
            last: i64::MAX,
            window: Counts::default(),
            forgotten: 0,
        }
    }

    /// Takes a post of event time `at_ms` (milliseconds since the Unix epoch) and says whether
    /// something in it is a surprise after the posts before it. `voice` is the hash of its author,
    /// or of the post where the author is not known. Spam is left out; a post older than the window
    /// is counted as forgotten, and one dated far ahead is [set aside](Novelty::set_aside).
    pub fn observe(
        &mut self,
        at_ms: i64,
        voice: u64,
        triage: &Triage,
        elements: &[Element],
    ) -> Option<Surprise> {
        // Spam does not show which words are common among customers.
        if triage.spam.verdict == Verdict::Spam {
            return None;
        }
        self.clock.note(at_ms, voice);
        self.follow();
        let pane = at_ms.div_euclid(self.settings.pane_ms);
        // A late post would be counted in a pane that merging has already dropped elsewhere.
        if pane < self.first {
            self.forgotten += 1;
            return None;
        }
        // Judged before it is counted: the first post of its kind must not make itself known.
        let surprise = self.judged(triage, elements);
        self.panes.entry(pane).or_default().count(triage, elements);
        if pane <= self.last {
            self.window.count(triage, elements);
        }
        // Only terms count against the ceiling.
        if !elements.is_empty() {
            self.hold_ceiling();
        }
        surprise
    }

    /// Forgets whose word on what time it is some posts were. All else that is kept are counts.
    pub(crate) fn forget_persons(&mut self, traces: &Traces, forgotten: &mut Forgotten) {
        traces.voices().for_each(|voice| self.clock.forget(voice));
        self.follow();
        forgotten.stay(
            "novelty",
            "counts of posts, of kinds of harm and of listed words by topic",
            "they are nobody's; give the posts to have them taken off",
        );
    }

    /// Takes off what [`Novelty::observe`] counted of a post of this time and answer. Whether its
    /// pane is held and has it.
    pub fn take_back(&mut self, at_ms: i64, triage: &Triage, elements: &[Element]) -> bool {
        let number = at_ms.div_euclid(self.settings.pane_ms);
        let is_spam = triage.spam.verdict == Verdict::Spam;
        let Some(pane) = self.panes.get_mut(&number).filter(|_| !is_spam) else {
            return false;
        };
        let mut counted = Counts::default();
        counted.count(triage, elements);
        if !pane.has(&counted) {
            return false;
        }
        pane.subtract(&counted);
        if pane.posts.is_empty() {
            self.panes.remove(&number);
        }
        if number <= self.last {
            self.window.subtract(&counted);
        }
        true
    }

    /// What is surprising in a post that was counted before: it is not counted again.
    pub(crate) fn judged(&self, triage: &Triage, elements: &[Element]) -> Option<Surprise> {
        let topics = triage.topics.as_slice();
        let named = topics.iter().map(|found| found.topic);
        self.judge(named.chain(topics.is_empty().then_some(NO_TOPIC)), elements)
    }

    /// Moves the window to where the clock stands.
    fn follow(&mut self) {
        let pane = |at: i64| at.div_euclid(self.settings.pane_ms);
        let last = self.clock.limit().map_or(i64::MAX, pane);
        let newest = self.clock.settled(self.panes.len()).map(pane);
        if last > self.last {
            let reached = (Bound::Excluded(self.last), Bound::Included(last));
            let reached = self.panes.range(reached);
            reached.for_each(|(_, counts)| self.window.add(counts));
        } else if last < self.last {
            self.window = Counts::default();
            let within = self.panes.range(..=last);
            within.for_each(|(_, counts)| self.window.add(counts));
        }
        self.last = last;
        if let Some(newest) = newest {
            self.first = sane(self.first, newest);
            self.forget_before(newest.saturating_sub(self.settings.panes - 1));
        }
    }

    /// Adds the posts of another state.
    ///
    /// # Errors
    /// If it was made with other settings of novelty; [`Error::is_merge`] holds.
    pub fn merge(&mut self, other: &Novelty) -> Result<()> {
        if self.settings != other.settings {
            return Err(Error::merge(
                "the two counts of novelty were made with different settings; use the same \
                 [novelty]",
            ));
        }
        self.forgotten = self.forgotten.saturating_add(other.forgotten);
        self.clock.merge(&other.clock);
        let newest = self.clock.latest().unwrap_or(i64::MAX);
        let newest = newest.div_euclid(self.settings.pane_ms);
        self.first = sane(self.first, newest);
        // Both keep the same panes, so that the result does not depend on the order of merging.
        self.forget_before(sane(other.first, newest));
        for (&pane, counts) in &other.panes {
            if pane < self.first {
                self.forgotten = self.forgotten.saturating_add(counts.all());
            } else {
                self.panes.entry(pane).or_default().add(counts);
                if pane <= self.last {
                    self.window.add(counts);
                }
            }
        }
        self.follow();
        self.hold_ceiling();
        Ok(())
    }

    /// Posts that are held, those that are set aside left out.
    pub fn posts(&self) -> u64 {
        self.window.all()
    }

    /// Posts whose time is so far ahead of most others that the window does not follow them. They
    /// are held, and no word is common by them until it is their time.
    pub fn set_aside(&self) -> u64 {
        let ahead = self.panes.range(self.last.saturating_add(1)..);
        ahead.map(|(_, counts)| counts.all()).sum()
    }

    /// Posts that came too late or are held no more.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Counts of (topic, term, pane) that are held, also of posts that are set aside.
    pub fn terms(&self) -> usize {
        self.panes.values().map(|counts| counts.terms.len()).sum()
    }

    /// Bytes held on the heap, about.
    pub fn memory_usage(&self) -> usize {
        self.panes.heap() + self.window.heap()
    }

    /// The strongest surprise among `elements`: that of most points, of equal ones the first.
    fn judge(
        &self,
        groups: impl Iterator<Item = Group> + Clone,
        elements: &[Element],
    ) -> Option<Surprise> {
        let mut strongest: Option<Surprise> = None;
        for element in elements {
            let most = self.settings.points[element.kind as usize];
            let most = usize::from(element.strength)
                .checked_sub(1)
                .and_then(|at| most.get(at))
                .copied()
                .unwrap_or(0);
            if most == 0 {
                continue;
            }
            // A word that is routine in one topic of the post is not a surprise, however rare it is
            // in the others.
            let least = groups
                .clone()
                .map(|group| self.surprise(group, element, most))
                .reduce(|least, other| match (least, other) {
                    (Some(least), Some(other)) => Some(if other.points < least.points {
                        other
                    } else {
                        least
                    }),
                    _ => None,
                })
                .flatten();
            if let Some(found) = least
                .filter(|found| strongest.is_none_or(|strongest| found.points > strongest.points))
            {
                strongest = Some(found);
            }
        }
        strongest
    }

    /// The surprise that `element` is in `group`, or among all posts where that has too few;
    /// none without points.
    fn surprise(&self, group: Group, element: &Element, most: i64) -> Option<Surprise> {
        let NoveltySettings {
            least_posts,
            least_points,
            often,
            few,
            rare,
            common,
            pane_ms,
            panes,
            ..
        } = self.settings;
        let of = |group: &Group| self.window.posts.get(group).copied().unwrap_or(0);
        // In a topic of few posts everything is rare, so all posts decide.
        let group = [group, ALL_POSTS]
            .into_iter()
            .find(|group| of(group) >= least_posts)?;
        let posts = of(&group);
        let kind = (group, element.kind);
        let of_term = |group: Group| {
            self.window
                .terms
                .get(&(group, element.kind, element.term))
                .copied()
                .unwrap_or(0)
        };
        let with_term = of_term(group);
        let count = with_term
            // Also not below the other words of its kind: where people often write of fire, a new
            // word for it is not a surprise.
            .max(self.window.variety(group, element.kind, few))
            .min(posts);
        // In whole millionths, rounded up: from here on all numbers are whole.
        let upper = (upper_bound(count, posts) * 1e6).ceil() as i64;
        let (rare, common) = (rare * 1000, common * 1000);
        let rarity = scale::ONE * (common - upper).clamp(0, common - rare) / (common - rare);
        // What came often is not news any more, however many posts it is rare among: the hundredth
        // post of an incident is not a surprise.
        let known = i64::try_from(of_term(ALL_POSTS))
            .unwrap_or(often)
            .min(often);
        let points = scale::rounded(most * rarity * (often - known) / often);
        // Fewer would put a reason into many answers and hardly move a score.
        (points >= least_points).then(|| Surprise {
            points: points as i16,
            element: *element,
            among: match group {
                ALL_POSTS => Among::All,
                NO_TOPIC => Among::NoTopic,
                topic => Among::Topic(topic),
            },
            posts,
            with_term,
            with_kind: self.window.kinds.get(&kind).copied().unwrap_or(0),
            days: (pane_ms * panes / DAY) as u16,
        })
    }

    fn forget_before(&mut self, first: i64) {
        if first <= self.first {
            return;
        }
        self.first = first;
        while let Some(oldest) = self
            .panes
            .first_entry()
            .filter(|oldest| *oldest.key() < first)
        {
            let pane = *oldest.key();
            let counts = oldest.remove();
            if pane <= self.last {
                self.window.subtract(&counts);
            }
            self.forgotten = self.forgotten.saturating_add(counts.all());
        }
    }

    /// Drops the oldest panes while more terms are held than may be, and the farthest of those that
    /// are set aside while they hold more by themselves.
    fn hold_ceiling(&mut self) {
        let terms = |panes: Range<'_, i64, Counts>| -> u64 {
            panes.map(|(_, counts)| counts.terms.len() as u64).sum()
        };
        let ahead = self.last.saturating_add(1);
        while terms(self.panes.range(ahead..)) > self.settings.most_terms
            && let Some((_, counts)) = self.panes.pop_last()
        {
            self.forgotten = self.forgotten.saturating_add(counts.all());
        }
        // Apart, so that posts with a wrong date push out none of the others.
        while terms(self.panes.range(..ahead)) > self.settings.most_terms {
            // The oldest first: it would leave next in any case.
            let Some((&oldest, _)) = self.panes.first_key_value() else {
                return;
            };
            // Whole panes leave: which they are depends on the posts alone, so shards agree.
            self.forget_before(oldest.saturating_add(1));
        }
    }
}

/// The oldest pane that may be held, where `newest` is the one that the clock stands in. One that
/// lies behind it was left by a wrong date, from before there was a quorum or in a small shard.
fn sane(first: i64, newest: i64) -> i64 {
    match first > newest.saturating_add(1) {
        true => i64::MIN,
        false => first,
    }
}

/// The upper bound of a rate of which `count` of `posts` are known, one-sided, 95 %.
fn upper_bound(count: u64, posts: u64) -> f64 {
    wilson(count as f64, posts as f64, ONE_SIDED_95).1
}

/// What is kept of [`Novelty`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptNovelty {
    settings: NoveltySettings,
    first: i64,
    panes: BTreeMap<i64, Counts>,
    clock: Clock,
    forgotten: u64,
}

impl State for Novelty {
    const KIND: &'static str = "novelty";
    /// The version of the format, raised with every change of it.
    const VERSION: u32 = 2;

    type Kept = KeptNovelty;

    fn keep(&self) -> KeptNovelty {
        KeptNovelty {
            settings: self.settings,
            first: self.first,
            panes: self.panes.clone(),
            clock: self.clock.clone(),
            forgotten: self.forgotten,
        }
    }

    fn restore(kept: KeptNovelty) -> Result<Novelty> {
        let KeptNovelty {
            settings,
            first,
            panes,
            clock,
            forgotten,
        } = kept;
        let held = || {
            // What was dropped is older than the window at the clock's time.
            let newest = clock.latest().map(|at| at.div_euclid(settings.pane_ms));
            clock.is_sound()
                && panes.keys().all(|pane| *pane >= first)
                && newest.is_none_or(|newest| sane(first, newest) == first)
                && (newest.is_some() || (panes.is_empty() && first == i64::MIN))
                && panes.values().all(Counts::is_sound)
        };
        // The settings first: they may hold any numbers, and what is held is judged by them.
        if !settings.is_sound() || !held() {
            return Err(Error::snapshot(
                "the counts of novelty contradict each other; replay the posts of the last days",
            ));
        }
        let mut window = Counts::default();
        panes.values().for_each(|counts| window.add(counts));
        let mut novelty = Novelty {
            settings,
            first,
            panes,
            clock,
            last: i64::MAX,
            window,
            forgotten,
        };
        novelty.follow();
        let terms = novelty.terms();
        novelty.hold_ceiling();
        if novelty.terms() != terms {
            return Err(Error::snapshot(
                "the counts of novelty are more than their settings allow; replay the posts of the \
                 last days",
            ));
        }
        Ok(novelty)
    }
}

#[cfg(test)]
mod tests;
