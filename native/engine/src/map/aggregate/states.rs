//! How aggregates end: the columns of a state, as DuckDB exports them.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, StructArray, UInt64Array, cast::AsArray, types};
use arrow_schema::{DataType, Field, Fields};

use super::{Accumulate, Kept, numbers::decimals};
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
    Plain(Kept),
    /// Sum and count.
    Average,
    /// What is kept is the state.
    Exported(Kept),
}

/// How the aggregate of a name ends, and what must be kept of its argument.
///
/// # Errors
/// [`Error::Invalid`] where it is not known.
pub fn ending_of(function: &str) -> Result<(Ending, &'static [Kept])> {
    Ok(match function {
        "count_star" => (Ending::Rows, &[]),
        "count" => (Ending::Count, &[]),
        // Of no values it is NULL, too.
        "sum" | "count_if" => (Ending::Plain(Kept::Sum), &[Kept::Sum]),
        "min" | "bool_and" => (Ending::Plain(Kept::Min), &[Kept::Min]),
        "max" | "bool_or" => (Ending::Plain(Kept::Max), &[Kept::Max]),
        "avg" => (Ending::Average, &[Kept::Sum]),
        "variance" => (Ending::Exported(Kept::Variance), &[Kept::Variance]),
        "covariance" => (Ending::Exported(Kept::Covariance), &[Kept::Covariance]),
        "correlation" => (Ending::Exported(Kept::Correlation), &[Kept::Correlation]),
        other => return Err(Error::Invalid(format!("the aggregate {other} is not known"))),
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
            Self::Plain(wanted) | Self::Exported(wanted) => kept(wanted, &seen),
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
    structure(vec![("count", Arc::new(counts)), ("value", sums)])
}

/// A column of structs, none of them NULL.
///
/// # Errors
/// [`Error::Invalid`] where the columns differ in length.
pub fn structure(columns: Vec<(&str, ArrayRef)>) -> Result<ArrayRef> {
    let (fields, arrays): (Vec<_>, Vec<_>) =
        columns.into_iter().map(|(name, array)| (Field::new(name, array.data_type().clone(), true), array)).unzip();
    let made = StructArray::try_new(Fields::from(fields), arrays, None);
    made.map(|array| Arc::new(array) as ArrayRef).map_err(|error| Error::Invalid(error.to_string()))
}
