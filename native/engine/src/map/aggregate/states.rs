//! How aggregates end: the columns of a state, as DuckDB exports them.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, StructArray, UInt64Array, cast::AsArray, types};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields};

use super::{Accumulate, Kept, Pair, class::decimals};
use crate::{
    error::{Error, Result},
    map::cells::Cells,
};

/// What is kept, and by whom.
pub struct Keeps {
    pub kept: Vec<Kept>,
    pub by: Box<dyn Accumulate>,
}

/// How an aggregate ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The number of rows.
    Rows,
    /// The number of rows where the argument is not NULL.
    Count,
    /// Sum and count.
    Average,
    /// What is kept is the state.
    Exported(Kept),
}

/// How the aggregate of a name ends, and what must be kept of its argument.
///
/// # Errors
/// [`Error::Invalid`] where it is not known.
pub fn ending_of(function: &str) -> Result<(Ending, Option<Kept>)> {
    if let Some(kept) = kept_of(function) {
        return Ok((Ending::Exported(kept), Some(kept)));
    }
    Ok(match function {
        "count_star" => (Ending::Rows, None),
        "count" => (Ending::Count, None),
        "avg" => (Ending::Average, Some(Kept::Sum)),
        other => return Err(Error::Invalid(format!("the aggregate {other} is not known"))),
    })
}

/// What an aggregate keeps that is its state as it is; NULL of no values, where it is a value.
fn kept_of(function: &str) -> Option<Kept> {
    Some(match function {
        "sum" | "count_if" => Kept::Sum,
        "min" | "bool_and" => Kept::Min,
        "max" | "bool_or" => Kept::Max,
        "bit_and" => Kept::BitAnd,
        "bit_or" => Kept::BitOr,
        "bit_xor" => Kept::BitXor,
        "any_value" => Kept::AnyValue,
        "first" => Kept::First,
        "arg_min" => Kept::ArgMin,
        "arg_max" => Kept::ArgMax,
        "approx_count_distinct" => Kept::Registers,
        "variance" => Kept::Variance,
        "covariance" => Kept::Paired(Pair::Covariance),
        "correlation" => Kept::Paired(Pair::Correlation),
        "regr_count" => Kept::Paired(Pair::Count),
        "regr_slope" => Kept::Paired(Pair::Slope),
        "regr_intercept" => Kept::Paired(Pair::Intercept),
        "regr_r2" => Kept::Paired(Pair::Determination),
        "regr_avgx" => Kept::Paired(Pair::MeanOfX),
        "regr_avgy" => Kept::Paired(Pair::MeanOfY),
        "regr_sxx" => Kept::Paired(Pair::SquaresOfX),
        "regr_syy" => Kept::Paired(Pair::SquaresOfY),
        "regr_sxy" => Kept::Paired(Pair::Products),
        _ => return None,
    })
}

impl Ending {
    /// The column: `counts` are the values that each group had, `kind` is the type of the argument.
    ///
    /// # Errors
    /// [`Error::Unfit`] where a result is more than its type holds.
    pub fn column(self, counts: &[u64], keeps: &[Keeps], kind: Option<&DataType>, cells: &Cells) -> Result<ArrayRef> {
        let kept = |kept, seen: &[bool]| match keeps.iter().find(|keeps| keeps.kept.contains(&kept)) {
            Some(keeps) => keeps.by.finish(kept, cells, seen),
            None => Err(Error::Invalid("an aggregate keeps nothing".to_owned())),
        };
        let seen: Vec<bool> = counts.iter().map(|&count| count > 0).collect();
        match self {
            Self::Rows | Self::Count => {
                Ok(Arc::new(Int64Array::from_iter_values(counts.iter().map(|&count| count as i64))))
            }
            Self::Exported(wanted) => kept(wanted, &seen),
            Self::Average => average(counts, kept(Kept::Sum, &vec![true; seen.len()])?, kind),
        }
    }
}

fn average(counts: &[u64], sums: ArrayRef, kind: Option<&DataType>) -> Result<ArrayRef> {
    let counts = UInt64Array::from_iter_values(counts.iter().copied());
    let sums = match (sums.as_primitive_opt::<types::Decimal128Type>(), kind) {
        // What takes two bytes DuckDB adds up in eight.
        (Some(sums), Some(DataType::Int16 | DataType::Decimal128(..=4, _))) => {
            let narrow: Option<Vec<i64>> = sums.values().iter().map(|&sum| sum.try_into().ok()).collect();
            let narrow = narrow.ok_or_else(|| Error::Unfit("a sum of more than 64 bits".to_owned()))?;
            Arc::new(Int64Array::from(narrow))
        }
        (Some(sums), _) => decimals(sums.values().iter().copied(), None, &DataType::Decimal128(38, 0))?,
        _ => sums,
    };
    structure(vec![("count", Arc::new(counts)), ("value", sums)], None)
}

/// A column of structs.
///
/// # Errors
/// [`Error::Invalid`] where the columns differ in length.
pub fn structure(columns: Vec<(&str, ArrayRef)>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    let (fields, arrays): (Vec<_>, Vec<_>) =
        columns.into_iter().map(|(name, array)| (Field::new(name, array.data_type().clone(), true), array)).unzip();
    let made = StructArray::try_new(Fields::from(fields), arrays, nulls);
    made.map(|array| Arc::new(array) as ArrayRef).map_err(|error| Error::Invalid(error.to_string()))
}
