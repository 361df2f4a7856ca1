//! Pinyin notes in parentheses after a Han character: 統(tǒng)計(jì).

use super::table::is_han;
use super::unit::{Unit, at, before};

/// The longest note: two syllables of six letters and a space.
const MAX_NOTE: usize = 13;

/// Initials and the finals each of them takes, `v` for ü (GB/T 16159).
const SYLLABLES: [(&str, &str); 24] = [
    (
        "zh",
        "a ai an ang ao e ei en eng i ong ou u ua uai uan uang ui un uo",
    ),
    (
        "ch",
        "a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo",
    ),
    (
        "sh",
        "a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo",
    ),
    ("b", "a ai an ang ao ei en eng i ian iao ie in ing o u"),
    ("p", "a ai an ang ao ei en eng i ian iao ie in ing o ou u"),
    (
        "m",
        "a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u",
    ),
    ("f", "a an ang ei en eng o ou u"),
    (
        "d",
        "a ai an ang ao e ei en eng i ia ian iao ie ing iu ong ou u uan ui un uo",
    ),
    (
        "t",
        "a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo",
    ),
    (
        "n",
        "a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan uo v ve ue",
    ),
    (
        "l",
        "a ai an ang ao e ei eng i ia ian iang iao ie in ing iu o ong ou u uan un uo v ve ue",
    ),
    (
        "g",
        "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    ),
    (
        "k",
        "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    ),
    (
        "h",
        "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    ),
    ("j", "i ia ian iang iao ie in ing iong iu u uan ue un"),
    ("q", "i ia ian iang iao ie in ing iong iu u uan ue un"),
    ("x", "i ia ian iang iao ie in ing iong iu u uan ue un"),
    ("r", "an ang ao e en eng i ong ou u ua uan ui un uo"),
    ("z", "a ai an ang ao e ei en eng i ong ou u uan ui un uo"),
    ("c", "a ai an ang ao e en eng i ong ou u uan ui un uo"),
    ("s", "a ai an ang ao e en eng i ong ou u uan ui un uo"),
    ("y", "a an ang ao e i in ing o ong ou u uan ue un"),
    ("w", "a ai an ang ei en eng o u"),
    ("", "a ai an ang ao e ei en eng er o ou"),
];

/// Drops pinyin notes; true if something changed.
///
/// With tone marks one or two syllables after any Han character. Without them one syllable, and
/// only after a Han character that stands alone or when the text has several such notes: 好(he) may
/// be a word of another language.
pub(super) fn drop_notes(units: &mut Vec<Unit>, count: &mut u32) -> bool {
    let earlier = *count;
    let plain = (0..units.len())
        .filter(|&index| matches!(note(units, index, index), Some((_, false))))
        .count();
    let (mut read, mut kept) = (0, 0);
    while let Some(&unit) = units.get(read) {
        // What a note stands behind is what is kept before it: notes in a row go in one pass.
        if let Some((length, toned)) = note(units, read, kept) {
            // One plain note behind a word may be a word of another language: 好(he).
            let alone = !kept
                .checked_sub(2)
                .and_then(|index| at(units, index))
                .is_some_and(is_han);
            if toned || alone || plain > 1 {
                *count += 1;
                read += length;
                continue;
            }
        }
        if let Some(slot) = units.get_mut(kept) {
            *slot = unit;
        }
        (read, kept) = (read + 1, kept + 1);
    }
    units.truncate(kept);
    *count > earlier
}

/// The length of a note with its parentheses at `index`, behind what is before `kept`, and whether
/// it has tone marks.
fn note(units: &[Unit], index: usize, kept: usize) -> Option<(usize, bool)> {
    if at(units, index) != Some('(') || !before(units, kept).is_some_and(is_han) {
        return None;
    }
    let inside = units.iter().skip(index + 1).take(MAX_NOTE + 1);
    let length = inside
        .clone()
        .position(|unit| unit.c == ')')
        .filter(|&length| length > 0)?;
    let (mut letters, mut toned, mut size) = ([0u8; MAX_NOTE], false, 0);
    for unit in inside.take(length) {
        let (letter, tone) = plain(unit.c)?;
        toned |= tone;
        *letters.get_mut(size)? = letter;
        size += 1;
    }
    let letters = std::str::from_utf8(letters.get(..size)?).ok()?;
    let follows = at(units, index + length + 2);
    let ends = follows
        .is_none_or(|c| is_han(c) || matches!(c, '\n' | ',' | '.' | '!' | '?' | '。' | '、'));
    let valid = match toned {
        true => {
            is_syllable(letters) || (1..letters.len()).any(|split| is_two_syllables(letters, split))
        }
        false => ends && is_syllable(letters),
    };
    valid.then_some((length + 2, toned))
}

fn is_two_syllables(letters: &str, split: usize) -> bool {
    letters
        .split_at_checked(split)
        .is_some_and(|(one, two)| is_syllable(one) && is_syllable(two.trim_start()))
}

fn is_syllable(letters: &str) -> bool {
    SYLLABLES.iter().any(|(initial, finals)| {
        letters
            .strip_prefix(initial)
            .is_some_and(|rest| !rest.is_empty() && finals.split(' ').any(|f| f == rest))
    })
}

/// A letter without its tone mark (ü as v), and whether it had one.
fn plain(c: char) -> Option<(u8, bool)> {
    Some(match c {
        'a'..='z' | ' ' => (c as u8, false),
        'ü' => (b'v', false),
        'ā' | 'á' | 'ǎ' | 'à' => (b'a', true),
        'ē' | 'é' | 'ě' | 'è' => (b'e', true),
        'ī' | 'í' | 'ǐ' | 'ì' => (b'i', true),
        'ō' | 'ó' | 'ǒ' | 'ò' => (b'o', true),
        'ū' | 'ú' | 'ǔ' | 'ù' => (b'u', true),
        'ǖ' | 'ǘ' | 'ǚ' | 'ǜ' => (b'v', true),
        'ń' | 'ň' | 'ǹ' => (b'n', true),
        'ḿ' => (b'm', true),
        _ => return None,
    })
}
