//! Whether this process masks personal data: in each text as it is read, in rejected lines and in
//! what is said on standard error.
//!
//! A post is masked before anything else sees it, so no command can print, keep or quote what it
//! hides. It is one switch for the whole process, set once before the work begins.

use std::borrow::Cow;
use std::sync::OnceLock;

use hearken::Post;
use hearken::mask::{Masker, Thread};

static MASKER: OnceLock<Masker> = OnceLock::new();

/// From now on everything is masked; a second call changes nothing.
pub fn start() {
    let _ = MASKER.set(Masker::new());
}

/// Whether texts are masked.
pub fn is_on() -> bool {
    MASKER.get().is_some()
}

/// The text, masked if that was asked for.
pub fn text(text: &str) -> Cow<'_, str> {
    match MASKER.get() {
        Some(masker) => masker.mask(text).into_text(),
        None => Cow::Borrowed(text),
    }
}

/// The post with its text masked and without the name of its author, if that was asked for.
pub fn post(mut post: Post<'_>) -> Post<'_> {
    if let Some(masker) = MASKER.get() {
        let masked = masker.mask_post(&post, &mut Thread::default());
        let masked = masked.into_text().into_owned();
        post.text = Cow::Owned(masked);
        post.author.name = None;
    }
    post
}

/// A line of the input that could not be used, masked if that was asked for. Escapes of JSON are
/// undone then, since a value may hide behind them.
pub fn line(bytes: &[u8]) -> Cow<'_, str> {
    let line = String::from_utf8_lossy(bytes);
    match is_on() {
        true => Cow::Owned(text(&unescaped(&line)).into_owned()),
        false => line,
    }
}

/// A text without the escapes of JSON strings; what is no escape stays.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = behind
            .strip_prefix('u')
            .and_then(|hex| u32::from_str_radix(hex.get(..4)?, 16).ok())
            .and_then(char::from_u32);
        let short = behind.chars().next();
        let (c, length) = match (code, short) {
            (Some(c), _) => (c, 5),
            (None, Some('n' | 'r' | 't')) => (' ', 1),
            (None, Some(c @ ('"' | '\\' | '/'))) => (c, 1),
            _ => ('\\', 0),
        };
        plain.push(c);
        rest = behind.get(length..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_the_rest_stays() {
        assert_eq!(unescaped(r#"a\n\u0031\"\u00e1\q \ "#), "a 1\"á\\q \\ ");
    }
}
