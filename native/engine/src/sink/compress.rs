//! Whole files of text, compressed or not.

use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};

use super::{
    output::Output,
    plan::{Codec, SinkPlan},
};
use crate::error::{Error, Result};

/// Bytes on their way to a file.
pub enum Compressor {
    Plain(Box<Output>),
    Gzip(Box<GzEncoder<Output>>),
    Zstd(Box<zstd::Encoder<'static, Output>>),
}

impl Compressor {
    /// Compress as the plan says.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a codec that is for pages of Parquet.
    pub fn new(plan: &SinkPlan, output: Output) -> Result<Self> {
        let path = output.path().to_owned();
        match plan.codec {
            Codec::None => Ok(Self::Plain(Box::new(output))),
            Codec::Gzip => {
                let level = plan.level.map_or(Compression::default(), |level| Compression::new(level.unsigned_abs()));
                Ok(Self::Gzip(Box::new(GzEncoder::new(output, level))))
            }
            Codec::Zstd => {
                let encoder = zstd::Encoder::new(output, plan.level.unwrap_or(0));
                Ok(Self::Zstd(Box::new(encoder.map_err(|error| Error::io(&path, error))?)))
            }
            other => Err(Error::Invalid(format!("text is not compressed as {other:?}: gzip or zstd"))),
        }
    }

    /// Bytes in the file so far.
    pub fn bytes(&self) -> u64 {
        self.output().bytes()
    }

    /// The file.
    pub fn output(&self) -> &Output {
        match self {
            Self::Plain(output) => output,
            Self::Gzip(encoder) => encoder.get_ref(),
            Self::Zstd(encoder) => encoder.get_ref(),
        }
    }

    /// End the compression and return the file.
    ///
    /// # Errors
    /// As the file writes.
    pub fn finish(self) -> io::Result<Output> {
        match self {
            Self::Plain(output) => Ok(*output),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl Write for Compressor {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(output) => output.write(data),
            Self::Gzip(encoder) => encoder.write(data),
            Self::Zstd(encoder) => encoder.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
