//! Accents that belong to no language: `mõñêÿ`.

use super::letter::{is_accented, is_czech};
use super::table::{is_han, take_apart_first};
use super::unit::Unit;

/// The accented letters of other languages, and those of pinyin.
const OTHERS: [&str; 14] = [
    "ąćęłńóśźż",
    "äöüß",
    "àâæçéèêëîïôœùûüÿ",
    "áéíñóúüïç",
    "áâãàçéêíóôõúü",
    "àèéìíîòóùú",
    "áéíóöőúüű",
    "ăâîșțşţ",
    "âçğıîöşûü",
    "åäöæøéðþáíóúýü",
    "čćđšž",
    "āčēģīķļņšūžąęėįųõäöü",
    "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü",
    "ëçáéíóúâêîôûŵŷàèìòù",
];

/// Takes the accents off if no language has all of them; true if something changed.
pub(super) fn strip(units: &mut [Unit], count: &mut u32) -> bool {
    let (mut czech, mut foreign, mut different) = (0u32, 0u32, 0u32);
    let mut all = u16::MAX;
    let mut last = '\0';
    for unit in units.iter() {
        // Pinyin beside Chinese is not such text.
        if is_han(unit.c) {
            return false;
        }
        if !is_accented(unit.c) {
            continue;
        }
        if is_czech(unit.c) {
            czech += 1;
            continue;
        }
        foreign += 1;
        different += u32::from(unit.c != last);
        last = unit.c;
    }
    // Names of several languages in a Czech text are not a disguise either.
    if foreign < 2 || different < 2 || czech > foreign {
        return false;
    }
    // Only now, as most texts have left by here: each letter is looked up in fourteen lists.
    for unit in units.iter().filter(|unit| is_accented(unit.c)) {
        all &= languages(unit.c);
    }
    // A language that has all of the letters explains them; two or fewer are a name or a slip.
    if all != 0 || foreign + czech < 3 {
        return false;
    }
    let earlier = *count;
    for unit in units.iter_mut().filter(|unit| is_accented(unit.c)) {
        if let Some(plain) = plain(unit.c) {
            unit.c = plain;
            *count += 1;
        }
    }
    *count > earlier
}

/// One bit for each language that has the letter; Vietnamese has a block of its own.
fn languages(c: char) -> u16 {
    let vietnamese = matches!(c as u32, 0x1EA0..=0x1EF9) || "àáâãèéêìíòóôõùúýăđĩũơư".contains(c);
    let others = OTHERS
        .iter()
        .enumerate()
        .map(|(bit, letters)| u16::from(letters.contains(c)) << bit);
    others.fold(u16::from(vietnamese) << 14, |all, one| all | one)
}

fn plain(c: char) -> Option<char> {
    Some(match c {
        'ø' => 'o',
        'đ' => 'd',
        'ł' => 'l',
        'ı' => 'i',
        _ => take_apart_first(c).filter(char::is_ascii_alphabetic)?,
    })
}
