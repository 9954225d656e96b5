//! A file that takes its name once all its bytes are there; unfinished, it goes away.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use xxhash_rust::xxh3::Xxh3;

use crate::error::{Error, Result};

/// What a finished file is.
#[derive(Debug)]
pub struct Finished {
    pub name: String,
    /// Of its bytes.
    pub digest: String,
    pub bytes: u64,
}

/// A file that is being written.
pub struct Output {
    file: File,
    name: String,
    path: PathBuf,
    digest: Xxh3,
    bytes: u64,
    finished: bool,
}

impl Output {
    /// Begin a file that will have a name which nobody else uses.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create(folder: &Path, name: String) -> Result<Self> {
        let path = folder.join(format!(".{name}.tmp"));
        let file = File::create_new(&path).map_err(|error| Error::io(&path, error))?;
        Ok(Self { file, name, path, digest: Xxh3::new(), bytes: 0, finished: false })
    }

    /// The unfinished file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes written so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Give the file its name, safe from a crash of the machine.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(mut self) -> Result<Finished> {
        let target = self.path.with_file_name(&self.name);
        let kept = self.file.sync_all().and_then(|()| fs::rename(&self.path, &target));
        kept.map_err(|error| Error::io(&target, error))?;
        self.finished = true;
        let name = std::mem::take(&mut self.name);
        Ok(Finished { name, digest: format!("{:032x}", self.digest.digest128()), bytes: self.bytes })
    }
}

impl Write for Output {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = self.file.write(data)?;
        self.digest.update(&data[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_file(&self.path);
        }
    }
}
