//! What an engine is made of beside what is bundled, as bytes: so that it can be sent elsewhere.

use std::hash::Hasher;
use std::path::Path;

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
    /// Rules on monitored terms.
    pub rules: Vec<RuleFile>,
    /// The weights of importance (TOML).
    pub importance: Option<String>,
}

/// Rules on monitored terms, with the files of lists that they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleFile {
    /// The bundled ones for what agents write.
    Agent,
    /// Somebody's own.
    Own {
        /// The rules (TOML).
        text: String,
        /// The files of lists (TSV) by the names that the rules have for them.
        lists: Vec<(String, String)>,
    },
}

impl RuleFile {
    /// Rules (TOML) with the files of lists that they name, which are read from `folder`.
    ///
    /// # Errors
    /// As [`Rules::from_toml`], and if a file can't be read.
    pub fn in_folder(text: String, folder: &Path) -> Result<RuleFile> {
        let mut lists = Vec::new();
        Rules::from_toml_with(&text, |name| {
            let content = std::fs::read_to_string(folder.join(name))?;
            lists.push((name.to_owned(), content.clone()));
            Ok(content)
        })?;
        Ok(RuleFile::Own { text, lists })
    }

    fn rules(&self) -> Result<Rules> {
        match self {
            RuleFile::Agent => Rules::agent(),
            RuleFile::Own { text, lists } => {
                let lists = lists.iter();
                let lists: Vec<_> = lists.map(|(name, list)| (&**name, &**list)).collect();
                Rules::from_toml(text, &lists)
            }
        }
    }

    /// All that it is made of.
    fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        let (text, lists) = match self {
            RuleFile::Agent => ("", [].as_slice()),
            RuleFile::Own { text, lists } => (&**text, lists.as_slice()),
        };
        let lists = lists.iter().flat_map(|(name, list)| [name, list]);
        std::iter::once(text)
            .chain(lists.map(String::as_str))
            .map(str::as_bytes)
    }
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
        for rules in &self.rules {
            builder = builder.rules(rules.rules()?);
        }
        let overlays = self.overlays.iter();
        overlays
            .map(|bytes| Model::from_bytes(bytes))
            .try_fold(builder.build()?, |engine, overlay| {
                engine.with_overlay(&overlay?)
            })
    }

    /// What tells answers of `engine`, which was made of this, from those of another: a hash of
    /// hearken's version, of the models that are in the engine, bundled ones too, and of all bytes
    /// that were given, as sixteen hexadecimal digits.
    pub fn fingerprint(&self, engine: &Engine) -> String {
        let mut hasher = SipHasher13::new();
        let mut put = |kind: u8, bytes: &[u8]| {
            hasher.write_u8(kind);
            hasher.write_u64(bytes.len() as u64);
            hasher.write(bytes);
        };
        put(0, env!("CARGO_PKG_VERSION").as_bytes());
        // The models as they are in the engine: a bundled one can change without the version.
        put(1, engine.fingerprint().as_bytes());
        self.taxonomy
            .iter()
            .for_each(|text| put(2, text.as_bytes()));
        self.terms.iter().for_each(|text| put(3, text.as_bytes()));
        self.importance
            .iter()
            .for_each(|text| put(4, text.as_bytes()));
        // A file of rules has as many parts as it names lists, so its first part begins it.
        for rules in &self.rules {
            let kinds = std::iter::once(5).chain(std::iter::repeat(6));
            kinds
                .zip(rules.bytes())
                .for_each(|(kind, bytes)| put(kind, bytes));
        }
        format!("{:016x}", hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_engines_of_one_version_apart() {
        let sources = Sources::default();
        let bundled = Engine::new().expect("bundled");
        let found = sources.fingerprint(&bundled);
        assert_eq!(
            found,
            sources.fingerprint(&sources.engine().expect("sound"))
        );
        // As if the next wheel of this version had other models.
        let bare = Engine::builder().without_bundled_models().build();
        assert_ne!(found, sources.fingerprint(&bare.expect("sound")));
        let agent = Sources {
            rules: vec![RuleFile::Agent],
            ..Sources::default()
        };
        assert_ne!(found, agent.fingerprint(&agent.engine().expect("sound")));
    }

    #[test]
    fn rules_are_read_with_their_lists() {
        let folder = std::env::temp_dir().join(format!("hearken-rules-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let text = "lists = [\"recall.tsv\"]\n[[rule]]\nid = \"burns\"\nany = [\"list:recall\"]\n";
        let missing = RuleFile::in_folder(text.to_owned(), &folder).expect_err("no list");
        assert!(missing.to_string().contains("recall.tsv"), "{missing}");
        std::fs::write(folder.join("recall.tsv"), "smoke\trecall\t3\n").expect("written");
        let found = RuleFile::in_folder(text.to_owned(), &folder).expect("read");
        std::fs::remove_dir_all(&folder).expect("removed");
        // Without the folder, as in another process.
        assert_eq!(found.rules().expect("sound").len(), 1);
    }
}
