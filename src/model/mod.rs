//! Models: what was learnt, as data.

use crate::Result;

/// One or more heads that were trained together.
#[derive(Clone, Debug, Default)]
pub struct Model {}

impl Model {
    /// Reads an artefact.
    ///
    /// # Errors
    /// If the bytes are no model, are damaged or cut, or of an older or newer version.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Model> {
        Ok(Model {})
    }

    /// The names of the heads, in their order.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    /// The artefact.
    pub fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }
}
