//! Headlines: news with a link, in which nobody speaks, is addressed or asked.
//!
//! One such post says little, for customers write so too. An author who writes hardly anything else
//! is a feed; the [context](crate::state::context) counts them.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::config::entries;
use crate::feature::Analysis;
use crate::feature::lexicon::{Lexicon, List};
use crate::text::{EntityKind, TokenKind};

/// Words for who speaks and who is addressed (`data/text/persons.txt`).
static PERSONS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = entries(include_str!("../../data/text/persons.txt"));
    lines.flat_map(str::split_whitespace).collect()
});

/// Fewest words beside the link. Chosen by hand; not tuned.
const MIN_WORDS: usize = 3;
/// The strength of a listed request from which on a text asks: 1 is a question that may be there.
const ASKS: i8 = 2;

/// Whether a text that was read is a headline. A pure function, for any thread.
pub(crate) fn is_headline(analysis: &Analysis, lexicon: &Lexicon) -> bool {
    let has = |kind: EntityKind| analysis.entities.iter().any(|entity| entity.kind == kind);
    // Few posts have a link, and the rest costs nothing.
    if !has(EntityKind::Url) || has(EntityKind::Mention) {
        return false;
    }
    let asks = |hit: &crate::feature::lexicon::TermHit| {
        lexicon
            .brief(hit.term)
            .is_some_and(|term| term.list == List::Request && term.strength >= ASKS)
    };
    if analysis.hits.iter().any(asks) {
        return false;
    }
    let folded = analysis.folded.as_str();
    let mut words = 0;
    for token in &analysis.tokens {
        let Some(text) = folded.get(token.start as usize..token.end as usize) else {
            continue;
        };
        match token.kind {
            TokenKind::Symbol if text.starts_with(['?', '？', '!', '！']) => return false,
            TokenKind::Word | TokenKind::Han => {
                // "I'm" and "I’ll" are of the one who speaks.
                let stem = text.split(['\'', '’']).next().unwrap_or(text);
                if PERSONS.contains(text) || PERSONS.contains(stem) {
                    return false;
                }
                words += 1;
            }
            _ => {}
        }
    }
    words >= MIN_WORDS
}
