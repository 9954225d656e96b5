//! A pass over the row groups of chunks: batches out, reports kept.

use std::{ops::Range, sync::Arc};

use arrow_array::{ArrayRef, Int64Array, NullArray, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::RowSelection;
use xxhash_rust::xxh3::Xxh3;

use super::{
    footer::{Footer, damaged, read_footer},
    group::{GroupReader, digest_of_none},
    schema::{Options, Selection, has_few_texts, root_columns, select},
};
use crate::{
    error::{Error, Result},
    source::{
        Pass,
        columnar::repeated,
        encoding::Encoding,
        file::OpenFile,
        plan::{CancelFlag, Chunk, SourceFile},
        read_at::Opener,
        report::{BlockReport, ChunkReport, Reject},
    },
};

/// Rows of a batch without columns of the file.
const ROWS_OF_NONE: usize = 1 << 16;

/// A column that is asked for. One whose ordinal is negative is not in the file: -1 is its first extra value.
#[derive(Clone, Debug)]
pub struct Asked {
    pub name: String,
    pub ordinal: i64,
}

/// Rows of a block that statistics show to be of no use: they are read by no one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Place of the chunk in the plan.
    pub chunk: usize,
    /// Place of the block in the chunk.
    pub block: usize,
    /// Rows of the row group, from 0.
    pub rows: Range<usize>,
}

/// One pass over some chunks.
#[derive(Clone, Debug, Default)]
pub struct ScanPlan {
    pub chunks: Vec<Chunk>,
    pub columns: Vec<Asked>,
    pub options: Options,
    /// Name of a column for the number of the row in its file.
    pub row_number: Option<String>,
    /// In order.
    pub passed_over: Vec<PassedOver>,
    /// Only digest the bytes: no batch comes.
    pub digest_only: bool,
    pub opener: Opener,
}

/// Where the values of a column come from.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// A decoded column.
    File(usize),
    Extra(usize),
    RowNumber,
}

/// A file that is being read.
struct Opened {
    planned: SourceFile,
    file: Arc<OpenFile>,
    footer: Footer,
    selection: Arc<Selection>,
    origins: Vec<Origin>,
    /// Of which columns of the file the texts are few.
    few: Vec<bool>,
    schema: SchemaRef,
}

/// The chunk at hand.
struct OpenChunk {
    digest: Xxh3,
    blocks: Vec<BlockReport>,
    active: Option<ActiveGroup>,
}

/// The row group at hand.
struct ActiveGroup {
    number: usize,
    reader: Option<GroupReader>,
    /// Rows of the row group still to come.
    kept: Vec<Range<usize>>,
    report: BlockReport,
    passed: bool,
}

/// One pass over the chunks of a plan.
pub struct ParquetScan {
    plan: ScanPlan,
    cancel: CancelFlag,
    schema: SchemaRef,
    opened: Option<Opened>,
    chunk: usize,
    open: Option<OpenChunk>,
    reports: Vec<ChunkReport>,
}

impl ParquetScan {
    /// A pass that has looked at the first file.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::Refused`], or as the file reads.
    pub fn new(plan: ScanPlan, cancel: CancelFlag) -> Result<Self> {
        let opened = match plan.chunks.first() {
            Some(chunk) => Some(Opened::open(&chunk.file, &plan, None)?),
            None => None,
        };
        let schema = opened.as_ref().map_or_else(|| Arc::new(Schema::empty()), |opened| opened.schema.clone());
        Ok(Self { plan, cancel, schema, opened, chunk: 0, open: None, reports: Vec::new() })
    }
}

impl Pass for ParquetScan {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn reports(&self) -> &[ChunkReport] {
        &self.reports
    }

    fn rejects(&self) -> &[Reject] {
        &[]
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        while self.chunk < self.plan.chunks.len() {
            self.cancel.check()?;
            let opened = self.file_of_chunk()?;
            let chunk = &self.plan.chunks[self.chunk];
            let mut open = self.open.take().unwrap_or_else(OpenChunk::new);
            let Some(mut active) = open.active.take() else {
                if open.blocks.len() < chunk.blocks.len() {
                    open.active = Some(opened.begin(&self.plan, self.chunk, open.blocks.len())?);
                    self.open = Some(open);
                } else {
                    opened.file.check(&chunk.file)?;
                    let identity = format!("{:032x}", open.digest.digest128());
                    self.reports.push(ChunkReport { ordinal: chunk.ordinal, identity, blocks: open.blocks });
                    self.chunk += 1;
                }
                self.opened = Some(opened);
                continue;
            };
            let batch = if self.plan.digest_only { None } else { opened.next(&mut active)? };
            match batch {
                Some(_) => open.active = Some(active),
                None => open.finish(&opened, active)?,
            }
            self.open = Some(open);
            self.opened = Some(opened);
            if batch.is_some() {
                return Ok(batch);
            }
        }
        Ok(None)
    }
}

impl ParquetScan {
    /// The file of the chunk at hand, opened once for all of its chunks that follow each other.
    fn file_of_chunk(&mut self) -> Result<Opened> {
        let planned = &self.plan.chunks[self.chunk].file;
        match self.opened.take() {
            Some(opened) if opened.planned.path == planned.path => Ok(opened),
            before => {
                let opened = Opened::open(planned, &self.plan, before.map(|before| before.few))?;
                if opened.schema != self.schema {
                    return Err(Error::Changed { path: planned.path.clone() });
                }
                Ok(opened)
            }
        }
    }
}

impl Opened {
    /// Open a file; `few` says whose texts are few, where another file has told.
    fn open(planned: &SourceFile, plan: &ScanPlan, few: Option<Vec<bool>>) -> Result<Self> {
        let file = OpenFile::open_as_planned(&plan.opener, planned, Encoding::Utf8)?;
        let footer = read_footer(&file)?;
        let known = root_columns(&footer.metadata, plan.options);
        let (mut places, mut origins, mut fields) = (Vec::new(), Vec::new(), Vec::new());
        for column in &plan.columns {
            if column.ordinal < 0 {
                origins.push(Origin::Extra((-1 - column.ordinal) as usize));
                let texts = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
                fields.push(Field::new(&column.name, texts, true));
                continue;
            }
            let lower = column.name.to_lowercase();
            if let Some(place) = known.iter().position(|known| known.name.to_lowercase() == lower) {
                origins.push(Origin::File(places.len()));
                places.push(place);
                fields.push(Field::new(&column.name, DataType::Null, true));
            } else if plan.row_number.as_ref() == Some(&column.name) {
                origins.push(Origin::RowNumber);
                fields.push(Field::new(&column.name, DataType::Int64, true));
            }
        }
        let few = few.unwrap_or_else(|| places.iter().map(|&place| has_few_texts(&footer.metadata, place)).collect());
        let selection =
            select(&footer.metadata, &places, &few, plan.options).map_err(|(name, why)| Error::Refused {
                path: planned.path.clone(),
                offset: 0,
                what: format!("column {name} cannot be read: {why}"),
                hint: "leave the column out".to_owned(),
            })?;
        for (origin, field) in origins.iter().zip(&mut fields) {
            if let Origin::File(place) = origin {
                *field = selection.fields[*place].clone().with_name(field.name());
            }
        }
        if fields.is_empty() {
            fields.push(Field::new("_", DataType::Null, true));
        }
        let schema = Arc::new(Schema::new(fields));
        Ok(Self {
            planned: planned.clone(),
            file: Arc::new(file),
            footer,
            selection: Arc::new(selection),
            origins,
            few,
            schema,
        })
    }

    fn begin(&self, plan: &ScanPlan, chunk: usize, place: usize) -> Result<ActiveGroup> {
        let block = plan.chunks[chunk].blocks[place];
        let Some(number) = self.footer.group_of(block.offset, block.end) else {
            return Err(Error::Changed { path: self.planned.path.clone() });
        };
        let rows = self.footer.metadata.row_group(number).num_rows() as usize;
        let passed = plan.passed_over.iter().filter(|passed| passed.chunk == chunk && passed.block == place);
        let kept = without(rows, passed.map(|passed| &passed.rows));
        let nothing = kept.is_empty() || self.selection.leaves.is_empty();
        let reader = if nothing {
            None
        } else {
            let all = kept.len() == 1 && kept[0].len() == rows;
            let some = (!all).then(|| RowSelection::from_consecutive_ranges(kept.iter().cloned(), rows));
            Some(GroupReader::open(&self.file, &self.footer, &self.selection, number, some)?)
        };
        let report = BlockReport { start: block.offset, end: block.end, rows: rows as u64, ..BlockReport::default() };
        Ok(ActiveGroup { number, reader, passed: kept.is_empty(), kept, report })
    }

    fn next(&self, active: &mut ActiveGroup) -> Result<Option<RecordBatch>> {
        let (rows, columns) = match &mut active.reader {
            Some(reader) => match reader.next_columns()? {
                Some(found) => found,
                None => return Ok(None),
            },
            None => match active.kept.iter().map(Range::len).sum::<usize>().min(ROWS_OF_NONE) {
                0 => return Ok(None),
                rows => (rows, Vec::new()),
            },
        };
        let numbers = active.take(rows);
        let arrays = self.origins.iter().map(|origin| match *origin {
            Origin::File(place) => columns[place].clone(),
            Origin::Extra(place) => repeated(self.planned.extra.get(place).and_then(Option::as_deref), rows),
            Origin::RowNumber => {
                let first: i64 = (0..active.number).map(|group| self.footer.metadata.row_group(group).num_rows()).sum();
                let numbers = numbers.iter().cloned().flatten().map(|row| first + row as i64);
                Arc::new(Int64Array::from_iter_values(numbers)) as ArrayRef
            }
        });
        let mut arrays: Vec<ArrayRef> = arrays.collect();
        if arrays.is_empty() {
            arrays.push(Arc::new(NullArray::new(rows)));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map(Some)
            .map_err(|error| damaged(&self.file, 0, error))
    }
}

impl ActiveGroup {
    /// The next `rows` rows that are kept, as ranges.
    fn take(&mut self, mut rows: usize) -> Vec<Range<usize>> {
        let mut taken = Vec::new();
        while rows > 0 && !self.kept.is_empty() {
            let first = &mut self.kept[0];
            let count = rows.min(first.len());
            taken.push(first.start..first.start + count);
            first.start += count;
            rows -= count;
            if first.start >= first.end {
                self.kept.remove(0);
            }
        }
        taken
    }
}

impl OpenChunk {
    fn new() -> Self {
        Self { digest: Xxh3::new(), blocks: Vec::new(), active: None }
    }

    fn finish(&mut self, opened: &Opened, active: ActiveGroup) -> Result<()> {
        let digest = match active.reader {
            Some(reader) => reader.digest()?,
            None => digest_of_none(&opened.footer, active.number),
        };
        self.digest.update(&[u8::from(active.passed)]);
        self.digest.update(&digest.to_le_bytes());
        self.blocks.push(active.report);
        Ok(())
    }
}

/// Ranges of rows that are left when some are taken away.
fn without<'a>(rows: usize, passed: impl Iterator<Item = &'a Range<usize>>) -> Vec<Range<usize>> {
    let (mut kept, mut at) = (Vec::new(), 0);
    for range in passed {
        if range.start > at {
            kept.push(at..range.start.min(rows));
        }
        at = at.max(range.end);
    }
    if at < rows {
        kept.push(at..rows);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn rows_are_left_around_those_passed_over() {
        assert_eq!(without(10, [2..4, 4..5].iter()), vec![0..2, 5..10]);
        assert!(without(10, std::iter::once(&(0..10))).is_empty());
        assert_eq!(without(3, std::iter::empty()), vec![0..3]);
    }
}
