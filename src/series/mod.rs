//! Series of numbers: what is expected of them, and what is beyond it. They know no posts.
//!
#![doc = include_str!("../../docs/design/series.md")]

pub(crate) mod baseline;
pub(crate) mod budget;
pub(crate) mod burst;
pub(crate) mod episode;
mod horizon;
pub mod surprise;

pub use horizon::Horizon;
