//! Models and overlays.

use std::sync::LazyLock;

use hearken::internals::{Analysis, Analyzer, Sums, Table};
use hearken::model::Model;
use hearken::{Engine, Post};

use super::refused;
use crate::frame::Frame;
use crate::{Outcome, Target, seeds};

/// A file of a model.
pub const MODEL: Target = Target {
    name: "model",
    run: model,
    frame: Frame::Model,
    seeds: seeds::models,
    tokens: TOKENS,
};

/// A file of an overlay, put on an engine.
pub const OVERLAY: Target = Target {
    name: "overlay",
    run: overlay,
    frame: Frame::Model,
    seeds: seeds::overlays,
    tokens: TOKENS,
};

/// A model's file.
///
/// It is refused, or its bytes are a fixed point and it scores texts without a panic, each head
/// with probabilities that sum to 1.
fn model(data: &[u8]) -> Outcome {
    static ANALYZER: LazyLock<Analyzer> =
        LazyLock::new(|| Analyzer::bundled().expect("the bundled lexicons are sound"));
    let model = match Model::from_bytes(data) {
        Ok(model) => model,
        Err(error) => return refused(&error),
    };
    let bytes = model.to_bytes();
    match Model::from_bytes(&bytes) {
        Ok(again) => assert!(
            again.to_bytes() == bytes,
            "a model's bytes change when read again"
        ),
        Err(error) => panic!("a model refuses its own bytes: {error}"),
    }
    let table = Table::new(&model);
    let (mut analysis, mut sums) = (Analysis::default(), Sums::default());
    let (mut margins, mut probabilities) = (Vec::new(), Vec::new());
    for text in [
        "",
        "red",
        "Red and blue shoes, where is my refund?",
        "快递三天还没到",
        "😡",
    ] {
        ANALYZER.prepare(text, &mut analysis);
        let mut summing = table.start(&mut sums);
        ANALYZER.feed(&mut analysis, &mut summing);
        summing.finish();
        for (head, known) in table.heads().iter().enumerate() {
            let familiarity = table.familiarity(head, &sums);
            table.probabilities(
                head,
                &sums,
                &analysis.signals,
                (|_| 0, familiarity),
                &mut margins,
                &mut probabilities,
            );
            assert_eq!(probabilities.len(), known.labels.len());
            let sum: f32 = probabilities.iter().sum();
            assert!((sum - 1.0).abs() < 1e-3, "{probabilities:?} sum to {sum}");
            if let Some((label, _)) = known.calibration.choose(&probabilities) {
                assert!(label < known.labels.len());
            }
        }
    }
    Outcome::Accepted("model")
}

/// A model that is given to an engine as a custom head and as an overlay.
///
/// Each is refused, or the engine answers with probabilities that sum to 1, parts that sum to the
/// score, and an explanation.
fn overlay(data: &[u8]) -> Outcome {
    static BASE: LazyLock<Engine> = LazyLock::new(|| {
        let tiny = Model::from_bytes(seeds::TINY).expect("the tiny model is sound");
        let base = Engine::builder().without_bundled_models().model(tiny);
        base.build().expect("a sound engine")
    });
    let model = match Model::from_bytes(data) {
        Ok(model) => model,
        Err(error) => return refused(&error),
    };
    let custom = Engine::builder()
        .without_bundled_models()
        .model(model.clone());
    let (custom, overlaid) = (custom.build(), BASE.with_overlay(&model));
    let ways = match (&custom, &overlaid) {
        (Ok(_), Ok(_)) => "both",
        (Ok(_), Err(_)) => "head",
        (Err(_), Ok(_)) => "overlay",
        (Err(one), Err(other)) => {
            let (Outcome::Refused(one), Outcome::Refused(other)) = (refused(one), refused(other))
            else {
                unreachable!("a refusal is a refusal");
            };
            return Outcome::Refused(format!("{one}{}{other}", super::SEPARATOR));
        }
    };
    for engine in [custom, overlaid].into_iter().flatten() {
        let mut scratch = engine.scratch();
        for text in ["", "Where is my red refund?", "快递三天还没到"] {
            super::triage::check(&engine, &Post::new(text), &mut scratch);
        }
    }
    Outcome::Accepted(ways)
}

const TOKENS: &[&str] = &[
    "\"features\":",
    "\"heads\":[",
    "\"task\":",
    "\"labels\":[",
    "\"shift\":",
    "\"bias\":[",
    "\"calibration\":{",
    "\"a\":[",
    "\"b\":[",
    "\"sharpness\":",
    "\"novelty\":",
    "\"decision\":[",
    "\"thresholds\":[",
    "\"signals\":",
    "\"weight\":",
    "\"gaussians\":[",
    "\"languages\":[",
    "\"priors\":[",
    "\"stack\":",
    "\"learnt\":",
    "\"terms\":",
    "null",
    "-1",
    "0",
    "32",
    "1e308",
    "-1e308",
    "1e-320",
    "9223372036854775807",
    "-9223372036854775808",
    ",",
    "[",
    "]",
    "{",
    "}",
    "\"a\"",
];
