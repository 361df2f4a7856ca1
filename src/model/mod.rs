//! Models: what was learnt, as data, and the table that it is compiled into.
//!
//! A [`Model`] holds one or more [`Head`]s and the rows of their weights; it is what a file holds.
//! A [`Table`] is what scores: the rows of all models side by side, so that one probe a feature
//! serves every head.
//!
#![doc = include_str!("../../docs/design/model.md")]

mod artifact;
pub(crate) mod calibration;
pub(crate) mod opinion;
mod score;
mod signals;
pub(crate) mod stack;
pub(crate) mod sums;
pub(crate) mod table;

use std::collections::BTreeMap;

pub use calibration::{Calibration, Familiarity};
pub use opinion::Opinion;
use serde::{Deserialize, Serialize};
pub use signals::SignalModel;
pub use stack::Stack;
pub(crate) use sums::Sums;
pub(crate) use table::Table;

use crate::text::Language;
use crate::{Error, Result};

/// Margins are whole numbers of this unit: 2⁻³². With it sums are exact in 64 bits and their order
/// does not matter. Part of the format of files.
pub const SCALE: i64 = 1 << SCALE_BITS;
/// The same as a shift.
pub(crate) const SCALE_BITS: u32 = 32;

/// Largest weight: sums over the longest text that is read stay within 32 bits.
pub(crate) const MAX_WEIGHT: i16 = 24_000;

/// Squared inverse document frequencies are whole numbers of 1/128. Part of the format of files.
pub(crate) const ENERGY_UNIT: f64 = 128.0;

/// The setting in an overlay's provenance that names its base.
pub(crate) const OVERLAY_OF: &str = "overlay_of";

/// The bits of a feature's hash that a model keeps: with 200,000 rows an unseen feature hits a row
/// in fewer than one of a thousand million cases.
pub(crate) const KEY_BITS: u32 = 48;

/// The key of a feature's hash in a model.
#[inline]
pub(crate) fn key(hash: u64) -> u64 {
    hash >> (64 - KEY_BITS)
}

/// One decision: its labels, and how sums of weights become probabilities.
///
/// The margin of lane `l` is `Σ_b (Σ_f weight(f, l)) · 2^(32 − shift) / √(Σ_f energy(f) / 128) +
/// bias(l) + signals(l)` over the features `f` of each block `b`; a head of two labels has one
/// lane, for the second label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// What it decides (`spam`, `sentiment` …).
    pub task: String,
    /// The labels, sorted, 2 to 200.
    pub labels: Vec<String>,
    /// Weights are whole numbers of 2^−shift.
    pub shift: u32,
    /// The bias of each lane, in units of 2⁻³².
    pub bias: Vec<i64>,
    /// Margins to probabilities.
    pub calibration: Calibration,
    /// What the dense signals add, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signals: Option<SignalModel>,
    /// The languages it was trained on (`zh` is Chinese in any script); empty where nobody said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// The share of each label among the texts it was trained on.
    #[serde(default)]
    pub priors: Vec<f32>,
    /// How its evidence is combined with the terms of the taxonomy that it was trained with,
    /// if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<Stack>,
    /// What it adds to the log-odds of its second label where a post stands in a context that the
    /// text does not show, in nats; of heads with two labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<Context, f64>,
    /// Other heads whose answers are evidence for its labels; they have none themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opinions: Vec<Opinion>,
    /// Where it came from.
    pub provenance: Provenance,
}

/// Where a post stands, as far as a head counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// Its text begins by naming an account: it is said to somebody.
    Addressed,
    /// In a thread, or in reply to another post.
    Thread,
    /// By somebody whom the embedder has on record as a customer.
    Customer,
    /// It names the brand.
    Brand,
    /// It reports a scam, and so quotes it.
    Report,
}

impl Context {
    /// What is said of it as a reason.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Context::Addressed => "begins by naming an account",
            Context::Thread => "stands in a thread",
            Context::Customer => "by a customer on record",
            Context::Brand => "names the brand",
            Context::Report => "reports a scam",
        }
    }
}

/// Where a head came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The data it was trained on.
    pub data: String,
    /// The data's licence.
    pub licence: String,
    /// How many texts.
    pub posts: u64,
    /// What training chose, by name.
    pub settings: BTreeMap<String, String>,
}

impl Head {
    /// How many lanes of weights it has, its energy not counted.
    pub fn lanes(&self) -> usize {
        if self.labels.len() == 2 {
            1
        } else {
            self.labels.len()
        }
    }

    /// Numbers that it has in a row: its energy, its lanes, and those of its opinions.
    pub(crate) fn width(&self) -> usize {
        let opinions = self.opinions.iter().map(|opinion| opinion.head.width());
        1 + self.lanes() + opinions.sum::<usize>()
    }

    /// Whether it was trained on `language`, or nobody said on which.
    pub fn knows(&self, language: Language) -> bool {
        // Models of embedders need not state their languages.
        self.languages.is_empty()
            || self
                .languages
                .iter()
                .any(|code| code == language.code() || (language.is_chinese() && code == "zh"))
    }

    /// The fingerprint of the head that this one adds to, if it is an overlay: what corrections
    /// change, and no head that answers by itself.
    pub(crate) fn overlay_of(&self) -> Option<&str> {
        self.provenance.settings.get(OVERLAY_OF).map(String::as_str)
    }

    /// What each context of a post adds to the margin of its lane, in units of 2⁻³².
    pub(crate) fn context_parts(
        &self,
        contexts: &[Context],
    ) -> impl Iterator<Item = (Context, i64)> {
        // The calibrated log-odds are −(a·margin + b), so a nat of them is 1/|a| of the margin.
        let slope = self.calibration.a.first().copied().unwrap_or(-1.0).abs();
        let known = contexts
            .iter()
            .filter_map(|context| Some((*context, *self.context.get(context)?)));
        known.map(move |(context, nats)| (context, (nats / slope * SCALE as f64).round() as i64))
    }

    /// How probable a label is in general.
    pub fn prior(&self, label: usize) -> f32 {
        self.priors
            .get(label)
            .copied()
            .unwrap_or(1.0 / self.labels.len().max(1) as f32)
    }
}

/// Heads and the rows of their weights.
///
/// A row holds, for each head in turn, its energy (the squared inverse document frequency)
/// and its lanes, then the same of each of its opinions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub(crate) heads: Vec<Head>,
    pub(crate) keys: Vec<u64>,
    pub(crate) weights: Vec<i16>,
}

impl Model {
    /// The same model, whose heads of two labels count the contexts of a post: what each adds to
    /// the log-odds of the second label, in nats.
    pub fn with_context(mut self, context: &BTreeMap<Context, f64>) -> Model {
        for head in self.heads.iter_mut().filter(|head| head.lanes() == 1) {
            head.context.clone_from(context);
        }
        self
    }

    /// Reads an artefact.
    ///
    /// # Errors
    /// If the bytes are not a model, are damaged or cut, or of an older or newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Model> {
        let (mut all_keys, mut all_weights) = (Vec::new(), Vec::new());
        let (keys, weights) = (&mut all_keys, &mut all_weights);
        let heads = artifact::read(bytes, |heads, count| {
            keys.reserve_exact(count);
            weights.reserve_exact(count * stride(heads));
            let stride = stride(heads);
            move |key, numbers: &[(usize, i16)]| {
                keys.push(key);
                let from = weights.len();
                weights.resize(from + stride, 0);
                for &(place, number) in numbers {
                    weights[from + place] = number;
                }
            }
        })?;
        Ok(Model {
            heads,
            keys: all_keys,
            weights: all_weights,
        })
    }

    /// The artefact.
    pub fn to_bytes(&self) -> Vec<u8> {
        artifact::write(self)
    }

    /// The heads.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// The names of the heads.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        self.heads.iter().map(|head| head.task.as_str())
    }

    /// How many features have a row.
    pub fn rows(&self) -> usize {
        self.keys.len()
    }

    /// Numbers in a row: one energy a head, and its lanes.
    pub fn stride(&self) -> usize {
        stride(&self.heads)
    }

    /// The row of a feature, if it has one.
    pub fn row(&self, hash: u64) -> Option<&[i16]> {
        let index = self.keys.binary_search(&key(hash)).ok()?;
        self.weights
            .get(index * self.stride()..(index + 1) * self.stride())
    }

    /// One model with the heads of all, in their order.
    ///
    /// # Errors
    /// If two heads decide the same task.
    pub fn combine(models: Vec<Model>) -> Result<Model> {
        let mut tasks: Vec<&str> = models.iter().flat_map(Model::tasks).collect();
        tasks.sort_unstable();
        if let Some(twice) = tasks.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::model(format!(
                "two heads are named {:?}: train one of them under another --task",
                twice[0]
            )));
        }
        Ok(Model::join(models))
    }

    /// One model with the heads of all, in their order, whatever their names.
    fn join(models: Vec<Model>) -> Model {
        let mut keys: Vec<u64> = models
            .iter()
            .flat_map(|model| model.keys.iter().copied())
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let stride = models.iter().map(Model::stride).sum::<usize>();
        let mut weights = vec![0; keys.len() * stride];
        let mut offset = 0;
        for model in &models {
            let width = model.stride();
            let mut at = 0;
            for (key, row) in model
                .keys
                .iter()
                .zip(model.weights.chunks_exact(width.max(1)))
            {
                while keys[at] < *key {
                    at += 1;
                }
                weights[at * stride + offset..at * stride + offset + width].copy_from_slice(row);
            }
            offset += width;
        }
        Model {
            heads: models.into_iter().flat_map(|model| model.heads).collect(),
            keys,
            weights,
        }
    }

    /// The model without the heads of the named tasks.
    pub fn without(self, tasks: &[&str]) -> Model {
        if !self.tasks().any(|task| tasks.contains(&task)) {
            return self;
        }
        let width = self.stride();
        let mut kept = Vec::new();
        let mut offset = 0;
        for head in &self.heads {
            let lanes = head.width();
            if !tasks.contains(&head.task.as_str()) {
                kept.extend(offset..offset + lanes);
            }
            offset += lanes;
        }
        let mut keys = Vec::new();
        let mut weights = Vec::new();
        for (&key, row) in self
            .keys
            .iter()
            .zip(self.weights.chunks_exact(width.max(1)))
        {
            // A row that only the removed heads used is removed with them.
            if kept.iter().any(|&lane| row[lane] != 0) {
                keys.push(key);
                weights.extend(kept.iter().map(|&lane| row[lane]));
            }
        }
        let heads = self
            .heads
            .into_iter()
            .filter(|head| !tasks.contains(&head.task.as_str()))
            .collect();
        Model {
            heads,
            keys,
            weights,
        }
    }
}

fn stride(heads: &[Head]) -> usize {
    heads.iter().map(Head::width).sum()
}
