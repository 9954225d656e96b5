//! BOOLEAN columns: one bit a row.

use std::sync::Arc;

use arrow_array::BooleanArray;
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;

use super::{super::value::parse_bool, Cells, ReadColumn, Values, cells::Validity};

/// Reads truth words.
pub struct Booleans {
    pub strict: bool,
}

impl ReadColumn for Booleans {
    fn data_type(&self) -> DataType {
        DataType::Boolean
    }

    fn read(&mut self, cells: &Cells<'_>, failed: &mut Vec<u32>) -> Values {
        let count = cells.count();
        let mut validity = Validity::default();
        let mut contents = cells.contents();
        let bits = BooleanBuffer::collect_bool(count, |row| {
            let value = contents.next().and_then(|content| Some((content, cells.value_text(content)?)));
            let Some((content, text)) = value else {
                validity.set_null(row, count);
                return false;
            };
            // DuckDB's cast takes spaces around numbers and dates, none around truth words.
            let whole = self.strict || text.len() == content.cell.size();
            parse_bool(text, self.strict).filter(|_| whole).unwrap_or_else(|| {
                failed.push(row as u32);
                false
            })
        });
        Values::Array(Arc::new(BooleanArray::new(bits, validity.finish(count))))
    }
}
