//! Stable 64-bit hashes of features: a model file means the same on every machine, in ten years
//! too. The step is [`Hasher`]; the tests hold golden values.

use super::Block;
pub use crate::stats::hash::Hasher;

/// What kind of feature a hash stands for; part of the hash, so kinds never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FeatureKind {
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

impl FeatureKind {
    /// The block that features of this kind are measured in.
    #[inline]
    pub fn block(self) -> Block {
        match self {
            FeatureKind::Word | FeatureKind::Pair | FeatureKind::Entity | FeatureKind::Negated => {
                Block::Words
            }
            FeatureKind::Characters | FeatureKind::Han => Block::Characters,
            FeatureKind::Lexicon | FeatureKind::Signal => Block::Terms,
        }
    }

    /// The kind's name in explanations.
    pub fn name(self) -> &'static str {
        match self {
            FeatureKind::Word => "word",
            FeatureKind::Pair => "pair",
            FeatureKind::Characters => "characters",
            FeatureKind::Han => "han",
            FeatureKind::Lexicon => "lexicon",
            FeatureKind::Signal => "signal",
            FeatureKind::Entity => "entity",
            FeatureKind::Negated => "negated",
        }
    }
}

/// The hash of `text` as a feature of `kind`.
#[inline]
pub fn hash(kind: FeatureKind, text: &str) -> u64 {
    let mut hasher = Hasher::new(kind as u64);
    hasher.push_text(text);
    hasher.finish()
}

/// The hash of two neighbouring words, in their order.
#[inline]
pub fn pair(first: u64, second: u64) -> u64 {
    let mut hasher = Hasher::new(FeatureKind::Pair as u64);
    hasher.push(first);
    hasher.push(second);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changing one of these values makes every model file that exists meaningless.
    #[test]
    fn golden() {
        let cases: &[(FeatureKind, &str, u64)] = &[
            (FeatureKind::Word, "", GOLDEN[0]),
            (FeatureKind::Word, "refund", GOLDEN[1]),
            (FeatureKind::Characters, "refund", GOLDEN[2]),
            (FeatureKind::Word, "客服", GOLDEN[3]),
            (FeatureKind::Han, "客服", GOLDEN[4]),
            (FeatureKind::Word, "dobrý", GOLDEN[5]),
            (FeatureKind::Word, "😡", GOLDEN[6]),
        ];
        let found: Vec<u64> = cases
            .iter()
            .map(|&(kind, text, _)| hash(kind, text))
            .collect();
        let wanted: Vec<u64> = cases.iter().map(|case| case.2).collect();
        assert_eq!(found, wanted, "{found:#x?}");
        assert_eq!(
            pair(
                hash(FeatureKind::Word, "not"),
                hash(FeatureKind::Word, "good")
            ),
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
