//! The score of importance: named parts that sum to it, and its level.

use serde::{Deserialize, Serialize};

use crate::stats::scale;

/// How soon a person should look; the scores are those of `[levels]` in the settings, by default
/// 25, 50 and 75.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Below `medium`.
    #[default]
    Low,
    /// From `medium`.
    Medium,
    /// From `high`.
    High,
    /// From `critical`.
    Critical,
}

impl Level {
    /// The level of a score, by the scores from which on it is medium, high and critical.
    pub fn of(score: u8, levels: [u8; 3]) -> Level {
        match levels.iter().filter(|&&least| score >= least).count() {
            0 => Level::Low,
            1 => Level::Medium,
            2 => Level::High,
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
    /// Taken off for spam; never points of harm.
    Spam,
    /// What the scale takes: a sum below 0 is 0, and above critical each point counts less.
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Importance {
    /// 0 to 100.
    pub score: u8,
    /// The level of `score`.
    pub level: Level,
    /// Points of each part, in the order of [`Part::ALL`].
    pub parts: [i16; Part::ALL.len()],
    /// The share of the points that is taken off for spam, 0 to 1; it counts in thousandths.
    pub discount: f32,
    /// The scores from which on a post is medium, high and critical.
    pub levels: [u8; 3],
}

/// Most points that one part can have, or lack: what a room adds by mistake must not overflow the
/// sum. By hand: ten times the scale.
const MAX_POINTS: i16 = 1000;

impl Default for Importance {
    /// No points, with the levels of the bundled settings.
    fn default() -> Importance {
        Importance::new([25, 50, 75])
    }
}

impl Importance {
    /// No points, with the scores from which on a post is medium, high and critical.
    pub fn new(levels: [u8; 3]) -> Importance {
        Importance {
            score: 0,
            level: Level::of(0, levels),
            parts: [0; Part::ALL.len()],
            discount: 0.0,
            levels,
        }
    }

    /// The same post with `points` (at most 1000) for `part`, which a stateful room knows; the
    /// discount for spam, the clamp, the score and the level follow.
    pub fn with(mut self, part: Part, points: i16) -> Importance {
        self.parts[part as usize] = points.clamp(-MAX_POINTS, MAX_POINTS);
        self.closed()
    }

    /// Whether its parts sum to its score; those of a damaged snapshot may not.
    pub(crate) fn is_sound(&self) -> bool {
        let sum: i64 = self.parts.iter().map(|&points| i64::from(points)).sum();
        let few = |points: &i16| (-MAX_POINTS..=MAX_POINTS).contains(points);
        // Spam and clamp take off what the other parts have together.
        let each = &self.parts[..Part::Spam as usize];
        each.iter().all(few) && sum == i64::from(self.score) && self.score <= 100
    }

    /// The same post with `discount` (0 to 1) for spam.
    pub(crate) fn discounted(mut self, discount: f32) -> Importance {
        self.discount = discount.clamp(0.0, 1.0);
        self.closed()
    }

    /// Draws the line below the ledger: discount, clamp, score and level from the other parts.
    ///
    /// Up to critical a point is a point. Above, `x` points more become `r x / (x + r)` of the `r`
    /// points that are left to 100: the first counts almost whole, the hundredth little, so that
    /// the gravest posts still have an order instead of all standing at 100.
    ///
    /// One point more in the sum adds at most one to what is taken off, for the share is at most 1
    /// and counts in whole thousandths; so no point that is added can lower the score.
    fn closed(mut self) -> Importance {
        // Both lines are drawn anew: a part that comes later changes what spam takes off and what
        // the ends cut off.
        self.parts[Part::Spam as usize] = 0;
        self.parts[Part::Clamp as usize] = 0;
        let sum: i32 = self.parts.iter().map(|&points| i32::from(points)).sum();
        // The points of harm stay: a customer who is taken for a spammer is still found by them.
        let others = sum - i32::from(self.parts[Part::Harm as usize]).max(0);
        let taken =
            scale::rounded(i64::from(others.max(0)) * scale::thousandths(self.discount)) as i32;
        // Nothing is taken off a sum below 0: spam must not raise a score.
        let rest = sum - taken;
        let score = on_the_scale(rest, i32::from(self.levels[2]));
        // Nine parts of at most a thousand points: all of these fit.
        self.parts[Part::Spam as usize] = -taken as i16;
        self.parts[Part::Clamp as usize] = (score - rest) as i16;
        self.score = score as u8;
        self.level = Level::of(self.score, self.levels);
        self
    }
}

/// A sum of points on the scale from 0 to 100, where those above `critical` count less and less.
fn on_the_scale(sum: i32, critical: i32) -> i32 {
    let left = (100 - critical).max(0);
    let over = sum - critical;
    if over <= 0 || left == 0 {
        return sum.clamp(0, 100);
    }
    critical + (left * over + (over + left) / 2) / (over + left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_more_never_lowers_a_score_whatever_the_discount() {
        for discount in 0..=1000 {
            let discount = discount as f32 / 1000.0;
            let scores = (-5..200).map(|points| {
                Importance::default()
                    .discounted(discount)
                    .with(Part::Harm, points)
                    .score
            });
            assert!(scores.is_sorted(), "{discount}");
        }
        let most = Importance::default()
            .with(Part::Harm, i16::MAX)
            .with(Part::Reach, i16::MAX)
            .discounted(0.999);
        assert_eq!(
            most.parts
                .iter()
                .map(|&points| i32::from(points))
                .sum::<i32>(),
            i32::from(most.score)
        );
        assert_eq!(
            Importance::default()
                .with(Part::Harm, i16::MIN)
                .discounted(f32::NAN)
                .score,
            0
        );
    }
}
