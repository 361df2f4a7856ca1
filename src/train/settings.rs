//! What training may choose, and how a model's header holds it.

use crate::model::Provenance;

/// What training may choose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How much an error costs: large fits the data closely.
    pub cost: f32,
    /// How much naive Bayes' log-count ratios stretch the features: 0 a plain linear support vector
    /// machine, 1 NB-SVM.
    pub stretch: f32,
    /// What is added to each count before the ratio of naive Bayes (Laplace's smoothing is 1).
    pub smoothing: f32,
    /// How far naive Bayes' own weights are mixed in: 0 not at all, 1 as much as those
    /// that were fitted.
    pub naive_bayes: f32,
    /// How far rare labels are weighed up: 0 not at all, 1 to the same weight.
    pub balance: f32,
    /// How much a pair of words counts compared with a word; 0 leaves pairs out.
    pub pairs: f32,
    /// How much a negated word counts compared with a word; 0 leaves them out.
    pub negated: f32,
    /// How much the block of characters counts compared with the block of words; 0
    /// leaves characters out.
    pub characters: f32,
    /// How much the block of listed terms and signals counts compared with the block of words; 0
    /// leaves it out.
    pub terms: f32,
    /// How much the dense signals' Gaussian naive Bayes counts.
    pub signals: f32,
    /// How much the opinions of the shipped heads count compared with the block of words; 0 leaves
    /// them out.
    pub opinions: f32,
    /// Texts that must have a feature.
    pub fewest: u32,
    /// Most features that get a row, those of the largest χ².
    pub features: usize,
}

/// Where tuning begins. Chosen by hand; tuning changes them where the texts give a reason
/// (`train::tune`), and the bundled heads state their own in `data/models/bundled.toml`.
impl Default for Settings {
    fn default() -> Settings {
        Settings {
            cost: 0.2,
            stretch: 0.5,
            smoothing: 1.0,
            naive_bayes: 0.0,
            balance: 0.0,
            pairs: 0.7,
            negated: 0.0,
            characters: 0.85,
            terms: 0.35,
            signals: 0.0,
            opinions: 0.0,
            fewest: 2,
            features: 400_000,
        }
    }
}

impl Settings {
    /// Their names and values, as a model's header holds them.
    pub(super) fn named(&self) -> [(&'static str, String); 13] {
        [
            ("cost", self.cost.to_string()),
            ("stretch", self.stretch.to_string()),
            ("smoothing", self.smoothing.to_string()),
            ("naive_bayes", self.naive_bayes.to_string()),
            ("balance", self.balance.to_string()),
            ("pairs", self.pairs.to_string()),
            ("negated", self.negated.to_string()),
            ("characters", self.characters.to_string()),
            ("terms", self.terms.to_string()),
            ("signals", self.signals.to_string()),
            ("opinions", self.opinions.to_string()),
            ("fewest", self.fewest.to_string()),
            ("most_features", self.features.to_string()),
        ]
    }

    /// The settings that a head was trained with, from its header; `None` where one of them is
    /// missing or not a number.
    pub fn from_provenance(provenance: &Provenance) -> Option<Settings> {
        let number = |name: &str| provenance.settings.get(name)?.parse::<f32>().ok();
        let whole = |name: &str| provenance.settings.get(name)?.parse::<usize>().ok();
        Some(Settings {
            cost: number("cost")?,
            stretch: number("stretch")?,
            smoothing: number("smoothing")?,
            naive_bayes: number("naive_bayes")?,
            balance: number("balance")?,
            pairs: number("pairs")?,
            negated: number("negated")?,
            characters: number("characters")?,
            terms: number("terms")?,
            signals: number("signals")?,
            // Heads of earlier versions have none.
            opinions: number("opinions").unwrap_or(0.0),
            fewest: whole("fewest")? as u32,
            features: whole("most_features")?,
        })
    }
}
