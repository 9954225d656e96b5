//! Values that are calculated from others, just as DuckDB does; what overflows is left to it.

use arrow_array::{Array, ArrayRef, RecordBatch, types};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{
    Predicate, Texts, Value,
    changed::{TextChange, joined},
    convert::converted,
    dates::{Part, SECOND, Unit},
    numbers::{Arithmetic, Change, Operand, doubles, ints, moments},
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
    Arithmetic(Arithmetic),
    Number(Change),
    /// Characters of a text.
    Length,
    /// Bytes of a text.
    Bytes,
    Change(TextChange),
    /// Two texts as one.
    Joined,
    Part(Part),
    /// Seconds since 1970.
    Epoch,
    Truncate(Unit),
    /// The same value as another type.
    Convert,
    /// The first argument whose condition holds; the last one where none does, or NULL without such.
    Case(Vec<Predicate>),
}

impl Calculation {
    /// Its values for all rows of a batch.
    ///
    /// # Errors
    /// [`Error::Unfit`] where a value cannot be made as DuckDB makes it.
    pub fn of(&self, batch: &RecordBatch) -> Result<ArrayRef> {
        match (&self.operator, &self.arguments[..]) {
            (Operator::Arithmetic(arithmetic), [left, right]) => self.arithmetic(*arithmetic, left, right, batch),
            (Operator::Number(change), [value]) => change.of(&value.of(batch)?, &self.kind),
            (Operator::Length, [text]) => self.of_texts(&text.of(batch)?, characters),
            (Operator::Bytes, [text]) => self.of_texts(&text.of(batch)?, |text| text.len() as i64),
            (Operator::Change(change), [text]) => change.of(&text.of(batch)?),
            (Operator::Joined, [left, right]) => joined(&left.of(batch)?, &right.of(batch)?),
            (Operator::Part(part), [moment]) => {
                self.of_moments(&moment.of(batch)?, |value, per_day| part.of(value, per_day))
            }
            (Operator::Truncate(unit), [moment]) => {
                self.of_moments(&moment.of(batch)?, |value, per_day| unit.truncated(value, per_day))
            }
            (Operator::Epoch, [moment]) => {
                let (per_day, Operand { values, nulls }) = moments(&moment.of(batch)?)?;
                let seconds =
                    |value: i64| if per_day == 1 { (value * 86_400) as f64 } else { value as f64 / SECOND as f64 };
                Ok(primitive::<types::Float64Type>(values.into_iter().map(seconds), nulls, &self.kind))
            }
            (Operator::Convert, [value]) => converted(&value.of(batch)?, &self.kind),
            (Operator::Case(conditions), values) => self.case(conditions, values, batch),
            _ => Err(Error::Invalid(format!("{:?} of {} values", self.operator, self.arguments.len()))),
        }
    }

    fn arithmetic(&self, done: Arithmetic, left: &Value, right: &Value, batch: &RecordBatch) -> Result<ArrayRef> {
        if self.kind == DataType::Float64 {
            return done.of_doubles(&left.of(batch)?, &right.of(batch)?, &self.kind);
        }
        if let Value::Constant(Constant::Int(constant), _) = right {
            return done.of_ints(ints(&left.of(batch)?)?, |_| *constant, None, &self.kind);
        }
        let Operand { values, nulls } = ints(&right.of(batch)?)?;
        done.of_ints(ints(&left.of(batch)?)?, |row| values[row], nulls.as_ref(), &self.kind)
    }

    fn of_texts(&self, array: &ArrayRef, count: impl Fn(&[u8]) -> i64) -> Result<ArrayRef> {
        let texts = Texts::of(array)?;
        let count = |row| if array.is_null(row) { 0 } else { count(texts.text(row)) };
        Ok(int_array(&self.kind, (0..array.len()).map(count), array.nulls().cloned()))
    }

    fn of_moments(&self, array: &ArrayRef, made: impl Fn(i64, i64) -> i64) -> Result<ArrayRef> {
        let (per_day, moments) = moments(array)?;
        let values = moments.values.into_iter().map(|value| made(value, per_day));
        Ok(int_array(&self.kind, values, moments.nulls))
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
