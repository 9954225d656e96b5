//! Sinks: Arrow batches to files, as one worker writes them.
//!
//! `plan` says how, `output` is a file that is named by its content, `parquet`, `csv` and `json` encode, `parts`
//! divides rows among files: by partition, and where a file is large enough. `join` makes one file of several.

mod compress;
mod csv;
mod encode;
mod join;
mod json;
mod output;
mod parquet;
mod partition;
mod parts;
mod plan;
mod text;

pub use join::join_parts;
pub use parts::{Part, write_parts};
pub use plan::{Codec, CsvWriting, Format, SinkPlan};
