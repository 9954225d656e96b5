//! `stat_files`.

use std::path::PathBuf;

use fusionflow_engine::walk;
use pyo3::prelude::*;

use crate::error::detached;

/// Size and modification time of files as they are now, in parallel; ``None`` for what is no file.
#[pyfunction]
pub fn stat_files(py: Python<'_>, paths: Vec<PathBuf>) -> PyResult<Vec<Option<(u64, i64)>>> {
    detached(py, || Ok(walk::stat_files(&paths)))
}
