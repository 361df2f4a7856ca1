//! What the command line and the workshop share: inputs and outputs, rejected lines, labelled
//! texts, options, progress, and how a program ends.

pub use hearken_report::by;
pub mod failure;
pub mod files;
pub mod flat;
pub mod input;
pub mod journal;
pub mod keep;
pub mod labelled;
pub mod mask;
pub mod options;
pub mod output;
mod part;
pub mod program;
pub mod progress;
pub mod rejects;
pub mod rows;
pub mod run;
pub mod signals;
pub mod summary;
pub mod tally;
pub mod times;
