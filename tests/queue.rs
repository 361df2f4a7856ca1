//! The queue: the sample, an overloaded team beside other policies, and the laws of cases, lanes, agents and merging.

#[path = "../benches/support/overload.rs"]
#[allow(dead_code, unreachable_pub, reason = "the bench needs more of it")]
mod overload;
mod support;

use hearken::importance::Level;
use hearken::queue::{Agent, Lane, Outcome, Place, Queue, Settings};
use hearken::service_level::ServiceLevels;
use hearken::snapshot::Snapshot;
use hearken::text::Language;
use hearken::{Post, Triage};
use overload::{HOUR, MINUTE, POLICIES, Policy, arrivals, scored, simulate};
use proptest::prelude::*;

const NOON: i64 = 1_772_452_800_000;

fn queue(settings: Settings) -> Queue {
    Queue::new(settings, ServiceLevels::bundled().unwrap()).unwrap()
}

/// A post from a few words: `id author channel minutes-after-noon`, and anything else as JSON fields.
fn post(id: &str, author: &str, channel: &str, minute: i64) -> Post<'static> {
    let mut post = Post::new("any words").into_owned();
    post.id = Some(id.to_owned().into());
    post.author.id = Some(author.to_owned().into());
    post.channel = Some(channel.to_owned().into());
    post.created_at = Some(NOON + minute * MINUTE);
    post
}

#[cfg(feature = "bundled-models")]
#[test]
#[ignore]
fn sweep() {
    let engine = hearken::Engine::new().unwrap();
    let mut scratch = engine.scratch();
    let triaged: Vec<_> = support::sample().iter().map(|post| (post, engine.triage(post, &mut scratch))).collect();
    for (a, b) in [
        (60, 24),
        (60, 12),
        (60, 6),
        (100, 24),
        (100, 12),
        (200, 24),
        (200, 12),
        (200, 48),
        (300, 24),
        (300, 12),
        (500, 24),
        (500, 12),
    ] {
        let settings = Settings { due_points: a, day_points: b, ..Settings::default() };
        let mut queue = queue(settings.clone());
        for (post, triage) in &triaged {
            queue.observe(post, triage);
        }
        let overdue = queue.overdue(queue.watermark().unwrap());
        let place = overdue.iter().position(|place| place.posts.iter().any(|post| post == "p0182")).unwrap();
        eprintln!("{a} {b}: W {place}");
        for seed in [7, 8] {
            let arrivals = arrivals(seed, 5, 60);
            eprintln!("   {:?}", simulate(&arrivals, 5, 60, Policy::Hearken, settings.clone()));
            eprintln!("   heavy {:?}", simulate(&arrivals, 5, 50, Policy::Hearken, settings.clone()));
        }
    }
    let arrivals = arrivals(7, 5, 60);
    for policy in POLICIES {
        eprintln!("   heavy {policy:?} {:?}", simulate(&arrivals, 5, 50, policy, Settings::default()));
    }
}

fn names(places: &[Place]) -> Vec<&str> {
    places.iter().map(|place| place.post.as_str()).collect()
}

#[cfg(feature = "bundled-models")]
#[test]
fn the_unanswered_author_of_the_sample_is_overdue_and_near_the_top() {
    let engine = hearken::Engine::new().unwrap();
    let mut scratch = engine.scratch();
    let mut queue = queue(Settings::default());
    for post in support::sample() {
        queue.observe(post, &engine.triage(post, &mut scratch));
    }
    let now = queue.watermark().unwrap();
    let overdue = queue.overdue(now);
    let place = overdue.iter().position(|place| place.posts.iter().any(|post| post == "p0182")).unwrap();
    if std::env::var("SHOW").is_ok() {
        for place in overdue.iter().take(40).chain([&overdue[place]]) {
            let text = &support::sample().iter().find(|post| post.id.as_deref() == Some(&place.post)).unwrap().text;
            eprintln!(
                "{} {:?} {} posts {} {} | {}",
                place.post, place.channel, place.count, place.reason, place.score, text
            );
        }
        eprintln!("{place} of {} {:?} {:?}", overdue.len(), queue.lanes(now), queue.counts());
    }
    let case = &overdue[place];
    assert_eq!(case.posts, ["p0182", "p0377", "p0478", "p0757", "p1150", "p1416", "p1678", "p1807"]);
    assert_eq!(
        Some(case.since),
        support::sample().iter().find(|post| post.id.as_deref() == Some("p0182")).unwrap().created_at
    );
    assert!(place * 20 < overdue.len(), "{place} of {}", overdue.len());
}

#[test]
fn an_overloaded_team_is_late_with_less_and_nobody_waits_for_ever() {
    let arrivals = arrivals(7, 5, 60);
    let figures = POLICIES.map(|policy| simulate(&arrivals, 5, 60, policy, Settings::default()));
    if std::env::var("SHOW").is_ok() {
        for (policy, figures) in POLICIES.iter().zip(&figures) {
            eprintln!("{policy:?} {figures:?}");
        }
    }
    let [ours, first, priority, _] = figures;
    assert!(ours.weighted_lateness < first.weighted_lateness.min(priority.weighted_lateness), "{figures:?}");
    assert!(ours.longest_wait < priority.longest_wait, "{figures:?}");
    assert!(ours.grave_breaches < first.grave_breaches, "{figures:?}");
}
