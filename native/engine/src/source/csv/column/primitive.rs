//! Columns of fixed width: numbers, dates, timestamps.

use std::sync::Arc;

use arrow_array::{ArrowPrimitiveType, PrimitiveArray, types};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, TimeUnit};

use super::{
    super::{
        pool::Pool,
        value::{self, swar},
    },
    Cells, ReadColumn, Values,
    cells::{Content, Validity},
};
use crate::types::ColumnType;

/// A column whose cells a fast function reads where it can, and an exact one elsewhere.
struct Primitive<A: ArrowPrimitiveType, Fast, Slow> {
    data_type: DataType,
    fast: Fast,
    slow: Slow,
    pool: Pool<A::Native>,
}

impl<A, Fast, Slow> ReadColumn for Primitive<A, Fast, Slow>
where
    A: ArrowPrimitiveType,
    Fast: Fn(&[u8], usize, usize) -> Option<A::Native> + Send,
    Slow: Fn(&[u8]) -> Option<A::Native> + Send,
{
    fn data_type(&self) -> DataType {
        self.data_type.clone()
    }

    fn read(&self, cells: &Cells<'_>, failed: &mut Vec<u32>) -> Values {
        let count = cells.count();
        let mut values = self.pool.take();
        if values.len() < count {
            values.resize(count, A::Native::default());
        }
        let mut validity = Validity::default();
        if looks_like_a_value(&cells.dialect.null) {
            for (row, (content, slot)) in cells.contents().zip(&mut values[..count]).enumerate() {
                *slot = self.read_slowly(cells, content, row, &mut validity, failed);
            }
        } else {
            for (row, (content, slot)) in cells.contents().zip(&mut values[..count]).enumerate() {
                *slot = match (self.fast)(cells.data, content.start, content.end) {
                    Some(value) => value,
                    None => self.read_slowly(cells, content, row, &mut validity, failed),
                };
            }
        }
        let values = ScalarBuffer::new(self.pool.lend(values), 0, count);
        let array = PrimitiveArray::<A>::new(values, validity.finish(count));
        Values::Array(Arc::new(array.with_data_type(self.data_type.clone())))
    }
}

impl<A, Fast, Slow> Primitive<A, Fast, Slow>
where
    A: ArrowPrimitiveType,
    Slow: Fn(&[u8]) -> Option<A::Native>,
{
    #[inline(never)]
    fn read_slowly(
        &self,
        cells: &Cells<'_>,
        content: Content,
        row: usize,
        validity: &mut Validity,
        failed: &mut Vec<u32>,
    ) -> A::Native {
        let Some(text) = cells.value_text(content) else {
            validity.set_null(row, cells.count());
            return A::Native::default();
        };
        (self.slow)(text).unwrap_or_else(|| {
            failed.push(row as u32);
            A::Native::default()
        })
    }
}

/// Whether a fast function could take the null string for a value.
fn looks_like_a_value(null: &[u8]) -> bool {
    null.first().is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
}

fn primitive<A, Fast, Slow>(data_type: DataType, fast: Fast, slow: Slow) -> Box<dyn ReadColumn>
where
    A: ArrowPrimitiveType,
    Fast: Fn(&[u8], usize, usize) -> Option<A::Native> + Send + 'static,
    Slow: Fn(&[u8]) -> Option<A::Native> + Send + 'static,
{
    Box::new(Primitive::<A, Fast, Slow> { data_type, fast, slow, pool: Pool::default() })
}

fn integer<A>(strict: bool) -> Box<dyn ReadColumn>
where
    A: ArrowPrimitiveType,
    A::Native: TryFrom<i128> + TryFrom<i64>,
{
    primitive::<A, _, _>(
        A::DATA_TYPE,
        |data, start, end| A::Native::try_from(swar::integer(data, start, end)?).ok(),
        move |text| value::parse_integer(text, strict),
    )
}

fn decimal(precision: u8, scale: u8) -> Box<dyn ReadColumn> {
    let limit = 10i128.pow(u32::from(precision));
    primitive::<types::Decimal128Type, _, _>(
        DataType::Decimal128(precision, scale as i8),
        move |data, start, end| {
            let swar::Plain { negative, mantissa, fraction } = swar::plain(data, start, end)?;
            let zeros = u32::from(scale).checked_sub(fraction as u32)?;
            let value = i128::from(mantissa).checked_mul(10i128.pow(zeros)).filter(|&value| value < limit)?;
            Some(if negative { -value } else { value })
        },
        move |text| value::parse_decimal(text, precision, scale),
    )
}

fn hugeint(strict: bool) -> Box<dyn ReadColumn> {
    primitive::<types::Decimal128Type, _, _>(
        DataType::Decimal128(38, 0),
        |data, start, end| swar::integer(data, start, end).map(i128::from),
        move |text| value::parse_hugeint(text, strict),
    )
}

fn date() -> Box<dyn ReadColumn> {
    primitive::<types::Date32Type, _, _>(
        DataType::Date32,
        |data, start, end| {
            let (year, month, day) = if end - start == 10 { swar::date(data, start)? } else { return None };
            value::date_value(year, month, day)
        },
        value::parse_date,
    )
}

fn timestamp(strict: bool) -> Box<dyn ReadColumn> {
    primitive::<types::TimestampMicrosecondType, _, _>(
        DataType::Timestamp(TimeUnit::Microsecond, None),
        |data, start, end| {
            if end - start != 19 || !matches!(data[start + 10], b' ' | b'T') {
                return None;
            }
            let (year, month, day) = swar::date(data, start)?;
            let (hour, minute, second) = swar::time(data, start + 11)?;
            value::timestamp_value(value::date_value(year, month, day)?, hour, minute, second)
        },
        move |text| value::parse_timestamp(text, strict),
    )
}

/// The reader of a type of fixed width.
pub fn reader_of(column_type: ColumnType, strict: bool) -> Box<dyn ReadColumn> {
    match column_type {
        ColumnType::TinyInt => integer::<types::Int8Type>(strict),
        ColumnType::SmallInt => integer::<types::Int16Type>(strict),
        ColumnType::Integer => integer::<types::Int32Type>(strict),
        ColumnType::UTinyInt => integer::<types::UInt8Type>(strict),
        ColumnType::USmallInt => integer::<types::UInt16Type>(strict),
        ColumnType::UInteger => integer::<types::UInt32Type>(strict),
        ColumnType::UBigInt => integer::<types::UInt64Type>(strict),
        ColumnType::HugeInt => hugeint(strict),
        ColumnType::Float => primitive::<types::Float32Type, _, _>(
            DataType::Float32,
            |_, _, _| None,
            move |text| value::parse_f32(text, strict),
        ),
        ColumnType::Double => primitive::<types::Float64Type, _, _>(DataType::Float64, swar::double, move |text| {
            value::parse_f64(text, strict)
        }),
        ColumnType::Decimal { precision, scale } => decimal(precision, scale),
        ColumnType::Date => date(),
        ColumnType::Timestamp => timestamp(strict),
        ColumnType::BigInt | ColumnType::Boolean | ColumnType::Varchar => integer::<types::Int64Type>(strict),
    }
}
