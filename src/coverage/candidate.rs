//! Candidates: the words and pairs of words of a post that a taxonomy might list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::config::entries;
use crate::feature::lexicon::{Lexicon, List};
use crate::feature::{Analysis, Analyzer};
use crate::text::{EntityKind, Language, Token, TokenKind};

/// Words without meaning for a topic, a line a language.
const STOP_WORDS: &str = include_str!("../../data/text/stop_words.tsv");

/// Letters of the longest word that is proposed; by hand. Longer ones are keys and
/// slips, not words.
const MAX_LETTERS: usize = 30;

/// A word or a pair of neighbours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    /// What is counted: folded, without the ending of its case or number.
    pub(super) key: String,
    /// As the author wrote it, in lower case.
    pub(super) form: String,
    /// Whether it is a pair.
    pub(super) pair: bool,
}

/// The candidates of a text that was prepared, sorted by key, each key once.
pub(super) fn candidates(original: &str, analysis: &Analysis, lexicon: &Lexicon) -> Vec<Candidate> {
    let folded = analysis.folded.as_str();
    let language = analysis.language.language;
    let mut found = Found {
        original,
        analysis,
        by_key: BTreeMap::new(),
    };
    // The word before, if nothing but white space stands between.
    let mut before: Option<(&Token, String, bool)> = None;
    for token in &analysis.tokens {
        let Some(text) = folded.get(token.start as usize..token.end as usize) else {
            continue;
        };
        let word = match token.kind {
            TokenKind::Word | TokenKind::Han => text,
            TokenKind::Entity(EntityKind::Hashtag) => {
                // A tag is written by its name: as a term it is found within the tag and without.
                let name = text.trim_matches(['#', ' ']);
                if is_telling(name, token, language, analysis, lexicon) {
                    let form = found.form(token.start, token.end);
                    let form = form.trim_matches(['#', '＃', ' ']).to_owned();
                    found.put(stem(name, language), form, false);
                }
                before = None;
                continue;
            }
            _ => {
                before = None;
                continue;
            }
        };
        let telling = is_telling(word, token, language, analysis, lexicon);
        let key = stem(word, language);
        // A single Han character is part of too many words to be a matter of its own.
        if telling && (token.kind != TokenKind::Han || word.chars().nth(1).is_some()) {
            found.put(key.clone(), found.form(token.start, token.end), false);
        }
        if let Some((first, first_key, first_telling)) = before.take()
            && telling
            && first_telling
            && let Some(gap) = gap(folded, first, token)
        {
            let form = found.form(first.start, token.end);
            found.put(format!("{first_key}{gap}{key}"), form, true);
        }
        before = Some((token, key, telling));
    }
    found.by_key.into_values().collect()
}

/// What stands between two words that make a pair: nothing in Han text, elsewhere one space; none
/// where they make no pair.
fn gap(folded: &str, first: &Token, second: &Token) -> Option<&'static str> {
    let han = second.kind == TokenKind::Han;
    let gap = folded.get(first.end as usize..second.start as usize)?;
    let joined = if han { "" } else { " " };
    (gap == joined && (first.kind == TokenKind::Han) == han).then_some(joined)
}

/// Candidates under construction, by key.
struct Found<'a> {
    original: &'a str,
    analysis: &'a Analysis,
    by_key: BTreeMap<String, Candidate>,
}

impl Found<'_> {
    /// The original text of a span of the folded one, in lower case.
    fn form(&self, start: u32, end: u32) -> String {
        let (from, to) = Analyzer::original(self.analysis, start, end);
        let form = self.original.get(from as usize..to as usize);
        form.unwrap_or_default().to_lowercase()
    }

    /// The first form of a key stays.
    fn put(&mut self, key: String, form: String, pair: bool) {
        self.by_key
            .entry(key.clone())
            .or_insert(Candidate { key, form, pair });
    }
}

/// Whether a word can name what a post is about: not a stop word, a number, or a word of feeling or
/// courtesy that the lexicons know.
fn is_telling(
    word: &str,
    token: &Token,
    language: Language,
    analysis: &Analysis,
    lexicon: &Lexicon,
) -> bool {
    let letters = word
        .chars()
        .filter(|character| character.is_alphabetic())
        .count();
    let han = token.kind == TokenKind::Han;
    if letters == 0
        || (letters < 3 && !han && word.is_ascii())
        || letters < 2 && !han
        || letters > MAX_LETTERS
    {
        return false;
    }
    if is_stop_word(word, language) {
        return false;
    }
    !analysis.hits.iter().any(|hit| {
        let covers = hit.start <= token.start && token.end <= hit.end;
        covers
            && lexicon
                .brief(hit.term)
                .is_some_and(|term| term.list.is_of_feeling() || term.list == List::Urgency)
    })
}

/// Whether a folded word says nothing about a topic.
pub(super) fn is_stop_word(word: &str, language: Language) -> bool {
    static WORDS: OnceLock<BTreeSet<String>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let mut words = BTreeSet::new();
        for line in entries(STOP_WORDS) {
            let Some((code, listed)) = line.split_once('\t') else {
                continue;
            };
            for word in listed.split(' ') {
                // A word of one language may be a topic of another: `den` and `cast`, say.
                words.insert(format!("{code} {word}"));
                words.insert(format!("{code} {}", plain(word)));
            }
        }
        words
    });
    let code = match language {
        language if language.is_chinese() => "zh",
        language => language.code(),
    };
    let listed = |code: &str| words.contains(&format!("{code} {word}"));
    // Where the language is not known, or has no list, any list counts: a stop word proposed as a
    // term costs an analyst more than a topic word that is missed.
    if matches!(code, "en" | "cs" | "zh") {
        listed(code) || listed("zh")
    } else {
        ["en", "cs", "zh"].into_iter().any(listed)
    }
}

/// Letters without their diacritics.
fn plain(word: &str) -> String {
    word.nfd()
        .filter(|character| !is_combining_mark(*character))
        .collect()
}

/// A word without the ending that its case or number gives it, roughly: forms that are counted
/// together. Never shown.
fn stem(word: &str, language: Language) -> String {
    let Some(first) = word.chars().next() else {
        return String::new();
    };
    if crate::text::han::is_han(first) {
        return word.to_owned();
    }
    let word = plain(word);
    let letters = word.chars().count();
    let kept = match language {
        Language::En => {
            let endings = ["ings", "ing", "ies", "ed", "es", "s", "e", "y"];
            let ending = endings
                .into_iter()
                .find(|ending| word.ends_with(ending) && letters >= ending.len() + 4);
            letters - ending.map_or(0, str::len)
        }
        // A stem by rules for each of 17 languages would be a dictionary; terms are shown as
        // written, so a rough key does no harm. Inflected languages: the beginning, so that
        // `výpadek`, `výpadku` and `výpadky` meet.
        _ => match letters {
            0..=4 => letters,
            5 => 4,
            6..=7 => 5,
            _ => 6,
        },
    };
    word.chars().take(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem_and_words_do_not() {
        for (language, forms) in [
            (Language::En, &["outage", "outages"][..]),
            (Language::En, &["ticket", "tickets", "ticketing"]),
            (Language::Cs, &["výpadek", "vypadku", "výpadky"]),
            (Language::Cs, &["signál", "signalu", "signály"]),
            (Language::Cs, &["Brodovice", "Brodovicích"]),
            (Language::ZhHans, &["断网"]),
        ] {
            let stems: BTreeSet<String> = forms.iter().map(|form| stem(form, language)).collect();
            assert_eq!(stems.len(), 1, "{stems:?}");
        }
        assert_ne!(stem("signal", Language::En), stem("sign", Language::En));
    }

    #[test]
    fn stop_words_hold_for_their_language() {
        assert!(
            is_stop_word("the", Language::En)
                && is_stop_word("kvuli", Language::Cs)
                && is_stop_word("什么", Language::ZhHant)
        );
        assert!(!is_stop_word("den", Language::En) && is_stop_word("kvůli", Language::Und));
        assert!(!is_stop_word("signal", Language::En));
    }
}
