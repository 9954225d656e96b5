//! What text files look like: their encoding, and the types of what a pattern finds in them.

use std::path::{Path, PathBuf};

use memchr::memchr;
use rayon::prelude::*;

use super::pattern::{Pattern, group_names};
use crate::{
    error::{Error, Result},
    source::{
        compression::Compression,
        csv::{
            Span,
            sniff::{Guess, Sample, decoded, encoding_of, head_size},
        },
        encoding::Encoding,
        plan::SourceFile,
        read_at::Opener,
    },
    types::ColumnType,
};

/// What text files have in common, and each of them.
#[derive(Clone, Debug)]
pub struct TextSniff {
    pub encoding: Encoding,
    pub files: Vec<SourceFile>,
    /// Names of the groups of the pattern, and the least types that hold what they find in the places looked at.
    pub groups: Vec<(String, ColumnType)>,
}

/// Look at the starts of files, and with a pattern at several places of each, in parallel.
///
/// # Errors
/// [`Error::Invalid`] where the pattern makes no sense, [`Error::Refused`] where a file is no text or its encoding
/// differs from the first one's, or as the files read.
pub fn sniff_text(
    opener: &Opener,
    paths: &[PathBuf],
    encoding: Option<Encoding>,
    pattern: Option<&str>,
    compression: Option<Compression>,
) -> Result<TextSniff> {
    let names = pattern.map(group_names).transpose()?.unwrap_or_default();
    let wanted: Vec<usize> = (0..names.len()).collect();
    if let Some(pattern) = pattern {
        Pattern::new(pattern, &wanted)?;
    }
    let looks: Vec<Look> = paths
        .par_iter()
        .map_init(
            || pattern.and_then(|pattern| Pattern::new(pattern, &wanted).ok()),
            |pattern, path| {
                let sample = Sample::open(opener, path, compression)?;
                look(&sample, path, encoding, pattern.as_mut(), names.len(), head_size(paths.len()))
            },
        )
        .collect::<Result<_>>()?;
    let known = |look: &&Look| look.file.size > 0;
    let common = looks.iter().find(known).map_or(encoding.unwrap_or_default(), |look| look.encoding);
    if let Some(other) = looks.iter().filter(known).find(|look| look.encoding != common) {
        return Err(Error::Refused {
            path: other.file.path.clone(),
            offset: 0,
            what: format!("the text is {}, that of other files {common}", other.encoding),
            hint: "read the files by themselves, or convert them with iconv".to_owned(),
        });
    }
    let mut guesses = vec![Guess::default(); names.len()];
    for look in &looks {
        for (guess, &found) in guesses.iter_mut().zip(&look.guesses) {
            *guess = guess.widest(found);
        }
    }
    let types = guesses.into_iter().map(|guess| guess.column_type(&[]));
    Ok(TextSniff {
        encoding: common,
        groups: names.into_iter().zip(types).collect(),
        files: looks.into_iter().map(|look| look.file).collect(),
    })
}

struct Look {
    file: SourceFile,
    encoding: Encoding,
    guesses: Vec<Guess>,
}

fn look(
    sample: &Sample,
    path: &Path,
    given: Option<Encoding>,
    pattern: Option<&mut Pattern>,
    groups: usize,
    head: usize,
) -> Result<Look> {
    let stamp = sample.stamp().clone();
    let bytes = sample.head(head)?;
    sample.refuse_packed(path, &bytes)?;
    let (encoding, mark) = encoding_of(path, &bytes, given)?;
    let mut guesses = vec![Guess::default(); groups];
    if let Some(pattern) = pattern {
        let whole = bytes.len() as u64 >= sample.size();
        observe(&decoded(&bytes[mark..], encoding, whole), true, whole, pattern, &mut guesses);
        for (bytes, is_end) in sample.spots(head)? {
            observe(&decoded(&bytes, encoding, is_end), false, is_end, pattern, &mut guesses);
        }
    }
    let file = SourceFile {
        path: path.to_owned(),
        size: stamp.size,
        mtime_ns: stamp.mtime_ns,
        etag: stamp.etag,
        compression: sample.compression(),
        members: sample.members(),
        data_start: mark as u64,
        ..SourceFile::default()
    };
    Ok(Look { file, encoding, guesses })
}

/// See what the pattern finds in the whole lines of a part of a file.
fn observe(text: &[u8], is_start: bool, is_end: bool, pattern: &mut Pattern, guesses: &mut [Guess]) {
    let mut rest = match memchr(b'\n', text) {
        _ if is_start => text,
        Some(feed) => &text[feed + 1..],
        None => return,
    };
    while !rest.is_empty() {
        let (line, after) = match memchr(b'\n', rest) {
            Some(feed) => (&rest[..feed], &rest[feed + 1..]),
            None if is_end => (rest, &rest[rest.len()..]),
            None => return,
        };
        rest = after;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if simdutf8::basic::from_utf8(line).is_ok() && pattern.find(line, Span { start: 0, end: line.len() }) {
            for (place, guess) in guesses.iter_mut().enumerate() {
                if let Some(Span { start, end }) = pattern.group(place) {
                    guess.observe(&line[start..end]);
                }
            }
        }
    }
}
