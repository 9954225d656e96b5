//! How records lie in a file, found out from its head.

use super::super::{
    cut::{Cutter, Place, Uncut},
    fields::Watch,
    parser::{Flaw, Parser},
    plan::Form,
};

/// Lines of the head that are tried.
const LINES: usize = 100;

/// What a head says.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// No value at all; the file ends.
    Nothing,
    Form(Form),
    /// The head ends too early to tell.
    NeedsMore,
    /// No value starts the file, and no line of it is one.
    NoJson(Flaw),
}

/// Look at the head of a file, from its first byte after a BOM.
#[must_use]
pub fn form_of(head: &[u8], whole: bool) -> Found {
    let start = Parser::<false>::new(head).blank(0);
    if start >= head.len() {
        return if whole { Found::Nothing } else { Found::NeedsMore };
    }
    let end = memchr::memchr(b'\n', &head[start..]).map_or(head.len(), |length| start + length);
    if end == head.len() && !whole && head[start] != b'[' {
        return Found::NeedsMore;
    }
    let more = Parser::<false>::new(head).blank(end) < head.len();
    let list = head[start] == b'[';
    if is_line(&head[start..end]) && (!list || more) {
        return Found::Form(Form::Lines);
    }
    if list {
        return Found::Form(Form::Array);
    }
    match apart(head, whole) {
        Ok(()) => Found::Form(Form::Values),
        Err(_) if any_line(head, whole) => Found::Form(Form::Lines),
        Err(flaw) => Found::NoJson(flaw),
    }
}

fn is_line(line: &[u8]) -> bool {
    let data = [line, b"\n"].concat();
    let mut parser = Parser::<true>::new(&data);
    let end = parser.value(0).map(|end| parser.blank(end));
    end == Some(line.len())
}

/// Whether one of the first whole lines is a value.
fn any_line(head: &[u8], whole: bool) -> bool {
    let lines = head.split_inclusive(|&byte| byte == b'\n').take(LINES);
    let mut whole_lines = lines.filter(|line| whole || line.ends_with(b"\n"));
    whole_lines.any(|line| is_line(line.trim_ascii()))
}

/// Whether the head is values one after another, none of them in the line of another.
fn apart(head: &[u8], whole: bool) -> Result<(), Flaw> {
    let mut cutter = Cutter::new(&[], false, false, &Watch::default());
    let slot = cutter.record_slot();
    let cut = match cutter.values(head, head.len(), whole, &mut Place::Values) {
        Ok(cut) => cut,
        Err(Uncut::NeedsMore) => return Ok(()),
        Err(Uncut::Broken(flaw)) => return Err(flaw),
    };
    let spans: Vec<_> = cut.spans.column(slot).collect();
    for pair in spans.windows(2) {
        if !head[pair[0].end()..pair[1].start()].contains(&b'\n') {
            return Err(Flaw { at: pair[1].start(), what: "more than one value in a line" });
        }
    }
    match cut.refused.first() {
        Some(refused) => Err(Flaw { at: refused.start, what: "this is not UTF-8" }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_tells_the_form() {
        let cases = [
            ("", Found::Nothing),
            (" \r\n\n", Found::Nothing),
            ("{\"a\":1}\n{\"a\":2}\n", Found::Form(Form::Lines)),
            ("\n{\"a\":1}", Found::Form(Form::Lines)),
            ("1\n2\n", Found::Form(Form::Lines)),
            ("x\n{\"a\":1}\n", Found::Form(Form::Lines)),
            ("{\"a\":1} {\"a\":2}\n{\"a\":3}\n", Found::Form(Form::Lines)),
            ("{\n\"a\":1}\n{\n\"a\":2}\n", Found::Form(Form::Values)),
            ("[{\"a\":1},{\"a\":2}]", Found::Form(Form::Array)),
            ("[{\"a\":1},{\"a\":2}]\n", Found::Form(Form::Array)),
            ("[1,2]\n[3]\n", Found::Form(Form::Lines)),
            ("[\n{\"a\":1}\n]\n", Found::Form(Form::Array)),
            ("[1]x", Found::Form(Form::Array)),
            ("{\"a\":1} {\"a\":2}", Found::NoJson(Flaw { at: 8, what: "more than one value in a line" })),
            ("abc", Found::NoJson(Flaw { at: 0, what: "no value starts like this" })),
        ];
        for (head, found) in cases {
            assert_eq!(form_of(head.as_bytes(), true), found, "{head}");
        }
        assert_eq!(form_of(b"{\"a\":1,", false), Found::NeedsMore);
        assert_eq!(form_of(b"[{\"a\":1},", false), Found::Form(Form::Array));
        assert_eq!(form_of(b"{\n\"a\":1,\n\"b", false), Found::Form(Form::Values));
    }
}
