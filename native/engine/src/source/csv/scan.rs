//! A pass over chunks: blocks in order, batches out, reports kept.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use xxhash_rust::xxh3::Xxh3;

use super::{
    batch::{Batch, Batcher},
    boundary::believed_start,
    locate::prove_start,
    look::few_texts,
    plan::ScanPlan,
};
use crate::error::{Error, Result};
use crate::source::{
    Pass,
    file::{OpenFile, Window},
    packed::Text,
    plan::{BlockRange, CancelFlag, Chunk},
    report::{BlockReport, ChunkReport, Reject},
};

/// One pass over the chunks of a plan.
pub struct Scanner {
    plan: Arc<ScanPlan>,
    cancel: CancelFlag,
    batcher: Batcher,
    chunk: usize,
    open: Option<OpenChunk>,
    window: Window,
    reports: Vec<ChunkReport>,
    rejects: Vec<Reject>,
}

/// The chunk at hand.
struct OpenChunk {
    file: OpenFile,
    digest: Box<Xxh3>,
    blocks: Vec<BlockReport>,
    active: Option<ActiveBlock>,
    /// Byte after the last block's range, its records' true end, and whether that is proven.
    before: Option<(u64, u64, bool)>,
}

/// The block at hand.
struct ActiveBlock {
    range: BlockRange,
    /// Where the next record starts.
    at: u64,
    /// Whether its first record's start is certain.
    proven: bool,
    report: BlockReport,
}

impl ActiveBlock {
    fn at(range: BlockRange, start: u64, proven: bool) -> Self {
        Self { range, at: start, proven, report: BlockReport { start, end: start, ..BlockReport::default() } }
    }
}

impl Scanner {
    /// A pass that has looked at the first records, but handed out nothing yet.
    #[must_use]
    pub fn new(plan: ScanPlan, cancel: CancelFlag) -> Self {
        let plan = Arc::new(plan);
        Self {
            batcher: Batcher::new(plan.clone(), &few_texts(&plan)),
            plan,
            cancel,
            chunk: 0,
            open: None,
            window: Window::default(),
            reports: Vec::new(),
            rejects: Vec::new(),
        }
    }
}

impl Pass for Scanner {
    fn schema(&self) -> SchemaRef {
        self.batcher.schema()
    }

    fn reports(&self) -> &[ChunkReport] {
        &self.reports
    }

    fn rejects(&self) -> &[Reject] {
        &self.rejects
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        let plan = self.plan.clone();
        while let Some(chunk) = plan.chunks.get(self.chunk) {
            self.cancel.check()?;
            let mut open = match self.open.take() {
                Some(open) => open,
                None => OpenChunk::open(chunk, &plan)?,
            };
            match open.active.take() {
                Some(block) => {
                    let limit = open.file.clip(block.range.end, block.at + plan.window as u64)?;
                    let rows = if block.at < limit {
                        self.read_window(&mut open, block, limit)?
                    } else {
                        open.finish(block);
                        None
                    };
                    self.open = Some(open);
                    if rows.as_ref().is_some_and(|rows| rows.num_rows() > 0) {
                        return Ok(rows);
                    }
                }
                None => match chunk.blocks.get(open.blocks.len()) {
                    Some(&range) => {
                        open.active = Some(self.begin(&open, chunk, range)?);
                        self.open = Some(open);
                    }
                    None => {
                        self.reports.push(open.close(chunk)?);
                        self.chunk += 1;
                    }
                },
            }
        }
        Ok(None)
    }
}

impl Scanner {
    fn begin(&mut self, open: &OpenChunk, chunk: &Chunk, range: BlockRange) -> Result<ActiveBlock> {
        let data_start = chunk.file.data_start;
        let (start, proven) = match (range.start, open.before) {
            (Some(start), _) => (start, true),
            (None, _) if range.offset <= data_start => (data_start, true),
            (None, Some((offset, end, proven))) if offset == range.offset => (end, proven),
            _ => {
                let dialect = &self.plan.dialect;
                let columns = self.plan.column_count;
                let start = believed_start(&open.file, &mut self.window, range.offset, dialect, columns)?;
                (start, dialect.quote.is_none() && open.file.unpacked().is_none_or(Text::seen_before))
            }
        };
        Ok(ActiveBlock::at(range, start, proven))
    }

    fn read_window(&mut self, open: &mut OpenChunk, mut block: ActiveBlock, limit: u64) -> Result<Option<RecordBatch>> {
        match self.batcher.read(&open.file, block.at, limit, &mut open.digest) {
            Ok(batch) => {
                let rows = self.accept(open, &mut block, batch);
                open.active = Some(block);
                Ok(Some(rows))
            }
            Err(error @ (Error::Malformed { .. } | Error::Widened { .. })) if !block.proven => {
                self.settle(open, block, error)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn accept(&mut self, open: &OpenChunk, block: &mut ActiveBlock, batch: Batch) -> RecordBatch {
        let chunk = self.plan.chunks[self.chunk].ordinal;
        let place = open.blocks.len() as i32;
        let report = &mut block.report;
        report.rows += batch.rows.num_rows() as u64 + batch.rejected.len() as u64 + batch.kept;
        report.rejected += batch.rejected.len() as u64;
        self.rejects.extend(batch.rejected.into_iter().map(|rejected| Reject {
            chunk,
            block: place,
            byte: rejected.byte,
            line: (report.lines + rejected.line) as i64,
            column: rejected.column,
            reason: rejected.reason,
            raw: rejected.raw,
            text: rejected.text,
        }));
        report.lines += batch.lines;
        report.end = batch.end;
        block.at = batch.end;
        batch.rows
    }

    /// Bytes read from a believed start make no sense: find the true start before anything is called wrong.
    ///
    /// A block whose rows are out already is left as it is: its start is false, so the chain breaks there
    /// and the block is run again.
    fn settle(&mut self, open: &mut OpenChunk, block: ActiveBlock, error: Error) -> Result<()> {
        let data_start = self.plan.chunks[self.chunk].file.data_start;
        let believed = block.report.start;
        let start = prove_start(&open.file, &self.plan.dialect, data_start, block.range.offset, &self.cancel)?;
        if start == believed {
            return Err(error);
        }
        if block.report.end == believed {
            open.active = Some(ActiveBlock::at(block.range, start, true));
        } else {
            open.blocks.push(block.report);
            open.before = None;
        }
        Ok(())
    }
}

impl OpenChunk {
    fn open(chunk: &Chunk, plan: &ScanPlan) -> Result<Self> {
        let file = OpenFile::open_as_planned(&plan.opener, &chunk.file, plan.dialect.encoding)?;
        Ok(Self { file, digest: Box::new(Xxh3::new()), blocks: Vec::new(), active: None, before: None })
    }

    fn finish(&mut self, block: ActiveBlock) {
        self.before = Some((block.range.end, block.report.end, block.proven));
        self.blocks.push(block.report);
    }

    fn close(self, chunk: &Chunk) -> Result<ChunkReport> {
        self.file.check(&chunk.file)?;
        let identity = format!("{:032x}", self.digest.digest128());
        Ok(ChunkReport { ordinal: chunk.ordinal, identity, blocks: self.blocks })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::UNIX_EPOCH};

    use super::*;
    use crate::{
        source::{ColumnSpec, SourceFile, csv::Dialect},
        types::ColumnType::{BigInt, Varchar},
    };

    /// Blocks of 200 bytes of a file, windows of 64.
    fn scanner(name: &str, text: &str) -> Scanner {
        let path = std::env::temp_dir().join(format!("fusionflow-{}-{name}.csv", std::process::id()));
        fs::write(&path, text).unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let mtime_ns = modified.duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64;
        let size = text.len() as u64;
        let blocks = (0..size.div_ceil(200))
            .map(|place| BlockRange { offset: place * 200, end: size.min(place * 200 + 200), start: None })
            // Not contiguous in the chunk: each start is a belief.
            .rev()
            .collect();
        let chunk = Chunk { ordinal: 0, file: SourceFile { path, size, mtime_ns, ..SourceFile::default() }, blocks };
        let column =
            |ordinal, column_type| ColumnSpec { name: format!("c{ordinal}"), column_type, ordinal, fixed: false };
        let columns = vec![column(0, BigInt), column(1, Varchar)];
        let dialect = Dialect::new(b',', Some(b'"'), "").unwrap();
        let mut plan = ScanPlan::new(vec![chunk], columns, 2, dialect).unwrap();
        plan.window = 64;
        Scanner::new(plan, CancelFlag::default())
    }

    /// Run to the end; the reports in the order of the file.
    fn finish(mut scanner: Scanner) -> Result<Vec<BlockReport>> {
        let result = loop {
            match scanner.next_batch() {
                Ok(Some(_)) => {}
                Ok(None) => break Ok(scanner.reports()[0].blocks.iter().rev().copied().collect()),
                Err(error) => break Err(error),
            }
        };
        fs::remove_file(&scanner.plan.chunks[0].file.path).unwrap();
        result
    }

    #[test]
    fn a_false_start_found_late_breaks_the_chain_and_nothing_else() {
        let quoted = format!("1,\"{}soon,y\n{}\"\n", "5,y\n".repeat(80), "5,y\n".repeat(80));
        let blocks = finish(scanner("late", &format!("{quoted}{}", "2,b\n".repeat(100)))).unwrap();
        assert_eq!(blocks[0].end, quoted.len() as u64);
        assert_ne!(blocks[1].start, blocks[0].end);
        assert!(blocks[1].rows > 0);
    }

    #[test]
    fn a_wide_value_after_a_true_start_widens() {
        let text = format!("{}soon,y\n{}", "5,y\n".repeat(80), "5,y\n".repeat(80));
        let error = finish(scanner("wide", &text)).unwrap_err();
        assert!(matches!(error, Error::Widened { columns, .. } if columns == [(0, "VARCHAR".to_owned())]));
    }

    #[test]
    fn an_unclosed_quote_is_told_though_its_record_has_another_flaw() {
        let text = format!("{}5,\"y\"z,\"y\n{}", "5,y\n".repeat(80), "5,y\n".repeat(80));
        let error = finish(scanner("flawed", &text)).unwrap_err();
        assert!(matches!(error, Error::Malformed { offset: 320, .. }), "{error}");
    }

    #[test]
    fn an_unclosed_quote_is_told_where_it_is() {
        let text = format!("{}5,\"y\n{}", "5,y\n".repeat(80), "5,y\n".repeat(80));
        let error = finish(scanner("unclosed", &text)).unwrap_err();
        assert!(matches!(error, Error::Malformed { offset: 320, .. }), "{error}");
    }
}
