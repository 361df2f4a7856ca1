//! Tuning: the settings of the largest macro F1 on held-out folds of the training texts.

use super::problem::Problem;
use super::settings::Settings;
use crate::Result;
use crate::stats::random::Random;

/// Values of features that one fold's planes may meet in a pass while settings are tried: rows
/// times their features times lanes. More texts are sampled. Stated in values and not in
/// seconds, so that the search ends the same on every machine; on two cores sixteen trials take
/// about half a minute.
const WORK: usize = 25_000_000;
/// Texts that are looked at in any case; by hand.
const MIN_ROWS: usize = 3_000;
/// Texts below which a trial is made on two divisions into folds, for the noise of one is larger
/// than the differences that are looked for; by hand.
const FEW_ROWS: usize = 6_000;
/// Folds of a trial: few, for each is a fit; by hand. The final calibration has more.
const FOLDS: usize = 3;
/// About the number of trials, for the progress.
const TRIALS: f32 = 18.0;

/// Tries settings one after the other, each step from the best so far, and gives the best.
pub(super) fn tune(
    problem: &Problem<'_>,
    start: Settings,
    progress: &mut dyn FnMut(&str, f32),
) -> Result<Settings> {
    let rows = sample(problem);
    // What is better by less than this is not better: sixteen trials on one set of folds find some
    // gain by chance. It shrinks as the noise of a share does; the factor is by hand.
    let worth = 0.02 / (rows.len() as f64).sqrt();
    let rounds = if rows.len() < FEW_ROWS { 2 } else { 1 };
    let score = |settings: Settings| -> Result<f64> {
        let mut sum = 0.0;
        for round in 0..rounds {
            sum += problem.compared(&problem.held_out(&rows, settings, FOLDS, round)?);
        }
        Ok(sum / rounds as f64)
    };
    let mut search = Search {
        best: start,
        most: score(start)?,
        worth,
        tried: 1.0,
        score,
        progress,
    };
    // One setting after the other, the ones that matter most first. The cost is climbed in both
    // directions; where one of them helped the other can't.
    for factor in [3.0, 1.0 / 3.0] {
        let from = search.best.cost;
        while (0.01..10.0).contains(&search.best.cost)
            && search.attempt(|best| best.cost *= factor)?
        {}
        if search.best.cost != from {
            break;
        }
    }
    if search.best.opinions > 0.0 {
        let from = search.best.opinions;
        for factor in [0.0, 0.4, 2.0] {
            search.attempt(|best| best.opinions = from * factor)?;
        }
    }
    for stretch in [0.0, 1.0] {
        search.attempt(|best| best.stretch = stretch)?;
    }
    for terms in [0.15, 0.9] {
        search.attempt(|best| best.terms = terms)?;
    }
    for characters in [0.5, 1.3] {
        search.attempt(|best| best.characters = characters)?;
    }
    for pairs in [0.4, 1.0] {
        search.attempt(|best| best.pairs = pairs)?;
    }
    search.attempt(|best| best.negated = 0.7)?;
    search.attempt(|best| best.naive_bayes = 0.3)?;
    search.attempt(|best| best.balance = 0.5)?;
    search.attempt(|best| best.signals = 0.1)?;
    search.attempt(|best| best.features = best.features.min(50_000))?;
    Ok(search.best)
}

/// The texts on which settings are tried: all, or of many a sample.
fn sample(problem: &Problem<'_>) -> Vec<u32> {
    let mut rows = problem.held_rows();
    let most = (WORK / (problem.features_per_row() * problem.lanes()).max(1)).max(MIN_ROWS);
    if rows.len() > most {
        Random::new(problem.seed).shuffle(&mut rows);
        rows.truncate(most);
        // Back in their order: folds shuffle by themselves, with their own seed.
        rows.sort_unstable();
    }
    rows
}

/// A climb over the settings.
struct Search<'p, S> {
    best: Settings,
    most: f64,
    worth: f64,
    tried: f32,
    score: S,
    progress: &'p mut dyn FnMut(&str, f32),
}

impl<S: Fn(Settings) -> Result<f64>> Search<'_, S> {
    /// Tries what `change` makes of the best settings, and keeps it if it is better; returns
    /// whether it is.
    fn attempt(&mut self, change: impl FnOnce(&mut Settings)) -> Result<bool> {
        let mut candidate = self.best;
        change(&mut candidate);
        if candidate == self.best {
            return Ok(false);
        }
        let found = (self.score)(candidate)?;
        self.tried += 1.0;
        (self.progress)("choosing settings", (self.tried / TRIALS).min(1.0));
        let better = found > self.most + self.worth;
        if better {
            (self.best, self.most) = (candidate, found);
        }
        Ok(better)
    }
}
