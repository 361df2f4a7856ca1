//! Tables in and out, through the Arrow C stream interface.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::sync::Arc;

use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_pyarrow::FromPyArrow;
use arrow_schema::{ArrowError, SchemaRef};
use hearken::Post;
use hearken_arrow::{Columns, ROWS, Rows};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyCapsule, PyDict, PyString};

use crate::error::refused;

/// The name that the interface gives to capsules of streams.
const STREAM: &CStr = c"arrow_array_stream";

/// Where posts stand in a table.
#[derive(Clone, Debug)]
pub(crate) struct Where {
    /// The column of the texts.
    pub(crate) text: String,
    /// Others, by the field of the post.
    pub(crate) columns: BTreeMap<String, String>,
}

/// Some posts of an input.
pub(crate) enum Chunk {
    /// Rows of a table.
    Rows(Box<Rows>),
    /// Texts of a list.
    Texts(Vec<Option<PyBackedStr>>),
}

impl Chunk {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Chunk::Rows(rows) => rows.len(),
            Chunk::Texts(texts) => texts.len(),
        }
    }

    /// A post; none where its text is null.
    pub(crate) fn post(&self, row: usize) -> Option<Post<'_>> {
        match self {
            Chunk::Rows(rows) => rows.post(row),
            Chunk::Texts(texts) => Some(Post::new(&**texts.get(row)?.as_ref()?)),
        }
    }
}

/// Calls `take` for the posts of anything that has some: a table, a batch, texts, or an iterable of
/// these.
pub(crate) fn each_chunk(
    input: &Bound<'_, PyAny>,
    at: &Where,
    take: &mut dyn FnMut(Chunk) -> PyResult<()>,
) -> PyResult<()> {
    if take_table(input, at, take)? {
        return Ok(());
    }
    if input.is_instance_of::<PyString>() || input.is_instance_of::<PyDict>() {
        return Err(refused(
            "one text is no table; give a list of texts, or read it with engine.explain",
        ));
    }
    let Ok(items) = input.try_iter() else {
        return Err(refused(format!(
            "{} is no table; give texts, or what has __arrow_c_stream__ (a table of pyarrow, \
             polars, pandas or DuckDB), or an iterable of these",
            input.get_type().name()?
        )));
    };
    let mut texts: Vec<Option<PyBackedStr>> = Vec::new();
    for (number, item) in items.enumerate() {
        let item = item?;
        if item.is_none() || item.is_instance_of::<PyString>() {
            texts.push(item.extract()?);
            if texts.len() >= ROWS * 8 {
                take(Chunk::Texts(std::mem::take(&mut texts)))?;
            }
            continue;
        }
        if !texts.is_empty() {
            take(Chunk::Texts(std::mem::take(&mut texts)))?;
        }
        if !take_table(&item, at, take)? {
            return Err(refused(format!(
                "item {number} is {}, neither a text nor a table; give texts, None, or batches",
                item.get_type().name()?
            )));
        }
    }
    match texts.is_empty() {
        true => Ok(()),
        false => take(Chunk::Texts(texts)),
    }
}

/// Takes a table or a batch; whether it is one.
fn take_table(
    input: &Bound<'_, PyAny>,
    at: &Where,
    take: &mut dyn FnMut(Chunk) -> PyResult<()>,
) -> PyResult<bool> {
    let py = input.py();
    if input.hasattr(intern!(py, "__arrow_c_stream__"))? {
        let mut reader = RecordBatchStreamReader::from_pyarrow_bound(input)?;
        let columns = columns(&reader.schema(), at)?;
        while let Some(batch) = py.detach(|| reader.next()) {
            take(Chunk::Rows(read(py, &columns, &batch.map_err(refused)?)?))?;
        }
        return Ok(true);
    }
    if input.hasattr(intern!(py, "__arrow_c_array__"))? {
        let batch = RecordBatch::from_pyarrow_bound(input)?;
        let columns = columns(&batch.schema(), at)?;
        take(Chunk::Rows(read(py, &columns, &batch)?))?;
        return Ok(true);
    }
    Ok(false)
}

fn columns(schema: &SchemaRef, at: &Where) -> PyResult<Columns> {
    Columns::find(schema, &at.text, &at.columns).map_err(refused)
}

fn read(py: Python<'_>, columns: &Columns, batch: &RecordBatch) -> PyResult<Box<Rows>> {
    let rows = py.detach(|| columns.read(batch));
    rows.map(Box::new).map_err(refused)
}

/// All batches of a table, as they are.
pub(crate) fn batches(input: &Bound<'_, PyAny>) -> PyResult<Vec<RecordBatch>> {
    let mut reader = RecordBatchStreamReader::from_pyarrow_bound(input).map_err(|error| {
        refused(format!(
            "this is no table ({error}); give one of pyarrow, polars, pandas or DuckDB"
        ))
    })?;
    let all: Result<Vec<RecordBatch>, ArrowError> = input.py().detach(|| reader.by_ref().collect());
    all.map_err(refused)
}

/// A capsule with these batches.
pub(crate) fn stream<'py>(
    py: Python<'py>,
    schema: &SchemaRef,
    batches: Vec<RecordBatch>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let batches = batches.into_iter().map(Ok::<_, ArrowError>);
    let reader = RecordBatchIterator::new(batches, Arc::clone(schema));
    let stream = FFI_ArrowArrayStream::new(Box::new(reader));
    PyCapsule::new_with_value(py, stream, STREAM)
}

/// The table as pyarrow has it.
pub(crate) fn to_arrow<'py>(table: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    table
        .py()
        .import("pyarrow")?
        .call_method1("table", (table,))
}

/// The table as polars has it.
pub(crate) fn to_polars<'py>(table: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    table
        .py()
        .import("polars")?
        .call_method1("DataFrame", (table,))
}

/// The table as pandas has it.
pub(crate) fn to_pandas<'py>(table: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    to_arrow(table)?.call_method0("to_pandas")
}

/// A table of numbers: what `series` gives, and windows of trends.
///
/// Anything that reads Arrow takes it: `polars.DataFrame(table)`, `pyarrow.table(table)`,
/// `duckdb.sql("select * from table")`.
#[pyclass(frozen, module = "hearken")]
pub(crate) struct Table {
    batch: RecordBatch,
}

impl Table {
    /// The table of a batch.
    pub(crate) fn new(batch: RecordBatch) -> Table {
        Table { batch }
    }
}

#[pymethods]
impl Table {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface lets a producer give its own schema.
        drop(requested_schema);
        stream(py, &self.batch.schema(), vec![self.batch.clone()])
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    /// The table as a `pyarrow.Table`.
    fn to_arrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        to_arrow(slf.as_any())
    }

    /// The table as a `polars.DataFrame`.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        to_polars(slf.as_any())
    }

    /// The table as a `pandas.DataFrame`.
    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        to_pandas(slf.as_any())
    }
}
