//! What an engine is made of beside what is bundled, as bytes: so that it can be sent elsewhere.

use std::hash::Hasher;

use hearken::importance::Settings;
use hearken::model::Model;
use hearken::taxonomy::Taxonomy;
use hearken::terms::Rules;
use hearken::{Engine, Result};
use siphasher::sip::SipHasher13;

/// What an engine is made of beside what is bundled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Heads that `hearken train` made.
    pub models: Vec<Vec<u8>>,
    /// Corrections that `hearken learn` made.
    pub overlays: Vec<Vec<u8>>,
    /// The topics (TOML).
    pub taxonomy: Option<String>,
    /// Lists of monitored terms (TSV).
    pub terms: Vec<String>,
    /// The weights of importance (TOML).
    pub importance: Option<String>,
}

impl Sources {
    /// The engine.
    ///
    /// # Errors
    /// As [`hearken::EngineBuilder::build`] and [`Engine::with_overlay`].
    pub fn engine(&self) -> Result<Engine> {
        let mut builder = Engine::builder();
        if let Some(taxonomy) = &self.taxonomy {
            builder = builder.taxonomy(Taxonomy::from_toml(taxonomy)?);
        }
        if let Some(importance) = &self.importance {
            builder = builder.importance(Settings::from_toml(importance)?);
        }
        for model in &self.models {
            builder = builder.model(Model::from_bytes(model)?);
        }
        for terms in &self.terms {
            builder = builder.rules(Rules::from_tsv("terms", terms)?);
        }
        let overlays = self.overlays.iter();
        overlays
            .map(|bytes| Model::from_bytes(bytes))
            .try_fold(builder.build()?, |engine, overlay| {
                engine.with_overlay(&overlay?)
            })
    }

    /// What tells answers of this engine from those of another: a hash of hearken's version and of
    /// all bytes that were given, as sixteen hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let mut hasher = SipHasher13::new();
        let mut put = |kind: u8, bytes: &[u8]| {
            hasher.write_u8(kind);
            hasher.write_u64(bytes.len() as u64);
            hasher.write(bytes);
        };
        put(0, env!("CARGO_PKG_VERSION").as_bytes());
        self.models.iter().for_each(|model| put(1, model));
        self.overlays.iter().for_each(|overlay| put(2, overlay));
        self.taxonomy
            .iter()
            .for_each(|text| put(3, text.as_bytes()));
        self.terms.iter().for_each(|text| put(4, text.as_bytes()));
        self.importance
            .iter()
            .for_each(|text| put(5, text.as_bytes()));
        format!("{:016x}", hasher.finish())
    }
}
