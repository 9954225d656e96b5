//! True, false or NULL, for each row: two bitmaps.

use arrow_array::BooleanArray;
use arrow_buffer::{BooleanBuffer, NullBuffer};

use crate::map::rows::Rows;

/// The rows where a condition is true, and those where it is false; it is NULL in the others.
#[derive(Clone, Debug)]
pub struct Truth {
    pub yes: BooleanBuffer,
    pub no: BooleanBuffer,
}

impl Truth {
    /// Of values that are true or false where they are not NULL.
    #[must_use]
    pub fn new(values: &BooleanBuffer, nulls: Option<&NullBuffer>) -> Self {
        match nulls {
            None => Self { yes: values.clone(), no: !values },
            Some(nulls) => Self { yes: values & nulls.inner(), no: &!values & nulls.inner() },
        }
    }

    /// Of a column.
    #[must_use]
    pub fn of(array: &BooleanArray) -> Self {
        Self::new(array.values(), arrow_array::Array::nulls(array))
    }

    /// Both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self { yes: &self.yes & &other.yes, no: &self.no | &other.no }
    }

    /// At least one.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self { yes: &self.yes | &other.yes, no: &self.no & &other.no }
    }

    /// The contrary.
    #[must_use]
    pub fn not(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }

    /// The rows where it is true, written to `picked` where they are not all.
    #[must_use]
    pub fn rows<'a>(&self, picked: &'a mut Vec<u32>) -> Rows<'a> {
        let count = self.yes.count_set_bits();
        if count == self.yes.len() {
            return Rows::Range(0, count);
        }
        picked.clear();
        picked.extend(self.yes.set_indices_u32());
        Rows::Picked(picked)
    }

    /// The same as a column.
    #[must_use]
    pub fn array(&self) -> BooleanArray {
        let known = &self.yes | &self.no;
        let nulls = (known.count_set_bits() < known.len()).then(|| NullBuffer::new(known));
        BooleanArray::new(self.yes.clone(), nulls)
    }
}
