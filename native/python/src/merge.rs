//! `merge_states`: states to one state.

use arrow_array::{RecordBatch, RecordBatchReader};
use fusionflow_engine::{
    error::{Error, Result},
    merge,
};
use pyo3::prelude::*;

use crate::{
    error::detached,
    stream::{ArrowBatch, imported_stream},
};

/// Merge the states of a stream, in order; none where that is left to DuckDB.
#[pyfunction]
pub fn merge_states(py: Python<'_>, stream: &Bound<'_, PyAny>, merges: Vec<String>) -> PyResult<Option<ArrowBatch>> {
    let reader = imported_stream(stream)?;
    let merged = detached(py, move || {
        let schema = reader.schema();
        let batches: Result<Vec<RecordBatch>> =
            reader.map(|batch| batch.map_err(|error| Error::Stream(error.to_string()))).collect();
        merge::merge_states(&batches?, &schema, &merges)
    })?;
    Ok(merged.map(ArrowBatch))
}
