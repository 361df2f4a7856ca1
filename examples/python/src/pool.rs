//! The threads of this process. After a fork the child has none of its parent's threads, and a pool
//! that waits for them waits for ever: so pools are known by their process.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hearken::Scratch;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::refused;

/// A pool and the process that has its threads.
struct Pool {
    process: u32,
    threads: Arc<ThreadPool>,
}

/// Pools by their number of threads; 0 is as many as the machine has cores.
static POOLS: Mutex<BTreeMap<usize, Pool>> = Mutex::new(BTreeMap::new());

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default());
}

/// The pool of this process with so many threads.
///
/// The lock is only taken while the interpreter's own is held, as here, and who forks holds that:
/// no child finds it locked.
pub(crate) fn pool(_held: Python<'_>, threads: usize) -> PyResult<Arc<ThreadPool>> {
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some(pool) = pools.get(&threads).filter(|pool| pool.process == process) {
        return Ok(Arc::clone(&pool.threads));
    }
    let made = ThreadPoolBuilder::new().num_threads(threads).build();
    let made = made.map_err(|error| {
        refused(format!(
            "no pool of {threads} threads can be made: {error}; give fewer threads"
        ))
    })?;
    let threads_of_it = Arc::new(made);
    let pool = Pool {
        process,
        threads: Arc::clone(&threads_of_it),
    };
    // To drop the parent's pool would be to wait for threads that are not here.
    std::mem::forget(pools.insert(threads, pool));
    Ok(threads_of_it)
}

/// Calls `work` with the buffers of this thread.
pub(crate) fn with_scratch<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => work(&mut scratch),
        // Work within work: it has buffers of its own.
        Err(_) => work(&mut Scratch::default()),
    })
}
