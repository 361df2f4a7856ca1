//! Folding: cases from a file, and the laws of the map.

use hearken::internals::{Folded, Folder};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    input: String,
    folded: String,
    /// Pairs of a part of the folded text (its first occurrence) and the part of the input
    /// it came from.
    #[serde(default)]
    spans: Vec<(String, String)>,
    /// Counters that are not zero; the others must be.
    #[serde(default)]
    saw: std::collections::BTreeMap<String, u32>,
}

fn cases() -> Vec<Case> {
    toml::from_str::<Cases>(include_str!("cases/fold.toml"))
        .expect("the cases are TOML")
        .case
}

#[test]
fn cases_fold_as_written() {
    let (folder, mut folded, mut wrong) = (Folder::new(), Folded::default(), Vec::new());
    let cases = cases();
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    for case in &cases {
        folder.fold(&case.input, &mut folded);
        if folded.as_str() != case.folded {
            wrong.push(format!(
                "{}: {:?} gave {:?}, not {:?}",
                case.name,
                case.input,
                folded.as_str(),
                case.folded
            ));
            continue;
        }
        for (part, original) in &case.spans {
            let start = folded
                .as_str()
                .find(part)
                .expect("the part is in the folded text");
            let span = folded.original_span(start..start + part.len());
            let came_from = case
                .input
                .get(span)
                .expect("spans lie on character boundaries");
            if came_from != original {
                wrong.push(format!(
                    "{}: {part:?} came from {came_from:?}, not {original:?}",
                    case.name
                ));
            }
        }
        let saw = folded.disguises();
        let counters = [
            ("look_alikes", saw.look_alikes),
            ("invisible", saw.invisible),
            ("spaced_out", saw.spaced_out),
            ("contact_variants", saw.contact_variants),
            ("pinyin_notes", saw.pinyin_notes),
            ("full_width", saw.full_width),
            ("elongations", saw.elongations),
            ("traditional", saw.traditional),
        ];
        for (name, count) in counters {
            let expected = case.saw.get(name).copied().unwrap_or(0);
            if count != expected {
                wrong.push(format!("{}: {name} is {count}, not {expected}", case.name));
            }
        }
        if let Some(name) = case
            .saw
            .keys()
            .find(|name| !counters.iter().any(|(known, _)| known == name))
        {
            wrong.push(format!("{}: no counter is called {name}", case.name));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Once the buffers have grown, folding allocates nothing: it runs once a post.
#[test]
fn a_second_fold_allocates_nothing() {
    let (folder, mut folded, cases) = (Folder::new(), Folded::default(), cases());
    for case in &cases {
        folder.fold(&case.input, &mut folded);
        folder.fold(&case.input, &mut folded);
        let allocations = allocation_counter::measure(|| folder.fold(&case.input, &mut folded));
        assert_eq!(allocations.count_total, 0, "{}", case.name);
    }
}

#[test]
fn case_names_are_unique() {
    let names: Vec<String> = cases().into_iter().map(|case| case.name).collect();
    let unique: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
}

#[test]
fn a_term_folds_like_a_text() {
    let (folder, mut folded) = (Folder::new(), Folded::default());
    for case in cases() {
        folder.fold(&case.input, &mut folded);
        assert_eq!(folder.fold_term(&case.input), folded.as_str());
    }
}

/// What every fold must keep.
fn check_laws(folder: &Folder, original: &str, folded: &mut Folded) -> Result<(), TestCaseError> {
    folder.fold(original, folded);
    let text = folded.as_str().to_owned();
    let mut last = 0..0;
    for (place, c) in text.char_indices() {
        let span = folded.original_span(place..place + c.len_utf8());
        prop_assert!(
            span.start >= last.start && span.end >= last.end,
            "not monotone at {} of {:?}",
            place,
            text
        );
        prop_assert!(
            span.start < span.end,
            "nothing stands behind {:?} of {:?}",
            c,
            text
        );
        prop_assert!(
            original.get(span.clone()).is_some(),
            "{:?} cuts a character of {:?}",
            span,
            original
        );
        last = span;
    }
    let whole = folded.original_span(0..text.len());
    prop_assert_eq!(whole.end, last.end);
    // Any range, also a cut, an inverted or an endless one, must give a range of whole characters.
    for start in 0..=text.len() + 1 {
        for end in [
            0,
            start,
            start + 1,
            start + 2,
            start + 5,
            text.len(),
            usize::MAX,
        ] {
            let span = folded.original_span(start..end);
            prop_assert!(
                original.get(span.clone()).is_some(),
                "{:?} of {:?}",
                span,
                original
            );
        }
    }
    folder.fold(&text, folded);
    prop_assert_eq!(
        folded.as_str(),
        text.as_str(),
        "folding again changed it; original {:?}",
        original
    );
    Ok(())
}

/// Characters and snippets that meet the rules of folding.
fn tricky() -> impl Strategy<Value = String> {
    let snippets: Vec<&'static str> = vec![
        "a",
        "e",
        "o",
        "A",
        "V",
        "v",
        "x",
        "w",
        "q",
        "i",
        "I",
        "www",
        "iii",
        "xxx",
        "@",
        ".",
        "/",
        ":",
        "1",
        "8",
        "12345",
        " ",
        "  ",
        "*",
        "_",
        "-",
        "|",
        "·",
        "+",
        "➕",
        "(",
        ")",
        "（",
        "）",
        "\n",
        "\t",
        "\r",
        "\0",
        "加",
        "微",
        "信",
        "薇",
        "威",
        "号",
        "卫星",
        "扣",
        "免",
        "费",
        "哈",
        "國",
        "麼",
        "裏",
        "豈",
        "薴",
        "の",
        "ア",
        "か",
        "ｱ",
        "ﾞ",
        "が",
        "\u{3099}",
        "е",
        "а",
        "р",
        "в",
        "д",
        "В",
        "Η",
        "η",
        "ο",
        "μ",
        "ς",
        "Σ",
        "İ",
        "ı",
        "ß",
        "ﬁ",
        "…",
        "№",
        "㍿",
        "①",
        "Ⅲ",
        "ⅳ",
        "𝐟",
        "𝓇",
        "🅰",
        "🅱️",
        "Ⓜ️",
        "❤",
        "❤️",
        "💗",
        "👨‍👩‍👧",
        "👨",
        "\u{200D}",
        "🏴",
        "\u{E0067}",
        "\u{E007F}",
        "🇨🇿",
        "1️⃣",
        "\u{20E3}",
        "\u{FE0F}",
        "\u{200B}",
        "\u{200E}",
        "\u{AD}",
        "\u{FEFF}",
        "\u{301}",
        "\u{323}",
        "\u{338}",
        "\u{336}",
        "é",
        "ǒ",
        "ü",
        "ng",
        "tǒng",
        "ji",
        "(tǒng)",
        "(ji)",
        "’",
        "´",
        "¨",
        "\u{1100}",
        "\u{1161}",
        "\u{11A8}",
        "가",
        "ㅋ",
        "ㅏ",
        "\u{1E9B}\u{323}",
        "\u{2028}",
        "\u{3000}",
        "\u{2800}",
        "𠀾",
        "丽",
        "vx",
        "wx",
        "weixin",
        "C++",
        "b c d",
        "f.r.e",
        "t*o",
        "🔥",
        "免 费 领",
        "fr33",
        "c@ll",
        "l!nk",
        "cI",
        "wa",
        "tg",
        "what's app",
        "insta",
        "ñ",
        "ø",
        "ă",
        "亻",
        "言",
        "私",
        "u\u{308}",
        "\u{304}",
    ];
    prop::collection::vec(prop::sample::select(snippets), 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn laws_hold_for_any_text(original in any::<String>()) {
        check_laws(&Folder::new(), &original, &mut Folded::default())?;
    }

    #[test]
    fn laws_hold_for_tricky_text(original in tricky()) {
        check_laws(&Folder::new(), &original, &mut Folded::default())?;
    }

    #[test]
    fn laws_hold_for_ascii(original in "[ -~\n]{0,60}") {
        check_laws(&Folder::new(), &original, &mut Folded::default())?;
    }

    /// The quick way for plain ASCII gives what the long way gives: a full stop of Chinese
    /// forces the latter.
    #[test]
    fn the_quick_way_agrees(original in "([a-z ]|[ -~]|ve|wx|a a a a|a.b.c.d|oo|fr33|c@ll|1nk|l!nk| wa| tg|whats app|insta|cI){0,30}") {
        let (folder, mut quick, mut long) = (Folder::new(), Folded::default(), Folded::default());
        folder.fold(&original, &mut quick);
        folder.fold(&format!("{original}\n。"), &mut long);
        let end = if original.ends_with([' ', '\n']) { "。" } else { " 。" };
        prop_assert_eq!(format!("{}{end}", quick.as_str()), long.as_str());
    }

    /// What an earlier text left in the buffers must not show.
    #[test]
    fn buffers_are_reused_cleanly(first in tricky(), second in tricky()) {
        let (folder, mut reused, mut fresh) = (Folder::new(), Folded::default(), Folded::default());
        folder.fold(&first, &mut reused);
        folder.fold(&second, &mut reused);
        folder.fold(&second, &mut fresh);
        prop_assert_eq!(reused.as_str(), fresh.as_str());
        prop_assert_eq!(reused.disguises(), fresh.disguises());
        let length = fresh.as_str().len();
        for start in 0..=length {
            prop_assert_eq!(reused.original_span(start..length), fresh.original_span(start..length));
        }
    }
}
