//! Words of Han that the dictionary lacks, found in a user's own posts: names of goods and shops,
//! and new slang. They are for [`EngineBuilder::add_words`](crate::EngineBuilder::add_words).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use jieba_rs::Jieba;

use crate::stats::hash;
use crate::text::han::{WORDS, is_han};
use crate::text::{Token, TokenKind};
use crate::triage::Verdict;
use crate::{Engine, Error, Post, Result, Scratch};

/// Characters of a new word. Convention: names and new words have two to four.
const CHARACTERS: RangeInclusive<usize> = 2..=4;
/// How many different characters must stand before a word, and behind it, or how often it must
/// begin and end a run: a part of a longer word has the same neighbours again and again (accessor
/// variety: Feng and others, Computational Linguistics 30(1), 2004, who take three and more).
const NEIGHBOURS: usize = 3;
/// How often a character is a word by itself, in the 59 million words that the dictionary's
/// frequencies are of, to be in no new word: 太差 and 我要 are two words. Chosen by hand on posts
/// of a shop.
const OFTEN_ALONE: u32 = 8000;
/// Most words that are counted; when there are twice as many, the rarest go. A bound on memory, by
/// hand.
const MOST_WORDS: usize = 100_000;

/// A word that the dictionary lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewWord {
    /// The word, folded: in simplified characters.
    pub word: String,
    /// How many different texts have it.
    pub posts: u64,
}

/// What proposes new words in a post: the hidden Markov model of jieba-rs, which knows how the
/// characters of words follow each other, over the characters that no word of the dictionary
/// covers.
pub struct Proposer {
    jieba: Jieba,
    /// Characters that are often words by themselves.
    alone: BTreeSet<char>,
}

/// What is proposed in one post.
#[derive(Clone, Debug, Default)]
pub struct Proposed {
    text: u64,
    words: Vec<Candidate>,
}

#[derive(Clone, Debug)]
struct Candidate {
    word: Box<str>,
    /// The characters of Han before and behind it.
    beside: [Option<char>; 2],
}

impl Proposer {
    /// Reads the bundled dictionary for jieba-rs (some 50 ms).
    ///
    /// # Errors
    /// If jieba-rs can't read the dictionary.
    pub fn new() -> Result<Proposer> {
        let jieba = Jieba::with_dict(&mut WORDS.as_bytes())
            .map_err(|error| Error::training(format!("the dictionary of words: {error}")))?;
        let alone = |line: &str| {
            let (word, frequency) = line.split_once(' ')?;
            let mut characters = word.chars();
            let character = characters.next().filter(|_| characters.next().is_none())?;
            let often = frequency.parse::<u32>().ok()? >= OFTEN_ALONE;
            often.then_some(character)
        };
        Ok(Proposer {
            jieba,
            alone: WORDS.lines().filter_map(alone).collect(),
        })
    }

    /// What is proposed in a post that is no spam, without what the engine keeps whole already.
    pub fn read(&self, engine: &Engine, post: &Post<'_>, scratch: &mut Scratch) -> Proposed {
        let triage = engine.triage(post, scratch);
        let (analysis, _) = engine.analysed(scratch);
        let folded = analysis.folded.as_str();
        let mut proposed = Proposed {
            text: hash::of_text(folded),
            words: Vec::new(),
        };
        if triage.spam.verdict == Verdict::Spam {
            return proposed;
        }
        let is_token = |start: usize, end: usize| {
            let at = analysis
                .tokens
                .partition_point(|token| (token.start as usize) < start);
            let token = analysis.tokens.get(at);
            token.is_some_and(|token| token.start as usize == start && token.end as usize == end)
        };
        let han = |token: &&Token| token.kind == TokenKind::Han;
        let mut tokens = analysis.tokens.iter().filter(han).peekable();
        while let Some(first) = tokens.next() {
            let (start, mut end) = (first.start as usize, first.end as usize);
            while let Some(next) = tokens.next_if(|next| next.start as usize == end) {
                end = next.end as usize;
            }
            let Some(run) = folded.get(start..end) else {
                continue;
            };
            let mut from = start;
            for token in self.jieba.cut(run, true) {
                let (begin, end) = (from, from + token.word.len());
                from = end;
                let characters = token.word.chars().count();
                let is_phrase = token.word.chars().any(|c| self.alone.contains(&c));
                if !CHARACTERS.contains(&characters) || is_phrase || is_token(begin, end) {
                    continue;
                }
                let before = folded
                    .get(..begin)
                    .and_then(|text| text.chars().next_back());
                let behind = folded.get(end..).and_then(|text| text.chars().next());
                proposed.words.push(Candidate {
                    word: token.word.into(),
                    beside: [before, behind].map(|side| side.filter(|side| is_han(*side))),
                });
            }
        }
        proposed
    }
}

/// New words of many posts, counted.
#[derive(Clone, Debug, Default)]
pub struct NewWords {
    words: BTreeMap<Box<str>, Counted>,
    /// The texts that were seen: a copy says nothing new.
    texts: BTreeSet<u64>,
}

#[derive(Clone, Debug, Default)]
struct Counted {
    posts: u64,
    sides: [Side; 2],
}

/// What stands on one side of a word.
#[derive(Clone, Debug, Default)]
struct Side {
    /// How often nothing of Han does.
    edges: usize,
    /// Some of the characters that do: no more are needed.
    characters: BTreeSet<char>,
}

impl Side {
    fn note(&mut self, character: Option<char>) {
        match character {
            None => self.edges += 1,
            Some(character) if self.characters.len() < NEIGHBOURS => {
                self.characters.insert(character);
            }
            Some(_) => {}
        }
    }

    fn varies(&self) -> bool {
        self.edges + self.characters.len() >= NEIGHBOURS
    }
}

impl NewWords {
    /// None so far.
    pub fn new() -> NewWords {
        NewWords::default()
    }

    /// Counts what is proposed in one more post; a text that was there before is not counted.
    pub fn add(&mut self, proposed: Proposed) {
        // Most texts propose nothing, and need not be remembered.
        if proposed.words.is_empty() || !self.texts.insert(proposed.text) {
            return;
        }
        let mut seen: BTreeSet<Box<str>> = BTreeSet::new();
        for Candidate { word, beside } in proposed.words {
            let counted = self.words.entry(word.clone()).or_default();
            counted.posts += u64::from(seen.insert(word));
            for (side, character) in counted.sides.iter_mut().zip(beside) {
                side.note(character);
            }
        }
        let mut least = 1;
        while self.words.len() > 2 * MOST_WORDS {
            least += 1;
            self.words.retain(|_, counted| counted.posts >= least);
        }
    }

    /// The words that at least `least` different texts have and that stand beside different
    /// neighbours, the most frequent first.
    pub fn list(&self, least: u64) -> Vec<NewWord> {
        let is_word = |counted: &Counted| {
            counted.posts >= least && counted.sides.iter().all(|side| side.varies())
        };
        let words = self.words.iter().filter(|(_, counted)| is_word(counted));
        let mut list: Vec<NewWord> = words
            .map(|(word, counted)| NewWord {
                word: word.to_string(),
                posts: counted.posts,
            })
            .collect();
        list.sort_by(|one, other| other.posts.cmp(&one.posts).then(one.word.cmp(&other.word)));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in texts by an engine that keeps these words whole.
    fn found(texts: &[&str], own: &[&str], least: u64) -> Vec<(String, u64)> {
        let engine = Engine::builder()
            .without_bundled_models()
            .add_words(own.iter().copied())
            .build()
            .expect("a sound engine");
        let proposer = Proposer::new().expect("a sound dictionary");
        let mut words = NewWords::new();
        let mut scratch = engine.scratch();
        for text in texts {
            words.add(proposer.read(&engine, &Post::new(*text), &mut scratch));
        }
        let list = words.list(least);
        list.into_iter().map(|new| (new.word, new.posts)).collect()
    }

    const TEXTS: [&str; 5] = [
        "昨天买的沙棠洗发水，味道很好",
        "客服说沙棠没有货",
        "沙棠什么时候发货？",
        "还是沙棠好用",
        "給媽媽買了沙棠的套裝",
    ];

    #[test]
    fn a_name_that_the_dictionary_lacks_is_found_and_kept_whole_words_are_not() {
        assert_eq!(found(&TEXTS, &[], 5), [("沙棠".to_owned(), 5)]);
        assert_eq!(found(&TEXTS, &["沙棠"], 5), []);
        assert_eq!(found(&TEXTS, &[], 6), []);
    }

    #[test]
    fn copies_and_parts_of_longer_words_are_no_new_words() {
        let copies = [TEXTS[0]; 9];
        assert_eq!(found(&copies, &[], 1), []);
        // Always between the same neighbours, inside of a run.
        let inside = [
            "你沙棠我一",
            "是你沙棠我的",
            "说你沙棠我吗",
            "你沙棠我好",
            "请你沙棠我",
        ];
        assert!(
            found(&inside, &[], 3)
                .iter()
                .all(|(word, _)| word != "沙棠")
        );
    }

    #[test]
    fn phrases_of_frequent_characters_are_no_new_words() {
        let texts = [
            "味道太差",
            "服务太差",
            "太差了",
            "真的太差吧",
            "态度太差，退货",
        ];
        assert_eq!(found(&texts, &[], 3), []);
    }
}
