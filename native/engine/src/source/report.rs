//! What a scan tells about blocks, chunks and rejected records.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

/// Bytes `[start, end)` hold exactly the block's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockReport {
    pub start: u64,
    pub end: u64,
    /// Records, rejected ones included.
    pub rows: u64,
    pub rejected: u64,
    /// Line feeds in `[start, end)`.
    pub lines: u64,
    /// Bytes of text in a packed block; 0 in others.
    pub text: u64,
}

/// What one chunk turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkReport {
    pub ordinal: i64,
    /// Hex digest (XXH3, 128 bit) of the bytes of its blocks, in order.
    pub identity: String,
    pub blocks: Vec<BlockReport>,
}

/// One record that is in no batch, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    pub chunk: i64,
    pub block: i32,
    /// Record start in the file.
    pub byte: u64,
    /// Line feeds before it in the block.
    pub line: i64,
    pub column: Option<String>,
    pub reason: String,
    pub raw: String,
    /// The value that does not fit its column's type.
    pub text: Option<String>,
}

/// Schema of [`rejects_to_batch`].
#[must_use]
pub fn rejects_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("chunk", DataType::Int32, false),
        Field::new("block", DataType::Int32, false),
        Field::new("byte", DataType::UInt64, false),
        Field::new("line", DataType::Int64, false),
        Field::new("column", DataType::Utf8, true),
        Field::new("reason", DataType::Utf8, false),
        Field::new("raw", DataType::Utf8, false),
        Field::new("text", DataType::Utf8, true),
    ]))
}

/// The rejects as one Arrow batch.
///
/// # Errors
/// None that a caller could cause: the arrays follow the schema.
pub fn rejects_to_batch(rejects: &[Reject]) -> Result<RecordBatch, ArrowError> {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from_iter_values(rejects.iter().map(|reject| reject.chunk as i32))),
        Arc::new(Int32Array::from_iter_values(rejects.iter().map(|reject| reject.block))),
        Arc::new(UInt64Array::from_iter_values(rejects.iter().map(|reject| reject.byte))),
        Arc::new(Int64Array::from_iter_values(rejects.iter().map(|reject| reject.line))),
        Arc::new(rejects.iter().map(|reject| reject.column.as_deref()).collect::<StringArray>()),
        Arc::new(StringArray::from_iter_values(rejects.iter().map(|reject| &reject.reason))),
        Arc::new(StringArray::from_iter_values(rejects.iter().map(|reject| &reject.raw))),
        Arc::new(rejects.iter().map(|reject| reject.text.as_deref()).collect::<StringArray>()),
    ];
    RecordBatch::try_new(rejects_schema(), columns)
}
