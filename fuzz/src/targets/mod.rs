//! The targets, each with the words of its inputs.

mod fold;
mod inputs;
mod mask;
mod model;
mod post;
mod rules;
mod series;
mod snapshots;
mod state;
mod text;
mod triage;

use hearken::Error;

use crate::{Outcome, Target};

/// All targets.
pub const TARGETS: [Target; 16] = [
    post::POST,
    inputs::INPUT,
    fold::FOLD,
    text::TEXT,
    mask::MASK,
    triage::TRIAGE,
    model::MODEL,
    model::OVERLAY,
    rules::RULES,
    rules::LEVELS,
    inputs::LOG,
    series::SERIES,
    snapshots::SNAPSHOTS,
    snapshots::BUNDLE,
    state::DESK,
    state::MERGE,
];

/// What separates a file from the list that it names, a map of fields from the line it reads, and
/// the messages of one outcome.
pub const SEPARATOR: char = '\u{1e}';

fn refused(error: &Error) -> Outcome {
    let message = error.to_string();
    assert!(!message.trim().is_empty(), "a refusal without a word");
    Outcome::Refused(message)
}
