//! What is found in a text: listed terms and rules, by index and place.

use serde::{Deserialize, Serialize};

/// A listed term at its place in the original text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TermSpan {
    /// The term's index in the engine's lexicon.
    pub term: u32,
    /// Its first byte in the original text.
    pub start: u32,
    /// One past its last byte in the original text.
    pub end: u32,
}

/// A rule of monitored terms that hit; see [`crate::terms`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RuleHit {
    /// The index of the rule in the engine's [`Rules`](crate::terms::Rules).
    pub rule: u16,
    /// 1 to 3: the rule's own, or that of its gravest listed term in the text.
    pub severity: u8,
    /// Where its parts stand, in order of place.
    pub parts: Vec<TermSpan>,
}
