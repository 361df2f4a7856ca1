//! The queue: what to answer next, and what is overdue.
//!
//! Posts that wait for one answer are one **case**: those of one person (by customer record, or
//! author), on whatever channels, and those in a thread that this person began. Its importance is
//! the largest of its posts, its waiting counts from the oldest. So whoever writes again never
//! loses place, and stands in the queue once.
//!
//! # Order
//! The points of a case are its importance (0 to 100), plus [`Settings::due_points`] × the share of
//! its service level that is over until an answer is due, plus [`Settings::day_points`] a day from
//! then on, without end. On several channels the one that gives the most counts. Points are
//! compared as exact fractions; ties go to the older post, then to the smaller identifier.
//!
//! Where a service level has business hours, its share grows within them and stands still outside,
//! so an answer is due within them. From then on every hour counts.
//!
//! # Time
//! The queue has no clock: [`Queue::advance`] moves its time, and everything is read for that time.
//! A post that was written later moves it too, but for a date far ahead of most others
//! ([`Queue::set_aside`]). All times are milliseconds since the Unix epoch.
//!
//! **Nothing starves.** Before it is due, no case has more than 100 + `due_points`; an overdue one
//! of importance *s* has at least *s* + `due_points` + `day_points` × days overdue. So a case
//! stands before every case that is due more than (100 − *s*) / `day_points` days after it: with 12
//! points a day, at most 8.3 days, however much comes and however important it is. What may be
//! answered before it is bounded by what becomes due within that time.
//!
//! # Lanes
//! - *fast*: of level high or critical (by the levels of importance that [`Queue::new`] gets), or
//!   about to be overdue ([`Settings::breach_percent`] of the target are over);
//! - *normal*: the rest of what can be answered within [`Settings::horizon`] at
//!   the present capacity;
//! - *deferred*: what stands behind that when lanes are drawn. Nothing is dropped: a
//!   deferred case keeps its points, says since when and why, and comes back when it stands
//!   within [`Settings::back_percent`] of what can be answered, for there is room or its
//!   waiting has lifted it.
//!
//! The capacity is given, or the mean of the cases answered in the last hours of event time; while
//! none is known nothing is deferred. [`Queue::advance`] draws lanes anew once [`Settings::plan`]
//! is over, and moves at most 4,000 cases between them; the next calls go on where more have to
//! move. Lanes don't change the order.
//!
//! # What needs no answer
//! Only a case with a post that [needs an answer](crate::Triage::needs_answer) waits: it counts
//! from the first such post. Thanks, out-of-office replies and the like stand behind all that do,
//! are never due, and are forgotten after [`Settings::age_out`]. Whoever writes that a matter is
//! [solved](crate::Triage::is_solved) closes it: what they wrote in the same thread before, or,
//! outside of a thread, all that they wrote.
//!
//! # What may be spam
//! A post that is taken for spam is a case by itself, in a lane of its own: it is never due, and
//! [`Queue::suspected`] lists it. Of every [`Settings::sample`] cases that [`Queue::next`] gives,
//! one is such a post, the most important first; so people see whom the spam head is wrong about.
//! It is forgotten after [`Settings::age_out`], and waits like any other when the verdict is
//! taken back ([`Queue::revised`]).
//!
//! # Answers
//! A post of an agent ([`Role::Agent`](crate::post::Role::Agent)) answers the post that it replies
//! to, and with it everything that this person wrote before, on any channel; so does
//! [`Queue::answered`]. It answers the others in the thread too, unless it replies to one of them
//! in particular.
//!
//! # Bounds
//! At most [`Settings::most_posts`] posts are kept. Above, posts that may be spam are
//! forgotten first, the oldest first; then the case with the fewest points is shed, and
//! [`Taken::shed`] names its posts: nothing that waits is dropped without a report.
//! [`Queue::counts`] counts all of it.
//!
//! ```
//! use hearken::observation::Identities;
//! use hearken::queue::{Queue, Settings};
//! use hearken::service_level::ServiceLevels;
//! use hearken::triage::Polarity;
//! use hearken::{Post, Triage};
//!
//! # fn main() -> hearken::Result<()> {
//! // The scores from which on a case is medium, high and critical: engine.importance().levels().
//! let levels = [25, 50, 75];
//! let mut queue = Queue::new(Settings::default(), ServiceLevels::bundled()?, levels)?;
//! let line = r#"{"id":"77","text":"Where is my parcel?","created_at":"2026-03-01T08:00:00Z","channel":"chat"}"#;
//! let post = Post::from_json(line)?;
//! let identity = Identities::default().identify(&post); // or that of an observation
//! let mut triage = Triage::default(); // or that of an engine
//! triage.sentiment.label = Polarity::Negative;
//! queue.observe(&post, &triage, &identity);
//! let now = 1_772_352_300_000; // 08:05
//! queue.advance(now);
//! let next = queue.next(10);
//! assert_eq!((next[0].post.as_str(), next[0].overdue_by), ("77", 3 * 60_000));
//! queue.answered("77", now);
//! assert!(queue.next(10).is_empty());
//! # Ok(())
//! # }
//! ```
//!
#![doc = include_str!("../../../docs/design/queue.md")]

mod agent;
mod answers;
mod case;
mod ceiling;
mod entry;
mod forget;
mod intake;
mod keys;
mod lane;
mod order;
mod place;
mod settings;
mod snapshot;
mod standing;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use agent::{Agent, Assignment};
use answers::Answers;
use case::Cases;
use entry::{Entry, Fact};
use keys::Keys;
use lane::Plan;
pub use lane::{Lane, Lanes};
use order::Growth;
pub use place::Place;
use serde::{Deserialize, Serialize};
pub use settings::Settings;
pub use standing::Standing;

use crate::heap::{COUNTS, Heap, block, nodes};
use crate::observation::{Identities, KeyCheck};
use crate::state::context::Delivery;
use crate::state::service_level::ServiceLevels;
use crate::time::Clock;
use crate::triage::Verdict;
use crate::triage::revision::{Field, Revision, Value};
use crate::{Error, Result};

/// Most hours of event time for which answers are counted: twice the longest
/// [`Settings::measured`], a look back by a day (see [`Queue::advance`]) still finds its answers.
const MAX_COUNTED_HOURS: usize = 48;

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
    /// What time it is by the posts.
    clock: Clock,
    /// The latest time that [`Queue::advance`] was given.
    told: Option<i64>,
    plan: Plan,
    counts: Counts,
    /// Under what its answers and persons were hashed: that of `cases.keys`, except in a queue of a
    /// snapshot that has not got its key yet.
    key: KeyCheck,
}

/// What happened so far, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Posts that were queued.
    pub queued: u64,
    /// Posts that were taken for spam when they came.
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
    /// Posts without a time that came before any with one, and were refused.
    pub undated: u64,
    /// Posts that are only counted, for their case has more than [`Settings::most_posts_of_case`].
    pub folded: u64,
    /// Posts that waited and were shed, for the queue has more than [`Settings::most_posts`].
    pub shed: u64,
    /// Posts that may be spam and are forgotten.
    pub forgotten: u64,
    /// Last answers that are forgotten.
    pub forgotten_answers: u64,
    /// Cases that an agent didn't answer in time, and that wait for anybody again.
    pub released: u64,
    /// Posts that no longer wait, for their author says that the matter is solved.
    pub closed: u64,
    /// Posts that needed no answer and are forgotten after [`Settings::age_out`].
    pub aged_out: u64,
}

/// What [`Queue::observe`] did with a post.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Taken {
    /// What became of the post.
    pub outcome: Outcome,
    /// The posts that no longer wait because the queue is full; the new one may be among them.
    pub shed: Vec<String>,
}

/// What the context knows of a post, for the queue.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Whether it came before.
    pub(crate) again: Delivery,
    /// When its first version was written, if it came before with a time.
    pub(crate) first: Option<i64>,
    /// Whether it is a headline.
    pub(crate) headline: bool,
    /// Whether its author is a feed of headlines.
    pub(crate) feed: bool,
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
    /// It came before, and is an older version or no longer waits.
    Unchanged,
    /// It may be spam: it is no case that waits, and is shown as one of a sample
    /// ([`Settings::sample`]).
    Spam,
    /// It was answered before it came.
    AlreadyAnswered,
    /// It needs no answer: it stands behind all that do, and is forgotten after
    /// [`Settings::age_out`].
    Idle,
    /// Its author says that the matter is solved: it closes N posts of theirs that waited.
    Closes(usize),
    /// It is a post of an agent, and answers N posts that waited.
    Answers(usize),
    /// It has no time, and neither had any post before it: give it one, or
    /// call [`Queue::advance`] first.
    Undated,
}

impl Queue {
    /// An empty queue. `levels` are the scores of importance, 0 to 100 and ascending,
    /// from which on a case is medium, high and critical: those by which the answers
    /// were given, `engine.importance().levels()`.
    ///
    /// # Errors
    /// If a setting is out of range, or the levels descend; [`Error::is_settings`] holds.
    pub fn new(
        settings: Settings,
        service_levels: ServiceLevels,
        levels: [u8; 3],
    ) -> Result<Queue> {
        settings.check()?;
        if !levels.is_sorted() {
            return Err(Error::settings(format!(
                "the levels of importance {levels:?} descend; give three scores that ascend, as in \
                 [25, 50, 75]"
            )));
        }
        let growth = Growth::from_settings(&settings, levels);
        Ok(Queue {
            growth,
            key: KeyCheck::of(&Identities::default()),
            cases: Cases::new(service_levels, growth, Keys::default()),
            answers: Answers::default(),
            agents: BTreeMap::new(),
            answered_in: BTreeMap::new(),
            clock: Clock::default(),
            told: None,
            plan: Plan::default(),
            counts: Counts::default(),
            settings,
        })
    }

    /// The queue with the key under which it hashes identifiers: that of the engine that reads the
    /// posts. Without it a queue is under a secret of zeros.
    ///
    /// No snapshot holds the key, so a queue that is restored is given it again, before all else.
    ///
    /// # Errors
    /// If the queue has posts or answers under another key; [`Error::is_snapshot`] holds.
    pub fn with_identities(mut self, identities: Identities) -> Result<Queue> {
        if self.watermark().is_none() {
            self.key = KeyCheck::of(&identities);
        }
        self.key.allows(&identities, "this queue")?;
        self.cases.keys = Keys::new(identities);
        let posts = std::mem::take(&mut self.cases.posts);
        let now = self.now();
        self.fill(posts);
        self.cases.move_to(now);
        Ok(self)
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The scores from which on a case is medium, high and critical.
    pub fn levels(&self) -> [u8; 3] {
        self.growth.levels()
    }

    /// The service levels.
    pub fn service_levels(&self) -> &ServiceLevels {
        &self.cases.levels
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Bytes held on the heap, about. Looks at every post.
    pub fn memory_usage(&self) -> usize {
        let agents = self
            .agents
            .iter()
            .map(|(id, agent)| block(COUNTS + id.len()) + agent.id.heap() + agent.skills.heap());
        let agents = nodes::<Arc<str>, Agent>(self.agents.len()) + agents.sum::<usize>();
        self.cases.heap() + self.answers.heap() + agents
    }

    /// Cases that wait, those that an agent is at work on included.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether no case waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The latest time of any post that is not set aside, or of [`Queue::advance`], in milliseconds
    /// since the Unix epoch: that of posts without a time.
    pub fn watermark(&self) -> Option<i64> {
        self.clock.latest().max(self.told)
    }

    /// Posts that wait and whose time is so far ahead of most others that the queue's time does not
    /// follow them. They wait since the beginning of the day that most posts agree on.
    pub fn set_aside(&self) -> u64 {
        self.cases.ahead() as u64
    }

    /// Moves the queue's time to `now`, in milliseconds since the Unix epoch: what is overdue then,
    /// which cases agents have held for too long and lose, and the lanes, if it is time to draw
    /// them again. All that reads the queue ([`Queue::next`], [`Queue::overdue`], [`Queue::lanes`],
    /// [`Queue::capacity`]) or assigns cases does so for this time.
    ///
    /// Posts without a time get the latest time so far, so whoever knows when such posts are
    /// received advances first. `now` may be before the last: then the queue is read as of then,
    /// with what is known by now, and the [watermark](Queue::watermark) stays.
    pub fn advance(&mut self, now: i64) {
        let now = entry::time(now);
        self.told = self.told.max(Some(now));
        self.cases.move_to(now);
        // In this order: lanes are drawn over all that waits for anybody, what
        // is released included.
        self.age_out(now);
        self.release_held();
        self.draw_lanes();
    }

    /// That a post was written at `at`, by whom: it is at least as late, if others agree. Lanes and
    /// agents are left until [`Queue::advance`], so that the order of posts within one call makes
    /// no difference.
    pub(crate) fn reach(&mut self, at: i64, voice: u64) {
        let before = self.watermark();
        self.clock.note(entry::time(at), voice);
        self.cases
            .set_aside(self.clock.limit().zip(self.clock.today()));
        // A post that comes late must not move the queue back to its time: what is overdue would
        // not be. Only where the queue stood at a wrong date it goes back.
        if let Some(latest) = self.watermark()
            && (latest > self.now() || before == Some(self.now()))
        {
            self.cases.move_to(latest);
        }
    }

    /// The time for which the queue is read, in milliseconds.
    fn now(&self) -> i64 {
        self.cases.order.now()
    }

    /// Takes a revision of an answer as the campaigns give it: whether the post is spam, and its
    /// importance. What turns out to be spam waits no longer, and waits again if that is taken
    /// back. A revision of another field changes nothing. Whether the post is known.
    pub fn revise(&mut self, revision: &Revision) -> bool {
        let post = self.revised_post(revision);
        match (revision.field, &revision.new) {
            (Field::SpamVerdict, Value::Verdict(verdict)) => {
                self.change(&post, |fact| fact.spam = *verdict == Verdict::Spam)
            }
            // The score of an answer has the stream's points for waiting, which the queue counts
            // itself: see `Fact::waiting`.
            (Field::ImportanceScore, Value::Score(score)) => self.change(&post, |fact| {
                fact.score = score.saturating_sub(fact.waiting).min(100);
            }),
            _ => self.cases.posts.contains_key(&post),
        }
    }

    /// Changes what was said of a post that waits, for a cause of the caller's: its importance (0
    /// to 100, without points for waiting), where one is given, and whether it is spam. A
    /// [`Revision`] goes to [`Queue::revise`]. Whether the post is known; false too where several
    /// channels have a post of that identifier.
    pub fn revised(&mut self, post: &str, score: Option<u8>, spam: bool) -> bool {
        let post = self.only(post);
        post.is_some_and(|post| {
            self.change(&post, |fact| {
                fact.score = score.unwrap_or(fact.score).min(100);
                fact.spam = spam;
            })
        })
    }

    /// The identifier of the post that a revision is of, as it is kept; without a channel it may be
    /// of the only post of that identifier.
    fn revised_post(&self, revision: &Revision) -> Arc<str> {
        let id = self
            .cases
            .keys
            .kept_id(revision.channel.as_deref(), &revision.post);
        match self.cases.posts.contains_key(&id) || revision.channel.is_some() {
            true => id,
            false => self.only(&revision.post).unwrap_or(id),
        }
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut Fact)) -> bool {
        let Some((id, entry)) = self.cases.posts.get_key_value(id) else {
            return false;
        };
        let (id, mut entry) = (id.clone(), entry.clone());
        let was_spam = entry.fact.spam;
        change(&mut entry.fact);
        entry.fact.changes = entry.fact.changes.saturating_add(1);
        self.counts.revised += u64::from(entry.fact.spam && !was_spam);
        self.cases.put(id, entry);
        self.fold_grown();
        true
    }
}

/// Two queues that can't be merged.
#[cold]
fn unlike(what: &str) -> Error {
    Error::merge(format!(
        "the queues have different {what}; make both with the same, and give one its posts again"
    ))
}
