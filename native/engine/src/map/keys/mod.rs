//! Groups of rows by their keys: each key's values are numbered, then the groups are.

mod combined;
mod grouping;
mod ints;
mod texts;
mod values;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

pub use self::{
    grouping::Grouping,
    values::{int_array, primitive, text_array},
};
use super::{
    expr::{Value, value},
    plan::Expression,
    rows::Rows,
};
use crate::error::{Error, Result};

/// No number.
const NONE: u32 = u32::MAX;

/// The keys of a map, and the groups that they make.
pub struct Keys {
    places: Vec<Place>,
    /// The columns that other keys are made of when the groups are known.
    plain: SchemaRef,
    values: Vec<Value>,
    grouping: Grouping,
}

/// What a key of the state is.
enum Place {
    /// One that makes groups.
    Numbered(usize),
    /// The same within each group, as it is made of those that are columns.
    Of(Value),
}

/// The keys of one batch.
pub struct Columns(Vec<ArrayRef>);

impl Keys {
    /// No groups yet.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::error::Error::Invalid) where a key is not known.
    pub fn new(keys: &[(String, Expression)], schema: &Schema) -> Result<Self> {
        let all = keys.iter().map(|(_, key)| value(key, schema)).collect::<Result<Vec<_>>>()?;
        // 0 and -0 are one group, but not the same.
        let is_plain = |value: &&Value| matches!(value, Value::Column(place) if *schema.field(*place).data_type() != DataType::Float64);
        let columns = all.iter().filter(is_plain);
        let fields = columns.filter_map(|value| match value {
            Value::Column(place) => Some(Field::new(schema.field(*place).name(), value.kind(schema), true)),
            _ => None,
        });
        let plain = Schema::new(fields.collect::<Vec<_>>());
        let (mut places, mut values) = (Vec::new(), Vec::new());
        for ((_, key), known) in keys.iter().zip(all) {
            let made = if is_plain(&&known) || plain.fields().is_empty() { None } else { value(key, &plain).ok() };
            places.push(match made {
                Some(made) => Place::Of(made),
                None => {
                    values.push(known);
                    Place::Numbered(values.len() - 1)
                }
            });
        }
        let grouping = Grouping::new(values.iter().map(|value| value.kind(schema)));
        Ok(Self { places, plain: Arc::new(plain), values, grouping })
    }

    /// How many groups there are; rows without keys are one group.
    #[must_use]
    pub fn count(&self) -> usize {
        self.grouping.count()
    }

    /// Bytes that they take.
    #[must_use]
    pub fn size(&self) -> usize {
        self.grouping.size()
    }

    /// The keys of a batch.
    ///
    /// # Errors
    /// As its expressions.
    pub fn columns(&mut self, batch: &RecordBatch) -> Result<Columns> {
        let arrays = self.values.iter().map(|value| value.of(batch)).collect::<Result<Vec<_>>>()?;
        self.grouping.begin(&arrays);
        Ok(Columns(arrays))
    }

    /// Write the group of each row to `groups`.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where there are too many.
    pub fn groups(&mut self, columns: &Columns, rows: Rows<'_>, groups: &mut Vec<u32>) -> Result<()> {
        self.grouping.groups(&columns.0, rows, groups)
    }

    /// The value of each key, group by group.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where texts are too long together, or as the expressions.
    pub fn finish(&self) -> Result<Vec<ArrayRef>> {
        let numbered = self.grouping.finish()?;
        let plain = self.columns_of(&numbered)?;
        let made = self.places.iter().map(|place| match place {
            Place::Numbered(place) => Ok(numbered[*place].clone()),
            Place::Of(value) => value.of(&plain),
        });
        made.collect()
    }

    /// The keys that are columns, as a batch of them.
    fn columns_of(&self, numbered: &[ArrayRef]) -> Result<RecordBatch> {
        let is_plain = |array: &&ArrayRef| *array.data_type() != DataType::Float64;
        let columns = self.values.iter().zip(numbered).filter(|(value, _)| matches!(value, Value::Column(_)));
        let arrays: Vec<ArrayRef> = columns.map(|(_, array)| array).filter(is_plain).cloned().collect();
        let fields = self.plain.fields().iter().zip(&arrays);
        let fields = fields.map(|(field, array)| Field::new(field.name(), array.data_type().clone(), true));
        let options = RecordBatchOptions::new().with_row_count(Some(self.count()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields.collect::<Vec<_>>())), arrays, &options)
            .map_err(|error| Error::Invalid(format!("the keys of a state: {error}")))
    }
}
