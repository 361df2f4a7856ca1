//! Whether the service is alive, whether it is ready, and what it counts.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use super::{Answer, App, Problem};

/// It runs.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// It has read its rows, and is not about to end.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Answer<&'static str> {
    match app.ready.load(Ordering::SeqCst) && !*app.stop.borrow() {
        true => Ok("ok\n"),
        false => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the service is starting or stopping",
        )),
    }
}

/// What it counts. No token: a label has no text and no identifier, only tenants' names.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let tenants = app.tenants.values().map(|tenant| &**tenant);
    let streams = app.streams.load(Ordering::Relaxed);
    let text = app.metrics.text(app.orders.waiting(), streams, tenants);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
