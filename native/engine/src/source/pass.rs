//! How every format is read: batch by batch, reports and rejects kept.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::report::{ChunkReport, Reject};
use crate::error::Result;

/// One pass over the chunks of a plan.
pub trait Pass: Send {
    /// Schema of the batches.
    fn schema(&self) -> SchemaRef;

    /// The next batch that has rows, or `None` at the end.
    ///
    /// # Errors
    /// What ends the pass: [`crate::error::Error::Changed`], [`crate::error::Error::Malformed`],
    /// [`crate::error::Error::Widened`], [`crate::error::Error::Cancelled`], or as the files read.
    fn next_batch(&mut self) -> Result<Option<RecordBatch>>;

    /// Chunks read to their end so far.
    fn reports(&self) -> &[ChunkReport];

    /// Records rejected so far.
    fn rejects(&self) -> &[Reject];
}
