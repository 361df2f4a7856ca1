//! A cluster of PostgreSQL for the tests of a process, on a private port; it ends with the process.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

struct Cluster {
    port: u16,
    /// The shell that stops the cluster when this is closed: when the process ends, however.
    _until: ChildStdin,
}

static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Starts a cluster that nobody else knows, and stops it when its standard input is closed.
/// `initdb` refuses root, so all of it is done as another user, where this one is root.
const SCRIPT: &str = r#"
set -e
bin=$1; folder=$2; port=$3
if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; as="runuser -u postgres --"; else as=; fi
cd "$folder"
$as "$bin/initdb" -D "$folder/data" -U hearken -A trust -E UTF8 --locale=C >/dev/null
$as "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 start >/dev/null \
  -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='$folder' -c max_connections=300"
read -r _ || true
$as "$bin/pg_ctl" -D "$folder/data" -m immediate -t 60 stop >/dev/null || true
rm -rf "$folder"
"#;

/// The newest installation of Debian's package `postgresql`.
fn binaries() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    found.retain(|path| path.join("initdb").exists());
    found.sort();
    found.pop()
}

fn start(bin: &Path) -> Option<Cluster> {
    let folder = tempfile::Builder::new()
        .prefix("hearken-postgres-")
        .tempdir()
        .ok()?
        .keep();
    // Free now; whoever takes it meanwhile makes the start fail.
    let port = TcpListener::bind("127.0.0.1:0")
        .ok()?
        .local_addr()
        .ok()?
        .port();
    let mut shell = Command::new("sh")
        .args(["-c", SCRIPT, "sh"])
        .arg(bin)
        .arg(&folder)
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .spawn()
        .ok()?;
    let until = shell.stdin.take()?;
    let started = Instant::now();
    while client(port).is_none() {
        if started.elapsed() > super::PATIENCE || shell.try_wait().ok()?.is_some() {
            return None;
        }
        thread::sleep(Duration::from_millis(100));
    }
    Some(Cluster {
        port,
        _until: until,
    })
}

/// Carries out a statement as the cluster's own user.
fn client(port: u16) -> Option<()> {
    execute(port, "SELECT 1")
}

fn execute(port: u16, statement: &str) -> Option<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    runtime.block_on(async {
        let url = format!("postgres://hearken@127.0.0.1:{port}/postgres");
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
            .await
            .ok()?;
        tokio::spawn(connection);
        client.batch_execute(statement).await.ok()
    })
}

fn cluster() -> Option<&'static Cluster> {
    let cluster = CLUSTER.get_or_init(|| start(&binaries()?));
    cluster.as_ref()
}

/// Whether there is one; where PostgreSQL is missing, its tests say so and do nothing. With
/// `HEARKEN_POSTGRES=must` they fail instead.
pub(crate) fn is_there() -> bool {
    let is_there = cluster().is_some();
    let must = std::env::var("HEARKEN_POSTGRES").is_ok_and(|value| value == "must");
    assert!(
        is_there || !must,
        "PostgreSQL did not start: install Debian's package postgresql"
    );
    if !is_there {
        println!("not run: PostgreSQL is not installed");
    }
    is_there
}

/// An empty database.
pub(crate) fn database() -> String {
    let cluster = cluster().expect("a cluster");
    let name = format!("hearken_{}", DATABASES.fetch_add(1, Ordering::SeqCst));
    execute(cluster.port, &format!("CREATE DATABASE {name}")).expect("a database");
    format!("postgres://hearken@127.0.0.1:{}/{name}", cluster.port)
}
