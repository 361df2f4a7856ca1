//! One post as a page: its text with the places that counted, the ledger of its importance, and the
//! evidence of each head.

use hearken::explain::{Explanation, HeadExplanation, SCALE};
use hearken::text::Language;
use hearken::{Answer, Post};
use maud::{Markup, html};

use crate::marked::{Ledger, pieces, shown};
use crate::page::{Words, document};

/// Parts of a head's evidence that are shown, the strongest; of the others the sum is. As the table
/// of `hearken explain` has them.
const MOST_PARTS: usize = 8;

/// The page of one post with its answer and the reasons of it, in a language of
/// [`LANGUAGES`](crate::LANGUAGES).
pub fn explained(
    post: &Post<'_>,
    answer: &Answer<'_>,
    explanation: &Explanation,
    language: Language,
) -> String {
    let words = Words::of(language);
    let importance = &explanation.importance;
    let level = format!("{:?}", importance.level).to_lowercase();
    let ledger = Ledger::of(importance, importance.score);
    let body = html! {
        header { h1 { (words.t("post.title")) } p.warn { (words.t("post.texts")) } }
        section {
            p.facts {
                span class={ "level " (level) } { (words.t(&level)) " " (importance.score) }
                @if let Some(id) = &post.id { span.id { bdi { (id) } } }
                @if let Some(channel) = &post.channel { span { bdi { (channel) } } }
                span { (answer.language.code) }
                @for topic in &answer.topics { span { (topic.id) " " (probability(topic.probability)) } }
                @if let Some(sentiment) = &answer.sentiment {
                    @let label = format!("{:?}", sentiment.label).to_lowercase();
                    span { (words.t(&label)) }
                }
                @if let Some(spam) = &answer.spam {
                    span { (words.t("spam")) " " (probability(spam.probability)) }
                }
            }
            (shown(&pieces(&post.text, importance), &words))
            (ledger.show(&words, ""))
        }
        @for head in &explanation.heads { (evidence(head, &words)) }
    };
    document(&words, words.t("post.title"), &body)
}

fn probability(probability: f32) -> String {
    format!("{probability:.2}")
}

/// The evidence of a head: weights in the model's unit, which sum to its margin.
fn evidence(head: &HeadExplanation, words: &Words) -> Markup {
    let unit = |weight: i64| format!("{:+.3}", weight as f64 / SCALE as f64);
    let (strong, rest) = head.evidence.split_at(head.evidence.len().min(MOST_PARTS));
    let rest: i64 = rest.iter().map(|part| part.weight).sum();
    html! {
        section {
            h2 { (head.head) ": " (head.label) " " (probability(head.probability)) }
            div.wide { table {
                @for part in strong {
                    tr { td.n { (unit(part.weight)) } td { (part.kind) } td { bdi { (part.text) } } }
                }
                @if head.evidence.len() > strong.len() {
                    tr { td.n { (unit(rest)) } td { (words.t("post.rest")) } td {} }
                }
                tr.sum { td.n { (unit(head.margin)) } td { (words.t("post.margin")) } td {} }
            } }
        }
    }
}
