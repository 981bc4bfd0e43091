//! Files of the HDF5 library: NWB and SHD. The library's own printing of errors is off; what it says is in ours.
//!
//! Data sets are read a slice at a time, and only if the bytes that the file stores for them can hold what they claim.

mod nwb;
mod shd;

#[cfg(test)]
mod tests;

pub(super) use nwb::{read as read_nwb, write as write_nwb};
pub(super) use shd::read as read_shd;
pub use shd::{Samples, samples};

use super::{Format, FormatError};
use hdf5_metno::types::VarLenArray;
use hdf5_metno::{Dataset, File, H5Type};
use std::path::Path;

/// Values that are read at a time.
const SLICE: usize = 1 << 16;
/// Bytes that one stored byte can stand for at most: Deflate reaches 1032.
const RATIO: u64 = 1100;

/// The format of an HDF5 file by the groups in it; `None` if they are of neither.
pub(super) fn kind(path: &Path) -> Result<Option<Format>, FormatError> {
    let file = open(path, Format::Nwb)?;
    Ok(if file.link_exists("units") {
        Some(Format::Nwb)
    } else if file.link_exists("spikes") {
        Some(Format::Shd)
    } else {
        None
    })
}

fn open(path: &Path, format: Format) -> Result<File, FormatError> {
    open_as(path, |error| {
        FormatError::foreign(path, format, format_args!("{error}; restore the file or download it again"))
    })
}

/// Opens a file, or says by `foreign` why it is none of this library.
pub(crate) fn open_as<E: From<FormatError>>(
    path: &Path,
    foreign: impl FnOnce(hdf5_metno::Error) -> E,
) -> Result<File, E> {
    // The library's own message on a missing file is long and names no remedy.
    std::fs::File::open(path).map_err(FormatError::read(path))?;
    File::open(path).map_err(foreign)
}

/// One data set of a file, whose claims were checked.
pub(crate) struct Table<'a> {
    path: &'a Path,
    name: &'a str,
    data: Dataset,
    shape: Vec<usize>,
}

impl<'a> Table<'a> {
    /// Opens a data set of `dimensions` dimensions.
    fn open(path: &'a Path, file: &File, name: &'a str, dimensions: usize) -> Result<Self, FormatError> {
        let table = Self::of_any_shape(path, file, name)?;
        if table.shape.len() != dimensions {
            let value = format_args!("of {} dimensions", table.shape.len());
            return Err(FormatError::field(path, name, value, format_args!("give {dimensions}")));
        }
        Ok(table)
    }

    /// Opens a data set.
    pub(crate) fn of_any_shape(path: &'a Path, file: &File, name: &'a str) -> Result<Self, FormatError> {
        let data = file
            .dataset(name)
            .map_err(|_| FormatError::field(path, name, "missing", "write the file again"))?;
        let (shape, width) = (data.shape(), data.dtype().map_or(1, |kind| kind.size().max(1)) as u64);
        let bytes =
            |sizes: &[usize]| sizes.iter().try_fold(width, |bytes, size| bytes.checked_mul(*size as u64));
        let most = data.storage_size().min(file.size()).saturating_mul(RATIO);
        let fits = |sizes: &[usize]| bytes(sizes).is_some_and(|bytes| bytes <= most);
        // An empty data set has chunks, but no bytes for them.
        if !fits(&shape) || (!shape.contains(&0) && data.chunk().is_some_and(|chunk| !fits(&chunk))) {
            let value = format_args!("claimed to have {shape:?} values in {} bytes", data.storage_size());
            return Err(FormatError::field(path, name, value, "restore the file or download it again"));
        }
        Ok(Self { path, name, data, shape })
    }

    /// Length of each dimension.
    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The data set itself.
    pub(crate) fn data(&self) -> &Dataset {
        &self.data
    }

    /// All values in the order of the file, whatever the shape.
    pub(crate) fn raw<T: H5Type>(&self) -> Result<Vec<T>, FormatError> {
        self.data.read_raw().map_err(|error| self.broken(&error))
    }

    fn len(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// Calls `take` with the values of the rows `from..to`, a slice at a time.
    fn each<T: H5Type + Copy>(
        &self,
        from: usize,
        to: usize,
        mut take: impl FnMut(&[T]),
    ) -> Result<(), FormatError> {
        let mut start = from;
        while start < to {
            let end = to.min(start + SLICE);
            let values = self.data.read_slice_1d::<T, _>(start..end).map_err(|error| self.broken(&error))?;
            take(values.as_slice().unwrap_or_default());
            start = end;
        }
        Ok(())
    }

    /// All values.
    fn all<T: H5Type + Copy>(&self) -> Result<Vec<T>, FormatError> {
        let mut values = Vec::new();
        self.each(0, self.len(), |slice| values.extend_from_slice(slice))?;
        Ok(values)
    }

    /// The values of one row of ragged data.
    fn row<T: H5Type + Copy>(&self, row: usize) -> Result<Vec<T>, FormatError> {
        let rows = self
            .data
            .read_slice_1d::<VarLenArray<T>, _>(row..row + 1)
            .map_err(|error| self.broken(&error))?;
        Ok(rows.first().map(|values| values.as_slice().to_vec()).unwrap_or_default())
    }

    fn broken(&self, error: &hdf5_metno::Error) -> FormatError {
        let value = format_args!("not readable ({error})");
        FormatError::field(self.path, self.name, value, "restore the file or download it again")
    }
}
