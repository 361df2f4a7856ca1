//! A stream on which nothing happens, and what a watch tells of it.
#![allow(dead_code, reason = "each test takes what it needs")]

use hearken::Post;
use hearken::internals::Random;
use hearken::observation::Identities;
use hearken::trend::{Alert, Settings, State, Trends, Watch, watch};

use crate::support::{Read, engine, observed};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const MONDAY: i64 = 1_772_409_600_000; // 2026-03-02, midnight UTC

pub(crate) fn post(author: usize, at: i64, text: &str) -> Post<'static> {
    let mut post = Post::new(text.to_owned());
    post.id = Some(format!("p{author}-{at}").into());
    post.author.id = Some(format!("u{author}").into());
    post.created_at = Some(at);
    post
}

pub(crate) fn told(mut watch: Watch, posts: &mut [Read]) -> Vec<Alert> {
    posts.sort_by_key(|(post, ..)| post.created_at);
    let mut trends = Trends::new(Settings::default()).expect("sound");
    let mut alerts = Vec::new();
    for (post, triage, observation) in posts.iter() {
        trends.observe(engine(), post, triage, observation);
        alerts.extend(watch.observe_published(&mut trends));
    }
    alerts.extend(watch.observe_rest(&mut trends));
    alerts
}

pub(crate) fn watch(budget: f64) -> Watch {
    Watch::new(watch::Settings {
        budget,
        ..watch::Settings::default()
    })
    .expect("sound")
}

pub(crate) fn opened(alerts: &[Alert]) -> Vec<&Alert> {
    let opened = |alert: &&Alert| alert.state == State::Opened;
    alerts.iter().filter(opened).collect()
}

/// Posts of all kinds, some thirty an hour, with a rhythm of the day; nothing happens.
pub(crate) fn quiet(days: i64, seed: u64) -> Vec<Read> {
    times(1, days, seed)
}

/// The same with so many times as many posts.
pub(crate) fn times(times: i64, days: i64, seed: u64) -> Vec<Read> {
    let texts = observed();
    let mut random = Random::new(seed);
    let identities = Identities::default();
    let mut posts = Vec::new();
    let mut author = 0;
    for draw in 0..days * 24 * 60 * times {
        let minute = draw / times;
        let hour = minute / 60 % 24;
        let rate = if (7..22).contains(&hour) { 0.7 } else { 0.2 };
        if random.unit() < rate {
            let (text, triage, observation) = &texts[random.below(texts.len())];
            author += 1;
            let one = post(author, MONDAY + minute * MINUTE, &text.text);
            let mut observation = observation.clone();
            observation.identity = identities.identify(&one);
            posts.push((one, triage.clone(), observation));
        }
    }
    posts
}
