//! Where members start: what their first bytes look like, and the search for one in the middle of a file.

use memchr::memmem::Finder;

use super::decoder::Decoder;
use crate::{
    error::Result,
    source::{compression::Compression, read_at::ReadAt},
};

/// Bytes of a header that tell whether it is one.
pub const HEADER: usize = 18;
/// Bytes searched in one go.
const STEP: u64 = 1 << 20;
/// Bytes of a candidate that are unpacked to believe it.
const TRIAL_INPUT: usize = 256 << 10;
const TRIAL_OUTPUT: usize = 64 << 10;
/// Packed files from this size on are cut where they have members.
pub const MEMBERS_FROM: u64 = 8 << 20;
/// A file is looked at for members in this part of its bytes, in pieces of [`STEP`].
const LOOKED_AT: u64 = 64;
const PIECES: std::ops::RangeInclusive<u64> = 8..=64;

/// The first bytes of all members.
fn magic(compression: Compression) -> &'static [u8] {
    match compression {
        Compression::None => b"",
        Compression::Gzip => b"\x1f\x8b\x08",
        Compression::Zstd => b"\x28\xb5\x2f\xfd",
        Compression::Bzip2 => b"BZh",
    }
}

/// Whether a member may start with these bytes; those that a short file lacks may be missing.
#[must_use]
pub fn starts_member(compression: Compression, bytes: &[u8]) -> bool {
    let rest = bytes.strip_prefix(magic(compression));
    match (compression, rest) {
        (_, None) => false,
        (Compression::Gzip, Some(rest)) => rest.first().is_some_and(|flags| flags & 0xe0 == 0),
        (Compression::Bzip2, Some(rest)) => {
            let body = rest.get(1..7);
            rest.first().is_some_and(|level| (b'1'..=b'9').contains(level))
                && (body == Some(b"\x31\x41\x59\x26\x53\x59") || body == Some(b"\x17\x72\x45\x38\x50\x90"))
        }
        _ => true,
    }
}

/// Length of the skippable zstd frame that starts with these bytes.
#[must_use]
pub fn skippable(compression: Compression, bytes: &[u8]) -> Option<u64> {
    let (magic, rest) = bytes.split_first_chunk::<4>()?;
    let (length, _) = rest.split_first_chunk::<4>()?;
    let is_skippable = compression == Compression::Zstd && u32::from_le_bytes(*magic) & !0xf == 0x184d_2a50;
    is_skippable.then(|| 8 + u64::from(u32::from_le_bytes(*length)))
}

/// Find the first byte of `[from, to)` where a member starts that can be unpacked for a while.
///
/// # Errors
/// As the file reads.
pub fn find_member(file: &dyn ReadAt, size: u64, compression: Compression, from: u64, to: u64) -> Result<Option<u64>> {
    let finder = Finder::new(magic(compression));
    let mut bytes = Vec::new();
    let mut at = from;
    while at < to.min(size) {
        let end = (at + STEP).min(to).min(size);
        let with_header = (end + HEADER as u64).min(size);
        bytes.resize((with_header - at) as usize, 0);
        file.read_exact_at(&mut bytes, at)?;
        for place in finder.find_iter(&bytes) {
            let offset = at + place as u64;
            if offset < end && starts_member(compression, &bytes[place..]) && unpacks(file, size, compression, offset)?
            {
                return Ok(Some(offset));
            }
        }
        at = end;
    }
    Ok(None)
}

/// Whether what starts at `offset` can be unpacked for a while.
fn unpacks(file: &dyn ReadAt, size: u64, compression: Compression, offset: u64) -> Result<bool> {
    if compression == Compression::Bzip2 {
        return Ok(true); // ten bytes of magic
    }
    let mut input = vec![0; TRIAL_INPUT.min((size - offset) as usize)];
    file.read_exact_at(&mut input, offset)?;
    let Ok(Some(mut decoder)) = Decoder::new(compression) else { return Ok(false) };
    let mut output = vec![0; TRIAL_OUTPUT];
    let (mut at, mut written) = (0, 0);
    loop {
        match decoder.step(&input[at..], &mut output) {
            Err(_) => return Ok(false),
            Ok(step) if step.over || written + step.written >= TRIAL_OUTPUT => return Ok(true),
            Ok(step) if step.read == 0 && step.written == 0 => return Ok(input.len() == TRIAL_INPUT),
            Ok(step) => (at, written) = (at + step.read, written + step.written),
        }
    }
}

/// Whether members are found in the middle of a file, so that it is worth to be cut.
///
/// # Errors
/// As the file reads.
pub fn has_members(file: &dyn ReadAt, size: u64, compression: Compression) -> Result<bool> {
    if compression == Compression::None || size < MEMBERS_FROM {
        return Ok(false);
    }
    let pieces = (size / LOOKED_AT / STEP).clamp(*PIECES.start(), *PIECES.end());
    for piece in 1..=pieces {
        let from = size / (pieces + 1) * piece;
        if find_member(file, size, compression, from, from + STEP)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
