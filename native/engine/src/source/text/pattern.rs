//! Patterns as DuckDB's functions take them (RE2), for the crate `regex`: linear in time, whatever the pattern.
//!
//! Both know nearly the same syntax. `\d`, `\w`, `\s` and `\b` are ASCII in RE2 and so they are here; what `regex`
//! alone gives a meaning to inside brackets is refused, not read otherwise. Groups that nobody asks for are not
//! captured.

use regex_automata::{
    Anchored, Input,
    meta::{Cache, Regex},
    util::{primitives::NonMaxUsize, syntax},
};
use regex_syntax::ast::{self, Ast, ClassPerlKind, ClassSetItem, Visitor};

use super::steps::{Found, Steps};
use crate::{
    error::{Error, Result},
    source::{csv::Span, level::Level},
};

/// Bytes of the largest pattern, compiled.
const MAX_COMPILED: usize = 10 << 20;
/// Deepest nesting of a pattern.
const MAX_DEPTH: u32 = 100;
/// Lines after which it is clear whether matches start where lines do.
const TRIALS: u32 = 64;

/// Names of the groups, in order.
///
/// # Errors
/// [`Error::Invalid`] where the pattern makes no sense, with the place; or where it names no groups.
pub fn group_names(pattern: &str) -> Result<Vec<String>> {
    let (_, edits) = read(pattern)?;
    if edits.names.is_empty() {
        return Err(Error::Invalid("the pattern names no groups, such as (?<word>\\w+)".to_owned()));
    }
    Ok(edits.names)
}

/// A compiled pattern, and what it needs to search.
pub struct Pattern {
    regex: Regex,
    cache: Cache,
    slots: Vec<Option<NonMaxUsize>>,
    tried: u32,
    succeeded: u32,
    /// What is asked before, if the pattern is so simple; the places that it noted, where it was it that matched.
    steps: Option<Steps>,
    marks: Vec<usize>,
    by_steps: bool,
    /// Start of the line.
    start: usize,
}

impl Pattern {
    /// Compile a pattern; `wanted` are the groups that are captured, by their places among the named ones,
    /// ascending.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it makes no sense, or is too large.
    pub fn new(pattern: &str, wanted: &[usize]) -> Result<Self> {
        let (_, edits) = read(pattern)?;
        let text = edits.apply(pattern, wanted);
        let parsed = syntax::parse_with(&text, &syntax::Config::new().nest_limit(2 * MAX_DEPTH));
        let hir = parsed.map_err(|error| Error::Invalid(format!("the pattern cannot be compiled: {error}")))?;
        let built = Regex::builder().configure(Regex::config().nfa_size_limit(Some(MAX_COMPILED))).build_from_hir(&hir);
        let regex = built.map_err(|error| match error.size_limit() {
            Some(limit) => Error::Invalid(format!(
                "the pattern takes more than {} MiB compiled; make its repetitions smaller",
                limit >> 20
            )),
            None => Error::Invalid(format!("the pattern cannot be compiled: {error}")),
        })?;
        let cache = regex.create_cache();
        let count = 2 * (1 + wanted.len());
        Ok(Self {
            regex,
            cache,
            slots: vec![None; count],
            tried: 0,
            succeeded: 0,
            steps: Steps::new(&hir, Level::detect()),
            marks: vec![0; count],
            by_steps: false,
            start: 0,
        })
    }

    /// Find the leftmost match in a line of a text; the groups are those asked for.
    #[inline]
    pub fn find(&mut self, data: &[u8], line: Span) -> bool {
        self.start = line.start;
        self.by_steps = true;
        match self.steps.as_ref().map_or(Found::Unclear, |steps| steps.find(data, line, &mut self.marks)) {
            Found::Match => true,
            Found::None => false,
            Found::Unclear => {
                self.by_steps = false;
                self.search(&data[line.start..line.end])
            }
        }
    }

    fn search(&mut self, line: &[u8]) -> bool {
        // A match at the line's start is the leftmost one, and found in one go.
        if self.tried < TRIALS || 2 * self.succeeded >= self.tried {
            self.tried += 1;
            let input = Input::new(line).anchored(Anchored::Yes);
            if self.regex.search_slots_with(&mut self.cache, &input, &mut self.slots).is_some() {
                self.succeeded += 1;
                return true;
            }
        }
        self.regex.search_slots_with(&mut self.cache, &Input::new(line), &mut self.slots).is_some()
    }

    /// What group `place` among those wanted took of the text; `None` where it had no part in the match.
    #[inline]
    #[must_use]
    pub fn group(&self, place: usize) -> Option<Span> {
        if self.by_steps {
            let &[start, end] = self.marks.get(2 * place + 2..2 * place + 4)?.first_chunk()?;
            return Some(Span { start, end });
        }
        match self.slots.get(2 * place + 2..2 * place + 4) {
            Some([Some(start), Some(end)]) => {
                Some(Span { start: self.start + start.get(), end: self.start + end.get() })
            }
            _ => None,
        }
    }
}

fn read(pattern: &str) -> Result<(Ast, Edits)> {
    let parsed = ast::parse::ParserBuilder::new().nest_limit(MAX_DEPTH).build().parse(pattern);
    let tree = parsed.map_err(|error| wrong(pattern, error.span(), &error.kind().to_string()))?;
    let edits = ast::visit(&tree, Edits::default()).map_err(|(span, what)| wrong(pattern, &span, what))?;
    Ok((tree, edits))
}

fn wrong(pattern: &str, span: &ast::Span, what: &str) -> Error {
    let place = pattern.get(..span.start.offset).unwrap_or(pattern).chars().count();
    let shown = pattern.replace(['\n', '\r', '\t'], " ");
    let mark = " ".repeat(place);
    Error::Invalid(format!("the pattern is wrong at its character {}: {what}\n  {shown}\n  {mark}^", place + 1))
}

/// What to write otherwise in a pattern.
#[derive(Debug, Default)]
struct Edits {
    names: Vec<String>,
    /// Bytes of the pattern, and what stands for them.
    texts: Vec<(usize, usize, String)>,
    /// The same for the openings of named groups, by their order; those that are wanted stay.
    groups: Vec<(usize, usize)>,
}

impl Edits {
    fn apply(&self, pattern: &str, wanted: &[usize]) -> String {
        let unwanted = self.groups.iter().enumerate().filter(|(place, _)| !wanted.contains(place));
        let mut edits = self.texts.clone();
        edits.extend(unwanted.map(|(_, &(start, end))| (start, end, "(?:".to_owned())));
        edits.sort_by_key(|edit| edit.0);
        let (mut text, mut at) = (String::with_capacity(pattern.len()), 0);
        for (start, end, fresh) in edits {
            text.push_str(pattern.get(at..start).unwrap_or_default());
            text.push_str(&fresh);
            at = end;
        }
        text.push_str(pattern.get(at..).unwrap_or_default());
        text
    }

    fn edit(&mut self, span: &ast::Span, text: impl Into<String>) {
        self.texts.push((span.start.offset, span.end.offset, text.into()));
    }
}

/// ASCII classes, as RE2 has them.
fn ascii_class(kind: &ClassPerlKind, negated: bool) -> String {
    let members = match kind {
        ClassPerlKind::Digit => "0-9",
        ClassPerlKind::Word => "0-9A-Za-z_",
        ClassPerlKind::Space => r"\t\n\f\r ",
    };
    format!("[{}{members}]", if negated { "^" } else { "" })
}

type Wrong = (ast::Span, &'static str);

impl Visitor for Edits {
    type Output = Self;
    type Err = Wrong;

    fn finish(self) -> std::result::Result<Self, Wrong> {
        Ok(self)
    }

    fn visit_pre(&mut self, tree: &Ast) -> std::result::Result<(), Wrong> {
        match tree {
            Ast::ClassPerl(class) => {
                self.edit(&class.span, format!("(?-i:{})", ascii_class(&class.kind, class.negated)));
            }
            Ast::Assertion(found) if found.kind == ast::AssertionKind::WordBoundary => {
                self.edit(&found.span, r"(?-u:\b)");
            }
            Ast::Assertion(found) if found.kind == ast::AssertionKind::NotWordBoundary => {
                self.edit(&found.span, r"(?-u:\B)");
            }
            Ast::Group(group) => {
                let start = group.span.start.offset;
                match &group.kind {
                    ast::GroupKind::CaptureIndex(_) => self.texts.push((start, start + 1, "(?:".to_owned())),
                    ast::GroupKind::CaptureName { name, .. } => {
                        self.groups.push((start, name.span.end.offset + 1));
                        self.names.push(name.name.clone());
                    }
                    ast::GroupKind::NonCapturing(_) => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> std::result::Result<(), Wrong> {
        match item {
            ClassSetItem::Perl(class) => self.edit(&class.span, ascii_class(&class.kind, class.negated)),
            ClassSetItem::Bracketed(class) => {
                return Err((class.span, "a bracket within brackets; write \\[ for the character"));
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_binary_op_pre(&mut self, found: &ast::ClassSetBinaryOp) -> std::result::Result<(), Wrong> {
        Err((found.span, "two &, - or ~ within brackets; write \\ before each"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, line: &str) -> Option<Vec<Option<String>>> {
        let count = group_names(pattern).unwrap().len();
        let mut pattern = Pattern::new(pattern, &(0..count).collect::<Vec<_>>()).unwrap();
        let text = |span: Span| line[span.start - 1..span.end - 1].to_owned();
        find(&mut pattern, line).then(|| (0..count).map(|place| pattern.group(place).map(text)).collect())
    }

    /// Find a match in a line that starts after one byte of a text.
    fn find(pattern: &mut Pattern, line: &str) -> bool {
        let text = [b"x", line.as_bytes(), &[b'x'; 64]].concat();
        pattern.find(&text, Span { start: 1, end: 1 + line.len() })
    }

    fn span(start: usize, end: usize) -> Option<Span> {
        Some(Span { start, end })
    }

    fn texts(pattern: &str, line: &str) -> Vec<String> {
        found(pattern, line).unwrap().into_iter().map(Option::unwrap_or_default).collect()
    }

    #[test]
    fn named_groups_are_found() {
        assert_eq!(texts(r"(?<a>\S+) (x|y) (?P<b>\w+)", "one y two"), ["one", "two"]);
        assert_eq!(texts(r"level=(?<level>\w+)", "at=1 level=info"), ["info"]);
        assert_eq!(found(r"(?<a>a)|(?<b>b)", "b").unwrap(), [None, Some("b".to_owned())]);
        assert_eq!(found(r"(?<a>a)", "b"), None);
    }

    #[test]
    fn only_wanted_groups_are_captured() {
        let mut pattern = Pattern::new(r"(?<a>\d)(?<b>\d)(?<c>\d)", &[0, 2]).unwrap();
        assert!(find(&mut pattern, "x123"));
        assert_eq!((pattern.group(0), pattern.group(1), pattern.group(2)), (span(2, 3), span(4, 5), None));
    }

    #[test]
    fn classes_are_those_of_re2() {
        assert_eq!(texts(r"(?<w>\w+)", "été"), ["t"]);
        assert_eq!(texts(r"(?<w>[^\W\d]+)", "1été_2"), ["t"]);
        assert_eq!(texts(r"(?<d>[\d.]+)", "٣ 1.5"), ["1.5"]);
        assert_eq!(texts(r"(?<s>\S+)", "\u{b}é\u{a0}x y"), ["\u{b}é\u{a0}x"]);
        assert_eq!(texts(r"(?<w>\bt)", "été"), ["t"]);
        assert_eq!(texts(r"(?<u>\pL+)", "été"), ["été"]);
        assert_eq!(found(r"(?i)(?<w>\w)", "\u{212a}"), None);
    }

    #[test]
    fn matches_that_start_late_are_found_after_many_that_do_not() {
        let mut pattern = Pattern::new("(?<x>b+)", &[0]).unwrap();
        for _ in 0..3 * TRIALS {
            assert!(find(&mut pattern, "aabb"));
            assert_eq!(pattern.group(0), span(3, 5));
            assert!(!find(&mut pattern, "aa"));
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let cases = [
            ("(?<a>x", "character 1: unclosed group"),
            ("é(?<a>[x)", "character 7: unclosed character class"),
            ("(?<a>x)(?<a>y)", "character 11: duplicate capture group name"),
            ("(?<a>[a[b]c])", "character 8: a bracket within brackets"),
            ("(?<a>[a&&b])", "character 7: two &, - or ~ within brackets"),
            (r"(?<a>.)\1", "character 8: backreferences are not supported"),
            (r"(?<a>x)(?=y)", "character 8: look-around"),
            ("x+", "names no groups"),
        ];
        for (pattern, expected) in cases {
            let told = group_names(pattern).unwrap_err().to_string();
            assert!(told.contains(expected), "{pattern}: {told}");
        }
        let Err(error) = Pattern::new(r"(?<a>(?:\pL{1000}){1000})", &[0]) else { panic!("it is too large") };
        assert!(error.to_string().contains("10 MiB"), "{error}");
        let deep = format!("(?<a>{}x{})", "(".repeat(1000), ")".repeat(1000));
        assert!(group_names(&deep).unwrap_err().to_string().contains("nest"));
    }
}
