//! Training and evaluating heads, and the surprise of series.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use hearken::series::surprise::{Detector, Direction, Row, Settings};
use hearken::train::{Example, Goal, TrainOptions};
use hearken_arrow::Column;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::engine::{Engine, write};
use crate::error::{raised, refused};
use crate::given::Given;
use crate::pool::pool;
use crate::python::object;
use crate::table::{Table, batches};

/// A head that was trained; an ``Engine`` takes it as one of its ``models``.
///
/// Parameters
/// ----------
/// data : bytes
///     What ``to_bytes`` gave, or a file that ``hearken train`` wrote.
#[pyclass(frozen, module = "hearken")]
pub(crate) struct Model {
    pub(crate) bytes: Vec<u8>,
    model: hearken::model::Model,
}

#[pymethods]
impl Model {
    #[new]
    fn new(data: &[u8]) -> PyResult<Model> {
        Ok(Model {
            model: hearken::model::Model::from_bytes(data).map_err(raised)?,
            bytes: data.to_vec(),
        })
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyBytes>,) {
        (self.to_bytes(py),)
    }

    /// The model as bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.bytes)
    }

    /// Write the model to a file, which the command line takes as ``--model``.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///     The file.
    fn save(&self, path: PathBuf) -> PyResult<()> {
        write(&path, &self.bytes)
    }

    /// The names of its heads.
    #[getter]
    fn tasks(&self) -> Vec<String> {
        self.model.tasks().map(str::to_owned).collect()
    }

    fn __repr__(&self) -> String {
        format!("<hearken.Model of {}>", self.tasks().join(", "))
    }
}

/// The labelled texts of a table; rows without a text or a label are left out.
fn examples(table: &Bound<'_, PyAny>, text: &str, label: &str) -> PyResult<Vec<Example>> {
    let mut examples = Vec::new();
    for batch in batches(table)? {
        let texts = Column::find(&batch, text).map_err(refused)?;
        let labels = Column::find(&batch, label).map_err(refused)?;
        examples.extend((0..batch.num_rows()).filter_map(|row| {
            Some(Example {
                text: texts.text(row)?.into_owned(),
                label: labels.text(row)?.into_owned(),
                ..Example::default()
            })
        }));
    }
    Ok(examples)
}

/// Train a head from labelled texts.
///
/// Parameters
/// ----------
/// table : table
///     Anything with ``__arrow_c_stream__``. Rows without a text or a label are left out.
/// label : str
///     The column of the labels.
/// text : str
///     The column of the texts.
/// task : str
///     The name of the head.
/// languages : list of str, optional
///     The languages of the texts, as ``["en", "cs"]``.
/// optimise : {"macro-f1", "accuracy"}
///     What is made as large as it can be.
/// seed : int
///     The seed of every draw.
/// progress : callable, optional
///     Called with the name of a step and how much of it is done, 0 to 1.
///
/// Returns
/// -------
/// Model
///     The head; the same bytes as those of ``hearken train``.
#[pyfunction]
#[pyo3(signature = (table, *, label="label", text="text", task="task", languages=None, optimise="macro-f1", seed=1, progress=None))]
#[expect(clippy::too_many_arguments, reason = "they are named in Python")]
pub(crate) fn train(
    table: &Bound<'_, PyAny>,
    label: &str,
    text: &str,
    task: &str,
    languages: Option<Vec<String>>,
    optimise: &str,
    seed: u64,
    progress: Option<Py<PyAny>>,
) -> PyResult<Model> {
    let py = table.py();
    let goals = [Goal::MacroF1, Goal::Accuracy];
    let goal = goals.into_iter().find(|goal| goal.name() == optimise);
    let options = TrainOptions {
        task: task.to_owned(),
        languages: languages.unwrap_or_default(),
        seed,
        goal: goal.ok_or_else(|| {
            refused(format!(
                "optimise is {optimise:?}; write \"macro-f1\" or \"accuracy\""
            ))
        })?,
        ..TrainOptions::default()
    };
    let examples = examples(table, text, label)?;
    let pool = pool(py, 0)?;
    let mut failed = None;
    let mut tell = |step: &str, share: f32| {
        // A callback that fails is heard at the end: training can't be left half way.
        if let Some(progress) = &progress {
            let told = Python::attach(|py| progress.call1(py, (step, share)).map(drop));
            failed = told.err().or(failed.take());
        }
    };
    let model = py.detach(|| hearken_train(&pool, &examples, &options, &mut tell));
    if let Some(failed) = failed {
        return Err(failed);
    }
    Model::new(&model.map_err(raised)?.to_bytes())
}

/// Training on the threads of a pool; the callback stays on this one.
fn hearken_train(
    pool: &rayon::ThreadPool,
    examples: &[Example],
    options: &TrainOptions,
    tell: &mut (dyn FnMut(&str, f32) + Send),
) -> hearken::Result<hearken::model::Model> {
    pool.install(|| hearken::train::train(examples, options, &mut |step, share| tell(step, share)))
}

/// What a head reaches on labelled texts.
///
/// Parameters
/// ----------
/// model : hearken.Model, path, bytes or hearken.Engine
///     The head, or an engine that has it.
/// table : table
///     Anything with ``__arrow_c_stream__``.
/// label : str
///     The column of the labels.
/// text : str
///     The column of the texts.
/// task : str, optional
///     The head; needed where there are several.
///
/// Returns
/// -------
/// dict
///     What ``hearken evaluate --json`` writes: ``accuracy``, ``macro_f1``, ``classes`` …
#[pyfunction]
#[pyo3(signature = (model, table, *, label="label", text="text", task=None))]
pub(crate) fn evaluate<'py>(
    model: &Bound<'py, PyAny>,
    table: &Bound<'py, PyAny>,
    label: &str,
    text: &str,
    task: Option<String>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = table.py();
    let (engine, tasks) = match model.cast::<Engine>() {
        Ok(engine) => {
            let engine = engine.get().engine.clone();
            let tasks: Vec<String> = engine.tasks().map(str::to_owned).collect();
            (engine, tasks)
        }
        Err(_) => {
            let given: Given<'_> = model.extract()?;
            let model = hearken::model::Model::from_bytes(&given.bytes()?).map_err(raised)?;
            let tasks = model.tasks().map(str::to_owned).collect();
            let builder = hearken::Engine::builder().without_bundled_models();
            let engine = py.detach(|| builder.model(model).build()).map_err(raised)?;
            (engine, tasks)
        }
    };
    let task = match (task, tasks.as_slice()) {
        (Some(task), _) => task,
        (None, [task]) => task.clone(),
        (None, tasks) => {
            let known = tasks.join(", ");
            return Err(refused(format!(
                "there are {} heads ({known}); choose one with task=",
                tasks.len()
            )));
        }
    };
    let examples = examples(table, text, label)?;
    let pool = pool(py, 0)?;
    let found = py.detach(|| pool.install(|| hearken::train::evaluate(&engine, &task, &examples)));
    object(py, &found.map_err(raised)?)
}

/// How surprising each value of a series is.
///
/// Parameters
/// ----------
/// table : table
///     Anything with ``__arrow_c_stream__``; rows in order of time.
/// time : str
///     The column of the times.
/// value : str
///     The column of the values; null or NaN is missing.
/// direction : {"both", "up", "down"}
///     Which way a series must go to surprise.
///
/// Returns
/// -------
/// Table
///     A row a value: ``score`` (0 to 1), ``expected`` (in the unit of the values; null before the
///     first), ``row`` (later, late or missing).
#[pyfunction]
#[pyo3(signature = (table, *, time="timestamp", value="value", direction="both"))]
pub(crate) fn series(
    table: &Bound<'_, PyAny>,
    time: &str,
    value: &str,
    direction: &str,
) -> PyResult<Table> {
    let direction = match direction {
        "both" => Direction::Both,
        "up" => Direction::Up,
        "down" => Direction::Down,
        _ => {
            return Err(refused(format!(
                "direction is {direction:?}; write \"both\", \"up\" or \"down\""
            )));
        }
    };
    let settings = Settings {
        direction,
        ..Settings::default()
    };
    let mut detector = Detector::new(settings).map_err(raised)?;
    let (mut scores, mut expected, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for batch in batches(table)? {
        let times = Column::find(&batch, time).map_err(refused)?;
        let values = Column::find(&batch, value).map_err(refused)?;
        for row in 0..batch.num_rows() {
            let (at, value) = (times.time(row), values.number(row));
            // Without its time a value stands in no series.
            let value = value.filter(|_| at.is_some()).unwrap_or(f64::NAN);
            let score = detector.observe(at.unwrap_or_default(), value);
            scores.push(score.score);
            expected.push(score.expected);
            rows.push(match score.row {
                Row::Later => "later",
                Row::Late => "late",
                Row::Missing => "missing",
            });
        }
    }
    let columns: [(&str, ArrayRef); 3] = [
        ("score", Arc::new(Float64Array::from(scores))),
        ("expected", Arc::new(Float64Array::from(expected))),
        ("row", Arc::new(StringArray::from(rows))),
    ];
    Ok(Table::new(
        RecordBatch::try_from_iter(columns).map_err(refused)?,
    ))
}
