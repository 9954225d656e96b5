//! One row group as record batches: of the columns asked for, of the rows not passed over.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use parquet::{
    arrow::arrow_reader::{ParquetRecordBatchReader, RowSelection},
    bloom_filter::Sbbf,
    column::page::PageReader,
    errors::{ParquetError, Result as ParquetResult},
    file::{
        metadata::{FileMetaData, ParquetMetaData, RowGroupMetaData},
        reader::{FileReader, RowGroupReader, SerializedPageReader},
    },
    record::reader::RowIter,
    schema::types::Type,
};
use xxhash_rust::xxh3::Xxh3;

use super::{
    column_bytes::{ColumnBytes, Place},
    footer::{Footer, damaged, guarded},
    schema::Selection,
};
use crate::{
    error::Result,
    source::{columnar::convert, file::OpenFile},
};

/// Bytes read ahead, of all columns together.
const AHEAD: u64 = 32 << 20;
/// Bytes of a batch that are aimed at.
const BATCH_BYTES: i64 = 4 << 20;
const FEWEST_ROWS: i64 = 1 << 10;
const MOST_ROWS: i64 = 1 << 15;

/// A row group that is being read.
pub struct GroupReader {
    file: Arc<OpenFile>,
    selection: Arc<Selection>,
    columns: Vec<Arc<ColumnBytes>>,
    batches: ParquetRecordBatchReader,
    head: Xxh3,
    number: usize,
    /// Rows still to come.
    left: usize,
}

impl GroupReader {
    /// Begin to read row group `number`; `kept` are the rows to read, where not all are.
    ///
    /// # Errors
    /// [`crate::error::Error::Malformed`] where it is damaged, or as the file reads.
    pub fn open(
        file: &Arc<OpenFile>,
        footer: &Footer,
        selection: &Arc<Selection>,
        number: usize,
        kept: Option<RowSelection>,
    ) -> Result<Self> {
        let group = footer.metadata.row_group(number);
        let ahead = (AHEAD / selection.leaves.len().max(1) as u64).clamp(64 << 10, 4 << 20);
        let columns: Vec<_> = selection
            .leaves
            .iter()
            .map(|&leaf| {
                let column = group.column(leaf);
                let (start, length) = column.byte_range();
                let repeated = column.column_descr().max_rep_level() > 0;
                let name = column.column_path().string();
                let place = Place { name, start, end: start + length, repeated };
                Arc::new(ColumnBytes::new(file.clone(), place, ahead))
            })
            .collect();
        let rows = kept.as_ref().map_or(group.num_rows() as usize, RowSelection::row_count);
        let batches = guarded(file, || {
            let one = OneGroup::of(footer, selection, number, &columns)?;
            let one: Arc<dyn FileReader> = Arc::new(one);
            let size = batch_rows(group, selection);
            ParquetRecordBatchReader::try_new_with_row_groups(&selection.levels, &one, size, kept)
        })?;
        let head = head(group, selection);
        Ok(Self { file: file.clone(), selection: selection.clone(), columns, batches, head, number, left: rows })
    }

    /// The next columns, or `None` at the end.
    ///
    /// # Errors
    /// [`crate::error::Error::Malformed`] where it is damaged, or as the file reads.
    pub fn next_columns(&mut self) -> Result<Option<(usize, Vec<ArrayRef>)>> {
        let batches = &mut self.batches;
        let next = guarded(&self.file, || batches.next().transpose().map_err(ParquetError::from));
        let next = next.map_err(|error| self.columns.iter().find_map(|column| column.failure()).unwrap_or(error))?;
        let Some(batch) = next.filter(|batch| batch.num_rows() > 0) else {
            if self.left > 0 {
                return Err(damaged(&self.file, 0, format!("row group {} lacks {} rows", self.number, self.left)));
            }
            return Ok(None);
        };
        let more = || damaged(&self.file, 0, format!("row group {} has more rows than it says", self.number));
        self.left = self.left.checked_sub(batch.num_rows()).ok_or_else(more)?;
        Ok(Some((batch.num_rows(), self.delivered(&batch)?)))
    }

    fn delivered(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
        let pairs = batch.columns().iter().zip(&self.selection.fields);
        let converted = pairs.map(|(column, field)| {
            convert(column, field.data_type())
                .map_err(|error| damaged(&self.file, 0, format!("column {}: {error}", field.name())))
        });
        converted.collect()
    }

    /// Digest of what the columns are, and of all of their bytes.
    ///
    /// # Errors
    /// As the file reads.
    pub fn digest(mut self) -> Result<u128> {
        for column in &self.columns {
            self.head.update(&column.digest()?.to_le_bytes());
        }
        Ok(self.head.digest128())
    }
}

/// Digest of a row group of which no byte is read: its rows are counted, or passed over.
#[must_use]
pub fn digest_of_none(footer: &Footer, number: usize) -> u128 {
    let mut digest = Xxh3::new();
    digest.update(&footer.metadata.row_group(number).num_rows().to_le_bytes());
    digest.digest128()
}

/// What the bytes of the columns mean.
fn head(group: &RowGroupMetaData, selection: &Selection) -> Xxh3 {
    let mut digest = Xxh3::new();
    digest.update(&group.num_rows().to_le_bytes());
    for (place, &leaf) in selection.leaves.iter().enumerate() {
        let column = group.column(leaf);
        let said = format!("{:?} {:?} {}", selection.schema.column(place), column.compression(), column.num_values());
        digest.update(said.as_bytes());
    }
    digest
}

/// Rows of a batch, such that it has the bytes aimed at.
fn batch_rows(group: &RowGroupMetaData, selection: &Selection) -> usize {
    let bytes: i64 = selection.leaves.iter().map(|&leaf| group.column(leaf).uncompressed_size().max(0)).sum();
    let each = (bytes / group.num_rows().max(1)).max(1);
    (BATCH_BYTES / each).clamp(FEWEST_ROWS, MOST_ROWS).min(group.num_rows().max(1)) as usize
}

/// A file of one row group and the columns asked for: all that the decoder sees.
struct OneGroup {
    metadata: ParquetMetaData,
    /// As they are in the file, for the pages.
    columns: Vec<Arc<ColumnBytes>>,
}

impl OneGroup {
    fn of(footer: &Footer, selection: &Selection, number: usize, columns: &[Arc<ColumnBytes>]) -> ParquetResult<Self> {
        let group = footer.metadata.row_group(number);
        let chunks = selection.leaves.iter().map(|&leaf| group.column(leaf).clone()).collect();
        let one = RowGroupMetaData::builder(selection.schema.clone())
            .set_num_rows(group.num_rows())
            .set_column_metadata(chunks)
            .build()?;
        let of_file = footer.metadata.file_metadata();
        let schema = selection.schema.clone();
        let file = FileMetaData::new(of_file.version(), group.num_rows(), None, None, schema, None);
        Ok(Self { metadata: ParquetMetaData::new(file, vec![one]), columns: columns.to_vec() })
    }
}

impl FileReader for OneGroup {
    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }

    fn num_row_groups(&self) -> usize {
        1
    }

    fn get_row_group(&self, number: usize) -> ParquetResult<Box<dyn RowGroupReader + '_>> {
        Ok(Box::new(OneGroupReader { group: self.metadata.row_group(number), columns: &self.columns }))
    }

    fn get_row_iter(&self, _: Option<Type>) -> ParquetResult<RowIter<'_>> {
        Err(ParquetError::NYI("rows one by one".to_owned()))
    }
}

struct OneGroupReader<'a> {
    group: &'a RowGroupMetaData,
    columns: &'a [Arc<ColumnBytes>],
}

impl RowGroupReader for OneGroupReader<'_> {
    fn metadata(&self) -> &RowGroupMetaData {
        self.group
    }

    fn num_columns(&self) -> usize {
        self.columns.len()
    }

    fn get_column_page_reader(&self, place: usize) -> ParquetResult<Box<dyn PageReader>> {
        let rows = self.group.num_rows() as usize;
        let pages = SerializedPageReader::new(self.columns[place].clone(), self.group.column(place), rows, None)?;
        Ok(Box::new(pages))
    }

    fn get_column_bloom_filter(&self, _: usize) -> Option<&Sbbf> {
        None
    }

    fn get_row_iter(&self, _: Option<Type>) -> ParquetResult<RowIter<'_>> {
        Err(ParquetError::NYI("rows one by one".to_owned()))
    }
}
