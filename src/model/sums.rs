//! Sums: the rows of a text's features added up.
//!
//! Additions are of whole numbers, so their order and grouping never matter. Two things follow:
//! rows are fetched many at a time, and the n-grams of a word, which depend on the word alone, are
//! summed once and remembered.

use super::table::{Table, add_row};
use crate::feature::{BLOCKS, Feature, Sink, ngram};

/// Bytes that the remembered words of one thread may take: a bound on memory, some 16,000 words.
/// With a quarter of them every sixth word of the sample's posts was summed anew, which costs as
/// much as thirty words that are remembered.
const WORD_BYTES: usize = 5 << 19;

/// Places that a word may have. With one, of two usual words that want the same place one is summed
/// anew each time.
const WAYS: usize = 2;

/// The sums of one text, block by block, and the words remembered from earlier texts;
/// reused between texts.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// A row's numbers for each block in turn.
    pub(super) lanes: Vec<i32>,
    /// Hashes of features whose rows are still to be added, block by block.
    waiting: [Vec<u64>; BLOCKS],
    words: Words,
    /// How many features of each block were taken one by one.
    pub(super) features: [u32; BLOCKS],
}

/// Takes the features of one text and adds their rows; [`Summing::finish`] when all are in.
#[derive(Debug)]
pub struct Summing<'a> {
    table: &'a Table,
    sums: &'a mut Sums,
}

/// The summed n-grams of words that were met lately.
///
/// Each word has [`WAYS`] places. It has to leave one to the next word that wants it, unless it was
/// met since another wanted it: so the many rare words don't drive the usual ones out.
#[derive(Clone, Debug, Default)]
struct Words {
    /// The table that the sums are of; 0 is none.
    table: u64,
    spellings: Vec<Spelling>,
    rows: Vec<i32>,
    stride: usize,
}

/// A word of up to 23 bytes after its length plus one; zeros where there is none. [`MET`] is added
/// in its place.
///
/// Words are compared, not hashes: an answer must not depend on what was read before,
/// for whatever text.
type Spelling = [u8; 24];

/// The bit of a spelling's first byte that says: it was met since it came, or since another word
/// wanted its place.
const MET: u8 = 0x80;

/// What is remembered of a word.
enum Remembered<'a> {
    /// Its sums.
    Sums(&'a [i32]),
    /// Nothing: here its sums should go.
    Place(&'a mut [i32]),
    /// Nothing, now and later.
    Never,
}

impl Table {
    /// Empties `sums` for a new text, whose features the answer takes.
    pub fn start<'a>(&'a self, sums: &'a mut Sums) -> Summing<'a> {
        sums.lanes.clear();
        sums.lanes.resize(self.stride() * BLOCKS, 0);
        sums.waiting.iter_mut().for_each(Vec::clear);
        sums.words.serve(self);
        Summing { table: self, sums }
    }
}

impl Summing<'_> {
    /// Adds what is waiting.
    pub fn finish(self) {
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
}

impl Sink for Summing<'_> {
    #[inline]
    fn feature(&mut self, feature: Feature) {
        self.sums.waiting[feature.block as usize].push(feature.hash);
    }

    #[inline]
    fn characters(&mut self, word: &str, identity: u64, _start: u32) {
        let Sums {
            lanes,
            waiting: [_, waiting, _],
            words,
            ..
        } = &mut *self.sums;
        let stride = self.table.stride();
        let lanes = lanes.get_mut(stride..stride * 2).unwrap_or_default();
        match words.remembered(word, identity) {
            Remembered::Sums(sums) => add_row(lanes, sums),
            Remembered::Place(place) => {
                place.fill(0);
                // The word's own n-grams are added at once, as its sum is kept; others wait
                // for a batch.
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
        // Sums of another table are other numbers: an overlay or a rebuilt engine must
        // not meet them.
        if self.table == table.identity() {
            return;
        }
        let stride = table.stride();
        let places = (WORD_BYTES / (size_of::<Spelling>() + stride * size_of::<i32>()) + 1)
            .next_power_of_two()
            / 2;
        let places = places.max(WAYS);
        *self = Words {
            table: table.identity(),
            spellings: vec![[0; 24]; places],
            rows: vec![0; places * stride],
            stride,
        };
    }

    #[inline]
    fn remembered(&mut self, word: &str, identity: u64) -> Remembered<'_> {
        let mut spelling: Spelling = [0; 24];
        // Long words are rare and recur less: they are summed each time.
        let Some(letters) = spelling.get_mut(1..=word.len()) else {
            return Remembered::Never;
        };
        letters.copy_from_slice(word.as_bytes());
        spelling[0] = word.len() as u8 + 1;
        let mut met = spelling;
        met[0] |= MET;
        let first = identity as usize & self.spellings.len().wrapping_sub(WAYS);
        let Some(known) = self.spellings.get_mut(first..first + WAYS) else {
            return Remembered::Never;
        };
        let found = known
            .iter()
            .position(|known| *known == met || *known == spelling);
        // A place stays with a word that was met again; the next rare word takes it only if it
        // was not, and one that is empty before.
        let free = || {
            let empty = known.iter().position(|known| known[0] == 0);
            empty.or_else(|| known.iter().position(|known| known[0] & MET == 0))
        };
        let Some(way) = found.or_else(free) else {
            known.iter_mut().for_each(|known| known[0] &= !MET);
            return Remembered::Never;
        };
        let at = (first + way) * self.stride;
        let (Some(known), Some(row)) =
            (known.get_mut(way), self.rows.get_mut(at..at + self.stride))
        else {
            return Remembered::Never;
        };
        if found.is_some() {
            *known = met;
            return Remembered::Sums(row);
        }
        *known = spelling;
        Remembered::Place(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::hash::{FeatureKind, hash};
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
                add_row(&mut lanes, table.row(hash).unwrap_or_default())
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
                summing.characters(word, 0, 0);
                summing.characters(word, hash(FeatureKind::Word, word), 0);
            }
            summing.finish();
            let twice: Vec<&str> = words.iter().chain(words).copied().collect();
            let stride = table.stride();
            assert_eq!(sums.lanes[stride..stride * 2], plainly(table, &twice));
            assert!(stride == 0 || sums.lanes[stride..].iter().any(|&sum| sum != 0));
        }
    }

    #[test]
    fn words_that_want_one_place_are_remembered_together() {
        let mut words = Words::default();
        words.serve(&Table::new(&model(1)));
        let mut is_known = |word: &str| matches!(words.remembered(word, 0), Remembered::Sums(_));
        assert!(!is_known("refund") && !is_known("an"));
        assert!(is_known("refund") && is_known("an"));
        // Both were met again, so the third has to ask twice.
        assert!(!is_known("a") && is_known("refund") && !is_known("a"));
        assert!(is_known("a") && is_known("refund"));
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
