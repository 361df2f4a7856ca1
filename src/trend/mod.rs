//! Trends: what many posts say over time.

pub mod share;
pub mod surprise;
