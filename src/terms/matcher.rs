//! Which rules hit, by the monitored terms that were found in a text.

use std::ops::Range;

use super::{INLINE, Monitored, Near, Operand, Rule, Rules};
use crate::Post;
use crate::feature::lexicon::{Lexicon, List, TermHit, is_spoken};
use crate::feature::{Analysis, Analyzer};
use crate::post::Role;
use crate::terms::{RuleHit, TermSpan};
use crate::text::{EntityKind, Language, Token, TokenKind};

/// Rules with what is needed to find those that a term belongs to; immutable and shared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matcher {
    rules: Rules,
    /// For each list of terms, by its number, the lines that name it.
    of_lists: Vec<Vec<Use>>,
    /// The same for each term that a rule names itself, from `first_inline` on.
    of_inline: Vec<Vec<Use>>,
    first_inline: u32,
    /// For each rule the kinds of lines without which it can't hit.
    needed: Vec<u8>,
}

/// A line of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    rule: u16,
    line: Line,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Any,
    /// The entry of this index, for each must be found.
    All(u16),
    Not,
    Near,
    NotNear,
    /// Behind all others.
    End,
}

impl Line {
    /// A bit for its kind, if a rule may need it.
    fn bit(self) -> u8 {
        match self {
            Line::Any => 1,
            Line::All(_) => 2,
            Line::Near => 4,
            Line::Not | Line::NotNear | Line::End => 0,
        }
    }
}

/// Buffers for one text, reused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matches {
    /// For each rule the kinds of lines that were found.
    kinds: Vec<u8>,
    /// What was found for each line, of rules that may hit, ordered by rule, line and place; the
    /// numbers are those of the hits.
    found: Vec<(Use, u32)>,
    places: Vec<Place>,
    /// First byte and one past the last of each word that counts for a distance.
    words: Vec<(u32, u32)>,
}

/// Where a hit stands among the words.
#[derive(Clone, Copy, Debug)]
struct Place {
    hit: TermHit,
    /// Words that end before it.
    first: u32,
    /// Words that begin before its end.
    last: u32,
    negated: bool,
}

impl Matcher {
    /// A matcher of `rules`, whose terms are the last of `lexicon`.
    pub(crate) fn new(rules: Rules, lexicon: &Lexicon) -> Matcher {
        let inline = rules.inline();
        let mut of_lists = vec![Vec::new(); rules.lists.len()];
        let mut of_inline = vec![Vec::new(); inline.len()];
        for (rule, number) in rules.rules.iter().zip(0_u16..) {
            for (name, operands) in rule.lines() {
                for (operand, index) in operands.iter().zip(0_u16..) {
                    let line = match name {
                        "any" => Line::Any,
                        "all" => Line::All(index),
                        "not" => Line::Not,
                        "near" => Line::Near,
                        _ => Line::NotNear,
                    };
                    let uses = match operand {
                        Operand::List(name) => {
                            let list = rules.lists.iter().position(|list| list.name == *name);
                            list.and_then(|list| of_lists.get_mut(list))
                        }
                        Operand::Term(text) => inline
                            .get(text.as_str())
                            .and_then(|term| of_inline.get_mut(*term)),
                    };
                    uses.into_iter()
                        .for_each(|uses: &mut Vec<Use>| uses.push(Use { rule: number, line }));
                }
            }
        }
        let first_inline = (lexicon.len() - of_inline.len()) as u32;
        let needs = |rule: &Rule| {
            let bit = |is_needed: bool, line: Line| if is_needed { line.bit() } else { 0 };
            bit(!rule.any.is_empty(), Line::Any)
                | bit(!rule.all.is_empty(), Line::All(0))
                | bit(rule.near.is_some(), Line::Near)
        };
        // Known before any text: a rule that lacks a kind of line that it needs is not looked at.
        let needed = rules.rules.iter().map(needs).collect();
        Matcher {
            rules,
            of_lists,
            of_inline,
            first_inline,
            needed,
        }
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Bytes on the heap: the texts of the terms and rules, and the lines that name them.
    pub(crate) fn memory_usage(&self) -> usize {
        let lists = self.rules.lists.iter().flat_map(|list| &list.terms);
        let listed: usize = lists.map(|term| size_of_val(term) + term.text.len()).sum();
        let rules = self
            .rules
            .rules
            .iter()
            .flat_map(Rule::lines)
            .flat_map(|(_, operands)| operands);
        let named: usize = rules
            .map(|operand| size_of_val(operand) + operand.text().len())
            .sum();
        let uses = self.of_lists.iter().chain(&self.of_inline);
        let uses: usize = uses
            .map(|uses| size_of_val(uses) + size_of_val(uses.as_slice()))
            .sum();
        listed + named + uses + size_of_val(self.rules.rules.as_slice())
    }

    /// The terms and rules that hit in a text that was prepared.
    pub(crate) fn find(
        &self,
        post: &Post<'_>,
        analysis: &Analysis,
        lexicon: &Lexicon,
        matches: &mut Matches,
    ) -> Monitored {
        let mut monitored = Monitored::default();
        // Texts without monitored terms, which are most, cost nothing.
        if analysis.monitored.is_empty() {
            return monitored;
        }
        self.find_terms(post.role, analysis, lexicon, &mut monitored.terms);
        self.gather(analysis, lexicon, matches);
        if matches.found.is_empty() {
            return monitored;
        }
        matches.place(analysis);
        let text = Text {
            post,
            analysis,
            lexicon,
            places: &matches.places,
        };
        for found in matches.found.chunk_by(|a, b| a.0.rule == b.0.rule) {
            let number = found.first().map_or(0, |(used, _)| used.rule);
            // Only rules of which every needed kind of line was found get here.
            let Some(rule) = self.rules.rules.get(usize::from(number)) else {
                continue;
            };
            if let Some((severity, parts)) = rule.hit(&text, found) {
                monitored.rules.push(RuleHit {
                    rule: number,
                    severity,
                    parts,
                });
            }
        }
        monitored
    }

    /// Gathers what was found for the rules that may hit. A list may stand in many rules, most of
    /// which lack something else: they cost a bit each.
    fn gather(&self, analysis: &Analysis, lexicon: &Lexicon, matches: &mut Matches) {
        let Matches { kinds, found, .. } = matches;
        found.clear();
        kinds.clear();
        // A byte a rule, so that a common word in a list of 200 rules does not open 200 rules.
        kinds.resize(self.needed.len(), 0);
        for used in analysis
            .monitored
            .iter()
            .flat_map(|hit| self.uses(hit, lexicon))
        {
            if let Some(kinds) = kinds.get_mut(usize::from(used.rule)) {
                *kinds |= used.line.bit();
            }
        }
        let may_hit = |rule: usize| {
            self.needed
                .get(rule)
                .zip(kinds.get(rule))
                .is_some_and(|(needed, found)| needed & found == *needed)
        };
        for (hit, number) in analysis.monitored.iter().zip(0..) {
            let uses = self
                .uses(hit, lexicon)
                .iter()
                .filter(|used| may_hit(usize::from(used.rule)));
            found.extend(uses.map(|used| (*used, number)));
        }
        // By rule, line and place, so that each rule is a slice and each line a slice of that: no
        // map, no allocation.
        found.sort_unstable();
    }

    /// The terms of named lists, of one list the leftmost and longest.
    fn find_terms(
        &self,
        role: Role,
        analysis: &Analysis,
        lexicon: &Lexicon,
        terms: &mut Vec<TermSpan>,
    ) {
        let mut ends: Vec<(u16, u32)> = Vec::new();
        for hit in &analysis.monitored {
            let Some(List::Monitored(number)) = lexicon.brief(hit.term).map(|term| term.list)
            else {
                continue;
            };
            let Some(list) = usize::from(number)
                .checked_sub(1)
                .and_then(|list| self.rules.lists.get(list))
            else {
                continue;
            };
            // A list of the words of agents is not looked for in what customers write.
            if list.role.is_some_and(|wanted| wanted != role) {
                continue;
            }
            match ends.iter_mut().find(|(other, _)| *other == number) {
                // Hits come leftmost and longest first. `refund` inside `refund policy` of the same
                // list is not a second hit; of another list it is.
                Some((_, end)) if hit.start < *end => continue,
                Some((_, end)) => *end = hit.end,
                None => ends.push((number, hit.end)),
            }
            terms.push(span(hit, analysis));
        }
    }

    /// The lines that a hit's term stands in.
    fn uses(&self, hit: &TermHit, lexicon: &Lexicon) -> &[Use] {
        let uses = match lexicon.brief(hit.term).map(|term| term.list) {
            Some(List::Monitored(INLINE)) => hit
                .term
                .checked_sub(self.first_inline)
                .and_then(|term| self.of_inline.get(term as usize)),
            Some(List::Monitored(list)) => self.of_lists.get(usize::from(list) - 1),
            _ => None,
        };
        uses.map(Vec::as_slice).unwrap_or_default()
    }
}

impl Operand {
    fn text(&self) -> &str {
        match self {
            Operand::Term(text) | Operand::List(text) => text,
        }
    }
}

impl Matches {
    /// Puts the hits in their places among the words.
    fn place(&mut self, analysis: &Analysis) {
        let Matches { places, words, .. } = self;
        words.clear();
        // Counted once a text: with them a distance is a subtraction, however many rules ask.
        words.extend(
            analysis
                .tokens
                .iter()
                .filter(|token| counts(token))
                .map(|token| (token.start, token.end)),
        );
        places.clear();
        places.extend(analysis.monitored.iter().map(|&hit| Place {
            hit,
            first: words.partition_point(|word| word.1 <= hit.start) as u32,
            last: words.partition_point(|word| word.0 < hit.end) as u32,
            negated: is_negated(analysis, &hit),
        }));
    }
}

impl Place {
    /// How many words it is from one to the other: 1 for neighbours, 0 if they overlap.
    fn distance(&self, other: &Place) -> u32 {
        let (before, after) = if self.hit.start <= other.hit.start {
            (self, other)
        } else {
            (other, self)
        };
        // Terms that overlap share words: no distance lies between.
        if after.hit.start < before.hit.end {
            0
        } else {
            after.first.saturating_sub(before.last) + 1
        }
    }
}

/// A text and what was found in it.
struct Text<'a> {
    post: &'a Post<'a>,
    analysis: &'a Analysis,
    lexicon: &'a Lexicon,
    places: &'a [Place],
}

/// What was found for the lines of one rule, in their order.
#[derive(Clone, Copy)]
struct Found<'a> {
    rule: &'a Rule,
    text: &'a Text<'a>,
    found: &'a [(Use, u32)],
}

impl<'a> Found<'a> {
    /// What was found for these lines.
    fn of(self, lines: Range<Line>) -> impl Iterator<Item = (Line, &'a Place)> {
        let places = self.text.places;
        let from = self
            .found
            .partition_point(|(used, _)| used.line < lines.start);
        let to = self
            .found
            .partition_point(|(used, _)| used.line < lines.end);
        let hits = self.found.get(from..to).unwrap_or_default().iter();
        hits.filter_map(move |(used, hit)| Some((used.line, places.get(*hit as usize)?)))
    }

    /// Whether a hit counts although a negation may reach it.
    fn counts(self, place: &Place) -> bool {
        !(self.rule.skips_negated && place.negated)
    }

    /// The hits of `near` that stand within its reach of `anchor`.
    fn near(self, anchor: &Place, near: &Near) -> impl Iterator<Item = &'a Place> {
        // A term that overlaps its anchor (`refund` in `full refund`) is not beside it: from 1 on.
        self.beside(anchor, near, Line::Near..Line::NotNear, 1)
            .filter(move |place| self.counts(place))
    }

    /// The hits of `not_near` within its reach. Negated ones forbid too, and so do those
    /// within the anchor.
    fn not_near(self, anchor: &Place, near: &Near) -> impl Iterator<Item = &'a Place> {
        self.beside(anchor, near, Line::NotNear..Line::End, 0)
    }

    fn beside(
        self,
        anchor: &Place,
        near: &Near,
        lines: Range<Line>,
        least: u32,
    ) -> impl Iterator<Item = &'a Place> {
        let (anchor, within) = (*anchor, near.within);
        // In order of their start: from the first that begins too far behind the anchor on, all do.
        self.of(lines)
            .take_while(move |(_, place)| place.first <= anchor.last.saturating_add(within))
            .filter(move |(_, place)| (least..=within).contains(&anchor.distance(place)))
            .map(|(_, place)| place)
    }

    /// The hits for `all`, of each entry at least one; `None` if an entry has none.
    fn all(self) -> Option<Vec<&'a Place>> {
        let mut parts: Vec<&Place> = Vec::new();
        let mut wanted = 0..;
        for entry in self
            .of(Line::All(0)..Line::Not)
            .collect::<Vec<_>>()
            .chunk_by(|a, b| a.0 == b.0)
        {
            let standing = entry
                .iter()
                .map(|(_, place)| *place)
                .filter(|place| self.counts(place));
            let kept = parts.len();
            // A negated hit does not fulfil `all`, so an entry may be left with nothing although
            // it was found.
            parts.extend(longest(standing));
            if parts.len() == kept
                || entry.first().map(|(line, _)| *line) != wanted.next().map(Line::All)
            {
                return None;
            }
        }
        (wanted.next() == Some(self.rule.all.len() as u16)).then_some(parts)
    }

    /// The hits for `any` that have what they need beside them, and that; `None` if there is none.
    fn any(self) -> Option<Vec<&'a Place>> {
        let near = |anchor: &Place| match &self.rule.near {
            None => true,
            Some(near) => self.near(anchor, near).next().is_some(),
        };
        let alone = |anchor: &Place| match &self.rule.not_near {
            None => true,
            Some(near) => self.not_near(anchor, near).next().is_none(),
        };
        let anchors = self.of(Line::Any..Line::All(0)).map(|(_, place)| place);
        let anchors =
            longest(anchors.filter(|anchor| self.counts(anchor) && near(anchor) && alone(anchor)));
        if anchors.is_empty() {
            return None;
        }
        let mut parts = Vec::new();
        if let Some(near) = &self.rule.near {
            for anchor in &anchors {
                parts.extend(longest(self.near(anchor, near)));
            }
        }
        parts.extend(anchors);
        Some(parts)
    }
}

impl Rule {
    /// The severity and the parts, if the rule hits; `found` is what was found for its lines,
    /// in their order.
    fn hit(&self, text: &Text<'_>, found: &[(Use, u32)]) -> Option<(u8, Vec<TermSpan>)> {
        // Asked here and not while gathering, for few rules get this far.
        if !self.looks_at(text.post, text.analysis.language.language) {
            return None;
        }
        let found = Found {
            rule: self,
            text,
            found,
        };
        // A forbidden term forbids in any form: whether it is negated is not asked.
        if found.of(Line::Not..Line::Near).next().is_some() {
            return None;
        }
        // The cheap lines first: `not` and `all` refuse most rules before any distance is measured.
        let mut parts = found.all()?;
        if !self.any.is_empty() {
            parts.extend(found.any()?);
        }
        // Without a severity of its own a rule is as grave as its gravest term.
        let severity = |place: &&Place| {
            text.lexicon
                .brief(place.hit.term)
                .map(|term| term.strength.unsigned_abs())
        };
        let severity = self
            .severity
            .or_else(|| parts.iter().filter_map(severity).max())
            .unwrap_or(1);
        let mut spans: Vec<TermSpan> = parts
            .iter()
            .map(|place| span(&place.hit, text.analysis))
            .collect();
        // One hit may be a part by several lines; a reader wants it once, in the order of the text.
        spans.sort_unstable_by_key(|span| (span.start, span.end, span.term));
        spans.dedup();
        Some((severity, spans))
    }

    /// Whether it looks at a post of this role, language and channel.
    fn looks_at(&self, post: &Post<'_>, language: Language) -> bool {
        let channel = || {
            post.channel
                .as_deref()
                .map(str::trim)
                .unwrap_or_default()
                .to_lowercase()
        };
        self.role.is_none_or(|role| role == post.role)
            && (self.languages.is_empty()
                || self
                    .languages
                    .iter()
                    .any(|listed| is_spoken(*listed, language)))
            && (self.channels.is_empty() || self.channels.contains(&channel()))
    }
}

/// Of those that overlap, in order of place, the leftmost and longest.
fn longest<'a>(places: impl Iterator<Item = &'a Place>) -> Vec<&'a Place> {
    let mut end = 0;
    let mut kept = Vec::new();
    for place in places {
        if place.hit.start >= end {
            end = place.hit.end;
            kept.push(place);
        }
    }
    kept
}

/// Whether a token is a word of a distance.
fn counts(token: &Token) -> bool {
    !matches!(
        token.kind,
        TokenKind::Symbol | TokenKind::Entity(EntityKind::Emoji | EntityKind::Emoticon)
    )
}

/// Whether a negation reaches a hit; what is negated in itself agrees with the negation before
/// it in Czech.
fn is_negated(analysis: &Analysis, hit: &TermHit) -> bool {
    let token = analysis
        .tokens
        .partition_point(|token| token.end <= hit.start);
    let agrees = || {
        let text = analysis.folded.as_str().get(hit.start as usize..);
        analysis.language.language == Language::Cs
            && text.is_some_and(|text| text.starts_with("ne"))
    };
    analysis.reached.get(token).copied().unwrap_or(false) && !agrees()
}

fn span(hit: &TermHit, analysis: &Analysis) -> TermSpan {
    let (start, end) = Analyzer::original(analysis, hit.start, hit.end);
    TermSpan {
        term: hit.term,
        start,
        end,
    }
}
