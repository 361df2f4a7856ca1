//! Features: what a model sees of a post.
//!
//! An [`Analyzer`] prepares a text (fold, language, entities, words, lexicon terms) into an
//! [`Analysis`]; from there [`Analyzer::features`] calls back for every feature. Each distinct
//! word, pair, sign and Han n-gram counts once a text; the n-grams of a word go with the word.

pub mod hash;
pub mod lexicon;
pub mod ngram;
pub mod polarity;
mod seen;
pub mod signal;

use hash::{Hasher, Kind};
use lexicon::{Lexicon, List, TermHit};
use seen::Seen;
use signal::Signals;

use crate::Result;
use crate::text::han::HanSegmenter;
use crate::text::word::tokenize;
use crate::text::{
    Entity, EntityFinder, EntityKind, Folded, Folder, Identification, Identifier, Token, TokenKind,
};

/// The version of the features: a model of another version means something else.
pub const VERSION: u32 = 2;

/// The block whose length a feature is measured against: long texts do not shout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Block {
    /// Words, pairs and entities.
    Words = 0,
    /// Characters.
    Characters = 1,
    /// What is known before any training: listed terms, and signals of the whole text.
    Terms = 2,
}

impl Block {
    /// All blocks, in the order of their numbers.
    pub const ALL: [Block; BLOCKS] = [Block::Words, Block::Characters, Block::Terms];
}

/// How many blocks there are.
pub const BLOCKS: usize = 3;

/// One feature of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its stable hash.
    pub hash: u64,
    /// What it is.
    pub kind: Kind,
    /// Its block.
    pub block: Block,
    /// Its first byte in the folded text; equal to `end` for a property of the whole text.
    pub start: u32,
    /// One past its last byte in the folded text.
    pub end: u32,
    /// What a reader is told beside the text: the index of a signal and its step, or of a term.
    pub detail: u32,
}

/// What takes the features of a text.
pub trait Sink {
    /// Takes one feature.
    fn feature(&mut self, feature: Feature);

    /// Takes the n-grams of `word`, which depend on nothing else; `identity` is the word's hash,
    /// `start` its first byte in the folded text.
    fn characters(&mut self, word: &str, identity: u64, start: u32) {
        let _ = identity;
        ngram::of_word(word, |hash, from, to| {
            let (start, end) = (start + from as u32, start + to as u32);
            self.feature(Feature {
                hash,
                kind: Kind::Characters,
                block: Block::Characters,
                start,
                end,
                detail: 0,
            });
        });
    }
}

/// Calls a closure for each feature.
struct Each<F>(F);

impl<F: FnMut(Feature)> Sink for Each<F> {
    #[inline]
    fn feature(&mut self, feature: Feature) {
        (self.0)(feature);
    }
}

/// A prepared text; filled by [`Analyzer::prepare`], reused between posts.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// The folded text.
    pub folded: Folded,
    /// Its language.
    pub language: Identification,
    /// Its entities.
    pub entities: Vec<Entity>,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// The lexicon's terms in it.
    pub hits: Vec<TermHit>,
    /// The monitored terms in it, which are kept apart: nothing that scores a text sees them.
    pub monitored: Vec<TermHit>,
    /// The listed names in it ([`List::Name`]), in order of place: first byte and one past the
    /// last, in the folded text.
    pub names: Vec<(u32, u32)>,
    /// For each of `hits`: whether it is negated.
    pub negated: Vec<bool>,
    /// For each of `tokens`: whether a negation reaches it; empty where the text has none.
    pub reached: Vec<bool>,
    /// Its dense signals.
    pub signals: Signals,
    seen: Seen,
}

/// Prepares texts and names their features; immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct Analyzer {
    folder: Folder,
    identifier: Identifier,
    finder: EntityFinder,
    han: HanSegmenter,
    lexicon: Lexicon,
}

impl Analyzer {
    /// An analyzer of these parts.
    pub fn new(
        folder: Folder,
        identifier: Identifier,
        finder: EntityFinder,
        han: HanSegmenter,
        lexicon: Lexicon,
    ) -> Analyzer {
        Analyzer {
            folder,
            identifier,
            finder,
            han,
            lexicon,
        }
    }

    /// The analyzer that is bundled: all lexicons, no taxonomy, no user words. What training sees.
    ///
    /// # Errors
    /// If a bundled lexicon can't be used (a test holds that it can).
    pub fn bundled() -> Result<Analyzer> {
        let folder = Folder::new();
        let lexicon = lexicon::LexiconBuilder::new().bundled(&folder)?.build()?;
        let han = HanSegmenter::new(&[], &[]);
        Ok(Analyzer::new(
            folder,
            Identifier::bundled()?,
            EntityFinder::new(),
            han,
            lexicon,
        ))
    }

    /// The part of the original text that the folded bytes `start..end` came from.
    pub fn original(analysis: &Analysis, start: u32, end: u32) -> (u32, u32) {
        let span = analysis.folded.original_span(start as usize..end as usize);
        (span.start as u32, span.end as u32)
    }

    /// The lexicon.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// Prepares `original` into `analysis`, whose earlier content is dropped.
    pub fn prepare(&self, original: &str, analysis: &mut Analysis) {
        self.folder.fold(original, &mut analysis.folded);
        analysis.language = self.identifier.identify(original);
        let folded = analysis.folded.as_str();
        // Spread or imitated letters hide the language too. Chinese shows itself by any character.
        let disguises = analysis.folded.disguises();
        if disguises.spaced_out + disguises.look_alikes > 0
            && !analysis.language.language.is_chinese()
        {
            analysis.language = self.identifier.identify(folded);
        }
        self.finder.find(folded, &mut analysis.entities);
        tokenize(folded, &analysis.entities, &self.han, &mut analysis.tokens);
        self.lexicon.find_in(
            folded,
            &analysis.tokens,
            analysis.language.language,
            &mut analysis.hits,
        );
        self.set_monitored_apart(analysis);
        self.silence_names(analysis);
        polarity::mark_negations(analysis, &self.lexicon);
        analysis.signals = signal::measure(original, analysis, &self.lexicon);
    }

    fn set_monitored_apart(&self, analysis: &mut Analysis) {
        let Analysis {
            hits, monitored, ..
        } = analysis;
        monitored.clear();
        if self.lexicon.monitors() {
            let is_monitored = |hit: &TermHit| {
                self.lexicon
                    .brief(hit.term)
                    .is_some_and(|term| term.list.is_monitored())
            };
            monitored.extend(hits.iter().filter(|hit| is_monitored(hit)));
            hits.retain(|hit| !is_monitored(hit));
        }
    }

    /// Gathers the names, and drops what other lists found inside them: a game called War Zone is
    /// no war. Topics and the brand may list names, so their terms stay.
    fn silence_names(&self, analysis: &mut Analysis) {
        let Analysis { hits, names, .. } = analysis;
        let list = |hit: &TermHit| self.lexicon.brief(hit.term).map(|term| term.list);
        names.clear();
        names.extend(
            hits.iter()
                .filter(|hit| list(hit) == Some(List::Name))
                .map(|hit| (hit.start, hit.end)),
        );
        if !names.is_empty() {
            hits.retain(|hit| {
                matches!(list(hit), Some(List::Topic(_) | List::Brand))
                    || !is_inside(names, hit.start, hit.end)
            });
        }
    }

    /// Calls `each` for every feature of a prepared text.
    pub fn features(&self, analysis: &mut Analysis, each: impl FnMut(Feature)) {
        self.feed(analysis, &mut Each(each));
    }

    /// Gives `sink` every feature of a prepared text.
    pub fn feed(&self, analysis: &mut Analysis, sink: &mut impl Sink) {
        let Analysis {
            folded,
            tokens,
            hits,
            names,
            negated,
            reached,
            signals,
            seen,
            ..
        } = analysis;
        let folded = folded.as_str();
        seen.clear();
        let mut previous = None;
        for (index, token) in tokens.iter().enumerate() {
            let (start, end) = (token.start, token.end);
            let Some(text) = folded.get(start as usize..end as usize) else {
                continue;
            };
            if is_inside(names, start, end) {
                previous = None;
                continue;
            }
            let mut emit = |seen: &mut Seen, hash: u64, kind: Kind| {
                let new = seen.insert(hash);
                if new {
                    sink.feature(Feature {
                        hash,
                        kind,
                        block: Block::Words,
                        start,
                        end,
                        detail: 0,
                    });
                }
                new
            };
            let mut letters: Option<&str> = None;
            let identity = match token.kind {
                TokenKind::Word => {
                    letters = Some(text);
                    hash::hash(Kind::Word, text)
                }
                TokenKind::Han => hash::hash(Kind::Word, text),
                TokenKind::Symbol => {
                    let clipped = text
                        .char_indices()
                        .nth(3)
                        .map_or(text, |(cut, _)| &text[..cut]);
                    hash::hash(Kind::Word, clipped)
                }
                TokenKind::Number => {
                    let digits = text.bytes().filter(u8::is_ascii_digit).count().min(12);
                    let mut hasher = Hasher::new(Kind::Entity as u64);
                    hasher.push(1000 + digits as u64);
                    emit(seen, hasher.finish(), Kind::Entity);
                    hash::hash(Kind::Word, text)
                }
                TokenKind::Entity(kind) => {
                    let mut hasher = Hasher::new(Kind::Entity as u64);
                    hasher.push(kind as u64);
                    let presence = hasher.finish();
                    emit(seen, presence, Kind::Entity);
                    match kind {
                        EntityKind::Emoji | EntityKind::Emoticon => hash::hash(Kind::Word, text),
                        EntityKind::Hashtag | EntityKind::Mention => {
                            let name = text.trim_matches(['#', '@', ' ']);
                            letters = Some(name);
                            hash::hash(Kind::Word, name)
                        }
                        EntityKind::Url => {
                            emit(seen, hash::hash(Kind::Word, host(text)), Kind::Word);
                            presence
                        }
                        _ => presence,
                    }
                }
            };
            let new = emit(seen, identity, Kind::Word);
            if reached.get(index).copied().unwrap_or(false)
                && matches!(token.kind, TokenKind::Word | TokenKind::Han)
            {
                emit(seen, hash::hash(Kind::Negated, text), Kind::Negated);
            }
            if let Some(before) = previous.replace((identity, start)) {
                let hash = hash::pair(before.0, identity);
                if seen.insert(hash) {
                    sink.feature(Feature {
                        hash,
                        kind: Kind::Pair,
                        block: Block::Words,
                        start: before.1,
                        end,
                        detail: 0,
                    });
                }
            }
            if let (Some(word), true) = (letters, new) {
                let offset =
                    start + (text.len() - text.trim_start_matches(['#', '@', ' ']).len()) as u32;
                sink.characters(word, identity, offset);
            }
        }
        han_runs(tokens, names, |from, to| {
            let Some(run) = folded.get(from as usize..to as usize) else {
                return;
            };
            ngram::of_han(run, |hash, start, end| {
                if seen.insert(hash) {
                    let (start, end) = (from + start as u32, from + end as u32);
                    sink.feature(Feature {
                        hash,
                        kind: Kind::Han,
                        block: Block::Characters,
                        start,
                        end,
                        detail: 0,
                    });
                }
            });
        });
        for (index, hit) in hits.iter().enumerate() {
            let Some(term) = self.lexicon.brief(hit.term) else {
                continue;
            };
            let Some(code) = list_code(term.list) else {
                continue;
            };
            let mut hasher = Hasher::new(Kind::Lexicon as u64);
            hasher.push(code);
            hasher.push(u64::from(term.strength as u8));
            hasher.push(u64::from(negated.get(index).copied().unwrap_or(false)));
            let hash = hasher.finish();
            if seen.insert(hash) {
                let (start, end) = (hit.start, hit.end);
                sink.feature(Feature {
                    hash,
                    kind: Kind::Lexicon,
                    block: Block::Terms,
                    start,
                    end,
                    detail: hit.term,
                });
            }
        }
        signal::features(signals, |hash, index, step| {
            let detail = (index as u32) << 8 | step;
            sink.feature(Feature {
                hash,
                kind: Kind::Signal,
                block: Block::Terms,
                start: 0,
                end: 0,
                detail,
            });
        });
    }
}

/// Whether `start..end` lies inside one of `names`.
#[inline]
fn is_inside(names: &[(u32, u32)], start: u32, end: u32) -> bool {
    names.iter().any(|&(from, to)| from <= start && end <= to)
}

/// Calls `run(start, end)` for every run of Han words that touch, names left out.
fn han_runs(tokens: &[Token], names: &[(u32, u32)], mut run: impl FnMut(u32, u32)) {
    let mut open: Option<(u32, u32)> = None;
    for token in tokens {
        if token.kind == TokenKind::Han && !is_inside(names, token.start, token.end) {
            match &mut open {
                Some((_, end)) if *end == token.start => *end = token.end,
                _ => {
                    if let Some((start, end)) = open.replace((token.start, token.end)) {
                        run(start, end);
                    }
                }
            }
        }
    }
    if let Some((start, end)) = open {
        run(start, end);
    }
}

/// The host of a link, without `www.`.
fn host(link: &str) -> &str {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or(rest);
    host.strip_prefix("www.").unwrap_or(host)
}

/// A list's number within a feature's hash: frozen. Topics and the brand have none: they may change
/// under a model.
fn list_code(list: List) -> Option<u64> {
    Some(match list {
        List::Sentiment => 1,
        List::Negation => 2,
        List::Intensifier => 3,
        List::Contrast => 4,
        List::Urgency => 5,
        List::Harm => 6,
        List::Request => 7,
        List::Thanks => 8,
        List::Insult => 9,
        List::Contact => 10,
        List::Name | List::Brand | List::Topic(_) | List::Monitored(_) => return None,
    })
}
