//! A look at the first records of a scan: which VARCHAR columns have few different texts?

use std::{collections::HashSet, sync::Arc};

use arrow_array::{Array, RecordBatch, cast::AsArray};
use arrow_schema::DataType;
use xxhash_rust::xxh3::Xxh3;

use super::{batch::Batcher, boundary::believed_start, plan::ScanPlan};
use crate::source::{
    file::{OpenFile, Window},
    plan::Chunk,
};
use crate::{error::Result, types::ColumnType};

/// Bytes looked at.
const BYTES: u64 = 128 << 10;
/// Rows that tell enough.
const ROWS: usize = 256;
/// Rows a text must stand for.
const SHARE: usize = 8;

/// For each column of the plan whether its texts are few. What cannot be read tells nothing.
#[must_use]
pub fn few_texts(plan: &Arc<ScanPlan>) -> Vec<bool> {
    let none = vec![false; plan.columns.len()];
    if !plan.columns.iter().any(|column| column.column_type == ColumnType::Varchar) {
        return none;
    }
    let looked = plan.chunks.first().map(|chunk| first_records(plan, chunk));
    let Some(Ok(Some(records))) = looked else { return none };
    let few = |place: usize| {
        let column = records.column(place);
        if column.data_type() != &DataType::Utf8View || records.num_rows() < ROWS {
            return false;
        }
        let texts: HashSet<&str> = column.as_string_view().iter().flatten().collect();
        texts.len() * SHARE <= records.num_rows()
    };
    (0..none.len()).map(few).collect()
}

fn first_records(plan: &Arc<ScanPlan>, chunk: &Chunk) -> Result<Option<RecordBatch>> {
    let Some(block) = chunk.blocks.first() else { return Ok(None) };
    let file = OpenFile::open_as_planned(&plan.opener, &chunk.file, plan.dialect.encoding)?;
    let start = match block.start {
        Some(start) => start,
        None if block.offset <= chunk.file.data_start => chunk.file.data_start,
        None => believed_start(&file, &mut Window::default(), block.offset, &plan.dialect, plan.column_count)?,
    };
    if start >= file.size() {
        return Ok(None);
    }
    let limit = file.clip(file.size(), start + BYTES)?;
    let mut batcher = Batcher::new(plan.clone(), &vec![false; plan.columns.len()]);
    batcher.read(&file, start, limit, &mut Xxh3::new()).map(|batch| Some(batch.rows))
}
