//! Personal data is found in every spelling and script, and numbers of things stay.

use std::collections::BTreeMap;

use hearken::internals::Random;
use hearken::mask::{Kind, Masked, Masker, Mode, Thread};
use hearken::observation::Secret;
use proptest::prelude::*;

#[path = "support/personal.rs"]
mod personal;

use personal::{SPELLINGS, planted};

const CASES: &str = include_str!("cases/mask.tsv");
/// The recall that each half of the cases must have, and each row of the table.
const RECALL: f64 = 0.98;

fn cases() -> impl Iterator<Item = [&'static str; 4]> {
    CASES
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let fields: Vec<&str> = line.splitn(4, '\t').collect();
            fields.try_into().expect("four fields")
        })
}

/// Whether no letter or digit of the value from `start` to `end` is left.
fn is_hidden(masked: &Masked<'_>, text: &str, start: usize, end: usize) -> bool {
    text[start..end].char_indices().all(|(at, c)| {
        let place = start + at;
        !c.is_alphanumeric()
            || masked
                .spans()
                .iter()
                .any(|span| span.original.contains(&place))
    })
}

#[test]
fn planted_values_are_found_in_every_spelling_and_script() {
    let masker = Masker::new();
    let mut random = Random::new(15);
    // By half and row: planted, found.
    let mut table: BTreeMap<(&str, String), (u32, u32)> = BTreeMap::new();
    let mut missed = Vec::new();
    let mut spared = String::new();
    for [half, script, kind, carrier] in cases().filter(|case| case[0] != "keep") {
        for spelling in SPELLINGS {
            let (value, author) = planted(&mut random, kind, script, carrier, spelling);
            let text = carrier.replace("{}", &value);
            let start = carrier.find("{}").expect("a place");
            let masked = masker.mask_in(&text, author.as_deref(), &mut Thread::default());
            let hit = is_hidden(&masked, &text, start, start + value.len());
            // Of what stands around the value no letter is lost.
            let around: usize = masked
                .spans()
                .iter()
                .map(|span| {
                    text[span.original.clone()]
                        .chars()
                        .filter(|c| c.is_alphanumeric())
                        .count()
                })
                .sum();
            if hit && around > value.chars().filter(|c| c.is_alphanumeric()).count() {
                spared.push_str(&format!("too much: {text} -> {}\n", masked.text()));
            }
            // What the held half misses is not shown: nobody tunes on it.
            if !hit && half == "tune" {
                missed.push(format!(
                    "{half} {kind} {spelling}: {text} -> {}",
                    masked.text()
                ));
            }
            for row in ["all", kind, spelling, script] {
                let count = table.entry((half, row.to_owned())).or_default();
                count.0 += 1;
                count.1 += u32::from(hit);
            }
        }
    }
    let planted: u32 = table
        .iter()
        .filter(|((_, row), _)| row == "all")
        .map(|(_, count)| count.0)
        .sum();
    println!("{planted} values planted\nhalf row planted found recall");
    for ((half, row), (planted, found)) in &table {
        println!(
            "{half} | {row} | {planted} | {found} | {:.3}",
            f64::from(*found) / f64::from(*planted)
        );
    }
    println!("{}\n{spared}", missed.join("\n"));
    assert!(planted >= 300);
    for ((half, row), (planted, found)) in table {
        let recall = f64::from(found) / f64::from(planted);
        assert!(recall >= RECALL, "{half} {row}: {recall}");
    }
}

#[test]
fn numbers_of_things_stay() {
    let masker = Masker::new();
    for [_, _, _, text] in cases().filter(|case| case[0] == "keep") {
        assert_eq!(masker.mask(text).text(), text);
    }
}

#[test]
fn a_mask_is_masked_no_further_in_any_mode() {
    let mut random = Random::new(7);
    let own = || {
        Masker::new()
            .with_pattern("contract", r"c-?\d{6}")
            .expect("a pattern")
    };
    for mode in [
        Mode::Label,
        Mode::Numbered,
        Mode::Keyed(Secret::from_bytes([3; 16])),
        Mode::LastFour,
    ] {
        let masker = own().with_mode(mode);
        for [_, script, kind, carrier] in cases().filter(|case| case[0] != "keep") {
            for spelling in SPELLINGS {
                let (value, author) = planted(&mut random, kind, script, carrier, spelling);
                let text = carrier.replace("{}", &value);
                let author = author.as_deref();
                let once = masker
                    .mask_in(&text, author, &mut Thread::default())
                    .into_text();
                let twice = masker.mask_in(&once, author, &mut Thread::default());
                assert_eq!(twice.text(), once, "{text}");
            }
        }
    }
}

/// Texts made of what masking looks at.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,19}",
        "[一二三四五六七八九零]{1,11}",
        "[ .,:/@+()-]{1,3}",
        "[a-zA-Z_]{1,8}",
        Just("微信".to_owned()),
        Just("card ".to_owned()),
        Just("tel ".to_owned()),
        Just("身份证".to_owned()),
        Just("(at)".to_owned()),
        Just(" dot com ".to_owned()),
        Just("https://a.example.com/x?".to_owned()),
        Just("[phone]".to_owned()),
        Just("[card *4242]".to_owned()),
        Just("+420 777 123 456".to_owned()),
        Just("4111 1111 1111 1111".to_owned()),
        Just("CZ65 0800 0000 1920 0014 5399".to_owned()),
        Just("jan@example.com".to_owned()),
        Just("&#64;".to_owned()),
        Just("<b>".to_owned()),
        "\\PC{0,3}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn masking_is_idempotent_and_its_map_is_true(text in texts(), author in "[a-zA-Z王明]{0,6}") {
        let masker = Masker::new();
        let author = Some(author.as_str());
        let masked = masker.mask_in(&text, author, &mut Thread::default());
        let again = masker.mask_in(masked.text(), author, &mut Thread::default());
        prop_assert_eq!(again.text(), masked.text());
        // What is between the placeholders is the original, byte by byte.
        let (mut original, mut place) = (0, 0);
        for span in masked.spans() {
            prop_assert_eq!(&text[original..span.original.start], &masked.text()[place..span.masked.start]);
            prop_assert!(masked.text()[span.masked.clone()].starts_with('['));
            (original, place) = (span.original.end, span.masked.end);
        }
        prop_assert_eq!(&text[original..], &masked.text()[place..]);
    }
}

/// All texts of labelled sets, if `HEARKEN_SETS` names a folder of folders with lines of JSON: each
/// mask of a number is printed, to be read by eye.
#[test]
fn numbers_of_honest_texts_are_rarely_masked() {
    let Ok(sets) = std::env::var("HEARKEN_SETS") else {
        return;
    };
    let mut files = Vec::new();
    for folder in std::fs::read_dir(&sets).expect("a folder of sets") {
        let folder = folder.expect("an entry").path();
        files.extend(["train", "valid"].map(|part| folder.join(format!("{part}.jsonl"))));
    }
    files.sort();
    let masker = Masker::new();
    let mut thread = Thread::default();
    let (mut texts, mut counts) = (0u64, BTreeMap::<&str, u64>::new());
    for file in files.iter().filter(|file| file.exists()) {
        for line in std::fs::read_to_string(file).expect("a set").lines() {
            let Ok(post) = hearken::Post::from_json(line) else {
                continue;
            };
            texts += 1;
            let masked = masker.mask_post(&post, &mut thread);
            for span in masked.spans() {
                *counts.entry(span.kind.name()).or_default() += 1;
                if matches!(
                    span.kind,
                    Kind::Card | Kind::Iban | Kind::Account | Kind::Id | Kind::BirthNumber
                ) {
                    println!(
                        "{:?} in {}: {}",
                        span.kind,
                        file.display(),
                        post.text.replace('\n', " ")
                    );
                }
            }
        }
    }
    println!("{texts} texts: {counts:?}");
}

/// Texts of three rounds, each written before what its misses led to was mended.
const SIGHT: &str = include_str!("cases/mask_sight.tsv");

#[test]
fn values_are_found_as_people_write_them() {
    let masker = Masker::new();
    let mut table: BTreeMap<(&str, &str), (u32, u32)> = BTreeMap::new();
    let mut missed = String::new();
    for line in SIGHT.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [round, script, kind, marked, ..] = fields[..] else {
            panic!("{line}")
        };
        let author = fields.get(4).copied();
        let start = marked.find('⟦').expect("a value");
        let end = marked.find('⟧').expect("a value") - '⟦'.len_utf8();
        let text = marked.replace(['⟦', '⟧'], "");
        let masked = masker.mask_in(&text, author, &mut Thread::default());
        let hit = is_hidden(&masked, &text, start, end);
        if !hit {
            missed.push_str(&format!("{round} {kind}: {text} -> {}\n", masked.text()));
        }
        for row in ["all", kind, script] {
            let count = table.entry((round, row)).or_default();
            count.0 += 1;
            count.1 += u32::from(hit);
        }
    }
    for ((round, row), (planted, found)) in &table {
        let recall = f64::from(*found) / f64::from(*planted);
        println!("round {round} | {row} | {planted} | {found} | {recall:.3}");
    }
    println!("{missed}");
    for ((round, row), (planted, found)) in table {
        let recall = f64::from(found) / f64::from(planted);
        assert!(row != "all" || recall >= 0.97, "round {round}: {recall}");
    }
}
