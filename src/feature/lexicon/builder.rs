//! Reading lists and compiling them.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use smallvec::SmallVec;

use super::super::Roles;
use super::bare::typed_bare;
use super::edge::{self, Edge};
use super::{Brief, LETTER, Lexicon, List, OTHER, SLOTS, Term, Use};
use crate::feature::turn::TurnsBuilder;
use crate::stats::hash::of_text;
use crate::text::part::accidents;
use crate::text::trie::Trie;
use crate::text::{Folded, Folder, Language};
use crate::{Error, Result};

/// Gathers lists before they are compiled.
#[derive(Clone, Debug, Default)]
pub struct LexiconBuilder {
    pub(super) terms: Vec<Term>,
    turns: TurnsBuilder,
}

/// Longest term in bytes, a bound on memory, chosen by hand: longer ones are sentences, not terms,
/// and would swell the trie.
pub(crate) const MAX_TERM: usize = 200;

/// `list.language` of every file in `data/lexicons`, and its lines.
macro_rules! bundled {
    (file $list:expr, $language:expr, $name:expr) => {
        ($list, $language, $name, include_str!(concat!("../../../data/lexicons/", $name)))
    };
    (turns $language:expr, $name:expr) => {
        ($language, $name, include_str!(concat!("../../../data/lexicons/", $name)))
    };
    ($($list:ident $name:literal),* $(,)?) => {
        &[$(
            bundled!(file List::$list, Language::En, concat!($name, ".en.tsv")),
            bundled!(file List::$list, Language::Cs, concat!($name, ".cs.tsv")),
            bundled!(file List::$list, Language::Zh, concat!($name, ".zh.tsv")),
        )*]
    };
}

pub(super) static BUNDLED: &[(List, Language, &str, &str)] = bundled![
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
    Notice "notice",
    Accident "accident",
    Report "report",
];

/// The files of constructions.
static BUNDLED_TURNS: &[(Language, &str, &str)] = &[
    bundled!(turns Language::En, "turn.en.tsv"),
    bundled!(turns Language::Cs, "turn.cs.tsv"),
    bundled!(turns Language::Zh, "turn.zh.tsv"),
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
    pub fn bundled(mut self, folder: &Folder) -> Result<LexiconBuilder> {
        // A term has some 20 bytes in its file. With the taxonomy's there are twice as many; a list
        // that grows would be copied over and over.
        let bytes: usize = BUNDLED.iter().map(|(.., lines)| lines.len()).sum();
        self.terms.reserve(bytes / 10);
        let with_lists =
            BUNDLED
                .iter()
                .try_fold(self, |builder, &(list, language, file, lines)| {
                    builder.tsv(folder, list, language, file, lines)
                })?;
        BUNDLED_TURNS
            .iter()
            .try_fold(with_lists, |builder, &(language, file, lines)| {
                builder.turns(folder, language, file, lines)
            })
            .map(LexiconBuilder::with_masks_of_accidents)
    }

    /// The masks of harm (*fell in love*, `笑死`) for accidents too: what is no harm
    /// is no accident.
    fn with_masks_of_accidents(mut self) -> LexiconBuilder {
        let roles: BTreeSet<String> = self
            .terms
            .iter()
            .filter(|term| term.list == List::Accident)
            .map(|term| term.text.clone())
            .collect();
        let is_mask = |term: &&Term| {
            term.list == List::Harm && term.strength == 0 && !roles.contains(&term.text)
        };
        let masks: Vec<Term> = self
            .terms
            .iter()
            .filter(is_mask)
            .map(|term| Term {
                list: List::Accident,
                ..term.clone()
            })
            .collect();
        self.terms.extend(masks);
        self
    }

    /// Adds the lines of a file of constructions that say the opposite of their words; their form
    /// is described in `data/lexicons/README.md`.
    ///
    /// # Errors
    /// Names `file`, the line and what is wrong in it.
    pub fn turns(
        mut self,
        folder: &Folder,
        language: Language,
        file: &str,
        lines: &str,
    ) -> Result<LexiconBuilder> {
        let LexiconBuilder { terms, turns } = &mut self;
        let add = |text: &str| {
            terms.push(Term {
                list: List::Turn,
                text: text.to_owned(),
                strength: 1,
                language,
                kind: String::new(),
            });
            terms.len() as u32 - 1
        };
        let mut buffer = Folded::default();
        let fold = |text: &str| fold_with(folder, text, &mut buffer);
        turns
            .read(language, lines, add, fold)
            .map_err(|what| Error::lexicon(format!("{file}:{what}")))?;
        Ok(self)
    }

    /// Adds the lines of a TSV file: `term`, `strength`, optional `kind`; a line that begins with
    /// `#` is a comment.
    ///
    /// # Errors
    /// Names `file`, the line and the field that is wrong: a missing or foreign strength, an empty
    /// or overlong term, a fourth field, a term that an earlier line of the file holds, or one that
    /// folds to the same with another strength or kind.
    pub fn tsv(
        mut self,
        folder: &Folder,
        list: List,
        language: Language,
        file: &str,
        lines: &str,
    ) -> Result<LexiconBuilder> {
        // Where a folded text stood first, by its hash: its line, its spelling and its term.
        // A line has some twenty bytes.
        let mut seen: HashMap<u64, (usize, &str, usize)> = HashMap::with_capacity(lines.len() / 20);
        let mut buffer = Folded::default();
        // Editors of spreadsheets write a byte order mark before the first line.
        let lines = lines.strip_prefix('\u{feff}').unwrap_or(lines);
        for (number, line) in (1..).zip(lines.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: String| Error::lexicon(format!("{file}:{number}: {what}"));
            let Row {
                listed,
                text,
                strength,
                kind,
            } = Row::read(folder, list, line, &mut buffer).map_err(wrong)?;
            let hash = of_text(&text);
            let earlier = seen.get(&hash).and_then(|&(first, spelling, term)| {
                let term = self.terms.get(term).filter(|term| term.text == text)?;
                Some((first, spelling, term))
            });
            if let Some((first, spelling, before)) = earlier {
                if spelling == listed {
                    return Err(wrong(format!(
                        "term {listed:?} stands already in line {first}; delete one of the two"
                    )));
                }
                if (before.strength, before.kind.as_str()) != (strength, kind) {
                    return Err(wrong(format!(
                        "term {listed:?} folds to the same as {spelling:?} in line {first}, which \
                         has another strength or kind; delete one of the two"
                    )));
                }
                // Both scripts of one word: one is enough.
                continue;
            }
            seen.insert(hash, (number, listed, self.terms.len()));
            self.terms.push(Term {
                list,
                text,
                strength,
                language,
                kind: kind.to_owned(),
            });
        }
        Ok(self)
    }

    /// Adds one term; what folds to nothing is never found.
    pub fn term(self, folder: &Folder, term: Term) -> LexiconBuilder {
        self.terms(folder, [term])
    }

    /// Adds many terms, in their order.
    pub fn terms(
        mut self,
        folder: &Folder,
        terms: impl IntoIterator<Item = Term>,
    ) -> LexiconBuilder {
        let mut buffer = Folded::default();
        self.terms.extend(terms.into_iter().map(|term| Term {
            text: fold_with(folder, &term.text, &mut buffer),
            ..term
        }));
        self
    }

    /// Compiles the terms.
    ///
    /// # Errors
    /// If the terms are too many or too long, or stand in more than 256 lists.
    pub fn build(self) -> Result<Lexicon> {
        let Uses { spellings, rests } = Uses::of(&self.terms)?;
        let mut patterns = Vec::with_capacity(spellings.len());
        let mut uses = Vec::with_capacity(spellings.len());
        let mut firsts = vec![0; 256];
        let order = order(&spellings);
        for of_text in order.chunk_by(|one, other| one.text == other.text) {
            let text: &str = of_text.first().map_or("", |spelling| &spelling.text);
            if let Some(kinds) = text
                .bytes()
                .next()
                .and_then(|byte| firsts.get_mut(usize::from(byte)))
            {
                *kinds |= if edge(text.chars().next()) == Edge::Letter {
                    LETTER
                } else {
                    OTHER
                };
            }
            let first = uses.len() as u32;
            uses.extend(of_text.iter().map(|spelling| spelling.used));
            patterns.push((first, uses.len() as u32));
        }
        // A text is that of its first use; uses stand in the order of the spellings.
        let text = |text: usize| {
            let first = patterns.get(text).map_or(0, |&(first, _)| first as usize);
            let spelling: Option<&&Spelling<'_>> = order.get(first);
            spelling.map_or(&[][..], |spelling| spelling.text.as_bytes())
        };
        let trie = Trie::new(patterns.len(), text, |text| text as u32)?;
        drop(order);
        drop(spellings);
        patterns.shrink_to_fit();
        let brief = |term: &Term| Brief {
            list: term.list,
            strength: term.strength,
            roles: match term.list {
                List::Accident | List::Report => Roles::of(&term.kind),
                _ => Roles::default(),
            },
        };
        Ok(Lexicon {
            briefs: self.terms.iter().map(brief).collect(),
            terms: self.terms,
            turns: self.turns.finish(),
            trie,
            firsts,
            patterns,
            uses,
            rests,
        })
    }
}

/// One line of a TSV file.
struct Row<'a> {
    /// The term as written.
    listed: &'a str,
    /// The term as folded.
    text: String,
    strength: i8,
    kind: &'a str,
}

impl<'a> Row<'a> {
    /// Reads a line, or says what is wrong with it and how to mend it.
    fn read(
        folder: &Folder,
        list: List,
        line: &'a str,
        buffer: &mut Folded,
    ) -> std::result::Result<Row<'a>, String> {
        let mut fields = line.split('\t').map(str::trim);
        let listed = fields.next().unwrap_or_default();
        let strength = fields.next().unwrap_or_default();
        let kind = fields.next().unwrap_or_default();
        if let Some(extra) = fields.next() {
            return Err(format!(
                "field 4 {extra:?} is one too many; write only term, strength and kind, separated \
                 by tabs"
            ));
        }
        let text = fold_with(folder, listed, buffer);
        if !text
            .chars()
            .any(|character| !character.is_whitespace() && character != '*')
        {
            return Err(format!(
                "term {listed:?} is empty once folded; write a word or delete the line"
            ));
        }
        if text.len() > MAX_TERM {
            return Err(too_long(listed));
        }
        let range = list.strengths();
        let (low, high) = (range.start(), range.end());
        if strength.is_empty() {
            return Err(format!(
                "term {listed:?} has no strength; write a tab and a whole number from {low} to \
                 {high} after it"
            ));
        }
        let Some(strength) = strength
            .parse()
            .ok()
            .filter(|strength| range.contains(strength))
        else {
            return Err(format!(
                "strength {strength:?} is not a whole number from {low} to {high}; write one after \
                 the term and a tab"
            ));
        };
        Ok(Row {
            listed,
            text,
            strength,
            kind,
        })
    }
}

/// A text of the trie, and a term that it stands for.
struct Spelling<'t> {
    text: Cow<'t, str>,
    used: Use,
}

/// What the trie holds, and the terms that each text stands for.
struct Uses<'t> {
    /// In the order of the terms.
    spellings: Vec<Spelling<'t>>,
    rests: Vec<Vec<String>>,
}

impl<'t> Uses<'t> {
    fn of(terms: &'t [Term]) -> Result<Uses<'t>> {
        let lists = terms.iter().map(|term| term.list);
        let mut lists: Vec<List> = lists.filter(|list| !list.overlaps()).collect();
        lists.sort_unstable();
        lists.dedup();
        if lists.len() > SLOTS {
            return Err(Error::lexicon(format!(
                "the terms stand in {} lists, at most {SLOTS} fit; use fewer topics",
                lists.len()
            )));
        }
        // Phrases of notices, accidents and constructions are no words that a bare spelling could
        // be taken for, nor is what begins with another letter than bare ones.
        let words = terms.iter().filter(|term| {
            term.text.starts_with(|first: char| first.is_ascii())
                && !matches!(
                    term.list,
                    List::Notice | List::Accident | List::Report | List::Turn
                )
        });
        let mut listed: Vec<u64> = words.map(|term| of_text(&term.text)).collect();
        listed.sort_unstable();
        let mut uses = Uses {
            spellings: Vec::with_capacity(terms.len()),
            rests: Vec::new(),
        };
        for (index, term) in terms.iter().enumerate() {
            let Ok(number) = u32::try_from(index) else {
                return Err(Error::lexicon(
                    "the lexicon has more than four billion terms; use fewer",
                ));
            };
            // Monitored terms and those of constructions have no slot: their overlaps stay.
            let slot = lists.binary_search(&term.list).unwrap_or_default() as u8;
            uses.add(number, term, slot, Cow::Borrowed(&term.text))?;
            if let Some(bare) = typed_bare(term, &listed) {
                uses.add(number, term, slot, Cow::Owned(bare))?;
            }
        }
        Ok(uses)
    }

    /// Adds one spelling of a term.
    fn add(&mut self, number: u32, term: &Term, slot: u8, text: Cow<'t, str>) -> Result<()> {
        if text.len() > MAX_TERM {
            return Err(Error::lexicon(too_long(&text)));
        }
        let found = parts(&text);
        let parts = found.as_slice();
        let Some((pattern, rest)) = parts.split_first().filter(|(first, _)| !first.is_empty())
        else {
            return Ok(());
        };
        let last = parts.last().copied().unwrap_or_default();
        // Constructions are found in Chinese wherever they stand: the segmenter makes one
        // word of 再好不过.
        let edge = |character| match edge(character) {
            Edge::Han if term.list == List::Turn => Edge::Free,
            edge => edge,
        };
        // An open end behind the last part is an edge; one between two parts needs the walk to jump
        // to the end of the token and compare what follows.
        let goes_on = parts.len() > 2 || (parts.len() == 2 && !last.is_empty());
        let left = edge(pattern.chars().next());
        let used = Use {
            term: number,
            list: term.list,
            language: term.language,
            slot,
            left,
            right: if last.is_empty() {
                Edge::Open
            } else {
                edge(last.chars().next_back())
            },
            length: u16::try_from(text.chars().count()).unwrap_or(u16::MAX),
            rest: goes_on.then_some(self.rests.len() as u32),
            mask: term.strength == 0,
            // Words of other scripts have no longer ones that don't mean them, nor have those of
            // constructions, which stand anywhere.
            accidents: if left == Edge::Han {
                accidents(pattern)
            } else {
                &[]
            },
        };
        if goes_on {
            self.rests
                .push(rest.iter().map(|&part| part.to_owned()).collect());
        }
        let length = pattern.len();
        drop(found);
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(..length).unwrap_or_default()),
            Cow::Owned(mut text) => {
                text.truncate(length);
                Cow::Owned(text)
            }
        };
        self.spellings.push(Spelling { text, used });
        Ok(())
    }
}

/// The spellings in the order of their texts, those of one text in their own: so the trie and its
/// numbers of texts are the same on every run.
fn order<'s, 't>(spellings: &'s [Spelling<'t>]) -> Vec<&'s Spelling<'t>> {
    // Numbers are ordered in a quarter of the time of texts: first bytes, behind them the place.
    let head = |text: &str| {
        let mut head = [0; size_of::<u128>()];
        for (to, byte) in head.iter_mut().take(HEAD).zip(text.bytes()) {
            *to = byte;
        }
        u128::from_be_bytes(head)
    };
    let mut order: Vec<u128> = (0..)
        .zip(spellings)
        .map(|(place, spelling)| head(&spelling.text) | place)
        .collect();
    order.sort_unstable();
    let mut ordered: Vec<&Spelling<'_>> = order
        .iter()
        .filter_map(|&numbers| spellings.get(numbers as u32 as usize))
        .collect();
    let begins = |spelling: &Spelling<'_>| head(&spelling.text);
    for same in ordered.chunk_by_mut(|one, other| begins(one) == begins(other)) {
        if same.len() > 1 {
            same.sort_by(|one, other| one.text.cmp(&other.text));
        }
    }
    ordered
}

/// First bytes of a text that are compared at once, with the place of its spelling in 32 bits.
const HEAD: usize = size_of::<u128>() - size_of::<u32>();

fn too_long(term: &str) -> String {
    format!("term {term:?} is longer than {MAX_TERM} bytes; list its distinctive words instead")
}

/// Whether the `*` at byte `at` of `text` stands for an ending: after a letter or digit, at the end
/// of a word.
fn is_open_end(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    let after = text.get(at + 1..).and_then(|after| after.chars().next());
    before.is_some_and(char::is_alphanumeric) && matches!(after, None | Some(' '))
}

/// What stands between the open ends of a listed text; the last is empty where the text ends open.
fn parts(text: &str) -> SmallVec<[&str; 2]> {
    let mut parts = SmallVec::new();
    let mut from = 0;
    // Few have any, and the text is short: quicker than a search that is made for long ones.
    if !text.bytes().any(|byte| byte == b'*') {
        parts.push(text);
        return parts;
    }
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
pub(crate) fn fold_listed(folder: &Folder, listed: &str) -> String {
    fold_with(folder, listed, &mut Folded::default())
}

/// As [`fold_listed`], with a buffer for many texts: without it half of the time goes to the
/// allocator.
fn fold_with(folder: &Folder, listed: &str, buffer: &mut Folded) -> String {
    let listed = listed.trim();
    let parts = parts(listed);
    let mut folded = String::with_capacity(listed.len());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            folded.push('*');
            // The folder may trim: the space that parts two words is ours.
            folded.push_str(if part.is_empty() { "" } else { " " });
        }
        folder.fold(part.trim(), buffer);
        folded.push_str(buffer.as_str().trim());
    }
    folded
}

/// The rule for a term's edge at `character`.
fn edge(character: Option<char>) -> Edge {
    match character {
        Some(character) if edge::is_han(character) => Edge::Han,
        Some(character) if character.is_alphanumeric() => Edge::Letter,
        _ => Edge::Free,
    }
}
