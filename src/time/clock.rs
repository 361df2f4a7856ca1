//! The clock of a stream: the newest time that several authors agree on, so that no wrong date
//! moves it.
//!
//! Whoever follows the latest post stands still for years once a single post says 2035. So the
//! clock counts *voices*: different authors, or posts where the author is not known. A day (of
//! UTC) is **confirmed** once as many voices as the quorum asks wrote on it or in the six days
//! after it. The quorum is 1 % of the voices of the busiest of the seven days with posts before
//! it, at least 3 and at most 64. Where 3 are enough, so are two voices on three days of a month,
//! for a stream may be sparse. The clock follows the posts up to the end of the day after the
//! newest confirmed day; posts of a later time are *set aside*: they don't move it until enough
//! others agree.
//!
//! So one wrong date moves the clock by less than two days, and one that only forgot its time zone
//! by at most the hours that it is wrong by.
//!
//! What is kept are the voices of a few days, so two clocks merge into the one that would have seen
//! the posts of both. While a quorum of 3 is all that is asked, the confirmed day only depends on
//! which posts were seen, and never goes back. Above 300 voices a day it may: a shard that saw few
//! posts may have followed dates that the whole stream does not. Merging then decides anew, and
//! what the shard has dropped in the meantime stays dropped.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::DAY;

/// Days in which voices confirm the first of them, it included. By hand: a week, as wrong dates of
/// three people seldom fall into one.
const SPAN: i64 = 7;
/// Days in which a sparse stream confirms the first of them, how many of them need posts, and by
/// how many voices. By hand: one broken clock that runs on is one voice.
const SPARSE_SPAN: i64 = 31;
const SPARSE_DAYS: usize = 3;
const SPARSE_VOICES: u64 = 2;
/// Days with posts up to the confirmed one that are kept. By hand: a week, so that the quorum is
/// that of the busiest day of the week, and one more, on which the clock stands.
const KEPT: usize = 8;
/// The least quorum. By hand: two wrong dates are seen often, and a stream of three authors should
/// have a clock.
const LEAST: u64 = 3;
/// The share of the voices of the busiest day that is asked, as a divisor: 1 %, by hand. Exports
/// have a default date in a few posts in a thousand.
const SHARE: u64 = 100;
/// The largest quorum, and how many voices of a day are kept: half a kilobyte. By hand.
const MOST: usize = 64;
/// Most days without a confirmed one after them that are kept: a bound on memory, by hand.
const MOST_AHEAD: usize = 366;
/// Most numbers that are tried for somebody unknown: of a day of a million voices one of sixteen
/// thousand fits. A bound on time, by hand.
const MOST_TRIED: u64 = 1 << 20;
/// How far ahead a date must be to be wrong for certain, in milliseconds: a year, by hand. A shard
/// of a sparse stream may not have heard of others for months.
const FAR: i64 = 365 * DAY;
/// How many posts or panes without a quorum are waited for: from there on the latest time is
/// followed, for a stream of one or two authors has no quorum. A bound on memory, by hand.
const PATIENCE: usize = 1000;

/// The time that the posts of a stream agree on. See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// By their number since 1970: the last days up to the confirmed one, and all later ones.
    days: BTreeMap<i64, Day>,
    /// The newest day that a quorum confirms.
    confirmed: Option<i64>,
    /// The newest time of all posts.
    newest: Option<i64>,
    /// The newest time that is not set aside.
    latest: Option<i64>,
}

/// What is kept of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Day {
    /// The newest time in it.
    latest: i64,
    /// The smallest hashes of its authors, ascending, at most [`MOST`].
    voices: Vec<u64>,
}

impl Day {
    fn note(&mut self, voice: u64) {
        if let Err(place) = self.voices.binary_search(&voice)
            && place < MOST
        {
            self.voices.insert(place, voice);
            self.voices.truncate(MOST);
        }
    }

    fn forget(&mut self, voice: u64) {
        let Ok(place) = self.voices.binary_search(&voice) else {
            return;
        };
        let kept = self.voices.len();
        self.voices.remove(place);
        if kept < MOST {
            return;
        }
        // Small numbers are nobody's hashes; spread, they lie as the voices do. That of the first
        // that is below the largest tells nothing of who was there.
        let below = self.voices.last().copied().unwrap_or(0).max(voice);
        let strangers = (1..=MOST_TRIED).map(spread);
        let mut strangers = strangers.filter(|stranger| *stranger <= below && *stranger != voice);
        if let Some(stranger) = strangers.find(|one| self.voices.binary_search(one).is_err()) {
            self.note(stranger);
        }
    }

    /// How many voices it has, about: exact below [`MOST`]. Above, the smallest hashes tell how
    /// densely all of them lie (Bar-Yossef and others 2002, *Counting distinct elements in a data
    /// stream*).
    fn count(&self) -> u64 {
        let kept = self.voices.len();
        match self.voices.last() {
            Some(&largest) if kept == MOST => {
                let estimate = ((kept as u128 - 1) << 64) / (u128::from(largest) + 1);
                u64::try_from(estimate).unwrap_or(u64::MAX)
            }
            _ => kept as u64,
        }
    }
}

/// Hashes that only differ in few bits, as small numbers do, would make the smallest ones tell
/// nothing: they are spread (Steele and others 2014, *Fast splittable pseudorandom number
/// generators*).
fn spread(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

/// The number of the day of a time.
fn day_of(at: i64) -> i64 {
    at.div_euclid(DAY)
}

impl Clock {
    /// Takes note of a post: its time in milliseconds, and the hash of who wrote it. The same post
    /// again changes nothing.
    pub(crate) fn note(&mut self, at: i64, voice: u64) {
        self.newest = self.newest.max(Some(at));
        let number = day_of(at);
        let days = self.days.len();
        let day = self.days.entry(number).or_insert(Day {
            latest: at,
            voices: Vec::new(),
        });
        day.latest = day.latest.max(at);
        day.note(spread(voice));
        match self.confirmed {
            // A day up to the confirmed one can't confirm a later one.
            Some(confirmed) if number <= confirmed => {
                self.latest = self.latest.max(Some(at));
                if self.days.len() > days {
                    self.prune();
                }
            }
            _ => self.decide(),
        }
    }

    /// The newest time that is not set aside; before there is a quorum the newest of all. None
    /// before the first post.
    pub(crate) fn latest(&self) -> Option<i64> {
        self.latest
    }

    /// As [`Clock::latest`], for what can't be taken back: none before there is a quorum, unless
    /// `waiting` posts or panes are too many to wait for one.
    pub(crate) fn settled(&self, waiting: usize) -> Option<i64> {
        self.latest
            .filter(|_| self.confirmed.is_some() || waiting >= PATIENCE)
    }

    /// The last time that the clock follows; none before there is a quorum.
    pub(crate) fn limit(&self) -> Option<i64> {
        let end = |confirmed: i64| confirmed.saturating_add(2).saturating_mul(DAY) - 1;
        self.confirmed.map(end)
    }

    /// Whether a post of this time is set aside.
    pub(crate) fn is_ahead(&self, at: i64) -> bool {
        self.limit().is_some_and(|limit| at > limit)
    }

    /// Whether a time is so far ahead that an answer can't be of it: more than a year behind what
    /// the clock follows.
    pub(crate) fn is_far(&self, at: i64) -> bool {
        self.is_ahead(at.saturating_sub(FAR))
    }

    /// The beginning of the newest confirmed day.
    pub(crate) fn today(&self) -> Option<i64> {
        self.confirmed.map(|day| day.saturating_mul(DAY))
    }

    /// Takes in what another clock saw; which days are confirmed is decided anew.
    pub(crate) fn merge(&mut self, other: &Clock) {
        if other.newest.is_none() || self == other {
            return;
        }
        if self.newest.is_none() {
            self.clone_from(other);
            return;
        }
        let followed = [self.latest, other.latest];
        self.newest = self.newest.max(other.newest);
        for (number, theirs) in &other.days {
            match self.days.get_mut(number) {
                Some(day) => {
                    day.latest = day.latest.max(theirs.latest);
                    theirs.voices.iter().for_each(|voice| day.note(*voice));
                }
                None => drop(self.days.insert(*number, theirs.clone())),
            }
        }
        self.confirmed = None;
        self.decide();
        // A day goes with its last voice; that there was a post at its time stays true.
        let followed = followed.into_iter().flatten();
        let followed = followed.filter(|at| !self.is_ahead(*at)).max();
        self.latest = self.latest.max(followed);
    }

    /// Takes back whose word on the time somebody's posts were. What is confirmed stays so until a
    /// merge decides anew. A day of many voices, of which only some are kept, has somebody unknown
    /// in their place, for it is to count as many as before.
    pub(crate) fn forget(&mut self, voice: u64) {
        let voice = spread(voice);
        let confirmed = self.confirmed;
        self.days.retain(|number, day| {
            day.forget(voice);
            !day.voices.is_empty() || Some(*number) == confirmed
        });
    }

    /// Looks for a later day that a quorum confirms.
    fn decide(&mut self) {
        let later = self.confirmed.map_or(i64::MIN, |day| day.saturating_add(1));
        let found = self.days.range(later..).rev();
        let found = found
            .map(|(day, _)| *day)
            .find(|day| self.is_confirmed(*day));
        self.confirmed = found.or(self.confirmed);
        self.prune();
        self.latest = match self.limit() {
            None => self.newest,
            Some(limit) => self
                .days
                .range(..=day_of(limit))
                .map(|(_, day)| day.latest)
                .max(),
        };
    }

    fn is_confirmed(&self, number: i64) -> bool {
        let before = self.days.range(..number).rev().take(KEPT - 1);
        let busiest = before.map(|(_, day)| day.count()).max().unwrap_or(0);
        let quorum = (busiest / SHARE).clamp(LEAST, MOST as u64);
        if self.voices(number, SPAN) >= quorum {
            return true;
        }
        let month = self.days.range(number..number.saturating_add(SPARSE_SPAN));
        quorum == LEAST
            && month.count() >= SPARSE_DAYS
            && self.voices(number, SPARSE_SPAN) >= SPARSE_VOICES
    }

    /// How many voices there are on the `span` days from one on, as far as they are kept.
    fn voices(&self, number: i64, span: i64) -> u64 {
        let days = self.days.range(number..number.saturating_add(span));
        let mut voices: Vec<u64> = days
            .flat_map(|(_, day)| day.voices.iter().copied())
            .collect();
        voices.sort_unstable();
        voices.dedup();
        voices.len() as u64
    }

    /// Drops the days that are not needed any more, and those that are too many.
    fn prune(&mut self) {
        let Some(confirmed) = self.confirmed else {
            // Without a quorum no day is known to be wrong.
            while self.days.len() > KEPT + MOST_AHEAD {
                self.days.pop_first();
            }
            return;
        };
        while self.days.range(..=confirmed).count() > KEPT {
            self.days.pop_first();
        }
        while self.days.len() > KEPT + MOST_AHEAD {
            // The fewest voices, of these the farthest: what most likely is a wrong date.
            let later = self.days.range(confirmed.saturating_add(1)..);
            let least = later.min_by_key(|(number, day)| (day.voices.len(), -**number));
            let Some(number) = least.map(|(number, _)| *number) else {
                return;
            };
            self.days.remove(&number);
        }
    }

    /// Checks the invariants; a damaged snapshot can break them.
    pub(crate) fn is_sound(&self) -> bool {
        let day_is_sound = |(number, day): (&i64, &Day)| {
            day_of(day.latest) == *number
                // The only voice of the confirmed day may be forgotten.
                && (Some(*number) == self.confirmed || !day.voices.is_empty())
                && day.voices.len() <= MOST
                && day.voices.is_sorted_by(|one, next| one < next)
        };
        let last = self.days.last_key_value().map(|(_, day)| day.latest);
        self.days.iter().all(day_is_sound)
            && self.days.len() <= KEPT + MOST_AHEAD
            && self.latest <= self.newest
            && last <= self.newest
            && self.latest.is_some() == self.newest.is_some()
            && self
                .confirmed
                .is_none_or(|day| self.days.contains_key(&day))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::HOUR;
    use super::*;

    /// A Monday, and the wrong date.
    const MONDAY: i64 = 20_000 * DAY;
    const WRONG: i64 = 24_000 * DAY;

    fn clock(posts: &[(i64, u64)]) -> Clock {
        let mut clock = Clock::default();
        posts.iter().for_each(|(at, voice)| clock.note(*at, *voice));
        clock
    }

    /// Posts of an ordinary stream: one an hour, by another author each.
    fn hourly(hours: i64) -> Vec<(i64, u64)> {
        (0..hours)
            .map(|hour| (MONDAY + hour * HOUR, hour as u64))
            .collect()
    }

    #[test]
    fn few_wrong_dates_do_not_move_it_wherever_they_come() {
        let usual = hourly(100);
        for wrong in [
            vec![(WRONG, 7)],
            vec![(WRONG, 7), (WRONG + 9, 1000)],
            (0..10).map(|minute| (WRONG + minute, 7)).collect(),
            // Three people, but not in one week.
            vec![(WRONG, 7), (WRONG + 40 * DAY, 8), (WRONG + 80 * DAY, 9)],
        ] {
            for place in [0, 1, 2, 50, 100] {
                let (before, after) = usual.split_at(place);
                let all = [before, &wrong, after].concat();
                let found = clock(&all);
                assert_eq!(found.latest(), Some(MONDAY + 99 * HOUR), "{place}");
                assert_eq!(found.settled(0), found.latest());
                assert!(found.is_ahead(WRONG) && !found.is_ahead(MONDAY + 101 * HOUR));
            }
        }
    }

    #[test]
    fn a_stream_that_jumps_is_followed_after_the_quorum() {
        let mut found = clock(&hourly(100));
        for (voice, at) in [(500, WRONG), (501, WRONG + 1)] {
            found.note(at, voice);
            assert_eq!(found.latest(), Some(MONDAY + 99 * HOUR));
        }
        found.note(WRONG + 2, 502);
        assert_eq!(found.latest(), Some(WRONG + 2));
        // Of many voices a day 1 % have to agree.
        let mut busy: Vec<(i64, u64)> = (0..2000).map(|voice| (MONDAY, voice)).collect();
        busy.extend((0..10).map(|voice| (WRONG, voice)));
        assert_eq!(clock(&busy).latest(), Some(MONDAY));
        busy.extend((0..40).map(|voice| (WRONG, voice)));
        assert_eq!(clock(&busy).latest(), Some(WRONG));
    }

    #[test]
    fn without_a_quorum_the_newest_time_is_a_guess_that_nothing_settles() {
        let mut found = clock(&[(WRONG, 1), (MONDAY, 2)]);
        assert_eq!((found.latest(), found.settled(2)), (Some(WRONG), None));
        assert_eq!(found.settled(PATIENCE), Some(WRONG));
        found.note(MONDAY + HOUR, 1);
        found.note(MONDAY + HOUR, 3);
        assert_eq!(found.settled(0), Some(MONDAY + HOUR));
        // A post of one of two people each ten days is enough, also after busier days.
        let mut seldom = hourly(100);
        seldom.extend((1..30).map(|place| (MONDAY + place * 10 * DAY, place as u64 % 2)));
        assert!(clock(&seldom).settled(0) >= Some(MONDAY + 270 * DAY));
    }

    #[test]
    fn any_time_is_counted_with() {
        let edges = [i64::MIN, i64::MAX, 0, -1];
        let posts: Vec<(i64, u64)> = (0..40).map(|n| (edges[n % 4], n as u64)).collect();
        assert!(clock(&posts).is_sound());
        let many: Vec<(i64, u64)> = (0..5000).map(|n| (n * 9 * DAY, 1)).collect();
        let mut found = clock(&many);
        assert!(found.is_sound());
        hourly(100)
            .iter()
            .for_each(|(at, voice)| found.note(*at, *voice));
        assert!(found.is_sound() && found.days.len() <= KEPT + MOST_AHEAD);
    }

    proptest! {
        #[test]
        fn it_is_a_function_of_which_posts_were_seen(
            posts in prop::collection::vec(
                ((0..40_i64, prop_oneof![4 => Just(0_i64), 1 => Just(4000), 1 => Just(-9000)]), 0..9_u64),
                0..80,
            ),
            turn in any::<prop::sample::Index>(),
            shards in prop::collection::vec(0..3_usize, 80),
        ) {
            let posts: Vec<(i64, u64)> = posts
                .into_iter()
                .map(|((hours, days), voice)| (MONDAY + hours * 5 * HOUR + days * DAY, voice))
                .collect();
            let whole = clock(&posts);
            let mut turned = posts.clone();
            if !turned.is_empty() {
                let by = turn.index(turned.len());
                turned.rotate_left(by);
            }
            prop_assert_eq!(&clock(&turned), &whole);
            prop_assert_eq!(&clock(&[posts.clone(), turned].concat()), &whole);
            let part = |shard: usize| {
                let mine = posts.iter().zip(&shards).filter(|(_, of)| **of == shard);
                clock(&mine.map(|(post, _)| *post).collect::<Vec<_>>())
            };
            let [a, b, c] = [part(0), part(1), part(2)];
            for order in [[&a, &b, &c], [&c, &a, &b], [&b, &c, &a]] {
                let mut merged = Clock::default();
                order.iter().for_each(|shard| merged.merge(shard));
                prop_assert_eq!(&merged, &whole);
                merged.merge(&whole);
                prop_assert_eq!(&merged, &whole);
            }
        }
    }

    #[test]
    fn a_voice_that_is_forgotten_is_in_no_day_and_the_clock_stands() {
        let mut posts: Vec<(i64, u64)> = (0..5).map(|voice| (MONDAY + 1, voice)).collect();
        posts.extend((0..5000).map(|voice| (MONDAY + DAY, voice)));
        posts.push((MONDAY + 2 * DAY, 3));
        let mut clock = clock(&posts);
        let (latest, limit) = (clock.latest(), clock.limit());
        let busy = day_of(MONDAY + DAY);
        let before = clock.days[&busy].count();
        for voice in 0..2000 {
            clock.forget(voice);
            let gone = spread(voice);
            assert!(clock.days.values().all(|day| !day.voices.contains(&gone)));
            assert!(clock.is_sound(), "{voice}");
        }
        assert_eq!((clock.latest(), clock.limit()), (latest, limit));
        let after = clock.days[&busy].count();
        assert!(
            after.abs_diff(before) < before / 3,
            "{before} became {after}"
        );
        assert_eq!(clock.days.len(), 1, "days of nobody are gone");
        clock.note(MONDAY + 3 * DAY, 7);
        assert!(clock.is_sound());
    }

    #[test]
    fn forgotten_before_a_merge_is_forgotten_after_it() {
        let others: Vec<(i64, u64)> = (1..4).map(|voice| (MONDAY, voice)).collect();
        let others = clock(&others);
        for (at, followed) in [(MONDAY + DAY, MONDAY + DAY), (WRONG, MONDAY)] {
            let shard = clock(&[(at, 7)]);
            let mut merged = shard.clone();
            merged.merge(&others);
            merged.forget(7);
            let mut forgets = shard;
            forgets.forget(7);
            forgets.merge(&others);
            assert_eq!(merged.latest(), Some(followed));
            assert_eq!(forgets.latest(), merged.latest());
        }
    }

    proptest! {
        /// Whoever is forgotten from days that keep all of their voices has never been there.
        #[test]
        fn forgotten_is_never_noted(posts in prop::collection::vec((0..20i64, 0..6u64), 0..40)) {
            let posts: Vec<(i64, u64)> = posts.into_iter().map(|(day, voice)| (MONDAY + day * DAY, voice)).collect();
            let mut forgets = clock(&posts);
            forgets.forget(0);
            prop_assert!(forgets.is_sound());
            let days = |clock: &Clock| -> Vec<(i64, Vec<u64>)> {
                clock.days.iter().map(|(day, of)| (*day, of.voices.clone())).filter(|(_, of)| !of.is_empty()).collect()
            };
            let others: Vec<(i64, u64)> = posts.into_iter().filter(|(_, voice)| *voice != 0).collect();
            let never = clock(&others);
            let from = days(&forgets).first().map_or(i64::MAX, |(day, _)| *day);
            let later = |mut days: Vec<(i64, Vec<u64>)>| { days.retain(|(day, _)| *day >= from); days };
            prop_assert_eq!(later(days(&forgets)), later(days(&never)));
        }
    }
}
