//! What is kept, and what makes a campaign.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::within;
use crate::time::{days, milliseconds, span_text};

/// What is kept, and what makes a campaign.
///
/// The defaults were chosen by hand on the generated streams of `cargo bench --bench campaign` and
/// on the sample; `docs/measured/campaign.md` has what they find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How long a post is kept, in event time; at least a minute.
    #[serde(with = "span_text")]
    pub window: Duration,
    /// Most posts that are kept, 1 to 2³¹; the oldest leave. A post takes some 450
    /// bytes, and at most some 2,500 with contacts, words and a long identifier.
    pub capacity: usize,
    /// Fewest posts of a campaign, at least 2.
    pub posts: u32,
    /// Fewest accounts of a campaign, at least 2. Posts whose authors are not known count neither
    /// as one nor as many: where no author is known, the other evidence decides.
    pub accounts: u32,
    /// Points of evidence from which on a cluster is a campaign, at least 1; 70 and 75 were tried.
    pub threshold: i32,
    /// Resemblance from which on the texts of two posts link them, 1 to 100 percent.
    pub alike: u8,
    /// Resemblance from which on the texts of two suspected posts link them, and of two that share
    /// a contact, 1 to 100 percent. With the same threshold for all posts, 59 % of a generated
    /// background was linked with a campaign.
    pub alike_suspected: u8,
    /// Oldest account that may be a throwaway one.
    #[serde(with = "span_text")]
    pub throwaway_age: Duration,
    /// Most followers of such an account.
    pub throwaway_followers: u64,
}

impl Default for Settings {
    /// A day and 200,000 posts (some 90 MB); five posts of three accounts and 70 points; 60 and
    /// 25 percent; 30 days and 50 followers.
    fn default() -> Settings {
        Settings {
            window: days(1),
            capacity: 200_000,
            posts: 5,
            accounts: 3,
            threshold: 70,
            alike: 60,
            alike_suspected: 25,
            throwaway_age: days(30),
            throwaway_followers: 50,
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<()> {
        // Slots are numbered by 32 bits, and the largest number stands for none.
        const MAX_CAPACITY: usize = 1 << 31;
        within(
            "campaign.window",
            self.window,
            Duration::from_secs(60)..,
            "at least a minute (60s)",
        )?;
        within(
            "campaign.capacity",
            self.capacity,
            1..=MAX_CAPACITY,
            "1 to 2147483648 posts",
        )?;
        within("campaign.posts", self.posts, 2.., "at least 2")?;
        within("campaign.accounts", self.accounts, 2.., "at least 2")?;
        within(
            "campaign.threshold",
            self.threshold,
            1..,
            "at least 1 point",
        )?;
        within("campaign.alike", self.alike, 1..=100, "1 to 100 percent")?;
        within(
            "campaign.alike_suspected",
            self.alike_suspected,
            1..=100,
            "1 to 100 percent",
        )
    }

    /// The length of the window in milliseconds.
    pub(super) fn window_ms(&self) -> i64 {
        milliseconds(self.window)
    }
}
