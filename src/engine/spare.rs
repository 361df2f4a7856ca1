//! Scratches that wait for the next batch.
//!
//! What a thread remembers of words makes most posts cheaper, and is lost with its scratch. A batch
//! is parted anew each time it is asked for, so that without this every part of every batch would
//! begin with nothing.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::Scratch;

/// Scratches that no thread uses: as many as threads worked at once, at most.
#[derive(Default)]
pub(super) struct Spares(Mutex<Vec<Scratch>>);

/// A scratch in use, which goes back when it is dropped.
pub(super) struct Lent<'s> {
    pub(super) scratch: Scratch,
    spares: &'s Spares,
}

impl Spares {
    /// One that was used before, or a new one. Which of them shows in no answer.
    pub(super) fn lend(&self) -> Lent<'_> {
        let scratch = self.with(Vec::pop).unwrap_or_default();
        Lent {
            scratch,
            spares: self,
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Scratch>) -> T) -> T {
        // Whoever panicked left whole scratches.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Spares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} scratches", self.with(|spares| spares.len()))
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let scratch = std::mem::take(&mut self.scratch);
        self.spares.with(|spares| spares.push(scratch));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_lent_again() {
        let spares = Spares::default();
        let mut first = spares.lend();
        first.scratch.margins.push(1.0);
        let second = spares.lend();
        assert!(second.scratch.margins.is_empty());
        drop((first, second));
        assert_eq!(spares.with(|spares| spares.len()), 2);
        let lent = [spares.lend(), spares.lend()];
        assert!(lent.iter().any(|lent| lent.scratch.margins == [1.0]));
    }
}
