//! Bits that all values of a group have, or any, or an odd number of them.

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{
    Accumulate, Kept,
    class::{Class, Visit, column, visit},
    nulls_of,
};
use crate::{
    error::{Error, Result},
    map::{cells::Cells, rows::Rows},
};

/// Keeps bits of integers.
pub struct Bits {
    kind: DataType,
    /// Where each is kept.
    places: Vec<(Kept, usize)>,
}

impl Bits {
    /// For an argument of a type; `None` where it has more than 64 bits, or none.
    #[must_use]
    pub fn new(kind: &DataType, kept: &[Kept], cells: &mut Cells) -> Option<Self> {
        let mut place = |kept| (kept, cells.reserve(&[if kept == Kept::BitAnd { u64::MAX } else { 0 }]));
        kind.is_integer().then(|| Self { kind: kind.clone(), places: kept.iter().map(|&kept| place(kept)).collect() })
    }
}

struct Folding<'a, F> {
    place: usize,
    fold: F,
    nulls: Option<&'a NullBuffer>,
    all: (Rows<'a>, &'a [u32]),
    cells: &'a mut Cells,
}

impl<F: Fn(u64, u64) -> u64> Visit for Folding<'_, F> {
    type Out = ();

    fn visit<C: Class>(self, value: impl Fn(usize) -> C) {
        let ((rows, groups), mut at) = (self.all, self.cells.at::<1>(self.place));
        rows.each_with(groups, |row, group| {
            if self.nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                let (mut words, [known]) = ([0; 2], at.group(group));
                value(row).write(&mut words);
                *known = (self.fold)(*known, words[0]);
            }
        });
    }
}

impl Accumulate for Bits {
    fn update(
        &mut self,
        arrays: &[ArrayRef],
        nulls: Option<&NullBuffer>,
        all: (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()> {
        let [array] = arrays else { return Err(Error::Invalid("one argument is taken".to_owned())) };
        for &(kept, place) in &self.places {
            match kept {
                Kept::BitAnd => visit(array, Folding { place, fold: |one, other| one & other, nulls, all, cells })?,
                Kept::BitOr => visit(array, Folding { place, fold: |one, other| one | other, nulls, all, cells })?,
                _ => visit(array, Folding { place, fold: |one, other| one ^ other, nulls, all, cells })?,
            }
        }
        Ok(())
    }

    fn finish(&self, kept: Kept, cells: &Cells, seen: &[bool]) -> Result<ArrayRef> {
        match self.places.iter().find(|known| known.0 == kept) {
            Some(&(_, place)) => column(&self.kind, cells, place, nulls_of(seen)),
            None => Err(Error::Invalid("nothing of the kind was kept".to_owned())),
        }
    }
}
