//! CSV (RFC 4180 and its dialects): records found, fields cut, values parsed into Arrow.
//!
//! Way of the data: `super::file` (bytes) → `boundary` (first record) → `index`, else
//! `tolerant` (fields of records)
//! → `column` (values) → `batch` → `scan` (batches and reports).

#[cfg(test)]
pub(super) mod agreement;
mod batch;
mod boundary;
pub(super) mod column;
mod dialect;
mod index;
mod lines;
mod locate;
mod look;
mod plan;
mod record;
mod rewrite;
mod rows;
mod scan;
pub mod sniff;
mod tolerant;
pub mod value;

pub use dialect::Dialect;
pub(super) use lines::{FindRows, Lines, RowFinder};
pub use locate::locate_starts;
pub use plan::ScanPlan;
pub use record::{Flaw, Record, Span, read_record};
pub use scan::Scanner;
pub(super) use tolerant::{Cut, Refused};
