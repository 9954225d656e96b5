//! VARCHAR columns of few different texts: each text once, rows as numbers of texts.
//!
//! DuckDB groups and filters such a column by its numbers: three times as fast as by its texts.

use std::sync::Arc;

use arrow_array::{DictionaryArray, Int32Array, types::Int32Type};
use arrow_buffer::ScalarBuffer;
use arrow_schema::DataType;
use memchr::memchr;

use super::{
    Cells, ReadColumn, Values,
    cells::Validity,
    interner::{Interner, Key},
    text::unescape,
};
use crate::source::pool::Pool;

/// More texts than these, or more bytes of them, are forgotten before the next window.
const KEPT: usize = 4096;
const KEPT_BYTES: usize = 4 << 20;
/// Texts whose keys are made together.
const TURN: usize = 64;

/// Reads texts, numbering each different one.
#[derive(Default)]
pub struct Words {
    known: Interner,
    pool: Pool<i32>,
    scratch: Vec<u8>,
}

impl ReadColumn for Words {
    fn data_type(&self) -> DataType {
        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
    }

    fn read(&mut self, cells: &Cells<'_>, _failed: &mut Vec<u32>) -> Values {
        let count = cells.count();
        let mut numbers = self.pool.take();
        let mut validity = Validity::default();
        if numbers.len() < count {
            numbers.resize(count, 0);
        }
        if self.known.len() > KEPT || self.known.size() > KEPT_BYTES {
            self.known = Interner::default();
        }
        if cells.are_plain() {
            self.read_plain(cells, &mut numbers[..count], &mut validity);
        } else {
            self.read_each(cells, &mut numbers[..count], &mut validity);
        }
        let numbers = Int32Array::new(ScalarBuffer::new(self.pool.lend(numbers), 0, count), validity.finish(count));
        let texts = self.known.texts();
        // SAFETY: every number was given to one of these texts; NULL rows need none of them.
        Values::Array(Arc::new(unsafe { DictionaryArray::<Int32Type>::new_unchecked(numbers, texts) }))
    }
}

impl Words {
    /// Number texts of which the empty one is NULL.
    fn read_plain(&mut self, cells: &Cells<'_>, numbers: &mut [i32], validity: &mut Validity) {
        let count = numbers.len();
        let mut keys = [Key::default(); TURN];
        for (turn, numbers) in numbers.chunks_mut(TURN).enumerate() {
            let first = turn * TURN;
            for (key, content) in keys.iter_mut().zip(cells.contents_of(first..first + numbers.len())) {
                *key = Key::of_cell(content.cell);
            }
            self.known.numbers(&keys, numbers, |place| cells.content(first + place).cell.text());
        }
        if let Some(empty) = self.known.empty() {
            let nulls = numbers.iter().enumerate().filter(|&(_, &number)| number == empty);
            nulls.for_each(|(row, _)| validity.set_null(row, count));
        }
    }

    /// Number texts that may be quoted, or stand for NULL.
    fn read_each(&mut self, cells: &Cells<'_>, numbers: &mut [i32], validity: &mut Validity) {
        let count = numbers.len();
        for (row, (content, slot)) in cells.contents().zip(numbers).enumerate() {
            let text = content.cell.text();
            if content.quoted {
                if let Some(escape) = cells.dialect.quote.and_then(|quote| memchr(quote, text)) {
                    self.scratch.clear();
                    unescape(text, escape, &mut self.scratch);
                    *slot = self.known.number(Key::of_text(&self.scratch), || &self.scratch);
                    continue;
                }
            } else if cells.dialect.is_null(text) {
                validity.set_null(row, count);
                *slot = 0;
                continue;
            }
            *slot = self.known.number(Key::of_cell(content.cell), || text);
        }
    }
}
