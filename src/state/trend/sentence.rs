//! What an alert says to people: a sentence from the templates of `data/trend/sentences.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::alert::Alert;
use super::key::Key;
use crate::series::Horizon;
use crate::taxonomy::Taxonomy;
use crate::text::Language;
use crate::time::TimeZone;

const SENTENCES: &str = include_str!("../../../data/trend/sentences.toml");

/// Decimals of rates, and of expectations: below 1 one decimal would often be all zeros.
const DECIMALS: usize = 1;
const DECIMALS_BELOW_ONE: usize = 2;
/// Expected authors below which the sentence says so in words: "14,672 times" helps nobody. Chosen
/// by hand.
const HARDLY_ANY: f64 = 0.5;

/// The templates of all languages.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentences {
    language: Vec<Templates>,
}

/// The templates of one language.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Templates {
    codes: Vec<String>,
    sentence: String,
    /// Where hardly any were expected: a number of times says nothing there.
    sentence_of_none: String,
    drivers: String,
    needs_answer: String,
    decimal_point: String,
    quotes: [String; 2],
    between_quoted: String,
    /// How a key within a segment is named.
    segment: String,
    /// How long each horizon is.
    spans: [String; Horizon::ALL.len()],
    authors: Vec<Plural>,
    /// By the kind of a key.
    names: BTreeMap<String, String>,
    /// Of how severe a word of harm is.
    severities: BTreeMap<String, String>,
}

/// The form of a noun beside the counts of a range.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plural {
    from: Option<u64>,
    to: Option<u64>,
    text: String,
}

impl Alert {
    /// What happened, in a sentence of English, Czech or Chinese; other languages get English.
    /// Times are UTC.
    pub fn sentence(&self, language: Language, taxonomy: &Taxonomy) -> String {
        self.sentence_in(&TimeZone::default(), language, taxonomy)
    }

    /// As [`Alert::sentence`], with times by the local clock of a zone.
    pub fn sentence_in(&self, zone: &TimeZone, language: Language, taxonomy: &Taxonomy) -> String {
        let Some(templates) = Templates::of(language) else {
            return self.key.to_string();
        };
        let decimals = match self.expected < 1.0 {
            true => DECIMALS_BELOW_ONE,
            false => DECIMALS,
        };
        let number = |number: f64, decimals: usize| {
            format!("{number:.decimals$}").replace('.', &templates.decimal_point)
        };
        let [low, high] = self.interval;
        let [name, authors, since] = [
            templates.name(&self.key, language, taxonomy),
            templates.authors(self.count),
            zone.shown(self.since, "%m-%d %H:%M"),
        ];
        let [expected, rate, low, high] = [
            number(self.expected, decimals),
            number(self.rate, DECIMALS),
            number(low, DECIMALS),
            number(high, DECIMALS),
        ];
        let span = templates.spans.get(self.horizon as usize);
        let template = match self.expected < HARDLY_ANY {
            true => &templates.sentence_of_none,
            false => &templates.sentence,
        };
        let mut text = filled(
            template,
            &[
                ("name", &name),
                ("authors", &authors),
                ("span", span.map_or("", String::as_str)),
                ("expected", &expected),
                ("rate", &rate),
                ("low", &low),
                ("high", &high),
                ("since", &since),
            ],
        );
        if !self.drivers.is_empty() {
            let drivers = templates.quoted(&self.drivers);
            text.push_str(&filled(&templates.drivers, &[("drivers", &drivers)]));
        }
        let percent = (self.complaints * 100.0).round().to_string();
        text.push_str(&filled(&templates.needs_answer, &[("percent", &percent)]));
        text
    }
}

impl Templates {
    /// Those of a language, or of the first one. None only if the file is broken, which a
    /// test rules out.
    fn of(language: Language) -> Option<&'static Templates> {
        static READ: OnceLock<Sentences> = OnceLock::new();
        let all = &READ
            .get_or_init(|| toml::from_str(SENTENCES).unwrap_or_default())
            .language;
        let code = language.code();
        all.iter()
            .find(|templates| templates.codes.iter().any(|known| known == code))
            .or(all.first())
    }

    /// A key for people.
    fn name(&self, key: &Key, language: Language, taxonomy: &Taxonomy) -> String {
        if let Some(segment) = key.segment() {
            let name = self.name(key.whole(), language, taxonomy);
            let (field, value) = (segment.field(), segment.value());
            let fields = [("name", &*name), ("field", field), ("value", value)];
            return filled(&self.segment, &fields);
        }
        let name = match key {
            Key::Topic(id) | Key::Negative(id) | Key::Praise(id) => taxonomy
                .index_of(id)
                .and_then(|at| taxonomy.topics.get(at))
                .map_or(&**id, |topic| topic.name(language)),
            Key::Harm(how) => self.severities.get(&**how).map_or(&**how, String::as_str),
            key => key.name(),
        };
        let template = self.names.get(key.kind()).map_or("{name}", String::as_str);
        filled(template, &[("name", name)])
    }

    fn authors(&self, count: u64) -> String {
        let form = self.authors.iter().find(|form| {
            form.from.is_none_or(|from| from <= count) && form.to.is_none_or(|to| count <= to)
        });
        let template = form.map_or("{count}", |form| &form.text);
        filled(template, &[("count", &count.to_string())])
    }

    fn quoted(&self, words: &[String]) -> String {
        let [open, close] = &self.quotes;
        words
            .iter()
            .map(|word| format!("{open}{word}{close}"))
            .collect::<Vec<_>>()
            .join(&self.between_quoted)
    }
}

/// A template with a value for each `{field}`. In one walk, so that braces in a value (a word that
/// somebody wrote) stay what they are.
fn filled(template: &str, fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (field, behind) = after.split_once('}').unwrap_or((after, ""));
        let value = fields.iter().find(|(name, _)| *name == field);
        text.push_str(before);
        text.push_str(value.map_or("", |(_, value)| value));
        rest = behind;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_whole() {
        let read: Sentences = toml::from_str(SENTENCES).expect("they are TOML");
        let kinds = [
            "all",
            "complaints",
            "negative",
            "harm",
            "topic",
            "complaint",
            "praise",
            "term",
            "hashtag",
            "language",
            "channel",
            "emerging",
        ];
        let fields = [
            "name", "authors", "span", "expected", "rate", "low", "high", "since",
        ];
        for templates in &read.language {
            for code in &templates.codes {
                let language = Language::from_code(code).expect("a language");
                let found = Templates::of(language).expect("it has templates");
                assert_eq!(found.sentence, templates.sentence, "{code} stands twice");
            }
            for (text, fields) in [
                (&templates.sentence, &fields[..]),
                (
                    &templates.sentence_of_none,
                    &["name", "authors", "span", "since"],
                ),
                (&templates.drivers, &["drivers"]),
                (&templates.needs_answer, &["percent"]),
                (&templates.segment, &["name", "field", "value"]),
            ] {
                for field in fields {
                    assert!(text.contains(&format!("{{{field}}}")), "{field}: {text}");
                }
                assert_eq!(text.matches('{').count(), fields.len(), "{text}");
            }
            for kind in kinds {
                let name = templates.names.get(kind).expect(kind);
                let named = !matches!(kind, "all" | "complaints" | "negative");
                assert_eq!(name.contains("{name}"), named, "{kind}");
            }
            assert_eq!(templates.names.len(), kinds.len());
            // Some form is for any count.
            let last = templates.authors.last().expect("a form");
            assert!(last.from.is_none() && last.to.is_none());
            assert!(
                templates
                    .authors
                    .iter()
                    .all(|form| form.text.contains("{count}"))
            );
        }
        let codes: Vec<&str> = read
            .language
            .iter()
            .flat_map(|templates| templates.codes.iter().map(String::as_str))
            .collect();
        assert_eq!(codes, ["en", "cs", "zh-Hans", "zh", "zh-Hant"]);
    }

    #[test]
    fn braces_in_a_value_stay() {
        let text = filled("{a}: {b}, {a}", &[("a", "{b}"), ("b", "1")]);
        assert_eq!(text, "{b}: 1, {b}");
    }
}
