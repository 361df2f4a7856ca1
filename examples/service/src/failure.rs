//! What can go wrong, as one sentence.

use std::fmt;

/// What went wrong: what, where and the mend, in a sentence. It holds no text of a customer.
#[derive(Debug)]
pub struct Failure(String);

/// A result whose error is a [`Failure`].
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// A failure that says this.
    pub fn new(sentence: impl Into<String>) -> Failure {
        Failure(sentence.into())
    }

    /// A failure that says what another says, about something.
    pub fn about(what: impl fmt::Display, error: impl fmt::Display) -> Failure {
        Failure(format!("{what}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<hearken::Error> for Failure {
    fn from(error: hearken::Error) -> Failure {
        Failure(error.to_string())
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Failure {
        Failure(format!("the database (SQLite): {error}"))
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Failure {
        // What the server says, without its details: they may quote a row.
        let cause = error
            .as_db_error()
            .map(|cause| format!(": {}", cause.message()));
        Failure(format!(
            "the database (PostgreSQL): {error}{}",
            cause.unwrap_or_default()
        ))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure(format!("JSON that can't be read or written: {error}"))
    }
}
