//! Variances, row by row as DuckDB updates them.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, UInt64Array, cast::AsArray, types};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{Accumulate, Kept, states::structure};
use crate::{
    error::{Error, Result},
    map::{cells::Cells, rows::Rows},
};

/// Keeps count, mean and sum of squared differences of an argument.
pub struct Moments {
    place: usize,
    values: Vec<f64>,
}

impl Moments {
    /// For an argument of a type; `None` where it is of no number.
    #[must_use]
    pub fn new(kind: &DataType, cells: &mut Cells) -> Option<Self> {
        is_number(kind).then(|| Self { place: cells.reserve(&[0; 3]), values: Vec::new() })
    }
}

/// Whether values of a type are numbers that a DOUBLE is made of.
#[must_use]
pub fn is_number(kind: &DataType) -> bool {
    kind.is_integer() || matches!(kind, DataType::Float32 | DataType::Float64)
}

/// Write the values of rows to `doubles`; that of a row that is NULL is anything.
///
/// # Errors
/// [`Error::Unfit`] where they are no numbers.
pub fn doubles(array: &ArrayRef, rows: Rows<'_>, doubles: &mut Vec<f64>) -> Result<()> {
    doubles.clear();
    macro_rules! of {
        ($kind:ty) => {{
            let values = array.as_primitive::<$kind>().values();
            rows.each(|row| doubles.push(values[row] as f64));
        }};
    }
    match array.data_type() {
        DataType::Int8 => of!(types::Int8Type),
        DataType::Int16 => of!(types::Int16Type),
        DataType::Int32 => of!(types::Int32Type),
        DataType::Int64 => of!(types::Int64Type),
        DataType::UInt8 => of!(types::UInt8Type),
        DataType::UInt16 => of!(types::UInt16Type),
        DataType::UInt32 => of!(types::UInt32Type),
        DataType::UInt64 => of!(types::UInt64Type),
        DataType::Float32 => of!(types::Float32Type),
        DataType::Float64 => of!(types::Float64Type),
        other => return Err(Error::Unfit(format!("moments of {other}"))),
    }
    Ok(())
}

/// Take the values of rows into count, mean and sum of squared differences of their groups.
pub fn vary(
    values: &[f64],
    nulls: Option<&NullBuffer>,
    (rows, groups): (Rows<'_>, &[u32]),
    cells: &mut Cells,
    place: usize,
) {
    let (mut at, mut values) = (cells.at::<3>(place), values.iter());
    rows.each_with(groups, |row, group| {
        let value = values.next().copied().unwrap_or_default();
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return;
        }
        let [count, mean, squares] = at.group(group);
        *count += 1;
        let known = f64::from_bits(*mean);
        let next = known + (value - known) / *count as f64;
        *mean = next.to_bits();
        *squares = (f64::from_bits(*squares) + (value - next) * (value - known)).to_bits();
    });
}

impl Accumulate for Moments {
    fn update(
        &mut self,
        arrays: &[ArrayRef],
        nulls: Option<&NullBuffer>,
        all: (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()> {
        let [array] = arrays else { return Err(Error::Invalid("one argument is taken".to_owned())) };
        doubles(array, all.0, &mut self.values)?;
        vary(&self.values, nulls, all, cells, self.place);
        Ok(())
    }

    fn finish(&self, _kept: Kept, cells: &Cells, _seen: &[bool]) -> Result<ArrayRef> {
        variance(cells, self.place)
    }
}

/// The numbers at a place, which count.
pub fn counts(cells: &Cells, place: usize) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values((0..cells.count()).map(|group| cells.word(group, place))))
}

/// The floating point numbers at a place.
pub fn floats(cells: &Cells, place: usize) -> ArrayRef {
    let values = (0..cells.count()).map(|group| f64::from_bits(cells.word(group, place)));
    Arc::new(Float64Array::from_iter_values(values))
}

/// The variances at a place.
///
/// # Errors
/// As [`structure`].
pub fn variance(cells: &Cells, place: usize) -> Result<ArrayRef> {
    structure(
        vec![
            ("count", counts(cells, place)),
            ("mean", floats(cells, place + 1)),
            ("dsquared", floats(cells, place + 2)),
        ],
        None,
    )
}
