//! The engine: everything that is needed to answer for a post, immutable and shared.
//!
#![doc = include_str!("../../docs/design/engine.md")]

mod answering;
mod builder;
mod explaining;
mod monitoring;
mod observing;
mod overlay;
mod spare;
mod writing;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

pub use builder::EngineBuilder;
#[cfg(feature = "train")]
pub(crate) use builder::bundled;
use overlay::Overlay;
use spare::Spares;

use crate::feature::lexicon::{Lexicon, List, TermHit};
use crate::feature::{Analysis, Analyzer};
use crate::importance::ledger::{self, Judgement};
use crate::importance::{Importance, Settings};
use crate::mask::{self, Masker};
use crate::model::{Calibration, Context, Sums, Table, stack};
use crate::observation::Identities;
use crate::taxonomy::Taxonomy;
use crate::taxonomy::evidence::{Learnt, TopicEvidence, Weighing};
use crate::terms::{Matcher, Matches};
use crate::text::{Entity, EntityKind, Language};
use crate::triage::{
    HeadAnswer, MAX_TOPICS, Polarity, SUSPECTED, Sentiment, Silent, Spam, TermSpan, TopicScore,
    Topics, Triage, Verdict, rounded,
};
use crate::{Post, Result, parallel};

/// The probability of spam from which on a post is spam; from [`SUSPECTED`] on it is unsure (chosen
/// by hand; not tuned).
const SPAM: f32 = 0.8;
/// The probability of a language, and the tokens of a text, from which on a head is silent that was
/// not trained on it: surer than for a word or a name in a foreign tongue. By hand; of the 20,799
/// posts of twelve sets in supported languages a head is silent on 7, some of them truly foreign.
const SURELY: f32 = 0.95;
const SENTENCE: usize = 4;

/// Answers for posts. Immutable, `Send + Sync`, cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: Arc<Inner>,
    /// What corrections change; the base stays shared with the engines that have another.
    overlay: Option<Arc<Overlay>>,
}

#[derive(Debug)]
struct Inner {
    analyzer: Analyzer,
    table: Table,
    taxonomy: Taxonomy,
    importance: Settings,
    matcher: Matcher,
    roles: Roles,
    identities: Identities,
    masker: Masker,
    /// Tells each head from every other; made when the first overlay asks for it.
    fingerprints: OnceLock<Vec<u64>>,
    spares: Spares,
}

/// Which head of the table plays which part.
#[derive(Clone, Debug, Default)]
struct Roles {
    spam: Option<usize>,
    sentiment: Option<usize>,
    urgency: Option<usize>,
    topic: Option<usize>,
    /// For each topic its label in the topic head, where it has one.
    topic_labels: Vec<Option<TopicLabel>>,
    /// For each topic the log-odds below which its threshold can't be reached.
    topic_bars: Vec<i64>,
    /// Heads of the embedder's own.
    added: Vec<usize>,
}

/// A label of the topic head that is a topic of the taxonomy.
#[derive(Clone, Copy, Debug)]
struct TopicLabel {
    /// Its index among the labels.
    index: usize,
    /// The logarithm of the odds of how often it was trained.
    general: f64,
}

/// The buffers of one thread, reused between posts; about three megabytes, most of it what is
/// remembered of words.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    analysis: Analysis,
    /// What is known of the post beside its words.
    contexts: Vec<Context>,
    sums: Sums,
    overlay_sums: Sums,
    margins: Vec<f64>,
    probabilities: Vec<f32>,
    evidence: TopicEvidence,
    matches: Matches,
    masking: mask::Thread,
}

impl Engine {
    /// The engine with all that is bundled.
    ///
    /// # Errors
    /// As [`EngineBuilder::build`].
    pub fn new() -> Result<Engine> {
        Engine::builder().build()
    }

    /// A builder with all that is bundled.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Buffers for one thread.
    pub fn scratch(&self) -> Scratch {
        Scratch::default()
    }

    /// Answers for one post. A pure function: the same post gives the same answer, whatever
    /// `scratch` saw before.
    pub fn triage(&self, post: &Post<'_>, scratch: &mut Scratch) -> Triage {
        let truncated = self.read(&post.text, scratch);
        let Inner {
            analyzer, taxonomy, ..
        } = &*self.inner;
        self.add_contexts(post, scratch);
        let mut triage = Triage {
            language: scratch.analysis.language.language,
            language_probability: scratch.analysis.language.probability,
            truncated,
            quoted: scratch.analysis.source.is_quoted(),
            notice: scratch.analysis.notice,
            ..Triage::default()
        };
        // Nothing to read (white space, or nothing at all) is calm, neutral and no spam: the heads'
        // biases alone would be an answer about other texts.
        let empty = scratch.analysis.tokens.is_empty();
        triage.sentiment.neutral = 1.0;
        if !empty {
            self.ask_heads(scratch, &mut triage);
        }
        self.gather_topics(scratch);
        triage.topics = topics(taxonomy, &self.inner.roles.topic_bars, &scratch.evidence);
        self.add_harm(&scratch.analysis, &mut triage);
        self.add_monitored(post, scratch, &mut triage);
        debug_assert_eq!(scratch.evidence.topics(), taxonomy.topics.len());
        let settings = &self.inner.importance;
        triage.importance = if empty {
            Importance::new(settings.levels())
        } else {
            let judgement = self.judgement(&triage);
            let facts = ledger::facts(post, &scratch.analysis, analyzer.lexicon(), judgement);
            ledger::score(&facts, settings)
        };
        triage
    }

    /// Puts into `triage` what the heads say of the text that was read.
    fn ask_heads(&self, scratch: &mut Scratch, triage: &mut Triage) {
        let Inner { table, roles, .. } = &*self.inner;
        triage.silent = Silent {
            spam: self.is_foreign(roles.spam, &scratch.analysis),
            sentiment: self.is_foreign(roles.sentiment, &scratch.analysis),
            urgency: self.is_foreign(roles.urgency, &scratch.analysis),
        };
        if let Some(head) = roles.spam.filter(|_| !triage.silent.spam) {
            let probability = self.probabilities_of(head, scratch)[1];
            // Two bounds, not one: what lies between is for a person to decide.
            let verdict = match probability {
                p if p < SUSPECTED => Verdict::Ham,
                p if p < SPAM => Verdict::Unsure,
                _ => Verdict::Spam,
            };
            triage.spam = Spam {
                probability,
                verdict,
                campaign: None,
            };
        }
        if let Some(head) = roles.sentiment.filter(|_| !triage.silent.sentiment) {
            let probabilities = self.probabilities_of(head, scratch);
            triage.sentiment = sentiment(&table.heads()[head].calibration, probabilities);
        }
        if let Some(head) = roles.urgency.filter(|_| !triage.silent.urgency) {
            triage.urgency = self.probabilities_of(head, scratch)[1];
        }
        // What an embedder added is answered beside the bundled heads and never changes
        // what they say.
        for &head in &roles.added {
            let calibration = &table.heads()[head].calibration;
            let probabilities = self.probabilities_of(head, scratch);
            if let Some((label, probability)) = calibration.choose(probabilities) {
                triage.heads.push(HeadAnswer {
                    head: head as u16,
                    label: label as u16,
                    probability,
                    enough: calibration.is_enough(label, probability),
                });
            }
        }
    }

    /// Whether a text is surely in a language that `head` was not trained on.
    pub(super) fn is_foreign(&self, head: Option<usize>, analysis: &Analysis) -> bool {
        let found = &analysis.language;
        // Slovak is read as Czech: every seventh text of the Czech set is Slovak.
        let language = match found.language {
            Language::Sk => Language::Cs,
            language => language,
        };
        let knows = |head: usize| self.inner.table.heads()[head].knows(language);
        language != Language::Und
            && found.probability >= SURELY
            && analysis.tokens.len() >= SENTENCE
            && head.is_some_and(|head| !knows(head))
    }

    /// Notes what of the post beside its words the heads count.
    fn add_contexts(&self, post: &Post<'_>, scratch: &mut Scratch) {
        let is_given = |id: &Option<Cow<'_, str>>| {
            let id = id.as_deref().map(str::trim);
            id.is_some_and(|id| !id.is_empty())
        };
        let lexicon = self.inner.analyzer.lexicon();
        let is_brand = |hit: &TermHit| {
            let term = lexicon.brief(hit.term);
            term.is_some_and(|term| term.list == List::Brand)
        };
        let Scratch {
            analysis, contexts, ..
        } = scratch;
        let is_first = |entity: &&Entity| entity.start == 0;
        let first = analysis.entities.iter().find(is_first);
        let found = [
            (
                Context::Addressed,
                first.is_some_and(|first| first.kind == EntityKind::Mention),
            ),
            (
                Context::Thread,
                is_given(&post.thread) || is_given(&post.in_reply_to),
            ),
            (
                Context::Customer,
                is_given(&post.customer.id) || is_given(&post.customer.tier),
            ),
            (Context::Brand, analysis.hits.iter().any(is_brand)),
            (Context::Report, !analysis.report.is_empty()),
        ];
        let stands = found.into_iter().filter(|(_, stands)| *stands);
        contexts.extend(stands.map(|(context, _)| context));
    }

    /// Adds the places of the terms of harm. Negated ones are left out: "no smoke" is not harm.
    fn add_harm(&self, analysis: &Analysis, triage: &mut Triage) {
        let lexicon = self.inner.analyzer.lexicon();
        let is_harm = |hit: &TermHit| {
            lexicon
                .brief(hit.term)
                .is_some_and(|term| term.list == List::Harm)
        };
        for (hit, &negated) in analysis.hits.iter().zip(&analysis.negated) {
            if !negated && is_harm(hit) {
                let (start, end) = Analyzer::original(analysis, hit.start, hit.end);
                triage.terms.push(TermSpan {
                    term: hit.term,
                    start,
                    end,
                });
            }
        }
    }

    /// Answers for many posts, in their order, on all threads (feature `parallel`).
    pub fn triage_batch(&self, posts: &[Post<'_>]) -> Vec<Triage> {
        self.map_batch(posts, |engine, scratch, post| engine.triage(post, scratch))
    }

    /// Calls `each` for every item, on all threads (feature `parallel`), and gives the results in
    /// the items' order.
    ///
    /// What a service does besides triage (parsing, writing) goes in here too, so that it is
    /// spread with it.
    pub fn map_batch<T: Sync, R: Send>(
        &self,
        items: &[T],
        each: impl Fn(&Engine, &mut Scratch, &T) -> R + Send + Sync,
    ) -> Vec<R> {
        parallel::map(
            items,
            || self.inner.spares.lend(),
            |lent, item| each(self, &mut lent.scratch, item),
        )
    }

    /// The names of the heads.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        self.inner
            .table
            .heads()
            .iter()
            .map(|head| head.task.as_str())
    }

    /// The labels of a head.
    pub fn labels(&self, task: &str) -> Option<&[String]> {
        self.inner
            .table
            .heads()
            .iter()
            .find(|head| head.task == task)
            .map(|head| head.labels.as_slice())
    }

    /// The topics that answers name by their index.
    pub fn taxonomy(&self) -> &Taxonomy {
        &self.inner.taxonomy
    }

    /// How identifiers become hashes: the secret, and who counts as one person.
    pub fn identities(&self) -> &Identities {
        &self.inner.identities
    }

    /// The weights of importance that it was built with.
    pub fn importance(&self) -> &Settings {
        &self.inner.importance
    }

    /// Bytes held by the table of weights and the lexicon; the dictionary of the Chinese segmenter
    /// comes on top.
    pub fn memory_usage(&self) -> usize {
        let overlay = self
            .overlay
            .as_ref()
            .map_or(0, |overlay| overlay.memory_usage());
        self.inner.table.memory_usage()
            + self.inner.analyzer.lexicon().memory_usage()
            + self.inner.matcher.memory_usage()
            + overlay
    }

    /// The probability of each label of the head `task`, in the order of [`Engine::labels`]; empty
    /// without such a head.
    pub fn probabilities<'s>(&self, task: &str, text: &str, scratch: &'s mut Scratch) -> &'s [f32] {
        match self
            .inner
            .table
            .heads()
            .iter()
            .position(|head| head.task == task)
        {
            Some(head) => {
                self.read(text, scratch);
                self.probabilities_of(head, scratch)
            }
            None => &[],
        }
    }

    /// The label that the head `task` gives for these probabilities, by its index,
    /// and its probability.
    pub fn choose(&self, task: &str, probabilities: &[f32]) -> Option<(usize, f32)> {
        let head = self
            .inner
            .table
            .heads()
            .iter()
            .find(|head| head.task == task)?;
        head.calibration.choose(probabilities)
    }

    /// The probability of each topic of the taxonomy, in its order, 0 to 1: each against the rest,
    /// so that they need not sum to 1. All are equal where the text holds no evidence for any.
    pub fn topic_probabilities<'s>(&self, text: &str, scratch: &'s mut Scratch) -> &'s [f32] {
        self.read(text, scratch);
        self.gather_topics(scratch);
        let Scratch {
            evidence,
            probabilities,
            ..
        } = scratch;
        probabilities.clear();
        probabilities.extend((0..evidence.topics()).map(|topic| evidence.probability(topic)));
        probabilities
    }

    /// What the terms found in `text` say for each topic, in nats; without any learnt head that is
    /// all of the evidence.
    #[cfg(feature = "train")]
    pub(crate) fn term_evidence(&self, text: &str, scratch: &mut Scratch) -> Vec<f64> {
        self.read(text, scratch);
        let Scratch {
            analysis, evidence, ..
        } = scratch;
        let Inner {
            analyzer, taxonomy, ..
        } = &*self.inner;
        evidence.gather(
            taxonomy,
            analyzer.lexicon(),
            &analysis.hits,
            analysis.tokens.len(),
            Weighing::default(),
            |_| None,
        );
        (0..evidence.topics())
            .map(|topic| {
                (evidence.log_odds(topic) - evidence.base(topic)) as f64
                    / crate::model::SCALE as f64
            })
            .collect()
    }

    /// The text that `scratch` holds as it was last read, and the lexicon whose terms were
    /// found in it.
    pub(crate) fn analysed<'s>(&'s self, scratch: &'s Scratch) -> (&'s Analysis, &'s Lexicon) {
        (&scratch.analysis, self.inner.analyzer.lexicon())
    }

    /// How many terms the lexicon has, those of the embedder included.
    pub(crate) fn terms(&self) -> usize {
        self.inner.analyzer.lexicon().len()
    }

    /// Whether a topic lists what would find the whole of `term`.
    pub(crate) fn lists_as_topic(&self, term: &str, scratch: &mut Scratch) -> bool {
        let Scratch { analysis, .. } = scratch;
        let analyzer = &self.inner.analyzer;
        analyzer.prepare(term, analysis);
        let whole = analysis.folded.as_str().len() as u32;
        analysis.hits.iter().any(|hit| {
            let topic = analyzer
                .lexicon()
                .brief(hit.term)
                .is_some_and(|term| matches!(term.list, List::Topic(_)));
            topic && hit.start == 0 && hit.end == whole
        })
    }

    /// Prepares a text and sums its features; whether it was cut.
    fn read(&self, text: &str, scratch: &mut Scratch) -> bool {
        let Inner {
            analyzer, table, ..
        } = &*self.inner;
        analyzer.prepare(text, &mut scratch.analysis);
        scratch.contexts.clear();
        let mut summing = table.start(&mut scratch.sums);
        match &self.overlay {
            None => {
                analyzer.feed(&mut scratch.analysis, &mut summing);
                summing.finish();
            }
            Some(overlay) => overlay.read(
                analyzer,
                &mut scratch.analysis,
                summing,
                &mut scratch.overlay_sums,
            ),
        }
        scratch.analysis.source.is_truncated()
    }

    /// The probabilities of a head's labels for the text that was read; at least two.
    fn probabilities_of<'s>(&self, head: usize, scratch: &'s mut Scratch) -> &'s [f32] {
        let Scratch {
            analysis,
            contexts,
            sums,
            overlay_sums,
            margins,
            probabilities,
            ..
        } = scratch;
        let table = &self.inner.table;
        let base = table.familiarity(head, sums);
        let correction = self
            .overlay
            .as_ref()
            .and_then(|overlay| overlay.added_to(table, head, sums, overlay_sums));
        // What was corrected is known: without this the calibration would distrust the very words
        // that people taught.
        let familiarity = correction
            .as_ref()
            .map_or(base, |correction| correction.familiarity(base));
        let context: i64 = table.heads()[head]
            .context_parts(contexts)
            .fold(0, |sum, (_, part)| sum.saturating_add(part));
        let added = |lane| {
            let correction = correction.as_ref();
            context.saturating_add(correction.map_or(0, |correction| correction.margin(lane)))
        };
        table.probabilities(
            head,
            sums,
            &analysis.signals,
            (added, familiarity),
            margins,
            probabilities,
        );
        probabilities
    }

    /// What the ledger needs of an answer.
    fn judgement(&self, triage: &Triage) -> Judgement {
        let mut harmful_topics = [0.0_f32; 3];
        for found in triage.topics.as_slice() {
            let harm = self
                .inner
                .taxonomy
                .topics
                .get(usize::from(found.topic))
                .map_or(0, |topic| topic.harm);
            // Harm 0 has no place here: such a topic adds no points.
            let most = usize::try_from(harm - 1)
                .ok()
                .and_then(|index| harmful_topics.get_mut(index));
            most.into_iter()
                .for_each(|most| *most = most.max(found.probability));
        }
        Judgement {
            spam: triage.spam.probability,
            urgency: triage.urgency,
            negative: triage.sentiment.negative,
            positive: triage.sentiment.positive,
            harmful_topics,
        }
    }

    /// Gathers the evidence for each topic in the text that was read.
    fn gather_topics(&self, scratch: &mut Scratch) {
        let Inner {
            analyzer,
            table,
            taxonomy,
            roles,
            ..
        } = &*self.inner;
        // A head that never saw the language says nothing; of a few words none is sure.
        let learnt = roles
            .topic
            .filter(|&head| !self.is_foreign(Some(head), &scratch.analysis));
        // The probabilities stay in the scratch, where the closure below reads them.
        if let Some(head) = learnt {
            self.probabilities_of(head, scratch);
        }
        let Scratch {
            analysis,
            margins,
            probabilities,
            evidence,
            ..
        } = scratch;
        let words = analysis.tokens.len();
        let learnt = learnt.and_then(|head| table.heads().get(head));
        let weighing = learnt.map_or(Weighing::default(), |head| Weighing {
            even: stack::even(head.labels.len()),
            stack: head.stack.as_ref(),
        });
        evidence.gather(
            taxonomy,
            analyzer.lexicon(),
            &analysis.hits,
            words,
            weighing,
            |topic| {
                let label = roles.topic_labels.get(topic).copied().flatten()?;
                Some(Learnt {
                    probability: probabilities.get(label.index).copied()?,
                    general: label.general,
                    alone: learnt?.calibration.log_odds(margins, label.index),
                })
            },
        );
    }
}

/// The sentiment from the probabilities of negative, neutral and positive, in this order.
fn sentiment(calibration: &Calibration, probabilities: &[f32]) -> Sentiment {
    let &[negative, neutral, positive] = probabilities else {
        return Sentiment::default();
    };
    let label = match calibration.choose(probabilities) {
        Some((0, _)) => Polarity::Negative,
        Some((2, _)) => Polarity::Positive,
        _ => Polarity::Neutral,
    };
    Sentiment {
        label,
        // The expectation over -1, 0 and 1: a post that is surely neutral and one torn in two
        // both get 0.
        polarity: positive - negative,
        negative,
        neutral,
        positive,
    }
}

/// The topics from their thresholds on, most probable first, ties by their place in the taxonomy.
fn topics(taxonomy: &Taxonomy, bars: &[i64], evidence: &TopicEvidence) -> Topics {
    let mut topics = Topics::default();
    for (topic, (stated, &bar)) in taxonomy.topics.iter().zip(bars).enumerate() {
        if evidence.is_below(topic, bar) {
            continue;
        }
        let probability = evidence.probability(topic);
        // Below every threshold no topic is named: "none of these" is an answer.
        if probability < stated.threshold() {
            continue;
        }
        let count = usize::from(topics.count);
        // Kept sorted while they come: a few at most, and no allocation.
        let at = topics.found[..count]
            .iter()
            .position(|found| probability > found.probability)
            .unwrap_or(count);
        if at < MAX_TOPICS {
            let end = (count + 1).min(MAX_TOPICS);
            topics.found[at..end].rotate_right(1);
            topics.found[at] = TopicScore {
                topic: topic as u16,
                probability,
            };
            topics.count = end as u8;
        }
    }
    topics
}
