//! Columns of fixed width: numbers, dates, times, timestamps.

use std::{ops::Range, sync::Arc};

use arrow_array::{ArrayRef, ArrowPrimitiveType, PrimitiveArray, types};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, TimeUnit};

use super::{Cells, Misfit, ReadColumn, read::Value};
use crate::{
    source::{
        csv::{
            column::{Many, Validity},
            value::{self, cell::Cell, lanes::Lanes, swar},
        },
        jsonl::{kind::Kind, spans::Span},
        pool::Pool,
    },
    types::ColumnType,
};

/// A column whose values a fast function reads where it can, and an exact one elsewhere.
struct Primitive<A: ArrowPrimitiveType, Fast, Slow> {
    slot: usize,
    kind: Kind,
    /// Whether the values are texts in JSON.
    quoted: bool,
    /// Whether a text may stand for a number, and a number for a text.
    lenient: bool,
    data_type: DataType,
    /// What reads many values at once, before those.
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

    fn read(&mut self, cells: &Cells<'_>, misfits: &mut Vec<Misfit>) -> ArrayRef {
        let mut many = self.many.take();
        let spans = cells.column(self.slot);
        let count = spans.len();
        let mut values = self.pool.take();
        if values.len() < count {
            values.resize(count, A::Native::default());
        }
        let mut validity = Validity::default();
        let mut alone = |row, span| {
            let cell = if self.quoted { cells.plain_text(span) } else { cells.cell(span) };
            match cell.and_then(&self.fast) {
                Some(value) => value,
                None => self.read_slowly(cells, span, row, &mut validity, misfits),
            }
        };
        if let Some(many) = &mut many {
            let of =
                |rows: Range<usize>| rows.map(|row| cells.cell(cells.spans.at(row, self.slot)).unwrap_or_default());
            many.read(&mut values[..count], of, |row| alone(row, cells.spans.at(row, self.slot)));
        } else {
            for (row, (span, slot)) in spans.zip(&mut values[..count]).enumerate() {
                *slot = alone(row, span);
            }
        }
        self.many = many;
        let values = ScalarBuffer::new(self.pool.lend(values), 0, count);
        let array = PrimitiveArray::<A>::new(values, validity.finish(count));
        Arc::new(array.with_data_type(self.data_type.clone()))
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
        span: Span,
        row: usize,
        validity: &mut Validity,
        misfits: &mut Vec<Misfit>,
    ) -> A::Native {
        let mut scratch = Vec::new();
        let found = match cells.value(span, &mut scratch) {
            Value::Null => {
                validity.set_null(row, cells.spans.count());
                return A::Native::default();
            }
            Value::Text(text) if self.quoted || self.lenient => (self.slow)(text),
            Value::Other(text) if !self.quoted || self.lenient => (self.slow)(text),
            _ => None,
        };
        found.unwrap_or_else(|| {
            misfits.push(Misfit::new(row, span, &self.kind));
            A::Native::default()
        })
    }
}

/// What all readers of fixed width are told.
struct Given {
    column_type: ColumnType,
    slot: usize,
    fixed: bool,
}

impl Given {
    fn reader<A, Fast, Slow>(&self, data_type: DataType, fast: Fast, slow: Slow) -> Box<dyn ReadColumn>
    where
        A: ArrowPrimitiveType,
        Fast: Fn(Cell<'_>) -> Option<A::Native> + Send + 'static,
        Slow: Fn(&[u8]) -> Option<A::Native> + Send + 'static,
    {
        self.by_many::<A, _, _>(data_type, None, fast, slow)
    }

    fn by_many<A, Fast, Slow>(
        &self,
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
        use ColumnType::{Date, DateIn, Time, Timestamp, TimestampIn, TimestampTz};
        Box::new(Primitive::<A, Fast, Slow> {
            slot: self.slot,
            kind: Kind::Scalar(self.column_type),
            quoted: matches!(self.column_type, Date | DateIn(_) | Time | Timestamp | TimestampIn(_) | TimestampTz),
            lenient: self.fixed,
            data_type,
            many,
            fast,
            slow,
            pool: Pool::default(),
        })
    }

    fn integer<A>(&self) -> Box<dyn ReadColumn>
    where
        A: ArrowPrimitiveType,
        A::Native: TryFrom<i128> + TryFrom<i64>,
    {
        let strict = !self.fixed;
        self.by_many::<A, _, _>(
            A::DATA_TYPE,
            Many::by(Lanes::integers),
            |cell| A::Native::try_from(swar::integer(cell)?).ok(),
            move |text| value::parse_integer(text, strict),
        )
    }

    fn hugeint(&self) -> Box<dyn ReadColumn> {
        let strict = !self.fixed;
        self.reader::<types::Decimal128Type, _, _>(
            DataType::Decimal128(38, 0),
            |cell| swar::integer(cell).map(i128::from),
            move |text| value::parse_hugeint(text, strict),
        )
    }

    fn date(&self) -> Box<dyn ReadColumn> {
        let fast = |cell: Cell<'_>| {
            let (year, month, day) = if cell.size() == 10 { swar::date(cell)? } else { return None };
            value::date_value(year, month, day)
        };
        self.reader::<types::Date32Type, _, _>(DataType::Date32, fast, value::parse_date)
    }

    fn timestamp(&self) -> Box<dyn ReadColumn> {
        let strict = !self.fixed;
        let fast = |cell: Cell<'_>| if cell.size() == 19 { plain_timestamp(cell) } else { None };
        let slow = move |text: &[u8]| value::parse_timestamp(text, strict);
        self.reader::<types::TimestampMicrosecondType, _, _>(micros(None), fast, slow)
    }

    /// UTC is what DuckDB takes for TIMESTAMP WITH TIME ZONE.
    fn timestamptz(&self) -> Box<dyn ReadColumn> {
        let fast = |cell: Cell<'_>| {
            let zulu = cell.size() == 20 && cell.text().last() == Some(&b'Z');
            if zulu { plain_timestamp(cell) } else { None }
        };
        self.reader::<types::TimestampMicrosecondType, _, _>(micros(Some("UTC")), fast, value::parse_timestamptz)
    }
}

fn micros(zone: Option<&str>) -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into))
}

/// `YYYY-MM-DD HH:MM:SS` at the cell's start.
#[inline(always)]
fn plain_timestamp(cell: Cell<'_>) -> Option<i64> {
    if !matches!(cell.text().get(10), Some(b' ' | b'T')) {
        return None;
    }
    let (year, month, day) = swar::date(cell)?;
    let (hour, minute, second) = swar::time(cell)?;
    value::timestamp_value(value::date_value(year, month, day)?, hour, minute, second)
}

/// The reader of a type of fixed width.
pub fn reader_of(column_type: ColumnType, slot: usize, fixed: bool) -> Box<dyn ReadColumn> {
    let given = Given { column_type, slot, fixed };
    let strict = !fixed;
    match column_type {
        ColumnType::TinyInt => given.integer::<types::Int8Type>(),
        ColumnType::SmallInt => given.integer::<types::Int16Type>(),
        ColumnType::Integer => given.integer::<types::Int32Type>(),
        ColumnType::UTinyInt => given.integer::<types::UInt8Type>(),
        ColumnType::USmallInt => given.integer::<types::UInt16Type>(),
        ColumnType::UInteger => given.integer::<types::UInt32Type>(),
        ColumnType::UBigInt => given.integer::<types::UInt64Type>(),
        ColumnType::HugeInt => given.hugeint(),
        ColumnType::Float => given.reader::<types::Float32Type, _, _>(
            DataType::Float32,
            |_| None,
            move |text| value::parse_f32(text, strict),
        ),
        ColumnType::Double => given.by_many::<types::Float64Type, _, _>(
            DataType::Float64,
            Many::by(Lanes::doubles),
            swar::double,
            move |text| value::parse_f64(text, strict),
        ),
        ColumnType::Decimal { precision, scale } => given.reader::<types::Decimal128Type, _, _>(
            DataType::Decimal128(precision, scale.cast_signed()),
            |_| None,
            move |text| value::parse_decimal(text, precision, scale),
        ),
        ColumnType::Date => given.date(),
        ColumnType::Time => given.reader::<types::Time64MicrosecondType, _, _>(
            DataType::Time64(TimeUnit::Microsecond),
            |_| None,
            value::parse_time,
        ),
        ColumnType::Timestamp => given.timestamp(),
        ColumnType::TimestampTz => given.timestamptz(),
        ColumnType::DateIn(style) => given.reader::<types::Date32Type, _, _>(
            DataType::Date32,
            |_| None,
            move |text| value::parse_date_in(text, style),
        ),
        ColumnType::TimestampIn(style) => given.reader::<types::TimestampMicrosecondType, _, _>(
            micros(None),
            |_| None,
            move |text| value::parse_timestamp_in(text, style),
        ),
        ColumnType::BigInt | ColumnType::Boolean | ColumnType::Varchar => given.integer::<types::Int64Type>(),
    }
}
