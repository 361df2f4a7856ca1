//! What is read of a post's text: the part that its author wrote, without markup.
//!
//! Exports and mailboxes hold more than that: tags and entities of HTML ([`markup`]), the mail that
//! is answered, signatures and disclaimers ([`mail`]). A [`Source`] takes them off and keeps a map,
//! so that spans still point into the text as it came. A text without any of this is read where it
//! stands: it costs one search for `<`, `&` and a line break.

mod elements;
mod mail;
mod markup;

use std::ops::Range;

use super::MAX_BYTES;
use crate::cut;

/// Most bytes of a text that are looked at. Only [`MAX_BYTES`] of what is left without markup and
/// quotations are read; the style sheet of an HTML mail alone may be longer than that. A bound on
/// time, chosen by hand.
const MAX_ORIGINAL: usize = 16 * MAX_BYTES;

/// The text that is read of a post, and its map to the original; reused between posts.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The text, unless it is the original's beginning.
    text: String,
    /// In order of place; empty where the text is the original's beginning.
    pieces: Vec<Piece>,
    /// How many bytes of the original are read, where there are no pieces.
    length: usize,
    truncated: bool,
    quoted: bool,
    /// Buffers of one reading, reused by the next.
    spare: (String, Vec<Piece>),
    quotations: Vec<Range<usize>>,
    kept: Vec<Range<usize>>,
}

/// A piece of the text that stands for bytes of the original: a copy where both are of one length,
/// else what is read in their place (an entity, a line break for a tag).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Its first byte in the text.
    at: u32,
    /// The first byte of the original, and one past the last.
    start: u32,
    end: u32,
}

/// Where a step writes what it leaves of a text.
struct Output<'s> {
    text: &'s mut String,
    pieces: &'s mut Vec<Piece>,
}

impl Output<'_> {
    /// Copies `range` of the original.
    fn copy(&mut self, original: &str, range: Range<usize>) {
        let Some(part) = original.get(range.clone()).filter(|part| !part.is_empty()) else {
            return;
        };
        self.write(part, range);
    }

    /// Takes back what was written from the byte `from` on; where it stood in the original.
    fn truncate(&mut self, from: usize) -> Option<usize> {
        let mut start = None;
        while let Some(last) = self.pieces.last().filter(|last| last.at as usize >= from) {
            start = Some(last.start as usize);
            self.pieces.pop();
        }
        self.text.truncate(from);
        start
    }

    /// Writes `text` in place of `range` of the original.
    fn write(&mut self, text: &str, range: Range<usize>) {
        if text.is_empty() {
            return;
        }
        self.pieces.push(Piece {
            at: self.text.len() as u32,
            start: range.start as u32,
            end: range.end as u32,
        });
        self.text.push_str(text);
    }
}

impl Source {
    /// Reads `original`; what was read before is dropped.
    pub(crate) fn read(&mut self, original: &str) {
        let looked_at = cut::at_most(original, MAX_ORIGINAL);
        self.text.clear();
        self.pieces.clear();
        self.quotations.clear();
        self.quoted = false;
        self.truncated = looked_at.len() < original.len();
        if markup::may_begin(looked_at) {
            let mut out = Output {
                text: &mut self.text,
                pieces: &mut self.pieces,
            };
            if !markup::strip(looked_at, &mut out, &mut self.quotations) {
                self.text.clear();
                self.pieces.clear();
            }
        }
        self.length = looked_at.len();
        let mut kept = std::mem::take(&mut self.kept);
        if mail::find_new(self.text(original), &self.quotations, &mut kept) {
            self.quoted = true;
            self.keep(original, &kept);
        }
        self.kept = kept;
        self.cut(original);
    }

    /// What is read; `original` must be the text that [`Source::read`] was given.
    pub(crate) fn text<'a>(&'a self, original: &'a str) -> &'a str {
        match self.pieces.is_empty() {
            true => original.get(..self.length).unwrap_or(original),
            false => &self.text,
        }
    }

    /// Whether all of `original`, which was given to [`Source::read`], is read as it stands.
    pub(crate) fn is_whole(&self, original: &str) -> bool {
        self.pieces.is_empty() && self.length == original.len()
    }

    /// Whether less than all that its author wrote is read, for it is too long.
    pub(crate) fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// Whether a quotation, a signature or a disclaimer was left out.
    pub(crate) fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// The bytes of the original that the bytes `span` of the text came from.
    pub(crate) fn original_span(&self, span: Range<usize>) -> Range<usize> {
        if self.pieces.is_empty() {
            return span;
        }
        let start = self.place(span.start).start;
        match span.end > span.start {
            true => start..self.place(span.end - 1).end.max(start),
            false => start..start,
        }
    }

    /// The bytes of the original that the byte at `at` of the text came from.
    fn place(&self, at: usize) -> Range<usize> {
        let next = self.pieces.partition_point(|piece| piece.at as usize <= at);
        let Some(piece) = next.checked_sub(1).and_then(|index| self.pieces.get(index)) else {
            return 0..0;
        };
        let (start, end) = (piece.start as usize, piece.end as usize);
        let behind = match self.pieces.get(next) {
            Some(next) => next.at as usize,
            None => self.text.len(),
        };
        let offset = at - piece.at as usize;
        match behind - piece.at as usize == end - start {
            true => start + offset..(start + offset + 1).min(end),
            false => start..end,
        }
    }

    /// Leaves out all but the parts `kept`, which are in order.
    fn keep(&mut self, original: &str, kept: &[Range<usize>]) {
        let (mut text, mut pieces) = std::mem::take(&mut self.spare);
        text.clear();
        pieces.clear();
        let whole = Piece {
            at: 0,
            start: 0,
            end: self.length as u32,
        };
        let (old, places) = match self.pieces.is_empty() {
            true => (original, std::slice::from_ref(&whole)),
            false => (self.text.as_str(), self.pieces.as_slice()),
        };
        let length = self.text(original).len();
        for range in kept {
            if let (false, Some(last)) = (text.is_empty(), pieces.last()) {
                // What stood between two parts parted them.
                let end: Piece = *last;
                pieces.push(Piece {
                    at: text.len() as u32,
                    start: end.end,
                    end: end.end,
                });
                text.push('\n');
            }
            let first = places
                .partition_point(|piece| piece.at as usize <= range.start)
                .saturating_sub(1);
            for (index, piece) in places.iter().enumerate().skip(first) {
                let at = piece.at as usize;
                let behind = places
                    .get(index + 1)
                    .map_or(length, |next| next.at as usize);
                let (from, to) = (at.max(range.start), behind.min(range.end));
                if from >= to {
                    break;
                }
                let mut part = *piece;
                part.at = text.len() as u32;
                if behind - at == (piece.end - piece.start) as usize {
                    part.start = piece.start + (from - at) as u32;
                    part.end = piece.start + (to - at) as u32;
                }
                pieces.push(part);
                text.push_str(old.get(from..to).unwrap_or_default());
            }
        }
        self.spare = (
            std::mem::replace(&mut self.text, text),
            std::mem::replace(&mut self.pieces, pieces),
        );
    }

    /// Cuts what is read to [`MAX_BYTES`].
    fn cut(&mut self, original: &str) {
        let text = self.text(original);
        let (length, most) = (text.len(), cut::at_most(text, MAX_BYTES).len());
        if most == length {
            return;
        }
        self.truncated = true;
        self.length = most;
        let mut behind = length;
        while let Some(last) = self.pieces.last_mut() {
            let at = last.at as usize;
            if at < most {
                if behind - at == (last.end - last.start) as usize {
                    last.end = last.start + (most - at) as u32;
                }
                break;
            }
            behind = at;
            self.pieces.pop();
        }
        self.text.truncate(most);
    }
}

#[cfg(test)]
mod tests;
