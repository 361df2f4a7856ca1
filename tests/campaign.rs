//! Campaigns: found in the sample and in a generated stream, distinguished from incidents and
//! reach; laws of merging; snapshots.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

#[path = "../benches/support/stream_generator.rs"]
mod stream_generator;
#[path = "../benches/support/stream_report.rs"]
mod stream_report;
#[path = "../benches/support/stream_texts.rs"]
mod stream_texts;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hearken::campaign::{Campaigns, Kind, Membership, Settings};
use hearken::importance::Part;
use hearken::internals::Fingerprint;
use hearken::post::{Author, Role};
use hearken::revision::{Cause, Field, Revision, Value};
use hearken::snapshot::Snapshot;
use hearken::triage::{CampaignId, Verdict};
use hearken::{Observation, Post, Triage};
use proptest::prelude::*;
use stream_generator::{Plan, Truth, stream};
use stream_report::{Report, observed};
use support::engine;

const MINUTE: i64 = 60_000;

fn campaigns() -> Campaigns {
    Campaigns::new(Settings::default()).expect("the default is sound")
}

/// A post with an account made `days` ago.
fn post(id: usize, minute: i64, account: &str, days: i64, text: &str) -> Post<'static> {
    let at = 1_772_500_000_000 + minute * MINUTE;
    let author = Author {
        id: Some(account.to_owned().into()),
        followers: Some(if days < 30 { 3 } else { 250 }),
        created_at: Some(at - days * 24 * 60 * MINUTE),
        ..Author::default()
    };
    Post {
        id: Some(format!("t{id}").into()),
        created_at: Some(at),
        author,
        ..Post::new(text.to_owned())
    }
}

/// Gives the posts to `campaigns`, in their order.
fn give(campaigns: &mut Campaigns, posts: &[Post<'_>]) -> Vec<(Triage, Membership)> {
    let mut scratch = engine().scratch();
    let mut answers = Vec::new();
    for post in posts {
        let (mut triage, observation) = engine().observe(post, &mut scratch);
        let membership = campaigns.observe(post, &mut triage, &observation);
        answers.push((triage, membership));
    }
    answers
}

/// The posts that hold to be of a campaign in the end, and of which.
fn reported(
    posts: &[Post<'_>],
    answers: &[(Triage, Membership)],
    more: &[Revision],
) -> BTreeMap<String, String> {
    let mut reported = BTreeMap::new();
    let mut revise = |revision: &Revision| {
        if let (Field::SpamCampaign, Value::Campaign(new)) = (revision.field, &revision.new) {
            match new {
                Some(id) => reported.insert(revision.post.clone(), id.clone()),
                None => reported.remove(&revision.post),
            };
        }
    };
    for (post, (triage, membership)) in posts.iter().zip(answers) {
        membership.revisions.iter().for_each(&mut revise);
        if let (Some(id), Some(campaign)) = (&post.id, triage.spam.campaign) {
            let new = Value::Campaign(Some(campaign.to_string()));
            let cause = Cause::Campaign {
                id: String::new(),
                posts: 0,
                accounts: 0,
                reason: String::new(),
            };
            revise(&Revision {
                post: id.to_string(),
                channel: post.channel.as_deref().map(str::to_owned),
                field: Field::SpamCampaign,
                old: Value::Campaign(None),
                new,
                cause,
            });
        }
    }
    more.iter().for_each(&mut revise);
    reported
}

fn hidden() -> BTreeMap<String, BTreeSet<String>> {
    let hidden = std::fs::read_to_string(support::project("data/sample/hidden.json"))
        .expect("the sample is there");
    serde_json::from_str(&hidden).expect("lists of ids")
}

fn advertisement(number: usize) -> String {
    let offers = [
        "点赞任务日结两百",
        "在家打字每单十元",
        "刷单返现当天到账",
        "手机兼职时间自由",
        "宝妈学生都能做的兼职",
    ];
    format!(
        "{}，{}加微信 yueyue_cash77",
        offers[number % 5],
        ["想做", "有兴趣", "名额有限，"][number % 3]
    )
}

/// What `tests/campaign.rs` measures is printed with `--nocapture`.
#[test]
fn the_sample_has_one_campaign_and_nothing_else_is_taken_for_it() {
    let posts = support::sample();
    let mut room = campaigns();
    let answers = give(&mut room, posts);
    let reported = reported(posts, &answers, &[]);
    let hidden = hidden();
    let campaign = &hidden["campaign"];
    let found = campaign
        .iter()
        .filter(|id| reported.contains_key(*id))
        .count();
    let others: Vec<&String> = reported
        .keys()
        .filter(|id| !campaign.contains(*id))
        .collect();
    let arrived: Vec<usize> = (0..posts.len())
        .filter(|at| answers[*at].0.spam.campaign.is_some())
        .collect();
    let of_campaign =
        |at: &&usize| campaign.contains(posts[**at].id.as_deref().unwrap_or_default());
    let arrived_true = arrived.iter().filter(of_campaign).count();
    let first = arrived
        .first()
        .map(|at| posts[*at].id.clone().unwrap_or_default());
    println!(
        "{found} of {} found, {arrived_true} as they came, the first is {first:?}; {} others; ids {:?}",
        campaign.len(),
        others.len(),
        reported.values().collect::<BTreeSet<_>>()
    );
    assert!(
        found * 100 >= campaign.len() * 95,
        "{found} of {}",
        campaign.len()
    );
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(
        reported.values().collect::<BTreeSet<_>>().len(),
        1,
        "one campaign"
    );
    assert!(arrived_true >= 15, "{arrived_true} as they came");
    for (post, (triage, membership)) in posts.iter().zip(&answers) {
        let id = post.id.as_deref().unwrap_or_default();
        if hidden["viral"].contains(id) && post.text.starts_with("RT @") {
            assert_eq!(membership.kind, Kind::Reach, "{}", post.text);
        }
        if triage.spam.campaign.is_some() {
            assert_eq!(triage.spam.verdict, Verdict::Spam, "{}", post.text);
            // Points of harm stay.
            let harm = triage.importance.parts[Part::Harm as usize];
            let score = i16::from(triage.importance.score);
            assert!(score <= harm.max(0), "{}", post.text);
        }
    }
}

#[test]
fn any_split_of_the_sample_merges_to_the_whole() {
    // A window that holds all of it: nothing is evicted.
    let settings = Settings {
        window: Duration::from_secs(10 * 24 * 60 * 60),
        ..Settings::default()
    };
    let posts = support::sample();
    let mut whole = Campaigns::new(settings.clone()).expect("sound");
    let answers = give(&mut whole, posts);
    let truth = reported(posts, &answers, &[]);
    for shards in [2, 3, 5] {
        let mut parts: Vec<(Campaigns, BTreeMap<String, String>)> = Vec::new();
        for shard in 0..shards {
            let own: Vec<Post<'_>> = posts.iter().skip(shard).step_by(shards).cloned().collect();
            let mut part = Campaigns::new(settings.clone()).expect("sound");
            let answers = give(&mut part, &own);
            parts.push((part, self::reported(&own, &answers, &[])));
        }
        let (mut merged, mut known) = parts.swap_remove(0);
        for (part, reported) in parts {
            known.extend(reported);
            for revision in merged.merge(part).expect("the same settings") {
                if let (Field::SpamCampaign, Value::Campaign(new)) = (revision.field, revision.new)
                {
                    match new {
                        Some(id) => known.insert(revision.post, id),
                        None => known.remove(&revision.post),
                    };
                }
            }
        }
        assert_eq!(known, truth, "{shards} shards and their revisions");
        assert!(merged == whole, "{shards} shards");
        let marked = merged.marked();
        let marked: BTreeMap<String, String> = marked
            .map(|marked| (marked.post.to_owned(), marked.campaign.to_string()))
            .collect();
        assert_eq!(marked, truth, "{shards} shards");
        assert_eq!(
            merged.to_bytes().expect("bytes"),
            whole.to_bytes().expect("bytes")
        );
    }
}

/// A small stream with floors; `benches/campaign.rs` has the whole one.
#[test]
fn campaigns_of_a_generated_stream_are_found_and_incidents_left_alone() {
    let (campaign_posts, incident_posts) = ((50, 300), (100, 400));
    let plan = Plan {
        posts: 20_000,
        campaigns: 6,
        incidents: 4,
        campaign_posts,
        incident_posts,
        hours: 30,
        seed: 20_260_301,
    };
    let stream = stream(plan);
    assert_eq!(stream.len(), plan.posts);
    let report = Report::of(&stream, &observed(engine(), &stream));
    for (truth, count) in &report.counts {
        println!("{truth:?}: {count:?}");
    }
    let campaigns = report.campaigns();
    assert!(
        campaigns.posts > 300 && campaigns.recall() >= 0.95,
        "{campaigns:?}"
    );
    let incidents = report.incidents();
    assert!(
        incidents.posts > 400 && incidents.marked() <= 0.01,
        "{incidents:?}"
    );
    let rest = report.sum(|truth| matches!(truth, Truth::Background | Truth::Copied));
    assert!(rest.marked() <= 0.0005, "{rest:?}");
}

#[test]
fn the_fifth_post_makes_a_campaign_and_revises_the_first_four() {
    let posts: Vec<_> = (0..7)
        .map(|at| post(at, at as i64 * 9, &format!("a{at}"), 4, &advertisement(at)))
        .collect();
    let mut room = campaigns();
    let answers = give(&mut room, &posts);
    assert!(answers[..4].iter().all(|(triage, membership)| {
        triage.spam.campaign.is_none()
            && membership.kind != Kind::Campaign
            && membership.revisions.is_empty()
    }));
    let (triage, membership) = &answers[4];
    assert_eq!(
        (membership.kind, membership.posts, membership.accounts),
        (Kind::Campaign, 5, 5)
    );
    let revised: BTreeSet<&str> = membership
        .revisions
        .iter()
        .map(|revision| revision.post.as_str())
        .collect();
    assert_eq!(revised, BTreeSet::from(["t0", "t1", "t2", "t3"]));
    let list = room.campaigns();
    let [campaign] = list.as_slice() else {
        panic!("one campaign: {list:?}")
    };
    assert_eq!(
        (campaign.posts, campaign.marked, campaign.contacts),
        (7, 7, 1)
    );
    assert_eq!(
        (campaign.first_at, campaign.sample.as_deref()),
        (posts[0].created_at.unwrap_or(0), Some("t0"))
    );
    let answer = serde_json::to_value(engine().answer(&posts[4], triage)).expect("JSON");
    assert_eq!(answer["spam"]["campaign"], campaign.id.to_string());
    assert_eq!(
        campaign
            .id
            .to_string()
            .parse::<CampaignId>()
            .expect("its own spelling"),
        campaign.id
    );
    let line = serde_json::to_value(&membership.revisions)
        .expect("JSON")
        .to_string();
    assert!(
        line.contains(r#""field":"spam.campaign""#) && line.contains("accounts"),
        "{line}"
    );
    assert!(
        answers[6].1.revisions.is_empty(),
        "nothing is reported twice"
    );
}

#[test]
fn one_customer_is_no_campaign_and_many_who_repeat_one_are_reach() {
    let complaint =
        "My refund for order 4471 is still missing after three weeks, please answer me at last";
    let mut room = campaigns();
    let same: Vec<_> = (0..10)
        .map(|at| post(at, at as i64, "u1", 900, complaint))
        .collect();
    let answers = give(&mut room, &same);
    assert!(
        answers
            .iter()
            .all(|(triage, _)| triage.spam.campaign.is_none())
    );
    assert_eq!(
        (answers[9].1.kind, answers[9].1.posts, answers[9].1.accounts),
        (Kind::Copies, 10, 1)
    );

    let mut room = campaigns();
    let reposts: Vec<_> = (0..30)
        .map(|at| {
            post(
                at,
                at as i64,
                &format!("u{at}"),
                900,
                &format!("RT @someone: {complaint}"),
            )
        })
        .collect();
    let answers = give(&mut room, &reposts);
    assert_eq!(
        (
            answers[29].1.kind,
            answers[29].1.posts,
            answers[29].1.accounts
        ),
        (Kind::Reach, 30, 30)
    );

    // The same by hand, by many: a protest, not an advertisement.
    let mut room = campaigns();
    let copies: Vec<_> = (0..30)
        .map(|at| post(at, at as i64, &format!("u{at}"), 900, complaint))
        .collect();
    let answers = give(&mut room, &copies);
    assert!(
        answers
            .iter()
            .all(|(triage, _)| triage.spam.campaign.is_none())
    );
    assert_eq!(
        (answers[29].1.kind, answers[29].1.accounts),
        (Kind::Copies, 30)
    );
}

#[test]
fn long_texts_by_accounts_made_for_the_day_are_planted() {
    let text = "The management of this bank has lied to its customers for years and everybody who still keeps money there \
        should know that the board sold its own shares in January, long before the numbers were published";
    let mut room = campaigns();
    let planted: Vec<_> = (0..25)
        .map(|at| post(at, at as i64, &format!("n{at}"), 2, text))
        .collect();
    let answers = give(&mut room, &planted);
    assert!(answers[24].0.spam.campaign.is_some(), "{:?}", answers[24].1);
}

#[test]
fn a_hotline_or_an_unknown_author_makes_no_campaign() {
    let words = [
        "No signal here since noon",
        "Internet is down again in our street",
        "Router blinks, nothing works",
    ];
    let shared: Vec<_> = (0..40)
        .map(|at| {
            let text = format!(
                "{}, the hotline 0800 555 0199 does not pick up",
                words[at % 3]
            );
            post(at, at as i64, &format!("u{at}"), 700, &text)
        })
        .collect();
    let nameless: Vec<_> = shared
        .iter()
        .map(|post| Post {
            author: Author::default(),
            ..post.clone()
        })
        .collect();
    for posts in [shared, nameless] {
        assert!(
            give(&mut campaigns(), &posts)
                .iter()
                .all(|(triage, _)| triage.spam.campaign.is_none())
        );
    }
}

#[test]
fn who_warns_of_a_handle_is_not_of_the_campaign() {
    let mut posts: Vec<_> = (0..8)
        .map(|at| post(at, at as i64 * 5, &format!("a{at}"), 4, &advertisement(at)))
        .collect();
    let warning =
        "我被骗了三千块，太气人了，千万别信，骗子的微信是 yueyue_cash77，已经报警，平台为什么不管";
    posts.push(post(8, 50, "victim", 1500, warning));
    let answers = give(&mut campaigns(), &posts);
    assert!(answers[7].0.spam.campaign.is_some());
    assert_eq!(answers[8].0.spam.campaign, None, "{:?}", answers[8]);
}

#[test]
fn late_repeated_and_own_posts() {
    let mut room = campaigns();
    let mut posts: Vec<_> = (0..5)
        .map(|at| post(at, at as i64, &format!("a{at}"), 4, &advertisement(at)))
        .collect();
    posts.swap(0, 4);
    let answers = give(&mut room, &posts);
    assert_eq!(answers[4].1.kind, Kind::Campaign, "a late one counts");
    let again = give(&mut room, &posts[..1]);
    assert_eq!(
        (again[0].1.posts, room.len()),
        (5, 5),
        "one seen again is the same"
    );
    assert_eq!(again[0].0.spam.campaign, answers[4].0.spam.campaign);
    let agent = Post {
        role: Role::Agent,
        ..post(9, 9, "agent", 4, &advertisement(1))
    };
    assert_eq!(give(&mut room, &[agent])[0].1.kind, Kind::Alone);
    let old = post(10, -10 * 24 * 60, "a", 4, &advertisement(1));
    give(&mut room, &[old]);
    assert_eq!((room.len(), room.evicted().late), (5, 1));
}

#[test]
fn memory_is_bounded_and_a_campaign_keeps_its_name() {
    let settings = Settings {
        window: Duration::from_secs(60 * 60),
        capacity: 40,
        ..Settings::default()
    };
    let mut room = Campaigns::new(settings).expect("sound");
    let posts: Vec<_> = (0..120)
        .map(|at| post(at, at as i64 * 4, &format!("a{at}"), 4, &advertisement(at)))
        .collect();
    let answers = give(&mut room, &posts);
    let names: BTreeSet<_> = answers[4..]
        .iter()
        .map(|(triage, _)| triage.spam.campaign)
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert_eq!(room.campaigns()[0].total, 120);
    assert!(room.len() <= 16, "an hour holds 16, not {}", room.len());
    let crowd: Vec<_> = (0..100)
        .map(|at| {
            post(
                1000 + at,
                500,
                &format!("o{at}"),
                800,
                &format!("Nothing new under the sun {at}"),
            )
        })
        .collect();
    give(&mut room, &crowd);
    assert_eq!(room.len(), 40);
    let evicted = room.evicted();
    assert_eq!(
        (evicted.expired, evicted.over_capacity, evicted.campaigns),
        (110, 70, 1)
    );
    assert!(room.memory_usage() > 0);
}

#[test]
fn settings_out_of_range_are_refused_with_their_name() {
    let good = Settings::default;
    for (settings, word) in [
        (
            Settings {
                window: Duration::from_millis(5),
                ..good()
            },
            "window",
        ),
        (
            Settings {
                capacity: 0,
                ..good()
            },
            "capacity",
        ),
        (Settings { posts: 1, ..good() }, "posts"),
        (
            Settings {
                threshold: 0,
                ..good()
            },
            "threshold",
        ),
        (Settings { alike: 0, ..good() }, "alike"),
        (
            Settings {
                alike_suspected: 101,
                ..good()
            },
            "alike_suspected",
        ),
    ] {
        let error = Campaigns::new(settings).expect_err(word);
        assert!(
            error.is_settings() && error.to_string().contains(word),
            "{error}"
        );
    }
    let mut room = campaigns();
    give(&mut room, &[post(0, 0, "a", 4, "hello there")]);
    let other = Campaigns::new(Settings { posts: 9, ..good() }).expect("sound");
    assert!(room.merge(other).expect_err("other settings").is_merge());
}

#[test]
fn a_snapshot_continues_as_if_nothing_had_happened() {
    let posts = support::sample();
    let mut whole = campaigns();
    let (before, after) = posts.split_at(650);
    give(&mut whole, before);
    let bytes = whole.to_bytes().expect("bytes");
    assert_eq!(
        bytes,
        whole.clone().to_bytes().expect("bytes"),
        "the same state, the same bytes"
    );
    let mut restored = Campaigns::from_bytes(&bytes).expect("its own bytes");
    assert!(restored == whole);
    let (one, other) = (give(&mut whole, after), give(&mut restored, after));
    assert!(one == other && whole == restored);

    let mut damaged = bytes.clone();
    damaged[bytes.len() / 2] ^= 1;
    for wrong in [&damaged[..], &bytes[..bytes.len() - 9], b"HEARKENS", b""] {
        assert!(
            Campaigns::from_bytes(wrong)
                .expect_err("damaged")
                .is_snapshot()
        );
    }
}

/// Short posts of a small world, so that links of every kind are frequent.
fn world() -> impl Strategy<Value = Vec<(Post<'static>, (Triage, Observation))>> {
    let texts = prop::collection::vec((0usize..9, 0i64..200, 0usize..8, 0i64..60), 0..40);
    texts.prop_map(|drawn| {
        let mut scratch = engine().scratch();
        let made = drawn
            .into_iter()
            .enumerate()
            .map(|(id, (kind, minute, account, days))| {
                let text = match kind {
                    0..5 => advertisement(kind),
                    5 => "RT @x: the bridge is closed until Friday, take the ferry".to_owned(),
                    6 => {
                        "Copy and share: we want our old park back, all of it, this year".to_owned()
                    }
                    7 => "Where is my parcel? 0800 555 0199 never answers".to_owned(),
                    _ => "+1".to_owned(),
                };
                let post = post(id, minute, &format!("w{account}"), days, &text);
                let observed = engine().observe(&post, &mut scratch);
                (post, observed)
            });
        let mut made: Vec<_> = made.collect();
        made.sort_by_key(|(post, _)| post.created_at);
        made
    })
}

fn of<'a>(posts: impl Iterator<Item = &'a (Post<'static>, (Triage, Observation))>) -> Campaigns {
    let mut room = campaigns();
    for (post, (triage, observation)) in posts {
        room.observe(post, &mut triage.clone(), observation);
    }
    room
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn merging_is_commutative_associative_has_an_identity_and_gives_the_whole(
        posts in world(), shards in prop::collection::vec(0u8..3, 40)
    ) {
        let [a, b, c] = [0, 1, 2].map(|shard| of(posts.iter().zip(&shards).filter(|(_, s)| **s == shard).map(|(p, _)| p)));
        let merge = |one: &Campaigns, other: &Campaigns| {
            let mut one = one.clone();
            one.merge(other.clone()).map(|_| one)
        };
        let ab = merge(&a, &b)?;
        prop_assert!(ab == merge(&b, &a)?);
        let abc = merge(&ab, &c)?;
        prop_assert!(abc == merge(&a, &merge(&b, &c)?)?);
        prop_assert!(merge(&a, &campaigns())? == a && merge(&campaigns(), &a)? == a);
        prop_assert!(abc == of(posts.iter()));
        prop_assert!(Campaigns::from_bytes(&abc.to_bytes()?)? == abc);
    }

    /// A file with a right checksum may still hold anything.
    #[test]
    fn a_hostile_payload_does_not_panic(posts in world(), changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6)) {
        let mut bytes = of(posts.iter()).to_bytes()?;
        // The magic, the kind and the version stay.
        let state = 8 + 4 + "campaigns".len() + 4..bytes.len() - 8;
        for (at, byte) in changes {
            let at = state.start + at % state.len();
            bytes[at] = byte;
        }
        if let Ok(mut room) = Campaigns::from_bytes(&support::with_true_checksum(bytes)) {
            for (post, (triage, observation)) in &posts {
                room.observe(post, &mut triage.clone(), observation);
            }
            room.campaigns();
        }
    }
}

#[test]
fn an_empty_text_has_a_fingerprint_that_meets_nothing() {
    let posts = [
        post(0, 0, "a", 4, ""),
        post(1, 1, "b", 4, ""),
        post(2, 2, "c", 4, "…"),
    ];
    let answers = give(&mut campaigns(), &posts);
    assert!(
        answers
            .iter()
            .all(|(_, membership)| membership.kind == Kind::Alone)
    );
    let (_, observation) = engine().observe(&posts[0], &mut engine().scratch());
    assert_ne!(
        observation.fingerprint,
        Fingerprint::default(),
        "its hash is that of no text"
    );
}
