//! Casts, as far as they are the same for every value that they take.

use std::io::Write;

use arrow_array::{Array, ArrayRef, cast::AsArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{
    compare::is_text,
    dates::{DAY, SECOND, civil},
    numbers::{Operand, bounds, doubles, fitting, ints, moments, overflow},
};
use crate::{
    error::{Error, Result},
    map::keys::{primitive, text_array},
};

/// A column as values of another type.
///
/// # Errors
/// [`Error::Unfit`] where a value does not fit into it, or not as DuckDB would fit it.
pub fn converted(array: &ArrayRef, kind: &DataType) -> Result<ArrayRef> {
    match (array.data_type(), kind) {
        (from, DataType::Utf8) if !is_text(from) => written(array),
        (_, DataType::Float64) => {
            let Operand { values, nulls } = doubles(array)?;
            Ok(primitive::<arrow_array::types::Float64Type>(values.into_iter(), nulls, kind))
        }
        (DataType::Float64, _) => rounded(array, kind),
        (DataType::Date32, DataType::Timestamp(_, _)) => {
            let (_, Operand { values, nulls }) = moments(array)?;
            fitting(&values, nulls, kind, |_, days| days.overflowing_mul(DAY))
        }
        _ => {
            let Operand { values, nulls } = ints(array)?;
            fitting(&values, nulls, kind, |_, value| (value, false))
        }
    }
}

/// Doubles as the nearest integers, halves as the even ones.
fn rounded(array: &ArrayRef, kind: &DataType) -> Result<ArrayRef> {
    let Operand { values, nulls } = doubles(array)?;
    let (low, high) = bounds(kind);
    // The greatest BIGINT is no double: the next one is out of range.
    let (least, most) = (low as f64, if high == i64::MAX { high as f64 - 1024.0 } else { high as f64 });
    let is_null = |row| nulls.as_ref().is_some_and(|nulls: &NullBuffer| nulls.is_null(row));
    if values.iter().enumerate().any(|(row, value)| !(least..=most).contains(value) && !is_null(row)) {
        return Err(overflow());
    }
    let whole: Vec<i64> = values.into_iter().map(|value| value.round_ties_even() as i64).collect();
    fitting(&whole, nulls, kind, |_, value| (value, false))
}

/// Values as text.
fn written(array: &ArrayRef) -> Result<ArrayRef> {
    let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(array.len()));
    let per_day = match array.data_type() {
        DataType::Date32 | DataType::Timestamp(_, _) => moments(array)?.0,
        _ => 0,
    };
    if let Some(values) = array.as_boolean_opt() {
        for value in values.values() {
            bytes.extend_from_slice(if value { b"true" } else { b"false" });
            ends.push(bytes.len());
        }
    } else {
        let Operand { values, nulls } = ints(array)?;
        for (row, &value) in values.iter().enumerate() {
            if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                write(value, per_day, &mut bytes)?;
            }
            ends.push(bytes.len());
        }
    }
    let starts = std::iter::once(&0).chain(&ends);
    text_array(starts.zip(&ends).map(|(&start, &end)| &bytes[start..end]), array.nulls().cloned())
}

/// Write an integer, or the moment of so many units, of which a day has so many.
fn write(value: i64, per_day: i64, bytes: &mut Vec<u8>) -> Result<()> {
    if per_day == 0 {
        return write!(bytes, "{value}").map_err(|error| Error::Unfit(error.to_string()));
    }
    let (year, month, day) = civil(value.div_euclid(per_day));
    if !(1..=9999).contains(&year) {
        return Err(Error::Unfit("a year of other than four digits".to_owned()));
    }
    let written = write!(bytes, "{year:04}-{month:02}-{day:02}").and_then(|()| {
        if per_day == 1 {
            return Ok(());
        }
        let of_day = value.rem_euclid(per_day);
        let (seconds, mut parts, mut digits) = (of_day / SECOND, of_day % SECOND, 6);
        write!(bytes, " {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if parts == 0 {
            return Ok(());
        }
        while parts % 10 == 0 {
            (parts, digits) = (parts / 10, digits - 1);
        }
        write!(bytes, ".{parts:0digits$}")
    });
    written.map_err(|error| Error::Unfit(error.to_string()))
}
