//! The texts of all terms as a trie that is walked from one place of a text, byte by byte.
//!
//! A double array (Aoe 1989): the child of a node by a byte stands where the node's base and the
//! byte say, if the slot there names the node as its parent. So a step is one load and one
//! comparison, where the contiguous automaton of `aho-corasick` searches a list: on English posts
//! of the sample a third of the pass of all terms went there. Nothing is kept for going on after
//! a mismatch, which walks from a fixed place never do.

use crate::{Error, Result};

/// No parent, or no text.
const NONE: u32 = u32::MAX;
/// The node from which walks start.
pub(super) const ROOT: u32 = 0;
/// Slots that a byte reaches from a base.
const BYTES: usize = 256;
/// Free slots that are tried for a node of several children before room is made at the end: a bound
/// on time, chosen by hand; 3 % of the slots stay free.
const TRIES: usize = 64;

/// A trie; immutable. Its nodes are slots, the root is the first one.
#[derive(Clone, Debug, Default)]
pub(super) struct Trie {
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The child by a byte stands at the exclusive or of this and the byte.
    base: u32,
    parent: u32,
    /// The number of the text that ends here.
    text: u32,
}

const FREE: Slot = Slot {
    base: 0,
    parent: NONE,
    text: NONE,
};

impl Trie {
    /// The trie of `texts`, which are sorted, distinct and not empty; each has its index as number.
    ///
    /// # Errors
    /// If they have more than four billion bytes.
    pub(super) fn new(texts: &[&[u8]]) -> Result<Trie> {
        let mut builder = Builder::default();
        builder.grow();
        builder.take(0, 0);
        // Texts with the same beginning, its length, and the node that it leads to. The last one
        // goes on first, so that most nodes stand beside their parents.
        let mut open = vec![(texts, 0, 0, 0)];
        while let Some((mut texts, first, length, node)) = open.pop() {
            let mut number = first;
            if let Some((text, longer)) = texts.split_first()
                && text.len() == length
            {
                builder.slots[node].text = u32::try_from(number).map_err(|_| too_many())?;
                (texts, number) = (longer, number + 1);
            }
            let next = |text: Option<&&[u8]>| text.and_then(|text| text.get(length)).copied();
            // They are sorted, so all go on by the same byte if the first and the last do. Most do,
            // and a list of bytes for each node would be half of the time.
            if let Some(byte) =
                next(texts.first()).filter(|_| next(texts.first()) == next(texts.last()))
            {
                let base = builder.base_for(&[byte]);
                builder.slots[node].base = u32::try_from(base).map_err(|_| too_many())?;
                let child = base ^ usize::from(byte);
                builder.take(child, node as u32);
                open.push((texts, number, length + 1, child));
                continue;
            }
            let same = |one: &&[u8], other: &&[u8]| one.get(length) == other.get(length);
            let bytes: Vec<u8> = texts
                .chunk_by(same)
                .filter_map(|texts| texts.first()?.get(length).copied())
                .collect();
            let base = builder.base_for(&bytes);
            builder.slots[node].base = u32::try_from(base).map_err(|_| too_many())?;
            for (texts, byte) in texts.chunk_by(same).zip(bytes) {
                let child = base ^ usize::from(byte);
                builder.take(child, node as u32);
                open.push((texts, number, length + 1, child));
                number += texts.len();
            }
        }
        Ok(Trie {
            slots: builder.slots,
        })
    }

    /// Calls `each(length, number)` for every text that `bytes` begins with, the shortest first.
    /// The first `from` of them lead to `node`, as none lead to [`ROOT`]; texts that are shorter
    /// are passed over.
    #[inline]
    pub(super) fn walk(
        &self,
        mut node: u32,
        from: usize,
        bytes: &[u8],
        mut each: impl FnMut(usize, u32),
    ) {
        let Some(slot) = self.slots.get(node as usize) else {
            return;
        };
        if slot.text != NONE {
            each(from, slot.text);
        }
        let mut base = slot.base;
        for (length, &byte) in (from + 1..).zip(bytes.get(from..).unwrap_or_default()) {
            let at = base ^ u32::from(byte);
            let Some(slot) = self.slots.get(at as usize) else {
                return;
            };
            if slot.parent != node {
                return;
            }
            (node, base) = (at, slot.base);
            if slot.text != NONE {
                each(length, slot.text);
            }
        }
    }

    /// The child of a node by a byte, if it has one, and the text that ends there.
    pub(super) fn child(&self, node: u32, byte: u8) -> Option<(u32, Option<u32>)> {
        let at = self.slots.get(node as usize)?.base ^ u32::from(byte);
        let slot = self.slots.get(at as usize)?;
        let text = (slot.text != NONE).then_some(slot.text);
        (slot.parent == node).then_some((at, text))
    }

    /// Bytes held.
    pub(super) fn memory_usage(&self) -> usize {
        size_of_val(self.slots.as_slice())
    }
}

#[cold]
fn too_many() -> Error {
    Error::lexicon("the terms have more than four billion bytes; use fewer")
}

/// A trie in the making: its slots, and the free ones as a ring in their order.
#[derive(Default)]
struct Builder {
    slots: Vec<Slot>,
    /// For each slot the free ones before and after it; the first slot, which is taken, holds the
    /// ends of the ring.
    free: Vec<(usize, usize)>,
}

impl Builder {
    /// Adds slots for all bytes of one base.
    fn grow(&mut self) {
        let from = self.slots.len();
        self.slots.resize(from + BYTES, FREE);
        self.free.resize(from + BYTES, (0, 0));
        for slot in from.max(1)..from + BYTES {
            let (last, _) = self.free[0];
            self.free[slot] = (last, 0);
            self.free[last].1 = slot;
            self.free[0].0 = slot;
        }
    }

    /// Makes a free slot a node.
    fn take(&mut self, slot: usize, parent: u32) {
        self.slots[slot].parent = parent;
        // The root is no child of any node, and no link of the ring.
        if slot == 0 {
            self.slots[slot].parent = NONE;
            return;
        }
        let (before, after) = self.free[slot];
        self.free[before].1 = after;
        self.free[after].0 = before;
    }

    /// A base from which the slots of all `bytes` are free.
    fn base_for(&mut self, bytes: &[u8]) -> usize {
        let Some((&first, rest)) = bytes.split_first() else {
            return 0;
        };
        let is_free = |slots: &[Slot], at: usize| at > 0 && slots[at].parent == NONE;
        let mut slot = self.free[0].1;
        for _ in 0..TRIES {
            if slot == 0 {
                break;
            }
            // Exclusive or moves within 256 slots, all of which are there.
            let base = slot ^ usize::from(first);
            if rest
                .iter()
                .all(|&byte| is_free(&self.slots, base ^ usize::from(byte)))
            {
                return base;
            }
            slot = self.free[slot].1;
        }
        let base = self.slots.len();
        self.grow();
        base
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_is_found_and_no_other(
            texts in proptest::collection::btree_set("[a-c]{1,6}|[汉字é]{1,3}|\\PC{1,4}", 0..60),
            looked_up in "[a-c汉字é]{0,12}",
        ) {
            let texts: BTreeSet<String> = texts;
            let sorted: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            let trie = Trie::new(&sorted).unwrap();
            for text in texts.iter().map(String::as_str).chain([looked_up.as_str()]) {
                let mut found = Vec::new();
                trie.walk(ROOT, 0, text.as_bytes(), |length, number| found.push((length, number as usize)));
                let expected: Vec<(usize, usize)> = (1..=text.len())
                    .filter_map(|length| {
                        let begin = text.as_bytes().get(..length)?;
                        Some((length, sorted.binary_search(&begin).ok()?))
                    })
                    .collect();
                prop_assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn an_empty_trie_holds_nothing() {
        Trie::default().walk(ROOT, 0, b"a", |_, _| unreachable!());
        Trie::new(&[])
            .unwrap()
            .walk(ROOT, 0, b"a", |_, _| unreachable!());
    }
}
