//! Turned speech: constructions that say the opposite of their words, praise in negated form
//! (*couldn't be better*) and complaint in fair words (*good luck getting a refund*).
//!
//! The constructions are data (`data/lexicons/turn.*.tsv`). Their words are terms of the lexicon,
//! found in the one pass that finds all terms; here the found words are put together.

use std::collections::BTreeMap;

use super::lexicon::{Lexicon, List, TermHit};
use super::{Analysis, Token};
use crate::text::han::is_han;
use crate::text::{Language, TokenKind};

/// How many words, a Han character counting half a word, lie in a gap that names no number. Chosen
/// by hand, not tuned.
const GAP: u8 = 4;
/// The largest gap in words: a bound on time, chosen by hand.
const MAX_GAP: u8 = 12;
/// Most parts of a construction: a bound on time, chosen by hand.
const MAX_PARTS: usize = 8;
/// Most constructions that are read of one text: a bound on time, chosen by hand. No honest post
/// has as many.
const MAX_TURNED: usize = 16;

/// So many hits are looked at before words are counted; of more the count says which are near. A
/// bound on time, chosen by hand: few posts have more.
const FEW: usize = 32;

/// A construction found in a folded text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turned {
    /// Its first byte.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// What it says: praise above 0, complaint below it.
    pub strength: i8,
    /// The term it begins with, which `explain` shows.
    pub term: u32,
}

/// A side of the listed feelings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Good,
    Bad,
}

/// One part of a construction: what may stand in its place, and how far from the part before.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// A text of this set.
    set: Option<u16>,
    /// A listed good feeling.
    good: bool,
    /// A listed bad feeling or an insult.
    bad: bool,
    /// Most words between it and the part before; `None`: nothing but a space.
    gap: Option<u8>,
}

/// A construction.
#[derive(Clone, Debug)]
struct Pattern {
    parts: Vec<Part>,
    /// Whether it begins where a clause does.
    opens: bool,
    /// Whether it ends where a clause does.
    closes: bool,
    /// 0: it only takes its place from others.
    strength: i8,
}

/// All constructions, and the sets of texts that they are made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns {
    patterns: Vec<Pattern>,
    /// For each set the patterns that begin with it.
    begun: Vec<Vec<u16>>,
    /// Those that begin with a listed feeling: good, bad.
    begun_good: Vec<u16>,
    begun_bad: Vec<u16>,
    sets: Sets,
}

/// The sets of each term of [`List::Turn`], by its number: they are asked for each found word and
/// each part that it may be.
#[derive(Clone, Debug, Default)]
struct Sets {
    /// The number of the first such term.
    first: u32,
    /// Where the sets of each term from the first to the last begin in `sets`, and end.
    starts: Vec<u32>,
    sets: Vec<u16>,
}

/// Gathers the constructions of one language after another.
#[derive(Clone, Debug, Default)]
pub(crate) struct TurnsBuilder {
    turns: Turns,
    /// The texts of each set and its number.
    sets: BTreeMap<(Language, Vec<String>), u16>,
    /// The term of each text, as an index of all terms.
    terms: BTreeMap<(Language, String), u32>,
    /// The sets of each term, in the order of the terms.
    members: Vec<(u32, Vec<u16>)>,
}

impl TurnsBuilder {
    /// Reads the lines of a file; `add` adds a folded text to the terms and gives its index.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub(crate) fn read(
        &mut self,
        language: Language,
        lines: &str,
        mut add: impl FnMut(&str) -> u32,
        mut fold: impl FnMut(&str) -> String,
    ) -> std::result::Result<(), String> {
        let mut classes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (number, line) in (1..).zip(lines.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: String| format!("{number}: {what}");
            let Some((left, right)) = line.split_once('\t') else {
                return Err(wrong(format!(
                    "{line:?} has no tab; write a construction, a tab and its strength"
                )));
            };
            if let Some(name) = left.strip_prefix('@') {
                let texts = right.split('|').map(str::trim);
                let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
                if texts.is_empty() || classes.insert(name.trim(), texts).is_some() {
                    return Err(wrong(format!(
                        "class {name:?} has no words or stands already; name it once, with words \
                         parted by |"
                    )));
                }
                continue;
            }
            let Some(strength) = right
                .trim()
                .parse::<i8>()
                .ok()
                .filter(|strength| (-3..=3).contains(strength))
            else {
                return Err(wrong(format!(
                    "strength {right:?} is not a whole number from -3 to 3; write one after the \
                     construction and a tab"
                )));
            };
            let mut pattern = Pattern {
                parts: Vec::new(),
                opens: false,
                closes: false,
                strength,
            };
            let written = Written::read(left).map_err(wrong)?;
            (pattern.opens, pattern.closes) = (written.opens, written.closes);
            for Group { names, texts, gap } in written.groups {
                let mut part = Part {
                    set: None,
                    good: false,
                    bad: false,
                    gap,
                };
                let mut texts: Vec<&str> = texts;
                for name in names {
                    match (name, classes.get(name)) {
                        ("good", _) => part.good = true,
                        ("bad", _) => part.bad = true,
                        (_, Some(of_class)) => texts.extend(of_class),
                        (_, None) => {
                            return Err(wrong(format!(
                                "no class {name:?} stands above; write a line @{name}, a tab and \
                                 its words"
                            )));
                        }
                    }
                }
                if !texts.is_empty() {
                    let set = self
                        .set(language, &texts, &mut add, &mut fold)
                        .map_err(wrong)?;
                    part.set = Some(set);
                }
                pattern.parts.push(part);
            }
            self.put(pattern).map_err(wrong)?;
        }
        Ok(())
    }

    /// Adds a construction that was read.
    fn put(&mut self, pattern: Pattern) -> std::result::Result<(), String> {
        let number = u16::try_from(self.turns.patterns.len())
            .map_err(|_| "more than 65,535 constructions; use fewer".to_owned())?;
        if pattern.parts.len() > MAX_PARTS {
            return Err(format!("it has more than {MAX_PARTS} parts; use fewer"));
        }
        let Some(first) = pattern.parts.first() else {
            return Err("it is empty; write words or delete the line".to_owned());
        };
        if pattern.parts.iter().all(|part| part.set.is_none()) {
            return Err("it has no words of its own; write at least one".to_owned());
        }
        let begun = first
            .set
            .and_then(|set| self.turns.begun.get_mut(usize::from(set)));
        begun.into_iter().for_each(|begun| begun.push(number));
        if first.good {
            self.turns.begun_good.push(number);
        }
        if first.bad {
            self.turns.begun_bad.push(number);
        }
        self.turns.patterns.push(pattern);
        Ok(())
    }

    /// The set of these texts.
    fn set(
        &mut self,
        language: Language,
        texts: &[&str],
        add: &mut impl FnMut(&str) -> u32,
        fold: &mut impl FnMut(&str) -> String,
    ) -> std::result::Result<u16, String> {
        let mut folded: Vec<String> = texts.iter().map(|text| fold(text)).collect();
        folded.sort_unstable();
        folded.dedup();
        if folded.iter().any(String::is_empty) {
            return Err(format!(
                "one of {texts:?} is empty once folded; write words"
            ));
        }
        if let Some(&set) = self.sets.get(&(language, folded.clone())) {
            return Ok(set);
        }
        let set = u16::try_from(self.turns.begun.len())
            .map_err(|_| "more than 65,535 sets of words; use fewer".to_owned())?;
        self.turns.begun.push(Vec::new());
        for text in &folded {
            let key = (language, text.clone());
            let term = match self.terms.get(&key) {
                Some(&term) => term,
                None => {
                    let term = add(text);
                    self.terms.insert(key, term);
                    self.members.push((term, Vec::new()));
                    term
                }
            };
            // Terms are added in the order of their numbers.
            let at = self.members.binary_search_by_key(&term, |&(term, _)| term);
            if let Some((_, sets)) = at.ok().and_then(|at| self.members.get_mut(at)) {
                sets.push(set);
            }
        }
        self.sets.insert((language, folded), set);
        Ok(set)
    }

    /// The constructions that were read.
    pub(crate) fn finish(mut self) -> Turns {
        self.turns.sets = Sets::of(&self.members);
        self.turns
    }
}

/// A construction as written.
#[derive(Default)]
struct Written<'a> {
    opens: bool,
    closes: bool,
    groups: Vec<Group<'a>>,
}

/// What may stand in one place, as written.
#[derive(Default)]
struct Group<'a> {
    names: Vec<&'a str>,
    texts: Vec<&'a str>,
    gap: Option<u8>,
}

impl<'a> Written<'a> {
    /// Reads words and `{classes}` parted by `|`, gaps (`…`, `…2`), `+`, `^` and `$`.
    fn read(line: &'a str) -> std::result::Result<Written<'a>, String> {
        let mut written = Written::default();
        let mut rest = line.trim();
        if let Some(after) = rest.strip_prefix('^') {
            (written.opens, rest) = (true, after);
        }
        if let Some(before) = rest.strip_suffix('$') {
            (written.closes, rest) = (true, before);
        }
        let mut group = Group::default();
        loop {
            rest = rest.trim_start();
            // One word or class of the group.
            if let Some(after) = rest.strip_prefix('{') {
                let Some((name, after)) = after.split_once('}') else {
                    return Err(format!("{line:?} has a {{ that no }} closes; close it"));
                };
                group.names.push(name.trim());
                rest = after;
            } else {
                let end = rest.find(['|', '{', '…', '+']).unwrap_or(rest.len());
                let (text, after) = rest.split_at(end);
                if text.trim().is_empty() && !rest.is_empty() && !rest.starts_with('…') {
                    return Err(format!("{line:?} lacks a word at {rest:?}; write one"));
                }
                if !text.trim().is_empty() {
                    group.texts.push(text.trim());
                }
                rest = after;
            }
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('|') {
                rest = after;
                continue;
            }
            if !group.names.is_empty() || !group.texts.is_empty() {
                written.groups.push(std::mem::take(&mut group));
            }
            if rest.is_empty() {
                return Ok(written);
            }
            if let Some(after) = rest.strip_prefix('+') {
                rest = after;
            } else if let Some(after) = rest.strip_prefix('…') {
                let digits = after.bytes().take_while(u8::is_ascii_digit).count();
                let (number, after) = after.split_at(digits);
                group.gap = Some(gap(number)?);
                rest = after;
            }
        }
    }
}

/// A gap's number of words; what is not written is [`GAP`].
fn gap(number: &str) -> std::result::Result<u8, String> {
    if number.is_empty() {
        return Ok(GAP);
    }
    let most = number.parse().ok();
    most.filter(|most| (1..=MAX_GAP).contains(most))
        .ok_or_else(|| format!("a gap may have 1 to {MAX_GAP} words, not {number}; write fewer"))
}

impl Sets {
    /// Of terms in their order.
    fn of(members: &[(u32, Vec<u16>)]) -> Sets {
        let mut made = Sets {
            first: members.first().map_or(0, |&(term, _)| term),
            ..Sets::default()
        };
        for (term, sets) in members {
            // Terms of other lists may stand between two of these; they have no sets.
            let at = (term - made.first) as usize;
            made.starts.resize(at + 1, made.sets.len() as u32);
            made.sets.extend(sets);
        }
        made.starts.push(made.sets.len() as u32);
        made
    }

    #[inline]
    fn get(&self, term: u32) -> &[u16] {
        let at = term.checked_sub(self.first).map(|at| at as usize);
        let Some(&[start, end]) = at.and_then(|at| self.starts.get(at..at + 2)) else {
            return &[];
        };
        let sets = self.sets.get(start as usize..end as usize);
        sets.unwrap_or_default()
    }
}

/// Puts the constructions that the words of [`List::Turn`] make into `turned`.
pub(super) fn find(analysis: &mut Analysis, lexicon: &Lexicon) {
    let Analysis {
        hits,
        turning,
        turned,
        tokens,
        folded,
        ..
    } = analysis;
    turned.clear();
    // Most posts have none of the words, and are done here.
    if turning.is_empty() {
        return;
    }
    let search = Search {
        turns: lexicon.turns(),
        lexicon,
        hits,
        turning,
        tokens,
        folded: folded.as_str(),
    };
    search.find(turned);
}

/// The search of one text.
struct Search<'a> {
    turns: &'a Turns,
    lexicon: &'a Lexicon,
    hits: &'a [TermHit],
    turning: &'a [TermHit],
    tokens: &'a [Token],
    folded: &'a str,
}

impl Search<'_> {
    fn find(&self, out: &mut Vec<Turned>) {
        for hit in self.turning {
            for &set in self.turns.sets.get(hit.term) {
                let begun = self.turns.begun.get(usize::from(set));
                self.try_all(begun.map_or(&[], Vec::as_slice), hit, out);
            }
        }
        if !self.turns.begun_good.is_empty() || !self.turns.begun_bad.is_empty() {
            for hit in self.hits {
                match self.side(hit) {
                    Some(Side::Good) => self.try_all(&self.turns.begun_good, hit, out),
                    Some(Side::Bad) => self.try_all(&self.turns.begun_bad, hit, out),
                    None => {}
                }
            }
        }
        // The first of those that overlap stays, of these the longest; a mask wins its place.
        out.sort_unstable_by_key(|turned| {
            (
                turned.start,
                std::cmp::Reverse(turned.end),
                turned.strength != 0,
                std::cmp::Reverse(turned.strength.unsigned_abs()),
                turned.strength,
            )
        });
        let mut end = 0;
        out.retain(|turned| {
            let stays = turned.start >= end;
            if stays {
                end = turned.end;
            }
            stays
        });
        out.retain(|turned| turned.strength != 0);
    }

    /// Puts the constructions of `patterns` that begin with `hit` into `out`.
    fn try_all(&self, patterns: &[u16], hit: &TermHit, out: &mut Vec<Turned>) {
        for &number in patterns {
            let Some(pattern) = self.turns.patterns.get(usize::from(number)) else {
                continue;
            };
            if out.len() >= MAX_TURNED || (pattern.opens && !self.opens(hit.start)) {
                continue;
            }
            let rest = pattern.parts.get(1..).unwrap_or_default();
            if let Some(end) = self.go_on(rest, hit.end, pattern.closes) {
                out.push(Turned {
                    start: hit.start,
                    end,
                    strength: pattern.strength,
                    term: hit.term,
                });
            }
        }
    }

    /// Where the construction ends whose other parts are `parts` and follow `from`.
    fn go_on(&self, parts: &[Part], from: u32, closes: bool) -> Option<u32> {
        let Some((part, rest)) = parts.split_first() else {
            return (!closes || self.closes(from)).then_some(from);
        };
        let is_of_set = |hit: &&TermHit| {
            let sets = self.turns.sets.get(hit.term);
            part.set.is_some_and(|set| sets.contains(&set))
        };
        let is_of_side = |hit: &&TermHit| match self.side(hit) {
            Some(Side::Good) => part.good,
            Some(Side::Bad) => part.bad,
            None => false,
        };
        let (turning, hits) = (behind(self.turning, from), behind(self.hits, from));
        let hits = if part.good || part.bad { hits } else { &[] };
        // To count words costs more than all the rest: only where the part follows somewhere.
        let few = turning.len() + hits.len() <= FEW;
        if few
            && !turning.iter().any(|hit| is_of_set(&hit))
            && !hits.iter().any(|hit| is_of_side(&hit))
        {
            return None;
        }
        let limit = self.limit(from, part.gap);
        let is_near = |hit: &&TermHit| hit.start <= limit;
        let go_on = |hit: &TermHit| self.go_on(rest, hit.end, closes);
        let turning = turning.iter().take_while(is_near).filter(is_of_set);
        let hits = hits.iter().take_while(is_near).filter(is_of_side);
        turning.chain(hits).find_map(go_on)
    }

    /// The last byte at which a part may start that follows `from` after a gap.
    fn limit(&self, from: u32, gap: Option<u8>) -> u32 {
        let rest = self.folded.get(from as usize..).unwrap_or_default();
        let spaces = (rest.len() - rest.trim_start().len()) as u32;
        let Some(most) = gap else {
            return from + spaces;
        };
        let mut left = 2 * u32::from(most);
        let mut at = from + spaces;
        for (offset, character) in rest.char_indices() {
            let here = from + offset as u32;
            if is_stop(character) {
                // What stands right behind the sign is another clause's.
                return at;
            }
            if is_han(character) {
                // A word of Chinese has a character or two, so one counts half a word.
                at = here;
                if left == 0 {
                    return at;
                }
                left = left.saturating_sub(1);
            } else if character.is_whitespace() {
                let next = here + character.len_utf8() as u32;
                if offset as u32 >= spaces {
                    if left < 2 {
                        return at;
                    }
                    left -= 2;
                }
                at = next;
            } else {
                at = at.max(here);
            }
        }
        at
    }

    /// The side of a listed feeling.
    fn side(&self, hit: &TermHit) -> Option<Side> {
        let term = self.lexicon.brief(hit.term)?;
        match term.list {
            List::Sentiment if term.strength > 0 => Some(Side::Good),
            List::Sentiment | List::Insult => Some(Side::Bad),
            _ => None,
        }
    }

    /// Whether a clause begins at `start`.
    fn opens(&self, start: u32) -> bool {
        let before = self.folded.get(..start as usize).unwrap_or_default();
        before
            .trim_end()
            .chars()
            .next_back()
            .is_none_or(|character| !character.is_alphanumeric())
    }

    /// Whether a clause ends at `end`.
    fn closes(&self, end: u32) -> bool {
        let after = self.folded.get(end as usize..).unwrap_or_default();
        let token = self.tokens.partition_point(|token| token.start < end);
        after
            .trim_start()
            .chars()
            .next()
            .is_none_or(|character| !character.is_alphanumeric())
            || self
                .tokens
                .get(token)
                .is_some_and(|token| matches!(token.kind, TokenKind::Entity(_)))
    }
}

/// The hits that start from `from` on.
fn behind(hits: &[TermHit], from: u32) -> &[TermHit] {
    let first = hits.partition_point(|hit| hit.start < from);
    hits.get(first..).unwrap_or_default()
}

/// Whether a sign ends a clause.
fn is_stop(character: char) -> bool {
    matches!(
        character,
        ',' | ';' | '.' | '!' | '?' | '。' | '、' | ':' | '\n' | '…'
    )
}

/// Whether `start..end` touches one of `turned`.
#[inline]
pub(super) fn touches(turned: &[Turned], start: u32, end: u32) -> bool {
    turned
        .iter()
        .any(|turned| start < turned.end && turned.start < end)
}

#[cfg(all(test, feature = "chinese"))]
mod tests {
    use super::super::Analyzer;
    use super::*;

    fn strengths(text: &str) -> Vec<i8> {
        let analyzer = Analyzer::bundled().expect("is bundled");
        let mut analysis = Analysis::default();
        analyzer.prepare(text, &mut analysis);
        analysis
            .turned
            .iter()
            .map(|turned| turned.strength)
            .collect()
    }

    /// The constructions of `lines` in `text`, as spans.
    fn spans(lines: &str, text: &str) -> Vec<(u32, u32, i8)> {
        use crate::feature::lexicon::LexiconBuilder;
        use crate::text::han::HanSegmenter;
        use crate::text::{EntityFinder, Folder, Identifier};
        let folder = Folder::new();
        let lexicon = LexiconBuilder::new()
            .turns(&folder, Language::En, "turn.en.tsv", lines)
            .and_then(LexiconBuilder::build)
            .expect("the lines are right");
        let analyzer = Analyzer::new(
            folder,
            Identifier::bundled().expect("is bundled"),
            EntityFinder::new(),
            HanSegmenter::new(&[], &[]),
            lexicon,
        );
        let mut analysis = Analysis::default();
        analyzer.prepare(text, &mut analysis);
        let spans = analysis.turned.iter();
        spans
            .map(|turned| (turned.start, turned.end, turned.strength))
            .collect()
    }

    #[test]
    fn sets_are_found_by_their_terms() {
        let members = [(7, vec![1, 2]), (8, vec![]), (11, vec![2, 5])];
        let sets = Sets::of(&members);
        for term in 0..14 {
            let of_term = members.iter().find(|&&(other, _)| other == term);
            assert_eq!(sets.get(term), of_term.map_or(&[][..], |(_, sets)| sets));
        }
        assert_eq!(Sets::of(&[]).get(0), [0; 0]);
    }

    #[test]
    fn parts_stand_in_their_order_within_their_gaps() {
        let lines = "@no\tno|never\n{no} …2 end|ends\t2";
        assert_eq!(spans(lines, "never one two end"), [(0, 17, 2)]);
        assert_eq!(spans(lines, "no end"), [(0, 6, 2)]);
        for text in [
            "never one two three end",
            "end never",
            "never. end",
            "never, end",
        ] {
            assert_eq!(spans(lines, text), [], "{text}");
        }
        assert_eq!(spans("a + b\t1", "x a b"), [(2, 5, 1)]);
        assert_eq!(spans("a + b\t1", "a x b"), []);
    }

    #[test]
    fn edges_and_masks_hold() {
        assert_eq!(
            spans("^so much\t-2", "so much. thanks so much"),
            [(0, 7, -2)]
        );
        assert_eq!(spans("it was not $\t-2", "good it was not"), [(5, 15, -2)]);
        assert_eq!(spans("it was not $\t-2", "it was not late"), []);
        assert_eq!(
            spans("so much\t-2\nso much love\t0", "so much love, so much"),
            [(14, 21, -2)]
        );
    }

    #[test]
    fn wrong_lines_are_named() {
        use crate::feature::lexicon::LexiconBuilder;
        use crate::text::Folder;
        for (lines, what) in [
            ("good luck", "1: "),
            ("# x\ngood luck\t4", "2: strength"),
            ("{no} luck\t1", "no class \"no\""),
            ("{no luck\t1", "closes"),
            ("{good}\t1", "no words of its own"),
            ("a …99 b\t1", "a gap may have"),
            ("a | | b\t1", "lacks a word"),
            ("\t1", "is empty"),
        ] {
            let found = LexiconBuilder::new().turns(&Folder::new(), Language::En, "x.tsv", lines);
            let found = found.expect_err(lines).to_string();
            assert!(found.contains("x.tsv:") && found.contains(what), "{found}");
        }
    }

    #[test]
    fn praise_and_complaint_are_told_apart() {
        for text in [
            "I can't thank the two of you enough",
            "couldn't be happier with the car",
            "nothing to complain about",
            "Nemůžu nedoporučit",
            "nemuzu si na nic stezovat",
            "再满意不过了",
            "沒有任何怨言",
        ] {
            let found = strengths(text);
            assert!(found.len() == 1 && found[0] > 0, "{text}: {found:?}");
        }
        for text in [
            "good luck getting your money back",
            "far from perfect",
            "kéž by to drželo",
            "祝你能打通电话才怪",
            "這也敢說是五星飯店",
        ] {
            let found = strengths(text);
            assert!(
                found.iter().any(|&strength| strength < 0),
                "{text}: {found:?}"
            );
            assert!(
                found.iter().all(|&strength| strength < 0),
                "{text}: {found:?}"
            );
        }
        for text in [
            "good luck with the new shop",
            "thanks so much for the cake",
            "can't recommend it",
            "有没有毛病",
            "hodně štěstí v novém roce",
        ] {
            assert_eq!(strengths(text), [0_i8; 0], "{text}");
        }
    }

    #[test]
    fn what_follows_praise_in_negated_form_is_not_negated() {
        let analyzer = Analyzer::bundled().expect("is bundled");
        let mut analysis = Analysis::default();
        analyzer.prepare("couldn't be happier with friendly staff", &mut analysis);
        assert!(analysis.negated.iter().all(|&negated| !negated));
        assert!(analysis.signals[crate::feature::signal::index_of("polarity")] > 0.5);
        analyzer.prepare("nothing to complain about", &mut analysis);
        assert!(analysis.signals[crate::feature::signal::index_of("polarity")] > 0.5);
    }
}
