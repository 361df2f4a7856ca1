//! A desk as it is kept: one snapshot of all that it remembers.

use serde::{Deserialize, Serialize};

use super::{Desk, Held, Settings, own_terms};
use crate::snapshot::State;
use crate::state::queue::{Queue, Seen};
use crate::state::stream::{self, Counted, Reorder, Stream};
use crate::state::trend::{Trends, Watch};
use crate::{Engine, Error, Post, Result};

/// What a desk remembers, to be [saved](crate::snapshot::Snapshot::save): all modules at one
/// moment, and the posts that wait for their turn. Neither the secret nor the settings of
/// importance are in it.
#[derive(Clone, Debug)]
pub struct Remembered {
    stream: stream::Remembered,
    queue: Option<Queue>,
    trends: Option<Trends>,
    watch: Option<Watch>,
    next_window: Option<i64>,
    /// Posts that wait for their turn, and those that wait for a first time, as lines of JSON with
    /// personal data masked; they are read again. A post without a time, or far ahead of most, has
    /// its turn at the latest time when it came, so the times are kept too.
    held: Vec<(i64, String)>,
    undated: Vec<String>,
    counted: Counted,
}

/// What is kept of [`Remembered`].
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    stream: <stream::Remembered as State>::Kept,
    queue: Option<<Queue as State>::Kept>,
    trends: Option<<Trends as State>::Kept>,
    watch: Option<<Watch as State>::Kept>,
    next_window: Option<i64>,
    held: Vec<(i64, String)>,
    undated: Vec<String>,
    counted: Counted,
}

impl State for Remembered {
    const KIND: &'static str = "desk";
    /// The version of the format, raised with every change of it.
    /// 6: hashes under one key.
    const VERSION: u32 = 6;

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
            counted: self.counted.clone(),
        }
    }

    fn restore(kept: Kept) -> Result<Remembered> {
        if !kept.counted.clock.is_sound() {
            return Err(Error::snapshot(
                "the times in the snapshot of the desk contradict each other; take an older one",
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
        let line = |held: &Held| {
            serde_json::to_string(&masked(held)).map_err(|error| {
                Error::snapshot(format!("a post that waits can't be written: {error}"))
                    .with_source(error)
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
                .map(|(at, held)| Ok((at, line(held)?)))
                .collect::<Result<_>>()?,
            undated: self.undated.iter().map(line).collect::<Result<_>>()?,
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
            desk.watch = Some(watch.with_own(own_terms(engine)));
        }
        let lateness = settings.lateness_ms();
        desk.stream = Stream::resume(stream, settings.stream)?;
        desk.next_window = next_window;
        desk.reorder = Reorder::resumed(lateness, counted).at_most(settings.most_held);
        for (at, line) in held {
            let held = Box::new(desk.read(&line)?);
            desk.reorder.hold(at, held);
        }
        for line in undated {
            let held = desk.read(&line)?;
            desk.undated.push(held);
        }
        Ok(desk)
    }

    fn read(&mut self, line: &str) -> Result<Held> {
        let post = Post::from_json(line).map_err(|error| {
            Error::snapshot(format!(
                "the snapshot of the desk is corrupt: a post that waits can't be read ({error}); \
                 take an older one"
            ))
            .with_source(error)
        })?;
        let (triage, observation) = self.engine.observe(&post, &mut self.scratch);
        Ok(Held {
            post: post.into_owned(),
            triage,
            observation,
            seen: Seen::default(),
        })
    }
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
