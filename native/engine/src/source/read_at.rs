//! Where the bytes of a file come from: whatever can be read by position.

use std::{
    fmt::Debug,
    fs::File,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::UNIX_EPOCH,
};

use super::plan::SourceFile;
use crate::error::{Error, Result};

/// What tells one version of a file from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    pub size: u64,
    pub mtime_ns: i64,
    /// Version of a remote object; empty for a local file.
    pub etag: String,
}

/// The bytes of one file, read by position by any thread.
pub trait ReadAt: Debug + Send + Sync {
    /// Its version, as it is now.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be told any more.
    fn stamp(&self) -> Result<Stamp>;

    /// Fill `buffer` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`Error::Changed`] where they are not there or of another version, [`Error::Io`] where they cannot be
    /// read.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()>;
}

/// Opens files by their paths.
pub trait Open: Debug + Send + Sync {
    /// Open a file; `planned` is how it was when it was planned for, and `None` for one that is looked at first.
    ///
    /// Nothing is checked here: [`super::file::OpenFile`] compares the versions.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be opened, [`Error::Invalid`] for a folder.
    fn open(&self, path: &Path, planned: Option<&SourceFile>) -> Result<Box<dyn ReadAt>>;
}

/// Counts the bytes of files that were read so far.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// Count more bytes.
    pub fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes counted so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What opens the files of a plan; by default they lie on this machine.
#[derive(Clone, Debug)]
pub struct Opener {
    open: Arc<dyn Open>,
    /// Of all files that it opens.
    pub meter: Meter,
}

impl Opener {
    /// Open files in this way.
    #[must_use]
    pub fn new(open: impl Open + 'static) -> Self {
        Self { open: Arc::new(open), meter: Meter::default() }
    }

    /// Open a file.
    ///
    /// # Errors
    /// As [`Open::open`].
    pub fn open(&self, path: &Path, planned: Option<&SourceFile>) -> Result<Box<dyn ReadAt>> {
        self.open.open(path, planned)
    }
}

impl Default for Opener {
    fn default() -> Self {
        Self::new(Local)
    }
}

/// Opens files of this machine.
#[derive(Debug)]
pub struct Local;

impl Open for Local {
    fn open(&self, path: &Path, _planned: Option<&SourceFile>) -> Result<Box<dyn ReadAt>> {
        let file = File::open(path).map_err(|error| Error::io(path, error))?;
        if file.metadata().map_err(|error| Error::io(path, error))?.is_dir() {
            return Err(Error::Invalid(format!("{} is a folder; name its files", path.display())));
        }
        Ok(Box::new(LocalFile { file, path: path.to_owned() }))
    }
}

/// An open file of this machine.
#[derive(Debug)]
struct LocalFile {
    file: File,
    path: PathBuf,
}

impl ReadAt for LocalFile {
    fn stamp(&self) -> Result<Stamp> {
        let metadata = self.file.metadata().map_err(|error| Error::io(&self.path, error))?;
        let modified = metadata.modified().map_err(|error| Error::io(&self.path, error))?;
        let mtime_ns = match modified.duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_nanos() as i64,
            Err(before) => -(before.duration().as_nanos() as i64),
        };
        Ok(Stamp { size: metadata.len(), mtime_ns, etag: String::new() })
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        read_exact_at(&self.file, buffer, offset).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Error::Changed { path: self.path.clone() },
            _ => Error::io(&self.path, error),
        })
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> std::io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            read => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
        }
    }
    Ok(())
}
