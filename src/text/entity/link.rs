//! Links and mail addresses.

use super::{EntityKind, Found, Scan};
use crate::text::han::is_han;

/// Endings that make a domain of what stands before.
const ENDINGS: &[&str] = &[
    "ai", "app", "art", "au", "be", "bid", "biz", "blog", "br", "ca", "cc", "ch", "club", "cloud", "cn", "co", "com",
    "cz", "de", "dev", "dk", "edu", "es", "eu", "fi", "fr", "fun", "gd", "gg", "gl", "gov", "gr", "hk", "hr", "hu",
    "icu", "ie", "info", "io", "jp", "kr", "link", "live", "loan", "ly", "mil", "mobi", "mx", "name", "net", "news",
    "nl", "nz", "online", "org", "page", "pl", "pro", "pt", "ro", "ru", "sg", "shop", "si", "site", "sk", "store",
    "tech", "top", "tv", "tw", "ua", "uk", "us", "vip", "wiki", "win", "work", "xyz",
];

/// Endings that are words as well: a full stop without its space must not make a link.
const WORDS_TOO: &[&str] = &[
    "ai", "am", "app", "art", "at", "be", "bid", "blog", "by", "club", "cloud", "do", "es", "fun", "gg", "gl", "id",
    "im", "in", "is", "it", "ie", "link", "live", "loan", "me", "my", "name", "news", "no", "online", "page", "pro",
    "se", "shop", "si", "site", "so", "store", "tech", "to", "top", "us", "vip", "win", "work",
];

/// The longest label of a domain, in bytes (RFC 1035).
const LABEL: usize = 63;
/// The longest local part of a mail address, in bytes (RFC 5321).
const LOCAL: usize = 64;

impl Scan<'_> {
    /// A link with its scheme, of which the colon is at `at`.
    pub(super) fn link(&self, at: usize) -> Option<Found> {
        if !self.starts_with(at, "://") {
            return None;
        }
        let before = self.bytes.get(self.floor..at)?;
        let scheme = ["https", "http", "ftp"].into_iter().find(|scheme| before.ends_with(scheme.as_bytes()))?;
        let end = self.link_end(at + 3);
        (end > at + 3).then_some((EntityKind::Url, at - scheme.len(), end))
    }

    /// A domain, with what follows it, of which the first full stop is at `at`.
    pub(super) fn domain(&self, at: usize) -> Option<Found> {
        if !self.is(at + 1, |byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let label = self.label_before(at);
        let start = label + usize::from(self.byte(label) == Some(b'-'));
        if start >= at {
            return None;
        }
        if self.char_before(start).is_some_and(|before| {
            matches!(before, '@' | '_' | '.' | '/')
                || before.is_ascii_alphanumeric()
                || (before.is_alphabetic() && !is_east_asian(before))
        }) {
            return None;
        }
        let world_wide = &self.bytes[start..at] == b"www";
        let (mut position, mut end, mut path_needed) = (at, None, false);
        while self.byte(position) == Some(b'.') {
            let from = position + 1;
            position = self.label_end(from);
            if position == from {
                break;
            }
            let ending = self.text.get(from..position).unwrap_or("");
            let letters = ending.bytes().all(|byte| byte.is_ascii_lowercase());
            if world_wide {
                // Any ending will do, but `www.` and one label is no domain.
                if from - 1 != at && letters && ending.len() >= 2 {
                    end = Some(position);
                }
                continue;
            }
            let words_too = WORDS_TOO.contains(&ending);
            if words_too || ENDINGS.contains(&ending) {
                end = Some(position);
                path_needed = words_too;
            }
        }
        let end = end?;
        if self.is(end, |byte| matches!(byte, b'@' | b'_' | b'-'))
            || self.char_at(end).is_some_and(|after| after.is_alphanumeric() && !is_east_asian(after))
        {
            return None;
        }
        let mut tail = end;
        if self.byte(end) == Some(b':') {
            let port = self.digits_end(end + 1);
            if (2..=6).contains(&(port - end)) {
                tail = port;
            }
        }
        let has_path = self.byte(tail) == Some(b'/') && self.is(tail + 1, |byte| byte.is_ascii_alphanumeric());
        if path_needed && !has_path {
            return None;
        }
        if self.is(tail, |byte| matches!(byte, b'/' | b'?' | b'#')) {
            tail = self.link_end(tail).max(tail);
        }
        Some((EntityKind::Url, start, tail))
    }

    /// A mail address of which the `@` is at `at`.
    pub(super) fn email(&self, at: usize) -> Option<Found> {
        let lowest = self.floor.max(at.saturating_sub(LOCAL));
        let local = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-');
        let mut start = at;
        while start > lowest && self.is(start - 1, local) {
            start -= 1;
        }
        while start < at && self.is(start, |byte| !byte.is_ascii_alphanumeric()) {
            start += 1;
        }
        if start == at {
            return None;
        }
        let end = self.mail_domain(at + 1)?;
        Some((EntityKind::Email, start, end))
    }

    /// The end of the domain from `from` on: two labels or more, the last of letters alone.
    pub(super) fn mail_domain(&self, from: usize) -> Option<usize> {
        let (mut position, mut end) = (self.label_end(from), None);
        if position == from {
            return None;
        }
        while self.byte(position) == Some(b'.') {
            let label = position + 1;
            position = self.label_end(label);
            let letters = self.bytes[label..position].iter().all(u8::is_ascii_lowercase);
            if position - label < 2 || !letters {
                break;
            }
            end = Some(position);
        }
        end
    }

    pub(super) fn digits_end(&self, from: usize) -> usize {
        let mut end = from;
        while self.is(end, |byte| byte.is_ascii_digit()) {
            end += 1;
        }
        end
    }

    fn label_before(&self, at: usize) -> usize {
        let lowest = self.floor.max(at.saturating_sub(LABEL));
        let mut start = at;
        while start > lowest && self.is(start - 1, |byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            start -= 1;
        }
        start
    }

    fn label_end(&self, from: usize) -> usize {
        let mut end = from;
        while end - from < LABEL && self.is(end, |byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            end += 1;
        }
        // A hyphen at the end is the text's, not the domain's.
        while end > from && self.is(end - 1, |byte| byte == b'-') {
            end -= 1;
        }
        end
    }

    /// Where a link that goes on at `from` ends: before white space, East Asian text, and the punctuation of the sentence.
    fn link_end(&self, from: usize) -> usize {
        let Some(rest) = self.text.get(from..) else { return from };
        let (mut end, mut round, mut square) = (from, 0_i32, 0_i32);
        for character in rest.chars() {
            match character {
                '(' => round += 1,
                // A bracket that was opened before the link closes after it.
                ')' if round == 0 => break,
                ')' => round -= 1,
                '[' => square += 1,
                ']' if square == 0 => break,
                ']' => square -= 1,
                '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`' => break,
                '!'..='~' => {}
                _ if character.is_alphanumeric() && !is_east_asian(character) => {}
                _ => break,
            }
            end += character.len_utf8();
        }
        while end > from && self.is(end - 1, |byte| b".,;:!?'*#&([".contains(&byte)) {
            end -= 1;
        }
        end
    }
}

/// Whether text in the script of `character` is written without spaces, so that it may touch what is no part of it.
fn is_east_asian(character: char) -> bool {
    is_han(character)
        || matches!(character, '\u{3000}'..='\u{31FF}' | '\u{AC00}'..='\u{D7AF}' | '\u{0E00}'..='\u{0EFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_sorted_and_of_lower_case_letters() {
        for (list, sorted) in [(ENDINGS, true), (WORDS_TOO, false)] {
            assert!(!sorted || list.is_sorted());
            assert!(list.iter().all(|ending| ending.bytes().all(|byte| byte.is_ascii_lowercase())));
        }
    }
}
