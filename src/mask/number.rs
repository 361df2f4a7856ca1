//! Numbers of persons among the digits of a text: cards, IBANs, Czech accounts, identity and birth
//! numbers. A shape makes a candidate, arithmetic and the words beside it decide.

use std::ops::Range;

use super::context::{Context, Says};
use super::{Found, Kind, check, phone};

/// Most groups of digits that are one number: an IBAN is written in nine.
const MAX_GROUPS: usize = 9;
/// The longest number, in digits and letters: an IBAN of Saint Lucia has 32.
const MAX_DIGITS: usize = 34;
/// The shortest, in digits: a landline without its code.
const MIN_DIGITS: usize = 7;

/// A group of digits without a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Some groups that may be one number.
#[derive(Clone, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) text: &'a str,
    pub(super) groups: &'a [Group],
    /// Its digits without gaps.
    pub(super) digits: &'a str,
    pub(super) range: Range<usize>,
}

impl Candidate<'_> {
    /// How many digits each group has.
    pub(super) fn shape(&self) -> impl Iterator<Item = usize> + Clone {
        self.groups.iter().map(|group| group.end - group.start)
    }

    pub(super) fn has_shape(&self, shape: &[usize]) -> bool {
        self.shape().eq(shape.iter().copied())
    }

    /// What stands between the groups at `index` and behind it.
    pub(super) fn gap(&self, index: usize) -> &str {
        match (self.groups.get(index), self.groups.get(index + 1)) {
            (Some(before), Some(behind)) => self.text.get(before.end..behind.start).unwrap_or(""),
            _ => "",
        }
    }

    /// Whether all gaps are this one.
    pub(super) fn has_gaps(&self, gap: &str) -> bool {
        (0..self.groups.len().saturating_sub(1)).all(|index| self.gap(index) == gap)
    }

    /// Whether the number of a card is written as people write one: in groups, all alike.
    fn is_grouped(&self) -> bool {
        self.groups.len() > 1 && [" ", "-", ".", " - "].iter().any(|gap| self.has_gaps(gap))
    }
}

/// Puts the personal numbers of `text` into `found`. `skip` are places that are no candidates
/// (links); `spread` says whether a range was spread or spelled out in the original.
pub(super) fn find(
    text: &str,
    skip: &[Range<usize>],
    spread: impl Fn(&Range<usize>) -> bool,
    context: &mut Context,
    found: &mut Vec<Found>,
) {
    let bytes = text.as_bytes();
    let mut groups: Vec<Group> = Vec::new();
    let mut digits = String::new();
    let mut at = 0;
    loop {
        let next = bytes
            .get(at..)
            .and_then(|rest| rest.iter().position(u8::is_ascii_digit));
        let Some(start) = next.map(|offset| at + offset) else {
            break;
        };
        let mut end = start;
        while bytes.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
        at = end;
        if skip.iter().any(|skip| skip.start < end && start < skip.end) {
            continue;
        }
        // It may have letters, which end a row of groups.
        if let Some(hit) = iban(text, start) {
            windows(text, &groups, &mut digits, &spread, context, found);
            groups.clear();
            at = hit.range.end;
            found.push(hit);
            continue;
        }
        let joins = groups
            .last()
            .and_then(|last| text.get(last.end..start))
            .is_some_and(is_between);
        if !joins {
            windows(text, &groups, &mut digits, &spread, context, found);
            groups.clear();
        }
        groups.push(Group { start, end });
    }
    windows(text, &groups, &mut digits, &spread, context, found);
}

/// Whether one number may go on behind `gap`.
fn is_between(gap: &str) -> bool {
    gap.len() <= 3 && gap.bytes().all(|byte| b" -./()".contains(&byte))
}

/// Tries all rows of groups that may be one number; the longest that is one wins.
fn windows(
    text: &str,
    groups: &[Group],
    digits: &mut String,
    spread: &impl Fn(&Range<usize>) -> bool,
    context: &mut Context,
    found: &mut Vec<Found>,
) {
    let total: usize = groups.iter().map(|group| group.end - group.start).sum();
    // A Czech account may be as short with its bank.
    if total < 6 {
        return;
    }
    let mut first = 0;
    while let Some(start) = groups.get(first).map(|group| group.start) {
        let mut last = groups.len().min(first + MAX_GROUPS);
        let mut taken = None;
        while taken.is_none() && last > first {
            if let Some(window) = groups.get(first..last) {
                digits.clear();
                for group in window {
                    digits.push_str(text.get(group.start..group.end).unwrap_or_default());
                }
                let end = window.last().map_or(start, |group| group.end);
                if (6..=MAX_DIGITS).contains(&digits.len()) {
                    let candidate = Candidate {
                        text,
                        groups: window,
                        digits,
                        range: start..end,
                    };
                    taken = recognise(&candidate, spread(&(start..end)), context);
                }
            }
            last -= 1;
        }
        match taken {
            Some(hit) => {
                found.push(hit);
                first = last + 1;
            }
            None => first += 1,
        }
    }
}

/// What a candidate is.
fn recognise(candidate: &Candidate<'_>, spread: bool, context: &mut Context) -> Option<Found> {
    let Candidate {
        text,
        digits,
        range,
        ..
    } = candidate;
    let hit = |kind: Kind, range: Range<usize>| Some(Found { kind, range });
    // A letter before or behind may belong to the number.
    if let Some(start) = range.start.checked_sub(1)
        && digits.len() == 9
        && candidate.groups.len() <= 3
        && let Some(letter) = text.get(start..range.start)
        && check::taiwan_id(&format!("{letter}{digits}"))
        && is_free(text, &(start..range.end))
        && is_taiwanese(text, &(start..range.end), context)
    {
        return hit(Kind::Id, start..range.end);
    }
    if digits.len() == 17
        && text.get(range.end..range.end + 1) == Some("x")
        && check::chinese_id(&format!("{digits}x"))
        && is_free(text, &(range.start..range.end + 1))
        && is_one_number(candidate)
    {
        return hit(Kind::Id, range.start..range.end + 1);
    }
    if !is_free(text, range) {
        return None;
    }
    let kind = match digits.len() {
        18 if check::chinese_id(digits)
            && is_one_number(candidate)
            && !context.is_order(text, range) =>
        {
            Kind::Id
        }
        15 if check::old_chinese_id(digits)
            && is_one_number(candidate)
            && context.says(text, range, Says::Id) =>
        {
            Kind::Id
        }
        14..=19 if is_card(candidate, spread, context) => Kind::Card,
        _ if is_birth_number(candidate, context) => Kind::BirthNumber,
        _ if is_account(candidate, context) => Kind::Account,
        MIN_DIGITS.. => return phone::recognise(candidate, context),
        _ => return None,
    };
    hit(kind, range.clone())
}

/// Groups that are one number: none, or few and with the same gap.
fn is_one_number(candidate: &Candidate<'_>) -> bool {
    candidate.groups.len() == 1 || (candidate.groups.len() <= 5 && candidate.is_grouped())
}

fn is_card(candidate: &Candidate<'_>, spread: bool, context: &mut Context) -> bool {
    let Candidate {
        text,
        digits,
        range,
        ..
    } = candidate;
    if !check::is_issued(digits) || !check::luhn(digits) || context.is_order(text, range) {
        return false;
    }
    let usual = [
        &[4, 4, 4, 4][..],
        &[4, 6, 5],
        &[4, 6, 4],
        &[4, 4, 4, 4, 3],
        &[4, 4, 4, 4, 2],
        &[4, 4, 4, 4, 1],
        &[6, 13],
        &[6, 10],
        &[8, 8],
    ];
    let grouped = candidate.is_grouped() && usual.iter().any(|shape| candidate.has_shape(shape));
    let whole = candidate.groups.len() == 1;
    grouped
        || (whole && spread)
        || ((whole || candidate.is_grouped()) && context.says(text, range, Says::Card))
}

/// `850101/1234`, or the digits alone beside a word that says so.
fn is_birth_number(candidate: &Candidate<'_>, context: &mut Context) -> bool {
    let Candidate {
        text,
        digits,
        range,
        ..
    } = candidate;
    if !check::birth_number(digits) {
        return false;
    }
    let slashed = (candidate.has_shape(&[6, 4]) || candidate.has_shape(&[6, 3]))
        && candidate.gap(0).trim() == "/";
    let said = context.says(text, range, Says::Birth);
    // Nine digits have no check, and `250101/0800` may be an account.
    let certain = slashed
        && digits.len() == 10
        && !context.is_order(text, range)
        && !(is_account(candidate, context) && context.says(text, range, Says::Account));
    certain || (said && candidate.groups.len() <= 4)
}

/// `19-2000145399/0800`: both numbers and the bank are checked.
fn is_account(candidate: &Candidate<'_>, context: &mut Context) -> bool {
    let part = |index: usize| {
        let group = candidate.groups.get(index)?;
        candidate.text.get(group.start..group.end)
    };
    let gap = |index: usize| candidate.gap(index).trim();
    let parts = match candidate.groups.len() {
        2 if gap(0) == "/" => (Some(""), part(0), part(1)),
        3 if gap(0) == "-" && gap(1) == "/" => (part(0), part(1), part(2)),
        _ => return false,
    };
    let (Some(prefix), Some(number), Some(bank)) = parts else {
        return false;
    };
    // A short number passes the weights by chance too often.
    let long = prefix.len() + number.len() >= 6;
    check::czech_account(prefix, number, bank)
        && (context.says(candidate.text, &candidate.range, Says::Account)
            || (long && !context.is_order(candidate.text, &candidate.range)))
}

/// Whether a letter and nine digits, which one tracking number in fifty passes for, are an identity
/// number here: Chinese text, or a word that says so, and no word of an order.
fn is_taiwanese(text: &str, range: &Range<usize>, context: &mut Context) -> bool {
    context.says(text, range, Says::Id)
        || (text.chars().any(crate::text::han::is_han) && !context.is_order(text, range))
}

/// An IBAN whose check digits are at `at`.
fn iban(text: &str, at: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    // The country, perhaps with a gap behind it or between its letters.
    let mut start = at;
    let mut country: [u8; 2] = [0; 2];
    for slot in country.iter_mut().rev() {
        if start > 0 && bytes.get(start - 1) == Some(&b' ') && bytes.get(start) != Some(&b' ') {
            start -= 1;
        }
        start = start.checked_sub(1)?;
        *slot = *bytes.get(start).filter(|byte| byte.is_ascii_lowercase())?;
    }
    let length = check::iban_length(country)?;
    let mut compact = String::with_capacity(length);
    compact.push_str(std::str::from_utf8(&country).ok()?);
    let mut end = at;
    let mut gap = 0;
    while compact.len() < length {
        match bytes.get(end)? {
            byte if byte.is_ascii_alphanumeric() => {
                compact.push(char::from(*byte));
                gap = 0;
            }
            b' ' | b'-' | b'.' if gap < 2 => gap += 1,
            _ => return None,
        }
        end += 1;
    }
    let range = start..end;
    // Banks have a few letters; words in a row are no account.
    let digits = compact.bytes().filter(u8::is_ascii_digit).count();
    let sound = digits * 2 >= compact.len() && check::iban(&compact);
    (sound && is_whole(text, &range)).then_some(Found {
        kind: Kind::Iban,
        range,
    })
}

/// Whether nothing that touches `range` makes it a part of something longer: a GUID, a tracking
/// number, a decimal, a path, a value that belongs to a name.
pub(super) fn is_free(text: &str, range: &Range<usize>) -> bool {
    let named = text
        .get(..range.start)
        .and_then(|before| before.strip_suffix('='));
    let named = named.is_some_and(|name| name.ends_with(of_word));
    is_whole(text, range) && !named
}

/// The same; but a name and `=` may stand before it.
fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let of_word =
        |byte: Option<&u8>| byte.is_some_and(|byte| of_word(char::from(*byte)) && byte.is_ascii());
    let bytes = text.as_bytes();
    let back = |by: usize| range.start.checked_sub(by).and_then(|at| bytes.get(at));
    let before = match back(1) {
        Some(b'-' | b'.' | b'/' | b',' | b':' | b'#' | b'\'') => {
            !of_word(back(2)) || back(1) == Some(&b':') && !back(2).is_some_and(u8::is_ascii_digit)
        }
        Some(b'$') => false,
        other => !of_word(other),
    };
    let behind = match bytes.get(range.end) {
        Some(b'-' | b'.' | b'/' | b',' | b':' | b'@' | b'\'') => !of_word(bytes.get(range.end + 1)),
        Some(b'%') => false,
        other => !of_word(other),
    };
    before && behind
}

fn of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
