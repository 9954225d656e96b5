//! As much of Thrift's compact protocol as it takes to look at headers before anything is made of them.

/// Structures within structures that are followed; more are not Parquet's.
const MAX_DEPTH: usize = 32;

/// Bytes that are no Thrift, or too few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// They end too early.
    Short,
    /// They mean nothing.
    Bad,
}

type Result<T> = std::result::Result<T, Flaw>;

pub const I32: u8 = 5;
pub const LIST: u8 = 9;
pub const STRUCT: u8 = 12;

/// Reads values one after the other.
#[derive(Clone, Debug)]
pub struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Thrift<'a> {
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes read so far.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or(Flaw::Short)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Flaw::Bad)
    }

    /// A signed number.
    pub fn number(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Type and length of a list.
    pub fn list(&mut self) -> Result<(u8, usize)> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.varint()? as usize } else { usize::from(head >> 4) };
        // Every element takes a byte or more.
        if count > self.bytes.len() - self.at { Err(Flaw::Short) } else { Ok((head & 15, count)) }
    }

    /// Type and id of the next field of a structure whose last one had the id `before`; `None` at its end.
    pub fn field(&mut self, before: i16) -> Result<Option<(u8, i16)>> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        let id = match head >> 4 {
            0 => self.number()? as i16,
            step => before.wrapping_add(i16::from(step)),
        };
        Ok(Some((head & 15, id)))
    }

    /// Pass over a value.
    pub fn skip(&mut self, kind: u8) -> Result<()> {
        self.skip_within(kind, MAX_DEPTH)
    }

    fn skip_within(&mut self, kind: u8, depth: usize) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or(Flaw::Bad)?;
        match kind {
            1 | 2 => {}
            3 => self.advance(1)?,
            4..=6 => _ = self.varint()?,
            7 => self.advance(8)?,
            8 => {
                let length = self.varint()? as usize;
                self.advance(length)?;
            }
            LIST | 10 => {
                let (kind, count) = self.list()?;
                for _ in 0..count {
                    // In lists booleans take a byte.
                    if kind <= 2 { self.advance(1)? } else { self.skip_within(kind, depth)? }
                }
            }
            11 => return Err(Flaw::Bad),
            STRUCT => {
                let mut before = 0;
                while let Some((kind, id)) = self.field(before)? {
                    self.skip_within(kind, depth)?;
                    before = id;
                }
            }
            13 => self.advance(16)?,
            _ => return Err(Flaw::Bad),
        }
        Ok(())
    }

    fn advance(&mut self, count: usize) -> Result<()> {
        if count > self.bytes.len() - self.at {
            return Err(Flaw::Short);
        }
        self.at += count;
        Ok(())
    }
}

/// What the header of a page says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageHead {
    /// Bytes of the header itself.
    pub length: usize,
    pub uncompressed: i64,
    pub compressed: i64,
    /// CRC-32 of the page's bytes as they are stored.
    pub crc: Option<u32>,
    pub values: i64,
}

/// Look at the header of a page.
pub fn page_head(bytes: &[u8]) -> Result<PageHead> {
    let mut thrift = Thrift::new(bytes);
    let mut head = PageHead::default();
    let mut before = 0;
    while let Some((kind, id)) = thrift.field(before)? {
        match (id, kind) {
            (2, I32) => head.uncompressed = thrift.number()?,
            (3, I32) => head.compressed = thrift.number()?,
            (4, I32) => head.crc = Some(thrift.number()? as u32),
            (5 | 7 | 8, STRUCT) => head.values = first_number(&mut thrift)?,
            _ => thrift.skip(kind)?,
        }
        before = id;
    }
    head.length = thrift.position();
    Ok(head)
}

/// The number that is the first field of a structure.
fn first_number(thrift: &mut Thrift<'_>) -> Result<i64> {
    let (mut before, mut found) = (0, 0);
    while let Some((kind, id)) = thrift.field(before)? {
        if id == 1 && kind == I32 {
            found = thrift.number()?
        } else {
            thrift.skip(kind)?
        }
        before = id;
    }
    Ok(found)
}

/// The numbers of children of the elements of the schema in a footer, in order.
pub fn schema_children(footer: &[u8]) -> Result<Vec<i64>> {
    let mut thrift = Thrift::new(footer);
    let mut before = 0;
    while let Some((kind, id)) = thrift.field(before)? {
        if id != 2 || kind != LIST {
            thrift.skip(kind)?;
            before = id;
            continue;
        }
        let (_, count) = thrift.list()?;
        return (0..count).map(|_| children(&mut thrift)).collect();
    }
    Err(Flaw::Bad)
}

fn children(thrift: &mut Thrift<'_>) -> Result<i64> {
    let (mut before, mut found) = (0, 0);
    while let Some((kind, id)) = thrift.field(before)? {
        if id == 5 && kind == I32 {
            found = thrift.number()?
        } else {
            thrift.skip(kind)?
        }
        before = id;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_header_tells_its_sizes() {
        // type 0, sizes 10 and 8, a data page header of 3 values.
        let bytes = [0x15, 0x00, 0x15, 0x14, 0x15, 0x10, 0x2c, 0x15, 0x06, 0x15, 0x00, 0x00, 0x00, 0xff];
        let head = page_head(&bytes).unwrap();
        assert_eq!((head.uncompressed, head.compressed, head.values, head.crc), (10, 8, 3, None));
        assert_eq!(head.length, bytes.len() - 1);
        for end in 0..head.length {
            assert_eq!(page_head(&bytes[..end]), Err(Flaw::Short));
        }
    }

    #[test]
    fn structures_without_end_are_bad() {
        assert_eq!(page_head(&[0x1c; 4096]), Err(Flaw::Bad));
    }
}
