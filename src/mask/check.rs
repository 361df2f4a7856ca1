//! Check digits, dates and prefixes by which a number shows what it is.

/// The longest year of birth that an identity number may state, and the earliest. No clock here, so
/// years to come pass up to the end of this century's first half.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2050;

/// The value of the decimal digits in `text`; other bytes are passed over.
fn value(text: &str) -> u64 {
    text.bytes()
        .filter(u8::is_ascii_digit)
        .fold(0u64, |sum, byte| {
            sum.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'))
        })
}

fn part(digits: &str, from: usize, to: usize) -> Option<u32> {
    digits.get(from..to)?.parse().ok()
}

/// The sum of `digits` times `weights`, from the last digit of each on.
fn weighted(digits: &str, weights: &[u32]) -> u32 {
    digits
        .bytes()
        .rev()
        .zip(weights.iter().rev())
        .map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight)
        .sum()
}

/// Luhn's check (ISO/IEC 7812-1, annex B).
pub(super) fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            match place % 2 {
                1 => digit * 2 - if digit > 4 { 9 } else { 0 },
                _ => digit,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether the number of a payment card may begin and be as long as `digits`: Visa, Mastercard,
/// American Express, Diners, JCB, Discover, UnionPay, Maestro (the issuers' published ranges).
pub(super) fn is_issued(digits: &str) -> bool {
    let length = digits.len();
    let prefix = |length: usize| part(digits, 0, length).unwrap_or(0);
    match length {
        14 => matches!(prefix(3), 300..=305) || matches!(prefix(2), 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            prefix(1) == 4
                || matches!(prefix(2), 51..=55 | 62 | 65)
                || matches!(prefix(4), 2221..=2720 | 3528..=3589 | 6011)
                || matches!(
                    prefix(4),
                    5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763
                )
        }
        17 | 18 => prefix(2) == 62,
        19 => prefix(2) == 62 || prefix(1) == 4,
        _ => false,
    }
}

/// The lengths of an IBAN by country (SWIFT's IBAN registry).
const IBANS: &[([u8; 2], usize)] = &[
    (*b"ad", 24),
    (*b"ae", 23),
    (*b"al", 28),
    (*b"at", 20),
    (*b"az", 28),
    (*b"ba", 20),
    (*b"be", 16),
    (*b"bg", 22),
    (*b"bh", 22),
    (*b"br", 29),
    (*b"by", 28),
    (*b"ch", 21),
    (*b"cr", 22),
    (*b"cy", 28),
    (*b"cz", 24),
    (*b"de", 22),
    (*b"dk", 18),
    (*b"do", 28),
    (*b"ee", 20),
    (*b"eg", 29),
    (*b"es", 24),
    (*b"fi", 18),
    (*b"fo", 18),
    (*b"fr", 27),
    (*b"gb", 22),
    (*b"ge", 22),
    (*b"gi", 23),
    (*b"gl", 18),
    (*b"gr", 27),
    (*b"gt", 28),
    (*b"hr", 21),
    (*b"hu", 28),
    (*b"ie", 22),
    (*b"il", 23),
    (*b"iq", 23),
    (*b"is", 26),
    (*b"it", 27),
    (*b"jo", 30),
    (*b"kw", 30),
    (*b"kz", 20),
    (*b"lb", 28),
    (*b"lc", 32),
    (*b"li", 21),
    (*b"lt", 20),
    (*b"lu", 20),
    (*b"lv", 21),
    (*b"mc", 27),
    (*b"md", 24),
    (*b"me", 22),
    (*b"mk", 19),
    (*b"mr", 27),
    (*b"mt", 31),
    (*b"mu", 30),
    (*b"nl", 18),
    (*b"no", 15),
    (*b"pk", 24),
    (*b"pl", 28),
    (*b"ps", 29),
    (*b"pt", 25),
    (*b"qa", 29),
    (*b"ro", 24),
    (*b"rs", 22),
    (*b"sa", 24),
    (*b"sc", 31),
    (*b"se", 24),
    (*b"si", 19),
    (*b"sk", 24),
    (*b"sm", 27),
    (*b"st", 25),
    (*b"sv", 28),
    (*b"tl", 23),
    (*b"tn", 24),
    (*b"tr", 26),
    (*b"ua", 29),
    (*b"va", 22),
    (*b"vg", 24),
    (*b"xk", 20),
];

/// How many characters an IBAN of `country` (two lower-case letters) has.
pub(super) fn iban_length(country: [u8; 2]) -> Option<usize> {
    let index = IBANS.binary_search_by_key(&country, |(code, _)| *code);
    IBANS.get(index.ok()?).map(|(_, length)| *length)
}

/// Whether an IBAN without spaces, in lower case, has the remainder 1 modulo 97 (ISO 13616).
pub(super) fn iban(text: &str) -> bool {
    let (Some(head), Some(body)) = (text.get(..4), text.get(4..)) else {
        return false;
    };
    let remainder = body
        .bytes()
        .chain(head.bytes())
        .try_fold(0u32, |sum, byte| {
            Some(match byte {
                b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
                b'a'..=b'z' => (sum * 100 + u32::from(byte - b'a') + 10) % 97,
                _ => return None,
            })
        });
    remainder == Some(1)
}

/// The codes of banks in Czechia (Czech National Bank, list of payment system codes).
const BANKS: &[u32] = &[
    100, 300, 600, 710, 800, 2010, 2060, 2070, 2100, 2200, 2220, 2250, 2260, 2275, 2600, 2700,
    3030, 3050, 3060, 3500, 4000, 4300, 5500, 5800, 6000, 6100, 6200, 6210, 6300, 6700, 6800, 7910,
    7950, 7960, 7970, 7990, 8030, 8040, 8060, 8090, 8150, 8190, 8198, 8200, 8220, 8230, 8240, 8250,
    8255, 8265, 8270, 8280, 8293, 8299, 8500,
];

/// Whether these are the parts of a Czech account: prefix (may be empty), number, code of the bank.
/// Both numbers are checked by weights modulo 11 (decree 169/2011 Sb.).
pub(super) fn czech_account(prefix: &str, number: &str, bank: &str) -> bool {
    prefix.len() <= 6
        && (2..=10).contains(&number.len())
        && bank.len() == 4
        && value(number) > 9
        && BANKS.contains(&(value(bank) as u32))
        && weighted(number, &[6, 3, 7, 9, 10, 5, 8, 4, 2, 1]).is_multiple_of(11)
        && weighted(prefix, &[10, 5, 8, 4, 2, 1]).is_multiple_of(11)
}

fn is_day(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Whether the first two digits are those of a province of China (GB/T 2260).
fn is_region(digits: &str) -> bool {
    matches!(
        part(digits, 0, 2),
        Some(11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
    )
}

/// Whether this is a Chinese identity number of 18 characters, the last of which may be `x`:
/// region, date of birth, check character (GB 11643-1999).
pub(super) fn chinese_id(text: &str) -> bool {
    let (Some(digits), Some(check)) = (text.get(..17), text.get(17..)) else {
        return false;
    };
    let date = || {
        let year = part(digits, 6, 10)?;
        let day = is_day(year, part(digits, 10, 12)?, part(digits, 12, 14)?);
        Some(day && YEARS.contains(&year))
    };
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let expected = ["1", "0", "x", "9", "8", "7", "6", "5", "4", "3", "2"];
    is_region(digits)
        && date() == Some(true)
        && expected.get(weighted(digits, &weights) as usize % 11) == Some(&check)
}

/// Whether this is a Chinese identity number of 15 digits, as issued until 1999: region and
/// date; it has no check.
pub(super) fn old_chinese_id(digits: &str) -> bool {
    let date = || {
        let year = 1900 + part(digits, 6, 8)?;
        Some(is_day(year, part(digits, 8, 10)?, part(digits, 10, 12)?))
    };
    digits.len() == 15 && is_region(digits) && date() == Some(true)
}

/// Whether a lower-case letter and nine digits are an identity number of Taiwan, of a citizen or a
/// resident (Ministry of the Interior: weights 1, 9, 8 … 1, 1 modulo 10).
pub(super) fn taiwan_id(text: &str) -> bool {
    // The letters stand for 10 to 35, in the order in which counties got them.
    const LETTERS: &str = "abcdefghjklmnpqrstuvxywzio";
    let (Some(letter), Some(digits)) = (text.get(..1), text.get(1..)) else {
        return false;
    };
    let Some(place) = LETTERS.find(letter) else {
        return false;
    };
    let place = place as u32 + 10;
    let sum = place / 10 + place % 10 * 9 + weighted(digits, &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
    digits.len() == 9 && digits.starts_with(['1', '2', '8', '9']) && sum.is_multiple_of(10)
}

/// Whether these digits are a Czech or Slovak birth number: a date, in which women have 50 more in
/// the month and some numbers since 2004 have 20 more, and from 1954 on a tenth digit that makes it
/// a multiple of 11; until 1985 a remainder of 10 gave the digit 0 (act 133/2000 Sb.).
pub(super) fn birth_number(digits: &str) -> bool {
    let date = || {
        let (year, month) = (part(digits, 0, 2)?, part(digits, 2, 4)?);
        let is_old = digits.len() == 9;
        let year = if is_old || year >= 54 { 1900 } else { 2000 } + year;
        let month = month - if month > 50 { 50 } else { 0 };
        let month = month - if month > 20 && year >= 2004 { 20 } else { 0 };
        Some((
            is_day(year, month, part(digits, 4, 6)?) && (!is_old || year < 1954),
            year,
        ))
    };
    let Some((true, year)) = date() else {
        return false;
    };
    match digits.len() {
        9 => !digits.ends_with("000"),
        10 => {
            let number = value(digits);
            number.is_multiple_of(11)
                || (year < 1986 && number.is_multiple_of(10) && number / 10 % 11 == 10)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_is_found() {
        for (code, length) in IBANS {
            assert_eq!(iban_length(*code), Some(*length));
        }
    }

    #[test]
    fn published_examples_pass_and_one_digit_more_does_not() {
        assert!(luhn("4111111111111111") && is_issued("4111111111111111"));
        assert!(!luhn("4111111111111112") && !is_issued("9111111111111111"));
        assert!(iban("cz6508000000192000145399") && !iban("cz6508000000192000145398"));
        assert!(iban("gb82west12345698765432"));
        assert!(czech_account("19", "2000145399", "0800"));
        assert!(!czech_account("19", "2000145398", "0800"));
        assert!(!czech_account("19", "2000145399", "0801"));
        assert!(chinese_id("11010519491231002x") && !chinese_id("110105194912310021"));
        assert!(old_chinese_id("110105491231002") && !old_chinese_id("110105491331002"));
        assert!(taiwan_id("a123456789") && !taiwan_id("a123456788"));
        assert!(birth_number("8501010008") == 8_501_010_008_u64.is_multiple_of(11));
        assert!(!birth_number("8513010007"));
    }

    #[test]
    fn a_birth_number_before_1986_may_end_with_the_exception() {
        // The first nine leave 10 modulo 11, and the tenth is 0.
        let found = (0..1000u64).map(|serial| 780_123_000 + serial);
        let exceptions: Vec<u64> = found.filter(|nine| nine % 11 == 10).collect();
        assert!(
            exceptions
                .iter()
                .all(|nine| birth_number(&format!("{nine}0")))
        );
        let later = (0..1000u64).map(|serial| 900_123_000 + serial);
        let later: Vec<u64> = later.filter(|nine| nine % 11 == 10).collect();
        assert!(later.iter().all(|nine| !birth_number(&format!("{nine}0"))));
    }
}
