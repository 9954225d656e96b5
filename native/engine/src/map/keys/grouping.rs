//! Groups by the values of some columns, numbered as they come.

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use super::{combined::Combined, values::Numbered};
use crate::{error::Result, map::rows::Rows};

/// The values of each key by number, and the groups that they make together.
#[derive(Debug)]
pub struct Grouping {
    numbered: Vec<Numbered>,
    combined: Combined,
    numbers: Vec<Vec<u32>>,
}

impl Grouping {
    /// No groups yet, of keys of these types.
    #[must_use]
    pub fn new(kinds: impl Iterator<Item = DataType>) -> Self {
        let numbered: Vec<Numbered> = kinds.map(Numbered::new).collect();
        Self { combined: Combined::new(numbered.len()), numbers: vec![Vec::new(); numbered.len()], numbered }
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

    /// Get ready for the keys of a batch.
    pub fn begin(&mut self, columns: &[ArrayRef]) {
        for (numbered, array) in self.numbered.iter_mut().zip(columns) {
            numbered.begin(array);
        }
    }

    /// Write the group of each row to `groups`: a new group has the next number.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where there are too many, or a key is of a type that is not
    /// numbered here.
    pub fn groups(&mut self, columns: &[ArrayRef], rows: Rows<'_>, groups: &mut Vec<u32>) -> Result<()> {
        groups.clear();
        match (&mut self.numbered[..], columns) {
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

    /// The values of each key, group by group.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where texts are too long together.
    pub fn finish(&self) -> Result<Vec<ArrayRef>> {
        match self.numbered.as_slice() {
            [one] => Ok(vec![one.array(None)?]),
            all => {
                let arrays = all.iter().enumerate();
                arrays.map(|(place, numbered)| numbered.array(Some(&self.combined.numbers_of(place)))).collect()
            }
        }
    }
}
