//! Trends: what many posts say over time.

pub mod alert;
mod baseline;
pub mod budget;
pub mod burst;
mod distinct;
pub mod episode;
pub mod key;
pub mod pane;
pub mod share;
mod sketch;
pub mod surprise;
pub mod term;
pub mod trends;
pub mod watch;
