//! The one place where threads are used.

/// Calls `each` for every item with a state made by `state`, one a thread, and gives the results in
/// the items' order.
#[cfg(feature = "parallel")]
pub(crate) fn map<T: Sync, S: Send, R: Send>(
    items: &[T],
    state: impl Fn() -> S + Send + Sync,
    each: impl Fn(&mut S, &T) -> R + Send + Sync,
) -> Vec<R> {
    use rayon::prelude::*;
    /// Most posts that one thread takes at a time: enough to pay for the hand-over. Chosen by
    /// hand; not tuned.
    const CHUNK: usize = 256;
    let chunk = (items.len() / 64).clamp(1, CHUNK);
    let parts: Vec<Vec<R>> = items
        .par_chunks(chunk)
        .map_init(&state, |state, chunk| {
            chunk.iter().map(|item| each(state, item)).collect()
        })
        .collect();
    parts.into_iter().flatten().collect()
}

/// As above, on this thread.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<T: Sync, S: Send, R: Send>(
    items: &[T],
    state: impl Fn() -> S + Send + Sync,
    each: impl Fn(&mut S, &T) -> R + Send + Sync,
) -> Vec<R> {
    let mut state = state();
    items.iter().map(|item| each(&mut state, item)).collect()
}
