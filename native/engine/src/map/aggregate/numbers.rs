//! Sums and extremes of numbers, and of what lies in memory like numbers.

use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, cast::AsArray, types};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};

use super::{Accumulate, Kept};
use crate::{
    error::{Error, Result},
    map::{
        cells::{Cells, joined, parted},
        keys::{int_array, primitive},
        rows::Rows,
    },
};

/// The least number of more than 38 digits.
const BEYOND: i128 = 10i128.pow(38);

/// How values of a kind are kept in words.
trait Class: Copy {
    /// Words of a value.
    const WORDS: usize;
    /// What a least value begins with, and a greatest.
    const BEGIN: (Self, Self);
    fn less(self, other: Self) -> bool;
    fn read(words: &[u64]) -> Self;
    fn write(self, words: &mut [u64]);
    /// Add to a sum; whether it still fits.
    fn add(self, sum: &mut [u64; 2]) -> bool;
}

impl Class for i64 {
    const WORDS: usize = 1;
    const BEGIN: (Self, Self) = (i64::MAX, i64::MIN);

    #[inline(always)]
    fn less(self, other: Self) -> bool {
        self < other
    }

    #[inline(always)]
    fn read(words: &[u64]) -> Self {
        words[0] as i64
    }

    #[inline(always)]
    fn write(self, words: &mut [u64]) {
        words[0] = self as u64;
    }

    #[inline(always)]
    fn add(self, sum: &mut [u64; 2]) -> bool {
        *sum = parted(joined(sum[0], sum[1]) + i128::from(self));
        true
    }
}

impl Class for u64 {
    const WORDS: usize = 1;
    const BEGIN: (Self, Self) = (u64::MAX, 0);

    #[inline(always)]
    fn less(self, other: Self) -> bool {
        self < other
    }

    #[inline(always)]
    fn read(words: &[u64]) -> Self {
        words[0]
    }

    #[inline(always)]
    fn write(self, words: &mut [u64]) {
        words[0] = self;
    }

    #[inline(always)]
    fn add(self, sum: &mut [u64; 2]) -> bool {
        *sum = parted(joined(sum[0], sum[1]) + i128::from(self));
        true
    }
}

impl Class for i128 {
    const WORDS: usize = 2;
    const BEGIN: (Self, Self) = (i128::MAX, i128::MIN);

    #[inline(always)]
    fn less(self, other: Self) -> bool {
        self < other
    }

    #[inline(always)]
    fn read(words: &[u64]) -> Self {
        joined(words[0], words[1])
    }

    #[inline(always)]
    fn write(self, words: &mut [u64]) {
        words[..2].copy_from_slice(&parted(self));
    }

    #[inline(always)]
    fn add(self, sum: &mut [u64; 2]) -> bool {
        let (total, over) = joined(sum[0], sum[1]).overflowing_add(self);
        *sum = parted(total);
        !over
    }
}

/// A least value begins as NaN, the greatest of all; see [`Doubles`].
impl Class for f64 {
    const WORDS: usize = 1;
    const BEGIN: (Self, Self) = (f64::NAN, f64::NEG_INFINITY);

    /// As DuckDB orders: NaN is greater than everything else, 0 and -0 are equal.
    #[inline(always)]
    fn less(self, other: Self) -> bool {
        self < other || !self.is_nan() && other.is_nan()
    }

    #[inline(always)]
    fn read(words: &[u64]) -> Self {
        f64::from_bits(words[0])
    }

    #[inline(always)]
    fn write(self, words: &mut [u64]) {
        words[0] = self.to_bits();
    }

    #[inline(always)]
    fn add(self, sum: &mut [u64; 2]) -> bool {
        sum[0] = (f64::from_bits(sum[0]) + self).to_bits();
        true
    }
}

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

/// Classes of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Signed,
    Unsigned,
    Wide,
    Double,
}

fn class_of(kind: &DataType) -> Option<Of> {
    Some(match kind {
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::Date32
        | DataType::Time64(TimeUnit::Microsecond)
        | DataType::Timestamp(TimeUnit::Microsecond, _)
        | DataType::Boolean => Of::Signed,
        DataType::UInt64 => Of::Unsigned,
        DataType::Decimal128(_, _) => Of::Wide,
        DataType::Float32 | DataType::Float64 => Of::Double,
        _ => return None,
    })
}

macro_rules! values {
    ($array:expr, $kind:ty) => {
        $array.as_primitive::<$kind>().values()
    };
}

impl Accumulate for Numbers {
    fn update(
        &mut self,
        arrays: &[ArrayRef],
        nulls: Option<&NullBuffer>,
        (rows, groups): (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()> {
        let [array] = arrays else { return Err(Error::Invalid("one argument is taken".to_owned())) };
        let all = (rows, groups);
        macro_rules! take {
            ($kind:ty, $class:ty) => {{
                let values = values!(array, $kind);
                self.take::<$class>(|row| values[row].into(), nulls, all, cells)
            }};
        }
        match array.data_type() {
            DataType::Int8 => take!(types::Int8Type, i64),
            DataType::Int16 => take!(types::Int16Type, i64),
            DataType::Int32 => take!(types::Int32Type, i64),
            DataType::Int64 => take!(types::Int64Type, i64),
            DataType::UInt8 => take!(types::UInt8Type, i64),
            DataType::UInt16 => take!(types::UInt16Type, i64),
            DataType::UInt32 => take!(types::UInt32Type, i64),
            DataType::UInt64 => take!(types::UInt64Type, u64),
            DataType::Date32 => take!(types::Date32Type, i64),
            DataType::Time64(TimeUnit::Microsecond) => take!(types::Time64MicrosecondType, i64),
            DataType::Timestamp(TimeUnit::Microsecond, _) => take!(types::TimestampMicrosecondType, i64),
            DataType::Decimal128(_, _) => take!(types::Decimal128Type, i128),
            DataType::Float32 => take!(types::Float32Type, f64),
            DataType::Float64 => take!(types::Float64Type, f64),
            DataType::Boolean => {
                let values = array.as_boolean().values();
                self.take::<i64>(|row| i64::from(values.value(row)), nulls, all, cells)
            }
            other => Err(Error::Unfit(format!("numbers of type {other}"))),
        }
    }

    fn finish(&self, kept: Kept, cells: &Cells, seen: &[bool]) -> Result<ArrayRef> {
        let nulls = Some(NullBuffer::from(seen.to_vec())).filter(|nulls| nulls.null_count() > 0);
        let place = match kept {
            Kept::Sum => self.places.sum,
            Kept::Min => self.places.min,
            Kept::Max => self.places.max,
            _ => None,
        };
        let place = place.ok_or_else(|| Error::Invalid("nothing of the kind was kept".to_owned()))?;
        let groups = 0..cells.count();
        let double = |group| f64::from_bits(cells.word(group, place));
        match (kept, class_of(&self.kind)) {
            (Kept::Sum, Some(Of::Double)) => {
                Ok(primitive::<types::Float64Type>(groups.map(double), nulls, &DataType::Float64))
            }
            (Kept::Sum, _) => {
                let scale = if let DataType::Decimal128(_, scale) = self.kind { scale } else { 0 };
                let values = groups.map(|group| cells.wide(group, place));
                decimals(values, nulls, &DataType::Decimal128(38, scale))
            }
            (_, Some(Of::Wide)) => {
                let values = groups.map(|group| if seen[group] { cells.wide(group, place) } else { 0 });
                decimals(values, nulls, &self.kind)
            }
            (_, Some(Of::Double)) if self.kind == DataType::Float32 => {
                let values = groups.map(|group| double(group) as f32);
                Ok(primitive::<types::Float32Type>(values, nulls, &self.kind))
            }
            (_, Some(Of::Double)) => Ok(primitive::<types::Float64Type>(groups.map(double), nulls, &self.kind)),
            _ => Ok(int_array(&self.kind, groups.map(|group| cells.word(group, place) as i64), nulls)),
        }
    }
}

/// An array of decimals.
///
/// # Errors
/// [`Error::Unfit`] where one has more than 38 digits.
pub fn decimals(values: impl Iterator<Item = i128>, nulls: Option<NullBuffer>, kind: &DataType) -> Result<ArrayRef> {
    let values: Vec<i128> = values.collect();
    if values.iter().any(|value| value.unsigned_abs() >= BEYOND.unsigned_abs()) {
        return Err(Error::Unfit("a number of more than 38 digits".to_owned()));
    }
    let array = Decimal128Array::new(values.into(), nulls).with_data_type(kind.clone());
    Ok(Arc::new(array))
}
