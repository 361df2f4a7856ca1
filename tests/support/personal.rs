//! Invented personal values with true checksums, and the spellings that people give them.

use hearken::internals::Random;

/// The spellings of a value.
pub(crate) const SPELLINGS: [&str; 5] = ["whole", "grouped", "full width", "spread", "hidden"];

fn digits(random: &mut Random, count: usize) -> String {
    (0..count)
        .map(|_| char::from(b'0' + random.below(10) as u8))
        .collect()
}

fn number(text: &str) -> u64 {
    text.parse().expect("digits")
}

fn weighted(digits: &str, weights: &[u64]) -> u64 {
    let pairs = digits.bytes().rev().zip(weights.iter().rev());
    pairs
        .map(|(digit, weight)| u64::from(digit - b'0') * weight)
        .sum()
}

fn pick<'a>(random: &mut Random, from: &[&'a str]) -> &'a str {
    from[random.below(from.len())]
}

/// A year from 54 to 99, a month and a day.
fn date(random: &mut Random) -> (usize, usize, usize) {
    (
        54 + random.below(46),
        1 + random.below(12),
        1 + random.below(28),
    )
}

fn card(random: &mut Random) -> (String, String) {
    let prefix = pick(random, &["4", "51", "55", "62", "37"]);
    let length = if prefix == "37" { 15 } else { 16 };
    let body = format!("{prefix}{}", digits(random, length - 1 - prefix.len()));
    let luhn = |digits: &str| {
        let sum: u32 = digits
            .bytes()
            .rev()
            .enumerate()
            .map(|(place, byte)| {
                let digit = u32::from(byte - b'0') * if place % 2 == 1 { 2 } else { 1 };
                digit / 10 + digit % 10
            })
            .sum();
        sum.is_multiple_of(10)
    };
    let whole = (0..10)
        .map(|check| format!("{body}{check}"))
        .find(|card| luhn(card));
    let whole = whole.expect("a check digit");
    let shape: &[usize] = if length == 15 {
        &[4, 6, 5]
    } else {
        &[4, 4, 4, 4]
    };
    let grouped = grouped(&whole, shape, if random.below(3) == 0 { "-" } else { " " });
    (whole, grouped)
}

fn grouped(text: &str, shape: &[usize], gap: &str) -> String {
    let mut rest = text;
    let mut groups = Vec::new();
    for length in shape {
        let (group, behind) = rest.split_at((*length).min(rest.len()));
        groups.push(group);
        rest = behind;
    }
    if !rest.is_empty() {
        groups.push(rest);
    }
    groups.join(gap)
}

fn iban(random: &mut Random) -> (String, String) {
    let (country, length) = [
        ("CZ", 24),
        ("DE", 22),
        ("AT", 20),
        ("PL", 28),
        ("GB", 22),
        ("NL", 18),
    ][random.below(6)];
    let bank = match country {
        "GB" => "NWBK",
        "NL" => "ABNA",
        _ => "",
    };
    let body = format!("{bank}{}", digits(random, length - 4 - bank.len()));
    let remainder = |text: &str| {
        text.bytes().fold(0u64, |sum, byte| match byte {
            b'0'..=b'9' => (sum * 10 + u64::from(byte - b'0')) % 97,
            _ => (sum * 100 + u64::from(byte - b'A') + 10) % 97,
        })
    };
    let check = 98 - remainder(&format!("{body}{country}00"));
    let whole = format!("{country}{check:02}{body}");
    let grouped = grouped(&whole, &[4; 8], " ");
    (whole, grouped.trim_end().to_owned())
}

fn account(random: &mut Random) -> (String, String) {
    let sound = |random: &mut Random, length: usize, weights: &[u64]| loop {
        let number = digits(random, length);
        if !number.starts_with('0') && weighted(&number, weights).is_multiple_of(11) {
            break number;
        }
    };
    let number = sound(random, 10, &[6, 3, 7, 9, 10, 5, 8, 4, 2, 1]);
    let prefix = sound(random, 2, &[10, 5, 8, 4, 2, 1]);
    let bank = pick(random, &["0100", "0300", "0800", "2010", "5500"]);
    (
        format!("{number}/{bank}"),
        format!("{prefix}-{number}/{bank}"),
    )
}

fn chinese_id(random: &mut Random) -> (String, String) {
    let (year, month, day) = date(random);
    let region = pick(random, &["110105", "310101", "440305", "510107", "330106"]);
    let body = format!("{region}19{year}{month:02}{day:02}{}", digits(random, 3));
    let sum = weighted(
        &body,
        &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2],
    );
    let check = ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum as usize % 11];
    let whole = format!("{body}{check}");
    let grouped = grouped(&whole, &[6, 8, 4], " ");
    (whole, grouped)
}

fn taiwan_id(random: &mut Random) -> (String, String) {
    let letters = "ABCDEFGHJKLMNPQRSTUVXYWZIO";
    let place = random.below(26);
    let letter = letters.as_bytes()[place] as char;
    let (tens, ones) = ((place as u64 + 10) / 10, (place as u64 + 10) % 10);
    let body = format!("{}{}", pick(random, &["1", "2"]), digits(random, 7));
    let sum = tens + ones * 9 + weighted(&body, &[8, 7, 6, 5, 4, 3, 2, 1]);
    let whole = format!("{letter}{body}{}", (10 - sum % 10) % 10);
    let grouped = grouped(&whole, &[4, 3, 3], "-");
    (whole, grouped)
}

fn birth_number(random: &mut Random) -> (String, String) {
    let (year, month, day) = date(random);
    let month = month + if random.below(2) == 1 { 50 } else { 0 };
    let whole = loop {
        let whole = format!("{year}{month:02}{day:02}{}", digits(random, 4));
        if number(&whole).is_multiple_of(11) {
            break whole;
        }
    };
    let grouped = grouped(&whole, &[6, 4], "/");
    (whole, grouped)
}

fn phone(random: &mut Random, script: &str) -> (String, String) {
    match script {
        "zh-Hans" => {
            let whole = format!("1{}{}", 3 + random.below(7), digits(random, 9));
            let grouped = grouped(&whole, &[3, 4, 4], pick(random, &[" ", "-"]));
            (whole, grouped)
        }
        "zh-Hant" => {
            let whole = format!("09{}", digits(random, 8));
            let grouped = grouped(&whole, &[4, 3, 3], "-");
            (whole, grouped)
        }
        "en" => {
            let (area, exchange) = (200 + random.below(800), 200 + random.below(800));
            let line = digits(random, 4);
            (
                format!("{area}{exchange}{line}"),
                format!("({area}) {exchange}-{line}"),
            )
        }
        _ => {
            let whole = format!("{}{}", pick(random, &["6", "7"]), digits(random, 8));
            (
                whole.clone(),
                format!("+420 {}", grouped(&whole, &[3, 3, 3], " ")),
            )
        }
    }
}

fn word(random: &mut Random) -> &'static str {
    pick(
        random,
        &[
            "ming", "kovar", "hana", "lukas", "yueyue", "tomik", "lily", "brook",
        ],
    )
}

/// A value of `kind`, whole and in groups; `carrier` is the sentence that it goes into.
fn value(random: &mut Random, kind: &str, script: &str, carrier: &str) -> (String, String) {
    match kind {
        "phone" => phone(random, script),
        "mail" => {
            let host = pick(
                random,
                &[
                    "example.com",
                    "example.org",
                    "posta.example.cz",
                    "mail.example.net",
                ],
            );
            let (one, two) = (word(random), word(random));
            (
                format!("{one}{}@{host}", digits(random, 2)),
                format!("{one}.{two}_{}@{host}", digits(random, 2)),
            )
        }
        "handle" if carrier.contains("QQ") => {
            let whole = format!("{}{}", 1 + random.below(9), digits(random, 8));
            (whole.clone(), grouped(&whole, &[3, 3, 3], " "))
        }
        "handle" if carrier.contains("WhatsApp") => phone(random, script),
        "handle" => {
            let whole = format!("{}_{}{}", word(random), word(random), digits(random, 2));
            (whole.clone(), format!("@{whole}"))
        }
        "card" => card(random),
        "iban" => iban(random),
        "account" => account(random),
        "chinese_id" => chinese_id(random),
        "taiwan_id" => taiwan_id(random),
        "birth_number" => birth_number(random),
        "name" => {
            let name = match script {
                "zh-Hans" => pick(random, &["王晓明", "林语棠", "赵子涵", "周小舟"]),
                "zh-Hant" => pick(random, &["陳怡安", "張書瑋", "劉曉嵐", "吳語彤"]),
                "en" => pick(
                    random,
                    &[
                        "Tamsin Holloway",
                        "Derek Oakes",
                        "Priya Lindqvist",
                        "Moss Tanner",
                    ],
                ),
                _ => pick(
                    random,
                    &[
                        "Lukáš Hříbek",
                        "Hana Dvořáčková",
                        "Jiří Zoubek",
                        "Žaneta Malá",
                    ],
                ),
            };
            (name.to_owned(), name.to_uppercase())
        }
        "link" => {
            let token = digits(random, 10);
            (
                format!("token={token}"),
                format!("user={token}&t={}#top", digits(random, 6)),
            )
        }
        _ => panic!("no such kind: {kind}"),
    }
}

/// A value of `kind` as it is written into `carrier` in a spelling, and the author's displayed name
/// if it is one.
pub(crate) fn planted(
    random: &mut Random,
    kind: &str,
    script: &str,
    carrier: &str,
    spelling: &str,
) -> (String, Option<String>) {
    let (whole, grouped) = value(random, kind, script, carrier);
    let author = (kind == "name").then(|| whole.clone());
    let written = match spelling {
        "whole" => whole,
        "grouped" => grouped,
        // A link keeps its letters, or it is none.
        "full width" if kind == "link" => format!("a=%E5%BC%A0{}", digits(random, 6)),
        "spread" if kind == "link" => format!("{whole}&next=%2Fhome"),
        "hidden" if kind == "link" => format!("{whole}=="),
        "full width" => grouped.chars().map(full_width).collect(),
        "spread" => spread(&whole),
        _ if kind == "mail" => hidden_mail(&grouped, script, random),
        _ if kind == "name" || kind == "handle" => with_zero_width(&whole),
        _ => hidden(&whole, script),
    };
    (written, author)
}

fn full_width(c: char) -> char {
    match c {
        '!'..='~' => char::from_u32(c as u32 + 0xFEE0).unwrap_or(c),
        c => c,
    }
}

/// One character after the other; a space is two more.
fn spread(text: &str) -> String {
    let characters: Vec<String> = text.chars().map(String::from).collect();
    characters.join(" ")
}

fn with_zero_width(text: &str) -> String {
    let characters: Vec<String> = text.chars().map(String::from).collect();
    characters.join("\u{200B}")
}

fn hidden_mail(mail: &str, script: &str, random: &mut Random) -> String {
    let (at, dot) = match (script, random.below(2)) {
        ("cs", 0) => (" (zavináč) ", "(tečka)"),
        ("en", 0) => (" at ", " dot "),
        (_, 0) => ("[at]", "[dot]"),
        _ => ("(at)", "."),
    };
    mail.replace('@', at).replace('.', dot)
}

/// Digits as Chinese writes them, in circles or in mathematical bold.
fn hidden(text: &str, script: &str) -> String {
    let chinese = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    text.chars()
        .map(|c| match c.to_digit(10) {
            None => c,
            Some(digit) if script.starts_with("zh") => chinese[digit as usize],
            Some(digit) if script == "en" => char::from_u32(0x1D7CE + digit).unwrap_or(c),
            Some(0) => '⓪',
            Some(digit) => char::from_u32(0x2460 + digit - 1).unwrap_or(c),
        })
        .collect()
}
