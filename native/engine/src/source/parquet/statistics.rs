//! What a file says of its values: least and greatest of runs of rows, so that rows may be passed over.

use std::{io::Read, sync::Arc};

use arrow_array::{
    Array, ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch,
    cast::AsArray,
    make_array, new_null_array,
    types::{Float32Type, Float64Type},
};
use arrow_data::transform::MutableArrayData;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::{Buf, Bytes};
use parquet::{
    arrow::arrow_reader::statistics::StatisticsConverter,
    errors::{ParquetError, Result as ParquetResult},
    file::{
        metadata::{ColumnChunkMask, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader},
        reader::{ChunkReader, Length},
    },
};

use super::{
    footer::{Footer, damaged, guarded, read_footer},
    schema::{Options, root_columns, select},
};
use crate::{
    error::{Error, Result},
    source::{
        columnar::{EXTENSION, convert, duckdb_type},
        encoding::Encoding,
        file::OpenFile,
        plan::Chunk,
        read_at::Opener,
    },
};

/// A column whose values are asked about: its name, and its type where the filters are.
#[derive(Clone, Debug)]
pub struct Watched {
    pub name: String,
    pub type_name: String,
}

/// A column of a file.
struct Column {
    leaf: usize,
    /// As the statistics are decoded.
    decoded: Field,
    delivered: DataType,
}

/// Least, greatest and number of NULLs of a column, for each run of rows.
struct Bounds {
    least: ArrayRef,
    greatest: ArrayRef,
    nulls: ArrayRef,
}

/// Say what is known of runs of rows of chunks whose files are alike.
///
/// Columns: `chunk`, `block` (places), `first` (row of the row group), `rows`, then `min_0`, `max_0`, `nulls_0`
/// and so on for each watched column; NULL where nothing is known. A NaN is the greatest number.
///
/// # Errors
/// [`Error::Malformed`] where a file is damaged, or as the files read.
pub fn statistics(
    chunks: &[Chunk],
    watched: &[Watched],
    options: Options,
    opener: &Opener,
) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    let mut at = 0;
    while at < chunks.len() {
        let path = &chunks[at].file.path;
        let count = chunks[at..].iter().take_while(|chunk| &chunk.file.path == path).count();
        batches.extend(of_file(&chunks[at..at + count], at, watched, options, opener)?);
        at += count;
    }
    Ok(batches)
}

fn of_file(
    chunks: &[Chunk],
    first: usize,
    watched: &[Watched],
    options: Options,
    opener: &Opener,
) -> Result<Vec<RecordBatch>> {
    let planned = &chunks[0].file;
    let file = Arc::new(OpenFile::open_as_planned(opener, planned, Encoding::Utf8)?);
    let footer = read_footer(&file)?;
    let columns: Vec<_> = watched.iter().map(|watched| column(&footer.metadata, watched, options)).collect();
    let mut wanted = Vec::new();
    for (place, chunk) in chunks.iter().enumerate() {
        for (block, range) in chunk.blocks.iter().enumerate() {
            let number =
                footer.group_of(range.offset, range.end).ok_or(Error::Changed { path: planned.path.clone() })?;
            wanted.push((first + place, block, number));
        }
    }
    let metadata = with_pages(&file, &footer, &columns, &wanted);
    let batch = |&(chunk, block, number): &(usize, usize, usize)| {
        guarded(&file, || of_group(&metadata, number, &columns))
            .and_then(|bounds| runs(&metadata, number, bounds, &columns).map_err(|error| damaged(&file, 0, error)))
            .and_then(|runs| runs.batch(chunk, block).map_err(|error| damaged(&file, 0, error)))
    };
    wanted.iter().map(batch).collect()
}

/// Find a column whose statistics can be compared as its values are.
fn column(metadata: &ParquetMetaData, watched: &Watched, options: Options) -> Option<Column> {
    let lower = watched.name.to_lowercase();
    let known = root_columns(metadata, options);
    let place = known.iter().position(|column| column.name.to_lowercase() == lower)?;
    let schema = metadata.file_metadata().schema_descr();
    if !schema.root_schema().get_fields()[place].is_primitive() {
        return None;
    }
    let selection = select(metadata, &[place], &[], options).ok()?;
    let (field, decoded) = (selection.fields.first()?, selection.decoded.first()?);
    let comparable = !field.metadata().contains_key(EXTENSION)
        && matches!(
            decoded.data_type(),
            DataType::Boolean
                | DataType::Int8
                | DataType::Int16
                | DataType::Int32
                | DataType::Int64
                | DataType::UInt8
                | DataType::UInt16
                | DataType::UInt32
                | DataType::UInt64
                | DataType::Float32
                | DataType::Float64
                | DataType::Date32
                | DataType::Decimal128(..)
                | DataType::Timestamp(TimeUnit::Millisecond | TimeUnit::Microsecond, _)
                | DataType::Utf8View
        )
        && schema.column(*selection.leaves.first()?).max_rep_level() == 0
        && duckdb_type(field).ok()? == watched.type_name;
    comparable.then(|| Column {
        leaf: selection.leaves[0],
        decoded: decoded.as_ref().clone(),
        delivered: field.data_type().clone(),
    })
}

/// The footer with the page indexes of the columns and row groups that matter; without them where they are flawed.
fn with_pages(
    file: &Arc<OpenFile>,
    footer: &Footer,
    columns: &[Option<Column>],
    wanted: &[(usize, usize, usize)],
) -> Arc<ParquetMetaData> {
    let leaves = columns.iter().flatten().map(|column| column.leaf);
    let groups = wanted.iter().map(|&(_, _, number)| number);
    let mask = ColumnChunkMask::row_groups_and_columns(groups, leaves);
    let read = guarded(file, || {
        let mut reader = ParquetMetaDataReader::new_with_metadata(footer.metadata.as_ref().clone())
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_page_index_mask(mask);
        reader.read_page_indexes(&WholeFile(file.clone()))?;
        reader.finish()
    });
    read.map_or_else(|_| footer.metadata.clone(), Arc::new)
}

fn of_group(
    metadata: &ParquetMetaData,
    number: usize,
    columns: &[Option<Column>],
) -> ParquetResult<Vec<Option<Bounds>>> {
    let file = metadata.file_metadata();
    let bounds = |column: &Option<Column>| -> ParquetResult<Option<Bounds>> {
        let Some(column) = column else { return Ok(None) };
        let group = metadata.row_group(number);
        let known = group.column(column.leaf).statistics();
        if known.is_none_or(parquet::file::statistics::Statistics::is_min_max_deprecated) {
            return Ok(None);
        }
        let converter = StatisticsConverter::from_column_index(column.leaf, &column.decoded, file.schema_descr())?
            .with_missing_null_counts_as_zero(false)
            .with_column_orders(file.column_orders().map(Vec::as_slice));
        let pages = metadata.page_index().filter(|index| index.page_locations(number, column.leaf).is_some());
        let pages = pages.filter(|index| index.column_index(number, column.leaf).is_some());
        let (least, greatest, nulls) = match pages {
            Some(index) => (
                converter.data_page_mins(index.as_ref(), [&number])?,
                converter.data_page_maxes(index.as_ref(), [&number])?,
                converter.data_page_null_counts(index.as_ref(), [&number])?,
            ),
            None => (
                converter.row_group_mins([group])?,
                converter.row_group_maxes([group])?,
                converter.row_group_null_counts([group])?,
            ),
        };
        let (least, greatest) = (convert(&least, &column.delivered)?, convert(&greatest, &column.delivered)?);
        Ok(Some(Bounds { least: without_nan(&least), greatest: above_all(&greatest), nulls: Arc::new(nulls) }))
    };
    columns.iter().map(bounds).collect()
}

/// A NaN says nothing.
fn without_nan(least: &ArrayRef) -> ArrayRef {
    match least.data_type() {
        DataType::Float32 => {
            let values = least.as_primitive::<Float32Type>().iter();
            Arc::new(values.map(|value| value.filter(|value| !value.is_nan())).collect::<Float32Array>())
        }
        DataType::Float64 => {
            let values = least.as_primitive::<Float64Type>().iter();
            Arc::new(values.map(|value| value.filter(|value| !value.is_nan())).collect::<Float64Array>())
        }
        _ => least.clone(),
    }
}

/// Statistics leave NaNs out, which to DuckDB are greater than any number.
fn above_all(greatest: &ArrayRef) -> ArrayRef {
    match greatest.data_type() {
        DataType::Float32 => Arc::new(greatest.as_primitive::<Float32Type>().unary::<_, Float32Type>(|_| f32::NAN)),
        DataType::Float64 => Arc::new(greatest.as_primitive::<Float64Type>().unary::<_, Float64Type>(|_| f64::NAN)),
        _ => greatest.clone(),
    }
}

/// Runs of rows in each of which every column has one bound.
struct Runs {
    firsts: Vec<i64>,
    rows: Vec<i64>,
    bounds: Vec<Option<Bounds>>,
    types: Vec<DataType>,
}

fn runs(
    metadata: &ParquetMetaData,
    number: usize,
    bounds: Vec<Option<Bounds>>,
    columns: &[Option<Column>],
) -> std::result::Result<Runs, String> {
    let total = metadata.row_group(number).num_rows();
    let starts_of = |column: &Column, bounds: &Bounds| -> std::result::Result<Vec<i64>, String> {
        let pages = metadata.page_index().and_then(|index| index.page_locations(number, column.leaf).cloned());
        let starts: Vec<i64> = match pages {
            Some(pages)
                if metadata.page_index().is_some_and(|index| index.column_index(number, column.leaf).is_some()) =>
            {
                pages.iter().map(|page| page.first_row_index).collect()
            }
            _ => vec![0],
        };
        let sound = starts.first() == Some(&0) && starts.windows(2).all(|pair| pair[0] <= pair[1]);
        let fits = starts.len() == bounds.least.len() && starts.last().is_some_and(|&last| last <= total);
        if sound && fits { Ok(starts) } else { Err("the page index makes no sense".to_owned()) }
    };
    let mut all = vec![0];
    let mut starts = Vec::new();
    for (column, bounds) in columns.iter().zip(&bounds) {
        starts.push(match (column, bounds) {
            (Some(column), Some(bounds)) => starts_of(column, bounds)?,
            _ => Vec::new(),
        });
        all.extend(starts.last().into_iter().flatten().copied());
    }
    all.sort_unstable();
    all.dedup();
    all.retain(|&start| start < total);
    let spread = |(bounds, starts): (Option<Bounds>, &Vec<i64>)| -> std::result::Result<Option<Bounds>, String> {
        let Some(Bounds { least, greatest, nulls }) = bounds else { return Ok(None) };
        let places: Vec<_> = all.iter().map(|start| starts.partition_point(|page| page <= start) - 1).collect();
        let (least, greatest) = (taken(&least, &places)?, taken(&greatest, &places)?);
        Ok(Some(Bounds { least, greatest, nulls: taken(&nulls, &places)? }))
    };
    let spread = bounds.into_iter().zip(&starts).map(spread).collect::<std::result::Result<_, _>>()?;
    let ends = all.iter().skip(1).copied().chain([total]);
    let rows = all.iter().zip(ends).map(|(start, end)| end - start).collect();
    let types = columns
        .iter()
        .map(|column| column.as_ref().map_or(DataType::Null, |column| column.delivered.clone()))
        .collect();
    Ok(Runs { firsts: all, rows, bounds: spread, types })
}

/// The values at some places.
fn taken(values: &ArrayRef, places: &[usize]) -> std::result::Result<ArrayRef, String> {
    let data = values.to_data();
    let mut taken = MutableArrayData::new(vec![&data], true, places.len());
    for &place in places {
        taken.try_extend(0, place, place + 1).map_err(|error| error.to_string())?;
    }
    Ok(make_array(taken.freeze()))
}

impl Runs {
    fn batch(self, chunk: usize, block: usize) -> std::result::Result<RecordBatch, String> {
        let count = self.firsts.len();
        let number = |value: usize| Arc::new(Int64Array::from(vec![value as i64; count])) as ArrayRef;
        let mut names = vec![("chunk".to_owned(), number(chunk)), ("block".to_owned(), number(block))];
        names.push(("first".to_owned(), Arc::new(Int64Array::from(self.firsts)) as ArrayRef));
        names.push(("rows".to_owned(), Arc::new(Int64Array::from(self.rows)) as ArrayRef));
        for (place, (bounds, kind)) in self.bounds.into_iter().zip(self.types).enumerate() {
            let (least, greatest, nulls) = match bounds {
                Some(Bounds { least, greatest, nulls }) => (least, greatest, nulls),
                None => (
                    new_null_array(&kind, count),
                    new_null_array(&kind, count),
                    new_null_array(&DataType::UInt64, count),
                ),
            };
            names.push((format!("min_{place}"), least));
            names.push((format!("max_{place}"), greatest));
            names.push((format!("nulls_{place}"), nulls));
        }
        let fields: Vec<_> =
            names.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
        let arrays = names.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|error| error.to_string())
    }
}

/// All bytes of a file.
struct WholeFile(Arc<OpenFile>);

impl Length for WholeFile {
    fn len(&self) -> u64 {
        self.0.size()
    }
}

impl ChunkReader for WholeFile {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        let length = self.0.size().saturating_sub(start);
        Ok(Box::new(self.get_bytes(start, length as usize)?.reader()))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.0.size()) {
            return Err(ParquetError::EOF("the page index is not in the file".to_owned()));
        }
        let bytes = self.0.bytes_at(start, length).map_err(|error| ParquetError::General(error.to_string()))?;
        Ok(bytes.into())
    }
}
