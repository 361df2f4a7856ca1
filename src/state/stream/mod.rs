//! A stream of posts in order of time: what the stateful rooms add to each answer, and
//! what they revise.
//!
//! [`Engine::observe`] answers for a post by itself, on any thread. A [`Stream`] then takes post
//! and answer, one by one in order of event time, and adds what only the posts before it tell: that
//! it belongs to a [campaign], that it is one person's fifth message without an answer ([context]),
//! that something in it is rare among the posts of its topic ([novelty](crate::state::novelty)).
//! Each is a part of the ledger with a reason, so that the parts still sum to the score.
//! [`Reorder`] puts posts in order first.
//!
//! ```
//! use hearken::stream::{Settings, Stream};
//! use hearken::{Engine, Post};
//!
//! # fn main() -> hearken::Result<()> {
//! let engine = Engine::new()?;
//! let mut scratch = engine.scratch();
//! let mut stream = Stream::new(Settings::for_engine(&engine)?)?;
//! let line = r#"{"id":"1","text":"Where is my refund?","created_at":"2026-03-01T08:00:00Z","author":{"id":"u1"}}"#;
//! let post = Post::from_json(line)?;
//! let (mut triage, observation) = engine.observe(&post, &mut scratch);
//! let observed = stream.observe(&post, &mut triage, &observation);
//! assert!(observed.revisions().is_empty());
//! # Ok(())
//! # }
//! ```

mod reorder;

pub(crate) use reorder::Counted;
pub use reorder::Reorder;
use serde::{Deserialize, Serialize};

use crate::importance::ledger::agreeing;
use crate::importance::{self, Part};
use crate::observation::{Identities, Observation};
use crate::post::Role;
use crate::snapshot::State;
use crate::state::campaign::{self, Campaigns, Membership};
use crate::state::context::{self, Context, Delivery, History, Memory, span};
use crate::state::novelty::{Novelty, Surprise};
use crate::state::service_level::ServiceLevels;
use crate::triage::Notice;
use crate::triage::explanation::{ImportancePart, Span};
use crate::triage::revision::Revision;
use crate::{Engine, Post, Result, Triage};

/// What a stream is made with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Of campaigns.
    pub campaign: campaign::Settings,
    /// Of authors and threads.
    pub context: context::Settings,
    /// What waiting, repeated contact and novelty weigh.
    pub importance: importance::Settings,
    /// How long an answer may take on each channel.
    pub service_levels: ServiceLevels,
    /// The secret and the policy under which the engine hashes identifiers.
    pub identities: Identities,
}

impl Settings {
    /// The usual settings, with the engine's own of importance.
    ///
    /// # Errors
    /// If the bundled service levels can't be used;
    /// [`Error::is_settings`](crate::Error::is_settings) holds.
    pub fn for_engine(engine: &Engine) -> Result<Settings> {
        Ok(Settings {
            campaign: campaign::Settings::default(),
            context: context::Settings::default(),
            importance: engine.importance().clone(),
            service_levels: ServiceLevels::bundled()?,
            identities: engine.identities().clone(),
        })
    }
}

/// The stateful rooms together.
#[derive(Clone, Debug)]
pub struct Stream {
    importance: importance::Settings,
    service_levels: ServiceLevels,
    campaigns: Campaigns,
    context: Context,
    novelty: Novelty,
}

/// What the posts before it tell of a post.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Observed {
    /// What it is among others; its revisions are of earlier posts.
    pub membership: Membership,
    /// What was known of its author and thread.
    pub history: History,
    /// What is rare and severe in it.
    pub surprise: Option<Surprise>,
    /// How long its author, or its thread, has waited for an answer already; only of complaints.
    pub wait: Option<Wait>,
}

/// How long an answer is awaited, against how soon there should be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// Milliseconds since the first message without an answer; of business time, where only that
    /// counts.
    pub waited: i64,
    /// Milliseconds within which the post's channel promises an answer to a post of its importance,
    /// counted alike.
    pub target: i64,
    /// Whether both count business time only.
    pub business: bool,
}

impl Observed {
    /// What changes about answers that were given before.
    pub fn revisions(&self) -> &[Revision] {
        &self.membership.revisions
    }

    /// The reasons of the parts that the stream added to `triage`, for people.
    pub fn reasons(&self, engine: &Engine, triage: &Triage) -> Vec<ImportancePart> {
        let part = |part: Part, reason: Option<String>, spans| {
            let points = triage.importance.parts[part as usize];
            let reason = reason.filter(|_| points != 0)?;
            Some(ImportancePart {
                name: part.name().into(),
                points,
                reason,
                spans,
            })
        };
        let surprise = self.surprise.map(|surprise| surprise.reason(engine));
        let element = self.surprise.map(|surprise| surprise.element);
        let spans = element.map_or_else(Vec::new, |found| {
            vec![Span {
                start: found.start,
                end: found.end,
            }]
        });
        let thread = || self.history.waiting();
        let wait = self.wait.map(|wait| {
            let counted = if wait.business {
                " of business time"
            } else {
                ""
            };
            format!(
                "the first message waits for {}{counted}, where an answer is promised within {}",
                span(wait.waited),
                span(wait.target)
            )
        });
        let campaign = self
            .membership
            .campaign
            .map(|id| format!("campaign {id}: {}", self.membership.reason));
        [
            part(Part::Novelty, surprise, spans),
            part(Part::Waiting, wait, Vec::new()),
            part(
                Part::Repeat,
                self.history.repeat().or_else(thread),
                Vec::new(),
            ),
            part(Part::Spam, campaign, Vec::new()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Stream {
    /// A stream that has seen nothing.
    ///
    /// # Errors
    /// If a setting is out of its range; [`Error::is_settings`](crate::Error::is_settings) holds.
    pub fn new(settings: Settings) -> Result<Stream> {
        Ok(Stream {
            campaigns: Campaigns::new(settings.campaign)?,
            context: Context::new(settings.context, settings.identities)?,
            novelty: Novelty::new(&settings.importance),
            importance: settings.importance,
            service_levels: settings.service_levels,
        })
    }

    /// Takes a post and adds to its answer what the posts before it tell. Posts come in order of
    /// event time; one without a time stands at the latest time seen.
    ///
    /// A post of an agent is an answer: to its thread, to the post that it answers, and to the
    /// customer whom it names. A post that comes again, as an edit or a duplicate, is answered as
    /// of its first time and counted once: see [`History::again`].
    pub fn observe(
        &mut self,
        post: &Post<'_>,
        triage: &mut Triage,
        observation: &Observation,
    ) -> Observed {
        let history = self.context.observe(post, triage, observation);
        let (surprise, wait) = match post.role {
            Role::Agent => (None, None),
            Role::Customer => self.weigh(post, triage, observation, &history),
        };
        // Last, for what it revises later is the whole score. So memory and counts know as spam
        // what is spam by its own words. As of the first time of the post, for there a window
        // knows it again.
        let membership = self.campaigns.observe_at(
            history.at,
            history.author.is_established(),
            post,
            triage,
            observation,
        );
        Observed {
            membership,
            history,
            surprise,
            wait,
        }
    }

    /// Adds to the importance of a customer's post what its history and its topic say.
    fn weigh(
        &mut self,
        post: &Post<'_>,
        triage: &mut Triage,
        observation: &Observation,
        history: &History,
    ) -> (Option<Surprise>, Option<Wait>) {
        // A program wrote it, and does not wait.
        if history.feed {
            triage.notice = Notice::Automatic;
        }
        if let Some(gist) = history.inherited {
            gist.write(triage);
            triage.importance = agreeing(
                triage.importance,
                triage.sentiment.negative,
                &self.importance,
            );
        }
        let at = post.created_at.or(self.context.latest()).unwrap_or(0);
        let voice = observation.identity.voice(&post.text);
        let surprise = match history.again {
            Delivery::New => self
                .novelty
                .observe(at, voice, triage, &observation.elements),
            _ => self.novelty.judged(triage, &observation.elements),
        };
        if let Some(surprise) = surprise {
            triage.importance = triage.importance.with(Part::Novelty, surprise.points);
        }
        let wait = triage
            .needs_answer()
            .then(|| self.add_waiting(post, triage, history))
            .flatten();
        (surprise, wait)
    }

    /// Adds what the author and the thread already wait for.
    fn add_waiting(&self, post: &Post<'_>, triage: &mut Triage, history: &History) -> Option<Wait> {
        let History {
            author, thread, at, ..
        } = history;
        let tried = author.tried.len() as u32;
        let repeat = self
            .importance
            .repeat(author.unanswered, tried, thread.unanswered);
        triage.importance = triage.importance.with(Part::Repeat, repeat);
        let since = author.since.or(thread.since)?;
        let (channel, level) = (post.channel.as_deref(), Some(triage.importance.level));
        let levels = &self.service_levels;
        let share = levels.share(channel, level, since, *at);
        let tries = (author.unanswered + tried).max(thread.unanswered);
        triage.importance = triage
            .importance
            .with(Part::Waiting, self.importance.waiting(share, tries));
        Some(Wait {
            waited: levels.waited(channel, level, since, *at),
            target: levels.target(channel, level),
            business: !levels.counts_always(channel, level),
        })
    }

    /// The campaigns of the window.
    pub fn campaigns(&self) -> &Campaigns {
        &self.campaigns
    }

    /// The memory of authors and threads.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// As [`Stream::context`], to take note of answers, or to forget somebody.
    pub fn context_mut(&mut self) -> &mut Context {
        &mut self.context
    }

    /// What it remembers, room by room.
    pub(crate) fn rooms(&mut self) -> StreamRooms<'_> {
        StreamRooms {
            campaigns: &mut self.campaigns,
            memory: self.context.memory_mut(),
            novelty: &mut self.novelty,
        }
    }

    /// The counts from which surprises are recognised.
    pub fn novelty(&self) -> &Novelty {
        &self.novelty
    }

    /// Adds what another stream saw of the same posts' source; gives what changes about the
    /// answers of both.
    ///
    /// # Errors
    /// If the two were made with other settings or keys;
    /// [`Error::is_merge`](crate::Error::is_merge) holds, and this one is as it was.
    pub fn merge(&mut self, other: Stream) -> Result<Vec<Revision>> {
        let mut merged = self.clone();
        merged.context.merge(other.context)?;
        merged.novelty.merge(&other.novelty)?;
        let revisions = merged.campaigns.merge(other.campaigns)?;
        *self = merged;
        Ok(revisions)
    }

    /// What is remembered, to be [saved](crate::snapshot::Snapshot::save); neither the settings of
    /// importance nor the key are in it.
    pub fn remembered(&self) -> Remembered {
        Remembered {
            campaigns: self.campaigns.clone(),
            memory: self.context.memory().clone(),
            novelty: self.novelty.clone(),
        }
    }

    /// Goes on from what was remembered; what bounds campaigns, context and novelty is as
    /// it was then.
    ///
    /// # Errors
    /// If it was remembered under another key or policy;
    /// [`Error::is_snapshot`](crate::Error::is_snapshot) holds.
    pub fn resume(remembered: Remembered, settings: Settings) -> Result<Stream> {
        remembered.campaigns.check_key(&settings.identities)?;
        Ok(Stream {
            campaigns: remembered.campaigns,
            context: Context::with_memory(remembered.memory, settings.identities)?,
            novelty: remembered.novelty,
            importance: settings.importance,
            service_levels: settings.service_levels,
        })
    }
}

/// What a stream remembers, without its key.
#[derive(Clone, Debug)]
pub struct Remembered {
    campaigns: Campaigns,
    memory: Memory,
    novelty: Novelty,
}

/// The rooms of a stream, or of what is remembered of one.
pub(crate) struct StreamRooms<'s> {
    pub(crate) campaigns: &'s mut Campaigns,
    pub(crate) memory: &'s mut Memory,
    pub(crate) novelty: &'s mut Novelty,
}

impl Remembered {
    /// Campaigns and memory, if they were made under `identities`.
    pub(crate) fn view(&self, identities: &Identities) -> Result<(&Campaigns, &Memory)> {
        self.campaigns.check_key(identities)?;
        self.memory.check_key(identities)?;
        Ok((&self.campaigns, &self.memory))
    }

    /// What is remembered, room by room, to be changed.
    pub(crate) fn rooms(&mut self) -> StreamRooms<'_> {
        StreamRooms {
            campaigns: &mut self.campaigns,
            memory: &mut self.memory,
            novelty: &mut self.novelty,
        }
    }
}

/// What is kept of [`Remembered`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    campaigns: <Campaigns as State>::Kept,
    memory: <Memory as State>::Kept,
    novelty: <Novelty as State>::Kept,
}

#[cfg(all(test, feature = "bundled-models", feature = "chinese"))]
impl Kept {
    /// The parts of it.
    pub(crate) fn parts(&self) -> (&impl Serialize, &impl Serialize, &impl Serialize) {
        (&self.campaigns, &self.memory, &self.novelty)
    }
}

impl State for Remembered {
    const KIND: &'static str = "stream";
    /// The version of the format, raised with every change of it.
    /// 5: hashes under one key.
    const VERSION: u32 = 5;

    type Kept = Kept;

    fn keep(&self) -> Kept {
        Kept {
            campaigns: self.campaigns.keep(),
            memory: self.memory.keep(),
            novelty: self.novelty.keep(),
        }
    }

    fn restore(kept: Kept) -> Result<Remembered> {
        Ok(Remembered {
            campaigns: Campaigns::restore(kept.campaigns)?,
            memory: Memory::restore(kept.memory)?,
            novelty: Novelty::restore(kept.novelty)?,
        })
    }
}
