//! The engine: everything that is needed to answer for a post, immutable and shared.

use std::sync::Arc;

use crate::explain::Explanation;
use crate::feature::{Analysis, Analyzer};
use crate::model::{Model, Sums, Table};
use crate::parallel;
use crate::taxonomy::Taxonomy;
use crate::text::readable;
use crate::triage::{Answer, Triage};
use crate::{Post, Result};

/// Answers for posts. Immutable, `Send + Sync`, cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    analyzer: Analyzer,
    table: Table,
}

/// Gathers what an [`Engine`] is made of.
#[derive(Clone, Debug, Default)]
pub struct EngineBuilder {
    models: Vec<Model>,
}

/// The buffers of one thread, reused between posts.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    analysis: Analysis,
    sums: Sums,
    margins: Vec<f64>,
    probabilities: Vec<f32>,
}

impl EngineBuilder {
    /// Adds a head that the embedder trained; one of a bundled head's name takes its place.
    pub fn model(mut self, model: Model) -> EngineBuilder {
        self.models.push(model);
        self
    }

    /// Takes this taxonomy instead of the bundled one.
    pub fn taxonomy(self, _taxonomy: Taxonomy) -> EngineBuilder {
        self
    }

    /// Adds words that the Chinese segmenter shall keep whole.
    pub fn add_words<S: Into<String>>(self, _words: impl IntoIterator<Item = S>) -> EngineBuilder {
        self
    }

    /// Removes words from the Chinese segmenter's dictionary.
    pub fn remove_words<S: Into<String>>(self, _words: impl IntoIterator<Item = S>) -> EngineBuilder {
        self
    }

    /// Leaves the bundled models out: only those added with [`EngineBuilder::model`] answer.
    pub fn without_bundled_models(self) -> EngineBuilder {
        self
    }

    /// Builds the engine.
    ///
    /// # Errors
    /// If a model, the taxonomy or a lexicon can't be used; the sentence says which and why.
    pub fn build(self) -> Result<Engine> {
        let model = Model::combine(self.models)?;
        let inner = Inner { analyzer: Analyzer::bundled()?, table: Table::new(&model) };
        Ok(Engine { inner: Arc::new(inner) })
    }
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

    /// Answers for one post. A pure function: the same post gives the same answer, whatever `scratch` saw before.
    pub fn triage(&self, _post: &Post<'_>, _scratch: &mut Scratch) -> Triage {
        Triage::default()
    }

    /// Answers for many posts, in their order, on all threads (feature `parallel`).
    pub fn triage_batch(&self, posts: &[Post<'_>]) -> Vec<Triage> {
        self.map_batch(posts, |engine, scratch, post| engine.triage(post, scratch))
    }

    /// Calls `each` for every item, on all threads (feature `parallel`), and gives the results in the items' order.
    ///
    /// What a service does besides triage (parsing, writing) goes in here too, so that it is spread with it.
    pub fn map_batch<T: Sync, R: Send>(
        &self,
        items: &[T],
        each: impl Fn(&Engine, &mut Scratch, &T) -> R + Send + Sync,
    ) -> Vec<R> {
        parallel::map(items, || self.scratch(), |scratch, item| each(self, scratch, item))
    }

    /// The names of the heads.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        self.inner.table.heads().iter().map(|head| head.task.as_str())
    }

    /// The labels of a head.
    pub fn labels(&self, task: &str) -> Option<&[String]> {
        self.inner.table.heads().iter().find(|head| head.task == task).map(|head| head.labels.as_slice())
    }

    /// The probability of each label of the head `task`, in the order of [`Engine::labels`]; empty without such a head.
    pub fn probabilities<'s>(&self, task: &str, text: &str, scratch: &'s mut Scratch) -> &'s [f32] {
        let Inner { analyzer, table } = &*self.inner;
        let Scratch { analysis, sums, margins, probabilities } = scratch;
        probabilities.clear();
        if let Some(head) = table.heads().iter().position(|head| head.task == task) {
            analyzer.prepare(readable(text).0, analysis);
            table.start(sums);
            analyzer.features(analysis, |feature| {
                table.add(feature.hash, feature.block, sums);
            });
            table.probabilities(head, sums, &analysis.signals, margins, probabilities);
        }
        probabilities
    }

    /// Names the parts of an answer, for writing.
    pub fn answer<'a>(&'a self, _post: &'a Post<'_>, _triage: &'a Triage) -> Answer<'a> {
        Answer::default()
    }

    /// The reasons for the answer to `post`.
    pub fn explain(&self, _post: &Post<'_>) -> Explanation {
        Explanation::default()
    }
}
