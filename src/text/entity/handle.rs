//! Names: mentions, tags, and the handles of WeChat and QQ.

use unicode_normalization::char::is_combining_mark;

use super::pattern::{HOST, QQ, WECHAT, WECHAT_HANDLE};
use super::placeholder::placeholder;
use super::{EntityKind, Found, Scan};
use crate::text::han::is_han;

/// The longest name of a mention, in characters: by convention, as Instagram and Mastodon allow 30.
const NAME: usize = 30;
/// The longest tag, in characters. Chosen by hand, not tuned: longer ones are a
/// sentence without spaces.
const TAG: usize = 100;
/// The longest tag between two `#` (Weibo's form), in characters. Chosen by hand, not tuned:
/// between signs further apart stands ordinary text.
const ENCLOSED: usize = 40;

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
        // `@name@server`: both halves are one person.
        if self.byte(end) == Some(b'@')
            && let Some(server) = self.end_of(&HOST, end + 1)
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
            && (!self.free_before(at)
                || self
                    .byte_before(at)
                    .is_some_and(|byte| matches!(byte, b'&' | b'#')))
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
                // `#one#two` are two tags. In Chinese a tag ends with `#` and text may touch it;
                // elsewhere text behind `#` is another tag.
                let two = !han
                    && self
                        .char_at(end)
                        .is_some_and(|after| after.is_alphanumeric() && !is_han(after));
                return (letters && last != ' ' && !two && (han || !spaces)).then_some(end);
            }
            if index >= ENCLOSED
                || character.is_control()
                || character == '@'
                || (index == 0 && character == ' ')
            {
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

    /// Where the name from `from` on ends, and whether it has letters; `None` if there is none or
    /// it is longer than `most`: then it is text that touches the sign, and none of it may be lost.
    fn name_end(&self, from: usize, most: usize, hyphens: bool) -> Option<(usize, bool)> {
        let in_name = |character: char| {
            character.is_alphanumeric() || character == '_' || is_combining_mark(character)
        };
        let mut characters = self.text.get(from..)?.chars().peekable();
        let (mut end, mut letters, mut count) = (from, false, 0);
        while let Some(character) = characters.next() {
            let hyphen = hyphens
                && character == '-'
                && end > from
                && characters.peek().is_some_and(|&next| in_name(next));
            // Catalan: `col·laboració`, and names such as 哈利·波特.
            let middle_dot = !hyphens
                && character == '·'
                && letters
                && characters.peek().is_some_and(|next| next.is_alphabetic());
            if !hyphen && !middle_dot && !in_name(character) {
                break;
            }
            count += 1;
            // Text of a script without spaces touches the sign: none of it may be lost to a name.
            if count > most {
                return None;
            }
            letters |= character.is_alphabetic();
            end += character.len_utf8();
        }
        (end > from).then_some((end, letters))
    }

    /// A QQ number, with the word at `at` that announces it.
    pub(super) fn qq(&self, at: usize) -> Option<Found> {
        if self.byte(at) == Some(b'q') && !self.free_before(at) {
            return None;
        }
        let end = self.end_of(&QQ, at)?;
        self.free_after(end).then_some((EntityKind::Qq, at, end))
    }

    /// A WeChat handle, with the word at `at` that announces it.
    pub(super) fn wechat(&self, at: usize) -> Option<Found> {
        let from = self.end_of(&WECHAT, at)?;
        let announcement = self.text.get(at..from)?;
        let announces = if announcement.starts_with(['微', '薇']) || announcement.starts_with("v信")
        {
            true
        } else if announcement.starts_with('v') && !announcement.starts_with("vx") {
            // A lone `v` announces only after 加 or `+`.
            at > self.floor && matches!(self.char_before(at), Some('加' | '+' | '➕'))
        } else {
            self.free_before(at)
        };
        if !announces {
            return None;
        }
        // The bracket of a placeholder passes for one of the signs before a handle.
        if announcement.ends_with('[')
            && let Some(("handle", length)) = self.text.get(from - 1..).and_then(placeholder)
        {
            return Some((EntityKind::WeChat, at, from - 1 + length));
        }
        let end = self.end_of(&WECHAT_HANDLE, from)?;
        let handle = self.text.get(from..end)?;
        // Only a sign or a label (the `d` is that of `id`) makes a handle of a word of letters:
        // `wechat payment` has none.
        let certain = announcement.contains([':', '=', '是', '→', '号', '群', 'd']);
        let letters = handle.bytes().all(|byte| byte.is_ascii_lowercase());
        let whole = self.free_after(end) && self.byte(end) != Some(b'-');
        (whole && (certain || !letters)).then_some((EntityKind::WeChat, at, end))
    }
}
