//! Ground: estimates that several modules share, and counts that merge.

pub mod distinct;
pub mod hash;
pub(crate) mod scale;
pub(crate) mod sketch;
