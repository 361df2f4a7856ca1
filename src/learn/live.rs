//! The running engine, which is replaced while it is read.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::{Gate, Judgement};
use crate::{Engine, Result};

/// Holds the engine that runs, for many threads.
///
/// Readers take no lock and wait for nobody: [`Live::engine`] is a few atomic operations. A post
/// that began on one engine ends on it, whatever is put in its place meanwhile. Writers wait for
/// each other, so that each candidate is judged against the engine that it replaces.
///
/// ```
/// # #[cfg(feature = "bundled-models")]
/// # fn main() -> hearken::Result<()> {
/// use hearken::{Engine, Post, learn::Live};
///
/// let live = Live::new(Engine::new()?);
/// let engine = live.engine(); // once a post, or once a batch
/// let triage = engine.triage(&Post::new("Where is my parcel?"), &mut engine.scratch());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "bundled-models"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Live {
    running: ArcSwap<Engine>,
    /// The engine before the last replacement; who holds it is the one writer.
    before: Mutex<Option<Arc<Engine>>>,
}

/// The engine that ran when it was asked for; it stays the same for as long as this is held.
pub struct Running(Guard<Arc<Engine>>);

impl Live {
    /// Runs `engine`.
    pub fn new(engine: Engine) -> Live {
        Live {
            running: ArcSwap::from_pointee(engine),
            before: Mutex::new(None),
        }
    }

    /// The engine that runs now.
    pub fn engine(&self) -> Running {
        Running(self.running.load())
    }

    /// Puts `candidate` in the running engine's place if `gate` accepts it; the
    /// judgement says whether.
    ///
    /// # Errors
    /// If the two can't be compared; the running engine stays.
    pub fn replace(&self, candidate: Engine, gate: &Gate) -> Result<Judgement> {
        // Held while the candidate is judged: a second writer would be judged against an engine
        // that no longer runs when it takes over. A writer that panicked left a whole engine
        // behind, so a poisoned lock does no harm.
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let running = self.running.load_full();
        let judgement = gate.judge(&running, &candidate)?;
        if judgement.accepted {
            // Readers keep the engine that they have; only posts that begin later get this one.
            self.running.store(Arc::new(candidate));
            *before = Some(running);
        }
        Ok(judgement)
    }

    /// Puts `engine` in the running engine's place without judging it: one that was judged
    /// elsewhere, or without labels that were taken back, which may not go on to count.
    pub fn put(&self, engine: Engine) {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        *before = Some(self.running.swap(Arc::new(engine)));
    }

    /// Puts the engine back that ran before the last replacement, without judging it; returns
    /// whether there was one.
    pub fn revert(&self) -> bool {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        match before.take() {
            Some(engine) => {
                self.running.store(engine);
                true
            }
            None => false,
        }
    }
}

impl Deref for Running {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.0
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Running").field(&**self).finish()
    }
}
