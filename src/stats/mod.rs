//! Ground: estimates that several modules share, counts that merge, and the seeded generator.

pub mod distinct;
pub mod hash;
pub(crate) mod likelihood;
pub(crate) mod random;
pub(crate) mod scale;
pub(crate) mod sketch;
pub(crate) mod wilson;
