//! Wrong clocks: a post dated years ahead or behind silences nobody, a stream that really jumps is
//! followed, and shards with such posts merge to the whole.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use hearken::Post;
use hearken::campaign::{self, Campaign, Campaigns};
use hearken::desk::{Desk, Outcome, Remembered, Settings, WindowSettings};
use hearken::novelty::Novelty;
use hearken::post::Role;
use hearken::queue::{self, Queue};
use hearken::revision::Revision;
use hearken::service_level::ServiceLevels;
use hearken::snapshot::Snapshot;
use hearken::trend::{self, Alert, Trends, Watch, watch};
use proptest::prelude::*;
use support::{Read, engine, observed, read};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const NOON: i64 = 1_772_539_200_000; // 2026-03-03, noon UTC
const FAR: i64 = 2_051_265_600_000; // 2035-01-01, noon UTC

/// A post with nothing in it that another has.
fn post(id: &str, author: &str, at: i64, text: &str) -> Post<'static> {
    let mut post = Post::new(text.to_owned());
    post.id = Some(id.to_owned().into());
    post.author.id = Some(author.to_owned().into());
    post.channel = Some("forum".into());
    post.created_at = Some(at);
    post
}

fn wrong(number: i64, author: &str, at: i64) -> Read {
    let text = "Greetings from the seaside, the gulls are loud";
    let read = read(vec![post(&format!("wrong{number}"), author, at, text)]);
    read.into_iter().next().expect("one")
}

/// Everything but windows; the queue shows no sample of what may be spam, which depends on how
/// many cases stand before it.
fn settings(lateness: Duration) -> Settings {
    Settings {
        lateness: Some(lateness),
        queue: Some(queue::Settings {
            sample: 0,
            ..queue::Settings::default()
        }),
        ..Settings::for_engine(engine()).expect("sound")
    }
}

/// What becomes of the posts of others.
#[derive(Debug, Default, PartialEq)]
struct Told {
    answers: BTreeMap<String, String>,
    alerts: Vec<Alert>,
    revisions: Vec<Revision>,
    campaigns: Vec<Campaign>,
    queue: Vec<String>,
}

fn is_wrong(id: Option<&str>) -> bool {
    id.is_some_and(|id| id.starts_with("wrong"))
}

/// What a desk tells of posts in this order, and how many it set aside; with a restart before each
/// post that `restarts` names.
fn told(posts: &[Read], lateness: Duration, restarts: &[usize]) -> (Told, u64) {
    let mut desk = Desk::new(engine(), settings(lateness)).expect("sound");
    let mut outcomes = Vec::new();
    for (at, (post, triage, observation)) in posts.iter().enumerate() {
        if restarts.contains(&at) {
            let bytes = desk.remembered().and_then(|kept| kept.to_bytes());
            let kept = Remembered::from_bytes(&bytes.expect("kept")).expect("sound");
            desk = Desk::resume(engine(), settings(lateness), kept).expect("the same settings");
        }
        outcomes.extend(desk.observe_answered(post.clone(), triage.clone(), observation.clone()));
    }
    outcomes.extend(desk.finish());
    let mut told = Told::default();
    for outcome in outcomes {
        match outcome {
            Outcome::Answer(answered) if !is_wrong(answered.post.id.as_deref()) => {
                let id = answered.post.id.clone().expect("named").into_owned();
                let known = told
                    .answers
                    .insert(id, format!("{:?} {:?}", answered.triage, answered.observed));
                assert_eq!(known, None, "one answer");
            }
            Outcome::Alert(alert) => told.alerts.push(*alert),
            Outcome::Revision(revision) => told.revisions.push(revision),
            _ => {}
        }
    }
    told.campaigns = desk.stream().campaigns().campaigns();
    let places = desk.next(usize::MAX).into_iter();
    told.queue = places
        .map(|place| place.post)
        .filter(|id| !is_wrong(Some(id)))
        .collect();
    let trends = desk.trends().expect("asked for");
    (told, trends.set_aside())
}

/// The sample, each post once.
fn usual() -> Vec<Read> {
    let mut seen = std::collections::BTreeSet::new();
    let mut posts = observed().to_vec();
    posts.retain(|(post, ..)| seen.insert(post.id.clone()));
    posts
}

#[test]
fn posts_dated_years_ahead_change_nothing_for_others() {
    let usual = usual();
    for lateness in [Duration::ZERO, Duration::from_secs(3600)] {
        let (without, none) = told(&usual, lateness, &[]);
        assert_eq!(none, 0);
        let (alerts, revisions) = (without.alerts.len(), without.revisions.len());
        assert!(alerts > 2 && revisions > 2, "{alerts} {revisions}");
        let ten = |at: usize| (0..10).map(move |number| (at, number, FAR + number * MINUTE));
        let one = |at: usize| vec![(at, 0, FAR)];
        let end = usual.len();
        for (wrongs, restarts) in [
            (one(0), vec![]),
            (one(0), vec![1, 2, 40]),
            (one(1), vec![]),
            (one(700), vec![705]),
            (one(end), vec![end]),
            (ten(0).collect(), vec![5]),
            (ten(700).collect(), vec![704]),
            // A month is as wrong.
            (vec![(300, 0, NOON + 60 * DAY)], vec![]),
        ] {
            let mut posts = usual.clone();
            for &(at, number, time) in &wrongs {
                posts.insert(at, wrong(number, "gull", time));
            }
            let (with, set_aside) = told(&posts, lateness, &restarts);
            assert_eq!(set_aside, wrongs.len() as u64);
            let case = format!("{lateness:?} {wrongs:?} {restarts:?}");
            for (id, answer) in &without.answers {
                assert_eq!(with.answers.get(id), Some(answer), "{case}");
            }
            assert_eq!(with.alerts, without.alerts, "{case}");
            assert_eq!(with.revisions, without.revisions, "{case}");
            assert_eq!(with.campaigns, without.campaigns, "{case}");
            assert_eq!(with.queue, without.queue, "{case}");
            assert_eq!(with, without, "{case}");
        }
    }
}

/// What trends publish of posts, one by one and then to the end: the beginnings of the panes.
fn published(trends: &mut Trends, posts: &[Read]) -> Vec<i64> {
    let mut starts = Vec::new();
    for (post, triage, observation) in posts {
        trends.observe(engine(), post, triage, observation);
        trends.publish(|_, start| starts.push(start));
    }
    trends.finish(|_, start| starts.push(start));
    starts
}

fn hourly(from: i64, hours: i64, prefix: &str) -> Vec<Read> {
    let one = |hour: i64| {
        let (id, author) = (format!("{prefix}{hour}"), format!("u{prefix}{}", hour % 9));
        post(&id, &author, from + hour * HOUR, "Where is my parcel?")
    };
    read((0..hours).map(one).collect::<Vec<_>>())
}

#[test]
fn a_stream_that_really_jumps_a_year_is_followed_after_the_quorum() {
    let year = NOON + 365 * DAY;
    let before = hourly(NOON, 50, "a");
    let after = hourly(year, 50, "b");
    let mut desk = Desk::new(engine(), settings(Duration::ZERO)).expect("sound");
    for (number, (post, triage, observation)) in before.iter().chain(&after).enumerate() {
        desk.observe_answered(post.clone(), triage.clone(), observation.clone());
        let at = desk.queue().and_then(Queue::watermark);
        match number.checked_sub(before.len()) {
            Some(number @ 0..2) => {
                assert_eq!(at, Some(NOON + 49 * HOUR));
                assert_eq!(desk.trends().expect("asked").set_aside(), number as u64 + 1);
                assert_eq!(desk.stream().campaigns().set_aside(), number as u64 + 1);
            }
            _ => assert_eq!(at, post.created_at),
        }
    }
    let trends = desk.trends().expect("asked");
    assert_eq!((trends.set_aside(), trends.counts().too_late), (0, 0));
    assert!(trends.published() > Some(year + 40 * HOUR));
    assert!(desk.stream().campaigns().evicted().expired >= 50);
}

#[test]
fn a_post_of_1970_is_late_and_opens_no_windows() {
    let usual = hourly(NOON, 30, "a");
    let run = |posts: &[Read]| {
        let mut desk = Desk::new(
            engine(),
            Settings {
                windows: Some(WindowSettings {
                    length: Duration::from_secs(3600),
                    slide: Duration::from_secs(3600),
                }),
                ..settings(Duration::ZERO)
            },
        )
        .expect("sound");
        let mut windows = Vec::new();
        let mut take = |outcomes: Vec<Outcome>| {
            for outcome in outcomes {
                if let Outcome::Window(window) = outcome {
                    windows.push((window.from, window.to));
                }
            }
        };
        for (post, triage, observation) in posts {
            take(desk.observe_answered(post.clone(), triage.clone(), observation.clone()));
        }
        take(desk.finish());
        (windows, desk.trends().expect("asked").counts().too_late)
    };
    let (without, _) = run(&usual);
    assert_eq!(without.len(), 30);
    for place in [0, 1, 2, 3, 15, 30] {
        let mut posts = usual.clone();
        posts.insert(place, wrong(0, "gull", 1000));
        let (with, too_late) = run(&posts);
        assert_eq!((&with, too_late), (&without, 1), "{place}");
    }
    // Where two posts are all that there is, nobody knows which is wrong.
    let (few, _) = run(&[wrong(0, "gull", 1000), usual[0].clone()]);
    assert_eq!(few.len(), 2, "{few:?}");
}

#[test]
fn after_the_end_and_a_long_gap_panes_are_published_on() {
    let mut trends = Trends::new(trend::Settings::default()).expect("sound");
    let first = published(&mut trends, &hourly(NOON, 5, "a"));
    assert_eq!(first.len(), 4 * 12 + 1);
    // Ten years later, further than panes are published one by one.
    let second = published(&mut trends, &hourly(FAR, 5, "b"));
    assert_eq!(second.last(), Some(&(FAR + 4 * HOUR)));
    assert!(second.len() < 100, "{}", second.len());
    assert!(second.contains(&FAR));
    // Again, with the last pane within reach of all.
    let third = published(&mut trends, &hourly(FAR + 200 * DAY, 5, "c"));
    assert_eq!(third.len() as i64, (200 * DAY) / (5 * MINUTE));
    // What is set aside stays, and is counted.
    let rest = published(&mut trends, &[wrong(0, "gull", FAR + 900 * DAY)]);
    assert_eq!((rest.len(), trends.set_aside()), (0, 1));
}

#[test]
fn a_run_that_ended_on_a_wrong_date_does_not_stop_the_next() {
    let mut trends = Trends::new(trend::Settings::default()).expect("sound");
    let mut watch = Watch::new(watch::Settings::default()).expect("sound");
    let (post, triage, observation) = wrong(0, "gull", FAR);
    trends.observe(engine(), &post, &triage, &observation);
    watch.observe_rest(&mut trends);
    assert!(trends.published() > Some(FAR));
    for (post, triage, observation) in &hourly(NOON, 48, "a") {
        trends.observe(engine(), post, triage, observation);
        watch.observe_published(&mut trends);
    }
    watch.observe_rest(&mut trends);
    assert_eq!(trends.published(), Some(NOON + 47 * HOUR + 5 * MINUTE));
    // Until three agreed the run before was believed.
    assert!(trends.counts().too_late <= 2);
    assert!(watch.counts().panes > 40 * 12);
}

#[test]
fn who_has_a_wrong_date_is_answered_and_an_agent_who_has_one_closes_nothing_later() {
    let mut posts = hourly(NOON, 20, "a");
    posts.insert(10, wrong(0, "gull", FAR));
    let complaint = "My refund never arrived, this is outrageous!";
    posts.extend(read(vec![post("late", "ann", FAR + 400 * DAY, complaint)]));
    let mut answer = post("reply", "agent", FAR, "We are looking into it");
    answer.role = Role::Agent;
    answer.in_reply_to = Some("a3".into());
    posts.extend(read(vec![answer]));
    // The same author as that of a3 writes again.
    posts.extend(read(vec![post(
        "again",
        "ua3",
        NOON + 20 * HOUR,
        complaint,
    )]));
    let mut desk = Desk::new(engine(), settings(Duration::ZERO)).expect("sound");
    for (post, triage, observation) in &posts {
        desk.observe_answered(post.clone(), triage.clone(), observation.clone());
    }
    let queue = desk.queue().expect("asked");
    assert_eq!(queue.watermark(), Some(NOON + 20 * HOUR));
    let places: Vec<String> = desk.next(usize::MAX).into_iter().map(|p| p.post).collect();
    let place = |id: &str| places.iter().position(|place| place == id);
    assert_eq!(place("a3"), None, "it was answered");
    assert!(place("again").is_some(), "{places:?}");
    // It waits since the beginning of the day, not from 2035 on.
    assert!(
        place("late").is_some_and(|late| Some(late) < place("again")),
        "{places:?}"
    );
    assert!(queue.set_aside() >= 1);
    assert_eq!(desk.answered("late", NOON + 21 * HOUR), 1);
}

/// A post of a property: its minute, whether it is dated years ahead or behind, author and text.
type Draw = (i64, i64, usize, usize, usize);

const TEXTS: [&str; 5] = [
    "Where is my parcel? It should have come on Monday",
    "My refund never arrived, this is outrageous! #refundnow",
    "💰💰 earn $$$ fast, add WeChat vx_88888 now, free money, click http://t.cn/x 💰💰",
    "There was glass in my salad",
    "No internet in Brodovice, no signal",
];

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    let years = prop_oneof![5 => Just(0_i64), 1 => Just(9), 1 => Just(-56)];
    let draw = (0..5000_i64, years, 0..6_usize, 0..TEXTS.len(), 0..3_usize);
    prop::collection::vec(draw, 1..40)
}

fn drawn(draws: &[Draw]) -> Vec<(usize, Read)> {
    let posts: Vec<Post<'static>> = draws
        .iter()
        .enumerate()
        .map(|(number, (minute, years, author, text, _))| {
            let at = NOON + minute * MINUTE + years * 365 * DAY;
            let author = format!("u{author}");
            post(&format!("p{number}"), &author, at, TEXTS[*text])
        })
        .collect();
    let shards = draws.iter().map(|(.., shard)| *shard);
    let mut posts: Vec<(usize, Read)> = shards.zip(read(posts)).collect();
    posts.sort_by_key(|(_, (post, ..))| post.created_at);
    posts
}

/// Checks that shards of the posts merge, in any order, to what has seen all of them.
fn assert_merges<Room: Snapshot>(
    posts: &[(usize, Read)],
    fill: impl Fn(&mut dyn Iterator<Item = &Read>) -> Room,
    merge: impl Fn(&mut Room, Room),
) -> Result<(), TestCaseError> {
    let shard = |wanted: usize| {
        let mut mine = posts
            .iter()
            .filter(|(shard, _)| *shard == wanted)
            .map(|(_, read)| read);
        fill(&mut mine)
    };
    let bytes = |room: &Room| room.to_bytes().expect("kept");
    let whole = bytes(&fill(&mut posts.iter().map(|(_, read)| read)));
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let [mut one, two, three] = order.map(shard);
        merge(&mut one, two);
        merge(&mut one, three);
        prop_assert!(bytes(&one) == whole, "{:?}", order);
        let [mut one, mut two, three] = order.map(shard);
        merge(&mut two, three);
        merge(&mut one, two);
        prop_assert!(bytes(&one) == whole, "grouped otherwise {:?}", order);
    }
    let again = Room::from_bytes(&whole).expect("sound");
    prop_assert!(bytes(&again) == whole, "a restart");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn trends_merge_in_any_split(draws in draws()) {
        assert_merges(
            &drawn(&draws),
            |posts| {
                let mut trends = Trends::new(trend::Settings::default()).expect("sound");
                for (post, triage, observation) in posts {
                    trends.observe(engine(), post, triage, observation);
                }
                trends
            },
            |one, other| one.merge(&other).expect("alike"),
        )?;
    }

    #[test]
    fn campaigns_merge_in_any_split(draws in draws()) {
        // Longer than the posts lie apart, but for the wrong dates: what the window has let go
        // can't be clustered again. So one author alone has a wrong date, of years ahead.
        let long = campaign::Settings {
            window: Duration::from_secs(7 * 86_400),
            ..campaign::Settings::default()
        };
        let posts: Vec<_> = drawn(&draws)
            .into_iter()
            .filter(|(_, (post, ..))| post.created_at > Some(NOON - DAY))
            .filter(|(_, (post, ..))| {
                post.created_at < Some(FAR - DAY) || post.author.id.as_deref() == Some("u0")
            })
            .collect();
        assert_merges(
            &posts,
            |posts| {
                let mut campaigns = Campaigns::new(long.clone()).expect("sound");
                for (post, triage, observation) in posts {
                    campaigns.observe(post, &mut triage.clone(), observation);
                }
                campaigns
            },
            |one, other| drop(one.merge(other).expect("alike")),
        )?;
    }

    #[test]
    fn novelty_merges_in_any_split(draws in draws()) {
        assert_merges(
            &drawn(&draws),
            |posts| {
                let mut novelty = Novelty::new(engine().importance());
                for (post, triage, observation) in posts {
                    let (at, voice) = (post.created_at.expect("a time"), observation.identity.author);
                    novelty.observe(at, voice, triage, &observation.elements);
                }
                novelty
            },
            |one, other| one.merge(&other).expect("alike"),
        )?;
    }

    #[test]
    fn queues_merge_where_a_person_has_one_shard(draws in draws()) {
        let draws: Vec<Draw> = draws
            .into_iter()
            .map(|(minute, years, author, text, _)| (minute, years, author, text, author % 3))
            .collect();
        assert_merges(
            &drawn(&draws),
            |posts| {
                let levels = ServiceLevels::bundled().expect("sound");
                let mut queue = Queue::new(queue::Settings::default(), levels, [25, 50, 75])
                    .expect("sound");
                for (post, triage, observation) in posts {
                    queue.observe(post, triage, &observation.identity);
                }
                queue
            },
            |one, other| drop(one.merge(&other).expect("alike")),
        )?;
    }
}
