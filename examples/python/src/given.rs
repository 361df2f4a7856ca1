//! Files or bytes that an engine is made of.

use std::path::PathBuf;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::error::refused;
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

/// One or several.
#[derive(FromPyObject)]
pub(crate) enum Several<'py> {
    /// One.
    One(Given<'py>),
    /// Several.
    Many(Vec<Given<'py>>),
}

impl Given<'_> {
    /// The bytes.
    pub(crate) fn bytes(&self) -> PyResult<Vec<u8>> {
        match self {
            Given::Bytes(bytes) => Ok(bytes.to_vec()),
            Given::Model(model) => Ok(model.bytes.clone()),
            Given::Path(path) => std::fs::read(path).map_err(|error| {
                let number = error.raw_os_error();
                let what = format!("{} can't be read: {error}", path.display());
                match number {
                    // With its number, so that Python makes it FileNotFoundError and its like.
                    Some(number) => PyOSError::new_err((number, what)),
                    None => PyOSError::new_err(what),
                }
            }),
        }
    }

    /// The bytes as a text; `what` they are.
    pub(crate) fn text(&self, what: &str) -> PyResult<String> {
        String::from_utf8(self.bytes()?)
            .map_err(|_| refused(format!("{what} is not UTF-8; save it as UTF-8")))
    }
}

impl Several<'_> {
    /// All of them.
    pub(crate) fn all(&self) -> &[Given<'_>] {
        match self {
            Several::One(one) => std::slice::from_ref(one),
            Several::Many(many) => many,
        }
    }
}
