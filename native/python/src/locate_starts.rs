//! `locate_starts`: where records really start.

use std::path::PathBuf;

use fusionflow_engine::source::csv;
use pyo3::prelude::*;

use crate::{args::Dialect, cancel::CancelToken, error::detached};

/// Find where records really start, reading on from a proven start.
#[pyfunction]
pub fn locate_starts(
    py: Python<'_>,
    path: PathBuf,
    dialect: Dialect,
    start: u64,
    offsets: Vec<u64>,
    believed: Vec<u64>,
    token: &CancelToken,
) -> PyResult<Vec<u64>> {
    let flag = token.flag.clone();
    detached(py, || csv::locate_starts(&path, &dialect.try_into()?, start, &offsets, &believed, &flag))
}
