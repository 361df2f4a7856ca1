//! The queue: what to answer next; cases are claimed, released and answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use hearken::queue::Place;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::posts::answered;
use super::{Answer, App, Call, Problem, beside, wall};
use crate::auth::Role;
use crate::orders::answer_row;
use crate::room::{Answered, Room};
use crate::store::{Claim, Lease, Row};

/// Cases of a list, if it is not said otherwise; and at most.
const COUNT: usize = 50;
const MOST: usize = 1_000;
/// Cases that are looked through for those that a filter asks for. By hand: a page's worth of any
/// topic is among them.
const MOST_FILTERED: usize = 2_000;
/// Cases beyond those claimed that an agent who claims is offered: more than there are agents who
/// claim at the same moment. By hand.
const OFFERED: usize = 96;

/// What is asked for of the queue.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Most cases; 50, if it is not said.
    pub count: Option<usize>,
    /// Those that name this topic.
    pub topic: String,
    /// Those in this language.
    pub language: String,
    /// Those of this channel.
    pub channel: String,
    /// Those in this lane: `fast`, `normal`, `deferred`, `idle`, or `suspected` (what may be
    /// spam).
    pub lane: String,
    /// `unsure`: those that the models are least sure of first.
    pub order: String,
}

/// A case with what an agent needs to see of it.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Its place.
    #[serde(flatten)]
    pub place: Place,
    /// The text of the post to open.
    pub text: String,
    /// The language that the models found.
    pub answer: Value,
    /// The campaign that it belongs to, with how many posts it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<(String, usize)>,
    /// The labels that people gave it and that stand, by head.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Who works on it, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed: Option<(String, i64)>,
    /// The post as it came.
    #[serde(skip)]
    pub body: String,
}

impl Filter {
    fn is_plain(&self) -> bool {
        [
            &self.topic,
            &self.language,
            &self.channel,
            &self.lane,
            &self.order,
        ]
        .iter()
        .all(|field| field.is_empty())
    }

    fn wants(&self, case: &Case) -> bool {
        let is = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        let text = |pointer: &str| case.answer.pointer(pointer).and_then(Value::as_str);
        let topics = case.answer["topics"].as_array().into_iter().flatten();
        let mut topics = topics.filter_map(|topic| topic["id"].as_str());
        let lane = format!("{:?}", case.place.lane).to_lowercase();
        is(&self.language, text("/language/code").unwrap_or_default())
            && is(
                &self.channel,
                case.place.channel.as_deref().unwrap_or_default(),
            )
            && (self.topic.is_empty() || topics.any(|topic| topic == self.topic))
            && (self.lane == SUSPECTED || is(&self.lane, &lane))
    }
}

/// The lane of what may be spam.
const SUSPECTED: &str = "suspected";

/// How unsure the models are of a post, from 0 to 1: of spam or of the sentiment, whichever more.
fn doubt(answer: &Value) -> f64 {
    let spam = answer.pointer("/spam/probability").and_then(Value::as_f64);
    let spam = spam.map_or(0.0, |spam| 1.0 - (2.0 * spam - 1.0).abs());
    let sentiment = answer
        .pointer("/sentiment/probability")
        .and_then(Value::as_object);
    let largest = sentiment
        .into_iter()
        .flatten()
        .filter_map(|(_, value)| value.as_f64());
    let largest = largest.fold(f64::NAN, f64::max);
    let sentiment = if largest.is_nan() { 0.0 } else { 1.0 - largest };
    spam.max(sentiment)
}

/// The cases that a filter asks for, in their order.
///
/// # Errors
/// As the store.
pub fn cases(app: &App, call: &Call, filter: &Filter) -> Answer<Vec<Case>> {
    let count = filter.count.unwrap_or(COUNT).clamp(1, MOST);
    let looked_at = if filter.is_plain() {
        count
    } else {
        MOST_FILTERED
    };
    let places = {
        let room = call.tenant.room();
        let queue = room.desk().queue();
        match (filter.lane.as_str(), queue) {
            (SUSPECTED, Some(queue)) => queue.suspected(looked_at),
            _ => waiting(&room, looked_at),
        }
    };
    let mut cases = filled(app, call, places)?;
    cases.retain(|case| filter.wants(case));
    if filter.order == "unsure" {
        // Ties stay in the order of the queue.
        cases.sort_by(|one, other| doubt(&other.answer).total_cmp(&doubt(&one.answer)));
    }
    cases.truncate(count);
    Ok(cases)
}

/// The first places of the queue, without posts that a person calls spam: of what may be spam the
/// queue shows a sample, to be judged.
fn waiting(room: &Room, count: usize) -> Vec<Place> {
    let mut places = room.desk().next(count);
    places.retain(|place| !room.is_labelled_spam(&place.post));
    places
}

/// Places with what an agent needs to see.
fn filled(app: &App, call: &Call, places: Vec<Place>) -> Answer<Vec<Case>> {
    let tenant = &call.tenant;
    let ids: Vec<String> = places.iter().map(|place| place.post.clone()).collect();
    let rows = app.store.posts(&tenant.name, &ids)?;
    let rows: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.post.as_str(), row)).collect();
    let leases = app.store.leases(&tenant.name, wall())?;
    let leases: BTreeMap<&str, &Lease> = leases
        .iter()
        .map(|lease| (lease.post.as_str(), lease))
        .collect();
    let room = tenant.room();
    let labels = |post: &str| -> BTreeMap<String, String> {
        let label = |task: &str| room.corrections().label(task, post).map(str::to_owned);
        let tasks = tenant.base.tasks();
        tasks
            .filter_map(|task| Some((task.to_owned(), label(task)?)))
            .collect()
    };
    let case = |place: Place| {
        let row = rows.get(place.post.as_str());
        let body = row.map(|row| row.body.clone()).unwrap_or_default();
        let post: Value = serde_json::from_str(&body).unwrap_or_default();
        let claimed = place
            .posts
            .iter()
            .find_map(|post| leases.get(post.as_str()));
        Case {
            text: post["text"].as_str().unwrap_or_default().to_owned(),
            answer: row.map_or(Value::Null, |row| answered(&row.triage, &row.model)),
            campaign: room
                .campaign_of(&place.post)
                .map(|(campaign, posts)| (campaign.to_owned(), posts.len())),
            labels: labels(&place.post),
            claimed: claimed.map(|lease| (lease.agent.clone(), lease.until)),
            body,
            place,
        }
    };
    Ok(places.into_iter().map(case).collect())
}

/// Gives the first case that nobody works on, or that of a post, to who calls.
///
/// # Errors
/// 404 if the post waits in no case, 409 if another works on it; as the store.
pub fn claim(app: &App, call: &Call, post: Option<&str>) -> Answer<Option<Case>> {
    let tenant = &call.tenant;
    let now = wall();
    let seconds = i64::try_from(app.config.limits.lease_seconds).unwrap_or(i64::MAX / 1_000);
    let until = now.saturating_add(seconds.saturating_mul(1_000));
    let held = app.store.leases(&tenant.name, now)?;
    let mut places = {
        let room = tenant.room();
        let desk = room.desk();
        match post {
            // What may be spam can be worked on, too.
            Some(_) => {
                let suspected = desk.queue().map(|queue| queue.suspected(usize::MAX));
                let all = desk.next(usize::MAX).into_iter();
                all.chain(suspected.into_iter().flatten()).collect()
            }
            None => waiting(&room, held.len().saturating_add(OFFERED)),
        }
    };
    match post {
        Some(post) => places.retain(|place: &Place| place.posts.iter().any(|of| of == post)),
        None => {
            // Those that others hold anyway need not be tried.
            let is_held = |id: &String| held.iter().any(|lease| lease.post == *id);
            places.retain(|place| !place.posts.iter().any(is_held));
        }
    }
    if let (Some(_), true) = (post, places.is_empty()) {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "this post waits in no case",
        ));
    }
    let cases: Vec<Vec<String>> = places.iter().map(|place| place.posts.clone()).collect();
    let claimed = app.store.claim(&Claim {
        tenant: &tenant.name,
        agent: &call.caller.name,
        now,
        until,
        cases: &cases,
    })?;
    let Some(place) = claimed.and_then(|at| places.into_iter().nth(at)) else {
        return match post {
            Some(_) => Err(Problem::new(
                StatusCode::CONFLICT,
                "another agent works on this case",
            )),
            None => Ok(None),
        };
    };
    app.metrics.claimed.add(1);
    Ok(filled(app, call, vec![place])?.pop())
}

/// Ends the claims that who calls has on posts; how many there were.
///
/// # Errors
/// As the store.
pub fn release(app: &App, call: &Call, posts: &[String]) -> Answer<usize> {
    Ok(app
        .store
        .release(&call.tenant.name, &call.caller.name, posts)?)
}

/// An answer as a request has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The post that is answered.
    pub post: String,
    /// The other posts of its case, whose claims end with it.
    #[serde(default)]
    pub posts: Vec<String>,
    /// What was answered, if it is to be kept.
    pub text: Option<String>,
    /// The entry of the FAQ that was taken.
    pub entry: Option<String>,
    /// When, in milliseconds since the Unix epoch; now, if it is not said.
    pub at: Option<i64>,
}

/// Takes note that who calls answered a post; whether it is new.
///
/// # Errors
/// 404 if there is no such post, 409 if another works on it; as the writer.
pub async fn answer(app: &Arc<App>, call: Call, given: Given) -> Answer<bool> {
    let reading = (app.clone(), given.post.clone());
    let (call, row) = beside(move || {
        let (app, post) = reading;
        let row = super::posts::row_of(&app, &call, &post)?;
        let leases = app.store.leases(&call.tenant.name, wall())?;
        let other = leases
            .iter()
            .any(|lease| lease.post == post && lease.agent != call.caller.name);
        if other {
            let conflict = StatusCode::CONFLICT;
            return Err(Problem::new(conflict, "another agent works on this case"));
        }
        Ok((call, row))
    })
    .await?;
    let body: Value = serde_json::from_str(&row.body).unwrap_or_default();
    let answer = Answered {
        channel: body["channel"].as_str().map(str::to_owned),
        at: given.at.unwrap_or_else(|| app.time(&call.tenant)),
        text: given.text,
        entry: given.entry,
        post: given.post.clone(),
    };
    let mut posts = given.posts;
    posts.push(given.post);
    let row = answer_row(&answer, &call.caller.name, posts)?;
    let added = app
        .orders
        .rows(&call.tenant.name, call.forgotten, vec![row])
        .await?;
    let is_new = added.iter().flatten().count() > 0;
    app.metrics.answered.add(u64::from(is_new));
    Ok(is_new)
}

/// What to answer next.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    call: Call,
    Query(filter): Query<Filter>,
) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    beside(move || {
        let cases = cases(&app, &call, &filter)?;
        let room = call.tenant.room();
        let queue = room.desk().queue();
        let now = queue.and_then(|queue| queue.watermark());
        let waiting = queue.map_or(0, |queue| queue.len());
        Ok(Json(
            json!({"now": now, "waiting": waiting, "cases": cases}),
        ))
    })
    .await
}

/// A case by a post.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Which {
    post: Option<String>,
    posts: Vec<String>,
}

pub(super) async fn claim_one(
    State(app): State<Arc<App>>,
    call: Call,
    Json(which): Json<Which>,
) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    beside(move || {
        let case = claim(&app, &call, which.post.as_deref())?;
        Ok(Json(json!({ "case": case })))
    })
    .await
}

pub(super) async fn release_one(
    State(app): State<Arc<App>>,
    call: Call,
    Json(which): Json<Which>,
) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    beside(move || {
        let posts: Vec<String> = which.posts.into_iter().chain(which.post).collect();
        let released = release(&app, &call, &posts)?;
        Ok(Json(json!({ "released": released })))
    })
    .await
}

pub(super) async fn answer_one(
    State(app): State<Arc<App>>,
    call: Call,
    Json(given): Json<Given>,
) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    let is_new = answer(&app, call, given).await?;
    Ok(Json(json!({ "answered": true, "new": is_new })))
}
