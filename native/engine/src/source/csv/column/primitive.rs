//! Columns of fixed width: numbers, dates, timestamps.

use std::sync::Arc;

use arrow_array::{ArrowPrimitiveType, PrimitiveArray, types};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, TimeUnit};

use super::{
    super::{pool::Pool, value},
    Cells, ReadColumn, Values,
    cells::Validity,
};
use crate::types::ColumnType;

/// A column whose cells one function reads.
struct Primitive<A: ArrowPrimitiveType, F> {
    data_type: DataType,
    parse: F,
    pool: Pool<A::Native>,
}

impl<A, F> ReadColumn for Primitive<A, F>
where
    A: ArrowPrimitiveType,
    F: Fn(&[u8]) -> Option<A::Native> + Send,
{
    fn data_type(&self) -> DataType {
        self.data_type.clone()
    }

    fn read(&self, cells: &Cells<'_>, failed: &mut Vec<u32>) -> Values {
        let count = cells.count();
        let mut values = self.pool.take();
        let mut validity = Validity::default();
        values.clear();
        values.extend((0..count).map(|row| {
            let Some(text) = cells.value_text(cells.span(row)) else {
                validity.set_null(row, count);
                return A::Native::default();
            };
            (self.parse)(text).unwrap_or_else(|| {
                failed.push(row as u32);
                A::Native::default()
            })
        }));
        let values = ScalarBuffer::new(self.pool.lend(values), 0, count);
        let array = PrimitiveArray::<A>::new(values, validity.finish(count));
        Values::Array(Arc::new(array.with_data_type(self.data_type.clone())))
    }
}

fn primitive<A, F>(data_type: DataType, parse: F) -> Box<dyn ReadColumn>
where
    A: ArrowPrimitiveType,
    F: Fn(&[u8]) -> Option<A::Native> + Send + 'static,
{
    Box::new(Primitive::<A, F> { data_type, parse, pool: Pool::default() })
}

fn integer<A>(strict: bool) -> Box<dyn ReadColumn>
where
    A: ArrowPrimitiveType,
    A::Native: TryFrom<i128>,
{
    primitive::<A, _>(A::DATA_TYPE, move |text| value::parse_integer(text, strict))
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
        ColumnType::HugeInt => primitive::<types::Decimal128Type, _>(DataType::Decimal128(38, 0), move |text| {
            value::parse_hugeint(text, strict)
        }),
        ColumnType::Float => {
            primitive::<types::Float32Type, _>(DataType::Float32, move |text| value::parse_f32(text, strict))
        }
        ColumnType::Double => {
            primitive::<types::Float64Type, _>(DataType::Float64, move |text| value::parse_f64(text, strict))
        }
        ColumnType::Decimal { precision, scale } => {
            primitive::<types::Decimal128Type, _>(DataType::Decimal128(precision, scale as i8), move |text| {
                value::parse_decimal(text, precision, scale)
            })
        }
        ColumnType::Date => primitive::<types::Date32Type, _>(DataType::Date32, value::parse_date),
        ColumnType::Timestamp => primitive::<types::TimestampMicrosecondType, _>(
            DataType::Timestamp(TimeUnit::Microsecond, None),
            move |text| value::parse_timestamp(text, strict),
        ),
        ColumnType::BigInt | ColumnType::Boolean | ColumnType::Varchar => integer::<types::Int64Type>(strict),
    }
}
