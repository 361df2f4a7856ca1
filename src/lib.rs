//! Triage of social-media posts: spam or not, how important, which topic, which sentiment.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod error;
pub mod feature;
pub mod post;
pub mod taxonomy;
pub mod text;
#[cfg(feature = "train")]
pub mod train;

pub use error::{Error, Result};
pub use post::Post;
