//! States to one state, column by column.

use std::cmp::Ordering;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;

use super::{
    groups::Groups,
    moments, registers,
    sums::{self, Bits},
    winners,
};
use crate::error::{Error, Result};

/// Offsets of texts have 31 bits.
const MOST_BYTES: usize = 1 << 30;
const KEY: &str = "key";

/// Merge states, in order, to one whose groups come in the order of their first rows.
///
/// `merges` says of each column how: `key`, or what aggregates its values. No answer where a column, or a
/// value, is left to DuckDB.
///
/// # Errors
/// [`Error::Invalid`] where there are not as many columns.
pub fn merge_states(batches: &[RecordBatch], schema: &SchemaRef, merges: &[String]) -> Result<Option<RecordBatch>> {
    if merges.len() != schema.fields().len() {
        return Err(Error::Invalid(format!(
            "{} columns are to be merged, not {}",
            merges.len(),
            schema.fields().len()
        )));
    }
    Ok(merged(batches, schema, merges))
}

fn merged(batches: &[RecordBatch], schema: &SchemaRef, merges: &[String]) -> Option<RecordBatch> {
    let keys: Vec<usize> = (0..merges.len()).filter(|&place| merges[place] == KEY).collect();
    let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    let bytes = batches.iter().map(RecordBatch::get_array_memory_size).sum::<usize>();
    if rows == 0 || bytes > MOST_BYTES {
        return None;
    }
    let groups = Groups::of(batches, &keys)?;
    let column = |(place, merge): (usize, &String)| {
        let arrays: Vec<ArrayRef> = batches.iter().map(|batch| batch.column(place).clone()).collect();
        column(merge, &arrays, &groups)
    };
    let columns = merges.iter().enumerate().map(column).collect::<Option<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(groups.count()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options).ok()
}

/// Merge one column, as planning names it.
fn column(merge: &str, arrays: &[ArrayRef], groups: &Groups) -> Option<ArrayRef> {
    match merge {
        KEY => winners::taken(arrays, &groups.firsts.iter().copied().map(Some).collect::<Vec<_>>()),
        "sum" => sums::sum(arrays, groups),
        "min" | "bool_and" => winners::extreme(Ordering::Less, arrays, groups),
        "max" | "bool_or" => winners::extreme(Ordering::Greater, arrays, groups),
        "any_value" => winners::first(arrays, groups),
        "bit_and" => sums::bits(Bits::And, arrays, groups),
        "bit_or" => sums::bits(Bits::Or, arrays, groups),
        "bit_xor" => sums::bits(Bits::Xor, arrays, groups),
        "arg_min" => winners::by_other(Ordering::Less, arrays, groups),
        "arg_max" => winners::by_other(Ordering::Greater, arrays, groups),
        "registers" => registers::registers(arrays, groups),
        "moments" => moments::together(arrays, groups),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, StringArray, cast::AsArray, types::Int64Type};
    use arrow_schema::{DataType, Field, Schema};

    use super::*;

    fn state(keys: Vec<Option<&str>>, sums: Vec<i64>) -> RecordBatch {
        let fields = vec![Field::new("k0", DataType::Utf8, true), Field::new("s0", DataType::Int64, true)];
        let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(keys)), Arc::new(Int64Array::from(sums))];
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    }

    fn merge(states: &[RecordBatch], merges: &[&str]) -> Result<Option<RecordBatch>> {
        let merges: Vec<String> = merges.iter().map(ToString::to_string).collect();
        merge_states(states, &states[0].schema(), &merges)
    }

    #[test]
    fn groups_are_put_together() {
        let states = [state(vec![Some("a"), None], vec![1, 2]), state(vec![None, Some("b"), Some("a")], vec![3, 4, 5])];
        let merged = merge(&states, &["key", "sum"]).unwrap().unwrap();
        assert_eq!(merged.column(0).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None, Some("b")]);
        assert_eq!(merged.column(1).as_primitive::<Int64Type>().values(), &[6, 5, 4]);
    }

    #[test]
    fn what_is_not_known_is_left_alone() {
        let states = [state(vec![Some("a")], vec![1])];
        assert!(merge(&states, &["key", "mode"]).unwrap().is_none());
        assert!(merge(&states, &["key", "registers"]).unwrap().is_none());
        assert!(merge(&[state(vec![], vec![])], &["key", "sum"]).unwrap().is_none());
        assert!(merge(&states, &["key"]).is_err());
    }
}
