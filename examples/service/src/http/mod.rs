//! The interface: routes, who may call them, and what all of them have in common.

mod corrections;
mod forget;
mod health;
mod posts;
mod queue;
mod report;
pub mod suggest;
mod trends;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tokio::sync::watch;

use crate::auth::{Caller, Role, caller};
use crate::config::{Clock, Config};
use crate::failure::Failure;
use crate::label_studio;
use crate::metrics::Metrics;
use crate::orders::{Orders, Refused};
use crate::page;
use crate::store::Store;
use crate::tenant::Tenant;

pub use corrections::{Back, Label, correct, take_back};
pub use queue::{Case, Filter, Given, answer, cases, claim, release};
pub use trends::spans_of;

/// What all requests share.
pub struct App {
    /// The configuration.
    pub config: Config,
    /// Where rows are read.
    pub store: Arc<dyn Store>,
    /// Where rows are written.
    pub orders: Orders,
    /// Whose rows there are.
    pub tenants: Arc<BTreeMap<String, Arc<Tenant>>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Whether all rows were read again.
    pub ready: AtomicBool,
    /// Becomes true when the service stops.
    pub stop: watch::Receiver<bool>,
    /// Streams that are open.
    pub streams: AtomicUsize,
}

/// The time by the machine's clock, in milliseconds since the Unix epoch.
pub fn wall() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

impl App {
    /// The time of what happens now to a tenant: the clock's, or where posts tell the time, that of
    /// the latest.
    pub fn time(&self, tenant: &Tenant) -> i64 {
        match self.config.clock {
            Clock::Wall => wall(),
            Clock::Posts => {
                let latest = tenant
                    .room()
                    .desk()
                    .queue()
                    .and_then(|queue| queue.watermark());
                latest.unwrap_or_default()
            }
        }
    }
}

/// Why a request is refused, in one sentence.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    sentence: String,
}

impl Problem {
    /// A problem with a status.
    pub fn new(status: StatusCode, sentence: impl Into<String>) -> Problem {
        Problem {
            status,
            sentence: sentence.into(),
        }
    }

    /// The request says what can't be.
    pub fn bad(sentence: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, sentence)
    }

    /// What it says.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, failure.to_string())
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Problem {
        let sentence = match refused {
            Refused::Full => "too much waits to be written; send it again in a second".to_owned(),
            Refused::Failed(failure) => failure.to_string(),
        };
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, sentence)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.sentence }));
        let mut response = (self.status, body).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            let second = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, second);
        }
        response
    }
}

/// A result of a request.
pub type Answer<T> = Result<T, Problem>;

/// Who calls, and whose rows they see.
pub struct Call {
    /// Who calls.
    pub caller: Caller,
    /// The tenant.
    pub tenant: Arc<Tenant>,
    /// How often persons of it had been forgotten when the call came: what it reads may be of one
    /// who is forgotten before it writes.
    pub forgotten: u64,
}

impl Call {
    /// Refuses who may not do this.
    ///
    /// # Errors
    /// 403.
    pub fn must(&self, role: Role) -> Answer<()> {
        match self.caller.may(role) {
            true => Ok(()),
            false => Err(Problem::new(
                StatusCode::FORBIDDEN,
                format!("this token has not the role {role:?}").to_lowercase(),
            )),
        }
    }

    /// Who has a token.
    pub fn of(app: &App, token: &str) -> Option<Call> {
        let caller = caller(&app.config.tokens, token)?;
        let tenant = app.tenants.get(&caller.tenant).cloned()?;
        let forgotten = tenant.forgotten.load(Ordering::SeqCst);
        Some(Call {
            caller,
            tenant,
            forgotten,
        })
    }
}

/// The cookie that the page has its token in.
pub const COOKIE: &str = "hearken";

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

impl FromRequestParts<Arc<App>> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Answer<Call> {
        let headers = &parts.headers;
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
        let token = match (bearer, cookie(headers)) {
            (Some(token), _) => Some(token),
            // A browser sends the cookie by itself, so it must be our page that asks. (The cookie
            // is SameSite=Strict, too.)
            (None, Some(token)) => {
                let site = headers
                    .get("sec-fetch-site")
                    .and_then(|site| site.to_str().ok());
                let is_ours = site.is_none_or(|site| matches!(site, "same-origin" | "none"));
                Some(token).filter(|_| is_ours || parts.method == Method::GET)
            }
            (None, None) => None,
        };
        let call = token.and_then(|token| Call::of(app, token));
        call.ok_or_else(|| {
            Problem::new(
                StatusCode::UNAUTHORIZED,
                "no token, or one that is not known; send it as Authorization: Bearer TOKEN",
            )
        })
    }
}

/// Does what blocks (the database, many texts) beside the threads that serve.
///
/// # Errors
/// As `work`.
pub async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Answer<T> + Send + 'static,
) -> Answer<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the request could not be carried out; the log of the service says why",
        )),
    }
}

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    let limits = &app.config.limits;
    let time = Duration::from_secs(limits.request_seconds);
    let timed = Router::new()
        .route("/v1/posts", post(posts::take))
        .route("/v1/posts/{id}", get(posts::one))
        .route("/v1/explain", post(posts::explain))
        .route("/v1/queue", get(queue::list))
        .route("/v1/queue/claim", post(queue::claim_one))
        .route("/v1/queue/release", post(queue::release_one))
        .route("/v1/queue/answer", post(queue::answer_one))
        .route(
            "/v1/corrections",
            get(corrections::log)
                .post(corrections::add)
                .delete(corrections::remove),
        )
        .route("/v1/model", get(corrections::model))
        .route("/v1/model/{head}", get(corrections::overlay))
        .route("/v1/forget", post(forget::forget))
        .route("/v1/suggest", get(suggest::of_post).post(suggest::of_text))
        .route("/v1/trends", get(trends::now))
        .route("/v1/report", get(report::report))
        .route(
            "/v1/label-studio",
            get(label_studio::export).post(label_studio::import),
        )
        .merge(page::routes())
        .layer(middleware::from_fn(move |request, next| {
            in_time(time, request, next)
        }))
        .route("/v1/trends/stream", get(trends::stream))
        // Until the rows are read again nothing can be said or taken.
        .layer(middleware::from_fn_with_state(app.clone(), when_ready))
        .route("/healthz", get(health::health))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics));
    timed
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "there is no such route") })
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(middleware::from_fn_with_state(app.clone(), watched))
        .with_state(app)
}

async fn in_time(time: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let status = StatusCode::REQUEST_TIMEOUT;
            Problem::new(status, "the request took too long; send less at once").into_response()
        }
    }
}

async fn when_ready(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match app.ready.load(Ordering::SeqCst) {
        true => next.run(request).await,
        false => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the service is reading its rows; send it again in a second",
        )
        .into_response(),
    }
}

/// Counts requests, writes a line about each, and says what browsers may do with the answer.
async fn watched(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    // The template of the route: a path may have an identifier in it.
    let route = matched.as_ref().map_or("other", |path| path.as_str());
    let status = response.status().as_u16();
    let took = started.elapsed();
    app.metrics.requested(route, status);
    tracing::info!(%method, route, status, milliseconds = took.as_secs_f64() * 1e3, "request");
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, page::POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
