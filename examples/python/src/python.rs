//! Small things of Python: values from JSON, pages for notebooks.

use pyo3::prelude::*;
use serde::Serialize;

use crate::error::refused;

/// A value as Python has it: dicts, lists, strings, numbers.
pub(crate) fn object<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let json = serde_json::to_string(value).map_err(refused)?;
    loaded(py, &json)
}

/// What a text of JSON says.
pub(crate) fn loaded<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (json,))
}

/// A page within a notebook, in a frame of its own so that its style stays there; `height` in
/// pixels.
pub(crate) fn framed(page: &str, height: u32) -> String {
    let escaped = page.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<iframe srcdoc=\"{escaped}\" sandbox=\"\" style=\"width:100%;height:{height}px;border:0;\
         resize:vertical;overflow:auto\"></iframe>"
    )
}

/// A page of HTML that fetches nothing; a notebook shows it.
#[pyclass(frozen, module = "hearken")]
pub(crate) struct Page {
    /// The whole page.
    pub(crate) html: String,
    /// The same as JSON.
    pub(crate) json: String,
}

/// Pixels of a report in a notebook; by hand: half a screen.
const REPORT_HEIGHT: u32 = 720;

#[pymethods]
impl Page {
    /// The page, as a str of HTML.
    #[getter]
    fn html(&self) -> &str {
        &self.html
    }

    /// The numbers of the page, as `hearken report --json` has them.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        loaded(py, &self.json)
    }

    /// Write the page to a file.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///     The file.
    fn save(&self, path: std::path::PathBuf) -> PyResult<()> {
        Ok(std::fs::write(path, &self.html)?)
    }

    fn _repr_html_(&self) -> String {
        framed(&self.html, REPORT_HEIGHT)
    }

    fn __repr__(&self) -> String {
        format!("<hearken.Page of {} bytes>", self.html.len())
    }
}
