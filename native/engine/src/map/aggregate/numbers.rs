//! Sums and extremes of numbers, and of what lies in memory like numbers.

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{
    Accumulate, Kept,
    class::{Class, Of, Visit, class_of, column, decimals, visit},
    nulls_of,
};
use crate::{
    error::{Error, Result},
    map::{cells::Cells, rows::Rows},
};

/// Where in the cells things are kept.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    sum: Option<usize>,
    min: Option<usize>,
    max: Option<usize>,
}

/// Keeps sums and extremes of an argument.
pub struct Numbers {
    kind: DataType,
    places: Places,
}

impl Numbers {
    /// For an argument of a type, with room in the cells for what is `kept`; `None` where it is of no number.
    #[must_use]
    pub fn new(kind: &DataType, kept: &[Kept], cells: &mut Cells) -> Option<Self> {
        let made = Self { kind: kind.clone(), places: Places::default() };
        Some(match class_of(kind)? {
            Of::Signed => made.with_room::<i64>(kept, cells),
            Of::Unsigned => made.with_room::<u64>(kept, cells),
            Of::Wide => made.with_room::<i128>(kept, cells),
            Of::Double => made.with_room::<f64>(kept, cells),
        })
    }

    fn with_room<C: Class>(mut self, kept: &[Kept], cells: &mut Cells) -> Self {
        let mut extreme = |begin: C| {
            let mut words = [0; 2];
            begin.write(&mut words);
            cells.reserve(&words[..C::WORDS])
        };
        if kept.contains(&Kept::Min) {
            self.places.min = Some(extreme(C::BEGIN.0));
        }
        if kept.contains(&Kept::Max) {
            self.places.max = Some(extreme(C::BEGIN.1));
        }
        if kept.contains(&Kept::Sum) {
            self.places.sum = Some(cells.reserve(&[0; 2]));
        }
        self
    }

    fn take<C: Class>(
        &self,
        value: impl Fn(usize) -> C,
        nulls: Option<&NullBuffer>,
        (rows, groups): (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()> {
        let is_valid = |row| nulls.is_none_or(|nulls| nulls.is_valid(row));
        if let Some(place) = self.places.sum {
            let (mut at, mut fits) = (cells.at::<2>(place), true);
            match nulls {
                None => rows.each_with(groups, |row, group| fits &= value(row).add(at.group(group))),
                Some(_) => rows.each_with(groups, |row, group| {
                    if is_valid(row) {
                        fits &= value(row).add(at.group(group));
                    }
                }),
            }
            if !fits {
                return Err(Error::Unfit("a sum of more than 128 bits".to_owned()));
            }
        }
        // Of equal values the last one is kept: 0 and -0 are equal.
        if let Some(place) = self.places.min {
            extreme(cells, place, (rows, groups), is_valid, &value, |value, known: C| !known.less(value));
        }
        if let Some(place) = self.places.max {
            extreme(cells, place, (rows, groups), is_valid, &value, |value, known: C| !value.less(known));
        }
        Ok(())
    }
}

/// Keep one extreme of values: `better` says that the first one is.
#[inline(always)]
fn extreme<C: Class>(
    cells: &mut Cells,
    place: usize,
    (rows, groups): (Rows<'_>, &[u32]),
    is_valid: impl Fn(usize) -> bool,
    value: impl Fn(usize) -> C,
    better: impl Fn(C, C) -> bool,
) {
    macro_rules! keep {
        ($words:literal) => {{
            let mut at = cells.at::<$words>(place);
            rows.each_with(groups, |row, group| {
                let words = at.group(group);
                let (value, known) = (value(row), C::read(words));
                if is_valid(row) && better(value, known) {
                    value.write(words);
                }
            })
        }};
    }
    if C::WORDS == 1 { keep!(1) } else { keep!(2) }
}

/// Takes the values of rows.
struct Taking<'a> {
    numbers: &'a Numbers,
    nulls: Option<&'a NullBuffer>,
    all: (Rows<'a>, &'a [u32]),
    cells: &'a mut Cells,
}

impl Visit for Taking<'_> {
    type Out = Result<()>;

    fn visit<C: Class>(self, value: impl Fn(usize) -> C) -> Result<()> {
        self.numbers.take(value, self.nulls, self.all, self.cells)
    }
}

impl Accumulate for Numbers {
    fn update(
        &mut self,
        arrays: &[ArrayRef],
        nulls: Option<&NullBuffer>,
        all: (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()> {
        let [array] = arrays else { return Err(Error::Invalid("one argument is taken".to_owned())) };
        visit(array, Taking { numbers: self, nulls, all, cells })?
    }

    fn finish(&self, kept: Kept, cells: &Cells, seen: &[bool]) -> Result<ArrayRef> {
        let nulls = nulls_of(seen);
        let place = match kept {
            Kept::Sum => self.places.sum,
            Kept::Min => self.places.min,
            Kept::Max => self.places.max,
            _ => None,
        };
        let place = place.ok_or_else(|| Error::Invalid("nothing of the kind was kept".to_owned()))?;
        match (kept, class_of(&self.kind)) {
            (Kept::Sum, Some(Of::Double)) => column(&DataType::Float64, cells, place, nulls),
            (Kept::Sum, _) => {
                let scale = if let DataType::Decimal128(_, scale) = self.kind { scale } else { 0 };
                let values = (0..cells.count()).map(|group| cells.wide(group, place));
                decimals(values, nulls, &DataType::Decimal128(38, scale))
            }
            _ => column(&self.kind, cells, place, nulls),
        }
    }
}
