//! The seeded generator of all benches, and of the tests that share their streams.
#![allow(dead_code, reason = "each stream takes what it needs")]

use hearken::internals::Random;

/// The generator of the library: the same seed gives the same draws everywhere.
pub(crate) struct Draws(Random);

impl Draws {
    pub(crate) fn new(seed: u64) -> Draws {
        Draws(Random::new(seed))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.unit()
    }

    /// Above 0 and below 1: its logarithm is finite.
    pub(crate) fn open_unit(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
}
