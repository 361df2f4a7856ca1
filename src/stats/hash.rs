//! A stable 64-bit hash: of characters, of any string, and the checksum of a file.
//!
//! The hash is our own and frozen: each character is mixed in with a rotation, an exclusive or and
//! a multiplication (the step of FxHash), and the finaliser of MurmurHash3 (`fmix64`, Appleby)
//! spreads the bits. It works on characters, not on bytes of memory, so it does not depend on the
//! machine. The golden values in `feature::hash` hold it still.

/// The multiplier of a step: 2⁶⁴ divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The kind under which any string and any file is hashed; the features of words share it.
const ANY: u64 = 1;

/// A hash under construction: characters go in one by one, so that every prefix of a row of
/// characters costs one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hasher(u64);

impl Hasher {
    /// A hash without characters; hashes of different `kind`s are kept apart.
    #[inline]
    pub fn new(kind: u64) -> Hasher {
        Hasher(kind.wrapping_mul(STEP))
    }

    /// Mixes a character, or any number, in.
    #[inline]
    pub fn push(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(STEP);
    }

    /// Mixes the characters of a text in.
    #[inline]
    pub(crate) fn push_text(&mut self, text: &str) {
        // Characters, not bytes; in ASCII the two are the same, and bytes are cheaper to walk.
        if text.is_ascii() {
            for byte in text.bytes() {
                self.push(u64::from(byte));
            }
        } else {
            for character in text.chars() {
                self.push(u64::from(u32::from(character)));
            }
        }
    }

    /// The hash of what went in so far.
    #[inline]
    pub fn finish(self) -> u64 {
        let mut hash = self.0;
        // A multiplication carries bits upwards only: this brings the high ones back to
        // the low ones.
        hash ^= hash >> 33;
        hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash ^= hash >> 33;
        hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        hash ^ (hash >> 33)
    }
}

/// The hash of any string.
#[inline]
pub(crate) fn of_text(text: &str) -> u64 {
    let mut hasher = Hasher::new(ANY);
    hasher.push_text(text);
    hasher.finish()
}

/// The hash of a text that is written piece by piece; that of the whole is [`of_text`].
pub(crate) struct TextHasher(Hasher);

impl TextHasher {
    pub(crate) fn new() -> TextHasher {
        TextHasher(Hasher::new(ANY))
    }

    pub(crate) fn finish(self) -> u64 {
        self.0.finish()
    }
}

impl std::fmt::Write for TextHasher {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.push_text(text);
        Ok(())
    }
}

/// The checksum of a file: eight bytes a step, the length first.
pub fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = Hasher::new(ANY);
    // The length first: zeros at the end would otherwise not be noticed.
    hasher.push(bytes.len() as u64);
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk() {
        hasher.push(u64::from_le_bytes(*word));
        rest = behind;
    }
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        hasher.push(u64::from_le_bytes(word));
    }
    hasher.finish()
}
