//! What an engine is made of.

use std::sync::{Arc, OnceLock};

use super::{Engine, Inner, Roles};
use crate::feature::Analyzer;
use crate::feature::lexicon::LexiconBuilder;
use crate::importance::Settings;
use crate::model::{Model, Table};
use crate::observation::Identities;
use crate::taxonomy::Taxonomy;
use crate::terms::{Matcher, Rules};
use crate::text::han::HanSegmenter;
use crate::text::{EntityFinder, EntityKind, Folder, Identifier};
use crate::{Error, Result};

/// Frequency of a user's word: high enough to win over its parts.
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

    /// Builds the engine.
    ///
    /// # Errors
    /// If a model, the taxonomy, a lexicon, a pattern or two sets of rules together can't be used;
    /// the sentence says which and why.
    pub fn build(self) -> Result<Engine> {
        let folder = Folder::new();
        let taxonomy = match self.taxonomy {
            Some(taxonomy) => taxonomy,
            None => Taxonomy::care()?,
        };
        let importance = self.importance.map_or_else(Settings::bundled, Ok)?;
        let lexicon = LexiconBuilder::new()
            .bundled(&folder)?
            .terms(&folder, taxonomy.to_terms());
        let rules = self
            .rules
            .into_iter()
            .try_fold(Rules::default(), Rules::join)?;
        let lexicon = lexicon.terms(&folder, importance.brand_terms());
        let lexicon = lexicon.terms(&folder, rules.to_terms()).build()?;
        let matcher = Matcher::new(rules, &lexicon);
        let add: Vec<(String, u32)> = self
            .add
            .iter()
            .map(|word| (folder.fold_term(word), USER_WORD))
            .collect();
        let remove: Vec<String> = self
            .remove
            .iter()
            .map(|word| folder.fold_term(word))
            .collect();
        let finder = self
            .patterns
            .iter()
            .try_fold(EntityFinder::new(), |finder, (kind, pattern)| {
                finder.with_pattern(*kind, pattern)
            })?;
        let han = HanSegmenter::new(&add, &remove);
        let analyzer = Analyzer::new(folder, Identifier::bundled()?, finder, han, lexicon);

        if let Some(overlay) = self
            .models
            .iter()
            .flat_map(Model::heads)
            .find(|head| head.overlay_of().is_some())
        {
            return Err(Error::model(format!(
                "the model of {:?} is an overlay and can't answer by itself; give it as one (--overlay, Engine::with_overlay)",
                overlay.task
            )));
        }
        let own: Vec<&str> = self.models.iter().flat_map(Model::tasks).collect();
        let mut models = if self.bare { Vec::new() } else { bundled()? };
        models = models
            .into_iter()
            .map(|model| model.without(&own))
            .collect();
        models.extend(self.models.iter().cloned());
        let model = Model::combine(models)?;
        let roles = Roles::of(&model, &taxonomy);
        let fingerprints = OnceLock::new();
        let table = Table::new(&model);
        let inner = Inner {
            analyzer,
            table,
            taxonomy,
            matcher,
            importance,
            roles,
            identities: self.identities,
            fingerprints,
        };
        Ok(Engine {
            inner: Arc::new(inner),
            overlay: None,
        })
    }
}

/// The models of `data/models`.
#[cfg(feature = "bundled-models")]
fn bundled() -> Result<Vec<Model>> {
    Ok(vec![Model::from_bytes(include_bytes!(
        "../../data/models/bundled.model"
    ))?])
}

/// None without the feature `bundled-models`.
#[cfg(not(feature = "bundled-models"))]
fn bundled() -> Result<Vec<Model>> {
    Ok(Vec::new())
}

impl Roles {
    /// Finds the heads that the engine itself uses: by their task, if their labels are what it
    /// takes them for.
    fn of(model: &Model, taxonomy: &Taxonomy) -> Roles {
        let mut roles = Roles {
            topic_labels: vec![None; taxonomy.topics.len()],
            ..Roles::default()
        };
        for (index, head) in model.heads().iter().enumerate() {
            let wanted: &[&str] = match head.task.as_str() {
                "spam" => &["ham", "spam"],
                "sentiment" => &["negative", "neutral", "positive"],
                "urgency" => &["calm", "urgent"],
                "topic" => {
                    roles.topic = Some(index);
                    for (topic, label) in taxonomy.topics.iter().zip(&mut roles.topic_labels) {
                        *label = head.labels.iter().position(|label| *label == topic.id);
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
