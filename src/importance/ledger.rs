//! The ledger: what counts of a post, and how many points each part gives for it.
//!
//! Two steps: [`facts`] gathers what counts, [`score`] turns it into points by the settings. The
//! second knows nothing of texts, so its laws can be stated and tested over all facts and all
//! settings: each fact that makes a post graver (see [`Facts`]) never lowers the score.

use super::settings::ReachPoints;
use super::{HarmKind, Settings};
use crate::feature::lexicon::{Brief, Lexicon, List, Term, TermHit};
use crate::feature::{Accident, Analysis, signal};
use crate::post::Post;
use crate::stats::scale::{ONE, rounded, thousandths};
use crate::triage::{Importance, Part};

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
    /// Of the most probable topic that was named, for each harm of topics: 1, 2 and 3.
    pub harmful_topics: [f32; 3],
}

/// What counts of a post. A larger number, a `true` for a `false`, a tier of more points:
/// none lowers the score. Only [`Judgement::spam`], [`Judgement::positive`] and `age_ms`
/// take points off.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts<'a> {
    /// What the heads said.
    pub judgement: Judgement,
    /// Strength of the strongest term that asks for an answer, 1 to 3; 0 without one. Also of
    /// the next four.
    pub request: u8,
    /// Of the strongest term that can't wait.
    pub urgent: u8,
    /// Of the strongest bad word.
    pub feeling: u8,
    /// Of the strongest term of harm of each kind, in the order of [`HarmKind::ALL`].
    pub harm: [u8; HarmKind::ALL.len()],
    /// Whether it tells of an accident.
    pub accident: Accident,
    /// Whether it has two different terms of harm or more.
    pub several_harms: bool,
    /// Whether it has a question mark.
    pub question: bool,
    /// Whether one of the brand's names is mentioned.
    pub brand: bool,
    /// Accounts that follow the author.
    pub followers: u64,
    /// Whether the source has verified who the author is.
    pub verified: bool,
    /// Likes.
    pub likes: u64,
    /// Replies.
    pub replies: u64,
    /// Reposts.
    pub reposts: u64,
    /// Views.
    pub views: u64,
    /// How old the post was when these were counted, in milliseconds; none where that is not known.
    pub age_ms: Option<u64>,
    /// The customer's tier.
    pub tier: Option<&'a str>,
}

/// Whether a term counts towards `part`.
fn counts_for(term: Brief, part: Part) -> bool {
    match part {
        Part::NeedsAnswer => matches!(term.list, List::Request | List::Brand),
        Part::Harm => term.list == List::Harm,
        Part::Urgency => term.list == List::Urgency,
        Part::Sentiment => {
            term.list == List::Insult || (term.list == List::Sentiment && term.strength < 0)
        }
        _ => false,
    }
}

/// The hits that count towards `part`: listed for it and not negated.
pub(crate) fn hits<'a>(
    analysis: &'a Analysis,
    lexicon: &'a Lexicon,
    part: Part,
) -> impl Iterator<Item = (&'a TermHit, &'a Term)> {
    analysis
        .hits
        .iter()
        .zip(&analysis.negated)
        .filter_map(move |(hit, &negated)| {
            let brief = lexicon.brief(hit.term)?;
            // "No answer" still asks for one; "no smoke" is not harm.
            let counts = counts_for(brief, part)
                && (!negated || part == Part::NeedsAnswer)
                && brief.strength != 0;
            if counts {
                Some((hit, lexicon.term(hit.term)?))
            } else {
                None
            }
        })
}

/// Gathers what counts of a post whose text is in `analysis`.
pub fn facts<'a>(
    post: &'a Post<'_>,
    analysis: &Analysis,
    lexicon: &Lexicon,
    judgement: Judgement,
) -> Facts<'a> {
    let count = |count: Option<u64>| count.unwrap_or(0);
    let engagement = post.engagement;
    let mut facts = Facts {
        judgement,
        accident: analysis.accident,
        question: analysis.signals[signal::QUESTIONS] > 0.0,
        // A count that a platform does not give is taken for 0: it must not make a post weigh more
        // than one that gives it.
        followers: count(post.author.followers),
        verified: post.author.verified == Some(true),
        likes: count(engagement.likes),
        replies: count(engagement.replies),
        reposts: count(engagement.reposts),
        views: count(engagement.views),
        age_ms: post.age_at_counts(),
        tier: post.customer.tier.as_deref(),
        ..Facts::default()
    };
    let mut first_harm = None;
    for part in [
        Part::NeedsAnswer,
        Part::Harm,
        Part::Urgency,
        Part::Sentiment,
    ] {
        for (hit, term) in hits(analysis, lexicon, part) {
            let strongest = match term.list {
                List::Brand => {
                    facts.brand = true;
                    continue;
                }
                List::Request => &mut facts.request,
                List::Urgency => &mut facts.urgent,
                // A kind that this version does not know gives no points, rather than those
                // of another kind.
                List::Harm => match HarmKind::from_name(&term.kind) {
                    Some(kind) => {
                        // Two different words of harm are rarely a joke.
                        facts.several_harms |= *first_harm.get_or_insert(hit.term) != hit.term;
                        &mut facts.harm[kind as usize]
                    }
                    None => continue,
                },
                _ => &mut facts.feeling,
            };
            *strongest = (*strongest).max(term.strength.unsigned_abs());
        }
    }
    facts
}

/// The points of a strength from 0 to 3.
fn by_strength(points: [i64; 3], strength: u8) -> i64 {
    match strength {
        0 => 0,
        1 => points[0],
        2 => points[1],
        _ => points[2],
    }
}

/// How far a probability lies beyond `from`, as thousandths of what lies beyond it.
fn beyond(probability: f32, from: i64) -> i64 {
    ONE * (thousandths(probability) - from).max(0) / (ONE - from).max(1)
}

/// What share of `full` it is, at most one; both in thousandths.
fn share_of(part: i64, full: i64) -> i64 {
    (ONE * part / full.max(1)).clamp(0, ONE)
}

/// `share` of the way from `least` to one; all in thousandths.
fn from_least(least: i64, share: i64) -> i64 {
    least + (ONE - least) * share / ONE
}

/// How far a post is taken at its word, in thousandths: who was hurt or asks for help is not
/// content, and praise that holds such words jokes.
fn earnest(facts: &Facts<'_>, settings: &Settings) -> i64 {
    let content = thousandths(facts.judgement.positive);
    share_of(ONE - content, ONE - settings.harm.content)
}

/// Points for what asks for an answer.
fn needs_answer(facts: &Facts<'_>, settings: &Settings) -> i64 {
    let needs = &settings.needs_answer;
    // A complaint asks for an answer without a question.
    let complaint =
        rounded(needs.complaint * beyond(facts.judgement.negative, needs.complaint_from));
    // The strongest request counts once, however often it is repeated. What is surely content
    // mostly asks for nothing: “you must try this!”
    let asks = rounded(by_strength(needs.request, facts.request) * earnest(facts, settings));
    let marks = [(facts.question, needs.question), (facts.brand, needs.brand)];
    let marks: i64 = marks
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, points)| points)
        .sum();
    (asks + complaint + marks).min(needs.most)
}

/// Points for harm if it is answered late.
///
/// Words of harm count wholly where the post is also urgent, in part where it is of a harmful topic
/// or has several such words; a topic without such words where it is urgent.
fn harm(facts: &Facts<'_>, settings: &Settings) -> i64 {
    let harm = &settings.harm;
    let urgency = thousandths(facts.judgement.urgency);
    let topics = facts.judgement.harmful_topics.map(thousandths);
    let topic = topics
        .iter()
        .max()
        // A harmful topic makes its words likelier to be meant, but less than urgency does.
        .map_or(0, |topic| topic * harm.topic_counts / ONE);
    // What beside the words says that the harm is meant: people joke about fire.
    let confirmed = urgency.max(topic).max(if facts.several_harms {
        harm.words_count
    } else {
        0
    });
    // The gravest kind counts, not the sum: five words for one accident are one accident.
    // How little else says so: a post that is calm in every way mostly jokes, or asks for
    // a smoke detector.
    let meant = urgency.max(topic);
    let of_kind = |kind: usize| {
        let trusted = from_least(harm.calm[kind], share_of(meant, harm.calm_below));
        let alone = harm.alone[kind] * trusted / ONE;
        by_strength(harm.points[kind], facts.harm[kind]) * from_least(alone, confirmed)
    };
    let words = (0..HarmKind::ALL.len()).map(of_kind).max().unwrap_or(0);
    let kinds = facts.harm.iter().filter(|&&strength| strength > 0).count();
    let several = if kinds > 1 { harm.several } else { 0 };
    let of_topic = |(points, probability): (&i64, &i64)| {
        points * probability * from_least(harm.topic_calm, urgency) / ONE
    };
    let topic = harm
        .topic
        .iter()
        .zip(&topics)
        .map(of_topic)
        .max()
        .unwrap_or(0);
    // The larger of the two, not their sum: the topic and its words are evidence of the same harm.
    let listed = (rounded(words) + several)
        .max(rounded(topic))
        .min(harm.most);
    // What happened to a person or in a home outweighs any word: it needs no second witness.
    let happened = match facts.accident {
        Accident::None => 0,
        Accident::Contamination => harm.contamination,
        Accident::Leak => harm.leak,
        Accident::Hurt | Accident::HomeFire | Accident::Child => harm.emergency,
    };
    let happened = rounded(happened * earnest(facts, settings));
    let learnt = rounded(harm.learnt * beyond(facts.judgement.urgency, harm.learnt_from));
    listed.max(happened).max(learnt)
}

/// Thousandths of points for how many may see it.
fn reach(facts: &Facts<'_>, reach: &ReachPoints) -> i64 {
    let counts = [
        (reach.like, facts.likes),
        (reach.reply, facts.replies),
        (reach.repost, facts.reposts),
        (reach.view, facts.views),
    ];
    let interactions: u128 = counts
        .iter()
        .map(|&(weight, count)| u128::from(weight) * u128::from(count))
        .sum();
    let speed = facts.age_ms.map_or(0, |age| {
        // A young post with few interactions may be the next storm: they are measured by the hour.
        // At least so old: a post of one second with one like would otherwise have 3,600 an hour.
        let an_hour = interactions * 3_600_000 / u128::from(age.max(reach.least_ms));
        reach.speed.of(an_hour)
    });
    let verified = if facts.verified {
        reach.verified * ONE
    } else {
        0
    };
    let followers = reach
        .followers
        .of(u128::from(facts.followers) * ONE as u128);
    (followers + verified + reach.engagement.of(interactions) + speed).min(reach.most * ONE)
}

/// The ledger of a post that only agrees with one whose sentiment is negative with probability
/// `negative`: at least the points of a complaint that says no more.
pub(crate) fn agreeing(
    mut importance: Importance,
    negative: f32,
    settings: &Settings,
) -> Importance {
    let complaint = Facts {
        judgement: Judgement {
            negative,
            ..Judgement::default()
        },
        ..Facts::default()
    };
    let complaint = score(&complaint, settings);
    for part in [Part::NeedsAnswer, Part::Sentiment] {
        // The larger: a post that agrees and complains itself keeps the points of its own words.
        let points = importance.parts[part as usize].max(complaint.parts[part as usize]);
        importance = importance.with(part, points);
    }
    importance
}

/// The score of what counts, and its parts, which sum to it.
pub fn score(facts: &Facts<'_>, settings: &Settings) -> Importance {
    let Judgement {
        spam,
        urgency,
        negative,
        ..
    } = facts.judgement;
    let needs = needs_answer(facts, settings);
    let harm = harm(facts, settings);
    let urgent = by_strength(settings.urgency.words, facts.urgent)
        + rounded(settings.urgency.learnt * beyond(urgency, settings.urgency.learnt_from));
    // Words and the head often report the same urgency: their sum is bounded.
    let urgent = urgent.min(settings.urgency.most);
    let feeling = settings.sentiment;
    let bad = feeling.negative + by_strength(feeling.intensity, facts.feeling);
    let bad = rounded(bad * thousandths(negative)).min(feeling.most);

    // Reach and tier make a post that asks for something weightier; alone they ask for little.
    let content = (needs + harm + urgent + bad).min(settings.reach.content);
    // A famous author who asks for nothing needs no answer sooner.
    let heard = from_least(settings.reach.idle, ONE * content / settings.reach.content);
    let reach = rounded(reach(facts, &settings.reach) * heard / ONE);
    let customer = rounded(i64::from(settings.tier(facts.tier)) * heard);

    let mut importance = Importance::new(settings.levels);
    let points = [
        (Part::NeedsAnswer, needs),
        (Part::Harm, harm),
        (Part::Urgency, urgent),
        (Part::Sentiment, bad),
        (Part::Reach, reach),
        (Part::Customer, customer),
    ];
    for (part, points) in points {
        // At most a hundred each: the settings are checked.
        importance.parts[part as usize] = points as i16;
    }
    // Spam is discounted last and as a share: reach must not lift it, and a post that is only
    // suspected keeps a part of its points.
    importance.discounted(settings.discount(spam) as f32 / ONE as f32)
}
