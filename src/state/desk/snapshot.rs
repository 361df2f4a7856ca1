//! A desk as it is kept: one snapshot of all that it remembers.

use serde::{Deserialize, Serialize};

use super::{Desk, Held, Settings};
use crate::observation::Observation;
use crate::snapshot::State;
use crate::state::queue::{Queue, Seen};
use crate::state::stream::{self, Counted, Reorder, Stream};
use crate::state::trend::{Trends, Watch};
use crate::stats::hash::checksum;
use crate::{Engine, Error, Post, Result, Triage};

/// What a desk remembers, to be [saved](crate::snapshot::Snapshot::save): all modules at one
/// moment, and the posts that wait for their turn. Neither the secret nor the settings of
/// importance are in it.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub(super) stream: stream::Remembered,
    pub(super) queue: Option<Queue>,
    pub(super) trends: Option<Trends>,
    pub(super) watch: Option<Watch>,
    next_window: Option<i64>,
    /// Posts that wait for their turn. A post without a time, or far ahead of most, has its turn at
    /// the latest time when it came, so the times are kept too.
    pub(super) held: Vec<(i64, Waiting)>,
    /// Posts that wait for a first time.
    pub(super) undated: Vec<Waiting>,
    /// Posts that are to be taken at another time.
    pub(super) postponed: Vec<Waiting>,
    /// Whose answers those of the posts that wait are: [`vocabulary`].
    vocabulary: u64,
    pub(super) counted: Counted,
}

/// A post that waits, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// The post as a line of JSON, its text masked, without the name of its author.
    pub(super) line: String,
    /// What was answered: of the text as it was, which is not kept.
    triage: Triage,
    pub(super) observation: Observation,
    seen: Seen,
}

/// What is kept of [`Remembered`].
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    stream: <stream::Remembered as State>::Kept,
    queue: Option<<Queue as State>::Kept>,
    trends: Option<<Trends as State>::Kept>,
    watch: Option<<Watch as State>::Kept>,
    next_window: Option<i64>,
    held: Vec<(i64, Waiting)>,
    undated: Vec<Waiting>,
    postponed: Vec<Waiting>,
    vocabulary: u64,
    counted: Counted,
}

impl Waiting {
    /// The post.
    pub(super) fn post(&self) -> Result<Post<'static>> {
        let post = Post::from_json(&self.line).map_err(|error| {
            Error::snapshot(format!(
                "the snapshot of the desk is corrupt: a post that waits can't be read ({error}); \
                 take an older one"
            ))
            .with_source(error)
        })?;
        Ok(post.into_owned())
    }
}

impl State for Remembered {
    const KIND: &'static str = "desk";
    /// The version of the format, raised with every change of it.
    /// 7: postponed posts.
    const VERSION: u32 = 7;

    type Kept = Kept;

    fn keep(&self) -> Kept {
        Kept {
            stream: self.stream.keep(),
            queue: self.queue.as_ref().map(State::keep),
            trends: self.trends.as_ref().map(State::keep),
            watch: self.watch.as_ref().map(State::keep),
            next_window: self.next_window,
            held: self.held.clone(),
            undated: self.undated.clone(),
            postponed: self.postponed.clone(),
            vocabulary: self.vocabulary,
            counted: self.counted.clone(),
        }
    }

    fn restore(kept: Kept) -> Result<Remembered> {
        if !kept.counted.clock.is_sound() {
            return Err(Error::snapshot(
                "the times in the snapshot of the desk contradict each other; take an older one",
            ));
        }
        let held = kept.held.iter().map(|(_, held)| held);
        let mut waiting = held.chain(&kept.undated).chain(&kept.postponed);
        if !waiting.all(|held| held.triage.importance.is_sound()) {
            return Err(Error::snapshot(
                "the answers in the snapshot of the desk contradict themselves; take an older one",
            ));
        }
        Ok(Remembered {
            stream: stream::Remembered::restore(kept.stream)?,
            queue: kept.queue.map(Queue::restore).transpose()?,
            trends: kept.trends.map(Trends::restore).transpose()?,
            watch: kept.watch.map(Watch::restore).transpose()?,
            next_window: kept.next_window,
            held: kept.held,
            undated: kept.undated,
            postponed: kept.postponed,
            vocabulary: kept.vocabulary,
            counted: kept.counted,
        })
    }
}

impl Desk {
    /// What is remembered, the posts that wait for their turn included.
    ///
    /// # Errors
    /// If a post that waits can't be written as JSON; [`Error::is_snapshot`] holds.
    pub fn remembered(&self) -> Result<Remembered> {
        let waiting = |held: &Held| {
            let line = serde_json::to_string(&masked(held)).map_err(|error| {
                Error::snapshot(format!("a post that waits can't be written: {error}"))
                    .with_source(error)
            })?;
            Ok(Waiting {
                line,
                triage: held.triage.clone(),
                // The text of the line is the masked one.
                observation: Observation {
                    masked: None,
                    ..held.observation.clone()
                },
                seen: held.seen,
            })
        };
        Ok(Remembered {
            stream: self.stream.remembered(),
            queue: self.queue.clone(),
            trends: self.trends.clone(),
            watch: self.watch.clone(),
            next_window: self.next_window,
            held: self
                .reorder
                .held()
                .map(|(at, held)| Ok((at, waiting(held)?)))
                .collect::<Result<_>>()?,
            undated: self.undated.iter().map(waiting).collect::<Result<_>>()?,
            postponed: self.postponed.iter().map(waiting).collect::<Result<_>>()?,
            vocabulary: vocabulary(&self.engine),
            counted: self.reorder.counted(),
        })
    }

    /// Goes on from what was remembered under the same settings. What the snapshot has is gone on
    /// with, whether `settings` ask for it or not, so that it can't fall behind; what it lacks and
    /// `settings` ask for begins anew.
    ///
    /// # Errors
    /// If it was remembered under another secret or policy, with other settings of queue, trends or
    /// watch, or in another time zone, while `settings` ask for that part;
    /// [`Error::is_snapshot`] holds. Holidays may be others: those of `settings` hold.
    pub fn resume(engine: &Engine, settings: Settings, remembered: Remembered) -> Result<Desk> {
        let Remembered {
            stream,
            queue,
            trends,
            watch,
            next_window,
            held,
            undated,
            postponed,
            vocabulary: of,
            counted,
        } = remembered;
        let settings = settings.in_calendar();
        let mut desk = Desk::new(engine, settings.clone())?;
        if let Some(queue) = queue {
            let mut queue = queue.with_identities(settings.stream.identities.clone())?;
            if let Some(wanted) = &desk.queue {
                let levels = wanted.service_levels();
                if wanted.settings() != queue.settings()
                    || wanted.levels() != queue.levels()
                    || !levels.is_like(queue.service_levels())
                {
                    return Err(other_options("the queue"));
                }
                // Each year has other holidays.
                if levels != queue.service_levels() {
                    queue.set_service_levels(levels.clone());
                }
            }
            desk.queue = Some(queue);
        }
        if let Some(trends) = trends {
            if settings
                .trends
                .is_some_and(|wanted| wanted != *trends.settings())
            {
                return Err(other_options("trends"));
            }
            trends.check_key(engine.identities())?;
            desk.trends = Some(trends);
        }
        if let Some(mut watch) = watch {
            if let Some(wanted) = &desk.watch {
                let calendar = wanted.calendar();
                if wanted.settings() != watch.settings()
                    || calendar.zone() != watch.calendar().zone()
                {
                    return Err(other_options("the watch"));
                }
                watch = watch.in_calendar(calendar.clone());
            }
            desk.watch = Some(watch.with_own_of(engine));
        }
        let lateness = settings.lateness_ms();
        desk.stream = Stream::resume(stream, settings.stream)?;
        desk.next_window = next_window;
        desk.reorder = Reorder::resumed(lateness, counted).at_most(settings.most_held);
        let same = of == vocabulary(engine);
        for (at, waiting) in held {
            let held = Box::new(desk.read(waiting, same)?);
            desk.reorder.hold(at, held);
        }
        for waiting in undated {
            let held = desk.read(waiting, same)?;
            desk.undated.push(held);
        }
        for waiting in postponed {
            let held = desk.read(waiting, same)?;
            desk.postponed.push(held);
        }
        Ok(desk)
    }

    /// A post that waits; of an engine with other topics, heads or terms it is answered anew, by
    /// its masked text.
    fn read(&mut self, waiting: Waiting, same: bool) -> Result<Held> {
        let post = waiting.post()?;
        let Waiting {
            mut triage,
            mut observation,
            seen,
            ..
        } = waiting;
        if !same {
            (triage, observation) = self.engine.observe(&post, &mut self.scratch);
        }
        Ok(Held {
            post,
            triage,
            observation,
            seen,
        })
    }
}

/// What the numbers in an answer stand for: a hash of the engine's topics, heads with their labels,
/// and how many terms and rules it has.
fn vocabulary(engine: &Engine) -> u64 {
    let topics = engine
        .taxonomy()
        .topics
        .iter()
        .map(|topic| topic.id.as_str());
    let labels = engine.tasks().flat_map(|task| {
        let labels = engine.labels(task).into_iter().flatten();
        std::iter::once(task).chain(labels.map(String::as_str))
    });
    let counts = format!("{} {}", engine.terms(), engine.rules().len());
    let mut names = counts.into_bytes();
    for name in topics.chain(labels) {
        names.push(0);
        names.extend_from_slice(name.as_bytes());
    }
    checksum(&names)
}

/// A post that waits, as it may be kept: its text masked, without the name of its author.
fn masked(held: &Held) -> Post<'_> {
    let mut post = held.post.clone();
    if let Some(masked) = &held.observation.masked {
        post.text = masked.to_string().into();
    }
    post.author.name = None;
    post
}

/// What was kept would go on under settings that the caller didn't ask for.
fn other_options(part: &str) -> Error {
    Error::snapshot(format!(
        "the snapshot was left with other options of {part}; give the same, or begin another state"
    ))
}
