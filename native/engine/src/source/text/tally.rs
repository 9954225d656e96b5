//! Words counted while they are read: a row for each different one of a pass, not for each.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::lines::TEXT;
use crate::{
    error::{Error, Result},
    source::{
        Pass,
        csv::{
            Scanner, Span,
            column::{Interner, Key},
            value::cell::Cell,
        },
        plan::ColumnSpec,
        report::{ChunkReport, Reject},
    },
};

/// Ordinal of how often a word stands there.
pub const COUNT: usize = 2;

/// How often each word was met.
#[derive(Default)]
pub struct Tally {
    words: Interner,
    counts: Vec<i64>,
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tally({} words)", self.counts.len())
    }
}

impl Tally {
    /// Count a word of a text that has some bytes more after it.
    #[inline(always)]
    pub fn add(&mut self, data: &[u8], word: Span) {
        match Cell::new(data, word.start, word.end) {
            Some(cell) => self.count(Key::of_cell(cell), cell.text()),
            None => self.add_text(&data[word.start..word.end]),
        }
    }

    /// Count a word.
    pub fn add_text(&mut self, word: &[u8]) {
        self.count(Key::of_text(word), word);
    }

    #[inline(always)]
    fn count(&mut self, key: Key, text: &[u8]) {
        let number = self.words.number(key, text) as usize;
        match self.counts.get_mut(number) {
            Some(count) => *count += 1,
            None => self.counts.push(1),
        }
    }
}

/// A pass whose rows are the different words and how often they were met, all at its end.
pub struct CountingPass {
    pub scanner: Scanner,
    pub tally: Arc<Mutex<Tally>>,
    schema: SchemaRef,
    ordinals: Vec<usize>,
}

impl CountingPass {
    /// A pass over the same lines as `scanner`, whose finder counts in `tally`.
    #[must_use]
    pub fn new(scanner: Scanner, tally: Arc<Mutex<Tally>>, columns: &[ColumnSpec]) -> Self {
        let field = |column: &ColumnSpec| {
            let kind = if column.ordinal == TEXT { DataType::Utf8 } else { DataType::Int64 };
            Field::new(&column.name, kind, true)
        };
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        Self { scanner, tally, schema, ordinals: columns.iter().map(|column| column.ordinal).collect() }
    }
}

impl Pass for CountingPass {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        while self.scanner.next_batch()?.is_some() {}
        let Tally { mut words, counts } =
            std::mem::take(&mut *self.tally.lock().unwrap_or_else(PoisonError::into_inner));
        if counts.is_empty() {
            return Ok(None);
        }
        let (words, counts): (ArrayRef, ArrayRef) = (words.texts(), Arc::new(Int64Array::from(counts)));
        debug_assert_eq!(words.len(), counts.len());
        let columns = self.ordinals.iter().map(|&ordinal| if ordinal == TEXT { words.clone() } else { counts.clone() });
        RecordBatch::try_new(self.schema(), columns.collect())
            .map(Some)
            .map_err(|error| Error::Invalid(format!("columns of a batch differ in length: {error}")))
    }

    fn reports(&self) -> &[ChunkReport] {
        self.scanner.reports()
    }

    fn rejects(&self) -> &[Reject] {
        self.scanner.rejects()
    }
}
