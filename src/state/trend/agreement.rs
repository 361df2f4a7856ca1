//! Whether the posts of a rise are about one thing: whether they share a word that posts of their
//! key seldom had before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::key::Key;
use super::pane::Note;
use super::panes::Trends;
use crate::stats::beta_binomial::ln_at_least;

/// How many earlier posts of a key the words of all posts count for, where it is asked how usual a
/// word is among posts of that key. By hand.
const PRIOR_POSTS: f64 = 4.0;
/// Half a post with a word before any: a word that was never seen is not infinitely rare.
/// Convention.
const PRIOR_WITH: f64 = 0.5;
/// Authors that must share a word, for one does not agree with anybody.
const AT_LEAST: u64 = 2;

impl Trends {
    /// How much the posts that a key has from `from` to `to` agree: −log10 of the probability that
    /// so many of its authors share any one word by chance, 0 where they share none. `all` posts
    /// came before, within a week.
    pub(super) fn agreement(&self, key: &Key, from: i64, to: i64, all: f64) -> f64 {
        let own = key.name();
        // What a key is called says nothing new of its posts.
        let is_own = |word: &str| key.is_invented() && (word.contains(own) || own.contains(word));
        let mut authors = BTreeSet::new();
        let rise: Vec<&Note> = self
            .notes_of(key, from, to)
            .filter(|note| authors.insert(note.author))
            .collect();
        let mut shared: BTreeMap<&str, u64> = BTreeMap::new();
        for word in rise.iter().flat_map(|note| note.words.iter()) {
            if !is_own(word) {
                *shared.entry(word).or_default() += 1;
            }
        }
        let words = shared.len() as f64;
        shared.retain(|_, with| *with >= AT_LEAST);
        if shared.is_empty() {
            return 0.0;
        }
        let mut past = 0.0;
        let mut before: BTreeMap<&str, f64> = BTreeMap::new();
        for note in self.notes_of(key, i64::MIN, from) {
            past += 1.0;
            for word in note
                .words
                .iter()
                .filter(|word| shared.contains_key(&***word))
            {
                *before.entry(word).or_default() += 1.0;
            }
        }
        let of_key = self.earlier(key, from);
        let least = |(word, with): (&&str, &u64)| {
            let of_all =
                (self.earlier(&Key::emerging(word), from) + PRIOR_WITH) / (all + 2.0 * PRIOR_WITH);
            let with_key = before.get(word).copied().unwrap_or_default();
            // Of a word the neighbours are counted for a week: "united" is mostly "united states".
            let beside = if key.is_word() {
                let pair = |pair: String| self.earlier(&Key::emerging(&pair), from);
                pair(format!("{own} {word}")) + pair(format!("{word} {own}"))
            } else {
                0.0
            };
            let of_pairs = beside / (of_key + 2.0 * PRIOR_WITH);
            // How usual the word is among posts of the key is in doubt while few of them are kept.
            let before = PRIOR_POSTS * of_all.max(of_pairs).min(1.0);
            let (seen, unseen) = (before + with_key, PRIOR_POSTS + past - before - with_key);
            ln_at_least(*with, rise.len() as u64, (seen, unseen))
        };
        let least = shared.iter().map(least).fold(0.0, f64::min);
        // The rarest of many words is rarer than any one of them would be by chance (Bonferroni).
        ((-least - libm::log(words)) / std::f64::consts::LN_10).max(0.0)
    }

    /// The posts that are kept of a key, each once a pane.
    fn notes_of<'t>(&'t self, key: &'t Key, from: i64, to: i64) -> impl Iterator<Item = &'t Note> {
        let panes = self.panes.range(from..to.max(from));
        let cells = panes.filter_map(|(_, pane)| pane.cell(key));
        cells.flat_map(|cell| cell.sample.iter().map(Arc::as_ref))
    }

    /// How many posts an unbounded key had before `time`, within a week; never too few.
    fn earlier(&self, key: &Key, time: i64) -> f64 {
        (self.posts_before(key, time) + self.recent.older(key.hash())) as f64
    }
}
