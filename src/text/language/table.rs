//! The identifier's file: reading, checking and writing it.
//!
//! Layout, all numbers little-endian: magic `HKLANG`, version (u16), CRC-32 of everything after it
//! (u32), lanes (u16), the code of each lane's language (a byte of length, then ASCII), factor and
//! power of Latin and of Cyrillic (f32), the number of rows (u32), and for each row, by rising
//! hash: the difference to the hash before (base 128, low digits first), the lanes that have a
//! weight, and their weights (i8, not zero). The lanes are one byte for a single lane (128 and its
//! number) or two for a set (a bit each, high byte first). Then the number of Han characters (u16)
//! and for each its code point (u16) and weight (i8).
//!
//! In memory a row lies in one of the two places of a bucket that its hash names, with the hash
//! beside the weights: a probe compares both, without a branch, and an n-gram that the table
//! doesn't know weighs nothing.

use super::Language;
use crate::stats::power;
use crate::{Error, Result};

/// The first bytes of a table. Frozen: files hold them.
const MAGIC: &[u8; 6] = b"HKLANG";
/// The version of the format, raised with every change of it.
const VERSION: u16 = 1;
/// Bytes before what the checksum covers: magic, version and the checksum itself.
const HEAD: usize = 12;
/// Lanes of a row: with its hash a row is one vector register of 16 bytes. Part of the format.
pub(crate) const LANES: usize = 12;
/// Bytes of a row: its lanes, and four of its hash and mark.
pub(crate) const WIDTH: usize = 16;
/// Places of a bucket: two, so that a probe of a bucket needs no branch.
const PLACES: usize = 2;
/// Marks the byte of a row with a single lane. Part of the format.
const SINGLE: u8 = 0x80;
/// Buckets, as a power of two: 2¹⁷ buckets of two places for up to 125,000 rows
/// (`train::language`), so about half of the places are free and each row finds one. Part
/// of the format.
const BUCKET_BITS: u32 = 17;
/// The weight of a character that is in one script of Chinese only; learnt ones are smaller. Part
/// of the format.
pub(crate) const STRONG: i8 = 100;
/// The weight that marks a character of Japanese alone. Part of the format.
pub(crate) const JAPANESE: i8 = -128;
/// The Han characters that may have a weight: the basic block and extension A of Unicode.
const HAN: std::ops::Range<u32> = 0x3400..0xA000;

/// How margins become probabilities; see [`Calibration::temper`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Calibration {
    /// Factor of the scores of the Latin lanes.
    pub(crate) latin_factor: f32,
    /// Power of the number of n-grams by which they are divided.
    pub(crate) latin_power: f32,
    /// The same for the Cyrillic lanes.
    pub(crate) cyrillic_factor: f32,
    /// The same for the Cyrillic lanes.
    pub(crate) cyrillic_power: f32,
}

impl Calibration {
    /// By what a sum of weights over `grams` n-grams is multiplied before the softmax:
    /// `factor / grams^power`.
    pub(crate) fn temper(factor: f32, power: f32, grams: u32) -> f32 {
        factor / power::power(f64::from(grams.max(1)), f64::from(power)) as f32
    }
}

/// The weights of an n-gram, a lane for each language, and then its hash: sixteen bytes, which one
/// register takes at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(16))]
pub(crate) struct Row([i8; WIDTH]);

impl Row {
    pub(crate) fn new(hash: u32, weights: [i8; LANES]) -> Row {
        let mut row = [0i8; WIDTH];
        let bytes = weights
            .into_iter()
            .chain(hash.to_le_bytes().map(|byte| byte as i8));
        for (slot, byte) in row.iter_mut().zip(bytes) {
            *slot = byte;
        }
        Row(row)
    }

    #[inline]
    pub(crate) fn hash(&self) -> u32 {
        let [.., one, two, three, four] = self.0;
        u32::from_le_bytes([one as u8, two as u8, three as u8, four as u8])
    }

    fn weights(&self) -> &[i8] {
        &self.0[..LANES]
    }

    fn is_empty(&self) -> bool {
        self.weights().iter().all(|weight| *weight == 0)
    }
}

/// What a file holds.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) languages: Vec<Language>,
    pub(crate) calibration: Calibration,
    buckets: Vec<[Row; PLACES]>,
    /// The weight of each Han character of [`HAN`]: above zero Traditional, below zero Simplified.
    han: Vec<i8>,
}

impl Table {
    pub(crate) fn new(languages: Vec<Language>, calibration: Calibration) -> Table {
        let buckets = vec![[Row::default(); PLACES]; 1 << BUCKET_BITS];
        Table {
            languages,
            calibration,
            buckets,
            han: vec![0; HAN.len()],
        }
    }

    /// The bytes of the row of `hash`, and all ones if there is such a row, else zero.
    ///
    /// Whether an n-gram is known can't be foreseen, so there is no branch: the second place is
    /// taken if its hash fits, else the first, and the mask says whether that fits.
    #[inline]
    pub(crate) fn probe(&self, hash: u32) -> (&[i8; WIDTH], i8) {
        // Never out of range: the shift leaves BUCKET_BITS bits.
        let bucket = &self.buckets[(hash >> (32 - BUCKET_BITS)) as usize];
        let row = &bucket[usize::from(bucket[1].hash() == hash)];
        (&row.0, -i8::from(row.hash() == hash))
    }

    /// Adds the weights of n-grams to `sums`.
    #[inline]
    pub(crate) fn add(&self, hashes: &[u32], sums: &mut [i16; WIDTH]) {
        for hash in hashes {
            // Without the check an unseen n-gram would add the weights of some other one.
            let (row, known) = self.probe(*hash);
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += i16::from(weight & known);
            }
        }
    }

    /// Puts a row into its bucket; `false` if that is full. An empty place has no weights,
    /// whatever its hash.
    pub(crate) fn insert(&mut self, row: Row) -> bool {
        let bucket = &mut self.buckets[(row.hash() >> (32 - BUCKET_BITS)) as usize];
        match bucket.iter_mut().find(|place| place.is_empty()) {
            Some(place) => {
                *place = row;
                true
            }
            None => false,
        }
    }

    /// The weight of a Han character.
    pub(crate) fn han(&self, character: char) -> i8 {
        let at = u32::from(character).wrapping_sub(HAN.start);
        self.han.get(at as usize).copied().unwrap_or(0)
    }

    /// Sets the weight of a Han character; those outside of the basic block and extension A are too
    /// rare to keep.
    #[cfg(feature = "train")]
    pub(crate) fn set_han(&mut self, character: char, weight: i8) {
        let at = u32::from(character).wrapping_sub(HAN.start);
        if let Some(slot) = self.han.get_mut(at as usize) {
            *slot = weight;
        }
    }

    /// Bytes of memory that it takes.
    pub(crate) fn memory_usage(&self) -> usize {
        self.buckets.len() * PLACES * size_of::<Row>() + self.han.len()
    }

    /// The file's bytes.
    #[cfg(feature = "train")]
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        body.extend((self.languages.len() as u16).to_le_bytes());
        for language in &self.languages {
            body.push(language.code().len() as u8);
            body.extend(language.code().as_bytes());
        }
        let Calibration {
            latin_factor,
            latin_power,
            cyrillic_factor,
            cyrillic_power,
        } = self.calibration;
        for number in [latin_factor, latin_power, cyrillic_factor, cyrillic_power] {
            body.extend(number.to_le_bytes());
        }
        let mut rows: Vec<&Row> = self
            .buckets
            .iter()
            .flatten()
            .filter(|row| !row.is_empty())
            .collect();
        rows.sort_unstable_by_key(|row| row.hash());
        body.extend((rows.len() as u32).to_le_bytes());
        let mut before = 0;
        for row in rows {
            let mut step = row.hash() - before;
            before = row.hash();
            while step >= 0x80 {
                body.push(step as u8 | 0x80);
                step >>= 7;
            }
            body.push(step as u8);
            let lanes = (0..LANES).filter(|lane| row.weights()[*lane] != 0);
            let set = lanes.clone().fold(0u16, |set, lane| set | 1 << lane);
            if set.is_power_of_two() {
                body.push(SINGLE | set.trailing_zeros() as u8);
            } else {
                body.extend(set.to_be_bytes());
            }
            body.extend(lanes.map(|lane| row.weights()[lane] as u8));
        }
        let weighted = || HAN.zip(&self.han).filter(|(_, weight)| **weight != 0);
        body.extend((weighted().count() as u16).to_le_bytes());
        for (point, weight) in weighted() {
            body.extend((point as u16).to_le_bytes());
            body.push(*weight as u8);
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(checksum(&body).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    /// Reads a file's bytes and checks every length and index in them.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Table> {
        if !bytes.starts_with(MAGIC) {
            return Err(Error::model(
                "not a language table: the file does not begin with HKLANG; make one with \
                 `workshop train-language`",
            ));
        }
        // The version comes first: what another one sums up is not known here.
        let mut head = Reader {
            bytes: bytes.get(MAGIC.len()..).unwrap_or_default(),
        };
        let version = head.u16()?;
        if version != VERSION {
            let age = if version < VERSION { "older" } else { "newer" };
            return Err(Error::model(format!(
                "the language table has version {version}, {age} than the version {VERSION} that \
                 this hearken reads; train it again with `workshop train-language`"
            )));
        }
        let stated = head.u32()?;
        let body = bytes.get(HEAD..).unwrap_or_default();
        // Before anything is read by it: a flipped byte would still be a table, of other languages.
        if checksum(body) != stated {
            return Err(Error::model(
                "the language table is damaged or cut short: its checksum does not fit; fetch or \
                 train it again",
            ));
        }
        let mut reader = Reader { bytes: body };
        let languages = reader.languages()?;
        let calibration = reader.calibration()?;
        let mut table = Table::new(languages, calibration);
        reader.rows(&mut table)?;
        reader.han(&mut table)?;
        if !reader.bytes.is_empty() {
            return Err(wrong("bytes follow its end"));
        }
        Ok(table)
    }
}

#[cold]
fn wrong(what: &str) -> Error {
    Error::model(format!(
        "the language table can't be used: {what}; fetch or train it again"
    ))
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        if length > self.bytes.len() {
            return Err(wrong("it is cut short"));
        }
        let (taken, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        Ok(taken)
    }

    /// The language of each lane.
    fn languages(&mut self) -> Result<Vec<Language>> {
        let lanes = usize::from(self.u16()?);
        if lanes == 0 || lanes > LANES {
            return Err(wrong("its number of languages is out of range"));
        }
        let mut languages = Vec::with_capacity(lanes);
        for _ in 0..lanes {
            let length = usize::from(self.take(1)?[0]);
            let code = std::str::from_utf8(self.take(length)?).unwrap_or_default();
            match Language::from_code(code) {
                Some(language) if !languages.contains(&language) => languages.push(language),
                _ => return Err(wrong("a language in it is unknown or there twice")),
            }
        }
        Ok(languages)
    }

    fn calibration(&mut self) -> Result<Calibration> {
        let mut numbers = [0.0f32; 4];
        for number in &mut numbers {
            *number = f32::from_bits(self.u32()?);
            if !number.is_finite() || *number < 0.0 {
                return Err(wrong("a number of its calibration is out of range"));
            }
        }
        let [latin_factor, latin_power, cyrillic_factor, cyrillic_power] = numbers;
        Ok(Calibration {
            latin_factor,
            latin_power,
            cyrillic_factor,
            cyrillic_power,
        })
    }

    /// The rows of n-grams, into a table whose languages are known.
    fn rows(&mut self, table: &mut Table) -> Result<()> {
        let lanes = table.languages.len();
        let mut hash = 0u32;
        for _ in 0..self.u32()? {
            hash = hash
                .checked_add(self.varint()?)
                .ok_or_else(|| wrong("its rows are not in order"))?;
            let mut weights = [0i8; LANES];
            let first = self.take(1)?[0];
            let mask = if first & SINGLE == 0 {
                u16::from_be_bytes([first, self.take(1)?[0]])
            } else {
                1u16.checked_shl(u32::from(first & !SINGLE)).unwrap_or(0)
            };
            if mask == 0 || mask >> lanes != 0 {
                return Err(wrong("a row names a language that is not in its header"));
            }
            let mut rest = mask;
            while rest != 0 {
                weights[rest.trailing_zeros() as usize] = self.take(1)?[0] as i8;
                rest &= rest - 1;
            }
            // A third row of a bucket has no place, and one without weights is an empty place.
            if weights == [0; LANES] || !table.insert(Row::new(hash, weights)) {
                return Err(wrong("a row of it is empty or has no place"));
            }
        }
        Ok(())
    }

    /// The weights of Han characters.
    fn han(&mut self, table: &mut Table) -> Result<()> {
        for _ in 0..self.u16()? {
            let point = u32::from(self.u16()?);
            let weight = self.take(1)?[0] as i8;
            let at = point.wrapping_sub(HAN.start) as usize;
            *table
                .han
                .get_mut(at)
                .ok_or_else(|| wrong("a character in it is not a Han character"))? = weight;
        }
        Ok(())
    }

    /// A number of at most 32 bits in base 128, low digits first.
    fn varint(&mut self) -> Result<u32> {
        let mut value = 0u64;
        for digit in 0..5 {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7F) << (7 * digit);
            if byte & 0x80 == 0 {
                return u32::try_from(value).map_err(|_| wrong("a number in it is out of range"));
            }
        }
        Err(wrong("a number in it is out of range"))
    }

    fn u16(&mut self) -> Result<u16> {
        let taken = self.take(2)?;
        Ok(u16::from_le_bytes([taken[0], taken[1]]))
    }

    fn u32(&mut self) -> Result<u32> {
        let taken = self.take(4)?;
        Ok(u32::from_le_bytes([taken[0], taken[1], taken[2], taken[3]]))
    }
}

/// CRC-32 (polynomial 0xEDB88320, as in gzip), eight bits a step.
fn checksum(bytes: &[u8]) -> u32 {
    const STEPS: [u32; 256] = {
        let mut steps = [0u32; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut value = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 {
                    (value >> 1) ^ 0xEDB8_8320
                } else {
                    value >> 1
                };
                bit += 1;
            }
            steps[byte] = value;
            byte += 1;
        }
        steps
    };
    !bytes.iter().fold(!0u32, |crc, byte| {
        (crc >> 8) ^ STEPS[((crc ^ u32::from(*byte)) & 0xFF) as usize]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_is_that_of_gzip() {
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926);
    }

    #[cfg(feature = "train")]
    #[test]
    fn a_table_is_read_as_it_was_written() {
        let calibration = Calibration {
            latin_factor: 0.25,
            latin_power: 0.5,
            cyrillic_factor: 0.125,
            cyrillic_power: 0.0,
        };
        let mut table = Table::new(vec![Language::En, Language::Cs, Language::Uk], calibration);
        let row = |hash, one, two| {
            let mut weights = [0i8; LANES];
            (weights[0], weights[2]) = (one, two);
            Row::new(hash, weights)
        };
        // Three of one bucket: the third has no place.
        assert!(table.insert(row(7, 1, 0)));
        assert!(table.insert(row(9, -128, 127)));
        assert!(!table.insert(row(11, 3, 3)));
        assert!(table.insert(row(u32::MAX, 0, 5)));
        table.set_han('后', 12);
        table.set_han('\u{20000}', 12);
        let read = Table::from_bytes(&table.to_bytes()).expect("reads what it wrote");
        assert_eq!(read.languages, table.languages);
        assert_eq!(read.calibration, calibration);
        for (hash, known, first, third) in [
            (7, -1, 1, 0),
            (9, -1, -128, 127),
            (11, 0, 0, 0),
            (u32::MAX, -1, 0, 5),
            (0, 0, 0, 0),
        ] {
            let (weights, mask) = read.probe(hash);
            assert_eq!(
                (mask, weights[0] & mask, weights[2] & mask),
                (known, first, third),
                "{hash}"
            );
        }
        assert_eq!(
            (read.han('后'), read.han('里'), read.han('\u{20000}')),
            (12, 0, 0)
        );
    }
}
