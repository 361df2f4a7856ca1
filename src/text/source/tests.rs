//! What is read of the mails and exports of tests/cases/new_part.jsonl, which were written by
//! somebody who knew neither the rules nor the patterns.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    text: String,
    new: String,
    quoted: bool,
}

fn cases() -> Vec<Case> {
    include_str!("../../../tests/cases/new_part.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a case"))
        .collect()
}

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_new_part_is_found() {
    let mut source = Source::default();
    let mut by_kind: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for case in cases() {
        source.read(&case.text);
        let read = collapsed(source.text(&case.text));
        let holds = read == collapsed(&case.new) && source.is_quoted() == case.quoted;
        let counts = by_kind.entry(case.kind.clone()).or_default();
        counts.0 += u32::from(holds);
        counts.1 += 1;
        if !holds {
            println!(
                "{} {}\n  text {:?}\n  read {read:?} {}\n  want {:?} {}",
                case.id,
                case.kind,
                case.text,
                source.is_quoted(),
                case.new,
                case.quoted
            );
        }
    }
    let (mut held, mut all) = (0, 0);
    for (kind, (holds, count)) in &by_kind {
        (held, all) = (held + holds, all + count);
        if holds < count {
            println!("{kind} {holds} of {count}");
        }
    }
    println!("{held} of {all}");
    assert!(held * 100 >= all * 90, "{held} of {all}");
}

/// Whatever the text, spans lie in it, on characters, and copies are copies.
#[test]
fn every_byte_that_is_read_points_into_the_original() {
    let mut source = Source::default();
    for case in cases() {
        source.read(&case.text);
        let text = source.text(&case.text).to_owned();
        for (at, character) in text.char_indices() {
            let span = source.original_span(at..at + character.len_utf8());
            let part = case.text.get(span.clone());
            assert!(part.is_some(), "{}: {span:?}", case.id);
            if character.is_alphanumeric()
                && part.is_some_and(|part| part.len() == character.len_utf8())
            {
                assert_eq!(part, Some(character.to_string().as_str()), "{}", case.id);
            }
        }
    }
}
