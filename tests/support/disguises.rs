//! Hides messages as spammers do: a seeded generator of disguises, for `tests/disguise.rs`.

use std::collections::BTreeMap;
use std::ops::Range;

use hearken::internals::Random;

/// How a message is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Full-width letters and digits.
    Width,
    /// Spaces, dots, underscores, stars, zero-width marks or soft hyphens between the characters.
    Spread,
    /// Letters of other scripts, mathematical, circled, squared and accented ones, digits read as
    /// letters; for Han the other script's form or the parts of a character.
    LookAlike,
    /// Emoji between the characters.
    Emoji,
    /// Other names of a place to be reached at.
    Contact,
    /// Two or three of these at once.
    Mixed,
}

/// All kinds, in the order in which a message meets them; contact twice, for not every message has
/// a contact word.
pub(crate) const KINDS: [Kind; 7] = [
    Kind::Width,
    Kind::Spread,
    Kind::Contact,
    Kind::LookAlike,
    Kind::Emoji,
    Kind::Contact,
    Kind::Mixed,
];

/// How much of a message is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Degree {
    /// One word, or three to six Han characters in a row.
    Word,
    /// About every second word.
    Half,
    /// All of it.
    Whole,
}

/// Draws: the same seed hides the same message in the same way.
pub(crate) struct Draw(Random);

impl Draw {
    pub(crate) fn new(seed: u64) -> Draw {
        Draw(Random::new(seed))
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        (self.0.next_u64() % most.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.0.next_u64() % 100 < percent
    }

    pub(crate) fn of<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len())]
    }
}

/// A part of a message that is hidden or not as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Letters,
    Digits,
    Han,
    /// A link, a name, a number with letters: who is to be reached by it must be able to copy it.
    Address,
    Rest,
}

pub(crate) struct Generator {
    pub(crate) contact: Vec<Vec<String>>,
    /// Simplified to Traditional and back, one form each.
    scripts: BTreeMap<char, char>,
}

impl Generator {
    pub(crate) fn new(contact: Vec<Vec<String>>, simplified: &str) -> Generator {
        let mut scripts = BTreeMap::new();
        for line in simplified.lines() {
            let mut characters = line.chars();
            if let (Some(traditional), Some('\t'), Some(simple)) =
                (characters.next(), characters.next(), characters.next())
            {
                scripts.insert(traditional, simple);
                scripts.entry(simple).or_insert(traditional);
            }
        }
        Generator { contact, scripts }
    }

    /// `plain` hidden by `kind`; `None` if it holds nothing that could be hidden so.
    pub(crate) fn hide(
        &self,
        plain: &str,
        english: bool,
        kind: Kind,
        degree: Degree,
        draw: &mut Draw,
    ) -> Option<String> {
        let hidden = match kind {
            Kind::Width => pieces_hidden(
                plain,
                degree,
                draw,
                &[Piece::Letters, Piece::Digits, Piece::Address],
                |piece, _| full_width(piece),
            ),
            Kind::Spread => self.spread(plain, degree, draw),
            Kind::LookAlike => self.look_alike(plain, english, degree, draw),
            Kind::Emoji => {
                let emoji = ["🔥", "💰", "❤️", "✨", "💎", "🎁", "⭐", "😍", "👉", "💋"];
                let one = *draw.of(&emoji);
                let varied = draw.chance(40);
                between(
                    plain,
                    degree,
                    draw,
                    |draw| {
                        if varied {
                            draw.of(&emoji).to_string()
                        } else {
                            one.to_string()
                        }
                    },
                    " ",
                )
            }
            Kind::Contact => self.contact(plain, draw)?,
            Kind::Mixed => {
                let first = *draw.of(&[Kind::Contact, Kind::LookAlike, Kind::Width]);
                let first = self
                    .hide(plain, english, first, degree, draw)
                    .unwrap_or_else(|| plain.to_string());
                let degree = *draw.of(&[Degree::Word, Degree::Half]);
                let second = *draw.of(&[Kind::Spread, Kind::Emoji, Kind::Spread, Kind::LookAlike]);
                self.hide(&first, english, second, degree, draw)
                    .unwrap_or(first)
            }
        };
        (hidden != plain).then_some(hidden)
    }

    fn spread(&self, plain: &str, degree: Degree, draw: &mut Draw) -> String {
        let separator = *draw.of(&[
            " ", ".", "_", "*", "-", "\u{200B}", "\u{AD}", "\u{2060}", "\u{200C}", "·",
        ]);
        if separator
            .chars()
            .all(|c| "\u{200B}\u{AD}\u{2060}\u{200C}".contains(c))
        {
            // What nobody sees may stand anywhere.
            let kinds = [Piece::Letters, Piece::Digits, Piece::Han, Piece::Address];
            return pieces_hidden(plain, degree, draw, &kinds, |piece, draw| {
                joined(piece, |_| {
                    if draw.chance(70) {
                        separator.to_string()
                    } else {
                        String::new()
                    }
                })
            });
        }
        // Between words there must be more room than between letters.
        let room = if separator == " " { "  " } else { " " };
        let varied = separator != " " && draw.chance(30);
        let other = |draw: &mut Draw| {
            if varied {
                draw.of(&[".", "_", "*", "-"]).to_string()
            } else {
                separator.to_string()
            }
        };
        between(plain, degree, draw, other, room)
    }

    fn look_alike(&self, plain: &str, english: bool, degree: Degree, draw: &mut Draw) -> String {
        let style = *draw.of(if english {
            &[0, 0, 1, 2, 3, 4, 5, 6][..]
        } else {
            &[0, 0, 1, 2, 3, 5][..]
        });
        let alphabet = *draw.of(&[0x1D41A, 0x1D44E, 0x1D4EA, 0x1D5BA, 0x1D5EE, 0x1D68A]);
        let kinds = [Piece::Letters, Piece::Han];
        pieces_hidden(plain, degree, draw, &kinds, |piece, draw| {
            if piece.chars().any(is_han) {
                return piece.chars().map(|c| self.other_form(c, draw)).collect();
            }
            let last = piece.chars().count().saturating_sub(1);
            let mut left = if last > 3 { 2 } else { 0 };
            let mut hidden = String::new();
            for (index, c) in piece.chars().enumerate() {
                let inside = index > 0 && index < last;
                let offset =
                    |first: u32, range: char| char::from_u32(first + (c as u32 - range as u32));
                let other = match style {
                    // Of the first letter the script of the word can be told.
                    0 if index > 0 && draw.chance(60) => twin(c),
                    // Italic h has its place elsewhere.
                    1 if c.is_ascii_lowercase() && (alphabet != 0x1D44E || c != 'h') => {
                        offset(alphabet, 'a')
                    }
                    1 if c.is_ascii_uppercase() && alphabet == 0x1D41A => offset(0x1D400, 'A'),
                    2 if c.is_ascii_lowercase() => offset(0x24D0, 'a'),
                    2 if c.is_ascii_uppercase() => offset(0x24B6, 'A'),
                    3 if c.is_ascii_alphabetic() => {
                        let first = if alphabet < 0x1D500 { 0x1F130 } else { 0x1F170 };
                        char::from_u32(first + (c.to_ascii_uppercase() as u32 - 'A' as u32))
                    }
                    4 if draw.chance(45) => accented(c, draw),
                    5 => small_capital(c),
                    6 if inside && left > 0 => digit(c, draw),
                    _ => None,
                };
                left -= usize::from(other.is_some() && style == 6);
                hidden.push(other.unwrap_or(c));
            }
            hidden
        })
    }

    fn other_form(&self, c: char, draw: &mut Draw) -> String {
        const PARTS: [(char, &str); 16] = [
            ('信', "亻言"),
            ('赚', "贝兼"),
            ('钱', "钅戋"),
            ('话', "讠舌"),
            ('证', "讠正"),
            ('领', "令页"),
            ('股', "月殳"),
            ('赌', "贝者"),
            ('银', "钅艮"),
            ('请', "讠青"),
            ('们', "亻门"),
            ('你', "亻尔"),
            ('做', "亻故"),
            ('提', "扌是"),
            ('打', "扌丁"),
            ('投', "扌殳"),
        ];
        if let Some((_, parts)) = PARTS
            .iter()
            .find(|(whole, _)| *whole == c)
            .filter(|_| draw.chance(40))
        {
            return parts.to_string();
        }
        match self.scripts.get(&c) {
            Some(other) if draw.chance(70) => other.to_string(),
            _ => c.to_string(),
        }
    }

    /// One to all of the contact words under other names.
    fn contact(&self, plain: &str, draw: &mut Draw) -> Option<String> {
        let known: Vec<&Vec<String>> = self
            .contact
            .iter()
            .filter(|names| find_word(plain, &names[0]).is_some())
            .collect();
        if known.is_empty() {
            return None;
        }
        let certain = draw.below(known.len());
        let mut hidden = plain.to_string();
        for (index, names) in known.iter().enumerate() {
            if index != certain && draw.chance(50) {
                continue;
            }
            // 加微信 holds 微信, which may be gone by now.
            if let Some(place) = find_word(&hidden, &names[0]) {
                let other: &String = draw.of(&names[1..]);
                hidden.replace_range(place, other);
            }
        }
        Some(hidden)
    }
}

/// Where `word` stands in `text`, not within a longer word of letters.
fn find_word(text: &str, word: &str) -> Option<Range<usize>> {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphabetic() && !is_han(c));
    text.match_indices(word)
        .map(|(start, _)| start..start + word.len())
        .find(|place| {
            is_han(word.chars().next().unwrap_or(' '))
                || !(letter(text[..place.start].chars().next_back())
                    || letter(text[place.end..].chars().next()))
        })
}

pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}')
}

/// The pieces of a text, in order and without gap.
fn pieces(text: &str) -> Vec<(Piece, &str)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let while_ = |holds: &dyn Fn(char) -> bool| rest.find(|c| !holds(c)).unwrap_or(rest.len());
        let token = while_(&|c| !c.is_whitespace() && !is_han(c) && !"，。？！：、,?!".contains(c));
        let word = rest[..token].trim_end_matches(['.', ':']);
        let letters = word.chars().any(char::is_alphabetic);
        let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
        let address = word.starts_with('@')
            || inner.contains(['@', '/', '_', ':'])
            || (letters && inner.contains('.'))
            || (letters && inner.chars().any(|c| c.is_ascii_digit()));
        let (kind, length) = if address && !word.is_empty() && !is_han(first) {
            (Piece::Address, word.len())
        } else if is_han(first) {
            (Piece::Han, while_(&is_han))
        } else if first.is_alphabetic() {
            (Piece::Letters, while_(&|c| c.is_alphabetic() && !is_han(c)))
        } else if first.is_ascii_digit() {
            (Piece::Digits, while_(&|c| c.is_ascii_digit()))
        } else {
            (Piece::Rest, first.len_utf8())
        };
        pieces.push((kind, &rest[..length]));
        at += length;
    }
    pieces
}

/// `text` with the pieces of `kinds` that `degree` takes changed by `hide`.
fn pieces_hidden(
    text: &str,
    degree: Degree,
    draw: &mut Draw,
    kinds: &[Piece],
    mut hide: impl FnMut(&str, &mut Draw) -> String,
) -> String {
    let pieces = pieces(text);
    let fit = |index: usize| {
        kinds.contains(&pieces[index].0)
            && (pieces[index].1.chars().count() > 3 || degree != Degree::Word)
    };
    let candidates: Vec<usize> = (0..pieces.len()).filter(|&index| fit(index)).collect();
    let certain = candidates.get(draw.below(candidates.len())).copied();
    let mut hidden = String::new();
    for (index, (_, piece)) in pieces.iter().enumerate() {
        let taken = fit(index)
            && (Some(index) == certain
                || match degree {
                    Degree::Word => false,
                    Degree::Half => draw.chance(50),
                    Degree::Whole => true,
                });
        if taken {
            hidden.push_str(&hide(piece, draw));
        } else {
            hidden.push_str(piece);
        }
    }
    hidden
}

/// `text` with visible separators between the characters of words; `room` stands for the spaces
/// between hidden words.
///
/// A word must have four letters, and Han three, if little else is hidden: nobody reads `t o`
/// as a disguise.
fn between(
    text: &str,
    degree: Degree,
    draw: &mut Draw,
    mut separator: impl FnMut(&mut Draw) -> String,
    room: &str,
) -> String {
    let pieces = pieces(text);
    let fit = |index: usize| match pieces[index] {
        (Piece::Letters, word) => word.chars().count() >= 4 || degree == Degree::Whole,
        (Piece::Han, run) => run.chars().count() >= 3,
        _ => false,
    };
    let candidates: Vec<usize> = (0..pieces.len()).filter(|&index| fit(index)).collect();
    let certain = candidates.get(draw.below(candidates.len())).copied();
    let mut hidden = String::new();
    for (index, &(kind, piece)) in pieces.iter().enumerate() {
        let taken =
            fit(index) && (Some(index) == certain || (degree == Degree::Half && draw.chance(50)));
        if degree == Degree::Whole && piece == " " {
            hidden.push_str(room);
        } else if !(taken || degree == Degree::Whole && fit(index)) {
            hidden.push_str(piece);
        } else if kind == Piece::Han && degree == Degree::Word {
            // Three to six characters, and a separator on both sides as well.
            let characters: Vec<char> = piece.chars().collect();
            let length = (3 + draw.below(4)).min(characters.len());
            let start = draw.below(characters.len() - length + 1);
            let part = |range: Range<usize>| characters[range].iter().collect::<String>();
            hidden.push_str(&part(0..start));
            hidden.push_str(&if start > 0 {
                separator(draw)
            } else {
                String::new()
            });
            hidden.push_str(&joined(&part(start..start + length), |_| separator(draw)));
            let rest = part(start + length..characters.len());
            hidden.push_str(&if rest.is_empty() {
                String::new()
            } else {
                separator(draw)
            });
            hidden.push_str(&rest);
        } else {
            hidden.push_str(&joined(piece, |_| separator(draw)));
        }
    }
    hidden
}

fn joined(piece: &str, mut separator: impl FnMut(usize) -> String) -> String {
    let mut hidden = String::new();
    for (index, c) in piece.chars().enumerate() {
        if index > 0 {
            hidden.push_str(&separator(index));
        }
        hidden.push(c);
    }
    hidden
}

fn full_width(piece: &str) -> String {
    let wide = |c: char| match c {
        '0'..='9' | 'a'..='z' | 'A'..='Z' => char::from_u32(c as u32 + 0xFEE0).unwrap_or(c),
        _ => c,
    };
    piece.chars().map(wide).collect()
}

/// The twin of a letter in Cyrillic or Greek.
fn twin(c: char) -> Option<char> {
    let pairs = "aаeеoοcсpрxхyуiіsѕjјdԁhһqԛwԝaαoоAАBВCСEЕHНIІKКMМOОPРTТXХYΥvν";
    let characters: Vec<char> = pairs.chars().collect();
    characters
        .chunks(2)
        .find(|pair| pair[0] == c)
        .map(|pair| pair[1])
}

fn accented(c: char, draw: &mut Draw) -> Option<char> {
    let sets = [
        "aàáâãäåā",
        "eèéêëē",
        "iìíîï",
        "oòóôõöø",
        "uùúûü",
        "cç",
        "nñ",
        "yýÿ",
        "sš",
        "zž",
    ];
    let set: Vec<char> = sets
        .iter()
        .find(|set| set.starts_with(c))?
        .chars()
        .skip(1)
        .collect();
    Some(*draw.of(&set))
}

fn small_capital(c: char) -> Option<char> {
    let pairs = "aᴀbʙcᴄdᴅeᴇfꜰgɢhʜiɪjᴊkᴋlʟmᴍnɴoᴏpᴘrʀsꜱtᴛuᴜvᴠwᴡyʏzᴢ";
    let characters: Vec<char> = pairs.chars().collect();
    characters
        .chunks(2)
        .find(|pair| pair[0] == c)
        .map(|pair| pair[1])
}

/// The digit or sign that a reader reads as the letter.
fn digit(c: char, draw: &mut Draw) -> Option<char> {
    let signs = match c {
        'a' => ['@', '4'],
        'e' => ['3', '3'],
        'i' => ['1', '!'],
        'o' => ['0', '0'],
        's' => ['$', '5'],
        'l' => ['1', '1'],
        _ => return None,
    };
    Some(*draw.of(&signs))
}
