//! The weights of the ledger: `data/importance.toml`, and an embedder's changes to it.

mod file;

use file::{File, POINTS};
use serde::{Deserialize, Serialize};

use super::HarmKind;
use crate::feature::lexicon::{List, Term};
use crate::stats::scale;
use crate::text::Language;
use crate::time::{HOUR, MINUTE};
use crate::{Error, Result};

/// The bundled file.
const BUNDLED: &str = include_str!("../../../data/importance.toml");

/// Most panes of novelty's window: a bound on memory, chosen by hand, as each pane counts
/// words by itself.
const MAX_PANES: i64 = 1000;

/// The weights of the ledger and its levels, checked.
///
/// What each means stands beside it in `data/importance.toml`. Points are whole numbers; shares,
/// probabilities and counts of interactions are held in thousandths.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub(crate) levels: [u8; 3],
    pub(crate) brand: Vec<String>,
    pub(crate) needs_answer: NeedsAnswer,
    pub(crate) harm: Harm,
    pub(crate) urgency: Urgency,
    pub(crate) sentiment: Feeling,
    pub(crate) reach: ReachPoints,
    pub(crate) customer: Customer,
    /// Thousandths of the time that is due, and points.
    pub(crate) waiting: Vec<(i64, i64)>,
    /// Messages and channels from which on all of those points count.
    waiting_tries: i64,
    pub(crate) repeat: Repeat,
    pub(crate) novelty: NoveltySettings,
    pub(crate) spam: Spam,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NeedsAnswer {
    pub(crate) most: i64,
    pub(crate) request: [i64; 3],
    pub(crate) question: i64,
    pub(crate) complaint: i64,
    pub(crate) complaint_from: i64,
    pub(crate) brand: i64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Harm {
    pub(crate) most: i64,
    pub(crate) several: i64,
    pub(crate) learnt: i64,
    pub(crate) learnt_from: i64,
    pub(crate) content: i64,
    pub(crate) calm_below: i64,
    pub(crate) calm: [i64; HarmKind::ALL.len()],
    pub(crate) contamination: i64,
    pub(crate) leak: i64,
    pub(crate) emergency: i64,
    pub(crate) topic: [i64; 3],
    pub(crate) topic_calm: i64,
    pub(crate) topic_counts: i64,
    pub(crate) words_count: i64,
    pub(crate) points: [[i64; 3]; HarmKind::ALL.len()],
    pub(crate) alone: [i64; HarmKind::ALL.len()],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Urgency {
    pub(crate) most: i64,
    pub(crate) words: [i64; 3],
    pub(crate) learnt: i64,
    pub(crate) learnt_from: i64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Feeling {
    pub(crate) most: i64,
    pub(crate) negative: i64,
    pub(crate) intensity: [i64; 3],
}

/// Points of a count on a log scale: all of them from `full` (thousandths) on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Logarithmic {
    points: i64,
    full: u128,
}

impl Logarithmic {
    /// Thousandths of points of a count in thousandths.
    pub(crate) fn of(self, count: u128) -> i64 {
        scale::logarithmic(count, self.full, self.points)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ReachPoints {
    pub(crate) most: i64,
    pub(crate) verified: i64,
    pub(crate) idle: i64,
    pub(crate) content: i64,
    pub(crate) followers: Logarithmic,
    pub(crate) engagement: Logarithmic,
    pub(crate) like: u64,
    pub(crate) reply: u64,
    pub(crate) repost: u64,
    pub(crate) view: u64,
    pub(crate) speed: Logarithmic,
    pub(crate) least_ms: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Customer {
    pub(crate) other: i64,
    pub(crate) tiers: Vec<(String, i64)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Repeat {
    most: i64,
    unanswered: i64,
    channel: i64,
    message: i64,
}

/// The window of novelty, and what it judges by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NoveltySettings {
    pub(crate) pane_ms: i64,
    pub(crate) panes: i64,
    pub(crate) least_posts: u64,
    pub(crate) rare: i64,
    pub(crate) common: i64,
    pub(crate) least_points: i64,
    pub(crate) often: i64,
    pub(crate) few: u64,
    pub(crate) most_terms: u64,
    pub(crate) points: [[i64; 3]; HarmKind::ALL.len()],
}

impl NoveltySettings {
    /// Whether they are such as are read from a file; a snapshot may hold others.
    pub(crate) fn is_sound(&self) -> bool {
        let hours = self.pane_ms / HOUR;
        (1..=24).contains(&hours)
            && (1..=MAX_PANES).contains(&self.panes)
            && (0..self.common).contains(&self.rare)
            && self.common <= scale::ONE
            && self.often > 0
            && self.points.iter().all(|points| {
                points.is_sorted() && points.iter().all(|points| POINTS.contains(points))
            })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spam {
    from: i64,
    certain: i64,
    share: i64,
}

impl Settings {
    /// The settings of `data/importance.toml`.
    ///
    /// # Errors
    /// If that file is malformed (a test holds that it is not).
    pub fn bundled() -> Result<Settings> {
        Settings::from_toml("")
    }

    /// Reads settings from TOML. What a file leaves out is taken from the bundled one; so an empty
    /// file is the bundled one.
    ///
    /// # Errors
    /// Names the line, the key and the mend: what is not TOML, an unknown key, a number out of
    /// its range or with more than three decimals, points or levels that descend, ends of a scale
    /// that don't rise, and a share of spam that would let a certain spam be `high` by reach
    /// alone. [`Error::is_settings`] holds.
    pub fn from_toml(text: &str) -> Result<Settings> {
        let file = File::open(text, BUNDLED)?;
        let points = |path: &str| file.whole(path, POINTS);
        let share = |path: &str| file.share(path);
        let levels = read_levels(&file)?;
        let settings = Settings {
            levels,
            brand: file.texts("brand.names")?,
            needs_answer: NeedsAnswer {
                most: points("needs_answer.most")?,
                request: file.by_strength("needs_answer.request")?,
                question: points("needs_answer.question")?,
                complaint: points("needs_answer.complaint")?,
                complaint_from: share("needs_answer.complaint_from")?,
                brand: points("needs_answer.brand")?,
            },
            harm: read_harm(&file)?,
            urgency: Urgency {
                most: points("urgency.most")?,
                words: file.by_strength("urgency.words")?,
                learnt: points("urgency.learnt")?,
                learnt_from: share("urgency.learnt_from")?,
            },
            sentiment: Feeling {
                most: points("sentiment.most")?,
                negative: points("sentiment.negative")?,
                intensity: file.by_strength("sentiment.intensity")?,
            },
            reach: read_reach(&file)?,
            customer: Customer {
                other: points("customer.other")?,
                tiers: file.named("customer.tiers")?,
            },
            waiting: read_waiting(&file)?,
            waiting_tries: file.whole("waiting.tries", 1..=100)?,
            repeat: Repeat {
                most: points("repeat.most")?,
                unanswered: points("repeat.unanswered")?,
                channel: points("repeat.channel")?,
                message: points("repeat.message")?,
            },
            novelty: read_novelty(&file)?,
            spam: read_spam(&file, levels)?,
        };
        file.finish()?;
        Ok(settings)
    }

    /// The scores from which on a post is medium, high and critical.
    pub fn levels(&self) -> [u8; 3] {
        self.levels
    }

    /// The brand's names.
    pub fn brand_names(&self) -> &[String] {
        &self.brand
    }

    /// The brand's names as terms of [`List::Brand`].
    pub(crate) fn brand_terms(&self) -> impl Iterator<Item = Term> {
        self.brand.iter().map(|name| Term {
            list: List::Brand,
            text: name.clone(),
            strength: 1,
            language: Language::Und,
            kind: String::new(),
        })
    }

    /// Points of a customer's tier; none for a post without one.
    pub fn tier(&self, tier: Option<&str>) -> i16 {
        let Some(tier) = tier.map(str::trim).filter(|tier| !tier.is_empty()) else {
            return 0;
        };
        let known = self
            .customer
            .tiers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(tier));
        known.map_or(self.customer.other, |(_, points)| *points) as i16
    }

    /// Points for time waited: `share` is the time since the first message over what the channel's
    /// service level allows, 1.0 = due; `tries` is how many messages wait, and channels that were
    /// tried before. Few of them may be about something else, and give a part of the points.
    pub fn waiting(&self, share: f32, tries: u32) -> i16 {
        // NaN is not a time; a thousand million thousandths are enough for any.
        let share = (share.max(0.0) * scale::ONE as f32).min(1e9) as i64;
        let tries = i64::from(tries).min(self.waiting_tries);
        (scale::between(&self.waiting, share) * tries / self.waiting_tries) as i16
    }

    /// Points for a repeated contact: earlier posts of the author that nobody answered, other
    /// channels that they tried, and further messages in the thread.
    pub fn repeat(&self, unanswered_before: u32, other_channels: u32, thread_messages: u32) -> i16 {
        let Repeat {
            most,
            unanswered,
            channel,
            message,
        } = self.repeat;
        let points = [
            (unanswered, unanswered_before),
            (channel, other_channels),
            (message, thread_messages),
        ];
        points
            .iter()
            .map(|&(points, count)| points * i64::from(count))
            .sum::<i64>()
            .min(most) as i16
    }

    /// The share of the points that is taken off at this probability of spam, in thousandths.
    pub(crate) fn discount(&self, spam: f32) -> i64 {
        let Spam {
            from,
            certain,
            share,
        } = self.spam;
        share * (scale::thousandths(spam) - from).clamp(0, certain - from) / (certain - from)
    }
}

fn read_levels(file: &File<'_>) -> Result<[u8; 3]> {
    let mut levels = [0_u8; 3];
    let mut before: Option<(String, i64)> = None;
    for (level, name) in levels.iter_mut().zip(["medium", "high", "critical"]) {
        let path = format!("levels.{name}");
        let score = file.whole(&path, 1..=100)?;
        if let Some((lower, bound)) = before.filter(|(_, bound)| score <= *bound) {
            let what = format!(
                "{path} is {score}, {lower} {bound}; give each level a higher score than the one \
                 before"
            );
            return Err(file.clash(&[&path, &lower], &what));
        }
        before = Some((path, score));
        *level = score as u8;
    }
    Ok(levels)
}

fn read_harm(file: &File<'_>) -> Result<Harm> {
    let share = |path: &str| file.share(path);
    let mut alone = [0; HarmKind::ALL.len()];
    let mut calm = [0; HarmKind::ALL.len()];
    for kind in HarmKind::ALL {
        calm[kind as usize] = share(&format!("harm.calm.{}", kind.name()))?;
        alone[kind as usize] = share(&format!("harm.alone.{}", kind.name()))?;
    }
    let contamination = file.whole("harm.contamination", POINTS)?;
    let leak = file.whole("harm.leak", POINTS)?;
    let emergency = file.whole("harm.emergency", POINTS)?;
    if leak < contamination {
        return Err(file.clash(
            &["harm.leak", "harm.contamination"],
            "harm.leak must not give fewer points than harm.contamination",
        ));
    }
    if emergency < leak {
        return Err(file.clash(
            &["harm.emergency", "harm.leak"],
            "harm.emergency must not give fewer points than harm.leak",
        ));
    }
    Ok(Harm {
        most: file.whole("harm.most", POINTS)?,
        several: file.whole("harm.several", POINTS)?,
        learnt: file.whole("harm.learnt", POINTS)?,
        learnt_from: share("harm.learnt_from")?,
        content: share("harm.content")?,
        calm_below: share("harm.calm_below")?,
        calm,
        contamination,
        leak,
        emergency,
        topic: file.by_strength("harm.topic")?,
        topic_calm: share("harm.topic_calm")?,
        topic_counts: share("harm.topic_counts")?,
        words_count: share("harm.words_count")?,
        points: file.by_kind("harm.points")?,
        alone,
    })
}

fn read_reach(file: &File<'_>) -> Result<ReachPoints> {
    let points = |path: &str| file.whole(path, POINTS);
    let weight = |path: &str| Ok::<u64, Error>(file.decimal(path, 0..=1000)? as u64);
    let logarithmic = |path: &str| -> Result<Logarithmic> {
        let full = file.whole(&format!("{path}.full"), 1..=1_000_000_000_000)?;
        Ok(Logarithmic {
            points: points(&format!("{path}.points"))?,
            full: full as u128 * scale::ONE as u128,
        })
    };
    Ok(ReachPoints {
        most: points("reach.most")?,
        verified: points("reach.verified")?,
        idle: file.share("reach.idle")?,
        content: file.whole("reach.content", 1..=100)?,
        followers: logarithmic("reach.followers")?,
        engagement: logarithmic("reach.engagement")?,
        like: weight("reach.engagement.like")?,
        reply: weight("reach.engagement.reply")?,
        repost: weight("reach.engagement.repost")?,
        view: weight("reach.engagement.view")?,
        speed: logarithmic("reach.speed")?,
        least_ms: file.whole("reach.speed.least_minutes", 1..=1440)? as u64 * MINUTE as u64,
    })
}

fn read_waiting(file: &File<'_>) -> Result<Vec<(i64, i64)>> {
    let shares = file.rising("waiting.shares", 0..=100_000)?;
    let points = file.ascending("waiting.points")?;
    match shares.len() == points.len() {
        true => Ok(shares.into_iter().zip(points).collect()),
        false => Err(file.clash(
            &["waiting.points", "waiting.shares"],
            &format!(
                "there are {} points for {} shares; write one number of points for each share",
                points.len(),
                shares.len()
            ),
        )),
    }
}

fn read_novelty(file: &File<'_>) -> Result<NoveltySettings> {
    let (hours, days) = (
        file.whole("novelty.pane_hours", 1..=24)?,
        file.whole("novelty.window_days", 1..=366)?,
    );
    let panes = days * 24 / hours;
    if 24 % hours != 0 || panes > MAX_PANES {
        let what = format!(
            "write 1, 2, 3, 4, 6, 8, 12 or 24 as novelty.pane_hours, so that the {days} days of \
             novelty.window_days are at most {MAX_PANES} panes"
        );
        return Err(file.clash(&["novelty.pane_hours", "novelty.window_days"], &what));
    }
    let (rare, common) = (file.share("novelty.rare")?, file.share("novelty.common")?);
    if common <= rare {
        return Err(file.clash(
            &["novelty.common", "novelty.rare"],
            "novelty.common must be a larger share than novelty.rare",
        ));
    }
    Ok(NoveltySettings {
        pane_ms: hours * HOUR,
        panes,
        least_posts: file.whole("novelty.least_posts", 1..=1_000_000)? as u64,
        rare,
        common,
        least_points: file.whole("novelty.least_points", 1..=100)?,
        often: file.whole("novelty.often", 1..=1_000_000)?,
        few: file.whole("novelty.few", 1..=1000)? as u64,
        most_terms: file.whole("novelty.most_terms", 1000..=10_000_000)? as u64,
        points: file.by_kind("novelty.points")?,
    })
}

fn read_spam(file: &File<'_>, levels: [u8; 3]) -> Result<Spam> {
    let spam = Spam {
        from: file.share("spam.from")?,
        certain: file.share("spam.certain")?,
        share: file.share("spam.share")?,
    };
    if spam.certain <= spam.from {
        return Err(file.clash(
            &["spam.certain", "spam.from"],
            "spam.certain must be a larger probability than spam.from",
        ));
    }
    // The law that no reach makes a certain spam `high`, kept for any settings.
    let most = file.whole("reach.most", POINTS)?;
    if most - scale::rounded(most * spam.share) >= i64::from(levels[1]) {
        let what = format!(
            "a post that is certainly spam would be high by its reach alone (reach.most is {most} \
             points); write a larger spam.share"
        );
        return Err(file.clash(&["spam.share", "reach.most", "levels.high"], &what));
    }
    Ok(spam)
}
