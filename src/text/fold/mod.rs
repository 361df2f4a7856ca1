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
mod plain;
mod repeat;
mod single;
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
    /// Whether it is the original in lower case, and nothing else.
    lower_case: bool,
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
        // Most posts of Latin letters are plain: no characters with their places, and no map.
        if plain::fold(original, &mut into.work.bytes, &mut into.text) {
            into.settle_lines();
            into.lower_case = true;
            return;
        }
        // What is of ASCII and not plain holds something for the steps.
        if original.is_ascii() || !single::fold(self.tables, original, into) {
            self.fold_by_steps(original, into);
        }
    }

    /// Folds a text that may be anything; `into` is empty.
    fn fold_by_steps(&self, original: &str, into: &mut Folded) {
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

impl Folded {
    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is the original in lower case, byte for byte but for white space.
    pub(crate) fn is_lower_case(&self) -> bool {
        self.lower_case
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
            // Signs of ASCII in place of others, so nothing is lost.
            self.text = String::from_utf8(bytes).unwrap_or_default();
        }
    }

    fn clear(&mut self, original_length: usize) {
        self.text.clear();
        self.starts.clear();
        self.ends.clear();
        self.original_length = original_length;
        self.lower_case = false;
        self.disguises = Disguises::default();
    }

    /// Writes the text, and the maps from the first place on where they are needed.
    fn write(&mut self) {
        let mut units = self.work.units.iter();
        // Up to the first that does not, every character stands at its own place.
        let moved = units.by_ref().find(|unit| {
            let (start, end) = (unit.start as usize, unit.end as usize);
            let at = self.text.len();
            let stands = start == at && end == at + unit.c.len_utf8();
            if stands {
                self.text.push(unit.c);
            }
            !stands
        });
        let Some(moved) = moved else { return };
        map_in_place(&self.text, &mut self.starts, &mut self.ends);
        for unit in std::iter::once(moved).chain(units) {
            self.text.push(unit.c);
            put(&mut self.starts, unit.start, unit.c);
            put(&mut self.ends, unit.end, unit.c);
        }
    }
}

/// Maps a text to its own places.
fn map_in_place(text: &str, starts: &mut Vec<u32>, ends: &mut Vec<u32>) {
    for (place, c) in text.char_indices() {
        let end = place + c.len_utf8();
        put(starts, place as u32, c);
        put(ends, end as u32, c);
    }
}

/// Appends `place` to a map for each byte of `c`.
#[inline]
fn put(map: &mut Vec<u32>, place: u32, c: char) {
    // Each length by itself: of a known length they are stores, else a loop.
    match c.len_utf8() {
        1 => map.push(place),
        2 => map.extend_from_slice(&[place; 2]),
        3 => map.extend_from_slice(&[place; 3]),
        _ => map.extend_from_slice(&[place; 4]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn plain_texts_are_folded_alike_by_steps(
            text in "([a-zI .!+0-9]|[A-Z]{1,3}|[áčďéěíňóřšťúůýžÁČŘŽäôĺľŕ]|wa|tg|ig|msg|insta|gram|tele|whats|'|vx|wx\
                |ex|@|on | přes |[*_|$\t\n]|\\+v|\\PC){0,24}\
                |([你好很的微信加我号]|[你好很的微信加我号]|，|。|！|[ .*('’)–I0-9a-cA-Bvwq😀漢ノж]|Ａ|１|\\r\n){0,24}"
        ) {
            let folder = Folder::new();
            let (mut either, mut by_steps) = (Folded::default(), Folded::default());
            folder.fold(&text, &mut either);
            by_steps.clear(text.len());
            folder.fold_by_steps(&text, &mut by_steps);
            prop_assert_eq!(&either.text, &by_steps.text);
            prop_assert_eq!((&either.starts, &either.ends), (&by_steps.starts, &by_steps.ends));
            prop_assert_eq!(either.disguises, by_steps.disguises);
        }
    }
}
