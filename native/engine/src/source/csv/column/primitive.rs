//! Columns of fixed width: numbers, dates, times, timestamps.

use std::sync::Arc;

use arrow_array::{ArrowPrimitiveType, PrimitiveArray, types};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, TimeUnit};

use super::{
    super::value::{self, cell::Cell, lanes::Lanes, swar},
    Cells, ReadColumn, Values,
    cells::{Content, Validity},
    many::Many,
};
use crate::source::pool::Pool;
use crate::types::{ColumnType, DateStyle};

/// A column whose cells a fast function reads where it can, and an exact one elsewhere.
struct Primitive<A: ArrowPrimitiveType, Fast, Slow> {
    data_type: DataType,
    /// What reads many cells at once, before those.
    many: Option<Many<A::Native>>,
    fast: Fast,
    slow: Slow,
    pool: Pool<A::Native>,
}

impl<A, Fast, Slow> ReadColumn for Primitive<A, Fast, Slow>
where
    A: ArrowPrimitiveType,
    Fast: Fn(Cell<'_>) -> Option<A::Native> + Send,
    Slow: Fn(&[u8]) -> Option<A::Native> + Send,
{
    fn data_type(&self) -> DataType {
        self.data_type.clone()
    }

    fn read(&mut self, cells: &Cells<'_>, failed: &mut Vec<u32>) -> Values {
        let count = cells.count();
        let mut values = self.pool.take();
        if values.len() < count {
            values.resize(count, A::Native::default());
        }
        let mut validity = Validity::default();
        if cells.dialect.nulls().any(looks_like_a_value) {
            for (row, (content, slot)) in cells.contents().zip(&mut values[..count]).enumerate() {
                *slot = self.read_slowly(cells, content, row, &mut validity, failed);
            }
        } else if let Some(mut many) = self.many.take() {
            let of = |rows| cells.contents_of(rows).map(|content| content.cell);
            let alone = |row| self.read_alone(cells, cells.content(row), row, &mut validity, failed);
            many.read(&mut values[..count], of, alone);
            self.many = Some(many);
        } else {
            for (row, (content, slot)) in cells.contents().zip(&mut values[..count]).enumerate() {
                *slot = self.read_alone(cells, content, row, &mut validity, failed);
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
    Fast: Fn(Cell<'_>) -> Option<A::Native>,
    Slow: Fn(&[u8]) -> Option<A::Native>,
{
    #[inline(always)]
    fn read_alone(
        &self,
        cells: &Cells<'_>,
        content: Content<'_>,
        row: usize,
        validity: &mut Validity,
        failed: &mut Vec<u32>,
    ) -> A::Native {
        (self.fast)(content.cell).unwrap_or_else(|| self.read_slowly(cells, content, row, validity, failed))
    }

    #[inline(never)]
    fn read_slowly(
        &self,
        cells: &Cells<'_>,
        content: Content<'_>,
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
    Fast: Fn(Cell<'_>) -> Option<A::Native> + Send + 'static,
    Slow: Fn(&[u8]) -> Option<A::Native> + Send + 'static,
{
    by_many::<A, _, _>(data_type, None, fast, slow)
}

fn by_many<A, Fast, Slow>(
    data_type: DataType,
    many: Option<Many<A::Native>>,
    fast: Fast,
    slow: Slow,
) -> Box<dyn ReadColumn>
where
    A: ArrowPrimitiveType,
    Fast: Fn(Cell<'_>) -> Option<A::Native> + Send + 'static,
    Slow: Fn(&[u8]) -> Option<A::Native> + Send + 'static,
{
    Box::new(Primitive::<A, Fast, Slow> { data_type, many, fast, slow, pool: Pool::default() })
}

fn integer<A>(strict: bool) -> Box<dyn ReadColumn>
where
    A: ArrowPrimitiveType,
    A::Native: TryFrom<i128> + TryFrom<i64>,
{
    by_many::<A, _, _>(
        A::DATA_TYPE,
        Many::by(Lanes::integers),
        |cell| A::Native::try_from(swar::integer(cell)?).ok(),
        move |text| value::parse_integer(text, strict),
    )
}

fn decimal(precision: u8, scale: u8) -> Box<dyn ReadColumn> {
    let limit = 10i128.pow(u32::from(precision));
    primitive::<types::Decimal128Type, _, _>(
        DataType::Decimal128(precision, scale as i8),
        move |cell| {
            let swar::Plain { negative, mantissa, fraction } = swar::plain(cell)?;
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
        |cell| swar::integer(cell).map(i128::from),
        move |text| value::parse_hugeint(text, strict),
    )
}

fn date() -> Box<dyn ReadColumn> {
    primitive::<types::Date32Type, _, _>(
        DataType::Date32,
        |cell| {
            let (year, month, day) = if cell.size() == 10 { swar::date(cell)? } else { return None };
            value::date_value(year, month, day)
        },
        value::parse_date,
    )
}

fn timestamp(strict: bool) -> Box<dyn ReadColumn> {
    primitive::<types::TimestampMicrosecondType, _, _>(
        DataType::Timestamp(TimeUnit::Microsecond, None),
        |cell| {
            if cell.size() != 19 || !matches!(cell.text()[10], b' ' | b'T') {
                return None;
            }
            let (year, month, day) = swar::date(cell)?;
            let (hour, minute, second) = swar::time(cell)?;
            value::timestamp_value(value::date_value(year, month, day)?, hour, minute, second)
        },
        move |text| value::parse_timestamp(text, strict),
    )
}

fn time() -> Box<dyn ReadColumn> {
    primitive::<types::Time64MicrosecondType, _, _>(
        DataType::Time64(TimeUnit::Microsecond),
        |_| None,
        value::parse_time,
    )
}

/// UTC is what DuckDB takes for TIMESTAMP WITH TIME ZONE.
fn timestamptz() -> Box<dyn ReadColumn> {
    primitive::<types::TimestampMicrosecondType, _, _>(
        DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        |_| None,
        value::parse_timestamptz,
    )
}

fn date_in(style: DateStyle) -> Box<dyn ReadColumn> {
    primitive::<types::Date32Type, _, _>(DataType::Date32, |_| None, move |text| value::parse_date_in(text, style))
}

fn timestamp_in(style: DateStyle) -> Box<dyn ReadColumn> {
    primitive::<types::TimestampMicrosecondType, _, _>(
        DataType::Timestamp(TimeUnit::Microsecond, None),
        |_| None,
        move |text| value::parse_timestamp_in(text, style),
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
            |_| None,
            move |text| value::parse_f32(text, strict),
        ),
        ColumnType::Double => by_many::<types::Float64Type, _, _>(
            DataType::Float64,
            Many::by(Lanes::doubles),
            swar::double,
            move |text| value::parse_f64(text, strict),
        ),
        ColumnType::Decimal { precision, scale } => decimal(precision, scale),
        ColumnType::Date => date(),
        ColumnType::Time => time(),
        ColumnType::Timestamp => timestamp(strict),
        ColumnType::TimestampTz => timestamptz(),
        ColumnType::DateIn(style) => date_in(style),
        ColumnType::TimestampIn(style) => timestamp_in(style),
        ColumnType::BigInt | ColumnType::Boolean | ColumnType::Varchar => integer::<types::Int64Type>(strict),
    }
}
