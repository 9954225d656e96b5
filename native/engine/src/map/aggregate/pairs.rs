//! What two numbers have in common, row by row as DuckDB updates it: covariances and all that has them in it.

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{
    Accumulate, Kept, Pair,
    moments::{counts, doubles, floats, is_number, variance, vary},
    states::structure,
};
use crate::{
    error::{Error, Result},
    map::{cells::Cells, rows::Rows},
};

/// Keeps the parts that states of two arguments are made of. As in SQL, the first argument is y.
pub struct Pairs {
    /// Count, both means, and the co-moment.
    shared: Option<usize>,
    /// Variances.
    of_x: Option<usize>,
    of_y: Option<usize>,
    /// Count and both sums.
    sums: Option<usize>,
    values: [Vec<f64>; 2],
}

impl Pairs {
    /// For arguments of these types, with room in the cells for what is `kept`; `None` where one is no number.
    #[must_use]
    pub fn new(kinds: &[DataType], kept: &[Pair], cells: &mut Cells) -> Option<Self> {
        use Pair::{
            Correlation, Count, Covariance, Determination, Intercept, MeanOfX, MeanOfY, Products, Slope, SquaresOfX,
            SquaresOfY,
        };
        if kinds.len() != 2 || !kinds.iter().all(is_number) {
            return None;
        }
        let mut room = |words: usize, wanted: &[Pair]| {
            kept.iter().any(|kept| wanted.contains(kept)).then(|| cells.reserve(&[0; 4][..words]))
        };
        Some(Self {
            shared: room(4, &[Covariance, Correlation, Slope, Intercept, Determination, Products]),
            of_x: room(3, &[Correlation, Slope, Intercept, Determination, SquaresOfX]),
            of_y: room(3, &[Correlation, Determination, SquaresOfY]),
            sums: room(3, &[Count, Intercept, MeanOfX, MeanOfY, SquaresOfX, SquaresOfY, Products]),
            values: Default::default(),
        })
    }

    fn update_shared(
        &self,
        place: usize,
        nulls: Option<&NullBuffer>,
        (rows, groups): (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) {
        let [ys, xs] = &self.values;
        let (mut at, mut pairs) = (cells.at::<4>(place), xs.iter().zip(ys));
        rows.each_with(groups, |row, group| {
            let Some((x, y)) = pairs.next() else { return };
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                return;
            }
            let [count, mean_x, mean_y, moment] = at.group(group);
            *count += 1;
            let (known_x, known_y) = (f64::from_bits(*mean_x), f64::from_bits(*mean_y));
            let difference = x - known_x;
            let next_y = known_y + (y - known_y) / *count as f64;
            *mean_x = (known_x + difference / *count as f64).to_bits();
            *mean_y = next_y.to_bits();
            // Fused, as in DuckDB: it rounds once.
            *moment = difference.mul_add(y - next_y, f64::from_bits(*moment)).to_bits();
        });
    }

    fn update_sums(
        &self,
        place: usize,
        nulls: Option<&NullBuffer>,
        (rows, groups): (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) {
        let [ys, xs] = &self.values;
        let (mut at, mut pairs) = (cells.at::<3>(place), xs.iter().zip(ys));
        rows.each_with(groups, |row, group| {
            let Some((x, y)) = pairs.next() else { return };
            if nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                let [count, sum_x, sum_y] = at.group(group);
                *count += 1;
                *sum_x = (f64::from_bits(*sum_x) + x).to_bits();
                *sum_y = (f64::from_bits(*sum_y) + y).to_bits();
            }
        });
    }

    fn state(&self, pair: Pair, cells: &Cells) -> Result<ArrayRef> {
        let place =
            |place: Option<usize>| place.ok_or_else(|| Error::Invalid("nothing of the kind was kept".to_owned()));
        let shared = || covariance(cells, place(self.shared)?);
        let (of_x, of_y) = (|| variance(cells, place(self.of_x)?), || variance(cells, place(self.of_y)?));
        let count = || Ok(counts(cells, place(self.sums)?));
        let (sum_x, sum_y) = (|| Ok(floats(cells, place(self.sums)? + 1)), || Ok(floats(cells, place(self.sums)? + 2)));
        let slope = || structure(vec![("cov_pop", shared()?), ("var_pop", of_x()?)], None);
        let correlation =
            || structure(vec![("cov_pop", shared()?), ("dev_pop_x", of_x()?), ("dev_pop_y", of_y()?)], None);
        let parts: Vec<(&str, ArrayRef)> = match pair {
            Pair::Covariance => return shared(),
            Pair::Correlation => return correlation(),
            Pair::Count => return count(),
            Pair::Slope => return slope(),
            Pair::Intercept => {
                vec![("count", count()?), ("sum_x", sum_x()?), ("sum_y", sum_y()?), ("slope", slope()?)]
            }
            Pair::Determination => {
                vec![("corr", correlation()?), ("var_pop_x", of_x()?), ("var_pop_y", of_y()?)]
            }
            Pair::MeanOfX => vec![("sum", sum_x()?), ("count", count()?)],
            Pair::MeanOfY => vec![("sum", sum_y()?), ("count", count()?)],
            Pair::SquaresOfX => vec![("count", count()?), ("var_pop", of_x()?)],
            Pair::SquaresOfY => vec![("count", count()?), ("var_pop", of_y()?)],
            Pair::Products => vec![("count", count()?), ("cov_pop", shared()?)],
        };
        structure(parts, None)
    }
}

impl Accumulate for Pairs {
    fn update(
        &mut self,
        arrays: &[ArrayRef],
        nulls: Option<&NullBuffer>,
        all: (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()> {
        for (array, values) in arrays.iter().zip(&mut self.values) {
            doubles(array, all.0, values)?;
        }
        if let Some(place) = self.shared {
            self.update_shared(place, nulls, all, cells);
        }
        if let Some(place) = self.of_x {
            vary(&self.values[1], nulls, all, cells, place);
        }
        if let Some(place) = self.of_y {
            vary(&self.values[0], nulls, all, cells, place);
        }
        if let Some(place) = self.sums {
            self.update_sums(place, nulls, all, cells);
        }
        Ok(())
    }

    fn finish(&self, kept: Kept, cells: &Cells, _seen: &[bool]) -> Result<ArrayRef> {
        match kept {
            Kept::Paired(pair) => self.state(pair, cells),
            _ => Err(Error::Invalid("nothing of the kind was kept".to_owned())),
        }
    }
}

fn covariance(cells: &Cells, place: usize) -> Result<ArrayRef> {
    structure(
        vec![
            ("count", counts(cells, place)),
            ("meanx", floats(cells, place + 1)),
            ("meany", floats(cells, place + 2)),
            ("co_moment", floats(cells, place + 3)),
        ],
        None,
    )
}
