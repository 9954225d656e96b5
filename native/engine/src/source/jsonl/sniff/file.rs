//! One file: its form, and what is in several places of it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    form::{Found, form_of},
    structure::{Rules, Structure},
};
use crate::{
    error::{Error, Result},
    source::{
        Compression, Encoding, Opener, SourceFile, Stamp,
        file::{OpenFile, Window},
        jsonl::{
            batch::Batcher,
            cut::Place,
            locate::{MAX_RECORD, line_start, too_long},
            plan::{Form, ScanPlan},
        },
        packed::has_members,
    },
};

/// Bytes that all files together are looked at, unless they are very many.
const BUDGET: u64 = 64 << 20;
const LARGEST_SPOT: u64 = 256 << 10;
const SMALLEST_SPOT: u64 = 8 << 10;
/// Bytes of the head of a file that is not cut into lines; a spot elsewhere could not be understood.
const LARGEST_HEAD: u64 = 16 << 20;
/// Places of a file that are looked at beside its head.
const SPOTS: u64 = 8;
/// Bytes that the form is first told by.
const HEAD: u64 = 64 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What the user said about the files.
#[derive(Clone, Debug)]
pub struct SniffOptions {
    /// `None`: find out.
    pub form: Option<Form>,
    pub records: Option<bool>,
    /// Whether to look at all that is in the files.
    pub whole: bool,
    pub rules: Rules,
    /// `None`: what each file's name says.
    pub compression: Option<Compression>,
    /// What opens the files.
    pub opener: Opener,
}

/// What one file says.
#[derive(Debug)]
pub struct Look {
    pub path: PathBuf,
    pub stamp: Stamp,
    pub compression: Compression,
    /// Whether it is packed in many members.
    pub members: bool,
    /// Byte after the BOM.
    pub data_start: u64,
    /// `None` where the file holds no value.
    pub form: Option<Form>,
    pub seen: Structure,
    /// The first record that breaks the rules, and why.
    pub flaw: Option<(u64, String)>,
}

/// Look at one file of several.
///
/// # Errors
/// `Io` where it cannot be read, `Refused` where it is not JSON.
pub fn look(path: &Path, options: &SniffOptions, files: usize) -> Result<Look> {
    let bytes = options.opener.open(path, None)?;
    let stamp = bytes.stamp()?;
    let compression = options.compression.unwrap_or_else(|| Compression::of(path));
    let members = has_members(bytes.as_ref(), stamp.size, compression)?;
    let Stamp { size, mtime_ns, etag } = stamp.clone();
    let planned = SourceFile { path: path.to_owned(), size, mtime_ns, etag, compression, ..SourceFile::default() };
    let file = OpenFile::open_as_planned(&options.opener, &planned, Encoding::Utf8)?;
    let (data_start, found) = head(&file, options.form)?;
    let seen = Structure::default();
    let path = path.to_owned();
    let mut look = Look { path, stamp, compression, members, data_start, form: found, seen, flaw: None };
    if let Some(form) = found {
        look.see(&file, form, options.whole, files)?;
    }
    Ok(look)
}

/// The byte after a BOM, and the form.
fn head(file: &OpenFile, given: Option<Form>) -> Result<(u64, Option<Form>)> {
    let mut window = Window::default();
    window.load(file, 0, HEAD)?;
    loop {
        let text = window.text();
        if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, b'{' | b'[', ..] | [b'{' | b'[', 0, ..] = text {
            let hint = "JSON is UTF-8: convert the file with iconv -f UTF-16 -t UTF-8".to_owned();
            let what = "this is UTF-16".to_owned();
            return Err(Error::Refused { path: file.path().to_owned(), offset: 0, what, hint });
        }
        let start = if text.starts_with(BOM) { BOM.len() } else { 0 };
        match form_of(&text[start..], window.reaches_end_of(file)) {
            Found::Nothing => return Ok((start as u64, None)),
            Found::Form(form) => return Ok((start as u64, Some(given.unwrap_or(form)))),
            Found::NoJson(_) if given.is_some() => return Ok((start as u64, given)),
            Found::NoJson(flaw) => return Err(no_json(file, (start + flaw.at) as u64, flaw.what)),
            Found::NeedsMore if text.len() > MAX_RECORD => return Err(too_long(file, 0)),
            Found::NeedsMore => {
                let more = 3 * text.len();
                window.extend(file, more)?;
            }
        }
    }
}

fn no_json(file: &OpenFile, offset: u64, what: &str) -> Error {
    Error::Refused {
        path: file.path().to_owned(),
        offset,
        what: format!("this is not JSON: {what}"),
        hint: "look at the file there; values in one line are read with format = 'unstructured'".to_owned(),
    }
}

impl Look {
    fn see(&mut self, file: &OpenFile, form: Form, whole: bool, files: usize) -> Result<()> {
        let plan = Arc::new(ScanPlan::new(Vec::new(), Vec::new(), form, false)?);
        let mut batcher = Batcher::new(&plan);
        let window = plan.window as u64;
        for (from, to) in self.places(file, form, whole, files)? {
            let mut place = if form == Form::Values { Place::Values } else { Place::Start };
            let mut at = from;
            while at < to {
                let limit = file.clip(to, at + window)?;
                if at >= limit {
                    break;
                }
                let (data, cut) = batcher.cut(file, at, limit, &mut place)?;
                for span in cut.spans.column(batcher.record_slot()) {
                    self.seen.observe(&data, span.start(), 0);
                }
                if let Some(refused) = cut.refused.first().filter(|_| self.flaw.is_none()) {
                    self.flaw = Some((at + refused.start as u64, refused.reason.clone()));
                }
                at += cut.end as u64;
                batcher.keep(cut.spans);
            }
        }
        Ok(())
    }

    /// The ranges to look at; each starts with a record.
    fn places(&self, file: &OpenFile, form: Form, whole: bool, files: usize) -> Result<Vec<(u64, u64)>> {
        let start = self.data_start;
        let size = file.size();
        if whole {
            return Ok(vec![(start, size)]);
        }
        if form != Form::Lines {
            return Ok(vec![(start, size.min(start + LARGEST_HEAD))]);
        }
        let spot = (BUDGET / (SPOTS + 1) / files.max(1) as u64).clamp(SMALLEST_SPOT, LARGEST_SPOT);
        if size <= start + (SPOTS + 1) * spot || self.compression != Compression::None {
            // A packed file can only be read from its start.
            return Ok(vec![(start, size.min(start + (SPOTS + 1) * spot))]);
        }
        let mut window = Window::default();
        let mut places = vec![(start, start + spot)];
        for number in 1..=SPOTS {
            let from = size - (size - start) / SPOTS * (SPOTS - number) - spot;
            places.push((line_start(file, &mut window, from.max(start + 1))?, from + spot));
        }
        Ok(places)
    }
}
