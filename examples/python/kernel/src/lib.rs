//! Answers of hearken as Arrow record batches: the one kernel of the wheel, of DuckDB, polars and
//! Spark, and for whoever has Arrow in Rust.
//!
//! [`Columns`] makes posts of the rows of a batch, [`Layout`] answers posts as a batch.
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::{ArrayRef, RecordBatch, StringArray};
//! use hearken::Engine;
//! use hearken_arrow::{Columns, Layout, Options};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::new()?;
//! let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("Where is my refund?"), None]));
//! let batch = RecordBatch::try_from_iter([("text", texts)])?;
//! let rows = Columns::find(&batch.schema(), "text", &Default::default())?.read(&batch)?;
//! let posts: Vec<_> = (0..rows.len()).map(|row| rows.post(row)).collect();
//! let layout = Layout::new(&engine, Options::default());
//! let answered = layout.answer(&engine, &posts, &mut engine.scratch())?;
//! assert_eq!(answered.batch.num_rows(), 2);
//! assert!(answered.triages[1].is_none());
//! # Ok(())
//! # }
//! ```

mod answers;
mod columns;
mod sources;
mod values;

pub use answers::{Answered, Layout, Options, line};
pub use columns::{Columns, Rows};
pub use sources::{RuleFile, Sources};
pub use values::Column;

/// Rows that one thread answers at a time, and that a batch of answers has at most: as many as a
/// vector of DuckDB.
pub const ROWS: usize = 2048;

/// Why a table can't be read: one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(pub(crate) String);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl From<arrow_schema::ArrowError> for Error {
    fn from(error: arrow_schema::ArrowError) -> Error {
        Error(error.to_string())
    }
}
