//! Sources: what all formats share, and one module for each format.
//!
//! `plan` says what to read, `file` gives its bytes, `report` tells what they were, `pass` is how every
//! format is read.

pub mod csv;
mod digest;
mod encoding;
mod file;
mod pass;
mod plan;
mod pool;
mod report;

pub use digest::digest_ranges;
pub use encoding::Encoding;
pub use pass::Pass;
pub use plan::{BlockRange, CancelFlag, Chunk, ColumnSpec, Excluded, SourceFile};
pub use report::{BlockReport, ChunkReport, Reject, rejects_schema, rejects_to_batch};
