//! Numbers and moments of a column, and arithmetic with them, just as DuckDB does it.

use arrow_array::{Array, ArrayRef, cast::AsArray, types};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};

use crate::{
    error::{Error, Result},
    map::keys::{int_array, primitive},
};

/// Values of one argument.
pub struct Operand<T> {
    pub values: Vec<T>,
    pub nulls: Option<NullBuffer>,
}

/// What is done with two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    /// Of doubles, as IEEE 754 has it.
    Divide,
    /// Of integers, towards zero.
    Quotient,
    Remainder,
}

/// What is done with one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Absolute,
    Negative,
    Floor,
    Ceiling,
    Round,
}

impl Arithmetic {
    /// Integers of a type from integers and, of each row, another.
    ///
    /// # Errors
    /// [`Error::Unfit`] where one is out of range, or divided by zero.
    pub fn of_ints(
        self,
        left: Operand<i64>,
        right: impl Fn(usize) -> i64,
        nulls: Option<&NullBuffer>,
        kind: &DataType,
    ) -> Result<ArrayRef> {
        let nulls = NullBuffer::union(left.nulls.as_ref(), nulls);
        let (values, right) = (left.values, right);
        match self {
            Self::Add => fitting(&values, nulls, kind, |row, value| value.overflowing_add(right(row))),
            Self::Subtract => fitting(&values, nulls, kind, |row, value| value.overflowing_sub(right(row))),
            Self::Multiply => fitting(&values, nulls, kind, |row, value| value.overflowing_mul(right(row))),
            Self::Quotient | Self::Remainder => fitting(&values, nulls, kind, |row, value| {
                let divisor = right(row);
                // Of the least number by -1 not even the remainder is given.
                let (low, _) = bounds(kind);
                if divisor == 0 || divisor == -1 && value == low {
                    return (0, true);
                }
                (if self == Self::Quotient { value / divisor } else { value % divisor }, false)
            }),
            Self::Divide => Err(Error::Invalid("integers are divided as doubles".to_owned())),
        }
    }

    /// Doubles from those of two columns.
    ///
    /// # Errors
    /// [`Error::Unfit`] where a result is not finite, and what it is made of is; but not of a division.
    pub fn of_doubles(self, left: &ArrayRef, right: &ArrayRef, kind: &DataType) -> Result<ArrayRef> {
        let (left, right) = (doubles(left)?, doubles(right)?);
        let mut fits = true;
        let values = left.values.iter().zip(&right.values).map(|(&one, &other)| {
            let value = match self {
                Self::Add => one + other,
                Self::Subtract => one - other,
                Self::Multiply => one * other,
                _ => return one / other,
            };
            fits &= value.is_finite() || !one.is_finite() || !other.is_finite();
            value
        });
        let values: Vec<f64> = values.collect();
        let nulls = NullBuffer::union(left.nulls.as_ref(), right.nulls.as_ref());
        if !fits {
            return Err(overflow());
        }
        Ok(primitive::<types::Float64Type>(values.into_iter(), nulls, kind))
    }
}

impl Change {
    /// The changed numbers of a column.
    ///
    /// # Errors
    /// [`Error::Unfit`] where one is out of range.
    pub fn of(self, array: &ArrayRef, kind: &DataType) -> Result<ArrayRef> {
        if *kind == DataType::Float64 {
            let Operand { values, nulls } = doubles(array)?;
            let changed = values.into_iter().map(|value| match self {
                Self::Absolute => value.abs(),
                Self::Negative => -value,
                Self::Floor => value.floor(),
                Self::Ceiling => value.ceil(),
                Self::Round => value.round(),
            });
            return Ok(primitive::<types::Float64Type>(changed, nulls, kind));
        }
        let Operand { values, nulls } = ints(array)?;
        fitting(&values, nulls, kind, |_, value| match self {
            Self::Absolute => value.overflowing_abs(),
            Self::Negative => value.overflowing_neg(),
            _ => (value, false),
        })
    }
}

/// An array of what is calculated from integers, in range or not.
///
/// # Errors
/// [`Error::Unfit`] where a value that is not NULL is out of the range of the type.
pub fn fitting(
    values: &[i64],
    nulls: Option<NullBuffer>,
    kind: &DataType,
    calculate: impl Fn(usize, i64) -> (i64, bool),
) -> Result<ArrayRef> {
    let (low, high) = bounds(kind);
    let mut fits = true;
    let is_null = |row| nulls.as_ref().is_some_and(|nulls: &NullBuffer| nulls.is_null(row));
    let calculated = values.iter().enumerate().map(|(row, &value)| {
        let (value, over) = calculate(row, value);
        fits &= !over && low <= value && value <= high || is_null(row);
        value
    });
    let calculated: Vec<i64> = calculated.collect();
    if fits { Ok(int_array(kind, calculated.into_iter(), nulls)) } else { Err(overflow()) }
}

/// What ends a pass where a value does not fit.
pub fn overflow() -> Error {
    Error::Unfit("a calculated value is out of range".to_owned())
}

/// The least and the greatest value of a type of integers.
#[must_use]
pub fn bounds(kind: &DataType) -> (i64, i64) {
    match kind {
        DataType::Int8 => (i8::MIN.into(), i8::MAX.into()),
        DataType::Int16 => (i16::MIN.into(), i16::MAX.into()),
        DataType::Int32 => (i32::MIN.into(), i32::MAX.into()),
        DataType::UInt8 => (0, u8::MAX.into()),
        DataType::UInt16 => (0, u16::MAX.into()),
        DataType::UInt32 => (0, u32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    }
}

/// A column of what lies in memory as integers.
///
/// # Errors
/// [`Error::Unfit`] where it is of another type.
pub fn ints(array: &ArrayRef) -> Result<Operand<i64>> {
    macro_rules! of {
        ($kind:ty) => {
            array.as_primitive::<$kind>().values().iter().map(|&value| value.into()).collect()
        };
    }
    let values: Vec<i64> = match array.data_type() {
        DataType::Int8 => of!(types::Int8Type),
        DataType::Int16 => of!(types::Int16Type),
        DataType::Int32 => of!(types::Int32Type),
        DataType::Int64 => of!(types::Int64Type),
        DataType::UInt8 => of!(types::UInt8Type),
        DataType::UInt16 => of!(types::UInt16Type),
        DataType::UInt32 => of!(types::UInt32Type),
        DataType::Date32 => of!(types::Date32Type),
        DataType::Time64(TimeUnit::Microsecond) => of!(types::Time64MicrosecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => of!(types::TimestampMicrosecondType),
        DataType::Boolean => array.as_boolean().values().iter().map(i64::from).collect(),
        other => return Err(Error::Unfit(format!("calculating with {other}"))),
    };
    Ok(Operand { values, nulls: array.nulls().cloned() })
}

/// A column of numbers as doubles.
///
/// # Errors
/// [`Error::Unfit`] where it is of another type.
pub fn doubles(array: &ArrayRef) -> Result<Operand<f64>> {
    if let Some(doubles) = array.as_primitive_opt::<types::Float64Type>() {
        return Ok(Operand { values: doubles.values().to_vec(), nulls: array.nulls().cloned() });
    }
    let Operand { values, nulls } = ints(array)?;
    Ok(Operand { values: values.into_iter().map(|value| value as f64).collect(), nulls })
}

/// Days or microseconds of a column, and how many of them a day has; none is infinite.
///
/// # Errors
/// [`Error::Unfit`] where one is, or the column is of another type.
pub fn moments(array: &ArrayRef) -> Result<(i64, Operand<i64>)> {
    let (per_day, infinity) = match array.data_type() {
        DataType::Date32 => (1, i64::from(i32::MAX)),
        DataType::Timestamp(TimeUnit::Microsecond, None) => (86_400_000_000, i64::MAX),
        other => return Err(Error::Unfit(format!("parts of {other}"))),
    };
    let moments = ints(array)?;
    if moments.values.iter().any(|&value| value == infinity || value == -infinity) {
        return Err(Error::Unfit("parts of infinity".to_owned()));
    }
    Ok((per_day, moments))
}
