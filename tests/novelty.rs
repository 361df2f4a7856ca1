//! Novelty over the sample in the order of events, with the bundled models: the rare severe post
//! comes to the top of its day, and routine stays where it is. `cargo test --test novelty --
//! --nocapture` prints every post that was lifted.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

mod support;

use hearken::importance::{Importance, Part};
use hearken::novelty::{Novelty, Surprise};
use hearken::{Observation, Post, Triage};
use support::{engine, sample};

/// What a stream says of each post: in the order of events, by novelty's count.
fn stream(posts: &[Post<'_>]) -> Vec<(Importance, Option<Surprise>)> {
    let observed: Vec<(Triage, Observation)> =
        engine().map_batch(posts, |engine, scratch, post| engine.observe(post, scratch));
    let mut novelty = Novelty::new(engine().importance());
    let mut order: Vec<usize> = (0..posts.len()).collect();
    order.sort_by_key(|&at| (posts[at].created_at, at));
    let mut answers = vec![(Importance::default(), None); posts.len()];
    for at in order {
        let (triage, observation) = &observed[at];
        let surprise = novelty.observe(
            posts[at].created_at.expect("a time"),
            observation.identity.post,
            triage,
            &observation.elements,
        );
        let points = surprise.map_or(0, |surprise| surprise.points);
        answers[at] = (triage.importance.with(Part::Novelty, points), surprise);
    }
    answers
}

#[test]
fn the_glass_comes_to_the_top_of_its_day_and_routine_is_not_lifted() {
    let answers = stream(sample());
    let lifted: Vec<usize> = (0..answers.len())
        .filter(|&at| answers[at].1.is_some())
        .collect();
    for &at in &lifted {
        let (importance, surprise) = (&answers[at].0, answers[at].1.expect("lifted"));
        let id = sample()[at].id.as_deref().unwrap_or_default();
        println!(
            "{id} {} (+{}): {}\n    {}",
            importance.score,
            surprise.points,
            sample()[at].text,
            surprise.reason(engine())
        );
    }
    println!("{} of {} posts lifted", lifted.len(), answers.len());
    assert!(lifted.len() * 100 < 3 * answers.len());

    let glass = sample()
        .iter()
        .position(|post| post.id.as_deref() == Some("p1038"))
        .expect("it is in the sample");
    let day = |at: usize| {
        sample()[at]
            .created_at
            .map(|time| time.div_euclid(86_400_000))
    };
    let of_day: Vec<usize> = (0..answers.len())
        .filter(|&at| day(at) == day(glass))
        .collect();
    // Ties count against it.
    let rank = of_day
        .iter()
        .filter(|&&at| answers[at].0.score >= answers[glass].0.score)
        .count();
    println!(
        "glass: score {}, place {rank} of {}",
        answers[glass].0.score,
        of_day.len()
    );
    assert!(rank * 100 <= of_day.len());
}

/// Two hundred customers write of one fire among routine posts: the first of them are a surprise,
/// and once it is known no more of them are.
#[test]
fn an_incident_is_no_novelty_once_it_is_known() {
    const ROUTINE: [&str; 4] = [
        "my parcel is late again, where is it",
        "the courier never rang the bell",
        "balík pořád nedorazil",
        "快递三天还没到",
    ];
    const FIRE: [&str; 3] = [
        "smoke from the charger of my parcel",
        "my delivered charger caught fire",
        "送来的充电器冒烟了",
    ];
    let text = |at: usize| match at {
        0..800 => ROUTINE[at % ROUTINE.len()],
        _ => FIRE[at % FIRE.len()],
    };
    let post = |at: usize| Post {
        created_at: Some(at as i64 * 60_000),
        ..Post::new(text(at))
    };
    let posts: Vec<Post<'_>> = (0..1000).map(post).collect();
    let surprising: Vec<bool> = stream(&posts)
        .iter()
        .map(|(_, surprise)| surprise.is_some())
        .collect();
    println!(
        "surprises of the fire: {}",
        surprising[800..1000]
            .iter()
            .filter(|surprising| **surprising)
            .count()
    );
    assert!(surprising[..800].iter().all(|surprising| !surprising));
    assert!(surprising[800..805].iter().all(|surprising| *surprising));
    assert!(surprising[830..1000].iter().all(|surprising| !surprising));
}
