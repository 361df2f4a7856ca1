//! Features: what a model sees of a post.
//!
//! An [`Analyzer`] prepares a text (fold, language, entities, words, lexicon terms) into an
//! [`Analysis`]; from there [`Analyzer::features`] calls back for every feature. Each distinct
//! word, pair, sign and Han n-gram counts once a text; the n-grams of a word go with the word.
//!
#![doc = include_str!("../../docs/design/feature.md")]

mod accident;
mod feed;
pub mod hash;
pub(crate) mod lexicon;
pub(crate) mod ngram;
mod notice;
pub(crate) mod polarity;
mod report;
mod role;
mod seen;
pub mod signal;
pub(crate) mod turn;
pub(crate) mod words;

use std::sync::atomic::{AtomicU64, Ordering};

pub use accident::Accident;
use hash::FeatureKind;
use lexicon::{Lexicon, List, Silence, TermHit};
pub use notice::Notice;
pub(crate) use role::Roles;
use seen::Seen;
use signal::Signals;
use words::{Memory, Reading, Word};

use crate::Result;
use crate::text::han::HanSegmenter;
use crate::text::source::Source;
use crate::text::word::tokenize;
use crate::text::{Entity, EntityFinder, Folded, Folder, Identification, Identifier, Token};

/// The version of the features, raised whenever a hash or a feature changes: a model of another
/// version means something else.
pub const VERSION: u32 = 2;

/// The block whose length a feature is divided by, so that long texts do not get larger scores.
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
pub(crate) const BLOCKS: usize = 3;

/// One feature of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its stable hash.
    pub hash: u64,
    /// What it is.
    pub kind: FeatureKind,
    /// Its block.
    pub block: Block,
    /// Its first byte in the folded text; equal to `end` for a property of the whole text.
    pub start: u32,
    /// One past its last byte in the folded text.
    pub end: u32,
    /// What a reader is shown beside the text: the index of a signal and its step, or of a term.
    pub detail: u32,
}

/// What takes the features of a text.
pub trait Sink {
    /// Takes one feature.
    fn feature(&mut self, feature: Feature);

    /// Takes the n-grams of `word`, which depend on nothing else; `known` is its record, `start`
    /// its first byte in the folded text.
    fn characters(&mut self, word: &str, known: Option<Word>, start: u32) {
        let _ = known;
        ngram::of_word(word, |hash, from, to| {
            let (start, end) = (start + from as u32, start + to as u32);
            self.feature(Feature {
                hash,
                kind: FeatureKind::Characters,
                block: Block::Characters,
                start,
                end,
                detail: 0,
            });
        });
    }
}

/// What stands around the name of a tag or an account.
const MARKS: [char; 3] = ['#', '@', ' '];

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
    /// The part of the text that is read.
    pub source: Source,
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
    /// The words of constructions in it, which are kept apart.
    turning: Vec<TermHit>,
    /// What in it says the opposite of its words, in order of place and without overlap.
    pub turned: Vec<turn::Turned>,
    /// The set phrases of messages that need no answer in it, which are kept apart.
    notices: Vec<TermHit>,
    /// What its set phrases say that it is.
    pub notice: Notice,
    /// The terms of [`List::Accident`] that tell of it, none to two.
    pub accident_hits: Vec<TermHit>,
    /// Whether it tells of an accident.
    pub accident: Accident,
    /// The terms that tell that it reports a scam, none to two.
    pub report: Vec<TermHit>,
    /// The listed names in it ([`List::Name`]), in order of place: first byte and one past the
    /// last, in the folded text.
    pub names: Vec<(u32, u32)>,
    /// The titles in it, 《…》: first byte and the last character's first byte.
    titles: Vec<(u32, u32)>,
    /// For each of `hits`: whether it is negated.
    pub negated: Vec<bool>,
    /// For each of `tokens`: whether a negation reaches it; empty where the text has none.
    pub reached: Vec<bool>,
    /// Its dense signals.
    pub signals: Signals,
    seen: Seen,
    /// For each of `tokens` what is known of it as a word.
    words: Vec<Option<Word>>,
    /// What is remembered of the words of earlier texts.
    memory: Memory,
}

/// Prepares texts and names their features; immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct Analyzer {
    folder: Folder,
    identifier: Identifier,
    finder: EntityFinder,
    han: HanSegmenter,
    lexicon: Lexicon,
    /// Tells this analyzer and its copies from every other of the process, so that nothing
    /// remembered of another is taken for its own; 0 is that of the empty one.
    identity: u64,
}

/// The identity of the analyzer that is made next.
static NEXT: AtomicU64 = AtomicU64::new(1);

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
            identity: NEXT.fetch_add(1, Ordering::Relaxed),
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
        let span = analysis.source.original_span(span);
        (span.start as u32, span.end as u32)
    }

    /// The lexicon.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// Prepares `original` into `analysis`, whose earlier content is dropped.
    pub fn prepare(&self, original: &str, analysis: &mut Analysis) {
        // Each step needs those before it: terms need tokens, negations need terms,
        // signals need both.
        analysis.source.read(original);
        let Analysis {
            source,
            folded,
            language,
            entities,
            tokens,
            words,
            memory,
            hits,
            ..
        } = &mut *analysis;
        let text = source.text(original);
        self.folder.fold(text, folded);
        let spelling = folded.as_str();
        self.finder.find(spelling, entities);
        tokenize(spelling, entities, &self.han, tokens);
        memory.serve(self);
        memory.look_up(self, spelling, tokens, words);
        let (tokens, words) = (&tokens[..], &words[..]);
        // Where the fold changed nothing but the case, the words of the tokens tell the language;
        // elsewhere those that stand in the original.
        let is_same = folded.is_lower_case();
        let mut reading = Reading {
            analyzer: self,
            memory,
            tokens: if is_same { tokens } else { &[] },
            words: if is_same { words } else { &[] },
        };
        *language = self.identifier.identify_with(text, &mut reading);
        // Spread or imitated letters hide the language too. Chinese shows itself by any character.
        let disguises = folded.disguises();
        if disguises.spaced_out + disguises.look_alikes > 0 && !language.language.is_chinese() {
            (reading.tokens, reading.words) = (tokens, words);
            *language = self.identifier.identify_with(spelling, &mut reading);
        }
        let silence = |token: usize| {
            let word = words.get(token).copied().flatten();
            word.map_or(Silence::default(), |word| word.silence)
        };
        let language = language.language;
        self.lexicon
            .find_beside(spelling, tokens, silence, language, hits);
        self.set_apart(analysis);
        analysis.notice = notice::shown(analysis, &self.lexicon);
        report::tell(analysis, &self.lexicon);
        turn::find(analysis, &self.lexicon);
        // Before negations are marked: a "no" inside a name negates nothing.
        self.silence_names(analysis);
        report::silence_quoted(analysis, &self.lexicon);
        polarity::mark_negations(analysis, &self.lexicon);
        analysis.accident = accident::tell(analysis, &self.lexicon);
        polarity::silence_turned(analysis, &self.lexicon);
        let text = analysis.source.text(original);
        analysis.signals = signal::measure(text, analysis, &self.lexicon);
    }

    /// Takes out of the hits what is read by itself. Among the others it would change polarity,
    /// which looks at the neighbours of a hit, and so change scores. What is listed as harm or as a
    /// part of an accident inside 《…》 goes too: the title of a song is no explosion.
    fn set_apart(&self, analysis: &mut Analysis) {
        let Analysis {
            hits,
            folded,
            titles,
            notices,
            accident_hits,
            report,
            turning,
            monitored,
            ..
        } = analysis;
        find_titles(folded.as_str(), titles);
        for apart in [
            &mut *notices,
            &mut *accident_hits,
            &mut *report,
            &mut *turning,
            &mut *monitored,
        ] {
            apart.clear();
        }
        hits.retain(|hit| {
            let Some(term) = self.lexicon.brief(hit.term) else {
                return true;
            };
            let apart = match term.list {
                List::Harm | List::Urgency => return !is_inside(titles, hit.start, hit.end),
                List::Accident if is_inside(titles, hit.start, hit.end) => return false,
                List::Accident => &mut *accident_hits,
                List::Notice => &mut *notices,
                List::Report => &mut *report,
                List::Turn => &mut *turning,
                list if list.is_monitored() => &mut *monitored,
                _ => return true,
            };
            apart.push(*hit);
            false
        });
    }

    /// Gathers the names, and drops what other lists found inside them: a game called War Zone is
    /// not war.
    fn silence_names(&self, analysis: &mut Analysis) {
        let Analysis { hits, names, .. } = analysis;
        let list = |hit: &TermHit| self.lexicon.brief(hit.term).map(|term| term.list);
        names.clear();
        names.extend(
            hits.iter()
                .filter(|hit| list(hit) == Some(List::Name))
                .map(|hit| (hit.start, hit.end)),
        );
        // Names are rare: most texts do not pay for them.
        if !names.is_empty() {
            drop_inside(hits, names, &self.lexicon);
        }
    }

    /// Calls `each` for every feature of a prepared text.
    pub fn features(&self, analysis: &mut Analysis, each: impl FnMut(Feature)) {
        self.feed(analysis, &mut Each(each));
    }

    /// Gives `sink` every feature of a prepared text.
    pub fn feed(&self, analysis: &mut Analysis, sink: &mut impl Sink) {
        feed::feed(analysis, &self.lexicon, sink);
    }
}

/// Drops the hits that lie inside one of `names`. Topics and the brand may list names, so theirs
/// stay.
fn drop_inside(hits: &mut Vec<TermHit>, names: &[(u32, u32)], lexicon: &Lexicon) {
    hits.retain(|hit| {
        let list = lexicon.brief(hit.term).map(|term| term.list);
        matches!(list, Some(List::Topic(_) | List::Brand)) || !is_inside(names, hit.start, hit.end)
    });
}

/// Puts the titles of a folded text, 《…》, into `titles`.
fn find_titles(folded: &str, titles: &mut Vec<(u32, u32)>) {
    titles.clear();
    let mut from = 0;
    while let Some(open) = folded.get(from..).and_then(|rest| rest.find('《')) {
        let start = from + open;
        let Some(length) = folded.get(start..).and_then(|rest| rest.find('》')) else {
            return;
        };
        from = start + length;
        titles.push((start as u32, from as u32));
    }
}

/// Whether `start..end` lies inside one of `names`.
#[inline]
fn is_inside(names: &[(u32, u32)], start: u32, end: u32) -> bool {
    names.iter().any(|&(from, to)| from <= start && end <= to)
}
