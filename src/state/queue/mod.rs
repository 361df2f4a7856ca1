//! The queue: what to answer next, and what is overdue.
//!
//! Posts that wait for one answer are one **case**: those of one person (by customer record, or
//! author), on whatever channels, and those in a thread that this person began. Its importance is
//! the largest of its posts, its waiting counts from the oldest. So whoever writes again never
//! loses place, and stands in the queue once.
//!
//! # Order
//! The points of a case are its importance (0 to 100), plus [`Settings::due_points`] × the share
//! of its service level that is over until an answer is due, plus [`Settings::day_points`] a day
//! from then on, without end. On several channels the one that gives the most counts. Points are
//! compared as exact fractions; ties go to the older post, then to the smaller identifier. `now`
//! is always given.
//!
//! **Nothing starves.** Before it is due, no case has more than 100 + `due_points`; an overdue one
//! of importance *s* has at least *s* + `due_points` + `day_points` × days overdue. So a case
//! stands before every case that is due more than (100 − *s*) / `day_points` days after it: with 12
//! points a day, at most 8.3 days, however much comes and however important it is. What may be
//! answered before it is bounded by what becomes due within that time.
//!
//! # Lanes
//! - *fast*: of level high or critical, or about to be overdue ([`Settings::breach_percent`] of the
//!   target are over);
//! - *normal*: the rest of what can be answered within [`Settings::horizon_hours`] at
//!   the present capacity;
//! - *deferred*: what stands behind that when lanes are drawn. Nothing is dropped: a
//!   deferred case keeps its points, says since when and why, and comes back when it stands
//!   within [`Settings::back_percent`] of what can be answered, for there is room or its
//!   waiting has lifted it.
//!
//! The capacity is given, or the mean of the cases answered in the last hours of event time; while
//! none is known nothing is deferred. Lanes are drawn anew when [`Settings::plan_minutes`] are
//! over. They don't change the order.
//!
//! # Answers
//! A post of an agent ([`Role::Agent`]) answers the post that it replies to, and with it everything
//! that this person wrote before, on any channel; so does [`Queue::answered`]. It answers the
//! others in the thread too, unless it replies to one of them in particular.
//!
//! # Bounds
//! At most [`Settings::most_posts`] posts are kept. Above, posts that turned out to be spam
//! are forgotten first, the oldest first; then the case with the fewest points is shed, and
//! [`Observed::shed`] says so: nothing that waits goes in silence. [`Queue::counts`] counts
//! all of it.
//!
//! ```
//! use hearken::queue::{Queue, Settings};
//! use hearken::service_level::ServiceLevels;
//! use hearken::{Post, Triage};
//!
//! # fn main() -> hearken::Result<()> {
//! let mut queue = Queue::new(Settings::default(), ServiceLevels::bundled()?)?;
//! let line = r#"{"id":"77","text":"Where is my parcel?","created_at":"2026-03-01T08:00:00Z","channel":"chat"}"#;
//! queue.observe(&Post::from_json(line)?, &Triage::default());
//! let now = 1_772_352_300_000; // 08:05
//! let next = queue.next(10, now);
//! assert_eq!((next[0].post.as_str(), next[0].overdue_by), ("77", 3 * 60_000));
//! queue.answered("77", now);
//! assert!(queue.next(10, now).is_empty());
//! # Ok(())
//! # }
//! ```

mod agent;
mod answers;
mod case;
mod entry;
mod lane;
mod order;
mod place;
mod settings;
mod snapshot;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use agent::{Agent, Assignment};
use answers::{Answered, Answers};
use case::Cases;
use entry::{Entry, Fact, KeyKind, id_of, kept_id, key, known};
use lane::Plan;
pub use lane::{Lane, Lanes};
use order::Growth;
pub use place::Place;
use serde::{Deserialize, Serialize};
pub use settings::Settings;

use crate::observation::Identity;
use crate::post::{Post, Role};
use crate::state::service_level::ServiceLevels;
use crate::time::HOUR;
use crate::triage::Triage;
use crate::{Error, Result};

/// Hours of event time for which answers are counted.
const COUNTED_HOURS: usize = 48;

/// Cases that wait for an answer, in order. See the [module](self).
#[derive(Clone, Debug)]
pub struct Queue {
    settings: Settings,
    growth: Growth,
    cases: Cases,
    answers: Answers,
    agents: BTreeMap<Arc<str>, Agent>,
    /// Cases answered in each hour of event time.
    answered_in: BTreeMap<i64, u64>,
    /// The latest time of any post.
    watermark: Option<i64>,
    plan: Plan,
    counts: Counts,
}

/// What happened so far, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Posts that were queued.
    pub queued: u64,
    /// Posts that were spam when they came.
    pub spam: u64,
    /// Posts that turned out to be spam while they waited.
    pub revised: u64,
    /// Posts of agents.
    pub agent_posts: u64,
    /// Cases that were answered.
    pub cases_answered: u64,
    /// Posts that were answered while they waited.
    pub answered: u64,
    /// Posts that came after their answer.
    pub late: u64,
    /// Posts without a time that came before any with one, and were not taken.
    pub undated: u64,
    /// Posts of one case that are counted only, for it has too many.
    pub folded: u64,
    /// Posts that waited and were shed, for there are too many.
    pub shed: u64,
    /// Posts that turned out to be spam and are forgotten.
    pub forgotten: u64,
    /// Last answers that are forgotten.
    pub forgotten_answers: u64,
    /// Cases that an agent didn't answer in time, and that wait for anybody again.
    pub released: u64,
}

/// What [`Queue::observe`] did with a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// What became of the post.
    pub outcome: Outcome,
    /// The posts that no longer wait because the queue is full; the new one may be among them.
    pub shed: Vec<String>,
}

/// What became of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It begins a case.
    Queued,
    /// It joined a case that waited already.
    Joined,
    /// Its case has too many posts: this one, or a less important one of them, is only counted
    /// from now on.
    Folded,
    /// It waited already; its importance is what was said last.
    Updated,
    /// It is spam, and not queued.
    Spam,
    /// It was answered before it came.
    AlreadyAnswered,
    /// It is a post of an agent, and answers as many posts.
    Answers(usize),
    /// It has no time, and neither had any post before it: give it one, or
    /// call [`Queue::advance`] first.
    Undated,
}

impl Queue {
    /// An empty queue.
    ///
    /// # Errors
    /// If a setting is out of range; [`Error::is_settings`] holds.
    pub fn new(settings: Settings, levels: ServiceLevels) -> Result<Queue> {
        settings.check()?;
        levels.check()?;
        let growth = Growth::from_settings(&settings);
        Ok(Queue {
            growth,
            cases: Cases::new(levels, growth),
            answers: Answers::default(),
            agents: BTreeMap::new(),
            answered_in: BTreeMap::new(),
            watermark: None,
            plan: Plan::default(),
            counts: Counts::default(),
            settings,
        })
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The service levels.
    pub fn service_levels(&self) -> &ServiceLevels {
        &self.cases.levels
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Cases that wait, those that an agent is at work on included.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether no case waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The latest time that any post had, in milliseconds.
    pub fn watermark(&self) -> Option<i64> {
        self.watermark
    }

    /// Says that it is at least `now` (milliseconds). A post without a time gets the latest time so
    /// far, so whoever knows when such posts are received says it first.
    pub fn advance(&mut self, now: i64) {
        self.watermark = self.watermark.max(Some(entry::time(now)));
    }

    /// Takes a post. Posts are best given in order of time; their order makes no difference but for
    /// those without a time.
    ///
    /// A post without a time gets the [watermark](Queue::watermark). One whose identifier waits
    /// already replaces what was said of it.
    ///
    /// `identity` says who wrote it: that of the [`Observation`](crate::Observation).
    pub fn observe(&mut self, post: &Post<'_>, triage: &Triage, identity: &Identity) -> Observed {
        let outcome = self.take(post, triage, identity);
        Observed {
            outcome,
            shed: self.shed(),
        }
    }

    fn take(&mut self, post: &Post<'_>, triage: &Triage, identity: &Identity) -> Outcome {
        let Some(created) = post.created_at.map(entry::time).or(self.watermark) else {
            self.counts.undated += 1;
            return Outcome::Undated;
        };
        self.advance(created);
        if post.role == Role::Agent {
            self.counts.agent_posts += 1;
            return Outcome::Answers(self.agent_post(post, identity, created));
        }
        let id = id_of(post, created);
        let mut fact = Fact::from_post(post, triage, identity, &id, created);
        if let Some(known) = self.cases.posts.get(&id) {
            let changes = known.fact.changes.saturating_add(1);
            (fact.changes, fact.assigned) = (changes, known.fact.assigned.clone());
            let entry = Entry {
                fact,
                ..known.clone()
            };
            self.counts.revised += u64::from(entry.fact.spam && !known.fact.spam);
            // What is known of its author only now may say that it was answered.
            let answered = self.is_answered(&id, &entry.fact);
            self.cases.put(id.clone(), entry);
            answered.then(|| self.cases.take(&id));
            return Outcome::Updated;
        }
        if fact.spam {
            self.counts.spam += 1;
            return Outcome::Spam;
        }
        if self.is_answered(&id, &fact) {
            self.counts.late += 1;
            return Outcome::AlreadyAnswered;
        }
        self.counts.queued += 1;
        self.cases.put(id.clone(), Entry::new(fact));
        let case = self.cases.case_of(&id);
        match case.map_or(0, |case| {
            self.cases
                .members(case)
                .take(self.settings.most_posts_of_case + 1)
                .count()
        }) {
            0 | 1 => Outcome::Queued,
            count if count > self.settings.most_posts_of_case => {
                case.into_iter().for_each(|case| self.fold(case));
                Outcome::Folded
            }
            _ => Outcome::Joined,
        }
    }

    /// Whether a post was answered before it came.
    fn is_answered(&self, id: &str, fact: &Fact) -> bool {
        let mut keys = fact.keys(id).chain([key(KeyKind::Post, id)]);
        keys.any(|key| {
            self.answers
                .get(key)
                .is_some_and(|answered| answered.at >= fact.created)
        })
    }

    /// Counts the least important posts of a case only, but for its oldest and its newest, until
    /// the rest is few enough.
    fn fold(&mut self, case: u64) {
        while self.cases.members(case).count() > self.settings.most_posts_of_case {
            let mut between = self.cases.members(case).skip(1).collect::<Vec<_>>();
            between.pop();
            // The newest of the least important: its own posts say the least that is new.
            let least = between
                .into_iter()
                .min_by_key(|(_, entry)| (entry.fact.score, -entry.fact.created));
            let Some(id) = least.map(|(id, _)| id.clone()) else {
                return;
            };
            let Some(folded) = self.cases.take(&id) else {
                return;
            };
            let first = self.cases.members(case).next().map(|(id, _)| id.clone());
            first.into_iter().for_each(|id| {
                self.cases
                    .change(&id, |entry| entry.folded += folded.folded + 1)
            });
            self.counts.folded += 1;
        }
    }

    /// Takes out what is too much: spam that is only remembered, then the case with
    /// the fewest points.
    fn shed(&mut self) -> Vec<String> {
        let mut shed = Vec::new();
        while self.cases.posts.len() > self.settings.most_posts {
            if let Some(id) = self.cases.oldest_spam() {
                self.cases.take(&id);
                self.counts.forgotten += 1;
                continue;
            }
            let now = self.watermark.unwrap_or_default();
            self.cases.order.move_to(now);
            let last = self.cases.order.last().filter_map(|case| {
                let found = self.cases.get(case)?;
                Some((
                    found.points(self.growth, now)?.0,
                    std::cmp::Reverse(found.ranked.clone()),
                ))
            });
            // All are assigned: then the one that an agent has had for the longest time.
            let last = last.min().map(|(_, ranked)| ranked.0.case);
            let Some(case) = last.or_else(|| self.cases.assigned.first().map(|(_, case)| *case))
            else {
                break;
            };
            let ids: Vec<Arc<str>> = self.cases.members(case).map(|(id, _)| id.clone()).collect();
            for id in ids {
                let folded = self.cases.take(&id).map_or(0, |entry| entry.folded);
                self.counts.shed += 1 + u64::from(folded);
                shed.push(id.to_string());
            }
        }
        shed
    }

    /// Says that a post was answered at `at` (milliseconds), and with it all that its author wrote
    /// until then, on any channel. In the thread others are answered too if the post is by the
    /// person who began it. How many posts no longer wait. A post that is not known is taken as
    /// answered when it comes.
    pub fn answered(&mut self, post: &str, at: i64) -> usize {
        self.answer(&kept_id(post), entry::time(at), None)
    }

    fn answer(&mut self, id: &str, at: i64, agent: Option<&str>) -> usize {
        let mut keys = vec![key(KeyKind::Post, id), key(KeyKind::Thread, id)];
        let mut agent: Option<Box<str>> = agent.map(Into::into);
        if let Some(entry) = self.cases.posts.get(id) {
            keys.extend(entry.fact.author.into_iter().chain(entry.fact.customer));
            let thread = entry
                .fact
                .thread
                .as_deref()
                .filter(|_| self.cases.is_of_beginner(id, &entry.fact));
            keys.extend(thread.map(|thread| key(KeyKind::Thread, thread)));
            // A case has one agent; its other posts may know the customer record of this author.
            for (_, member) in entry
                .case
                .into_iter()
                .flat_map(|case| self.cases.members(case))
            {
                agent = agent.or_else(|| {
                    member
                        .fact
                        .assigned
                        .as_ref()
                        .map(|assigned| assigned.agent.clone())
                });
                let same = member.fact.author == entry.fact.author;
                keys.extend(
                    member
                        .fact
                        .customer
                        .filter(|_| same && entry.fact.author.is_some()),
                );
            }
        }
        self.settle(keys, Some(id), at, agent)
    }

    /// A post of an agent: what it answers.
    fn agent_post(&mut self, post: &Post<'_>, identity: &Identity, at: i64) -> usize {
        let agent = post.author.id.as_deref().or(post.author.name.as_deref());
        let reply = post.in_reply_to.as_deref().map(kept_id);
        let thread = post.thread.as_deref().map(kept_id);
        let waits = reply
            .as_deref()
            .is_some_and(|reply| self.cases.posts.contains_key(reply));
        // Who is replied to is known: the others in the thread wait on, unless it is the one
        // who began it.
        let mut count = reply
            .as_deref()
            .map_or(0, |reply| self.answer(reply, at, agent));
        if !waits {
            count += thread
                .as_deref()
                .map_or(0, |thread| self.answer(thread, at, agent));
        }
        if let Some(customer) = known(identity.customer) {
            count += self.settle(vec![customer], None, at, agent.map(Into::into));
        }
        count
    }

    /// Notes an answer under each key, and takes out what it answers.
    fn settle(
        &mut self,
        mut keys: Vec<u64>,
        post: Option<&str>,
        at: i64,
        agent: Option<Box<str>>,
    ) -> usize {
        keys.sort_unstable();
        keys.dedup();
        let mut ids: Vec<Arc<str>> = Vec::new();
        for key in keys {
            ids.extend(self.cases.linked(key).map(|(id, _)| id.clone()));
            let answered = Answered {
                at,
                agent: agent.clone(),
            };
            self.counts.forgotten_answers +=
                self.answers.note(key, answered, self.settings.most_answers);
        }
        ids.extend(
            post.and_then(|id| self.cases.posts.get_key_value(id))
                .map(|(id, _)| id.clone()),
        );
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| {
            self.cases
                .posts
                .get(id)
                .is_some_and(|entry| entry.fact.created <= at)
        });
        let before = self.cases.len();
        let taken = ids.iter().filter_map(|id| self.cases.take(id));
        let answered = taken.filter(|entry| !entry.fact.spam).count();
        self.counts.answered += answered as u64;
        if answered > 0 {
            // A case of which a later post still waits was answered too.
            let cases = before.saturating_sub(self.cases.len()).max(1) as u64;
            self.counts.cases_answered += cases;
            *self.answered_in.entry(at.div_euclid(HOUR)).or_default() += cases;
            while self.answered_in.len() > COUNTED_HOURS {
                self.answered_in.pop_first();
            }
        }
        answered
    }

    /// Changes what was said of a post that waits, for instance by a
    /// [`Revision`](crate::triage::revision::Revision): its importance, where one is given, and whether it
    /// is spam. What turns out to be spam waits no longer, and waits again if that is taken back.
    /// Whether the post is known.
    pub fn revised(&mut self, post: &str, score: Option<u8>, spam: bool) -> bool {
        let id = kept_id(post);
        let Some(entry) = self.cases.posts.get(&id) else {
            return false;
        };
        let mut entry = entry.clone();
        let was = entry.fact.spam;
        entry.fact.score = score.unwrap_or(entry.fact.score).min(100);
        entry.fact.changes = entry.fact.changes.saturating_add(1);
        entry.fact.spam = spam;
        self.counts.revised += u64::from(spam && !was);
        self.cases.put(id, entry);
        true
    }

    /// What to answer next: at most `count` cases that nobody is at work on, the first to
    /// be answered first.
    pub fn next(&mut self, count: usize, now: i64) -> Vec<Place> {
        let now = self.move_to(now);
        let walked: Vec<u64> = self
            .cases
            .order
            .walk()
            .take(count.saturating_add(1))
            .map(|(case, _)| case)
            .collect();
        self.places(&walked, count, now)
    }

    /// What is overdue at `now`, in the order of [`Queue::next`]; cases that an agent is at work on
    /// are among them.
    pub fn overdue(&mut self, now: i64) -> Vec<Place> {
        let now = self.move_to(now);
        let is_due = |case: &u64| {
            self.cases
                .get(*case)
                .is_some_and(|case| case.lines.iter().any(|line| line.due() <= now))
        };
        let assigned = self
            .cases
            .assigned
            .iter()
            .map(|(_, case)| *case)
            .filter(is_due);
        let mut overdue: Vec<_> = self
            .cases
            .order
            .overdue()
            .chain(assigned)
            .filter_map(|case| {
                let found = self.cases.get(case)?;
                Some((
                    std::cmp::Reverse(found.points(self.growth, now)?.0),
                    found.ranked.clone(),
                ))
            })
            .collect();
        overdue.sort_unstable();
        overdue.dedup_by(|one, other| one.1.case == other.1.case);
        let overdue: Vec<u64> = overdue.into_iter().map(|(_, ranked)| ranked.case).collect();
        self.places(&overdue, overdue.len(), now)
    }

    /// Moves to a time: what becomes due, what agents held for too long, and the lanes where they
    /// are to be drawn again.
    fn move_to(&mut self, now: i64) -> i64 {
        let now = entry::time(now);
        self.release_held(now);
        self.cases.order.move_to(now);
        self.draw_lanes(now);
        now
    }
}

/// That two queues can't be one.
#[cold]
fn unlike(what: &str) -> Error {
    Error::merge(format!(
        "the queues have different {what}; give both the same, and fill one of them anew"
    ))
}
