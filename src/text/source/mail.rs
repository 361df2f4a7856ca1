//! What is new in a mail: without the mail that it answers, signatures and disclaimers.
//!
//! Lines are read from the top. What opens a quotation, a signature or a disclaimer is listed in
//! `data/mail`, a file for each language; the rules here say how far it reaches:
//! - a line behind `>` is a quotation; behind a line that introduces one (`On … wrote:`) all is,
//!   unless lines behind `>` follow, between which the author answers;
//! - behind a separator (`-----Original Message-----`) or the header of a mail (`From:`, `Sent:` …)
//!   all is a quotation;
//! - behind `-- ` and behind a closing (`Best regards`) stands a signature, if only
//!   short lines follow;
//! - a paragraph with a listed phrase of disclaimers is one, but for the first paragraph.
//!
//! A text of one line is new as a whole, and so is one that would have nothing left.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;
use smallvec::SmallVec;

use crate::text::han::is_han;

/// The longest line that is compared with the patterns, in bytes: longer ones are paragraphs. By
/// hand; the longest introduction of Gmail with two addresses has 140.
const MAX_LINE: usize = 240;
/// Most lines of a signature, and most bytes of one of them. By hand, on signatures of offices:
/// name, title, company, two lines of address, four of numbers and links.
const MAX_SIGNATURE: usize = 12;
const MAX_SIGNATURE_LINE: usize = 120;
/// Most bytes of a closing with what follows it in its line (`S pozdravem a přáním hezkého dne,`).
const MAX_CLOSING: usize = 60;
/// Most Han characters of a wish behind a closing (`祝您 工作顺利，万事如意`). By hand.
const MAX_WISH: usize = 10;
/// Lines of a header that must stand together before it is the header of a mail.
const MIN_HEADERS: usize = 2;
/// Digits of a line that states a moment: a year, or a day with a time. By hand.
const MIN_DIGITS: usize = 5;

/// What `data/mail` lists for one language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    /// Regular expressions for a line in lower case that introduces a quotation.
    introductions: Vec<String>,
    /// Regular expressions for what stands between dashes above a quotation, in lower case.
    separators: Vec<String>,
    /// The names of fields in the header of a mail, the sender's first.
    senders: Vec<String>,
    fields: Vec<String>,
    /// Phrases that a closing begins with, in lower case.
    closings: Vec<String>,
    /// Regular expressions for a line in lower case that a program adds at the end.
    footers: Vec<String>,
    /// Phrases of disclaimers.
    disclaimers: Vec<String>,
}

/// The files of `data/mail`.
const FILES: [&str; 4] = [
    include_str!("../../../data/mail/en.toml"),
    include_str!("../../../data/mail/cs.toml"),
    include_str!("../../../data/mail/zh.toml"),
    include_str!("../../../data/mail/other.toml"),
];

struct Patterns {
    introductions: RegexSet,
    footers: RegexSet,
    separators: RegexSet,
    senders: Vec<String>,
    fields: Vec<String>,
    closings: Vec<String>,
    disclaimers: Option<AhoCorasick>,
}

impl Patterns {
    /// The bundled patterns, which a test holds to be sound; a file that is not gives nothing.
    fn bundled() -> &'static Patterns {
        static PATTERNS: OnceLock<Patterns> = OnceLock::new();
        PATTERNS.get_or_init(|| {
            let files: Vec<Listed> = FILES
                .iter()
                .filter_map(|file| toml::from_str(file).ok())
                .collect();
            let all = |list: fn(&Listed) -> &Vec<String>| -> Vec<String> {
                files.iter().flat_map(list).cloned().collect()
            };
            let set = |patterns: Vec<String>| {
                let set = RegexSetBuilder::new(patterns)
                    .case_insensitive(true)
                    .build();
                set.unwrap_or_default()
            };
            let whole = |patterns: Vec<String>| -> Vec<String> {
                let patterns = patterns.iter();
                patterns.map(|pattern| format!("^(?:{pattern})$")).collect()
            };
            Patterns {
                introductions: set(all(|listed| &listed.introductions)),
                footers: set(all(|listed| &listed.footers)),
                separators: set(whole(all(|listed| &listed.separators))),
                senders: all(|listed| &listed.senders),
                fields: all(|listed| &listed.fields),
                closings: all(|listed| &listed.closings),
                disclaimers: AhoCorasick::builder()
                    .ascii_case_insensitive(true)
                    .build(all(|listed| &listed.disclaimers))
                    .ok(),
            }
        })
    }
}

/// Lines that need no room on the heap: most mails have fewer.
const LINES: usize = 32;

/// A line of a text.
#[derive(Clone, Copy)]
struct Line<'a> {
    /// Without white space at its ends.
    text: &'a str,
    start: usize,
    /// One past its last byte, its line break included.
    end: usize,
    /// Whether it is quoted, by a sign before it or by markup.
    quoted: bool,
}

/// Fills `kept` with the parts of `text` that are new, in order; false if all of it is, and then
/// `kept` is of no use. `quotations` are those that markup states.
pub(super) fn find_new(
    text: &str,
    quotations: &[Range<usize>],
    kept: &mut Vec<Range<usize>>,
) -> bool {
    kept.clear();
    if quotations.is_empty() && memchr::memchr(b'\n', text.as_bytes()).is_none() {
        return false;
    }
    let lines = lines(text, quotations);
    let mut dropped: SmallVec<[bool; LINES]> = lines.iter().map(|line| line.quoted).collect();
    let patterns = Patterns::bundled();
    drop_quotation(patterns, &lines, &mut dropped);
    // A disclaimer stands behind the signature and would make it long.
    drop_disclaimers(patterns, text, &lines, &mut dropped);
    drop_signature(patterns, &lines, &mut dropped);
    drop_rules(&lines, &mut dropped);
    if !dropped.contains(&true) {
        return false;
    }
    let has_words = |line: &Line<'_>| line.text.chars().any(char::is_alphanumeric);
    let mut any = false;
    for (line, _) in lines.iter().zip(&dropped).filter(|(_, dropped)| !**dropped) {
        any |= has_words(line);
        match kept.last_mut() {
            Some(last) if last.end == line.start => last.end = line.end,
            _ => kept.push(line.start..line.end),
        }
    }
    any
}

fn lines<'a>(text: &'a str, quotations: &[Range<usize>]) -> SmallVec<[Line<'a>; LINES]> {
    let mut start = 0;
    let mut lines = SmallVec::new();
    for whole in text.split_inclusive('\n') {
        let end = start + whole.len();
        let shown = whole.trim();
        let middle = start + whole.len() / 2;
        let by_markup = quotations.iter().any(|range| range.contains(&middle));
        lines.push(Line {
            text: shown,
            start,
            end,
            quoted: by_markup || is_quoted(shown),
        });
        start = end;
    }
    settle_signs(&mut lines);
    lines
}

/// A single line behind `>` in the midst of a paragraph is an arrow; a quotation begins a paragraph
/// or has several lines.
fn settle_signs(lines: &mut [Line<'_>]) {
    let mut before_is_signed = false;
    for index in 0..lines.len() {
        let before = index.checked_sub(1).and_then(|index| lines.get(index));
        let in_paragraph = before.is_some_and(|before| !before.text.is_empty());
        let introduced = before.is_some_and(|before| {
            before.text.len() > MAX_CLOSING && before.text.ends_with([':', '：'])
        });
        let after_is_signed = lines.get(index + 1).is_some_and(|after| after.quoted);
        let Some(line) = lines.get_mut(index) else {
            return;
        };
        let is_signed = line.quoted;
        let alone = in_paragraph && !introduced && !before_is_signed && !after_is_signed;
        line.quoted &= !(alone && is_quoted(line.text));
        before_is_signed = is_signed;
    }
}

/// Whether a line is a rule: dashes and the like, no words.
fn is_rule(line: &str) -> bool {
    !line.is_empty() && line.chars().all(|c| "-_=*—–─|#~ ＿－<>".contains(c))
}

/// Drops rules that parted what is left from what is dropped.
fn drop_rules(lines: &[Line<'_>], dropped: &mut [bool]) {
    if !dropped.contains(&true) {
        return;
    }
    for index in (0..lines.len()).rev() {
        let gone = |index: usize| dropped.get(index).copied().unwrap_or(true);
        let Some(line) = lines.get(index).filter(|_| !gone(index)) else {
            continue;
        };
        if !(line.text.is_empty() || is_rule(line.text)) {
            return;
        }
        drop_range(dropped, index..index + 1);
    }
}

/// Whether a line begins with the sign of a quotation; `>:(` and `>50` are none.
fn is_quoted(line: &str) -> bool {
    let Some(rest) = line.strip_prefix(['>', '＞']) else {
        return false;
    };
    match rest.chars().next() {
        None => true,
        Some(next) => next == '>' || next.is_whitespace() || next.is_alphabetic(),
    }
}

/// Drops what is quoted: what an introduction, a separator or a header begins.
fn drop_quotation(patterns: &Patterns, lines: &[Line<'_>], dropped: &mut [bool]) {
    for (index, line) in lines.iter().enumerate() {
        if line.quoted || line.text.is_empty() || line.text.len() > MAX_LINE {
            continue;
        }
        let introduced = introduction(patterns, lines, index);
        if introduced > 0 {
            let behind = index + introduced;
            let by_sign = lines
                .iter()
                .skip(behind)
                .find(|line| !line.text.is_empty())
                .is_some_and(|line| line.quoted);
            let end = if by_sign { behind } else { lines.len() };
            drop_range(dropped, index..end);
            if !by_sign {
                return;
            }
        } else if is_separator(patterns, lines, index) || is_header(patterns, lines, index) {
            drop_range(dropped, index..lines.len());
            return;
        }
    }
}

/// How many lines from `index` on introduce a quotation: one, or two where the program wrapped it.
fn introduction(patterns: &Patterns, lines: &[Line<'_>], index: usize) -> usize {
    let introduces = |text: &str| {
        // Every introduction ends so, or holds an address; few other lines do.
        (text.ends_with([':', '：']) || text.contains('@')) && patterns.introductions.is_match(text)
    };
    let Some(line) = lines.get(index) else {
        return 0;
    };
    if line.text.ends_with('<')
        && let Some(next) = lines.get(index + 1)
        && introduces(&format!("{}{}", line.text, next.text))
    {
        return 2;
    }
    if introduces(line.text) {
        return 1;
    }
    let wrapped = |next: &&Line<'_>| {
        next.text.ends_with([':', '：'])
            && next.text.len() <= MAX_LINE
            && introduces(&format!("{} {}", line.text, next.text))
            // The second line alone would be the whole introduction.
            && !introduces(next.text)
    };
    2 * usize::from(lines.get(index + 1).filter(wrapped).is_some())
}

/// Whether a line is a listed text between dashes, or one above the header of a mail.
fn is_separator(patterns: &Patterns, lines: &[Line<'_>], index: usize) -> bool {
    let Some(line) = lines.get(index).map(|line| line.text) else {
        return false;
    };
    let ruled = line.starts_with(['-', '_', '=', '*', '—', '–', '─', '#']);
    let above_header = || {
        lines
            .iter()
            .enumerate()
            .skip(index + 1)
            .find(|(_, line)| !line.text.is_empty())
            .is_some_and(|(next, _)| is_header(patterns, lines, next))
    };
    let inner = line.trim_matches(|c: char| "-_=*—–─#:： ".contains(c));
    !inner.is_empty()
        && inner.len() <= 2 * MAX_CLOSING
        && patterns.separators.is_match(inner)
        && (ruled || above_header())
}

/// Whether a line is the first of a mail's header: its sender, and more fields in the next lines.
fn is_header(patterns: &Patterns, lines: &[Line<'_>], index: usize) -> bool {
    let field = |line: &Line<'_>, names: &[String]| {
        // Outlook shows names in bold, which plain text has as `*From:*`.
        let line = line.text.trim_start_matches('*');
        let colon = line.find([':', '：']);
        colon
            .and_then(|colon| line.get(..colon))
            .is_some_and(|name| {
                name.len() <= MAX_CLOSING && {
                    let name = name.trim().trim_end_matches('*').to_lowercase();
                    names.contains(&name)
                }
            })
    };
    let Some(line) = lines.get(index) else {
        return false;
    };
    if !field(line, &patterns.senders) {
        return false;
    }
    let header: SmallVec<[&Line<'_>; 4]> = lines
        .iter()
        .skip(index + 1)
        .filter(|line| !line.text.is_empty())
        .take(4)
        .filter(|line| field(line, &patterns.fields))
        .collect();
    // A mail has an address or a moment; a story of a journey has `From:` and `To:` too.
    let of_mail = |line: &&Line<'_>| {
        let digits = line.text.chars().filter(char::is_ascii_digit).count();
        line.text.contains('@') || digits >= MIN_DIGITS
    };
    let is_whole =
        header.len() + 1 >= MIN_HEADERS && (of_mail(&line) || header.iter().any(of_mail));
    // Below a rule of dashes the sender alone is enough.
    let ruled = lines
        .get(..index)
        .unwrap_or_default()
        .iter()
        .rev()
        .find(|line| !line.text.is_empty())
        .is_some_and(|line| {
            line.text.len() >= 3 && line.text.chars().all(|c| "-_=—–─".contains(c))
        });
    is_whole || ruled
}

/// Drops a signature at the end of what is left.
fn drop_signature(patterns: &Patterns, lines: &[Line<'_>], dropped: &mut [bool]) {
    let left: SmallVec<[usize; LINES]> = (0..lines.len())
        .filter(|&index| !dropped.get(index).is_some_and(|dropped| *dropped))
        .filter(|&index| {
            let line = lines.get(index).map_or("", |line| line.text);
            // The cells of a signature's table are drawn with bars.
            !line.is_empty() && !line.chars().all(|c| "| ".contains(c))
        })
        .collect();
    let text = |place: usize| -> &str {
        let line = left.get(place).and_then(|&index| lines.get(index));
        line.map_or("", |line| line.text)
    };
    let drop_from = |dropped: &mut [bool], place: usize| {
        for &index in left.iter().skip(place) {
            drop_range(dropped, index..index + 1);
        }
    };
    // The first line is never part of a signature: somebody wrote for something.
    for place in 1..left.len() {
        let line = text(place);
        // Outlook writes its link behind the words.
        let words = line.split("<http").next().unwrap_or(line);
        let words = words.split(" http").next().unwrap_or(words).trim();
        if line.len() <= MAX_LINE && patterns.footers.is_match(words) {
            drop_range(dropped, left[place]..left[place] + 1);
        }
    }
    for place in 1..left.len() {
        let behind = left.len() - place - 1;
        if behind > MAX_SIGNATURE {
            continue;
        }
        let line = text(place);
        let is_mark = line.len() >= 2 && line.chars().all(|c| "-_=—–─".contains(c));
        let short = || {
            (place + 1..left.len()).all(|place| {
                let line = text(place);
                is_closing(patterns, line) || is_signature_line(line)
            })
        };
        if (is_mark && behind > 0 && (line == "--" || short()))
            || (is_closing(patterns, line) && short())
        {
            drop_from(dropped, place);
            return;
        }
    }
    drop_contact_block(lines, &left, dropped);
}

/// Whether a line is a closing, with at most a name behind it.
fn is_closing(patterns: &Patterns, line: &str) -> bool {
    if line.len() > MAX_CLOSING || line.ends_with(['?', '？']) {
        return false;
    }
    patterns.closings.iter().any(|closing| {
        let Some(rest) = lower_rest(line, closing) else {
            return false;
        };
        // The next letter would make it another word.
        let whole = !rest.starts_with(|c: char| c.is_alphanumeric() && !is_han(c));
        let rest = rest.trim_matches(|c: char| ",，.。!！;；:： ".contains(c));
        let first = rest.chars().next().unwrap_or(' ');
        rest.is_empty()
            || (is_han(first) && rest.chars().count() <= MAX_WISH)
            || (!is_han(first) && whole && is_named(rest))
    })
}

/// What follows `listed`, which is in lower case, where `text` begins with it in any case.
fn lower_rest<'t>(text: &'t str, listed: &str) -> Option<&'t str> {
    let mut rest = text.chars();
    for expected in listed.chars() {
        let found = rest.next()?;
        // A letter whose lower case is several letters stands in no list.
        if found != expected && !found.to_lowercase().eq([expected]) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// Whether a line may stand in a signature: short, and no sentence.
fn is_signature_line(line: &str) -> bool {
    let words = line.split_whitespace().count();
    let han = line.chars().filter(|c| is_han(*c)).count();
    let sentence = line.ends_with(['.', '。', '…']) && (words >= 6 || han >= 12);
    line.len() <= MAX_SIGNATURE_LINE && !line.ends_with(['?', '？', '!', '！']) && !sentence
}

/// Drops a last paragraph of two and more short lines of which the first is a name and one other
/// holds a way to reach its author.
fn drop_contact_block(lines: &[Line<'_>], left: &[usize], dropped: &mut [bool]) {
    let (Some(&first), Some(&last)) = (left.first(), left.last()) else {
        return;
    };
    // Back to the empty line above the last paragraph.
    let mut begin = last;
    while begin > first
        && lines
            .get(begin - 1)
            .is_some_and(|line| !line.text.is_empty())
    {
        begin -= 1;
    }
    let Some(block) = lines.get(begin..=last) else {
        return;
    };
    // What a line with a colon announces is no signature: an address to send to, say.
    let announced = lines
        .get(..begin)
        .unwrap_or_default()
        .iter()
        .rev()
        .find(|line| !line.text.is_empty())
        .is_some_and(|line| line.text.ends_with([':', '：']));
    let block: SmallVec<[&Line<'_>; LINES]> =
        block.iter().filter(|line| !is_rule(line.text)).collect();
    let short = !announced && block.iter().all(|line| is_signature_line(line.text));
    let reaches = |line: &&Line<'_>| {
        let digits = line.text.chars().filter(char::is_ascii_digit).count();
        let letters = line.text.chars().filter(|c| c.is_alphabetic()).count();
        line.text.contains(['|', '@'])
            || line.text.contains("www.")
            || (digits >= 8 && letters <= 12)
    };
    let named = block.first().is_some_and(|line| {
        let name = line.text.split(['|', ',', '，', '/', '·']).next();
        name.is_some_and(|name| is_name(name.trim()))
    });
    if begin > first
        && (2..=MAX_SIGNATURE).contains(&block.len())
        && short
        && named
        && block.iter().skip(1).any(reaches)
    {
        drop_range(dropped, begin..last + 1);
    }
}

/// Whether a line may be a person's name: two to five words with capitals, or two to
/// four Han characters.
fn is_name(line: &str) -> bool {
    match line.chars().next() {
        Some(first) if is_han(first) => (2..=4).contains(&line.chars().count()),
        _ => line.contains(' ') && is_named(line),
    }
}

/// Whether a line is one to five words with capitals.
fn is_named(line: &str) -> bool {
    let words = line.split_whitespace();
    let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    let letters = |c: char| c.is_alphabetic() || matches!(c, '.' | ',' | '-' | '\'' | ' ');
    (1..=5).contains(&words.clone().count())
        && line.chars().all(letters)
        && words.clone().all(capital)
}

/// Drops each paragraph but the first that holds a phrase of disclaimers; lines that are dropped
/// already part paragraphs too.
fn drop_disclaimers(patterns: &Patterns, text: &str, lines: &[Line<'_>], dropped: &mut [bool]) {
    let Some(disclaimers) = &patterns.disclaimers else {
        return;
    };
    let Some(first) = lines.iter().position(|line| !line.text.is_empty()) else {
        return;
    };
    for found in disclaimers.find_iter(text) {
        let line = lines.partition_point(|line| line.end <= found.start());
        let empty = |index: usize| lines.get(index).is_none_or(|line| line.text.is_empty());
        let mut begin = line;
        while begin > first && !empty(begin - 1) {
            begin -= 1;
        }
        let mut end = line + 1;
        while !empty(end) {
            end += 1;
        }
        if begin > first {
            drop_range(dropped, begin..end.min(lines.len()));
        }
    }
}

fn drop_range(dropped: &mut [bool], range: Range<usize>) {
    if let Some(lines) = dropped.get_mut(range) {
        lines.fill(true);
    }
}
