//! The one error of the crate: opaque, a word wide, asked by predicates.

use std::fmt;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in one sentence that names the thing, the place and the mend.
///
/// The kinds are asked by predicates ([`Error::is_post`] and its siblings), so that a new
/// kind breaks nobody.
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Post,
    Field,
    Model,
    Taxonomy,
    Lexicon,
    Training,
    Pattern,
    Settings,
    Rules,
    Snapshot,
    Merge,
    #[cfg(feature = "train")]
    Log,
}

impl Error {
    #[cold]
    fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
        }))
    }

    /// A line of input that is no post.
    #[cold]
    pub(crate) fn post(message: impl Into<String>) -> Error {
        Error::new(Kind::Post, message)
    }

    /// A map of fields that can't be read.
    #[cold]
    pub(crate) fn field(message: impl Into<String>) -> Error {
        Error::new(Kind::Field, message)
    }

    /// A model file that can't be used.
    #[cold]
    pub(crate) fn model(message: impl Into<String>) -> Error {
        Error::new(Kind::Model, message)
    }

    /// A taxonomy that can't be read.
    #[cold]
    pub(crate) fn taxonomy(message: impl Into<String>) -> Error {
        Error::new(Kind::Taxonomy, message)
    }

    /// A lexicon that can't be read.
    #[cold]
    pub(crate) fn lexicon(message: impl Into<String>) -> Error {
        Error::new(Kind::Lexicon, message)
    }

    /// Data that can't train or evaluate a model.
    #[cold]
    #[cfg(feature = "train")]
    pub(crate) fn training(message: impl Into<String>) -> Error {
        Error::new(Kind::Training, message)
    }

    /// A log of corrections that can't be read or written.
    #[cold]
    #[cfg(feature = "train")]
    pub(crate) fn log(message: impl Into<String>) -> Error {
        Error::new(Kind::Log, message)
    }

    /// A pattern of an entity that can't be compiled.
    #[cold]
    pub(crate) fn pattern(message: impl Into<String>) -> Error {
        Error::new(Kind::Pattern, message)
    }

    /// Settings (of importance, service levels, rooms) that can't be used.
    #[cold]
    pub(crate) fn settings(message: impl Into<String>) -> Error {
        Error::new(Kind::Settings, message)
    }

    /// Lists or rules of monitored terms that can't be read.
    #[cold]
    pub(crate) fn rules(message: impl Into<String>) -> Error {
        Error::new(Kind::Rules, message)
    }

    /// A snapshot that can't be written, read or used.
    #[cold]
    pub(crate) fn snapshot(message: impl Into<String>) -> Error {
        Error::new(Kind::Snapshot, message)
    }

    /// States that can't be merged.
    #[cold]
    pub(crate) fn merge(message: impl Into<String>) -> Error {
        Error::new(Kind::Merge, message)
    }

    /// Whether a line of input was no post.
    pub fn is_post(&self) -> bool {
        self.0.kind == Kind::Post
    }

    /// Whether a map of fields was wrong.
    pub fn is_field(&self) -> bool {
        self.0.kind == Kind::Field
    }

    /// Whether a model file was wrong: foreign, damaged, or of another version.
    pub fn is_model(&self) -> bool {
        self.0.kind == Kind::Model
    }

    /// Whether a taxonomy was wrong.
    pub fn is_taxonomy(&self) -> bool {
        self.0.kind == Kind::Taxonomy
    }

    /// Whether a lexicon was wrong.
    pub fn is_lexicon(&self) -> bool {
        self.0.kind == Kind::Lexicon
    }

    /// Whether data could not train or evaluate a model.
    pub fn is_training(&self) -> bool {
        self.0.kind == Kind::Training
    }

    /// Whether a log of corrections could not be read or written.
    #[cfg(feature = "train")]
    pub fn is_log(&self) -> bool {
        self.0.kind == Kind::Log
    }

    /// Whether settings were wrong: of importance, of service levels, of a stateful room.
    pub fn is_settings(&self) -> bool {
        self.0.kind == Kind::Settings
    }

    /// Whether lists or rules of monitored terms were wrong.
    pub fn is_rules(&self) -> bool {
        self.0.kind == Kind::Rules
    }

    /// Whether a snapshot was wrong: foreign, damaged, of another version, or not to be written.
    pub fn is_snapshot(&self) -> bool {
        self.0.kind == Kind::Snapshot
    }

    /// Whether two states could not be merged.
    pub fn is_merge(&self) -> bool {
        self.0.kind == Kind::Merge
    }

    /// Whether a pattern of an entity was wrong.
    pub fn is_pattern(&self) -> bool {
        self.0.kind == Kind::Pattern
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {})", self.0.kind, self.0.message)
    }
}

impl std::error::Error for Error {}
