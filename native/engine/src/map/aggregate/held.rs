//! One value of each group, as it is.

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::class::{Class, Visit, class_of, column, visit};
use crate::{
    error::Result,
    map::{cells::Cells, expr::Texts, keys::text_array},
};

/// Holds a value of each group, which others choose.
pub struct Held {
    kind: DataType,
    room: Room,
}

enum Room {
    /// Two words at this place; the second one is used by what is wide.
    Words(usize),
    Texts(Vec<Option<Vec<u8>>>),
}

impl Held {
    /// For values of a type, with room in the cells; `None` where they are not held.
    #[must_use]
    pub fn new(kind: &DataType, cells: &mut Cells) -> Option<Self> {
        let room = match kind {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
                Room::Texts(Vec::new())
            }
            other => class_of(other).map(|_| Room::Words(cells.reserve(&[0; 2])))?,
        };
        Some(Self { kind: kind.clone(), room })
    }

    /// Hold the values of rows for groups, the last one of each.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where they are of another type than was said.
    pub fn put(&mut self, array: &ArrayRef, chosen: &[(u32, u32)], cells: &mut Cells) -> Result<()> {
        match &mut self.room {
            &mut Room::Words(place) => visit(array, Putting { place, chosen, cells }),
            Room::Texts(_) => {
                let texts = Texts::of(array)?;
                chosen.iter().for_each(|&(row, group)| self.put_text(group as usize, texts.text(row as usize)));
                Ok(())
            }
        }
    }

    /// Hold a text for a group.
    pub fn put_text(&mut self, group: usize, text: &[u8]) {
        if let Room::Texts(known) = &mut self.room {
            known.resize(known.len().max(group + 1), None);
            let known = known[group].get_or_insert_default();
            known.clear();
            known.extend_from_slice(text);
        }
    }

    /// The text of a group, where it has one.
    #[must_use]
    pub fn text(&self, group: usize) -> Option<&[u8]> {
        match &self.room {
            Room::Texts(known) => known.get(group)?.as_deref(),
            Room::Words(_) => None,
        }
    }

    /// The values, group by group.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where texts are too long together.
    pub fn finish(&self, cells: &Cells, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        match self.room {
            Room::Words(place) => column(&self.kind, cells, place, nulls),
            Room::Texts(_) => text_array((0..cells.count()).map(|group| self.text(group).unwrap_or_default()), nulls),
        }
    }

    /// Bytes that it takes beside the cells.
    #[must_use]
    pub fn size(&self) -> usize {
        let Room::Texts(known) = &self.room else { return 0 };
        known.iter().map(|text| size_of::<Option<Vec<u8>>>() + text.as_ref().map_or(0, Vec::capacity)).sum()
    }
}

struct Putting<'a> {
    place: usize,
    chosen: &'a [(u32, u32)],
    cells: &'a mut Cells,
}

impl Visit for Putting<'_> {
    type Out = ();

    fn visit<C: Class>(self, value: impl Fn(usize) -> C) {
        let mut at = self.cells.at::<2>(self.place);
        self.chosen.iter().for_each(|&(row, group)| value(row as usize).write(at.group(group)));
    }
}
