//! `write_parts` and `join_parts`: rows into files.

use std::path::PathBuf;

use arrow_array::RecordBatchReader;
use fusionflow_engine::{
    error::{Error, Result},
    sink::{self, Codec, CsvWriting, Format},
};
use pyo3::prelude::*;

use crate::{args::character, cancel::CancelToken, error::detached, stream::imported_stream};

/// `fusionflow_lab.sink.Sink`.
#[derive(FromPyObject)]
pub struct Sink {
    format: String,
    compression: String,
    compression_level: Option<i32>,
    partition_by: Vec<String>,
    file_size_bytes: u64,
    row_group_size: usize,
    delimiter: String,
    quote: String,
    escape: String,
    null: String,
    header: bool,
    force_quote: bool,
}

/// One file that was written.
#[pyclass(frozen, get_all, module = "fusionflow_lab._native")]
pub struct Part {
    name: String,
    digest: String,
    rows: u64,
    bytes: u64,
    partition: Vec<Option<String>>,
}

impl Sink {
    fn plan(self, folder: PathBuf, prefix: String, keep_empty: bool) -> Result<sink::SinkPlan> {
        let needed = |what: &str, text: &str| {
            character(what, text)?.ok_or_else(|| Error::Invalid(format!("{what} is empty; it must be one character")))
        };
        let format = match self.format.as_str() {
            "parquet" => Format::Parquet { row_group_rows: self.row_group_size.max(1) },
            "json" => Format::Json,
            "csv" => Format::Csv(CsvWriting {
                delimiter: self.delimiter.into_bytes(),
                quote: needed("quote", &self.quote)?,
                escape: needed("escape", &self.escape)?,
                null: self.null.into_bytes(),
                header: self.header,
                force_quote: self.force_quote,
            }),
            other => return Err(Error::Invalid(format!("there is no format {other}"))),
        };
        Ok(sink::SinkPlan {
            format,
            codec: self.compression.parse::<Codec>()?,
            level: self.compression_level,
            partitions: self.partition_by.len(),
            file_bytes: self.file_size_bytes,
            keep_empty,
            folder,
            prefix,
        })
    }
}

/// Write the rows of an Arrow stream to files in a folder.
#[pyfunction]
#[pyo3(signature = (stream, sink, folder, prefix, token, *, keep_empty=false))]
pub fn write_parts(
    py: Python<'_>,
    stream: &Bound<'_, PyAny>,
    sink: Sink,
    folder: PathBuf,
    prefix: String,
    token: &CancelToken,
    keep_empty: bool,
) -> PyResult<Vec<Part>> {
    let flag = token.flag.clone();
    let batches = imported_stream(stream)?;
    detached(py, move || {
        let schema = batches.schema();
        let parts = sink::write_parts(batches, &schema, &sink.plan(folder, prefix, keep_empty)?, &flag)?;
        let part = |sink::Part { name, digest, rows, bytes, partition }| Part { name, digest, rows, bytes, partition };
        Ok(parts.into_iter().map(part).collect())
    })
}

/// Make one file of several, in their order; return its digest and bytes.
#[pyfunction]
pub fn join_parts(
    py: Python<'_>,
    parts: Vec<PathBuf>,
    file_format: &str,
    folder: PathBuf,
    name: String,
    token: &CancelToken,
) -> PyResult<(String, u64)> {
    let flag = token.flag.clone();
    let parquet = file_format == "parquet";
    detached(py, move || {
        let finished = sink::join_parts(&parts, parquet, &folder, name, &flag)?;
        Ok((finished.digest, finished.bytes))
    })
}
