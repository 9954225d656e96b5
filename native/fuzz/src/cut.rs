//! A file read in blocks, the way the driver does it: believe, prove, read the wrong ones again.

use std::collections::BTreeMap;

use arrow_array::{Array, ArrayRef, RecordBatch, cast::AsArray, types::Int32Type};
use fusionflow_engine::{
    error::Error,
    source::{
        BlockRange, BlockReport, CancelFlag, Chunk, ColumnSpec, Opener, Pass as _, SourceFile,
        csv::{Dialect, ScanPlan, Scanner, locate_starts},
    },
};

/// Rows as text, and the first bytes of rejects, each with its reason.
pub type Content = (Vec<Vec<Option<String>>>, Vec<(u64, Option<String>, String)>);

/// How a file is read.
#[derive(Clone, Debug)]
pub struct Cut {
    pub file: SourceFile,
    pub columns: Vec<ColumnSpec>,
    pub width: usize,
    pub dialect: Dialect,
    /// Bytes of a block.
    pub block: u64,
    pub window: usize,
    /// The blocks are read in steps of this many places.
    pub stride: usize,
}

/// What one pass found, block by block, in the order of the file.
struct Pass {
    blocks: Vec<(BlockReport, Content)>,
}

impl Cut {
    /// Everything in the file, its chain of records proven.
    ///
    /// # Errors
    /// As the engine refuses: [`Error::Malformed`], [`Error::Widened`].
    ///
    /// # Panics
    /// Where the engine breaks its word: a chain that cannot be proven, counters that do not add up.
    pub fn read(&self) -> Result<Content, Error> {
        let mut starts = BTreeMap::new();
        for _ in 0..4 {
            let pass = match self.pass(&starts) {
                Ok(pass) => pass,
                Err(error @ Error::Malformed { .. }) if starts.len() < self.offsets().len() => {
                    starts = self.proven(&[])?;
                    if starts.is_empty() {
                        return Err(error);
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            let reports: Vec<BlockReport> = pass.blocks.iter().map(|(report, _)| *report).collect();
            if self.is_chain(&reports) {
                return Ok(pass.content());
            }
            starts = self.proven(&reports)?;
        }
        panic!("the chain of records cannot be proven");
    }

    /// First bytes of all blocks behind the first.
    fn offsets(&self) -> Vec<u64> {
        (1..self.file.size.div_ceil(self.block)).map(|place| place * self.block).collect()
    }

    /// True starts by block offset. Believed ones stop the search early, so it is made block by block.
    fn proven(&self, reports: &[BlockReport]) -> Result<BTreeMap<u64, u64>, Error> {
        let offsets = self.offsets();
        let locate = |start, offsets: &[u64], believed: &[u64]| {
            locate_starts(&Opener::default(), &self.file, &self.dialect, start, offsets, believed, &CancelFlag::default())
        };
        let found = locate(0, &offsets, &[])?;
        if let [_, believed @ ..] = reports {
            let believed: Vec<u64> = believed.iter().map(|report| report.start).collect();
            let early = locate(0, &offsets, &believed)?;
            assert_eq!(early, found[..early.len()], "a believed start changes what is located");
        }
        Ok(offsets.into_iter().zip(found).collect())
    }

    fn is_chain(&self, reports: &[BlockReport]) -> bool {
        let mut at = 0;
        reports.iter().all(|report| std::mem::replace(&mut at, report.end) == report.start)
    }

    fn pass(&self, starts: &BTreeMap<u64, u64>) -> Result<Pass, Error> {
        let count = self.file.size.div_ceil(self.block) as usize;
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|place| (place % self.stride, std::cmp::Reverse(*place)));
        let range = |place: usize| {
            let offset = place as u64 * self.block;
            let end = (offset + self.block).min(self.file.size);
            BlockRange { offset, end, start: starts.get(&offset).copied() }
        };
        let blocks = order.iter().map(|&place| range(place)).collect();
        let chunk = Chunk { ordinal: 7, file: self.file.clone(), blocks };
        let mut plan = ScanPlan::new(vec![chunk], self.columns.clone(), self.width, self.dialect.clone())?;
        plan.window = self.window;
        let mut scanner = Scanner::new(plan, CancelFlag::default());
        let mut rows = Vec::new();
        while let Some(batch) = scanner.next_batch()? {
            assert!(batch.num_rows() > 0, "an empty batch");
            rows.extend(texts(&batch, self.columns.len()));
        }
        Ok(by_block(&order, rows, &scanner))
    }
}

impl Pass {
    fn content(self) -> Content {
        let (mut rows, mut rejects) = (Vec::new(), Vec::new());
        for (_, (block_rows, block_rejects)) in self.blocks {
            rows.extend(block_rows);
            rejects.extend(block_rejects);
        }
        (rows, rejects)
    }
}

/// Share rows and rejects out to the blocks, as their reports count them.
fn by_block(order: &[usize], rows: Vec<Vec<Option<String>>>, scanner: &Scanner) -> Pass {
    let [report] = scanner.reports() else { panic!("one chunk, {} reports", scanner.reports().len()) };
    assert_eq!(report.blocks.len(), order.len());
    let mut rest = rows.into_iter();
    let mut found: Vec<(usize, (BlockReport, Content))> = Vec::new();
    for (number, (&place, report)) in order.iter().zip(&report.blocks).enumerate() {
        let rejected = scanner.rejects().iter().filter(|reject| reject.block as usize == number);
        let rejects: Vec<_> =
            rejected.map(|reject| (reject.byte, reject.column.clone(), reject.reason.clone())).collect();
        assert_eq!(rejects.len() as u64, report.rejected);
        let good = (report.rows - report.rejected) as usize;
        let rows: Vec<_> = rest.by_ref().take(good).collect();
        assert_eq!(rows.len(), good, "a report counts rows that did not come");
        found.push((place, (*report, (rows, rejects))));
    }
    assert_eq!(rest.count(), 0, "rows came that no report counts");
    found.sort_by_key(|(place, _)| *place);
    Pass { blocks: found.into_iter().map(|(_, block)| block).collect() }
}

/// The rows of a batch as text.
fn texts(batch: &RecordBatch, columns: usize) -> Vec<Vec<Option<String>>> {
    let row = |row: usize| batch.columns()[..columns].iter().map(|array| text(array, row)).collect();
    (0..batch.num_rows()).map(row).collect()
}

fn text(array: &ArrayRef, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    if let Some(texts) = array.as_string_view_opt() {
        return Some(texts.value(row).to_owned());
    }
    match array.as_dictionary_opt::<Int32Type>() {
        Some(words) => Some(words.values().as_string::<i32>().value(words.keys().value(row) as usize).to_owned()),
        None => Some(format!("{:?}", array.slice(row, 1))),
    }
}
