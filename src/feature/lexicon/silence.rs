//! What a lexicon says of a word whatever text it stands in.
//!
//! Most words begin no term, or one that is found behind the word or not at all. That is seen once
//! and remembered with the word. What is short of its end (`go` in `good`) was judged a second time
//! for each word: two of three texts that a walk met.

use super::edge::Edge;
use super::{Lexicon, OTHER};
use crate::text::trie;

/// What is known of a word whatever text it stands in, so that less of it is walked over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::feature) struct Silence {
    /// Where a walk from its first byte stands behind its last one: what it would find before that
    /// can't hold, for letters go on behind it. [`trie::ROOT`] if the word has to be walked over,
    /// and [`NOWHERE`] if the walk ends within it.
    pub(in crate::feature) behind: u32,
    /// No term starts within it.
    pub(in crate::feature) holds_none: bool,
}

/// No node.
pub(super) const NOWHERE: u32 = u32::MAX;

impl Default for Silence {
    fn default() -> Silence {
        Silence {
            behind: trie::ROOT,
            holds_none: false,
        }
    }
}

impl Lexicon {
    /// What is known of a word whatever text it stands in.
    pub(in crate::feature) fn silence(&self, word: &str) -> Silence {
        let bytes = word.as_bytes();
        let starts = |byte: &u8| {
            let first = self.firsts.get(usize::from(*byte));
            first.is_some_and(|first| first & OTHER != 0)
        };
        Silence {
            behind: self.behind(bytes),
            holds_none: !bytes.iter().skip(1).any(starts),
        }
    }

    /// See [`Silence::behind`].
    fn behind(&self, word: &[u8]) -> u32 {
        let mut node = trie::ROOT;
        for (length, &byte) in (1..).zip(word) {
            let Some((child, text)) = self.trie.child(node, byte) else {
                return NOWHERE;
            };
            let is_done = text.is_none_or(|text| match word.get(length) {
                Some(next) => next.is_ascii_alphanumeric() && self.needs_end(text),
                // It is found behind the word.
                None => true,
            });
            if !is_done {
                return trie::ROOT;
            }
            node = child;
        }
        node
    }

    /// Whether none of the terms of a text holds where a letter or digit of ASCII goes on with it.
    fn needs_end(&self, text: u32) -> bool {
        let range = self.patterns.get(text as usize).copied();
        let uses = range.and_then(|(first, last)| self.uses.get(first as usize..last as usize));
        uses.is_some_and(|uses| {
            uses.iter()
                .all(|used| used.is_simple() && used.right == Edge::Letter)
        })
    }
}
