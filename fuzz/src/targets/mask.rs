//! The masking of personal data.

use std::sync::LazyLock;

use hearken::mask::{Masker, Mode, Thread};
use hearken::observation::Secret;

use super::SEPARATOR;
use crate::frame::Frame;
use crate::{Outcome, Target, seeds};

/// A text, and after a separator the name of its author.
pub const MASK: Target = Target {
    name: "mask",
    run: mask,
    frame: Frame::Plain,
    seeds: seeds::personal,
    tokens: &[
        "+420 601 123 456",
        "13800138000",
        "一三八",
        "00 13 8",
        "jana@mail.example",
        " (at) ",
        "[dot]",
        "微信",
        "vx:",
        "QQ",
        "4111 1111 1111 1111",
        "card ",
        "order ",
        "CZ65 0800 0000 1920 0014 5399",
        "19-2000145399/0800",
        "11010519491231002X",
        "身份证",
        "rodné číslo ",
        "760506/0008",
        "@jana",
        "https://a.example/x?u=1&t=2",
        "[phone]",
        "[mail 1]",
        "[card:00ff]",
        "[",
        "]",
        "?",
        "\u{200b}",
        "１２３",
        " ",
        "\u{1e}Jana Dvořáková",
    ],
};

/// A text, and after a separator the name of its author.
///
/// In every mode a masked text masks to itself, spans stand in order on characters of both texts,
/// and what is between them is as it was.
fn mask(data: &[u8]) -> Outcome {
    static MASKERS: LazyLock<[Masker; 4]> = LazyLock::new(|| {
        let keyed = Mode::Keyed(Secret::from_bytes([7; 16]));
        [Mode::Label, Mode::Numbered, keyed, Mode::LastFour]
            .map(|mode| Masker::new().with_mode(mode))
    });
    let input = String::from_utf8_lossy(data);
    let (text, author) = match input.split_once(SEPARATOR) {
        Some((text, author)) => (text, Some(author)),
        None => (&*input, None),
    };
    let mut kinds = String::new();
    for masker in MASKERS.iter() {
        let mut thread = Thread::default();
        let masked = masker.mask_in(text, author, &mut thread);
        let (mut before, mut after) = (0, 0);
        for span in masked.spans() {
            let kept = text
                .get(before..span.original.start)
                .expect("spans in order");
            let same = masked
                .text()
                .get(after..span.masked.start)
                .expect("spans in order");
            assert_eq!(kept, same, "what is between two spans");
            assert!(
                text.get(span.original.clone())
                    .is_some_and(|value| !value.is_empty())
            );
            assert!(masked.text().get(span.masked.clone()).is_some());
            (before, after) = (span.original.end, span.masked.end);
        }
        assert_eq!(
            text.get(before..),
            masked.text().get(after..),
            "what is behind the last span"
        );
        let again = masker.mask_in(masked.text(), author, &mut thread);
        assert_eq!(again.text(), masked.text(), "masked twice");
        kinds = masked
            .spans()
            .iter()
            .take(3)
            .map(|span| masker.name(span.kind))
            .collect();
    }
    Outcome::Refused(kinds)
}
