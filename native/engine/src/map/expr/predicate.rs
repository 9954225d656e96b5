//! Conditions on the rows of a batch.

use std::collections::HashSet;

use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RecordBatch, cast::AsArray, types};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{DataType, TimeUnit};
use memchr::memmem::Finder;

use super::{Texts, Truth, Value, compare::Test, double_key};
use crate::error::{Error, Result};

/// A condition.
#[derive(Clone, Debug)]
pub enum Predicate {
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
    Not(Box<Predicate>),
    IsNull(Value),
    /// A BOOLEAN.
    Holds(Value),
    /// The value lies between two numbers, both included: itself, or the key that orders as it does.
    Between(Value, i128, i128),
    Text(Value, TextTest),
    /// Of two values of each row.
    Compared(Test, Value, Value),
    /// True, and not NULL.
    IsTrue(Box<Predicate>),
}

/// What is asked of a text.
#[derive(Clone, Debug)]
pub enum TextTest {
    Among(HashSet<Vec<u8>>),
    Equal(Vec<u8>),
    /// After the first, or at it where that is included.
    After(Vec<u8>, bool),
    /// It begins with the first, ends with the last, and the others are in between, in this order.
    Like(Vec<u8>, Vec<Finder<'static>>, Vec<u8>),
}

impl TextTest {
    /// The test of a LIKE pattern, in which only `%` has a meaning.
    #[must_use]
    pub fn like(pattern: &str) -> Self {
        let mut parts: Vec<&str> = pattern.split('%').collect();
        match parts[..] {
            [whole] => Self::Equal(whole.as_bytes().to_vec()),
            _ => {
                let last = parts.pop().unwrap_or_default();
                let first = parts.remove(0);
                let between = parts.iter().filter(|part| !part.is_empty());
                let between = between.map(|part| Finder::new(part.as_bytes()).into_owned()).collect();
                Self::Like(first.as_bytes().to_vec(), between, last.as_bytes().to_vec())
            }
        }
    }

    /// The test of a text that begins with one part and ends with another.
    #[must_use]
    pub fn with(first: &str, last: &str) -> Self {
        Self::Like(first.as_bytes().to_vec(), Vec::new(), last.as_bytes().to_vec())
    }

    /// The test of a text that holds another.
    #[must_use]
    pub fn containing(part: &str) -> Self {
        Self::Like(Vec::new(), vec![Finder::new(part.as_bytes()).into_owned()], Vec::new())
    }

    fn is_met(&self, text: &[u8]) -> bool {
        match self {
            Self::Among(texts) => texts.contains(text),
            Self::Equal(other) => text == other,
            Self::Like(first, between, last) => {
                let inner = text.strip_prefix(&first[..]).and_then(|rest| rest.strip_suffix(&last[..]));
                let found = |rest: &mut &[u8], finder: &Finder<'_>| {
                    let at = finder.find(rest)?;
                    *rest = &rest[at + finder.needle().len()..];
                    Some(())
                };
                inner.is_some_and(|mut rest| between.iter().all(|finder| found(&mut rest, finder).is_some()))
            }
            Self::After(other, included) => text > &other[..] || *included && text == &other[..],
        }
    }
}

impl Predicate {
    /// Where it holds.
    ///
    /// # Errors
    /// [`Error::Unfit`] where a value is of a type that it does not take.
    pub fn truth(&self, batch: &RecordBatch) -> Result<Truth> {
        match self {
            Self::And(parts) => joined(parts, batch, Truth::and),
            Self::Or(parts) => joined(parts, batch, Truth::or),
            Self::Not(part) => Ok(part.truth(batch)?.not()),
            Self::IsNull(value) => {
                let array = value.of(batch)?;
                let yes = match array.logical_nulls() {
                    Some(nulls) => !nulls.inner(),
                    None => BooleanBuffer::new_unset(array.len()),
                };
                Ok(Truth::new(&yes, None))
            }
            Self::Holds(value) => {
                let array = value.of(batch)?;
                let values = array.as_boolean_opt().ok_or_else(|| unfit(&array))?;
                Ok(Truth::of(values))
            }
            Self::Compared(test, left, right) => test.truth(&left.of(batch)?, &right.of(batch)?),
            Self::IsTrue(part) => Ok(Truth::new(&part.truth(batch)?.yes, None)),
            Self::Between(value, low, high) => between(&value.of(batch)?, *low, *high),
            Self::Text(value, test) => {
                let array = value.of(batch)?;
                let texts = Texts::of(&array)?;
                let met = match test {
                    TextTest::Equal(other) => texts.meeting(|text| text == &other[..]),
                    test => texts.meeting(|text| test.is_met(text)),
                };
                Ok(Truth::new(&met, array.nulls()))
            }
        }
    }
}

fn joined(parts: &[Predicate], batch: &RecordBatch, join: impl Fn(&Truth, &Truth) -> Truth) -> Result<Truth> {
    let mut parts = parts.iter();
    let first = parts.next().ok_or_else(|| Error::Invalid("AND and OR join at least one condition".to_owned()))?;
    parts.try_fold(first.truth(batch)?, |truth, part| Ok(join(&truth, &part.truth(batch)?)))
}

fn between(array: &ArrayRef, low: i128, high: i128) -> Result<Truth> {
    let within = match array.data_type() {
        DataType::Int8 => inside::<types::Int8Type>(array, low, high),
        DataType::Int16 => inside::<types::Int16Type>(array, low, high),
        DataType::Int32 => inside::<types::Int32Type>(array, low, high),
        DataType::Int64 => inside::<types::Int64Type>(array, low, high),
        DataType::UInt8 => inside::<types::UInt8Type>(array, low, high),
        DataType::UInt16 => inside::<types::UInt16Type>(array, low, high),
        DataType::UInt32 => inside::<types::UInt32Type>(array, low, high),
        DataType::UInt64 => inside::<types::UInt64Type>(array, low, high),
        DataType::Date32 => inside::<types::Date32Type>(array, low, high),
        DataType::Timestamp(TimeUnit::Microsecond, _) => inside::<types::TimestampMicrosecondType>(array, low, high),
        DataType::Decimal128(_, _) => inside::<types::Decimal128Type>(array, low, high),
        DataType::Float64 if low > i64::MAX.into() || high < i64::MIN.into() => BooleanBuffer::new_unset(array.len()),
        DataType::Float64 => {
            let (low, high) = (clamped::<i64>(low, i64::MIN), clamped::<i64>(high, i64::MAX));
            let values = array.as_primitive::<types::Float64Type>().values();
            BooleanBuffer::collect_bool(values.len(), |row| (low..=high).contains(&double_key(values[row])))
        }
        _ => return Err(unfit(array)),
    };
    Ok(Truth::new(&within, array.nulls()))
}

fn clamped<T: TryFrom<i128>>(bound: i128, most: T) -> T {
    T::try_from(bound).unwrap_or(most)
}

fn inside<A: ArrowPrimitiveType>(array: &ArrayRef, low: i128, high: i128) -> BooleanBuffer
where
    A::Native: TryFrom<i128> + PartialOrd,
{
    let values = array.as_primitive::<A>().values();
    let least = |bound: i128| A::Native::try_from(bound).ok();
    // A bound that the type does not hold is either beyond all values, or before them.
    match (least(low), least(high)) {
        (Some(low), Some(high)) if low == high => BooleanBuffer::collect_bool(values.len(), |row| values[row] == low),
        (Some(low), Some(high)) => {
            BooleanBuffer::collect_bool(values.len(), |row| values[row] >= low && values[row] <= high)
        }
        (Some(low), None) if high > 0 => BooleanBuffer::collect_bool(values.len(), |row| values[row] >= low),
        (None, Some(high)) if low < 0 => BooleanBuffer::collect_bool(values.len(), |row| values[row] <= high),
        (None, None) if low < 0 && high > 0 => BooleanBuffer::new_set(values.len()),
        _ => BooleanBuffer::new_unset(values.len()),
    }
}

fn unfit(array: &ArrayRef) -> Error {
    Error::Unfit(format!("a condition on values of {}", array.data_type()))
}
