//! Novelty: something rare and severe within a routine topic.

use crate::Triage;
use crate::feature::Analysis;
use crate::feature::lexicon::Lexicon;

/// An element of a text that novelty counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Element {}

/// The elements of a text that was read.
pub(crate) fn elements(analysis: &Analysis, lexicon: &Lexicon, triage: &Triage) -> Vec<Element> {
    let _ = (analysis, lexicon, triage);
    Vec::new()
}
