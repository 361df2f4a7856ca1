//! Queues as values: merged, kept as snapshots and restored.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::agent::{self, Agent};
use super::answers::Answered;
use super::entry::{Entry, Fact, time};
use super::lane::Plan;
use super::{Counts, MAX_COUNTED_HOURS, Queue, Settings, unlike};
use crate::observation::KeyCheck;
use crate::snapshot::State;
use crate::state::service_level::ServiceLevels;
use crate::text::Language;
use crate::time::Clock;
use crate::{Error, Result};

/// What is kept of a queue: the facts, for the cases and their order follow from them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    settings: Settings,
    key: KeyCheck,
    service_levels: ServiceLevels,
    /// The scores from which on a case is medium, high and critical.
    levels: [u8; 3],
    posts: Vec<KeptPost>,
    answers: Vec<(u64, Answered)>,
    agents: Vec<KeptAgent>,
    answered_in: Vec<(i64, u64)>,
    clock: Clock,
    told: Option<i64>,
    plan: Plan,
    counts: Counts,
}

/// A post: identifier, what is known of it, since when its case is deferred, and how many posts are
/// only counted with it.
type KeptPost = (String, Fact, Option<i64>, u32);

/// An agent: identifier, skills, languages by number, and cases at once.
type KeptAgent = (String, Vec<u16>, Vec<u8>, Option<u32>);

impl Queue {
    /// Takes in another queue: of the same posts what was changed more often, all other posts, all
    /// answers, agents and assignments.
    ///
    /// What was answered in either waits in neither. Of two answers, assignments or agents the
    /// later or larger holds; a case is deferred if it is in each that has it. Counts add up.
    /// Merging is commutative and associative, and an empty queue changes nothing. Two shards give
    /// what one queue gives if a thread and the posts of a person go to the same shard: an answer
    /// to a post that a shard doesn't have can't tell it who was answered.
    ///
    /// Above [`Settings::most_posts`] the best posts stay: those that an agent is at work on, then
    /// those that need an answer, the more important, the older. What waited and is dropped is
    /// given, the best first. That, too, is the same in any order of merging, if shards are as
    /// above: what was dropped can't come back when another shard has an answer that makes room.
    ///
    /// # Errors
    /// If settings, service levels, levels of importance or keys differ, or this queue was restored
    /// and has not got its key yet, or both together have more than [`Settings::most_agents`];
    /// [`Error::is_merge`] holds, and nothing is changed.
    pub fn merge(&mut self, other: &Queue) -> Result<Vec<String>> {
        if self.settings != other.settings {
            return Err(unlike("settings"));
        }
        if self.cases.levels != other.cases.levels {
            return Err(unlike("service levels"));
        }
        if self.levels() != other.levels() {
            return Err(unlike("levels of importance"));
        }
        self.key.joined(other.key, "queues")?;
        if self.key.allows(self.cases.keys.identities(), "").is_err() {
            return Err(Error::merge(
                "the queue was restored and has no key yet; give it with with_identities",
            ));
        }
        let strangers = other.agents.keys();
        let strangers = strangers
            .filter(|id| !self.agents.contains_key(*id))
            .count();
        let most = self.settings.most_agents;
        if self.agents.len() + strangers > most {
            return Err(Error::merge(format!(
                "the queues have more than {most} agents together; remove some, or raise most_agents"
            )));
        }
        for (key, answered) in other.answers.iter() {
            let forgotten = self
                .answers
                .note(key, answered.clone(), self.settings.most_answers);
            self.counts.forgotten_answers += forgotten;
        }
        let mut posts = std::mem::take(&mut self.cases.posts);
        for (id, entry) in &other.cases.posts {
            match posts.get_mut(id) {
                Some(own) => own.join(entry.clone()),
                None => drop(posts.insert(id.clone(), entry.clone())),
            }
        }
        for (id, agent) in &other.agents {
            let own = self
                .agents
                .entry(id.clone())
                .or_insert_with(|| agent.clone());
            *own = own.clone().max(agent.clone());
        }
        for (hour, count) in &other.answered_in {
            *self.answered_in.entry(*hour).or_default() += count;
        }
        while self.answered_in.len() > MAX_COUNTED_HOURS {
            self.answered_in.pop_first();
        }
        // Every part is joined by a maximum, a sum or a union, so shards merge in any order. The
        // queue then stands at the later of the two watermarks.
        self.clock.merge(&other.clock);
        self.told = self.told.max(other.told);
        self.plan = self.plan.max(other.plan);
        self.counts = self.counts.plus(other.counts);
        posts.retain(|id, entry| !self.is_answered(id, &entry.fact));
        let dropped = self.keep_best(&mut posts);
        self.fill(posts);
        Ok(dropped)
    }

    /// Takes other service levels: all that waits is due anew by them.
    pub(crate) fn set_service_levels(&mut self, levels: ServiceLevels) {
        self.cases.levels = levels;
        let posts = std::mem::take(&mut self.cases.posts);
        let now = self.now();
        self.fill(posts);
        self.cases.move_to(now);
    }

    /// Whether a kept post can wait.
    fn check(&self, (id, fact, deferred, _): &KeptPost) -> Result<()> {
        let assigned = fact.assigned.as_ref().map(|assigned| assigned.at);
        let times = [Some(fact.created), *deferred, assigned];
        if !times.into_iter().flatten().all(is_time) {
            return Err(invalid("timestamp out of range"));
        }
        if fact.score > 100 {
            return Err(invalid("importance above 100"));
        }
        if Language::ALL.get(usize::from(fact.language)).is_none() {
            return Err(invalid("unknown language number"));
        }
        if !self.cases.keys.is_kept_id(id) {
            return Err(invalid("identifier of a post too long, or of no form"));
        }
        match self.is_answered(id, fact) {
            true => Err(invalid("a post waits that was answered")),
            false => Ok(()),
        }
    }

    /// Builds the cases from posts, without those that are answered, at the time of the watermark;
    /// cases of too many posts are folded.
    pub(super) fn fill(&mut self, posts: impl IntoIterator<Item = (Arc<str>, Entry)>) {
        self.cases = super::Cases::new(
            self.cases.levels.clone(),
            self.growth,
            self.cases.keys.clone(),
        );
        // While nothing is in the order, moving it costs nothing.
        if let Some(watermark) = self.watermark() {
            self.cases.move_to(watermark);
        }
        self.cases
            .set_aside(self.clock.limit().zip(self.clock.today()));
        for (id, entry) in posts {
            if !self.is_answered(&id, &entry.fact) {
                self.cases.put(id, entry);
            }
        }
        self.fold_grown();
    }
}

impl Counts {
    fn plus(self, other: Counts) -> Counts {
        Counts {
            queued: self.queued + other.queued,
            spam: self.spam + other.spam,
            revised: self.revised + other.revised,
            agent_posts: self.agent_posts + other.agent_posts,
            cases_answered: self.cases_answered + other.cases_answered,
            answered: self.answered + other.answered,
            late: self.late + other.late,
            undated: self.undated + other.undated,
            folded: self.folded + other.folded,
            shed: self.shed + other.shed,
            forgotten: self.forgotten + other.forgotten,
            forgotten_answers: self.forgotten_answers + other.forgotten_answers,
            released: self.released + other.released,
            closed: self.closed + other.closed,
            aged_out: self.aged_out + other.aged_out,
        }
    }
}

impl State for Queue {
    const KIND: &'static str = "queue";
    /// The version of the format, raised with every change of it.
    /// 8: hashes under the key of the identities, with its check value. 9: keys of answers made of
    /// the hashes of posts.
    const VERSION: u32 = 9;
    type Kept = Kept;

    fn keep(&self) -> Kept {
        let posts = self.cases.posts.iter();
        let languages = |agent: &Agent| {
            let index =
                |known: &Language| Language::ALL.iter().position(|language| language == known);
            agent
                .languages
                .iter()
                .filter_map(index)
                .map(|index| index as u8)
                .collect()
        };
        let agents = self.agents.values();
        Kept {
            settings: self.settings.clone(),
            key: self.key,
            service_levels: self.cases.levels.clone(),
            levels: self.levels(),
            posts: posts
                .map(|(id, post)| {
                    (
                        id.to_string(),
                        post.fact.clone(),
                        post.deferred,
                        post.folded,
                    )
                })
                .collect(),
            answers: self
                .answers
                .iter()
                .map(|(key, answered)| (key, answered.clone()))
                .collect(),
            agents: agents
                .map(|one| {
                    (
                        one.id.clone(),
                        one.skills.clone(),
                        languages(one),
                        one.capacity,
                    )
                })
                .collect(),
            answered_in: self
                .answered_in
                .iter()
                .map(|(hour, count)| (*hour, *count))
                .collect(),
            clock: self.clock.clone(),
            told: self.told,
            plan: self.plan,
            counts: self.counts,
        }
    }

    fn restore(kept: Kept) -> Result<Queue> {
        let (settings, key) = (kept.settings.clone(), kept.key);
        let mut queue = Queue::new(kept.settings, kept.service_levels, kept.levels)
            .map_err(|error| invalid(&error.to_string()).with_source(error))?;
        queue.key = key;
        if kept.posts.len() > settings.most_posts
            || kept.answers.len() > settings.most_answers
            || kept.agents.len() > settings.most_agents
            || kept.answered_in.len() > MAX_COUNTED_HOURS
        {
            return Err(invalid("it has more entries than its settings allow"));
        }
        let times = kept.answers.iter().map(|(_, answered)| Some(answered.at));
        let times = times.chain([kept.clock.latest(), kept.told, kept.plan.at]);
        if !times.flatten().all(is_time) || !kept.clock.is_sound() {
            return Err(invalid("timestamp out of range"));
        }
        for (key, answered) in kept.answers {
            queue.answers.note(key, answered, settings.most_answers);
        }
        for agent in kept.agents {
            let agent = agent_of(agent)?;
            queue.agents.insert(agent.id.as_str().into(), agent);
        }
        for post in &kept.posts {
            queue.check(post)?;
        }
        // Before the cases are filled: it is the time for which they are ordered.
        (queue.clock, queue.told) = (kept.clock, kept.told);
        queue.fill(kept.posts.into_iter().map(|(id, fact, deferred, folded)| {
            let entry = Entry {
                deferred,
                folded,
                ..Entry::new(fact)
            };
            (id.as_str().into(), entry)
        }));
        queue.answered_in = kept.answered_in.into_iter().collect();
        (queue.plan, queue.counts) = (kept.plan, kept.counts);
        Ok(queue)
    }
}

/// A snapshot that can't be a queue.
#[cold]
fn invalid(what: &str) -> Error {
    Error::snapshot(format!(
        "the queue snapshot is invalid: {what}; delete it and start again"
    ))
}

fn is_time(moment: i64) -> bool {
    time(moment) == moment
}

/// An agent from what is kept of one.
fn agent_of((id, skills, languages, capacity): KeptAgent) -> Result<Agent> {
    let language = |index: u8| Language::ALL.get(usize::from(index)).copied();
    let languages: Option<Vec<Language>> = languages.into_iter().map(language).collect();
    let agent = Agent {
        id,
        skills,
        languages: languages.ok_or_else(|| invalid("unknown language number"))?,
        capacity,
    };
    agent::check(&agent).map_err(|error| invalid(&error.to_string()).with_source(error))?;
    Ok(agent)
}
