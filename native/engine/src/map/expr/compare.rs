//! Conditions on two values of each row.

use arrow_array::{Array, ArrayRef, cast::AsArray, types};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;

use super::{
    Texts, Truth, double_key,
    numbers::{doubles, ints},
};
use crate::error::{Error, Result};

/// How two values are compared; what is not here is one of these with its sides changed, or its contrary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    Equal,
    Less,
    LessOrEqual,
}

impl Test {
    fn holds<T: PartialOrd>(self, one: T, other: T) -> bool {
        match self {
            Self::Equal => one == other,
            Self::Less => one < other,
            Self::LessOrEqual => one <= other,
        }
    }

    /// Where it holds of two columns.
    ///
    /// # Errors
    /// [`Error::Unfit`] where their types do not meet without loss.
    pub fn truth(self, left: &ArrayRef, right: &ArrayRef) -> Result<Truth> {
        let nulls = NullBuffer::union(left.logical_nulls().as_ref(), right.logical_nulls().as_ref());
        let known = |row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        let each = |holds: &dyn Fn(usize) -> bool| BooleanBuffer::collect_bool(left.len(), holds);
        let met = match (left.data_type(), right.data_type()) {
            (one, other) if is_text(one) && is_text(other) => {
                let (one, other) = (Texts::of(left)?, Texts::of(right)?);
                each(&|row| known(row) && self.holds(one.text(row), other.text(row)))
            }
            (DataType::Boolean, DataType::Boolean) => {
                let (one, other) = (left.as_boolean().values(), right.as_boolean().values());
                each(&|row| self.holds(one.value(row), other.value(row)))
            }
            (DataType::Decimal128(_, one), DataType::Decimal128(_, other)) if one == other => {
                let one = left.as_primitive::<types::Decimal128Type>().values();
                let other = right.as_primitive::<types::Decimal128Type>().values();
                each(&|row| self.holds(one[row], other[row]))
            }
            (DataType::Float64, _) | (_, DataType::Float64) => {
                let (one, other) = (doubles(left)?.values, doubles(right)?.values);
                each(&|row| self.holds(double_key(one[row]), double_key(other[row])))
            }
            (one, other) if one == other || one.is_integer() && other.is_integer() => {
                let (one, other) = (ints(left)?.values, ints(right)?.values);
                each(&|row| self.holds(one[row], other[row]))
            }
            (one, other) => return Err(Error::Unfit(format!("{one} compared with {other}"))),
        };
        Ok(Truth::new(&met, nulls.as_ref()))
    }
}

/// Whether columns of a type hold texts.
#[must_use]
pub fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _))
}
