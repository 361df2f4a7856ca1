//! Words: a folded text as a row of tokens.

use super::{Entity, EntityKind, han::HanSegmenter};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A word of a script that writes spaces (or kana, hangul …); may hold digits (`3g`) or signs (`c++`).
    Word,
    /// A word of Han characters, as the segmenter cut it.
    Han,
    /// A number, with its separators.
    Number,
    /// A run of one punctuation or symbol character.
    Symbol,
    /// An entity.
    Entity(EntityKind),
}

/// A token of a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte in the folded text.
    pub start: u32,
    /// One past its last byte in the folded text.
    pub end: u32,
}

/// Fills `out` with the tokens of `folded`, in order and without overlap; earlier content is dropped.
///
/// `entities` are those that the finder saw in the same text: each becomes one token.
pub fn tokenize(_folded: &str, _entities: &[Entity], _han: &HanSegmenter, out: &mut Vec<Token>) {
    out.clear();
}
