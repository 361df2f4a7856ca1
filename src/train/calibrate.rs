//! Calibration on held-out margins, and Gaussian naive Bayes on the dense signals, both by linfa.

use linfa::ParamGuard;
use linfa::composing::platt_scaling::{Platt, platt_newton_method};
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use linfa_bayes::GaussianNb;
use ndarray::{Array1, Array2};

use super::decide::{Decision, decide};
use crate::feature::signal::{COUNT, Signals};
use crate::model::{Calibration, Familiarity, SignalModel};
use crate::{Error, Result};

/// Where the logarithms of slope and sharpness are looked for: half to twice, and a fifth to four
/// and a half times. Chosen by hand.
const SLOPES: (f64, f64) = (-0.7, 0.7);
const SHARPNESSES: (f64, f64) = (-1.5, 1.5);
/// The largest share of log-odds that unknown words can take, and the smallest that
/// counts; by hand.
const MAX_NOVELTY: f64 = 0.95;
const MIN_NOVELTY: f64 = 0.02;
/// Golden sections of a search: twelve leave 0.618¹² = 0.3 % of the range, far below the noise.
const SECTIONS: usize = 12;
/// The smallest variance of a dense signal: one that is constant in training would weigh without
/// bound. By hand.
const MIN_SIGMA: f64 = 1e-3;

/// Platt's slope and offset for margins that were not trained on.
///
/// Where Newton's method finds none (all of one class, or margins without spread), a slope of −1
/// and no offset.
pub(crate) fn platt(margins: &[f64], member: &[bool]) -> (f64, f64) {
    let margins = Array1::from(margins.to_vec());
    let member = Array1::from(member.to_vec());
    let fitted = Platt::<f64, ()>::params()
        .check()
        .ok()
        .and_then(|params| platt_newton_method(margins.view(), member.view(), &params).ok());
    // A slope of 0 or more would turn the head round: the held-out texts don't support any sigmoid.
    match fitted {
        Some((a, b)) if a.is_finite() && b.is_finite() && a < 0.0 => (a, b),
        _ => (-1.0, 0.0),
    }
}

/// The Gaussians of each lane's label and of the others (linfa-bayes).
///
/// # Errors
/// If linfa refuses the data, or its parameters are not where they were.
pub(crate) fn gaussians(
    signals: &[&Signals],
    truth: &[u16],
    lanes: usize,
    weight: f64,
) -> Result<SignalModel> {
    let values: Vec<f64> = signals
        .iter()
        .flat_map(|row| row.iter().map(|&value| f64::from(value)))
        .collect();
    let records = Array2::from_shape_vec((signals.len(), COUNT), values)
        .map_err(|error| Error::training(error.to_string()).with_source(error))?;
    let mut gaussians = Vec::with_capacity(lanes);
    for lane in 0..lanes {
        // One lane stands for the second of two labels.
        let label = if lanes == 1 { 1 } else { lane };
        let targets: Array1<usize> = truth
            .iter()
            .map(|&class| usize::from(usize::from(class) == label))
            .collect();
        let members = targets.iter().filter(|&&member| member == 1).count();
        if members == 0 || members == targets.len() {
            // All of one kind: nothing to distinguish. Equal Gaussians contribute 0.
            gaussians.push(vec![[0.0, 1.0, 0.0, 1.0]; COUNT]);
            continue;
        }
        let fitted = GaussianNb::<f64, usize>::params()
            .fit(&DatasetBase::new(records.clone(), targets))
            .map_err(|error| {
                Error::training(format!("the dense signals can't be fitted: {error}"))
                    .with_source(error)
            })?;
        gaussians.push(parameters(&fitted)?);
    }
    Ok(SignalModel { weight, gaussians })
}

/// The mean and variance of each signal in class 1, then in class 0.
///
/// `GaussianNb` 0.8.1 has no getters for them, but its serialised form has them. A test fits known
/// Gaussians, so that a version of linfa-bayes that keeps them elsewhere is noticed.
///
/// # Errors
/// If they are not where they were.
fn parameters(fitted: &GaussianNb<f64, usize>) -> Result<Vec<[f64; 4]>> {
    let fitted = serde_json::to_value(fitted)
        .map_err(|error| Error::training(error.to_string()).with_source(error))?;
    let number = |class: &str, field: &str, index: usize| {
        fitted["class_info"][class][field]["data"][index]
            .as_f64()
            .ok_or_else(|| {
                Error::training("linfa-bayes keeps its Gaussians elsewhere; use linfa-bayes 0.8.1")
            })
    };
    (0..COUNT)
        .map(|index| {
            Ok([
                number("1", "theta", index)?,
                number("1", "sigma", index)?.max(MIN_SIGMA),
                number("0", "theta", index)?,
                number("0", "sigma", index)?.max(MIN_SIGMA),
            ])
        })
        .collect()
}

/// What a head gives to a text that it was not trained on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeldOut {
    /// A margin a lane.
    pub(crate) margins: Vec<f64>,
    /// How much of the text it knows.
    pub(crate) familiarity: Familiarity,
    /// The index of the true label.
    pub(crate) truth: usize,
    /// The other labels of the same text.
    pub(crate) others: Vec<u16>,
}

impl HeldOut {
    /// Whether the text has `label`.
    fn has(&self, label: usize) -> bool {
        self.truth == label || self.others.iter().any(|&other| usize::from(other) == label)
    }
}

/// What the lanes of a head stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lanes {
    /// The label of each lane.
    pub(crate) of: Vec<usize>,
    /// How many labels there are.
    pub(crate) labels: usize,
    /// The label of texts that are out of scope.
    pub(crate) none: Option<usize>,
    /// Labels of fewer held-out texts share one sigmoid: a handful is not enough to fit one.
    pub(crate) few: usize,
    /// Whether the most probable label is given, whatever it costs rare ones.
    pub(crate) plain: bool,
}

/// A sigmoid for each lane, and the decision between labels: what settings are compared by.
pub(crate) fn sigmoids(held_out: &[HeldOut], lanes: &Lanes) -> Calibration {
    decided(platt_of_lanes(held_out, lanes), held_out, lanes)
}

/// A sigmoid for each lane by Platt's method.
fn platt_of_lanes(held_out: &[HeldOut], lanes: &Lanes) -> Calibration {
    let mut shared = None;
    let mut calibration = Calibration {
        sharpness: 1.0,
        ..Calibration::default()
    };
    for (lane, &label) in lanes.of.iter().enumerate() {
        let member: Vec<bool> = held_out.iter().map(|text| text.has(label)).collect();
        let (a, b) = match member.iter().filter(|&&member| member).count() < lanes.few {
            true => *shared.get_or_insert_with(|| {
                let all = |text: &HeldOut| text.margins.clone();
                let margins: Vec<f64> = held_out.iter().flat_map(all).collect();
                let of = |text: &HeldOut| {
                    lanes
                        .of
                        .iter()
                        .map(|&label| text.has(label))
                        .collect::<Vec<_>>()
                };
                platt(
                    &margins,
                    &held_out.iter().flat_map(of).collect::<Vec<bool>>(),
                )
            }),
            false => platt(
                &held_out
                    .iter()
                    .map(|text| text.margins[lane])
                    .collect::<Vec<f64>>(),
                &member,
            ),
        };
        calibration.a.push(a);
        calibration.b.push(b);
    }
    calibration
}

/// The calibration under which held-out labels are most probable, and the decision between them.
///
/// Platt's sigmoid for each lane, then the sharpness where there are several, then what is lost on
/// unknown words, then the decision.
pub(crate) fn calibration(held_out: &[HeldOut], lanes: &Lanes) -> Calibration {
    let mut calibration = platt_of_lanes(held_out, lanes);
    let sharpened = |calibration: &Calibration| match lanes.of.len() {
        // One lane has no sharpness of its own: its slope and offset are.
        1 => scaled(
            calibration,
            least(held_out, SLOPES, |value| scaled(calibration, value.exp())).exp(),
        ),
        _ => {
            let of = |value: f64| Calibration {
                sharpness: value.exp(),
                ..calibration.clone()
            };
            of(least(held_out, SHARPNESSES, of))
        }
    };
    // With several lanes the sigmoids are fitted each against the rest, and their normalised
    // product is too sure or too unsure as a whole. One lane needs none: its slope and
    // offset were fitted.
    if lanes.of.len() > 1 {
        calibration = sharpened(&calibration);
    }
    // What is lost on unknown words comes back on known ones, so that the two can be found one
    // after the other.
    let strangeness = held_out
        .iter()
        .map(|text| f64::from(1.0 - text.familiarity.share))
        .sum::<f64>();
    let strangeness = strangeness / held_out.len().max(1) as f64;
    let of = |novelty: f64| {
        let back = 1.0 / (1.0 - novelty * strangeness);
        match lanes.of.len() {
            1 => Calibration {
                novelty,
                ..scaled(&calibration, back)
            },
            _ => Calibration {
                novelty,
                sharpness: calibration.sharpness * back,
                ..calibration.clone()
            },
        }
    };
    // Below 1, or a text of unknown words alone would have no log-odds at all.
    let novelty = least(held_out, (0.0, MAX_NOVELTY), of);
    // What is hardly lost is noise, and sharpening again would fit it.
    if novelty > MIN_NOVELTY {
        calibration = sharpened(&of(novelty));
    }
    decided(calibration, held_out, lanes)
}

/// The calibration with the decision that is best under it.
fn decided(calibration: Calibration, held_out: &[HeldOut], lanes: &Lanes) -> Calibration {
    let mut probabilities = Vec::new();
    let shares = held_out.iter().map(|text| {
        calibration.probabilities(&text.margins, text.familiarity, &mut probabilities);
        probabilities.clone()
    });
    let shares: Vec<Vec<f32>> = shares.collect();
    let truth: Vec<usize> = held_out.iter().map(|text| text.truth).collect();
    let Decision {
        weights,
        thresholds,
    } = decide(&shares, &truth, lanes.labels, lanes.none);
    Calibration {
        decision: if lanes.plain { Vec::new() } else { weights },
        thresholds,
        ..calibration
    }
}

fn scaled(calibration: &Calibration, factor: f64) -> Calibration {
    let times = |values: &[f64]| values.iter().map(|value| value * factor).collect();
    Calibration {
        a: times(&calibration.a),
        b: times(&calibration.b),
        ..calibration.clone()
    }
}

/// The value under whose calibration the held-out labels are most probable,
/// by golden-section search.
fn least(
    held_out: &[HeldOut],
    (mut low, mut high): (f64, f64),
    of: impl Fn(f64) -> Calibration,
) -> f64 {
    let mut probabilities = Vec::new();
    let mut loss = |value: f64| {
        let candidate = of(value);
        let losses = held_out.iter().map(|text| {
            candidate.probabilities(&text.margins, text.familiarity, &mut probabilities);
            -f64::from(
                probabilities
                    .get(text.truth)
                    .copied()
                    .unwrap_or(0.0)
                    .max(1e-9),
            )
            .ln()
        });
        losses.sum::<f64>()
    };
    // No derivative is needed, and the number of steps is fixed: the same on every machine.
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (loss(left), loss(right));
    for _ in 0..SECTIONS {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = loss(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = loss(right);
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use linfa::traits::Predict;

    use super::*;
    use crate::stats::random::Random;

    /// A number from 0 to 1.
    fn unit(random: &mut Random) -> f64 {
        random.below(1 << 30) as f64 / f64::from(1 << 30)
    }

    #[test]
    fn platt_recovers_the_slope_of_a_known_sample() {
        for (a, b) in [(-2.0, 0.5), (-0.7, -1.0)] {
            let mut random = Random::new(5);
            let margins: Vec<f64> = (0..20_000).map(|_| unit(&mut random) * 6.0 - 3.0).collect();
            let member: Vec<bool> = margins
                .iter()
                .map(|margin| unit(&mut random) < 1.0 / (1.0 + (a * margin + b).exp()))
                .collect();
            let (found_a, found_b) = platt(&margins, &member);
            assert!(
                (found_a - a).abs() < 0.1 && (found_b - b).abs() < 0.1,
                "{found_a} {found_b} is not {a} {b}"
            );
        }
    }

    #[test]
    fn without_a_slope_to_find_it_is_the_plain_sigmoid() {
        let cases: [(&[f64], &[bool]); 4] = [
            (&[], &[]),
            (&[1.0, 1.0], &[true, false]),
            (&[-1.0, 1.0, 2.0], &[true, false, false]),
            (&[f64::NAN, 1.0], &[true, false]),
        ];
        for (margins, member) in cases {
            let (a, b) = platt(margins, member);
            assert!(
                a < 0.0 && a.is_finite() && b.is_finite(),
                "{margins:?}: {a} {b}"
            );
        }
    }

    #[test]
    fn the_parameters_of_a_fitted_gaussian_naive_bayes_are_its_means_and_variances() {
        // Of signal i, class 0 is i and i + 2 (mean i + 1, variance 1), class 1 is 10 and 14.
        let rows = [0.0, 2.0].map(|from| (0..COUNT).map(|at| from + at as f64).collect());
        let others: [Vec<f64>; 2] = [10.0, 14.0].map(|value| vec![value; COUNT]);
        let values = rows.into_iter().chain(others).flatten().collect();
        let records = Array2::from_shape_vec((4, COUNT), values).expect("four rows");
        let targets = Array1::from(vec![0, 0, 1, 1]);
        let fitted = GaussianNb::<f64, usize>::params()
            .fit(&DatasetBase::new(records, targets))
            .expect("fits");
        let found = parameters(&fitted).expect("they are where they were");
        assert_eq!(found.len(), COUNT);
        for (at, found) in found.into_iter().enumerate() {
            let expected = [12.0, 4.0, at as f64 + 1.0, 1.0];
            for (found, expected) in found.into_iter().zip(expected) {
                // The variances are smoothed by a billionth of the largest.
                assert!(
                    (found - expected).abs() < 1e-6,
                    "signal {at}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn contributions_decide_as_linfas_gaussian_naive_bayes() {
        let mut random = Random::new(9);
        let mut rows: Vec<Signals> = Vec::new();
        let mut truth: Vec<u16> = Vec::new();
        for turn in 0..400 {
            let class = (turn % 2) as u16;
            // A sum of four draws is near enough to a Gaussian; the classes differ a little in
            // place and width.
            let draw = |random: &mut Random| (0..4).map(|_| unit(random) as f32).sum::<f32>();
            rows.push(std::array::from_fn(|at| {
                draw(&mut random) * (1.0 + 0.02 * at as f32 * f32::from(class))
                    + 0.1 * f32::from(class)
            }));
            truth.push(class);
        }
        let signals: Vec<&Signals> = rows.iter().collect();
        let model = gaussians(&signals, &truth, 1, 1.0).expect("fits");
        let records = Array2::from_shape_vec(
            (400, COUNT),
            rows.iter()
                .flatten()
                .map(|&value| f64::from(value))
                .collect(),
        )
        .expect("rows");
        let targets = Array1::from_iter(truth.iter().map(|&class| usize::from(class)));
        let linfas = GaussianNb::<f64, usize>::params()
            .fit(&DatasetBase::new(records.clone(), targets))
            .expect("fits");
        let theirs = linfas.predict(&records);
        let (mut compared, mut right) = (0, 0);
        for (at, row) in rows.iter().enumerate() {
            let parts: Vec<i64> = (0..COUNT)
                .map(|index| model.contribution(0, index, row))
                .collect();
            // Where none is at its bound, the sum is linfa's difference of log-likelihoods: the
            // priors are even.
            if parts
                .iter()
                .any(|part| part.unsigned_abs() > (29 << 32) / 10)
            {
                continue;
            }
            compared += 1;
            assert_eq!(parts.iter().sum::<i64>(), model.sum(0, row));
            assert_eq!(usize::from(model.sum(0, row) > 0), theirs[at], "text {at}");
            right += usize::from(theirs[at] == usize::from(truth[at]));
        }
        assert!(
            compared > 250 && right > compared / 2 && right < compared,
            "{right} of {compared}"
        );
    }

    /// Texts of three labels, whose truth is drawn from what `truly` says of their margins.
    fn simulated(truly: &Calibration, share: impl Fn(&mut Random) -> f32) -> Vec<HeldOut> {
        let mut random = Random::new(3);
        let mut shares = Vec::new();
        let mut text = |_| {
            let margins: Vec<f64> = (0..3).map(|_| unit(&mut random) * 8.0 - 6.0).collect();
            let familiarity = Familiarity {
                share: share(&mut random),
                nothing: false,
            };
            truly.probabilities(&margins, familiarity, &mut shares);
            let draw = unit(&mut random) as f32;
            let truth = usize::from(draw > shares[0]) + usize::from(draw > shares[0] + shares[1]);
            HeldOut {
                margins,
                familiarity,
                truth,
                others: Vec::new(),
            }
        };
        (0..8000).map(&mut text).collect()
    }

    fn three() -> Lanes {
        Lanes {
            of: vec![0, 1, 2],
            labels: 3,
            none: None,
            few: 0,
            plain: false,
        }
    }

    /// The mean distance between what is found and what is true.
    fn distance(found: &Calibration, truly: &Calibration, texts: &[HeldOut]) -> f32 {
        let (mut ours, mut theirs, mut sum) = (Vec::new(), Vec::new(), 0.0);
        for text in texts {
            found.probabilities(&text.margins, text.familiarity, &mut ours);
            truly.probabilities(&text.margins, text.familiarity, &mut theirs);
            sum += (ours[0] - theirs[0]).abs();
        }
        sum / texts.len() as f32
    }

    #[test]
    fn a_temperature_is_undone() {
        let plain = Calibration {
            a: vec![-1.0; 3],
            b: vec![0.0; 3],
            sharpness: 1.0,
            ..Calibration::default()
        };
        for sharpness in [0.5, 1.6] {
            let truly = Calibration {
                sharpness,
                ..plain.clone()
            };
            let texts = simulated(&truly, |_| 1.0);
            let found = calibration(&texts, &three());
            let (ours, before) = (
                distance(&found, &truly, &texts),
                distance(&plain, &truly, &texts),
            );
            assert!(
                ours < 0.02 && ours < before / 3.0,
                "{sharpness}: {ours}, {before} before"
            );
        }
    }

    #[test]
    fn what_is_lost_on_unknown_words_is_found() {
        let truly = Calibration {
            a: vec![-1.0; 3],
            b: vec![0.0; 3],
            sharpness: 1.0,
            novelty: 0.7,
            ..Calibration::default()
        };
        let texts = simulated(&truly, |random| unit(random) as f32);
        let found = calibration(&texts, &three());
        assert!((found.novelty - 0.7).abs() < 0.15, "{}", found.novelty);
        assert!(distance(&found, &truly, &texts) < 0.02);
        // Where nothing is lost, little is found: each lane has its own sigmoid, and novelty makes
        // up for part of that.
        let truly = Calibration {
            novelty: 0.0,
            ..truly
        };
        let texts = simulated(&truly, |random| unit(random) as f32);
        assert!(calibration(&texts, &three()).novelty < 0.3);
    }
}
