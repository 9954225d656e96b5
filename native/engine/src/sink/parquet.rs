//! Files of Parquet.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::{
    arrow::ArrowWriter,
    basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
};

use super::{
    encode::Encode,
    output::{Finished, Output},
    plan::{Codec, SinkPlan},
};
use crate::error::{Error, Result};

/// Encoded bytes of a row group after which it is written, however few its rows are.
const ROW_GROUP_BYTES: usize = 64 << 20;

/// Who wrote a file.
pub const CREATED_BY: &str = concat!("fusionflow_lab ", env!("CARGO_PKG_VERSION"));

/// A file of Parquet.
pub struct ParquetFile {
    writer: ArrowWriter<Output>,
    path: std::path::PathBuf,
}

impl ParquetFile {
    /// Begin a file for rows of this schema.
    ///
    /// # Errors
    /// [`Error::Invalid`] for columns that Parquet does not hold.
    pub fn new(plan: &SinkPlan, row_group_rows: usize, schema: &SchemaRef, output: Output) -> Result<Self> {
        let path = output.path().to_owned();
        let properties = properties(plan, row_group_rows)?;
        let writer = ArrowWriter::try_new(output, Arc::clone(schema), Some(properties));
        Ok(Self { writer: writer.map_err(|error| refused(&path, error))?, path })
    }
}

/// How pages and row groups are written.
fn properties(plan: &SinkPlan, row_group_rows: usize) -> Result<WriterProperties> {
    let invalid = |error: ParquetError| Error::Invalid(error.to_string());
    let compression = match plan.codec {
        Codec::None => Compression::UNCOMPRESSED,
        Codec::Snappy => Compression::SNAPPY,
        Codec::Lz4 => Compression::LZ4_RAW,
        Codec::Gzip => Compression::GZIP(match plan.level {
            Some(level) => GzipLevel::try_new(level.unsigned_abs()).map_err(invalid)?,
            None => GzipLevel::default(),
        }),
        Codec::Brotli => Compression::BROTLI(match plan.level {
            Some(level) => BrotliLevel::try_new(level.unsigned_abs()).map_err(invalid)?,
            None => BrotliLevel::default(),
        }),
        Codec::Zstd => Compression::ZSTD(match plan.level {
            Some(level) => ZstdLevel::try_new(level).map_err(invalid)?,
            None => ZstdLevel::default(),
        }),
    };
    Ok(WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(row_group_rows))
        .set_created_by(CREATED_BY.to_owned())
        .build())
}

impl Encode for ParquetFile {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(|error| refused(&self.path, error))?;
        if self.writer.memory_size() > ROW_GROUP_BYTES { self.flush() } else { Ok(()) }
    }

    fn bytes(&self) -> u64 {
        (self.writer.bytes_written() + self.writer.in_progress_size()) as u64
    }

    fn flush(&mut self) -> Result<()> {
        self.writer.flush().map_err(|error| refused(&self.path, error))
    }

    fn finish(self: Box<Self>) -> Result<Finished> {
        let Self { writer, path } = *self;
        writer.into_inner().map_err(|error| refused(&path, error))?.finish()
    }
}

/// The error of a file of Parquet that cannot be written.
pub fn refused(path: &std::path::Path, error: ParquetError) -> Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(error) => Error::io(path, *error),
            Err(other) => Error::Invalid(format!("Parquet does not hold these rows: {other}")),
        },
        other => Error::Invalid(format!("Parquet does not hold these rows: {other}")),
    }
}
