//! Figures of a model on labelled texts.

use serde::Serialize;

/// What a head reaches on labelled texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
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
    /// Expected calibration error of the given label in [`BINS`] equal-width bins (Guo and others,
    /// ICML 2017, section 2).
    pub calibration_error: f64,
    /// Mean of −ln of the true label's probability, in nats, each probability at least [`FLOOR`];
    /// `None` where only the given label's probability is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_loss: Option<f64>,
    /// Accuracy when only the surest texts are answered, one point for each of [`COVERAGES`] (the
    /// risk-coverage curve of El-Yaniv and Wiener, JMLR 2010, turned over).
    pub coverage: Vec<CoveragePoint>,
    /// The reliability diagram: [`BINS`] bins of equal width over the given label's probability,
    /// empty ones as well.
    pub bins: Vec<ReliabilityBin>,
    /// Each class, in the order of the labels.
    pub classes: Vec<ClassReport>,
    /// `confusion[t][p]`: texts of label `t` that were given label `p`.
    pub confusion: Vec<Vec<u64>>,
}

/// What a head reaches on one class.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
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

/// What is reached when only the surest texts are answered and the rest is left to people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CoveragePoint {
    /// Share of texts that are answered, 0 to 1.
    pub share: f64,
    /// The least probability of those answered, 0 to 1: the threshold to set for this share.
    pub threshold: f32,
    /// Share of those answered that were given their label, 0 to 1. Of texts as sure as the
    /// threshold some may be answered and some not; they count with their mean, so the order of the
    /// texts doesn't matter.
    pub accuracy: f64,
}

/// The texts whose label was given with about the same probability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReliabilityBin {
    /// How many.
    pub posts: u64,
    /// Mean probability of the given label, 0 to 1; 0 in an empty bin.
    pub probability: f64,
    /// Share given their label, 0 to 1; 0 in an empty bin.
    pub accuracy: f64,
}

/// What a head gave to one labelled text. Labels are indices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prediction {
    /// The true label.
    pub truth: usize,
    /// The label that was given.
    pub given: usize,
    /// The probability of the given label, 0 to 1.
    pub probability: f32,
    /// The probability of the true label, 0 to 1.
    pub of_truth: f32,
}

/// Bins of the reliability diagram and of the calibration error: 15, as in Guo and others (2017).
pub const BINS: usize = 15;
/// The shares of texts whose accuracy [`Evaluation::coverage`] holds, by convention.
pub const COVERAGES: [f64; 6] = [1.0, 0.95, 0.9, 0.8, 0.7, 0.5];
/// The least probability that counts in the log loss: one sure mistake should not outweigh all
/// other texts. By convention.
pub const FLOOR: f32 = 1e-6;

impl Evaluation {
    /// Figures from the index of the true label, of the predicted label and its probability,
    /// text by text.
    ///
    /// Indices beyond `labels` are left out. There is no log loss:
    /// [`Evaluation::from_predictions`] has it.
    pub fn new(task: &str, labels: &[String], answers: &[(usize, usize, f32)]) -> Evaluation {
        let answers: Vec<_> = answers
            .iter()
            .copied()
            .filter(|answer| answer.0.max(answer.1) < labels.len())
            .collect();
        let mut confusion = vec![vec![0u64; labels.len()]; labels.len()];
        for &(truth, given, _) in &answers {
            confusion[truth][given] += 1;
        }
        let total = answers.len().max(1) as f64;
        let right: u64 = (0..labels.len()).map(|label| confusion[label][label]).sum();
        let classes = class_reports(labels, &confusion);
        // A label that is neither in the texts nor given has no F1; as 0 it would lower the mean of
        // any head that knows more labels than a set has.
        let given = |label: usize| confusion.iter().any(|row| row[label] > 0);
        let occurring = classes
            .iter()
            .enumerate()
            .filter(|(label, class)| class.support > 0 || given(*label));
        let macro_f1 = mean(occurring.map(|(_, class)| class.f1).collect());
        let supported = classes.iter().filter(|class| class.support > 0);
        let macro_recall = mean(supported.map(|class| class.recall).collect());
        let bins = reliability(&answers);
        let gaps = bins
            .iter()
            .map(|bin| bin.posts as f64 * (bin.probability - bin.accuracy).abs());
        Evaluation {
            task: task.to_string(),
            posts: answers.len(),
            accuracy: right as f64 / total,
            macro_f1,
            macro_recall,
            calibration_error: gaps.sum::<f64>() / total,
            log_loss: None,
            coverage: coverage(&answers),
            bins,
            classes,
            confusion,
        }
    }

    /// All figures, the log loss among them. Predictions with an index beyond `labels`
    /// are left out.
    pub fn from_predictions(
        task: &str,
        labels: &[String],
        predictions: &[Prediction],
    ) -> Evaluation {
        let kept = |prediction: &&Prediction| prediction.truth.max(prediction.given) < labels.len();
        let kept: Vec<&Prediction> = predictions.iter().filter(kept).collect();
        let answers: Vec<(usize, usize, f32)> = kept
            .iter()
            .map(|one| (one.truth, one.given, one.probability))
            .collect();
        let losses = kept
            .iter()
            .map(|one| -f64::from(one.of_truth.clamp(FLOOR, 1.0)).ln());
        let log_loss = losses.sum::<f64>() / kept.len().max(1) as f64;
        Evaluation {
            log_loss: Some(log_loss),
            ..Evaluation::new(task, labels, &answers)
        }
    }
}

/// The figures of each class, in the order of the labels.
fn class_reports(labels: &[String], confusion: &[Vec<u64>]) -> Vec<ClassReport> {
    let report = |(label, name): (usize, &String)| {
        let hits = confusion[label][label] as f64;
        let support: u64 = confusion[label].iter().sum();
        let given: u64 = confusion.iter().map(|row| row[label]).sum();
        let share = |whole: u64| if whole == 0 { 0.0 } else { hits / whole as f64 };
        let (precision, recall) = (share(given), share(support));
        let f1 = if hits == 0.0 {
            0.0
        } else {
            2.0 * precision * recall / (precision + recall)
        };
        ClassReport {
            label: name.clone(),
            precision,
            recall,
            f1,
            support,
        }
    };
    labels.iter().enumerate().map(report).collect()
}

/// The mean of `values`; 0 without any.
fn mean(values: Vec<f64>) -> f64 {
    if values.is_empty() {
        0.0
    } else {
        values.iter().sum::<f64>() / values.len() as f64
    }
}

fn reliability(answers: &[(usize, usize, f32)]) -> Vec<ReliabilityBin> {
    let mut sums = [(0u64, 0.0f64, 0u64); BINS];
    for &(truth, given, probability) in answers {
        // A probability of exactly 1 belongs to the last bin.
        let sum = &mut sums[((f64::from(probability) * BINS as f64) as usize).min(BINS - 1)];
        *sum = (
            sum.0 + 1,
            sum.1 + f64::from(probability),
            sum.2 + u64::from(truth == given),
        );
    }
    let bin = |&(posts, probability, right): &(u64, f64, u64)| {
        let whole = posts.max(1) as f64;
        ReliabilityBin {
            posts,
            probability: probability / whole,
            accuracy: right as f64 / whole,
        }
    };
    sums.iter().map(bin).collect()
}

fn coverage(answers: &[(usize, usize, f32)]) -> Vec<CoveragePoint> {
    let mut sure: Vec<(f32, bool)> = answers
        .iter()
        .map(|&(truth, given, sure)| (sure, truth == given))
        .collect();
    // A stable sort by probability alone: runs of equal ones are summed below, so their
    // order is free.
    sure.sort_by(|a, b| b.0.total_cmp(&a.0));
    // At the end of each run of equal probabilities: its probability, how many texts there are to
    // here, and how many of them are right.
    let mut runs: Vec<(f32, usize, usize)> = Vec::new();
    let mut right = 0;
    for (index, &(probability, hit)) in sure.iter().enumerate() {
        right += usize::from(hit);
        match runs.last_mut() {
            Some(run) if run.0.total_cmp(&probability).is_eq() => {
                *run = (probability, index + 1, right)
            }
            _ => runs.push((probability, index + 1, right)),
        }
    }
    let point = |share: f64| {
        let wanted = ((share * sure.len() as f64).ceil() as usize).min(sure.len());
        let at = runs.partition_point(|run| run.1 < wanted);
        let Some(&(threshold, end, through)) = runs.get(at) else {
            return CoveragePoint::default();
        };
        let (start, before) = at
            .checked_sub(1)
            .and_then(|at| runs.get(at))
            .map_or((0, 0), |run| (run.1, run.2));
        // The texts of one probability count with their mean: sorted otherwise, the same texts
        // would give another figure.
        let of_run = (through - before) as f64 * (wanted - start) as f64 / (end - start) as f64;
        CoveragePoint {
            share,
            threshold,
            accuracy: (before as f64 + of_run) / wanted.max(1) as f64,
        }
    };
    COVERAGES.into_iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use linfa::metrics::ToConfusionMatrix;
    use ndarray::Array1;

    use super::*;
    use crate::stats::random::Random;

    #[test]
    fn linfa_finds_the_same_figures() {
        let truth = [0usize, 0, 0, 1, 1, 2, 2, 2, 2, 1];
        let predicted = [0usize, 1, 0, 1, 2, 2, 2, 0, 2, 1];
        let answers: Vec<_> = truth
            .iter()
            .zip(predicted)
            .map(|(&truth, predicted)| (truth, predicted, 0.5))
            .collect();
        let found = Evaluation::new("task", &["a".into(), "b".into(), "c".into()], &answers);
        let truth = Array1::from(truth.to_vec());
        let matrix = Array1::from(predicted.to_vec())
            .confusion_matrix(&truth)
            .expect("both are as long");
        assert!((found.accuracy - f64::from(matrix.accuracy())).abs() < 1e-6);
        assert!((found.accuracy - 0.7).abs() < 1e-9);
        // Precision and recall of `a` are both 2/3.
        assert!(
            (found.classes[0].f1 - 2.0 / 3.0).abs() < 1e-9,
            "{:?}",
            found.classes
        );
    }

    /// linfa's confusion matrix sees what ours sees: of all, and of each class against the others.
    #[test]
    fn figures_equal_linfas() {
        for classes in [2usize, 3, 7] {
            let mut random = Random::new(classes as u64);
            let answers: Vec<(usize, usize, f32)> = (0..500)
                .map(|_| {
                    let truth = random.below(classes);
                    (
                        truth,
                        if random.below(3) == 0 {
                            random.below(classes)
                        } else {
                            truth
                        },
                        0.5,
                    )
                })
                .collect();
            let labels: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
            let ours = Evaluation::new("task", &labels, &answers);
            let (truth, predicted): (Vec<usize>, Vec<usize>) =
                answers.iter().map(|answer| (answer.0, answer.1)).unzip();
            let all = Array1::from(predicted.clone())
                .confusion_matrix(&Array1::from(truth.clone()))
                .expect("as long");
            assert!((ours.accuracy - f64::from(all.accuracy())).abs() < 1e-6);
            assert!(ours.accuracy > 0.5 && ours.accuracy < 0.95);
            for (class, report) in ours.classes.iter().enumerate() {
                // Of two classes linfa's figures are those of the larger label: this class is
                // made that one.
                let is = |of: &[usize]| {
                    Array1::from_iter(of.iter().map(|&label| usize::from(label == class)))
                };
                // linfa 0.8.1 has rows of predictions but takes them for rows of truth: the
                // two change places.
                let theirs = is(&truth)
                    .confusion_matrix(&is(&predicted))
                    .expect("as many predictions as labels");
                for (ours, theirs) in [
                    (report.precision, theirs.precision()),
                    (report.recall, theirs.recall()),
                    (report.f1, theirs.f1_score()),
                ] {
                    assert!(
                        (ours - f64::from(theirs)).abs() < 1e-6,
                        "class {class} of {classes}: {ours}, {theirs}"
                    );
                }
                assert_eq!(
                    report.support,
                    truth.iter().filter(|&&label| label == class).count() as u64
                );
            }
            let mean = ours.classes.iter().map(|report| report.f1).sum::<f64>() / classes as f64;
            assert!((ours.macro_f1 - mean).abs() < 1e-12);
        }
    }

    fn labels(count: usize) -> Vec<String> {
        (0..count).map(|label| label.to_string()).collect()
    }

    #[test]
    fn the_surest_are_answered_first() {
        // Ten texts from 0.95 down to 0.5; the fifth surest and the two least sure are wrong.
        let wrong = [4, 8, 9];
        let answers: Vec<(usize, usize, f32)> = (0..10)
            .map(|at| (usize::from(wrong.contains(&at)), 0, 0.95 - at as f32 * 0.05))
            .collect();
        let mut turned = answers.clone();
        turned.reverse();
        let found = Evaluation::new("task", &labels(2), &answers);
        assert_eq!(
            found.coverage,
            Evaluation::new("task", &labels(2), &turned).coverage
        );
        let accuracy: Vec<f64> = found.coverage.iter().map(|point| point.accuracy).collect();
        let shares: Vec<f64> = found.coverage.iter().map(|point| point.share).collect();
        assert_eq!(shares, COVERAGES);
        // 95 % of ten texts are ten of them: at least the share is answered.
        for (found, wanted) in
            accuracy
                .iter()
                .zip([0.7, 0.7, 7.0 / 9.0, 7.0 / 8.0, 6.0 / 7.0, 4.0 / 5.0])
        {
            assert!((found - wanted).abs() < 1e-12, "{accuracy:?}");
        }
        assert!((found.coverage[5].threshold - 0.75).abs() < 1e-6);
    }

    #[test]
    fn equally_sure_texts_count_with_their_mean() {
        // Two sure and right; eight equally sure, two of them wrong: of those, three are answered
        // at 50 %.
        let answers: Vec<(usize, usize, f32)> = (0..10)
            .map(|at| (usize::from(at >= 8), 0, if at < 2 { 0.9 } else { 0.6 }))
            .collect();
        let mut turned = answers.clone();
        turned.reverse();
        for answers in [answers, turned] {
            let half = Evaluation::new("task", &labels(2), &answers).coverage[5];
            assert!(
                (half.accuracy - (2.0 + 3.0 * 6.0 / 8.0) / 5.0).abs() < 1e-12,
                "{half:?}"
            );
            assert_eq!(half.threshold, 0.6);
        }
        let none = Evaluation::new("task", &labels(2), &[]);
        assert!(
            none.coverage.iter().all(|point| point.accuracy == 0.0)
                && none.coverage.len() == COVERAGES.len()
        );
    }

    #[test]
    fn bins_hold_every_text_and_give_the_calibration_error() {
        // 20 texts at 0.7, of which 12 are right, and 10 at 1, all right.
        let answers: Vec<(usize, usize, f32)> = (0..30)
            .map(|at| (usize::from(at < 8), 0, if at < 20 { 0.7 } else { 1.0 }))
            .collect();
        let found = Evaluation::new("task", &labels(2), &answers);
        assert_eq!(found.bins.len(), BINS);
        assert_eq!(found.bins.iter().map(|bin| bin.posts).sum::<u64>(), 30);
        let bin = found.bins[10];
        assert_eq!(bin.posts, 20);
        assert!(
            (bin.probability - 0.7).abs() < 1e-6 && (bin.accuracy - 0.6).abs() < 1e-12,
            "{bin:?}"
        );
        assert_eq!(
            (found.bins[BINS - 1].posts, found.bins[BINS - 1].accuracy),
            (10, 1.0)
        );
        assert!((found.calibration_error - 20.0 / 30.0 * 0.1).abs() < 1e-6);
    }

    #[test]
    fn log_loss_is_of_the_true_labels_probability() {
        let one = |truth, of_truth| Prediction {
            truth,
            given: 0,
            probability: 0.5,
            of_truth,
        };
        let found = Evaluation::from_predictions(
            "task",
            &labels(2),
            &[one(0, 0.5), one(1, 0.25), one(1, 0.0), one(7, 0.1)],
        );
        let wanted = (2f64.ln() + 4f64.ln() - f64::from(FLOOR).ln()) / 3.0;
        assert!(
            (found.log_loss.unwrap_or_default() - wanted).abs() < 1e-9,
            "{:?}",
            found.log_loss
        );
        assert_eq!(found.posts, 3);
        assert_eq!(
            Evaluation::new("task", &labels(2), &[(0, 0, 0.5)]).log_loss,
            None
        );
    }
}
