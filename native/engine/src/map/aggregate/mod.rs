//! Aggregates: what each keeps of the rows of a group, and the columns of a state that it ends in.
//!
//! Aggregates of one argument share what they keep: `avg(x)` is the sum and the count of `x`.

mod bits;
mod chosen;
mod class;
mod extremes;
mod hash;
mod held;
mod moments;
mod numbers;
mod pairs;
mod registers;
mod section;
mod states;

pub use section::{Inputs, Section};

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;

use super::{cells::Cells, rows::Rows};
use crate::error::Result;

/// Keeps something of the values of arguments, for each group.
pub trait Accumulate: Send {
    /// Take the values of rows, which belong to these groups; those where an argument is NULL are left out.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where a value is more than can be kept.
    fn update(
        &mut self,
        arrays: &[ArrayRef],
        nulls: Option<&NullBuffer>,
        rows: (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()>;

    /// One of the things that it keeps, group by group; `seen` says which groups had a value.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where a result is more than its type holds.
    fn finish(&self, kept: Kept, cells: &Cells, seen: &[bool]) -> Result<ArrayRef>;

    /// Bytes that it takes beside the cells.
    fn size(&self) -> usize {
        0
    }
}

/// What can be kept of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Sum,
    Min,
    Max,
    BitAnd,
    BitOr,
    BitXor,
    /// The first value that is not NULL.
    AnyValue,
    /// The value of the first row, which may be NULL.
    First,
    /// The first argument where the second is least.
    ArgMin,
    /// The first argument where the second is greatest.
    ArgMax,
    /// Registers that tell about how many different values there are.
    Registers,
    Variance,
    /// What two arguments have in common.
    Paired(Pair),
}

/// What can be kept of two numbers: each in parts that others have, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    Covariance,
    Correlation,
    Count,
    Slope,
    Intercept,
    Determination,
    MeanOfX,
    MeanOfY,
    SquaresOfX,
    SquaresOfY,
    Products,
}

/// NULL where nothing was seen.
fn nulls_of(seen: &[bool]) -> Option<NullBuffer> {
    seen.contains(&false).then(|| NullBuffer::from(seen.to_vec()))
}
