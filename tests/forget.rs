//! Forgetting: after it nothing of a person is left in what a desk keeps, a desk goes on, and with
//! the posts at hand counts are as if these had never been seen.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

#[path = "support/needles.rs"]
mod needles;
mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use hearken::desk::{Desk, Outcome, Remembered, Settings};
use hearken::forget::Person;
use hearken::internals::Random;
use hearken::observation::{Accounts, Identities, Secret};
use hearken::post::Role;
use hearken::snapshot::Snapshot;
use hearken::trend::{Cell, Key};
use hearken::{Engine, Post};
use needles::{found, found_hashes, needles_of, together};
use proptest::prelude::*;
use support::{engine, observed, read, sample};

const MINUTE: i64 = 60_000;
const NOON: i64 = 1_772_539_200_000; // 2026-03-03, noon UTC

/// Everything; posts may come as late as `hours`.
fn settings(hours: u64) -> Settings {
    Settings {
        lateness: Some(Duration::from_secs(hours * 3600)),
        ..Settings::for_engine(engine()).expect("sound")
    }
}

fn bytes(desk: &Desk) -> Vec<u8> {
    let remembered = desk.remembered().expect("it can be kept");
    remembered.to_bytes().expect("it can be kept")
}

/// A desk that has the sample, of which the last posts still wait for their turn.
fn filled() -> (Desk, Vec<Outcome>) {
    let mut desk = Desk::new(engine(), settings(30)).expect("sound");
    let mut outcomes = Vec::new();
    for (post, triage, observation) in observed() {
        outcomes.extend(desk.observe_answered(post.clone(), triage.clone(), observation.clone()));
    }
    (desk, outcomes)
}

/// Two hundred authors of the sample, from all of it.
fn authors() -> Vec<String> {
    let posts = sample().iter();
    let mut authors: Vec<String> = posts
        .filter_map(|post| post.author.id.as_deref().map(str::to_owned))
        .collect();
    authors.sort_unstable();
    authors.dedup();
    let step = authors.len() / 200;
    authors.into_iter().step_by(step).take(200).collect()
}

#[test]
fn nothing_of_200_authors_is_left_and_the_rest_goes_on() {
    let (mut desk, _) = filled();
    let all = needles_of(sample(), engine().identities());
    let authors = authors();
    assert_eq!(authors.len(), 200);
    let before = bytes(&desk);
    let mut known = 0;
    for author in &authors {
        let known_as = found(&before, &all[author]);
        known += usize::from(known_as.iter().any(|what| what.contains("the text")));
        let whole = known_as.iter().any(|what| what.contains("identifier"))
            && known_as.iter().any(|what| what.contains("hash of author"));
        assert!(whole, "the search finds {author}: {known_as:?}");
    }
    assert!(known > 100, "texts of {known} are found");
    let counts = |desk: &Desk| {
        let trends = desk.trends().expect("panes").counts();
        (trends, desk.queue().expect("a queue").counts(), desk.late())
    };
    let counted = counts(&desk);
    for (count, author) in authors.iter().enumerate() {
        let forgotten = desk.forget(&Person::author(author));
        assert!(!forgotten.is_empty(), "{author}");
        let left = found_hashes(&bytes(&desk), &all[author]);
        assert_eq!(left, [""; 0], "{author}");
        if (count + 1) % 50 == 0 {
            let restarted = Remembered::from_bytes(&bytes(&desk)).expect("sound");
            desk = Desk::resume(engine(), settings(30), restarted).expect("the same settings");
        }
    }
    let after = bytes(&desk);
    let everybody = together(authors.iter().map(|author| &all[author]));
    assert_eq!(found(&after, &everybody), [""; 0]);
    for author in &authors {
        assert!(desk.forget(&Person::author(author)).is_empty(), "{author}");
    }
    assert_eq!(bytes(&desk), after, "twice is once");
    assert_eq!(counts(&desk), counted, "counts stay");
    // What it reports from then on shows none of them.
    let mut outcomes = desk.finish();
    outcomes.extend(desk.advance(NOON + 40 * 24 * 60 * MINUTE));
    let mut shown = Vec::new();
    for outcome in &outcomes {
        if let Outcome::Alert(alert) = outcome {
            shown.push(serde_json::to_string(alert).expect("JSON"));
        }
    }
    shown.extend(desk.next(usize::MAX).iter().map(|place| place.post.clone()));
    let shown = shown.join("\n");
    assert_eq!(found(shown.as_bytes(), &everybody), [""; 0]);
    // It takes posts, and those of a person who was forgotten as of a new one.
    let mut post = Post::new("Where is my parcel? Nobody answers!");
    (post.id, post.author.id) = (Some("new".into()), Some(authors[0].clone().into()));
    post.created_at = Some(NOON + 41 * 24 * 60 * MINUTE);
    let mut outcomes = desk.observe(&post);
    outcomes.extend(desk.flush());
    let answered = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Answer(answered) => Some(answered),
        _ => None,
    });
    let history = &answered.expect("it is answered").observed.history;
    assert_eq!(history.author.posts, 0.0);
}

#[test]
fn alerts_that_are_open_show_nobody_who_was_forgotten() {
    let mut desk = Desk::new(engine(), settings(0)).expect("sound");
    let mut posts = observed().iter();
    let mut shown: BTreeSet<String> = BTreeSet::new();
    for (post, triage, observation) in posts.by_ref() {
        desk.observe_answered(post.clone(), triage.clone(), observation.clone());
        let notes = desk.alerts().flat_map(|alert| &alert.evidence);
        shown = notes.map(|note| note.id.to_string()).collect();
        if shown.len() > 1 {
            break;
        }
    }
    assert!(shown.len() > 1, "an alert shows posts");
    let wrote = sample().iter().filter(|post| {
        let id = post.id.as_deref();
        id.is_some_and(|id| shown.contains(id))
    });
    let authors: BTreeSet<&str> = wrote.filter_map(|post| post.author.id.as_deref()).collect();
    let persons: Vec<Person> = authors.iter().map(|id| Person::author(*id)).collect();
    let forgotten = desk.forget_with(&persons, []);
    let rooms: BTreeSet<&str> = forgotten.removed.iter().map(|one| one.room).collect();
    assert!(rooms.contains("watch"), "{forgotten:?}");
    assert!(desk.alerts().all(|alert| alert.evidence.is_empty()));
    let mut outcomes = Vec::new();
    for (post, triage, observation) in posts {
        let author = post.author.id.as_deref();
        if !author.is_some_and(|author| authors.contains(author)) {
            let (post, triage) = (post.clone(), triage.clone());
            outcomes.extend(desk.observe_answered(post, triage, observation.clone()));
        }
    }
    outcomes.extend(desk.finish());
    let mut alerts = 0;
    for outcome in outcomes {
        if let Outcome::Alert(alert) = outcome {
            alerts += 1;
            let ids: Vec<&str> = alert.evidence.iter().map(|note| &*note.id).collect();
            assert!(!ids.iter().any(|id| shown.contains(*id)), "{ids:?}");
        }
    }
    assert!(alerts > 3, "{alerts}");
}

/// What is remembered forgets as the desk does, for several at once as for one after another.
#[test]
fn remembered_or_at_work_at_once_or_one_by_one_is_the_same() {
    let (mut desk, _) = filled();
    let authors = authors();
    let persons: Vec<Person> = authors.iter().take(40).map(Person::author).collect();
    let mut remembered = desk.remembered().expect("kept");
    let forgotten = remembered.forget(engine().identities(), &persons);
    let forgotten = forgotten.expect("one key");
    let mut one_by_one = Remembered::from_bytes(&bytes(&desk)).expect("sound");
    for person in &persons {
        let one = std::slice::from_ref(person);
        one_by_one
            .forget(engine().identities(), one)
            .expect("one key");
    }
    assert_eq!(forgotten, desk.forget_with(&persons, []));
    let bytes_of = |kept: &Remembered| kept.to_bytes().expect("kept");
    assert!(bytes_of(&remembered) == bytes(&desk));
    assert!(bytes_of(&one_by_one) == bytes(&desk));
    let other = Identities::new(Secret::from_bytes([7; 16]), Accounts::PerChannel);
    let error = remembered
        .forget(&other, &persons)
        .expect_err("another key");
    assert!(
        error.is_snapshot() && error.to_string().contains("key"),
        "{error}"
    );
    assert!(bytes_of(&remembered) == bytes(&desk), "it is as it was");
}

#[test]
fn an_account_goes_with_its_customer_and_one_on_another_channel_stays() {
    let mut desk = Desk::new(engine(), settings(0)).expect("sound");
    let text = "My refund never arrived, this is outrageous!";
    for (id, channel, author, customer) in [
        ("1", "mail", "ann", Some("c1")),
        ("2", "chat", "visitor-8", Some("c1")),
        ("3", "chat", "ann", None),
        ("4", "mail", "bob", Some("c2")),
        // A widget: all of its customers have one account.
        ("5", "web", "widget", Some("c1")),
        ("6", "web", "widget", Some("c2")),
    ] {
        let mut post = Post::new(text);
        (post.id, post.channel) = (Some(id.into()), Some(channel.into()));
        post.author.id = Some(author.into());
        post.customer.id = customer.map(Into::into);
        post.created_at = Some(NOON + id.parse::<i64>().expect("a number") * MINUTE);
        desk.observe(&post);
    }
    let waiting = |desk: &Desk| {
        let places = desk.next(usize::MAX);
        let mut posts: Vec<String> = places.into_iter().map(|place| place.post).collect();
        posts.sort_unstable();
        posts
    };
    assert_eq!(waiting(&desk), ["1", "3", "4"]);
    desk.forget(&Person::author_on("mail", "ann"));
    assert_eq!(waiting(&desk), ["3", "4"]);
    desk.forget(&Person::customer("c2"));
    assert_eq!(waiting(&desk), ["3"]);
    assert!(desk.forget(&Person::author(" ")).is_empty());
    assert!(desk.forget(&Person::customer("ann")).is_empty());
    desk.forget(&Person::author("ann"));
    assert!(waiting(&desk).is_empty());
}

#[test]
fn others_in_a_thread_that_they_began_still_wait_and_are_answered() {
    let mut desk = Desk::new(engine(), settings(0)).expect("sound");
    let observe = |desk: &mut Desk, id: &str, author: &str, to: &str, minute: i64| {
        let text = "No internet at all, and nobody answers! When will it work?";
        let mut post = Post::new(format!("{text} My line is {id}"));
        (post.id, post.author.id) = (Some(id.to_owned().into()), Some(author.to_owned().into()));
        post.channel = Some("ptt".into());
        post.created_at = Some(NOON + minute * MINUTE);
        if !to.is_empty() {
            post.thread = Some(to.to_owned().into());
        }
        let mut role = post.clone();
        if author == "agent" {
            role.role = Role::Agent;
            role.in_reply_to = role.thread.take();
        }
        desk.observe(&role)
    };
    let unanswered = |outcomes: &[Outcome]| {
        outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Answer(answered) => {
                let history = &answered.observed.history;
                Some((history.thread.messages, history.author.unanswered))
            }
            _ => None,
        })
    };
    observe(&mut desk, "root-post", "ann", "", 0);
    observe(&mut desk, "b1", "bob", "root-post", 1);
    observe(&mut desk, "c1", "cyd", "root-post", 2);
    desk.forget(&Person::author("ann"));
    assert!(!String::from_utf8_lossy(&bytes(&desk)).contains("root-post"));
    let places = desk.next(9).into_iter();
    let waiting: BTreeSet<String> = places.map(|place| place.post).collect();
    assert_eq!(waiting.into_iter().collect::<Vec<_>>(), ["b1", "c1"]);
    // The thread goes on under the name of its first reply.
    let outcomes = observe(&mut desk, "b2", "bob", "b1", 3);
    assert_eq!(unanswered(&outcomes), Some((2, 1)));
    observe(&mut desk, "answer", "agent", "b1", 4);
    let outcomes = observe(&mut desk, "b3", "bob", "b1", 5);
    assert_eq!(unanswered(&outcomes), Some((3, 0)));
}

/// Posts of some persons, a few minutes apart, with threads and answers of agents.
fn generated(seed: u64, count: usize) -> Vec<Post<'static>> {
    const TEXTS: [&str; 7] = [
        "Where is my parcel? It should have come on Monday",
        "My refund never arrived, this is outrageous!",
        "Thank you, all is well with the sorting machine",
        "The app crashes when I open it #crash",
        "There was a fire in the battery of my phone, it burnt my hand",
        "WIN A FREE PHONE!!! write to our Telegram @winner_77 now, 100% free money",
        "No internet in Brodovice, no signal",
    ];
    let mut random = Random::new(seed);
    let mut minute = 0;
    let posts = (0..count).map(|at| {
        minute += random.below(9) as i64;
        let text = TEXTS[random.below(TEXTS.len())];
        let mut post = Post::new(format!("{text} {}", random.below(4)));
        (post.id, post.channel) = (Some(format!("p{at:03}").into()), Some("twitter".into()));
        post.author.id = Some(format!("u{}", random.below(5)).into());
        post.created_at = Some(NOON + minute * MINUTE);
        if at > 0 && random.below(8) == 0 {
            post.role = Role::Agent;
            post.author.id = Some("agent".into());
            post.in_reply_to = Some(format!("p{:03}", random.below(at)).into());
        }
        post
    });
    posts.collect()
}

fn is_of(post: &Post<'_>, author: &str) -> bool {
    post.role == Role::Customer && post.author.id.as_deref() == Some(author)
}

/// What a key had, but for what earlier posts gave to a score, and examples.
type Sums = (Key, [u64; 5], hearken::internals::Distinct);

fn sums(desk: &Desk) -> Vec<Sums> {
    let panes = desk.trends().expect("panes");
    let length = panes.settings().pane.as_millis() as i64;
    let starts = (NOON..NOON + 40_000 * MINUTE).step_by(length as usize);
    let cells = starts.filter_map(|start| panes.pane(start));
    let sums = |cell: &Cell| {
        [
            cell.posts,
            cell.reposts,
            cell.spam,
            cell.complaints,
            cell.negative,
        ]
    };
    cells
        .flat_map(|pane| pane.cells())
        .map(|(key, cell)| (key.clone(), sums(cell), cell.authors.clone()))
        .collect()
}

fn fed(posts: &[Post<'static>]) -> Desk {
    let asked = Settings {
        watch: None,
        ..settings(0)
    };
    let mut desk = Desk::new(engine(), asked).expect("sound");
    for (post, triage, observation) in read(posts) {
        desk.observe_answered(post, triage, observation);
    }
    desk
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// With the posts at hand the sums of panes, and all of novelty, are as if the posts had never
    /// been seen.
    #[test]
    fn taken_back_is_never_seen(seed: u64, count in 1..60usize, person in 0..5u8) {
        let posts = generated(seed, count);
        let author = format!("u{person}");
        let mut desk = fed(&posts);
        desk.forget_with(&[Person::author(&*author)], posts.clone());
        let others: Vec<_> = posts.into_iter().filter(|post| !is_of(post, &author)).collect();
        let never = fed(&others);
        prop_assert_eq!(sums(&desk), sums(&never));
        let (ours, theirs) = (desk.stream().novelty(), never.stream().novelty());
        prop_assert_eq!((ours.posts(), ours.terms()), (theirs.posts(), theirs.terms()));
    }

    /// Shards forget, and merge, in any order: a person is in one shard only, as far as the queue
    /// is concerned.
    #[test]
    fn forgotten_then_merged_is_merged_then_forgotten(seed: u64, count in 1..60usize, person in 0..5u8) {
        let posts = generated(seed, count);
        let whose = |post: &Post<'_>| is_of(post, "u0") || is_of(post, "u1");
        let (one, two): (Vec<_>, Vec<_>) = posts.into_iter()
            .filter(|post| post.role == Role::Customer)
            .partition(whose);
        let person = Person::author(format!("u{person}"));
        let mut merged = fed(&one);
        merged.merge(fed(&two)).expect("like");
        merged.forget(&person);
        let shards = [one, two].map(|posts| {
            let mut shard = fed(&posts);
            shard.forget(&person);
            shard
        });
        let [mut all, other] = shards;
        all.merge(other).expect("like");
        // A word goes with its counts where nobody else wrote it: so a shard may have less of it
        // than the whole, but the same authors.
        let known = |desk: &Desk| {
            let mut sums = sums(desk);
            sums.retain(|(key, _, authors)| !key.is_unbounded() || authors.count() > 0);
            let unbounded = sums.iter_mut().filter(|(key, ..)| key.is_unbounded());
            unbounded.for_each(|(_, sums, _)| *sums = [0; 5]);
            sums
        };
        prop_assert_eq!(known(&all), known(&merged));
        let places = |desk: &Desk| desk.next(usize::MAX);
        prop_assert_eq!(places(&all), places(&merged));
        prop_assert_eq!(all.stream().context().authors(), merged.stream().context().authors());
        prop_assert_eq!(all.stream().campaigns().len(), merged.stream().campaigns().len());
    }
}

/// An engine of another key finds the same persons under its own.
#[test]
fn the_key_of_the_engine_is_the_key_of_what_is_forgotten() {
    let secret = Secret::from_bytes(*b"a key for a test");
    let identities = Identities::new(secret, Accounts::Shared);
    let engine = Engine::builder().identities(identities.clone()).build();
    let engine = engine.expect("sound");
    let mut desk =
        Desk::new(&engine, Settings::for_engine(&engine).expect("sound")).expect("sound");
    for post in sample().iter().take(100) {
        desk.observe(post);
    }
    let all = needles_of(&sample()[..100], &identities);
    for (author, needles) in all.iter().take(20) {
        assert!(!found(&bytes(&desk), needles).is_empty());
        desk.forget(&Person::author(author));
        assert_eq!(found(&bytes(&desk), needles), [""; 0], "{author}");
    }
}
