//! Trends: what many posts say over time.

mod baseline;
pub mod budget;
pub mod burst;
pub mod episode;
pub mod share;
pub mod surprise;
