//! Texts as a trie that is walked from one place of a text, byte by byte: the terms of the lexicon,
//! and the words of the segmenter.
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
pub(crate) const ROOT: u32 = 0;
/// Slots that a byte reaches from a base.
const BYTES: usize = 256;
/// Free slots that are tried for a node before room is made at the end: a bound on time. With 64
/// three of four slots of the segmenter's words stayed free, with 256 one in a thousand.
const TRIES: usize = 256;

/// A trie; immutable. Its nodes are slots, the root is the first one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trie {
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The child by a byte stands at the exclusive or of this and the byte.
    base: u32,
    parent: u32,
    /// The value of the text that ends here.
    value: u32,
}

const FREE: Slot = Slot {
    base: 0,
    parent: NONE,
    value: NONE,
};

impl Trie {
    /// The trie of `count` texts, which `text` gives by their index: they are sorted, distinct and
    /// not empty. `value` gives that of a text, which is below `u32::MAX`.
    ///
    /// # Errors
    /// If they have more than four billion bytes.
    pub(crate) fn new<'t>(
        count: usize,
        text: impl Fn(usize) -> &'t [u8],
        value: impl Fn(usize) -> u32,
    ) -> Result<Trie> {
        let mut builder = Builder::new(nodes(count, &text));
        // Texts with the same beginning, its length, and the node that it leads to. The last one
        // goes on first, so that most nodes stand beside their parents.
        let mut open = vec![(0..count, 0, 0)];
        // The bytes by which the texts of a node go on, and where the texts of each end.
        let mut bytes: Vec<(u8, usize)> = Vec::new();
        while let Some((mut texts, length, node)) = open.pop() {
            if texts.start < texts.end && text(texts.start).len() == length {
                builder.slots[node].value = value(texts.start);
                texts.start += 1;
            }
            if texts.is_empty() {
                continue;
            }
            let next = |index: usize| text(index).get(length).copied();
            // They are sorted, so all go on by the same byte if the first and the last do. Most do,
            // and a list of bytes for each node would be half of the time.
            if let Some(byte) =
                next(texts.start).filter(|_| next(texts.start) == next(texts.end - 1))
            {
                let child = builder.base_for(byte, &[])? ^ u32::from(byte);
                builder.take(node, child, byte);
                open.push((texts, length + 1, child as usize));
                continue;
            }
            bytes.clear();
            for index in texts.clone() {
                match (next(index), bytes.last_mut()) {
                    (Some(byte), Some((same, end))) if byte == *same => *end = index + 1,
                    (Some(byte), _) => bytes.push((byte, index + 1)),
                    (None, _) => {}
                }
            }
            let Some((&(first, _), rest)) = bytes.split_first() else {
                continue;
            };
            let base = builder.base_for(first, rest)?;
            let mut from = texts.start;
            for &(byte, end) in &bytes {
                let child = base ^ u32::from(byte);
                builder.take(node, child, byte);
                open.push((from..end, length + 1, child as usize));
                from = end;
            }
        }
        builder.slots.shrink_to_fit();
        Ok(Trie {
            slots: builder.slots,
        })
    }

    /// Calls `each(length, value)` for every text that `bytes` begins with, the shortest first.
    /// The first `from` of them lead to `node`, as none lead to [`ROOT`]; texts that are shorter
    /// are passed over.
    #[inline]
    pub(crate) fn walk(
        &self,
        mut node: u32,
        from: usize,
        bytes: &[u8],
        mut each: impl FnMut(usize, u32),
    ) {
        let Some(slot) = self.slots.get(node as usize) else {
            return;
        };
        if slot.value != NONE {
            each(from, slot.value);
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
            if slot.value != NONE {
                each(length, slot.value);
            }
        }
    }

    /// The child of a node by a byte, if it has one, and the value of the text that ends there.
    pub(crate) fn child(&self, node: u32, byte: u8) -> Option<(u32, Option<u32>)> {
        let at = self.slots.get(node as usize)?.base ^ u32::from(byte);
        let slot = self.slots.get(at as usize)?;
        let value = (slot.value != NONE).then_some(slot.value);
        (slot.parent == node).then_some((at, value))
    }

    /// Bytes held.
    pub(crate) fn memory_usage(&self) -> usize {
        size_of_val(self.slots.as_slice())
    }
}

#[cold]
fn too_many() -> Error {
    Error::lexicon("the terms have more than four billion bytes; use fewer")
}

/// How many nodes the trie of so many texts has, the root included.
fn nodes<'t>(count: usize, text: &impl Fn(usize) -> &'t [u8]) -> usize {
    let mut before: &[u8] = &[];
    let mut nodes = 1;
    for text in (0..count).map(text) {
        let shared = text
            .iter()
            .zip(before)
            .take_while(|(one, other)| one == other);
        nodes += text.len() - shared.count();
        before = text;
    }
    nodes
}

/// A trie in the making: its slots, and the free ones as a ring in their order.
struct Builder {
    slots: Vec<Slot>,
    /// For each slot the free ones before and after it; the first slot, which is taken, holds the
    /// ends of the ring.
    free: Vec<(u32, u32)>,
}

impl Builder {
    /// A builder for about so many nodes, whose root is there.
    fn new(nodes: usize) -> Builder {
        // All that it will need, so that nothing is copied while it grows.
        let room = nodes + nodes / 16 + 2 * BYTES;
        let mut builder = Builder {
            slots: Vec::with_capacity(room),
            free: Vec::with_capacity(room),
        };
        builder.grow();
        builder
    }

    /// Adds slots for all bytes of one base.
    fn grow(&mut self) {
        let from = self.slots.len();
        self.slots.resize(from + BYTES, FREE);
        self.free.resize(from + BYTES, (0, 0));
        for slot in from.max(1)..from + BYTES {
            let (last, _) = self.free[0];
            self.free[slot] = (last, 0);
            self.free[last as usize].1 = slot as u32;
            self.free[0].0 = slot as u32;
        }
    }

    /// Makes a free slot the child of a node by a byte.
    fn take(&mut self, parent: usize, slot: u32, byte: u8) {
        self.slots[parent].base = slot ^ u32::from(byte);
        self.slots[slot as usize].parent = parent as u32;
        let (before, after) = self.free[slot as usize];
        self.free[before as usize].1 = after;
        self.free[after as usize].0 = before;
    }

    /// A base from which the slots of `first` and of the bytes of `rest` are free.
    fn base_for(&mut self, first: u8, rest: &[(u8, usize)]) -> Result<u32> {
        // A child alone takes any slot, as most do.
        if rest.is_empty() && self.free[0].1 != 0 {
            return Ok(self.free[0].1 ^ u32::from(first));
        }
        let is_free = |slot: u32| slot > 0 && self.slots[slot as usize].parent == NONE;
        let mut slot = self.free[0].1;
        for _ in 0..TRIES {
            if slot == 0 {
                break;
            }
            // Exclusive or moves within 256 slots, all of which are there.
            let base = slot ^ u32::from(first);
            if rest
                .iter()
                .all(|&(byte, _)| is_free(base ^ u32::from(byte)))
            {
                return Ok(base);
            }
            slot = self.free[slot as usize].1;
        }
        let base = u32::try_from(self.slots.len()).map_err(|_| too_many())?;
        self.grow();
        Ok(base)
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
            let trie = Trie::new(sorted.len(), |index| sorted[index], |index| index as u32).unwrap();
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
        Trie::new(0, |_| b"", |_| 0)
            .unwrap()
            .walk(ROOT, 0, b"a", |_, _| unreachable!());
    }
}
