//! The ledger: how many points each part gives, and why.

use super::{Importance, Part};
use crate::feature::Analysis;
use crate::feature::lexicon::{Lexicon, List, Term, TermHit};
use crate::feature::signal;
use crate::post::Post;

/// What the heads said of a post, as probabilities from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Judgement {
    /// Of spam.
    pub spam: f32,
    /// Of urgency.
    pub urgency: f32,
    /// Of negative sentiment.
    pub negative: f32,
    /// Of positive sentiment.
    pub positive: f32,
    /// Of the most harmful topic, and that topic's harm, 0 to 3.
    pub harmful_topic: (f32, i8),
}

/// Most points of each part, in the order of [`Part::ALL`]; the discount and the clamp have no such limit.
const MOST: [i16; Part::ALL.len()] = [22, 50, 16, 16, 30, 14, 12, 20, 20, i16::MAX, i16::MAX];

/// Points of the strongest term of harm, by its strength 1 to 3.
const HARM: [i16; 3] = [7, 18, 30];
/// Points on top where the harm is to body or life.
const BODILY: [i16; 3] = [0, 4, 10];
/// Points on top of a hint that somebody may harm themselves: a person must look at once, whatever else is said.
const SELF_HARM: [i16; 3] = [10, 30, 20];
/// The share of the points of harm that stays where nothing but the term speaks for it: people joke about fire, few
/// about their lawyers.
const ALONE_BODILY: f32 = 0.75;
/// As above for lost money, leaked data, courts and the press.
const ALONE: f32 = 0.85;

/// Points of the strongest term that asks for an answer, by its strength 1 to 3.
const REQUEST: [i16; 3] = [6, 11, 16];
/// Points of the tiers of service that are known by name; another tier gives the last.
const TIERS: [(&str, i16); 9] = [
    ("vip", 12),
    ("diamond", 12),
    ("platinum", 12),
    ("gold", 9),
    ("silver", 6),
    ("premium", 6),
    ("bronze", 3),
    ("basic", 0),
    ("standard", 0),
];
/// Points of a tier that is not known by name.
const OTHER_TIER: i16 = 2;

/// The spam probabilities between which the discount grows from nothing to all.
const DISCOUNT: (f32, f32) = (0.4, 0.9);

/// The part of a text that counts towards a part of the ledger.
fn speaks(term: &Term, part: Part) -> bool {
    match part {
        Part::NeedsAnswer => term.list == List::Request,
        Part::Harm => term.list == List::Harm,
        Part::Urgency => term.list == List::Urgency,
        Part::Sentiment => matches!(term.list, List::Sentiment | List::Insult),
        _ => false,
    }
}

/// The hits that count towards `part`: listed for it and not negated.
pub fn hits<'a>(
    analysis: &'a Analysis,
    lexicon: &'a Lexicon,
    part: Part,
) -> impl Iterator<Item = (&'a TermHit, &'a Term)> {
    analysis.hits.iter().zip(&analysis.negated).filter_map(move |(hit, &negated)| {
        let term = lexicon.term(hit.term)?;
        // "No answer" still asks for one; "no smoke" is no harm.
        let counts = speaks(term, part) && (!negated || part == Part::NeedsAnswer) && term.strength != 0;
        counts.then_some((hit, term))
    })
}

/// Points of the learnt urgency.
fn urgency_points(judgement: Judgement) -> i16 {
    (10.0 * ((judgement.urgency - 0.3) / 0.7).clamp(0.0, 1.0)).round() as i16
}

fn by_strength(points: [i16; 3], strength: i8) -> i16 {
    match strength.unsigned_abs() {
        0 => 0,
        1 => points[0],
        2 => points[1],
        _ => points[2],
    }
}

/// A logarithmic scale: 0 gives 0, `full` and more give `most`.
fn logarithmic(count: u64, full: f64, most: f64) -> f64 {
    ((1.0 + count as f64).ln() / (1.0 + full).ln()).min(1.0) * most
}

/// The score of a post and its parts, which sum to it.
pub fn score(post: &Post<'_>, analysis: &Analysis, lexicon: &Lexicon, judgement: Judgement) -> Importance {
    let strongest =
        |part: Part| hits(analysis, lexicon, part).map(|(_, term)| term.strength.unsigned_abs() as i8).max();
    let mut parts = [0i16; Part::ALL.len()];
    let mut set = |part: Part, points: i16| parts[part as usize] = points.clamp(0, MOST[part as usize]);

    let asks = strongest(Part::NeedsAnswer).map_or(0, |strength| by_strength(REQUEST, strength));
    let question = if analysis.signals[signal::QUESTIONS] > 0.0 { 4 } else { 0 };
    // A complaint asks for an answer without a question.
    let complaint = (8.0 * (judgement.negative - 0.5).max(0.0) * 2.0).round() as i16;
    set(Part::NeedsAnswer, asks + question + complaint);

    // A term of harm counts wholly where the post is also urgent, or of a harmful topic.
    let (topic, topic_harm) = judgement.harmful_topic;
    let besides = judgement.urgency.max(topic);
    let mut harm = 0.0f32;
    let mut kinds: [&str; 2] = ["", ""];
    for (_, term) in hits(analysis, lexicon, Part::Harm) {
        let (more, alone) = match term.kind.as_str() {
            "self_harm" => (SELF_HARM, 1.0),
            "safety" | "health" => (BODILY, ALONE_BODILY),
            _ => ([0; 3], ALONE),
        };
        let points = by_strength(HARM, term.strength) + by_strength(more, term.strength);
        harm = harm.max(f32::from(points) * (alone + (1.0 - alone) * besides));
        if kinds[0].is_empty() {
            kinds[0] = &term.kind;
        } else if kinds[0] != term.kind {
            kinds[1] = &term.kind;
        }
    }
    let listed = harm.round() as i16 + if kinds[1].is_empty() { 0 } else { 5 };
    let learnt = (f32::from(by_strength(HARM, topic_harm)) * topic * (0.4 + 0.6 * judgement.urgency)).round() as i16;
    set(Part::Harm, listed.max(learnt));

    let terms = strongest(Part::Urgency).map_or(0, i16::from) * 3;
    set(Part::Urgency, terms + urgency_points(judgement));

    let feeling = hits(analysis, lexicon, Part::Sentiment)
        .filter(|(_, term)| term.strength < 0 || term.list == List::Insult)
        .map(|(_, term)| term.strength.unsigned_abs())
        .max();
    let intensity = f32::from(feeling.unwrap_or(0)) / 3.0;
    set(Part::Sentiment, (judgement.negative * (10.0 + 6.0 * intensity)).round() as i16);

    let engagement = post.engagement;
    let spread = (engagement.likes.unwrap_or(0) / 4)
        .saturating_add(engagement.replies.unwrap_or(0))
        .saturating_add(engagement.reposts.unwrap_or(0).saturating_mul(2))
        .saturating_add(engagement.views.unwrap_or(0) / 200);
    let followers = logarithmic(post.author.followers.unwrap_or(0), 1e6, 7.0);
    let verified = if post.author.verified == Some(true) { 2.0 } else { 0.0 };
    set(Part::Reach, (followers + verified + logarithmic(spread, 1e4, 7.0)).round() as i16);

    let tier = post.customer.tier.as_deref().map_or(0, |tier| {
        TIERS.iter().find(|(name, _)| tier.eq_ignore_ascii_case(name)).map_or(OTHER_TIER, |&(_, points)| points)
    });
    set(Part::Customer, tier);

    // Reach and tier make a post that asks for something weightier; alone they ask for nothing.
    let content: i16 =
        [Part::NeedsAnswer, Part::Harm, Part::Urgency, Part::Sentiment].map(|part| parts[part as usize]).iter().sum();
    for part in [Part::Reach, Part::Customer] {
        let share = f32::from(content.min(20)) / 20.0;
        parts[part as usize] = (f32::from(parts[part as usize]) * (0.4 + 0.6 * share)).round() as i16;
    }

    let discount = (judgement.spam - DISCOUNT.0) / (DISCOUNT.1 - DISCOUNT.0);
    Importance { parts, ..Importance::default() }.discounted(discount)
}

/// Why a part has its points, in a few words.
pub fn reason(part: Part, post: &Post<'_>, analysis: &Analysis, lexicon: &Lexicon, judgement: Judgement) -> String {
    let mut listed: Vec<String> = Vec::new();
    for (_, term) in hits(analysis, lexicon, part) {
        let kind = if term.kind.is_empty() { String::new() } else { format!(" ({})", term.kind) };
        let text = format!("“{}”{kind}", term.text.trim_end_matches('*'));
        if !listed.contains(&text) && listed.len() < 4 {
            listed.push(text);
        }
    }
    let listed = listed.join(", ");
    let percent = |share: f32| format!("{:.0} %", share * 100.0);
    match part {
        Part::NeedsAnswer if listed.is_empty() && analysis.signals[signal::QUESTIONS] > 0.0 => "a question".into(),
        Part::NeedsAnswer if listed.is_empty() => "a complaint".into(),
        Part::NeedsAnswer => format!("asks: {listed}"),
        Part::Harm if listed.is_empty() => format!("a harmful topic with {}", percent(judgement.harmful_topic.0)),
        Part::Harm => format!("harm if late: {listed}"),
        Part::Urgency if urgency_points(judgement) == 0 => listed,
        Part::Urgency if listed.is_empty() => format!("urgent with {}", percent(judgement.urgency)),
        Part::Urgency => format!("urgent with {}: {listed}", percent(judgement.urgency)),
        Part::Sentiment => format!("negative with {}", percent(judgement.negative)),
        Part::Reach => {
            let engagement = post.engagement;
            format!(
                "{} followers{}, {} likes, {} reposts, {} replies",
                post.author.followers.unwrap_or(0),
                if post.author.verified == Some(true) { ", verified" } else { "" },
                engagement.likes.unwrap_or(0),
                engagement.reposts.unwrap_or(0),
                engagement.replies.unwrap_or(0)
            )
        }
        Part::Customer => format!("tier {}", post.customer.tier.as_deref().unwrap_or("unknown")),
        // What stateful rooms add has its reason there.
        Part::Novelty | Part::Waiting | Part::Repeat => String::new(),
        Part::Spam => format!("spam with {}", percent(judgement.spam)),
        Part::Clamp => "the scale ends at 0 and 100".into(),
    }
}
