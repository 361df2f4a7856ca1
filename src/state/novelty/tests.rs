//! Tests of novelty: what is a surprise, what is forgotten, and that states merge and are kept.

use proptest::prelude::*;

use super::*;
use crate::importance::HarmKind;
use crate::snapshot::Snapshot;
use crate::time::{HOUR, MINUTE};
use crate::triage::{Spam, TopicScore};

fn settings(more: &str) -> Settings {
    Settings::from_toml(&format!("[novelty]\n{more}")).expect("sound")
}

fn triage(topics: &[u16]) -> Triage {
    let mut triage = Triage::default();
    for (place, &topic) in topics.iter().enumerate() {
        triage.topics.found[place] = TopicScore {
            topic,
            probability: 0.9,
        };
    }
    triage.topics.count = topics.len() as u8;
    triage
}

fn element(kind: HarmKind, term: u64) -> Element {
    Element {
        kind,
        strength: 3,
        term,
        listed: term as u32,
        start: 0,
        end: 1,
    }
}

const GLASS: u64 = 1;
const FIRE: u64 = 2;

fn safety(term: u64) -> Vec<Element> {
    vec![element(HarmKind::Safety, term)]
}

/// After `posts` routine posts of topic 0, one every minute.
fn after(posts: i64) -> (Novelty, i64) {
    let mut novelty = Novelty::new(&settings(""));
    for minute in 0..posts {
        assert_eq!(
            novelty.observe(minute * MINUTE, minute as u64, &triage(&[0]), &[]),
            None
        );
    }
    (novelty, posts * MINUTE)
}

proptest! {
    #[test]
    fn what_is_taken_back_was_never_counted(
        draws in prop::collection::vec((0..3u16, 0..3u64, 0..400i64, any::<bool>()), 0..60),
    ) {
        let mut novelty = Novelty::new(&settings(""));
        let mut never = Novelty::new(&settings(""));
        let words = |term: u64| if term > 0 { safety(term) } else { Vec::new() };
        for (topic, term, at, theirs) in &draws {
            let (answer, words) = (triage(&[*topic]), words(*term));
            novelty.observe(at * MINUTE, 7, &answer, &words);
            if !theirs {
                never.observe(at * MINUTE, 7, &answer, &words);
            }
        }
        for (topic, term, at, _) in draws.iter().filter(|(.., theirs)| *theirs) {
            prop_assert!(novelty.take_back(at * MINUTE, &triage(&[*topic]), &words(*term)));
        }
        prop_assert!(!novelty.take_back(0, &triage(&[9]), &[]));
        (novelty.clock, never.clock) = Default::default();
        prop_assert_eq!(novelty, never);
    }
}

#[test]
fn a_rare_severe_word_is_a_surprise_with_its_counts() {
    let (mut novelty, now) = after(400);
    let surprise = novelty
        .observe(now, 0, &triage(&[0]), &safety(GLASS))
        .expect("the first of its kind");
    assert_eq!(
        (
            surprise.posts,
            surprise.with_term,
            surprise.with_kind,
            surprise.days
        ),
        (400, 0, 0, 7)
    );
    assert_eq!((surprise.among, surprise.points), (Among::Topic(0), 40));
    assert_eq!(
        surprise.sentence("bit* of glass*", Some("food")),
        "“bit* of glass” (safety): of the 400 posts about food in the 7 days before, 0 have it and \
         0 any word of safety"
    );
    let again = novelty
        .observe(now, 0, &triage(&[0]), &safety(GLASS))
        .expect("the second is still rare");
    assert_eq!((again.with_term, again.with_kind), (1, 1));
    assert!(again.points <= surprise.points);
}

#[test]
fn an_incident_is_a_surprise_at_first_and_routine_later_but_hides_no_other_word() {
    let (mut novelty, mut now) = after(700);
    let surprising: Vec<bool> = (0..200)
        .map(|_| {
            now += MINUTE;
            novelty
                .observe(now, 0, &triage(&[0]), &safety(FIRE))
                .is_some()
        })
        .collect();
    assert!(surprising[..5].iter().all(|found| *found), "{surprising:?}");
    assert!(surprising[8..].iter().all(|found| !found), "{surprising:?}");
    let glass = novelty
        .observe(now, 0, &triage(&[0]), &safety(GLASS))
        .expect("one term is one incident");
    assert_eq!(
        (glass.with_term, glass.with_kind, glass.posts),
        (0, 200, 900)
    );
}

#[test]
fn what_is_common_in_a_topic_or_not_severe_or_seen_too_little_is_none() {
    let (mut novelty, now) = after(400);
    // A topic about harm: a different word in each of its posts.
    for term in 100..250 {
        novelty.observe(now, 0, &triage(&[1]), &safety(term));
    }
    assert_eq!(novelty.observe(now, 0, &triage(&[1]), &safety(GLASS)), None);
    assert_eq!(
        novelty.observe(now, 0, &triage(&[0, 1]), &safety(FIRE)),
        None,
        "routine in one of its topics"
    );
    assert!(novelty.observe(now, 0, &triage(&[0]), &safety(3)).is_some());
    let weak = [Element {
        strength: 1,
        ..element(HarmKind::Safety, 4)
    }];
    assert_eq!(novelty.observe(now, 0, &triage(&[0]), &weak), None);
    assert_eq!(
        novelty.observe(now, 0, &triage(&[0]), &[element(HarmKind::Legal, 5)]),
        None
    );
    // Spam neither counts nor surprises.
    let spam = Triage {
        spam: Spam {
            probability: 1.0,
            verdict: Verdict::Spam,
            campaign: None,
        },
        ..triage(&[0])
    };
    let before = novelty.clone();
    assert_eq!(novelty.observe(now, 0, &spam, &safety(6)), None);
    assert_eq!(novelty, before);
    let mut young = Novelty::new(&settings(""));
    assert_eq!(young.observe(0, 0, &triage(&[]), &safety(GLASS)), None);
}

#[test]
fn a_topic_with_few_posts_and_a_post_without_topics_are_judged_too() {
    let (mut novelty, now) = after(400);
    let of_few = novelty
        .observe(now, 0, &triage(&[5]), &safety(GLASS))
        .expect("by all posts");
    assert_eq!((of_few.among, of_few.posts), (Among::All, 400));
    for _ in 0..200 {
        novelty.observe(now, 0, &triage(&[]), &[]);
    }
    let unnamed = novelty
        .observe(now, 0, &triage(&[]), &safety(FIRE))
        .expect("by those without a topic");
    assert_eq!(
        (unnamed.among, unnamed.posts, unnamed.with_kind),
        (Among::NoTopic, 200, 0)
    );
}

#[test]
fn old_posts_fall_out_and_are_counted() {
    let (mut novelty, now) = after(400);
    novelty.observe(now, 0, &triage(&[0]), &safety(GLASS));
    for voice in 0..3 {
        novelty.observe(now + 9 * 24 * HOUR, voice, &triage(&[0]), &[]);
    }
    assert_eq!(
        (novelty.posts(), novelty.forgotten(), novelty.terms()),
        (3, 401, 0)
    );
    assert_eq!(novelty.observe(now, 0, &triage(&[0]), &safety(GLASS)), None);
    assert_eq!(novelty.forgotten(), 402);
    for at in [i64::MAX, i64::MIN] {
        novelty.observe(at, 9, &triage(&[0]), &safety(GLASS));
    }
}

#[test]
fn the_ceiling_holds() {
    let mut novelty = Novelty::new(&settings("most_terms = 1000"));
    for term in 0..5000 {
        novelty.observe(term as i64 * 600_000, term, &triage(&[0, 1]), &safety(term));
        assert!(novelty.terms() <= 1000);
    }
    assert!(novelty.posts() > 200 && novelty.posts() + novelty.forgotten() == 5000);
    // One pane alone is too much: nothing is held, and the loss is reported.
    let mut dense = Novelty::new(&settings("most_terms = 1000"));
    for term in 0..2000 {
        dense.observe(0, term, &triage(&[0]), &safety(term));
    }
    assert_eq!(
        (dense.terms(), dense.posts(), dense.forgotten()),
        (0, 0, 2000)
    );
}

#[test]
fn a_state_is_kept_and_restored_and_what_is_damaged_is_refused() {
    let (mut novelty, now) = after(300);
    for term in 0..40 {
        novelty.observe(
            now + term as i64 * HOUR,
            term,
            &triage(&[(term % 3) as u16]),
            &safety(term % 7),
        );
    }
    let bytes = novelty.to_bytes().expect("bytes");
    let again = Novelty::from_bytes(&bytes).expect("the same");
    assert_eq!(again, novelty);
    assert_eq!(again.to_bytes().expect("bytes"), bytes);
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert!(
            Novelty::from_bytes(&damaged).is_err_and(|error| error.is_snapshot()),
            "byte {at}"
        );
        assert!(
            Novelty::from_bytes(&bytes[..at]).is_err_and(|error| error.is_snapshot()),
            "cut at {at}"
        );
    }
}

#[test]
fn a_hostile_state_is_refused() {
    let (novelty, _) = after(300);
    let wrong: [&dyn Fn(&mut KeptNovelty); 11] = [
        &|kept| kept.settings.pane_ms = 0,
        &|kept| kept.settings.panes = i64::MAX,
        // Found by fuzzing: the last pane was computed before the settings were checked.
        &|kept| kept.settings.panes = i64::MIN,
        &|kept| kept.settings.common = kept.settings.rare,
        &|kept| kept.settings.often = 0,
        &|kept| kept.first = i64::MAX,
        &|kept| {
            kept.panes
                .values_mut()
                .for_each(|counts| _ = counts.posts.insert(0, u64::MAX))
        },
        &|kept| {
            kept.panes
                .values_mut()
                .for_each(|counts| _ = counts.posts.remove(&ALL_POSTS))
        },
        &|kept| {
            kept.panes
                .values_mut()
                .for_each(|counts| _ = counts.terms.insert((0, HarmKind::Data, 1), 1))
        },
        &|kept| _ = kept.panes.insert(-1 << 40, Counts::default()),
        &|kept| kept.clock = Clock::default(),
    ];
    for (number, spoil) in wrong.iter().enumerate() {
        let mut kept = novelty.keep();
        spoil(&mut kept);
        assert!(
            Novelty::restore(kept).is_err_and(|error| error.is_snapshot()),
            "{number}"
        );
    }
    let mut many = novelty.keep();
    many.settings.most_terms = 0;
    assert!(
        Novelty::restore(many).is_ok(),
        "without terms none is too many"
    );
}

/// A post: hours since the beginning, its topics, its words.
type Seen = (i64, Vec<u16>, Vec<u64>);

fn posts() -> impl Strategy<Value = Vec<Seen>> {
    let post = (
        // Some are dated years ahead.
        prop_oneof![9 => 0..400_i64, 1 => 90_000..90_400_i64],
        prop::collection::vec(0..4_u16, 0..3),
        prop::collection::btree_set(0..300_u64, 0..12),
    )
        .prop_map(|(hour, mut topics, words)| {
            topics.sort_unstable();
            topics.dedup();
            (hour, topics, words.into_iter().collect())
        });
    prop::collection::vec(post, 0..150)
}

fn state(posts: &[Seen]) -> Novelty {
    let mut novelty = Novelty::new(&settings("most_terms = 1000"));
    for (hour, topics, words) in posts {
        // Who wrote it follows from the post, so that it is the same in each shard.
        let voice = *hour as u64 % 7 + words.len() as u64;
        let elements: Vec<Element> = words
            .iter()
            .map(|&word| element(HarmKind::ALL[word as usize % 7], word))
            .collect();
        novelty.observe(hour * HOUR, voice, &triage(topics), &elements);
    }
    novelty
}

fn merged(a: &Novelty, b: &Novelty) -> Novelty {
    let mut sum = a.clone();
    sum.merge(b).expect("the same settings");
    sum
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn states_merge_whatever_the_order_and_the_shards(a in posts(), b in posts(), c in posts()) {
        let whole = state(&[a.clone(), b.clone(), c.clone()].concat());
        prop_assert_eq!(&state(&[c.clone(), b.clone(), a.clone()].concat()), &whole);
        let [a, b, c] = [a, b, c].map(|posts| state(&posts));
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(&merged(&merged(&a, &b), &c), &whole);
        prop_assert_eq!(&merged(&a, &state(&[])), &a);
        prop_assert_eq!(&merged(&state(&[]), &a), &a);
        prop_assert_eq!(Novelty::from_bytes(&whole.to_bytes().expect("bytes")).expect("sound"), whole);
    }
}
