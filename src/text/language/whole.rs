//! Words that are read at a glance: of Latin letters only, whole, and not long.
//!
//! Nearly all words of Latin posts are such. To look at each of their characters by all rules of
//! [`walk`](super::gram::walk) takes some sixty instructions a byte; here it takes ten.

use super::gram::is_word_letter;
use super::skip::skipped;
use super::symbols::Symbols;

/// A word as [`walk`](super::gram::walk) would hold it at its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole {
    /// Its bytes in the text.
    pub(super) length: usize,
    /// Its letters, repeated ones too.
    pub(super) letters: u32,
    /// Whether it begins with a capital.
    pub(super) capital: bool,
    pub(super) symbols: Symbols,
}

/// What a byte is in a word. Bytes that begin another letter than these are [`OTHER`].
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        let letter = (byte as u8).to_ascii_lowercase();
        classes[byte] = match letter {
            b'a'..=b'z' => letter,
            b'\'' => APOSTROPHE,
            _ => END,
        };
        byte += 1;
    }
    // U+00C0 to U+017F.
    (classes[0xC3], classes[0xC4], classes[0xC5]) = (ACCENTED, ACCENTED, ACCENTED);
    classes
};

// No letter of ASCII is as small.
const END: u8 = 0;
const APOSTROPHE: u8 = 1;
const ACCENTED: u8 = 2;
const OTHER: u8 = 3;

/// The first letter of [`LOWER`].
const FIRST: u32 = 0xC0;
/// The lower case of U+00C0 to U+017F; 0 where there is no letter.
const LOWER: [u16; 192] = {
    let mut lower = [0; 192];
    let mut index = 0;
    while index < 192 {
        let code = FIRST as u16 + index as u16;
        let odd = code % 2 == 1;
        lower[index] = match code {
            0xD7 | 0xF7 => 0,
            0xC0..=0xDE => code + 0x20,
            // The one whose lower case is two characters, of which this is the first.
            0x130 => b'i' as u16,
            0x178 => 0xFF,
            0x100..=0x137 | 0x14A..=0x177 if !odd => code + 1,
            0x139..=0x148 | 0x179..=0x17E if odd => code + 1,
            _ => code,
        };
        index += 1;
    }
    lower
};

/// The word that begins `text`, of which it must be known that nothing is skipped there; `None`
/// where it needs a closer look.
#[inline]
pub(super) fn read(text: &str) -> Option<Whole> {
    let bytes = text.as_bytes();
    // Of a text in another script each character comes here.
    let first = *bytes.first()?;
    if matches!(CLASSES[usize::from(first)], END | APOSTROPHE | OTHER) {
        return None;
    }
    // Each by itself and put together at the end: so they stay in registers.
    let (mut symbols, mut held) = (Symbols::default(), 0);
    let (mut length, mut letters, mut newest, mut repeats) = (0, 0, 0, 0);
    // Whether the byte before is a letter of ASCII: else what is skipped may begin.
    let mut joins = true;
    while let Some(&byte) = bytes.get(length) {
        let class = CLASSES[usize::from(byte)];
        let symbol = if class > OTHER {
            if !joins && matches!(class, b'h' | b'w' | b'r') {
                let rest = bytes.get(length..).unwrap_or_default();
                if skipped(rest) > 0 {
                    return None;
                }
            }
            joins = true;
            length += 1;
            u16::from(class)
        } else {
            joins = false;
            match class {
                END => break,
                // A sign ends the word; what goes on with it, a mark say, is for the closer look.
                OTHER => match text.get(length..)?.chars().next() {
                    Some(character) if !is_word_letter(character) => break,
                    _ => return None,
                },
                APOSTROPHE => {
                    let next = bytes.get(length + 1);
                    match next.map_or(END, |&next| CLASSES[usize::from(next)]) {
                        END | APOSTROPHE => break,
                        ACCENTED | OTHER => return None,
                        _ => {}
                    }
                    // It is a symbol and no letter.
                    newest = u16::from(b'\'');
                    if !symbols.put(held, newest) {
                        return None;
                    }
                    held += 1;
                    length += 1;
                    continue;
                }
                _ => {
                    let low = bytes.get(length + 1)? & 0x3F;
                    let code = u32::from(byte & 0x1F) << 6 | u32::from(low);
                    let symbol = *LOWER.get(code.checked_sub(FIRST)? as usize)?;
                    if symbol == 0 {
                        return None;
                    }
                    length += 2;
                    symbol
                }
            }
        };
        letters += 1;
        // As in `Word::push`: the third of a row is none.
        repeats = if newest == symbol { repeats + 1 } else { 0 };
        newest = symbol;
        if repeats > 1 {
            continue;
        }
        if !symbols.put(held, symbol) {
            return None;
        }
        held += 1;
    }
    symbols.end(held);
    (letters > 0).then_some(Whole {
        length,
        letters,
        capital: is_capital(text),
        symbols,
    })
}

/// Whether [`read`] would read all of `word` wherever it stands whole, see [`ends`].
pub(super) fn is_whole(word: &str) -> bool {
    // Behind an apostrophe or a letter outside of ASCII a link or the mark of a repost may begin,
    // which is known by what follows and by its capitals.
    let begins_link =
        |pair: &[u8]| matches!(pair, [before, b'h' | b'w' | b'r'] if !before.is_ascii_alphabetic());
    let may_hold_link = word.as_bytes().windows(2).any(begins_link);
    !may_hold_link && read(word).is_some_and(|whole| whole.length == word.len())
}

/// Whether a word that begins `text` and has `length` bytes ends there: nothing follows that
/// [`read`] would look at.
#[inline]
pub(super) fn ends(text: &str, length: usize) -> bool {
    let next = text.as_bytes().get(length);
    next.is_none_or(|&next| CLASSES[usize::from(next)] == END)
}

/// Whether a text begins with a capital.
#[inline]
pub(super) fn is_capital(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(0x80..) => text.chars().next().is_some_and(char::is_uppercase),
        first => first.is_some_and(u8::is_ascii_uppercase),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_is_that_of_unicode() {
        for code in FIRST..FIRST + 192 {
            let letter = char::from_u32(code).unwrap();
            let lower = letter.to_lowercase().next().unwrap();
            let expected = if matches!(letter, '×' | '÷') {
                0
            } else {
                lower as u16
            };
            assert_eq!(LOWER[(code - FIRST) as usize], expected, "{letter}");
        }
    }

    #[test]
    fn words_are_read_whole() {
        let symbols = |text: &str| {
            read(text).map(|word| {
                let symbols = String::from_utf16(word.symbols.as_slice()).unwrap();
                (symbols, word.letters, word.length, word.capital)
            })
        };
        let whole = |symbols: &str, letters, length, capital| {
            Some((symbols.to_owned(), letters, length, capital))
        };
        assert_eq!(symbols("Sooo good"), whole("soo", 4, 4, true));
        assert_eq!(symbols("don't"), whole("don't", 4, 5, false));
        assert_eq!(symbols("Čau…"), whole("čau", 3, 4, true));
        assert_eq!(symbols("rock' "), whole("rock", 4, 4, false));
        // A mark, another alphabet, a typographic apostrophe, a long word.
        for text in ["e\u{301}", "aж", "don’t", "incomprehensibilities", "1"] {
            assert_eq!(symbols(text), None, "{text}");
        }
    }
}
