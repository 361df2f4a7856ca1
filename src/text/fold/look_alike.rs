//! Letters of other scripts that imitate those of a word.

use super::table::{Script, Tables, script};
use super::unit::Unit;

/// Latin letters from which on a text counts as Latin. Chosen by hand, not tuned: fewer may be a
/// name among letters of another script.
const LATIN_TEXT: usize = 8;

/// How much a letter says about the script of its word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// It has a twin that looks the same.
    Twin,
    /// It has a twin that looks the same only as a capital or in passing.
    Near,
    /// It has none.
    Own,
}

/// Letters of one side of a word.
#[derive(Clone, Copy, Default)]
struct Side {
    letters: u32,
    near: u32,
    own: u32,
}

impl Side {
    fn add(&mut self, weight: Weight) {
        self.letters += 1;
        self.near += u32::from(weight == Weight::Near);
        self.own += u32::from(weight == Weight::Own);
    }

    fn score(self) -> u32 {
        self.own * 2 + self.near
    }
}

/// Brings words of mixed scripts to the script of their unmistakable letters; true
/// if something changed.
///
/// A word wholly of one script stays as it is, and so does one with unmistakable letters of both:
/// that is two words without a space, not a disguise.
pub(super) fn unmask(tables: &Tables, units: &mut [Unit], original: &str, count: &mut u32) -> bool {
    let earlier = *count;
    unmask_foreign_words(units, count);
    let mut start = 0;
    while start < units.len() {
        let letters = |unit: &&Unit| script(unit.c) != Script::Other || tables.unsettled(unit.c);
        let length = units.iter().skip(start).take_while(letters).count();
        if let Some(word) = units
            .get_mut(start..start + length)
            .filter(|word| word.len() > 1)
        {
            unmask_word(word, original, count);
        }
        start += length + 1;
    }
    *count > earlier
}

/// In a Latin text without one letter that only Cyrillic has, a word of nothing but twins (`сору`)
/// is a Latin word.
fn unmask_foreign_words(units: &mut [Unit], count: &mut u32) {
    let (mut latin, mut cyrillic) = (0usize, 0usize);
    for unit in units.iter() {
        match script(unit.c) {
            Script::Latin => latin += 1,
            Script::Cyrillic => {
                // Letters that look the same only as capitals are left to the word they stand in.
                if !matches!(twin(unit.c, false), Some((_, Weight::Twin))) {
                    return;
                }
                cyrillic += 1;
            }
            Script::Greek | Script::Other => {}
        }
    }
    // A Russian text with a Latin word stays Russian, and so does a short text.
    if cyrillic == 0 || latin < cyrillic.max(LATIN_TEXT) {
        return;
    }
    for unit in units.iter_mut() {
        if let (Script::Cyrillic, Some((plain, _))) = (script(unit.c), twin(unit.c, false)) {
            unit.c = plain;
            *count += 1;
        }
    }
}

fn unmask_word(word: &mut [Unit], original: &str, count: &mut u32) {
    let (mut latin, mut cyrillic, mut greek) = (Side::default(), Side::default(), Side::default());
    for unit in word.iter() {
        match script(unit.c) {
            Script::Latin => latin.add(latin_weight(unit.c)),
            Script::Cyrillic => {
                cyrillic.add(twin(unit.c, false).map_or(Weight::Own, |(_, weight)| weight))
            }
            Script::Greek => {
                greek.add(twin(unit.c, false).map_or(Weight::Own, |(_, weight)| weight))
            }
            Script::Other => {}
        }
    }
    let others = Side {
        letters: cyrillic.letters + greek.letters,
        near: cyrillic.near + greek.near,
        own: cyrillic.own + greek.own,
    };
    if latin.letters == 0 || others.letters == 0 {
        return;
    }
    // The letters that can be of one script only decide; where there are none, the majority does.
    let mut latin_leads = latin.score() > others.score()
        || (latin.score() == others.score() && latin.letters >= others.letters);
    if word
        .iter()
        .any(|unit| script(unit.c) == Script::Greek && unit.c != 'ο')
    {
        // Formulas (αx, ρv) mix Greek with Latin letters honestly; an omicron is in none.
        latin_leads &= latin.own > 0 && latin.letters > greek.letters;
    }
    if others.own == 0 && latin_leads {
        for unit in word.iter_mut() {
            let capital = original
                .get(unit.start as usize..)
                .and_then(|rest| rest.chars().next());
            let capital = capital.is_some_and(char::is_uppercase);
            if let (Script::Cyrillic | Script::Greek, Some((plain, _))) =
                (script(unit.c), twin(unit.c, capital))
            {
                unit.c = plain;
                *count += 1;
            }
        }
    // The reverse: a Cyrillic word in which Latin letters hide.
    } else if latin.own == 0 && greek.letters == 0 && cyrillic.score() > latin.score() {
        for unit in word.iter_mut() {
            if let Some(letter) = cyrillic_twin(unit.c) {
                unit.c = letter;
                *count += 1;
            }
        }
    }
}

fn latin_weight(c: char) -> Weight {
    match c {
        'a' | 'c' | 'e' | 'i' | 'j' | 'o' | 'p' | 's' | 'x' | 'y' => Weight::Twin,
        'b' | 'h' | 'k' | 'm' | 't' => Weight::Near,
        _ => Weight::Own,
    }
}

/// The Latin twin of a Cyrillic or Greek letter. Which one it is may depend on the case of the
/// original (Η looks like H, but η like n); whether there is one does not, so that folding again
/// decides the same.
fn twin(c: char, capital: bool) -> Option<(char, Weight)> {
    use Weight::{Near, Twin};
    Some(match c {
        'а' | 'α' => ('a', Twin),
        'е' | 'ε' => ('e', Twin),
        'о' | 'ο' => ('o', Twin),
        'р' | 'ρ' => ('p', Twin),
        'с' | 'ϲ' => ('c', Twin),
        'у' | 'ү' => ('y', Twin),
        'υ' => (if capital { 'y' } else { 'u' }, Twin),
        'х' | 'χ' => ('x', Twin),
        'і' | 'ι' => ('i', Twin),
        'ѕ' => ('s', Twin),
        'ј' | 'ϳ' => ('j', Twin),
        'ԁ' => ('d', Twin),
        'һ' => ('h', Twin),
        'ԛ' => ('q', Twin),
        'ԝ' => ('w', Twin),
        'ӏ' => ('l', Twin),
        'ѵ' => ('v', Twin),
        'ν' => (if capital { 'n' } else { 'v' }, Twin),
        'ё' => ('ë', Twin),
        'ї' => ('ï', Twin),
        'в' | 'β' => ('b', Near),
        'н' => ('h', Near),
        'η' => (if capital { 'h' } else { 'n' }, Near),
        'к' | 'κ' => ('k', Near),
        'м' => ('m', Near),
        'т' | 'τ' => ('t', Near),
        _ => return None,
    })
}

fn cyrillic_twin(c: char) -> Option<char> {
    Some(match c {
        'a' => 'а',
        'c' => 'с',
        'e' => 'е',
        'i' => 'і',
        'j' => 'ј',
        'o' => 'о',
        'p' => 'р',
        's' => 'ѕ',
        'x' => 'х',
        'y' => 'у',
        'b' => 'в',
        'h' => 'н',
        'k' => 'к',
        'm' => 'м',
        't' => 'т',
        _ => return None,
    })
}
