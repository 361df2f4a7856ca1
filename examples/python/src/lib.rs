//! The extension module `hearken._hearken`: hearken over Arrow tables, for Python.

mod answers;
mod campaigns;
mod engine;
mod error;
mod explanation;
mod given;
mod learn;
mod part;
mod pool;
mod python;
mod state;
mod table;
mod trends;

use pyo3::prelude::*;

/// Triage of social-media posts: spam, importance, topic and sentiment.
#[pymodule]
fn _hearken(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<answers::Answers>()?;
    module.add_class::<table::Table>()?;
    module.add_class::<explanation::Explanation>()?;
    module.add_class::<state::Desk>()?;
    module.add_class::<trends::Trends>()?;
    module.add_class::<campaigns::Campaigns>()?;
    module.add_class::<learn::Model>()?;
    module.add_class::<python::Page>()?;
    module.add_function(wrap_pyfunction!(learn::train, module)?)?;
    module.add_function(wrap_pyfunction!(learn::evaluate, module)?)?;
    module.add_function(wrap_pyfunction!(learn::series, module)?)?;
    module.add_function(wrap_pyfunction!(state::report, module)?)
}
