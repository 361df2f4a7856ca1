//! The share of an issue: "what share of the contacts in this period is about X?", and how sure that is.
//!
//! Counting what a classifier decides gives the wrong share whenever the true share is not what it was trained on: of few
//! posts about X most decisions for X are false, of many most are missed. Its errors are known from validation, so they can
//! be taken out again (adjusted counting: Rogan and Gladen, American Journal of Epidemiology 1978; Forman, Data Mining and
//! Knowledge Discovery 2008): with sensitivity *se* and rate of false positives *f*, `share = (decided − f) / (se − f)`.
//!
//! The interval inverts a score test (Wilson 1927; Fieller 1954): it holds every share under which the decided count is no
//! further than 1.96 standard deviations from what is expected. The variance has three parts: what the classifier gets
//! wrong by chance in this period, that *se* and *f* are known only from so many validated posts, and which posts were
//! sampled; all three are quadratic in the share, so the ends are the roots of one quadratic equation. *se* and *f* are
//! pulled towards ½ by one success and one failure (Agresti and Coull 1998; Lang and Reiczigel, Preventive Veterinary
//! Medicine 2014, do the same). `tests/share.rs` simulates its coverage.
//!
//! **What is assumed**: posts of a label look as they did in validation, only their number differs (label shift). Then *se* and *f* stay.
//! Where each post has one of several labels, *f* depends on which other labels there are, and is mixed anew for
//! each period. [`Doubt`] says where the assumption looks broken.
//!
//! ```
//! use hearken::trend::share::Confusion;
//!
//! let mut confusion = Confusion::several("topic", &["delivery"]);
//! for post in 0..1000 {
//!     let is = post % 5 == 0; // 200 posts about delivery, of which 160 are found, and 40 false ones of 800
//!     let given = if is { post % 25 != 0 } else { post % 20 == 1 };
//!     confusion.add_of(0, is, given, if given { 0.8 } else { 0.1 });
//! }
//! let mut period = confusion.tally();
//! for post in 0..500 {
//!     period.add((post < 50).then_some((0, 0.8))); // one post of ten is decided to be about it …
//! }
//! let share = confusion.share(0, &period, None);
//! assert_eq!(share.raw, 0.1);
//! let corrected = share.share.expect("the classifier knows something");
//! assert!((0.06..0.08).contains(&corrected)); // … but fewer are
//! assert!(share.low < corrected && corrected < share.high);
//! ```

mod confusion;
mod interval;
mod mix;

use serde::Serialize;

pub use confusion::{Confusion, Tally};
use interval::{Between, Rates, Sample};

/// A share with its interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Posts in the period.
    pub posts: u64,
    /// Posts that were given the label.
    pub given: u64,
    /// `given / posts`, 0 to 1: what plain counting says; 0 without posts.
    pub raw: f64,
    /// The share corrected for the classifier's errors, 0 to 1; none where nothing can be said.
    pub share: Option<f64>,
    /// The lower end of the interval of 95 %, 0 to 1.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Why this share may be wrong, beyond what the interval says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

/// The share of a later period less that of an earlier one, with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The difference, −1 to 1; none where nothing can be said.
    pub change: Option<f64>,
    /// The lower end of the interval of 95 %; above 0 the share has risen.
    pub low: f64,
    /// Its upper end; below 0 the share has fallen.
    pub high: f64,
}

/// Why a share may be wrong, beyond what its interval says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// In validation the classifier did not tell the label from the rest, as far as so many posts can show: the interval
    /// is all that is possible.
    KnowsNothing,
    /// More or fewer posts were given the label than would be if all or none had it: the errors are not those of validation.
    Impossible,
    /// Those given the label are more or less sure than those of validation at any share in the interval, by more than
    /// three standard deviations: the texts are of another kind.
    Unfamiliar,
}

/// Standard deviations beyond which confidence is said to differ from validation's.
const UNFAMILIAR: f64 = 3.0;
/// Posts that must be given the label, rightly in validation and in the period, for their confidence to be compared.
const COMPARED: u64 = 10;

impl Confusion {
    /// The share of the label of this index in `period`.
    ///
    /// `sampled_from` is of how many posts those of the period are a random sample. `None`: they are all there were, so that only the
    /// classifier errs, and the share is that of these very posts. `Some(u64::MAX)`: of a source that never ends, so that the
    /// share is the rate at which it speaks of the label.
    ///
    /// A label that is not there, and a period without posts, gives the interval from 0 to 1.
    pub fn share(&self, label: usize, period: &Tally, sampled_from: Option<u64>) -> Share {
        let rates = self.rates(label, period);
        let sample = Sample::new(period.posts(), period.given(label), sampled_from);
        let mut doubts = Vec::new();
        let (share, Between { low, high }) = match interval::share(&rates, &sample) {
            Some((share, between)) => (Some(share), between),
            None => (None, Between { low: 0.0, high: 1.0 }),
        };
        if !rates.tell() {
            doubts.push(Doubt::KnowsNothing);
        } else {
            if interval::is_impossible(&rates, &sample) {
                doubts.push(Doubt::Impossible);
            }
            if self.unfamiliarity(label, period, &rates, (low, high)).is_some_and(|far| far > UNFAMILIAR) {
                doubts.push(Doubt::Unfamiliar);
            }
        }
        Share { posts: period.posts(), given: period.given(label), raw: sample.raw(), share, low, high, doubts }
    }

    /// How the share of the label of this index has changed between two periods, each with what it was `sampled_from`
    /// (see [`Confusion::share`]). To ask whether the rate behind the posts has changed, give `Some(u64::MAX)` for both.
    ///
    /// False positives that both periods have in equal measure fall out, so this is surer than two shares are.
    pub fn change(
        &self,
        label: usize,
        (before, before_from): (&Tally, Option<u64>),
        (after, after_from): (&Tally, Option<u64>),
    ) -> Change {
        let mut both = before.clone();
        both.merge(after);
        let rates = self.rates(label, &both);
        let sample = |of: &Tally, from| Sample::new(of.posts(), of.given(label), from);
        match interval::change(&rates, &sample(before, before_from), &sample(after, after_from)) {
            Some((change, Between { low, high })) => Change { change: Some(change), low, high },
            None => Change { change: None, low: -1.0, high: 1.0 },
        }
    }

    /// By how many standard deviations the mean confidence of those given the label lies outside what it would be at the
    /// shares in `between`; none where too few were given it.
    fn unfamiliarity(&self, label: usize, period: &Tally, rates: &Rates, between: (f64, f64)) -> Option<f64> {
        let (right, wrong) = self.confidence(label);
        let found = period.confidence(label);
        if right.count() < COMPARED || found.count() < COMPARED {
            return None;
        }
        // The mean and the variance of those given the label, at a share: a mixture of right ones and false ones.
        let expected = |share: f64| {
            let (of_right, of_wrong) = (share * rates.sensitivity, (1.0 - share) * rates.false_positives);
            let part = if wrong.count() == 0 { 1.0 } else { of_right / (of_right + of_wrong) };
            let mean = part * right.mean() + (1.0 - part) * wrong.mean();
            let square = |of: &confusion::Cell| of.variance() + (of.mean() - mean).powi(2);
            let variance = part * square(&right) + (1.0 - part) * square(&wrong);
            let known = |of: &confusion::Cell, part: f64| part * part * of.variance() / of.count().max(1) as f64;
            (mean, variance / found.count() as f64 + known(&right, part) + known(&wrong, 1.0 - part))
        };
        let far = |share: f64| {
            let (mean, variance) = expected(share);
            (found.mean() - mean, variance.sqrt().max(1e-6))
        };
        let (low, high) = (far(between.0), far(between.1));
        // Of opposite signs: the mean lies between those of the two ends.
        match low.0 * high.0 <= 0.0 {
            true => Some(0.0),
            false => Some((low.0.abs() / low.1).min(high.0.abs() / high.1)),
        }
    }
}
