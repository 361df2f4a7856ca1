//! Suggested answers: which of a firm's own answers ([`Faq`]) fits a post.
//!
#![doc = include_str!("../../docs/design/suggest.md")]

mod calibrate;
mod faq;
mod machine;
mod space;
mod words;

pub use faq::{Accepted, Entry, Faq, MAX_QUESTIONS, TASK};
pub use words::Word;

use calibrate::{Calibration, Judged, ranked};
use machine::kernel;
use space::Space;

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
    /// For each question what it counts for which entries.
    counts: Vec<Vec<(u32, f32)>>,
    /// What each entry's margin begins with.
    biases: Vec<f32>,
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
        let questions = engine.map_batch(&texts, |engine, scratch, (_, text)| {
            space::read(engine, text, scratch)
        });
        let space = Space::new(engine, &questions, &entry_of);
        let kernels = parallel::map(
            &questions,
            || (),
            |(), features| {
                let mut row = space.similarities(&space.cells(features));
                row.iter_mut().for_each(|cell| *cell = kernel(*cell));
                row
            },
        );
        let (calibration, judged) = calibrate::calibrate(&kernels, &entry_of, faq.entries().len());
        let rows: Vec<u32> = (0..texts.len() as u32).collect();
        let planes = machine::fit(&kernels, &entry_of, &rows, faq.entries().len());
        let mut counts = vec![Vec::new(); texts.len()];
        for (entry, plane) in planes.iter().enumerate() {
            for &(question, count) in &plane.questions {
                counts[question as usize].push((entry as u32, count));
            }
        }
        Ok(Suggester {
            engine: engine.clone(),
            biases: planes.iter().map(|plane| plane.bias).collect(),
            faq,
            settings,
            space,
            counts,
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
        let features = space::read(&self.engine, text, scratch);
        let language = self.engine.analysed(scratch).0.language.language;
        let cells = self.space.cells(&features);
        let kernels = self.space.similarities(&cells).into_iter().map(kernel);
        let kernels: Vec<f32> = kernels.collect();
        let mut margins: Vec<f64> = self.biases.iter().map(|&bias| f64::from(bias)).collect();
        for (counts, &kernel) in self.counts.iter().zip(&kernels) {
            for &(entry, count) in counts {
                if let Some(margin) = margins.get_mut(entry as usize) {
                    *margin += f64::from(count * kernel);
                }
            }
        }
        let entries = self.faq.entries();
        let may = |at: usize| entries.get(at).is_some_and(|entry| speaks(entry, language));
        let found = ranked(&margins, self.settings.most, may);
        let suggestion = |candidate: calibrate::Candidate| {
            let probability = self.calibration.probability(&candidate);
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
            let counts = self.counts.get(at).into_iter().flatten();
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

/// Whether an entry may be suggested for a post in this language: a language that is not known
/// excludes nothing, and Chinese is read in both scripts.
fn speaks(entry: &Entry, language: Language) -> bool {
    entry.language.is_none_or(|own| {
        own == language || language == Language::Und || (own.is_chinese() && language.is_chinese())
    })
}
