//! Promises kept: how soon customers were answered first and again, and when it was solved, by
//! channel; where answers are known.

use std::collections::{BTreeMap, VecDeque};

use hearken::post::{Post, Role};
use hearken::service_level::ServiceLevels;
use hearken::triage::Level;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::collect::Answered;
use crate::fact::{Key, channel_of, key_of};
use crate::number::share;
use crate::page::Page;

/// Channels that are shown, the most frequent: a bound on the page, chosen by hand.
const MOST_CHANNELS: usize = 20;

/// Promises of an answer that were kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promises {
    /// Whether any answer is known; without one nobody can say what was kept.
    pub known: bool,
    /// By channel, the one with most waits first.
    pub channels: Vec<Channel>,
    /// Channels that are left out.
    pub more: u64,
}

/// What was kept on a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its name; none is that of posts without one.
    pub name: Option<String>,
    /// First answers, against what the channel promises.
    pub first: Kept,
    /// Answers to who wrote again, against the same promise.
    pub next: Kept,
    /// Matters of which their authors said that they are solved: how long after their first
    /// message. No channel promises that.
    pub solved: Spans,
}

/// Answers that were due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Given in time.
    pub kept: u64,
    /// Given too late, or not given and overdue.
    pub missed: u64,
    /// How long those that were given took.
    pub took: Spans,
}

/// Spans of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spans {
    /// How many.
    pub count: u64,
    /// The one in the middle, in milliseconds.
    pub median: Option<i64>,
}

/// A person, as far as posts tell: a customer, an account of a channel, or a post without either.
type Person = String;

/// Who waits.
#[derive(Debug)]
struct Wait {
    post: Option<Key>,
    channel: Option<String>,
    level: Level,
    since: i64,
    again: bool,
}

#[derive(Debug, Default)]
struct Counting {
    first: Tally,
    next: Tally,
    solved: Vec<i64>,
}

#[derive(Debug, Default)]
struct Tally {
    kept: u64,
    missed: u64,
    took: Vec<i64>,
}

/// Waits and their answers, in order of time.
#[derive(Debug)]
pub(crate) struct Waits {
    levels: ServiceLevels,
    /// Answers that are not in the stream, in order of time.
    answers: VecDeque<Answered>,
    known: bool,
    persons: BTreeMap<String, Person>,
    waiting: BTreeMap<Person, Wait>,
    /// When a person's matter began, and whether it was answered.
    begun: BTreeMap<Person, (i64, bool)>,
    channels: BTreeMap<Option<String>, Counting>,
}

impl Waits {
    pub(crate) fn new(levels: ServiceLevels, answers: Option<Vec<Answered>>) -> Waits {
        let known = answers.is_some();
        let mut answers = answers.unwrap_or_default();
        answers.sort_by_key(|answer| answer.at);
        Waits {
            levels,
            answers: answers.into(),
            known,
            persons: BTreeMap::new(),
            waiting: BTreeMap::new(),
            begun: BTreeMap::new(),
            channels: BTreeMap::new(),
        }
    }

    /// Takes a post in its turn; `waits` is the level of one that waits for an answer, and `solved`
    /// whether its author says that the matter is solved.
    pub(crate) fn take(&mut self, post: &Post<'_>, waits: Option<Level>, solved: bool) {
        let Some(at) = post.created_at else { return };
        self.pass(at);
        if post.role == Role::Agent {
            self.known = true;
            self.answer_of(post, at);
            return;
        }
        let person = self.person(post);
        if solved {
            self.waiting.remove(&person);
            if let Some((since, _)) = self.begun.remove(&person) {
                let channel = self.channels.entry(channel_of(post)).or_default();
                channel.solved.push(at.saturating_sub(since));
            }
        } else if let Some(level) = waits {
            let (_, again) = *self.begun.entry(person.clone()).or_insert((at, false));
            self.waiting.entry(person).or_insert_with(|| Wait {
                post: key_of(post),
                channel: channel_of(post),
                level,
                since: at,
                again,
            });
        }
    }

    /// A post waits no longer, for it is spam.
    pub(crate) fn withdraw(&mut self, post: &Key) {
        self.waiting
            .retain(|_, wait| wait.post.as_ref() != Some(post));
    }

    fn person(&mut self, post: &Post<'_>) -> Person {
        let channel = post.channel.as_deref().unwrap_or_default();
        let id = post.id.as_deref().unwrap_or_default().trim();
        let customer = post
            .customer
            .id
            .as_deref()
            .map(|id| format!("customer {id}"));
        let author = post
            .author
            .id
            .as_deref()
            .map(|id| format!("author {channel} {id}"));
        let person = customer
            .or(author)
            .unwrap_or_else(|| format!("post {channel} {id}"));
        for name in [Some(id), post.thread.as_deref()].into_iter().flatten() {
            // In a thread others are not answered with the one who began it.
            self.persons
                .entry(name.trim().to_owned())
                .or_insert_with(|| person.clone());
        }
        person
    }

    fn answer_of(&mut self, post: &Post<'_>, at: i64) {
        let customer = post
            .customer
            .id
            .as_deref()
            .map(|id| format!("customer {id}"));
        let known = |name: Option<&str>| self.persons.get(name?.trim()).cloned();
        let replied = known(post.in_reply_to.as_deref()).or_else(|| known(post.thread.as_deref()));
        for person in [customer, replied].into_iter().flatten() {
            self.answer(&person, at);
        }
    }

    /// Takes the answers that were given until then.
    fn pass(&mut self, at: i64) {
        while self.answers.front().is_some_and(|answer| answer.at < at) {
            let Some(answer) = self.answers.pop_front() else {
                break;
            };
            if let Some(person) = self.persons.get(answer.post.trim()).cloned() {
                self.answer(&person, answer.at);
            }
        }
    }

    fn answer(&mut self, person: &Person, at: i64) {
        let Some(wait) = self.waiting.remove(person) else {
            return;
        };
        if let Some((_, answered)) = self.begun.get_mut(person) {
            *answered = true;
        }
        let channel = wait.channel.as_deref();
        let is_kept = at <= self.levels.due(channel, Some(wait.level), wait.since);
        let took = self
            .levels
            .waited(channel, Some(wait.level), wait.since, at);
        let tally = self.tally(&wait);
        tally.took.push(took);
        match is_kept {
            true => tally.kept += 1,
            false => tally.missed += 1,
        }
    }

    fn tally(&mut self, wait: &Wait) -> &mut Tally {
        let counting = self.channels.entry(wait.channel.clone()).or_default();
        match wait.again {
            true => &mut counting.next,
            false => &mut counting.first,
        }
    }

    /// What was kept as of `now`.
    pub(crate) fn promises(mut self, now: Option<i64>) -> Promises {
        self.pass(now.map_or(i64::MAX, |now| now.saturating_add(1)));
        if !self.known {
            return Promises::default();
        }
        for wait in std::mem::take(&mut self.waiting).into_values() {
            let due = self
                .levels
                .due(wait.channel.as_deref(), Some(wait.level), wait.since);
            let is_late = now.is_some_and(|now| now > due);
            self.tally(&wait).missed += u64::from(is_late);
        }
        let mut channels: Vec<Channel> = self
            .channels
            .into_iter()
            .map(|(name, counting)| Channel {
                name,
                first: counting.first.kept(),
                next: counting.next.kept(),
                solved: spans(counting.solved),
            })
            .filter(|channel| channel.weight() > 0)
            .collect();
        channels.sort_by_key(|channel| std::cmp::Reverse(channel.weight()));
        let more = channels.len().saturating_sub(MOST_CHANNELS) as u64;
        channels.truncate(MOST_CHANNELS);
        Promises {
            known: true,
            channels,
            more,
        }
    }
}

impl Tally {
    fn kept(self) -> Kept {
        Kept {
            kept: self.kept,
            missed: self.missed,
            took: spans(self.took),
        }
    }
}

fn spans(mut spans: Vec<i64>) -> Spans {
    spans.sort_unstable();
    Spans {
        count: spans.len() as u64,
        median: spans.get(spans.len() / 2).copied(),
    }
}

impl Channel {
    fn weight(&self) -> u64 {
        let due = |kept: &Kept| kept.kept + kept.missed;
        due(&self.first) + due(&self.next) + self.solved.count
    }

    fn show(&self, page: &Page<'_>) -> Markup {
        let median = |spans: &Spans| {
            spans
                .median
                .map_or_else(String::new, |span| page.span(span))
        };
        let kept = |kept: &Kept| {
            let due = kept.kept + kept.missed;
            let share = (due > 0).then(|| page.percent(share(kept.kept, due)));
            html! {
                td.n { (page.n(kept.kept)) " / " (page.n(due)) }
                td.n { (share.unwrap_or_default()) }
                td.n { (median(&kept.took)) }
            }
        };
        html! {
            tr {
                td { bdi { (self.name.as_deref().unwrap_or(page.t("none"))) } }
                (kept(&self.first))
                (kept(&self.next))
                td.n { (page.n(self.solved.count)) }
                td.n { (median(&self.solved)) }
            }
        }
    }
}

impl Promises {
    pub(crate) fn show(&self, page: &Page<'_>) -> Markup {
        html! {
            section {
                h2 id="promises" { (page.t("promises")) }
                @if !self.known {
                    p.note { (page.t("promises.unknown")) }
                } @else {
                    p.note { (page.t("promises.how")) }
                    div.wide { table {
                        tr {
                            th {}
                            th.n colspan="3" { (page.t("promises.first")) }
                            th.n colspan="3" { (page.t("promises.next")) }
                            th.n colspan="2" { (page.t("promises.solved")) }
                        }
                        tr {
                            th {}
                            @for _ in 0..2 {
                                th.n { (page.t("promises.kept")) }
                                th.n { (page.t("share")) }
                                th.n { (page.t("promises.median")) }
                            }
                            th.n { (page.t("posts")) }
                            th.n { (page.t("promises.median")) }
                        }
                        @for channel in &self.channels { (channel.show(page)) }
                    } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn post(id: &'static str, at: i64, role: Role, reply: Option<&'static str>) -> Post<'static> {
        let mut post = Post::new("text");
        post.id = Some(id.into());
        post.created_at = Some(at * MINUTE);
        post.channel = Some("chat".into());
        post.role = role;
        post.in_reply_to = reply.map(Into::into);
        if role == Role::Customer {
            post.author.id = Some("u1".into());
        }
        post
    }

    #[test]
    fn first_and_next_answers_are_kept_or_missed_and_solved_is_timed() {
        let levels = ServiceLevels::from_toml(
            "[default]\ntarget = \"2 min\"\n[channel.chat]\ntarget = \"2 min\"",
        );
        let mut waits = Waits::new(levels.unwrap(), None);
        let low = Some(Level::Low);
        waits.take(&post("1", 0, Role::Customer, None), low, false);
        waits.take(&post("2", 1, Role::Customer, None), low, false);
        waits.take(&post("a", 2, Role::Agent, Some("1")), None, false);
        waits.take(&post("3", 10, Role::Customer, None), low, false);
        waits.take(&post("b", 15, Role::Agent, Some("3")), None, false);
        waits.take(&post("4", 20, Role::Customer, None), low, true);
        waits.take(&post("5", 30, Role::Customer, None), low, false);
        let promises = waits.promises(Some(60 * MINUTE));
        assert!(promises.known);
        let chat = &promises.channels[0];
        assert_eq!((chat.first.kept, chat.first.missed), (1, 1));
        assert_eq!((chat.next.kept, chat.next.missed), (0, 1));
        assert_eq!(
            chat.next.took,
            Spans {
                count: 1,
                median: Some(5 * MINUTE)
            }
        );
        assert_eq!(
            chat.solved,
            Spans {
                count: 1,
                median: Some(20 * MINUTE)
            }
        );
    }

    #[test]
    fn without_a_known_answer_nothing_is_said_to_be_missed() {
        let mut waits = Waits::new(ServiceLevels::bundled().unwrap(), None);
        waits.take(&post("1", 0, Role::Customer, None), Some(Level::Low), false);
        assert_eq!(waits.promises(Some(i64::MAX)), Promises::default());
        let answer = Answered {
            post: "1".to_owned(),
            channel: None,
            at: MINUTE,
        };
        let mut waits = Waits::new(ServiceLevels::bundled().unwrap(), Some(vec![answer]));
        waits.take(&post("1", 0, Role::Customer, None), Some(Level::Low), false);
        assert_eq!(waits.promises(Some(2 * MINUTE)).channels[0].first.kept, 1);
    }
}
