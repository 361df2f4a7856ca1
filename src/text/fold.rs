//! Folding: one spelling for the many that people and spammers use, with a map back to the original.

use std::ops::Range;

/// Folds texts; immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct Folder {}

/// A folded text and its map to the original; filled by [`Folder::fold`], reused between posts.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    text: String,
    map: Vec<u32>,
}

impl Folder {
    /// The folder with its tables.
    pub fn new() -> Folder {
        Folder {}
    }

    /// Folds `original` into `into`, whose earlier content is dropped.
    pub fn fold(&self, original: &str, into: &mut Folded) {
        into.text.clear();
        into.map.clear();
        into.text.push_str(original);
        into.map.extend(0..=original.len() as u32);
    }

    /// Folds a word or phrase of a lexicon, a taxonomy or a dictionary.
    pub fn fold_term(&self, term: &str) -> String {
        let mut folded = Folded::default();
        self.fold(term, &mut folded);
        folded.text
    }
}

/// What folding saw, in counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disguises {
    /// Look-alike letters of other scripts replaced.
    pub look_alikes: u32,
    /// Invisible characters removed.
    pub invisible: u32,
    /// Runs of spaced-out characters joined.
    pub spaced_out: u32,
    /// Variants of contact words replaced.
    pub contact_variants: u32,
    /// Runs of repeated letters cut.
    pub elongations: u32,
}

impl Folded {
    /// What folding saw.
    pub fn disguises(&self) -> Disguises {
        Disguises::default()
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bytes of the original that the folded bytes `span` came from.
    pub fn original_span(&self, span: Range<usize>) -> Range<usize> {
        let last = self.map.len().saturating_sub(1);
        let start = self.map.get(span.start.min(last)).copied().unwrap_or(0);
        let end = self.map.get(span.end.min(last)).copied().unwrap_or(0);
        start as usize..(end.max(start)) as usize
    }
}
