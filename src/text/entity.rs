//! Entities: links, names, tags, emoji and handles.

mod face;
mod handle;
mod link;
mod phone;

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
/// One pass over the bytes: a byte with which no entity shows itself (most of them) costs one look-up, at any other a
/// hand-written matcher decides. So a plain post costs next to nothing, and nothing is allocated but what `out` grows by.
///
/// # Which one wins
/// The entity that shows itself first; what it covers is not looked at again. Where one character can show
/// several, the order is: link, mail address, mention or tag, WeChat, QQ, telephone, emoji, emoticon. A telephone number
/// or a QQ number before an `@` and a domain is part of the mail address.
///
/// # What is meant to be missed
/// All matchers would rather miss than invent, since a false telephone number makes a ham post look like spam:
/// - a domain without `http://`, `https://` or `www.` needs a known ending; endings that are words too (`.me`, `.it`, `.to`) also a path;
/// - a telephone number needs the shape of a numbering plan: Chinese mobiles, area code and number, 400 and 800 numbers
///   in groups, `+` and country code, American numbers in groups with `-`, `.` or brackets, British numbers of 11 digits
///   with their `0`, Czech and Slovak ones in three groups of three that start with 6 or 7;
/// - a WeChat handle without `:` or a word such as "号" before it needs a digit, `_` or `-`.
#[derive(Clone, Debug, Default)]
pub struct EntityFinder {}

/// A text under search.
#[derive(Clone, Copy)]
struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Where the last entity ended: no other starts before.
    floor: usize,
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
        EntityFinder {}
    }

    /// Fills `out` with the entities of `folded`, in order and without overlap; earlier content is dropped.
    ///
    /// Of a text beyond 4 GiB only what `u32` can point to is searched.
    pub fn find(&self, folded: &str, out: &mut Vec<Entity>) {
        out.clear();
        let mut scan = Scan { text: folded, bytes: folded.as_bytes(), floor: 0 };
        let mut at = 0;
        while let Some(&byte) = scan.bytes.get(at) {
            let trigger = TRIGGERS[usize::from(byte)];
            if trigger == Trigger::Nothing {
                at += 1;
                continue;
            }
            let Some((kind, start, end)) = scan.probe(trigger, at, byte) else {
                at += 1;
                continue;
            };
            let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(end)) else { return };
            out.push(Entity { kind, start: from, end: to });
            scan.floor = end;
            at = end;
        }
    }
}

impl Scan<'_> {
    /// The entity that shows itself by the byte at `at`.
    #[inline]
    fn probe(&self, trigger: Trigger, at: usize, byte: u8) -> Option<Found> {
        match trigger {
            Trigger::Nothing => None,
            Trigger::At => self.email(at).or_else(|| self.mention(at)),
            Trigger::Hash => self.hashtag(at),
            Trigger::Colon => self.link(at).or_else(|| self.emoticon(at)),
            Trigger::Dot => {
                // `^.^`, `t.t`: the same on both sides.
                let face = at > 0 && self.byte(at - 1) == self.byte(at + 1);
                self.domain(at).or_else(|| if face { self.emoticon_before(at, 1) } else { None })
            }
            Trigger::Number => self.phone(at),
            Trigger::Bracket => self.named_emoticon(at),
            Trigger::Face if byte == b'_' => self.emoticon_before(at, 1),
            Trigger::Face => self.emoticon(at),
            Trigger::Letter => self.letter(at, byte),
            Trigger::Emoji => self.emoji(at),
            Trigger::Announcement => {
                let announces = matches!(
                    self.bytes.get(at..at + 3),
                    Some([0xE5, 0xBE, 0xAE] | [0xE8, 0x96, 0x87] | [0xE6, 0x89, 0xA3])
                );
                if announces { self.handle(at) } else { None }
            }
        }
    }

    /// What shows itself by a letter: the byte after it says whether a closer look is worth it.
    #[inline]
    fn letter(&self, at: usize, byte: u8) -> Option<Found> {
        let next = self.byte(at + 1).unwrap_or(0);
        match (byte, next) {
            (b'q', b'q') => self.handle(at),
            (b'q', b'a' | b'w' | b'v') | (b'x', b'd' | b'p') => self.emoticon(at),
            (b'w', b'e' | b'x') | (b'v', b'x' | 0xE4) => self.handle(at),
            (b'w', b'o') => self.emoticon_before(at, 1),
            (b'z', _) => self.emoticon_before(at, 2),
            (b'v', _)
                if !self.byte_before(at).is_none_or(|before| before == b' ' || before.is_ascii_alphanumeric()) =>
            {
                self.handle(at)
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
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(what.as_bytes()))
    }

    /// Whether a word that starts at `at` stands by itself on its left: no Latin letter or digit touches it.
    fn free_before(&self, at: usize) -> bool {
        !self.byte_before(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    /// Whether a word that ends at `end` stands by itself on its right, and is not the start of a mail address or domain.
    fn free_after(&self, end: usize) -> bool {
        match self.byte(end) {
            Some(b'@' | b'.') => !self.is(end + 1, |byte| byte.is_ascii_alphanumeric()),
            Some(byte) => !(byte.is_ascii_alphanumeric() || byte == b'_'),
            None => true,
        }
    }
}
