//! Classes of types: how values lie in memory, whatever DuckDB makes of them.

use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, cast::AsArray, types};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};

use crate::{
    error::{Error, Result},
    map::{
        cells::{Cells, joined, parted},
        keys::{int_array, primitive},
    },
};

/// The least number of more than 38 digits.
const BEYOND: i128 = 10i128.pow(38);

/// How values of a kind are kept in words.
pub trait Class: Copy {
    /// Words of a value.
    const WORDS: usize;
    /// What a least value begins with, and a greatest.
    const BEGIN: (Self, Self);
    fn less(self, other: Self) -> bool;
    fn read(words: &[u64]) -> Self;
    fn write(self, words: &mut [u64]);
    /// Add to a sum; whether it still fits.
    fn add(self, sum: &mut [u64; 2]) -> bool;
}

impl Class for i64 {
    const WORDS: usize = 1;
    const BEGIN: (Self, Self) = (i64::MAX, i64::MIN);

    #[inline(always)]
    fn less(self, other: Self) -> bool {
        self < other
    }

    #[inline(always)]
    fn read(words: &[u64]) -> Self {
        words[0] as i64
    }

    #[inline(always)]
    fn write(self, words: &mut [u64]) {
        words[0] = self as u64;
    }

    #[inline(always)]
    fn add(self, sum: &mut [u64; 2]) -> bool {
        *sum = parted(joined(sum[0], sum[1]) + i128::from(self));
        true
    }
}

impl Class for u64 {
    const WORDS: usize = 1;
    const BEGIN: (Self, Self) = (u64::MAX, 0);

    #[inline(always)]
    fn less(self, other: Self) -> bool {
        self < other
    }

    #[inline(always)]
    fn read(words: &[u64]) -> Self {
        words[0]
    }

    #[inline(always)]
    fn write(self, words: &mut [u64]) {
        words[0] = self;
    }

    #[inline(always)]
    fn add(self, sum: &mut [u64; 2]) -> bool {
        *sum = parted(joined(sum[0], sum[1]) + i128::from(self));
        true
    }
}

impl Class for i128 {
    const WORDS: usize = 2;
    const BEGIN: (Self, Self) = (i128::MAX, i128::MIN);

    #[inline(always)]
    fn less(self, other: Self) -> bool {
        self < other
    }

    #[inline(always)]
    fn read(words: &[u64]) -> Self {
        joined(words[0], words[1])
    }

    #[inline(always)]
    fn write(self, words: &mut [u64]) {
        words[..2].copy_from_slice(&parted(self));
    }

    #[inline(always)]
    fn add(self, sum: &mut [u64; 2]) -> bool {
        let (total, over) = joined(sum[0], sum[1]).overflowing_add(self);
        *sum = parted(total);
        !over
    }
}

/// A least value begins as NaN, the greatest of all; see [`f64::less`](Class::less).
impl Class for f64 {
    const WORDS: usize = 1;
    const BEGIN: (Self, Self) = (f64::NAN, f64::NEG_INFINITY);

    /// As DuckDB orders: NaN is greater than everything else, 0 and -0 are equal.
    #[inline(always)]
    fn less(self, other: Self) -> bool {
        self < other || !self.is_nan() && other.is_nan()
    }

    #[inline(always)]
    fn read(words: &[u64]) -> Self {
        f64::from_bits(words[0])
    }

    #[inline(always)]
    fn write(self, words: &mut [u64]) {
        words[0] = self.to_bits();
    }

    #[inline(always)]
    fn add(self, sum: &mut [u64; 2]) -> bool {
        sum[0] = (f64::from_bits(sum[0]) + self).to_bits();
        true
    }
}

/// Classes of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Signed,
    Unsigned,
    Wide,
    Double,
}

/// The class of a type; `None` where it is of no number.
#[must_use]
pub fn class_of(kind: &DataType) -> Option<Of> {
    Some(match kind {
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::Date32
        | DataType::Time64(TimeUnit::Microsecond)
        | DataType::Timestamp(TimeUnit::Microsecond, _)
        | DataType::Boolean => Of::Signed,
        DataType::UInt64 => Of::Unsigned,
        DataType::Decimal128(_, _) => Of::Wide,
        DataType::Float32 | DataType::Float64 => Of::Double,
        _ => return None,
    })
}

/// What is done with the values of a column, row by row, in their class.
pub trait Visit {
    /// What comes of it.
    type Out;

    /// Do it; a value of a row that is NULL is anything.
    fn visit<C: Class>(self, value: impl Fn(usize) -> C) -> Self::Out;
}

/// Visit the values of a column.
///
/// # Errors
/// [`Error::Unfit`] where it holds none of a class.
pub fn visit<V: Visit>(array: &ArrayRef, visitor: V) -> Result<V::Out> {
    macro_rules! values {
        ($kind:ty, $class:ty) => {{
            let values = array.as_primitive::<$kind>().values();
            visitor.visit::<$class>(|row| values[row].into())
        }};
    }
    Ok(match array.data_type() {
        DataType::Int8 => values!(types::Int8Type, i64),
        DataType::Int16 => values!(types::Int16Type, i64),
        DataType::Int32 => values!(types::Int32Type, i64),
        DataType::Int64 => values!(types::Int64Type, i64),
        DataType::UInt8 => values!(types::UInt8Type, i64),
        DataType::UInt16 => values!(types::UInt16Type, i64),
        DataType::UInt32 => values!(types::UInt32Type, i64),
        DataType::UInt64 => values!(types::UInt64Type, u64),
        DataType::Date32 => values!(types::Date32Type, i64),
        DataType::Time64(TimeUnit::Microsecond) => values!(types::Time64MicrosecondType, i64),
        DataType::Timestamp(TimeUnit::Microsecond, _) => values!(types::TimestampMicrosecondType, i64),
        DataType::Decimal128(_, _) => values!(types::Decimal128Type, i128),
        DataType::Float32 => values!(types::Float32Type, f64),
        DataType::Float64 => values!(types::Float64Type, f64),
        DataType::Boolean => {
            let values = array.as_boolean().values();
            visitor.visit::<i64>(|row| i64::from(values.value(row)))
        }
        other => return Err(Error::Unfit(format!("numbers of type {other}"))),
    })
}

/// The values of a type that groups keep at a place; NULL where `nulls` says so.
///
/// # Errors
/// [`Error::Unfit`] where one is more than its type holds.
pub fn column(kind: &DataType, cells: &Cells, place: usize, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    let groups = 0..cells.count();
    let doubles = groups.clone().map(|group| f64::from_bits(cells.word(group, place)));
    Ok(match class_of(kind) {
        Some(Of::Wide) => {
            let is_null = |group| nulls.as_ref().is_some_and(|nulls: &NullBuffer| nulls.is_null(group));
            let values: Vec<i128> =
                groups.map(|group| if is_null(group) { 0 } else { cells.wide(group, place) }).collect();
            decimals(values.into_iter(), nulls, kind)?
        }
        Some(Of::Double) if *kind == DataType::Float32 => {
            primitive::<types::Float32Type>(doubles.map(|value| value as f32), nulls, kind)
        }
        Some(Of::Double) => primitive::<types::Float64Type>(doubles, nulls, kind),
        _ => int_array(kind, groups.map(|group| cells.word(group, place) as i64), nulls),
    })
}

/// An array of decimals.
///
/// # Errors
/// [`Error::Unfit`] where one has more than 38 digits.
pub fn decimals(values: impl Iterator<Item = i128>, nulls: Option<NullBuffer>, kind: &DataType) -> Result<ArrayRef> {
    let values: Vec<i128> = values.collect();
    if values.iter().any(|value| value.unsigned_abs() >= BEYOND.unsigned_abs()) {
        return Err(Error::Unfit("a number of more than 38 digits".to_owned()));
    }
    let array = Decimal128Array::new(values.into(), nulls).with_data_type(kind.clone());
    Ok(Arc::new(array))
}
