//! A part of a stream as state: what `Trends` and `Campaigns` have in common.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hearken::snapshot::Snapshot;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::engine::{Engine, at};
use crate::error::raised;
use crate::state::{Read, observed};
use crate::table::each_chunk;

/// State of posts, with the engine that reads them.
pub(crate) struct Part<T> {
    pub(crate) engine: hearken::Engine,
    threads: usize,
    state: Mutex<T>,
}

impl<T: Clone + Send + Snapshot> Part<T> {
    pub(crate) fn new(engine: &Engine, state: T) -> Part<T> {
        Part {
            engine: engine.engine.clone(),
            threads: engine.threads,
            state: Mutex::new(state),
        }
    }

    /// Goes on from bytes, if `check` finds that they are of the engine's key.
    pub(crate) fn from_bytes(
        py: Python<'_>,
        engine: &Engine,
        data: &[u8],
        check: impl FnOnce(&T) -> hearken::Result<()>,
    ) -> PyResult<Part<T>> {
        let state = py.detach(|| T::from_bytes(data)).map_err(raised)?;
        check(&state).map_err(raised)?;
        Ok(Part::new(engine, state))
    }

    pub(crate) fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.lock().to_bytes()).map_err(raised)?;
        Ok(PyBytes::new(py, &bytes))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads posts on all threads and gives them to `add`, in their order.
    pub(crate) fn observe(
        &self,
        posts: &Bound<'_, PyAny>,
        text: &str,
        columns: Option<BTreeMap<String, String>>,
        add: impl Fn(&mut T, &hearken::Engine, Read) + Sync,
    ) -> PyResult<()> {
        let py = posts.py();
        each_chunk(posts, &at(text, columns), &mut |chunk| {
            let read = observed(py, self.threads, &self.engine, &chunk)?;
            py.detach(|| {
                let mut state = self.lock();
                for read in read.into_iter().flatten() {
                    add(&mut state, &self.engine, read);
                }
            });
            Ok(())
        })
    }

    /// Adds a copy of `other` by `merge`.
    pub(crate) fn merge(
        &self,
        py: Python<'_>,
        other: &Part<T>,
        merge: impl FnOnce(&mut T, T) -> hearken::Result<()> + Send,
    ) -> PyResult<()> {
        py.detach(|| {
            // One lock after the other: two threads may merge each into the other.
            let added = other.lock().clone();
            merge(&mut self.lock(), added)
        })
        .map_err(raised)
    }
}
