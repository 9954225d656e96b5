//! Which separators of a record are written down: those around wanted columns, and the last.

use super::super::rows::Slots;

/// Separators of a record by ordinal (0 ends the first field), the wanted ones.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Fields of a record.
    pub column_count: usize,
    /// Wanted ordinals, ascending; the last one is the record's end.
    pub wanted: Vec<u32>,
    /// Separators passed from each wanted one to the next.
    pub steps: Vec<u32>,
    /// Whether all are wanted.
    pub dense: bool,
    /// How each column is read out of positions: one before the first record, then the wanted ones of each.
    pub columns: Vec<Slots>,
}

impl Layout {
    /// The layout that serves the columns with these ordinals.
    #[must_use]
    pub fn new(column_count: usize, ordinals: &[usize]) -> Self {
        let mut wanted: Vec<u32> = ordinals
            .iter()
            .flat_map(|&ordinal| [ordinal.saturating_sub(1), ordinal])
            .map(|ordinal| ordinal as u32)
            .collect();
        wanted.push(column_count as u32 - 1);
        wanted.sort_unstable();
        wanted.dedup();
        let dense = wanted.len() * 3 >= column_count;
        if dense {
            wanted = (0..column_count as u32).collect();
        }
        let next = wanted.iter().skip(1).copied().chain([wanted[0] + column_count as u32]);
        let steps = wanted.iter().zip(next).map(|(&one, next)| next - one).collect();
        let place = |ordinal: usize| wanted.partition_point(|&wanted| (wanted as usize) < ordinal);
        let columns = ordinals
            .iter()
            .map(|&ordinal| Slots {
                first: if ordinal == 0 { 0 } else { 1 + place(ordinal - 1) },
                last: 1 + place(ordinal),
                add: 1,
                trim: ordinal + 1 == column_count,
            })
            .collect();
        Self { column_count, wanted, steps, dense, columns }
    }
}
