//! The answers of many posts: a table for Arrow, lines of JSON, and a page for notebooks.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, StringArray};
use hearken::text::Language;
use hearken::{Post, Triage};
use hearken_arrow::{Answered, Layout, Options, ROWS, line};
use hearken_report::answered;
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use rayon::prelude::*;

use crate::engine::Engine;
use crate::error::refused;
use crate::pool::{pool, with_scratch};
use crate::python::framed;
use crate::table::{Chunk, Where, each_chunk, stream, to_arrow, to_pandas, to_polars};

/// Posts that a notebook shows; by hand: what fits on a screen.
const SHOWN: usize = 10;
/// Pixels of them in a notebook; by hand.
const SHOWN_HEIGHT: u32 = 480;
/// Parts that each thread has to do between two looks at signals and progress.
const PARTS_A_THREAD: usize = 4;

/// The answers of many posts, in their order; a row a post, all null where the text was null.
///
/// Anything that reads Arrow takes it: `polars.DataFrame(answers)`, `pyarrow.table(answers)`,
/// `duckdb.sql("select level, count(*) from answers group by 1")`.
///
/// Columns: `id`, `language`, `language_probability`, `spam` (ham, unsure, spam),
/// `spam_probability`, `disposition`, `importance` (0 to 100), `level`, `parts` (a struct of points
/// that sum to `importance`), `topic` and `topic_probability` (of the most probable), `topics`,
/// `sentiment`, `polarity` (-1 to 1), `negative`, `neutral`, `positive`, `urgency`, `supported`,
/// `terms`, `rules`, `heads`, `truncated`, `quoted`; `explanation`, `json` and `model` where they
/// were asked for. Probabilities are from 0 to 1 with three decimals; places in texts are bytes.
#[pyclass(frozen, module = "hearken")]
pub(crate) struct Answers {
    engine: hearken::Engine,
    layout: Layout,
    parts: Vec<Answered>,
    /// The first posts, for notebooks.
    first: Vec<Post<'static>>,
}

/// Who is told how many posts are answered.
enum Progress<'py> {
    None,
    Call(Bound<'py, PyAny>),
    Bar(Bound<'py, PyAny>),
}

impl<'py> Progress<'py> {
    fn new(py: Python<'py>, asked: Option<Bound<'py, PyAny>>) -> PyResult<Progress<'py>> {
        let Some(asked) = asked else {
            return Ok(Progress::None);
        };
        if asked.is_callable() {
            return Ok(Progress::Call(asked));
        }
        if !asked.is_truthy()? {
            return Ok(Progress::None);
        }
        // A bar where there is tqdm; without it nothing is shown, and nothing fails.
        let bar = match py.import("tqdm.auto") {
            Err(error) if error.is_instance_of::<PyImportError>(py) => return Ok(Progress::None),
            module => module?.getattr("tqdm")?.call0()?,
        };
        Ok(Progress::Bar(bar))
    }

    fn tell(&self, all: usize, new: usize) -> PyResult<()> {
        match self {
            Progress::None => {}
            Progress::Call(call) => drop(call.call1((all,))?),
            Progress::Bar(bar) => drop(bar.call_method1("update", (new,))?),
        }
        Ok(())
    }

    fn close(&self) -> PyResult<()> {
        match self {
            Progress::Bar(bar) => bar.call_method0("close").map(drop),
            _ => Ok(()),
        }
    }
}

impl Answers {
    /// Answers all posts of an input.
    pub(crate) fn of<'py>(
        engine: &Engine,
        input: &Bound<'py, PyAny>,
        at: &Where,
        options: Options,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Answers> {
        let py = input.py();
        let progress = Progress::new(py, progress)?;
        let mut answers = Answers {
            layout: Layout::new(&engine.engine, options),
            engine: engine.engine.clone(),
            parts: Vec::new(),
            first: Vec::new(),
        };
        let mut count = 0;
        let done = each_chunk(input, at, &mut |chunk| {
            answers.take(py, engine.threads, &chunk, &mut |new| {
                count += new;
                progress.tell(count, new)?;
                py.check_signals()
            })
        });
        progress.close()?;
        done.map(|()| answers)
    }

    fn take(
        &mut self,
        py: Python<'_>,
        threads: usize,
        chunk: &Chunk,
        told: &mut dyn FnMut(usize) -> PyResult<()>,
    ) -> PyResult<()> {
        let pool = pool(py, threads)?;
        let lacking = SHOWN.saturating_sub(self.first.len());
        let shown = (0..chunk.len().min(lacking)).filter_map(|row| chunk.post(row));
        self.first.extend(shown.map(Post::into_owned));
        let starts: Vec<usize> = (0..chunk.len()).step_by(ROWS).collect();
        for group in starts.chunks(pool.current_num_threads().max(1) * PARTS_A_THREAD) {
            let (engine, layout) = (&self.engine, &self.layout);
            let answer = |&start: &usize| {
                let rows = start..chunk.len().min(start + ROWS);
                let posts: Vec<Option<Post<'_>>> = rows.map(|row| chunk.post(row)).collect();
                with_scratch(|scratch| layout.answer(engine, &posts, scratch))
            };
            let parts: Result<Vec<Answered>, _> =
                py.detach(|| pool.install(|| group.par_iter().map(answer).collect()));
            let parts = parts.map_err(refused)?;
            let new = parts.iter().map(|part| part.triages.len()).sum();
            self.parts.extend(parts);
            told(new)?;
        }
        Ok(())
    }

    fn batches(&self) -> Vec<RecordBatch> {
        self.parts.iter().map(|part| part.batch.clone()).collect()
    }

    fn lines(&self) -> String {
        let mut out = Vec::new();
        for part in &self.parts {
            let text = |name: &str| part.batch.column_by_name(name)?.as_string_opt::<i32>();
            let (ids, explanations) = (text("id"), text("explanation"));
            for (row, triage) in part.triages.iter().enumerate() {
                match triage {
                    Some(triage) => {
                        let explanation = value(explanations, row);
                        line(&self.engine, value(ids, row), triage, explanation, &mut out);
                    }
                    None => out.extend_from_slice(b"null"),
                }
                out.push(b'\n');
            }
        }
        // What was written is JSON of valid texts.
        String::from_utf8(out).unwrap_or_default()
    }
}

fn value(texts: Option<&StringArray>, row: usize) -> Option<&str> {
    let texts = texts?;
    (row < texts.len() && texts.is_valid(row)).then(|| texts.value(row))
}

#[pymethods]
impl Answers {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface lets a producer give its own schema.
        drop(requested_schema);
        stream(py, &Arc::clone(self.layout.schema()), self.batches())
    }

    fn __len__(&self) -> usize {
        self.parts.iter().map(|part| part.triages.len()).sum()
    }

    /// The answers as a `pyarrow.Table`.
    fn to_arrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        to_arrow(slf.as_any())
    }

    /// The answers as a `polars.DataFrame`.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        to_polars(slf.as_any())
    }

    /// The answers as a `pandas.DataFrame`.
    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        to_pandas(slf.as_any())
    }

    /// The lines that the command line writes, `null` where the text was null.
    ///
    /// Returns
    /// -------
    /// str
    ///     A line of JSON a post, each with its end.
    fn to_jsonl(&self, py: Python<'_>) -> String {
        py.detach(|| self.lines())
    }

    fn _repr_html_(&self, py: Python<'_>) -> String {
        let page = py.detach(|| {
            with_scratch(|scratch| {
                let triages = self
                    .first
                    .iter()
                    .map(|post| self.engine.triage(post, scratch));
                let triages: Vec<Triage> = triages.collect();
                let rows: Vec<_> = self
                    .first
                    .iter()
                    .zip(&triages)
                    .map(|(post, triage)| {
                        (
                            post,
                            self.engine.answer(post, triage),
                            self.engine.explain(post),
                        )
                    })
                    .collect();
                answered(&rows, self.__len__(), Language::En)
            })
        });
        framed(&page, SHOWN_HEIGHT)
    }

    fn __repr__(&self) -> String {
        format!("<hearken.Answers of {} posts>", self.__len__())
    }
}
