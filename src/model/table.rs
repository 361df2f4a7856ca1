//! The table: one probe a feature serves every head.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Head, KEY_BITS, Model, artifact, key};
use crate::Result;
use crate::feature::hash::{FeatureKind, Hasher};

/// Rows of weights under a hash index; immutable and shared.
///
/// Rows lie in the order of their keys, as in the model; a bucket holds the rows whose keys begin
/// with the same bits.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Those of the models, then their opinions.
    pub(super) heads: Vec<Head>,
    /// How many of `heads` are of the models.
    answering: usize,
    /// Which of `heads` are the opinions of each head of the models.
    pub(super) opinions: Vec<Range<usize>>,
    /// Where each head's energy stands in a row; a 1 where the head knows the feature and
    /// the lanes follow.
    pub(super) offsets: Vec<usize>,
    /// Numbers in a row, padded to a whole number of eights.
    pub(super) stride: usize,
    /// The number of first bits of a hash that give its bucket.
    bucket_bits: u32,
    /// One more than there are buckets: a bucket ends where the next one starts.
    buckets: Vec<Bucket>,
    /// The low 32 bits of each row's key.
    tags: Vec<u32>,
    weights: Vec<i16>,
    /// Where the first row stands in `weights`: at the start of a line of the cache, as [`LINE`]
    /// says.
    lead: usize,
    /// Tells this table from every other of the process, so that nothing remembered of another is
    /// taken for its own.
    identity: u64,
}

/// A bucket's first row, and the tags of its first rows: a look-up waits for one fetch and then for
/// the row. With the tags apart it waited for one more, some 30 of a post's misses.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// The first row, with [`EMPTY`] or [`MORE`].
    start: u32,
    /// Of fewer rows the first tag stands in the places that are left.
    tags: [u32; HELD],
}

/// Tags that a bucket holds: with its first row 16 bytes. One bucket in eight has more rows.
const HELD: usize = 3;
/// Marks a bucket without rows.
const EMPTY: u32 = 1 << 31;
/// Marks a bucket with more rows than it holds tags.
const MORE: u32 = 1 << 30;
/// What is left for the number of a row.
const ROW: u32 = MORE - 1;

/// Rows that a bucket has on average: fewer rows to compare against more buckets in memory. By
/// hand; what else was tried is not recorded.
const BUCKET: usize = 2;
/// Features that are looked up at a time: enough fetches on their way, and buffers that stay on the
/// stack and in the first cache. By hand; what else was tried is not recorded.
const BATCH: usize = 64;

/// Lanes that are summed at once: half of the vector registers of x86-64, and the bundled heads'.
const WIDE: usize = 32;

/// Bytes of a line of the cache. The bundled heads' rows are as long, and what the allocator gives
/// for a large table begins 16 bytes behind a line: each row would then lie in two of them, and a
/// sum of rows would wait for twice the fetches (some 70 of a post's 1,000 misses).
const LINE: usize = 64;

/// The identity of the table that is compiled next; 0 is the empty table's.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A table in the making.
struct Compiler {
    table: Table,
    /// Behind each bucket's number where its rows end.
    starts: Vec<u32>,
    /// For each number of a row of the model where it stands in a row of the table, and whether it
    /// is an energy.
    places: Vec<(usize, bool)>,
}

impl Compiler {
    /// Begins a table of `count` rows, whose numbers stand as a [`Model`] has them.
    fn new(of_models: &[Head], count: usize) -> Compiler {
        let mut heads = of_models.to_vec();
        let mut opinions = Vec::with_capacity(heads.len());
        for head in of_models {
            let first = heads.len();
            heads.extend(head.opinions.iter().map(|opinion| opinion.head.clone()));
            opinions.push(first..heads.len());
        }
        let mut offsets = Vec::with_capacity(heads.len());
        let mut offset = 0;
        for head in &heads {
            offsets.push(offset);
            offset += 2 + head.lanes();
        }
        // Eights are what a vector register takes, so that adding a row has no rest.
        let stride = offset.next_multiple_of(8);
        // A model has the rows of opinions behind those of the head that they serve.
        let mut places = Vec::with_capacity(stride);
        for (head, opinions) in opinions.iter().enumerate() {
            for head in std::iter::once(head).chain(opinions.clone()) {
                let (offset, lanes) = (offsets[head], heads[head].lanes());
                places.push((offset, true));
                places.extend((offset + 2..offset + 2 + lanes).map(|place| (place, false)));
            }
        }
        let bucket_bits = (count / BUCKET)
            .max(1)
            .next_power_of_two()
            .ilog2()
            .clamp(8, 31);
        let mut weights = vec![0; count * stride + LINE / size_of::<i16>()];
        // A hint, which may be out of reach: then rows stand where they may.
        let lead = weights.as_ptr().align_offset(LINE);
        let lead = if lead < LINE { lead } else { 0 };
        weights.truncate(lead + count * stride);
        Compiler {
            table: Table {
                answering: of_models.len(),
                heads,
                opinions,
                offsets,
                stride,
                bucket_bits,
                buckets: Vec::new(),
                tags: Vec::with_capacity(count),
                weights,
                lead,
                // Buffers that remember sums of words live longer than a table: the number shows
                // them whose sums they hold.
                identity: NEXT.fetch_add(1, Ordering::Relaxed),
            },
            starts: vec![0; (1 << bucket_bits) + 1],
            places,
        }
    }

    /// Adds a row by its numbers that are not zero, with their places in a row of the model; keys
    /// come in their order.
    fn add(&mut self, key: u64, numbers: impl IntoIterator<Item = (usize, i16)>) {
        let table = &mut self.table;
        let (bucket, tag) = place(key, table.bucket_bits);
        let at = table.place_of(table.tags.len());
        let Some(to) = table.weights.get_mut(at..at + table.stride) else {
            return;
        };
        table.tags.push(tag);
        self.starts[bucket + 1] = table.tags.len() as u32;
        // Most heads know nothing of most features, and the table begins as zeros.
        for (place, number) in numbers {
            let (place, is_energy) = self.places[place];
            to[place] = number;
            if is_energy {
                // Summed like a weight, this 1 says how many features of a text the head knows.
                to[place + 1] = 1;
            }
        }
    }

    fn finish(mut self) -> Table {
        let mut last = 0;
        for start in &mut self.starts {
            // A bucket without rows begins where the one before it ends.
            last = last.max(*start);
            *start = last;
        }
        let mut table = self.table;
        let buckets = self
            .starts
            .windows(2)
            .map(|ends| Bucket::new(ends[0], ends[1], &table.tags));
        // Behind the last one, so that each ends where another begins.
        let end = Bucket::new(last, last, &table.tags);
        table.buckets = buckets.chain([end]).collect();
        table
    }
}

impl Table {
    /// Compiles a model.
    pub fn new(model: &Model) -> Table {
        let mut compiler = Compiler::new(&model.heads, model.keys.len());
        let rows = model.weights.chunks_exact(model.stride().max(1));
        for (&key, row) in model.keys.iter().zip(rows) {
            let numbers = row.iter().copied().enumerate();
            compiler.add(key, numbers.filter(|&(_, number)| number != 0));
        }
        compiler.finish()
    }

    /// Compiles the model of a file without a model in between, which would take as much memory
    /// once more.
    ///
    /// # Errors
    /// As [`Model::from_bytes`].
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Table> {
        let mut compiler = None;
        artifact::read(bytes, |heads, count| {
            let compiler = compiler.insert(Compiler::new(heads, count));
            |key, numbers: &[(usize, i16)]| compiler.add(key, numbers.iter().copied())
        })?;
        Ok(compiler.map(Compiler::finish).unwrap_or_default())
    }

    /// The heads that answer: those of the models without their opinions.
    pub fn heads(&self) -> &[Head] {
        self.heads.get(..self.answering).unwrap_or_default()
    }

    /// Bytes held.
    pub fn memory_usage(&self) -> usize {
        size_of_val(&self.buckets[..])
            + size_of_val(&self.tags[..])
            + size_of_val(&self.weights[..])
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    pub(super) fn identity(&self) -> u64 {
        self.identity
    }

    /// The row of a feature, if it has one.
    pub fn row(&self, hash: u64) -> Option<&[i16]> {
        let (row, true) = self.look_up(hash) else {
            return None;
        };
        let at = self.place_of(row);
        self.weights.get(at..at + self.stride)
    }

    /// Adds the rows of those features that have one.
    ///
    /// A look-up does little but wait for memory. Therefore each step is taken for a whole batch
    /// before the next one, and without a branch on what was fetched: the processor then has many
    /// fetches on their way at once.
    pub(super) fn add_rows(&self, hashes: &[u64], lanes: &mut [i32]) {
        let mut rows = [0; BATCH];
        for hashes in hashes.chunks(BATCH) {
            let mut found = 0;
            for &hash in hashes {
                let (row, is_known) = self.look_up(hash);
                // Written always and kept or overwritten.
                rows[found] = self.place_of(row);
                found += usize::from(is_known);
            }
            sum_rows(&self.weights, &rows[..found], lanes);
        }
    }

    /// Where a row stands in `weights`.
    #[inline]
    fn place_of(&self, row: usize) -> usize {
        self.lead + row * self.stride
    }

    /// The row of a feature, and whether it has one.
    #[inline]
    fn look_up(&self, hash: u64) -> (usize, bool) {
        let (index, tag) = place(key(hash), self.bucket_bits);
        let Some(bucket) = self.buckets.get(index) else {
            return (0, false);
        };
        let start = (bucket.start & ROW) as usize;
        let [first, second, third] = bucket.tags.map(|other| other != tag);
        let none = first & second & third;
        if none && bucket.start & MORE != 0 {
            return self.look_further(index, tag);
        }
        // The first tag that fits.
        let before = usize::from(first) + usize::from(first & second) + usize::from(none);
        (start + before, !none && bucket.start & EMPTY == 0)
    }

    /// As [`Table::look_up`], among the rows whose tags a bucket does not hold.
    fn look_further(&self, index: usize, tag: u32) -> (usize, bool) {
        let ends = self.buckets.get(index).zip(self.buckets.get(index + 1));
        let rows = ends.map(|(bucket, next)| {
            (bucket.start & ROW) as usize + HELD..(next.start & ROW) as usize
        });
        let rows = rows.unwrap_or_default();
        let tags = self.tags.get(rows.clone()).unwrap_or_default();
        let found = tags.iter().position(|&other| other == tag);
        (rows.start + found.unwrap_or(0), found.is_some())
    }

    /// The energy of a row for a head, in units of 1/128; 0 where the head has no such feature.
    #[cfg(feature = "train")]
    pub(crate) fn energy_of(&self, row: &[i16], head: usize) -> i16 {
        self.offsets
            .get(head)
            .and_then(|&at| row.get(at))
            .copied()
            .unwrap_or(0)
    }

    /// The fingerprint of a head: a hash of all that decides its answers.
    pub(crate) fn fingerprint(&self, head: usize) -> u64 {
        let mut hasher = Hasher::new(FeatureKind::Word as u64);
        let Some(spec) = self.heads.get(head) else {
            return 0;
        };
        let opinions = self.opinions.get(head).cloned().unwrap_or_default();
        let parts: Vec<Range<usize>> = std::iter::once(head)
            .chain(opinions)
            .filter_map(|part| {
                let offset = *self.offsets.get(part)?;
                Some(offset..offset + 2 + self.heads.get(part)?.lanes())
            })
            .collect();
        // Plain strings and numbers always have a JSON form.
        for chunk in serde_json::to_vec(spec).unwrap_or_default().chunks(8) {
            hasher.push(
                chunk
                    .iter()
                    .fold(0, |word, &byte| word << 8 | u64::from(byte)),
            );
        }
        let rows = self.weights.get(self.lead..).unwrap_or_default();
        for (tag, row) in self.tags.iter().zip(rows.chunks_exact(self.stride.max(1))) {
            let numbers = || {
                let of_part = |part: &Range<usize>| row.get(part.clone()).unwrap_or_default();
                parts.iter().flat_map(of_part)
            };
            // A row that is there for other heads only does not belong to this one.
            if numbers().any(|&number| number != 0) {
                hasher.push(u64::from(*tag));
                numbers().for_each(|&number| hasher.push(number as u64));
            }
        }
        hasher.finish()
    }

    /// The weight of a row for a head's lane.
    pub fn weight(&self, row: &[i16], head: usize, lane: usize) -> i16 {
        row.get(self.offsets[head] + 2 + lane).copied().unwrap_or(0)
    }
}

impl Bucket {
    /// The bucket of the rows from `start` to `end`; `tags` are those of all rows.
    fn new(start: u32, end: u32, tags: &[u32]) -> Bucket {
        let rows = tags.get(start as usize..end as usize).unwrap_or_default();
        let first = rows.first().copied().unwrap_or_default();
        let tag = |index: usize| rows.get(index).copied().unwrap_or(first);
        let mark = match rows.len() {
            0 => EMPTY,
            1..=HELD => 0,
            _ => MORE,
        };
        Bucket {
            start: start | mark,
            tags: std::array::from_fn(tag),
        }
    }
}

/// The bucket of a key, and its tag.
#[inline]
fn place(key: u64, bucket_bits: u32) -> (usize, u32) {
    ((key >> (KEY_BITS - bucket_bits)) as usize, key as u32)
}

/// Adds rows of `numbers`, which begin at `rows`, to `lanes`.
///
/// As many lanes as the registers hold stay in them for all rows: the bundled heads' are done at
/// once.
#[inline]
pub(super) fn sum_rows<T: Copy + Into<i32>>(numbers: &[T], rows: &[usize], lanes: &mut [i32]) {
    let mut at = 0;
    while let Some(part) = lanes.get_mut(at..).filter(|part| !part.is_empty()) {
        at += match part.len() {
            WIDE.. => sum_part::<WIDE, T>(numbers, rows, at, part),
            _ => sum_part::<8, T>(numbers, rows, at, part),
        };
    }
}

/// Adds the lanes from `at` on of rows that begin at `rows` to the first `N` of `part`; `N`.
#[inline]
fn sum_part<const N: usize, T: Copy + Into<i32>>(
    numbers: &[T],
    rows: &[usize],
    at: usize,
    part: &mut [i32],
) -> usize {
    if let Some(part) = part.first_chunk_mut::<N>() {
        let mut sums = *part;
        for row in rows {
            let row = numbers.get(row + at..);
            if let Some(row) = row.and_then(<[T]>::first_chunk::<N>) {
                for (sum, &weight) in sums.iter_mut().zip(row) {
                    *sum = sum.wrapping_add(weight.into());
                }
            }
        }
        *part = sums;
    }
    N
}
