//! Which language a post is in: a script gate, then a hashed character-n-gram table.
//!
//! # How it decides
//! One walk over the text counts letters by script; links, `@names`, HTML entities and the `RT` of
//! reposts are left out. A Han character or kana counts four letters, a hangul syllable three;
//! Latin letters in `#tags` and capitalised words count a quarter beside Han or kana, so that a
//! brand name doesn't make a Chinese post English. The script with the most evidence decides:
//! - **Hangul** → Korean. **Kana** in at least a sixth of the Han and kana characters → Japanese.
//! - **Han** otherwise: characters that are in Traditional script only stand against those in
//!   Simplified script only (and those that Japan alone writes). A text with neither is asked for
//!   learnt weights of the characters that both scripts have but use differently (于, 几, 乾 …);
//!   where these are silent too, the answer is [`Language::Zh`].
//! - **Latin** and **Cyrillic**: each word gives its n-grams of one to four letters (with marks for
//!   its two ends) and itself; each is one probe of a table whose rows hold the weights of all
//!   languages side by side. Sums of integers, so order never matters.
//!
//! # `und`
//! The answer is [`Language::Und`], with probability 1, for a text without letters (empty, digits,
//! emoji, links only), with fewer than [`MIN_LETTERS`] Latin or Cyrillic letters and nothing else,
//! or mostly in a script that no language here is written in. It is `und`, with what the others
//! leave of 1, if the best language has a probability below [`MIN_PROBABILITY`].

pub(crate) mod gram;
mod known;
mod skip;
mod symbols;
pub(crate) mod table;
mod whole;

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use self::gram::{Alphabet, Sink, Tally};
use self::known::Nothing;
pub(crate) use self::known::{WordSums, Words};
use self::symbols::Symbols;
use self::table::{Calibration, JAPANESE, STRONG, Table, WIDTH};
use crate::Result;
use crate::stats::power::exp;

/// Fewer Latin or Cyrillic letters than this are not evidence of a language. Chosen by
/// hand, not tuned.
pub(crate) const MIN_LETTERS: u32 = 2;

/// Below this probability the answer is [`Language::Und`]. Chosen by hand, not tuned.
pub(crate) const MIN_PROBABILITY: f32 = 0.2;

/// A language that the identifier can recognise, or [`Language::Und`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Language {
    /// Too little evidence for any answer.
    #[default]
    Und,
    /// Chinese in Simplified script.
    ZhHans,
    /// Chinese in Traditional script.
    ZhHant,
    /// Chinese of which every character is in both scripts.
    Zh,
    /// English.
    En,
    /// Czech.
    Cs,
    /// Slovak.
    Sk,
    /// Slovenian.
    Sl,
    /// Croatian.
    Hr,
    /// Polish.
    Pl,
    /// German.
    De,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// Russian.
    Ru,
    /// Ukrainian.
    Uk,
    /// Japanese.
    Ja,
    /// Korean.
    Ko,
    /// Vietnamese.
    Vi,
}

/// An answer of the identifier.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Identification {
    /// The most probable language.
    pub language: Language,
    /// Its probability, 0 to 1.
    pub probability: f32,
}

/// The language identifier; immutable, cheap to clone, shared between threads.
///
/// [`Identifier::default`] has no table: it recognises scripts only, and answers [`Language::Und`]
/// for Latin and Cyrillic text.
#[derive(Clone, Debug, Default)]
pub struct Identifier {
    table: Option<Arc<Table>>,
}

impl Language {
    /// Every language, [`Language::Und`] first.
    pub const ALL: [Language; 18] = [
        Language::Und,
        Language::ZhHans,
        Language::ZhHant,
        Language::Zh,
        Language::En,
        Language::Cs,
        Language::Sk,
        Language::Sl,
        Language::Hr,
        Language::Pl,
        Language::De,
        Language::Es,
        Language::Fr,
        Language::Ru,
        Language::Uk,
        Language::Ja,
        Language::Ko,
        Language::Vi,
    ];

    /// The BCP 47 tag: `zh-Hans`, `en`, `und` …
    pub fn code(self) -> &'static str {
        match self {
            Language::Und => "und",
            Language::ZhHans => "zh-Hans",
            Language::ZhHant => "zh-Hant",
            Language::Zh => "zh",
            Language::En => "en",
            Language::Cs => "cs",
            Language::Sk => "sk",
            Language::Sl => "sl",
            Language::Hr => "hr",
            Language::Pl => "pl",
            Language::De => "de",
            Language::Es => "es",
            Language::Fr => "fr",
            Language::Ru => "ru",
            Language::Uk => "uk",
            Language::Ja => "ja",
            Language::Ko => "ko",
            Language::Vi => "vi",
        }
    }

    /// The language of a BCP 47 tag, if it is one of these.
    pub fn from_code(code: &str) -> Option<Language> {
        Language::ALL
            .into_iter()
            .find(|language| language.code().eq_ignore_ascii_case(code))
    }

    /// The alphabet that it is written in, if the table recognises it by n-grams.
    pub(crate) fn alphabet(self) -> Option<Alphabet> {
        match self {
            Language::Ru | Language::Uk => Some(Alphabet::Cyrillic),
            Language::Und
            | Language::ZhHans
            | Language::ZhHant
            | Language::Zh
            | Language::Ja
            | Language::Ko => None,
            _ => Some(Alphabet::Latin),
        }
    }

    /// Whether this is Chinese, in whatever script.
    pub fn is_chinese(self) -> bool {
        matches!(self, Language::ZhHans | Language::ZhHant | Language::Zh)
    }
}

impl Identifier {
    /// Reads the table that `workshop train-language` wrote.
    ///
    /// # Errors
    /// If the bytes are not such a table, or are damaged, or are of another version
    /// ([`crate::Error::is_model`]).
    pub fn from_bytes(bytes: &[u8]) -> Result<Identifier> {
        Ok(Identifier {
            table: Some(Arc::new(Table::from_bytes(bytes)?)),
        })
    }

    /// The table that is compiled into the crate.
    ///
    /// # Errors
    /// As [`Identifier::from_bytes`]; a released crate's table has been read by its tests.
    #[cfg(feature = "bundled-models")]
    pub fn bundled() -> Result<Identifier> {
        Identifier::from_bytes(include_bytes!("../../../data/models/language.bin"))
    }

    /// Without the feature `bundled-models` there is no table: [`Identifier::default`].
    ///
    /// # Errors
    /// None.
    #[cfg(not(feature = "bundled-models"))]
    pub fn bundled() -> Result<Identifier> {
        Ok(Identifier::default())
    }

    /// Bytes of memory that the table takes.
    pub fn memory_usage(&self) -> usize {
        self.table.as_deref().map_or(0, Table::memory_usage)
    }

    /// The language of `original`, an unfolded text. Allocates nothing.
    pub fn identify(&self, original: &str) -> Identification {
        self.identify_with(original, &mut Nothing)
    }

    /// What is known of a word whatever text it stands in.
    pub(crate) fn word_sums(&self, word: &str) -> WordSums {
        let table = self.table.as_deref();
        table.map_or_else(WordSums::default, |table| WordSums::of(table, word))
    }

    /// As [`Identifier::identify`], with what `words` knows: the [`Identifier::word_sums`] of some
    /// words.
    pub(crate) fn identify_with(&self, original: &str, words: &mut impl Words) -> Identification {
        let table = self.table.as_deref();
        let mut sink = Sums::new(table, words);
        let tally = gram::walk(original, &mut sink);
        match (gate(&tally), table) {
            (Gate::Sure(language), _) => sure(language),
            (Gate::Han, _) => chinese(&sink),
            (Gate::Letters(alphabet), Some(table)) => sink.best(table, alphabet),
            (Gate::Letters(_), None) => sure(Language::Und),
        }
    }
}

/// What the counts of scripts say.
enum Gate {
    /// The script is enough.
    Sure(Language),
    /// Chinese, or Japanese without kana.
    Han,
    /// An alphabet of several languages.
    Letters(Alphabet),
}

fn gate(tally: &Tally) -> Gate {
    // A Han character says about as much as four letters, a syllable of hangul as three.
    let east = 4 * (tally.han + tally.kana) + 3 * tally.hangul;
    // Names and brands are Latin in every language: beside Han, kana or hangul they
    // count a quarter.
    let latin = if east > 0 {
        tally.latin - tally.latin_names * 3 / 4
    } else {
        tally.latin
    };
    // The commoner of the two alphabets stands for the text; the other is a quotation or a brand.
    let letters = latin.max(tally.cyrillic);
    // A script that no language here is written in: any answer would be a guess.
    if tally.other > latin + tally.cyrillic + east {
        return Gate::Sure(Language::Und);
    }
    if east == 0 || letters > east {
        let alphabet = if tally.cyrillic >= latin {
            Alphabet::Cyrillic
        } else {
            Alphabet::Latin
        };
        return if letters < MIN_LETTERS {
            Gate::Sure(Language::Und)
        } else {
            Gate::Letters(alphabet)
        };
    }
    // Korean quotes Han characters; Chinese and Japanese quote little hangul.
    if 3 * tally.hangul > 4 * (tally.han + tally.kana) {
        return Gate::Sure(Language::Ko);
    }
    // の alone is a fashion of Chinese shop names; Japanese has other kana with it.
    let kana = if tally.han > 0 && tally.kana_no <= 2 {
        tally.kana - tally.kana_no
    } else {
        tally.kana
    };
    // Japanese is never without kana for long; Chinese posts hold a face or a loan word in kana.
    if kana > 0 && kana * 6 >= tally.han + tally.kana {
        return Gate::Sure(Language::Ja);
    }
    Gate::Han
}

fn sure(language: Language) -> Identification {
    Identification {
        language,
        probability: 1.0,
    }
}

fn chinese<W>(sums: &Sums<'_, W>) -> Identification {
    let against = sums.traditional.min(sums.simplified) as f32;
    let (most, language) = if sums.traditional > sums.simplified {
        (sums.traditional, Language::ZhHant)
    } else {
        (sums.simplified, Language::ZhHans)
    };
    if sums.japanese > 0 && sums.japanese >= sums.simplified {
        // Simplified characters are none of Japanese, so there must not be more of them.
        let share = (sums.japanese as f32 + 0.5) / (sums.japanese as f32 + most as f32 + 1.0);
        return Identification {
            language: Language::Ja,
            probability: share,
        };
    }
    if sums.traditional != sums.simplified {
        // Quotations and variant characters mix the scripts a little: half a character's doubt
        // on either side.
        return Identification {
            language,
            probability: (most as f32 + 0.5) / (most as f32 + against + 0.52),
        };
    }
    if most > 0 {
        // As many of the one as of the other.
        return Identification {
            language: Language::Zh,
            probability: 0.5,
        };
    }
    // Learnt weights are sixteenths of a natural log-odds: a sum of 32 is odds of seven to one.
    let odds = exp(f64::from(sums.shared.unsigned_abs() as f32 / SHARED_SCALE)) as f32;
    let language = match sums.shared {
        MIN_SHARED.. => Language::ZhHant,
        i32::MIN..=MIN_SHARED_SIMPLIFIED => Language::ZhHans,
        _ => {
            return Identification {
                language: Language::Zh,
                probability: 1.0 / odds.max(1.0),
            };
        }
    };
    Identification {
        language,
        // Not `odds / (odds + 1)`: a long text's odds are more than a float holds.
        probability: 1.0 - 1.0 / (odds + 1.0),
    }
}

/// Units of the learnt weights of Han characters to a natural log-odds of 1. Part of the
/// format of tables.
pub(crate) const SHARED_SCALE: f32 = 16.0;
/// From this sum of learnt weights on, a text without characters of one script only is still
/// answered with a script: odds of e² = 7 to 1. Chosen by hand, not tuned.
const MIN_SHARED: i32 = 32;
const MIN_SHARED_SIMPLIFIED: i32 = -MIN_SHARED;

/// Sums the rows of a text's n-grams.
struct Sums<'a, W> {
    table: Option<&'a Table>,
    words: &'a mut W,
    /// The sums of the word in hand; see [`gram::MAX_GRAMS`] for why they can't overflow.
    word: [i16; WIDTH],
    latin: [i32; WIDTH],
    cyrillic: [i32; WIDTH],
    latin_grams: u32,
    cyrillic_grams: u32,
    grams: u32,
    traditional: u32,
    simplified: u32,
    japanese: u32,
    shared: i32,
}

// A word's sums fit even if each of its n-grams had the largest weight.
const _: () = assert!(gram::MAX_GRAMS as i64 * 127 <= i16::MAX as i64);

impl<'a, W> Sums<'a, W> {
    fn new(table: Option<&'a Table>, words: &'a mut W) -> Sums<'a, W> {
        Sums {
            table,
            words,
            word: [0; WIDTH],
            latin: [0; WIDTH],
            cyrillic: [0; WIDTH],
            latin_grams: 0,
            cyrillic_grams: 0,
            grams: 0,
            traditional: 0,
            simplified: 0,
            japanese: 0,
            shared: 0,
        }
    }

    /// Adds the sums of a word.
    #[inline]
    fn add(&mut self, alphabet: Alphabet, word: &[i16], more: u32) {
        let (sums, grams) = match alphabet {
            Alphabet::Latin => (&mut self.latin, &mut self.latin_grams),
            Alphabet::Cyrillic => (&mut self.cyrillic, &mut self.cyrillic_grams),
        };
        for (sum, weight) in sums.iter_mut().zip(word) {
            *sum += i32::from(*weight);
        }
        *grams += more;
    }

    /// The most probable language of an alphabet, and its probability by softmax over
    /// that alphabet's languages.
    fn best(&self, table: &Table, alphabet: Alphabet) -> Identification {
        let Calibration {
            latin_factor,
            latin_power,
            cyrillic_factor,
            cyrillic_power,
        } = table.calibration;
        let (sums, temper) = match alphabet {
            Alphabet::Latin => (
                &self.latin,
                Calibration::temper(latin_factor, latin_power, self.latin_grams),
            ),
            Alphabet::Cyrillic => (
                &self.cyrillic,
                Calibration::temper(cyrillic_factor, cyrillic_power, self.cyrillic_grams),
            ),
        };
        let lanes = || {
            table
                .languages
                .iter()
                .zip(sums)
                .filter(|(language, _)| language.alphabet() == Some(alphabet))
        };
        // On a tie the first lane wins, so that the answer is stated.
        let Some((best, most)) = lanes()
            .rev()
            .max_by_key(|(_, sum)| **sum)
            .map(|(language, sum)| (*language, *sum))
        else {
            return sure(Language::Und);
        };
        let total: f32 = lanes()
            .map(|(_, sum)| exp(f64::from((sum - most) as f32 * temper)) as f32)
            .sum();
        let probability = 1.0 / total;
        // With several languages left the best is a guess, and terms of one language only would go
        // wrong by it.
        if probability < MIN_PROBABILITY {
            return Identification {
                language: Language::Und,
                probability: 1.0 - probability,
            };
        }
        Identification {
            language: best,
            probability,
        }
    }
}

impl<W: Words> Sink for Sums<'_, W> {
    #[inline]
    fn grams(&mut self, _alphabet: Alphabet, hashes: &[u32]) {
        let Some(table) = self.table else { return };
        // The word's sums are 16 bits wide, so one vector holds all lanes; they are widened
        // once a word.
        table.add(hashes, &mut self.word);
        self.grams += hashes.len() as u32;
    }

    fn word(&mut self, alphabet: Alphabet) {
        let (word, grams) = (self.word, self.grams);
        self.add(alphabet, &word, grams);
        self.word = [0; WIDTH];
        self.grams = 0;
    }

    #[inline]
    fn knows(&mut self, alphabet: Alphabet, word: &Symbols) -> bool {
        let known = word.spelled(|word| self.words.spelled(word));
        let Some(known) = known.and_then(WordSums::if_spelled) else {
            return false;
        };
        self.add(alphabet, &known.lanes, known.grams.into());
        true
    }

    #[inline]
    fn whole(&mut self, text: &str, at: usize) -> Option<(usize, u32)> {
        let (length, known) = self.words.at(at)?;
        let known = known.if_whole().filter(|_| whole::ends(text, length))?;
        self.add(Alphabet::Latin, &known.lanes, known.grams.into());
        Some((length, known.letters.into()))
    }

    fn han(&mut self, character: char) {
        match self.table.map_or(0, |table| table.han(character)) {
            STRONG => self.traditional += 1,
            weight if weight == -STRONG => self.simplified += 1,
            JAPANESE => self.japanese += 1,
            weight => self.shared += i32::from(weight),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back() {
        for language in Language::ALL {
            assert_eq!(Language::from_code(language.code()), Some(language));
        }
        assert_eq!(Language::from_code("ZH-hant"), Some(Language::ZhHant));
        assert_eq!(Language::from_code("tlh"), None);
    }

    #[test]
    fn without_a_table_scripts_are_told() {
        let identifier = Identifier::default();
        for (text, language) in [
            ("안녕하세요", Language::Ko),
            ("ありがとう", Language::Ja),
            ("天上有月", Language::Zh),
            ("hello there", Language::Und),
            ("", Language::Und),
        ] {
            assert_eq!(identifier.identify(text).language, language, "{text}");
        }
    }

    #[test]
    fn names_do_not_outvote_han() {
        let tally = Tally {
            latin: 20,
            latin_names: 20,
            han: 2,
            ..Tally::default()
        };
        assert!(matches!(gate(&tally), Gate::Han));
        let tally = Tally {
            latin: 20,
            han: 2,
            ..Tally::default()
        };
        assert!(matches!(gate(&tally), Gate::Letters(Alphabet::Latin)));
    }
}
