//! Calibration on held-out margins, and Gaussian naive Bayes on the dense signals: linfa at work.

use linfa::ParamGuard;
use linfa::composing::platt_scaling::{Platt, platt_newton_method};
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use linfa_bayes::GaussianNb;
use ndarray::{Array1, Array2};

use crate::feature::signal::{COUNT, Signals};
use crate::model::{Calibration, SignalModel};
use crate::{Error, Result};

/// Platt's slope and offset for margins that were not trained on.
///
/// Where Newton's method finds none (all of one class, or margins without spread), a slope of −1 and no offset.
pub(crate) fn platt(margins: &[f64], member: &[bool]) -> (f64, f64) {
    let margins = Array1::from(margins.to_vec());
    let member = Array1::from(member.to_vec());
    let fitted = Platt::<f64, ()>::params()
        .check()
        .ok()
        .and_then(|params| platt_newton_method(margins.view(), member.view(), &params).ok());
    match fitted {
        Some((a, b)) if a.is_finite() && b.is_finite() && a < 0.0 => (a, b),
        _ => (-1.0, 0.0),
    }
}

/// The Gaussians of each lane's label and of the others (linfa-bayes).
///
/// # Errors
/// If linfa refuses the data, or its parameters are not where they were.
pub(crate) fn gaussians(signals: &[&Signals], truth: &[u16], lanes: usize, weight: f64) -> Result<SignalModel> {
    let values: Vec<f64> = signals.iter().flat_map(|row| row.iter().map(|&value| f64::from(value))).collect();
    let records =
        Array2::from_shape_vec((signals.len(), COUNT), values).map_err(|error| Error::training(error.to_string()))?;
    let mut gaussians = Vec::with_capacity(lanes);
    for lane in 0..lanes {
        // One lane stands for the second of two labels.
        let label = if lanes == 1 { 1 } else { lane };
        let targets: Array1<usize> = truth.iter().map(|&class| usize::from(usize::from(class) == label)).collect();
        let fitted = GaussianNb::<f64, usize>::params()
            .fit(&DatasetBase::new(records.clone(), targets))
            .map_err(|error| Error::training(format!("the dense signals can't be fitted: {error}")))?;
        let fitted = serde_json::to_value(&fitted).map_err(|error| Error::training(error.to_string()))?;
        let number = |class: &str, field: &str, index: usize| {
            fitted["class_info"][class][field]["data"][index]
                .as_f64()
                .ok_or_else(|| Error::training("linfa-bayes keeps its Gaussians elsewhere; use linfa-bayes 0.8.1"))
        };
        let row = (0..COUNT)
            .map(|index| {
                Ok([
                    number("1", "theta", index)?,
                    number("1", "sigma", index)?.max(1e-3),
                    number("0", "theta", index)?,
                    number("0", "sigma", index)?.max(1e-3),
                ])
            })
            .collect::<Result<Vec<_>>>()?;
        gaussians.push(row);
    }
    Ok(SignalModel { weight, gaussians })
}

/// The sharpness under which the held-out labels are most probable, by golden-section search.
pub(crate) fn sharpness(calibration: &Calibration, margins: &[Vec<f64>], truth: &[usize]) -> f64 {
    let mut probabilities = Vec::new();
    let mut loss = |logarithm: f64| {
        let candidate = Calibration { sharpness: logarithm.exp(), ..calibration.clone() };
        let losses = margins.iter().zip(truth).map(|(margins, &truth)| {
            candidate.probabilities(margins, &mut probabilities);
            -f64::from(probabilities.get(truth).copied().unwrap_or(0.0).max(1e-9)).ln()
        });
        losses.sum::<f64>()
    };
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (-1.5f64, 1.5f64);
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (loss(left), loss(right));
    for _ in 0..16 {
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
    ((low + high) / 2.0).exp()
}
