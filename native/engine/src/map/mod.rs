//! Map: rows to the state of an aggregate, in the columns that DuckDB exports for it.
//!
//! ```text
//! batch ─► filter ─► rows ─► keys ─► groups ─► cells of each group ─► one batch: keys, states
//! ```
//!
//! What DuckDB would do with the same rows is the measure: the columns are equal, the order of rows is that of
//! the first row of each group. What cannot be done exactly ends with [`Error::Unfit`](crate::error::Error), and
//! is left to DuckDB.

mod aggregate;
mod cells;
mod expr;
mod keys;
mod mapper;
mod plan;
mod rows;

pub(crate) use keys::Grouping;
pub use mapper::Mapper;
pub use plan::{Aggregate, Expression, MapPlan};
pub(crate) use rows::Rows;
