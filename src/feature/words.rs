//! One record a word: what is known of a word whatever text it stands in, found by one look-up of
//! its spelling.
//!
//! A record holds the word's hash, the sums of its n-grams for the language, and whether a listed
//! term begins in it; a table of weights keeps the sums of its rows under the record's place. Most
//! words of most posts were met before, so hashes, n-grams and walks are taken once a word.

use super::hash::{self, FeatureKind};
use super::lexicon::Silence;
use super::{Analyzer, MARKS};
use crate::text::language::{WordSums, Words};
use crate::text::spelling::Spelling;
use crate::text::{EntityKind, Token, TokenKind};

/// Places of one thread's memory, a power of two: 1 MB. With a quarter of them every sixth word of
/// the sample's posts was looked at anew, which costs as much as thirty words that are remembered.
pub(crate) const PLACES: usize = 1 << 14;
/// Places that a word may have. With one, of two usual words that want the same place one is looked
/// at anew each time.
const WAYS: usize = 2;

/// What is remembered of words, by one thread.
///
/// Each word has [`WAYS`] places. It has to leave one to the next word that wants it, unless it was
/// met since another wanted it: so the many rare words don't drive the usual ones out. Words are
/// compared, not hashes: an answer must not depend on what was read before, for whatever text.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// The analyzer that the records are of; 0 is none.
    analyzer: u64,
    records: Vec<Record>,
}

/// What is remembered of a word: a line of the cache, so that a look-up waits for one fetch.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Record {
    /// That of no word where there is none.
    spelling: Spelling,
    hash: u64,
    sums: WordSums,
    /// Apart, so that no byte is lost between them: see [`Silence`].
    behind: u32,
    holds_none: bool,
    /// Whether the word was met since it came, or since another word wanted its place.
    met: bool,
}

const _: () = assert!(size_of::<Record>() == 64);

/// A word that has a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its place in the memory, below [`PLACES`]: another word may have it later.
    pub(crate) place: u32,
    pub(crate) spelling: Spelling,
    /// Its hash as a word.
    pub(super) hash: u64,
    pub(super) silence: Silence,
}

#[cfg(test)]
impl Word {
    /// A word that has its record at `place`.
    pub(crate) fn new(word: &str, place: u32) -> Option<Word> {
        Some(Word {
            place,
            spelling: Spelling::of(word)?,
            hash: hash::hash(FeatureKind::Word, word),
            silence: Silence::default(),
        })
    }
}

impl Memory {
    /// Forgets all words, unless they are those of `analyzer`.
    pub(super) fn serve(&mut self, analyzer: &Analyzer) {
        if self.analyzer != analyzer.identity || self.records.is_empty() {
            self.analyzer = analyzer.identity;
            self.records.clear();
            self.records.resize(PLACES, Record::default());
        }
    }

    /// The place of the record of `word`, which is made if there is room for one.
    #[inline]
    fn find(&mut self, analyzer: &Analyzer, word: &str, spelling: Spelling) -> Option<usize> {
        let first = spelling.spread() & (PLACES - WAYS);
        let records = self.records.get_mut(first..first + WAYS)?;
        let is_same = |record: &Record| record.spelling == spelling;
        if let Some(way) = records.iter().position(is_same) {
            records.get_mut(way)?.met = true;
            return Some(first + way);
        }
        let is_free = |record: &Record| !record.spelling.is_some();
        let free = records.iter().position(is_free);
        let Some(way) = free.or_else(|| records.iter().position(|record| !record.met)) else {
            records.iter_mut().for_each(|record| record.met = false);
            return None;
        };
        let silence = analyzer.lexicon.silence(word);
        *records.get_mut(way)? = Record {
            spelling,
            hash: hash::hash(FeatureKind::Word, word),
            sums: analyzer.identifier.word_sums(word),
            behind: silence.behind,
            holds_none: silence.holds_none,
            met: false,
        };
        Some(first + way)
    }

    /// Fills `words` with the word of each of `tokens` that has a record: of a tag or an account
    /// that of its name.
    pub(super) fn look_up(
        &mut self,
        analyzer: &Analyzer,
        folded: &str,
        tokens: &[Token],
        words: &mut Vec<Option<Word>>,
    ) {
        words.clear();
        words.extend(tokens.iter().map(|token| {
            let text = folded.get(token.start as usize..token.end as usize)?;
            let text = match token.kind {
                TokenKind::Word => text,
                TokenKind::Entity(EntityKind::Hashtag | EntityKind::Mention) => {
                    text.trim_matches(MARKS)
                }
                _ => return None,
            };
            let spelling = Spelling::of(text)?;
            let place = self.find(analyzer, text, spelling)?;
            let record = self.records.get(place)?;
            // A tag or an account begins with its sign, so another term may begin there.
            let silence = match token.kind {
                TokenKind::Word => Silence {
                    behind: record.behind,
                    holds_none: record.holds_none,
                },
                _ => Silence::default(),
            };
            Some(Word {
                place: place as u32,
                spelling,
                hash: record.hash,
                silence,
            })
        }));
    }

    /// The record of a word that was looked up, unless another word has its place by now.
    #[inline]
    fn record(&self, word: &Word) -> Option<&Record> {
        let record = self.records.get(word.place as usize)?;
        (record.spelling == word.spelling).then_some(record)
    }
}

/// The words of a text for whom asks by their places.
pub(super) struct Reading<'a> {
    pub(super) analyzer: &'a Analyzer,
    pub(super) memory: &'a mut Memory,
    /// Those tokens that stand where the text that is read has them, and their words.
    pub(super) tokens: &'a [Token],
    pub(super) words: &'a [Option<Word>],
}

impl Words for Reading<'_> {
    #[inline]
    fn at(&mut self, at: usize) -> Option<(usize, WordSums)> {
        let (token, word) = loop {
            let token = self.tokens.first()?;
            if token.start as usize >= at {
                break (token, self.words.first()?);
            }
            self.tokens = self.tokens.get(1..)?;
            self.words = self.words.get(1..)?;
        };
        if token.start as usize != at || token.kind != TokenKind::Word {
            return None;
        }
        let record = self.memory.record(word.as_ref()?)?;
        Some(((token.end - token.start) as usize, record.sums))
    }

    #[inline]
    fn spelled(&mut self, word: &str) -> Option<WordSums> {
        let place = self.memory.find(self.analyzer, word, Spelling::of(word)?)?;
        self.memory.records.get(place).map(|record| record.sums)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::feature::Analysis;

    static ANALYZER: LazyLock<Analyzer> =
        LazyLock::new(|| Analyzer::bundled().expect("the bundled lexicons are sound"));

    thread_local! {
        /// What the cases remember, one after the other.
        static ANALYSIS: RefCell<Analysis> = RefCell::default();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn what_is_remembered_changes_no_language_and_no_hash(
            text in concat!(
                "((Not|the|good|Soo|don't|don’t|příliš|ďalší|éhttp|éwww|ČAU|слово|rt|RT|http|www|naïve",
                "|[a-cr]{1,3}|\\PC)[ '.:/@#0]?){0,12}"
            ),
        ) {
            ANALYSIS.with_borrow_mut(|analysis| {
                ANALYZER.prepare(&text, analysis);
                let disguises = analysis.folded.disguises();
                if analysis.source.text(&text) == text
                    && disguises.spaced_out + disguises.look_alikes == 0
                {
                    prop_assert_eq!(analysis.language, ANALYZER.identifier.identify(&text));
                }
                for (token, word) in analysis.tokens.iter().zip(&analysis.words) {
                    let folded = analysis.folded.as_str();
                    let spelled = &folded[token.start as usize..token.end as usize];
                    if let (TokenKind::Word, Some(word)) = (token.kind, word) {
                        prop_assert_eq!(word.hash, hash::hash(FeatureKind::Word, spelled));
                    }
                }
                Ok(())
            })?;
        }
    }

    #[test]
    fn words_that_want_one_place_are_remembered_together() {
        let analyzer = Analyzer::default();
        let mut memory = Memory::default();
        memory.serve(&analyzer);
        let place = |word: &str| Spelling::of(word).unwrap().spread() & (PLACES - WAYS);
        let first = "a0".to_owned();
        let others = (1..).map(|number| format!("a{number}"));
        let mut others = others.filter(|other| place(other) == place(&first));
        let (second, third) = (others.next().unwrap(), others.next().unwrap());
        let mut is_known = |word: &str| {
            let spelling = Spelling::of(word).unwrap();
            let known = memory
                .records
                .iter()
                .any(|record| record.spelling == spelling);
            memory.find(&analyzer, word, spelling);
            known
        };
        assert!(!is_known(&first) && !is_known(&second));
        assert!(is_known(&first) && is_known(&second));
        // Both were met again, so the third has to ask twice.
        assert!(!is_known(&third) && is_known(&second) && !is_known(&third));
        assert!(is_known(&third) && is_known(&second) && !is_known(&first));
    }
}
