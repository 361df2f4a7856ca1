//! Text: folding, language, entities and words.
//!
#![doc = include_str!("../../docs/design/text.md")]

pub(crate) mod entity;
pub(crate) mod fold;
pub(crate) mod han;
pub(crate) mod language;
pub(crate) mod part;
pub(crate) mod source;
pub(crate) mod spelling;
pub(crate) mod trie;
pub(crate) mod word;

pub use entity::EntityKind;
pub(crate) use entity::{Entity, EntityFinder};
pub(crate) use fold::{Disguises, Folded, Folder};
pub use language::Language;
pub(crate) use language::{Identification, Identifier};
pub(crate) use word::{Token, TokenKind};

/// Most bytes of a text that are read, without markup and what a mail quotes; what is beyond is cut
/// off and the answer says so. A bound on time, and on sums of weights (`model::MAX_WEIGHT`).
pub const MAX_BYTES: usize = 16 * 1024;
