//! How sniffed types meet, and which types the scan reads itself.

use fusionflow_engine::{source::jsonl::Kind, types::ColumnType};
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

/// Return the least type that holds the JSON values of both types.
#[pyfunction]
pub fn widest_json_type(py: Python<'_>, one: &str, other: &str) -> PyResult<String> {
    detached(py, || Ok(one.parse::<Kind>()?.widest(other.parse()?).to_string()))
}

/// Whether the scan reads JSON values of a type itself, dates in this format.
#[pyfunction]
pub fn reads_json_type(name: &str, date_format: &str) -> bool {
    if date_format.is_empty() { name.parse::<Kind>().is_ok() } else { typed(name, date_format).is_ok() }
}
