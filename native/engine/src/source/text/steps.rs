//! Patterns that are matched from left to right without a way back: texts, and runs of bytes that what follows
//! cannot begin with. One look at each byte, many at once.
//!
//! A pattern is taken only where this finds just what the crate `regex` finds; all others are left to it.

use memchr::memmem::Finder;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

use super::classes::{Classified, Classify, Members, by_level};
use crate::source::{csv::Span, level::Level};

/// Places where an unanchored pattern may begin that are tried in a line: each try may read on to its end.
const TRIES: usize = 8;
/// Characters that are not ASCII.
const NOT_ASCII: u32 = 0x11_0000 - 0x800 - 0x80;

/// A pattern as steps.
#[derive(Debug)]
pub struct Steps {
    level: Level,
    steps: Vec<Step>,
    /// What matches begin with where they need not begin with the line.
    first: Option<Finder<'static>>,
}

/// What comes next in a match.
#[derive(Debug)]
enum Step {
    /// The place, noted under a number.
    Mark(usize),
    Text(Text),
    /// One of several texts, none of which another one begins with.
    Either(Vec<Text>),
    /// At least and at most so many bytes of a kind.
    Run(Box<Members>, usize, usize),
    /// The line's end.
    End,
}

/// A text, and its first bytes as a word.
#[derive(Debug)]
struct Text {
    bytes: Vec<u8>,
    head: u64,
    mask: u64,
}

impl Text {
    fn new(bytes: &[u8]) -> Self {
        let mut head = [0; 8];
        let kept = bytes.len().min(head.len());
        head[..kept].copy_from_slice(&bytes[..kept]);
        let mask = if kept == head.len() { u64::MAX } else { (1 << (8 * kept)) - 1 };
        Self { bytes: bytes.to_vec(), head: u64::from_le_bytes(head), mask }
    }

    /// The place after the text, if it stands at `at`.
    #[inline(always)]
    fn after(&self, data: &[u8], at: usize, end: usize) -> Option<usize> {
        let after = at + self.bytes.len();
        let rest = data.get(at..)?;
        let same = match rest.first_chunk() {
            Some(&head) if u64::from_le_bytes(head) & self.mask != self.head => false,
            Some(_) if self.mask < u64::MAX => true,
            _ => rest.starts_with(&self.bytes),
        };
        (same && after <= end).then_some(after)
    }
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Match,
    None,
    /// It would take too long to tell.
    Unclear,
}

impl Steps {
    /// The steps of a pattern, if they are all there is to it.
    #[must_use]
    pub fn new(pattern: &Hir, level: Level) -> Option<Self> {
        let mut flat = Flat { steps: Vec::new(), lazy: false };
        let anchored = flat.begin(pattern)?;
        if !flat.are_certain() {
            return None;
        }
        let first = match flat.steps.iter().find(|step| !matches!(step, Step::Mark(_))) {
            _ if anchored => None,
            Some(Step::Text(text)) => Some(Finder::new(&text.bytes).into_owned()),
            _ => return None,
        };
        Some(Self { level, steps: flat.steps, first })
    }

    /// Find the leftmost match in a line, and note its places in `marks`. It is fast where bytes follow in `data`.
    pub fn find(&self, data: &[u8], line: Span, marks: &mut [usize]) -> Found {
        let mut search = Search { steps: self, data, line, marks, found: Found::None };
        by_level(self.level, &mut search);
        search.found
    }
}

struct Search<'a> {
    steps: &'a Steps,
    data: &'a [u8],
    line: Span,
    marks: &'a mut [usize],
    found: Found,
}

impl Classified for &mut Search<'_> {
    #[inline(always)]
    fn run(self, classify: impl Classify) {
        let Span { start, end } = self.line;
        let Some(first) = &self.steps.first else {
            self.found = if self.matches(classify, start) { Found::Match } else { Found::None };
            return;
        };
        let mut at = start;
        for _ in 0..TRIES {
            let Some(distance) = first.find(&self.data[at..end]) else { return };
            at += distance;
            if self.matches(classify, at) {
                self.found = Found::Match;
                return;
            }
            at += 1;
        }
        self.found = Found::Unclear;
    }
}

impl Search<'_> {
    /// Whether there is a match that begins at a place.
    #[inline(always)]
    fn matches(&mut self, classify: impl Classify, mut at: usize) -> bool {
        let (data, end) = (self.data, self.line.end);
        for step in &self.steps.steps {
            let after = match step {
                Step::Mark(mark) => {
                    self.marks[*mark] = at;
                    Some(at)
                }
                Step::Text(text) => text.after(data, at, end),
                Step::Either(texts) => texts.iter().find_map(|text| text.after(data, at, end)),
                Step::Run(members, least, most) => {
                    let limit = end.min(at.saturating_add(*most));
                    let after = members.run(classify, data, at, limit);
                    (after - at >= *least).then_some(after)
                }
                Step::End => (at == end).then_some(at),
            };
            let Some(after) = after else { return false };
            at = after;
        }
        true
    }
}

/// Steps while they are read out of a pattern.
struct Flat {
    steps: Vec<Step>,
    /// Whether some run takes as little as it can.
    lazy: bool,
}

impl Flat {
    /// Add all steps; whether matches begin where lines do.
    fn begin(&mut self, pattern: &Hir) -> Option<bool> {
        let parts = match pattern.kind() {
            HirKind::Concat(parts) => &parts[..],
            _ => std::slice::from_ref(pattern),
        };
        let anchored = matches!(parts.first().map(Hir::kind), Some(HirKind::Look(Look::Start)));
        parts.iter().skip(usize::from(anchored)).try_for_each(|part| self.add(part))?;
        Some(anchored)
    }

    fn add(&mut self, part: &Hir) -> Option<()> {
        let step = match part.kind() {
            HirKind::Empty => return Some(()),
            HirKind::Literal(text) => Step::Text(Text::new(&text.0)),
            HirKind::Class(class) => Step::Run(Box::new(members(class).filter(|members| !members.others)?), 1, 1),
            HirKind::Look(Look::End) => Step::End,
            HirKind::Repetition(repetition) => self.run(repetition)?,
            HirKind::Capture(capture) => {
                let mark = 2 * (capture.index as usize);
                self.steps.push(Step::Mark(mark));
                self.add(&capture.sub)?;
                Step::Mark(mark + 1)
            }
            HirKind::Concat(parts) => return parts.iter().try_for_each(|part| self.add(part)),
            HirKind::Alternation(parts) => Step::Either(parts.iter().map(text).collect::<Option<_>>()?),
            HirKind::Look(_) => return None,
        };
        self.steps.push(step);
        Some(())
    }

    fn run(&mut self, repetition: &Repetition) -> Option<Step> {
        let members = match repetition.sub.kind() {
            HirKind::Class(class) => members(class)?,
            HirKind::Literal(text) => match text.0[..] {
                [byte] if byte.is_ascii() => Members::new(|other| other == byte, false),
                _ => return None,
            },
            _ => return None,
        };
        // A character that is not ASCII is several bytes.
        if members.others && (repetition.min > 1 || repetition.max.is_some()) {
            return None;
        }
        self.lazy |= !repetition.greedy;
        let most = repetition.max.map_or(usize::MAX, |most| most as usize);
        Some(Step::Run(Box::new(members), repetition.min as usize, most))
    }

    /// Whether no step could end elsewhere and the others match all the same.
    fn are_certain(&self) -> bool {
        self.steps.iter().enumerate().all(|(place, step)| match step {
            Step::Run(members, least, most) if least < most => self.cannot_go_on(members, place + 1),
            Step::Either(texts) => {
                let begins = |one: &Text| texts.iter().filter(|other| other.bytes.starts_with(&one.bytes)).count();
                texts.iter().all(|one| !one.bytes.is_empty() && begins(one) == 1)
            }
            Step::End => !self.steps[place + 1..].iter().any(|step| !matches!(step, Step::Mark(_) | Step::End)),
            Step::Text(text) => !text.bytes.is_empty(),
            _ => true,
        })
    }

    /// Whether what begins with this step cannot begin with a byte of a kind.
    fn cannot_go_on(&self, members: &Members, from: usize) -> bool {
        for step in &self.steps[from..] {
            match step {
                Step::Mark(_) => {}
                Step::Text(text) => return !members.has(text.bytes[0]),
                Step::Either(texts) => return texts.iter().all(|text| !members.has(text.bytes[0])),
                Step::Run(others, least, _) => {
                    if (0..=u8::MAX).any(|byte| members.has(byte) && others.has(byte)) {
                        return false;
                    }
                    if *least > 0 {
                        return true;
                    }
                }
                Step::End => return true,
            }
        }
        !self.lazy
    }
}

fn text(part: &Hir) -> Option<Text> {
    match part.kind() {
        HirKind::Literal(text) => Some(Text::new(&text.0)),
        _ => None,
    }
}

/// The bytes of a class's characters; those that are not ASCII must be all in it, or none.
fn members(class: &Class) -> Option<Members> {
    let Class::Unicode(class) = class else { return None };
    let (mut ascii, mut others) = ([false; 128], 0);
    for range in class.ranges() {
        let (start, end) = (range.start() as u32, range.end() as u32);
        (start..=end.min(0x7f)).for_each(|character| ascii[character as usize] = true);
        if end > 0x7f {
            let surrogates = if start < 0xd800 && end > 0xdfff { 0x800 } else { 0 };
            others += end - start.max(0x80) + 1 - surrogates;
        }
    }
    let all = others == NOT_ASCII;
    (all || others == 0).then(|| Members::new(|byte| ascii[usize::from(byte)], all))
}

#[cfg(test)]
mod tests {
    use regex_automata::meta::Regex;

    use super::*;
    use crate::source::csv::agreement::Random;

    /// Whether a pattern has steps; what they find in lines is what `regex` finds, at every level.
    fn agrees(pattern: &str, lines: &[String]) -> bool {
        let hir = regex_syntax::parse(pattern).unwrap();
        let regex = Regex::builder().build_from_hir(&hir).unwrap();
        let mut taken = false;
        for level in Level::available() {
            let Some(steps) = Steps::new(&hir, level) else { continue };
            taken = true;
            for line in lines {
                let data = format!("é{line}abc é");
                let data = [data.as_bytes(), &[b'a'; 64]].concat();
                let span = Span { start: 2, end: 2 + line.len() };
                let mut marks = vec![0; 2 * regex.captures_len()];
                let found = steps.find(&data, span, &mut marks);
                let mut captures = regex.create_captures();
                regex.captures(line, &mut captures);
                if found == Found::Unclear {
                    continue;
                }
                assert_eq!(found == Found::Match, captures.is_match(), "{pattern} in {line:?}");
                for group in (1..regex.captures_len()).filter(|_| captures.is_match()) {
                    let expected = captures.get_group(group).unwrap();
                    let places = (marks[2 * group] - 2, marks[2 * group + 1] - 2);
                    assert_eq!(places, (expected.start, expected.end), "{pattern} in {line:?}");
                }
            }
        }
        taken
    }

    fn lines() -> Vec<String> {
        let pieces = [
            "",
            "a",
            "b",
            "ab",
            "x=",
            "1",
            "22",
            " ",
            "  ",
            "é",
            "[",
            "]",
            "GET ",
            "POST ",
            "-",
            "a long text without blanks",
        ];
        let mut random = Random(5);
        let mut line = |_| (0..random.below(9)).map(|_| pieces[random.below(pieces.len())]).collect();
        (0..400).map(&mut line).collect()
    }

    #[test]
    fn steps_find_what_regex_finds() {
        let mut random = Random(4);
        let pieces = [
            "a",
            "b",
            "x=",
            "(?<g>[ab]+)",
            "([0-9]+)",
            "[0-9]{1,2}",
            " ",
            " +",
            "[^ ]*",
            "([^ ]+)",
            "(?:GET|POST) ",
            "\\[",
            "[^\\]]*",
            "\\]",
            "[a-z]?",
            "([ab]{2})",
            "é",
            ".*",
            "a*?",
            "-?",
            "(a|bc)",
        ];
        let lines = lines();
        let mut taken = 0;
        for _ in 0..600 {
            let count = 1 + random.below(6);
            let middle: String = (0..count)
                .map(|place| pieces[random.below(pieces.len())].replace("?<g>", &format!("?<g{place}>")))
                .collect();
            let start = ["^", ""][random.below(2)];
            let end = ["$", ""][random.below(2)];
            taken += usize::from(agrees(&format!("{start}{middle}{end}"), &lines));
        }
        assert!(taken > 50, "only {taken} patterns have steps");
    }

    #[test]
    fn patterns_of_logs_have_steps() {
        let lines =
            ["10:01 WARN [w-1] GET /a/b 12ms", "10:01 WARN [w-1] GET /a/b 12m", "", "level=info x level=", "é b c"];
        let lines: Vec<String> = lines.map(str::to_owned).to_vec();
        for pattern in [
            r"^([^\t\n\f\r ]+) ([0-9A-Za-z_]+) \[[^\]]*\] GET (/[^\t\n\f\r ]*) ([0-9]+)ms$",
            r"level=([0-9A-Za-z_]+)",
            r"^([^ ]*) (.*)$",
            r"(?:GET|POST) ([^ ?]+)",
        ] {
            let wanted = !pattern.starts_with("(?:");
            assert_eq!(agrees(pattern, &lines), wanted, "{pattern}");
        }
    }

    #[test]
    fn patterns_that_might_go_back_have_none() {
        for pattern in [
            "^a*ab",
            "^(.*) x",
            "^[ab]+b?$",
            "^[a-z]*?",
            "[0-9]+ms",
            "^(?:a|ab)c",
            "^é*$",
            "^[é]+ ",
            "^\\ba",
            "^(a )?b",
        ] {
            assert!(Steps::new(&regex_syntax::parse(pattern).unwrap(), Level::Portable).is_none(), "{pattern}");
        }
    }

    #[test]
    fn many_false_starts_are_unclear() {
        let steps = Steps::new(&regex_syntax::parse("a([^b]*)b").unwrap(), Level::Portable).unwrap();
        let data = [b'a'; 200];
        assert_eq!(steps.find(&data, Span { start: 0, end: 100 }, &mut [0; 4]), Found::Unclear);
        assert_eq!(steps.find(&data, Span { start: 0, end: 3 }, &mut [0; 4]), Found::None);
    }
}
