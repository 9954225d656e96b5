//! Sources: what all formats share, and one module for each format.
//!
//! `plan` says what to read, `read_at` opens it and `file` gives its bytes, `report` tells what they were, `pass` is how every
//! format is read.

pub mod columnar;
mod compression;
pub mod csv;
mod digest;
mod encoding;
mod file;
pub mod jsonl;
mod level;
pub mod packed;
pub mod parquet;
mod pass;
mod plan;
mod pool;
mod read_at;
mod report;
pub mod text;

pub use compression::Compression;
pub use digest::digest_ranges;
pub use encoding::Encoding;
pub use pass::Pass;
pub use plan::{BlockRange, CancelFlag, Chunk, ColumnSpec, Excluded, SourceFile};
pub use read_at::{Local, Meter, Open, Opener, ReadAt, Stamp};
pub use report::{BlockReport, ChunkReport, Reject, rejects_schema, rejects_to_batch};
