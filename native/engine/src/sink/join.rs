//! One file of several: texts one after the other, row groups of Parquet as they are.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parquet::{
    column::writer::ColumnCloseResult,
    errors::Result as ParquetResult,
    file::{
        metadata::{ParquetMetaData, ParquetMetaDataReader},
        properties::WriterProperties,
        writer::SerializedFileWriter,
    },
};

use super::{
    output::{Finished, Output},
    parquet::{CREATED_BY, refused},
};
use crate::{
    error::{Error, Result},
    source::CancelFlag,
};

/// Write what finished files of one format hold, in their order, to one file in a folder.
///
/// Lines follow lines, and so may members of gzip and frames of zstd.
///
/// # Errors
/// [`Error::Io`], [`Error::Cancelled`], [`Error::Invalid`] for a file that is none of Parquet.
pub fn join_parts(
    parts: &[PathBuf],
    parquet: bool,
    folder: &Path,
    name: String,
    flag: &CancelFlag,
) -> Result<Finished> {
    let output = Output::create(folder, name)?;
    if parquet { join_parquet(parts, output, flag) } else { join_text(parts, output, flag) }
}

fn join_text(parts: &[PathBuf], mut output: Output, flag: &CancelFlag) -> Result<Finished> {
    for path in parts {
        flag.check()?;
        let mut file = File::open(path).map_err(|error| Error::io(path, error))?;
        io::copy(&mut file, &mut output).map_err(|error| Error::io(path, error))?;
    }
    output.finish()
}

fn join_parquet(parts: &[PathBuf], output: Output, flag: &CancelFlag) -> Result<Finished> {
    let path = output.path().to_owned();
    let failed = |error| refused(&path, error);
    let opened = |part: &PathBuf| File::open(part).map_err(|error| Error::io(part, error));
    let Some(first) = parts.first() else {
        return Err(Error::Invalid("there is nothing to join".to_owned()));
    };
    let described = ParquetMetaDataReader::new().parse_and_finish(&opened(first)?).map_err(failed)?;
    let mut writer = begun(output, &described).map_err(failed)?;
    for part in parts {
        flag.check()?;
        let file = opened(part)?;
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).map_err(failed)?;
        append(&mut writer, &file, &metadata).map_err(failed)?;
    }
    writer.into_inner().map_err(failed)?.finish()
}

/// Begin a file of the schema that another has.
fn begun(output: Output, described: &ParquetMetaData) -> ParquetResult<SerializedFileWriter<Output>> {
    let file = described.file_metadata();
    let properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_key_value_metadata(file.key_value_metadata().cloned())
        .build();
    SerializedFileWriter::new(output, file.schema_descr().root_schema_ptr(), Arc::new(properties))
}

/// Append the row groups of a file, encoded as they are.
fn append(writer: &mut SerializedFileWriter<Output>, file: &File, metadata: &ParquetMetaData) -> ParquetResult<()> {
    for group in metadata.row_groups() {
        let mut rows = writer.next_row_group()?;
        for column in group.columns() {
            let close = ColumnCloseResult {
                bytes_written: column.compressed_size() as u64,
                rows_written: group.num_rows() as u64,
                metadata: column.clone(),
                bloom_filter: None,
                column_index: None,
                offset_index: None,
            };
            rows.append_column(file, close)?;
        }
        rows.close()?;
    }
    Ok(())
}
