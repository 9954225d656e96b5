//! Least and greatest texts.

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;

use super::{Accumulate, Kept};
use crate::{
    error::{Error, Result},
    map::{cells::Cells, expr::Texts, keys::text_array, rows::Rows},
};

/// Keeps the least and the greatest text of each group, by their bytes.
#[derive(Default)]
pub struct TextExtremes {
    least: Option<Vec<Option<Vec<u8>>>>,
    greatest: Option<Vec<Option<Vec<u8>>>>,
}

impl TextExtremes {
    /// Keep these.
    #[must_use]
    pub fn new(kept: &[Kept]) -> Self {
        let wanted = |one| kept.contains(&one).then(Vec::new);
        Self { least: wanted(Kept::Min), greatest: wanted(Kept::Max) }
    }
}

impl Accumulate for TextExtremes {
    fn update(
        &mut self,
        arrays: &[ArrayRef],
        nulls: Option<&NullBuffer>,
        (rows, groups): (Rows<'_>, &[u32]),
        cells: &mut Cells,
    ) -> Result<()> {
        let [array] = arrays else { return Err(Error::Invalid("one argument is taken".to_owned())) };
        let texts = Texts::of(array)?;
        let keep = |known: &mut Vec<Option<Vec<u8>>>, better: fn(&[u8], &[u8]) -> bool| {
            known.resize(cells.count(), None);
            rows.each_with(groups, |row, group| {
                if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                    return;
                }
                let text = texts.text(row);
                match &mut known[group as usize] {
                    Some(known) if better(text, known) => {
                        known.clear();
                        known.extend_from_slice(text);
                    }
                    Some(_) => {}
                    empty => *empty = Some(text.to_vec()),
                }
            });
        };
        if let Some(known) = &mut self.least {
            keep(known, |text, known| text < known);
        }
        if let Some(known) = &mut self.greatest {
            keep(known, |text, known| text > known);
        }
        Ok(())
    }

    fn finish(&self, kept: Kept, cells: &Cells, seen: &[bool]) -> Result<ArrayRef> {
        let known = if kept == Kept::Min { &self.least } else { &self.greatest };
        let text = |group: usize| known.as_ref().and_then(|known| known.get(group)?.as_deref()).unwrap_or_default();
        let nulls = Some(NullBuffer::from(seen.to_vec())).filter(|nulls| nulls.null_count() > 0);
        text_array((0..cells.count()).map(text), nulls)
    }

    fn size(&self) -> usize {
        let all = self.least.iter().chain(&self.greatest).flatten();
        all.map(|text| size_of::<Option<Vec<u8>>>() + text.as_ref().map_or(0, Vec::capacity)).sum()
    }
}
