//! Persons are forgotten: rows, state, corrections and models.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hearken::forget::{Forgotten, Person};
use serde::Deserialize;

use super::{Answer, App, Call, Problem};
use crate::auth::Role;

/// Whom to forget.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Whom {
    /// Accounts.
    authors: Vec<Account>,
    /// Customer records, with the accounts that are joined to them.
    customers: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    id: String,
    /// The account on this channel only.
    channel: Option<String>,
}

/// Forgets persons, and reports what went and what stays.
pub(super) async fn forget(
    State(app): State<Arc<App>>,
    call: Call,
    Json(whom): Json<Whom>,
) -> Answer<Json<Forgotten>> {
    call.must(Role::Admin)?;
    let accounts = whom
        .authors
        .into_iter()
        .map(|account| match account.channel {
            Some(channel) => Person::author_on(channel, account.id),
            None => Person::author(account.id),
        });
    let persons: Vec<Person> = accounts
        .chain(whom.customers.into_iter().map(Person::customer))
        .collect();
    if persons.is_empty() {
        return Err(Problem::bad("it names nobody; write authors or customers"));
    }
    Ok(Json(app.orders.forget(&call.tenant.name, persons).await?))
}
