//! Which language a post is in: a script gate, then a hashed character-n-gram table.

use crate::Result;

/// A language that the identifier can tell, or [`Language::Und`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Too little evidence for any answer.
    #[default]
    Und,
    /// Chinese in Simplified script.
    ZhHans,
    /// Chinese in Traditional script.
    ZhHant,
    /// Chinese of which every character is in both scripts.
    Zh,
    /// English.
    En,
    /// Czech.
    Cs,
    /// Slovak.
    Sk,
    /// Slovenian.
    Sl,
    /// Croatian.
    Hr,
    /// Polish.
    Pl,
    /// German.
    De,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// Russian.
    Ru,
    /// Ukrainian.
    Uk,
    /// Japanese.
    Ja,
    /// Korean.
    Ko,
    /// Vietnamese.
    Vi,
}

/// An answer of the identifier.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Identification {
    /// The most probable language.
    pub language: Language,
    /// Its probability, 0 to 1.
    pub probability: f32,
}

/// The language identifier; immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct Identifier {}

impl Language {
    /// Every language, [`Language::Und`] first.
    pub const ALL: [Language; 18] = [
        Language::Und,
        Language::ZhHans,
        Language::ZhHant,
        Language::Zh,
        Language::En,
        Language::Cs,
        Language::Sk,
        Language::Sl,
        Language::Hr,
        Language::Pl,
        Language::De,
        Language::Es,
        Language::Fr,
        Language::Ru,
        Language::Uk,
        Language::Ja,
        Language::Ko,
        Language::Vi,
    ];

    /// The BCP 47 tag: `zh-Hans`, `en`, `und` …
    pub fn code(self) -> &'static str {
        match self {
            Language::Und => "und",
            Language::ZhHans => "zh-Hans",
            Language::ZhHant => "zh-Hant",
            Language::Zh => "zh",
            Language::En => "en",
            Language::Cs => "cs",
            Language::Sk => "sk",
            Language::Sl => "sl",
            Language::Hr => "hr",
            Language::Pl => "pl",
            Language::De => "de",
            Language::Es => "es",
            Language::Fr => "fr",
            Language::Ru => "ru",
            Language::Uk => "uk",
            Language::Ja => "ja",
            Language::Ko => "ko",
            Language::Vi => "vi",
        }
    }

    /// The language of a BCP 47 tag, if it is one of these.
    pub fn from_code(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(code))
    }

    /// Whether this is Chinese, in whatever script.
    pub fn is_chinese(self) -> bool {
        matches!(self, Language::ZhHans | Language::ZhHant | Language::Zh)
    }
}

impl Identifier {
    /// Stub.
    pub fn bundled() -> Result<Identifier> {
        Ok(Identifier {})
    }

    /// Reads the table that `hearken train-language` wrote.
    ///
    /// # Errors
    /// If the bytes are not such a table, or are damaged, or are of another version.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Identifier> {
        Ok(Identifier {})
    }

    /// The language of `original`, an unfolded text.
    pub fn identify(&self, _original: &str) -> Identification {
        Identification::default()
    }
}
