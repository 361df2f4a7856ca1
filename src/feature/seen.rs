//! A set of hashes that is emptied in no time: what a text has shown already.

/// A set of hashes, reused between texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    slots: Vec<(u64, u32)>,
    generation: u32,
    count: usize,
}

impl Seen {
    /// Empties the set.
    pub(crate) fn clear(&mut self) {
        self.count = 0;
        // Slots of an earlier text count as empty by their generation: nothing has to be cleared.
        self.generation = self.generation.wrapping_add(1);
        if self.generation == 0 || self.slots.is_empty() {
            self.slots.clear();
            self.slots.resize(1024, (0, 0));
            self.generation = 1;
        }
    }

    /// Adds `hash`; whether it is new.
    #[inline]
    pub(crate) fn insert(&mut self, hash: u64) -> bool {
        // Half full at most, so that a probe meets an empty place after a step or two.
        if self.count * 2 >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = &mut self.slots[at];
            if slot.1 != self.generation {
                *slot = (hash, self.generation);
                self.count += 1;
                return true;
            }
            if slot.0 == hash {
                return false;
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let kept: Vec<u64> = self
            .slots
            .iter()
            .filter(|slot| slot.1 == self.generation)
            .map(|slot| slot.0)
            .collect();
        let size = (self.slots.len() * 2).max(1024);
        self.slots.clear();
        self.slots.resize(size, (0, 0));
        self.generation = 1;
        self.count = 0;
        for hash in kept {
            self.insert(hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn forgets_and_grows() {
        let mut seen = Seen::default();
        for _ in 0..3 {
            seen.clear();
            for hash in 0..5000u64 {
                assert!(seen.insert(hash));
            }
            for hash in 0..5000u64 {
                assert!(!seen.insert(hash));
            }
        }
    }
}
