//! States of several numbers: the sum and count of an average, the moments of a variance.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Float64Array, StructArray, UInt64Array,
    cast::AsArray,
    types::{Float64Type, UInt64Type},
};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{groups::Groups, sums::sum};

/// Sums of each field of a structure.
pub fn sums(arrays: &[ArrayRef], groups: &Groups) -> Option<ArrayRef> {
    let structures = plain(arrays)?;
    let DataType::Struct(fields) = arrays.first()?.data_type() else { return None };
    let field = |place| {
        let columns: Vec<ArrayRef> = structures.iter().map(|structure| structure.column(place).clone()).collect();
        columns.iter().all(|column| column.null_count() == 0).then(|| sum(&columns, groups)).flatten()
    };
    let columns = (0..fields.len()).map(field).collect::<Option<Vec<_>>>()?;
    let made = StructArray::try_new(fields.clone(), columns, None).ok()?;
    Some(Arc::new(made))
}

/// Count, mean and sum of squared differences of each group, as DuckDB puts two of them together.
pub fn variance(arrays: &[ArrayRef], groups: &Groups) -> Option<ArrayRef> {
    let DataType::Struct(fields) = arrays.first()?.data_type() else { return None };
    let mut kept = vec![(0_u64, 0.0_f64, 0.0_f64); groups.count()];
    for (structure, rows) in plain(arrays)?.into_iter().zip(&groups.rows) {
        let [counts, means, squares] = structure.columns() else { return None };
        if structure.columns().iter().any(|column| column.null_count() > 0) {
            return None;
        }
        let counts = counts.as_primitive_opt::<UInt64Type>()?.values();
        let means = means.as_primitive_opt::<Float64Type>()?.values();
        let squares = squares.as_primitive_opt::<Float64Type>()?.values();
        for (row, &group) in rows.iter().enumerate() {
            let known = &mut kept[group as usize];
            *known = together(*known, (counts[row], means[row], squares[row]));
        }
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(kept.iter().map(|known| known.0))),
        Arc::new(Float64Array::from_iter_values(kept.iter().map(|known| known.1))),
        Arc::new(Float64Array::from_iter_values(kept.iter().map(|known| known.2))),
    ];
    let made = StructArray::try_new(fields.clone(), columns, None::<NullBuffer>).ok()?;
    Some(Arc::new(made))
}

fn together(one: (u64, f64, f64), other: (u64, f64, f64)) -> (u64, f64, f64) {
    if one.0 == 0 {
        return other;
    }
    if other.0 == 0 {
        return one;
    }
    let count = one.0 + other.0;
    let (ones, others, all) = (one.0 as f64, other.0 as f64, count as f64);
    let delta = other.1 - one.1;
    (count, delta.mul_add(others / all, one.1), other.2 + one.2 + delta * delta * others * ones / all)
}

/// The structures, none of which is NULL.
fn plain(arrays: &[ArrayRef]) -> Option<Vec<&StructArray>> {
    arrays.iter().map(|array| array.as_struct_opt().filter(|structure| structure.null_count() == 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_state_changes_nothing() {
        let state = (3, 2.0, 0.5);
        assert_eq!(together((0, 0.0, 0.0), state), state);
        assert_eq!(together(state, (0, 0.0, 0.0)), state);
    }

    #[test]
    fn two_states_are_the_state_of_both() {
        // 1, 2 and 6: mean 3, squares 4 + 1 + 9.
        let (count, mean, squares) = together((2, 1.5, 0.5), (1, 6.0, 0.0));
        assert_eq!((count, mean), (3, 3.0));
        assert!((squares - 14.0).abs() < 1e-12);
    }
}
