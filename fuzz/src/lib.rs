//! What hearken reads from outside and what it remembers, each as a function of arbitrary bytes
//! that panics where a promise is broken: see [`TARGETS`].
//!
//! `cargo run --release -- TARGET` drives them on stable (`main.rs`); they can be called from a
//! libFuzzer harness as they are.

pub mod frame;
pub mod mutate;
pub mod script;
pub mod seeds;
mod targets;

pub use targets::{SEPARATOR, TARGETS};

use frame::Frame;

/// What a target made of an input. The driver keeps inputs that come to an outcome that no other
/// came to before: it stands in for the coverage that a compiler would measure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was read; the word says as what.
    Accepted(&'static str),
    /// It was refused with this message.
    Refused(String),
}

/// Something that is fuzzed.
pub struct Target {
    /// Its name on the command line, and of its folder in `corpus`.
    pub name: &'static str,
    /// What is fuzzed; panics where a promise is broken.
    pub run: fn(&[u8]) -> Outcome,
    /// How its inputs are framed, so that a mutation gets past lengths and checksums.
    pub frame: Frame,
    /// Inputs that the present code writes, beside those of `corpus`.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words of its inputs' language.
    pub tokens: &'static [&'static str],
}

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
