//! Sums: the rows of a text's features added up.
//!
//! Additions are of whole numbers, so their order and grouping never matter. Two things follow: rows are fetched many at
//! a time, and the n-grams of a word, which depend on the word alone, are summed once and remembered.

use super::table::{Table, add_row};
use crate::feature::{Block, Feature, Sink, ngram};

/// Bytes that the remembered words of one thread may take, a core's own cache; some eight thousand words.
const WORD_BYTES: usize = 1 << 20;

/// The sums of one text, block by block, and the words remembered from earlier texts; reused between texts.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// A row's numbers for the words, then as many for the characters.
    pub(super) lanes: Vec<i32>,
    /// Hashes of features whose rows are still to be added, words and characters apart.
    waiting: [Vec<u64>; 2],
    words: Words,
}

/// Takes the features of one text and adds their rows; [`Summing::finish`] when all are in.
#[derive(Debug)]
pub struct Summing<'a> {
    table: &'a Table,
    sums: &'a mut Sums,
}

/// The summed n-grams of words that were met lately.
///
/// Each word has one place. It has to leave it to the next one that wants it, unless it was met since another wanted it:
/// so the many rare words don't drive the usual ones out.
#[derive(Clone, Debug, Default)]
struct Words {
    /// The table that the sums are of; 0 is none.
    table: u64,
    spellings: Vec<Spelling>,
    rows: Vec<i32>,
    stride: usize,
}

/// A word of up to 23 bytes after its length plus one; zeros where there is none. [`MET`] is added in its place.
///
/// Words are compared, not hashes: an answer must not depend on what was read before, for whatever text.
type Spelling = [u8; 24];

/// The bit of a spelling's first byte that says: it was met since it came, or since another word wanted its place.
const MET: u8 = 0x80;

/// What is remembered of a word.
enum Remembered<'a> {
    /// Its sums.
    Sums(&'a [i32]),
    /// Nothing: here its sums should go.
    Place(&'a mut [i32]),
    /// Nothing, nor shall it be.
    Never,
}

impl Sums {
    /// Begins a new text: all sums are zero.
    pub(super) fn start<'a>(&'a mut self, table: &'a Table) -> Summing<'a> {
        self.lanes.clear();
        self.lanes.resize(table.stride() * 2, 0);
        self.waiting.iter_mut().for_each(Vec::clear);
        self.words.serve(table);
        Summing { table, sums: self }
    }
}

impl Summing<'_> {
    /// Adds what is waiting.
    pub fn finish(self) {
        let Sums { lanes, waiting: [words, characters], .. } = self.sums;
        let (of_words, of_characters) = lanes.split_at_mut(self.table.stride());
        self.table.add_rows(words, of_words);
        self.table.add_rows(characters, of_characters);
    }
}

impl Sink for Summing<'_> {
    #[inline]
    fn feature(&mut self, feature: Feature) {
        let [words, characters] = &mut self.sums.waiting;
        match feature.block {
            Block::Words => words.push(feature.hash),
            Block::Characters => characters.push(feature.hash),
        }
    }

    #[inline]
    fn characters(&mut self, word: &str, identity: u64, _start: u32) {
        let Sums { lanes, waiting: [_, waiting], words } = &mut *self.sums;
        let lanes = lanes.get_mut(self.table.stride()..).unwrap_or_default();
        match words.remembered(word, identity) {
            Remembered::Sums(sums) => add_row(lanes, sums),
            Remembered::Place(place) => {
                place.fill(0);
                let before = waiting.len();
                ngram::of_word(word, |hash, _, _| waiting.push(hash));
                self.table.add_rows(&waiting[before..], place);
                waiting.truncate(before);
                add_row(lanes, place);
            }
            Remembered::Never => ngram::of_word(word, |hash, _, _| waiting.push(hash)),
        }
    }
}

impl Words {
    /// Forgets all words, unless they are those of `table`.
    fn serve(&mut self, table: &Table) {
        if self.table == table.identity() {
            return;
        }
        let stride = table.stride();
        let places = (WORD_BYTES / (size_of::<Spelling>() + stride * size_of::<i32>()) + 1).next_power_of_two() / 2;
        *self =
            Words { table: table.identity(), spellings: vec![[0; 24]; places], rows: vec![0; places * stride], stride };
    }

    #[inline]
    fn remembered(&mut self, word: &str, identity: u64) -> Remembered<'_> {
        let mut spelling: Spelling = [0; 24];
        let Some(letters) = spelling.get_mut(1..=word.len()) else { return Remembered::Never };
        letters.copy_from_slice(word.as_bytes());
        spelling[0] = word.len() as u8 + 1;
        let at = identity as usize & self.spellings.len().wrapping_sub(1);
        let Some(known) = self.spellings.get_mut(at) else { return Remembered::Never };
        let Some(row) = self.rows.get_mut(at * self.stride..(at + 1) * self.stride) else { return Remembered::Never };
        let met = known[0] & MET;
        known[0] &= !MET;
        if *known == spelling {
            known[0] |= MET;
            return Remembered::Sums(row);
        }
        if met != 0 {
            return Remembered::Never;
        }
        *known = spelling;
        Remembered::Place(row)
    }
}
