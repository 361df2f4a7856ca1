//! Polarity: the sum of listed words of feeling, with what negates, strengthens and outweighs them.
//!
//! The rules are those of VADER (Hutto and Gilbert, ICWSM 2014, section 3.3) as far as lists can
//! carry them into other languages: words beside a feeling strengthen or weaken it, a negation
//! turns it and takes some of its force, and what follows a *but* counts more than what came
//! before. To these come concessions (*although*, `sice`, `虽然`), whose own clause counts less,
//! and the concord of Czech, where several negations are still one.

use super::lexicon::{Brief, Lexicon, List, TermHit};
use super::{Analysis, turn};
use crate::text::{Language, Token, TokenKind};

/// How many tokens a negation reaches. VADER looks three words back; chosen by hand, not tuned.
const NEGATION_SCOPE: usize = 4;
/// How many tokens lie between an intensifier and what it strengthens, at most. Chosen by
/// hand, not tuned.
const INTENSIFIER_REACH: usize = 1;
/// How much of a feeling's force is left when it is turned: VADER measured 0.74 (Hutto and
/// Gilbert 2014); rounded.
const TURNED: f32 = 0.75;
/// How much one step of an intensifier changes, as a share of the strength. Chosen by
/// hand, not tuned.
const INTENSIFIER_STEP: f32 = 0.25;
/// What a feeling counts before a *but*, after it, and within a concession. The first is VADER's,
/// who takes 1.5 for the second; chosen by hand, not tuned.
const BEFORE: f32 = 0.5;
const AFTER: f32 = 1.4;
const CONCEDED: f32 = 0.5;
/// What a sum of strengths is measured against, as VADER does with 15 on its scale to ±4: a
/// polarity of 0.7 is reached at the root of this. Chosen by hand, not tuned.
const HALF: f32 = 6.0;

/// Words of contrast that count: a bound, chosen by hand, so that the buffer needs no allocation.
/// What follows more of them is as after the last.
const MAX_TURNS: usize = 8;

/// The sum of a text's feelings.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct TextPolarity {
    /// All of them together, −1 to 1.
    pub whole: f32,
    /// Those after the last word of contrast or, without one, of the last sentence, −1 to 1.
    pub last: f32,
    /// How far good and bad feelings meet, 0 (one side only) to 1 (as much of both).
    pub mixed: f32,
}

/// Where a word of contrast or a concession stands.
#[derive(Clone, Copy)]
struct Turn {
    end: u32,
    concedes: bool,
}

/// Marks what negations reach: the hits in `negated`, the tokens in `reached`.
///
/// A negation reaches up to four tokens on, and stops at a sign or a word of contrast. Two
/// negations undo each other, save in Czech, where *nikdo nic neřekl* is one.
pub(super) fn mark_negations(analysis: &mut Analysis, lexicon: &Lexicon) {
    let Analysis {
        hits,
        negated,
        reached,
        tokens,
        turned,
        folded,
        language,
        ..
    } = analysis;
    // Czech negates the verb and its pronouns together; it is one denial.
    let concord = language.language == Language::Cs;
    negated.clear();
    negated.resize(hits.len(), false);
    reached.clear();
    let list = |hit: &TermHit| lexicon.brief(hit.term).map(|term| term.list);
    for (index, negation) in hits.iter().enumerate() {
        if list(negation) != Some(List::Negation) {
            continue;
        }
        if reached.is_empty() {
            reached.resize(tokens.len(), false);
        }
        let mut reach = negation.end;
        // "Couldn't be happier with the room" denies nothing of the room.
        let bound = turned
            .iter()
            .find(|turned| negation.start < turned.end && turned.start < negation.end)
            .map_or(u32::MAX, |turned| turned.end);
        let first = tokens.partition_point(|token| token.start < negation.end);
        let contrast = |start: u32| {
            let at = hits.partition_point(|hit| hit.start < start);
            hits[at..]
                .iter()
                .take_while(|hit| hit.start == start)
                .any(|hit| list(hit) == Some(List::Contrast))
        };
        for (token, reached) in tokens[first..]
            .iter()
            .zip(&mut reached[first..])
            .take(NEGATION_SCOPE)
        {
            // "Not now, great!" praises: the comma ends what the negation says.
            if token.kind == TokenKind::Symbol || token.start >= bound || contrast(token.start) {
                break;
            }
            reach = token.end;
            // Two negations undo each other, save in Czech: *nikdo nic neřekl* is one.
            *reached = if concord { true } else { !*reached };
        }
        // Hits are in the order of their starts, so none before the negation starts behind it: a
        // text of negations alone would take quadratic time.
        for (other, hit) in hits.iter().enumerate().skip(index + 1) {
            if hit.start < negation.end {
                continue;
            }
            if hit.start >= reach {
                break;
            }
            negated[other] = if concord {
                !negates_itself(folded.as_str(), hit)
            } else {
                !negated[other]
            };
        }
    }
}

/// Drops the feelings that a construction turns, and what would turn or strengthen them: what it
/// says as a whole takes their place.
pub(super) fn silence_turned(analysis: &mut Analysis, lexicon: &Lexicon) {
    let Analysis {
        hits,
        negated,
        turned,
        ..
    } = analysis;
    if turned.is_empty() {
        return;
    }
    let is_silent = |hit: &TermHit| {
        turn::touches(turned, hit.start, hit.end)
            && lexicon
                .brief(hit.term)
                .is_some_and(|term| term.list.is_of_feeling())
    };
    let mut stays = hits.iter().map(|hit| !is_silent(hit));
    negated.retain(|_| stays.next().unwrap_or(true));
    hits.retain(|hit| !is_silent(hit));
}

/// Whether a Czech hit has the prefix of negation. It then agrees with the negation before it:
/// *nikdy nefunguje* is not praise.
fn negates_itself(folded: &str, hit: &TermHit) -> bool {
    folded
        .get(hit.start as usize..)
        .is_some_and(|rest| rest.starts_with("ne"))
}

/// The polarity of a text whose negations are marked.
pub(super) fn measure(analysis: &Analysis, lexicon: &Lexicon) -> TextPolarity {
    let Analysis {
        hits,
        negated,
        turned,
        tokens,
        folded,
        ..
    } = analysis;
    let folded = folded.as_str();
    let (turns, has_feeling) = turns(hits, lexicon);
    // Most posts have no listed feeling: they are done here.
    if !has_feeling && turned.is_empty() {
        return TextPolarity::default();
    }
    let last_but = turns.iter().flatten().rfind(|turn| !turn.concedes);
    // What a text ends with is what its author leaves it at.
    let last_from = match last_but {
        Some(turn) => turn.end,
        None => last_sentence(folded, tokens),
    };
    let (mut good, mut bad, mut last) = (0.0f32, 0.0f32, 0.0f32);
    let mut add = |start: u32, value: f32| {
        let conceded = is_conceded(start, &turns, folded);
        let value = match last_but {
            _ if conceded => value * CONCEDED,
            // Who writes *but* means what comes after it.
            Some(turn) if start >= turn.end => value * AFTER,
            Some(_) => value * BEFORE,
            None => value,
        };
        if value > 0.0 {
            good += value
        } else {
            bad -= value
        }
        // What is conceded is not what the text ends with, even in the last sentence.
        if start >= last_from && !conceded {
            last += value;
        }
    };
    for (index, hit) in hits.iter().enumerate() {
        let Some(term) = lexicon.brief(hit.term) else {
            continue;
        };
        let Some(strength) = feeling(term) else {
            continue;
        };
        let mut value = strength * intensity(index, hits, tokens, lexicon);
        if negated.get(index).copied().unwrap_or(false) {
            value *= -TURNED;
        }
        add(hit.start, value);
    }
    for turned in turned {
        add(turned.start, f32::from(turned.strength));
    }
    TextPolarity {
        whole: scaled(good - bad),
        last: scaled(last),
        mixed: mixture(good, bad),
    }
}

/// A sum of strengths on the scale from -1 to 1.
fn scaled(sum: f32) -> f32 {
    sum / (sum * sum + HALF).sqrt()
}

/// The smaller feeling as a share of the larger: praise and blame in one text is neither
/// neutral nor weak.
fn mixture(good: f32, bad: f32) -> f32 {
    let most = good.max(bad);
    if most > 0.0 {
        good.min(bad) / most
    } else {
        0.0
    }
}

/// How good (above 0) or bad a listed term is; `None` if it is not a feeling.
#[inline]
fn feeling(term: Brief) -> Option<f32> {
    match term.list {
        List::Sentiment => Some(f32::from(term.strength)),
        // An insult is bad feeling, however strong; its list has no signs.
        List::Insult => Some(-f32::from(term.strength)),
        _ => None,
    }
}

/// Whether what stands at `start` is in the clause that a concession (*although*) introduces.
fn is_conceded(start: u32, turns: &[Option<Turn>], folded: &str) -> bool {
    let mut concessions = turns
        .iter()
        .flatten()
        .filter(|turn| turn.concedes && start >= turn.end);
    concessions
        .next_back()
        .is_some_and(|turn| clause_end(folded, turn.end) > start)
}

/// The first words of contrast and concessions in their order, and whether any feeling is listed.
#[inline]
fn turns(hits: &[TermHit], lexicon: &Lexicon) -> ([Option<Turn>; MAX_TURNS], bool) {
    let mut turns = [None; MAX_TURNS];
    let mut count = 0;
    let mut has_feeling = false;
    for hit in hits {
        match lexicon.brief(hit.term) {
            Some(term) if term.list == List::Contrast => {
                if let Some(turn) = turns.get_mut(count) {
                    *turn = Some(Turn {
                        end: hit.end,
                        concedes: term.strength > 1,
                    });
                    count += 1;
                }
            }
            Some(term) => has_feeling |= matches!(term.list, List::Sentiment | List::Insult),
            None => {}
        }
    }
    (turns, has_feeling)
}

/// How much the words beside a hit strengthen it: 1 is not at all.
fn intensity(index: usize, hits: &[TermHit], tokens: &[Token], lexicon: &Lexicon) -> f32 {
    let hit = hits[index];
    let mut steps = 0.0;
    // Hits are in the order of their starts, so an intensifier stands among the four before or
    // after: a bound on time, for a text may consist of hits.
    let near = hits[index.saturating_sub(4)..].iter().take(9);
    for other in near {
        let Some(term) = lexicon
            .brief(other.term)
            .filter(|term| term.list == List::Intensifier)
        else {
            continue;
        };
        let (from, to) = if other.end <= hit.start {
            (other.end, hit.start)
        } else if hit.end <= other.start {
            (hit.end, other.start)
        } else {
            continue;
        };
        let between = tokens.partition_point(|token| token.start < to)
            - tokens.partition_point(|token| token.start < from);
        if between <= INTENSIFIER_REACH {
            steps += f32::from(term.strength);
        }
    }
    // *Hardly* weakens and does not turn: that is what negations do.
    (1.0 + INTENSIFIER_STEP * steps).clamp(0.25, 2.0)
}

/// Where the last sentence begins that holds a word.
fn last_sentence(folded: &str, tokens: &[Token]) -> u32 {
    let ends = |token: &Token| {
        token.kind == TokenKind::Symbol
            && folded
                .get(token.start as usize..token.end as usize)
                .is_some_and(|sign| sign.contains(['.', '!', '?', '。', ';']))
    };
    let Some(word) = tokens
        .iter()
        .rposition(|token| matches!(token.kind, TokenKind::Word | TokenKind::Han))
    else {
        return 0;
    };
    tokens[..word]
        .iter()
        .rfind(|token| ends(token))
        .map_or(0, |token| token.end)
}

/// Where the clause ends that goes on at `from`: at the next comma or stop.
fn clause_end(folded: &str, from: u32) -> u32 {
    let rest = folded.get(from as usize..).unwrap_or_default();
    rest.find([',', ';', '.', '!', '?', '。', '、', ':'])
        .map_or(u32::MAX, |offset| from + offset as u32)
}

#[cfg(all(test, feature = "chinese"))]
mod tests {
    use super::*;
    use crate::feature::Analyzer;

    fn polarity(text: &str) -> TextPolarity {
        let analyzer = Analyzer::bundled().expect("is bundled");
        let mut analysis = Analysis::default();
        analyzer.prepare(text, &mut analysis);
        measure(&analysis, analyzer.lexicon())
    }

    #[test]
    fn a_negation_turns_and_takes_some_force() {
        for (plain, negated) in [
            ("the food was good", "the food was not good"),
            ("jídlo bylo výborné", "jídlo nebylo výborné"),
            ("这家店好吃", "这家店不好吃"),
        ] {
            let (plain, negated) = (polarity(plain).whole, polarity(negated).whole);
            assert!(plain > 0.1 && negated < -0.1, "{plain} {negated}");
        }
        assert!(
            polarity("the food was not terrible").whole > polarity("the food was terrible").whole
        );
    }

    #[test]
    fn what_follows_a_but_counts_more_and_a_concession_less() {
        for text in [
            "the room was great but the staff was terrible",
            "although the room was great, the staff was terrible",
            "pokoj byl výborný, ale personál hrozný",
            "房间很棒，但是服务很差",
        ] {
            let found = polarity(text);
            assert!(
                found.whole < 0.0 && found.last < 0.0 && found.mixed > 0.2,
                "{text}: {found:?}"
            );
        }
        let found = polarity("the staff was terrible but the room was great");
        assert!(found.whole > 0.0 && found.last > 0.0, "{found:?}");
    }

    #[test]
    fn neighbours_strengthen_and_weaken() {
        let of = |text: &str| polarity(text).whole;
        assert!(of("really good") > of("good") && of("good") > of("slightly good"));
        assert!(of("velmi dobré") > of("dobré") && of("dobré") > 0.0);
    }

    #[test]
    fn several_negations_of_czech_are_one() {
        assert!(polarity("nikdo nic dobrého neřekl").whole < 0.0);
        assert!(polarity("nikdy nefunguje").whole <= 0.0);
    }

    #[test]
    fn without_feeling_there_is_none() {
        for text in ["", "where is my order", "但是", "but although not"] {
            assert_eq!(polarity(text), TextPolarity::default(), "{text}");
        }
    }
}
