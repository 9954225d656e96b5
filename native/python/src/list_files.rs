//! `list_files`.

use fusionflow_engine::walk;
use pyo3::prelude::*;

use crate::error::detached;

/// List the files that match a glob (``*``, ``?``, ``[a-z]``, ``**``, ``{a,b}``), sorted by path.
#[pyfunction]
pub fn list_files(py: Python<'_>, pattern: &str) -> PyResult<Vec<String>> {
    let paths = detached(py, || walk::list_files(pattern))?;
    Ok(paths.into_iter().map(|path| path.to_string_lossy().into_owned()).collect())
}
