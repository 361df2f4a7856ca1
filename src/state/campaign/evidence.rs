//! What makes a cluster a campaign: points of named parts, summed, and the sentence that says so.

use super::Settings;
use super::cluster::{Cluster, Tally};
use crate::time::HOUR;

/// The parts of the evidence.
pub(super) const PARTS: [&str; 8] = [
    "accounts",
    "text",
    "contacts",
    "offers",
    "spam",
    "throwaway",
    "speed",
    "complaints",
];

/// Points that contacts, offers and spam must have as a sum: without them a cluster is a copy,
/// not an advertisement. Chosen on generated streams (`cargo bench --bench campaign`); 18 and
/// 28 were tried.
const SOLICITATION: i32 = 28;

// The points of the parts and their steps below were chosen by hand on the generated streams of
// `cargo bench --bench campaign` and on the sample; `docs/measured/campaign.md` has what they find.

/// Points of what is copied without asking for anything, by long texts of many throwaway accounts.
const PLANTED: i32 = 40;
/// What planted text takes: accounts, and percent of likeness, of text and of throwaway accounts.
const PLANTED_FROM: Planted = Planted {
    accounts: 10,
    likeness: 75,
    amount: 100,
    throwaway: 70,
};
/// Fewest accounts of each step, and its points.
const CROWD: [(u32, i32); 5] = [(3, 6), (5, 10), (10, 14), (30, 18), (100, 20)];
/// Most points of likeness times amount of text.
const TEXT: i32 = 25;
/// Most points of recurring handles.
const HANDLES: i32 = 40;
/// Most points of other recurring contacts; half of those of throwaway accounts come on top.
const LINKS: i32 = 15;
/// Most points of offers, and of disguises.
const OFFERS: i32 = 12;
const DISGUISES: i32 = 8;
/// Most points of the mean probability of spam.
const SPAM: i32 = 45;
/// Most points of the share of throwaway accounts.
const THROWAWAY: i32 = 25;
/// The time from the first post to the last, and its points; [`SLOW`] points beyond.
const SPEED: [(i64, i32); 2] = [(HOUR, 10), (6 * HOUR, 6)];
const SLOW: i32 = 3;
/// Most points that complaints take off.
const COMPLAINTS: i32 = 60;
/// What looks centrally made: points of contacts or of throwaway accounts from which on it does,
/// and the share of disguised posts, as one in N.
const MADE_BY_CONTACTS: i32 = 8;
const MADE_BY_ACCOUNTS: i32 = 12;
const MADE_BY_DISGUISES: u32 = 3;

/// What planted text takes.
struct Planted {
    accounts: u32,
    likeness: i32,
    amount: i32,
    throwaway: i32,
}

/// Points for the number of accounts.
fn crowd(accounts: u32) -> i32 {
    CROWD
        .iter()
        .rev()
        .find(|(least, _)| accounts >= *least)
        .map_or(0, |(_, points)| *points)
}

/// Points for the time from the first post to the last.
fn speed(cluster: &Cluster) -> i32 {
    let span = cluster
        .last_at
        .saturating_sub(cluster.first.map_or(cluster.last_at, |first| first.0));
    SPEED
        .iter()
        .find(|(within, _)| span < *within)
        .map_or(SLOW, |(_, points)| *points)
}

/// The evidence of a cluster: points of each of [`PARTS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    pub(super) parts: [i32; PARTS.len()],
    planted: bool,
}

impl Evidence {
    pub(super) fn from_cluster(cluster: &Cluster) -> Evidence {
        let tally = &cluster.tally;
        let share = |count: u32, most: i32| share(u64::from(count), u64::from(tally.posts), most);
        let accounts = cluster.accounts();
        let posts = u64::from(tally.posts);
        let likeness = self::share(tally.likeness, 100 * posts, 100);
        let amount = self::share(tally.text, u64::from(Tally::ENOUGH) * posts, 100);
        // Two short texts may be alike by chance.
        let text = TEXT * likeness * amount / 10_000;
        // If little is known of most accounts, the few known ones say nothing about the others.
        let throwaway = match tally.known * 2 >= tally.posts {
            true => self::share(
                u64::from(tally.throwaway),
                u64::from(tally.known),
                THROWAWAY,
            ),
            false => 0,
        };
        // Few contacts over many posts: a handle belongs to one person, so it is stronger
        // evidence than a link or a number, which many share honestly unless accounts were made
        // to spread it.
        let recurrences = tally.recurrences.min(tally.contact);
        let personal = share(tally.personal.min(recurrences), HANDLES);
        let other = share(
            recurrences.saturating_sub(tally.personal),
            LINKS + throwaway / 2,
        );
        let offers = share(tally.offers, OFFERS) + share(tally.disguised, DISGUISES);
        let spam = self::share(tally.spam, 100 * posts, SPAM);
        let planted = accounts >= PLANTED_FROM.accounts
            && likeness >= PLANTED_FROM.likeness
            && amount >= PLANTED_FROM.amount
            && throwaway * 100 >= PLANTED_FROM.throwaway * THROWAWAY;
        // The more the posts are suspected, the less their bad feeling is a customer's.
        let unsuspected = 100 - self::share(tally.spam * 2, 100 * posts, 100);
        // Planted text may itself be a made-up complaint.
        let complaints = if planted {
            0
        } else {
            -share(tally.complaints, COMPLAINTS) * unsuspected / 100
        };
        let parts = [
            crowd(accounts),
            text,
            personal + other,
            offers,
            spam,
            throwaway,
            speed(cluster),
            complaints,
        ];
        Evidence { parts, planted }
    }

    pub(super) fn points(&self) -> i32 {
        self.parts.iter().sum::<i32>() + if self.planted { PLANTED } else { 0 }
    }

    /// Whether the cluster is a campaign: enough posts, accounts and points, and it solicits and
    /// looks centrally made, or is planted.
    pub(super) fn is_campaign(&self, cluster: &Cluster, settings: &Settings) -> bool {
        let tally = &cluster.tally;
        let [_, _, contacts, offers, spam, throwaway, ..] = self.parts;
        // Many may honestly offer the same in the same words. A campaign is centrally made: it has
        // few contacts, accounts made for it, or disguises.
        let made = contacts >= MADE_BY_CONTACTS
            || throwaway >= MADE_BY_ACCOUNTS
            || tally.disguised * MADE_BY_DISGUISES >= tally.posts;
        // Where no author is known, accounts can't be counted, and the other evidence decides.
        let crowd = cluster.accounts() >= settings.accounts || tally.nameless == tally.posts;
        tally.posts >= settings.posts
            && crowd
            && (self.planted || made && contacts + offers + spam >= SOLICITATION)
            && self.points() >= settings.threshold
    }
}

/// `most` times the share of `part` in `whole`, rounded.
fn share(part: u64, whole: u64, most: i32) -> i32 {
    (part * most as u64 * 2 + whole)
        .checked_div(whole * 2)
        .unwrap_or(0)
        .min(most as u64) as i32
}

/// The evidence in a sentence: posts, accounts, time, contacts, likeness, and the points
/// of each part.
pub(super) fn reason(cluster: &Cluster) -> String {
    let tally = &cluster.tally;
    let evidence = Evidence::from_cluster(cluster);
    let percent = |part: u64, whole: u64| share(part, whole, 100);
    let posts = u64::from(tally.posts);
    let mut reason = format!("{} posts of ", tally.posts);
    match cluster.accounts() {
        0 => reason += "accounts that are not known",
        1 => reason += "1 account",
        accounts => reason += &format!("{accounts} accounts"),
    }
    let first = cluster.first.map_or(cluster.last_at, |first| first.0);
    match cluster.last_at.saturating_sub(first) / (HOUR / 60) {
        minutes if minutes < 120 => reason += &format!(" in {minutes} minutes"),
        minutes => reason += &format!(" in {} hours", minutes / 60),
    }
    if tally.recurrences > 0 {
        let times = tally.recurrences;
        reason += &format!(
            "; {} contacts or links stand in them {times} times",
            tally.recurring
        );
    }
    reason += &format!(
        "; texts are {} % alike",
        percent(tally.likeness, 100 * posts)
    );
    reason += &format!(
        ", {} % of the posts are suspected",
        percent(u64::from(tally.suspects), posts)
    );
    if tally.known > 0 {
        reason += &format!(
            ", {} % of throwaway accounts",
            percent(u64::from(tally.throwaway), u64::from(tally.known))
        );
    }
    reason += &format!("; {} points:", evidence.points());
    for (name, points) in PARTS
        .iter()
        .zip(evidence.parts)
        .filter(|(_, points)| *points != 0)
    {
        reason += &format!(" {name} {points},");
    }
    if evidence.planted {
        reason += &format!(" planted {PLANTED},");
    }
    reason.pop();
    reason
}
