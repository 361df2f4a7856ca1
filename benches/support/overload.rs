//! A seeded simulation of a team with more posts than it can answer, under several policies of what
//! to answer next.

#[path = "draws.rs"]
mod draws;

use std::cmp::Reverse;
use std::collections::BTreeMap;

pub(crate) use draws::Draws;
use hearken::importance::{Importance, Level, Part};
use hearken::observation::Identities;
use hearken::queue::{Queue, Settings, Taken};
use hearken::service_level::ServiceLevels;
use hearken::triage::Polarity;
use hearken::{Post, Triage};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// Scores from which a post is medium, high and critical.
pub(crate) const LEVELS: [u8; 3] = [25, 50, 75];
const BEGIN: i64 = 1_772_409_600_000; // 2026-03-02, midnight UTC

/// A post that comes.
pub(crate) struct Arrival {
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) channel: &'static str,
    pub(crate) score: u8,
}

impl Arrival {
    pub(crate) fn post(&self) -> Post<'_> {
        Post {
            id: Some(self.id.as_str().into()),
            created_at: Some(self.at),
            channel: Some(self.channel.into()),
            ..Post::new("")
        }
    }

    pub(crate) fn triage(&self) -> Triage {
        scored(self.score)
    }
}

/// An answer of nothing but an importance.
pub(crate) fn scored(score: u8) -> Triage {
    let mut triage = Triage::default();
    // A complaint: it needs an answer whatever its score.
    triage.sentiment.label = Polarity::Negative;
    triage.importance = Importance::default().with(Part::Harm, score.into());
    triage
}

/// Channels with their share in percent.
const CHANNELS: [(&str, u64); 6] = [
    ("twitter", 30),
    ("facebook", 25),
    ("chat", 15),
    ("mail", 15),
    ("app_review", 10),
    ("ptt", 5),
];

pub(crate) fn channel(draws: &mut Draws) -> &'static str {
    let mut at = draws.next() % 100;
    for (name, share) in CHANNELS {
        if at < share {
            return name;
        }
        at -= share;
    }
    "twitter"
}

/// Importance: 55 % low, 30 % medium, 12 % high, 3 % critical.
pub(crate) fn score(draws: &mut Draws) -> u8 {
    let least = match draws.next() % 100 {
        0..55 => 0,
        55..85 => 25,
        85..97 => 50,
        _ => 75,
    };
    least + (draws.next() % 25) as u8
}

/// Posts of `days` days for a team that answers `capacity` an hour: 1.3 times as many from 8 to 20
/// h, 0.8 times as many else.
pub(crate) fn arrivals(seed: u64, days: i64, capacity: i64) -> Vec<Arrival> {
    let mut draws = Draws::new(seed);
    let mut arrivals = Vec::new();
    let mut at = BEGIN as f64;
    while at < (BEGIN + days * 24 * HOUR) as f64 {
        let hour = (at as i64 - BEGIN) / HOUR % 24;
        let rate = capacity as f64 * if (8..20).contains(&hour) { 1.3 } else { 0.8 };
        at += -(1.0 - draws.unit()).ln() / rate * HOUR as f64;
        let (channel, score) = (channel(&mut draws), score(&mut draws));
        arrivals.push(Arrival {
            id: format!("s{:06}", arrivals.len()),
            at: at as i64,
            channel,
            score,
        });
    }
    arrivals
}

/// What to answer next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    Hearken,
    FirstInFirstOut,
    PurePriority,
    EarliestDeadline,
}

pub(crate) const POLICIES: [Policy; 4] = [
    Policy::Hearken,
    Policy::FirstInFirstOut,
    Policy::PurePriority,
    Policy::EarliestDeadline,
];

/// What came of a policy. Posts that still wait at the end count as if they were answered then.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    /// Σ importance × hours past the service level.
    pub(crate) weighted_lateness: f64,
    /// Hours.
    pub(crate) longest_wait: f64,
    pub(crate) breaches: usize,
    /// Breaches of posts of level high or critical.
    pub(crate) grave_breaches: usize,
    pub(crate) unanswered: usize,
}

/// Answers one post whenever one can be answered, by `policy`.
pub(crate) fn simulate(
    arrivals: &[Arrival],
    days: i64,
    capacity: i64,
    policy: Policy,
    settings: Settings,
) -> Figures {
    let levels = ServiceLevels::bundled().unwrap();
    let mut queue = Queue::new(settings, levels.clone(), LEVELS).unwrap();
    let mut sorted: BTreeMap<(Reverse<i64>, i64), usize> = BTreeMap::new();
    let target = |arrival: &Arrival| {
        levels.target(
            Some(arrival.channel),
            Some(Level::of(arrival.score, LEVELS)),
        )
    };
    let numbers: BTreeMap<&str, usize> = arrivals
        .iter()
        .enumerate()
        .map(|(number, arrival)| (arrival.id.as_str(), number))
        .collect();
    let mut answered = vec![None; arrivals.len()];
    let (mut come, end) = (0, BEGIN + days * 24 * HOUR);
    let mut now = BEGIN;
    while now < end {
        now += HOUR / capacity;
        while let Some(arrival) = arrivals.get(come).filter(|arrival| arrival.at <= now) {
            let rank = match policy {
                Policy::Hearken => {
                    queue.take(&arrival.post(), &arrival.triage());
                    0
                }
                Policy::FirstInFirstOut => 0,
                Policy::PurePriority => i64::from(arrival.score),
                Policy::EarliestDeadline => -(arrival.at + target(arrival)),
            };
            if policy != Policy::Hearken {
                sorted.insert((Reverse(rank), come as i64), come);
            }
            come += 1;
        }
        let next = match policy {
            Policy::Hearken => {
                queue.advance(now);
                queue.next(1).first().map(|place| {
                    queue.answered(&place.post, now);
                    numbers[place.post.as_str()]
                })
            }
            _ => sorted.pop_first().map(|(_, number)| number),
        };
        if let Some(number) = next {
            answered[number] = Some(now);
        }
    }
    let mut figures = Figures::default();
    for (arrival, answered) in arrivals.iter().zip(&answered).take(come) {
        let waited = answered.unwrap_or(end) - arrival.at;
        let late = (waited - target(arrival)).max(0) as f64 / HOUR as f64;
        figures.weighted_lateness += f64::from(arrival.score) * late;
        figures.longest_wait = figures.longest_wait.max(waited as f64 / HOUR as f64);
        figures.breaches += usize::from(late > 0.0);
        figures.grave_breaches +=
            usize::from(late > 0.0 && Level::of(arrival.score, LEVELS) >= Level::High);
        figures.unanswered += usize::from(answered.is_none());
    }
    figures
}

/// Who wrote the post is known by the usual identities.
pub(crate) trait Take {
    fn take(&mut self, post: &Post<'_>, triage: &Triage) -> Taken;
}

impl Take for Queue {
    fn take(&mut self, post: &Post<'_>, triage: &Triage) -> Taken {
        self.observe(post, triage, &Identities::default().identify(post))
    }
}
