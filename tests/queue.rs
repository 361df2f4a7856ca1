//! The queue: the sample, an overloaded team beside other policies, and the laws of cases, lanes,
//! agents and merging.

#[path = "../benches/support/overload.rs"]
#[allow(dead_code, unreachable_pub, reason = "the bench needs more of it")]
mod overload;
mod support;

use std::time::Duration;

use hearken::importance::{Importance, Level, Part};
use hearken::internals::Random;
use hearken::observation::{Accounts, Identities, Secret};
use hearken::post::Segment;
use hearken::queue::{Agent, Lane, Outcome, Place, Queue, Settings, Taken};
use hearken::revision::{Cause, Field, Revision, Value};
use hearken::service_level::ServiceLevels;
use hearken::snapshot::Snapshot;
use hearken::text::Language;
use hearken::time::Calendar;
use hearken::triage::Verdict;
use hearken::triage::{Notice, Polarity};
use hearken::{Post, Triage};
use overload::{HOUR, MINUTE, POLICIES, arrivals, scored, simulate};
use proptest::prelude::*;

const NOON: i64 = 1_772_452_800_000;
/// Scores from which on a case is medium, high and critical, as in the bundled importance.
const LEVELS: [u8; 3] = [25, 50, 75];

fn queue(settings: Settings) -> Queue {
    Queue::new(settings, ServiceLevels::bundled().unwrap(), LEVELS).unwrap()
}

/// Business hours for mail and others, some for Twitter, none for chat, with a holiday on Tuesday 3
/// and on Monday 9 March.
fn office() -> ServiceLevels {
    let text = "hours = \"Mon-Fri 08:00-18:00\"\n\
        [default]\ntarget = \"4 h\"\n\
        [channel.chat]\ntarget = \"2 min\"\nhours = \"always\"\n\
        [channel.twitter]\ntarget = \"2 h\"\nhours = \"Mon-Fri 09:00-13:00 15:00-16:30, Sat 22:00-06:00\"\n\
        critical_hours = \"always\"\n\
        [channel.mail]\ntarget = \"4 h\"\nhigh = \"1 h\"";
    let calendar = Calendar::default().with_holidays("2026-03-03\n2026-03-09");
    let levels = ServiceLevels::from_toml(text).unwrap();
    levels.in_calendar(calendar.unwrap())
}

/// The queue at a time.
fn advanced(queue: &mut Queue, now: i64) -> &mut Queue {
    queue.advance(now);
    queue
}

/// Who wrote the post is known by its account, whatever the channel.
trait Take {
    fn take(&mut self, post: &Post<'_>, triage: &Triage) -> Taken;
}

impl Take for Queue {
    fn take(&mut self, post: &Post<'_>, triage: &Triage) -> Taken {
        let identities = Identities::new(Secret::default(), Accounts::Shared);
        self.observe(post, triage, &identities.identify(post))
    }
}

/// A post written some minutes after noon.
fn post(id: &str, author: &str, channel: &str, minute: i64) -> Post<'static> {
    let mut post = Post::new("any words").into_owned();
    post.id = Some(id.to_owned().into());
    post.author.id = Some(author.to_owned().into());
    post.channel = Some(channel.to_owned().into());
    post.created_at = Some(NOON + minute * MINUTE);
    post
}

fn names(places: &[Place]) -> Vec<&str> {
    places.iter().map(|place| place.post.as_str()).collect()
}

#[cfg(feature = "bundled-models")]
#[test]
fn the_unanswered_author_of_the_sample_is_overdue_and_near_the_top() {
    let engine = hearken::Engine::new().unwrap();
    let mut scratch = engine.scratch();
    let mut queue = queue(Settings::default());
    for post in support::sample() {
        queue.take(post, &engine.triage(post, &mut scratch));
    }
    let now = queue.watermark().unwrap();
    let overdue = advanced(&mut queue, now).overdue(usize::MAX);
    let place = overdue
        .iter()
        .position(|place| place.posts.iter().any(|post| post == "p0182"))
        .unwrap();
    let case = &overdue[place];
    assert_eq!(
        case.posts,
        [
            "p0182", "p0377", "p0478", "p0757", "p1150", "p1416", "p1678", "p1807"
        ]
    );
    assert_eq!(
        Some(case.since),
        support::sample()
            .iter()
            .find(|post| post.id.as_deref() == Some("p0182"))
            .unwrap()
            .created_at
    );
    // What the memory of authors adds to importance is not in this test.
    assert!(place * 10 < overdue.len(), "{place} of {}", overdue.len());
    assert!(
        advanced(&mut queue, now)
            .next(1500)
            .iter()
            .all(|place| place.lane == Lane::Suspected
                || !place.posts.iter().any(|post| post == "p0110")),
        "spam waits"
    );
}

#[test]
fn an_overloaded_team_is_late_with_less_and_nobody_waits_for_ever() {
    let arrivals = arrivals(7, 3, 30);
    let figures = POLICIES.map(|policy| simulate(&arrivals, 3, 28, policy, Settings::default()));
    let [ours, first, priority, _] = figures;
    assert!(
        ours.weighted_lateness < first.weighted_lateness.min(priority.weighted_lateness),
        "{figures:?}"
    );
    assert!(ours.longest_wait < priority.longest_wait, "{figures:?}");
    assert!(ours.grave_breaches < first.grave_breaches, "{figures:?}");
}

/// Observes posts of (identifier, author, channel, minute, importance).
fn filled(settings: Settings, posts: &[(&str, &str, &str, i64, u8)]) -> Queue {
    let mut queue = queue(settings);
    for (id, author, channel, minute, score) in posts {
        queue.take(&post(id, author, channel, *minute), &scored(*score));
    }
    queue
}

/// A reply in a thread.
fn reply(id: &str, author: &str, minute: i64, to: &str) -> Post<'static> {
    let mut reply = post(id, author, "twitter", minute);
    (reply.in_reply_to, reply.thread) = (Some(to.to_owned().into()), Some(to.to_owned().into()));
    reply
}

fn by_agent(mut post: Post<'static>) -> Post<'static> {
    post.role = hearken::post::Role::Agent;
    post
}

#[test]
fn one_person_is_one_case_and_never_loses_place_by_writing_again() {
    let mut queue = filled(
        Settings::default(),
        &[("a1", "ann", "mail", 0, 40), ("b1", "ben", "mail", 1, 40)],
    );
    let now = NOON + 3 * HOUR;
    assert_eq!(names(&advanced(&mut queue, now).next(9)), ["a1", "b1"]);
    // A milder word on a channel that promises more.
    assert_eq!(
        queue
            .take(&post("a2", "ann", "chat", 179), &scored(10))
            .outcome,
        Outcome::Joined
    );
    let places = advanced(&mut queue, now).next(9);
    assert_eq!(names(&places), ["a1", "b1"]);
    assert_eq!(
        (places[0].posts.as_slice(), places[0].since, places[0].score),
        (&["a1".to_owned(), "a2".to_owned()][..], NOON, 40)
    );
    // The chat presses: half of its two minutes are over, of the day an eighth.
    assert_eq!(
        (places[0].target, places[0].due_at),
        (Some(2 * MINUTE), Some(NOON + 181 * MINUTE))
    );
    assert_eq!(places[0].points_tenths, 700);
    queue.take(&post("a3", "ann", "mail", 179), &scored(90));
    assert_eq!(advanced(&mut queue, now).next(1)[0].post, "a3");
    assert_eq!(queue.len(), 2);
}

#[test]
fn one_id_on_two_channels_is_two_people_unless_the_embedder_says_otherwise() {
    for (accounts, cases) in [(Accounts::PerChannel, 2), (Accounts::Shared, 1)] {
        let identities = Identities::new(Secret::default(), accounts);
        let mut queue = queue(Settings::default());
        for (id, channel) in [("a1", "mail"), ("a2", "chat")] {
            let post = post(id, "ann", channel, 0);
            queue.observe(&post, &scored(20), &identities.identify(&post));
        }
        assert_eq!(queue.len(), cases, "{accounts:?}");
        // An answer to one of two people leaves the other waiting.
        assert_eq!(queue.answered("a1", NOON + MINUTE), 3 - cases);
    }
}

#[test]
fn a_customer_record_joins_what_an_author_wrote_without_it() {
    let with_record = |id: &str, author: &str, minute| {
        let mut post = post(id, author, "twitter", minute);
        post.customer.id = Some("c1".into());
        post
    };
    let mut queue = filled(
        Settings::default(),
        &[
            ("x1", "handle", "twitter", 0, 5),
            ("x2", "handle", "twitter", 1, 5),
        ],
    );
    queue.take(&with_record("x3", "visitor", 2), &scored(5));
    assert_eq!(queue.len(), 2);
    queue.take(&with_record("x4", "handle", 3), &scored(5));
    assert_eq!(
        advanced(&mut queue, NOON).next(9)[0].posts,
        ["x1", "x2", "x3", "x4"]
    );
    // Without that post nothing says that they are one.
    queue.revised("x4", None, true);
    assert_eq!(queue.len(), 2);
}

#[test]
fn a_thread_is_the_case_of_who_began_it_but_ties_nobody_else_together() {
    let mut queue = filled(
        Settings::default(),
        &[("r", "ann", "twitter", 0, 20), ("b1", "ben", "chat", 1, 20)],
    );
    queue.take(&reply("b2", "ben", 2, "r"), &scored(20));
    queue.take(&reply("c1", "cy", 3, "r"), &scored(20));
    let cases: Vec<Vec<String>> = advanced(&mut queue, NOON + HOUR)
        .next(9)
        .into_iter()
        .map(|place| place.posts)
        .collect();
    assert_eq!(
        cases,
        [
            vec!["b1".to_owned()],
            vec!["r".to_owned(), "b2".to_owned(), "c1".to_owned()]
        ]
    );
    // Whoever replies to ben has answered ben everywhere, and nobody else.
    assert_eq!(
        queue
            .take(&by_agent(reply("g1", "gil", 4, "b2")), &Triage::default())
            .outcome,
        Outcome::Answers(2)
    );
    assert_eq!(advanced(&mut queue, NOON).next(9)[0].posts, ["r", "c1"]);
    // Whoever replies to ann has answered the thread, but not what comes later.
    queue.take(&post("r2", "ann", "chat", 10), &scored(20));
    assert_eq!(
        queue
            .take(&by_agent(reply("g2", "gil", 5, "r")), &Triage::default())
            .outcome,
        Outcome::Answers(2)
    );
    assert_eq!(names(&advanced(&mut queue, NOON).next(9)), ["r2"]);
    // What was written before its answer and comes after it doesn't wait.
    assert_eq!(
        queue
            .take(&post("r3", "ann", "chat", 3), &scored(20))
            .outcome,
        Outcome::AlreadyAnswered
    );
    assert_eq!(
        (
            queue.counts().cases_answered,
            queue.counts().answered,
            queue.counts().late
        ),
        (2, 4, 1)
    );
}

#[test]
fn posts_without_a_time_get_the_latest_one_and_without_any_are_refused() {
    let mut queue = queue(Settings::default());
    let undated = |id: &str| Post {
        id: Some(id.to_owned().into()),
        ..Post::new("words").into_owned()
    };
    assert_eq!(
        queue.take(&undated("u1"), &scored(1)).outcome,
        Outcome::Undated
    );
    queue.take(&post("a", "ann", "chat", 7), &scored(1));
    assert_eq!(
        queue.take(&undated("u2"), &scored(1)).outcome,
        Outcome::Queued
    );
    assert_eq!(
        advanced(&mut queue, NOON + HOUR)
            .next(9)
            .iter()
            .map(|place| place.since)
            .collect::<Vec<_>>(),
        [NOON + 7 * MINUTE; 2]
    );
    assert_eq!(queue.counts().undated, 1);
}

#[test]
fn spam_is_counted_and_what_turns_out_to_be_spam_leaves_and_may_come_back() {
    let mut queue = filled(
        Settings::default(),
        &[("a", "ann", "chat", 0, 60), ("b", "ben", "chat", 0, 50)],
    );
    let mut spam = scored(0);
    spam.spam.verdict = hearken::triage::Verdict::Spam;
    assert_eq!(
        queue.take(&post("s", "sy", "chat", 0), &spam).outcome,
        Outcome::Spam
    );
    assert!(queue.revised("a", None, true) && !queue.revised("never seen", Some(1), false));
    assert_eq!(names(&advanced(&mut queue, NOON).next(9)), ["b"]);
    assert_eq!(names(&queue.suspected(9)), ["a", "s"]);
    assert!(
        queue
            .suspected(9)
            .iter()
            .all(|place| place.lane == Lane::Suspected && place.due_at.is_none())
    );
    assert!(queue.revised("b", Some(10), false) && queue.revised("a", Some(30), false));
    assert_eq!(names(&advanced(&mut queue, NOON).next(9)), ["a", "b"]);
    assert_eq!((queue.counts().spam, queue.counts().revised), (1, 1));
}

/// Whoever takes one case at a time meets the sample too, an answer takes a suspected post out, and
/// what nobody looks at is forgotten.
#[test]
fn one_in_a_sample_of_cases_is_suspected_to_be_spam() {
    let settings = Settings {
        sample: 3,
        ..Settings::default()
    };
    let cases: Vec<String> = (0..9).map(|case| format!("c{case}")).collect();
    let mut queue = queue(settings);
    for (at, case) in cases.iter().enumerate() {
        queue.take(&post(case, case, "chat", at as i64), &scored(50));
    }
    let mut spam = scored(5);
    spam.spam.verdict = hearken::triage::Verdict::Spam;
    for id in ["s0", "s1"] {
        queue.take(&post(id, id, "chat", 0), &spam);
    }
    let next = advanced(&mut queue, NOON).next(20);
    let next = names(&next);
    assert_eq!(next.len(), 11);
    assert_eq!((next[2], next[5]), ("s0", "s1"));
    let mut met = Vec::new();
    for minute in 0..6 {
        let now = NOON + minute * MINUTE;
        let first = advanced(&mut queue, now).next(1).remove(0).post;
        queue.answered(&first, now);
        met.push(first);
    }
    assert_eq!(
        met.iter().filter(|post| post.starts_with('s')).count(),
        2,
        "{met:?}"
    );
    queue.take(&post("s2", "s2", "chat", 0), &spam);
    assert_eq!(names(&queue.suspected(9)), ["s2"]);
    assert_eq!(queue.lanes().suspected, 1);
    queue.advance(NOON + 8 * 24 * HOUR);
    assert!(queue.suspected(9).is_empty());
}

/// The bound that the module states: (100 − importance) / points a day, in days past the time that
/// an answer is due.
#[test]
fn nothing_starves_however_much_comes() {
    let settings = Settings::default();
    let mut queue = filled(settings.clone(), &[("old", "ann", "mail", 0, 0)]);
    // The gravest post that a score can tell.
    let gravest = scored(u8::MAX);
    let (due, bound) = (
        NOON + 24 * HOUR,
        i64::from(gravest.importance.score) * 24 * HOUR / i64::from(settings.day_points),
    );
    // Whatever becomes due at the end of the bound, of whatever importance, is not before it any
    // more; shortly before it is.
    let is_first = |at: i64, queue: &Queue| {
        let mut queue = queue.clone();
        let target = queue
            .service_levels()
            .target(Some("chat"), Some(Level::Critical));
        let minute = (at - target - NOON) / MINUTE;
        queue.take(&post("new", "new", "chat", minute), &gravest);
        [HOUR, 1000 * HOUR].map(|later| names(&advanced(&mut queue, at + later).next(1)) == ["old"])
    };
    assert_eq!(is_first(due + bound + MINUTE, &queue), [true, true]);
    assert_eq!(is_first(due + bound - MINUTE, &queue), [false, false]);
    // A critical chat every minute and one answer a minute: it is answered within the bound.
    let mut now = NOON;
    let mut number = 0;
    while queue.answered("old", i64::MIN) == 0 {
        number += 1;
        now = NOON + number * MINUTE;
        queue.take(
            &post(
                &format!("n{number:06}"),
                &format!("u{number}"),
                "chat",
                number,
            ),
            &scored(100),
        );
        let next = advanced(&mut queue, now).next(1).remove(0).post;
        queue.answered(&next, now);
        if next == "old" {
            break;
        }
        assert!(now <= due + bound + MINUTE, "it still waits");
    }
    assert!(now > NOON + 24 * HOUR && names(&advanced(&mut queue, now).next(9)).len() == 1);
}

#[test]
fn what_cannot_be_answered_is_deferred_says_since_when_and_comes_back() {
    let settings = Settings {
        capacity: Some(5),
        horizon: Duration::from_secs(2 * 3600),
        plan: Duration::from_secs(5 * 60),
        ..Settings::default()
    };
    let mut queue = queue(settings);
    for number in 0..14 {
        queue.take(
            &post(
                &format!("p{number:02}"),
                &format!("u{number}"),
                "mail",
                number,
            ),
            &scored(70 - 5 * number as u8),
        );
    }
    let now = NOON + 20 * MINUTE;
    let lane = |place: &Place| place.lane;
    let places = advanced(&mut queue, now).next(20);
    assert_eq!(places.len(), 14, "nothing is dropped");
    assert_eq!(
        places
            .iter()
            .map(lane)
            .filter(|lane| *lane == Lane::Deferred)
            .count(),
        4
    );
    assert_eq!(
        (places[0].lane, places[9].lane, places[10].lane),
        (Lane::Fast, Lane::Normal, Lane::Deferred)
    );
    assert_eq!(places[10].deferred_since, Some(now));
    assert!(
        places[10]
            .reason
            .contains("deferred for 0 seconds: 14 wait, 10 can be answered in 2 hours"),
        "{}",
        places[10].reason
    );
    // One answer makes room for one, but the band of ten percent keeps the edge from going
    // back and forth.
    queue.answered("p00", now);
    let later = now + 10 * MINUTE;
    assert_eq!(
        advanced(&mut queue, later).lanes(),
        hearken::queue::Lanes {
            fast: 4,
            normal: 5,
            deferred: 4,
            assigned: 0,
            idle: 0,
            suspected: 0
        }
    );
    queue.answered("p01", later);
    let later = later + 10 * MINUTE;
    assert_eq!(advanced(&mut queue, later).lanes().deferred, 3);
    assert_eq!(
        advanced(&mut queue, later).next(20)[11].deferred_since,
        Some(now),
        "the rest is deferred since then"
    );
    for number in 2..6 {
        queue.answered(&format!("p{number:02}"), later);
    }
    assert_eq!(
        advanced(&mut queue, later + 10 * MINUTE).lanes().deferred,
        0
    );
}

#[test]
fn the_capacity_is_measured_from_answers() {
    let mut queue = queue(Settings::default());
    for number in 0..40 {
        queue.take(
            &post(&format!("p{number}"), &format!("u{number}"), "mail", number),
            &scored(5),
        );
    }
    assert_eq!(advanced(&mut queue, NOON + HOUR).capacity(), None);
    assert_eq!(advanced(&mut queue, NOON + HOUR).lanes().deferred, 0);
    for number in 0..2 {
        queue.answered(&format!("p{number}"), NOON + HOUR);
    }
    assert_eq!(advanced(&mut queue, NOON + 4 * HOUR).capacity(), Some(0.5));
    assert_eq!(advanced(&mut queue, NOON + 4 * HOUR).lanes().deferred, 34);
    assert_eq!(
        advanced(&mut queue, NOON + 6 * HOUR).capacity(),
        None,
        "answers of long ago say nothing"
    );
    assert_eq!(advanced(&mut queue, NOON + 6 * HOUR).lanes().deferred, 0);
}

fn agent(id: &str, skills: &[u16], languages: &[Language], capacity: u32) -> Agent {
    Agent {
        id: id.into(),
        skills: skills.into(),
        languages: languages.into(),
        capacity: Some(capacity),
    }
}

#[test]
fn agents_get_what_they_can_answer_and_who_answered_last_comes_first() {
    let triaged = |language: Language, score: u8| {
        let mut triage = scored(score);
        triage.language = language;
        triage
    };
    let mut queue = queue(Settings::default());
    queue
        .add_agent(agent("jana", &[], &[Language::Cs], 1))
        .unwrap();
    queue
        .add_agent(agent("omar", &[], &[Language::En], 3))
        .unwrap();
    queue
        .add_agent(agent("paul", &[], &[Language::En], 3))
        .unwrap();
    for (id, language, score) in [
        ("e1", Language::En, 90),
        ("e2", Language::En, 80),
        ("c1", Language::Cs, 70),
        ("c2", Language::Cs, 60),
        ("z1", Language::ZhHans, 50),
    ] {
        queue.take(
            &post(id, &format!("author of {id}"), "mail", 0),
            &triaged(language, score),
        );
    }
    // paul answered the author of e2 before.
    let mut before = post("g", "paul", "mail", -5);
    before.in_reply_to = Some("e0".into());
    queue.take(
        &post("e0", "author of e2", "mail", -9),
        &triaged(Language::En, 5),
    );
    assert_eq!(
        queue.take(&by_agent(before), &Triage::default()).outcome,
        Outcome::Answers(1)
    );
    let given = advanced(&mut queue, NOON).assign_next(9);
    let taken: Vec<(&str, Option<&str>)> = given
        .iter()
        .map(|one| (one.place.post.as_str(), one.agent.as_deref()))
        .collect();
    assert_eq!(
        taken,
        [
            ("e1", Some("omar")),
            ("e2", Some("paul")),
            ("c1", Some("jana")),
            ("c2", None),
            ("z1", None)
        ]
    );
    assert_eq!(
        given[1].reason,
        "answered this person last, has 0 of 3 cases"
    );
    assert!(
        given[3].reason.contains("full") && given[4].reason == "no agent writes zh-Hans",
        "{given:?}"
    );
    // What is assigned is no more to be answered next, but it can be overdue, and says who has it.
    assert_eq!(names(&advanced(&mut queue, NOON).next(9)), ["c2", "z1"]);
    assert_eq!(advanced(&mut queue, NOON).lanes().assigned, 3);
    let held = NOON + 59 * MINUTE;
    let overdue = advanced(&mut queue, held).overdue(usize::MAX);
    assert!(overdue.is_empty(), "{overdue:?}");
    // An hour without an answer, and it waits for anybody.
    advanced(&mut queue, NOON + HOUR).next(0);
    assert_eq!(
        (
            advanced(&mut queue, NOON + HOUR).lanes().assigned,
            queue.counts().released
        ),
        (0, 3)
    );
    assert!(
        queue.assign("z1", "jana", NOON + HOUR)
            && !queue.assign("z1", "nobody", NOON)
            && !queue.assign("z9", "jana", NOON)
    );
    let overdue = advanced(&mut queue, NOON + HOUR + 59 * MINUTE).overdue(usize::MAX);
    assert!(overdue.is_empty());
    assert!(queue.release("z1") && !queue.release("z1"));
    assert_eq!(
        advanced(&mut queue, NOON + HOUR)
            .assign_to("jana")
            .unwrap()
            .place
            .post,
        "c1"
    );
    assert_eq!(
        advanced(&mut queue, NOON + HOUR).assign_to("jana"),
        None,
        "she has one, and may have no more"
    );
    assert_eq!(queue.remove_agent("jana"), 1);
    // The case is left to the agent who knows the person.
    assert_eq!(
        advanced(&mut queue, NOON + HOUR)
            .assign_to("omar")
            .unwrap()
            .place
            .post,
        "e1"
    );
    assert_eq!(advanced(&mut queue, NOON + HOUR).assign_to("omar"), None);
    assert_eq!(
        advanced(&mut queue, NOON + HOUR)
            .assign_to("paul")
            .unwrap()
            .place
            .post,
        "e2"
    );
    assert_eq!(queue.answered("e2", NOON + HOUR), 1);
    assert!(queue.add_agent(Agent::default()).unwrap_err().is_settings());
}

#[test]
fn skills_are_topics() {
    let mut queue = queue(Settings::default());
    let engine = support::tiny();
    let refund = engine.taxonomy().index_of("refund").unwrap() as u16;
    let delivery = engine.taxonomy().index_of("delivery").unwrap() as u16;
    let post = Post::from_json(
        r#"{"id":"77","text":"I want a refund","created_at":1772452800,"channel":"mail"}"#,
    )
    .unwrap();
    let mut triage = engine.triage(&post, &mut engine.scratch());
    assert!(
        triage
            .topics
            .as_slice()
            .iter()
            .any(|topic| topic.topic == refund),
        "{triage:?}"
    );
    triage.language = Language::En;
    queue.take(&post, &triage);
    queue
        .add_agent(agent("driver", &[delivery], &[], 1))
        .unwrap();
    let given = advanced(&mut queue, NOON).assign_next(1);
    assert_eq!(
        (
            given[0].agent.as_deref(),
            given[0].reason.contains("knows a topic")
        ),
        (None, true)
    );
    queue.add_agent(agent("teller", &[refund], &[], 1)).unwrap();
    assert_eq!(
        advanced(&mut queue, NOON).assign_next(1)[0]
            .agent
            .as_deref(),
        Some("teller")
    );
}

#[test]
fn a_full_queue_says_what_it_sheds() {
    let settings = Settings {
        most_posts: 3,
        ..Settings::default()
    };
    let mut queue = filled(
        settings,
        &[
            ("a", "ann", "mail", 0, 60),
            ("b", "ben", "mail", 0, 10),
            ("c", "cy", "mail", 0, 40),
        ],
    );
    queue.revised("c", None, true);
    // What turned out to be spam goes first.
    assert_eq!(
        queue.take(&post("d", "dan", "mail", 1), &scored(30)).shed,
        Vec::<String>::new()
    );
    assert_eq!(
        queue.take(&post("e", "eve", "mail", 1), &scored(20)).shed,
        ["b"]
    );
    assert_eq!(
        queue.take(&post("f", "fay", "mail", 1), &scored(0)).shed,
        ["f"]
    );
    assert_eq!(
        names(&advanced(&mut queue, NOON + HOUR).next(9)),
        ["a", "d", "e"]
    );
    assert_eq!((queue.counts().shed, queue.counts().forgotten), (2, 1));
}

#[test]
fn a_case_of_too_many_posts_counts_the_rest() {
    let settings = Settings {
        most_posts_of_case: 3,
        ..Settings::default()
    };
    let mut queue = queue(settings);
    let mut last = Outcome::Queued;
    for (number, score) in [30, 5, 50, 20, 10].into_iter().enumerate() {
        last = queue
            .take(
                &post(&format!("p{number}"), "ann", "mail", number as i64),
                &scored(score),
            )
            .outcome;
    }
    assert_eq!(last, Outcome::Folded);
    let place = advanced(&mut queue, NOON).next(1).remove(0);
    assert_eq!(
        (place.posts.as_slice(), place.count),
        (&["p0", "p2", "p4"].map(String::from)[..], 5)
    );
    assert_eq!((place.post.as_str(), queue.counts().folded), ("p2", 2));
    assert_eq!(queue.answered("p4", NOON + HOUR), 3);
}

#[test]
fn a_place_says_why_it_stands_before_the_next() {
    let mut queue = filled(
        Settings::default(),
        &[
            ("a", "ann", "twitter", 0, 71),
            ("b", "ben", "twitter", 0, 64),
            ("c", "cy", "twitter", 0, 64),
        ],
    );
    let reasons = |places: Vec<Place>| {
        places
            .into_iter()
            .map(|place| place.reason)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        reasons(advanced(&mut queue, NOON + 45 * MINUTE).next(9)),
        [
            "before b: 116.0 (importance 71 + waiting 45.0) against 109.0 (importance 64 + waiting 45.0); 45 minutes of its 1 hour over",
            "before c: 109.0 (importance 64 + waiting 45.0) for both, and it is older; 45 minutes of its 1 hour over",
            "last: 109.0 (importance 64 + waiting 45.0); 45 minutes of its 1 hour over",
        ]
    );
    // One place is compared with the next all the same; a day later it has 12 points more.
    assert_eq!(
        reasons(advanced(&mut queue, NOON + 25 * HOUR).next(1)),
        [
            "before b: 143.0 (importance 71 + waiting 72.0) against 136.0 (importance 64 + waiting 72.0); 24 hours past its 1 hour",
        ]
    );
}

#[test]
fn business_hours_stop_the_points_until_an_answer_is_due() {
    let mut queue = Queue::new(Settings::default(), office(), LEVELS).unwrap();
    // Friday 17 h. Saturday and Sunday are free, and so is Monday.
    let friday = 4 * 24 * 60 + 5 * 60;
    queue.take(&post("a", "ann", "mail", friday), &scored(40));
    let hour = |day: i64, hour: i64| NOON + (day * 24 + hour - 12) * HOUR;
    let due = hour(8, 11);
    for (now, tenths, lane) in [
        (hour(4, 17), 400, Lane::Normal),
        (hour(4, 18), 550, Lane::Normal),
        (hour(6, 12), 550, Lane::Normal),
        (hour(8, 8), 550, Lane::Normal),
        (hour(8, 10), 850, Lane::Normal),
        (hour(8, 10) + 12 * MINUTE, 880, Lane::Fast),
        // Once it is due, every hour counts.
        (due, 1000, Lane::Normal),
        (due + 24 * HOUR, 1120, Lane::Normal),
    ] {
        let place = advanced(&mut queue, now).next(1).remove(0);
        assert_eq!((place.points_tenths, place.lane), (tenths, lane), "{now}");
        let over = (now - due).max(0);
        assert_eq!((place.due_at, place.overdue_by), (Some(due), over));
        assert_eq!(
            advanced(&mut queue, now).overdue(usize::MAX).len(),
            usize::from(now >= due)
        );
    }
    let place = advanced(&mut queue, hour(6, 12)).next(1).remove(0);
    assert_eq!((place.target, place.waited), (Some(4 * HOUR), 43 * HOUR));
    assert!(
        place
            .reason
            .ends_with("; 1 hour of its 4 hours of business time over"),
        "{}",
        place.reason
    );
    // On Saturday the tweet gains points, and the mail none.
    queue.take(&post("b", "ben", "twitter", friday + 26 * 60), &scored(45));
    for (now, order) in [(hour(5, 22), ["a", "b"]), (hour(5, 23), ["b", "a"])] {
        assert_eq!(names(&advanced(&mut queue, now).next(9)), order);
    }
    let elsewhere = office().in_calendar(Calendar::default());
    let other = Queue::new(Settings::default(), elsewhere, LEVELS).unwrap();
    assert!(queue.merge(&other).unwrap_err().is_merge());
}

/// Reading takes the queue as it is: nothing but [`Queue::advance`] or a later post moves its time.
#[test]
fn reading_changes_nothing_and_is_as_of_the_last_advance_or_a_later_post() {
    let mut queue = filled(
        Settings::default(),
        &[("a", "ann", "chat", 0, 40), ("b", "ben", "mail", 0, 60)],
    );
    assert_eq!(queue.next(9)[0].waited, 0, "no post is later");
    queue.advance(NOON + HOUR);
    let bytes = queue.to_bytes().unwrap();
    let reader = &queue;
    let read = |queue: &Queue| {
        (
            queue.next(9),
            queue.overdue(usize::MAX),
            queue.lanes(),
            queue.capacity(),
        )
    };
    let once = read(reader);
    assert_eq!(once.0[0].waited, HOUR);
    assert_eq!(read(reader), once);
    assert_eq!(queue.to_bytes().unwrap(), bytes);
    assert_eq!(
        read(&Queue::from_bytes(&bytes).unwrap()),
        once,
        "a snapshot keeps the time"
    );
    // An earlier post leaves the time as it is, a later one moves it, and a merge takes the later.
    queue.take(&post("c", "cy", "mail", 30), &scored(10));
    assert_eq!(queue.next(9)[0].waited, HOUR);
    queue.take(&post("d", "dan", "mail", 90), &scored(10));
    assert_eq!(queue.next(9)[0].waited, HOUR + 30 * MINUTE);
    let mut other = self::queue(Settings::default());
    other.advance(NOON + 2 * HOUR);
    queue.merge(&other).unwrap();
    assert_eq!(queue.next(9)[0].waited, 2 * HOUR);
}

/// However many wait, one call moves a bounded number between the lanes, and the next ones go on.
#[test]
fn lanes_of_very_many_are_drawn_in_several_calls() {
    let mut queue = queue(Settings {
        capacity: Some(1),
        horizon: Duration::from_secs(3600),
        ..Settings::default()
    });
    for number in 0..4011 {
        let id = number.to_string();
        queue.take(&post(&id, &id, "mail", 0), &scored(5));
    }
    for (call, deferred) in [4000, 4010, 4010].into_iter().enumerate() {
        queue.advance(NOON + call as i64);
        assert_eq!(queue.lanes().deferred, deferred);
    }
    assert_eq!(queue.next(1)[0].lane, Lane::Normal);
}

/// An empty queue may be advanced, as before posts without a time: lanes are drawn for
/// what comes then.
#[test]
fn lanes_are_drawn_over_what_waits_not_over_nothing() {
    let mut queue = queue(Settings {
        capacity: Some(1),
        horizon: Duration::from_secs(3600),
        ..Settings::default()
    });
    queue.advance(NOON);
    for number in 0..3 {
        let id = number.to_string();
        queue.take(&post(&id, &id, "mail", 0), &scored(5));
    }
    assert_eq!(advanced(&mut queue, NOON + MINUTE).lanes().deferred, 2);
}

#[test]
fn the_levels_are_those_of_the_answers() {
    let levels = [5, 10, 15];
    let service_levels =
        ServiceLevels::from_toml("[default]\ntarget = \"8 h\"\nhigh = \"2 h\"\ncritical = \"1 h\"");
    let mut queue = Queue::new(Settings::default(), service_levels.unwrap(), levels).unwrap();
    queue.take(&post("a", "ann", "mail", 0), &scored(12));
    let place = advanced(&mut queue, NOON).next(1).remove(0);
    assert_eq!(
        (place.level, place.lane, place.target),
        (Level::High, Lane::Fast, Some(2 * HOUR))
    );
    let kept = Queue::from_bytes(&queue.to_bytes().unwrap()).unwrap();
    assert_eq!((kept.levels(), kept.next(1)), (levels, vec![place]));
    assert!(
        queue
            .merge(
                &Queue::new(Settings::default(), queue.service_levels().clone(), LEVELS).unwrap()
            )
            .unwrap_err()
            .is_merge()
    );
    let descending = Queue::new(
        Settings::default(),
        queue.service_levels().clone(),
        [9, 8, 7],
    );
    assert!(descending.unwrap_err().is_settings());
}

#[test]
fn a_revision_changes_verdict_and_score() {
    let mut queue = queue(Settings::default());
    let mut triage = scored(40);
    triage.importance = triage.importance.with(Part::Waiting, 10);
    queue.take(&post("a", "ann", "mail", 0), &triage);
    queue.take(&post("b", "ben", "mail", 0), &scored(30));
    let revision = |post: &str, field: Field, old: Value, new: Value| Revision {
        post: post.into(),
        channel: None,
        field,
        old,
        new,
        cause: Cause::Campaign {
            id: "k".into(),
            posts: 3,
            accounts: 3,
            reason: String::new(),
        },
    };
    let verdict = |old, new| {
        let [old, new] = [old, new].map(Value::Verdict);
        revision("a", Field::SpamVerdict, old, new)
    };
    let score = |old, new| {
        let [old, new] = [old, new].map(Value::Score);
        revision("a", Field::ImportanceScore, old, new)
    };
    assert_eq!(names(&queue.next(9)), ["a", "b"]);
    assert!(queue.revise(&verdict(Verdict::Ham, Verdict::Spam)));
    assert!(queue.revise(&score(50, 3)));
    assert_eq!(
        (names(&queue.next(9)), queue.counts().revised),
        (vec!["b"], 1)
    );
    // It comes back with the importance that it had, without what the stream gave for waiting.
    assert!(queue.revise(&verdict(Verdict::Spam, Verdict::Ham)));
    assert_eq!(
        names(&queue.next(9)),
        ["b", "a"],
        "the score is still the revised one"
    );
    assert!(queue.revise(&score(3, 50)));
    assert_eq!(queue.next(1)[0].score, 40);
    // What the queue doesn't hold of an answer changes nothing, nor does a post that it doesn't.
    let before = seen(&queue);
    let campaign = |post| {
        let [old, new] = [None, Some("k".to_owned())].map(Value::Campaign);
        revision(post, Field::SpamCampaign, old, new)
    };
    assert!(queue.revise(&campaign("a")) && !queue.revise(&campaign("never seen")));
    assert_eq!(seen(&queue), before);
}

#[test]
fn time_may_go_back() {
    let mut queue = filled(
        Settings::default(),
        &[("a", "ann", "chat", 0, 40), ("b", "ben", "mail", 0, 60)],
    );
    let then = advanced(&mut queue, NOON + MINUTE / 2).next(9);
    assert_eq!(names(&then), ["b", "a"]);
    assert_eq!(
        names(&advanced(&mut queue, NOON + HOUR).next(9)),
        ["a", "b"]
    );
    assert_eq!(
        names(&advanced(&mut queue, NOON + HOUR).overdue(usize::MAX)),
        ["a"]
    );
    assert_eq!(advanced(&mut queue, NOON + MINUTE / 2).next(9), then);
    for now in [i64::MIN, i64::MAX, 0] {
        assert_eq!(advanced(&mut queue, now).next(9).len(), 2);
    }
}

/// What can happen to a queue.
#[derive(Clone, Debug)]
enum Step {
    Post { id: u8, score: u8 },
    Answer { id: u8, minute: i64 },
    Spam { id: u8 },
    Assign { id: u8, agent: u8, minute: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..20u8, 0..=100u8).prop_map(|(id, score)| Step::Post { id, score }),
        1 => (0..20u8, 0..300i64).prop_map(|(id, minute)| Step::Answer { id, minute }),
        1 => (0..20u8).prop_map(|id| Step::Spam { id }),
        1 => (0..20u8, 0..2u8, 0..300i64).prop_map(|(id, agent, minute)| Step::Assign { id, agent, minute }),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 0..40)
}

/// The post of an identifier: who wrote it, where and when is the same wherever it is seen.
fn drawn(seed: u64, id: u8) -> Post<'static> {
    let mut draws = Random::new(seed.wrapping_mul(1000) + u64::from(id));
    let mut upto = |most: u64| draws.next_u64() % most;
    let channel = ["chat", "mail", "twitter"][upto(3) as usize];
    let mut post = post(
        &format!("p{id}"),
        &format!("u{}", upto(6)),
        channel,
        upto(300) as i64,
    );
    post.customer.id = (upto(3) == 0).then(|| format!("c{}", upto(3)).into());
    post.thread = (upto(3) == 0).then(|| format!("p{}", upto(20)).into());
    let brand = Segment::new("brand", ["Acme", "Beta", ""][upto(3) as usize]);
    post.segments = brand.into_iter().collect();
    post
}

fn stepped(seed: u64, steps: &[Step]) -> Queue {
    let settings = Settings {
        capacity: Some(1),
        horizon: Duration::from_secs(3 * 3600),
        ..Settings::default()
    };
    let levels = match seed % 2 {
        0 => ServiceLevels::bundled().unwrap(),
        _ => office(),
    };
    let mut queue = Queue::new(settings, levels, LEVELS).unwrap();
    for number in 0..2 {
        queue
            .add_agent(agent(&format!("g{number}"), &[], &[], 3))
            .unwrap();
    }
    for step in steps {
        match step {
            Step::Post { id, score } => drop(queue.take(&drawn(seed, *id), &scored(*score))),
            Step::Answer { id, minute } => {
                _ = queue.answered(&format!("p{id}"), NOON + minute * MINUTE)
            }
            Step::Spam { id } => _ = queue.revised(&format!("p{id}"), None, true),
            Step::Assign { id, agent, minute } => {
                queue.assign(
                    &format!("p{id}"),
                    &format!("g{agent}"),
                    NOON + minute * MINUTE,
                );
                advanced(&mut queue, NOON + minute * MINUTE).lanes();
            }
        }
    }
    queue
}

fn merged(one: &Queue, other: &Queue) -> Queue {
    let mut merged = one.clone();
    merged.merge(other).unwrap();
    merged
}

/// All that can be seen of a queue: its snapshot, and what it says at some times.
fn seen(queue: &Queue) -> (Vec<u8>, Vec<Vec<Place>>) {
    let mut queue = queue.clone();
    let bytes = queue.to_bytes().unwrap();
    let mut seen = Vec::new();
    for minute in [0, 200, 400, 5000] {
        seen.push(advanced(&mut queue, NOON + minute * MINUTE).next(usize::MAX));
        seen.push(advanced(&mut queue, NOON + minute * MINUTE).overdue(usize::MAX));
    }
    (bytes, seen)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn merging_is_commutative_and_associative_with_an_identity(
        seed in any::<u64>(), a in steps(), b in steps(), c in steps(),
    ) {
        let [a, b, c, empty] = [&a[..], &b, &c, &[]].map(|steps| stepped(seed, steps));
        prop_assert_eq!(seen(&merged(&a, &b)), seen(&merged(&b, &a)));
        prop_assert_eq!(seen(&merged(&merged(&a, &b), &c)), seen(&merged(&a, &merged(&b, &c))));
        prop_assert_eq!(seen(&merged(&a, &empty)), seen(&a));
        prop_assert_eq!(seen(&merged(&empty, &a)), seen(&a));
        prop_assert_eq!(seen(&Queue::from_bytes(&a.to_bytes().unwrap()).unwrap()), seen(&a));
    }

    /// A queue that is kept and read again after any post folds and sheds what one that went on
    /// does: persons with customer records that come and go, threads of others, answers.
    #[test]
    fn at_the_ceilings_a_queue_that_is_read_again_drops_the_same(
        posts in prop::collection::vec((0..6u8, 0..4u8, 0..8u8, 0..100u8, 0..8u8, any::<bool>()), 10..100),
        most in 8..30usize,
    ) {
        let settings = Settings { most_posts: most, most_posts_of_case: 3, most_answers: 6, ..Settings::default() };
        let (mut went_on, mut read) = (queue(settings.clone()), queue(settings));
        for (number, (author, customer, back, score, kind, kept)) in posts.into_iter().enumerate() {
            let minute = number as i64 * 7;
            let mut post = post(&format!("p{number}"), &format!("u{author}"), "chat", minute);
            if customer < 3 {
                post.customer.id = Some(format!("c{customer}").into());
            }
            if (1..4).contains(&back) && number >= usize::from(back) {
                post.thread = Some(format!("p{}", number - usize::from(back)).into());
            }
            let mut triage = scored(score);
            triage.spam.verdict = if kind == 1 { Verdict::Spam } else { Verdict::Ham };
            prop_assert_eq!(went_on.take(&post, &triage), read.take(&post, &triage));
            if kind == 0 {
                let id = format!("p{}", number / 2);
                let at = NOON + minute * MINUTE;
                prop_assert_eq!(went_on.answered(&id, at), read.answered(&id, at));
            }
            if kept {
                read = Queue::from_bytes(&read.to_bytes().unwrap()).unwrap();
                read = read.with_identities(Identities::default()).unwrap();
            }
        }
        prop_assert_eq!(went_on.counts(), read.counts());
        for hours in [0, 1, 30, 2] {
            for queue in [&mut went_on, &mut read] {
                queue.advance(NOON + hours * HOUR);
            }
            prop_assert_eq!(went_on.next(usize::MAX), read.next(usize::MAX));
            prop_assert_eq!(went_on.overdue(usize::MAX), read.overdue(usize::MAX));
            prop_assert_eq!(went_on.overdue_count(), went_on.overdue(usize::MAX).len());
            prop_assert_eq!(went_on.set_aside(), read.set_aside());
        }
        prop_assert_eq!(went_on.to_bytes().unwrap(), read.to_bytes().unwrap());
    }

    /// Above the ceilings, too, the order of merging makes no difference, where the posts of a
    /// person are in one shard; and what is dropped is named.
    #[test]
    fn merging_above_the_ceilings_keeps_the_same_in_any_order(
        posts in prop::collection::vec((0..3usize, 0..4u8, 0..60i64, 0..100u8, 0..8u8), 10..120),
        most in 3..20usize, answers in 2..6usize,
    ) {
        let settings = Settings { most_posts: most, most_answers: answers, ..Settings::default() };
        let mut shards = [0, 1, 2].map(|_| queue(settings.clone()));
        for (number, (shard, author, minute, score, kind)) in posts.into_iter().enumerate() {
            let name = format!("{shard}-{author}");
            let post = post(&format!("p{number}"), &name, ["chat", "mail"][number % 2], minute);
            let mut triage = scored(score);
            triage.spam.verdict = if kind == 1 { Verdict::Spam } else { Verdict::Ham };
            if kind == 2 {
                triage.sentiment.label = Polarity::Positive;
            }
            shards[shard].take(&post, &triage);
            if kind == 0 {
                shards[shard].answered(&format!("p{number}"), NOON + minute * MINUTE);
            }
        }
        let [a, b, c] = &shards;
        let whole = seen(&merged(&merged(a, b), c));
        for (one, two, three) in [(a, c, b), (b, a, c), (b, c, a), (c, a, b), (c, b, a)] {
            prop_assert_eq!(&seen(&merged(&merged(one, two), three)), &whole);
            prop_assert_eq!(&seen(&merged(one, &merged(two, three))), &whole);
        }
        let mut all = a.clone();
        let counts = |queue: &Queue| (queue.counts().shed, queue.counts().forgotten);
        let before = counts(a).0 + counts(b).0;
        let dropped = all.merge(b).unwrap();
        prop_assert_eq!(counts(&all).0 - before, dropped.len() as u64);
        let waits = all.next(usize::MAX);
        prop_assert!(dropped.iter().all(|id| !waits.iter().any(|place| place.posts.contains(id))));
    }

    /// The order of the walk is the order of the points, every case stands in it once, and the due
    /// ones are overdue.
    #[test]
    fn the_order_is_that_of_the_points(seed in any::<u64>(), steps in steps(), minute in -100..9000i64) {
        let mut queue = stepped(seed, &steps);
        let now = NOON + minute * MINUTE;
        let mut places = advanced(&mut queue, now).next(usize::MAX);
        places.retain(|place| place.lane != Lane::Suspected);
        prop_assert!(places.is_sorted_by_key(|place| std::cmp::Reverse(place.points_tenths)));
        let lanes = queue.lanes();
        prop_assert_eq!(places.len() + lanes.assigned, queue.len());
        let of = |lane: Lane| places.iter().filter(|place| place.lane == lane).count();
        prop_assert_eq!((of(Lane::Fast), of(Lane::Normal)), (lanes.fast, lanes.normal));
        prop_assert_eq!((of(Lane::Deferred), of(Lane::Idle)), (lanes.deferred, lanes.idle));
        let mut posts: Vec<&String> = places.iter().flat_map(|place| &place.posts).collect();
        let count = posts.len();
        posts.sort();
        posts.dedup();
        prop_assert_eq!(posts.len(), count, "a post stands in two cases");
        let overdue = advanced(&mut queue, now).overdue(usize::MAX);
        prop_assert_eq!(queue.overdue_count(), overdue.len());
        // A page is the beginning of the whole, compared with what follows it.
        let page = overdue.len() / 2;
        prop_assert_eq!(&queue.overdue(page)[..], &overdue[..page]);
        let due: Vec<&str> = places.iter().filter(|place| place.due_at.is_some_and(|due| due <= now)).map(|place| place.post.as_str()).collect();
        let free: Vec<&str> = overdue.iter().filter(|place| place.agent.is_none()).map(|place| place.post.as_str()).collect();
        prop_assert_eq!(due, free);
    }

    /// Until an answer is due, points are those of the minutes of business, counted one by one.
    #[test]
    fn points_are_those_of_the_minutes_of_business(id in 0..20u8, seed in any::<u64>(), score in 0..=100u8, minute in 0..9000i64) {
        let mut queue = Queue::new(Settings::default(), office(), LEVELS).unwrap();
        let post = drawn(seed, id);
        queue.take(&post, &scored(score));
        let now = NOON + minute * MINUTE;
        let place = advanced(&mut queue, now).next(1).remove(0);
        let (target, since) = (place.target.unwrap() / MINUTE, (place.since - NOON) / MINUTE);
        prop_assume!(minute >= since);
        let always = place.channel.as_deref() == Some("chat")
            || place.channel.as_deref() == Some("twitter") && place.level == Level::Critical;
        let is_open = |minute: i64| {
            let (day, time) = ((minute + 720).div_euclid(1440), (minute + 720).rem_euclid(1440));
            let free = matches!(day, 1 | 7);
            match place.channel.as_deref() {
                _ if always => true,
                _ if free => false,
                Some("twitter") => {
                    let work = day % 7 < 5 && ((540..780).contains(&time) || (900..990).contains(&time));
                    work || day % 7 == 5 && time >= 1320 || day % 7 == 6 && time < 360
                }
                _ => day % 7 < 5 && (480..1080).contains(&time),
            }
        };
        let open = (since..minute).filter(|minute| is_open(*minute)).count() as i64;
        let tenths = match open < target {
            true => i64::from(place.score) * 10 + (600 * open).div_euclid(target),
            false => {
                let due = (since..).filter(|minute| is_open(*minute)).nth(target as usize - 1).unwrap() + 1;
                prop_assert_eq!(place.due_at, Some(NOON + due * MINUTE));
                i64::from(place.score) * 10 + 600 + (minute - due) * 120 / 1440
            }
        };
        prop_assert_eq!(place.points_tenths, tenths, "{:?}", place);
    }

    /// The order in which posts come makes no difference.
    #[test]
    fn posts_may_come_in_any_order(seed in any::<u64>(), steps in steps(), turn in 0..40usize) {
        let mut posts: Vec<Step> = steps.into_iter().filter(|step| matches!(step, Step::Post { .. })).collect();
        let mut ids = std::collections::BTreeSet::new();
        posts.retain(|step| matches!(step, Step::Post { id, .. } if ids.insert(*id)));
        let before = seen(&stepped(seed, &posts));
        let turn = turn % posts.len().max(1);
        posts.rotate_left(turn);
        posts.reverse();
        prop_assert_eq!(seen(&stepped(seed, &posts)), before);
    }

    #[test]
    fn no_damaged_snapshot_is_a_panic(steps in steps(), at in 0..10_000usize, byte in any::<u8>()) {
        let queue = stepped(1, &steps);
        let bytes = queue.to_bytes().unwrap();
        let mut damaged = bytes.clone();
        let at = at % damaged.len();
        damaged[at] = damaged[at].wrapping_add(byte.max(1));
        prop_assert!(Queue::from_bytes(&damaged).unwrap_err().is_snapshot());
        prop_assert!(Queue::from_bytes(&bytes[..at]).unwrap_err().is_snapshot());
        // A payload that was damaged before its checksum was made.
        if let Ok(mut queue) = Queue::from_bytes(&support::with_true_checksum(damaged)) {
            advanced(&mut queue, NOON).next(usize::MAX);
            advanced(&mut queue, i64::MAX).overdue(usize::MAX);
        }
    }
}

#[test]
fn shards_by_person_give_what_one_queue_gives() {
    let arrivals = arrivals(3, 1, 40);
    let mut whole = queue(Settings::default());
    let mut shards = [(); 3].map(|()| queue(Settings::default()));
    for (number, arrival) in arrivals.iter().enumerate() {
        let shard = &mut shards[number % 3];
        for queue in [shard, &mut whole] {
            queue.take(&arrival.post(), &arrival.triage());
            if number % 4 == 0 {
                queue.answered(&arrival.id, arrival.at + MINUTE);
            }
        }
    }
    let [mut first, second, third] = shards;
    first.merge(&third).unwrap();
    first.merge(&second).unwrap();
    assert_eq!(seen(&first), seen(&whole));
    let other = queue(Settings {
        load: 9,
        ..Settings::default()
    });
    assert!(first.merge(&other).unwrap_err().is_merge());
    assert_eq!(
        seen(&first),
        seen(&whole),
        "a refused merge changes nothing"
    );
}

#[test]
fn a_snapshot_of_another_kind_or_of_too_much_is_refused() {
    let bytes = filled(Settings::default(), &[("a", "ann", "chat", 0, 40)])
        .to_bytes()
        .unwrap();
    let mut foreign = bytes.clone();
    foreign[12] = b'k';
    assert!(Queue::from_bytes(&foreign).unwrap_err().is_snapshot());
    let few = Settings {
        most_posts: 2,
        ..Settings::default()
    };
    let mut queue = filled(
        few,
        &[("a", "ann", "chat", 0, 40), ("b", "ben", "chat", 0, 40)],
    );
    queue.take(&post("c", "cy", "chat", 0), &scored(50));
    assert_eq!(
        Queue::from_bytes(&queue.to_bytes().unwrap()).unwrap().len(),
        2
    );
}

/// As [`scored`], of a post that says no more than its set phrases do.
fn noticed(score: u8, notice: Notice) -> Triage {
    let mut triage = scored(score);
    triage.sentiment.label = Polarity::Neutral;
    triage.importance = Importance::default().with(Part::Reach, score.into());
    triage.notice = notice;
    triage
}

#[test]
fn what_needs_no_answer_stands_behind_all_that_does_and_ages_out() {
    let mut queue = queue(Settings::default());
    queue.take(
        &post("thanks", "ann", "mail", 0),
        &noticed(60, Notice::Thanks),
    );
    queue.take(
        &post("away", "bob", "mail", 1),
        &noticed(30, Notice::Automatic),
    );
    queue.take(&post("open", "cid", "mail", 5 * 24 * 60), &scored(1));
    let now = NOON + 6 * 24 * HOUR;
    let places = advanced(&mut queue, now).next(9);
    assert_eq!(names(&places), ["open", "thanks", "away"]);
    assert_eq!(
        (places[1].lane, places[1].due_at, places[1].overdue_by),
        (Lane::Idle, None, 0)
    );
    assert!(
        places[0]
            .reason
            .contains("before thanks, which needs no answer")
    );
    assert_eq!(names(&queue.overdue(usize::MAX)), ["open"]);
    assert_eq!(queue.lanes().idle, 2);
    let kept = Queue::from_bytes(&queue.to_bytes().unwrap()).unwrap();
    assert_eq!(kept.next(9), places);
    // A week after the last of them both are forgotten, and counted.
    let now = NOON + 8 * 24 * HOUR;
    assert_eq!(names(&advanced(&mut queue, now).next(9)), ["open"]);
    assert_eq!(queue.counts().aged_out, 2);
}

#[test]
fn thanks_before_a_question_do_not_age_it() {
    let mut queue = queue(Settings::default());
    queue.take(
        &post("thanks", "ann", "mail", 0),
        &noticed(9, Notice::Thanks),
    );
    queue.take(&post("question", "ann", "mail", 60), &scored(40));
    let place = advanced(&mut queue, NOON + 2 * HOUR).next(1).remove(0);
    assert_eq!(
        (place.post.as_str(), place.since, place.count),
        ("question", NOON + HOUR, 2)
    );
}

#[test]
fn a_matter_that_is_solved_is_closed_and_another_waits_on() {
    let solved = noticed(3, Notice::Solved);
    let in_thread = |id: &str, minute, to: &str| reply(id, "ann", minute, to);
    let mut queue = queue(Settings::default());
    queue.take(&post("one", "ann", "twitter", 0), &scored(40));
    queue.take(&post("two", "ann", "twitter", 1), &scored(30));
    queue.take(&in_thread("one-more", 2, "one"), &scored(20));
    queue.take(&post("other", "bob", "twitter", 3), &scored(10));
    let closed = queue.take(&in_thread("fine", 10, "one"), &solved).outcome;
    assert_eq!(closed, Outcome::Closes(2));
    // What comes late of the same matter is closed too.
    let late = queue
        .take(&in_thread("late", 5, "one"), &scored(50))
        .outcome;
    assert_eq!(late, Outcome::AlreadyAnswered);
    let places = advanced(&mut queue, NOON + HOUR).next(9);
    assert_eq!(names(&places), ["two", "other"]);
    // Outside of a thread nothing says which matter it is.
    assert_eq!(
        queue
            .take(&post("all fine", "ann", "twitter", 70), &solved)
            .outcome,
        Outcome::Closes(1)
    );
    assert_eq!(
        names(&advanced(&mut queue, NOON + 2 * HOUR).next(9)),
        ["other"]
    );
    assert_eq!((queue.counts().closed, queue.counts().answered), (3, 0));
}
