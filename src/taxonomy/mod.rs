//! Taxonomies: topics as a text file that needs no programmer.
//!
//! ```toml
//! [names]                                 # sound good or bad, and are only names: of games, films, shops
//! en = ["War Zone"]
//!
//! [own]                                   # one's own campaigns: hashtags, words, pairs of words; their rises are quiet
//! en = ["#SummerOfTelmo", "flying forward"]
//!
//! [[topic]]
//! id = "delivery"                         # what answers name: a-z, 0-9 and _
//! name = { en = "Delivery", cs = "Doručení", zh-Hans = "配送" }
//! threshold = 0.35                        # named from this probability on, 0 to 1; 0.5 where it is not said
//!
//! [topic.strong]                          # nearly proves the topic
//! en = ["late delivery", "where is my parcel"]
//! cs = ["nedoručen* zásilk*"]             # * stands for any ending of a word
//!
//! [topic.terms]                           # strongly hints at it
//! en = ["courier*", "parcel*"]
//!
//! [topic.weak]                            # hints at it, and needs company
//! en = ["address"]
//!
//! [topic.not]                             # sounds like it, and is not: taken from shorter terms
//! en = ["special delivery room"]
//!
//! [topic.examples]                        # posts of this topic; training may use them
//! en = ["My parcel should have come on Monday."]
//! ```
//! Languages are BCP 47 tags (`en`, `cs`, `zh-Hans`, `zh-Hant`, `zh` …). Terms may be written in
//! any case and script, see [terms](crate::terms#how-a-term-is-written). Only `id` and at least one
//! term or example are required.
//!
#![doc = include_str!("../../docs/design/taxonomy.md")]

pub(crate) mod evidence;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::config::{line_of, malformed};
use crate::feature::lexicon::{List, Term};
use crate::text::Language;
use crate::{Error, Result};

/// Most topics of one taxonomy: a head has one class for each, and a head has at most 200 labels.
pub const MAX_TOPICS: usize = 200;

/// The probability from which on a topic is named that states no threshold: more likely than not.
pub const DEFAULT_THRESHOLD: f32 = 0.5;

/// Topics with their terms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taxonomy {
    /// The topics, in the order of the file.
    pub topics: Vec<Topic>,
    /// Names that only sound like feeling or harm: language, name. What lists find inside them is
    /// silent, and their words are not features of any head.
    pub names: Vec<(Language, String)>,
    /// What names one's own campaigns: language, hashtag, word or pair of words. Rises of posts
    /// with them are marked and quiet ([`Alert::own`](crate::trend::Alert::own)).
    pub own: Vec<(Language, String)>,
}

/// One topic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topic {
    /// The identifier that answers name (`delivery`).
    pub id: String,
    /// The name for people in each language.
    pub names: Vec<(Language, String)>,
    /// Terms that are evidence for the topic: language, term, strength 1 to 3.
    pub terms: Vec<(Language, String, i8)>,
    /// Terms that only sound like the topic: language, term; they mask shorter terms of it.
    pub masks: Vec<(Language, String)>,
    /// Example posts: language, text.
    pub examples: Vec<(Language, String)>,
    /// How harmful a late answer is in general: 0 not, 1 to 3 as for the terms of harm.
    pub harm: i8,
    /// The probability from which on it is named, 0 to 1, where the taxonomy states
    /// one; see [`Topic::threshold`].
    pub threshold: Option<f32>,
}

type ByLanguage<T> = BTreeMap<Spanned<String>, T>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTaxonomy {
    #[serde(default)]
    topic: Vec<Spanned<RawTopic>>,
    #[serde(default)]
    names: ByLanguage<Vec<Spanned<String>>>,
    #[serde(default)]
    own: ByLanguage<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTopic {
    id: Spanned<String>,
    #[serde(default)]
    harm: Option<Spanned<i8>>,
    #[serde(default)]
    threshold: Option<Spanned<f64>>,
    #[serde(default)]
    name: ByLanguage<Spanned<String>>,
    #[serde(default)]
    strong: ByLanguage<Vec<Spanned<String>>>,
    #[serde(default)]
    terms: ByLanguage<Vec<Spanned<String>>>,
    #[serde(default)]
    weak: ByLanguage<Vec<Spanned<String>>>,
    #[serde(default)]
    not: ByLanguage<Vec<Spanned<String>>>,
    #[serde(default)]
    examples: ByLanguage<Vec<Spanned<String>>>,
}

/// Where in the file something is wrong: the text, for its lines, and the topic.
struct Place<'a> {
    text: &'a str,
    topic: &'a str,
}

impl Place<'_> {
    #[cold]
    fn wrong(&self, span: Range<usize>, field: &str, what: String) -> Error {
        let line = line_of(self.text, span.start);
        Error::taxonomy(format!(
            "taxonomy line {line}, topic {:?}, {field}: {what}",
            self.topic
        ))
    }

    fn language(&self, tag: &Spanned<String>, field: &str) -> Result<Language> {
        match Language::from_code(tag.get_ref()) {
            // `und` is an answer for texts, not a language that somebody writes.
            Some(Language::Und) | None => {
                let known: Vec<&str> = Language::ALL
                    .iter()
                    .skip(1)
                    .map(|language| language.code())
                    .collect();
                let what = format!(
                    "{:?} is not a supported language; write one of {}",
                    tag.get_ref(),
                    known.join(", ")
                );
                Err(self.wrong(tag.span(), field, what))
            }
            Some(language) => Ok(language),
        }
    }

    /// The entries of one field with their languages; none may be empty.
    fn entries(
        &self,
        field: &str,
        raw: &ByLanguage<Vec<Spanned<String>>>,
    ) -> Result<Vec<(Language, Spanned<String>)>> {
        let mut entries = Vec::new();
        for (tag, texts) in raw {
            let language = self.language(tag, field)?;
            for text in texts {
                // `*` alone is a stem of nothing and would be found in every text.
                if text.get_ref().trim().trim_matches('*').is_empty() {
                    let field = format!("{field}.{}", tag.get_ref());
                    return Err(self.wrong(
                        text.span(),
                        &field,
                        "an entry is empty; write a word or delete it".into(),
                    ));
                }
                entries.push((language, text.clone()));
            }
        }
        Ok(entries)
    }
}

impl Taxonomy {
    /// Reads a taxonomy from TOML.
    ///
    /// # Errors
    /// Names the line and the field that is wrong: what is not TOML, an unknown key, an id that
    /// is not of `a-z 0-9 _` or stands twice, a harm or threshold out of range, an unknown
    /// language, an empty or repeated term, a topic without any, more than [`MAX_TOPICS`] topics,
    /// none at all.
    pub fn from_toml(text: &str) -> Result<Taxonomy> {
        let raw: RawTaxonomy = toml::from_str(text)
            .map_err(|error| malformed(Error::taxonomy, "taxonomy", text, error))?;
        if raw.topic.is_empty() {
            return Err(Error::taxonomy(
                "taxonomy line 1: there is no topic; begin one with [[topic]] and an id",
            ));
        }
        let mut taxonomy = Taxonomy::default();
        let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, topic) in raw.topic.iter().enumerate() {
            let place = Place {
                text,
                topic: topic.get_ref().id.get_ref(),
            };
            let id = &topic.get_ref().id;
            if index >= MAX_TOPICS {
                return Err(place.wrong(
                    id.span(),
                    "id",
                    format!("more than {MAX_TOPICS} topics; delete or merge some"),
                ));
            }
            if id.get_ref().is_empty()
                || !id
                    .get_ref()
                    .bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
            {
                return Err(place.wrong(
                    id.span(),
                    "id",
                    "an id may hold only a-z, 0-9 and _; rename it".into(),
                ));
            }
            if let Some(first) = ids.insert(id.get_ref(), line_of(text, id.span().start)) {
                return Err(place.wrong(
                    id.span(),
                    "id",
                    format!("line {first} has this id already; rename one of the two"),
                ));
            }
            taxonomy.topics.push(read_topic(&place, topic)?);
        }
        for (language, name) in (Place { text, topic: "" }).entries("names", &raw.names)? {
            taxonomy.names.push((language, name.into_inner()));
        }
        let place = Place { text, topic: "" };
        for (language, name) in place.entries("own", &raw.own)? {
            if name.get_ref().split_whitespace().count() > 2 {
                return Err(place.wrong(
                    name.span(),
                    "own",
                    format!(
                        "{:?} has more than two words; write a hashtag, a word or a pair of words",
                        name.get_ref()
                    ),
                ));
            }
            taxonomy.own.push((language, name.into_inner()));
        }
        Ok(taxonomy)
    }

    /// The taxonomy of contact reasons in `data/taxonomies/care.toml`.
    ///
    /// # Errors
    /// If it is malformed (a test holds that it is not).
    pub fn care() -> Result<Taxonomy> {
        Taxonomy::from_toml(include_str!("../../data/taxonomies/care.toml"))
    }

    /// The index of the topic `id`, as in [`List::Topic`].
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.topics.iter().position(|topic| topic.id == id)
    }

    /// The index of the topic that is called `label`: by its id, or by its name in any language.
    pub fn index_of_label(&self, label: &str) -> Option<usize> {
        let named = |topic: &Topic| topic.names.iter().any(|(_, name)| name == label);
        self.index_of(label)
            .or_else(|| self.topics.iter().position(named))
    }

    /// Every term and mask of every topic, and the names, for a
    /// [`LexiconBuilder`](crate::feature::lexicon::LexiconBuilder).
    pub fn to_terms(&self) -> impl Iterator<Item = Term> {
        let names = self.names.iter().map(|(language, text)| Term {
            list: List::Name,
            text: text.clone(),
            strength: 1,
            language: *language,
            kind: String::new(),
        });
        names.chain(self.topics.iter().zip(0_u16..).flat_map(|(topic, index)| {
            let masks = topic
                .masks
                .iter()
                .map(|(language, text)| (*language, text, 0));
            let terms = topic
                .terms
                .iter()
                .map(|(language, text, strength)| (*language, text, *strength));
            terms
                .chain(masks)
                .map(move |(language, text, strength)| Term {
                    list: List::Topic(index),
                    text: text.clone(),
                    strength,
                    language,
                    kind: String::new(),
                })
        }))
    }
}

impl Topic {
    /// The probability from which on it is named, 0 to 1: its own, or [`DEFAULT_THRESHOLD`].
    pub fn threshold(&self) -> f32 {
        self.threshold.unwrap_or(DEFAULT_THRESHOLD)
    }

    /// The name for people in `language`: in another script of Chinese, in English or as the id
    /// where there is none.
    pub fn name(&self, language: Language) -> &str {
        let named = |wanted: &dyn Fn(Language) -> bool| {
            self.names
                .iter()
                .find(|(named, _)| wanted(*named))
                .map(|(_, name)| name.as_str())
        };
        named(&|named| named == language)
            .or_else(|| named(&|named| named.is_chinese() && language.is_chinese()))
            .or_else(|| named(&|named| named == Language::En))
            .unwrap_or(&self.id)
    }
}

fn read_topic(place: &Place<'_>, spanned: &Spanned<RawTopic>) -> Result<Topic> {
    let raw = spanned.get_ref();
    let mut topic = Topic {
        id: raw.id.get_ref().clone(),
        ..Topic::default()
    };
    if let Some(harm) = &raw.harm {
        topic.harm = *harm.get_ref();
        if !(0..=3).contains(&topic.harm) {
            return Err(place.wrong(
                harm.span(),
                "harm",
                "harm is a whole number from 0 to 3".into(),
            ));
        }
    }
    if let Some(threshold) = &raw.threshold {
        let value = *threshold.get_ref();
        if !(0.0..=1.0).contains(&value) {
            let what = format!("{value} is not a probability; write a number from 0 to 1");
            return Err(place.wrong(threshold.span(), "threshold", what));
        }
        topic.threshold = Some(value as f32);
    }
    for (tag, name) in &raw.name {
        topic
            .names
            .push((place.language(tag, "name")?, name.get_ref().clone()));
    }
    read_terms(place, raw, &mut topic)?;
    for (language, text) in place.entries("examples", &raw.examples)? {
        topic.examples.push((language, text.into_inner()));
    }
    if topic.terms.is_empty() && topic.examples.is_empty() {
        let what =
            "the topic has neither terms nor examples; write some under [topic.terms]".into();
        return Err(place.wrong(raw.id.span(), "terms", what));
    }
    Ok(topic)
}

/// Reads the terms and masks of a topic, each of which may stand once.
fn read_terms(place: &Place<'_>, raw: &RawTopic, topic: &mut Topic) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (field, strength, entries) in [
        ("strong", 3, &raw.strong),
        ("terms", 2, &raw.terms),
        ("weak", 1, &raw.weak),
        ("not", 0, &raw.not),
    ] {
        for (language, text) in place.entries(field, entries)? {
            let term = text.get_ref().trim().to_owned();
            if !seen.insert((language, term.to_lowercase())) {
                let field = format!("{field}.{}", language.code());
                return Err(place.wrong(
                    text.span(),
                    &field,
                    format!("{term:?} stands twice in this topic; delete one"),
                ));
            }
            match strength {
                0 => topic.masks.push((language, term)),
                _ => topic.terms.push((language, term, strength)),
            }
        }
    }
    Ok(())
}
