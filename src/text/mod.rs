//! Text: folding, language, entities and words.

pub mod entity;
pub mod fold;
pub mod han;
pub mod language;
pub mod word;

pub use entity::{Entity, EntityFinder, EntityKind};
pub use fold::{Folded, Folder};
pub use language::{Identification, Identifier, Language};
pub use word::{Token, TokenKind};
