//! `widest_type` and `reads_type`: how sniffed types meet, and which types the scan reads itself.

use fusionflow_engine::types::ColumnType;
use pyo3::prelude::*;

use crate::{args::typed, error::detached};

/// Return the least type that holds the values of both sniffed types.
#[pyfunction]
pub fn widest_type(py: Python<'_>, one: &str, other: &str) -> PyResult<String> {
    detached(py, || Ok(one.parse::<ColumnType>()?.widest(other.parse()?).to_string()))
}

/// Whether the scan reads a type itself, dates in this format; else it is read as VARCHAR and cast.
#[pyfunction]
pub fn reads_type(name: &str, date_format: &str) -> bool {
    typed(name, date_format).is_ok()
}
