//! One more spelling of a folded text: digits that are written as Chinese words or spread apart,
//! and mail addresses whose signs are spelled out, as their owner would type them into a form.
//!
//! The fold leaves these as they are, since a model reads words and no numbers. Most texts have
//! none of it, and keep the folded text.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::mail::{LexemeKind, Spelling, lex, mail_around, spellings};
use crate::text::Folded;
use crate::text::han::is_han;

/// Digits from which on a spelled or spread number is looked at. A QQ number has five.
const MIN_DIGITS: usize = 5;
/// Spelled digits that may be a part of a number, and digits of such a number in all: a group of a
/// telephone number, and the shortest one without its area.
const MIN_PART: usize = 3;
const MIN_WHOLE: usize = 8;
/// Characters from which on spread letters and digits are joined; the shortest handle has five.
const MIN_SPREAD: usize = 5;

/// Characters with which `一` makes a word, so that it ends no number.
const AFTER_ONE: &str = "直下个起次样定些般共天切点会家";
/// Letters that are words by themselves in English or Czech, so that they end no number.
const LONE: &str = "aiouksvz";

static SIGNS: LazyLock<Option<(AhoCorasick, Vec<Spelling>)>> = LazyLock::new(|| {
    let spellings = spellings();
    // A table of all steps: every text is searched whole, by 5 instructions a byte instead of 38.
    let finder = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(aho_corasick::MatchKind::LeftmostLongest)
        .build(spellings.iter().map(|spelling| &spelling.text))
        .ok()?;
    Some((finder, spellings))
});

/// A character, and the bytes of the folded text that it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) c: char,
    start: u32,
    end: u32,
    /// Whether the fold joined it with its neighbour: it was spread.
    pub(super) spread: bool,
}

/// A text in its plain spelling, and its map to the folded text; reused between texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Plain {
    units: Vec<Unit>,
    spare: Vec<Unit>,
    text: String,
    starts: Vec<u32>,
    ends: Vec<u32>,
    changed: bool,
}

impl Plain {
    /// Reads a folded text; `original` is what was folded.
    pub(super) fn read(&mut self, folded: &Folded, original: &str) {
        self.changed = false;
        let text = folded.as_str();
        let (numbers, mail) = hints(text);
        // Beside a word that the fold joined stand digits that it did not.
        let numbers = numbers || folded.disguises().spaced_out > 0;
        if !numbers && !mail {
            return;
        }
        self.units.clear();
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            let spread = c.is_ascii_alphanumeric() && {
                // A letter that was joined to the next has its own place, and a gap behind it.
                let here = folded.original_span(at..end);
                let next = folded.original_span(end..end + 1);
                let gap = original.get(here.end..next.start);
                gap.is_some_and(|gap| !gap.is_empty())
            };
            self.units.push(Unit {
                c,
                start: at as u32,
                end: end as u32,
                spread,
            });
        }
        if mail {
            self.join_mails();
        }
        if numbers {
            self.spell_digits();
            self.join_spread();
        }
        self.write();
    }

    /// The plain text; `folded` is the text that was read.
    pub(super) fn text<'a>(&'a self, folded: &'a str) -> &'a str {
        match self.changed {
            true => &self.text,
            false => folded,
        }
    }

    /// Whether it differs from the folded text.
    pub(super) fn is_changed(&self) -> bool {
        self.changed
    }

    /// The bytes of the folded text that the bytes `span` came from.
    pub(super) fn folded_span(&self, span: Range<usize>) -> Range<usize> {
        if !self.changed {
            return span;
        }
        let start = self.starts.get(span.start).copied().unwrap_or(0) as usize;
        let last = span.end.saturating_sub(1);
        let end = self.ends.get(last).copied().unwrap_or(0) as usize;
        start..end.max(start)
    }

    fn write(&mut self) {
        self.changed = true;
        self.text.clear();
        self.starts.clear();
        self.ends.clear();
        for unit in &self.units {
            self.text.push(unit.c);
            let bytes = unit.c.len_utf8();
            self.starts.extend(std::iter::repeat_n(unit.start, bytes));
            self.ends.extend(std::iter::repeat_n(unit.end, bytes));
        }
    }

    /// Chinese digits become digits where a number has many; an `o` or `l` among digits, too.
    fn spell_digits(&mut self) {
        let units = &mut self.units;
        let mut at = 0;
        while at < units.len() {
            let value = |index: usize| {
                let c = units.get(index)?.c;
                let is_digit = |at: Option<usize>| {
                    at.and_then(|at| units.get(at))
                        .is_some_and(|unit| unit.c.is_ascii_digit())
                };
                // The letter of a word is no digit.
                match c.is_ascii_alphabetic() && !is_digit(index.checked_sub(1)) {
                    true => None,
                    false => digit(c),
                }
            };
            if value(at).is_none() {
                at += 1;
                continue;
            }
            let (mut end, mut digits) = (at, 0);
            while end < units.len() {
                match value(end) {
                    Some(_) => digits += 1,
                    // One sign or space between digits.
                    // A comma parts clauses: `五零四，三周`.
                    None if is_gap(
                        units
                            .get(end)
                            .map(|unit| unit.c)
                            .filter(|c| !",、".contains(*c)),
                    ) && value(end + 1).is_some() => {}
                    None => break,
                }
                end += 1;
            }
            // `一三八…一直`: the last digit begins a word.
            let c = |index: usize| units.get(index).map(|unit| unit.c);
            let last = end.checked_sub(1).and_then(c);
            if last == Some('一') && c(end).is_some_and(|next| AFTER_ONE.contains(next)) {
                end -= 1;
                digits -= 1;
            }
            let run = units.get(at..end).unwrap_or_default();
            let words = run
                .iter()
                .filter(|unit| !unit.c.is_ascii() && digit(unit.c).is_some());
            let words = words.count();
            let letters = run.iter().any(|unit| unit.c.is_ascii_alphabetic());
            // A number is spelled as a whole, or a part of a long one (`一三八 0013 8000`), or
            // within one of letters, as in an IBAN; `138 一个` is none.
            let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
            let inside = at.checked_sub(1).is_some_and(|before| latin(c(before))) && latin(c(end));
            let part = words >= MIN_PART && digits >= MIN_WHOLE;
            if digits >= MIN_DIGITS && (words >= MIN_DIGITS || part || (words == 0 && letters))
                || (words == digits && inside)
            {
                for unit in units.iter_mut().take(end).skip(at) {
                    unit.c = digit(unit.c).unwrap_or(unit.c);
                }
            }
            at = end.max(at + 1);
        }
    }

    /// Joins letters and digits that stand one by one, with one gap of the same kind between each
    /// two: `1 3 8 0 0`, `m i n g _ 7`. A run needs a digit: what is letters only the fold joined.
    fn join_spread(&mut self) {
        let units = &self.units;
        let kept = &mut self.spare;
        kept.clear();
        let mut at = 0;
        while at < units.len() {
            let end = spread_end(units, at);
            match end {
                Some((end, gap)) => {
                    let run = units.get(at..end).unwrap_or_default();
                    kept.extend(run.iter().filter(|unit| unit.c != gap));
                    at = end;
                }
                None => {
                    kept.extend(units.get(at));
                    at += 1;
                }
            }
        }
        std::mem::swap(&mut self.units, &mut self.spare);
    }

    /// Brings mail addresses together: `jan (at) example (dot) com`, `jan @ example . com`.
    fn join_mails(&mut self) {
        let lexemes = lex(&self.units);
        let mut edits: Vec<(usize, usize, String)> = Vec::new();
        for (index, lexeme) in lexemes.iter().enumerate() {
            if lexeme.kind == LexemeKind::At
                && let Some(edit) = mail_around(&self.units, &lexemes, index)
                && edits.last().is_none_or(|last| last.1 <= edit.0)
            {
                edits.push(edit);
            }
        }
        let kept = &mut self.spare;
        kept.clear();
        let mut at = 0;
        for (start, end, mail) in edits {
            kept.extend(self.units.get(at..start).unwrap_or_default());
            if let (Some(first), Some(last)) = (
                self.units.get(start),
                end.checked_sub(1).and_then(|last| self.units.get(last)),
            ) {
                // Each character stands for the whole address: it is masked as one.
                // What follows must not touch it.
                let room = self.units.get(end).is_some_and(|unit| of_word(unit.c));
                let mail = mail.chars().chain(room.then_some(' '));
                kept.extend(mail.map(|c| Unit {
                    c,
                    start: first.start,
                    end: last.end,
                    spread: false,
                }));
            }
            at = end;
        }
        kept.extend(self.units.get(at..).unwrap_or_default());
        std::mem::swap(&mut self.units, &mut self.spare);
    }
}

/// Whether a text may have disguised numbers, and disguised mail addresses: a quick look that errs
/// on the side of yes.
fn hints(text: &str) -> (bool, bool) {
    (hints_number(text), hints_mail(text))
}

/// Digits one by one with a gap, and Chinese digits in a row.
fn hints_number(text: &str) -> bool {
    // Without two digits, or one that is spelled out, there is nothing to look for; most texts of
    // letters have none. Counted in parts whose number fits a byte, so that compilers make vectors.
    let of_part = |part: &[u8]| {
        let digits = part.iter().map(|byte| u8::from(byte.is_ascii_digit()));
        usize::from(digits.sum::<u8>())
    };
    let digits: usize = text.as_bytes().chunks(255).map(of_part).sum();
    // All spelled digits are of U+2000 and beyond.
    let highest = text.bytes().fold(0, u8::max);
    if digits < 2 && highest < 0xE2 {
        return false;
    }
    let (mut single, mut spelled) = (0usize, 0usize);
    let (mut last, mut before_last) = (' ', ' ');
    for c in text.chars() {
        if c.is_ascii_digit() {
            let apart = is_gap(Some(last)) && before_last.is_ascii_alphanumeric();
            single = if apart { single + 1 } else { 0 };
            spelled = if spelled > 0 { spelled + 1 } else { 0 };
            // `7o7`: a letter between digits.
            let joined = matches!(last, 'o' | 'l') && before_last.is_ascii_digit();
            if single >= MIN_DIGITS - 1 || spelled >= MIN_WHOLE || joined {
                return true;
            }
        } else if !c.is_ascii() && digit(c).is_some() {
            spelled += 1;
            if spelled >= MIN_DIGITS {
                return true;
            }
        } else if !is_gap(Some(c)) {
            single = if c.is_ascii_alphabetic() { single } else { 0 };
            spelled = 0;
        }
        (before_last, last) = (last, c);
    }
    false
}

/// An `@` with room behind it or a slip in its domain, and signs that are spelled out.
fn hints_mail(text: &str) -> bool {
    let bytes = text.as_bytes();
    let plain_at = memchr::memchr(b'@', bytes);
    if let Some(at) = plain_at {
        let behind = bytes.get(at + 1..).unwrap_or_default();
        let slips = |pair: &[u8]| match pair {
            [b'@', next] => *next == b' ',
            [b',', next] => next.is_ascii_alphabetic(),
            _ => false,
        };
        let chinese =
            |stop: &[u8]| matches!(stop, [0xE3, 0x80, 0x82, next] if next.is_ascii_alphabetic());
        if behind.first() == Some(&b' ')
            || behind.windows(2).any(slips)
            || !behind.is_ascii() && behind.windows(4).any(chinese)
        {
            return true;
        }
    }
    let Some((finder, spellings)) = &*SIGNS else {
        return false;
    };
    // A bare word is no hint alone: `at` needs its `dot`.
    let (mut bare, mut dot) = (plain_at.is_some(), false);
    for found in finder.find_iter(text) {
        match spellings.get(found.pattern().as_usize()) {
            Some(sign) if !sign.is_at => dot = true,
            Some(sign) if sign.bare => bare = true,
            Some(_) => return true,
            None => {}
        }
    }
    bare && dot
}

/// The digit that a character may stand for within a number.
fn digit(c: char) -> Option<char> {
    Some(match c {
        '0'..='9' => c,
        '零' | '〇' | '○' | '洞' | 'o' => '0',
        '一' | '幺' | '壹' | 'l' => '1',
        '二' | '贰' | '貳' => '2',
        '三' | '叁' | '参' | '叄' => '3',
        '四' | '肆' => '4',
        '五' | '伍' => '5',
        '六' | '陆' => '6',
        '七' | '柒' | '拐' => '7',
        '八' | '捌' => '8',
        '九' | '玖' | '勾' => '9',
        _ => return None,
    })
}

fn is_gap(c: Option<char>) -> bool {
    matches!(
        c,
        Some(' ' | '-' | '.' | '*' | '_' | '·' | ',' | '、' | '/' | '|' | '~' | '+')
    )
}

/// Where the spread run that begins at `start` ends, and its gap.
fn spread_end(units: &[Unit], start: usize) -> Option<(usize, char)> {
    let c = |index: usize| units.get(index).map(|unit| unit.c);
    let before = start.checked_sub(1).and_then(c);
    if !c(start)?.is_ascii_alphanumeric() || before.is_some_and(of_word) {
        return None;
    }
    let mut gap = None;
    // The members: each with its first place and one past its last.
    let mut members: Vec<(usize, usize)> = Vec::new();
    let mut at = start;
    loop {
        // One character, or a word that the fold joined.
        let mut end = at;
        while c(end).is_some_and(|c| c.is_ascii_alphanumeric()) {
            end += 1;
        }
        let joined = units
            .get(at..end.saturating_sub(1))
            .is_some_and(|word| word.iter().all(|unit| unit.spread));
        if end == at && gap == Some(' ') && is_of_value(c(at)) {
            end = at + 1;
        } else if end == at || !joined || c(end).is_some_and(of_word) {
            break;
        }
        members.push((at, end));
        let next = c(end);
        if !is_gap(next) || gap.is_some_and(|gap| Some(gap) != next) {
            break;
        }
        gap = next;
        at = end + 1;
    }
    let is_digit = |place: &(usize, usize)| c(place.0).is_some_and(|c| c.is_ascii_digit());
    // Signs, and words of one letter behind a number, are of the sentence.
    while let Some(last) = members.last() {
        let lone = members
            .len()
            .checked_sub(2)
            .and_then(|before| members.get(before));
        let lone = last.1 - last.0 == 1
            && lone.is_some_and(is_digit)
            && c(last.0).is_some_and(|c| LONE.contains(c));
        let sign = c(last.0).is_some_and(|c| !c.is_ascii_alphanumeric());
        if !sign && !lone {
            break;
        }
        members.pop();
    }
    // Before a number, too; but a letter and nine digits are an identity number of Taiwan.
    let digits = members.iter().filter(|member| is_digit(member)).count();
    if members.get(1).is_some_and(is_digit)
        && c(start).is_some_and(|c| LONE.contains(c))
        && digits != 9
    {
        return None;
    }
    let characters: usize = members.iter().map(|(from, to)| to - from).sum();
    (characters >= MIN_SPREAD && digits >= 2).then_some((members.last()?.1, gap?))
}

/// A letter of a script with spaces, or a digit.
fn of_word(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c)
}

/// A sign that is part of a handle, a mail address or a Czech account.
fn is_of_value(c: Option<char>) -> bool {
    matches!(c, Some('_' | '-' | '.' | '@' | '/' | '+'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Folder;

    fn plain(text: &str) -> String {
        let mut folded = Folded::default();
        Folder::new().fold(text, &mut folded);
        let mut plain = Plain::default();
        plain.read(&folded, text);
        plain.text(folded.as_str()).to_owned()
    }

    #[test]
    fn disguises_are_undone() {
        for (text, expected) in [
            ("call 1 3 8 0 0 1 3 8 0 0 0 now", "call 13800138000 now"),
            ("打一三八零零一三八零零零给我", "打13800138000给我"),
            ("1-3-8-0-0-1-3-8-0-0-0", "13800138000"),
            ("jan.novak(at)example(dot)com.", "jan.novak@example.com."),
            ("jan.novak [at] example [dot] com", "jan.novak@example.com"),
            (
                "write jan at example dot com please",
                "write jan@example.com please",
            ),
            ("jan . novak @ example . com", "jan.novak@example.com"),
            (
                "j a n . n o v a k @ e x a m p l e . c o m",
                "jan.novak@example.com",
            ),
            ("jan zavináč example tečka cz", "jan@example.cz"),
            ("m i n g _ d a y 7 7 x", "ming_day77x"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn honest_texts_stay() {
        for text in [
            "we met at bank. then we left",
            "dinner @ cafe. tomorrow",
            "一九九八年到二〇〇三年",
            "rooms 1 2 and 3",
            "a b c",
        ] {
            assert_eq!(plain(text), text);
        }
    }
}
