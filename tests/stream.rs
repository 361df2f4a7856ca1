//! The stateful rooms together, over the sample in the order of events: what the issue of triage is
//! about must hold with all of them at work, across a restart, and over shards.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::OnceLock;

use hearken::importance::{Importance, Level, Part};
use hearken::observation::{Accounts, Identities, Secret};
use hearken::post::Role;
use hearken::revision::{Field, Value};
use hearken::snapshot::Snapshot;
use hearken::stream::{Observed, Remembered, Settings, Stream};
use hearken::{Post, Triage};
use support::{Read, engine, observed};

fn settings() -> Settings {
    Settings::for_engine(engine()).expect("sound")
}

/// The same under another secret.
fn elsewhere() -> Settings {
    Settings {
        identities: Identities::new(Secret::from_bytes([7; 16]), Accounts::PerChannel),
        ..settings()
    }
}

fn stream() -> Stream {
    Stream::new(settings()).expect("sound")
}

/// What a stream says of some posts of the sample.
fn said(stream: &mut Stream, posts: &[Read]) -> Vec<(Triage, Observed)> {
    let say = |(post, triage, observation): &Read| {
        let mut triage = triage.clone();
        let observed = stream.observe(post, &mut triage, observation);
        (triage, observed)
    };
    posts.iter().map(say).collect()
}

/// The whole sample through one stream.
fn whole() -> &'static [(Triage, Observed)] {
    static WHOLE: OnceLock<Vec<(Triage, Observed)>> = OnceLock::new();
    WHOLE.get_or_init(|| said(&mut stream(), observed()))
}

fn hidden(kind: &str) -> BTreeSet<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample/hidden.json");
    let text = fs::read_to_string(path).expect("it is there");
    let hidden: BTreeMap<String, BTreeSet<String>> =
        serde_json::from_str(&text).expect("lists of ids");
    hidden[kind].clone()
}

fn id(at: usize) -> &'static str {
    observed()[at].0.id.as_deref().expect("the sample has ids")
}

fn of(name: &str) -> (&'static Triage, &'static Observed) {
    let at = (0..observed().len())
        .find(|&at| id(at) == name)
        .expect("it is in the sample");
    (&whole()[at].0, &whole()[at].1)
}

#[test]
fn every_score_is_the_sum_of_its_parts_and_every_added_part_has_a_reason() {
    let mut added = 0;
    for (triage, observed) in whole() {
        let Importance { parts, score, .. } = triage.importance;
        assert_eq!(parts.iter().sum::<i16>(), i16::from(score));
        let reasons = observed.reasons(engine(), triage);
        for part in [Part::Novelty, Part::Waiting, Part::Repeat] {
            let reason = reasons.iter().find(|reason| reason.name == part.name());
            assert_eq!(
                reason.is_some(),
                parts[part as usize] != 0,
                "{part:?} {triage:?}"
            );
            added += usize::from(reason.is_some());
            assert!(reason.is_none_or(
                |reason| reason.points == parts[part as usize] && !reason.reason.is_empty()
            ));
        }
    }
    assert!(added > 100, "{added}");
}

#[test]
fn the_campaign_is_marked_and_neither_the_incident_nor_the_viral_post_is() {
    let mut marked: BTreeSet<String> = BTreeSet::new();
    let mut at_once = 0;
    for (at, (triage, observed)) in whole().iter().enumerate() {
        if triage.spam.campaign.is_some() {
            at_once += 1;
            marked.insert(id(at).to_owned());
        }
        for revision in observed.revisions() {
            match (revision.field, &revision.new) {
                (Field::SpamCampaign, Value::Campaign(Some(_))) => {
                    marked.insert(revision.post.clone())
                }
                (Field::SpamCampaign, _) => marked.remove(&revision.post),
                _ => true,
            };
        }
    }
    let campaign = hidden("campaign");
    println!(
        "{at_once} marked as they came, {} of {} in the end",
        marked.len(),
        campaign.len()
    );
    assert!(
        marked.is_subset(&campaign),
        "{:?}",
        marked.difference(&campaign)
    );
    assert!(marked.len() * 20 >= campaign.len() * 19);
}

#[test]
fn glass_in_the_food_is_in_the_top_hundredth_of_its_day() {
    let day = |at: usize| {
        observed()[at]
            .0
            .created_at
            .map(|time| time.div_euclid(86_400_000))
    };
    let glass = (0..observed().len())
        .find(|&at| id(at) == "p1038")
        .expect("it is in the sample");
    let score = whole()[glass].0.importance.score;
    let of_day: Vec<usize> = (0..observed().len())
        .filter(|&at| day(at) == day(glass))
        .collect();
    // Ties count against it.
    let place = of_day
        .iter()
        .filter(|&&at| whole()[at].0.importance.score >= score)
        .count();
    println!("glass: {score}, place {place} of {}", of_day.len());
    assert!(place * 100 <= of_day.len());
}

#[test]
fn who_wrote_on_three_channels_without_an_answer_rises_and_says_why() {
    let unanswered = hidden("unanswered");
    let scores: Vec<u8> = unanswered
        .iter()
        .map(|id| of(id).0.importance.score)
        .collect();
    // The first is a complaint as others are; from the third on nobody can overlook them.
    assert!(
        scores[2..]
            .iter()
            .all(|&score| Level::of(score, [25, 50, 75]) >= Level::High),
        "{scores:?}"
    );
    let (triage, observed) = of("p1150");
    let reasons: Vec<String> = observed
        .reasons(engine(), triage)
        .into_iter()
        .map(|part| part.reason)
        .collect();
    assert_eq!(
        reasons,
        [
            "the first message waits for 34 hours, where an answer is promised within 4 hours",
            "5th message in 34 hours without an answer; tried chat and twitter before",
        ]
    );
}

#[test]
fn an_earlier_message_that_may_be_about_something_else_moves_little() {
    let pairs = whole()
        .iter()
        .filter(|(_, observed)| observed.history.author.unanswered == 1);
    let pairs = pairs.filter(|(_, observed)| observed.history.author.tried.is_empty());
    let pairs = pairs.filter(|(_, observed)| observed.history.thread.unanswered < 2);
    let added = |triage: &Triage| triage.importance.parts[Part::Waiting as usize];
    let added: Vec<i16> = pairs.map(|(triage, _)| added(triage)).collect();
    assert!(
        added.len() > 50 && added.iter().all(|&points| points <= 6),
        "{added:?}"
    );
}

#[test]
fn an_answer_of_an_agent_ends_the_wait() {
    let write = |line: &str| Post::from_json(line).expect("a post").into_owned();
    let complaint = |id: u32, hour: u32| {
        write(&format!(
            r#"{{"id":"{id}","text":"My refund never arrived, this is outrageous!","created_at":"2026-03-02T{hour:02}:00:00Z","channel":"twitter","author":{{"id":"ann"}}}}"#
        ))
    };
    let reply = write(
        r#"{"id":"9","text":"Sorry about that, it is on its way.","created_at":"2026-03-02T12:00:00Z","role":"agent","in_reply_to":"1","channel":"twitter"}"#,
    );
    let after = |with_reply: bool| {
        let mut stream = stream();
        let mut last = Importance::default();
        for post in [complaint(1, 8), reply.clone(), complaint(2, 18)] {
            if post.role == Role::Agent && !with_reply {
                continue;
            }
            let (mut triage, observation) = engine().observe(&post, &mut engine().scratch());
            stream.observe(&post, &mut triage, &observation);
            last = triage.importance;
        }
        last
    };
    assert!(after(false).parts[Part::Waiting as usize] > 0);
    assert!(after(false).parts[Part::Repeat as usize] > 0);
    assert_eq!(after(true).parts[Part::Waiting as usize], 0);
}

#[test]
fn a_restart_changes_nothing() {
    let half = observed().len() / 2;
    let mut before = stream();
    let mut answers = said(&mut before, &observed()[..half]);
    let bytes = before.remembered().to_bytes().expect("it can be kept");
    let remembered = Remembered::from_bytes(&bytes).expect("sound");
    assert_eq!(remembered.to_bytes().expect("it can be kept"), bytes);
    let mut after = Stream::resume(remembered, settings()).expect("the same key");
    answers.extend(said(&mut after, &observed()[half..]));
    assert!(answers == whole(), "answers differ after a restart");
    let mut unbroken = stream();
    said(&mut unbroken, observed());
    assert_eq!(
        after.remembered().to_bytes().expect("kept"),
        unbroken.remembered().to_bytes().expect("kept")
    );

    let other = Stream::resume(Remembered::from_bytes(&bytes).expect("sound"), elsewhere());
    assert!(other.expect_err("another key").is_snapshot());
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    assert!(
        Remembered::from_bytes(&damaged)
            .expect_err("damaged")
            .is_snapshot()
    );
}

#[test]
fn shards_merge_to_the_campaign_of_the_whole() {
    let mut shards = [stream(), stream(), stream()];
    for (at, one) in observed().iter().enumerate() {
        said(&mut shards[at % 3], std::slice::from_ref(one));
    }
    let mut unbroken = stream();
    said(&mut unbroken, observed());
    let [mut one, two, three] = shards;
    let mut revisions = one.merge(two).expect("alike");
    revisions.extend(one.merge(three).expect("alike"));
    assert_eq!(
        one.campaigns().campaigns(),
        unbroken.campaigns().campaigns()
    );
    assert_eq!(one.context().authors(), unbroken.context().authors());
    let mut other = Stream::new(elsewhere()).expect("sound");
    assert!(other.merge(one).expect_err("another key").is_merge());
}
