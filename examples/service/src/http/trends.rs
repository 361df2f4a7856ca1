//! Trends: what was counted of late, the rises that go on, and alerts as they happen.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use hearken::trend::{Cell, Key};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, App, Call, Problem};
use crate::auth::Role;
use crate::room::Told;
use crate::tenant::Tenant;

/// How long a stream is silent before it says that it is there. By hand: proxies close what says
/// nothing for a minute.
const ALIVE: Duration = Duration::from_secs(15);
/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The beginning, in milliseconds since the Unix epoch; an hour before the end, if it is not
    /// said.
    from: Option<i64>,
    /// The end; that of the last pane that is complete, if it is not said.
    to: Option<i64>,
}

/// What a key had.
#[derive(Debug, Serialize)]
struct Counted {
    key: String,
    authors: u64,
    posts: u64,
    reposts: u64,
    spam: u64,
    complaints: u64,
}

impl Counted {
    fn of(key: &Key, cell: &Cell) -> Counted {
        use hearken::trend::Measure;
        Counted {
            key: key.to_string(),
            authors: cell.count(Measure::Authors),
            posts: cell.posts,
            reposts: cell.reposts,
            spam: cell.spam,
            complaints: cell.complaints,
        }
    }
}

/// What was counted, and what rises.
#[derive(Debug, Serialize)]
pub(super) struct Trends {
    from: Option<i64>,
    to: Option<i64>,
    counts: Vec<Counted>,
    /// The rises that go on.
    open: Vec<hearken::trend::Alert>,
    /// How many alerts were reported so far.
    told: u64,
    /// The last of them.
    alerts: Vec<Told>,
}

/// The span that is asked for, within what is kept.
pub fn spans_of(tenant: &Tenant, from: Option<i64>, to: Option<i64>) -> Option<(i64, i64)> {
    let room = tenant.room();
    let to = to.or_else(|| room.desk().trends()?.published())?;
    Some((from.unwrap_or_else(|| to.saturating_sub(HOUR)), to))
}

pub(super) async fn now(call: Call, Query(asked): Query<Asked>) -> Answer<Json<Trends>> {
    call.must(Role::Agent)?;
    let span = spans_of(&call.tenant, asked.from, asked.to);
    let room = call.tenant.room();
    let desk = room.desk();
    let window = span
        .zip(desk.trends())
        .map(|((from, to), trends)| trends.window(from, to));
    let counts = window.iter().flat_map(|window| window.cells());
    Ok(Json(Trends {
        from: span.map(|span| span.0),
        to: span.map(|span| span.1),
        counts: counts.map(|(key, cell)| Counted::of(key, cell)).collect(),
        open: desk.alerts().cloned().collect(),
        told: room.told(),
        alerts: room.alerts_after(0),
    }))
}

/// An open stream, counted until it ends.
struct Open(Arc<App>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Since {
    /// The number of an alert; those behind it are sent. As `Last-Event-ID`, for the first time.
    since: Option<u64>,
}

/// Alerts as they happen. The number of each is its `id:`, so a browser that comes back says which
/// it had last and gets those that it missed; numbers are the same after a restart.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    call: Call,
    Query(since): Query<Since>,
    headers: HeaderMap,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    call.must(Role::Agent)?;
    let before = app.streams.fetch_add(1, Ordering::Relaxed);
    let open = Open(app.clone());
    if before >= app.config.limits.streams {
        let sentence = "too many streams are open; close one, or raise limits.streams";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, sentence));
    }
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let last = last
        .and_then(|value| value.trim().parse().ok())
        .or(since.since);
    let tenant = call.tenant;
    let mut news = tenant.alerts.subscribe();
    let mut stop = app.stop.clone();
    let mut sent = last.unwrap_or_else(|| tenant.room().told());
    let mut ready: std::collections::VecDeque<Told> = Vec::new().into();
    let state = async move || -> Option<Result<Event, Infallible>> {
        let _held = &open;
        loop {
            if *stop.borrow() {
                return None;
            }
            if let Some(told) = ready.pop_front() {
                let missed = told.number.saturating_sub(sent + 1);
                sent = told.number;
                let event = Event::default().id(told.number.to_string()).event("alert");
                let data = json!({
                    "number": told.number,
                    // Alerts that are no longer kept.
                    "missed": missed,
                    "sentence": told.sentence,
                    "alert": told.alert,
                });
                return Some(Ok(event.json_data(&data).unwrap_or_default()));
            }
            news.mark_unchanged();
            ready.extend(tenant.room().alerts_after(sent));
            if ready.is_empty() {
                tokio::select! {
                    changed = news.changed() => changed.ok()?,
                    _ = stop.changed() => return None,
                }
            }
        }
    };
    let events = futures_util::stream::unfold(state, async |mut state| {
        let event = state().await?;
        Some((event, state))
    });
    let alive = KeepAlive::new().interval(ALIVE);
    Ok(Sse::new(events).keep_alive(alive))
}
