//! `locate_starts`: where records really start.

use fusionflow_engine::source::csv;
use pyo3::prelude::*;

use crate::{
    args::{Dialect, SourceFile},
    cancel::CancelToken,
    error::detached,
    remote::opener,
};

/// Find where records really start, reading on from a proven start.
#[pyfunction]
#[pyo3(signature = (file, dialect, start, offsets, believed, token, remote=None))]
#[allow(clippy::too_many_arguments)] // a function of Python's, by name
pub fn locate_starts(
    py: Python<'_>,
    file: SourceFile,
    dialect: Dialect,
    start: u64,
    offsets: Vec<u64>,
    believed: Vec<u64>,
    token: &CancelToken,
    remote: Option<Py<PyAny>>,
) -> PyResult<Vec<u64>> {
    let (flag, opener) = (token.flag.clone(), opener(remote));
    detached(py, || {
        let (file, dialect) = (file.try_into()?, dialect.try_into()?);
        csv::locate_starts(&opener, &file, &dialect, start, &offsets, &believed, &flag)
    })
}
