//! Words whose characters are spread apart to hide them.

use super::{
    table::{Script, is_han, is_pictograph, is_sign, script},
    unit::{Unit, at},
};

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
/// longer words. Latin, Cyrillic and Greek: four or more single letters with one space, `*` or `_` between.
/// What stood in the gaps is dropped.
pub(super) fn join(units: &mut Vec<Unit>, count: &mut u32) -> bool {
    let earlier = *count;
    let (mut read, mut kept) = (0, 0);
    let mut last = None;
    while let Some(&unit) = units.get(read) {
        let end = if is_han(unit.c) {
            han_run(units, read, last)
        } else if script(unit.c) != Script::Other {
            letter_run(units, read, last)
        } else {
            None
        };
        let stop = end.unwrap_or(read);
        for index in read..=stop {
            let Some(&unit) = units.get(index) else { break };
            let stays = stop == read || is_han(unit.c) || script(unit.c) != Script::Other;
            if let (true, Some(slot)) = (stays, units.get_mut(kept)) {
                *slot = unit;
                kept += 1;
            }
            last = Some(unit.c);
        }
        *count += u32::from(end.is_some());
        read = stop + 1;
    }
    units.truncate(kept);
    *count > earlier
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
    while at(units, position + 1) == Some(gap)
        && at(units, position + 2).is_some_and(|c| script(c) != Script::Other)
        && at(units, position + 3).is_none_or(|c| (!c.is_alphanumeric() && c != '\'') || is_han(c))
    {
        (position, members) = (position + 2, members + 1);
    }
    (members >= 4).then_some(position)
}
