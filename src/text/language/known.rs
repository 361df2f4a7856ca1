//! What is known of a word whatever text it stands in: the sums of its n-grams.
//!
//! They depend on the word alone, and most words of most posts were met before: to remember them
//! takes the place of three probes of the table a letter. Where they are remembered is the
//! caller's, who knows more of a word than this.

use super::gram::{self, Alphabet, Sink};
use super::symbols::Symbols;
use super::table::{LANES, Table, WIDTH};
use super::whole;

/// The sums of a word's n-grams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WordSums {
    /// One sum a language.
    pub(super) lanes: [i16; LANES],
    /// How many n-grams they are of; 0 if there are none, for the word is long or more than
    /// letters.
    pub(super) grams: u8,
    /// How many letters it has, if they are Latin and the walk would read all of it wherever it
    /// stands; else 0, and the sums are those of a word that the walk has read.
    pub(super) letters: u8,
}

/// What knows the words of a text.
pub(crate) trait Words {
    /// The sums of the word that begins at byte `at` of the text, and its bytes; places are asked
    /// for in their order.
    fn at(&mut self, at: usize) -> Option<(usize, WordSums)>;

    /// The sums of a word, as the walk spells it.
    fn spelled(&mut self, word: &str) -> Option<WordSums>;
}

/// Knows nothing.
pub(super) struct Nothing;

impl Words for Nothing {
    fn at(&mut self, _: usize) -> Option<(usize, WordSums)> {
        None
    }

    fn spelled(&mut self, _: &str) -> Option<WordSums> {
        None
    }
}

impl WordSums {
    /// The sums of `word`; none that can be used where it is not one word as the walk spells it.
    pub(super) fn of(table: &Table, word: &str) -> WordSums {
        let mut single = Single {
            table,
            word,
            alphabet: None,
            lanes: [0; WIDTH],
            grams: 0,
            words: 0,
        };
        let tally = gram::walk(word, &mut single);
        let [lanes @ .., _, _, _, _] = single.lanes;
        let (Some(alphabet), 1, Ok(grams), Ok(letters)) = (
            single.alphabet,
            single.words,
            u8::try_from(single.grams),
            u8::try_from(tally.latin + tally.cyrillic),
        ) else {
            return WordSums::default();
        };
        let is_whole = alphabet == Alphabet::Latin && whole::is_whole(word);
        WordSums {
            lanes,
            grams,
            letters: if is_whole { letters } else { 0 },
        }
    }

    /// The sums, if they can be used where the walk has read the word.
    #[inline]
    pub(super) fn if_spelled(self) -> Option<WordSums> {
        (self.grams > 0).then_some(self)
    }

    /// The sums, if they can be used where the word begins.
    #[inline]
    pub(super) fn if_whole(self) -> Option<WordSums> {
        (self.letters > 0).then_some(self)
    }
}

/// Takes the n-grams of one word.
struct Single<'a> {
    table: &'a Table,
    word: &'a str,
    /// That of the word, once it was offered as a whole and is all of the text.
    alphabet: Option<Alphabet>,
    lanes: [i16; WIDTH],
    grams: u32,
    words: u32,
}

impl Sink for Single<'_> {
    fn grams(&mut self, _alphabet: Alphabet, hashes: &[u32]) {
        self.table.add(hashes, &mut self.lanes);
        self.grams += hashes.len() as u32;
    }

    fn word(&mut self, _alphabet: Alphabet) {
        self.words += 1;
    }

    fn knows(&mut self, alphabet: Alphabet, symbols: &Symbols) -> bool {
        let spelled = self.word.encode_utf16();
        self.alphabet = spelled
            .eq(symbols.as_slice().iter().copied())
            .then_some(alphabet);
        false
    }

    fn han(&mut self, _character: char) {}
}
