//! Segments: figures of a brand, shop or country apart, from the line of JSON to alert and queue.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

mod support;

use std::time::Duration;

use hearken::Post;
use hearken::observation::{Accounts, Identities, Secret};
use hearken::post::{FieldMap, Reader, Segment, Segments};
use hearken::queue::{self, Queue, Standing};
use hearken::service_level::ServiceLevels;
use hearken::snapshot::Snapshot;
use hearken::text::Language;
use hearken::trend::{Alert, Key, Settings, State, Trends, Watch, watch};
use proptest::prelude::*;
use support::{Read, engine, observed, read};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const NOON: i64 = 1_772_539_200_000; // 2026-03-03, noon UTC
const LATE: &str = "My parcel has not arrived, terrible delivery, I am furious";
const BRANDS: [&str; 3] = ["Acme", "Beta", "Čáp & syn"];

fn segments(brand: &str) -> Segments {
    Segment::new("brand", brand).into_iter().collect()
}

fn post(id: usize, at: i64, text: &str, brand: &str) -> Post<'static> {
    let mut post = Post::new(text.to_owned());
    post.id = Some(format!("p{id}").into());
    post.author.id = Some(format!("u{id}").into());
    post.created_at = Some(at);
    post.segments = segments(brand);
    post
}

/// Two days in which each brand has a complaint or another post every two minutes, and an hour in
/// which complaints about the `rising` brands come on top.
fn two_days(rising: &[&str]) -> Vec<Read> {
    let mut posts = Vec::new();
    for minute in (0..2 * 1440_usize).step_by(2) {
        let at = NOON + minute as i64 * MINUTE;
        for (place, brand) in BRANDS.into_iter().enumerate() {
            let text = if minute % 20 == 0 {
                LATE
            } else {
                "Good morning"
            };
            posts.push(post(minute * 100 + place, at, text, brand));
        }
        if (2000..2060).contains(&minute) {
            for (place, brand) in rising.iter().enumerate() {
                posts.push(post(minute * 100 + 10 + place, at + MINUTE, LATE, brand));
            }
        }
    }
    read(posts)
}

/// The alerts as they were reported last, by when they were opened.
fn alerts(posts: &[Read]) -> Vec<Alert> {
    let mut trends = Trends::new(Settings::default()).expect("sound");
    let mut watch = Watch::new(watch::Settings::default()).expect("sound");
    let mut alerts: Vec<Alert> = Vec::new();
    let mut take = |reported: Vec<Alert>| {
        for alert in reported {
            match alerts.iter_mut().find(|known| known.id == alert.id) {
                Some(known) => *known = alert,
                None => alerts.push(alert),
            }
        }
    };
    for (post, triage, observation) in posts {
        trends.observe(engine(), post, triage, observation);
        take(watch.observe_published(&mut trends));
    }
    take(watch.observe_rest(&mut trends));
    alerts
}

#[test]
fn a_rise_of_one_brand_is_told_with_its_name() {
    let found = alerts(&two_days(&["Acme"]));
    let of = |brand: &str| {
        let is_of = |key: &Key| key.segment().is_some_and(|one| one.value() == brand);
        let named = found.iter().filter(|alert| is_of(&alert.key));
        named.collect::<Vec<_>>()
    };
    assert!(of("Beta").is_empty() && of("Čáp & syn").is_empty());
    let acme = of("Acme");
    let keys: Vec<String> = found.iter().map(|alert| alert.key.to_string()).collect();
    assert_eq!(keys, ["complaint:delivery @ brand=Acme"]);
    let whole: Key = "complaint:delivery".parse().unwrap();
    assert!(acme[0].with.contains(&whole), "{:?}", acme[0].with);
    assert_eq!(acme[0].state, State::Closed);
    for (code, name) in [
        ("en", "Delivery (complaints), brand Acme: "),
        ("cs", "Doručení (stížnosti), brand Acme: "),
        ("zh-Hans", "(投诉)，brand Acme："),
        ("zh-Hant", "(投訴)，brand Acme："),
    ] {
        let language = Language::from_code(code).unwrap();
        let sentence = acme[0].sentence(language, engine().taxonomy());
        assert!(sentence.contains(name), "{sentence}");
    }
}

#[test]
fn a_rise_of_all_brands_is_of_none_of_them() {
    let found = alerts(&two_days(&BRANDS));
    let keys: Vec<String> = found.iter().map(|alert| alert.key.to_string()).collect();
    assert_eq!(keys, ["complaint:delivery"]);
    for brand in BRANDS {
        let key: Key = format!("complaint:delivery @ brand={brand}")
            .parse()
            .unwrap();
        assert!(found[0].with.contains(&key), "{:?}", found[0].with);
    }
}

#[test]
fn what_a_brand_has_each_hour_is_no_rise_once_it_comes_together() {
    // A complaint an hour, too few for a series until three come within one; the past was no
    // silence.
    let mut posts = Vec::new();
    for minute in (0..2 * 1440_usize).step_by(2) {
        let at = NOON + minute as i64 * MINUTE;
        posts.push(post(minute, at, "Good morning", "Acme"));
        if minute % 60 == 30 || [2410, 2420].contains(&minute) {
            posts.push(post(10_000 + minute, at, LATE, "Beta"));
        }
    }
    let found = alerts(&read(posts));
    assert!(found.is_empty(), "{:?}", found[0].key);
}

#[test]
fn without_segments_nothing_is_counted_within_them_nor_allocated_for_them() {
    let mut posts = two_days(&["Acme"]);
    posts.truncate(200);
    for (post, ..) in &mut posts {
        post.segments = Segments::default();
    }
    let mut trends = Trends::new(Settings::default()).unwrap();
    for (post, triage, observation) in &posts {
        trends.observe(engine(), post, triage, observation);
    }
    let all = trends.window(NOON, NOON + 100 * HOUR);
    assert!(all.cells().all(|(key, _)| key.segment().is_none()));
    let none = Segments::default();
    let cost = allocation_counter::measure(|| {
        let copy = std::hint::black_box(&none).clone();
        assert!(copy.value("brand").is_none() && Segments::default() == copy);
    });
    assert_eq!(cost.count_total, 0);
}

#[test]
fn invented_values_push_no_brand_out() {
    let mut trends = Trends::new(Settings {
        max_unbounded: 64,
        ..Settings::default()
    })
    .unwrap();
    let mut watch = Watch::new(watch::Settings {
        max_series: 100,
        ..watch::Settings::default()
    })
    .unwrap();
    let (_, triage, observation) = &read([post(0, NOON, LATE, "x")])[0];
    let (mut flood, identities) = (observation.clone(), Identities::default());
    flood.terms = Default::default();
    for number in 0..200_000 {
        let brand = match number % 10 {
            0 => "Acme".to_owned(),
            _ => format!("{number} @ brand={}", "😡".repeat(number % 50)),
        };
        let one = post(number, NOON + (number as i64 % 60) * 5000, LATE, &brand);
        flood.identity = identities.identify(&one);
        trends.observe(engine(), &one, triage, &flood);
    }
    trends.finish(|trends, start| drop(watch.observe(trends, start)));
    let window = trends.window(NOON, NOON + HOUR);
    let unbounded = window.cells().filter(|(key, _)| key.is_unbounded()).count();
    assert!(unbounded <= 64, "{unbounded}");
    let acme: Key = "all @ brand=Acme".parse().unwrap();
    let authors = window.cell(&acme).expect("it stays").authors.count();
    assert!((18_000..=22_000).contains(&authors), "{authors}");
    assert!(watch.series() <= 100, "{}", watch.series());
    assert!(trends.counts().dropped > 190_000);
    assert!(
        trends.memory_usage() < 3_000_000,
        "{}",
        trends.memory_usage()
    );
}

/// The sample, with two segments a post, some of them missing.
fn sample() -> Vec<Read> {
    let mut posts = observed().to_vec();
    for (number, (post, ..)) in posts.iter_mut().enumerate() {
        let brand = Segment::new("brand", ["Acme", "b @ c=d", ""][number % 3]);
        let country = Segment::new("country", ["cz", "tw"][number / 7 % 2]);
        post.segments = brand.into_iter().chain(country).collect();
    }
    posts
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn shards_merge_to_the_whole(parts in prop::collection::vec(0..3_usize, 2000), first in 0..3_usize) {
        let settings = Settings {
            bound: Duration::from_secs(30 * 24 * 3600),
            keep: Duration::from_secs(60 * 24 * 3600),
            max_unbounded: 1 << 20,
            ..Settings::default()
        };
        let new = || Trends::new(settings).expect("sound");
        let (mut whole, mut shards) = (new(), [new(), new(), new()]);
        let mut queues = [(); 4].map(|()| queue());
        for ((post, triage, observation), part) in sample().iter().zip(&parts) {
            whole.observe(engine(), post, triage, observation);
            shards[*part].observe(engine(), post, triage, observation);
            let person = observation.identity.author % 3;
            queues[3].observe(post, triage, &observation.identity);
            queues[person as usize].observe(post, triage, &observation.identity);
        }
        let mut merged = new();
        for shard in 0..3 {
            merged.merge(&shards[(first + shard) % 3]).expect("of one kind");
        }
        prop_assert!(merged.to_bytes().unwrap() == whole.to_bytes().unwrap());
        prop_assert!(Trends::from_bytes(&whole.to_bytes().unwrap()).unwrap() == whole);
        let country: Key = "all @ country=tw".parse().unwrap();
        prop_assert!(whole.cell(&country, 0, i64::MAX).posts > 500);
    }

    #[test]
    fn any_key_of_any_segment_is_read_back(
        kind in prop::sample::select(&["all", "complaints", "topic:", "complaint:", "channel:"][..]),
        name in "([a@ :=]|\\PC){0,40}",
        field in ".{0,60}",
        value in "([a@ :=]|\\PC|.){0,200}",
    ) {
        prop_assume!(!name.contains(" @ "));
        let whole = if kind.ends_with(':') { format!("{kind}{name}") } else { kind.to_owned() };
        if let Some(segment) = Segment::new(&field, &value) {
            let whole: Key = whole.parse().unwrap();
            let key: Key = format!("{whole} @ {segment}").parse().unwrap();
            prop_assert_eq!(key.whole(), &whole);
            prop_assert_eq!(&key.to_string().parse::<Key>().unwrap(), &key);
            prop_assert_eq!(key.segment(), Some(&segment));
            prop_assert!(segment.value().len() <= 96 && !segment.value().contains(char::is_control));
        }
    }
}

fn queue() -> Queue {
    let levels = engine().importance().levels();
    let service_levels = ServiceLevels::bundled().unwrap();
    let settings = queue::Settings {
        capacity: Some(3),
        ..queue::Settings::default()
    };
    Queue::new(settings, service_levels, levels).unwrap()
}

#[test]
fn cases_have_the_segments_of_their_post_and_stand_by_them_as_in_all() {
    let mut queue = queue();
    let identities = Identities::new(Secret::default(), Accounts::PerChannel);
    for (post, triage, _) in &sample() {
        queue.observe(post, triage, &identities.identify(post));
    }
    queue.advance(queue.watermark().unwrap());
    let mut sum = Standing::default();
    queue
        .standings()
        .for_each(|(_, standing)| sum.merge(&standing));
    assert_eq!(sum.waiting, queue.len());
    assert_eq!(sum.overdue, queue.overdue(usize::MAX).len());
    assert_eq!(sum.lanes, queue.lanes());
    assert!(sum.lanes.deferred > 0 && sum.lanes.idle > 0 && sum.overdue > 0);

    let kept = Queue::from_bytes(&queue.to_bytes().unwrap()).unwrap();
    let acme = |queue: &Queue| {
        let places = queue.next(usize::MAX);
        let of = places
            .iter()
            .filter(|place| place.segments.value("brand") == Some("Acme"));
        of.count()
    };
    let standing = queue.standings().filter(|(segments, standing)| {
        segments.value("brand") == Some("Acme") && standing.waiting > 0
    });
    assert!(acme(&queue) > 50 && acme(&kept) == acme(&queue));
    assert!(standing.count() <= acme(&queue));
    let place = &queue.next(1)[0];
    let json = serde_json::to_value(place).unwrap();
    let country = place.segments.value("country").unwrap();
    assert_eq!(json["segments"]["country"], country);
}

#[test]
fn segments_are_read_from_where_a_map_says() {
    let line = r#"{"text":"a","channel":"x","brand":"Acme","shop":7,"eu":true,"rate":1.5,"blank":" ",
        "missing":"N/A","list":["a"],"meta":{"shop":{"name":"Č & \"d\""}},"user":{"country":"cz"}}"#;
    for (fields, shown) in [
        ("brand", r#"{"brand":"Acme"}"#),
        (
            "name=meta.shop.name,user.country",
            r#"{"name":"Č & \"d\"","user.country":"cz"}"#,
        ),
        ("shop,eu", r#"{"eu":"true","shop":"7"}"#),
        ("rate,x='all'", r#"{"rate":"1.5","x":"all"}"#),
        ("blank,nothing", "{}"),
        ("b=blank|brand", r#"{"b":"Acme"}"#),
        ("channel", r#"{"channel":"mapped"}"#),
        ("list,missing", "{}"),
    ] {
        let map = FieldMap::parse("channel='mapped'")
            .unwrap()
            .by(fields)
            .unwrap();
        let read = Reader::new().map(map).read(line).unwrap();
        let written = serde_json::to_string(&read.post.segments).unwrap();
        assert_eq!(written, shown, "{fields}");
        let unread = fields.contains("list");
        assert_eq!(
            read.unread.iter().any(|one| one.field == "segments"),
            unread
        );
    }
    for fields in [
        "",
        "a,",
        "a,b,c",
        "a..b",
        "a=b=c",
        "=a",
        "brand,brand=x",
        "a=",
        "'x",
    ] {
        let error = FieldMap::default().by(fields).unwrap_err();
        assert!(error.is_field(), "{fields}: {error}");
    }
}

#[test]
fn segments_of_a_post_are_read_as_they_are_written() {
    let line =
        r#"{"text":"a","segments":{"brand":" Acme ","none":null,"list":[1],"shop":7,"third":"x"}}"#;
    let post = Post::from_json(line).unwrap();
    assert_eq!(
        serde_json::to_string(&post).unwrap(),
        r#"{"text":"a","segments":{"brand":"Acme","shop":"7"}}"#
    );
    assert_eq!(FieldMap::default().read(line).unwrap(), post);
    // A dump of another shape may have a field of that name.
    let read = Reader::new().read(line).unwrap();
    assert!(read.post.segments.is_empty() && read.unread.is_empty());
    for line in [
        r#"{"text":"a","segments":["vip"]}"#,
        r#"{"text":"a","segments":{"brand":"x"},"segments":{}}"#,
    ] {
        assert!(Post::from_json(line).unwrap().segments.is_empty());
    }
}
