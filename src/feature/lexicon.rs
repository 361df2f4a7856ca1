//! Lexicons: lists of terms with strengths, matched in one pass over the folded text.
//!
//! # How a term is written
//! Any spelling will do: terms are folded as posts are, so `DHL`, `退費` and `退费` need not be listed twice. A `*` at the
//! end of a word says "any ending": `reklam*` finds `reklamace` and `reklamaci`, `poškozen* zásilk*` finds
//! `poškozená zásilka`; the hit reaches to the end of the word. Elsewhere (`f*ck`, `s***`) a `*` is itself.
//! A term of strength 0 is a *mask*: it takes its place from shorter terms of its list and is not reported, so that
//! `fire sale` can be kept out of the list that holds `fire`.
//!
//! # Where a term is found
//! Each edge of a term has the rule of its script:
//! - a letter or digit of a spaced script: the edge of a token (a possessive `'s` may follow), which keeps `don` out of
//!   `don't`; an open end (`*`) has no rule on that side;
//! - a Han character: the edge of a token, so that `路口交通` holds no `口交`. Segmenters glue particles to words,
//!   therefore a term of two characters may lack one function character of its token (`慢` `了`), and a longer one up to
//!   two of any, unless what precedes it there negates it; a single character must be a token; `不好` is no part of
//!   `好不好`;
//! - an emoji or a sign: none.
//!
//! Within a hashtag the characters beside the hit decide; links, mail addresses, numbers and handles are open to
//! [`List::Contact`] alone, and names and emoji to no term of letters.
//!
//! # Which hits are reported
//! Per list, the leftmost and of these the longest; what overlaps it in the same list is dropped (`not good enough`
//! leaves no `good`). Hits of different lists may overlap. Of terms of one list on the same span, one is reported: that
//! of the post's language, then the one with the longer listed text (`reklamac*` before `rekl*`), then the one added last,
//! so that own lists outrank the bundled ones.
//!
//! # Czech without diacritics
//! A Czech term is also found where it is typed without them (`zasilka` for `zásilka`), unless that spelling is itself
//! listed, has fewer than three letters (stems: four), or is one of the words in `AMBIGUOUS_WITHOUT_DIACRITICS`.

mod edge;

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::{
    Error, Result,
    text::{Folder, Language, Token},
};
use edge::{Around, Edge};

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
    /// The topic of this index in the taxonomy; strength 1 to 3.
    Topic(u16),
}

/// One term of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The list it stands in.
    pub list: List,
    /// As folded, with the `*` of its open ends.
    pub text: String,
    /// How strongly it speaks for its list; see [`List`]. 0: it only masks shorter terms.
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

/// All lists, compiled into one automaton; immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    terms: Vec<Term>,
    /// A contiguous NFA: a DFA over three-byte Han characters costs twenty times its memory for a tenth of its time.
    automaton: Option<AhoCorasick>,
    patterns: Vec<Pattern>,
    uses: Vec<Use>,
    /// What follows the first open end of the uses that have more than one part.
    rests: Vec<Vec<String>>,
}

/// Gathers lists before they are compiled.
#[derive(Clone, Debug, Default)]
pub struct LexiconBuilder {
    terms: Vec<Term>,
}

/// One text in the automaton: the range of its uses.
#[derive(Clone, Copy, Debug)]
struct Pattern {
    uses: (u32, u32),
    /// Whether it begins with an ASCII letter: most raw matches lie within words, and one byte says so.
    letter: bool,
}

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
}

/// One slot for each list that is used; a stack array of this size resolves overlaps.
const SLOTS: usize = 256;

/// Longest term in bytes: longer ones are sentences, not terms, and would swell the automaton.
const LONGEST_TERM: usize = 200;

/// Words that, without their diacritics, are other words of Czech or English.
const AMBIGUOUS_WITHOUT_DIACRITICS: &[&str] = &[
    "bit", "byt", "cast", "cest", "cist", "dal", "dale", "das", "des", "dost", "drat", "dum", "hrat", "jed", "jist",
    "jiste", "kaz", "lip", "lita", "mate", "mine", "mit", "nez", "nove", "pal", "pali", "pane", "pani", "para", "past",
    "pec", "pit", "plane", "plat", "plati", "pot", "prach", "prave", "rad", "rada", "radi", "rady", "red", "sam",
    "same", "sila", "sine", "sok", "stale", "star", "stare", "stat", "syn", "ted", "tim", "zad", "zada", "zase",
    "zast", "zit", "zla", "zle", "znam",
];

impl List {
    /// The lists that have a file each in `data/lexicons`.
    pub const BUNDLED: [List; 10] = [
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
    ];

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
            List::Topic(_) => "topic",
        }
    }

    /// The list of a name; `None` for `topic`, which needs an index, and for what is no list.
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
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// `list.language` of every file in `data/lexicons`, and its lines.
macro_rules! bundled {
    ($($list:ident $name:literal),* $(,)?) => {
        &[$(
            (List::$list, Language::En, concat!($name, ".en.tsv"), include_str!(concat!("../../data/lexicons/", $name, ".en.tsv"))),
            (List::$list, Language::Cs, concat!($name, ".cs.tsv"), include_str!(concat!("../../data/lexicons/", $name, ".cs.tsv"))),
            (List::$list, Language::Zh, concat!($name, ".zh.tsv"), include_str!(concat!("../../data/lexicons/", $name, ".zh.tsv"))),
        )*]
    };
}

static BUNDLED: &[(List, Language, &str, &str)] = bundled![
    Sentiment "sentiment",
    Negation "negation",
    Intensifier "intensifier",
    Contrast "contrast",
    Urgency "urgency",
    Harm "harm",
    Request "request",
    Thanks "thanks",
    Insult "insult",
    Contact "contact",
];

impl LexiconBuilder {
    /// A builder without terms.
    pub fn new() -> LexiconBuilder {
        LexiconBuilder::default()
    }

    /// Adds the lexicons of `data/lexicons`.
    ///
    /// # Errors
    /// If one of them is malformed (a test holds that they are not).
    pub fn bundled(self, folder: &Folder) -> Result<LexiconBuilder> {
        BUNDLED
            .iter()
            .try_fold(self, |builder, &(list, language, file, lines)| builder.tsv(folder, list, language, file, lines))
    }

    /// Adds the lines of a TSV file: `term`, `strength`, optional `kind`; a line that begins with `#` is a comment.
    ///
    /// # Errors
    /// Names `file`, the line and the field that is wrong: a missing or foreign strength, an empty or overlong term, a
    /// fourth field, a term that an earlier line of the file holds, or one that folds to the same with another strength
    /// or kind.
    pub fn tsv(
        mut self,
        folder: &Folder,
        list: List,
        language: Language,
        file: &str,
        lines: &str,
    ) -> Result<LexiconBuilder> {
        let mut seen: BTreeMap<String, (usize, &str, (i8, &str))> = BTreeMap::new();
        let lines = lines.strip_prefix('\u{feff}').unwrap_or(lines);
        for (index, line) in lines.lines().enumerate() {
            let number = index + 1;
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: String| Error::lexicon(format!("{file}:{number}: {what}"));
            let mut fields = line.split('\t').map(str::trim);
            let listed = fields.next().unwrap_or_default();
            let strength = fields.next().unwrap_or_default();
            let kind = fields.next().unwrap_or_default();
            if let Some(extra) = fields.next() {
                return Err(wrong(format!(
                    "field 4 {extra:?} is one too many; write term, strength and kind, parted by tabs"
                )));
            }
            let text = fold_listed(folder, listed);
            if !text.chars().any(|character| !character.is_whitespace() && character != '*') {
                return Err(wrong(format!("term {listed:?} is empty once folded; write a word or delete the line")));
            }
            if text.len() > LONGEST_TERM {
                return Err(wrong(format!(
                    "term {listed:?} is longer than {LONGEST_TERM} bytes; list its telling words instead"
                )));
            }
            let range = list.strengths();
            let (low, high) = (range.start(), range.end());
            if strength.is_empty() {
                return Err(wrong(format!(
                    "term {listed:?} has no strength; write a tab and a whole number from {low} to {high} after it"
                )));
            }
            let strength = match strength.parse::<i8>() {
                Ok(parsed) if range.contains(&parsed) => parsed,
                _ => {
                    return Err(wrong(format!(
                        "strength {strength:?} is no whole number from {low} to {high}; write one of these after the term and a tab"
                    )));
                }
            };
            if let Some(&(first, spelling, before)) = seen.get(&text) {
                if spelling == listed {
                    return Err(wrong(format!(
                        "term {listed:?} stands already in line {first}; delete one of the two"
                    )));
                }
                if before != (strength, kind) {
                    return Err(wrong(format!(
                        "term {listed:?} folds to the same as {spelling:?} in line {first}, which has another strength or \
                         kind; delete one of the two"
                    )));
                }
                // Both scripts of one word: one is enough.
                continue;
            }
            seen.insert(text.clone(), (number, listed, (strength, kind)));
            self.terms.push(Term { list, text, strength, language, kind: kind.to_owned() });
        }
        Ok(self)
    }

    /// Adds one term; what folds to nothing is never found.
    pub fn term(mut self, folder: &Folder, mut term: Term) -> LexiconBuilder {
        term.text = fold_listed(folder, &term.text);
        self.terms.push(term);
        self
    }

    /// Adds many terms, in their order.
    pub fn terms(self, folder: &Folder, terms: impl IntoIterator<Item = Term>) -> LexiconBuilder {
        terms.into_iter().fold(self, |builder, term| builder.term(folder, term))
    }

    /// Compiles the automaton.
    ///
    /// # Errors
    /// If the terms are too many or too long for it, or stand in more than 256 lists.
    pub fn build(self) -> Result<Lexicon> {
        let mut lists: Vec<List> = self.terms.iter().map(|term| term.list).collect();
        lists.sort_unstable();
        lists.dedup();
        if lists.len() > SLOTS {
            return Err(Error::lexicon(format!(
                "the terms stand in {} lists, at most {SLOTS} fit; use fewer topics",
                lists.len()
            )));
        }
        let listed: std::collections::BTreeSet<&str> = self.terms.iter().map(|term| term.text.as_str()).collect();
        // Ordered, so that the automaton and its pattern numbers are the same on every run.
        let mut texts: BTreeMap<String, Vec<Use>> = BTreeMap::new();
        let mut rests = Vec::new();
        for (index, term) in self.terms.iter().enumerate() {
            let (Ok(number), Ok(slot)) = (u32::try_from(index), lists.binary_search(&term.list)) else {
                return Err(Error::lexicon("the lexicon has more than four billion terms; use fewer"));
            };
            let bare = if term.language == Language::Cs { without_diacritics(&term.text) } else { None };
            let bare = bare.filter(|bare| !listed.contains(bare.as_str()) && is_unambiguous(bare));
            for text in std::iter::once(term.text.as_str()).chain(bare.as_deref()) {
                if text.len() > LONGEST_TERM {
                    return Err(Error::lexicon(format!(
                        "term {text:?} is longer than {LONGEST_TERM} bytes; list its telling words instead"
                    )));
                }
                let mut parts = parts(text);
                let Some(pattern) = parts.first().filter(|pattern| !pattern.is_empty()).copied() else { continue };
                let last = parts.last().copied().unwrap_or_default();
                let used = Use {
                    term: number,
                    list: term.list,
                    language: term.language,
                    slot: slot as u8,
                    left: edge(pattern.chars().next()),
                    right: if last.is_empty() { Edge::Open } else { edge(last.chars().next_back()) },
                    length: u16::try_from(text.chars().count()).unwrap_or(u16::MAX),
                    rest: (parts.len() > 2 || (parts.len() == 2 && !last.is_empty())).then_some(rests.len() as u32),
                    mask: term.strength == 0,
                };
                let pattern = pattern.to_owned();
                if used.rest.is_some() {
                    rests.push(parts.drain(1..).map(str::to_owned).collect());
                }
                texts.entry(pattern).or_default().push(used);
            }
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .build(texts.keys())
            .map_err(|error| {
                Error::lexicon(format!("the {} terms do not fit one automaton ({error}); use fewer", texts.len()))
            })?;
        let mut patterns = Vec::with_capacity(texts.len());
        let mut uses = Vec::new();
        for (text, mut of_text) in texts {
            let first = uses.len() as u32;
            uses.append(&mut of_text);
            let letter = text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
            patterns.push(Pattern { uses: (first, uses.len() as u32), letter });
        }
        Ok(Lexicon { terms: self.terms, automaton: Some(automaton), patterns, uses, rests })
    }
}

impl Lexicon {
    /// Fills `out` with the terms in `folded`, in order of their start; earlier content is dropped.
    ///
    /// `tokens` are those of `folded`. Hits are ordered by start, then longer first, then list. Nothing is allocated but
    /// the room of `out`.
    pub fn find(&self, folded: &str, tokens: &[Token], out: &mut Vec<TermHit>) {
        self.find_in(folded, tokens, Language::Und, out);
    }

    /// As [`Lexicon::find`], for a post whose language is known.
    ///
    /// Where several languages list the same text, that of `language` speaks; and in an English or Czech post the other's
    /// words of up to three letters stay silent (`no`, `ale`, `to` mean something else there).
    pub fn find_in(&self, folded: &str, tokens: &[Token], language: Language, out: &mut Vec<TermHit>) {
        out.clear();
        let Some(automaton) = &self.automaton else { return };
        let Ok(matches) = automaton.try_find_overlapping_iter(folded) else { return };
        let bytes = folded.as_bytes();
        // Matches come in order of their end, so the token that holds a match's last byte only moves on.
        let mut cursor = 0;
        for found in matches {
            let Some(pattern) = self.patterns.get(found.pattern().as_usize()) else { continue };
            let (start, end) = (found.start(), found.end());
            if pattern.letter && start > 0 && bytes.get(start - 1).is_some_and(u8::is_ascii_alphabetic) {
                continue;
            }
            while tokens.get(cursor).is_some_and(|token| (token.end as usize) < end) {
                cursor += 1;
            }
            let around = Around { folded, tokens, cursor };
            for index in pattern.uses.0..pattern.uses.1 {
                let Some(used) = self.uses.get(index as usize) else { continue };
                if is_foreign_short_word(used, language) {
                    continue;
                }
                if let Some(end) = self.end_of(used, around, start, end) {
                    // The use stands in the term's place until overlaps are resolved, which needs more of it.
                    out.push(TermHit { term: index, start: start as u32, end: end as u32 });
                }
            }
        }
        self.resolve(language, out);
    }

    /// The term of a hit.
    pub fn term(&self, index: u32) -> Option<&Term> {
        self.terms.get(index as usize)
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
        let of_terms: usize = self.terms.iter().map(|term| size_of::<Term>() + term.text.len() + term.kind.len()).sum();
        let of_rests: usize = self.rests.iter().flatten().map(|part| size_of::<String>() + part.len()).sum();
        of_terms
            + of_rests
            + size_of_val(self.patterns.as_slice())
            + size_of_val(self.uses.as_slice())
            + self.automaton.as_ref().map_or(0, AhoCorasick::memory_usage)
    }

    /// Where `used` ends if it is found with its first part at `start..end`: `None` where an edge does not fit.
    fn end_of(&self, used: &Use, around: Around<'_>, start: usize, mut end: usize) -> Option<usize> {
        let Some(rest) = used.rest.and_then(|rest| self.rests.get(rest as usize)) else {
            return around.end_of(used.list, used.length, used.left, used.right, start, end);
        };
        // A phrase with an open end inside: only spaced scripts have those, so both edges are judged on their own.
        around.end_of(used.list, used.length, used.left, Edge::Open, start, end)?;
        let mut around = around;
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

    /// Orders hits, drops those that a longer one of their list covers and the masks, and puts terms for uses.
    fn resolve(&self, language: Language, out: &mut Vec<TermHit>) {
        let used = |hit: &TermHit| self.uses.get(hit.term as usize);
        out.sort_unstable_by_key(|hit| {
            let used = used(hit);
            (
                hit.start,
                std::cmp::Reverse(hit.end),
                used.map(|used| used.list),
                used.map(|used| !speaks(used.language, language)),
                std::cmp::Reverse(used.map(|used| (used.length, used.term))),
            )
        });
        let mut ends = [0_u32; SLOTS];
        out.retain_mut(|hit| {
            let Some(used) = self.uses.get(hit.term as usize) else { return false };
            let Some(end) = ends.get_mut(used.slot as usize) else { return false };
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
fn speaks(listed: Language, post: Language) -> bool {
    listed == post || (listed.is_chinese() && post.is_chinese())
}

/// Whether `used` is a short English word in a Czech post, or the reverse.
fn is_foreign_short_word(used: &Use, post: Language) -> bool {
    used.length <= 3
        && matches!((used.language, post), (Language::En, Language::Cs) | (Language::Cs, Language::En))
        && used.left == Edge::Letter
}

/// Whether the `*` at byte `at` of `text` stands for an ending: after a letter or digit, at the end of a word.
fn is_open_end(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    let after = text.get(at + 1..).and_then(|after| after.chars().next());
    before.is_some_and(char::is_alphanumeric) && matches!(after, None | Some(' '))
}

/// What stands between the open ends of a listed text; the last is empty where the text ends open.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices('*') {
        if is_open_end(text, at) {
            parts.push(&text[from..at]);
            from = at + 1;
        }
    }
    parts.push(&text[from..]);
    parts
}

/// Folds a listed text part by part, so that the folder never sees a `*` that stands for an ending.
fn fold_listed(folder: &Folder, listed: &str) -> String {
    let listed = listed.trim();
    let parts = parts(listed);
    let mut folded = String::with_capacity(listed.len());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            folded.push('*');
            // The folder may trim: the space that parts two words is ours.
            folded.push_str(if part.is_empty() { "" } else { " " });
        }
        folded.push_str(folder.fold_term(part.trim()).trim());
    }
    folded
}

/// `text` without its diacritics, if it has any.
fn without_diacritics(text: &str) -> Option<String> {
    let bare: String = text.nfd().filter(|&character| !is_combining_mark(character)).collect();
    (bare != text).then_some(bare)
}

/// Whether a Czech term without its diacritics can still be taken for itself.
fn is_unambiguous(bare: &str) -> bool {
    let least = if bare.ends_with('*') { 5 } else { 3 };
    bare.chars().count() >= least && !AMBIGUOUS_WITHOUT_DIACRITICS.contains(&bare)
}

/// The rule for a term's edge at `character`.
fn edge(character: Option<char>) -> Edge {
    match character {
        Some(character) if edge::is_han(character) => Edge::Han,
        Some(character) if character.is_alphanumeric() => Edge::Letter,
        _ => Edge::Free,
    }
}

#[cfg(test)]
mod tests;
