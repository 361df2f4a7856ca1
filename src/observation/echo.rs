//! Posts that say nothing of their own but agree with what they answer.
//!
//! A list of phrases (`data/text/echo.tsv`) covers the text or begins it. A missed agreement is
//! preferred to one seen in a post that has something to say, because an echo takes topics and
//! sentiment from its parent.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::feature::Analysis;
use crate::feature::lexicon::{Lexicon, List};
use crate::text::{Entity, EntityKind, Folder};

/// The longest folded text that can be an echo, in bytes: a bound on time, and who writes more has
/// something to say (chosen by hand; not tuned).
const MAX_BYTES: usize = 96;
/// Most words of place or time that may follow a phrase that agrees (chosen by hand on the replies
/// of the sample; `docs/measured/context.md` has what is found).
const MAX_TAIL: usize = 4;
/// As above in a text with Han characters, where each character counts as a word; by hand on
/// the same replies.
const MAX_HAN_TAIL: usize = 6;

/// What a phrase may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Agrees; a few words may follow.
    Lead,
    /// Agrees where nothing else stands with it.
    Whole,
    /// May stand with a phrase that agrees.
    Filler,
}

/// The phrases by their first words.
type Phrases = BTreeMap<String, Vec<Phrase>>;

/// A phrase behind its first word.
struct Phrase {
    rest: Vec<String>,
    rule: Rule,
}

fn phrases() -> &'static Phrases {
    static PHRASES: OnceLock<Phrases> = OnceLock::new();
    PHRASES.get_or_init(|| {
        let folder = Folder::new();
        let mut phrases = Phrases::new();
        for line in include_str!("../../data/text/echo.tsv").lines() {
            let Some((rule, phrase)) = line.split_once('\t') else {
                continue;
            };
            let rule = match rule {
                "lead" => Rule::Lead,
                "whole" => Rule::Whole,
                _ => Rule::Filler,
            };
            let folded = folder.fold_term(phrase);
            let mut words = words(&folded, 0).map(|(_, word)| word.to_owned());
            let Some(first) = words.next() else { continue };
            let rest = words.collect();
            let begun = phrases.entry(first).or_default();
            // What folding makes one phrase of two has the rule of the last.
            begun.retain(|phrase| phrase.rest != rest);
            begun.push(Phrase { rest, rule });
        }
        // The longest first: "same here" agrees, "same" alone may not.
        let of_words = |phrase: &Phrase| std::cmp::Reverse(phrase.rest.len());
        for begun in phrases.values_mut() {
            begun.sort_by_key(of_words);
        }
        phrases
    })
}

fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

/// The words of a folded text with their first bytes, counted from `start`: each Han character is
/// one; signs part them, but for `+` and an apostrophe.
fn words(text: &str, start: usize) -> impl Iterator<Item = (usize, &str)> {
    let is_inside = |c: char| is_han(c) || c.is_alphanumeric() || matches!(c, '+' | '\'' | '’');
    let mut at = 0;
    std::iter::from_fn(move || {
        let from = at + text.get(at..)?.find(is_inside)?;
        let mut rest = text.get(from..)?.chars();
        let first = rest.next()?;
        at = from + first.len_utf8();
        if !is_han(first) {
            let goes_on = |c: &char| is_inside(*c) && !is_han(*c) && *c != '+';
            at += rest.take_while(goes_on).map(char::len_utf8).sum::<usize>();
        }
        Some((start + from, text.get(from..at)?))
    })
}

/// Whether a text that was read only agrees ("same here", `+1`, `同问`, `já taky`).
pub(crate) fn is_echo(analysis: &Analysis, lexicon: &Lexicon) -> bool {
    let text = analysis.folded.as_str();
    // "me too?" asks; it does not agree.
    if text.is_empty() || text.len() > MAX_BYTES || text.contains('?') {
        return false;
    }
    let Some(words) = spoken(analysis) else {
        return false;
    };
    let phrases = phrases();
    let mut words = words.peekable();
    // Most posts begin with no phrase, and are spared the rest: 6,500 instructions of an English
    // post of the sample.
    if !words
        .peek()
        .is_some_and(|(_, first)| phrases.contains_key(*first))
    {
        return false;
    }
    let words: Vec<(usize, &str)> = words.collect();
    let (mut agrees, mut leads, mut at) = (false, false, 0);
    while let Some((_, first)) = words.get(at) {
        let behind = words.get(at + 1..).unwrap_or_default();
        let stands = |phrase: &&Phrase| {
            let behind = behind.get(..phrase.rest.len());
            behind.is_some_and(|behind| behind.iter().map(|(_, word)| *word).eq(&phrase.rest))
        };
        let Some(phrase) = phrases
            .get(*first)
            .and_then(|begun| begun.iter().find(stands))
        else {
            break;
        };
        agrees |= phrase.rule != Rule::Filler;
        leads |= phrase.rule == Rule::Lead;
        at += 1 + phrase.rest.len();
    }
    let Some((from, _)) = words.get(at) else {
        return agrees;
    };
    let han = text.chars().any(is_han);
    let short = words.len() - at <= if han { MAX_HAN_TAIL } else { MAX_TAIL };
    // A feeling, a wish or a "but" in the tail is more than agreement.
    let silent = || {
        analysis
            .hits
            .iter()
            .all(|hit| hit.end as usize <= *from || !is_content(lexicon, hit.term))
    };
    leads && short && silent()
}

/// Whether a listed term is more than a name, a topic or an emphasis: a feeling, a harm, a wish.
fn is_content(lexicon: &Lexicon, term: u32) -> bool {
    lexicon.term(term).is_some_and(|term| {
        !matches!(
            term.list,
            List::Name | List::Topic(_) | List::Intensifier | List::Urgency
        )
    })
}

/// The words of a text without its entities that say nothing; none if it has others, such
/// as a link.
fn spoken(analysis: &Analysis) -> Option<impl Iterator<Item = (usize, &str)>> {
    let (text, entities) = (analysis.folded.as_str(), &analysis.entities);
    let says_nothing = |entity: &Entity| {
        matches!(
            entity.kind,
            EntityKind::Mention | EntityKind::Emoji | EntityKind::Emoticon | EntityKind::Hashtag
        )
    };
    // A link, a number or an order may be all that the post is about.
    if !entities.iter().all(says_nothing) {
        return None;
    }
    let begins = entities.iter().map(|entity| entity.end as usize);
    let ends = entities.iter().map(|entity| entity.start as usize);
    let between = std::iter::once(0)
        .chain(begins)
        .zip(ends.chain(std::iter::once(text.len())));
    Some(between.flat_map(|(from, to)| words(text.get(from..to).unwrap_or_default(), from)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::feature::Analyzer;

    #[test]
    fn every_phrase_has_a_rule_and_stands_once() {
        let mut known = BTreeSet::new();
        for line in include_str!("../../data/text/echo.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
        {
            let (rule, phrase) = line.split_once('\t').expect("two columns");
            assert!(["lead", "whole", "filler"].contains(&rule), "{line}");
            assert!(known.insert(phrase), "{line}");
        }
    }

    #[test]
    fn agreement_is_distinguished_from_what_says_more() {
        let echoes = [
            "+1",
            "+1!!!",
            "@brand +1 😡",
            "Same here",
            "same here 😤😤",
            "@a @b me too!!",
            "Me too, since Monday",
            "Ditto.",
            "yes, same here",
            "+1 from Leeds",
            "SAME SAME SAME",
            "#fail same problem",
            "já taky",
            "Ja taky :(",
            "u nás taky",
            "U nas taky, Beroun",
            "i u nás",
            "to samé 🙄",
            "přidávám se",
            "jo, přesně tak",
            "同问",
            "同問",
            "我也是！！",
            "我也是，朝阳区的",
            "我也是欸",
            "一样",
            "一樣一樣",
            "+1 +1",
            "已经+1",
            "樓上+1",
            "推 同感",
            "确实[泪]",
        ];
        let others = [
            "",
            "?",
            "!!!",
            "😡",
            "@brand",
            "me too?",
            "same old story every Monday morning with these people here",
            "not me",
            "same day delivery",
            "this app is terrible",
            "me too but mine arrived",
            "me too, and the chat is broken again",
            "+1 https://example.com/x",
            "+1 555 123 4567",
            "yes",
            "now",
            "here",
            "again",
            "ja ne",
            "u nás v pohodě",
            "taky čekám na odpověď",
            "děkuji",
            "我的正常",
            "我也是服了你们的态度",
            "一样的价格为什么质量差这么多",
            "同城快递几天到",
            "真的",
            "推",
            "现在",
            "same here, works great now",
            "exactly what I ordered",
            "true colours of this company",
        ];
        let analyzer = Analyzer::bundled().expect("the bundled lists are sound");
        let mut analysis = Analysis::default();
        let mut is = |text: &str| {
            analyzer.prepare(text, &mut analysis);
            is_echo(&analysis, analyzer.lexicon())
        };
        let missed: Vec<&str> = echoes.into_iter().filter(|text| !is(text)).collect();
        let wrong: Vec<&str> = others.into_iter().filter(|text| is(text)).collect();
        assert_eq!((missed, wrong), (vec![], vec![]));
    }
}
