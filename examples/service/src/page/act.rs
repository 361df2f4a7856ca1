//! What an agent does on the page: one form for all of it, answered by the page as it is then.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use hearken::Post;
use serde::Deserialize;

use super::view;
use crate::auth::Role;
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
            !pair.is_empty() && !["done", "undo", "of", "campaign"].contains(&name)
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
        ..
    } = deed;
    let posts: Vec<String> = posts.lines().map(str::to_owned).collect();
    let said = |done: String| Ok(vec![("done", done), ("of", post.clone())]);
    match what.as_str() {
        "label" | "campaign" => {
            let is_one = campaign.is_empty();
            let wanted = Label {
                post: is_one.then(|| post.clone()),
                campaign: (!is_one).then(|| campaign.clone()),
                task: task.clone(),
                label: label.clone(),
                posts: Vec::new(),
            };
            let count = correct(app, &call, wanted).await?;
            let done = match is_one {
                true => format!("Labelled: {task} is {label}."),
                false => format!("{count} posts of the campaign labelled: {task} is {label}."),
            };
            Ok(vec![
                ("done", done),
                ("undo", task),
                ("of", post),
                ("campaign", campaign),
            ])
        }
        "undo" => {
            let of_campaign = call
                .tenant
                .room()
                .campaign(&campaign)
                .map(<[String]>::to_vec);
            let back = Back {
                posts: of_campaign.unwrap_or_else(|| vec![post.clone()]),
                task: Some(task),
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
