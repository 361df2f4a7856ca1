//! Context on the sample and on a flood: what was known of the unanswered customer, which short
//! replies only agree, and that ceilings hold.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

mod support;
#[path = "../benches/support/take.rs"]
mod take;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use hearken::context::{Context, History, Settings};
use hearken::observation::Identities;
use hearken::post::Author;
use hearken::{Engine, Post, Triage};
use support::{project, sample};
use take::Take;

fn context(settings: Settings) -> Context {
    Context::new(settings, Identities::default()).expect("the settings are sound")
}

/// For each post of the sample whether it only agrees, and what was known before it.
fn seen() -> &'static [(bool, History)] {
    static SEEN: OnceLock<Vec<(bool, History)>> = OnceLock::new();
    SEEN.get_or_init(|| {
        let engine = Engine::new().expect("the bundled models fit");
        let (mut scratch, mut context) = (engine.scratch(), context(Settings::default()));
        let seen = sample().iter().map(|post| {
            let (triage, observation) = engine.observe(post, &mut scratch);
            (
                observation.echo,
                context.observe(post, &triage, &observation),
            )
        });
        seen.collect()
    })
}

/// The notes of each post.
fn notes() -> Vec<String> {
    let labels = std::fs::read_to_string(project("data/sample/labels.tsv")).expect("labels");
    labels
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').nth(5))
        .map(str::to_string)
        .collect()
}

/// A time as the sample writes it.
fn time(stamp: &str) -> i64 {
    let line = format!(r#"{{"text":"","created_at":"{stamp}"}}"#);
    Post::from_json(&line)
        .expect("a post")
        .created_at
        .expect("a time")
}

#[test]
fn the_unanswered_customer_is_known() {
    let of = |post: &Post<'_>| post.author.id.as_deref() == Some("u_unanswered_lost_refund");
    let histories: Vec<&History> = sample()
        .iter()
        .zip(seen())
        .filter(|(post, _)| of(post))
        .map(|(_, (_, history))| history)
        .collect();
    assert_eq!(histories.len(), 8);
    let since = time("2026-03-02T09:12:18Z");
    for (before, history) in histories.iter().enumerate() {
        println!("{:?}", history.repeat());
        assert_eq!(history.author.unanswered as usize, before);
        assert_eq!(history.author.since, (before > 0).then_some(since));
        assert!(history.author.negative <= 1.0 && history.author.spam == 0.0);
    }
    let said: Vec<String> = histories
        .iter()
        .filter_map(|history| history.repeat())
        .collect();
    assert_eq!(said[0], "2nd message in 7 hours without an answer");
    assert_eq!(
        said[1],
        "3rd message in 11 hours without an answer; tried twitter before"
    );
    assert_eq!(
        said[3],
        "5th message in 34 hours without an answer; tried chat and twitter before"
    );
    assert_eq!(
        said[6],
        "8th message in 2 days without an answer; tried chat and twitter before"
    );
    assert_eq!(
        (histories[1].thread.messages, histories[1].thread.unanswered),
        (1, 1)
    );
    // Decay: all eight lie in one or two panes.
    assert!(histories[7].author.posts > 4.0 && histories[7].author.posts <= 7.0);
}

/// Replies that add nothing to what they agree with but where or since when, as one reader who knew
/// the list of phrases chose them: a guard against change, no measure of recall.
const ECHOES: &[&str] = &[
    "p0144", "p0158", "p0276", "p0349", "p0446", "p0551", "p0555", "p0590", "p0617", "p0620",
    "p0730", "p0785", "p0796", "p0825", "p0890", "p0893", "p0926", "p0939", "p0943", "p0949",
    "p0958", "p1049", "p1055", "p1083", "p1098", "p1117", "p1132", "p1147", "p1169", "p1175",
    "p1179", "p1202", "p1207", "p1279", "p1334", "p1337", "p1364", "p1405", "p1414", "p1418",
    "p1494", "p1542", "p1544", "p1547", "p1587", "p1667", "p1695", "p1699", "p1753",
];

#[test]
fn short_replies_only_agree() {
    let (mut found, mut missed, mut replies) =
        (0, Vec::new(), BTreeMap::<String, [usize; 2]>::new());
    for ((post, (echo, history)), note) in sample().iter().zip(seen()).zip(notes()) {
        let id = post.id.as_deref().unwrap_or_default();
        if let Some(kind) = note.split(',').find(|note| note.ends_with("reply")) {
            let counts = replies.entry(kind.to_string()).or_default();
            counts[0] += usize::from(*echo);
            counts[1] += 1;
        }
        if *echo {
            assert!(
                ECHOES.contains(&id),
                "{id} says more than that it agrees: {}",
                post.text
            );
            assert!(
                history.inherited.is_some(),
                "what {id} agrees with is in the sample"
            );
            found += 1;
        } else if ECHOES.contains(&id) {
            missed.push(&post.text);
        }
    }
    println!(
        "{found} of {} found; of all short replies {replies:?}; missed {missed:?}",
        ECHOES.len()
    );
    assert!(found >= 44, "missed: {missed:?}");
}

#[test]
fn an_echo_in_the_incident_is_a_complaint_about_it() {
    let notes = notes();
    let incident = seen()
        .iter()
        .zip(&notes)
        .filter(|(_, note)| note.contains("incident-reply"));
    let gists: Vec<_> = incident
        .filter_map(|((_, history), _)| history.inherited)
        .collect();
    let complaints = gists.iter().filter(|gist| gist.needs_answer).count();
    let topical = gists
        .iter()
        .filter(|gist| !gist.topics().is_empty())
        .count();
    println!(
        "of {} echoes in the incident {complaints} inherit a complaint, {topical} a topic",
        gists.len()
    );
    assert!(gists.len() >= 16 && complaints >= 12 && topical >= 8);
}

/// Hundreds of thousands of authors and threads, each seen once or twice; the ten millions
/// are in `benches/context.rs`.
#[test]
fn a_flood_of_authors_and_threads_stays_within_the_ceilings() {
    const POSTS: i64 = 300_000;
    let settings = Settings {
        authors: 20_000,
        threads: 20_000,
        replies: 20_000,
        ..Settings::default()
    };
    let triage = Triage::default();
    let mut left = None;
    let allocated = allocation_counter::measure(|| {
        let mut context = context(settings);
        for number in 0..POSTS {
            let id = Some(number.to_string().into());
            let author = Author {
                id: id.clone(),
                ..Author::default()
            };
            let post = Post {
                id,
                author,
                created_at: Some(number * 1000),
                ..Post::default()
            };
            context.take(&post, &triage, false);
        }
        left = Some(context);
    });
    let context = left.expect("it was set");
    println!(
        "{} bytes of at most {}, at the peak {}",
        context.memory_usage(),
        settings.most_bytes(),
        allocated.bytes_max
    );
    assert!(context.memory_usage() <= settings.most_bytes());
    assert!(allocated.bytes_max as usize <= 2 * settings.most_bytes());
    assert!(context.authors() <= 20_000 && context.threads() <= 20_000);
    let evicted = context.evicted();
    assert_eq!(evicted.authors as usize + context.authors(), POSTS as usize);
    assert_eq!(evicted.threads as usize + context.threads(), POSTS as usize);
}
