//! Stable 64-bit hashes of features: a model file means the same on every machine, in
//! ten years too.
//!
//! The hash is our own and frozen: each character is mixed in with a rotation, an exclusive or and
//! a multiplication (the step of FxHash), and the finaliser of MurmurHash3 (`fmix64`, Appleby)
//! spreads the bits. It works on characters, not on bytes of memory, so it does not depend on the
//! machine. The tests hold golden values.

use super::Block;

/// The multiplier of a step: 2⁶⁴ divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// What kind of feature a hash stands for; part of the hash, so kinds never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A word, a number, a sign, an emoji.
    Word = 1,
    /// Two neighbouring words.
    Pair = 2,
    /// Two to five characters inside a word of a spaced script, diacritics taken off.
    Characters = 3,
    /// One to three Han characters.
    Han = 4,
    /// A listed term: its list, strength and whether it is negated.
    Lexicon = 5,
    /// A property of the whole text, in steps.
    Signal = 6,
    /// The presence of an entity.
    Entity = 7,
    /// A word that a negation reaches.
    Negated = 8,
}

impl Kind {
    /// The block that features of this kind are measured in.
    pub fn block(self) -> Block {
        match self {
            Kind::Word | Kind::Pair | Kind::Entity | Kind::Negated => Block::Words,
            Kind::Characters | Kind::Han => Block::Characters,
            Kind::Lexicon | Kind::Signal => Block::Terms,
        }
    }

    /// The kind's name in explanations.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Word => "word",
            Kind::Pair => "pair",
            Kind::Characters => "characters",
            Kind::Han => "han",
            Kind::Lexicon => "lexicon",
            Kind::Signal => "signal",
            Kind::Entity => "entity",
            Kind::Negated => "negated",
        }
    }
}

/// A hash under construction: characters go in one by one, so that every prefix of a row of
/// characters costs one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hasher(u64);

impl Hasher {
    /// A hash of `kind` without characters.
    #[inline]
    pub fn new(kind: Kind) -> Hasher {
        Hasher((kind as u64).wrapping_mul(STEP))
    }

    /// Mixes a character, or any number, in.
    #[inline]
    pub fn push(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(STEP);
    }

    /// The hash of what went in so far.
    #[inline]
    pub fn finish(self) -> u64 {
        let mut hash = self.0;
        hash ^= hash >> 33;
        hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash ^= hash >> 33;
        hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        hash ^ (hash >> 33)
    }
}

/// The hash of `text` as a feature of `kind`.
#[inline]
pub fn hash(kind: Kind, text: &str) -> u64 {
    let mut hasher = Hasher::new(kind);
    if text.is_ascii() {
        for byte in text.bytes() {
            hasher.push(u64::from(byte));
        }
    } else {
        for character in text.chars() {
            hasher.push(u64::from(u32::from(character)));
        }
    }
    hasher.finish()
}

/// The hash of two neighbouring words, in their order.
#[inline]
pub fn pair(first: u64, second: u64) -> u64 {
    let mut hasher = Hasher::new(Kind::Pair);
    hasher.push(first);
    hasher.push(second);
    hasher.finish()
}

/// The checksum of a file: eight bytes a step, the length first.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = Hasher::new(Kind::Word);
    hasher.push(bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hasher.push(u64::from_le_bytes(word));
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changing one of these values makes every model file that exists meaningless.
    #[test]
    fn golden() {
        let cases: &[(Kind, &str, u64)] = &[
            (Kind::Word, "", GOLDEN[0]),
            (Kind::Word, "refund", GOLDEN[1]),
            (Kind::Characters, "refund", GOLDEN[2]),
            (Kind::Word, "客服", GOLDEN[3]),
            (Kind::Han, "客服", GOLDEN[4]),
            (Kind::Word, "dobrý", GOLDEN[5]),
            (Kind::Word, "😡", GOLDEN[6]),
        ];
        let found: Vec<u64> = cases
            .iter()
            .map(|&(kind, text, _)| hash(kind, text))
            .collect();
        let wanted: Vec<u64> = cases.iter().map(|case| case.2).collect();
        assert_eq!(found, wanted, "{found:#x?}");
        assert_eq!(
            pair(hash(Kind::Word, "not"), hash(Kind::Word, "good")),
            GOLDEN[7]
        );
        assert_ne!(pair(1, 2), pair(2, 1));
    }

    const GOLDEN: [u64; 8] = [
        0x9ca0_66f1_a4ab_2eea,
        0x5227_35b1_ea64_3160,
        0xc05b_a03a_2995_a5e9,
        0x3e87_19c8_4efa_ca12,
        0x10b9_1855_acdf_8420,
        0x43b2_024f_b98a_f2f1,
        0x7a51_68a7_0339_403e,
        0x3868_fc74_7982_3f90,
    ];
}
