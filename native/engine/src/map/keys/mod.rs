//! Groups of rows by their keys: each key's values are numbered, then the groups are.

mod combined;
mod ints;
mod texts;
mod values;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Schema;

pub use self::values::{int_array, primitive, text_array};
use self::{combined::Combined, values::Numbered};
use super::{expr::Value, rows::Rows};
use crate::error::Result;

/// No number.
const NONE: u32 = u32::MAX;

/// The keys of a map, and the groups that they make.
pub struct Keys {
    values: Vec<Value>,
    numbered: Vec<Numbered>,
    combined: Combined,
    numbers: Vec<Vec<u32>>,
}

/// The keys of one batch.
pub struct Columns(Vec<ArrayRef>);

impl Keys {
    /// No groups yet.
    #[must_use]
    pub fn new(values: Vec<Value>, schema: &Schema) -> Self {
        let numbered = values.iter().map(|value| Numbered::new(value.kind(schema))).collect();
        let numbers = values.iter().map(|_| Vec::new()).collect();
        Self { combined: Combined::new(values.len()), values, numbered, numbers }
    }

    /// How many groups there are; rows without keys are one group.
    #[must_use]
    pub fn count(&self) -> usize {
        match self.numbered.as_slice() {
            [] => 1,
            [one] => one.count(),
            _ => self.combined.count(),
        }
    }

    /// Bytes that they take.
    #[must_use]
    pub fn size(&self) -> usize {
        self.numbered.iter().map(Numbered::size).sum::<usize>() + self.combined.size()
    }

    /// The keys of a batch.
    ///
    /// # Errors
    /// As its expressions.
    pub fn columns(&mut self, batch: &RecordBatch) -> Result<Columns> {
        let arrays = self.values.iter().map(|value| value.of(batch)).collect::<Result<Vec<_>>>()?;
        for (numbered, array) in self.numbered.iter_mut().zip(&arrays) {
            numbered.begin(array);
        }
        Ok(Columns(arrays))
    }

    /// Write the group of each row to `groups`.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where there are too many.
    pub fn groups(&mut self, columns: &Columns, rows: Rows<'_>, groups: &mut Vec<u32>) -> Result<()> {
        groups.clear();
        match (&mut self.numbered[..], &columns.0[..]) {
            ([], _) => groups.resize(rows.len(), 0),
            ([one], [array]) => one.number(array, rows, groups)?,
            (all, arrays) => {
                for ((numbered, array), numbers) in all.iter_mut().zip(arrays).zip(&mut self.numbers) {
                    numbers.clear();
                    numbered.number(array, rows, numbers)?;
                }
                self.combined.groups(&self.numbers, groups)?;
            }
        }
        Ok(())
    }

    /// The value of each key, group by group.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where texts are too long together.
    pub fn finish(&self) -> Result<Vec<ArrayRef>> {
        match self.numbered.as_slice() {
            [one] => Ok(vec![one.array(None)?]),
            all => all
                .iter()
                .enumerate()
                .map(|(place, numbered)| numbered.array(Some(&self.combined.numbers_of(place))))
                .collect(),
        }
    }
}
