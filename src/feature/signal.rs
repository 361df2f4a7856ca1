//! Dense signals: properties of the whole text as numbers, and in steps as features.

use super::hash::{Hasher, Kind};
use super::lexicon::{Lexicon, List};
use super::{Analysis, polarity};
use crate::text::{EntityKind, TokenKind};

/// How many signals there are.
pub const COUNT: usize = 18;

const LENGTH: usize = 0;
const CAPITALS: usize = 1;
const DIGITS: usize = 2;
/// The index of the signal that counts question marks.
pub const QUESTIONS: usize = 4;
const DISGUISES: usize = 10;
const HAN: usize = 12;
/// The index of the signal that sums the strengths of contact words.
pub const CONTACT_TERMS: usize = 13;
const POLARITY: usize = 14;
const WORD_LENGTH: usize = 15;
const LAST_POLARITY: usize = 16;
const MIXED: usize = 17;

/// The signals' names, in their order.
pub const NAMES: [&str; COUNT] = [
    "length",
    "capitals",
    "digits",
    "exclamations",
    "questions",
    "links",
    "mentions",
    "hashtags",
    "emoji",
    "handles",
    "disguises",
    "elongations",
    "han",
    "contact_terms",
    "polarity",
    "word_length",
    "last_polarity",
    "mixed_feelings",
];

/// The signals of one text.
///
/// Counts are on a log scale (`ln(1 + n)`), shares are 0 to 1, polarities −1 to
/// 1 (see [`super::polarity`]).
pub type Signals = [f32; COUNT];

/// Measures the signals of a text that was prepared.
pub fn measure(original: &str, analysis: &Analysis, lexicon: &Lexicon) -> Signals {
    // Length, digits and script are those of what a reader makes of it: a disguise must not pass
    // for another text.
    let folded = analysis.folded.as_str();
    let digits = folded.bytes().filter(u8::is_ascii_digit).count() as u32;
    let (mut letters, mut capitals, mut han, mut characters) =
        (0u32, 0u32, 0u32, folded.len() as u32);
    if !folded.is_ascii() {
        characters = folded.chars().count() as u32;
        han = folded
            .chars()
            .filter(|character| matches!(character, '\u{3400}'..='\u{9fff}'))
            .count() as u32;
    }
    if original.is_ascii() {
        letters += original.bytes().filter(u8::is_ascii_alphabetic).count() as u32;
        capitals += original.bytes().filter(u8::is_ascii_uppercase).count() as u32;
    } else {
        for character in original.chars() {
            match character {
                '\0'..='\x7f' => {
                    letters += u32::from(character.is_ascii_alphabetic());
                    capitals += u32::from(character.is_ascii_uppercase());
                }
                '\u{3400}'..='\u{9fff}' => {}
                // Squared letters come as capitals only.
                '\u{1f130}'..='\u{1f189}' => letters += 1,
                _ if character.is_alphabetic() => {
                    letters += 1;
                    capitals += u32::from(character.is_uppercase());
                }
                _ => {}
            }
        }
    }
    let share = |part: u32, whole: u32| {
        if whole == 0 {
            0.0
        } else {
            part as f32 / whole as f32
        }
    };
    // Most counts are 0.
    let log = |count: u32| {
        if count == 0 {
            0.0
        } else {
            ((1 + count) as f32).ln()
        }
    };
    let mut entities = [0u32; 10];
    for entity in &analysis.entities {
        if let Some(count) = entities.get_mut(entity.kind as usize) {
            *count += 1;
        }
    }
    let of = |kind: EntityKind| entities[kind as usize];
    let (mut exclamations, mut questions, mut words, mut word_bytes) = (0, 0, 0, 0);
    for token in &analysis.tokens {
        match token.kind {
            TokenKind::Symbol => {
                let first = folded.as_bytes().get(token.start as usize);
                exclamations += u32::from(first == Some(&b'!')) * (token.end - token.start);
                questions += u32::from(first == Some(&b'?')) * (token.end - token.start);
            }
            TokenKind::Word | TokenKind::Han => {
                words += 1;
                word_bytes += token.end - token.start;
            }
            TokenKind::Number | TokenKind::Entity(_) => {}
        }
    }
    let contact = analysis
        .hits
        .iter()
        .filter_map(|hit| lexicon.brief(hit.term))
        .map(|term| match term.list {
            List::Contact => u32::from(term.strength.unsigned_abs()),
            _ => 0,
        });
    let contact: u32 = contact.sum();
    let polarity = polarity::measure(analysis, lexicon);
    let disguises = analysis.folded.disguises();
    [
        log(characters),
        share(capitals, letters),
        share(digits, characters),
        log(exclamations),
        log(questions),
        log(of(EntityKind::Url)),
        log(of(EntityKind::Mention)),
        log(of(EntityKind::Hashtag)),
        log(of(EntityKind::Emoji) + of(EntityKind::Emoticon)),
        log(of(EntityKind::Phone)
            + of(EntityKind::WeChat)
            + of(EntityKind::Qq)
            + of(EntityKind::Email)),
        log(disguises.look_alikes
            + disguises.invisible
            + disguises.spaced_out
            + disguises.contact_variants),
        log(disguises.elongations),
        share(han, characters),
        log(contact),
        polarity.whole,
        share(word_bytes, words) / 10.0,
        polarity.last,
        polarity.mixed,
    ]
}

/// The step that `value` of signal `index` falls into; 0 is what most texts have and
/// makes no feature.
fn step(index: usize, value: f32) -> u32 {
    match index {
        // Characters: up to 10, 20, 40, 80, 160, 320, more.
        LENGTH => 1 + (value - 1.7).max(0.0).mul_add(1.443, 0.0) as u32,
        CAPITALS | DIGITS => [0.05, 0.15, 0.3, 0.6]
            .iter()
            .filter(|&&edge| value > edge)
            .count() as u32,
        POLARITY | LAST_POLARITY => {
            let steps = [0.1, 0.4, 0.65, 0.85]
                .iter()
                .filter(|&&edge| value.abs() > edge)
                .count() as u32;
            if value < 0.0 { 10 + steps } else { steps }
        }
        MIXED => u32::from(value > 0.3),
        HAN => u32::from(value > 0.3),
        // What stands behind the disguise decides: the same words weigh the same, plain or hidden,
        // and an honest text in fancy letters is honest. The number itself stays a signal, for
        // heads that learn from the numbers.
        DISGUISES | WORD_LENGTH => 0,
        // Counts: 1, 2 to 3, more.
        _ => [0.0, 1.0, 1.5].iter().filter(|&&edge| value > edge).count() as u32,
    }
}

/// Calls `each(hash, index, step)` for every signal that makes a feature.
pub fn features(signals: &Signals, mut each: impl FnMut(u64, usize, u32)) {
    for (index, &value) in signals.iter().enumerate() {
        let step = step(index, value);
        if step != 0 && step != 10 {
            let mut hasher = Hasher::new(Kind::Signal as u64);
            hasher.push(index as u64);
            hasher.push(u64::from(step));
            each(hasher.finish(), index, step);
        }
    }
}
