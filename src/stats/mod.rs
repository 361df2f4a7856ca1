//! Ground: estimates that several modules share, counts that merge, and the seeded generator.

pub(crate) mod beta_binomial;
pub(crate) mod distinct;
pub(crate) mod hash;
pub(crate) mod likelihood;
pub(crate) mod logistic;
pub(crate) mod power;
pub(crate) mod random;
pub(crate) mod scale;
pub(crate) mod sketch;
pub(crate) mod wilson;
