//! Triage of social-media posts: spam or not, how important, which topic, which sentiment.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod engine;
mod error;
pub mod explain;
pub mod feature;
pub mod importance;
pub mod model;
mod parallel;
pub mod post;
pub mod taxonomy;
pub mod text;
#[cfg(feature = "train")]
pub mod train;
pub mod triage;

pub use engine::{Engine, EngineBuilder, Scratch};
pub use error::{Error, Result};
pub use post::Post;
pub use triage::{Answer, Triage};
