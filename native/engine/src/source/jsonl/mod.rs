//! JSON: one value a line (JSONL, NDJSON), one list of values, or values one after another.
//!
//! Way of the data: `super::file` (bytes) → `cut` (records found and checked by `parser`, the wanted values
//! noted in `spans`) → `column` (values) → `batch` → `scan` (batches and reports). A line feed cannot be in a
//! JSON text, so every line starts a record for certain.

mod batch;
mod column;
mod cut;
mod fields;
mod kind;
mod locate;
mod look;
mod parser;
mod plan;
mod scan;
mod simd;
pub mod sniff;
mod spans;

pub use kind::Kind;
pub use plan::{Form, JsonColumn, ScanPlan};
pub use scan::Scanner;
