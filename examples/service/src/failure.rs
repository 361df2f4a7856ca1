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

    /// The sentence without what it quotes, which may be a customer's: for the log.
    pub fn unquoted(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        let mut letters = self.0.chars();
        while let Some(letter) = letters.next() {
            text.push(letter);
            if letter != '"' && letter != '`' {
                continue;
            }
            text.push('…');
            while let Some(quoted) = letters.next() {
                if quoted == letter {
                    text.push(letter);
                    break;
                }
                // What follows a backslash does not end the quotation.
                if quoted == '\\' {
                    letters.next();
                }
            }
        }
        text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_not_for_the_log() {
        for (sentence, expected) in [
            ("it failed; send it again", "it failed; send it again"),
            (
                "post \"77\" by \"eva\" is wrong",
                "post \"…\" by \"…\" is wrong",
            ),
            (r#"post "a\"b" is wrong"#, "post \"…\" is wrong"),
            (
                "unknown variant `eva`, expected `a`",
                "unknown variant `…`, expected `…`",
            ),
            ("it can't be read: \"cut o", "it can't be read: \"…"),
        ] {
            assert_eq!(Failure::new(sentence).unquoted(), expected);
        }
    }
}
