//! Figures of a model on labelled texts.

use serde::Serialize;

/// What a head reaches on labelled texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Evaluation {
    /// The head.
    pub task: String,
    /// Texts.
    pub posts: usize,
    /// Share of texts given their label, 0 to 1.
    pub accuracy: f64,
    /// Mean of the classes' F1, over the labels that occur in truth or prediction.
    pub macro_f1: f64,
    /// Mean of the classes' recall, over the labels that occur in truth.
    pub macro_recall: f64,
    /// Expected calibration error of the top label in 15 equal-width bins (Guo and others, ICML 2017, section 2).
    pub calibration_error: f64,
    /// Each class, in the order of the labels.
    pub classes: Vec<ClassReport>,
    /// `confusion[t][p]`: texts of label `t` that were given label `p`.
    pub confusion: Vec<Vec<u64>>,
}

/// What a head reaches on one class.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClassReport {
    /// The label.
    pub label: String,
    /// Share of those given the label that have it.
    pub precision: f64,
    /// Share of those that have the label that were given it.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// Texts that have the label.
    pub support: u64,
}
