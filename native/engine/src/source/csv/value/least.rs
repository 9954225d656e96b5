//! The least sniffed type that holds a text.

use super::{
    float::parse_f64,
    integer::{parse_hugeint, parse_i64},
    time::{parse_date, parse_date_in, parse_time, parse_timestamp, parse_timestamp_in, parse_timestamptz},
    trim,
};
use crate::types::ColumnType;

/// A BOOLEAN. Strict: true, false, t, f, yes, no in any case; else also y, n, 1, 0.
#[must_use]
pub fn parse_bool(text: &[u8], strict: bool) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()));
    if is(&["true", "t", "yes"]) || !strict && is(&["1", "y"]) {
        Some(true)
    } else if is(&["false", "f", "no"]) || !strict && is(&["0", "n"]) {
        Some(false)
    } else {
        None
    }
}

/// Least type that holds the text of a field that is neither NULL nor empty.
///
/// Dates in other styles than that of ISO 8601 are VARCHAR here: one value alone does not tell the style.
///
/// ```
/// use fusionflow_engine::{source::csv::value::least_type, types::ColumnType};
/// assert_eq!(least_type(b"42"), ColumnType::BigInt);
/// assert_eq!(least_type(b"007"), ColumnType::Varchar);
/// ```
#[must_use]
pub fn least_type(text: &[u8]) -> ColumnType {
    use ColumnType::{BigInt, Boolean, Date, Double, HugeInt, Time, Timestamp, TimestampTz, Varchar};
    [BigInt, HugeInt, Double, Boolean, Date, Time, Timestamp, TimestampTz]
        .into_iter()
        .find(|&candidate| reads(candidate, text))
        .unwrap_or(Varchar)
}

/// Least type that holds what a type was sniffed for and the text of one more field.
///
/// ```
/// use fusionflow_engine::{source::csv::value::widened, types::ColumnType};
/// assert_eq!(widened(ColumnType::BigInt, b"2.5"), ColumnType::Double);
/// // As a DOUBLE this would be another number.
/// assert_eq!(widened(ColumnType::Double, b"9007199254740993"), ColumnType::Varchar);
/// ```
#[must_use]
pub fn widened(column_type: ColumnType, text: &[u8]) -> ColumnType {
    let widest = column_type.widest(least_type(text));
    if reads(widest, text) { widest } else { ColumnType::Varchar }
}

/// Whether a sniffed type holds the text of a field that is neither NULL nor empty.
#[must_use]
pub fn reads(column_type: ColumnType, text: &[u8]) -> bool {
    let text = trim(text);
    match column_type {
        ColumnType::BigInt => parse_i64(text, true).is_some(),
        ColumnType::HugeInt => parse_hugeint(text, true).is_some(),
        ColumnType::Double => parse_f64(text, true).is_some(),
        ColumnType::Boolean => parse_bool(text, true).is_some(),
        ColumnType::Date => parse_date(text).is_some(),
        ColumnType::Time => parse_time(text).is_some(),
        ColumnType::Timestamp => parse_timestamp(text, true).is_some(),
        ColumnType::TimestampTz => parse_timestamptz(text).is_some(),
        ColumnType::DateIn(style) => parse_date_in(text, style).is_some(),
        ColumnType::TimestampIn(style) => parse_timestamp_in(text, style).is_some(),
        ColumnType::Varchar => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColumnType::{BigInt, Boolean, Date, Double, HugeInt, Time, Timestamp, TimestampTz, Varchar};

    #[test]
    fn each_text_has_its_least_type() {
        let cases = [
            ("0", BigInt),
            ("-12", BigInt),
            (" 5 ", BigInt),
            ("9223372036854775808", HugeInt),
            ("1.5", Double),
            ("nan", Double),
            ("-inf", Double),
            ("1e5", Double),
            ("True", Boolean),
            ("f", Boolean),
            ("NO", Boolean),
            ("2024-1-2", Date),
            ("2024-01-02 03:04", Timestamp),
            ("2024-01-02T03:04:05.123456", Timestamp),
            ("2024-01-02T03:04:05.1234567", Varchar),
            ("2024-01-02T03:04:05Z", TimestampTz),
            ("2024-01-02 03:04+05:30", TimestampTz),
            ("12:30", Time),
            ("1:02:03.5", Time),
            ("12", BigInt),
            ("31/12/2024", Varchar),
            ("007", Varchar),
            ("00.5", Varchar),
            ("+1", Varchar),
            ("1_000", Varchar),
            ("0x10", Varchar),
            ("NULL", Varchar),
            ("y", Varchar),
            ("  ", Varchar),
            ("100000000000000000000000000000000000000", Varchar),
        ];
        for (text, expected) in cases {
            assert_eq!(least_type(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_type_reads_exactly_what_does_not_widen_it() {
        let texts = [
            "0",
            "-0",
            "1",
            "9223372036854775807",
            "9223372036854775808",
            "9007199254740993",
            "1e5",
            ".5",
            "5.",
            "-.5",
            "1e400",
            "nan",
            "inf",
            "t",
            "no",
            "1.0",
            "2024-02-29",
            "2024-02-30",
            "2024-02-29 01:02",
            "2024-02-29 01:02Z",
            "01:02",
            "24:00",
            "x",
            " ",
            "00",
            "0.0",
            "1e-400",
            "-",
            "99999999999999999999999999999999999999",
            "999999999999999999999999999999999999999",
        ];
        for column_type in [BigInt, HugeInt, Double, Boolean, Date, Time, Timestamp, TimestampTz, Varchar] {
            for text in texts {
                let keeps = widened(column_type, text.as_bytes()) == column_type;
                assert_eq!(reads(column_type, text.as_bytes()), keeps, "{column_type} {text}");
            }
        }
    }
}
