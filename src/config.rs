//! Errors in settings and in files that people write (TOML): each names the setting or the file
//! with its line, and the mend.

use std::fmt::Debug;
use std::ops::RangeBounds;

use crate::{Error, Result};

/// Checks that the setting `name` is in its `range`; `mend` says the range in words.
///
/// # Errors
/// If it is not; the error has the name, the value and the mend, and [`Error::is_settings`] holds.
pub(crate) fn within<T: PartialOrd + Debug>(
    name: &str,
    value: T,
    range: impl RangeBounds<T>,
    mend: &str,
) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Error::settings(format!("{name} is {value:?}; give {mend}")))
}

/// The lines of a list that has comments, each from its `#` at the beginning of a line on, and
/// blank lines.
pub(crate) fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
}

/// The line of byte `at` of `text`, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count()
}

/// The error of a `text` that is not TOML or does not have the form of `file`; `kind` makes an
/// error of its sentence.
#[cold]
pub(crate) fn malformed(
    kind: impl FnOnce(String) -> Error,
    file: &str,
    text: &str,
    error: toml::de::Error,
) -> Error {
    // An error without a place (a missing table, say) is one of the whole file: its first line.
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    // The parser explains some errors in two lines; ours are one sentence each.
    let what = error.message().replace('\n', " ");
    kind(format!("{file} line {line}: {what}")).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_out_of_its_range_is_named() {
        assert!(within("window", 1, 1..=5, "1 to 5").is_ok());
        let error = within("window", 6, 1..=5, "1 to 5").expect_err("is too large");
        assert!(error.is_settings());
        assert_eq!(error.to_string(), "window is 6; give 1 to 5");
    }

    #[test]
    fn the_line_is_that_of_the_mistake() {
        let text = "a = 1\nb = 2\nc = = 3\n";
        let error = toml::from_str::<toml::Table>(text).expect_err("is not TOML");
        let error = malformed(Error::settings, "levels", text, error);
        assert!(error.is_settings());
        assert!(error.to_string().starts_with("levels line 3: "), "{error}");
        assert_eq!((line_of("", 0), line_of("a\n\nb", 3)), (1, 3));
    }
}
