//! One window: bytes read, records cut, values parsed, flawed records put aside.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{ArrayRef, NullArray, RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use memchr::{memchr, memchr_iter};
use xxhash_rust::xxh3::Xxh3;

use super::{
    column::{Cells, Misfit, ReadColumn, reader_of},
    cut::{Cut, Cutter, Place, Refused, Uncut},
    fields::{Shape, Watch},
    kind::Kind,
    locate::{MAX_RECORD, too_long},
    look::few_texts,
    parser::unescape,
    plan::{Form, ScanPlan},
    sniff::{kind_of, kind_of_all},
    spans::Spans,
};
use crate::{
    error::{Error, Result},
    source::{
        file::{OpenFile, Window},
        plan::Excluded,
        pool::Pool,
        report::Reject,
    },
};

/// Bytes first read after a window's limit, to finish its last record.
const TAIL: usize = 16 << 10;
/// Bytes that may be read there once records have shown to be longer.
const MAX_TAIL: usize = 256 << 10;
/// Bytes of a rejected record that are kept.
const MAX_RAW: usize = 64 << 10;
/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// What the records that start in a window are.
#[derive(Debug)]
pub struct Batch {
    pub rows: RecordBatch,
    /// Byte after the last record.
    pub end: u64,
    /// Line feeds before it.
    pub lines: u64,
    /// Places are counted from the window's start: chunk and block are left open.
    pub rejected: Vec<Reject>,
}

/// Reads windows; keeps buffers from one to the next.
pub struct Batcher {
    plan: Arc<ScanPlan>,
    schema: SchemaRef,
    cutter: Cutter,
    /// Told of names that nobody asks for where all are asked for.
    watch: Watch,
    readers: Vec<Box<dyn ReadColumn>>,
    pool: Pool<u8>,
    tail: usize,
    /// Rows handed out, those excluded counted too.
    given: u64,
}

impl Batcher {
    /// A batcher for a plan that has looked at the first records.
    #[must_use]
    pub fn new(plan: &Arc<ScanPlan>) -> Self {
        let watched = plan.complete || plan.columns.iter().any(|column| column.whole.is_some());
        let watch = if watched { Watch::new() } else { Watch::default() };
        let mut made = Self {
            plan: plan.clone(),
            schema: Arc::new(Schema::empty()),
            cutter: Cutter::new(&plan.columns, plan.records, plan.complete, &watch),
            watch,
            readers: Vec::new(),
            pool: Pool::default(),
            tail: TAIL,
            given: 0,
        };
        let few = few_texts(plan, &mut made);
        let columns = plan.columns.iter().zip(made.cutter.shapes());
        made.readers = columns.map(|(column, shape)| reader_of(&column.kind, shape, column.fixed, &few)).collect();
        let fields: Vec<Field> = match &plan.columns[..] {
            [] => vec![Field::new("_", DataType::Null, true)],
            columns => {
                let named = columns.iter().zip(&made.readers);
                named.map(|(column, reader)| Field::new(&column.name, reader.data_type(), true)).collect()
            }
        };
        made.schema = Arc::new(Schema::new(fields));
        made
    }

    /// Schema of the batches.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// The slot of the records themselves.
    #[must_use]
    pub fn record_slot(&self) -> usize {
        self.cutter.record_slot()
    }

    /// Take a table back that is not needed any more.
    pub fn keep(&mut self, spans: Spans) {
        self.cutter.keep(spans);
    }

    /// The shapes of the columns.
    #[must_use]
    pub fn shapes(&self) -> &[Shape] {
        self.cutter.shapes()
    }

    /// Read records from `from` on, `from` being a record start, at most those that start before `limit`;
    /// digest their bytes.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Widened`], or as the file reads. The digest is untouched then.
    pub fn read(
        &mut self,
        file: &OpenFile,
        from: u64,
        limit: u64,
        place: &mut Place,
        digest: &mut Xxh3,
    ) -> Result<Batch> {
        let (window, mut cut) = self.cut(file, from, limit, place)?;
        let mut refused = std::mem::take(&mut cut.refused);
        let mut arrays = self.parse(&window, &mut cut, file, &mut refused)?;
        let count = cut.spans.count() as u64;
        let excluded = self.excluded(&cut);
        if !excluded.is_empty() {
            let (rows, told): (Vec<u32>, Vec<Refused>) = excluded.into_iter().unzip();
            refused.extend(told);
            cut.spans.drop_rows(&rows);
            arrays = self.parse(&window, &mut cut, file, &mut refused)?;
        }
        self.given += count;
        let bytes = &window[..cut.end];
        digest.update(bytes);
        let rows = self.finish(cut.spans.count(), arrays)?;
        let lines = memchr_iter(b'\n', bytes).count() as u64;
        let batch = Batch { rows, end: from + cut.end as u64, lines, rejected: located(bytes, from, refused) };
        self.cutter.keep(cut.spans);
        Ok(batch)
    }

    /// Load a window and cut its records, those that start before `limit`.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn cut(&mut self, file: &OpenFile, from: u64, limit: u64, place: &mut Place) -> Result<(Buffer, Cut)> {
        let wanted = (limit - from) as usize;
        let mut window = Window::over(self.pool.take());
        window.load(file, from, from + (wanted + self.tail) as u64)?;
        let mut more = self.tail;
        let cut = loop {
            let at_end = window.reaches_end_of(file);
            match self.cut_loaded(&window, wanted, at_end, place) {
                Ok(cut) => break cut,
                Err(Uncut::Broken(flaw)) => return Err(broken(file, from + flaw.at as u64, flaw.what)),
                Err(Uncut::NeedsMore) if window.text().len() > wanted + MAX_RECORD => return Err(too_long(file, from)),
                Err(Uncut::NeedsMore) => {
                    more *= 4;
                    window.extend(file, more)?;
                }
            }
        };
        self.tail = self.tail.max(cut.end.saturating_sub(wanted)).min(MAX_TAIL);
        Ok((self.pool.lend(window.into_bytes()), cut))
    }

    fn cut_loaded(
        &mut self,
        window: &Window,
        wanted: usize,
        at_end: bool,
        place: &mut Place,
    ) -> std::result::Result<Cut, Uncut> {
        let text = window.text();
        if self.plan.form != Form::Lines {
            return self.cutter.values(text, wanted, at_end, place);
        }
        let last = wanted.saturating_sub(1).min(text.len());
        match memchr(b'\n', &text[last..]) {
            Some(distance) => Ok(self.cutter.lines(window.padded(), last + distance + 1)),
            None if at_end => Ok(self.cutter.lines(window.padded(), text.len())),
            None => Err(Uncut::NeedsMore),
        }
    }

    /// The columns; rows with a misfit leave the cut.
    fn parse(
        &mut self,
        window: &Buffer,
        cut: &mut Cut,
        file: &OpenFile,
        refused: &mut Vec<Refused>,
    ) -> Result<Vec<ArrayRef>> {
        let (arrays, misfits) = self.read_columns(window, cut);
        if self.watch.take() {
            self.check_fields(window, cut, file)?;
        }
        if misfits.is_empty() {
            return Ok(arrays);
        }
        self.check_widening(window, cut, file, &misfits)?;
        let mut dropped = Vec::with_capacity(misfits.len());
        for (&row, (place, misfit)) in &misfits {
            dropped.push(row);
            refused.push(self.misfit(window, cut, row, *place, misfit));
        }
        cut.spans.drop_rows(&dropped);
        Ok(self.read_columns(window, cut).0)
    }

    /// The columns and, by row, the first value that does not fit, with the place of its column.
    fn read_columns(&mut self, window: &Buffer, cut: &Cut) -> (Vec<ArrayRef>, BTreeMap<u32, (usize, Misfit)>) {
        let cells = Cells { window, spans: &cut.spans };
        let mut found = BTreeMap::<u32, (usize, Misfit)>::new();
        let mut misfits = Vec::new();
        let mut arrays = Vec::with_capacity(self.readers.len());
        for (place, reader) in self.readers.iter_mut().enumerate() {
            arrays.push(reader.read(&cells, &mut misfits));
            for misfit in misfits.drain(..) {
                let sniffed = !self.plan.columns[place].fixed;
                match found.get(&misfit.row) {
                    // A type that widens is told before one that does not.
                    Some((other, _)) if !sniffed || !self.plan.columns[*other].fixed => {}
                    _ => {
                        found.insert(misfit.row, (place, misfit));
                    }
                }
            }
        }
        (arrays, found)
    }

    /// Ask for the fields that are in no column, and for those that columns which are read whole lack.
    fn check_fields(&self, window: &Buffer, cut: &Cut, file: &OpenFile) -> Result<()> {
        let columns = &self.plan.columns;
        let mut wider = Vec::new();
        for (column, shape) in columns.iter().zip(self.shapes()) {
            let Some(whole) = &column.whole else { continue };
            let found = kind_of_all(window, cut.spans.column(shape.slot).filter(|span| span.is_some()));
            let grown = whole.clone().with_fields_of(&found);
            if grown != *whole {
                wider.push((column.ordinal, grown.to_string()));
            }
        }
        let fresh = self.fresh_fields(window, cut);
        if !fresh.is_empty() {
            // As many as there are: the place of the first new one.
            wider.push((
                columns.iter().map(|column| column.ordinal + 1).max().unwrap_or_default(),
                Kind::Struct(fresh).to_string(),
            ));
        }
        if wider.is_empty() { Ok(()) } else { Err(Error::Widened { path: file.path().to_owned(), columns: wider }) }
    }

    /// The records' fields that are in no column, where the columns are to be all there are.
    fn fresh_fields(&self, window: &Buffer, cut: &Cut) -> Vec<(String, Kind)> {
        if !self.plan.complete || !self.plan.records {
            return Vec::new();
        }
        let known = |key: &str| self.plan.columns.iter().any(|column| column.key == key);
        match kind_of_all(window, cut.spans.column(self.record_slot())) {
            Kind::Struct(found) => found.into_iter().filter(|(key, _)| !known(key)).collect(),
            _ => Vec::new(),
        }
    }

    fn check_widening(
        &self,
        window: &Buffer,
        cut: &Cut,
        file: &OpenFile,
        misfits: &BTreeMap<u32, (usize, Misfit)>,
    ) -> Result<()> {
        let mut wider = BTreeMap::<usize, Kind>::new();
        for (&row, &(place, _)) in misfits.iter().filter(|(_, (place, _))| !self.plan.columns[*place].fixed) {
            let column = &self.plan.columns[place];
            let span = cut.spans.at(row as usize, self.shapes()[place].slot);
            let found = kind_of(window, span);
            let known = wider.remove(&column.ordinal).unwrap_or_else(|| column.kind.clone());
            let widest = known.widest(found);
            // A value that even its own kind does not hold: a number too big, a name twice.
            let grown = if widest == column.kind { Kind::Json } else { widest };
            wider.insert(column.ordinal, grown);
        }
        if wider.is_empty() {
            return Ok(());
        }
        let columns = wider.into_iter().map(|(ordinal, kind)| (ordinal, kind.to_string())).collect();
        Err(Error::Widened { path: file.path().to_owned(), columns })
    }

    fn misfit(&self, window: &Buffer, cut: &Cut, row: u32, place: usize, misfit: &Misfit) -> Refused {
        let record = cut.spans.at(row as usize, self.cutter.record_slot());
        let written = misfit.span.of(window);
        let text = String::from_utf8_lossy(written);
        let shown: String = text.chars().take(SHOWN).collect();
        let dots = if shown.len() < text.len() { "…" } else { "" };
        let column = &self.plan.columns[place];
        Refused {
            start: record.start(),
            end: record.end(),
            column: Some(column.name.clone()),
            reason: format!("{shown}{dots} {}", misfit.what),
            text: matches!(column.kind, Kind::Scalar(_)).then(|| plain(written)),
        }
    }

    /// Rows of a window that the plan leaves out.
    fn excluded(&self, cut: &Cut) -> Vec<(u32, Refused)> {
        let all = &self.plan.excluded;
        let count = cut.spans.count() as u64;
        let from = all.partition_point(|excluded| excluded.row < self.given);
        let within = all[from..].iter().take_while(|excluded| excluded.row < self.given + count);
        let refused = |excluded: &Excluded| {
            let row = (excluded.row - self.given) as u32;
            let record = cut.spans.at(row as usize, self.cutter.record_slot());
            let (start, end) = (record.start(), record.end());
            let (column, reason) = (Some(excluded.column.clone()), excluded.reason.clone());
            (row, Refused { start, end, column, reason, text: None })
        };
        within.map(refused).collect()
    }

    fn finish(&self, count: usize, arrays: Vec<ArrayRef>) -> Result<RecordBatch> {
        let arrays = if arrays.is_empty() { vec![Arc::new(NullArray::new(count)) as ArrayRef] } else { arrays };
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map_err(|error| Error::Invalid(format!("columns of a batch do not go together: {error}")))
    }
}

/// The error of text after which no record can be found.
fn broken(file: &OpenFile, offset: u64, what: &str) -> Error {
    Error::Refused {
        path: file.path().to_owned(),
        offset,
        what: format!("this is not JSON: {what}"),
        hint: "look at the file there; for one record a line say format = 'newline_delimited'".to_owned(),
    }
}

/// The content of a text, anything else as it is written.
fn plain(written: &[u8]) -> String {
    let mut text = Vec::new();
    match written {
        [b'"', inner @ .., b'"'] => unescape(inner, &mut text),
        _ => text.extend_from_slice(written),
    }
    raw(&text)
}

/// Say where refused records lie, in the order of the file.
fn located(text: &[u8], from: u64, mut refused: Vec<Refused>) -> Vec<Reject> {
    refused.sort_by_key(|refused| refused.start);
    let (mut line, mut counted) = (0, 0);
    let placed = |Refused { start, end, column, reason, text: value }| {
        line += memchr_iter(b'\n', &text[counted..start]).count() as i64;
        counted = start;
        let raw = raw(&text[start..end]);
        Reject { chunk: 0, block: 0, byte: from + start as u64, line, column, reason, raw, text: value }
    };
    refused.into_iter().map(placed).collect()
}

fn raw(text: &[u8]) -> String {
    match text.get(..MAX_RAW) {
        Some(head) if head.len() < text.len() => format!("{}…", String::from_utf8_lossy(head)),
        _ => String::from_utf8_lossy(text).into_owned(),
    }
}
