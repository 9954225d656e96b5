//! A map at work: batches in, one state out.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema};

use super::{
    aggregate::{Inputs, Section},
    cells::Cells,
    expr::{Predicate, condition},
    keys::Keys,
    plan::{Aggregate, MapPlan},
    rows::Rows,
};
use crate::error::{Error, Result};

/// Rows that are looked at together: what is known of their groups stays in the nearest cache.
const SLICE: usize = 2048;

/// Maps batches of one schema to a state.
pub struct Mapper {
    names: Vec<String>,
    filter: Option<Predicate>,
    keys: Keys,
    sections: Vec<Section>,
    cells: Cells,
    memory: usize,
    picked: Vec<u32>,
    groups: Vec<u32>,
}

impl Mapper {
    /// A map over columns of a schema.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the plan asks for what is not known, [`Error::Unfit`] where it does not go with
    /// the types of the columns.
    pub fn new(plan: &MapPlan, schema: &Schema) -> Result<Self> {
        let mut cells = Cells::default();
        let mut by_filter: Vec<Vec<(usize, &Aggregate)>> = Vec::new();
        for (place, aggregate) in plan.aggregates.iter().enumerate() {
            let entry = (plan.keys.len() + place, aggregate);
            match by_filter.iter_mut().find(|known| known[0].1.filter == aggregate.filter) {
                Some(known) => known.push(entry),
                None => by_filter.push(vec![entry]),
            }
        }
        let section = |entries: &Vec<(usize, &Aggregate)>| {
            Section::new(entries[0].1.filter.as_ref(), entries, schema, &mut cells)
        };
        let sections = by_filter.iter().map(section).collect::<Result<_>>()?;
        let names = plan.keys.iter().map(|(name, _)| name).chain(plan.aggregates.iter().map(|one| &one.name));
        Ok(Self {
            names: names.cloned().collect(),
            filter: plan.filter.as_ref().map(|filter| condition(filter, schema)).transpose()?,
            keys: Keys::new(&plan.keys, schema)?,
            sections,
            cells,
            memory: plan.memory,
            picked: Vec::new(),
            groups: Vec::new(),
        })
    }

    /// Take the rows of a batch.
    ///
    /// # Errors
    /// [`Error::Unfit`] where they must be left to DuckDB.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = match &self.filter {
            Some(filter) => filter.truth(batch)?.rows(&mut self.picked),
            None => Rows::Range(0, batch.num_rows()),
        };
        let columns = self.keys.columns(batch)?;
        let inputs = self.sections.iter().map(|section| section.inputs(batch)).collect::<Result<Vec<Inputs>>>()?;
        for start in (0..rows.len()).step_by(SLICE) {
            let rows = rows.slice(start, rows.len().min(start + SLICE));
            self.keys.groups(&columns, rows, &mut self.groups)?;
            self.cells.grow(self.keys.count());
            for (section, inputs) in self.sections.iter_mut().zip(&inputs) {
                section.update(inputs, rows, &self.groups, &mut self.cells)?;
            }
        }
        if self.memory > 0 && self.size() > self.memory {
            return Err(Error::Unfit("the groups take more memory than there is".to_owned()));
        }
        Ok(())
    }

    /// The state: one row for each group.
    ///
    /// # Errors
    /// [`Error::Unfit`] where a result is more than its type holds.
    pub fn finish(mut self) -> Result<RecordBatch> {
        self.cells.grow(self.keys.count());
        let mut columns: Vec<Option<ArrayRef>> = self.keys.finish()?.into_iter().map(Some).collect();
        columns.resize(self.names.len(), None);
        for section in &self.sections {
            section.finish(&self.cells, &mut columns)?;
        }
        let arrays: Vec<ArrayRef> = columns.into_iter().flatten().collect();
        let fields = self.names.iter().zip(&arrays);
        let fields: Vec<Field> =
            fields.map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.cells.count()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
            .map_err(|error| Error::Invalid(format!("the columns of a state: {error}")))
    }

    fn size(&self) -> usize {
        self.keys.size() + self.cells.size() + self.sections.iter().map(Section::size).sum::<usize>()
    }
}
