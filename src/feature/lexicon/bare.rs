//! Spellings of Czech terms without their diacritics.

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

use super::{List, Term};
use crate::stats::hash::of_text;
use crate::text::Language;

/// Words that, without their diacritics, are other words of Czech or English.
const AMBIGUOUS_WITHOUT_DIACRITICS: &[&str] = &[
    "bit", "byt", "cast", "cest", "cist", "dal", "dale", "das", "des", "dost", "drat", "dum",
    "hrat", "jed", "jist", "jiste", "kaz", "lip", "lita", "mate", "mine", "mit", "nez", "nove",
    "pal", "pali", "pane", "pani", "para", "past", "pec", "pit", "plane", "plat", "plati", "pot",
    "prach", "prave", "rad", "rada", "radi", "rady", "red", "sam", "same", "sila", "sine", "sok",
    "stale", "star", "stare", "stat", "syn", "ted", "tim", "zad", "zada", "zase", "zast", "zit",
    "zla", "zle", "znam",
];

/// The spelling of a term without its diacritics, where posts may have it: Czech people often type
/// so on a telephone. A spelling that is another term's, or another word, stays out; monitored
/// terms are an embedder's own choice and only have to be unambiguous. `listed` are the hashes of
/// those words, sorted.
pub(super) fn typed_bare(term: &Term, listed: &[u64]) -> Option<String> {
    let monitored = term.list.is_monitored();
    if term.language != Language::Cs && !(monitored && term.language == Language::Und) {
        return None;
    }
    // The other words of a construction say which word is meant.
    if term.list == List::Turn {
        return without_diacritics(&term.text);
    }
    without_diacritics(&term.text).filter(|bare| {
        (monitored || listed.binary_search(&of_text(bare)).is_err()) && is_unambiguous(bare)
    })
}

/// `text` without its diacritics, if it has any.
fn without_diacritics(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let mut bare = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            bare.push(character);
            continue;
        }
        // Marks are left out, so their order does not matter.
        decompose_canonical(character, |part| {
            if !is_combining_mark(part) {
                bare.push(part);
            }
        });
    }
    (bare != text).then_some(bare)
}

/// Whether a Czech term without its diacritics can still be taken for itself.
fn is_unambiguous(bare: &str) -> bool {
    // Short spellings are other words too often; a stem is more so than a whole word.
    let least = if bare.ends_with('*') { 5 } else { 3 };
    bare.chars().count() >= least && !AMBIGUOUS_WITHOUT_DIACRITICS.contains(&bare)
}
