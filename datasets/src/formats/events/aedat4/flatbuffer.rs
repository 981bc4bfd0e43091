//! The part of FlatBuffers that AEDAT 4 needs: a table's numbers, strings and vectors of structs, each offset checked.
//!
//! A buffer starts with the offset of its root table; a table starts with the signed distance back to its vtable; the
//! vtable holds its size, the table's size, then the offset of each field in the table, 0 for one that is left out.
//! A string or vector is an offset from the field to its length and elements. All numbers are little endian.
//!
//! Source: flatbuffers.dev, "FlatBuffer Internals". [`None`] means that an offset leads out of the buffer.

use super::super::bytes_at;

/// A table within the bytes of its buffer.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    vtable: &'a [u8],
}

fn offset_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes_at(bytes, at)?)).ok()
}

impl<'a> Table<'a> {
    /// The root table of a buffer (without its size prefix).
    pub(super) fn root(bytes: &'a [u8]) -> Option<Self> {
        let at = offset_at(bytes, 0)?;
        let back = i32::from_le_bytes(bytes_at(bytes, at)?);
        let start = usize::try_from(i64::try_from(at).ok()? - i64::from(back)).ok()?;
        let size = u16::from_le_bytes(bytes_at(bytes, start)?);
        let vtable = bytes.get(start..)?.get(..size.into())?;
        Some(Self { bytes, at, vtable })
    }

    /// Where field `index` stands, if the table has it.
    fn field(&self, index: usize) -> Option<usize> {
        let offset = u16::from_le_bytes(bytes_at(self.vtable, 4 + 2 * index)?);
        (offset != 0).then(|| self.at + usize::from(offset))
    }

    /// The bytes of the number in field `index`; the inner [`None`] if it is left out.
    pub(super) fn number<const N: usize>(&self, index: usize) -> Option<Option<[u8; N]>> {
        self.field(index).map_or(Some(None), |at| bytes_at(self.bytes, at).map(Some))
    }

    /// The bytes of the vector in field `index`, whose elements have `size` bytes; empty if it is left out.
    pub(super) fn vector(&self, index: usize, size: usize) -> Option<&'a [u8]> {
        let Some(at) = self.field(index) else { return Some(&[]) };
        let start = at.checked_add(offset_at(self.bytes, at)?)?;
        let length = offset_at(self.bytes, start)?.checked_mul(size)?;
        self.bytes.get(start..)?.get(4..)?.get(..length)
    }
}
