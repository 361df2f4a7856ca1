//! The tables of folding: what becomes of each character, and the spellings of contact words.

use std::sync::OnceLock;

use unicode_normalization::char::{
    canonical_combining_class, compose, decompose_canonical, decompose_compatible,
};
use unicode_normalization::{IsNormalized, is_nfc_quick};

/// What becomes of a character; the low 21 bits hold the character it becomes.
pub(super) type Entry = u32;

// An entry's layout: 21 bits hold any character of Unicode, three its kind, eight its marks.

const CHARACTER: Entry = 0x1F_FFFF;
const KIND_SHIFT: u32 = 21;
const KIND: Entry = 7 << KIND_SHIFT;

/// The character stays.
pub(super) const KEEP: Entry = 0;
/// It becomes another one.
pub(super) const MAP: Entry = 1 << KIND_SHIFT;
/// As `MAP`, from a full-width letter or digit.
pub(super) const MAP_WIDE: Entry = 2 << KIND_SHIFT;
/// As `MAP`, from a letter-like sign.
pub(super) const MAP_LOOK_ALIKE: Entry = 3 << KIND_SHIFT;
/// It is dropped and counted as invisible.
pub(super) const DROP: Entry = 4 << KIND_SHIFT;
/// It is dropped: usual in honest text (variation selectors, keycaps).
pub(super) const DROP_SILENT: Entry = 5 << KIND_SHIFT;
/// It becomes several characters: see [`decompose`].
pub(super) const SEVERAL: Entry = 6 << KIND_SHIFT;
/// A joiner or tag, kept inside an emoji sequence only.
pub(super) const JOINER: Entry = 7 << KIND_SHIFT;

/// A Han character.
pub(super) const HAN: Entry = 1 << 24;
/// A kana other than the の that Chinese shop names borrow.
pub(super) const KANA: Entry = 1 << 25;
/// A Cyrillic or Greek letter.
pub(super) const FOREIGN: Entry = 1 << 26;
/// It has a Simplified form.
pub(super) const TRADITIONAL: Entry = 1 << 27;
/// A spelling of a contact word may begin here.
pub(super) const CONTACT: Entry = 1 << 28;
/// It may combine with or move before its predecessor.
pub(super) const UNSETTLED: Entry = 1 << 29;
/// An opening parenthesis.
pub(super) const BRACKET: Entry = 1 << 30;
/// It may stand between spaced-out characters.
pub(super) const GAP: Entry = 1 << 31;

/// The kind of an entry, one of the constants above.
#[inline]
pub(super) fn kind(entry: Entry) -> Entry {
    entry & KIND
}

/// The character of an entry.
#[inline]
pub(super) fn character(entry: Entry) -> char {
    char::from_u32(entry & CHARACTER).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// When a spelling of a contact word counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Any,
    Added,
    AddedEnd,
    Evidence,
    Word,
    Reach,
}

/// A spelling of a contact word.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) spelling: Vec<char>,
    pub(super) canonical: &'static str,
    pub(super) rule: Rule,
    pub(super) not_before: &'static str,
}

/// All tables; made once and shared.
#[derive(Debug)]
pub(super) struct Tables {
    /// One entry for each of the first 65,536 characters.
    // Looked up for each character of each text, so one load and no search; 256 KB, once a process.
    plane: Vec<Entry>,
    /// Simplified forms of the same characters as 16-bit code points, 0 = none.
    simplified: Vec<u16>,
    /// Pairs with a side beyond those, sorted by the Traditional side.
    simplified_rare: Vec<(char, char)>,
    /// Sorted by first character, longest first.
    variants: Vec<Variant>,
    /// Where those that begin with a character of ASCII start and end.
    latin_variants: Vec<(usize, usize)>,
    /// A bit for each of the first 65,536 characters: whether a variant begins with it.
    begins: Vec<u64>,
    /// Words that are hidden behind digits and signs, sorted.
    hidden: Vec<&'static str>,
}

impl Tables {
    /// The one instance.
    pub(super) fn shared() -> &'static Tables {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(Tables::new)
    }

    fn new() -> Tables {
        let (mut simplified, mut simplified_rare) = (vec![0u16; 1 << 16], Vec::new());
        for line in include_str!("../../../data/text/simplified.tsv").lines() {
            let Some((traditional, simple)) = pair(line) else {
                continue;
            };
            match (
                simplified.get_mut(traditional as usize),
                u16::try_from(simple as u32),
            ) {
                (Some(slot), Ok(simple)) => *slot = simple,
                _ => simplified_rare.push((traditional, simple)),
            }
        }
        simplified_rare.sort_unstable();
        let lines = include_str!("../../../data/text/contact.tsv").lines();
        let mut variants: Vec<Variant> = lines.filter_map(variant).collect();
        variants.sort_by(|a, b| {
            a.spelling
                .first()
                .cmp(&b.spelling.first())
                .then(b.spelling.len().cmp(&a.spelling.len()))
                .then(a.spelling.cmp(&b.spelling))
        });
        let mut hidden: Vec<&'static str> = include_str!("../../../data/text/hidden.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(str::split_whitespace)
            .collect();
        hidden.sort_unstable();
        let mut tables = Tables {
            plane: Vec::new(),
            simplified,
            simplified_rare,
            variants,
            latin_variants: Vec::new(),
            begins: vec![0; (1 << 16) / 64],
            hidden,
        };
        tables.latin_variants = ('\0'..='\x7F')
            .map(|first| tables.range_of_variants(first))
            .collect();
        for first in tables
            .variants
            .iter()
            .filter_map(|variant| variant.spelling.first())
        {
            let first = *first as usize;
            if let Some(bits) = tables.begins.get_mut(first / 64) {
                *bits |= 1 << (first % 64);
            }
        }
        tables.plane = (0..1u32 << 16)
            .map(|code| char::from_u32(code).map_or(KEEP, |c| tables.compute(c)))
            .collect();
        tables
    }

    /// What becomes of `c`.
    #[inline]
    pub(super) fn entry(&self, c: char) -> Entry {
        match self.plane.get(c as usize) {
            Some(&entry) => entry,
            None => self.rare_entry(c),
        }
    }

    /// Whether `c` may combine with its predecessor.
    #[inline]
    pub(super) fn unsettled(&self, c: char) -> bool {
        self.entry(c) & UNSETTLED != 0
    }

    fn rare_entry(&self, c: char) -> Entry {
        match c as u32 {
            // Nearly all emoji: the common case beyond the first plane, and nothing folds there.
            0x1F300..=0x1FAFF | 0x1F1E6..=0x1F1FF => KEEP | GAP | self.starts_contact(c) | c as u32,
            _ => self.compute(c),
        }
    }

    fn starts_contact(&self, c: char) -> Entry {
        let code = c as usize;
        let begins = match self.begins.get(code / 64) {
            Some(bits) => bits >> (code % 64) & 1 == 1,
            None => !self.variants_from(c).is_empty(),
        };
        if begins { CONTACT } else { 0 }
    }

    /// The Simplified form of a Traditional character.
    pub(super) fn simplify(&self, c: char) -> Option<char> {
        match self.simplified.get(c as usize) {
            Some(&simple) if simple != 0 => char::from_u32(simple.into()),
            _ => {
                let found = self
                    .simplified_rare
                    .binary_search_by_key(&c, |&(traditional, _)| traditional)
                    .ok()?;
                self.simplified_rare.get(found).map(|&(_, simple)| simple)
            }
        }
    }

    /// The contact spellings that begin with `first`, longest first.
    pub(super) fn variants_from(&self, first: char) -> &[Variant] {
        let (start, end) = match self.latin_variants.get(first as usize) {
            Some(&range) => range,
            None => self.range_of_variants(first),
        };
        self.variants.get(start..end).unwrap_or(&[])
    }

    /// Whether a contact spelling stands in `folded`, wherever it does.
    pub(super) fn spells_contact(&self, folded: &str) -> bool {
        folded.char_indices().any(|(at, first)| {
            let rest = folded.get(at..).unwrap_or_default();
            let spelled = |variant: &Variant| {
                let mut rest = rest.chars();
                variant.spelling.iter().all(|&c| rest.next() == Some(c))
            };
            self.entry(first) & CONTACT != 0 && self.variants_from(first).iter().any(spelled)
        })
    }

    fn range_of_variants(&self, first: char) -> (usize, usize) {
        let start = self
            .variants
            .partition_point(|variant| variant.spelling.first() < Some(&first));
        (
            start,
            self.variants
                .partition_point(|variant| variant.spelling.first() <= Some(&first)),
        )
    }

    /// The word of these letters, if it is one that is hidden behind digits and signs.
    pub(super) fn hidden_word(
        &self,
        letters: impl Iterator<Item = char> + Clone,
    ) -> Option<&'static str> {
        let found = self
            .hidden
            .binary_search_by(|word| word.chars().cmp(letters.clone()))
            .ok()?;
        self.hidden.get(found).copied()
    }

    fn compute(&self, c: char) -> Entry {
        let kind = match c as u32 {
            0x00..=0x1F | 0x7F..=0x9F => return MAP | GAP | ' ' as u32,
            // Between emoji a joiner makes a family; between letters it hides a word.
            0x200D | 0xE0020..=0xE007F => JOINER,
            // Variation selectors, and the keycap and stroke marks that sit on letters and digits.
            0xFE00..=0xFE0F | 0xE0100..=0xE01EF | 0x20E3 | 0x335..=0x337 => DROP_SILENT,
            0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F => DROP,
            0x200B..=0x200F
            | 0x202A..=0x202E
            | 0x2060..=0x206F
            | 0x3164
            | 0xFEFF
            | 0xFFA0
            | 0xE0001 => DROP,
            _ => KEEP,
        };
        if kind != KEEP {
            return kind | c as u32;
        }
        // Half of the first plane: it has no parts, and combines with nothing.
        if stays_whole(c) && special(c).is_none() {
            return self.flags(c) | c as u32;
        }
        let (mut first, mut count, mut unsettled) = (c, 0, false);
        let mut flags = 0;
        decompose(c, |part| {
            // Most characters become one: only the first is kept, and the rest is asked for again.
            first = if count == 0 { part } else { first };
            count += 1;
            unsettled |= canonical_combining_class(part) != 0
                || is_nfc_quick(std::iter::once(part)) != IsNormalized::Yes;
            flags |= self.flags(part);
        });
        flags |= if unsettled { UNSETTLED } else { 0 };
        let kind = match count {
            // Nothing left, which no character does: keep it.
            0 => return c as u32,
            1 if first == c => KEEP,
            1 => match c as u32 {
                0xFF10..=0xFF19 | 0xFF21..=0xFF3A | 0xFF41..=0xFF5A => MAP_WIDE,
                _ if first.is_ascii_alphanumeric() && imitates(c) => MAP_LOOK_ALIKE,
                _ => MAP,
            },
            _ => SEVERAL,
        };
        kind | flags | first as u32
    }

    fn flags(&self, c: char) -> Entry {
        let mut flags = self.starts_contact(c);
        if is_han(c) {
            flags |= HAN;
        } else if matches!(c as u32, 0x3041..=0x3096 | 0x30A1..=0x30FA) && c != 'の' {
            flags |= KANA;
        } else if matches!(script(c), Script::Cyrillic | Script::Greek) {
            flags |= FOREIGN;
        }
        if let Some(simple) = self.simplify(c) {
            // A contact word may begin with the Simplified form, which a later step brings about.
            flags |= TRADITIONAL | self.starts_contact(simple);
        }
        if c == '(' {
            flags |= BRACKET;
        }
        if is_sign(c) || c == ' ' || is_pictograph(c) {
            flags |= GAP;
        }
        flags
    }
}

fn pair(line: &str) -> Option<(char, char)> {
    let (traditional, simple) = line.split_once('\t')?;
    Some((traditional.chars().next()?, simple.chars().next()?))
}

fn variant(line: &'static str) -> Option<Variant> {
    if line.starts_with('#') {
        return None;
    }
    let mut columns = line.split('\t');
    let (spelling, canonical) = (columns.next()?.chars().collect(), columns.next()?);
    let rule = match columns.next()? {
        "any" => Rule::Any,
        "added" => Rule::Added,
        "added_end" => Rule::AddedEnd,
        "evidence" => Rule::Evidence,
        "word" => Rule::Word,
        "reach" => Rule::Reach,
        _ => return None,
    };
    Some(Variant {
        spelling,
        canonical,
        rule,
        not_before: columns.next().unwrap_or(""),
    })
}

/// No character decomposes into more than 18 (U+FDFA does); rounded up.
const MAX_DECOMPOSITION: usize = 24;

/// Calls `emit` with each character that `c` becomes: compatibility decomposition, lower case,
/// composition, and the few characters below that Unicode does not map but readers do.
pub(super) fn decompose(c: char, mut emit: impl FnMut(char)) {
    let c = special(c).unwrap_or(c);
    // The jamo of chats (ㅋㅋ, ㅠㅠ) are letters of their own; NFKC would glue them into syllables.
    // Free-standing accents are parts of faces; NFKC would make them a space and a mark.
    if matches!(c as u32, 0x3131..=0x318E | 0xA8 | 0xAF | 0xB8 | 0x2D8..=0x2DD)
        || matches!(c as u32, 0x203E | 0x385 | 0x1FC1 | 0x1FED)
    {
        return emit(c);
    }
    // Half of the first plane, which is asked for at each start of a process.
    if stays_whole(c) {
        return emit(special(c).unwrap_or(c));
    }
    decompose_any(c, emit);
}

/// Whether `c` is of a block whose characters have neither parts nor case: Han, Yi, syllables of
/// Hangul (which are put together again), private use.
fn stays_whole(c: char) -> bool {
    matches!(c as u32, 0x3400..=0x4DBF | 0x4E00..=0xA48C | 0xAC00..=0xD7A3 | 0xE000..=0xF8FF)
}

/// As [`decompose`], of any character.
fn decompose_any(c: char, mut emit: impl FnMut(char)) {
    // On the stack: folding allocates nothing once its buffers have grown.
    let (mut parts, mut count) = (['\0'; MAX_DECOMPOSITION], 0);
    decompose_compatible(c, |part| {
        for lower in part.to_lowercase() {
            decompose_compatible(lower, |part| {
                if let Some(slot) = parts.get_mut(count) {
                    *slot = part;
                    count += 1;
                }
            });
        }
    });
    let parts = parts.get_mut(..count).unwrap_or(&mut []);
    let kept = compose_in_order(parts);
    for &part in parts.iter().take(kept) {
        emit(special(part).unwrap_or(part));
    }
}

/// Puts combining marks into their canonical order and composes (Unicode Standard Annex 15); gives
/// how many are left.
pub(super) fn compose_in_order(parts: &mut [char]) -> usize {
    let mut start = 0;
    while start < parts.len() {
        let marks = parts
            .iter()
            .skip(start)
            .take_while(|&&c| canonical_combining_class(c) != 0)
            .count();
        if let Some(marks) = parts.get_mut(start..start + marks) {
            marks.sort_by_key(|&c| canonical_combining_class(c));
        }
        start += marks.max(1);
    }
    let (mut starter, mut last_class, mut kept) = (None, 0, 0);
    for index in 0..parts.len() {
        let Some(&c) = parts.get(index) else { break };
        let class = canonical_combining_class(c);
        if let Some(at) = starter {
            let open = kept == at + 1 || (last_class != 0 && last_class < class);
            let composed = parts.get(at).and_then(|&base| compose(base, c));
            if let (true, Some(composed), Some(slot)) = (open, composed, parts.get_mut(at)) {
                *slot = composed;
                continue;
            }
        }
        if class == 0 {
            starter = Some(kept);
        }
        last_class = class;
        if let Some(slot) = parts.get_mut(kept) {
            *slot = c;
        }
        kept += 1;
    }
    kept
}

/// Calls `emit` with the canonical decomposition of `c`.
pub(super) fn take_apart(c: char, emit: impl FnMut(char)) {
    decompose_canonical(c, emit);
}

/// The letter that `c` is without its marks.
pub(super) fn take_apart_first(c: char) -> Option<char> {
    let mut first = None;
    decompose_canonical(c, |part| first = first.or(Some(part)));
    first
}

/// Characters that read as another one though Unicode does not say so.
fn special(c: char) -> Option<char> {
    const SMALL_CAPITALS: [(char, char); 27] = [
        ('ᴀ', 'a'),
        ('ʙ', 'b'),
        ('ᴄ', 'c'),
        ('ᴅ', 'd'),
        ('ᴇ', 'e'),
        ('ꜰ', 'f'),
        ('ɢ', 'g'),
        ('ʜ', 'h'),
        ('ɪ', 'i'),
        ('ᴊ', 'j'),
        ('ᴋ', 'k'),
        ('ʟ', 'l'),
        ('ᴍ', 'm'),
        ('ɴ', 'n'),
        ('ᴏ', 'o'),
        ('ᴘ', 'p'),
        ('ʀ', 'r'),
        ('ꜱ', 's'),
        ('ᴛ', 't'),
        ('ᴜ', 'u'),
        ('ᴠ', 'v'),
        ('ᴡ', 'w'),
        ('ʏ', 'y'),
        ('ᴢ', 'z'),
        ('ɑ', 'a'),
        ('ɡ', 'g'),
        ('ⱱ', 'v'),
    ];
    let letter = |first: u32| char::from_u32('a' as u32 + (c as u32 - first));
    match c as u32 {
        0x2018 | 0x2019 | 0x201B | 0x2BC | 0xB4 => Some('\''),
        // Hyphens of all kinds, and what is set for one; a dash between words stays a dash.
        0x2010..=0x2012 | 0x2212 => Some('-'),
        0x2028 | 0x2029 | 0x2800 => Some(' '),
        0x1FEE => Some('\u{385}'),
        0x1F150..=0x1F169 => letter(0x1F150),
        0x1F170..=0x1F189 => letter(0x1F170),
        0x251..=0x2FF | 0x1D00..=0x1DBF | 0x2C71 | 0xA730..=0xA731 => SMALL_CAPITALS
            .iter()
            .find(|&&(small, _)| small == c)
            .map(|&(_, plain)| plain),
        _ => None,
    }
}

/// Whether `c`, which folds to a letter or digit of ASCII, is a sign that only imitates it.
fn imitates(c: char) -> bool {
    matches!(c as u32, 0x249C..=0x24E9 | 0x1D400..=0x1D7FF | 0x1F110..=0x1F189 | 0x2102)
        || matches!(c as u32, 0x210A..=0x2115 | 0x2119..=0x211D | 0x2124..=0x2134)
        || matches!(c as u32, 0x2145..=0x2149 | 0x251..=0x29F | 0x1D00..=0x1D22)
        || matches!(c as u32, 0xA730 | 0xA731 | 0x2C71)
}

/// The scripts whose letters imitate each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Cyrillic,
    Greek,
    Other,
}

/// The script of a letter; `Other` for everything else.
#[inline]
pub(super) fn script(c: char) -> Script {
    match c as u32 {
        0x41..=0x5A | 0x61..=0x7A => Script::Latin,
        0xC0..=0x24F | 0x1E00..=0x1EFF if c != '×' && c != '÷' => Script::Latin,
        0x370..=0x373
        | 0x376..=0x377
        | 0x37B..=0x37D
        | 0x37F
        | 0x386
        | 0x388..=0x3FF
        | 0x1F00..=0x1FBC => Script::Greek,
        0x400..=0x481 | 0x48A..=0x52F => Script::Cyrillic,
        _ => Script::Other,
    }
}

/// Whether `c` is a Han character.
#[inline]
pub(super) fn is_han(c: char) -> bool {
    matches!(c as u32, 0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x3005 | 0x3007)
        || matches!(c as u32, 0xF900..=0xFAFF | 0x20000..=0x323AF)
}

/// Whether `c` is drawn as an emoji or a like symbol.
#[inline]
pub(super) fn is_pictograph(c: char) -> bool {
    matches!(c as u32, 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2190..=0x21FF)
        || matches!(c as u32, 0x2300..=0x23FF | 0x25A0..=0x25FF)
        || matches!(
            c as u32,
            0x2B00..=0x2BFF | 0xA9 | 0xAE | 0x3030 | 0x303D | 0x2934 | 0x2935
        )
}

/// Whether `c` is a sign that is put between the characters of a word to hide it.
#[inline]
pub(super) fn is_sign(c: char) -> bool {
    matches!(c, '.' | '*' | '-' | '_' | '|' | '·' | '•')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_read() {
        let tables = Tables::shared();
        let lines = |text: &'static str| text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(
            tables.variants.len(),
            lines(include_str!("../../../data/text/contact.tsv"))
        );
        let pairs = tables
            .simplified
            .iter()
            .filter(|&&simple| simple != 0)
            .count()
            + tables.simplified_rare.len();
        assert_eq!(
            pairs,
            lines(include_str!("../../../data/text/simplified.tsv"))
        );
    }

    #[test]
    fn what_stays_whole_has_no_parts() {
        for c in (0..=0xFFFFu32).filter_map(char::from_u32) {
            let (mut short, mut long) = (Vec::new(), Vec::new());
            if stays_whole(c) {
                decompose(c, |part| short.push(part));
                decompose_any(c, |part| long.push(part));
                assert_eq!(canonical_combining_class(c), 0, "{c:?}");
                assert_eq!(is_nfc_quick(std::iter::once(c)), IsNormalized::Yes, "{c:?}");
            }
            assert_eq!(short, long, "{c:?}");
        }
    }

    #[test]
    fn what_a_character_becomes_stays() {
        let tables = Tables::shared();
        for c in (0..=0x10_FFFFu32).filter_map(char::from_u32) {
            let entry = tables.entry(c);
            match kind(entry) {
                KEEP => assert_eq!(character(entry), c),
                MAP | MAP_WIDE | MAP_LOOK_ALIKE => {
                    assert_eq!(
                        kind(tables.entry(character(entry))),
                        KEEP,
                        "{c:?} {:x}",
                        c as u32
                    );
                }
                SEVERAL => decompose(c, |part| {
                    assert_eq!(
                        kind(tables.entry(part)),
                        KEEP,
                        "{c:?} {:x} {part:?}",
                        c as u32
                    )
                }),
                _ => {}
            }
            if let Some(simple) = tables.simplify(c) {
                assert_eq!(tables.simplify(simple), None, "{c} {simple}");
                assert_eq!(kind(tables.entry(simple)), KEEP, "{c} {simple}");
            }
        }
    }
}
