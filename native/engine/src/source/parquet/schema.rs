//! The columns of a file: which types they have, and which of them are asked for.

use std::{collections::HashSet, sync::Arc};

use arrow_schema::{DataType, Field, FieldRef, Fields, TimeUnit};
use parquet::{
    arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema},
    basic::{ConvertedType, Encoding, LogicalType, TimeUnit as ParquetUnit, TimestampType, Type as Physical},
    errors::ParquetError,
    file::metadata::ParquetMetaData,
    schema::types::{SchemaDescriptor, Type, TypePtr},
};

use crate::source::columnar::{Leaf, RootColumn, delivered, duckdb_type};

/// How columns are understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Bytes without a meaning are text.
    pub binary_as_string: bool,
}

/// Bytes of a dictionary of few texts, as it is stored.
const FEW_TEXT_BYTES: i64 = 32 << 10;

fn few_texts() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Name the columns of a file and their types.
#[must_use]
pub fn root_columns(metadata: &ParquetMetaData, options: Options) -> Vec<RootColumn> {
    let schema = metadata.file_metadata().schema_descr();
    let roots = schema.root_schema().get_fields();
    let names = distinct(roots.iter().map(|root| root.name()));
    let geo = geo_text(metadata);
    let column = |(root, name): (&TypePtr, String)| match read_root(root, options, geo) {
        Ok(Root { field, .. }) => match duckdb_type(&field) {
            Ok(type_name) => RootColumn { name, type_name, refused: None },
            Err(why) => RootColumn { name, type_name: "BLOB".to_owned(), refused: Some(why) },
        },
        Err((type_name, why)) => RootColumn { name, type_name: type_name.to_owned(), refused: Some(why) },
    };
    roots.iter().zip(names).map(column).collect()
}

/// What GeoParquet says of columns.
fn geo_text(metadata: &ParquetMetaData) -> Option<&str> {
    let entries = metadata.file_metadata().key_value_metadata()?;
    entries.iter().find(|entry| entry.key == "geo")?.value.as_deref()
}

/// Give a number to names that were there before, as DuckDB does.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    names
        .map(|name| {
            let mut fresh = name.to_owned();
            let mut number = 1;
            while !taken.insert(fresh.to_lowercase()) {
                fresh = format!("{name}_{number}");
                number += 1;
            }
            fresh
        })
        .collect()
}

/// Columns as they are decoded and as they are delivered.
#[derive(Debug)]
pub struct Selection {
    /// The schema that the decoder follows: of these columns alone.
    pub schema: Arc<SchemaDescriptor>,
    pub levels: FieldLevels,
    pub fields: Vec<Field>,
    /// As they are decoded.
    pub decoded: Fields,
    /// Places in the file of the leaves of the schema.
    pub leaves: Vec<usize>,
}

/// Tell whether a column's texts are few: a small dictionary holds them all, in every row group.
#[must_use]
pub fn has_few_texts(metadata: &ParquetMetaData, place: usize) -> bool {
    let schema = metadata.file_metadata().schema_descr();
    let root = &schema.root_schema().get_fields()[place];
    let leaf = (0..schema.num_columns()).find(|&leaf| schema.get_column_root_idx(leaf) == place);
    let Some(leaf) = leaf.filter(|_| root.is_primitive()) else { return false };
    schema.column(leaf).max_rep_level() == 0
        && metadata.num_row_groups() > 0
        && metadata.row_groups().iter().all(|group| {
            let column = group.column(leaf);
            let dictionary = column.dictionary_page_offset().map(|start| column.data_page_offset() - start);
            let coded = column
                .page_encoding_stats_mask()
                .is_some_and(|mask| mask.is_only(Encoding::RLE_DICTIONARY) || mask.is_only(Encoding::PLAIN_DICTIONARY));
            coded && dictionary.is_some_and(|bytes| (1..=FEW_TEXT_BYTES).contains(&bytes))
        })
}

/// Select columns by their places in the file; the texts of some are `few`.
///
/// # Errors
/// The name of a column that cannot be read, and why.
pub fn select(
    metadata: &ParquetMetaData,
    places: &[usize],
    few: &[bool],
    options: Options,
) -> Result<Selection, (String, String)> {
    let schema = metadata.file_metadata().schema_descr();
    let roots = schema.root_schema().get_fields();
    let geo = geo_text(metadata);
    let (mut types, mut meanings, mut fields) = (Vec::new(), Vec::new(), Vec::new());
    for (at, &place) in places.iter().enumerate() {
        let root = &roots[place];
        let Root { simple, mut leaves, mut field } =
            read_root(root, options, geo).map_err(|(_, why)| (root.name().to_owned(), why))?;
        if few.get(at) == Some(&true) && *field.data_type() == DataType::Utf8View && leaves == [Leaf::Plain] {
            leaves = vec![Leaf::FewTexts];
            field = field.with_data_type(few_texts());
        }
        types.push(simple);
        meanings.extend(leaves);
        fields.push(field);
    }
    let decoded = decoded(&types, &meanings).map_err(|error| ("all columns".to_owned(), error.to_string()))?;
    let leaves = places
        .iter()
        .flat_map(|&place| (0..schema.num_columns()).filter(move |&leaf| schema.get_column_root_idx(leaf) == place));
    let leaves = leaves.collect();
    let Decoded { schema, fields: hinted, levels } = decoded;
    Ok(Selection { leaves, schema: Arc::new(schema), levels, fields, decoded: hinted })
}

/// One column: its type as the decoder is told of it, what its leaves mean, and the field that is delivered.
fn read_root(root: &TypePtr, options: Options, geo: Option<&str>) -> Result<Root, (&'static str, String)> {
    let mut leaves = Vec::new();
    let simple = simplified(root, options, &mut leaves)?;
    if geo.is_some_and(|geo| geo.contains(&format!("\"{}\":", root.name()))) && root.is_primitive() {
        return Err(("GEOMETRY", "it is a GEOMETRY".to_owned()));
    }
    let decoded = decoded(std::slice::from_ref(&simple), &leaves).map_err(|error| ("BLOB", error.to_string()))?;
    let first = decoded.fields.first().ok_or(("BLOB", "it has no fields".to_owned()))?;
    let field = fine(&delivered(first, &mut leaves.iter().copied()));
    match too_wide(&field) {
        Some(kind) => Err(("DOUBLE", format!("{kind} has more than 38 digits"))),
        None => Ok(Root { simple, leaves, field: field.with_name(root.name()).with_nullable(true) }),
    }
}

struct Root {
    simple: TypePtr,
    leaves: Vec<Leaf>,
    field: Field,
}

/// How the decoder decodes some columns.
struct Decoded {
    schema: SchemaDescriptor,
    fields: Fields,
    levels: FieldLevels,
}

fn decoded(types: &[TypePtr], leaves: &[Leaf]) -> Result<Decoded, ParquetError> {
    let root = Type::group_type_builder("schema").with_fields(types.to_vec()).build()?;
    let schema = SchemaDescriptor::new(Arc::new(root));
    let mut leaves = leaves.iter().copied();
    let plain = parquet_to_arrow_schema(&schema, None)?;
    let fields: Fields = plain.fields().iter().map(|field| Arc::new(hint(field, &mut leaves))).collect();
    let levels = parquet_to_arrow_field_levels(&schema, ProjectionMask::all(), Some(&fields))?;
    Ok(Decoded { schema, fields, levels })
}

/// Milliseconds become microseconds, as in DuckDB.
fn fine(field: &Field) -> Field {
    use DataType as D;
    let within = |child: &FieldRef| Arc::new(fine(child));
    let kind = match field.data_type() {
        D::List(item) => D::List(within(item)),
        D::Map(entries, sorted) => D::Map(within(entries), *sorted),
        D::Struct(fields) => D::Struct(fields.iter().map(within).collect()),
        D::Timestamp(TimeUnit::Millisecond, zone) => D::Timestamp(TimeUnit::Microsecond, zone.clone()),
        other => other.clone(),
    };
    field.clone().with_data_type(kind)
}

fn too_wide(field: &Field) -> Option<String> {
    match field.data_type() {
        DataType::List(item) | DataType::Map(item, _) => too_wide(item),
        DataType::Struct(fields) => fields.iter().find_map(|field| too_wide(field)),
        DataType::Decimal256(precision, scale) => Some(format!("DECIMAL({precision},{scale})")),
        _ => None,
    }
}

/// Texts and bytes as views; the times of Impala and Spark in microseconds, as in DuckDB.
fn hint(field: &Field, leaves: &mut impl Iterator<Item = Leaf>) -> Field {
    use DataType as D;
    let mut within = |child: &FieldRef| Arc::new(hint(child, leaves));
    let kind = match field.data_type() {
        D::List(item) => D::List(within(item)),
        D::Map(entries, sorted) => D::Map(within(entries), *sorted),
        D::Struct(fields) => D::Struct(fields.iter().map(within).collect()),
        plain => match (plain, leaves.next()) {
            (_, Some(Leaf::Int96)) => D::Timestamp(TimeUnit::Microsecond, None),
            (D::Utf8, Some(Leaf::FewTexts)) => few_texts(),
            (D::Utf8, _) => D::Utf8View,
            (D::Binary, _) => D::BinaryView,
            _ => plain.clone(),
        },
    };
    field.clone().with_data_type(kind)
}

/// The type as the decoder is told of it: texts of any sort are UTF-8, which it then validates, and bytes of a
/// meaning of their own are bytes. What they mean goes to `meanings`, leaf by leaf.
fn simplified(node: &TypePtr, options: Options, meanings: &mut Vec<Leaf>) -> Result<TypePtr, (&'static str, String)> {
    let info = node.get_basic_info();
    if let Type::GroupType { fields, .. } = node.as_ref() {
        if matches!(info.logical_type_ref(), Some(LogicalType::Variant { .. })) {
            return Err(("VARIANT", "it is a VARIANT".to_owned()));
        }
        let changed = fields.iter().map(|field| simplified(field, options, meanings)).collect::<Result<Vec<_>, _>>()?;
        if changed.iter().zip(fields).all(|(one, other)| Arc::ptr_eq(one, other)) {
            return Ok(node.clone());
        }
        let built = Type::group_type_builder(node.name())
            .with_repetition(info.repetition())
            .with_logical_type(info.logical_type_ref().cloned())
            .with_converted_type(info.converted_type())
            .with_fields(changed)
            .build();
        return built.map(Arc::new).map_err(|error| ("BLOB", error.to_string()));
    }
    let (meaning, kept) = leaf(node, options)?;
    meanings.push(meaning);
    let fresh = match kept {
        Kept::AsIs => return Ok(node.clone()),
        Kept::Text => {
            Type::primitive_type_builder(node.name(), Physical::BYTE_ARRAY).with_logical_type(Some(LogicalType::String))
        }
        Kept::Time(unit) => {
            let local = TimestampType { is_adjusted_to_u_t_c: false, unit };
            Type::primitive_type_builder(node.name(), Physical::INT64)
                .with_logical_type(Some(LogicalType::Timestamp(local)))
        }
        Kept::Bytes(length) => Type::primitive_type_builder(node.name(), node.get_physical_type()).with_length(length),
    };
    let built = fresh.with_repetition(info.repetition()).build();
    built.map(Arc::new).map_err(|error| ("BLOB", error.to_string()))
}

enum Kept {
    AsIs,
    Text,
    Bytes(i32),
    /// A time without a zone.
    Time(ParquetUnit),
}

fn leaf(node: &TypePtr, options: Options) -> Result<(Leaf, Kept), (&'static str, String)> {
    let info = node.get_basic_info();
    let Type::PrimitiveType { physical_type, type_length, .. } = node.as_ref() else {
        return Ok((Leaf::Plain, Kept::AsIs));
    };
    let (logical, converted) = (info.logical_type_ref(), info.converted_type());
    let fixed = *physical_type == Physical::FIXED_LEN_BYTE_ARRAY;
    Ok(match (logical, converted) {
        (Some(LogicalType::Geometry { .. } | LogicalType::Geography { .. }), _) => {
            return Err(("GEOMETRY", "it is a GEOMETRY".to_owned()));
        }
        (Some(LogicalType::Json), _) | (None, ConvertedType::JSON) if !fixed => (Leaf::Json, Kept::Text),
        (Some(LogicalType::Enum), _) | (None, ConvertedType::ENUM) if !fixed => (Leaf::Plain, Kept::Text),
        (Some(LogicalType::String), _) | (None, ConvertedType::UTF8) if !fixed => (Leaf::Plain, Kept::Text),
        (None, ConvertedType::NONE) if options.binary_as_string && *physical_type == Physical::BYTE_ARRAY => {
            (Leaf::Plain, Kept::Text)
        }
        (Some(LogicalType::Uuid), _) if fixed && *type_length == 16 => (Leaf::Uuid, Kept::Bytes(16)),
        (None, ConvertedType::INTERVAL) if fixed && *type_length == 12 => (Leaf::Interval, Kept::Bytes(12)),
        (Some(LogicalType::Time(time)), _) if time.is_adjusted_to_u_t_c && !is_nanos(node) => {
            (Leaf::TimeTz, Kept::AsIs)
        }
        // The annotations of old say nothing of zones.
        (None, ConvertedType::TIMESTAMP_MILLIS) => (Leaf::Plain, Kept::Time(ParquetUnit::MILLIS)),
        (None, ConvertedType::TIMESTAMP_MICROS) => (Leaf::Plain, Kept::Time(ParquetUnit::MICROS)),
        _ if *physical_type == Physical::INT96 => (Leaf::Int96, Kept::AsIs),
        _ => (Leaf::Plain, Kept::AsIs),
    })
}

fn is_nanos(node: &TypePtr) -> bool {
    match node.get_basic_info().logical_type_ref() {
        Some(LogicalType::Time(time)) => time.unit == ParquetUnit::NANOS,
        _ => false,
    }
}
