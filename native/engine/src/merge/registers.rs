//! Registers of approximate counts: of each the greatest.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, StructArray, UInt8Array, cast::AsArray, types::UInt8Type};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;

use super::groups::Groups;

/// The registers of each group. None where states have not equally many.
pub fn registers(arrays: &[ArrayRef], groups: &Groups) -> Option<ArrayRef> {
    let structures: Vec<&StructArray> = arrays.iter().map(|array| array.as_struct_opt()).collect::<Option<_>>()?;
    let precision = structures.iter().find(|one| !one.is_empty())?.columns().first()?;
    let precision = precision.as_primitive_opt::<UInt8Type>()?.value(0);
    let count = 1_usize.checked_shl(u32::from(precision))?;
    let mut kept = vec![0_u8; count.checked_mul(groups.count())?];
    for (structure, rows) in structures.iter().zip(&groups.rows) {
        let [precisions, lists] = structure.columns() else { return None };
        let (lists, precisions) = (lists.as_list_opt::<i32>()?, precisions.as_primitive_opt::<UInt8Type>()?);
        let values = lists.values().as_primitive_opt::<UInt8Type>()?;
        if [structure.null_count(), lists.null_count(), values.null_count()] != [0; 3]
            || precisions.values().iter().any(|&one| one != precision)
        {
            return None;
        }
        for (&group, bounds) in rows.iter().zip(lists.value_offsets().windows(2)) {
            let registers = values.values().get(bounds[0] as usize..bounds[1] as usize)?;
            let known = &mut kept[group as usize * count..][..count];
            if registers.len() != count {
                return None;
            }
            known.iter_mut().zip(registers).for_each(|(known, &register)| *known = register.max(*known));
        }
    }
    let DataType::Struct(fields) = arrays.first()?.data_type() else { return None };
    let DataType::List(field) = fields.get(1)?.data_type() else { return None };
    let offsets: Vec<i32> =
        (0..=groups.count()).map(|group| i32::try_from(group * count).ok()).collect::<Option<_>>()?;
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let lists = ListArray::try_new(field.clone(), offsets, Arc::new(UInt8Array::from(kept)), None).ok()?;
    let columns: Vec<ArrayRef> = vec![Arc::new(UInt8Array::from_value(precision, groups.count())), Arc::new(lists)];
    Some(Arc::new(StructArray::try_new(fields.clone(), columns, None).ok()?))
}

#[cfg(test)]
mod tests {
    use arrow_array::builder::{ListBuilder, UInt8Builder};
    use arrow_schema::{Field, Fields};

    use super::*;

    fn state(precision: u8, registers: &[&[u8]]) -> ArrayRef {
        let mut lists = ListBuilder::new(UInt8Builder::new());
        registers.iter().for_each(|one| lists.append_value(one.iter().map(|&register| Some(register))));
        let lists = lists.finish();
        let fields = Fields::from(vec![
            Field::new("precision", DataType::UInt8, true),
            Field::new("registers", lists.data_type().clone(), true),
        ]);
        let precisions = UInt8Array::from_value(precision, registers.len());
        Arc::new(StructArray::try_new(fields, vec![Arc::new(precisions), Arc::new(lists)], None).unwrap())
    }

    fn groups() -> Groups {
        Groups { rows: vec![vec![0, 1], vec![1]], firsts: vec![(0, 0), (0, 1)] }
    }

    #[test]
    fn the_greatest_is_kept() {
        let states = [state(1, &[&[1, 2], &[3, 4]]), state(1, &[&[5, 0]])];
        let merged = registers(&states, &groups()).unwrap();
        assert_eq!(&merged, &state(1, &[&[1, 2], &[5, 4]]));
    }

    #[test]
    fn other_precisions_are_left_alone() {
        assert!(registers(&[state(1, &[&[1, 2], &[3, 4]]), state(0, &[&[5]])], &groups()).is_none());
        assert!(registers(&[state(1, &[&[1, 2], &[3, 4]]), state(1, &[&[5]])], &groups()).is_none());
    }
}
