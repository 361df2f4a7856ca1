//! The agents' page: HTML that needs no script to work; the script adds keys, undo in place and
//! live alerts.

mod act;
mod ledger;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::auth::Role;
use crate::http::{Answer, App, COOKIE, Call, Filter, beside, cases};

/// What a browser may load and run: our own files, and nothing that stands in the page.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                          img-src 'self' data:; connect-src 'self'; form-action 'self'; \
                          frame-ancestors 'none'; base-uri 'none'";

const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

/// How long the cookie is kept, in seconds: a shift.
const SHIFT: u64 = 12 * 3_600;

/// The routes of the page.
pub fn routes() -> Router<Arc<App>> {
    let file = |kind: &'static str, text: &'static str| {
        get(async move || ([(header::CONTENT_TYPE, kind)], text))
    };
    Router::new()
        .route("/", get(start))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .route("/queue", get(queue))
        .route("/act", post(act::act))
        .route("/page.js", file("text/javascript; charset=utf-8", SCRIPT))
        .route("/page.css", file("text/css; charset=utf-8", STYLE))
}

async fn start(call: Answer<Call>) -> Response {
    match call {
        Ok(_) => Redirect::to("/queue").into_response(),
        Err(_) => Html(view::login(None).into_string()).into_response(),
    }
}

#[derive(Deserialize)]
struct LogIn {
    token: String,
}

async fn log_in(State(app): State<Arc<App>>, Form(log_in): Form<LogIn>) -> Response {
    let call = Call::of(&app, &log_in.token).filter(|call| call.caller.may(Role::Agent));
    let Some(_) = call else {
        let page = view::login(Some("This token is not known, or is not an agent's."));
        return (StatusCode::UNAUTHORIZED, Html(page.into_string())).into_response();
    };
    // A token that is known is hexadecimal digits, so nothing in it ends the cookie.
    let secure = if app.config.plain_http {
        ""
    } else {
        "; Secure"
    };
    let token = log_in.token.trim();
    let cookie =
        format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={SHIFT}{secure}");
    with_cookie(Redirect::to("/queue"), &cookie)
}

async fn log_out() -> Response {
    let gone = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    with_cookie(Redirect::to("/"), &gone)
}

fn with_cookie(redirect: Redirect, cookie: &str) -> Response {
    let mut response = redirect.into_response();
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// What was done last, so that it can be said and undone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Done {
    /// What, in words.
    done: String,
    /// The labels that can be taken back: the numbers of their rows, from the first to the last, as
    /// `17-19`.
    undo: String,
    /// The post that it was done to.
    of: String,
}

async fn queue(
    State(app): State<Arc<App>>,
    call: Answer<Call>,
    Query(filter): Query<Filter>,
    Query(done): Query<Done>,
) -> Answer<Response> {
    let Ok(call) = call else {
        return Ok(Redirect::to("/").into_response());
    };
    call.must(Role::Agent)?;
    beside(move || {
        let filter = Filter {
            count: Some(filter.count.unwrap_or(view::CASES)),
            ..filter
        };
        let cases = cases(&app, &call, &filter)?;
        let page = view::queue(&call, &filter, &done, &cases);
        Ok(Html(page.into_string()).into_response())
    })
    .await
}
