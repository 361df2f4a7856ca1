//! Errors of the library as exceptions: the sentence stays, and says what to mend.

use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyValueError};

/// `OSError` if the operating system refused to read or write, `ValueError` for all else.
pub(crate) fn raised(error: hearken::Error) -> PyErr {
    match error.is_io() {
        true => PyOSError::new_err(error.to_string()),
        false => PyValueError::new_err(error.to_string()),
    }
}

/// `ValueError` with a sentence.
pub(crate) fn refused(what: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(what.to_string())
}
