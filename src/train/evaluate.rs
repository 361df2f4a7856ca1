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

/// Bins of the calibration error.
const BINS: usize = 15;

impl Evaluation {
    /// Figures from the index of the true label, of the predicted label and its probability, text by text.
    ///
    /// Indices beyond `labels` are left out.
    pub fn new(task: &str, labels: &[String], answers: &[(usize, usize, f32)]) -> Evaluation {
        let answers: Vec<_> = answers.iter().filter(|answer| answer.0.max(answer.1) < labels.len()).collect();
        let mut confusion = vec![vec![0u64; labels.len()]; labels.len()];
        let mut bins = [(0u64, 0.0f64, 0u64); BINS];
        for &&(truth, predicted, probability) in &answers {
            confusion[truth][predicted] += 1;
            let bin = &mut bins[((f64::from(probability) * BINS as f64) as usize).min(BINS - 1)];
            bin.0 += 1;
            bin.1 += f64::from(probability);
            bin.2 += u64::from(truth == predicted);
        }
        let total = answers.len().max(1) as f64;
        let calibration_error = bins.iter().map(|&(_, sum, right)| (sum - right as f64).abs()).sum::<f64>() / total;
        let right: u64 = (0..labels.len()).map(|label| confusion[label][label]).sum();
        let classes: Vec<ClassReport> = labels
            .iter()
            .enumerate()
            .map(|(label, name)| {
                let hits = confusion[label][label] as f64;
                let support: u64 = confusion[label].iter().sum();
                let given: u64 = confusion.iter().map(|row| row[label]).sum();
                let share = |whole: u64| if whole == 0 { 0.0 } else { hits / whole as f64 };
                let (precision, recall) = (share(given), share(support));
                let f1 = if hits == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
                ClassReport { label: name.clone(), precision, recall, f1, support }
            })
            .collect();
        let given = |label: usize| confusion.iter().any(|row| row[label] > 0);
        let mean =
            |values: Vec<f64>| if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 };
        let occurring = classes.iter().enumerate().filter(|(label, class)| class.support > 0 || given(*label));
        let macro_f1 = mean(occurring.map(|(_, class)| class.f1).collect());
        let macro_recall = mean(classes.iter().filter(|class| class.support > 0).map(|class| class.recall).collect());
        Evaluation {
            task: task.to_string(),
            posts: answers.len(),
            accuracy: right as f64 / total,
            macro_f1,
            macro_recall,
            calibration_error,
            classes,
            confusion,
        }
    }
}

#[cfg(test)]
mod tests {
    use linfa::metrics::ToConfusionMatrix;
    use ndarray::Array1;

    use super::*;
    use crate::train::estimate::Random;

    #[test]
    fn linfa_finds_the_same_figures() {
        let truth = [0usize, 0, 0, 1, 1, 2, 2, 2, 2, 1];
        let predicted = [0usize, 1, 0, 1, 2, 2, 2, 0, 2, 1];
        let answers: Vec<_> = truth.iter().zip(predicted).map(|(&truth, predicted)| (truth, predicted, 0.5)).collect();
        let found = Evaluation::new("task", &["a".into(), "b".into(), "c".into()], &answers);
        let truth = Array1::from(truth.to_vec());
        let matrix = Array1::from(predicted.to_vec()).confusion_matrix(&truth).expect("both are as long");
        assert!((found.accuracy - f64::from(matrix.accuracy())).abs() < 1e-6);
        assert!((found.accuracy - 0.7).abs() < 1e-9);
        // Precision and recall of `a` are both 2/3.
        assert!((found.classes[0].f1 - 2.0 / 3.0).abs() < 1e-9, "{:?}", found.classes);
    }

    /// linfa's confusion matrix sees what ours sees: of all, and of each class against the others.
    #[test]
    fn figures_equal_linfas() {
        for classes in [2usize, 3, 7] {
            let mut random = Random(classes as u64);
            let answers: Vec<(usize, usize, f32)> = (0..500)
                .map(|_| {
                    let truth = random.below(classes);
                    (truth, if random.below(3) == 0 { random.below(classes) } else { truth }, 0.5)
                })
                .collect();
            let labels: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
            let ours = Evaluation::new("task", &labels, &answers);
            let (truth, predicted): (Vec<usize>, Vec<usize>) =
                answers.iter().map(|answer| (answer.0, answer.1)).unzip();
            let all = Array1::from(predicted.clone()).confusion_matrix(&Array1::from(truth.clone())).expect("as long");
            assert!((ours.accuracy - f64::from(all.accuracy())).abs() < 1e-6);
            assert!(ours.accuracy > 0.5 && ours.accuracy < 0.95);
            for (class, report) in ours.classes.iter().enumerate() {
                // Of two classes linfa's figures are those of the larger label: this class is made that one.
                let is = |of: &[usize]| Array1::from_iter(of.iter().map(|&label| usize::from(label == class)));
                // linfa 0.8.1 has rows of predictions but takes them for rows of truth: the two change places.
                let theirs = is(&truth).confusion_matrix(&is(&predicted)).expect("as many predictions as labels");
                for (ours, theirs) in [
                    (report.precision, theirs.precision()),
                    (report.recall, theirs.recall()),
                    (report.f1, theirs.f1_score()),
                ] {
                    assert!((ours - f64::from(theirs)).abs() < 1e-6, "class {class} of {classes}: {ours}, {theirs}");
                }
                assert_eq!(report.support, truth.iter().filter(|&&label| label == class).count() as u64);
            }
            let mean = ours.classes.iter().map(|report| report.f1).sum::<f64>() / classes as f64;
            assert!((ours.macro_f1 - mean).abs() < 1e-12);
        }
    }
}
