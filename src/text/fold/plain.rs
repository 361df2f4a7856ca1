//! Texts that need no folding but lower case: most posts of Latin letters.
//!
//! A quick look that errs on the side of no: what it does not pass takes the steps of folding, and
//! would come out of them in lower case, too.

use super::letter::is_czech;

/// Bytes that are looked at together. Every loop over a block has this fixed length, so that
/// compilers make vectors of it: some 12 instructions a byte instead of 55.
const BLOCK: usize = 64;
/// How far the longest shape reaches on from its first byte: a spread word, `f r e e`.
const REACH: usize = 6;
/// Stands behind the end of the text: it is part of no shape.
const NOTHING: u8 = b'#';
/// The bit of what stands for a letter outside of ASCII.
const ACCENTED: u8 = 0x80;

/// Whether each byte of ASCII may belong to a spelling of a contact word, or stand for a letter.
const HINTS: [bool; 256] = {
    let mut hints = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        hints[byte] = matches!(
            (byte as u8).to_ascii_lowercase(),
            b'x' | b'v'
                | b'w'
                | b'q'
                | b'i'
                | b'g'
                | b'p'
                | b'0'
                | b'1'
                | b'3'
                | b'4'
                | b'5'
                | b'@'
                | b'$'
                | b'!'
                | b'|'
        );
        byte += 1;
    }
    hints
};

/// The first letter of [`LETTERS`].
const FIRST: u32 = 0xC0;
/// What the letters U+00C0 to U+017F are, if Czech or Slovak has them: [`SMALL`] or [`CAPITAL`].
const LETTERS: [u8; 192] = {
    let mut letters = [0; 192];
    let mut index = 0;
    while index < 192 {
        let code = FIRST + index as u32;
        let next = match code {
            ..0x100 => code + 0x20,
            _ => code + 1,
        };
        letters[index] = match (char::from_u32(code), char::from_u32(next)) {
            (Some(letter), _) if is_czech(letter) => SMALL,
            (_, Some(letter)) if is_czech(letter) => CAPITAL,
            _ => 0,
        };
        index += 1;
    }
    letters
};
const SMALL: u8 = 1;
const CAPITAL: u8 = 2;

/// Appends `original` in lower case to `into` and is true, if that is all that folding changes in
/// it; else nothing is appended. `bytes` is a buffer.
pub(super) fn fold(original: &str, bytes: &mut Vec<u8>, into: &mut String) -> bool {
    if original.is_ascii() {
        if !is_plain(original.as_bytes()) {
            return false;
        }
        into.push_str(original);
        into.make_ascii_lowercase();
        return true;
    }
    // Czech and Slovak are as plain, with letters of two bytes; other accents may be disguises.
    let Some(capitals) = read_czech(original, bytes) else {
        return false;
    };
    if !is_plain(bytes) {
        return false;
    }
    if capitals {
        into.extend(original.chars().map(|letter| match letter {
            '\0'..='\x7F' => letter.to_ascii_lowercase(),
            // Of one character, each.
            _ => letter.to_lowercase().next().unwrap_or(letter),
        }));
    } else {
        into.push_str(original);
        into.make_ascii_lowercase();
    }
    true
}

/// Fills `bytes` with a byte a character, if all are of ASCII, Czech or Slovak; whether some letter
/// outside of ASCII is a capital.
fn read_czech(original: &str, bytes: &mut Vec<u8>) -> Option<bool> {
    bytes.clear();
    let mut capitals = false;
    let mut rest = original.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte < 0x80 {
            bytes.push(byte);
            continue;
        }
        let (0xC3..=0xC5, Some((&low, after))) = (byte, rest.split_first()) else {
            return None;
        };
        rest = after;
        let code = u32::from(byte & 0x1F) << 6 | u32::from(low & 0x3F);
        let letter = *LETTERS.get(code.checked_sub(FIRST)? as usize)?;
        capitals |= letter == CAPITAL;
        // Two letters of one byte would only be taken for a repeated one.
        let small = match letter {
            0 => return None,
            SMALL => code,
            _ if code < 0x100 => code + 0x20,
            _ => code + 1,
        };
        bytes.push(ACCENTED | 0x20 | (small & 0x1F) as u8);
    }
    Some(capitals)
}

/// Whether lower case is all that folding changes in this text, a byte a character.
fn is_plain(text: &[u8]) -> bool {
    let mut from = 0;
    while let Some(part) = text.get(from..).filter(|part| !part.is_empty()) {
        let mut block = [NOTHING; BLOCK];
        let length = part.len().min(BLOCK);
        block[..length].copy_from_slice(&part[..length]);
        if has_shape(&block) {
            return false;
        }
        from += BLOCK - REACH;
    }
    !text
        .iter()
        .enumerate()
        .any(|(index, &byte)| HINTS[usize::from(byte)] && is_hint(text, index))
}

/// Whether a shape that folding changes begins in the block, up to [`REACH`] bytes from its end: a
/// control character, wide room, a letter three times in a row, single letters with gaps between.
#[inline]
fn has_shape(block: &[u8; BLOCK]) -> bool {
    let (mut low, mut letters, mut gaps) = ([0u8; BLOCK], [0u8; BLOCK], [0u8; BLOCK]);
    let (mut spaces, mut found) = ([0u8; BLOCK], 0);
    for at in 0..BLOCK {
        let byte = block[at];
        low[at] = byte | 0x20;
        letters[at] = u8::from(low[at].wrapping_sub(b'a') < 26) | byte >> 7;
        // A line feed and a tab are spaces where they stand.
        spaces[at] = u8::from(byte == b' ') | u8::from(byte == b'\n') | u8::from(byte == b'\t');
        gaps[at] = spaces[at]
            | u8::from(byte == b'*')
            | u8::from(byte == b'_')
            | u8::from(byte == b'.')
            | u8::from(byte == b'-')
            | u8::from(byte == b'|');
        found |= (u8::from(byte < 0x20) & !spaces[at]) | u8::from(byte == 0x7F);
    }
    for at in 0..BLOCK - REACH {
        // Four letters: the shortest spread word.
        let spread = letters[at]
            & gaps[at + 1]
            & letters[at + 2]
            & gaps[at + 3]
            & letters[at + 4]
            & gaps[at + 5]
            & letters[at + 6];
        let repeated =
            letters[at] & u8::from(low[at] == low[at + 1]) & u8::from(low[at] == low[at + 2]);
        found |= spread | repeated | spaces[at] & spaces[at + 1];
    }
    found != 0
}

/// Whether the byte at `index` may belong to another name of a place to be reached at, to an
/// invitation (`+v`), or stand for a letter.
fn is_hint(text: &[u8], index: usize) -> bool {
    let at = |index: usize| text.get(index).map_or(b' ', |byte| byte | 0x20);
    let behind = |back: usize| index.checked_sub(back).map_or(b' ', at);
    // An accented letter ends a name as a sign does, and is touched by a sign as a letter is.
    let letter = |byte: u8| byte.is_ascii_lowercase();
    let any_letter = |byte: u8| letter(byte) || byte & ACCENTED != 0;
    let ahead = |word: &[u8]| {
        text.get(index..index + word.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(word))
    };
    let (next, last, before_last) = (at(index + 1), behind(1), behind(2));
    let invited = || last == b'+' || (last == b' ' && before_last == b'+');
    // As `I` may stand for `l` behind a small letter only; whether an accented one is small is not
    // known here.
    let behind_small = || {
        let last = index.checked_sub(1).and_then(|last| text.get(last));
        last.is_some_and(|byte| byte.is_ascii_lowercase() || byte & ACCENTED != 0)
    };
    match at(index) {
        b'x' => matches!(last, b'v' | b'w' | b't') || (last == b'i' && before_last == b'e'),
        // wa.
        b'w' => invited() || (next == b'a' && !letter(at(index + 2)) && !letter(last)),
        b'v' | b'q' => invited(),
        // insta; a capital `I` behind a small letter may be an `l`.
        b'i' => {
            (last == b'x' && before_last == b'v')
                || (text.get(index) == Some(&b'I') && behind_small())
                || (next == b'n' && !letter(last) && ahead(b"insta"))
        }
        // tg, ig, msg, tele gram.
        b'g' => {
            (matches!(last, b't' | b'i') && !letter(before_last))
                || (last == b's' && before_last == b'm' && !letter(behind(3)))
                || (before_last == b'e' && !letter(last) && ahead(b"gram"))
        }
        // whatsapp, what's app.
        b'p' if last == b'a' => {
            (before_last == b's' && behind(3) == b't')
                || (behind(3) == b's' && !letter(before_last) && matches!(behind(4), b't' | b'\''))
        }
        b'p' => false,
        b'!' | b'|' => any_letter(last) && any_letter(next),
        b'0' | b'1' => any_letter(last) || any_letter(next),
        _ => any_letter(last),
    }
}
