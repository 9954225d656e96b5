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

/// Words that are counted together.
pub const TURN: usize = 64;

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
    /// Count words of a text that has some bytes more after it.
    #[inline(never)]
    pub fn add_all(&mut self, data: &[u8], words: &[Span]) {
        let (mut keys, mut numbers) = ([Key::default(); TURN], [0; TURN]);
        for words in words.chunks(TURN) {
            for (key, word) in keys.iter_mut().zip(words) {
                *key = match Cell::new(data, word.start, word.end) {
                    Some(cell) => Key::of_cell(cell),
                    None => Key::of_text(&data[word.start..word.end]),
                };
            }
            self.words.numbers(&keys, &mut numbers[..words.len()], |place| {
                let word = words[place];
                &data[word.start..word.end]
            });
            self.counts.resize(self.words.len(), 0);
            numbers[..words.len()].iter().for_each(|&number| self.counts[number as usize] += 1);
        }
    }

    /// Count a word.
    pub fn add_text(&mut self, word: &[u8]) {
        let number = self.words.number(Key::of_text(word), || word);
        self.counts.resize(self.words.len(), 0);
        self.counts[number as usize] += 1;
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
