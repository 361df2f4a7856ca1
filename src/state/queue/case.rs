//! Cases: which posts wait for one answer, as it follows from the posts that wait.
//!
//! A post belongs to the case of its person: the customer record, or the author, whose customer
//! record is taken from any other waiting post of theirs. A post in a thread belongs to the case of
//! whoever began the thread, as long as that post waits too. Nothing else joins: a bystander in a
//! thread doesn't tie the two people's other posts together, so cases can't grow into each other.
//! It is a function of the set of waiting posts, whatever order they came in.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use super::entry::{Entry, Fact};
use super::keys::{KeyKind, Keys};
use super::order::{Growth, Line, Order, Points, Ranked};
use crate::heap::{COUNTS, Heap, block, nodes, vector};
use crate::state::service_level::ServiceLevels;

/// A case that waits.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) ranked: Ranked,
    /// Why it waits, without what another line outdoes.
    pub(super) lines: Vec<Line>,
    /// Whether an agent is at work on it, and since when; then it is not in the order.
    pub(super) assigned: Option<i64>,
    /// When its last post was written, if none of them needs an answer; then it is not in
    /// the order either.
    pub(super) idle: Option<i64>,
    /// Whether it is a post that is suspected to be spam; then it is a case by itself, and idle.
    pub(super) suspected: bool,
}

impl Case {
    /// Whether one of its lines is due at `now`.
    pub(super) fn is_overdue(&self, now: i64) -> bool {
        self.lines.iter().any(|line| line.due <= now)
    }

    /// The points at the clock of the order, and the line that gives them; a case that needs no
    /// answer has those of its importance, and no line.
    pub(super) fn points(&self, order: &Order) -> Option<(Points, Option<&Line>)> {
        if self.idle.is_some() {
            return Some((Points::from_score(self.ranked.score), None));
        }
        let lines = self
            .lines
            .iter()
            .map(|line| (order.points(self.ranked.score, line), Some(line)));
        lines.max_by(|(one, _), (other, _)| one.cmp(other))
    }
}

/// The posts that wait, the cases that they form, and their order.
#[derive(Clone, Debug)]
pub(super) struct Cases {
    pub(super) levels: ServiceLevels,
    pub(super) keys: Keys,
    pub(super) posts: BTreeMap<Arc<str>, Entry>,
    /// Of how many waiting posts an author has a customer record, by author and record.
    customers: BTreeMap<(u64, u64), u32>,
    /// Posts that are written after the last time that the clock follows, by time.
    ahead: BTreeSet<(i64, Arc<str>)>,
    /// Posts by the keys of [`Fact::keys`].
    linked: BTreeSet<(u64, Arc<str>)>,
    /// Posts that are suspected to be spam, by time.
    spam: BTreeSet<(i64, Arc<str>)>,
    /// Posts of each case, the oldest first.
    members: BTreeSet<(u64, i64, Arc<str>)>,
    cases: BTreeMap<u64, Case>,
    pub(super) order: Order,
    /// Cases that nobody is at work on, apart from the deferred ones.
    pub(super) open: BTreeSet<u64>,
    pub(super) deferred: BTreeSet<u64>,
    /// Cases that an agent is at work on, by when that began.
    pub(super) assigned: BTreeSet<(i64, u64)>,
    /// Cases of which no post needs an answer and nobody is at work on: the more important first,
    /// then as [`Ranked`].
    idle: BTreeSet<(Reverse<u8>, Ranked)>,
    /// Cases that are suspected to be spam and that nobody is at work on, in the same order.
    suspected: BTreeSet<(Reverse<u8>, Ranked)>,
    /// Idle cases by the time of their last post.
    idle_since: BTreeSet<(i64, u64)>,
    /// The last time that the clock follows, and since when posts of a later one wait.
    clock: Option<(i64, i64)>,
    /// Cases that got posts since [`Cases::take_grown`].
    grown: BTreeSet<u64>,
    nothing: Arc<str>,
}

impl Heap for Cases {
    fn heap(&self) -> usize {
        // An identifier is one block, whichever sets have it.
        let posts = self.posts.iter();
        let posts = posts.map(|(id, entry)| block(COUNTS + id.len()) + entry.fact.heap());
        let lines = self
            .cases
            .values()
            .map(|case| vector::<Line>(case.lines.capacity()));
        let ranked = self.idle.len() + self.suspected.len();
        nodes::<Arc<str>, Entry>(self.posts.len())
            + posts.sum::<usize>()
            + nodes::<(u64, u64), u32>(self.customers.len())
            + nodes::<(u64, Arc<str>), ()>(self.linked.len())
            + nodes::<(i64, Arc<str>), ()>(self.spam.len() + self.ahead.len())
            + nodes::<(u64, i64, Arc<str>), ()>(self.members.len())
            + nodes::<u64, Case>(self.cases.len())
            + lines.sum::<usize>()
            + self.order.heap()
            + self.open.heap()
            + self.deferred.heap()
            + nodes::<(i64, u64), ()>(self.assigned.len() + self.idle_since.len())
            + nodes::<(Reverse<u8>, Ranked), ()>(ranked)
    }
}

impl Cases {
    pub(super) fn new(levels: ServiceLevels, growth: Growth, keys: Keys) -> Cases {
        Cases {
            keys,
            order: Order::new(growth, &levels),
            levels,
            posts: BTreeMap::new(),
            customers: BTreeMap::new(),
            ahead: BTreeSet::new(),
            linked: BTreeSet::new(),
            spam: BTreeSet::new(),
            members: BTreeSet::new(),
            cases: BTreeMap::new(),
            open: BTreeSet::new(),
            deferred: BTreeSet::new(),
            assigned: BTreeSet::new(),
            idle: BTreeSet::new(),
            suspected: BTreeSet::new(),
            idle_since: BTreeSet::new(),
            clock: None,
            grown: BTreeSet::new(),
            nothing: "".into(),
        }
    }

    /// Says what the last time is that the clock follows, and since when posts of a later one wait.
    pub(super) fn set_aside(&mut self, clock: Option<(i64, i64)>) {
        if clock == self.clock {
            return;
        }
        let limit = |clock: Option<(i64, i64)>| clock.map_or(i64::MAX, |(limit, _)| limit);
        let (before, now) = (limit(self.clock), limit(clock));
        self.clock = clock;
        let mut posts = std::mem::take(&mut self.ahead);
        // The clock goes on from day to day. Only when it finds out that it was wrong it goes
        // back, and then all posts are looked at.
        if now < before {
            let written = |(id, entry): (&Arc<str>, &Entry)| (entry.fact.created, id.clone());
            let later = self.posts.iter().map(written).filter(|(at, _)| *at > now);
            posts.extend(later);
        }
        let cases: BTreeSet<u64> = posts
            .iter()
            .filter_map(|(_, id)| self.case_of(id))
            .collect();
        posts.retain(|(at, _)| *at > now);
        self.ahead = posts;
        cases.into_iter().for_each(|case| self.refresh(case));
    }

    /// How many posts are written after the last time that the clock follows.
    pub(super) fn ahead(&self) -> usize {
        self.ahead.len()
    }

    /// Since when a post waits that was written at `created`: one with a wrong date would stand
    /// behind all others for years.
    pub(super) fn since(&self, created: i64) -> i64 {
        match self.clock {
            Some((limit, since)) if created > limit => since,
            _ => created,
        }
    }

    /// Moves the order to `now`, forward or back.
    pub(super) fn move_to(&mut self, now: i64) {
        self.order.move_to(now, &self.levels);
    }

    /// How many cases wait, those that are suspected to be spam left out.
    pub(super) fn len(&self) -> usize {
        self.cases.len() - self.suspected.len()
    }

    pub(super) fn get(&self, case: u64) -> Option<&Case> {
        self.cases.get(&case)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Case)> {
        self.cases.iter().map(|(case, found)| (*case, found))
    }

    /// The cases that need no answer, the more important first.
    pub(super) fn idle(&self) -> impl Iterator<Item = u64> {
        self.idle.iter().map(|(_, ranked)| ranked.case)
    }

    /// The cases that are suspected to be spam, the more important first.
    pub(super) fn suspected(&self) -> impl Iterator<Item = u64> {
        self.suspected.iter().map(|(_, ranked)| ranked.case)
    }

    /// How many cases are suspected to be spam.
    pub(super) fn suspected_count(&self) -> usize {
        self.suspected.len()
    }

    /// How many cases need no answer.
    pub(super) fn idle_count(&self) -> usize {
        self.idle.len()
    }

    /// The case that has needed no answer for the longest time, and when its last post was written.
    pub(super) fn oldest_idle(&self) -> Option<(i64, u64)> {
        self.idle_since.first().copied()
    }

    /// The case of a post that waits.
    pub(super) fn case_of(&self, id: &str) -> Option<u64> {
        self.posts.get(id)?.case
    }

    /// The posts of a case, the oldest first.
    pub(super) fn members(
        &self,
        case: u64,
    ) -> impl DoubleEndedIterator<Item = (&Arc<str>, &Entry)> {
        self.ids(case).filter_map(|id| self.posts.get_key_value(id))
    }

    /// The identifiers of the posts of a case, the oldest first.
    pub(super) fn ids(&self, case: u64) -> impl DoubleEndedIterator<Item = &Arc<str>> {
        let from = Bound::Included((case, i64::MIN, self.nothing.clone()));
        let to = case.checked_add(1).map_or(Bound::Unbounded, |next| {
            Bound::Excluded((next, i64::MIN, self.nothing.clone()))
        });
        self.members.range((from, to)).map(|(_, _, id)| id)
    }

    /// One of the cases that got posts since they were taken: a post that comes or goes may bring
    /// those of others into one case.
    pub(super) fn take_grown(&mut self) -> Option<u64> {
        self.grown.pop_first()
    }

    /// The posts that are found under a key, spam too, by identifier.
    pub(super) fn linked(&self, key: u64) -> impl Iterator<Item = (&Arc<str>, &Entry)> {
        let from = Bound::Included((key, self.nothing.clone()));
        let to = key.checked_add(1).map_or(Bound::Unbounded, |next| {
            Bound::Excluded((next, self.nothing.clone()))
        });
        self.linked
            .range((from, to))
            .filter_map(|(_, id)| self.posts.get_key_value(id))
    }

    /// The oldest of the posts that are suspected to be spam, and when it was written.
    pub(super) fn oldest_spam(&self) -> Option<(i64, Arc<str>)> {
        self.spam.first().cloned()
    }

    /// Adds a post, or changes what is known of it.
    pub(super) fn put(&mut self, id: Arc<str>, entry: Entry) {
        // Out first and then in: links and places of the old facts must not stay.
        self.take(&id);
        let (author, before) = (entry.fact.author, self.customer_of(entry.fact.author));
        for key in entry.fact.keys(&self.keys, &id) {
            self.linked.insert((key, id.clone()));
        }
        let created = entry.fact.created;
        if entry.fact.spam {
            self.spam.insert((created, id.clone()));
        }
        if self.clock.is_some_and(|(limit, _)| created > limit) {
            self.ahead.insert((created, id.clone()));
        }
        if let Some(record) = record(&entry.fact) {
            *self.customers.entry(record).or_default() += 1;
        }
        self.posts.insert(
            id.clone(),
            Entry {
                case: None,
                ..entry
            },
        );
        self.follow(id, author, before);
    }

    /// Changes what is known of a post without moving it to another case.
    pub(super) fn change(&mut self, id: &str, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.posts.get_mut(id) {
            change(entry);
            let case = entry.case;
            case.into_iter().for_each(|case| self.refresh(case));
        }
    }

    /// Defers a case of the order, or brings it back; it keeps its points.
    pub(super) fn defer(&mut self, case: u64, since: Option<i64>) {
        let (from, to) = match since {
            Some(_) => (&mut self.open, &mut self.deferred),
            None => (&mut self.deferred, &mut self.open),
        };
        if !from.remove(&case) {
            return;
        }
        to.insert(case);
        let oldest = self.ids(case).next().cloned();
        if let Some(entry) = oldest.and_then(|id| self.posts.get_mut(&id)) {
            entry.deferred = since;
        }
    }

    /// Changes what is known of every post of a case.
    pub(super) fn change_all(&mut self, case: u64, change: impl Fn(&mut Fact)) {
        let ids: Vec<Arc<str>> = self.ids(case).cloned().collect();
        for id in ids {
            if let Some(entry) = self.posts.get_mut(&id) {
                change(&mut entry.fact);
                // Of two facts about one post a merge keeps the one with more changes.
                entry.fact.changes = entry.fact.changes.saturating_add(1);
            }
        }
        self.refresh(case);
    }

    /// Takes a post out.
    pub(super) fn take(&mut self, id: &str) -> Option<Entry> {
        let author = self.posts.get(id)?.fact.author;
        let before = self.customer_of(author);
        let (id, entry) = self.posts.remove_entry(id)?;
        for key in entry.fact.keys(&self.keys, &id) {
            self.linked.remove(&(key, id.clone()));
        }
        self.spam.remove(&(entry.fact.created, id.clone()));
        self.ahead.remove(&(entry.fact.created, id.clone()));
        if let Some(record) = record(&entry.fact)
            && let Some(count) = self.customers.get_mut(&record)
        {
            *count -= 1;
            if *count == 0 {
                self.customers.remove(&record);
            }
        }
        if let Some(case) = entry.case {
            self.members.remove(&(case, entry.fact.created, id.clone()));
            self.refresh(case);
        }
        self.follow(id, author, before);
        Some(entry)
    }

    /// The customer record of an author, from any waiting post of theirs: the smallest key.
    fn customer_of(&self, author: Option<u64>) -> Option<u64> {
        let author = author?;
        // The smallest and not the latest: which it is must not depend on the order of the posts.
        let mut records = self.customers.range((author, 0)..=(author, u64::MAX));
        records.next().map(|((_, customer), _)| *customer)
    }

    /// The person who wrote a post; of nobody known, the post itself.
    fn person(&self, id: &str, fact: &Fact) -> u64 {
        let customer = fact.customer.or_else(|| self.customer_of(fact.author));
        customer
            .or(fact.author)
            .unwrap_or_else(|| self.keys.key(KeyKind::Post, id))
    }

    /// The post that began the thread of another, while it waits.
    pub(super) fn root(&self, fact: &Fact) -> Option<(&Arc<str>, &Entry)> {
        let (id, root) = self.posts.get_key_value(fact.thread.as_deref()?)?;
        (!root.fact.spam).then_some((id, root))
    }

    /// Whether a post in a thread is by the person who began it.
    pub(super) fn is_of_beginner(&self, id: &str, fact: &Fact) -> bool {
        self.root(fact)
            .is_some_and(|(root, entry)| self.person(root, &entry.fact) == self.person(id, fact))
    }

    fn home(&self, id: &str, fact: &Fact) -> Option<u64> {
        let (id, fact) = match self.root(fact) {
            // What is suspected waits by itself: it must not lift another case, nor hide in one.
            _ if fact.spam => return Some(self.keys.key(KeyKind::Post, id)),
            Some((root, entry)) => (&**root, &entry.fact),
            None => (id, fact),
        };
        Some(self.person(id, fact))
    }

    /// Moves the posts whose case may have changed with a post of `author`, whose customer
    /// record was `before`.
    fn follow(&mut self, id: Arc<str>, author: Option<u64>, before: Option<u64>) {
        // Whoever writes in the thread that the post began.
        let thread = self.linked(self.keys.key(KeyKind::Thread, &id));
        let mut moved: BTreeSet<Arc<str>> = thread.map(|(id, _)| id.clone()).collect();
        moved.insert(id);
        // A customer record joins all that its author wrote without it, and leaves with the last
        // post that has it; while it stays the same nobody else of the author's posts moves. What
        // moves is in the case that the author had, with what others wrote in their threads: a case
        // has a bounded number of posts, an author any number, as spam and in threads of others.
        if self.customer_of(author) != before {
            let case = before.or(author);
            moved.extend(case.into_iter().flat_map(|case| self.ids(case)).cloned());
        }
        let mut touched = BTreeSet::new();
        for id in moved {
            let Some(entry) = self.posts.get(&id) else {
                continue;
            };
            let (from, to, created) = (entry.case, self.home(&id, &entry.fact), entry.fact.created);
            if from != to {
                from.into_iter().for_each(|case| {
                    self.members.remove(&(case, created, id.clone()));
                });
                to.into_iter().for_each(|case| {
                    self.members.insert((case, created, id.clone()));
                    self.grown.insert(case);
                });
                touched.extend([from, to].into_iter().flatten());
                if let Some(entry) = self.posts.get_mut(&id) {
                    entry.case = to;
                }
            }
        }
        touched.into_iter().for_each(|case| self.refresh(case));
    }

    /// Brings a case and its place in the order up to date with its posts.
    fn refresh(&mut self, case: u64) {
        // The order finds a case by its old points, so it leaves before anything of it changes.
        self.displace(case);
        let Some((found, deferred)) = self.summary(case) else {
            return;
        };
        match (found.assigned, found.idle) {
            (Some(at), _) => {
                self.assigned.insert((at, case));
            }
            (None, Some(_)) if found.suspected => {
                let ranked = found.ranked.clone();
                self.suspected.insert((Reverse(ranked.score), ranked));
            }
            (None, Some(last)) => {
                let ranked = found.ranked.clone();
                self.idle.insert((Reverse(ranked.score), ranked));
                self.idle_since.insert((last, case));
            }
            (None, None) => {
                self.order.insert(&found.lines, &found.ranked);
                match deferred {
                    true => self.deferred.insert(case),
                    false => self.open.insert(case),
                };
            }
        }
        self.cases.insert(case, found);
    }

    /// Takes a case out of the order and the lanes.
    fn displace(&mut self, case: u64) {
        let Some(old) = self.cases.remove(&case) else {
            return;
        };
        match (old.assigned, old.idle) {
            (Some(at), _) => {
                self.assigned.remove(&(at, case));
            }
            (None, Some(_)) if old.suspected => {
                let score = Reverse(old.ranked.score);
                self.suspected.remove(&(score, old.ranked));
            }
            (None, Some(last)) => {
                let score = Reverse(old.ranked.score);
                self.idle.remove(&(score, old.ranked));
                self.idle_since.remove(&(last, case));
            }
            (None, None) => self.order.remove(&old.lines, &old.ranked),
        }
        self.open.remove(&case);
        self.deferred.remove(&case);
    }

    /// What follows for a case from its posts, and whether it is deferred; none where it has no
    /// posts. One pass over them.
    fn summary(&self, case: u64) -> Option<(Case, bool)> {
        let (oldest, first) = self.members(case).next()?;
        let mut needed = None;
        // The first post of each channel that needs an answer: a later one adds no line.
        let mut channels: Vec<(Option<&str>, i64)> = Vec::with_capacity(1);
        let (mut score, mut assigned, mut last) = (0, None, first.fact.created);
        for (id, entry) in self.members(case) {
            let fact = &entry.fact;
            // The gravest post decides: a friendly one that follows must not move the case back.
            score = score.max(fact.score);
            // Members of one case may have come from two queues that were merged: the later holds.
            assigned = assigned.max(fact.assigned.as_ref());
            last = fact.created;
            if fact.needed && !fact.spam {
                needed.get_or_insert((id, fact.created));
                let channel = fact.channel.as_deref();
                if channels.iter().all(|(known, _)| *known != channel) {
                    channels.push((channel, fact.created));
                }
            }
        }
        // The case waits since the first post that needs an answer.
        let (id, created) = needed.unwrap_or((oldest, first.fact.created));
        let found = Case {
            ranked: Ranked {
                first: created,
                id: id.clone(),
                case,
                score,
            },
            lines: self.lines(&channels, score),
            assigned: assigned.map(|assigned| assigned.at),
            idle: needed.is_none().then_some(last),
            suspected: first.fact.spam,
        };
        Some((found, first.deferred.is_some()))
    }

    /// Why a case of this importance waits: the first post of each channel, the oldest first, and
    /// the targets.
    fn lines(&self, channels: &[(Option<&str>, i64)], score: u8) -> Vec<Line> {
        let level = self.order.growth.level(score);
        let mut lines: Vec<Line> = Vec::with_capacity(1);
        for (channel, created) in channels {
            let target = self.levels.targeted(*channel, Some(level));
            // A line counts only if it has a shorter target than all before it of the same hours,
            // or of every hour: an older line with no longer target always gives more points.
            let outdone = |line: &Line| {
                line.target <= target.time && (line.hours == target.hours || line.hours == 0)
            };
            if !lines.iter().any(outdone) {
                let since = self.since(*created);
                lines.push(Line::new(&self.levels, *channel, level, since));
            }
        }
        lines
    }
}

/// The author of a post that waits and the customer record that it knows of them.
fn record(fact: &Fact) -> Option<(u64, u64)> {
    fact.author.zip(fact.customer).filter(|_| !fact.spam)
}
