//! A pass over packed chunks: the format reads text, the reports tell places in the file.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::{digest::identity_of, part::Part, place::Place};
use crate::{
    error::{Error, Result},
    source::{
        compression::Compression,
        pass::Pass,
        plan::{BlockRange, Chunk},
        report::{BlockReport, ChunkReport, Reject},
    },
};

/// A pass whose chunks may be packed.
struct Unpacking {
    pass: Box<dyn Pass>,
    /// The chunks as the format reads them.
    chunks: Vec<Chunk>,
    reports: Vec<ChunkReport>,
    rejects: Vec<Reject>,
}

/// Begin a pass over chunks; `make` begins it over the same ones, or over their text where they are packed.
///
/// # Errors
/// As `make`; [`Error::Invalid`] for a packed chunk that is not one block.
pub fn unpacking(chunks: Vec<Chunk>, make: impl FnOnce(Vec<Chunk>) -> Result<Box<dyn Pass>>) -> Result<Box<dyn Pass>> {
    if chunks.iter().all(|chunk| chunk.file.compression == Compression::None) {
        return make(chunks);
    }
    let chunks = chunks.into_iter().map(text_of).collect::<Result<Vec<_>>>()?;
    let pass = make(chunks.clone())?;
    Ok(Box::new(Unpacking { pass, chunks, reports: Vec::new(), rejects: Vec::new() }))
}

/// A chunk as its format reads it: one block of text.
fn text_of(mut chunk: Chunk) -> Result<Chunk> {
    if chunk.file.compression == Compression::None {
        return Ok(chunk);
    }
    let [BlockRange { offset, end, start }] = chunk.blocks[..] else {
        return Err(Error::Invalid(format!("a chunk of {} is not one block", chunk.file.path.display())));
    };
    let start = start.map(Place::unpacked);
    let mut part = Part::new(offset, end, start.map(|start| start.member));
    let lead = part.lead();
    let start = start.map(|start| lead + start.byte);
    part.start = start.unwrap_or_default();
    if part.offset > 0 {
        chunk.file.data_start = 0;
    }
    chunk.blocks = vec![BlockRange { offset: lead, end: u64::MAX, start }];
    chunk.file.part = Some(Arc::new(part));
    Ok(chunk)
}

impl Unpacking {
    /// Take what the format told since the last time.
    fn take(&mut self) -> Result<()> {
        for report in &self.pass.reports()[self.reports.len()..] {
            let chunk = &self.chunks[self.reports.len()];
            self.reports.push(match &chunk.file.part {
                Some(part) => placed(report, chunk, part)?,
                None => report.clone(),
            });
        }
        for reject in &self.pass.rejects()[self.rejects.len()..] {
            let chunk = self.chunks.iter().find(|chunk| chunk.ordinal == reject.chunk);
            let lead = chunk.and_then(|chunk| chunk.file.part.as_ref()).map_or(0, |part| part.lead());
            self.rejects.push(Reject { byte: reject.byte.saturating_sub(lead), ..reject.clone() });
        }
        Ok(())
    }
}

/// A report in places of the file.
fn placed(report: &ChunkReport, chunk: &Chunk, part: &Part) -> Result<ChunkReport> {
    let path = || chunk.file.path.display().to_string();
    let found = part.found();
    let ([block], Some((after, border))) = (&report.blocks[..], found.border) else {
        return Err(Error::Invalid(format!("a packed chunk of {} was not read to its end", path())));
    };
    let place = |member, byte: u64| {
        let number = Place { member, byte }.packed();
        number.ok_or_else(|| Error::Invalid(format!("{} is too large for a packed file; split it", path())))
    };
    let beyond = block.end.saturating_sub(border);
    let tail = found.beyond.get(..beyond as usize).unwrap_or_default();
    let block = BlockReport {
        start: place(found.first, block.start.saturating_sub(part.lead()))?,
        end: place(after, beyond)?,
        text: border - part.lead(),
        ..*block
    };
    let identity = identity_of((*found.digest).clone(), tail, after == chunk.file.size);
    Ok(ChunkReport { ordinal: report.ordinal, identity, blocks: vec![block] })
}

impl Pass for Unpacking {
    fn schema(&self) -> SchemaRef {
        self.pass.schema()
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        let batch = self.pass.next_batch();
        self.take()?;
        batch
    }

    fn reports(&self) -> &[ChunkReport] {
        &self.reports
    }

    fn rejects(&self) -> &[Reject] {
        &self.rejects
    }
}
