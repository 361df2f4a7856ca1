//! Suggested answers: which entries of the tenant's FAQ fit a post.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use hearken::Post;
use serde::Deserialize;
use serde_json::{Value, json};

use super::posts::{Text, row_of};
use super::{Answer, App, Call, Problem, beside};
use crate::auth::Role;
use crate::failure::Failure;
use crate::tenant::Tenant;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    post: String,
}

/// The suggestions for a text, most probable first; none without a FAQ.
pub fn suggestions(tenant: &Tenant, text: &str) -> Option<Value> {
    let suggester = tenant.suggester.as_ref()?;
    let mut scratch = tenant.base.scratch();
    let found = suggester.suggest(text, &mut scratch);
    let suggestion = |one: &hearken::suggest::Suggestion<'_>| {
        let word = |word: &hearken::suggest::Word| json!({"start": word.start, "end": word.end, "share": word.share});
        json!({
            "entry": one.entry.id,
            "answer": one.entry.answer,
            "probability": one.probability,
            "words": one.words.iter().map(word).collect::<Vec<_>>(),
        })
    };
    Some(found.iter().map(suggestion).collect())
}

fn of(tenant: &Tenant, text: &str) -> Answer<Json<Value>> {
    let found = suggestions(tenant, text).ok_or_else(|| {
        let sentence = "this tenant has no FAQ; name one in the configuration";
        Problem::new(StatusCode::NOT_FOUND, sentence)
    })?;
    Ok(Json(json!({ "suggestions": found })))
}

pub(super) async fn of_post(
    State(app): State<Arc<App>>,
    call: Call,
    Query(asked): Query<Asked>,
) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    beside(move || {
        let row = row_of(&app, &call, &asked.post)?;
        let post = Post::from_json(&row.body).map_err(Failure::from)?;
        of(&call.tenant, &post.text)
    })
    .await
}

pub(super) async fn of_text(call: Call, Json(asked): Json<Text>) -> Answer<Json<Value>> {
    call.must(Role::Agent)?;
    beside(move || of(&call.tenant, &asked.text)).await
}
