//! The fold of texts.

use std::sync::LazyLock;

use hearken::internals::{Folded, Folder};

use crate::frame::Frame;
use crate::{Outcome, Target, seeds};

/// A text.
pub const FOLD: Target = Target {
    name: "fold",
    run: fold,
    frame: Frame::Plain,
    seeds: seeds::texts,
    tokens: TOKENS,
};

/// A text.
///
/// Folding a folded text changes nothing. Every span of the folded text comes from a span of the
/// original that lies within it and on boundaries of its characters.
fn fold(data: &[u8]) -> Outcome {
    static FOLDER: LazyLock<Folder> = LazyLock::new(Folder::new);
    let original = String::from_utf8_lossy(data);
    let mut folded = Folded::default();
    FOLDER.fold(&original, &mut folded);
    let text = folded.as_str();
    let twice = FOLDER.fold_term(text);
    assert_eq!(twice, text, "folded twice");
    let check = |from: usize, to: usize| {
        let span = folded.original_span(from..to);
        assert!(
            original.get(span.clone()).is_some(),
            "{from}..{to} of {text:?} is {span:?} of {original:?}"
        );
        span
    };
    let mut before = 0;
    for (from, character) in text.char_indices() {
        let span = check(from, from + character.len_utf8());
        assert!(
            before <= span.start,
            "the map goes back at {from}: {text:?}"
        );
        before = span.start;
    }
    // Spans that end within a character, beyond the text, or before they begin.
    let whole = check(0, text.len());
    check(0, usize::MAX);
    check(usize::MAX, 0);
    for at in 0..text.len().min(64) {
        let span = check(at, at + 1);
        assert!(whole.start <= span.start && span.end <= whole.end);
        check(at, at);
    }
    let saw = folded.disguises();
    let kinds = [
        saw.look_alikes,
        saw.invisible,
        saw.spaced_out,
        saw.contact_variants,
        saw.pinyin_notes,
        saw.full_width,
        saw.elongations,
        saw.traditional,
    ];
    let kinds: String = kinds
        .map(|count| if count > 0 { 'x' } else { '-' })
        .iter()
        .collect();
    // Which disguises it saw: there is nothing to accept, and nothing to refuse.
    Outcome::Refused(kinds)
}

pub(super) const TOKENS: &[&str] = &[
    "\u{200d}",
    "\u{fe0f}",
    "\u{20e3}",
    "\u{301}",
    "\u{323}",
    "\u{ad}",
    "\u{202e}",
    "\u{1100}",
    "\u{1161}",
    "\u{11a8}",
    "가",
    "ㅋ",
    "ｶﾞ",
    "İ",
    "ẞ",
    "ﬁ",
    "Ａ",
    "🅵",
    "ⓕ",
    "①",
    "е",
    "о",
    "ρ",
    "Η",
    "ñ",
    "ê",
    "0",
    "1",
    "3",
    "$",
    "@",
    "!",
    "|",
    " ",
    "*",
    "_",
    ".",
    "-",
    "\t",
    "\r",
    "(tǒng)",
    "统(tǒng)计(jì)",
    "加V",
    "+v",
    "薇",
    "亻言",
    "微",
    "what's app",
    "wa",
    "vx",
    "insta",
    "tg",
    "msg",
    "gram",
    "臺",
    "著",
    "の",
    "ー",
    "👨",
    "👩",
    "🔥",
    "❤",
    "aaa",
    "哈哈哈",
    "f r e e",
    "免 费",
    "ĳ",
    "ŉ",
    "ǰ",
    "ΐ",
    "ﷺ",
    "㌀",
    "㍿",
    "\u{e0067}",
];
