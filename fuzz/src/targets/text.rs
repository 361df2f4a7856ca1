//! Languages and tokens.

use std::sync::LazyLock;

use hearken::internals::{
    EntityFinder, Folded, Folder, HanSegmenter, Identifier, TokenKind, tokenize,
};

use crate::frame::Frame;
use crate::{Outcome, Target, seeds};

/// A text.
pub const TEXT: Target = Target {
    name: "text",
    run: text,
    frame: Frame::Plain,
    seeds: seeds::texts,
    tokens: super::fold::TOKENS,
};

struct Readers {
    identifier: Identifier,
    folder: Folder,
    entities: EntityFinder,
    han: HanSegmenter,
}

/// A text.
///
/// Its language has a probability. Tokens of the folded text stand in order, without overlap, on
/// characters, and what is between them is white space.
fn text(data: &[u8]) -> Outcome {
    static READERS: LazyLock<Readers> = LazyLock::new(|| Readers {
        identifier: Identifier::bundled().expect("the bundled table is sound"),
        folder: Folder::new(),
        entities: EntityFinder::new(),
        han: HanSegmenter::new(&[], &[]),
    });
    let original = String::from_utf8_lossy(data);
    let found = READERS.identifier.identify(&original);
    assert!(
        (0.0..=1.0).contains(&found.probability),
        "probability {}",
        found.probability
    );
    let mut folded = Folded::default();
    READERS.folder.fold(&original, &mut folded);
    let text = folded.as_str();
    let (mut entities, mut tokens) = (Vec::new(), Vec::new());
    READERS.entities.find(text, &mut entities);
    tokenize(text, &entities, &READERS.han, &mut tokens);
    let mut position = 0;
    for token in &tokens {
        let (start, end) = (token.start as usize, token.end as usize);
        let between = text
            .get(position..start)
            .expect("tokens in order, on characters");
        assert!(between.trim().is_empty(), "{between:?} is in no token");
        assert!(
            text.get(start..end).is_some_and(|token| !token.is_empty()),
            "an empty token"
        );
        position = end;
    }
    let rest = text
        .get(position..)
        .expect("the last token ends on a character");
    assert!(rest.trim().is_empty(), "{rest:?} is in no token");
    let known = tokens
        .iter()
        .filter(|token| matches!(token.kind, TokenKind::Entity(_)))
        .count();
    assert_eq!(known, entities.len(), "each entity is one token");
    let kinds: Vec<String> = entities
        .iter()
        .take(3)
        .map(|entity| format!("{:?}", entity.kind))
        .collect();
    Outcome::Refused(format!("{:?} {}", found.language, kinds.join(" ")))
}
