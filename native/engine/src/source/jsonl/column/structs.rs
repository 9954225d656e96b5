//! STRUCT columns: one array for each field; the spans of fields were noted with those of the record.

use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};
use arrow_schema::{DataType, Field, Fields};

use super::{Cells, Misfit, ReadColumn, reader_of};
use crate::source::{
    csv::column::Validity,
    jsonl::{fields::Shape, kind::Kind},
};

/// Reads objects of known fields.
pub struct Struct {
    slot: usize,
    kind: Kind,
    fields: Fields,
    readers: Vec<Box<dyn ReadColumn>>,
}

impl Struct {
    /// A reader of objects of a shape.
    #[must_use]
    pub fn new(kind: &Kind, fields: &[(String, Kind)], shape: &Shape, fixed: bool, few: &[usize]) -> Self {
        let shapes = shape.fields.as_ref().map(|fields| fields.shapes()).unwrap_or_default();
        let readers: Vec<_> =
            fields.iter().zip(shapes).map(|((_, kind), shape)| reader_of(kind, shape, fixed, few)).collect();
        let names = fields.iter().zip(&readers);
        let fields = names.map(|((name, _), reader)| Field::new(name, reader.data_type(), true)).collect();
        Self { slot: shape.slot, kind: kind.clone(), fields, readers }
    }
}

impl ReadColumn for Struct {
    fn data_type(&self) -> DataType {
        DataType::Struct(self.fields.clone())
    }

    fn read(&mut self, cells: &Cells<'_>, misfits: &mut Vec<Misfit>) -> ArrayRef {
        let spans = cells.column(self.slot);
        let count = spans.len();
        let mut validity = Validity::default();
        for (row, span) in spans.enumerate() {
            if span.is_some() && cells.first(span) == b'{' {
                continue;
            }
            validity.set_null(row, count);
            if !cells.is_null(span) {
                misfits.push(Misfit::new(row, span, &self.kind));
            }
        }
        let children = self.readers.iter_mut().map(|reader| reader.read(cells, misfits)).collect();
        Arc::new(StructArray::new(self.fields.clone(), children, validity.finish(count)))
    }
}
