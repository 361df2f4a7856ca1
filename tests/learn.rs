//! Learning from corrections: what was learnt can be taken back bit for bit, and what is worse
//! doesn't come in.
#![cfg(feature = "train")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Barrier, OnceLock};

use hearken::internals::Analyzer;
use hearken::learn::{
    Correction, Corrections, Day, Gate, Learner, Line, Live, Log, Replay, Retraction, Target,
};
use hearken::model::Model;
use hearken::train::{Example, FeatureCounts, Settings, TrainOptions, documents, train};
use hearken::{Engine, Post};
use proptest::prelude::*;
use support::{HEADS, faults, sample, tiny, words};

const DAY: i64 = 86_400_000;

fn correction(post: &str, text: &str, label: &str, by: &str, at: i64) -> Correction {
    let [post, task, text, label, by] = [post, "sentiment", text, label, by].map(String::from);
    Correction {
        post,
        task,
        text,
        label,
        by,
        at,
    }
}

fn state<'a>(corrections: impl IntoIterator<Item = &'a Correction>) -> Corrections {
    let mut state = Corrections::default();
    corrections
        .into_iter()
        .for_each(|correction| state.learn(correction.clone()));
    state
}

fn overlay(engine: &Engine, corrections: &Corrections) -> Model {
    let mut learner = Learner::new(engine, "sentiment").unwrap();
    learner.follow(corrections).unwrap();
    learner.overlay().unwrap()
}

/// Texts that the tiny model takes for one sentiment, corrected to another.
fn some_corrections(count: usize) -> Vec<Correction> {
    (0..count)
        .map(|at| {
            let words = words(0, at % 3);
            let text = format!(
                "{} lumaei fresh{} {}",
                words[at % 4],
                at % 5,
                words[(at + 1) % 4]
            );
            correction(
                &format!("p{at}"),
                &text,
                ["positive", "negative", "neutral"][at % 3],
                "eva",
                at as i64,
            )
        })
        .collect()
}

fn analyzer() -> &'static Analyzer {
    static ANALYZER: OnceLock<Analyzer> = OnceLock::new();
    ANALYZER.get_or_init(|| Analyzer::bundled().unwrap())
}

fn of(engine: &Engine, task: &str, text: &str) -> Vec<f32> {
    engine
        .probabilities(task, text, &mut engine.scratch())
        .to_vec()
}

#[test]
fn a_correction_changes_its_text_and_those_like_it() {
    let engine = tiny();
    let text = format!("{} jumbled parcel", words(0, 0)[0]);
    assert!(of(engine, "sentiment", &text)[0] > 0.5);
    let once = state(&[correction("1", &text, "positive", "eva", 0)]);
    let corrected = engine.with_overlay(&overlay(engine, &once)).unwrap();
    let before = of(engine, "sentiment", &text);
    let after = of(&corrected, "sentiment", &text);
    // The tiny head is all too sure: what one correction moves is the odds.
    assert!(
        after[2] / after[0] > 10.0 * before[2] / before[0],
        "{before:?} {after:?}"
    );
    // Several that say the same settle it, also for a text that shares a word that the
    // base doesn't know.
    let often: Vec<Correction> = (0..6)
        .map(|at| {
            correction(
                &at.to_string(),
                &format!("{text} {at}"),
                "positive",
                "eva",
                at,
            )
        })
        .collect();
    let corrected = engine
        .with_overlay(&overlay(engine, &state(&often)))
        .unwrap();
    assert!(of(&corrected, "sentiment", &text)[2] > 0.5);
    let alike = "a jumbled heap";
    assert!(of(&corrected, "sentiment", alike)[2] > of(engine, "sentiment", alike)[2] + 0.05);
    // The other heads are the base's.
    for (task, _) in &HEADS[1..] {
        assert_eq!(of(&corrected, task, &text), of(engine, task, &text));
    }
}

/// A handful of corrections of one kind leaves posts of other kinds where they were.
#[cfg(feature = "bundled-models")]
#[test]
fn five_corrections_change_what_is_like_them_and_little_else() {
    let engine = Engine::new().unwrap();
    let given = [
        "The lift is out of order",
        "Lift out of order again",
        "the lift was out of order!",
        "our lift: out of order",
    ];
    let given: Vec<Correction> = (0..5)
        .map(|at| {
            correction(
                &at.to_string(),
                given.get(at).unwrap_or(&"lift out of order"),
                "positive",
                "eva",
                0,
            )
        })
        .collect();
    let corrected = engine
        .with_overlay(&overlay(&engine, &state(&given)))
        .unwrap();
    let alike = "Is the lift out of order?";
    let gain = of(&corrected, "sentiment", alike)[2] - of(&engine, "sentiment", alike)[2];
    let (mut moved, mut sum) = (0, 0.0);
    for post in sample() {
        let answers = [&engine, &corrected]
            .map(|engine| engine.triage(post, &mut engine.scratch()).sentiment);
        moved += usize::from(answers[0].label != answers[1].label);
        sum += (answers[0].positive - answers[1].positive).abs();
    }
    let mean = sum / sample().len() as f32;
    assert!(gain > 0.3, "{gain}");
    assert!(
        moved * 200 < sample().len() && mean < 0.005,
        "{moved} labels moved, the mean change is {mean}"
    );
}

#[test]
fn a_text_without_a_feature_that_was_corrected_is_the_bases() {
    let engine = tiny();
    let corrected = engine
        .with_overlay(&overlay(engine, &state(&some_corrections(30))))
        .unwrap();
    let known: BTreeSet<u64> = documents::documents(
        analyzer(),
        some_corrections(30)
            .iter()
            .map(|correction| correction.text.as_str()),
    )
    .iter()
    .flat_map(|document| document.features.iter().map(|feature| feature.0))
    .collect();
    let analyzer = analyzer();
    let (mut same, mut other) = (0, 0);
    let han = words(0, 2)[5].clone();
    let texts =
        sample()
            .iter()
            .map(|post| post.text.as_ref())
            .chain([han.as_str(), "ⵣⴰⵎⴰⵣⵉⵖ", "", "😡"]);
    for text in texts {
        let document = &documents::documents(analyzer, [text])[0];
        let answers = [engine, &corrected].map(|engine| of(engine, "sentiment", text));
        if document
            .features
            .iter()
            .all(|feature| !known.contains(&feature.0))
        {
            same += 1;
            assert_eq!(answers[0], answers[1], "{text}");
        } else {
            other += usize::from(answers[0] != answers[1]);
        }
    }
    assert!(same > 2 && other > 500, "{same} {other}");
}

#[test]
fn reasons_with_an_overlay_sum_to_the_margin() {
    let engine = tiny();
    let corrected = engine
        .with_overlay(&overlay(engine, &state(&some_corrections(12))))
        .unwrap();
    let texts = some_corrections(12)
        .into_iter()
        .map(|correction| Post::new(correction.text));
    let posts: Vec<Post<'_>> = texts.chain(sample().iter().take(300).cloned()).collect();
    for post in &posts {
        let faults = faults(&corrected, post);
        assert!(faults.is_empty(), "{faults:?}");
    }
    let explanation = corrected.explain(&posts[0]);
    let sentiment = explanation
        .heads
        .iter()
        .find(|head| head.head == "sentiment")
        .unwrap();
    let parts: Vec<_> = sentiment
        .evidence
        .iter()
        .filter(|part| part.kind == "correction")
        .collect();
    assert!(
        parts
            .iter()
            .any(|part| part.text.starts_with("word ") && !part.spans.is_empty()),
        "{parts:?}"
    );
    // Those of the base are there as without an overlay.
    let of_base = |explanation: &hearken::explain::Explanation| {
        let sentiment = explanation
            .heads
            .iter()
            .find(|head| head.head == "sentiment")
            .unwrap()
            .clone();
        (
            sentiment.label,
            sentiment
                .evidence
                .into_iter()
                .filter(|part| part.kind != "correction")
                .collect::<Vec<_>>(),
        )
    };
    let (label, evidence) = of_base(&explanation);
    let (label_of_base, evidence_of_base) = of_base(&engine.explain(&posts[0]));
    assert!(label != label_of_base || evidence == evidence_of_base);
}

#[test]
fn an_overlay_is_read_as_written_and_fits_its_base_only() {
    let engine = tiny();
    let made = overlay(engine, &state(&some_corrections(9)));
    assert_eq!(Model::from_bytes(&made.to_bytes()).unwrap(), made);
    assert_eq!(made.heads()[0].provenance.posts, 9);
    // It is no head of its own, and a head is no overlay.
    let error = Engine::builder()
        .without_bundled_models()
        .model(made.clone())
        .build()
        .unwrap_err();
    assert!(
        error.is_model() && error.to_string().contains("is an overlay"),
        "{error}"
    );
    let error = engine.with_overlay(support::tiny_model()).unwrap_err();
    assert!(
        error.is_model() && error.to_string().contains("is a head, not an overlay"),
        "{error}"
    );
    // Another base of the same task and labels.
    let examples: Vec<Example> = (0..12)
        .map(|at| Example {
            text: words(0, at % 3)[at % 4].clone(),
            label: HEADS[0].1[at % 3].into(),
            ..Example::default()
        })
        .collect();
    let settings = Some(Settings::default());
    let options = TrainOptions {
        task: "sentiment".into(),
        settings,
        ..TrainOptions::default()
    };
    let other = train(&examples, &options, &mut |_, _| {}).unwrap();
    let other = Engine::builder()
        .without_bundled_models()
        .model(other)
        .build()
        .unwrap();
    let error = other.with_overlay(&made).unwrap_err();
    assert!(
        error.is_model() && error.to_string().contains("on another base"),
        "{error}"
    );
    let bare = Engine::builder().without_bundled_models().build().unwrap();
    assert!(
        bare.with_overlay(&made)
            .unwrap_err()
            .to_string()
            .contains("no head to add to")
    );
    // The same head beside others, in another table, is the same base.
    let alone = support::tiny_model()
        .clone()
        .without(&["shape", "spam", "topic", "urgency"]);
    let alone = Engine::builder()
        .without_bundled_models()
        .model(alone)
        .build()
        .unwrap();
    let text = &some_corrections(9)[0].text;
    let answers =
        [engine, &alone].map(|engine| of(&engine.with_overlay(&made).unwrap(), "sentiment", text));
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn overlays_of_several_tasks_stand_beside_each_other() {
    let engine = tiny();
    let text = words(2, 0)[..2].join(" ");
    let mut corrections = Corrections::default();
    for at in 0..5 {
        let post = at.to_string();
        corrections.learn(Correction {
            task: "spam".into(),
            ..correction(&post, &text, "spam", "eva", at)
        });
    }
    let mut learner = Learner::new(engine, "spam").unwrap();
    learner.follow(&corrections).unwrap();
    let spam = learner.overlay().unwrap();
    let sentiment = overlay(engine, &state(&some_corrections(9)));
    let other = &some_corrections(9)[1].text;
    let [one, both, again] = [
        engine.with_overlay(&spam).unwrap(),
        engine
            .with_overlay(&spam)
            .unwrap()
            .with_overlay(&sentiment)
            .unwrap(),
        engine
            .with_overlay(&sentiment)
            .unwrap()
            .with_overlay(&sentiment)
            .unwrap()
            .with_overlay(&spam)
            .unwrap(),
    ];
    assert!(of(&one, "spam", &text)[1] > of(engine, "spam", &text)[1] + 0.1);
    assert_eq!(of(&one, "sentiment", other), of(engine, "sentiment", other));
    for engine in [&both, &again] {
        assert_eq!(of(engine, "spam", &text), of(&one, "spam", &text));
        assert_ne!(of(engine, "sentiment", other), of(&one, "sentiment", other));
    }
    assert_eq!(
        of(&both.without_overlay(), "spam", &text),
        of(engine, "spam", &text)
    );
    assert!(both.memory_usage() > engine.memory_usage());
    // What a scratch remembers of one overlay's words is not taken for another's.
    let mut scratch = engine.scratch();
    for engine in [engine, &one, &both, &one, engine] {
        for text in [&text, other, &text] {
            let post = Post::new(text.as_str());
            assert_eq!(
                engine.triage(&post, &mut scratch),
                engine.triage(&post, &mut engine.scratch())
            );
        }
    }
}

#[test]
fn wrong_labels_and_heads_are_named() {
    let engine = tiny();
    let error = Learner::new(engine, "weather").unwrap_err();
    assert!(
        error.is_training() && error.to_string().contains("there is no head \"weather\""),
        "{error}"
    );
    let mut learner = Learner::new(engine, "sentiment").unwrap();
    assert!(
        learner
            .overlay()
            .unwrap_err()
            .to_string()
            .contains("nothing to learn")
    );
    learner.follow(&state(&some_corrections(3))).unwrap();
    let before = learner.overlay().unwrap();
    let wrong = state(&[correction("7", "x", "angry", "jan", 0)]);
    let error = learner.follow(&wrong).unwrap_err().to_string();
    assert!(
        error.contains("\"angry\" of post \"7\" by \"jan\"") && error.contains("negative, neutral"),
        "{error}"
    );
    assert_eq!(learner.overlay().unwrap(), before);
    assert!(learner.with_strength(0.0).is_err());
}

/// A few posts, people, days and labels, so that they meet.
fn some() -> impl Strategy<Value = Vec<Correction>> {
    let one = (0..5usize, 0..3usize, 0..3usize, 0..4i64, 0..2usize).prop_map(
        |(post, label, by, day, variant)| {
            let text = format!(
                "{} {} lum",
                words(0, post % 3)[post],
                words(0, variant)[variant]
            );
            correction(
                &format!("p{post}"),
                &text,
                HEADS[0].1[label],
                ["eva", "jan", "li"][by],
                day * DAY / 2,
            )
        },
    );
    prop::collection::vec(one, 0..8)
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        (0..5usize).prop_map(|post| Target::Post {
            post: format!("p{post}"),
            task: None
        }),
        prop::sample::select(&["eva", "jan", "li"][..]).prop_map(|by| Target::By(by.into())),
        (0..2i64).prop_map(|day| Target::Day(Day::from_time(day * DAY))),
    ]
}

fn log_of(steps: &[(Vec<Correction>, Option<Target>)]) -> Replay {
    let mut bytes = Vec::new();
    for (learnt, taken) in steps {
        let lines = learnt.iter().cloned().map(Line::Learn);
        let retraction = |target: &Target| Retraction {
            target: target.clone(),
            reason: "wrong".into(),
            at: 9 * DAY,
        };
        for line in lines.chain(taken.iter().map(|target| Line::Retract(retraction(target)))) {
            bytes.extend_from_slice(line.to_json().unwrap().as_bytes());
            bytes.push(b'\n');
        }
    }
    Replay::from_bytes("log", &bytes).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Learn A, learn B, unlearn B: the state, the counts and the overlay of A, bit for bit.
    #[test]
    fn unlearning_undoes_learning(a in some(), b in some()) {
        let engine = tiny();
        let alone = state(&a);
        let mut learner = Learner::new(engine, "sentiment").unwrap();
        learner.follow(&alone).unwrap();
        let counts = learner.counts().clone();
        let bytes = learner.overlay().ok().map(|overlay| overlay.to_bytes());

        let mut both = alone.clone();
        b.iter().for_each(|correction| both.learn(correction.clone()));
        learner.follow(&both).unwrap();
        // Followed step by step or at once: the same.
        let mut at_once = Learner::new(engine, "sentiment").unwrap();
        at_once.follow(&both).unwrap();
        prop_assert_eq!(learner.counts(), at_once.counts());
        let overlays = [&learner, &at_once].map(|learner| learner.overlay().ok().map(|overlay| overlay.to_bytes()));
        prop_assert!(overlays[0] == overlays[1]);

        for correction in b.iter().rev() {
            prop_assert!(both.unlearn(correction));
        }
        prop_assert_eq!(&both, &alone);
        learner.follow(&both).unwrap();
        prop_assert_eq!(learner.counts(), &counts);
        prop_assert!(learner.overlay().ok().map(|overlay| overlay.to_bytes()) == bytes);
        // The counts are those of what stands, counted anew.
        let standing: Vec<Correction> = alone.standing("sentiment").collect();
        let documents = documents::documents(analyzer(), standing.iter().map(|correction| correction.text.as_str()));
        let label = |correction: &Correction| HEADS[0].1.iter().position(|label| *label == correction.label).unwrap();
        let labels = standing.iter().map(|correction| label(correction) as u16);
        prop_assert_eq!(&counts, &FeatureCounts::from_documents(3, documents.iter().zip(labels)));
    }

    /// The order in which labels come doesn't matter, nor how they are dealt out to logs.
    #[test]
    fn states_merge(a in some(), b in some(), c in some()) {
        let (of_a, of_b, of_c) = (state(&a), state(&b), state(&c));
        let merged = |left: &Corrections, right: &Corrections| {
            let mut left = left.clone();
            left.merge(right);
            left
        };
        prop_assert_eq!(merged(&of_a, &of_b), merged(&of_b, &of_a));
        prop_assert_eq!(merged(&merged(&of_a, &of_b), &of_c), merged(&of_a, &merged(&of_b, &of_c)));
        prop_assert_eq!(&merged(&of_a, &Corrections::default()), &of_a);
        prop_assert_eq!(merged(&of_a, &of_b), state(a.iter().chain(&b).rev()));
    }

    /// A log's retraction takes back what it names of the lines before it, and nothing of
    /// those that follow.
    #[test]
    fn a_retraction_covers_what_stands_before_it(a in some(), taken in target(), b in some()) {
        let replay = log_of(&[(a.clone(), Some(taken.clone())), (b.clone(), None)]);
        let named = |correction: &&Correction| match &taken {
            Target::Post { post, .. } => correction.post == *post,
            Target::Label { .. } => false,
            Target::By(by) => correction.by == *by,
            Target::Day(day) => day.holds(correction.at),
        };
        prop_assert_eq!(replay.learnt as usize, a.len() + b.len());
        prop_assert_eq!(replay.retracted as usize, a.iter().filter(named).count());
        prop_assert_eq!(&replay.corrections, &state(a.iter().filter(|correction| !named(correction)).chain(&b)));
        // Two logs: the order doesn't matter, and the retraction stays in its own.
        let (first, second) = (log_of(&[(a.clone(), Some(taken.clone()))]), log_of(&[(b, None)]));
        let merged = |mut left: Replay, right: &Replay| {
            left.merge(right.clone());
            left
        };
        prop_assert_eq!(&merged(first.clone(), &second), &merged(second, &first));
        prop_assert_eq!(&merged(first, &Replay::default()), &log_of(&[(a, Some(taken))]));
    }
}

#[test]
fn a_log_is_appended_to_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corrections.jsonl");
    let given = some_corrections(3);
    let lines: Vec<Line> = given.iter().cloned().map(Line::Learn).collect();
    let (mut log, torn) = Log::open(&path).unwrap();
    assert_eq!(torn, None);
    log.append(&lines[..2]).unwrap();
    log.append(&[]).unwrap();
    drop(log);
    let (mut log, _) = Log::open(&path).unwrap();
    log.append(&lines[2..]).unwrap();
    assert_eq!(Replay::open(&path).unwrap().corrections, state(&given));
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 3);

    // Killed while appending, at any byte: the rest is used, the fragment is reported, and the next
    // line is whole.
    let whole = fs::read(&path).unwrap();
    let second = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let second_end = second
        + whole[second..]
            .iter()
            .position(|&byte| byte == b'\n')
            .unwrap();
    for cut in second + 1..=second_end {
        fs::write(&path, &whole[..cut]).unwrap();
        let replay = Replay::open(&path).unwrap();
        let complete = cut == second_end;
        assert_eq!(replay.learnt, 1 + u64::from(complete), "cut at {cut}");
        let torn = replay.torn.first();
        assert_eq!(
            torn.map(|torn| (torn.line, !torn.text.is_empty())),
            (!complete).then_some((2, true))
        );
        let (mut log, taken_out) = Log::open(&path).unwrap();
        assert_eq!(taken_out.as_ref(), torn);
        log.append(&lines[2..]).unwrap();
        let replay = Replay::open(&path).unwrap();
        assert_eq!(
            (replay.learnt, replay.torn.len()),
            (2 + u64::from(complete), 0),
            "cut at {cut}"
        );
    }
}

#[test]
fn what_no_log_has_is_named_with_its_place() {
    let line = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut line = serde_json::json!({"post": "1", "task": "t", "text": "x", "label": "a", "by": "eva",
            "at": "2026-03-01T08:15:00Z"});
        change(&mut line);
        line.to_string()
    };
    let set = |field: &'static str, value: serde_json::Value| {
        line(&move |line: &mut serde_json::Value| line[field] = value.clone())
    };
    let cases = [
        (
            "{\"post\":".to_owned(),
            "not a line of a log of corrections (column",
        ),
        (set("label", "".into()), "no `label`"),
        (set("by", serde_json::Value::Null), "no `by`"),
        (
            set("at", "yesterday".into()),
            "which is not a time such as 2026-03-01T08:15:00Z",
        ),
        (set("colour", "red".into()), "unknown field `colour`"),
        (
            set(
                "retract",
                serde_json::json!({"by": "eva", "day": "2026-03-01"}),
            ),
            "`retract` takes `post`",
        ),
        (
            set("retract", serde_json::json!({"by": "eva"})),
            "no `reason`",
        ),
        (
            set("retract", serde_json::json!({"day": "1 March"})),
            "not a day as in 2026-03-01",
        ),
    ];
    for (wrong, reason) in cases {
        // In the middle it is no torn line, and a log without it might bring back what it took.
        let log = format!("{}\n\n{wrong}\n{}\n", line(&|_| {}), line(&|_| {}));
        let error = Replay::from_bytes("x.jsonl", log.as_bytes()).unwrap_err();
        let message = error.to_string();
        assert!(
            error.is_log() && message.starts_with("x.jsonl, line 3: ") && message.contains(reason),
            "{message}"
        );
        assert!(
            message.ends_with("mend the line or take it out"),
            "{message}"
        );
    }
    assert!(Replay::open("no/such/log").unwrap_err().is_log());
}

/// Labelled texts of the tiny model's words; of every text a share of the words are those
/// of another label.
fn labelled(count: usize, seed: usize) -> Vec<Example> {
    let pick = |at: usize| (at.wrapping_mul(2_654_435_761).wrapping_add(seed * 97) >> 7) % 1000;
    (0..count)
        .map(|at| {
            let label = at % 3;
            let word = |place: usize| {
                let draw = pick(at * 8 + place);
                let of = if draw % 10 < 6 { label } else { draw / 10 % 3 };
                words(0, of)[draw % 4].clone()
            };
            let text = format!("{} {} {} n{at}", word(0), word(1), word(2));
            Example {
                text,
                label: HEADS[0].1[label].into(),
                ..Example::default()
            }
        })
        .collect()
}

/// Every fifth label is another one.
fn flipped(mut examples: Vec<Example>) -> Vec<Example> {
    for (at, example) in examples
        .iter_mut()
        .enumerate()
        .filter(|(at, _)| at % 5 == 2)
    {
        let label = HEADS[0]
            .1
            .iter()
            .position(|label| *label == example.label)
            .unwrap();
        example.label = HEADS[0].1[(label + 1 + at % 2) % 3].into();
    }
    examples
}

fn trained(examples: &[Example]) -> Engine {
    let settings = Some(Settings {
        cost: 0.3,
        stretch: 0.0,
        fewest: 2,
        ..Settings::default()
    });
    let options = TrainOptions {
        task: "sentiment".into(),
        settings,
        ..TrainOptions::default()
    };
    let model = train(examples, &options, &mut |_, _| {}).unwrap();
    Engine::builder()
        .without_bundled_models()
        .model(model)
        .build()
        .unwrap()
}

#[test]
fn the_gate_refuses_flipped_labels_and_lets_clean_ones_in() {
    let running = trained(&labelled(300, 1));
    let clean = trained(&labelled(600, 2));
    let wrong = trained(&flipped(labelled(600, 2)));
    let gate = Gate::new("sentiment", labelled(600, 3)).unwrap();
    let judgement = gate.judge(&running, &clean).unwrap();
    assert!(judgement.accepted, "{}", judgement.reason);
    let refused = gate.judge(&running, &wrong).unwrap();
    assert!(!refused.accepted, "{}", refused.reason);
    assert!(
        refused
            .reason
            .contains("worse than the running head beyond noise on 600 held-out texts")
    );
    assert!(refused.log_loss.low > 0.0 && refused.log_loss.difference() > refused.log_loss.low);
    // The same every time, and of the same engine no difference.
    assert_eq!(gate.judge(&running, &wrong).unwrap(), refused);
    let same = gate.judge(&running, &running).unwrap();
    assert_eq!(
        (same.accepted, same.macro_f1.low, same.macro_f1.high),
        (true, 0.0, 0.0)
    );
    // Another seed draws otherwise.
    assert_ne!(
        gate.clone()
            .with_seed(2)
            .judge(&running, &wrong)
            .unwrap()
            .log_loss
            .low,
        refused.log_loss.low
    );
}

/// Readers go on while the engine is replaced: each answer is wholly of one engine or wholly of the
/// other, and after the replacement all are of the new one.
#[test]
fn a_live_engine_is_replaced_while_it_is_read() {
    let running = trained(&labelled(300, 1));
    let better = trained(&labelled(600, 2));
    let worse = trained(&flipped(labelled(600, 2)));
    let gate = Gate::new("sentiment", labelled(600, 3)).unwrap();
    let texts: Vec<String> = labelled(40, 4)
        .into_iter()
        .map(|example| example.text)
        .collect();
    let answers = |engine: &Engine| {
        texts
            .iter()
            .map(|text| of(engine, "sentiment", text))
            .collect::<Vec<_>>()
    };
    let [before, after, never] = [&running, &better, &worse].map(answers);
    assert!(before != after && after != never);

    let live = Live::new(running);
    let stop = AtomicBool::new(false);
    let (started, seen) = (Barrier::new(4), [const { AtomicU64::new(0) }; 2]);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                started.wait();
                // Each reads until it has seen the end, and once more.
                let mut last = false;
                while !last {
                    last = stop.load(Ordering::SeqCst);
                    // A batch that has begun ends on its engine.
                    let engine = live.engine();
                    let found = answers(&engine);
                    assert!(
                        found == before || found == after,
                        "of two engines, or of one that was refused"
                    );
                    assert!(!last || found == after);
                    seen[usize::from(found == after)].fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let held = live.engine();
        started.wait();
        assert!(!live.replace(worse, &gate).unwrap().accepted);
        assert!(live.replace(better, &gate).unwrap().accepted);
        assert_eq!(answers(&held), before);
        stop.store(true, Ordering::SeqCst);
    });
    assert!(
        seen.iter().all(|seen| seen.load(Ordering::SeqCst) >= 3),
        "{seen:?}"
    );
    assert!(live.revert() && answers(&live.engine()) == before);
    assert!(!live.revert());
}

#[test]
fn what_can_not_be_judged_is_said() {
    let engine = tiny();
    let error = Gate::new("sentiment", labelled(20, 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "20 held-out texts are too few to judge by; give at least 50"
    );
    let error = Gate::new("weather", labelled(60, 1))
        .unwrap()
        .judge(engine, engine)
        .unwrap_err();
    assert!(
        error.is_training() && error.to_string().contains("no head \"weather\""),
        "{error}"
    );
    let error = Gate::new("spam", labelled(60, 1))
        .unwrap()
        .judge(engine, engine)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("is not one of the head's (ham, spam)"),
        "{error}"
    );
    let other = Engine::builder().without_bundled_models().build().unwrap();
    let live = Live::new(engine.clone());
    assert!(
        live.replace(other, &Gate::new("sentiment", labelled(60, 1)).unwrap())
            .is_err()
    );
    assert_eq!(live.engine().tasks().count(), 5);
}

#[test]
fn a_fingerprint_tells_engines_by_their_heads_and_overlays() {
    let engine = tiny();
    let some = some_corrections(12);
    let (all, fewer) = (state(&some), state(&some[..6]));
    let with = |corrections| {
        let overlay = overlay(engine, corrections);
        engine.with_overlay(&overlay).unwrap()
    };
    let corrected = with(&all);
    assert_eq!(engine.fingerprint().len(), 16);
    assert_eq!(corrected.fingerprint(), with(&all).fingerprint());
    let all_differ = [engine, &corrected, &with(&fewer)].map(Engine::fingerprint);
    assert_eq!(BTreeSet::from(all_differ).len(), 3);
    // Put in its place unjudged, and taken back.
    let live = Live::new(engine.clone());
    live.put(corrected.clone());
    assert_eq!(live.engine().fingerprint(), corrected.fingerprint());
    assert_eq!(
        corrected.without_overlay().fingerprint(),
        engine.fingerprint()
    );
    assert!(live.revert() && live.engine().fingerprint() == engine.fingerprint());
}
