//! The working form of a text while it is folded: characters with their places, put
//! into normal form.

use super::Disguises;
use super::letter::{is_accented, is_czech};
use super::table::{self, Entry, Tables, compose_in_order, take_apart};

// Classes of ASCII, a bit each.

pub(super) const LETTER: u8 = 1;
/// It may stand for a letter behind one.
pub(super) const SIGN: u8 = 2;
/// It may stand for a letter before one.
pub(super) const STROKE: u8 = 4;

/// What the characters of ASCII are, folded, where they touch.
pub(super) const TOUCHES: [u8; 128] = {
    let mut classes = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' => LETTER,
            b'0' | b'1' => SIGN | STROKE,
            b'3' | b'4' | b'5' | b'@' | b'$' => SIGN,
            b'!' | b'|' => STROKE,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// A folded character and the bytes of the original it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) c: char,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// Buffers of one fold, reused by the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    /// The text.
    pub(super) units: Vec<Unit>,
    /// Where a step writes that can't work in place; swapped with `units` afterwards.
    pub(super) spare: Vec<Unit>,
    parts: Vec<char>,
    /// The text as a byte a character, where it may be plain.
    pub(super) bytes: Vec<u8>,
    /// The flags of all characters seen, see [`table`].
    pub(super) seen: Entry,
    /// Whether some letter stands three times in a row.
    pub(super) repeats: bool,
    /// Whether the text has a Latin letter.
    pub(super) latin: bool,
    /// Whether it may have an accented letter that Czech does not have.
    pub(super) accents: bool,
    /// Whether a digit or sign that may stand for a letter touches one.
    pub(super) signs: bool,
    /// Whether two spaces may stand side by side.
    pub(super) wide: bool,
}

impl Work {
    /// Reads `original`, each character folded by itself.
    pub(super) fn read(&mut self, tables: &Tables, original: &str, disguises: &mut Disguises) {
        self.units.clear();
        (self.seen, self.repeats, self.latin) = (0, false, false);
        (self.accents, self.signs, self.wide) = (false, false, false);
        let (mut last, mut last_class, mut run) = ('\0', 0, 0);
        for (start, c) in original.char_indices() {
            let end = start + c.len_utf8();
            let entry = tables.entry(c);
            let into = match table::kind(entry) {
                table::KEEP => c,
                table::MAP => table::character(entry),
                table::MAP_WIDE => {
                    disguises.full_width += 1;
                    table::character(entry)
                }
                table::MAP_LOOK_ALIKE => {
                    disguises.look_alikes += 1;
                    table::character(entry)
                }
                table::DROP => {
                    disguises.invisible += 1;
                    continue;
                }
                // Variation selectors and keycaps are how telephones write emoji, so they count
                // as no disguise.
                table::DROP_SILENT => continue,
                table::JOINER => {
                    if !self.joins(tables, c, original.get(end..).unwrap_or("")) {
                        disguises.invisible += 1;
                        continue;
                    }
                    c
                }
                _ => {
                    self.seen |= entry;
                    self.repeats = true;
                    let (start, end) = (start as u32, end as u32);
                    let units = &mut self.units;
                    table::decompose(c, |c| units.push(Unit { c, start, end }));
                    (self.latin, self.accents, self.signs) = (true, true, true);
                    self.wide = true;
                    continue;
                }
            };
            self.seen |= entry;
            let class = self.class(into);
            self.latin |= class & LETTER != 0 && into.is_ascii();
            self.signs |= (class & SIGN != 0 || c == 'I') && last_class & LETTER != 0
                || class & LETTER != 0 && last_class & STROKE != 0;
            last_class = class;
            // A dash inside a word is a hyphen to its author; between words it is not.
            let into = match into {
                '–' if is_inside_word(last, original.get(end..)) => '-',
                into => into,
            };
            if c == '\n' && original.as_bytes().get(start.wrapping_sub(1)) == Some(&b'\r') {
                // The two of Windows are one line break.
                self.units
                    .last_mut()
                    .into_iter()
                    .for_each(|unit| unit.end = end as u32);
                continue;
            }
            self.wide |= into == ' ' && last == ' ';
            run = if into == last { run + 1 } else { 1 };
            self.repeats |= run >= 3;
            last = into;
            self.units.push(Unit {
                c: into,
                start: start as u32,
                end: end as u32,
            });
        }
    }

    /// Makes each run of spaces one, but between two words of one letter: who spreads letters parts
    /// words by wider room.
    pub(super) fn narrow(&mut self) {
        let is_letter = |unit: Option<&Unit>| unit.is_some_and(|unit| unit.c.is_alphabetic());
        let mut kept = 0;
        let mut position = 0;
        while let Some(&unit) = self.units.get(position) {
            let width = match unit.c {
                ' ' => {
                    let run = self.units.iter().skip(position);
                    run.take_while(|unit| unit.c == ' ').count()
                }
                _ => 1,
            };
            // Single letters on both sides: what stands beside each of them is no letter.
            let spread = width > 1
                && kept >= 1
                && is_letter(self.units.get(kept - 1))
                && (kept == 1 || !is_letter(self.units.get(kept - 2)))
                && is_letter(self.units.get(position + width))
                && !is_letter(self.units.get(position + width + 1));
            let end = self
                .units
                .get(position + width - 1)
                .map_or(unit.end, |last| last.end);
            for copy in 0..=usize::from(spread) {
                let whole = Unit { end, ..unit };
                let part = match (spread, copy) {
                    (false, _) => whole,
                    (true, 0) => unit,
                    _ => Unit {
                        start: unit.end.min(end),
                        ..whole
                    },
                };
                if let Some(slot) = self.units.get_mut(kept) {
                    *slot = part;
                    kept += 1;
                }
            }
            position += width;
        }
        self.units.truncate(kept);
        self.wide = false;
    }

    /// What the folded character is where it touches another; notes an accent.
    #[inline]
    fn class(&mut self, into: char) -> u8 {
        // One table for ASCII: this is asked for every character of every text that is not plain.
        match TOUCHES.get(into as usize) {
            Some(&class) => class,
            // Czech letters are the usual case and need no further look.
            None if is_accented(into) => {
                self.accents |= !is_czech(into);
                LETTER
            }
            None => 0,
        }
    }

    /// Whether the joiner or tag `c` holds an emoji sequence together.
    fn joins(&self, tables: &Tables, c: char, rest: &str) -> bool {
        let Some(before) = self.units.last().map(|unit| unit.c) else {
            return false;
        };
        if c != '\u{200D}' {
            // Tags spell the flags of regions, behind a black flag.
            return before == '🏴' || matches!(before as u32, 0xE0020..=0xE007F);
        }
        let stays =
            |c: char| table::is_pictograph(c) && table::kind(tables.entry(c)) == table::KEEP;
        table::is_pictograph(before) && rest.chars().next().is_some_and(stays)
    }

    /// Puts combining marks in order and composes them; true if something changed.
    pub(super) fn compose(&mut self, tables: &Tables) -> bool {
        if self.seen & table::UNSETTLED == 0 {
            return false;
        }
        self.spare.clear();
        let mut changed = false;
        let mut rest = self.units.as_slice();
        while let Some((first, following)) = rest.split_first() {
            let marks = following
                .iter()
                .take_while(|unit| tables.unsettled(unit.c))
                .count();
            let (cluster, after) = rest.split_at(marks + 1);
            rest = after;
            if marks == 0 && !tables.unsettled(first.c) {
                self.spare.push(*first);
                continue;
            }
            self.parts.clear();
            for unit in cluster {
                take_apart(unit.c, |c| self.parts.push(c));
            }
            let kept = compose_in_order(&mut self.parts);
            self.parts.truncate(kept);
            if self
                .parts
                .iter()
                .copied()
                .eq(cluster.iter().map(|unit| unit.c))
            {
                self.spare.extend_from_slice(cluster);
                continue;
            }
            // Marks may have changed places, so each part stands for the whole cluster: the
            // map stays monotone.
            changed = true;
            let end = cluster.last().map_or(first.end, |unit| unit.end);
            self.spare.extend(self.parts.iter().map(|&c| Unit {
                c,
                start: first.start,
                end,
            }));
        }
        std::mem::swap(&mut self.units, &mut self.spare);
        changed
    }

    /// Traditional characters become Simplified ones, unless the text is Japanese; true
    /// if something changed.
    pub(super) fn simplify(&mut self, tables: &Tables, disguises: &mut Disguises) -> bool {
        if self.seen & table::TRADITIONAL == 0
            || (self.seen & table::KANA != 0 && self.is_japanese(tables))
        {
            return false;
        }
        let mut changed = false;
        for unit in &mut self.units {
            if let Some(simple) = tables.simplify(unit.c) {
                unit.c = simple;
                disguises.traditional += 1;
                changed = true;
            }
        }
        changed
    }

    /// Japanese mixes kana with Han characters; a Chinese post has at most a face or a loan word in
    /// kana. Japanese keeps its shapes, since some Traditional ones are everyday Japanese and would
    /// become letters that language does not have.
    fn is_japanese(&self, tables: &Tables) -> bool {
        let (mut kana, mut han) = (0usize, 0usize);
        for unit in &self.units {
            let entry = tables.entry(unit.c);
            kana += usize::from(entry & table::KANA != 0);
            han += usize::from(entry & table::HAN != 0);
        }
        kana * 4 >= han
    }
}

/// Whether what stands behind `last` and before `rest` is inside a word.
fn is_inside_word(last: char, rest: Option<&str>) -> bool {
    let next = rest.and_then(|rest| rest.chars().next());
    last.is_alphabetic() && next.is_some_and(char::is_alphabetic)
}

/// The character at `index`.
#[inline]
pub(super) fn at(units: &[Unit], index: usize) -> Option<char> {
    units.get(index).map(|unit| unit.c)
}

/// The character before `index`.
#[inline]
pub(super) fn before(units: &[Unit], index: usize) -> Option<char> {
    index.checked_sub(1).and_then(|index| at(units, index))
}
