//! Records of a window: found, checked to the last byte, and the places of the wanted values noted.

use super::{
    fields::{Fields, Shape, Watch},
    parser::{Flaw, Parser},
    plan::JsonColumn,
    spans::{Span, Spans},
};

impl JsonColumn {
    fn shape(&self, slots: &mut usize, watch: &Watch) -> Shape {
        match &self.whole {
            Some(whole) => Shape::new(&self.kind, whole, slots, watch),
            None => Shape::new(&self.kind, &self.kind, slots, &Watch::default()),
        }
    }
}

/// Characters of a record that are shown where it breaks the rules.
const SHOWN: usize = 20;

/// A record that is in no batch, by its bytes in the window.
#[derive(Debug)]
pub struct Refused {
    pub start: usize,
    pub end: usize,
    pub column: Option<String>,
    pub reason: String,
    /// The value that does not fit its column's type.
    pub text: Option<String>,
}

/// The records of a window.
#[derive(Debug)]
pub struct Cut {
    pub spans: Spans,
    pub refused: Vec<Refused>,
    /// Byte after the last record.
    pub end: usize,
}

/// Why a window was not cut.
#[derive(Debug)]
pub enum Uncut {
    /// The window ends within its first value.
    NeedsMore,
    /// What follows cannot be found.
    Broken(Flaw),
}

/// Where values one after another stand: what may follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The first value, or the list of all; the flag says which may be.
    #[default]
    Start,
    /// The first element, or the list's end.
    First,
    /// An element, after a comma.
    Element,
    /// A comma, or the list's end.
    After,
    /// Nothing, after the list's end.
    Done,
    /// Any value.
    Values,
}

/// What is wanted of each record.
enum Root {
    Fields(Fields),
    Whole(Shape),
    Nothing,
}

/// Cuts windows; kept from window to window for its buffers and for the names it met.
pub struct Cutter {
    root: Root,
    records: bool,
    /// Slots of a row, the last one being that of the record itself.
    slots: usize,
    kept: Vec<Span>,
}

impl Cutter {
    /// A cutter for the columns of a plan; `records` are objects, `watch` is told of names that
    /// are in no column where those are `complete`, and of those in columns that are read whole.
    #[must_use]
    pub fn new(columns: &[JsonColumn], records: bool, complete: bool, watch: &Watch) -> Self {
        let mut slots = 0;
        let root = match columns {
            columns if records => {
                let mut fields = if complete { Fields::watched(watch) } else { Fields::default() };
                columns.iter().for_each(|column| fields.add(&column.key, column.shape(&mut slots, watch)));
                Root::Fields(fields)
            }
            [column, ..] => Root::Whole(column.shape(&mut slots, watch)),
            [] => Root::Nothing,
        };
        Self { root, records, slots: slots + 1, kept: Vec::new() }
    }

    /// The shapes of the columns, in their order.
    #[must_use]
    pub fn shapes(&self) -> &[Shape] {
        match &self.root {
            Root::Fields(fields) => fields.shapes(),
            Root::Whole(shape) => std::slice::from_ref(shape),
            Root::Nothing => &[],
        }
    }

    /// The slot of the record itself.
    #[must_use]
    pub fn record_slot(&self) -> usize {
        self.slots - 1
    }

    /// Take a table back that is not needed any more.
    pub fn keep(&mut self, spans: Spans) {
        self.kept = spans.into_vec();
    }

    fn begin(&mut self) -> Spans {
        Spans::over(std::mem::take(&mut self.kept), self.slots)
    }

    /// Past the record at `at`.
    #[inline(always)]
    fn record<const LINES: bool>(
        &mut self,
        parser: &mut Parser<'_, LINES>,
        at: usize,
        row: &mut [Span],
    ) -> Result<usize, Flaw> {
        let found = match (&mut self.root, parser.byte(at)) {
            (Root::Whole(shape), _) => parser.wanted(at, shape, row),
            (Root::Fields(fields), b'{') => parser.object(at, fields, row),
            _ => parser.value(at),
        };
        let end = found.ok_or_else(|| parser.flaw())?;
        if self.records && !matches!(parser.byte(at), b'{' | b'n') {
            return Err(Flaw { at, what: "the record is not an object" });
        }
        row[self.slots - 1] = Span::new(at, end, false);
        Ok(end)
    }

    /// Cut whole lines: `data[..end]` and, where the last line has no end, a line feed after it.
    pub fn lines(&mut self, data: &[u8], end: usize) -> Cut {
        let all_utf8 = simdutf8::basic::from_utf8(&data[..end]).is_ok();
        let mut spans = self.begin();
        let mut refused = Vec::new();
        let mut parser = Parser::<true>::new(data);
        let mut at = 0;
        while at < end {
            let start = parser.blank(at);
            if parser.byte(start) == b'\n' {
                at = start + 1;
                continue;
            }
            let flaw = match self.record(&mut parser, start, spans.push()) {
                Ok(stop) => {
                    let stop = parser.blank(stop);
                    let flaw = if parser.byte(stop) == b'\n' {
                        not_utf8(data, start, stop, all_utf8)
                    } else {
                        Some(Flaw { at: stop, what: "more text after the value in its line" })
                    };
                    at = stop + 1;
                    flaw
                }
                Err(flaw) => Some(flaw),
            };
            if let Some(flaw) = flaw {
                spans.pop();
                let length = memchr::memchr(b'\n', &data[start..]).unwrap_or(data.len() - start);
                refused.push(Refused::flawed(data, start, start + length, flaw));
                at = start + length + 1;
            }
        }
        Cut { spans, refused, end }
    }

    /// Cut values one after another, those that start before `limit`; `place` goes on from window to window.
    ///
    /// # Errors
    /// [`Uncut`] where there is not even one.
    pub fn values(&mut self, text: &[u8], limit: usize, at_end: bool, place: &mut Place) -> Result<Cut, Uncut> {
        let all_utf8 = simdutf8::basic::from_utf8(text).is_ok();
        let mut cut = Cut { spans: self.begin(), refused: Vec::new(), end: 0 };
        let mut parser = Parser::<false>::new(text);
        loop {
            let at = parser.blank(cut.end);
            if at >= text.len() && at_end && !matches!(place, Place::Start | Place::Values | Place::Done) {
                return Err(Uncut::Broken(Flaw { at, what: "the list is never closed" }));
            }
            if at >= text.len() || at >= limit {
                cut.end = at;
                return Ok(cut);
            }
            match (*place, parser.byte(at)) {
                (Place::Start, b'[') => (*place, cut.end) = (Place::First, at + 1),
                (Place::First | Place::After, b']') => (*place, cut.end) = (Place::Done, at + 1),
                (Place::After, b',') => (*place, cut.end) = (Place::Element, at + 1),
                (Place::After, _) => {
                    return Err(Uncut::Broken(Flaw { at, what: "a comma or ] must follow the element" }));
                }
                (Place::Done, _) => return Err(Uncut::Broken(Flaw { at, what: "more text after the list" })),
                (before, _) => {
                    match self.one(&mut parser, text, at, at_end, all_utf8, &mut cut) {
                        Ok(end) => cut.end = end,
                        Err(Uncut::NeedsMore) if cut.end > 0 => {
                            cut.end = at;
                            return Ok(cut);
                        }
                        Err(uncut) => return Err(uncut),
                    }
                    *place = if matches!(before, Place::Start | Place::Values) { Place::Values } else { Place::After };
                }
            }
        }
    }

    /// Past one value of several, which becomes a row or is refused.
    fn one(
        &mut self,
        parser: &mut Parser<'_, false>,
        text: &[u8],
        at: usize,
        at_end: bool,
        all_utf8: bool,
        cut: &mut Cut,
    ) -> Result<usize, Uncut> {
        let found = self.record(parser, at, cut.spans.push());
        let (end, flaw) = match found {
            Ok(end) => (Some(end), not_utf8(text, at, end, all_utf8)),
            // What breaks no rule of JSON has an end all the same.
            Err(flaw) => (parser.value(at), Some(flaw)),
        };
        if flaw.is_some() || end.is_none_or(|end| end >= text.len() && !at_end) {
            cut.spans.pop();
        }
        match (end, flaw) {
            (Some(end), _) if end >= text.len() && !at_end => Err(Uncut::NeedsMore),
            (Some(end), None) => Ok(end),
            (Some(end), Some(flaw)) => {
                cut.refused.push(Refused::flawed(text, at, end, flaw));
                Ok(end)
            }
            (None, _) if parser.flaw().at >= text.len() && !at_end => Err(Uncut::NeedsMore),
            (None, _) => Err(Uncut::Broken(parser.flaw())),
        }
    }
}

fn not_utf8(data: &[u8], start: usize, end: usize, all: bool) -> Option<Flaw> {
    if all {
        return None;
    }
    let error = std::str::from_utf8(data.get(start..end)?).err()?;
    Some(Flaw { at: start + error.valid_up_to(), what: "the record is not UTF-8" })
}

impl Refused {
    /// A record that breaks the rules.
    #[cold]
    fn flawed(data: &[u8], start: usize, end: usize, flaw: Flaw) -> Self {
        let rest = data.get(flaw.at..end).unwrap_or_default();
        let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
        let shown: String = String::from_utf8_lossy(rest).chars().take(SHOWN).collect();
        let place = if shown.is_empty() { "at its end".to_owned() } else { format!("at {shown}") };
        let end = if data[..end].ends_with(b"\r") { end - 1 } else { end };
        Self { start, end, column: None, reason: format!("{}, {place}", flaw.what), text: None }
    }
}
