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
    let ledger = Ledger::of(importance, importance.score);
    let body = html! {
        header { h1 { (words.t("post.title")) } p.warn { (words.t("post.texts")) } }
        section {
            (facts(post, answer, &words))
            (shown(&pieces(&post.text, importance), &words))
            (ledger.show(&words, ""))
        }
        @for head in &explanation.heads { (evidence(head, &words)) }
    };
    document(&words, words.t("post.title"), &body)
}

/// The page of the first of many answered posts: of each its text with the places that counted, and
/// the ledger of its importance. `posts` is how many there are in all.
pub fn answered(
    shown_posts: &[(&Post<'_>, Answer<'_>, Explanation)],
    posts: usize,
    language: Language,
) -> String {
    let words = Words::of(language);
    let body = html! {
        header { h1 { (posts) " " (words.t("posts")) } p.warn { (words.t("post.texts")) } }
        @for (post, answer, explanation) in shown_posts {
            section {
                (facts(post, answer, &words))
                (shown(&pieces(&post.text, &explanation.importance), &words))
                (Ledger::of(&explanation.importance, answer.importance.score).show(&words, ""))
            }
        }
        @if posts > shown_posts.len() { p { "…" } }
    };
    document(&words, words.t("posts"), &body)
}

/// What is said of a post in a few words.
fn facts(post: &Post<'_>, answer: &Answer<'_>, words: &Words) -> Markup {
    let level = format!("{:?}", answer.importance.level).to_lowercase();
    html! {
        p.facts {
            span class={ "level " (level) } { (words.t(&level)) " " (answer.importance.score) }
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
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use hearken::Engine;

    #[test]
    fn the_page_of_many_posts_has_marks_and_ledgers_and_says_how_many_there_are() {
        let engine = Engine::new().expect("an engine");
        let post = Post::new("Where is my refund? <b>");
        let triage = engine.triage(&post, &mut engine.scratch());
        let shown = [(&post, engine.answer(&post, &triage), engine.explain(&post))];
        let page = answered(&shown, 7, Language::En);
        assert!(page.contains("<h1>7 posts</h1>") && page.contains("<mark"));
        assert!(page.contains("&lt;b&gt;") && page.contains("…") && page.contains("<svg"));
    }
}
