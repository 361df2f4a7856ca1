//! The laws of the ledger, over any facts and any settings that pass their check; the check itself;
//! and what counts of a post.

mod support;

use hearken::importance::{Importance, Level, Part, Settings};
use hearken::internals::ledger::{Facts, Judgement, score};
use hearken::novelty::Novelty;
use hearken::post::FieldMap;
use hearken::triage::Accident;
use hearken::{Engine, Post};
use proptest::prelude::*;
use support::{tiny, tiny_model};

/// Points of three strengths.
fn three() -> impl Strategy<Value = String> {
    prop::collection::vec(0..=100_u8, 3).prop_map(|mut points| {
        points.sort_unstable();
        format!("{points:?}")
    })
}

/// A share of three decimals.
fn share() -> impl Strategy<Value = String> {
    (0..=1000_u16).prop_map(|share| format!("{:.3}", f64::from(share) / 1000.0))
}

/// Two different shares, the smaller one first.
fn shares() -> impl Strategy<Value = (String, String)> {
    (0..1000_u16, 1..=1000_u16).prop_map(|(low, more)| {
        let high = (low + more).min(1000);
        (
            format!("{:.3}", f64::from(low) / 1000.0),
            format!("{:.3}", f64::from(high) / 1000.0),
        )
    })
}

/// A file of settings in which every value that bears on a score is drawn.
fn toml() -> impl Strategy<Value = String> {
    let points = || 0..=100_u8;
    let by_kind = || prop::collection::vec(three(), 7);
    let scale = || (points(), 1..=1_000_000_000_u64);
    let basics = (
        prop::collection::btree_set(1..=100_u8, 3),
        prop::array::uniform12(points()),
        by_kind(),
    );
    let shares = (
        prop::array::uniform8(share()),
        prop::collection::vec(share(), 7),
        shares(),
    );
    let lists = prop::array::uniform4(three());
    let reach = (
        prop::array::uniform3(scale()),
        prop::array::uniform4(0..=1000_u16),
        1..=100_u8,
        1..=1440_u16,
    );
    let waiting = (1..6_usize).prop_flat_map(|steps| {
        (
            prop::collection::btree_set(0..=100_000_u32, steps),
            prop::collection::vec(0..=100_u8, steps),
        )
    });
    (basics, shares, lists, reach, waiting).prop_map(
        |((levels, p, kinds), (s, alone, spam), l, (scales, weights, content, minutes), (at, mut points))| {
            const KINDS: [&str; 7] = ["safety", "health", "money", "data", "legal", "press", "self_harm"];
            let of_kinds = |values: &[String]| {
                KINDS.iter().zip(values).map(|(kind, value)| format!("{kind} = {value}\n")).collect::<String>()
            };
            let levels: Vec<u8> = levels.into_iter().collect();
            points.sort_unstable();
            let at: Vec<u32> = at.into_iter().collect();
            format!(
                "[levels]\nmedium = {}\nhigh = {}\ncritical = {}\n[needs_answer]\nmost = {}\nrequest = {}\nquestion = {}\n\
                 complaint = {}\ncomplaint_from = {}\nbrand = {}\n[harm]\nmost = {}\nseveral = {}\ntopic = {}\n\
                 topic_calm = {}\ntopic_counts = {}\nwords_count = {}\n[harm.points]\n{}[harm.alone]\n{}[urgency]\nmost = {}\nwords = {}\n\
                 learnt = {}\nlearnt_from = {}\n[sentiment]\nmost = {}\nnegative = {}\nintensity = {}\n[reach]\nmost = {}\n\
                 verified = {}\nidle = {}\ncontent = {content}\n[reach.followers]\npoints = {}\nfull = {}\n\
                 [reach.engagement]\npoints = {}\nfull = {}\nlike = {}\nreply = {}\nrepost = {}\nview = {}\n[reach.speed]\n\
                 points = {}\nfull = {}\nleast_minutes = {minutes}\n[waiting]\nshares = {at:?}\npoints = {points:?}\n\
                 [spam]\nfrom = {}\ncertain = {}\nshare = {}\n",
                levels[0], levels[1], levels[2], p[0], l[0], p[1], p[2], s[0], p[3], p[4], p[5], l[1], s[1], s[2], s[6],
                of_kinds(&kinds), of_kinds(&alone), p[6], l[2], p[7], s[3], p[8], p[9], l[3], p[10], p[11], s[4],
                scales[0].0, scales[0].1, scales[1].0, scales[1].1, weights[0], weights[1], weights[2], weights[3],
                scales[2].0, scales[2].1, spam.0, spam.1, s[5],
            )
        },
    )
}

/// Settings that pass their check. One draw in a few is refused for what it lets a
/// certain spam reach.
fn settings() -> impl Strategy<Value = Settings> {
    toml().prop_filter_map(
        "a spam that reach makes high",
        |text| match Settings::from_toml(&text) {
            Ok(settings) => Some(settings),
            Err(error) => {
                assert!(error.to_string().contains("spam.share"), "{error}\n{text}");
                None
            }
        },
    )
}

const TIERS: [Option<&str>; 5] = [
    None,
    Some("basic"),
    Some("Bronze"),
    Some("gold"),
    Some("vip"),
];

const ACCIDENTS: [Accident; 6] = [
    Accident::None,
    Accident::Contamination,
    Accident::Leak,
    Accident::Hurt,
    Accident::HomeFire,
    Accident::Child,
];

prop_compose! {
    fn facts()(
        probabilities in prop::array::uniform6(0.0..=1.0_f32),
        spam in prop_oneof![Just(0.0_f32), 0.0..=1.0_f32],
        strengths in prop::array::uniform10(0..=3_u8),
        marks in prop::array::uniform4(any::<bool>()),
        counts in prop::array::uniform5(prop_oneof![0..100_u64, 0..1_000_000_u64, any::<u64>()]),
        age in prop::option::of(prop_oneof![0..10_000_000_u64, any::<u64>()]),
        tier in prop::sample::select(&TIERS[..]),
        accident in prop::sample::select(&ACCIDENTS[..]),
    ) -> Facts<'static> {
        let [urgency, negative, first, second, third, positive] = probabilities;
        let [request, urgent, feeling, harm @ ..] = strengths;
        let [question, brand, verified, several_harms] = marks;
        let [followers, likes, replies, reposts, views] = counts;
        Facts {
            judgement: Judgement { spam, urgency, negative, positive, harmful_topics: [first, second, third] },
            request, urgent, feeling, harm, accident, several_harms, question, brand, followers, verified, likes, replies, reposts, views,
            age_ms: age, tier,
        }
    }
}

/// How many ways there are to make a post graver.
const WAYS: usize = 26;

/// The same facts, graver in one way: more harm, more reach, more of anything that asks
/// for an answer.
fn graver<'a>(facts: Facts<'a>, way: usize, by: u64, settings: &Settings) -> Facts<'a> {
    let mut graver = facts;
    let strength = |strength: u8| strength.saturating_add(1 + (by % 3) as u8).min(3);
    let probability = |before: f32| before + (1.0 - before) * ((by % 1000) as f32 / 1000.0);
    match way {
        0..7 => graver.harm[way] = strength(facts.harm[way]),
        7 => graver.request = strength(facts.request),
        8 => graver.urgent = strength(facts.urgent),
        9 => graver.feeling = strength(facts.feeling),
        10 => graver.question = true,
        11 => graver.brand = true,
        12 => graver.verified = true,
        13 => graver.followers = facts.followers.saturating_add(by),
        14 => graver.likes = facts.likes.saturating_add(by),
        15 => graver.replies = facts.replies.saturating_add(by),
        16 => graver.reposts = facts.reposts.saturating_add(by),
        17 => graver.views = facts.views.saturating_add(by),
        // The same counts, reached sooner.
        18 => graver.age_ms = facts.age_ms.map(|age| age.saturating_sub(by)),
        19 => graver.judgement.urgency = probability(facts.judgement.urgency),
        20 => graver.judgement.negative = probability(facts.judgement.negative),
        21 => {
            graver.judgement.harmful_topics[(by % 3) as usize] =
                probability(facts.judgement.harmful_topics[(by % 3) as usize])
        }
        23 => graver.several_harms = true,
        22 => graver.age_ms = facts.age_ms.or(Some(by)),
        24 => {
            let accident = ACCIDENTS[(by % 6) as usize];
            graver.accident = facts.accident.max(accident);
        }
        _ => {
            let tier = TIERS[(by % 5) as usize];
            if settings.tier(tier) > settings.tier(facts.tier) {
                graver.tier = tier;
            }
        }
    }
    graver
}

fn with_state(importance: Importance, [waiting, repeat, novelty]: [i16; 3]) -> Importance {
    importance
        .with(Part::Waiting, waiting)
        .with(Part::Repeat, repeat)
        .with(Part::Novelty, novelty)
}

fn sums(importance: &Importance) -> bool {
    importance
        .parts
        .iter()
        .map(|&points| i32::from(points))
        .sum::<i32>()
        == i32::from(importance.score)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn what_is_graver_never_scores_lower(
        settings in settings(), facts in facts(), way in 0..WAYS, by in prop_oneof![1..1000_u64, any::<u64>()],
        state in prop::array::uniform3(0..=30_i16),
    ) {
        let (before, after) = (score(&facts, &settings), score(&graver(facts, way, by, &settings), &settings));
        for state in [[0; 3], state] {
            let (before, after) = (with_state(before, state), with_state(after, state));
            prop_assert!(before.score <= after.score && before.level <= after.level, "way {way}: {before:?} {after:?}");
            prop_assert!(sums(&before) && sums(&after), "{before:?} {after:?}");
            prop_assert!(before.score <= 100 && before.level == Level::of(before.score, settings.levels()));
        }
    }

    #[test]
    fn what_a_state_adds_never_lowers_a_score(
        settings in settings(), facts in facts(), shares in prop::array::uniform2(0.0..200_000.0_f32),
        counts in prop::array::uniform3(any::<u32>()), more in prop::array::uniform3(any::<u32>()),
        novelty in prop::array::uniform2(0..=100_i16),
    ) {
        let [a, b, c] = counts;
        let [d, e, f] = [0, 1, 2].map(|at| counts[at].saturating_add(more[at]));
        let (less, much) = (shares[0].min(shares[1]), shares[0].max(shares[1]));
        let points = [settings.waiting(less, a % 8), settings.waiting(much, (a % 8).saturating_add(more[0]))];
        prop_assert!(points[0] <= points[1]);
        let repeats = [settings.repeat(a, b, c), settings.repeat(d, e, f)];
        prop_assert!(repeats[0] <= repeats[1]);
        let novelties = [novelty[0].min(novelty[1]), novelty[0].max(novelty[1])];
        let importance = score(&facts, &settings);
        let scores = [0, 1].map(|at| with_state(importance, [points[at], repeats[at], novelties[at]]));
        prop_assert!(importance.score <= scores[0].score && scores[0].score <= scores[1].score);
        prop_assert!(sums(&scores[0]) && sums(&scores[1]));
    }

    #[test]
    fn a_certain_spam_is_never_high_by_its_reach_alone(settings in settings(), facts in facts()) {
        let reach = Facts {
            judgement: Judgement { spam: 1.0, ..Judgement::default() },
            request: 0, urgent: 0, feeling: 0, harm: [0; 7], accident: Accident::None, several_harms: false, question: false, brand: false, tier: None, ..facts
        };
        prop_assert!(score(&reach, &settings).level < Level::High);
        // With the bundled settings it has no points but those of harm, whatever else it says.
        let bundled = Settings::bundled().expect("a sound file");
        let spam = Facts { judgement: Judgement { spam: 0.9, ..facts.judgement }, ..facts };
        let spam = with_state(score(&spam, &bundled), [20, 20, 30]);
        prop_assert!(i16::from(spam.score) <= spam.parts[Part::Harm as usize], "{spam:?}");
        prop_assert!(spam.parts[Part::Harm as usize] > 0 || spam.score == 0, "{spam:?}");
    }

    #[test]
    fn reach_and_tier_never_lower_the_score_of_a_post(
        text in prop::sample::select(&["", "glass in my salad", "zorplafem zorplafox where is it?", "没到账，急！", "ok"][..]),
        counts in prop::array::uniform5(prop_oneof![0..1000_u64, any::<u64>()]),
        age in 0..1_000_000_000_i64, way in 0..7_usize, more in 1..1_000_000_u64,
    ) {
        let mut post = Post::new(text);
        post.author.followers = Some(counts[0]);
        let engagement = &mut post.engagement;
        [engagement.likes, engagement.replies, engagement.reposts, engagement.views] = [1, 2, 3, 4].map(|at| Some(counts[at]));
        (post.created_at, post.collected_at) = (Some(0), Some(age));
        let mut bigger = post.clone();
        let add = |count: &mut Option<u64>| *count = count.map(|count| count.saturating_add(more));
        match way {
            0 => add(&mut bigger.author.followers),
            1 => add(&mut bigger.engagement.likes),
            2 => add(&mut bigger.engagement.replies),
            3 => add(&mut bigger.engagement.reposts),
            4 => add(&mut bigger.engagement.views),
            5 => bigger.author.verified = Some(true),
            _ => bigger.customer.tier = Some("vip".into()),
        }
        let scores = [&post, &bigger].map(|post| tiny().triage(post, &mut tiny().scratch()).importance);
        prop_assert!(scores[0].score <= scores[1].score, "{scores:?}");
    }
}

#[test]
fn an_empty_file_is_the_bundled_one_and_a_file_changes_what_it_names() {
    let bundled = Settings::bundled().expect("a sound file");
    let text = std::fs::read_to_string(support::project("data/importance.toml"))
        .expect("the bundled file");
    assert_eq!(Settings::from_toml(&text).expect("it is sound"), bundled);
    let own = Settings::from_toml("[levels]\nhigh = 40\n[customer.tiers]\nGold = 50\nloyal = 7\n")
        .expect("sound");
    assert_eq!(own.levels(), [25, 40, 75]);
    assert_eq!(
        [
            own.tier(Some("gold")),
            own.tier(Some("LOYAL")),
            own.tier(Some("vip"))
        ],
        [50, 7, 12]
    );
    assert_eq!(
        [
            own.tier(Some("unheard of")),
            own.tier(Some(" ")),
            own.tier(None)
        ],
        [2, 0, 0]
    );
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_its_mend() {
    for (text, expected) in [
        (
            "[levels]\nhigh = 20",
            "importance line 2, levels.high: levels.high is 20, levels.medium 25; give each level a higher score than the one before",
        ),
        (
            "[levels]\nhigh = 120",
            "importance line 2, levels.high: write a whole number from 1 to 100",
        ),
        (
            "\n[harm.points]\nsafety = [9, 5, 7]",
            "importance line 3, harm.points.safety: the points descend",
        ),
        (
            "[harm.points]\nsafety = [9, 9]",
            "importance line 2, harm.points.safety: write three numbers",
        ),
        (
            "[harm.points]\nsafety = 9",
            "importance line 2, harm.points.safety: write a list in brackets",
        ),
        (
            "[harm.points]\nfire = [1, 2, 3]",
            "importance line 2, harm.points.fire: no such key; write one of data, health",
        ),
        (
            "[reach]\n[reach.followers]\npoint = 3",
            "importance line 3, reach.followers.point: no such key; write one of full, points",
        ),
        (
            "volume = 11",
            "importance line 1, volume: no such key; write one of brand, customer, harm",
        ),
        ("spam = 1", "importance line 1, spam: no such key"),
        (
            "[spam]\nfrom = 0.9",
            "importance line 2, spam.from: spam.certain must be a larger probability than spam.from",
        ),
        (
            "[spam]\nshare = 1.5",
            "importance line 2, spam.share: write a number from 0 to 1",
        ),
        (
            "[spam]\nshare = 0.12345",
            "importance line 2, spam.share: at most three decimals count; round it",
        ),
        (
            "[reach]\nmost = 90\n[spam]\nshare = 0.1",
            "importance line 4, spam.share: a post that is certainly spam would be high by its reach",
        ),
        (
            "[brand]\nnames = [\"Nordwind\",\n \" \"]",
            "importance line 3, brand.names: a name is empty or not a string",
        ),
        (
            "[customer.tiers]\nvip = -1",
            "importance line 2, customer.tiers.vip: write a whole number from 0 to 100",
        ),
        (
            "[waiting]\nshares = [0.0, 0.0]",
            "importance line 2, waiting.shares: write numbers that rise",
        ),
        (
            "[waiting]\npoints = [0, 1]",
            "importance line 2, waiting.points: there are 2 points for 6 shares; write one number of points for each",
        ),
        (
            "[novelty]\npane_hours = 7",
            "importance line 2, novelty.pane_hours: write 1, 2, 3, 4, 6, 8, 12 or 24",
        ),
        (
            "[novelty]\n\nrare = 0.5",
            "importance line 3, novelty.rare: novelty.common must be a larger share than novelty.rare",
        ),
        (
            "[novelty]\nwindow_days = 366\npane_hours = 1",
            "importance line 3, novelty.pane_hours: write 1, 2, 3, 4, 6, 8, 12 or 24",
        ),
        (
            "harm.contamination = 100",
            "importance line 1, harm.contamination: harm.leak must not give fewer points",
        ),
        (
            "harm.leak = 100",
            "importance line 1, harm.leak: harm.emergency must not give fewer points",
        ),
        (
            "waiting.shares = [0.5]",
            "importance line 1, waiting.shares: there are 6 points for 1 shares",
        ),
        (
            "levels.medium = 99",
            "importance line 1, levels.medium: levels.high is",
        ),
        ("[levels\nhigh = 3", "importance line 1: "),
    ] {
        let error = Settings::from_toml(text).expect_err(text);
        assert!(error.is_settings(), "{error:?}");
        assert!(
            error.to_string().starts_with(expected),
            "{error}\nis not\n{expected}"
        );
    }
}

#[test]
fn waiting_and_repeat_are_bounded() {
    let settings = Settings::bundled().expect("a sound file");
    let waiting = [-1.0, 0.0, 1.0, 1.5, 20.0, f32::INFINITY, f32::NAN]
        .map(|share| settings.waiting(share, 3));
    assert_eq!(waiting, [0, 0, 6, 8, 20, 20, 0]);
    assert_eq!(
        [0, 1, 2, 3, u32::MAX].map(|tries| settings.waiting(20.0, tries)),
        [0, 6, 13, 20, 20]
    );
    assert_eq!(
        [
            settings.repeat(0, 0, 0),
            settings.repeat(1, 1, 2),
            settings.repeat(u32::MAX, u32::MAX, 1)
        ],
        [0, 13, 20]
    );
}

/// An engine whose brand is called by these names.
fn of_brand(names: &str) -> Engine {
    let settings = Settings::from_toml(&format!("[brand]\nnames = [{names}]")).expect("sound");
    let builder = Engine::builder()
        .without_bundled_models()
        .model(tiny_model().clone());
    builder
        .importance(settings)
        .build()
        .expect("the tiny model fits")
}

#[test]
fn a_mention_of_the_brand_asks_for_an_answer_and_changes_nothing_else() {
    let engine = of_brand("\"Zorvane Mobile\", \"佐万\", \"zorvane\"");
    let points = |text: &str| {
        let (mut with, mut without) = (
            engine.triage(&Post::new(text), &mut engine.scratch()),
            tiny().triage(&Post::new(text), &mut tiny().scratch()),
        );
        let more = with.importance.parts[0] - without.importance.parts[0];
        for triage in [&mut with, &mut without] {
            triage.importance = Importance::default();
        }
        assert_eq!(with, without, "{text}");
        more
    };
    for text in [
        "zorvane again",
        "ZORVANE mobile is down",
        "@zorvane hello",
        "#zorvane",
        "#佐万#又来了",
        "@Zorvane_help hi",
        "我的佐万卡",
    ] {
        assert_eq!(points(text), 5, "{text}");
    }
    for text in [
        "zorvanes",
        "the zor vane",
        "mail me@zorvane.example",
        "a@zorvane.example",
        "@notzorvane hi",
    ] {
        assert_eq!(points(text), 0, "{text}");
    }
    let explained = engine.explain(&Post::new("zorvane again")).importance;
    assert!(
        explained
            .parts
            .iter()
            .any(|part| part.reason.contains("names the brand") && !part.spans.is_empty())
    );
}

#[test]
fn speed_counts_where_it_is_known_when_the_counts_were_taken() {
    let post = |more: &str| {
        format!(
            r#"{{"text":"glass in my salad","created_at":"2026-03-01T08:00:00Z","engagement":{{"reposts":300}}{more}}}"#
        )
    };
    let reach = |line: &str| {
        let post = Post::from_json(line).expect("a post");
        assert_eq!(FieldMap::default().read(line).expect("a post"), post);
        tiny().triage(&post, &mut tiny().scratch()).importance.parts[Part::Reach as usize]
    };
    let unknown = reach(&post(""));
    let [soon, late, before] = [
        "2026-03-01T08:30:00Z",
        "2026-03-08T08:00:00Z",
        "2026-03-01T07:00:00Z",
    ]
    .map(|at| reach(&post(&format!(r#","collected_at":"{at}""#))));
    assert!(soon > late && late > unknown, "{soon} {late} {unknown}");
    assert_eq!(
        before, unknown,
        "counts older than the post say nothing of its speed"
    );
    let mapped = FieldMap::parse("collected_at=crawled")
        .expect("a map")
        .read(&post(r#","crawled":1772352000"#));
    assert_eq!(
        mapped.expect("a post").collected_at,
        Some(1_772_352_000_000)
    );
}

#[test]
fn novelty_keeps_its_settings() {
    let own = Settings::from_toml("[novelty]\nwindow_days = 2").expect("sound");
    let mut novelty = Novelty::new(&own);
    let error = novelty
        .merge(&Novelty::new(&Settings::bundled().expect("a sound file")))
        .expect_err("another window");
    assert!(error.is_merge() && error.to_string().contains("[novelty]"));
    assert!(novelty.merge(&Novelty::new(&own)).is_ok());
}
