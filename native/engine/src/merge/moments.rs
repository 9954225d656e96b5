//! States of several numbers: the sum and count of an average, the moments of variances and covariances.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Float64Array, StructArray, UInt64Array,
    cast::AsArray,
    types::{Float64Type, UInt64Type},
};
use arrow_schema::DataType;

use super::{groups::Groups, sums::sum};

/// States of each group put together: variances and covariances as DuckDB does it, of all other numbers the sums.
pub fn together(arrays: &[ArrayRef], groups: &Groups) -> Option<ArrayRef> {
    let DataType::Struct(fields) = arrays.first()?.data_type() else {
        return arrays.iter().all(|array| array.null_count() == 0).then(|| sum(arrays, groups)).flatten();
    };
    match fields.iter().map(|field| field.name().as_str()).collect::<Vec<_>>()[..] {
        ["count", "mean", "dsquared"] => return folded(arrays, groups, both_variances),
        ["count", "meanx", "meany", "co_moment"] => return folded(arrays, groups, both_covariances),
        _ => {}
    }
    let structures = plain(arrays)?;
    let field = |place| {
        let columns: Vec<ArrayRef> = structures.iter().map(|structure| structure.column(place).clone()).collect();
        together(&columns, groups)
    };
    let columns = (0..fields.len()).map(field).collect::<Option<Vec<_>>>()?;
    Some(Arc::new(StructArray::try_new(fields.clone(), columns, None).ok()?))
}

/// How many values there were, and what is kept of them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Moments<const KEPT: usize> {
    count: u64,
    kept: [f64; KEPT],
}

impl<const KEPT: usize> Moments<KEPT> {
    const NONE: Self = Self { count: 0, kept: [0.0; KEPT] };

    /// With other ones, as `both` puts two together that are not empty.
    fn with(self, other: Self, both: impl Fn(Self, Self) -> [f64; KEPT]) -> Self {
        match (self.count, other.count) {
            (0, _) => other,
            (_, 0) => self,
            (one, another) => Self { count: one + another, kept: both(self, other) },
        }
    }
}

fn folded<const KEPT: usize>(
    arrays: &[ArrayRef],
    groups: &Groups,
    both: fn(Moments<KEPT>, Moments<KEPT>) -> [f64; KEPT],
) -> Option<ArrayRef> {
    let DataType::Struct(fields) = arrays.first()?.data_type() else { return None };
    let mut known = vec![Moments::NONE; groups.count()];
    for (structure, rows) in plain(arrays)?.into_iter().zip(&groups.rows) {
        if structure.columns().iter().any(|column| column.null_count() > 0) {
            return None;
        }
        let (counts, kept) = structure.columns().split_first()?;
        let counts = counts.as_primitive_opt::<UInt64Type>()?.values();
        let kept = kept.iter().map(|column| Some(&column.as_primitive_opt::<Float64Type>()?.values()[..]));
        let kept: [&[f64]; KEPT] = kept.collect::<Option<Vec<_>>>()?.try_into().ok()?;
        for (row, &group) in rows.iter().enumerate() {
            let known = &mut known[group as usize];
            *known = known.with(Moments { count: counts[row], kept: kept.map(|column| column[row]) }, both);
        }
    }
    let kept = |place: usize| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(known.iter().map(|moments| moments.kept[place])))
    };
    let mut columns: Vec<ArrayRef> =
        vec![Arc::new(UInt64Array::from_iter_values(known.iter().map(|moments| moments.count)))];
    columns.extend((0..KEPT).map(kept));
    Some(Arc::new(StructArray::try_new(fields.clone(), columns, None).ok()?))
}

/// Mean and sum of squared differences.
fn both_variances(one: Moments<2>, other: Moments<2>) -> [f64; 2] {
    let (ones, others) = (one.count as f64, other.count as f64);
    let ([mean, squares], [other_mean, other_squares], all) = (one.kept, other.kept, (one.count + other.count) as f64);
    let delta = other_mean - mean;
    [delta.mul_add(others / all, mean), other_squares + squares + delta * delta * others * ones / all]
}

/// Both means and the co-moment. What DuckDB's wheels fuse is fused here: it rounds once.
fn both_covariances(one: Moments<3>, other: Moments<3>) -> [f64; 3] {
    let (ones, others, all) = (one.count as f64, other.count as f64, (one.count + other.count) as f64);
    let mean = |place: usize| others.mul_add(other.kept[place], ones * one.kept[place]) / all;
    let (delta_x, delta_y) = (one.kept[0] - other.kept[0], one.kept[1] - other.kept[1]);
    [mean(0), mean(1), other.kept[2] + one.kept[2] + delta_x * delta_y * others * ones / all]
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
        let state = Moments { count: 3, kept: [2.0, 0.5] };
        assert_eq!(Moments::NONE.with(state, both_variances), state);
        assert_eq!(state.with(Moments::NONE, both_variances), state);
    }

    #[test]
    fn two_states_are_the_state_of_both() {
        // 1, 2 and 6: mean 3, squares 4 + 1 + 9.
        let (one, other) = (Moments { count: 2, kept: [1.5, 0.5] }, Moments { count: 1, kept: [6.0, 0.0] });
        let both = one.with(other, both_variances);
        assert_eq!((both.count, both.kept[0]), (3, 3.0));
        assert!((both.kept[1] - 14.0).abs() < 1e-12);
    }

    #[test]
    fn what_two_numbers_share_is_put_together() {
        // (1, 2), (2, 4) and (6, 12): y is 2 x, so the co-moment is twice the squares.
        let one = Moments { count: 2, kept: [1.5, 3.0, 1.0] };
        let other = Moments { count: 1, kept: [6.0, 12.0, 0.0] };
        let both = one.with(other, both_covariances);
        assert_eq!((both.count, both.kept[0], both.kept[1]), (3, 3.0, 6.0));
        assert!((both.kept[2] - 28.0).abs() < 1e-12);
    }
}
