//! What a scan is asked to do.

use std::str::FromStr;

use super::kind::Kind;
use crate::{
    error::{Error, Result},
    source::{
        plan::{Chunk, Excluded},
        read_at::Opener,
    },
};

/// How records lie in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// One value a line.
    #[default]
    Lines,
    /// The elements of one list; values one after another where a file is no list.
    Array,
    /// Values one after another.
    Values,
}

impl FromStr for Form {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "lines" => Ok(Self::Lines),
            "array" => Ok(Self::Array),
            "values" => Ok(Self::Values),
            _ => Err(Error::Invalid(format!("JSON in the form {text} is not read"))),
        }
    }
}

impl Form {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Array => "array",
            Self::Values => "values",
        }
    }
}

/// One column to read: the value under `key` of each object, or each whole record.
#[derive(Clone, Debug)]
pub struct JsonColumn {
    pub name: String,
    pub key: String,
    pub kind: Kind,
    /// What the source knows it to be, fields that are not read included: a field that it lacks widens it.
    /// None: such fields are passed over.
    pub whole: Option<Kind>,
    pub ordinal: usize,
    pub fixed: bool,
}

/// One pass over some chunks.
#[derive(Clone, Debug)]
pub struct ScanPlan {
    pub chunks: Vec<Chunk>,
    pub columns: Vec<JsonColumn>,
    pub form: Form,
    /// Whether records are objects whose fields are the columns; else the only column is the record itself.
    pub records: bool,
    /// Whether the columns are all there is: a field that none of them has widens the source.
    pub complete: bool,
    /// What opens the files of the chunks.
    pub opener: Opener,
    /// Bytes looked at in one go; a batch comes from one window.
    pub window: usize,
    /// Rows to leave out, ascending.
    pub excluded: Vec<Excluded>,
}

/// Bytes of a window: a block of the usual size is one.
const DEFAULT_WINDOW: usize = 1 << 20;

impl ScanPlan {
    /// Check that columns and blocks make sense together.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming what does not.
    pub fn new(chunks: Vec<Chunk>, columns: Vec<JsonColumn>, form: Form, records: bool) -> Result<Self> {
        if !records && columns.len() > 1 {
            return Err(Error::Invalid("a record that is no object has one column".to_owned()));
        }
        for chunk in &chunks {
            // How much text a packed file holds is not known yet.
            let size = if chunk.file.part.is_some() { u64::MAX } else { chunk.file.size };
            if let Some(block) = chunk.blocks.iter().find(|block| block.offset > block.end || block.end > size) {
                let (path, offset, end) = (chunk.file.path.display(), block.offset, block.end);
                return Err(Error::Invalid(format!("block [{offset}, {end}) does not lie in {path} of {size} bytes")));
            }
        }
        let (opener, excluded) = (Opener::default(), Vec::new());
        Ok(Self { chunks, columns, form, records, complete: false, opener, window: DEFAULT_WINDOW, excluded })
    }
}
