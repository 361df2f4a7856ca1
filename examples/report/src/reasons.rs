//! Reasons in the language of the page: phrases of `labels/reasons.toml`, put together as the
//! English ones are.

use std::sync::OnceLock;

use hearken::text::Language;
use serde::Deserialize;

use crate::labels::filled;

const FILE: &str = include_str!("../labels/reasons.toml");
/// Fields of a phrase that hold what stays as it is: words of customers, names, identifiers.
const KEPT: [&str; 4] = ["term", "name", "names", "post"];
/// How deep phrases stand in each other at most: a case names its campaign, that its accounts, and
/// these a span. A bound, by hand.
const DEPTH: usize = 8;

/// A clause of a reason, in each language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrase {
    en: String,
    cs: String,
    #[serde(rename = "zh-Hans")]
    zh_hans: String,
    #[serde(rename = "zh-Hant")]
    zh_hant: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrases {
    phrase: Vec<Phrase>,
}

/// A reason in another language than English; none where a clause of it is not in the table, or
/// there is no such language.
///
/// ```
/// use hearken::text::Language;
///
/// let said = hearken_report::translated("asks: “where”; a complaint", Language::Cs);
/// assert_eq!(said.as_deref(), Some("ptá se: „where“; stížnost"));
/// ```
pub fn translated(reason: &str, language: Language) -> Option<String> {
    static READ: OnceLock<Phrases> = OnceLock::new();
    // A broken file is ruled out by a test; then reasons are English.
    let phrases = READ.get_or_init(|| toml::from_str(FILE).unwrap_or_default());
    let marks = match language {
        Language::Cs => ["; ", ", "],
        Language::ZhHans | Language::ZhHant => ["；", "，"],
        _ => return None,
    };
    let translator = Translator {
        phrases,
        language,
        marks,
    };
    translator.translate(reason, DEPTH)
}

struct Translator<'p> {
    phrases: &'p Phrases,
    language: Language,
    /// What stands between clauses where English has `; ` and `, `.
    marks: [&'static str; 2],
}

impl Translator<'_> {
    fn translate(&self, text: &str, depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
        if text.chars().all(is_number) {
            return Some(text.to_owned());
        }
        // A phrase may hold a comma of its own, but no semicolon: the wider mark comes first. What
        // its fields hold has a comma only where nothing else fits: `743 followers, 1 likes`.
        self.joined(text, "; ", self.marks[0], depth)
            .or_else(|| self.fitting(text, false, depth))
            .or_else(|| self.joined(text, ", ", self.marks[1], depth))
            .or_else(|| self.fitting(text, true, depth))
    }

    /// Clauses between marks, each by itself; none if there is only one.
    fn joined(&self, text: &str, mark: &str, other: &str, depth: usize) -> Option<String> {
        let clauses = clauses(text, mark);
        if clauses.len() < 2 {
            return None;
        }
        let clauses = clauses
            .into_iter()
            .map(|clause| self.translate(clause, depth));
        Some(clauses.collect::<Option<Vec<String>>>()?.join(other))
    }

    /// The first phrase that fits, with what it holds; `commas` says whether its fields may hold
    /// several clauses.
    fn fitting(&self, text: &str, commas: bool, depth: usize) -> Option<String> {
        self.phrases.phrase.iter().find_map(|phrase| {
            let held = self.held(&phrase.en, text, commas, depth)?;
            let held: Vec<(&str, &str)> =
                held.iter().map(|(name, value)| (*name, &**value)).collect();
            Some(filled(self.own(phrase), &held))
        })
    }

    /// What the fields of an English phrase hold, translated, if the text is that phrase: each as
    /// little as it can, so that all can be said.
    fn held<'p>(
        &self,
        phrase: &'p str,
        text: &str,
        commas: bool,
        depth: usize,
    ) -> Option<Vec<(&'p str, String)>> {
        let Some((before, after)) = phrase.split_once('{') else {
            return (phrase == text).then(Vec::new);
        };
        let (name, rest) = after.split_once('}')?;
        let text = text.strip_prefix(before)?;
        let until = rest.split('{').next().unwrap_or_default();
        let ends: Vec<usize> = match rest.is_empty() {
            true => vec![text.len()],
            false => text.match_indices(until).map(|found| found.0).collect(),
        };
        ends.into_iter().filter(|&end| end > 0).find_map(|end| {
            let (value, behind) = text.split_at_checked(end)?;
            let said = match name {
                // A word in quotes ends at the quote.
                "term" if value.contains('”') => return None,
                _ if KEPT.contains(&name) => value.to_owned(),
                "n" => ordinal(value)?.to_owned(),
                _ if !commas && clauses(value, ", ").len() > 1 => return None,
                _ => self.translate(value, depth)?,
            };
            let mut held = self.held(rest, behind, commas, depth)?;
            held.insert(0, (name, said));
            Some(held)
        })
    }

    fn own<'a>(&self, phrase: &'a Phrase) -> &'a str {
        match self.language {
            Language::Cs => &phrase.cs,
            Language::ZhHans => &phrase.zh_hans,
            _ => &phrase.zh_hant,
        }
    }
}

/// A text cut at a mark, but not within quotes.
fn clauses<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
    let (mut clauses, mut begun, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '“' => quoted = true,
            '”' => quoted = false,
            _ if at >= begun && !quoted && begins(text, at, mark) => {
                clauses.push(text.get(begun..at).unwrap_or_default());
                begun = at + mark.len();
            }
            _ => {}
        }
    }
    clauses.push(text.get(begun..).unwrap_or_default());
    clauses
}

fn begins(text: &str, at: usize, mark: &str) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(mark))
}

/// The number of `1st`, `2nd`, `11th`.
fn ordinal(text: &str) -> Option<&str> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn fields(text: &str) -> BTreeSet<&str> {
        let parts = text.split('{').skip(1);
        parts
            .filter_map(|part| Some(part.split_once('}')?.0))
            .collect()
    }

    #[test]
    fn every_phrase_has_every_language_and_its_fields() {
        let phrases: Phrases = toml::from_str(FILE).expect("the phrases");
        let mut known = BTreeSet::new();
        for phrase in &phrases.phrase {
            assert!(known.insert(&phrase.en), "twice: {}", phrase.en);
            for other in [&phrase.cs, &phrase.zh_hans, &phrase.zh_hant] {
                assert_eq!(fields(other), fields(&phrase.en), "{other}");
            }
            let is_chinese = |text: &str| text.chars().any(|c| ('一'..='鿿').contains(&c));
            let bare = |text: &str| text.starts_with("“{term}”") || text.starts_with("{a} (");
            assert!(
                is_chinese(&phrase.zh_hans) && is_chinese(&phrase.zh_hant) || bare(&phrase.en),
                "{}",
                phrase.en
            );
        }
    }

    #[test]
    fn phrases_stand_in_each_other_and_what_customers_wrote_stays() {
        for (english, czech) in [
            ("743 followers, 1 likes", "sledující: 743, líbí se: 1"),
            (
                "a child in danger; harm if late: “got, so; hot” (safety), “送医” (health)",
                "dítě v ohrožení; škoda při zpoždění: „got, so; hot“ (bezpečí), „送医“ (zdraví)",
            ),
            (
                "3rd message in 2 days without an answer; tried chat, mail and twitter before",
                "3. zpráva za 2 d bez odpovědi; předtím zkusil: chat, mail and twitter",
            ),
            (
                "before p: 1: 131.4 (importance 71 + waiting 60.4) against 90.0 (importance 60 + \
                 waiting 30.0); 2 days past its 8 hours of business time",
                "před p: 1: 131.4 (důležitost 71 + čekání 60.4) proti 90.0 (důležitost 60 + \
                 čekání 30.0); 2 d po termínu 8 h pracovní doby",
            ),
        ] {
            let said = translated(english, Language::Cs);
            assert_eq!(said.as_deref(), Some(czech), "{english}");
        }
        for unknown in ["no such reason", "a question; no such reason", "", "“a"] {
            let said = translated(unknown, Language::Cs);
            assert!(said.is_none_or(|said| said == unknown), "{unknown}");
        }
        assert_eq!(translated("a question", Language::En), None);
    }
}
