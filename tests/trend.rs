//! Trends over the sample and over generated posts: windows and their revisions, laws of merging,
//! bounds, and alerts. `cargo test --test trend -- --nocapture` prints the alerts of the sample.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]
#![allow(
    clippy::approx_constant,
    reason = "a rate with many digits, and no circle"
)]

mod support;

use std::time::Duration;

use hearken::Post;
use hearken::observation::Identities;
use hearken::series::Horizon;
use hearken::snapshot::Snapshot;
use hearken::text::Language;
use hearken::trend::{Alert, Key, PostOutcome, Settings, State, Trends, Watch, watch};
use proptest::prelude::*;
use support::{Read, engine, observed, read};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const NOON: i64 = 1_772_539_200_000; // 2026-03-03, noon UTC

fn post(id: usize, author: usize, at: i64, text: &str) -> Post<'static> {
    let mut post = Post::new(text.to_owned());
    post.id = Some(format!("p{id}").into());
    post.author.id = Some(format!("u{author}").into());
    post.created_at = Some(at);
    post
}

fn trends(settings: Settings) -> Trends {
    Trends::new(settings).expect("sound")
}

/// Panes that wait for an hour, so that nothing comes late.
fn patient() -> Settings {
    Settings {
        bound: Duration::from_secs(3600),
        keep: Duration::from_secs(100 * 3600),
        ..Settings::default()
    }
}

fn take<'a>(trends: &mut Trends, posts: impl IntoIterator<Item = &'a Read>) {
    for (post, triage, observation) in posts {
        trends.observe(engine(), post, triage, observation);
    }
}

/// What a watch says of posts in order, with a snapshot and a restart before each post
/// that `restart` names.
fn watched(
    posts: &[Read],
    settings: watch::Settings,
    restart: impl Fn(usize) -> bool,
) -> Vec<Alert> {
    let mut trends = trends(Settings::default());
    let mut watch = Watch::new(settings).expect("sound");
    let mut alerts = Vec::new();
    for (at, one) in posts.iter().enumerate() {
        if restart(at) {
            trends = Trends::from_bytes(&trends.to_bytes().expect("kept")).expect("sound");
            watch = Watch::from_bytes(&watch.to_bytes().expect("kept")).expect("sound");
        }
        take(&mut trends, [one]);
        alerts.extend(watch.observe_published(&mut trends));
    }
    alerts.extend(watch.observe_rest(&mut trends));
    alerts
}

#[test]
fn the_incident_and_the_outage_of_the_sample_are_told_with_their_beginnings() {
    let alerts = watched(observed(), watch::Settings::default(), |_| false);
    for alert in &alerts {
        println!(
            "{:?} {} {}",
            alert.state,
            alert.severity,
            alert.sentence(Language::En, engine().taxonomy())
        );
    }
    let opened: Vec<&Alert> = alerts
        .iter()
        .filter(|alert| alert.state == State::Opened)
        .collect();
    // Three days at two a day; the incident and the outage are among them.
    assert!((2..=5).contains(&opened.len()), "{}", opened.len());
    let told = |from: i64, to: i64| {
        opened
            .iter()
            .find(|alert| (from..=to).contains(&alert.since))
    };
    // 13:12 is when the deliveries begin to fail, on the third of March.
    let incident = told(NOON + HOUR, NOON + 2 * HOUR).expect("the incident is told");
    assert!(
        incident.at - (NOON + 72 * MINUTE) <= 90 * MINUTE,
        "{}",
        incident.at
    );
    let outage =
        told(NOON + 18 * HOUR + 40 * MINUTE, NOON + 19 * HOUR).expect("the outage is told");
    assert!(outage.at - outage.since <= HOUR);
    assert!(
        outage.drivers.iter().any(|word| word.contains("brodovic")),
        "{:?}",
        outage.drivers
    );
    for alert in &opened {
        assert!(
            (1..=10).contains(&alert.severity)
                && alert.interval[0] < alert.rate
                && alert.rate < alert.interval[1]
        );
        assert!(
            !alert.evidence.is_empty()
                && alert
                    .evidence
                    .iter()
                    .all(|note| note.at >= alert.since - HOUR)
        );
    }
    // What is typical, not what is grave: each post that stands for the outage has a word that
    // drives it, whatever else of that hour is more important.
    let outage = alerts
        .iter()
        .rfind(|alert| alert.key == Key::Topic("outage".into()) && alert.state == State::Updated);
    let outage = outage.expect("the outage goes on");
    let drives = |word: &str| outage.drivers.iter().any(|driver| driver == word);
    let mut evidence = outage.evidence.iter();
    assert!(
        evidence.len() > 1 && evidence.all(|note| note.words.iter().any(|word| drives(word))),
        "{:?}",
        outage.evidence
    );
    // Every alert that ended was opened before, and told of only while it was open.
    for (at, alert) in alerts
        .iter()
        .enumerate()
        .filter(|(_, alert)| alert.state != State::Opened)
    {
        assert!(
            alerts[..at]
                .iter()
                .any(|before| before.id == alert.id && before.state == State::Opened)
        );
        assert!(alert.longevity > 0 && alert.at > alert.since);
    }
}

#[test]
fn sentences_are_in_the_readers_language() {
    let alerts = watched(observed(), watch::Settings::default(), |_| false);
    let told = alerts
        .iter()
        .find(|alert| alert.key == Key::Negative("delivery".into()) && alert.expected >= 1.0)
        .expect("it is told");
    let sentence = |language| told.sentence(language, engine().taxonomy());
    assert!(
        sentence(Language::En).starts_with("Delivery (complaints): ")
            && sentence(Language::En).contains(" expected (")
    );
    assert!(
        sentence(Language::Cs).contains("čekalo se")
            && sentence(Language::Cs).contains("roste od 03-03 13:")
    );
    assert!(
        sentence(Language::ZhHans).contains("位作者，预期")
            && sentence(Language::ZhHant).contains("位作者，預期")
    );
}

/// Alerts of every key, with few and many authors, over every horizon, with and without words.
fn alerts_of_all_kinds() -> Vec<Alert> {
    let keys = [
        "all",
        "complaints",
        "negative",
        "harm:grave",
        "topic:outage",
        "topic:of nobody",
        "complaint:staff",
        "praise:delivery",
        "term:competitor:telmo",
        "hashtag:latefee",
        "language:cs",
        "channel:forum",
        "emerging:sorting line",
    ];
    let mut alerts = Vec::new();
    for (at, key) in keys.into_iter().enumerate() {
        for (step, horizon) in Horizon::ALL.into_iter().enumerate() {
            let number = at + step;
            let drivers = ["telmo", "{count} brodovice", "\u{4e0d}\u{5230}"];
            let mut alert = Alert::default();
            alert.state = [State::Opened, State::Updated, State::Closed][number % 3];
            alert.key = key.parse().expect("a key");
            alert.since = [NOON, NOON + 7 * HOUR + 5 * MINUTE, i64::MAX][number % 3];
            alert.horizon = horizon;
            alert.count = [0, 1, 2, 4, 5, 21, 1234][number % 7];
            alert.expected = [0.0, 0.256, 0.999, 1.0, 17.35][number % 5];
            alert.rate = [1.0, 3.14159, 120.05][number % 3];
            alert.interval = [[0.4, 2.26], [1.95, 12.0]][number % 2];
            alert.complaints = [0.0, 0.333, 0.666, 1.0][number % 4];
            alert.drivers = drivers[..number % 4]
                .iter()
                .map(|word| (*word).to_owned())
                .collect();
            alerts.push(alert);
        }
    }
    alerts
}

#[test]
fn sentences_are_as_on_file() {
    let languages = ["en", "cs", "zh-Hans", "zh-Hant", "zh", "de"];
    let mut found = String::new();
    for alert in alerts_of_all_kinds() {
        for code in languages {
            let language = Language::from_code(code).expect("a language");
            let sentence = alert.sentence(language, engine().taxonomy());
            found.push_str(&format!("{code}\t{}\t{sentence}\n", alert.key));
        }
    }
    let on_file = include_str!("cases/trend_sentences.tsv");
    for (found, expected) in found.lines().zip(on_file.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), on_file.len());
}

#[test]
fn a_restart_at_any_post_changes_no_alert() {
    let whole = watched(observed(), watch::Settings::default(), |_| false);
    let broken = watched(observed(), watch::Settings::default(), |at| at % 300 == 299);
    assert!(whole == broken, "alerts differ after restarts");
}

#[test]
fn alerts_do_not_depend_on_how_many_panes_are_published_at_once() {
    let by_post = watched(observed(), watch::Settings::default(), |_| false);
    let mut trends = trends(Settings::default());
    let mut watch = Watch::new(watch::Settings::default()).expect("sound");
    take(&mut trends, observed());
    let at_once = watch.observe_rest(&mut trends);
    assert!(!at_once.is_empty() && at_once == by_post);
    // What is older than is kept is gone, though nobody asked for it.
    let published = trends.published().expect("all of it");
    let kept = |hours: i64| trends.window(0, published - hours * HOUR);
    assert_eq!(kept(7).cells().count(), 0);
    assert!(kept(6).cells().count() > 0);
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_again() {
    let posts = &observed()[..600];
    let mut whole = trends(patient());
    take(&mut whole, posts);
    // Killed after 500, restored from the snapshot of 400, and fed again from there.
    let mut killed = trends(patient());
    take(&mut killed, &posts[..400]);
    let kept = killed.to_bytes().expect("kept");
    take(&mut killed, &posts[400..500]);
    drop(killed);
    let mut again = Trends::from_bytes(&kept).expect("sound");
    take(&mut again, &posts[400..]);
    assert!(again == whole);
    for damaged in [&kept[..kept.len() - 1], &kept[..20], b"HEARKENS"] {
        assert!(
            Trends::from_bytes(damaged)
                .expect_err("damaged")
                .is_snapshot()
        );
    }
}

#[test]
fn authors_count_once_and_spam_reposts_and_agents_do_not() {
    let mut posts = vec![
        post(1, 1, NOON, "Where is my parcel?"),
        post(2, 1, NOON + MINUTE, "Still no parcel!"),
        post(3, 2, NOON + MINUTE, "My parcel is late #latefee"),
        post(4, 3, NOON + MINUTE, "RT @ann: My parcel is late #latefee"),
        post(
            5,
            4,
            NOON + MINUTE,
            "💰💰 earn $$$ fast, add WeChat vx_88888 now, free money, click http://t.cn/x 💰💰",
        ),
        post(6, 5, NOON + MINUTE, "We are looking into it"),
    ];
    posts[5].role = hearken::post::Role::Agent;
    let mut trends = trends(Settings::default());
    take(&mut trends, &read(&posts));
    let all = trends.cell(&Key::All, NOON, NOON + HOUR);
    assert_eq!(
        (all.posts, all.reposts, all.spam, all.authors.count()),
        (4, 1, 1, 2)
    );
    assert_eq!(trends.counts().posts, 5);
    let tag = trends.cell(&Key::Hashtag("latefee".into()), NOON, NOON + HOUR);
    assert_eq!((tag.posts, tag.authors.count()), (2, 1));
}

#[test]
fn a_late_post_revises_its_pane_and_a_later_one_is_counted() {
    let at = |minute: i64| NOON + minute * MINUTE;
    let posts = read(&[
        post(1, 1, at(0), "Where is my parcel?"),
        post(2, 2, at(20), "No internet since noon"),
        post(3, 3, at(2), "My parcel is lost"),
        post(4, 4, at(200), "Good morning"),
        post(5, 5, at(3), "Where is my order?"),
        Post::new("no time at all".to_owned()),
        post(6, 6, at(20), "Thank you"),
    ]);
    let mut trends = trends(Settings::default());
    take(&mut trends, &posts[..2]);
    // Three authors know what time it is.
    trends.publish(|_, _| panic!("two authors do not"));
    take(&mut trends, &posts[6..]);
    let mut published = Vec::new();
    trends.publish(|_, start| published.push(start));
    assert_eq!(published, [at(0), at(5), at(10)]);
    let (post, triage, observation) = &posts[2];
    let PostOutcome::Revised(revisions) = trends.observe(engine(), post, triage, observation)
    else {
        panic!("it is late")
    };
    let all = revisions
        .iter()
        .find(|revision| revision.key == Key::All)
        .expect("all posts");
    assert_eq!((all.start, all.old, all.new), (at(0), 1, 2));
    take(&mut trends, &posts[3..4]);
    trends.publish(|_, _| {});
    let (post, triage, observation) = &posts[4];
    assert_eq!(
        trends.observe(engine(), post, triage, observation),
        PostOutcome::TooLate
    );
    let (post, triage, observation) = &posts[5];
    assert_eq!(
        trends.observe(engine(), post, triage, observation),
        PostOutcome::Undated
    );
    let counts = trends.counts();
    assert_eq!(
        (counts.posts, counts.late, counts.too_late, counts.undated),
        (5, 1, 1, 1)
    );
}

#[test]
fn a_flood_of_hashtags_pushes_no_real_one_out() {
    let mut trends = trends(Settings {
        max_unbounded: 64,
        ..Settings::default()
    });
    let (_, triage, observation) = &read(&[post(0, 0, NOON, "hello")])[0];
    let (mut flood, identities) = (observation.clone(), Identities::default());
    for number in 0..200_000 {
        let real = number % 1000 == 0;
        flood.terms.hashtags = vec![if real {
            "outage".into()
        } else {
            format!("x{number}").into()
        }];
        let one = post(number, number, NOON + (number as i64 % 60) * 5000, "x");
        flood.identity = identities.identify(&one);
        trends.observe(engine(), &one, triage, &flood);
    }
    trends.finish(|_, _| {});
    let window = trends.window(NOON, NOON + HOUR);
    let unbounded = window.cells().filter(|(key, _)| key.is_unbounded()).count();
    assert!(unbounded <= 64, "{unbounded}");
    let real = window
        .cell(&Key::Hashtag("outage".into()))
        .expect("it stays")
        .authors
        .count();
    assert!((180..=220).contains(&real), "{real}");
    assert!(trends.counts().dropped > 190_000);
    assert!(
        trends.memory_usage() < 2_000_000,
        "{}",
        trends.memory_usage()
    );
}

#[test]
fn panes_without_posts_are_missing_where_many_are_expected() {
    // Two days of thirty posts an hour, a gap of three hours, then as before: no alert.
    let mut posts = Vec::new();
    for minute in (0..3 * 24 * 60).step_by(2) {
        if !(2 * 24 * 60..2 * 24 * 60 + 180).contains(&minute) {
            posts.push(post(
                minute as usize,
                minute as usize,
                NOON + minute * MINUTE,
                "Where is my parcel?",
            ));
        }
    }
    let posts = read(&posts);
    let alerts = watched(&posts, watch::Settings::default(), |_| false);
    assert!(alerts.is_empty(), "{alerts:?}");
}

#[test]
fn settings_out_of_range_are_refused_with_their_name() {
    for (settings, name) in [
        (
            Settings {
                pane: Duration::from_secs(7 * 60),
                ..Settings::default()
            },
            "trend.pane",
        ),
        (
            Settings {
                bound: Duration::from_secs(31 * 24 * 3600),
                ..Settings::default()
            },
            "trend.bound",
        ),
        (
            Settings {
                keep: Duration::ZERO,
                ..Settings::default()
            },
            "trend.keep",
        ),
        (
            Settings {
                max_unbounded: 0,
                ..Settings::default()
            },
            "trend.max_unbounded",
        ),
    ] {
        let error = Trends::new(settings).expect_err(name);
        assert!(
            error.is_settings() && error.to_string().contains(name),
            "{error}"
        );
    }
    for budget in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(
            Watch::new(watch::Settings {
                budget,
                ..watch::Settings::default()
            })
            .expect_err("no budget")
            .is_settings()
        );
    }
    let mut one = trends(Settings::default());
    assert!(
        one.merge(&trends(patient()))
            .expect_err("unlike")
            .is_merge()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn shards_of_any_split_merged_in_any_order_are_the_whole(
        shards in prop::collection::vec(0..4_usize, 300), order in Just([0, 1, 2, 3]).prop_shuffle(), pairs in any::<bool>(),
    ) {
        let posts = &observed()[700..1000];
        let mut whole = trends(patient());
        take(&mut whole, posts);
        let mut parts: Vec<Trends> = (0..4).map(|_| trends(patient())).collect();
        for (one, &shard) in posts.iter().zip(&shards) {
            take(&mut parts[shard], [one]);
        }
        let mut merged = trends(patient());
        let [a, b, c, d] = order.map(|at| parts[at].clone());
        if pairs {
            let (mut one, mut other) = (a, c);
            one.merge(&b).expect("alike");
            other.merge(&d).expect("alike");
            merged.merge(&other).expect("alike");
            merged.merge(&one).expect("alike");
        } else {
            [a, b, c, d].iter().for_each(|part| merged.merge(part).expect("alike"));
        }
        prop_assert_eq!(merged.to_bytes().expect("kept"), whole.to_bytes().expect("kept"));
    }

    #[test]
    fn any_order_within_the_bound_gives_the_same_windows(seed in any::<u64>()) {
        let posts = &observed()[700..1000];
        let mut whole = trends(patient());
        take(&mut whole, posts);
        // Each post comes up to forty minutes later than it should.
        let delay = |at: usize| (seed ^ at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let mut order: Vec<usize> = (0..posts.len()).collect();
        order.sort_by_key(|&at| posts[at].0.created_at.expect("a time") + (delay(at) as i64) % (40 * MINUTE));
        let mut shuffled = trends(patient());
        for &at in &order {
            take(&mut shuffled, [&posts[at]]);
            shuffled.publish(|_, _| {});
        }
        prop_assert_eq!(shuffled.counts().late, 0);
        whole.publish(|_, _| {});
        prop_assert_eq!(whole.to_bytes().expect("kept"), shuffled.to_bytes().expect("kept"));
    }
}
