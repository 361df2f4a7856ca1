//! Why a part of the ledger has its points, in a few words.

use super::Settings;
use super::ledger::{Facts, hits};
use crate::feature::lexicon::{Lexicon, List};
use crate::feature::{Accident, Analysis};
use crate::time::HOUR;
use crate::triage::Part;

/// Most terms that a reason names, so that it stays a line. Chosen by hand.
const MAX_NAMED: usize = 4;

/// Why `part` has its points; empty for what stateful rooms add, which have their own reasons.
pub(crate) fn reason(
    part: Part,
    facts: &Facts<'_>,
    analysis: &Analysis,
    lexicon: &Lexicon,
    settings: &Settings,
) -> String {
    let mut listed: Vec<String> = Vec::new();
    for (_, term) in hits(analysis, lexicon, part).filter(|(_, term)| term.list != List::Brand) {
        let kind = if term.kind.is_empty() {
            String::new()
        } else {
            format!(" ({})", term.kind)
        };
        let text = format!("“{}”{kind}", term.text.trim_end_matches('*'));
        if !listed.contains(&text) && listed.len() < MAX_NAMED {
            listed.push(text);
        }
    }
    let listed = listed.join(", ");
    let percent = |share: f32| format!("{:.0} %", share * 100.0);
    let judgement = facts.judgement;
    match part {
        Part::NeedsAnswer => {
            let complains =
                judgement.negative * 1000.0 > settings.needs_answer.complaint_from as f32;
            let reasons = [
                (!listed.is_empty()).then(|| format!("asks: {listed}")),
                facts.question.then(|| "a question".to_owned()),
                complains.then(|| "a complaint".to_owned()),
                facts.brand.then(|| "names the brand".to_owned()),
            ];
            reasons.into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
        Part::Harm if facts.accident != Accident::None => {
            let told = facts.accident.describe();
            match listed.is_empty() {
                true => told.to_owned(),
                false => format!("{told}; harm if late: {listed}"),
            }
        }
        Part::Harm if listed.is_empty() => {
            let topic = judgement
                .harmful_topics
                .iter()
                .fold(0.0, |most: f32, &topic| most.max(topic));
            format!("a harmful topic with {}", percent(topic))
        }
        Part::Harm => format!("harm if late: {listed}"),
        Part::Urgency if judgement.urgency * 1000.0 <= settings.urgency.learnt_from as f32 => {
            listed
        }
        Part::Urgency if listed.is_empty() => format!("urgent with {}", percent(judgement.urgency)),
        Part::Urgency => format!("urgent with {}: {listed}", percent(judgement.urgency)),
        Part::Sentiment => format!("negative with {}", percent(judgement.negative)),
        Part::Reach => reach(facts),
        Part::Customer => format!("tier {}", facts.tier.unwrap_or("unknown")),
        Part::Novelty | Part::Waiting | Part::Repeat => String::new(),
        Part::Spam => format!("spam with {}", percent(judgement.spam)),
        Part::Clamp => {
            "a sum below 0 counts as 0, and one above critical counts less and less".into()
        }
    }
}

/// The counts of reach that are there.
fn reach(facts: &Facts<'_>) -> String {
    let counts = [
        (facts.followers, "followers"),
        (facts.likes, "likes"),
        (facts.reposts, "reposts"),
        (facts.replies, "replies"),
        (facts.views, "views"),
    ];
    let mut reasons: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if facts.verified {
        reasons.push("verified".into());
    }
    if let Some(age) = facts.age_ms {
        reasons.push(format!("counted after {:.1} h", age as f64 / HOUR as f64));
    }
    reasons.join(", ")
}
