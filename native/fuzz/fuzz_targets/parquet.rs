//! Any bytes as a Parquet file: refused with a reason, or read with as many rows as its footer says; never a panic.
#![no_main]

use std::sync::Arc;

use fusionflow_engine::{
    error::Error,
    source::{
        BlockRange, CancelFlag, Chunk, Open, Opener, Pass, ReadAt, SourceFile, Stamp,
        parquet::{Asked, Options, ParquetScan, ScanPlan, Watched, look_at, statistics},
    },
};
use libfuzzer_sys::fuzz_target;

/// The rows of a run may be many though their bytes are few.
const MOST_ROWS: usize = 1 << 20;

#[derive(Clone, Debug)]
struct Memory(Arc<[u8]>);

impl Open for Memory {
    fn open(&self, _: &std::path::Path, _: Option<&SourceFile>) -> Result<Box<dyn ReadAt>, Error> {
        Ok(Box::new(self.clone()))
    }
}

impl ReadAt for Memory {
    fn stamp(&self) -> Result<Stamp, Error> {
        Ok(Stamp { size: self.0.len() as u64, ..Stamp::default() })
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), Error> {
        let bytes = self.0.get(offset as usize..).and_then(|rest| rest.get(..buffer.len()));
        let bytes = bytes.ok_or(Error::Changed { path: "memory".into() })?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let opener = Opener::new(Memory(data.into()));
    let options = Options { binary_as_string: data.len() % 2 == 1 };
    let Ok(looks) = look_at(&["memory".into()], options, &opener) else { return };
    let look = &looks[0];
    let file = SourceFile { path: "memory".into(), size: data.len() as u64, ..SourceFile::default() };
    let starts = [0].into_iter().chain(look.cuts.iter().copied());
    let blocks: Vec<_> =
        starts.zip(&look.cuts).map(|(offset, &end)| BlockRange { offset, end, start: Some(offset) }).collect();
    let chunks = vec![Chunk { ordinal: 0, file, blocks }];
    let read = look.columns.iter().enumerate().filter(|(_, column)| column.refused.is_none());
    let columns: Vec<_> =
        read.map(|(place, column)| Asked { name: column.name.clone(), ordinal: place as i64 }).collect();
    let watched: Vec<_> = look
        .columns
        .iter()
        .map(|column| Watched { name: column.name.clone(), type_name: column.type_name.clone() })
        .collect();
    let _ = statistics(&chunks, &watched, options, &opener);
    let plan = ScanPlan { chunks, columns, options, opener, ..ScanPlan::default() };
    let Ok(mut scan) = ParquetScan::new(plan, CancelFlag::default()) else { return };
    let mut rows = 0;
    loop {
        match scan.next_batch() {
            Ok(Some(batch)) => rows += batch.num_rows(),
            Ok(None) => break,
            Err(_) => return,
        }
        if rows > MOST_ROWS {
            return;
        }
    }
    let said: u64 = scan.reports().iter().flat_map(|report| &report.blocks).map(|block| block.rows).sum();
    assert_eq!(rows as u64, said);
});
