//! Arrays as they are decoded, changed into those that DuckDB takes under the types of its own readers.

use std::{collections::HashMap, sync::Arc};

use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, GenericListArray, Int32Array, MapArray, OffsetSizeTrait, PrimitiveArray,
    StructArray,
    cast::AsArray,
    types::{
        Decimal128Type, Float16Type, Float32Type, Int32Type, Int64Type, IntervalMonthDayNanoType,
        Time32MillisecondType, Time64MicrosecondType, TimestampMicrosecondType, TimestampMillisecondType,
    },
};
use arrow_buffer::IntervalMonthDayNano;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, IntervalUnit, TimeUnit};

use super::{EXTENSION, EXTENSION_METADATA};

type Result<T> = std::result::Result<T, ArrowError>;

/// What a leaf means beyond its Arrow type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaf {
    #[default]
    Plain,
    /// A text that is JSON.
    Json,
    /// 16 bytes that are a UUID.
    Uuid,
    /// 12 bytes: months, days, milliseconds.
    Interval,
    /// A time of day in UTC.
    TimeTz,
    /// A time of the old sort, in 96 bits.
    Int96,
    /// A text of which there are few different ones.
    FewTexts,
}

/// DuckDB's TIMETZ: microseconds above 24 bits that hold this number less the offset in seconds.
const UTC_OFFSET: i64 = 16 * 60 * 60 - 1;
const TIME_TZ: &str = r#"{"type_name":"time_tz","vendor_name":"DuckDB"}"#;

/// The field under which a decoded one is delivered; `leaves` are what its leaves mean, in order.
pub fn delivered(field: &Field, leaves: &mut impl Iterator<Item = Leaf>) -> Field {
    use DataType as D;
    let within = |child: &FieldRef, leaves: &mut _| Arc::new(delivered(child, leaves));
    let kind = match field.data_type() {
        D::List(item) => D::List(within(item, leaves)),
        D::LargeList(item) => D::LargeList(within(item, leaves)),
        D::FixedSizeList(item, count) => D::FixedSizeList(within(item, leaves), *count),
        D::Map(entries, sorted) => D::Map(within(entries, leaves), *sorted),
        D::Struct(fields) => D::Struct(fields.iter().map(|field| within(field, leaves)).collect::<Fields>()),
        plain => return leaf(field, plain, leaves.next().unwrap_or_default()),
    };
    field.clone().with_data_type(kind)
}

fn leaf(field: &Field, plain: &DataType, leaf: Leaf) -> Field {
    use DataType as D;
    let named = |kind: DataType, entries: &[(&str, &str)]| {
        let entries = entries.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        let kept = field.metadata().iter().map(|(key, value)| (key.clone(), value.clone()));
        field.clone().with_data_type(kind).with_metadata(kept.chain(entries).collect::<HashMap<_, _>>())
    };
    match (leaf, plain) {
        (Leaf::Json, _) => named(plain.clone(), &[(EXTENSION, "arrow.json"), (EXTENSION_METADATA, "")]),
        (Leaf::Uuid, _) => named(plain.clone(), &[(EXTENSION, "arrow.uuid"), (EXTENSION_METADATA, "")]),
        (Leaf::Interval, _) => named(D::Interval(IntervalUnit::MonthDayNano), &[]),
        (Leaf::TimeTz, _) => named(D::Int64, &[(EXTENSION, "arrow.opaque"), (EXTENSION_METADATA, TIME_TZ)]),
        (Leaf::Plain, D::Float16) => named(D::Float32, &[]),
        (Leaf::Plain, D::Decimal256(precision, scale)) if *precision <= 38 => {
            named(D::Decimal128(*precision, *scale), &[])
        }
        _ => named(plain.clone(), &[]),
    }
}

/// Change an array into one of the type it is delivered under.
///
/// # Errors
/// A value that its type does not hold.
pub fn convert(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    use DataType as D;
    if array.data_type() == to {
        if let (Some(decimals), D::Decimal128(precision, _)) = (array.as_primitive_opt::<Decimal128Type>(), to) {
            decimals.validate_decimal_precision(*precision)?;
        }
        return Ok(array.clone());
    }
    Ok(match (array.data_type(), to) {
        (D::List(_), D::List(item)) => list(array.as_list::<i32>(), item)?,
        (D::LargeList(_), D::LargeList(item)) => list(array.as_list::<i64>(), item)?,
        (D::FixedSizeList(..), D::FixedSizeList(item, count)) => {
            let lists = array.as_fixed_size_list();
            let values = convert(lists.values(), item.data_type())?;
            Arc::new(FixedSizeListArray::try_new(item.clone(), *count, values, lists.nulls().cloned())?)
        }
        (D::Map(..), D::Map(entries, sorted)) => map(array.as_map(), entries, *sorted)?,
        (D::Struct(_), D::Struct(fields)) => Arc::new(structs(array.as_struct(), fields)?),
        (D::Float16, D::Float32) => Arc::new(array.as_primitive::<Float16Type>().unary::<_, Float32Type>(f32::from)),
        (D::Decimal256(..), D::Decimal128(precision, scale)) => {
            let wide = array.as_primitive::<arrow_array::types::Decimal256Type>();
            let narrow = wide.try_unary::<_, Decimal128Type, _>(|value| {
                value.to_i128().ok_or_else(|| ArrowError::ComputeError(format!("{value} has more than 38 digits")))
            })?;
            narrow.validate_decimal_precision(*precision)?;
            Arc::new(narrow.with_precision_and_scale(*precision, *scale)?)
        }
        (D::Timestamp(TimeUnit::Millisecond, _), D::Timestamp(TimeUnit::Microsecond, zone)) => {
            let fine = array.as_primitive::<TimestampMillisecondType>().try_unary::<_, TimestampMicrosecondType, _>(
                |value| {
                    let beyond = || ArrowError::ComputeError(format!("{value} ms is beyond the times of TIMESTAMP"));
                    value.checked_mul(1000).ok_or_else(beyond)
                },
            )?;
            Arc::new(fine.with_timezone_opt(zone.clone()))
        }
        (D::FixedSizeBinary(12), D::Interval(_)) => intervals(array),
        (D::Time32(_), D::Int64) => {
            let times = array.as_primitive::<Time32MillisecondType>();
            Arc::new(times.unary::<_, Int64Type>(|time| (i64::from(time) * 1000) << 24 | UTC_OFFSET))
        }
        (D::Time64(_), D::Int64) => {
            let times = array.as_primitive::<Time64MicrosecondType>();
            Arc::new(times.unary::<_, Int64Type>(|time| time << 24 | UTC_OFFSET))
        }
        (from, to) => return Err(ArrowError::CastError(format!("{from} is not delivered as {to}"))),
    })
}

fn list<O: OffsetSizeTrait>(lists: &GenericListArray<O>, item: &FieldRef) -> Result<ArrayRef> {
    let values = convert(lists.values(), item.data_type())?;
    let nulls = lists.nulls().cloned();
    Ok(Arc::new(GenericListArray::<O>::try_new(item.clone(), lists.offsets().clone(), values, nulls)?))
}

fn map(maps: &MapArray, entries: &FieldRef, sorted: bool) -> Result<ArrayRef> {
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(ArrowError::SchemaError("a map has entries".to_owned()));
    };
    let converted = structs(maps.entries(), fields)?;
    // Entries are there or not; the decoder marks those of maps that are NULL.
    let (fields, columns, _) = converted.into_parts();
    let converted = StructArray::try_new(fields, columns, None)?;
    Ok(Arc::new(MapArray::try_new(entries.clone(), maps.offsets().clone(), converted, maps.nulls().cloned(), sorted)?))
}

fn structs(array: &StructArray, fields: &Fields) -> Result<StructArray> {
    let columns = array.columns().iter().zip(fields).map(|(column, field)| convert(column, field.data_type()));
    StructArray::try_new_with_length(
        fields.clone(),
        columns.collect::<Result<_>>()?,
        array.nulls().cloned(),
        array.len(),
    )
}

fn intervals(array: &ArrayRef) -> ArrayRef {
    let bytes = array.as_fixed_size_binary();
    let part =
        |raw: &[u8], at: usize| raw[at..at + 4].iter().rev().fold(0_u32, |value, &byte| value << 8 | u32::from(byte));
    let values = (0..bytes.len()).map(|row| {
        let raw = bytes.value(row);
        IntervalMonthDayNano::new(part(raw, 0) as i32, part(raw, 4) as i32, i64::from(part(raw, 8)) * 1_000_000)
    });
    let values = values.collect::<Vec<_>>().into();
    Arc::new(PrimitiveArray::<IntervalMonthDayNanoType>::new(values, bytes.nulls().cloned()))
}

/// Rows of a dictionary of one value.
#[must_use]
pub fn repeated(value: Option<&str>, rows: usize) -> ArrayRef {
    let keys = Int32Array::from(vec![value.map(|_| 0); rows]);
    let values = Arc::new(arrow_array::StringArray::from(vec![value.unwrap_or_default()]));
    Arc::new(arrow_array::DictionaryArray::<Int32Type>::new(keys, values))
}
