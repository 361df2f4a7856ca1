//! The n-grams of words that were met lately, summed.
//!
//! A word's n-grams depend on the word alone, and most words of most posts were met before: one
//! comparison takes the place of three probes of the table a letter. On the sample's English posts
//! that is 17,800 instructions a post instead of 22,000 for the language.

use std::sync::Arc;

use super::table::{LANES, Table, WIDTH};

/// Places of one thread's memory, a power of two; 512 KB, so that it stays in a core's own cache.
/// Each word has two of them: with one, six in a hundred words of the sample's posts had lost their
/// place to another, and were summed anew.
const PLACES: usize = 1 << 13;

/// The most symbols of a word that is offered to the sink as a whole.
const MAX_WHOLE: usize = 15;

/// The symbols of a word that is offered to the sink as a whole, behind their number: so two words
/// are compared at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Symbols([u16; MAX_WHOLE + 1]);

impl Symbols {
    /// Writes a symbol behind `held` others; `false` if there is no room. [`Symbols::end`] is to
    /// follow.
    #[inline]
    pub(super) fn put(&mut self, held: usize, symbol: u16) -> bool {
        let place = self.0.get_mut(held + 1);
        place.map(|place| *place = symbol).is_some()
    }

    /// Says how many symbols were put.
    #[inline]
    pub(super) fn end(&mut self, held: usize) {
        self.0[0] = held as u16;
    }

    /// The symbols.
    pub(super) fn as_slice(&self) -> &[u16] {
        let [held, symbols @ ..] = &self.0;
        symbols.get(..usize::from(*held)).unwrap_or_default()
    }

    /// A well spread number.
    #[inline]
    pub(super) fn spread(&self) -> usize {
        let mut sum = 0u64;
        for four in self.0.chunks_exact(4) {
            // In the order of a load, so that it is one.
            let four = four
                .iter()
                .rev()
                .fold(0u64, |four, &symbol| four << 16 | u64::from(symbol));
            sum = (sum ^ four)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(29);
        }
        (sum >> 20) as usize
    }
}

/// What is remembered of words, by one thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    /// The table that the sums are of. It is held, so no other table can take its place in memory.
    table: Option<Arc<Table>>,
    places: Vec<Place>,
}

/// Words are compared, not hashes: an answer must not depend on what was read before.
///
/// A place fills a line of the cache, so that a look-up waits for one fetch.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
pub(super) struct Place {
    /// The word; without symbols where there is none.
    word: Symbols,
    /// Its sums; in the last lane, which no language has, how many n-grams they are of.
    sums: [i16; WIDTH],
}

const _: () = assert!(size_of::<Place>() == 64 && LANES < WIDTH);

impl Place {
    /// Keeps the sums of the word's n-grams.
    #[inline]
    pub(super) fn put(&mut self, mut sums: [i16; WIDTH], grams: u32) {
        // At most `MAX_GRAMS`.
        sums[WIDTH - 1] = grams as i16;
        self.sums = sums;
    }

    /// What was kept.
    #[inline]
    pub(super) fn known(&self) -> ([i16; WIDTH], u32) {
        (self.sums, self.sums[WIDTH - 1] as u32)
    }
}

impl Memory {
    /// Forgets all words, unless they are those of `table`.
    pub(super) fn serve(&mut self, table: &Arc<Table>) {
        let is_same = |known: &Arc<Table>| Arc::ptr_eq(known, table);
        if !self.table.as_ref().is_some_and(is_same) {
            self.table = Some(Arc::clone(table));
            self.places.clear();
            self.places.resize(PLACES, Place::default());
        }
    }

    /// The place of a word, and whether it holds the word's sums; else it is now the word's, and
    /// they are to be put there.
    #[inline]
    pub(super) fn place(&mut self, word: &Symbols) -> Option<(usize, bool)> {
        let first = (word.spread() % PLACES) & !1;
        let [newer, older] = self.places.get_mut(first..)?.first_chunk_mut()?;
        if newer.word == *word {
            return Some((first, true));
        }
        if older.word == *word {
            return Some((first + 1, true));
        }
        // The older one makes room.
        *older = newer.clone();
        newer.word = *word;
        Some((first, false))
    }

    pub(super) fn at(&mut self, index: usize) -> Option<&mut Place> {
        self.places.get_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_share_their_places() {
        let mut memory = Memory {
            table: None,
            places: vec![Place::default(); PLACES],
        };
        let word = |symbol: u16| {
            let mut word = Symbols::default();
            word.put(0, symbol);
            word.end(1);
            word
        };
        let of = |word: &Symbols| (word.spread() % PLACES) & !1;
        let first = word(1);
        let mut others = (2..).map(word).filter(|other| of(other) == of(&first));
        let (second, third) = (others.next().unwrap(), others.next().unwrap());
        let mut is_known = |word: &Symbols| memory.place(word).is_some_and(|(_, known)| known);
        assert!(!is_known(&first) && !is_known(&second));
        assert!(is_known(&first) && is_known(&second));
        // The older one makes room.
        assert!(!is_known(&third) && is_known(&second) && !is_known(&first));
    }
}
