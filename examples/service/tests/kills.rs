//! A service that is killed (SIGKILL) at random moments while clients send and send again: each
//! post that was acknowledged is there once, and the state has the bytes of a run that nobody
//! disturbed.
//!
//! Short by default; `HEARKEN_KILLS=50 HEARKEN_POSTS=200000` is the long form (`.ci/long service`).
//! When it is killed depends on chance, what must come of it doesn't.
#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hearken_service::store::{self, Kind, each_row};
use serde_json::Value;
use support::{Backend, Service, on_both, sample};

on_both!(what_was_acknowledged_is_there_once);

/// Kills and posts of the short form.
const KILLS: usize = 5;
const POSTS: usize = 4_000;
/// Clients that send at once.
const CLIENTS: usize = 8;
/// Posts of a request.
const BATCH: usize = 25;
/// Three days, in milliseconds: what the sample spans.
const SPAN: i64 = 3 * 86_400_000;

/// The random numbers of SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit.max(1) as u64) as usize
    }
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(usual)
}

/// The sample again and again, each time three days later, under other identifiers.
fn posts(count: usize) -> Vec<String> {
    let sample = sample();
    (0..count)
        .map(|at| {
            let round = at / sample.len();
            let post = hearken::Post::from_json(&sample[at % sample.len()]).expect("a post");
            let mut value = serde_json::to_value(&post).expect("JSON");
            value["id"] = format!("{}-{round}", post.id.as_deref().expect("an id")).into();
            let at = post.created_at.expect("a time") + SPAN * round as i64;
            value["created_at"] = at.into();
            for field in ["in_reply_to", "thread"] {
                if let Some(other) = value[field].as_str() {
                    value[field] = format!("{other}-{round}").into();
                }
            }
            value.to_string()
        })
        .collect()
}

fn service(backend: Backend) -> Service {
    // Snapshots on the way, so that a kill finds one that is being saved, and rows behind it.
    let rows = number("HEARKEN_POSTS", POSTS) / 10;
    let limits = format!("clock = \"posts\"\n[limits]\nsnapshot_rows = {rows}");
    Service::with(backend, &limits, "warm_up_hours = 24")
}

fn what_was_acknowledged_is_there_once(backend: Backend) {
    let (kills, count) = (
        number("HEARKEN_KILLS", KILLS),
        number("HEARKEN_POSTS", POSTS),
    );
    let posts = posts(count);
    let batches: Vec<&[String]> = posts.chunks(BATCH).collect();
    let mut random = Random(count as u64 + kills as u64);
    // After how many acknowledged requests it is killed.
    let mut when: Vec<usize> = (0..kills)
        .map(|_| random.below(batches.len() * 9 / 10))
        .collect();
    when.sort_unstable();
    let shared = RwLock::new(service(backend).start());
    let (next, acknowledged) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let tries = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let (body, started) = (batch.join("\n"), Instant::now());
                    loop {
                        tries.fetch_add(1, Ordering::SeqCst);
                        // Not asked under the lock: a kill finds requests in flight.
                        let (agent, address, token) = {
                            let service = shared.read().expect("no thread panicked");
                            let token = service.token("ingest").to_owned();
                            (service.agent.clone(), service.address().to_owned(), token)
                        };
                        let sent = agent
                            .post(format!("{address}/v1/posts"))
                            .header("authorization", format!("Bearer {token}"))
                            .send(&body);
                        if sent.is_ok_and(|answer| answer.status() == 200) {
                            break;
                        }
                        assert!(
                            started.elapsed() < support::PATIENCE,
                            "a batch never came through"
                        );
                        thread::sleep(Duration::from_millis(20));
                    }
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for when in when {
            let started = Instant::now();
            while acknowledged.load(Ordering::SeqCst) < when {
                assert!(
                    started.elapsed() < support::PATIENCE * 10,
                    "nothing gets on"
                );
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_micros(random.below(20_000) as u64));
            let mut service = shared.write().expect("no thread panicked");
            service.kill();
            service.launch();
            drop(service);
            // Some kills come before it has read its rows again.
            if random.below(3) > 0 {
                shared.read().expect("no thread panicked").wait_ready();
            }
        }
    });
    let mut killed = shared.into_inner().expect("no thread panicked");
    killed.wait_ready();
    let state = killed.state("eva");
    // A last one, when nothing is under way.
    killed.kill();
    killed.launch();
    killed.wait_ready();
    assert_eq!(killed.state("eva"), state);
    assert_eq!(killed.stop(), Some(0), "{}", killed.log());

    let mut order = Vec::new();
    let store = store::open(&killed.database()).expect("the database");
    each_row(&*store, "acme", 0, Some(Kind::Post), |row| {
        order.push((row.post, row.body));
        Ok(())
    })
    .expect("rows");
    let ids: BTreeSet<&str> = order.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(
        (order.len(), ids.len()),
        (count, count),
        "lost or doubled posts"
    );
    drop(store);

    // The same posts in the order in which they were written, by one client, undisturbed.
    let undisturbed = service(backend).start();
    for part in order.chunks(500) {
        let bodies: Vec<&str> = part.iter().map(|(_, body)| body.as_str()).collect();
        let (status, answer) = undisturbed.ask("ingest", "POST", "/v1/posts", &bodies.join("\n"));
        assert_eq!(status, 200, "{answer}");
    }
    for (own, other) in state.iter().zip(undisturbed.state("eva")) {
        assert!(
            *own == other,
            "the state differs from that of an undisturbed run"
        );
    }
    let alerts = serde_json::from_str::<Value>(&state[2]).expect("JSON")["told"].clone();
    println!(
        "{backend:?}: {kills} kills, {count} posts in {} requests, {} tries; {alerts} alerts; the same bytes",
        batches.len(),
        tries.into_inner(),
    );
}
