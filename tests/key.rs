//! The key: what state keeps of persons and contacts can't be found by trying without it, equal
//! keys give equal bytes, and state of another key is refused.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

use std::collections::BTreeSet;
use std::hash::Hasher as _;
use std::sync::OnceLock;
use std::time::Duration;

use hearken::desk::{Desk, Remembered, Settings};
use hearken::internals::hash;
use hearken::observation::{Accounts, Identities, Secret};
use hearken::queue::{self, Queue};
use hearken::snapshot::Snapshot;
use hearken::{Engine, Error, Post};
use siphasher::sip::SipHasher13;

const NOON: i64 = 1_772_539_200_000; // 2026-03-03, noon UTC
const POSTS: usize = 60;

fn identities(secret: u8) -> Identities {
    Identities::new(Secret::from_bytes([secret; 16]), Accounts::PerChannel)
}

/// Engines under the secrets of zeros, ones and twos.
fn engine(secret: u8) -> &'static Engine {
    static ENGINES: OnceLock<[Engine; 3]> = OnceLock::new();
    let engines = ENGINES.get_or_init(|| {
        [0, 1, 2].map(|secret| {
            let builder = Engine::builder().identities(identities(secret));
            builder.build().expect("the bundled models fit")
        })
    });
    &engines[usize::from(secret)]
}

fn author(number: usize) -> String {
    format!("eva.novak{number}")
}

fn phone(number: usize) -> String {
    format!("77712{:04}", 7 * number)
}

fn handle(number: usize) -> String {
    format!("ming_day{number:02}")
}

/// Posts by [`author`] with [`phone`], [`handle`] and a link, spam and complaints in turn, and
/// answers of an agent.
fn posts() -> Vec<Post<'static>> {
    let line = |number: usize| {
        let (at, id) = (NOON + 60_000 * number as i64, 1000 + number);
        let (author, phone) = (author(number), phone(number));
        let text = match number % 3 {
            0 => format!("兼职刷单日结，加微信 {} 有手机就行", handle(number)),
            1 => format!("Moje zásilka nedorazila, volejte {phone} nebo www.example.com/{number}"),
            _ => "Where is my refund? I have waited for weeks!".to_owned(),
        };
        let post = format!(
            r#"{{"id":"{id}","text":"{text}","created_at":{at},"channel":"chat","author":{{"id":"{author}"}},"customer":{{"id":"record {number}"}}}}"#
        );
        let answer = format!(
            r#"{{"id":"a{id}","text":"Done.","created_at":{},"channel":"chat","role":"agent","author":{{"id":"agent"}},"in_reply_to":"{id}"}}"#,
            at + 1000
        );
        let nameless = format!(
            r#"{{"text":"Still no answer","created_at":{},"channel":"chat","author":{{"id":"{author}"}}}}"#,
            at + 2000
        );
        let answered = number.is_multiple_of(5).then_some(answer);
        [post, nameless].into_iter().chain(answered)
    };
    let lines = (0..POSTS).flat_map(line);
    lines
        .map(|line| Post::from_json(&line).expect("a post").into_owned())
        .collect()
}

fn settings(engine: &Engine) -> Settings {
    Settings {
        lateness: Some(Duration::ZERO),
        ..Settings::for_engine(engine).expect("sound")
    }
}

/// A desk that saw all posts.
fn fed(engine: &Engine, watched: bool) -> Desk {
    let mut settings = settings(engine);
    settings.watch = settings.watch.filter(|_| watched);
    let mut desk = Desk::new(engine, settings).expect("sound");
    for post in posts() {
        desk.observe(&post);
    }
    desk
}

fn bytes(secret: u8) -> Vec<u8> {
    let remembered = fed(engine(secret), true).remembered().expect("kept");
    remembered.to_bytes().expect("kept")
}

/// A number as snapshots write it: seven bits a byte, the lowest first.
fn written(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn holds(bytes: &[u8], hash: u64) -> bool {
    let found = written(hash);
    // Small numbers stand anywhere.
    found.len() >= 8 && bytes.windows(found.len()).any(|window| window == found)
}

/// The hash that anybody can make of any text, and of a contact.
fn open_hash(kind: u64, characters: impl Iterator<Item = char>) -> u64 {
    let mut hasher = hash::Hasher::new(kind);
    characters.for_each(|character| hasher.push(u64::from(u32::from(character))));
    hasher.finish()
}

fn open_contact(kind: u64, text: &str) -> u64 {
    let kind = char::from_u32(kind as u32).expect("small");
    open_hash(7, std::iter::once(kind).chain(text.chars()))
}

/// All that a reader of a snapshot without the key can try of one post.
fn tried(number: usize) -> Vec<u64> {
    let line = format!(
        r#"{{"id":"{}","text":"a","channel":"chat","author":{{"id":"{}"}},"customer":{{"id":"record {number}"}}}}"#,
        1000 + number,
        author(number)
    );
    let post = Post::from_json(&line).expect("a post");
    let id = format!("{}", 1000 + number);
    let known = Identities::default().identify(&post);
    let without_joints: String = handle(number).replace('_', "");
    let mut hashes = vec![
        known.author,
        known.customer,
        known.post,
        open_hash(1, author(number).chars()),
        open_hash(1, id.chars()),
        open_hash(1, "chat".chars()).rotate_left(32) ^ open_hash(1, id.chars()),
        open_contact(0, &without_joints),
        open_contact(1, &phone(number)),
        open_contact(3, &format!("example.com/{number}")),
    ];
    // The keys of answers in a queue.
    for kind in 1..=5 {
        for id in [id.clone(), format!("{id}\0chat")] {
            let mut hasher = SipHasher13::new();
            hasher.write_u8(kind);
            hasher.write(id.as_bytes());
            hashes.push(hasher.finish());
        }
    }
    hashes
}

fn found(bytes: &[u8]) -> usize {
    let found = |number: &usize| tried(*number).into_iter().any(|hash| holds(bytes, hash));
    (0..POSTS).filter(found).count()
}

#[test]
fn nobody_is_found_in_a_snapshot_by_trying() {
    assert_eq!(found(&bytes(1)), 0);
    // The attack itself works where the key is known.
    assert_eq!(found(&bytes(0)), POSTS);
}

#[test]
fn a_post_without_an_identifier_tells_nothing_of_its_author() {
    // Its name in the queue was a hash of author, time and text, all of which can be tried.
    let names = |secret: u8| -> BTreeSet<String> {
        let desk = fed(engine(secret), true);
        let places = desk.next(usize::MAX).into_iter();
        places
            .map(|place| place.post)
            .filter(|id| id.starts_with('#'))
            .collect()
    };
    assert!(!names(1).is_empty());
    assert_eq!(names(1), names(1));
    assert!(names(1).is_disjoint(&names(2)));
}

#[test]
fn equal_keys_are_equal_bytes_and_others_are_others() {
    assert_eq!(bytes(1), bytes(1));
    assert_eq!(bytes(0), bytes(0));
    assert_ne!(bytes(1), bytes(2));
    // What is answered is the same under any key.
    let order = |secret: u8| -> Vec<String> {
        let places = fed(engine(secret), true).next(usize::MAX).into_iter();
        places
            .map(|place| place.post)
            .filter(|id| !id.starts_with('#'))
            .collect()
    };
    assert_eq!(order(1), order(2));
}

#[test]
fn merges_of_different_keys_are_refused_in_a_sentence() {
    let refused = |error: Error, part: &str| {
        let text = error.to_string();
        assert!(
            error.is_merge() && text.contains("different keys") && text.contains(part),
            "{text}"
        );
    };
    let (mut one, other) = (fed(engine(1), false), fed(engine(2), false));
    let before = one.remembered().unwrap().to_bytes().unwrap();
    let mut campaigns = one.stream().campaigns().clone();
    refused(
        campaigns
            .merge(other.stream().campaigns().clone())
            .unwrap_err(),
        "campaigns",
    );
    let mut trends = one.trends().unwrap().clone();
    refused(trends.merge(other.trends().unwrap()).unwrap_err(), "trends");
    assert_eq!(&trends, one.trends().unwrap());
    let mut queue = one.queue().unwrap().clone();
    refused(queue.merge(other.queue().unwrap()).unwrap_err(), "queues");
    assert!(one.merge(other).unwrap_err().is_merge());
    assert_eq!(one.remembered().unwrap().to_bytes().unwrap(), before);
    one.merge(fed(engine(1), false)).expect("the same key");
}

#[test]
fn state_goes_on_under_its_own_key_only() {
    let kept = bytes(1);
    let resume = |secret: u8| {
        let remembered = Remembered::from_bytes(&kept).expect("sound");
        Desk::resume(engine(secret), settings(engine(secret)), remembered)
    };
    let error = resume(2).expect_err("another key");
    assert!(
        error.is_snapshot() && error.to_string().contains("another key"),
        "{error}"
    );
    assert!(resume(0).is_err());
    let desk = resume(1).expect("its own key");
    assert_eq!(desk.remembered().unwrap().to_bytes().unwrap(), kept);
    let (campaigns, trends) = (desk.stream().campaigns(), desk.trends().unwrap());
    campaigns.check_key(&identities(1)).expect("its own key");
    trends.check_key(&identities(1)).expect("its own key");
    for secret in [0, 2] {
        assert!(
            campaigns
                .check_key(&identities(secret))
                .unwrap_err()
                .is_snapshot()
        );
        assert!(
            trends
                .check_key(&identities(secret))
                .unwrap_err()
                .is_snapshot()
        );
    }
}

#[test]
fn a_restored_queue_knows_its_answers_once_it_has_its_key() {
    let engine = engine(1);
    let levels = engine.importance().levels();
    let new = || {
        let levels_of_service = hearken::service_level::ServiceLevels::bundled().unwrap();
        let queue = Queue::new(queue::Settings::default(), levels_of_service, levels).unwrap();
        queue
            .with_identities(identities(1))
            .expect("an empty queue")
    };
    let mut scratch = engine.scratch();
    let post = &posts()[5];
    let (triage, observation) = engine.observe(post, &mut scratch);
    let mut queue = new();
    queue.advance(NOON);
    // The answer comes before the post, and is known by a hash alone.
    queue.answered("1002", NOON + 3_600_000);
    let restored = || Queue::from_bytes(&queue.to_bytes().unwrap()).expect("sound");
    assert!(
        restored()
            .with_identities(identities(2))
            .unwrap_err()
            .is_snapshot()
    );
    assert!(
        restored().merge(&new()).unwrap_err().is_merge(),
        "it has no key yet"
    );
    let mut again = restored()
        .with_identities(identities(1))
        .expect("its own key");
    let taken = again.observe(post, &triage, &observation.identity);
    assert_eq!(taken.outcome, queue::Outcome::AlreadyAnswered);
    again.merge(&new()).expect("the same key");
}
