//! What an agent does on the page: one form for all of it, answered by the page as it is then.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use hearken::Post;
use serde::Deserialize;

use super::view;
use crate::auth::Role;
use crate::campaigns::MOST_OF_CAMPAIGN;
use crate::http::{
    Answer, App, Back, Call, Given, Label, Problem, answer, beside, claim, correct, release,
    take_back,
};

/// A form of the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Deed {
    /// What is done: `label`, `campaign`, `undo`, `claim`, `release`, `answer` or `look`.
    what: String,
    /// The post that it is done to.
    post: String,
    /// The posts of its case, parted by line ends.
    posts: String,
    campaign: String,
    task: String,
    label: String,
    text: String,
    entry: String,
    /// The labels that are taken back, as [`Done::undo`](super::Done::undo) has them.
    rows: String,
    /// The query of the page that it was done on.
    back: String,
}

/// Does it, and goes back to the page.
pub(super) async fn act(
    State(app): State<Arc<App>>,
    call: Call,
    Form(deed): Form<Deed>,
) -> Answer<Response> {
    call.must(Role::Agent)?;
    if deed.what == "look" {
        return look(call, deed.text).await;
    }
    let (back, post) = (deed.back.clone(), deed.post.clone());
    match done(&app, call, deed).await {
        Ok(done) => {
            let done: Vec<(&str, &str)> =
                done.iter().map(|(name, value)| (*name, &**value)).collect();
            Ok(go_back(&back, &done))
        }
        // Said on the page, where the agent looks.
        Err(problem) => Ok(go_back(
            &back,
            &[("done", problem.sentence()), ("of", &post)],
        )),
    }
}

/// The same page, with what was done.
fn go_back(query: &str, done: &[(&str, &str)]) -> Response {
    let mut query: Vec<String> = query
        .split('&')
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !pair.is_empty() && !["done", "undo", "of"].contains(&name)
        })
        .map(str::to_owned)
        .collect();
    let pairs = done.iter().filter(|(_, value)| !value.is_empty());
    query.extend(pairs.map(|(name, value)| format!("{name}={}", encoded(value))));
    Redirect::to(&format!("/queue?{}", query.join("&"))).into_response()
}

/// A value of a query.
pub(super) fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                text.push(char::from(byte));
            }
            _ => text += &format!("%{byte:02X}"),
        }
    }
    text
}

/// The numbers from the first to the last, as `17-19`.
fn rows_of(text: &str) -> Answer<Vec<i64>> {
    let ends = text.split_once('-');
    let ends = ends.and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    match ends {
        Some((first, last)) if (0..MOST_OF_CAMPAIGN as i64).contains(&(last - first)) => {
            Ok((first..=last).collect())
        }
        _ => Err(Problem::bad(
            "the page asked to take back what can't be; load it again",
        )),
    }
}

/// Carries it out; what the page is to say.
async fn done(app: &Arc<App>, call: Call, deed: Deed) -> Answer<Vec<(&'static str, String)>> {
    let Deed {
        what,
        post,
        posts,
        campaign,
        task,
        label,
        text,
        entry,
        rows,
        ..
    } = deed;
    let posts: Vec<String> = posts.lines().map(str::to_owned).collect();
    let said = |done: String| Ok(vec![("done", done), ("of", post.clone())]);
    match what.as_str() {
        "label" | "campaign" => {
            let is_one = campaign.is_empty();
            let wanted = Label {
                post: is_one.then(|| post.clone()),
                campaign: (!is_one).then_some(campaign),
                task: task.clone(),
                label: label.clone(),
                posts: Vec::new(),
            };
            let rows = correct(app, &call, wanted).await?;
            let count = rows.len();
            let done = match is_one {
                true => format!("Labelled: {task} is {label}."),
                false => format!("{count} posts of the campaign labelled: {task} is {label}."),
            };
            let undo = rows.first().zip(rows.last());
            let undo = undo.map(|(first, last)| format!("{first}-{last}"));
            Ok(vec![
                ("done", done),
                ("undo", undo.unwrap_or_default()),
                ("of", post),
            ])
        }
        "undo" => {
            let back = Back {
                rows: rows_of(&rows)?,
                ..Back::default()
            };
            let count = take_back(app, &call, back).await?;
            said(format!("Taken back: {count}."))
        }
        "claim" => {
            let app = app.clone();
            let wanted = Some(post.clone()).filter(|post| !post.is_empty());
            let case = beside(move || claim(&app, &call, wanted.as_deref())).await?;
            Ok(match case {
                Some(case) => vec![("done", "Yours.".to_owned()), ("of", case.place.post)],
                None => vec![("done", "Nothing waits that nobody works on.".to_owned())],
            })
        }
        "release" => {
            let app = app.clone();
            beside(move || release(&app, &call, &posts)).await?;
            said("Released.".to_owned())
        }
        "answer" => {
            let given = Given {
                post: post.clone(),
                posts,
                text: Some(text).filter(|text| !text.trim().is_empty()),
                entry: Some(entry).filter(|entry| !entry.is_empty()),
                at: None,
            };
            answer(app, call, given).await?;
            said("Answered.".to_owned())
        }
        _ => Err(Problem::bad(
            "the page asked for what is not known; load it again",
        )),
    }
}

/// What the models say of a text that somebody pasted.
async fn look(call: Call, text: String) -> Answer<Response> {
    beside(move || {
        let engine = call.tenant.live.engine();
        let post = Post::new(text.as_str());
        let triage = engine.triage(&post, &mut engine.scratch());
        let answer = engine.answer(&post, &triage);
        let answer = serde_json::to_value(&answer).map_err(crate::failure::Failure::from)?;
        let page = view::looked_at(&text, &answer, &engine.explain(&post));
        Ok(Html(page.into_string()).into_response())
    })
    .await
}
