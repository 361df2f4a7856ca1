//! All state: a desk that is fed, kept and resumed, and shards that are merged.

use std::sync::LazyLock;
use std::time::Duration;

use hearken::campaign::{self, Campaigns};
use hearken::context::{self, Context, Memory};
use hearken::desk::{Desk, Outcome as DeskOutcome, Remembered, Settings, WindowSettings};
use hearken::novelty::Novelty;
use hearken::observation::{Identities, Secret};
use hearken::queue::Queue;
use hearken::service_level::ServiceLevels;
use hearken::snapshot::Snapshot;
use hearken::trend::{self, Trends, watch};
use hearken::{Engine, Observation, Post, Triage, queue};

use crate::frame::Frame;
use crate::script::{START, Script};
use crate::{Outcome, Target, seeds};

/// A script that a desk is fed with.
pub const DESK: Target = Target {
    name: "desk",
    run: desk,
    frame: Frame::Plain,
    seeds: seeds::scripts,
    tokens: &[],
};

/// A script whose posts are split over three shards.
pub const MERGE: Target = Target {
    name: "merge",
    run: merge,
    frame: Frame::Plain,
    seeds: seeds::scripts,
    tokens: &[],
};

/// Without models of its own: what is fuzzed is what remembers, and levels are set by the script.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let key = Identities::new(Secret::from_bytes([7; 16]), Default::default());
    let engine = Engine::builder().without_bundled_models().identities(key);
    engine.build().expect("a sound engine")
});

fn settings(shape: u8) -> Settings {
    let mut settings = Settings::for_engine(&ENGINE).expect("the usual settings are sound");
    settings.lateness = match shape % 4 {
        0 => None,
        1 => Some(Duration::from_secs(3600)),
        _ => Some(Duration::ZERO),
    };
    // Small ceilings, so that few posts reach them.
    settings.stream.campaign.capacity = 40;
    settings.stream.context = context::Settings {
        authors: 8,
        threads: 8,
        replies: 8,
        posts: 16,
        ..settings.stream.context
    };
    settings.queue = Some(queue::Settings {
        most_agents: 2,
        most_posts: 16,
        most_posts_of_case: 3,
        most_answers: 6,
        ..queue::Settings::default()
    });
    settings.trends = Some(trend::Settings {
        max_unbounded: 16,
        ..trend::Settings::default()
    });
    settings.watch = Some(watch::Settings {
        warm_up: Duration::ZERO,
        min_authors: 1,
        budget: 1e6,
        ..watch::Settings::default()
    });
    settings.windows = (shape & 4 > 0).then_some(WindowSettings {
        length: Duration::from_secs(7200),
        slide: Duration::from_secs(3600),
    });
    settings
}

/// A script. Its first byte chooses the settings; behind each post a byte may ask for something.
///
/// Nothing panics; each post is answered once; parts sum to the score; a desk that is kept and
/// resumed in the middle gives what one gives that never stopped.
fn desk(data: &[u8]) -> Outcome {
    let mut script = Script::new(data);
    let settings = settings(script.byte());
    let new = || Desk::new(&ENGINE, settings.clone()).expect("the settings are sound");
    let (mut desk, mut kept) = (new(), new());
    let (mut posts, mut answers, mut alerts) = (0, 0, 0);
    let mut count = |outcomes: &[DeskOutcome]| {
        for outcome in outcomes {
            match outcome {
                DeskOutcome::Answer(answered) => {
                    answers += 1;
                    let importance = &answered.triage.importance;
                    let parts: i16 = importance.parts.iter().sum();
                    assert_eq!(parts, i16::from(importance.score), "parts don't sum");
                }
                DeskOutcome::Alert(_) => alerts += 1,
                _ => {}
            }
        }
    };
    while let Some(post) = script.next() {
        posts += 1;
        let outcomes = desk.observe(&post);
        alike(&outcomes, kept.observe(&post));
        count(&outcomes);
        let now = script.now();
        match script.byte() {
            0..16 => {
                let remembered = kept.remembered().expect("state can be kept");
                let bytes = remembered.to_bytes().expect("state can be written");
                let read = Remembered::from_bytes(&bytes).expect("its own bytes");
                kept = Desk::resume(&ENGINE, settings.clone(), read).expect("its own state");
            }
            16..24 => {
                let id = post.id.as_deref().unwrap_or("p1");
                assert_eq!(desk.answered(id, now), kept.answered(id, now));
            }
            24..32 => {
                let (one, other) = (desk.advance(now), kept.advance(now));
                alike(&one, other);
                count(&one);
            }
            32..40 => {
                assert_eq!(desk.next(3), kept.next(3), "a kept queue differs");
                assert_eq!(
                    desk.overdue(usize::MAX),
                    kept.overdue(usize::MAX),
                    "a kept queue differs"
                );
            }
            40..44 => {
                let outcomes = desk.flush();
                alike(&outcomes, kept.flush());
                count(&outcomes);
            }
            _ => {}
        }
    }
    let outcomes = desk.finish();
    alike(&outcomes, kept.finish());
    count(&outcomes);
    assert_eq!(answers, posts, "posts and answers");
    Outcome::Refused(format!(
        "{} alerts, {} wait",
        alerts.min(3),
        desk.next(3).len()
    ))
}

/// A desk that was kept gives the same; but for the text of a post that waited, which was masked.
fn alike(one: &[DeskOutcome], mut other: Vec<DeskOutcome>) {
    for (one, other) in one.iter().zip(&mut other) {
        if let (DeskOutcome::Answer(one), DeskOutcome::Answer(other)) = (one, other) {
            other.post = one.post.clone();
        }
    }
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other, "a kept desk differs");
    }
    assert_eq!(one.len(), other.len(), "a kept desk gives more or less");
}

/// What shards see of a post.
type Seen = (Post<'static>, Triage, Observation);

/// A script whose posts are dealt to three shards.
///
/// Merged in any order the counts of trends, and those of novelty, are the same bytes, and those of
/// one that saw all; campaigns don't depend on the order of merging, and a merged context is sound.
fn merge(data: &[u8]) -> Outcome {
    let mut script = Script::new(data);
    let mut scratch = ENGINE.scratch();
    let mut shards: [Vec<Seen>; 3] = Default::default();
    let mut all = Vec::new();
    while let Some(post) = script.next() {
        let (triage, observation) = ENGINE.observe(&post, &mut scratch);
        let seen = (post, triage, observation);
        all.push(seen.clone());
        shards[usize::from(script.byte()) % 3].push(seen);
    }
    let trends = |posts: &[Seen]| {
        let mut trends = Trends::new(trend::Settings::default()).expect("sound");
        for (post, triage, observation) in posts {
            trends.observe(&ENGINE, post, triage, observation);
        }
        trends
    };
    let whole = trends(&all);
    let parts = shards.each_ref().map(|posts| trends(posts));
    let joined = same(&parts, |one, other| {
        one.merge(other).expect("same settings")
    });
    assert!(
        joined == whole.to_bytes().expect("it can be written"),
        "merged trends are not the whole"
    );
    let campaigns = |posts: &[Seen]| {
        let mut campaigns = Campaigns::new(campaign::Settings::default()).expect("sound");
        // Within one window: of what has left it the order of merging shows (its page says so).
        let of_a_day = |at: i64| at.abs_diff(START) < 80_000_000 / 2;
        for (post, triage, observation) in posts {
            if post.created_at.is_some_and(of_a_day) {
                campaigns.observe(post, &mut triage.clone(), observation);
            }
        }
        campaigns
    };
    let parts = shards.each_ref().map(|posts| campaigns(posts));
    same(&parts, |one, other| {
        one.merge(other.clone()).expect("same settings");
    });
    let memory = |posts: &[Seen]| {
        let identities = ENGINE.identities().clone();
        let mut context = Context::new(context::Settings::default(), identities).expect("sound");
        for (post, triage, observation) in posts {
            context.observe(post, triage, observation);
        }
        context
    };
    // Scripts contradict themselves: a post stands in one thread and answers a post of another.
    // What then belongs together depends on which was known first, so only soundness is held.
    let mut joined = memory(&shards[0]);
    for shard in &shards[1..] {
        joined.merge(memory(shard)).expect("same settings");
    }
    let bytes = joined.memory().to_bytes().expect("it can be written");
    let read = Memory::from_bytes(&bytes).expect("its own bytes");
    assert!(
        bytes == read.to_bytes().expect("it can be written"),
        "a merged context changes"
    );
    let novelty = |posts: &[Seen]| {
        let mut novelty = Novelty::new(ENGINE.importance());
        for (post, triage, observation) in posts {
            let voice = observation.identity.voice(&post.text);
            novelty.observe(
                post.created_at.unwrap_or(0),
                voice,
                triage,
                &observation.elements,
            );
        }
        novelty
    };
    let parts = shards.each_ref().map(|posts| novelty(posts));
    same(&parts, |one, other| {
        one.merge(other).expect("same settings")
    });
    let queue = |posts: &[Seen]| {
        let levels = ServiceLevels::bundled().expect("sound");
        let settings = settings(0).queue.expect("a desk with a queue");
        let mut queue = Queue::new(settings, levels, ENGINE.importance().levels()).expect("sound");
        for (post, triage, observation) in posts {
            queue.observe(post, triage, &observation.identity);
        }
        queue
    };
    let mut joined = queue(&shards[0]);
    for shard in &shards[1..] {
        joined.merge(&queue(shard)).expect("same settings");
    }
    let bytes = joined.to_bytes().expect("it can be written");
    let read = Queue::from_bytes(&bytes).expect("its own bytes");
    assert_eq!(read.len(), joined.len(), "a merged queue changes");
    Outcome::Refused(format!("{} posts", all.len() / 16))
}

/// Merges three states in all orders; the bytes must be the same.
fn same<S: Snapshot + Clone>(parts: &[S; 3], join: impl Fn(&mut S, &S)) -> Vec<u8> {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let mut bytes = orders.map(|[first, second, third]| {
        let mut joined = parts[first].clone();
        join(&mut joined, &parts[second]);
        join(&mut joined, &parts[third]);
        joined.to_bytes().expect("it can be written")
    });
    // Associative too.
    let mut last = parts[1].clone();
    join(&mut last, &parts[2]);
    let mut joined = parts[0].clone();
    join(&mut joined, &last);
    let again = joined.to_bytes().expect("it can be written");
    let kind = std::any::type_name::<S>();
    assert!(
        bytes.iter().all(|one| *one == again),
        "the order of merging shows in {kind}"
    );
    std::mem::take(&mut bytes[0])
}
