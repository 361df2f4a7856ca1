//! Letters repeated for emphasis.

use super::table::is_han;
use super::unit::Unit;

/// Shortens three or more of the same letter to two; true if something changed.
///
/// Digits, numerals and punctuation stay, so do `www`, Roman numbers, masked ones (`xxxxxx`), and
/// whatever stands in a URL, an e-mail address or behind an `@`.
pub(super) fn shorten(units: &mut Vec<Unit>, count: &mut u32) -> bool {
    let earlier = *count;
    let (mut read, mut kept) = (0, 0);
    // The token last looked at ends there: each is looked at once, so that no text
    // takes quadratic time.
    let (mut token_end, mut in_address) = (0, false);
    while let Some((start, first)) = next_run(units, read) {
        units.copy_within(read..start, kept);
        kept += start - read;
        let run = units
            .iter()
            .skip(start)
            .take_while(|unit| unit.c == first.c)
            .count();
        let after = start + run;
        let (left, right) = (
            units.get(..kept).unwrap_or(&[]),
            units.get(after..).unwrap_or(&[]),
        );
        if start >= token_end {
            let (found, length) = address(left, units.get(start..).unwrap_or(&[]));
            (in_address, token_end) = (found, start + length);
        }
        // An address with a letter less is another address.
        if in_address || is_number_or_prefix(left, first.c, run, right) {
            units.copy_within(start..after, kept);
            kept += run;
        } else {
            // The second letter stands for all that follow it.
            let end = units.get(after - 1).map_or(first.end, |unit| unit.end);
            units.copy_within(start..start + 2, kept);
            if let Some(second) = units.get_mut(kept + 1) {
                second.end = end;
            }
            kept += 2;
            *count += 1;
        }
        read = after;
    }
    let length = units.len();
    units.copy_within(read.min(length).., kept);
    units.truncate(kept + length.saturating_sub(read));
    *count > earlier
}

/// The next run of three or more of the same letter, from the run that begins at `from` on.
fn next_run(units: &[Unit], from: usize) -> Option<(usize, Unit)> {
    let tripled =
        |three: &[Unit]| matches!(three, [a, b, c] if a.c == b.c && b.c == c.c && is_letter(a.c));
    let offset = units.get(from..)?.windows(3).position(tripled)?;
    units
        .get(from + offset)
        .map(|&first| (from + offset, first))
}

/// Han numerals are digits: 一一一 may be a part of a number.
fn is_letter(c: char) -> bool {
    c.is_alphabetic()
        && !matches!(
            c,
            '〇' | '零' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九'
        )
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c)
}

/// `www`, three of a kind in a Roman number (`iii`, `xviii`), or any number of `x` by itself, which
/// masks a number.
fn is_number_or_prefix(left: &[Unit], c: char, run: usize, right: &[Unit]) -> bool {
    if (run != 3 && c != 'x') || !matches!(c, 'w' | 'i' | 'x') {
        return false;
    }
    let roman = |unit: &&Unit| c != 'w' && matches!(unit.c, 'i' | 'v' | 'x');
    let (more_left, more_right) = (
        left.iter().rev().take(9).take_while(roman).count(),
        right.iter().take(9).take_while(roman).count(),
    );
    let edge_left = left
        .iter()
        .rev()
        .nth(more_left)
        .is_none_or(|unit| !is_word(unit.c) || (c == 'x' && unit.c.is_ascii_digit()));
    let edge_right = right
        .get(more_right)
        .is_none_or(|unit| !is_word(unit.c) || (c == 'x' && unit.c.is_ascii_digit()));
    edge_left && edge_right && (run == 3 || more_left + more_right == 0)
}

/// Whether the token around the end of `left` is a URL or another address, and how far it goes
/// on into `right`.
fn address(left: &[Unit], right: &[Unit]) -> (bool, usize) {
    let inside = |unit: &&Unit| unit.c > ' ' && !is_han(unit.c);
    let before = left.iter().rev().take_while(inside).count();
    let after = right.iter().take_while(inside).count();
    let token = left
        .iter()
        .skip(left.len() - before)
        .chain(right.iter().take(after));
    let (mut dot, mut slashes, mut at_sign, mut colon, mut prefix, mut run) =
        (false, 0, false, false, false, 0);
    for unit in token {
        dot |= unit.c == '.';
        slashes += usize::from(unit.c == '/');
        at_sign |= unit.c == '@';
        colon |= unit.c == ':';
        prefix |= unit.c == '.' && run >= 3;
        run = if unit.c == 'w' { run + 1 } else { 0 };
    }
    (
        at_sign || prefix || (dot && slashes > 0) || (colon && slashes >= 2),
        after,
    )
}
