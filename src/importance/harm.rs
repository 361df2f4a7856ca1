//! The kinds of harm.

use serde::{Deserialize, Serialize};

/// A kind of harm, as the third column of the lists of harm names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HarmKind {
    /// Fire, accidents, assault, things that hurt.
    Safety,
    /// Illness, allergy, medicine, spoiled food.
    Health,
    /// Money lost or withheld.
    Money,
    /// Personal data in the wrong hands.
    Data,
    /// Lawyers, courts, regulators.
    Legal,
    /// Journalists and publicity.
    Press,
    /// Somebody may harm themselves.
    SelfHarm,
}

impl HarmKind {
    /// Every kind, in the order of the settings' tables.
    pub const ALL: [HarmKind; 7] = [
        HarmKind::Safety,
        HarmKind::Health,
        HarmKind::Money,
        HarmKind::Data,
        HarmKind::Legal,
        HarmKind::Press,
        HarmKind::SelfHarm,
    ];

    /// The kind's name in lists, settings and answers.
    pub fn name(self) -> &'static str {
        match self {
            HarmKind::Safety => "safety",
            HarmKind::Health => "health",
            HarmKind::Money => "money",
            HarmKind::Data => "data",
            HarmKind::Legal => "legal",
            HarmKind::Press => "press",
            HarmKind::SelfHarm => "self_harm",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<HarmKind> {
        HarmKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
