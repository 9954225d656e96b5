//! The value of one row of each group: the first one, or that where another value is least or greatest.

use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{
    Accumulate, Kept,
    class::{Class, Visit, class_of, visit},
    held::Held,
    nulls_of,
    states::structure,
};
use crate::{
    error::{Error, Result},
    map::{cells::Cells, expr::Texts, rows::Rows},
};

/// A group that has no row yet.
const NONE: u64 = 0;
/// A group whose row has a value.
const VALUE: u64 = 1;
/// A group whose row is NULL.
const NULL: u64 = 2;

/// Keeps a value of the row that is chosen in each group.
pub struct Chosen {
    how: Kept,
    /// Whether a group has a row; what rows are chosen by comes next to it.
    place: usize,
    by: Option<Held>,
    held: Held,
    /// Rows and groups.
    chosen: Vec<(u32, u32)>,
}

impl Chosen {
    /// For arguments of these types, with room in the cells; `None` where one is not held.
    #[must_use]
    pub fn new(kinds: &[DataType], how: Kept, cells: &mut Cells) -> Option<Self> {
        let place = cells.reserve(&[NONE]);
        let (kind, by) = match (kinds, how) {
            ([kind], Kept::AnyValue | Kept::First) => (kind, None),
            ([kind, by], Kept::ArgMin | Kept::ArgMax) => (kind, Some(Held::new(by, cells)?)),
            _ => return None,
        };
        Some(Self { how, place, by, held: Held::new(kind, cells)?, chosen: Vec::new() })
    }

    /// Take rows as long as a group has none.
    fn choose_first(&mut self, nulls: Option<&NullBuffer>, (rows, groups): (Rows<'_>, &[u32]), cells: &mut Cells) {
        let (mut at, also_null) = (cells.at::<1>(self.place), self.how == Kept::First);
        rows.each_with(groups, |row, group| {
            let [state] = at.group(group);
            if *state != NONE {
                return;
            }
            if nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                *state = VALUE;
                self.chosen.push((row as u32, group));
            } else if also_null {
                *state = NULL;
            }
        });
    }

    /// Take rows that are better than what a group has.
    fn choose_best(
        &mut self,
        by: &ArrayRef,
        nulls: Option<&NullBuffer>,
        all: (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()> {
        let greatest = self.how == Kept::ArgMax;
        if class_of(by.data_type()).is_some() {
            let choosing = Choosing { place: self.place, greatest, nulls, all, cells, chosen: &mut self.chosen };
            return visit(by, choosing);
        }
        let (texts, (rows, groups)) = (Texts::of(by)?, all);
        let Some(held) = &mut self.by else { return Err(Error::Invalid("two arguments are taken".to_owned())) };
        let mut at = cells.at::<1>(self.place);
        rows.each_with(groups, |row, group| {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                return;
            }
            let text = texts.text(row);
            if held.text(group as usize).is_none_or(|known| if greatest { text > known } else { text < known }) {
                at.group(group)[0] = VALUE;
                held.put_text(group as usize, text);
                self.chosen.push((row as u32, group));
            }
        });
        Ok(())
    }
}

/// Chooses rows by numbers; of equal ones the first.
struct Choosing<'a> {
    place: usize,
    greatest: bool,
    nulls: Option<&'a NullBuffer>,
    all: (Rows<'a>, &'a [u32]),
    cells: &'a mut Cells,
    chosen: &'a mut Vec<(u32, u32)>,
}

impl Visit for Choosing<'_> {
    type Out = ();

    fn visit<C: Class>(self, value: impl Fn(usize) -> C) {
        let (mut at, (rows, groups)) = (self.cells.at::<3>(self.place), self.all);
        rows.each_with(groups, |row, group| {
            if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
                return;
            }
            let ([state, known @ ..], value) = (at.group(group), value(row));
            let better = |known: C| if self.greatest { known.less(value) } else { value.less(known) };
            if *state == NONE || better(C::read(known)) {
                *state = VALUE;
                value.write(known);
                self.chosen.push((row as u32, group));
            }
        });
    }
}

impl Accumulate for Chosen {
    fn update(
        &mut self,
        arrays: &[ArrayRef],
        nulls: Option<&NullBuffer>,
        all: (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()> {
        self.chosen.clear();
        let values = match arrays {
            [values] => {
                self.choose_first(nulls, all, cells);
                values
            }
            [values, by] => {
                self.choose_best(by, nulls, all, cells)?;
                values
            }
            _ => return Err(Error::Invalid("one or two arguments are taken".to_owned())),
        };
        self.held.put(values, &self.chosen, cells)
    }

    fn finish(&self, _kept: Kept, cells: &Cells, _seen: &[bool]) -> Result<ArrayRef> {
        let states = || (0..cells.count()).map(|group| cells.word(group, self.place));
        let has_row = nulls_of(&states().map(|state| state != NONE).collect::<Vec<_>>());
        let has_value = nulls_of(&states().map(|state| state == VALUE).collect::<Vec<_>>());
        let values = self.held.finish(cells, has_value.clone())?;
        match (&self.by, self.how) {
            (Some(by), _) => structure(vec![("arg", values), ("by", by.finish(cells, has_value)?)], has_row),
            (None, Kept::First) => structure(vec![("value", values)], has_row),
            (None, _) => Ok(values),
        }
    }

    fn size(&self) -> usize {
        self.held.size() + self.by.as_ref().map_or(0, Held::size)
    }
}
