//! The spelling of a short word as three numbers, which are compared and spread at once.

/// The longest word that has one, in bytes; what is longer recurs rarely.
const MOST: usize = 23;

/// A word of 1 to 23 bytes, whole: no two words have the same. The default is no word's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spelling([u64; 3]);

impl Spelling {
    /// The spelling of a word; `None` of an empty or a long one.
    ///
    /// Parts of the word that may overlap are loaded at once, where a copy into a buffer is a call
    /// and a loop over the bytes takes as long as a hash of them.
    #[inline]
    pub(crate) fn of(word: &str) -> Option<Spelling> {
        let word = word.as_bytes();
        let length = word.len();
        // In the highest byte, which no part below reaches.
        let tag = (length as u64) << 56;
        Some(Spelling(match length {
            0 => return None,
            1..4 => {
                let at = |index: usize| word.get(index).copied().map_or(0, u64::from);
                [at(0) | at(length / 2) << 8 | at(length - 1) << 16, 0, tag]
            }
            4..8 => {
                let (first, last) = (word.first_chunk()?, word.last_chunk()?);
                let [first, last] = [first, last].map(|part| u32::from_le_bytes(*part));
                [u64::from(first) | u64::from(last) << 32, 0, tag]
            }
            8..=MOST => {
                let (first, last) = (word.first_chunk()?, word.last_chunk()?);
                let [first, last] = [first, last].map(|part| u64::from_le_bytes(*part));
                let middle = match word.get(8..16).and_then(<[u8]>::first_chunk) {
                    // Of its eight bytes seven are needed: the last of them stands in `last`.
                    Some(middle) => u64::from_le_bytes(*middle) & (u64::MAX >> 8),
                    None => 0,
                };
                [first, last, middle | tag]
            }
            _ => return None,
        }))
    }

    /// Whether it is that of a word.
    #[inline]
    pub(crate) fn is_some(self) -> bool {
        self.0[2] != 0
    }

    /// A well spread number of 32 bits.
    #[inline]
    pub(crate) fn spread(self) -> usize {
        /// 2⁶⁴ divided by the golden ratio: an odd multiplier with well spread bits.
        const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
        let [first, second, third] = self.0;
        let sum = (first.wrapping_mul(SPREAD) ^ second).rotate_left(29);
        ((sum.wrapping_mul(SPREAD) ^ third).wrapping_mul(SPREAD) >> 32) as usize
    }
}

/// A set of short words, asked for by their spellings: a look-up takes some 20 instructions, where
/// a tree of strings takes 150. What has no spelling is not in it.
#[derive(Clone, Debug)]
pub(crate) struct Spellings {
    /// Each word stands at the place that its spelling gives, or at the next free one; at most half
    /// of the places are taken.
    places: Vec<Spelling>,
}

impl Spellings {
    /// Whether a word is in the set.
    #[inline]
    pub(crate) fn contains(&self, word: &str) -> bool {
        Spelling::of(word).is_some_and(|spelling| {
            let found = self.places.get(self.place(spelling));
            found.is_some_and(|found| *found == spelling)
        })
    }

    /// Where a spelling stands, or would stand.
    #[inline]
    fn place(&self, spelling: Spelling) -> usize {
        let mask = self.places.len() - 1;
        let mut at = spelling.spread() & mask;
        while let Some(other) = self.places.get(at)
            && *other != spelling
            && other.is_some()
        {
            at = (at + 1) & mask;
        }
        at
    }
}

impl<'a> FromIterator<&'a str> for Spellings {
    fn from_iter<I: IntoIterator<Item = &'a str>>(words: I) -> Spellings {
        let spellings: Vec<Spelling> = words.into_iter().filter_map(Spelling::of).collect();
        let places = (2 * spellings.len()).next_power_of_two().max(2);
        let mut set = Spellings {
            places: vec![Spelling::default(); places],
        };
        for spelling in spellings {
            let place = set.place(spelling);
            set.places[place] = spelling;
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn two_words_have_two_spellings(
            words in proptest::collection::vec("[ab\\x00]{0,3}([a-c]{0,8}|[ab]{14,24})", 2..40),
        ) {
            for one in &words {
                for other in &words {
                    let spellings = (Spelling::of(one), Spelling::of(other));
                    prop_assert_eq!(spellings.0.is_some(), (1..=MOST).contains(&one.len()));
                    prop_assert_eq!(
                        one == other,
                        spellings.0 == spellings.1 && (spellings.0.is_some() || one == other)
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_set_has_its_words_and_no_other(
            words in proptest::collection::btree_set("[a-c]{0,4}", 0..80),
            asked in "[a-c]{0,4}",
        ) {
            let words: BTreeSet<String> = words;
            let set: Spellings = words.iter().map(String::as_str).collect();
            for word in words.iter().chain([&asked]) {
                prop_assert_eq!(set.contains(word), words.contains(word) && !word.is_empty());
            }
        }
    }

    #[test]
    fn every_byte_counts() {
        for length in 1..=MOST {
            let word = "a".repeat(length);
            for at in 0..length {
                let mut other = word.clone();
                other.replace_range(at..at + 1, "b");
                assert_ne!(Spelling::of(&word), Spelling::of(&other), "{other}");
            }
        }
    }
}
