//! How a command ends: well, well but for rejected lines, or with one sentence.

use std::fmt::Display;
use std::io;

/// A command that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Done,
    /// Lines were rejected under `--strict`, or there were lines and all were: exit code 1.
    Rejected,
}

impl Outcome {
    /// How a command ends that did its work but for `rejected` lines, of which none may be if
    /// it is `strict`.
    pub fn of(strict: bool, rejected: u64) -> Outcome {
        match strict && rejected > 0 {
            true => Outcome::Rejected,
            false => Outcome::Done,
        }
    }
}

/// Why a command stopped.
#[derive(Debug)]
pub enum Failure {
    /// The reader of standard output has enough (`| head`): the end of the work, and no error.
    ClosedPipe,
    /// Exit code 2 with this sentence.
    Message(String),
}

impl Failure {
    /// A failure with this sentence.
    pub fn message(message: impl Into<String>) -> Failure {
        Failure::Message(message.into())
    }

    /// What stopped while writing to `place`.
    pub fn writing(place: &str, error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Message(format!("{place} can't be written: {}", plain(error))),
        }
    }

    /// An error of the library about the file `place`.
    pub fn about(place: impl Display, error: &hearken::Error) -> Failure {
        Failure::Message(format!("{place}: {error}"))
    }
}

impl From<hearken::Error> for Failure {
    fn from(error: hearken::Error) -> Failure {
        Failure::Message(error.to_string())
    }
}

/// The words of an I/O error, without the operating system's number.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}
