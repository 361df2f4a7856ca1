//! The laws of a context: merging, forgetting, snapshots.

use super::*;
use crate::snapshot::State;

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
            prop_assert!(!context.forget(&Person::author(&*account)).is_empty());
        }
        // Accounts that are joined to nothing are each a person.
        for id in ["u", "v"].map(|kind| format!("{kind}{person}")) {
            context.forget(&Person::author(id));
        }
        context.forget(&Person::customer(format!("c{person}")));
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

    /// And all of it, where threads are not named by posts of theirs and nothing was dropped.
    #[test]
    fn whole_records_are_as_if_they_had_never_been_seen(
        draws in prop::collection::vec((0..4u8, 0..300i64, 0..4u8, any::<bool>(), any::<bool>()), 0..40),
    ) {
        let mut at = 0;
        let posts: Vec<Post<'_>> = draws.iter().enumerate().map(|(count, (person, gap, thread, ..))| {
            at += gap * 60_000;
            let post = post(&format!("p{count}"), at, "chat", &format!("u{person}"), "");
            // No thread has more posts than wait one by one.
            let thread = (*thread > 0).then(|| format!("t{thread}-{}", count / BLOCK).into());
            Post { thread, ..post }
        }).collect();
        let answers = |context: &mut Context, thread: u8| context.answered_thread(&format!("t{thread}-0"), at / 2);
        let feed = |forgets: bool| {
            let mut context = fresh();
            // The channel is known either way.
            context.memory.channel(Some("chat"));
            for (post, (person, _, _, negative, spam)) in posts.iter().zip(&draws) {
                if *person > 0 || forgets {
                    context.take(post, &triage(*negative, *spam, 3), false);
                }
            }
            if forgets {
                context.forget(&Person::author("u0"));
            }
            answers(&mut context, 1);
            context.memory().keep().without_clock()
        };
        prop_assert_eq!(feed(true), feed(false));
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
            let check = memory.check;
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
fn only_like_contexts_merge() {
    let mut context = fresh();
    let foreign = Context::new(Settings::default(), identities([0; 16])).expect("sound");
    assert!(context.merge(foreign).expect_err("another key").is_merge());
    let settings = Settings {
        half_life: days(1),
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
