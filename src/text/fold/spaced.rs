//! Words whose characters are spread apart to hide them.

use super::{
    table::{Script, is_han, is_pictograph, is_sign, script},
    unit::{Unit, at, before},
};

/// A run of spread letters ends there: a bound, so that no text takes quadratic time.
const LONGEST: usize = 64;

/// What stands between two characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    Space,
    Sign(char),
    Emoji,
}

/// Joins spread words; true if something changed.
///
/// Han: three or more single characters with the same kind of gap in each place (a space or two, the same sign, or
/// emoji). With `*` and `_`, which no ordinary Chinese text puts between characters, the outer ones may belong to
/// longer words. Latin, Cyrillic and Greek: four or more single letters, not all the same, with one space, `*` or
/// `_` between.
/// What stood in the gaps is dropped.
pub(super) fn join(units: &mut Vec<Unit>, count: &mut u32) -> bool {
    let Some((mut read, mut end)) = next_run(units, 0) else { return false };
    let (mut kept, mut after) = (read, read);
    loop {
        // The text up to the run, then its members without the gaps.
        for index in after..=end {
            let Some(&unit) = units.get(index) else { break };
            let stays = index <= read || is_han(unit.c) || script(unit.c) != Script::Other;
            if let (true, Some(slot)) = (stays, units.get_mut(kept)) {
                *slot = unit;
                kept += 1;
            }
        }
        *count += 1;
        after = end + 1;
        match next_run(units, after) {
            Some(next) => (read, end) = next,
            None => break,
        }
    }
    let length = units.len();
    units.copy_within(after.min(length).., kept);
    units.truncate(kept + length.saturating_sub(after));
    true
}

/// The first and the last index of the next run of spread characters from `from` on.
fn next_run(units: &[Unit], from: usize) -> Option<(usize, usize)> {
    // What stands right behind an earlier run belongs to it, as a neighbour too.
    let mut last = before(units, from);
    for (index, pair) in units.windows(2).enumerate().skip(from) {
        let [unit, next] = pair else { continue };
        if !next.c.is_ascii_alphanumeric() && !is_han(next.c) {
            let end = if is_han(unit.c) {
                han_run(units, index, last)
            } else if script(unit.c) != Script::Other {
                letter_run(units, index, last)
            } else {
                None
            };
            if let Some(end) = end {
                return Some((index, end));
            }
        }
        last = Some(unit.c);
    }
    None
}

/// The index of the last character of a run of spread Han characters from `start`; `last` stands before it.
fn han_run(units: &[Unit], start: usize, last: Option<char>) -> Option<usize> {
    let (mut position, mut members, mut kind) = (start, 1, None);
    while let Some((length, gap)) = gap_after(units, position) {
        if kind.is_some_and(|kind| kind != gap) {
            break;
        }
        let loose = matches!(gap, Gap::Sign('*' | '_'));
        if !loose && kind.is_none() && last.is_some_and(is_han) {
            return None;
        }
        let next = position + 1 + length;
        let single = !at(units, next + 1).is_some_and(is_han);
        if !single && !loose {
            break;
        }
        kind = Some(gap);
        (position, members) = (next, members + 1);
    }
    (members >= 3).then_some(position)
}

/// The gap behind `position`, if a Han character follows it.
fn gap_after(units: &[Unit], position: usize) -> Option<(usize, Gap)> {
    let start = position + 1;
    let spaces = |from: usize| units.iter().skip(from).take(2).take_while(|unit| unit.c == ' ').count();
    let mut length = spaces(start);
    let mut gap = Gap::Space;
    let c = at(units, start + length)?;
    if is_sign(c) {
        gap = Gap::Sign(c);
        length += 1;
        length += spaces(start + length);
    } else if is_emoji(c) {
        gap = Gap::Emoji;
        length += units.iter().skip(start + length).take(16).take_while(|unit| is_emoji(unit.c)).count();
        length += spaces(start + length);
    }
    (length > 0 && at(units, start + length).is_some_and(is_han)).then_some((length, gap))
}

fn is_emoji(c: char) -> bool {
    is_pictograph(c) || c == '\u{200D}'
}

/// The index of the last letter of a run of spread letters from `start`; `last` stands before it.
fn letter_run(units: &[Unit], start: usize, last: Option<char>) -> Option<usize> {
    let gap = at(units, start + 1).filter(|gap| matches!(gap, ' ' | '*' | '_'))?;
    if last.is_some_and(|last| last.is_alphanumeric() && !is_han(last) || last == '\'') {
        return None;
    }
    let (mut position, mut members) = (start, 1);
    while members < LONGEST
        && at(units, position + 1) == Some(gap)
        && at(units, position + 2).is_some_and(|c| script(c) != Script::Other)
        && at(units, position + 3).is_none_or(|c| (!c.is_alphanumeric() && c != '\'') || is_han(c))
    {
        (position, members) = (position + 2, members + 1);
    }
    // x x x x x are kisses or a masked number.
    let same = || units.iter().take(position + 1).skip(start).step_by(2).all(|unit| Some(unit.c) == at(units, start));
    (members >= 4 && !same()).then_some(position)
}
