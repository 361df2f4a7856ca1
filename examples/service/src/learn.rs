//! From the labels that stand to the models that run: refit, gate, and what is kept of it.

use std::collections::{BTreeMap, BTreeSet};

use hearken::Engine;
use hearken::learn::{Correction, Corrections, Gate, Learner};
use hearken::model::Model;
use hearken::snapshot::Bundle;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::failure::Result;
use crate::tenant::Tenant;

/// The part of a stored model that says which labels each overlay has.
const FITTED: &str = "fitted";

/// The overlays of a tenant, one a head.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlays {
    models: BTreeMap<String, Vec<u8>>,
    /// The labels that each was fitted to, as hashes: texts stay in the log.
    fitted: BTreeMap<String, BTreeSet<String>>,
}

/// What was learnt of a head.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Learnt {
    /// Labels that stand.
    pub standing: usize,
    /// Whether the overlay runs.
    pub runs: bool,
    /// Why, in a sentence.
    pub reason: String,
}

/// What was learnt so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The last row of the log of corrections that was taken into account.
    pub learnt_to: i64,
    /// By head.
    pub heads: BTreeMap<String, Learnt>,
}

/// What a tenant's models are learnt with; what was read of a text is not read again.
#[derive(Default)]
pub struct Learners {
    of_head: BTreeMap<String, Learner>,
    running: Overlays,
}

/// What a refit gives.
pub struct Refit {
    /// The engine that is to run.
    pub engine: Engine,
    /// Its overlays, to be kept.
    pub bytes: Vec<u8>,
    /// What was judged.
    pub heads: BTreeMap<String, Learnt>,
}

impl Overlays {
    /// Reads what [`Overlays::to_bytes`] gave.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Overlays> {
        let bundle = Bundle::from_bytes(bytes)?;
        let fitted: BTreeMap<String, BTreeSet<String>> =
            serde_json::from_slice(bundle.bytes(FITTED).unwrap_or(b"{}"))?;
        let part = |task: &String| {
            let bytes = bundle.bytes(&format!("overlay:{task}"))?;
            Some((task.clone(), bytes.to_vec()))
        };
        Ok(Overlays {
            models: fitted.keys().filter_map(part).collect(),
            fitted,
        })
    }

    /// The overlays as bytes.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bundle = Bundle::new();
        bundle.put_bytes(FITTED, serde_json::to_vec(&self.fitted)?);
        for (task, model) in &self.models {
            bundle.put_bytes(&format!("overlay:{task}"), model.clone());
        }
        Ok(bundle.to_bytes())
    }

    /// The base with them.
    ///
    /// # Errors
    /// If one was learnt on another base.
    pub fn engine(&self, base: &Engine) -> Result<Engine> {
        let mut engine = base.clone();
        for model in self.models.values() {
            engine = engine.with_overlay(&Model::from_bytes(model)?)?;
        }
        Ok(engine)
    }

    fn remove(&mut self, task: &str) {
        self.models.remove(task);
        self.fitted.remove(task);
    }
}

impl Learners {
    /// Goes on from a model that ran.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn resume(&mut self, bytes: &[u8]) -> Result<()> {
        self.running = Overlays::from_bytes(bytes)?;
        Ok(())
    }

    /// The overlay of a head that was taken last, as bytes.
    pub fn overlay(&self, head: &str) -> Option<Vec<u8>> {
        self.running.models.get(head).cloned()
    }
}

/// A label as a hash.
fn hash(correction: &Correction) -> String {
    let parts = [&correction.post, &correction.label, &correction.text];
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    crate::auth::hexadecimal(&digest.finalize()[..16])
}

/// Fits a tenant's models to the labels that stand, and judges what changed. Nothing runs yet.
///
/// What a gate refuses does not run, and the overlay of before goes on. Only if that one holds a
/// label that was taken back the base alone runs: what was taken back never counts.
///
/// # Errors
/// If a label is not one of its head's, or an overlay can't be made.
pub fn refit(tenant: &Tenant, corrections: &Corrections) -> Result<Refit> {
    let mut learners = tenant.learners();
    let Learners { of_head, running } = &mut *learners;
    let mut next = running.clone();
    let mut heads = BTreeMap::new();
    let tasks: BTreeSet<String> = corrections
        .tasks()
        .into_iter()
        .map(str::to_owned)
        .chain(running.models.keys().cloned())
        .collect();
    for task in tasks {
        let standing: Vec<Correction> = corrections.standing(&task).collect();
        let fitted: BTreeSet<String> = standing.iter().map(hash).collect();
        let before = running.fitted.get(&task);
        let is_taken_back = before.is_some_and(|before| !before.is_subset(&fitted));
        let learner = match of_head.remove(&task) {
            Some(learner) => learner,
            None => Learner::new(&tenant.base, &task)?,
        };
        let learner = of_head.entry(task.clone()).or_insert(learner);
        learner.follow(corrections)?;
        let mut learnt = Learnt {
            standing: standing.len(),
            runs: true,
            reason: "nothing is new".to_owned(),
        };
        if standing.is_empty() {
            next.remove(&task);
            learnt.runs = false;
            learnt.reason = "no label stands: the base answers alone".to_owned();
        } else if before != Some(&fitted) {
            let overlay = learner.overlay()?;
            let candidate = next.engine(&tenant.base)?.with_overlay(&overlay)?;
            let running = next.engine(&tenant.base)?;
            let known: BTreeSet<&str> = standing.iter().map(|one| one.text.as_str()).collect();
            let (runs, reason) = judge(tenant, &task, &known, &running, &candidate)?;
            (learnt.runs, learnt.reason) = (runs, reason);
            if runs {
                next.models.insert(task.clone(), overlay.to_bytes());
                next.fitted.insert(task.clone(), fitted);
            } else if is_taken_back {
                next.remove(&task);
                learnt.reason += "; the overlay of before has a label that was taken back, so the \
                                  base answers alone";
            }
        }
        heads.insert(task, learnt);
    }
    let engine = next.engine(&tenant.base)?;
    let bytes = next.to_bytes()?;
    *running = next;
    Ok(Refit {
        engine,
        bytes,
        heads,
    })
}

/// Whether a candidate may run, and why.
fn judge(
    tenant: &Tenant,
    task: &str,
    known: &BTreeSet<&str>,
    running: &Engine,
    candidate: &Engine,
) -> Result<(bool, String)> {
    let Some(examples) = tenant.held_out.get(task) else {
        let reason = format!("not judged: the configuration has no held_out texts for {task}");
        return Ok((true, reason));
    };
    let examples = examples
        .iter()
        .filter(|example| !known.contains(&*example.text));
    let gate = match Gate::new(task, examples.cloned().collect()) {
        Ok(gate) => gate,
        Err(error) => return Ok((true, format!("not judged: {error}"))),
    };
    let judgement = gate.judge(running, candidate)?;
    Ok((judgement.accepted, judgement.reason))
}
