//! The one error of the crate: opaque, a word wide, with a kind to match on and its cause.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::{fmt, io};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in one sentence that names the thing, the place and the mend.
///
/// [`Error::kind`] says what to do about it: an input to skip, a file to mend, an I/O error to
/// try again. The predicates ([`Error::is_post`] and its siblings) say what it is about, so
/// [`Error::is_snapshot`] also holds for a snapshot whose file can't be opened, of which the
/// kind is [`ErrorKind::Io`].
///
/// The error that caused it, if there is one, is its [`source`](std::error::Error::source). The
/// sentence already says what the source says. Only a source that is an [`std::io::Error`] is part
/// of the interface; the types of others may change with the dependencies of this crate.
///
/// ```
/// use std::error::Error as _;
/// use std::io;
///
/// use hearken::ErrorKind;
/// use hearken::terms::Rules;
///
/// let error = Rules::read("no/such/rules.toml").expect_err("there is no such file");
/// assert_eq!(error.kind(), ErrorKind::Io);
/// assert!(error.is_rules());
/// let cause = error.source().and_then(|source| source.downcast_ref::<io::Error>());
/// assert_eq!(cause.map(io::Error::kind), Some(io::ErrorKind::NotFound));
/// ```
pub struct Error(Box<Inner>);

/// A cause, as it is kept.
type Source = Box<dyn std::error::Error + Send + Sync>;

struct Inner {
    /// What it is about; never [`ErrorKind::Io`], which the source says.
    about: ErrorKind,
    message: String,
    source: Option<Source>,
}

// Nothing of an error changes once it is made, so a panic can't leave one half changed. The trait
// object of its source hides that.
impl UnwindSafe for Error {}
impl RefUnwindSafe for Error {}

/// Writes for each kind its variant, its constructor and its predicate.
macro_rules! kinds {
    ($($kind:ident, $make:ident, $is:ident, $meaning:literal $(, if $feature:literal)?;)+) => {
        /// The kinds of [`Error`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $(#[doc = concat!("Means that ", $meaning, ".")] $kind,)+
            /// Means that the operating system refused to read or write a file; the
            /// [`std::io::Error`] is the source. A text file that is not UTF-8 is a bad file and
            /// no I/O error.
            Io,
        }

        impl Error {
            $(
                #[doc = concat!("Says that ", $meaning, ".")]
                #[cold]
                $(#[cfg(feature = $feature)])?
                pub(crate) fn $make(message: impl Into<String>) -> Error {
                    Error::new(ErrorKind::$kind, message.into())
                }

                #[doc = concat!("Whether ", $meaning, ".")]
                pub fn $is(&self) -> bool {
                    self.0.about == ErrorKind::$kind
                }
            )+
        }
    };
}

kinds! {
    Post, post, is_post, "a line of input is not a post";
    Field, field, is_field, "a map of fields or the name of a campaign can't be read";
    Model, model, is_model, "a model file is foreign, damaged, of another version or does not fit";
    Taxonomy, taxonomy, is_taxonomy, "a taxonomy can't be used";
    Lexicon, lexicon, is_lexicon, "a lexicon can't be used";
    Training, training, is_training, "data can't train or evaluate a model", if "train";
    Log, log, is_log, "a log of corrections can't be read or written", if "train";
    Pattern, pattern, is_pattern, "the pattern of an entity can't be compiled";
    Settings, settings, is_settings,
        "settings (of importance, of service levels, of a stateful room) can't be used";
    Faq, faq, is_faq, "the entries of a FAQ can't be used";
    Rules, rules, is_rules, "lists or rules of monitored terms can't be read";
    Snapshot, snapshot, is_snapshot,
        "a snapshot is foreign, damaged, of another version, or can't be read or written";
    Merge, merge, is_merge, "two states can't be merged";
}

impl Error {
    #[cold]
    fn new(about: ErrorKind, message: String) -> Error {
        Error(Box::new(Inner {
            about,
            message,
            source: None,
        }))
    }

    /// The same error with what caused it.
    #[cold]
    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Error {
        self.0.source = Some(source.into());
        self
    }

    /// The same error with another sentence, made of the one that it has.
    #[cold]
    pub(crate) fn reworded(mut self, reword: impl FnOnce(&str) -> String) -> Error {
        self.0.message = reword(&self.0.message);
        self
    }

    /// What to do about it: [`ErrorKind::Io`] if the operating system refused to read or write,
    /// otherwise what the error is about.
    pub fn kind(&self) -> ErrorKind {
        let cause = self.0.source.as_deref();
        match cause.and_then(|source| source.downcast_ref::<io::Error>()) {
            // What `read_to_string` gives for a file that is not text: no second try helps.
            Some(cause) if cause.kind() != io::ErrorKind::InvalidData => ErrorKind::Io,
            _ => self.0.about,
        }
    }

    /// Whether the operating system refused to read or write a file.
    pub fn is_io(&self) -> bool {
        self.kind() == ErrorKind::Io
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {})", self.kind(), self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn an_error_is_a_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn the_kind_is_what_to_do_and_the_predicate_what_it_is_about() {
        let plain = Error::rules("a rule is wrong");
        assert!(plain.source().is_none());
        assert_eq!(plain.kind(), ErrorKind::Rules);
        for (cause, kind) in [
            (io::ErrorKind::NotFound, ErrorKind::Io),
            (io::ErrorKind::PermissionDenied, ErrorKind::Io),
            (io::ErrorKind::InvalidData, ErrorKind::Rules),
        ] {
            let error = Error::rules("x").with_source(io::Error::from(cause));
            let error = error.reworded(|what| format!("rules.toml: {what}"));
            assert_eq!(error.kind(), kind);
            assert_eq!(error.is_io(), kind == ErrorKind::Io);
            assert!(error.is_rules() && !error.is_log());
            assert_eq!(error.to_string(), "rules.toml: x");
            let source = error.source().and_then(|source| source.downcast_ref());
            assert_eq!(source.map(io::Error::kind), Some(cause));
        }
        // Any other cause leaves the kind as it is.
        let error = Error::snapshot("x").with_source(postcard::Error::DeserializeUnexpectedEnd);
        assert!(error.kind() == ErrorKind::Snapshot && error.source().is_some());
    }
}
