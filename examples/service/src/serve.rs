//! The service from its start to its end: read the rows again, serve, save, stop.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use hearken::Engine;
use hearken::observation::{Accounts, Identities, Secret};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::{Clock, Config};
use crate::failure::{Failure, Result};
use crate::http::{App, router, wall};
use crate::listen;
use crate::metrics::Metrics;
use crate::orders::{Order, Orders};
use crate::store::{self, Store};
use crate::tenant::Tenant;
use crate::writer::{Writer, learn_beside};

/// How often it is looked whether the writer broke off. By hand.
const LOOK: Duration = Duration::from_millis(200);

/// The key that identifiers are hashed with; made if there is none.
fn key(path: &Path) -> Result<Secret> {
    let shown = path.display();
    let about = |error: std::io::Error| {
        Failure::new(format!("the key {shown} can't be read or made: {error}"))
    };
    if !path.exists() {
        let mut bytes = [0u8; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| Failure::new(format!("the system gives no random bytes: {error}")))?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(about)?;
        file.write_all(&bytes)
            .and_then(|()| file.sync_all())
            .map_err(about)?;
    }
    let bytes = std::fs::read(path).map_err(about)?;
    let first = bytes.first_chunk::<16>().copied();
    let first = first.ok_or_else(|| {
        Failure::new(format!(
            "the key {shown} is shorter than 16 bytes; take it from a backup"
        ))
    })?;
    Ok(Secret::from_bytes(first))
}

/// The engine that all tenants share.
///
/// # Errors
/// If the models can't be used.
pub fn engine(config: &Config) -> Result<Engine> {
    let identities = Identities::new(key(&config.key_file)?, Accounts::default());
    Ok(Engine::builder().identities(identities).build()?)
}

/// The engine under no key, to check a configuration with.
///
/// # Errors
/// As [`engine`].
pub fn bare_engine() -> Result<Engine> {
    Ok(Engine::new()?)
}

/// The tenants of a configuration, before they have read their rows.
///
/// # Errors
/// If a file that it names can't be used.
pub fn tenants(config: &Config, engine: &Engine) -> Result<BTreeMap<String, Arc<Tenant>>> {
    let tenant = |of| {
        let tenant = Tenant::new(engine, of);
        let tenant =
            tenant.map_err(|error| Failure::about(format!("tenant {:?}", of.name), error))?;
        Ok((of.name.clone(), Arc::new(tenant)))
    };
    config.tenants.iter().map(tenant).collect()
}

/// Runs the service until it is told to stop; `say` is given the address that it listens on.
///
/// # Errors
/// If it can't start, or what it wrote is not known to be in the database.
pub fn run(config: Config, say: impl FnOnce(std::net::SocketAddr)) -> Result<()> {
    let store = store::open(&config.database)?;
    run_on(store, config, say)
}

/// As [`run`], on a store that is open.
///
/// # Errors
/// As [`run`].
pub fn run_on(
    store: Arc<dyn Store>,
    config: Config,
    say: impl FnOnce(std::net::SocketAddr),
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::about("no threads to serve with", error))?;
    let engine = engine(&config)?;
    let tenants = Arc::new(tenants(&config, &engine)?);
    // The store outlives the runtime: it has one of its own, which no thread of another may end.
    let ended = runtime.block_on(serve(config, store.clone(), tenants, say));
    // What still blocks (a long request) ends with the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    drop(store);
    ended
}

async fn serve(
    config: Config,
    store: Arc<dyn Store>,
    tenants: Arc<BTreeMap<String, Arc<Tenant>>>,
    say: impl FnOnce(std::net::SocketAddr),
) -> Result<()> {
    let listener = TcpListener::bind(&config.listen).await.map_err(|error| {
        Failure::new(format!("{} can't be listened on: {error}", config.listen))
    })?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::about("the address", error))?;
    let (orders, taken) = Orders::new(config.limits.waiting_posts);
    let (stop, stopped) = watch::channel(false);
    let metrics = Arc::new(Metrics::default());
    let broken = Arc::new(AtomicBool::new(false));
    let app = Arc::new(App {
        store: store.clone(),
        orders: orders.clone(),
        tenants: tenants.clone(),
        metrics: metrics.clone(),
        ready: AtomicBool::new(false),
        stop: stopped.clone(),
        streams: AtomicUsize::new(0),
        config,
    });
    let seconds = Duration::from_secs(app.config.limits.request_seconds);
    let served = listen::serve(
        listener,
        router(app.clone()),
        seconds,
        until(stopped.clone()),
    );
    let mut served = tokio::spawn(served);
    say(address);

    let (learner, names) = std::sync::mpsc::channel();
    let loading = (app.clone(), learner.clone(), broken.clone());
    let writer = tokio::task::spawn_blocking(move || load(&loading.0, loading.1, loading.2));
    // Whoever asks before the rows are read gets 503.
    let writer = match asked_to_stop(writer).await {
        Some(writer) => writer?,
        None => return Ok(()),
    };
    let writing = std::thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || writer.run(taken));
    writing.map_err(|error| Failure::about("no thread to write with", error))?;
    let learning = (tenants.clone(), orders.clone());
    std::thread::Builder::new()
        .name("learner".to_owned())
        .spawn(move || learn_beside(&learning.0, &learning.1, &names))
        .map_err(|error| Failure::about("no thread to learn with", error))?;
    for (name, tenant) in tenants
        .iter()
        .filter(|(_, tenant)| tenant.room().learnt() > 0)
    {
        tracing::debug!(
            tenant = name,
            model = tenant.live.engine().fingerprint(),
            "learns anew"
        );
        // The learner lives as long as the service.
        let _ = learner.send(name.clone());
    }
    if app.config.clock == Clock::Wall {
        tokio::spawn(tick(
            orders.clone(),
            Duration::from_secs(app.config.limits.tick_seconds),
        ));
    }
    app.ready.store(true, Ordering::SeqCst);
    tracing::info!(%address, "ready");

    tokio::select! {
        () = signal() => tracing::info!("asked to stop"),
        () = breaks(&broken) => {}
        ended = &mut served => {
            return Err(Failure::new(format!("the server ended by itself: {ended:?}")));
        }
    }
    app.ready.store(false, Ordering::SeqCst);
    stop.send_replace(true);
    let deadline = Duration::from_secs(app.config.limits.stop_seconds);
    if tokio::time::timeout(deadline, served).await.is_err() {
        tracing::warn!("requests that did not end in time are cut off");
    }
    if broken.load(Ordering::SeqCst) {
        return Err(Failure::new(
            "the database and the state may differ; start it again, and it reads its rows anew",
        ));
    }
    let saved = tokio::time::timeout(deadline.max(LOOK * 50), orders.stop()).await;
    match saved {
        Ok(Ok(())) => Ok(()),
        // Nothing is lost: rows are read again at the next start.
        _ => Err(Failure::new(
            "the state could not be saved; the next start takes longer",
        )),
    }
}

/// Reads all rows again; the writer that goes on from there.
fn load(
    app: &App,
    learner: std::sync::mpsc::Sender<String>,
    broken: Arc<AtomicBool>,
) -> Result<Writer> {
    let mut since = BTreeMap::new();
    for (name, tenant) in app.tenants.iter() {
        let loaded = tenant.load(&*app.store);
        let rows = loaded.map_err(|error| Failure::about(format!("tenant {name:?}"), error))?;
        app.metrics.replayed.add(rows);
        since.insert(name.clone(), rows);
    }
    Ok(Writer {
        last: app.store.last()?,
        store: app.store.clone(),
        tenants: app.tenants.clone(),
        metrics: app.metrics.clone(),
        snapshot_rows: app.config.limits.snapshot_rows,
        saved: None,
        now: wall,
        broken,
        learner,
        since,
    })
}

/// What a task gives, unless it is asked to stop before.
async fn asked_to_stop<T>(task: tokio::task::JoinHandle<Result<T>>) -> Option<Result<T>> {
    tokio::select! {
        done = task => Some(match done {
            Ok(done) => done,
            Err(_) => Err(Failure::new("the rows could not be read; see above")),
        }),
        () = signal() => None,
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // It ends too when nobody is left to say so.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn breaks(broken: &AtomicBool) {
    while !broken.load(Ordering::SeqCst) {
        tokio::time::sleep(LOOK).await;
    }
}

/// Tells the writer what time it is, again and again.
async fn tick(orders: Orders, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        // Where too much waits the next one will do.
        orders.give(Order::Tick);
    }
}

/// Until the system asks the process to end.
async fn signal() {
    use tokio::signal;
    #[cfg(unix)]
    {
        let Ok(mut terminate) = signal::unix::signal(signal::unix::SignalKind::terminate()) else {
            return;
        };
        tokio::select! {
            _ = signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        // Without the signal the process is ended by the system.
        let _ = signal::ctrl_c().await;
    }
}
