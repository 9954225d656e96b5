//! What every format does: take batches, tell how large the file is, finish it.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::{
    csv::CsvRows,
    json::JsonRows,
    output::{Finished, Output},
    parquet::ParquetFile,
    plan::{Format, SinkPlan},
    text::TextFile,
};
use crate::error::Result;

/// A file of some format that rows are written to.
pub trait Encode {
    /// Take rows.
    ///
    /// # Errors
    /// [`crate::error::Error::Io`], or [`crate::error::Error::Invalid`] for values that the format does not hold.
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;

    /// About how many bytes the file has, those not written yet included.
    fn bytes(&self) -> u64;

    /// Write what is held back, so that it takes no memory.
    ///
    /// # Errors
    /// [`crate::error::Error::Io`].
    fn flush(&mut self) -> Result<()>;

    /// End the file.
    ///
    /// # Errors
    /// [`crate::error::Error::Io`].
    fn finish(self: Box<Self>) -> Result<Finished>;
}

/// Begin a file of the plan's format for rows of this schema.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for columns that the format does not hold.
pub fn encoder(plan: &SinkPlan, schema: &SchemaRef, output: Output) -> Result<Box<dyn Encode>> {
    Ok(match &plan.format {
        Format::Parquet { row_group_rows } => Box::new(ParquetFile::new(plan, *row_group_rows, schema, output)?),
        Format::Csv(writing) => Box::new(TextFile::new(plan, Box::new(CsvRows::new(writing.clone(), schema)), output)?),
        Format::Json => Box::new(TextFile::new(plan, Box::new(JsonRows::new(schema)), output)?),
    })
}
