//! Different values of one key and their numbers.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, StringArray, cast::AsArray, types,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};

use super::{
    NONE,
    ints::Ints,
    texts::{Key, TOGETHER, TextNumbers},
};
use crate::{
    error::{Error, Result},
    map::{
        expr::{Texts, double_key, from_double_key},
        rows::Rows,
    },
};

/// The values of one key by number; NULL has a number like any other.
#[derive(Debug)]
pub struct Numbered {
    known: Known,
    kind: DataType,
    null: Option<u32>,
    /// The first zero of a DOUBLE: all are equal, but not all are written alike.
    zero: Option<f64>,
    /// The words of the last batch, and the number that each has as far as it was asked.
    words: Option<(ArrayRef, Vec<u32>)>,
}

#[derive(Debug)]
enum Known {
    Ints(Ints),
    Texts(TextNumbers),
}

impl Numbered {
    /// No values of a type.
    #[must_use]
    pub fn new(kind: DataType) -> Self {
        let known = match kind {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
                Known::Texts(TextNumbers::default())
            }
            _ => Known::Ints(Ints::default()),
        };
        Self { known, kind, null: None, zero: None, words: None }
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> usize {
        match &self.known {
            Known::Ints(ints) => ints.values().len(),
            Known::Texts(texts) => texts.count(),
        }
    }

    /// Bytes that they take.
    #[must_use]
    pub fn size(&self) -> usize {
        match &self.known {
            Known::Ints(ints) => ints.size(),
            Known::Texts(texts) => texts.size(),
        }
    }

    /// Get ready for a batch.
    pub fn begin(&mut self, array: &ArrayRef) {
        let Ok(Texts::Words(words, _)) = Texts::of(array) else { return };
        let values = words.values();
        // The same array holds the same words; while it is kept here, no other one has its place.
        let same = self.words.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, values) || alike(known, values));
        if !same {
            self.words = Some((values.clone(), vec![NONE; values.len()]));
        }
    }

    /// Add the number of each row's value to `numbers`.
    ///
    /// # Errors
    /// [`Error::Unfit`] where they are of a type that is not numbered here.
    pub fn number(&mut self, array: &ArrayRef, rows: Rows<'_>, numbers: &mut Vec<u32>) -> Result<()> {
        match array.data_type() {
            DataType::Int8 => self.ints::<types::Int8Type>(array, rows, numbers),
            DataType::Int16 => self.ints::<types::Int16Type>(array, rows, numbers),
            DataType::Int32 => self.ints::<types::Int32Type>(array, rows, numbers),
            DataType::Int64 => self.ints::<types::Int64Type>(array, rows, numbers),
            DataType::UInt8 => self.ints::<types::UInt8Type>(array, rows, numbers),
            DataType::UInt16 => self.ints::<types::UInt16Type>(array, rows, numbers),
            DataType::UInt32 => self.ints::<types::UInt32Type>(array, rows, numbers),
            DataType::Date32 => self.ints::<types::Date32Type>(array, rows, numbers),
            DataType::Time64(TimeUnit::Microsecond) => self.ints::<types::Time64MicrosecondType>(array, rows, numbers),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                self.ints::<types::TimestampMicrosecondType>(array, rows, numbers)
            }
            DataType::UInt64 => {
                let values = array.as_primitive::<types::UInt64Type>().values();
                self.each_int(array.nulls(), rows, numbers, |row| values[row] as i64)
            }
            DataType::Float64 => {
                let values = array.as_primitive::<types::Float64Type>().values();
                if self.zero.is_none() {
                    let is_zero = |row: usize| values[row] == 0.0 && array.is_valid(row);
                    rows.each(|row| self.zero = self.zero.or(is_zero(row).then(|| values[row])));
                }
                self.each_int(array.nulls(), rows, numbers, |row| double_key(values[row]))
            }
            DataType::Boolean => {
                let values = array.as_boolean().values();
                self.each_int(array.nulls(), rows, numbers, |row| i64::from(values.value(row)))
            }
            _ => self.texts(array, rows, numbers),
        }
    }

    fn ints<A: ArrowPrimitiveType>(&mut self, array: &ArrayRef, rows: Rows<'_>, numbers: &mut Vec<u32>) -> Result<()>
    where
        A::Native: Into<i64>,
    {
        let values = array.as_primitive::<A>().values();
        if let (Known::Ints(ints), Rows::Range(start, end)) = (&mut self.known, rows) {
            let values = &values[start..end];
            let bounds = |(low, high): (A::Native, A::Native), &value: &A::Native| {
                (if value < low { value } else { low }, if value > high { value } else { high })
            };
            if let Some(&first) = values.first() {
                let (low, high) = values.iter().fold((first, first), bounds);
                ints.expect(low.into(), high.into());
            }
        }
        self.each_int(array.nulls(), rows, numbers, |row| values[row].into())
    }

    fn each_int(
        &mut self,
        nulls: Option<&NullBuffer>,
        rows: Rows<'_>,
        numbers: &mut Vec<u32>,
        value: impl Fn(usize) -> i64,
    ) -> Result<()> {
        let Known::Ints(ints) = &mut self.known else { return Err(changed()) };
        match nulls {
            None => rows.extend(numbers, |row| ints.number(value(row))),
            Some(nulls) => rows.extend(numbers, |row| {
                if nulls.is_valid(row) {
                    ints.number(value(row))
                } else {
                    *self.null.get_or_insert_with(|| ints.add_other())
                }
            }),
        }
        Ok(())
    }

    fn texts(&mut self, array: &ArrayRef, rows: Rows<'_>, numbers: &mut Vec<u32>) -> Result<()> {
        let (Known::Texts(known), texts) = (&mut self.known, Texts::of(array)?) else { return Err(changed()) };
        let nulls = array.nulls();
        let (null, cache) = (&mut self.null, &mut self.words);
        if nulls.is_none() && !matches!(texts, Texts::Words(..)) {
            match texts {
                Texts::Views(array) => {
                    let views = array.views();
                    let key = |row: usize| Key::of_view(views[row], || array.value(row).as_bytes());
                    number_together(known, rows, key, |row| array.value(row).as_bytes(), numbers);
                }
                texts => {
                    number_together(known, rows, |row| Key::of(texts.text(row)), |row| texts.text(row), numbers);
                }
            }
            return Ok(());
        }
        macro_rules! each {
            ($number:expr) => {
                match nulls {
                    None => rows.extend(numbers, |row| $number(row, known)),
                    Some(nulls) => rows.extend(numbers, |row| {
                        if nulls.is_valid(row) {
                            $number(row, known)
                        } else {
                            *null.get_or_insert_with(|| known.add_other())
                        }
                    }),
                }
            };
        }
        match (texts, cache) {
            (Texts::Views(array), _) => {
                let views = array.views();
                each!(|row: usize, known: &mut TextNumbers| {
                    let text = || array.value(row).as_bytes();
                    known.number(Key::of_view(views[row], text), text)
                });
            }
            (Texts::Words(words, texts), Some((_, cached))) => {
                let keys = words.keys().values();
                each!(|row: usize, known: &mut TextNumbers| {
                    let slot = &mut cached[keys[row] as usize];
                    if *slot == NONE {
                        let text = texts.value(keys[row] as usize).as_bytes();
                        *slot = known.number(Key::of(text), || text);
                    }
                    *slot
                });
            }
            (texts, _) => each!(|row: usize, known: &mut TextNumbers| {
                let text = texts.text(row);
                known.number(Key::of(text), || text)
            }),
        }
        Ok(())
    }

    /// The values as an array: all by number, or those of these numbers.
    ///
    /// # Errors
    /// [`Error::Unfit`] where texts are too long together.
    pub fn array(&self, numbers: Option<&[u32]>) -> Result<ArrayRef> {
        let all: Vec<u32>;
        let numbers = match numbers {
            Some(numbers) => numbers,
            None => {
                all = (0..self.count() as u32).collect();
                &all
            }
        };
        let nulls = self.null.map(|null| NullBuffer::from_iter(numbers.iter().map(|&number| number != null)));
        match &self.known {
            Known::Texts(texts) => text_array(numbers.iter().map(|&number| texts.text(number as usize)), nulls),
            Known::Ints(ints) => {
                let values = numbers.iter().map(|&number| ints.values()[number as usize]);
                if let (DataType::Float64, Some(zero)) = (&self.kind, self.zero) {
                    let doubles = values.map(from_double_key).map(|value| if value == 0.0 { zero } else { value });
                    return Ok(primitive::<types::Float64Type>(doubles, nulls, &self.kind));
                }
                Ok(int_array(&self.kind, values, nulls))
            }
        }
    }
}

/// Add the number of each row's text to `numbers`, some rows at a time.
#[inline(always)]
fn number_together<'a>(
    known: &mut TextNumbers,
    rows: Rows<'_>,
    key: impl Fn(usize) -> Key,
    text: impl Fn(usize) -> &'a [u8],
    numbers: &mut Vec<u32>,
) {
    let (mut keys, mut places) = ([Key::default(); TOGETHER], [0; TOGETHER]);
    for start in (0..rows.len()).step_by(TOGETHER) {
        let part = rows.slice(start, rows.len().min(start + TOGETHER));
        let mut count = 0;
        part.each(|row| {
            (keys[count], places[count]) = (key(row), row);
            count += 1;
        });
        known.each_number(&keys[..count], |place| text(places[place]), numbers);
    }
}

fn alike(one: &ArrayRef, other: &ArrayRef) -> bool {
    let place = |array: &ArrayRef| {
        let data = array.to_data();
        (array.len(), data.buffers().iter().map(|buffer| buffer.as_ptr() as usize).collect::<Vec<_>>())
    };
    place(one) == place(other)
}

fn changed() -> Error {
    Error::Unfit("a key changes its type between batches".to_owned())
}

/// An array of texts.
///
/// # Errors
/// [`Error::Unfit`] where they are too long together.
pub fn text_array<'a>(texts: impl Iterator<Item = &'a [u8]>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    let (mut bytes, mut offsets) = (Vec::new(), vec![0]);
    for text in texts {
        bytes.extend_from_slice(text);
        let end = i32::try_from(bytes.len()).map_err(|_| Error::Unfit("texts of more than 2 GiB".to_owned()))?;
        offsets.push(end);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let made = StringArray::try_new(offsets, Buffer::from_vec(bytes), nulls);
    made.map(|array| Arc::new(array) as ArrayRef).map_err(|error| Error::Unfit(error.to_string()))
}

/// An array of what lies in memory as integers, or is ordered by them.
#[must_use]
pub fn int_array(kind: &DataType, values: impl Iterator<Item = i64>, nulls: Option<NullBuffer>) -> ArrayRef {
    match kind {
        DataType::Int8 => primitive::<types::Int8Type>(values.map(|value| value as i8), nulls, kind),
        DataType::Int16 => primitive::<types::Int16Type>(values.map(|value| value as i16), nulls, kind),
        DataType::Int32 => primitive::<types::Int32Type>(values.map(|value| value as i32), nulls, kind),
        DataType::UInt8 => primitive::<types::UInt8Type>(values.map(|value| value as u8), nulls, kind),
        DataType::UInt16 => primitive::<types::UInt16Type>(values.map(|value| value as u16), nulls, kind),
        DataType::UInt32 => primitive::<types::UInt32Type>(values.map(|value| value as u32), nulls, kind),
        DataType::UInt64 => primitive::<types::UInt64Type>(values.map(|value| value as u64), nulls, kind),
        DataType::Date32 => primitive::<types::Date32Type>(values.map(|value| value as i32), nulls, kind),
        DataType::Time64(_) => primitive::<types::Time64MicrosecondType>(values, nulls, kind),
        DataType::Timestamp(_, _) => primitive::<types::TimestampMicrosecondType>(values, nulls, kind),
        DataType::Float64 => primitive::<types::Float64Type>(values.map(from_double_key), nulls, kind),
        DataType::Boolean => Arc::new(BooleanArray::new(values.map(|value| value != 0).collect(), nulls)),
        _ => primitive::<types::Int64Type>(values, nulls, &DataType::Int64),
    }
}

/// An array of values of fixed width.
#[must_use]
pub fn primitive<A: ArrowPrimitiveType>(
    values: impl Iterator<Item = A::Native>,
    nulls: Option<NullBuffer>,
    kind: &DataType,
) -> ArrayRef {
    let array = PrimitiveArray::<A>::new(values.collect::<Vec<_>>().into(), nulls);
    Arc::new(array.with_data_type(kind.clone()))
}
