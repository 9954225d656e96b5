//! Merge: states of one map to one, in the columns that they have.
//!
//! ```text
//! batches of states ─► keys ─► group of each row ─► column by column: sums, winners, moments… ─► one batch
//! ```
//!
//! What DuckDB makes of the same states is the measure, bit by bit. What is not known here (a type, another
//! aggregate, a sum of too many digits) is left to it: then there is no answer.

mod groups;
mod keys;
mod moments;
mod registers;
mod states;
mod sums;
mod winners;

pub use states::merge_states;
