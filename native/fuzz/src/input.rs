//! Fuzz input: a few bytes that choose options, then the bytes of a file.

use std::{fs, path::PathBuf, time::UNIX_EPOCH};

use fusionflow_engine::source::SourceFile;

/// Bytes that choose options.
pub const CHOICES: usize = 8;

/// Cut an input into choices and text; `None` where it is too short.
#[must_use]
pub fn split(data: &[u8]) -> Option<(&[u8; CHOICES], &[u8])> {
    data.split_first_chunk()
}

/// Pick from `list` by a choice.
#[must_use]
pub fn pick<T: Copy>(list: &[T], choice: u8) -> T {
    list[usize::from(choice) % list.len()]
}

/// Write `text` to the file `name` of this process; the same file each time.
///
/// # Panics
/// Where the folder of temporary files cannot be written.
#[must_use]
pub fn file(name: &str, text: &[u8]) -> SourceFile {
    let path: PathBuf = std::env::temp_dir().join(format!("fusionflow-fuzz-{}-{name}.csv", std::process::id()));
    fs::write(&path, text).expect("the folder of temporary files can be written");
    let metadata = fs::metadata(&path).expect("the file was just written");
    let modified = metadata.modified().expect("files have a time");
    let mtime_ns = modified.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as i64);
    SourceFile { path, size: text.len() as u64, mtime_ns, ..SourceFile::default() }
}
