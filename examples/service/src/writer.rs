//! The one writer: takes what is to be written from all requests, commits much of it at once, and
//! only then changes the state and tells those who wait.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hearken::Post;
use hearken::forget::{Forgotten, Person};
use tokio::sync::mpsc;

use crate::failure::{Failure, Result};
use crate::learn;
use crate::metrics::Metrics;
use crate::orders::{Added, Learned, NewPost, NewRow, Order, Orders, Reply, said};
use crate::room::Read;
use crate::store::{Change, Kind, Row, Store, StoredModel, each_row};
use crate::tenant::Tenant;

/// Rows of one transaction. By hand: some megabytes, committed within a tenth of a second.
const MOST_ROWS: usize = 2_000;

/// While clients wait, at most one twentieth of the time goes into snapshots. Chosen by hand: all
/// clients wait while one is saved, and what came since then is read again at a start.
const SAVING_SHARE: u32 = 20;

/// The writer. Everything that changes a database or a state goes through it, in one order.
pub struct Writer {
    /// Where rows go.
    pub store: Arc<dyn Store>,
    /// Whose rows there are.
    pub tenants: Arc<BTreeMap<String, Arc<Tenant>>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Rows after which a snapshot is saved, at once where nobody waits, else as
    /// [`SAVING_SHARE`] allows.
    pub snapshot_rows: u64,
    /// When the last snapshot was saved, and how long that took.
    pub saved: Option<(Instant, Duration)>,
    /// What tells the time, in milliseconds since the Unix epoch.
    pub now: fn() -> i64,
    /// Says that the database and the state may differ: the service must end, and load again.
    pub broken: Arc<AtomicBool>,
    /// The number of the last row.
    pub last: i64,
    /// Takes the names of tenants whose labels changed.
    pub learner: std::sync::mpsc::Sender<String>,
    /// Rows of each tenant that its snapshot has not.
    pub since: BTreeMap<String, u64>,
}

/// Who waits for how many rows.
struct Pending(Reply<Added>, usize);

/// Rows of one transaction.
#[derive(Default)]
struct Group {
    rows: Vec<(Row, Option<Read>)>,
    changes: Vec<Change>,
    pending: Vec<Pending>,
}

impl Writer {
    /// Takes orders until it is told to stop, or nobody is left to give any.
    pub fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(first) = orders.blocking_recv() {
            let mut group = Group::default();
            let mut next = Some(first);
            while let Some(order) = next.take() {
                match order {
                    Order::Posts(tenant, posts, reply) => {
                        self.add_posts(&mut group, &tenant, posts, reply);
                    }
                    Order::Rows(tenant, forgotten, rows, reply) => {
                        if self.is_outdated(&tenant, forgotten) {
                            let sentence = "somebody was forgotten meanwhile; send it again";
                            // Whoever asked may have gone.
                            let _ = reply.send(Err(Failure::new(sentence)));
                        } else {
                            let count = rows.len();
                            self.add_rows(&mut group, &tenant, rows);
                            group.pending.push(Pending(reply, count));
                        }
                    }
                    other => {
                        self.write(std::mem::take(&mut group));
                        if let Order::Stop(reply) = other {
                            let saved = self.save_all();
                            // Whoever asked may have gone.
                            let _ = reply.send(saved);
                            return;
                        }
                        self.carry_out(other);
                    }
                }
                if group.rows.len() < MOST_ROWS {
                    next = orders.try_recv().ok();
                }
            }
            self.write(group);
            if orders.is_empty() || self.may_delay() {
                self.save_due();
            }
            if self.broken.load(Ordering::SeqCst) {
                return;
            }
        }
    }

    fn tenant(&self, name: &str) -> Result<Arc<Tenant>> {
        let tenant = self.tenants.get(name).cloned();
        tenant.ok_or_else(|| Failure::new(format!("there is no tenant {name:?}")))
    }

    /// Whether what was read when persons had been forgotten so often may be of one who is now.
    fn is_outdated(&self, name: &str, forgotten: u64) -> bool {
        let tenant = self.tenants.get(name);
        tenant.is_none_or(|tenant| tenant.forgotten.load(Ordering::SeqCst) != forgotten)
    }

    fn next_seq(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    fn add_posts(
        &mut self,
        group: &mut Group,
        name: &str,
        posts: Vec<NewPost>,
        reply: Reply<Added>,
    ) {
        let Ok(tenant) = self.tenant(name) else {
            // A caller's tenant is one of the configuration's.
            return;
        };
        let engine = tenant.live.engine().clone();
        let running = engine.fingerprint();
        let at = (self.now)();
        let count = posts.len();
        for mut post in posts {
            // Read by models that were replaced meanwhile, and may be forgotten.
            if post.model != running
                && let Ok(read) = Read::of(&engine, &post.body)
            {
                post.triage = said(&engine, &read);
                post.read = read;
                post.model.clone_from(&running);
            }
            let row = Row {
                seq: self.next_seq(),
                tenant: name.to_owned(),
                kind: Kind::Post,
                post: post.id,
                at,
                by: String::new(),
                model: post.model,
                body: post.body,
                triage: post.triage,
            };
            group.rows.push((row, Some(post.read)));
        }
        group.pending.push(Pending(reply, count));
    }

    fn add_rows(&mut self, group: &mut Group, tenant: &str, rows: Vec<NewRow>) {
        let at = (self.now)();
        for row in rows {
            if !row.unclaim.is_empty() {
                group.changes.push(Change::Unclaim {
                    tenant: tenant.to_owned(),
                    posts: row.unclaim,
                });
            }
            let row = Row {
                seq: self.next_seq(),
                tenant: tenant.to_owned(),
                kind: row.kind,
                post: row.post,
                at,
                by: row.by,
                model: String::new(),
                body: row.body,
                triage: row.triage,
            };
            group.rows.push((row, None));
        }
    }

    /// Commits a group, changes the state, and tells those who wait.
    fn write(&mut self, group: Group) {
        let Group {
            rows,
            changes,
            pending,
        } = group;
        if rows.is_empty() && changes.is_empty() {
            pending
                .into_iter()
                .for_each(|pending| pending.tell(&mut [].into_iter()));
            return;
        }
        let started = Instant::now();
        let (written, reads): (Vec<Change>, Vec<Option<Read>>) = rows
            .into_iter()
            .map(|(row, read)| (Change::Row(row), read))
            .unzip();
        let mut all = written;
        all.extend(changes);
        let added = self.store.commit(&all);
        self.metrics.committed(reads.len(), started.elapsed());
        let added = match added {
            Ok(added) => added,
            Err(error) => {
                self.break_off(&error);
                let failed = || Failure::new("it could not be written; send it again later");
                pending
                    .into_iter()
                    .for_each(|pending| pending.fail(failed()));
                return;
            }
        };
        let mut learnt = BTreeSet::new();
        let rows = all.iter().filter_map(|change| match change {
            Change::Row(row) => Some(row),
            _ => None,
        });
        let mut numbers = Vec::with_capacity(added.len());
        for ((row, read), added) in rows.zip(reads).zip(added) {
            numbers.push(added.then_some(row.seq));
            if !added {
                continue;
            }
            if matches!(row.kind, Kind::Learn | Kind::Retract) {
                learnt.insert(row.tenant.clone());
            }
            if let Err(error) = self.apply(row, read) {
                self.break_off(&error);
            }
        }
        let mut numbers = numbers.into_iter();
        pending
            .into_iter()
            .for_each(|pending| pending.tell(&mut numbers));
        learnt.iter().for_each(|name| self.learn_again(name));
    }

    fn apply(&mut self, row: &Row, read: Option<Read>) -> Result<()> {
        let tenant = self.tenant(&row.tenant)?;
        let mut room = tenant.room();
        room.apply(row, read)?;
        let told = room.told();
        drop(room);
        tenant
            .alerts
            .send_if_modified(|before| std::mem::replace(before, told) != told);
        *self.since.entry(row.tenant.clone()).or_default() += 1;
        Ok(())
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Forget(tenant, persons, reply) => {
                let forgotten = self.forget(&tenant, &persons);
                if let Err(error) = &forgotten {
                    self.break_off(error);
                }
                // Whoever asked may have gone.
                let _ = reply.send(forgotten);
            }
            Order::Posts(..) | Order::Rows(..) | Order::Stop(_) => {}
            Order::Model(learned) => {
                if let Err(error) = self.run_model(*learned) {
                    self.break_off(&error);
                }
            }
            Order::Tick => {
                let mut group = Group::default();
                let names: Vec<String> = self.tenants.keys().cloned().collect();
                for name in names {
                    let tick = NewRow {
                        kind: Kind::Tick,
                        post: String::new(),
                        by: String::new(),
                        body: "{}".to_owned(),
                        triage: String::new(),
                        unclaim: Vec::new(),
                    };
                    self.add_rows(&mut group, &name, vec![tick]);
                }
                self.write(group);
            }
        }
    }

    /// Keeps models and runs them: no row names a model that is not kept.
    fn run_model(&mut self, learned: Learned) -> Result<()> {
        let tenant = self.tenant(&learned.tenant)?;
        // It may have learnt from texts of somebody who is forgotten.
        if self.is_outdated(&learned.tenant, learned.forgotten) {
            self.learn_again(&learned.tenant);
            return Ok(());
        }
        let fingerprint = learned.refit.engine.fingerprint();
        if fingerprint != tenant.live.engine().fingerprint() {
            self.store.commit(&[Change::Model(StoredModel {
                tenant: learned.tenant.clone(),
                fingerprint,
                at: (self.now)(),
                bytes: learned.refit.bytes,
            })])?;
            tenant.run(learned.refit.engine);
            self.metrics.models.add(1);
        }
        tenant.tell(learned.learnt_to, learned.refit.heads);
        Ok(())
    }

    /// Asks the learner to read a tenant's labels.
    fn learn_again(&self, tenant: &str) {
        // It ends with the service.
        let _ = self.learner.send(tenant.to_owned());
    }

    /// Takes a person's rows out, forgets them in the state, learns without them, and saves what is
    /// left, all in one transaction.
    fn forget(&mut self, name: &str, persons: &[Person]) -> Result<Forgotten> {
        let tenant = self.tenant(name)?;
        let identities = tenant.base.identities();
        let found = {
            let room = tenant.room();
            room.desk().remembered()?.find(identities, persons)?
        };
        let (mut seqs, mut ids, mut posts) = (Vec::new(), BTreeSet::new(), Vec::new());
        each_row(&*self.store, name, 0, Some(Kind::Post), |row| {
            let post = Post::from_json(&row.body)?;
            if found.wrote(&post) {
                posts.push(post.into_owned());
                ids.insert(row.post);
                seqs.push(row.seq);
            }
            Ok(())
        })?;
        let mut lines = Vec::new();
        for kind in [Kind::Answer, Kind::Learn, Kind::Retract] {
            each_row(&*self.store, name, 0, Some(kind), |row| {
                match ids.contains(&row.post) {
                    true => seqs.push(row.seq),
                    false if kind != Kind::Answer => lines.push(row),
                    false => {}
                }
                Ok(())
            })?;
        }
        lines.sort_by_key(|row| row.seq);
        let seq = self.last;
        let (forgotten, bytes, corrections) = {
            let mut room = tenant.room();
            let forgotten = room.forget(persons, posts);
            room.clear_corrections();
            for line in &lines {
                room.note(line)?;
            }
            (forgotten, room.to_bytes()?, room.corrections().clone())
        };
        let refit = learn::refit(&tenant, &corrections)?;
        let fingerprint = refit.engine.fingerprint();
        let tenant_name = || name.to_owned();
        let model = StoredModel {
            tenant: tenant_name(),
            fingerprint: fingerprint.clone(),
            at: (self.now)(),
            bytes: refit.bytes,
        };
        self.store.commit(&[
            Change::Erase {
                tenant: tenant_name(),
                seqs,
            },
            Change::Snapshot {
                tenant: tenant_name(),
                seq,
                bytes,
            },
            Change::Model(model),
            Change::KeepModel {
                tenant: tenant_name(),
                fingerprint,
            },
        ])?;
        tenant.forgotten.fetch_add(1, Ordering::SeqCst);
        tenant.run_alone(refit.engine);
        tenant.tell(tenant.room().learnt(), refit.heads);
        self.since.insert(tenant_name(), 0);
        self.metrics.forgotten.add(1);
        Ok(forgotten)
    }

    /// Whether snapshots have taken so little of the time that those who wait may wait for one.
    fn may_delay(&self) -> bool {
        let saved = self.saved;
        saved.is_none_or(|(at, took)| at.elapsed() >= took * SAVING_SHARE)
    }

    /// Saves the tenants whose snapshots lack many rows.
    fn save_due(&mut self) {
        let due = self
            .since
            .iter()
            .filter(|(_, rows)| **rows >= self.snapshot_rows);
        let due: Vec<String> = due.map(|(name, _)| name.clone()).collect();
        for name in due {
            if let Err(error) = self.save(&name) {
                self.break_off(&error);
            }
        }
    }

    fn save_all(&mut self) -> Result<()> {
        let names: Vec<String> = self.since.keys().cloned().collect();
        names.iter().try_for_each(|name| self.save(name))
    }

    fn save(&mut self, name: &str) -> Result<()> {
        if self.since.get(name).is_none_or(|rows| *rows == 0) {
            return Ok(());
        }
        let (tenant, start) = (self.tenant(name)?, Instant::now());
        let (seq, bytes) = {
            let room = tenant.room();
            (room.seq(), room.to_bytes()?)
        };
        self.store.commit(&[Change::Snapshot {
            tenant: name.to_owned(),
            seq,
            bytes,
        }])?;
        self.saved = Some((Instant::now(), start.elapsed()));
        self.since.insert(name.to_owned(), 0);
        Ok(())
    }

    /// What the database has is no longer known: the process ends, and the next one loads it.
    fn break_off(&self, error: &Failure) {
        tracing::error!(
            error = error.unquoted(),
            "the service ends, to load the database again"
        );
        self.broken.store(true, Ordering::SeqCst);
    }
}

impl Pending {
    /// Tells which of its rows were added. Whoever asked may have gone.
    fn tell(self, added: &mut impl Iterator<Item = Option<i64>>) {
        let Pending(reply, count) = self;
        let own = added.take(count).collect();
        let _ = reply.send(Ok(own));
    }

    fn fail(self, failure: Failure) {
        let Pending(reply, _) = self;
        let _ = reply.send(Err(failure));
    }
}

/// Learns from the labels of the tenants that are named, one after the other, beside the writer.
pub fn learn_beside(
    tenants: &BTreeMap<String, Arc<Tenant>>,
    orders: &Orders,
    names: &std::sync::mpsc::Receiver<String>,
) {
    while let Ok(first) = names.recv() {
        // Many labels are one refit.
        let named: BTreeSet<String> = std::iter::once(first).chain(names.try_iter()).collect();
        for name in named {
            let Some(tenant) = tenants.get(&name) else {
                continue;
            };
            let forgotten = tenant.forgotten.load(Ordering::SeqCst);
            let (corrections, learnt_to) = {
                let room = tenant.room();
                (room.corrections().clone(), room.learnt())
            };
            let refit = match learn::refit(tenant, &corrections) {
                Ok(refit) => refit,
                Err(error) => {
                    tracing::error!(
                        tenant = name,
                        error = error.unquoted(),
                        "corrections could not be learnt"
                    );
                    continue;
                }
            };
            let learned = Box::new(Learned {
                tenant: name,
                refit,
                learnt_to,
                forgotten,
            });
            if !orders.give_patiently(Order::Model(learned)) {
                return;
            }
        }
    }
}
