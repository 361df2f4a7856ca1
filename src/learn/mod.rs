//! Learning from corrections: labels that people give to single posts change a head, and can
//! be taken back.
//!
//! A [`Log`] keeps every label and every retraction, a line each. Replaying it gives
//! [`Corrections`]: which labels stand. A [`Learner`] makes of them an overlay, a small model that
//! adds to the margins of a base which stays as it is and stays shared
//! ([`crate::Engine::with_overlay`]). A [`Gate`] judges the engine with the overlay on held-out
//! labels, and [`Live`] puts it in the place of the running one if the gate accepts it.
//!
//! ```
//! # #[cfg(feature = "bundled-models")]
//! # fn main() -> hearken::Result<()> {
//! use hearken::Engine;
//! use hearken::learn::{Correction, Corrections, Learner};
//!
//! let engine = Engine::new()?;
//! let mut corrections = Corrections::default();
//! let correction = Correction {
//!     post: "77".into(),
//!     task: "sentiment".into(),
//!     text: "The lift is out of order".into(),
//!     label: "negative".into(),
//!     by: "eva".into(),
//!     at: 1_772_352_900_000,
//! };
//! corrections.learn(correction.clone());
//! let mut learner = Learner::new(&engine, "sentiment")?;
//! learner.follow(&corrections)?;
//! let corrected = engine.with_overlay(&learner.overlay()?)?;
//!
//! let negative = |engine: &Engine| engine.probabilities("sentiment", &correction.text, &mut engine.scratch())[0];
//! assert!(negative(&corrected) > negative(&engine));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "bundled-models"))]
//! # fn main() {}
//! ```
//!
#![doc = include_str!("../../docs/design/learn.md")]

mod corrections;
mod day;
mod gate;
mod live;
mod log;
mod overlay;
mod residual;

pub use corrections::{Correction, Corrections, Retraction, Target};
pub use day::Day;
pub use gate::{Compared, Gate, Judgement};
pub use live::{Live, Running};
pub use log::{Line, Log, Replay, Torn};
pub use overlay::{DEFAULT_STRENGTH, Followed, Learner};
