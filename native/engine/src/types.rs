//! Column types, by DuckDB's names, and how a sniffed type widens.

use std::{fmt, str::FromStr};

use crate::error::Error;

/// Type of one column of a source. Text and errors use DuckDB's names (`Display`, `FromStr`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    Boolean,
    TinyInt,
    SmallInt,
    Integer,
    BigInt,
    UTinyInt,
    USmallInt,
    UInteger,
    UBigInt,
    /// Up to 38 digits here; travels as Arrow `decimal128(38, 0)` and is cast to HUGEINT in DuckDB.
    HugeInt,
    Float,
    Double,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Date,
    Time,
    Timestamp,
    TimestampTz,
    /// A DATE that is not written as in ISO 8601.
    DateIn(DateStyle),
    /// A TIMESTAMP whose date is not written as in ISO 8601.
    TimestampIn(DateStyle),
    Varchar,
}

/// How a date is written: the order of day, month and year, and what stands between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateStyle {
    pub order: DateOrder,
    pub separator: u8,
}

/// Order of day, month and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateOrder {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
}

impl DateStyle {
    /// Every style that is found out; that of ISO 8601 is none of them.
    pub const ALL: [Self; 8] = {
        use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
        [
            Self { order: DayMonthYear, separator: b'/' },
            Self { order: MonthDayYear, separator: b'/' },
            Self { order: YearMonthDay, separator: b'/' },
            Self { order: DayMonthYear, separator: b'-' },
            Self { order: MonthDayYear, separator: b'-' },
            Self { order: DayMonthYear, separator: b'.' },
            Self { order: MonthDayYear, separator: b'.' },
            Self { order: YearMonthDay, separator: b'.' },
        ]
    };
}

/// What stands after the date in the format of a TIMESTAMP: any time of day.
const ANY_TIME: &str = " *";

/// As `strptime` takes it: `%d/%m/%Y`.
impl fmt::Display for DateStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = match self.order {
            DateOrder::DayMonthYear => ["%d", "%m", "%Y"],
            DateOrder::MonthDayYear => ["%m", "%d", "%Y"],
            DateOrder::YearMonthDay => ["%Y", "%m", "%d"],
        };
        let separator = char::from(self.separator);
        write!(f, "{}{separator}{}{separator}{}", parts[0], parts[1], parts[2])
    }
}

impl ColumnType {
    /// Least type that holds every value of both, for sniffed types: widening never loses text.
    ///
    /// `BIGINT → HUGEINT → DOUBLE`, everything else meets in `VARCHAR`.
    ///
    /// ```
    /// use fusionflow_engine::types::ColumnType;
    /// assert_eq!(ColumnType::BigInt.widest(ColumnType::Double), ColumnType::Double);
    /// assert_eq!(ColumnType::BigInt.widest(ColumnType::Date), ColumnType::Varchar);
    /// ```
    #[must_use]
    pub fn widest(self, other: Self) -> Self {
        use ColumnType::{BigInt, Double, HugeInt, Varchar};
        let rank = |t| match t {
            BigInt => Some(0),
            HugeInt => Some(1),
            Double => Some(2),
            _ => None,
        };
        match (rank(self), rank(other)) {
            _ if self == other => self,
            (Some(a), Some(b)) => {
                if a >= b {
                    self
                } else {
                    other
                }
            }
            _ => Varchar,
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "BOOLEAN",
            Self::TinyInt => "TINYINT",
            Self::SmallInt => "SMALLINT",
            Self::Integer => "INTEGER",
            Self::BigInt => "BIGINT",
            Self::UTinyInt => "UTINYINT",
            Self::USmallInt => "USMALLINT",
            Self::UInteger => "UINTEGER",
            Self::UBigInt => "UBIGINT",
            Self::HugeInt => "HUGEINT",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Decimal { precision, scale } => return write!(f, "DECIMAL({precision},{scale})"),
            Self::Date => "DATE",
            Self::Time => "TIME",
            Self::Timestamp => "TIMESTAMP",
            Self::TimestampTz => "TIMESTAMP WITH TIME ZONE",
            Self::DateIn(style) => return write!(f, "DATE '{style}'"),
            Self::TimestampIn(style) => return write!(f, "TIMESTAMP '{style}{ANY_TIME}'"),
            Self::Varchar => "VARCHAR",
        })
    }
}

impl FromStr for ColumnType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let name = text.trim().to_ascii_uppercase();
        if let Some(args) = name.strip_prefix("DECIMAL(").and_then(|rest| rest.strip_suffix(')')) {
            let mut parts = args.split(',').map(|part| part.trim().parse::<u8>());
            if let (Some(Ok(precision)), Some(Ok(scale)), None) = (parts.next(), parts.next(), parts.next())
                && (1..=38).contains(&precision)
                && scale <= precision
            {
                return Ok(Self::Decimal { precision, scale });
            }
        }
        if let Some((kind, format)) = text.trim().strip_suffix('\'').and_then(|rest| rest.split_once(" '")) {
            return styled(kind, format).ok_or_else(|| unread(text));
        }
        Ok(match name.as_str() {
            "BOOLEAN" => Self::Boolean,
            "TINYINT" => Self::TinyInt,
            "SMALLINT" => Self::SmallInt,
            "INTEGER" => Self::Integer,
            "BIGINT" => Self::BigInt,
            "UTINYINT" => Self::UTinyInt,
            "USMALLINT" => Self::USmallInt,
            "UINTEGER" => Self::UInteger,
            "UBIGINT" => Self::UBigInt,
            "HUGEINT" => Self::HugeInt,
            "FLOAT" => Self::Float,
            "DOUBLE" => Self::Double,
            "DATE" => Self::Date,
            "TIME" => Self::Time,
            "TIMESTAMP" => Self::Timestamp,
            "TIMESTAMP WITH TIME ZONE" => Self::TimestampTz,
            "VARCHAR" => Self::Varchar,
            _ => return Err(unread(text)),
        })
    }
}

fn styled(kind: &str, format: &str) -> Option<ColumnType> {
    let style = |format: &str| DateStyle::ALL.into_iter().find(|style| style.to_string() == format);
    match kind {
        "DATE" => style(format).map(ColumnType::DateIn),
        "TIMESTAMP" => style(format.strip_suffix(ANY_TIME)?).map(ColumnType::TimestampIn),
        _ => None,
    }
}

fn unread(text: &str) -> Error {
    Error::Invalid(format!("the scan does not read {text}; read it as VARCHAR, and cast it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniffed() -> Vec<ColumnType> {
        use ColumnType::{BigInt, Boolean, Date, Double, HugeInt, Time, Timestamp, TimestampTz, Varchar};
        let plain = [BigInt, HugeInt, Double, Boolean, Date, Time, Timestamp, TimestampTz, Varchar];
        let styled = DateStyle::ALL.map(|style| [ColumnType::DateIn(style), ColumnType::TimestampIn(style)]);
        plain.into_iter().chain(styled.into_iter().flatten()).collect()
    }

    #[test]
    fn a_type_is_its_name() {
        let more = [ColumnType::Decimal { precision: 9, scale: 2 }, ColumnType::UBigInt, ColumnType::Float];
        for kind in sniffed().into_iter().chain(more) {
            assert_eq!(kind.to_string().parse::<ColumnType>().unwrap(), kind);
        }
        for unknown in ["UUID", "DATE '%Y'", "TIMESTAMP '%d/%m/%Y'", "DECIMAL(39,1)", "DECIMAL(1,2)", ""] {
            assert!(unknown.parse::<ColumnType>().is_err(), "{unknown}");
        }
    }

    #[test]
    fn every_pair_of_sniffed_types_meets_in_one_that_neither_leaves() {
        for one in sniffed() {
            for other in sniffed() {
                let widest = one.widest(other);
                assert_eq!(widest, other.widest(one), "{one} and {other}");
                assert_eq!(widest.widest(one), widest, "{one} and {other}");
                assert_eq!(widest.widest(other), widest, "{one} and {other}");
                assert_eq!(one.widest(one), one);
                assert_eq!(widest.widest(ColumnType::Varchar), ColumnType::Varchar);
            }
        }
    }
}
