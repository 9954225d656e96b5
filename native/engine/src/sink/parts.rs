//! Rows divided among files: by partition, and where a file is large enough.
//!
//! Without partitions rows go straight to a file. With them they are held, so that a file is written in few row
//! groups; where too much is held, the largest partition is written. Only so many files are open at a time.

use std::collections::{BTreeMap, HashMap};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};

use super::{
    encode::{Encode, encoder},
    output::{Finished, Output},
    partition::{Values, divided, split, without_keys},
    plan::SinkPlan,
};
use crate::{
    error::{Error, Result},
    source::CancelFlag,
};

/// Bytes of rows that are held for their partitions.
const HELD_BYTES: usize = 96 << 20;
/// Files that are open at a time.
const OPEN_FILES: usize = 16;

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub digest: String,
    pub rows: u64,
    pub bytes: u64,
    pub partition: Values,
}

/// Write batches to files as a plan says; the files appear whole.
///
/// # Errors
/// [`Error::Stream`] where the batches end with an error, [`Error::Io`], [`Error::Cancelled`], or
/// [`Error::Invalid`] for values that the format does not hold.
pub fn write_parts(
    batches: impl Iterator<Item = std::result::Result<RecordBatch, ArrowError>>,
    schema: &SchemaRef,
    plan: &SinkPlan,
    flag: &CancelFlag,
) -> Result<Vec<Part>> {
    let mut files = Files::new(plan, without_keys(schema, plan.partitions)?);
    let mut held = Held::default();
    if plan.keep_empty {
        files.begin(&vec![None; plan.partitions])?;
    }
    for batch in batches {
        flag.check()?;
        let batch = batch.map_err(|error| Error::Stream(error.to_string()))?;
        if batch.num_rows() == 0 {
            continue;
        }
        if plan.partitions == 0 {
            files.write(&Values::new(), &batch)?;
            continue;
        }
        let (rows, keys) = divided(&batch, plan.partitions)?;
        for (values, rows) in split(&rows, &keys)? {
            held.add(values, rows);
        }
        while held.bytes > HELD_BYTES {
            files.write_all(held.largest())?;
        }
    }
    while let Some(next) = held.first() {
        flag.check()?;
        let values = next.0.clone();
        files.write_all(Some(next))?;
        files.close(&values)?;
    }
    files.finish()
}

/// Rows that wait for their partition to be written.
#[derive(Default)]
struct Held {
    rows: BTreeMap<Values, (Vec<RecordBatch>, usize)>,
    bytes: usize,
}

impl Held {
    fn add(&mut self, values: Values, rows: RecordBatch) {
        let size = rows.get_array_memory_size();
        let (batches, bytes) = self.rows.entry(values).or_default();
        batches.push(rows);
        *bytes += size;
        self.bytes += size;
    }

    fn largest(&mut self) -> Option<(Values, Vec<RecordBatch>)> {
        let values = self.rows.iter().max_by_key(|(_, (_, bytes))| *bytes).map(|(values, _)| values.clone())?;
        self.take(&values)
    }

    fn first(&mut self) -> Option<(Values, Vec<RecordBatch>)> {
        let values = self.rows.keys().next().cloned()?;
        self.take(&values)
    }

    fn take(&mut self, values: &Values) -> Option<(Values, Vec<RecordBatch>)> {
        let (values, (batches, bytes)) = self.rows.remove_entry(values)?;
        self.bytes -= bytes;
        Some((values, batches))
    }
}

/// A file that rows are written to.
struct Open {
    file: Box<dyn Encode>,
    rows: u64,
    used: u64,
}

/// The files of one task.
struct Files<'a> {
    plan: &'a SinkPlan,
    schema: SchemaRef,
    open: HashMap<Values, Open>,
    begun: u64,
    written: u64,
    parts: Vec<Part>,
}

impl<'a> Files<'a> {
    fn new(plan: &'a SinkPlan, schema: SchemaRef) -> Self {
        Self { plan, schema, open: HashMap::new(), begun: 0, written: 0, parts: Vec::new() }
    }

    fn write_all(&mut self, rows: Option<(Values, Vec<RecordBatch>)>) -> Result<()> {
        if let Some((values, batches)) = rows {
            for batch in batches {
                self.write(&values, &batch)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, values: &Values, batch: &RecordBatch) -> Result<()> {
        if !self.open.contains_key(values) {
            self.begin(values)?;
        }
        let mut full = false;
        if let Some(open) = self.open.get_mut(values) {
            self.written += 1;
            open.used = self.written;
            open.file.write(batch)?;
            open.rows += batch.num_rows() as u64;
            full = self.plan.file_bytes > 0 && open.file.bytes() >= self.plan.file_bytes;
        }
        if full { self.close(values) } else { Ok(()) }
    }

    fn begin(&mut self, values: &Values) -> Result<()> {
        if self.open.len() >= OPEN_FILES {
            let oldest = self.open.iter().min_by_key(|(_, open)| open.used).map(|(values, _)| values.clone());
            oldest.map_or(Ok(()), |values| self.close(&values))?;
        }
        let name = format!("{}-{}", self.plan.prefix, self.begun);
        self.begun += 1;
        let file = encoder(self.plan, &self.schema, Output::create(&self.plan.folder, name)?)?;
        self.open.insert(values.clone(), Open { file, rows: 0, used: self.written });
        Ok(())
    }

    fn close(&mut self, values: &Values) -> Result<()> {
        if let Some(open) = self.open.remove(values) {
            let Finished { name, digest, bytes } = open.file.finish()?;
            self.parts.push(Part { name, digest, rows: open.rows, bytes, partition: values.clone() });
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Part>> {
        let mut left: Vec<Values> = self.open.keys().cloned().collect();
        left.sort();
        for values in left {
            self.close(&values)?;
        }
        Ok(self.parts)
    }
}
