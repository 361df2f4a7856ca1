//! Entities: links, names, tags, emoji and handles.

/// What an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// A link, with or without its scheme.
    Url,
    /// `@name`.
    Mention,
    /// `#tag` or `#标签#`.
    Hashtag,
    /// A Unicode emoji, with its modifiers and joiners.
    Emoji,
    /// A typed face `:)` or a named one `[泪]`.
    Emoticon,
    /// A telephone number.
    Phone,
    /// A WeChat handle, with the word that announces it.
    WeChat,
    /// A QQ number, with the word that announces it.
    Qq,
    /// A mail address.
    Email,
}

/// An entity in a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Its first byte in the folded text.
    pub start: u32,
    /// One past its last byte in the folded text.
    pub end: u32,
}

/// Finds entities; immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct EntityFinder {}

impl EntityFinder {
    /// The finder with its patterns compiled.
    pub fn new() -> EntityFinder {
        EntityFinder {}
    }

    /// Fills `out` with the entities of `folded`, in order and without overlap; earlier content is dropped.
    pub fn find(&self, _folded: &str, out: &mut Vec<Entity>) {
        out.clear();
    }
}
