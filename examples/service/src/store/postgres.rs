//! PostgreSQL: the same tables on a server.

use std::future::Future;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Transaction};

use super::{Asked, Change, Claim, Kind, Lease, Row, Store, StoredModel};
use crate::failure::{Failure, Result};

/// The tables, as those of SQLite.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS events (
    seq BIGINT PRIMARY KEY,
    tenant TEXT NOT NULL, kind TEXT NOT NULL, post TEXT NOT NULL, at BIGINT NOT NULL,
    sender TEXT NOT NULL, model TEXT NOT NULL, body TEXT NOT NULL, triage TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS once ON events (tenant, kind, post)
    WHERE kind IN ('post', 'answer');
CREATE INDEX IF NOT EXISTS in_order ON events (tenant, seq);
CREATE TABLE IF NOT EXISTS last (one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one), seq BIGINT);
INSERT INTO last (seq) VALUES (0) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS snapshots (
    tenant TEXT PRIMARY KEY, seq BIGINT NOT NULL, bytes BYTEA NOT NULL
);
CREATE TABLE IF NOT EXISTS models (
    number BIGSERIAL PRIMARY KEY, tenant TEXT NOT NULL, fingerprint TEXT NOT NULL,
    at BIGINT NOT NULL, bytes BYTEA NOT NULL, UNIQUE (tenant, fingerprint)
);
CREATE TABLE IF NOT EXISTS claims (
    tenant TEXT NOT NULL, post TEXT NOT NULL, agent TEXT NOT NULL, until BIGINT NOT NULL,
    PRIMARY KEY (tenant, post)
);
CREATE OR REPLACE VIEW posts AS SELECT
    seq, tenant, post AS id,
    body::json ->> 'created_at' AS created_at,
    body::json ->> 'channel' AS channel,
    body::json #>> '{author,id}' AS author,
    body::json ->> 'text' AS text,
    triage::json #>> '{language,code}' AS language,
    triage::json #>> '{spam,verdict}' AS spam,
    (triage::json #>> '{importance,score}')::integer AS importance,
    triage::json #>> '{topics,0,id}' AS topic,
    triage::json #>> '{sentiment,label}' AS sentiment,
    model
FROM events WHERE kind = 'post';
";

/// Connections beside the writer's. By hand: agents who claim at once wait for a free one.
const CONNECTIONS: usize = 8;
/// The lock that one service holds on a database: the letters of `hearken`.
const LOCK: i64 = 0x0068_6561_726b_656e;
/// How long a connection may take to open, and a statement to run.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long until a lock is tried again. By hand.
const AGAIN: Duration = Duration::from_millis(100);

/// A database on a server.
pub struct Postgres {
    url: String,
    /// Drives the connections; the calls of [`Store`] block.
    runtime: Runtime,
    /// Whoever holds it writes; its session holds the lock of the database.
    writer: Mutex<Client>,
    free: Mutex<Vec<Client>>,
    freed: Condvar,
}

impl Postgres {
    /// Connects to a database and makes its tables.
    ///
    /// # Errors
    /// If it can't be reached, or another service works on it.
    pub fn open(url: &str) -> Result<Postgres> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all()
            .build()
            .map_err(|error| Failure::about("no thread for the database", error))?;
        let (writer, free) = runtime.block_on(async {
            let writer = connect(url).await?;
            // Who was killed holds it until the server has ended their last transaction. So what
            // is read behind it is all that they wrote.
            let until = Instant::now() + PATIENCE;
            loop {
                let lock = writer.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]);
                if lock.await?.try_get::<_, bool>(0)? {
                    break;
                }
                if Instant::now() > until {
                    return Err(Failure::new(
                        "another service works on the database; stop it, or name another database",
                    ));
                }
                tokio::time::sleep(AGAIN).await;
            }
            writer.batch_execute(TABLES).await?;
            let mut free = Vec::new();
            for _ in 0..CONNECTIONS {
                free.push(connect(url).await?);
            }
            Ok((writer, free))
        })?;
        Ok(Postgres {
            url: url.to_owned(),
            runtime,
            writer: Mutex::new(writer),
            free: Mutex::new(free),
            freed: Condvar::new(),
        })
    }

    /// Lends a connection; waits until one is free.
    fn with<T>(&self, work: impl AsyncFnOnce(&mut Client) -> Result<T>) -> Result<T> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut client = loop {
            match free.pop() {
                Some(client) => break client,
                None => {
                    free = self
                        .freed
                        .wait(free)
                        .unwrap_or_else(PoisonError::into_inner)
                }
            }
        };
        drop(free);
        let done = self.runtime.block_on(in_time(async {
            // The server may have been started anew.
            if client.is_closed() {
                client = connect(&self.url).await?;
            }
            work(&mut client).await
        }));
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(client);
        self.freed.notify_one();
        done
    }
}

/// Gives up what takes too long.
async fn in_time<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => Err(Failure::new(
            "the database (PostgreSQL) does not answer; look whether it is at work",
        )),
    }
}

async fn connect(url: &str) -> Result<Client> {
    let opened = tokio::time::timeout(PATIENCE, tokio_postgres::connect(url, NoTls)).await;
    let (client, connection) = opened.map_err(|_| {
        Failure::new("the database (PostgreSQL) can't be reached; look whether it is at work")
    })??;
    // It ends with the client, and what went wrong is what the client's calls say.
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

/// The columns of a row, in the order in which [`row`] reads them.
const COLUMNS: &str = "seq, tenant, kind, post, at, sender, model, body, triage";

fn row(of: &tokio_postgres::Row) -> Result<Row> {
    Ok(Row {
        seq: of.try_get(0)?,
        tenant: of.try_get(1)?,
        kind: Kind::of(of.try_get(2)?)?,
        post: of.try_get(3)?,
        at: of.try_get(4)?,
        by: of.try_get(5)?,
        model: of.try_get(6)?,
        body: of.try_get(7)?,
        triage: of.try_get(8)?,
    })
}

impl Store for Postgres {
    fn last(&self) -> Result<i64> {
        self.with(async |client| {
            let found = client.query_one("SELECT seq FROM last", &[]).await?;
            Ok(found.try_get(0)?)
        })
    }

    fn commit(&self, changes: &[Change]) -> Result<Vec<bool>> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.runtime.block_on(in_time(async {
            let transaction = writer.transaction().await?;
            let mut added = Vec::new();
            // Rows that stand together are one statement.
            let mut rows: Vec<&Row> = Vec::new();
            for change in changes {
                match change {
                    Change::Row(row) => rows.push(row),
                    other => {
                        insert(&transaction, &std::mem::take(&mut rows), &mut added).await?;
                        apply(&transaction, other).await?;
                    }
                }
            }
            insert(&transaction, &rows, &mut added).await?;
            transaction.commit().await?;
            Ok(added)
        }))
    }

    fn snapshot(&self, tenant: &str) -> Result<Option<(i64, Vec<u8>)>> {
        self.with(async |client| {
            let sql = "SELECT seq, bytes FROM snapshots WHERE tenant = $1";
            let found = client.query_opt(sql, &[&tenant]).await?;
            let read = found.map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
            read.transpose()
        })
    }

    fn models(&self, tenant: &str) -> Result<Vec<StoredModel>> {
        self.with(async |client| {
            let sql = "SELECT tenant, fingerprint, at, bytes FROM models WHERE tenant = $1 \
                       ORDER BY number";
            let found = client.query(sql, &[&tenant]).await?;
            let model = |row: &tokio_postgres::Row| {
                Ok(StoredModel {
                    tenant: row.try_get(0)?,
                    fingerprint: row.try_get(1)?,
                    at: row.try_get(2)?,
                    bytes: row.try_get(3)?,
                })
            };
            found.iter().map(model).collect()
        })
    }

    fn rows(&self, asked: &Asked<'_>) -> Result<Vec<Row>> {
        self.with(async |client| {
            let sql = format!(
                "SELECT {COLUMNS} FROM events WHERE tenant = $1 AND seq > $2 \
                 AND ($3 = '' OR kind = $3) ORDER BY seq LIMIT $4"
            );
            let kind = asked.kind.map_or("", Kind::name);
            let most = i64::try_from(asked.most).unwrap_or(i64::MAX);
            let values: [&(dyn ToSql + Sync); 4] = [&asked.tenant, &asked.after, &kind, &most];
            let found = client.query(&sql, &values).await?;
            found.iter().map(row).collect()
        })
    }

    fn posts(&self, tenant: &str, ids: &[String]) -> Result<Vec<Row>> {
        self.with(async |client| {
            let sql = format!(
                "SELECT {COLUMNS} FROM events WHERE tenant = $1 AND kind = 'post' \
                 AND post = ANY($2)"
            );
            let found = client.query(&sql, &[&tenant, &ids]).await?;
            found.iter().map(row).collect()
        })
    }

    fn claim(&self, claim: &Claim<'_>) -> Result<Option<usize>> {
        self.with(async |client| {
            for (place, case) in claim.cases.iter().enumerate() {
                let transaction = client.transaction().await?;
                let is_theirs = hold(&transaction, claim, case).await?;
                if is_theirs {
                    transaction.commit().await?;
                    return Ok(Some(place));
                }
                transaction.rollback().await?;
            }
            Ok(None)
        })
    }

    fn release(&self, tenant: &str, agent: &str, posts: &[String]) -> Result<usize> {
        self.with(async |client| {
            let sql = "DELETE FROM claims WHERE tenant = $1 AND agent = $2 AND post = ANY($3)";
            let released = client.execute(sql, &[&tenant, &agent, &posts]).await?;
            Ok(usize::try_from(released).unwrap_or(usize::MAX))
        })
    }

    fn leases(&self, tenant: &str, now: i64) -> Result<Vec<Lease>> {
        self.with(async |client| {
            // By bytes, as in SQLite, whatever the server's collation.
            let sql = "SELECT post, agent, until FROM claims WHERE tenant = $1 AND until > $2 \
                       ORDER BY post COLLATE \"C\"";
            let found = client.query(sql, &[&tenant, &now]).await?;
            let lease = |row: &tokio_postgres::Row| {
                Ok(Lease {
                    post: row.try_get(0)?,
                    agent: row.try_get(1)?,
                    until: row.try_get(2)?,
                })
            };
            found.iter().map(lease).collect()
        })
    }
}

/// Claims a case, unless another holds one of its posts, or is about to.
async fn hold(transaction: &Transaction<'_>, claim: &Claim<'_>, case: &[String]) -> Result<bool> {
    let Claim {
        tenant,
        agent,
        now,
        until,
        ..
    } = claim;
    // Whoever claims locks the posts first. Those that another has locked are skipped, so nobody
    // waits for a case that will be gone.
    let sql = "SELECT 1 FROM events WHERE tenant = $1 AND kind = 'post' AND post = ANY($2) \
               FOR UPDATE SKIP LOCKED";
    let locked = transaction.query(sql, &[tenant, &case]).await?;
    if locked.len() < case.len() {
        return Ok(false);
    }
    // Read behind the lock: it sees what the one who had the lock before has committed.
    let sql = "SELECT 1 FROM claims WHERE tenant = $1 AND until > $2 AND agent <> $3 \
               AND post = ANY($4) LIMIT 1";
    let others = transaction.query(sql, &[tenant, now, agent, &case]).await?;
    if !others.is_empty() {
        return Ok(false);
    }
    let sql = "INSERT INTO claims (tenant, post, agent, until) \
               SELECT $1, post, $2, $3 FROM unnest($4::text[]) AS post \
               ON CONFLICT (tenant, post) DO UPDATE SET agent = $2, until = $3";
    transaction
        .execute(sql, &[tenant, agent, until, &case])
        .await?;
    Ok(true)
}

/// Adds rows by one statement, and says of each whether it was new.
async fn insert(transaction: &Transaction<'_>, rows: &[&Row], added: &mut Vec<bool>) -> Result<()> {
    let Some(last) = rows.iter().map(|row| row.seq).max() else {
        return Ok(());
    };
    let texts = |of: fn(&Row) -> &str| -> Vec<&str> { rows.iter().map(|row| of(row)).collect() };
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let times: Vec<i64> = rows.iter().map(|row| row.at).collect();
    let (tenants, kinds) = (texts(|row| &row.tenant), texts(|row| row.kind.name()));
    let (posts, senders) = (texts(|row| &row.post), texts(|row| &row.by));
    let (models, bodies) = (texts(|row| &row.model), texts(|row| &row.body));
    let triages = texts(|row| &row.triage);
    let sql = format!(
        "INSERT INTO events ({COLUMNS}) SELECT * FROM unnest($1::bigint[], $2::text[], \
         $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[]) \
         ON CONFLICT (tenant, kind, post) WHERE kind IN ('post', 'answer') DO NOTHING \
         RETURNING seq"
    );
    let statement = transaction.prepare(&sql).await?;
    let values: [&(dyn ToSql + Sync); 9] = [
        &seqs, &tenants, &kinds, &posts, &times, &senders, &models, &bodies, &triages,
    ];
    let inserted = transaction.query(&statement, &values).await?;
    let mut new = inserted
        .iter()
        .map(|row| row.try_get::<_, i64>(0))
        .collect::<Result<Vec<_>, _>>()?;
    new.sort_unstable();
    added.extend(seqs.iter().map(|seq| new.binary_search(seq).is_ok()));
    transaction
        .execute("UPDATE last SET seq = greatest(seq, $1)", &[&last])
        .await?;
    Ok(())
}

async fn apply(transaction: &Transaction<'_>, change: &Change) -> Result<()> {
    match change {
        Change::Row(row) => insert(transaction, &[row], &mut Vec::new()).await?,
        Change::Snapshot { tenant, seq, bytes } => {
            let sql = "INSERT INTO snapshots (tenant, seq, bytes) VALUES ($1, $2, $3) \
                       ON CONFLICT (tenant) DO UPDATE SET seq = $2, bytes = $3";
            transaction.execute(sql, &[tenant, seq, bytes]).await?;
        }
        Change::Model(model) => {
            // A model that ran before is made last again.
            let sql = "DELETE FROM models WHERE tenant = $1 AND fingerprint = $2";
            let key: [&(dyn ToSql + Sync); 2] = [&model.tenant, &model.fingerprint];
            transaction.execute(sql, &key).await?;
            let sql = "INSERT INTO models (tenant, fingerprint, at, bytes) VALUES ($1, $2, $3, $4)";
            let values: [&(dyn ToSql + Sync); 4] =
                [&model.tenant, &model.fingerprint, &model.at, &model.bytes];
            transaction.execute(sql, &values).await?;
        }
        Change::KeepModel {
            tenant,
            fingerprint,
        } => {
            let sql = "DELETE FROM models WHERE tenant = $1 AND fingerprint <> $2";
            transaction.execute(sql, &[tenant, fingerprint]).await?;
        }
        Change::Erase { tenant, seqs } => {
            let sql = "DELETE FROM claims WHERE tenant = $1 AND post IN \
                       (SELECT post FROM events WHERE seq = ANY($2))";
            transaction.execute(sql, &[tenant, seqs]).await?;
            let sql = "DELETE FROM events WHERE tenant = $1 AND seq = ANY($2)";
            transaction.execute(sql, &[tenant, seqs]).await?;
        }
        Change::Unclaim { tenant, posts } => {
            let sql = "DELETE FROM claims WHERE tenant = $1 AND post = ANY($2)";
            transaction.execute(sql, &[tenant, posts]).await?;
        }
    }
    Ok(())
}
