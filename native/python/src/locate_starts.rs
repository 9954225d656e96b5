//! `locate_starts`: where records really start.

use fusionflow_engine::source::{Opener, csv};
use pyo3::prelude::*;

use crate::{
    args::{Dialect, SourceFile},
    cancel::CancelToken,
    error::detached,
};

/// Find where records really start, reading on from a proven start.
#[pyfunction]
pub fn locate_starts(
    py: Python<'_>,
    file: SourceFile,
    dialect: Dialect,
    start: u64,
    offsets: Vec<u64>,
    believed: Vec<u64>,
    token: &CancelToken,
) -> PyResult<Vec<u64>> {
    let flag = token.flag.clone();
    detached(py, || {
        let (opener, file, dialect) = (Opener::default(), file.try_into()?, dialect.try_into()?);
        csv::locate_starts(&opener, &file, &dialect, start, &offsets, &believed, &flag)
    })
}
