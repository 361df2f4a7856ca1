//! Floods of junk: accounts that write new hashtags and words all day raise few alerts, and hide
//! none of what really rises.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

#[path = "support/quiet.rs"]
mod quiet_stream;
mod support;

use hearken::Post;
use hearken::internals::Random;
use hearken::trend::{Alert, Key};
use quiet_stream::{DAY, HOUR, MINUTE, MONDAY, opened, post, quiet, times, told, watch};
use support::read;

/// A flood: so many new hashtags or words an hour, each by so many accounts out of a pool.
#[derive(Clone, Copy, Debug)]
struct Flood {
    an_hour: usize,
    accounts: usize,
    pool: usize,
    words: bool,
}

const DAYS: i64 = 6;
/// When the flood begins, and when the true rises do.
const FLOODED: i64 = MONDAY + 2 * DAY;
const RISEN: i64 = MONDAY + 4 * DAY;

/// A word that no language has.
fn junk(random: &mut Random) -> String {
    let syllable = |random: &mut Random| {
        let (begin, end) = (random.below(12), random.below(5));
        format!("{}{}", &"bdfgklmprstv"[begin..=begin], &"aeiou"[end..=end])
    };
    (0..4).map(|_| syllable(random)).collect()
}

impl Flood {
    fn posts(self) -> Vec<Post<'static>> {
        let mut random = Random::new(77);
        let mut posts = Vec::new();
        for hour in 0..(MONDAY + DAYS * DAY - FLOODED) / HOUR {
            for _ in 0..self.an_hour {
                let (name, begin) = (junk(&mut random), random.below(self.pool));
                let minute = random.below(40) as i64;
                for number in 0..self.accounts {
                    let author = 900_000 + (begin + number) % self.pool;
                    let at = FLOODED + hour * HOUR + minute * MINUTE + number as i64 * 20_000;
                    let sign = if self.words { "" } else { "#" };
                    let text = format!("{sign}{name} {}", junk(&mut random));
                    posts.push(post(author, at + random.below(900) as i64, &text));
                }
            }
        }
        posts
    }

    /// As many posts of the same accounts that say nothing new.
    fn harmless(self) -> Vec<Post<'static>> {
        let mut posts = self.posts();
        for post in &mut posts {
            post.text = "Good morning to all of you".into();
        }
        posts
    }
}

/// A rise: when it begins, how many people it is of, what they write.
const RISES: [(i64, usize, &str); 3] = [
    (
        9,
        14,
        "No internet at all since this morning, is there an outage?",
    ),
    (
        14,
        14,
        "My card was charged twice, where is my money? #telmocharges",
    ),
    (
        19,
        7,
        "Where is my parcel, it should be here today? #telmobox",
    ),
];

/// The rises, by different people each.
fn rises() -> Vec<Post<'static>> {
    let mut posts = Vec::new();
    for (place, (hour, people, text)) in RISES.into_iter().enumerate() {
        for number in 0..people {
            let at = RISEN + hour * HOUR + number as i64 * 3 * MINUTE;
            let author = 10_000 * (place + 1) + number;
            posts.push(post(author, at, &format!("{text} {number}")));
        }
    }
    posts
}

/// The alerts of a flood beside the true rises: how many were opened, and which rises were told
/// within two hours.
fn alerts(flood: Vec<Post<'static>>) -> (usize, [bool; 3], Vec<Alert>) {
    let mut posts = quiet(DAYS, 6);
    posts.extend(read(flood));
    posts.extend(read(rises()));
    let alerts = told(watch(2.0), &mut posts);
    let opened = opened(&alerts);
    let told = |place: usize, is: &dyn Fn(&Key) -> bool| {
        let (hour, ..) = RISES[place];
        let from = RISEN + hour * HOUR;
        let in_time = |alert: &&&Alert| (from..from + 2 * HOUR).contains(&alert.at);
        opened.iter().filter(in_time).any(|alert| is(&alert.key))
    };
    let topic =
        |key: &Key, name: &str| matches!(key, Key::Topic(id) | Key::Negative(id) if **id == *name);
    let found = [
        told(0, &|key| topic(key, "outage") || key.name() == "outage"),
        told(1, &|key| {
            topic(key, "payment") || key.name().contains("telmocharges")
        }),
        told(2, &|key| key.name().contains("telmobox")),
    ];
    (opened.len(), found, alerts.clone())
}

#[test]
fn floods_of_any_shape_open_few_alerts_and_hide_none() {
    let base = Flood {
        an_hour: 5,
        accounts: 6,
        pool: 6,
        words: false,
    };
    let (usual, found, _) = alerts(Vec::new());
    println!("no flood: {usual} alerts, {found:?}");
    assert_eq!(found, [true; 3]);
    let (count, found, _) = alerts(base.harmless());
    println!("as many harmless posts: {count} alerts, {found:?}");
    assert_eq!(found, [true; 3]);
    for flood in [
        base,
        Flood { pool: 30, ..base },
        Flood {
            words: true,
            ..base
        },
        Flood {
            words: true,
            pool: 30,
            ..base
        },
        Flood { an_hour: 1, ..base },
        Flood {
            an_hour: 20,
            ..base
        },
        // Shapes on which nothing was set.
        Flood {
            an_hour: 20,
            pool: 60,
            ..base
        },
        Flood {
            accounts: 12,
            pool: 60,
            ..base
        },
        Flood {
            accounts: 4,
            pool: 9,
            an_hour: 9,
            ..base
        },
        Flood {
            accounts: 20,
            pool: 20,
            an_hour: 3,
            words: true,
        },
        Flood {
            accounts: 7,
            pool: 45,
            an_hour: 2,
            ..base
        },
    ] {
        let (count, found, all) = alerts(flood.posts());
        println!("{flood:?}: {count} alerts, {found:?}");
        let titles: Vec<String> = opened(&all).iter().map(|a| a.key.to_string()).collect();
        // One for each four accounts, and what the flood does to all posts: complaints, negative
        // posts, the language that junk seems to be in, and a true rise that is told twice.
        assert!(count <= usual + flood.pool / 4 + 4, "{flood:?} {titles:?}");
        assert_eq!(found, [true; 3], "{flood:?} {titles:?}");
    }
}

#[test]
fn floods_of_ever_new_accounts_are_bounded_and_hide_nothing_that_is_always_watched() {
    let (usual, ..) = alerts(Vec::new());
    for (accounts, an_hour, words) in [(6, 5, false), (6, 5, true), (12, 2, false)] {
        let pool = 100_000;
        let flood = Flood {
            an_hour,
            accounts,
            pool,
            words,
        };
        let (count, found, all) = alerts(flood.posts());
        println!("{flood:?}: {count} alerts, {found:?}");
        let titles: Vec<String> = opened(&all).iter().map(|a| a.key.to_string()).collect();
        // Four days with room for eight of them each, and a few that are deeper.
        assert!(count <= usual + 4 * 8 + 6, "{flood:?} {count} {titles:?}");
        assert_eq!(found[..2], [true; 2], "{flood:?} {titles:?}");
    }
}

#[test]
fn four_accounts_in_80_seconds_are_no_news_where_hundreds_write() {
    let at = MONDAY + 2 * DAY + 12 * HOUR;
    let tagged = |name: &str, first: usize, people: usize, apart: i64| -> Vec<Post<'static>> {
        let one = |number: usize| {
            let text = format!("Where is my parcel? #{name} {number}");
            post(first + number, at + number as i64 * apart, &text)
        };
        (0..people).map(one).collect()
    };
    // Some 300 an hour by day, 70 by night.
    let mut posts = times(7, 3, 8);
    posts.extend(read(tagged("quartet", 700_000, 4, 20_000)));
    posts.extend(read(tagged("telmodown", 710_000, 30, 20_000)));
    let alerts = told(watch(2.0), &mut posts);
    let tags: Vec<&str> = alerts.iter().map(|alert| alert.key.name()).collect();
    assert!(!tags.contains(&"quartet"), "{tags:?}");
    assert!(tags.contains(&"telmodown"), "{tags:?}");
}
