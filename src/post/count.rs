//! Counts as people and web pages write them: `12,000`, `12 000`, `1.2万`, `12k`, `10万+`.

/// Units behind a number, and by what power of ten they multiply. Case does not matter.
const UNITS: [(&str, u32); 19] = [
    ("千", 3),
    ("仟", 3),
    ("万", 4),
    ("萬", 4),
    ("w", 4),
    ("百万", 6),
    ("百萬", 6),
    ("千万", 7),
    ("千萬", 7),
    ("亿", 8),
    ("億", 8),
    ("k", 3),
    ("tis", 3),
    ("tis.", 3),
    ("m", 6),
    ("mil", 6),
    ("mil.", 6),
    ("mio", 6),
    ("b", 9),
];
/// Counts from here on are none: the bound of counts that are given as numbers.
const MOST: u128 = 1_000_000_000_000_000_000;
/// More digits than a count has, so that no sum of them overflows.
const DIGITS: usize = 24;

/// A count of at least 0; a fraction is cut off.
///
/// Groups of three digits are separated by commas, dots, spaces or apostrophes, the same one
/// throughout. Behind a dot or comma, fewer or more than three digits are a fraction; exactly three
/// are a group, but for a dot before a unit (`1.234k`). A unit may follow (`k`, `m`, `b`, `w`,
/// `tis.`, `mil.`, `千`, `万`, `亿` and their traditional forms), and a plus at the end is dropped.
pub(super) fn from_text(text: &str) -> Option<u64> {
    let text: String = text.trim().chars().map(plain).collect();
    let text = text.strip_suffix('+').unwrap_or(&text).trim_end();
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | ' ' | '\'' | '_');
    let end = text.find(|c| !is_number(c)).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    // `mil.` and `12 k`: what separates the number from its unit belongs to neither.
    let number = number.trim_end();
    let unit = unit.trim().to_lowercase();
    let power = match unit.as_str() {
        "" => 0,
        unit => UNITS.iter().find(|(known, _)| *known == unit)?.1,
    };
    let (whole, fraction) = split(number, power > 0)?;
    let kept = fraction.get(..fraction.len().min(power as usize))?;
    let digits = format!("{whole}{kept}");
    if digits.len() > DIGITS {
        return None;
    }
    let missing = power - u32::try_from(kept.len()).ok()?;
    let count = digits
        .parse::<u128>()
        .ok()?
        .checked_mul(10_u128.checked_pow(missing)?)?;
    (count < MOST).then(|| u64::try_from(count).ok())?
}

/// The digits before the fraction without their separators, and those of the fraction.
fn split(number: &str, unit: bool) -> Option<(String, &str)> {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = match number.rfind(|c: char| !c.is_ascii_digit()) {
        None => (number, ""),
        Some(last) => {
            let (before, behind) = (&number[..last], &number[last + 1..]);
            let separator = number[last..].chars().next()?;
            let alone = !before.contains(|c: char| !c.is_ascii_digit());
            // The last separator differs from those before it: `1,234.5`, `1.234,567`.
            let differs = !alone && !before.contains(separator);
            let group = behind.len() == 3 && before != "0" && !(alone && separator == '.' && unit);
            match separator {
                '.' | ',' if differs || (alone && !group) => (before, behind),
                _ => (number, ""),
            }
        }
    };
    if !fraction.is_empty() && !is_digits(fraction) {
        return None;
    }
    let Some(separator) = whole.chars().find(|c| !c.is_ascii_digit()) else {
        return is_digits(whole).then(|| (whole.to_owned(), fraction));
    };
    let mut groups = whole.split(separator);
    let first = groups.next()?;
    let well = is_digits(first)
        && first.len() <= 3
        && groups.all(|group| group.len() == 3 && is_digits(group));
    well.then(|| (whole.replace(separator, ""), fraction))
}

/// The ASCII form of full-width digits and of the signs that separate groups.
fn plain(character: char) -> char {
    match character {
        '０'..='９' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        '，' => ',',
        '．' => '.',
        '＋' => '+',
        '\u{2019}' => '\'',
        '\u{A0}' | '\u{2007}' | '\u{2009}' | '\u{202F}' | '\u{3000}' => ' ',
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_people_write_them() {
        for (text, count) in [
            ("12", 12),
            (" 7.9 ", 7),
            ("5.", 5),
            ("12,5", 12),
            ("12,000", 12_000),
            ("1,234,567", 1_234_567),
            ("1.234", 1_234),
            ("1.234.567", 1_234_567),
            ("1,234.5", 1_234),
            ("1.234,5", 1_234),
            ("1 234,5", 1_234),
            ("12 000", 12_000),
            ("12\u{A0}000", 12_000),
            ("12\u{202F}000", 12_000),
            ("12’000", 12_000),
            ("0.123", 0),
            ("12k", 12_000),
            ("12K", 12_000),
            ("1.5K", 1_500),
            ("1.234k", 1_234),
            ("1,234K", 1_234_000),
            ("1,5 tis.", 1_500),
            ("12 tis", 12_000),
            ("2 mil.", 2_000_000),
            ("1.5M", 1_500_000),
            ("4.35 m", 4_350_000),
            ("1b", 1_000_000_000),
            ("1.2万", 12_000),
            ("1.2 萬", 12_000),
            ("1.2w", 12_000),
            ("10万+", 100_000),
            ("10W+", 100_000),
            ("３億", 300_000_000),
            ("1.5亿", 150_000_000),
            ("3千", 3_000),
            ("999+", 999),
            ("1.23456万", 12_345),
        ] {
            assert_eq!(from_text(text), Some(count), "{text}");
        }
    }

    #[test]
    fn what_is_no_count_is_none() {
        for text in [
            "",
            "many",
            "-1",
            "k",
            "万",
            "+",
            "1 2",
            "1,2,3",
            "12,00,000",
            "1,234,56",
            ".5",
            "1..2",
            "12kk",
            "3 days",
            "1.2.3",
            "1e3k",
            "9999999999999999999",
            "99999999999亿",
            "1234 567",
            ",",
            "１２x",
        ] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }
}
