//! Mail addresses whose signs are spelled out or stand apart: `jan (at) example (dot) com`.

use super::plain::Unit;
use crate::text::entity::pattern::ENDINGS;

/// What stands for `@` and for the full stop in a mail address that hides from machines. What is in
/// brackets may touch its neighbours; a bare word needs spaces.
pub(super) const AT: [&str; 15] = [
    "(at)",
    "[at]",
    "{at}",
    "<at>",
    "(a)",
    "(@)",
    "[@]",
    "(zavináč)",
    "(zavinac)",
    " at ",
    " zavináč ",
    " zavinac ",
    "艾特",
    "小老鼠",
    "(艾特)",
];
pub(super) const DOT: [&str; 12] = [
    "(dot)", "[dot]", "{dot}", "<dot>", "(.)", "[.]", "(tečka)", "(点)", " dot ", " tečka ",
    " tecka ", "点",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LexemeKind {
    At,
    Dot,
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
        let spelled = |words: &[&str]| {
            let found = words.iter().filter(|word| {
                let mut characters = word.chars().enumerate();
                characters.all(|(offset, c)| units.get(at + offset).map(|unit| unit.c) == Some(c))
            });
            found
                .map(|word| (word.chars().count(), word.starts_with(' ')))
                .max()
        };
        let (kind, length, bare) = if let Some((length, bare)) = spelled(&AT) {
            (LexemeKind::At, length, bare)
        } else if let Some((length, bare)) = spelled(&DOT) {
            (LexemeKind::Dot, length, bare)
        } else {
            let kind = match unit.c {
                '@' => LexemeKind::At,
                '.' => LexemeKind::Dot,
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
