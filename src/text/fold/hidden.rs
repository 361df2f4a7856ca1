//! Letters written as digits and signs: `fr33`, `c@ll`, `0dkaz`, `cIick`.
//!
//! `3g`, an order number and a name hold digits honestly, so only words of a list
//! (`data/text/hidden.tsv`) are read so.

use super::table::{Script, Tables, script};
use super::unit::{Unit, at, before};

/// Longer than any word of `data/text/hidden.tsv`, in letters: a bound on the buffer, by hand.
const MAX_WORD: usize = 20;
/// How many of a word's signs may stand for two letters each: a bound on time, for each one doubles
/// the spellings that are looked up (at most eight).
const AMBIGUOUS: usize = 3;

/// Writes listed words in letters; true if something changed.
pub(super) fn reveal(tables: &Tables, units: &mut [Unit], original: &str, count: &mut u32) -> bool {
    let earlier = *count;
    let mut start = 0;
    while start < units.len() {
        let (mut end, mut letters, mut signs) = (start, 0, 0);
        while let Some(unit) = units.get(end) {
            if script(unit.c) == Script::Latin {
                letters += 1;
                signs +=
                    usize::from(unit.c == 'i' && end > start && is_capital(units, end, original));
            } else if sign(unit.c).is_some() {
                signs += 1;
            } else {
                break;
            }
            end += 1;
        }
        if letters > 0 && signs > 0 {
            reveal_word(tables, units, (start, end), original, count);
        }
        start = end.max(start) + 1;
    }
    *count > earlier
}

fn reveal_word(
    tables: &Tables,
    units: &mut [Unit],
    word: (usize, usize),
    original: &str,
    count: &mut u32,
) {
    let (mut start, mut end) = word;
    // Before and after a word `!` and `|` are what they seem, and a price begins with `$`.
    let bare = |c: Option<char>| matches!(c, Some('!' | '|' | '$' | '@'));
    while start < end && bare(at(units, start)) {
        start += 1;
    }
    while end > start && matches!(at(units, end - 1), Some('!' | '|')) {
        end -= 1;
    }
    if end - start > MAX_WORD || end - start < 3 || holds_digits_honestly(units, start, end) {
        return;
    }
    let mut letters = [('\0', None); MAX_WORD];
    let (mut changed, mut ambiguous) = (0, 0);
    for (offset, slot) in letters.iter_mut().take(end - start).enumerate() {
        let Some(c) = at(units, start + offset) else {
            return;
        };
        *slot = match sign(c) {
            Some(read) => read,
            None if c == 'i' && offset > 0 && is_capital(units, start + offset, original) => {
                ('i', Some('l'))
            }
            None => (c, None),
        };
        changed += u32::from(slot.0 != c || slot.1.is_some());
        ambiguous += usize::from(slot.1.is_some());
    }
    let Some(letters) = letters
        .get(..end - start)
        .filter(|_| changed > 0 && ambiguous <= AMBIGUOUS)
    else {
        return;
    };
    if let Some(word) = listed(tables, letters, ambiguous) {
        for (unit, c) in units.iter_mut().skip(start).zip(word.chars()) {
            *count += u32::from(unit.c != c);
            unit.c = c;
        }
    }
}

/// Whether the digits of the word from `start` to `end`, or what it touches, say that nothing is
/// hidden: order numbers, prices (`5kg`, `4star`), tags and addresses.
fn holds_digits_honestly(units: &[Unit], start: usize, end: usize) -> bool {
    let address = |c: Option<char>| {
        c.is_some_and(|c| matches!(c, '@' | '/' | '.' | '_' | '-' | '#' | '&' | '='))
    };
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    matches!(at(units, start), Some('3' | '4' | '5'))
        // photo5 is the fifth.
        || matches!(at(units, end - 1), Some('4' | '5'))
        || inside(before(units, start))
        || inside(at(units, end))
        || address(before(units, start))
        || (address(at(units, end)) && inside(at(units, end + 1)))
}

/// The word of the list that `letters` can be read as, of which `ambiguous` have a second reading.
fn listed(
    tables: &Tables,
    letters: &[(char, Option<char>)],
    ambiguous: usize,
) -> Option<&'static str> {
    // `1` is an i or an l, so each choice is looked up; the list decides which is a word.
    (0..1usize << ambiguous).find_map(|choice| {
        let (mut read, mut seen) = (['\0'; MAX_WORD], 0);
        for (slot, &(first, second)) in read.iter_mut().zip(letters) {
            *slot = second.filter(|_| choice >> seen & 1 == 1).unwrap_or(first);
            seen += usize::from(second.is_some());
        }
        tables.hidden_word(read.iter().take(letters.len()).copied())
    })
}

/// What a reader may take a digit or sign for.
fn sign(c: char) -> Option<(char, Option<char>)> {
    Some(match c {
        '0' => ('o', None),
        '1' | '!' | '|' => ('i', Some('l')),
        '3' => ('e', None),
        '4' | '@' => ('a', None),
        '5' | '$' => ('s', None),
        _ => return None,
    })
}

/// Whether a capital `I` stands behind a small letter there, as nobody writes it but for an `l`.
fn is_capital(units: &[Unit], index: usize, original: &str) -> bool {
    let written = |index: usize| {
        units
            .get(index)
            .and_then(|unit| original.get(unit.start as usize..)?.chars().next())
    };
    written(index) == Some('I')
        && index
            .checked_sub(1)
            .and_then(written)
            .is_some_and(char::is_lowercase)
}
