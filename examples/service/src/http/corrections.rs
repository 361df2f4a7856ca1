//! Corrections: labels of posts, taken back where they were wrong; and the models made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use hearken::Post;
use hearken::learn::{Correction, Day, Line, Retraction, Target};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, App, Call, Problem, beside, wall};
use crate::auth::Role;
use crate::failure::Failure;
use crate::orders::{Added, NewRow, log_row};
use crate::store::{Asked, Kind, Row, each_row};

/// A label as a request has it: of a post, of several, or of all of a campaign.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Label {
    /// The post.
    pub post: Option<String>,
    /// Posts.
    pub posts: Vec<String>,
    /// A campaign: each of its posts gets a line of its own, which can be taken back.
    pub campaign: Option<String>,
    /// The head.
    pub task: String,
    /// The label that is right.
    pub label: String,
}

/// What is taken back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Back {
    /// Single labels, by the numbers that noting them gave: what each replaced stands again.
    pub rows: Vec<i64>,
    /// All labels of a post …
    pub post: Option<String>,
    /// … and of others.
    pub posts: Vec<String>,
    /// Only those of this head.
    pub task: Option<String>,
    /// All labels by one person.
    pub by: Option<String>,
    /// All labels of one day (UTC), as 2026-03-01.
    pub day: Option<String>,
    /// Why, for those who read the log.
    pub reason: Option<String>,
}

/// Notes labels; the number of each one's row.
///
/// # Errors
/// If the head has no such label, or there is no such post or campaign; as the writer.
pub async fn correct(app: &Arc<App>, call: &Call, label: Label) -> Answer<Vec<i64>> {
    let (of, tenant, by) = (app.clone(), call.tenant.clone(), call.caller.name.clone());
    let rows = beside(move || {
        let engine = tenant.live.engine();
        let labels = engine.labels(&label.task).unwrap_or_default();
        if !labels.contains(&label.label) {
            let tasks: Vec<&str> = engine.tasks().collect();
            return Err(Problem::bad(match labels {
                [] => format!(
                    "there is no head of this name; there are {}",
                    tasks.join(", ")
                ),
                labels => format!("the head has no such label; it has {}", labels.join(", ")),
            }));
        }
        let mut ids: Vec<String> = label.posts.into_iter().chain(label.post).collect();
        if let Some(campaign) = &label.campaign {
            let room = tenant.room();
            ids.extend(room.campaign(campaign).unwrap_or_default().iter().cloned());
        }
        let found = of.store.posts(&tenant.name, &ids)?;
        let found: BTreeMap<&str, &Row> =
            found.iter().map(|row| (row.post.as_str(), row)).collect();
        let at = wall();
        let mut rows = Vec::with_capacity(found.len());
        for row in found.values() {
            let post = Post::from_json(&row.body).map_err(Failure::from)?;
            let line = Line::Learn(Correction {
                post: row.post.clone(),
                task: label.task.clone(),
                text: post.text.into_owned(),
                label: label.label.clone(),
                by: by.clone(),
                at,
            });
            rows.push(log_row(&line, &by, row.triage.clone())?);
        }
        match rows.is_empty() {
            true => {
                let sentence = "there is no such post or campaign; name one by post, posts or \
                                campaign";
                Err(Problem::new(StatusCode::NOT_FOUND, sentence))
            }
            false => Ok(rows),
        }
    })
    .await?;
    Ok(write(app, call, rows)
        .await?
        .into_iter()
        .flatten()
        .collect())
}

/// The labels that stand in rows.
fn labels_of(app: &App, tenant: &str, rows: &BTreeSet<i64>) -> Answer<Vec<Target>> {
    /// Rows that are read at once: those of one request stand one behind another.
    const PAGE: usize = 2_000;
    let mut targets = Vec::new();
    let mut after = rows.first().map_or(0, |first| first.saturating_sub(1));
    while rows.last().is_some_and(|last| after < *last) {
        let asked = Asked {
            tenant,
            after,
            kind: Some(Kind::Learn),
            most: PAGE,
        };
        let page = app.store.rows(&asked)?;
        let Some(end) = page.last() else { break };
        after = end.seq;
        for row in page.iter().filter(|row| rows.contains(&row.seq)) {
            if let Line::Learn(one) = Line::from_json(&row.body).map_err(Failure::from)? {
                targets.push(Target::Label {
                    post: one.post,
                    task: one.task,
                    label: one.label,
                    by: one.by,
                    at: one.at,
                });
            }
        }
    }
    match targets.len() == rows.len() {
        true => Ok(targets),
        false => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "a row has no label, or is not there; name rows that POST /v1/corrections gave",
        )),
    }
}

/// Notes that labels are taken back; how many lines that are.
///
/// # Errors
/// If it names none or several kinds of labels; as the writer.
pub async fn take_back(app: &Arc<App>, call: &Call, back: Back) -> Answer<usize> {
    let by = &call.caller.name;
    let reason = back.reason.filter(|reason| !reason.trim().is_empty());
    let reason = reason.unwrap_or_else(|| format!("taken back by {by}"));
    let posts: Vec<String> = back.posts.into_iter().chain(back.post).collect();
    let task = back.task;
    let rows: BTreeSet<i64> = back.rows.into_iter().collect();
    let targets: Vec<Target> = match (rows.is_empty(), posts.is_empty(), back.by, back.day) {
        (false, true, None, None) if task.is_none() => {
            let (app, tenant) = (app.clone(), call.tenant.clone());
            beside(move || labels_of(&app, &tenant.name, &rows)).await?
        }
        (true, false, None, None) => {
            let of = |post| Target::Post {
                post,
                task: task.clone(),
            };
            posts.into_iter().map(of).collect()
        }
        (true, true, Some(by), None) => vec![Target::By(by)],
        (true, true, None, Some(day)) => {
            vec![Target::Day(
                Day::parse(&day).map_err(|error| Problem::bad(error.to_string()))?,
            )]
        }
        _ => {
            return Err(Problem::bad(
                "write rows, or post or posts (and task), or by, or day",
            ));
        }
    };
    let at = wall();
    let row = |target| {
        let line = Line::Retract(Retraction {
            target,
            reason: reason.clone(),
            at,
        });
        log_row(&line, by, String::new())
    };
    let rows = targets.into_iter().map(row).collect::<Result<_, _>>()?;
    Ok(write(app, call, rows).await?.len())
}

async fn write(app: &App, call: &Call, rows: Vec<NewRow>) -> Answer<Added> {
    let added = app
        .orders
        .rows(&call.tenant.name, call.forgotten, rows)
        .await?;
    app.metrics.corrections.add(added.len() as u64);
    Ok(added)
}

/// What stands after a change of the log.
fn standing(call: &Call, lines: usize) -> Json<Value> {
    let room = call.tenant.room();
    let model = call.tenant.live.engine().fingerprint();
    Json(json!({
        "lines": lines,
        "standing": room.corrections().len(),
        "row": room.learnt(),
        "model": model,
    }))
}

pub(super) async fn add(
    State(app): State<Arc<App>>,
    call: Call,
    Json(label): Json<Label>,
) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    let rows = correct(&app, &call, label).await?;
    let mut answer = standing(&call, rows.len());
    answer.0["rows"] = json!(rows);
    Ok(answer)
}

pub(super) async fn remove(
    State(app): State<Arc<App>>,
    call: Call,
    Json(back): Json<Back>,
) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    let lines = take_back(&app, &call, back).await?;
    Ok(standing(&call, lines))
}

/// The log: a file that `hearken learn` reads.
pub(super) async fn log(State(app): State<Arc<App>>, call: Call) -> Answer<impl IntoResponse> {
    call.must(Role::Agent)?;
    beside(move || {
        let mut lines: Vec<(i64, String)> = Vec::new();
        for kind in [Kind::Learn, Kind::Retract] {
            each_row(&*app.store, &call.tenant.name, 0, Some(kind), |row| {
                lines.push((row.seq, row.body));
                Ok(())
            })?;
        }
        lines.sort_unstable();
        let log: String = lines.into_iter().map(|(_, line)| line + "\n").collect();
        Ok(([(header::CONTENT_TYPE, "application/jsonl")], log))
    })
    .await
}

/// Which models run, and what was judged of the labels.
pub(super) async fn model(call: Call) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    let tenant = &call.tenant;
    let learnt = tenant.learnt();
    let labels = tenant.room().learnt();
    Ok(Json(json!({
        "model": tenant.live.engine().fingerprint(),
        "base": tenant.base.fingerprint(),
        "is_behind": learnt.learnt_to < labels,
        "learnt": learnt,
    })))
}

/// The overlay of a head that runs, as `hearken learn` writes it.
pub(super) async fn overlay(call: Call, Path(head): Path<String>) -> Answer<impl IntoResponse> {
    call.must(Role::Agent)?;
    let overlay = call.tenant.learners().overlay(&head);
    let overlay = overlay.ok_or_else(|| {
        let sentence = "no overlay runs for this head: the base answers alone";
        Problem::new(StatusCode::NOT_FOUND, sentence)
    })?;
    Ok((
        [(header::CONTENT_TYPE, "application/octet-stream")],
        overlay,
    ))
}
