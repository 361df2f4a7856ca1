//! The laws of a context: merging, forgetting, snapshots, ceilings.

use proptest::prelude::*;

use super::*;
use crate::observation::{Accounts, Secret};
use crate::post::{Author, Customer};
use crate::snapshot::Snapshot;
use crate::stats::hash::checksum;
use crate::time::{DAY, HOUR};
use crate::triage::{Polarity, Sentiment, Spam, TopicScore, Verdict};

const KEY: [u8; 16] = *b"a key for tests.";
/// So many persons that none writes more than eight of the posts.
const PERSONS: usize = 10;
/// Threads stay within as many posts as are kept one by one.
const BLOCK: usize = 8;

fn context(settings: Settings) -> Context {
    Context::new(settings, identities(KEY)).expect("the settings are sound")
}

fn fresh() -> Context {
    context(Settings::default())
}

fn identities(secret: [u8; 16]) -> Identities {
    Identities::new(Secret::from_bytes(secret), Accounts::PerChannel)
}

/// Takes a post of which only the identities and the echo are known.
trait Take {
    fn take(&mut self, post: &Post<'_>, triage: &Triage, echo: bool) -> History;
}

impl Take for Context {
    fn take(&mut self, post: &Post<'_>, triage: &Triage, echo: bool) -> History {
        let mut observation = Observation::default();
        observation.identity = self.identities.identify(post);
        observation.echo = echo;
        self.observe(post, triage, &observation)
    }
}

fn triage(negative: bool, spam: bool, topic: u16) -> Triage {
    let label = if negative {
        Polarity::Negative
    } else {
        Polarity::Neutral
    };
    let verdict = if spam { Verdict::Spam } else { Verdict::Ham };
    let mut triage = Triage {
        sentiment: Sentiment {
            label,
            polarity: if negative { -0.8 } else { 0.1 },
            ..Sentiment::default()
        },
        spam: Spam {
            verdict,
            ..Spam::default()
        },
        ..Triage::default()
    };
    triage.topics.found[0] = TopicScore {
        topic,
        probability: 0.9,
    };
    triage.topics.count = 1;
    triage
}

fn complaint() -> Triage {
    triage(true, false, 3)
}

/// A post by these identifiers; an empty one is not given.
fn post(id: &str, at: i64, channel: &str, author: &str, customer: &str) -> Post<'static> {
    let some = |id: &str| (!id.is_empty()).then(|| id.to_string().into());
    Post {
        id: some(id),
        created_at: Some(at),
        channel: some(channel),
        author: Author {
            id: some(author),
            ..Author::default()
        },
        customer: Customer {
            id: some(customer),
            ..Customer::default()
        },
        ..Post::default()
    }
}

fn answer(to: &str, at: i64, customer: &str) -> Post<'static> {
    let in_reply_to = (!to.is_empty()).then(|| to.to_string().into());
    Post {
        role: Role::Agent,
        in_reply_to,
        ..post("", at, "", "agent", customer)
    }
}

fn bytes(context: &Context) -> Vec<u8> {
    context.memory().to_bytes().expect("it can be kept")
}

/// One draw of a stream: what a post is, whom it answers, which shard it goes to.
#[derive(Clone, Debug)]
struct Draw {
    gap: i64,
    back: usize,
    thread: bool,
    agent: bool,
    customer: bool,
    second: bool,
    negative: bool,
    spam: bool,
    shard: usize,
}

fn draw() -> impl Strategy<Value = Draw> {
    let flag = prop::bool::weighted;
    let flags = (
        flag(0.2),
        flag(0.15),
        flag(0.3),
        flag(0.3),
        flag(0.6),
        flag(0.1),
    );
    (0..4 * DAY, 0..BLOCK, flags, 0..3usize).prop_map(|(gap, back, flags, shard)| {
        let (thread, agent, customer, second, negative, spam) = flags;
        Draw {
            gap,
            back,
            thread,
            agent,
            customer,
            second,
            negative,
            spam,
            shard,
        }
    })
}

/// The posts of draws, in order of time, with the number of the person who wrote, or is
/// answered by name.
fn posts(draws: &[Draw]) -> Vec<(Post<'static>, Triage, usize)> {
    let mut at = 1_772_000_000_000;
    let made = draws.iter().enumerate().map(|(number, draw)| {
        at += draw.gap;
        let person = number % PERSONS;
        let channel = if draw.second { "chat" } else { "twitter" };
        let account = if draw.second {
            format!("v{person}")
        } else {
            format!("u{person}")
        };
        let customer = if draw.customer {
            format!("c{person}")
        } else {
            String::new()
        };
        let author = if draw.agent {
            "agent"
        } else {
            account.as_str()
        };
        let mut post = post(&format!("p{number}"), at, channel, author, &customer);
        let parent = number.saturating_sub(draw.back);
        if parent < number && parent / BLOCK == number / BLOCK {
            post.in_reply_to = Some(format!("p{parent}").into());
        }
        if draw.thread {
            post.thread = Some(format!("t{}", number / BLOCK).into());
        }
        if draw.agent {
            post.role = Role::Agent;
        }
        (
            post,
            triage(draw.negative, draw.spam, number as u16),
            person,
        )
    });
    made.collect()
}

fn seen<'a>(posts: impl IntoIterator<Item = &'a (Post<'static>, Triage, usize)>) -> Context {
    let mut context = fresh();
    for (post, triage, _) in posts {
        context.take(post, triage, false);
    }
    context
}

proptest! {
    #[test]
    fn shards_merge_to_one(draws in prop::collection::vec(draw(), 0..PERSONS * BLOCK)) {
        let posts = posts(&draws);
        let whole = bytes(&seen(&posts));
        let shards: Vec<Context> = (0..3)
            .map(|shard| seen(posts.iter().zip(&draws).filter(|(_, draw)| draw.shard == shard).map(|(post, _)| post)))
            .collect();
        let [a, b, c] = [&shards[0], &shards[1], &shards[2]].map(Clone::clone);
        let merged = |order: [&Context; 3]| {
            let mut all = order[0].clone();
            all.merge(order[1].clone()).expect("one key");
            all.merge(order[2].clone()).expect("one key");
            bytes(&all)
        };
        prop_assert_eq!(&merged([&a, &b, &c]), &whole);
        prop_assert_eq!(&merged([&c, &a, &b]), &whole);
        let mut last = b;
        last.merge(c).expect("one key");
        let mut all = a;
        all.merge(last).expect("one key");
        prop_assert_eq!(&bytes(&all), &whole);
        // Nothing added changes nothing.
        all.merge(fresh()).expect("one key");
        let mut none = fresh();
        none.merge(all.clone()).expect("one key");
        prop_assert_eq!(bytes(&all), bytes(&none));
    }

    /// Of the others the same is known as if the person had never been there; threads and what
    /// waits in them apart.
    #[test]
    fn forgotten_is_never_seen(draws in prop::collection::vec(draw(), 0..60), person in 0..PERSONS, by_account: bool) {
        let posts = posts(&draws);
        let mut context = seen(&posts);
        let joined = posts.iter().any(|(post, _, who)| *who == person && post.role == Role::Customer && post.customer.id.is_some());
        if joined && by_account {
            let account = posts.iter().find(|(post, _, who)| {
                *who == person && post.role == Role::Customer && post.customer.id.is_some()
            });
            let account = account.and_then(|(post, ..)| post.author.id.clone()).expect("one of them");
            prop_assert!(context.forget_author(&account));
        }
        // Accounts that are joined to nothing are each a person.
        for id in ["u", "v"].map(|kind| format!("{kind}{person}")) {
            context.forget_author(&id);
        }
        context.forget_customer(&format!("c{person}"));
        let others: Vec<_> = posts
            .into_iter()
            .filter(|(post, _, who)| *who != person || post.role == Role::Agent)
            .map(|(mut post, triage, who)| {
                if who == person {
                    post.customer.id = None;
                }
                (post, triage, who)
            })
            .collect();
        prop_assert_eq!(context.memory().keep().additive(), seen(&others).memory().keep().additive());
    }

    /// A payload that was tampered with and sealed again is refused or harmless.
    #[test]
    fn a_hostile_snapshot_does_not_panic(
        draws in prop::collection::vec(draw(), 1..30),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let posts = posts(&draws);
        let mut bytes = bytes(&seen(&posts));
        bytes.truncate(bytes.len() - 8);
        let head = 8 + 4 + "context".len() + 4;
        for (place, value) in changes {
            let length = bytes.len() - head;
            bytes[head + place.index(length)] = value;
        }
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        if let Ok(memory) = Memory::from_bytes(&bytes) {
            let check = memory.check();
            let key = identities(KEY);
            prop_assert_eq!(Context::with_memory(memory.clone(), key.clone()).is_ok(), check == key.check());
            let mut context = Context {
                identities: key,
                memory,
            };
            for (post, triage, _) in &posts {
                context.take(post, triage, true);
            }
            let _ = context.merge(seen(&posts));
            context.evict_before(i64::MAX);
        }
    }
}

#[test]
fn a_person_is_known_by_account_and_record() {
    let mut context = fresh();
    context.take(&post("1", 0, "twitter", "u", ""), &complaint(), false);
    // The record joins what the account wrote before.
    let known = context
        .take(&post("2", HOUR, "twitter", "u", "c"), &complaint(), false)
        .author;
    assert_eq!(
        (known.unanswered, known.since, known.last),
        (1, Some(0), Some(0))
    );
    // Another account of the same record, and the first without it.
    let known = context
        .take(&post("3", 2 * HOUR, "chat", "w", "c"), &complaint(), false)
        .author;
    assert_eq!((known.unanswered, known.tried.len()), (2, 1));
    let known = context
        .take(
            &post("4", 3 * HOUR, "twitter", "u", ""),
            &complaint(),
            false,
        )
        .author;
    assert_eq!((known.unanswered, &*known.tried[0]), (3, "chat"));
    assert_eq!(
        known
            .channels
            .iter()
            .map(|name| &**name)
            .collect::<Vec<_>>(),
        ["chat", "twitter"]
    );
    assert_eq!(context.authors(), 1);
    // The same letters on another channel are somebody else, and a name is nobody.
    assert_eq!(
        context
            .take(&post("5", 4 * HOUR, "weibo", "u", ""), &complaint(), false)
            .author
            .unanswered,
        0
    );
    let mut named = post("6", 5 * HOUR, "weibo", "", "");
    named.author.name = Some("u".into());
    context.take(&named, &complaint(), false);
    assert_eq!(context.authors(), 2);
}

#[test]
fn a_shared_account_is_nobody() {
    let mut context = fresh();
    context.take(&post("1", 0, "web", "visitor", "c1"), &complaint(), false);
    context.take(&post("2", 1, "web", "visitor", "c2"), &complaint(), false);
    assert_eq!(
        context
            .take(&post("3", 2, "web", "visitor", ""), &complaint(), false)
            .author
            .unanswered,
        0
    );
    assert_eq!(
        context
            .take(&post("4", 3, "web", "visitor", "c1"), &complaint(), false)
            .author
            .unanswered,
        1
    );
}

#[test]
fn one_space_of_accounts_where_the_source_has_one() {
    let mut context = Context::new(
        Settings {
            ..Settings::default()
        },
        Identities::new(Secret::from_bytes(KEY), Accounts::Shared),
    )
    .expect("the settings are sound");
    context.take(&post("1", 0, "twitter", "u", ""), &complaint(), false);
    assert_eq!(
        context
            .take(&post("2", 1, "chat", "u", ""), &complaint(), false)
            .author
            .unanswered,
        1
    );
    assert!(context.forget_author("u"));
    assert_eq!(context.authors(), 0);
}

#[test]
fn answers_close_what_they_answer() {
    let complaints = || {
        let mut context = fresh();
        for (id, at, channel) in [("1", 0, "twitter"), ("2", 1, "chat"), ("3", 2, "chat")] {
            context.take(&post(id, at, channel, "", "c"), &complaint(), false);
        }
        context
    };
    let open = |context: &mut Context| {
        let known = context
            .take(
                &post("", 9, "mail", "", "c"),
                &triage(false, false, 0),
                false,
            )
            .author;
        (known.unanswered, known.since)
    };
    assert_eq!(open(&mut complaints()), (3, Some(0)));
    // An answer to a post closes it; one that names the customer closes all before it.
    let mut context = complaints();
    context.take(&answer("1", 5, ""), &Triage::default(), false);
    assert_eq!(open(&mut context), (2, Some(1)));
    let mut context = complaints();
    context.take(&answer("", 1, "c"), &Triage::default(), false);
    assert_eq!(open(&mut context), (1, Some(2)));
    let mut context = complaints();
    context.answered_thread("3", 5);
    assert_eq!(open(&mut context), (2, Some(0)));
    let mut context = complaints();
    context.answered_customer("c", 5);
    assert_eq!(open(&mut context), (0, None));
    let mut context = complaints();
    context.answered(&post("3", 2, "chat", "", "c"), 5);
    assert_eq!(open(&mut context), (0, None));
    // Neither spam nor small talk waits for an answer.
    let mut context = fresh();
    context.take(
        &post("1", 0, "chat", "", "c"),
        &triage(true, true, 0),
        false,
    );
    context.take(
        &post("2", 1, "chat", "", "c"),
        &triage(false, false, 0),
        false,
    );
    assert_eq!(open(&mut context), (0, None));
}

#[test]
fn more_complaints_than_are_kept_are_counted_and_closed() {
    let mut context = fresh();
    let reply = |at: i64| Post {
        thread: Some("t".into()),
        ..post(&format!("p{at}"), at, "chat", "", "c")
    };
    for at in 0..12 {
        context.take(&reply(at), &complaint(), false);
    }
    let known = context.take(&reply(12), &complaint(), false);
    assert_eq!((known.author.unanswered, known.author.since), (12, Some(0)));
    assert_eq!((known.thread.messages, known.thread.unanswered), (12, 12));
    context.take(&answer("t", 20, ""), &Triage::default(), false);
    let known = context.take(&reply(21), &complaint(), false);
    assert_eq!(
        (
            known.author.unanswered,
            known.thread.unanswered,
            known.thread.messages
        ),
        (0, 0, 13)
    );
}

#[test]
fn a_thread_is_found_from_parent_to_parent() {
    let mut context = fresh();
    let reply = |id: &str, to: &str, at: i64| Post {
        in_reply_to: Some(to.to_string().into()),
        ..post(id, at, "ptt", "", "")
    };
    context.take(&post("1", 0, "ptt", "", ""), &triage(true, false, 7), false);
    context.take(&reply("2", "1", 1), &triage(false, false, 8), false);
    let history = context.take(&reply("3", "2", 2), &triage(false, false, 9), true);
    assert_eq!(
        (
            history.thread.messages,
            history.thread.unanswered,
            history.thread.since
        ),
        (2, 2, Some(0))
    );
    assert_eq!(history.thread.root.expect("the first post").topics(), [7]);
    assert_eq!(history.inherited.expect("its parent").topics(), [8]);
    assert_eq!(context.threads(), 1);
    // Who agrees below an agent's answer agrees with the thread, and who agrees with an echo, with
    // what that echoes.
    let agent = Post {
        role: Role::Agent,
        ..reply("4", "1", 3)
    };
    context.take(&agent, &triage(false, false, 1), false);
    let history = context.take(&reply("5", "4", 4), &Triage::default(), true);
    assert_eq!(
        history.inherited.map(|gist| gist.sentiment),
        Some(Polarity::Negative)
    );
    let history = context.take(&reply("6", "5", 5), &Triage::default(), true);
    assert_eq!(history.inherited.expect("its parent's").topics(), [7]);
    assert_eq!(
        context
            .take(&reply("7", "5", 6), &Triage::default(), false)
            .inherited,
        None
    );
    // Nothing is known of what it agrees with.
    assert_eq!(
        context
            .take(&reply("9", "8", 7), &Triage::default(), true)
            .inherited,
        None
    );
}

#[test]
fn counts_decay_by_half_lives() {
    let mut context = fresh();
    let half_life = Settings::default().half_life;
    for _ in 0..4 {
        context.take(&post("", 0, "", "u", ""), &triage(true, true, 0), false);
    }
    let mut at = |at: i64| {
        context
            .take(&post("", at, "", "u", ""), &triage(false, false, 0), false)
            .author
    };
    assert_eq!((at(0).posts, at(0).spam), (4.0, 0.8));
    // Six by now: two of them ham.
    assert_eq!(at(half_life).posts, 3.0);
    let late = at(4 * half_life);
    assert!(
        (late.posts - 0.125).abs() < 1e-6,
        "one post three half-lives ago; what is older than eight panes is gone"
    );
    assert_eq!(late.negative, 0.0);
}

#[test]
fn the_oldest_go_first_and_who_waits_stays_longer() {
    let settings = Settings {
        authors: 16,
        threads: 16,
        replies: 8,
        ..Settings::default()
    };
    let mut context = context(settings);
    for number in 0..17i64 {
        let calm = triage(number < 2, false, 0);
        context.take(
            &post("", number * HOUR, "", &format!("u{number}"), ""),
            &calm,
            false,
        );
    }
    let evicted = context.evicted();
    assert_eq!(
        (evicted.authors, evicted.authors_open, context.authors()),
        (2, 0, 15)
    );
    let mut last = |number: i64| {
        context
            .take(
                &post("", 40 * HOUR, "", &format!("u{number}"), ""),
                &Triage::default(),
                false,
            )
            .author
            .last
    };
    assert_eq!((last(0), last(4)), (Some(0), Some(4 * HOUR)));
    assert_eq!((last(2), last(3)), (None, None));
    let gone = context.evict_before(16 * HOUR);
    assert_eq!(gone.authors, 10, "all but five of 17");
    assert_eq!(gone.authors_open, 1);
    assert_eq!(
        context.evicted().authors,
        2 + 2 + 10,
        "u3 was one too many again"
    );
}

#[test]
fn a_flood_stays_within_the_ceilings() {
    let settings = Settings {
        authors: 1000,
        threads: 500,
        replies: 300,
        ..Settings::default()
    };
    let mut context = context(settings);
    let mut most = 0;
    for number in 0..20_000i64 {
        let mut flood = post(
            &format!("{number}"),
            number,
            "",
            &format!("u{number}"),
            &format!("c{}", number / 2),
        );
        if number % 3 == 0 {
            flood.thread = Some(format!("t{}", number / 10).into());
        }
        context.take(&flood, &triage(number % 2 == 0, false, 0), false);
        if number % 500 == 0 {
            most = most.max(context.memory_usage());
        }
    }
    assert!(context.authors() <= 1000 && context.threads() <= 500);
    assert!(most <= settings.most_bytes(), "{most} bytes");
    let evicted = context.evicted();
    assert_eq!(evicted.authors as usize + context.authors(), 10_000);
    assert!(evicted.accounts > 18_000 && evicted.replies > 5000 && evicted.authors_open > 8000);
    // Two contexts together are one within the ceilings.
    let other = context.clone();
    context.merge(other).expect("one key");
    assert!(context.authors() <= 1000 && context.memory_usage() <= settings.most_bytes());
}

#[test]
fn settings_are_checked() {
    let wrong = [
        Settings {
            authors: 7,
            ..Settings::default()
        },
        Settings {
            replies: 1 << 29,
            ..Settings::default()
        },
        Settings {
            half_life: 0,
            ..Settings::default()
        },
    ];
    for settings in wrong {
        let error = Context::new(settings, identities(KEY)).expect_err("it makes no sense");
        assert!(error.is_settings(), "{error}");
    }
    assert!(
        Settings::default().most_bytes() <= 310_000_000,
        "{}",
        Settings::default().most_bytes()
    );
}

#[test]
fn only_like_contexts_merge() {
    let mut context = fresh();
    let foreign = Context::new(Settings::default(), identities([0; 16])).expect("sound");
    assert!(context.merge(foreign).expect_err("another key").is_merge());
    let settings = Settings {
        half_life: DAY,
        ..Settings::default()
    };
    assert!(
        context
            .merge(self::context(settings))
            .expect_err("other settings")
            .is_merge()
    );
}

#[test]
fn snapshots() {
    let draws: Vec<Draw> = (0..40usize)
        .map(|number| Draw {
            gap: HOUR * number as i64,
            back: number % 5,
            thread: number % 4 == 0,
            agent: number % 7 == 3,
            customer: number % 3 == 0,
            second: number % 2 == 0,
            negative: number % 5 != 0,
            spam: number % 11 == 0,
            shard: 0,
        })
        .collect();
    let context = seen(&posts(&draws));
    let bytes = bytes(&context);
    let memory = Memory::from_bytes(&bytes).expect("whole");
    let back = Context::with_memory(memory.clone(), identities(KEY)).expect("the same key");
    assert_eq!(self::bytes(&back), bytes);
    let error = Context::with_memory(memory, identities([9; 16])).expect_err("another key");
    assert!(
        error.is_snapshot() && error.to_string().contains("another key"),
        "{error}"
    );
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 4;
        assert!(
            Memory::from_bytes(&damaged)
                .expect_err("damaged")
                .is_snapshot()
        );
        assert!(
            Memory::from_bytes(&bytes[..place])
                .expect_err("cut")
                .is_snapshot()
        );
    }
    // No identifier stands in it.
    for id in ["c3", "p12", "agent"] {
        assert!(
            !bytes
                .windows(id.len())
                .any(|window| window == id.as_bytes()),
            "{id}"
        );
    }
    let sealed = |kind: &str, version: u32| {
        let mut bytes = b"HEARKENS".to_vec();
        bytes.extend_from_slice(&(kind.len() as u32).to_le_bytes());
        bytes.extend_from_slice(kind.as_bytes());
        bytes.extend_from_slice(&version.to_le_bytes());
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        Memory::from_bytes(&bytes)
            .expect_err("not this")
            .to_string()
    };
    assert!(sealed("campaigns", 1).contains("campaigns"));
    assert!(sealed("context", 2).contains("version 2"));
}
