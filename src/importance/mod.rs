//! Importance: a ledger of named parts that sum to the score.

pub mod ledger;

use serde::Serialize;

/// How soon a person should look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Below 25.
    #[default]
    Low,
    /// From 25.
    Medium,
    /// From 50.
    High,
    /// From 75.
    Critical,
}

impl Level {
    /// The level of a score.
    pub fn of(score: u8) -> Level {
        match score {
            0..25 => Level::Low,
            25..50 => Level::Medium,
            50..75 => Level::High,
            _ => Level::Critical,
        }
    }

    /// Every level, the lowest first.
    pub const ALL: [Level; 4] = [Level::Low, Level::Medium, Level::High, Level::Critical];
}

/// A part of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Asks for an answer.
    NeedsAnswer,
    /// Harm if it is answered late.
    Harm,
    /// Can't wait.
    Urgency,
    /// How bad the feeling is.
    Sentiment,
    /// How many may see it.
    Reach,
    /// Who the customer is.
    Customer,
    /// Taken off for spam.
    Spam,
    /// What the ends of the scale cut off.
    Clamp,
}

impl Part {
    /// Every part, in the order of the ledger.
    pub const ALL: [Part; 8] = [
        Part::NeedsAnswer,
        Part::Harm,
        Part::Urgency,
        Part::Sentiment,
        Part::Reach,
        Part::Customer,
        Part::Spam,
        Part::Clamp,
    ];

    /// The part's name in the output.
    pub fn name(self) -> &'static str {
        match self {
            Part::NeedsAnswer => "needs_answer",
            Part::Harm => "harm",
            Part::Urgency => "urgency",
            Part::Sentiment => "sentiment",
            Part::Reach => "reach",
            Part::Customer => "customer",
            Part::Spam => "spam",
            Part::Clamp => "clamp",
        }
    }
}

/// A score with the parts that sum to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Importance {
    /// 0 to 100.
    pub score: u8,
    /// The level of `score`.
    pub level: Level,
    /// Points of each part, in the order of [`Part::ALL`].
    pub parts: [i16; Part::ALL.len()],
}
