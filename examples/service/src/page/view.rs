//! The HTML of the page.

use std::collections::BTreeMap;

use hearken::Post;
use hearken::explain::Explanation;
use hearken::text::Language;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::Done;
use super::ledger::{bar, marked};
use crate::http::suggest::suggestions;
use crate::http::{Call, Case, Filter};

/// Cases of a page, if it is not said otherwise. By hand: some screens.
pub(super) const CASES: usize = 25;

fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/page.css";
                link rel="icon" href="data:,";
                script src="/page.js" defer {}
            }
            body { (body) }
        }
    }
}

/// The page where a token is given.
pub(super) fn login(problem: Option<&str>) -> Markup {
    document(
        "hearken: log in",
        &html! {
            main.login {
                h1 { "hearken" }
                form method="post" action="/login" {
                    label for="token" { "Your token" }
                    input #token type="password" name="token" autocomplete="current-password" required autofocus;
                    button { "Log in" }
                }
                @if let Some(problem) = problem { p.problem role="alert" { (problem) } }
            }
        },
    )
}

/// The page of the queue.
pub(super) fn queue(call: &Call, filter: &Filter, done: &Done, cases: &[Case]) -> Markup {
    let back = query(filter);
    let room = call.tenant.room();
    let waiting = room.desk().queue().map_or(0, |queue| queue.len());
    let alerts = room.alerts_after(room.told().saturating_sub(5));
    let told = room.told();
    drop(room);
    document(
        "hearken: queue",
        &html! {
            header {
                h1 { "hearken" }
                p { b { (waiting) } " cases wait" }
                form.inline method="post" action="/act" {
                    (hidden("what", "claim")) (hidden("back", &back))
                    button data-key="n" { kbd { "n" } " next case" }
                }
                p.who { (call.caller.name) " · " (call.tenant.name) }
                form.inline method="post" action="/logout" { button { "log out" } }
            }
            (flash(done, &back))
            (filters(call, filter))
            div.columns {
                main #cases {
                    @if cases.is_empty() { p.empty { "Nothing waits here." } }
                    @for case in cases { (one(call, case, &back, done.of == case.place.post)) }
                }
                aside {
                    section {
                        h2 { "Alerts" }
                        ol #alerts data-told=(told) aria-live="polite" {
                            @for told in alerts.iter().rev() {
                                li { span.severity title="severity" { (told.alert.severity) } " " bdi { (told.sentence) } }
                            }
                        }
                        p.none { "New ones appear here as they happen." }
                    }
                    section {
                        h2 { "Look at a text" }
                        form #look method="post" action="/act" {
                            (hidden("what", "look"))
                            label for="pasted" { kbd { "p" } " paste it here; it is not kept" }
                            textarea #pasted name="text" rows="4" data-key="p" {}
                            button { "look" }
                        }
                        div #looked {}
                    }
                    section.keys {
                        h2 { "Keys" }
                        p { kbd { "j" } " " kbd { "k" } " down and up · " kbd { "u" } " undo · "
                            kbd { "f" } " filter · " kbd { "Esc" } " leave a field · "
                            kbd { "Ctrl" } "+" kbd { "Enter" } " send an answer" }
                    }
                }
            }
        },
    )
}

fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// What was done, with what undoes it.
fn flash(done: &Done, back: &str) -> Markup {
    html! {
        div #flash role="status" {
            @if !done.done.is_empty() {
                span { (done.done) }
                @if !done.undo.is_empty() {
                    form.inline method="post" action="/act" {
                        (hidden("what", "undo")) (hidden("rows", &done.undo))
                        (hidden("post", &done.of)) (hidden("back", back))
                        button data-key="u" { kbd { "u" } " undo" }
                    }
                }
            }
        }
    }
}

fn filters(call: &Call, filter: &Filter) -> Markup {
    let topics = call
        .tenant
        .base
        .taxonomy()
        .topics
        .iter()
        .map(|topic| topic.id.as_str());
    let select = |name: &str, shown: &str, chosen: &str, values: Vec<(&str, &str)>| {
        html! {
            label { (shown) " "
                select name=(name) {
                    option value="" { "all" }
                    @for (value, text) in values {
                        option value=(value) selected[value == chosen] { (text) }
                    }
                }
            }
        }
    };
    let same = |values: &[&'static str]| values.iter().map(|value| (*value, *value)).collect();
    let languages = Language::ALL.map(Language::code);
    html! {
        form #filter method="get" action="/queue" {
            (select("topic", "topic", &filter.topic, topics.map(|id| (id, id)).collect()))
            (select("language", "language", &filter.language, same(&languages)))
            (select("lane", "lane", &filter.lane, same(&["fast", "normal", "deferred", "idle", "suspected"])))
            label { "channel " input name="channel" value=(filter.channel) size="8" maxlength="64" data-key="f"; }
            label { input type="checkbox" name="order" value="unsure" checked[filter.order == "unsure"]; " least sure first" }
            button { "show" }
        }
    }
}

/// A query as the filter has it.
fn query(filter: &Filter) -> String {
    let pairs = [
        ("topic", &filter.topic),
        ("language", &filter.language),
        ("channel", &filter.channel),
        ("lane", &filter.lane),
        ("order", &filter.order),
    ];
    let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> = pairs
        .map(|(name, value)| format!("{name}={}", super::act::encoded(value)))
        .collect();
    pairs.join("&")
}

/// A case.
fn one(call: &Call, case: &Case, back: &str, is_last: bool) -> Markup {
    let place = &case.place;
    let tenant = &call.tenant;
    let engine = case.answer["model"]
        .as_str()
        .and_then(|model| tenant.engine(model));
    let engine = engine.unwrap_or_else(|| tenant.live.engine().clone());
    let post = Post::from_json(&case.body).unwrap_or_default();
    let explanation = engine.explain(&post);
    let level = format!("{:?}", place.level).to_lowercase();
    let lane = format!("{:?}", place.lane).to_lowercase();
    let mine = case
        .claimed
        .as_ref()
        .is_some_and(|(agent, _)| *agent == call.caller.name);
    let posts = place.posts.join("\n");
    // The list of topics begins with the one that counts.
    let topic = case.answer.pointer("/topics/0/id").and_then(Value::as_str);
    let topic = case
        .labels
        .get("topic")
        .map_or(topic.unwrap_or_default(), String::as_str);
    let common = html! {
        (hidden("post", &place.post)) (hidden("posts", &posts)) (hidden("back", back))
    };
    html! {
        article.case tabindex="-1" id={ "case-" (place.post) } data-last[is_last] {
            p.facts {
                span class={ "level " (level) } { (level) " " (place.score) }
                span { (lane) }
                @if let Some(channel) = &place.channel { span { bdi { (channel) } } }
                span.id { bdi { (place.post) } }
                @if place.count > 1 { span { (place.count) " posts" } }
                span { "waits " (span(place.waited)) }
                @if place.overdue_by > 0 { span.overdue { "overdue " (span(place.overdue_by)) } }
                @if let Some((agent, _)) = &case.claimed {
                    span.claimed { @if mine { "yours" } @else { "with " bdi { (agent) } } }
                }
            }
            (marked(&post.text, &explanation.importance))
            (bar(&explanation, place.score))
            (symbols(&case.answer, &case.labels))
            p.why { bdi { (place.reason) } }
            div.buttons {
                (label_button(&common, "s", "spam", "spam", "spam"))
                (label_button(&common, "h", "spam", "ham", "no spam"))
                (label_button(&common, "1", "sentiment", "negative", "negative"))
                (label_button(&common, "2", "sentiment", "neutral", "neutral"))
                (label_button(&common, "3", "sentiment", "positive", "positive"))
                form.inline method="post" action="/act" {
                    (common) (hidden("what", "label")) (hidden("task", "topic"))
                    label { kbd { "t" } " topic "
                        select name="label" data-key="t" {
                            @if topic.is_empty() { option value="" selected disabled { "which?" } }
                            @for label in engine.labels("topic").unwrap_or_default() {
                                option selected[*label == topic] { (label) }
                            }
                        }
                    }
                    button { "set" }
                }
                @if let Some((campaign, count)) = &case.campaign {
                    form.inline method="post" action="/act" {
                        (common) (hidden("what", "campaign")) (hidden("campaign", campaign))
                        (hidden("task", "spam")) (hidden("label", "spam"))
                        button data-key="l" { kbd { "l" } " all " (count) " of the campaign: spam" }
                    }
                }
                form.inline method="post" action="/act" {
                    (common)
                    @if mine {
                        (hidden("what", "release"))
                        button data-key="r" { kbd { "r" } " release" }
                    } @else {
                        (hidden("what", "claim"))
                        button data-key="c" { kbd { "c" } " claim" }
                    }
                }
            }
            (answer_form(call, &post.text, &common))
        }
    }
}

fn label_button(common: &Markup, key: &str, task: &str, label: &str, shown: &str) -> Markup {
    html! {
        form.inline method="post" action="/act" {
            (common) (hidden("what", "label")) (hidden("task", task)) (hidden("label", label))
            button data-key=(key) { kbd { (key) } " " (shown) }
        }
    }
}

/// Where the answer is written, with the answers that are suggested.
fn answer_form(call: &Call, text: &str, common: &Markup) -> Markup {
    let found = suggestions(&call.tenant, text);
    let found = found
        .as_ref()
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    html! {
        form.answer method="post" action="/act" {
            (common) (hidden("what", "answer"))
            input type="hidden" name="entry" value="";
            @for (at, one) in found.iter().enumerate() {
                @let key = ["g", "b", "v"].get(at).copied().unwrap_or_default();
                button.suggestion type="button" data-key=(key)
                    data-entry=(one["entry"].as_str().unwrap_or_default())
                    data-answer=(one["answer"].as_str().unwrap_or_default()) {
                    kbd { (key) } " " (percent(&one["probability"])) " "
                    bdi { (one["answer"].as_str().unwrap_or_default()) }
                }
            }
            textarea name="text" rows="2" data-key="a" placeholder="a: write the answer" aria-label="answer" {}
            button data-key="e" { kbd { "e" } " answered" }
        }
    }
}

fn percent(probability: &Value) -> String {
    format!("{:.0} %", probability.as_f64().unwrap_or_default() * 100.0)
}

/// What the models say, and what people said since, in a line.
fn symbols(answer: &Value, labels: &BTreeMap<String, String>) -> Markup {
    let text = |pointer: &str| {
        answer
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or("–")
            .to_owned()
    };
    let topics = answer["topics"].as_array().cloned().unwrap_or_default();
    html! {
        p.symbols title=[answer["model"].as_str().map(|model| format!("models {model}"))] {
            span { "language " b { (text("/language/code")) } }
            span { "spam " b { (text("/spam/verdict")) } " " (percent(&answer["spam"]["probability"])) }
            span { "sentiment " b { (text("/sentiment/label")) } }
            @for topic in &topics {
                span { "topic " b { (topic["id"].as_str().unwrap_or_default()) } " " (percent(&topic["probability"])) }
            }
            @for (task, label) in labels { span.said { "a person says: " (task) " " b { (label) } } }
        }
    }
}

/// What the models say of a pasted text: a part of the page.
pub(super) fn looked_at(text: &str, answer: &Value, explanation: &Explanation) -> Markup {
    let score = explanation.importance.score;
    document(
        "hearken: a text",
        &html! {
            main #looked {
                (marked(text, &explanation.importance))
                (bar(explanation, score))
                (symbols(answer, &BTreeMap::new()))
                @for head in &explanation.heads {
                    p.head { b { (head.head) } ": " (head.label) " "
                        @for part in head.evidence.iter().take(6) {
                            span.evidence { bdi { (part.text) } " "
                                (format!("{:+.2}", part.weight as f64 / hearken::explain::SCALE as f64)) }
                        }
                    }
                }
            }
        },
    )
}

/// A span for people: minutes, hours or days.
fn span(milliseconds: i64) -> String {
    let minutes = milliseconds / 60_000;
    match minutes {
        ..60 => format!("{minutes} min"),
        60..2_880 => format!("{} h {:02}", minutes / 60, minutes % 60),
        _ => format!("{} d", minutes / 1_440),
    }
}
