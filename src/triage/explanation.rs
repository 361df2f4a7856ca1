//! Reasons: the parts of each score, which sum to it exactly, with the places in the original text
//! that are the evidence.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::triage::{Importance, Level, Part};

/// Why a post was answered as it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// One entry a head and label: its evidence.
    pub heads: Vec<HeadExplanation>,
    /// The ledger of importance: its parts sum to `score`.
    pub importance: ImportanceExplanation,
}

/// The evidence for one label of one head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HeadExplanation {
    /// The head (`spam`, `sentiment`, `topic`, `urgency` or the embedder's).
    pub head: String,
    /// The label.
    pub label: String,
    /// The calibrated probability, 0 to 1.
    pub probability: f32,
    /// The share of the text's words and pairs that the head has met, 0 to 1: the less, the less
    /// its log-odds count.
    pub known: f32,
    /// The margin in fixed point: exactly the sum of the evidence. Divide by [`SCALE`] for
    /// the model's unit.
    pub margin: i64,
    /// The parts, strongest first, ties by their text.
    pub evidence: Vec<Evidence>,
}

/// The fixed-point unit of margins.
pub const SCALE: i64 = crate::model::SCALE;

/// One part of a margin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evidence {
    /// The kind of feature: `bias`, `word`, `pair`, `characters`, `han`, `lexicon`, `signal` …;
    /// `correction` is what an overlay adds, with the feature's kind before its text.
    pub kind: Cow<'static, str>,
    /// The feature as a person reads it.
    pub text: String,
    /// What it adds to the margin, in fixed point.
    pub weight: i64,
    /// Where it stands in the original text, byte offsets.
    pub spans: Vec<Span>,
}

/// A place in the original text, byte offsets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// The ledger of importance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImportanceExplanation {
    /// 0 to 100.
    pub score: u8,
    /// The level of the score.
    pub level: Level,
    /// The parts; their points sum to `score`.
    pub parts: Vec<ImportancePart>,
}

/// A part of the ledger of importance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImportancePart {
    /// The part's name (`harm`, `reach` …).
    pub name: Cow<'static, str>,
    /// Points.
    pub points: i16,
    /// Why, in a few words.
    pub reason: String,
    /// Where in the text the evidence is, in byte offsets; empty where the reason is not
    /// in the text.
    pub spans: Vec<Span>,
}

impl ImportanceExplanation {
    /// Brings the ledger of a post alone up to what it came to in a stream: `reasons` are those
    /// that the stream gives, which stand before the ones that are there.
    pub fn complete(&mut self, importance: &Importance, reasons: Vec<ImportancePart>) {
        let stated = std::mem::take(&mut self.parts);
        let points = Part::ALL
            .iter()
            .zip(importance.parts)
            .filter(|(_, points)| *points != 0);
        self.parts = points
            .map(|(part, points)| {
                let known = reasons
                    .iter()
                    .chain(&stated)
                    .find(|known| known.name == part.name());
                let reason = known.map_or_else(|| part.name().into(), |known| known.reason.clone());
                let spans = known.map_or_else(Vec::new, |known| known.spans.clone());
                ImportancePart {
                    name: part.name().into(),
                    points,
                    reason,
                    spans,
                }
            })
            .collect();
        (self.score, self.level) = (importance.score, importance.level);
    }
}
