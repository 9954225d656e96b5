//! One member at a time, unpacked from buffer to buffer. All checksums are checked.

use std::fmt;

use zstd::stream::raw::{Decoder as ZstdDecoder, Operation};

use crate::source::compression::Compression;

/// Bits of gzip's largest window.
const GZIP_WINDOW: u8 = 15;

/// What one step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Bytes taken from the input.
    pub read: usize,
    /// Bytes put into the output.
    pub written: usize,
    /// Whether the member is over, its checksum right.
    pub over: bool,
}

/// Unpacks one member.
pub enum Decoder {
    Gzip(flate2::Decompress),
    Zstd(Box<ZstdDecoder<'static>>),
    Bzip2(bzip2::Decompress),
}

impl Decoder {
    /// A decoder at the start of a member; `None` for files that are not packed.
    ///
    /// # Errors
    /// What is wrong, in words: there is no memory.
    pub fn new(compression: Compression) -> Result<Option<Self>, String> {
        Ok(match compression {
            Compression::None => None,
            Compression::Gzip => Some(Self::Gzip(flate2::Decompress::new_gzip(GZIP_WINDOW))),
            Compression::Bzip2 => Some(Self::Bzip2(bzip2::Decompress::new(false))),
            Compression::Zstd => {
                Some(Self::Zstd(Box::new(ZstdDecoder::new().map_err(|error| format!("cannot unpack: {error}"))?)))
            }
        })
    }

    /// Unpack some of `input` into `output`.
    ///
    /// # Errors
    /// What is wrong with the bytes, in words.
    pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
        match self {
            Self::Gzip(decoder) => gzip_step(decoder, input, output),
            Self::Bzip2(decoder) => bzip2_step(decoder, input, output),
            Self::Zstd(decoder) => match decoder.run_on_buffers(input, output) {
                Ok(status) => {
                    Ok(Step { read: status.bytes_read, written: status.bytes_written, over: status.remaining == 0 })
                }
                Err(error) => Err(zstd_words(&error.to_string())),
            },
        }
    }
}

fn gzip_step(decoder: &mut flate2::Decompress, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
    let (read, written) = (decoder.total_in(), decoder.total_out());
    let status = decoder.decompress(input, output, flate2::FlushDecompress::None);
    let status = status.map_err(|error| gzip_words(error.message().unwrap_or_default()))?;
    Ok(Step {
        read: (decoder.total_in() - read) as usize,
        written: (decoder.total_out() - written) as usize,
        over: status == flate2::Status::StreamEnd,
    })
}

fn bzip2_step(decoder: &mut bzip2::Decompress, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
    let (read, written) = (decoder.total_in(), decoder.total_out());
    let status = decoder.decompress(input, output).map_err(|_| "the bzip2 data is damaged".to_owned())?;
    if status == bzip2::Status::MemNeeded {
        return Err("there is no memory to unpack bzip2 data".to_owned());
    }
    Ok(Step {
        read: (decoder.total_in() - read) as usize,
        written: (decoder.total_out() - written) as usize,
        over: status == bzip2::Status::StreamEnd,
    })
}

fn gzip_words(message: &str) -> String {
    match message {
        "incorrect data check" => "the gzip checksum (CRC) is wrong: the data is damaged".to_owned(),
        "incorrect length check" => "the gzip length (ISIZE) is wrong: the data is damaged".to_owned(),
        "" => "the gzip data is damaged".to_owned(),
        other => format!("the gzip data is damaged ({other})"),
    }
}

fn zstd_words(message: &str) -> String {
    match message {
        "Restored data doesn't match checksum" => "the zstd checksum is wrong: the data is damaged".to_owned(),
        "Frame requires too much memory for decoding" => {
            "the zstd frame was packed with a window of more than 128 MiB (zstd --long)".to_owned()
        }
        "Dictionary mismatch" => "the zstd frame needs a dictionary".to_owned(),
        other => format!("the zstd data is damaged ({other})"),
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip(_) => "Gzip",
            Self::Zstd(_) => "Zstd",
            Self::Bzip2(_) => "Bzip2",
        })
    }
}
