//! Words near a number that say what it is: of a card, a telephone, an order.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::config::entries;

/// Bytes before a number, and behind it, within which a word speaks of it: about ten Chinese
/// characters or six English words before, and half behind. Chosen by hand, not tuned.
const BEFORE: usize = 36;
const BEHIND: usize = 20;
/// Bytes between a word and the number that it announces: `tel: `, `号码是`. Chosen by hand.
const ANNOUNCED: usize = 14;

/// What a word says of the number beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// It is an order's, a parcel's or another thing's.
    Order,
    Phone,
    Card,
    Account,
    Id,
    Birth,
    /// A messenger: a handle follows.
    Messenger,
    /// A word that is also a messenger (line).
    MessengerWord,
    /// A network of which people speak more than they give their name in it (instagram).
    Network,
}

struct Words {
    finder: AhoCorasick,
    /// For each word: what it says, and whether it may go on.
    says: Vec<(Says, bool)>,
}

static WORDS: LazyLock<Option<Words>> = LazyLock::new(|| {
    let (mut words, mut says) = (Vec::new(), Vec::new());
    for line in entries(include_str!("../../data/mask/words.tsv")) {
        let (kind, list) = line.split_once('\t')?;
        let kind = match kind {
            "order" => Says::Order,
            "phone" => Says::Phone,
            "card" => Says::Card,
            "account" => Says::Account,
            "id" => Says::Id,
            "birth" => Says::Birth,
            "messenger" => Says::Messenger,
            "network" => Says::Network,
            _ => Says::MessengerWord,
        };
        for word in list.split(" | ") {
            let stem = word.trim_end_matches('*');
            words.push(stem);
            says.push((kind, stem.len() < word.len()));
        }
    }
    // A table of all steps: every text is searched whole.
    let finder = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::Standard)
        .build(words)
        .ok()?;
    Some(Words { finder, says })
});

/// The words of a text that say what its numbers are; found at the first question.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    words: Vec<(Says, usize, usize)>,
    read: bool,
}

impl Context {
    /// Forgets the words of the text before.
    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.read = false;
    }

    fn words(&mut self, text: &str) -> &[(Says, usize, usize)] {
        if !self.read {
            self.read = true;
            if let Some(words) = &*WORDS {
                for found in words.finder.find_overlapping_iter(text) {
                    let Some((says, goes_on)) = words.says.get(found.pattern().as_usize()) else {
                        continue;
                    };
                    if stands_alone(text, found.range(), *goes_on) {
                        self.words.push((*says, found.start(), found.end()));
                    }
                }
            }
        }
        &self.words
    }

    /// Whether a word near `range` says `says` of it, and none that stands nearer before it says
    /// that it is an order's.
    pub(super) fn says(&mut self, text: &str, range: &Range<usize>, says: Says) -> bool {
        let words = self.words(text);
        let near = |word: &&(Says, usize, usize)| {
            (word.2 <= range.start && range.start - word.2 <= BEFORE)
                || (word.1 >= range.end && word.1 - range.end <= BEHIND)
        };
        let said = words.iter().filter(|word| word.0 == says).filter(near);
        let nearest = said
            .map(|word| match word.2 <= range.start {
                true => range.start - word.2,
                // What stands behind speaks less of it.
                false => word.1 - range.end + BEHIND,
            })
            .min();
        nearest.is_some_and(|nearest| {
            self.order_before(text, range)
                .is_none_or(|order| order >= nearest)
        })
    }

    /// Whether the nearest word before `range` that speaks of numbers says that it is an order's.
    pub(super) fn is_order(&mut self, text: &str, range: &Range<usize>) -> bool {
        let Some(order) = self.order_before(text, range) else {
            return false;
        };
        let others = self.words(text).iter().filter(|word| {
            word.2 <= range.start
                && !matches!(
                    word.0,
                    Says::Order | Says::Messenger | Says::MessengerWord | Says::Network
                )
        });
        others
            .map(|word| range.start - word.2)
            .min()
            .is_none_or(|other| order <= other)
    }

    /// How far before `range` the nearest word of an order ends, if it is near.
    fn order_before(&mut self, text: &str, range: &Range<usize>) -> Option<usize> {
        let words = self.words(text).iter();
        words
            .filter(|word| word.0 == Says::Order && word.2 <= range.start)
            .map(|word| range.start - word.2)
            .filter(|distance| *distance <= BEFORE)
            .min()
    }

    /// Whether a word right before `range` announces what `says` says.
    pub(super) fn announces(&mut self, text: &str, range: &Range<usize>, says: Says) -> bool {
        let near = |word: &(Says, usize, usize)| {
            word.0 == says && word.2 <= range.start && range.start - word.2 <= ANNOUNCED
        };
        self.words(text).iter().any(near)
    }

    /// Where each name of a messenger or network ends, and which of them it is.
    pub(super) fn messengers(&mut self, text: &str) -> Vec<(usize, Says)> {
        let words = self.words(text).iter();
        words
            .filter(|word| {
                matches!(
                    word.0,
                    Says::Messenger | Says::MessengerWord | Says::Network
                )
            })
            // `telegramu`, `messengeru`: an ending is no handle.
            .map(|word| (word.2 + ending(text, word.2), word.0))
            .collect()
    }
}

/// How many bytes a word of letters goes on behind `end`.
fn ending(text: &str, end: usize) -> usize {
    let letter = |c: char| c.is_alphabetic() && !crate::text::han::is_han(c);
    let (Some(before), Some(behind)) = (text.get(..end), text.get(end..)) else {
        return 0;
    };
    match before.ends_with(letter) {
        true => behind.len() - behind.trim_start_matches(letter).len(),
        false => 0,
    }
}

/// Whether a word of letters at `range` is no part of a longer one; Chinese words have no edges.
fn stands_alone(text: &str, range: Range<usize>, goes_on: bool) -> bool {
    let word = text.get(range.clone()).unwrap_or_default();
    let spaced = |c: char| c.is_alphanumeric() && !crate::text::han::is_han(c);
    let before = text
        .get(..range.start)
        .and_then(|text| text.chars().next_back());
    let behind = text.get(range.end..).and_then(|text| text.chars().next());
    let first = word.chars().next().is_some_and(spaced);
    let last = word.chars().next_back().is_some_and(spaced);
    // A number may touch the word: `tel777123456`.
    let goes_over = last && !goes_on && behind.is_some_and(|c| spaced(c) && !c.is_ascii_digit());
    !(goes_over || first && before.is_some_and(spaced))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_speaks() {
        let says = |text: &str, says: Says| {
            let start = text.find('4').expect("a number");
            Context::default().says(text, &(start..text.len()), says)
        };
        assert!(says("my card 4111", Says::Card));
        assert!(says("z karty 4111", Says::Card) && says("卡号是4111", Says::Card));
        assert!(!says("my card, order number 4111", Says::Card));
        assert!(says("order paid by card 4111", Says::Card));
        assert!(!says("discard 4111", Says::Card) && !says("idol 4111", Says::Id));
    }

    #[test]
    fn the_list_is_sound() {
        let words = WORDS.as_ref().expect("the list compiles");
        assert!(words.says.len() > 100);
    }
}
