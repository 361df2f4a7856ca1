//! Entities: links, names, tags, emoji and handles.

mod face;
mod handle;
mod link;
pub(crate) mod pattern;
mod phone;
pub(crate) mod placeholder;

use pattern::Pattern;
use regex::{Regex, RegexBuilder};

use crate::{Error, Result};

/// What an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// A link, with or without its scheme.
    Url,
    /// `@name`.
    Mention,
    /// `#tag` or `#标签#`.
    Hashtag,
    /// A Unicode emoji, with its modifiers and joiners.
    Emoji,
    /// A typed face `:)` or a named one `[泪]`.
    Emoticon,
    /// A telephone number.
    Phone,
    /// A WeChat handle, with the word that announces it.
    WeChat,
    /// A QQ number, with the word that announces it.
    Qq,
    /// A mail address.
    Email,
    /// A number of the embedder's own (an order, a ticket), found by
    /// [`EntityFinder::with_pattern`]; also a masked number that no other kind stands for.
    Reference,
}

/// An entity in a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Its first byte in the folded text.
    pub start: u32,
    /// One past its last byte in the folded text.
    pub end: u32,
}

/// Finds entities; immutable and shared.
///
/// One pass over the bytes: a byte with which no entity shows itself (most of them) costs one
/// look-up; at any other the bytes around it are looked at, and only then a regular expression
/// decides on links, mail addresses, telephone numbers and handles. So a plain post costs next to
/// nothing, and nothing is allocated but what `out` grows by. The expressions are compiled at their
/// first use, and shared by all finders.
///
/// # Which one wins
/// The entity that shows itself first; what it covers is not looked at again. Where one character
/// can show several, the order is: link, mail address, mention or tag, WeChat, QQ, telephone,
/// emoji, emoticon. A telephone number or a QQ number before an `@` and a domain is part of the
/// mail address. An added pattern wins over all of these where both start at the same byte, and of
/// several added ones the one added first.
///
/// # What is meant to be missed
/// All matchers would rather miss than invent, since a false telephone number makes a ham post
/// look like spam:
/// - a domain without `http://`, `https://` or `www.` needs a known ending; endings that are words
///   too (`.me`, `.it`, `.to`) also a path;
/// - a telephone number needs the shape of a numbering plan: Chinese mobiles, area code and number,
///   400 and 800 numbers in groups, `+` and country code, American numbers in groups with `-`, `.`
///   or brackets, British numbers of 11 digits with their `0`, Czech and Slovak ones in three
///   groups of three that start with 6 or 7;
/// - a WeChat handle without `:` or a word such as "号" before it needs a digit, `_` or `-`.
#[derive(Clone, Debug, Default)]
pub struct EntityFinder {
    added: Vec<(EntityKind, Regex)>,
}

/// A text under search.
#[derive(Clone, Copy)]
struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Where the last entity ended: no other starts before.
    floor: usize,
}

/// An added pattern on its way through a text.
struct Added<'a> {
    kind: EntityKind,
    pattern: &'a Regex,
    /// From where to where it was found next.
    start: usize,
    end: usize,
}

/// An entity found: what, from where, to where.
type Found = (EntityKind, usize, usize);

/// Which matchers a byte calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trigger {
    Nothing,
    At,
    Hash,
    Colon,
    Dot,
    /// A digit, `+` or `(`.
    Number,
    Bracket,
    /// An ASCII sign by which an emoticon shows itself.
    Face,
    /// A rare letter by which a handle or an emoticon shows itself.
    Letter,
    /// The first byte of characters among which are emoji.
    Emoji,
    /// The first byte of a Chinese word that announces a handle.
    Announcement,
}

const TRIGGERS: [Trigger; 256] = {
    let mut table = [Trigger::Nothing; 256];
    table[b'@' as usize] = Trigger::At;
    table[b'#' as usize] = Trigger::Hash;
    table[b':' as usize] = Trigger::Colon;
    table[b'.' as usize] = Trigger::Dot;
    table[b'+' as usize] = Trigger::Number;
    table[b'(' as usize] = Trigger::Number;
    let mut digit = b'0';
    while digit <= b'9' {
        table[digit as usize] = Trigger::Number;
        digit += 1;
    }
    table[b'[' as usize] = Trigger::Bracket;
    let faces = b";=<>^_";
    let mut index = 0;
    while index < faces.len() {
        table[faces[index] as usize] = Trigger::Face;
        index += 1;
    }
    let letters = b"qvwxz";
    index = 0;
    while index < letters.len() {
        table[letters[index] as usize] = Trigger::Letter;
        index += 1;
    }
    // © and ®; U+2000 to U+2FFF; U+10000 and beyond.
    table[0xC2] = Trigger::Emoji;
    table[0xE2] = Trigger::Emoji;
    table[0xF0] = Trigger::Emoji;
    // 微, 薇, 扣.
    table[0xE5] = Trigger::Announcement;
    table[0xE8] = Trigger::Announcement;
    table[0xE6] = Trigger::Announcement;
    table
};

impl EntityFinder {
    /// The finder.
    pub fn new() -> EntityFinder {
        EntityFinder::default()
    }

    /// Finds also what `pattern` matches, as entities of `kind`.
    ///
    /// The pattern is one of the crate `regex`, without regard to case. It sees the folded text:
    /// lower case, half width, Simplified Chinese. `^` and `$` are the ends of the text; an empty
    /// match is not an entity. A search goes on behind each entity, so one pattern finds any
    /// number of them.
    ///
    /// # Errors
    /// If the pattern can't be read or is too large once compiled ([`Error::is_pattern`]).
    pub fn with_pattern(mut self, kind: EntityKind, pattern: &str) -> Result<EntityFinder> {
        let compiled = RegexBuilder::new(pattern)
            .case_insensitive(true)
            .build()
            .map_err(|error| {
                // A syntax error draws the pattern in several lines, of which the last says
                // what is wrong.
                let shown = error.to_string();
                let reason = shown
                    .lines()
                    .next_back()
                    .unwrap_or_default()
                    .trim_start_matches("error: ");
                Error::pattern(format!(
                    "the entity pattern {pattern:?} can't be used: {reason}"
                ))
                .with_source(error)
            })?;
        self.added.push((kind, compiled));
        Ok(self)
    }

    /// Fills `out` with the entities of `folded`, in order and without overlap; earlier
    /// content is dropped.
    ///
    /// Of a text beyond 4 GiB only what `u32` can point to is searched.
    pub fn find(&self, folded: &str, out: &mut Vec<Entity>) {
        out.clear();
        let mut scan = Scan {
            text: folded,
            bytes: folded.as_bytes(),
            floor: 0,
        };
        let mut added: Vec<Added<'_>> = self
            .added
            .iter()
            .filter_map(|(kind, pattern)| Added::new(*kind, pattern, folded))
            .collect();
        let mut own = scan.next();
        loop {
            // The first of those that start first.
            let foreign = added
                .iter()
                .min_by_key(|added| added.start)
                .map(|added| (added.kind, added.start, added.end));
            let (kind, start, end) = match (own, foreign) {
                (Some(own), Some(foreign)) if own.1 < foreign.1 => own,
                (_, Some(foreign)) => foreign,
                (Some(own), None) => own,
                (None, None) => return,
            };
            let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(end)) else {
                return;
            };
            out.push(Entity {
                kind,
                start: from,
                end: to,
            });
            added.retain_mut(|added| added.start >= end || added.search(folded, end));
            if own.is_some_and(|own| own.1 < end) {
                scan.floor = end;
                own = scan.next();
            }
        }
    }
}

impl<'a> Added<'a> {
    /// At its first match; `None` if there is none.
    fn new(kind: EntityKind, pattern: &'a Regex, text: &str) -> Option<Added<'a>> {
        let mut added = Added {
            kind,
            pattern,
            start: 0,
            end: 0,
        };
        added.search(text, 0).then_some(added)
    }

    /// Goes on to the first match from `from` on that is not empty; whether there is one.
    fn search(&mut self, text: &str, mut from: usize) -> bool {
        while from <= text.len() {
            let Some(found) = self.pattern.find_at(text, from) else {
                return false;
            };
            if !found.is_empty() {
                (self.start, self.end) = (found.start(), found.end());
                return true;
            }
            from = found.end() + text[found.end()..].chars().next().map_or(1, char::len_utf8);
        }
        false
    }
}

impl Scan<'_> {
    /// The first entity from `floor` on.
    #[inline]
    fn next(&self) -> Option<Found> {
        let mut at = self.floor;
        while let Some(&byte) = self.bytes.get(at) {
            let trigger = TRIGGERS[usize::from(byte)];
            if trigger != Trigger::Nothing
                && let Some(found) = self.probe(trigger, at, byte)
            {
                return Some(found);
            }
            at += 1;
        }
        None
    }

    /// Where a match of `pattern` on the text from `at` on ends.
    fn end_of(&self, pattern: &Pattern, at: usize) -> Option<usize> {
        let found = pattern.as_ref()?.find(self.text.get(at..)?)?;
        Some(at + found.end())
    }

    /// The entity that shows itself by the byte at `at`.
    #[inline]
    fn probe(&self, trigger: Trigger, at: usize, byte: u8) -> Option<Found> {
        match trigger {
            Trigger::Nothing => None,
            Trigger::At => self
                .email(at)
                .or_else(|| self.mention(at))
                .or_else(|| self.masked_mention(at)),
            Trigger::Hash => self.hashtag(at),
            // `LINE:[handle]` has no face.
            Trigger::Colon if self.placeholder(at + 1).is_some() => None,
            Trigger::Colon => self.link(at).or_else(|| self.emoticon(at)),
            Trigger::Dot => {
                // `^.^`, `t.t`: the same on both sides.
                let face = at > 0 && self.byte(at - 1) == self.byte(at + 1);
                self.domain(at).or_else(|| {
                    if face {
                        self.emoticon_before(at, 1)
                    } else {
                        None
                    }
                })
            }
            Trigger::Number => self.phone(at),
            Trigger::Bracket => self.placeholder(at).or_else(|| self.named_emoticon(at)),
            Trigger::Face if byte == b'_' => self.emoticon_before(at, 1),
            Trigger::Face => self.emoticon(at),
            Trigger::Letter => self.letter(at, byte),
            Trigger::Emoji => self.emoji(at),
            Trigger::Announcement => match self.bytes.get(at..at + 3) {
                Some([0xE5, 0xBE, 0xAE] | [0xE8, 0x96, 0x87]) => self.wechat(at),
                Some([0xE6, 0x89, 0xA3]) => self.qq(at),
                _ => None,
            },
        }
    }

    /// What shows itself by a letter: the byte after it says whether a closer look is worth it.
    #[inline]
    fn letter(&self, at: usize, byte: u8) -> Option<Found> {
        let next = self.byte(at + 1).unwrap_or(0);
        match (byte, next) {
            (b'q', b'q') => self.qq(at),
            (b'q', b'a' | b'w' | b'v') | (b'x', b'd' | b'p') => self.emoticon(at),
            (b'w', b'x') | (b'v', b'x' | 0xE4) => self.wechat(at),
            (b'w', b'e')
                if self.starts_with(at + 2, "chat") || self.starts_with(at + 2, "ixin") =>
            {
                self.wechat(at)
            }
            (b'w', b'o') => self.emoticon_before(at, 1),
            (b'z', _) => self.emoticon_before(at, 2),
            (b'v', _)
                if !self
                    .byte_before(at)
                    .is_none_or(|before| before == b' ' || before.is_ascii_alphanumeric()) =>
            {
                self.wechat(at)
            }
            _ => None,
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn is(&self, at: usize, test: impl Fn(u8) -> bool) -> bool {
        self.bytes.get(at).is_some_and(|&byte| test(byte))
    }

    /// The byte before `at`, in an earlier entity too.
    fn byte_before(&self, at: usize) -> Option<u8> {
        at.checked_sub(1).and_then(|before| self.byte(before))
    }

    fn char_before(&self, at: usize) -> Option<char> {
        self.text.get(..at)?.chars().next_back()
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    fn starts_with(&self, at: usize, what: &str) -> bool {
        self.bytes
            .get(at..)
            .is_some_and(|rest| rest.starts_with(what.as_bytes()))
    }

    /// Whether a word that starts at `at` stands by itself on its left: no Latin letter or
    /// digit touches it.
    fn free_before(&self, at: usize) -> bool {
        !self
            .byte_before(at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    /// Whether a word that ends at `end` stands by itself on its right, and is not the start of a
    /// mail address or domain.
    fn free_after(&self, end: usize) -> bool {
        match self.byte(end) {
            Some(b'@' | b'.') => !self.is(end + 1, |byte| byte.is_ascii_alphanumeric()),
            Some(byte) => !(byte.is_ascii_alphanumeric() || byte == b'_'),
            None => true,
        }
    }
}
