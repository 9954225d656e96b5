//! Expressions that give values.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Schema};

use super::{calculate::Calculation, predicate::Predicate};
use crate::error::Result;

/// An expression that gives a value for each row.
#[derive(Clone, Debug)]
pub enum Value {
    /// The column at this place of the batch.
    Column(usize),
    Constant(Constant),
    /// A condition as BOOLEAN.
    Condition(Box<Predicate>),
    Calculation(Box<Calculation>),
}

/// The same value in every row, as it lies in memory.
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
            Self::Constant(Constant::Int(value)) => Ok(Arc::new(Int64Array::from_value(*value, count))),
            Self::Constant(Constant::Double(value)) => Ok(Arc::new(Float64Array::from_value(*value, count))),
            Self::Constant(Constant::Text(text)) => {
                Ok(Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, count))))
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
            Self::Constant(Constant::Int(_)) => DataType::Int64,
            Self::Constant(Constant::Double(_)) => DataType::Float64,
            Self::Constant(Constant::Text(_)) => DataType::Utf8,
            Self::Condition(_) => DataType::Boolean,
            Self::Calculation(calculation) => calculation.kind.clone(),
        }
    }
}
