//! VARCHAR columns of few different texts: each text once, rows as numbers of texts.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Int32Array, types::Int32Type};
use arrow_buffer::ScalarBuffer;
use arrow_schema::DataType;

use super::{Cells, Misfit, ReadColumn, read::Value};
use crate::source::{
    csv::column::{Interner, Key, Validity},
    pool::Pool,
};

/// More texts than these, or more bytes of them, are forgotten before the next window.
const KEPT: usize = 4096;
const KEPT_BYTES: usize = 4 << 20;

/// Reads texts, numbering each different one.
pub struct Words {
    slot: usize,
    known: Interner,
    pool: Pool<i32>,
}

impl Words {
    /// A reader of the texts of a slot.
    #[must_use]
    pub fn new(slot: usize) -> Self {
        Self { slot, known: Interner::default(), pool: Pool::default() }
    }
}

impl ReadColumn for Words {
    fn data_type(&self) -> DataType {
        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
    }

    fn read(&mut self, cells: &Cells<'_>, _misfits: &mut Vec<Misfit>) -> ArrayRef {
        let spans = cells.column(self.slot);
        let count = spans.len();
        let mut numbers = self.pool.take();
        let mut validity = Validity::default();
        let mut scratch = Vec::new();
        if numbers.len() < count {
            numbers.resize(count, 0);
        }
        if self.known.len() > KEPT || self.known.size() > KEPT_BYTES {
            self.known = Interner::default();
        }
        for (row, (span, slot)) in spans.zip(&mut numbers[..count]).enumerate() {
            if let Some(cell) = cells.plain_text(span) {
                *slot = self.known.number(Key::of_cell(cell), || cell.text());
                continue;
            }
            match cells.value(span, &mut scratch) {
                Value::Null => {
                    validity.set_null(row, count);
                    *slot = 0;
                }
                Value::Text(text) | Value::Other(text) => *slot = self.known.number(Key::of_text(text), || text),
            }
        }
        let numbers = Int32Array::new(ScalarBuffer::new(self.pool.lend(numbers), 0, count), validity.finish(count));
        let texts = self.known.texts();
        // SAFETY: every number was given to one of these texts; NULL rows have none of them.
        Arc::new(unsafe { DictionaryArray::<Int32Type>::new_unchecked(numbers, texts) })
    }
}
