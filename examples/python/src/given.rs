//! Files or bytes that an engine is made of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hearken_arrow::RuleFile;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::error::{raised, refused};
use crate::learn::Model;

/// The bytes of a file, or its path, or a model.
#[derive(FromPyObject)]
pub(crate) enum Given<'py> {
    /// The bytes themselves.
    Bytes(PyBackedBytes),
    /// What was trained in this process.
    Model(PyRef<'py, Model>),
    /// Where they stand.
    Path(PathBuf),
}

/// Rules: their text with the files of lists that they name, their text, or their path.
#[derive(FromPyObject)]
pub(crate) enum GivenRules {
    /// The text, and lists by name.
    Listed(PyBackedBytes, BTreeMap<String, PyBackedBytes>),
    /// The text of rules that name no file.
    Bytes(PyBackedBytes),
    /// Where they stand; `agent` is the bundled ones.
    Path(PathBuf),
}

/// One or several.
#[derive(FromPyObject)]
pub(crate) enum Several<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

/// What a file has.
fn contents(path: &Path) -> PyResult<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        let what = format!("{} can't be read: {error}", path.display());
        match error.raw_os_error() {
            // With its number, so that Python makes it FileNotFoundError and its like.
            Some(number) => PyOSError::new_err((number, what)),
            None => PyOSError::new_err(what),
        }
    })
}

fn utf8(bytes: Vec<u8>, what: &str) -> PyResult<String> {
    String::from_utf8(bytes).map_err(|_| refused(format!("{what} is not UTF-8; save it as UTF-8")))
}

impl Given<'_> {
    /// The bytes.
    pub(crate) fn bytes(&self) -> PyResult<Vec<u8>> {
        match self {
            Given::Bytes(bytes) => Ok(bytes.to_vec()),
            Given::Model(model) => Ok(model.bytes.clone()),
            Given::Path(path) => contents(path),
        }
    }

    /// The bytes as a text; `what` they are.
    pub(crate) fn text(&self, what: &str) -> PyResult<String> {
        utf8(self.bytes()?, what)
    }
}

impl GivenRules {
    /// The rules with their lists.
    pub(crate) fn file(&self) -> PyResult<RuleFile> {
        let rules = |text: &PyBackedBytes| utf8(text.to_vec(), "the file of rules");
        match self {
            GivenRules::Listed(text, lists) => Ok(RuleFile::Own {
                text: rules(text)?,
                lists: lists
                    .iter()
                    .map(|(name, list)| Ok((name.clone(), utf8(list.to_vec(), name)?)))
                    .collect::<PyResult<_>>()?,
            }),
            GivenRules::Bytes(text) => Ok(RuleFile::Own {
                text: rules(text)?,
                lists: Vec::new(),
            }),
            GivenRules::Path(path) if path.as_os_str() == "agent" => Ok(RuleFile::Agent),
            GivenRules::Path(path) => {
                let text = utf8(contents(path)?, "the file of rules")?;
                let folder = path.parent().unwrap_or(Path::new(""));
                RuleFile::in_folder(text, folder).map_err(raised)
            }
        }
    }
}

impl<T> Several<T> {
    /// All of them.
    pub(crate) fn all(&self) -> &[T] {
        match self {
            Several::One(one) => std::slice::from_ref(one),
            Several::Many(many) => many,
        }
    }
}
