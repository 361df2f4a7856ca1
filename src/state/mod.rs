//! What is remembered from post to post: bounded, kept in snapshots, merged.
//!
#![doc = include_str!("../../docs/design/state.md")]

pub mod campaign;
pub mod context;
pub mod desk;
pub mod forget;
pub mod novelty;
pub mod queue;
pub mod service_level;
pub mod stream;
pub mod trend;
