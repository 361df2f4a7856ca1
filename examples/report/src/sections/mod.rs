//! The sections of the report, a file each: its data, how it comes about, and how it is shown.

pub mod about;
pub mod campaigns;
pub mod compared;
pub mod first;
pub mod groups;
pub mod promises;
pub mod rises;
pub mod tiles;
pub mod topics;
pub mod uncovered;
pub mod volume;
