//! Rows by partition: which rows of a batch belong to which values of its last columns.

use std::collections::HashMap;

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, UInt32Array, cast::AsArray};
use arrow_schema::{DataType, SchemaRef};
use arrow_select::take::take_record_batch;

use crate::error::{Error, Result};

/// The values of a partition, as text; NULL is none.
pub type Values = Vec<Option<String>>;

/// A batch without its last `count` columns, and those.
///
/// # Errors
/// [`Error::Invalid`] where they are no text.
pub fn divided(batch: &RecordBatch, count: usize) -> Result<(RecordBatch, Vec<StringArray>)> {
    let width = batch.num_columns() - count;
    let keys = batch.columns()[width..].iter().map(text).collect::<Result<_>>()?;
    let kept: Vec<_> = (0..width).collect();
    let rows = batch.project(&kept).map_err(|error| Error::Invalid(error.to_string()))?;
    Ok((rows, keys))
}

/// A schema without its last `count` columns.
///
/// # Errors
/// [`Error::Invalid`] where there are not as many.
pub fn without_keys(schema: &SchemaRef, count: usize) -> Result<SchemaRef> {
    let kept: Vec<_> = (0..schema.fields().len().saturating_sub(count)).collect();
    schema.project(&kept).map(Into::into).map_err(|error| Error::Invalid(error.to_string()))
}

fn text(column: &ArrayRef) -> Result<StringArray> {
    match column.data_type() {
        DataType::Utf8 => Ok(column.as_string::<i32>().clone()),
        other => Err(Error::Invalid(format!("a partition is named by text, not by {other}"))),
    }
}

/// The rows of each partition, in the order in which partitions come first.
///
/// # Errors
/// [`Error::Invalid`] where rows cannot be taken out.
pub fn split(rows: &RecordBatch, keys: &[StringArray]) -> Result<Vec<(Values, RecordBatch)>> {
    let mut places: HashMap<Vec<Option<&str>>, usize> = HashMap::new();
    let mut members: Vec<Vec<u32>> = Vec::new();
    let mut before: Option<(Vec<Option<&str>>, usize)> = None;
    for row in 0..rows.num_rows() {
        let value = |key| value(key, row);
        let place = match &before {
            Some((last, place)) if keys.iter().map(value).eq(last.iter().copied()) => *place,
            _ => {
                let values: Vec<_> = keys.iter().map(value).collect();
                let fresh = members.len();
                let place = *places.entry(values.clone()).or_insert(fresh);
                if place == fresh {
                    members.push(Vec::new());
                }
                before = Some((values, place));
                place
            }
        };
        members[place].push(row as u32);
    }
    if members.len() == 1 {
        let values = places.into_keys().next().unwrap_or_default();
        return Ok(vec![(owned(&values), rows.clone())]);
    }
    let mut named: Vec<_> = places.into_iter().collect();
    named.sort_by_key(|&(_, place)| place);
    named
        .into_iter()
        .map(|(values, place)| {
            let indices = UInt32Array::from(std::mem::take(&mut members[place]));
            let taken = take_record_batch(rows, &indices).map_err(|error| Error::Invalid(error.to_string()))?;
            Ok((owned(&values), taken))
        })
        .collect()
}

fn value(key: &StringArray, row: usize) -> Option<&str> {
    key.is_valid(row).then(|| key.value(row))
}

fn owned(values: &[Option<&str>]) -> Values {
    values.iter().map(|value| value.map(str::to_owned)).collect()
}
