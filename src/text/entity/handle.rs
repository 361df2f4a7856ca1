//! Names: mentions, tags, and the handles of WeChat and QQ.

use super::{EntityKind, Found, Scan};
use crate::text::han::is_han;
use unicode_normalization::char::is_combining_mark;

/// The longest name of a mention, in characters.
const NAME: usize = 30;
/// The longest tag, in characters.
const TAG: usize = 100;
/// The longest tag between two `#`, in characters.
const ENCLOSED: usize = 40;

/// Words that announce a WeChat handle.
const WECHAT: &[&str] = &["微信", "薇信", "微x", "v信", "wechat", "weixin", "vx", "wx"];
/// Words that announce a QQ number.
const QQ: &[&str] = &["qq", "扣扣"];
/// Words between the announcement and the handle.
const LABELS: &[&str] = &["公众号", "群号", "号码", "号", "群", "id"];

impl Scan<'_> {
    /// A mention of which the `@` is at `at`; on the fediverse it goes on with the server.
    pub(super) fn mention(&self, at: usize) -> Option<Found> {
        if !self.free_before(at) || self.byte_before(at) == Some(b'@') {
            return None;
        }
        let (end, letters) = self.name_end(at + 1, NAME, true)?;
        // `@5` is a price or an hour.
        if !letters && end - at < 5 {
            return None;
        }
        if self.byte(end) == Some(b'@')
            && let Some(server) = self.mail_domain(end + 1)
        {
            return Some((EntityKind::Mention, at, server));
        }
        Some((EntityKind::Mention, at, end))
    }

    /// A tag of which the `#` is at `at`.
    pub(super) fn hashtag(&self, at: usize) -> Option<Found> {
        // `#one#two`: a tag may touch the one before it.
        let after_entity = at > 0 && at == self.floor;
        if !after_entity
            && (!self.free_before(at) || self.byte_before(at).is_some_and(|byte| matches!(byte, b'&' | b'#')))
        {
            return None;
        }
        let end = self.enclosed_tag(at).or_else(|| {
            let (end, letters) = self.name_end(at + 1, TAG, false)?;
            letters.then_some(end)
        })?;
        Some((EntityKind::Hashtag, at, end))
    }

    /// The end of `#标签#`: a letter inside, no space at its edges, and others only beside Han.
    fn enclosed_tag(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at + 1..)?;
        let (mut letters, mut han, mut spaces, mut last) = (false, false, false, ' ');
        for (index, (offset, character)) in rest.char_indices().enumerate() {
            if character == '#' {
                let end = at + 1 + offset + 1;
                // `#one#two` are two tags.
                let two = !han && self.char_at(end).is_some_and(|after| after.is_alphanumeric() && !is_han(after));
                return (letters && last != ' ' && !two && (han || !spaces)).then_some(end);
            }
            if index >= ENCLOSED || character.is_control() || character == '@' || (index == 0 && character == ' ') {
                return None;
            }
            if character == ':' && rest[offset..].starts_with("://") {
                return None;
            }
            letters |= character.is_alphabetic();
            han |= is_han(character);
            spaces |= character == ' ';
            last = character;
        }
        None
    }

    /// Where the name from `from` on ends, and whether it has letters; `None` if there is none or it is longer than `most`:
    /// then it is text that touches the sign, and none of it may be lost.
    fn name_end(&self, from: usize, most: usize, hyphens: bool) -> Option<(usize, bool)> {
        let in_name = |character: char| character.is_alphanumeric() || character == '_' || is_combining_mark(character);
        let mut characters = self.text.get(from..)?.chars().peekable();
        let (mut end, mut letters, mut count) = (from, false, 0);
        while let Some(character) = characters.next() {
            let hyphen =
                hyphens && character == '-' && end > from && characters.peek().is_some_and(|&next| in_name(next));
            if !hyphen && !in_name(character) {
                break;
            }
            count += 1;
            if count > most {
                return None;
            }
            letters |= character.is_alphabetic();
            end += character.len_utf8();
        }
        (end > from).then_some((end, letters))
    }

    /// A WeChat or QQ handle, with the word at `at` that announces it.
    pub(super) fn handle(&self, at: usize) -> Option<Found> {
        let first = |words: &'static [&'static str]| words.iter().copied().find(|&word| self.starts_with(at, word));
        if let Some(word) = first(WECHAT) {
            return self.announced(at, word).and_then(|(from, certain)| self.wechat(at, from, certain));
        }
        if let Some(word) = first(QQ) {
            return self.announced(at, word).and_then(|(from, _)| self.qq(at, from));
        }
        // A lone `v` announces only after 加 or `+`.
        let added = at > self.floor && matches!(self.char_before(at), Some('加' | '+' | '➕'));
        if added && self.byte(at) == Some(b'v') {
            let (from, certain) = self.after_announcement(at + 1);
            return self.wechat(at, from, certain);
        }
        None
    }

    /// Where the handle after the announcement `word` at `at` starts, if the word stands by itself.
    fn announced(&self, at: usize, word: &str) -> Option<(usize, bool)> {
        let latin = word.is_ascii();
        (!latin || self.free_before(at)).then(|| self.after_announcement(at + word.len()))
    }

    /// Skips what stands between an announcement and its handle; the flag says that something there makes it certain.
    fn after_announcement(&self, mut at: usize) -> (usize, bool) {
        let mut certain = false;
        let spaces = |mut at: usize| {
            while self.byte(at) == Some(b' ') {
                at += 1;
            }
            at
        };
        let label = spaces(at);
        if let Some(word) = LABELS.iter().find(|word| self.starts_with(label, word)) {
            at = label + word.len();
            certain = true;
        }
        for _ in 0..3 {
            match self.char_at(at) {
                Some(':' | '=' | '是' | '→') => certain = true,
                Some(' ' | '-' | '_' | ',' | '.' | '+' | '/' | '~' | '(' | '[' | '【' | '「') => {}
                _ => break,
            }
            at += self.char_at(at).map_or(0, char::len_utf8);
        }
        (at, certain)
    }

    /// A WeChat handle from `from` on: 6 to 20 characters that start with a letter, or a QQ or telephone number.
    fn wechat(&self, at: usize, from: usize, certain: bool) -> Option<Found> {
        let mut end = from;
        let mut signs = false;
        while end - from <= 20 && self.is(end, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
            signs |= self.is(end, |byte| !byte.is_ascii_alphabetic());
            end += 1;
        }
        let length = end - from;
        let fits = if self.is(from, |byte| byte.is_ascii_digit()) {
            (5..=11).contains(&length) && self.digits_end(from) == end
        } else {
            self.is(from, |byte| byte.is_ascii_lowercase()) && (6..=20).contains(&length) && (signs || certain)
        };
        (fits && self.free_after(end)).then_some((EntityKind::WeChat, at, end))
    }

    /// A QQ number from `from` on: 5 to 11 digits.
    fn qq(&self, at: usize, from: usize) -> Option<Found> {
        let end = self.digits_end(from);
        let fits = (5..=11).contains(&(end - from)) && self.byte(from) != Some(b'0');
        (fits && self.free_after(end)).then_some((EntityKind::Qq, at, end))
    }
}
