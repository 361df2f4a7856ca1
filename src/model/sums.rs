//! Sums: the rows of a text's features added up.
//!
//! Additions are of whole numbers, so their order and grouping never matter. Two things follow:
//! rows are fetched many at a time, and the n-grams of a word, which depend on the word alone, are
//! summed once and remembered.

use super::table::{Table, sum_rows};
use crate::feature::words::{PLACES, Word};
use crate::feature::{BLOCKS, Feature, Sink, ngram};
use crate::text::spelling::Spelling;

/// Bytes that the remembered words of one thread may take: a bound on memory, which the bundled
/// heads reach with all [`PLACES`].
const WORD_BYTES: usize = 5 << 19;

/// The sums of one text, block by block, and the words remembered from earlier texts;
/// reused between texts.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// A row's numbers for each block in turn.
    pub(super) lanes: Vec<i32>,
    /// Hashes of features whose rows are still to be added, block by block.
    waiting: [Vec<u64>; BLOCKS],
    words: Remembered,
    /// Where the remembered sums begin that are still to be added.
    known: Vec<usize>,
    /// How many features of each block were taken one by one.
    pub(super) features: [u32; BLOCKS],
}

/// Takes the features of one text and adds their rows; [`Summing::finish`] when all are in.
#[derive(Debug)]
pub struct Summing<'a> {
    table: &'a Table,
    sums: &'a mut Sums,
}

/// The summed n-grams of words that were met lately, each at the place that the analyzer's memory
/// has for it.
///
/// Words are compared, not hashes: an answer must not depend on what was read before, for whatever
/// text.
#[derive(Clone, Debug, Default)]
struct Remembered {
    /// The table that the sums are of; 0 is none.
    table: u64,
    spellings: Vec<Spelling>,
    rows: Vec<i32>,
    stride: usize,
}

impl Table {
    /// Empties `sums` for a new text, whose features the answer takes.
    pub fn start<'a>(&'a self, sums: &'a mut Sums) -> Summing<'a> {
        sums.lanes.clear();
        sums.lanes.resize(self.stride() * BLOCKS, 0);
        sums.waiting.iter_mut().for_each(Vec::clear);
        sums.known.clear();
        sums.words.serve(self);
        Summing { table: self, sums }
    }
}

impl Summing<'_> {
    /// Adds what is waiting.
    pub fn finish(mut self) {
        self.add_known();
        let Sums {
            lanes,
            waiting,
            features,
            ..
        } = self.sums;
        *features = std::array::from_fn(|block| waiting[block].len() as u32);
        for (waiting, lanes) in waiting
            .iter()
            .zip(lanes.chunks_exact_mut(self.table.stride().max(1)))
        {
            self.table.add_rows(waiting, lanes);
        }
    }

    /// Adds the remembered sums that wait, all at once: one by one each would take eight times the
    /// instructions, for the lanes would be loaded and stored with each.
    fn add_known(&mut self) {
        let stride = self.table.stride();
        let Sums {
            lanes,
            words,
            known,
            ..
        } = &mut *self.sums;
        let lanes = lanes.get_mut(stride..stride * 2).unwrap_or_default();
        sum_rows(&words.rows, known, lanes);
        known.clear();
    }
}

impl Sink for Summing<'_> {
    #[inline]
    fn feature(&mut self, feature: Feature) {
        self.sums.waiting[feature.block as usize].push(feature.hash);
    }

    #[inline]
    fn characters(&mut self, word: &str, known: Option<Word>, _start: u32) {
        let found = known.and_then(|known| self.sums.words.place(known));
        match found {
            Some((row, true)) => self.sums.known.push(row),
            Some((row, false)) => self.remember(word, row),
            // Long words are rare and recur less: they are summed each time.
            None => {
                let [_, waiting, _] = &mut self.sums.waiting;
                ngram::of_word(word, |hash, _, _| waiting.push(hash));
            }
        }
    }
}

impl Summing<'_> {
    /// Sums the n-grams of a word into the row that begins at `row`, and lets it wait.
    #[cold]
    fn remember(&mut self, word: &str, row: usize) {
        // What waits may be the sums of the word that had the place before.
        self.add_known();
        let Sums {
            waiting: [_, waiting, _],
            words,
            known,
            ..
        } = &mut *self.sums;
        let Some(sums) = words.rows.get_mut(row..row + words.stride) else {
            return;
        };
        sums.fill(0);
        // The word's own n-grams are added at once, as their sum is kept; others wait for a batch.
        let before = waiting.len();
        ngram::of_word(word, |hash, _, _| waiting.push(hash));
        self.table.add_rows(&waiting[before..], sums);
        waiting.truncate(before);
        known.push(row);
    }
}

impl Remembered {
    /// Forgets all words, unless they are those of `table`.
    fn serve(&mut self, table: &Table) {
        // Sums of another table are other numbers: an overlay or a rebuilt engine must
        // not meet them.
        if self.table == table.identity() {
            return;
        }
        let stride = table.stride();
        let places = (WORD_BYTES / (size_of::<Spelling>() + stride * size_of::<i32>()) + 1)
            .next_power_of_two()
            / 2;
        let places = places.clamp(1, PLACES);
        *self = Remembered {
            table: table.identity(),
            spellings: vec![Spelling::default(); places],
            rows: vec![0; places * stride],
            stride,
        };
    }

    /// Where the sums of a word begin, and whether they stand there; else they are to be put there.
    #[inline]
    fn place(&mut self, word: Word) -> Option<(usize, bool)> {
        // Where a row is wide there are fewer places than the analyzer's memory has.
        let place = word.place as usize & self.spellings.len().wrapping_sub(1);
        let spelling = self.spellings.get_mut(place)?;
        let is_known = *spelling == word.spelling;
        *spelling = word.spelling;
        Some((place * self.stride, is_known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Calibration, Head, Model, Provenance, key};

    const WORDS: [&str; 6] = [
        "refund",
        "zásilka",
        "",
        "a",
        "an",
        "a-word-that-is-longer-than-a-place",
    ];

    /// A model of one head in which every other n-gram of the words has a row, made of `seed`.
    fn model(seed: i16) -> Model {
        let mut keys = Vec::new();
        WORDS
            .iter()
            .for_each(|word| ngram::of_word(word, |hash, _, _| keys.push(key(hash))));
        keys.sort_unstable();
        keys.dedup();
        let keys: Vec<u64> = keys.into_iter().step_by(2).collect();
        let weights = (0..keys.len() as i16 * 2)
            .map(|at| at.wrapping_mul(997).wrapping_add(seed))
            .collect();
        let head = Head {
            task: "task".into(),
            labels: vec!["a".into(), "b".into()],
            shift: 0,
            bias: vec![0],
            calibration: Calibration::default(),
            signals: None,
            languages: Vec::new(),
            priors: Vec::new(),
            stack: None,
            opinions: Vec::new(),
            context: Default::default(),
            provenance: Provenance::default(),
        };
        Model {
            heads: vec![head],
            keys,
            weights,
        }
    }

    /// The sums of the characters of `words`, one row after the other.
    fn plainly(table: &Table, words: &[&str]) -> Vec<i32> {
        let mut lanes = vec![0; table.stride()];
        for word in words {
            ngram::of_word(word, |hash, _, _| {
                let row = table.row(hash).unwrap_or_default();
                sum_rows(row, if row.is_empty() { &[] } else { &[0] }, &mut lanes)
            });
        }
        lanes
    }

    #[test]
    fn what_is_remembered_changes_no_sum() {
        let tables = [
            Table::new(&model(1)),
            Table::new(&model(-5)),
            Table::default(),
        ];
        let mut sums = Sums::default();
        for round in 0..12 {
            let table = &tables[round / 2 % 3];
            let words = &WORDS[round % 4..];
            let mut summing = table.start(&mut sums);
            for word in words {
                // All in one place, so that words come, stay and go.
                let known = |place| Word::new(word, place);
                summing.characters(word, known(0), 0);
                summing.characters(word, known(word.len() as u32), 0);
            }
            summing.finish();
            let twice: Vec<&str> = words.iter().chain(words).copied().collect();
            let stride = table.stride();
            assert_eq!(sums.lanes[stride..stride * 2], plainly(table, &twice));
            assert!(stride == 0 || sums.lanes[stride..].iter().any(|&sum| sum != 0));
        }
    }

    #[test]
    fn rows_are_found_by_their_keys_alone() {
        let model = model(3);
        let table = Table::new(&model);
        for word in WORDS {
            ngram::of_word(word, |hash, _, _| {
                let found = table.row(hash).map(|row| (row[0], table.weight(row, 0, 0)));
                assert_eq!(found, model.row(hash).map(|row| (row[0], row[1])));
            });
        }
    }
}
