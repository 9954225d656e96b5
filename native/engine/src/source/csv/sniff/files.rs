//! All files of a source: looked at in parallel, brought to one dialect, one header, one set of types.

use std::path::PathBuf;

use rayon::prelude::*;

use super::{
    agree::{check_columns, common_dialect, common_header, differs},
    dialect::Given,
    file::{Look, SniffOptions, look},
    guess::Guess,
    header::{generated_name, names_of, unique_names},
    sample::head_size,
};
use crate::{
    error::{Error, Result},
    nearest::nearest,
    source::{Compression, Stamp, csv::Dialect},
    types::ColumnType,
};

/// What one file looks like. Dialect, header and columns are those of all files of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSniff {
    pub path: PathBuf,
    pub stamp: Stamp,
    pub compression: Compression,
    /// Whether it is packed in many members.
    pub members: bool,
    /// Byte after BOM, skipped lines and header.
    pub data_start: u64,
    /// Line feeds before `data_start`.
    pub header_lines: usize,
    pub dialect: Dialect,
    pub header: bool,
    /// Lines above the header that are not blank.
    pub skipped_lines: usize,
    /// Name and least type of each column.
    pub columns: Vec<(String, ColumnType)>,
    /// Places of the columns in which no value was seen; any type holds them.
    pub unseen: Vec<usize>,
}

/// Look at every file as if it were alone, in parallel: each has its own dialect, header and columns.
///
/// # Errors
/// As `sniff_files`, but for files that differ.
pub fn sniff_each(paths: &[PathBuf], options: &SniffOptions) -> Result<Vec<FileSniff>> {
    let alone = |path: &PathBuf| sniff_files(std::slice::from_ref(path), options);
    let sniffs: Vec<Result<Vec<FileSniff>>> = paths.par_iter().map(alone).collect();
    Ok(sniffs.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Look at several places of every file, in parallel.
///
/// # Errors
/// `Io` for a file that cannot be read, `Refused` for one that is not text in records or differs
/// from the others, `Invalid` for options that do not fit the files.
pub fn sniff_files(paths: &[PathBuf], options: &SniffOptions) -> Result<Vec<FileSniff>> {
    options.check()?;
    let given = options.given();
    let head = head_size(paths.len());
    let looks: Vec<Result<Look>> = paths.par_iter().map(|path| look(path, options, &given, head)).collect();
    let looks: Vec<Look> = looks.into_iter().collect::<Result<_>>()?;
    let common = common_dialect(&looks, &given);
    let again = |seen: Look| {
        if differs(&seen.cut, &common) { look(&seen.path, options, &common, head) } else { Ok(seen) }
    };
    let looks: Vec<Result<Look>> = looks.into_par_iter().map(again).collect();
    let looks: Vec<Look> = looks.into_iter().collect::<Result<_>>()?;
    let looks = with_common_width(looks, options, &common, head)?;
    check_width(&looks, options)?;
    let header = common_header(&looks, options.header)?;
    check_columns(&looks, header, !options.columns.is_empty() || !options.names.is_empty())?;
    let columns = columns_of(&looks, header, options)?;
    let unseen = unseen(&looks, header, columns.len());
    let file = |look: Look| {
        let data = look.first.as_ref().filter(|_| header).map_or(look.start, |first| first.after);
        FileSniff {
            path: look.path,
            stamp: look.stamp,
            compression: look.compression,
            members: look.members,
            data_start: data.byte,
            header_lines: data.lines,
            dialect: options.dialect(&look.cut),
            header,
            skipped_lines: look.first.as_ref().filter(|_| header).map_or(0, |first| first.skipped),
            columns: columns.clone(),
            unseen: unseen.clone(),
        }
    };
    Ok(looks.into_iter().map(file).collect())
}

/// Look again, for records as wide as those of the other files, at files where no record fits what they seemed
/// to hold.
fn with_common_width(looks: Vec<Look>, options: &SniffOptions, common: &Given, head: usize) -> Result<Vec<Look>> {
    let Some(width) = looks.iter().find_map(|look| look.first.is_some().then_some(look.cut.width)) else {
        return Ok(looks);
    };
    let given = Given { width: Some(width), ..common.clone() };
    let again = |seen: Look| match seen.first {
        None if seen.start.byte < seen.size => look(&seen.path, options, &given, head),
        _ => Ok(seen),
    };
    looks.into_iter().map(again).collect()
}

/// Check that the number of columns that was given is found in the files.
fn check_width(looks: &[Look], options: &SniffOptions) -> Result<()> {
    let width = options.columns.len();
    let missing = |look: &&Look| look.first.is_none() && look.start.byte < look.size;
    match looks.iter().find(missing) {
        Some(look) if width > 0 => Err(Error::Refused {
            path: look.path.clone(),
            offset: look.start.byte,
            what: format!("no record has the {width} fields that columns says"),
            hint: "count them, or name the delimiter".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Names and types of the columns over all files.
fn columns_of(looks: &[Look], header: bool, options: &SniffOptions) -> Result<Vec<(String, ColumnType)>> {
    if !options.columns.is_empty() {
        return Ok(options.columns.clone());
    }
    let first = looks.iter().find_map(|look| Some((look.cut.width, look.first.as_ref()?)));
    let width = first.map_or(options.names.len().max(1), |(width, _)| width);
    let mut names = match first.filter(|_| header) {
        Some((_, first)) => names_of(&first.fields, width),
        None => (0..width).map(|ordinal| generated_name(ordinal, width)).collect(),
    };
    if options.names.len() > width {
        return Err(Error::Invalid(format!(
            "names has {} entries, the files have {width} columns",
            options.names.len()
        )));
    }
    names.splice(..options.names.len(), options.names.iter().cloned());
    let names = unique_names(names.into_iter());
    let mut types: Vec<ColumnType> =
        guesses(looks, header, width).into_iter().map(|guess| guess.column_type(&options.styles)).collect();
    if options.all_varchar {
        types.fill(ColumnType::Varchar);
    }
    for (name, kind) in &options.types {
        let place = names.iter().position(|known| known.to_lowercase() == name.to_lowercase());
        types[place.ok_or_else(|| unknown_column(name, &names))?] = *kind;
    }
    Ok(names.into_iter().zip(types).collect())
}

/// The guesses of all files; the first record counts where it is data.
fn guesses(looks: &[Look], header: bool, width: usize) -> Vec<Guess> {
    let mut all = vec![Guess::default(); width];
    for (look, first) in looks.iter().filter_map(|look| Some((look, look.first.as_ref()?))) {
        for (ordinal, guess) in all.iter_mut().enumerate() {
            *guess = guess.widest(look.below.get(ordinal).copied().unwrap_or_default());
            if let Some(Some(text)) = first.fields.get(ordinal).filter(|_| !header) {
                guess.observe(text);
            }
        }
    }
    all
}

/// The places of the columns in which no file was seen to have a value.
fn unseen(looks: &[Look], header: bool, width: usize) -> Vec<usize> {
    let guesses = guesses(looks, header, width).into_iter().enumerate();
    guesses.filter_map(|(place, guess)| guess.seen().is_none().then_some(place)).collect()
}

fn unknown_column(name: &str, names: &[String]) -> Error {
    let hint = nearest(name, names.iter().map(String::as_str)).map(|near| format!("; did you mean {near}?"));
    Error::Invalid(format!("types names the column {name}, which the files do not have{}", hint.unwrap_or_default()))
}
