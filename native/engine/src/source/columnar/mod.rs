//! What formats of columns have in common: which types DuckDB gives them, and how their arrays reach it.

mod convert;
mod look;
mod name;

pub use convert::{Leaf, convert, delivered, repeated};
pub use look::{FileLook, RootColumn};
pub use name::duckdb_type;

/// Metadata of a field: the name of its extension type.
pub const EXTENSION: &str = "ARROW:extension:name";
/// Metadata of a field: what its extension type says of itself.
pub const EXTENSION_METADATA: &str = "ARROW:extension:metadata";
