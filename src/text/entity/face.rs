//! Faces: emoji, typed emoticons and named ones.

use unicode_segmentation::UnicodeSegmentation;

use super::{EntityKind, Found, Scan};
use crate::text::han::is_han;

/// Asks for the picture rather than the sign.
const PICTURE: char = '\u{FE0F}';
/// Makes a key of the digit before it.
const KEYCAP: char = '\u{20E3}';

/// Emoticons that are not faces on their side; of two that fit, the longer.
///
/// Those that begin or end with a letter must stand by themselves. Each shows itself by one
/// of the bytes that `super::TRIGGERS` has: a new one needs such a byte, as a rule a sign or
/// a rare letter.
const FIXED: &[&str] = &[
    "<3", "</3", ">_<", ">:(", ">:)", "^_^", "^.^", "^-^", "^o^", "^^", "-_-", "-.-", "=_=", "=.=",
    "t_t", "t.t", "o_o", "o.o", "x_x", "qaq", "qwq", "qvq", "orz", "otz", "owo", "xd", "xdd",
    "xddd", "xp",
];

/// What stands in square brackets in chats but is not a face.
const NOT_FACES: &[&str] = &[
    "图片", "视频", "链接", "语音", "文件", "位置", "转发", "转载", "原创", "广告", "ad", "edit",
    "gif", "image", "img", "link", "photo", "pic", "sic", "url", "video",
];

impl Scan<'_> {
    /// An emoji at `at`, with all that belongs to it; for a keycap `at` is where its digit ends.
    pub(super) fn emoji(&self, at: usize) -> Option<Found> {
        let character = self.char_at(at)?;
        if character == KEYCAP {
            return self.keycap(at);
        }
        let next = at + character.len_utf8();
        let emoji = is_picture(character)
            || (may_be_picture(character) && self.char_at(next) == Some(PICTURE));
        if !emoji {
            return None;
        }
        // With its skin tone, joiners and flags: one picture is one token.
        let cluster = self.text.get(at..)?.graphemes(true).next()?;
        Some((EntityKind::Emoji, at, at + cluster.len()))
    }

    /// A digit, `#` or `*` as a key, of which the last character is at `at`.
    fn keycap(&self, at: usize) -> Option<Found> {
        let end = at + KEYCAP.len_utf8();
        let before = self.text.get(self.floor..at)?;
        let key = before.strip_suffix(PICTURE).unwrap_or(before);
        let digit = key
            .bytes()
            .next_back()
            .is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'#' | b'*'));
        digit.then(|| (EntityKind::Emoji, self.floor + key.len() - 1, end))
    }

    /// A typed emoticon that starts some bytes before `at`.
    pub(super) fn emoticon_before(&self, at: usize, bytes: usize) -> Option<Found> {
        let start = at.checked_sub(bytes).filter(|&start| start >= self.floor)?;
        self.emoticon(start).filter(|&(_, _, end)| end > at)
    }

    /// A typed emoticon that starts at `at`.
    pub(super) fn emoticon(&self, at: usize) -> Option<Found> {
        // `boxd` holds no face.
        if self.is(at, |byte| byte.is_ascii_alphanumeric()) && !self.free_before(at) {
            return None;
        }
        let fixed = FIXED
            .iter()
            .filter(|face| self.starts_with(at, face))
            .map(|face| at + face.len())
            .max();
        let end = fixed.or_else(|| self.sideways(at))?;
        let letter = |at: usize| self.is(at, |byte| byte.is_ascii_alphanumeric());
        if letter(at) && self.char_before(at).is_some_and(is_spaced_letter) {
            return None;
        }
        if letter(end - 1)
            && (!self.free_after(end) || self.char_at(end).is_some_and(is_spaced_letter))
        {
            return None;
        }
        Some((EntityKind::Emoticon, at, end))
    }

    /// The end of a face on its side: eyes, a nose perhaps, a mouth or many.
    fn sideways(&self, at: usize) -> Option<usize> {
        let eyes = self.byte(at)?;
        if !matches!(eyes, b':' | b';' | b'=') {
            return None;
        }
        let nose = self.is(at + 1, |byte| matches!(byte, b'-' | b'\'' | b'^' | b'o'))
            && self.is(at + 2, |byte| is_mouth(eyes, byte));
        let start = at + 1 + usize::from(nose);
        let mouth = self.byte(start).filter(|&byte| is_mouth(eyes, byte))?;
        let mut end = start + 1;
        while self.byte(end) == Some(mouth) {
            end += 1;
        }
        let lettered = mouth.is_ascii_alphanumeric();
        // Only laughs are drawn out: `:xxxxxxx` is a masked number. A colon that touches Han was
        // a full-width one.
        let drawn_out = end > start + 1 && !matches!(mouth, b'd' | b'p');
        let touched = !nose && (!self.free_before(at) || self.char_before(at).is_some_and(is_han));
        if lettered && (drawn_out || touched) {
            return None;
        }
        // `http://`, `://` and `5:/x` are addresses and paths.
        if mouth == b'/' && (end > start + 1 || self.is(end, |byte| byte.is_ascii_alphanumeric())) {
            return None;
        }
        // `地址:(后门)`: a full-width colon and bracket, folded.
        if mouth == b'(' && !nose && end == start + 1 {
            let rest = self.text.get(end..)?;
            let closed = rest
                .chars()
                .take(40)
                .take_while(|&character| !matches!(character, '(' | '\n'))
                .any(|character| character == ')');
            if closed {
                return None;
            }
        }
        Some(end)
    }

    /// `[泪]`, `[doge]`: 1 to 6 Han characters or 2 to 8 Latin letters.
    pub(super) fn named_emoticon(&self, at: usize) -> Option<Found> {
        let rest = self.text.get(at + 1..)?;
        let (mut han, mut latin, mut end) = (0, 0, at + 1);
        for character in rest.chars().take(9) {
            match character {
                ']' => {
                    let name = self.text.get(at + 1..end)?;
                    // The names of the faces of Weibo and WeChat are this short; what is longer
                    // is a remark.
                    let short = (1..=6).contains(&han) || (han == 0 && (2..=8).contains(&latin));
                    // `[text](address)` is a link of Markdown.
                    let link = self.byte(end + 1) == Some(b'(');
                    return (short && !link && !NOT_FACES.contains(&name)).then_some((
                        EntityKind::Emoticon,
                        at,
                        end + 1,
                    ));
                }
                'a'..='z' => latin += 1,
                _ if is_han(character) => han += 1,
                _ => return None,
            }
            end += character.len_utf8();
        }
        None
    }
}

/// Whether `byte` is a mouth under `eyes`.
fn is_mouth(eyes: u8, byte: u8) -> bool {
    match byte {
        b')' | b'(' | b'd' | b'p' => true,
        b'/' | b'\\' | b'|' | b'*' | b'o' | b'3' | b's' | b'x' | b'$' | b']' | b'[' => eyes == b':',
        _ => false,
    }
}

/// A letter beyond ASCII of a script with spaces: `dětixd` has no face.
fn is_spaced_letter(character: char) -> bool {
    matches!(character, '\u{C0}'..='\u{52F}') && character.is_alphabetic()
}

/// Whether `character` is shown as a picture without being asked to, or nearly always is meant so.
fn is_picture(character: char) -> bool {
    match character as u32 {
        // Squared letters and plain shapes and arrows, among the pictures.
        0x1F100..=0x1F16F | 0x1F172..=0x1F17D | 0x1F780..=0x1F7DF | 0x1F800..=0x1F8FF => false,
        0x1F000..=0x1FAFF => true,
        0x231A | 0x231B | 0x23E9..=0x23F3 | 0x23F8..=0x23FA => true,
        0x2600..=0x2604
        | 0x260E
        | 0x2611
        | 0x2614
        | 0x2615
        | 0x2618
        | 0x261D
        | 0x2620
        | 0x2622
        | 0x2623
        | 0x2626
        | 0x262A => true,
        0x262E
        | 0x262F
        | 0x2638..=0x263A
        | 0x2648..=0x2653
        | 0x265F
        | 0x2660
        | 0x2663
        | 0x2665
        | 0x2666
        | 0x2668 => true,
        0x267B
        | 0x267E
        | 0x267F
        | 0x2692..=0x2697
        | 0x2699
        | 0x269B
        | 0x269C
        | 0x26A0
        | 0x26A1
        | 0x26A7
        | 0x26AA
        | 0x26AB => true,
        0x26B0 | 0x26B1 | 0x26BD | 0x26BE | 0x26C4 | 0x26C5 | 0x26C8 | 0x26CE | 0x26CF | 0x26D1
        | 0x26D3 | 0x26D4 => true,
        0x26E9
        | 0x26EA
        | 0x26F0..=0x26F5
        | 0x26F7..=0x26FA
        | 0x26FD
        | 0x2702
        | 0x2705
        | 0x2708..=0x270D
        | 0x270F => true,
        0x2712 | 0x2714 | 0x2716 | 0x271D | 0x2721 | 0x2728 | 0x2733 | 0x2734 | 0x2744 | 0x2747
        | 0x274C | 0x274E => true,
        0x2753..=0x2755 | 0x2757 | 0x2763 | 0x2764 | 0x2795..=0x2797 | 0x27A1 | 0x27B0 | 0x27BF => {
            true
        }
        0x2B1B | 0x2B1C | 0x2B50 | 0x2B55 => true,
        _ => false,
    }
}

/// Whether `character` is a picture only where [`PICTURE`] follows.
fn may_be_picture(character: char) -> bool {
    matches!(character,
        '©' | '®' | '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{23FF}' | '\u{24C2}'
        | '\u{25A0}'..='\u{27BF}' | '\u{2934}' | '\u{2935}'
        | '\u{2B05}'..='\u{2B07}' | '\u{1F100}'..='\u{1F2FF}')
}
