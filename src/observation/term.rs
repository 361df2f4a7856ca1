//! What a text is about in its own words, for terms that nobody listed.

use serde::{Deserialize, Serialize};
use std::sync::{Arc, LazyLock};

use crate::config::entries;
use crate::cut::at_most;
use crate::feature::{Analysis, Analyzer};
use crate::mask::Span;
use crate::text::spelling::Spellings;
use crate::text::{EntityKind, TokenKind};

/// Words that say nothing of what a post is about.
const COMMON: &str = include_str!("../../data/trend/common_words.txt");

static COMMON_WORDS: LazyLock<Spellings> =
    LazyLock::new(|| entries(COMMON).flat_map(str::split_whitespace).collect());

/// Most hashtags of a text, and most words; the first ones are kept (a bound on memory and time,
/// chosen by hand).
const MAX_TERMS: usize = 40;
/// The shortest word of a spaced script and the shortest Han string, in characters (convention:
/// shorter ones are mostly particles).
const MIN_WORD: usize = 3;
const MIN_HAN: usize = 2;
/// The longest string that is made of single Han characters, in characters: what no dictionary
/// knows. Names and new words have two to four (convention).
const MAX_UNKNOWN: usize = 4;
/// Bytes of the longest term, and of the longest name of a series, that is kept; longer ones are
/// cut. A bound on memory, chosen by hand: anybody may write a word or a hashtag of any length.
pub(crate) const MAX_TERM: usize = 96;
/// The longest pair of words, in characters (a bound on memory).
const MAX_PAIR: usize = 32;

/// Kinds of hashtags that Weibo and Xiaohongshu write into them, as the fold leaves them.
const TAG_KINDS: [&str; 8] = [
    "话题", "話題", "超话", "超話", "地点", "地點", "音乐", "音樂",
];

/// The hashtags of a text, and its words, pairs of neighbouring words and unknown Han strings,
/// each once, folded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Hashtags without their signs.
    pub hashtags: Vec<Box<str>>,
    /// Words, pairs and strings.
    pub words: Arc<[Box<str>]>,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms {
            hashtags: Vec::new(),
            words: Arc::new([]),
        }
    }
}

/// The terms of a text that was prepared, without those that touch what is `personal` in it. A pure
/// function, for any thread.
pub(crate) fn terms(analysis: &Analysis, personal: &[Span]) -> Terms {
    let folded = analysis.folded.as_str();
    let mut words = Gathered::default();
    // The neighbour before, if nothing but a space stands between, and whether it is Han
    // and says something.
    let mut before: Option<(usize, usize, bool, bool)> = None;
    let mut single: Option<(usize, usize)> = None;
    for token in &analysis.tokens {
        let (start, end) = (token.start as usize, token.end as usize);
        let Some(text) = folded.get(start..end) else {
            continue;
        };
        let han = match token.kind {
            TokenKind::Word if !is_personal(analysis, token.start, token.end, personal) => false,
            TokenKind::Han if !is_personal(analysis, token.start, token.end, personal) => true,
            _ => {
                (before, single) = (None, None);
                continue;
            }
        };
        let characters = text.chars().count();
        let long = characters >= if han { MIN_HAN } else { MIN_WORD };
        let says =
            long && !text.chars().all(|c| c.is_ascii_digit()) && !COMMON_WORDS.contains(text);
        // Common words and bare numbers rise with every rise of posts.
        if says {
            words.put(text);
        }
        if let Some((from, to, was_han, said)) = before
            && was_han == han
            && says
            && said
            && folded
                .get(to..start)
                .is_some_and(|between| between.chars().all(char::is_whitespace))
            && let Some(pair) = folded.get(from..end)
            && pair.chars().count() <= MAX_PAIR
        {
            words.put(pair);
        }
        // Single Han characters in a row are a word that the dictionary does not know.
        single = match (han && characters == 1, single) {
            (true, Some((from, to))) if to == start => {
                let string = folded.get(from..end).unwrap_or_default();
                let length = string.chars().count();
                if length > MIN_HAN && length <= MAX_UNKNOWN {
                    words.put(string);
                }
                Some((from, end))
            }
            (true, _) => Some((start, end)),
            (false, _) => None,
        };
        before = Some((start, end, han, says));
    }
    Terms {
        hashtags: hashtags(analysis, personal),
        words: words.terms.into(),
    }
}

/// Whether the folded bytes `start..end` touch a personal value.
fn is_personal(analysis: &Analysis, start: u32, end: u32, personal: &[Span]) -> bool {
    if personal.is_empty() {
        return false;
    }
    let (start, end) = Analyzer::original(analysis, start, end);
    let touches =
        |span: &Span| span.original.start < end as usize && (start as usize) < span.original.end;
    personal.iter().any(touches)
}

fn hashtags(analysis: &Analysis, personal: &[Span]) -> Vec<Box<str>> {
    let folded = analysis.folded.as_str();
    let mut hashtags = Gathered::default();
    for entity in analysis
        .entities
        .iter()
        .filter(|entity| entity.kind == EntityKind::Hashtag)
        .filter(|entity| !is_personal(analysis, entity.start, entity.end, personal))
    {
        let name = folded
            .get(entity.start as usize..entity.end as usize)
            .unwrap_or_default();
        hashtags.put(tag_name(name.trim_matches(['#', '＃'])));
    }
    hashtags.terms
}

/// The name of a hashtag without what the network puts behind it to say what kind of page it leads
/// to: `奶茶[话题]`, `话题[超话]`.
fn tag_name(tag: &str) -> &str {
    let Some(inside) = tag.strip_suffix(']') else {
        return tag;
    };
    match inside.rsplit_once('[') {
        Some((name, kind)) if !name.is_empty() && TAG_KINDS.contains(&kind) => name.trim_end(),
        _ => tag,
    }
}

/// Terms as they are found, each once.
#[derive(Default)]
struct Gathered {
    terms: Vec<Box<str>>,
    /// A bit for each term, by its length and ends: most terms are distinguished by it from all
    /// before, which are then not looked through.
    seen: u128,
}

impl Gathered {
    fn put(&mut self, term: &str) {
        let term = at_most(term, MAX_TERM);
        let [Some(first), Some(last)] = [term.bytes().next(), term.bytes().next_back()] else {
            return;
        };
        if self.terms.is_empty() {
            self.terms.reserve(MAX_TERMS);
        }
        let mixed = usize::from(first) * 7 + usize::from(last) * 31 + term.len();
        let bit = 1u128 << (mixed % 128);
        let is_known = self.seen & bit != 0 && self.terms.iter().any(|known| **known == *term);
        if self.terms.len() < MAX_TERMS && !is_known {
            self.seen |= bit;
            self.terms.push(term.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_word_is_known() {
        let words = entries(COMMON).flat_map(str::split_whitespace);
        for word in words {
            assert!(COMMON_WORDS.contains(word), "{word} is too long");
        }
    }
}
