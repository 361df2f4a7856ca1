//! The parts of a score as a bar, and a text with the places that counted marked.

use hearken::explain::{Explanation, ImportanceExplanation};
use maud::{Markup, html};

/// Characters of a text that are shown; by hand: what is read before it is opened.
const MOST_LETTERS: usize = 1_200;

/// A text with the places marked that counted for its importance.
pub(super) fn marked(text: &str, importance: &ImportanceExplanation) -> Markup {
    let end = text
        .char_indices()
        .nth(MOST_LETTERS)
        .map_or(text.len(), |(end, _)| end);
    let mut marks: Vec<(usize, usize, &str)> = Vec::new();
    for part in &importance.parts {
        for span in &part.spans {
            let (from, to) = (span.start as usize, (span.end as usize).min(end));
            if from < to && text.get(from..to).is_some() {
                marks.push((from, to, &part.name));
            }
        }
    }
    marks.sort_unstable();
    let mut pieces: Vec<(&str, Option<&str>)> = Vec::new();
    let mut at = 0;
    for (from, to, name) in marks {
        // Of places that overlap the first counts.
        if from < at {
            continue;
        }
        pieces.push((text.get(at..from).unwrap_or_default(), None));
        pieces.push((text.get(from..to).unwrap_or_default(), Some(name)));
        at = to;
    }
    pieces.push((text.get(at..end).unwrap_or_default(), None));
    html! {
        // bdi: what turns the direction of writing round does so within the text only.
        p.text { bdi {
            @for (piece, part) in pieces {
                @match part {
                    Some(part) => { mark class={ "p-" (part) } title=(part) { (piece) } }
                    None => { (piece) }
                }
            }
            @if end < text.len() { "…" }
        } }
    }
}

/// The parts of a score: a bar, and the numbers. What the stream added to the score of the text
/// alone (waiting, a campaign, what came before) is a part of its own.
pub(super) fn bar(explanation: &Explanation, score: u8) -> Markup {
    let importance = &explanation.importance;
    let mut parts: Vec<(String, i64)> = importance
        .parts
        .iter()
        .map(|part| (part.name.to_string(), i64::from(part.points)))
        .collect();
    let sum: i64 = parts.iter().map(|part| part.1).sum();
    let rest = i64::from(score) - sum;
    if rest != 0 {
        parts.push(("stream".to_owned(), rest));
    }
    let mut at = 0;
    let mut rects: Vec<(i64, i64, &str)> = Vec::new();
    for (name, points) in parts.iter().filter(|part| part.1 > 0) {
        rects.push((at, *points, name));
        at += points;
    }
    let words: Vec<String> = parts
        .iter()
        .map(|(name, points)| format!("{name} {points:+}"))
        .collect();
    let words = words.join(", ");
    html! {
        svg.bar viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label=(words) {
            title { (words) }
            rect.ground x="0" y="0" width="100" height="4" {}
            @for (x, width, name) in rects {
                rect class={ "p-" (name) } x=(x) y="0" width=(width) height="4" {}
            }
        }
        p.parts { @for (name, points) in &parts {
            span { i class={ "key p-" (name) } {} (name.replace('_', " ")) " " (format!("{points:+}")) }
        } }
    }
}
