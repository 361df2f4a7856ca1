//! Dense signals: properties of the whole text as numbers, and in steps as features.

use super::Analysis;
use super::hash::{FeatureKind, Hasher};
use super::lexicon::{Lexicon, List};
use super::polarity::{self, TextPolarity};
use crate::stats::power::ln;
use crate::text::entity::placeholder::stand_in;
use crate::text::{Disguises, Entity, EntityKind, Token, TokenKind};

/// The signals of one text.
///
/// Counts are on a log scale (`ln(1 + n)`), shares are 0 to 1, polarities −1 to
/// 1 (see `feature::polarity`).
pub type Signals = [f32; COUNT];

/// Makes the signals of a table with one row a signal: its name, how it is measured, and the step
/// that a value of it falls into.
macro_rules! signals {
    ($($name:literal, $measure:expr, $step:expr;)*) => {
        /// How many signals there are.
        pub const COUNT: usize = [$($name),*].len();

        /// The signals' names, in their order.
        pub const NAMES: [&str; COUNT] = [$($name),*];

        /// The value of each signal.
        #[inline]
        fn values(counts: &Counts) -> Signals {
            [$(measured(counts, $measure)),*]
        }

        /// The step of each signal; 0 is what most texts have and makes no feature.
        #[inline]
        fn steps(signals: &Signals) -> [u32; COUNT] {
            let mut values = signals.iter().copied();
            [$(stepped(values.next(), $step)),*]
        }
    };
}

// The order is part of the model files: they hold a Gaussian for each index, and the index is part
// of a step's hash. A new signal goes to the end, and raises `VERSION`.
signals! {
    "length", |counts| log(counts.characters), length_step;
    "capitals", |counts| share(counts.capitals, counts.letters), share_step;
    "digits", |counts| share(counts.digits, counts.characters), share_step;
    "exclamations", |counts| log(counts.exclamations), count_step;
    "questions", |counts| log(counts.questions), count_step;
    "links", |counts| log(counts.of(EntityKind::Url)), count_step;
    "mentions", |counts| log(counts.of(EntityKind::Mention)), count_step;
    "hashtags", |counts| log(counts.of(EntityKind::Hashtag)), count_step;
    "emoji", |counts| log(counts.of(EntityKind::Emoji) + counts.of(EntityKind::Emoticon)), count_step;
    "handles", |counts| log(counts.handles()), count_step;
    "disguises", |counts| log(counts.disguises()), no_step;
    "elongations", |counts| log(counts.folded.elongations), count_step;
    "han", |counts| share(counts.han, counts.characters), above_step;
    "contact_terms", |counts| log(counts.contact), count_step;
    "polarity", |counts| counts.polarity.whole, polarity_step;
    "word_length", |counts| share(counts.word_bytes, counts.words) / 10.0, no_step;
    "last_polarity", |counts| counts.polarity.last, polarity_step;
    "mixed_feelings", |counts| counts.polarity.mixed, above_step;
}

/// The index of the signal that counts question marks.
pub(crate) const QUESTIONS: usize = index_of("questions");
/// The index of the signal that sums the strengths of contact words.
pub(crate) const CONTACT_TERMS: usize = index_of("contact_terms");

/// The place of a signal in the table; a name that it has not does not compile.
pub(super) const fn index_of(name: &str) -> usize {
    let mut index = 0;
    while !is_same(NAMES[index].as_bytes(), name.as_bytes()) {
        index += 1;
    }
    index
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// What the signals are made of.
#[derive(Default)]
struct Counts {
    /// Characters of the folded text.
    characters: u32,
    /// ASCII digits of the folded text.
    digits: u32,
    /// Han characters of the folded text.
    han: u32,
    /// Letters of the original that have two cases.
    letters: u32,
    /// Those of them that are capitals.
    capitals: u32,
    /// How many entities there are of each kind.
    entities: [u32; 10],
    exclamations: u32,
    questions: u32,
    words: u32,
    word_bytes: u32,
    /// The strengths of the contact words, summed.
    contact: u32,
    polarity: TextPolarity,
    folded: Disguises,
}

impl Counts {
    fn of(&self, kind: EntityKind) -> u32 {
        self.entities[kind as usize]
    }

    fn handles(&self) -> u32 {
        self.of(EntityKind::Phone)
            + self.of(EntityKind::WeChat)
            + self.of(EntityKind::Qq)
            + self.of(EntityKind::Email)
    }

    /// Ways to hide a word; notes of pinyin, full width and Traditional characters are honest.
    fn disguises(&self) -> u32 {
        let folded = &self.folded;
        folded.look_alikes + folded.invisible + folded.spaced_out + folded.contact_variants
    }

    /// Length, digits and script are those of what a reader makes of the text: a disguise must not
    /// pass for another text.
    fn read_folded(&mut self, folded: &str) {
        let bytes = folded.as_bytes();
        self.digits = count(bytes, |byte| byte.is_ascii_digit());
        self.characters = folded.len() as u32;
        if !folded.is_ascii() {
            self.characters = folded.chars().count() as u32;
            // U+3400 to U+9FFF by their first bytes, of which E3 begins others too.
            self.han = count(bytes, |byte| matches!(byte, 0xE4..=0xE9));
            let rare = bytes
                .windows(2)
                .filter(|two| two[0] == 0xE3 && two[1] >= 0x90);
            self.han += rare.count() as u32;
        }
    }

    /// A masked value is as long, and has as many digits, as the value that it hides may have.
    fn read_placeholder(&mut self, folded: &str, entity: &Entity) {
        let text = folded.get(entity.start as usize..entity.end as usize);
        let text = text.filter(|text| text.ends_with(']'));
        // Behind an announcement or an `@` stands the placeholder.
        let text = text.and_then(|text| text.rfind('[').and_then(|at| text.get(at..)));
        if let Some((text, value)) = text.and_then(|text| Some((text, stand_in(text)?))) {
            let letters = |text: &str| text.bytes().filter(u8::is_ascii_alphabetic).count() as u32;
            let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count() as u32;
            self.characters = self.characters + value.len() as u32 - text.len() as u32;
            self.digits = self.digits + digits(value) - digits(text);
            self.letters = (self.letters + letters(value)).saturating_sub(letters(text));
        }
    }

    /// Capitals are those of the original: folding takes them away.
    fn read_original(&mut self, original: &str) {
        if original.is_ascii() {
            self.letters = count(original.as_bytes(), |byte| byte.is_ascii_alphabetic());
            self.capitals = count(original.as_bytes(), |byte| byte.is_ascii_uppercase());
            return;
        }
        for character in original.chars() {
            match character {
                '\0'..='\x7f' => {
                    self.letters += u32::from(character.is_ascii_alphabetic());
                    self.capitals += u32::from(character.is_ascii_uppercase());
                }
                // Han has no case, so it counts for no share of capitals; most Chinese
                // text leaves here.
                '\u{3400}'..='\u{9fff}' => {}
                // The usual signs, full-width ones and emoji: Unicode's tables of letters are
                // searched.
                '\u{2010}'..='\u{2027}'
                | '\u{3001}'
                | '\u{3002}'
                | '\u{ff01}'..='\u{ff20}'
                | '\u{1f300}'..='\u{1faff}' => {}
                // Accented letters of Latin.
                '\u{c0}'..='\u{24f}' if !matches!(character, '×' | '÷') => {
                    self.letters += 1;
                    self.capitals += u32::from(character.is_uppercase());
                }
                // Squared letters come as capitals only, so they are not shouting.
                '\u{1f130}'..='\u{1f189}' => self.letters += 1,
                _ if character.is_alphabetic() => {
                    self.letters += 1;
                    self.capitals += u32::from(character.is_uppercase());
                }
                _ => {}
            }
        }
    }

    fn read_tokens(&mut self, folded: &str, tokens: &[Token]) {
        for token in tokens {
            match token.kind {
                TokenKind::Symbol => {
                    let first = folded.as_bytes().get(token.start as usize);
                    self.exclamations +=
                        u32::from(first == Some(&b'!')) * (token.end - token.start);
                    self.questions += u32::from(first == Some(&b'?')) * (token.end - token.start);
                }
                TokenKind::Word | TokenKind::Han => {
                    self.words += 1;
                    self.word_bytes += token.end - token.start;
                }
                TokenKind::Number | TokenKind::Entity(_) => {}
            }
        }
    }
}

/// Measures the signals of a text that was prepared.
pub fn measure(original: &str, analysis: &Analysis, lexicon: &Lexicon) -> Signals {
    let folded = analysis.folded.as_str();
    let mut counts = Counts {
        polarity: polarity::measure(analysis, lexicon),
        folded: analysis.folded.disguises(),
        ..Counts::default()
    };
    counts.read_folded(folded);
    counts.read_original(original);
    counts.read_tokens(folded, &analysis.tokens);
    for entity in &analysis.entities {
        if let Some(count) = counts.entities.get_mut(entity.kind as usize) {
            *count += 1;
        }
        counts.read_placeholder(folded, entity);
    }
    let contact = analysis
        .hits
        .iter()
        .filter_map(|hit| lexicon.brief(hit.term))
        .filter(|term| term.list == List::Contact);
    counts.contact = contact
        .map(|term| u32::from(term.strength.unsigned_abs()))
        .sum();
    values(&counts)
}

/// How many bytes are such; in parts whose number fits a byte, so that compilers make vectors of
/// it.
#[inline]
fn count(bytes: &[u8], is: impl Fn(u8) -> bool) -> u32 {
    let of_part = |part: &[u8]| part.iter().fold(0u8, |sum, &byte| sum + u8::from(is(byte)));
    bytes.chunks(255).map(|part| u32::from(of_part(part))).sum()
}

#[inline]
fn measured(counts: &Counts, measure: impl Fn(&Counts) -> f32) -> f32 {
    measure(counts)
}

#[inline]
fn stepped(value: Option<f32>, step: impl Fn(f32) -> u32) -> u32 {
    value.map_or(0, step)
}

#[inline]
fn share(part: u32, whole: u32) -> f32 {
    if whole == 0 {
        0.0
    } else {
        part as f32 / whole as f32
    }
}

#[inline]
fn log(count: u32) -> f32 {
    // Most counts are 0, and a logarithm costs more than a branch.
    if count == 0 {
        0.0
    } else {
        ln(f64::from(1 + count)) as f32
    }
}

// The edges of the steps are chosen by hand, not tuned: models are trained on the steps, so another
// edge means to raise `VERSION` and to train again.

/// How many of `edges` a value lies beyond.
#[inline]
fn beyond(value: f32, edges: &[f32]) -> u32 {
    edges.iter().filter(|&&edge| value > edge).count() as u32
}

/// Characters: up to 10, 20, 40, 80, 160, 320, more. 1.443 is 1 / ln 2, for doublings; 1.7 is about
/// ln 11 − ln 2, so that the first step ends at ten.
#[inline]
fn length_step(value: f32) -> u32 {
    1 + (value - 1.7).max(0.0).mul_add(1.443, 0.0) as u32
}

#[inline]
fn share_step(value: f32) -> u32 {
    beyond(value, &[0.05, 0.15, 0.3, 0.6])
}

/// Counts: 1, 2 to 3, more (as ln(1 + n)).
#[inline]
fn count_step(value: f32) -> u32 {
    beyond(value, &[0.0, 1.0, 1.5])
}

/// More than three tenths.
#[inline]
fn above_step(value: f32) -> u32 {
    u32::from(value > 0.3)
}

/// The sign and four steps of size; from [`NEGATIVE`] on they are of bad feeling.
#[inline]
fn polarity_step(value: f32) -> u32 {
    let steps = beyond(value.abs(), &[0.1, 0.4, 0.65, 0.85]);
    if value < 0.0 { NEGATIVE + steps } else { steps }
}

/// What stands behind a disguise decides: the same words weigh the same, plain or hidden, and an
/// honest text in fancy letters is honest (`tests/disguise.rs`). The number itself stays a signal,
/// for heads that learn from the numbers.
#[inline]
fn no_step(_value: f32) -> u32 {
    0
}

/// The number with which the steps of a negative polarity begin: above the largest step of a
/// positive one. Frozen: it is part of the hash.
const NEGATIVE: u32 = 10;

/// Calls `each(hash, index, step)` for every signal that makes a feature.
pub fn features(signals: &Signals, mut each: impl FnMut(u64, usize, u32)) {
    for (index, step) in steps(signals).into_iter().enumerate() {
        // A trace of feeling, bad or good, is not a feature.
        if step != 0 && step != NEGATIVE {
            let mut hasher = Hasher::new(FeatureKind::Signal as u64);
            hasher.push(index as u64);
            hasher.push(u64::from(step));
            each(hasher.finish(), index, step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is known of blocks of Unicode takes the place of its tables, and of bytes that of
    /// characters.
    #[test]
    fn every_character_counts_as_the_tables_say() {
        for character in ('\u{80}'..=char::MAX).filter(|character| !character.is_control()) {
            let text = format!("a{character}B");
            let mut counts = Counts::default();
            counts.read_folded(&text);
            counts.read_original(&text);
            let is_han = ('\u{3400}'..='\u{9fff}').contains(&character);
            let is_squared = ('\u{1f130}'..='\u{1f189}').contains(&character);
            let is_letter = !is_han && (is_squared || character.is_alphabetic());
            let is_capital = is_letter && !is_squared && character.is_uppercase();
            assert_eq!(
                (
                    counts.characters,
                    counts.han,
                    counts.letters,
                    counts.capitals
                ),
                (
                    3,
                    u32::from(is_han),
                    2 + u32::from(is_letter),
                    1 + u32::from(is_capital)
                ),
                "{character:?}"
            );
        }
    }

    #[test]
    fn long_texts_are_counted_whole() {
        let text = "a1!".repeat(1_000);
        assert_eq!(count(text.as_bytes(), |byte| byte == b'1'), 1_000);
    }
}
