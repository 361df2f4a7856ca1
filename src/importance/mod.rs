//! Importance: a ledger of named parts that sum to the score.

pub mod ledger;
pub mod novelty;

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
    /// Something rare and severe within a routine topic.
    Novelty,
    /// How many may see it.
    Reach,
    /// Who the customer is.
    Customer,
    /// How long an answer is due, against what the channel promises.
    Waiting,
    /// Wrote before about this and got no answer, or tried another channel.
    Repeat,
    /// Taken off for spam.
    Spam,
    /// What the ends of the scale cut off.
    Clamp,
}

impl Part {
    /// Every part, in the order of the ledger.
    pub const ALL: [Part; 11] = [
        Part::NeedsAnswer,
        Part::Harm,
        Part::Urgency,
        Part::Sentiment,
        Part::Novelty,
        Part::Reach,
        Part::Customer,
        Part::Waiting,
        Part::Repeat,
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
            Part::Novelty => "novelty",
            Part::Reach => "reach",
            Part::Customer => "customer",
            Part::Waiting => "waiting",
            Part::Repeat => "repeat",
            Part::Spam => "spam",
            Part::Clamp => "clamp",
        }
    }
}

/// A score with the parts that sum to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Importance {
    /// 0 to 100.
    pub score: u8,
    /// The level of `score`.
    pub level: Level,
    /// Points of each part, in the order of [`Part::ALL`].
    pub parts: [i16; Part::ALL.len()],
    /// The share of the points that is taken off for spam, 0 to 1.
    pub discount: f32,
}

impl Importance {
    /// The same post with `points` for `part`, which a stateful room knows; the discount for spam, the clamp, the score and
    /// the level follow.
    pub fn with(mut self, part: Part, points: i16) -> Importance {
        self.parts[part as usize] = points;
        self.closed()
    }

    /// The same post with `discount` (0 to 1) for spam.
    pub fn discounted(mut self, discount: f32) -> Importance {
        self.discount = discount.clamp(0.0, 1.0);
        self.closed()
    }

    /// Draws the line below the ledger: discount, clamp, score and level from the other parts.
    fn closed(mut self) -> Importance {
        self.parts[Part::Spam as usize] = 0;
        self.parts[Part::Clamp as usize] = 0;
        let sum: i16 = self.parts.iter().fold(0, |sum, points| sum.saturating_add(*points));
        self.parts[Part::Spam as usize] = -((f32::from(sum.max(0)) * self.discount).round() as i16);
        let rest = sum.saturating_add(self.parts[Part::Spam as usize]);
        self.score = rest.clamp(0, 100) as u8;
        self.parts[Part::Clamp as usize] = i16::from(self.score) - rest;
        self.level = Level::of(self.score);
        self
    }
}
