//! The gate: a candidate is judged on held-out labels before it takes the running engine's place.

use serde::Serialize;

use crate::stats::random::Random;
use crate::train::{Evaluation, Example};
use crate::{Engine, Error, Result};

/// Fewest held-out texts that can show a worse candidate beyond noise; chosen by hand, not tuned.
const MIN_TEXTS: usize = 50;
/// Resamplings of the bootstrap: the thousand that Efron and Tibshirani advise for intervals.
const ROUNDS: usize = 1000;
/// The share of resamplings beyond each end of an interval: 95 % lie within, by convention.
const TAIL: f64 = 0.025;
/// What is worse by less than this, in either figure, is not worse: two heads that are nearly the
/// same differ in the sixth digit, and do so in every resampling. By hand.
const TOLERANCE: f64 = 0.001;
/// The floor of a probability whose logarithm is taken, by convention: one text can't decide alone.
const FLOOR: f64 = 1e-6;

/// Held-out labels that decide whether a candidate may run.
///
/// Two figures are compared, text by text on the same texts: macro F1, which is what the answers
/// are worth, and the log loss of the true label, a proper score, which shows a candidate that is
/// right as often but has lost its calibration: so it is after learning from wrong labels. A
/// candidate is refused if it is worse in either beyond noise: if the whole 95 % interval of the
/// difference, by the paired percentile bootstrap (Efron and Tibshirani 1993, chapter 13), lies
/// more than 0.001 on the wrong side.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    task: String,
    examples: Vec<Example>,
    seed: u64,
}

/// What a gate finds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Judgement {
    /// Whether the candidate may run.
    pub accepted: bool,
    /// Why, in one sentence with the figures.
    pub reason: String,
    /// Held-out texts.
    pub posts: usize,
    /// Macro F1, 0 to 1; more is better.
    pub macro_f1: Compared,
    /// Mean of −ln of the true label's probability; less is better.
    pub log_loss: Compared,
}

/// A figure of both engines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Compared {
    /// The running engine's.
    pub running: f64,
    /// The candidate's.
    pub candidate: f64,
    /// The lower end of the 95 % interval of the candidate's less the running engine's.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Compared {
    /// The candidate's less the running engine's.
    pub fn difference(&self) -> f64 {
        self.candidate - self.running
    }
}

/// The answers of an engine for the held-out texts: the index of the true label, of the one it
/// gives and its probability, and the loss.
struct Answers {
    labels: Vec<String>,
    given: Vec<(usize, usize, f32)>,
    losses: Vec<f64>,
}

impl Gate {
    /// A gate for the head `task`. The texts must be no part of what the candidate learnt from.
    ///
    /// # Errors
    /// If there are fewer than 50: fewer can't show a difference.
    pub fn new(task: impl Into<String>, examples: Vec<Example>) -> Result<Gate> {
        if examples.len() < MIN_TEXTS {
            return Err(Error::training(format!(
                "{} held-out texts are too few to judge by; give at least {MIN_TEXTS}",
                examples.len()
            )));
        }
        Ok(Gate {
            task: task.into(),
            examples,
            seed: 1,
        })
    }

    /// Another seed of the resampling than 1.
    pub fn with_seed(mut self, seed: u64) -> Gate {
        self.seed = seed;
        self
    }

    /// Judges `candidate` against `running`. The same engines and texts give the same judgement.
    ///
    /// # Errors
    /// If one of them has no such head, the two have different labels, or a held-out label is not
    /// one of them.
    pub fn judge(&self, running: &Engine, candidate: &Engine) -> Result<Judgement> {
        let (before, after) = (self.answers(running)?, self.answers(candidate)?);
        if before.labels != after.labels {
            return Err(Error::training(format!(
                "the candidate's labels for {:?} ({}) are not the running head's ({}); they can't \
                 be compared",
                self.task,
                after.labels.join(", "),
                before.labels.join(", ")
            )));
        }
        let posts = self.examples.len();
        let every: Vec<usize> = (0..posts).collect();
        let f1 = |answers: &Answers, rows: &[usize]| {
            let given: Vec<_> = rows.iter().map(|&row| answers.given[row]).collect();
            Evaluation::new(&self.task, &answers.labels, &given).macro_f1
        };
        let loss = |answers: &Answers, rows: &[usize]| {
            rows.iter().map(|&row| answers.losses[row]).sum::<f64>() / rows.len() as f64
        };
        let mut random = Random::new(self.seed);
        let (mut f1s, mut losses) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
        let mut resampled = every.clone();
        // Paired: both engines are resampled on the same texts, so that what is hard about a text
        // falls out of the difference.
        for _ in 0..ROUNDS {
            resampled
                .iter_mut()
                .for_each(|row| *row = random.below(posts));
            f1s.push(f1(&after, &resampled) - f1(&before, &resampled));
            losses.push(loss(&after, &resampled) - loss(&before, &resampled));
        }
        let compared = |running: f64, candidate: f64, differences: Vec<f64>| {
            let (low, high) = interval(differences);
            Compared {
                running,
                candidate,
                low,
                high,
            }
        };
        let macro_f1 = compared(f1(&before, &every), f1(&after, &every), f1s);
        let log_loss = compared(loss(&before, &every), loss(&after, &every), losses);
        Ok(Judgement::from_figures(posts, macro_f1, log_loss))
    }

    fn answers(&self, engine: &Engine) -> Result<Answers> {
        let labels = engine.labels(&self.task).unwrap_or_default().to_vec();
        if labels.is_empty() {
            return Err(Error::training(format!(
                "there is no head {:?} to judge; there are {}",
                self.task,
                engine.tasks().collect::<Vec<_>>().join(", ")
            )));
        }
        let answers = engine.map_batch(&self.examples, |engine, scratch, example| {
            let truth = labels.iter().position(|label| *label == example.label)?;
            let probabilities = engine.probabilities(&self.task, &example.text, scratch);
            let of_truth = probabilities.get(truth).copied().unwrap_or(0.0);
            let (label, probability) = engine.choose(&self.task, probabilities).unwrap_or((0, 0.0));
            Some((
                truth,
                label,
                probability,
                -f64::from(of_truth).max(FLOOR).ln(),
            ))
        });
        let (mut given, mut losses) = (
            Vec::with_capacity(answers.len()),
            Vec::with_capacity(answers.len()),
        );
        for (answer, example) in answers.into_iter().zip(&self.examples) {
            let (truth, label, probability, loss) = answer.ok_or_else(|| {
                Error::training(format!(
                    "the held-out label {:?} is not one of the head's ({}); map it or leave those \
                     lines out",
                    example.label,
                    labels.join(", ")
                ))
            })?;
            given.push((truth, label, probability));
            losses.push(loss);
        }
        Ok(Answers {
            labels,
            given,
            losses,
        })
    }
}

impl Judgement {
    fn from_figures(posts: usize, macro_f1: Compared, log_loss: Compared) -> Judgement {
        let figure = |name: &str, compared: &Compared| {
            format!(
                "{name} {:.4} instead of {:.4} ({:+.4}, 95 % of resamplings {:+.4} to {:+.4})",
                compared.candidate,
                compared.running,
                compared.difference(),
                compared.low,
                compared.high
            )
        };
        // Refused only if the whole interval is beyond the tolerance: what may be noise is
        // not a reason.
        let worse: Vec<String> = [
            (macro_f1.high < -TOLERANCE).then(|| figure("macro F1", &macro_f1)),
            (log_loss.low > TOLERANCE).then(|| figure("log loss", &log_loss)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let reason = match worse.as_slice() {
            [] => format!(
                "the candidate is not worse than the running head on {posts} held-out texts: {}, \
                 {}",
                figure("macro F1", &macro_f1),
                figure("log loss", &log_loss)
            ),
            worse => format!(
                "the candidate is worse than the running head beyond noise on {posts} held-out \
                 texts: {}",
                worse.join(", ")
            ),
        };
        Judgement {
            accepted: worse.is_empty(),
            reason,
            posts,
            macro_f1,
            log_loss,
        }
    }
}

/// The ends between which the middle of `differences` lies.
fn interval(mut differences: Vec<f64>) -> (f64, f64) {
    differences.sort_by(f64::total_cmp);
    let last = differences.len().saturating_sub(1);
    let at = |share: f64| {
        differences
            .get((share * last as f64).round() as usize)
            .copied()
            .unwrap_or(0.0)
    };
    (at(TAIL), at(1.0 - TAIL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{Settings, TrainOptions, train};

    /// As right as before, but five times as sure: macro F1 can't see it, log loss does.
    #[test]
    fn lost_calibration_is_refused() {
        let mut random = Random::new(4);
        let examples: Vec<Example> = (0..300)
            .map(|at| {
                let label = ["a", "b", "c"][at % 3];
                let mut word = || {
                    if random.below(10) < 6 {
                        label
                    } else {
                        ["a", "b", "c"][random.below(3)]
                    }
                };
                let text = format!("x{} y{} z{}", word(), word(), word());
                Example {
                    text,
                    label: label.into(),
                    ..Example::default()
                }
            })
            .collect();
        let (learn, held_out) = examples.split_at(150);
        let options = TrainOptions {
            settings: Some(Settings::default()),
            ..TrainOptions::default()
        };
        let model = train(learn, &options, &mut |_, _| {}).expect("trains");
        let mut sure = model.clone();
        let calibration = &mut sure.heads[0].calibration;
        calibration
            .a
            .iter_mut()
            .chain(&mut calibration.b)
            .for_each(|number| *number *= 5.0);
        let engine = |model| {
            Engine::builder()
                .without_bundled_models()
                .model(model)
                .build()
                .expect("fits")
        };
        let gate = Gate::new("task", held_out.to_vec()).expect("enough");
        let judgement = gate
            .judge(&engine(model), &engine(sure))
            .expect("can be compared");
        assert!(
            !judgement.accepted && judgement.macro_f1.difference() == 0.0,
            "{}",
            judgement.reason
        );
        assert!(
            judgement
                .reason
                .contains("beyond noise on 150 held-out texts: log loss"),
            "{}",
            judgement.reason
        );
    }

    #[test]
    fn what_is_worse_in_the_sixth_digit_is_not_worse() {
        let f1 = Compared {
            running: 1.0,
            candidate: 1.0,
            low: 0.0,
            high: 0.0,
        };
        let loss = |low: f64| Compared {
            running: 0.1,
            candidate: 0.1 + low,
            low,
            high: 2.0 * low,
        };
        assert!(
            Judgement::from_figures(100, f1, loss(1e-6)).accepted
                && !Judgement::from_figures(100, f1, loss(0.01)).accepted
        );
        let worse = Compared {
            running: 0.9,
            candidate: 0.8,
            low: -0.2,
            high: -0.01,
        };
        assert!(!Judgement::from_figures(100, worse, loss(0.0)).accepted);
        assert!(
            Judgement::from_figures(
                100,
                Compared {
                    high: 0.001,
                    ..worse
                },
                loss(0.0)
            )
            .accepted
        );
    }

    #[test]
    fn an_interval_leaves_a_fortieth_on_either_side() {
        let (low, high) = interval((0..=1000).rev().map(f64::from).collect());
        assert_eq!((low, high), (25.0, 975.0));
        assert_eq!(interval(Vec::new()), (0.0, 0.0));
    }
}
