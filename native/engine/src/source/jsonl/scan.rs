//! A pass over chunks: blocks in order, batches out, reports kept.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use xxhash_rust::xxh3::Xxh3;

use super::{
    batch::{Batch, Batcher},
    cut::Place,
    locate::line_start,
    plan::{Form, ScanPlan},
};
use crate::{
    error::Result,
    source::{
        Pass,
        encoding::Encoding,
        file::{OpenFile, Window},
        plan::{BlockRange, CancelFlag, Chunk},
        report::{BlockReport, ChunkReport, Reject},
    },
};

/// One pass over the chunks of a plan.
pub struct Scanner {
    plan: Arc<ScanPlan>,
    cancel: CancelFlag,
    batcher: Batcher,
    chunk: usize,
    open: Option<OpenChunk>,
    reports: Vec<ChunkReport>,
    rejects: Vec<Reject>,
}

/// The chunk at hand.
struct OpenChunk {
    file: OpenFile,
    digest: Box<Xxh3>,
    blocks: Vec<BlockReport>,
    active: Option<ActiveBlock>,
}

/// The block at hand.
struct ActiveBlock {
    range: BlockRange,
    /// Where the next record starts.
    at: u64,
    place: Place,
    report: BlockReport,
}

impl Scanner {
    /// A pass that has looked at the first records, but handed out nothing yet.
    #[must_use]
    pub fn new(plan: ScanPlan, cancel: CancelFlag) -> Self {
        let plan = Arc::new(plan);
        let batcher = Batcher::new(&plan);
        Self { plan, cancel, batcher, chunk: 0, open: None, reports: Vec::new(), rejects: Vec::new() }
    }

    fn begin(&self, open: &OpenChunk, chunk: &Chunk, range: BlockRange) -> Result<ActiveBlock> {
        let data_start = chunk.file.data_start;
        let start = match range.start {
            Some(start) => start,
            None if range.offset <= data_start || self.plan.form != Form::Lines => data_start,
            None => line_start(&open.file, &mut Window::default(), range.offset)?,
        };
        let place = if self.plan.form == Form::Values { Place::Values } else { Place::Start };
        Ok(ActiveBlock { range, at: start, place, report: BlockReport { start, end: start, ..BlockReport::default() } })
    }

    fn accept(&mut self, open: &OpenChunk, block: &mut ActiveBlock, batch: Batch) -> RecordBatch {
        let chunk = self.plan.chunks[self.chunk].ordinal;
        let place = open.blocks.len() as i32;
        let report = &mut block.report;
        report.rows += batch.rows.num_rows() as u64 + batch.rejected.len() as u64;
        report.rejected += batch.rejected.len() as u64;
        let lines = report.lines as i64;
        let placed = |reject: Reject| Reject { chunk, block: place, line: lines + reject.line, ..reject };
        self.rejects.extend(batch.rejected.into_iter().map(placed));
        report.lines += batch.lines;
        report.end = batch.end;
        block.at = batch.end;
        batch.rows
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
                Some(mut block) => {
                    let limit = open.file.clip(block.range.end, block.at + plan.window as u64)?;
                    if block.at >= limit {
                        open.blocks.push(block.report);
                        self.open = Some(open);
                        continue;
                    }
                    let batch = self.batcher.read(&open.file, block.at, limit, &mut block.place, &mut open.digest)?;
                    let rows = self.accept(&open, &mut block, batch);
                    open.active = Some(block);
                    self.open = Some(open);
                    if rows.num_rows() > 0 {
                        return Ok(Some(rows));
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

impl OpenChunk {
    fn open(chunk: &Chunk, plan: &ScanPlan) -> Result<Self> {
        let file = OpenFile::open_as_planned(&plan.opener, &chunk.file, Encoding::Utf8)?;
        Ok(Self { file, digest: Box::new(Xxh3::new()), blocks: Vec::new(), active: None })
    }

    fn close(self, chunk: &Chunk) -> Result<ChunkReport> {
        self.file.check(&chunk.file)?;
        let identity = format!("{:032x}", self.digest.digest128());
        Ok(ChunkReport { ordinal: chunk.ordinal, identity, blocks: self.blocks })
    }
}
