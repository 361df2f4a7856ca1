//! Groups: posts without a topic that share words which others do not have.

use std::collections::{BTreeMap, BTreeSet};

use super::{CoverageOptions, Kept};
use crate::stats::likelihood::likelihood_ratio;
use crate::text::Language;

// Chosen by hand and not tuned, unless a constant says otherwise; `tests/coverage.rs` holds
// what they find.

/// Likelihood ratio from which on a term is characteristic: the 99 % quantile of χ² with one degree
/// of freedom, by convention.
const CHARACTERISTIC: f64 = 6.63;
/// Terms by which a group gathers further posts.
const CORE: usize = 14;
/// Rounds in which a group gathers: a bound on time.
const ROUNDS: usize = 3;
/// Share of a term's texts that lie in the group, from which on it may gather.
const FAITHFUL: f64 = 0.3;
/// Share of a word's texts without a topic that lie in the group, from which on a text is gathered
/// by this word alone, and the texts that the group must have with it.
const ALONE: f64 = 0.5;
const ALONE_TEXTS: u32 = 3;
/// Share of the terms of two texts that they have in common (Jaccard), from which on they are one
/// text in two forms.
const NEARLY: f64 = 0.6;
/// Terms from which on a text can be another one's copy: short texts share most of their
/// terms by chance.
const LONG_ENOUGH: usize = 6;
/// Texts with the same pair of words that a text is compared with: a bound on time.
const MAX_COMPARED: usize = 20;
/// Texts in which two words stand together, from which on they are a matter without a third word.
const TOGETHER: u32 = 4;
/// How many times as frequent a term is in texts without a topic as in those with one to
/// begin a group.
const LEANING: f64 = 1.2;
/// Cosine from which on two groups are one.
const SAME: f64 = 0.2;
/// Groups that are begun for each that is shown: some are joined, some are too small in the end.
const BEGUN: usize = 4;

/// A different text: posts with nearly the same text are counted, not repeated.
#[derive(Clone, Debug)]
pub(super) struct Document<'a> {
    pub(super) kept: &'a Kept,
    pub(super) posts: u64,
    /// The ids of these posts, where they have one.
    pub(super) ids: Vec<&'a str>,
    /// Its terms, sorted.
    pub(super) terms: Vec<u32>,
}

/// Covered and uncovered texts over one vocabulary.
#[derive(Clone, Debug, Default)]
pub(super) struct Corpus<'a> {
    pub(super) covered: Vec<Document<'a>>,
    pub(super) uncovered: Vec<Document<'a>>,
    pub(super) terms: Vec<TermCount<'a>>,
}

/// A term of the vocabulary.
#[derive(Clone, Debug)]
pub(super) struct TermCount<'a> {
    pub(super) key: &'a str,
    pub(super) pair: bool,
    /// Different texts that have it.
    pub(super) covered: u32,
    pub(super) uncovered: u32,
}

/// Uncovered texts that belong together, by their index in the corpus, sorted.
#[derive(Clone, Debug)]
pub(super) struct Members {
    pub(super) documents: Vec<usize>,
}

impl Members {
    /// Posts of the group, repeated ones included.
    pub(super) fn posts(&self, corpus: &Corpus<'_>) -> u64 {
        self.documents
            .iter()
            .map(|&at| corpus.uncovered[at].posts)
            .sum()
    }
}

/// Builds a corpus: numbers terms in the order in which they are met.
#[derive(Default)]
struct Reader<'a> {
    vocabulary: BTreeMap<&'a str, u32>,
    terms: Vec<TermCount<'a>>,
}

impl<'a> Reader<'a> {
    /// The different texts among `kept`.
    fn read(&mut self, kept: &'a [Kept], is_covered: bool) -> Vec<Document<'a>> {
        let mut documents: Vec<Document<'_>> = Vec::new();
        // Which texts have a pair of words: those that are nearly the same share some.
        let mut with_pair: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for post in kept {
            let id = Some(post.id.as_str()).filter(|id| !id.is_empty());
            let pairs = post.candidates.iter().filter(|candidate| candidate.pair);
            let pairs: Vec<&str> = pairs.map(|pair| pair.key.as_str()).collect();
            let known = pairs.iter().filter_map(|pair| with_pair.get(pair));
            let before = known
                .flat_map(|texts| texts.iter().take(MAX_COMPARED))
                .copied()
                .find(|&at| is_nearly(post, documents[at].kept));
            // A post that quotes another, or the same text with another ending, is not a second
            // witness: one text that many share would make its words characteristic.
            if let Some(before) = before {
                documents[before].posts += 1;
                documents[before].ids.extend(id);
                continue;
            }
            for pair in pairs {
                with_pair.entry(pair).or_default().push(documents.len());
            }
            documents.push(Document {
                kept: post,
                posts: 1,
                ids: id.into_iter().collect(),
                terms: self.terms_of(post, is_covered),
            });
        }
        documents
    }

    /// The terms of a text, sorted; counts them.
    fn terms_of(&mut self, post: &'a Kept, is_covered: bool) -> Vec<u32> {
        let mut indices: Vec<u32> = Vec::with_capacity(post.candidates.len());
        for candidate in &post.candidates {
            let next = self.terms.len() as u32;
            let index = *self.vocabulary.entry(&candidate.key).or_insert(next);
            if index == next {
                self.terms.push(TermCount {
                    key: &candidate.key,
                    pair: candidate.pair,
                    covered: 0,
                    uncovered: 0,
                });
            }
            let term = &mut self.terms[index as usize];
            *(if is_covered {
                &mut term.covered
            } else {
                &mut term.uncovered
            }) += 1;
            indices.push(index);
        }
        indices.sort_unstable();
        indices
    }
}

impl<'a> Corpus<'a> {
    pub(super) fn from_kept(covered: &'a [Kept], uncovered: &'a [Kept]) -> Corpus<'a> {
        let mut reader = Reader::default();
        let covered = reader.read(covered, true);
        let uncovered = reader.read(uncovered, false);
        Corpus {
            covered,
            uncovered,
            terms: reader.terms,
        }
    }

    /// How often each term occurs in `documents` of the uncovered.
    pub(super) fn counts(&self, documents: &[usize]) -> BTreeMap<u32, u32> {
        let mut counts = BTreeMap::new();
        for &at in documents {
            for &term in &self.uncovered[at].terms {
                *counts.entry(term).or_default() += 1;
            }
        }
        counts
    }

    /// How characteristic a term is that `within` of `size` uncovered texts have, against all
    /// others: the likelihood ratio, below 0 where the others have it more often.
    pub(super) fn keyness(&self, term: u32, within: u32, size: usize) -> f64 {
        let all = &self.terms[term as usize];
        let others = (self.covered.len() + self.uncovered.len()).saturating_sub(size);
        let elsewhere = (all.covered + all.uncovered).saturating_sub(within);
        likelihood_ratio(
            (f64::from(within), size as f64),
            (f64::from(elsewhere), others as f64),
        )
    }

    /// Whether texts without a topic have a term clearly more often than those with one.
    fn leans_out(&self, term: u32) -> bool {
        let all = &self.terms[term as usize];
        let share = |count: u32, texts: usize| f64::from(count) / texts.max(1) as f64;
        // Shares, not counts: the two sides differ in size.
        share(all.uncovered, self.uncovered.len())
            >= LEANING * share(all.covered, self.covered.len())
    }

    /// Inverse document frequency of a term.
    pub(super) fn rarity(&self, term: u32) -> f64 {
        let all = &self.terms[term as usize];
        let texts = (self.covered.len() + self.uncovered.len()) as f64;
        ((1.0 + texts) / (1.0 + f64::from(all.covered + all.uncovered))).ln() + 1.0
    }
}

/// Whether two texts share most of their terms (Jaccard).
fn is_nearly(one: &Kept, other: &Kept) -> bool {
    let shared = one.candidates.iter().filter(|candidate| {
        other
            .candidates
            .binary_search_by(|other| other.key.as_str().cmp(candidate.key.as_str()))
            .is_ok()
    });
    let shared = shared.count();
    // Short texts share most of their terms by chance.
    if one.candidates.len().min(other.candidates.len()) < LONG_ENOUGH {
        return false;
    }
    shared as f64 >= NEARLY * (one.candidates.len() + other.candidates.len() - shared) as f64
}

/// The groups, those of most posts first.
///
/// Greedy: each term that texts without a topic have more often than those with one could begin a
/// group, of the texts that have it; the one whose texts share most other words does (`cohesion`).
/// The words most characteristic of it then gather further texts, and of those that are left the
/// next group begins. Groups that are alike become one.
pub(super) fn groups(corpus: &Corpus<'_>, options: &CoverageOptions) -> Vec<Members> {
    let fewest = options.fewest.max(2);
    let mut seeds = Seeds::new(corpus, fewest);
    let mut groups: Vec<Members> = Vec::new();
    while groups.len() < options.most_groups.saturating_mul(BEGUN) {
        let Some(texts) = seeds.next() else {
            break;
        };
        let mut documents = texts.clone();
        // Always from the texts that began the group: gathered ones bring words of their own, and a
        // group that could lose its first texts would wander.
        for _ in 0..ROUNDS {
            documents = gathered(corpus, &documents, &texts, &seeds.free);
        }
        documents.iter().for_each(|at| {
            seeds.free.remove(at);
        });
        groups.push(Members { documents });
    }
    let mut groups = merged(corpus, groups);
    groups.retain(|group| group.documents.len() >= fewest);
    groups.sort_by_key(|group| {
        (
            std::cmp::Reverse(group.posts(corpus)),
            group.documents.clone(),
        )
    });
    groups.truncate(options.most_groups);
    groups
}

/// A term that can begin a group: its cohesion, its key for ties (the smaller is
/// the better), itself.
type Seed<'a> = (f64, std::cmp::Reverse<&'a str>, u32);

/// The terms that can begin a group, and the texts that are in no group yet.
struct Seeds<'a> {
    corpus: &'a Corpus<'a>,
    fewest: usize,
    free: BTreeSet<usize>,
    /// The texts that have each term.
    with: BTreeMap<u32, Vec<usize>>,
    /// Highest cohesion last.
    order: Vec<Seed<'a>>,
}

impl<'a> Seeds<'a> {
    fn new(corpus: &'a Corpus<'_>, fewest: usize) -> Seeds<'a> {
        let mut with: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, document) in corpus.uncovered.iter().enumerate() {
            for &term in &document.terms {
                with.entry(term).or_default().push(at);
            }
        }
        with.retain(|&term, texts| texts.len() >= fewest && corpus.leans_out(term));
        let mut seeds = Seeds {
            corpus,
            fewest,
            free: (0..corpus.uncovered.len()).collect(),
            with,
            order: Vec::new(),
        };
        let place = |&term: &u32| seeds.place(cohesion(corpus, term, &seeds.texts(term)), term);
        seeds.order = seeds.with.keys().map(place).collect();
        seeds.order.sort_by(before);
        seeds
    }

    fn place(&self, cohesion: f64, term: u32) -> Seed<'a> {
        let key = self.corpus.terms[term as usize].key;
        (cohesion, std::cmp::Reverse(key), term)
    }

    /// The free texts that have a term.
    fn texts(&self, term: u32) -> Vec<usize> {
        let all = self.with.get(&term).into_iter().flatten();
        all.copied().filter(|at| self.free.contains(at)).collect()
    }

    /// The texts of the next term that begins a group; none when no term is left that could.
    fn next(&mut self) -> Option<Vec<usize>> {
        while let Some((known, _, seed)) = self.order.pop() {
            if known <= 0.0 {
                return None;
            }
            let texts = self.texts(seed);
            let now = if texts.len() < self.fewest {
                0.0
            } else {
                cohesion(self.corpus, seed, &texts)
            };
            let now = self.place(now, seed);
            // Cohesion only falls as texts get a group, so only the last term has to be looked at
            // again: where it is no longer the highest, it goes back to its place.
            if self
                .order
                .last()
                .is_some_and(|next| before(&now, next).is_lt())
            {
                let at = self
                    .order
                    .partition_point(|other| before(other, &now).is_lt());
                self.order.insert(at, now);
                continue;
            }
            return (now.0 > 0.0).then_some(texts);
        }
        None
    }
}

fn before(one: &Seed<'_>, other: &Seed<'_>) -> std::cmp::Ordering {
    one.0.total_cmp(&other.0).then_with(|| one.1.cmp(&other.1))
}

/// How much the texts that have a term share besides it: the likelihood ratios of the words that
/// two of them have, and its own. Where there is hardly any such word, the term stands alone and
/// counts by how much more often it is in texts without a topic, if that is not chance.
fn cohesion(corpus: &Corpus<'_>, seed: u32, texts: &[usize]) -> f64 {
    let counts = corpus.counts(texts);
    let seed_key = corpus.terms[seed as usize].key;
    let others: Vec<(u32, f64)> = counts
        .into_iter()
        .filter(|&(term, count)| {
            let other = &corpus.terms[term as usize];
            // A pair and its words are one reason; so are a word and the pair that
            // begins the group.
            count >= 2 && !other.pair && !seed_key.contains(other.key)
        })
        .map(|(term, count)| (count, corpus.keyness(term, count, texts.len())))
        .filter(|&(_, ratio)| ratio >= CHARACTERISTIC)
        .collect();
    // Two other words, or one that several texts have with it: a single shared word in two texts is
    // chance, and would begin a group of strangers.
    if others.len() >= 2 || others.iter().any(|&(count, _)| count >= TOGETHER) {
        let own = corpus.keyness(seed, texts.len() as u32, texts.len());
        return own + others.iter().map(|&(_, ratio)| ratio).sum::<f64>();
    }
    let all = &corpus.terms[seed as usize];
    let ratio = likelihood_ratio(
        (texts.len() as f64, corpus.uncovered.len() as f64),
        (f64::from(all.covered), corpus.covered.len() as f64),
    );
    if ratio >= CHARACTERISTIC { ratio } else { 0.0 }
}

/// The texts that begin a group, and the free ones that have two of the words most characteristic
/// of it, or one that hardly occurs outside it.
fn gathered(
    corpus: &Corpus<'_>,
    group: &[usize],
    first: &[usize],
    free: &BTreeSet<usize>,
) -> Vec<usize> {
    let counts = corpus.counts(group);
    // A pair and its words are one reason, so pairs don't gather.
    let core: BTreeMap<u32, bool> = core(corpus, group)
        .into_iter()
        .filter(|(term, _)| !corpus.terms[*term as usize].pair)
        .map(|(term, _)| {
            let within = counts.get(&term).copied().unwrap_or_default();
            let all = corpus.terms[term as usize].uncovered;
            (
                term,
                within >= ALONE_TEXTS && f64::from(within) >= ALONE * f64::from(all),
            )
        })
        .collect();
    let mut documents: BTreeSet<usize> = first.iter().copied().collect();
    for &at in free {
        let shared: Vec<bool> = corpus.uncovered[at]
            .terms
            .iter()
            .filter_map(|term| core.get(term).copied())
            .collect();
        if shared.len() >= 2 || shared.contains(&true) {
            documents.insert(at);
        }
    }
    documents.into_iter().collect()
}

/// The terms most characteristic of a group, with their likelihood ratio, highest first.
pub(super) fn core(corpus: &Corpus<'_>, group: &[usize]) -> Vec<(u32, f64)> {
    let mut core: Vec<(u32, f64)> = corpus
        .counts(group)
        .into_iter()
        .filter(|&(term, count)| {
            let all = &corpus.terms[term as usize];
            // A word of one text is that text's, and one that is mostly
            // elsewhere gathers strangers.
            count >= 2 && f64::from(count) >= FAITHFUL * f64::from(all.uncovered)
        })
        .map(|(term, count)| (term, corpus.keyness(term, count, group.len())))
        .filter(|&(_, ratio)| ratio >= CHARACTERISTIC)
        .collect();
    core.sort_by(|a, b| {
        b.1.total_cmp(&a.1).then_with(|| {
            corpus.terms[a.0 as usize]
                .key
                .cmp(corpus.terms[b.0 as usize].key)
        })
    });
    core.truncate(CORE);
    core
}

/// Joins groups that are alike, the most alike first, until no two are.
fn merged(corpus: &Corpus<'_>, mut groups: Vec<Members>) -> Vec<Members> {
    let mut vectors: Vec<BTreeMap<u32, f64>> = groups
        .iter()
        .map(|group| vector(corpus, &corpus.counts(&group.documents)))
        .collect();
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for one in 0..groups.len() {
            for other in one + 1..groups.len() {
                let likeness = cosine(&vectors[one], &vectors[other]);
                if likeness >= SAME && best.is_none_or(|(most, ..)| likeness > most) {
                    best = Some((likeness, one, other));
                }
            }
        }
        // The most alike first, and the vectors of the joined group anew: a chain of groups, each
        // like the next, does not become one unless its ends are alike too.
        let Some((_, one, other)) = best else {
            return groups;
        };
        let joined = groups.remove(other);
        vectors.remove(other);
        groups[one].documents.extend(joined.documents);
        groups[one].documents.sort_unstable();
        vectors[one] = vector(corpus, &corpus.counts(&groups[one].documents));
    }
}

/// Counts of terms as a vector: the logarithm of the count times the rarity, so that one frequent
/// term does not decide the cosine.
pub(super) fn vector(corpus: &Corpus<'_>, counts: &BTreeMap<u32, u32>) -> BTreeMap<u32, f64> {
    counts
        .iter()
        .map(|(&term, &count)| (term, (1.0 + f64::from(count)).ln() * corpus.rarity(term)))
        .collect()
}

/// The cosine of two vectors, 0 to 1.
pub(super) fn cosine(one: &BTreeMap<u32, f64>, other: &BTreeMap<u32, f64>) -> f64 {
    let length = |vector: &BTreeMap<u32, f64>| {
        vector
            .values()
            .map(|value| value * value)
            .sum::<f64>()
            .sqrt()
    };
    let product: f64 = one
        .iter()
        .filter_map(|(term, value)| other.get(term).map(|other| value * other))
        .sum();
    let lengths = length(one) * length(other);
    if lengths > 0.0 {
        product / lengths
    } else {
        0.0
    }
}

/// The language that most of a group's texts are in, a script of Chinese being a language; of
/// equals the first.
pub(super) fn language(corpus: &Corpus<'_>, group: impl IntoIterator<Item = usize>) -> Language {
    let mut counts: BTreeMap<Language, usize> = BTreeMap::new();
    for at in group {
        *counts
            .entry(corpus.uncovered[at].kept.language)
            .or_default() += 1;
    }
    // Short texts are often of no known language; they don't vote.
    counts.remove(&Language::Und);
    let most = counts.values().copied().max().unwrap_or_default();
    counts
        .into_iter()
        .find(|&(_, count)| count == most)
        .map(|(language, _)| language)
        .unwrap_or_default()
}
