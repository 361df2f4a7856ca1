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

/// Points that contacts, offers and spam must have together: without them it is a copy,
/// not an advertisement.
const SOLICITATION: i32 = 28;
/// Points of what is copied without asking for anything, by long texts of many throwaway accounts.
const PLANTED: i32 = 40;
/// Accounts, and percent of likeness, text and throwaway accounts that it takes.
const PLANTED_FROM: (u32, i32, i32, i32) = (10, 75, 100, 70);

/// The evidence of a cluster: points of each of [`PARTS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    pub(super) parts: [i32; PARTS.len()],
    planted: bool,
}

impl Evidence {
    pub(super) fn of(cluster: &Cluster) -> Evidence {
        let tally = &cluster.tally;
        let share = |count: u32, most: i32| share(u64::from(count), u64::from(tally.posts), most);
        let accounts = cluster.accounts();
        let crowd = [(3, 6), (5, 10), (10, 14), (30, 18), (100, 20)];
        let crowd = crowd
            .iter()
            .rev()
            .find(|(least, _)| accounts >= *least)
            .map_or(0, |(_, points)| *points);
        let posts = u64::from(tally.posts);
        let likeness = self::share(tally.likeness, 100 * posts, 100);
        let amount = self::share(tally.text, u64::from(Tally::ENOUGH) * posts, 100);
        // Two short texts that are alike say little.
        let text = 25 * likeness * amount / 10_000;
        let throwaway = match tally.known * 2 >= tally.posts {
            true => self::share(u64::from(tally.throwaway), u64::from(tally.known), 25),
            false => 0,
        };
        // Few contacts over many posts: handles and numbers tell more than links, and links more if
        // accounts were made for them.
        let recurrences = tally.recurrences.min(tally.contact);
        let personal = share(tally.personal.min(recurrences), 40);
        let other = share(
            recurrences.saturating_sub(tally.personal),
            15 + throwaway / 2,
        );
        let span = cluster
            .last_at
            .saturating_sub(cluster.first.map_or(cluster.last_at, |first| first.0));
        let speed = match span {
            ..HOUR => 10,
            span if span < 6 * HOUR => 6,
            _ => 3,
        };
        let offers = share(tally.offers, 12) + share(tally.disguised, 8);
        let spam = self::share(tally.spam, 100 * posts, 45);
        let planted = accounts >= PLANTED_FROM.0
            && likeness >= PLANTED_FROM.1
            && amount >= PLANTED_FROM.2
            && throwaway * 4 >= PLANTED_FROM.3;
        // The more the posts are suspected, the less their bad feeling is a customer's.
        let unsuspected = 100 - self::share(tally.spam * 2, 100 * posts, 100);
        let complaints = if planted {
            0
        } else {
            -share(tally.complaints, 60) * unsuspected / 100
        };
        let parts = [
            crowd,
            text,
            personal + other,
            offers,
            spam,
            throwaway,
            speed,
            complaints,
        ];
        Evidence { parts, planted }
    }

    pub(super) fn points(&self) -> i32 {
        self.parts.iter().sum::<i32>() + if self.planted { PLANTED } else { 0 }
    }

    /// Whether that is enough.
    pub(super) fn is_campaign(&self, cluster: &Cluster, settings: &Settings) -> bool {
        let tally = &cluster.tally;
        let [_, _, contacts, offers, spam, throwaway, ..] = self.parts;
        // Many may offer the same in the same words; of a campaign, few contacts, made accounts or
        // disguises are seen.
        let made = contacts >= 8 || throwaway >= 12 || tally.disguised * 3 >= tally.posts;
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

/// Why the cluster is what it is, in a sentence.
pub(super) fn reason(cluster: &Cluster) -> String {
    let tally = &cluster.tally;
    let evidence = Evidence::of(cluster);
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
