//! Words whose characters are spread apart to hide them.

use super::table::{Script, is_han, is_pictograph, is_sign, script};
use super::unit::{Unit, at, before};

/// A run of spread letters ends there: a bound, chosen by hand, so that no text
/// takes quadratic time.
const MAX_RUN: usize = 64;
/// How many words on a short spread word looks for a long one. Chosen by hand, not tuned.
const LOOK_AHEAD: usize = 8;
/// How many characters may stand between two spread words: a number and its signs. Chosen by
/// hand, not tuned.
const BETWEEN: usize = 12;

/// What stands between two characters.
#[derive(Clone, Copy)]
enum Gap {
    Space,
    Sign(char),
    Emoji,
}

impl Gap {
    /// Whether a run may hold both: who spreads a word with signs may change them.
    fn is_like(self, other: Gap) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// A run of spread characters: from the first to the last one, and where what is joined
/// begins and ends.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    gap: Gap,
}

/// Joins spread words; true if something changed.
///
/// Han: three or more single characters with the same kind of gap in each place (a space or two,
/// signs, or emoji), or two that are the name of a place to be reached at. With `*` and `_`, which
/// no ordinary Chinese text puts between characters, the outer ones may belong to longer words. A
/// gap of the same kind between the run and the Han text around it goes too. Latin, Cyrillic and
/// Greek: four or more single letters, not all the same, with one space, one sign, or emoji
/// between; beside such a word, shorter ones spread in the same way (`f.r.e.e f.o.r y.o.u`). What
/// stood in the gaps is dropped.
pub(super) fn join(units: &mut Vec<Unit>, count: &mut u32) -> bool {
    let Some(mut run) = next_run(units, 0, None) else {
        return false;
    };
    let (mut kept, mut after) = (run.start, run.start);
    // The wider room between words spread by spaces is a space again.
    let mut narrowed = false;
    loop {
        // The text up to the run, then its members without the gaps.
        for index in after..=run.end {
            let Some(&unit) = units.get(index) else { break };
            let stays = match index <= run.start {
                true => !(narrowed && unit.c == ' ' && before(units, kept) == Some(' ')),
                false => is_han(unit.c) || script(unit.c) != Script::Other,
            };
            if let (true, Some(slot)) = (stays, units.get_mut(kept)) {
                *slot = unit;
                kept += 1;
            }
        }
        *count += 1;
        after = run.end + 1;
        match next_run(units, after, Some(run)) {
            Some(next) => {
                let spaces = matches!((run.gap, next.gap), (Gap::Space, Gap::Space));
                narrowed = spaces && next.start - after <= BETWEEN;
                run = next;
            }
            None => break,
        }
    }
    let length = units.len();
    units.copy_within(after.min(length).., kept);
    units.truncate(kept + length.saturating_sub(after));
    true
}

/// The next run of spread characters from `from` on; `earlier` is the one before.
fn next_run(units: &[Unit], from: usize, earlier: Option<Run>) -> Option<Run> {
    // What stands right behind an earlier run belongs to it, as a neighbour too.
    let mut last = before(units, from);
    for (index, pair) in units.windows(2).enumerate().skip(from) {
        let [unit, next] = pair else { continue };
        if !next.c.is_ascii_alphanumeric() && !is_han(next.c) {
            let run = if is_han(unit.c) {
                han_run(units, index, last)
            } else if script(unit.c) != Script::Other {
                letter_run(units, index, last, earlier)
            } else {
                None
            };
            if run.is_some() {
                return run;
            }
        }
        last = Some(unit.c);
    }
    None
}

/// The run of spread Han characters that begins at `start`; `last` stands before it.
fn han_run(units: &[Unit], start: usize, last: Option<char>) -> Option<Run> {
    let (mut position, mut members, mut kind) = (start, 1, None);
    while let Some((length, gap)) = gap_after(units, position) {
        if kind.is_some_and(|kind: Gap| !kind.is_like(gap)) {
            break;
        }
        let loose = matches!(gap, Gap::Sign('*' | '_'));
        let next = position + 1 + length;
        if !loose && kind.is_none() && last.is_some_and(is_han) {
            // The text before the run: its last gap is one of the run's if three more follow.
            let inner = han_run(units, next, None)
                .filter(|run| run.gap.is_like(gap) && !is_pair(units, run))?;
            return Some(Run { start, ..inner });
        }
        // Chinese often puts a space around one character; only single ones in a row are spread.
        let single = !at(units, next + 1).is_some_and(is_han);
        if !single && !loose {
            // The text after the run, as the text before it.
            position = if members >= 3 { next } else { position };
            break;
        }
        kind = Some(gap);
        (position, members) = (next, members + 1);
    }
    let run = Run {
        start,
        end: position,
        gap: kind?,
    };
    (members >= 3 || (members == 2 && is_pair(units, &run))).then_some(run)
}

/// Whether the run is the two characters of a name that is often spread: of WeChat, QQ, Telegram,
/// or a private message.
fn is_pair(units: &[Unit], run: &Run) -> bool {
    matches!(
        (at(units, run.start), at(units, run.end)),
        (Some('微' | '薇' | '威' | '葳' | '徽'), Some('信'))
            | (Some('扣'), Some('扣'))
            | (Some('电'), Some('报'))
            | (Some('私'), Some('信' | '讯'))
    )
}

/// The gap behind `position`, if a Han character follows it.
fn gap_after(units: &[Unit], position: usize) -> Option<(usize, Gap)> {
    let start = position + 1;
    let spaces = |from: usize| {
        units
            .iter()
            .skip(from)
            .take(2)
            .take_while(|unit| unit.c == ' ')
            .count()
    };
    let mut length = spaces(start);
    let mut gap = Gap::Space;
    let c = at(units, start + length)?;
    if is_sign(c) {
        gap = Gap::Sign(c);
        length += 1;
        length += spaces(start + length);
    } else if is_emoji(c) {
        gap = Gap::Emoji;
        length += units
            .iter()
            .skip(start + length)
            .take(16)
            .take_while(|unit| is_emoji(unit.c))
            .count();
        length += spaces(start + length);
    }
    (length > 0 && at(units, start + length).is_some_and(is_han)).then_some((length, gap))
}

fn is_emoji(c: char) -> bool {
    is_pictograph(c) || c == '\u{200D}'
}

/// The run of spread letters that begins at `start`; `last` stands before it.
fn letter_run(
    units: &[Unit],
    start: usize,
    last: Option<char>,
    earlier: Option<Run>,
) -> Option<Run> {
    let (word, members) = spread_word(units, start, last, None)?;
    // Three single letters are initials or an abbreviation (`p.m.`, `u s a`): only four are a word.
    if members >= 4 {
        return (!is_one_letter(units, &word)).then_some(word);
    }
    // A short word is spread on purpose if the one before or one of the next is long and spread in
    // the same way.
    if earlier.is_some_and(|run| {
        run.gap.is_like(word.gap) && word_after(units, run.end, word.gap) == Some(start)
    }) {
        return Some(word);
    }
    let mut end = word.end;
    for _ in 0..LOOK_AHEAD {
        let next = word_after(units, end, word.gap)?;
        match spread_word(units, next, before(units, next), Some(word.gap)) {
            Some((long, members)) if members >= 4 && !is_one_letter(units, &long) => {
                return Some(word);
            }
            Some((further, _)) => end = further.end,
            // A word of one letter.
            None if !at(units, next + 1).is_some_and(char::is_alphanumeric) => end = next,
            None => return None,
        }
    }
    None
}

/// x x x x x are kisses or a masked number.
fn is_one_letter(units: &[Unit], run: &Run) -> bool {
    let run = units.get(run.start..=run.end).unwrap_or(&[]);
    let first = run.first().map(|unit| unit.c);
    run.iter()
        .all(|unit| script(unit.c) == Script::Other || Some(unit.c) == first)
}

/// The letters that stand one by one from `start` on with the same gap between, and how many they
/// are; at least two.
fn spread_word(
    units: &[Unit],
    start: usize,
    last: Option<char>,
    gap: Option<Gap>,
) -> Option<(Run, usize)> {
    // The end of an ordinary word: the usual case.
    if last.is_some_and(|last| {
        last.is_ascii_alphanumeric() || last == '\'' || (last.is_alphanumeric() && !is_han(last))
    }) {
        return None;
    }
    if !at(units, start).is_some_and(|c| script(c) != Script::Other) {
        return None;
    }
    let (length, found) = letter_gap(units, start)?;
    if gap.is_some_and(|gap| !gap.is_like(found)) {
        return None;
    }
    // Addresses and initials hold full stops and hyphens of their own.
    let mut address = matches!(found, Gap::Sign('.' | '-'));
    if address && last.is_some_and(|last| matches!(last, '@' | '/' | '.' | '-' | ':' | '_')) {
        return None;
    }
    let (mut position, mut members, mut length) = (start, 1, length);
    while members < MAX_RUN
        && at(units, position + 1 + length).is_some_and(|c| script(c) != Script::Other)
        && at(units, position + 2 + length)
            .is_none_or(|c| (!c.is_alphanumeric() && c != '\'') || is_han(c))
    {
        (position, members) = (position + 1 + length, members + 1);
        match letter_gap(units, position) {
            Some((further, gap)) if gap.is_like(found) => {
                address |= matches!(gap, Gap::Sign('.' | '-'));
                length = further;
            }
            _ => break,
        }
    }
    // `u.s.a.com` and `j.r.smith` go on as an address or a name.
    let goes_on = matches!(at(units, position + 1), Some('.' | '-' | '@' | '/'))
        && at(units, position + 2).is_some_and(|c| c.is_alphanumeric() && !is_han(c));
    (members >= 2 && !(address && goes_on)).then_some((
        Run {
            start,
            end: position,
            gap: found,
        },
        members,
    ))
}

/// The gap behind the letter at `position`, if something follows it.
fn letter_gap(units: &[Unit], position: usize) -> Option<(usize, Gap)> {
    let c = at(units, position + 1)?;
    if c == ' ' {
        return Some((1, Gap::Space));
    }
    if is_sign(c) {
        return Some((1, Gap::Sign(c)));
    }
    // Arrows lead from A to B.
    let emoji =
        |unit: &&Unit| is_emoji(unit.c) && !matches!(unit.c as u32, 0x2190..=0x21FF | 0xA9 | 0xAE);
    let length = units
        .iter()
        .skip(position + 1)
        .take(16)
        .take_while(emoji)
        .count();
    (length > 0).then_some((length, Gap::Emoji))
}

/// Where the word after the one that ends at `end` begins, if there is more room between them than
/// between spread letters.
fn word_after(units: &[Unit], end: usize, gap: Gap) -> Option<usize> {
    let between = units.iter().skip(end + 1).take(BETWEEN);
    let length = between.clone().position(|unit| unit.c.is_alphabetic())?;
    let spaces = between
        .take(length)
        .filter(|unit| matches!(unit.c, ' ' | '\n'))
        .count();
    let signs = length - spaces;
    let room = spaces > 1 || (spaces == 1 && (!matches!(gap, Gap::Space) || signs > 0));
    room.then_some(end + 1 + length)
}
