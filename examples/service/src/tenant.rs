//! A tenant at work: its state, the models that run for it, and what judges its corrections.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use hearken::learn::Live;
use hearken::suggest::{self, Faq, Suggester};
use hearken::train::Example;
use hearken::{Engine, desk};
use serde::Deserialize;
use tokio::sync::watch;

use crate::config::TenantConfig;
use crate::failure::{Failure, Result};
use crate::learn::{Learners, Learnt, Overlays, Report};
use crate::room::{self, Read, Room};
use crate::store::{Kind, Store, each_row};

/// A tenant at work.
pub struct Tenant {
    /// Its name.
    pub name: String,
    /// The engine without corrections; all tenants share it.
    pub base: Engine,
    /// The engine that answers now.
    pub live: Live,
    /// What suggests answers, if there is a FAQ.
    pub suggester: Option<Suggester>,
    /// Labelled texts by head.
    pub held_out: BTreeMap<String, Vec<Example>>,
    /// What corrections made, and what was judged of it.
    report: Mutex<Report>,
    /// What is learnt from; who holds it refits.
    learners: Mutex<Learners>,
    /// The number of the last alert, for those who wait for the next.
    pub alerts: watch::Sender<u64>,
    /// How often persons were forgotten.
    pub forgotten: AtomicU64,
    settings: desk::Settings,
    room: Mutex<Room>,
    /// The engines of models that rows name.
    engines: RwLock<BTreeMap<String, Engine>>,
}

impl Tenant {
    /// A tenant that has not read its rows yet.
    ///
    /// # Errors
    /// If a file that the configuration names can't be used.
    pub fn new(base: &Engine, config: &TenantConfig) -> Result<Tenant> {
        let faq = config.faq.as_ref().map(Faq::read).transpose()?;
        let suggester = faq
            .map(|faq| Suggester::new(base, faq, suggest::Settings::default()))
            .transpose()?;
        let mut held_out = BTreeMap::new();
        for (task, path) in &config.held_out {
            held_out.insert(task.clone(), examples(base, task, path)?);
        }
        let settings = room::settings(base, config)?;
        Ok(Tenant {
            name: config.name.clone(),
            base: base.clone(),
            live: Live::new(base.clone()),
            suggester,
            held_out,
            report: Mutex::default(),
            learners: Mutex::default(),
            alerts: watch::Sender::new(0),
            forgotten: AtomicU64::new(0),
            room: Mutex::new(Room::new(base, settings.clone())?),
            settings,
            engines: RwLock::new(BTreeMap::from([(base.fingerprint(), base.clone())])),
        })
    }

    /// The state. Nothing that takes long is done while it is held.
    pub fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The settings of its desk.
    pub fn settings(&self) -> &desk::Settings {
        &self.settings
    }

    /// Runs `engine` from now on; its rows can be read again by its fingerprint.
    pub fn run(&self, engine: Engine) {
        let mut engines = self.engines.write().unwrap_or_else(PoisonError::into_inner);
        engines.insert(engine.fingerprint(), engine.clone());
        drop(engines);
        self.live.put(engine);
    }

    /// As [`Tenant::run`], and no model of before can be asked again.
    pub fn run_alone(&self, engine: Engine) {
        let mut engines = self.engines.write().unwrap_or_else(PoisonError::into_inner);
        engines.clear();
        engines.insert(self.base.fingerprint(), self.base.clone());
        engines.insert(engine.fingerprint(), engine.clone());
        drop(engines);
        self.live.put(engine);
    }

    /// Says what was learnt.
    pub fn tell(&self, learnt_to: i64, heads: BTreeMap<String, Learnt>) {
        *self.report.lock().unwrap_or_else(PoisonError::into_inner) = Report { learnt_to, heads };
    }

    /// What was learnt.
    pub fn learnt(&self) -> Report {
        self.report
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The engine of a fingerprint. None if its base is no longer there: after an upgrade of the
    /// library the models of before can't run.
    pub fn engine(&self, fingerprint: &str) -> Option<Engine> {
        let engines = self.engines.read().unwrap_or_else(PoisonError::into_inner);
        engines.get(fingerprint).cloned()
    }

    /// Loads the snapshot and the models, and reads the rows behind the snapshot again; how many.
    ///
    /// # Errors
    /// As the store; if a row can't be read, or the snapshot was left under another key.
    pub fn load(&self, store: &dyn Store) -> Result<u64> {
        for model in store.models(&self.name)? {
            match Overlays::from_bytes(&model.bytes)?.engine(&self.base) {
                Ok(engine) => {
                    self.learners().resume(&model.bytes)?;
                    self.run(engine);
                }
                Err(error) => tracing::warn!(
                    tenant = self.name,
                    error = error.unquoted(),
                    "a model of before can't run; it is learnt anew"
                ),
            }
        }
        let mut room = match store.snapshot(&self.name)? {
            Some((seq, bytes)) => Room::resume(&self.base, self.settings.clone(), seq, &bytes)?,
            None => Room::new(&self.base, self.settings.clone())?,
        };
        let seq = room.seq();
        self.note_corrections(store, &mut room, seq)?;
        let mut rows = 0;
        each_row(store, &self.name, seq, None, |row| {
            let read = match row.kind {
                Kind::Post => {
                    let engine = self
                        .engine(&row.model)
                        .unwrap_or_else(|| self.live.engine().clone());
                    Some(Read::of(&engine, &row.body)?)
                }
                _ => None,
            };
            rows += 1;
            room.apply(&row, read)
        })?;
        self.alerts.send_replace(room.told());
        *self.room() = room;
        Ok(rows)
    }

    /// Reads the log of corrections up to a row into a room.
    ///
    /// # Errors
    /// As the store, or if a line can't be read.
    pub fn note_corrections(&self, store: &dyn Store, room: &mut Room, until: i64) -> Result<()> {
        let mut lines = Vec::new();
        for kind in [Kind::Learn, Kind::Retract] {
            each_row(store, &self.name, 0, Some(kind), |row| {
                if row.seq <= until {
                    lines.push(row);
                }
                Ok(())
            })?;
        }
        // A retraction covers what stands before it.
        lines.sort_by_key(|row| row.seq);
        lines.iter().try_for_each(|row| room.note(row).map(drop))
    }

    /// What is learnt from.
    pub fn learners(&self) -> MutexGuard<'_, Learners> {
        self.learners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Labelled texts: JSON lines of `text` and `label`.
fn examples(engine: &Engine, task: &str, path: &Path) -> Result<Vec<Example>> {
    #[derive(Deserialize)]
    struct Line {
        text: String,
        label: String,
    }
    let shown = path.display();
    let Some(labels) = engine.labels(task) else {
        let tasks: Vec<&str> = engine.tasks().collect();
        return Err(Failure::new(format!(
            "held_out, {task:?}: there is no such head; write one of {}",
            tasks.join(", ")
        )));
    };
    let file = std::fs::File::open(path)
        .map_err(|error| Failure::new(format!("{shown} can't be read: {error}")))?;
    let mut examples = Vec::new();
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let at = at + 1;
        let line = line.map_err(|error| Failure::new(format!("{shown}, line {at}: {error}")))?;
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line).map_err(|error| {
            Failure::new(format!("{shown}, line {at}: {error}; write text and label"))
        })?;
        if !labels.contains(&line.label) {
            return Err(Failure::new(format!(
                "{shown}, line {at}: {:?} is no label of {task}; write one of {}",
                line.label,
                labels.join(", ")
            )));
        }
        examples.push(Example {
            text: line.text,
            label: line.label,
            ..Example::default()
        });
    }
    Ok(examples)
}
