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
    Timestamp,
    Varchar,
}

impl ColumnType {
    /// Least type that holds every value of both, for sniffed types: widening never loses text.
    ///
    /// `BIGINT → HUGEINT → DOUBLE`, everything else meets in `VARCHAR`.
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
            Self::Timestamp => "TIMESTAMP",
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
            "TIMESTAMP" => Self::Timestamp,
            "VARCHAR" => Self::Varchar,
            _ => {
                return Err(Error::Invalid(format!(
                    "type {text} cannot be read from a file; use BOOLEAN, an integer type, HUGEINT, FLOAT, \
                     DOUBLE, DECIMAL(p,s), DATE, TIMESTAMP or VARCHAR, and cast in the query"
                )));
            }
        })
    }
}
