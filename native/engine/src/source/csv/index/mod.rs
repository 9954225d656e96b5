//! The structural index: where delimiters and line feeds outside quotes lie, 64 bytes at a time.
//!
//! It verifies as it goes: quotes open only at the start of a field and close only at its end, every record
//! has the right number of fields, the last one ends outside quotes. What it cannot vouch for it refuses, and
//! the tolerant reader takes over. One kernel, several instruction sets, chosen at run time.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod kernel;
mod layout;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

pub use kernel::{Input, Refusal, index};
pub use layout::Layout;
