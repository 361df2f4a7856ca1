//! A dictionary of Han words: what each word costs, and the cheapest cut of a run into words.
//!
//! A word costs the negative logarithm of its probability, as a whole number. So the cheapest cut
//! is the most probable one, as jieba has it, and the same on every machine.

use smallvec::SmallVec;

use crate::stats::{power, scale};
use crate::text::trie::{ROOT, Trie};

/// Costs have units of 2⁻²⁴ nats: a word that was seen once in 60 million costs 300 million, which
/// 32 bits hold, and words whose frequencies differ by one have different costs.
const UNIT: f64 = 16_777_216.0;

/// The cost of a word that is taken out of another dictionary.
pub(super) const REMOVED: u32 = u32::MAX - 1;

/// Units of UTF-16 of a run that is cut without an allocation, the end included: none of the
/// sample's 1,786 runs has more.
const RUN: usize = 64;
/// Bytes of a unit.
const UNIT_BYTES: usize = size_of::<u16>();

/// A run or a word as it is looked up: in UTF-16, the high byte of each unit first. So a character
/// takes two steps of the trie, where UTF-8 would take three, and a third more nodes.
type Run = SmallVec<[u8; RUN * UNIT_BYTES]>;

/// Words for a dictionary, each with a number: sorted, distinct and not empty.
#[derive(Default)]
pub(super) struct List {
    /// All words one after the other, in UTF-16.
    bytes: Vec<u8>,
    /// Where each ends, and its number.
    ends: Vec<(u32, u32)>,
}

impl List {
    /// An empty list with room for so many words, of so many bytes in all.
    pub(super) fn with_room(words: usize, bytes: usize) -> List {
        List {
            bytes: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(words),
        }
    }

    pub(super) fn push(&mut self, word: &str, number: u32) {
        utf_16(word, |unit| self.bytes.extend_from_slice(&unit));
        self.ends.push((self.bytes.len() as u32, number));
    }

    /// The sum of all numbers.
    pub(super) fn sum(&self) -> u64 {
        self.ends.iter().map(|&(_, number)| u64::from(number)).sum()
    }
}

/// Words with their costs; immutable.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    words: Trie,
    /// The cost of a character that no word covers: as if it had been seen once.
    unknown: u32,
}

/// What the frequencies of a dictionary add up to, and its logarithm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Total(f64, f64);

impl Total {
    /// The sum of all frequencies.
    pub(super) fn new(sum: u64) -> Total {
        Total(sum as f64, power::ln(sum as f64))
    }

    /// What a word costs that was seen so often: nothing where that is more than all together.
    pub(super) fn cost(self, frequency: u32) -> u32 {
        let nats = self.1 - power::ln(f64::from(frequency.max(1)));
        u32::try_from(scale::whole(nats * UNIT)).unwrap_or(0)
    }

    /// What a word costs at most that is to be kept whole, where its best cut costs so much:
    /// what it would if it were seen once more than the cut is probable.
    pub(super) fn below(self, cut: u64) -> u32 {
        let frequency = self.0 * power::exp(-(cut as f64 / UNIT));
        self.cost((frequency as u32).saturating_add(1))
    }
}

/// What so many times less probable costs.
pub(crate) fn cost_of_ratio(ratio: f64) -> u64 {
    scale::whole(power::ln(ratio) * UNIT).unsigned_abs()
}

/// The rest of a run from a unit on, as its best cut has it.
#[derive(Clone, Copy)]
struct Step {
    cost: u64,
    /// Units of its first word.
    length: usize,
}

impl Dictionary {
    /// A dictionary of the words that `list` holds; `unknown` is what a character costs that none
    /// of them covers.
    pub(super) fn new(list: &List, cost: impl Fn(u32) -> u32, unknown: u32) -> Dictionary {
        let end = |index: usize| list.ends.get(index).map_or(0, |&(end, _)| end as usize);
        let text = |index: usize| {
            let start = index.checked_sub(1).map_or(0, end);
            list.bytes.get(start..end(index)).unwrap_or_default()
        };
        let cost = |index: usize| {
            list.ends
                .get(index)
                .map_or(unknown, |&(_, number)| cost(number))
        };
        Dictionary {
            // More than four billion bytes of words fit into no list of ours: then there are none.
            words: Trie::new(list.ends.len(), text, cost).unwrap_or_default(),
            unknown,
        }
    }

    /// What `word` costs, if it is listed.
    pub(crate) fn cost(&self, word: &str) -> Option<u32> {
        self.cost_of(&spelled(word))
    }

    fn cost_of(&self, word: &[u8]) -> Option<u32> {
        let mut found = None;
        self.words.walk(ROOT, 0, word, |length, cost| {
            found = (length == word.len()).then_some(cost);
        });
        found
    }

    /// What a character costs that no word covers.
    pub(crate) fn unknown(&self) -> u32 {
        self.unknown
    }

    /// Calls `word(start, end)` for the words of the best cut of `run`, in their order, with their
    /// bytes; gives what the cut costs. Of cuts that cost the same the one with the longer first
    /// word is taken. `own` are words that count beside those of this dictionary or, where both
    /// list one, before them.
    pub(super) fn cut(
        &self,
        run: &str,
        own: Option<&Dictionary>,
        mut word: impl FnMut(usize, usize),
    ) -> u64 {
        let symbols = spelled(run);
        // From the end on: behind each unit stands what its rest costs.
        let mut steps: SmallVec<[Step; RUN]> =
            SmallVec::with_capacity(symbols.len() / UNIT_BYTES + 1);
        steps.push(Step { cost: 0, length: 0 });
        for at in (0..symbols.len()).step_by(UNIT_BYTES).rev() {
            let rest = symbols.get(at..).unwrap_or_default();
            let with = |length: usize, cost: u32| {
                let behind = steps.len().checked_sub(length);
                let behind = behind.and_then(|behind| steps.get(behind));
                Step {
                    cost: behind.map_or(0, |behind| behind.cost) + u64::from(cost),
                    length,
                }
            };
            let mut best: Option<Step> = None;
            let mut offer = |length: usize, cost: u32| {
                let step = with(length / UNIT_BYTES, cost);
                let is_better = |best: Step| {
                    step.cost < best.cost || (step.cost == best.cost && step.length > best.length)
                };
                if best.is_none_or(is_better) {
                    best = Some(step);
                }
            };
            match own {
                None => self.words.walk(ROOT, 0, rest, offer),
                Some(own) => {
                    self.words.walk(ROOT, 0, rest, |length, cost| {
                        let word = rest.get(..length).unwrap_or_default();
                        if own.cost_of(word).is_none() {
                            offer(length, cost);
                        }
                    });
                    own.words.walk(ROOT, 0, rest, |length, cost| {
                        if cost != REMOVED {
                            offer(length, cost);
                        }
                    });
                }
            }
            // A character beyond the first plane has two units, of which the first says so.
            let units = match rest.first() {
                Some(0xD8..=0xDB) => 2,
                _ => 1,
            };
            let step = best.unwrap_or_else(|| with(units.min(steps.len()), self.unknown));
            steps.push(step);
        }
        let cost = steps.last().map_or(0, |step| step.cost);
        let (mut start, mut characters) = (0, run.chars());
        while let Some(&Step { length: 1.., .. }) = steps.last() {
            let length = steps.last().map_or(1, |step| step.length);
            let (mut end, mut units) = (start, 0);
            while units < length
                && let Some(character) = characters.next()
            {
                units += character.len_utf16();
                end += character.len_utf8();
            }
            word(start, end);
            start = end;
            steps.truncate(steps.len().saturating_sub(length));
        }
        cost
    }
}

/// A run or a word as it is looked up.
fn spelled(text: &str) -> Run {
    let mut run = Run::new();
    utf_16(text, |unit| run.extend_from_slice(&unit));
    run
}

/// Calls `each` with the units of a text in UTF-16, the high byte first.
///
/// `str::encode_utf16` takes six times as long for the usual characters, which have one unit.
fn utf_16(text: &str, mut each: impl FnMut([u8; UNIT_BYTES])) {
    for character in text.chars() {
        match u16::try_from(u32::from(character)) {
            Ok(unit) => each(unit.to_be_bytes()),
            Err(_) => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    each(unit.to_be_bytes());
                }
            }
        }
    }
}
