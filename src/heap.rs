//! Bytes that values hold on the heap, as an allocator hands them out: blocks with their headers
//! and rounding, tables with their empty places.
//!
//! Sums of lengths are not what a process grows by: an identifier of 8 bytes takes a block of 32,
//! and a map has room for entries that it has not. `benches/memory.rs` compares both.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// The header of a block, the unit that blocks are rounded up to, and the smallest block: those of
/// glibc's allocator on 64 bits. Others have no header and classes of sizes about as coarse.
const HEADER: usize = 8;
const UNIT: usize = 16;
const MIN_BLOCK: usize = 32;

/// The two counts before the value of an [`Arc`].
pub(crate) const COUNTS: usize = 16;
/// Entries of a full node of a B-tree, and the bytes of a node beside its entries and, of an inner
/// one, its edges: the standard library's.
const FULL_NODE: usize = 11;
const NODE: usize = 16;
const EDGES: usize = 96;
/// Entries a leaf has, with the one that stands above it: nodes split in the middle, so that rising
/// keys leave 6 of 11 in each, and keys in any order 69 % (Yao 1978).
const RISING: f64 = 7.0;
const MIXED: f64 = 8.5;

/// What holds bytes on the heap.
pub(crate) trait Heap {
    /// The bytes on the heap that belong to the value, without the value itself. Of what several
    /// values share each has its part.
    fn heap(&self) -> usize;
}

/// The bytes that a block of `bytes` takes; none takes none.
pub(crate) fn block(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        bytes => (bytes + HEADER).next_multiple_of(UNIT).max(MIN_BLOCK),
    }
}

/// The bytes of a vector's block.
pub(crate) fn vector<T>(capacity: usize) -> usize {
    block(capacity * size_of::<T>())
}

/// The bytes of a hash map's table, by its capacity.
pub(crate) fn table<K, V>(capacity: usize) -> usize {
    // Seven of eight places may be full, and their number is a power of two (hashbrown).
    let places = match capacity {
        0 => return 0,
        1..=3 => 4,
        4..=7 => 8,
        capacity => (capacity * 8 / 7).next_power_of_two(),
    };
    // A byte of control for each place, and a group of them more.
    block(places * (size_of::<(K, V)>() + 1) + UNIT)
}

/// About the bytes of the nodes of a B-tree with `len` entries, whose keys came in any order.
pub(crate) fn nodes<K, V>(len: usize) -> usize {
    nodes_of::<K, V>(len, MIXED)
}

/// As [`nodes`], of keys that came in rising order, or nearly.
pub(crate) fn rising_nodes<K, V>(len: usize) -> usize {
    nodes_of::<K, V>(len, RISING)
}

fn nodes_of<K, V>(len: usize, mean: f64) -> usize {
    let leaf = NODE + FULL_NODE * (size_of::<K>() + size_of::<V>());
    if len <= FULL_NODE {
        return if len == 0 { 0 } else { block(leaf) };
    }
    let leaves = len as f64 / mean;
    // One inner node for as many leaves; those above are few.
    let inner = leaves / mean;
    (leaves * block(leaf) as f64 + inner * block(leaf + EDGES) as f64) as usize
}

/// Values without anything on the heap.
macro_rules! flat {
    ($($kind:ty),+) => {
        $(impl Heap for $kind {
            #[inline]
            fn heap(&self) -> usize {
                0
            }
        })+
    };
}

pub(crate) use flat;

flat!(u8, u16, u32, u64, usize, i16, i64, bool);

impl Heap for Box<str> {
    fn heap(&self) -> usize {
        block(self.len())
    }
}

impl Heap for String {
    fn heap(&self) -> usize {
        block(self.capacity())
    }
}

impl Heap for Arc<str> {
    fn heap(&self) -> usize {
        block(COUNTS + self.len()) / Arc::strong_count(self)
    }
}

impl<T: Heap> Heap for Arc<T> {
    fn heap(&self) -> usize {
        (block(COUNTS + size_of::<T>()) + (**self).heap()) / Arc::strong_count(self)
    }
}

impl<T: Heap> Heap for Arc<[T]> {
    fn heap(&self) -> usize {
        let own = block(COUNTS + size_of_val(&**self)) + inner(&**self);
        own / Arc::strong_count(self)
    }
}

impl<T: Heap> Heap for Option<T> {
    fn heap(&self) -> usize {
        self.as_ref().map_or(0, Heap::heap)
    }
}

impl<T: Heap> Heap for Box<[T]> {
    fn heap(&self) -> usize {
        vector::<T>(self.len()) + inner(&**self)
    }
}

impl<T: Heap> Heap for Vec<T> {
    fn heap(&self) -> usize {
        vector::<T>(self.capacity()) + inner(self)
    }
}

impl<T: Heap> Heap for VecDeque<T> {
    fn heap(&self) -> usize {
        vector::<T>(self.capacity()) + inner(self)
    }
}

impl<A: Heap, B: Heap> Heap for (A, B) {
    fn heap(&self) -> usize {
        self.0.heap() + self.1.heap()
    }
}

impl<A: Heap, B: Heap, C: Heap> Heap for (A, B, C) {
    fn heap(&self) -> usize {
        self.0.heap() + self.1.heap() + self.2.heap()
    }
}

impl<K: Heap, V: Heap, S> Heap for HashMap<K, V, S> {
    fn heap(&self) -> usize {
        table::<K, V>(self.capacity()) + inner(self.keys()) + inner(self.values())
    }
}

impl<K: Heap, V: Heap> Heap for BTreeMap<K, V> {
    fn heap(&self) -> usize {
        nodes::<K, V>(self.len()) + inner(self.keys()) + inner(self.values())
    }
}

impl<K: Heap> Heap for BTreeSet<K> {
    fn heap(&self) -> usize {
        nodes::<K, ()>(self.len()) + inner(self)
    }
}

fn inner<'v, T: Heap + 'v>(values: impl IntoIterator<Item = &'v T>) -> usize {
    values.into_iter().map(Heap::heap).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Random;

    /// Whether `found` is within a tenth of what building the value allocated, with a header and
    /// half a unit of rounding for each block.
    fn assert_near<T: Heap>(name: &str, build: impl Fn() -> T) {
        let mut found = 0;
        let allocated = allocation_counter::measure(|| {
            let value = build();
            found = value.heap();
            std::mem::forget(value);
        });
        let blocks = allocated.count_current.unsigned_abs() as usize;
        let held = allocated.bytes_current.unsigned_abs() as usize + blocks * (HEADER + UNIT / 2);
        let share = found as f64 / held as f64;
        assert!((0.9..1.1).contains(&share), "{name}: {found} of {held}");
    }

    #[test]
    fn what_is_counted_is_what_was_allocated() {
        let mixed = |count: u64| {
            let mut random = Random::new(7);
            (0..count).map(move |_| random.next_u64())
        };
        assert_near("words", || -> Vec<Box<str>> {
            (1000..3000_u32)
                .map(|n| n.to_string().repeat(9).into())
                .collect()
        });
        assert_near("map", || {
            mixed(3000).map(|n| (n, n)).collect::<HashMap<_, _>>()
        });
        for count in [3000, 50_000] {
            assert_near("tree", || {
                mixed(count).map(|n| (n, 1_u8)).fold(BTreeMap::new(), put)
            });
            assert_near("rising", || {
                Rising((0..count).map(|n| (n, n)).fold(BTreeMap::new(), put))
            });
        }
        assert_near("shared", || {
            let word: Arc<str> = "a".repeat(100_000).into();
            vec![word; 5]
                .into_iter()
                .map(|word| (word, 0_u8))
                .collect::<Vec<_>>()
        });
        assert_eq!(block(0) + nodes::<u64, u64>(0) + table::<u64, u64>(0), 0);
    }

    struct Rising(BTreeMap<u64, u64>);

    impl Heap for Rising {
        fn heap(&self) -> usize {
            rising_nodes::<u64, u64>(self.0.len())
        }
    }

    /// One by one: what is collected at once fills its nodes.
    fn put<K: Ord, V>(mut map: BTreeMap<K, V>, (key, value): (K, V)) -> BTreeMap<K, V> {
        map.insert(key, value);
        map
    }
}
