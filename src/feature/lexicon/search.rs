//! The search of a text for listed terms: where walks start, and which terms hold where they are
//! found.

use super::edge::{Around, Edge};
use super::{Lexicon, TermHit, Use, is_spoken};
use crate::text::{Language, Token, trie};

/// The search of one text.
pub(super) struct Search<'a> {
    pub(super) lexicon: &'a Lexicon,
    pub(super) folded: &'a str,
    pub(super) tokens: &'a [Token],
    pub(super) language: Language,
}

impl Search<'_> {
    /// Walks from every byte of `from..to` with which a term of `kinds` may start; the first token
    /// that does not end before any of them is `cursor`.
    #[inline]
    pub(super) fn walks(
        &self,
        from: usize,
        to: usize,
        kinds: u8,
        cursor: usize,
        out: &mut Vec<TermHit>,
    ) {
        let bytes = self.folded.as_bytes().get(from..to).unwrap_or_default();
        let begins = |byte: &u8| {
            let first = self.lexicon.firsts.get(usize::from(*byte));
            first.is_some_and(|first| first & kinds != 0)
        };
        let mut rest = bytes.iter();
        // A search by itself, so that it is a short loop: it looks at every byte of a text.
        while rest.any(begins) {
            self.walk(to - rest.len() - 1, (trie::ROOT, 0), cursor, out);
        }
    }

    /// Puts the terms that start at byte `start` into `out`; the walk goes on at a node, behind so
    /// many bytes.
    // By itself, so that the search for such bytes stays short.
    #[inline(never)]
    pub(super) fn walk(
        &self,
        start: usize,
        (node, from): (u32, usize),
        mut cursor: usize,
        out: &mut Vec<TermHit>,
    ) {
        let bytes = self.folded.as_bytes();
        let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
        // Inside a run of letters no term of letters starts.
        if start > 0 && is_letter(start) && is_letter(start - 1) {
            return;
        }
        let rest = bytes.get(start..).unwrap_or_default();
        let earlier = out.len();
        let trie = &self.lexicon.trie;
        trie.walk(node, from, rest, |length, text| {
            self.take(text, (start, start + length), &mut cursor, out);
        });
        // Places are walked from in their order, so the hits of each are ordered by themselves.
        let found = out.get_mut(earlier..).unwrap_or_default();
        self.lexicon.order(self.language, found);
    }

    /// Puts those of the uses of a text that hold at its place into `out`; no token before `cursor`
    /// reaches as far.
    // By itself, so that the walk, which takes a step for each byte, has the registers.
    #[inline(never)]
    fn take(
        &self,
        text: u32,
        (start, end): (usize, usize),
        cursor: &mut usize,
        out: &mut Vec<TermHit>,
    ) {
        let Some(&(first, last)) = self.lexicon.patterns.get(text as usize) else {
            return;
        };
        let ends_before = |token: &Token| (token.end as usize) < end;
        while self.tokens.get(*cursor).is_some_and(ends_before) {
            *cursor += 1;
        }
        let around = Around {
            folded: self.folded,
            tokens: self.tokens,
            cursor: *cursor,
        };
        // Most texts that are found are a whole word, or no more than the beginning of one: that is
        // seen once for all uses.
        let (is_token, goes_on) = (around.is_token(start, end), around.goes_on(end));
        let uses = self.lexicon.uses.get(first as usize..last as usize);
        for (index, used) in (first..).zip(uses.unwrap_or_default()) {
            // `no` and `to` are words of both languages, with other meanings.
            if is_foreign_short_word(used, self.language)
                || (used.list.is_monitored() && !is_spoken(used.language, self.language))
            {
                continue;
            }
            let end = match used.is_simple() {
                true if goes_on && used.right == Edge::Letter => None,
                true if is_token && used.left != Edge::Han => Some(end),
                _ => self.lexicon.end_of(used, &around, start, end),
            };
            if let Some(end) = end {
                // The use stands in the term's place until overlaps are resolved, which needs
                // more of it.
                out.push(TermHit {
                    term: index,
                    start: start as u32,
                    end: end as u32,
                });
            }
        }
    }
}

/// Whether `used` is a short English word in a Czech post, or the reverse.
fn is_foreign_short_word(used: &Use, post: Language) -> bool {
    used.length <= 3
        && matches!(
            (used.language, post),
            (Language::En, Language::Cs) | (Language::Cs, Language::En)
        )
        && used.left == Edge::Letter
}
