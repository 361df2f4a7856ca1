//! What a watch tells: false alerts on posts without events, floods beside small rises, own
//! campaigns, typical posts, and alerts that rise again.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

#[path = "support/quiet.rs"]
mod quiet_stream;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use hearken::Post;
use hearken::trend::{Alert, Key, State};
use quiet_stream::{DAY, HOUR, MINUTE, MONDAY, opened, post, quiet, told, watch};
use support::{observed, read};

#[test]
fn all_false_alerts_together_keep_the_budget() {
    const DAYS: i64 = 12;
    for budget in [0.5, 2.0, 10.0] {
        let mut alerts = 0;
        for seed in [1, 2] {
            alerts += opened(&told(watch(budget), &mut quiet(DAYS, seed))).len();
        }
        let a_day = alerts as f64 / (2 * (DAYS - 1)) as f64;
        println!("budget {budget}: {a_day:.2} alerts a day of any kind");
        assert!(a_day <= 1.25 * budget, "{a_day} at {budget}");
    }
}

#[test]
fn a_flood_hides_no_small_rise_of_another_kind() {
    let mut posts = quiet(4, 3);
    let from = MONDAY + 3 * DAY + 10 * HOUR;
    let flood: Vec<Post<'static>> = (0..120)
        .map(|number| {
            let at = from + (number * 30) as i64 * 1000;
            post(
                10_000 + number,
                at,
                "No internet at all since this morning, is there an outage?",
            )
        })
        .collect();
    let small: Vec<Post<'static>> = (0..9)
        .map(|number| {
            let at = from + 20 * MINUTE + (number * 100) as i64 * 1000;
            post(
                20_000 + number,
                at,
                "You charged my card twice for the same invoice, refund me!",
            )
        })
        .collect();
    posts.extend(read(&flood));
    posts.extend(read(&small));
    let alerts = told(watch(2.0), &mut posts);
    let names = |topic: &str| {
        let of = |key: &Key| matches!(key, Key::Topic(id) | Key::Negative(id) if **id == *topic);
        alerts
            .iter()
            .any(|alert| of(&alert.key) && alert.at - from <= 90 * MINUTE)
    };
    assert!(names("outage"), "{alerts:#?}");
    assert!(names("payment") || names("refund"), "{alerts:#?}");
}

#[test]
fn a_word_of_many_matters_needs_more_authors_than_one_of_a_single_matter() {
    // All ask, so that they differ in nothing but what they have in common.
    let scattered = [
        "Is the umbrella in your advert for sale anywhere?",
        "Why does an invoice show an umbrella beside its total?",
        "Who keeps an umbrella that was lost on tram nine?",
        "Does insurance pay for an umbrella broken by hail?",
        "Can one return an umbrella without a box?",
        "A parcel held an umbrella instead of shoes, what now?",
        "Which colour is umbrella four in the catalogue?",
        "May a dog wear an umbrella hat in your café?",
        "Where does one register as umbrella dealer?",
        "How heavy is the umbrella stand by that entrance?",
    ];
    let agreeing = [
        "Is the umbrella handle in your advert safe?",
        "Why does an umbrella come with a loose handle?",
        "Who repairs an umbrella whose handle fell off?",
        "Does insurance pay for an umbrella handle broken by hail?",
        "Can one return an umbrella without a handle?",
        "A parcel held an umbrella with half a handle, what now?",
        "Which colour is the handle of umbrella four?",
        "May the handle of an umbrella smell of oil?",
        "Where does one buy a handle for that umbrella?",
        "How heavy is the handle of an umbrella?",
    ];
    let from = MONDAY + 2 * DAY + 12 * HOUR;
    let needed = |texts: &[&str]| {
        let tells = |count: &usize| {
            let mut posts = quiet(3, 6);
            // The word is known: new ones of four authors are far beyond any bar.
            let known: Vec<Post<'static>> = (0..12)
                .map(|number| {
                    let at = MONDAY + number as i64 * 4 * HOUR;
                    post(80_000 + number, at, "Is your umbrella waterproof?")
                })
                .collect();
            posts.extend(read(&known));
            let asked: Vec<Post<'static>> = (texts.iter().take(*count).enumerate())
                .map(|(number, text)| {
                    post(70_000 + number, from + number as i64 * 5 * MINUTE, text)
                })
                .collect();
            posts.extend(read(&asked));
            let named = |alert: &Alert| {
                let name = alert.key.name();
                alert.at - from <= 2 * HOUR
                    && (name.contains("umbrella") || name.contains("handle"))
            };
            told(watch(0.5), &mut posts).iter().any(named)
        };
        (4..=texts.len()).find(tells)
    };
    let (scattered, agreeing) = (needed(&scattered), needed(&agreeing));
    println!("authors: scattered {scattered:?}, agreeing {agreeing:?}");
    assert_eq!(agreeing, Some(4));
    // Seven would do, were it not asked what their posts have in common.
    assert!(scattered.is_none_or(|scattered| scattered > 7));
}

#[test]
fn own_campaigns_and_give_aways_are_quiet() {
    let mut posts = quiet(3, 4);
    let from = MONDAY + 2 * DAY + 12 * HOUR;
    let tagged = |first: usize, text: &str| -> Vec<Post<'static>> {
        (0..25)
            .map(|number| {
                let at = from + (number * 90) as i64 * 1000;
                post(first + number, at, &format!("{text} {number}"))
            })
            .collect()
    };
    posts.extend(read(tagged(
        30_000,
        "When does #SummerOfTelmo begin in Brno?",
    )));
    posts.extend(read(tagged(
        40_000,
        "Tell me the winners of the giveaway #freephones",
    )));
    let tags = |alerts: &[Alert]| -> BTreeSet<String> {
        let hashtags = alerts.iter().filter(|alert| alert.key.kind() == "hashtag");
        hashtags.map(|alert| alert.key.name().to_owned()).collect()
    };
    // The give-away says so itself; the campaign is only known by its name.
    let unknown = tags(&told(watch(2.0), &mut posts));
    assert!(unknown.contains("summeroftelmo"), "{unknown:?}");
    assert!(!unknown.contains("freephones"), "{unknown:?}");
    let own = watch(2.0).with_own(["summeroftelmo".into()]);
    let alerts = told(own, &mut posts);
    assert!(tags(&alerts).is_empty(), "{:?}", tags(&alerts));
    // What is told of it all the same, as a rise of all posts, is marked.
    assert!(
        alerts
            .iter()
            .filter(|alert| alert.own)
            .all(|alert| alert.severity == 1)
    );
}

#[test]
fn the_posts_of_an_alert_are_by_different_authors_and_no_copies() {
    let alerts = told(watch(10.0), &mut observed().to_vec());
    let authors: BTreeMap<&str, &str> = observed()
        .iter()
        .filter_map(|(post, ..)| Some((post.id.as_deref()?, post.author.id.as_deref()?)))
        .collect();
    let shown = alerts.iter().filter(|alert| alert.evidence.len() > 1);
    let mut count = 0;
    for alert in shown {
        let of: BTreeSet<_> = alert
            .evidence
            .iter()
            .filter_map(|note| authors.get(&*note.id))
            .collect();
        let texts: BTreeSet<_> = alert.evidence.iter().map(|note| &note.text).collect();
        assert_eq!(of.len(), alert.evidence.len(), "{:?}", alert.evidence);
        assert_eq!(texts.len(), alert.evidence.len(), "{:?}", alert.evidence);
        count += 1;
    }
    assert!(count > 3);
}

#[test]
fn what_rises_again_within_half_a_day_is_the_same_alert() {
    let mut posts = quiet(4, 5);
    let wave = |from: i64, first: usize| -> Vec<Post<'static>> {
        (0..15)
            .map(|number| {
                let at = from + (number * 100) as i64 * 1000;
                post(
                    first + number,
                    at,
                    &format!("Is #brnodown for you, too? {number}"),
                )
            })
            .collect()
    };
    let from = MONDAY + 3 * DAY + 8 * HOUR;
    posts.extend(read(wave(from, 50_000)));
    posts.extend(read(wave(from + 9 * HOUR, 60_000)));
    let alerts = told(watch(2.0), &mut posts);
    let key: Key = "hashtag:brnodown".parse().expect("a key");
    let of: Vec<&Alert> = alerts.iter().filter(|alert| alert.key == key).collect();
    let ids: BTreeSet<&str> = of.iter().map(|alert| alert.id.as_str()).collect();
    assert_eq!(ids.len(), 1, "{of:#?}");
    let states: Vec<State> = of.iter().map(|alert| alert.state).collect();
    assert!(states.contains(&State::Resumed), "{states:?}");
    // It is told when it opens, when it grows, and when it is over: not each hour.
    assert!(of.len() <= 8, "{states:?}");
}
