//! Values of a group folded into one: sums, and bits.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray,
    cast::AsArray,
    types::{
        Decimal128Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
        UInt64Type,
    },
};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::groups::Groups;

/// The sum of each group; NULL of none. None for another type, and where a sum does not fit.
pub fn sum(arrays: &[ArrayRef], groups: &Groups) -> Option<ArrayRef> {
    match arrays.first()?.data_type() {
        DataType::Int64 => folded::<Int64Type>(arrays, groups, Some, i64::checked_add),
        DataType::UInt64 => folded::<UInt64Type>(arrays, groups, Some, u64::checked_add),
        // A sum begins with 0.0: of -0.0 alone it is 0.0.
        DataType::Float64 => {
            folded::<Float64Type>(arrays, groups, |one| Some(0.0 + one), |one, other| Some(one + other))
        }
        &DataType::Decimal128(digits, _) => {
            let most = 10_i128.checked_pow(u32::from(digits))?;
            let fits = move |sum: &i128| (-most < *sum) && (*sum < most);
            let add = move |one: i128, other| one.checked_add(other).filter(fits);
            folded::<Decimal128Type>(arrays, groups, Some, add)
        }
        _ => None,
    }
}

/// Which bits are kept of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    And,
    Or,
    Xor,
}

/// The bits of each group; NULL of none. None for another type.
pub fn bits(bits: Bits, arrays: &[ArrayRef], groups: &Groups) -> Option<ArrayRef> {
    macro_rules! with {
        ($kind:ty) => {
            folded::<$kind>(arrays, groups, Some, |one, other| {
                Some(match bits {
                    Bits::And => one & other,
                    Bits::Or => one | other,
                    Bits::Xor => one ^ other,
                })
            })
        };
    }
    match arrays.first()?.data_type() {
        DataType::Int8 => with!(Int8Type),
        DataType::Int16 => with!(Int16Type),
        DataType::Int32 => with!(Int32Type),
        DataType::Int64 => with!(Int64Type),
        DataType::UInt8 => with!(UInt8Type),
        DataType::UInt16 => with!(UInt16Type),
        DataType::UInt32 => with!(UInt32Type),
        DataType::UInt64 => with!(UInt64Type),
        _ => None,
    }
}

fn folded<A: ArrowPrimitiveType>(
    arrays: &[ArrayRef],
    groups: &Groups,
    begin: impl Fn(A::Native) -> Option<A::Native>,
    fold: impl Fn(A::Native, A::Native) -> Option<A::Native>,
) -> Option<ArrayRef> {
    if arrays.iter().all(|array| array.null_count() == 0) {
        return folded_whole::<A>(arrays, groups, begin, fold);
    }
    let mut kept = vec![A::Native::default(); groups.count()];
    let mut seen = vec![false; groups.count()];
    for (array, rows) in arrays.iter().zip(&groups.rows) {
        let array = array.as_primitive_opt::<A>()?;
        let mut take = |group: u32, value| {
            let group = group as usize;
            kept[group] = if seen[group] { fold(kept[group], value)? } else { begin(value)? };
            seen[group] = true;
            Some(())
        };
        let values = rows.iter().zip(array.values()).enumerate().filter(|&(row, _)| array.is_valid(row));
        let mut values = values.map(|(_, value)| value);
        values.try_for_each(|(&group, &value)| take(group, value))?;
    }
    let nulls = seen.contains(&false).then(|| NullBuffer::from(seen));
    let array = PrimitiveArray::<A>::try_new(kept.into(), nulls).ok()?;
    Some(Arc::new(array.with_data_type(arrays.first()?.data_type().clone())))
}

/// Of values none of which is NULL: every group begins with its first row.
fn folded_whole<A: ArrowPrimitiveType>(
    arrays: &[ArrayRef],
    groups: &Groups,
    begin: impl Fn(A::Native) -> Option<A::Native>,
    fold: impl Fn(A::Native, A::Native) -> Option<A::Native>,
) -> Option<ArrayRef> {
    let mut kept: Vec<A::Native> = Vec::with_capacity(groups.count());
    for (array, rows) in arrays.iter().zip(&groups.rows) {
        for (&group, &value) in rows.iter().zip(array.as_primitive_opt::<A>()?.values()) {
            match kept.get_mut(group as usize) {
                Some(known) => *known = fold(*known, value)?,
                None => kept.push(begin(value)?),
            }
        }
    }
    let array = PrimitiveArray::<A>::try_new(kept.into(), None).ok()?;
    Some(Arc::new(array.with_data_type(arrays.first()?.data_type().clone())))
}

#[cfg(test)]
mod tests {
    use arrow_array::{Decimal128Array, Float64Array, Int64Array, StringArray};

    use super::*;

    fn one_group(rows: usize) -> Groups {
        Groups { rows: vec![vec![0; rows]], firsts: vec![(0, 0)] }
    }

    #[test]
    fn what_does_not_fit_has_no_sum() {
        let large: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX, 1]));
        assert!(sum(&[large], &one_group(2)).is_none());
        let nines = 10_i128.pow(38) - 1;
        let wide = Decimal128Array::from(vec![nines, 1]).with_precision_and_scale(38, 0).unwrap();
        assert!(sum(&[Arc::new(wide)], &one_group(2)).is_none());
        assert!(sum(&[Arc::new(StringArray::from(vec!["a"]))], &one_group(1)).is_none());
    }

    #[test]
    fn a_sum_begins_with_zero() {
        let sums = sum(&[Arc::new(Float64Array::from(vec![-0.0]))], &one_group(1)).unwrap();
        assert_eq!(sums.as_primitive::<Float64Type>().value(0).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn nothing_has_no_sum() {
        let sums = sum(&[Arc::new(Int64Array::from(vec![None, None]))], &one_group(2)).unwrap();
        assert!(sums.is_null(0));
        let sums = sum(&[Arc::new(Int64Array::from(vec![None, Some(3), Some(4)]))], &one_group(3)).unwrap();
        assert_eq!(sums.as_primitive::<Int64Type>().value(0), 7);
    }

    #[test]
    fn bits_are_kept() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![6, 3]));
        let kept = |kind| {
            bits(kind, std::slice::from_ref(&values), &one_group(2)).unwrap().as_primitive::<Int64Type>().value(0)
        };
        assert_eq!([kept(Bits::And), kept(Bits::Or), kept(Bits::Xor)], [2, 7, 5]);
    }
}
