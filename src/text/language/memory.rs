//! The n-grams of words that were met lately, summed.
//!
//! A word's n-grams depend on the word alone, and most words of most posts were met before: one
//! comparison takes the place of three probes of the table a letter. On the sample's English posts
//! that is 17,800 instructions a post instead of 22,000 for the language.

use std::sync::Arc;

use super::gram::MAX_WHOLE;
use super::table::{LANES, Table, WIDTH};

/// Places of one thread's memory, a power of two; 512 KB, so that it stays in a core's own cache.
const PLACES: usize = 1 << 13;

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
    /// The word's symbols behind their number; all zero where there is no word.
    spelling: [u16; MAX_WHOLE + 1],
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
    pub(super) fn place(&mut self, symbols: &[u16]) -> Option<(usize, bool)> {
        let mut spelling = [0; MAX_WHOLE + 1];
        let [length, rest @ ..] = &mut spelling;
        *length = symbols.len() as u16;
        rest.get_mut(..symbols.len())?.copy_from_slice(symbols);
        let index = spread(&spelling) % PLACES;
        let place = self.places.get_mut(index)?;
        let is_known = place.spelling == spelling;
        place.spelling = spelling;
        Some((index, is_known))
    }

    pub(super) fn at(&mut self, index: usize) -> Option<&mut Place> {
        self.places.get_mut(index)
    }
}

/// A well spread number.
#[inline]
fn spread(spelling: &[u16; MAX_WHOLE + 1]) -> usize {
    let mut sum = 0u64;
    for four in spelling.chunks_exact(4) {
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
