//! Expressions that give values.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};

use super::predicate::Predicate;
use crate::error::Result;

/// An expression that gives a value for each row.
#[derive(Clone, Debug)]
pub enum Value {
    /// The column at this place of the batch.
    Column(usize),
    /// A condition as BOOLEAN.
    Condition(Box<Predicate>),
}

impl Value {
    /// Its values for all rows of a batch.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where a value cannot be made as DuckDB makes it.
    pub fn of(&self, batch: &RecordBatch) -> Result<ArrayRef> {
        match self {
            Self::Column(place) => Ok(batch.column(*place).clone()),
            Self::Condition(condition) => Ok(Arc::new(condition.truth(batch)?.array())),
        }
    }

    /// The type of its values.
    #[must_use]
    pub fn kind(&self, schema: &Schema) -> DataType {
        match self {
            Self::Column(place) => schema.field(*place).data_type().clone(),
            Self::Condition(_) => DataType::Boolean,
        }
    }
}
