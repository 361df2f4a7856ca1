//! Links and mail addresses.

use super::pattern::{DOMAIN, HOST, LINK};
use super::{EntityKind, Found, Scan};
use crate::text::han::is_han;

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
        let scheme = ["https", "http", "ftp"]
            .into_iter()
            .find(|scheme| before.ends_with(scheme.as_bytes()))?;
        let start = at - scheme.len();
        Some((EntityKind::Url, start, self.end_of(&LINK, start)?))
    }

    /// A domain, with what follows it, of which the first full stop is at `at`.
    pub(super) fn domain(&self, at: usize) -> Option<Found> {
        if !self.is(at + 1, |byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let label = self.label_before(at);
        // A label begins with no hyphen: `-shop.com` is a list item.
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
        let end = self.end_of(&DOMAIN, start)?;
        // The domain goes on as something else: a mail address, a name.
        if self.is(end, |byte| matches!(byte, b'@' | b'_' | b'-'))
            || self
                .char_at(end)
                .is_some_and(|after| after.is_alphanumeric() && !is_east_asian(after))
        {
            return None;
        }
        Some((EntityKind::Url, start, end))
    }

    /// A mail address of which the `@` is at `at`.
    pub(super) fn email(&self, at: usize) -> Option<Found> {
        let lowest = self.floor.max(at.saturating_sub(LOCAL));
        let local = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
        };
        let mut start = at;
        while start > lowest && self.is(start - 1, local) {
            start -= 1;
        }
        // A local part begins with a letter or digit: the dots before it end a sentence.
        while start < at && self.is(start, |byte| !byte.is_ascii_alphanumeric()) {
            start += 1;
        }
        // `@name` alone is a mention.
        if start == at {
            return None;
        }
        let end = self.end_of(&HOST, at + 1)?;
        Some((EntityKind::Email, start, end))
    }

    /// Where the label that ends at `at` starts; of one that is too long, the middle.
    fn label_before(&self, at: usize) -> usize {
        let lowest = self.floor.max(at.saturating_sub(LABEL));
        let mut start = at;
        while start > lowest
            && self.is(start - 1, |byte| {
                byte.is_ascii_alphanumeric() || byte == b'-'
            })
        {
            start -= 1;
        }
        start
    }
}

/// Whether text in the script of `character` is written without spaces, so that it may touch what
/// is not part of it.
fn is_east_asian(character: char) -> bool {
    is_han(character)
        || matches!(character, '\u{3000}'..='\u{31FF}' | '\u{AC00}'..='\u{D7AF}')
        || matches!(character, '\u{0E00}'..='\u{0EFF}')
}
