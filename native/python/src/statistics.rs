//! `parquet_statistics`: what Parquet files say of the values of runs of rows.

use arrow_array::RecordBatchIterator;
use fusionflow_engine::{error::Error, source::parquet};
use pyo3::{prelude::*, types::PyCapsule};

use crate::{
    args::{Chunk, ParquetReader},
    error::detached,
    remote::opener,
    stream::stream_capsule,
};

/// `fusionflow_lab.source.Column`, of which only the name and the type are asked about.
#[derive(FromPyObject)]
pub struct Watched {
    name: String,
    #[pyo3(attribute("type"))]
    type_name: String,
}

#[pyfunction]
#[pyo3(signature = (chunks, columns, reader, remote=None))]
pub fn parquet_statistics(
    py: Python<'_>,
    chunks: Vec<Chunk>,
    columns: Vec<Watched>,
    reader: ParquetReader,
    remote: Option<Py<PyAny>>,
) -> PyResult<Statistics> {
    let opener = opener(remote);
    let watched = columns.into_iter().map(|Watched { name, type_name }| parquet::Watched { name, type_name });
    let watched: Vec<_> = watched.collect();
    detached(py, || {
        let chunks = chunks.into_iter().map(TryInto::try_into).collect::<Result<Vec<_>, Error>>()?;
        parquet::statistics(&chunks, &watched, reader.options(), &opener)
    })
    .map(Statistics)
}

/// Batches of one schema, to be consumed as a stream.
#[pyclass(frozen, module = "fusionflow_lab._native")]
pub struct Statistics(Vec<arrow_array::RecordBatch>);

#[pymethods]
impl Statistics {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let schema = self
            .0
            .first()
            .map(arrow_array::RecordBatch::schema)
            .unwrap_or_else(|| std::sync::Arc::new(arrow_schema::Schema::empty()));
        let batches = self.0.clone().into_iter().map(Ok);
        stream_capsule(py, Box::new(RecordBatchIterator::new(batches.collect::<Vec<_>>(), schema)))
    }
}
