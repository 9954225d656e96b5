//! The digest of bytes that were scanned before, taken at the speed of memory: are they still the same?

use xxhash_rust::xxh3::Xxh3;

use super::{
    compression::Compression,
    encoding::Encoding,
    file::{OpenFile, Window},
    packed::digest_places,
    plan::{CancelFlag, SourceFile},
    read_at::Opener,
};
use crate::error::Result;

/// Bytes read in one go.
const STEP: u64 = 1 << 20;

/// Digest the bytes `[start, end)` of a file's ranges as a scan of blocks with these records would; those of
/// packed files are places.
///
/// Empty where a range cannot be what blocks with these records are: it goes beyond the file, or it ends neither
/// after a line's end nor with the file (a last record without a line's end, to which something was appended).
///
/// # Errors
/// [`crate::error::Error::Changed`] where the file is not as planned, or as it reads.
pub fn digest_ranges(
    opener: &Opener,
    planned: &SourceFile,
    ranges: &[(u64, u64)],
    cancel: &CancelFlag,
) -> Result<String> {
    if planned.compression != Compression::None {
        return digest_places(opener, planned, ranges, cancel);
    }
    // The bytes as they are, whatever they mean.
    let file = OpenFile::open_as_planned(opener, planned, Encoding::Utf8)?;
    let mut digest = Xxh3::new();
    let mut window = Window::default();
    for &(start, end) in ranges {
        if end > file.size() || !ends_a_record(&file, &mut window, start, end)? {
            return Ok(String::new());
        }
        let mut at = start;
        while at < end {
            cancel.check()?;
            let to = end.min(at + STEP);
            window.load(&file, at, to)?;
            digest.update(window.text());
            at = to;
        }
    }
    file.check(planned)?;
    Ok(format!("{:032x}", digest.digest128()))
}

fn ends_a_record(file: &OpenFile, window: &mut Window, start: u64, end: u64) -> Result<bool> {
    if end == file.size() || end <= start {
        return Ok(true);
    }
    window.load(file, end - 1, end + 1)?;
    Ok(matches!(window.text(), [b'\n', _]) || matches!(window.text(), [b'\r', next] if *next != b'\n'))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf, time::UNIX_EPOCH};

    use super::*;

    fn file(name: &str, text: &str) -> SourceFile {
        let path: PathBuf = std::env::temp_dir().join(format!("fusionflow-{}-{name}.csv", std::process::id()));
        fs::write(&path, text).unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let mtime_ns = modified.duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64;
        SourceFile { path, size: text.len() as u64, mtime_ns, ..SourceFile::default() }
    }

    fn digested(text: &str, ranges: &[(u64, u64)]) -> String {
        let file = file(&format!("{}-{}", text.len(), ranges.len()), text);
        let digest = digest_ranges(&Opener::default(), &file, ranges, &CancelFlag::default()).unwrap();
        fs::remove_file(file.path).unwrap();
        digest
    }

    #[test]
    fn it_is_that_of_the_bytes() {
        assert_eq!(digested("1,a\n2,b\n", &[(4, 8), (0, 4)]), digested("2,b\n1,a\n ", &[(0, 8)]));
        assert_ne!(digested("1,a\n2,b\n", &[(0, 4)]), digested("1,b\n2,b\n", &[(0, 4)]));
    }

    #[test]
    fn a_last_record_that_goes_on_is_another_one() {
        assert_ne!(digested("1,a\n2,b", &[(0, 7)]), "");
        assert_eq!(digested("1,a\n2,bc\n", &[(0, 7)]), "");
        assert_eq!(digested("1,a\r\n2,b\r\n", &[(0, 4)]), "");
        assert_eq!(digested("1,a", &[(0, 4)]), "");
    }
}
