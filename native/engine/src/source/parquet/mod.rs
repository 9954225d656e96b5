//! Parquet: the footer says where row groups lie, a row group is read column by column.
//!
//! Way of the data: `footer` (what is where) → `schema` (columns asked for) → `column_bytes` (checked pages of one
//! column) → `group` (batches of one row group) → `scan` (batches and reports).

mod column_bytes;
mod footer;
mod group;
mod look;
mod scan;
mod schema;
mod statistics;
mod thrift;

pub use look::look_at;
pub use scan::{Asked, ParquetScan, PassedOver, ScanPlan};
pub use schema::Options;
pub use statistics::{Watched, statistics};
