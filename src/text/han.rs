//! Words in runs of Han characters.
//!
//! With the feature `chinese` the words are those of the most probable route through the dictionary
//! of `data/han` (jieba). jieba's second stage, a hidden Markov model that invents words from the
//! characters which no dictionary word covers, stays off: see `data/han/README.md` for the figures.
//! So a cut depends on the dictionary and the user's words alone, and a word that is removed stays
//! removed. Without the feature every character is a word.

#[cfg(feature = "chinese")]
use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

#[cfg(feature = "chinese")]
use jieba_rs::Jieba;

/// The bundled dictionary, a line each: the word, a space, how often it was seen.
#[cfg(feature = "chinese")]
pub(super) const WORDS: &str = include_str!("../../data/han/words.tsv");

/// The bundled dictionary as parsed at its first use; all segmenters without user words share it.
#[cfg(feature = "chinese")]
static BUNDLED: OnceLock<Arc<Jieba>> = OnceLock::new();

/// Cuts runs of Han characters into words; immutable and shared, cheap to clone.
///
/// A segmenter without user words reads the bundled dictionary at its first cut (some 50 ms, once a
/// process); [`HanSegmenter::warm_up`] does so earlier.
#[derive(Clone, Debug, Default)]
pub struct HanSegmenter {
    /// `None` is the bundled dictionary.
    #[cfg(feature = "chinese")]
    own: Option<Arc<Jieba>>,
}

impl HanSegmenter {
    /// The segmenter with the dictionary of `data/han`, plus and minus user words.
    ///
    /// Words are folded (Simplified, lower case) by the caller. The number beside a word of `add`
    /// is how often it occurs in some 60 million words of text; 0 stands for "as often as it takes
    /// for the word to be kept whole". What is in both lists is added. Only words of Han characters
    /// alone can ever be met in a run. A removed word falls into shorter words of the dictionary;
    /// single characters can't be removed.
    ///
    /// User words cost a dictionary of their own: some 50 ms here, and its memory. Without the
    /// feature `chinese` both lists are ignored.
    #[cfg_attr(not(feature = "chinese"), allow(unused_variables))]
    pub fn new(add: &[(String, u32)], remove: &[String]) -> HanSegmenter {
        #[cfg(feature = "chinese")]
        if !(add.is_empty() && remove.is_empty()) {
            return HanSegmenter {
                own: Some(Arc::new(with_user_words(add, remove))),
            };
        }
        HanSegmenter::default()
    }

    /// Reads the dictionary now rather than at the first cut.
    pub fn warm_up(&self) {
        #[cfg(feature = "chinese")]
        self.jieba();
    }

    /// Calls `word(start, end)` for each word of `run`, in order, byte offsets within `run`.
    ///
    /// The words leave no gap: each starts where the one before it ended. Any text may be given;
    /// what is not Han comes out in pieces of jieba's choice.
    pub fn cut(&self, run: &str, mut word: impl FnMut(usize, usize)) {
        let mut characters = run.char_indices();
        if characters.next().is_none() {
            return;
        }
        // One character is one word whatever the dictionary says, so it need not be loaded.
        let Some(_) = characters.next() else {
            return word(0, run.len());
        };
        #[cfg(feature = "chinese")]
        for token in self.jieba().cut(run, false) {
            word(token.byte_start, token.byte_end);
        }
        #[cfg(not(feature = "chinese"))]
        for (start, character) in run.char_indices() {
            word(start, start + character.len_utf8());
        }
    }

    #[cfg(feature = "chinese")]
    fn jieba(&self) -> &Jieba {
        match &self.own {
            Some(own) => own,
            None => BUNDLED.get_or_init(|| Arc::new(read(WORDS))),
        }
    }
}

/// Whether `character` is written in Han script: these make the runs that [`HanSegmenter`] cuts.
pub fn is_han(character: char) -> bool {
    matches!(character,
        '\u{4E00}'..='\u{9FFF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{3005}'
        | '\u{3007}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}')
}

/// A dictionary from lines of `word frequency`.
#[cfg(feature = "chinese")]
fn read(words: &str) -> Jieba {
    // A line that can't be read would be a mistake in our own file, which a test excludes: what was
    // read up to there is used.
    let mut jieba = Jieba::empty();
    let _ = jieba.load_dict(&mut words.as_bytes());
    jieba
}

/// The bundled dictionary without `remove` and with `add`.
#[cfg(feature = "chinese")]
fn with_user_words(add: &[(String, u32)], remove: &[String]) -> Jieba {
    let mut jieba = if remove.is_empty() {
        Jieba::clone(BUNDLED.get_or_init(|| Arc::new(read(WORDS))))
    } else {
        // jieba can't forget a word, so the removed ones are never read.
        let remove: BTreeSet<&str> = remove
            .iter()
            .map(String::as_str)
            .filter(|word| word.chars().nth(1).is_some())
            .collect();
        let kept: String = WORDS
            .split_inclusive('\n')
            .filter(|line| {
                line.split(' ')
                    .next()
                    .is_none_or(|word| !remove.contains(word))
            })
            .collect();
        read(&kept)
    };
    for (word, frequency) in add {
        let frequency = usize::try_from(*frequency)
            .ok()
            .filter(|&frequency| frequency > 0);
        jieba.add_word(word, frequency, None);
    }
    jieba
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(segmenter: &HanSegmenter, run: &str) -> Vec<String> {
        let mut words = Vec::new();
        segmenter.cut(run, |start, end| words.push(run[start..end].to_owned()));
        words
    }

    #[test]
    fn words_leave_no_gap() {
        let segmenter = HanSegmenter::default();
        for run in [
            "",
            "我",
            "路口交通",
            "嘻嘻哈哈",
            "𠀀𠀁龘靐",
            "人々〇",
            "abc你好,x\r\n",
        ] {
            assert_eq!(cut(&segmenter, run).concat(), run);
        }
    }

    #[cfg(feature = "chinese")]
    #[test]
    fn every_line_of_the_dictionary_is_read() {
        let mut before = "";
        for line in WORDS.lines() {
            let (word, frequency) = line.split_once(' ').expect("word and frequency");
            assert!(before < word, "{word} is out of order or there twice");
            assert!(word.chars().all(is_han), "{word} can never be met");
            assert!(
                frequency
                    .parse::<u32>()
                    .is_ok_and(|frequency| frequency > 0),
                "{word}"
            );
            before = word;
        }
        assert!(
            HanSegmenter::default().jieba().has_word(before),
            "the last line was read"
        );
    }

    #[cfg(feature = "chinese")]
    #[test]
    fn our_additions_are_in_the_dictionary_and_kept_whole() {
        let segmenter = HanSegmenter::default();
        let lines: BTreeSet<&str> = WORDS.lines().collect();
        for line in include_str!("../../data/han/additions.txt").lines() {
            let word = line.split(' ').next().unwrap_or("");
            assert!(lines.contains(line), "{line}");
            assert_eq!(cut(&segmenter, word), [word]);
        }
    }

    #[cfg(feature = "chinese")]
    #[test]
    fn dictionary_words_are_found() {
        let segmenter = HanSegmenter::default();
        assert_eq!(cut(&segmenter, "路口交通"), ["路口", "交通"]);
        assert_eq!(
            cut(&segmenter, "快递三天还没到"),
            ["快递", "三天", "还", "没", "到"]
        );
    }

    #[cfg(feature = "chinese")]
    #[test]
    fn user_words_are_kept_whole_and_removed_words_stay_removed() {
        let run = "星云客服的快递";
        let bundled = HanSegmenter::default();
        assert_eq!(cut(&bundled, run), ["星云", "客服", "的", "快递"]);
        let added = HanSegmenter::new(&[("星云客服".to_owned(), 0)], &[]);
        assert_eq!(cut(&added, run), ["星云客服", "的", "快递"]);
        let removed = HanSegmenter::new(&[], &["快递".to_owned(), "的".to_owned()]);
        assert_eq!(cut(&removed, run), ["星云", "客服", "的", "快", "递"]);
        let both = HanSegmenter::new(&[("快递".to_owned(), 9)], &["快递".to_owned()]);
        assert_eq!(cut(&both, run), cut(&bundled, run));
    }
}
