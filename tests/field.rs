//! Posts of the field: accidents told in four scripts, harm in everyday words, idioms, phishing
//! notices and reports of them. `cargo test --test field -- --nocapture` prints the shares, and
//! what is wrong.
//!
//! The cases in `tests/cases/field` were written apart from the lists and the training texts. What
//! they showed mended the lists, so the floors hold what is there. At first sight the first set had
//! 23 of 60 accidents alike in every script, 0.35 of the harm and 0.81 of the idioms; the second,
//! seen after that, 9 of 12, 0.85 and 0.83. That is what to expect of other texts.
#![cfg(all(feature = "bundled-models", feature = "chinese"))]

use std::collections::BTreeMap;

use hearken::importance::{Level, Part};
use hearken::triage::Verdict;
use hearken::{Engine, Post, Scratch, Triage};

/// The most that the importance of one accident may differ between the scripts.
const SPREAD: u8 = 12;
/// Points of harm from which on it counts, and below which it does not.
const COUNTS: i16 = 15;
const LITTLE: i16 = 10;

/// The two sets of one file.
macro_rules! cases {
    ($name:literal) => {
        [
            include_str!(concat!("cases/field/", $name, ".tsv")),
            include_str!(concat!("cases/field/second/", $name, ".tsv")),
        ]
    };
}

/// The fields of each line that is no comment.
fn rows(lines: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = lines.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect())
}

/// The share of each set's lines whose answer is as `right` says, and the lines that
/// are not, printed.
fn shares(what: &str, sets: [&str; 2], right: impl Fn(&Triage, &[&str]) -> bool) -> [f64; 2] {
    let engine = Engine::new().expect("the bundled models fit");
    let mut scratch = Scratch::default();
    sets.map(|set| {
        let mut by_script: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for row in rows(set) {
            let text = row.last().expect("a line has a text");
            let triage = engine.triage(&Post::new(*text), &mut scratch);
            let (held, all) = by_script.entry(row[0]).or_default();
            *all += 1;
            if right(&triage, &row) {
                *held += 1;
            } else {
                println!(
                    "{what}: harm {:2}, spam {:.2} {}",
                    harm(&triage),
                    triage.spam.probability,
                    row.join(" | ")
                );
            }
        }
        println!("{what}: {by_script:?}");
        let sums = by_script.values();
        let (held, all) = sums.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        held as f64 / all as f64
    })
}

fn harm(triage: &Triage) -> i16 {
    triage.importance.parts[Part::Harm as usize]
}

/// Holds that each set has at least its share.
fn at_least(what: &str, found: [f64; 2], floors: [f64; 2]) {
    println!(
        "{what}: {:.3} of the first set, {:.3} of the second",
        found[0], found[1]
    );
    for (found, floor) in found.into_iter().zip(floors) {
        assert!(
            found >= floor,
            "{what}: {found:.3}, at least {floor} expected"
        );
    }
}

#[test]
fn an_accident_weighs_the_same_in_every_script() {
    let engine = Engine::new().expect("the bundled models fit");
    let mut scratch = Scratch::default();
    let found = cases!("accidents").map(|set| {
        let mut told: BTreeMap<&str, Vec<(u8, Level, &str)>> = BTreeMap::new();
        for row in rows(set) {
            let triage = engine.triage(&Post::new(row[3]), &mut scratch);
            let importance = triage.importance;
            let told = told.entry(row[0]).or_default();
            told.push((importance.score, importance.level, row[3]));
        }
        let holds = |accident: &&Vec<(u8, Level, &str)>| {
            let scores = || accident.iter().map(|(score, _, _)| *score);
            let spread = scores().max().unwrap_or(0) - scores().min().unwrap_or(0);
            let critical = accident
                .iter()
                .all(|&(_, level, _)| level == Level::Critical);
            if spread > SPREAD || !critical {
                println!("accident: {accident:?}");
            }
            spread <= SPREAD && critical
        };
        told.values().filter(holds).count() as f64 / told.len() as f64
    });
    at_least("accidents", found, [0.95, 0.9]);
}

#[test]
fn harm_in_everyday_words_counts() {
    let found = shares("severe", cases!("severe"), |triage, _| {
        harm(triage) >= COUNTS
    });
    at_least("severe", found, [0.92, 0.86]);
}

#[test]
fn idioms_titles_and_products_are_no_harm() {
    let found = shares("idioms", cases!("idioms"), |triage, _| {
        harm(triage) < LITTLE
    });
    at_least("idioms", found, [0.89, 0.89]);
}

#[test]
fn phishing_is_found_and_honest_notices_are_not() {
    let found = shares("phishing", cases!("phishing"), |triage, row| {
        (triage.spam.verdict == Verdict::Ham) == (row[1] == "ham")
    });
    at_least("phishing", found, [0.94, 0.88]);
}

#[test]
fn who_reports_a_scam_is_a_customer() {
    let found = shares("reports", cases!("reports"), |triage, _| {
        triage.spam.verdict == Verdict::Ham
    });
    at_least("reports", found, [0.95, 0.93]);
}

#[test]
fn what_is_written_of_others_in_the_wrong_hands_is_harm() {
    // Whose record and the record stand together; the look-alikes have one of the two,
    // or deny it.
    let leaks = [
        "Hi, opened my letter and it had another patient's prescription in it. I put it back.",
        "No rush, but your form shows me some other guy's bank details when I go back a page.",
        "Dobrý den, v obálce byla smlouva a rodné číslo někoho jiného. Co s tím mám udělat?",
        "jen pro info, v uctu vidim faktury jiného zákazníka",
        "不着急，我点开看到的是别人的身份证和住址，你们查一下",
        "上一位客人的病歷還留在螢幕上 我沒有看 提醒你們",
        "個網頁出咗第二個客嘅月結單，我即刻閂咗",
    ];
    let others = [
        "My parcel went to someone else's house, it's the second time.",
        "Where do I find my invoice and the contract?",
        "No other customers' details were shown, thanks for checking.",
        "Přišla mi faktura i smlouva, děkuji.",
        "V cizí zemi se mi nedaří zaplatit.",
        "别人的快递都到了，我的还没到",
        "請問合約跟帳單要去哪裡看",
    ];
    let engine = Engine::new().expect("the bundled models fit");
    let mut scratch = Scratch::default();
    let mut harm_of = |text: &str| harm(&engine.triage(&Post::new(text), &mut scratch));
    for text in leaks {
        assert!(harm_of(text) >= 35, "{}: {text}", harm_of(text));
    }
    for text in others {
        assert!(harm_of(text) < 35, "{}: {text}", harm_of(text));
    }
}
