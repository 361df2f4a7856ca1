//! Counts: how many texts of each class have a feature. Whole numbers that add up over shards and
//! can be taken back.

use super::documents::Document;
use crate::{Error, Result};

/// In how many texts of each class each feature occurs.
///
/// [`Counts::merge`] is commutative and associative with [`Counts::new`] as identity,
/// and [`Counts::subtract`] undoes it exactly, so shards can be counted apart and a text
/// can be unlearnt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    texts: Vec<u64>,
    /// Sorted by hash, then class; no zeros.
    entries: Vec<Entry>,
}

/// How many texts of `class` have the feature `hash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The feature.
    pub hash: u64,
    /// The class.
    pub class: u16,
    /// The texts.
    pub count: u32,
}

impl Counts {
    /// No texts of `classes` classes.
    pub fn new(classes: usize) -> Counts {
        Counts {
            texts: vec![0; classes],
            entries: Vec::new(),
        }
    }

    /// Counts documents with their classes, from 0 to below `classes`; others are left out.
    pub fn from_documents<'a>(
        classes: usize,
        documents: impl IntoIterator<Item = (&'a Document, u16)>,
    ) -> Counts {
        let mut counts = Counts::new(classes);
        let mut seen: Vec<(u64, u16)> = Vec::new();
        for (document, class) in documents {
            if let Some(texts) = counts.texts.get_mut(usize::from(class)) {
                *texts += 1;
                // Presence, not occurrences: a text that repeats a word ten times is one witness.
                seen.extend(document.features.iter().map(|&(hash, ..)| (hash, class)));
            }
        }
        seen.sort_unstable();
        for same in seen.chunk_by(|a, b| a == b) {
            counts.entries.push(Entry {
                hash: same[0].0,
                class: same[0].1,
                count: same.len() as u32,
            });
        }
        counts
    }

    /// Adds the counts of another shard.
    pub fn merge(&self, other: &Counts) -> Counts {
        let mut texts = self.texts.clone();
        texts.resize(texts.len().max(other.texts.len()), 0);
        for (sum, more) in texts.iter_mut().zip(&other.texts) {
            *sum += more;
        }
        let mut entries = Vec::with_capacity(self.entries.len() + other.entries.len());
        let (mut left, mut right) = (
            self.entries.iter().peekable(),
            other.entries.iter().peekable(),
        );
        while let Some(&entry) = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if (a.hash, a.class) > (b.hash, b.class) => right.next(),
            (Some(_), _) => left.next(),
            (None, _) => right.next(),
        } {
            match entries.last_mut() {
                Some(Entry { hash, class, count })
                    if (*hash, *class) == (entry.hash, entry.class) =>
                {
                    *count += entry.count;
                }
                _ => entries.push(entry),
            }
        }
        Counts { texts, entries }
    }

    /// Takes back counts that were merged before.
    ///
    /// # Errors
    /// If more would be subtracted than was counted: the other counts are not part of these.
    pub fn subtract(&self, other: &Counts) -> Result<Counts> {
        let never = || {
            Error::training(
                "counts that were never added can't be subtracted; unlearn only what was learnt",
            )
        };
        let mut texts = self.texts.clone();
        for (class, &less) in other.texts.iter().enumerate() {
            match texts.get_mut(class) {
                Some(sum) if *sum >= less => *sum -= less,
                _ if less == 0 => {}
                _ => return Err(never()),
            }
        }
        let mut entries = self.entries.clone();
        for less in &other.entries {
            let at = entries
                .binary_search_by_key(&(less.hash, less.class), |entry| (entry.hash, entry.class))
                .map_err(|_| never())?;
            entries[at].count = entries[at]
                .count
                .checked_sub(less.count)
                .ok_or_else(never)?;
        }
        // No zeros: what was learnt and unlearnt is equal to what was never learnt.
        entries.retain(|entry| entry.count > 0);
        Ok(Counts { texts, entries })
    }

    /// Texts of each class.
    pub fn texts(&self) -> &[u64] {
        &self.texts
    }

    /// The entries, sorted by hash, then class.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries feature by feature, in the order of their hashes.
    pub fn features(&self) -> impl Iterator<Item = &[Entry]> {
        self.entries.chunk_by(|a, b| a.hash == b.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::hash::Kind;

    fn document(hashes: &[u64]) -> Document {
        Document {
            features: hashes.iter().map(|&hash| (hash, Kind::Word, 3)).collect(),
            ..Document::default()
        }
    }

    #[test]
    fn texts_are_counted_not_occurrences() {
        let documents = [
            document(&[1, 5]),
            document(&[5]),
            document(&[]),
            document(&[5, 9]),
        ];
        let counts = Counts::from_documents(2, documents.iter().zip([0, 0, 1, 1]));
        assert_eq!(counts.texts(), [2, 2]);
        let entry = |hash, class, count| Entry { hash, class, count };
        assert_eq!(
            counts.entries(),
            [
                entry(1, 0, 1),
                entry(5, 0, 2),
                entry(5, 1, 1),
                entry(9, 1, 1)
            ]
        );
        assert_eq!(
            counts.features().map(<[Entry]>::len).collect::<Vec<_>>(),
            [1, 2, 1]
        );
        // A class beyond the counts is left out.
        assert_eq!(
            Counts::from_documents(1, documents.iter().zip([0, 0, 1, 1])).texts(),
            [2]
        );
    }

    #[test]
    fn what_was_not_counted_is_not_taken_back() {
        let (one, other) = ([document(&[1])], [document(&[2])]);
        let (one, other) = (
            Counts::from_documents(2, one.iter().zip([0])),
            Counts::from_documents(2, other.iter().zip([0])),
        );
        for wrong in [
            one.subtract(&other),
            one.subtract(&one.merge(&one)),
            Counts::new(1).subtract(&one),
        ] {
            assert!(wrong.is_err_and(|error| error.is_training()));
        }
        assert_eq!(
            one.merge(&other).subtract(&one).expect("it is there"),
            other
        );
    }
}
