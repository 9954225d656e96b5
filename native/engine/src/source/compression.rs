//! How the bytes of a file are packed.

use std::{fmt, path::Path, str::FromStr};

use crate::{
    error::{Error, Result},
    nearest::nearest,
};

/// What a file must be unpacked with before it is text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    #[default]
    None,
    Gzip,
    Zstd,
    Bzip2,
}

/// Names, as DuckDB's readers take them.
const NAMES: [(&str, Compression); 4] = [
    ("none", Compression::None),
    ("gzip", Compression::Gzip),
    ("zstd", Compression::Zstd),
    ("bz2", Compression::Bzip2),
];

impl Compression {
    /// What a file's name says.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let suffix = path.extension().map(|suffix| suffix.to_string_lossy().to_ascii_lowercase());
        match suffix.as_deref() {
            Some("gz") => Self::Gzip,
            Some("zst") => Self::Zstd,
            Some("bz2") => Self::Bzip2,
            _ => Self::None,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(_, known)| known == self).map_or("", |(name, _)| name))
    }
}

impl FromStr for Compression {
    type Err = Error;

    /// By name; empty is none.
    fn from_str(text: &str) -> Result<Self> {
        match NAMES.iter().find(|(name, _)| *name == text || text.is_empty()) {
            Some((_, compression)) => Ok(*compression),
            None => Err(Error::Invalid(format!(
                "compression {text} is not known; did you mean {}?",
                nearest(text, NAMES.iter().map(|(name, _)| *name)).unwrap_or_default()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known() {
        for name in ["none", "gzip", "zstd", "bz2"] {
            assert_eq!(name.parse::<Compression>().unwrap().to_string(), name);
        }
        assert_eq!(Compression::of(Path::new("a/b.csv.GZ")), Compression::Gzip);
        assert_eq!(Compression::of(Path::new("a.gz/b.csv")), Compression::None);
        assert_eq!("".parse::<Compression>().unwrap(), Compression::None);
        assert!("gzop".parse::<Compression>().unwrap_err().to_string().contains("did you mean gzip?"));
    }
}
