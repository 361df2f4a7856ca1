//! The configuration: one TOML file, checked as a whole before anything starts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::auth::{Role, Token};
use crate::failure::{Failure, Result};

/// The configuration as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address and port that it listens on, `127.0.0.1:8080`; port 0 takes a free one.
    pub listen: String,
    /// `sqlite:FILE` or `postgres://USER:PASSWORD@HOST:PORT/NAME`.
    pub database: String,
    /// The file of the key that identifiers are hashed with; made if it is not there.
    pub key_file: PathBuf,
    /// What tells the time.
    #[serde(default)]
    pub clock: Clock,
    /// Whether the cookie of the page may be sent without TLS: on one's own machine only.
    #[serde(default)]
    pub plain_http: bool,
    /// Bounds of size and time.
    #[serde(default)]
    pub limits: Limits,
    /// Whose posts there are.
    #[serde(rename = "tenant")]
    pub tenants: Vec<TenantConfig>,
    /// Who may do what.
    #[serde(rename = "token", default)]
    pub tokens: Vec<Token>,
}

/// What tells the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The machine's clock: cases become overdue while no post comes.
    #[default]
    Wall,
    /// The latest time of a post, to replay what is past.
    Posts,
}

/// Bounds of size and time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Seconds that a request may take, its body included; as many for its headers.
    pub request_seconds: u64,
    /// Posts that may wait to be written; of more, a request is refused for the moment.
    pub waiting_posts: usize,
    /// Rows after which what is remembered is saved, so that not many more are read again at a
    /// start; under full load more, since saving takes a twentieth of the time at most.
    pub snapshot_rows: u64,
    /// Seconds that requests and streams get to end when the service stops.
    pub stop_seconds: u64,
    /// Seconds for which a claim holds without an answer.
    pub lease_seconds: u64,
    /// Streams of alerts that may be open at once.
    pub streams: usize,
    /// Seconds between two looks at the clock, where [`Clock::Wall`] tells the time.
    pub tick_seconds: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        // A megabyte is what the interface promises; the others are by hand.
        Limits {
            body_bytes: 1_000_000,
            request_seconds: 30,
            waiting_posts: 20_000,
            snapshot_rows: 20_000,
            stop_seconds: 10,
            lease_seconds: 900,
            streams: 256,
            tick_seconds: 60,
        }
    }
}

/// A tenant: posts, state and corrections of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    /// Its name: a-z, 0-9, `-` and `_`.
    pub name: String,
    /// How long posts wait for others that come late, in seconds.
    #[serde(default)]
    pub lateness_seconds: u64,
    /// How many hours are seen before anything is reported as rising.
    #[serde(default = "a_day")]
    pub warm_up_hours: u64,
    /// The time zone of business hours and reports.
    pub zone: Option<String>,
    /// How long an answer may take on each channel (TOML).
    pub service_levels: Option<PathBuf>,
    /// The FAQ that answers are suggested from (TOML).
    pub faq: Option<PathBuf>,
    /// Labelled texts (JSON lines of `text` and `label`) by which corrections of a head are judged.
    #[serde(default)]
    pub held_out: BTreeMap<String, PathBuf>,
}

/// As the library has it: a day has its rhythm.
fn a_day() -> u64 {
    24
}

impl Config {
    /// Reads a file and checks it; paths in it are beside it.
    ///
    /// # Errors
    /// If it can't be read, is not TOML, has an unknown field, or says what can't be.
    pub fn read(path: &Path) -> Result<Config> {
        let shown = path.display();
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("{shown} can't be read: {error}")))?;
        let mut config = Config::from_toml(&text).map_err(|error| Failure::about(shown, error))?;
        let beside = path.parent().unwrap_or(Path::new(""));
        config.key_file = beside.join(&config.key_file);
        if let Some(file) = config.database.strip_prefix("sqlite:") {
            config.database = format!("sqlite:{}", beside.join(file).display());
        }
        for tenant in &mut config.tenants {
            let files = tenant.held_out.values_mut();
            for file in files
                .chain(&mut tenant.faq)
                .chain(&mut tenant.service_levels)
            {
                *file = beside.join(&*file);
            }
        }
        Ok(config)
    }

    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn from_toml(text: &str) -> Result<Config> {
        let config: Config = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            let line = 1 + before.matches('\n').count();
            let message = error.message().replace('\n', " ");
            Failure::new(format!("line {line}: {message}"))
        })?;
        config.check()?;
        Ok(config)
    }

    /// The time that a request gets.
    pub fn request_time(&self) -> Duration {
        Duration::from_secs(self.limits.request_seconds)
    }

    fn check(&self) -> Result<()> {
        let wrong = |sentence: String| Err(Failure::new(sentence));
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !known.iter().any(|prefix| self.database.starts_with(prefix)) {
            return wrong(format!(
                "database: {:?} names no database; write sqlite:FILE or postgres://…",
                // What stands behind the scheme may be a password.
                self.database.split(':').next().unwrap_or_default()
            ));
        }
        if self.tenants.is_empty() {
            return wrong("there is no tenant; write a [[tenant]] with a name".to_owned());
        }
        let mut names = BTreeSet::new();
        for tenant in &self.tenants {
            let name = &tenant.name;
            let is_name = |at: u8| matches!(at, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
            // 64: a label on every metric.
            if name.is_empty() || name.len() > 64 || !name.bytes().all(is_name) {
                return wrong(format!(
                    "tenant {name:?} is no name; write 1 to 64 of a-z, 0-9, - and _"
                ));
            }
            if !names.insert(name.as_str()) {
                return wrong(format!("tenant {name:?} is there twice; take one out"));
            }
        }
        let mut hashes = BTreeSet::new();
        for token in &self.tokens {
            let name = &token.name;
            if name.is_empty() || name.len() > 64 {
                return wrong(format!("token {name:?} needs a name of 1 to 64 bytes"));
            }
            if !names.contains(token.tenant.as_str()) {
                return wrong(format!(
                    "token {name:?} is of tenant {:?}, which is not there; add it, or mend the name",
                    token.tenant
                ));
            }
            if token.roles.is_empty() {
                return wrong(format!(
                    "token {name:?} has no role; write ingest, agent or admin"
                ));
            }
            if !hashes.insert(token.sha256) {
                return wrong(format!(
                    "token {name:?} has the hash of another; make one of its own"
                ));
            }
        }
        let limits = &self.limits;
        for (field, value, least, most) in [
            ("body_bytes", limits.body_bytes as u64, 1_000, 100_000_000),
            ("request_seconds", limits.request_seconds, 1, 3_600),
            ("waiting_posts", limits.waiting_posts as u64, 1, 10_000_000),
            ("snapshot_rows", limits.snapshot_rows, 1, 100_000_000),
            ("stop_seconds", limits.stop_seconds, 0, 3_600),
            ("lease_seconds", limits.lease_seconds, 1, 7 * 86_400),
            ("streams", limits.streams as u64, 1, 100_000),
            ("tick_seconds", limits.tick_seconds, 1, 3_600),
        ] {
            if !(least..=most).contains(&value) {
                return wrong(format!(
                    "limits, {field}: {value} is out of range; write {least} to {most}"
                ));
            }
        }
        Ok(())
    }

    /// Whether somebody may do something at all: without a token nobody can.
    pub fn has_role(&self, role: Role) -> bool {
        self.tokens.iter().any(|token| token.roles.contains(&role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"
listen = "127.0.0.1:0"
database = "sqlite:service.db"
key_file = "service.key"
[[tenant]]
name = "acme"
"#;

    #[test]
    fn a_plain_configuration_is_read() {
        let config = Config::from_toml(PLAIN).expect("it is right");
        assert_eq!(config.clock, Clock::Wall);
        assert_eq!(config.tenants[0].warm_up_hours, 24);
        assert!(!config.has_role(Role::Agent));
    }

    #[test]
    fn mistakes_are_named_with_their_mend() {
        let hash = "a".repeat(64);
        let token = |tenant: &str, roles: &str, hash: &str| {
            format!(
                "{PLAIN}[[token]]\nname = \"t\"\ntenant = \"{tenant}\"\nroles = {roles}\n\
                 sha256 = \"{hash}\"\n"
            )
        };
        for (text, expected) in [
            (
                PLAIN.replace("sqlite:service.db", "mysql://u:p@h"),
                "write sqlite:FILE",
            ),
            (PLAIN.replace("acme", "Acme & Co"), "write 1 to 64 of a-z"),
            (
                format!("{PLAIN}speed = 3\n"),
                "line 7: unknown field `speed`",
            ),
            (format!("{PLAIN}[[tenant]]\nname = \"acme\"\n"), "twice"),
            (
                format!("{PLAIN}[limits]\nstreams = 0\n"),
                "streams: 0 is out of range",
            ),
            (token("other", "[\"agent\"]", &hash), "which is not there"),
            (token("acme", "[]", &hash), "no role"),
            (token("acme", "[\"boss\"]", &hash), "unknown variant `boss`"),
            (token("acme", "[\"agent\"]", "abc"), "64 hexadecimal digits"),
        ] {
            let error = Config::from_toml(&text)
                .expect_err("it is wrong")
                .to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("u:p"), "{error}");
        }
    }
}
