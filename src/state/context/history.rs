//! What was known before a post: facts, and short sentences about them.

use std::fmt::Write;
use std::sync::Arc;

use super::{Delivery, Gist};
pub(crate) use crate::time::span;

/// Fewest decayed posts of an author who is called a spammer: two, of which one may be most of a
/// half-life old (chosen by hand; not tuned).
const MIN_POSTS: f32 = 1.5;
/// Fewest decayed posts of an author who is no stranger. Chosen by hand; not tuned.
const ESTABLISHED: f32 = 3.0;
/// The share of spam from which on the author is called one (convention: at least half).
const MOSTLY_SPAM: f32 = 0.5;

/// What was known of a post's author and thread before it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// The time of the post, in milliseconds since the Unix epoch.
    pub at: i64,
    /// What was known of its author.
    pub author: AuthorHistory,
    /// What was known of its thread.
    pub thread: ThreadHistory,
    /// What the post means, if it only agrees and what it answers is known.
    pub inherited: Option<Gist>,
    /// Whether the post came before. Then the rest is what was known without it.
    pub again: Delivery,
    /// When it was written first, if it came before with a time.
    pub first: Option<i64>,
    /// Whether it is one of many headlines, and its author a feed: nobody waits for an answer.
    pub feed: bool,
}

/// What was known of a post's author.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct AuthorHistory {
    /// Posts, decayed: one of a half-life ago counts half.
    pub posts: f32,
    /// The share of spam among them, 0 to 1.
    pub spam: f32,
    /// The share of negative ones among them, 0 to 1.
    pub negative: f32,
    /// When they last wrote, in milliseconds since the Unix epoch.
    pub last: Option<i64>,
    /// Their complaints without an answer.
    pub unanswered: u32,
    /// When the first of these was written, in milliseconds since the Unix epoch.
    pub since: Option<i64>,
    /// Channels that they wrote in, in the order of their names.
    pub channels: Vec<Arc<str>>,
    /// Of the complaints without an answer the channels other than the post's, in the order
    /// of their names.
    pub tried: Vec<Arc<str>>,
}

/// What was known of a post's thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadHistory {
    /// Messages of customers.
    pub messages: u32,
    /// Of these the ones since the last answer, without spam.
    pub unanswered: u32,
    /// When the first of these was written, in milliseconds since the Unix epoch.
    pub since: Option<i64>,
    /// The post that this one answers.
    pub parent: Option<Gist>,
    /// The first post of the thread that is known.
    pub root: Option<Gist>,
}

impl AuthorHistory {
    /// Whether they wrote before, more than one copy for the day takes, and mostly no spam.
    pub(crate) fn is_established(&self) -> bool {
        self.posts >= ESTABLISHED && self.spam < MOSTLY_SPAM
    }

    /// Forgets what waits: the post is no contact.
    pub(super) fn set_no_wait(&mut self) {
        (self.unanswered, self.since) = (0, None);
        self.tried.clear();
    }
}

impl History {
    /// That the author wrote before and got no answer: `5th message in 34 hours without an answer;
    /// tried chat and twitter before`.
    pub fn repeat(&self) -> Option<String> {
        let since = self.author.since?;
        // The post itself is the next one after those that wait.
        let nth = ordinal(self.author.unanswered.saturating_add(1));
        let mut text = format!(
            "{nth} message in {} without an answer",
            span(self.at.saturating_sub(since))
        );
        if let Some((last, first)) = self.author.tried.split_last() {
            let joint = if first.is_empty() { "" } else { " and " };
            let _ = write!(text, "; tried {}{joint}{last} before", first.join(", "));
        }
        Some(text)
    }

    /// That the thread waits for an answer: `4th message of its thread; 3 in 2 hours
    /// without an answer`.
    pub fn waiting(&self) -> Option<String> {
        let since = self.thread.since?;
        let nth = ordinal(self.thread.messages.saturating_add(1));
        let span = span(self.at.saturating_sub(since));
        Some(format!(
            "{nth} message of its thread; {} in {span} without an answer",
            self.thread.unanswered
        ))
    }

    /// That the author is known for spam: `75 % of its author's last posts are spam`; from half of
    /// two posts on.
    pub fn spammer(&self) -> Option<String> {
        let known = self.author.posts >= MIN_POSTS && self.author.spam >= MOSTLY_SPAM;
        known.then(|| {
            format!(
                "{:.0} % of its author's last posts are spam",
                self.author.spam * 100.0
            )
        })
    }

    /// That the post only agrees with what it answers, so that its topics and sentiment
    /// are the parent's.
    pub fn agreement(&self) -> Option<&'static str> {
        self.inherited
            .map(|_| "agrees with what it answers: topics and sentiment are taken from there")
    }
}

/// `1st`, `2nd`, `11th` …
fn ordinal(number: u32) -> String {
    let end = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR;

    #[test]
    fn sentences() {
        let tried = ["chat", "twitter"].map(Arc::from).to_vec();
        let author = AuthorHistory {
            unanswered: 4,
            since: Some(0),
            tried,
            posts: 4.0,
            spam: 0.5,
            ..Default::default()
        };
        let thread = ThreadHistory {
            messages: 11,
            unanswered: 2,
            since: Some(33 * HOUR),
            ..Default::default()
        };
        let history = History {
            at: 34 * HOUR,
            author,
            thread,
            inherited: Some(Gist::default()),
            ..History::default()
        };
        assert_eq!(
            history.repeat().as_deref(),
            Some("5th message in 34 hours without an answer; tried chat and twitter before")
        );
        assert_eq!(
            history.waiting().as_deref(),
            Some("12th message of its thread; 2 in 1 hour without an answer")
        );
        assert_eq!(
            history.spammer().as_deref(),
            Some("50 % of its author's last posts are spam")
        );
        assert!(history.agreement().is_some());
        let none = History::default();
        assert_eq!(
            (
                none.repeat(),
                none.waiting(),
                none.spammer(),
                none.agreement()
            ),
            (None, None, None, None)
        );
    }

    #[test]
    fn ordinals_are_written_in_figures() {
        assert_eq!(
            [1, 2, 3, 4, 11, 12, 13, 21, 102, 111]
                .map(ordinal)
                .join(" "),
            { "1st 2nd 3rd 4th 11th 12th 13th 21st 102nd 111th" }
        );
    }
}
