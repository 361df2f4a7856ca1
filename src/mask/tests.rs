//! Masking as its users see it: kinds, modes, the map, and what stays.

use super::*;

fn masked(text: &str) -> String {
    Masker::new().mask(text).text().to_owned()
}

#[test]
fn each_kind_has_its_placeholder_and_the_words_around_stay() {
    for (text, expected) in [
        ("call +420 777 123 456 now", "call [phone] now"),
        ("write to jan.novak@example.com.", "write to [mail]."),
        ("加微信：ming_day77，谢谢", "加微信：[handle]，谢谢"),
        ("QQ 123456789", "QQ [handle]"),
        ("Telegram: jan_novak7", "Telegram: [handle]"),
        (
            "my card ４１１１ １１１１ １１１１ １１１１",
            "my card [card]",
        ),
        ("IBAN CZ65 0800 0000 1920 0014 5399!", "IBAN [iban]!"),
        (
            "na účet 19-2000145399/0800 prosím",
            "na účet [account] prosím",
        ),
        ("身份证11010519491231002X", "身份证[id]"),
        ("身分證字號A123456789", "身分證字號[id]"),
        (
            "thanks @jan_novak, jan_novak is kind",
            "thanks @[name], [name] is kind",
        ),
        (
            "https://a.example.com/x?token=1&u=2 here",
            "https://a.example.com/x?[query] here",
        ),
        ("t.me/ming_day77", "t.me/[handle]"),
        ("mail jan &#64; example.com now", "mail [mail] now"),
    ] {
        assert_eq!(masked(text), expected);
        assert_eq!(masked(expected), expected);
    }
}

#[test]
fn spans_map_the_original_to_the_masked_text() {
    let text = "打１３８００１３８０００或 jan@example.com";
    let masked = Masker::new().mask(text);
    let kinds: Vec<Kind> = masked.spans().iter().map(|span| span.kind).collect();
    assert_eq!(kinds, [Kind::Phone, Kind::Mail]);
    for (span, value) in masked
        .spans()
        .iter()
        .zip(["１３８００１３８０００", "jan@example.com"])
    {
        assert_eq!(&text[span.original.clone()], value);
        assert_eq!(
            &masked.text()[span.masked.clone()],
            format!("[{}]", span.kind.name())
        );
    }
}

#[test]
fn modes_tell_values_apart_as_they_promise() {
    let text = "+420 777 123 456, 777 123 456 and +420 777 123 457";
    let mask = |mode: Mode| Masker::new().with_mode(mode).mask(text).text().to_owned();
    assert_eq!(mask(Mode::Label), "[phone], [phone] and [phone]");
    assert_eq!(mask(Mode::Numbered), "[phone 1], [phone 1] and [phone 2]");
    assert_eq!(
        mask(Mode::LastFour),
        "[phone *3456], [phone *3456] and [phone *3457]"
    );
    let keyed = mask(Mode::Keyed(Secret::from_bytes([1; 16])));
    let parts: Vec<&str> = keyed
        .split([',', ' '])
        .filter(|part| part.starts_with('['))
        .collect();
    assert!(
        parts.len() == 3 && parts[0] == parts[1] && parts[1] != parts[2],
        "{keyed}"
    );
    assert_ne!(keyed, mask(Mode::Keyed(Secret::from_bytes([2; 16]))));
    // A thread goes on.
    let masker = Masker::new().with_mode(Mode::Numbered);
    let mut thread = Thread::default();
    masker.mask_in(text, None, &mut thread);
    let next = masker.mask_in("777 123 457 again", None, &mut thread);
    assert_eq!(next.text(), "[phone 2] again");
}

#[test]
fn own_patterns_are_checked_and_come_first() {
    let masker = Masker::new()
        .with_pattern("contract", r"c-\d{6}")
        .expect("a pattern");
    let masked = masker.mask("contract C-123456 of jan@example.com");
    assert_eq!(masked.text(), "contract [contract] of [mail]");
    assert_eq!(masker.name(masked.spans()[0].kind), "contract");
    for (name, pattern) in [
        ("", "a"),
        ("Contract", "a"),
        ("phone", "a"),
        ("contract", "b"),
        ("x", "("),
    ] {
        let error = masker.clone().with_pattern(name, pattern).expect_err(name);
        assert!(error.is_pattern());
    }
}

#[test]
fn the_author_is_masked_in_the_own_text() {
    let line = r#"{"text":"Tady Jan Novak, volejte","author":{"name":"Jan Novák"}}"#;
    let post = Post::from_json(line).expect("a post");
    let masked = Masker::new()
        .mask_post(&post, &mut Thread::default())
        .into_text();
    assert_eq!(masked, "Tady [name], volejte");
}
