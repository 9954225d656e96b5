//! CSV (RFC 4180 and its dialects): records found, fields cut, values parsed into Arrow.
//!
//! Way of the data: `file` (bytes) → `boundary` (first record) → `index`, else
//! `tolerant` (fields of records)
//! → `column` (values) → `batch` → `scan` (batches and reports).

#[cfg(test)]
mod agreement;
mod batch;
mod boundary;
mod column;
mod dialect;
mod digest;
mod encoding;
mod file;
mod index;
mod locate;
mod look;
mod plan;
mod pool;
mod record;
mod report;
mod rewrite;
mod rows;
mod scan;
pub mod sniff;
mod tolerant;
pub mod value;

pub use dialect::Dialect;
pub use digest::digest_ranges;
pub use encoding::Encoding;
pub use locate::locate_starts;
pub use plan::{BlockRange, CancelFlag, Chunk, ColumnSpec, Excluded, ScanPlan, SourceFile};
pub use record::{Flaw, Record, Span, read_record};
pub use report::{BlockReport, ChunkReport, Reject, rejects_schema, rejects_to_batch};
pub use scan::Scanner;
