//! One of the values of a group as it is: the least, the greatest, the first.

use std::cmp::Ordering;

use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray,
    cast::AsArray,
    new_null_array,
    types::{
        Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
        Time64MicrosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
        TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_schema::{DataType, TimeUnit};
use arrow_select::interleave::interleave;

use super::groups::Groups;

/// Batch and row of a value.
type Place = (usize, usize);
type Order<'a> = Box<dyn Fn(Place, Place) -> Ordering + 'a>;

/// The first value of each group that is not NULL.
pub fn first(arrays: &[ArrayRef], groups: &Groups) -> Option<ArrayRef> {
    taken(arrays, &won(arrays, groups, |_, _| false))
}

/// The least or the greatest value of each group, the first of equal ones. None for another type.
pub fn extreme(wanted: Ordering, arrays: &[ArrayRef], groups: &Groups) -> Option<ArrayRef> {
    let order = order_of(arrays)?;
    taken(arrays, &won(arrays, groups, |one, other| order(one, other) == wanted))
}

/// The state of each group whose second field is least or greatest, the first of equal ones. None for another type.
pub fn by_other(wanted: Ordering, arrays: &[ArrayRef], groups: &Groups) -> Option<ArrayRef> {
    let field = |array: &ArrayRef| array.as_struct_opt().and_then(|structure| structure.columns().get(1).cloned());
    let others: Vec<ArrayRef> = arrays.iter().map(field).collect::<Option<_>>()?;
    let order = order_of(&others)?;
    taken(arrays, &won(arrays, groups, |one, other| order(one, other) == wanted))
}

/// The place that wins in each group: a later one only where it is `better`.
fn won(arrays: &[ArrayRef], groups: &Groups, better: impl Fn(Place, Place) -> bool) -> Vec<Option<Place>> {
    let mut best = vec![None; groups.count()];
    for (batch, (array, rows)) in arrays.iter().zip(&groups.rows).enumerate() {
        for (row, &group) in rows.iter().enumerate() {
            let known = &mut best[group as usize];
            if array.is_valid(row) && known.is_none_or(|known| better((batch, row), known)) {
                *known = Some((batch, row));
            }
        }
    }
    best
}

/// The values at places; NULL where there is none.
pub fn taken(arrays: &[ArrayRef], places: &[Option<Place>]) -> Option<ArrayRef> {
    let nothing = new_null_array(arrays.first()?.data_type(), 1);
    let sources: Vec<&dyn Array> = arrays.iter().chain([&nothing]).map(AsRef::as_ref).collect();
    let places: Vec<Place> = places.iter().map(|place| place.unwrap_or((arrays.len(), 0))).collect();
    interleave(&sources, &places).ok()
}

fn order_of<'a>(arrays: &'a [ArrayRef]) -> Option<Order<'a>> {
    Some(match arrays.first()?.data_type() {
        DataType::Boolean => texts(arrays, |array, row| u8::from(array.as_boolean().value(row))),
        DataType::Utf8 => texts(arrays, |array, row| array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => texts(arrays, |array, row| array.as_string::<i64>().value(row)),
        DataType::Binary => texts(arrays, |array, row| array.as_binary::<i32>().value(row)),
        DataType::Int8 => numbers::<Int8Type>(arrays)?,
        DataType::Int16 => numbers::<Int16Type>(arrays)?,
        DataType::Int32 => numbers::<Int32Type>(arrays)?,
        DataType::Int64 => numbers::<Int64Type>(arrays)?,
        DataType::UInt8 => numbers::<UInt8Type>(arrays)?,
        DataType::UInt16 => numbers::<UInt16Type>(arrays)?,
        DataType::UInt32 => numbers::<UInt32Type>(arrays)?,
        DataType::UInt64 => numbers::<UInt64Type>(arrays)?,
        DataType::Float32 => numbers::<Float32Type>(arrays)?,
        DataType::Float64 => numbers::<Float64Type>(arrays)?,
        DataType::Decimal128(_, _) => numbers::<Decimal128Type>(arrays)?,
        DataType::Date32 => numbers::<Date32Type>(arrays)?,
        DataType::Time64(TimeUnit::Microsecond) => numbers::<Time64MicrosecondType>(arrays)?,
        DataType::Timestamp(TimeUnit::Second, _) => numbers::<TimestampSecondType>(arrays)?,
        DataType::Timestamp(TimeUnit::Millisecond, _) => numbers::<TimestampMillisecondType>(arrays)?,
        DataType::Timestamp(TimeUnit::Microsecond, _) => numbers::<TimestampMicrosecondType>(arrays)?,
        DataType::Timestamp(TimeUnit::Nanosecond, _) => numbers::<TimestampNanosecondType>(arrays)?,
        _ => return None,
    })
}

fn texts<'a, T: Ord>(arrays: &'a [ArrayRef], value: impl Fn(&'a ArrayRef, usize) -> T + 'a) -> Order<'a> {
    Box::new(move |one, other| value(&arrays[one.0], one.1).cmp(&value(&arrays[other.0], other.1)))
}

/// NaN is the greatest, as it is for DuckDB.
fn numbers<A: ArrowPrimitiveType>(arrays: &[ArrayRef]) -> Option<Order<'_>>
where
    A::Native: PartialOrd,
{
    let arrays: Vec<&PrimitiveArray<A>> = arrays.iter().map(|array| array.as_primitive_opt()).collect::<Option<_>>()?;
    Some(Box::new(move |one, other| {
        let (one, other) = (arrays[one.0].value(one.1), arrays[other.0].value(other.1));
        let unordered = |value: A::Native| value.partial_cmp(&value).is_none();
        one.partial_cmp(&other).unwrap_or_else(|| unordered(one).cmp(&unordered(other)))
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Float64Array, StringArray, StructArray};
    use arrow_schema::Field;

    use super::*;

    fn two_batches() -> Groups {
        Groups { rows: vec![vec![0, 1, 0], vec![1, 0]], firsts: vec![(0, 0), (0, 1)] }
    }

    #[test]
    fn nan_is_the_greatest() {
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(Float64Array::from(vec![1.0, f64::NAN, f64::NAN])),
            Arc::new(Float64Array::from(vec![2.0, 0.5])),
        ];
        let least = extreme(Ordering::Less, &arrays, &two_batches()).unwrap();
        assert_eq!(least.as_primitive::<Float64Type>().values(), &[0.5, 2.0]);
        let greatest = extreme(Ordering::Greater, &arrays, &two_batches()).unwrap();
        assert!(greatest.as_primitive::<Float64Type>().iter().all(|value| value.is_some_and(f64::is_nan)));
    }

    #[test]
    fn the_first_that_is_not_null() {
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec![None, None, Some("b")])),
            Arc::new(StringArray::from(vec![None, Some("a")])),
        ];
        let firsts = first(&arrays, &two_batches()).unwrap();
        assert_eq!(firsts.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("b"), None]);
        let least = extreme(Ordering::Less, &arrays, &two_batches()).unwrap();
        assert_eq!(least.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None]);
    }

    #[test]
    fn what_wins_by_another() {
        let states = |args: Vec<&str>, by: Vec<f64>| -> ArrayRef {
            let fields = ["arg", "by"].into_iter().zip([DataType::Utf8, DataType::Float64]);
            let fields: Vec<Field> = fields.map(|(name, kind)| Field::new(name, kind, true)).collect();
            let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(args)), Arc::new(Float64Array::from(by))];
            Arc::new(StructArray::new(fields.into(), columns, None))
        };
        let arrays = [states(vec!["a", "b", "c"], vec![1.0, 2.0, 0.5]), states(vec!["d", "e"], vec![2.0, 0.5])];
        let args = |wanted| {
            let won = by_other(wanted, &arrays, &two_batches()).unwrap();
            won.as_struct().column(0).as_string::<i32>().iter().flatten().collect::<String>()
        };
        assert_eq!([args(Ordering::Less), args(Ordering::Greater)], ["cb", "ab"]);
    }

    #[test]
    fn of_equal_ones_the_first() {
        let arrays: Vec<ArrayRef> =
            vec![Arc::new(Float64Array::from(vec![-0.0, 0.0, 0.0])), Arc::new(Float64Array::from(vec![-0.0, 0.0]))];
        let least = extreme(Ordering::Less, &arrays, &two_batches()).unwrap();
        let bits: Vec<u64> = least.as_primitive::<Float64Type>().values().iter().map(|value| value.to_bits()).collect();
        assert_eq!(bits, [(-0.0_f64).to_bits(), 0.0_f64.to_bits()]);
        assert!(extreme(Ordering::Less, &[new_null_array(&DataType::Null, 1)], &two_batches()).is_none());
    }
}
