//! Keys of rows as bytes: equal ones are equal keys.

use arrow_array::{
    Array, ArrayRef,
    cast::AsArray,
    types::{Float32Type, Float64Type},
};
use arrow_schema::DataType;

/// The keys of the rows of one batch, one after the other.
pub struct Keys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Keys {
    /// The keys of a batch's rows; none where a column is of a type whose equality is not that of its bytes.
    pub fn of(columns: &[ArrayRef], rows: usize) -> Option<Self> {
        let columns: Vec<Column> = columns.iter().map(Column::of).collect::<Option<_>>()?;
        let mut ends = Vec::with_capacity(rows);
        let mut end = 0;
        for row in 0..rows {
            end += columns.iter().map(|column| column.size(row)).sum::<usize>();
            ends.push(end);
        }
        let mut bytes = Vec::with_capacity(end);
        for row in 0..rows {
            for column in &columns {
                column.write(row, &mut bytes);
            }
        }
        Some(Self { bytes, ends })
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, &end)| &self.bytes[begin..end])
    }
}

/// How the values of a column are written.
enum Column<'a> {
    /// Values of so many bytes.
    Fixed(&'a dyn Array, Vec<u8>, usize),
    Text(&'a dyn Array, Box<dyn Fn(usize) -> &'a [u8] + 'a>),
}

impl<'a> Column<'a> {
    fn of(array: &'a ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Utf8 => {
                let texts = array.as_string::<i32>();
                Self::Text(array, Box::new(move |row| texts.value(row).as_bytes()))
            }
            DataType::LargeUtf8 => {
                let texts = array.as_string::<i64>();
                Self::Text(array, Box::new(move |row| texts.value(row).as_bytes()))
            }
            DataType::Utf8View => {
                let texts = array.as_string_view();
                Self::Text(array, Box::new(move |row| texts.value(row).as_bytes()))
            }
            DataType::Binary => {
                let texts = array.as_binary::<i32>();
                Self::Text(array, Box::new(move |row| texts.value(row)))
            }
            DataType::LargeBinary => {
                let texts = array.as_binary::<i64>();
                Self::Text(array, Box::new(move |row| texts.value(row)))
            }
            DataType::Boolean => {
                let values = array.as_boolean().values();
                Self::Fixed(array, values.iter().map(u8::from).collect(), 1)
            }
            // All NaN are one key, and so are both zeros.
            DataType::Float32 => {
                let values = array.as_primitive::<Float32Type>().values().iter();
                let equal = values.map(|&value| if value.is_nan() { f32::NAN } else { value + 0.0 });
                Self::Fixed(array, equal.flat_map(f32::to_le_bytes).collect(), 4)
            }
            DataType::Float64 => {
                let values = array.as_primitive::<Float64Type>().values().iter();
                let equal = values.map(|&value| if value.is_nan() { f64::NAN } else { value + 0.0 });
                Self::Fixed(array, equal.flat_map(f64::to_le_bytes).collect(), 8)
            }
            DataType::Interval(_) => return None,
            kind => {
                let width = kind.primitive_width()?;
                let data = array.to_data();
                let bytes = data.buffers().first()?.as_slice();
                let (begin, size) = (data.offset() * width, data.len() * width);
                Self::Fixed(array, bytes.get(begin..begin + size)?.to_vec(), width)
            }
        })
    }

    fn size(&self, row: usize) -> usize {
        match self {
            Self::Fixed(_, _, width) => 1 + width,
            Self::Text(array, _) if array.is_null(row) => 1,
            Self::Text(_, text) => 5 + text(row).len(),
        }
    }

    fn write(&self, row: usize, bytes: &mut Vec<u8>) {
        match self {
            Self::Fixed(array, values, width) => {
                let valid = array.is_valid(row);
                bytes.push(u8::from(valid));
                if valid {
                    bytes.extend_from_slice(&values[row * width..(row + 1) * width]);
                } else {
                    bytes.resize(bytes.len() + width, 0);
                }
            }
            Self::Text(array, _) if array.is_null(row) => bytes.push(0),
            Self::Text(_, text) => {
                let text = text(row);
                bytes.push(1);
                bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                bytes.extend_from_slice(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Float64Array, Int32Array, IntervalYearMonthArray, StringArray};

    use super::*;

    fn keys(columns: Vec<ArrayRef>) -> Vec<Vec<u8>> {
        let rows = columns[0].len();
        Keys::of(&columns, rows).unwrap().iter().map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn equal_values_are_equal_keys_and_no_others() {
        let zeros = keys(vec![Arc::new(Float64Array::from(vec![0.0, -0.0, f64::NAN, -f64::NAN, 1.0]))]);
        assert_eq!((&zeros[0], &zeros[2]), (&zeros[1], &zeros[3]));
        assert_ne!(zeros[0], zeros[4]);
        let nulls = keys(vec![Arc::new(Int32Array::from(vec![Some(0), None, Some(1), None]))]);
        assert_eq!(nulls[1], nulls[3]);
        assert_ne!(nulls[0], nulls[1]);
    }

    #[test]
    fn texts_do_not_run_into_each_other() {
        let one: ArrayRef = Arc::new(StringArray::from(vec!["ab", "a"]));
        let other: ArrayRef = Arc::new(StringArray::from(vec!["c", "bc"]));
        let both = keys(vec![one, other]);
        assert_ne!(both[0], both[1]);
    }

    #[test]
    fn a_slice_has_its_own_rows() {
        let whole: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
        assert_eq!(keys(vec![whole.slice(1, 2)]), keys(vec![whole])[1..]);
    }

    #[test]
    fn a_month_may_be_thirty_days() {
        let months: ArrayRef = Arc::new(IntervalYearMonthArray::from(vec![1]));
        assert!(Keys::of(&[months], 1).is_none());
    }
}
