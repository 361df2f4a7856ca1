//! Which parts of a longer word of Han characters are words there.
//!
//! `皮肤过敏`, `快递费` and `飞机票` are words of the dictionary, and who looks for `过敏`,
//! `快递` or `机票` means them too; who looks for `人流` does not mean `人流量`. That a part is
//! itself a word says little, since nearly every pair of characters is one. What is asked is
//! where the word would be cut if the dictionary lacked it: the most probable cut is compared
//! with the most probable one that has borders at both ends of the part, and the part counts
//! unless that is more than 3.5 times less probable. What no cut can tell, such as `老婆` in
//! `老婆饼`, is listed in `data/han/whole.tsv`.
//!
//! The same comparison says where words stand that the segmenter parted by a hair: `放火腿` is cut
//! into `放火` and `腿`, but nearly as well into `放` and `火腿`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The words that don't mean their parts.
const WHOLE: &str = include_str!("../../data/han/whole.tsv");

/// What stands before and after a part of a word that does not mean it.
pub(crate) type Beside = (&'static str, &'static str);

/// By the part, the words in which it is an accident.
static ACCIDENTS: OnceLock<BTreeMap<&'static str, Vec<Beside>>> = OnceLock::new();

/// The words, listed in `data/han/whole.tsv`, in which `part` does not mean itself: what stands
/// before and after it in each.
pub(crate) fn accidents(part: &str) -> &'static [Beside] {
    ACCIDENTS
        .get_or_init(|| {
            let mut accidents: BTreeMap<_, Vec<Beside>> = BTreeMap::new();
            for (word, parts) in rows() {
                for part in parts {
                    let places = word.match_indices(part);
                    let besides = places.map(|(at, part)| (&word[..at], &word[at + part.len()..]));
                    accidents.entry(part).or_default().extend(besides);
                }
            }
            accidents
        })
        .get(part)
        .map_or(&[], Vec::as_slice)
}

/// Each listed word with the parts that it does not mean: those listed beside it, otherwise all
/// that are shorter than it and longer than a character.
fn rows() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    WHOLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| match line.split_once('\t') {
            Some((word, parts)) => (word, parts.split(' ').collect()),
            None => (line, proper_parts(line)),
        })
}

/// All parts of `word` that are shorter than it and longer than a character, each once.
fn proper_parts(word: &str) -> Vec<&str> {
    let borders: Vec<usize> = word
        .char_indices()
        .map(|(at, _)| at)
        .chain([word.len()])
        .collect();
    let mut parts = Vec::new();
    for (first, &start) in borders.iter().enumerate() {
        for &end in borders.iter().skip(first + 2) {
            parts.push(&word[start..end]);
        }
    }
    parts.retain(|part| part.len() < word.len());
    parts.sort_unstable();
    parts.dedup();
    parts
}

#[cfg(feature = "chinese")]
pub(crate) use cut::{is_doubtful, is_part};

/// Without the dictionary every character is a word, so none has parts.
#[cfg(not(feature = "chinese"))]
pub(crate) fn is_part(_word: &str, _start: usize, _end: usize) -> bool {
    false
}

/// Without the dictionary no cut is better than another.
#[cfg(not(feature = "chinese"))]
pub(crate) fn is_doubtful(_text: &str, _start: usize, _end: usize) -> bool {
    false
}

#[cfg(feature = "chinese")]
mod cut {
    use crate::text::han::bundled;
    use crate::text::han::dictionary::{Dictionary, cost_of_ratio};

    /// How many times less probable than the best cut one with borders at the part's ends may be.
    /// Chosen on the tuning half of `tests/cases/han_terms.*.tsv`: `机票` in `飞机票` needs 3.4,
    /// `学会` in `同学会` would need 4.1.
    const RATIO: f64 = 3.5;

    /// How many times less probable than the best cut one through a border of the part must be.
    /// `放火` in `放火腿` has 1.1; `送货` in `送货单`, which is right, has 1.55, and on the tuning
    /// half no right one has less than 2.7.
    const CERTAIN: f64 = 1.5;

    /// Most characters of a word whose parts are looked at; the dictionary's longest has 16.
    const LONGEST: usize = 24;

    /// Fewest characters of a word that may be built of built words.
    const NESTED: usize = 5;

    /// Whether bytes `start..end` of `word` are a word in it; `word` is one token, of which the
    /// part leaves something uncovered.
    ///
    /// What is a part of a part is one too: `银行` in `人民银行` in `中国人民银行`.
    pub(crate) fn is_part(word: &str, start: usize, end: usize) -> bool {
        if word.get(start..end).is_none() || word.chars().nth(LONGEST).is_some() {
            return false;
        }
        let cuts = Cuts::get();
        if cuts.has_borders(word, start, end) {
            return true;
        }
        if word.chars().nth(NESTED - 1).is_none() {
            return false;
        }
        let starts = word.char_indices().map(|(at, _)| at);
        let mut starts = starts.take_while(|&from| from <= start);
        starts.any(|from| {
            let ends = word.char_indices().map(|(at, _)| at).chain([word.len()]);
            let mut ends = ends.skip_while(|&to| to < end);
            ends.any(|to| {
                // The word itself and the part itself were asked about.
                let is_between = to - from < word.len() && to - from > end - start;
                is_between
                    && cuts.dictionary.cost(&word[from..to]).is_some()
                    && cuts.has_borders(word, from, to)
                    && is_part(&word[from..to], start - from, end - from)
            })
        })
    }

    /// Whether the part at bytes `start..end` of `text` is hardly better parted from the single
    /// characters beside it than joined with one of them.
    pub(crate) fn is_doubtful(text: &str, start: usize, end: usize) -> bool {
        let (Some(to_end), Some(part), Some(from_start)) =
            (text.get(..end), text.get(start..end), text.get(start..))
        else {
            return false;
        };
        let cuts = Cuts::get();
        // Where no word joins them there is nothing to compare, which is nearly everywhere.
        let is_listed = |word: &str| cuts.dictionary.cost(word).is_some();
        let inner = || part.char_indices().map(|(at, _)| at);
        let joins_before = start > 0
            && (is_listed(to_end) || inner().skip(1).any(|at| is_listed(&text[..start + at])));
        let joins_after = end < text.len() && inner().any(|at| is_listed(&from_start[at..]));
        if !(joins_before || joins_after) || text.chars().nth(LONGEST).is_some() {
            return false;
        }
        let best = cuts.best(text, "", None) + cost_of_ratio(CERTAIN);
        let joined = |border| cuts.best(text, "", Some(border)) < best;
        (joins_before && joined(start)) || (joins_after && joined(end))
    }

    /// Cuts of words into those of the bundled dictionary.
    struct Cuts {
        dictionary: &'static Dictionary,
    }

    impl Cuts {
        fn get() -> Cuts {
            Cuts {
                dictionary: bundled(),
            }
        }

        /// Whether a cut of `word` at bytes `start` and `end` is probable enough, were `word`
        /// itself not listed.
        fn has_borders(&self, word: &str, start: usize, end: usize) -> bool {
            let free = |text| self.best(text, "", None);
            free(&word[..start]) + free(&word[start..end]) + free(&word[end..])
                <= self.best(word, word, None) + cost_of_ratio(RATIO)
        }

        /// What the most probable cut of `text` into words costs; the word `without` is taken for
        /// unknown, and at byte `closed` no word may end.
        fn best(&self, text: &str, without: &str, closed: Option<usize>) -> u64 {
            let mut borders = [0; LONGEST + 1];
            let mut count = 0;
            for (border, (at, character)) in borders.iter_mut().zip(text.char_indices()) {
                *border = at + character.len_utf8();
                count += 1;
            }
            // Of the text up to each border; none where it can't be cut there.
            let mut best = [None; LONGEST + 1];
            let mut start = 0;
            for first in 0..count {
                let before = if first == 0 { Some(0) } else { best[first - 1] };
                for last in first..count {
                    if closed == Some(borders[last]) {
                        continue;
                    }
                    let word = &text[start..borders[last]];
                    let known = (word != without)
                        .then(|| self.dictionary.cost(word))
                        .flatten();
                    // As the segmenter has it: a character that no word covers was seen once.
                    let cost = known.or((first == last).then(|| self.dictionary.unknown()));
                    let Some((before, cost)) = before.zip(cost) else {
                        continue;
                    };
                    let cost = before + u64::from(cost);
                    best[last] = Some(best[last].map_or(cost, |best: u64| best.min(cost)));
                }
                start = borders[first];
            }
            // Nothing costs nothing; what can't be cut is beyond any cost.
            count
                .checked_sub(1)
                .map_or(0, |last| best[last].unwrap_or(u64::MAX))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn part(word: &str, part: &str) -> bool {
            let start = word.find(part).expect("a part of it");
            is_part(word, start, start + part.len())
        }

        #[test]
        fn a_part_is_a_word_where_the_cut_says_so() {
            for (word, of) in [
                ("快递费", "快递"),
                ("皮肤过敏", "过敏"),
                ("飞机票", "机票"),
                ("开发票", "发票"),
                ("珍珠奶茶", "奶茶"),
                ("中国人民银行", "银行"),
            ] {
                assert!(part(word, of), "{of} in {word}");
            }
            for (word, of) in [
                ("安全部门", "全部"),
                ("人流量", "人流"),
                ("慢性病", "性病"),
                ("华盛顿", "盛顿"),
                ("同学会", "学会"),
            ] {
                assert!(!part(word, of), "{of} in {word}");
            }
        }

        #[test]
        fn a_cut_by_a_hair_is_doubtful() {
            let doubtful = |text: &str, part: &str| {
                let start = text.find(part).expect("a part of it");
                is_doubtful(text, start, start + part.len())
            };
            assert!(doubtful("放火腿", "放火"));
            assert!(!doubtful("送货单", "送货"));
            assert!(!doubtful("退货单", "退货"));
            assert!(!doubtful("月短信费", "短信"));
            assert!(!doubtful("短信", "短信"));
        }

        #[test]
        fn any_text_may_be_asked_about() {
            assert!(!is_doubtful("快递费", 1, 6));
            assert!(!is_doubtful("快递费", 0, 99));
            assert!(!is_doubtful("", 0, 0));
            let long = "快".repeat(LONGEST + 1);
            assert!(!is_part(&long, 3, 9));
            assert!(!is_part("快递费", 1, 6));
            assert!(!is_part("快递费", 0, 99));
            assert!(is_part(&"龘".repeat(LONGEST), 3, 6));
            assert!(is_part("abc", 0, 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Folder;

    #[test]
    fn listed_words_are_in_order_as_folded_and_longer_than_their_parts() {
        let folder = Folder::new();
        let mut before = "";
        for (word, parts) in rows() {
            assert!(before < word, "{word} is out of order or there twice");
            before = word;
            assert_eq!(folder.fold_term(word), word);
            assert!(!parts.is_empty(), "{word} has no part");
            for part in parts {
                assert!(word.contains(part) && part != word, "{part} in {word}");
                assert!(part.chars().nth(1).is_some(), "{part} in {word}");
            }
        }
    }

    #[test]
    fn what_stands_beside_an_accident_is_known() {
        assert_eq!(accidents("人流"), [("", "量")]);
        assert!(accidents("死人").contains(&("笑", "")));
        // Where the parts are listed, the others count.
        assert_eq!(accidents("银行"), [] as [Beside; 0]);
        assert!(accidents("工商").contains(&("", "银行")));
    }
}
