//! About how many different values there are: the registers of a HyperLogLog, as DuckDB keeps them.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, UInt8Array};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};

use super::{
    Accumulate, Kept,
    class::{Class, Visit, class_of, visit},
    hash::{Form, of_text, of_value},
    states::structure,
};
use crate::{
    error::{Error, Result},
    map::{cells::Cells, expr::Texts, rows::Rows},
};

/// Bits of a hash that choose a register.
const PRECISION: u8 = 10;
const COUNT: usize = 1 << PRECISION;

/// Keeps in each register the most zeros that the rest of a hash ended in, and one.
pub struct Registers {
    /// None for texts.
    form: Option<Form>,
    kept: Vec<u8>,
}

impl Registers {
    /// For an argument of a type; `None` where DuckDB's hash of it is not known.
    #[must_use]
    pub fn new(kind: &DataType) -> Option<Self> {
        let form = match kind {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => None,
            DataType::Int64 | DataType::UInt64 | DataType::Time64(_) | DataType::Timestamp(_, _) => Some(Form::Plain),
            // A decimal lies in as few bytes as its digits ask for.
            DataType::Decimal128(..=9, _) => Some(Form::Narrow),
            DataType::Decimal128(..=18, _) => Some(Form::Plain),
            DataType::Decimal128(_, _) => Some(Form::Wide),
            DataType::Float32 => Some(Form::Float),
            DataType::Float64 => Some(Form::Double),
            other => class_of(other).map(|_| Some(Form::Narrow))?,
        };
        Some(Self { form, kept: Vec::new() })
    }

    #[inline(always)]
    fn register(&mut self, group: u32, hash: u64) {
        let place = group as usize * COUNT + (hash as usize & (COUNT - 1));
        let rest = hash >> PRECISION | 1 << (64 - PRECISION);
        self.kept[place] = self.kept[place].max(rest.trailing_zeros() as u8 + 1);
    }
}

struct Registering<'a> {
    registers: &'a mut Registers,
    form: Form,
    nulls: Option<&'a NullBuffer>,
    all: (Rows<'a>, &'a [u32]),
}

impl Visit for Registering<'_> {
    type Out = ();

    fn visit<C: Class>(self, value: impl Fn(usize) -> C) {
        let (rows, groups) = self.all;
        rows.each_with(groups, |row, group| {
            if self.nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                self.registers.register(group, of_value(value(row), self.form));
            }
        });
    }
}

impl Accumulate for Registers {
    fn update(
        &mut self,
        arrays: &[ArrayRef],
        nulls: Option<&NullBuffer>,
        all: (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()> {
        let [array] = arrays else { return Err(Error::Invalid("one argument is taken".to_owned())) };
        self.kept.resize(cells.count() * COUNT, 0);
        if let Some(form) = self.form {
            return visit(array, Registering { registers: self, form, nulls, all });
        }
        let (texts, (rows, groups)) = (Texts::of(array)?, all);
        rows.each_with(groups, |row, group| {
            if nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                self.register(group, of_text(texts.text(row)));
            }
        });
        Ok(())
    }

    fn finish(&self, _kept: Kept, cells: &Cells, _seen: &[bool]) -> Result<ArrayRef> {
        let mut registers = self.kept.clone();
        registers.resize(cells.count() * COUNT, 0);
        let end = |group: usize| i32::try_from(group * COUNT);
        let offsets: Vec<i32> = (0..=cells.count())
            .map(end)
            .collect::<std::result::Result<_, _>>()
            .map_err(|_| Error::Unfit("registers of more than 2 GiB".to_owned()))?;
        let field = Arc::new(Field::new("l", DataType::UInt8, true));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let lists = ListArray::try_new(field, offsets, Arc::new(UInt8Array::from(registers)), None)
            .map_err(|error| Error::Invalid(error.to_string()))?;
        let precision = UInt8Array::from_value(PRECISION, lists.len());
        structure(vec![("precision", Arc::new(precision)), ("registers", Arc::new(lists))], None)
    }

    fn size(&self) -> usize {
        self.kept.capacity()
    }
}
