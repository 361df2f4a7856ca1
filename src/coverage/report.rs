//! The report: shares, groups, and terms to paste into a taxonomy.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::CoverageOptions;
use super::candidate::is_stop_word;
use super::group::{Corpus, Members, cosine, language, vector};
use crate::Engine;
use crate::text::Language;

/// Share of a proposed term's texts that lie in its group, at least. Chosen by hand, not tuned:
/// listed for a topic, a term with less would name the topic wrongly more often than rightly.
const PRECISE: f64 = 0.5;
/// Likelihood ratio of a proposed term, at least: the 99 % quantile of χ² with one degree of
/// freedom, by convention.
const TELLING: f64 = 6.63;
/// Characters of an example that are shown, by convention: a line or two of a terminal.
const SHOWN: usize = 160;
/// The cosine to a topic from which on a group's terms are proposed for it rather than for a new
/// one. Chosen by hand, not tuned.
pub const LIKE: f64 = 0.35;

/// What is covered and what is not.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Posts in all.
    pub posts: u64,
    /// Those that are spam: they are not looked at further.
    pub spam: u64,
    /// Those of the rest that got a topic.
    pub covered: u64,
    /// Those of the rest that got none.
    pub uncovered: u64,
    /// Of those without a topic, how many were kept and grouped; below `uncovered`, groups are
    /// those of a sample.
    pub looked_at: u64,
    /// Of those looked at, how many are in a group.
    pub grouped: u64,
    /// The topics in the order of the taxonomy.
    pub topics: Vec<TopicCount>,
    /// What fits nowhere, largest group first.
    pub groups: Vec<Group>,
}

/// How often a topic was named.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TopicCount {
    /// The topic.
    pub id: String,
    /// Posts that were given it, among others perhaps.
    pub posts: u64,
}

/// Posts without a topic that are about the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Group {
    /// Posts, repeated ones included.
    pub posts: u64,
    /// Different texts.
    pub texts: u64,
    /// The language of most of them (BCP 47).
    pub language: String,
    /// The topic that it is most like.
    pub nearest: Option<Nearest>,
    /// Terms to list, the most distinctive first.
    pub terms: Vec<ProposedTerm>,
    /// Some of its posts, the most typical first, cut after 160 characters.
    pub examples: Vec<String>,
    /// Ids of its posts that were kept, sorted; those without an id are left out.
    pub ids: Vec<String>,
    /// Lines to paste into the taxonomy.
    pub toml: String,
}

/// A topic beside a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Nearest {
    /// The topic.
    pub id: String,
    /// The cosine between its words (listed, and of its posts in this dump) and the group's,
    /// 0 to 1.
    pub similarity: f64,
}

/// A term to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProposedTerm {
    /// As most authors wrote it, in lower case.
    pub term: String,
    /// The language of most of the texts that have it (BCP 47).
    pub language: String,
    /// Texts of the group that have it.
    pub texts: u64,
    /// Share of all texts of the dump having it that are in the group, 0 to 1.
    pub precision: f64,
    /// The log-likelihood ratio of the group's texts against all others.
    pub likelihood_ratio: f64,
}

/// Describes a group for people.
pub(super) fn describe(
    group: &Members,
    corpus: &Corpus<'_>,
    engine: &Engine,
    options: &CoverageOptions,
) -> Group {
    let language = language(corpus, group.documents.iter().copied());
    let terms = proposed(group, corpus, engine, options);
    let nearest = nearest(group, corpus, engine);
    let mut ids: Vec<String> = group
        .documents
        .iter()
        .flat_map(|&at| &corpus.uncovered[at].ids)
        .map(|id| (*id).to_owned())
        .collect();
    ids.sort_unstable();
    let mut described = Group {
        posts: group.posts(corpus),
        texts: group.documents.len() as u64,
        language: language.code().to_owned(),
        nearest,
        examples: examples(group, corpus, options.most_examples),
        terms,
        ids,
        toml: String::new(),
    };
    described.toml = described.to_toml(engine);
    described
}

/// The terms that distinguish the group from all other texts and that no topic lists yet.
fn proposed(
    group: &Members,
    corpus: &Corpus<'_>,
    engine: &Engine,
    options: &CoverageOptions,
) -> Vec<ProposedTerm> {
    let ranked = ranked(group, corpus);
    let mut scratch = engine.scratch();
    let mut terms: Vec<ProposedTerm> = Vec::new();
    let mut listed: BTreeSet<u32> = BTreeSet::new();
    for (ratio, term, count) in ranked {
        if terms.len() >= options.most_terms {
            break;
        }
        // A pair with a word that is listed already adds nothing: the word finds its texts too.
        let within = |word: &u32| {
            let (word, pair) = (&corpus.terms[*word as usize], &corpus.terms[term as usize]);
            pair.pair && pair.key.contains(word.key) || word.pair && word.key.contains(pair.key)
        };
        if listed.iter().any(within) {
            continue;
        }
        let all = &corpus.terms[term as usize];
        let having = group
            .documents
            .iter()
            .copied()
            .filter(|&at| corpus.uncovered[at].terms.contains(&term));
        let language = language(corpus, having);
        for form in forms(group, corpus, term) {
            if terms.len() >= options.most_terms
                || is_stop_word(&form.0, language)
                || terms.iter().any(|listed| listed.term == form.0)
                || engine.lists_as_topic(&form.0, &mut scratch)
            {
                continue;
            }
            listed.insert(term);
            terms.push(ProposedTerm {
                term: form.0,
                language: language.code().to_owned(),
                texts: form.1,
                precision: (1000.0 * f64::from(count) / f64::from(all.covered + all.uncovered))
                    .round()
                    / 1000.0,
                likelihood_ratio: (10.0 * ratio).round() / 10.0,
            });
        }
    }
    terms
}

/// The terms that are precise and characteristic enough, the most characteristic first: likelihood
/// ratio, term, texts of the group.
fn ranked(group: &Members, corpus: &Corpus<'_>) -> Vec<(f64, u32, u32)> {
    // In a large group a word of two texts is hardly evidence.
    let least = (group.documents.len() as u32 / 8).max(2);
    let mut ranked: Vec<(f64, u32, u32)> = corpus
        .counts(&group.documents)
        .into_iter()
        .filter_map(|(term, count)| {
            let all = &corpus.terms[term as usize];
            let ratio = corpus.keyness(term, count, group.documents.len());
            let precise = f64::from(count) >= PRECISE * f64::from(all.covered + all.uncovered);
            (count >= least && precise && ratio >= TELLING).then_some((ratio, term, count))
        })
        .collect();
    let key = |term: u32| corpus.terms[term as usize].key;
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| key(a.1).cmp(key(b.1))));
    ranked
}

/// The spellings and inflected forms of a term in a group, each with its texts; the most frequent
/// first. Han terms in either script are one.
fn forms(group: &Members, corpus: &Corpus<'_>, term: u32) -> Vec<(String, u64)> {
    let mut forms: BTreeMap<&str, u64> = BTreeMap::new();
    let key = corpus.terms[term as usize].key;
    for &at in &group.documents {
        let candidates = &corpus.uncovered[at].kept.candidates;
        if let Ok(found) = candidates.binary_search_by(|candidate| candidate.key.as_str().cmp(key))
        {
            *forms.entry(candidates[found].form.as_str()).or_default() += 1;
        }
    }
    let mut forms: Vec<(String, u64)> = forms
        .into_iter()
        .map(|(form, count)| (form.to_owned(), count))
        .collect();
    forms.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    // The two scripts of one Han term are one entry of a lexicon: the more frequent is listed.
    if key.chars().any(crate::text::han::is_han) {
        forms.truncate(1);
    }
    // Rare forms of a frequent word are slips as often as cases, and a slip listed as a
    // term is noise.
    let most = forms.first().map_or(0, |form| form.1);
    forms.retain(|form| form.1 * 4 >= most || form.1 >= 2);
    forms.truncate(3);
    forms
}

/// The topic whose words are most like the group's.
fn nearest(group: &Members, corpus: &Corpus<'_>, engine: &Engine) -> Option<Nearest> {
    let ours = vector(corpus, &corpus.counts(&group.documents));
    let mut topics: Vec<BTreeMap<u32, u32>> = vec![BTreeMap::new(); engine.taxonomy().topics.len()];
    for document in &corpus.covered {
        for &topic in &document.kept.topics {
            let Some(counts) = topics.get_mut(usize::from(topic)) else {
                continue;
            };
            for &term in &document.terms {
                *counts.entry(term).or_default() += 1;
            }
        }
    }
    let mut best: Option<(f64, usize)> = None;
    for (topic, counts) in topics.iter().enumerate() {
        // Of equals the first topic stays, in the order of the taxonomy.
        let similarity = cosine(&ours, &vector(corpus, counts));
        if similarity > 0.0 && best.is_none_or(|(most, _)| similarity > most) {
            best = Some((similarity, topic));
        }
    }
    let (similarity, topic) = best?;
    let id = engine.taxonomy().topics.get(topic)?.id.clone();
    Some(Nearest {
        id,
        similarity: (1000.0 * similarity).round() / 1000.0,
    })
}

/// The texts that share most with the rest of the group.
fn examples(group: &Members, corpus: &Corpus<'_>, most: usize) -> Vec<String> {
    let counts = corpus.counts(&group.documents);
    let mut ranked: Vec<(f64, &str)> = group
        .documents
        .iter()
        .map(|&at| {
            let document = &corpus.uncovered[at];
            let shared = |term: &u32| {
                let count = counts.get(term).copied().unwrap_or_default();
                // A word that no other text of the group has does not make a text typical.
                if count >= 2 {
                    (f64::from(count)).ln() * corpus.rarity(*term)
                } else {
                    0.0
                }
            };
            let sum: f64 = document.terms.iter().map(shared).sum();
            (
                sum / (4.0 + document.terms.len() as f64),
                document.kept.text.as_str(),
            )
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let one_line = |text: &str| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.char_indices().nth(SHOWN) {
            Some((cut, _)) => format!("{}…", &text[..cut]),
            None => text,
        }
    };
    ranked
        .into_iter()
        .take(most)
        .map(|(_, text)| one_line(text))
        .collect()
}

impl Group {
    /// What to call a new topic of this group: its most distinctive word that an id can hold, or
    /// its number of posts.
    fn new_id(&self, engine: &Engine) -> String {
        let id_of = |term: &str| -> String {
            let plain: String = term
                .chars()
                .map(|character| if character == ' ' { '_' } else { character })
                .filter(|character| matches!(character, 'a'..='z' | '0'..='9' | '_'))
                .collect();
            if plain.len() == term.len() {
                plain
            } else {
                String::new()
            }
        };
        let exists = |id: &str| engine.taxonomy().index_of(id).is_some();
        let words = self.terms.iter().map(|term| id_of(&term.term));
        words
            .chain([format!(
                "new_{}",
                self.ids
                    .first()
                    .map_or("topic", String::as_str)
                    .to_lowercase()
            )])
            .find(|id| {
                id.len() > 2
                    && !exists(id)
                    && id
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            })
            .unwrap_or_else(|| "new_topic".to_owned())
    }

    /// The proposed terms as lines of a taxonomy: into the nearest topic where it is like the
    /// group, else as a new topic.
    fn to_toml(&self, engine: &Engine) -> String {
        let mut text = String::new();
        if self.terms.is_empty() {
            return text;
        }
        // One line a language; what is in none that is known can be listed under any.
        let mut lists: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for term in &self.terms {
            let tag = if term.language == Language::Und.code() {
                Language::En.code()
            } else {
                term.language.as_str()
            };
            lists.entry(tag).or_default().push(quoted(&term.term));
        }
        let lists: String = lists
            .iter()
            .map(|(tag, terms)| format!("{tag} = [{}]\n", terms.join(", ")))
            .collect();
        match &self.nearest {
            Some(nearest) if nearest.similarity >= LIKE => {
                let _ = writeln!(
                    text,
                    "# {} posts, most like {:?} ({:.2}); beneath its [topic.terms]:",
                    self.posts, nearest.id, nearest.similarity
                );
                text.push_str(&lists);
            }
            nearest => {
                let like = nearest.as_ref().map_or_else(String::new, |nearest| {
                    format!(
                        "; the nearest topic is {:?} ({:.2})",
                        nearest.id, nearest.similarity
                    )
                });
                let _ = writeln!(text, "# {} posts{like}", self.posts);
                let _ = write!(
                    text,
                    "[[topic]]\nid = {:?}\n\n[topic.terms]\n{lists}",
                    self.new_id(engine)
                );
            }
        }
        text
    }
}

/// A string of TOML; what JSON escapes, TOML escapes alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
