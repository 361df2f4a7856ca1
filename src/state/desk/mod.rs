//! The desk: all state of one stream of posts behind one owner, the thing that an embedder feeds.
//!
//! A [`Desk`] holds posts until their turn in event time has come, adds to each answer what the
//! posts before it tell ([`stream`](crate::stream)), queues what waits for an answer ([`queue`]),
//! counts what rises ([`trend`](crate::trend)) and reports it. It hands over what is ready as
//! [`Outcome`]s, in order. What one module tells another (that a campaign's posts leave the queue,
//! that panes are published, read and dropped) happens inside.
//!
//! ```
//! use hearken::desk::{Desk, Outcome, Settings};
//! use hearken::{Engine, Post};
//!
//! # fn main() -> hearken::Result<()> {
//! let engine = Engine::new()?;
//! let mut desk = Desk::new(&engine, Settings::for_engine(&engine)?)?;
//! let line = r#"{"id":"1","text":"Where is my refund?","created_at":"2026-03-01T08:00:00Z"}"#;
//! let post = Post::from_json(line)?;
//! for outcome in desk.observe(&post) {
//!     if let Outcome::Answer(answered) = outcome {
//!         assert_eq!(answered.post.id.as_deref(), Some("1"));
//!     }
//! }
//! assert_eq!(desk.next(1)[0].post, "1");
//! desk.answered("1", 1_772_352_600_000); // 08:10
//! assert!(desk.next(1).is_empty());
//! # Ok(())
//! # }
//! ```

mod forget;
mod outcome;
#[cfg(all(test, feature = "bundled-models", feature = "chinese"))]
mod privacy;
mod settings;
mod snapshot;

pub use outcome::{Answered, Outcome, Window};
pub use settings::{Settings, WindowSettings};
pub use snapshot::Remembered;

use crate::post::Role;
use crate::state::context::Delivery;
use crate::state::queue::{self, Place, Queue, Seen};
use crate::state::stream::{Reorder, Stream};
use crate::state::trend::{Alert, PostOutcome, Trends, Watch};
use crate::{Engine, Error, Observation, Post, Result, Scratch, Triage};

/// A post that waits for its turn, read already.
#[derive(Clone, Debug)]
struct Held {
    post: Post<'static>,
    triage: Triage,
    observation: Observation,
    /// What the context says of it, once its turn has come.
    seen: Seen,
}

/// All state of one stream of posts. See the [module](self).
#[derive(Debug)]
pub struct Desk {
    engine: Engine,
    scratch: Scratch,
    reorder: Reorder<Box<Held>>,
    stream: Stream,
    queue: Option<Queue>,
    trends: Option<Trends>,
    watch: Option<Watch>,
    windows: Option<WindowSettings>,
    /// The beginning of the next window, in milliseconds.
    next_window: Option<i64>,
    /// Posts that came before any with a time: the queue takes them as of the first time.
    undated: Vec<Held>,
    /// Posts that are to be taken at another time, in the order in which they came.
    postponed: Vec<Held>,
}

impl Desk {
    /// A desk that has seen nothing; posts are read by `engine`, and persons are distinguished
    /// by its [identities](Engine::identities).
    ///
    /// # Errors
    /// If a setting is out of its range; [`Error::is_settings`] holds.
    pub fn new(engine: &Engine, settings: Settings) -> Result<Desk> {
        settings.check()?;
        let settings = settings.in_calendar();
        Ok(Desk {
            engine: engine.clone(),
            scratch: engine.scratch(),
            reorder: Reorder::new(settings.lateness_ms()).at_most(settings.most_held),
            queue: settings.new_queue(engine)?,
            trends: settings.trends.map(Trends::new).transpose()?,
            watch: settings.new_watch(engine)?,
            stream: Stream::new(settings.stream)?,
            windows: settings.windows,
            next_window: None,
            undated: Vec::new(),
            postponed: Vec::new(),
        })
    }

    /// Reads a post, and gives what is ready: none, one or more outcomes, as posts wait until
    /// [`Settings::lateness`] has passed.
    ///
    /// A post of an agent is an answer: to its thread, to the post that it answers, and to the
    /// customer whom it names. A post without an identifier can't be revised. A time outside of the
    /// years −9999 to 9999 is taken as unknown.
    pub fn observe(&mut self, post: &Post<'_>) -> Vec<Outcome> {
        let post = post.clone().into_owned().with_writable_times();
        let (triage, observation) = self.engine.observe(&post, &mut self.scratch);
        self.observe_answered(post, triage, observation)
    }

    /// As [`Desk::observe`], of a post that [`Engine::observe`] read already, on any thread; the
    /// engine must be that of the desk.
    pub fn observe_answered(
        &mut self,
        post: Post<'static>,
        triage: Triage,
        observation: Observation,
    ) -> Vec<Outcome> {
        let post = post.with_writable_times();
        let (at, voice) = (post.created_at, observation.identity.voice(&post.text));
        self.reorder.push(
            at,
            voice,
            Box::new(Held {
                post,
                triage,
                observation,
                seen: Seen::default(),
            }),
        );
        let mut outcomes = Vec::new();
        while let Some((_, held)) = self.reorder.pop() {
            self.take(*held, &mut outcomes);
        }
        outcomes
    }

    /// Keeps a post that is not to be taken yet, for it is of a later time than is asked for: it
    /// changes nothing, and is in what the desk [remembers](Desk::remembered), as others that wait.
    pub fn postpone(&mut self, post: Post<'static>, triage: Triage, observation: Observation) {
        self.postponed.push(Held {
            post: post.with_writable_times(),
            triage,
            observation,
            seen: Seen::default(),
        });
    }

    /// Takes the [postponed](Desk::postpone) posts that were written at `until` (milliseconds) or
    /// before, in the order in which they came.
    pub fn take_postponed(&mut self, until: i64) -> Vec<Outcome> {
        let is_due = |held: &mut Held| held.post.created_at.is_none_or(|at| at <= until);
        let due: Vec<Held> = self.postponed.extract_if(.., is_due).collect();
        due.into_iter()
            .flat_map(|held| self.observe_answered(held.post, held.triage, held.observation))
            .collect()
    }

    /// How many posts are postponed.
    pub fn postponed(&self) -> usize {
        self.postponed.len()
    }

    /// Gives the posts that still wait for their turn. Panes stay open, as more posts may come.
    pub fn flush(&mut self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while let Some((_, held)) = self.reorder.drain() {
            self.take(*held, &mut outcomes);
        }
        outcomes
    }

    /// Gives all the rest: no more posts come. The posts that wait for their turn, the queue's
    /// posts without a time, what the last panes show, and the last windows, which may be partial.
    pub fn finish(&mut self) -> Vec<Outcome> {
        let mut outcomes = self.flush();
        if self
            .queue
            .as_ref()
            .is_some_and(|queue| queue.watermark().is_some())
        {
            self.queue_undated(&mut outcomes);
        }
        self.publish(true, &mut outcomes);
        outcomes
    }

    /// Says that it is `now` (milliseconds since the Unix epoch): cases become due, and cases that
    /// agents held for too long wait for anybody again.
    pub fn advance(&mut self, now: i64) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        if let Some(queue) = &mut self.queue {
            queue.advance(now);
        }
        if !self.undated.is_empty() {
            self.queue_undated(&mut outcomes);
            // Again, for what came in has its place in the lanes.
            if let Some(queue) = &mut self.queue {
                queue.advance(now);
            }
        }
        outcomes
    }

    /// Takes note that a post was answered at `at` (milliseconds), outside of the stream: its case
    /// leaves the queue, and its thread counts as answered. How many posts no longer wait.
    pub fn answered(&mut self, post: &str, at: i64) -> usize {
        // Both must know: the queue stops showing the case, and the context stops counting the wait
        // of the thread.
        self.stream.context_mut().answered_thread(post, at);
        self.queue
            .as_mut()
            .map_or(0, |queue| queue.answered(post, at))
    }

    /// As [`Desk::answered`], of the post on a channel: where several channels have a post of that
    /// identifier, it is not known which is meant without.
    pub fn answered_on(&mut self, channel: &str, post: &str, at: i64) -> usize {
        self.stream
            .context_mut()
            .answered_thread_on(channel, post, at);
        self.queue
            .as_mut()
            .map_or(0, |queue| queue.answered_on(channel, post, at))
    }

    /// What to answer next: at most `count` cases, as of the last [`Desk::advance`] or post.
    pub fn next(&self, count: usize) -> Vec<Place> {
        self.queue
            .as_ref()
            .map_or_else(Vec::new, |queue| queue.next(count))
    }

    /// What is overdue, at most `count` cases, as of the last [`Desk::advance`] or post.
    pub fn overdue(&self, count: usize) -> Vec<Place> {
        let queue = self.queue.as_ref();
        queue.map_or_else(Vec::new, |queue| queue.overdue(count))
    }

    /// The alerts that are open, by identifier.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.watch.iter().flat_map(Watch::alerts)
    }

    /// The engine that reads the posts.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Campaigns, context and novelty.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The queue, if there is one.
    pub fn queue(&self) -> Option<&Queue> {
        self.queue.as_ref()
    }

    /// As [`Desk::queue`], to add agents and assign cases to them.
    pub fn queue_mut(&mut self) -> Option<&mut Queue> {
        self.queue.as_mut()
    }

    /// The panes, if posts are counted.
    pub fn trends(&self) -> Option<&Trends> {
        self.trends.as_ref()
    }

    /// The watch, if alerts are reported.
    pub fn watch(&self) -> Option<&Watch> {
        self.watch.as_ref()
    }

    /// How many posts came when the watermark had passed them; they are taken all the same.
    pub fn late(&self) -> u64 {
        self.reorder.late()
    }

    /// How many posts had a time so far ahead of most others that their turn came earlier. What
    /// remembers follows no such time: see [`Trends::set_aside`], [`Queue::set_aside`] and those of
    /// campaigns and novelty.
    pub fn set_aside(&self) -> u64 {
        self.reorder.set_aside()
    }

    /// How many posts were taken before their turn since the desk was made or resumed, as more than
    /// [`Settings::most_held`] waited.
    pub fn early(&self) -> u64 {
        self.reorder.early()
    }

    /// How many posts wait for their turn.
    pub fn waiting(&self) -> usize {
        self.reorder.len()
    }

    /// Adds what another desk of the same posts' source saw; gives what changes about the answers
    /// of both, as [`Outcome::Revision`], and what the queue has no room for, as [`Outcome::Shed`].
    /// Posts that wait for their turn in the other desk wait in this one.
    ///
    /// Counts, campaigns, context and queues join. Alerts depend on what was counted in each pane,
    /// so one watch reads the merged panes: shards keep theirs off.
    ///
    /// # Errors
    /// If the two were made with other settings, keys or modules, or the other one has a watch;
    /// [`Error::is_merge`] holds, and this one is as it was.
    pub fn merge(&mut self, other: Desk) -> Result<Vec<Outcome>> {
        if other.watch.is_some() {
            return Err(Error::merge(
                "the desk that is added has a watch; make shards without one, and watch the merged \
                 desk",
            ));
        }
        if self.queue.is_some() != other.queue.is_some()
            || self.trends.is_some() != other.trends.is_some()
        {
            return Err(Error::merge(
                "one desk has a queue or trends and the other has not; give both the same settings",
            ));
        }
        let (mut queue, mut trends) = (self.queue.clone(), self.trends.clone());
        let shed = match (&mut queue, &other.queue) {
            (Some(own), Some(other)) => own.merge(other)?,
            _ => Vec::new(),
        };
        if let (Some(own), Some(other)) = (&mut trends, &other.trends) {
            own.merge(other)?;
        }
        let revisions = self.stream.merge(other.stream)?;
        if let Some(queue) = &mut queue {
            revisions
                .iter()
                .for_each(|revision| _ = queue.revise(revision));
        }
        (self.queue, self.trends) = (queue, trends);
        // As panes: what either gave is given. A desk without panes has none to say where windows
        // begin, and takes the other's.
        self.next_window = self.next_window.max(other.next_window);
        self.undated.extend(other.undated);
        self.postponed.extend(other.postponed);
        self.reorder.extend(other.reorder);
        let revisions = revisions.into_iter().map(Outcome::Revision);
        Ok(revisions
            .chain(shed.into_iter().map(Outcome::Shed))
            .collect())
    }

    /// Takes a post whose turn has come.
    fn take(&mut self, held: Held, outcomes: &mut Vec<Outcome>) {
        let Held {
            post,
            mut triage,
            observation,
            ..
        } = held;
        let observed = self.stream.observe(&post, &mut triage, &observation);
        let revisions = observed.revisions().to_vec();
        let seen = Seen {
            again: observed.history.again,
            first: observed.history.first,
            headline: observation.headline,
            feed: observed.history.feed,
        };
        outcomes.push(Outcome::Answer(Box::new(Answered {
            post: post.clone(),
            triage: triage.clone(),
            observed,
        })));
        let held = Held {
            post,
            triage,
            observation,
            seen,
        };
        // Panes can't take back what they counted, so they keep the first version.
        if seen.again == Delivery::New {
            self.count(&held, outcomes);
        }
        if let (Some(created), Some(queue)) = (held.post.created_at, &mut self.queue)
            && !self.undated.is_empty()
        {
            queue.reach(created, held.observation.identity.voice(&held.post.text));
            self.queue_undated(outcomes);
        }
        self.enqueue(held, outcomes);
        for revision in revisions {
            if let Some(queue) = &mut self.queue {
                queue.revise(&revision);
            }
            outcomes.push(Outcome::Revision(revision));
        }
        self.publish(false, outcomes);
    }

    fn count(&mut self, held: &Held, outcomes: &mut Vec<Outcome>) {
        let Some(trends) = &mut self.trends else {
            return;
        };
        let counted = trends.observe(&self.engine, &held.post, &held.triage, &held.observation);
        if let PostOutcome::Revised(revisions) = counted {
            outcomes.extend(revisions.into_iter().map(Outcome::PaneRevision));
        }
    }

    fn enqueue(&mut self, held: Held, outcomes: &mut Vec<Outcome>) {
        let Some(queue) = &mut self.queue else {
            return;
        };
        // A post without a time is as old as the first post with one, not older than all.
        if held.post.created_at.is_none() && queue.watermark().is_none() {
            self.undated.push(held);
            return;
        }
        let Held {
            post,
            triage,
            observation,
            seen,
        } = held;
        let queue::Taken { outcome, shed, .. } =
            queue.observe_seen(&post, &triage, &observation.identity, &seen);
        if post.role == Role::Customer {
            outcomes.push(Outcome::Queued {
                post: post.id.map(String::from),
                outcome,
            });
        }
        outcomes.extend(shed.into_iter().map(Outcome::Shed));
    }

    /// Queues the posts that came before any with a time, as of the queue's time.
    fn queue_undated(&mut self, outcomes: &mut Vec<Outcome>) {
        for held in std::mem::take(&mut self.undated) {
            self.enqueue(held, outcomes);
        }
    }

    /// Reads the panes that are complete.
    fn publish(&mut self, last: bool, outcomes: &mut Vec<Outcome>) {
        let Desk {
            trends: Some(trends),
            watch,
            windows,
            next_window,
            ..
        } = self
        else {
            return;
        };
        let mut read = |trends: &Trends, start: i64| {
            if let Some(windows) = windows {
                windows.read(trends, start, next_window, outcomes);
            }
            if let Some(watch) = watch {
                let alerts = watch.observe(trends, start).into_iter();
                outcomes.extend(alerts.map(|alert| Outcome::Alert(Box::new(alert))));
            }
        };
        match last {
            true => trends.finish(&mut read),
            false => trends.publish(&mut read),
        }
        if let Some(windows) = windows.as_ref().filter(|_| last) {
            windows.finish(trends, next_window, outcomes);
        }
    }
}
