//! Globs → sorted absolute paths of files, folders walked in parallel.
//!
//! `*`, `?`, `[a-z]`, `[!a-z]` and `{a,b}` stay within one path component; `**` stands for any number
//! of folders and follows no links. Hidden files are files like any other, as in DuckDB.

use std::{
    path::{Component, Path, PathBuf},
    time::UNIX_EPOCH,
};

use globset::{GlobBuilder, GlobMatcher};
use rayon::prelude::*;

use crate::error::{Error, Result};

/// One component of a pattern below its fixed folder.
enum Step {
    /// A name without magic.
    Name(String),
    /// A name with magic.
    Match(GlobMatcher),
    /// `**`: this folder and all below.
    Deep,
}

/// List the files that match `pattern`, sorted by path, absolute.
///
/// # Errors
/// `Io` of kind `NotFound` with the nearest folder that exists when nothing matches, `Invalid` for a
/// folder or a pattern that makes no sense.
pub fn list_files(pattern: &str) -> Result<Vec<PathBuf>> {
    if pattern.is_empty() {
        return Err(Error::Invalid("the file name is empty".to_owned()));
    }
    let here = std::env::current_dir().map_err(|source| Error::io(Path::new("."), source))?;
    let named = here.join(pattern);
    let exact = clean(&named);
    if named.is_file() {
        return Ok(vec![exact]);
    }
    if named.is_dir() {
        let folder = pattern.trim_end_matches('/');
        return Err(Error::Invalid(format!("{pattern} is a folder; name its files, for example '{folder}/*.csv'")));
    }
    let mut found = Vec::new();
    for alternative in expand_braces(pattern)? {
        let (folder, steps) = parse(&here, &alternative)?;
        found.extend(walk(&folder, &steps)?);
    }
    found.par_sort_unstable();
    found.dedup();
    if let Some(odd) = found.iter().find(|path| path.to_str().is_none()) {
        return Err(Error::Invalid(format!("the name of {} is not UTF-8; rename it", odd.display())));
    }
    if found.is_empty() { Err(not_found(pattern, &exact)) } else { Ok(found) }
}

/// Size and modification time (nanoseconds since 1970) of files as they are now; `None` for what is no file.
#[must_use]
pub fn stat_files(paths: &[PathBuf]) -> Vec<Option<(u64, i64)>> {
    paths.par_iter().map(|path| stat_file(path)).collect()
}

fn stat_file(path: &Path) -> Option<(u64, i64)> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let mtime_ns = match metadata.modified().ok()?.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i64,
        Err(before) => -(before.duration().as_nanos() as i64),
    };
    Some((metadata.len(), mtime_ns))
}

/// Join `.` and `..` away by their text; links are left as they are named.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

fn has_magic(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// Expand `{a,b}` into one pattern each; braces may nest and hold slashes.
fn expand_braces(pattern: &str) -> Result<Vec<String>> {
    const MOST: usize = 10_000;
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(text) = open.pop() {
        let Some(start) = opening_brace(&text) else {
            done.push(text);
            continue;
        };
        let (end, commas) = closing_brace(&text, start).ok_or_else(|| {
            Error::Invalid(format!("{pattern}: the '{{' has no '}}'; write '[{{]' for the character"))
        })?;
        let mut from = start + 1;
        for comma in commas.into_iter().chain([end]) {
            open.push(format!("{}{}{}", &text[..start], &text[from..comma], &text[end + 1..]));
            from = comma + 1;
        }
        if open.len() + done.len() > MOST {
            return Err(Error::Invalid(format!("{pattern} stands for more than {MOST} patterns")));
        }
    }
    Ok(done)
}

/// Place of the first `{` that is not in a `[…]`.
fn opening_brace(text: &str) -> Option<usize> {
    let mut class = false;
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => class = true,
            b']' => class = false,
            b'{' if !class => return Some(place),
            _ => {}
        }
    }
    None
}

/// Place of the brace that closes the one at `start`, and of the commas between them.
fn closing_brace(text: &str, start: usize) -> Option<(usize, Vec<usize>)> {
    let mut depth = 0;
    let mut commas = Vec::new();
    for (place, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 1 => commas.push(place),
            b'}' if depth == 1 => return Some((place, commas)),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Cut a pattern into the folder that has no magic and the steps below it.
fn parse(here: &Path, pattern: &str) -> Result<(PathBuf, Vec<Step>)> {
    let mut folder = if pattern.starts_with('/') { PathBuf::from("/") } else { here.to_owned() };
    let mut steps = Vec::new();
    for name in pattern.split('/').filter(|name| !name.is_empty() && *name != ".") {
        if name == "**" {
            if !matches!(steps.last(), Some(Step::Deep)) {
                steps.push(Step::Deep);
            }
        } else if has_magic(name) {
            let glob = GlobBuilder::new(name)
                .literal_separator(true)
                .backslash_escape(false)
                .build()
                .map_err(|error| Error::Invalid(format!("{pattern}: {}", error.kind())))?;
            steps.push(Step::Match(glob.compile_matcher()));
        } else if steps.is_empty() && name == ".." {
            folder.pop();
        } else if name == ".." {
            return Err(Error::Invalid(format!("{pattern}: '..' cannot follow a wildcard")));
        } else if steps.is_empty() {
            folder.push(name);
        } else {
            steps.push(Step::Name(name.to_owned()));
        }
    }
    if steps.is_empty() {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        folder.pop();
        steps.extend(name.map(Step::Name));
    }
    Ok((folder, steps))
}

fn walk(folder: &Path, steps: &[Step]) -> Result<Vec<PathBuf>> {
    let Some((step, rest)) = steps.split_first() else {
        return Ok(Vec::new());
    };
    match step {
        Step::Name(name) => {
            let path = folder.join(name);
            if rest.is_empty() { Ok(if path.is_file() { vec![path] } else { Vec::new() }) } else { walk(&path, rest) }
        }
        Step::Match(matcher) => {
            let (files, folders) = entries(folder, true, |name| matcher.is_match(name))?;
            if rest.is_empty() { Ok(files) } else { walk_all(&folders, rest) }
        }
        Step::Deep => {
            let (files, folders) = entries(folder, false, |_| true)?;
            let mut found = if rest.is_empty() { files } else { walk(folder, rest)? };
            found.extend(walk_all(&folders, steps)?);
            Ok(found)
        }
    }
}

fn walk_all(folders: &[PathBuf], steps: &[Step]) -> Result<Vec<PathBuf>> {
    let found: Vec<_> = folders.par_iter().map(|folder| walk(folder, steps)).collect::<Result<_>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// Files and folders of `folder` whose name is wanted. A folder that does not exist is empty.
fn entries(folder: &Path, links: bool, wanted: impl Fn(&str) -> bool) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let listing = match std::fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if is_absent(&error) => return Ok((Vec::new(), Vec::new())),
        Err(error) => return Err(Error::io(folder, error)),
    };
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in listing {
        let entry = entry.map_err(|source| Error::io(folder, source))?;
        let name = entry.file_name();
        if !wanted(&name.to_string_lossy()) {
            continue;
        }
        let kind = entry.file_type().map_err(|source| Error::io(&entry.path(), source))?;
        let path = entry.path();
        if kind.is_dir() || (kind.is_symlink() && links && path.is_dir()) {
            folders.push(path);
        } else if kind.is_file() || (kind.is_symlink() && path.is_file()) {
            files.push(path);
        }
    }
    Ok((files, folders))
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// Say what is missing, and what there is instead.
fn not_found(pattern: &str, exact: &Path) -> Error {
    let fixed: PathBuf =
        exact.components().take_while(|part| !has_magic(&part.as_os_str().to_string_lossy())).collect();
    let nearest = fixed.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
    let missing = exact.strip_prefix(nearest).ok().and_then(|rest| rest.components().next());
    let missing = missing.map(|part| part.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
    let plural = if has_magic(pattern) { "no file matches" } else { "there is no file" };
    let mut what = format!("{plural} {pattern}; the nearest folder that exists is {}", nearest.display());
    let similar = similar_names(nearest, &missing);
    if similar.is_empty() {
        what.push_str(if is_empty(nearest) { ", and it is empty" } else { "" });
    } else {
        what.push_str(&format!(", with {}", similar.join(", ")));
    }
    Error::Io { path: exact.to_owned(), source: std::io::Error::new(std::io::ErrorKind::NotFound, what) }
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut listing| listing.next().is_none())
}

/// Up to three names of the folder, nearest to `wanted` first.
fn similar_names(folder: &Path, wanted: &str) -> Vec<String> {
    const LOOK_AT: usize = 10_000;
    let Ok(listing) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = listing.take(LOOK_AT).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let wanted: String = wanted.chars().filter(|c| !matches!(c, '*' | '?' | '[' | ']')).collect();
    let mut ranked: Vec<_> = names.map(|name| (crate::nearest::distance(&wanted, &name), name)).collect();
    ranked.sort();
    ranked.into_iter().take(3).map(|(_, name)| name).collect()
}
