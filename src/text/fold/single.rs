//! Texts of which each character is folded by itself: most posts of Han characters, and of Latin
//! letters with a typographic sign or an emoji.
//!
//! One pass writes the text and its map, and goes away empty where a step could find something to
//! do: it errs on that side. It takes some 60 instructions a character, where reading into units,
//! the steps, and writing take 200.

use super::letter::is_accented;
use super::table::{self, Tables};
use super::unit::{LETTER, SIGN, STROKE, TOUCHES};
use super::{Folded, map_in_place, put};

/// What a step may have to do with a character: compose it, simplify it, read it as another.
const WORK: u32 = table::UNSETTLED | table::TRADITIONAL | table::FOREIGN | table::KANA;

/// What a character is for words whose characters are spread apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What may stand in a gap, or is of another script.
    Other,
    Han,
    /// A letter of ASCII, or the apostrophe, beside which no letter is a spread one.
    Letter,
    Digit,
}

/// Rows of characters of one kind, as they come.
struct Rows {
    kind: Kind,
    length: u32,
    /// The kind of the row before, if it is of one character.
    single: Kind,
}

impl Rows {
    /// Takes the next character; whether it may be the second of two that are spread.
    #[inline]
    fn take(&mut self, kind: Kind) -> bool {
        if kind == self.kind {
            self.length += 1;
            return false;
        }
        let mut spread = false;
        if self.kind != Kind::Other {
            let single = match self.length {
                1 if self.kind != Kind::Digit => self.kind,
                _ => Kind::Other,
            };
            spread = single != Kind::Other && single == self.single;
            self.single = single;
        }
        (self.kind, self.length) = (kind, 1);
        spread
    }
}

/// Folds `original` into `into` and is true, if each of its characters is folded by itself; else
/// `into` is not changed. `into` is empty.
pub(super) fn fold(tables: &Tables, original: &str, into: &mut Folded) -> bool {
    let done = write(tables, original, into);
    if done.is_none() {
        into.clear(original.len());
    }
    done.is_some()
}

fn write(tables: &Tables, original: &str, into: &mut Folded) -> Option<()> {
    let (mut seen, mut letters, mut wide) = (0, 0, 0);
    let (mut last, mut last_class, mut run) = ('\0', 0, 0);
    let mut rows = Rows {
        kind: Kind::Other,
        length: 0,
        single: Kind::Other,
    };
    // Whether some character does not stand at its own place: from there on there is a map.
    let mut moved = false;
    for (start, c) in original.char_indices() {
        let entry = tables.entry(c);
        let folded = match table::kind(entry) {
            table::KEEP => c,
            table::MAP => table::character(entry),
            table::MAP_WIDE => {
                wide += 1;
                table::character(entry)
            }
            // How telephones write emoji.
            table::DROP_SILENT => continue,
            _ => return None,
        };
        seen |= entry;
        if entry & WORK != 0 {
            return None;
        }
        let class = match TOUCHES.get(folded as usize) {
            Some(&class) => class,
            None if is_accented(folded) => return None,
            None => 0,
        };
        letters |= class & LETTER;
        let signs = (class & SIGN != 0 || c == 'I') && last_class & LETTER != 0
            || class & LETTER != 0 && last_class & STROKE != 0;
        last_class = class;
        let kind = match folded {
            _ if entry & table::HAN != 0 => Kind::Han,
            _ if class & LETTER != 0 || folded == '\'' => Kind::Letter,
            '0'..='9' => Kind::Digit,
            _ => Kind::Other,
        };
        let spread = rows.take(kind);
        run = if folded == last { run + 1 } else { 1 };
        let repeated = run > 1 && (folded == ' ' || run > 2 && folded.is_alphanumeric());
        last = folded;
        if signs || spread || repeated || matches!(folded, '*' | '_' | '–') || c == '\r' {
            return None;
        }
        if !moved && (start != into.text.len() || folded.len_utf8() != c.len_utf8()) {
            moved = true;
            map_in_place(&into.text, &mut into.starts, &mut into.ends);
        }
        into.text.push(folded);
        if moved {
            put(&mut into.starts, start as u32, folded);
            put(&mut into.ends, (start + c.len_utf8()) as u32, folded);
        }
    }
    let noted = seen & table::BRACKET != 0 && seen & table::HAN != 0 && letters != 0;
    let contact = || tables.spells_contact(&into.text);
    if rows.take(Kind::Other) || noted || seen & table::CONTACT != 0 && contact() {
        return None;
    }
    into.disguises.full_width = wide;
    Some(())
}
