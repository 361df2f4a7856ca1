//! Words of harm in a text, for the count of what is rare.

use crate::feature::hash::{FeatureKind, hash};
use crate::feature::lexicon::Lexicon;
use crate::feature::{Analysis, Analyzer};
use crate::importance::{HarmKind, ledger};
use crate::triage::Part;
use serde::{Deserialize, Serialize};

/// A word of harm in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// Its kind.
    pub kind: HarmKind,
    /// Its strength, 1 to 3.
    pub strength: u8,
    /// A stable hash of the term as it is listed.
    pub term: u64,
    /// The term's index in the engine's lexicon.
    pub listed: u32,
    /// Its first byte in the original text.
    pub start: u32,
    /// One past its last byte in the original text.
    pub end: u32,
}

/// The words of harm of a text that was read, each once, in the order of their places.
pub(crate) fn elements(analysis: &Analysis, lexicon: &Lexicon) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    for (hit, term) in ledger::hits(analysis, lexicon, Part::Harm) {
        let Some(kind) = HarmKind::from_name(&term.kind) else {
            continue;
        };
        let identity = hash(FeatureKind::Lexicon, &term.text);
        if elements
            .iter()
            .all(|other| (other.kind, other.term) != (kind, identity))
        {
            let (start, end) = Analyzer::original(analysis, hit.start, hit.end);
            let strength = term.strength.unsigned_abs();
            elements.push(Element {
                kind,
                strength,
                term: identity,
                listed: hit.term,
                start,
                end,
            });
        }
    }
    elements
}
