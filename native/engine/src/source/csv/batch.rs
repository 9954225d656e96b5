//! One window: bytes read, records cut, values parsed, flawed records put aside.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{ArrayRef, NullArray, RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use xxhash_rust::xxh3::Xxh3;

use super::{
    column::{Cells, ReadColumn, Values, reader_of},
    dialect::Dialect,
    index::{Input, Layout, Refusal, index},
    lines::{RowFinder, cut_lines},
    locate::{MAX_RECORD, TOO_LONG, UNCLOSED},
    plan::{DEFAULT_WINDOW, ScanPlan},
    rows::Rows,
    tolerant::{Cut, Refused, Uncut, cut_tolerantly},
    value::widened,
};
use crate::error::{Error, Result};
use crate::source::{
    file::{OpenFile, Window},
    level::Level,
    plan::{ColumnSpec, Excluded},
    pool::Pool,
};

/// Bytes first read after a window's limit, to finish its last record.
const TAIL: usize = 4 << 10;
/// Bytes that may be read there once records have shown to be longer.
const MAX_TAIL: usize = 256 << 10;
/// Fewest bytes that are read tolerantly.
const SLOW: usize = 4 << 10;
/// Bytes of a rejected record that are kept.
const MAX_RAW: usize = 64 << 10;

/// A record of a window that is in no batch.
#[derive(Debug)]
pub struct Rejected {
    pub byte: u64,
    /// Line feeds before it in the window.
    pub line: u64,
    pub column: Option<String>,
    pub reason: String,
    pub raw: String,
    /// The value that does not fit its column's type.
    pub text: Option<String>,
}

/// What the records that start in a window are.
#[derive(Debug)]
pub struct Batch {
    pub rows: RecordBatch,
    pub rejected: Vec<Rejected>,
    /// Byte of the file after the last record.
    pub end: u64,
    pub lines: u64,
    /// Rows that are in no batch, though nothing is wrong with them.
    pub kept: u64,
}

/// Makes batches from windows, with the same buffers again and again.
pub struct Batcher {
    plan: Arc<ScanPlan>,
    schema: SchemaRef,
    readers: Vec<Box<dyn ReadColumn>>,
    level: Level,
    layout: Layout,
    pool: Pool<u8>,
    positions: Pool<u32>,
    tail: usize,
    pace: Pace,
    /// Rows given out, the excluded ones among them.
    given: u64,
    finder: Option<Box<dyn RowFinder>>,
}

/// How many bytes are tried at once. One flawed record costs the index its window, so the bytes around it are
/// narrowed down and only a few of them read tolerantly; where flaws are many, all are.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Bytes that the index tries next.
    fast: usize,
    /// Bytes that are read tolerantly where it fails.
    slow: usize,
}

impl Pace {
    /// After the index took its bytes.
    fn faster(&mut self) {
        self.fast = self.fast.saturating_mul(2);
        self.slow = (self.slow / 2).max(SLOW);
    }

    /// After bytes were read tolerantly.
    fn slower(&mut self) {
        self.slow = (self.slow * 2).min(DEFAULT_WINDOW);
        self.fast = self.slow;
    }
}

impl Batcher {
    /// A batcher for the columns of a plan; `few` says whose texts are few.
    #[must_use]
    pub fn new(plan: Arc<ScanPlan>, few: &[bool]) -> Self {
        let readers: Vec<_> = plan.columns.iter().zip(few).map(|(column, &few)| reader_of(column, few)).collect();
        let fields: Vec<Field> = match &plan.columns[..] {
            [] => vec![Field::new("_", DataType::Null, true)],
            columns => columns
                .iter()
                .zip(&readers)
                .map(|(column, reader)| Field::new(&column.name, reader.data_type(), true))
                .collect(),
        };
        let ordinals: Vec<usize> = plan.columns.iter().map(|column| column.ordinal).collect();
        Self {
            schema: Arc::new(Schema::new(fields)),
            readers,
            level: Level::detect(),
            layout: Layout::new(plan.column_count, &ordinals),
            pool: Pool::default(),
            positions: Pool::default(),
            tail: TAIL,
            pace: Pace { fast: usize::MAX, slow: SLOW },
            given: 0,
            finder: plan.finds.as_ref().map(|finds| finds.begin(&plan.columns)),
            plan,
        }
    }

    /// Schema of the batches.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// Read records from `from` on, `from` being a record start, at most those that start before `limit`;
    /// digest their bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::Widened`], or as the file reads. The digest is untouched then.
    pub fn read(&mut self, file: &OpenFile, from: u64, limit: u64, digest: &mut Xxh3) -> Result<Batch> {
        let mut window = Window::over(self.pool.take());
        let result = self.read_into(&mut window, file, from, limit);
        let (cut, values, rejected) = match result {
            Ok(parts) => parts,
            Err(error) => {
                self.pool.give(window.into_bytes());
                return Err(error);
            }
        };
        digest.update(window.file_bytes(cut.end));
        let end = window.offset_of(cut.end);
        let rows = self.finish(window, cut.rows.count, values)?;
        self.positions.give(cut.rows.into_positions());
        Ok(Batch { rows, rejected, end, lines: cut.lines as u64, kept: cut.kept })
    }

    fn read_into(
        &mut self,
        window: &mut Window,
        file: &OpenFile,
        from: u64,
        limit: u64,
    ) -> Result<(Cut, Vec<Values>, Vec<Rejected>)> {
        let wanted = self.pace.fast.min((limit - from) as usize);
        window.load(file, from, from + (wanted + self.tail) as u64)?;
        let mut cut = self.cut(window, file, window.place_of(from + wanted as u64))?;
        window.append(&cut.rewritten);
        self.tail = self.tail.max(((window.end() - from) as usize).saturating_sub(wanted)).min(MAX_TAIL);
        let mut refused = std::mem::take(&mut cut.refused);
        let mut texts = BTreeMap::new();
        let (mut values, failures) = self.parse(window.padded(), &cut.rows);
        if !failures.is_empty() {
            self.check_widening(file, window.padded(), &cut.rows, &failures)?;
            let dropped: Vec<u32> = failures.keys().copied().collect();
            for (&row, places) in &failures {
                let misfit = self.misfit(window.padded(), &cut.rows, row, places);
                texts.insert(misfit.span.start, raw(self.text(window.padded(), &cut.rows, row, places[0])));
                refused.push(misfit);
            }
            cut.rows = cut.rows.without(window.padded(), &dropped);
            (values, _) = self.parse(window.padded(), &cut.rows);
        }
        let count = cut.rows.count as u64;
        let excluded = self.excluded(window.padded(), &cut.rows);
        if !excluded.is_empty() {
            let (rows, told): (Vec<u32>, Vec<Refused>) = excluded.into_iter().unzip();
            refused.extend(told);
            cut.rows = cut.rows.without(window.padded(), &rows);
            (values, _) = self.parse(window.padded(), &cut.rows);
        }
        self.given += count;
        let rejected = locate(window, refused, texts, &self.plan.dialect);
        Ok((cut, values, rejected))
    }

    fn cut(&mut self, window: &mut Window, file: &OpenFile, mut limit: usize) -> Result<Cut> {
        if let Some(finder) = self.finder.as_mut() {
            return cut_lines(finder.as_mut(), window, file, limit, &self.plan);
        }
        let mut more = TAIL;
        loop {
            let at_end = window.reaches_end_of(file);
            match self.cut_fast(window, limit, at_end) {
                Ok(cut) => {
                    self.pace.faster();
                    return Ok(cut);
                }
                Err(Refusal::NeedsMore) if window.text().len() <= limit + MAX_RECORD => {}
                Err(_) if limit > self.pace.slow => {
                    limit = (limit / 2).max(self.pace.slow);
                    self.pace.fast = limit;
                    continue;
                }
                Err(_) => match cut_tolerantly(window.text(), 0, limit, at_end, &self.plan) {
                    Ok(cut) => {
                        self.pace.slower();
                        return Ok(cut);
                    }
                    Err(Uncut::NeedsMore(_)) => {}
                    Err(Uncut::TooLong(start)) => return Err(file.malformed(window.offset_of(start), TOO_LONG)),
                    Err(Uncut::Unclosed(start)) => return Err(file.malformed(window.offset_of(start), UNCLOSED)),
                },
            }
            more *= 4;
            window.extend(file, more)?;
        }
    }

    /// Cut by the structural index; the text is valid UTF-8 where this succeeds.
    fn cut_fast(&self, window: &Window, limit: usize, at_end: bool) -> std::result::Result<Cut, Refusal> {
        let dialect = &self.plan.dialect;
        let Some(delimiter) = dialect.plain_delimiter(window.text()) else { return Err(Refusal::Irregular) };
        let mut positions = self.positions.take();
        let input =
            Input { bytes: window.padded(), len: window.text().len(), limit, at_end, delimiter, quote: dialect.quote };
        let indexed = index(self.level, input, &self.layout, &mut positions).and_then(|(rows, found)| {
            let valid = found.ascii || simdutf8::basic::from_utf8(&window.text()[..found.end]).is_ok();
            if !valid || found.end > MAX_RECORD {
                return Err(Refusal::Irregular);
            }
            let (end, lines) = (found.end, found.lines);
            Ok(Cut { rows, refused: Vec::new(), end, lines, rewritten: Vec::new(), kept: 0 })
        });
        if indexed.is_err() {
            self.positions.give(positions);
        }
        indexed
    }

    /// Values of all columns, and by row the columns (places in the plan) whose text did not fit.
    fn parse(&mut self, data: &[u8], rows: &Rows) -> (Vec<Values>, BTreeMap<u32, Vec<usize>>) {
        let mut failures = BTreeMap::<u32, Vec<usize>>::new();
        let mut failed = Vec::new();
        let mut values = Vec::with_capacity(self.readers.len());
        for (place, reader) in self.readers.iter_mut().enumerate() {
            let cells = Cells { data, rows, slots: rows.slots(place), dialect: &self.plan.dialect };
            values.push(reader.read(&cells, &mut failed));
            for row in failed.drain(..) {
                failures.entry(row).or_default().push(place);
            }
        }
        (values, failures)
    }

    fn check_widening(
        &self,
        file: &OpenFile,
        data: &[u8],
        rows: &Rows,
        failures: &BTreeMap<u32, Vec<usize>>,
    ) -> Result<()> {
        let mut wider = BTreeMap::new();
        for (&row, places) in failures {
            for &place in places.iter().filter(|&&place| !self.plan.columns[place].fixed) {
                let column = &self.plan.columns[place];
                let widest = wider.entry(column.ordinal).or_insert(column.column_type);
                *widest = widest.widest(widened(column.column_type, self.text(data, rows, row, place)));
            }
        }
        if wider.is_empty() {
            return Ok(());
        }
        let columns = wider.into_iter().map(|(ordinal, kind)| (ordinal, kind.to_string())).collect();
        Err(Error::Widened { path: file.path().to_owned(), columns })
    }

    /// Rows of a window that the plan leaves out.
    fn excluded(&self, data: &[u8], rows: &Rows) -> Vec<(u32, Refused)> {
        let all = &self.plan.excluded;
        let from = all.partition_point(|excluded| excluded.row < self.given);
        let within = all[from..].iter().take_while(|excluded| excluded.row < self.given + rows.count as u64);
        let refused = |excluded: &Excluded| {
            let row = (excluded.row - self.given) as u32;
            let span = rows.record_span(data, row as usize);
            (row, Refused { span, column: Some(excluded.column.clone()), reason: excluded.reason.clone() })
        };
        within.map(refused).collect()
    }

    fn text<'a>(&'a self, data: &'a [u8], rows: &'a Rows, row: u32, place: usize) -> &'a [u8] {
        let cells = Cells { data, rows, slots: rows.slots(place), dialect: &self.plan.dialect };
        cells.content(row as usize).cell.text()
    }

    fn misfit(&self, data: &[u8], rows: &Rows, row: u32, places: &[usize]) -> Refused {
        let place = places.first().copied().unwrap_or_default();
        let ColumnSpec { name, column_type, .. } = &self.plan.columns[place];
        let text = String::from_utf8_lossy(self.text(data, rows, row, place));
        let shown: String = text.chars().take(60).collect();
        let dots = if shown.len() < text.len() { "…" } else { "" };
        Refused {
            span: rows.record_span(data, row as usize),
            column: Some(name.clone()),
            reason: format!("\"{shown}{dots}\" is not a {column_type}"),
        }
    }

    fn finish(&self, window: Window, count: usize, values: Vec<Values>) -> Result<RecordBatch> {
        let bytes = window.into_bytes();
        let window = if values.iter().any(Values::points_into_window) {
            self.pool.lend(bytes)
        } else {
            self.pool.give(bytes);
            Buffer::from_vec(Vec::<u8>::new())
        };
        let arrays: Vec<ArrayRef> = match values.is_empty() {
            true => vec![Arc::new(NullArray::new(count))],
            false => values.into_iter().map(|values| values.finish(&window)).collect(),
        };
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map_err(|error| Error::Invalid(format!("columns of a batch differ in length: {error}")))
    }
}

/// Say where refused records lie, in the order of the file; `texts` are the misfit values by record start.
fn locate(
    window: &Window,
    mut refused: Vec<Refused>,
    mut texts: BTreeMap<usize, String>,
    dialect: &Dialect,
) -> Vec<Rejected> {
    refused.sort_by_key(|refused| refused.span.start);
    let text = window.text();
    let (mut line, mut counted) = (0, 0);
    refused
        .into_iter()
        .map(|Refused { span, column, reason }| {
            line += dialect.count_lines(&text[counted..span.start]) as u64;
            counted = span.start;
            Rejected {
                byte: window.offset_of(span.start),
                line,
                column,
                reason,
                raw: raw(&text[span.start..span.end]),
                text: texts.remove(&span.start),
            }
        })
        .collect()
}

fn raw(text: &[u8]) -> String {
    match text.get(..MAX_RAW) {
        Some(head) if head.len() < text.len() => format!("{}…", String::from_utf8_lossy(head)),
        _ => String::from_utf8_lossy(text).into_owned(),
    }
}
