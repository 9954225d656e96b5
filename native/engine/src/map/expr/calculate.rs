//! Values that are calculated from others, just as DuckDB does; what overflows is left to it.

use arrow_array::{Array, ArrayRef, RecordBatch, cast::AsArray, types};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};

use super::{
    Predicate, Texts, Value,
    dates::{Part, Unit},
    value::Constant,
};
use crate::{
    error::{Error, Result},
    map::keys::{int_array, primitive, text_array},
};

/// A calculation, and the type of what it gives.
#[derive(Clone, Debug)]
pub struct Calculation {
    pub operator: Operator,
    pub arguments: Vec<Value>,
    pub kind: DataType,
}

/// What is done with the arguments.
#[derive(Clone, Debug)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    /// Characters of a text.
    Length,
    Part(Part),
    Truncate(Unit),
    /// The same value as another type of integers, or a DOUBLE.
    Convert,
    /// The first argument whose condition holds; the last one where none does, or NULL without such.
    Case(Vec<Predicate>),
}

/// Values of one argument.
struct Operand<T> {
    values: Vec<T>,
    nulls: Option<NullBuffer>,
}

impl Calculation {
    /// Its values for all rows of a batch.
    ///
    /// # Errors
    /// [`Error::Unfit`] where a value cannot be made as DuckDB makes it.
    pub fn of(&self, batch: &RecordBatch) -> Result<ArrayRef> {
        match (&self.operator, &self.arguments[..]) {
            (Operator::Add | Operator::Subtract | Operator::Multiply, [left, right]) => {
                if self.kind == DataType::Float64 {
                    self.double_arithmetic(&left.of(batch)?, &right.of(batch)?)
                } else if let Value::Constant(Constant::Int(constant)) = right {
                    self.int_arithmetic(ints(&left.of(batch)?)?, |_| *constant, None)
                } else {
                    let Operand { values, nulls } = ints(&right.of(batch)?)?;
                    self.int_arithmetic(ints(&left.of(batch)?)?, |row| values[row], nulls.as_ref())
                }
            }
            (Operator::Length, [text]) => {
                let array = text.of(batch)?;
                let texts = Texts::of(&array)?;
                let count = |row| if array.is_null(row) { 0 } else { characters(texts.text(row)) };
                Ok(int_array(&self.kind, (0..array.len()).map(count), array.nulls().cloned()))
            }
            (Operator::Part(part), [moment]) => {
                let array = moment.of(batch)?;
                let (per_day, moments) = moments(&array)?;
                let parts = moments.values.into_iter().map(|value| part.of(value, per_day));
                Ok(int_array(&self.kind, parts, moments.nulls))
            }
            (Operator::Truncate(unit), [moment]) => {
                let array = moment.of(batch)?;
                let (per_day, moments) = moments(&array)?;
                let truncated = moments.values.into_iter().map(|value| unit.truncated(value, per_day));
                Ok(int_array(&self.kind, truncated, moments.nulls))
            }
            (Operator::Convert, [value]) => self.converted(&value.of(batch)?),
            (Operator::Case(conditions), values) => self.case(conditions, values, batch),
            _ => Err(Error::Invalid(format!("{:?} of {} values", self.operator, self.arguments.len()))),
        }
    }

    fn int_arithmetic(
        &self,
        left: Operand<i64>,
        right: impl Fn(usize) -> i64,
        nulls: Option<&NullBuffer>,
    ) -> Result<ArrayRef> {
        let calculate = match self.operator {
            Operator::Add => i64::overflowing_add,
            Operator::Subtract => i64::overflowing_sub,
            _ => i64::overflowing_mul,
        };
        let (low, high) = bounds(&self.kind);
        let nulls = NullBuffer::union(left.nulls.as_ref(), nulls);
        let mut fits = true;
        let is_null = |row| nulls.as_ref().is_some_and(|nulls: &NullBuffer| nulls.is_null(row));
        let calculated = left.values.iter().enumerate().map(|(row, &value)| {
            let (value, over) = calculate(value, right(row));
            fits &= !over && low <= value && value <= high || is_null(row);
            value
        });
        let calculated: Vec<i64> = calculated.collect();
        if fits { Ok(int_array(&self.kind, calculated.into_iter(), nulls)) } else { Err(overflow()) }
    }

    fn double_arithmetic(&self, left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef> {
        let (left, right) = (doubles(left)?, doubles(right)?);
        let mut fits = true;
        let values = left.values.iter().zip(&right.values).map(|(&one, &other)| {
            let value = match self.operator {
                Operator::Add => one + other,
                Operator::Subtract => one - other,
                _ => one * other,
            };
            fits &= value.is_finite() || !one.is_finite() || !other.is_finite();
            value
        });
        let values: Vec<f64> = values.collect();
        let nulls = NullBuffer::union(left.nulls.as_ref(), right.nulls.as_ref());
        if !fits {
            return Err(overflow());
        }
        Ok(primitive::<types::Float64Type>(values.into_iter(), nulls, &self.kind))
    }

    fn converted(&self, array: &ArrayRef) -> Result<ArrayRef> {
        if self.kind == DataType::Float64 {
            let Operand { values, nulls } = doubles(array)?;
            return Ok(primitive::<types::Float64Type>(values.into_iter(), nulls, &self.kind));
        }
        let Operand { values, nulls } = ints(array)?;
        let (low, high) = bounds(&self.kind);
        let is_null = |row| nulls.as_ref().is_some_and(|nulls: &NullBuffer| nulls.is_null(row));
        if values.iter().enumerate().any(|(row, value)| !(low..=high).contains(value) && !is_null(row)) {
            return Err(overflow());
        }
        Ok(int_array(&self.kind, values.into_iter(), nulls))
    }

    fn case(&self, conditions: &[Predicate], values: &[Value], batch: &RecordBatch) -> Result<ArrayRef> {
        let mut chosen = vec![conditions.len(); batch.num_rows()];
        for (place, condition) in conditions.iter().enumerate().rev() {
            condition.truth(batch)?.yes.set_indices().for_each(|row| chosen[row] = place);
        }
        let arrays = values.iter().map(|value| value.of(batch)).collect::<Result<Vec<_>>>()?;
        let found = |row: usize| arrays.get(chosen[row]).filter(|array| array.is_valid(row)).map(|_| chosen[row]);
        let found: Vec<Option<usize>> = (0..batch.num_rows()).map(found).collect();
        let nulls = Some(NullBuffer::from_iter(found.iter().map(Option::is_some)));
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        let rows = found.iter().enumerate();
        match self.kind {
            DataType::Utf8 => {
                let texts = arrays.iter().map(Texts::of).collect::<Result<Vec<_>>>()?;
                text_array(rows.map(|(row, place)| place.map_or(&[][..], |place| texts[place].text(row))), nulls)
            }
            DataType::Float64 => {
                let all = arrays.iter().map(doubles).collect::<Result<Vec<_>>>()?;
                let values = rows.map(|(row, place)| place.map_or(0.0, |place| all[place].values[row]));
                Ok(primitive::<types::Float64Type>(values, nulls, &self.kind))
            }
            _ => {
                let all = arrays.iter().map(ints).collect::<Result<Vec<_>>>()?;
                let values = rows.map(|(row, place)| place.map_or(0, |place| all[place].values[row]));
                Ok(int_array(&self.kind, values, nulls))
            }
        }
    }
}

/// Characters of a text: bytes that begin one.
fn characters(text: &[u8]) -> i64 {
    text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as i64
}

fn overflow() -> Error {
    Error::Unfit("a calculated value is out of range".to_owned())
}

/// The least and the greatest value of a type of integers.
fn bounds(kind: &DataType) -> (i64, i64) {
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

fn ints(array: &ArrayRef) -> Result<Operand<i64>> {
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
        DataType::Timestamp(TimeUnit::Microsecond, _) => of!(types::TimestampMicrosecondType),
        other => return Err(Error::Unfit(format!("calculating with {other}"))),
    };
    Ok(Operand { values, nulls: array.nulls().cloned() })
}

fn doubles(array: &ArrayRef) -> Result<Operand<f64>> {
    if let Some(doubles) = array.as_primitive_opt::<types::Float64Type>() {
        return Ok(Operand { values: doubles.values().to_vec(), nulls: array.nulls().cloned() });
    }
    let Operand { values, nulls } = ints(array)?;
    Ok(Operand { values: values.into_iter().map(|value| value as f64).collect(), nulls })
}

/// Days or microseconds of a column, and how many of them a day has; none is infinite.
fn moments(array: &ArrayRef) -> Result<(i64, Operand<i64>)> {
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
