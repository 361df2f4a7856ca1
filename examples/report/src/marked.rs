//! A text with the places that counted marked, and the ledger of parts that sum to its score.

use hearken::explain::{ImportanceExplanation, Span};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::page::Words;
use crate::svg;

/// Characters of a text that are shown; chosen by hand: what is read at a glance.
const MOST_LETTERS: usize = 600;

/// A piece of a text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// What stands there.
    pub text: String,
    /// The parts of the score that it counted for, by name; empty where it counted for none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
}

/// The parts of a score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// From 0 to 100.
    pub score: u8,
    /// The parts; their points sum to `score`.
    pub parts: Vec<LedgerPart>,
}

/// A part of a score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LedgerPart {
    /// Its name, as in answers.
    pub name: String,
    /// Its points.
    pub points: i64,
    /// Why; empty where texts are left out, since reasons quote them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Ledger {
    /// The ledger of an explanation, of which `score` is what holds now: what was changed since is
    /// a part of its own.
    pub(crate) fn of(importance: &ImportanceExplanation, score: u8) -> Ledger {
        let mut parts: Vec<LedgerPart> = importance
            .parts
            .iter()
            .map(|part| LedgerPart {
                name: part.name.to_string(),
                points: i64::from(part.points),
                reason: part.reason.clone(),
            })
            .collect();
        let sum: i64 = parts.iter().map(|part| part.points).sum();
        let since = i64::from(score) - sum;
        if since != 0 {
            parts.push(LedgerPart {
                name: "since".to_owned(),
                points: since,
                reason: String::new(),
            });
        }
        Ledger { score, parts }
    }

    /// The ledger without reasons.
    pub(crate) fn without_reasons(mut self) -> Ledger {
        self.parts.iter_mut().for_each(|part| part.reason.clear());
        self
    }

    /// The bar, with the numbers as a table in `<details>`, where `reason` stands at the end.
    pub(crate) fn show(&self, words: &Words, reason: &str) -> Markup {
        let name = |part: &LedgerPart| words.part(&part.name).to_owned();
        let bars: Vec<(String, &str, i64)> = self
            .parts
            .iter()
            .map(|part| {
                (
                    format!("{} {:+}", name(part), part.points),
                    part.name.as_str(),
                    part.points,
                )
            })
            .collect();
        let title = format!("{} {}", words.t("importance"), self.score);
        html! {
            (svg::ledger(&title, &bars))
            p.parts {
                @for (text, name, _) in &bars { span { i class={ "key p-" (name) } {} (text) } }
            }
            details {
                summary { (words.t("reasons")) }
                table.ledger {
                    @for part in &self.parts {
                        tr {
                            td.n { (format!("{:+}", part.points)) }
                            td { i class={ "key p-" (part.name) } {} (name(part)) }
                            td { bdi { (words.reason(&part.reason)) } }
                        }
                    }
                    tr.sum { td.n { (self.score) } td { (words.t("importance")) } td {} }
                }
                @if !reason.is_empty() { p.note { bdi { (words.reason(reason)) } } }
            }
        }
    }
}

/// A text in pieces, marked where the parts of its score have their evidence. A long text is cut.
pub(crate) fn pieces(text: &str, importance: &ImportanceExplanation) -> Vec<Piece> {
    let end = text
        .char_indices()
        .nth(MOST_LETTERS)
        .map_or(text.len(), |(end, _)| end);
    let marks: Vec<(usize, usize, &str)> = importance
        .parts
        .iter()
        .flat_map(|part| part.spans.iter().map(move |span| (part, span)))
        .filter_map(|(part, span)| {
            let (from, to) = within(text, span, end)?;
            Some((from, to, &*part.name))
        })
        .collect();
    let mut cuts: Vec<usize> = marks
        .iter()
        .flat_map(|(from, to, _)| [*from, *to])
        .collect();
    cuts.extend([0, end]);
    cuts.sort_unstable();
    cuts.dedup();
    let mut pieces: Vec<Piece> = Vec::new();
    for pair in cuts.windows(2) {
        let &[from, to] = pair else { continue };
        let mut parts: Vec<String> = Vec::new();
        for (start, stop, name) in &marks {
            if *start <= from && to <= *stop && !parts.iter().any(|part| part == name) {
                parts.push((*name).to_owned());
            }
        }
        let text = text.get(from..to).unwrap_or_default().to_owned();
        match pieces.last_mut().filter(|last| last.parts == parts) {
            Some(last) => last.text.push_str(&text),
            None => pieces.push(Piece { text, parts }),
        }
    }
    if end < text.len() {
        pieces.push(Piece {
            text: "…".to_owned(),
            parts: Vec::new(),
        });
    }
    pieces
}

/// A span as places between characters before `end`.
fn within(text: &str, span: &Span, end: usize) -> Option<(usize, usize)> {
    let (from, to) = (span.start as usize, (span.end as usize).min(end));
    (from < to && text.is_char_boundary(from) && text.is_char_boundary(to)).then_some((from, to))
}

/// The pieces as HTML.
pub(crate) fn shown(pieces: &[Piece], words: &Words) -> Markup {
    let names = |piece: &Piece| {
        let names: Vec<&str> = piece.parts.iter().map(|part| words.part(part)).collect();
        names.join(", ")
    };
    html! {
        p.text dir="auto" {
            @for piece in pieces {
                @match piece.parts.first() {
                    Some(part) => mark class={ "p-" (part) } title=(names(piece)) { (piece.text) },
                    None => (piece.text),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearken::explain::ImportancePart;

    fn part(name: &'static str, points: i16, spans: &[(u32, u32)]) -> ImportancePart {
        let mut part = ImportancePart::default();
        part.name = name.into();
        part.points = points;
        part.spans = spans
            .iter()
            .map(|&(start, end)| Span { start, end })
            .collect();
        part
    }

    #[test]
    fn pieces_are_the_text_and_marks_may_overlap() {
        let mut importance = ImportanceExplanation::default();
        // The last span lies across a character, and the one before beyond the end.
        importance.parts = vec![
            part("harm", 10, &[(0, 4), (90, 95)]),
            part("urgency", 5, &[(2, 6), (7, 8)]),
        ];
        let text = "lost now žluť";
        let found = pieces(text, &importance);
        let whole: String = found.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, text);
        let marked: Vec<(&str, usize)> = found
            .iter()
            .map(|piece| (piece.text.as_str(), piece.parts.len()))
            .collect();
        assert_eq!(marked[..4], [("lo", 1), ("st", 2), (" n", 1), ("o", 0)]);
        assert_eq!(Ledger::of(&importance, 12).parts[2].points, -3);
    }

    #[test]
    fn a_long_text_is_cut() {
        let text = "é".repeat(2 * MOST_LETTERS);
        let found = pieces(&text, &ImportanceExplanation::default());
        assert_eq!(found[0].text.chars().count(), MOST_LETTERS);
        assert_eq!(found[1].text, "…");
    }
}
