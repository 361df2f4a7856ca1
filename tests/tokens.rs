//! Entities and tokens: cases as data, and the laws that hold for any text.

use hearken::text::{Entity, EntityFinder, EntityKind, Token, TokenKind, han::HanSegmenter, word::tokenize};
use proptest::prelude::*;
use serde::Deserialize;
use std::sync::LazyLock;

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
    let cases: Cases<EntityCase> = toml::from_str(include_str!("cases/entities.toml")).expect("cases");
    let mut wrong = Vec::new();
    for EntityCase { name, text, found } in &cases.case {
        let seen: Vec<String> = find(text)
            .iter()
            .map(|entity| format!("{:?} {}", entity.kind, &text[entity.start as usize..entity.end as usize]))
            .collect();
        if seen != *found {
            wrong.push(format!("{name}: {text}\n  expected {found:?}\n  found    {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn texts_are_cut_as_the_cases_say() {
    let cases: Cases<TokenCase> = toml::from_str(include_str!("cases/tokens.toml")).expect("cases");
    let mut wrong = Vec::new();
    for TokenCase { text, tokens, kinds, han } in &cases.case {
        if *han && !cfg!(feature = "chinese") {
            continue;
        }
        let cut = cut(text, &find(text));
        let seen: Vec<&str> = cut.iter().map(|token| &text[token.start as usize..token.end as usize]).collect();
        let seen_kinds: String = cut.iter().map(|token| letter(token.kind)).collect();
        if seen != *tokens || seen_kinds != *kinds {
            wrong.push(format!("{text}\n  expected {tokens:?} {kinds}\n  cut      {seen:?} {seen_kinds}"));
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
        prop_assert!(text.get(entity.start as usize..entity.end as usize).is_some());
        position = entity.end as usize;
    }
    let tokens = cut(text, &entities);
    let mut position = 0;
    for token in &tokens {
        let (start, end) = (token.start as usize, token.end as usize);
        prop_assert!(start >= position && start < end, "order");
        prop_assert!(text.get(start..end).is_some(), "boundaries");
        prop_assert!(text[position..start].chars().all(char::is_whitespace), "gap {:?}", &text[position..start]);
        let within = text[start..end].chars().any(char::is_whitespace);
        prop_assert!(!within || matches!(token.kind, TokenKind::Entity(_)), "white space in a token");
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
    let found: Vec<_> = entities.iter().map(|entity| (entity.kind, entity.start, entity.end)).collect();
    prop_assert_eq!(kept, found, "each entity is one token");
    Ok(())
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
