//! The share of an issue: "what share of the contacts in this period is about X?", and how
//! sure that is.
//!
//! Counting what a classifier decides gives the wrong share whenever the true share is not what
//! it was trained on: of few posts about X most decisions for X are false, of many most are
//! missed. Its errors are known from validation, so they can be taken out again (adjusted
//! counting: Rogan and Gladen, American Journal of Epidemiology 1978; Forman, Data Mining and
//! Knowledge Discovery 2008): with sensitivity *se* and rate of false positives *f*, `share =
//! (decided − f) / (se − f)`.
//!
//! With more than two labels the table of rates is inverted: each decision gets a score for the
//! label, so that posts of the label score 1 in the mean and all others 0. With two labels that is
//! the formula above.
//!
//! The interval inverts a score test (Wilson 1927; Fieller 1954): it holds every share under which
//! the mean score is at most 1.96 standard deviations from what is expected. The variance has three
//! parts: what the classifier gets wrong by chance in this period, that its rates are known only
//! from a number of validated posts, and which posts were sampled. All three are quadratic in the
//! share, so the ends are the roots of one quadratic equation. The rates are pulled together by two
//! decisions more (Agresti and Coull 1998; Lang and Reiczigel, Preventive Veterinary Medicine 2014,
//! do the same). `tests/share.rs` simulates what it holds.
//!
//! **What is assumed**: posts of a label look as they did in validation, only their number differs
//! (label shift). [`Doubt`] says where that looks broken. Where each post has one of several
//! labels, the others may shift as well; where a post can have several, each label is taken against
//! the rest, and the rest is taken to be mixed as in validation.
//!
//! ```
//! use hearken::prevalence::{Confusion, Correction};
//!
//! let mut confusion = Confusion::several("topic", &["delivery"]);
//! for post in 0..1000 {
//!     let is = post % 5 == 0; // 200 posts about delivery, 160 are found; 50 false ones of 800
//!     let given = if is { post % 25 != 0 } else { post % 20 == 1 };
//!     confusion.add_of(0, is, given, if given { 0.8 } else { 0.1 });
//! }
//! let mut period = confusion.tally();
//! for post in 0..500 {
//!     period.add((post < 50).then_some((0, 0.8))); // one post of ten is decided to be about it …
//! }
//! let share = Correction::new(&confusion).share(0, &period, None);
//! assert_eq!(share.raw, 0.1);
//! let corrected = share.share.expect("the classifier knows something");
//! assert!((0.04..0.06).contains(&corrected)); // … but half as many are
//! assert!(share.low < corrected && corrected < share.high);
//! ```
//!
#![doc = include_str!("../../docs/design/prevalence.md")]

mod confusion;
mod correction;
mod decide;
mod interval;

pub use confusion::{Confusion, Tally};
pub use correction::Correction;
use serde::Serialize;

/// A share with its interval, as [`Correction::share`] estimates it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Share {
    /// Posts in the period.
    pub posts: u64,
    /// Posts that were given the label.
    pub given: u64,
    /// `given / posts`, 0 to 1: what plain counting says; 0 without posts.
    pub raw: f64,
    /// The share corrected for the classifier's errors, 0 to 1; none without posts, or where the
    /// classifier can't distinguish the label.
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
#[non_exhaustive]
pub struct Change {
    /// The difference, −1 to 1; none without posts in both periods, or where the classifier can't
    /// distinguish the label.
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
    /// In validation the classifier did not distinguish the label from the rest, as far as its
    /// posts can show: the interval is from 0 to 1.
    KnowsNothing,
    /// More or fewer posts were given the label than would be if all or none had it: the errors are
    /// not those of validation.
    Impossible,
    /// Those given the label are more or less sure than those of validation at any share in the
    /// interval, by more than three standard deviations: the texts are of another kind.
    Unfamiliar,
}
