//! The engine: everything that is needed to answer for a post, immutable and shared.

use crate::explain::Explanation;
use crate::model::Model;
use crate::taxonomy::Taxonomy;
use crate::triage::{Answer, Triage};
use crate::{Post, Result};

/// Answers for posts. Immutable, `Send + Sync`, cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {}

/// Gathers what an [`Engine`] is made of.
#[derive(Clone, Debug, Default)]
pub struct EngineBuilder {}

/// The buffers of one thread, reused between posts.
#[derive(Clone, Debug, Default)]
pub struct Scratch {}

impl EngineBuilder {
    /// Adds a head that the embedder trained; one of a bundled head's name takes its place.
    pub fn model(self, _model: Model) -> EngineBuilder {
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
        Ok(Engine {})
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
        let mut scratch = self.scratch();
        items.iter().map(|item| each(self, &mut scratch, item)).collect()
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
