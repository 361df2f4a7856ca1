//! What the page says, in four languages: the files of `labels/`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use hearken::text::Language;

const FILES: [(Language, &str); 4] = [
    (Language::En, include_str!("../labels/en.toml")),
    (Language::Cs, include_str!("../labels/cs.toml")),
    (Language::ZhHans, include_str!("../labels/zh-Hans.toml")),
    (Language::ZhHant, include_str!("../labels/zh-Hant.toml")),
];

/// The labels of one language, by name.
pub(crate) type Labels = BTreeMap<String, String>;

/// The labels of a language; those of English where it has none.
pub(crate) fn of(language: Language) -> &'static Labels {
    static READ: OnceLock<Vec<(Language, Labels)>> = OnceLock::new();
    static NONE: Labels = Labels::new();
    let all = READ.get_or_init(|| {
        let read = |(language, text): &(Language, &str)| {
            // A broken file is ruled out by a test; then labels are their own names.
            (*language, toml::from_str(text).unwrap_or_default())
        };
        FILES.iter().map(read).collect()
    });
    let found = all.iter().find(|(of, _)| *of == language).or(all.first());
    found.map_or(&NONE, |(_, labels)| labels)
}

/// A template with a value for each `{name}`, in one walk, so that braces in a value stay.
pub(crate) fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        text.push_str(before);
        text.push_str(value.map_or("", |(_, value)| value));
        rest = behind;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_label_and_the_same_fields() {
        let read = |(language, text): &(Language, &str)| {
            let labels: Labels =
                toml::from_str(text).unwrap_or_else(|error| panic!("{language:?}: {error}"));
            labels
        };
        let fields = |text: &str| {
            let mut fields: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|part| Some(part.split_once('}')?.0.to_owned()))
                .collect();
            fields.sort();
            fields
        };
        let english = read(&FILES[0]);
        for file in &FILES {
            let labels = read(file);
            assert!(labels.keys().eq(english.keys()), "{:?}", file.0);
            for (name, text) in &labels {
                assert_eq!(fields(text), fields(&english[name]), "{:?} {name}", file.0);
                assert!(!text.is_empty(), "{:?} {name}", file.0);
            }
        }
    }
}
