//! Mail addresses whose signs are spelled out or stand apart: `jan (at) example (dot) com`.

use super::plain::Unit;
use crate::text::entity::pattern::ENDINGS;
use crate::text::han::is_han;

/// What stands for `@` in a mail address that hides from machines, as the fold leaves it.
const AT: [&str; 8] = [
    "at",
    "a",
    "@",
    "zavináč",
    "zavinac",
    "艾特",
    "小老鼠",
    "圈a",
];
/// What stands for a full stop.
const DOT: [&str; 6] = ["dot", ".", "tečka", "tecka", "点", "点儿"];
/// What stands around such a word. Between hyphens and the like a word is as good as a bare one.
const BRACKETS: [(char, char, bool); 8] = [
    ('(', ')', false),
    ('[', ']', false),
    ('{', '}', false),
    ('<', '>', false),
    ('【', '】', false),
    ('-', '-', true),
    ('_', '_', true),
    ('*', '*', false),
];

/// How a sign may be spelled, for a quick look at a text.
pub(super) struct Spelling {
    pub(super) text: String,
    pub(super) is_at: bool,
    /// It is a word of the language, too: `at` needs its `dot`.
    pub(super) bare: bool,
}

/// All spellings of the signs, with and without a space within brackets.
pub(super) fn spellings() -> Vec<Spelling> {
    let mut spellings = Vec::new();
    for (is_at, words) in [(true, &AT[..]), (false, &DOT[..])] {
        for word in words {
            let mut push = |text: String, bare: bool| {
                spellings.push(Spelling { text, is_at, bare });
            };
            for (open, close, bare) in BRACKETS {
                // `-.-` and `_a_` are no signs.
                if !bare || word.chars().count() > 1 {
                    push(format!("{open}{word}{close}"), bare);
                    push(format!("{open} {word} {close}"), bare);
                }
            }
            if word.contains(is_han) {
                push((*word).to_owned(), false);
            } else if word.len() > 1 {
                push(format!(" {word} "), true);
            }
        }
    }
    spellings
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LexemeKind {
    At,
    Dot,
    /// A comma or a Chinese full stop between letters: in a domain it is a slip for a full stop.
    Slip,
    /// `_`, `-`, `+` or `%`.
    Joint,
    Word,
    Space,
    Other,
}

/// A piece of a text that may be of a mail address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexeme {
    pub(super) kind: LexemeKind,
    start: usize,
    end: usize,
    /// Whether a bare word stands for the sign.
    bare: bool,
    /// Whether it is one character, or a word that the fold joined.
    spread: bool,
}

/// The pieces of a text.
pub(super) fn lex(units: &[Unit]) -> Vec<Lexeme> {
    let mut lexemes = Vec::new();
    let mut at = 0;
    while let Some(unit) = units.get(at) {
        let (kind, length, bare) = if let Some(sign) = sign(units, at) {
            sign
        } else {
            let kind = match unit.c {
                '@' => LexemeKind::At,
                '.' => LexemeKind::Dot,
                ',' | '。' if is_between_words(units, at) => LexemeKind::Slip,
                '_' | '-' | '+' | '%' => LexemeKind::Joint,
                ' ' => LexemeKind::Space,
                c if c.is_ascii_alphanumeric() => LexemeKind::Word,
                _ => LexemeKind::Other,
            };
            let mut length = 1;
            while kind == LexemeKind::Word
                && units
                    .get(at + length)
                    .is_some_and(|unit| unit.c.is_ascii_alphanumeric())
            {
                length += 1;
            }
            (kind, length, false)
        };
        // The space behind a bare word may be the one before the next.
        let end = at + length - usize::from(bare);
        let joined = units.get(at..end.saturating_sub(1));
        lexemes.push(Lexeme {
            kind,
            start: at,
            end,
            bare,
            spread: joined.is_some_and(|word| word.iter().all(|unit| unit.spread)),
        });
        at = end;
    }
    lexemes
}

/// The sign that is spelled out at `at`: its kind, its length, and whether it is a word of the
/// language that stands in spaces.
fn sign(units: &[Unit], at: usize) -> Option<(LexemeKind, usize, bool)> {
    let c = |index: usize| units.get(index).map(|unit| unit.c);
    let first = c(at)?;
    let close = BRACKETS.iter().find(|bracket| bracket.0 == first);
    if close.is_none() && first != ' ' && !is_han(first) {
        return None;
    }
    let mut longest = None;
    for (kind, words) in [(LexemeKind::At, &AT[..]), (LexemeKind::Dot, &DOT[..])] {
        for word in words {
            let length = word.chars().count();
            let stands = |from: usize| {
                let mut letters = word.chars().enumerate();
                letters.all(|(offset, letter)| c(from + offset) == Some(letter))
            };
            let found = if let Some((_, close, bare)) = close {
                let from = at + 1 + usize::from(c(at + 1) == Some(' '));
                let end = from + length;
                let end = end + usize::from(c(end) == Some(' '));
                let sound = (!bare || length > 1) && stands(from) && c(end) == Some(*close);
                sound.then_some((kind, end + 1 - at, false))
            } else if first == ' ' {
                let sound = length > 1 && !word.contains(is_han);
                let sound = sound && stands(at + 1) && c(at + 1 + length) == Some(' ');
                sound.then_some((kind, length + 2, true))
            } else {
                stands(at).then_some((kind, length, false))
            };
            if found
                .is_some_and(|found| longest.is_none_or(|known: (_, usize, _)| found.1 > known.1))
            {
                longest = found;
            }
        }
    }
    longest
}

/// Whether a letter or digit of Latin script touches it on both sides.
fn is_between_words(units: &[Unit], at: usize) -> bool {
    let of_word = |index: Option<usize>| {
        let unit = index.and_then(|index| units.get(index));
        unit.is_some_and(|unit| unit.c.is_ascii_alphanumeric())
    };
    of_word(at.checked_sub(1)) && of_word(Some(at + 1))
}

/// The disguised mail address around the sign at `index`: where it begins and ends, and its plain
/// spelling.
pub(super) fn mail_around(
    units: &[Unit],
    lexemes: &[Lexeme],
    index: usize,
) -> Option<(usize, usize, String)> {
    let kind = |index: usize| lexemes.get(index).map(|lexeme| lexeme.kind);
    let bare = lexemes.get(index)?.bare;
    let single = |index: usize| lexemes.get(index).is_some_and(|lexeme| lexeme.spread);
    let skip_left = |at: usize| at - usize::from(at > 0 && kind(at - 1) == Some(LexemeKind::Space));
    let skip_right = |at: usize| at + usize::from(kind(at) == Some(LexemeKind::Space));
    // The space before a bare word is part of it.
    let is_bare = |index: usize| lexemes.get(index).is_some_and(|lexeme| lexeme.bare);
    // To the left: words with a sign between, or spread letters.
    let mut first = skip_left(index).checked_sub(1)?;
    if kind(first) != Some(LexemeKind::Word) {
        return None;
    }
    loop {
        let before = skip_left(first);
        let Some(sign) = before.checked_sub(1) else {
            break;
        };
        let word = skip_left(sign).checked_sub(1);
        let joined = matches!(kind(sign), Some(LexemeKind::Dot | LexemeKind::Joint))
            // `cafe. jan @ …`: a full stop with a room on one side only ends a sentence.
            && (before < first) == (skip_left(sign) < sign || is_bare(sign));
        match (kind(sign), word) {
            (Some(LexemeKind::Dot | LexemeKind::Joint), Some(word))
                if joined && kind(word) == Some(LexemeKind::Word) =>
            {
                first = word;
            }
            (Some(LexemeKind::Word), _) if before < first && single(sign) && single(first) => {
                first = sign;
            }
            _ => break,
        }
    }
    // To the right: labels with a full stop between; the longest that ends as a domain does.
    let mut at = skip_right(index + 1);
    let mut domain = String::new();
    let mut found = None;
    let mut dots = 0;
    let mut last_label = String::new();
    while kind(at) == Some(LexemeKind::Word) {
        let lexeme = lexemes.get(at)?;
        let word: String = units
            .get(lexeme.start..lexeme.end)?
            .iter()
            .map(|unit| unit.c)
            .collect();
        domain.push_str(&word);
        last_label.push_str(&word);
        if dots > 0 && is_ending(&last_label) {
            found = Some((lexeme.end, domain.clone()));
        } else if dots > 0 && lexeme.spread && word.len() > 1 {
            // `c o m a`: the fold joined the word that follows.
            let label = last_label.len();
            let cut = (1..word.len()).find(|cut| {
                let ending = last_label.get(..label - cut);
                ending.is_some_and(is_ending)
            });
            if let Some(cut) = cut {
                let whole = domain.get(..domain.len() - cut)?;
                found = Some((lexeme.end - cut, whole.to_owned()));
                break;
            }
        }
        let sign = skip_right(at + 1);
        let spaced = sign > at + 1;
        match kind(sign) {
            Some(LexemeKind::Dot) => {
                let next = skip_right(sign + 1);
                let dot = lexemes.get(sign)?;
                let plain = units.get(dot.start).is_some_and(|unit| unit.c == '.');
                if plain && (bare || spaced != (next > sign + 1)) {
                    break;
                }
                domain.push('.');
                last_label.clear();
                dots += 1;
                at = next;
            }
            Some(LexemeKind::Slip) if !spaced => {
                domain.push('.');
                last_label.clear();
                dots += 1;
                at = sign + 1;
            }
            Some(LexemeKind::Joint) if !spaced => {
                domain.push('-');
                last_label.push('-');
                at = sign + 1;
            }
            // Spread letters.
            Some(LexemeKind::Word) if spaced && single(sign) => at = sign,
            _ => break,
        }
    }
    let (end, domain) = found?;
    let start = lexemes.get(first)?.start;
    let mut mail: String = String::new();
    for lexeme in lexemes.get(first..index)? {
        match lexeme.kind {
            LexemeKind::Space => {}
            LexemeKind::Dot => mail.push('.'),
            _ => mail.extend(
                units
                    .get(lexeme.start..lexeme.end)?
                    .iter()
                    .map(|unit| unit.c),
            ),
        }
    }
    mail.push('@');
    mail.push_str(&domain);
    // What is plain already needs no edit.
    let plain = units.get(start..end)?.iter().map(|unit| unit.c);
    (!plain.eq(mail.chars())).then_some((start, end, mail))
}

fn is_ending(label: &str) -> bool {
    ENDINGS.split('|').any(|ending| ending == label)
}
