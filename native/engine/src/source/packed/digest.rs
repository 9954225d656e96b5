//! The digest of the bytes of a part, as its scan took it.

use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use super::{part::Part, place::Place, text::Text};
use crate::{
    error::Result,
    source::{
        plan::{CancelFlag, SourceFile},
        read_at::{Meter, Opener},
    },
};

/// Bytes read in one go.
const STEP: u64 = 1 << 20;

/// End the digest of a part's members by the text of the record that goes on beyond them.
///
/// What ends with its file is told apart from what does not: a member that is appended may go on with its last
/// record.
#[must_use]
pub fn identity_of(mut digest: Xxh3, beyond: &[u8], ends_file: bool) -> String {
    digest.update(beyond);
    digest.update(&[u8::from(ends_file)]);
    format!("{:032x}", digest.digest128())
}

/// Digest the members and texts between these places as a scan of them would; empty where it cannot have been
/// one.
///
/// # Errors
/// As the file reads.
pub fn digest_places(
    opener: &Opener,
    planned: &SourceFile,
    places: &[(u64, u64)],
    cancel: &CancelFlag,
) -> Result<String> {
    let [(start, end)] = places else { return Ok(String::new()) };
    let (start, end) = (Place::unpacked(*start), Place::unpacked(*end));
    if end.member > planned.size || start.member > end.member {
        return Ok(String::new());
    }
    let bytes = opener.open(&planned.path, Some(planned))?;
    let mut digest = Xxh3::new();
    let mut buffer = Vec::new();
    let mut at = start.member;
    while at < end.member {
        cancel.check()?;
        let to = end.member.min(at + STEP);
        buffer.resize((to - at) as usize, 0);
        bytes.read_exact_at(&mut buffer, at)?;
        digest.update(&buffer);
        at = to;
    }
    let mut beyond = vec![0; end.byte as usize];
    if end.byte > 0 {
        let part = Arc::new(Part::new(end.member, u64::MAX, Some(end.member)));
        let lead = part.lead();
        let text = Text::open(bytes, planned, part, Meter::default())?;
        let length = text.read_at(&mut beyond, lead, lead)?;
        beyond.truncate(length);
    }
    Ok(identity_of(digest, &beyond, end.member == planned.size))
}
