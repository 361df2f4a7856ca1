//! Words: a folded text as a row of tokens.
//!
//! Between the entities a text is a row of runs: Han characters go to the segmenter, letters and
//! digits make words and numbers, the rest makes symbols, white space makes nothing. The rules for
//! letters are those of UAX #29 but for four, made for posts:
//! - `.` and `:` join digits, not letters: who forgets the space after a full stop still writes two
//!   words. Single letters stay joined: `u.s.a`.
//! - `_` joins only inside a word, so that `__word__` is the word it shows.
//! - `-` joins a single letter to the word after it (`e-mail`, `e-shop`, `t-shirt`); `wi-fi`
//!   is three tokens.
//! - a single letter takes a `++` or `#` that ends it (`c++`, `c#`).

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use super::han::{HanSegmenter, is_han};
use super::{Entity, EntityKind};
use crate::cut;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A word of a script that writes spaces (or kana, hangul …); may hold digits (`3g`)
    /// or signs (`c++`).
    Word,
    /// A word of Han characters, as the segmenter cut it.
    Han,
    /// A number, with its separators.
    Number,
    /// A run of one punctuation or symbol character.
    Symbol,
    /// An entity.
    Entity(EntityKind),
}

/// A token of a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte in the folded text.
    pub start: u32,
    /// One past its last byte in the folded text.
    pub end: u32,
}

/// Fills `out` with the tokens of `folded`, in order and without overlap; earlier
/// content is dropped.
///
/// `entities` are those that the finder saw in the same text: each becomes one token. Every byte
/// that is not white space is in exactly one token, and tokens begin and end between characters.
/// Entities that are out of order, overlap, or don't lie on characters of `folded` are passed over.
/// Of a text beyond 4 GiB only what `u32` can point to is cut.
pub fn tokenize(folded: &str, entities: &[Entity], han: &HanSegmenter, out: &mut Vec<Token>) {
    out.clear();
    let folded = cut::at_most(folded, u32::MAX as usize);
    let mut cutter = Cutter {
        text: folded,
        han,
        out,
    };
    let mut position = 0;
    for entity in entities {
        let (start, end) = (entity.start as usize, entity.end as usize);
        if start < position || end <= start || folded.get(start..end).is_none() {
            continue;
        }
        cutter.cut(position, start);
        cutter.push(TokenKind::Entity(entity.kind), start, end);
        position = end;
    }
    cutter.cut(position, folded.len());
}

/// What a character does in the row of runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    /// A letter of an alphabet in which words are runs of letters.
    Letter,
    Digit,
    Han,
    /// A letter or mark of any other script: UAX #29 says where its words end.
    Complex,
    Symbol,
}

/// The classes of ASCII, so that the usual character costs one look-up.
const ASCII: [Class; 128] = {
    let mut classes = [Class::Symbol; 128];
    let mut byte = 0;
    while byte < 128 {
        let character = byte as u8;
        classes[byte] = if character.is_ascii_alphabetic() {
            Class::Letter
        } else if character.is_ascii_digit() {
            Class::Digit
        } else if character.is_ascii_whitespace() || character == 0x0B {
            Class::Space
        } else {
            Class::Symbol
        };
        byte += 1;
    }
    classes
};

/// Which bytes are letters and digits of ASCII.
pub(crate) const ALPHANUMERIC: [bool; 256] = {
    let mut alphanumeric = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        alphanumeric[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    alphanumeric
};

fn class_of(character: char) -> Class {
    match character {
        '\0'..='\x7F' => ASCII[character as usize],
        '\u{4E00}'..='\u{9FFF}' => Class::Han,
        // Latin with its diacritics, Greek without its signs, Cyrillic.
        '\u{C0}'..='\u{2AF}' if !matches!(character, '×' | '÷') => Class::Letter,
        '\u{370}'..='\u{481}' | '\u{48A}'..='\u{52F}' | '\u{1E00}'..='\u{1FFF}'
            if character.is_alphabetic() =>
        {
            Class::Letter
        }
        _ if character.is_whitespace() => Class::Space,
        _ if is_han(character) => Class::Han,
        _ if character.is_alphanumeric() || is_combining_mark(character) => Class::Complex,
        _ => Class::Symbol,
    }
}

struct Cutter<'a> {
    text: &'a str,
    han: &'a HanSegmenter,
    out: &'a mut Vec<Token>,
}

impl Cutter<'_> {
    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        // `tokenize` has made sure that every offset fits.
        self.out.push(Token {
            kind,
            start: start as u32,
            end: end as u32,
        });
    }

    /// The character at `position` (before `end`), its class, and where the next one starts.
    fn at(&self, position: usize, end: usize) -> Option<(char, Class, usize)> {
        if position >= end {
            return None;
        }
        let byte = *self.text.as_bytes().get(position)?;
        if byte < 0x80 {
            return Some((char::from(byte), ASCII[usize::from(byte)], position + 1));
        }
        let character = self.text.get(position..end)?.chars().next()?;
        Some((
            character,
            class_of(character),
            position + character.len_utf8(),
        ))
    }

    /// Cuts the text from `start` to `end`, between which there is no entity.
    fn cut(&mut self, start: usize, end: usize) {
        let mut position = start;
        while let Some((character, class, next)) = self.at(position, end) {
            position = match class {
                Class::Space => next,
                // The run is cut as a whole: the segmenter needs its neighbours.
                Class::Han => self.han_run(position, next, end),
                Class::Digit => self.number(position, end),
                Class::Letter | Class::Complex => self.word(position, position, end),
                Class::Symbol => self.symbol(character, position, next, end),
            };
        }
    }

    fn han_run(&mut self, start: usize, mut position: usize, end: usize) -> usize {
        while let Some((_, Class::Han, next)) = self.at(position, end) {
            position = next;
        }
        let (run, out) = (&self.text[start..position], &mut *self.out);
        self.han.cut(run, |from, to| {
            out.push(Token {
                kind: TokenKind::Han,
                start: (start + from) as u32,
                end: (start + to) as u32,
            });
        });
        position
    }

    fn symbol(&mut self, first: char, start: usize, mut position: usize, end: usize) -> usize {
        while let Some((character, _, next)) = self.at(position, end) {
            if character != first {
                break;
            }
            position = next;
        }
        self.push(TokenKind::Symbol, start, position);
        position
    }

    /// A number, or the word that starts with one.
    fn number(&mut self, start: usize, end: usize) -> usize {
        let mut position = start;
        let mut separated = false;
        while let Some((character, class, next)) = self.at(position, end) {
            match class {
                Class::Digit => position = next,
                // `3g` and `5kg` are words; `3.5kg` is a number and a word.
                Class::Letter | Class::Complex if !separated => {
                    return self.word(start, position, end);
                }
                Class::Symbol
                    if matches!(character, '.' | ',' | ':')
                        && matches!(self.at(next, end), Some((_, Class::Digit, _))) =>
                {
                    separated = true;
                    position = next;
                }
                _ => break,
            }
        }
        self.push(TokenKind::Number, start, position);
        position
    }

    /// The word at `start`, of which all before `position` is known to be part.
    fn word(&mut self, start: usize, mut position: usize, end: usize) -> usize {
        let mut complex = false;
        // How many letters stand since the start or the last full stop: single ones may be joined.
        let mut letters = 0_usize;
        let mut last = Class::Digit;
        let mut acronym = true;
        loop {
            let run = self.text.as_bytes().get(position..end).unwrap_or_default();
            let plain = run
                .iter()
                .take_while(|&&byte| ALPHANUMERIC[usize::from(byte)]);
            let length = plain.count();
            if let Some(&byte) = length.checked_sub(1).and_then(|at| run.get(at)) {
                last = ASCII[usize::from(byte & 0x7F)];
            }
            position += length;
            // Most words end at a space: nothing joins them to what follows.
            if !complex && matches!(run.get(length), None | Some(b' ')) && position > start {
                break;
            }
            letters += length;
            acronym &= letters <= 1 && last == Class::Letter;
            let Some((character, class, next)) = self.at(position, end) else {
                break;
            };
            match class {
                Class::Letter | Class::Digit => {
                    letters += 1;
                    acronym &= letters == 1 && class == Class::Letter;
                }
                Class::Complex => complex = true,
                Class::Symbol => {
                    if !matches!(character, '_' | '\'' | '\u{2019}' | '.' | '-')
                        || !self.joins(character, start, position, next, end, last, acronym)
                    {
                        break;
                    }
                    letters = 0;
                }
                Class::Space | Class::Han => break,
            }
            last = class;
            position = next;
        }
        // Hangul, Thai and others: their words need the tables of Unicode.
        if complex {
            self.complex(start, position);
            return position;
        }
        if position - start == 1 {
            position = self.signs(position, end);
        }
        self.push(TokenKind::Word, start, position);
        position
    }

    /// Whether the sign at `position` joins the word that began at `start` to what comes after.
    ///
    /// `last` is what stands before the sign; `acronym` says that it is a single letter, and all
    /// before it were.
    #[allow(clippy::too_many_arguments)]
    fn joins(
        &self,
        sign: char,
        start: usize,
        position: usize,
        next: usize,
        end: usize,
        last: Class,
        acronym: bool,
    ) -> bool {
        let Some((_, after, after_next)) = self.at(next, end) else {
            return false;
        };
        let letter_after_next = || matches!(self.at(after_next, end), Some((_, Class::Letter, _)));
        match sign {
            // `__word__` is the word that it shows, `snake_case` is one.
            '_' => matches!(after, Class::Letter | Class::Digit | Class::Complex),
            // `3.5` is one number, and who forgets the space after a full stop still
            // writes two words.
            '.' if last == Class::Digit => after == Class::Digit,
            '.' => {
                // `u.s.a` is one word, `end.start` is two.
                let single = !matches!(
                    self.at(after_next, end),
                    Some((_, Class::Letter | Class::Digit, _))
                );
                acronym && after == Class::Letter && single
            }
            '-' => {
                position - start == 1
                    && last == Class::Letter
                    && after == Class::Letter
                    && letter_after_next()
            }
            _ => last != Class::Digit && matches!(after, Class::Letter | Class::Complex),
        }
    }

    /// Where the single letter that ends at `position` ends with its `++` or `#`.
    fn signs(&self, position: usize, end: usize) -> usize {
        let rest = &self.text.as_bytes()[position..end];
        let length = if rest.starts_with(b"++") {
            2
        } else {
            usize::from(rest.starts_with(b"#"))
        };
        match rest.get(length) {
            // `a+++` is emphasis and no name of a language.
            Some(b'+' | b'#') => position,
            Some(after) if after.is_ascii_alphanumeric() => position,
            _ => position + length,
        }
    }

    /// A run with letters of scripts whose words UAX #29 knows to end: it is cut where that says.
    fn complex(&mut self, start: usize, end: usize) {
        let text = self.text;
        for (from, piece) in text[start..end].split_word_bound_indices() {
            let numeric = piece.chars().all(char::is_numeric);
            let kind = if numeric {
                TokenKind::Number
            } else {
                TokenKind::Word
            };
            self.push(kind, start + from, start + from + piece.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut tokens = Vec::new();
        tokenize(text, &[], &HanSegmenter::default(), &mut tokens);
        tokens
            .iter()
            .map(|token| &text[token.start as usize..token.end as usize])
            .collect()
    }

    proptest! {
        #[test]
        fn letters_and_spaces_are_cut_as_uax_29_cuts_them(text in "[a-z0-9áčďéěíňóřšťúůýžüößабв ]{0,60}") {
            prop_assert_eq!(words(&text), text.unicode_words().collect::<Vec<_>>());
        }

        #[test]
        fn a_quote_inside_letters_joins_as_in_uax_29(text in "[a-z' ]{0,40}") {
            let ours: Vec<&str> = words(&text).into_iter().filter(|word| !word.starts_with('\'')).collect();
            prop_assert_eq!(ours, text.unicode_words().collect::<Vec<_>>());
        }
    }
}
