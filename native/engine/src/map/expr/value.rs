//! Expressions that give values.

use std::{iter::repeat_n, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Schema};

use super::{calculate::Calculation, predicate::Predicate};
use crate::{error::Result, map::keys::int_array};

/// An expression that gives a value for each row.
#[derive(Clone, Debug)]
pub enum Value {
    /// The column at this place of the batch.
    Column(usize),
    /// The same value in every row, and its type.
    Constant(Constant, DataType),
    /// A condition as BOOLEAN.
    Condition(Box<Predicate>),
    Calculation(Box<Calculation>),
}

/// A value as it lies in memory.
#[derive(Clone, Debug)]
pub enum Constant {
    Int(i64),
    Double(f64),
    Text(String),
}

impl Value {
    /// Its values for all rows of a batch.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where a value cannot be made as DuckDB makes it.
    pub fn of(&self, batch: &RecordBatch) -> Result<ArrayRef> {
        let count = batch.num_rows();
        match self {
            Self::Column(place) => Ok(batch.column(*place).clone()),
            Self::Constant(Constant::Int(value), kind) => Ok(int_array(kind, repeat_n(*value, count), None)),
            Self::Constant(Constant::Double(value), _) => Ok(Arc::new(Float64Array::from_value(*value, count))),
            Self::Constant(Constant::Text(text), _) => {
                Ok(Arc::new(StringArray::from_iter_values(repeat_n(text, count))))
            }
            Self::Condition(condition) => Ok(Arc::new(condition.truth(batch)?.array())),
            Self::Calculation(calculation) => calculation.of(batch),
        }
    }

    /// The type of its values.
    #[must_use]
    pub fn kind(&self, schema: &Schema) -> DataType {
        match self {
            Self::Column(place) => schema.field(*place).data_type().clone(),
            Self::Constant(_, kind) => kind.clone(),
            Self::Condition(_) => DataType::Boolean,
            Self::Calculation(calculation) => calculation.kind.clone(),
        }
    }
}
