//! Variances and covariances, row by row as DuckDB updates them.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, UInt64Array, cast::AsArray, types};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{Accumulate, Kept, states::structure};
use crate::{
    error::{Error, Result},
    map::{cells::Cells, rows::Rows},
};

/// Keeps count, mean and sum of squared differences of one argument, or what two have in common.
pub struct Moments {
    variance: Option<usize>,
    covariance: Option<usize>,
}

impl Moments {
    /// For arguments of these types; `None` where one is of no number.
    #[must_use]
    pub fn new(kinds: &[DataType], kept: &[Kept], cells: &mut Cells) -> Option<Self> {
        if !kinds.iter().all(is_number) {
            return None;
        }
        let has = |one| kept.contains(&one);
        let variance = has(Kept::Variance).then(|| cells.reserve(&[0; 3]));
        // Both means and what they share, then the variance of each: a correlation is all of them.
        let covariance = (has(Kept::Covariance) || has(Kept::Correlation)).then(|| cells.reserve(&[0; 10]));
        Some(Self { variance, covariance })
    }
}

fn is_number(kind: &DataType) -> bool {
    kind.is_integer() || matches!(kind, DataType::Float32 | DataType::Float64)
}

fn doubles(array: &ArrayRef) -> Result<Vec<f64>> {
    macro_rules! of {
        ($kind:ty) => {
            array.as_primitive::<$kind>().values().iter().map(|&value| value as f64).collect()
        };
    }
    Ok(match array.data_type() {
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
    })
}

/// Take one value into count, mean and sum of squared differences.
#[inline(always)]
fn vary(words: &mut [u64], value: f64) {
    words[0] += 1;
    let mean = f64::from_bits(words[1]);
    let next = mean + (value - mean) / words[0] as f64;
    words[1] = next.to_bits();
    words[2] = (f64::from_bits(words[2]) + (value - next) * (value - mean)).to_bits();
}

impl Accumulate for Moments {
    fn update(
        &mut self,
        arrays: &[ArrayRef],
        nulls: Option<&NullBuffer>,
        (rows, groups): (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()> {
        let values = arrays.iter().map(doubles).collect::<Result<Vec<_>>>()?;
        let is_valid = |row| nulls.is_none_or(|nulls| nulls.is_valid(row));
        if let (Some(place), [values]) = (self.variance, &values[..]) {
            let mut at = cells.at::<3>(place);
            rows.each_with(groups, |row, group| {
                if is_valid(row) {
                    vary(at.group(group), values[row]);
                }
            });
        }
        // As in SQL: the first argument is y.
        if let (Some(place), [ys, xs]) = (self.covariance, &values[..]) {
            let mut at = cells.at::<10>(place);
            rows.each_with(groups, |row, group| {
                if !is_valid(row) {
                    return;
                }
                let (x, y, words) = (xs[row], ys[row], at.group(group));
                words[0] += 1;
                let (mean_x, mean_y) = (f64::from_bits(words[1]), f64::from_bits(words[2]));
                let difference = x - mean_x;
                let next_y = mean_y + (y - mean_y) / words[0] as f64;
                words[1] = (mean_x + difference / words[0] as f64).to_bits();
                words[2] = next_y.to_bits();
                words[3] = (f64::from_bits(words[3]) + difference * (y - next_y)).to_bits();
                vary(&mut words[4..7], x);
                vary(&mut words[7..10], y);
            });
        }
        Ok(())
    }

    fn finish(&self, kept: Kept, cells: &Cells, _seen: &[bool]) -> Result<ArrayRef> {
        match (kept, self.variance, self.covariance) {
            (Kept::Variance, Some(place), _) => variance(cells, place),
            (Kept::Covariance, _, Some(place)) => covariance(cells, place),
            (Kept::Correlation, _, Some(place)) => structure(vec![
                ("cov_pop", covariance(cells, place)?),
                ("dev_pop_x", variance(cells, place + 4)?),
                ("dev_pop_y", variance(cells, place + 7)?),
            ]),
            _ => Err(Error::Invalid("nothing of the kind was kept".to_owned())),
        }
    }
}

fn counts(cells: &Cells, place: usize) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values((0..cells.count()).map(|group| cells.word(group, place))))
}

fn column(cells: &Cells, place: usize) -> ArrayRef {
    let values = (0..cells.count()).map(|group| f64::from_bits(cells.word(group, place)));
    Arc::new(Float64Array::from_iter_values(values))
}

fn variance(cells: &Cells, place: usize) -> Result<ArrayRef> {
    structure(vec![
        ("count", counts(cells, place)),
        ("mean", column(cells, place + 1)),
        ("dsquared", column(cells, place + 2)),
    ])
}

fn covariance(cells: &Cells, place: usize) -> Result<ArrayRef> {
    structure(vec![
        ("count", counts(cells, place)),
        ("meanx", column(cells, place + 1)),
        ("meany", column(cells, place + 2)),
        ("co_moment", column(cells, place + 3)),
    ])
}
