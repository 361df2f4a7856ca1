//! Folding: one spelling for the many that people and spammers use, with a map back
//! to the original.
//!
//! In this order, and once more from 2 on where a step may have made work for an earlier one:
//! 1. each character by itself: NFKC, lower case (Unicode's, no language's own rules: `İ` becomes
//!    `i̇`), full width to half width, letters in circles and squares to plain ones, typographic
//!    apostrophes to `'` and hyphens to `-`. Any run of white space and control characters is one
//!    space, so that a wrapped line breaks no phrase; only between single letters a wider room
//!    stays, since it parts words that are spread (`f r e e m o n e y`). Zero-width characters,
//!    bidi marks and soft hyphens are dropped, and so are all variation selectors (`❤️` and `❤`
//!    are one) and keycap marks (`1️⃣` is `1`); joiners and tags inside an emoji sequence stay, so
//!    that `👨‍👩‍👧` stays one. The jamo of chats (`ㅋㅋ`) and free-standing accents (`¯`) stay
//!    what they are;
//! 2. combining marks in order and composed: `e` + `´` is `é`. Diacritics stay (`být`
//!    is not `byt`);
//! 3. Traditional to Simplified Chinese, character by character, unless the text is Japanese;
//! 4. letters of other scripts inside a word: `frее` with Cyrillic `е` is `free`; a word of one
//!    script stays. Accents that no one language has together come off (`mõñêÿ`), and digits and
//!    signs are read as letters in the words of a list (`fr33`, `c@ll`): elsewhere they can't be
//!    distinguished from `3g` or an order number with certainty;
//! 5. pinyin notes dropped: `统(tǒng)计(jì)`;
//! 6. spread words joined: `免 费 领 取`, `加*微*信`, `f r e e`, `f🔥r🔥e🔥e`;
//! 7. three and more of the same letter to two: `soooo`, `哈哈哈哈`;
//! 8. spellings of contact words: `加V`, `薇❤`, `+v信`, `what's app`; parts of a character (`亻言`)
//!    to the whole one.
//!
//! Emoticons are lower-cased with the rest (`:D` is `:d`). Folding a folded text changes nothing.

mod accent;
mod contact;
mod hidden;
mod letter;
mod look_alike;
mod pinyin;
mod repeat;
mod spaced;
mod table;
mod unit;

use std::ops::Range;

use table::Tables;
use unit::Work;

use crate::cut;

/// How often the steps may run; three rounds are the most that any known text takes. A bound on
/// time, chosen by hand.
const ROUNDS: usize = 32;

/// Folds texts; immutable and shared.
#[derive(Clone, Debug)]
pub struct Folder {
    tables: &'static Tables,
}

/// A folded text and its map to the original; filled by [`Folder::fold`], reused between posts.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    text: String,
    /// For each folded byte the start of the original bytes it stands for; both maps are empty if
    /// it stands for the byte at its own place.
    starts: Vec<u32>,
    /// For each folded byte the end of the original bytes it stands for.
    ends: Vec<u32>,
    original_length: usize,
    disguises: Disguises,
    work: Work,
}

/// How often folding met each way to hide or stretch a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disguises {
    /// Letters of another script or letter-like signs, brought to the letter they imitate.
    pub look_alikes: u32,
    /// Zero-width characters, bidi marks and soft hyphens, dropped.
    pub invisible: u32,
    /// Words whose characters were spread apart, joined.
    pub spaced_out: u32,
    /// Spellings of contact words, unified.
    pub contact_variants: u32,
    /// Pinyin notes, dropped.
    pub pinyin_notes: u32,
    /// Full-width letters and digits (punctuation is usual in Chinese, and not counted).
    pub full_width: u32,
    /// Runs of three or more of the same letter, shortened.
    pub elongations: u32,
    /// Traditional characters, simplified.
    pub traditional: u32,
}

impl Default for Folder {
    fn default() -> Folder {
        Folder::new()
    }
}

impl Folder {
    /// The folder with its tables; the first one made builds them.
    pub fn new() -> Folder {
        Folder {
            tables: Tables::shared(),
        }
    }

    /// Folds `original` into `into`, whose earlier content is dropped.
    ///
    /// Texts of more than 4 GiB are cut there.
    pub fn fold(&self, original: &str, into: &mut Folded) {
        let original = cut::at_most(original, u32::MAX as usize);
        into.clear(original.len());
        // Most posts of Latin letters are plain ASCII: one pass over the bytes and no map.
        if original.is_ascii() && is_plain(original.as_bytes()) {
            into.text.push_str(original);
            into.text.make_ascii_lowercase();
            into.settle_lines();
            return;
        }
        let Folded {
            work, disguises, ..
        } = into;
        work.read(self.tables, original, disguises);
        // One step can make work for another (a joined word holds a look-alike), so folding a
        // folded text would change it if the steps ran once.
        for _ in 0..ROUNDS {
            if !self.round(original, work, disguises) {
                break;
            }
        }
        into.write();
    }

    /// Folds a word or phrase of a lexicon, a taxonomy or a dictionary.
    pub fn fold_term(&self, term: &str) -> String {
        let mut folded = Folded::default();
        self.fold(term, &mut folded);
        folded.text
    }

    /// Runs each step once; true if that may have made work for a step before.
    fn round(&self, original: &str, work: &mut Work, disguises: &mut Disguises) -> bool {
        let tables = self.tables;
        if work.compose(tables) {
            (work.repeats, work.accents) = (true, true);
        }
        work.repeats |= work.simplify(tables, disguises);
        // Behind composition, before which a letter and its accent would be two.
        if work.wide {
            work.narrow();
        }
        let mut again = false;
        if work.seen & table::FOREIGN != 0 && work.latin {
            again |= look_alike::unmask(
                tables,
                &mut work.units,
                original,
                &mut disguises.look_alikes,
            );
        }
        if work.accents {
            again |= accent::strip(&mut work.units, &mut disguises.look_alikes);
        }
        if work.seen & table::BRACKET != 0 && work.seen & table::HAN != 0 {
            again |= pinyin::drop_notes(&mut work.units, &mut disguises.pinyin_notes);
        }
        if work.seen & table::GAP != 0 {
            again |= spaced::join(&mut work.units, &mut disguises.spaced_out);
        }
        if work.signs {
            again |= hidden::reveal(
                tables,
                &mut work.units,
                original,
                &mut disguises.look_alikes,
            );
        }
        if again {
            // A step may have brought to light what reading did not see.
            (work.repeats, work.latin, work.accents, work.signs) = (true, true, true, true);
            work.seen |= table::CONTACT;
            work.wide = true;
        }
        if work.repeats && repeat::shorten(&mut work.units, &mut disguises.elongations) {
            // Fewer letters can tip what the majority decides, and fit into a note.
            again |= work.signs || work.seen & (table::FOREIGN | table::KANA | table::BRACKET) != 0;
        }
        if work.seen & table::CONTACT != 0
            && contact::unify(tables, work, &mut disguises.contact_variants)
        {
            (work.repeats, work.latin, work.signs) = (true, true, true);
            work.wide = true;
            again = true;
        }
        again
    }
}

// Classes of ASCII, a bit each.

const LETTER: u8 = 1;
const GAP: u8 = 2;
/// Control characters, which become spaces; a line feed and a tab do where they stand.
const CONTROL: u8 = 4;
/// Letters by which a contact word shows itself, and digits and signs that may stand for a letter.
const CONTACT: u8 = 8;
/// White space that stands for one space, if it is alone.
const SPACE: u8 = 16;

/// What each byte of ASCII is to [`is_plain`].
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte] = match (byte as u8).to_ascii_lowercase() {
            b'x' | b'v' | b'w' | b'q' | b'i' | b'g' | b'p' => LETTER | CONTACT,
            b'a'..=b'z' => LETTER,
            b'0' | b'1' | b'3' | b'4' | b'5' | b'@' | b'$' | b'!' => CONTACT,
            b'|' => GAP | CONTACT,
            b' ' => GAP | SPACE,
            b'*' | b'_' | b'.' | b'-' => GAP,
            b'\n' | b'\t' => GAP | SPACE,
            0..=0x1F | 0x7F => CONTROL,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// Whether lower case is all that folding changes in this text of ASCII: a quick look that errs on
/// the side of no.
fn is_plain(text: &[u8]) -> bool {
    // Histories of the last characters, one bit each: single letters between gaps.
    let (mut letters, mut gaps, mut spaces) = (0u32, 0u32, 0u32);
    let (mut last, mut before_last) = (0u8, 0u8);
    for (index, &byte) in text.iter().enumerate() {
        let class = CLASSES[usize::from(byte)];
        let byte = byte | 0x20;
        letters = letters << 1 | u32::from(class & LETTER);
        gaps = gaps << 1 | u32::from(class & GAP) >> 1;
        spaces = spaces << 1 | u32::from(class & SPACE);
        // Four single letters with a gap between each two: the shortest spread word.
        let spread = letters & 0b101_0101 == 0b101_0101 && gaps & 0b10_1010 == 0b10_1010;
        let repeated = letters & 0b111 == 0b111 && byte == last && byte == before_last;
        let wide = spaces & (0b11 * u32::from(SPACE)) == 0b11 * u32::from(SPACE);
        let hint = class & (CONTROL | CONTACT) != 0;
        if spread | repeated | wide | (hint && (class & CONTROL != 0 || is_hint(text, index))) {
            return false;
        }
        (before_last, last) = (last, byte);
    }
    true
}

/// Whether the byte at `index` may belong to another name of a place to be reached at, to an
/// invitation (`+v`), or stand for a letter.
fn is_hint(text: &[u8], index: usize) -> bool {
    let at = |index: usize| text.get(index).map_or(b' ', |byte| byte | 0x20);
    let behind = |back: usize| index.checked_sub(back).map_or(b' ', at);
    let letter = |byte: u8| byte.is_ascii_lowercase();
    let ahead = |word: &[u8]| {
        text.get(index..index + word.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(word))
    };
    let (next, last, before_last) = (at(index + 1), behind(1), behind(2));
    let invited = || last == b'+' || (last == b' ' && matches!(before_last, b'+' | b' '));
    match at(index) {
        b'x' => matches!(last, b'v' | b'w' | b't') || (last == b'i' && before_last == b'e'),
        // wa.
        b'w' => invited() || (next == b'a' && !letter(at(index + 2)) && !letter(last)),
        b'v' | b'q' => invited(),
        // insta; a capital `I` in the midst of a word may be an `l`.
        b'i' => {
            (last == b'x' && before_last == b'v')
                || (text.get(index) == Some(&b'I') && letter(last))
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
        b'!' | b'|' => letter(last) && letter(next),
        b'0' | b'1' => letter(last) || letter(next),
        _ => letter(last),
    }
}

impl Folded {
    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bytes of the original that the folded bytes `span` came from.
    ///
    /// Both ends lie on character boundaries of the original, whatever `span` is. A span that
    /// begins or ends inside a folded character takes in all of it; an empty one gives the place
    /// where it stands.
    pub fn original_span(&self, span: Range<usize>) -> Range<usize> {
        let start = cut::floor(&self.text, span.start);
        let end = cut::ceil(&self.text, span.end.max(span.start));
        if self.starts.is_empty() {
            return start..end;
        }
        let from = self
            .starts
            .get(start)
            .map_or(self.original_length, |&from| from as usize);
        if start == end {
            return from..from;
        }
        let to = end
            .checked_sub(1)
            .and_then(|last| self.ends.get(last))
            .map_or(from, |&to| to as usize);
        from..to.max(from)
    }

    /// How often folding met each disguise in this text.
    pub fn disguises(&self) -> Disguises {
        self.disguises
    }

    /// Line feeds and tabs become spaces in a text of which each stands alone.
    fn settle_lines(&mut self) {
        if memchr::memchr2(b'\n', b'\t', self.text.as_bytes()).is_some() {
            let mut bytes = std::mem::take(&mut self.text).into_bytes();
            for byte in &mut bytes {
                if matches!(byte, b'\n' | b'\t') {
                    *byte = b' ';
                }
            }
            // It was ASCII and still is, so nothing is lost.
            self.text = String::from_utf8(bytes).unwrap_or_default();
        }
    }

    fn clear(&mut self, original_length: usize) {
        self.text.clear();
        self.starts.clear();
        self.ends.clear();
        self.original_length = original_length;
        self.disguises = Disguises::default();
    }

    /// Writes the text, and the maps from the first place on where they are needed.
    fn write(&mut self) {
        let mut mapped = false;
        for unit in &self.work.units {
            let at = self.text.len();
            self.text.push(unit.c);
            let length = self.text.len() - at;
            if !mapped {
                if unit.start as usize == at && unit.end as usize == at + length {
                    continue;
                }
                mapped = true;
                // Up to here every character stands at its own place.
                for (place, c) in self.text.get(..at).unwrap_or("").char_indices() {
                    let end = place + c.len_utf8();
                    self.starts
                        .extend(std::iter::repeat_n(place as u32, c.len_utf8()));
                    self.ends
                        .extend(std::iter::repeat_n(end as u32, c.len_utf8()));
                }
            }
            self.starts.extend(std::iter::repeat_n(unit.start, length));
            self.ends.extend(std::iter::repeat_n(unit.end, length));
        }
    }
}
