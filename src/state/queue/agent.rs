//! Agents: who takes which case, by topic, language, load, and who answered this person last.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry::{Assigned, time};
use super::keys::KeyKind;
use super::{Place, Queue};
use crate::text::Language;
use crate::time::milliseconds;
use crate::{Error, Result};

/// Bytes of the longest identifier of an agent. By convention: a UUID has 36.
pub(super) const MAX_AGENT_BYTES: usize = 128;

/// Somebody who answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Agent {
    /// The identifier, as in posts of the agent and in [`Queue::assign`].
    pub id: String,
    /// Topics that the agent answers, as indices in the engine's taxonomy; none is all. A case
    /// without a topic is for anybody.
    pub skills: Vec<u16>,
    /// Languages that the agent writes; none is all. Chinese of one script is taken for both. A
    /// case whose language is not known is for anybody.
    pub languages: Vec<Language>,
    /// Cases at once; none: [`Settings::load`](super::Settings::load).
    pub capacity: Option<u32>,
}

/// A case and who takes it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Assignment {
    /// The case as it stood in the queue.
    pub place: Place,
    /// The agent; none where nobody can take it, and then it waits on.
    pub agent: Option<String>,
    /// Why this agent, or why none.
    pub reason: String,
}

/// What a case asks of an agent.
struct Needs {
    topics: Vec<u16>,
    language: Language,
    /// The agent who answered this person or in this thread last.
    last: Option<Box<str>>,
}

type Loads = BTreeMap<Box<str>, u32>;

impl Agent {
    fn knows(&self, topics: &[u16]) -> bool {
        self.skills.is_empty()
            || topics.is_empty()
            || topics.iter().any(|topic| self.skills.contains(topic))
    }

    fn writes(&self, language: Language) -> bool {
        let same = |own: &Language| *own == language || own.is_chinese() && language.is_chinese();
        self.languages.is_empty() || language == Language::Und || self.languages.iter().any(same)
    }
}

impl Queue {
    /// Adds an agent, or replaces the one of this identifier.
    ///
    /// # Errors
    /// If the identifier is empty or longer than 128 bytes, the capacity is 0, or there are more
    /// than [`Settings::most_agents`](super::Settings::most_agents); [`Error::is_settings`] holds.
    pub fn add_agent(&mut self, agent: Agent) -> Result<()> {
        let known = self.agents.contains_key(agent.id.as_str());
        check(&agent)?;
        if !known && self.agents.len() >= self.settings.most_agents {
            let most = self.settings.most_agents;
            return Err(Error::settings(format!(
                "more than {most} agents; remove some, or raise most_agents"
            )));
        }
        self.agents.insert(agent.id.as_str().into(), agent);
        Ok(())
    }

    /// Removes an agent. The agent's cases wait for anybody again; gives their number.
    pub fn remove_agent(&mut self, id: &str) -> usize {
        self.agents.remove(id);
        let held: Vec<u64> = self.cases.assigned.iter().map(|(_, case)| *case).collect();
        let held: Vec<u64> = held
            .into_iter()
            .filter(|case| self.agent_of(*case).is_some_and(|agent| *agent == *id))
            .collect();
        held.iter()
            .for_each(|case| self.cases.change_all(*case, |fact| fact.assigned = None));
        held.len()
    }

    /// The agents, by identifier.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// Gives the case of a post to an agent at `at` (milliseconds), whatever the agent's skills and
    /// load. Without an answer within [`Settings::hold`](super::Settings::hold) it waits for
    /// anybody again. Whether the post waits and the agent is known.
    ///
    /// False too where posts of that identifier wait on several channels: see [`Queue::assign_on`].
    pub fn assign(&mut self, post: &str, agent: &str, at: i64) -> bool {
        let post = self.only(post);
        post.is_some_and(|post| self.assign_kept(&post, agent, at))
    }

    /// As [`Queue::assign`], of the post on a channel.
    pub fn assign_on(&mut self, channel: &str, post: &str, agent: &str, at: i64) -> bool {
        self.assign_kept(&self.cases.keys.kept_id(Some(channel), post), agent, at)
    }

    fn assign_kept(&mut self, post: &str, agent: &str, at: i64) -> bool {
        let case = self
            .cases
            .case_of(post)
            .filter(|_| self.agents.contains_key(agent));
        case.into_iter().for_each(|case| self.give(case, agent, at));
        case.is_some()
    }

    /// Takes the case of a post from its agent; it waits for anybody again. Whether an
    /// agent was at work on it. False too where posts of that identifier wait on several
    /// channels: see [`Queue::release_on`].
    pub fn release(&mut self, post: &str) -> bool {
        let post = self.only(post);
        post.is_some_and(|post| self.release_kept(&post))
    }

    /// As [`Queue::release`], of the post on a channel.
    pub fn release_on(&mut self, channel: &str, post: &str) -> bool {
        self.release_kept(&self.cases.keys.kept_id(Some(channel), post))
    }

    fn release_kept(&mut self, post: &str) -> bool {
        let case = self
            .cases
            .case_of(post)
            .filter(|case| self.agent_of(*case).is_some());
        case.into_iter()
            .for_each(|case| self.cases.change_all(case, |fact| fact.assigned = None));
        case.is_some()
    }

    /// Gives the next `count` cases to agents at the time of the last [`Queue::advance`], each to
    /// the one who answered this person last, or else to the one with the smallest share of work
    /// among those who know a topic of it and write its language. A case that nobody can take is
    /// among them and waits on.
    pub fn assign_next(&mut self, count: usize) -> Vec<Assignment> {
        let (now, places) = (self.now(), self.next(count));
        let mut loads = self.loads();
        let mut assignments = Vec::with_capacity(places.len());
        for place in places {
            let post = self
                .cases
                .keys
                .kept_id(place.channel.as_deref(), &place.post);
            let Some(case) = self.cases.case_of(&post) else {
                continue;
            };
            let (agent, reason) = match self.choose(case, &loads) {
                Ok((agent, reason)) => (Some(agent), reason),
                Err(reason) => (None, reason),
            };
            if let Some(agent) = &agent {
                self.give(case, agent, now);
                *loads.entry(agent.as_str().into()).or_default() += 1;
            }
            assignments.push(Assignment {
                place,
                agent,
                reason,
            });
        }
        assignments
    }

    /// The next case for an agent who asks for one, given to that agent at the time of the last
    /// [`Queue::advance`]: the first whose topic and
    /// language fit. A case of a person whom another agent answered last is left to that agent,
    /// who has room for it, until it is overdue. None where nothing fits, or the agent is not
    /// known or full.
    pub fn assign_to(&mut self, agent: &str) -> Option<Assignment> {
        let now = self.now();
        let loads = self.loads();
        let asking = self
            .agents
            .get(agent)
            .filter(|agent| self.has_room(agent, &loads))?;
        let fits = |case: u64| {
            let needs = self.needs(case);
            let last = needs
                .last
                .as_deref()
                .filter(|last| *last != agent)
                .and_then(|last| self.agents.get(last));
            let left =
                last.is_some_and(|last| self.has_room(last, &loads) && last.writes(needs.language));
            let overdue = || {
                self.cases
                    .get(case)
                    .is_some_and(|case| case.is_overdue(now))
            };
            asking.knows(&needs.topics) && asking.writes(needs.language) && (!left || overdue())
        };
        let walk = self.cases.order.walk().map(|(case, _)| case);
        // The second is only compared with, in the reason of the first.
        let walked: Vec<u64> = walk.skip_while(|case| !fits(*case)).take(2).collect();
        let case = *walked.first()?;
        let reason = self.fitting(asking, &self.needs(case), &loads);
        let place = self.places(&walked, 1).pop()?;
        self.give(case, agent, now);
        Some(Assignment {
            place,
            agent: Some(agent.to_owned()),
            reason,
        })
    }

    /// Takes back what agents held for too long.
    pub(super) fn release_held(&mut self) {
        let now = self.now();
        let hold = milliseconds(self.settings.hold);
        while let Some((_, case)) = self
            .cases
            .assigned
            .first()
            .copied()
            .filter(|(at, _)| at + hold <= now)
        {
            self.cases.change_all(case, |fact| fact.assigned = None);
            self.counts.released += 1;
        }
    }

    /// The agent at work on a case.
    pub(super) fn agent_of(&self, case: u64) -> Option<&str> {
        let assigned = self
            .cases
            .members(case)
            .filter_map(|(_, entry)| entry.fact.assigned.as_ref())
            .max()?;
        Some(&assigned.agent)
    }

    fn give(&mut self, case: u64, agent: &str, at: i64) {
        let assigned = Assigned {
            at: time(at),
            agent: agent.into(),
        };
        self.cases
            .change_all(case, |fact| fact.assigned = Some(assigned.clone()));
    }

    /// How many cases each agent has.
    fn loads(&self) -> Loads {
        let mut loads = Loads::new();
        for agent in self
            .cases
            .assigned
            .iter()
            .filter_map(|(_, case)| self.agent_of(*case))
        {
            *loads.entry(agent.into()).or_default() += 1;
        }
        loads
    }

    fn most(&self, agent: &Agent) -> u32 {
        agent.capacity.unwrap_or(self.settings.load)
    }

    fn has_room(&self, agent: &Agent, loads: &Loads) -> bool {
        loads
            .get(agent.id.as_str())
            .is_none_or(|load| *load < self.most(agent))
    }

    fn needs(&self, case: u64) -> Needs {
        let mut topics: Vec<u16> = self
            .cases
            .members(case)
            .flat_map(|(_, entry)| entry.fact.topics.iter().copied())
            .collect();
        topics.sort_unstable();
        topics.dedup();
        let language = self
            .lead(case)
            .map(|(_, entry)| entry.fact.language())
            .unwrap_or_default();
        let names = &self.cases.keys;
        let keys = self.cases.members(case).flat_map(|(id, entry)| {
            let post = names.key(KeyKind::Post, id);
            entry.fact.keys(names, id).chain([post])
        });
        let last = keys
            .filter_map(|key| self.answers.get(key))
            .filter(|answered| answered.agent.is_some())
            .max();
        Needs {
            topics,
            language,
            last: last.and_then(|answered| answered.agent.clone()),
        }
    }

    fn fitting(&self, agent: &Agent, needs: &Needs, loads: &Loads) -> String {
        let load = loads.get(agent.id.as_str()).copied().unwrap_or_default();
        let most = self.most(agent);
        if needs.last.as_deref() == Some(agent.id.as_str()) {
            return format!("answered this person last, has {load} of {most} cases");
        }
        let topic = match needs.topics.is_empty() {
            true => "no topic to know",
            false => "knows the topic",
        };
        let language = match needs.language {
            Language::Und => "",
            known => known.code(),
        };
        let language = if language.is_empty() {
            String::new()
        } else {
            format!("writes {language}, ")
        };
        format!("{language}{topic}, has {load} of {most} cases")
    }

    /// The agent for a case, and why; or why there is none.
    fn choose(&self, case: u64, loads: &Loads) -> Result<(String, String), String> {
        let needs = self.needs(case);
        // Whoever answered this person last knows the case, so skills aren't asked for; only room
        // and the language.
        let last = needs.last.as_deref().and_then(|last| self.agents.get(last));
        if let Some(last) =
            last.filter(|last| self.has_room(last, loads) && last.writes(needs.language))
        {
            return Ok((last.id.clone(), self.fitting(last, &needs, loads)));
        }
        let (mut writing, mut knowing) = (0usize, 0usize);
        let mut best: Option<(&Arc<str>, &Agent, u64, u64)> = None;
        for (id, agent) in &self.agents {
            if !agent.writes(needs.language) {
                continue;
            }
            writing += 1;
            if !agent.knows(&needs.topics) {
                continue;
            }
            knowing += 1;
            if !self.has_room(agent, loads) {
                continue;
            }
            let load = loads.get(agent.id.as_str()).copied().unwrap_or_default();
            let (load, most) = (u64::from(load), u64::from(self.most(agent)));
            // load / most < least / of, in whole numbers; on a tie the first by identifier.
            if best.is_none_or(|(_, _, least, of)| load * of < least * most) {
                best = Some((id, agent, load, most));
            }
        }
        match best {
            Some((_, agent, ..)) => Ok((agent.id.clone(), self.fitting(agent, &needs, loads))),
            None if self.agents.is_empty() => Err("there are no agents".into()),
            None if writing == 0 => Err(format!("no agent writes {}", needs.language.code())),
            None if knowing == 0 => {
                Err("no agent who writes its language knows a topic of it".into())
            }
            None => Err(format!("all {knowing} who could take it are full")),
        }
    }

    /// The weightiest post of a case, the oldest of them.
    pub(super) fn lead(&self, case: u64) -> Option<(&Arc<str>, &super::Entry)> {
        let members = self.cases.members(case);
        members.max_by_key(|(id, entry)| {
            (
                entry.fact.needed,
                entry.fact.score,
                Reverse((entry.fact.created, (*id).clone())),
            )
        })
    }
}

/// What [`Queue::add_agent`] refuses of an agent.
pub(super) fn check(agent: &Agent) -> Result<()> {
    if agent.id.is_empty() || agent.id.len() > MAX_AGENT_BYTES {
        return Err(Error::settings(format!(
            "agent {:?} needs an identifier of 1 to {MAX_AGENT_BYTES} bytes; give one",
            agent.id
        )));
    }
    match agent.capacity {
        Some(0) => Err(Error::settings(format!(
            "agent {:?} has a capacity of 0 cases; write at least 1, or remove the agent",
            agent.id
        ))),
        _ => Ok(()),
    }
}
