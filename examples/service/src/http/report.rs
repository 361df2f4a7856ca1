//! The report of a tenant: the page that `hearken report` makes, of the posts in the database.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use hearken::desk::Desk;
use hearken::text::Language;
use hearken::{Post, trend};
use hearken_report::{Asked, Collector, LANGUAGES, Source, html};
use serde::Deserialize;

use super::{Answer, App, Call, Problem, beside};
use crate::auth::Role;
use crate::failure::{Failure, Result};
use crate::room::{Answered, Read};
use crate::store::{Kind, each_row};
use crate::tenant::Tenant;

/// What is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// en, cs, zh-Hans or zh-Hant.
    lang: Option<String>,
    /// Whether it is wanted as data.
    json: u8,
    /// Posts written before this are left out, in milliseconds since the Unix epoch.
    from: Option<i64>,
    /// Posts written from this on are left out.
    to: Option<i64>,
    /// Whether texts are left out.
    no_texts: u8,
}

pub(super) async fn report(
    State(app): State<Arc<App>>,
    call: Call,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    call.must(Role::Agent)?;
    let language = wanted
        .lang
        .as_deref()
        .map_or(Some(Language::En), Language::from_code);
    let language = language.filter(|language| LANGUAGES.contains(language));
    let language =
        language.ok_or_else(|| Problem::bad("lang: write en, cs, zh-Hans or zh-Hant"))?;
    beside(move || {
        let tenant = &call.tenant;
        let zone = tenant.settings().calendar.zone().clone();
        let asked = Asked {
            language,
            zone,
            texts: wanted.no_texts == 0,
            ..Asked::default()
        };
        let report = of(&app, tenant, asked, &wanted)?;
        Ok(match wanted.json {
            0 => Html(html(&report)).into_response(),
            _ => Json(report).into_response(),
        })
    })
    .await
}

/// Makes the report anew of all posts, in the order of their times, as the command line does: a
/// desk that runs has forgotten what is long past.
fn of(app: &App, tenant: &Tenant, asked: Asked, wanted: &Wanted) -> Result<hearken_report::Report> {
    let within = |at: Option<i64>| {
        let at = at.unwrap_or(i64::MIN);
        wanted.from.is_none_or(|from| at >= from) && wanted.to.is_none_or(|to| at < to)
    };
    let mut posts: Vec<(Option<i64>, i64, String, String)> = Vec::new();
    each_row(&*app.store, &tenant.name, 0, Some(Kind::Post), |row| {
        let at = Post::from_json(&row.body)?.created_at;
        if within(at) {
            posts.push((at, row.seq, row.model, row.body));
        }
        Ok(())
    })?;
    let mut answers: Vec<Answered> = Vec::new();
    each_row(&*app.store, &tenant.name, 0, Some(Kind::Answer), |row| {
        answers.push(serde_json::from_str(&row.body)?);
        Ok(())
    })?;
    answers.sort_by_key(|answer| answer.at);
    let engine = &tenant.base;
    let mut settings = tenant.settings().clone();
    // All posts are here: the desk sorts them, and none comes late.
    settings.lateness = None;
    settings.trends = Some(trend::Settings {
        bound: Duration::ZERO,
        lateness: Duration::ZERO,
        ..trend::Settings::default()
    });
    // As `hearken report` has it: a report is of days, whatever is reported as posts come.
    settings.watch = Some(trend::watch::Settings::default());
    let mut desk = Desk::new(engine, settings)?;
    let given = |answer: &Answered| hearken_report::Answered {
        post: answer.post.clone(),
        channel: answer.channel.clone(),
        at: answer.at,
    };
    let asked = Asked {
        answers: (!answers.is_empty()).then(|| answers.iter().map(given).collect()),
        ..asked
    };
    let mut collector = Collector::new(&desk, asked)?;
    for (_, _, model, body) in posts {
        // As it was answered then.
        let answered_by = tenant.engine(&model).unwrap_or_else(|| engine.clone());
        let Read {
            post,
            triage,
            observation,
        } = Read::of(&answered_by, &body)?;
        let outcomes = desk.observe_answered(post, triage, observation);
        outcomes
            .into_iter()
            .for_each(|outcome| collector.take(engine, outcome));
    }
    desk.finish()
        .into_iter()
        .for_each(|outcome| collector.take(engine, outcome));
    let now = desk.queue().and_then(|queue| queue.watermark());
    if let Some(now) = now {
        for answer in answers.iter().filter(|answer| answer.at <= now) {
            match &answer.channel {
                Some(channel) => desk.answered_on(channel, &answer.post, answer.at),
                None => desk.answered(&answer.post, answer.at),
            };
        }
        let outcomes = desk.advance(now);
        outcomes
            .into_iter()
            .for_each(|outcome| collector.take(engine, outcome));
    }
    Ok(collector.finish(
        &desk,
        Source {
            inputs: vec![tenant.name.clone()],
            now,
            ..Source::default()
        },
    ))
}

impl From<hearken::Error> for Problem {
    fn from(error: hearken::Error) -> Problem {
        Failure::from(error).into()
    }
}
