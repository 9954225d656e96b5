//! All files of a source: looked at in parallel, united by name.

use std::{collections::HashSet, path::PathBuf};

use rayon::prelude::*;

use super::{
    file::{Look, SniffOptions, look},
    structure::Structure,
};
use crate::{
    error::{Error, Result},
    source::{
        Compression, Stamp,
        jsonl::{kind::Kind, plan::Form},
    },
};

/// The name of the column of records that are no objects.
const WHOLE: &str = "json";

/// One file as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonFile {
    pub path: PathBuf,
    pub stamp: Stamp,
    pub compression: Compression,
    /// Whether it is packed in many members.
    pub members: bool,
    /// Byte after the BOM.
    pub data_start: u64,
}

/// What files look like together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonSniff {
    pub files: Vec<JsonFile>,
    pub form: Form,
    /// Whether records are objects whose fields are the columns.
    pub records: bool,
    /// Name, key and kind of each column; names differ in more than case, keys are as they are written.
    pub columns: Vec<(String, String, Kind)>,
}

/// Look at several places of every file, in parallel.
///
/// # Errors
/// `Io` for a file that cannot be read, `Refused` for one that is not JSON, or where no file holds a value.
pub fn sniff_json(paths: &[PathBuf], options: &SniffOptions) -> Result<JsonSniff> {
    let looks: Vec<Result<Look>> = paths.par_iter().map(|path| look(path, options, paths.len())).collect();
    let looks: Vec<Look> = looks.into_iter().collect::<Result<_>>()?;
    let form = common_form(&looks);
    let empty = looks.iter().all(|look| look.form.is_none());
    let mut seen = Structure::default();
    let mut files = Vec::with_capacity(looks.len());
    for look in looks {
        check(&look)?;
        seen.merge(look.seen);
        let Look { path, stamp, compression, members, data_start, .. } = look;
        files.push(JsonFile { path, stamp, compression, members, data_start });
    }
    if let (true, Some(first)) = (empty, files.first()) {
        let hint = "name a file that holds records".to_owned();
        return Err(Error::Refused {
            path: first.path.clone(),
            offset: 0,
            what: "there is no JSON value".into(),
            hint,
        });
    }
    let kind = seen.kind(&options.rules, 0);
    Ok(match kind {
        Kind::Struct(fields) if options.records != Some(false) => {
            JsonSniff { files, form, records: true, columns: named(fields) }
        }
        kind if options.records == Some(true) => return Err(no_records(&files, &kind)),
        kind => JsonSniff { files, form, records: false, columns: vec![(WHOLE.into(), String::new(), kind)] },
    })
}

/// One form for all: lines where all files are, else one that reads each file from its first byte on.
fn common_form(looks: &[Look]) -> Form {
    let forms = || looks.iter().filter_map(|look| look.form);
    let all = |form| forms().all(|found| found == form);
    match () {
        () if all(Form::Lines) => Form::Lines,
        () if all(Form::Values) => Form::Values,
        () => Form::Array,
    }
}

/// Refuse a file of which nothing that was looked at is JSON.
fn check(look: &Look) -> Result<()> {
    match &look.flaw {
        Some((offset, what)) if look.seen.count() == 0 => Err(Error::Refused {
            path: look.path.clone(),
            offset: *offset,
            what: format!("nothing in the file is JSON; the first record: {what}"),
            hint: "look at the file there; other text is read with read_csv".to_owned(),
        }),
        _ => Ok(()),
    }
}

fn no_records(files: &[JsonFile], kind: &Kind) -> Error {
    Error::Refused {
        path: files.first().map(|file| file.path.clone()).unwrap_or_default(),
        offset: 0,
        what: format!("the records are of the type {kind}, and not objects with columns"),
        hint: "leave records = true out, or name the columns: columns = {'name': 'TYPE'}".to_owned(),
    }
}

/// Columns whose names differ in more than case: DuckDB numbers those that do not.
fn named(fields: Vec<(String, Kind)>) -> Vec<(String, String, Kind)> {
    let mut taken = HashSet::new();
    let name = |key: &str, taken: &mut HashSet<String>| {
        let numbered = (0..).map(|number| if number == 0 { key.to_owned() } else { format!("{key}_{number}") });
        let free = numbered.into_iter().find(|name| taken.insert(name.to_lowercase()));
        free.unwrap_or_default()
    };
    fields.into_iter().map(|(key, kind)| (name(&key, &mut taken), key, kind)).collect()
}
