//! What is counted, in the text format of Prometheus. No label has a text or an identifier.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::tenant::Tenant;

/// The upper bounds of the buckets, in microseconds: half a millisecond to ten seconds, each some
/// two times the one before.
const BUCKETS: [u64; 14] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long something took.
#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    microseconds: AtomicU64,
}

impl Histogram {
    fn add(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bounds = BUCKETS.iter().zip(&self.buckets);
        for (_, bucket) in bounds.filter(|(bound, _)| took <= **bound) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.microseconds.fetch_add(took, Ordering::Relaxed);
    }

    fn put(&self, out: &mut String, name: &str, help: &str) {
        head(out, name, help, "histogram");
        let seconds = |microseconds: u64| microseconds as f64 / 1e6;
        for (bound, bucket) in BUCKETS.iter().zip(&self.buckets) {
            let count = bucket.load(Ordering::Relaxed);
            // A text takes anything.
            let _ = writeln!(out, "{name}_bucket{{le=\"{}\"}} {count}", seconds(*bound));
        }
        let count = self.count.load(Ordering::Relaxed);
        let sum = seconds(self.microseconds.load(Ordering::Relaxed));
        let _ = writeln!(
            out,
            "{name}_bucket{{le=\"+Inf\"}} {count}\n{name}_sum {sum}\n{name}_count {count}"
        );
    }
}

/// What is counted since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Posts that were written.
    pub accepted: Counter,
    /// Posts that had been written before.
    pub known: Counter,
    /// Lines that are no posts.
    pub rejected: Counter,
    /// Requests that were refused for the moment, as too much waited.
    pub refused: Counter,
    /// Cases that were claimed.
    pub claimed: Counter,
    /// Cases that were answered.
    pub answered: Counter,
    /// Lines of the log of corrections.
    pub corrections: Counter,
    /// Times that other models began to run.
    pub models: Counter,
    /// Times that persons were forgotten.
    pub forgotten: Counter,
    /// Rows that were read again at the start.
    pub replayed: Counter,
    commits: Counter,
    rows: Counter,
    commit_time: Histogram,
    ingest_time: Histogram,
    requests: Mutex<BTreeMap<(String, u16), u64>>,
}

fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    // A text takes anything.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

impl Metrics {
    /// Rows were committed.
    pub fn committed(&self, rows: usize, took: Duration) {
        self.commits.add(1);
        self.rows.add(rows as u64);
        self.commit_time.add(took);
    }

    /// Posts were taken in, from the request's first byte to the answer.
    pub fn ingested(&self, took: Duration) {
        self.ingest_time.add(took);
    }

    /// A request to a route was answered with a status.
    pub fn requested(&self, route: &str, status: u16) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((route.to_owned(), status)).or_default() += 1;
    }

    /// All of it, with what the tenants' state says now.
    pub fn text<'t>(
        &self,
        waiting: usize,
        streams: usize,
        tenants: impl Iterator<Item = &'t Tenant>,
    ) -> String {
        let mut out = String::new();
        for (name, help, counter) in [
            (
                "hearken_posts_accepted_total",
                "Posts written.",
                &self.accepted,
            ),
            (
                "hearken_posts_known_total",
                "Posts written before.",
                &self.known,
            ),
            (
                "hearken_posts_rejected_total",
                "Lines that are no posts.",
                &self.rejected,
            ),
            (
                "hearken_requests_refused_total",
                "Requests refused as too much waited.",
                &self.refused,
            ),
            (
                "hearken_cases_claimed_total",
                "Cases claimed.",
                &self.claimed,
            ),
            (
                "hearken_cases_answered_total",
                "Cases answered.",
                &self.answered,
            ),
            (
                "hearken_corrections_total",
                "Lines of the log.",
                &self.corrections,
            ),
            (
                "hearken_model_swaps_total",
                "Times other models ran.",
                &self.models,
            ),
            (
                "hearken_forgotten_total",
                "Times persons were forgotten.",
                &self.forgotten,
            ),
            (
                "hearken_rows_replayed_total",
                "Rows read at the start.",
                &self.replayed,
            ),
            (
                "hearken_commits_total",
                "Transactions of the writer.",
                &self.commits,
            ),
            ("hearken_rows_written_total", "Rows in them.", &self.rows),
        ] {
            head(&mut out, name, help, "counter");
            let _ = writeln!(out, "{name} {}", counter.get());
        }
        let name = "hearken_http_requests_total";
        head(&mut out, name, "Requests by route and status.", "counter");
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for ((route, status), count) in &*requests {
            let _ = writeln!(
                out,
                "{name}{{route=\"{route}\",status=\"{status}\"}} {count}"
            );
        }
        drop(requests);
        self.commit_time
            .put(&mut out, "hearken_commit_seconds", "A commit.");
        self.ingest_time
            .put(&mut out, "hearken_ingest_seconds", "A request with posts.");
        for (name, help, value) in [
            (
                "hearken_posts_waiting",
                "Posts that wait to be written.",
                waiting,
            ),
            (
                "hearken_streams_open",
                "Streams of alerts that are open.",
                streams,
            ),
        ] {
            head(&mut out, name, help, "gauge");
            let _ = writeln!(out, "{name} {value}");
        }
        self.put_tenants(&mut out, tenants);
        out
    }

    fn put_tenants<'t>(&self, out: &mut String, tenants: impl Iterator<Item = &'t Tenant>) {
        let mut rows: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for tenant in tenants {
            let room = tenant.room();
            let desk = room.desk();
            let name = &tenant.name;
            let mut put = |metric, help, labels: &str, value: usize| {
                rows.entry((metric, help))
                    .or_default()
                    .push(format!("{metric}{{tenant=\"{name}\"{labels}}} {value}"));
            };
            if let Some(queue) = desk.queue() {
                let lanes = queue.lanes();
                for (lane, count) in [
                    ("fast", lanes.fast),
                    ("normal", lanes.normal),
                    ("deferred", lanes.deferred),
                    ("idle", lanes.idle),
                    ("suspected", lanes.suspected),
                ] {
                    let label = format!(",lane=\"{lane}\"");
                    put("hearken_queue_cases", "Cases that wait.", &label, count);
                }
                put(
                    "hearken_queue_overdue",
                    "Cases overdue.",
                    "",
                    queue.overdue_count(),
                );
            }
            put(
                "hearken_alerts_open",
                "Rises that go on.",
                "",
                desk.alerts().count(),
            );
            put(
                "hearken_labels",
                "Labels that stand.",
                "",
                room.corrections().len() as usize,
            );
            put(
                "hearken_posts_shed",
                "Posts the queue had no room for.",
                "",
                room.shed() as usize,
            );
        }
        for ((metric, help), lines) in rows {
            head(out, metric, help, "gauge");
            for line in lines {
                let _ = writeln!(out, "{line}");
            }
        }
    }
}
