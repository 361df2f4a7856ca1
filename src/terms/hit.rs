//! What is found in a text: listed terms and rules, by index and place.

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

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

/// The terms of a post, inline where they are few: a slice of [`TermSpan`].
///
/// One English post in ten has a term of harm, nearly always one or two, and that list was the last
/// thing that an answer allocated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<TermSpan>", into = "Vec<TermSpan>")]
pub struct TermSpans(SmallVec<[TermSpan; 6]>);

impl TermSpans {
    pub(crate) fn push(&mut self, span: TermSpan) {
        self.0.push(span);
    }
}

impl Deref for TermSpans {
    type Target = [TermSpan];

    fn deref(&self) -> &[TermSpan] {
        &self.0
    }
}

impl DerefMut for TermSpans {
    fn deref_mut(&mut self) -> &mut [TermSpan] {
        &mut self.0
    }
}

impl Extend<TermSpan> for TermSpans {
    fn extend<I: IntoIterator<Item = TermSpan>>(&mut self, spans: I) {
        self.0.extend(spans);
    }
}

impl<'a> IntoIterator for &'a TermSpans {
    type Item = &'a TermSpan;
    type IntoIter = std::slice::Iter<'a, TermSpan>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Vec<TermSpan>> for TermSpans {
    fn from(spans: Vec<TermSpan>) -> TermSpans {
        TermSpans(spans.into())
    }
}

impl From<TermSpans> for Vec<TermSpan> {
    fn from(spans: TermSpans) -> Vec<TermSpan> {
        spans.0.into_vec()
    }
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
