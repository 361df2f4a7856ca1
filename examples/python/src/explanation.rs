//! Why one post was answered as it was.

use hearken::text::Language;
use hearken::{Post, Triage, explain};
use pyo3::prelude::*;

use crate::error::refused;
use crate::python::{framed, object};

/// Pixels of an explanation in a notebook; by hand.
const HEIGHT: u32 = 560;

/// The answer of one post with the parts of every score, which sum to it exactly.
///
/// A notebook shows the marked text, the ledger of importance and the evidence of each head.
#[pyclass(frozen, module = "hearken")]
pub(crate) struct Explanation {
    engine: hearken::Engine,
    post: Post<'static>,
    triage: Triage,
    explanation: explain::Explanation,
}

impl Explanation {
    /// The explanation of a post.
    pub(crate) fn of(engine: &hearken::Engine, post: Post<'static>) -> Explanation {
        let triage = crate::pool::with_scratch(|scratch| engine.triage(&post, scratch));
        Explanation {
            explanation: engine.explain(&post),
            engine: engine.clone(),
            post,
            triage,
        }
    }

    fn line(&self) -> PyResult<String> {
        let mut answer = self.engine.answer(&self.post, &self.triage);
        answer.explanation = Some(self.explanation.clone());
        serde_json::to_string(&answer).map_err(refused)
    }
}

#[pymethods]
impl Explanation {
    /// The answer, with `explanation` in it, as a dict.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        crate::python::loaded(py, &self.line()?)
    }

    /// The line that `hearken triage --explain` writes, as a str.
    fn to_json(&self) -> PyResult<String> {
        self.line()
    }

    /// The parts of the importance: a dict from the name of a part to its points.
    #[getter]
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        object(
            py,
            &self
                .engine
                .answer(&self.post, &self.triage)
                .importance
                .parts,
        )
    }

    fn _repr_html_(&self) -> String {
        let answer = self.engine.answer(&self.post, &self.triage);
        let page = hearken_report::explained(&self.post, &answer, &self.explanation, Language::En);
        framed(&page, HEIGHT)
    }

    fn __repr__(&self) -> String {
        let importance = &self.explanation.importance;
        let parts = importance.parts.iter();
        let parts: Vec<String> = parts
            .map(|part| format!("{} {:+}", part.name, part.points))
            .collect();
        format!(
            "<hearken.Explanation: importance {} = {}>",
            importance.score,
            parts.join(" ")
        )
    }
}
