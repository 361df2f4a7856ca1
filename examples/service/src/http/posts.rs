//! Intake: posts in, once each; and what is said of one.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use hearken::{Engine, Post};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Answer, App, Call, Problem, beside, wall};
use crate::auth::Role;
use crate::config::Clock;
use crate::orders::{NewPost, said};
use crate::room::Read;
use crate::store::Row;

/// The longest identifier: that which the library keeps whole.
const MOST_OF_ID: usize = hearken::post::MAX_IDENTIFIER;

/// A line that was not taken.
#[derive(Debug, Serialize)]
struct Rejected {
    /// Its number in the request, from 1.
    line: usize,
    /// Why.
    error: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// Whether the answers are wanted.
    #[serde(default)]
    answers: u8,
}

/// The texts of the posts in a body: an array of JSON, or a post a line.
fn split(body: &str) -> Answer<Vec<(usize, &str)>> {
    if body.trim_start().starts_with('[') {
        let posts: Vec<&RawValue> = serde_json::from_str(body)
            .map_err(|error| Problem::bad(format!("the body is no array of posts: {error}")))?;
        return Ok((1..).zip(posts.into_iter().map(RawValue::get)).collect());
    }
    let lines = (1..).zip(body.lines());
    Ok(lines.filter(|(_, line)| !line.trim().is_empty()).collect())
}

/// A post as its row keeps it: only what hearken reads of it.
fn normal(text: &str, clock: Clock) -> Result<(String, String), String> {
    let mut post = Post::from_json(text).map_err(|error| error.to_string())?;
    let id = post
        .id
        .as_deref()
        .map(str::trim)
        .unwrap_or_default()
        .to_owned();
    if id.is_empty() {
        return Err("it has no id, so that it could not be told from another; add one".to_owned());
    }
    if id.len() > MOST_OF_ID || id.contains('\0') {
        return Err(format!(
            "its id is longer than {MOST_OF_ID} bytes, or holds a zero byte"
        ));
    }
    post.id = Some(id.clone().into());
    if post.created_at.is_none() && clock == Clock::Wall {
        post.created_at = Some(wall());
    }
    let body = serde_json::to_string(&post).map_err(|error| error.to_string())?;
    Ok((id, body))
}

/// Reads posts on all cores.
fn read(engine: &Engine, bodies: Vec<(String, String)>) -> Vec<Result<NewPost, String>> {
    let model = engine.fingerprint();
    engine.map_batch(&bodies, |engine, scratch, (id, body)| {
        // What the row has, not what came: so it is read again the same way.
        let post = Post::from_json(body)
            .map_err(|error| error.to_string())?
            .into_owned();
        let (triage, observation) = engine.observe(&post, scratch);
        let read = Read {
            post,
            triage,
            observation,
        };
        Ok(NewPost {
            id: id.clone(),
            triage: said(engine, &read),
            read,
            model: model.clone(),
            body: body.clone(),
        })
    })
}

/// Takes posts in.
pub(super) async fn take(
    State(app): State<Arc<App>>,
    call: Call,
    Query(asked): Query<Asked>,
    body: Bytes,
) -> Answer<Json<Value>> {
    call.must(Role::Ingest)?;
    let started = Instant::now();
    let (clock, tenant) = (app.config.clock, call.tenant.clone());
    let (posts, rejected) = beside(move || {
        let text = std::str::from_utf8(&body)
            .map_err(|error| Problem::bad(format!("the body is not UTF-8: {error}")))?;
        let (mut bodies, mut numbers, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
        for (line, text) in split(text)? {
            match normal(text, clock) {
                Ok(body) => {
                    bodies.push(body);
                    numbers.push(line);
                }
                Err(error) => rejected.push(Rejected { line, error }),
            }
        }
        let mut posts = Vec::with_capacity(bodies.len());
        for (post, line) in read(&tenant.live.engine(), bodies).into_iter().zip(numbers) {
            match post {
                Ok(post) => posts.push(post),
                Err(error) => rejected.push(Rejected { line, error }),
            }
        }
        Ok((posts, rejected))
    })
    .await?;
    app.metrics.rejected.add(rejected.len() as u64);
    if posts.is_empty() {
        if rejected.is_empty() {
            return Err(Problem::bad(
                "the body has no post; send JSON lines or an array",
            ));
        }
        let first = rejected
            .first()
            .map(|first| format!("line {}: {}", first.line, first.error));
        return Err(Problem::bad(first.unwrap_or_default()));
    }
    let kept: Vec<(String, String)> = posts
        .iter()
        .map(|post| (post.id.clone(), post.read.post.text.to_string()))
        .collect();
    let mut answer = json!({});
    if asked.answers > 0 {
        let lines = posts.iter().map(|post| answered(&post.triage, &post.model));
        answer["answers"] = lines.collect();
    }
    let added = app
        .orders
        .posts(&call.tenant.name, posts)
        .await
        .inspect_err(|refused| {
            if matches!(refused, crate::orders::Refused::Full) {
                app.metrics.refused.add(1);
            }
        })?;
    let accepted = added.iter().flatten().count();
    let known: Vec<(String, String)> = kept
        .into_iter()
        .zip(&added)
        .filter(|(_, added)| added.is_none())
        .map(|(post, _)| post)
        .collect();
    app.metrics.accepted.add(accepted as u64);
    app.metrics.known.add(known.len() as u64);
    answer["accepted"] = accepted.into();
    answer["known"] = known.len().into();
    answer["rejected"] = json!(rejected);
    if !known.is_empty() {
        answer["differ"] = json!(differing(&app, &call, known).await?);
    }
    app.metrics.ingested(started.elapsed());
    Ok(Json(answer))
}

/// The posts that are there with another text: they stay as they came first.
async fn differing(
    app: &Arc<App>,
    call: &Call,
    known: Vec<(String, String)>,
) -> Answer<Vec<String>> {
    let (app, tenant) = (app.clone(), call.tenant.clone());
    beside(move || {
        let ids: Vec<String> = known.iter().map(|(id, _)| id.clone()).collect();
        let rows = app.store.posts(&tenant.name, &ids)?;
        let differs = |(id, text): &(String, String)| {
            let row = rows.iter().find(|row| row.post == *id);
            let before = row.and_then(|row| Post::from_json(&row.body).ok());
            before.is_some_and(|before| before.text != **text)
        };
        Ok(known
            .iter()
            .filter(|one| differs(one))
            .map(|(id, _)| id.clone())
            .collect())
    })
    .await
}

/// What was said of a post, with the models that said it.
pub(super) fn answered(triage: &str, model: &str) -> Value {
    let mut answer: Value = serde_json::from_str(triage).unwrap_or_default();
    answer["model"] = model.into();
    answer
}

/// A post by its identifier.
///
/// # Errors
/// 404 if there is none; as the store.
pub(super) fn row_of(app: &App, call: &Call, id: &str) -> Answer<Row> {
    let rows = app.store.posts(&call.tenant.name, &[id.to_owned()])?;
    let row = rows.into_iter().next();
    row.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "there is no post of this id"))
}

/// A post, what was said of it, and why.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    call: Call,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    beside(move || {
        let row = row_of(&app, &call, &id)?;
        let tenant = &call.tenant;
        let engine = tenant
            .engine(&row.model)
            .unwrap_or_else(|| tenant.live.engine().clone());
        let post = Post::from_json(&row.body).map_err(crate::failure::Failure::from)?;
        let campaign = tenant
            .room()
            .campaign_of(&id)
            .map(|(campaign, _)| campaign.to_owned());
        Ok(Json(json!({
            "post": serde_json::from_str::<Value>(&row.body).unwrap_or_default(),
            "answer": answered(&row.triage, &row.model),
            "explanation": engine.explain(&post),
            "campaign": campaign,
        })))
    })
    .await
}

/// A text that is only looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    /// What it says.
    pub(super) text: String,
}

/// What is said of a text, and why; it is not kept.
pub(super) async fn explain(call: Call, Json(asked): Json<Text>) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    beside(move || {
        let engine = call.tenant.live.engine();
        let post = Post::new(asked.text.as_str());
        let triage = engine.triage(&post, &mut engine.scratch());
        let answer = serde_json::to_string(&engine.answer(&post, &triage));
        let answer = answer.map_err(crate::failure::Failure::from)?;
        Ok(Json(json!({
            "answer": answered(&answer, &engine.fingerprint()),
            "explanation": engine.explain(&post),
        })))
    })
    .await
}
