//! Lexicons: lists of terms with strengths, matched in one pass over the folded text.
//!
#![doc = include_str!("../../../docs/design/lexicon.md")]

mod bare;
mod builder;
mod edge;
mod search;
mod silence;

use std::fmt;
use std::ops::RangeInclusive;

pub use builder::LexiconBuilder;
pub(crate) use builder::{MAX_TERM, fold_listed};
use edge::{Around, Edge};
use search::Search;
pub(super) use silence::Silence;

use super::Roles;
use super::turn::Turns;
use crate::text::part::Beside;
use crate::text::trie::{self, Trie};
use crate::text::{Language, Token, TokenKind};

/// What a list of terms says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// Good or bad feeling; strength −3 to 3.
    Sentiment,
    /// Turns what follows (or precedes) into its opposite.
    Negation,
    /// Strengthens (1 to 2) or weakens (−1 to −2) what it stands beside.
    Intensifier,
    /// What follows counts more than what came before.
    Contrast,
    /// It can't wait; strength 1 to 3.
    Urgency,
    /// Harm if answered late; strength 1 to 3.
    Harm,
    /// Asks for an answer; strength 1 to 3.
    Request,
    /// Thanks and greetings.
    Thanks,
    /// Insults; strength 1 to 3.
    Insult,
    /// Contact words and offers of spam; strength 1 to 3.
    Contact,
    /// Set phrases of a message that needs no answer, by kind (see
    /// [`Notice`](crate::triage::Notice)). No feature of any head.
    Notice,
    /// The roles of a report of a scam (see `feature::report`); told together they are one feature.
    Report,
    /// The parts of an accident, by role (see [`Accident`](crate::triage::Accident)). No feature
    /// of any head.
    Accident,
    /// A word of the constructions that say the opposite of their words (see `feature::turn`); 1.
    Turn,
    /// A name that only sounds like something else: what is listed inside it stays silent, and its
    /// words are not features.
    Name,
    /// A name of the brand that the posts are about; found in `@name` too.
    Brand,
    /// The topic of this index in the taxonomy; strength 1 to 3.
    Topic(u16),
    /// A list of monitored terms, by its number (see [`crate::terms`]); strength is its severity, 1
    /// to 3. No feature of any head.
    Monitored(u16),
}

/// One term of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The list it stands in.
    pub list: List,
    /// As folded, with the `*` of its open ends.
    pub text: String,
    /// How strongly it is evidence for its list; see [`List`]. 0: it only masks shorter terms.
    pub strength: i8,
    /// The language it was listed for.
    pub language: Language,
    /// The kind within the list (of harm: `safety`, `money` …), empty where there is none.
    pub kind: String,
}

/// A term found in a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermHit {
    /// Which term: see [`Lexicon::term`].
    pub term: u32,
    /// Its first byte in the folded text.
    pub start: u32,
    /// One past its last byte in the folded text.
    pub end: u32,
}

/// All lists, compiled into one trie; immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    terms: Vec<Term>,
    /// What is asked of every hit, apart from the texts: it fits a core's own cache.
    briefs: Vec<Brief>,
    /// Walked from where a term may start, and never back: terms of letters start where tokens do,
    /// so most bytes of a text of letters are never looked at.
    trie: Trie,
    /// For each byte whether terms start with it, [`LETTER`] and [`OTHER`].
    firsts: Vec<u8>,
    /// For each text in the trie the range of its uses.
    patterns: Vec<(u32, u32)>,
    uses: Vec<Use>,
    /// What follows the first open end of the uses that have more than one part.
    rests: Vec<Vec<String>>,
    /// The constructions that say the opposite of their words.
    turns: Turns,
}

/// A term's list, strength and roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brief {
    /// The list it stands in.
    pub list: List,
    /// How strongly it is evidence for its list.
    pub strength: i8,
    /// Its roles, where its list has roles.
    pub(crate) roles: Roles,
}

/// A term that starts with a letter or digit of a spaced script.
const LETTER: u8 = 1;
/// A term that starts with anything else.
const OTHER: u8 = 2;

/// One term that a pattern may stand for.
#[derive(Clone, Copy, Debug)]
struct Use {
    term: u32,
    list: List,
    language: Language,
    /// The place of its list among all lists that are used, for the resolution of overlaps.
    slot: u8,
    left: Edge,
    right: Edge,
    /// Length of the listed text in characters.
    length: u16,
    /// The index in `rests`, where there is one.
    rest: Option<u32>,
    mask: bool,
    /// What stands around it in longer words that don't mean it.
    accidents: &'static [Beside],
}

impl Use {
    /// Whether it has one part, and no longer words that don't mean it.
    #[inline]
    fn is_simple(&self) -> bool {
        self.rest.is_none() && self.accidents.is_empty()
    }
}

/// One slot for each list that is used; a stack array of this size resolves overlaps. It holds the
/// bundled lists and the 200 topics of the largest taxonomy, rounded up to a power of two.
const SLOTS: usize = 256;

impl List {
    /// The lists that have a file each in `data/lexicons`.
    pub(crate) const BUNDLED: [List; 13] = [
        List::Sentiment,
        List::Negation,
        List::Intensifier,
        List::Contrast,
        List::Urgency,
        List::Harm,
        List::Request,
        List::Thanks,
        List::Insult,
        List::Contact,
        List::Notice,
        List::Accident,
        List::Report,
    ];

    /// Whether its terms name things and events, which longer words are built of: who writes
    /// `燃气灶` writes of `燃气`. What tells of feeling, asks or turns a sentence is judged by the
    /// words that stand in it, and a longer word has another sense: `有效期` is no praise,
    /// `不可避免` denies nothing, `十分钟` is not `十分`.
    fn names_things(self) -> bool {
        match self {
            List::Urgency
            | List::Harm
            | List::Accident
            | List::Report
            | List::Insult
            | List::Contact
            | List::Name
            | List::Brand
            | List::Topic(_)
            | List::Monitored(_) => true,
            List::Sentiment
            | List::Negation
            | List::Intensifier
            | List::Contrast
            | List::Request
            | List::Thanks
            | List::Notice
            | List::Turn => false,
        }
    }

    /// Whether its terms are words of feeling, or turn, strengthen or weigh them.
    pub(crate) fn is_of_feeling(self) -> bool {
        matches!(
            self,
            List::Sentiment
                | List::Negation
                | List::Intensifier
                | List::Contrast
                | List::Thanks
                | List::Insult
        )
    }

    /// The name of the list in files and answers; `topic` for every [`List::Topic`].
    pub fn name(self) -> &'static str {
        match self {
            List::Sentiment => "sentiment",
            List::Negation => "negation",
            List::Intensifier => "intensifier",
            List::Contrast => "contrast",
            List::Urgency => "urgency",
            List::Harm => "harm",
            List::Request => "request",
            List::Thanks => "thanks",
            List::Insult => "insult",
            List::Contact => "contact",
            List::Notice => "notice",
            List::Accident => "accident",
            List::Report => "report",
            List::Turn => "turn",
            List::Name => "name",
            List::Brand => "brand",
            List::Topic(_) => "topic",
            List::Monitored(_) => "monitored",
        }
    }

    /// Whether this is a list of monitored terms.
    #[inline]
    pub fn is_monitored(self) -> bool {
        matches!(self, List::Monitored(_))
    }

    /// Whether overlaps of its hits stay: each of them is looked at by itself.
    #[inline]
    pub(super) fn overlaps(self) -> bool {
        matches!(self, List::Monitored(_) | List::Turn)
    }

    /// The list of a name; `None` for `topic` and `monitored`, which need an index, for `turn`,
    /// whose file has constructions, for `name`, which taxonomies list, for `brand`, which the
    /// settings of importance list, and for what is not a list.
    pub fn from_name(name: &str) -> Option<List> {
        List::BUNDLED.into_iter().find(|list| list.name() == name)
    }

    /// The strengths that its terms may have; 0 is a mask.
    pub fn strengths(self) -> RangeInclusive<i8> {
        match self {
            List::Sentiment => -3..=3,
            List::Intensifier => -2..=2,
            _ => 0..=3,
        }
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl serde::Serialize for List {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Lexicon {
    /// Fills `out` with the terms in `folded`, in order of their start; earlier content is dropped.
    ///
    /// `tokens` are those of `folded`. Hits are ordered by start, then longer first, then list.
    /// Nothing is allocated but the room of `out`.
    pub fn find(&self, folded: &str, tokens: &[Token], out: &mut Vec<TermHit>) {
        self.find_in(folded, tokens, Language::Und, out);
    }

    /// As [`Lexicon::find`], for a post whose language is known.
    ///
    /// Where several languages list the same text, that of `language` counts; and in an English or
    /// Czech post the other's words of up to three letters stay silent (`no`, `ale`, `to` mean
    /// something else there). A monitored term that was listed for a language is found in posts of
    /// that language only, and where the language is not known.
    pub fn find_in(
        &self,
        folded: &str,
        tokens: &[Token],
        language: Language,
        out: &mut Vec<TermHit>,
    ) {
        self.find_beside(folded, tokens, |_| Silence::default(), language, out);
    }

    /// As [`Lexicon::find_in`], where `silence` gives of the token at an index what
    /// [`Lexicon::silence`] says of its word, or nothing.
    pub(super) fn find_beside(
        &self,
        folded: &str,
        tokens: &[Token],
        silence: impl Fn(usize) -> Silence,
        language: Language,
        out: &mut Vec<TermHit>,
    ) {
        out.clear();
        let search = Search {
            lexicon: self,
            folded,
            tokens,
            language,
        };
        let mut from = 0;
        for (cursor, token) in tokens.iter().enumerate() {
            let (start, end) = (token.start as usize, token.end as usize);
            let silence = silence(cursor);
            // Where a token starts any term may start; inside it none of letters does.
            search.walks(from, start, LETTER | OTHER, cursor, out);
            match silence.behind {
                silence::NOWHERE => {}
                trie::ROOT => search.walks(start, start + 1, LETTER | OTHER, cursor, out),
                node => search.walk(start, (node, end - start), cursor, out),
            }
            from = end;
            if silence.holds_none {
                continue;
            }
            // A term of letters is not taken from the middle of a token that is not an entity.
            let inner = if matches!(token.kind, TokenKind::Entity(_)) {
                LETTER | OTHER
            } else {
                OTHER
            };
            search.walks(start + 1, end, inner, cursor, out);
        }
        search.walks(from, folded.len(), LETTER | OTHER, tokens.len(), out);
        self.resolve(out);
    }

    /// The list and the strength of a hit's term.
    #[inline]
    pub fn brief(&self, index: u32) -> Option<Brief> {
        self.briefs.get(index as usize).copied()
    }

    /// The term of a hit.
    pub fn term(&self, index: u32) -> Option<&Term> {
        self.terms.get(index as usize)
    }

    /// The constructions that say the opposite of their words.
    #[inline]
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The terms, in the order in which they were added.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Bytes on the heap, the terms' texts included.
    pub fn memory_usage(&self) -> usize {
        let of_terms: usize = self
            .terms
            .iter()
            .map(|term| size_of::<Term>() + term.text.len() + term.kind.len())
            .sum();
        let of_rests: usize = self
            .rests
            .iter()
            .flatten()
            .map(|part| size_of::<String>() + part.len())
            .sum();
        of_terms
            + of_rests
            + size_of_val(self.briefs.as_slice())
            + size_of_val(self.patterns.as_slice())
            + size_of_val(self.uses.as_slice())
            + self.trie.memory_usage()
    }

    /// Where `used` ends if it is found with its first part at `start..end`: `None` where an edge
    /// does not fit.
    fn end_of(
        &self,
        used: &Use,
        around: &Around<'_>,
        start: usize,
        mut end: usize,
    ) -> Option<usize> {
        if around.is_accident(used.accidents, start, end) {
            return None;
        }
        let Some(rest) = used.rest.and_then(|rest| self.rests.get(rest as usize)) else {
            return around.end_of(used.list, used.length, used.left, used.right, start, end);
        };
        // A phrase with an open end inside: only spaced scripts have those, so both edges are
        // judged on their own.
        around.end_of(used.list, used.length, used.left, Edge::Open, start, end)?;
        let mut around = *around;
        for part in rest {
            (around, end) = around.to_token_end(end);
            if !around.folded.get(end..)?.starts_with(part.as_str()) {
                return None;
            }
            end += part.len();
            around = around.advanced(end);
        }
        around.end_of(used.list, used.length, Edge::Free, used.right, start, end)
    }

    /// Orders the hits of one place, the longest first.
    #[inline]
    fn order(&self, language: Language, hits: &mut [TermHit]) {
        // Most places have one or none.
        if hits.len() < 2 {
            return;
        }
        let used = |hit: &TermHit| self.uses.get(hit.term as usize);
        hits.sort_unstable_by(|one, other| {
            // The rest is asked where the length does not decide.
            other.end.cmp(&one.end).then_with(|| {
                let [one, other] = [one, other].map(|hit| {
                    let used = used(hit);
                    (
                        used.map(|used| used.list),
                        // The post's language decides between two languages that list the
                        // same text.
                        used.map(|used| !is_of_language(used.language, language)),
                        std::cmp::Reverse(used.map(|used| (used.length, used.term))),
                    )
                });
                one.cmp(&other)
            })
        });
    }

    /// Drops, of ordered hits, those that a longer one of their list covers and the masks, and puts
    /// terms for uses. Leftmost and longest: `not good enough` leaves no `good`.
    fn resolve(&self, out: &mut Vec<TermHit>) {
        let mut ends = [0_u32; SLOTS];
        out.retain_mut(|hit| {
            let Some(used) = self.uses.get(hit.term as usize) else {
                return false;
            };
            // Rules look at each monitored term by itself: `refund` and `full refund` may stand in
            // different rules. So do constructions at their words.
            if used.list.overlaps() {
                hit.term = used.term;
                return true;
            }
            let Some(end) = ends.get_mut(used.slot as usize) else {
                return false;
            };
            if hit.start < *end {
                return false;
            }
            *end = hit.end;
            hit.term = used.term;
            !used.mask
        });
    }
}

/// Whether a term listed for `listed` is one of the post's language.
fn is_of_language(listed: Language, post: Language) -> bool {
    listed == post || (listed.is_chinese() && post.is_chinese())
}

/// Whether what was listed for `listed` is to be looked for in a post of `post`; `und` says nothing
/// and rules nothing out, and neither does Chinese whose script is not known.
pub(crate) fn is_spoken(listed: Language, post: Language) -> bool {
    let unknown = listed == Language::Und || post == Language::Und;
    let either_script = (listed == Language::Zh && post.is_chinese())
        || (post == Language::Zh && listed.is_chinese());
    unknown || listed == post || either_script
}

#[cfg(test)]
mod tests;
