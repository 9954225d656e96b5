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

/// Return name and type of each field of a STRUCT; none for another type.
#[pyfunction]
pub fn json_fields(py: Python<'_>, name: &str) -> PyResult<Vec<(String, String)>> {
    detached(py, || match name.parse::<Kind>()? {
        Kind::Struct(fields) => Ok(fields.into_iter().map(|(name, kind)| (name, kind.to_string())).collect()),
        _ => Ok(Vec::new()),
    })
}

/// Return a type with only those fields of structs that the paths name; an empty path names all.
#[pyfunction]
pub fn narrowed_json_type(py: Python<'_>, name: &str, paths: Vec<Vec<String>>) -> PyResult<String> {
    detached(py, || Ok(name.parse::<Kind>()?.narrowed(&paths).to_string()))
}

/// Whether the scan reads JSON values of a type itself, dates in this format.
#[pyfunction]
pub fn reads_json_type(name: &str, date_format: &str) -> bool {
    if date_format.is_empty() { name.parse::<Kind>().is_ok() } else { typed(name, date_format).is_ok() }
}
