//! What was dropped to stay within the ceilings.

use serde::{Deserialize, Serialize};

use super::record::{Author, Thread};

/// Counts of what was dropped to stay within the ceilings, or on demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evicted {
    /// Persons.
    pub authors: u64,
    /// Of these the ones with a complaint without an answer.
    pub authors_open: u64,
    /// Threads.
    pub threads: u64,
    /// Of these the ones with a message without an answer.
    pub threads_open: u64,
    /// Replies, of which only the thread was known.
    pub replies: u64,
    /// Accounts that were joined to a customer.
    pub accounts: u64,
    /// Posts that would no longer be recognised if they came again.
    pub posts: u64,
}

impl Evicted {
    pub(super) fn add(&mut self, other: Evicted) {
        for (sum, count) in [
            (&mut self.authors, other.authors),
            (&mut self.authors_open, other.authors_open),
            (&mut self.threads, other.threads),
            (&mut self.threads_open, other.threads_open),
            (&mut self.replies, other.replies),
            (&mut self.accounts, other.accounts),
            (&mut self.posts, other.posts),
        ] {
            *sum = sum.saturating_add(count);
        }
    }

    pub(super) fn author(&mut self, author: &Author) {
        self.authors += 1;
        self.authors_open += u64::from(!author.open.is_empty());
    }

    pub(super) fn thread(&mut self, thread: &Thread) {
        self.threads += 1;
        self.threads_open += u64::from(!thread.waiting.is_empty());
    }
}
