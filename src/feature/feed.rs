//! The features of a prepared text, in a stated order: words with their pairs and entities, runs of
//! Han characters, listed terms, signals.

use super::hash::{self, FeatureKind, Hasher};
use super::lexicon::{Lexicon, List, TermHit};
use super::seen::Seen;
use super::signal::{self, Signals};
use super::turn::{self, Turned};
use super::words::Word;
use super::{Analysis, Feature, MARKS, Sink, is_inside, ngram};
use crate::text::entity::placeholder::stand_in;
use crate::text::{EntityKind, Token, TokenKind};

/// A sign that is repeated counts up to three times: `!!!!!!` is `!!!`. Chosen by hand, not tuned.
const MAX_SIGNS: usize = 3;
/// Numbers of this many digits and more are one feature. Chosen by hand, not tuned.
const MAX_DIGITS: usize = 12;
/// Counts of digits are hashed from here on, so that none meets the number of an [`EntityKind`],
/// which is hashed under the same kind. Frozen: it is part of the hash.
const DIGITS_FROM: u64 = 1000;
/// The number of turned speech within a feature's hash, beside those of [`list_code`]: frozen.
const TURNED: u64 = 11;
/// The number of a report within a feature's hash: frozen.
const REPORTED: u64 = 12;

/// Gives `sink` every feature of `analysis`, each distinct hash once.
#[inline]
pub(super) fn feed(analysis: &mut Analysis, lexicon: &Lexicon, sink: &mut impl Sink) {
    let Analysis {
        folded,
        tokens,
        words,
        hits,
        names,
        negated,
        reached,
        signals,
        seen,
        turned,
        report,
        ..
    } = analysis;
    seen.clear();
    let mut feed = Feed {
        folded: folded.as_str(),
        names,
        turned,
        report,
        seen,
        sink,
    };
    feed.words(tokens, words, reached);
    feed.han_runs(tokens);
    feed.terms(hits, negated, lexicon);
    feed.turned();
    feed.reported();
    feed.signals(signals);
}

/// The feeding of one text.
struct Feed<'a, S> {
    folded: &'a str,
    names: &'a [(u32, u32)],
    turned: &'a [Turned],
    report: &'a [TermHit],
    seen: &'a mut Seen,
    sink: &'a mut S,
}

impl<S: Sink> Feed<'_, S> {
    /// Gives a feature at `start..end`, unless the text has shown it before; whether it is new.
    #[inline]
    fn once(
        &mut self,
        kind: FeatureKind,
        hash: u64,
        (start, end): (u32, u32),
        detail: u32,
    ) -> bool {
        // Presence, not counts: who writes "bad" ten times says it once.
        let new = self.seen.insert(hash);
        if new {
            self.sink.feature(Feature {
                hash,
                kind,
                block: kind.block(),
                start,
                end,
                detail,
            });
        }
        new
    }

    /// Words, signs and entities, what negations reach of them, the pairs of neighbours, and the
    /// n-grams inside words.
    #[inline]
    fn words(&mut self, tokens: &[Token], words: &[Option<Word>], reached: &[bool]) {
        let mut previous: Option<(u64, u32)> = None;
        for (index, token) in tokens.iter().enumerate() {
            let span = (token.start, token.end);
            let Some(text) = self.folded.get(span.0 as usize..span.1 as usize) else {
                continue;
            };
            // The words of a listed name (War Zone) say nothing of what the post is about, alone or
            // in a pair; those of a construction say the opposite.
            if is_inside(self.names, span.0, span.1) || turn::touches(self.turned, span.0, span.1) {
                previous = None;
                continue;
            }
            let known = words.get(index).copied().flatten();
            let (identity, letters) = self.identity(token, text, known);
            let new = self.once(FeatureKind::Word, identity, span, 0);
            if reached.get(index).copied().unwrap_or(false)
                && matches!(token.kind, TokenKind::Word | TokenKind::Han)
            {
                // Beside the word, not instead of it: a head may not know the negated form.
                self.once(
                    FeatureKind::Negated,
                    hash::hash(FeatureKind::Negated, text),
                    span,
                    0,
                );
            }
            if let Some((before, start)) = previous.replace((identity, span.0)) {
                self.once(
                    FeatureKind::Pair,
                    hash::pair(before, identity),
                    (start, span.1),
                    0,
                );
            }
            // The n-grams of a word go with the word, so that a table can keep their sum.
            if let (Some(word), true) = (letters, new) {
                let marks = text.len() - text.trim_start_matches(MARKS).len();
                self.sink.characters(word, known, span.0 + marks as u32);
            }
        }
    }

    /// What a token is as a neighbour and as a word, and the letters whose n-grams are taken. Gives
    /// the presence of an entity on the way.
    #[inline]
    fn identity<'t>(
        &mut self,
        token: &Token,
        text: &'t str,
        known: Option<Word>,
    ) -> (u64, Option<&'t str>) {
        let span = (token.start, token.end);
        let hash_of = |text: &str| match known {
            Some(word) => word.hash,
            None => hash::hash(FeatureKind::Word, text),
        };
        match token.kind {
            TokenKind::Word => (hash_of(text), Some(text)),
            // Han n-grams cross the cuts of the segmenter, so they are taken from whole runs.
            TokenKind::Han => (hash::hash(FeatureKind::Word, text), None),
            TokenKind::Symbol => {
                // `!!!` and `!!!!!!` should share a row; nobody counts signs while writing.
                let clipped = text
                    .char_indices()
                    .nth(MAX_SIGNS)
                    .map_or(text, |(cut, _)| &text[..cut]);
                (hash::hash(FeatureKind::Word, clipped), None)
            }
            TokenKind::Number => {
                // Numbers rarely recur, but their length distinguishes a price from an account.
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                let presence = presence(DIGITS_FROM + digits.min(MAX_DIGITS) as u64);
                self.once(FeatureKind::Entity, presence, span, 0);
                (hash::hash(FeatureKind::Word, text), None)
            }
            TokenKind::Entity(kind) => {
                let presence = presence(kind as u64);
                self.once(FeatureKind::Entity, presence, span, 0);
                match kind {
                    EntityKind::Emoji | EntityKind::Emoticon => {
                        (hash::hash(FeatureKind::Word, text), None)
                    }
                    // A tag is the word that it marks, so `#refund` is evidence as `refund` is.
                    // Of a masked name only its presence is known; a masked number has a length.
                    EntityKind::Mention if text.ends_with(']') => (presence, None),
                    EntityKind::Reference if text.ends_with(']') => {
                        let value = stand_in(text).unwrap_or_default();
                        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
                        if digits && !value.is_empty() {
                            let length = value.len().min(MAX_DIGITS) as u64;
                            let number = self::presence(DIGITS_FROM + length);
                            self.once(FeatureKind::Entity, number, span, 0);
                        }
                        (presence, None)
                    }
                    EntityKind::Hashtag | EntityKind::Mention => {
                        let name = text.trim_matches(MARKS);
                        (hash_of(name), Some(name))
                    }
                    // Of a link the host recurs; the path is another one in each post.
                    EntityKind::Url => {
                        self.once(
                            FeatureKind::Word,
                            hash::hash(FeatureKind::Word, host(text)),
                            span,
                            0,
                        );
                        (presence, None)
                    }
                    // A telephone number, an address or a handle belongs to one person: only its
                    // presence is learnt.
                    _ => (presence, None),
                }
            }
        }
    }

    /// The n-grams of runs of Han characters, whatever words the segmenter made of them.
    #[inline]
    fn han_runs(&mut self, tokens: &[Token]) {
        let (folded, names, turned) = (self.folded, self.names, self.turned);
        han_runs(tokens, names, turned, |from, to| {
            let Some(run) = folded.get(from as usize..to as usize) else {
                return;
            };
            ngram::of_han(run, |hash, start, end| {
                self.once(
                    FeatureKind::Han,
                    hash,
                    (from + start as u32, from + end as u32),
                    0,
                );
            });
        });
    }

    /// Listed terms: the list, the strength and whether it is negated, not the term itself.
    #[inline]
    fn terms(&mut self, hits: &[TermHit], negated: &[bool], lexicon: &Lexicon) {
        for (index, hit) in hits.iter().enumerate() {
            let Some(term) = lexicon.brief(hit.term) else {
                continue;
            };
            let Some(code) = list_code(term.list) else {
                continue;
            };
            let mut hasher = Hasher::new(FeatureKind::Lexicon as u64);
            hasher.push(code);
            hasher.push(u64::from(term.strength as u8));
            hasher.push(u64::from(negated.get(index).copied().unwrap_or(false)));
            self.once(
                FeatureKind::Lexicon,
                hasher.finish(),
                (hit.start, hit.end),
                hit.term,
            );
        }
    }

    /// Turned speech: whether it praises or complains and how much, not the construction itself.
    #[inline]
    fn turned(&mut self) {
        let turned = self.turned;
        for turned in turned {
            let mut hasher = Hasher::new(FeatureKind::Lexicon as u64);
            hasher.push(TURNED);
            hasher.push(u64::from(turned.strength > 0));
            // A mild one (*not bad*) is another feature: it is meant in earnest less often.
            hasher.push(u64::from(turned.strength.unsigned_abs() > 1));
            let span = (turned.start, turned.end);
            self.once(FeatureKind::Lexicon, hasher.finish(), span, turned.term);
        }
    }

    /// Whether the text reports a scam.
    #[inline]
    fn reported(&mut self) {
        if let Some(hit) = self.report.first() {
            let mut hasher = Hasher::new(FeatureKind::Lexicon as u64);
            hasher.push(REPORTED);
            self.once(
                FeatureKind::Lexicon,
                hasher.finish(),
                (hit.start, hit.end),
                hit.term,
            );
        }
    }

    /// Signals, in steps. Each has a hash of its own, so none needs to be looked for in `seen`.
    #[inline]
    fn signals(&mut self, signals: &Signals) {
        signal::features(signals, |hash, index, step| {
            self.sink.feature(Feature {
                hash,
                kind: FeatureKind::Signal,
                block: FeatureKind::Signal.block(),
                start: 0,
                end: 0,
                detail: (index as u32) << 8 | step,
            });
        });
    }
}

/// The hash of the presence of an entity.
#[inline]
fn presence(code: u64) -> u64 {
    let mut hasher = Hasher::new(FeatureKind::Entity as u64);
    hasher.push(code);
    hasher.finish()
}

/// Calls `run(start, end)` for every run of Han words that touch; names and turned speech
/// are left out.
fn han_runs(
    tokens: &[Token],
    names: &[(u32, u32)],
    turned: &[Turned],
    mut run: impl FnMut(u32, u32),
) {
    let mut open: Option<(u32, u32)> = None;
    for token in tokens {
        if token.kind == TokenKind::Han
            && !is_inside(names, token.start, token.end)
            && !turn::touches(turned, token.start, token.end)
        {
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

/// The host of a link, without `www.`: with and without it is one sender.
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
        List::Notice
        | List::Accident
        | List::Report
        | List::Turn
        | List::Name
        | List::Brand
        | List::Topic(_)
        | List::Monitored(_) => {
            return None;
        }
    })
}
