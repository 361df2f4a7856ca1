//! Telephone numbers that the finder of entities leaves out: without a usual grouping, but with a
//! country code, the shape of a mobile or a word that announces them.
//!
//! The finder would rather miss a number than invent one, since a number makes a post look like
//! spam. Here a missed number is a person's number in clear.

use super::context::{Context, Says};
use super::number::Candidate;
use super::{Found, Kind};

/// The shortest and the longest number with its country code, in digits (ITU-T E.164).
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 8..=15;
/// The shortest and the longest number without it that a word may announce, in digits.
const ANNOUNCED: std::ops::RangeInclusive<usize> = 7..=13;
/// Codes after `00`, beside which the rest is of a length that the country has: code, digits.
const CODES: &[(&str, usize, usize)] = &[
    ("420", 9, 9),
    ("421", 9, 9),
    ("86", 10, 12),
    ("886", 8, 9),
    ("852", 8, 8),
    ("853", 8, 8),
    ("44", 9, 10),
    ("1", 10, 10),
    ("49", 7, 11),
    ("43", 7, 12),
    ("48", 9, 9),
    ("33", 9, 9),
    ("39", 8, 11),
    ("34", 9, 9),
    ("31", 9, 9),
    ("36", 8, 9),
    ("81", 9, 10),
    ("82", 8, 10),
    ("65", 8, 8),
    ("60", 8, 10),
    ("61", 9, 9),
    ("84", 9, 10),
    ("380", 9, 9),
];

/// A telephone number, if the candidate is one; with its `+` and the bracket before its area code.
pub(super) fn recognise(candidate: &Candidate<'_>, context: &mut Context) -> Option<Found> {
    let Candidate {
        text,
        digits,
        range,
        ..
    } = candidate;
    let bytes = text.as_bytes();
    let mut start = range.start;
    if start > 0 && bytes.get(start - 1) == Some(&b'(') {
        start -= 1;
    }
    // `+ 420` has a gap.
    let before = text.get(..start).unwrap_or_default();
    let before = before.strip_suffix(' ').unwrap_or(before);
    let plus = before.ends_with('+');
    if plus {
        start = before.len() - 1;
    }
    let hit = Some(Found {
        kind: Kind::Phone,
        range: start..range.end,
    });
    if !is_sane(candidate, context) {
        return None;
    }
    if plus && INTERNATIONAL.contains(&digits.len()) && !digits.starts_with('0') {
        return hit;
    }
    if context.is_order(text, range) {
        return None;
    }
    let coded = digits.strip_prefix("00").is_some_and(is_coded);
    hit.filter(|_| coded || is_planned(candidate, context))
}

/// Whether the groups are those of a number at all: no decimals, dates, scores or addresses.
fn is_sane(candidate: &Candidate<'_>, context: &mut Context) -> bool {
    let short = candidate.shape().skip(1).filter(|length| *length == 1);
    let slashed = (0..candidate.groups.len()).any(|index| candidate.gap(index).contains('/'));
    let gaps: Vec<&str> = (0..candidate.groups.len().saturating_sub(1))
        .map(|index| candidate.gap(index))
        .collect();
    // Behind a country or area code the gap may change once.
    let changes = gaps
        .windows(2)
        .skip(1)
        .filter(|pair| pair.first() != pair.last())
        .count();
    // `604/123/456`, if a word says what it is.
    let slashed = slashed
        && !(gaps.len() == 2
            && candidate.has_gaps("/")
            && context.says(candidate.text, &candidate.range, Says::Phone));
    short.count() == 0 && !slashed && changes == 0 && !is_date(candidate) && !is_address(candidate)
}

/// The address of a machine: `192.168.10.254`.
fn is_address(candidate: &Candidate<'_>) -> bool {
    let byte = |group: &super::number::Group| {
        let text = candidate.text.get(group.start..group.end);
        text.is_some_and(|text| text.parse::<u8>().is_ok())
    };
    candidate.groups.len() == 4 && candidate.has_gaps(".") && candidate.groups.iter().all(byte)
}

/// `2026-03-02`, `02.03.2026`, and a date with an hour.
fn is_date(candidate: &Candidate<'_>) -> bool {
    let first = candidate.shape().take(3).collect::<Vec<_>>();
    let year = |from: usize| {
        candidate
            .digits
            .get(from..from + 2)
            .is_some_and(|century| matches!(century, "19" | "20"))
    };
    match first.as_slice() {
        [4, 1 | 2, 1 | 2] => year(0),
        [one @ (1 | 2), two @ (1 | 2), 4] => year(one + two),
        _ => false,
    }
}

/// Whether digits begin with a country code and go on as its numbers do.
fn is_coded(digits: &str) -> bool {
    CODES.iter().any(|(code, least, most)| {
        digits
            .strip_prefix(code)
            .is_some_and(|rest| (*least..=*most).contains(&rest.len()))
    })
}

/// Whether nine digits begin as the Czech plan lets a mobile begin: 601 to 608, 702 to 705, 72, 73,
/// 77 and 79 (Czech Telecommunication Office, numbering plan).
fn is_czech_mobile(digits: &str) -> bool {
    let area = digits.get(..3).and_then(|area| area.parse::<u16>().ok());
    matches!(
        area,
        Some(601..=608 | 702..=705 | 720..=739 | 770..=779 | 790..=799)
    )
}

/// Whether a national plan has the number, in a shape or beside a word that leaves little doubt.
fn is_planned(candidate: &Candidate<'_>, context: &mut Context) -> bool {
    let Candidate {
        text,
        digits,
        range,
        ..
    } = candidate;
    let first = |at: usize| digits.as_bytes().get(at).copied().unwrap_or(0);
    let grouped = candidate.groups.len() > 1;
    let chinese = || text.chars().any(crate::text::han::is_han);
    let said = |context: &mut Context| context.says(text, range, Says::Phone);
    match digits.len() {
        // Chinese mobiles; British mobiles and landlines.
        11 if first(0) == b'1' && (b'3'..=b'9').contains(&first(1)) => return true,
        11 if digits.starts_with("07") => return true,
        // Taiwanese mobiles.
        10 if digits.starts_with("09") && (grouped || chinese() || said(context)) => return true,
        // Czech and Slovak numbers in threes.
        9 if candidate.has_shape(&[3, 3, 3]) && matches!(first(0), b'6' | b'7') => return true,
        9 if is_czech_mobile(digits) && (!grouped || candidate.has_shape(&[3, 2, 2, 2])) => {
            return true;
        }
        9 if matches!(first(0), b'2'..=b'9') && said(context) => return true,
        // Area code and number, Chinese and Taiwanese.
        9..=12 if first(0) == b'0' && first(1) != b'0' && grouped && chinese() => return true,
        // America, without its usual grouping.
        10 if (b'2'..=b'9').contains(&first(0))
            && (b'2'..=b'9').contains(&first(3))
            && (candidate.has_shape(&[3, 3, 4]) || said(context)) =>
        {
            return true;
        }
        12 if digits.starts_with("420") && said(context) => return true,
        _ => {}
    }
    // `1 299 900`: an amount in thousands.
    let amount = grouped && candidate.shape().skip(1).all(|length| length == 3);
    ANNOUNCED.contains(&digits.len()) && !amount && context.announces(text, range, Says::Phone)
}
