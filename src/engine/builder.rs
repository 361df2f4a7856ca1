//! What an engine is made of.

use std::sync::{Arc, OnceLock};

use super::spare::Spares;
use super::{Engine, Inner, Roles, TopicLabel};
use crate::feature::Analyzer;
use crate::feature::lexicon::{Lexicon, LexiconBuilder};
use crate::importance::Settings;
use crate::mask::Masker;
use crate::model::stack::logit;
use crate::model::{Head, Model, Table};
use crate::observation::Identities;
use crate::taxonomy::Taxonomy;
use crate::taxonomy::evidence::bar;
use crate::terms::{Matcher, Rules};
use crate::text::han::HanSegmenter;
use crate::text::{EntityFinder, EntityKind, Folder, Identifier};
use crate::{Error, Result};

/// Frequency of a custom word, in occurrences per some 60 million words (as in `data/han`): high
/// enough to win over its parts. Chosen by hand, not tuned.
const USER_WORD: u32 = 100_000;

/// Gathers what an [`Engine`] is made of.
#[derive(Clone, Debug, Default)]
pub struct EngineBuilder {
    models: Vec<Model>,
    taxonomy: Option<Taxonomy>,
    add: Vec<String>,
    remove: Vec<String>,
    patterns: Vec<(EntityKind, String)>,
    importance: Option<Settings>,
    rules: Vec<Rules>,
    bare: bool,
    identities: Identities,
    masker: Masker,
}

impl EngineBuilder {
    /// Adds a head that the embedder trained; one of a bundled head's name takes its place.
    pub fn model(mut self, model: Model) -> EngineBuilder {
        self.models.push(model);
        self
    }

    /// Takes this taxonomy instead of the bundled one.
    pub fn taxonomy(mut self, taxonomy: Taxonomy) -> EngineBuilder {
        self.taxonomy = Some(taxonomy);
        self
    }

    /// Takes these weights of importance instead of the bundled ones.
    pub fn importance(mut self, settings: Settings) -> EngineBuilder {
        self.importance = Some(settings);
        self
    }

    /// Adds words that the Chinese segmenter shall keep whole.
    pub fn add_words<S: Into<String>>(
        mut self,
        words: impl IntoIterator<Item = S>,
    ) -> EngineBuilder {
        self.add.extend(words.into_iter().map(Into::into));
        self
    }

    /// Removes words from the Chinese segmenter's dictionary.
    pub fn remove_words<S: Into<String>>(
        mut self,
        words: impl IntoIterator<Item = S>,
    ) -> EngineBuilder {
        self.remove.extend(words.into_iter().map(Into::into));
        self
    }

    /// Finds also what `pattern` matches in a folded text, as entities of `kind`: order numbers,
    /// say, as [`EntityKind::Reference`]. See [`EntityFinder::with_pattern`]; a pattern that can't
    /// be used fails the build.
    pub fn entity_pattern(mut self, kind: EntityKind, pattern: impl Into<String>) -> EngineBuilder {
        self.patterns.push((kind, pattern.into()));
        self
    }

    /// Monitors the terms of these rules and lists; several can be added if they name
    /// no rule twice.
    pub fn rules(mut self, rules: Rules) -> EngineBuilder {
        self.rules.push(rules);
        self
    }

    /// Leaves the bundled models out: only those added with [`EngineBuilder::model`] answer.
    pub fn without_bundled_models(mut self) -> EngineBuilder {
        self.bare = true;
        self
    }

    /// Hashes identifiers under this secret, and takes this for one person; without it under a
    /// secret of zeros, and an account of each channel for a person of its own.
    pub fn identities(mut self, identities: Identities) -> EngineBuilder {
        self.identities = identities;
        self
    }

    /// Masks with this what state keeps of texts, patterns of the embedder's own included; without
    /// it with [`Masker::new`]. Numbers of [`Mode::Numbered`](crate::mask::Mode::Numbered) begin
    /// anew with each post.
    pub fn masker(mut self, masker: Masker) -> EngineBuilder {
        self.masker = masker;
        self
    }

    /// Builds the engine.
    ///
    /// # Errors
    /// If a model, the taxonomy, a lexicon, a pattern or two sets of rules together can't be used;
    /// the sentence says which and why.
    pub fn build(self) -> Result<Engine> {
        let folder = Folder::new();
        let taxonomy = self.taxonomy.clone().map_or_else(Taxonomy::care, Ok)?;
        let importance = self.importance.clone().map_or_else(Settings::bundled, Ok)?;
        let rules = self
            .rules
            .iter()
            .cloned()
            .try_fold(Rules::default(), Rules::join)?;
        // One trie for all lists, so that a text is walked once. The rules' terms come last:
        // the matcher counts from the end.
        let lexicon = || {
            LexiconBuilder::new()
                .bundled(&folder)?
                .terms(&folder, taxonomy.to_terms())
                .terms(&folder, importance.brand_terms())
                .terms(&folder, rules.to_terms())
                .build()
        };
        let tables = || Ok((self.table()?, Identifier::bundled()?));
        let (tables, lexicon) = side_by_side(tables, lexicon);
        let ((table, identifier), lexicon): ((Table, Identifier), Lexicon) = (tables?, lexicon?);
        let matcher = Matcher::new(rules, &lexicon);
        let analyzer = self.analyzer(folder, identifier, lexicon)?;
        let inner = Inner {
            analyzer,
            roles: Roles::of(table.heads(), &taxonomy),
            table,
            taxonomy,
            matcher,
            importance,
            identities: self.identities.clone(),
            masker: self.masker.clone(),
            fingerprints: OnceLock::new(),
            spares: Spares::default(),
        };
        Ok(Engine {
            inner: Arc::new(inner),
            overlay: None,
        })
    }

    /// What reads a text, with the custom words and patterns.
    fn analyzer(
        &self,
        folder: Folder,
        identifier: Identifier,
        lexicon: Lexicon,
    ) -> Result<Analyzer> {
        // The segmenter sees folded texts, so its words are folded too.
        let folded = |word: &String| folder.fold_term(word);
        let add: Vec<(String, u32)> = self
            .add
            .iter()
            .map(|word| (folded(word), USER_WORD))
            .collect();
        let remove: Vec<String> = self.remove.iter().map(folded).collect();
        let han = HanSegmenter::new(&add, &remove);
        let finder = self
            .patterns
            .iter()
            .try_fold(EntityFinder::new(), |finder, (kind, pattern)| {
                finder.with_pattern(*kind, pattern)
            })?;
        Ok(Analyzer::new(folder, identifier, finder, han, lexicon))
    }

    /// The custom heads behind the bundled ones, of which those of the same tasks give way.
    fn table(&self) -> Result<Table> {
        let heads = || self.models.iter().flat_map(Model::heads);
        // An overlay alone would answer by its corrections only, as if nothing else were known.
        if let Some(overlay) = heads().find(|head| head.overlay_of().is_some()) {
            return Err(Error::model(format!(
                "the model of {:?} is an overlay and can't answer by itself; load it with \
                 --overlay (Engine::with_overlay)",
                overlay.task
            )));
        }
        if let (true, false, [file]) = (self.models.is_empty(), self.bare, BUNDLED) {
            return Table::from_bytes(file);
        }
        let custom: Vec<&str> = self.models.iter().flat_map(Model::tasks).collect();
        let bundled = if self.bare { Vec::new() } else { bundled()? };
        let mut models: Vec<Model> = bundled
            .into_iter()
            .map(|model| model.without(&custom))
            .collect();
        models.extend(self.models.iter().cloned());
        Ok(Table::new(&Model::combine(models)?))
    }
}

/// Both results. With the feature `parallel` the first one is made by a thread of its own if there
/// can be one: two cores then build an engine in two thirds of the time.
fn side_by_side<A: Send, B>(first: impl Fn() -> A + Sync, second: impl FnOnce() -> B) -> (A, B) {
    #[cfg(feature = "parallel")]
    let (made, second) = std::thread::scope(|scope| {
        // No pool of threads: a process that forks after it has an engine would have half of one.
        let thread = std::thread::Builder::new().spawn_scoped(scope, &first);
        let second = second();
        (thread.ok().and_then(|thread| thread.join().ok()), second)
    });
    #[cfg(not(feature = "parallel"))]
    let (made, second) = (None, second());
    // Where no thread was to be had, or it panicked, the caller makes it.
    (made.unwrap_or_else(first), second)
}

/// The files of `data/models`; none without the feature `bundled-models`.
const BUNDLED: &[&[u8]] = &[
    #[cfg(feature = "bundled-models")]
    include_bytes!("../../data/models/bundled.model"),
];

/// The models of [`BUNDLED`].
pub(crate) fn bundled() -> Result<Vec<Model>> {
    BUNDLED.iter().map(|file| Model::from_bytes(file)).collect()
}

impl Roles {
    /// Finds the heads that the engine itself uses: by their task, if their labels are what it
    /// takes them for.
    fn of(heads: &[Head], taxonomy: &Taxonomy) -> Roles {
        let mut roles = Roles {
            topic_labels: vec![None; taxonomy.topics.len()],
            topic_bars: taxonomy
                .topics
                .iter()
                .map(|topic| bar(topic.threshold()))
                .collect(),
            ..Roles::default()
        };
        for (index, head) in heads.iter().enumerate() {
            let wanted: &[&str] = match head.task.as_str() {
                "spam" => &["ham", "spam"],
                "sentiment" => &["negative", "neutral", "positive"],
                "urgency" => &["calm", "urgent"],
                // Its labels are the topics that it was trained on; those of the taxonomy that it
                // lacks live by their terms.
                "topic" => {
                    roles.topic = Some(index);
                    for (topic, label) in taxonomy.topics.iter().zip(&mut roles.topic_labels) {
                        let index = head.labels.iter().position(|label| *label == topic.id);
                        *label = index.map(|index| TopicLabel {
                            index,
                            general: logit(head.prior(index)),
                        });
                    }
                    continue;
                }
                _ => {
                    roles.added.push(index);
                    continue;
                }
            };
            if head.labels != wanted {
                // A head of this name with other labels (two sentiments, say) answers under
                // its own name.
                roles.added.push(index);
                continue;
            }
            match head.task.as_str() {
                "spam" => roles.spam = Some(index),
                "sentiment" => roles.sentiment = Some(index),
                _ => roles.urgency = Some(index),
            }
        }
        roles
    }
}
