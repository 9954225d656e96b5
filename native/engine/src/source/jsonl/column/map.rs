//! MAP columns: names and values of all rows are a table of their own.

use std::{collections::HashSet, sync::Arc};

use arrow_array::{ArrayRef, MapArray, StructArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, FieldRef, Fields};

use super::{Cells, Misfit, ReadColumn, list::Elements, text::Text};
use crate::source::{
    csv::column::Validity,
    jsonl::{
        fields::Shape,
        kind::{Kind, VARCHAR},
        spans::{Span, Spans},
    },
};

/// Reads objects of any fields.
pub struct Map {
    slot: usize,
    kind: Kind,
    fields: Fields,
    entries: FieldRef,
    names: Text,
    values: Elements,
}

impl Map {
    /// A reader of objects whose values are of a kind.
    #[must_use]
    pub fn new(kind: &Kind, value: &Kind, shape: &Shape, fixed: bool) -> Self {
        let names = Text::new(&VARCHAR, 0);
        let values = Elements::new(value, 1, fixed, &shape.watch);
        let fields = Fields::from(vec![
            Field::new("key", names.data_type(), false),
            Field::new("value", values.reader.data_type(), true),
        ]);
        let entries = Arc::new(Field::new("entries", DataType::Struct(fields.clone()), false));
        Self { slot: shape.slot, kind: kind.clone(), fields, entries, names, values }
    }

    /// Whether a name comes twice among the entries from `from` on.
    fn repeats(&self, data: &[u8], table: &Spans, from: usize) -> bool {
        let names = (from..table.count()).map(|row| table.at(row, 0).of(data));
        if table.count() - from < 16 {
            let names: Vec<_> = names.collect();
            return names.iter().enumerate().any(|(place, name)| names[..place].contains(name));
        }
        let mut seen = HashSet::new();
        names.into_iter().any(|name| !seen.insert(name))
    }

    fn add(&mut self, data: &[u8], span: Span, table: &mut Spans) -> Option<&'static str> {
        let from = table.count();
        let flaw = self.values.add_map(data, span, table);
        flaw.or_else(|| self.repeats(data, table, from).then_some("has a name twice"))
    }
}

impl ReadColumn for Map {
    fn data_type(&self) -> DataType {
        DataType::Map(self.entries.clone(), false)
    }

    fn read(&mut self, cells: &Cells<'_>, misfits: &mut Vec<Misfit>) -> ArrayRef {
        let spans = cells.column(self.slot);
        let count = spans.len();
        let mut validity = Validity::default();
        let mut table = self.values.begin();
        let mut ends = vec![0];
        for (row, span) in spans.enumerate() {
            if !cells.is_null(span) && cells.first(span) == b'{' {
                if let Some(what) = self.add(cells.data(), span, &mut table) {
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
        let names = self.names.read(&Cells { window: cells.window, spans: &table }, misfits);
        let values = self.values.read(cells, table, &ends, misfits);
        let entries = StructArray::new(self.fields.clone(), vec![names, values], None);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
        Arc::new(MapArray::new(self.entries.clone(), offsets, entries, validity.finish(count), false))
    }
}
