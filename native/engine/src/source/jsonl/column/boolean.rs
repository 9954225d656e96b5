//! BOOLEAN columns: one bit a row.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;

use super::{Cells, Misfit, ReadColumn, read::Value};
use crate::{
    source::{
        csv::{column::Validity, value::parse_bool},
        jsonl::kind::Kind,
    },
    types::ColumnType,
};

/// Reads true and false; also words for them where the type is given.
pub struct Booleans {
    pub slot: usize,
    pub fixed: bool,
}

impl ReadColumn for Booleans {
    fn data_type(&self) -> DataType {
        DataType::Boolean
    }

    fn read(&mut self, cells: &Cells<'_>, misfits: &mut Vec<Misfit>) -> ArrayRef {
        let mut spans = cells.column(self.slot);
        let count = spans.len();
        let mut validity = Validity::default();
        let mut scratch = Vec::new();
        let bits = BooleanBuffer::collect_bool(count, |row| {
            let span = spans.next().unwrap_or_default();
            let found = match cells.value(span, &mut scratch) {
                Value::Null => {
                    validity.set_null(row, count);
                    return false;
                }
                Value::Other(b"true") => Some(true),
                Value::Other(b"false") => Some(false),
                Value::Text(text) | Value::Other(text) if self.fixed => parse_bool(text, false),
                _ => None,
            };
            found.unwrap_or_else(|| {
                misfits.push(Misfit::new(row, span, &Kind::Scalar(ColumnType::Boolean)));
                false
            })
        });
        Arc::new(BooleanArray::new(bits, validity.finish(count)))
    }
}
