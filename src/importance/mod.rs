//! Importance: a ledger of named parts that sum to the score.
//!
//! Every weight stands in `data/importance.toml`, see [`Settings`]. The ledger counts in whole
//! numbers, so that its laws hold to the point: the parts sum to the score, and more harm, more
//! reach, a higher tier, longer waiting never lower it.
//!
#![doc = include_str!("../../docs/design/importance.md")]

mod harm;
pub(crate) mod ledger;
mod reason;
pub(crate) mod settings;

pub use harm::HarmKind;
pub(crate) use reason::reason;
pub use settings::Settings;

pub use crate::triage::{Importance, Level, Part};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_ledger_has_the_bundled_levels() {
        assert_eq!(
            Importance::default().levels,
            Settings::bundled().expect("a sound file").levels()
        );
    }
}
