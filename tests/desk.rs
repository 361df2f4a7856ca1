//! The desk: that it does what its modules do when they are wired by hand, goes on after a restart
//! at any post, merges, and says what becomes of posts that are late, undated or too many.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use hearken::Post;
use hearken::desk::{Desk, Outcome, Remembered, Settings, WindowSettings};
use hearken::importance::Part;
use hearken::internals::Random;
use hearken::observation::{Accounts, Identities, Secret};
use hearken::post::Role;
use hearken::queue::{self, Place, Queue};
use hearken::revision::Revision;
use hearken::snapshot::Snapshot;
use hearken::stream::Stream;
use hearken::time::{Calendar, TimeZone};
use hearken::trend::{self, Alert, Key, Trends, Watch, watch};
use support::{Read, engine, observed, read, sample};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const NOON: i64 = 1_772_539_200_000; // 2026-03-03, noon UTC

/// Another setting, and what it is called.
type Change<'a> = (&'a str, &'a dyn Fn(&mut Settings));

/// Everything but windows; posts may come an hour late.
fn settings() -> Settings {
    Settings {
        lateness: Some(Duration::from_secs(3600)),
        ..Settings::for_engine(engine()).expect("sound")
    }
}

/// The same, taking posts as they come.
fn at_once() -> Settings {
    Settings {
        lateness: Some(Duration::ZERO),
        ..settings()
    }
}

/// Those of a shard.
fn unwatched() -> Settings {
    Settings {
        watch: None,
        ..at_once()
    }
}

fn tumbling(settings: Settings, length: i64, slide: i64) -> Settings {
    let span = |span: i64| Duration::from_millis(span.unsigned_abs());
    let (length, slide) = (span(length), span(slide));
    Settings {
        windows: Some(WindowSettings { length, slide }),
        ..settings
    }
}

fn desk(settings: Settings) -> Desk {
    Desk::new(engine(), settings).expect("sound")
}

/// What becomes of posts.
fn feed<'a>(desk: &mut Desk, posts: impl IntoIterator<Item = &'a Read>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (post, triage, observation) in posts {
        outcomes.extend(desk.observe_answered(post.clone(), triage.clone(), observation.clone()));
    }
    outcomes
}

fn all(desk: &Desk) -> Vec<Place> {
    desk.next(usize::MAX)
}

fn bytes(desk: &Desk) -> Vec<u8> {
    let remembered = desk.remembered().expect("it can be kept");
    remembered.to_bytes().expect("it can be kept")
}

/// The desk after a restart.
fn restarted(desk: &Desk, settings: Settings) -> Desk {
    let remembered = Remembered::from_bytes(&bytes(desk)).expect("sound");
    Desk::resume(engine(), settings, remembered).expect("the same settings")
}

fn revisions(outcomes: &[Outcome]) -> Vec<&Revision> {
    let found = outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Revision(revision) => Some(revision),
        _ => None,
    });
    found.collect()
}

fn alerts(outcomes: &[Outcome]) -> Vec<&Alert> {
    let found = outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Alert(alert) => Some(&**alert),
        _ => None,
    });
    found.collect()
}

/// The posts that were answered, in order.
fn answered(outcomes: &[Outcome]) -> Vec<&str> {
    let found = outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Answer(answered) => answered.post.id.as_deref(),
        _ => None,
    });
    found.collect()
}

fn post(id: &str, author: &str, minute: i64, text: &str) -> Post<'static> {
    let mut post = undated(id, author, text);
    post.created_at = Some(NOON + minute * MINUTE);
    post
}

fn undated(id: &str, author: &str, text: &str) -> Post<'static> {
    let mut post = Post::new(text.to_owned());
    post.id = Some(id.to_owned().into());
    post.author.id = Some(author.to_owned().into());
    post.channel = Some("twitter".into());
    post
}

/// What customers of a generated stream write.
const TEXTS: [&str; 6] = [
    "Where is my parcel? It should have come on Monday",
    "My refund never arrived, this is outrageous!",
    "Thank you, all is well",
    "The app crashes when I open it",
    "Nobody answers my mails, I am waiting for a week",
    "No internet in Brodovice, no signal",
];

/// Posts of six persons and answers of agents, a few minutes apart; with `disorder` they come up to
/// half an hour out of order, and some have no time.
fn generated(seed: u64, count: usize, disorder: bool) -> Vec<Read> {
    let mut random = Random::new(seed);
    let mut minute = 0;
    let mut posts = Vec::new();
    for at in 0..count {
        minute += random.below(20) as i64;
        let author = format!("u{}", random.below(6));
        let text = format!("{} {}", TEXTS[random.below(TEXTS.len())], random.below(9));
        let mut post = post(&format!("p{at:03}"), &author, minute, &text);
        if at > 0 && random.below(6) == 0 {
            post.role = Role::Agent;
            post.author.id = Some("agent".into());
            post.in_reply_to = Some(format!("p{:03}", random.below(at)).into());
        }
        let arrival = minute + if disorder { random.below(30) as i64 } else { 0 };
        if disorder && random.below(12) == 0 {
            post.created_at = None;
        }
        posts.push((arrival, post));
    }
    posts.sort_by_key(|(arrival, _)| *arrival);
    let posts: Vec<Post<'static>> = posts.into_iter().map(|(_, post)| post).collect();
    read(posts)
}

/// The posts of each of `count` shards; those of a person, and what answers them, in the same.
fn by_person(posts: &[Read], count: usize) -> Vec<Vec<Read>> {
    let mut of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut persons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shards = vec![Vec::new(); count];
    for read in posts {
        let (post, ..) = read;
        let replied = post.in_reply_to.as_deref().and_then(|to| of.get(to));
        let known = persons.len();
        let shard = match (replied, post.author.id.as_deref()) {
            (Some(shard), _) => *shard,
            (None, Some(author)) => *persons.entry(author).or_insert(known) % count,
            (None, None) => 0,
        };
        of.extend(post.id.as_deref().map(|id| (id, shard)));
        shards[shard].push(read.clone());
    }
    shards
}

#[test]
fn it_does_what_its_modules_do_when_they_are_wired_by_hand() {
    let asked = at_once();
    let mut stream = Stream::new(asked.stream.clone()).unwrap();
    let levels = engine().importance().levels();
    let service_levels = asked.stream.service_levels.clone();
    let mut queue = Queue::new(queue::Settings::default(), service_levels, levels).unwrap();
    let mut trends = Trends::new(trend::Settings::default()).unwrap();
    let mut watch = Watch::new(watch::Settings::default()).unwrap();
    let (mut answers, mut revised, mut reported) = (Vec::new(), Vec::new(), Vec::new());
    for (post, triage, observation) in observed() {
        let mut triage = triage.clone();
        let seen = stream.observe(post, &mut triage, observation);
        trends.observe(engine(), post, &triage, observation);
        queue.observe(post, &triage, &observation.identity);
        for revision in seen.revisions() {
            queue.revise(revision);
            revised.push(revision.clone());
        }
        answers.push((triage, seen));
        reported.extend(watch.observe_published(&mut trends));
    }
    reported.extend(watch.observe_rest(&mut trends));

    let mut desk = desk(asked);
    let mut outcomes = feed(&mut desk, observed());
    outcomes.extend(desk.finish());
    let given: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::Answer(given) => Some((given.triage.clone(), given.observed.clone())),
            _ => None,
        })
        .collect();
    assert!(given == answers, "answers differ");
    assert_eq!(revisions(&outcomes), revised.iter().collect::<Vec<_>>());
    assert_eq!(alerts(&outcomes), reported.iter().collect::<Vec<_>>());
    assert_eq!(all(&desk), queue.next(usize::MAX));
    assert_eq!(desk.overdue(usize::MAX), queue.overdue(usize::MAX));
    assert_eq!(
        desk.alerts().collect::<Vec<_>>(),
        watch.alerts().collect::<Vec<_>>()
    );
    assert!(!revised.is_empty() && !reported.is_empty() && queue.len() > 1000);
}

#[test]
fn a_dump_that_is_sorted_first_and_one_that_comes_in_disorder_give_the_same() {
    let mut sorted = desk(Settings {
        lateness: None,
        ..settings()
    });
    let mut shuffled = sample().to_vec();
    Random::new(3).shuffle(&mut shuffled);
    // Ties keep the order of arrival, so the sample's are put in one order first.
    shuffled.sort_by_key(|post| post.created_at.map(|at| at.div_euclid(HOUR)));
    let shuffled = read(shuffled);
    let mut whole = feed(&mut sorted, &shuffled);
    assert!(whole.is_empty(), "all wait for the end");
    whole.extend(sorted.finish());
    let mut live = desk(settings());
    let mut outcomes = feed(&mut live, &shuffled);
    assert!(live.waiting() > 0 && live.waiting() < 200 && live.late() == 0);
    outcomes.extend(live.finish());
    assert_eq!(live.waiting(), 0);
    assert!(outcomes == whole);
}

/// The outcomes without the displayed names of authors, which no state keeps.
fn nameless(mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    for outcome in &mut outcomes {
        if let Outcome::Answer(answered) = outcome {
            answered.post.author.name = None;
        }
    }
    outcomes
}

/// Asserts that a restart before any of `posts` that `cut` names changes nothing.
fn assert_restarts(settings: Settings, posts: &[Read], cut: impl Fn(usize) -> bool) {
    let finished = |desk: &mut Desk, posts: &[Read]| {
        let mut outcomes = feed(desk, posts);
        outcomes.extend(desk.advance(NOON + 40 * HOUR));
        outcomes.extend(desk.finish());
        (nameless(outcomes), bytes(desk), all(desk))
    };
    let expected = finished(&mut desk(settings.clone()), posts);
    let mut running = desk(settings.clone());
    let mut before = Vec::new();
    let mut held = 0;
    for at in 0..=posts.len() {
        if cut(at) {
            held += running.waiting();
            let kept = bytes(&running);
            let mut again = restarted(&running, settings.clone());
            assert!(bytes(&again) == kept, "cut {at}: other bytes");
            assert_eq!(again.waiting(), running.waiting());
            assert_eq!(all(&again), all(&running));
            let rest = finished(&mut again, &posts[at..]);
            let whole: Vec<Outcome> = before.iter().cloned().chain(rest.0).collect();
            let other = whole
                .iter()
                .zip(&expected.0)
                .position(|(one, two)| one != two);
            assert_eq!(other, None, "cut {at}: {:?}", other.map(|at| &whole[at]));
            assert_eq!(whole.len(), expected.0.len(), "cut {at}");
            assert!(rest.1 == expected.1, "cut {at}: other bytes at the end");
            assert_eq!(rest.2, expected.2, "cut {at}");
        }
        before.extend(nameless(feed(&mut running, posts.get(at))));
    }
    assert!(held > 0, "no post waited at any cut");
}

#[test]
fn a_restart_at_any_post_changes_nothing() {
    for seed in 0..4 {
        let settings = tumbling(settings(), HOUR, HOUR / 2);
        assert_restarts(settings, &generated(seed, 40, true), |_| true);
    }
}

#[test]
fn a_restart_in_the_sample_changes_nothing() {
    // What waits is kept without what is personal in it, so it may be scored otherwise then.
    let posts: Vec<Read> = observed()
        .iter()
        .filter(|read| read.2.masked.is_none())
        .cloned()
        .collect();
    assert!(posts.len() * 20 > observed().len() * 19);
    assert_restarts(settings(), &posts, |at| at % 311 == 200);
}

#[test]
fn a_restart_keeps_posts_that_wait_for_a_first_time() {
    let mut desk = desk(settings());
    feed(&mut desk, &read(vec![undated("1", "ann", TEXTS[0])]));
    let mut again = restarted(&desk, settings());
    let later = read(vec![post("2", "ben", 0, TEXTS[1])]);
    for desk in [&mut desk, &mut again] {
        feed(desk, &later);
        desk.finish();
        assert_eq!(all(desk).len(), 2);
    }
    assert_eq!(all(&again), all(&desk));
    assert!(all(&again).iter().all(|place| place.since == NOON));
}

#[test]
fn what_a_snapshot_holds_is_gone_on_with_and_what_it_lacks_begins_anew() {
    let mut whole = desk(settings());
    feed(&mut whole, &observed()[..400]);
    let bare = Settings {
        queue: None,
        trends: None,
        watch: None,
        ..settings()
    };
    assert_eq!(all(&restarted(&whole, bare.clone())), all(&whole));
    let mut streaming = desk(bare);
    feed(&mut streaming, &observed()[..400]);
    assert!(streaming.queue().is_none() && streaming.next(9).is_empty());
    let wider = restarted(&streaming, settings());
    assert!(wider.queue().is_some_and(Queue::is_empty) && wider.watch().is_some());
    assert_eq!(
        wider.stream().context().authors(),
        whole.stream().context().authors()
    );
}

#[test]
fn a_snapshot_of_another_kind_or_other_settings_is_refused() {
    let mut desk = desk(settings());
    feed(&mut desk, &observed()[..300]);
    let kept = bytes(&desk);
    let refused = |bytes: &[u8]| Remembered::from_bytes(bytes).unwrap_err().is_snapshot();
    for place in [0, 9, kept.len() / 3, kept.len() - 1] {
        let mut damaged = kept.clone();
        damaged[place] ^= 4;
        assert!(refused(&damaged), "byte {place}");
    }
    for length in [0, 7, kept.len() / 2, kept.len() - 1] {
        assert!(refused(&kept[..length]), "cut to {length}");
    }
    assert!(refused(&desk.queue().unwrap().to_bytes().unwrap()));

    let resumed = |change: &dyn Fn(&mut Settings)| {
        let mut other = settings();
        change(&mut other);
        Desk::resume(engine(), other, Remembered::from_bytes(&kept).unwrap())
    };
    assert!(resumed(&|_| {}).is_ok());
    // Each year has other holidays, and what is kept goes on with those of now.
    let told = |settings: &mut Settings| {
        settings.calendar = Calendar::default().with_holidays("2027-01-01").unwrap();
    };
    let desk = resumed(&told).unwrap();
    let mut wanted = settings();
    told(&mut wanted);
    assert_eq!(desk.watch().unwrap().calendar(), &wanted.calendar);
    let levels = desk.queue().unwrap().service_levels();
    assert_eq!(levels.calendar(), &wanted.calendar);
    let changes: [Change<'_>; 7] = [
        ("time zone", &|settings| {
            settings.calendar = Calendar::new(TimeZone::named("+01:00").unwrap());
        }),
        ("another policy", &|settings| {
            settings.stream.identities = Identities::new(Secret::default(), Accounts::Shared);
        }),
        ("another secret", &|settings| {
            settings.stream.identities =
                Identities::new(Secret::from_bytes([7; 16]), Accounts::PerChannel);
        }),
        ("queue", &|settings| {
            settings.queue.as_mut().unwrap().due_points += 1;
        }),
        ("service levels", &|settings| {
            let text = "[default]\ntarget = \"9 h\"";
            let levels = hearken::service_level::ServiceLevels::from_toml(text);
            settings.stream.service_levels = levels.unwrap();
        }),
        ("trends", &|settings| {
            settings.trends.as_mut().unwrap().max_unbounded += 1;
        }),
        ("watch", &|settings| {
            settings.watch.as_mut().unwrap().budget += 1.0;
        }),
    ];
    for (what, change) in changes {
        assert!(resumed(change).unwrap_err().is_snapshot(), "{what}");
    }
}

#[test]
fn a_watch_or_windows_without_panes_are_refused() {
    for (watch, windows) in [(true, false), (false, true)] {
        let mut settings = tumbling(at_once(), HOUR, HOUR);
        settings.trends = None;
        settings.watch = settings.watch.filter(|_| watch);
        settings.windows = settings.windows.filter(|_| windows);
        assert!(Desk::new(engine(), settings).unwrap_err().is_settings());
    }
}

/// What must be alike of two desks that took the same posts.
fn assert_alike(one: &mut Desk, two: &mut Desk, now: i64) {
    one.advance(now);
    two.advance(now);
    assert_eq!(all(one), all(two));
    assert_eq!(one.overdue(usize::MAX), two.overdue(usize::MAX));
    let (stream, other) = (one.stream(), two.stream());
    assert_eq!(
        stream.campaigns().campaigns(),
        other.campaigns().campaigns()
    );
    assert_eq!(stream.context().authors(), other.context().authors());
    assert_eq!(stream.context().threads(), other.context().threads());
    let (trends, others) = (one.trends().unwrap(), two.trends().unwrap());
    let window = |trends: &Trends| trends.window(i64::MIN, i64::MAX);
    assert_eq!(window(trends), window(others));
    assert_eq!(trends.counts(), others.counts());
}

/// Panes are kept for all of a generated stream.
fn shard() -> Settings {
    let trends = trend::Settings {
        keep: Duration::from_secs(100 * 3600),
        lateness: Duration::from_secs(40 * 3600),
        ..trend::Settings::default()
    };
    Settings {
        trends: Some(trends),
        ..unwatched()
    }
}

#[test]
fn shards_by_person_merge_to_the_whole_in_any_order() {
    for seed in 10..16 {
        let posts = generated(seed, 90, false);
        let mut whole = desk(shard());
        feed(&mut whole, &posts);
        let shards = by_person(&posts, 3);
        assert!(shards.iter().all(|shard| shard.len() > 9));
        let filled = |at: usize| {
            let mut desk = desk(shard());
            feed(&mut desk, &shards[at]);
            desk
        };
        for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
            let [mut one, two, three] = order.map(filled);
            one.merge(two).unwrap();
            one.merge(three).unwrap();
            assert_alike(&mut one, &mut whole, NOON + 30 * HOUR);
        }
        // Grouped otherwise.
        let [mut one, mut two, three] = [0, 1, 2].map(filled);
        two.merge(three).unwrap();
        one.merge(two).unwrap();
        assert_alike(&mut one, &mut whole, NOON + 30 * HOUR);
    }
}

#[test]
fn days_merge_to_the_counts_and_campaigns_of_the_whole() {
    let day = |(post, ..): &Read| post.created_at.map(|at| at.div_euclid(24 * HOUR));
    // Without answers to a post of another day: who only agrees (“me too”) has the topics of the
    // post that is answered, and a day by itself does not know that post.
    let days: BTreeMap<_, _> = observed()
        .iter()
        .map(|read| (read.0.id.as_deref(), day(read)))
        .collect();
    let within = |read: &&Read| {
        let answered = read.0.in_reply_to.as_deref();
        let parent = answered.and_then(|id| days.get(&Some(id)));
        parent.is_none_or(|of| *of == day(read))
    };
    let posts: Vec<Read> = observed().iter().filter(within).cloned().collect();
    let mut whole = desk(shard());
    feed(&mut whole, &posts);
    let mut merged: Option<Desk> = None;
    for posts in posts.chunk_by(|one, two| day(one) == day(two)) {
        let mut desk = desk(shard());
        feed(&mut desk, posts);
        match &mut merged {
            Some(merged) => _ = merged.merge(desk).unwrap(),
            None => merged = Some(desk),
        }
    }
    let merged = merged.unwrap();
    let (stream, other) = (merged.stream(), whole.stream());
    assert_eq!(
        stream.campaigns().campaigns(),
        other.campaigns().campaigns()
    );
    assert_eq!(stream.context().authors(), other.context().authors());
    let waiting = |desk: &Desk| {
        let mut posts: Vec<Vec<String>> = all(desk).into_iter().map(|place| place.posts).collect();
        posts.sort();
        posts
    };
    assert_eq!(waiting(&merged), waiting(&whole));
    let authors = |desk: &Desk| {
        let pane = desk.trends().unwrap().window(i64::MIN, i64::MAX);
        let cells = pane.cells().filter(|(key, _)| !key.is_unbounded());
        let count = |(key, cell): (&Key, &trend::Cell)| (key.to_string(), cell.authors.count());
        cells.map(count).collect::<Vec<_>>()
    };
    assert_eq!(authors(&merged), authors(&whole));
}

#[test]
fn an_empty_desk_changes_nothing() {
    let mut settings = tumbling(shard(), 2 * HOUR, HOUR / 2);
    settings.lateness = Some(Duration::from_secs(1800));
    let posts = generated(20, 60, true);
    let (first, rest) = posts.split_at(40);
    let mut whole = desk(settings.clone());
    feed(&mut whole, first);
    let kept = bytes(&whole);
    let mut into_it = restarted(&whole, settings.clone());
    assert!(into_it.merge(desk(settings.clone())).unwrap().is_empty());
    assert!(bytes(&into_it) == kept);
    let mut of_it = desk(settings.clone());
    assert!(of_it.merge(restarted(&whole, settings)).unwrap().is_empty());
    assert!(bytes(&of_it) == kept);
    let end = |desk: &mut Desk| {
        let mut outcomes = feed(desk, rest);
        outcomes.extend(desk.finish());
        outcomes
    };
    let expected = end(&mut whole);
    assert!(end(&mut into_it) == expected && end(&mut of_it) == expected);
}

#[test]
fn posts_that_wait_in_one_shard_wait_in_the_merged_desk() {
    let mut late = unwatched();
    late.lateness = Some(Duration::from_secs(3600));
    let posts = read(vec![
        post("1", "ann", 0, TEXTS[0]),
        post("2", "ben", 10, TEXTS[1]),
        post("3", "cat", 5, TEXTS[3]),
    ]);
    let (mut one, mut two) = (desk(late.clone()), desk(late));
    assert!(feed(&mut one, &posts[..1]).is_empty());
    assert!(feed(&mut two, &posts[1..]).is_empty());
    one.merge(two).unwrap();
    assert_eq!(one.waiting(), 3);
    assert_eq!(answered(&one.finish()), ["1", "3", "2"]);
}

#[test]
fn merging_what_is_unlike_is_refused_and_changes_nothing() {
    let mut one = desk(unwatched());
    feed(&mut one, &observed()[..300]);
    let kept = bytes(&one);
    let changes: [Change<'_>; 7] = [
        ("a watch", &|settings| {
            settings.watch = Some(watch::Settings::default());
        }),
        ("no queue", &|settings| settings.queue = None),
        ("no trends", &|settings| settings.trends = None),
        ("another queue", &|settings| {
            settings.queue.as_mut().unwrap().due_points += 1;
        }),
        ("other panes", &|settings| {
            settings.trends.as_mut().unwrap().max_unbounded += 1;
        }),
        ("other campaigns", &|settings| {
            settings.stream.campaign.capacity -= 1;
        }),
        ("another secret", &|settings| {
            settings.stream.identities =
                Identities::new(Secret::from_bytes([7; 16]), Accounts::PerChannel);
        }),
    ];
    for (what, change) in changes {
        let mut other = unwatched();
        change(&mut other);
        let mut other = desk(other);
        feed(&mut other, &observed()[300..350]);
        assert!(one.merge(other).unwrap_err().is_merge(), "{what}");
        assert!(bytes(&one) == kept, "{what}");
    }
}

#[test]
fn a_late_post_is_taken_next_and_counted_and_its_pane_revised() {
    let mut desk = desk(settings());
    // The watermark is an hour behind: it passes noon, then the panes around it are published.
    let posts = read(vec![
        post("0", "zoe", 0, TEXTS[2]),
        post("1", "ann", 0, TEXTS[0]),
        post("2", "ben", 90, TEXTS[1]),
        post("3", "cat", 180, TEXTS[3]),
    ]);
    assert_eq!(answered(&feed(&mut desk, &posts)), ["0", "1", "2"]);
    assert_eq!((desk.waiting(), desk.late()), (1, 0));
    let late = read(vec![post("late", "dan", 45, TEXTS[0])]);
    let outcomes = feed(&mut desk, &late);
    assert_eq!(answered(&outcomes), ["late"]);
    assert_eq!((desk.waiting(), desk.late()), (1, 1));
    let revised = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::PaneRevision(revision) if revision.key == Key::All => Some(revision),
        _ => None,
    });
    let revised = revised.expect("the pane was published");
    assert_eq!(
        (revised.start, revised.old, revised.new),
        (NOON + 45 * MINUTE, 0, 1)
    );
    let place = all(&desk).into_iter().find(|place| place.post == "late");
    assert_eq!(place.map(|place| place.since), Some(NOON + 45 * MINUTE));
    // Beyond the lateness of trends it is answered and queued, and counted in no pane.
    let lost = read(vec![post("lost", "eve", -600, TEXTS[0])]);
    let outcomes = feed(&mut desk, &lost);
    assert_eq!(answered(&outcomes), ["lost"]);
    let revises = |outcome: &Outcome| matches!(outcome, Outcome::PaneRevision(_));
    assert!(!outcomes.iter().any(revises));
    assert_eq!(desk.late(), 2);
    let counts = desk.trends().unwrap().counts();
    assert_eq!((counts.late, counts.too_late), (1, 1));
    assert!(all(&desk).iter().any(|place| place.post == "lost"));
}

#[test]
fn posts_without_a_time_are_as_old_as_the_first_with_one_or_as_the_latest() {
    let mut desk = desk(at_once());
    let outcomes = feed(&mut desk, &read(vec![undated("1", "ann", TEXTS[0])]));
    assert_eq!(answered(&outcomes), ["1"], "its answer doesn't wait");
    assert!(all(&desk).is_empty());
    let outcomes = feed(&mut desk, &read(vec![post("2", "ben", 0, TEXTS[1])]));
    let queued: Vec<&str> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::Queued { post, outcome } if *outcome == queue::Outcome::Queued => {
                post.as_deref()
            }
            _ => None,
        })
        .collect();
    assert_eq!(queued, ["1", "2"]);
    feed(&mut desk, &read(vec![post("3", "cat", 60, TEXTS[3])]));
    feed(&mut desk, &read(vec![undated("4", "dan", TEXTS[4])]));
    let since: BTreeMap<String, i64> = all(&desk)
        .into_iter()
        .map(|place| (place.post, (place.since - NOON) / MINUTE))
        .collect();
    let expected = [("1", 0), ("2", 0), ("3", 60), ("4", 60)];
    assert_eq!(since, expected.map(|(id, at)| (id.to_owned(), at)).into());
    assert_eq!(desk.trends().unwrap().counts().undated, 2);
}

#[test]
fn where_no_post_has_a_time_they_are_queued_as_of_the_time_that_is_stated() {
    let mut desk = desk(settings());
    feed(&mut desk, &read(vec![undated("1", "ann", TEXTS[0])]));
    desk.finish();
    assert!(all(&desk).is_empty());
    let outcomes = desk.advance(NOON);
    assert!(matches!(&outcomes[..], [Outcome::Queued { post: Some(id), .. }] if id == "1"));
    assert_eq!(all(&desk)[0].since, NOON);
}

#[test]
fn windows_hold_each_post_once_if_they_tumble_and_twice_if_they_overlap_by_half() {
    for (slide, times) in [(HOUR, 1), (HOUR / 2, 2)] {
        let trends = trend::Settings {
            keep: Duration::from_secs(9 * 3600),
            ..trend::Settings::default()
        };
        let mut desk = desk(Settings {
            trends: Some(trends),
            watch: None,
            ..tumbling(at_once(), HOUR, slide)
        });
        // The first and the last window would be cut: the posts are whole hours within.
        let mut posts = vec![post("before", "zoe", -90, TEXTS[2])];
        posts.extend((0..60).map(|at| post(&format!("{at}"), &format!("u{at}"), at * 4, TEXTS[0])));
        posts.push(post("after", "zoe", 6 * 60, TEXTS[2]));
        let mut outcomes = feed(&mut desk, &read(posts));
        outcomes.extend(desk.finish());
        let windows: Vec<_> = outcomes
            .iter()
            .filter_map(|outcome| match outcome {
                Outcome::Window(window) => Some(window),
                _ => None,
            })
            .collect();
        assert!(windows.iter().all(|window| window.to - window.from == HOUR));
        assert!(
            windows
                .windows(2)
                .all(|two| two[1].from - two[0].from == slide)
        );
        let counted = |key: &str| {
            let key: Key = key.parse().unwrap();
            let cells = windows.iter().filter_map(|window| window.cells.cell(&key));
            cells.map(|cell| cell.posts).sum::<u64>()
        };
        assert_eq!(counted("topic:delivery"), 60 * times);
        let noon = windows.iter().find(|window| window.from == NOON).unwrap();
        let cell = noon.cells.cell(&Key::All).unwrap();
        assert_eq!((cell.posts, cell.authors.count()), (15, 15));
    }
}

#[test]
fn what_a_full_queue_sheds_is_named() {
    let mut asked = at_once();
    asked.queue.as_mut().unwrap().most_posts = 20;
    let mut desk = desk(asked);
    let outcomes = feed(&mut desk, &observed()[..200]);
    let mut shed = Vec::new();
    let mut queued = Vec::new();
    for outcome in &outcomes {
        match outcome {
            Outcome::Shed(id) => shed.push(id.as_str()),
            Outcome::Queued {
                post: Some(id),
                outcome: queue::Outcome::Queued | queue::Outcome::Joined | queue::Outcome::Idle,
            } => queued.push(id.as_str()),
            _ => {}
        }
    }
    let places = all(&desk);
    let waiting = places.iter().flat_map(|place| &place.posts);
    let mut found: Vec<&str> = waiting.map(String::as_str).chain(shed.clone()).collect();
    found.sort_unstable();
    queued.sort_unstable();
    assert_eq!(found, queued, "each queued post waits or was named as shed");
    assert_eq!(desk.queue().unwrap().counts().shed, shed.len() as u64);
    assert!(shed.len() > 100);
}

#[test]
fn to_read_the_desk_changes_nothing() {
    let mut desk = desk(at_once());
    feed(&mut desk, &observed()[..1000]);
    desk.advance(observed()[1000].0.created_at.unwrap());
    let kept = bytes(&desk);
    let look = |desk: &Desk| {
        let alerts: Vec<Alert> = desk.alerts().cloned().collect();
        (desk.next(50), desk.overdue(usize::MAX), alerts)
    };
    let (next, overdue, alerts) = look(&desk);
    assert!(next.len() == 50 && !overdue.is_empty() && !alerts.is_empty());
    assert_eq!(look(&desk), (next.clone(), overdue, alerts));
    assert_eq!(desk.next(5), next[..5]);
    assert!(bytes(&desk) == kept);
}

#[test]
fn time_moves_when_it_is_said_to() {
    let mut desk = desk(at_once());
    feed(&mut desk, &read(vec![post("1", "ann", 0, TEXTS[1])]));
    assert!(desk.overdue(usize::MAX).is_empty());
    assert_eq!(desk.next(1)[0].waited, 0);
    assert!(desk.advance(NOON + 9 * HOUR).is_empty());
    assert_eq!(desk.next(1)[0].waited, 9 * HOUR);
    assert_eq!(desk.overdue(usize::MAX).len(), 1);
    assert_eq!(desk.overdue(usize::MAX), desk.next(9));
}

#[test]
fn an_answer_closes_the_case_and_ends_the_wait() {
    let complaint = |id: &str, minute| post(id, "ann", minute, TEXTS[1]);
    let waiting = |answer: bool| {
        let mut desk = desk(at_once());
        feed(&mut desk, &read(vec![complaint("1", 0)]));
        if answer {
            assert_eq!(desk.answered("1", NOON + HOUR), 1);
            assert!(all(&desk).is_empty());
            assert_eq!(desk.answered("1", NOON + HOUR), 0, "once");
        }
        let mut second = complaint("2", 600);
        second.in_reply_to = Some("1".into());
        second.thread = Some("1".into());
        let outcomes = feed(&mut desk, &read(vec![second]));
        let Outcome::Answer(answered) = &outcomes[0] else {
            panic!("its answer is first: {outcomes:?}");
        };
        assert_eq!(all(&desk).len(), 1);
        (
            answered.observed.history.thread.unanswered,
            answered.triage.importance.parts[Part::Waiting as usize] > 0,
            all(&desk)[0].count,
        )
    };
    assert_eq!(waiting(false), (1, true, 2));
    let (in_thread, _, count) = waiting(true);
    assert_eq!((in_thread, count), (0, 1));
}

#[test]
fn parts_that_are_left_out_give_nothing() {
    let mut desk = desk(Settings {
        queue: None,
        trends: None,
        watch: None,
        ..at_once()
    });
    let mut outcomes = feed(&mut desk, observed());
    outcomes.extend(desk.finish());
    let expected = |outcome: &Outcome| matches!(outcome, Outcome::Answer(_) | Outcome::Revision(_));
    assert!(outcomes.iter().all(expected));
    assert!(
        all(&desk).is_empty() && desk.overdue(usize::MAX).is_empty() && desk.alerts().count() == 0
    );
    assert_eq!(answered(&outcomes).len(), observed().len());
}
