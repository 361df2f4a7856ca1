//! Letters repeated for emphasis.

use super::{table::is_han, unit::Unit};

/// How far around a run its token is looked at; a bound, so that no text takes quadratic time.
const TOKEN: usize = 256;

/// Shortens three or more of the same letter to two; true if something changed.
///
/// Digits, numerals and punctuation stay, so do `www`, Roman numbers, and whatever stands in a URL, an e-mail
/// address or behind an `@`.
pub(super) fn shorten(units: &mut Vec<Unit>, count: &mut u32) -> bool {
    let earlier = *count;
    let (mut read, mut kept) = (0, 0);
    while let Some(&first) = units.get(read) {
        let run = units.iter().skip(read).take_while(|unit| unit.c == first.c).count();
        let after = read + run;
        let shorten = run >= 3 && is_letter(first.c) && {
            let (left, right) = (units.get(..kept).unwrap_or(&[]), units.get(after..).unwrap_or(&[]));
            !is_number_or_prefix(left, first.c, run, right) && !is_in_address(left, right)
        };
        let stay = if shorten { 2 } else { run };
        let end = units.get(after - 1).map_or(first.end, |unit| unit.end);
        for offset in 0..stay {
            if let (Some(&unit), true) = (units.get(read + offset), kept < units.len()) {
                // The second letter stands for all that follow it.
                let end = if shorten && offset == 1 { end } else { unit.end };
                if let Some(slot) = units.get_mut(kept) {
                    *slot = Unit { end, ..unit };
                }
                kept += 1;
            }
        }
        *count += u32::from(shorten);
        read = after;
    }
    units.truncate(kept);
    *count > earlier
}

/// Han numerals are digits: 一一一 may be a part of a number.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !matches!(c, '〇' | '零' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c)
}

/// `www`, or three of a kind in a Roman number (`iii`, `xviii`).
fn is_number_or_prefix(left: &[Unit], c: char, run: usize, right: &[Unit]) -> bool {
    if run != 3 || !matches!(c, 'w' | 'i' | 'x') {
        return false;
    }
    let roman = |unit: &&Unit| c != 'w' && matches!(unit.c, 'i' | 'v' | 'x');
    let (more_left, more_right) = (left.iter().rev().take_while(roman).count(), right.iter().take_while(roman).count());
    let edge_left = left.iter().rev().nth(more_left).is_none_or(|unit| !is_word(unit.c));
    let edge_right = right.get(more_right).is_none_or(|unit| !is_word(unit.c));
    edge_left && edge_right && more_left + more_right <= 8
}

fn is_in_address(left: &[Unit], right: &[Unit]) -> bool {
    let inside = |unit: &&Unit| unit.c > ' ' && !is_han(unit.c);
    let (mut dots, mut slashes, mut at_sign, mut scheme, mut prefix) = (0, 0, false, false, 0);
    let mut see = |unit: &Unit| {
        dots += usize::from(unit.c == '.');
        slashes += usize::from(unit.c == '/');
        at_sign |= unit.c == '@';
        scheme |= unit.c == ':';
        prefix += usize::from(unit.c == 'w');
    };
    left.iter().rev().take_while(inside).take(TOKEN).for_each(&mut see);
    right.iter().take_while(inside).take(TOKEN).for_each(&mut see);
    at_sign || (dots > 0 && slashes > 0) || (scheme && slashes >= 2) || (prefix >= 3 && dots >= 2)
}
