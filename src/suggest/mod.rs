//! Suggested answers: which of a firm's own answers ([`Faq`]) fits a post.
//!
#![doc = include_str!("../../docs/design/suggest.md")]

mod calibrate;
mod faq;
mod machine;
mod space;
mod topics;
mod words;

use std::collections::BTreeSet;

pub use faq::{Accepted, Entry, Faq, MAX_QUESTIONS, TASK};
pub use words::Word;

use calibrate::{Calibration, Judged, RANKS, ranked};
use machine::{Machine, kernel};
use space::{Space, Text};
use topics::Topics;

use crate::config::within;
use crate::text::Language;
use crate::{Engine, Result, Scratch, parallel};

/// What is suggested of all that could be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The probability from which on an answer is suggested, 0 to 1.
    pub threshold: f32,
    /// Most suggestions for a post, 1 to 3.
    pub most: usize,
}

impl Default for Settings {
    /// Up to three, from three in twenty on: an agent reads three lines quicker than they write
    /// one. By hand.
    fn default() -> Settings {
        Settings {
            threshold: 0.15,
            most: 3,
        }
    }
}

/// Suggests the entries of a FAQ; immutable and shared by threads.
#[derive(Clone, Debug)]
pub struct Suggester {
    engine: Engine,
    faq: Faq,
    settings: Settings,
    space: Space,
    topics: Topics,
    machine: Machine,
    entry_of: Vec<u32>,
    calibration: Calibration,
    judged: Vec<Judged>,
}

/// A suggested answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// The probability that it answers the post, 0 to 1.
    pub probability: f32,
    /// The words of the post that speak for it, in order of place.
    pub words: Vec<Word>,
}

/// What a FAQ reaches on its own questions, each left out of what it is judged by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Check<'a> {
    /// Questions that were judged.
    pub questions: usize,
    /// Questions that are the only ones of their entries, and so can't be judged.
    pub alone: usize,
    /// Of those judged: how many have their own entry first.
    pub first: usize,
    /// Of those judged: how many have their own entry among the first three.
    pub among_three: usize,
    /// Those that have another entry first, in the order of the FAQ.
    pub astray: Vec<Astray<'a>>,
}

/// A question that another entry would answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Astray<'a> {
    /// The question.
    pub question: &'a str,
    /// Its entry.
    pub entry: &'a Entry,
    /// The entry that comes first.
    pub instead: &'a Entry,
    /// The probability that would be given to that.
    pub probability: f32,
}

impl Suggester {
    /// Learns the entries of a FAQ. It takes longer the more questions there are: each is compared
    /// with each.
    ///
    /// # Errors
    /// If a setting is out of its range.
    pub fn new(engine: &Engine, faq: Faq, settings: Settings) -> Result<Suggester> {
        within("threshold", settings.threshold, 0.0..=1.0, "0 to 1")?;
        within("most", settings.most, 1..=3, "1 to 3")?;
        let entries = faq.entries().iter().enumerate();
        let texts: Vec<(u32, &str)> = entries
            .flat_map(|(at, entry)| entry.questions.iter().map(move |text| (at as u32, &**text)))
            .collect();
        let entry_of: Vec<u32> = texts.iter().map(|text| text.0).collect();
        let topics = Topics::new(engine, &faq);
        let read = |engine: &Engine, scratch: &mut Scratch, text: &str| {
            let priors = topics.priors(engine, text, scratch);
            (space::read(engine, text, scratch), priors)
        };
        let questions = engine.map_batch(&texts, |engine, scratch, of| read(engine, scratch, of.1));
        let (questions, priors): (Vec<Text>, Vec<Vec<f32>>) = questions.into_iter().unzip();
        let background = space::background();
        let background = engine.map_batch(&background, |engine, scratch, text| {
            read(engine, scratch, text)
        });
        let (background, strange): (Vec<Text>, Vec<Vec<f32>>) = background.into_iter().unzip();
        let space = Space::new(&questions, &entry_of, &background);
        let kernels_of = |text: &Text| kernels(&space, &space.cells(&text.features));
        let rows = parallel::map(&questions, || (), |(), text| kernels_of(text));
        let all: Vec<u32> = (0..texts.len() as u32).collect();
        let languages: Vec<Option<Language>> =
            faq.entries().iter().map(|entry| entry.language).collect();
        // Entries of two languages are never suggested for one post.
        let competes = |a: u32, b: u32| {
            let of = |at: u32| languages.get(at as usize).copied().flatten();
            of(a).zip(of(b)).is_none_or(|(a, b)| a == b)
        };
        let entries = faq.entries().len();
        let planes = machine::fit(&rows, &entry_of, &all, entries, competes);
        let machine = Machine::new(&planes, texts.len());
        // Those in other languages than the FAQ's tell nothing: they share no words with it.
        let spoken: BTreeSet<&str> = questions.iter().map(|of| of.language.code()).collect();
        let strange = background.iter().zip(&strange);
        let strange: Vec<(&Text, &Vec<f32>)> = strange
            .filter(|(text, _)| spoken.contains(text.language.code()))
            .collect();
        let strange = parallel::map(
            &strange,
            || (),
            |(), (text, priors)| {
                let mut margins = machine.margins(&kernels_of(text));
                topics::add(&mut margins, priors);
                ranked(
                    &margins,
                    &machine.nothing,
                    RANKS,
                    speaking(&faq, text.language),
                )
            },
        );
        let (calibration, judged) =
            calibrate::calibrate(&rows, &priors, &entry_of, entries, competes, &strange);
        Ok(Suggester {
            engine: engine.clone(),
            faq,
            settings,
            space,
            topics,
            machine,
            entry_of,
            calibration,
            judged,
        })
    }

    /// The entries.
    pub fn faq(&self) -> &Faq {
        &self.faq
    }

    /// The answers that fit a text, most probable first; empty if none is probable enough. A pure
    /// function of the text, whatever `scratch` saw before.
    pub fn suggest(&self, text: &str, scratch: &mut Scratch) -> Vec<Suggestion<'_>> {
        let priors = self.topics.priors(&self.engine, text, scratch);
        let Text { features, language } = space::read(&self.engine, text, scratch);
        let cells = self.space.cells(&features);
        let kernels = kernels(&self.space, &cells);
        let mut margins = self.machine.margins(&kernels);
        topics::add(&mut margins, &priors);
        let entries = self.faq.entries();
        let may = speaking(&self.faq, language);
        let found = ranked(&margins, &self.machine.nothing, self.settings.most, may);
        // None is more probable than the one before it: what a text that shares nothing gets
        // differs from entry to entry, so the calibration may say otherwise.
        let mut most = 1.0_f32;
        let suggestion = |candidate: calibrate::Candidate| {
            most = most.min(self.calibration.probability(&candidate));
            let probability = most;
            // A text that shares nothing with any question is none of them.
            let counts = self.counted(candidate.entry, &cells, &kernels);
            let is_known = counts.iter().any(|&count| count > 0.0);
            let entry = entries.get(candidate.entry)?;
            (is_known && probability >= self.settings.threshold).then(|| Suggestion {
                entry,
                probability,
                words: words::gather(&features, &counts, self.engine.analysed(scratch).0),
            })
        };
        found.into_iter().filter_map(suggestion).collect()
    }

    /// What each feature of a text adds to the margin of an entry, by the entry's own questions:
    /// the gradient of the margin times the feature.
    fn counted(&self, entry: usize, cells: &[space::Cell], kernels: &[f32]) -> Vec<f32> {
        let of_question = |question: u32| -> f32 {
            let at = question as usize;
            if self.entry_of.get(at).is_none_or(|&of| of as usize != entry) {
                return 0.0;
            }
            let counts = self.machine.counts.get(at).into_iter().flatten();
            let counts = counts.filter(|count| count.0 as usize == entry);
            let count: f32 = counts.map(|count| count.1).sum();
            count * kernels.get(at).copied().unwrap_or(0.0)
        };
        let count = |cell: &space::Cell| {
            let postings = self.space.postings(cell).iter();
            postings
                .map(|&(question, value)| of_question(question) * value * cell.value)
                .sum()
        };
        cells.iter().map(count).collect()
    }

    /// What the FAQ reaches on its own questions: which of its entries are hard to distinguish.
    pub fn check(&self) -> Check<'_> {
        let mut check = Check {
            questions: self.judged.len(),
            alone: self.entry_of.len() - self.judged.len(),
            ..Check::default()
        };
        let entries = self.faq.entries();
        let texts = entries
            .iter()
            .flat_map(|entry| entry.questions.iter().map(move |text| (entry, text)));
        let texts: Vec<(&Entry, &String)> = texts.collect();
        for judged in &self.judged {
            let Some(&(entry, question)) = texts.get(judged.question) else {
                continue;
            };
            let own = self.entry_of.get(judged.question).map(|&own| own as usize);
            let rank = judged.ranking.iter().position(|of| Some(of.entry) == own);
            check.first += usize::from(rank == Some(0));
            check.among_three += usize::from(rank.is_some());
            let first = judged.ranking.first().filter(|_| rank != Some(0));
            if let Some((first, instead)) =
                first.and_then(|first| Some((first, entries.get(first.entry)?)))
            {
                check.astray.push(Astray {
                    question,
                    entry,
                    instead,
                    probability: self.calibration.probability(first),
                });
            }
        }
        check
    }
}

/// What each question counts for a text of these features.
fn kernels(space: &Space, cells: &[space::Cell]) -> Vec<f32> {
    let similarities = space.similarities(cells).into_iter();
    similarities.map(kernel).collect()
}

/// Which entries may be suggested for a post in this language. One that is not known excludes
/// nothing; Chinese is read in both scripts, but where entries are in its own it gets those.
fn speaking(faq: &Faq, language: Language) -> impl Fn(usize) -> bool + '_ {
    let entries = faq.entries();
    let is_own = entries.iter().any(|entry| entry.language == Some(language));
    move |at| {
        let entry = entries.get(at);
        entry.is_some_and(|entry| match entry.language {
            None => true,
            Some(_) if language == Language::Und => true,
            Some(own) if is_own => own == language,
            Some(own) => own == language || (own.is_chinese() && language.is_chinese()),
        })
    }
}
