//! What becomes of a post that the queue is given.

use std::sync::Arc;

use super::entry::{self, Entry, Fact};
use super::{Outcome, Queue, Seen, Taken};
use crate::observation::Identity;
use crate::post::{Post, Role};
use crate::state::context::Delivery;
use crate::triage::Triage;

impl Queue {
    /// Takes a post. Posts are best given in order of time; their order makes no difference but for
    /// those without a time.
    ///
    /// A post without a time gets the [watermark](Queue::watermark), and so does an answer that is
    /// dated more than a year ahead of most posts. One whose identifier waits
    /// already replaces what was said of it.
    ///
    /// `identity` says who wrote it: that of the [`Observation`](crate::Observation).
    pub fn observe(&mut self, post: &Post<'_>, triage: &Triage, identity: &Identity) -> Taken {
        self.observe_seen(post, triage, identity, &Seen::default())
    }

    /// As [`Queue::observe`], with what the context knows of the post.
    pub(crate) fn observe_seen(
        &mut self,
        post: &Post<'_>,
        triage: &Triage,
        identity: &Identity,
        seen: &Seen,
    ) -> Taken {
        let outcome = self.take(post, triage, identity, seen);
        self.fold_grown();
        if seen.feed {
            self.set_headlines_aside(identity);
        }
        Taken {
            outcome,
            shed: self.shed(),
        }
    }

    /// Headlines of an author who turned out to be a feed need no answer.
    fn set_headlines_aside(&mut self, identity: &Identity) {
        let persons = [identity.author, identity.customer].into_iter();
        let needed = |(_, entry): &(&Arc<str>, &Entry)| entry.fact.headline && entry.fact.needed;
        let ids: Vec<Arc<str>> = persons
            .filter_map(entry::known)
            .flat_map(|person| self.cases.linked(person).filter(needed))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            self.change(&id, |fact| fact.needed = false);
        }
    }

    fn take(
        &mut self,
        post: &Post<'_>,
        triage: &Triage,
        identity: &Identity,
        seen: &Seen,
    ) -> Outcome {
        // Even spam and posts of agents show that time has passed.
        if let Some(at) = post.created_at {
            self.reach(at, identity.voice(&post.text));
        }
        // An answer that is dated more than a year ahead counts as if it had no time: it would
        // answer what nobody has read.
        let answers_ahead = |at: &i64| post.role == Role::Agent && self.clock.is_far(*at);
        let given = post.created_at.map(entry::time);
        let at = given.filter(|at| !answers_ahead(at));
        let Some(created) = at.or(self.watermark()) else {
            self.counts.undated += 1;
            return Outcome::Undated;
        };
        // A post is written when its first version is: an answer since then answers its edits.
        let created = seen
            .first
            .map_or(created, |first| created.min(entry::time(first)));
        let again = seen.again;
        if post.role == Role::Agent && again != Delivery::New {
            return Outcome::Unchanged;
        }
        if post.role == Role::Agent {
            self.counts.agent_posts += 1;
            return Outcome::Answers(self.agent_post(post, identity, created));
        }
        // Before spam is refused: a post that waits may be reported again, as spam.
        let id = self.cases.keys.id_of(post, created);
        let mut fact = Fact::from_post(post, triage, identity, &self.cases.keys, &id, created);
        fact.headline = seen.headline;
        // What was answered, shed or aged out does not come back by being delivered again.
        let waits = self.cases.posts.contains_key(&id);
        if again == Delivery::Older || (again == Delivery::Duplicate && !waits) {
            return Outcome::Unchanged;
        }
        if let Some(known) = self.cases.posts.get(&id) {
            // Of two facts about one post a merge takes the one with more changes, so a correction
            // counts as one; the agent at work on it goes on.
            let changes = known.fact.changes.saturating_add(1);
            (fact.changes, fact.assigned) = (changes, known.fact.assigned.clone());
            // An edit says when it was made; its author has waited since the post was written.
            fact.created = fact.created.min(known.fact.created);
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
        // Posts come in any order, so the answer may be known before the question, which must not
        // wait for a second one.
        if self.is_answered(&id, &fact) {
            self.counts.late += 1;
            return Outcome::AlreadyAnswered;
        }
        if fact.spam {
            self.counts.spam += 1;
            self.cases.put(id.clone(), Entry::new(fact));
            return Outcome::Spam;
        }
        if triage.is_solved() && (fact.author.is_some() || fact.customer.is_some()) {
            // A date far ahead would close for years what its author writes.
            if self.clock.is_far(created) {
                fact.created = self.watermark().unwrap_or(created);
            }
            return Outcome::Closes(self.close(&fact));
        }
        self.counts.queued += 1;
        self.cases.put(id.clone(), Entry::new(fact));
        let case = self.cases.case_of(&id);
        let is_idle = |case| self.cases.get(case).is_some_and(|case| case.idle.is_some());
        if case.is_some_and(is_idle) {
            return Outcome::Idle;
        }
        let most = self.settings.most_posts_of_case;
        match case.map_or(0, |case| {
            // Counted no further than decides the outcome.
            self.cases.ids(case).take(most + 1).count()
        }) {
            0 | 1 => Outcome::Queued,
            count if count > most => Outcome::Folded,
            _ => Outcome::Joined,
        }
    }
}
