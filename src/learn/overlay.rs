//! The learner: corrections that stand become an overlay on one head of a base.

use std::collections::BTreeMap;

use super::residual::fit;
use super::{Correction, Corrections};
use crate::feature::BLOCKS;
use crate::model::{ENERGY_UNIT, Head, MAX_WEIGHT, Model, OVERLAY_OF, Provenance, key};
use crate::train::FeatureCounts;
use crate::train::documents::{Document, documents};
use crate::train::estimate::Matrix;
use crate::train::quantise::finest;
use crate::{Engine, Error, Result, parallel};

/// How strongly corrections count, unless another strength is asked for: the variance of the prior
/// on the weights, in log-odds; by convention that of a standard normal. One correction can move
/// the log-odds of a text that equals it by twice this at most.
pub const DEFAULT_STRENGTH: f64 = 1.0;

/// A feature that a larger share of the base's texts have counts less, in proportion: what most
/// texts have says little about being alike, and corrections of one kind of post should not move
/// all others. Measured with an earlier bundled sentiment head: without this rule the head learns a
/// point or two more, and posts of other kinds lose five (`docs/measured/learn.md`).
const COMMON: f64 = 0.03;

/// The seed of the order in which texts are visited; any number, fixed so that bytes are the same.
const SEED: u64 = 1;

/// Makes overlays for one head of one engine from the labels that were not taken back.
///
/// The overlay is a function of the base's head and of the labels that stand, whatever way led to
/// them: learning and then unlearning gives the same counts and the same bytes as before.
#[derive(Clone, Debug)]
pub struct Learner {
    engine: Engine,
    task: String,
    strength: f64,
    /// In how many standing texts of each label each feature occurs.
    counts: FeatureCounts,
    /// What stands, by post.
    standing: BTreeMap<String, Learnt>,
}

/// How what stands has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Followed {
    /// Labels that are new or have changed.
    pub added: usize,
    /// Labels that stand no more, or have changed.
    pub removed: usize,
    /// Labels that stand.
    pub standing: usize,
}

/// A label that stands, and what the base makes of its text.
#[derive(Clone, Debug)]
struct Learnt {
    text: String,
    label: u16,
    document: Document,
    /// The base's margins, a lane each.
    margins: Vec<f64>,
}

impl Learner {
    /// A learner for the head `task` of `engine`, whose own overlay, if it has one, is left out.
    ///
    /// # Errors
    /// If there is no such head, or its calibration can't be inverted.
    pub fn new(engine: &Engine, task: &str) -> Result<Learner> {
        let engine = engine.without_overlay();
        let Some((_, head, _)) = engine.base_head(task) else {
            let tasks: Vec<&str> = engine.tasks().collect();
            return Err(Error::training(format!(
                "there is no head {task:?} to learn corrections for; there are {}",
                tasks.join(", ")
            )));
        };
        // Margins are set against log-odds by the calibration turned round, which needs a slope.
        if !head
            .calibration
            .a
            .iter()
            .zip(&head.calibration.b)
            .all(|(&a, &b)| a < -1e-3 && a.is_finite() && b.is_finite())
        {
            return Err(Error::training(format!(
                "the head {task:?} is not calibrated, so corrections can't be weighed against its \
                 probabilities; train it again with `train`"
            )));
        }
        let counts = FeatureCounts::new(head.labels.len());
        let task = task.to_owned();
        Ok(Learner {
            engine,
            task,
            strength: DEFAULT_STRENGTH,
            counts,
            standing: BTreeMap::new(),
        })
    }

    /// Another strength than [`DEFAULT_STRENGTH`]; 0.001 to 1000.
    ///
    /// # Errors
    /// If it is out of range.
    pub fn with_strength(mut self, strength: f64) -> Result<Learner> {
        if !(1e-3..=1e3).contains(&strength) {
            return Err(Error::training(format!(
                "a strength of {strength} is out of range; give 0.001 to 1000"
            )));
        }
        self.strength = strength;
        Ok(self)
    }

    /// Takes over what stands for its task; texts that it has already are not read again.
    ///
    /// # Errors
    /// If a label is not one of the head's; nothing is taken over then.
    pub fn follow(&mut self, corrections: &Corrections) -> Result<Followed> {
        let Some((head, spec, _)) = self.engine.base_head(&self.task) else {
            return Ok(Followed::default());
        };
        let classes = spec.labels.len();
        let mut wanted = self.wanted(corrections, &spec.labels)?;
        let same = |learnt: &Learnt, (correction, label): &(Correction, u16)| {
            learnt.label == *label && learnt.text == correction.text
        };
        let mut followed = Followed {
            standing: wanted.len(),
            ..Followed::default()
        };
        let mut removed: Vec<(Document, u16)> = Vec::new();
        self.standing.retain(|post, learnt| {
            let stays = wanted.get(post).is_some_and(|wanted| same(learnt, wanted));
            if !stays {
                removed.push((std::mem::take(&mut learnt.document), learnt.label));
            }
            stays
        });
        followed.removed = removed.len();
        wanted.retain(|post, _| !self.standing.contains_key(post));
        followed.added = wanted.len();
        let added: Vec<(Correction, u16)> = wanted.into_values().collect();
        let texts = added.iter().map(|(correction, _)| correction.text.as_str());
        let documents = documents(self.engine.analyzer(), texts);
        let margins = parallel::map(
            &added,
            || self.engine.scratch(),
            |scratch, (correction, _)| self.engine.base_margins(head, &correction.text, scratch),
        );
        let less = removed.iter().map(|(document, label)| (document, *label));
        let more = documents.iter().zip(added.iter().map(|(_, label)| *label));
        // Subtracted and added in whole numbers: whatever way led to what stands, the counts are
        // the same, and so are the bytes of the overlay.
        let less = FeatureCounts::from_documents(classes, less);
        let more = FeatureCounts::from_documents(classes, more);
        self.counts = self.counts.subtract(&less)?.merge(&more);
        let read = added.into_iter().zip(documents).zip(margins);
        for (((correction, label), document), margins) in read {
            let learnt = Learnt {
                text: correction.text,
                label,
                document,
                margins,
            };
            self.standing.insert(correction.post, learnt);
        }
        Ok(followed)
    }

    /// What stands for the task, by post, each with the index of its label.
    fn wanted(
        &self,
        corrections: &Corrections,
        labels: &[String],
    ) -> Result<BTreeMap<String, (Correction, u16)>> {
        let mut wanted = BTreeMap::new();
        for correction in corrections.standing(&self.task) {
            let label = labels.iter().position(|label| *label == correction.label);
            let label = label.ok_or_else(|| {
                Error::training(format!(
                    "the label {:?} of post {:?} by {:?} is not one of the head's ({}); take it \
                     back with a retraction",
                    correction.label,
                    correction.post,
                    correction.by,
                    labels.join(", ")
                ))
            })?;
            wanted.insert(correction.post.clone(), (correction, label as u16));
        }
        Ok(wanted)
    }

    /// In how many standing texts of each label each feature occurs.
    pub fn counts(&self) -> &FeatureCounts {
        &self.counts
    }

    /// The overlay of what stands: for [`Engine::with_overlay`] on the same
    /// base, or [`Model::to_bytes`].
    ///
    /// # Errors
    /// If nothing stands.
    pub fn overlay(&self) -> Result<Model> {
        let Some((at, head, _)) = self
            .engine
            .base_head(&self.task)
            .filter(|_| !self.standing.is_empty())
        else {
            return Err(Error::training(format!(
                "the log has no label left for {:?} (none was given, or all were taken back); \
                 there is nothing to learn",
                self.task
            )));
        };
        let features = self.features(at);
        let matrix = self.matrix(&features);
        let lanes: Vec<usize> = (0..head.lanes()).collect();
        let weights = parallel::map(
            &lanes,
            || (),
            |(), &lane| {
                // A head of two labels has one lane, for the second.
                let label = if lanes.len() == 1 { 1 } else { lane as u16 };
                let member: Vec<bool> = self
                    .standing
                    .values()
                    .map(|learnt| learnt.label == label)
                    .collect();
                let (a, b) = (head.calibration.a[lane], head.calibration.b[lane]);
                // What the base says already, in log-odds: only what it leaves unexplained is
                // fitted, so labels that it gets right change nothing.
                let offsets: Vec<f64> = self
                    .standing
                    .values()
                    .map(|learnt| -a * learnt.margins[lane] - b)
                    .collect();
                let seed = SEED ^ (lane as u64 + 1).wrapping_mul(0x5851_f42d_4c95_7f2d);
                // Fitted in log-odds, kept in the unit of the base's margins.
                let mut weights = fit(&matrix, &offsets, &member, self.strength, seed);
                weights.iter_mut().for_each(|weight| *weight /= -a);
                weights
            },
        );
        Ok(self.quantise(head, self.engine.head_fingerprint(at), &features, &weights))
    }

    /// The features of all that stands, by their keys in a model.
    fn features(&self, head: usize) -> Vec<Known> {
        let Some((_, _, table)) = self.engine.base_head(&self.task) else {
            return Vec::new();
        };
        let texts = self.standing.len() as f64;
        let mut features: Vec<Known> = self
            .counts
            .features()
            .map(|entries| {
                let hash = entries[0].hash;
                let energy = table.row(hash).map_or(0, |row| table.energy_of(row, head));
                let with: u32 = entries.iter().map(|entry| entry.count).sum();
                // What the base doesn't know is measured by how rare it is among the corrections.
                // So rare new words weigh more than common ones, as in any head.
                let own = ((1.0 + texts) / (1.0 + f64::from(with))).ln() + 1.0;
                let own = (own * own * ENERGY_UNIT).round().min(f64::from(MAX_WEIGHT)) as i16;
                let of_base = energy > 0;
                let energy = if of_base { energy } else { own };
                let root = (f64::from(energy) / ENERGY_UNIT).sqrt();
                // The share of the base's texts that have it, by its inverse document frequency.
                let share = if of_base { (1.0 - root).exp() } else { 0.0 };
                let value = root * (COMMON / share).min(1.0);
                Known {
                    key: key(hash),
                    energy,
                    of_base,
                    value,
                }
            })
            .collect();
        // Hashes that share a model's key would share a row: the first keeps it, as in training.
        features.dedup_by_key(|feature| feature.key);
        features
    }

    /// A row for each text: tf-idf values, each block brought to length 1, as scoring measures it.
    fn matrix(&self, features: &[Known]) -> Matrix {
        let mut matrix = Matrix {
            starts: vec![0],
            width: features.len(),
            ..Matrix::default()
        };
        for learnt in self.standing.values() {
            let mut row: Vec<(usize, f64, usize)> =
                Vec::with_capacity(learnt.document.features.len());
            let mut lengths = [0.0f64; BLOCKS];
            for &(hash, kind, times) in &learnt.document.features {
                let Ok(at) = features.binary_search_by_key(&key(hash), |feature| feature.key)
                else {
                    continue;
                };
                let energy = f64::from(features[at].energy) / ENERGY_UNIT;
                let block = kind.block() as usize;
                lengths[block] += f64::from(times) * energy;
                // The length is that of the whole text, common features included; only the value of
                // a common one is lowered. So a text that shares one word of fifty moves little.
                row.push((at, f64::from(times) * features[at].value, block));
            }
            for (at, value, block) in row {
                matrix.columns.push(at as u32);
                matrix.values.push((value / lengths[block].sqrt()) as f32);
            }
            matrix.starts.push(matrix.columns.len());
        }
        matrix
    }

    /// Rounds weights to whole numbers. The head has the base's labels and calibration, for its
    /// weights are added to the base's margins before calibration.
    fn quantise(
        &self,
        base: &Head,
        fingerprint: String,
        features: &[Known],
        weights: &[Vec<f64>],
    ) -> Model {
        let limit = f64::from(MAX_WEIGHT);
        let shift = finest(weights.iter().flat_map(|lane| {
            let lane = lane.iter().zip(features);
            lane.map(|(weight, feature)| weight * feature.value)
        }));
        let (mut keys, mut numbers) = (Vec::with_capacity(features.len()), Vec::new());
        for (column, feature) in features.iter().enumerate() {
            keys.push(feature.key);
            // What the base knows it also measures; counted twice, a text would be too long.
            numbers.push(if feature.of_base { 0 } else { feature.energy });
            numbers.extend(weights.iter().map(|lane| {
                let weight = lane[column] * feature.value * f64::from(1u32 << shift);
                weight.round().clamp(-limit, limit) as i16
            }));
        }
        let settings = BTreeMap::from([
            (OVERLAY_OF.to_owned(), fingerprint),
            ("strength".to_owned(), self.strength.to_string()),
            ("features".to_owned(), features.len().to_string()),
        ]);
        let provenance = Provenance {
            posts: self.standing.len() as u64,
            settings,
            ..Provenance::default()
        };
        // No bias, no signals and no opinions: a text without a feature of the corrections gets the
        // base's answer, to the bit.
        let bias = vec![0; base.lanes()];
        let head = Head {
            shift,
            bias,
            signals: None,
            opinions: Vec::new(),
            provenance,
            ..base.clone()
        };
        Model {
            heads: vec![head],
            keys,
            weights: numbers,
        }
    }
}

/// A feature of the overlay.
#[derive(Clone, Copy, Debug)]
struct Known {
    key: u64,
    /// Its squared inverse document frequency, in units of 1/128.
    energy: i16,
    /// Whether that is the base's.
    of_base: bool,
    /// What one occurrence counts before the length of its block is brought to 1.
    value: f64,
}
