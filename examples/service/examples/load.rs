//! How many posts a second the service takes, and how long a request waits: batches of 1, 10 and
//! 100, beside the same interface, store and group commit without hearken.
//!
//! `cargo run --release --example load -- sqlite:/tmp/load.db [SECONDS]`, or `postgres://…` with an
//! empty database. Figures: `docs/measured/service.md`.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use hearken_service::auth::new_token;
use hearken_service::config::Config;
use hearken_service::serve;
use hearken_service::store::{self, Change, Kind, Row, Store};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// Clients that send at once, each as soon as it has its answer. By hand.
const CLIENTS: usize = 32;
/// Rows of a transaction: as the service's writer has it.
const MOST_ROWS: usize = 2_000;

type Wait = (Vec<(String, String)>, oneshot::Sender<()>);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let database = arguments
        .next()
        .unwrap_or_else(|| "sqlite:/tmp/hearken-load.db".into());
    let seconds: u64 = arguments.next().unwrap_or_else(|| "10".into()).parse()?;
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/sample/posts.jsonl");
    let posts = std::fs::read_to_string(sample)?;
    let mut dated: Vec<(i64, Value)> = Vec::new();
    for line in posts.lines() {
        let created = hearken::Post::from_json(line)?
            .created_at
            .unwrap_or_default();
        dated.push((created, serde_json::from_str(line)?));
    }
    dated.sort_by_key(|post| post.0);
    let posts = dated;
    println!("| | batch | posts/s | p50 ms | p99 ms | CPU µs a post |\n|---|---|---|---|---|---|");
    let store = store::open(&database)?;
    let bare = bare(store.clone())?;
    let number = AtomicU64::new(0);
    for batch in [1, 10, 100] {
        measure("store alone", &bare, "", &posts, batch, seconds, &number);
    }
    // Only one may have the database. The bare server has it until the process ends, so the service
    // gets one beside it.
    let (token, hash) = new_token()?;
    let beside = std::env::args()
        .nth(3)
        .unwrap_or_else(|| format!("{database}.service"));
    let config = format!(
        "listen = \"127.0.0.1:0\"\ndatabase = \"{beside}\"\nclock = \"posts\"\n\
         key_file = \"{}\"\n[[tenant]]\nname = \"load\"\n[[token]]\nname = \"load\"\n\
         tenant = \"load\"\nroles = [\"ingest\"]\nsha256 = \"{hash}\"\n",
        std::env::temp_dir().join("hearken-load.key").display()
    );
    let config = Config::from_toml(&config)?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || serve::run(config, |address| sender.send(address).unwrap_or_default()));
    let address = format!("http://{}", receiver.recv_timeout(Duration::from_secs(60))?);
    while ureq::get(format!("{address}/readyz")).call().is_err() {
        thread::sleep(Duration::from_millis(50));
    }
    let number = AtomicU64::new(0);
    for batch in [1, 10, 100] {
        measure("service", &address, &token, &posts, batch, seconds, &number);
    }
    Ok(())
}

/// A server with the same interface, store and group commit that only parses posts.
fn bare(store: Arc<dyn Store>) -> Result<String, Box<dyn Error>> {
    let (sender, receiver) = mpsc::sync_channel::<Wait>(4_096);
    thread::spawn(move || {
        let mut seq = 0;
        while let Ok(first) = receiver.recv() {
            let (mut changes, mut waiting) = (Vec::new(), Vec::new());
            let mut next = Some(first);
            while let Some((posts, reply)) = next.take() {
                for (id, body) in posts {
                    seq += 1;
                    changes.push(Change::Row(Row {
                        seq,
                        tenant: "bare".into(),
                        kind: Kind::Post,
                        post: id,
                        at: 0,
                        by: String::new(),
                        model: String::new(),
                        body,
                        triage: String::new(),
                    }));
                }
                waiting.push(reply);
                if changes.len() < MOST_ROWS {
                    next = receiver.try_recv().ok();
                }
            }
            if store.commit(&changes).is_ok() {
                waiting
                    .into_iter()
                    .for_each(|reply| reply.send(()).unwrap_or_default());
            }
        }
    });
    let take = async |State(sender): State<mpsc::SyncSender<Wait>>, body: String| {
        let parse = |line: &str| {
            let post: Value = serde_json::from_str(line).unwrap_or_default();
            (
                post["id"].as_str().unwrap_or_default().to_owned(),
                line.to_owned(),
            )
        };
        let posts: Vec<(String, String)> = body.lines().map(parse).collect();
        let count = posts.len();
        let (reply, done) = oneshot::channel();
        let sent = sender.try_send((posts, reply)).is_ok();
        let is_done = sent && done.await.is_ok();
        Json(json!({"accepted": if is_done { count } else { 0 }}))
    };
    let router = Router::new()
        .route("/v1/posts", post(take))
        .with_state(sender);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            sender.send(listener.local_addr()?).unwrap_or_default();
            axum::serve(listener, router).await
        })
    });
    Ok(format!(
        "http://{}",
        receiver.recv_timeout(Duration::from_secs(60))?
    ))
}

/// Sends for some seconds, and prints what came of it.
fn measure(
    what: &str,
    address: &str,
    token: &str,
    posts: &[(i64, Value)],
    batch: usize,
    seconds: u64,
    number: &AtomicU64,
) {
    let (sent, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let times = Mutex::new(Vec::new());
    let (started, processor) = (Instant::now(), processor());
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let agent = ureq::Agent::new_with_defaults();
                let mut own = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let body = body(number, posts, batch, what);
                    let began = Instant::now();
                    let answer = agent
                        .post(format!("{address}/v1/posts"))
                        .header("authorization", format!("Bearer {token}"))
                        .send(&body);
                    let taken = answer.is_ok_and(|mut answer| {
                        let answer: BTreeMap<String, Value> =
                            answer.body_mut().read_json().unwrap_or_default();
                        answer.get("accepted") == Some(&json!(batch))
                    });
                    if taken {
                        own.push(began.elapsed().as_secs_f64() * 1e3);
                        sent.fetch_add(batch as u64, Ordering::Relaxed);
                    }
                }
                times
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(own);
            });
        }
        thread::sleep(Duration::from_secs(seconds));
        stop.store(true, Ordering::Relaxed);
    });
    let sent = sent.into_inner() as f64;
    let rate = sent / started.elapsed().as_secs_f64();
    let own = (crate::processor() - processor) * 1e6 / sent.max(1.0);
    let mut times = times.into_inner().unwrap_or_else(PoisonError::into_inner);
    times.sort_by(f64::total_cmp);
    let quantile = |share: f64| {
        let at = (times.len() as f64 * share) as usize;
        times.get(at).copied().unwrap_or(f64::NAN)
    };
    println!(
        "| {what} | {batch} | {rate:.0} | {:.1} | {:.1} | {own:.0} |",
        quantile(0.5),
        quantile(0.99)
    );
}

/// Seconds of processor that this process has had, its clients included: what a busy machine does
/// not change. Where the system does not say so, 0.
fn processor() -> f64 {
    /// Of the system, a second: as Linux has it for programs.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in brackets, may have spaces.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |field: usize| fields.split_whitespace().nth(field)?.parse::<f64>().ok();
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / TICKS
}

/// The next posts of the sample, in the order of their times, under identifiers of their own; after
/// the last the first again, three days later and by other people. (The same texts at once would be
/// one campaign, and the same people would have hundreds of posts that wait.)
fn body(number: &AtomicU64, posts: &[(i64, Value)], batch: usize, what: &str) -> String {
    let mut body = String::new();
    for _ in 0..batch {
        let at = number.fetch_add(1, Ordering::Relaxed);
        let count = posts.len() as u64;
        let of = usize::try_from(at % count).unwrap_or(0);
        let (created, mut post) = posts.get(of).cloned().unwrap_or_default();
        post["id"] = format!("{what}-{batch}-{at}").into();
        let round = i64::try_from(at / count).unwrap_or(0);
        post["created_at"] = (created + round * 3 * 86_400_000).into();
        for person in ["author", "customer"] {
            let id = post[person]["id"].as_str().map(str::to_owned);
            if let Some(id) = id {
                post[person]["id"] = format!("{id}-{round}").into();
            }
        }
        body += &post.to_string();
        body.push('\n');
    }
    body
}
