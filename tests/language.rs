//! The language identifier on cases of our own, and on files that are damaged.
#![cfg(feature = "bundled-models")]

use hearken::internals::Identifier;
use hearken::text::Language;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    language: Option<String>,
    #[serde(default)]
    any: Vec<String>,
}

fn identifier() -> Identifier {
    Identifier::bundled().expect("the bundled table is read")
}

#[test]
fn cases() {
    let identifier = identifier();
    let cases: Cases =
        toml::from_str(include_str!("cases/language.toml")).expect("the cases are TOML");
    let mut told = std::collections::BTreeSet::new();
    let mut wrong = Vec::new();
    for case in &cases.case {
        let answer = identifier.identify(&case.text);
        assert!(
            (0.0..=1.0).contains(&answer.probability),
            "{}: {}",
            case.text,
            answer.probability
        );
        let wanted: Vec<&str> = case
            .language
            .iter()
            .chain(&case.any)
            .map(String::as_str)
            .collect();
        assert!(
            !wanted.is_empty(),
            "{}: a case without an answer",
            case.text
        );
        for code in &wanted {
            assert!(Language::from_code(code).is_some(), "{code} is no language");
        }
        let right = wanted.iter().any(|code| {
            *code == answer.language.code()
                || case.language.is_none() && *code == "zh" && answer.language.is_chinese()
        });
        told.insert(answer.language);
        if !right {
            wrong.push(format!(
                "{:?}: {} {:.2}, not {wanted:?}",
                case.text,
                answer.language.code(),
                answer.probability
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(told.len(), Language::ALL.len(), "each language has a case");
}

#[test]
fn more_of_the_same_is_no_less_sure() {
    let identifier = identifier();
    let once = identifier.identify("the delivery");
    let long = identifier
        .identify("the delivery was late again and the driver would not answer his phone");
    assert_eq!(once.language, Language::En);
    assert!(long.probability >= once.probability);
}

#[test]
fn evidence_does_not_depend_on_what_says_nothing() {
    let identifier = identifier();
    let plain = identifier.identify("kdy mi konečně vrátíte peníze");
    for text in [
        "@kuryr kdy mi konečně vrátíte peníze",
        "kdy mi konečně vrátíte peníze https://example.com/the/best/of/the/world",
        "😡 KDY MI KONEČNĚ VRÁTÍTE PENÍZE 123",
    ] {
        assert_eq!(identifier.identify(text), plain, "{text}");
    }
}

#[test]
fn endless_words_and_texts_are_no_harm() {
    let identifier = identifier();
    identifier.identify(&"a".repeat(100_000));
    identifier.identify(&"řž'".repeat(50_000));
    identifier.identify(&"e\u{301}".repeat(50_000));
    identifier.identify(&"漢".repeat(50_000));
    let long = "the driver would not answer his phone ".repeat(3_000);
    assert_eq!(identifier.identify(&long).language, Language::En);
}

#[test]
fn damaged_files_are_told() {
    let bytes = include_bytes!("../data/models/language.bin");
    let message = |bytes: &[u8]| match Identifier::from_bytes(bytes) {
        Ok(_) => panic!("a damaged table was read"),
        Err(error) => {
            assert!(error.is_model());
            error.to_string()
        }
    };
    for at in (6..bytes.len()).step_by(bytes.len() / 7) {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 0x10;
        message(&flipped);
    }
    for at in [8, 12, 13, 14, 40, 100, bytes.len() - 1] {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1;
        assert!(message(&flipped).contains("checksum"), "byte {at}");
    }
    for length in [0, 3, 6, 7, 11, 12, 50, bytes.len() / 2, bytes.len() - 1] {
        let cut = message(&bytes[..length]);
        assert!(
            cut.contains("cut short") || length < 6 && cut.contains("not a language table"),
            "{length}: {cut}"
        );
    }
    let mut longer = bytes.to_vec();
    longer.push(0);
    message(&longer);
    assert!(message(b"PK\x03\x04 something else").contains("not a language table"));
    let mut newer = bytes.to_vec();
    newer[6] = 9;
    assert!(message(&newer).contains("newer"));
    newer[6] = 0;
    assert!(message(&newer).contains("older"));
}

#[cfg(feature = "train")]
mod training {
    use hearken::internals::train_language as train;

    use super::*;

    /// A few words of two languages, put together in every pair.
    fn lines() -> Vec<(String, &'static str)> {
        let english = [
            "the", "where", "order", "parcel", "money", "with", "nothing", "works",
        ];
        let czech = [
            "kde",
            "balík",
            "peníze",
            "nefunguje",
            "objednávka",
            "který",
            "vůbec",
            "už",
        ];
        let pairs = |words: [&str; 8]| {
            words
                .iter()
                .flat_map(|one| words.iter().map(move |two| format!("{one} {two}")))
                .collect::<Vec<_>>()
        };
        let english = pairs(english).into_iter().map(|text| (text, "en"));
        english
            .chain(pairs(czech).into_iter().map(|text| (text, "cs")))
            .collect()
    }

    #[test]
    fn the_same_lines_give_the_same_bytes_and_tell() {
        let bytes = train(lines()).expect("trains");
        assert_eq!(bytes, train(lines()).expect("trains"));
        let mut turned = lines();
        turned.reverse();
        assert_eq!(bytes.len(), train(turned).expect("trains").len());
        let identifier = Identifier::from_bytes(&bytes).expect("reads what it wrote");
        assert_eq!(
            identifier.identify("where is the parcel").language,
            Language::En
        );
        assert_eq!(
            identifier.identify("nefunguje vůbec").language,
            Language::Cs
        );
    }

    #[test]
    fn what_cannot_train_is_told() {
        let error = train([("some text", "tlh")]).expect_err("an unknown language");
        assert!(error.is_training() && error.to_string().contains("`tlh`"));
        assert!(train([("some text", "und")]).is_err());
        assert!(
            train([("some text", "en"), ("nějaký text", "cs")])
                .expect_err("too few")
                .to_string()
                .contains("lines")
        );
        assert!(
            train(Vec::<(String, String)>::new())
                .expect_err("nothing")
                .is_training()
        );
    }
}
