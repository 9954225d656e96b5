//! Packed files: gzip members, zstd frames and bzip2 streams (all called members here), read as text.
//!
//! `members` finds where one may start, `decoder` unpacks it, `text` strings the texts together and `part` says
//! which of them a chunk reads. Formats see text alone; `place` and `pass` turn what they report into bytes of
//! the file.

mod decoder;
mod digest;
mod members;
mod part;
mod pass;
mod place;
mod text;

pub use digest::digest_places;
pub use members::{MEMBERS_FROM, has_members};
pub use part::{LEAD, Part};
pub use pass::unpacking;
pub use place::Place;
pub use text::Text;
