//! The database behind one small trait: rows in order, snapshots, models and claims.
//!
//! Rows are the truth. All else that the service knows (queue, trends, campaigns, corrections) is a
//! function of a tenant's rows in their order; a snapshot is that function's value after a row.

pub mod postgres;
pub mod sqlite;

use std::sync::Arc;

use crate::failure::{Failure, Result};

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A post.
    Post,
    /// A post was answered.
    Answer,
    /// A label of a post.
    Learn,
    /// Labels taken back.
    Retract,
    /// The time, as the machine's clock told it.
    Tick,
}

/// Each kind with its name in the database.
const KINDS: [(Kind, &str); 5] = [
    (Kind::Post, "post"),
    (Kind::Answer, "answer"),
    (Kind::Learn, "learn"),
    (Kind::Retract, "retract"),
    (Kind::Tick, "tick"),
];

impl Kind {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        let mut kinds = KINDS.iter();
        kinds
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, name)| name)
    }

    /// The kind of a name.
    ///
    /// # Errors
    /// If there is none: a later version wrote the row.
    pub fn of(name: &str) -> Result<Kind> {
        let mut kinds = KINDS.iter();
        let kind = kinds
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind);
        kind.ok_or_else(|| {
            Failure::new(format!(
                "the database has rows of kind {name:?}, which this version does not know; use \
                 the version that wrote them"
            ))
        })
    }
}

/// A row: something that happened to a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number; rows happened in this order.
    pub seq: i64,
    /// Whose it is.
    pub tenant: String,
    /// What it is.
    pub kind: Kind,
    /// The identifier of the post that it is about; empty if none. A tenant has one post, and one
    /// answer, of an identifier.
    pub post: String,
    /// When it was written here, in milliseconds since the Unix epoch.
    pub at: i64,
    /// Who sent it.
    pub by: String,
    /// The fingerprint of the models that answered; empty where none did.
    pub model: String,
    /// What happened, as JSON: the post, the line of the log of corrections, the answer.
    pub body: String,
    /// What was said of a post, as JSON; empty for other rows.
    pub triage: String,
}

/// One step of a transaction.
#[derive(Clone, Debug)]
pub enum Change {
    /// A row is added, unless it is of a post or answer that is there.
    Row(Row),
    /// A tenant's snapshot is replaced.
    Snapshot {
        /// Whose.
        tenant: String,
        /// The last row that it has.
        seq: i64,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// A model is added.
    Model(StoredModel),
    /// All models of a tenant but one are removed.
    KeepModel {
        /// Whose.
        tenant: String,
        /// The one that stays.
        fingerprint: String,
    },
    /// Rows are removed for ever, with the claims of their posts.
    Erase {
        /// Whose.
        tenant: String,
        /// Their numbers.
        seqs: Vec<i64>,
    },
    /// Claims of posts end.
    Unclaim {
        /// Whose.
        tenant: String,
        /// The posts.
        posts: Vec<String>,
    },
}

/// A model that ran: what corrections made of the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredModel {
    /// Whose.
    pub tenant: String,
    /// The fingerprint of the engine with it.
    pub fingerprint: String,
    /// When it was made, in milliseconds since the Unix epoch.
    pub at: i64,
    /// Its overlays as a bundle, one a head.
    pub bytes: Vec<u8>,
}

/// A claim that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The post.
    pub post: String,
    /// Who works on it.
    pub agent: String,
    /// Until when, in milliseconds since the Unix epoch.
    pub until: i64,
}

/// A wish for the first case that nobody works on.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// Whose queue.
    pub tenant: &'a str,
    /// Who wants it.
    pub agent: &'a str,
    /// The time.
    pub now: i64,
    /// Until when it holds.
    pub until: i64,
    /// Cases in the order of the queue, each the posts that one answer would do for.
    pub cases: &'a [Vec<String>],
}

/// Which rows are read.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Whose.
    pub tenant: &'a str,
    /// Those behind this number.
    pub after: i64,
    /// One kind, or all.
    pub kind: Option<Kind>,
    /// Most of them.
    pub most: usize,
}

/// A database. All calls block; each is one transaction.
pub trait Store: Send + Sync {
    /// The largest number of a row so far; 0 without any. Numbers of erased rows count too.
    fn last(&self) -> Result<i64>;

    /// Carries out all changes or none, and says of each row whether it was added.
    fn commit(&self, changes: &[Change]) -> Result<Vec<bool>>;

    /// A tenant's snapshot with the number of its last row.
    fn snapshot(&self, tenant: &str) -> Result<Option<(i64, Vec<u8>)>>;

    /// A tenant's models, in the order in which they were made.
    fn models(&self, tenant: &str) -> Result<Vec<StoredModel>>;

    /// Rows in their order.
    fn rows(&self, asked: &Asked<'_>) -> Result<Vec<Row>>;

    /// The rows of these posts, in any order; of those that are not there, none.
    fn posts(&self, tenant: &str, ids: &[String]) -> Result<Vec<Row>>;

    /// Gives the first case of which nobody holds a post to the agent: its place in
    /// [`Claim::cases`]. A case that the agent holds is theirs again.
    fn claim(&self, claim: &Claim<'_>) -> Result<Option<usize>>;

    /// Ends an agent's claims of posts; how many there were.
    fn release(&self, tenant: &str, agent: &str, posts: &[String]) -> Result<usize>;

    /// The claims that hold at a time, by post.
    fn leases(&self, tenant: &str, now: i64) -> Result<Vec<Lease>>;
}

/// Opens the database that a configuration names.
///
/// # Errors
/// If it can't be opened, or another service works on it.
pub fn open(database: &str) -> Result<Arc<dyn Store>> {
    match database.strip_prefix("sqlite:") {
        Some(path) => Ok(Arc::new(sqlite::Sqlite::open(path.as_ref())?)),
        None => Ok(Arc::new(postgres::Postgres::open(database)?)),
    }
}

/// All rows that are asked for, page by page.
///
/// # Errors
/// As the store, or as `each`.
pub fn each_row(
    store: &dyn Store,
    tenant: &str,
    after: i64,
    kind: Option<Kind>,
    mut each: impl FnMut(Row) -> Result<()>,
) -> Result<()> {
    /// Rows of a page; by hand: some megabytes.
    const PAGE: usize = 2_000;
    let mut asked = Asked {
        tenant,
        after,
        kind,
        most: PAGE,
    };
    loop {
        let rows = store.rows(&asked)?;
        let is_last = rows.len() < PAGE;
        for row in rows {
            asked.after = row.seq;
            each(row)?;
        }
        if is_last {
            return Ok(());
        }
    }
}
