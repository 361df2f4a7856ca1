//! Entities and tokens: cases as data, and the laws that hold for any text.

use std::sync::LazyLock;

use hearken::internals::{Entity, EntityFinder, HanSegmenter, Token, TokenKind, tokenize};
use hearken::text::EntityKind;
use proptest::prelude::*;
use serde::Deserialize;

static HAN: LazyLock<HanSegmenter> = LazyLock::new(HanSegmenter::default);

#[derive(Deserialize)]
struct Cases<T> {
    case: Vec<T>,
}

#[derive(Deserialize)]
struct EntityCase {
    name: String,
    text: String,
    found: Vec<String>,
}

#[derive(Deserialize)]
struct TokenCase {
    text: String,
    tokens: Vec<String>,
    kinds: String,
    #[serde(default)]
    han: bool,
}

fn find(text: &str) -> Vec<Entity> {
    let mut entities = Vec::new();
    EntityFinder::new().find(text, &mut entities);
    entities
}

fn cut(text: &str, entities: &[Entity]) -> Vec<Token> {
    let mut tokens = Vec::new();
    tokenize(text, entities, &HAN, &mut tokens);
    tokens
}

fn letter(kind: TokenKind) -> char {
    match kind {
        TokenKind::Word => 'W',
        TokenKind::Han => 'H',
        TokenKind::Number => 'N',
        TokenKind::Symbol => 'S',
        TokenKind::Entity(_) => 'E',
    }
}

#[test]
fn entities_are_found_as_the_cases_say() {
    let cases: Cases<EntityCase> =
        toml::from_str(include_str!("cases/entities.toml")).expect("cases");
    let mut wrong = Vec::new();
    for EntityCase { name, text, found } in &cases.case {
        let seen: Vec<String> = find(text)
            .iter()
            .map(|entity| {
                format!(
                    "{:?} {}",
                    entity.kind,
                    &text[entity.start as usize..entity.end as usize]
                )
            })
            .collect();
        if seen != *found {
            wrong.push(format!(
                "{name}: {text}\n  expected {found:?}\n  found    {seen:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn texts_are_cut_as_the_cases_say() {
    let cases: Cases<TokenCase> = toml::from_str(include_str!("cases/tokens.toml")).expect("cases");
    let mut wrong = Vec::new();
    for TokenCase {
        text,
        tokens,
        kinds,
        han,
    } in &cases.case
    {
        if *han && !cfg!(feature = "chinese") {
            continue;
        }
        let cut = cut(text, &find(text));
        let seen: Vec<&str> = cut
            .iter()
            .map(|token| &text[token.start as usize..token.end as usize])
            .collect();
        let seen_kinds: String = cut.iter().map(|token| letter(token.kind)).collect();
        if seen != *tokens || seen_kinds != *kinds {
            wrong.push(format!(
                "{text}\n  expected {tokens:?} {kinds}\n  cut      {seen:?} {seen_kinds}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every byte that is not white space is in exactly one token; order, bounds and kinds hold.
fn laws(text: &str) -> Result<(), TestCaseError> {
    let entities = find(text);
    let mut position = 0;
    for entity in &entities {
        prop_assert!(entity.start as usize >= position && entity.start < entity.end);
        prop_assert!(
            text.get(entity.start as usize..entity.end as usize)
                .is_some()
        );
        position = entity.end as usize;
    }
    let tokens = cut(text, &entities);
    let mut position = 0;
    for token in &tokens {
        let (start, end) = (token.start as usize, token.end as usize);
        prop_assert!(start >= position && start < end, "order");
        prop_assert!(text.get(start..end).is_some(), "boundaries");
        prop_assert!(
            text[position..start].chars().all(char::is_whitespace),
            "gap {:?}",
            &text[position..start]
        );
        let within = text[start..end].chars().any(char::is_whitespace);
        prop_assert!(
            !within || matches!(token.kind, TokenKind::Entity(_)),
            "white space in a token"
        );
        position = end;
    }
    prop_assert!(text[position..].chars().all(char::is_whitespace), "tail");
    let kept: Vec<(EntityKind, u32, u32)> = tokens
        .iter()
        .filter_map(|token| match token.kind {
            TokenKind::Entity(kind) => Some((kind, token.start, token.end)),
            _ => None,
        })
        .collect();
    let found: Vec<_> = entities
        .iter()
        .map(|entity| (entity.kind, entity.start, entity.end))
        .collect();
    prop_assert_eq!(kept, found, "each entity is one token");
    Ok(())
}

/// What a finder with these patterns sees, as `Kind text`.
fn find_with(patterns: &[(EntityKind, &str)], text: &str) -> Vec<String> {
    let finder = patterns
        .iter()
        .fold(EntityFinder::new(), |finder, (kind, pattern)| {
            finder.with_pattern(*kind, pattern).expect("a pattern")
        });
    let mut entities = Vec::new();
    finder.find(text, &mut entities);
    entities
        .iter()
        .map(|entity| {
            format!(
                "{:?} {}",
                entity.kind,
                &text[entity.start as usize..entity.end as usize]
            )
        })
        .collect()
}

#[test]
fn added_patterns_are_found_beside_the_others() {
    let order = [(EntityKind::Reference, r"\bORD-\d{6}\b")];
    let seen = find_with(
        &order,
        "ord-123456 and ord-654321, see www.obchod.example/ord-111111 or 777 000 123",
    );
    assert_eq!(
        seen,
        [
            "Reference ord-123456",
            "Reference ord-654321",
            "Url www.obchod.example/ord-111111",
            "Phone 777 000 123"
        ]
    );
}

#[test]
fn an_added_pattern_wins_where_it_starts_first_or_at_the_same_byte() {
    let digits = [
        (EntityKind::Reference, r"\d{11}"),
        (EntityKind::Phone, r"\d{11}"),
    ];
    assert_eq!(find_with(&digits, "13800001234"), ["Reference 13800001234"]);
    let order = [(EntityKind::Reference, r"订单\d+")];
    assert_eq!(
        find_with(&order, "订单13800001234 jan@mail.example"),
        ["Reference 订单13800001234", "Email jan@mail.example"]
    );
    assert_eq!(
        find_with(&[(EntityKind::Reference, "00+")], "+420 777 000 123"),
        ["Phone +420 777 000 123"]
    );
    // What an added pattern cuts short is searched again.
    assert_eq!(
        find_with(&[(EntityKind::Reference, "see 1")], "see 13800001234 @eva"),
        ["Reference see 1", "Mention @eva"]
    );
}

#[test]
fn anchored_and_empty_patterns_do_no_harm() {
    assert_eq!(
        find_with(&[(EntityKind::Reference, "^a")], "aa a"),
        ["Reference a"]
    );
    for empty in ["^", "$", "", "x*", r"\b", "(?:)"] {
        assert_eq!(
            find_with(&[(EntityKind::Reference, empty)], "你好 @eva"),
            ["Mention @eva"],
            "{empty}"
        );
    }
    assert_eq!(
        find_with(&[(EntityKind::Reference, "x*")], "你xx好x"),
        ["Reference xx", "Reference x"]
    );
}

#[test]
fn a_pattern_that_cannot_be_read_is_an_error_of_its_kind() {
    for wrong in ["(", "[a", r"\p{Nonsense}", "(?:a{1000}){1000}"] {
        let error = EntityFinder::new()
            .with_pattern(EntityKind::Reference, wrong)
            .expect_err(wrong);
        assert!(
            error.is_pattern() && !error.to_string().contains('\n'),
            "{error}"
        );
    }
    let error = hearken::Engine::builder()
        .entity_pattern(EntityKind::Reference, "(")
        .build()
        .expect_err("a bracket");
    assert_eq!(
        error.to_string(),
        r#"the entity pattern "(" can't be used: unclosed group"#
    );
}

#[test]
fn a_plain_post_is_searched_without_an_allocation() {
    let (finder, mut entities) = (EntityFinder::new(), Vec::with_capacity(8));
    let plain =
        "The parcel went to the wrong desk in 2024, we wanted 3.5 kg. 微博上说快递慢,给我退款";
    let busy = "加微信:xiaoming_88 13800001234 http://t.example/a jan@mail.example example.cz";
    finder.find(busy, &mut entities);
    assert_eq!(entities.len(), 5);
    for text in [plain, busy] {
        let allocations = allocation_counter::measure(|| finder.find(text, &mut entities));
        assert_eq!(allocations.count_total, 0, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn laws_hold_for_any_text(text in any::<String>()) {
        laws(&text)?;
    }

    #[test]
    fn laws_hold_for_what_posts_are_made_of(
        text in "([a-z ]|[0-9]|[@#:.+\\-()\\[\\]/_<>^=';,!?&%]|http://|www\\.|微信|vx|qq|[你好快递的々〇]|[áčř]|[\u{FE0F}\u{20E3}\u{200D}\u{0301}]|[👍🏽🇨🇿❤]|[あア한ส]){0,40}"
    ) {
        laws(&text)?;
    }

    #[test]
    fn added_patterns_keep_order_and_bounds(
        text in "([a-c ]|[0-9]|[@.+\\-:]|http://|vx|qq|[你好]|[👍🏽]){0,40}",
        first in prop::sample::select(vec!["^", "[0-9]+", "a*", "(?s).+", r"\b.", "你$", "", "[bc ]{2}"]),
        second in prop::sample::select(vec!["^.", "1", "[^a]*", "x?", r"\d{3}|好"]),
    ) {
        let finder = EntityFinder::new().with_pattern(EntityKind::Reference, first)
            .and_then(|finder| finder.with_pattern(EntityKind::Phone, second)).expect("patterns");
        let mut entities = Vec::new();
        finder.find(&text, &mut entities);
        let mut position = 0;
        for entity in &entities {
            prop_assert!(entity.start as usize >= position && entity.start < entity.end);
            prop_assert!(text.get(entity.start as usize..entity.end as usize).is_some());
            position = entity.end as usize;
        }
    }

    #[test]
    fn entities_of_another_text_do_no_harm(text in any::<String>(), spans in proptest::collection::vec((0_u32..80, 0_u32..80), 0..6)) {
        let entities: Vec<Entity> =
            spans.into_iter().map(|(start, end)| Entity { kind: EntityKind::Url, start, end }).collect();
        let mut position = 0;
        for token in cut(&text, &entities) {
            prop_assert!(token.start as usize >= position);
            prop_assert!(text.get(token.start as usize..token.end as usize).is_some());
            position = token.end as usize;
        }
    }
}
