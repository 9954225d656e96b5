//! `widest_type`: how two sniffed types meet.

use fusionflow_engine::types::ColumnType;
use pyo3::prelude::*;

use crate::error::detached;

/// Return the least type that holds the values of both sniffed types.
#[pyfunction]
pub fn widest_type(py: Python<'_>, one: &str, other: &str) -> PyResult<String> {
    detached(py, || Ok(one.parse::<ColumnType>()?.widest(other.parse()?).to_string()))
}
