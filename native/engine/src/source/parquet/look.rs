//! What planning must know of Parquet files.

use std::path::PathBuf;

use rayon::prelude::*;

use super::{
    footer::read_footer,
    schema::{Options, root_columns},
};
use crate::{
    error::Result,
    source::{columnar::FileLook, file::OpenFile, read_at::Opener},
};

/// Look at the footers of files, several at a time.
///
/// # Errors
/// [`crate::error::Error::Malformed`] for what is no Parquet file, or as the files read.
pub fn look_at(paths: &[PathBuf], options: Options, opener: &Opener) -> Result<Vec<FileLook>> {
    paths.par_iter().map(|path| look(path.clone(), options, opener)).collect()
}

fn look(path: PathBuf, options: Options, opener: &Opener) -> Result<FileLook> {
    let (file, stamp) = OpenFile::open(opener, &path)?;
    let footer = read_footer(&file)?;
    Ok(FileLook { path, stamp, columns: root_columns(&footer.metadata, options), cuts: footer.cuts })
}
