//! A look at the first records of a scan: which VARCHAR values have few different texts?

use std::collections::HashSet;

use super::{batch::Batcher, column::Cells, cut::Place, kind::Kind, locate::line_start, plan::ScanPlan};
use crate::{
    error::Result,
    source::{
        encoding::Encoding,
        file::{OpenFile, Window},
        plan::Chunk,
    },
    types::ColumnType,
};

/// Bytes looked at.
const BYTES: u64 = 256 << 10;
/// Rows that tell enough.
const ROWS: usize = 64;
/// Rows a text must stand for.
const SHARE: usize = 8;

/// The slots whose texts are few. What cannot be read tells nothing.
#[must_use]
pub fn few_texts(plan: &ScanPlan, batcher: &mut Batcher) -> Vec<usize> {
    let slots = text_slots(plan, batcher);
    match plan.chunks.first() {
        Some(chunk) if !slots.is_empty() => few(plan, chunk, batcher, slots).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Slots of texts that are not in lists; slots are counted as [`super::fields::Shape::new`] does.
fn text_slots(plan: &ScanPlan, batcher: &Batcher) -> Vec<usize> {
    fn add(kind: &Kind, slot: &mut usize, found: &mut Vec<usize>) {
        if *kind == Kind::Scalar(ColumnType::Varchar) {
            found.push(*slot);
        }
        *slot += 1;
        if let Kind::Struct(fields) = kind {
            fields.iter().for_each(|(_, kind)| add(kind, slot, found));
        }
    }
    let mut found = Vec::new();
    for (column, shape) in plan.columns.iter().zip(batcher.shapes()) {
        add(&column.kind, &mut shape.slot.clone(), &mut found);
    }
    found
}

fn few(plan: &ScanPlan, chunk: &Chunk, batcher: &mut Batcher, slots: Vec<usize>) -> Result<Vec<usize>> {
    let Some(block) = chunk.blocks.first() else { return Ok(Vec::new()) };
    let file = OpenFile::open_as_planned(&plan.opener, &chunk.file, Encoding::Utf8)?;
    let start = match block.start {
        Some(start) => start,
        None if block.offset <= chunk.file.data_start => chunk.file.data_start,
        None => line_start(&file, &mut Window::default(), block.offset)?,
    };
    if start >= file.size() {
        return Ok(Vec::new());
    }
    let limit = file.clip(file.size(), start + BYTES)?;
    let (window, cut) = batcher.cut(&file, start, limit, &mut Place::default())?;
    let cells = Cells { window: &window, spans: &cut.spans };
    let is_few = |slot: &usize| {
        let texts: HashSet<&[u8]> = cells.column(*slot).map(|span| span.of(cells.data())).collect();
        cut.spans.count() >= ROWS && texts.len() * SHARE <= cut.spans.count()
    };
    Ok(slots.into_iter().filter(is_few).collect())
}
