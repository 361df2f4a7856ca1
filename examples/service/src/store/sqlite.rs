//! SQLite: one file beside the service, which opens in any tool that reads SQLite.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Asked, Change, Claim, Kind, Lease, Row, Store, StoredModel};
use crate::failure::{Failure, Result};

/// The tables. `posts` is for people and their tools: what they ask about, without JSON. DuckDB
/// reads views by its own functions, and `->>` is the same in both.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL, kind TEXT NOT NULL, post TEXT NOT NULL, at INTEGER NOT NULL,
    sender TEXT NOT NULL, model TEXT NOT NULL, body TEXT NOT NULL, triage TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS once ON events (tenant, kind, post)
    WHERE kind IN ('post', 'answer');
CREATE INDEX IF NOT EXISTS in_order ON events (tenant, seq);
CREATE TABLE IF NOT EXISTS snapshots (
    tenant TEXT PRIMARY KEY, seq INTEGER NOT NULL, bytes BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS models (
    number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, fingerprint TEXT NOT NULL,
    at INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (tenant, fingerprint)
);
CREATE TABLE IF NOT EXISTS claims (
    tenant TEXT NOT NULL, post TEXT NOT NULL, agent TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (tenant, post)
) WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS posts AS SELECT
    seq, tenant, post AS id,
    body ->> '$.created_at' AS created_at,
    body ->> '$.channel' AS channel,
    body ->> '$.author.id' AS author,
    body ->> '$.text' AS text,
    triage ->> '$.language.code' AS language,
    triage ->> '$.spam.verdict' AS spam,
    CAST(triage ->> '$.importance.score' AS INTEGER) AS importance,
    triage ->> '$.topics[0].id' AS topic,
    triage ->> '$.sentiment.label' AS sentiment,
    model
FROM events WHERE kind = 'post';
";

/// A file of SQLite.
#[derive(Debug)]
pub struct Sqlite {
    /// Whoever holds it writes.
    writer: Mutex<Connection>,
    /// Reads what was committed, while another writes.
    reader: Mutex<Connection>,
    /// Locked for as long as this lives, so that no second service writes.
    _lock: File,
}

impl Sqlite {
    /// Opens a file, or makes one.
    ///
    /// # Errors
    /// If it can't be opened, or another service works on it.
    pub fn open(path: &Path) -> Result<Sqlite> {
        let shown = path.display();
        let about = |error: &dyn std::fmt::Display| {
            Failure::new(format!("the database {shown} can't be opened: {error}"))
        };
        let beside = format!("{shown}.lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&beside)
            .map_err(|error| about(&error))?;
        lock.try_lock().map_err(|_| {
            Failure::new(format!(
                "another service works on the database {shown}; stop it, or name another file"
            ))
        })?;
        let connect = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(path)?;
            connection.busy_timeout(Duration::from_secs(10))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // Each commit is on the disk before anybody is told of it.
            connection.pragma_update(None, "synchronous", "FULL")?;
            // What is erased is overwritten, not only unlinked.
            connection.pragma_update(None, "secure_delete", "ON")?;
            Ok(connection)
        };
        let writer = connect().map_err(|error| about(&error))?;
        writer
            .execute_batch(TABLES)
            .map_err(|error| about(&error))?;
        let reader = connect().map_err(|error| about(&error))?;
        Ok(Sqlite {
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
            _lock: lock,
        })
    }

    // Who panicked left no open transaction behind: it is rolled back when it is dropped.
    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out `work` in one transaction.
    fn within<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

/// A list for `json_each`, which takes any number of values.
fn list<T: serde::Serialize>(values: &[T]) -> Result<String> {
    Ok(serde_json::to_string(values)?)
}

/// The columns of a row, in the order in which [`row`] reads them.
const COLUMNS: &str = "seq, tenant, kind, post, at, sender, model, body, triage";

/// Reads a row; its kind is still a name.
fn row(of: &rusqlite::Row<'_>) -> rusqlite::Result<(String, Row)> {
    let row = Row {
        seq: of.get(0)?,
        tenant: of.get(1)?,
        kind: Kind::Tick,
        post: of.get(3)?,
        at: of.get(4)?,
        by: of.get(5)?,
        model: of.get(6)?,
        body: of.get(7)?,
        triage: of.get(8)?,
    };
    Ok((of.get(2)?, row))
}

fn named(read: rusqlite::Result<(String, Row)>) -> Result<Row> {
    let (kind, row) = read?;
    let kind = Kind::of(&kind)?;
    Ok(Row { kind, ..row })
}

impl Store for Sqlite {
    fn last(&self) -> Result<i64> {
        let reader = self.reader();
        let seq = reader.query_row(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'",
            [],
            |row| row.get(0),
        )?;
        Ok(seq)
    }

    fn commit(&self, changes: &[Change]) -> Result<Vec<bool>> {
        let added = self.within(|transaction| {
            let mut added = Vec::new();
            for change in changes {
                apply(transaction, change, &mut added)?;
            }
            Ok(added)
        })?;
        if changes
            .iter()
            .any(|change| matches!(change, Change::Erase { .. }))
        {
            // The log of SQLite has the old pages until they are written back.
            let writer = self.writer();
            writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        Ok(added)
    }

    fn snapshot(&self, tenant: &str) -> Result<Option<(i64, Vec<u8>)>> {
        let reader = self.reader();
        let found = reader
            .query_row(
                "SELECT seq, bytes FROM snapshots WHERE tenant = ?",
                [tenant],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        Ok(found)
    }

    fn models(&self, tenant: &str) -> Result<Vec<StoredModel>> {
        let reader = self.reader();
        let mut statement = reader.prepare_cached(
            "SELECT tenant, fingerprint, at, bytes FROM models WHERE tenant = ? ORDER BY number",
        )?;
        let models = statement.query_map([tenant], |row| {
            Ok(StoredModel {
                tenant: row.get(0)?,
                fingerprint: row.get(1)?,
                at: row.get(2)?,
                bytes: row.get(3)?,
            })
        })?;
        Ok(models.collect::<rusqlite::Result<_>>()?)
    }

    fn rows(&self, asked: &Asked<'_>) -> Result<Vec<Row>> {
        let reader = self.reader();
        let mut statement = reader.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM events WHERE tenant = ? AND seq > ? AND (? = '' OR kind = ?) \
             ORDER BY seq LIMIT ?"
        ))?;
        let kind = asked.kind.map_or("", Kind::name);
        let most = i64::try_from(asked.most).unwrap_or(i64::MAX);
        let rows =
            statement.query_map(params![asked.tenant, asked.after, kind, kind, most], row)?;
        rows.map(named).collect()
    }

    fn posts(&self, tenant: &str, ids: &[String]) -> Result<Vec<Row>> {
        let reader = self.reader();
        let mut statement = reader.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM events WHERE tenant = ? AND kind = 'post' \
             AND post IN (SELECT value FROM json_each(?))"
        ))?;
        let rows = statement.query_map(params![tenant, list(ids)?], row)?;
        rows.map(named).collect()
    }

    fn claim(&self, claim: &Claim<'_>) -> Result<Option<usize>> {
        self.within(|transaction| {
            let mut held = transaction.prepare_cached(
                "SELECT count(*) FROM claims WHERE tenant = ? AND until > ? AND agent <> ? \
                 AND post IN (SELECT value FROM json_each(?))",
            )?;
            let mut hold = transaction.prepare_cached(
                "INSERT OR REPLACE INTO claims (tenant, post, agent, until) \
                 SELECT ?, value, ?, ? FROM json_each(?)",
            )?;
            let Claim {
                tenant,
                agent,
                now,
                until,
                cases,
            } = claim;
            for (place, case) in cases.iter().enumerate() {
                let posts = list(case)?;
                let others: i64 =
                    held.query_row(params![tenant, now, agent, posts], |row| row.get(0))?;
                if others == 0 {
                    hold.execute(params![tenant, agent, until, posts])?;
                    return Ok(Some(place));
                }
            }
            Ok(None)
        })
    }

    fn release(&self, tenant: &str, agent: &str, posts: &[String]) -> Result<usize> {
        self.within(|transaction| {
            let released = transaction.execute(
                "DELETE FROM claims WHERE tenant = ? AND agent = ? \
                 AND post IN (SELECT value FROM json_each(?))",
                params![tenant, agent, list(posts)?],
            )?;
            Ok(released)
        })
    }

    fn leases(&self, tenant: &str, now: i64) -> Result<Vec<Lease>> {
        let reader = self.reader();
        let mut statement = reader.prepare_cached(
            "SELECT post, agent, until FROM claims WHERE tenant = ? AND until > ? ORDER BY post",
        )?;
        let leases = statement.query_map(params![tenant, now], |row| {
            Ok(Lease {
                post: row.get(0)?,
                agent: row.get(1)?,
                until: row.get(2)?,
            })
        })?;
        Ok(leases.collect::<rusqlite::Result<_>>()?)
    }
}

fn apply(transaction: &Transaction<'_>, change: &Change, added: &mut Vec<bool>) -> Result<()> {
    match change {
        Change::Row(row) => {
            let mut insert = transaction.prepare_cached(&format!(
                "INSERT INTO events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) \
                 ON CONFLICT DO NOTHING"
            ))?;
            let inserted = insert.execute(params![
                row.seq,
                row.tenant,
                row.kind.name(),
                row.post,
                row.at,
                row.by,
                row.model,
                row.body,
                row.triage
            ])?;
            added.push(inserted == 1);
        }
        Change::Snapshot { tenant, seq, bytes } => {
            transaction.execute(
                "INSERT OR REPLACE INTO snapshots (tenant, seq, bytes) VALUES (?, ?, ?)",
                params![tenant, seq, bytes],
            )?;
        }
        Change::Model(model) => {
            // A model that ran before is made last again.
            transaction.execute(
                "INSERT OR REPLACE INTO models (tenant, fingerprint, at, bytes) \
                 VALUES (?, ?, ?, ?)",
                params![model.tenant, model.fingerprint, model.at, model.bytes],
            )?;
        }
        Change::KeepModel {
            tenant,
            fingerprint,
        } => {
            transaction.execute(
                "DELETE FROM models WHERE tenant = ? AND fingerprint <> ?",
                params![tenant, fingerprint],
            )?;
        }
        Change::Erase { tenant, seqs } => {
            let seqs = list(seqs)?;
            transaction.execute(
                "DELETE FROM claims WHERE tenant = ? AND post IN \
                 (SELECT post FROM events WHERE seq IN (SELECT value FROM json_each(?)))",
                params![tenant, seqs],
            )?;
            transaction.execute(
                "DELETE FROM events WHERE tenant = ? AND seq IN (SELECT value FROM json_each(?))",
                params![tenant, seqs],
            )?;
        }
        Change::Unclaim { tenant, posts } => {
            transaction.execute(
                "DELETE FROM claims WHERE tenant = ? AND post IN (SELECT value FROM json_each(?))",
                params![tenant, list(posts)?],
            )?;
        }
    }
    Ok(())
}
