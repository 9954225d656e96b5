//! LIST columns: the elements of all rows are a table of their own.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, FieldRef};

use super::{Cells, Misfit, ReadColumn, reader_of};
use crate::source::{
    csv::column::Validity,
    jsonl::{
        fields::{Shape, Watch},
        kind::Kind,
        parser::Parser,
        spans::{Span, Spans},
    },
};

/// Reads lists.
pub struct List {
    slot: usize,
    kind: Kind,
    field: FieldRef,
    elements: Elements,
}

impl List {
    /// A reader of lists of elements of a kind.
    #[must_use]
    pub fn new(kind: &Kind, element: &Kind, shape: &Shape, fixed: bool) -> Self {
        let elements = Elements::new(element, 0, fixed, &shape.watch);
        let field = Arc::new(Field::new("item", elements.reader.data_type(), true));
        Self { slot: shape.slot, kind: kind.clone(), field, elements }
    }
}

impl ReadColumn for List {
    fn data_type(&self) -> DataType {
        DataType::List(self.field.clone())
    }

    fn read(&mut self, cells: &Cells<'_>, misfits: &mut Vec<Misfit>) -> ArrayRef {
        let spans = cells.column(self.slot);
        let count = spans.len();
        let mut validity = Validity::default();
        let mut table = self.elements.begin();
        let mut ends = vec![0];
        for (row, span) in spans.enumerate() {
            if !cells.is_null(span) && cells.first(span) == b'[' {
                if let Some(what) = self.elements.add_list(cells.data(), span, &mut table) {
                    misfits.push(Misfit { row: row as u32, span, what: what.to_owned() });
                }
            } else {
                validity.set_null(row, count);
                if !cells.is_null(span) {
                    misfits.push(Misfit::new(row, span, &self.kind));
                }
            }
            ends.push(table.count() as i32);
        }
        let values = self.elements.read(cells, table, &ends, misfits);
        // Ends ascend from 0 to the number of values.
        let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
        Arc::new(ListArray::new(self.field.clone(), offsets, values, validity.finish(count)))
    }
}

/// Elements of lists, or entries of maps: a table of spans and who reads it.
pub struct Elements {
    shape: Shape,
    slots: usize,
    pub reader: Box<dyn ReadColumn>,
    kept: Vec<Span>,
}

impl Elements {
    /// Elements of a kind, behind `before` slots of other things.
    #[must_use]
    pub fn new(kind: &Kind, before: usize, fixed: bool, watch: &Watch) -> Self {
        let mut slots = before;
        let shape = Shape::new(kind, kind, &mut slots, watch);
        Self { reader: reader_of(kind, &shape, fixed, &[]), shape, slots, kept: Vec::new() }
    }

    /// An empty table.
    pub fn begin(&mut self) -> Spans {
        Spans::over(std::mem::take(&mut self.kept), self.slots)
    }

    /// Add the elements of a list; what is wrong with them, if anything.
    pub fn add_list(&mut self, data: &[u8], list: Span, table: &mut Spans) -> Option<&'static str> {
        let mut parser = Parser::<false>::new(data);
        let mut at = parser.blank(list.start() + 1);
        while parser.byte(at) != b']' {
            let Some(end) = parser.wanted(at, &mut self.shape, table.push()) else {
                return Some(parser.flaw().what);
            };
            at = parser.blank(end);
            if parser.byte(at) == b',' {
                at = parser.blank(at + 1);
            }
        }
        None
    }

    /// Add the values of an object, the spans of their names in the first slot; what is wrong, if anything.
    pub fn add_map(&mut self, data: &[u8], map: Span, table: &mut Spans) -> Option<&'static str> {
        let mut parser = Parser::<false>::new(data);
        let mut at = parser.blank(map.start() + 1);
        while parser.byte(at) != b'}' {
            let Some((name, value)) = parser.name(at) else { return Some(parser.flaw().what) };
            let row = table.push();
            row[0] = name;
            let Some(end) = parser.wanted(value, &mut self.shape, row) else { return Some(parser.flaw().what) };
            at = parser.blank(end);
            if parser.byte(at) == b',' {
                at = parser.blank(at + 1);
            }
        }
        None
    }

    /// The values of a table whose rows belong to lists that end at `ends`; misfits are told of the lists.
    pub fn read(&mut self, cells: &Cells<'_>, table: Spans, ends: &[i32], misfits: &mut Vec<Misfit>) -> ArrayRef {
        let mut found = Vec::new();
        let values = self.reader.read(&Cells { window: cells.window, spans: &table }, &mut found);
        misfits.extend(found.into_iter().map(|misfit| {
            let list = ends.partition_point(|&end| end <= misfit.row.cast_signed()) - 1;
            Misfit { row: list as u32, ..misfit }
        }));
        self.kept = table.into_vec();
        values
    }
}
