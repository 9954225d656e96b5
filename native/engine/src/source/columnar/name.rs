//! The types that DuckDB gives to Arrow fields, by its names.

use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};

use super::{EXTENSION, EXTENSION_METADATA};

/// Name the type that DuckDB gives to a field of an Arrow stream.
///
/// # Errors
/// What stands in the way of reading it at all, in words.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use fusionflow_engine::source::columnar::duckdb_type;
/// let day = Field::new("day", DataType::Date32, true);
/// assert_eq!(duckdb_type(&Field::new_list("days", day, true)).unwrap(), "DATE[]");
/// ```
pub fn duckdb_type(field: &Field) -> Result<String, String> {
    if let Some(name) = extension_type(field) {
        return Ok(name.to_owned());
    }
    use DataType as D;
    Ok(match field.data_type() {
        D::List(item) | D::LargeList(item) | D::ListView(item) | D::LargeListView(item) => {
            format!("{}[]", duckdb_type(item)?)
        }
        D::FixedSizeList(item, count) => format!("{}[{count}]", duckdb_type(item)?),
        D::Struct(fields) => format!("STRUCT({})", members(fields.iter().map(AsRef::as_ref))?),
        D::Union(fields, _) => format!("UNION({})", members(fields.iter().map(|(_, field)| field.as_ref()))?),
        D::Map(entries, _) => match entries.data_type() {
            D::Struct(pair) if pair.len() == 2 => {
                format!("MAP({}, {})", duckdb_type(&pair[0])?, duckdb_type(&pair[1])?)
            }
            _ => return Err("a map has a key and a value".to_owned()),
        },
        D::Dictionary(_, values) => duckdb_type(&Field::new("", values.as_ref().clone(), true))?,
        D::RunEndEncoded(_, values) => duckdb_type(values)?,
        plain => plain_type(plain)?,
    })
}

fn plain_type(plain: &DataType) -> Result<String, String> {
    use DataType as D;
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    let name = match plain {
        D::Null => "\"NULL\"",
        D::Boolean => "BOOLEAN",
        D::Int8 => "TINYINT",
        D::Int16 => "SMALLINT",
        D::Int32 => "INTEGER",
        D::Int64 => "BIGINT",
        D::UInt8 => "UTINYINT",
        D::UInt16 => "USMALLINT",
        D::UInt32 => "UINTEGER",
        D::UInt64 => "UBIGINT",
        D::Float32 => "FLOAT",
        D::Float64 => "DOUBLE",
        D::Date32 | D::Date64 => "DATE",
        D::Time32(_) | D::Time64(Microsecond | Second | Millisecond) => "TIME",
        D::Time64(Nanosecond) => "TIME_NS",
        D::Timestamp(Second, None) => "TIMESTAMP_S",
        D::Timestamp(Millisecond, None) => "TIMESTAMP_MS",
        D::Timestamp(Microsecond, None) => "TIMESTAMP",
        D::Timestamp(Nanosecond, None) => "TIMESTAMP_NS",
        D::Timestamp(Nanosecond, Some(_)) => "TIMESTAMPTZ_NS",
        D::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE",
        D::Duration(_) | D::Interval(IntervalUnit::YearMonth | IntervalUnit::DayTime | IntervalUnit::MonthDayNano) => {
            "INTERVAL"
        }
        D::Utf8 | D::LargeUtf8 | D::Utf8View => "VARCHAR",
        D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => "BLOB",
        D::Decimal32(precision, scale) | D::Decimal64(precision, scale) | D::Decimal128(precision, scale)
            if (0..=i16::from(*precision)).contains(&i16::from(*scale)) && (1..=38).contains(precision) =>
        {
            return Ok(format!("DECIMAL({precision},{scale})"));
        }
        other => return Err(format!("{other} is not read here")),
    };
    Ok(name.to_owned())
}

/// The types that are told by name only.
fn extension_type(field: &Field) -> Option<&'static str> {
    match (field.metadata().get(EXTENSION)?.as_str(), field.data_type()) {
        ("arrow.uuid", DataType::FixedSizeBinary(16)) => Some("UUID"),
        ("arrow.json", DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => Some("JSON"),
        ("arrow.bool8", DataType::Int8) => Some("BOOLEAN"),
        ("arrow.opaque", _) => {
            let said = field.metadata().get(EXTENSION_METADATA)?;
            let of = |name: &str| said.contains(&format!("\"{name}\""));
            let known = [
                ("time_tz", "TIME WITH TIME ZONE"),
                ("hugeint", "HUGEINT"),
                ("uhugeint", "UHUGEINT"),
                ("bit", "BIT"),
                ("bignum", "BIGNUM"),
            ];
            known.into_iter().find(|(name, _)| of(name)).map(|(_, kind)| kind)
        }
        _ => None,
    }
}

fn members<'a>(fields: impl Iterator<Item = &'a Field>) -> Result<String, String> {
    let member = |field: &Field| Ok(format!("\"{}\" {}", field.name().replace('"', "\"\""), duckdb_type(field)?));
    fields.map(member).collect::<Result<Vec<_>, String>>().map(|all| all.join(", "))
}
