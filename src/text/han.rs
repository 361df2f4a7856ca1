//! Words in runs of Han characters.
//!
//! With the feature `chinese` the words are those of the most probable route through the dictionary
//! of `data/han`, as jieba has it. jieba's second stage, a hidden Markov model that invents words
//! from the characters which no dictionary word covers, is left out: see `data/han/README.md` for
//! the figures. So a cut depends on the dictionary and the user's words alone, and a word that is
//! removed stays removed. Without the feature every character is a word.

#[cfg(feature = "chinese")]
pub(super) mod dictionary;

#[cfg(feature = "chinese")]
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

#[cfg(feature = "chinese")]
use dictionary::{Dictionary, List, REMOVED, Total};

/// The bundled dictionary, a line each: the word, a space, how often it was seen.
#[cfg(feature = "chinese")]
pub(crate) const WORDS: &str = include_str!("../../data/han/words.tsv");

/// The bundled dictionary as read at its first use; all segmenters share it.
#[cfg(feature = "chinese")]
static BUNDLED: OnceLock<(Dictionary, Total)> = OnceLock::new();

/// Cuts runs of Han characters into words; immutable and shared, cheap to clone.
///
/// The bundled dictionary is read at the first cut (some 20 ms, once a process);
/// [`HanSegmenter::warm_up`] does so earlier.
#[derive(Clone, Debug, Default)]
pub struct HanSegmenter {
    /// The user's words, and those that were removed.
    #[cfg(feature = "chinese")]
    own: Option<Arc<Dictionary>>,
}

impl HanSegmenter {
    /// The segmenter with the dictionary of `data/han`, plus and minus user words.
    ///
    /// Words are folded (Simplified, lower case) by the caller. The number beside a word of `add`
    /// is how often it occurs in some 60 million words of text; 0 stands for "as often as it takes
    /// for the word to be kept whole". What is in both lists is added. Only words of Han characters
    /// alone can ever be met in a run. A removed word falls into shorter words of the dictionary;
    /// single characters can't be removed. Without the feature `chinese` both lists are ignored.
    #[cfg_attr(not(feature = "chinese"), allow(unused_variables))]
    pub fn new(add: &[(String, u32)], remove: &[String]) -> HanSegmenter {
        #[cfg(feature = "chinese")]
        if !(add.is_empty() && remove.is_empty()) {
            return HanSegmenter {
                own: Some(Arc::new(own(add, remove))),
            };
        }
        HanSegmenter::default()
    }

    /// Reads the dictionary now rather than at the first cut.
    pub fn warm_up(&self) {
        #[cfg(feature = "chinese")]
        bundled();
    }

    /// Calls `word(start, end)` for each word of `run`, in order, byte offsets within `run`.
    ///
    /// The words leave no gap: each starts where the one before it ended. Any text may be given;
    /// what is not Han comes out character by character.
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
        bundled().cut(run, self.own.as_deref(), word);
        #[cfg(not(feature = "chinese"))]
        for (start, character) in run.char_indices() {
            word(start, start + character.len_utf8());
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

/// The bundled dictionary.
#[cfg(feature = "chinese")]
pub(super) fn bundled() -> &'static Dictionary {
    let (dictionary, _) = BUNDLED.get_or_init(read);
    dictionary
}

/// Reads [`WORDS`]. A test holds that each of its lines can be read.
#[cfg(feature = "chinese")]
fn read() -> (Dictionary, Total) {
    // A line has some twelve bytes, two thirds of which are its word: a list that grows would be
    // copied over and over.
    let mut list = List::with_room(WORDS.len() / 11, WORDS.len() / 2);
    let mut rest = WORDS;
    while let Some(at) = rest.bytes().position(|byte| byte == b' ') {
        let (word, behind) = rest.split_at(at);
        let mut length = 1;
        let mut frequency = 0_u32;
        for digit in behind.bytes().skip(1).take_while(u8::is_ascii_digit) {
            frequency = frequency
                .saturating_mul(10)
                .saturating_add(u32::from(digit - b'0'));
            length += 1;
        }
        list.push(word, frequency);
        // The line feed behind the number.
        rest = behind.get(length + 1..).unwrap_or_default();
    }
    let total = Total::new(list.sum());
    let cost = |frequency| total.cost(frequency);
    (Dictionary::new(&list, cost, total.cost(1)), total)
}

/// The user's words, and those that were removed.
#[cfg(feature = "chinese")]
fn own(add: &[(String, u32)], remove: &[String]) -> Dictionary {
    let (bundled, total) = BUNDLED.get_or_init(read);
    let is_long = |word: &&str| word.chars().nth(1).is_some();
    let add = || add.iter().filter(|(word, _)| !word.is_empty());
    let removed = remove.iter().map(String::as_str).filter(is_long);
    let mut costs: BTreeMap<&str, u32> = removed.map(|word| (word, REMOVED)).collect();
    let of_costs = |costs: &BTreeMap<&str, u32>| {
        let mut list = List::default();
        costs.iter().for_each(|(word, &cost)| list.push(word, cost));
        Dictionary::new(&list, |cost| cost, bundled.unknown())
    };
    let (to_keep, given): (Vec<_>, Vec<_>) = add().partition(|(_, frequency)| *frequency == 0);
    costs.extend(
        given
            .iter()
            .map(|(word, frequency)| (word.as_str(), total.cost(*frequency))),
    );
    // What a word is cut into is shorter: so the shorter ones come first, and each is kept whole
    // whatever the order of the list.
    let lengths: BTreeSet<usize> = to_keep
        .iter()
        .map(|(word, _)| word.chars().count())
        .collect();
    for length in lengths {
        let so_far = of_costs(&costs);
        for (word, _) in &to_keep {
            if word.chars().count() == length {
                let cut = total.below(bundled.cut(word, Some(&so_far), |_, _| {}));
                let listed = bundled
                    .cost(word)
                    .filter(|_| !costs.contains_key(word.as_str()));
                costs.insert(word, cut.min(listed.unwrap_or(cut)));
            }
        }
    }
    of_costs(&costs)
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
    }

    /// jieba with the same words: what it cuts into which words, and this segmenter does.
    #[cfg(feature = "chinese")]
    #[test]
    fn runs_are_cut_as_jieba_cuts_them() {
        let mut jieba = jieba_rs::Jieba::empty();
        jieba
            .load_dict(&mut WORDS.as_bytes())
            .expect("lines of words");
        let segmenter = HanSegmenter::default();
        let mut runs = 0;
        for text in include_str!("../../data/sample/posts.jsonl").split(|c| !is_han(c)) {
            let words: Vec<&str> = jieba
                .cut(text, false)
                .iter()
                .map(|token| token.word)
                .collect();
            assert_eq!(cut(&segmenter, text), words);
            runs += usize::from(text.chars().nth(1).is_some());
        }
        // The words of the dictionary one after the other: runs that nobody made by hand.
        let words: Vec<&str> = WORDS
            .lines()
            .filter_map(|line| line.split(' ').next())
            .collect();
        for at in 0..words.len() {
            let text: String = [at, at * 31, at * 977 + 5, at * 61 + 7]
                .iter()
                .filter_map(|at| words.get(at % words.len()).copied())
                .collect();
            let expected: Vec<&str> = jieba
                .cut(&text, false)
                .iter()
                .map(|token| token.word)
                .collect();
            assert_eq!(cut(&segmenter, &text), expected);
        }
        assert!(runs > 1_000, "{runs} runs");
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
        let most = HanSegmenter::new(&[("服的".to_owned(), u32::MAX)], &[]);
        assert_eq!(cut(&most, run), ["星云", "客", "服的", "快递"]);
        let added = HanSegmenter::new(&[("星云客服".to_owned(), 0)], &[]);
        assert_eq!(cut(&added, run), ["星云客服", "的", "快递"]);
        // Whatever the order of the list, and beyond the first plane.
        let words = ["客服的快递", "𠮷野家", "服的"].map(|word| (word.to_owned(), 0));
        let several = HanSegmenter::new(&words, &[]);
        assert_eq!(cut(&several, run), ["星云", "客服的快递"]);
        assert_eq!(cut(&several, "去𠮷野家吃"), ["去", "𠮷野家", "吃"]);
        let removed = HanSegmenter::new(&[], &["快递".to_owned(), "的".to_owned()]);
        assert_eq!(cut(&removed, run), ["星云", "客服", "的", "快", "递"]);
        let both = HanSegmenter::new(&[("快递".to_owned(), 9)], &["快递".to_owned()]);
        assert_eq!(cut(&both, run), cut(&bundled, run));
    }
}
