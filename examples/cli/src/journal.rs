//! What a state was made from: how far each input was read, and what the outputs had.

use std::collections::BTreeMap;
use std::hash::Hasher;
use std::path::Path;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

use crate::output::Written;
use crate::part::folder;

/// Inputs and outputs that are remembered, the oldest forgotten first: a file each hour for seven
/// years. A bound on memory, chosen by hand.
const MOST: usize = 1 << 16;

/// How far an input was read. It is known by its content, whatever its name is, plain or
/// compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Lines, documents, rows or mails that were taken; blank lines are none.
    pub items: u64,
    /// The hash of the first of them, by which an input may be known again.
    pub first: u64,
    /// The hash of all of them, by which it is.
    pub hash: u64,
}

/// Goes through an input, and knows how far.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    position: Position,
    hash: XxHash64,
}

impl Walk {
    pub(crate) fn new() -> Walk {
        Walk {
            position: Position::default(),
            hash: XxHash64::with_seed(0),
        }
    }

    /// Passes an item.
    pub(crate) fn pass(&mut self, item: &[u8]) {
        self.hash.write(item);
        // An end, so that two short items are no long one.
        self.hash.write_u64(item.len() as u64);
        self.position.items += 1;
        self.position.hash = self.hash.finish();
        if self.position.items == 1 {
            self.position.first = self.position.hash;
        }
    }

    pub(crate) fn position(&self) -> Position {
        self.position
    }
}

/// How far an input was read in a run: from where the state had it, up to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// None if the state did not know it.
    pub from: Option<Position>,
    /// Where it stands now.
    pub to: Position,
}

/// What a state was made from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Journal {
    inputs: Vec<Position>,
    outputs: Vec<(String, Written)>,
    /// What the last report was asked for, hashed.
    report: Option<u64>,
}

impl Journal {
    /// How far the inputs were read.
    pub fn inputs(&self) -> &[Position] {
        &self.inputs
    }

    /// What the file at `place` had when the state was saved at `state`.
    pub(crate) fn output(&self, state: &Path, place: &Path) -> Option<Written> {
        let name = name(state, place);
        let found = self.outputs.iter().find(|(known, _)| *known == name);
        found.map(|(_, written)| *written)
    }

    /// Takes note of how far inputs were read, in their order.
    pub(crate) fn note_inputs(&mut self, taken: &mut BTreeMap<usize, Taken>) {
        for taken in taken.values_mut() {
            if taken.from == Some(taken.to) {
                continue;
            }
            self.inputs.retain(|known| Some(*known) != taken.from);
            self.inputs.push(taken.to);
            taken.from = Some(taken.to);
        }
        let over = self.inputs.len().saturating_sub(MOST);
        self.inputs.drain(..over);
    }

    /// Takes note of what the file at `place` has.
    pub(crate) fn note_output(&mut self, state: &Path, place: &Path, written: Written) {
        let name = name(state, place);
        match self.outputs.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = written,
            None => self.outputs.push((name, written)),
        }
        let over = self.outputs.len().saturating_sub(MOST);
        self.outputs.drain(..over);
    }

    /// What the last report was asked for.
    pub(crate) fn report(&self) -> Option<u64> {
        self.report
    }

    pub(crate) fn note_report(&mut self, asked: Option<u64>) {
        self.report = asked;
    }
}

/// A hash of what a run is asked for, in pieces.
pub fn asked<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> u64 {
    let mut walk = Walk::new();
    pieces.for_each(|piece| walk.pass(piece));
    walk.position().hash
}

/// A file as the journal has it: seen from the folder of the state, so that a folder can be moved.
fn name(state: &Path, place: &Path) -> String {
    let real = |path: &Path| folder(path).canonicalize().unwrap_or_default();
    let from = real(state);
    let folder = real(place);
    let folder = folder.strip_prefix(&from).unwrap_or(&folder);
    let name = folder.join(place.file_name().unwrap_or_default());
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(items: &[&str]) -> Position {
        let mut walk = Walk::new();
        items.iter().for_each(|item| walk.pass(item.as_bytes()));
        walk.position()
    }

    #[test]
    fn an_input_that_grew_takes_the_place_of_what_it_was() {
        let mut journal = Journal::default();
        let mut note = |from: Option<Position>, to: Position| {
            let mut taken = BTreeMap::from([(0, Taken { from, to })]);
            journal.note_inputs(&mut taken);
            journal.inputs().to_vec()
        };
        let (one, two, other) = (after(&["a"]), after(&["a", "b"]), after(&["ab"]));
        assert_ne!(one.first, other.first);
        assert_eq!(one.first, two.first);
        assert_eq!(note(None, one), [one]);
        assert_eq!(note(None, other), [one, other]);
        assert_eq!(note(Some(one), two), [other, two]);
        assert_eq!(note(Some(two), two), [other, two]);
    }
}
